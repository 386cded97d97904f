"""Records of particles with known diffusivity and exchange current, for the analyses of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seccm.arrays import FloatArray
from sim.particle import Particle, ParticleParameters

F, R = 96485.33212, 8.314462618
TEMPERATURE = 302.15
"""29 C, as published."""
THERMAL = R * TEMPERATURE / F
VOLUMETRIC = 1662e6
"""F/m^3: 600 mAh/cm^3 over 1.3 V."""
MEDIAN = ParticleParameters(
    table=((0.0, 4.3), (1.0, 4.3 - F * 22400.0 / VOLUMETRIC)),
    filled=0.5,
    linear=True,
    temperature=TEMPERATURE,
)
"""The medians of 21 particles at 4.1 V: D 5.2e-10 cm2/s, j0 0.104 mA/cm2, 10.1 um."""
LEAK = 0.1e-12
"""A."""


def biot(p: ParticleParameters) -> float:
    """B = -j0 R (dV/dC) / (R_g T D)."""
    slope = Particle(p).open_circuit(p.filled)[1] / p.sites
    return -p.exchange * p.radius * slope / (R * p.temperature * p.diffusivity)


def with_biot(wanted: float, reaction: float | None = None) -> ParticleParameters:
    """A particle with a Biot number; with a reaction time, s, D is what follows from both."""
    p = replace(MEDIAN, exchange=MEDIAN.exchange * wanted / biot(MEDIAN))
    if reaction is None:
        return p
    diffusivity = p.radius**2 / (3.0 * wanted * reaction)
    return replace(p, diffusivity=diffusivity, exchange=p.exchange * diffusivity / p.diffusivity)


def step(
    p: ParticleParameters,
    seed: int = 0,
    *,
    row: float = 0.02,
    noise: float = 20e-15,
    lasts: float = 1200.0,
    volts: float = -15e-3,
) -> tuple[FloatArray, FloatArray]:
    """Times and currents after a step of the potential from rest, with leak and noise."""
    particle, rows = Particle(p), round(lasts / row)
    rest = particle.open_circuit(p.filled)[0]
    current = particle.run("potential", np.full(rows, rest + volts), row).current
    scatter = noise * np.random.default_rng(seed).standard_normal(rows)
    return row * np.arange(1, rows + 1), current + LEAK + scatter
