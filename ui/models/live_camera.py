"""The camera of a run as the window sees it: its newest frame, what changed, where sites are.

Frames are read from the memory that the camera's process fills: whoever looks on asks nobody, and
nobody waits. What is not looked at is not read.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray
from seccm.filming.ring import Ring, Shown
from seccm.filming.state import CameraState
from seccm.typography import counted, readable
from seccm.units import show
from ui.models.change import relative_change

BEFORE = 4
"""Frames before a landing whose mean is the reference, at most."""
AWAY = 0.25
"""Seconds before a landing was told of within which frames may show it already."""
SILENT = 2.0
"""Seconds without a frame, beyond three of its periods, after which that is said."""
RECENT = 12
"""Frames by which the rate is measured."""
Level = Literal["", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Where:
    """How the picture lies on the stage."""

    centre: tuple[float, float]
    """What its middle shows, in the stage's coordinates, m."""
    words: str
    """How that is known."""


class LiveCamera:
    """Follows a camera."""

    def __init__(self) -> None:
        self.state: CameraState | None = None
        self.shown: Shown | None = None
        """The newest frame that was looked at."""
        self.reference: FloatArray | None = None
        self.of_reference = ""
        """What the reference is, in words."""
        self._ring: Ring | None = None
        self._memory, self._landing = "", -1
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=RECENT)
        self._seen_at = 0.0
        self._centres: dict[int, tuple[float, float]] = {}
        """Of the picture, by each landing that was seen."""

    def take(self, state: CameraState | None) -> None:
        """Take in how the camera is doing; another run begins again."""
        if (state.memory if state is not None else "") != self._memory:
            self._open(state)
        self.state = state

    def look(self, now: float) -> bool:
        """Read the newest frame; return whether there is a new one.

        Args:
            now: seconds on any steady clock.
        """
        if self._ring is None or self.state is None:
            return False
        newest = self._ring.newest()
        if newest is None or (self.shown is not None and newest.number == self.shown.number):
            return False
        self.shown, self._seen_at = newest, now
        self._arrivals.append((newest.number, newest.host))
        if self.state.landing >= 0 and self.state.landing != self._landing:
            self._landing = self.state.landing
            self._refer_before(self.state)
        return True

    def refer_now(self) -> None:
        """Take the newest frame as the reference."""
        if self.shown is not None:
            self.reference = self.shown.picture.astype(np.float64)
            self.of_reference = f"frame {self.shown.number}"

    def change(self) -> FloatArray | None:
        """Return the change since the reference; None without one."""
        if self.shown is None or self.reference is None:
            return None
        return relative_change(self.shown.picture.astype(np.float64), self.reference)

    def close(self) -> None:
        """Let go of the memory."""
        if self._ring is not None:
            self._ring.close()
        self._ring = None

    def _open(self, state: CameraState | None) -> None:
        """Look into another memory, or into none: the last frame stays in sight then."""
        self.close()
        self._memory = state.memory if state is not None else ""
        if state is None or not state.memory:
            return
        self.shown, self.reference, self.of_reference = None, None, ""
        self._landing = -1
        self._arrivals.clear()
        self._centres.clear()
        with suppress(OSError, ValueError):  # the run has ended meanwhile
            self._ring = Ring(
                Path(state.memory), state.slots, state.height, state.width,
                16 if state.bits > 8 else 8, looking=True,
            )  # fmt: skip

    def _refer_before(self, state: CameraState) -> None:
        """Take what frames showed before the landing as the reference."""
        assert self._ring is not None
        dry = [one for one in self._ring.earlier() if one.host <= state.landed - AWAY][-BEFORE:]
        if not dry:
            self.reference, self.of_reference = None, ""
            return
        self.reference = np.mean([one.picture for one in dry], axis=0)
        frames = counted(len(dry), "frame")
        self.of_reference = f"{frames} before the landing at site {self._landing}"

    # Where sites are.

    def note_landing(self, x: float, y: float) -> bool:
        """Learn from a droplet that is seen where the picture lies; return whether it could be.

        Args:
            x: of the site that the tip has landed at, m.
            y: of it.
        """
        state, change = self.state, self.change()
        known = state is not None and bool(state.centre)
        if state is None or change is None or known or not state.pixel or self._landing < 0:
            return False
        if self._landing in self._centres:
            return False
        seen = _droplet(change)
        if seen is None:
            return False
        across, up = self._turned(seen[1] - (state.width - 1) / 2, (state.height - 1) / 2 - seen[0])
        self._centres[self._landing] = x - across, y - up
        return True

    @property
    def where(self) -> Where | None:
        """How the picture lies on the stage; None where that is not known."""
        state = self.state
        if state is None or not state.pixel:
            return None
        if state.centre:
            return Where(
                (state.centre[0], state.centre[1]),
                "from the camera's position in the rig file",
            )
        if not self._centres:
            return None
        found = np.array(list(self._centres.values()))
        middle, count = np.median(found, axis=0), len(found)
        words = f"from {counted(count, 'landing')} that {'was' if count == 1 else 'were'} seen"
        if count > 1:
            spread = float(np.hypot(*found.std(axis=0, ddof=1)))
            words += f", which differ by {readable(show(spread, 'm', 2))}"
        return Where((float(middle[0]), float(middle[1])), words)

    def places(self, sites: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
        """Return where sites are in the picture: metres from its left and from its upper side."""
        state, where = self.state, self.where
        if state is None or where is None:
            return {}
        cos, sin = math.cos(state.angle), math.sin(state.angle)
        hand = -1.0 if state.mirrored else 1.0
        found = {}
        for number, (x, y) in sites.items():
            dx, dy = x - where.centre[0], y - where.centre[1]
            across, up = cos * dx + sin * dy, cos * dy - sin * dx
            found[number] = (
                state.width * state.pixel / 2 + hand * across,
                state.height * state.pixel / 2 - up,
            )
        return found

    def _turned(self, columns: float, rows: float) -> tuple[float, float]:
        """Return how far something is from the middle on the stage, m.

        Args:
            columns: to the right of the middle of the picture, pixels.
            rows: above it.
        """
        state = self.state
        assert state is not None
        across = (-columns if state.mirrored else columns) * state.pixel
        up = rows * state.pixel
        cos, sin = math.cos(state.angle), math.sin(state.angle)
        return cos * across - sin * up, sin * across + cos * up

    # What is said.

    @property
    def rate(self) -> float:
        """Frames per second that were taken lately, those that were lost included; NaN if few."""
        if len(self._arrivals) < 3:
            return math.nan
        (first, t), (last, until) = self._arrivals[0], self._arrivals[-1]
        return (last - first) / (until - t) if until > t else math.nan

    def head(self) -> str:
        """Say what the camera does."""
        state = self.state
        if state is None:
            return "This run has no camera."
        doing = f"Films, keeps {_KEPT.get(state.frames, f'{state.frames} frame')}"
        parts = [state.name, doing if state.films else "Filming has ended"]
        rate = self.rate
        if state.films and math.isfinite(rate):
            parts.append(f"{rate:.3g} frames/s of {state.rate:.3g}")
        if state.exposure:
            parts.append(f"exposure {readable(show(state.exposure, 's', 3))}")
        if self.shown is not None:
            parts.append(f"frame {self.shown.number}")
        return " · ".join(parts)

    def counts(self, free: int = -1) -> str:
        """Say how many frames came, were lost and are kept.

        Args:
            free: bytes on the disk; -1 where nobody looked.
        """
        state = self.state
        if state is None:
            return ""
        told = state.arrived + state.lost
        share = f" ({100 * state.lost / told:.2g} %)" if state.lost else ""
        parts = [
            f"{state.arrived} arrived", f"{state.lost} lost{share}", f"{state.kept} in the movie",
        ]  # fmt: skip
        if free >= 0 and state.disk_rate > 0:
            parts.append(f"disk for {_long(free / state.disk_rate)} of all frames")
        unsure = readable(show(state.sync_uncertainty, "s", 2))
        parts.append(f"times by {state.sync}, ± {unsure}")
        return " · ".join(parts)

    def alert(self, now: float) -> tuple[Level, str]:
        """Return what must be seen, and how urgent it is; empty if there is nothing.

        Args:
            now: on the clock of `look`.
        """
        state = self.state
        if state is None:
            return "", ""
        if state.ended:
            return "bad", state.ended
        if state.dark:
            return "bad", state.told or "The camera sees no light. Is the lamp off?"
        silent = now - self._seen_at
        if state.films and self.shown is not None and silent > SILENT + 3 / max(state.rate, 1e-3):
            return "warning", f"No frame for {silent:.0f} s."
        if state.saturated:
            return "warning", "Pixels are at full scale: reduce light or exposure."
        if state.lost:
            lost = f"{counted(state.lost, 'frame')} lost."
            return "warning", state.told if "lost" in state.told else lost
        return "", ""


_KEPT = {"sites": "those of sites", "all": "all"}


_PLACES = 25
"""Places of a picture of 128 that a droplet covers, at least."""


def _droplet(change: FloatArray) -> tuple[float, float] | None:
    """Return row and column of the middle of what has changed; None where nothing stands out."""
    step = max(1, max(change.shape) // 128)
    rows, columns = (n // step * step for n in change.shape)
    coarse = change[:rows, :columns].reshape(rows // step, step, columns // step, step)
    size = np.abs(np.nan_to_num(coarse.mean(axis=(1, 3))))
    # A droplet is several places wide: single ones that stand out are dust or noise.
    soft = sum(np.roll(size, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) / 9
    noise = 1.4826 * float(np.median(np.abs(soft - np.median(soft)))) + 1e-9
    there = soft > np.median(soft) + max(6 * noise, 0.5 * float(soft.max() - np.median(soft)))
    if not _PLACES <= there.sum() <= 0.3 * there.size or soft.max() < np.median(soft) + 8 * noise:
        return None
    row, column = (float(np.mean(k)) for k in np.nonzero(there))
    return (row + 0.5) * step - 0.5, (column + 0.5) * step - 0.5


def _long(seconds: float) -> str:
    """Return a length of time in the unit that fits."""
    for size, unit in ((172_800.0, "days"), (7200.0, "h"), (120.0, "min")):
        if seconds >= size:
            return f"{seconds / {'days': 86_400, 'h': 3600, 'min': 60}[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
