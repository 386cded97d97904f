"""Particles that appear, grow, shrink and vanish, kept as cohorts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from closed_forms import SAMPLE, F, FloatArray
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import nuclei
from sim.lithium_parameters import LithiumParameters

SMALLEST = 2e-9


def empty() -> tuple[FloatArray, FloatArray]:
    """Counts and radii of no particles."""
    return np.zeros(nuclei.COHORTS), np.zeros(nuclei.COHORTS)


def cubes(cohorts: int, count: FloatArray, radius: FloatArray) -> float:
    """Sum of radius cubed above that of the smallest particle."""
    return float(np.sum(count[:cohorts] * (radius[:cohorts] ** 3 - SMALLEST**3)))


def test_case_17_a_lithium_sphere_of_80_nm() -> None:
    """2.681e-16 cm^3, 20.63 amol, 1.990 pC."""
    count, radius = empty()
    cohorts = nuclei.bear(0, count, radius, 1.0, 40e-9)
    volume = 4.0 / 3.0 * math.pi * nuclei.moments(cohorts, count, radius)[3]
    amount = volume / LithiumParameters().molar_volume
    assert volume == pytest.approx(2.681e-22, rel=1e-4)
    assert amount == pytest.approx(20.63e-18, rel=2e-4)
    assert amount * F == pytest.approx(1.990e-12, rel=3e-4)


def test_case_18_monodisperse_growth_at_constant_local_current() -> None:
    """The radius is r_0 + V_M j t/F and M_k = N r^k, to 1e-12."""
    count, radius = empty()
    number = 3e13
    cohorts = nuclei.bear(0, count, radius, number, SMALLEST)
    shift = 13e-6 * 30.0 / F * SAMPLE
    for k in range(1000):
        before, after = SMALLEST + k * shift, SMALLEST + (k + 1) * shift
        nuclei.grow(cohorts, count, radius, number * (after**3 - before**3))
    expected = SMALLEST + 1000 * shift
    assert expected > 5 * SMALLEST
    for k, moment in enumerate(nuclei.moments(cohorts, count, radius)):
        assert moment == pytest.approx(number * expected**k, rel=1e-12)


def test_a_spread_of_sizes_shifts_without_changing_shape() -> None:
    """Uniform growth velocity: differences in radius stay, the charge is the volume."""
    count, radius = empty()
    count[:3], radius[:3] = [1e12, 2e12, 3e12], [30e-9, 20e-9, 5e-9]
    wanted = 6e12 * 1e-9**3 + 3 * 1e-18 * 85e3 + 3 * 1e-9 * 1.775e-3
    nuclei.grow(3, count, radius, wanted)
    np.testing.assert_allclose(radius[:3], [31e-9, 21e-9, 6e-9], rtol=1e-12)


def test_the_smallest_vanish_first_and_the_rest_carries_the_charge() -> None:
    """A volume larger than the youngest cohort's is taken from the next one too."""
    count, radius = empty()
    count[:3], radius[:3] = [1e12, 1e12, 1e12], [50e-9, 40e-9, 4e-9]
    before = cubes(3, count, radius)
    wanted = 1e12 * 45e-9**3
    cohorts, gone, lost = nuclei.shrink(3, count, radius, wanted, SMALLEST)
    assert (cohorts, gone, lost) == (2, 1e12, 0.0)
    assert before - cubes(cohorts, count, radius) == pytest.approx(wanted, rel=1e-12)
    assert radius[0] - radius[1] == pytest.approx(10e-9, rel=1e-9)


def test_everything_dissolves_when_all_is_asked_for() -> None:
    """Nothing is left, and nothing is lost."""
    count, radius = empty()
    count[:2], radius[:2] = [1e12, 1e12], [50e-9, 40e-9]
    cohorts, gone, lost = nuclei.shrink(2, count, radius, cubes(2, count, radius) * 1.01, SMALLEST)
    assert (cohorts, gone, lost) == (0, 2e12, 0.0)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 200),
    stripping=st.floats(0.0, 0.9),
)
def test_number_and_volume_are_kept_through_any_history(
    seed: int, steps: int, stripping: float
) -> None:
    """What was born and not gone is there; what was deposited and not dissolved, too."""
    rng = np.random.default_rng(seed)
    count, radius = empty()
    cohorts, born, gone, deposited, dissolved = 0, 0.0, 0.0, 0.0, 0.0
    for _ in range(steps):
        if rng.random() < stripping:
            wanted = rng.random() * 0.3 * cubes(cohorts, count, radius)
            cohorts, left, lost = nuclei.shrink(cohorts, count, radius, wanted, SMALLEST)
            gone += left
            dissolved += wanted + lost
        elif cohorts:
            gain = 10.0 ** rng.uniform(-3, 0) * nuclei.moments(cohorts, count, radius)[0] * 1e-25
            nuclei.grow(cohorts, count, radius, gain)
            deposited += gain
        if rng.random() < 0.7:
            new = 10.0 ** rng.uniform(8, 13)
            cohorts = nuclei.bear(cohorts, count, radius, new, SMALLEST)
            born += new
        assert cohorts <= nuclei.COHORTS
        assert np.all(np.diff(radius[:cohorts]) <= 0.0)
        assert np.all(radius[:cohorts] >= SMALLEST * (1 - 1e-9))
    assert count[:cohorts].sum() == pytest.approx(born - gone, abs=1e-9 * born)
    assert cubes(cohorts, count, radius) == pytest.approx(
        deposited - dissolved, abs=1e-9 * deposited + 1e-9 * born * SMALLEST**3
    )
