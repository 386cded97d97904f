"""The equations of the lithium cell, compiled: one step of the droplet and its electrode.

Theory of operation. A step is implicit in potential, surface concentration and the rates.

1. One tridiagonal solve gives the concentrations without reaction; by linearity the surface
   concentration x = c_s/c_0 is `still + response * j` for a current density j that consumes Li+.
2. Every such rate is linear in x, `free + bound * x`, so that x follows in closed form for a trial
   potential. Only the factor on lithium differs between growing (parasitic charge comes along)
   and stripping (no more than is there); as both factors leave the sign of the current alone,
   the sign without lithium decides the branch, and the elimination is exact on each.
3. What remains is one rising function of the potential for galvanostat, potentiostat and open
   circuit alike; Newton's method with a bracket solves it, with exact derivatives.
4. The state advances with the very same currents, so that charge is neither made nor lost.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Protocol, cast

import numpy as np

from sim import nuclei
from sim.cell import FloatArray
from sim.lithium_parameters import NAMES, LithiumParameters
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

CURRENT, POTENTIAL, OPEN = 0, 1, 2
"""What is imposed on the cell."""

PARTS = ("double_layer", "sei", "solvent", "alloy1", "alloy2", "lithium", "parasitic")
"""Where charge can go, in the order of `State.charge`."""
_DOUBLE_LAYER, _SEI, _SOLVENT, _ALLOY1, _ALLOY2, _LITHIUM, _PARASITIC = range(len(PARTS))

_nodes, _weights = np.polynomial.hermite_e.hermegauss(5)
SITE_NODES: FloatArray = np.asarray(_nodes, dtype=np.float64)
"""Site classes: standard deviations away from the median of ln(rate) (Gauss-Hermite)."""
SITE_WEIGHTS: FloatArray = np.asarray(_weights / _weights.sum(), dtype=np.float64)
"""Share of the sites in each class."""

DEPLETED = 1e-4
"""Below this share of the bulk concentration the electrolyte's resistance and Nernst shift stop
changing: electroneutrality, on which both rest, has no meaning there."""

Constants = namedtuple("Constants", NAMES)  # type: ignore[misc]


def constants(parameters: LithiumParameters) -> LithiumParameters:
    """Return the parameters as the compiled kernel takes them: a tuple, under the same names."""
    values = (getattr(parameters, name) for name in NAMES)
    return cast(LithiumParameters, Constants(*values))


class State(Protocol):
    """What the electrode remembers; charges and numbers are per area of the wetted footprint."""

    potential: float
    """Across the interface, against lithium in the bulk electrolyte, V."""
    drift: float
    """Its last rate of change, V/s: where the next solution is looked for first."""
    surface: float
    """Concentration at the surface over that of the bulk."""
    sei: float
    """Charge in the passivating film, C/m^2."""
    alloy1: float
    """Charge in the first alloy, C/m^2."""
    alloy2: float
    """Charge in the second alloy, C/m^2."""
    deep: float
    """Charge that the second alloy has passed on to the gold below, C/m^2."""
    parasitic: float
    """Side charge that growth has dragged along, C/m^2."""
    dead: float
    """Volume of lithium cut off from the electrode, m^3/m^2."""
    cohorts: int
    """Cohorts of particles in use."""
    count: FloatArray
    """Particles per m^2 in each cohort."""
    radius: FloatArray
    """Their radius, m."""
    occupied: FloatArray
    """Sites per m^2 of each class that bear a particle."""
    charge: FloatArray
    """Charge passed since the droplet was made, in C, one number a part."""


_SHAPES = {"count": nuclei.COHORTS, "radius": nuclei.COHORTS, "occupied": 5, "charge": len(PARTS)}
STATE = np.dtype(
    [
        (name, np.int64 if kind == "int" else np.float64, (_SHAPES.get(name, ())))
        for name, kind in State.__annotations__.items()
    ]
)
"""Memory layout of `State`."""


@compiled
def resistance(
    c: FloatArray,
    surface: float,
    bulk: float,
    conductance: FloatArray,
    surface_resistance: float,
    conductivity: float,
) -> float:
    """Resistance in ohm of the live concentration profile, conductivity following salt."""
    n = c.size
    total = surface_resistance / max(0.5 * (surface + c[0] / bulk), DEPLETED)
    for i in range(n):
        above = c[i + 1] if i < n - 1 else bulk
        total += 1.0 / (conductance[i] * max(0.5 * (c[i] + above) / bulk, DEPLETED))
    return float(total / conductivity)


@compiled
def alloying(
    potential: float,
    lag: float,
    step: float,
    f: float,
    charge: float,
    rate: float,
    transfer: float,
    lithiation: float,
    delithiation: float,
    capacity: float,
    interaction: float,
) -> tuple[float, float, float, float]:
    """Current density of one surface-limited alloy, implicit in its filling.

    The denominator 1 + h (x k_c + k_a) / Q keeps a step from passing more than the alloy holds;
    its x is that of the last step (`lag`), so that the rate stays linear in the new one.

    Returns:
        The parts without and per unit of x = c_s/c_0 in A/m^2, and their slopes in potential.
    """
    filling = charge / capacity
    shifted = potential + interaction * filling
    cathodic = rate * bounded_exp(-transfer * f * (shifted - lithiation))
    anodic = rate * bounded_exp((1.0 - transfer) * f * (shifted - delithiation))
    cathodic_slope = -transfer * f * cathodic
    anodic_slope = (1.0 - transfer) * f * anodic
    damping = 1.0 / (1.0 + step * (lag * cathodic + anodic) / capacity)
    damping_slope = -damping * damping * step * (lag * cathodic_slope + anodic_slope) / capacity
    return (
        filling * anodic * damping,
        -(1.0 - filling) * cathodic * damping,
        filling * (anodic_slope * damping + anodic * damping_slope),
        -(1.0 - filling) * (cathodic_slope * damping + cathodic * damping_slope),
    )


@compiled
def interface(
    potential: float,
    step: float,
    f: float,
    p: LithiumParameters,
    s: State,
    parasitic: float,
    lithium_area: float,
    strippable: float,
    still: float,
    response: float,
) -> tuple[float, float, float, float, float, float, float, float, bool]:
    """Faradaic current densities at a trial potential, the surface concentration eliminated.

    Args:
        potential: trial potential, V.
        step: length of the step, s.
        f: F/(RT), 1/V.
        p: parameters, as given by `constants`.
        s: the state before the step.
        parasitic: side charge per charge of growing metal.
        lithium_area: surface of the particles per footprint.
        strippable: charge the particles can give back, C/m^2.
        still: c_s/c_0 after the step if nothing reacted.
        response: change of c_s/c_0 by 1 A/m^2 of anodic current.

    Returns:
        Total in A/m^2 and its slope in potential; c_s/c_0; the currents of film, solvent,
        alloy 1, alloy 2 and lithium with its side charge; whether lithium grows.
    """
    film = p.sei_rate * bounded_exp(
        -p.sei_slope * f * (potential - p.sei_potential) - s.sei / p.sei_capacity
    )
    film_growth = film * step / p.sei_capacity
    sei = -p.sei_capacity / step * math.log1p(film_growth)
    sei_slope = p.sei_slope * f * film / (1.0 + film_growth)
    solvent = -p.solvent_rate * bounded_exp(-p.solvent_slope * f * potential)
    solvent_slope = -p.solvent_slope * f * solvent

    free1, bound1, free1_slope, bound1_slope = alloying(
        potential,
        s.surface,
        step,
        f,
        s.alloy1,
        p.alloy1_rate,
        p.alloy1_transfer,
        p.alloy1_lithiation,
        p.alloy1_delithiation,
        p.alloy1_capacity,
        p.alloy1_interaction,
    )
    free2, bound2, free2_slope, bound2_slope = alloying(
        potential,
        s.surface,
        step,
        f,
        s.alloy2,
        p.alloy2_rate,
        p.alloy2_transfer,
        p.alloy2_lithiation,
        p.alloy2_delithiation,
        p.alloy2_capacity,
        p.alloy2_interaction,
    )
    free = free1 + free2
    bound = bound1 + bound2
    free_slope = free1_slope + free2_slope
    bound_slope = bound1_slope + bound2_slope

    grows = False
    free3 = bound3 = 0.0
    if lithium_area > 0.0:
        exchange = lithium_area * p.exchange_current
        plating = exchange * bounded_exp(-p.transfer * f * potential)
        stripping = exchange * bounded_exp((1.0 - p.transfer) * f * potential)
        plating_slope = -p.transfer * f * plating
        stripping_slope = (1.0 - p.transfer) * f * stripping
        without = (still + response * free) / (1.0 - response * bound)
        grows = without * plating > stripping
        if grows:
            factor = 1.0 + parasitic
            factor_slope = 0.0
        else:
            wanted = strippable + stripping * step
            factor = strippable / wanted
            factor_slope = -factor * step * stripping_slope / wanted
        free3 = stripping * factor
        bound3 = -plating * factor
        free += free3
        bound += bound3
        free_slope += stripping_slope * factor + stripping * factor_slope
        bound_slope -= plating_slope * factor + plating * factor_slope

    held = 1.0 - response * bound
    x = (still + response * free) / held
    x_slope = response * (free_slope + x * bound_slope) / held
    return (
        sei + solvent + free + bound * x,
        sei_slope + solvent_slope + free_slope + bound_slope * x + bound * x_slope,
        x,
        sei,
        solvent,
        free1 + bound1 * x,
        free2 + bound2 * x,
        free3 + bound3 * x,
        grows,
    )


@compiled
def nucleate(s: State, p: LithiumParameters, f: float, step: float, classes: FloatArray) -> None:
    """Let free sites of every class bear a nucleus, each class at its own constant rate."""
    overpotential = math.log(max(s.surface, DEPLETED)) / f - s.potential
    if overpotential <= 0.0:
        return
    rate = p.nucleation_rate * bounded_exp(
        p.nucleation_order * f * overpotential - p.nucleation_barrier / overpotential**2
    )
    born = 0.0
    for m in range(SITE_WEIGHTS.size):
        vacant = p.sites * SITE_WEIGHTS[m] - s.occupied[m]
        new = vacant * (1.0 - math.exp(-rate * classes[m] * step))
        s.occupied[m] += new
        born += new
    if born > 0.0:
        s.cohorts = nuclei.bear(s.cohorts, s.count, s.radius, born, p.nucleus_radius)


@compiled
def strip(s: State, p: LithiumParameters, stripped: float, dead: float) -> None:
    """Dissolve `stripped` (m^3/m^2 by charge); `dead` of the volume lost is cut off, not used."""
    lost = stripped / (1.0 - dead)
    s.dead += lost - stripped
    population, _, _, _ = nuclei.moments(s.cohorts, s.count, s.radius)
    sphere = 4.0 / 3.0 * math.pi
    s.cohorts, gone, undissolved = nuclei.shrink(
        s.cohorts, s.count, s.radius, lost / sphere, p.nucleus_radius
    )
    s.dead += sphere * undissolved
    if gone > 0.0:
        left = 1.0 - gone / population if s.cohorts > 0 else 0.0
        for m in range(s.occupied.size):
            s.occupied[m] *= left


@compiled
def drive(
    mode: int,
    wave: FloatArray,
    step: float,
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
        step: s.
        p: parameters, as given by `constants`.
        area: wetted footprint, m^2.
        volume: shape (m,), m^3, see `Shells`.
        conductance: shape (m,), m, see `Shells`.
        surface_resistance: 1/m, see `Shells`.
        s: one record of `STATE`.
        c: shape (m,), mol/m^3.
        potential: shape (n,), filled with what an electrometer reads, V.
        current: shape (n,), filled with mean currents, A.

    Returns:
        The number of steps solved: n, or fewer if one has no solution.
    """
    f = FARADAY / (GAS * p.temperature)
    upper, pivot = factorise(volume, conductance, p.diffusivity, step)
    feed = np.empty(c.size)
    surface_response(upper, pivot, conductance, p.diffusivity, feed)
    per_current = (1.0 - p.transference) * area / FARADAY
    response = per_current * (feed[0] + surface_resistance / p.diffusivity) / p.salt
    supply = p.diffusivity * conductance[-1] * p.salt
    held = np.empty(c.size)
    rested = np.empty(c.size)
    classes = np.exp(p.nucleation_spread * SITE_NODES)
    leaked = (1.0 - math.exp(-p.alloy_leak * (1.0 + 1.0 / p.alloy_depth) * step)) / (
        1.0 + 1.0 / p.alloy_depth
    )
    sphere = 4.0 / 3.0 * math.pi
    charging = p.capacitance / step
    ohm = resistance(c, s.surface, p.salt, conductance, surface_resistance, p.conductivity)
    diffusion = (1.0 - 2.0 * p.transference) / f * math.log(max(s.surface, DEPLETED))

    for k in range(wave.size):
        for i in range(c.size):
            held[i] = volume[i] / step * c[i]
        held[c.size - 1] += supply
        diffuse(upper, pivot, conductance, p.diffusivity, held, rested)
        still = rested[0] / p.salt

        maturity = math.exp(-s.parasitic / p.maturing_charge)
        parasitic = p.parasitic_last + (p.parasitic_first - p.parasitic_last) * maturity
        dead = p.dead_fraction * maturity
        m0, _, m2, m3 = nuclei.moments(s.cohorts, s.count, s.radius)
        lithium_area = 4.0 * math.pi * m2
        exchangeable = sphere * (m3 - m0 * p.nucleus_radius**3)
        strippable = max(exchangeable, 0.0) * (1.0 - dead) * FARADAY / p.molar_volume

        imposed = wave[k] / area if mode == CURRENT else 0.0
        target = wave[k] - p.reference_offset - diffusion
        guess = s.potential + s.drift * step
        low, high = -math.inf, math.inf
        solved = False
        for _ in range(NEWTON_LIMIT):
            faradaic, slope, x, sei, solvent, alloy1, alloy2, lithium, grows = interface(
                guess,
                step,
                f,
                p,
                s,
                parasitic,
                lithium_area,
                strippable,
                still,
                response,
            )
            total = charging * (guess - s.potential) + faradaic
            excess = total - imposed
            slope += charging
            if mode == POTENTIAL:
                excess = guess - target + ohm * area * total
                slope = 1.0 + ohm * area * slope
            if abs(excess) < NEWTON_TOLERANCE * slope:
                solved = True
                break
            guess, low, high = next_guess(guess, excess, slope, low, high)
        if not solved:
            return k
        # Under an imposed current the double layer takes what the last correction would have
        # moved, so that the charge closes to rounding however well the root is known.
        if mode != POTENTIAL:
            total = imposed
            guess = s.potential + (total - faradaic) / charging
        s.drift = (guess - s.potential) / step

        source = per_current * (alloy1 + alloy2 + lithium)
        for i in range(c.size):
            c[i] = rested[i] + feed[i] * source
        metal = lithium / (1.0 + parasitic) if grows else lithium
        s.charge[_DOUBLE_LAYER] += charging * (guess - s.potential) * step * area
        s.charge[_SEI] += sei * step * area
        s.charge[_SOLVENT] += solvent * step * area
        s.charge[_ALLOY1] += alloy1 * step * area
        s.charge[_ALLOY2] += alloy2 * step * area
        s.charge[_LITHIUM] += metal * step * area
        s.charge[_PARASITIC] += (lithium - metal) * step * area

        s.potential = guess
        s.surface = x
        s.sei -= sei * step
        s.alloy1 -= alloy1 * step
        s.alloy2 -= alloy2 * step
        leak = leaked * (s.alloy2 - s.deep / p.alloy_depth)
        s.alloy2 -= leak
        s.deep += leak
        converted = abs(metal) * step * p.molar_volume / FARADAY
        if grows:
            s.parasitic -= (lithium - metal) * step
            nuclei.grow(s.cohorts, s.count, s.radius, converted / sphere)
        elif s.cohorts > 0:
            strip(s, p, converted, dead)
        nucleate(s, p, f, step, classes)

        ohm = resistance(c, s.surface, p.salt, conductance, surface_resistance, p.conductivity)
        diffusion = (1.0 - 2.0 * p.transference) / f * math.log(max(s.surface, DEPLETED))
        current[k] = total * area
        if mode == POTENTIAL:
            potential[k] = wave[k]
        else:
            potential[k] = guess + current[k] * ohm + diffusion + p.reference_offset
    return int(wave.size)
