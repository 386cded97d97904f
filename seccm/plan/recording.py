"""What is recorded beside the rows, and how much room it takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seccm.quantities import Frequency, Model, YesNo
from seccm.rig import RigInfo
from seccm.rig.raw import BYTES


class Record(Model):
    """What is recorded beside the averaged rows."""

    raw: YesNo = False
    """Keep every sample of every input, as the converters gave it: gigabytes an hour. Single steps
    ask for theirs by a `raw = true` of their own."""
    frames: Annotated[str, Field(pattern=r"^(sites|all|every [1-9][0-9]{0,5})$")] = "sites"
    """Which frames of a camera are kept in the movie: "sites" for those from shortly before a
    contact to the end of the retract, "all", or "every 10"."""
    camera: Literal["wanted", "required", "off"] = "wanted"
    """What becomes of a run whose camera fails: it goes on ("wanted"), or it pauses ("required").
    "off" leaves the camera of the rig alone."""
    mains: Annotated[Frequency, Field(ge=45, le=65, examples=["50 Hz"])] | None = None
    """Frequency of the mains, 50 Hz unless given. What a step came to, for later steps that follow
    it, is a mean over whole periods."""


MAINS = 50.0
"""Hertz, in most countries."""


def raw_rate(info: RigInfo) -> float:
    """Return the bytes that the raw samples of a rig fill in a second."""
    return info.clock.rate * BYTES * len(info.raw)
