"""The table `[piezo]` of a rig file: the digital controller between the card and the stage."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seccm.quantities import Count, Length, Model, Potential, Ratio


class PiezoAxisConfig(Model):
    """One axis as the controller knows it."""

    axis: Annotated[str, Field(min_length=1, examples=["1"])]
    """Its name there, such as "1"."""
    input: Count
    """The input signal channel to which the card's output is wired, such as 4."""


class PiezoConfig(Model):
    """A digital piezo controller that follows analog inputs; asked, and set up on request."""

    controller: Annotated[str, Field(min_length=3, examples=["E-727"])]
    """Its type, such as "E-727"."""
    host: str | None = None
    """Its address, if it is on the network."""
    port: int = Field(50000, ge=1, le=65535)
    """TCP port of its controller."""
    usb: str | None = None
    """Its serial number, if it is on USB; this needs PI's own library as well."""
    axes: dict[Literal["x", "y", "z"], PiezoAxisConfig]
    unit: Length = Field(1e-6, gt=0)
    """Of the positions that it tells."""
    full_scale: Potential = Field(10.0, gt=0)
    """Volts that are 100 % of its analog inputs; 10 V or 5 V, by its sensor range factor."""
    tolerance: Ratio = Field(0.01, gt=0, le=0.1)
    """Part of the travel by which it may differ from the rig file."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.host is None) == (self.usb is None):
            raise ValueError("needs one of host and usb: how is the controller connected?")
        if not self.axes:
            raise ValueError("axes: names no axis")
        for what in ("axis", "input"):
            named = [getattr(one, what) for one in self.axes.values()]
            if len(set(named)) < len(named):
                raise ValueError(f"axes: two of them have the same {what}")
        return self
