"""The pipette, its footprint, and the reference electrode, as a plan says it."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.mistakes import OneOf
from seccm.quantities import Area, Length, Model, Potential, Ratio, Words
from seccm.units import show

Basis = Literal["aperture", "retraction", "footprint", "nominal"]


class Reference(Model):
    """What the potentials of the plan are against."""

    name: Annotated[Words, Field(examples=["Li/Li+"])]
    """Such as "Li/Li+"."""
    electrode: Annotated[Words, Field(examples=["Ag wire"])]
    """The quasi-reference electrode in the pipette, against which the rig measures."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """E against the reference = E against the electrode + offset."""
    provenance: Annotated[Words, Field(examples=["CV of ferrocene"])]
    """Where the offset comes from, and its uncertainty."""
    uncertainty: Annotated[Annotated[Potential, Field(ge=0)] | None, Field(examples=["30 mV"])] = (
        None
    )
    """Standard uncertainty of the offset, the same for all potentials; left out where unknown."""

    @property
    def common(self) -> str:
        """What is uncertain of all potentials alike, in words; empty if it is not stated."""
        known = self.uncertainty
        return "" if known is None else f"± {show(known, 'V', 3)} common to all potentials"

    def raw(self, potential: float) -> float:
        """Return a potential against the reference as one against the electrode."""
        return potential - self.offset

    def potential(self, raw: float) -> float:
        """Return a potential against the electrode as one against the reference."""
        return raw + self.offset


class Footprint(Model):
    """The wetted area, which turns current densities into currents."""

    area: Annotated[Area, Field(gt=0)] | None = None
    """Of the surface that the droplet wets."""
    ratio: Annotated[Annotated[Ratio, Field(gt=0)] | None, Field(examples=[1.5, 1.0])] = None
    """Instead of the area: diameter of the footprint over that of the aperture."""
    basis: Annotated[Basis, Field(examples=["nominal"])]
    """How it is known: from the aperture, the retraction, images, or assumed."""
    uncertainty: Annotated[Annotated[Ratio, Field(ge=0)] | None, Field(examples=["6 %"])] = None
    """Relative standard uncertainty of the area; left out where unknown."""

    @model_validator(mode="after")
    def _one_size(self) -> Footprint:
        given = [name for name in ("area", "ratio") if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(("area", "ratio"), given)
        return self


class Probe(Model):
    """The pipette."""

    aperture: Annotated[Length, Field(gt=0, examples=["6 um", "1 um"])]
    """Inner diameter of its opening."""
    footprint: Annotated[Footprint, Field(examples=[{"ratio": 1.5, "basis": "nominal"}])]
    """What the droplet wets of the surface."""

    @property
    def area(self) -> float:
        """The footprint's area in square metres."""
        if self.footprint.area is not None:
            return self.footprint.area
        return math.pi * (self.aperture * (self.footprint.ratio or 0.0)) ** 2 / 4

    @property
    def diameter(self) -> float:
        """The diameter of a round footprint of this area, in metres."""
        return 2 * math.sqrt(self.area / math.pi)
