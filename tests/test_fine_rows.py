"""Data points of a step that are shorter than those of the rig, averaged from raw samples."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import record
from small_scan import STEP, small_scan
from test_raw_steps import KILLED, REST
from typer.testing import CliRunner

import seccm
from seccm.analysis import fine_rows
from seccm.analysis.features import Features, area_of
from seccm.analysis.fine_rows import with_fine_rows
from seccm.analysis.step_trace import step_traces
from seccm.arrays import FloatArray
from seccm.cli.commands import app
from seccm.data import RawOfSite, Scan, SiteRecord, in_force, raw_trace
from seccm.errors import DamagedError, PlanError
from seccm.program.trace import StepTrace
from seccm.report.study import Study
from seccm.rig import Clock, Flag, Range
from seccm.rig.info import CurrentRange
from seccm.suggestion import applied
from ui.models.curves import read_site

FINE = {**STEP, "duration": "60 ms", "row": "100 us"}
CLOCK = Clock()
SPACING = CLOCK.spacing


# How rows are averaged.


def in_memory(codes: np.ndarray, pieces: Sequence[tuple[int, int]], clock: Clock) -> RawOfSite:
    """Raw samples of a site as a file has them: those of the pieces, codes[input, number]."""
    starts = np.cumsum([0, *(stop - first for first, stop in pieces)])[:-1]
    kept = [codes[:, first:stop] for first, stop in pieces]
    data: dict[str, Any] = {
        "raw": np.concatenate([np.empty((2, 0), np.int16), *kept], axis=1),
        "raw_channel": np.array([b"current", b"potential"], object),
        "raw_unit": np.array([b"A", b"V"]),
        "raw_piece_start": starts,
        "raw_piece_size": np.array([stop - first for first, stop in pieces], int),
        "raw_piece_first": np.array([first for first, _ in pieces], int),
        "raw_piece_session": np.zeros(len(pieces), int),
        "raw_c0": np.array([[0.0, 0.1]]),
        "raw_c1": np.array([[1e-12, 1e-4]]),
        "raw_c2": np.zeros((1, 2)),
        "raw_c3": np.zeros((1, 2)),
        "session_t_offset": np.zeros(1),
    }
    return RawOfSite(data, 0, clock, opened=0.0)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_fine_row_is_the_mean_of_its_samples_and_what_is_missing_is_told(data: st.DataObject):
    """Whatever the length of a row, where the step begins, and what of its samples was lost."""
    rows, length = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    clock = Clock(1000.0, averaged=9, spacing=9)
    first = data.draw(st.integers(0, 3))
    lost = sorted(data.draw(st.lists(st.integers(0, 90), min_size=2, max_size=2)))
    start, stop = first * 9, (first + rows) * 9
    began = start + 9 * data.draw(st.integers(0, 1))
    codes = np.random.default_rng(1).integers(-99, 99, (2, 100)).astype(np.int16)
    pieces = [(start, min(lost[0], stop)), (max(lost[1], start), stop)]
    pieces = [(a, b) for a, b in pieces if b > a]
    if pieces and pieces[0][1] >= pieces[-1][0]:
        pieces = [(start, stop)]
    there = {n for a, b in pieces for n in range(a, b)}
    at_once = data.draw(st.integers(1, 30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_trace, "AT_ONCE", at_once)
        found = (
            in_memory(codes, pieces, clock)
            .trace(first, first + rows)
            .averaged(("potential", "current"), began, length)
        )
    grid = [n for n in range(began - 9 * length, stop, length) if n >= start and n + length <= stop]
    whole = [n for n in grid if there >= set(range(n, n + length))]
    assert found.first.tolist() == whole
    for name, row, scale, zero in (("current", 0, 1e-12, 0.0), ("potential", 1, 1e-4, 0.1)):
        means = [zero + scale * codes[row, n : n + length].mean() for n in whole]
        np.testing.assert_allclose(found.means[name], means, rtol=1e-9, atol=1e-18)
    assert not found.at_end.any()

    if not whole:
        return
    flagged = fine_rows._gaps(found.first, length, fine_rows._outermost(began, length, start, stop))
    beside = [any(m in grid and m not in whole for m in (n - length, n + length)) for n in whole]
    assert (flagged != 0).tolist() == beside


def galvanostatic(codes: np.ndarray, pieces: Sequence[tuple[int, int]] | None = None,
                  flags: Any = None, in_range: str = "") -> tuple[Any, SiteRecord]:  # fmt: skip
    """A site with one step of 20 rows from row 41 on, its contact row being row 40."""
    ranged = {"range": in_range} if in_range else {}
    plan = small_scan(1, 1, program=[{**STEP, "row": "100 us", **ranged}])
    made = record(plan, [(np.full(20, 0.1), np.full(20, -1e-9))], flags=flags)
    raw = in_memory(codes, [(40 * SPACING, 61 * SPACING)] if pieces is None else pieces, CLOCK)
    return plan, replace(made, raw=raw)


def traced(plan: Any, of: SiteRecord) -> StepTrace:
    (trace,) = step_traces(plan.sites()[0], of, plan.reference.offset, area_of(plan))
    return trace


def noisy() -> np.ndarray:
    drawn = np.random.default_rng(5).normal(0.0, 300.0, (2, 61 * SPACING))
    return np.rint(drawn).astype(np.int16)


def test_time_is_counted_from_the_contact_and_a_row_is_stamped_when_it_is_complete():
    codes = noisy()
    plan, made = galvanostatic(codes)
    trace = traced(plan, made)
    zero = 41 * SPACING  # the contact row is complete when this sample is taken
    assert trace.row == pytest.approx(1e-4)
    k = int(np.searchsorted(trace.t, 1e-9))
    assert trace.t[k] == pytest.approx(1e-4)
    assert trace.t[k - 1] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(np.diff(trace.t), 1e-4)
    assert trace.I[k] == pytest.approx(1e-12 * codes[0, zero : zero + 10].mean())
    potential = 0.1 + 1e-4 * codes[1, zero : zero + 10].mean() + plan.reference.offset
    assert trace.E[k] == pytest.approx(potential)
    assert not trace.flag.any()
    # The contact row is of before the step, as with the rows of the stream.
    assert trace.t[trace.own][0] > 0.0
    assert trace.t[-1] == pytest.approx(20 * CLOCK.period, abs=1e-4)


@pytest.mark.parametrize(("axis", "code"), [(0, 32767), (0, -32768), (1, 32767), (1, -32767)])
def test_only_rows_with_a_sample_at_the_end_of_the_range_are_saturated(axis: int, code: int):
    """Although the row of the stream, 25 times as long, is flagged as a whole."""
    codes, at = noisy(), 45 * SPACING + 103
    codes[axis, at] = code

    def flags(count: int) -> np.ndarray:
        found = np.zeros(count, np.uint8)
        found[45] = Flag.SATURATED
        return found

    trace = traced(*galvanostatic(codes, flags=flags))
    saturated = np.flatnonzero(trace.flag & Flag.SATURATED)
    begins = 41 * SPACING + np.rint(trace.t[saturated] * CLOCK.rate).astype(int) - 10
    assert len(saturated) == 1
    assert begins[0] <= at < begins[0] + 10


@pytest.mark.parametrize("bit", [Flag.SATURATED, Flag.OVERLOAD, Flag.GAP])
def test_what_only_the_rig_knows_of_a_row_holds_for_all_of_it(bit: Flag):
    def flags(count: int) -> np.ndarray:
        found = np.zeros(count, np.uint8)
        found[50] = bit
        return found

    trace = traced(*galvanostatic(noisy(), flags=flags))
    times = trace.t[(trace.flag & bit) != 0]
    assert len(times) in (25, 26)
    assert times[0] > 9 * CLOCK.period
    assert times[-1] < 10 * CLOCK.period + 1e-4


@pytest.mark.parametrize("late", [0, 1, 3])
@pytest.mark.parametrize(("asked", "before"), [(20.0, 1.0), (1.0, 20.0)])
def test_data_points_are_right_from_before_the_range_was_switched_too(
    late: int, asked: float, before: float
):
    """The rows of the stream are right: it knows from which sample on the lines were switched."""
    plan, made = galvanostatic(noisy(), in_range="" if asked == 1.0 else "1 nA")
    # A number of the converter means a pA in the usual range, a twentieth of it in the small one.
    means = np.repeat(made.I * 1e12, SPACING) * np.where(
        np.arange(61 * SPACING) < (41 + late) * SPACING, before, asked
    )
    codes = np.stack([np.rint(means), np.zeros(means.size)]).astype(np.int16)
    span = Range(-2e-8, 2e-8)
    ranges = CurrentRange("20 nA", span), CurrentRange("1 nA", span, 0.05)
    raw = replace(in_memory(codes, [(40 * SPACING, 61 * SPACING)], CLOCK), ranges=ranges)
    coarse = traced(plan, replace(made, raw=None))
    named = "" if before == 1.0 else "1 nA"
    trace = with_fine_rows(
        coarse, replace(made, raw=raw), made.steps[0], plan.reference.offset, named
    )
    own = trace.t > 1e-9  # the contact row belongs to the approach
    np.testing.assert_allclose(trace.I[own], -1e-9, rtol=1e-6)
    assert np.count_nonzero(trace.flag[own] & Flag.GAP) <= 1, "where the lines switched"


@pytest.mark.parametrize("at", [0, 3, 100, 250, 255])
def test_lines_that_switch_within_a_row_are_found_to_the_sample(at: int):
    _, made = galvanostatic(noisy(), in_range="1 nA")
    sample = 43 * SPACING + at
    factor = np.where(np.arange(61 * SPACING) < sample, 1.0, 20.0)
    codes = np.stack([-1000.0 * factor, np.zeros(factor.size)]).astype(np.int16)
    span = Range(-2e-8, 2e-8)
    ranges = CurrentRange("20 nA", span), CurrentRange("1 nA", span, 0.05)
    raw = replace(in_memory(codes, [(40 * SPACING, 61 * SPACING)], CLOCK), ranges=ranges)
    rows = made.steps[0]
    numbers = raw.row(made.t[rows])
    usual, own = in_force(raw, numbers, np.full(numbers.size, -1e-9), "1 nA", ""), []
    for one in usual:
        own += [one] if one.range.name == "1 nA" else []
        if one.range.name != "1 nA":
            assert one.stop - one.first <= 2, "nobody knows of one sample or two"
    (found,) = own
    assert abs(found.first - sample) <= 1
    assert found.stop == (int(numbers[-1]) + 1) * SPACING


def test_a_step_whose_raw_samples_are_missing_has_its_rows_flagged():
    plan, made = galvanostatic(noisy(), pieces=[])
    trace = traced(plan, made)
    assert trace.row == pytest.approx(CLOCK.period)
    assert (trace.flag & Flag.GAP).all()
    # On a rig without raw samples it was told before that there would be none.
    assert not traced(plan, replace(made, raw=None)).flag.any()


def test_raw_samples_that_cannot_be_read_cost_the_step_and_not_the_site():
    plan, made = galvanostatic(noisy())
    assert made.raw is not None

    class Broken:
        shape = (2, 0)

        def __getitem__(self, key: object) -> FloatArray:
            raise DamagedError("scan.h5: the file is damaged")

    broken = replace(made.raw, data={**made.raw.data, "raw": Broken()})
    found = Features(plan)(plan.sites()[0], replace(made, raw=broken))
    assert found.results
    assert (traced(plan, replace(made, raw=broken)).flag & Flag.GAP).all()


def test_samples_that_can_be_read_only_once_cost_the_step_and_not_the_site():
    """Those of a step with a range of its own are read twice: for its rows, and for the switch."""
    plan, made = galvanostatic(noisy(), in_range="1 nA")
    assert made.raw is not None
    whole, reads = made.raw.data["raw"], []

    class Fading:
        shape, dtype = whole.shape, whole.dtype

        def __getitem__(self, key: object) -> FloatArray:
            reads.append(key)
            if len(reads) > once:
                raise DamagedError("scan.h5: the file is damaged")
            return whole[key]

    ranges = CurrentRange("20 nA", Range(-2e-8, 2e-8)), CurrentRange("1 nA", Range(-1e-9, 1e-9))
    fading = replace(made.raw, data={**made.raw.data, "raw": Fading()}, ranges=ranges)
    once = 1_000_000
    assert not traced(plan, replace(made, raw=fading)).flag.all()
    once, reads[:] = len(reads) - 1, []
    trace = traced(plan, replace(made, raw=fading))
    assert len(reads) > once
    assert (trace.flag & Flag.GAP).all()
    assert Features(plan)(plan.sites()[0], replace(made, raw=fading)).results


def test_contact_is_lost_at_the_same_time_with_rows_of_any_length():
    plan, made = galvanostatic(noisy())
    rows = made.steps[0]
    coarse = replace(traced(plan, replace(made, raw=None)), lost=8)
    fine = with_fine_rows(coarse, made, rows, 0.0)
    assert fine.lost is not None
    assert fine.in_contact.t[-1] <= coarse.t[8] - coarse.row + 1e-4
    assert fine.t[fine.lost] - fine.row >= coarse.t[8] - coarse.row - 1e-9


# From the plan to results, reports and the window.

PROGRAM = [FINE, REST, {**REST, "row": "30 us"}]


@pytest.fixture(scope="module", params=["virtual", "virtual-nidaq"])
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fine") / "scan.h5"
    for _ in seccm.run(small_scan(1, 1, program=PROGRAM), request.param, path=path, seed=3):
        pass
    return path


def traces_of(scan: Scan) -> tuple[StepTrace, ...]:
    plan = seccm.Plan.from_json(scan.plan_json, source="scan")
    offset = scan.header.reference_offset
    return step_traces(scan.planned[0], scan.record(0), offset, area_of(plan))


def assert_fine(scan: Scan, trace: StepTrace, step: int, length: int) -> None:
    """Every row is the mean of so many samples; the first step has some of before it, too."""
    raw = scan.raw(0, step)
    assert trace.row == pytest.approx(length / CLOCK.rate)
    skipped = SPACING % length if step == 0 else 0
    before = SPACING // length if step == 0 else 0
    count = before + int(trace.segment.waveform.duration * CLOCK.rate + 0.01) // length
    assert count * length + skipped <= len(raw) < count * length + skipped + SPACING + length
    for name, values in (("current", trace.I), ("potential", trace.E)):
        means = raw[name][skipped:][: count * length].reshape(-1, length).mean(axis=1)
        assert len(values) == count
        np.testing.assert_allclose(values, means, rtol=1e-9, atol=1e-15)


def test_the_analysis_gets_the_rows_that_a_step_asks_for(scanned: Path):
    with seccm.open(scanned) as scan:
        first, coarse, fine = traces_of(scan)
        assert coarse.row == pytest.approx(CLOCK.period)
        assert_fine(scan, first, 0, 10)
        assert_fine(scan, fine, 2, 3)
        assert not any((trace.flag & Flag.GAP).any() for trace in (first, fine))


def test_results_are_the_same_live_and_afterwards(scanned: Path):
    """Live from the growing file, afterwards from the packed one; and the charges are right."""
    with seccm.open(scanned) as scan:
        assert scan.packed
        live = {name: scan.results("Q")[name].copy() for name in ("value", "err", "status")}
        first, *_ = traces_of(scan)
    # The leads are discharged at first, and a galvanostat has an error of its gain.
    assert live["value"][0] == pytest.approx(-10.0 * 0.06, rel=0.02)  # C/m2
    assert first.t[-1] == pytest.approx(0.06)
    told = CliRunner().invoke(app, ["analyze", str(scanned)])
    assert told.exit_code == 0, told.output
    with seccm.open(scanned) as scan:
        for name, values in live.items():
            np.testing.assert_array_equal(scan.results("Q")[name], values)


def test_reports_and_windows_draw_the_fine_rows(scanned: Path):
    with seccm.open(scanned) as scan:
        (first, *_) = traces_of(scan)
        drawn = Study(scan).trace(0, 0)
        assert drawn is not None
        np.testing.assert_array_equal(drawn.I, first.I)


def test_the_curve_of_a_site_in_the_window_has_the_fine_rows(scanned: Path):
    """And those of the rig elsewhere; time and charge go on."""
    with seccm.open(scanned) as scan:
        first, coarse, _ = traces_of(scan)
        site = read_site(scan, 0)
        assert site is not None
        assert site.measured is not None
        curve, steps = site.measured, site.measured.starts
        assert (np.diff(curve.t) > 0.0).all()
        spans = (0.0, steps[1] - 1e-4), (steps[1], steps[2] - 2.6e-3), (steps[2] - 2.5e-3, 1e9)
        counted = [np.count_nonzero((curve.t > a) & (curve.t < b)) for a, b in spans]
        assert counted[0] > 590
        assert abs(counted[1] - coarse.t.size) < 4
        assert counted[2] > 900
        own = first.own
        # Raw potentials, seconds since contact.
        at = np.searchsorted(curve.t, first.t[own][300] - 1e-6)
        assert curve.t[at] == pytest.approx(first.t[own][300])
        assert curve.I[at] == first.I[own][300]
        assert curve.E[at] == pytest.approx(first.E[own][300] - scan.header.reference_offset)
        passed = float(np.sum(first.passed)) * first.row
        assert curve.Q[np.searchsorted(curve.t, 0.0599)] == pytest.approx(passed, rel=0.01)


@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq"])
def test_fine_rows_are_there_after_a_kill(rig: str, tmp_path: Path):
    path, here = tmp_path / "scan.h5", str(Path(__file__).parent)
    with warm.begun(
        [sys.executable, "-c", KILLED, str(path), here, rig, json.dumps(PROGRAM)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        for wanted in ("SiteFinished\n", "Approaching\n"):
            assert wanted in iter(child.stdout.readline, "")
        child.kill()
    with seccm.open(path) as scan:
        for trace, step, length in zip(traces_of(scan)[::2], (0, 2), (10, 3), strict=True):
            assert_fine(scan, trace, step, length)


# Before anything moves.


def problems(rig: str, *steps: dict[str, Any], **tables: Any) -> list[Any]:
    plan = small_scan(1, 1, program=list(steps), **tables)
    info, _ = seccm.check(small_scan(1, 1), seccm.load_rig(rig))
    return [p for p in plan.check(info) if "row" in p.where or "data points of" in p.what]


@pytest.mark.parametrize("row", ["15 us", "104 us", "4 us", "1 ns", "2.57 ms", "1 s", "2.565 ms"])
@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq"])
def test_a_length_that_cannot_be_is_refused_with_one_that_can(row: str, rig: str):
    step = {**STEP, "row": row}
    (problem,) = problems(rig, step)
    assert problem.severity == "error"
    assert problem.where == "program[0].row"
    assert problem.suggestion is not None
    mended = applied({"program": [step]}, problem.suggestion)["program"]
    assert problems(rig, *mended) == []


@pytest.mark.parametrize("samples", [1, 2, 7, 64, 256])
def test_whole_numbers_of_samples_are_taken(samples: int):
    assert problems("virtual-nidaq", {**STEP, "row": f"{10 * samples} us"}) == []
    assert CLOCK.samples(samples * 1e-5) == samples


def test_a_rig_without_raw_samples_is_refused_with_a_sentence():
    info, _ = seccm.check(small_scan(1, 1), seccm.load_rig("virtual"))
    without = replace(info, raw=())
    (problem,) = small_scan(1, 1, program=[FINE]).check(without)
    assert problem.severity == "error"
    assert "has no raw samples to average" in problem.what
    assert not small_scan(1, 1, program=[FINE]).keeps_raw(without)


def test_the_room_of_the_samples_is_counted():
    info, _ = seccm.check(small_scan(1, 1), seccm.load_rig("virtual-nidaq"))
    fine, kept = (small_scan(2, 2, program=[{**STEP, **key}]) for key in (
        {"row": "100 us"}, {"raw": True}))  # fmt: skip
    assert fine.raw_bytes(info) == kept.raw_bytes(info) > 0
    assert fine.keeps_raw(info)
    (told,) = (p for p in fine.check(info, free_disk=10_000) if p.where == "plan")
    assert "are raw samples" in str(told)


def test_memory_for_a_long_step_is_bounded_before_the_run():
    hours = {**STEP, "duration": "2 h", "row": "10 us"}
    (problem,) = problems("virtual-nidaq", hours)
    assert problem.severity == "error"
    assert "GB of memory" in problem.what
    remedy = problem.remedy.split("row = ")[1].rstrip(".")
    assert problems("virtual-nidaq", {**hours, "row": remedy}) == []
    (warned,) = problems("virtual-nidaq", {**hours, "duration": "10 min"})
    assert warned.severity == "warning"


def test_averaging_takes_memory_for_the_rows_only(monkeypatch: pytest.MonkeyPatch):
    """However long the step: so many samples at once, and no more."""
    monkeypatch.setattr(raw_trace, "AT_ONCE", 1000)
    taken: list[int] = []

    class Watched:
        def __init__(self, values: np.ndarray) -> None:
            self._values, self.shape = values, values.shape

        def __getitem__(self, key: Any) -> np.ndarray:
            found = self._values[key]
            taken.append(found.size)
            return found

    raw = in_memory(noisy(), [(0, 61 * SPACING)], CLOCK)
    watched = replace(raw, data={**raw.data, "raw": Watched(np.asarray(raw.data["raw"]))})
    found = watched.trace(0, 61).averaged(("current",), 0, 7)
    assert len(found.first) == 61 * SPACING // 7
    assert max(taken) <= 1000


def test_a_length_must_be_a_time():
    for row in ("0 s", "-10 us", "3 m"):
        with pytest.raises(PlanError, match=r"program\[0\]\.row"):
            small_scan(1, 1, program=[{**STEP, "row": row}])
