"""The virtual rig's reflexes: what fires in a row ends the block there, however rows are cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import CLOCK, a_block, cut

from seccm.plan.contacts import current_threshold
from seccm.rig import Block, Constant, Drive, Limit, Move, RawChannel, RawSamples
from sim.record import SIDE, Input
from sim.reflex import REMEMBERED, Reflexes

PROCESSING = 2e-3
INPUTS = (Input(1e-4, 10.0), Input(1e-13, 1e-7))
CHANNELS = (
    RawChannel("potential", "V", (0.0, 1e-3, 0.0, 0.0)),
    RawChannel("current", "A", (0.0, 1e-13, 0.0, 0.0)),
)
RULE = current_threshold(5e-12)
DOWN = Move("z", 20e-6, 2e-6, until=RULE)
ROWS = 300
TOUCH = 210
"""The row in which the droplet touches."""


def reflexes() -> Reflexes:
    return Reflexes(PROCESSING, INPUTS, CHANNELS, seed=1)


def approach(rows: int = ROWS, touch: int = TOUCH) -> Block:
    """No current, and from some row on one of 100 pA."""
    return a_block(current=np.where(np.arange(rows) < touch, 0.0, 100e-12))


def seen(watch: Reflexes, blocks: Iterable[Block]) -> list[float]:
    """Show blocks as a rig does, each cut where something fires; return when motions halt."""
    halts = []
    for whole in blocks:
        left = whole
        while left.rows:
            stop = watch.end(left)
            happened = left.part(left.start, stop)
            halt = watch.see(happened, TOUCH * CLOCK.period)
            halts += [] if halt is None else [halt]
            left = left.part(stop, left.stop)
    return halts


@given(cuts=st.lists(st.integers(1, ROWS - 1), max_size=8))
def test_a_contact_halts_the_tip_at_the_same_instant_however_rows_are_cut(cuts):
    watch = reflexes()
    watch.arm(DOWN)
    (halt,) = seen(watch, cut(approach(), cuts))
    last = TOUCH + RULE.consecutive - 1
    assert halt == pytest.approx(CLOCK.time(last) + PROCESSING)
    assert watch.armed is None


def test_a_look_ahead_changes_nothing():
    """The rig asks where a block ends before the rows have happened; it may ask twice."""
    watch = reflexes()
    watch.arm(DOWN)
    ends = {watch.end(approach()) for _ in range(3)}
    assert ends == {TOUCH + RULE.consecutive}
    assert watch.armed == "z"
    assert watch.see(approach().part(0, TOUCH), None) is None


def test_nothing_is_watched_for_unless_somebody_asks():
    watch = reflexes()
    assert not watch.watching
    assert watch.end(approach()) == ROWS
    assert watch.see(approach(), None) is None
    watch.arm(DOWN)
    assert watch.watching
    watch.disarm()
    assert not watch.watching
    assert watch.see(approach(), None) is None


@pytest.mark.parametrize(("axis", "armed"), [("z", None), ("x", "z")])
def test_only_another_motion_of_its_own_axis_ends_the_watch_of_a_contact(axis, armed):
    watch = reflexes()
    watch.arm(DOWN)
    watch.arm(Move(axis, 1e-6, 1e-6))
    assert watch.armed == armed


# ---------------------------------------------------------------------------------- limits


def charged(after_rows: int) -> Limit:
    """A charge that -1 nA has passed after so many data points."""
    return Limit("charge", "above", 1e-9 * CLOCK.period * (after_rows - 0.5))


@given(
    since=st.integers(0, 40),
    rows=st.integers(1, 60),
    cuts=st.lists(st.integers(1, 119), max_size=6),
)
def test_a_block_ends_with_the_row_in_which_a_limit_comes_true(since, rows, cuts):
    block = a_block(current=np.full(120, -1e-9))
    watch = reflexes()
    watch.drive(Drive("current", Constant(-1e-9), limits=(charged(rows),)), since)
    ends = []
    for part in cut(block, cuts):
        stop = watch.end(part)
        ends += [stop] if stop < part.stop or (not ends and stop == since + rows) else []
        watch.see(part.part(part.start, stop), None)
        if ends:
            break
    assert ends == [since + rows]
    assert not watch.watching


def test_a_drive_that_began_earlier_counts_the_rows_that_are_remembered():
    watch = reflexes()
    block = a_block(current=np.full(80, -1e-9))
    watch.see(block.part(0, 50), None)
    watch.drive(Drive("current", Constant(-1e-9), limits=(charged(60),)), since=0)
    assert watch.end(block.part(50, 80)) == 60


def test_a_drive_without_limits_ends_the_watch_of_the_one_before():
    watch = reflexes()
    watch.drive(Drive("current", Constant(-1e-9), limits=(charged(3),)), since=0)
    assert watch.watching
    watch.drive(Drive("open", Constant(0.0)), since=0)
    assert not watch.watching


# --------------------------------------------------------------------------------- records


def stopped(blocks: list[Block]) -> Reflexes:
    watch = reflexes()
    watch.arm(DOWN)
    assert len(seen(watch, blocks)) == 1
    return watch


def test_a_record_comes_once_and_only_when_its_last_sample_was_taken():
    watch = reflexes()
    watch.arm(replace(DOWN, until=replace(RULE, consecutive=1)))
    middle = (TOUCH + 0.5) * CLOCK.period
    assert watch.see(approach(TOUCH + 1), middle) is not None
    assert watch.record() is None
    watch.see(a_block(TOUCH + 1, current=np.full(1, 100e-12)), None)
    record = watch.record()
    assert record is not None
    assert watch.record() is None
    assert record.crossing == np.ceil(middle * CLOCK.rate)
    assert record.start == record.crossing - SIDE
    assert record.potential.shape == record.current.shape == (2 * SIDE,)


def test_a_record_is_on_both_sides_of_the_crossing_and_shows_it():
    watch = stopped([approach(TOUCH + RULE.consecutive)])
    watch.see(a_block(TOUCH + RULE.consecutive, current=np.full(20, 100e-12)), None)
    record = watch.record()
    assert record is not None
    before, after = np.split(record.current, [record.crossing - record.start])
    assert abs(np.median(before)) < 5e-12 < np.median(after)


def test_where_raw_samples_were_taken_the_record_is_cut_out_of_them():
    """And not made up from the rows."""
    rows = approach()
    n = ROWS * CLOCK.spacing
    codes = np.stack([np.zeros(n), np.arange(n) % 1000]).astype(np.int16)
    with_raw = Block(0, rows.data, rows.flags, rows.clock, raw=(RawSamples(0, codes),))
    watch = reflexes()
    watch.arm(DOWN)
    watch.see(with_raw, TOUCH * CLOCK.period)
    record = watch.record()
    assert record is not None
    own = np.arange(record.start, record.start + 2 * SIDE)
    np.testing.assert_allclose(record.current, (own % 1000) * 1e-13)


def test_no_record_is_made_of_rows_that_were_lost():
    """Rows and raw samples around the crossing did not come: there is nothing to record."""
    first = approach(TOUCH + RULE.consecutive)
    watch = stopped([first.part(TOUCH, first.stop)])
    watch.see(a_block(first.stop, current=np.full(20, 100e-12)), None)
    assert watch.record() is None


def test_rows_long_past_are_forgotten():
    """A drive that names a row of an hour ago counts what is remembered, and memory stays flat."""
    watch = reflexes()
    for start in range(0, 10_000, 50):
        watch.see(a_block(start, current=np.full(50, -1e-9)), None)
    watch.drive(Drive("current", Constant(-1e-9), limits=(charged(10_000),)), since=0)
    more = a_block(10_000, current=np.full(10_000, -1e-9))
    assert watch.end(more) >= 10_000 + 10_000 - REMEMBERED - 2 * 50
