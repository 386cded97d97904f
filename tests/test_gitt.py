"""GITT: diffusion and resistance that were planted are found from a pulse between two rests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_particles import MEDIAN, TEMPERATURE, F, R

from seccm.analysis.gitt import Pulse, pulse
from seccm.results import Status
from sim.particle import Particle, ParticleParameters

ROW = 0.05


def measured(
    p: ParticleParameters, lasts: float, current: float, seed: int = 0, noise: float = 20e-6
) -> Pulse:
    """Drive a particle by a pulse and let it rest for long."""
    particle, rows = Particle(p), round(lasts / ROW)
    before = particle.open_circuit(p.filled)[0]
    t = ROW * np.arange(1, rows + 1)
    e = particle.run("current", np.full(rows, current), ROW).potential
    after = particle.run("open", np.zeros(400), 10.0).potential[-1]
    e = e + noise * np.random.default_rng(seed).standard_normal(rows)
    return pulse(t, e, noise, current, (before, after))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("lasts", [30.0, 120.0, 400.0])
@pytest.mark.parametrize("current", [-120e-12, 120e-12])
def test_planted_diffusivity_and_resistance_are_found(
    current: float, lasts: float, seed: int
) -> None:
    """D/R^2 within 5 %, and the resistance of surface and contact within 3 %."""
    p = replace(MEDIAN, contact=50e6)
    found = measured(p, lasts, current, seed)
    surface = R * TEMPERATURE / F / (p.exchange * p.surface)
    assert found.rate.status is Status.OK
    assert found.rate.value == pytest.approx(p.diffusivity / p.radius**2, rel=0.05)
    assert found.resistance.value == pytest.approx(surface + 50e6, rel=0.03)
    assert found.rate.error < 0.1 * found.rate.value


def test_diffusion_that_is_too_fast_to_be_seen_has_a_lower_bound() -> None:
    """Then the potential only moves with the charge."""
    p = replace(MEDIAN, diffusivity=2e-10)
    found = measured(p, 120.0, -120e-12)
    assert found.rate.status is Status.AT_LEAST
    assert found.rate.value <= p.diffusivity / p.radius**2


@pytest.mark.parametrize("rows", [0, 2, 8])
def test_a_short_pulse_says_nothing(rows: int) -> None:
    """Too few data points."""
    t = ROW * np.arange(1, rows + 1)
    found = pulse(t, np.full(rows, 4.0), 1e-5, 1e-10, (4.0, 4.1))
    assert {found.rate.status, found.resistance.status} == {Status.TOO_SHORT}


def test_rests_that_do_not_differ_say_nothing() -> None:
    """Without a change of the open-circuit potential there is no scale."""
    t = ROW * np.arange(1, 1001)
    e = 4.0 + 1e-3 * np.random.default_rng(1).standard_normal(1000)
    found = pulse(t, e, 1e-3, 1e-10, (4.0, 4.0 + 1e-5))
    assert found.rate.status is Status.NOT_FOUND


def test_no_current_is_no_pulse() -> None:
    """A pulse of 0 A."""
    t = ROW * np.arange(1, 1001)
    assert pulse(t, np.full(1000, 4.0), 1e-5, 0.0, (4.0, 4.1)).rate.status is Status.TOO_SHORT
