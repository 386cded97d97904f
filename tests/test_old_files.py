"""Files that earlier versions wrote stay readable, for good.

`old_files/` holds small runs of the shipped plans, each written by the version that `expected.json`
names, with what that version read from it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seccm
from seccm.data import Scan
from seccm.events import Outcome
from seccm.report import write_report
from ui.models.scan_file import ScanFile

FOLDER = Path(__file__).parent / "old_files"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.fixture(params=EXPECTED)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A copy of one old file, and what was read from it then."""
    return copied(request.param, tmp_path), EXPECTED[request.param]


def copied(name: str, folder: Path) -> Path:
    """Copy an old file, which no test may change."""
    return Path(shutil.copy(FOLDER / f"{name}.h5", folder))


def samples(scan: Scan) -> str:
    """Return a checksum of the times, potentials, currents and heights of all visited sites."""
    total = hashlib.sha256()
    for number in np.flatnonzero(scan.sites["status"] != Outcome.PLANNED).tolist():
        trace = scan.site(number)
        for part in (trace.t, trace.E, trace.I, trace.z):
            total.update(np.ascontiguousarray(part, dtype="<f8").tobytes())
    return total.hexdigest()


def test_an_old_file_reads_as_it_did(old: tuple[Path, dict[str, Any]]) -> None:
    """The same samples, bit for bit, and the same numbers that were stored."""
    path, then = old
    with seccm.open(path) as scan:
        assert scan.state == then["state"]
        assert (scan.sites["status"] == Outcome.OK).sum() == then["finished"]
        assert samples(scan) == then["samples"]
        for name, values in then["values"].items():
            was = np.array(values, dtype=float)
            np.testing.assert_array_equal(scan.sites[name], was, err_msg=name)


def test_an_old_file_is_analysed_and_reported_by_this_version(
    old: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Its samples stay; what found a number then finds about the same one now."""
    path, then = old
    assert seccm.analyze(path) == then["finished"]
    with seccm.open(path) as scan:
        assert samples(scan) == then["samples"]
        for name, scatter in (("E_nuc", 1e-3), ("z_contact", 1e-12)):
            if name in then["values"]:
                was = np.array(then["values"][name], dtype=float)
                np.testing.assert_allclose(scan.sites[name], was, atol=scatter, err_msg=name)
        page = write_report(scan, tmp_path / "report")
    assert scan.header.title in page.read_text(encoding="utf-8")


def test_an_old_file_is_browsed(old: tuple[Path, dict[str, Any]]) -> None:
    path, then = old
    file = ScanFile(path)
    assert (file.map.outcome == Outcome.OK).sum() == then["finished"]
    plan, approaches = file.plan()
    assert len(plan.sites()) == then["sites"]
    assert approaches


def test_a_run_that_an_old_version_stopped_goes_on(tmp_path: Path) -> None:
    path = copied("stopped", tmp_path)
    with seccm.open(path) as scan:
        before = scan.sites["t_contact"][0], scan.site(0).I
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert (scan.sites["status"] == Outcome.OK).all()
        assert scan.sites["t_contact"][0] == before[0], "a touched site is never landed on again"
        np.testing.assert_array_equal(scan.site(0).I, before[1])
