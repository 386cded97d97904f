"""Geometry and diffusion of the droplet and the pipette behind it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from closed_forms import (
    TEN_MICRON,
    F,
    FloatArray,
    PlanarCut,
    cone_constant_flux,
    disk_limit,
    sand,
    solid_angle,
)

from sim.cell import Droplet
from sim.transport import (
    ConeCut,
    Shells,
    diffuse,
    factorise,
    pooled_potential,
)


def pipette(degrees: float, radius: float, footprint: float = 1.0, height: float = 0.0) -> Droplet:
    """Droplet with footprint and height in units of the aperture."""
    return Droplet(radius, footprint * radius, height * radius, math.radians(degrees))


def constant_flux(
    shells: Shells, diffusivity: float, bulk: float, flow: float, step: float, steps: int
) -> FloatArray:
    """Surface concentrations while `flow` (mol/s) is taken from the surface."""
    upper, pivot = factorise(shells.volume, shells.conductance, diffusivity, step)
    c = np.full(shells.volume.size, bulk)
    surface = np.empty(steps)
    for k in range(steps):
        source = shells.volume / step * c
        source[0] -= flow
        source[-1] += diffusivity * shells.conductance[-1] * bulk
        diffuse(upper, pivot, shells.conductance, diffusivity, source, c)
        surface[k] = c[0] - flow * shells.surface_resistance / diffusivity
    return surface


@pytest.mark.parametrize("cut", [ConeCut(), ConeCut(1, 2), ConeCut(12, 40, 200.0)])
@pytest.mark.parametrize("height", [0.0, 0.3, 2.0])
def test_resistance_is_the_closed_form_however_coarse_the_cut(cut: ConeCut, height: float) -> None:
    """G_R = 1/(Omega R_0) + h/(pi a w), with two shells as with forty."""
    droplet = pipette(10.0, 5e-6, footprint=2.2 if height else 1.0, height=height)
    expected = 1 / (solid_angle(droplet.half_angle) * 5e-6 / math.sin(droplet.half_angle))
    expected += height * 5e-6 / (math.pi * droplet.aperture * droplet.footprint)
    assert cut(droplet).resistance == pytest.approx(expected, rel=1e-12)


def test_volumes_add_up_to_droplet_and_cone() -> None:
    """No liquid is missing between the slices."""
    cut = ConeCut(shells=5, reach=9.0)
    a, w, h = TEN_MICRON.aperture, TEN_MICRON.footprint, TEN_MICRON.height
    mouth = a / math.sin(TEN_MICRON.half_angle)
    droplet = math.pi * h * (a * a + a * w + w * w) / 3
    cone = solid_angle(TEN_MICRON.half_angle) * ((10 * mouth) ** 3 - mouth**3) / 3
    assert cut(TEN_MICRON).volume.sum() == pytest.approx(droplet + cone, rel=1e-12)


def test_case_6_a_disk_of_5_um_is_the_yardstick() -> None:
    """4FDca of a 5 um disk at 1 mM is 1350.8 pA."""
    assert disk_limit(7e-10, 1.0, 5e-6) == pytest.approx(1350.8e-12, rel=1e-4)


def test_case_7_limiting_current_of_a_250_nm_pipette() -> None:
    """FDc/G_R at 7 degrees and a height of 0.3 a is 6.259 pA."""
    shells = ConeCut()(pipette(7.0, 250e-9, height=0.3))
    assert F * 7e-10 / shells.resistance == pytest.approx(6.259e-12, rel=1e-3)


@pytest.mark.parametrize(("degrees", "ratio"), [(5, 0.0686), (7, 0.0961), (10, 0.1374)])
def test_case_8_a_cone_passes_a_tenth_of_the_disk(degrees: float, ratio: float) -> None:
    """Omega/(4 sin theta) of the same-size disk."""
    shells = ConeCut()(pipette(degrees, 1e-6))
    share = F * 7e-10 / shells.resistance / disk_limit(7e-10, 1.0, 1e-6)
    assert share == pytest.approx(ratio, abs=6e-5)
    angle = math.radians(degrees)
    assert share == pytest.approx(solid_angle(angle) / (4 * math.sin(angle)), rel=1e-12)


@pytest.mark.parametrize(
    ("degrees", "footprint", "height", "share", "error"),
    [
        (5, 1.0, 0.1, 0.0679, 0.002),
        (7, 1.0, 0.1, 0.0946, 0.003),
        (10, 1.0, 0.5, 0.1255, 0.007),
        (10, 2.2, 0.6, 0.1273, 0.030),
        (17, 2.2, 0.6, 0.2055, 0.056),
    ],
)
def test_one_dimension_is_as_good_as_the_finite_element_solution_says(
    degrees: float, footprint: float, height: float, share: float, error: float
) -> None:
    """Share of the disk's current by an axisymmetric solution, and how far off we may be."""
    shells = ConeCut()(pipette(degrees, 1e-6, footprint, height))
    ours = 1.0 / shells.resistance / 4e-6
    assert ours / share - 1.0 == pytest.approx(error, abs=0.0015)


def test_case_16_resistance_and_lithium_limit_of_the_10_um_pipette() -> None:
    """1/(kappa Omega R_0) and F D c/((1 - t+) G_R) at 10 degrees."""
    shells = ConeCut()(pipette(10.0, 5e-6))
    assert shells.resistance / 0.105 == pytest.approx(3.465e6, rel=2e-4)
    assert F * 3e-10 * 50 / (0.68 * shells.resistance) == pytest.approx(5.850e-9, rel=2e-4)


def test_case_4_sand_time_of_a_planar_column() -> None:
    """5 mA/cm^2 empties 50 mM in 2.1935 s."""
    droplet = pipette(10.0, 1.0)
    shells = PlanarCut(first=1e-7, growth=1.06, length=2e-3)(droplet)
    step, density = 1e-3, 50.0
    surface = constant_flux(shells, 3e-10, 50.0, density * math.pi / F, step, 2500)
    last = int(np.argmax(surface <= 0.0))
    crossing = step * (last + surface[last - 1] / (surface[last - 1] - surface[last]))
    assert sand(3e-10, 50.0, density) == pytest.approx(2.1935, rel=1e-4)
    assert crossing == pytest.approx(2.1935, rel=1e-3)


def test_a_cone_under_constant_flux_depletes_as_the_spherical_solution() -> None:
    """1 - exp(x^2) erfc(x), x = sqrt(D t)/R_0, within 0.2 %."""
    droplet = pipette(10.0, 5e-6)
    mouth = 5e-6 / math.sin(droplet.half_angle)
    shells = ConeCut(shells=60, reach=100.0)(droplet)
    flow, step = 1e-15, 5e-3
    surface = constant_flux(shells, 3e-10, 50.0, flow, step, 2000)
    time = step * np.arange(1, 2001)
    expected = cone_constant_flux(3e-10, mouth, time) * flow * shells.resistance / 3e-10
    late = time > 0.5
    np.testing.assert_allclose(50.0 - surface[late], expected[late], rtol=2e-3)


def test_diffusion_neither_makes_nor_loses_substance() -> None:
    """What a step adds to the liquid came in from the bulk."""
    shells = ConeCut()(TEN_MICRON)
    c = np.linspace(10.0, 60.0, shells.volume.size)
    step = 0.1
    upper, pivot = factorise(shells.volume, shells.conductance, 3e-10, step)
    after = np.empty_like(c)
    source = shells.volume / step * c
    source[-1] += 3e-10 * shells.conductance[-1] * 50.0
    diffuse(upper, pivot, shells.conductance, 3e-10, source, after)
    entered = 3e-10 * shells.conductance[-1] * (50.0 - after[-1]) * step
    assert np.sum(shells.volume * (after - c)) == pytest.approx(entered, rel=1e-9)


def test_a_droplet_that_changes_shape_keeps_its_dissolved_salt() -> None:
    """Moved liquid misses as much salt as before, and mixes with none."""
    narrow, wide = ConeCut()(pipette(18.0, 5e-6, 1.2, 0.4)), ConeCut()(TEN_MICRON)
    depleted = np.full(narrow.volume.size, 50.0)
    depleted[:10] = np.linspace(5.0, 45.0, 10)
    carried = narrow.carry(depleted, 50.0, wide)
    missing = np.sum(narrow.volume * (50.0 - depleted))
    assert np.sum(wide.volume * (50.0 - carried)) == pytest.approx(missing, rel=1e-12)
    assert carried.min() >= 5.0
    assert carried.max() <= 50.0


def test_undisturbed_liquid_stays_undisturbed_to_the_last_bit() -> None:
    """A fresh droplet may spread without a trace of rounding."""
    narrow, wide = ConeCut()(pipette(18.0, 5e-6, 1.2, 0.4)), ConeCut()(TEN_MICRON)
    carried = narrow.carry(np.full(narrow.volume.size, 50.0), 50.0, wide)
    assert np.array_equal(carried, np.full(wide.volume.size, 50.0))


def test_fresh_surface_shares_its_charge_and_dry_surface_takes_its_own() -> None:
    """Charge of the double layer is averaged over area on spreading only."""
    assert pooled_potential(0.1, 2.5, area=1.0, wetted=3.0) == pytest.approx((0.1 + 5.0) / 3.0)
    assert pooled_potential(0.1, 2.5, area=3.0, wetted=1.0) == 0.1


@pytest.mark.parametrize(
    "droplet",
    [
        Droplet(0.0, 1e-6, 1e-6, 0.2),
        Droplet(1e-6, -1e-6, 1e-6, 0.2),
        Droplet(1e-6, 1e-6, -1e-9, 0.2),
        Droplet(1e-6, 1e-6, math.nan, 0.2),
        Droplet(1e-6, 1e-6, 1e-6, 0.0),
        Droplet(1e-6, 1e-6, 1e-6, 2.0),
    ],
)
def test_an_impossible_droplet_is_refused(droplet: Droplet) -> None:
    """Zero, negative, undefined and flat shapes name themselves."""
    with pytest.raises(ValueError, match=r"droplet needs|half-angle"):
        ConeCut()(droplet)
