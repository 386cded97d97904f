"""The table `[controller]` of a rig file: a stage with a controller of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from seccm.quantities import Duration, Length, Model, Speed


class ControllerAxis(Model):
    """One axis of the stage."""

    channel: Annotated[str, Field(min_length=1, examples=["1"])]
    """Its name at the controller."""
    sign: Literal[1, -1]
    """-1 if the controller counts the other way; z rises when the tip moves away."""
    offset: Length = Field(examples=["0 um"])
    """Where the axis is at the controller's zero."""
    travel: tuple[Length, Length] = Field(examples=[["0 um", "100 um"]])
    """How far it may go."""
    fastest: Speed = Field(gt=0, examples=["50 um/s"])
    """Of this axis; for z also the speed at which the tip is lifted in an emergency."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if not self.travel[0] < self.travel[1]:
            raise ValueError("travel: its first end is not below its second one")
        return self


class MeasuredStop(Model):
    """How soon a motion ends after the order to stop: measured on this stage, never assumed."""

    typical: Duration = Field(gt=0, examples=["20 ms"])
    """From the order to the rest, as `seccm.commissioning.stops` finds it."""
    worst: Duration = Field(gt=0, examples=["60 ms"])
    """The longest that was seen; a run in which it takes longer is ended."""
    measured: Annotated[str, Field(min_length=1, examples=["2027-03-01, ten stops"])]
    """When and how."""

    @model_validator(mode="after")
    def _worst_is_worse(self) -> Self:
        if self.worst < self.typical:
            raise ValueError("worst is shorter than typical")
        return self


class ControllerTable(Model):
    """A stage with a controller that is spoken to line by line."""

    kind: str
    """How it is spoken to."""
    library: Annotated[str, Field(min_length=1)] = "serial"
    """"serial" is a real port; any other names a stand-in, and the rig is a virtual one."""
    port: str = Field("", examples=["COM3"])
    """The serial port."""
    baud: int = Field(19200, ge=300)
    """Of the port."""
    patience: Duration = Field(0.5, gt=0)
    """For which an answer is waited for."""
    axes: dict[Literal["x", "y", "z"], ControllerAxis]
    stop: MeasuredStop
    lag: Duration = Field(ge=0, examples=["5 ms"])
    """By which the stage follows its command."""
    block: Duration = Field(20e-3, gt=0)
    """The longest piece of data points that the inputs deliver at once."""
    horizon: Duration = Field(0.2, ge=0.05, le=2.0)
    """Way down that the controller is sent ahead of time: a dead cable's tip goes on so long."""
    virtual: Mapping[str, Any] = {}
    """What a stand-in is like; see `sim.controller`."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [axis for axis in ("x", "y", "z") if axis not in self.axes]
        if missing:
            raise ValueError(f"axes: {', '.join(missing)} is missing")
        channels = [axis.channel for axis in self.axes.values()]
        if len(set(channels)) < len(channels):
            raise ValueError("axes: two of them have the same channel")
        if self.library == "serial" and not self.port:
            raise ValueError('port is missing: write it, such as "COM3"')
        if self.horizon < 3.0 * self.block:
            raise ValueError("horizon must be at least three blocks, or motions are interrupted")
        return self
