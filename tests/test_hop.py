"""The hop: travel with the tip up, land once, record before acting, and always come up again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from little_world import CLOCK, INFO, OFF, LittleWorld, Scan, a_block, a_scan, a_site

from seccm.events import (
    Approaching,
    Event,
    Landed,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    SiteFinished,
    SiteStarted,
)
from seccm.hopping.engine import Request
from seccm.plan.contacts import current_rise, current_threshold, potential_drop
from seccm.plan.site import Hold, Lift, NoContact
from seccm.rig import Action, AxisRange, Block, Drive, Flag, Freeze, Move, Range

UP = 50e-9
"""Metres by which a height may differ: some rows of travel."""


def outcome(scan: Scan, number: int = 0) -> SiteFinished:
    return next(e for e in scan.of(SiteFinished) if e.site == number)  # type: ignore[no-any-return]


def z_at(scan: Scan, row: int) -> float:
    return float(scan.column("z")[row - 1])


def index(story: list[object], kind: type, start: int = 0) -> int:
    return next(i for i in range(start, len(story)) if isinstance(story[i], kind))


def test_a_site_is_visited_where_the_plan_says_and_the_tip_comes_up():
    scan = a_scan(3).go()
    assert scan.world.landings == [pytest.approx((11e-6 * k, 11e-6)) for k in (1, 2, 3)]
    for finished in scan.of(SiteFinished):
        assert finished.outcome is Outcome.OK
        assert z_at(scan, finished.row) == pytest.approx(58e-6, abs=UP)


def test_the_phases_of_a_hop_come_in_their_order():
    scan = a_scan(2).go()
    for site in (0, 1):
        phases = [e.phase for e in scan.of(PhaseBegan) if e.site == site]
        assert phases == [Phase.TRAVEL, Phase.SETTLE, Phase.APPROACH, Phase.STEP, Phase.RETRACT]
    rows = [e.row for e in scan.of(PhaseBegan)]
    assert rows == sorted(rows)


def test_the_way_to_a_site_is_straight_and_as_fast_as_the_plan_says():
    site = replace(a_site(), x=30e-6, y=40e-6)
    scan = a_scan([site]).go()
    x, y = scan.column("x"), scan.column("y")
    assert y == pytest.approx(x * 4 / 3, abs=60e-9)
    speed = np.hypot(np.diff(x), np.diff(y)) / CLOCK.period
    assert speed.max() == pytest.approx(20e-6, rel=1e-6)


def test_the_descent_begins_only_after_it_is_safely_recorded_that_it_will():
    scan = a_scan(3).go()
    story = scan.world.story
    at = 0
    for _ in range(3):
        at = index(story, Approaching, at)
        assert story[at + 1] == "barrier"
        down = next(i for i, a in enumerate(story) if i > at and isinstance(a, Move))
        assert story[down].until is not None
        assert not any(isinstance(a, Move) for a in story[at:down])
        at = down
    assert sum(isinstance(a, Move) and a.until is not None for a in story) == 3


def test_the_tip_is_stopped_before_anything_else_and_measures_only_after_the_landing_is_safe():
    story = a_scan(1).go().world.story
    down = next(i for i, a in enumerate(story) if isinstance(a, Move) and a.until is not None)
    freeze, landed = index(story, Freeze, down), index(story, Landed, down)
    barrier = story.index("barrier", landed)
    drive = index(story, Drive, down)
    assert down < freeze < landed < barrier < drive
    assert not any(isinstance(a, Drive | Move) for a in story[down + 1 : barrier])


def test_whoever_hears_of_a_pause_finds_everything_before_it_in_the_file():
    scan, safe = a_scan(2), []

    def listen(event: Event) -> None:
        if isinstance(event, SiteFinished):
            scan.engine.ask(Request.PAUSE)
        if isinstance(event, Paused):
            story = scan.world.story
            safe.append(story[story.index(event) + 1] == "barrier")
            scan.engine.ask(Request.RESUME if len(safe) == 1 else Request.STOP)

    scan.go(listen)
    assert safe
    assert all(safe)


def test_the_cell_is_switched_off_before_the_tip_is_lifted():
    story = a_scan(1).go().world.story
    up = next(i for i, a in enumerate(story) if isinstance(a, Move) and a.axis == "z" and i > 20)
    last = [a for a in story[:up] if isinstance(a, Drive)][-1]
    assert last == OFF


@pytest.mark.parametrize("travel", [20e-6, 3e-6])
def test_after_no_contact_the_tip_returns_to_the_height_it_began_at(travel):
    sites = [a_site(k, travel=travel) for k in range(2)]
    scan = a_scan(sites, LittleWorld(surface=-1.0)).go()
    for number in (0, 1):
        finished = outcome(scan, number)
        assert finished.outcome is Outcome.NO_CONTACT
        assert "no contact down to z" in finished.reason
        assert z_at(scan, finished.row) == pytest.approx(54e-6, abs=UP)


def test_retries_go_round_the_site_each_from_the_starting_height():
    site = a_site(then="retry", retries=4)
    scan = a_scan([site], LittleWorld(surface=-1.0)).go()
    assert [e.attempt for e in scan.of(Approaching)] == [0, 1, 2, 3, 4]
    places = np.array(
        [[scan.column(axis)[e.row - 1] for axis in "xy"] for e in scan.of(Approaching)]
    )
    steps = np.array([[0, 0], [2, 0], [0, 2], [-2, 0], [0, -2]]) * 1e-6
    assert places - [site.x, site.y] == pytest.approx(steps, abs=1e-12)
    for e in scan.of(Approaching):
        assert z_at(scan, e.row) == pytest.approx(54e-6, abs=UP)
    assert outcome(scan).outcome is Outcome.NO_CONTACT


def test_a_retry_that_finds_the_surface_saves_the_site():
    scan = a_scan([a_site(then="retry", retries=2)], LittleWorld(surface=-1.0))

    def appear(event: Event) -> None:
        if isinstance(event, Approaching) and event.attempt == 1:
            scan.world.surface = 50e-6

    scan.go(appear)
    (landed,) = scan.of(Landed)
    assert landed.landing.attempt == 1
    assert scan.world.landings == [pytest.approx((13e-6, 11e-6))]
    assert outcome(scan).outcome is Outcome.OK
    assert len(scan.of(SiteStarted)) == len(scan.of(SiteFinished)) == 1


@pytest.mark.parametrize("then", ["skip", "stop"])
def test_only_a_plan_that_says_retry_retries(then):
    scan = a_scan([a_site(then=then, retries=3)], LittleWorld(surface=-1.0)).go()
    assert len(scan.of(Approaching)) == 1


def test_a_tip_that_may_hang_on_the_surface_is_lifted_as_far_as_after_a_landing():
    """A skip in the very block of the contact: nobody has told the hop yet that it touched."""
    scan = a_scan(2)

    def skip_at_contact(world: LittleWorld, block: Block) -> Block:
        if world.touched and len(world.touched) == 1 and not scan.of(Landed):
            world.trouble = lambda world, block: block
            scan.engine.ask(Request.SKIP)
        return block

    scan.world.trouble = skip_at_contact
    scan.go()
    assert outcome(scan).outcome is Outcome.SKIPPED
    assert [e.site for e in scan.of(Landed)] == [1]
    assert z_at(scan, outcome(scan).row) == pytest.approx(58e-6, abs=UP)


def test_a_skip_before_the_descent_leaves_the_tip_where_it_is():
    scan = a_scan(1)
    scan.go(
        lambda e: (
            scan.engine.ask(Request.SKIP)
            if isinstance(e, PhaseBegan) and e.phase is Phase.SETTLE
            else None
        )
    )
    assert outcome(scan).outcome is Outcome.SKIPPED
    assert scan.column("z") == pytest.approx(54e-6)


def test_a_tip_that_went_far_past_contact_is_lifted_clear_of_the_surface_all_the_same():
    scan = a_scan(2, LittleWorld(stop_rows=1000)).go()
    for number in (0, 1):
        assert z_at(scan, outcome(scan, number).row) == pytest.approx(58e-6, abs=UP)


def test_the_tip_is_lifted_no_higher_than_the_stage_goes():
    info = replace(INFO, axes={**INFO.axes, "z": AxisRange(Range(0.0, 56e-6), 1e-4)})
    scan = a_scan(2, LittleWorld(info=info)).go()
    assert scan.end.status == "complete"
    assert z_at(scan, outcome(scan).row) == pytest.approx(56e-6, abs=UP)


class Forgiven(list[str]):
    """The sins of a world, but for one that a test cannot do without."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    def append(self, sin: str) -> None:
        if self._word not in sin:
            super().append(sin)


@dataclass
class Sinking(LittleWorld):
    """Its stage says that it has gone up, and stands still."""

    def apply(self, action: Action) -> None:
        if not (isinstance(action, Move) and action.axis == "z" and action.until is None):
            super().apply(action)


def test_a_tip_that_does_not_come_up_does_not_travel_on():
    scan = a_scan(2, Sinking()).go()
    assert scan.end.status == "fault"
    assert "It did not travel" in scan.end.reason
    assert [e.site for e in scan.of(SiteStarted)] == [0]
    assert outcome(scan).outcome is Outcome.FAULT
    assert scan.world.made_safe == [True]


def test_a_stage_that_never_arrives_ends_the_run():
    def crawls(world: LittleWorld, block: Block) -> Block:
        return replace(block, flags=block.flags | np.uint8(Flag.MOVING))

    scan = a_scan(2, LittleWorld(trouble=crawls)).go()
    assert scan.end.status == "fault"
    assert "a motion (x to 11 um, y to 11 um)" in scan.end.reason
    assert scan.of(Approaching) == []


def test_a_move_that_the_rig_refuses_ends_the_run_with_the_reason():
    """The site is untouched: the fault is the rig's, not the site's."""
    scan = a_scan([replace(a_site(), x=200e-6)]).go()
    assert scan.end.status == "fault"
    assert "out of range. Nothing moved" in scan.end.reason
    assert outcome(scan).outcome is Outcome.ABORTED
    assert scan.of(Approaching) == []


def test_a_liquid_that_does_not_let_go_is_lifted_further_before_the_tip_travels():
    """A retract too short for the meniscus: the tip must not be dragged over the sample."""
    scan = a_scan(3, LittleWorld(breaks_at=20e-6, start_z=65e-6)).go()
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 3
    for finished in scan.of(SiteFinished):
        assert z_at(scan, finished.row) == pytest.approx(50e-6 + 32e-6, abs=UP)
    said = [e.text for e in scan.of(Note)]
    assert len(said) == 3
    assert "closed after the retract of 8 um; it opened 24 um higher. Retract farther." in said[0]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_pipette_that_begins_to_drip_in_a_descent_that_met_nothing_does_not_travel(retries):
    """The circuit was open before that descent; only a look after it tells that it still is."""
    kept = NoContact("retry" if retries else "skip", retries, 2e-6)
    sites = [replace(a_site(k), no_contact=kept) for k in (0, 1)]
    scan = a_scan(sites, LittleWorld(surface=-1.0))
    missed: list[int] = []

    def drips(world: LittleWorld, block: Block) -> Block:
        closed = -2.0 + 1e-6 * np.arange(block.rows)
        shown = block.flags & ~np.uint8(Flag.OVERLOAD)
        return replace(block, data={**block.data, "potential": closed}, flags=shown)

    def listen(event: Event) -> None:
        if isinstance(event, PhaseBegan) and event.phase is Phase.RETRACT and not missed:
            scan.world.trouble = drips
            missed.append(event.row)
        if isinstance(event, Paused):
            scan.engine.ask(Request.STOP)

    scan.go(listen)
    finished = outcome(scan)
    assert finished.outcome is Outcome.FAULT
    assert "circuit was still closed" in finished.reason
    x = scan.column("x")[missed[0] - 1 : finished.row]
    assert float(np.ptp(x)) < UP
    assert z_at(scan, finished.row) == pytest.approx(INFO.axes["z"].travel.upper, abs=UP)


def test_a_retract_of_next_to_nothing_is_lifted_step_by_step_until_the_circuit_is_open():
    """0.1 nm leaves the liquid on the surface; nobody travels before it has let go."""
    sites = [replace(a_site(k), retract=Lift(1e-10, 2e-6)) for k in range(2)]
    scan = a_scan(sites, LittleWorld(breaks_at=1e-6))
    scan.world.sins = Forgiven("low")
    scan.go()
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2
    travels = [e.row for e in scan.of(PhaseBegan) if e.phase is Phase.TRAVEL]
    assert z_at(scan, travels[1]) > 51e-6


def waits_of(scan: Scan, request: Request) -> list[str]:
    """Run a scan in which whoever is asked gives the same answer; return what it waited for."""
    waits: list[str] = []

    def answer(event: Event) -> None:
        if isinstance(event, Paused):
            waits.append(event.why)
            scan.engine.ask(request)

    scan.world.sins = Forgiven("low")
    scan.go(answer)
    return waits


def test_liquid_that_hangs_on_up_to_the_top_is_a_fault_and_the_tip_travels_no_further():
    """Such as a pipette that drips: only a person can tell."""
    scan = a_scan(6, LittleWorld(breaks_at=1.0))
    (why,) = waits_of(scan, Request.STOP)
    assert "The circuit is closed even with the tip at the top" in why
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.FAULT]
    reason = outcome(scan).reason
    assert "circuit was still closed after the retract, up to the top at z = 100 um" in reason
    assert len(reason) < 120, "there is room for so much in the table of sites"
    assert z_at(scan, outcome(scan).row) == pytest.approx(100e-6, abs=UP)


def test_who_resumes_with_liquid_on_the_pipette_is_not_believed():
    """The circuit is looked at again before the tip travels; the next site is not lost."""
    scan = a_scan(6, LittleWorld(breaks_at=1.0))
    assert len(waits_of(scan, Request.RESUME)) == 1
    assert scan.end.status == "fault"
    assert "the circuit is closed" in scan.end.reason
    assert "The tip did not travel" in scan.end.reason
    assert [e.site for e in scan.of(Approaching)] == [0]
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.FAULT, Outcome.ABORTED]


def test_a_retry_does_not_travel_with_liquid_that_hangs_on():
    """A contact that breaks at once is tried again beside it, but never with a closed circuit."""

    def hangs_on(world: LittleWorld, block: Block) -> Block:
        if not world.touched or world.position["z"] < world.surface + 6e-6:
            return block
        return replace(
            block,
            data={**block.data, "potential": np.full(block.rows, -3.0)},
            flags=block.flags & ~np.uint8(Flag.OVERLOAD),
        )

    shifted = NoContact("retry", retries=2, shift=3e-6)
    sites = [replace(a_site(k), no_contact=shifted) for k in range(2)]
    scan = a_scan(sites, LittleWorld(holds_for=2, trouble=hangs_on))
    assert len(waits_of(scan, Request.STOP)) == 1
    assert [e.attempt for e in scan.of(Approaching)] == [0]
    assert outcome(scan).outcome is Outcome.FAULT


@pytest.mark.parametrize(
    "rule", [potential_drop(5.0), current_threshold(5e-11), current_rise(5e-11)]
)
def test_a_current_that_still_flows_after_the_retract_is_seen_under_every_rule(rule):
    """Whatever makes contact known also makes known that it is over."""
    hold = None if rule.lasting else Hold("potential", -0.2)
    site = a_site(rule=rule, hold=hold)
    scan = a_scan([site], LittleWorld(breaks_at=20e-6, start_z=65e-6)).go()
    assert outcome(scan).outcome is Outcome.OK
    assert z_at(scan, outcome(scan).row) == pytest.approx(82e-6, abs=UP)
    dry = a_scan([site]).go()
    assert z_at(dry, outcome(dry).row) == pytest.approx(58e-6, abs=UP)
    assert dry.of(Note) == []


@pytest.mark.parametrize(
    ("rule", "rows", "expected"),
    [
        (potential_drop(5.0), {"potential": [9.0, -9.0, 3.0, np.nan]}, [True, True, False, False]),
        (potential_drop(5.0), {"potential": [1.0], "flags": [int(Flag.OVERLOAD)]}, [True]),
        (current_threshold(5e-12), {"current": [1e-12, -6e-12, np.nan]}, [True, False, False]),
        (current_rise(5e-12), {"current": [4e-12, 6e-12]}, [True, False]),
        (current_rise(5e-12), {"current": [0.0], "flags": [int(Flag.SATURATED)]}, [False]),
    ],
)
def test_a_circuit_that_cannot_be_told_from_a_closed_one_counts_as_closed(rule, rows, expected):
    """The tip stays where it does no harm rather than travel on a guess."""
    assert rule.open(a_block(**rows)).tolist() == expected


def test_the_landing_says_where_the_tip_was_sent():
    """Also where a retry landed beside its site."""
    scan = a_scan([a_site(), a_site(1, then="retry", retries=2)])

    def vanish(event: Event) -> None:
        if isinstance(event, SiteFinished):
            scan.world.surface = -1.0
        if isinstance(event, Approaching) and event.attempt == 1:
            scan.world.surface = 50e-6

    scan.go(vanish)
    first, second = (e.landing for e in scan.of(Landed))
    assert (first.x, first.y) == (11e-6, 11e-6)
    assert (second.x, second.y) == pytest.approx((24e-6, 11e-6), abs=1e-15)
    assert scan.world.landings[1] == pytest.approx((second.x, second.y))


def test_no_two_attempts_land_in_the_same_place():
    """The second turn goes round twice as far out as the first, and so on."""
    offsets = NoContact("retry", 12, 3e-6).offsets()
    assert len(offsets) == len({(round(x * 1e9), round(y * 1e9)) for x, y in offsets}) == 13
    reach = [round(max(abs(x), abs(y)) * 1e6) for x, y in offsets]
    assert reach == [0, *[3] * 4, *[6] * 4, *[9] * 4]
    assert NoContact("skip", 0, 0.0).offsets() == ((0.0, 0.0),)


@pytest.mark.parametrize("length", [1, 2, 5, 50, 3000])
@pytest.mark.parametrize("wake", [True, False])
def test_whatever_the_length_of_the_blocks_every_site_is_measured(length, wake):
    world = LittleWorld(longest=length, honours_wake=wake, ends_at_stop=wake)
    scan = a_scan(2, world).go()
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK, Outcome.OK]
    assert len(world.touched) == 2
