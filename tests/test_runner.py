"""The runner: whatever happens, the rig is made safe, the record closed and the end told once."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from little_world import CLOCK, OFF, LittleWorld, Scan, a_scan, a_site

from seccm.errors import DriverError, LimitError, NotNow, RigError
from seccm.events import (
    Approaching,
    Event,
    Fault,
    Landed,
    Note,
    Outcome,
    Paused,
    Resumed,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.hopping.engine import Request
from seccm.plan.site import Site
from seccm.rig import Action, Block, Drive, Freeze, Move, SafeReport

GONE = RigError("unplugged", "stage", "no answer.")


def landed(world: LittleWorld) -> bool:
    return bool(world.touched)


def descending(world: LittleWorld) -> bool:
    return any(isinstance(a, Move) and a.until is not None for a in world.story)


def raising(
    error: BaseException, when: Callable[[LittleWorld], bool] = lambda world: True
) -> Callable[[LittleWorld, object], Block]:
    def trouble(world: LittleWorld, thing: object) -> Block:
        if when(world):
            raise error
        return thing  # type: ignore[return-value]

    return trouble


def closed_properly(scan: Scan) -> None:
    """Every site that was begun was finished once, and the record tells what was heard."""
    started = [e.site for e in scan.of(SiteStarted)]
    assert [e.site for e in scan.of(SiteFinished)] == started
    assert scan.memory.events[-1] == scan.end
    assert scan.memory.events == [e for e in scan.heard if not isinstance(e, SiteAnalysed)]
    assert scan.memory.closed == [scan.end.status]


def test_an_ordinary_run_ends_safe_and_closed():
    scan = a_scan(2).go()
    closed_properly(scan)
    assert scan.error is None
    assert scan.world.made_safe == [True]
    assert scan.world.started == 1
    assert scan.of(Note) == []


def test_every_row_is_recorded_before_what_was_made_of_it():
    scan = a_scan(1)
    rows: list[int] = []
    scan.go(lambda e: rows.append(scan.memory.blocks[-1].stop) if hasattr(e, "row") else None)
    assert all(e.row <= row for e, row in zip(scan.heard, rows, strict=True))
    starts = [b.start for b in scan.memory.blocks]
    assert starts[1:] == [b.stop for b in scan.memory.blocks[:-1]]


@pytest.mark.parametrize("error", [GONE, DriverError("status", "ao", "error -200279.")])
@pytest.mark.parametrize("when", [lambda w: True, descending, landed])
def test_a_rig_that_fails_while_it_is_read_ends_the_run_with_its_reason(error, when):
    scan = a_scan(2, LittleWorld(trouble=raising(error, when))).go()
    assert scan.error is error
    assert scan.end.status == "fault"
    assert scan.end.reason == str(error)
    assert [f.code for f in scan.of(Fault)] == [error.code]
    assert all(e.outcome is Outcome.FAULT for e in scan.of(SiteFinished))
    assert scan.world.made_safe == [True]
    closed_properly(scan)


@pytest.mark.parametrize("kind", [Move, Drive, Freeze])
def test_a_rig_that_refuses_an_action_ends_the_run(kind):
    def refuses(world: LittleWorld, action: Action) -> None:
        if isinstance(action, kind):
            raise LimitError("range", "rig", "out of range. Nothing moved.")

    scan = a_scan(2, LittleWorld(refuses=refuses)).go()
    assert isinstance(scan.error, LimitError)
    assert scan.end.status == "fault"
    assert not any(isinstance(item, kind) for item in scan.world.story)
    closed_properly(scan)


def test_a_rig_that_does_not_start_is_made_safe_and_closed():
    @dataclass
    class Dead(LittleWorld):
        def start(self, *, raw: bool = False) -> None:
            raise GONE

    scan = a_scan(2, Dead()).go()
    assert scan.error is GONE
    assert scan.of(SiteStarted) == []
    assert scan.world.made_safe == [True]
    closed_properly(scan)


def test_an_error_of_the_program_is_told_as_one_and_raised_as_it_was():
    def planner() -> Iterator[Site]:
        yield a_site(0)
        raise ZeroDivisionError("the planner divides by zero")

    scan = a_scan(planner()).go()
    assert isinstance(scan.error, ZeroDivisionError)
    assert "the planner divides by zero" in scan.end.reason
    assert [f.code for f in scan.of(Fault)] == ["internal"]
    assert scan.world.made_safe == [True]
    closed_properly(scan)


@pytest.mark.parametrize("blocks", [0, 1, 7])
def test_a_record_that_is_full_ends_the_run(blocks):
    scan = a_scan(1, fails_after=blocks).go()
    assert isinstance(scan.error, RigError)
    assert scan.error.code == "store-overflow"
    assert scan.end.status == "fault"
    assert scan.world.made_safe == [True]
    assert scan.memory.closed == ["fault"]
    assert [e.site for e in scan.of(SiteFinished)] == [e.site for e in scan.of(SiteStarted)]


def test_nothing_descends_while_the_record_is_not_safe():
    scan = a_scan(1, barrier_fails=True).go()
    assert scan.end.status == "fault"
    assert len(scan.of(Approaching)) == 1
    assert not descending(scan.world)
    closed_properly(scan)


def test_nothing_is_measured_while_the_landing_is_not_safely_recorded():
    scan = a_scan(1)
    scan.world.trouble = lambda world, block: (
        setattr(scan.memory, "barrier_fails", landed(world)),
        block,
    )[1]
    scan.go()
    assert len(scan.of(Landed)) == 1
    story = scan.world.story
    assert not any(isinstance(a, Drive) for a in story[story.index(scan.of(Landed)[0]) :])
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.FAULT]
    closed_properly(scan)


def test_a_record_that_cannot_be_closed_is_an_error_of_a_run_that_went_well():
    scan = a_scan(1, close_fails=True).go()
    assert isinstance(scan.error, RigError)
    assert scan.error.code == "disk-full"
    assert scan.end.status == "complete"
    assert scan.world.closed == 1


def test_the_first_failure_is_the_one_that_is_raised():
    scan = a_scan(1, LittleWorld(trouble=raising(GONE)), close_fails=True).go()
    assert scan.error is GONE
    assert scan.world.closed == 1


@pytest.mark.parametrize("when", [lambda w: True, descending, landed])
def test_an_interrupt_retracts_closes_and_is_passed_on(when):
    interrupt = KeyboardInterrupt()
    scan = a_scan(2, LittleWorld(trouble=raising(interrupt, when))).go()
    assert scan.error is interrupt
    assert scan.end.status == "stopped"
    assert all(e.outcome is Outcome.ABORTED for e in scan.of(SiteFinished))
    assert scan.world.made_safe == [True]
    closed_properly(scan)


@pytest.mark.parametrize("kind", [SiteStarted, Approaching, Landed])
def test_a_listener_that_goes_away_ends_the_run(kind):
    scan = a_scan(2)
    events = scan.runner.run()
    for event in events:
        if isinstance(event, kind):
            break
    events.close()
    assert scan.world.made_safe == [True]
    assert scan.world.closed == 1
    assert scan.memory.closed == ["stopped"]
    finished = [e for e in scan.memory.events if isinstance(e, SiteFinished)]
    assert [e.outcome for e in finished] == [Outcome.ABORTED]
    assert isinstance(scan.memory.events[-1], RunStopped)


def test_a_listener_that_fails_keeps_its_own_error():
    def fails(event: Event) -> None:
        if isinstance(event, Landed):
            raise ValueError("the listener's own")

    scan = a_scan(2)
    with pytest.raises(ValueError, match="the listener's own"):
        list(map(fails, scan.runner.run()))
    assert scan.world.made_safe == [True]
    assert scan.memory.closed == ["stopped"]


def test_a_record_that_cannot_be_closed_is_told_even_to_a_listener_who_goes_away():
    scan = a_scan(2, close_fails=True)
    events = scan.runner.run()
    next(events)
    with pytest.raises(RigError, match="no room"):
        events.close()
    assert scan.world.closed == 1


def test_a_rig_that_fails_to_freeze_at_a_halt_still_closes_the_site_and_the_run():
    def refuses(world: LittleWorld, action: Action) -> None:
        if isinstance(action, Freeze) and action.why.startswith("Halted"):
            raise GONE

    scan = a_scan(2, LittleWorld(refuses=refuses))
    scan.go(lambda e: scan.engine.ask(Request.HALT) if isinstance(e, Approaching) else None)
    assert scan.error is GONE
    assert scan.end.status == "fault"
    assert scan.world.made_safe == [False]
    closed_properly(scan)


def test_after_a_halt_was_asked_for_a_failing_rig_is_not_retracted():
    def gone_after_halt(world: LittleWorld, block: Block) -> Block:
        if scan.engine.halted:
            raise GONE
        return block

    scan = a_scan(2, LittleWorld(trouble=gone_after_halt))
    scan.go(lambda e: scan.engine.ask(Request.HALT) if isinstance(e, Landed) else None)
    assert scan.error is GONE
    assert scan.world.made_safe == [False]
    closed_properly(scan)


@dataclass
class Silent(LittleWorld):
    """A rig whose read hangs during the descent until somebody makes it safe."""

    hanging: threading.Event = field(default_factory=threading.Event)
    woken: threading.Event = field(default_factory=threading.Event)

    def read(self) -> Block:
        if descending(self):
            self.hanging.set()
            assert self.woken.wait(10.0)
            raise RigError("stalled-read", "daq", "no rows.")
        return super().read()

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        report = super().safe(why, retract=retract, by=by)
        self.woken.set()
        return report


def test_a_halt_reaches_a_rig_whose_stream_is_silent():
    world = Silent()
    scan = a_scan(2, world)
    runner = threading.Thread(target=scan.go)
    runner.start()
    assert world.hanging.wait(10.0)
    scan.runner.halt(patience=0.01)
    runner.join(10.0)
    assert not runner.is_alive()
    assert world.made_safe == [False, False]
    assert scan.end.status == "fault"
    assert world.closed == 1


def test_a_halt_that_is_heard_in_time_makes_the_rig_safe_once():
    scan = a_scan(2)
    scan.go(lambda e: scan.runner.halt(patience=60.0) if isinstance(e, Landed) else None)
    assert scan.end.status == "halted"
    assert scan.world.made_safe == [False]
    closed_properly(scan)
    with pytest.raises(NotNow):
        scan.runner.halt()


def test_what_making_safe_did_not_achieve_is_told():
    @dataclass
    class Loose(LittleWorld):
        def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
            super().safe(why, retract=retract, by=by)
            return SafeReport(True, False, True, "The drive did not answer.")

    scan = a_scan(1, Loose()).go()
    assert [note.text for note in scan.of(Note)] == ["The drive did not answer."]
    assert isinstance(scan.heard[-2], Note)
    closed_properly(scan)


def test_a_run_that_ends_well_and_whose_tip_does_not_come_up_says_so():
    """Nothing else would tell the operator that the tip is not at the top."""
    scan = a_scan(1)

    def sticks(event: Event) -> None:
        if isinstance(event, SiteFinished):
            scan.world.unplugged = True

    scan.go(sticks)
    assert scan.end.status == "complete"
    assert scan.world.made_safe == [True]
    assert [note.text for note in scan.of(Note)] == ["Safe: end of the run."]


def test_analyses_are_passed_on_as_they_come_and_the_last_ones_before_the_end():
    scan = a_scan(2)

    def analyse(event: Event) -> None:
        if isinstance(event, SiteFinished):
            scan.memory.finds.append(SiteAnalysed(event.site, {}, ""))

    scan.go(analyse)
    assert [e.site for e in scan.of(SiteAnalysed)] == [0, 1]
    assert isinstance(scan.heard[-2], SiteAnalysed)
    closed_properly(scan)


def test_a_run_that_never_began_lets_go_of_the_rig_even_if_its_record_cannot_be_closed():
    scan = a_scan(1, close_fails=True)
    with pytest.raises(RigError, match="no room"):
        scan.runner.close()
    assert scan.world.closed == 1


def test_a_run_that_never_began_lets_go_of_everything_and_moves_nothing():
    scan = a_scan(1)
    scan.runner.close()
    scan.runner.close()
    assert scan.world.closed == 1
    assert scan.memory.closed == ["stopped"]
    assert scan.world.story == []
    assert scan.world.drive == OFF


def test_a_pause_takes_its_real_time_however_fast_the_rig_is():
    """A virtual rig as fast as the machine would fill the disk with the rows of a pause."""
    clock = [0.0]
    scan = a_scan(2)

    def rest(seconds: float) -> None:
        clock[0] += seconds
        if clock[0] > 60.0:
            scan.engine.ask(Request.RESUME)

    scan.runner._now, scan.runner._rest = lambda: clock[0], rest

    def pause(event: Event) -> None:
        if isinstance(event, SiteStarted) and event.site == 0:
            scan.engine.ask(Request.PAUSE)

    scan.go(pause)
    (paused,), (resumed,) = scan.of(Paused), scan.of(Resumed)
    waited = (resumed.row - paused.row) * CLOCK.period
    assert waited == pytest.approx(60.0, abs=2 * LittleWorld().longest * CLOCK.period)
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2


@pytest.mark.parametrize("request_", [Request.HALT, Request.STOP, Request.EMERGENCY])
def test_a_run_that_is_interrupted_after_a_halt_was_halted(request_: Request) -> None:
    """Its tip is held where it was: nobody is to believe that it went up."""
    engine = a_scan(1).engine
    for asked in (Request.START, request_):
        engine.ask(asked)
    (stopped,) = engine.abandon("stopped", "Interrupted.")
    assert isinstance(stopped, RunStopped)
    assert stopped.status == ("halted" if request_ is Request.HALT else "stopped")
    assert stopped.reason.endswith("Interrupted.")
