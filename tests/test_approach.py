"""The approach: it lands where the surface is, says how well, and never comes down deaf."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_world import CLOCK, INFO, LEAK, LittleWorld, Scan, a_scan, a_site, cut

from seccm.events import (
    Approaching,
    Event,
    FalseContact,
    Landed,
    Landing,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    SiteFinished,
    StepFinished,
)
from seccm.hopping.approach import Approach
from seccm.hopping.course import Course
from seccm.hopping.engine import Request
from seccm.hopping.measure import measure
from seccm.plan.contacts import current_rise, current_threshold, potential_drop
from seccm.plan.site import Hold, NoContact, Site
from seccm.rig import Block, Flag, Move, Range, RigInfo, StopAbility
from seccm.rig.info import AxisRange

SPEED = 2e-6
ROW = SPEED * CLOCK.period
"""Metres that the tip goes in a row."""
AT_POTENTIAL = Hold("potential", -0.2)
THRESHOLD = current_threshold(5e-11)
IN_NOISE = current_threshold(5e-11)
"""Above the noise of `noisy`, below a blip in it; yet the noise explains both."""
HISS = np.random.default_rng(5).uniform(-4.5e-11, 4.5e-11, 100_000)
"""Amperes."""


def landing_of(scan: Scan) -> Landing:
    (landed,) = scan.of(Landed)
    return landed.landing  # type: ignore[no-any-return]


def finished(scan: Scan) -> SiteFinished:
    (site,) = scan.of(SiteFinished)
    return site  # type: ignore[no-any-return]


def descents(scan: Scan) -> list[Move]:
    return [a for a in scan.world.story if isinstance(a, Move) and a.until is not None]


def height_when(scan: Scan, row: int) -> float:
    return float(scan.column("z")[row - 1])


def noisy(world: LittleWorld, block: Block) -> Block:
    current = block.data["current"] + HISS[block.start : block.stop]
    return replace(block, data={**block.data, "current": current})


RULES = {
    "potential drop": (potential_drop(5.0), None),
    "current threshold": (THRESHOLD, AT_POTENTIAL),
    "current rise": (current_rise(5e-11, "anodic"), AT_POTENTIAL),
}


@pytest.mark.parametrize(("rule", "hold"), RULES.values(), ids=RULES)
@pytest.mark.parametrize("stop_rows", [0, 1, 7])
@pytest.mark.parametrize("records", [False, True])
def test_the_landing_says_what_happened_in_the_world(rule, hold, stop_rows, records):
    world = LittleWorld(stop_rows=stop_rows, records=records)
    landing = landing_of(a_scan([a_site(rule=rule, hold=hold)], world).go())
    assert landing.row == world.touched[0]
    assert math.isclose(landing.z - world.surface, world.deepest, abs_tol=1e-15)
    late = world.halted[0] - world.touched[0]
    assert math.isclose(landing.latency, late * CLOCK.period)
    assert late == stop_rows + 1
    assert abs(landing.overtravel - late * ROW) <= ROW
    assert abs(landing.z_crossing - world.surface) <= ROW


def test_a_rig_that_leaves_the_stop_to_the_program_stops_too():
    world = LittleWorld(stops_itself=False, longest=4)
    landing = landing_of(a_scan([a_site()], world).go())
    assert landing.row == world.touched[0]
    late = world.halted[0] - world.touched[0]
    assert 1 <= late <= 4
    assert math.isclose(landing.latency, late * CLOCK.period)
    assert abs(landing.overtravel - late * ROW) <= ROW


@pytest.mark.parametrize("consecutive", [1, 2, 3, 8])
@pytest.mark.parametrize("length", [1, 3, 400])
def test_contact_asked_for_in_several_rows_is_dated_back_to_the_first(consecutive, length):
    world = LittleWorld(longest=length)
    scan = a_scan([a_site(rule=potential_drop(5.0, consecutive))], world).go()
    assert finished(scan).outcome is Outcome.OK
    landing = landing_of(scan)
    assert landing.row == world.touched[0]
    assert world.halted[0] - world.touched[0] == consecutive
    assert math.isclose(landing.latency, consecutive * CLOCK.period)
    assert abs(landing.overtravel - consecutive * ROW) <= ROW


def test_the_landing_tells_signal_baseline_and_attempt():
    landing = landing_of(a_scan(1).go())
    assert math.isclose(landing.baseline, 10.0, abs_tol=2e-3)
    assert math.isclose(landing.signal, -3.0, abs_tol=2e-3)
    assert landing.attempt == 0


def test_a_stop_later_or_longer_than_promised_is_said():
    world = LittleWorld(stop_rows=30)
    said = [note.text for note in a_scan(1, world).go().of(Note)]
    assert len(said) == 2
    assert "longer than the stated worst case of the rig" in said[0]
    assert "past contact; the plan allows 50 nm" in said[1]
    assert not a_scan(1).go().of(Note)


def test_a_late_record_of_a_false_contact_is_not_taken_for_that_of_the_landing():
    world = LittleWorld(blips=[(53e-6, 1)], stop_rows=2)
    stop_of_blip: list[Block] = []

    def late_record(world: LittleWorld, block: Block) -> Block:
        if world.halted and not stop_of_blip:
            stop_of_blip.append(block)
        if len(stop_of_blip) == 1 and world.moves and not world.touched:
            world.touched.append(stop_of_blip[0].stop)
            record = world._contact_record()
            record = replace(record, start=stop_of_blip[0].start * CLOCK.spacing)
            world.touched.clear()
            stop_of_blip.append(block)
            block = replace(block, record=record)
        return noisy(world, block)

    world.trouble = late_record
    scan = a_scan([a_site(rule=IN_NOISE, hold=AT_POTENTIAL)], world).go()
    assert len(stop_of_blip) == 2
    (landed,) = scan.of(Landed)
    assert landed.record is None
    assert landed.landing.latency == pytest.approx(3 * CLOCK.period)


@pytest.mark.parametrize("length", [1, 400])
def test_a_crossing_that_the_rig_saw_before_the_rows_did_is_found_on_the_way_down(length):
    early = 10

    def sooner(world: LittleWorld, block: Block) -> Block:
        if block.record is None or block.record.crossing is None:
            return block
        crossing = block.record.crossing - early * CLOCK.spacing
        return replace(block, record=replace(block.record, crossing=crossing))

    world = LittleWorld(records=True, longest=length, trouble=sooner)
    landing = landing_of(a_scan([a_site()], world).go())
    assert landing.latency == pytest.approx((early + 1) * CLOCK.period)
    assert landing.overtravel == pytest.approx((early + 0.5) * ROW, abs=ROW)


def test_a_stage_that_starts_late_has_not_stopped_before_it_touched():
    def starts_late(world: LittleWorld, block: Block) -> Block:
        if not any(isinstance(a, Move) and a.until is not None for a in world.story):
            return block
        world.trouble = lambda world, block: block
        flags = block.flags.copy()
        flags[:2] &= ~np.uint8(Flag.MOVING)
        return replace(block, flags=flags)

    world = LittleWorld(longest=3000, trouble=starts_late)
    landing = landing_of(a_scan([a_site()], world).go())
    assert landing.latency == pytest.approx(CLOCK.period)


def closed(world: LittleWorld, block: Block) -> Block:
    """A circuit that is closed all the time."""
    data = {**block.data, "potential": block.data["potential"] - 13.0}
    data["current"] = block.data["current"] + 1e-10
    return replace(block, data=data, flags=block.flags & ~np.uint8(Flag.OVERLOAD))


def not_a_number(world: LittleWorld, block: Block) -> Block:
    nothing = np.full(block.rows, np.nan)
    return replace(block, data={**block.data, "potential": nothing, "current": nothing})


def saturated(world: LittleWorld, block: Block) -> Block:
    return replace(block, flags=block.flags | np.uint8(Flag.SATURATED))


def on_the_way(trouble: Callable[[LittleWorld, Block], Block]):
    """Begins once the tip travels: a run does not begin with a circuit that is not open."""

    def later(world: LittleWorld, block: Block) -> Block:
        travels = any(isinstance(action, Move) for action in world.story)
        return trouble(world, block) if travels else block

    return later


@pytest.mark.parametrize(
    ("trouble", "rule", "hold", "words"),
    [
        (closed, potential_drop(5.0), None, "closed already"),
        (closed, THRESHOLD, AT_POTENTIAL, "closed already"),
        (closed, current_rise(5e-11), AT_POTENTIAL, "closed already"),
        (saturated, THRESHOLD, AT_POTENTIAL, "saturated"),
        (not_a_number, potential_drop(5.0), None, "not a number"),
        (not_a_number, THRESHOLD, AT_POTENTIAL, "not a number"),
    ],
)
def test_the_tip_does_not_descend_where_contact_could_not_be_seen(trouble, rule, hold, words):
    world = LittleWorld(trouble=on_the_way(trouble))
    scan = a_scan([a_site(rule=rule, hold=hold)], world).go()
    assert finished(scan).outcome is Outcome.FAULT
    assert words in finished(scan).reason
    assert descents(scan) == []
    assert scan.end.status == "complete"


def test_a_tip_that_is_wet_before_the_descent_is_lifted_off_before_it_travels_on():
    scan = a_scan([a_site()], LittleWorld(trouble=on_the_way(closed))).go()
    top = INFO.axes["z"].travel.upper
    assert height_when(scan, finished(scan).row) == pytest.approx(top, abs=1e-9)
    assert "closed already" in finished(scan).reason
    assert "still closed after the retract, up to the top" in finished(scan).reason


def test_an_offset_below_the_rise_is_no_contact():
    def offset(world: LittleWorld, block: Block) -> Block:
        return replace(block, data={**block.data, "current": block.data["current"] + 4e-11})

    world = LittleWorld(trouble=offset)
    scan = a_scan([a_site(rule=current_rise(5e-11), hold=AT_POTENTIAL)], world).go()
    assert landing_of(scan).row == world.touched[0]


def test_an_approach_that_would_leave_the_range_of_the_stage_does_not_begin():
    info = replace(INFO, axes={**INFO.axes, "z": AxisRange(Range(40e-6, 100e-6), 1e-4)})
    scan = a_scan([a_site()], LittleWorld(info=info)).go()
    assert "z = 34 um, below the limit 40 um" in finished(scan).reason
    assert descents(scan) == []
    assert height_when(scan, finished(scan).row) == pytest.approx(54e-6)


def stuck(world: LittleWorld, block: Block) -> Block:
    data = {**block.data, "potential": np.full(block.rows, 9.0)}
    return replace(block, data=data, flags=block.flags & ~np.uint8(Flag.OVERLOAD))


def during_descent(what):
    """The same trouble, but only once the tip is on its way down."""

    def trouble(world: LittleWorld, block: Block) -> Block:
        down = world.moves.get("z")
        return what(world, block) if down is not None and down.until is not None else block

    return trouble


def gap(world: LittleWorld, block: Block) -> Block:
    flags = block.flags.copy()
    flags[0] |= int(Flag.GAP)
    return replace(block, flags=flags)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (stuck, "exactly the same value"),
        (not_a_number, "not a number"),
        (gap, "data points are missing"),
    ],
)
def test_a_signal_that_fails_on_the_way_down_stops_the_tip_and_lifts_it(trouble, words):
    world = LittleWorld(trouble=during_descent(trouble), longest=20)
    scan = a_scan([a_site()], world).go()
    assert finished(scan).outcome is Outcome.FAULT
    assert words in finished(scan).reason
    assert len(descents(scan)) == 1
    assert world.touched == []
    assert height_when(scan, finished(scan).row) >= 54e-6


def test_a_signal_that_fails_between_contact_and_landing_lifts_the_tip():
    def trouble(world: LittleWorld, block: Block) -> Block:
        stopped = bool(world.halted) and block.start >= world.halted[0]
        return not_a_number(world, block) if stopped else block

    world = LittleWorld(trouble=trouble)
    scan = a_scan([a_site()], world).go()
    assert finished(scan).outcome is Outcome.FAULT
    assert scan.of(Landed) == []
    assert height_when(scan, finished(scan).row) == pytest.approx(58e-6, abs=2 * ROW)


def test_false_contacts_by_noise_are_forgiven_as_often_as_the_plan_says():
    world = LittleWorld(blips=[(53e-6, 1), (52e-6, 2)], trouble=noisy)
    scan = a_scan([a_site(rule=IN_NOISE, hold=AT_POTENTIAL)], world).go()
    heights = [e.z for e in scan.of(FalseContact)]
    assert heights == pytest.approx([53e-6, 52e-6], abs=2 * ROW)
    assert landing_of(scan).row == world.touched[0]
    assert finished(scan).outcome is Outcome.OK


def test_one_false_contact_more_and_the_landing_has_failed():
    world = LittleWorld(blips=[(53e-6, 1), (52e-6, 2), (51e-6, 1)], trouble=noisy)
    scan = a_scan([a_site(rule=IN_NOISE, hold=AT_POTENTIAL)], world).go()
    assert len(scan.of(FalseContact)) == 3
    assert finished(scan).outcome is Outcome.FAULT
    assert "3 contacts in one approach did not last" in finished(scan).reason
    assert world.touched == []
    assert height_when(scan, finished(scan).row) >= 54e-6


@pytest.mark.parametrize(("rows", "persists"), [(2, False), (3, True), (6, True)])
def test_most_of_the_rows_after_contact_decide_whether_it_persists(rows, persists):
    world = LittleWorld(blips=[(53e-6, rows)], trouble=noisy)
    scan = a_scan([a_site(rule=IN_NOISE, hold=AT_POTENTIAL, confirm=5)], world).go()
    assert bool(scan.of(FalseContact)) is not persists


@pytest.mark.parametrize(("rule", "hold"), RULES.values(), ids=RULES)
@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("length", [1, 7, 400])
def test_after_a_contact_that_broke_the_tip_goes_no_deeper_and_lands_there_no_more(
    rule, hold, rows, length
):
    """A meniscus that touched and broke is no false contact: the glass would follow it down."""
    world = LittleWorld(holds_for=rows, longest=length)
    scan = a_scan([a_site(rule=rule, hold=hold)], world).go()
    assert finished(scan).outcome is Outcome.FAULT
    assert "contact that did not last" in finished(scan).reason
    assert "the meniscus broke" in finished(scan).reason
    assert len(descents(scan)) == len(world.touched) == 1
    assert scan.of(Landed) == scan.of(FalseContact) == []
    assert world.deepest > -10 * ROW
    assert height_when(scan, finished(scan).row) >= 54e-6


@pytest.mark.parametrize("shift", [0.0, 3e-6])
def test_after_a_contact_that_broke_a_retry_lands_beside_it_where_the_plan_allows_one(shift):
    site = replace(a_site(), no_contact=NoContact("retry", 2, shift))
    scan = a_scan([site], LittleWorld(holds_for=1))

    def mend(event: Event) -> None:
        if isinstance(event, Approaching) and event.attempt == 1:
            scan.world.holds_for = None

    scan.go(mend)
    if shift:
        assert finished(scan).outcome is Outcome.OK
        first, second = scan.world.landings
        assert second == pytest.approx((first[0] + shift, first[1]))
    else:
        assert "did not last" in finished(scan).reason
        assert len(scan.world.landings) == 1


def with_touch(factor: float) -> Callable[[LittleWorld, Block], Block]:
    """Every contact draws so many times the current that it should."""

    def trouble(world: LittleWorld, block: Block) -> Block:
        current = block.data["current"]
        wet = np.abs(current) > LEAK / 2
        return replace(block, data={**block.data, "current": np.where(wet, factor, 1.0) * current})

    return trouble


@pytest.mark.parametrize("holds_for", [1, 2])
def test_a_touch_too_short_to_pass_the_threshold_stops_the_tip_as_well(holds_for):
    """A touch late in a row leaves a part of its current in the mean of the row."""
    world = LittleWorld(holds_for=holds_for, trouble=with_touch(0.2))
    scan = a_scan([a_site(rule=THRESHOLD, hold=AT_POTENTIAL)], world).go()
    assert "did not last" in finished(scan).reason
    assert len(world.touched) == 1
    assert world.deepest > -10 * ROW


@pytest.mark.parametrize(
    ("rule", "factor"),
    [
        (current_threshold(5e-11, "cathodic"), 1.0),
        (current_rise(5e-11, "cathodic"), 1.0),
        (current_threshold(5e-11, "anodic"), -1.0),
        (current_threshold(5e-11), 0.3),
    ],
)
@pytest.mark.parametrize("length", [1, 20])
def test_a_contact_of_the_wrong_sign_or_too_weak_stops_the_tip_and_the_scan(rule, factor, length):
    """Nothing would ever pass the threshold: the glass would go down the whole travel."""
    world = LittleWorld(trouble=with_touch(factor), longest=length)
    scan = a_scan([a_site(k, rule=rule, hold=AT_POTENTIAL) for k in range(4)], world)
    scan.go(lambda e: scan.engine.ask(Request.STOP) if isinstance(e, Paused) else None)
    done = scan.of(SiteFinished)
    assert [e.outcome for e in done] == [Outcome.FAULT] * 2
    assert all("wrong polarity, or threshold too high?" in e.reason for e in done)
    assert scan.of(FalseContact) == []
    assert world.deepest > -(length + 10) * ROW
    assert "wrong polarity" in scan.of(Paused)[0].why


@pytest.mark.parametrize("rows", [1, 2])
def test_a_spike_far_above_the_known_surface_is_forgiven(rows):
    """From the first landing on it is known that there was nothing to touch."""
    world = LittleWorld(start_z=58e-6)
    scan = a_scan(2, world)

    def spike(event: Event) -> None:
        if isinstance(event, SiteFinished):
            world.blips = [(53e-6, rows)]

    scan.go(spike)
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2
    assert [e.z for e in scan.of(FalseContact)] == pytest.approx([53e-6], abs=2 * ROW)


def test_the_same_spike_close_to_the_known_surface_is_not():
    world = LittleWorld(start_z=58e-6)
    scan = a_scan(2, world)

    def spike(event: Event) -> None:
        if isinstance(event, SiteFinished):
            world.blips = [(50.3e-6, 1)]

    scan.go(spike)
    first, second = scan.of(SiteFinished)
    assert first.outcome is Outcome.OK
    assert "did not last" in second.reason


def test_spikes_as_large_as_those_heard_at_rest_are_noise():
    """One row in eight: whoever listens hears some before the descent."""

    def crackles(world: LittleWorld, block: Block) -> Block:
        rows = np.arange(block.start, block.stop)
        current = block.data["current"] + np.where(rows % 8 == 0, 7e-11, 0.0)
        return replace(block, data={**block.data, "current": current})

    # Two rows in succession are past the threshold in a droplet only.
    rule = current_threshold(8e-11, consecutive=2)
    world = LittleWorld(trouble=crackles)
    scan = a_scan([a_site(rule=rule, hold=AT_POTENTIAL)], world).go()
    assert finished(scan).outcome is Outcome.OK
    assert landing_of(scan).row == world.touched[0]


def test_an_overload_of_the_other_sign_is_no_contact():
    """The galvanostat goes to its other rail: past the threshold, but the circuit is open."""

    def flips(world: LittleWorld, block: Block) -> Block:
        gone = (block.data["z"] < 53e-6) & (block.data["z"] > 52.9e-6)
        potential = np.where(gone, -block.data["potential"], block.data["potential"])
        return replace(block, data={**block.data, "potential": potential})

    world = LittleWorld(trouble=flips, longest=4)
    scan = a_scan([a_site()], world).go()
    assert scan.of(Landed) == []
    assert finished(scan).outcome is Outcome.FAULT
    assert "the potential jumped by -20 V and stayed" in finished(scan).reason


def test_a_stop_of_the_rig_that_no_row_explains_is_a_false_contact_and_said():
    def unexplained(world: LittleWorld, block: Block) -> Block:
        if world.row > 1000 and not world.halted:
            world._halt(itself=True)
        return block

    world = LittleWorld(trouble=unexplained, longest=50)
    scan = a_scan([a_site()], world).go()
    assert "no data point shows" in scan.of(Note)[0].text
    assert len(scan.of(FalseContact)) == 1
    assert landing_of(scan).row == world.touched[0]


def test_a_long_confirmation_is_no_failure_to_stop():
    scan = a_scan([a_site(confirm=2000)]).go()
    assert finished(scan).outcome is Outcome.OK


def test_a_stage_that_does_not_stop_after_contact_ends_the_run():
    def goes_on(world: LittleWorld, block: Block) -> Block:
        moving = np.uint8(Flag.MOVING) if world.halted else np.uint8(0)
        return replace(block, flags=(block.flags & ~np.uint8(Flag.FROZEN)) | moving)

    scan = a_scan(2, LittleWorld(trouble=goes_on)).go()
    assert scan.end.status == "fault"
    assert "still moving" in scan.end.reason
    assert len(scan.world.touched) == 1
    assert scan.world.made_safe == [True]


def test_a_stage_that_never_arrives_on_the_way_down_ends_the_run():
    def crawls(world: LittleWorld, block: Block) -> Block:
        return replace(block, flags=block.flags | np.uint8(Flag.MOVING))

    def never(world: LittleWorld, block: Block) -> Block:
        began = any(isinstance(a, Move) and a.until for a in world.story)
        return crawls(world, block) if began else block

    scan = a_scan(1, LittleWorld(surface=-1.0, trouble=never)).go()
    assert scan.end.status == "fault"
    assert "was not finished" in scan.end.reason
    assert scan.world.made_safe == [True]


def recorded(site: Site, world: LittleWorld) -> tuple[Block, list[object]]:
    """The rows of one visit from the settling on, and the facts that came of them."""
    scan = a_scan([site], world).go()
    first = next(e.row for e in scan.of(PhaseBegan) if e.phase is Phase.SETTLE)
    blocks = scan.memory.blocks
    data = {name: scan.column(name) for name in blocks[0].data}
    flags = np.concatenate([b.flags for b in blocks])
    whole = Block(0, data, flags, CLOCK)
    return whole.part(first - 1, whole.stop), [*scan.of(Landed), *scan.of(StepFinished)]


def replayed(site: Site, info: RigInfo, rows: Block, cuts: list[int]) -> list[object]:
    """The facts that an approach and its first step make of the same rows in other blocks."""
    course = Course(rows.part(rows.start, rows.start + 1))

    def story():
        landing, seen = yield from Approach(course, site, info, 0, (site.x, site.y)).land()
        yield from measure(course, site, landing, seen)

    steps = story()
    said = list(next(steps))
    for block in cut(rows.part(rows.start + 1, rows.stop), cuts):
        try:
            said += steps.send(block)
        except StopIteration:
            break
    said += course.untold()
    return [e for e in said if isinstance(e, Landed | StepFinished)]


@pytest.mark.parametrize("consecutive", [1, 3])
@given(data=st.data())
def test_however_the_rows_are_cut_the_landing_and_the_end_of_the_step_are_the_same(
    consecutive, data
):
    site = a_site(rule=potential_drop(5.0, consecutive))
    rows, expected = RECORDED[consecutive]
    lengths = data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=30))
    cuts = list(np.cumsum(list(chain(*repeat(lengths, rows.rows // sum(lengths) + 1)))))
    got = replayed(site, INFO, rows, [rows.start + 1 + int(c) for c in cuts])
    assert [replace(e, row=0) for e in got] == [replace(e, row=0) for e in expected]
    assert got[-1].row == expected[-1].row  # type: ignore[attr-defined]


RECORDED = {
    n: recorded(a_site(rule=potential_drop(5.0, n)), LittleWorld(stop_rows=2)) for n in (1, 3)
}


@settings(max_examples=40)
@given(lengths=st.lists(st.integers(1, 90), min_size=3, max_size=40), wake=st.booleans())
def test_whatever_the_lengths_of_the_blocks_the_landing_is_true_to_the_world(lengths, wake):
    stop = StopAbility("stepped", 90 * CLOCK.period, 91 * CLOCK.period)
    world = LittleWorld(
        lengths=iter(lengths * 200),
        honours_wake=wake,
        ends_at_stop=wake,
        info=replace(INFO, stop=stop),
    )
    landing = landing_of(a_scan([a_site()], world).go())
    assert landing.row == world.touched[0]
    assert math.isclose(landing.z - world.surface, world.deepest, abs_tol=1e-15)
    assert math.isclose(landing.latency, CLOCK.period)
