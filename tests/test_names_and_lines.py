"""Names of files after titles of any script and length, and lines of tables by their numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.commissioning import report
from seccm.errors import PlanError
from seccm.imaging.stage.point_table import read_points
from seccm.session.making import default_name
from seccm.session.micrographs import _corners
from seccm.text_files import named_after
from ui.models.queue import slug

few = settings(max_examples=40)
TITLES = [
    "锂" * 200, "a" * 5_000, "é" * 300, "***", "   ", "-", "../../etc/passwd", "a/b\\c:d", "..",
    "Li on Au, eight currents", "\u202eevil", "x\0y", "~", "$HOME", "ÅNGSTRÖM 1",
]  # fmt: skip


def checked(name: str) -> None:
    assert name
    assert len(name.encode()) <= 80
    assert not set(name) & set('/\\:*?"<>|\0 \n.~$')
    assert not name.startswith("-")
    assert not name.endswith("-")


@pytest.mark.parametrize("title", TITLES)
def test_every_title_makes_a_name_that_every_system_takes(title: str, tmp_path: Path):
    name = named_after(title, "scan")
    checked(name)
    (tmp_path / f"{name}-20260101-000000.h5").touch()


@few
@given(st.text(max_size=300))
def test_whatever_a_title_is_its_name_is_a_name(title: str):
    name = named_after(title, "scan")
    checked(name)
    assert named_after(name, "scan").startswith(name[:40].rstrip("-"))
    assert slug(title)
    assert len(slug(title)) <= 60


def test_the_first_words_of_a_title_are_readable_in_its_name():
    assert named_after("Li on Au, eight currents", "scan") == "li-on-au-eight-currents"
    assert named_after("one two three four five six seven", "scan").endswith("-six")
    assert named_after("?!", "scan") == "scan"


@pytest.mark.parametrize("title", TITLES)
def test_files_of_a_run_and_of_commissioning_are_named_after_plan_and_rig(title: str):
    plan: Any = SimpleNamespace(title=title)
    info: Any = SimpleNamespace(name=title)
    made = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    for name in (default_name(plan), report.default_name("noise", info, made)):
        assert not name.startswith("-")
        assert len(name.encode()) < 200
        assert Path(name).name == name
    assert report.default_name("noise", info, made).endswith("-noise-20260203-040506.json")


# ------------------------------------------------------------------ lines by their numbers


@pytest.mark.parametrize("blank", [0, 1, 3])
@pytest.mark.parametrize("before", [0, 2])
def test_a_wrong_line_of_a_table_is_told_by_the_number_that_an_editor_shows(
    tmp_path: Path, blank: int, before: int
):
    path = tmp_path / "a.csv"
    lines = ["" for _ in range(before)] + ["x (um), y (um)", "1, 2"] + [""] * blank + ["3, bad", ""]
    path.write_text("\n".join(lines))
    with pytest.raises(PlanError) as caught:
        read_points(path, None)
    (problem,) = caught.value.problems
    assert problem.where == f"line {lines.index('3, bad') + 1}"


@pytest.mark.parametrize("blank", [0, 1, 3])
def test_a_wrong_corner_is_told_by_the_number_that_an_editor_shows(tmp_path: Path, blank: int):
    path = tmp_path / "a.txt"
    lines = ["", "x, y", "0, 0", *[""] * blank, "1, 0", "1, 1", "bad, 1"]
    path.write_text("\n".join(lines))
    with pytest.raises(PlanError) as caught:
        _corners(path)
    assert [one.where for one in caught.value.problems] == [f"line {len(lines)}"]


def test_blank_lines_are_no_places(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("\n\nx (um); y (um); label\n\n1; 2; one\n   \n3; 4; two\n\n")
    found = read_points(path, None)
    assert found.lengths["x"] == pytest.approx([1e-6, 3e-6])
    assert found.labels == ("one", "two")


@pytest.mark.parametrize(
    "titles",
    ["x (um), y (um), X (px)", "x (um), x (um), y (um)", "d (nm), diameter (um), x (um), y (um)"],
)
def test_which_of_two_columns_is_meant_is_never_guessed(tmp_path: Path, titles: str):
    path = tmp_path / "a.csv"
    path.write_text(f"{titles}\n{', '.join('1' for _ in titles.split(','))}\n")
    with pytest.raises(PlanError, match="there are 2 columns"):
        read_points(path, 1e-8)


def test_two_columns_that_nobody_asks_for_do_no_harm(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("x (um), y (um), Area, Area\n1, 2, 3, 4\n")
    assert read_points(path, None).lengths["y"] == pytest.approx([2e-6])
