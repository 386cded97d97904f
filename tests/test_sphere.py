"""Diffusion into a sphere: the series and the images against numbers, limits and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from closed_forms import sphere_step

from seccm.analysis.sphere import SHORT, flux_response, roots, step_current

BIOTS = (0.02, 0.25, 0.5, 1.0, 1.00005, 1.00011, 2.5, 10.0, 50.0, 500.0)


@pytest.mark.parametrize(
    ("biot", "root"),
    [(0.25, 0.8447), (0.5, 1.1656), (1.0, math.pi / 2), (2.5, 2.1746), (10.0, 2.8363)],
)
def test_the_first_root_is_the_tabulated_one(biot: float, root: float) -> None:
    """b cot b + B - 1 = 0."""
    assert roots(biot, 1)[0] == pytest.approx(root, abs=5e-5)


def test_roots_lie_one_in_each_half_turn() -> None:
    """And each solves the equation."""
    for biot in BIOTS:
        b = roots(biot, 8)
        assert (np.floor(b / math.pi) == np.arange(8)).all()
        np.testing.assert_allclose(b * np.cos(b) + (biot - 1.0) * np.sin(b), 0.0, atol=1e-9 * biot)


@pytest.mark.parametrize(("biot", "current"), [(0.25, 0.49893), (0.5, 0.68603), (2.5, 0.41572)])
def test_the_current_at_half_the_time_of_diffusion(biot: float, current: float) -> None:
    """I R^2 / (Q D) at tau = 0.5."""
    assert step_current(np.array([0.5]), biot)[0] == pytest.approx(current, abs=1e-5)


@pytest.mark.parametrize("biot", BIOTS)
def test_the_current_begins_at_3_b_and_all_charge_comes(biot: float) -> None:
    """The initial current is that of the surface alone; the integral over all time is 1."""
    assert step_current(np.array([1e-13]), biot)[0] == pytest.approx(3.0 * biot, rel=1e-3)
    root = np.linspace(0.0, math.sqrt(20.0 / min(biot, 1.0)), 200_001)
    rate = 2.0 * root * step_current(np.maximum(root**2, 1e-300), biot)
    assert np.trapezoid(rate, root) == pytest.approx(1.0, abs=2e-6)


@pytest.mark.parametrize("biot", BIOTS)
def test_images_and_series_agree_where_they_meet(biot: float) -> None:
    """To 2e-5 on both sides of tau = 0.25."""
    both = step_current(np.array([SHORT * (1.0 - 1e-9), SHORT * (1.0 + 1e-9)]), biot)
    assert both[0] == pytest.approx(both[1], rel=2e-5)


@pytest.mark.parametrize("biot", [0.25, 2.5, 50.0])
def test_the_current_is_the_slope_of_the_charge(biot: float) -> None:
    """Against the textbook series of the charge with 400 terms."""
    tau = np.geomspace(2e-3, 2.0, 30)
    step = 1e-4 * tau
    slope = np.array([
        np.diff(sphere_step(1.0, 1.0, biot, np.array([t - s, t + s])))[0] / (2.0 * s)
        for t, s in zip(tau, step, strict=True)
    ])  # fmt: skip
    np.testing.assert_allclose(step_current(tau, biot), slope, rtol=2e-5)


def test_a_fast_surface_is_cottrell_and_a_slow_one_exponential() -> None:
    """The limits B to infinity and to 0."""
    tau = np.geomspace(1e-4, 1e-2, 9)
    planar = 3.0 * (1.0 / np.sqrt(math.pi * tau) - 1.0)
    np.testing.assert_allclose(step_current(tau, 1e5), planar, rtol=1e-3)
    slow, late = 1e-3, np.linspace(1.0, 1000.0, 9)
    np.testing.assert_allclose(
        step_current(late, slow), 3.0 * slow * np.exp(-3.0 * slow * late), rtol=2e-3
    )


def test_the_initial_current_of_a_known_particle() -> None:
    """B = 1, R = 5 um, D = 5.2e-10 cm2/s: 6.24e-3 1/s, tau_R 160.3 s and tau_D 120.2 s."""
    rate = 5.2e-14 / 5e-6**2
    assert rate * step_current(np.array([1e-12]), 1.0)[0] == pytest.approx(6.24e-3, rel=1e-4)
    assert 1.0 / (3.0 * rate) == pytest.approx(160.3, abs=0.05)
    assert 1.0 / (4.0 * rate) == pytest.approx(120.2, abs=0.05)


def test_under_constant_flux_the_surface_follows_the_root_of_time_and_then_time() -> None:
    """2 sqrt(tau/pi) at first; 3 tau + 1/5 late; both forms agree where they meet."""
    early = np.array([1e-8, 1e-6])
    np.testing.assert_allclose(flux_response(early), 2.0 * np.sqrt(early / math.pi), rtol=2e-3)
    np.testing.assert_allclose(flux_response(np.array([1.0, 3.0])), [3.2, 9.2], rtol=1e-8)
    near = flux_response(np.array([0.05 - 1e-12, 0.05 + 1e-12]))
    assert near[0] == pytest.approx(near[1], rel=1e-6)
    assert flux_response(np.array([0.0]))[0] == 0.0
