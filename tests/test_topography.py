"""Tilt is recovered, drift is not mistaken for it, and bumps are pointed out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.topography import level
from seccm.results import Status

TILT = (0.003, -0.002)
DRIFT = 30e-9 / 60  # 30 nm a minute, an ordinary stage
PITCH, VISIT = 11e-6, 20.0


def _grid(n=8):
    """Sites of an n by n raster in visiting order, x fast, with their times."""
    y, x = np.divmod(np.arange(n * n), n)
    return x * PITCH, y * PITCH, VISIT * np.arange(n * n)


def _plane(x, y):
    return 40e-6 + TILT[0] * x + TILT[1] * y


def _shuffled(seed, n=8):
    x, y, t = _grid(n)
    order = np.random.default_rng(seed).permutation(n * n)
    return x[order], y[order], t


def test_a_tilt_without_drift_is_recovered_to_1e_5():
    """A plane with roughness of 0.5 nm, no drift assumed."""
    x, y, _ = _grid()
    z = _plane(x, y) + 0.5e-9 * np.random.default_rng(0).standard_normal(64)
    top = level(x, y, z)
    assert top.status is Status.OK
    assert top.tilt_x.value == pytest.approx(TILT[0], abs=1e-5)
    assert top.tilt_y.value == pytest.approx(TILT[1], abs=1e-5)
    assert top.drift.status is Status.NOT_MEASURED
    assert top.scatter == pytest.approx(0.5e-9, rel=0.3)


@pytest.mark.parametrize("serpentine", [False, True])
def test_drift_in_raster_order_is_flagged(serpentine):
    """Row by row, drift looks like tilt: the number is given, but not as one to trust."""
    x, y, t = _grid()
    if serpentine:
        x = np.where((y / PITCH).round() % 2 == 1, 7 * PITCH - x, x)
    top = level(x, y, _plane(x, y) + DRIFT * t, t)
    assert top.status is Status.DRIFT_CONFOUNDED
    assert not top.tilt_y.status.trusted
    assert abs(top.tilt_y.value - TILT[1]) > 5e-3  # the very mistake it warns of
    assert math.isnan(top.drift.value)
    assert top.inflation > 5


def test_raster_order_without_drift_still_gives_the_tilt():
    """The flag does not spoil the number when there was no drift after all."""
    x, y, t = _grid()
    top = level(x, y, _plane(x, y), t)
    assert top.status is Status.DRIFT_CONFOUNDED
    assert top.tilt_x.value == pytest.approx(TILT[0], abs=1e-9)


def test_drift_and_tilt_are_told_apart_in_random_order():
    """The same sites visited in shuffled order give all three."""
    x, y, t = _shuffled(1)
    z = _plane(x, y) + DRIFT * t + 0.5e-9 * np.random.default_rng(2).standard_normal(64)
    top = level(x, y, z, t)
    assert top.status is Status.OK
    assert top.tilt_x.value == pytest.approx(TILT[0], abs=1e-5)
    assert top.tilt_y.value == pytest.approx(TILT[1], abs=1e-5)
    assert top.drift.value == pytest.approx(DRIFT, rel=0.01)
    assert 1.0 <= top.inflation < 1.5


def test_early_contacts_stand_out_and_do_not_tilt_the_plane():
    """Six landings on residue, 40 nm too high, are found and have no say."""
    x, y, t = _shuffled(3)
    z = _plane(x, y) + DRIFT * t + 1e-9 * np.random.default_rng(4).standard_normal(64)
    bumps = [3, 11, 20, 37, 50, 61]
    z[bumps] += 40e-9
    top = level(x, y, z, t)
    assert set(np.flatnonzero(top.outlier)) >= set(bumps)
    assert top.outlier.sum() <= len(bumps) + 1
    assert top.tilt_x.value == pytest.approx(TILT[0], abs=2e-5)
    assert top.residual[bumps] == pytest.approx(40e-9, rel=0.15)


def test_stated_errors_of_the_tilt_are_the_real_ones():
    """Over 60 noisy surfaces: those of independent sites are true, those of uneven ones no less."""
    careful, alone = [], []
    for seed in range(60):
        x, y, t = _shuffled(seed, 6)
        z = _plane(x, y) + DRIFT * t + 2e-9 * np.random.default_rng(seed).standard_normal(36)
        for pulls, quick in ((careful, False), (alone, True)):
            top = level(x, y, z, t, quick=quick)
            pulls.append((top.tilt_x.value - TILT[0]) / top.tilt_x.error)
    assert 0.75 < np.std(alone) < 1.35
    assert 0.4 < np.std(careful) < np.std(alone)


def test_a_line_of_sites_has_a_tilt_along_it_only():
    """Across the line nothing is known, and nothing is said."""
    x = np.arange(10) * PITCH
    top = level(x, np.zeros(10), _plane(x, np.zeros(10)))
    assert top.tilt_x.value == pytest.approx(TILT[0], rel=1e-6)
    assert top.tilt_y.status is Status.UNDEFINED
    assert level(x, x, _plane(x, x)).status is Status.UNDEFINED


def test_sites_without_contact_are_left_out():
    """NaN heights leave NaN residuals and no trace in the plane; too few sites, no plane."""
    x, y, _ = _grid()
    z = _plane(x, y)
    z[::3] = np.nan
    top = level(x, y, z)
    assert top.tilt_x.value == pytest.approx(TILT[0], abs=1e-9)
    assert np.isnan(top.residual[::3]).all()
    assert not top.outlier.any()
    assert level(x[:3], y[:3], z[:3]).status is Status.TOO_FEW


@settings(max_examples=40, deadline=None)
@given(
    a=st.floats(-0.02, 0.02),
    b=st.floats(-0.02, 0.02),
    drift=st.floats(-1e-9, 1e-9),
    seed=st.integers(0, 999),
)
def test_a_perfect_plane_comes_back_whatever_it_is(a, b, drift, seed):
    """No noise: exact, in any random order, and no site is an outlier."""
    x, y, t = _shuffled(seed, 6)
    top = level(x, y, 5e-5 + a * x + b * y + drift * t, t)
    assert top.tilt_x.value == pytest.approx(a, abs=1e-8)
    assert top.tilt_y.value == pytest.approx(b, abs=1e-8)
    assert top.drift.value == pytest.approx(drift, abs=1e-14)
    assert not top.outlier.any()


@settings(max_examples=60, deadline=None)
@given(z=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=16), max_size=12))
def test_no_set_of_heights_raises(z):
    """Any heights, any number of sites: an answer with a status."""
    heights = np.array(z, float) * 1e-6
    k = np.arange(heights.size, dtype=float)
    top = level(k * 1e-6, (k * 7 % 5) * 1e-6, heights, k * 3 % 11)
    assert top.residual.shape == heights.shape
