"""A bit that flips in the site table damages one site, and no number of it passes as clean."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from file_uses import clean_numbers, resume
from test_old_files import EXPECTED, copied

import seccm
from seccm.data import finish, open_scan
from seccm.data.repair import clear
from seccm.data.site_rows import covered
from seccm.errors import DamagedError, DataFileError
from seccm.events import Outcome
from seccm.results import Status

TOLD = "its row in the site table is not as it was written"


@pytest.fixture
def finished(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(bases[0], tmp_path / "finished.h5"))


@pytest.fixture
def killed(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    path = Path(shutil.copyfile(bases[1], tmp_path / "killed.h5"))
    assert clear(path)
    return path


def flip(path: Path, name: str, site: int) -> None:
    """Flip the lowest bit of an entry; flipped again, it is as it was."""
    with h5py.File(path, "r+") as file:
        entry = file[name][site : site + 1]
        entry.view(np.uint8)[0] ^= 1
        file[name][site : site + 1] = entry


def assert_all_rows_have_checksums(path: Path) -> None:
    with h5py.File(path) as file:
        closed = file["status"][:] > Outcome.RUNNING
        assert closed.any()
        assert (file["site_crc"][:] != 0).tolist() == closed.tolist()
    with open_scan(path) as scan:
        assert scan.check() == {}
        assert scan.changed == ""


def test_a_bit_that_flips_in_any_column_damages_that_site_only(killed: Path) -> None:
    with h5py.File(killed) as file:
        columns = covered(file)
    assert {"site", "z_contact", "status", "row_start", "reason", "E_nuc", "E_nuc_err"} <= {
        *columns
    }
    for name in columns:
        flip(killed, name, 1)
        with open_scan(killed) as scan:
            assert scan.check() == {1: f"site 1: {TOLD}"}, name
            with pytest.raises(DamagedError, match=f"site 1: {TOLD}"):
                scan.site(1)
            assert len(scan.site(0).t)
            assert scan.sites["status"][1] == Outcome.ABORTED
            assert np.isnan(scan.sites["z_contact"]).tolist()[:3] == [False, True, False]
            for feature in scan.features:
                assert np.isnan(scan.sites[feature.name][1])
                assert scan.sites[f"{feature.name}_status"][1] == Status.DAMAGED
        flip(killed, name, 1)
    assert_all_rows_have_checksums(killed)


def test_a_site_that_was_closed_and_says_it_is_planned_is_not_landed_on(killed: Path) -> None:
    with h5py.File(killed, "r+") as file:
        file["status"][1] = Outcome.PLANNED
    with open_scan(killed) as scan:
        assert scan.remaining() == (3,)
        assert list(scan.check()) == [1]


@pytest.mark.parametrize("columns", [("site_crc",), ("site_crc", "t_end", "quality")])
def test_a_program_that_died_while_it_closed_a_site_damaged_nothing(
    killed: Path, columns: tuple[str, ...]
) -> None:
    """Of the site begun last it had written this much, and no outcome: the site is not visited."""
    with h5py.File(killed, "r+") as file:
        assert file["state"][0] == b"running"
        begun = int(np.flatnonzero(file["status"][:] > Outcome.PLANNED)[-1])
        left = np.flatnonzero(file["status"][:] == Outcome.PLANNED).tolist()
        file["status"][begun] = Outcome.PLANNED
        for name in columns:
            file[name][begun] = 7
    with open_scan(killed) as scan:
        assert scan.check() == {}
        assert list(scan.remaining()) == left
    resume(killed)
    assert_all_rows_have_checksums(killed)
    with open_scan(killed) as scan:
        assert scan.sites["status"][begun] == Outcome.ABORTED
        assert scan.sites["landed"][begun] in (0, 1)


def test_a_damaged_row_stays_damaged_through_resume_and_analysis(killed: Path) -> None:
    flip(killed, "z_contact", 1)
    assert list(seccm.analyze(killed).damaged) == [1]
    with open_scan(killed) as scan:
        assert list(scan.check()) == [1]
        assert all(np.isnan(values[1]) for values in clean_numbers(scan).values())
    resume(killed)
    with open_scan(killed) as scan:
        assert list(scan.check()) == [1]


def test_a_file_with_a_damaged_row_is_not_compressed(killed: Path) -> None:
    """Compressed, the damage would pass for a change that somebody made."""
    flip(killed, "E_nuc", 1)
    with pytest.raises(DataFileError, match=r"rows of 1 sites in the site table .* \(sites 1\)"):
        finish(killed)


def test_a_row_that_a_program_changed_in_a_finished_file_is_used_and_it_is_said(
    finished: Path,
) -> None:
    assert_all_rows_have_checksums(finished)
    with h5py.File(finished, "r+") as file:
        file["z_contact"][2] = 12.5
    said = "Rows of the site table changed by another program after the run: site 2"
    for _ in range(2):
        with open_scan(finished) as scan:
            assert scan.check() == {}
            assert scan.changed == said
            assert scan.sites["z_contact"][2] == pytest.approx(12.5e-6)
        seccm.analyze(finished)


def test_analysis_and_resume_renew_the_checksums(killed: Path) -> None:
    seccm.analyze(killed)
    assert_all_rows_have_checksums(killed)
    resume(killed)
    assert_all_rows_have_checksums(killed)


def test_an_old_file_is_read_without_checksums_and_gets_them_when_analysed(
    tmp_path: Path,
) -> None:
    path = copied(next(iter(EXPECTED)), tmp_path)
    with h5py.File(path) as file:
        assert "site_crc" not in file
    with open_scan(path) as scan:
        assert scan.check() == {}
    seccm.analyze(path)
    assert_all_rows_have_checksums(path)
