"""The equations of a particle that takes lithium in, compiled.

After one implicit step of diffusion the concentration at the surface is linear in the faradaic
current. With a transfer coefficient of one half the potential is then a closed form of that
current, rising with it, so that one bracketed Newton iteration in the current serves galvanostat,
potentiostat and open circuit alike.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from seccm.arrays import FloatArray
from sim.driving import CURRENT, OPEN, POTENTIAL
from sim.insertion import open_circuit
from sim.solving import FARADAY, GAS, NEWTON_LIMIT, NEWTON_TOLERANCE, compiled
from sim.transport import diffuse, factorise, surface_response

_NOTHING = 1e-9
"""Fraction of lithium, or of room for it, below which no surface comes."""


class Grain(NamedTuple):
    """One particle; see `ParticleParameters`."""

    temperature: float
    """K."""
    sites: float
    """Concentration of a full particle, mol/m^3."""
    diffusivity: float
    """Of lithium in it, m^2/s."""
    exchange: float
    """Exchange current of the whole surface at half filling, A."""
    linear: bool
    """Whether the exchange current is that at any filling, and the overpotential is proportional to
    the current."""
    capacitance: float
    """Of the whole double layer, F."""
    contact: float
    """Resistance in series, ohm."""
    leak: float
    """Current of side reactions, A."""


@compiled
def interface(
    current: float, fraction: float, response: float, p: Grain, curve: FloatArray
) -> tuple[float, float]:
    """Potential across the interface at a faradaic current, V, and its slope, V/A.

    Args:
        current: faradaic, A, anodic positive: it takes lithium out.
        fraction: of lithium at the surface after the step if nothing reacted.
        response: how much that falls per ampere, 1/A.
        p: the particle.
        curve: its open-circuit potentials.
    """
    x = fraction - response * current
    potential, slope = open_circuit(x, curve, p.temperature)
    kinetic = 2.0 * GAS * p.temperature / FARADAY
    if p.linear:
        resistance = kinetic / (2.0 * p.exchange)
        return potential + resistance * current, resistance - response * slope
    exchange = p.exchange * 2.0 * math.sqrt(x * (1.0 - x))
    over = current / (2.0 * exchange)
    # How the exchange current changes with the filling that the current leaves behind.
    changed = over * response * (1.0 - 2.0 * x) / (2.0 * x * (1.0 - x))
    rise = 1.0 / (2.0 * exchange) + changed
    potential += kinetic * math.asinh(over)
    return potential, kinetic * rise / math.sqrt(1.0 + over * over) - response * slope


@compiled
def drive(
    mode: int,
    wave: FloatArray,
    step: float,
    p: Grain,
    curve: FloatArray,
    volume: FloatArray,
    conductance: FloatArray,
    surface_resistance: float,
    lithium: FloatArray,
    start: float,
    flow: float,
    potential: FloatArray,
    current: FloatArray,
) -> tuple[int, float, float]:
    """Drive a particle through a wave, changing its lithium in place.

    Args:
        mode: CURRENT, POTENTIAL or OPEN.
        wave: shape (n,), A or V at the end of each step; ignored when open.
        step: s.
        p: the particle.
        curve: its open-circuit potentials, see `insertion.curve_of`.
        volume: shape (m,), m^3, of its shells from the surface inwards.
        conductance: shape (m,), m, from each shell to the next; the last one is 0.
        surface_resistance: 1/m, from the surface to the middle of the first shell.
        lithium: shape (m,), mol/m^3.
        start: potential across the interface, V.
        flow: faradaic current of the last step, A: where the search begins.
        potential: shape (n,), filled with what an electrometer reads, V.
        current: shape (n,), filled with mean currents, A.

    Returns:
        The number of steps solved, n or fewer, the potential across the interface, and the
        faradaic current.
    """
    n = volume.size
    upper, pivot = factorise(volume, conductance, p.diffusivity, step)
    feed = np.empty(n)
    surface_response(upper, pivot, conductance, p.diffusivity, feed)
    response = (feed[0] + surface_resistance / p.diffusivity) / (FARADAY * p.sites)
    held = np.empty(n)
    charging = p.capacitance / step
    inner = start

    for k in range(wave.size):
        for i in range(n):
            held[i] = volume[i] / step * lithium[i]
        diffuse(upper, pivot, conductance, p.diffusivity, held, lithium)
        fraction = lithium[0] / p.sites
        low = (fraction - 1.0 + _NOTHING) / response
        high = (fraction - _NOTHING) / response
        guess = flow if low < flow < high else 0.5 * (low + high)
        imposed = wave[k] if mode == CURRENT else 0.0
        across = inner
        solved = False
        for _ in range(NEWTON_LIMIT):
            across, slope = interface(guess, fraction, response, p, curve)
            total = guess + charging * (across - inner) + p.leak
            rising = 1.0 + charging * slope
            excess = total - imposed
            if mode == POTENTIAL:
                excess = across + p.contact * total - wave[k]
                rising = slope + p.contact * rising
            if excess > 0.0:
                high = guess
            else:
                low = guess
            stride = excess / rising
            if abs(stride) * slope <= NEWTON_TOLERANCE:
                solved = True
                break
            guess -= stride
            if not low < guess < high:
                guess = 0.5 * (low + high)
        if not solved:
            return k, inner, flow
        flow, inner = guess, across
        for i in range(n):
            lithium[i] -= feed[i] * flow / FARADAY
        current[k] = total if mode != OPEN else 0.0
        potential[k] = wave[k] if mode == POTENTIAL else inner + imposed * p.contact
    return int(wave.size), inner, flow
