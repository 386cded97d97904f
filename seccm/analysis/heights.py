"""The heights of a scan's sites, of whatever says most of the surface, levelled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.levelling import level_terraces, line_by_line
from seccm.analysis.topography import Topography, level
from seccm.arrays import FloatArray
from seccm.program.yielded import results
from seccm.results import UNTRUSTED, Result

CONTACT = "z_contact"
"""The column of the heights of the tip at contact, which every scan has."""
FEWEST = 8
"""Heights below which a plane through them says little."""


@dataclass(frozen=True, eq=False, slots=True)
class Heights:
    """The heights of all sites; arrays of shape (sites,)."""

    source: Result | None
    """What they are; None where they are those of the tip at contact."""
    z: FloatArray
    """m, up positive; NaN where there is none, or one that is doubtful."""
    plane: Topography | None
    """A plane through them; None where they are too few. Its residuals are levelled heights."""
    lines: FloatArray
    """m, levelled line by line; NaN where the sites are no grid."""


def sources() -> tuple[Result, ...]:
    """Return the results that are heights of a surface, the most direct first."""
    found = (result for result in results().values() if result.surface)
    return tuple(sorted(found, key=lambda result: -result.surface))


def heights_of(
    columns: Mapping[str, npt.NDArray[np.generic]],
    x: FloatArray,
    y: FloatArray,
    t: FloatArray | None = None,
    quick: bool = False,
) -> Heights:
    """Return the heights of sites, as they are and levelled.

    Args:
        columns: by their names, shape (sites,) each: those of `sources` that there are, each with
            its `..._status` if that is known, and `CONTACT`; `ix` and `iy` of a grid.
        x: m, where the sites are.
        y: likewise.
        t: s, when each was touched, to tell drift from tilt; None states that there was no drift.
        quick: without the uncertainties of the plane; see `level`.
    """
    source: Result | None = None
    z = np.asarray(columns.get(CONTACT, np.full(x.shape, math.nan)), np.float64)
    for result in sources():
        if result.name not in columns:
            continue
        values = np.asarray(columns[result.name], np.float64)
        status = columns.get(f"{result.name}_status")
        if status is not None:
            values = np.where(np.asarray(status, np.uint8) < UNTRUSTED, values, math.nan)
        if np.isfinite(values).any():
            source, z = result, values
            break
    # Heights at contact scatter by more than edges are high; those by a current do not.
    fit = level if source is None else level_terraces
    enough = int(np.isfinite(z).sum()) >= FEWEST
    plane = fit(x, y, z, t, quick=quick) if enough else None
    lines = np.full(z.shape, math.nan)
    nowhere = np.full(z.shape, -1)
    ix, iy = (np.asarray(columns.get(name, nowhere), np.int64) for name in ("ix", "iy"))
    if (ix >= 0).all() and np.unique(iy).size > 1 and plane is not None:
        lines = line_by_line(plane.residual, ix, iy)
    return Heights(source, z, plane, lines)
