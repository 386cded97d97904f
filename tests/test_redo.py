"""The redo log beside a growing file: with it a file that a power cut has torn is made again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visits
from small_scan import small_scan

import seccm
from seccm.data import Header, Store, open_scan
from seccm.data.__main__ import main
from seccm.data.redo import RedoLog, is_left_behind, restore
from seccm.data.repair import clear, redo_log
from seccm.errors import DataFileError
from seccm.events import Landed, Outcome


def killed(path: Path, count: int = 2, more: int = 0) -> tuple[bytes, bytes]:
    """Return data file and redo log as a program leaves them that is killed after some sites."""
    store = Store(path, HEADER, sites(count), COLUMNS, CLOCK, analyse)
    if more:
        store.extend(sites(more, count))
    for made in visits(count):
        for block, events in told([made]):
            store.record(block, events)
        store.barrier()
    left = path.read_bytes(), redo_log(path).read_bytes()
    store.close("stopped")
    return left


def put(path: Path, data: bytes, log: bytes) -> None:
    path.write_bytes(data)
    redo_log(path).write_bytes(log)


def torn(data: bytes) -> bytes:
    """Lose a part of what HDF5 knows of one column."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.h5"
        path.write_bytes(data)
        clear(path)
        with h5py.File(path, "r") as file:
            at = h5py.h5o.get_info(file["t"].id).addr
    return data[: at + 32] + bytes(64) + data[at + 96 :]


def test_a_closed_file_has_no_redo_log(tmp_path: Path) -> None:
    killed(tmp_path / "scan.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["scan.h5"]


def test_a_torn_file_says_how_it_is_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scan.h5"
    data, log = killed(path)
    put(path, torn(data), log)
    with pytest.raises(DataFileError, match=r"After a power cut, first run: .*repair"):
        open_scan(path)
    assert main(["repair", str(path)]) == 0
    assert "repaired" in capsys.readouterr().out
    with open_scan(path) as scan:
        assert (scan.sites["status"] == Outcome.OK).all()
        for made in visits(2):
            got = scan.site(made.number)
            assert np.array_equal(got.I, made.data[1].astype(np.float32)[12:])
    assert main(["repair", str(path)]) == 0
    assert "nothing to repair" in capsys.readouterr().out


def test_a_torn_file_without_its_redo_log_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    data, _ = killed(path)
    path.write_bytes(torn(data))
    with pytest.raises(DataFileError, match=r"repaired with scan\.h5\.redo beside it"):
        open_scan(path)
    assert not restore(path)


def test_what_hdf5_has_not_got_yet_comes_from_the_redo_log(tmp_path: Path) -> None:
    """A power cut may leave a readable file that knows nothing of the sites that were touched."""
    path = tmp_path / "scan.h5"
    Store(path, HEADER, sites(2), COLUMNS, CLOCK).close("stopped")
    with h5py.File(path, "r+") as file:
        file["state"][0] = b"running"
    early = path.read_bytes()
    path.unlink()
    _, log = killed(path)
    put(path, early, log)
    Store.resume(path, sites(2), COLUMNS, CLOCK).close("stopped")
    with open_scan(path) as scan:
        assert scan.remaining() == ()


def test_sites_that_were_added_are_made_anew_too(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    data, log = killed(path, 2, more=3)
    put(path, torn(data), log)
    assert restore(path)
    with open_scan(path) as scan:
        assert len(scan.sites) == 5
        assert len(scan.remaining()) == 3


@pytest.mark.parametrize("lost", [1, 13, 200, 5000])
@pytest.mark.parametrize("how", ["cut", "zeros", "noise"])
def test_a_log_is_used_up_to_what_is_whole(tmp_path: Path, lost: int, how: str) -> None:
    path = tmp_path / "scan.h5"
    data, log = killed(path)
    tail = {"cut": b"", "zeros": bytes(lost), "noise": log[:lost]}[how]
    put(path, torn(data), log[:-lost] + tail)
    assert restore(path)
    with open_scan(path) as scan:
        done = np.flatnonzero(scan.sites["status"] == Outcome.OK)
        for number in done.tolist():
            made = visits(2)[number]
            assert np.array_equal(scan.site(number).I, made.data[1].astype(np.float32)[12:])
        assert 0 in done


def test_the_log_of_another_run_or_session_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    data, log = killed(path)
    put(path, data, log)
    assert is_left_behind(path)
    Store.resume(path, sites(2), COLUMNS, CLOCK).close("stopped")
    redo_log(path).write_bytes(log)
    assert not is_left_behind(path)
    other = tmp_path / "other.h5"
    values = {name: getattr(HEADER, name) for name in HEADER.__dataclass_fields__}
    header = Header(**{**values, "uuid": "another"})
    Store(other, header, sites(2), COLUMNS, CLOCK).close("stopped")
    redo_log(other).write_bytes(log)
    assert not is_left_behind(other)
    other.unlink()
    assert not is_left_behind(other)


def test_a_new_run_leaves_the_log_of_a_file_that_was_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    _, log = killed(path)
    path.unlink()
    redo_log(path).write_bytes(log)
    values = {name: getattr(HEADER, name) for name in HEADER.__dataclass_fields__}
    header = Header(**{**values, "uuid": "another"})
    Store(path, header, sites(2), COLUMNS, CLOCK).close("stopped")
    assert (tmp_path / "scan.h5.redo-0d4f").read_bytes() == log


def test_a_log_that_was_ended_counts_for_nothing(tmp_path: Path) -> None:
    """It may come back after a power cut."""
    path = tmp_path / "scan.h5"
    killed(path)
    clear(path)
    log = RedoLog.begin(path)
    assert is_left_behind(path)
    kept = redo_log(path)
    saved = tmp_path / "saved"
    saved.hardlink_to(kept)
    log.end()
    assert not kept.exists()
    saved.rename(kept)
    assert not is_left_behind(path)


def test_a_run_goes_on_after_a_power_cut_without_further_ado(tmp_path: Path) -> None:
    """What was touched is known from the redo log alone, and is not landed on again."""
    path, left = tmp_path / "scan.h5", tmp_path / "left.h5"
    with seccm.run(small_scan(2, 2), path=path, seed=3) as run:
        early = path.read_bytes()
        for event in run:
            if isinstance(event, Landed) and event.site == 2:
                log = redo_log(path).read_bytes()
                break
    put(left, early, log)
    landed = [event.site for event in seccm.resume(left) if isinstance(event, Landed)]
    assert landed == [3]
    with open_scan(left) as scan:
        assert (scan.sites["status"] == [Outcome.OK, Outcome.OK, Outcome.ABORTED, Outcome.OK]).all()
