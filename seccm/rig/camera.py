"""The seam to a camera: what it is told, what it gives, what it says of itself.

A camera lives in a process of its own and is carried there by pickle before it is opened: nothing
of it may be open until then. What it records is a finite sequence that stops when frames would be
lost: cameras that run for ever lose them without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it arrived."""

    number: int
    """The camera's own, from 0 for the first exposure of the sequence; gaps are lost frames."""
    picture: Picture
    """Counts, shape (height, width). The camera may use the memory again for the next frame."""
    host: float
    """When it arrived, in seconds by `CameraInfo.host`."""
    clock: float = float("nan")
    """Seconds by the camera's own clock; NaN if it has none."""
    exposure: float = float("nan")
    """Seconds; NaN where that is not known."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """What a camera is, once it is open."""

    name: str
    width: int
    height: int
    bits: int
    """That a pixel has: 4095 is full scale with 12."""
    rate: float
    """Frames per second."""
    serial: str = ""
    exposure: float = float("nan")
    """Seconds."""
    gain: float = 0.0
    binning: int = 1
    roi: str = ""
    """Part of the sensor: left, top, width, height in pixels; empty for all of it."""
    host: Literal["monotonic", "rig"] = "monotonic"
    """The clock that stamps arrivals: `time.monotonic`, or that of the rig where both are
    simulated."""
    patient: bool = False
    """Whether it waits until a frame is taken, as only a simulated one can."""


class Camera(Protocol):
    """A camera; one suite of tests holds all of them to this."""

    def open(self) -> CameraInfo:
        """Connect and set it up. Takes no frame.

        Raises:
            RigError: it is missing or refuses.
        """

    def start(self, frames: int) -> None:
        """Begin a sequence of so many frames at most, which stops rather than lose one.

        Raises:
            RigError: it refuses.
        """

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the sequence as they arrive, until its end or `stop`.

        Raises:
            RigError: "camera-overflow" where frames came faster than they were taken,
                "camera-unplugged" where it does not answer any more.
        """

    def stop(self) -> None:
        """End the sequence, from any thread; `frames` then ends soon. May be called twice."""

    def close(self) -> None:
        """Let go of it. May be called twice."""
