"""Pictures of one place on one grid, what they have in common, and how that is written down."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.imaging.overlay.correlation import FEWEST, Correlation
from seccm.imaging.overlay.layers import Grid
from seccm.imaging.overlay.profile import Line, Profile
from seccm.imaging.plain_json import plain_json
from seccm.imaging.shades import of_one_shade
from seccm.imaging.stage.agreeing import Agreed

KIND, FORMAT = "seccm overlay", 1


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture on the grid."""

    name: str
    values: FloatArray
    """Shape of the grid; NaN is not known."""
    pixel: float
    """Metres of a pixel of the picture itself."""
    agreed: Agreed | None
    """How it lies on the first one; None of the first one."""
    labels: tuple[str, ...] = ()
    """Of the landmarks."""
    error: float = 0.0
    """Standard deviation of a place along an axis, metres: the largest of the places that count."""
    notes: tuple[str, ...] = ()
    """What was done to the picture, and what is wrong with it or its landmarks, as sentences."""
    simulated: bool = False
    """Whether it was drawn and not measured."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Pictures on one grid, and what they have in common."""

    grid: Grid
    layers: tuple[Layer, ...]
    region: FloatArray
    """1 where a pixel counts, else NaN; shape of the grid."""
    correlations: dict[tuple[str, str], Correlation]
    """By the names of two layers."""
    line: Line | None
    profiles: dict[str, Profile]
    """By the name of a layer."""
    maps: Path
    """HDF5 file with the layers."""
    summary: Path
    """JSON."""
    table: Path
    """CSV with the profiles."""
    figure: Path
    """PNG."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is to be said of the pictures, each sentence with the name of its own."""
        return tuple(f"{each.name}: {note}" for each in self.layers for note in each.notes)

    @property
    def simulated(self) -> bool:
        """Return whether one of the pictures was drawn and not measured."""
        return any(each.simulated for each in self.layers)

    def alike(self, a: str, b: str) -> str:
        """Return why two pictures have no correlation, as a sentence; nothing if they have one."""
        found = self.correlations[a, b]
        if math.isfinite(found.low):
            return ""
        if math.isfinite(found.r):
            return f"{a} and {b}: too few independent places ({found.independent:.0f})."
        pairs = [each for each in self.layers if each.name in (a, b)]
        both = np.all([np.isfinite(each.values) for each in pairs], axis=0)
        both &= np.isfinite(self.region)
        if both.sum() < FEWEST:
            return f"{a} and {b}: they have next to nothing in common."
        flat = " and ".join(each.name for each in pairs if of_one_shade(each.values[both]))
        return f"{a} and {b}: no correlation, {flat} shows one shade only."


def profiles_of(made: Overlay) -> str:
    """Return the profiles as a table."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = list(made.profiles)
    rows.writerow(["along (um)", *(t for n in names for t in (n, f"{n}: sd across"))])
    along = next(iter(made.profiles.values())).along
    for k, s in enumerate(along):
        numbers = [v for n in names for v in (made.profiles[n].mean[k], made.profiles[n].sd[k])]
        cells = ["" if math.isnan(number) else f"{number:.6g}" for number in numbers]
        rows.writerow([f"{1e6 * s:.4f}", *cells])
    return text.getvalue()


def summary(made: Overlay, checksums: Sequence[str], error: float) -> str:
    """Return what was found and what it depends on, JSON in SI units.

    Args:
        made: the overlay.
        checksums: of the files of the layers.
        error: standard deviation of a landmark, as it was said, metres.
    """
    return plain_json(
        {
            "kind": KIND,
            "format": FORMAT,
            "pixel": made.grid.pixel,
            "landmark_error": error,
            "area": float(np.isfinite(made.region).sum()) * made.grid.pixel**2,
            "layers": [
                {
                    "name": each.name,
                    "sha256": checksum,
                    "pixel": each.pixel,
                    "error": each.error,
                    "simulated": each.simulated,
                    "notes": list(each.notes),
                    **(_transform(each) if each.agreed is not None else {}),
                }
                for each, checksum in zip(made.layers, checksums, strict=True)
            ],
            "correlations": [
                {
                    "of": list(names),
                    "r": found.r,
                    "low": found.low,
                    "high": found.high,
                    "ranks": found.ranks,
                    "independent": found.independent,
                    "pixels": found.pixels,
                    "area": found.area,
                    "by_transform": found.by_transform,
                }
                for names, found in made.correlations.items()
            ],
        }
    )


def _transform(each: Layer) -> dict[str, object]:
    assert each.agreed is not None
    fit = each.agreed.fit
    return {
        "matrix": fit.matrix.tolist(),
        "middle": fit.middle.tolist(),
        "centre": fit.centre.tolist(),
        "mirrored": fit.mirrored,
        "covariance": fit.covariance.tolist(),
        "landmarks": [
            {"label": label, "missed": float(missed), "used": bool(used)}
            for label, missed, used in zip(
                each.labels, each.agreed.missed, each.agreed.used, strict=True
            )
        ],
    }
