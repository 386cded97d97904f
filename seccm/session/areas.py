"""Taking the wetted areas of single sites into a finished file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seccm.analysis.detachment import HEIGHT
from seccm.analysis.features import Features
from seccm.analysis.own_areas import Calibrated, areas_in, by_retraction, rebased
from seccm.data import Scan, open_scan, rewrite_features
from seccm.data.whereabouts import Whereabouts
from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.program.trace import Area
from seccm.session.analysing import same_file
from seccm.session.area_table import read_areas
from seccm.typography import counted
from seccm.units import show

_FAR = 25.0
"""Times the plan's area, or part of it, that no footprint has: the unit is a slip then."""


@dataclass(frozen=True, slots=True)
class Areas:
    """What was taken in."""

    measured: int
    """How many sites have a measured footprint."""
    by_retraction: int
    """How many have an area that follows from the retraction."""
    mean: float
    """m2."""
    planned: Area
    """What all sites have by the plan."""
    calibration: Calibrated | None
    """How radius follows from the height of the break, if enough sites have both."""

    @property
    def words(self) -> str:
        """What was taken in, as a sentence."""
        by = f", {counted(self.by_retraction, 'site')} by retraction" if self.by_retraction else ""
        return (
            f"{counted(self.measured, 'footprint')}{by}: {show(self.mean, 'm^2', 3)} on average; "
            f"the plan says {show(self.planned.value, 'm^2', 3)} ({self.planned.basis})."
        )


def take_areas(
    path: str | Path, table: str | Path | None = None, *, retraction: bool = False
) -> Areas:
    """Store the wetted areas of single sites, and every number per area by them as well.

    The record and the numbers by the plan's area stay as they are.

    Args:
        path: a closed data file.
        table: of measured footprints, see `seccm.session.area_table`; those that the file has
            already stay unless the table names their site.
        retraction: whether sites without a footprint get the area by the break of their meniscus.

    Raises:
        DataFileError: the file cannot be read or written.
        PlanError: the plan in the file is not one, or the table cannot be used. Nothing changed.
    """
    path = Path(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        features = Features(Plan.from_json(scan.plan_json, source=str(path)))
        known = {site: a for site, a in areas_in(scan).items() if a.basis == "footprint"}
        if table is not None:
            known |= _read(Path(table), scan, features.area)
        areas, found = dict(known), None
        if HEIGHT.name in scan.sites:
            more, found = by_retraction(scan, known)
            areas = {**more, **known} if retraction else areas
        elif retraction:
            what = "the menisci of this scan were not looked at: its plan has no "
            what += "retract.detachment."
            raise PlanError(str(path), [Problem("retraction", what)])
        if not areas:
            what = "no site has an area yet."
            raise PlanError(str(path), [Problem("areas", what, "Give a table of footprints.")])
        values = rebased(scan, features, areas)
    same_file(file, path)
    rewrite_features(path, values, features.layout.statuses)
    mean = float(np.mean([area.value for area in areas.values()]))
    return Areas(len(known), len(areas) - len(known), mean, features.area, found)


def _read(table: Path, scan: Scan, planned: Area) -> dict[int, Area]:
    """Return the areas of a table, checked against the scan."""
    found, wrong = {}, []
    for site, area in read_areas(table, len(scan.sites)).items():
        where = f"site {site}"
        if not scan.sites["landed"][site]:
            wrong.append(Problem(where, "has no contact, and so no footprint."))
        elif abs(math.log(area.value / planned.value)) > math.log(_FAR):
            what = (
                f"{show(area.value, 'm^2', 3)} is far from the area by the plan, "
                f"{show(planned.value, 'm^2', 3)}."
            )
            wrong.append(Problem(where, what, "Check the unit in the header."))
        found[site] = Area(area.value, area.error, "footprint")
    if wrong:
        raise PlanError(str(table), wrong)
    return found
