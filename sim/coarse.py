"""The virtual coarse motor: a screw that stays where it was left, so its count is in a file.

A virtual rig whose file names the same file, `surface.motor`, has its surface brought closer by
as much. Steps are shorter than the longest that the rig file states, and shorter back than forth,
as those of slip-stick motors are.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seccm.errors import LimitError, RigError
from seccm.words import SIMULATION

if TYPE_CHECKING:
    from sim.config import SurfaceConfig

SPEED = 1750
"""Steps per second."""
TURN = 0.02
"""Seconds between two looks whether it may go on."""
FORTH, BACK = 0.8, 0.7
"""Lengths of a step, over the longest that one can be."""


@dataclass(frozen=True, slots=True)
class Screw:
    """Where a virtual motor was left."""

    count: int = 0
    closer: float = 0.0
    """Metres by which it has brought tip and surface closer."""

    @classmethod
    def kept(cls, path: Path) -> Screw:
        """Read where it was left; at the beginning if there is no file.

        Raises:
            RigError: the file is something else.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError, TypeError) as error:
            what = f"{path} does not say where it is ({error})."
            remedy = "Remove the file to start again from the first position."
            raise RigError("no-position", "virtual motor", what, remedy) from None

    def turned(self, steps: int, longest: float) -> Screw:
        """Return where it is after so many steps, closer if positive."""
        length = longest * (FORTH if steps > 0 else BACK)
        return Screw(self.count + steps, self.closer + steps * length)


def raised(surface: SurfaceConfig) -> SurfaceConfig:
    """Return a surface as its virtual motor has brought it closer to the tip.

    Raises:
        RigError: the motor's file does not say where it is.
    """
    if not surface.motor:
        return surface
    height = surface.height + Screw.kept(Path(surface.motor)).closer
    return surface.model_copy(update={"height": height})


class VirtualMotor:
    """A motor that turns a screw in a file; implements `seccm.rig.CoarseStage`.

    Args:
        path: the file.
        step: the longest that one step can be, in metres.
        most: steps that are allowed at once.
        wait: lets time pass; may raise to put an end to a motion.
    """

    def __init__(
        self, path: Path, *, step: float, most: int, wait: Callable[[float], None]
    ) -> None:
        self._path, self._step, self._most, self._wait = path, step, most, wait

    @property
    def step(self) -> float:
        """The longest that one step can be, in metres."""
        return self._step

    def identity(self) -> str:
        """Say which motor it is."""
        return f"{SIMULATION} motor, state in {self._path}"

    def position(self) -> int:
        """Return the count of steps; see `CoarseStage.position`."""
        return Screw.kept(self._path).count

    def closer(self, steps: int) -> int:
        """Make so many steps, as fast as a real one; see `CoarseStage.closer`."""
        if abs(steps) > self._most:
            what = f"{steps} steps at once are more than {self._most}; nothing moved."
            raise LimitError("too-many-steps", "virtual motor", what, "Make fewer.")
        left, turn = abs(steps), round(SPEED * TURN)
        while left:
            # Where it is stopped in the midst of a motion, it stays.
            part = min(left, turn)
            self._turn(math.copysign(part, steps))
            left -= part
            self._wait(TURN)
        return self.position()

    def stop(self) -> None:
        """Stop at once: it moves only while somebody waits for it."""

    def close(self) -> None:
        """Let go of it."""

    def _turn(self, steps: float) -> None:
        screw = Screw.kept(self._path).turned(int(steps), self._step)
        try:
            self._path.write_text(json.dumps(asdict(screw)), encoding="utf-8")
        except OSError as error:
            what = f"{self._path} cannot be written ({error})."
            raise RigError("no-file", "virtual motor", what, "Name another file.") from None


def connect(
    host: str,
    *,
    axis: int,
    towards: int,
    step: float,
    most: int,
    port: int = 0,
    wait: Callable[[float], None] = time.sleep,
) -> VirtualMotor:
    """Connect to a virtual motor: entry point "virtual" of `seccm.coarse`.

    Args:
        host: the file that it is kept in.
        axis: it has but one.
        towards: its positive steps bring tip and surface closer in any case.
        step: the longest that one step can be, in metres.
        most: steps that are allowed at once.
        port: it has none.
        wait: lets time pass; may raise to put an end to a motion.
    """
    return VirtualMotor(Path(host), step=step, most=most, wait=wait)
