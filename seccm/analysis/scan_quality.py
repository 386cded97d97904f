"""The quality gates that take all sites of a scan: contacts too early, and drift."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from seccm.analysis.quality import Quality, drift, early
from seccm.analysis.topography import Topography, level
from seccm.data import Table

FloatArray = npt.NDArray[np.float64]

FEWEST = 8
"""Landings below which a plane through them says little."""


def places(sites: Table) -> tuple[FloatArray, FloatArray]:
    """Return x and y of each site, shape (sites,) in m: measured, or commanded where not."""
    x, y = (np.where(np.isfinite(sites[axis]), sites[axis], sites[f"{axis}_cmd"]) for axis in "xy")
    return x, y


def contact_topography(sites: Table) -> Topography | None:
    """Fit the plane of the contact heights; None where too few landings say anything of it."""
    landed = sites["landed"] == 1
    z = np.where(landed, sites["z_contact"], math.nan)
    if int(np.isfinite(z).sum()) < FEWEST:
        return None
    return level(*places(sites), z, sites["t_contact"])


def judged_together(sites: Table, allowances: Mapping[int, float]) -> npt.NDArray[np.uint32]:
    """Return the quality flags that take all sites to see, shape (sites,).

    Args:
        sites: the site table of a scan.
        allowances: metres by which the gap may change at a site while it is measured, by its
            number: as much as the tip may go past contact.
    """
    flags = np.zeros(len(sites), np.uint32)
    plane = contact_topography(sites)
    if plane is None:
        return flags
    flags[early(plane.residual, plane.outlier)] |= int(Quality.EARLY_CONTACT)
    stays = sites["t_end"] - sites["t_contact"]
    for number, allowance in allowances.items():
        if math.isfinite(stays[number]):
            flags[number] |= int(drift(plane.drift, float(stays[number]), allowance))
    return flags
