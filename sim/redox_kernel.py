"""The equations of the redox cell, compiled: diffusion, Butler-Volmer, double layer, resistance.

Both concentrations at the surface are linear in the faradaic current after one implicit step of
diffusion, so that the current is a closed form of the potential; one Newton iteration finds the
potential for galvanostat, potentiostat and open circuit alike.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from seccm.arrays import FloatArray
from sim.driving import CURRENT, POTENTIAL
from sim.solving import (
    FARADAY,
    GAS,
    NEWTON_LIMIT,
    NEWTON_TOLERANCE,
    bounded_exp,
    compiled,
    next_guess,
)
from sim.transport import diffuse, factorise, surface_response


class Electrode(NamedTuple):
    """Couple, electrolyte and droplet; see `RedoxParameters` for the first eight."""

    temperature: float
    formal_potential: float
    rate_constant: float
    transfer: float
    oxidised: float
    reduced: float
    oxidised_diffusivity: float
    reduced_diffusivity: float
    """Infinite for a solid, whose activity stays what it is."""
    capacitance: float
    """Of the whole double layer, F."""
    area: float
    """Wetted, m^2."""
    resistance: float
    """R_u of the droplet, ohm."""


@compiled
def faradaic(
    potential: float,
    f: float,
    p: Electrode,
    oxidised: float,
    reduced: float,
    oxidised_response: float,
    reduced_response: float,
) -> tuple[float, float]:
    """Current in A at a potential and its slope in A/V, both concentrations eliminated.

    Args:
        potential: across the interface, V.
        f: F/(RT), 1/V.
        p: couple and droplet.
        oxidised: surface concentration of O after the step if nothing reacted, mol/m^3.
        reduced: the same of R.
        oxidised_response: its rise per mol/s of O formed, s/m^3.
        reduced_response: the same of R.
    """
    shifted = potential - p.formal_potential
    oxidation = p.rate_constant * bounded_exp((1.0 - p.transfer) * f * shifted)
    reduction = p.rate_constant * bounded_exp(-p.transfer * f * shifted)
    oxidation_slope = (1.0 - p.transfer) * f * oxidation
    reduction_slope = -p.transfer * f * reduction
    wanted = oxidation * reduced - reduction * oxidised
    wanted_slope = oxidation_slope * reduced - reduction_slope * oxidised
    held = 1.0 + p.area * (reduced_response * oxidation + oxidised_response * reduction)
    held_slope = p.area * (reduced_response * oxidation_slope + oxidised_response * reduction_slope)
    current = FARADAY * p.area * wanted / held
    return current, (FARADAY * p.area * wanted_slope - current * held_slope) / held


@compiled
def drive(
    mode: int,
    wave: FloatArray,
    step: float,
    p: Electrode,
    volume: FloatArray,
    conductance: FloatArray,
    surface_resistance: float,
    oxidised: FloatArray,
    reduced: FloatArray,
    start: float,
    potential: FloatArray,
    current: FloatArray,
) -> tuple[int, float]:
    """Drive a cell through a wave, changing both concentrations in place.

    Args:
        mode: CURRENT, POTENTIAL or OPEN.
        wave: shape (n,), A or V at the end of each step; ignored when open.
        step: s.
        p: couple and droplet.
        volume: shape (m,), m^3, see `Shells`.
        conductance: shape (m,), m, see `Shells`.
        surface_resistance: 1/m, see `Shells`.
        oxidised: shape (m,), mol/m^3.
        reduced: shape (m,), mol/m^3.
        start: potential across the interface, V.
        potential: shape (n,), filled with what an electrometer reads, V.
        current: shape (n,), filled with mean currents, A.

    Returns:
        The number of steps solved, n or fewer, and the potential across the interface.
    """
    f = FARADAY / (GAS * p.temperature)
    n = volume.size
    o_upper, o_pivot = factorise(volume, conductance, p.oxidised_diffusivity, step)
    o_feed = np.empty(n)
    surface_response(o_upper, o_pivot, conductance, p.oxidised_diffusivity, o_feed)
    o_response = o_feed[0] + surface_resistance / p.oxidised_diffusivity
    dissolved = math.isfinite(p.reduced_diffusivity)
    r_feed, r_response = np.zeros(n), 0.0
    if dissolved:
        r_upper, r_pivot = factorise(volume, conductance, p.reduced_diffusivity, step)
        surface_response(r_upper, r_pivot, conductance, p.reduced_diffusivity, r_feed)
        r_response = r_feed[0] + surface_resistance / p.reduced_diffusivity
    else:
        r_upper, r_pivot = o_upper, o_pivot
    held = np.empty(n)
    charging = p.capacitance / step
    inner = start

    for k in range(wave.size):
        for i in range(n):
            held[i] = volume[i] / step * oxidised[i]
        held[n - 1] += p.oxidised_diffusivity * conductance[n - 1] * p.oxidised
        diffuse(o_upper, o_pivot, conductance, p.oxidised_diffusivity, held, oxidised)
        if dissolved:
            for i in range(n):
                held[i] = volume[i] / step * reduced[i]
            held[n - 1] += p.reduced_diffusivity * conductance[n - 1] * p.reduced
            diffuse(r_upper, r_pivot, conductance, p.reduced_diffusivity, held, reduced)

        imposed = wave[k] if mode == CURRENT else 0.0
        guess = inner
        low, high = -math.inf, math.inf
        solved = False
        for _ in range(NEWTON_LIMIT):
            reaction, slope = faradaic(guess, f, p, oxidised[0], reduced[0], o_response, r_response)
            total = charging * (guess - inner) + reaction
            excess = total - imposed
            slope += charging
            if mode == POTENTIAL:
                excess = guess - wave[k] + p.resistance * total
                slope = 1.0 + p.resistance * slope
            if abs(excess) <= NEWTON_TOLERANCE * slope:
                solved = True
                break
            guess, low, high = next_guess(guess, excess, slope, low, high)
        if not solved:
            return k, inner
        inner = guess

        for i in range(n):
            oxidised[i] += o_feed[i] * reaction / FARADAY
            reduced[i] -= r_feed[i] * reaction / FARADAY
        current[k] = total if mode == POTENTIAL else imposed
        potential[k] = wave[k] if mode == POTENTIAL else guess + imposed * p.resistance
    return int(wave.size), inner
