"""The reactions of the lithium electrode at a trial potential, and their slopes.

After one implicit step of diffusion the surface concentration x = c_s/c_0 is linear in the
current j that consumes Li+: x = still + response j(x). Plating is linear in x, and an alloy that
is implicit in its own filling a falling convex rational function, so that Newton's iteration for
x cannot miss, x is never negative and no alloy is ever over- or underfilled, however long the
step. Only the factor on lithium differs between growing (side charge comes along) and stripping
(no more than is there); as both leave the sign of its current alone, the balance at the
concentration where lithium is in equilibrium decides the branch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sim.lithium_parameters import LithiumParameters
from sim.lithium_state import State
from sim.solving import bounded_exp, compiled

_FAR_BELOW = 1.5
"""Volts below its potential at which the solvent is not oxidised at all."""


class Step(NamedTuple):
    """What stays the same while one step is solved."""

    length: float
    """s."""
    f: float
    """F/(RT), 1/V."""
    still: float
    """c_s/c_0 after the step if nothing reacted."""
    response: float
    """Rise of c_s/c_0 by 1 A/m^2 of anodic current."""
    parasitic: float
    """Side charge per charge of growing metal."""
    dead: float
    """Share of a stripped volume that is cut off."""
    lithium_area: float
    """Surface of the particles per footprint."""
    strippable: float
    """Charge the particles can give back, C/m^2."""


class Rates(NamedTuple):
    """Current densities of a step in A per m^2 of footprint, anodic positive."""

    total: float
    """Of all reactions."""
    slope: float
    """Of the total in potential, A/(m^2 V); never negative."""
    surface: float
    """c_s/c_0 after the step."""
    sei: float
    solvent: float
    alloy1: float
    alloy2: float
    lithium: float
    """With the side charge of growth."""
    grows: bool
    """Whether lithium grows, or is stripped."""


class Alloy(NamedTuple):
    """The parameters of one alloy, see `LithiumParameters`."""

    rate: float
    transfer: float
    lithiation: float
    delithiation: float
    capacity: float
    interaction: float


class Filling(NamedTuple):
    """One alloy at a trial potential."""

    share: float
    """How full it is before the step."""
    weight: float
    """Length of the step over capacity, m^2/A."""
    cathodic: float
    """Rate of an empty alloy per unit of x, A/m^2."""
    anodic: float
    """Rate of a full alloy, A/m^2."""
    cathodic_slope: float
    anodic_slope: float


class Plating(NamedTuple):
    """Current density on the particles, `free + bound x` in A/m^2, at a trial potential."""

    free: float
    bound: float
    free_slope: float
    bound_slope: float
    grows: bool


@compiled
def filling(potential: float, charge: float, alloy: Alloy, now: Step) -> Filling:
    """Rate constants of an alloy that holds `charge`."""
    share = charge / alloy.capacity
    shifted = potential + alloy.interaction * share
    a = alloy.transfer
    cathodic = alloy.rate * bounded_exp(-a * now.f * (shifted - alloy.lithiation))
    anodic = alloy.rate * bounded_exp((1.0 - a) * now.f * (shifted - alloy.delithiation))
    return Filling(
        share,
        now.length / alloy.capacity,
        cathodic,
        anodic,
        -a * now.f * cathodic,
        (1.0 - a) * now.f * anodic,
    )


@compiled
def alloying(x: float, at: Filling) -> tuple[float, float]:
    """Current density of an alloy, implicit in its filling, and its slope in x.

    The mean over the step of a rate (theta k_a - (1 - theta) x k_c) whose filling is that of
    the step's end; the denominator keeps the filling between empty and full.
    """
    held = 1.0 + at.weight * (at.anodic + at.cathodic * x)
    current = (at.share * at.anodic - (1.0 - at.share) * at.cathodic * x) / held
    return current, -at.cathodic * (1.0 - at.share + at.weight * at.anodic) / held / held


@compiled
def alloying_slope(x: float, current: float, at: Filling) -> float:
    """Slope of an alloy's current density in potential, at constant x."""
    held = 1.0 + at.weight * (at.anodic + at.cathodic * x)
    driven = at.share * at.anodic_slope - (1.0 - at.share) * at.cathodic_slope * x
    return (driven - current * at.weight * (at.anodic_slope + at.cathodic_slope * x)) / held


@compiled
def plating(
    potential: float, one: Filling, two: Filling, p: LithiumParameters, now: Step
) -> Plating:
    """Current density of the particles on the branch that the alloys leave them."""
    exchange = now.lithium_area * p.exchange_current
    cathodic = exchange * bounded_exp(-p.transfer * now.f * potential)
    anodic = exchange * bounded_exp((1.0 - p.transfer) * now.f * potential)
    cathodic_slope = -p.transfer * now.f * cathodic
    anodic_slope = (1.0 - p.transfer) * now.f * anodic
    balance = bounded_exp(now.f * potential)
    others = alloying(balance, one)[0] + alloying(balance, two)[0]
    grows = now.still + now.response * others > balance
    if grows:
        factor = 1.0 + now.parasitic
        factor_slope = 0.0
    else:
        wanted = now.strippable + anodic * now.length
        factor = now.strippable / wanted
        factor_slope = -factor * now.length * anodic_slope / wanted
    return Plating(
        anodic * factor,
        -cathodic * factor,
        anodic_slope * factor + anodic * factor_slope,
        -cathodic_slope * factor - cathodic * factor_slope,
        grows,
    )


@compiled
def surface(guess: float, one: Filling, two: Filling, lithium: Plating, now: Step) -> float:
    """Solve x = still + response j(x).

    The excess of x is rising and concave, so that Newton's iteration comes from below after its
    first stride; only that one can fall under zero, where it starts again from nothing left.
    """
    x = guess
    for _ in range(100):
        current1, slope1 = alloying(x, one)
        current2, slope2 = alloying(x, two)
        current = current1 + current2 + lithium.free + lithium.bound * x
        excess = x - now.still - now.response * current
        slope = 1.0 - now.response * (slope1 + slope2 + lithium.bound)
        stride = -excess / slope
        x = max(x + stride, 0.0)
        if abs(stride) <= 1e-12 * x:
            break
    return x


@compiled
def interface(potential: float, p: LithiumParameters, s: State, now: Step) -> Rates:
    """All reactions at a trial potential, the surface concentration eliminated.

    Args:
        potential: trial potential across the interface, V.
        p: parameters, as given by `constants`.
        s: the state before the step.
        now: the step.
    """
    film = p.sei_rate * bounded_exp(
        -p.sei_slope * now.f * (potential - p.sei_potential) - s.sei / p.sei_capacity
    )
    film_growth = film * now.length / p.sei_capacity
    sei = -p.sei_capacity / now.length * math.log1p(film_growth)
    sei_slope = p.sei_slope * now.f * film / (1.0 + film_growth)
    solvent = -p.solvent_rate * bounded_exp(-p.solvent_slope * now.f * potential)
    solvent_slope = -p.solvent_slope * now.f * solvent
    if potential > p.oxidation_potential - _FAR_BELOW:
        oxidation = p.oxidation_rate * bounded_exp(
            p.oxidation_slope * now.f * (potential - p.oxidation_potential)
        )
        solvent += oxidation
        solvent_slope += p.oxidation_slope * now.f * oxidation

    first = Alloy(
        p.alloy1_rate,
        p.alloy1_transfer,
        p.alloy1_lithiation,
        p.alloy1_delithiation,
        p.alloy1_capacity,
        p.alloy1_interaction,
    )
    second = Alloy(
        p.alloy2_rate,
        p.alloy2_transfer,
        p.alloy2_lithiation,
        p.alloy2_delithiation,
        p.alloy2_capacity,
        p.alloy2_interaction,
    )
    one = filling(potential, s.alloy1, first, now)
    two = filling(potential, s.alloy2, second, now)
    metal = Plating(0.0, 0.0, 0.0, 0.0, False)
    if now.lithium_area > 0.0:
        metal = plating(potential, one, two, p, now)

    x = surface(s.surface, one, two, metal, now)
    alloy1, alloy1_by_x = alloying(x, one)
    alloy2, alloy2_by_x = alloying(x, two)
    lithium = metal.free + metal.bound * x
    by_x = alloy1_by_x + alloy2_by_x + metal.bound
    by_potential = (
        alloying_slope(x, alloy1, one)
        + alloying_slope(x, alloy2, two)
        + metal.free_slope
        + metal.bound_slope * x
    )
    x_slope = now.response * by_potential / (1.0 - now.response * by_x)
    return Rates(
        sei + solvent + alloy1 + alloy2 + lithium,
        sei_slope + solvent_slope + by_potential + by_x * x_slope,
        x,
        sei,
        solvent,
        alloy1,
        alloy2,
        lithium,
        metal.grows,
    )
