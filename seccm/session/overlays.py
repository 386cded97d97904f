"""Bringing pictures of one place onto one another, and what they have in common."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import h5py
import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.imaging.overlay.correlation import correlation
from seccm.imaging.overlay.layers import Grid, grid_of, layer
from seccm.imaging.overlay.made import Layer, Overlay, profiles_of, summary
from seccm.imaging.overlay.profile import Line, profile
from seccm.imaging.sem.files import checksum
from seccm.imaging.sem.micrograph import Micrograph, read_micrograph
from seccm.imaging.stage.agreeing import Agreed, Undetermined, agreed
from seccm.imaging.stage.point_table import read_points
from seccm.imaging.stage.similarity import Similarity
from seccm.imaging.stage.within import outside

_LEAST = 100
"""Pixels that pictures must have in common."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is brought onto the first picture."""

    path: Path
    """A TIFF file; or "film.tif.irm.h5:onset", a map of a film."""
    landmarks: Path
    """A table with the columns x, y (first picture), other x, other y (this one)."""
    mirrored: bool
    """Whether it is mirrored against the first one."""
    pixel: float | None = None
    """Metres, where the file does not say it."""


def lay_over(
    first: str | Path,
    others: Sequence[Picture],
    *,
    pixel: float | None = None,
    error: float,
    scale: float = 0.1,
    region: tuple[float, float, float] | None = None,
    line: Line | None = None,
) -> Overlay:
    """Bring pictures of one place onto the first of them, and compare them.

    Args:
        first: a TIFF file, or a map of a film.
        others: at least one.
        pixel: metres per pixel of the first one, where the file does not say it.
        error: standard deviation of a landmark along an axis, metres.
        scale: by how much a picture may be scaled, as a share.
        region: x, y and diameter of the circle that counts, metres; all unless given.
        line: of the profiles; none unless given.

    Raises:
        PlanError: a picture or its landmarks cannot be used, landmarks do not determine how it
            lies, or pictures have too little in common; nothing was written.
    """
    first = Path(first)
    base = _read(first, pixel)
    read = [_read(other.path, other.pixel) for other in others]
    shape = (base.image.shape[0], base.image.shape[1])
    grid = grid_of(shape, [base.pixel, *(one.pixel for one in read)])
    inside = _region(grid, region)
    names = _names([first, *(other.path for other in others)])
    laid = [
        Layer(
            names[0], layer(base.image, base.pixel, grid, None)[0], base.pixel, None,
            notes=base.notes, simulated=base.simulated,
        )
    ]  # fmt: skip
    redrawn: list[Callable[[np.random.Generator], FloatArray] | None] = [None]
    for name, other, taken in zip(names[1:], others, read, strict=True):
        fit, labels, astray = _fitted(other, (base, names[0]), (taken, name), error, scale)
        values, known = layer(taken.image, taken.pixel, grid, fit.fit)
        counted = known & np.isfinite(inside)
        if counted.sum() < _LEAST:
            what = (
                f"has {int(counted.sum())} pixels in common with the first one; needed: {_LEAST}."
            )
            remedy = "Check the landmarks, the region and the lengths of pixels."
            raise PlanError(str(other.path), [Problem("overlay", what, remedy)])
        at = fit.fit.back(grid.places()[counted.ravel()])
        worst = float(fit.fit.error(at).max())
        notes = (*taken.notes, *astray)
        laid.append(Layer(name, values, taken.pixel, fit, labels, worst, notes, taken.simulated))
        redrawn.append(_redrawn(taken, grid, fit.fit, inside))
    counted_layers = [each.values * inside for each in laid]
    correlations = {
        (names[a], names[b]): correlation(
            counted_layers[a], counted_layers[b], grid.pixel, redrawn[b]
        )
        for a, b in combinations(range(len(laid)), 2)
    }
    profiles = {} if line is None else {
        each.name: profile(each.values, grid.pixel, line) for each in laid
    }  # fmt: skip
    beside = [
        first.with_name(f"{first.name}.overlay.{end}") for end in ("h5", "json", "csv", "png")
    ]
    if ":" in first.name:
        beside = [path.with_name(path.name.replace(":", ".")) for path in beside]
    made = Overlay(grid, tuple(laid), inside, correlations, line, profiles, *beside)
    _write(made, [first, *(other.path for other in others)], error)
    return made


def _names(paths: Sequence[Path]) -> list[str]:
    """Return names of layers: those of the files, with a number where there are two of a name."""
    names: list[str] = []
    for path in paths:
        name, count = path.name, 2
        while name in names:
            name, count = f"{path.name} ({count})", count + 1
        names.append(name)
    return names


def _read(path: Path, pixel: float | None) -> Micrograph:
    """Read a picture, or a map of an analysed film.

    Raises:
        PlanError: it cannot be read, or has no scale.
    """
    name, _, map_name = path.name.partition(":")
    if not map_name:
        return read_micrograph(path, pixel)
    try:
        with h5py.File(path.with_name(name), "r") as file:
            maps = [key for key, each in file.items() if getattr(each, "ndim", 0) == 2]
            if map_name not in maps:
                what = f"there is no map {map_name!r}; there are {', '.join(maps)}."
                raise PlanError(str(path), [Problem("file", what)])
            values = np.asarray(file[map_name][()], np.float64)
            place = float(file.attrs["place"])
            if not (math.isfinite(place) and place > 0):
                raise ValueError(f"its places are {place} m wide")
            doubts = tuple(map(str, json.loads(file.attrs.get("doubts", "[]"))))
            simulated = bool(file.attrs.get("simulated", 0))
            return Micrograph(values, place, "the analysed film", doubts, simulated)
    except (OSError, KeyError, ValueError, TypeError) as error:
        what = f"cannot be read as the maps of a film ({error})."
        raise PlanError(str(path), [Problem("file", what, "Make them with seccm irm.")]) from None


def _fitted(
    other: Picture, first: tuple[Micrograph, str], second: tuple[Micrograph, str], error: float,
    scale: float,
) -> tuple[Agreed, tuple[str, ...], list[str]]:  # fmt: skip
    """Return how a picture lies on the first one, labels of the landmarks, and those astray."""
    columns = ("x", "y", "other x", "other y")
    points = read_points(other.landmarks, first[0].pixel, columns, other=second[0].pixel)
    here, there = points.places(), points.places("other x", "other y")
    try:
        fit = agreed(
            there, here, mirrored=other.mirrored, scale=(1 - scale, 1 + scale), error=error
        )
    except Undetermined as failed:
        problem = Problem("landmarks", f"{failed.what}.", failed.remedy)
        raise PlanError(str(other.landmarks), [problem]) from None
    labels = points.labels or tuple(str(k + 1) for k in range(len(here)))
    astray = [
        sentence
        for places, (taken, name) in ((here, first), (there, second))
        for sentence in outside(places, taken.image.shape, taken.pixel, labels, name)
    ]
    return fit, labels, astray


def _redrawn(
    taken: Micrograph, grid: Grid, fit: Similarity, inside: FloatArray
) -> Callable[[np.random.Generator], FloatArray]:
    """Return what brings the picture onto the grid by a transform within its uncertainty."""

    def again(rng: np.random.Generator) -> FloatArray:
        a, b, x, y = rng.normal(0.0, np.sqrt(np.diag(fit.covariance)))
        moved = replace(fit, a=fit.a + a, b=fit.b + b, centre=fit.centre + np.array([x, y]))
        return np.asarray(layer(taken.image, taken.pixel, grid, moved)[0] * inside)

    return again


def _region(grid: Grid, region: tuple[float, float, float] | None) -> FloatArray:
    inside = np.ones(grid.shape)
    if region is not None:
        x, y, diameter = region
        away = np.hypot(*(grid.places() - [x, y]).T).reshape(grid.shape)
        inside[away > diameter / 2] = math.nan
    return inside


def _write(made: Overlay, paths: Sequence[Path], error: float) -> None:
    """Write layers, profiles and what was found beside the first picture."""
    part = made.maps.with_name(made.maps.name + ".tmp")
    sums = [checksum(path.with_name(path.name.partition(":")[0])) for path in paths]
    try:
        with h5py.File(part, "w") as file:
            file.attrs["pixel"] = made.grid.pixel
            for number, each in enumerate(made.layers):
                kept = file.create_dataset(f"layer_{number}", data=each.values.astype(np.float32))
                kept.attrs["name"] = each.name
        part.replace(made.maps)
        if made.line is not None:
            made.table.write_text(profiles_of(made), encoding="utf-8")
        made.summary.write_text(summary(made, sums, error), encoding="utf-8")
    except OSError as failed:
        what = f"the overlay cannot be written beside the picture ({failed.strerror})."
        raise PlanError(str(made.maps), [Problem("file", what)]) from None
