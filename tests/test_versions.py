"""Files and plans say in which format they are written; what is newer is refused in a sentence."""

from __future__ import annotations

import html
import io
import json
from pathlib import Path

import h5py
import pytest
from rich.console import Console
from small_plan import TABLES, small
from small_scan import small_scan
from test_old_files import EXPECTED, copied

import seccm
from seccm.cli.summary import summary
from seccm.data import finish
from seccm.errors import DamagedError, DataFileError, PlanError
from seccm.plan import Plan, load_plan
from seccm.plan.library import plans
from seccm.report import write_report
from seccm.versions import FILE, PLAN, UNNAMED, Version

NEWER = f"{FILE.major + 1}.0"
ADDED = f"{FILE.major}.{FILE.minor + 1}"


def claim(path: Path, version: object) -> Path:
    """Have a file name a format."""
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = version
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A finished file."""
    return copied("li-on-au-cv", tmp_path)


def test_a_version_is_written_in_one_way_and_compared_by_its_numbers() -> None:
    assert Version.read("1.0") == Version.read(1) == Version.read("1") == (1, 0)
    assert str(Version(2, 11)) == "2.11"
    assert Version.read("1.10") > Version.read("1.9")
    assert Version(2, 0).is_beyond(Version(1, 9))
    assert not Version(1, 9).is_beyond(Version(1, 0))
    for wrong in ("", "1.", ".1", "1.0.0", "one", "1.0 ", "-1", 1.0, True, None, "9" * 400):
        with pytest.raises(ValueError, match="not a version"):
            Version.read(wrong)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_without_a_version_is_of_the_time_before(name: str, tmp_path: Path) -> None:
    with seccm.open(copied(name, tmp_path)) as scan:
        assert scan.version == UNNAMED
        assert not scan.newer


def test_a_file_of_a_newer_format_is_refused_in_a_sentence(file: Path) -> None:
    """By whatever opens it; it says which format, by whom, and what to do; nothing changes."""
    claim(file, NEWER)
    before = file.read_bytes()
    for use in (seccm.open, seccm.analyze, seccm.resume, finish):
        with pytest.raises(DataFileError) as refused:
            use(file)
        said = str(refused.value)
        assert f"format {NEWER}" in said
        assert f"up to {FILE}" in said
        assert "by seccm" in said
        assert "Update this program" in said
    assert file.read_bytes() == before


def test_a_newer_format_is_refused_before_its_layout_is_judged(file: Path) -> None:
    """It may well be laid out otherwise: that is no damage."""
    with h5py.File(claim(file, NEWER), "r+") as changed:
        del changed["session"], changed["E"]
    with pytest.raises(DataFileError, match="Update this program"):
        seccm.open(file)


def test_a_file_with_additions_is_read_with_a_remark_and_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "scan.h5"
    for _ in seccm.run(small_scan(1, 1), path=file, seed=1):
        pass
    claim(file, ADDED)
    before = file.read_bytes()
    with seccm.open(file) as scan:
        assert scan.version == Version.read(ADDED)
        assert ADDED in scan.newer
        console = Console(record=True, file=io.StringIO(), width=1000)
        console.print(summary(scan))
        assert scan.newer in console.export_text()
        page = write_report(scan, tmp_path / "report").read_text("utf-8")
        assert scan.newer in html.unescape(page)
    with pytest.raises(DataFileError, match="read, but not changed"):
        seccm.analyze(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("written", ["", "new", 1.5, b"\xff", [1, 2]])
def test_what_is_no_version_is_damage(file: Path, written: object) -> None:
    with pytest.raises(DamagedError, match="version of its format"):
        seccm.open(claim(file, written))


def test_a_plan_names_its_format_or_not() -> None:
    """Both are the same plan; in a data file it is always named."""
    plain = small()
    for written in (1, "1", "1.0", str(PLAN), f"{PLAN.major}.{PLAN.minor + 3}"):
        assert Plan.from_dict({"format": written, **TABLES}) == plain
    assert json.loads(plain.to_json())["format"] == str(PLAN)
    assert Plan.from_json(plain.to_json()) == plain
    for name in plans():
        assert Plan.from_json(load_plan(name).to_json()) == load_plan(name)


def test_a_plan_of_a_newer_format_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """And not with everything in it that this version does not know."""
    path = tmp_path / "plan.toml"
    path.write_text('format = "2.0"\ntitle = "t"\n[walk]\nkind = "spiral"\n')
    with pytest.raises(PlanError) as refused:
        load_plan(path)
    (problem,) = refused.value.problems
    assert "format 2.0" in problem.what
    assert f"up to {PLAN}" in problem.what
    assert problem.remedy


@pytest.mark.parametrize("written", ["new", "", 1.0, True, [], {"a": 1}])
def test_what_is_no_format_of_a_plan_is_said_and_the_advice_is_right(written: object) -> None:
    with pytest.raises(PlanError) as refused:
        Plan.from_dict({"format": written, **TABLES})
    (problem,) = refused.value.problems
    assert problem.where == "format"
    assert problem.suggestion is not None
    assert problem.suggestion.key == ("format",)
    assert Plan.from_dict(TABLES) == small()
