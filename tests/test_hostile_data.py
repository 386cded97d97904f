"""Data files that are valid HDF5 and lie: whatever is done with them ends well or in a sentence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from children import in_a_new_process
from cut_stories import NAME, run
from file_uses import (
    analyze,
    browse,
    clean_numbers,
    compare,
    fault_of,
    in_turn,
    info,
    sites,
    study,
    xarray,
)
from hostile_files import HOSTILE
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data import finish, open_scan, vetting
from seccm.data.__main__ import main
from seccm.data.damage import overlapping
from seccm.errors import DamagedError


@pytest.fixture
def killed(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(bases[1], tmp_path / "killed.h5"))


USES = (info, sites, browse, study, analyze)


@pytest.mark.usefixtures("quickly_tried")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_ends_no_use_of_it_but_in_a_sentence(
    bases: tuple[Path, Path], tmp_path: Path, what: str
) -> None:
    path = Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))
    with h5py.File(path, "r+") as file:
        HOSTILE[what](file)
    for use in in_turn(USES, list(HOSTILE).index(what), 2):
        assert fault_of(use, path) == "", use.__name__


def test_samples_of_two_sites_at_once_are_of_neither(
    bases: tuple[Path, Path], tmp_path: Path
) -> None:
    """Both are named, and have no clean number; the others keep theirs."""
    path = Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))
    with open_scan(path) as scan:
        true = clean_numbers(scan)
    with h5py.File(path, "r+") as file:
        file["row_size"][0] += 10
    counted = seccm.analyze(path)
    assert list(counted.damaged) == [0, 1]
    assert "site 0: its samples are said to be those of site 1, too" in counted.damaged[0]
    compare(path, true)
    with open_scan(path) as scan:
        for name, values in clean_numbers(scan).items():
            assert np.isnan(values[:2]).all()
            np.testing.assert_array_equal(values[2:], true[name][2:])


def test_sites_overlap_only_where_they_share_samples() -> None:
    """Whatever the numbers, the largest there are included; sites without samples share none."""
    largest = 2**64 - 1
    cases: list[tuple[list[int], list[int], set[int]]] = [
        ([0, 10, 20], [10, 10, 10], set()),
        ([20, 10, 0], [10, 10, 10], set()),
        ([0, 10, 20], [11, 10, 10], {0, 1}),
        ([0, 10, 20], [30, 10, 10], {0, 1, 2}),
        ([0, 0, 5], [10, 0, 0], set()),
        ([largest, largest - 1, 0], [9, 9, 9], set()),
        ([largest - 5, largest - 1, 0], [9, 9, 9], {0, 1}),
        ([], [], set()),
    ]
    for starts, sizes, shared in cases:
        found = overlapping(np.array(starts, np.uint64), np.array(sizes, np.uint32))
        assert {number for number, _ in found} == shared, (starts, sizes)


def test_xarray_is_not_asked_for_rows_that_are_not_there(
    bases: tuple[Path, Path], tmp_path: Path
) -> None:
    path = Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))
    assert fault_of(xarray, path) == ""
    for what in ("4e9 frames", "4e9 rows", "a long column of another program"):
        path = Path(shutil.copyfile(bases[0], tmp_path / f"{what}.h5"))
        with h5py.File(path, "r+") as file:
            HOSTILE[what](file)
        with (
            pytest.raises(DamagedError, match=r"entries, but|has 4000000000 entries"),
            open_scan(path) as scan,
        ):
            scan.to_xarray()


Ending = Callable[..., subprocess.CompletedProcess[str]]


def crash(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(command, -11, stderr="")


def hang(command: list[str], *, timeout: float, **_: object) -> subprocess.CompletedProcess[str]:
    raise subprocess.TimeoutExpired(command, timeout)


@pytest.mark.parametrize(
    ("ending", "said"), [(crash, "crashed with code -11"), (hang, "did not end within 6")]
)
def test_a_file_that_crashes_hdf5_is_refused_before_this_program_reads_it(
    killed: Path, monkeypatch: pytest.MonkeyPatch, ending: Ending, said: str
) -> None:
    """Of a program that was killed; every command says so, and ends with 2."""
    before = killed.read_bytes()
    monkeypatch.setattr(vetting, "_try", in_a_new_process)
    monkeypatch.setattr(subprocess, "run", ending)
    with pytest.raises(DamagedError, match=said):
        open_scan(killed)
    for command in ("info", "report", "resume"):
        result = CliRunner().invoke(app, [command, str(killed)])
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
    assert killed.read_bytes() == before


def test_a_file_is_tried_once_until_it_changes_and_a_closed_one_never(
    bases: tuple[Path, Path], killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        tried.append(command[-1])
        return subprocess.CompletedProcess(command, 0, stderr="")

    monkeypatch.setattr(vetting, "_try", in_a_new_process)
    monkeypatch.setattr(subprocess, "run", run)
    open_scan(bases[0]).close()
    assert tried == []
    for _ in range(3):
        open_scan(killed).close()
    assert tried == [str(killed)]
    with killed.open("ab") as file:
        file.write(b"more")
    open_scan(killed).close()
    assert tried == [str(killed)] * 2


def test_a_killed_file_is_really_read_through_by_another_process(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And may be used then: nothing is wrong with it."""
    monkeypatch.setattr(vetting, "_try", in_a_new_process)
    vetting.vet(killed)
    with open_scan(killed) as scan:
        assert scan.state == "interrupted"
        assert scan.check() == {}


def test_reading_through_says_what_is_damaged_and_ends_well(
    killed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Samples are told by whoever reads them; a damaged structure is a reason to refuse."""
    monkeypatch.setattr(vetting, "limit_memory", lambda: None)
    assert main(["read", str(killed)]) == 0
    assert "killed.h5: read." in capsys.readouterr().out
    cut = tmp_path / "cut.h5"
    cut.write_bytes(killed.read_bytes()[:3000])
    assert main(["read", str(cut)]) == 2
    assert "cut.h5: " in capsys.readouterr().err


@pytest.mark.parametrize("time", [np.nan, np.inf, 1e300, -1.7e308])
def test_a_data_point_at_an_impossible_time_damages_its_site_alone(
    tmp_path: Path, time: float
) -> None:
    """Asked for its raw samples, too, which are found by the time."""
    path = run(tmp_path / "made").folder / NAME
    finish(path)
    with h5py.File(path, "r+") as file:
        start, size = int(file["row_start"][1]), int(file["row_size"][1])
        file["t"][start + size - 1] = time
        file["t_contact"][2] = 1e50
    with open_scan(path) as scan:
        with pytest.raises(
            DamagedError, match=r"site 1: .* is not a possible time of a data point"
        ):
            scan.raw(1)
        with pytest.raises(DamagedError, match=r"site 2: 1e\+50 s is not a possible time"):
            scan.site(2)
        assert len(scan.raw(0).t)
        assert len(scan.site(3).t)


@pytest.mark.parametrize("column", ["E_nuc", "E_nuc_err", "z_contact", "factor_j", "event_t"])
def test_a_number_that_nothing_can_measure_is_no_number(
    bases: tuple[Path, Path], tmp_path: Path, column: str
) -> None:
    """The largest there are would end any sum, and are told from those a program writes."""
    path = Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))
    with h5py.File(path, "r+") as file:
        file[column][:4] = [1.7e308, -1.7e308, np.inf, 1e-300]
    with open_scan(path) as scan:
        values = scan.events["t"] if column == "event_t" else scan.sites[column]
    np.testing.assert_array_equal(np.isnan(values[:4]), [True, True, False, False])
