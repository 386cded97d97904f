"""Tables of places: units, separators and columns are understood, and mistakes are told by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seccm.errors import PlanError
from seccm.imaging.stage.point_table import PointTable, read_points
from seccm.session.film_cycles import read_cycles

PIXEL = 40e-9
UM = 1e-6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "places.csv"


def read(path: Path, text: str, *needed: str, pixel: float | None = PIXEL) -> PointTable:
    path.write_bytes(text.encode())
    return read_points(path, pixel, needed or ("x", "y"), other=3 * PIXEL)


def refused(path: Path, text: str, *needed: str, pixel: float | None = PIXEL) -> str:
    with pytest.raises(PlanError) as failed:
        read(path, text, *needed, pixel=pixel)
    assert str(path) in str(failed.value)
    return str(failed.value)


@pytest.mark.parametrize("unit", ["nm", "um", "µm", "mm", "m"])
@pytest.mark.parametrize("form", ["{} ({})", "{}[{}]", "{} ( {} )"])
def test_a_unit_in_the_title_holds_for_its_column(path: Path, unit: str, form: str) -> None:
    metres = {"nm": 1e-9, "um": 1e-6, "µm": 1e-6, "mm": 1e-3, "m": 1.0}[unit]
    found = read(path, f"{form.format('x', unit)},{form.format('y', 'um')}\n2.5,4\n")
    assert found.places()[0] == pytest.approx([2.5 * metres, 4 * UM], rel=1e-12)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\n\n"])
def test_separators_and_line_ends_of_every_program_are_read(
    path: Path, mark: str, line: str
) -> None:
    rows = [["label", "x (um)", "y (um)"], ["first one", "1", "2"], ["β 2", " 3.5", "-4 "]]
    found = read(path, line.join(mark.join(row) for row in rows) + line)
    assert found.places() == pytest.approx(UM * np.array([[1, 2], [3.5, -4]]))
    assert found.labels == ("first one", "β 2")


def test_a_cell_in_quotes_may_hold_what_separates(path: Path) -> None:
    found = read(path, 'label,x (um),y (um)\n"left, upper",1,2\n')
    assert found.labels == ("left, upper",)


def test_order_of_columns_and_columns_of_others_do_not_matter(path: Path) -> None:
    found = read(path, "Mean,y (um),Circ.,X (um),priority,counted\n9,2,n/a,1,3,0\n")
    assert found.places()[0] == pytest.approx([1 * UM, 2 * UM])
    assert {name: values.tolist() for name, values in found.numbers.items()} == {
        "priority": [3.0], "counted": [0.0],
    }  # fmt: skip
    assert "d" not in found.lengths


def test_pixels_of_two_pictures_are_those_of_each(path: Path) -> None:
    names = ("x", "y", "other x", "other y")
    found = read(path, "x,y (px),other_x,other y [pixels]\n10,20,10,20\n", *names)
    assert found.places()[0] == pytest.approx([10 * PIXEL, 20 * PIXEL])
    assert found.places("other x", "other y")[0] == pytest.approx([30 * PIXEL, 60 * PIXEL])


def test_the_first_pixel_of_napari_is_in_the_middle_of_fijis_first(path: Path) -> None:
    napari = read(path, "index,axis-0,axis-1\n0,0,0\n").places()[0]
    fiji = read(path, "X,Y\n0.5,0.5\n").places()[0]
    assert napari == pytest.approx(fiji)


def test_a_diameter_may_have_another_unit_than_its_place(path: Path) -> None:
    found = read(path, "x (um),y (um),diameter (nm)\n1,2,350\n")
    assert found.lengths["d"] == pytest.approx([0.35 * UM])


@pytest.mark.parametrize("text", ["", "\n\n", "   \n"])
def test_an_empty_table_has_no_columns_and_no_places(path: Path, text: str) -> None:
    told = refused(path, text)
    assert "there is no column 'x'" in told
    assert "lists no places" in told


@pytest.mark.parametrize("cell", ["", "nan", "inf", "-inf", "1e999", "1,5e", "0x10", "one", "1 um"])
def test_a_cell_that_is_no_number_is_told_with_its_line(path: Path, cell: str) -> None:
    told = refused(path, f"x (um);y (um)\n1;2\n3;{cell}\n")
    assert "line 3" in told
    assert "y is" in told


def test_every_line_with_a_mistake_is_told_up_to_ten(path: Path) -> None:
    rows = "\n".join("1,here" for _ in range(25))
    told = refused(path, f"x (um),y (um)\n{rows}\n")
    assert "line 2" in told
    assert told.count("is not a number") == 10


@pytest.mark.parametrize("row", ["1", "1,2,3", ",,,"])
def test_a_line_of_another_length_than_the_title_is_told(path: Path, row: str) -> None:
    told = refused(path, f"x (um),y (um)\n1,2\n{row}\n")
    assert f"has {row.count(',') + 1} cells, but the first line has 2" in told


def test_a_column_that_is_missing_is_told_with_those_that_are_there(path: Path) -> None:
    told = refused(path, "x (um),y (um),stage x (um)\n1,2,3\n", "x", "y", "stage x", "stage y")
    assert "there is no column 'stage y'" in told
    assert "'stage x (um)'" in told


@pytest.mark.parametrize("unit", ["V", "kg", "um^2", "parsecs", "1"])
def test_a_unit_that_is_no_length_is_told_with_its_title(path: Path, unit: str) -> None:
    assert f"'x ({unit})'" in refused(path, f"x ({unit}),y (um)\n1,2\n")


@pytest.mark.parametrize("title", ["stage x", "stage x (px)", "stage_x"])
def test_the_stage_has_no_pixels(path: Path, title: str) -> None:
    told = refused(path, f"{title},y (um)\n1,2\n", "y")
    assert "no unit of length" in told
    assert 'Write "stage x (um)"' in told


def test_pixels_of_an_unknown_length_are_told_with_what_to_do(path: Path) -> None:
    told = refused(path, "x,y (um)\n1,2\n", pixel=None)
    assert "the length of a pixel is not known" in told
    assert '--pixel "40 nm"' in told
    assert read(path, "x (um),y (um)\n1,2\n", pixel=None).places()[0, 0] == pytest.approx(UM)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x80\x81", b"x (um),y (um)\n1,\xe9\n"])
def test_what_is_no_text_is_refused_in_a_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(PlanError) as failed:
        read_points(path, PIXEL)
    assert str(path) in str(failed.value)


def test_a_folder_and_a_missing_file_are_no_tables(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(PlanError):
            read_points(place, PIXEL)


# Cycles.

TITLES = "start (s),turn (s),end (s),CE\n"


def cycles_refused(path: Path, rows: str) -> str:
    path.write_text(TITLES + rows, encoding="utf-8")
    with pytest.raises(PlanError) as failed:
        read_cycles(path)
    return str(failed.value)


def test_cycles_that_follow_at_once_or_after_a_rest_are_read(path: Path) -> None:
    path.write_text(TITLES + "0,5,10,0.5\n10,15,20,\n22,25,30,0.7\n", encoding="utf-8")
    found = read_cycles(path)
    assert [(c.start, c.turn, c.end) for c in found] == [(0, 5, 10), (10, 15, 20), (22, 25, 30)]
    assert np.isfinite([c.efficiency for c in found]).tolist() == [True, False, True]


@pytest.mark.parametrize("start", ["0", "9.9", "-5"])
def test_a_cycle_that_begins_within_the_one_before_is_refused(path: Path, start: str) -> None:
    """The metal of one frame would be counted in two cycles."""
    told = cycles_refused(path, f"0,5,10,\n{start},15,20,\n")
    assert "line 3" in told
    assert "before the last cycle ends at 10 s" in told


@pytest.mark.parametrize("row", ["5,5,6", "1,3,2", "3,2,4", "1,,3", "a,2,3", "nan,2,3", "1,2,inf"])
def test_times_that_are_none_or_out_of_order_are_told_by_line(path: Path, row: str) -> None:
    assert "line 3" in cycles_refused(path, f"-9,-8,-7,\n{row},\n")
