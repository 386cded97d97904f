"""Landmarks of a picture while a person places them: what they say, and by how much they miss."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.imaging.stage.agreeing import Agreed, Undetermined
from seccm.imaging.stage.drifting import Drift, agreed_in_time
from seccm.session.targets import PLACED, SCALE, read_landmarks
from seccm.typography import counted
from ui.models.pictures import Arrow

TITLES = ("label", "x (µm)", "y (µm)", "stage x (µm)", "stage y (µm)", "t (s)", "misses (nm)")
WRITTEN = 6
"""Columns of the table that a person can write into."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A landmark; lengths in metres."""

    label: str
    x: float
    """In the picture, from the left side."""
    y: float
    """From the upper side."""
    stage_x: float
    stage_y: float
    t: float = math.nan
    """When it was measured on the stage, seconds; NaN where nobody knows."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What landmarks say."""

    agreed: Agreed | None
    """None where they do not determine where the picture is."""
    drift: Drift | None
    arrows: tuple[Arrow, ...]
    """From each landmark to where the stage says that it is, in the picture."""
    missed: FloatArray
    """Metres on the stage, shape (landmarks,); NaN where there is no transform."""
    words: tuple[str, ...]
    refused: str
    """Why there is no transform, as sentences; empty where there is one."""


@dataclass
class Registration:
    """The landmarks of one picture."""

    marks: list[Mark] = field(default_factory=list)
    mirrored: bool = True
    error: float = PLACED
    """Standard deviation of a landmark along an axis, metres."""

    @classmethod
    def opened(cls, path: Path, pixel: float) -> Registration:
        """Read landmarks from a table, or from the landings of a data file.

        Raises:
            PlanError: there are none.
            DataFileError: the data file cannot be read.
        """
        told = read_landmarks(path, pixel)
        times = told.t if told.t.size else np.full(len(told.stage), math.nan)
        return cls([
            Mark(label, *map(float, (*at, *stage, t)))
            for label, at, stage, t in zip(
                told.labels, told.picture, told.stage, times, strict=True
            )
        ])  # fmt: skip

    def move(self, number: int, x: float, y: float) -> None:
        """Move a landmark in the picture; metres."""
        self.marks[number] = replace(self.marks[number], x=x, y=y)

    def write(self, number: int, column: int, text: str) -> None:
        """Take what a person wrote into a cell of the table.

        Raises:
            ValueError: it is not a number.
        """
        mark = self.marks[number]
        if column == 0:
            self.marks[number] = replace(mark, label=text.strip() or f"mark {number + 1}")
            return
        value = math.nan
        if text.strip() or column < WRITTEN - 1:
            value = float(text.replace("−", "-").replace(",", "."))
            if not math.isfinite(value):
                raise ValueError(f"{text!r} is not a place")
        name = ("x", "y", "stage_x", "stage_y", "t")[column - 1]
        changed = {name: value if name == "t" else 1e-6 * value}
        self.marks[number] = replace(mark, **changed)  # type: ignore[arg-type]

    def cells(self, fitted: Fitted) -> list[tuple[str, ...]]:
        """Return the rows of the table."""
        rows = []
        for mark, missed in zip(self.marks, fitted.missed, strict=True):
            lengths = (mark.x, mark.y, mark.stage_x, mark.stage_y)
            t = f"{mark.t:.1f}" if math.isfinite(mark.t) else ""
            off = f"{1e9 * missed:.0f}" if math.isfinite(missed) else "–"
            rows.append((mark.label, *(f"{1e6 * each:.3f}" for each in lengths), t, off))
        return rows

    def fitted(self) -> Fitted:
        """Say what the landmarks say now."""
        count = len(self.marks)
        picture = np.array([(m.x, m.y) for m in self.marks], float).reshape(count, 2)
        stage = np.array([(m.stage_x, m.stage_y) for m in self.marks], float).reshape(count, 2)
        t = np.array([m.t for m in self.marks], float)
        try:
            fit, drift, moved = agreed_in_time(
                picture, stage, t, mirrored=self.mirrored, scale=(1 - SCALE, 1 + SCALE),
                error=self.error,
            )  # fmt: skip
        except Undetermined as why:
            none = np.full(count, math.nan)
            arrows = tuple(Arrow(m.x, m.y, m.x, m.y, True, m.label) for m in self.marks)
            refused = f"No transform: {why.what}. {why.remedy}".strip()
            return Fitted(None, None, arrows, none, (), refused)
        back = fit.fit.back(moved)
        arrows = tuple(
            Arrow(m.x, m.y, float(to[0]), float(to[1]), bool(used), m.label)
            for m, to, used in zip(self.marks, back, fit.used, strict=True)
        )
        used = int(fit.used.sum())
        words = [
            f"{used} of {counted(count, 'landmark')} agree; turned by "
            f"{math.degrees(fit.fit.turned):.3f}°, scaled by {fit.fit.scale:.4f}, "
            f"{'mirrored' if self.mirrored else 'not mirrored'}; a landmark is uncertain by "
            f"{1e9 * fit.fit.s:.0f} nm",
            *(f"{m.label} does not agree with the others and is left out"
              for m, each in zip(self.marks, fit.used, strict=True) if not each),
            *(each.rstrip(".") for each in drift.told),
        ]  # fmt: skip
        worst = self._alone(picture, stage, fit)
        if worst is not None:
            words.insert(1, worst)
        return Fitted(fit, drift, arrows, fit.missed, tuple(words), "")

    def _alone(self, picture: FloatArray, stage: FloatArray, fit: Agreed) -> str | None:
        """Say which landmark misses most where the others say that it is."""
        from seccm.imaging.stage.similarity import FEWEST, similarity

        numbers = np.flatnonzero(fit.used)
        if len(numbers) <= FEWEST:
            return None
        off = []
        for k in numbers:
            rest = numbers[numbers != k]
            left = similarity(picture[rest], stage[rest], mirrored=self.mirrored)
            off.append(math.dist(left(picture[[k]])[0], stage[k]))
        most = int(np.argmax(off))
        return (
            f"{self.marks[numbers[most]].label} agrees least: it is {1e9 * off[most]:.0f} nm from "
            "the place that follows from the others"
        )

    def save(self, path: Path) -> None:
        """Write the landmarks as a table that `seccm targets` reads.

        Raises:
            PlanError: it cannot be written.
        """
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        timed = all(math.isfinite(mark.t) for mark in self.marks) and bool(self.marks)
        names = ["label", "x (um)", "y (um)", "stage x (um)", "stage y (um)"]
        rows.writerow([*names, "t (s)"] if timed else names)
        for mark in self.marks:
            lengths = (mark.x, mark.y, mark.stage_x, mark.stage_y)
            row = [mark.label, *(f"{1e6 * each:.5f}" for each in lengths)]
            rows.writerow([*row, f"{mark.t:.3f}"] if timed else row)
        try:
            path.write_text(text.getvalue(), encoding="utf-8")
        except OSError as error:
            what = f"the landmarks cannot be written ({error.strerror})."
            raise PlanError(str(path), [Problem("file", what)]) from None
