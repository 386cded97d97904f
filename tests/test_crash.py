"""Whatever kills the program, the sites it called safe are there and no site is landed on twice."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import h5py
import numpy as np
import pytest
import scan_feeder
from children import begun
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit, visits

from seccm.data import Store, finish, open_scan
from seccm.data.__main__ import main
from seccm.data.layout import datasets
from seccm.data.packing import broken_sites
from seccm.data.repair import clear, mark
from seccm.errors import DataFileError
from seccm.events import Approaching, Outcome
from seccm.rig import Clock

COUNT = 400
STEPS = (400, 300)


@contextmanager
def scanning(path: Path) -> Iterator[tuple[BaseProcess, Path]]:
    """Have another process write a scan; it is killed in the end."""
    counter = path.with_suffix(".count")
    counter.write_bytes(bytes(8))
    child = begun(scan_feeder.scan_until_killed, str(path), str(counter), COUNT)
    try:
        yield child, counter
    finally:
        child.kill()
        child.join()


def safe(counter: Path) -> int:
    """Return how many sites the process has been told are safe."""
    return int(struct.unpack("<Q", counter.read_bytes())[0])


def check(path: Path, count: int) -> int:
    """Assert that the first `count` sites are whole; return how many more were begun."""
    with open_scan(path) as scan:
        status = scan.sites["status"]
        assert scan.state == "interrupted"
        assert (status[:count] > Outcome.RUNNING).all()
        begun = int((status > Outcome.PLANNED).sum())
        row = 0
        for number in range(begun):
            v = visit(number, row, STEPS)
            row = v.stop
            if status[number] == Outcome.RUNNING:
                continue
            record = scan.record(number)
            assert status[number] == v.outcome
            assert np.array_equal(record.I, v.data[1].astype(np.float32)[12:])
            assert np.array_equal(record.step, v.step[12:])
        left = scan.remaining()
        assert list(left) == list(range(left[0], COUNT))
        # The checksum of a row is written before its outcome; the tip has been there.
        assert left[0] - begun in (0, 1)
    return begun - count


@pytest.mark.parametrize("trial", range(int(os.environ.get("SECCM_KILLS", "10"))))
def test_a_killed_program_loses_no_site_it_called_safe(tmp_path: Path, trial: int) -> None:
    """Killed at a random moment, the file can be read, continued, finished and is whole."""
    path = tmp_path / "scan.h5"
    rng = np.random.default_rng()
    with scanning(path) as (child, counter):
        wanted = int(rng.integers(1, 30))
        while safe(counter) < wanted:
            assert child.is_alive()
        child.join(float(rng.uniform(0, 0.02)))
        assert child.is_alive()
        child.kill()
        child.join()
        count = safe(counter)
    assert check(path, count) in (0, 1, 2)
    with Store.resume(path, sites(COUNT), COLUMNS, CLOCK, analyse) as store:
        with open_scan(path) as scan:
            left = scan.remaining()
        made = visits(2, start=left[0], steps=STEPS)
        for block, events in told(made):
            store.record(block, events)
        store.close("stopped")
    report = finish(path)
    assert report.sites == left[0] + 2
    with open_scan(path) as scan:
        assert not (scan.sites["status"] == Outcome.RUNNING).any()
    with h5py.File(path) as file:
        assert (np.diff(file["t"][:]) > 0).all()


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """Write two sites of six, and begin the descent at a third without finishing it."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(6), COLUMNS, CLOCK, analyse) as store:
        made = visits(3)
        for block, events in told(made[:2]):
            store.record(block, events)
        for block, events in told(made[2:], iter([50, 40, 1000])):
            store.record(block, events)
            if any(isinstance(e, Approaching) for e in events):
                break
        store.close("halted")
    return path


def test_a_site_once_approached_is_aborted_and_not_landed_on_again(stopped: Path) -> None:
    """Its rows are kept, whole and with their checksum; the next site comes after them."""
    with open_scan(stopped) as scan:
        assert scan.sites["status"].tolist() == [2, 2, 1, 0, 0, 0]
        before = scan.record(2)
        assert len(before.t) > 0
    with Store.resume(stopped, sites(6), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(visits(3, start=3)):
            store.record(block, events)
        store.close("complete")
    with open_scan(stopped) as scan:
        assert scan.sites["status"].tolist() == [2, 2, Outcome.ABORTED, 2, 3, 2]
        assert scan.sites["reason"][2] == "the program ended during this site"
        assert np.array_equal(scan.record(2).E, before.E)
        assert scan.state == "complete"
    finish(stopped)


def test_time_and_sessions_go_on(stopped: Path) -> None:
    """The stream begins again at row 0, the time of the file does not."""
    with open_scan(stopped) as scan:
        latest = float(scan.sites["t_end"][1])
    Store.resume(stopped, sites(6), COLUMNS, CLOCK, started_at="2026-01-02T04:04:05+00:00").close(
        "stopped"
    )
    made = visits(1, start=3)
    with Store.resume(
        stopped, sites(6), COLUMNS, CLOCK, started_at="2026-01-02T04:04:06+00:00"
    ) as store:
        for block, events in told(made):
            store.record(block, events)
        store.close("complete")
    with h5py.File(stopped) as file:
        assert file["session_first_site"][:].tolist() == [0, 3, 3]
        assert file["session_t_offset"][:].tolist() == [0.0, 3600.0, 3601.0]
        assert file["session_started_at"][1] == b"2026-01-02T04:04:05+00:00"
        assert (np.diff(file["t"][:]) > 0).all()
    with open_scan(stopped) as scan:
        read = scan.site(3).landing
        assert read is not None
        assert read.row == made[0].contact
        assert scan.sites["t_start"][3] > 3601.0 > latest


def test_a_virtual_run_ahead_of_the_wall_clock_does_not_go_back_in_time(stopped: Path) -> None:
    """Its hours took seconds."""
    with h5py.File(stopped) as file:
        latest = float(file["t"][-1])
    Store.resume(stopped, sites(6), COLUMNS, CLOCK, started_at=HEADER.started_at).close("stopped")
    with h5py.File(stopped) as file:
        assert file["session_t_offset"][1] >= latest


def test_a_packed_file_is_unpacked_to_be_continued(stopped: Path) -> None:
    """And packed again in the end, with all that came before."""
    finish(stopped)
    with open_scan(stopped) as scan:
        before = scan.record(1)
    with Store.resume(stopped, sites(6), COLUMNS, CLOCK) as store:
        with h5py.File(stopped, "r", swmr=True, libver=("v110", "v110"), locking=False) as file:
            assert file["I"].compression is None
        for block, events in told(visits(3, start=3)):
            store.record(block, events)
        store.close("complete")
    finish(stopped)
    with open_scan(stopped) as scan:
        assert np.array_equal(scan.record(1).I, before.I)
        assert scan.remaining() == ()


def test_a_rig_with_another_clock_does_not_continue_the_file(stopped: Path) -> None:
    """Rows would mean another time; the file stays as it is."""
    before = stopped.read_bytes()
    with pytest.raises(DataFileError, match=r"rig has Clock.*rig that it was started on"):
        Store.resume(stopped, sites(6), COLUMNS, Clock(rate=50_000.0))
    assert stopped.read_bytes() == before
    assert list(stopped.parent.iterdir()) == [stopped]


def test_columns_of_unequal_length_are_cut_to_the_shortest(stopped: Path) -> None:
    """A crash may come between two columns; sites that are safe are not touched by it."""
    with h5py.File(stopped, "r+") as file:
        stop = len(file["sample"])
        for name, extra in (("sample", 40), ("t", 40), ("E", 30)):
            file[name].resize(stop + extra, axis=0)
        file["event_t"].resize(len(file["event"]) + 3, axis=0)
    Store.resume(stopped, sites(6), COLUMNS, CLOCK).close("stopped")
    with h5py.File(stopped) as file:
        lengths = {len(file[name]) for name in ("sample", "t", "E", "I", "flag")}
        assert lengths == {int(file["row_size"][:].sum())}
        assert len({len(d) for n, d in datasets(file).items() if n.startswith("event")}) == 1
        assert list(broken_sites(file, file["crc32"][:])) == []


def test_a_mark_is_taken_off_without_tools_of_hdf5(tmp_path: Path) -> None:
    """After it, any program opens the file."""
    path = tmp_path / "scan.h5"
    with scanning(path) as (child, counter):
        while safe(counter) < 2:
            assert child.is_alive()
        # While the program lives, its mark stays.
        assert main(["repair", str(path)]) == 2
    with pytest.raises(OSError, match="already open"):
        h5py.File(path, "r")
    with pytest.raises(DataFileError, match=r"python -m seccm\.data repair"):
        finish(path)
    assert mark(path)
    assert main(["repair", str(path)]) == 0
    assert not clear(path)
    with h5py.File(path, "r") as file:
        assert (file["status"][:2] == Outcome.OK).all()
    finish(path)
