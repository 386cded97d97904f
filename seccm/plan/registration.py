"""Landmarks that tell where planned places are on the stage, once the sample is mounted.

A list of particles is known in the coordinates of an image, or of another day. Where the stage is
at some marks is measured; the affine transformation that brings the planned marks nearest to the
measured ones, by least squares, shifts, turns, scales and shears all sites.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.mistakes import Mistakes
from seccm.quantities import Length, Model

FEWEST = 3
"""Landmarks that determine an affine transformation, without anything left to check it by."""
_FLAT = 1e-3
"""Least width of the landmarks over their length: those on a line do not tell both directions."""

Mark = tuple[Length, Length]
_EXAMPLE = [["0 um", "0 um"], ["80 um", "0 um"], ["0 um", "80 um"], ["80 um", "80 um"]]
Marks = Annotated[tuple[Mark, ...], Field(min_length=FEWEST, max_length=1000, examples=[_EXAMPLE])]


@dataclass(frozen=True, slots=True)
class Affine:
    """A linear transformation and a shift."""

    matrix: FloatArray
    """Shape (2, 2)."""
    shift: FloatArray
    """Metres, shape (2,)."""
    residuals: FloatArray
    """Measured less transformed, metres, shape (landmarks, 2)."""

    def __call__(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return where places are, metres, shape (n,) each."""
        found = np.column_stack([x, y]) @ self.matrix.T + self.shift
        return found[:, 0], found[:, 1]

    @property
    def rms(self) -> float:
        """Standard deviation of a landmark about its place, metres; NaN of three landmarks."""
        free = len(self.residuals) - FEWEST
        return math.sqrt(float((self.residuals**2).sum()) / free) if free else math.nan

    @property
    def turned(self) -> float:
        """By what angle x is turned, radians, from x towards y."""
        return math.atan2(self.matrix[1, 0], self.matrix[0, 0])

    @property
    def scale(self) -> float:
        """By what lengths are multiplied; negative where the coordinates are mirrored."""
        area = float(np.linalg.det(self.matrix))
        return math.copysign(math.sqrt(abs(area)), area)


class Registration(Model):
    """Where landmarks are planned, and where they were found."""

    planned: Marks
    """In the coordinates of the sites."""
    measured: Marks
    """Stage coordinates, in the same order."""

    @model_validator(mode="after")
    def _can_be_solved(self) -> Registration:
        """Refuse landmarks that do not belong together, or lie on a line."""
        if len(self.planned) != len(self.measured):
            what = f"has {len(self.measured)} landmarks, but {len(self.planned)} are planned."
            raise Mistakes([Problem("measured", what, "Give one for each, in the same order.")])
        wrong = [
            Problem(name, "lie on a line, or on one place.", "Take landmarks that are far apart.")
            for name in ("planned", "measured")
            if _flat(np.array(getattr(self, name), float))
        ]
        if wrong:
            raise Mistakes(wrong)
        return self

    def affine(self) -> Affine:
        """Return the transformation from planned places to the stage."""
        planned, measured = np.array(self.planned, float), np.array(self.measured, float)
        # Counted from their middles, in their own size, the numbers are of one kind.
        middle, size = planned.mean(axis=0), float(np.abs(planned - planned.mean(axis=0)).max())
        centre = measured.mean(axis=0)
        inside = (planned - middle) / size
        solved = np.linalg.lstsq(inside, measured - centre, rcond=None)[0]
        matrix = np.asarray(solved.T / size, np.float64)
        shift = centre - matrix @ middle
        return Affine(matrix, shift, measured - (planned @ matrix.T + shift))


def _flat(marks: FloatArray) -> bool:
    widths = np.linalg.svd(marks - marks.mean(axis=0), compute_uv=False)
    return bool(widths[1] <= _FLAT * widths[0])
