"""The engine: what a request does in every state of a run, and what comes after each site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from little_world import OFF, LittleWorld, Scan, a_block, a_scan, a_segment, a_site

from seccm.errors import NotNow, RigError, StreamError
from seccm.events import (
    Approaching,
    Event,
    Fault,
    Landed,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStopped,
    SiteFinished,
    SiteStarted,
)
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine
from seccm.hopping.life import Request, State
from seccm.hopping.suspension import Suspension
from seccm.plan.site import Site
from seccm.rig import Block, Flag, Freeze, Move
from seccm.rig.suspend import Suspend

TABLE = {
    "idle": {"start": "running", "stop": "done", "halt": "done", "emergency": "done"},
    "running": {
        "pause": "pausing",
        "skip": "running",
        "stop": "stopping",
        "halt": "done",
        "emergency": "done",
    },
    "pausing": {
        "resume": "running",
        "skip": "pausing",
        "stop": "stopping",
        "halt": "done",
        "emergency": "done",
    },
    "paused": {"resume": "running", "stop": "done", "halt": "done", "emergency": "done"},
    "suspended": {
        "resume": "running",
        "pause": "pausing",
        "stop": "done",
        "halt": "done",
        "emergency": "done",
    },
    "stopping": {"halt": "done", "emergency": "done"},
    "done": {},
    "fault": {},
}
"""What the design says of the verbs of a run."""


@dataclass
class ByHand:
    """An engine fed from a world without a runner in between."""

    engine: Engine
    world: LittleWorld

    def turn(self) -> list[Event]:
        """One block in, its actions applied, its events out."""
        events: list[Event] = []
        for item in self.engine.feed(self.world.read()):
            if isinstance(item, Event):
                events.append(item)
            else:
                self.world.apply(item)
        return events

    def until(self, happened: Callable[[], bool]) -> None:
        for _ in range(2000):
            if happened():
                return
            self.turn()
        raise AssertionError("it never happened")


def by_hand(sites: int = 2, suspension: Suspension | None = None, **world: object) -> ByHand:
    rig = LittleWorld(**world)
    engine = Engine(
        [a_site(k) for k in range(sites)],
        rig.info,
        title="t",
        total=sites,
        budget=Budget(),
        suspension=suspension,
    )
    return ByHand(engine, rig)


def brought_to(state: str) -> ByHand:
    """A run in the state asked for, in the middle of its first site where there is one."""
    low = Suspend("E", "potential", "potential", "V", "below", 1e3, 1e3, 0.0, 1.0)
    run = by_hand(suspension=Suspension([low]) if state == "suspended" else None)
    if state == "idle":
        return run
    run.engine.ask(Request.START)
    if state == "suspended":
        run.until(lambda: run.engine.status.state is State.SUSPENDED)
        return run
    run.until(lambda: run.engine.status.phase is Phase.STEP)
    match state:
        case "pausing":
            run.engine.ask(Request.PAUSE)
        case "paused":
            run.engine.ask(Request.PAUSE)
            run.until(lambda: run.engine.status.state is State.PAUSED)
        case "stopping":
            run.engine.ask(Request.STOP)
        case "done":
            run.engine.ask(Request.HALT)
            run.turn()
        case "fault":
            run.engine.fail(RigError("gone", "rig", "it is gone."))
    return run


@pytest.mark.parametrize("request_", list(Request))
@pytest.mark.parametrize("state", TABLE)
def test_every_request_in_every_state_does_what_the_table_says_or_nothing(state, request_):
    run = brought_to(state)
    before = run.engine.status
    assert before.state == state
    expected = TABLE[state].get(request_)
    if expected is None:
        with pytest.raises(NotNow) as refused:
            run.engine.ask(request_)
        assert run.engine.status == before
        assert f"Cannot {request_} while {state}" in str(refused.value)
        assert all(allowed in str(refused.value) for allowed in TABLE[state])
    else:
        run.engine.ask(request_)
        assert run.engine.status == replace(before, state=State(expected))


def test_the_table_covers_all_states():
    assert set(TABLE) == set(State)


def asking(request: Request, when: Callable[[Event], bool], scan: Scan) -> Callable[[Event], None]:
    """A listener that asks for something once, at the first event of that kind."""
    left = [request]

    def listen(event: Event) -> None:
        if left and when(event):
            scan.engine.ask(left.pop())

    return listen


def begins(phase: Phase, site: int = 0) -> Callable[[Event], bool]:
    return lambda e: isinstance(e, PhaseBegan) and e.phase is phase and e.site == site


def outcomes(scan: Scan) -> list[tuple[int, Outcome]]:
    return [(e.site, e.outcome) for e in scan.of(SiteFinished)]


def z_at(scan: Scan, row: int) -> float:
    return float(scan.column("z")[row - 1])


def test_a_run_without_requests_visits_every_site_and_says_so():
    scan = a_scan(3).go()
    assert isinstance(scan.heard[0], RunStarted)
    assert scan.heard[0].virtual
    assert outcomes(scan) == [(k, Outcome.OK) for k in range(3)]
    assert scan.end.status == "complete"


def test_no_time_is_lost_between_two_sites():
    scan = a_scan(2).go()
    assert scan.of(SiteStarted)[1].row == scan.of(SiteFinished)[0].row + 1


def paused_scan(sites: int, at: Phase) -> tuple[Scan, list[int]]:
    """A scan that is paused in a phase of its first site, and resumed five blocks later."""
    scan = a_scan(sites)
    waited: list[int] = []

    def wait(world: LittleWorld, block: Block) -> Block:
        if scan.engine.status.state is State.PAUSED:
            waited.append(block.rows)
            if len(waited) == 5:
                scan.engine.ask(Request.RESUME)
        return block

    scan.world.trouble = wait
    scan.go(asking(Request.PAUSE, begins(at), scan))
    return scan, waited


@pytest.mark.parametrize("at", [Phase.TRAVEL, Phase.APPROACH, Phase.STEP, Phase.RETRACT])
def test_a_pause_lets_the_site_finish_and_waits_with_the_tip_up_and_rows_flowing(at):
    scan, waited = paused_scan(2, at)
    (paused,), (resumed,) = scan.of(Paused), scan.of(Resumed)
    assert str(paused) == "Paused by operator."
    assert outcomes(scan) == [(0, Outcome.OK), (1, Outcome.OK)]
    order = [e for e in scan.heard if isinstance(e, SiteFinished | SiteStarted | Paused | Resumed)]
    assert [type(e) for e in order[1:5]] == [SiteFinished, Paused, Resumed, SiteStarted]
    assert len(waited) == 5
    assert resumed.row - paused.row == sum(waited)
    resting = slice(paused.row, resumed.row)
    assert scan.column("z")[resting] == pytest.approx(58e-6, abs=50e-9)
    between = scan.world.story[scan.world.story.index(paused) : scan.world.story.index(resumed)]
    assert not any(isinstance(item, Move | Freeze) for item in between)


def test_the_rows_of_a_pause_take_their_time_and_no_others_do():
    """A simulated rig, as fast as it likes, would fill the disk with them.

    But for the block in which somebody has resumed the run.
    """
    scan, waited = paused_scan(2, Phase.STEP)
    period = scan.world.info.clock.period
    assert abs(scan.watch.now - sum(waited) * period) <= max(waited) * period < 2.0
    assert a_scan(2).go().watch.now == 0.0


def test_the_rows_of_a_pause_are_not_called_a_retraction():
    scan, _ = paused_scan(2, Phase.STEP)
    at = scan.heard.index(scan.of(Paused)[0])
    assert isinstance(scan.heard[at + 1], PhaseBegan)
    assert scan.heard[at + 1].phase is Phase.IDLE


def test_a_pause_taken_back_in_time_does_not_stop_the_run():
    scan = a_scan(2)
    take_back = asking(Request.RESUME, begins(Phase.STEP), scan)
    pause = asking(Request.PAUSE, begins(Phase.APPROACH), scan)
    scan.go(lambda e: (pause(e), take_back(e), None)[-1])
    assert scan.of(Paused) == scan.of(Resumed) == []
    assert len(outcomes(scan)) == 2


LEAVING = [Phase.TRAVEL, Phase.SETTLE, Phase.APPROACH, Phase.STEP]


@pytest.mark.parametrize("at", LEAVING)
def test_a_skip_acts_with_the_next_block_retracts_and_goes_on(at):
    scan = a_scan(2)
    scan.world.longest = 30
    scan.go(asking(Request.SKIP, begins(at), scan))
    assert outcomes(scan) == [(0, Outcome.SKIPPED), (1, Outcome.OK)]
    assert z_at(scan, scan.of(SiteFinished)[0].row) >= 54e-6 - 1e-12
    asked = next(i for i, b in enumerate(scan.memory.blocks) if b.stop >= told(scan, at))
    left = next(e.row for e in scan.of(PhaseBegan) if e.phase is Phase.RETRACT)
    assert left == scan.memory.blocks[asked + 1].stop


def told(scan: Scan, phase: Phase) -> int:
    """The row that had come when the beginning of a phase was told; a step's is dated back."""
    if phase is Phase.STEP:
        return scan.of(Landed)[0].row  # type: ignore[no-any-return]
    return next(e.row for e in scan.of(PhaseBegan) if e.phase is phase)


@pytest.mark.parametrize("at", LEAVING)
def test_a_stop_gives_the_site_up_retracts_and_ends_the_run(at):
    scan = a_scan(3)
    scan.go(asking(Request.STOP, begins(at), scan))
    assert outcomes(scan) == [(0, Outcome.ABORTED)]
    assert scan.end.status == "stopped"
    assert scan.end.reason == "Stopped: asked by the operator."
    assert z_at(scan, scan.of(SiteFinished)[0].row) >= 54e-6 - 1e-12
    assert scan.world.made_safe == [True]


@pytest.mark.parametrize(
    ("at", "outcome"), [(Phase.TRAVEL, Outcome.ABORTED), (Phase.SETTLE, Outcome.ABORTED),
                        (Phase.APPROACH, Outcome.FAULT), (Phase.STEP, Outcome.FAULT)]
)  # fmt: skip
def test_a_rig_that_fails_on_the_way_to_a_site_leaves_the_site_untouched(at, outcome):
    """Aborted without an approach is what a resumed run visits again; a touched site has failed."""
    scan = a_scan(2)

    def fails(world: LittleWorld, block: Block) -> Block:
        if any(begins(at)(event) for event in scan.heard):
            raise RigError("gone", "rig", "it is gone.")
        return block

    scan.world.trouble = fails
    scan.world.longest = 10
    scan.go()
    assert outcomes(scan) == [(0, outcome)]
    assert scan.end.status == "fault"
    assert bool(scan.of(Approaching)) == (outcome is Outcome.FAULT)
    assert dict(scan.engine.status.counts) == {outcome: 1}
    assert scan.of(Fault)[0].site == 0


@pytest.mark.parametrize("at", [Phase.TRAVEL, Phase.SETTLE])
def test_a_stop_or_a_halt_on_the_way_to_a_site_ends_it_once_and_untouched(at):
    for request in (Request.STOP, Request.HALT):
        scan = a_scan(3)
        scan.go(asking(request, begins(at, 1), scan))
        assert outcomes(scan) == [(0, Outcome.OK), (1, Outcome.ABORTED)]
        assert [e.site for e in scan.of(SiteStarted)] == [0, 1]
        assert [e.site for e in scan.of(Approaching)] == [0]


@pytest.mark.parametrize(
    ("request_", "sites", "status"), [(Request.SKIP, 2, "complete"), (Request.STOP, 1, "stopped")]
)
def test_a_retraction_is_never_broken_off_and_its_site_keeps_its_result(request_, sites, status):
    scan = a_scan(2)
    scan.go(asking(request_, begins(Phase.RETRACT), scan))
    assert outcomes(scan) == [(k, Outcome.OK) for k in range(sites)]
    assert z_at(scan, scan.of(SiteFinished)[0].row) == pytest.approx(58e-6, abs=50e-9)
    assert scan.end.status == status


@pytest.mark.parametrize(
    ("request_", "outcome"), [(Request.SKIP, Outcome.SKIPPED), (Request.STOP, Outcome.ABORTED)]
)
def test_a_request_during_the_retraction_between_two_attempts_is_not_forgotten(request_, outcome):
    scan = a_scan([a_site(then="retry", retries=2)], LittleWorld(surface=-1.0))
    scan.go(asking(request_, begins(Phase.RETRACT), scan))
    assert [e.attempt for e in scan.of(Approaching)] == [0]
    assert outcomes(scan) == [(0, outcome)]


@pytest.mark.parametrize("at", [*LEAVING, Phase.RETRACT])
def test_a_halt_freezes_switches_off_and_touches_nothing_else(at):
    scan = a_scan(2)
    where: list[float] = []

    def halt(event: Event) -> None:
        if begins(at)(event):
            scan.engine.ask(Request.HALT, "smoke")
            where.append(scan.world.row)

    scan.go(halt)
    assert outcomes(scan) == [(0, Outcome.ABORTED)]
    assert scan.end.status == "halted"
    assert scan.end.reason == "Halted: smoke."
    actions = scan.world.story[[isinstance(i, Freeze) for i in scan.world.story].index(True) :]
    last_block = scan.memory.blocks[-1]
    assert last_block.start == where[0]
    assert actions[-4:-2] == [Freeze("Halted: smoke."), OFF]
    assert scan.world.made_safe == [False]
    assert scan.world.position["z"] == last_block.data["z"][-1]
    assert scan.error is None


def test_a_halt_while_paused_and_a_stop_while_paused_end_the_run():
    for request, status in ((Request.HALT, "halted"), (Request.STOP, "stopped")):
        scan = a_scan(3)
        pause = asking(Request.PAUSE, begins(Phase.STEP), scan)
        end = asking(request, lambda e: isinstance(e, Paused), scan)
        scan.go(lambda e, pause=pause, end=end: (pause(e), end(e), None)[-1])
        assert outcomes(scan) == [(0, Outcome.OK)]
        assert scan.end.status == status
        assert scan.engine.status.waiting == ""


@pytest.mark.parametrize(("request_", "status"), [("stop", "stopped"), ("halt", "halted")])
def test_a_run_stopped_before_it_began_moves_nothing(request_, status):
    scan = a_scan(2)
    scan.engine.ask(Request(request_))
    scan.go()
    assert scan.end.status == status
    assert not any(isinstance(item, Move) for item in scan.world.story)
    assert scan.error is None


def test_a_skip_between_two_sites_gives_up_neither():
    run = by_hand(2)
    run.engine.ask(Request.START)
    run.until(lambda: run.engine.status.finished == 1)
    assert run.engine.status.site is None
    run.engine.ask(Request.SKIP)
    run.until(lambda: run.engine.finished)
    assert run.engine.status.counts == {Outcome.OK: 2}


def test_too_many_failures_in_succession_pause_the_run_and_say_why():
    scan = a_scan(6, LittleWorld(surface=-1.0), budget=Budget(consecutive=2, total=100))
    scan.go(
        lambda e: scan.engine.ask(Request.RESUME) if isinstance(e, Paused) else None,
    )
    # A pause after the last site would wait for ever for nothing.
    assert len(scan.of(Paused)) == 2
    assert "2 sites in succession" in scan.of(Paused)[0].why
    assert "no surface known yet" in scan.of(Paused)[0].why
    assert outcomes(scan) == [(k, Outcome.NO_CONTACT) for k in range(6)]
    assert scan.end.status == "complete"


def test_successes_in_between_do_not_excuse_too_many_failures_in_all():
    scan = a_scan(8, budget=Budget(consecutive=2, total=3))

    def listen(event: Event) -> None:
        if isinstance(event, SiteStarted):
            scan.world.surface = -1.0 if event.site % 2 else 50e-6
        elif isinstance(event, Paused):
            scan.engine.ask(Request.RESUME)

    scan.go(listen)
    (paused,) = scan.of(Paused)
    assert str(paused) == f"Paused: {paused.why}"
    before = [e for e in scan.heard[: scan.heard.index(paused)] if isinstance(e, SiteFinished)]
    assert [e.site for e in before] == list(range(6))
    assert len(outcomes(scan)) == 8


def test_a_plan_that_says_stop_at_no_contact_stops():
    sites = [replace(a_site(k), no_contact=a_site(then="stop").no_contact) for k in range(3)]
    scan = a_scan(sites, LittleWorld(surface=-1.0)).go()
    assert outcomes(scan) == [(0, Outcome.NO_CONTACT)]
    assert scan.end.status == "stopped"
    assert "no contact" in scan.end.reason


def test_a_planner_that_thinks_as_it_goes_has_heard_of_the_last_site_and_may_look_at_the_status():
    known: list[tuple[int, int, State]] = []

    def planner() -> Iterator[Site]:
        for number in range(3):
            heard = sum(isinstance(e, SiteFinished) for e in scan.heard)
            status = scan.engine.status
            known.append((heard, status.finished, status.state))
            yield a_site(number)

    scan = a_scan(planner())
    scan.go()
    assert known == [(k, k, State.RUNNING) for k in range(3)]
    assert len(outcomes(scan)) == 3


@pytest.mark.parametrize(
    ("request_", "visited"), [(Request.PAUSE, [0, 1]), (Request.STOP, [0]), (Request.HALT, [0])]
)
def test_requests_come_in_from_another_thread_while_the_planner_thinks(request_, visited):
    waited: list[bool] = []

    def planner() -> Iterator[Site]:
        yield a_site(0)
        asker = threading.Thread(target=scan.engine.ask, args=(request_,))
        asker.start()
        asker.join(5.0)
        waited.append(asker.is_alive())
        yield a_site(1)

    scan = a_scan(planner())
    scan.go(lambda e: scan.engine.ask(Request.RESUME) if isinstance(e, Paused) else None)
    assert waited == [False]
    assert [site for site, _ in outcomes(scan)] == visited
    assert len(scan.of(Paused)) == (request_ is Request.PAUSE)


def test_a_halt_gets_through_from_a_signal_handler_in_the_midst_of_the_engines_own_work():
    run = brought_to("pausing")
    done = threading.Event()

    def interrupted() -> None:
        with run.engine._lock:
            run.engine.ask(Request.HALT)
            run.engine._state = State.PAUSED  # what the interrupted work was about to write
        done.set()

    threading.Thread(target=interrupted, daemon=True).start()
    assert done.wait(5.0)
    (*_, last) = run.turn()
    assert isinstance(last, RunStopped)
    assert last.status == "halted"
    assert run.world.moves == {}


def test_the_status_follows_the_run():
    scan = a_scan([a_site(7, (a_segment(0), a_segment(1)))])
    seen: list[tuple[int | None, Phase, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, PhaseBegan):
            status = scan.engine.status
            seen.append((status.site, status.phase, status.step))
            assert status.row >= event.row

    scan.go(look)
    assert seen == [
        (7, Phase.TRAVEL, 0),
        (7, Phase.SETTLE, 0),
        (7, Phase.APPROACH, 0),
        (7, Phase.STEP, 0),
        (7, Phase.STEP, 1),
        (7, Phase.RETRACT, 0),
    ]
    end = scan.engine.status
    assert (end.site, end.phase, end.state) == (None, Phase.IDLE, State.DONE)
    assert end.counts == {Outcome.OK: 1}


def test_rows_that_do_not_follow_on_the_last_ones_are_a_failure_of_the_stream():
    for start, rows in ((11, 5), (9, 5), (10, 0)):
        run = by_hand()
        run.engine.feed(a_block(0, current=[0.0] * 10))
        with pytest.raises(StreamError, match="data points from 10 on were expected"):
            run.engine.feed(a_block(start, current=[0.0] * rows, potential=[0.0] * rows))


def test_a_stream_may_begin_at_any_row():
    run = by_hand()
    assert run.engine.feed(a_block(12345, current=[0.0] * 10)) == ()
    assert run.engine.status.row == 12355


def with_a_gap(when: Callable[[LittleWorld], bool], lost: int) -> Callable[..., Block]:
    """Lose rows once, and say so."""
    shift = [0]

    def trouble(world: LittleWorld, block: Block) -> Block:
        flags = block.flags.copy()
        if not shift[0] and when(world):
            shift[0] = lost
            flags[0] |= int(Flag.GAP)
        return replace(block, start=block.start + shift[0], flags=flags)

    return trouble


def test_a_gap_that_the_rig_owns_up_to_is_noted_and_the_run_goes_on():
    world = LittleWorld(longest=50, trouble=with_a_gap(lambda w: w.position["x"] > 2e-6, 17))
    scan = a_scan(1, world).go()
    (note,) = scan.of(Note)
    assert "17 before data point" in note.text
    assert (note.site, note.level) == (0, "warning")
    assert outcomes(scan) == [(0, Outcome.OK)]


def test_a_gap_during_a_step_is_noted_and_the_step_still_ends_in_time():
    world = LittleWorld(longest=10)
    world.trouble = with_a_gap(lambda w: bool(w.touched) and w.row > w.touched[0] + 30, 17)
    scan = a_scan(1, world).go()
    assert len(scan.of(Note)) == 1
    assert outcomes(scan) == [(0, Outcome.OK)]


def test_a_gap_during_the_approach_gives_the_site_up_and_lifts_the_tip():
    world = LittleWorld(longest=50, trouble=with_a_gap(lambda w: w.position["z"] < 53e-6, 17))
    scan = a_scan(2, world).go()
    assert outcomes(scan) == [(0, Outcome.FAULT), (1, Outcome.OK)]
    finished = scan.of(SiteFinished)[0]
    assert "data points are missing" in finished.reason
    assert scan.column("z")[finished.row - 18] >= 54e-6


def test_a_failed_rig_closes_the_site_and_the_run_exactly_once():
    run = brought_to("running")
    said = run.engine.fail(RigError("unplugged", "stage", "no answer.", "Look at the cable."))
    assert [type(e) for e in said] == [SiteFinished, Fault, RunStopped]
    assert said[0].outcome is Outcome.FAULT
    assert said[1].remedy == "Look at the cable."
    assert said[2].status == "fault"
    assert run.engine.fail(RigError("again", "stage", "no answer.")) == ()
    assert run.engine.abandon("stopped", "interrupted") == ()
    assert run.engine.finished


def test_after_the_end_rows_change_nothing():
    run = brought_to("done")
    assert run.turn() == []
    assert run.turn() == []
    assert np.ptp(run.world.read().data["z"]) == 0.0
