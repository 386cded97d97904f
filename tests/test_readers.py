"""Files of other programs become data files, by a reader that somebody else installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.exports.content import facts
from seccm.plan.plan import load_plan
from seccm.readers import READERS
from seccm.report import write_report
from ui.models.scan_file import ScanFile

E = np.arange(-0.3, 0.3, 0.001)
OFFSET = 0.25


def wave(half: float, limit: float = 1e-10) -> np.ndarray:
    """A reversible oxidation at 25 degrees, with a little noise."""
    rng = np.random.default_rng(1)
    return limit / (1 + np.exp(-38.92 * (E - half))) + 1e-14 * rng.normal(size=E.size)


def plan_of(sites: int, **changes: Any) -> seccm.Plan:
    """One linear sweep at each place; the electrode is not the reference."""
    tables = load_plan("redox-cv-map").to_dict()
    tables |= {
        "title": "from elsewhere",
        "reference": {
            "name": "Ag/AgCl", "electrode": "Ag", "offset": OFFSET, "provenance": "given"
        },
        "sites": {"kind": "grid", "columns": sites, "rows": 1, "pitch": 1e-6},
        "approach": {**tables["approach"], "hold": {"potential": -0.3}},
        "program": [{"step": "lsv", "start": -0.3, "stop": 0.3, "scan_rate": 0.1}],
    }  # fmt: skip
    return seccm.Plan.from_dict({**tables, **changes})


def site(x: float, half: float, steps: int = 1) -> seccm.ReadSite:
    step = seccm.ReadStep(E, wave(half))
    return seccm.ReadSite(x, 2e-6, (step,) * steps, z=1e-6 + x / 100)


SCAN = seccm.ReadScan(
    plan_of(3), 0.01, tuple(site(1e-6 * k, 0.02 * k) for k in range(3)), "other", ""
)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, seccm.ReadScan]]:
    """A reader of files that begin with "other"; what it reads is what stands here."""
    content = {"scan": SCAN}
    reader = seccm.Reader(
        "other program",
        lambda path: path.read_bytes()[:5] == b"other",
        lambda path: content["scan"],
    )
    monkeypatch.setattr(READERS, "_registered", [])
    monkeypatch.setattr(READERS, "_found", None)
    READERS.register(reader)
    yield content
    READERS._found = None


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "measured.txt"
    path.write_text("other 1\n")
    return path


def test_what_was_measured_is_in_the_file_with_its_numbers(
    reads: dict[str, seccm.ReadScan], source: Path
) -> None:
    made = seccm.import_file(source)
    assert made == source.with_suffix(".h5")
    assert source.read_text() == "other 1\n"
    with seccm.open(made) as scan:
        assert scan.state == "complete"
        assert scan.sites.words("status").tolist() == ["ok"] * 3
        np.testing.assert_allclose(scan.sites["E_half"], [0.0, 0.02, 0.04], atol=1e-3)
        np.testing.assert_allclose(scan.sites["z_contact"], [1e-6, 1.01e-6, 1.02e-6], rtol=1e-6)
        np.testing.assert_allclose(scan.sites["x_cmd"], [0.0, 1e-6, 2e-6], atol=1e-12)
        measured = scan.site(2)
        here = measured.phase == seccm.Phase.STEP
        np.testing.assert_allclose(measured.E[here], E, atol=1e-7)
        np.testing.assert_allclose(measured.I[here], wave(0.04), rtol=1e-5)
        np.testing.assert_allclose(np.diff(measured.t[here]), 0.01, rtol=1e-6)


def test_it_is_analysed_again_and_reported_on_as_one_of_ours(
    reads: dict[str, seccm.ReadScan], source: Path, tmp_path: Path
) -> None:
    made = seccm.import_file(source, tmp_path / "own name.h5")
    assert seccm.analyze(made) == 3
    with seccm.open(made) as scan:
        assert write_report(scan, tmp_path / "report").exists()
        assert scan.to_xarray()["E_half"].shape == (3,)


def test_a_measurement_that_was_broken_off_is_not_taken_for_complete(
    reads: dict[str, seccm.ReadScan], source: Path
) -> None:
    reads["scan"] = replace(SCAN, sites=(SCAN.sites[0], site(1e-6, 0.0, steps=0)))
    with seccm.open(seccm.import_file(source)) as scan:
        assert scan.state == "stopped"
        assert scan.sites.words("status").tolist() == ["ok", "aborted", "planned"]
        assert np.isnan(scan.sites["E_half"][1])


def shown(path: Path) -> str:
    """What the window says of a file, in a line."""
    file = ScanFile(path)
    try:
        return file.words
    finally:
        file.close()


def test_a_start_is_told_in_utc_and_one_that_is_not_known_is_never_that_of_the_import(
    reads: dict[str, seccm.ReadScan], source: Path, tmp_path: Path
) -> None:
    """In the window, in exports and in what describes a package, as well as in the report."""
    reads["scan"] = replace(SCAN, started_at="2026-01-01T01:30:00+02:00")
    with seccm.open(seccm.import_file(source, tmp_path / "known.h5")) as scan:
        assert scan.header.started_at == facts(scan)["started_at"] == "2025-12-31T23:30:00+00:00"
    assert shown(scan.path).endswith("started 2025-12-31 23:30:00 UTC")
    reads["scan"] = replace(SCAN, started_at="")
    with seccm.open(seccm.import_file(source, tmp_path / "open.h5")) as scan:
        assert not scan.header.dated
        assert facts(scan)["started_at"].startswith("not known; imported 20")
    assert "start not known, imported 20" in shown(scan.path)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sites": (site(0.0, 0.0),) * 4}, "4 sites, but its plan has 3"),
        ({"sites": (site(0.0, 0.0, steps=2),)}, "2 steps"),
        *(({"period": period}, "s apart") for period in (0.0, -1.0, np.nan, np.inf, 1e-300, 1e300)),
        ({"period": "fast"}, "could not convert"),
        ({"period": None}, "TypeError"),
        ({"started_at": "yesterday"}, 'its start, "yesterday", is not a time'),
        ({"started_at": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "is not a time"),
        ({"started_at": 5}, "TypeError"),
        ({"plan": {"title": "a"}}, "not a seccm.ReadScan with a seccm.Plan"),
        ({"sites": None}, "TypeError"),
        ({"sites": (5,)}, "site 0 is not a seccm.ReadSite"),
        ({"sites": (seccm.ReadSite(0.0, 0.0, (E,)),)}, "step 0 of site 0 is not a seccm.ReadStep"),
        *(
            ({"sites": (seccm.ReadSite(place, 0.0, ()),)}, "x of site 0")
            for place in (np.nan, np.inf, -np.inf, 1e300, 2.0)
        ),
        ({"sites": (seccm.ReadSite(0.0, 0.0, (), z=np.inf),)}, "z of site 0 is inf"),
        *(
            ({"sites": (seccm.ReadSite(0.0, 0.0, (seccm.ReadStep(E, current),)),)}, words)
            for current, words in (
                (wave(0.0) * 1e30, "a current of site 0 must be at most 10 A, not"),
                (np.full(E.size, np.inf), "a current of site 0 must be at"),
                (wave(0.0) + 0j, "complex128"),
                (wave(0.0).astype(str), "not numbers"),
                (wave(0.0).reshape(2, -1), "600 potentials and 600 currents"),
                (None, "object"),
            )
        ),
        (
            {"sites": (seccm.ReadSite(0.0, 0.0, (seccm.ReadStep(E, E[:5]),)),)},
            "600 potentials and 5 currents",
        ),
    ],
)
def test_what_does_not_fit_its_plan_is_refused_and_nothing_is_made(
    reads: dict[str, seccm.ReadScan], source: Path, wrong: dict[str, Any], words: str
) -> None:
    reads["scan"] = replace(SCAN, **wrong)
    with pytest.raises(seccm.DataFileError) as refused:
        seccm.import_file(source)
    assert words in str(refused.value)
    assert str(refused.value).endswith("Nothing was made.")
    assert not source.with_suffix(".h5").exists()


@pytest.mark.parametrize("values", [list, np.float32])
def test_lists_and_short_floats_are_numbers_too(
    reads: dict[str, seccm.ReadScan], source: Path, values: Any
) -> None:
    current = values(wave(0.0))
    reads["scan"] = replace(SCAN, sites=(seccm.ReadSite(0.0, 0.0, (seccm.ReadStep(E, current),)),))
    with seccm.open(seccm.import_file(source)) as scan:
        here = scan.site(0).phase == seccm.Phase.STEP
        np.testing.assert_allclose(scan.site(0).I[here], wave(0.0), rtol=1e-6)


def test_data_points_that_are_missing_stay_missing(
    reads: dict[str, seccm.ReadScan], source: Path
) -> None:
    """NaN says that there is none; the site is kept."""
    current = wave(0.0)
    current[100:110] = np.nan
    reads["scan"] = replace(SCAN, sites=(seccm.ReadSite(0.0, 0.0, (seccm.ReadStep(E, current),)),))
    with seccm.open(seccm.import_file(source)) as scan:
        here = scan.site(0).phase == seccm.Phase.STEP
        np.testing.assert_array_equal(np.isnan(scan.site(0).I[here]), np.isnan(current))


@pytest.mark.parametrize(
    "error", [ValueError("bad\x1b[31m line 3"), KeyError("I"), IndexError(), RecursionError("deep")]
)
def test_a_reader_that_fails_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    reads: dict[str, seccm.ReadScan],
    source: Path,
    error: Exception,
) -> None:
    """It is a program of somebody else, and its file may be damaged."""

    def fail(path: Path) -> Any:
        raise error

    good = READERS.of("other program")
    readers = {"other": replace(good, claims=fail), "other program": replace(good, read=fail)}
    monkeypatch.setattr(READERS, "_found", readers)
    done = CliRunner().invoke(app, ["import", str(source)])
    assert done.exit_code == 2, done.output
    said = " ".join(done.output.split())
    assert "cannot be read by the reader for other program" in said
    assert "\x1b" not in said
    assert not source.with_suffix(".h5").exists()
    monkeypatch.setattr(READERS, "_found", {"other": readers["other"]})
    with pytest.raises(seccm.DataFileError, match="The reader for other program failed: "):
        seccm.import_file(source)


def test_what_is_no_file_is_not_waited_for(
    reads: dict[str, seccm.ReadScan], tmp_path: Path
) -> None:
    """Nobody writes to the pipe."""
    places = {tmp_path: "is a folder", tmp_path / "no\0name": "not a valid file name"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        places |= {tmp_path / "pipe": "is a pipe", Path("/dev/zero"): "is a device"}
        places |= {tmp_path / "loop": "cannot be read|no such file"}
    for place, words in places.items():
        with pytest.raises(seccm.DataFileError, match=words):
            seccm.import_file(place)


def test_no_file_is_overwritten(reads: dict[str, seccm.ReadScan], source: Path) -> None:
    source.with_suffix(".h5").write_text("mine")
    with pytest.raises(seccm.DataFileError):
        seccm.import_file(source)
    assert source.with_suffix(".h5").read_text() == "mine"


def test_a_file_that_nobody_knows_is_refused_with_the_readers_there_are(
    reads: dict[str, seccm.ReadScan], tmp_path: Path
) -> None:
    unknown = tmp_path / "unknown.dat"
    unknown.write_text("something")
    with pytest.raises(seccm.DataFileError, match=r"There are readers for .*other program"):
        seccm.import_file(unknown)
    with pytest.raises(seccm.DataFileError, match="no such file"):
        seccm.import_file(tmp_path / "missing.dat")


def test_the_command_imports_and_says_where(reads: dict[str, seccm.ReadScan], source: Path) -> None:
    done = CliRunner().invoke(app, ["import", str(source)])
    assert done.exit_code == 0, done.output
    assert source.with_suffix(".h5").exists()
