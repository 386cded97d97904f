"""Numbers that contradict what is known: a metal that grows at a potential where it dissolves."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from seccm.analysis.declared import declared
from seccm.report.study import Study
from seccm.units import show

_COUPLE = re.compile(r"^([A-Z][a-z]?)/\1\d?\+$")
_METALS = (
    "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Al", "Zn", "Cd", "In", "Sn", "Pb", "Bi", "Cu", "Ag",
    "Au", "Ni", "Co", "Fe", "Mn", "Cr", "Pd", "Pt", "Hg",
)  # fmt: skip
"""Those that are deposited: Fc/Fc+ looks alike, and is none."""


def metal_of(reference: str) -> str:
    """Return the metal of a reference such as Li/Li+; empty if it is no metal with its ion."""
    found = _COUPLE.match(reference.replace(" ", ""))
    return found[1] if found and found[1] in _METALS else ""


def growing_above_zero(study: Study, name: str) -> npt.NDArray[np.int64]:
    """Return the sites at which a metal seems to grow above 0 V against itself and its ion.

    A cathodic current deposits it only below 0 V (Nernst, at the activity of the reference). A
    growth potential above that says that the reference is off, or that something else grows.
    """
    if not declared(name).deposits or not metal_of(study.reference):
        return np.empty(0, np.int64)
    feature = study.features[name]
    return study.measured[feature.values[study.measured] > 0.0]


def growth_words(study: Study, name: str) -> str:
    """Say what is wrong with growth potentials above 0 V; empty if there are none."""
    sites = growing_above_zero(study, name)
    if sites.size == 0:
        return ""
    highest = float(study.features[name].values[sites].max())
    metal, stated = metal_of(study.reference), study.uncertainty
    which = "growth potential lies" if sites.size == 1 else "growth potentials lie"
    words = (
        f"{sites.size} {which} above 0 V vs {study.reference}, up to {show(highest, 'V', 2)}: "
        f"{metal} is not deposited there. The offset of the reference is wrong, or another "
        "reaction takes place. "
    )
    if stated is None:
        return words + "The uncertainty of the offset is not stated in the plan."
    within = "within" if highest <= 2.0 * stated else "beyond"
    return words + f"That is {within} twice the stated uncertainty of ± {show(stated, 'V', 2)}."
