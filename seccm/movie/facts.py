"""What is said once of the camera of a run, and what the status of a frame means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, get_args

Sync = Literal["edges", "trigger", "lamp", "landings", "host"]
"""How one knows when a frame was taken: edges of the camera's exposure output, counted on the
sample clock; pulses that trigger the camera; pulses of the lamp; landings; or stamps of the
computer."""


LEVEL_KINDS: tuple[Sync, ...] = get_args(Sync)
"""In the order of their codes in files, which are never renumbered."""


class Verdict(IntEnum):
    """What one way to know the times of frames says of another one; in files, never renumbered."""

    UNKNOWN = 0
    """It says nothing: no pulse or landing was seen well enough."""
    AGREES = 1
    DISAGREES = 2

    @property
    def words(self) -> str:
        """What it means, in words."""
        return self.name.lower()


class FrameStatus(IntEnum):
    """What is known of a frame; written into files, so never renumbered."""

    OK = 0
    """The edge of its exposure was found: its time is that of one sample."""
    NO_EDGE = 1
    """There is no edge of its exposure; its time, if any, follows from the camera's clock."""
    AMBIGUOUS = 2
    """More than one edge could be its own, or which edges are whose cannot be told."""
    HOST_TIME = 3
    """Its time is that of the computer, or of a lamp or landings."""
    SATURATED = 4
    """Its time is known as for OK, and more than a thousandth of its pixels is at full scale."""

    @property
    def words(self) -> str:
        """What it means, in words."""
        return self.name.lower().replace("_", " ")


SATURATED = 1e-3
"""Share of the pixels at full scale from which a frame counts as saturated."""

SIGNS = {"": 0, "brighter": 1, "darker": -1}
"""What growth does to brightness, and the sign of its contrast; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """What is said once of the camera and the movie of a run."""

    movie: str
    """Name of the movie, which lies beside the data file."""
    uuid: str
    """Of the movie, which has it, too."""
    width: int
    height: int
    bits: int
    """That the camera resolves; a movie has 8 or 16 for each pixel."""
    camera: str
    serial: str = ""
    pixel: float = 0.0
    """Metres of the sample for each pixel; 0 where that is not known."""
    mirrored: bool = True
    """Whether the picture is a mirror image of the stage, as it is from below."""
    objective: str = ""
    wavelength: float = 0.0
    """Of the light, metres; 0 where that is not known."""
    gain: float = 0.0
    binning: int = 1
    roi: str = ""
    """Part of the sensor: left, top, width, height in pixels."""
    rate: float = 0.0
    """Frames per second that were asked for."""
    sync: Sync = "host"
    sync_uncertainty: float = 0.0
    """Standard uncertainty of the times of frames with the status ok, in seconds."""
    growth: str = ""
    """What growth does to brightness on this microscope, "brighter" or "darker", as it was recorded
    before the run; empty where that was not known."""
    frames: str = "sites"
    """Which frames are in the movie: those of sites, all, or every n-th."""
