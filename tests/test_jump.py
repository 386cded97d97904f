"""What noise explains, and what must have touched: the rule of the approach, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_world import a_block, cut

from seccm.arrays import FloatArray
from seccm.hopping.jump import LOCAL, JumpWatch
from seccm.plan.contacts import current_rise, current_threshold, potential_drop
from seccm.rig import Block, ContactRule

RULE = current_threshold(1e-12)
SIGMA = 1e-13


def white(rows: int, seed: int = 0) -> FloatArray:
    return SIGMA * np.random.default_rng(seed).standard_normal(rows)


def watched(current: FloatArray, rule: ContactRule = RULE, rest: int = 20) -> JumpWatch:
    """A watch that has heard some rows at rest and the others on the way down."""
    watch, block = JumpWatch(rule, 0.0), a_block(current=current)
    watch.rest(block.part(0, rest))
    watch.begin()
    watch.feed(block.part(rest, block.stop))
    return watch


@pytest.mark.parametrize("seed", range(20))
def test_white_noise_is_never_a_touch_and_its_rms_is_found(seed):
    watch = watched(white(10_000, seed))
    assert watch.row is None
    assert watch.noise == pytest.approx(SIGMA, rel=0.03)


@pytest.mark.parametrize("frequency", [50.0, 60.0])
@pytest.mark.parametrize("amplitude", [3e-13, 2e-11])
def test_hum_is_never_a_touch(frequency, amplitude):
    t = np.arange(10_000) * 2.57e-3
    assert watched(white(10_000) + amplitude * np.sin(2 * np.pi * frequency * t)).row is None


def test_slow_drift_far_past_the_threshold_is_never_a_touch():
    assert watched(white(10_000) + np.linspace(0.0, 1e-10, 10_000)).row is None


def test_a_step_as_the_stage_starts_is_no_touch():
    """There are no rows of the descent yet from which it could depart."""
    step = np.where(np.arange(2000) < 20, 0.0, 5e-12)
    assert watched(white(2000) + step).row is None


@given(
    row=st.integers(40, 500),
    height=st.sampled_from([-2e-12, 1e-12, 5e-11]),
    rows=st.integers(1, 400),
)
def test_a_touch_is_found_in_its_first_row_whatever_its_sign_and_length(row, height, rows):
    current = white(1000)
    current[row : row + rows] += height
    watch = watched(current)
    assert watch.row == row
    assert watch.before == pytest.approx(0.0, abs=2 * SIGMA)
    assert watch.stays(current[row : row + rows]) is True
    assert watch.stays(current[row + rows : row + rows + 10]) is False
    assert watch.stays(np.empty(0)) is False


@pytest.mark.parametrize(
    ("consecutive", "rows", "found"), [(1, 1, 1), (2, 1, 0), (2, 2, 1), (3, 2, 0)]
)
def test_as_many_rows_are_asked_for_as_of_a_contact(consecutive, rows, found):
    """Who has a signal with spikes of single rows asks for two."""
    current = white(1000)
    current[300 : 300 + rows] += 2e-12
    watch = watched(current, current_threshold(1e-12, consecutive=consecutive))
    assert watch.row == (300 if found else None)


def test_spikes_heard_at_rest_are_noise_and_larger_ones_are_not():
    current = white(1000)
    current[[12, 200, 300]] += 5e-12
    assert watched(current).row is None
    current[400] += 2e-11
    assert watched(current).row == 400


def test_a_departure_much_smaller_than_the_threshold_is_no_touch_however_quiet_the_signal():
    current = 1e-3 * white(1000)
    current[300] += 5e-14
    assert watched(current).row is None
    assert watched(current, current_rise(1e-13)).row == 300


def test_one_that_was_told_of_a_spike_goes_on_with_what_it_knows():
    current = white(1000)
    current[[300, 600]] += 5e-12
    watch = watched(current[:400])
    fresh = watch.renewed()
    assert (watch.row, fresh.row) == (300, None)
    assert fresh.noise == watch.noise
    assert fresh.feed(a_block(400, current=current[400:])) == 600


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=20), consecutive=st.integers(1, 3))
def test_however_the_rows_are_cut_the_same_row_is_found(lengths, consecutive):
    current = white(600, 3)
    current[350:355] -= 3e-12
    whole = a_block(current=current)
    rule = current_threshold(1e-12, consecutive=consecutive)
    expected = watched(current, rule)

    def parts(block: Block) -> list[Block]:
        edges = np.cumsum(lengths * (block.rows // sum(lengths) + 1))
        return cut(block, [block.start + int(edge) for edge in edges])

    watch = JumpWatch(rule, 0.0)
    for block in parts(whole.part(0, 20)):
        watch.rest(block)
    watch.begin()
    for block in parts(whole.part(20, whole.stop)):
        watch.feed(block)
    assert watch.row == expected.row == 350
    assert (watch.before, watch.noise > 0) == (expected.before, True)


def test_an_open_galvanostat_is_quiet_and_a_hundredth_of_the_drop_is_seen():
    potential = 10.0 + 1e-3 * np.random.default_rng(1).standard_normal(1000)
    potential[500] -= 0.06
    watch, block = JumpWatch(potential_drop(5.0), 10.0), a_block(potential=potential)
    watch.rest(block.part(0, 20))
    watch.begin()
    assert watch.feed(block.part(20, 1000)) == 500


def test_the_first_rows_of_a_descent_are_no_touch():
    current = white(100)
    current[20 : 20 + LOCAL - 1] += 5e-12
    assert watched(current[: 20 + LOCAL - 1]).row is None
