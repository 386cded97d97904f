"""The light from a virtual world to a virtual camera, which are in processes of their own.

Theory of operation. Whenever an exposure begins or ends, the rig tells what then lies on the
surface, and waits until the camera has drawn the frame and it was taken; no time passes in the
world meanwhile. When exposures begin is drawn from the seed alone, so that both know it; they begin
with the sequence, and the counter of the rig sees them as it would see those of a real camera.
"""

from __future__ import annotations

import math
import os
import secrets
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig.lamp import Blink
from sim.chance import stream

PATIENCE = 30.0
"""Real seconds after which the world goes on without a camera that has not taken its light."""


@dataclass(frozen=True, slots=True)
class Shutter:
    """When a camera exposes."""

    rate: float = 4.3
    """Frames per second."""
    exposure: float = 0.2
    """Seconds."""
    jitter: float = 0.02
    """Standard deviation of the time between two frames, relative."""
    skew: float = 40e-6
    """By how much the camera's clock is fast, relative."""
    stamp: float = 1e-4
    """Standard deviation of the camera's stamps, s."""
    lost: float = 0.0
    """Share of the frames that do not arrive."""
    seed: int = 0


class Exposures:
    """The beginnings of the exposures of a sequence, drawn as far as asked for.

    Args:
        shutter: of the camera.
        begun: when the sequence began, in seconds of the rig.
    """

    def __init__(self, shutter: Shutter, begun: float) -> None:
        self._shutter = shutter
        self._rng = stream(shutter.seed, "exposures", round(begun * 1e6))
        self._starts = [begun + float(self._rng.uniform(0.2, 1.0)) / shutter.rate]

    def start(self, number: int) -> float:
        """Return when an exposure begins, seconds of the rig."""
        shutter = self._shutter
        while len(self._starts) <= number:
            gap = max(shutter.exposure, self._gap())
            self._starts.append(self._starts[-1] + gap)
        return self._starts[number]

    def _gap(self) -> float:
        drawn = 1.0 + self._shutter.jitter * self._rng.standard_normal()
        return float(drawn) / self._shutter.rate


@dataclass(frozen=True, slots=True)
class Exposed:
    """The light of one exposure."""

    number: int
    start: float
    """Seconds of the rig."""
    seen: tuple[Seen, ...]
    """What lay there, from before its beginning to its end or after."""
    lit: float
    """Share of the exposure during which the lamp was on."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies below the camera at one moment."""

    t: float
    """Seconds of the rig."""
    drift: tuple[float, float] = (0.0, 0.0)
    """Of the sample along x and y, metres."""
    landing: int = -1
    """Number of the landing whose droplet is there; -1 for a dry surface."""
    since: float = math.inf
    """When it touched, seconds of the rig."""
    x: float = 0.0
    y: float = 0.0
    """Where, in the stage's coordinates, metres."""
    radius: float = 0.0
    """Of the footprint, metres."""
    nuclei: float = 0.0
    """Particles born until then, per m^2."""
    path: float = 0.0
    """By how much the radius of a particle that was there from the beginning has grown, m."""
    lithium: float = 0.0
    """Charge in metal, C/m^2."""
    other: float = 0.0
    """Charge in interphase and alloy, C/m^2."""
    live: float = math.nan
    """Volume of the metal that is connected to the electrode, m^3; NaN where only births and path
    are told, and the sizes of the particles are by these alone."""
    dead: float = 0.0
    """Volume of the metal that is not, m^3."""


def new_address() -> str:
    """Return a name of this computer at which nobody listens yet."""
    name = f"seccm-light-{secrets.token_hex(8)}"
    if sys.platform == "win32":
        return rf"\\.\pipe\{name}"
    return os.path.join(tempfile.gettempdir(), name)


class Light:
    """The engine's end of the light.

    Args:
        shutter: of the camera.
        dark: from when to when the lamp is off, seconds of the rig; a fault.
    """

    def __init__(self, shutter: Shutter, dark: tuple[float, float] = (math.inf, math.inf)) -> None:
        self.shutter, self.dark = shutter, dark
        self.blink: Blink | None = None
        """When the rig switches the lamp off and on again."""
        self.rate = 1e5
        """Samples per second by which it does."""
        self.address, self.key = new_address(), secrets.token_bytes(16)
        self._exposures: Exposures | None = None
        self._next = self._edge = 0
        self._end: Connection[Any, Any] | None = None
        self._tried = False
        self._ahead: list[Seen] = []

    def begin(self, now: float) -> None:
        """Begin the sequence of a camera that waits for light; without one, there is none.

        Args:
            now: seconds of the rig.
        """
        if self._tried:
            return
        self._tried = True
        try:
            self._end = Client(self.address, authkey=self.key)
        except (OSError, EOFError):
            return
        self._exposures = Exposures(self.shutter, now)
        self._end.send(self._exposures.start(0))

    @property
    def begun(self) -> bool:
        """Whether the sequence has begun, or cannot."""
        return self._tried

    def counts(self, times: FloatArray) -> FloatArray:
        """Return how many exposures have begun at rising times, seconds of the rig, same shape."""
        if self._exposures is None or not len(times):
            return np.full(len(times), float(self._edge))
        while self._exposures.start(self._edge) <= times[-1]:
            self._edge += 1
        starts = [self._exposures.start(k) for k in range(self._edge)]
        return np.searchsorted(starts, times, side="right").astype(np.float64)

    def close(self) -> None:
        """Switch it off."""
        if self._end is not None:
            self._end.close()
        self._end = self._exposures = None

    def due(self, now: float) -> float:
        """Return when the world has to be looked at next, infinity if never.

        Args:
            now: seconds of the rig.
        """
        self.begin(now)
        if self._exposures is None:
            return math.inf
        start = self._exposures.start(self._next)
        return start if start > now else start + self.shutter.exposure

    def edges(self, stop: float, rate: float) -> npt.NDArray[np.int64]:
        """Return the raw samples that counted an exposure, up to a time, and were not told yet.

        Args:
            stop: seconds of the rig.
            rate: raw samples per second.
        """
        found: list[int] = []
        while self._exposures is not None:
            sample = math.ceil(self._exposures.start(self._edge) * rate)
            if sample >= round(stop * rate):
                break
            self._edge += 1
            found.append(sample)
        return np.array(found, np.int64)

    def shine(self, seen: Seen) -> None:
        """Show the camera what is there now; returns when it has taken the frame, if one ended."""
        self._ahead.append(seen)
        while self._exposures is not None:
            start = self._exposures.start(self._next)
            end = start + self.shutter.exposure
            if seen.t < end:
                break
            self._send(start, end)
            self._next += 1
            after = start if self._exposures is None else self._exposures.start(self._next)
            # What was seen last before the next exposure is where that begins.
            while len(self._ahead) > 1 and self._ahead[1].t <= after:
                del self._ahead[0]
        if self._exposures is None:
            self._ahead.clear()

    def _send(self, start: float, end: float) -> None:
        off = max(0.0, min(end, self.dark[1]) - max(start, self.dark[0]))
        if self.blink is not None:
            off += self.blink.dark(start, end, self.rate)
        share = max(0.0, 1.0 - off / (end - start))
        try:
            if self._end is not None:
                self._end.send(Exposed(self._next, start, tuple(self._ahead), share))
                if self._end.poll(PATIENCE) and self._end.recv():
                    return
        except (OSError, EOFError):
            pass
        self._exposures = None  # nobody looks any more
