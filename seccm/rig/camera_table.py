"""The table `[camera]` of a rig file: the part that is alike for every kind of camera."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from seccm.quantities import Angle, Duration, Frequency, Length, Model, YesNo


class CameraTable(Model):
    """A camera that films the run."""

    kind: Annotated[str, Field(min_length=1, examples=["micro-manager"])]
    """Who drives it; those of the entry point group `seccm.cameras` are known."""
    device: str = ""
    """Which one, where there are several: its label in Micro-Manager, or its serial number."""
    config: str = ""
    """For Micro-Manager: its configuration file. Without one, `settings` must say what to load."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What is set on it before it records, by the names that its driver gives."""
    rate: Annotated[Frequency, Field(gt=0, le=10_000, examples=["4.3 Hz"])] = 4.3
    """Frames per second, about: what the disk must take, and where frames count as missing."""
    exposure: Annotated[Duration, Field(gt=0, examples=["200 ms"])] | None = None
    """Time of exposure; what the camera is set to unless given."""
    pixel_size: Annotated[Length, Field(ge=0, examples=["40 nm"])] = 0.0
    """Length on the sample for each pixel; 0 if it is not known."""
    mirrored: YesNo = True
    """Whether the picture is a mirror image of the stage, as it is from below."""
    centre: tuple[Length, Length] | None = None
    """What the middle of the picture shows, in the stage's coordinates, where that is known: sites
    are then drawn over the live picture. Without it, the first landing that is seen tells where
    they are."""
    angle: Angle = 0.0
    """By which the picture is turned against the stage, counter-clockwise."""
    objective: str = ""
    """Such as "60x, NA 0.95"; goes into the data file."""
    wavelength: Annotated[Length, Field(ge=0, examples=["560 nm"])] = 0.0
    """Of the light; goes into the data file. 0 if it is not known."""
    growth: Literal["", "brighter", "darker"] = ""
    """What metal that grows does to brightness on this microscope, as its own films have shown it;
    empty while that is not known. Films that show the other are told."""
    sync: Literal["edges", "lamp", "landings", "host"] = "host"
    """How the times of frames are known: "edges" of the camera's exposure output, which the rig
    counts; pulses of the "lamp", which the rig blinks; "landings" that frames show, good to 50 ms;
    or the "host": the clock of the computer, good to a frame. The others are compared with it."""
    before: Annotated[Duration, Field(ge=0, le=60)] = 1.0
    """Before a contact, frames are kept for so long where a plan records those of sites."""
