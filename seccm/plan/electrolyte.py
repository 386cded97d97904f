"""What a plan says of the electrolyte: what reacts, and how fast it comes."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from seccm.quantities import Angle, Concentration, Conductivity, Diffusivity, Model, Ratio


class Electrolyte(Model):
    """The species that reacts, for what `seccm check` says of limiting currents and Sand times."""

    concentration: Annotated[Concentration, Field(gt=0, examples=["50 mM"])]
    """Of the species that reacts."""
    diffusivity: Annotated[Diffusivity, Field(gt=0, examples=["3e-6 cm^2/s"])]
    """Of this species; of an unsupported salt, that of the salt."""
    reaction: Literal["reduction", "oxidation"] = "reduction"
    """What uses it up: a cathodic or an anodic current."""
    electrons: Annotated[Ratio, Field(gt=0, le=20)] = 1.0
    """That one of it takes or gives."""
    transference: Annotated[Annotated[Ratio, Field(ge=0, lt=1)] | None, Field(examples=[0.32])] = (
        None
    )
    """Transference number of the reacting ion in a salt without supporting electrolyte: migration
    brings its part. Left out with supporting electrolyte."""
    conductivity: Annotated[Annotated[Conductivity, Field(gt=0)] | None,
                            Field(examples=["1 S/m"])] = None  # fmt: skip
    """For the resistance of the solution; without it there is none."""
    half_angle: Annotated[Annotated[Angle, Field(gt=0, lt=math.pi / 4)] | None,
                          Field(examples=["10 deg"])] = None  # fmt: skip
    """Of the inside of the pipette's tip. Without it the probe is a disk in a plane, as a
    microelectrode is."""
