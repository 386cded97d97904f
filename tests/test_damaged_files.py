"""Whatever is damaged in a data file is told in a sentence, and the rest of it stays usable."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from file_uses import clean_numbers, fault_of, info, resume
from fuzz_files import damaged, faults_of, written_to
from h5py._objects import phil
from hostile_files import stretched
from typer.testing import CliRunner

import seccm
from seccm.analysis.quality import Quality
from seccm.cli.commands import app
from seccm.data import attempts, finish, open_scan
from seccm.data.readable import Readable
from seccm.data.repair import clear
from seccm.errors import DamagedError, DataFileError
from seccm.events import Outcome
from seccm.report import write_report
from seccm.results import Status

pytestmark = pytest.mark.usefixtures("quickly_tried")


@pytest.fixture
def finished(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(bases[0], tmp_path / "scan.h5"))


@pytest.fixture
def killed(bases: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copyfile(bases[1], tmp_path / "scan.h5"))


def spoil_sample(path: Path, site: int, name: str = "I") -> None:
    """Change one sample of a site in the file, without a word to its checksum."""
    with h5py.File(path, "r+") as file:
        place = int(file["row_start"][site]) + 30
        file[name][place] = file[name][place] + 1e-9


def ran(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


def test_a_site_with_another_sample_has_no_numbers_and_all_others_have_theirs(
    killed: Path,
) -> None:
    """And every way to use the file names that site."""
    assert clear(killed)
    seccm.analyze(killed)
    with open_scan(killed) as scan:
        before = clean_numbers(scan)
    spoil_sample(killed, 2)
    with open_scan(killed) as scan:
        with pytest.raises(DamagedError, match=r"site 2: its samples are not those"):
            scan.site(2)
        assert len(scan.site(1).t)
        assert list(scan.check()) == [2]
    code, said = ran("info", str(killed))
    assert code == 0
    assert "site 2: its samples are not those that were measured" in said
    code, said = ran("analyze", str(killed))
    assert code == 0
    assert "site 2" in said
    assert "2 sites analysed" in said
    with open_scan(killed) as scan:
        for name, values in clean_numbers(scan).items():
            assert np.isnan(values[2])
            assert scan.sites[f"{name}_status"][2] == Status.DAMAGED
            np.testing.assert_array_equal(np.delete(values, 2), np.delete(before[name], 2))
        assert scan.sites["quality"][2] & Quality.DAMAGED
        page = write_report(scan, killed.with_suffix(""))
    assert "Damaged in the file: site 2" in page.read_text()


def test_samples_that_a_program_has_changed_in_a_finished_file_are_used_and_it_is_said(
    finished: Path,
) -> None:
    """HDF5's checksums tell what somebody wrote from what a disk has spoiled."""
    with open_scan(finished) as scan:
        scan.check()
        assert scan.changed == ""
    spoil_sample(finished, 2)
    with open_scan(finished) as scan:
        assert scan.check() == {}
        assert scan.changed == "Samples changed by another program after the run: site 2"
        page = write_report(scan, finished.with_suffix(""))
    assert "changed by another program after the run: site 2" in page.read_text()
    for command in ("info", "analyze"):
        code, said = ran(command, str(finished))
        assert code == 0
        assert "changed by another program after the run: site 2" in said


@pytest.mark.parametrize("column", ["E", "I", "z", "t", "phase", "step", "sample_x"])
def test_samples_of_an_unfinished_file_are_checked_before_they_are_analysed(
    killed: Path, column: str
) -> None:
    """Whichever column is damaged."""
    assert clear(killed)
    with h5py.File(killed, "r+") as file:
        place = int(file["row_start"][1]) + 50
        file[column][place] = file[column][place] + 1
    counted = seccm.analyze(killed)
    assert counted == 2
    assert list(counted.damaged) == [1]
    assert "site 1" in counted.damaged[1]


def test_a_run_with_a_damaged_site_is_resumed(killed: Path) -> None:
    """The site stays damaged, and is not landed on again."""
    assert clear(killed)
    spoil_sample(killed, 0)
    with h5py.File(killed) as file:
        assert file["status"][:].tolist() == [2, 2, 2, 0]
    resume(killed)
    with open_scan(killed) as scan:
        assert list(scan.check()) == [0]
        assert scan.remaining() == (3,)


def test_a_feature_that_cannot_be_read_is_determined_again(finished: Path) -> None:
    """The other columns are there; nothing stands for the numbers that are lost."""
    with open_scan(finished) as scan:
        before = scan.sites["E_nuc"]
    spoil_chunk(finished, "E_nuc")
    with open_scan(finished) as scan:
        assert np.isnan(scan.sites["E_nuc"]).all()
        assert np.isfinite(scan.sites["t_nuc"]).any()
    assert seccm.analyze(finished) == 4
    with open_scan(finished) as scan:
        np.testing.assert_array_equal(scan.sites["E_nuc"], before)


def spoil_chunk(path: Path, name: str) -> None:
    """Change a byte in the middle of the first chunk of a column."""
    with h5py.File(path) as file:
        chunk = file[name].id.get_chunk_info(0)
    with path.open("r+b") as raw:
        raw.seek(chunk.byte_offset + chunk.size // 2)
        (byte,) = raw.read(1)
        raw.seek(-1, os.SEEK_CUR)
        raw.write(bytes([byte ^ 0x55]))


@pytest.mark.parametrize("column", ["status", "row_start", "condition", "state"])
def test_a_column_that_is_needed_is_named(finished: Path, column: str) -> None:
    """Every command refuses in a sentence."""
    spoil_chunk(finished, column)
    for command in ("info", "analyze", "report"):
        code, said = ran(command, str(finished))
        assert code == 2, said
        assert f'the column "{column}" cannot be read' in said


def set_attribute(name: str, value: object) -> Callable[[h5py.File], None]:
    return lambda file: file.attrs.__setitem__(name, value)


def replaced(name: str, make: Callable[[h5py.File], object]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        make(file)

    return change


HOSTILE: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "no title": (lambda f: f.attrs.__delitem__("title"), '"title" is missing'),
    "a title that is a number": (set_attribute("title", 3.0), "is not a text"),
    "a rate that is a word": (set_attribute("raw_rate", "fast"), "is not a number"),
    "a rate of zero": (set_attribute("raw_rate", 0.0), "not a possible clock"),
    "a rate that is none": (set_attribute("raw_rate", np.nan), "not a possible clock"),
    "no samples in a row": (set_attribute("raw_averaged", np.int64(0)), "not a possible clock"),
    "a spacing below zero": (set_attribute("raw_spacing", np.int64(-3)), "not a possible clock"),
    "a start in words": (set_attribute("started_at", "yesterday"), "is not a time"),
    "a start nowhere": (set_attribute("started_at", "2026-01-01"), "no time zone"),
    "an offset that is none": (
        lambda f: f["E"].attrs.__setitem__("add_offset", np.inf),
        "offset of the reference",
    ),
    "a plan too deep": (set_attribute("plan_json", "[" * 3000 + "]" * 3000), "deep"),
    "a plan just too deep": (set_attribute("plan_json", '{"a":' * 90 + "1" + "}" * 90), "deep"),
    "a rig too long": (set_attribute("rig_json", " " * 33_000_000), "33000000 characters"),
    "a group for a column": (replaced("I", lambda f: f.create_group("I")), '"I" is missing'),
    "a link to itself": (
        replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/I"))),
        "link to another file",
    ),
    "a link to another file": (
        replaced("I", lambda f: f.__setitem__("I", h5py.ExternalLink("/dev/zero", "I"))),
        "link to another file",
    ),
    "texts for samples": (replaced("I", lambda f: f.create_dataset("I", (9,), "S9")), "of type"),
    "two dimensions": (replaced("I", lambda f: f.create_dataset("I", (3, 3), "f4")), "dimensions"),
    "one number": (
        replaced("I", lambda f: f.create_dataset("I", data=np.float32(1))),
        "dimensions",
    ),
    "texts of any length": (
        replaced("reason", lambda f: f.create_dataset("reason", (4,), h5py.string_dtype())),
        "of type",
    ),
    "the world in one chunk": (
        replaced(
            "I",
            lambda f: f.create_dataset("I", (1 << 32,), "f4", maxshape=(None,), chunks=(1 << 29,)),
        ),
        "chunks of",
    ),
    "a feature of words": (
        replaced("E_nuc_err", lambda f: f.create_dataset("E_nuc_err", (4,), "S4")),
        "of type",
    ),
    "no state": (lambda f: f["state"].resize(0, axis=0), "state of the run"),
    "another state": (lambda f: f["state"].__setitem__(0, b"\x1b[31mfine"), "state of the run"),
    "4e9 sites": (
        lambda f: [stretched(f, n, 4_000_000_000) for n in ("x_cmd", "site")],
        "entries",
    ),
    "4e9 events": (lambda f: stretched(f, "event_t", 4_000_000_000), "entries"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_of_another_layout_is_refused_in_a_sentence(finished: Path, what: str) -> None:
    """By each command, at once; nothing is changed."""
    change, match = HOSTILE[what]
    with h5py.File(finished, "r+") as file:
        change(file)
    before = finished.read_bytes()
    with pytest.raises(DataFileError, match=match):
        open_scan(finished)
    for command in ("info", "analyze"):
        code, said = ran(command, str(finished))
        assert code == 2, said
    with pytest.raises(DataFileError, match=match):
        finish(finished)
    assert finished.read_bytes() == before


def test_a_site_with_an_outcome_that_is_none_is_named(finished: Path) -> None:
    """It counts as touched, without numbers; the others are as they were."""
    with h5py.File(finished, "r+") as file:
        file["status"][1] = 99
    code, said = ran("info", str(finished))
    assert code == 0
    assert "site 1: its outcome has the code 99" in said
    with open_scan(finished) as scan:
        assert scan.sites["status"].tolist() == [2, Outcome.ABORTED, 2, 2]
        assert np.isnan(scan.sites["E_nuc"][1])
        with pytest.raises(DamagedError, match="code 99"):
            scan.site(1)
        assert len(scan.site(2).t)


def test_rows_that_are_not_there_cost_no_memory(finished: Path) -> None:
    """A site that claims all rows there can be is damaged; nobody asks for 119 GiB."""
    with h5py.File(finished, "r+") as file:
        for name in ("sample", "t", "E", "I", "z", "phase", "step", "flag", "sample_x", "sample_y"):
            stretched(file, name, 4_000_000_000)
        file["row_size"][3] = 3_999_999_999
    with open_scan(finished) as scan:
        assert list(scan.check()) == [3]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A folder, a pipe, a device."""
    places = [tmp_path]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.h5")
        places += [tmp_path / "pipe.h5", Path("/dev/zero")]
    for place in places:
        for command in ("info", "analyze", "report", "resume"):
            code, said = ran(command, str(place))
            assert code == 2
            assert any(f"is a {kind}" in said for kind in ("folder", "pipe", "device"))


@pytest.mark.parametrize("kind", ["finished", "killed"])
def test_flipped_bits_end_in_sentences_and_never_in_other_numbers(
    bases: tuple[Path, Path], tmp_path: Path, kind: str
) -> None:
    """A few here; thousands with `python tests/fuzz_files.py`."""
    base = bases[kind == "killed"]
    with open_scan(base) as scan:
        true = clean_numbers(scan)
    for number in range(4):
        made = damaged(base.read_bytes(), np.random.default_rng((number, *kind.encode())))
        assert list(faults_of(made, tmp_path / "scan.h5", true)) == []


PARTS = {
    b"OHDR": "what is said of a column", b"OCHK": "more of it", b"GCOL": "long texts",
    b"FRHP": "the list of columns", b"FHDB": "its names", b"BTHD": "its index",
    b"BTLF": "the end of its index", b"EAHD": "an index of chunks", b"EAIB": "what it points to",
}  # fmt: skip
"""Parts of HDF5's structure, by the signature with which they begin."""


@pytest.mark.skipif(sys.platform == "win32", reason="what one process locks, it cannot read there")
@pytest.mark.parametrize("part", PARTS, ids=PARTS.values())
def test_a_growing_file_that_is_damaged_is_not_read_for_ever(
    killed: Path, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 reads again what it takes for half written; it is told after how many times to give up.

    The waits double, so that twice as many of them take an hour.
    """
    monkeypatch.setattr(attempts, "ATTEMPTS", 16)
    content = bytearray(killed.read_bytes())
    content[content.index(part) + 9] ^= 0x55
    killed.write_bytes(content)
    with written_to(killed):
        for use in (info, clean):
            assert fault_of(use, killed) == ""


@pytest.mark.skipif(sys.platform == "win32", reason="what one process locks, it cannot read there")
def test_a_growing_file_is_read_along_with_as_many_attempts_as_are_said(killed: Path) -> None:
    with written_to(killed), attempts.open_growing(killed) as file:
        count = ctypes.c_uint()
        hdf5 = ctypes.CDLL(h5py.h5p.__file__)
        access = file.id.get_access_plist()
        with phil:
            hdf5.H5Pget_metadata_read_attempts(ctypes.c_int64(access.id), ctypes.byref(count))
        assert count.value == attempts.ATTEMPTS
    assert 1 < sum(2.0**k for k in range(attempts.ATTEMPTS)) * 1e-9 < 10, "seconds in all"


@pytest.mark.skipif(sys.platform == "win32", reason="what one process locks, it cannot read there")
def test_a_row_of_a_growing_file_that_cannot_be_read_whole_has_no_numbers(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 reads zeros behind the end of a growing file: only the checksum tells."""
    parts = Readable.readable_parts

    def without_x(column: Readable, start: int, stop: int) -> Iterator[tuple[slice, Any]]:
        for here, part in parts(column, start, stop):
            yield here, None if column.name == "x" else part

    monkeypatch.setattr(Readable, "readable_parts", without_x)
    with written_to(killed), open_scan(killed) as scan:
        assert scan.state == "running"
        assert all(np.isnan(values).all() for values in clean_numbers(scan).values())


def clean(path: Path) -> None:
    with open_scan(path) as scan:
        clean_numbers(scan)


def test_texts_of_a_file_are_shown_and_not_carried_out(finished: Path, tmp_path: Path) -> None:
    """Markup, mathematics and commands to a terminal are letters like others."""
    with h5py.File(finished, "r+") as file:
        file.attrs["title"] = "[red]$\\frac{ \x1b[31m <b>"
        file.attrs["reference"] = "$\\frac{[/bold]"
        file["E_nuc"].attrs["units"] = "$\\frac{"
    code, said = ran("info", str(finished))
    assert code == 0
    assert "[red]$\\frac{" in said
    assert "\x1b" not in said
    code, said = ran("report", str(finished), "--output", str(tmp_path / "page"))
    assert code == 0, said
    assert "[red]$\\frac{ \ufffd[31m &lt;b&gt;" in (tmp_path / "page" / "index.html").read_text()
