"""A run that broke off inside a site goes on there, at the step that was under way.

Nothing that was measured is lost or measured twice: rows, steps, results, charges, turns of loops
and references to earlier steps are those of a run that nobody disturbed.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_disk import Diary
from cut_stories import restore
from test_channels import CHANNELS, plan_of
from whole_columns import column_of

import seccm
from seccm.data import Scan, store
from seccm.errors import ContactError
from seccm.events import Outcome, Paused, Phase, PhaseBegan, SiteFinished, StepFinished
from seccm.hopping.before import Before, Ran
from seccm.program.live import Known, Live
from seccm.remote.channel.plain import event_from_plain, event_to_plain
from seccm.remote.messages.overview import Overview
from seccm.rig import Drive
from seccm.session import past
from sim.virtual_rig import VirtualRig

RIG = """
kind = "virtual"
longest_block = 60
[switch]
channels = ["P1", "P2", "P3"]
[electrometer]
hum = "0 A"
offset = "0 A"
potential_noise = "1 uV"
stray = "0 F"
[drive]
leak = "0 A"
gain_error = 0
[samples.dummy]
kind = "circuit"
parallel = "100 Mohm"
"""
PROGRAM: list[dict[str, Any]] = [
    {"step": "open circuit", "name": "rest", "duration": 0.25},
    {"step": "constant current", "name": "load", "current": 1e-9, "duration": 5.0, "nuclei": False,
     "until": {"charge": 0.9e-9}},
    {"step": "constant potential", "duration": 0.8,
     "potential": {"from": "rest", "offset": 0.1, "within": [-2.0, 2.0]}},
    {"step": "repeat", "times": 4,
     "until": {"from": "turn", "take": "count", "above": 2.5},
     "program": [
         {"step": "constant current", "name": "turn", "current": -2e-9, "duration": 0.4,
          "nuclei": False},
         {"step": "open circuit", "duration": 0.2}]},
    {"step": "cv", "start": 1.0, "vertices": [1.2, 0.8], "cycles": 1, "scan_rate": 1.0},
]  # fmt: skip
PLAN = plan_of(
    {**CHANNELS, "labels": ["P1", "P2"], "areas": 100e-12},
    way={"switch": "rig", "settle": 0.1, "rest": 0.3},
    program=PROGRAM,
)
NAME = "scan.h5"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Relays, resistors, and blocks of 0.15 s."""
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    path.write_text(RIG, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(rig: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a run that nobody disturbed."""
    path = tmp_path_factory.mktemp("whole") / NAME
    for _ in seccm.run(PLAN, rig, path=path):
        pass
    return path


def same(found: Scan, whole: Scan) -> None:
    """Assert that two files tell of the same measurement."""
    assert found.state == "complete"
    assert found.check() == {}
    assert found.sites["status"].tolist() == whole.sites["status"].tolist()
    for name in ("site", "number", "path", "kind", "name", "ended_by", "mode"):
        assert found.steps[name].tolist() == whole.steps[name].tolist(), name
    np.testing.assert_allclose(found.steps["size"], whole.steps["size"], atol=1)
    np.testing.assert_allclose(found.steps["charge"], whole.steps["charge"], rtol=6e-3, atol=3e-13)
    for one, other in zip(found.steps["resolved"], whole.steps["resolved"], strict=True):
        assert bool(one) == bool(other)
        if one:
            assert json.loads(one) == pytest.approx(json.loads(other), abs=1e-5)
    results, wanted = found.results(), whole.results()
    for name in ("site", "step", "name"):
        assert results[name].tolist() == wanted[name].tolist(), name
    for site in np.flatnonzero(whole.sites["status"] == Outcome.OK).tolist():
        mine, its = found.site(site), whole.site(site)
        assert mine.steps.keys() == its.steps.keys()
        for step, rows in mine.steps.items():
            size = min(rows.stop - rows.start, its.steps[step].stop - its.steps[step].start)
            for signal in ("E", "I"):
                got = getattr(mine, signal)[rows][3 : size - 3]
                undisturbed = getattr(its, signal)[its.steps[step]][3 : size - 3]
                scale = max(float(np.ptp(undisturbed)), float(np.abs(undisturbed).max()))
                assert np.abs(got - undisturbed).max() < 0.05 * scale + 1e-11, (step, signal)


def resumable(path: Path) -> seccm.Run | None:
    """The rest of a run; None where the file is not laid out yet, or is complete."""
    try:
        return seccm.resume(path)
    except seccm.DataFileError as error:
        said = str(error)
    if "nothing to resume" in said or "cannot be read" in said:
        return None
    raise AssertionError(said)


def goes_on(path: Path) -> list[Any]:
    """Resume a file to its end; return the events."""
    return list(seccm.resume(path))


# Stopped by somebody


@pytest.mark.parametrize(
    ("verb", "step"), [("stop", 0), ("halt", 1), ("emergency", 2), ("stop", 4), ("stop", 9)]
)
def test_whoever_ends_a_run_ends_no_site(
    verb: str, step: int, rig: Path, whole: Path, tmp_path: Path
) -> None:
    """In any step: the site is left open, and a resumed run goes on with that very step."""
    run = seccm.run(PLAN, rig, path=tmp_path / NAME)
    for event in run:
        match event:
            case PhaseBegan(site=0, phase=Phase.STEP) if event.step == step:
                run.ask(verb)
            case _:
                pass
        if isinstance(event, SiteFinished):
            assert event.goes_on
    with seccm.open(tmp_path / NAME) as scan:
        assert scan.broken_off == 0
        assert scan.remaining() == (0, 1)
    events = goes_on(tmp_path / NAME)
    begun = [e.step for e in events if isinstance(e, PhaseBegan) and e.phase is Phase.STEP]
    assert begun[0] == step
    with seccm.open(tmp_path / NAME) as scan, seccm.open(whole) as undisturbed:
        same(scan, undisturbed)


def test_it_rests_first_with_the_cell_off(
    rig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = seccm.run(PLAN, rig, path=tmp_path / NAME)
    for event in run:
        if isinstance(event, StepFinished) and event.step == 1:
            run.ask("stop")
    drives: list[tuple[int, str]] = []
    apply = VirtualRig.apply

    def listened(self: VirtualRig, action: Any) -> None:
        if isinstance(action, Drive):
            drives.append((self._row, action.mode))
        apply(self, action)

    monkeypatch.setattr(VirtualRig, "apply", listened)
    goes_on(tmp_path / NAME)
    first = next(row for row, mode in drives if mode != "open")
    assert first * 2.57e-3 >= 0.3
    with seccm.open(tmp_path / NAME) as scan:
        rests = column_of(tmp_path / NAME, "phase") == Phase.REST
        assert 0.3 <= rests.sum() * 2.57e-3 < 0.6
        assert not (scan.record(0).phase == Phase.REST).any(), "they belong to no step"


def test_a_window_that_comes_later_sees_the_site_as_one_to_come(rig: Path, tmp_path: Path) -> None:
    """And hears that it was left open, not that it is over; events travel whole."""
    run, heard = seccm.run(PLAN, rig, path=tmp_path / NAME), Overview.planned(2)
    for event in run:
        heard.hear(event_from_plain(event_to_plain(event)))
        if isinstance(event, StepFinished) and event.step == 1:
            run.ask("stop")
    assert heard.status.tolist() == [Outcome.RUNNING, Outcome.PLANNED]
    assert Overview.of_file(tmp_path / NAME).status.tolist() == [Outcome.PLANNED] * 2


def test_a_plan_may_give_such_a_site_up(rig: Path, tmp_path: Path) -> None:
    way = {"switch": "rig", "resume": "give up"}
    run = seccm.run(PLAN.replace(way=way), rig, path=tmp_path / NAME)
    for event in run:
        if isinstance(event, StepFinished) and event.step == 1:
            run.ask("stop")
    with seccm.open(tmp_path / NAME) as scan:
        assert scan.broken_off is None
        assert scan.sites["status"].tolist() == [Outcome.ABORTED, Outcome.PLANNED]


def test_a_skipped_site_is_over(rig: Path, tmp_path: Path) -> None:
    run = seccm.run(PLAN, rig, path=tmp_path / NAME)
    for event in run:
        if isinstance(event, StepFinished) and (event.site, event.step) == (0, 1):
            run.ask("skip")
    with seccm.open(tmp_path / NAME) as scan:
        assert scan.sites["status"].tolist() == [Outcome.SKIPPED, Outcome.OK]


def test_it_may_break_off_again_and_again(rig: Path, whole: Path, tmp_path: Path) -> None:
    """In one step, too: its parts are one step in the end."""
    run: seccm.Run = seccm.run(PLAN, rig, path=tmp_path / NAME)
    for _ in range(2):
        blocks = 0

        def counted(block: Any, run: seccm.Run = run) -> None:
            nonlocal blocks
            if run.status.phase is Phase.STEP and run.status.step == 1:
                blocks += 1
                if blocks == 1:
                    run.ask("stop")

        run.watch(counted)
        for _ in run:
            pass
        with seccm.open(tmp_path / NAME) as scan:
            assert scan.broken_off == 0
        run = seccm.resume(tmp_path / NAME)
    for _ in run:
        pass
    with seccm.open(tmp_path / NAME) as scan, seccm.open(whole) as undisturbed:
        same(scan, undisturbed)
        assert len(scan.record(0).seams) == 2


def test_a_person_is_asked_again_before_it_goes_on(rig: Path, tmp_path: Path) -> None:
    """Nobody knows where the probes are by now."""
    run = seccm.run(PLAN.replace(way={"switch": "person"}), rig, path=tmp_path / NAME)
    for event in run:
        if isinstance(event, Paused):
            run.ask("resume")
        if isinstance(event, StepFinished) and event.step == 1:
            run.ask("stop")
    again, asked = seccm.resume(tmp_path / NAME), []
    for event in again:
        if isinstance(event, Paused):
            asked.append(event.why)
            again.ask("resume")
    assert asked == ["Connect P1, then continue.", "Connect P2, then continue."]


# A fault of the rig


@pytest.mark.parametrize("fault", ["stalled-read@at=1 s", "unplugged@at=1.6 s"])
def test_a_rig_that_fails_ends_no_site(
    fault: str, rig: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it was repaired, the site goes on."""
    run = seccm.run(PLAN, rig, path=tmp_path / NAME, faults=[fault])
    with pytest.raises(seccm.RigError):
        for _ in run:
            pass
    with seccm.open(tmp_path / NAME) as scan:
        assert scan.broken_off == 0
        assert len(scan.steps["site"]) > 0
    monkeypatch.setattr(past, "_lasting", lambda scan, faults: ())
    goes_on(tmp_path / NAME)
    with seccm.open(tmp_path / NAME) as scan, seccm.open(whole) as undisturbed:
        same(scan, undisturbed)


# Killed


@pytest.fixture(scope="module")
def diary(rig: Path, tmp_path_factory: pytest.TempPathFactory) -> Diary:
    """Every write of a run whose disk is told at once of what was measured."""
    folder = tmp_path_factory.mktemp("killed")
    found = Diary(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SOON", 0.0)
        with found.kept():
            run = seccm.run(PLAN, rig, path=folder / NAME)
            run.company = lambda events: events  # no window may find it
            for _ in run:
                pass
    return found


CUTS = 3
"""Kills of one run here, spread over all that it writes."""


@pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only")
def test_killed_at_any_write_it_goes_on_as_if_nobody_had(
    diary: Diary, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)
    tried = 0
    for image, _ in diary.images(every=1 + len(diary.changes) // CUTS):
        if not image.get(NAME):
            continue
        restore(tmp_path / "left", image)
        path = tmp_path / "left" / NAME
        run = resumable(path)
        if run is None:
            continue
        for _ in run:
            pass
        with seccm.open(path) as scan, seccm.open(whole) as undisturbed:
            same(scan, undisturbed)
        tried += 1
    assert tried


# The walk


def test_a_file_of_another_programme_is_not_gone_on_with() -> None:
    """The steps that ended must be those that the programme would have run."""
    site = PLAN.sites()[0]
    known = Known(0.0, 0.0, 0.0, 1.0)
    Before((Ran((0,), known),)).tell(site.program.walk(), Live())
    with pytest.raises(ContactError, match="cannot go on"):
        Before((Ran((2,), known),)).tell(site.program.walk(), Live())


def test_turns_of_loops_are_told_from_the_steps_that_ended() -> None:
    """Killed in its second turn, a loop of three has two left."""
    site = PLAN.sites()[0]
    walk, live = site.program.walk(), Live()
    known = Known(0.0, 0.0, 1e-9, 0.4)
    ran = [(0,), (1,), (2,), (3, 0, 0), (3, 0, 1), (3, 1, 0)]
    Before(tuple(Ran(path, known) for path in ran)).tell(walk, live)
    left = []
    while (segment := walk.next(live)) is not None:
        live.tell(segment.name, known, segment.kind)
        left.append(segment.path)
    assert left == [(3, 1, 1), (3, 2, 0), (3, 2, 1), (4,)]
    assert not math.isnan(live.steps["turn"].charge)
