"""How the tip came to the surface before a step: its height and the signal of the contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Passage:
    """Rows in which the tip rested, came down or went up; every array of shape (rows,)."""

    t: FloatArray
    """s since the contact; rows are stamped when they are complete."""
    z: FloatArray
    """m, up positive: the mean over the row, as the signals are."""
    E: FloatArray
    """V, raw."""
    I: FloatArray  # noqa: E741
    """A, anodic positive."""
    signal: FloatArray
    """The signal that the contact is seen in, in its SI unit."""
    flag: npt.NDArray[np.uint8]
    """What is special about each row, bits of `Flag`."""

    def __len__(self) -> int:
        return len(self.t)


@dataclass(frozen=True, eq=False, slots=True)
class Descent:
    """The approach that led to the contact, and what came after it at the same site."""

    signal: str
    """The name of the signal that the contact is seen in."""
    level: float
    """Value of the signal at which the tip was to stop; NaN where there is no single one."""
    far: Passage
    """The tip at rest before it came down: the later half; the baseline is its mean."""
    down: Passage
    """The descent, up to the row of the contact and with it."""
    at: Passage
    """The tip at the surface: from when it had come to rest to the end of the first step."""
    up: Passage
    """The retract; without rows where the site had not been left yet."""
