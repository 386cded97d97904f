"""What measured sites say of others: against closed forms, and against what was planted."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from seccm.planners.fitting import Scale, fitted
from seccm.planners.gaussian_process import Mixture, Process, Told
from seccm.planners.kernel import LEVEL, SLOPE, Kernel

Array = npt.NDArray[np.float64]
SMOOTH = Kernel(1.0, (0.4,))
FINE = np.linspace(0.0, 1.0, 21)[:, None]


def numbers(points: Array, values: Array, error: float = 1e-3) -> Told:
    """Sites with numbers."""
    count = len(values)
    return Told(points.reshape(count, -1), values, np.full(count, error), np.zeros(count))


def test_the_covariance_is_that_of_the_book() -> None:
    """Matern with nu = 5/2, a level and a slope; by the formula, for one distance."""
    r = 0.3 / 0.4
    matern = (1 + math.sqrt(5) * r + 5 * r**2 / 3) * math.exp(-math.sqrt(5) * r)
    expected = LEVEL**2 + SLOPE**2 * (0.2 - 0.5) * (0.5 - 0.5) + matern
    found = SMOOTH.between(np.array([[0.2]]), np.array([[0.5]]))
    assert found.item() == pytest.approx(expected)


@given(st.integers(1, 3), st.integers(1, 12), st.integers(0, 99))
def test_the_covariance_of_points_is_one(dimensions: int, count: int, seed: int) -> None:
    """Symmetric, not negative in any direction, its diagonal the variance."""
    points = np.random.default_rng(seed).random((count, dimensions))
    kernel = Kernel(0.7, (0.3,) * dimensions)
    found = kernel.between(points, points)
    np.testing.assert_allclose(found, found.T)
    np.testing.assert_allclose(np.diag(found), kernel.variance(points))
    assert np.linalg.eigvalsh(found).min() > -1e-9


def test_the_evidence_of_numbers_is_their_probability() -> None:
    rng = np.random.default_rng(2)
    points, values = rng.random((6, 1)), rng.standard_normal(6)
    process = Process(SMOOTH, 0.2, numbers(points, values, 0.1))
    covariance = SMOOTH.between(points, points) + (0.2**2 + 0.1**2) * np.eye(6)
    assert process.evidence == pytest.approx(
        multivariate_normal(np.zeros(6), covariance).logpdf(values)
    )


def test_what_was_measured_without_error_is_expected_again() -> None:
    points = np.linspace(0.0, 1.0, 7)[:, None]
    values = np.sin(5.0 * points[:, 0])
    process = Process(SMOOTH, 0.0, numbers(points, values, 1e-6))
    np.testing.assert_allclose(process.mean(points), values, atol=1e-5)
    assert process.variance(points).max() < 1e-9
    between = process.variance(np.array([[0.25], [2.0]]))
    assert between[0] < between[1], "less is known far away"


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("limit", [-2.0, 0.0, 1.0])
def test_a_single_bound_is_exact(side: float, limit: float) -> None:
    """Moments of a normal distribution that was cut by a soft edge; its probability."""
    point = np.array([[0.5]])
    told = Told(point, np.array([limit]), np.array([0.3]), np.array([side]))
    process = Process(SMOOTH, 0.4, told)
    prior = float(SMOOTH.variance(point)[0])
    width = math.sqrt(prior + 0.3**2 + 0.4**2)
    z = side * (0.0 - limit) / width
    ratio = norm.pdf(z) / norm.cdf(z)
    assert process.evidence == pytest.approx(norm.logcdf(z), abs=1e-6)
    assert process.mean(point)[0] == pytest.approx(side * prior * ratio / width, abs=1e-6)
    expected = prior - prior**2 * ratio * (z + ratio) / width**2
    assert process.variance(point)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_points_with_others_are_a_part_of_all_with_all(dimensions: int) -> None:
    """And the variance of each point is its covariance with itself, whatever is mixed."""
    rng = np.random.default_rng(dimensions)
    told = numbers(rng.random((7, dimensions)), rng.standard_normal(7), 0.1)
    parts = [
        Process(Kernel(size, (0.2,) * (dimensions - 1) + (0.7,)), 0.1, told) for size in (0.5, 2.0)
    ]
    mixture = Mixture(parts, np.array([0.3, 0.7]))
    points, others = rng.random((5, dimensions)), rng.random((4, dimensions))
    both = np.concatenate([points, others])
    for model in (*parts, mixture):
        whole = model.covariance(both, both)
        np.testing.assert_allclose(model.covariance(points, others), whole[:5, 5:], atol=1e-12)
        np.testing.assert_allclose(whole, whole.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(whole), mixture.at(both)[1] ** 2, atol=1e-12)
    np.testing.assert_allclose(np.diag(parts[0].covariance(both, both)), parts[0].variance(both))


def test_bounds_and_numbers_together_agree_with_a_sum_over_curves() -> None:
    """Two numbers and two bounds; the truth by drawing from the prior."""
    points = np.array([[0.1], [0.4], [0.6], [0.9]])
    values, sides = np.array([0.2, 0.1, 0.8, -0.3]), np.array([0.0, 0.0, 1.0, -1.0])
    process = Process(SMOOTH, 0.3, Told(points, values, np.zeros(4), sides))
    rng = np.random.default_rng(5)
    at = np.concatenate([points, [[0.75]]])
    covariance = SMOOTH.between(at, at)
    # Given the numbers exactly, the bounds by weighing 400,000 draws.
    known = covariance[:, :2] @ np.linalg.inv(covariance[:2, :2] + 0.09 * np.eye(2))
    mean = known @ values[:2]
    drawn = rng.multivariate_normal(mean, covariance - known @ covariance[:2], 400_000)
    weights = norm.cdf(sides[2:] * (drawn[:, 2:4] - values[2:]) / 0.3).prod(axis=1)
    expected = weights @ drawn[:, 4] / weights.sum()
    spread = math.sqrt(weights @ (drawn[:, 4] - expected) ** 2 / weights.sum())
    assert process.mean(at[4:])[0] == pytest.approx(expected, abs=0.03 * spread)
    assert math.sqrt(process.variance(at[4:])[0]) == pytest.approx(spread, rel=0.03)


def law(x: Array) -> Array:
    """A planted result, V."""
    return np.asarray(-0.15 - 0.12 * x + 0.02 * np.sin(4.0 * x))


def test_its_intervals_hold_what_was_planted_as_often_as_they_say() -> None:
    inside = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = rng.random((14, 1))
        told = numbers(x, law(x[:, 0]) + 4e-3 * rng.standard_normal(14), 1e-4)
        mean, deviation = fitted(told, seed).at(FINE)
        inside.append(np.abs(mean - law(FINE[:, 0])) < 1.96 * deviation)
    assert 0.9 <= np.mean(inside) <= 0.99


def test_sites_that_gave_a_bound_only_do_not_pull_the_mean() -> None:
    """Half of the sites end before the event. Without them, the mean is far off."""
    at, off, off_without = np.array([[0.1], [0.3], [0.5]]), [], []
    truth = 2.0 - 3.0 * at[:, 0]
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = rng.random((16, 1))
        y = 2.0 - 3.0 * x[:, 0] + 0.3 * rng.standard_normal(16)
        late = y > 1.0
        told = Told(x, np.where(late, 1.0, y), np.full(16, 1e-3), np.where(late, 1.0, 0.0))
        mean, deviation = fitted(told, seed).at(at)
        off.append((mean - truth) / deviation)
        seen = numbers(x[~late], y[~late])
        off_without.append((fitted(seen, seed).at(at)[0] - truth)[0])
    assert np.abs(np.mean(off, axis=0)).max() < 1.2, "in standard deviations of a single screen"
    assert np.abs(off).max() < 4.0
    assert np.mean(off_without) < -0.2


@given(
    st.integers(1, 8),
    st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3 or x == 0.0),
    st.sampled_from([1e-12, 1e-3, 1.0, 1e6]),
)
@settings(max_examples=12)
def test_the_unit_of_a_result_makes_no_difference(count: int, shift: float, factor: float) -> None:
    rng = np.random.default_rng(count)
    x, y = rng.random((count, 1)), rng.standard_normal(count)
    plain = fitted(numbers(x, y), 0).at(FINE)
    scaled = fitted(numbers(x, factor * (y + shift), factor * 1e-3), 0).at(FINE)
    np.testing.assert_allclose(scaled[0] / factor - shift, plain[0], rtol=0, atol=2e-2)
    np.testing.assert_allclose(scaled[1] / factor, plain[1], rtol=3e-2)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_one_site_or_sites_that_are_all_alike_are_enough(value: float) -> None:
    for count in (1, 4):
        x = np.linspace(0.2, 0.8, count)[:, None]
        mean, deviation = fitted(numbers(x, np.full(count, value)), 0).at(FINE)
        assert np.isfinite(mean).all()
        assert (deviation > 0.0).all()
    assert Scale.of(numbers(x, np.full(4, value))).spread > 0.0


def test_draws_have_the_mean_and_the_spread_of_what_is_expected() -> None:
    rng = np.random.default_rng(1)
    told = numbers(rng.random((5, 1)), rng.standard_normal(5), 0.2)
    mixture = Mixture(
        [Process(Kernel(1.0, (0.3,)), 0.1, told), Process(Kernel(0.5, (0.8,)), 0.3, told)],
        np.array([0.3, 0.7]),
    )
    draws = mixture.draws(FINE, 20_000, np.random.default_rng(3))
    mean, deviation = mixture.at(FINE)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.05 * deviation.max())
    np.testing.assert_allclose(draws.std(axis=0), deviation, rtol=0.06)
    np.testing.assert_allclose(np.cov(draws.T), mixture.covariance(FINE, FINE), atol=0.05)


def test_the_same_sites_give_the_same_model() -> None:
    rng = np.random.default_rng(4)
    told = numbers(rng.random((9, 2)), rng.standard_normal(9))
    at = rng.random((5, 2))
    first, again = fitted(told, 7).at(at), fitted(told, 7).at(at)
    np.testing.assert_array_equal(first, again)
