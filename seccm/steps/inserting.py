"""What the kinds of step that titrate a particle have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seccm.factors import Length
from seccm.factors import Value as Quantity
from seccm.program.kind import StepSpec
from seccm.program.measured import Measured
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.results import Result, Status, Value
from seccm.results.result import potential

FARADAY, GAS = 96485.33212, 8.314462618
"""C/mol and J/(mol K) (CODATA)."""

D_R2 = Result("D_R2", "1/s", "rate of diffusion: diffusivity over the square of the radius",
              "$D/R^2$", rank=400, mapped=True)  # fmt: skip
DIFFUSIVITY = Result("D_Li", "m^2/s", "diffusivity in a sphere of the radius that the plan gives",
                     r"$D_\mathrm{Li}$", rank=402, mapped=True)  # fmt: skip
E_REST = potential("E_rest", "potential of the rest before the step", r"$E_\mathrm{rest}$", 440)


class Titration(StepSpec):
    """A step at a particle whose radius may be known."""

    radius: Annotated[Length | None, Field(examples=["5 um"])] = None
    """The length that lithium diffuses: that of the particle, or of its grains. Without it the
    rates are determined, but not diffusivity and exchange current density."""


def given(radius: Quantity | None, setting: Setting, **others: float) -> tuple[
    tuple[str, float], ...
]:  # fmt: skip
    """Return what the analysis needs of a plan."""
    known = {} if radius is None else {"radius": setting.number(radius)}
    return tuple((known | others).items())


def of(segment: Segment, name: str) -> float:
    """Return a number that the plan gives for the analysis; 0 if it does not."""
    return float(dict(segment.given).get(name, 0.0))


def scaled(measured: Measured, factor: float) -> Measured:
    """Multiply a result, its uncertainty included."""
    value = measured.value
    if value.status.has_value:
        value = Value(value.value * factor, value.error * abs(factor), value.status)
    return Measured(value, measured.rows)


def undefined(*rows: slice) -> Measured:
    """Return the absence of a result that the steps around do not define."""
    return Measured(Value.none(Status.UNDEFINED), rows)
