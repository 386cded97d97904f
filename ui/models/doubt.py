"""One rule for doubtful numbers: a question mark, the colour of warnings, and the reason in words.

A number is doubtful if its status says that it has to be looked at before it is averaged.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.results import UNTRUSTED
from ui.models.site_map import SiteMap

SIGN = "?"
WORDS = f"{SIGN} doubtful: look at its data"
"""What the sign means, in a legend."""


def marked(words: str) -> str:
    """Return words about a doubtful number with the sign before them."""
    return f"{SIGN} {words}"


def doubtful(sites: SiteMap, name: str) -> BoolArray:
    """Return which sites have a doubtful number of a quantity; shape (sites,)."""
    found = sites.quantities.get(name)
    if found is None:
        return np.zeros(sites.x.size, bool)
    known: BoolArray = np.isfinite(found.values) & (found.statuses >= UNTRUSTED)
    return known


def without_doubtful(values: FloatArray, doubts: BoolArray) -> FloatArray:
    """Return the values that choose a scale: doubtful ones only where there are no others.

    Args:
        values: NaN where there is none, shape (sites,).
        doubts: which of them are doubtful, shape (sites,).
    """
    clean = np.where(doubts, np.nan, values)
    return clean if np.isfinite(clean).any() else values
