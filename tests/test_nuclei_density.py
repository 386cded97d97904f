"""Density and rate of nucleation from planted transients of the general form.

Closed forms (B. Scharifker, G. Hills, Electrochim. Acta 28 (1983) 879): the maxima lie at 1.25643
and 2.33666 (of k t and of A k t^2 / 2), i^2 t at the maximum is 0.16288 and 0.25975 (z F c)^2 D.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.analysis.nuclei import FARADAY, Deposit, Nuclei, nuclei
from seccm.analysis.potentiostatic import transient
from seccm.analysis.reduced_transient import general, top
from seccm.program.trace import Area
from seccm.results import Status

D = 4e-10
LITHIUM = Deposit(50.0, 13e-6, 1.0)
RADIUS = 2e-2
"""m: diffusion is planar for every transient here."""
AREA = Area(math.pi * RADIUS**2, 0.0, "nominal")
KAPPA = math.sqrt(8.0 * math.pi * LITHIUM.concentration * LITHIUM.molar_volume)


def read(sites: float, rate: float, noise: float, seed: int, sign: float = -1.0,
         area: Area = AREA, deposit: Deposit | None = LITHIUM) -> Nuclei:  # fmt: skip
    """Plant a density of sites and a rate, and read the transient."""
    k = math.pi * D * sites * KAPPA
    charge = LITHIUM.electrons * FARADAY * LITHIUM.concentration * AREA.value
    a = math.inf if math.isinf(rate) else rate / k
    maximum = top(a)[0] / k
    t = np.arange(1, 3001) * maximum / 800.0
    i = charge * math.sqrt(D / math.pi) * math.sqrt(k) * general(k * t, a)
    i += noise * float(i.max()) * np.random.default_rng(seed).standard_normal(t.size)
    return nuclei(transient(t, sign * i, RADIUS).form, area, deposit)


def test_the_constants_of_both_limits():
    inst, prog = top(math.inf), top(0.0)
    assert inst[0] == pytest.approx(1.25643, abs=1e-3)
    assert prog[0] ** 2 == pytest.approx(2.33666, abs=2e-3)
    assert inst[1] ** 2 * inst[0] / math.pi == pytest.approx(0.16288, rel=1e-4)
    # Heerman and Tarallo have 4/3 of the current of Scharifker and Hills in this limit.
    assert (0.75 * prog[1]) ** 2 * prog[0] / math.pi == pytest.approx(0.25975, rel=1e-4)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("noise", [1e-3, 1e-2])
@pytest.mark.parametrize("ratio", [0.1, 0.3, 1.0, 3.0])
def test_between_the_limits_both_are_found(ratio: float, noise: float, seed: int):
    """A over k, from slow to fast nucleation."""
    sites = 1e12
    rate = ratio * math.pi * D * sites * KAPPA
    found = read(sites, rate, noise, seed)
    for value, truth in (
        (found.rate, rate), (found.density, sites), (found.product, rate * sites),
        (found.diffusivity, D),
    ):  # fmt: skip
        assert value.status is Status.OK
        assert abs(value.value - truth) <= 3.0 * value.error
    assert found.density.value == pytest.approx(sites, rel=0.4)
    assert found.diffusivity.value == pytest.approx(D, rel=0.1)


@pytest.mark.parametrize("noise", [1e-3, 1e-2])
def test_instantaneous_nucleation_has_a_number_of_sites_and_a_least_rate(noise: float):
    for rate in (1e6, math.inf):
        found = read(1e12, rate, noise, 1)
        assert found.rate.status is found.product.status is Status.AT_LEAST
        assert found.rate.value < rate
        assert found.density.status is Status.OK
        assert abs(found.density.value - 1e12) <= 3.0 * found.density.error
        assert found.density.value == pytest.approx(1e12, rel=0.15)


@pytest.mark.parametrize("noise", [1e-3, 1e-2])
@pytest.mark.parametrize("rate", [0.01, 0.1, 1.0])
def test_progressive_nucleation_has_bounds_and_the_product(rate: float, noise: float):
    found = read(1e12, rate, noise, 2)
    assert found.rate.status is Status.AT_MOST
    assert found.rate.value > rate
    assert found.density.status is Status.AT_LEAST
    assert found.density.value < 1e12
    assert found.product.status is Status.OK
    assert found.product.value == pytest.approx(1e12 * rate, rel=0.05)


def test_the_sign_of_the_current_does_not_matter():
    down, up = (read(1e12, 100.0, 0.0, 0, sign) for sign in (-1.0, 1.0))
    assert up.density.value == pytest.approx(down.density.value, rel=1e-9)


def test_without_a_deposit_there_is_the_rate_alone():
    found = read(1e12, 100.0, 1e-3, 0, deposit=None)
    assert found.rate.status is Status.OK
    assert found.density.status is Status.NOT_MEASURED


def test_an_uncertain_area_makes_densities_uncertain():
    wide = Area(AREA.value, 0.1 * AREA.value, "nominal")
    sure, unsure = read(1e12, 100.0, 1e-3, 0), read(1e12, 100.0, 1e-3, 0, area=wide)
    assert unsure.density.error > 0.2 * unsure.density.value > sure.density.error
    assert unsure.rate.error == sure.rate.error, "a rate is no density"


def test_what_is_no_transient_of_nuclei_has_no_numbers():
    t = np.linspace(0.01, 10.0, 1000)
    found = nuclei(transient(t, -1e-9 * np.exp(-t), RADIUS).form, AREA, LITHIUM)
    assert not any(v.status.has_value for v in (found.rate, found.density, found.diffusivity))
