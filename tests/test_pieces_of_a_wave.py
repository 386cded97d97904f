"""A wave, a minimum and a spike taken to pieces: where the pieces lie, and what does not matter."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seccm.analysis.impact_search import Spike
from seccm.analysis.impact_shape import Impact, measure
from seccm.analysis.minimum import MinimumRule, Record, refined, search, smoothed, threshold
from seccm.analysis.sweep import Sweep
from seccm.analysis.wave_shape import Shape, fitted, from_foot, taken_apart
from seccm.results import Status

F_RT = 38.92
E = np.arange(-0.3, 0.3, 1e-3)


# ------------------------------------------------------------------ a line and its errors


@pytest.mark.parametrize("slope", [-3.0, 0.0, 0.5])
@pytest.mark.parametrize("height", [-2.0, 0.0, 10.0])
def test_a_straight_line_is_found_as_it_is(slope: float, height: float):
    x = np.linspace(-1.0, 3.0, 50)
    line = fitted(x, height + slope * x, 0.0)
    assert line.slope == pytest.approx(slope, abs=1e-12)
    assert line.at(x) == pytest.approx(height + slope * x)
    assert line.height_error < 1e-9
    assert line.slope_error < 1e-9


def test_the_errors_of_a_line_are_those_of_the_textbook():
    x, rng = np.linspace(0.0, 1.0, 400), np.random.default_rng(2)
    line = fitted(x, 0.1 * rng.standard_normal(x.size), 0.0)
    assert line.height_error == pytest.approx(0.1 / math.sqrt(400), rel=0.2)
    assert line.slope_error == pytest.approx(0.1 / (x.std() * math.sqrt(400)), rel=0.2)


def test_residuals_that_resemble_their_neighbours_count_for_less():
    x, rng = np.linspace(0.0, 1.0, 600), np.random.default_rng(3)
    white = rng.standard_normal(x.size)
    slow = np.convolve(rng.standard_normal(x.size + 20), np.ones(21) / math.sqrt(21), "valid")
    assert fitted(x, slow, 0.0).height_error > 2.0 * fitted(x, white, 0.0).height_error


def test_no_line_is_known_better_than_the_noise_allows():
    x = np.linspace(0.0, 1.0, 100)
    line = fitted(x, 2.0 * x, 0.3)
    assert line.height_error >= 0.3 / 10.0 * (1 - 1e-12)


# ------------------------------------------------------------------ a wave


def swept(current: np.ndarray, noise: float = 0.0, seed: int = 0) -> Sweep:
    raw = current + noise * np.random.default_rng(seed).standard_normal(current.size)
    smooth = np.convolve(np.pad(raw, 4, "edge"), np.ones(9) / 9, "valid")
    return Sweep(E, smooth if noise else raw, raw, noise / 3 or 1e-12, anodic=True)


def wave(half: float = 0.02, limit: float = 1.0, leak: float = 0.0, base: float = 0.0):
    return base + leak * E + limit / (1.0 + np.exp(-F_RT * (E - half)))


def apart(current: np.ndarray, noise: float = 0.0) -> Shape:
    found = taken_apart(from_foot(swept(current, noise)))
    assert found is not None
    return found


@pytest.mark.parametrize("half", [-0.05, 0.0, 0.06])
@pytest.mark.parametrize("leak", [0.0, 0.2, -0.1])
def test_a_wave_on_a_leak_has_its_own_height_place_and_width(half: float, leak: float):
    shape = apart(wave(half, 1.0, leak))
    assert shape.limit == pytest.approx(1.0, abs=0.01)
    assert shape.half == pytest.approx(half, abs=1e-3)
    assert shape.width == pytest.approx(math.log(9.0) / F_RT, abs=1.5e-3)
    assert shape.base.slope == pytest.approx(leak, abs=0.03)
    assert shape.has_foot
    assert shape.has_plateau


@pytest.mark.parametrize("limit", [1e-12, 3e-9, 1.0])
def test_neither_the_unit_of_the_current_nor_the_zero_of_the_potential_matters(limit: float):
    usual, other = apart(wave(0.02)), apart(wave(0.02, limit))
    assert other.limit == pytest.approx(limit * usual.limit)
    assert other.half == pytest.approx(usual.half)
    assert other.width == pytest.approx(usual.width)
    moved = taken_apart(from_foot(replace(swept(wave(0.02)), potential=E + 3.0)))
    assert moved is not None
    assert moved.half == pytest.approx(usual.half + 3.0)


def test_a_reduction_is_seen_from_its_foot_as_an_oxidation_is():
    upright = from_foot(swept(wave(0.02)))
    turned = swept(-wave(0.02)[::-1])
    mirrored = from_foot(replace(turned, potential=-E[::-1]))
    assert (upright.sign, mirrored.sign) == (1.0, -1.0)
    assert mirrored.potential == pytest.approx(upright.potential)
    assert mirrored.raw == pytest.approx(upright.raw)
    assert upright.clear
    assert mirrored.clear


def test_a_sweep_with_as_much_at_both_ends_has_no_clear_foot():
    assert not from_foot(swept(wave(0.0) - 0.5)).clear


def test_foot_and_plateau_are_apart_and_on_their_sides_of_the_wave():
    shape = apart(wave(0.02, leak=0.1), noise=2e-3)
    assert shape.foot.e.max() < shape.half < shape.plateau[0]
    assert shape.crossings[0] < shape.crossings[1] < shape.crossings[2]
    assert all(slope > 0.0 for slope in shape.steepness)
    assert shape.top.slope == pytest.approx(0.0, abs=0.05)


def test_more_noise_is_more_uncertain():
    quiet, loud = (apart(wave(0.02), noise) for noise in (1e-3, 1e-2))
    assert loud.limit_error() > quiet.limit_error()
    for k in range(3):
        assert loud.crossing_error(k, 1e-2 / 3) > quiet.crossing_error(k, 1e-3 / 3)
    assert abs(loud.limit - 1.0) < 4.0 * loud.limit_error()


@pytest.mark.parametrize("half", [-0.28, 0.28])
def test_a_wave_at_the_edge_lacks_its_foot_or_its_plateau(half: float):
    found = taken_apart(from_foot(swept(wave(half))))
    assert found is None or not (found.has_foot and found.has_plateau)


@pytest.mark.parametrize("current", [0 * E, 0 * E + 1.0, -wave(), np.where(E > 0, math.nan, 0.0)])
def test_what_does_not_rise_through_a_wave_is_none(current: np.ndarray):
    with np.errstate(invalid="ignore"):
        seen = from_foot(swept(current))
        found = taken_apart(replace(seen, sign=1.0, raw=seen.raw, current=seen.current))
    assert found is None or not found.limit > 0.5 or seen.sign == -1.0


# ------------------------------------------------------------------ a minimum


ROW = 0.01
RULE = MinimumRule()


def record(e: np.ndarray, noise: float = 1e-5, seed: int = 0) -> Record:
    t = ROW * (1 + np.arange(e.size))
    rng = np.random.default_rng(seed)
    return Record(t, e + noise * rng.standard_normal(e.size), ROW, noise)


T = ROW * (1 + np.arange(1500))


def nucleation(at: float = 5.0, depth: float = 0.05) -> np.ndarray:
    """A potential that falls, turns round and rises again, smoothly."""
    x = T / at  # its bend grows, as that of whatever grows does
    found: np.ndarray = depth * (0.25 * x**4 - x + 0.75)
    return found


def test_a_smoothed_record_is_quieter_and_where_it_was():
    rng = np.random.default_rng(1)
    line = 0.3 * T
    smooth = smoothed(line + 1e-3 * rng.standard_normal(T.size), 1e-3, 0.03)
    expected = np.interp(smooth.row, np.arange(T.size), line)
    assert smooth.value == pytest.approx(expected, abs=5 * smooth.sigma)
    assert smooth.sigma < 0.5e-3
    assert float(np.std(smooth.value - expected)) == pytest.approx(smooth.sigma, rel=0.6)


@pytest.mark.parametrize("rows", [40, 41, 399, 1500, 20_000])
def test_a_window_is_never_wider_than_a_quarter_of_the_record(rows: int):
    smooth = smoothed(np.zeros(rows), 1.0, 0.9)
    assert 2 * smooth.half <= rows / 4 + 2
    assert smooth.row[0] >= smooth.half - 1
    assert smooth.row[-1] <= rows - 1 - smooth.half + smooth.half


@pytest.mark.parametrize("at", [2.0, 5.0, 9.0])
@pytest.mark.parametrize("depth", [0.02, 0.2])
def test_the_planted_minimum_is_found_within_its_uncertainty(at: float, depth: float):
    seen = record(nucleation(at, depth))
    found, smooth, another = search(seen, RULE)
    assert found is not None
    vertex = refined(seen, found, RULE)
    assert vertex.t == pytest.approx(at, abs=max(5 * vertex.t_error, ROW))
    assert vertex.e == pytest.approx(0.0, abs=max(6 * vertex.e_error, 1e-5))
    assert vertex.curvature == pytest.approx(3.0 * depth / at**2, rel=0.2)
    assert not vertex.at_edge
    assert not another
    assert threshold(smooth, RULE) >= RULE.least_recovery


@pytest.mark.parametrize("shift", [-3.0, 0.5])
def test_the_zero_of_the_potential_does_not_move_a_minimum(shift: float):
    plain, moved = record(nucleation()), record(nucleation() + shift)
    one, other = search(plain, RULE)[0], search(moved, RULE)[0]
    assert one is not None
    assert other is not None
    assert other.row == one.row
    assert refined(moved, other, RULE).t == pytest.approx(refined(plain, one, RULE).t, abs=1e-6)


@pytest.mark.parametrize("e", [0 * T, -0.01 * T, np.exp(-T)])
def test_what_does_not_turn_round_has_no_minimum(e: np.ndarray):
    found, _, another = search(record(e), RULE)
    assert found is None
    assert not another


def test_what_rises_from_its_first_row_on_has_its_minimum_at_the_edge():
    seen = record(0.01 * T)
    found, _, _ = search(seen, RULE)
    assert found is None or refined(seen, found, RULE).at_edge


def test_a_record_that_falls_again_and_recovers_again_has_another_one():
    once = nucleation()[:700]
    found, _, another = search(record(np.concatenate([once, once[-1] + once - once[0]])), RULE)
    assert found is not None
    assert found.row == pytest.approx(500, abs=20)
    assert another


def test_a_recovery_smaller_than_asked_for_is_none():
    seen = record(nucleation(depth=0.01))
    assert search(seen, MinimumRule(least_recovery=1.0))[0] is None
    assert search(seen, MinimumRule(least_recovery=1e-3))[0] is not None


# ------------------------------------------------------------------ a spike


def exponential(first: int, height: float, tau: float, rows: int = 400) -> np.ndarray:
    """Means over rows of a decay that begins with a row."""
    edges = np.maximum(np.arange(rows + 1) - first, 0.0) * ROW
    charge = height * tau * (1.0 - np.exp(-edges / tau))
    found: np.ndarray = np.diff(charge) / ROW
    return found


def looked_at(y: np.ndarray, *spikes: Spike, noise: float = 1e-6) -> tuple[Impact, ...]:
    return measure(y, ROW, spikes, lambda rows, _: noise / math.sqrt(rows))


@pytest.mark.parametrize("height", [1.0, -1.0, 1e-11])
@pytest.mark.parametrize("tau", [0.05, 0.2])
def test_a_decay_has_the_charge_and_the_time_that_were_planted(height: float, tau: float):
    y = exponential(100, height, tau)
    spike = Spike(100, 100, 300, 1 if height > 0 else -1, 1, overlaps=False)
    (found,) = looked_at(y, spike, noise=1e-6 * abs(height))
    assert found.charge.value == pytest.approx(height * tau, rel=1e-3)
    assert found.tail.value == pytest.approx(tau, rel=1e-2)
    assert found.start.value == pytest.approx(100 * ROW)
    assert math.copysign(1.0, found.height.value) == math.copysign(1.0, height)
    assert found.width.value == pytest.approx(tau * math.log(2.0), abs=2 * ROW)
    assert found.rise.value >= ROW


def test_what_a_spike_goes_on_with_after_its_last_row_is_part_of_its_charge():
    y = exponential(100, 1.0, 0.2)
    (short,) = looked_at(y, Spike(100, 100, 130, 1, 1, overlaps=False))
    assert y[100:130].sum() * ROW < 0.8 * 0.2
    assert short.charge.value == pytest.approx(0.2, rel=0.02)


def test_the_second_of_two_spikes_is_without_the_tail_of_the_first():
    y = exponential(100, 1.0, 0.2) + exponential(130, 0.7, 0.1)
    first, second = looked_at(
        y,
        Spike(100, 100, 130, 1, 1, overlaps=True),
        Spike(130, 130, 300, 1, 1, overlaps=True),
    )
    assert first.charge.value == pytest.approx(0.2, rel=0.05)
    assert second.charge.value == pytest.approx(0.07, rel=0.05)


def test_a_spike_of_a_few_rows_has_a_charge_and_no_tail():
    y = exponential(100, 1.0, 0.01)
    (found,) = looked_at(y, Spike(100, 100, 104, 1, 1, overlaps=False))
    assert found.tail.status is Status.TOO_SHORT
    assert found.charge.value == pytest.approx(0.01, rel=0.05)
    assert math.isfinite(found.charge.error)


def test_a_spike_in_the_first_and_in_the_last_row_has_a_charge():
    y = np.zeros(50)
    y[0] = y[-1] = 2.0
    first, last = looked_at(
        y, Spike(0, 0, 1, 1, 1, overlaps=False), Spike(49, 49, 50, 1, 1, overlaps=False)
    )
    assert first.charge.value == pytest.approx(2.0 * ROW)
    assert last.charge.value == pytest.approx(2.0 * ROW)
    assert looked_at(y) == ()
