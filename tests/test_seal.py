"""A closed file whose structure is damaged never meets HDF5 in the program that opens it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from children import in_a_new_process
from made_scans import small_screen, write_scan

import seccm
from seccm.data import finish, open_scan, seal, vetting
from seccm.data.layout import datasets
from seccm.errors import DamagedError


@pytest.fixture
def path(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that another process was asked to try."""
    asked: list[Path] = []
    monkeypatch.setattr(vetting, "_try", asked.append)
    return asked


def test_a_file_is_sealed_when_it_is_closed_packed_and_analysed_again(
    tmp_path: Path, tried: list[Path]
) -> None:
    """So that none of these ever waits for another process."""
    path = write_scan(tmp_path / "scan.h5", small_screen())
    assert seal.holds(path)
    finish(path)
    assert seal.holds(path)
    seccm.analyze(path)
    assert seal.holds(path)
    with open_scan(path) as scan:
        assert scan.check() == {}
    assert tried == []


def test_any_other_byte_of_the_structure_breaks_the_seal(path: Path) -> None:
    """And none of the numbers does: they have checksums of their own."""
    with h5py.File(path) as file:
        long = [
            (at, size)
            for at, size in seal.places_of_numbers(datasets(file).values()).tolist()
            if size > 1 << 16
        ]
    content = path.read_bytes()
    for place in range(0, len(content), 997):
        made = bytearray(content)
        made[place] ^= 1
        path.write_bytes(made)
        is_number = any(at <= place < at + size for at, size in long)
        assert seal.holds(path) == is_number, place


@pytest.mark.parametrize("size", [0, 1, 27, 28, 100, 50_000, -1, -28])
def test_a_file_that_was_cut_short_has_no_seal(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    assert not seal.holds(path)


def test_only_what_other_programs_have_changed_is_tried_and_once(
    path: Path, tried: list[Path]
) -> None:
    open_scan(path).close()
    assert tried == []
    with h5py.File(path, "r+") as file:
        file.attrs["note"] = "seen"
    for _ in range(3):
        open_scan(path).close()
    assert tried == [path]


def test_a_file_that_another_program_has_changed_can_be_used(path: Path) -> None:
    """Really tried, by a process of its own."""
    with h5py.File(path, "r+") as file:
        file.attrs["note"] = "seen"
    with open_scan(path) as scan:
        assert scan.header.extra["note"] == "seen"


def test_a_damaged_structure_is_told_in_the_words_of_the_process_that_tried_it(path: Path) -> None:
    with h5py.File(path) as file:
        place = h5py.h5o.get_info(file["latency"].id).addr
    made = bytearray(path.read_bytes())
    made[place + 20] ^= 1
    path.write_bytes(made)
    with pytest.raises(DamagedError, match=r'the column "latency" cannot be read') as refused:
        open_scan(path)
    assert str(refused.value).startswith(f"{path}: the file is damaged")


@pytest.mark.parametrize(("code", "said"), [(-11, ""), (1, "Traceback"), (2, "usage")])
def test_a_process_that_crashed_is_a_reason_to_refuse_a_closed_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    """Nothing is said of a run that had not ended."""
    path.write_bytes(path.read_bytes()[:-1])

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, stderr=said)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(vetting, "_try", in_a_new_process)
    for use in (open_scan, finish, seccm.analyze):
        with pytest.raises(DamagedError, match=f"crashed with code {code}") as refused:
            use(path)
        assert "never closed" not in str(refused.value)


def test_ranges_leave_out_long_places_only() -> None:
    """Whatever lies next to what, nothing of the structure is left out."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        gaps, sizes = rng.integers(0, 3, 9) * 100, rng.integers(1, 1 << 17, 9)
        starts = np.cumsum(gaps + np.r_[0, sizes[:-1]])
        end = int(starts[-1] + sizes[-1]) + int(rng.integers(0, 50))
        covered = np.zeros(end, bool)
        for start, size in seal._others(np.stack((starts, sizes), 1).astype(np.uint64), end):
            covered[int(start) : int(start + size)] = True
        numbers = np.zeros(end, bool)
        for start, size in zip(starts, sizes, strict=True):
            numbers[start : start + size] = True
        assert (covered | numbers).all()
