"""Colours by decades, for values of one sign that span more than two decades."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from seccm.analysis.decades import of_one_sign, spans_decades
from seccm.arrays import FloatArray
from ui.models.colours import Shown

Ends = tuple[float | None, float | None]


class ColourScale(StrEnum):
    """How the user wants values to become colours; the words of the menu."""

    AUTOMATIC = "auto"
    LINEAR = "linear"
    LOGARITHMIC = "log"

    def by_decades(self, seen: Shown) -> bool:
        """Return whether a quantity is drawn by decades."""
        if self is ColourScale.LINEAR or not has_logarithm(seen):
            return False
        return self is ColourScale.LOGARITHMIC or spans_decades(seen.values)


def has_logarithm(seen: Shown) -> bool:
    """Return whether a quantity has a logarithm: one sign, and a zero that means nothing is there.

    The zero of a potential against a reference, or of a height, is a choice.
    """
    return seen.has_zero and of_one_sign(seen.values)


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
