"""How wide a footprint was, by how high its meniscus stretched; calibrated by some that are known.

The meniscus breaks when the gap between pipette and surface reaches a share of the radius. The gap
is not known, only the height of the break above that of contact, and at contact the drop hung now
longer, now shorter: over a footprint of 9 um by some 50 nm, which is 4 % of the area. On a sample
that is smooth, the heights of all contacts tell how long each drop hung: contact came so much
above or below the plane through all of them. So the radius is fitted to both,

    r = r0 + s h + l (z_contact - plane).

With l = s the drop is counted in full, as on a flat sample; on a rough one l comes out near 0 by
itself. Where too few sites are known, or the height of a contact is no part of the plane, h alone
has to do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.topography import level
from seccm.arrays import FloatArray
from seccm.results import Value

FEWEST = 3
"""Footprints from which a calibration is made; one more than it has parameters."""
FEWEST_LEVELLED = 6
"""Footprints from which one is made that knows how long the drops hung."""
FEWEST_CONTACTS = 8
"""Contacts through which a plane says anything of a single one."""


@dataclass(frozen=True, slots=True)
class Stretching:
    """How the radius of a footprint follows from the height at which the meniscus broke."""

    slope: float
    radius: float
    """m, where that height is 0."""
    uncertainty: float
    """Relative standard deviation of the areas about it."""
    sites: int
    """From how many."""
    level: float = 0.0
    """Of the radius against the height of contact above the plane of all contacts."""

    def area(self, height: Value, above: float = 0.0) -> Value:
        """Return the area of a footprint, m2, with the uncertainty of height and calibration.

        Args:
            height: of the break above contact, m.
            above: height of contact above the plane of all contacts, m.
        """
        if not height.status.has_value:
            return Value.none(height.status)
        wide = self.radius + self.slope * height.value + self.level * above
        value = math.pi * wide**2
        error = math.hypot(
            2.0 * math.pi * wide * self.slope * height.error, value * self.uncertainty
        )
        return Value.of(value, error, height.status)


def stretching(height: FloatArray, area: FloatArray) -> Stretching | None:
    """Fit radius against height; None where too few sites have both, or they do not differ.

    Args:
        height: of the breaks above contact, m, shape (n,); NaN where unknown.
        area: of the footprints, m2, shape (n,); NaN where unknown.
    """
    both = np.isfinite(height) & np.isfinite(area)
    h, r = height[both], np.sqrt(area[both] / math.pi)
    if h.size < FEWEST or float(np.ptp(h)) == 0.0:
        return None
    slope, radius = (float(value) for value in np.polyfit(h, r, 1))
    if slope <= 0.0 or radius < 0.0:
        # The heights tell less than they scatter: one common ratio is all that can be said.
        slope, radius = float(np.sum(h * r) / np.sum(h * h)), 0.0
    spread = _spread(radius + slope * h, r, 2 if radius else 1)
    return Stretching(slope, radius, spread, int(h.size))


def levelled_stretching(
    height: FloatArray, above: FloatArray, area: FloatArray
) -> Stretching | None:
    """Fit radius against height and level of contact; None where that is not better founded.

    Args:
        height: of the breaks above contact, m, shape (n,); NaN where unknown.
        above: heights of contact above the plane of all contacts, m, shape (n,); NaN where
            unknown, or where the surface is no part of the plane.
        area: of the footprints, m2, shape (n,); NaN where unknown.
    """
    known = np.isfinite(height) & np.isfinite(above) & np.isfinite(area)
    h, u, r = height[known], above[known], np.sqrt(area[known] / math.pi)
    if h.size < FEWEST_LEVELLED:
        return None
    design = np.column_stack([np.ones(h.size), h - h.mean(), u - u.mean()])
    scale = np.sqrt(np.mean(design**2, axis=0))
    if not (scale > 0.0).all() or np.linalg.cond(design / scale) > 1e3:
        return None
    middle, slope, rise = (
        float(c) for c in np.linalg.lstsq(design / scale, r, rcond=None)[0] / scale
    )
    radius = middle - slope * float(h.mean()) - rise * float(u.mean())
    if slope <= 0.0 or radius < 0.0:
        return None
    # The plane itself is known no better than so many contacts tell its four parameters.
    contacts = above[np.isfinite(above)]
    plane = float(np.std(contacts)) * math.sqrt(4.0 / contacts.size)
    scatter = _spread(radius + slope * h + rise * u, r, 3)
    spread = math.hypot(scatter, 2.0 * rise * plane / float(np.mean(r)))
    return Stretching(slope, radius, spread, int(h.size), rise)


def contacts_above(x: FloatArray, y: FloatArray, z: FloatArray, t: FloatArray) -> FloatArray:
    """Return how far each contact lies above the plane of all, m, shape (n,).

    NaN where there was no contact, where it is far off the plane, and where there are too few.

    Args:
        x: of the sites, m, shape (n,).
        y: likewise.
        z: heights of contact, m, shape (n,); NaN for none.
        t: when they were, s, shape (n,).
    """
    if int(np.isfinite(z).sum()) < FEWEST_CONTACTS:
        return np.full(z.shape, math.nan)
    plane = level(x, y, z, t)
    return np.where(plane.outlier, math.nan, plane.residual)


def _spread(found: FloatArray, true: FloatArray, parameters: int) -> float:
    """Return the relative standard deviation of areas about a fit of so many parameters."""
    shares = found**2 / true**2 - 1.0
    return math.sqrt(float(np.sum(shares**2)) / max(1, true.size - parameters))
