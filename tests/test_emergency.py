"""Emergency retract in a scan: cell off, up at the rig's speed and not the plan's, then a look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from little_world import LittleWorld, Scan, a_scan
from small_scan import small_scan

import seccm
from seccm.errors import NotNow, RigError
from seccm.events import Event, Landed, Note, Outcome, Phase, PhaseBegan, SiteFinished
from seccm.hopping.engine import Request
from seccm.hopping.leave import clear_distance
from seccm.rig import Action, Block, Move, SafeReport
from seccm.session import Run

UM = 1e-6
SLOW = {"retract": {"distance": "12 um", "speed": "2 um/s"}}


def once(kind: type[Event], do: Callable[[], None]) -> Callable[[Event], None]:
    left = [do]
    return lambda event: left.pop()() if left and isinstance(event, kind) else None


def urgent(scan: Scan, times: int = 1) -> Callable[[], None]:
    return lambda: [scan.engine.ask(Request.EMERGENCY) for _ in range(times)] and None  # type: ignore[func-returns-value]


def test_the_tip_is_lifted_clear_of_the_surface_and_the_site_closed():
    scan = a_scan(3)
    scan.go(once(Landed, urgent(scan)))
    world, [site] = scan.world, [scan.engine.newest]
    assert site is not None
    up = world.position["z"] - world.surface
    assert up == pytest.approx(clear_distance(site, world.info), abs=0.1 * UM)
    assert up > site.retract.distance
    assert not world.wet
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.ABORTED]
    assert scan.end.reason == "Stopped: emergency retract."
    assert "circuit is open" in scan.of(Note)[-1].text


def test_asked_for_twice_the_tip_goes_to_the_top():
    scan = a_scan(3)
    scan.go(once(Landed, urgent(scan, 2)))
    assert scan.world.position["z"] == scan.world.info.axes["z"].travel.upper


def test_a_lift_that_is_under_way_at_the_plan_s_speed_is_not_waited_for():
    """The operator presses while the hop retracts slowly: that must not be left to its end."""
    scan = a_scan(1, LittleWorld(longest=20))
    began: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, PhaseBegan) and event.phase is Phase.RETRACT and not began:
            began.append(event.row)
            scan.engine.ask(Request.EMERGENCY)

    scan.go(listen)
    # 8 um at 2 um/s are 1500 rows; the stop comes with the next block, the look takes some more.
    assert scan.end.row - began[0] <= 40
    assert scan.world.made_safe == [True]


def test_liquid_that_does_not_let_go_takes_the_tip_further_up():
    scan = a_scan(1, LittleWorld(breaks_at=20 * UM))
    scan.go(once(Landed, urgent(scan)))
    assert not scan.world.wet
    assert scan.world.position["z"] - scan.world.surface > 20 * UM
    assert "higher" in scan.of(Note)[-1].text


def fails_in_the_look(error: BaseException) -> LittleWorld:
    """A world that raises an error once an emergency has lifted the tip, and at every read."""

    def trouble(world: LittleWorld, block: Block) -> Block:
        if world.made_safe:
            raise error
        return block

    return LittleWorld(trouble=trouble)


@pytest.mark.parametrize(
    "error", [RigError("stalled-read", "daq", "no rows."), MemoryError(), IndexError("a bug")]
)
def test_a_look_that_fails_sends_the_tip_to_the_top(error: Exception):
    """Also by an error of the program: the record is closed and the end is said as ever."""
    scan = a_scan(1, fails_in_the_look(error))
    scan.go(once(Landed, urgent(scan)))
    assert scan.error is None
    assert scan.world.made_safe == [True, True]
    assert scan.world.position["z"] == scan.world.info.axes["z"].travel.upper
    assert "could not be checked" in scan.of(Note)[-1].text
    assert scan.memory.closed == ["stopped"]
    assert scan.end.reason == "Stopped: emergency retract."


def test_whoever_interrupts_the_look_finds_the_tip_at_the_top_and_the_record_closed():
    scan = a_scan(1, fails_in_the_look(KeyboardInterrupt()))
    told: list[SafeReport] = []
    scan.runner.on_lifted(told.append)
    scan.go(once(Landed, urgent(scan)))
    assert isinstance(scan.error, KeyboardInterrupt)
    assert scan.world.position["z"] == scan.world.info.axes["z"].travel.upper
    assert scan.memory.closed == ["stopped"]
    assert scan.end.reason == "Stopped: emergency retract."
    assert [report.retracted for report in told] == [True]


def test_an_interruption_while_the_record_closes_lets_go_of_the_rig_all_the_same():
    scan = a_scan(1)

    def close(status: str) -> None:
        scan.memory.closed.append(status)
        raise KeyboardInterrupt

    scan.memory.close = close  # type: ignore[method-assign]
    scan.go()
    assert isinstance(scan.error, KeyboardInterrupt)
    assert scan.end.status == "complete"
    assert scan.world.closed == 1


def test_an_emergency_takes_the_place_of_a_halt_that_waits_and_nothing_takes_its_own():
    scan = a_scan(1)

    def both() -> None:
        scan.engine.ask(Request.HALT)
        scan.engine.ask(Request.EMERGENCY)
        for request in (Request.HALT, Request.STOP, Request.PAUSE, Request.RESUME):
            with pytest.raises(NotNow):
                scan.engine.ask(request)

    scan.go(once(Landed, both))
    assert scan.end.status == "stopped"
    assert not scan.world.wet
    with pytest.raises(NotNow):
        scan.engine.ask(Request.EMERGENCY)


def test_a_rig_that_is_silent_is_lifted_once_and_what_was_done_is_told():
    hanging, woken = threading.Event(), threading.Event()

    class Silent(LittleWorld):
        def read(self) -> Block:
            if self.touched:
                hanging.set()
                assert woken.wait(20.0)
                raise RigError("stalled-read", "daq", "no rows.")
            return super().read()

    world = Silent()
    scan = a_scan(1, world)
    told: list[SafeReport] = []

    def lifted(report: SafeReport) -> None:
        told.append(report)
        woken.set()

    scan.runner.on_lifted(lifted)
    runner = threading.Thread(target=scan.go)
    runner.start()
    assert hanging.wait(20.0)
    scan.runner.emergency(patience=0.01)
    runner.join(20.0)
    assert world.made_safe == [True, False]
    assert [report.retracted for report in told] == [True, True]
    site = scan.engine.newest
    assert site is not None
    assert world.position["z"] == pytest.approx(
        world.surface + clear_distance(site, world.info), abs=0.1 * UM
    )


@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq"])
def test_from_contact_twelve_micrometres_up_in_less_than_a_second(tmp_path: Path, rig: str):
    """At the 2 um/s of this plan they would take six seconds."""
    run = seccm.run(small_scan(1, 1, **SLOW), rig, path=tmp_path / "scan.h5", seed=1)
    blocks: list[Block] = []
    reports: list[SafeReport] = []
    run.watch(blocks.append)
    run.on_lifted(reports.append)
    inner = run._runner._rig
    read, late = inner.read, [-1]

    def noted() -> Block:
        block = read()
        if reports or late[0] >= 0:
            blocks.append(block)
        return block

    inner.read = noted  # type: ignore[method-assign]
    contact = 0.0
    for event in run:
        if isinstance(event, Landed):
            contact = event.landing.z_crossing
            run.emergency()
            late[0] = blocks[-1].stop
    [report] = reports
    assert report.drive_off
    assert report.height is not None
    assert report.height - contact >= 12 * UM - 0.05 * UM
    rows = np.concatenate([np.arange(b.start, b.stop) for b in blocks])
    heights = np.concatenate([b.data["z"] for b in blocks])
    there = rows[(rows >= late[0]) & (heights > contact + 12 * UM)][0]
    seconds = (there - late[0]) * run.info.clock.period
    assert seconds < 1.0


@pytest.mark.parametrize(("verb", "retract"), [("emergency", True), ("halt", False)])
def test_the_verbs_of_a_run_reach_a_silent_rig_however_they_are_asked_for(
    tmp_path: Path, verb: str, retract: bool
):
    run = run_of(tmp_path)
    done: list[bool] = []
    silent = threading.Event()

    def safe(why: str, **how: object) -> SafeReport:
        done.append(bool(how.get("retract", True)))
        silent.set()
        return SafeReport(True, True, True, why)

    run._runner._rig.safe = safe  # type: ignore[method-assign, assignment]
    run.ask(verb)
    assert silent.wait(60.0), "the engine is never fed: nothing else can do it"
    assert done == [retract]
    run.close()


def run_of(tmp_path: Path, *faults: str) -> Run:
    return seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5", seed=1, faults=faults)


# The start of a run: nobody knows where the tip was left.


def test_a_run_that_begins_with_the_meniscus_in_contact_lifts_before_it_travels():
    world = LittleWorld(start_z=50 * UM, wet=True, touched=[0])
    scan = a_scan(2, world).go()
    assert scan.end.status == "complete"
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2
    said = scan.of(Note)[0].text
    assert "still in contact" in said
    assert "higher" in said


def test_a_killed_program_s_tip_is_not_dragged_by_the_next_run(tmp_path: Path):
    """The outputs held where `kill -9` left them: in contact. The truth is the simulator's."""
    rig = tmp_path / "left.toml"
    rig.write_text('kind = "virtual"\n[stage]\nstart_z = "51.3 um"\n')
    run = seccm.run(small_scan(1, 1), rig, path=tmp_path / "scan.h5", seed=1)
    virtual = run._runner._rig
    apply, dragged, wet = virtual.apply, [], [False]

    def watched(action: Action) -> None:
        bridge = virtual._world.bridge is not None  # type: ignore[attr-defined]
        wet[0] |= bridge
        if isinstance(action, Move) and action.axis != "z" and bridge:
            dragged.append(action)
        apply(action)

    virtual.apply = watched  # type: ignore[method-assign]
    notes = [event.text for event in run if isinstance(event, Note)]
    assert wet[0], "it began in contact"
    assert dragged == []
    assert "still in contact" in notes[0]
    assert list(run.kept.values()) == [1]


def test_a_circuit_that_is_closed_even_at_the_top_ends_the_run_before_it_travels(tmp_path: Path):
    run = run_of(tmp_path, "wet-at-start")
    with pytest.raises(RigError, match="did not travel") as failed:
        for _ in run:
            pass
    assert failed.value.code == "circuit-closed"
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.remaining() == (0,), "the site was not visited: it may be resumed"
