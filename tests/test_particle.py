"""A particle that takes lithium in, against closed forms: diffusion, kinetics, capacity, leak."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from closed_forms import F, R, sphere_step
from planted_particles import MEDIAN as MEDIAN_OF_21
from planted_particles import biot
from pydantic import ValidationError

from sim.cell import Droplet, Mode
from sim.config import VirtualConfig
from sim.insertion import END, curve_of, lifepo4, limn2o4
from sim.particle import Particle, ParticleParameters
from sim.sample_config import Particle as Placed
from sim.sample_config import ParticleSample
from sim.samples import particle_at

MEDIAN = replace(MEDIAN_OF_21, capacitance=0.0, temperature=298.15)


def driven(p: ParticleParameters, mode: Mode, value: float, seconds: float, rows: int) -> Particle:
    """A particle after a constant drive."""
    particle = Particle(p)
    particle.run(mode, np.full(rows, value), seconds / rows)
    return particle


def test_the_medians_are_those_of_the_publication() -> None:
    """B is 2.33, and a step of 15 mV moves 3.73 pAh, 1.3 % of 324 pAh."""
    assert biot(MEDIAN) == pytest.approx(2.33, rel=0.02)
    slope = Particle(MEDIAN).open_circuit(0.5)[1]
    charge = -15e-3 / slope * MEDIAN.capacity
    assert charge / 3.6e-9 == pytest.approx(3.73, rel=0.01)
    assert MEDIAN.capacity / 3.6e-9 == pytest.approx(324.0, rel=0.01)


@pytest.mark.parametrize("wanted", [0.25, 1.0, 2.33, 10.0, 50.0])
@pytest.mark.parametrize("row", [2.57e-3, 20e-3])
def test_a_small_step_of_the_potential_follows_the_series(wanted: float, row: float) -> None:
    """The charge after a step is that of the exact series, from two data points to 400 s."""
    p = replace(MEDIAN, exchange=MEDIAN.exchange * wanted / biot(MEDIAN))
    particle = Particle(p)
    rest, slope = particle.open_circuit(p.filled)
    rows = round(400.0 / row)
    charge = row * np.cumsum(particle.run("potential", np.full(rows, rest - 1e-3), row).current)
    whole = -1e-3 / -slope * p.capacity
    at = np.unique(np.geomspace(2, rows, 40).astype(int)) - 1
    exact = sphere_step(p.diffusivity, p.radius, wanted, row * (at + 1.0))
    np.testing.assert_allclose(charge[at] / whole, exact, rtol=0.01, atol=6e-4)


def test_a_fast_surface_follows_cottrell_at_first() -> None:
    """While diffusion is planar: I = F A D dc / sqrt(pi D t) without kinetics."""
    p = replace(MEDIAN, exchange=1e6)
    particle, row = Particle(p), 5e-3
    rest, slope = particle.open_circuit(p.filled)
    charge = row * np.cumsum(particle.run("potential", np.full(400, rest - 1e-3), row).current)
    time = row * np.arange(1, 401)
    change = -1e-3 / -slope * p.sites
    planar = 2.0 * F * p.surface * change * np.sqrt(p.diffusivity * time / math.pi)
    curved = 1.0 - math.sqrt(math.pi * p.diffusivity * time[-1]) / (2.0 * p.radius)
    late = slice(40, None)
    np.testing.assert_allclose(charge[late] / planar[late], 1.0, rtol=1.0 - curved + 0.01)
    assert charge[-1] / planar[-1] == pytest.approx(curved, rel=0.01)


def test_under_constant_flux_the_surface_leads_the_mean_by_j_r_over_5_d() -> None:
    """Late in a constant current the profile is a parabola, and the overpotential that of it."""
    current = -40e-12
    particle = driven(MEDIAN, "current", current, 400.0, 4000)
    after = particle.run("current", np.array([current]), 0.1).potential[0]
    lead = -current / (F * MEDIAN.surface) * MEDIAN.radius / (5.0 * MEDIAN.diffusivity)
    kinetic = current / (MEDIAN.exchange * MEDIAN.surface) * R * MEDIAN.temperature / F
    slope = particle.open_circuit(0.5)[1]
    settled = particle.open_circuit(particle.filling)[0]
    assert after - settled == pytest.approx(lead / MEDIAN.sites * slope + kinetic, rel=0.01)


@pytest.mark.parametrize("current", [-120e-12, 120e-12, -3e-9])
def test_every_coulomb_is_lithium_double_layer_or_leak(current: float) -> None:
    """The charge that passed is that of the lithium, of the double layer and of the leak."""
    p = ParticleParameters(filled=0.6, leak=0.1e-12, contact=1e6)
    particle = Particle(p)
    before = particle.open_circuit(p.filled)[0]
    answer = particle.run("current", np.full(3000, current), 0.02)
    inner = answer.potential[-1] - current * p.contact
    layer = p.capacitance * p.surface * (inner - before)
    lithium = (p.filled - particle.filling) * p.capacity
    assert answer.current.sum() * 0.02 == pytest.approx(lithium + layer + 60.0 * p.leak, rel=1e-9)


def test_a_leak_fills_a_particle_at_open_circuit() -> None:
    """0.1 pA for an hour is 0.1 pAh of lithium, and nothing passes the electrometer."""
    p = ParticleParameters(filled=0.5, leak=0.1e-12)
    particle = Particle(p)
    answer = particle.run("open", np.zeros(3600), 1.0)
    assert not answer.current.any()
    assert (particle.filling - 0.5) * p.capacity == pytest.approx(0.1 * 3.6e-9, rel=2e-2)
    assert answer.potential[-1] < answer.potential[0]


def test_a_contact_resistance_is_seen_at_once() -> None:
    """1 Gohm and 120 pA are 120 mV in the first data point."""
    p = ParticleParameters(filled=0.5)
    first = [
        Particle(one).run("current", np.array([120e-12]), 2.57e-3).potential[0]
        for one in (p, replace(p, contact=1e9))
    ]
    assert first[1] - first[0] == pytest.approx(0.12, rel=1e-6)


def test_a_particle_of_grains_is_as_fast_whatever_its_size() -> None:
    """With one radius of the grains, currents of any two particles are as their volumes."""
    found = []
    for diameter in (4e-6, 14e-6):
        p = ParticleParameters(filled=0.5, diameter=diameter, domain=0.5e-6)
        answer = Particle(p).run("potential", np.full(200, 3.9), 0.1)
        found.append(answer.current / p.volume)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_rows_are_the_same_however_they_are_asked_for() -> None:
    """One call of a thousand rows gives the bits of a thousand calls."""
    wave = np.linspace(3.6, 4.2, 1000)
    whole, parts = Particle(), Particle()
    at_once = whole.run("potential", wave, 2.57e-3)
    singly = [parts.run("potential", wave[k : k + 1], 2.57e-3).current[0] for k in range(1000)]
    assert at_once.current.tolist() == singly


def test_a_copy_goes_its_own_way() -> None:
    """What is rehearsed on a copy does not change the particle."""
    particle = Particle(ParticleParameters(filled=0.5))
    twin = particle.copy()
    twin.run("current", np.full(1000, 1e-9), 0.02)
    assert particle.filling == pytest.approx(0.5, abs=1e-12)
    assert twin.filling < 0.5


def test_a_droplet_makes_no_new_particle() -> None:
    """Landing again on a particle finds it as it was left."""
    particle = driven(ParticleParameters(), "current", 1e-9, 100.0, 1000)
    left = particle.filling
    for change in (particle.wet, particle.reshape):
        change(Droplet(5e-6, 7e-6, 2e-6, 0.2))
    assert particle.filling == left < 0.99


@pytest.mark.parametrize("material", ["LiMn2O4", "LiFePO4"])
def test_a_potential_falls_with_lithium(material: str) -> None:
    """From empty to full the open-circuit potential never rises."""
    p = ParticleParameters(material=material)  # type: ignore[arg-type]
    particle = Particle(p)
    found = [particle.open_circuit(x)[0] for x in np.linspace(1e-4, 1.0 - 1e-4, 999)]
    assert np.all(np.diff(found) < 0.0)


def test_plateaus_are_where_the_materials_have_them() -> None:
    """LiMn2O4 has two, near 4.0 and 4.13 V; LiFePO4 one at 3.43 V."""
    assert limn2o4(np.array([0.75]))[0] == pytest.approx(4.0, abs=0.03)
    assert limn2o4(np.array([0.35]))[0] == pytest.approx(4.13, abs=0.02)
    assert lifepo4(np.array([0.5]))[0] == pytest.approx(3.43, abs=0.01)


def test_a_curve_and_its_slope_belong_together() -> None:
    """The slope is that of the curve, at the ends beyond the fit as well."""
    particle, step = Particle(), 1e-7
    for x in (0.1 * END, 0.5 * END, 0.31234, 0.77777, 1.0 - 0.3 * END):
        low, high = (particle.open_circuit(x + s)[0] for s in (-step, step))
        assert particle.open_circuit(x)[1] == pytest.approx((high - low) / (2 * step), rel=1e-3)


def test_a_table_is_followed() -> None:
    """Between the points of a table the curve is smooth and falls."""
    table = ((0.2, 4.2), (0.5, 3.9), (0.9, 3.6))
    curve = curve_of("LiMn2O4", table)
    assert curve[0] == pytest.approx(4.2)
    assert curve[-1] == pytest.approx(3.6)
    assert curve[curve.size // 2] == pytest.approx(3.9)
    assert np.all(np.diff(curve) <= 0.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("diameter", 0.0), ("diffusivity", -1.0), ("exchange", 0.0), ("domain", -1e-9),
     ("contact", -1.0), ("capacitance", math.nan), ("filled", 1.0), ("sites", 0.0)],
)  # fmt: skip
def test_impossible_particles_are_refused(field: str, value: float) -> None:
    """The message names what is wrong."""
    with pytest.raises(ValueError, match=f"{field} must be"):
        replace(MEDIAN, **{field: value})


def test_a_step_takes_time() -> None:
    """No step of 0 s."""
    with pytest.raises(ValueError, match="longer than 0 s"):
        Particle().run("open", np.zeros(1), 0.0)


def test_more_lithium_than_there_is_cannot_be_taken() -> None:
    """A galvanostat drives an empty particle into its compliance; the row is named."""
    p = ParticleParameters(filled=0.05, capacitance=0.0)
    with pytest.raises(ArithmeticError, match="no solution for current 1e-08 at step"):
        Particle(p).run("current", np.full(1000, 1e-8), 0.1)


def test_a_landing_meets_the_particle_at_its_place() -> None:
    """Within half a diameter of a listed particle that one, elsewhere one of the usual size."""
    sample = ParticleSample(
        diameter=10e-6, particles=(Placed(x=0, y=0, diameter=6e-6), Placed(x=2e-5, y=0,
                                                                            diameter=14e-6))
    )  # fmt: skip
    assert particle_at(sample, 2.9e-6, 0.0) == 6e-6
    assert particle_at(sample, 3.1e-6, 0.0) == 10e-6
    assert particle_at(sample, 2e-5, 6.9e-6) == 14e-6
    assert particle_at(ParticleSample(), 0.0, 0.0) == 10.1e-6


@pytest.mark.parametrize(
    "table",
    [((0.5, 4.0),), ((0.5, 4.0), (0.5, 3.9)), ((0.2, 3.9), (0.5, 4.0)), ((0.2, 4.0), (1.2, 3.9))],
)
def test_a_table_that_is_no_curve_is_refused(table: tuple[tuple[float, float], ...]) -> None:
    """Fractions rise between 0 and 1, and potentials fall."""
    with pytest.raises(ValidationError, match="fractions rise"):
        ParticleSample(table=table)


def test_the_samples_are_known_without_a_file() -> None:
    """Both particles are mounted on the virtual rig as it comes."""
    samples = VirtualConfig().samples
    assert samples["lmo-particle"] == ParticleSample(apertures=samples["lmo-particle"].apertures)
    assert isinstance(samples["lfp-particle"], ParticleSample)
