"""Laws across sites: proportions through the origin, their R2 with interval, and exponents."""

from __future__ import annotations

import numpy as np
import pytest

from seccm.analysis.regression import FEWEST, law, proportion
from seccm.analysis.statistics import r_squared_interval
from seccm.results import Status

SIZES = np.linspace(6e-6, 14e-6, 21)


@pytest.mark.parametrize(
    ("r2", "low", "high"), [(0.42, 0.129, 0.711), (0.98, 0.965, 0.995)]
)  # fmt: skip
def test_intervals_of_r_squared_are_the_published_ones(r2: float, low: float, high: float) -> None:
    """Twenty-one particles and one predictor."""
    symmetric, inside = r_squared_interval(r2, 21)
    assert symmetric.low == pytest.approx(low, abs=5e-4)
    assert symmetric.high == pytest.approx(high, abs=5e-4)
    assert 0.0 <= inside.low < r2 < inside.high <= 1.0


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e12])
def test_an_exact_proportion_is_found_whatever_its_size(power: int, scale: float) -> None:
    """With R2 1 and no uncertainty, from 1e-30 on."""
    fit = proportion(SIZES, scale * SIZES**power, power)
    assert fit.coefficient.value == pytest.approx(scale, rel=1e-9)
    assert fit.coefficient.error < 1e-9 * scale
    assert fit.r_squared == pytest.approx(1.0)
    assert (fit.interval.high, fit.n) == (pytest.approx(1.0), 21)
    np.testing.assert_allclose(fit(SIZES), scale * SIZES**power)


@pytest.mark.parametrize("seed", range(5))
def test_the_uncertainty_of_a_coefficient_is_that_of_its_scatter(seed: int) -> None:
    """Over many draws, deviations are as large as is said."""
    rng = np.random.default_rng(seed)
    away = []
    for _ in range(200):
        fit = proportion(SIZES, 3.0 * SIZES + 2e-6 * rng.standard_normal(21))
        away.append((fit.coefficient.value - 3.0) / fit.coefficient.error)
    assert np.std(away) == pytest.approx(1.0, abs=0.2)


def test_r_squared_is_that_of_the_publication() -> None:
    """1 - sum of squares about the line over that about the mean, below 0 for a flat cloud."""
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.2, 1.8, 3.3, 3.9])
    fit = proportion(x, y)
    slope = (x @ y) / (x @ x)
    expected = 1.0 - np.sum((y - slope * x) ** 2) / np.sum((y - y.mean()) ** 2)
    assert fit.r_squared == pytest.approx(expected)
    flat = proportion(SIZES, 5.0 + 0.01 * np.cos(np.arange(21)))
    assert flat.r_squared < 0.0
    assert np.isnan([flat.interval.low, flat.interval.high]).all()
    assert np.isnan(proportion(SIZES, np.full(21, 5.0)).r_squared)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_too_few_points_have_no_proportion(rows: int) -> None:
    """Nor have points that lie in the origin."""
    assert proportion(SIZES[:rows], SIZES[:rows]).coefficient.status is Status.TOO_FEW
    assert proportion(np.zeros(9), SIZES[:9]).coefficient.status is Status.TOO_FEW


def test_missing_numbers_are_left_out() -> None:
    """Of either."""
    y = 2.0 * SIZES
    y[3], x = np.nan, SIZES.copy()
    x[5] = np.nan
    fit = proportion(x, y)
    assert fit.n == 19
    assert fit.coefficient.value == pytest.approx(2.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_the_exponent_of_a_law_is_in_its_interval(exponent: float, seed: int) -> None:
    """Diffusivities that go with the square of the size, and times that do not go with it."""
    rng = np.random.default_rng(seed)
    y = (SIZES / 1e-5) ** exponent * np.exp(0.1 * rng.standard_normal(21))
    found = law(SIZES, -y)
    assert found is not None
    assert found.exponent.interval.low < exponent < found.exponent.interval.high
    assert found.size_matters is (exponent > 0.0)
    if exponent:
        assert found.better.power == exponent


def test_a_law_needs_enough_different_sites() -> None:
    """Four sites, or many of two sizes, tell none."""
    assert law(SIZES[: FEWEST - 1], SIZES[: FEWEST - 1]) is None
    assert law(np.tile([1.0, 2.0], 20), np.arange(40.0)) is None
    assert law(SIZES[:FEWEST], SIZES[:FEWEST]) is not None
