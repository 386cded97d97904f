"""Disks that are full, slow or cannot be written: a sentence, and what was safe stays safe."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, sites, told, visits
from waiting import HANGING

from seccm.data import SPARE, Header, Store, open_scan
from seccm.data.layout import add_header
from seccm.data.writer import Writer
from seccm.errors import DataFileError, RigError
from seccm.events import Outcome


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """Not even one that is not a data file."""
    path = tmp_path / "scan.h5"
    path.write_bytes(b"precious")
    with pytest.raises(DataFileError, match=r"exists.*another name"):
        Store(path, HEADER, sites(1), COLUMNS, CLOCK)
    assert path.read_bytes() == b"precious"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything moves."""
    with pytest.raises(DataFileError, match=r"no such folder.*Choose"):
        Store(tmp_path / "nowhere" / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)


def test_a_disk_that_falls_behind_is_a_fault_and_not_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had been accepted is stored once the disk goes on."""
    going_on = threading.Event()
    commit = Writer.commit

    def late(self: Writer, *, durable: bool = True) -> None:
        going_on.wait(HANGING)
        commit(self, durable=durable)

    monkeypatch.setattr(Writer, "commit", late)
    v = visits(1)[0]
    store = Store(
        tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK, queue_blocks=4, patience=0.02
    )
    told_it = 0
    with pytest.raises(RigError, match="4 blocks of data have been waiting") as caught:  # noqa: PT012
        for block, events in told([v], repeat(1)):
            store.record(block, events)
            told_it = block.stop
    assert caught.value.code == "store-overflow"
    with pytest.raises(RigError, match="not confirmed") as stalled:
        store.barrier(0.02)
    assert stalled.value.code == "store-stalled"
    going_on.set()
    store.close("fault")
    with open_scan(tmp_path / "scan.h5") as scan, h5py.File(scan.path) as file:
        # All that had been taken is there.
        assert file["row_size"][0] == len(file["sample"]) == told_it


@pytest.mark.parametrize("code", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)])
def test_what_broke_the_writer_is_raised_where_the_rig_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """With the original error as its cause, at every later call, and closing twice is no error."""

    def fail(self: Writer) -> None:
        raise OSError(code, os.strerror(code))

    store = Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    monkeypatch.setattr(Writer, "commit", fail)
    for block, events in told(visits(1)):
        store.record(block, events)
    with pytest.raises(RigError, match=r"the disk is full.*Free some space") as caught:
        store.barrier()
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(RigError, match="the disk is full"):
        store.record(None)
    with pytest.raises(RigError, match="the disk is full"):
        store.close("fault")
    store.close("fault")


def test_an_error_in_the_run_closes_the_file(tmp_path: Path) -> None:
    """And the run counts as one that failed."""
    path = tmp_path / "scan.h5"
    store = Store(path, HEADER, sites(1), COLUMNS, CLOCK)
    with pytest.raises(ZeroDivisionError), store:
        raise ZeroDivisionError
    with open_scan(path) as scan:
        assert scan.state == "fault"
    with pytest.raises(RigError, match="closed already"):
        store.record(None)


FULL_DISK = """
import os, resource, signal, sys
from scan_feeder import *
from seccm.errors import RigError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1], HEADER, sites(1000), COLUMNS, CLOCK, analyse)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
safe = 0
try:
    for v in visits(1000):
        for block, events in told([v]):
            store.record(block, events)
        store.barrier()
        safe = v.number + 1
except RigError as error:
    print(safe, error.code)
try:
    store.close("fault")
except RigError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX does")
@pytest.mark.parametrize("limit", [3_000_123, 5_000_001])
def test_a_file_that_may_not_grow_ends_the_run_and_loses_no_finished_site(
    tmp_path: Path, limit: int
) -> None:
    """The program survives it, says it once; what was safe can be read, and continued."""
    path = tmp_path / "scan.h5"
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FULL_DISK, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        timeout=HANGING,
    )
    # HDF5 is known to crash after such an error; the program must live to retract the tip.
    assert (child.returncode, child.stderr) == (0, "")
    first, second = child.stdout.splitlines()
    safe, code = first.split()
    assert code == "store-failed"
    assert "resume" in second
    assert 0 < int(safe) < 1000
    with open_scan(path) as scan:
        assert scan.state == "interrupted"
        assert (scan.sites["status"][: int(safe)] > Outcome.RUNNING).all()
        assert len(scan.remaining()) >= 999 - int(safe)
        v = visits(int(safe))[-1]
        assert np.array_equal(scan.site(v.number).I, v.data[1].astype(np.float32)[12:])
        left = scan.remaining()
    Store.resume(path, sites(1000), COLUMNS, CLOCK).close("stopped")
    with open_scan(path) as scan:
        assert scan.remaining() == left
        assert (scan.sites["status"][: int(safe)] > Outcome.RUNNING).all()
        assert np.array_equal(scan.site(v.number).I, v.data[1].astype(np.float32)[12:])


def test_the_run_ends_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 is never asked to write what does not fit."""
    path = tmp_path / "scan.h5"
    made = visits(2)
    store = Store(path, HEADER, sites(2), COLUMNS, CLOCK)
    for block, events in told(made[:1]):
        store.record(block, events)
    store.barrier()
    nearly = shutil.disk_usage(tmp_path)._replace(free=SPARE - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda path: nearly)
    for block, events in told(made[1:]):
        store.record(block, events)
    with pytest.raises(RigError, match="the disk is full"):
        store.barrier()
    with pytest.raises(RigError, match="the disk is full"):
        store.close("fault")
    with open_scan(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK, Outcome.OK]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), DataFileError),
        (RuntimeError("Unable to flush file's cached information"), DataFileError),
        (KeyError("something of h5py"), KeyError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_layout_that_fails_leaves_no_file_whatever_the_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    told: type[BaseException],
) -> None:
    """Nothing has moved, and the name is free again."""

    def fail(file: h5py.File, header: Header, *rest: Any) -> None:
        raise error

    monkeypatch.setattr("seccm.data.making.add_header", fail)
    with pytest.raises(told) as caught:
        Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    assert list(tmp_path.iterdir()) == []
    if told is DataFileError:
        assert "Nothing moved. Free some space" in str(caught.value)


def test_a_file_that_is_being_laid_out_is_told_from_one_that_was_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to delete the file of a run that is just beginning."""
    path, seen = tmp_path / "scan.h5", []

    def look(file: h5py.File, *rest: Any) -> None:
        with pytest.raises(DataFileError) as caught:
            open_scan(path)
        seen.append(str(caught.value))
        add_header(file, *rest)

    monkeypatch.setattr("seccm.data.making.add_header", look)
    Store(path, HEADER, sites(1), COLUMNS, CLOCK).close("stopped")
    assert seen == [f"{path}: a program is creating it right now. Try again."]
    with open_scan(path) as scan:
        assert scan.remaining() == (0,)


def test_a_file_that_cannot_be_opened_for_writing_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as on a disk that knows no locks."""

    def hold(descriptor: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("seccm.data.guard.hold", hold)
    with pytest.raises(DataFileError, match=r"No locks available.*Nothing moved"):
        Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [200, 240, 251, 252, 255, 256, 300, 5000])
def test_a_name_that_is_too_long_is_refused_and_leaves_nothing(tmp_path: Path, length: int) -> None:
    """Its own, or that of one of the files beside it; a name just short enough does."""
    path = tmp_path / ("n" * (length - 3) + ".h5")

    def make() -> None:
        with Store(path, HEADER, sites(1), COLUMNS, CLOCK, lambda record: None) as store:
            store.close("stopped")

    if length <= 240:
        make()
        assert list(tmp_path.iterdir()) == [path]
    else:
        with pytest.raises(DataFileError, match=r"name too long\..* Choose a shorter name\.$"):
            make()
        assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    """From a script; the command line refuses it by itself."""
    for use in (
        lambda path: Store(path, HEADER, sites(1), COLUMNS, CLOCK, lambda record: None),
        open_scan,
    ):
        with pytest.raises(DataFileError, match=r"no\\u0000name\.h5: this is not a valid"):
            use(tmp_path / "no\0name.h5")
