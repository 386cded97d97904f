"""Height, rate and glass from approach curves whose truth was planted by a field solved in 2-D."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.analysis.secm.feedback import finite
from seccm.analysis.secm.fit import BROAD, fit_approach
from seccm.results import Status, Value
from sim import feedback as field

A, Z0, AMPERES, NOISE = 5e-6, 40e-6, 1e-9, 5e-12
ALONE = float(field.current(np.array([field.FARTHEST]), 10.0, 0.0)[0]) * AMPERES
MEASURED = Value.of(ALONE, 2e-12)


def planted(kappa, nearest=0.1, seed=0, rows=700, noise=NOISE):
    """An approach from 12 radii down to `nearest`, over a surface at Z0."""
    distance = np.linspace(12.0, nearest, rows)
    true = field.current(distance, 10.0, kappa) * AMPERES
    return Z0 + distance * A, true + np.random.default_rng(seed).normal(0.0, noise, rows)


def fitted(kappa, *, rg=(10.0, 0.0), far=MEASURED, **curve):
    return fit_approach(*planted(kappa, **curve), A, rg=rg, far=far)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kappa", [0.2, 0.3, 0.5, 1.0])
def test_a_rate_that_the_curve_determines_is_found_within_ten_per_cent(kappa, seed):
    found = fitted(kappa, seed=seed).kappa
    assert found.value.status is Status.OK
    assert found.value.value == pytest.approx(kappa, rel=0.10)
    assert found.low <= kappa <= found.high
    assert found.high <= BROAD * found.low


@pytest.mark.parametrize("nearest", [0.1, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("kappa", [0.003, 0.03, 0.1, 0.3, 1.0, 3.0, 30.0])
def test_the_interval_holds_the_truth_however_little_was_seen(kappa, nearest):
    found = fitted(kappa, nearest=nearest, seed=4).kappa
    assert found.low <= kappa <= found.high
    if found.value.status is Status.OK:
        assert found.value.value == pytest.approx(kappa, rel=0.12)


def test_where_only_the_beginning_was_seen_there_is_an_interval_and_no_number():
    found = fitted(0.1, nearest=1.0).kappa
    assert found.value.status is Status.NOT_IDENTIFIED
    assert math.isnan(found.value.value)
    assert 0.0 < found.low < 0.1 < found.high < 0.3


@pytest.mark.parametrize("nearest", [0.1, 1.0])
def test_an_insulator_has_an_upper_bound(nearest):
    found = fitted(0.0, nearest=nearest).kappa
    assert found.value.status is Status.AT_MOST
    assert found.low == 0.0
    assert found.value.value == found.high < 0.02


@pytest.mark.parametrize("nearest", [0.1, 1.0])
def test_a_conductor_has_a_lower_bound(nearest):
    found = fitted(math.inf, nearest=nearest).kappa
    assert found.value.status is Status.AT_LEAST
    assert math.isinf(found.high)
    assert found.value.value == found.low > 1.0


def test_a_tip_that_never_came_near_says_nothing_of_the_rate():
    found = fitted(0.3, nearest=9.0, far=None).kappa
    assert found.value.status in (Status.NOT_IDENTIFIED, Status.AT_LEAST)
    assert found.low < 0.3
    assert math.isinf(found.high)


@pytest.mark.parametrize("kappa", [0.0, 0.1, 0.3, math.inf])
@pytest.mark.parametrize("nearest", [0.1, 0.5])
def test_the_height_of_the_surface_lies_in_its_interval(kappa, nearest):
    height = fitted(kappa, nearest=nearest).surface
    assert height.low - 0.01 * A <= Z0 <= height.high + 0.01 * A
    assert abs(height.value.value - Z0) < 0.25 * A


def test_a_flat_curve_says_only_that_the_surface_is_not_near():
    z = Z0 + np.linspace(12.0, 9.0, 300) * A
    current = np.full(300, AMPERES) + np.random.default_rng(0).normal(0.0, NOISE, 300)
    height = fit_approach(z, current, A, rg=(10.0, 0.0)).surface
    assert height.value.status is Status.AT_MOST
    assert height.value.value < z.min()


def test_the_glass_is_found_over_an_insulator():
    found = fitted(0.0, rg=(8.0, 3.0)).rg
    assert found.low <= 10.0 <= found.high
    assert found.value.value == pytest.approx(10.0, abs=3.0)


def test_a_glass_that_is_given_stays_as_it_is():
    found = fitted(0.3).rg
    assert (found.value.value, found.value.error) == (10.0, 0.0)


def test_without_a_far_current_the_curve_finds_its_own():
    found = fitted(0.3, far=None)
    assert found.far == pytest.approx(ALONE, rel=0.03)
    assert found.kappa.low <= 0.3 <= found.kappa.high


def test_amperes_metres_sign_and_order_do_not_matter():
    z, current = planted(0.3)
    first = fit_approach(z, current, A, rg=(10.0, 0.0), far=MEASURED)
    scaled = fit_approach(
        3.0 * z[::-1], -7.0 * current[::-1], 3.0 * A, rg=(10.0, 0.0),
        far=Value.of(-7.0 * ALONE, 7.0 * MEASURED.error),
    )  # fmt: skip
    assert scaled.kappa.value.value == pytest.approx(first.kappa.value.value, rel=1e-6)
    assert scaled.far == pytest.approx(-7.0 * first.far, rel=1e-6)
    assert scaled.surface.value.value == pytest.approx(3.0 * first.surface.value.value, rel=1e-6)


def test_data_points_that_are_no_numbers_are_left_out():
    z, current = planted(0.3)
    holes = current.copy()
    holes[::10] = np.nan
    found = fit_approach(z, holes, A, rg=(10.0, 0.0), far=MEASURED).kappa
    assert found.value.value == pytest.approx(0.3, rel=0.10)


def test_the_closed_form_itself_comes_back():
    z = Z0 + np.linspace(10.0, 0.1, 400) * A
    current = AMPERES * finite((z - Z0) / A, 10.0, 0.5)
    found = fit_approach(z, current, A, rg=(10.0, 0.0), far=Value.of(AMPERES, 1e-13), noise=1e-13)
    assert found.best[1] == pytest.approx(0.5, rel=0.03)
    assert found.best[0] == pytest.approx(Z0, abs=0.02 * A)
    np.testing.assert_allclose(found.curve(z, A), current, rtol=0.02)
    assert found.misfit < 0.1


def test_a_curve_of_something_else_is_a_misfit():
    z = Z0 + np.linspace(10.0, 0.1, 400) * A
    current = AMPERES * (1.0 + 0.5 * np.sin((z - Z0) / A))
    found = fit_approach(z, current, A, rg=(10.0, 0.0))
    assert found.surface.value.status is not Status.OK
    assert found.misfit > 9.0


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_too_few_data_points_are_no_curve(kept):
    z, current = planted(0.3)
    assert fit_approach(z[:kept], current[:kept], A, rg=(10.0, 0.0)) is None


def test_a_tip_at_rest_and_a_current_of_zero_are_no_curve():
    z, current = planted(0.3)
    assert fit_approach(np.full_like(z, Z0), current, A, rg=(10.0, 0.0)) is None
    assert fit_approach(z, np.zeros_like(z), A, rg=(10.0, 0.0)) is None


def test_the_rate_constant_is_kappa_times_d_over_a():
    """kappa 0.5, D 1e-9 m2/s, a 5 um: 1e-4 m/s = 0.01 cm/s; bounds scale alike."""
    found = fitted(0.5)
    rate = found.rate(A, 1e-9)
    assert rate.value.value == pytest.approx(1e-4, rel=0.10)
    assert rate.low / found.kappa.low == pytest.approx(1e-9 / A)
    none = fitted(0.1, nearest=1.0).rate(A, 1e-9)
    assert none.value.status is Status.NOT_IDENTIFIED
    assert none.high > none.low > 0.0
