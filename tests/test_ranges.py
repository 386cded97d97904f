"""The range of the instrument that a step asks for: checked, switched, told, and right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from small_plan import TABLES, small

import seccm
from hardware.ni.cell import ranges_of
from hardware.ni.config import NidaqConfig
from hardware.ni.describe import leads_of
from seccm.analysis.features import area_of
from seccm.analysis.step_trace import step_traces
from seccm.data import Scan, open_scan
from seccm.data.leads import range_in
from seccm.data.leads import ranges_of as ranges_in_file
from seccm.errors import LimitError, PlanError
from seccm.plan import Plan
from seccm.plan.ranges import range_words
from seccm.quantities import read_toml, validate
from seccm.rig import Constant, CurrentRange, Drive, Flag, Leads, Range
from seccm.rig.info import same_range
from seccm.rigs import RigFile, load_rig

RIGS = Path(seccm.__file__).parents[1] / "configs" / "rigs"
DUMMY = {"kind": "circuit", "series": "10 Mohm", "parallel": "990 Mohm"}
HELD: dict[str, Any] = {"step": "constant potential", "potential": 0.05, "duration": 0.1}
"""50 pA through the dummy."""
PROGRAM: list[dict[str, Any]] = [
    {**HELD, "name": "usual"},
    {**HELD, "range": "0.1 nA"},
    {**HELD, "range": "100 pA", "potential": 0.5, "row": 1e-3},  # 500 pA: too much
    {**HELD, "range": "2 nA", "potential": 0.5, "row": 1e-3},
    {"step": "constant current", "current": 1e-9, "duration": 0.1, "range": "2 nA"},
    HELD,
]


def _plan(program: list[dict[str, Any]] | None = None) -> Plan:
    return small(
        sample="dummy",
        sites={"kind": "grid", "columns": 1, "rows": 1, "pitch": 10e-6},
        reference={"name": "ref", "electrode": "wire", "offset": 0.0, "provenance": "assumed"},
        approach={
            **TABLES["approach"],
            "speed": 0.8e-6,
            "hold": {"potential": 0.1},
            "contact": {"kind": "current threshold", "threshold": 50e-12},
        },
        program=PROGRAM if program is None else program,
    )


def _virtual() -> RigFile:
    rig = read_toml(RIGS / "virtual.toml")
    rig.setdefault("electrometer", {})["ranges"] = ["100 pA", "2 nA"]
    rig["samples"]["dummy"] = DUMMY
    return RigFile("virtual with ranges", rig)


def _range(name: str, gain: str, levels: str) -> dict[str, str]:
    return {
        "name": name, "gain": gain, "offset": "10 mV", "calibrated": "sim.daqmx", "levels": levels,
    }  # fmt: skip


def _card() -> RigFile:
    """Its electrometer is switched by two lines, and every range has an offset of its own."""
    rig = read_toml(RIGS / "virtual-nidaq.toml")
    ranges = [
        _range("20 nA", "0.5 V/nA", "00"),
        _range("2 nA", "5 V/nA", "01"),
        _range("100 pA", "100 V/nA", "10"),
    ]
    for one in ranges:
        one["offset"] = "0 V"
    lines = ["port0/line3", "port0/line4"]
    rig["inputs"]["current"] |= {"ranges": ranges, "range_lines": lines}
    rig["cell"]["current"]["ranges"] = [{**one, "levels": ""} for one in ranges]
    sizes = {"01": 0.1, "10": 0.005}
    del rig["commissioning"]
    rig["virtual"] = {
        "wiring": {"signals": {"range_lines": lines, "ranges": sizes}},
        "samples": {"dummy": DUMMY},
        "step": 10,
    }
    return RigFile("card with ranges", rig)


@pytest.fixture(scope="module", params=["virtual", "card"])
def scan(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scan]:
    path = tmp_path_factory.mktemp(request.param) / "scan.h5"
    rig = _virtual() if request.param == "virtual" else _card()
    for _ in seccm.run(_plan(), rig, path=path, seed=1):
        pass
    with open_scan(path) as opened:
        yield opened


def _late(scan: Scan, step: int) -> slice:
    """The last half of the rows of a step."""
    rows = scan.record(0).steps[step]
    return slice((rows.start + rows.stop) // 2, rows.stop)


def test_each_step_reads_the_current_that_flows_in_its_range(scan: Scan) -> None:
    record = scan.record(0)
    for step, amperes, within in (
        (0, 50e-12, 1e-12), (1, 50e-12, 0.5e-12), (3, 500e-12, 2e-12), (4, 1e-9, 2e-12),
        (5, 50e-12, 1e-12),
    ):  # fmt: skip
        assert np.mean(record.I[_late(scan, step)]) == pytest.approx(amperes, abs=within), step


def test_only_the_step_whose_range_is_too_small_is_saturated(scan: Scan) -> None:
    record = scan.record(0)
    full = [bool((record.flag[_late(scan, step)] & Flag.SATURATED).any()) for step in record.steps]
    assert full == [False, False, True, False, False, False]
    assert np.abs(record.I[_late(scan, 2)]).max() < 110e-12


def test_the_file_says_in_which_range_each_step_was_measured(scan: Scan) -> None:
    ends = {end.step: end for end in scan.record(0).ends}
    named = [range_in(ends[step].resolved) for step in sorted(ends)]
    assert named == ["", "0.1 nA", "100 pA", "2 nA", "2 nA", ""]
    assert "range 0.1 nA" in ends[1].label
    assert "range" not in ends[0].label
    with h5py.File(scan.path) as file:
        known = ranges_in_file(str(file.attrs["rig_json"]))
    assert [one.name for one in known][:1] == ["20 nA"]
    assert {one.name for one in known} == {"20 nA", "100 pA", "2 nA"}


def test_raw_samples_have_the_meaning_of_their_range(scan: Scan) -> None:
    raw = scan.raw(0, 3)
    amperes = raw["current"]
    assert np.mean(amperes[len(amperes) // 2 :]) == pytest.approx(500e-12, abs=2e-12)
    (i_mean,) = (row["value"] for row in np.atleast_1d(scan.results("i_end")) if row["step"] == 3)
    assert i_mean == pytest.approx(500e-12, abs=5e-12)


def _rows_of_samples(scan: Scan, step: int | None, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Means of the raw samples over the rows of the stream, and the currents of these rows."""
    record, raw = scan.record(0), scan.raw(0, step)
    clock = scan.clock
    assert record.raw is not None
    numbers = record.raw.row(record.t[rows])
    amperes, counted = raw["current"], raw.numbers
    starts = np.searchsorted(counted, numbers * clock.spacing)
    there = (counted[np.minimum(starts, counted.size - 1)] == numbers * clock.spacing) & (
        starts + clock.averaged <= counted.size
    )
    means = [np.mean(amperes[a : a + clock.averaged]) for a in starts[there]]
    return np.array(means), record.I[rows][there]


def test_raw_samples_and_rows_are_of_one_range_also_before_the_lines_switch(scan: Scan) -> None:
    """The step that asks for a range begins some milliseconds before the card has switched."""
    record = scan.record(0)
    known = 0
    for step, rows in record.steps.items():
        if not len(scan.raw(0, step)):
            continue  # it does not keep its samples
        means, said = _rows_of_samples(scan, step, rows)
        sure = np.isfinite(means)
        assert np.count_nonzero(~sure) <= 1, "only where the lines switched"
        np.testing.assert_allclose(means[sure], said[sure], rtol=0.02, atol=1e-12)
        known += np.count_nonzero(sure)
    assert known > 60
    whole = slice(0, record.t.size)
    means, said = _rows_of_samples(scan, None, whole)
    sure = np.isfinite(means)
    np.testing.assert_allclose(means[sure], said[sure], rtol=0.02, atol=1e-12)


def test_short_data_points_carry_the_charge_of_the_rows_of_their_step(scan: Scan) -> None:
    record = scan.record(0)
    for trace in step_traces(scan.planned[0], record, 0.0, area_of(Plan.from_json(scan.plan_json))):
        if trace.segment.row < 2e-3:
            rows = record.steps[trace.segment.index]
            charge = float(np.sum(record.I[rows])) * scan.clock.period
            assert float(np.sum(trace.I)) * trace.row == pytest.approx(charge, rel=0.02)


def test_the_check_says_which_steps_have_a_range_of_their_own() -> None:
    told = list(range_words(_plan()))
    assert [words.rsplit(", ", 1)[1] for words in told] == [
        "range 0.1 nA", "range 100 pA", "range 2 nA", "range 2 nA",
    ]  # fmt: skip
    assert list(range_words(_plan([HELD]))) == []
    many = [{**HELD, "potential": 0.01 * k, "range": "2 nA"} for k in range(1, 20)]
    assert list(range_words(_plan(many)))[-1] == "7 more steps in another range than usual"


def test_names_of_ranges_are_quantities() -> None:
    assert same_range("0.1 nA", "100 pA")
    assert same_range("high gain", "high  gain")
    assert not same_range("1 nA", "2 nA")
    assert not same_range("high", "1 nA")


@pytest.mark.parametrize(
    ("step", "key", "words", "remedy"),
    [
        ({"range": "1 uA"}, "program[1].range", 'has no range "1 uA"', 'such as "'),
        (
            {"step": "constant current", "current": 5e-9, "range": "2 nA", "potential": None},
            "program[1]", "is outside of rig", 'write range = "20 nA"',
        ),
        (
            {"range": "100 pA", "until": {"current_above": 2e-10}},
            "program[1].until", "out of range", "never end the step",
        ),
    ],
)  # fmt: skip
def test_what_a_range_cannot_do_is_told_before_anything_moves(
    step: dict[str, Any], key: str, words: str, remedy: str
) -> None:
    given = {name: value for name, value in {**HELD, **step}.items() if value is not None}
    _, problems = seccm.check(_plan([HELD, given]), _virtual())
    (told,) = [problem for problem in problems if problem.where == key]
    assert words in told.what
    assert remedy in told.remedy


def test_a_rig_whose_range_a_person_sets_takes_only_that_one() -> None:
    rig = load_rig("virtual-nidaq")
    table = {**rig.config, "virtual": {"samples": {"dummy": DUMMY}}}
    rig = replace(rig, config=table)
    for name, wrong in (("20 nA", False), ("2 nA", True)):
        _, problems = seccm.check(_plan([HELD, {**HELD, "range": name}]), rig)
        assert any(problem.where.endswith(".range") for problem in problems) == wrong


def test_the_step_that_begins_at_contact_keeps_the_range_of_the_approach() -> None:
    begins = {**HELD, "potential": 0.1, "range": "100 pA"}  # as the hold
    _, problems = seccm.check(_plan([begins, HELD]), _virtual())
    (told,) = [problem for problem in problems if problem.where == "program[0].range"]
    assert "while the current flows" in told.what
    _, problems = seccm.check(_plan([HELD, begins]), _virtual())
    assert not [problem for problem in problems if problem.where.endswith(".range")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"range_lines": ["port0/line3"]}, "levels of every range must have"),
        ({"ranges": [{"levels": "01"}, {"levels": "01"}, {"levels": "10"}]}, "the same levels"),
        ({"range_lines": ["port0/line0", "port0/line4"]}, "is wired to"),
    ],
)
def test_ranges_that_lines_cannot_tell_apart_are_refused(
    change: dict[str, Any], words: str
) -> None:
    table = json.loads(json.dumps(_card().config))
    current = table["inputs"]["current"]
    for one, other in zip(current["ranges"], change.get("ranges", ()), strict=False):
        one |= other
    current["range_lines"] = change.get("range_lines", current["range_lines"])
    with pytest.raises(PlanError, match=words):
        validate(NidaqConfig, table, "bench.toml", from_file=True)


def test_what_volts_mean_in_each_range_follows_from_that_of_the_usual_one() -> None:
    table = json.loads(json.dumps(_card().config))
    for one, offset in zip(
        table["inputs"]["current"]["ranges"], ("10 mV", "-20 mV", "5 mV"), strict=True
    ):
        one["offset"] = offset
    config = validate(NidaqConfig, table, "bench.toml", from_file=True)
    usual = config.inputs.current.scale()
    volts = np.array([-9.0, -0.1, 0.0, 3.0])
    for one in ranges_of(config):
        direct = config.inputs.current.scale(one.name).si(volts)
        np.testing.assert_allclose(one.offset + one.factor * usual.si(volts), direct, rtol=1e-12)


def test_a_drive_in_a_range_that_is_not_there_changes_nothing() -> None:
    info, _ = seccm.check(_plan(), _virtual())
    with pytest.raises(LimitError, match="not a range of this rig"):
        info.refuse_impossible(Drive("open", Constant(0.0), range="1 uA"))
    info.refuse_impossible(Drive("current", Constant(1.5e-9), range="2 nA"))
    with pytest.raises(LimitError, match="outside"):
        info.refuse_impossible(Drive("current", Constant(2.5e-9), range="2 nA"))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        '{"info": {}}',
        '{"info": {"ranges": 3}}',
        '{"info": {"ranges": [{"name": "a"}]}}',
        '{"info": {"ranges": [{"name": "a", "span": {"lower": 0, "upper": 1}, "factor": NaN, '
        '"offset": 0}]}}',
    ],
)
def test_a_file_that_says_nothing_of_its_ranges_has_none(said: str) -> None:
    assert ranges_in_file(said) == ()
    assert range_in(said) == ""


def test_a_file_gives_back_the_ranges_it_was_told() -> None:
    one = CurrentRange("100 pA", Range(-1e-10, 1e-10), 0.005, 1e-13)
    span = {"lower": -1e-10, "upper": 1e-10}
    told = {"name": "100 pA", "span": span, "factor": 0.005, "offset": 1e-13}
    assert ranges_in_file(json.dumps({"info": {"ranges": [told]}})) == (one,)
    assert range_in('{"range": "100 pA", "$v": 2.0}') == "100 pA"
    assert range_in('{"range": 3}') == ""


def test_each_range_of_a_card_may_have_a_bandwidth_of_its_own() -> None:
    """The smaller a range, the larger its feedback resistor, and the slower it is."""
    rig = _card().config
    ranges = rig["inputs"]["current"]["ranges"]
    for one, bandwidth in zip(ranges, ("10 kHz", "1 kHz", None), strict=True):
        if bandwidth is not None:
            one["bandwidth"] = bandwidth
    config = validate(NidaqConfig, rig, "bench.toml", from_file=True)
    found = {one.name: one.time_constant for one in ranges_of(config)}
    assert found["20 nA"] == pytest.approx(15.9155e-6, rel=1e-5, abs=0.0)
    assert found["2 nA"] == pytest.approx(159.155e-6, rel=1e-5, abs=0.0)
    assert found["100 pA"] is None
    assert leads_of(config).time_constant == found["20 nA"]


def test_what_is_taken_off_a_step_is_the_amplifier_of_its_range(scan: Scan) -> None:
    """From the file alone; a file that says nothing of it has one for all ranges."""
    plan = Plan.from_json(scan.plan_json)
    made = scan.record(0)
    assert made.raw is not None
    slow = tuple(
        replace(one, time_constant=constant)
        for one, constant in zip(made.raw.ranges, (1e-5, None, 2e-4), strict=True)
    )
    leads = Leads(1e-12, 3e-5)
    made = replace(made, leads=leads, raw=replace(made.raw, ranges=slow))
    for trace in step_traces(scan.planned[0], made, 0.0, area_of(plan)):
        own = trace.segment.range or slow[0].name
        wanted = next(one.time_constant for one in slow if same_range(one.name, own))
        assert trace.leads == replace(leads, time_constant=wanted or leads.time_constant)


def test_bandwidths_of_ranges_are_read_from_the_file_as_they_were_written() -> None:
    span = Range(-1e-9, 1e-9)
    known = (CurrentRange("1 nA", span, 1.0, 0.0, 1e-5), CurrentRange("10 pA", span, 0.01))
    said: dict[str, Any] = {"info": {"ranges": [asdict(one) for one in known]}}
    assert ranges_in_file(json.dumps(said)) == known
    for one in said["info"]["ranges"]:
        del one["time_constant"]
    assert [one.time_constant for one in ranges_in_file(json.dumps(said))] == [None, None]
    for wrong in ("soon", float("nan"), -1.0, [1]):
        said["info"]["ranges"][0]["time_constant"] = wrong
        assert ranges_in_file(json.dumps(said))[0].time_constant is None
