"""Quality that takes the whole scan to see: contacts too early, and drift."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from small_scan import small_scan

import seccm
from seccm.analysis.quality import Quality

SHUFFLED = {
    "kind": "grid",
    "columns": 4,
    "rows": 3,
    "pitch": "11 um",
    "origin": ["11 um", "11 um"],
    "order": "random",
}


def quality_after(path: Path, *faults: str) -> list[Quality]:
    """Run a scan in random order, analyse its file and return the flags of all sites."""
    for _ in seccm.run(small_scan(sites=SHUFFLED), path=path, faults=faults):
        pass
    return analysed(path)


def analysed(path: Path) -> list[Quality]:
    """Analyse a file and return the flags of all sites."""
    seccm.analyze(path)
    with seccm.open(path) as scan:
        return [Quality(int(flags)) for flags in scan.sites["quality"]]


def test_a_quiet_scan_has_neither(tmp_path: Path) -> None:
    """Nothing is flagged where nothing is wrong."""
    assert set(quality_after(tmp_path / "scan.h5")) == {Quality(0)}


def test_a_sample_that_rises_more_in_a_measurement_than_the_tip_may_overtravel(
    tmp_path: Path,
) -> None:
    """0.3 s at 1 um/s are 300 nm; the plan allows 250 nm past contact."""
    found = quality_after(tmp_path / "scan.h5", "drift@speed=1 um/s")
    assert all(Quality.DRIFT in flags for flags in found)


def test_a_slow_drift_is_none_to_speak_of(tmp_path: Path) -> None:
    """100 nm/s add up to 30 nm while a site is measured."""
    found = quality_after(tmp_path / "scan.h5", "drift@speed=100 nm/s")
    assert not any(Quality.DRIFT in flags for flags in found)


def test_a_landing_on_ground_that_an_earlier_one_wetted_is_flagged(tmp_path: Path) -> None:
    """A retry beside site 6 comes down on the footprint of site 5: 6 is flagged, 5 was fresh."""
    path = tmp_path / "scan.h5"
    for _ in seccm.run(small_scan(), path=path):
        pass
    with seccm.open(path) as scan:
        x, y = scan.sites["x"], scan.sites["y"]
        diameter = small_scan().probe.diameter
    with h5py.File(path, "r+") as file:
        file["x"][6] = 1e6 * x[5] + 0.7e6 * diameter
        file["y"][6] = 1e6 * y[5]
    flagged = [Quality.NEIGHBOUR_OVERLAP in flags for flags in analysed(path)]
    assert flagged == [number == 6 for number in range(12)]
    with h5py.File(path, "r+") as file:
        file["x"][6] = 1e6 * x[5] + 1.01e6 * diameter
    assert set(analysed(path)) == {Quality(0)}


@pytest.mark.parametrize(("rise", "early"), [(2.0, True), (-2.0, False)])
def test_a_contact_far_above_the_others_is_early_and_a_hole_is_not(
    tmp_path: Path, rise: float, early: bool
) -> None:
    """A particle of 2 um under one site, and a hole as deep."""
    path = tmp_path / "scan.h5"
    quality_after(path)
    with h5py.File(path, "r+") as file:
        file["z_contact"][5] += rise
    flagged = [Quality.EARLY_CONTACT in flags for flags in analysed(path)]
    assert flagged == [early and number == 5 for number in range(12)]
    with seccm.open(path) as scan:
        assert np.isfinite(scan.sites["z_contact"]).all()
