"""The measurement: every step is imposed as the plan says, and ends when and as it should."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import (
    CLOCK,
    LEAK,
    OFF,
    PLATING,
    LittleWorld,
    Scan,
    a_block,
    a_scan,
    a_segment,
    cut,
)
from little_world import a_site as a_galvanostatic_site

from seccm.errors import ContactError
from seccm.events import (
    Landed,
    Note,
    Outcome,
    Phase,
    PhaseBegan,
    SiteFinished,
    StepFinished,
)
from seccm.hopping.engine import Request
from seccm.hopping.measure import LOST_ROWS, TRANSIENT_ROWS, End, SegmentWatch
from seccm.plan.contacts import current_threshold
from seccm.plan.site import Hold, Site
from seccm.program.segment import Segment
from seccm.rig import Block, Constant, Drive, Flag, Limit, Lines, Move
from seccm.rig.limits import deaf_rows

LASTING = Limit("potential", "above", 0.0).rows
"""Rows in succession that have to be past a limit."""

nA = 1e-9
STEP_ROWS = CLOCK.rows(0.2)


def a_potentiostatic_site(*segments: Segment) -> Site:
    return a_galvanostatic_site(
        segments=segments, rule=current_threshold(LEAK / 2), hold=Hold("potential", -0.2)
    )


def a_scan_of(*segments: Segment, **world: object) -> Scan:
    scan = a_scan([a_galvanostatic_site(segments=segments)], LittleWorld(**world))
    return scan.go()


def steps(scan: Scan) -> list[StepFinished]:
    return scan.of(StepFinished)


def contact_row(scan: Scan) -> int:
    (landed,) = scan.of(Landed)
    return landed.landing.row  # type: ignore[no-any-return]


def drives_after_landing(scan: Scan) -> list[Drive]:
    story = scan.world.story
    landed = next(i for i, item in enumerate(story) if isinstance(item, Landed))
    lifted = next(i for i, item in enumerate(story) if i > landed and isinstance(item, Move))
    return [item for item in story[landed:lifted] if isinstance(item, Drive)]


def begins(scan: Scan) -> list[int]:
    return [e.row for e in scan.of(PhaseBegan) if e.phase is Phase.STEP]


def test_a_constant_current_counts_its_time_from_the_contact_row():
    scan = a_scan_of(a_segment())
    (step,) = steps(scan)
    hit = contact_row(scan)
    # The contact row is t = 0: it ends at the instant from which the waveform counts.
    assert step.row - hit == STEP_ROWS
    assert step.reason == "time"
    assert begins(scan) == [hit]
    drive, off = drives_after_landing(scan)
    assert (drive.since, off) == (hit + 1, OFF)


def test_the_charge_of_a_step_is_that_of_its_rows():
    scan = a_scan_of(a_segment())
    (step,) = steps(scan)
    own = scan.column("current")[contact_row(scan) + 1 : step.row + 1]
    assert math.isclose(step.charge, math.fsum(own) * CLOCK.period)
    assert math.isclose(step.charge, -1 * nA * STEP_ROWS * CLOCK.period, rel_tol=1e-3)


def test_the_first_step_goes_on_from_the_hold_without_interruption():
    scan = a_scan_of(a_segment())
    hit, last = contact_row(scan), steps(scan)[0].row
    assert scan.column("current")[hit : last + 1] == pytest.approx(-1 * nA, rel=1e-2)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 7])
def test_a_first_step_shorter_than_the_confirmation_of_the_landing_ends_on_its_row(rows):
    scan = a_scan_of(a_segment(0, rows * CLOCK.period))
    (step,) = steps(scan)
    assert step.row == contact_row(scan) + rows
    assert step.charge == pytest.approx(-1 * nA * rows * CLOCK.period, rel=1e-2)
    assert drives_after_landing(scan)[-1] == OFF


SETTLED = deaf_rows(Limit("potential", "above", 0.0), CLOCK) + LASTING
"""Rows after which a potential or a current may end a step."""


@pytest.mark.parametrize(
    ("limit", "rows", "reason"),
    [
        (Limit("charge", "above", 20.5 * nA * CLOCK.period), 21, "charge"),
        (Limit("potential", "below", PLATING / 2), SETTLED, "potential below"),
        (Limit("potential", "above", 2 * PLATING), SETTLED, "potential above"),
        (Limit("current", "below", -nA / 2), SETTLED, "current below"),
        (Limit("current", "above", -2 * nA), SETTLED, "current above"),
    ],
)
def test_a_limit_ends_a_step_before_its_time_and_is_named_with_its_side(limit, rows, reason):
    scan = a_scan_of(a_segment(0, 0.2, limit))
    (step,) = steps(scan)
    assert step.reason == reason
    assert step.row == contact_row(scan) + rows
    (site,) = scan.of(SiteFinished)
    assert site.outcome is Outcome.OK


def test_a_limit_out_of_reach_leaves_a_step_its_time():
    scan = a_scan_of(a_segment(0, 0.2, Limit("potential", "above", 5.0)))
    assert steps(scan)[0].reason == "time"


def test_steps_follow_one_another_without_a_gap():
    sweep = Lines((0.0, 0.1, 0.3, 0.4), (-0.2, 0.3, -0.7, -0.2))
    program = (
        Segment(0, "cv", "a cycle", "potential", sweep),
        Segment(1, "constant current", "-1 nA", "current", Constant(-1 * nA, 0.1)),
        Segment(2, "open circuit", "rest", "open", Constant(0.0, 0.05)),
    )
    scan = a_scan([a_potentiostatic_site(*program)]).go()
    first, second, third = steps(scan)
    assert [e.reason for e in steps(scan)] == ["time"] * 3
    assert begins(scan) == [begins(scan)[0], first.row + 1, second.row + 1]
    assert second.row - first.row == CLOCK.rows(0.1)
    assert third.row - second.row == CLOCK.rows(0.05)
    drives = drives_after_landing(scan)
    assert [d.since for d in drives[:3]] == begins(scan)
    assert [d.mode for d in drives] == ["potential", "current", "open", "open"]
    assert [(s.row, s.step) for s in steps(scan)] == [
        (first.row, 0),
        (second.row, 1),
        (third.row, 2),
    ]


@pytest.mark.parametrize("length", [1, 7, 400])
def test_a_sweep_is_imposed_as_drawn_from_its_own_first_row(length):
    sweep = Lines((0.0, 0.1, 0.3, 0.4), (-0.2, 0.3, -0.7, -0.2))
    site = a_potentiostatic_site(Segment(0, "cv", "a cycle", "potential", sweep))
    scan = a_scan([site], LittleWorld(longest=length)).go()
    (step,) = steps(scan)
    first = begins(scan)[0]
    t = (np.arange(first, step.row + 1) - first + 1) * CLOCK.period
    imposed = scan.column("potential")[first : step.row + 1]
    assert t[-1] == pytest.approx(0.4, abs=CLOCK.period)
    assert imposed == pytest.approx(sweep.at(t), abs=3e-3)
    assert len(drives_after_landing(scan)) == 2


def test_rows_beyond_the_end_of_a_step_are_not_called_a_step():
    world = LittleWorld(longest=17, honours_wake=False)
    segments = (a_segment(0), a_segment(1))
    scan = a_scan([a_galvanostatic_site(segments=segments)], world).go()
    first, second = steps(scan)
    named = {e.row: e.phase for e in scan.of(PhaseBegan)}
    assert first.row == contact_row(scan) + STEP_ROWS
    assert begins(scan)[1] > first.row + 1
    assert named[first.row + 1] is Phase.SETTLE
    assert second.row == begins(scan)[1] + STEP_ROWS - 1


def test_a_lost_meniscus_ends_the_step_and_lifts_the_tip():
    scan = a_scan_of(a_segment(), a_segment(1), holds_for=40)
    (step,) = steps(scan)
    assert step.reason == "lost contact"
    assert step.row == scan.world.touched[0] + 40 + LOST_ROWS - 1
    (site,) = scan.of(SiteFinished)
    assert site.outcome is Outcome.FAULT
    # An overload does not say whether the liquid is gone or the cell cannot carry the current.
    assert "overload in step 1" in site.reason
    assert len(site.reason) < 120, "there is room for so much in the table of sites"
    assert "the meniscus was lost, or the cell cannot carry -1 nA" in site.reason
    assert scan.column("z")[site.row - 1] == pytest.approx(58e-6, abs=20e-9)


def test_a_short_overload_is_no_lost_meniscus():
    flags = [0] * 10 + [int(Flag.OVERLOAD)] * (LOST_ROWS - 1) + [0] * 10
    watch = SegmentWatch(a_segment(), 0, 100)
    block = a_block(current=[-nA] * len(flags), potential=[0.0] * len(flags), flags=flags)
    assert watch.feed(block) is None


def test_an_overload_is_counted_on_from_block_to_block():
    flags = [0] * 10 + [int(Flag.OVERLOAD)] * LOST_ROWS
    block = a_block(current=[-nA] * len(flags), flags=flags)
    end = verdict(SegmentWatch(a_segment(), 0, 100), cut(block, range(100)))
    assert isinstance(end, End)
    assert (end.row, end.reason) == (len(flags) - 1, "lost contact")


def test_a_limit_that_came_true_before_the_signal_failed_ends_the_step():
    potential = [0.0] * 6 + [3.0, 3.0, 3.0, 0.0, math.nan]
    block = a_block(potential=potential, current=[-nA] * 11)
    watch = SegmentWatch(a_segment(0, 1.0, Limit("potential", "above", 2.0, 0.0)), 0, 100)
    end = watch.feed(block)
    assert end is not None
    assert (end.row, end.reason) == (8, "potential above")


def test_an_overload_while_the_double_layer_charges_is_no_lost_meniscus():
    flags = [int(Flag.OVERLOAD)] * TRANSIENT_ROWS + [0] * 10
    watch = SegmentWatch(a_segment(), 0, 100)
    assert watch.feed(a_block(current=[-nA] * len(flags), flags=flags)) is None


def test_at_a_given_potential_an_overload_of_the_galvanostat_means_nothing():
    segment = Segment(0, "constant potential", "", "potential", Constant(0.0, 1.0))
    block = a_block(current=[-nA] * 50, flags=[int(Flag.OVERLOAD)] * 50)
    assert SegmentWatch(segment, 0, 100).feed(block) is None


def test_a_signal_that_is_not_a_number_ends_the_site():
    def trouble(world: LittleWorld, block: Block) -> Block:
        if not world.touched or block.start < world.touched[0] + 30:
            return block
        data = {**block.data, "potential": np.full(block.rows, np.nan)}
        return replace(block, data=data)

    scan = a_scan_of(a_segment(), trouble=trouble, longest=10)
    (site,) = scan.of(SiteFinished)
    assert site.outcome is Outcome.FAULT
    assert "not a number" in site.reason
    assert scan.column("z")[site.row - 1] == pytest.approx(58e-6, abs=20e-9)


@pytest.mark.parametrize("overload", [0, int(Flag.OVERLOAD)])
@given(cuts=st.lists(st.integers(1, 40), max_size=5))
def test_a_saturated_input_is_counted_once_the_step_has_settled(cuts: list[int], overload: int):
    """However the rows are cut; an open galvanostat beyond the input's range is no surprise."""
    flags = np.zeros(40, np.uint8)
    flags[:20] = Flag.SATURATED | overload
    limit = Limit("potential", "below", -1.0, after=0.0)
    end_row = 15
    potential = np.zeros(40)
    potential[end_row - LASTING + 1 :] = -2.0
    watch = SegmentWatch(a_segment(0, 1.0, limit), 2, 100)
    for block in cut(a_block(potential=potential, flags=flags.tolist()), cuts):
        if watch.feed(block) is not None:
            break
    settled = end_row + 1 - (2 + TRANSIENT_ROWS)
    lost = overload != 0
    assert watch.saturated == (0 if lost else settled)


def test_a_saturated_current_of_a_galvanostatic_site_is_said():
    """The contact is seen in the potential; nobody would notice a current that is not a number."""

    def saturated(world: LittleWorld, block: Block) -> Block:
        return replace(block, flags=block.flags | np.uint8(Flag.SATURATED))

    scan = a_scan([a_galvanostatic_site()], LittleWorld(trouble=saturated)).go()
    assert scan.of(SiteFinished)[0].outcome is Outcome.OK
    (note,) = scan.of(Note)
    assert f"{STEP_ROWS - TRANSIENT_ROWS} data points of step 1" in note.text
    assert "are not reliable" in note.text


def test_a_step_that_is_skipped_says_so_with_the_charge_until_then():
    world = LittleWorld(longest=10)
    scan = a_scan([a_galvanostatic_site()], world)

    def skip_soon(world: LittleWorld, block: Block) -> Block:
        if world.touched and block.stop > world.touched[0] + 30:
            world.trouble = lambda world, block: block
            scan.engine.ask(Request.SKIP)
        return block

    world.trouble = skip_soon
    scan.go()
    (step,) = steps(scan)
    assert step.reason == "given up"
    own = scan.column("current")[contact_row(scan) + 1 : step.row + 1]
    assert 20 < len(own) < STEP_ROWS
    assert math.isclose(step.charge, math.fsum(own) * CLOCK.period)
    (site,) = scan.of(SiteFinished)
    assert site.outcome is Outcome.SKIPPED
    retract = next(e.row for e in scan.of(PhaseBegan) if e.phase is Phase.RETRACT)
    assert step.row == retract - 1


def verdict(watch: SegmentWatch, blocks: list[Block]) -> End | str | None:
    try:
        for block in blocks:
            end = watch.feed(block)
            if end is not None:
                return end
    except ContactError as error:
        return f"{error.code}: {error.what}"
    return None


ROWS = st.tuples(
    st.sampled_from([0.0, 1.0, 3.0, math.nan]),
    st.integers(-3, 3),
    st.sampled_from([0, 0, int(Flag.OVERLOAD)]),
)


@given(
    rows=st.lists(ROWS, min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=20),
    since=st.integers(0, 8),
    lasts=st.integers(1, 60),
)
def test_however_the_rows_are_cut_a_step_ends_in_the_same_row_for_the_same_reason(
    rows, cuts, since, lasts
):
    potential, current, flags = zip(*rows, strict=True)
    block = a_block(potential=potential, current=np.array(current) * 0.1 * nA, flags=flags)
    limits = (
        Limit("potential", "above", 2.0, after=0.0),
        Limit("charge", "above", 5 * 0.1 * nA * CLOCK.period),
    )
    segment = a_segment(0, 1.0, *limits)
    whole = verdict(SegmentWatch(segment, since, lasts), [block])
    assert verdict(SegmentWatch(segment, since, lasts), cut(block, cuts)) == whole
