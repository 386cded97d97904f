"""The map offers heights of a surface levelled, as soon as there are enough of them."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_scans import couple, small_couple, write_scan

from seccm.data import open_scan
from seccm.events import Landed, Landing, Outcome, SiteAnalysed
from seccm.results import Status
from ui.models.quantity import HEIGHT, Quantity
from ui.models.scan_file import write_table
from ui.models.site_map import LINES, PLANE, SiteMap

PITCH = 0.5e-6


def a_map(columns: int = 8, rows: int = 5, **features: Any) -> SiteMap:
    """A map of a grid on which nothing has been measured yet."""
    iy, ix = np.divmod(np.arange(columns * rows), columns)
    made = SiteMap(ix * PITCH, iy * PITCH, ix, iy, np.zeros(ix.size, np.int64), ["all sites"])
    made.add(Quantity.of(HEIGHT, np.full(ix.size, np.nan)))
    made.name_units(features or {"z_surface": ("m", "height of the surface")})
    return made


def heights(sites: SiteMap) -> np.ndarray[Any, Any]:
    """A tilted surface with an edge of 200 nm."""
    return 50e-6 + 1e-3 * sites.x + 200e-9 * (sites.x > 1.9e-6)


def tell(sites: SiteMap, numbers: range, status: int = 0) -> None:
    """Hear of sites, as during a run."""
    for k in numbers:
        found = {"z_surface": float(heights(sites)[k])}
        statuses = {"z_surface": status} if status else {}
        sites.hear(SiteAnalysed(k, found, "", statuses, {}, Outcome.OK, doubtful=False))


def test_levelled_heights_are_offered_once_there_are_enough() -> None:
    sites = a_map()
    tell(sites, range(7))
    assert PLANE.name not in sites.names
    tell(sites, range(7, 40))
    assert {PLANE.name, LINES.name, "z_surface"} <= set(sites.names)
    assert np.ptp(sites.values(PLANE.name)) == pytest.approx(200e-9, rel=1e-3)
    assert np.ptp(sites.values(LINES.name)) == pytest.approx(200e-9, rel=1e-3)
    assert sites.unit(PLANE.name) == "m"


def test_they_follow_what_comes_of_later_sites_and_leave_doubtful_ones_out() -> None:
    sites = a_map()
    tell(sites, range(30))
    assert np.isfinite(sites.values(PLANE.name)).sum() == 30
    tell(sites, range(30, 40), int(Status.CHANGED))
    assert np.isfinite(sites.values(PLANE.name)).sum() == 30
    tell(sites, range(30, 40))
    assert np.isfinite(sites.values(PLANE.name)).all()


def test_a_scan_without_such_heights_offers_none() -> None:
    sites = a_map(E_nuc=("V", "nucleation"))
    sites.quantities["contact z"].values[:] = heights(sites)
    assert PLANE.name not in sites.names
    assert LINES.name not in sites.names


def test_the_exported_table_has_them_with_their_unit(tmp_path: Path) -> None:
    sites = a_map()
    tell(sites, range(40))
    target = tmp_path / "table.csv"
    write_table(SimpleNamespace(map=sites), target)  # type: ignore[arg-type]
    with target.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 40
    values = np.array([float(row[f"{PLANE.name} (m)"]) for row in rows])
    np.testing.assert_allclose(values, sites.values(PLANE.name))


@pytest.mark.parametrize("told", [True, False])
def test_drift_is_told_from_tilt_where_times_are_known_as_the_analysis_does(told: bool) -> None:
    """Sites in random order, while the sample sinks: known times leave the planted edge alone."""
    sites = a_map()
    order = np.random.default_rng(5).permutation(40)
    rows = np.empty(40)
    rows[order] = 4000.0 * np.arange(40)
    z = heights(sites) - 1e-12 * rows
    for k in order.tolist():
        if told:
            sites.hear(Landed(0, k, Landing.unseen(int(rows[k])), None))
        found = {"z_surface": float(z[k])}
        sites.hear(SiteAnalysed(k, found, "", {}, {}, Outcome.OK, doubtful=False))
    off = np.ptp(sites.values(PLANE.name)) - 200e-9
    assert abs(off) < 1e-9 if told else off > 10e-9


def test_times_of_a_file_are_those_of_its_contacts(tmp_path: Path) -> None:
    with open_scan(write_scan(tmp_path / "scan.h5", small_couple(), couple)) as scan:
        made = SiteMap.of_scan(scan)
        np.testing.assert_array_equal(made.when, scan.sites["t_contact"])
        assert np.isfinite(made.when).all()
