"""Raw samples step by step: those of steps that ask for them are kept, whole, and no others."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_feeder import CLOCK, COLUMNS, HEADER, Visit, sites, told, visits
from small_scan import STEP, near_surface, small_scan
from test_raw_samples import CHANNELS, assert_all_there, codes_of, with_raw
from test_raw_scan import assert_rows_are_means
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data import Scan, Store, finish, open_scan
from seccm.data import raw as raw_module
from seccm.data import raw_choice as raw_choice_module
from seccm.data.marks import Marks
from seccm.data.raw_choice import RawChoice
from seccm.errors import DataFileError, PlanError
from seccm.events import Outcome, Phase, PhaseBegan
from seccm.plan import find_plan
from seccm.rig import RawSamples

SPACING = CLOCK.spacing
REST = {"step": "open circuit", "duration": "50 ms"}
"""A step that does not ask for its samples."""


# What is said of rows.


@given(
    said=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=12),
    asked=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    known=st.integers(0, 60),
)
def test_what_was_said_last_of_a_row_holds(
    said: list[tuple[int, int]], asked: tuple[int, int], known: int
):
    """However often it was said again; what is forgotten of earlier rows changes no later one."""
    marks, truth = Marks(9), [9] * 61
    for row, what in said:
        marks.say(row, what)
        truth[row:] = [what] * (61 - row)
    marks.forget(known)
    start, stop = sorted(max(known, edge) for edge in asked)
    found = [what for first, last, what in marks.spans(start, stop) for _ in range(first, last)]
    assert found == truth[start:stop]
    assert marks.newest == truth[60]


def test_what_is_said_again_takes_no_room():
    """A scan says that a site begins a hundred thousand times."""
    marks = Marks(0)
    for row in range(0, 60_000, 6):
        for k, what in enumerate((1, 1, 1, 2, 0, 0)):
            marks.say(row + k, what)
        marks.forget(row - 6)
        assert len(marks._said) < 12


def test_without_raw_samples_nothing_is_remembered_of_them(tmp_path: Path):
    made = asking(visits(40), 0, 1)
    with Store(tmp_path / "scan.h5", HEADER, sites(40), COLUMNS, CLOCK, raw_of_steps=True) as store:
        for block, events in told(made, iter([40] * 10_000)):
            store.record(with_raw(block), events)
        store.barrier()
        choice = store._writer._choice
        assert (len(choice._marks._said), len(choice._waiting)) == (1, 0)
        store.close("complete")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert not [said for said in scan.events["msg"] if "raw" in said]


# Which samples are kept.


@settings(max_examples=200)
@given(data=st.data())
def test_exactly_the_samples_of_the_steps_that_ask_are_kept(data: st.DataObject):
    """However blocks are cut, how late a step is known, and whatever the rig has lost.

    A loss is told where it concerns samples that should be kept, and nowhere else.
    """
    spacing, confirm = 5, data.draw(st.integers(0, 8))
    lengths = data.draw(st.lists(st.integers(1, 20), min_size=2, max_size=8))
    asks = [False, *data.draw(st.lists(st.booleans(), min_size=7, max_size=7))]
    edges = np.cumsum([0, *lengths]).tolist()
    spans = list(zip(edges, edges[1:], asks, strict=False))
    count = edges[-1]
    lost = sorted(data.draw(st.lists(st.integers(0, count * spacing - 1), max_size=2)))
    gone = range(*lost) if len(lost) == 2 else range(0)
    wanted = {n for a, b, keep in spans if keep for n in range(a * spacing, b * spacing)}
    there = [n for n in range(count * spacing) if n not in gone]

    choice, kept, said, row = RawChoice(spacing, every=False), [], [], 0
    ahead = list(spans)
    while row < count:
        stop = min(count, row + data.draw(st.integers(1, 12)))
        choice.settle(choice.certain(row, stop))
        here = [n for n in there if row * spacing <= n < stop * spacing]
        cuts = [k for k in range(1, len(here)) if here[k] != here[k - 1] + 1]
        for part in np.split(np.array(here, int), cuts):
            if len(part):
                choice.take([RawSamples(int(part[0]), part[np.newaxis].astype(np.int16))])
        # The first step of all is known late, others with the block in which they begin.
        while ahead and ahead[0][0] + (confirm if ahead[0] is spans[1] else 0) < stop:
            assert choice.mark(ahead[0][0], keep=ahead[0][2]) == 0
            ahead.pop(0)
        row = stop
        pieces, words = choice.chosen()
        kept, said = kept + pieces, said + words
    for first, _, keep in ahead:
        choice.mark(first, keep=keep)
    choice.settle(count)
    pieces, words = choice.chosen()
    kept, said = kept + pieces, said + words

    numbers = [n for piece in kept for n in range(piece.first, piece.stop)]
    assert numbers == sorted(wanted & set(there))
    assert [int(n) for piece in kept for n in piece.codes[0]] == numbers
    # Samples lost at either end of the stream leave no hole in it.
    inside = [n for n in gone if there and there[0] < n < there[-1]]
    assert bool(said) == bool(wanted & set(inside))


def test_a_step_that_is_known_too_late_says_what_it_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raw_choice_module, "KEPT_BACK", 10)
    choice = RawChoice(4, every=False)
    for row in range(0, 100, 5):
        choice.settle(choice.certain(row, row + 5))
        choice.take([RawSamples(row * 4, np.zeros((1, 20), np.int16))])
        assert choice.chosen() == ([], [])
    assert choice.mark(80, keep=True) == (90 - 80) * 4
    choice.settle(100)
    kept, said = choice.chosen()
    assert (kept[0].first, kept[-1].stop, said) == (360, 400, [])


def test_little_is_held_back():
    """Not the samples of a whole approach, and in a step not more than a block."""
    choice, block = RawChoice(SPACING, every=False), np.zeros((9, 20 * SPACING), np.int16)
    step_at = 3 * raw_choice_module.KEPT_BACK // 20 * 20
    for row in range(0, 2 * step_at, 20):
        choice.settle(choice.certain(row, row + 20))
        choice.take([RawSamples(row * SPACING, block)])
        choice.chosen()
        waiting = sum(piece.codes.shape[1] for piece in choice._waiting)
        if row == step_at:
            assert choice.mark(row, keep=True) == 0
        most = 20 if row > step_at else raw_choice_module.KEPT_BACK
        assert waiting <= most * SPACING


# In a data file.


def asking(made: Sequence[Visit], *steps: int) -> list[Visit]:
    """The same visits, of which some steps ask for their samples."""

    def asks(event: object) -> bool:
        return isinstance(event, PhaseBegan) and event.phase is Phase.STEP and event.step in steps

    return [
        dataclasses.replace(
            v,
            events=tuple(
                (row, dataclasses.replace(e, raw=True) if asks(e) else e) for row, e in v.events
            ),
        )
        for v in made
    ]


def step_rows(v: Visit, step: int) -> range:
    rows = np.flatnonzero((v.phase == Phase.STEP) & (v.step == step)) + v.start
    return range(int(rows[0]), int(rows[-1]) + 1) if len(rows) else range(0)


def samples_of(v: Visit, step: int) -> tuple[int, int]:
    rows = step_rows(v, step)
    return rows.start * SPACING, rows.stop * SPACING


def written(path: Path, made: Sequence[Visit], cuts: Iterator[int] | None = None) -> Path:
    with Store(
        path, HEADER, sites(len(made)), COLUMNS, CLOCK, raw=CHANNELS, raw_of_steps=True
    ) as store:
        for block, events in told(made, cuts):
            store.record(with_raw(block), events)
        store.close("complete")
    return path


def pieces_in(scan: Scan) -> list[tuple[int, int]]:
    """First and last sample of each piece, in the order of the file."""
    firsts, sizes = (scan._data[f"raw_piece_{name}"][:].tolist() for name in ("first", "size"))
    return [(first, first + size) for first, size in zip(firsts, sizes, strict=True)]


@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 200), min_size=1, max_size=5), step=st.integers(0, 2))
def test_a_piece_is_a_step_from_its_first_data_point_to_its_last(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], step: int
):
    made = asking(visits(4, steps=(40, 30, 20)), step)
    cuts = iter(np.resize(lengths, 10_000).tolist())
    path = written(tmp_path_factory.mktemp("raw") / "scan.h5", made, cuts)
    with open_scan(path) as scan:
        touched = [v for v in made if v.contact is not None]
        assert pieces_in(scan) == [samples_of(v, step) for v in touched]
        assert not [said for said in scan.events["msg"] if "raw" in said]
        for v in touched:
            assert_all_there(scan.raw(v.number), *samples_of(v, step))
            assert_all_there(scan.raw(v.number, step), *samples_of(v, step))
            assert len(scan.raw(v.number, (step + 1) % 3)) == 0
            rows = scan.record(v.number).steps[step]
            t = scan.raw(v.number, step).t
            zero = scan.record(v.number).t_contact
            # A row is complete when the first sample of the next one is taken.
            assert t[0] + CLOCK.period == pytest.approx(
                scan.record(v.number).t[rows][0] - zero, abs=1e-9
            )
            with pytest.raises(IndexError, match=r"no step 3 ran at site .* 0, 1, 2"):
                scan.raw(v.number, 3)


def test_two_steps_that_ask_leave_out_what_lies_between(tmp_path: Path):
    made = asking(visits(2, steps=(40, 30, 20)), 0, 2)
    with open_scan(finished(written(tmp_path / "scan.h5", made, iter([7] * 1000)))) as scan:
        first, last = samples_of(made[1], 0), samples_of(made[1], 2)
        raw = scan.raw(1)
        np.testing.assert_array_equal(
            raw.numbers, np.concatenate([np.arange(*first), np.arange(*last)])
        )
        assert raw.gaps == ((first[1], last[0] - first[1]),)
        assert not [said for said in scan.events["msg"] if "raw" in said]
        assert scan.raw_samples == 2 * 60 * SPACING


def finished(path: Path) -> Path:
    finish(path)
    return path


def test_only_a_loss_within_what_is_kept_is_told(tmp_path: Path):
    made = asking(visits(3, steps=(40, 30)), 1)
    inside, _ = samples_of(made[1], 1)
    outside, _ = samples_of(made[2], 0)
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(3), COLUMNS, CLOCK, raw=CHANNELS, raw_of_steps=True) as store:
        for block, events in told(made, iter([9] * 1000)):
            lost = inside if block.stop * SPACING < outside else outside
            store.record(with_raw(block, skipped=range(lost + 300, lost + 900)), events)
        store.close("complete")
    with open_scan(path) as scan:
        said = [message for message in scan.events["msg"] if "raw samples jump" in message]
        assert len(said) == 1
        assert f"from number {inside + 300} to {inside + 900}" in said[0]
        assert scan.raw(1, 1).gaps == ((inside + 300, 600),)
        assert scan.raw(2, 1).gaps == ()


@pytest.mark.parametrize("gives", [0, 1])
def test_samples_that_a_rig_owes_are_told_with_the_site(tmp_path: Path, gives: int):
    """A step asks, and nothing comes; or nothing from its middle on."""
    made = asking(visits(2, steps=(40, 30)), 0)
    first, stop = samples_of(made[1], 0)
    first = (first + stop) // 2 if gives else first
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, raw=CHANNELS, raw_of_steps=True) as store:
        for block, events in told(made, iter([9] * 1000)):
            given = with_raw(block, skipped=range(first, 10**9))
            store.record(given if gives or block.start < made[1].start else block, events)
        store.close("complete")
    with open_scan(path) as scan:
        said = [message for message in scan.events["msg"] if "raw samples jump" in message]
        assert len(said) == 1
        assert f"from number {first} to {stop}" in said[0]
        assert len(scan.raw(0, 0)) == 40 * SPACING
        assert len(scan.raw(1, 0)) == (20 * SPACING if gives else 0)


def test_steps_keep_their_samples_when_the_program_is_killed_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Killed within a step that asks: what was made safe of it is there, and resumes behind it."""
    monkeypatch.setattr(raw_module, "COMMIT_BYTES", 100_000)
    made, path = asking(visits(3, steps=(40, 3000)), 1), tmp_path / "killed.h5"
    rows = step_rows(made[1], 1)
    with Store(
        tmp_path / "scan.h5", HEADER, sites(3), COLUMNS, CLOCK, raw=CHANNELS, raw_of_steps=True
    ) as store:
        for block, events in told(made[:2], iter([30] * 1000)):
            if block.start > rows.start + 2000:
                break
            store.record(with_raw(block), events)
        store.barrier()
        shutil.copyfile(store.path, path)
        store.close("fault")
    with open_scan(path) as scan:
        assert_all_there(scan.raw(0, 1), *samples_of(made[0], 1))
        first, stop = pieces_in(scan)[1]
        assert first == rows.start * SPACING
        assert stop - first > 1000 * SPACING, "a long step is made safe as it goes on"
        safe = scan.raw_samples
    with Store.resume(path, sites(3), COLUMNS, CLOCK, raw=CHANNELS, raw_of_steps=True) as store:
        (v,) = asking(visits(1, start=2, steps=(40, 30)), 1)
        for block, events in told([v], iter([30] * 1000)):
            store.record(with_raw(block, session=1), events)
        store.close("complete")
    with open_scan(finished(path)) as scan:
        assert_all_there(scan.raw(0, 1), *samples_of(made[0], 1))
        assert_all_there(scan.raw(2, 1), *samples_of(v, 1), session=1)
        assert scan.raw_samples == safe + 30 * SPACING


def test_samples_of_the_whole_scan_do_not_depend_on_what_steps_ask(tmp_path: Path):
    made = asking(visits(2), 1)
    with Store(tmp_path / "scan.h5", HEADER, sites(2), COLUMNS, CLOCK, raw=CHANNELS) as store:
        for block, events in told(made):
            store.record(with_raw(block), events)
        store.close("complete")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert pieces_in(scan) == [(0, made[-1].stop * SPACING)]
        assert_all_there(scan.raw(1, 1), *samples_of(made[1], 1))
        assert codes_of(0, 3).shape == (3, 3)


# From the plan to the file.


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One site on the driver of a card: two steps of four ask, one of them from contact on."""
    path = tmp_path_factory.mktemp("raw") / "scan.h5"
    program = [{**STEP, "raw": True}, REST, {**REST, "raw": True}, REST]
    near = near_surface("53 um", "virtual-nidaq")
    for _ in seccm.run(small_scan(1, 1, program=program), near, path=path, seed=3):
        pass
    return path


def test_a_scan_keeps_the_samples_of_the_steps_that_ask(scanned: Path):
    with seccm.open(scanned) as scan:
        assert scan.sites["status"][0] == Outcome.OK
        record = scan.record(0)
        for step, asked in ((0, True), (1, False), (2, True), (3, False)):
            raw, t = scan.raw(0, step), record.t[record.steps[step]]
            assert len(raw) == (len(t) * SPACING if asked else 0)
            assert raw.gaps == ()
            if asked:
                assert_rows_are_means(scan, 0, step)
        assert len(pieces_in(scan)) == 2
        assert not [said for said in scan.events["msg"] if "raw samples" in said]
        # The file is as large as what is kept.
        told = scan.raw_samples
        assert told == sum(stop - first for first, stop in pieces_in(scan))


def test_the_check_counts_what_is_kept_and_nothing_else():
    plans = {
        "all": small_scan(2, 2, record={"raw": True}),
        "one": small_scan(2, 2, program=[STEP, {**REST, "raw": True}]),
        "two": small_scan(2, 2, program=[STEP, {"step": "repeat", "times": 2, "program": [
            {**REST, "raw": True}]}]),
        "none": small_scan(2, 2),
    }  # fmt: skip
    rig = seccm.load_rig("virtual-nidaq")
    info, _ = seccm.check(plans["none"], rig)
    room = {name: plan.raw_bytes(info) for name, plan in plans.items()}
    a_second = info.clock.rate * len(info.raw) * 2
    assert room["none"] == 0
    assert room["one"] == pytest.approx(4 * (0.05 + info.clock.period) * a_second, rel=1e-6)
    assert room["two"] == pytest.approx(2 * room["one"])
    assert room["all"] > 10 * room["one"]
    for name in plans:
        assert plans[name].keeps_raw(info) == (name != "none")
    problems = plans["one"].check(info, free_disk=room["one"] // 2)
    (told,) = (problem for problem in problems if problem.where == "plan")
    assert "keep the raw samples of fewer steps" in str(told)


def test_the_command_says_that_only_steps_are_kept(tmp_path: Path):
    shipped = find_plan("li-on-au-combinatorial").read_text(encoding="utf-8")
    key = 'step = "constant current"\n'
    assert shipped.count(key) == 1
    plan = tmp_path / "raw.toml"
    plan.write_text(shipped.replace(key, f"{key}raw = true\n"), encoding="utf-8")
    told = CliRunner().invoke(app, ["check", str(plan), "--rig", "virtual-nidaq"])
    assert told.exit_code == 0, told.output
    assert "of 9 inputs at 100 kHz, in the steps that ask for it" in " ".join(told.output.split())


KILLED = """
import json, sys
sys.path.insert(0, sys.argv[2])
from small_scan import near_surface, small_scan
import seccm
plan = small_scan(3, 1, program=json.loads(sys.argv[4]))
for event in seccm.run(plan, near_surface("53 um", sys.argv[3]), path=sys.argv[1]):
    print(type(event).__name__, flush=True)
"""


@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq"])
def test_a_run_that_is_killed_keeps_the_samples_of_its_steps_and_is_resumed(
    rig: str, tmp_path: Path
):
    """Killed on its way to the second site; the first is all there, the third comes later."""
    path, here = tmp_path / "scan.h5", str(Path(__file__).parent)
    program = json.dumps([{**STEP, "raw": True}, REST, {**REST, "raw": True}])
    with warm.begun(
        [sys.executable, "-c", KILLED, str(path), here, rig, program],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        for wanted in ("SiteFinished\n", "Approaching\n"):
            assert wanted in iter(child.stdout.readline, "")
        child.kill()
    kept = {}
    with seccm.open(path) as scan:
        for step in (0, 2):
            rows = scan.record(0).steps[step]
            kept[step] = scan.raw(0, step)["current"]
            assert len(kept[step]) == (rows.stop - rows.start) * SPACING
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert scan.sites["status"][2] == Outcome.OK
        for step in (0, 2):
            np.testing.assert_array_equal(scan.raw(0, step)["current"], kept[step])
            rows = scan.record(2).steps[step]
            assert len(scan.raw(2, step)) == (rows.stop - rows.start) * SPACING
            means = scan.raw(2, step)["current"].reshape(-1, SPACING)[:, :256].mean(axis=1)
            np.testing.assert_allclose(means, scan.record(2).I[rows], rtol=1e-6, atol=1e-18)
        assert len(scan.raw(2, 1)) == 0


def test_a_file_without_raw_samples_says_how_a_step_asks_for_them(tmp_path: Path):
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store:
        store.close("complete")
    with (
        open_scan(path) as scan,
        pytest.raises(DataFileError, match=r"in \[record\], or in the steps of interest"),
    ):
        scan.raw(0)


def test_only_yes_or_no_is_taken():
    with pytest.raises(PlanError, match=r"program\[0\]\.raw"):
        small_scan(1, 1, program=[{**STEP, "raw": "yes"}])
