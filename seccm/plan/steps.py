"""The steps of a program: what happens in the droplet, as a plan says it.

Potentials are against the plan's reference electrode, cathodic currents are negative. A current
density becomes a current through the footprint of the probe.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.errors import Problem
from seccm.mistakes import Mistakes, OneOf
from seccm.plan.factors import (
    Charge,
    Current,
    CurrentDensity,
    Duration,
    Pause,
    Potential,
    ScanRate,
    Value,
)
from seccm.quantities import Count, Model
from seccm.rig.waveform import SETTLING
from seccm.suggestion import Suggestion


class Until(Model):
    """What ends a step before its time; the first to come true does.

    A potential or a current has to be past its limit in three rows in succession (8 ms), and not
    while the step settles: see `after`.
    """

    charge: Charge | None = None
    """Magnitude of the net charge passed in the step, from its very start."""
    potential_below: Potential | None = None
    potential_above: Potential | None = None
    current_below: Current | None = None
    current_above: Current | None = None
    after: Pause = SETTLING
    """Time from the start of the step before which potential and current do not count: the double
    layer charges, and a galvanostat comes out of overload."""

    @model_validator(mode="after")
    def _says_something(self) -> Until:
        limits = [name for name in type(self).model_fields if name != "after"]
        if all(getattr(self, name) is None for name in limits):
            what = f"is empty. Give one or more of {', '.join(limits)}."
            charge = Suggestion(("charge",), "put", "45 nC")
            remedy = 'For example: charge = "45 nC".'
            raise Mistakes([Problem("", what, remedy, suggestion=charge)])
        return self


class ConstantCurrent(Model):
    """Galvanostatic: impose a current."""

    step: Literal["constant current"] = "constant current"
    current: Current | None = None
    current_density: CurrentDensity | None = None
    """The current over the footprint's area."""
    duration: Duration
    until: Until | None = None

    @model_validator(mode="after")
    def _one_current(self) -> ConstantCurrent:
        given = [name for name in ("current", "current_density") if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(("current", "current_density"), given)
        return self


class ConstantPotential(Model):
    """Potentiostatic: impose a potential."""

    step: Literal["constant potential"] = "constant potential"
    potential: Potential
    duration: Duration
    until: Until | None = None


class OpenCircuit(Model):
    """Impose nothing and watch the potential."""

    step: Literal["open circuit"] = "open circuit"
    duration: Duration
    until: Until | None = None


class CyclicVoltammetry(Model):
    """Sweep the potential to and fro.

    A cycle is the walk from `start` to each vertex in turn and back to `start`.
    """

    step: Literal["cv"] = "cv"
    start: Potential
    vertices: Annotated[
        tuple[Potential, ...], Field(min_length=1, max_length=1000, examples=[["0 V"]])
    ]
    cycles: Annotated[Count, Field(le=100_000)] = 1
    scan_rate: ScanRate
    until: Until | None = None

    @property
    def corners(self) -> tuple[Value, ...]:
        """The potentials of one cycle, from `start` to `start`."""
        return (self.start, *self.vertices, self.start)


class LinearSweep(Model):
    """Sweep the potential once, from `start` to `stop`."""

    step: Literal["lsv"] = "lsv"
    start: Potential
    stop: Potential
    scan_rate: ScanRate
    until: Until | None = None

    @property
    def corners(self) -> tuple[Value, ...]:
        """The potentials at the two ends."""
        return (self.start, self.stop)


class Repeat(Model):
    """Run some steps again and again."""

    step: Literal["repeat"] = "repeat"
    times: Annotated[Count, Field(le=10_000, examples=[3])]
    program: Annotated[
        tuple[Step, ...],
        Field(min_length=1, examples=[[{"step": "open circuit", "duration": "5 s"}]]),
    ]


Single = ConstantCurrent | ConstantPotential | OpenCircuit | CyclicVoltammetry | LinearSweep
Step = Annotated[Single | Repeat, Field(discriminator="step")]
