"""What the kinds of step that titrate a particle have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from seccm.analysis.any_step import level
from seccm.factors import Length
from seccm.program.kind import StepSpec
from seccm.program.measured import NO_ROWS, Measured
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value
from seccm.results.result import potential

D_R2 = Result("D_R2", "1/s", "rate of diffusion: diffusivity over the square of the radius",
              "$D/R^2$", rank=400, mapped=True)  # fmt: skip
DIFFUSIVITY = Result("D_Li", "m^2/s", "diffusivity in a sphere of the radius that the plan gives",
                     r"$D_\mathrm{Li}$", rank=402, mapped=True)  # fmt: skip
D_GRAIN = Result("D_grain", "m^2/s", "diffusivity in grains of the radius that the plan gives",
                 r"$D_\mathrm{grain}$", rank=403, mapped=True)  # fmt: skip
E_REST = potential("E_rest", "potential of the rest before the step", r"$E_\mathrm{rest}$", 440)


class Titration(StepSpec):
    """A step at a particle whose radius may be known."""

    radius: Annotated[Length | None, Field(examples=["5 um"])] = None
    """The length that lithium diffuses: that of the particle, or of its grains. Without it the
    rates are determined, but not diffusivity and exchange current density."""
    grain_radius: Annotated[Length | None, Field(examples=["0.5 um"])] = None
    """The length that lithium diffuses if electrolyte is between the grains of a particle: for a
    second diffusivity, and a second exchange current density over the surface of all grains."""


def given(step: Titration, setting: Setting, **others: float) -> tuple[tuple[str, float], ...]:
    """Return what the analysis needs of a plan."""
    lengths = {"radius": step.radius, "grain_radius": step.grain_radius}
    known = {name: setting.number(one) for name, one in lengths.items() if one is not None}
    return tuple((known | others).items())


def diffusivities(segment: Segment) -> tuple[Result, ...]:
    """Return the diffusivities that the radii of a plan make of D/R^2."""
    return (*((DIFFUSIVITY,) if of(segment, "radius") else ()),
            *((D_GRAIN,) if of(segment, "grain_radius") else ()))  # fmt: skip


def scaled_rates(segment: Segment, rate: Measured) -> dict[str, Measured]:
    """Return the diffusivities of a step whose D/R^2 is known."""
    lengths = {D_GRAIN.name: of(segment, "grain_radius"), DIFFUSIVITY.name: of(segment, "radius")}
    return {name: scaled(rate, length**2) for name, length in lengths.items() if length}


def of(segment: Segment, name: str) -> float:
    """Return a number that the plan gives for the analysis; 0 if it does not."""
    return float(dict(segment.given).get(name, 0.0))


def scaled(measured: Measured, factor: float) -> Measured:
    """Multiply a result, its uncertainty included."""
    value = measured.value
    if value.status.has_value:
        value = Value(value.value * factor, value.error * abs(factor), value.status)
    return Measured(value, measured.rows)


def rest_before(before: Sequence[StepTrace], own: slice) -> Measured:
    """Return the potential to which the rest just before a step had come; undefined without one.

    What was wrong with its data points is in its status, as they are of another step.
    """
    if not before or before[-1].segment.mode != "open":
        return undefined(own)
    rest = before[-1]
    return Measured(level(rest, rest.E).checked(rest), NO_ROWS)


def undefined(*rows: slice) -> Measured:
    """Return the absence of a result that the steps around do not define."""
    return Measured(Value.none(Status.UNDEFINED), rows)
