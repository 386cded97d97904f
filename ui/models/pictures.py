"""What pictures there are of a site, and what lies over a picture: maps, frames, particles."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.errors import DataFileError, PlanError, Problem
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.stage.choice import Reason
from seccm.session.site_film import film_of
from seccm.text_files import Unreadable, read_text
from seccm.typography import counted
from ui.models.change import relative_change

BEFORE = 8
"""Frames before contact whose mean is the reference of a change, at most."""
_ROWS = 3000
"""Data points of a curve beside a movie."""
_BROKEN = (OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, Unreadable)
"""What files make of their reader that are damaged, or were changed by someone."""
PARTICLE, LEFT_OUT, TARGET, REFUSED = "particle", "left out", "target", "refused"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One map."""

    name: str
    values: FloatArray
    """Shape (rows, columns); NaN where the map says nothing."""
    pixel: float
    """Metres."""
    unit: str
    words: str
    """How much of it is known, and what became of the rest."""
    centred: bool = False
    """Whether zero is in the middle of its colours."""


@dataclass(frozen=True, slots=True)
class Maps:
    """What an analysed film shows."""

    layers: tuple[Mapped, ...]
    t: FloatArray
    """Seconds since the first landed frame, shape (frames,)."""
    mean: FloatArray
    """Contrast of the footprint, shape (frames,)."""
    onset: float
    onset_error: float
    footprint: tuple[float, float, float]
    """x and y from the upper left corner, and diameter, metres."""
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """Something in a picture."""

    x: float
    """Metres from the left side."""
    y: float
    """Metres from the upper side."""
    diameter: float
    """Metres."""
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A landmark, and where the stage says that it is."""

    x: float
    y: float
    to_x: float
    to_y: float
    used: bool
    label: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A picture and what was found in it."""

    name: str
    image: FloatArray
    pixel: float
    circles: tuple[Circle, ...]
    arrows: tuple[Arrow, ...]
    words: tuple[str, ...]


def maps_of(path: Path) -> Maps:
    """Read the maps of an analysed film.

    Raises:
        DataFileError: there are none, or the file cannot be read.
    """
    try:
        with h5py.File(path, "r") as file:
            told = dict(file.attrs)
            place, pixel = float(told["place"]), float(told["pixel"])
            layers = [
                _layer(file, "onset", "onset_status", "optical onset", place, "s"),
                Mapped("change at the end", file["end"][()], place, "1", "", centred=True),
            ]
            numbers = [int(name[6:]) for name in file if name.startswith("cycle_")]
            for number in sorted(numbers):
                group = file[f"cycle_{number}"]
                ratio, charge = float(group.attrs["ratio"]), float(group.attrs["ce"])
                said = f"; whole footprint {ratio:.3f}"
                said += f", by charge {charge:.3f}" if math.isfinite(charge) else ""
                name = f"stripped share, cycle {number}"
                layers.append(_layer(group, "efficiency", "status", name, place, "1", said))
            middle = (float(told[f"footprint_{axis}"]) + 0.5 for axis in ("column", "row"))
            x, y = (pixel * at for at in middle)
            return Maps(
                layers=tuple(layers),
                t=file["t"][()],
                mean=file["mean"][()],
                onset=float(told["onset_of_mean"]),
                onset_error=float(told["onset_of_mean_error"]),
                footprint=(x, y, float(told["footprint_diameter"])),
                doubts=tuple(json.loads(told["doubts"])),
            )
    except _BROKEN as error:
        raise DataFileError(f"{path}: this file has no maps of a film ({error}).") from None


def _layer(
    group: Any, name: str, status: str, title: str, place: float, unit: str, said: str = ""
) -> Mapped:
    values, codes = group[name][()], group[status][()]
    meanings = str(group[status].attrs["flag_meanings"]).split("; ")
    inside = codes != 1
    others = Counter(int(code) for code in codes[inside & (codes != 0)])
    words = f"{int((codes == 0).sum())} of {counted(int(inside.sum()), 'place')}"
    words += "".join(f"; {count}: {meanings[code]}" for code, count in others.most_common(2))
    shown = np.where(codes == 0, values, math.nan)
    return Mapped(title, shown, place, unit, words + said)


class SiteMovie:
    """The movie of a site beside its potential.

    Args:
        scan: an open data file.
        site: its number.

    Raises:
        PlanError: there is no movie of it.
        DataFileError: the movie is missing.
    """

    def __init__(self, scan: Scan, site: int) -> None:
        self._film, self.pixel = film_of(scan, site)
        if not (math.isfinite(self.pixel) and self.pixel > 0):
            self.pixel = 1.0
        self.t = self._film.start + self._film.t
        """Seconds since contact of each frame, shape (frames,)."""
        record = scan.record(site)
        thin = slice(None, None, max(1, record.t.size // _ROWS))
        after = np.isfinite(record.E[thin])
        self.seconds = (record.t[thin] - record.t_contact)[after]
        self.potential = record.E[thin][after] + scan.header.reference_offset
        lost = scan.frames.lost
        self.words = (
            f"{counted(len(self.t), 'frame')}, times by {self._film.times_from}; "
            f"{counted(lost, 'frame')} of the run lost"
        )
        self._reference: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.t)

    def nearest(self, t: float) -> int:
        """Return the frame whose exposure began nearest to a time since contact."""
        return int(np.argmin(np.abs(self.t - t)))

    def raw(self, number: int) -> FloatArray:
        """Return a frame, counts, shape (rows, columns)."""
        return next(self._film.frames(number, number + 1))

    def change(self, number: int) -> FloatArray:
        """Return the relative change of brightness against the frames before contact."""
        if self._reference is None:
            landed = int(np.searchsorted(self.t, -self._film.exposure))
            first = max(0, landed - BEFORE)
            frames = list(self._film.frames(first, max(landed, first + 1)))
            self._reference = np.mean(frames, axis=0)
        return relative_change(self.raw(number), self._reference)


def marked(path: Path, pixel: float | None = None) -> Marked:
    """Read a picture and what was found in it: particles of a micrograph, targets, landmarks.

    Raises:
        PlanError: the picture, or a file beside it, cannot be read.
    """
    try:
        taken = read_micrograph(path, pixel if pixel is not None else known_pixel(path))
        circles, words = _particles(path)
        targets, arrows, said = _targets(path)
    except _BROKEN as error:
        what = f"what was found in it cannot be read ({error})."
        raise PlanError(str(path), [Problem("file", what, "Analyse it again.")]) from None
    found = (*words, *said) or ("Nothing was looked for in it: seccm sem, seccm targets",)
    found += tuple(note.rstrip(".") for note in taken.notes)
    return Marked(path.name, taken.image, taken.pixel, (*circles, *targets), arrows, found)


def known_pixel(path: Path) -> float | None:
    """Return the length of a pixel by which the picture was analysed; None if it was not."""
    for end, of in (("particles.json", "settings"), ("targets.json", "")):
        beside = path.with_name(f"{path.name}.{end}")
        if beside.exists():
            told = json.loads(read_text(beside))
            return float((told[of] if of else told)["pixel"])
    return None


def _particles(path: Path) -> tuple[list[Circle], list[str]]:
    beside = path.with_name(f"{path.name}.particles")
    table, summary = (beside.with_name(f"{beside.name}.{end}") for end in ("csv", "json"))
    if not table.exists():
        return [], []
    circles = [
        Circle(
            1e-6 * float(row["x (um)"]),
            1e-6 * float(row["y (um)"]),
            1e-9 * float(row["diameter (nm)"]),
            PARTICLE if row.get("counted", "1") == "1" else LEFT_OUT,
            f"{row['diameter (nm)']} nm",
        )
        for row in csv.DictReader(read_text(table).splitlines())
    ]
    words = [f"{counted(sum(c.kind == PARTICLE for c in circles), 'particle')}"]
    if summary.exists():
        told = json.loads(read_text(summary))
        words[0] += f"; coverage {100 * told['coverage']:.1f} %"
        for name, title in (("density", "as found"), ("density_corrected", "corrected")):
            if told[name] is not None:
                words.append(f"{1e-4 * told[name]:.3g} per cm² {title}")
        if told["smallest_diameter"] is not None:
            limit = 1e9 * told["smallest_diameter"]
            words.append(f"below {limit:.0f} nm mostly not found")
        words += told["doubts"]
    return circles, words


def _targets(path: Path) -> tuple[list[Circle], tuple[Arrow, ...], list[str]]:
    beside = path.with_name(f"{path.name}.targets")
    table, summary = (beside.with_name(f"{beside.name}.{end}") for end in ("csv", "json"))
    if not (table.exists() and summary.exists()):
        return [], (), []
    told = json.loads(read_text(summary))
    transform = told["transform"]
    footprint = told["footprint"] / transform["scale"]
    circles = []
    for row in csv.DictReader(read_text(table).splitlines()):
        is_target = row["why"] == Reason.TARGET.value
        size = footprint if is_target else 1e-9 * float(row["d (nm)"] or "nan")
        error = f"{1e3 * float(row['u (um)']):.0f} nm"
        circles.append(
            Circle(
                1e-6 * float(row["picture x (um)"]),
                1e-6 * float(row["picture y (um)"]),
                size if math.isfinite(size) else footprint / 4,
                TARGET if is_target else REFUSED,
                f"{row['label']}: {row['why']}; place known to {error}",
            )
        )
    matrix, middle = np.array(transform["matrix"]), np.array(transform["middle"])
    arrows = []
    drift = told.get("drift") or {"velocity": [0.0, 0.0], "at": None, "told": []}
    for mark in told["landmarks"]:
        stage = np.array(mark["stage"], float)
        if mark.get("t") is not None and drift["at"] is not None:
            stage = stage + np.array(drift["velocity"], float) * (drift["at"] - mark["t"])
        back = np.linalg.solve(matrix, stage - transform["centre"]) + middle
        (x, y), (to_x, to_y) = mark["picture"], back.tolist()
        arrows.append(Arrow(x, y, to_x, to_y, mark["used"], mark["label"]))
    used = sum(arrow.used for arrow in arrows)
    hand = "mirrored" if transform["mirrored"] else "not mirrored"
    words = [
        f"{counted(sum(c.kind == TARGET for c in circles), 'target')}",
        f"{used} of {counted(len(arrows), 'landmark')} agree ({hand}, scaled by "
        f"{transform['scale']:.4f}), uncertain by {1e9 * transform['landmark_error']:.0f} nm",
        *(str(each).rstrip(".") for each in drift["told"]),
        *(f"{count} {reason}" for reason, count in told["refused"].items()),
    ]
    return circles, tuple(arrows), words
