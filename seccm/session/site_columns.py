"""Columns of the table of sites that are filled for one site at a time."""

from __future__ import annotations

import math

import numpy as np

from seccm.data import Column, FeatureValues, Scan
from seccm.errors import PlanError, Problem
from seccm.results import Status


def site_in(scan: Scan, site: int) -> None:
    """Check that a file has a site.

    Raises:
        PlanError: it has not.
    """
    if not 0 <= site < len(scan.sites):
        what = f"there is no site {site}: the file has 0 to {len(scan.sites) - 1}."
        raise PlanError(str(scan.path), [Problem("site", what)])


def kept_or_empty(scan: Scan, column: Column) -> FeatureValues:
    """Return what a file has of a column already; nothing of all sites if it has none."""
    if column.name in scan.sites:
        parts = [np.array(scan.sites[column.name + end]) for end in ("", "_err", "_status")]
        return FeatureValues(column, parts[0], parts[1], parts[2])
    count = len(scan.sites)
    empty = np.full(count, int(Status.NOT_MEASURED), np.uint8)
    return FeatureValues(column, np.full(count, math.nan), np.full(count, math.nan), empty)
