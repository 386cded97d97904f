"""Colours by decades, for values of one sign that span more than two decades."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from seccm.arrays import FloatArray
from ui.models.site_map import CATEGORIES, SiteMap, Z

Ends = tuple[float | None, float | None]

ENOUGH = 100.0
"""Ratio of the largest to the smallest magnitude beyond which colours go by decades."""


class ColourScale(StrEnum):
    """How the user wants values to become colours; the words of the menu."""

    AUTOMATIC = "auto"
    LINEAR = "linear"
    LOGARITHMIC = "log"

    def by_decades(self, sites: SiteMap, name: str, values: FloatArray) -> bool:
        """Return whether the colours of a quantity go by decades.

        Args:
            sites: the map.
            name: of the quantity.
            values: as they are shown, NaN where there is none; shape (sites,).
        """
        if self is ColourScale.LINEAR or not has_logarithm(sites, name, values):
            return False
        magnitude = np.abs(values[np.isfinite(values)])
        return self is ColourScale.LOGARITHMIC or bool(magnitude.max() > ENOUGH * magnitude.min())


def has_logarithm(sites: SiteMap, name: str, values: FloatArray) -> bool:
    """Return whether a quantity has a logarithm: one sign, and a zero that means nothing is there.

    The zero of a potential against a reference, or of a height, is a choice.
    """
    if name in (*CATEGORIES, Z) or sites.quantities[name].declared.against_reference:
        return False
    known = values[np.isfinite(values)]
    return bool(known.size and ((known > 0.0).all() or (known < 0.0).all()))


def logarithms(values: FloatArray) -> FloatArray:
    """Return the decimal logarithm of the magnitude of values that have one; NaN stays."""
    made: FloatArray = np.log10(np.abs(values))
    return made


def logarithmic_ends(ends: Ends, values: FloatArray) -> Ends:
    """Return limits of the colours as logarithms of magnitudes.

    Args:
        ends: the lower and the upper limit, as they are shown; None for an open side.
        values: as they are shown, of one sign.

    Returns:
        The same, from small to large magnitude. A limit at zero, or of the other sign, is open.
    """
    negative = bool(np.nanmax(values) < 0.0)
    low, high = (None if end is None else -end if negative else end for end in ends)
    if negative:
        low, high = high, low
    made = [None if end is None or end <= 0.0 else float(np.log10(end)) for end in (low, high)]
    return made[0], made[1]
