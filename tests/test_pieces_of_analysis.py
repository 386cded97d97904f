"""Parts of the analysis on their own: steps and hum planted in noise, and records without them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.analysis.hidden import Hidden, hidden
from seccm.analysis.impact_noise import baseline, hum, matched
from seccm.analysis.impact_steps import LENGTH, find_steps
from seccm.analysis.smoothness import BINS, disturbances, leaps, left_over
from seccm.analysis.sweep_hum import humming_sweep

SIGMA = 1e-4
"""V, noise of a row of the records here."""


def settling(rows: int, first: int = 30) -> np.ndarray:
    """A potential that changes in proportion to the time since contact, as reactions have it."""
    since = first + np.arange(float(rows))
    return 0.3 * np.exp(-since / 400.0) - 0.02 * np.log(since)


def noisy(record: np.ndarray, seed: int, sigma: float = SIGMA) -> np.ndarray:
    return record + sigma * np.random.default_rng(seed).standard_normal(record.size)


# What is smooth, and what is not.


@pytest.mark.parametrize("degree", range(8))
def test_polynomials_leave_nothing_and_noise_is_left_in_its_size(degree: int):
    left = left_over(7)
    place = np.linspace(-1.0, 1.0, BINS)
    assert np.abs(place**degree @ left).max() < 1e-12
    np.testing.assert_allclose(left, left.T, atol=1e-12)
    np.testing.assert_allclose(left @ left, left, atol=1e-12)
    assert np.trace(left) == pytest.approx(BINS - 8)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", ["settling", "line", "nothing"])
def test_what_reactions_do_is_no_disturbance(shape: str, seed: int):
    record = {"settling": settling, "line": lambda n: 1e-5 * np.arange(n), "nothing": np.zeros}
    assert disturbances(noisy(record[shape](6000), seed), 30.0, SIGMA).shape == (0, 2)


@pytest.mark.parametrize("at", [400, 1500, 4200, 5800])
@pytest.mark.parametrize("size", [2e-3, -2e-3])
def test_a_step_is_found_where_it_is_and_nowhere_else(at: int, size: float):
    record = settling(6000)
    record[at:] += size
    found = disturbances(noisy(record, 3), 30.0, SIGMA)
    assert len(found)
    assert ((found[:, 0] <= at) & (at <= found[:, 1] + 1)).all(), found


@pytest.mark.parametrize("shift", [-1.0, 3.0])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_neither_zero_nor_sign_nor_unit_of_a_potential_matters(shift, sign, factor):
    record = settling(3000)
    record[1500:] += 2e-3
    record = noisy(record, 1)
    before = disturbances(record, 30.0, SIGMA, 2000.0)
    moved = disturbances(factor * sign * (record + shift), 30.0, factor * SIGMA, 2000.0)
    if factor >= 1.0:
        assert np.array_equal(before, moved)
    else:
        # Below what a single precision number shows, noise counts as that.
        assert len(moved)


@given(st.integers(0, BINS - 1))
def test_a_record_too_short_to_tell_has_no_disturbance(rows: int):
    assert disturbances(np.zeros(rows), 0.0, SIGMA).shape == (0, 2)


@given(st.floats(0.1, 50.0), st.floats(0.5, 3.0), st.integers(10, 80))
def test_a_fall_that_slows_down_is_no_leap_and_one_that_does_not_is(tau, height, at):
    e = height * np.exp(-np.arange(100.0) / tau)
    assert not leaps(e, 1e-3)
    e[at:] += 2.5 * height
    assert leaps(e, 1e-3)
    assert leaps(-e, 1e-3)


@given(st.integers(0, 2))
def test_less_than_three_rows_leap_only_where_one_follows_the_other(rows):
    assert not leaps(np.arange(float(rows)), 0.1)


# What a step too small to be seen would have done.


@pytest.mark.parametrize("seed", range(5))
def test_a_step_that_hides_is_no_smaller_than_noise_makes_one(seed: int):
    """And of twice the noise, twice as large."""
    record = settling(3000, 1)
    small = hidden(noisy(record, seed, SIGMA), 1000.0)
    large = hidden(noisy(record, seed, 10 * SIGMA), 1000.0)
    for name in ("before", "near", "after"):
        assert 0.0 < getattr(small, name) < 20 * SIGMA
        assert getattr(large, name) > 3.0 * getattr(small, name)


@pytest.mark.parametrize("where", [800, 1000, 2000])
def test_a_planted_step_hides_where_it_was_planted(where: int):
    record = noisy(settling(3000, 1), 2)
    record[where:] += 30 * SIGMA
    found = hidden(record, 1000.0)
    sizes = {"before": where < 1100, "near": 900 < where < 1100, "after": where > 1000}
    for name, here in sizes.items():
        if here:
            assert getattr(found, name) > 10 * SIGMA, name
    assert (found.before > 10 * SIGMA) is (where < 1300)


@given(st.floats(1e-9, 1e-2), st.floats(1e-9, 1e3), st.floats(1.1, 10.0))
def test_a_flatter_minimum_is_moved_further(step, curvature, factor):
    one = Hidden(0.0, step, 0.0)
    assert one.shift(curvature) > one.shift(factor * curvature) > 0.0
    assert Hidden(0.0, factor * step, 0.0).shift(curvature) > one.shift(curvature)
    # The record is off by the step where it has risen by it: half the curvature times t squared.
    t = math.sqrt(3.0) * one.shift(curvature)
    assert 0.5 * curvature * t**2 == pytest.approx(step)
    for unknown in (0.0, -curvature, math.nan):
        assert one.shift(unknown) == 0.0


@given(st.integers(1, 30))
def test_nothing_is_said_of_a_record_too_short_to_look(rows):
    found = hidden(np.zeros(rows), 10.0)
    assert (found.before, found.near, found.after) == (0.0, 0.0, 0.0)


# Steps of a current that stay.


def stepped(heights: dict[int, float], rows: int = 20_000, seed: int = 0) -> np.ndarray:
    y = np.random.default_rng(seed).standard_normal(rows)
    for row, height in heights.items():
        y[row:] += height
    return y


def steps_of(y: np.ndarray, *, widest: int = 8, spiky: bool = False):
    return find_steps(y, np.isfinite(y), widest, 6.0, 0.1, spiky=spiky)


@pytest.mark.parametrize("height", [4.0, -4.0, 20.0])
@pytest.mark.parametrize("row", [4000, 10_000, 15_000])
def test_a_step_has_its_row_and_height_within_what_is_stated(row: int, height: float):
    (found,) = steps_of(stepped({row: height}))
    assert abs(found.row - row) <= (4 if abs(height) < 5 else 1)
    assert abs(found.height - height) < 5.0 * found.error
    assert 0.0 < found.error < 0.5


def test_steps_up_and_down_are_all_found_in_their_order():
    planted = {4000: 3.0, 9000: -5.0, 15_000: 4.0}
    found = steps_of(stepped(planted))
    assert [round(one.height) for one in found] == [3, -5, 4]
    assert [one.row for one in found] == pytest.approx(list(planted), abs=8)


@pytest.mark.parametrize("factor", [1e-12, -1e-12, 1e3])
def test_steps_are_the_same_in_any_unit_and_upside_down(factor: float):
    y = stepped({6000: 4.0})
    (plain,) = steps_of(y)
    (scaled,) = find_steps(y * factor, np.isfinite(y), 8, 6.0, 0.1 * abs(factor), spiky=False)
    assert scaled.row == plain.row
    assert scaled.height == pytest.approx(factor * plain.height)
    assert scaled.error == pytest.approx(abs(factor) * plain.error)


@pytest.mark.parametrize("what", ["noise", "ramp", "wave"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_step_is_none(what: str, seed: int):
    t = np.linspace(0.0, 1.0, 20_000)
    added = {"noise": 0 * t, "ramp": 30.0 * t, "wave": 3.0 * np.sin(6.0 * t)}[what]
    assert steps_of(stepped({}, seed=seed) + added) == ()


def test_rows_without_a_number_neither_hide_a_step_nor_make_one():
    y = stepped({10_000: 4.0})
    y[3000:3200] = np.nan
    y[15_000:15_500] = np.nan
    (found,) = steps_of(y)
    assert abs(found.row - 10_000) <= 8


def test_a_record_shorter_than_its_medians_has_no_steps():
    shortest = 4 * LENGTH * 8
    y = stepped({shortest // 2: 50.0}, rows=shortest - 16)
    assert steps_of(y) == ()


# The current between impacts.


@pytest.mark.parametrize("slope", [0.0, 1e-3, -1e-3])
def test_a_baseline_follows_what_is_slow_and_no_spike(slope: float):
    rows = np.arange(8000.0)
    course = 5.0 + slope * rows
    y = course + 0.1 * np.random.default_rng(1).standard_normal(rows.size)
    spiked = y.copy()
    spiked[2000:2005] += 1e3
    spiked[6000] = np.nan
    every = np.ones(rows.size, bool)
    plain = baseline(y, every, 8)
    assert np.abs(plain - course).max() < 0.1 + 200 * abs(slope)
    held = baseline(spiked, np.isfinite(spiked), 8)
    assert np.abs(held - plain).max() < 0.05


def test_where_nothing_is_quiet_there_is_no_baseline():
    assert baseline(np.ones(500), np.zeros(500, bool), 4).tolist() == [0.0] * 500


@pytest.mark.parametrize("frequency", [49.8, 50.0, 60.0, 60.2])
@pytest.mark.parametrize("amplitude", [1.0, 20.0])
def test_the_hum_of_the_mains_is_found_and_taken_off(frequency: float, amplitude: float):
    row, n = 2.57e-3 / 8, 16_000
    t = row * np.arange(n)
    wave = amplitude * np.cos(2 * np.pi * frequency * t + 0.4)
    noise = np.random.default_rng(2).standard_normal(n)
    found = hum(wave + noise, np.ones(n, bool), row)
    left = (wave - found)[1600:-1600]
    assert np.sqrt(np.mean(left**2)) < 0.12 * amplitude + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_noise_does_not_hum(seed: int):
    n, row = 16_000, 3e-4
    noise = np.random.default_rng(seed).standard_normal(n)
    found = hum(noise, np.ones(n, bool), row)
    assert np.sqrt(np.mean(found**2)) < 0.15


@pytest.mark.parametrize(("rows", "row"), [(100, 3e-4), (10_000, 2e-2)])
def test_records_too_short_or_rows_too_long_show_no_hum(rows: int, row: float):
    wave = np.cos(2 * np.pi * 50.0 * row * np.arange(rows))
    assert hum(wave, np.ones(rows, bool), row).tolist() == [0.0] * rows


@pytest.mark.parametrize("width", [1, 4, 16])
def test_means_scatter_as_they_are_said_to(width: int):
    y = np.random.default_rng(5).standard_normal(40_000)
    made = matched(y, np.ones(y.size, bool), width, 16)
    assert made.width == width
    expected = np.convolve(y, np.full(width, 1.0 / width), "valid")
    np.testing.assert_allclose(made.mean[: expected.size], expected, atol=1e-12)
    assert (made.mean[expected.size :] == 0.0).all()
    np.testing.assert_allclose(made.sigma, 1.0 / math.sqrt(width), rtol=0.25)


def test_spikes_do_not_count_among_the_noise():
    y = np.random.default_rng(6).standard_normal(20_000)
    quiet = np.ones(y.size, bool)
    y[::200] += 1e6
    quiet[::200] = False
    np.testing.assert_allclose(matched(y, quiet, 4, 16).sigma, 0.5, rtol=0.3)


def test_where_there_is_too_little_quiet_nothing_stands_out():
    y = np.zeros(100)
    quiet = np.zeros(100, bool)
    assert np.isinf(matched(y, quiet, 4, 16).sigma).all()


# The hum in a sweep.


@pytest.mark.parametrize("frequency", [50.0, 60.0])
def test_hum_that_averaging_leaves_counts_as_noise_of_a_sweep(frequency: float):
    row, n = 1e-3, 6000
    potential = np.linspace(-0.3, 0.3, n)
    wave = 1e-12 * np.sin(2 * np.pi * frequency * row * np.arange(n))
    noise = 1e-14 * np.random.default_rng(0).standard_normal(n)
    quiet = humming_sweep(potential, noise, row)
    loud = humming_sweep(potential, noise + wave, row)
    assert loud.sigma > quiet.sigma
    assert loud.sigma_end > quiet.sigma_end
    twice = humming_sweep(potential, noise + 2 * wave, row)
    assert twice.sigma > loud.sigma


@pytest.mark.parametrize("seed", range(3))
def test_a_sweep_without_hum_is_as_noisy_as_it_was(seed: int):
    from seccm.analysis.sweep import sweep

    row, n = 1e-3, 6000
    potential = np.linspace(-0.3, 0.3, n)
    noise = 1e-14 * np.random.default_rng(seed).standard_normal(n)
    plain, made = sweep(potential, noise), humming_sweep(potential, noise, row)
    assert made.sigma <= 1.3 * plain.sigma
    assert np.array_equal(made.current, plain.current)
