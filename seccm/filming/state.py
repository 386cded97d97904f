"""What a camera does while it films, for whoever looks on from another process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera is doing, and where its frames are seen; plain numbers and words."""

    name: str
    width: int
    height: int
    bits: int
    """That the camera resolves."""
    memory: str
    """The file in memory that its newest frames lie in; see `seccm.filming.ring.Ring`."""
    slots: int
    rate: float
    """Frames per second that were asked for."""
    exposure: float
    """Seconds; 0 where that is not known."""
    pixel: float
    """Metres of the sample; 0 where that is not known."""
    mirrored: bool
    """Whether it looks from below: x runs to the left."""
    centre: tuple[float, ...]
    """What the middle of the picture shows, in the stage's coordinates, m; empty if not known."""
    angle: float
    """By which the picture is turned against the stage, rad."""
    frames: str
    """Which frames are kept: those of sites, all, or every n-th."""
    sync: str
    """How the times of frames are known."""
    sync_uncertainty: float
    """Seconds."""
    required: bool
    """Whether the run pauses if the camera fails."""
    arrived: int
    lost: int
    kept: int
    """Frames in the movie."""
    films: bool
    """Whether frames still come."""
    dark: bool
    """Whether the camera sees no light."""
    saturated: bool
    """Whether pixels were at full scale."""
    told: str
    """The newest that was said of it, a sentence; empty if nothing was."""
    ended: str
    """Why no frames come any more, a sentence; empty while they do, or if that was asked for."""
    landed: float
    """When the tip landed last, by the clock that stamps frames, seconds; negative before that."""
    landing: int
    """The site of that landing; -1 before."""

    @property
    def disk_rate(self) -> float:
        """Bytes a second that a movie of every frame takes."""
        return self.rate * self.width * self.height * (2 if self.bits > 8 else 1)
