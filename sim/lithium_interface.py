"""The reactions of the lithium electrode at a trial potential, and their slopes.

Every rate that consumes Li+ is linear in the surface concentration x = c_s/c_0, `free + bound x`,
and after one implicit step of diffusion x is linear in those rates, `still + response j`, so that
x follows in closed form. Only the factor on lithium differs between growing (side charge comes
along) and stripping (no more than is there); as both factors leave the sign of the current alone,
the sign without lithium decides the branch, and the elimination is exact on each.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sim.lithium_parameters import LithiumParameters
from sim.lithium_state import State
from sim.solving import bounded_exp, compiled


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


class Linear(NamedTuple):
    """A current density `free + bound x` in A/m^2, and the slopes of both in potential."""

    free: float
    bound: float
    free_slope: float
    bound_slope: float


@compiled
def alloying(potential: float, charge: float, lag: float, now: Step, alloy: Alloy) -> Linear:
    """Current density of a surface-limited alloy that holds `charge`, implicit in its filling.

    The denominator 1 + h (x k_c + k_a) / Q keeps a step from passing more than the alloy holds;
    its x is that of the last step (`lag`), so that the rate stays linear in the new one.
    """
    filling = charge / alloy.capacity
    shifted = potential + alloy.interaction * filling
    a = alloy.transfer
    cathodic = alloy.rate * bounded_exp(-a * now.f * (shifted - alloy.lithiation))
    anodic = alloy.rate * bounded_exp((1.0 - a) * now.f * (shifted - alloy.delithiation))
    cathodic_slope = -a * now.f * cathodic
    anodic_slope = (1.0 - a) * now.f * anodic
    weight = now.length / alloy.capacity
    damping = 1.0 / (1.0 + weight * (lag * cathodic + anodic))
    damping_slope = -damping * damping * weight * (lag * cathodic_slope + anodic_slope)
    return Linear(
        filling * anodic * damping,
        -(1.0 - filling) * cathodic * damping,
        filling * (anodic_slope * damping + anodic * damping_slope),
        -(1.0 - filling) * (cathodic_slope * damping + cathodic * damping_slope),
    )


@compiled
def plating(
    potential: float, without: float, p: LithiumParameters, now: Step
) -> tuple[Linear, bool]:
    """Current density of the particles, and whether they grow at a concentration `without` them."""
    exchange = now.lithium_area * p.exchange_current
    cathodic = exchange * bounded_exp(-p.transfer * now.f * potential)
    anodic = exchange * bounded_exp((1.0 - p.transfer) * now.f * potential)
    cathodic_slope = -p.transfer * now.f * cathodic
    anodic_slope = (1.0 - p.transfer) * now.f * anodic
    grows = without * cathodic > anodic
    if grows:
        factor = 1.0 + now.parasitic
        factor_slope = 0.0
    else:
        wanted = now.strippable + anodic * now.length
        factor = now.strippable / wanted
        factor_slope = -factor * now.length * anodic_slope / wanted
    linear = Linear(
        anodic * factor,
        -cathodic * factor,
        anodic_slope * factor + anodic * factor_slope,
        -cathodic_slope * factor - cathodic * factor_slope,
    )
    return linear, grows


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
    one = alloying(potential, s.alloy1, s.surface, now, first)
    two = alloying(potential, s.alloy2, s.surface, now, second)
    free = one.free + two.free
    bound = one.bound + two.bound
    lithium = Linear(0.0, 0.0, 0.0, 0.0)
    grows = False
    if now.lithium_area > 0.0:
        without = (now.still + now.response * free) / (1.0 - now.response * bound)
        lithium, grows = plating(potential, without, p, now)
    free += lithium.free
    bound += lithium.bound
    free_slope = one.free_slope + two.free_slope + lithium.free_slope
    bound_slope = one.bound_slope + two.bound_slope + lithium.bound_slope

    held = 1.0 - now.response * bound
    x = (now.still + now.response * free) / held
    x_slope = now.response * (free_slope + x * bound_slope) / held
    return Rates(
        sei + solvent + free + bound * x,
        sei_slope + solvent_slope + free_slope + bound_slope * x + bound * x_slope,
        x,
        sei,
        solvent,
        one.free + one.bound * x,
        two.free + two.bound * x,
        lithium.free + lithium.bound * x,
        grows,
    )
