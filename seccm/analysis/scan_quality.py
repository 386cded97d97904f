"""The quality gates that take all sites of a scan: contacts too early, drift, neighbours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.quality import Quality, drift, early
from seccm.analysis.topography import Topography, level
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Table

FEWEST = 8
"""Landings below which a plane through them says little."""
_TOUCHING = 0.99
"""Footprints nearer than this share of their diameter overlap: positions scatter by nanometres."""


def places(sites: Table) -> tuple[FloatArray, FloatArray]:
    """Return x and y of each site, shape (sites,) in m: measured, or commanded where not."""
    x, y = (np.where(np.isfinite(sites[axis]), sites[axis], sites[f"{axis}_cmd"]) for axis in "xy")
    return x, y


def contact_topography(sites: Table, among: BoolArray | None = None) -> Topography | None:
    """Fit the plane of the contact heights; None where too few landings say anything of it.

    Args:
        sites: the site table of a scan.
        among: which sites count, shape (sites,); all unless given.
    """
    landed = sites["landed"] == 1
    if among is not None:
        landed = landed & among
    z = np.where(landed, sites["z_contact"], math.nan)
    if int(np.isfinite(z).sum()) < FEWEST:
        return None
    return level(*places(sites), z, sites["t_contact"])


def on_used_ground(
    sites: Table, diameter: float, among: BoolArray | None = None
) -> npt.NDArray[np.bool_]:
    """Tell which sites landed on ground that an earlier landing had wetted, shape (sites,).

    Where the tip really touched counts, not where it was to go: a retry on another place may
    come to lie on a neighbour. The earlier of the two was measured on fresh ground.

    Args:
        sites: the site table of a scan.
        diameter: m, of the footprints; none overlap if it is not known.
        among: which sites count, shape (sites,); all unless given.
    """
    used = np.zeros(len(sites), bool)
    counts = (sites["landed"] == 1) & np.isfinite(sites["t_contact"])
    landed = np.flatnonzero(counts if among is None else counts & among)
    if landed.size < 2 or not diameter > 0.0:
        return used
    x, y = places(sites)
    near = scipy.spatial.KDTree(np.column_stack([x, y])[landed])
    pairs = landed[near.query_pairs(_TOUCHING * diameter, output_type="ndarray")]
    first, second = pairs.reshape(-1, 2).T
    t = sites["t_contact"]
    used[np.where(t[first] > t[second], first, second)] = True
    return used


def judged_together(
    sites: Table,
    allowances: Mapping[int, float],
    diameter: float = math.nan,
    regions: Mapping[int, str] | None = None,
) -> npt.NDArray[np.uint32]:
    """Return the quality flags that take all sites to see, shape (sites,).

    Args:
        sites: the site table of a scan.
        allowances: metres by which the gap may change at a site while it is measured, by its
            number: as much as the tip may go past contact.
        diameter: m, of a footprint, as far as it is known.
        regions: of the sample, by the numbers of the sites: each has a surface of its own.
    """
    named = [(regions or {}).get(number, "") for number in range(len(sites))]
    flags = np.zeros(len(sites), np.uint32)
    for region in dict.fromkeys(named):
        here = np.array([name == region for name in named])
        flags |= _judged_in_one(sites, allowances, diameter, here)
    return flags


def _judged_in_one(
    sites: Table, allowances: Mapping[int, float], diameter: float, here: BoolArray
) -> npt.NDArray[np.uint32]:
    """Return the same for the sites of one region; nothing of the others."""
    flags = np.zeros(len(sites), np.uint32)
    flags[on_used_ground(sites, diameter, here)] |= int(Quality.NEIGHBOUR_OVERLAP)
    plane = contact_topography(sites, here)
    if plane is None:
        return flags
    flags[early(plane.residual, plane.outlier) & here] |= int(Quality.EARLY_CONTACT)
    stays = sites["t_end"] - sites["t_contact"]
    for number, allowance in allowances.items():
        if here[number] and math.isfinite(stays[number]):
            flags[number] |= int(drift(plane.drift, float(stays[number]), allowance))
    return flags
