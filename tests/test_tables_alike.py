"""Window and `seccm export` write one table of sites; a file says how well its zero is known."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, site
from test_old_files import EXPECTED, copied

import seccm
from seccm.data import finish
from seccm.data.store import Store
from seccm.exports.writing import export
from ui.models.scan_file import ScanFile, write_table


def table(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    assert len(set(head)) == len(head), "two columns of one name"
    return {name: [row[k] for row in rows] for k, name in enumerate(head)}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_table_of_the_window_is_that_of_the_export(name: str, tmp_path: Path) -> None:
    """All that the file has is in both, number for number; the window adds what it calculates."""
    path = copied(name, tmp_path)
    file = ScanFile(path)
    write_table(file, tmp_path / "window.csv")
    file.close()
    export(path, "csv-sites", tmp_path / "export.csv")
    window, exported = table(tmp_path / "window.csv"), table(tmp_path / "export.csv")
    with seccm.open(path) as scan:
        results = [feature.name for feature in scan.features]
    both = [head for head in exported if head in window]
    assert {"site", "x (m)", "y (m)", "outcome"} <= set(both)
    assert {head.partition(" (")[0] for head in both} >= set(results)
    for head in both:
        if not head.endswith("_status"):
            assert window[head] == exported[head], head
    for result in results:
        assert len(window.get(f"{result}_status", window["site"])) == len(window["site"])


@pytest.mark.parametrize("known", [None, 0.03])
def test_a_file_says_how_well_its_reference_is_known(known: float | None, tmp_path: Path) -> None:
    """It is common to all potentials, so that no error of a result has it in it."""
    pytest.importorskip("h5netcdf")
    path = tmp_path / "scan.h5"
    header = replace(HEADER, reference_uncertainty=known)
    Store(path, header, [site(0), site(1)], COLUMNS, CLOCK, None).close("complete")
    for _ in range(2):
        with seccm.open(path) as scan, scan.to_xarray() as found:
            assert scan.header.reference_uncertainty == known
            assert scan.header.extra == HEADER.extra
            assert found.attrs.get("reference_uncertainty") == known
            for column in ("E", "contact_E"):
                assert found[column].attrs.get("reference_uncertainty") == known
        finish(path)
