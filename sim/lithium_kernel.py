"""One step of the lithium droplet after another, compiled.

Theory of operation. A step is implicit in potential, surface concentration and the rates.

1. One tridiagonal solve gives the concentrations without reaction; the reactions add a known
   profile times their current. `lithium_interface` eliminates the surface concentration.
2. What remains is one rising function of the potential for galvanostat, potentiostat and open
   circuit alike; Newton's method with a bracket solves it, with exact derivatives.
3. The state advances with the very same currents, so that charge is neither made nor lost.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from sim import nuclei
from sim.driving import CURRENT, POTENTIAL
from sim.lithium_interface import Rates, Step, interface
from sim.lithium_parameters import LithiumParameters
from sim.lithium_state import PARTS, SITE_NODES, SITE_WEIGHTS, State
from sim.solving import (
    FARADAY,
    GAS,
    NEWTON_LIMIT,
    NEWTON_TOLERANCE,
    bounded_exp,
    compiled,
    next_guess,
)
from sim.transport import diffuse, factorise, pooled_potential, surface_response

DEPLETED = 1e-4
"""Below this share of the bulk concentration the electrolyte's resistance and Nernst shift stop
changing: electroneutrality, on which both rest, has no meaning there."""

_DOUBLE_LAYER, _SEI, _SOLVENT, _ALLOY1, _ALLOY2, _LITHIUM, _PARASITIC = range(len(PARTS))
_FARTHEST_AHEAD = 0.1
_SPHERE = 4.0 / 3.0 * math.pi


@compiled
def resistance(
    c: FloatArray,
    surface: float,
    p: LithiumParameters,
    conductance: FloatArray,
    surface_resistance: float,
) -> float:
    """Resistance in ohm of the live concentration profile, conductivity following salt."""
    n = c.size
    total = surface_resistance / max(0.5 * (surface + c[0] / p.salt), DEPLETED)
    for i in range(n):
        above = c[i + 1] if i < n - 1 else p.salt
        total += 1.0 / (conductance[i] * max(0.5 * (c[i] + above) / p.salt, DEPLETED))
    return float(total / p.conductivity)


@compiled
def diffusion_potential(surface: float, p: LithiumParameters, f: float) -> float:
    """Potential in V between surface and bulk of the binary electrolyte."""
    return (1.0 - 2.0 * p.transference) / f * math.log(max(surface, DEPLETED))


@compiled
def begin(
    s: State, p: LithiumParameters, length: float, f: float, still: float, response: float
) -> Step:
    """Gather what stays the same while the next step is solved."""
    maturity = math.exp(-s.parasitic / p.maturing_charge)
    dead = p.dead_fraction * maturity
    m0, _, m2, m3 = nuclei.moments(s.cohorts, s.count, s.radius)
    exchangeable = max(_SPHERE * (m3 - m0 * p.nucleus_radius**3), 0.0)
    return Step(
        length,
        f,
        still,
        response,
        p.parasitic_last + (p.parasitic_first - p.parasitic_last) * maturity,
        dead,
        4.0 * math.pi * m2,
        exchangeable * (1.0 - dead) * FARADAY / p.molar_volume,
    )


@compiled
def settle(
    imposed: float, target: float, series: float, p: LithiumParameters, s: State, now: Step
) -> tuple[bool, float, float, Rates]:
    """Find the potential at which double layer and reactions carry what is imposed.

    Args:
        imposed: current density of a galvanostat, A/m^2; 0 otherwise.
        target: potential that a potentiostat holds behind the resistance, V.
        series: that resistance in ohm m^2; negative without a potentiostat.
        p: parameters, as given by `constants`.
        s: the state before the step.
        now: the step.

    Returns:
        Whether a solution was found; the potential across the interface, V; the total current
        density, A/m^2; the reactions.
    """
    charging = p.capacitance / now.length
    # A drift learnt from a short step says nothing about a long one.
    ahead = s.drift * now.length
    guess = s.potential + (ahead if abs(ahead) < _FARTHEST_AHEAD else 0.0)
    low, high = -math.inf, math.inf
    for _ in range(NEWTON_LIMIT):
        rates = interface(guess, p, s, now)
        total = charging * (guess - s.potential) + rates.total
        excess = total - imposed
        slope = charging + rates.slope
        if series >= 0.0:
            excess = guess - target + series * total
            slope = 1.0 + series * slope
        if abs(excess) < NEWTON_TOLERANCE * slope:
            if series >= 0.0:
                return True, guess, total, rates
            # Under an imposed current the double layer takes what the last correction would have
            # moved, so that the charge closes to rounding however well the root is known.
            return True, s.potential + (imposed - rates.total) / charging, imposed, rates
        guess, low, high = next_guess(guess, excess, slope, low, high)
    return False, guess, total, rates


@compiled
def advance(s: State, p: LithiumParameters, now: Step, potential: float, rates: Rates) -> float:
    """Move film, alloys, metal and potential on by one step; return the charge of the metal."""
    h = now.length
    s.drift = (potential - s.potential) / h
    s.potential = potential
    s.surface = rates.surface
    s.sei -= rates.sei * h
    s.alloy1 -= rates.alloy1 * h
    s.alloy2 -= rates.alloy2 * h
    # The exchange of the second alloy with the gold below is solved exactly.
    share = 1.0 + 1.0 / p.alloy_depth
    leak = (s.alloy2 - s.deep / p.alloy_depth) * -math.expm1(-p.alloy_leak * share * h) / share
    s.alloy2 -= leak
    s.deep += leak
    metal = rates.lithium * h
    if rates.grows:
        metal /= 1.0 + now.parasitic
        s.parasitic -= rates.lithium * h - metal
        nuclei.grow(s.cohorts, s.count, s.radius, -metal * p.molar_volume / FARADAY / _SPHERE)
    elif s.cohorts > 0:
        strip(s, p, metal * p.molar_volume / FARADAY, now.dead)
    return metal


@compiled
def strip(s: State, p: LithiumParameters, stripped: float, dead: float) -> None:
    """Dissolve `stripped` (m^3/m^2 by charge); `dead` of the volume lost is cut off, not used."""
    lost = stripped / (1.0 - dead)
    population, _, _, _ = nuclei.moments(s.cohorts, s.count, s.radius)
    s.cohorts, gone, undissolved = nuclei.shrink(
        s.cohorts, s.count, s.radius, lost / _SPHERE, p.nucleus_radius
    )
    s.dead += lost - stripped + _SPHERE * undissolved
    if gone > 0.0:
        left = 1.0 - gone / population if s.cohorts > 0 else 0.0
        for m in range(s.occupied.size):
            s.occupied[m] *= left


@compiled
def nucleate(s: State, p: LithiumParameters, now: Step, classes: FloatArray) -> None:
    """Let free sites of every class bear a nucleus, each class at its own constant rate."""
    overpotential = math.log(max(s.surface, DEPLETED)) / now.f - s.potential
    if overpotential <= 0.0:
        return
    rate = p.nucleation_rate * bounded_exp(
        p.nucleation_order * now.f * overpotential - p.nucleation_barrier / overpotential**2
    )
    born = 0.0
    for m in range(SITE_WEIGHTS.size):
        vacant = p.sites * SITE_WEIGHTS[m] - s.occupied[m]
        new = vacant * (1.0 - math.exp(-rate * classes[m] * now.length))
        s.occupied[m] += new
        born += new
    if born > 0.0:
        s.cohorts = nuclei.bear(s.cohorts, s.count, s.radius, born, p.nucleus_radius)


@compiled
def book(s: State, charging: float, rates: Rates, metal: float, weight: float) -> None:
    """Add a step to the ledger: densities times `weight` (m^2 s) are charges.

    Args:
        s: the state whose ledger is kept.
        charging: current density of the double layer, A/m^2.
        rates: the reactions.
        metal: the share of `rates.lithium` that became or had been metal, A/m^2.
        weight: area times length of the step.
    """
    s.charge[_DOUBLE_LAYER] += charging * weight
    s.charge[_SEI] += rates.sei * weight
    s.charge[_SOLVENT] += rates.solvent * weight
    s.charge[_ALLOY1] += rates.alloy1 * weight
    s.charge[_ALLOY2] += rates.alloy2 * weight
    s.charge[_LITHIUM] += metal * weight
    s.charge[_PARASITIC] += (rates.lithium - metal) * weight


@compiled
def drive(
    mode: int,
    wave: FloatArray,
    length: float,
    p: LithiumParameters,
    area: float,
    volume: FloatArray,
    conductance: FloatArray,
    surface_resistance: float,
    s: State,
    c: FloatArray,
    potential: FloatArray,
    current: FloatArray,
) -> int:
    """Drive a cell through a wave, changing its state and concentrations in place.

    Args:
        mode: CURRENT, POTENTIAL or OPEN.
        wave: shape (n,), A or V at the end of each step; ignored when open.
        length: of a step, s.
        p: parameters, as given by `constants`.
        area: wetted footprint, m^2.
        volume: shape (m,), m^3, see `Shells`.
        conductance: shape (m,), m, see `Shells`.
        surface_resistance: 1/m, see `Shells`.
        s: the state, see `state_in`.
        c: shape (m,), mol/m^3.
        potential: shape (n,), filled with what an electrometer reads, V.
        current: shape (n,), filled with mean currents, A.

    Returns:
        The number of steps solved: n, or fewer if one has no solution.
    """
    f = FARADAY / (GAS * p.temperature)
    upper, pivot = factorise(volume, conductance, p.diffusivity, length)
    feed = np.empty(c.size)
    surface_response(upper, pivot, conductance, p.diffusivity, feed)
    per_current = (1.0 - p.transference) * area / FARADAY
    response = per_current * (feed[0] + surface_resistance / p.diffusivity) / p.salt
    supply = p.diffusivity * conductance[-1] * p.salt
    held = np.empty(c.size)
    classes = np.exp(p.nucleation_spread * SITE_NODES)
    ohm = resistance(c, s.surface, p, conductance, surface_resistance)
    shift = diffusion_potential(s.surface, p, f) + p.reference_offset

    for k in range(wave.size):
        for i in range(c.size):
            held[i] = volume[i] / length * c[i]
        held[c.size - 1] += supply
        diffuse(upper, pivot, conductance, p.diffusivity, held, c)
        now = begin(s, p, length, f, c[0] / p.salt, response)
        imposed = wave[k] / area if mode == CURRENT else 0.0
        series = ohm * area if mode == POTENTIAL else -1.0
        solved, inner, total, rates = settle(imposed, wave[k] - shift, series, p, s, now)
        if not solved:
            return k

        source = per_current * (rates.alloy1 + rates.alloy2 + rates.lithium)
        for i in range(c.size):
            c[i] += feed[i] * source
        before = s.potential
        metal = advance(s, p, now, inner, rates)
        book(s, p.capacitance * (inner - before) / length, rates, metal / length, area * length)
        nucleate(s, p, now, classes)

        ohm = resistance(c, s.surface, p, conductance, surface_resistance)
        shift = diffusion_potential(s.surface, p, f) + p.reference_offset
        current[k] = total * area
        potential[k] = wave[k] if mode == POTENTIAL else inner + current[k] * ohm + shift
    return int(wave.size)


@compiled
def spread(s: State, rest: float, area: float, wetted: float) -> None:
    """Let the footprint change from `area` to `wetted`, m^2; amounts and charges stay.

    Fresh surface bears nothing and rests at `rest`, V; surface that falls dry keeps its share.
    """
    s.potential = pooled_potential(s.potential, rest, area, wetted)
    s.drift = 0.0
    if wetted <= area:
        return
    share = area / wetted
    s.sei *= share
    s.alloy1 *= share
    s.alloy2 *= share
    s.deep *= share
    s.parasitic *= share
    s.dead *= share
    for k in range(s.count.size):
        s.count[k] *= share
    for k in range(s.occupied.size):
        s.occupied[k] *= share
