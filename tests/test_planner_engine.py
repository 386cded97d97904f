"""A planner that thinks: what the engine, the runner and who asks do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_world import OFF, LittleWorld, Memory, Scan, a_scan, a_site
from planned_runs import Scripted, carried_out, in_order, places, raising
from small_scan import small_scan

import seccm
from seccm.analysis.quality import Quality
from seccm.conductor.asking import THINKING, Asking
from seccm.conductor.scan import Runner
from seccm.errors import PlannerError, RigError
from seccm.events import (
    Approaching,
    Event,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Concluded, Engine, Thinking
from seccm.hopping.life import Request, State
from seccm.plan.decision import Decision
from seccm.plan.placing import Placing
from seccm.plan.planner import who_plans
from seccm.plan.site import Site
from seccm.rigs import build_rig, load_rig

PLAN = small_scan()


def thinking(blocks: Sequence[int]) -> Iterator[Site | Thinking]:
    """Sites, each after a planner has thought for as many blocks."""
    for number, count in enumerate(blocks):
        yield from [THINKING] * count
        yield a_site(number)


# ------------------------------------------------------------------- the engine


def test_the_rig_is_read_on_with_the_tip_up_and_the_cell_off() -> None:
    """On hardware: no row is missed, nothing moves, and each row is of no site."""
    scan = a_scan(thinking([5, 30, 0]))
    seen: list[tuple[Any, bool]] = []
    feed = scan.engine.feed

    def fed(block: Any) -> Any:
        if scan.engine.thinking:
            seen.append((scan.world.drive, bool(scan.world.moves)))
            assert scan.engine.status.thinking == THINKING.words
            assert scan.engine.status.site is None
            assert scan.engine.status.phase is Phase.IDLE
        return feed(block)

    scan.engine.feed = fed  # type: ignore[method-assign]
    scan.go()
    assert scan.end.status == "complete"
    assert len(seen) == 35
    assert all(seen == (OFF, False) for seen in seen)
    idle = [e for e in scan.of(PhaseBegan) if e.phase is Phase.IDLE]
    assert len(idle) == 2, "said once each time"


@settings(max_examples=60, deadline=None)
@given(
    blocks=st.lists(st.integers(0, 12), min_size=1, max_size=3),
    verb=st.sampled_from([r for r in Request if r is not Request.START]),
    turn=st.integers(0, 60),
)
def test_any_request_at_any_block_ends_safe_while_a_planner_thinks(
    blocks: list[int], verb: Request, turn: int
) -> None:
    """Tip up or held, cell off, nothing moving: `go` checks that of every run."""
    scan = a_scan(thinking(blocks))
    feed, turns = scan.engine.feed, iter(range(10_000))

    def fed(block: Any) -> Any:
        if next(turns) == turn:
            with suppress(seccm.NotNow):
                scan.engine.ask(verb)
        return feed(block)

    def resume(event: Event) -> None:
        if isinstance(event, Paused):
            scan.engine.ask(Request.RESUME)

    scan.engine.feed = fed  # type: ignore[method-assign]
    scan.go(resume)
    assert scan.error is None
    finished = [event.site for event in scan.of(SiteFinished)]
    if verb in (Request.PAUSE, Request.RESUME, Request.SKIP):
        assert finished == list(range(len(blocks))), "none is lost"
    assert len(scan.of(Paused)) == len(scan.of(Resumed))


def test_a_pause_while_it_thinks_waits_with_the_answer() -> None:
    scan = a_scan(thinking([8]))
    told: list[str] = []

    def on(event: Event) -> None:
        told.append(type(event).__name__)
        if isinstance(event, PhaseBegan) and event.phase is Phase.IDLE and len(told) < 4:
            scan.engine.ask(Request.PAUSE)
        if isinstance(event, Paused):
            assert scan.engine.status.thinking == ""
            scan.engine.ask(Request.RESUME)

    scan.go(on)
    assert told.index("Paused") < told.index("Resumed") < told.index("SiteStarted")
    assert scan.end.status == "complete"


def test_a_rig_that_fails_while_it_thinks_ends_the_run() -> None:
    scan = a_scan(thinking([3, 50]))
    read = scan.world.read

    def failing() -> Any:
        if scan.engine.thinking and scan.of(SiteFinished):
            raise RigError("unplugged", "card", "the card is gone.")
        return read()

    scan.world.read = failing  # type: ignore[method-assign]
    scan.go()
    assert isinstance(scan.error, RigError)
    assert scan.end.status == "fault"
    assert [event.outcome for event in scan.of(SiteFinished)] == [Outcome.OK]


class Failing:
    """Sites, but for the second: there it fails so many times before it has one."""

    def __init__(self, times: int) -> None:
        self._coming = iter([a_site(0), THINKING, *[None] * times, a_site(1)])

    def __iter__(self) -> Iterator[Site | Thinking]:
        return self

    def __next__(self) -> Site | Thinking:
        given = next(self._coming)
        if given is None:
            raise PlannerError("The planner failed: no idea.")
        return given


@pytest.mark.parametrize("times", [1, 3])
def test_a_planner_that_failed_pauses_the_run_with_its_words_and_is_asked_again(
    times: int,
) -> None:
    scan = a_scan(Failing(times))

    def resume(event: Event) -> None:
        if isinstance(event, Paused):
            assert event.why == "The planner failed: no idea."
            assert not event.by_operator
            assert not event.asks
            assert scan.engine.status.waiting == "Paused: The planner failed: no idea."
            scan.engine.ask(Request.RESUME)

    scan.go(resume)
    assert scan.error is None
    assert scan.end.status == "complete"
    assert len(scan.of(Paused)) == times
    assert [event.site for event in scan.of(SiteFinished)] == [0, 1]


@pytest.mark.parametrize("verb", [Request.STOP, Request.HALT, Request.EMERGENCY])
def test_a_run_that_paused_for_its_planner_can_be_ended(verb: Request) -> None:
    scan = a_scan(Failing(9))

    def end(event: Event) -> None:
        if isinstance(event, Paused):
            scan.engine.ask(verb)

    scan.go(end)
    assert scan.error is None
    assert scan.end.status == ("halted" if verb is Request.HALT else "stopped")
    assert [event.site for event in scan.of(SiteFinished)] == [0]


def test_a_planner_that_is_done_says_why_the_run_ends() -> None:
    scan = a_scan(iter([a_site(0), THINKING, Concluded("Certain enough.")])).go()
    assert (scan.end.status, scan.end.reason) == ("complete", "Certain enough.")
    assert scan.engine.status.state is State.DONE


def test_only_sites_beyond_those_of_the_file_are_told_as_added() -> None:
    recipe = PLAN.sites()[0].recipe
    sites = [replace(a_site(number), recipe=recipe) for number in range(3)]
    world = LittleWorld()
    engine = Engine(sites, world.info, title="t", total=None, known=2, budget=Budget())
    memory = Memory(story=world.story)
    scan = Scan(world, engine, memory, Runner(world, engine, memory)).go()
    assert [event.site for event in scan.of(SiteAdded)] == [2]
    order = [e.site for e in scan.heard if isinstance(e, SiteAdded | SiteStarted)]
    assert order == [0, 1, 2, 2]


# ------------------------------------------------------------------- who asks


def an_asking(planner: Scripted, known: Sequence[Site] = (), **options: Any) -> Asking:
    """Who asks a planner, without a file."""
    placing = Placing(PLAN, build_rig(load_rig("virtual"), PLAN.mounted).info, known)
    add: Callable[[Site], None] = options.pop("add", lambda site: None)
    return Asking(planner, known, placing.place, add, **options)


def answer_of(asking: Asking) -> Site | None:
    """The next site, None where there is none; waits for the planner."""
    given = next(asking)
    while isinstance(given, Thinking):
        assert asking.wait(60.0)
        given = next(asking)
    return None if isinstance(given, Concluded) else given


def finish(asking: Asking, site: int, outcome: Outcome, *, touched: bool = True) -> None:
    """Say that a site is over, but for its results."""
    if touched:
        asking.hear(Approaching(1, site, 0))
    asking.hear(SiteFinished(2, site, outcome, ""))


def test_results_that_do_not_come_stop_the_run_and_say_which() -> None:
    asking = an_asking(Scripted(in_order(PLAN, [-15.0, -16.0])), patience=0.01)
    site = answer_of(asking)
    assert site is not None
    finish(asking, site.number, Outcome.OK)
    with pytest.raises(PlannerError, match=r"results of site 0 .* within 0\.01 s"):
        answer_of(asking)
    asking.close()


def test_it_is_not_asked_before_the_results_are_there() -> None:
    planner = Scripted(in_order(PLAN, [-15.0, -16.0]))
    asking = an_asking(planner)
    answer_of(asking)
    finish(asking, 0, Outcome.OK)
    assert next(asking) is THINKING
    assert not asking.wait(0.0)
    assert planner.story == ["ask"]
    asking.hear(SiteAnalysed(0, {"Q": -1.0, "E_nuc": float("nan")}, "", {"E_nuc": 67}, {"Q": 0.1}))
    site = answer_of(asking)
    assert site is not None
    assert planner.story == ["ask", "tell 0", "ask"]
    assert planner.heard[0].result("Q") == seccm.Value(-1.0, 0.1)
    assert planner.heard[0].result("E_nuc").status is seccm.Status.NO_MINIMUM
    assert planner.heard[0].result("no such").status is seccm.Status.NOT_MEASURED
    asking.close()


@pytest.mark.parametrize("outcome", [o for o in Outcome if o > Outcome.RUNNING])
def test_every_way_in_which_a_site_ends_is_told(outcome: Outcome) -> None:
    planner = Scripted(in_order(PLAN, [-15.0, -16.0]))
    asking = an_asking(planner)
    answer_of(asking)
    finish(asking, 0, outcome)
    asking.hear(SiteAnalysed(0, {}, "", outcome=outcome))
    answer_of(asking)
    (heard,) = planner.heard
    assert (heard.outcome, heard.landing, heard.site.number) == (outcome, None, 0)
    asking.close()


def test_a_site_that_was_not_reached_is_not_waited_for() -> None:
    """It stays planned, and is visited when the run is resumed."""
    at = iter(places(PLAN))
    planner = Scripted(lambda _: PLAN.site(*next(at), {"j": -15.0}))
    asking = an_asking(planner, patience=0.01)
    answer_of(asking)
    finish(asking, 0, Outcome.ABORTED, touched=False)
    assert answer_of(asking) is not None
    assert planner.story == ["ask", "ask"]
    asking.close()


def test_a_site_that_was_left_half_measured_is_told_at_once_and_stays_so() -> None:
    """Of a suspended run at an electrode: no results come before the file is resumed."""
    planner = Scripted(in_order(PLAN, [-15.0, -16.0]))
    asking = an_asking(planner)
    answer_of(asking)
    asking.hear(Approaching(1, 0, 0))
    asking.hear(SiteFinished(2, 0, Outcome.ABORTED, "", goes_on=True))
    for _ in range(2):
        with pytest.raises(PlannerError, match=r"Site 0 is half measured.* resume its file"):
            next(asking)
    assert planner.story == ["ask"]
    asking.close()


def test_a_site_that_cannot_be_stored_is_not_visited() -> None:
    def full(site: Site) -> None:
        raise RigError("store-failed", "scan.h5", "the disk is full.")

    asking = an_asking(Scripted(in_order(PLAN, [-15.0])), add=full)
    with pytest.raises(PlannerError, match="the disk is full"):
        answer_of(asking)
    asking.close()


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow(Scripted):
    """A planner that hangs at its first question until it is let go."""

    def __init__(self, other: Site | Decision | None = None) -> None:
        super().__init__(in_order(PLAN, [-15.0, -16.0, -17.0]))
        self.begun, self.enough = threading.Event(), threading.Event()
        self._other = other

    def ask(self) -> Site | None:
        if not self.begun.is_set():
            self.begun.set()
            assert self.enough.wait(60.0)
        return super().ask()

    def instead(self) -> Site | Decision | None:
        return self._other


def hanging(planner: Slow, clock: Clock, **options: Any) -> Asking:
    """Who has asked a planner that has thought for longer than it may."""
    asking = an_asking(planner, thinking=30.0, now=clock, **options)
    assert next(asking) is THINKING
    assert planner.begun.wait(60.0)
    assert next(asking) is THINKING
    assert not asking.wait(0.0)
    clock.now += 31.0
    assert asking.wait(60.0), "nobody waits any longer"
    return asking


def test_a_planner_that_hangs_pauses_the_run_and_its_late_answer_counts_for_nothing() -> None:
    planner, clock, stored = Slow(), Clock(), list[Site]()
    asking = hanging(planner, clock, add=stored.append)
    with pytest.raises(PlannerError, match=r"not answered within 30 s.*Resume asks it again"):
        next(asking)
    assert next(asking) is THINKING, "asked again, of a planner that still hangs"
    planner.enough.set()
    site = answer_of(asking)
    assert site is not None
    assert [each.number for each in stored] == [0], "one answer of two was taken"
    asking.close()


def test_where_a_planner_has_another_site_to_offer_that_is_visited_meanwhile() -> None:
    planner, clock, stored = Slow(PLAN.site(*places(PLAN)[5], {"j": -20.0})), Clock(), list[Site]()
    asking = hanging(planner, clock, add=stored.append)
    other = next(asking)
    assert isinstance(other, Site)
    assert (other.number, other.levels) == (0, (-20.0,))
    assert other.decision is not None
    assert other.decision.reason == (
        "The planner has not answered within 30 s. This site is visited instead, as the plan says."
    )
    assert stored == [other]
    asking.close()
    planner.enough.set()


def test_it_may_say_instead_that_there_is_no_more() -> None:
    kept: list[Decision] = []
    planner, clock = Slow(Decision("9 sites are done.")), Clock()
    asking = hanging(planner, clock, conclude=kept.append)
    assert next(asking) == Concluded("9 sites are done.")
    assert [one.reason for one in kept] == ["9 sites are done."]
    asking.close()
    planner.enough.set()


def test_the_other_site_is_checked_like_any() -> None:
    planner, clock = Slow(PLAN.site("3 mm", "0 um", {"j": -20.0})), Clock()
    asking = hanging(planner, clock)
    with pytest.raises(PlannerError, match="beyond axis x"):
        next(asking)
    asking.close()
    planner.enough.set()


def test_what_it_could_not_take_in_is_told_again() -> None:
    planner = Scripted(in_order(PLAN, [-15.0, -16.0]))
    asking = an_asking(planner)
    answer_of(asking)
    finish(asking, 0, Outcome.OK)
    asking.hear(SiteAnalysed(0, {"Q": -1.0}, ""))
    whole = planner.tell
    planner.tell = raising(ValueError("not now"))  # type: ignore[method-assign]
    with pytest.raises(PlannerError, match=r"ValueError: not now\. Resume"):
        answer_of(asking)
    planner.tell = whole  # type: ignore[method-assign]
    assert answer_of(asking) is not None
    assert [heard.site.number for heard in planner.heard] == [0]
    asking.close()


def test_why_it_is_done_is_kept() -> None:
    kept: list[Decision] = []
    why = Decision("The interval is 4 mV wide.")
    asking = an_asking(Scripted(lambda _: why), conclude=kept.append)
    assert next(asking) is THINKING
    assert asking.wait(60.0)
    assert next(asking) == Concluded("The interval is 4 mV wide.")
    assert kept == [why]
    asking.close()


def test_what_it_says_after_the_end_is_not_stored() -> None:
    stored: list[Site] = []
    begun, enough = threading.Event(), threading.Event()

    def late(planner: Scripted) -> Site | None:
        begun.set()
        assert enough.wait(60.0)
        return PLAN.site(*places(PLAN)[0], {"j": -15.0})

    asking = an_asking(Scripted(late), add=stored.append)
    assert next(asking) is THINKING
    assert begun.wait(60.0)
    asking.close()
    enough.set()
    thread = asking._thread
    assert thread is not None
    thread.join(60.0)
    assert not thread.is_alive(), "its thread ends with it"
    assert stored == []


# ------------------------------------------------------------------- what the file says of ground


def test_a_site_on_used_ground_is_marked_when_it_is_measured(tmp_path: Path) -> None:
    plan = small_scan(sites={**PLAN.to_dict()["sites"], "allow_overlap": True})
    here = places(plan)[0]

    def twice(planner: Scripted) -> Site | None:
        return plan.site(*here, {"j": -15.0}) if len(planner.heard) < 2 else None

    path = tmp_path / "scan.h5"
    carried_out(path, Scripted(twice), plan)
    with seccm.open(path) as scan:
        live = scan.sites["quality"] & Quality.NEIGHBOUR_OVERLAP
    assert live.astype(bool).tolist() == [False, True]
    seccm.analyze(path)
    with seccm.open(path) as scan:
        assert (scan.sites["quality"] & Quality.NEIGHBOUR_OVERLAP).astype(bool).all()


def test_a_check_says_whom_the_sites_come_from() -> None:
    assert who_plans(PLAN) == ""
    assert '"script"' in who_plans(small_scan(planner={"kind": "script"}))
