"""A bit that flips in the site table damages one site, and no number of it passes as clean."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from file_uses import clean_numbers, resume
from fuzz_files import written_to
from made_scans import smaller
from test_old_files import EXPECTED, copied

import seccm
from seccm.data import finish, open_scan
from seccm.data.readable import Readable, columns_of
from seccm.data.repair import clear
from seccm.data.site_rows import as_written, covered
from seccm.errors import DamagedError, DataFileError
from seccm.events import Outcome, SiteAnalysed
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


def place(path: Path, name: str, site: int) -> int:
    """Return the byte of the file with which an entry begins."""
    with h5py.File(path, "r", swmr=True, locking=False) as file:
        dataset = file[name]
        chunks = map(dataset.id.get_chunk_info, range(dataset.id.get_num_chunks()))
        width = dataset.chunks[0]
        found = next(c for c in chunks if 0 <= site - c.chunk_offset[0] < width)
        return int(found.byte_offset + (site - found.chunk_offset[0]) * dataset.dtype.itemsize)


@contextmanager
def flipped(path: Path, at: int) -> Iterator[None]:
    """Flip a bit of a file that seems to be written, and put it right again."""
    right = path.read_bytes()[at]
    try:
        write(path, at, bytes([right ^ 1]))
        yield
    finally:
        write(path, at, bytes([right]))


def write(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


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
    kinds = set()
    for name in columns:
        flip(killed, name, 1)
        with open_scan(killed) as scan:
            assert scan.check() == {1: f"site 1: {TOLD}"}, name
            with pytest.raises(DamagedError, match=f"site 1: {TOLD}"):
                scan.site(1)
            assert len(scan.site(0).t)
            assert scan.sites["status"][1] == Outcome.ABORTED
            assert np.isnan(scan.sites["z_contact"]).tolist()[:3] == [False, True, False]
            # The results, once for each kind of column: to read them all takes most of the time.
            for feature in scan.features if scan.sites[name].dtype not in kinds else ():
                assert np.isnan(scan.sites[feature.name][1])
                assert scan.sites[f"{feature.name}_status"][1] == Status.DAMAGED
            kinds.add(scan.sites[name].dtype)
        flip(killed, name, 1)
    assert_all_rows_have_checksums(killed)


def test_a_row_that_cannot_be_read_whole_is_not_taken_for_right(killed: Path) -> None:
    """Its checksum is one of all columns: without one of them it says nothing of the others."""

    class Unread(Readable):
        """A column of which the first two entries cannot be read."""

        def readable_parts(self, start: int, stop: int) -> Iterator[tuple[slice, Any]]:
            yield slice(start, 2), None
            yield slice(2, stop), self[2:stop]

    with h5py.File(killed) as file:
        columns = columns_of(killed, file)
        closed = file["status"][:] > Outcome.RUNNING
        assert closed[:2].all()
        columns["z_contact"] = Unread(killed, "z_contact", file["z_contact"])
        left = as_written(columns)
        assert left.all(), "the column tells of them when it is asked for"
        whole = as_written(columns, whole=True)
    assert whole.tolist() == [False, False, *[True] * (len(whole) - 2)]


@pytest.fixture
def growing(bases: tuple[Path, Path], tmp_path: Path) -> Iterator[Path]:
    """A file of which three sites are closed and whose program goes on."""
    path = Path(shutil.copyfile(bases[1], tmp_path / "growing.h5"))
    with written_to(path):
        yield path


def test_a_bit_that_flips_while_the_file_grows_damages_that_site_only(growing: Path) -> None:
    with open_scan(growing) as scan:
        assert (scan.state, scan.check()) == ("running", {})
        trust, value = clean_numbers(scan), scan.sites["E_nuc"]
        some = ("z_contact", "status", "row_start", "reason", "E_nuc", "E_nuc_err", "site_crc")
        assert {*some} <= {*covered(scan._data), "site_crc"}
    for name in some:
        with flipped(growing, place(growing, name, 1)), open_scan(growing) as scan:
            assert set(scan.check()) == {1}, name
            assert TOLD in scan.check()[1]
            with pytest.raises(DamagedError, match=TOLD):
                scan.record(1)
            assert scan.sites["E_nuc_status"].tolist()[1] == Status.DAMAGED
            assert np.isnan(scan.sites["E_nuc"][1])
            assert np.array_equal(scan.sites["E_nuc"][[0, 2]], value[[0, 2]], equal_nan=True)
    with open_scan(growing) as scan:
        assert scan.check() == {}
        assert repr(clean_numbers(scan)) == repr(trust)


def test_damage_to_a_file_that_is_open_and_grows_is_seen_when_it_is_looked_at_again(
    growing: Path,
) -> None:
    """What was judged before is judged once: a site is damaged where it was not read before."""
    at = place(growing, "z_contact", 2)
    with open_scan(growing) as scan:
        scan._judged = scan._judged[:0]
        with flipped(growing, at):
            scan.refresh()
            assert set(scan.check()) == {2}
        scan.refresh()
        assert scan.check() == {}


def test_no_site_of_a_run_is_called_damaged_while_it_is_written(tmp_path: Path) -> None:
    """It is looked at after every event, by a reader that stays and by one that comes again."""
    path = tmp_path / "scan.h5"
    row = {"kind": "grid", "columns": 8, "rows": 1, "pitch": 1.1e-5}
    plan = smaller("li-on-au-combinatorial", sites=row, factors={"j": ["-11.5 A/m^2"]})
    run = seccm.run(plan, path=path)
    stays, closed = None, 0
    for event in run:
        stays = open_scan(path) if stays is None else stays
        stays.refresh()
        assert stays.check() == {}
        closed = max(closed, int((stays.sites["status"] > Outcome.RUNNING).sum()))
        if isinstance(event, SiteAnalysed):
            with open_scan(path) as later:
                assert later.check() == {}
    assert stays is not None
    stays.close()
    assert closed == 8


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
    with pytest.raises(DataFileError, match=r"rows of 1 site in the site table .* \(sites 1\)"):
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
