"""Tables of points: what is not understood is refused with its line, and nothing is guessed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.mistakes import Mistakes
from seccm.plan.points import read_sites
from seccm.units import parse

HEADER = "x (um), y (um)"
COORDINATE = st.floats(-9e5, 9e5).filter(lambda v: v == 0 or abs(v) > 1e-290)


def table(folder: Path, content: str | bytes) -> Path:
    """Write a table and return its path."""
    path = folder / "points.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(folder: Path, content: str | bytes) -> list[str]:
    """Return why a table is refused, a sentence for each mistake."""
    with pytest.raises(Mistakes) as caught:
        read_sites(table(folder, content))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("12,5,23,4", "has 4 cells, but the header has 2; a comma separates the cells"),
        ("1,234,5", "has 3 cells, but the header has 2"),
        ("10,20,", "has 3 cells, but the header has 2"),
        ("10", "y is missing"),
        ("10,", "y is missing"),
        (",", "x is missing"),
        ('"12,5","23,4"', 'x is "12,5", not a number; the decimal sign is a point'),
        ("1 234,5", 'x is "1 234", not a number'),
        ("1'234,5", 'x is "1\'234", not a number'),
        ("1_234,5", 'x is "1_234", not a number'),
        ("nan,5", 'x is "nan", not a number'),
        ("5,inf", 'y is "inf", not a number'),
        ("1e999,5", 'x is "1e999", not a number'),
        ("5 um,5", 'x is "5 um", not a number; its unit belongs in the header'),
        ("10;20", 'x is "10;20", not a number'),
        ("10\t20", 'x is "10\\t20", not a number'),
        ('"10,20', "its quotation marks are not in pairs"),
        ('1"0,20', "x is"),
        ("5e9,1", "x must be at most 1 m, not 5e9 um"),
        ("--5,1", 'x is "--5", not a number'),
        ("10\x1c,1", "x is"),
        ("# a comment", "x is"),
        ("٣,1", "x is"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(
    tmp_path: Path, line: str, words: str
) -> None:
    """The good lines round it do not make it good, and are not told."""
    (told,) = refused(tmp_path, f"{HEADER}\n1,2\n{line}\n3,4\n")
    assert "line 3 of points.csv" in told
    assert words in told


def test_columns_without_a_title_after_the_last_are_empty(tmp_path: Path) -> None:
    """Else a number may have been torn in two; a column that counts the lines may stand first."""
    made = table(tmp_path, "x (um),y (um),,\n1,2,,\n3,4, ,\n")
    assert read_sites(made)["points"] == (("1 um", "2 um"), ("3 um", "4 um"))
    (told,) = refused(tmp_path, "x (um),y (um),,\n1,2,,\n12,5,23,4\n")
    assert 'line 3 of points.csv: has "23" in a column without a title; a comma separates' in told
    made = table(tmp_path, " ,x (um),y (um)\n1,12,13\n2,14,15\n")
    assert read_sites(made)["points"] == (("12 um", "13 um"), ("14 um", "15 um"))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("x (um), y (um), x (mm)", "names x 2 times"),
        ("x (um), X (um), y (um)", "names x 2 times"),
        ("x (um), y (um), x", "names x 2 times"),
        ("x (um); y (um), z", "must name x and y with their units"),
        ("x (um) y (um)", "must name x and y with their units"),
        ("sep=;", "must name x and y with their units"),
        ("x (15 um), y (um)", 'gives x in "15 um", which is not a length'),
        ("x (px), y (px)", 'gives x in "px", which is not a length'),
        ("x (), y (um)", "not a length"),
        ('"x (um), y (um)', "must name x and y with their units"),
    ],
)
def test_a_header_that_can_be_meant_in_two_ways_is_refused(
    tmp_path: Path, header: str, words: str
) -> None:
    """It is never the first of two columns that is taken."""
    assert any(words in told for told in refused(tmp_path, f"{header}\n1,2,3\n"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{HEADER}\n1,2\n".encode("utf-16"), "is UTF-16 text, not UTF-8. Save it as UTF-8"),
        ("x (µm), y (µm)\n1,2\n".encode("latin-1"), "is not UTF-8 text (byte 3, in line 1)"),
        (f"{HEADER}\n1,2\0\n".encode(), "is not text: byte 18 is zero"),
        (b"", "must name x and y with their units"),
    ],
)
def test_a_file_that_is_no_text_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    """With what to do."""
    assert words in refused(tmp_path, content)[0]


def test_line_ends_of_every_system_and_quotes_are_read(tmp_path: Path) -> None:
    """As programs write them."""
    for end in ("\n", "\r\n", "\r"):
        text = end.join(['"x (µm)";"note, free";"y [mm]"', '"1.5";"a, b";2e-3', "", "−3;;4", ""])
        assert read_sites(table(tmp_path, "\ufeff" + text))["points"] == (
            ("1.5 µm", "2e-3 mm"),
            ("−3 µm", "4 mm"),
        )


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(*[COORDINATE] * 3), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;\t"),
    order=st.permutations([0, 1, 2]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_a_program_wrote_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float, float]],
    delimiter: str,
    order: list[int],
    quoting: int,
) -> None:
    """Whatever the order of the columns, the separator and the quotes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    for cells in [("x (nm)", "y (um)", "z, not used"), *rows]:
        writer.writerow([cells[k] for k in order])
    found = read_sites(table(tmp_path_factory.mktemp("t"), text.getvalue()))["points"]
    assert [(parse(x, "m"), parse(y, "m")) for x, y in found] == [
        (parse(f"{x!r} nm", "m"), parse(f"{y!r} um", "m")) for x, y, _ in rows
    ]


@settings(max_examples=300)
@given(
    line=st.text("0123456789.,; \t'\"eE+-_%um", max_size=12),
    header=st.sampled_from([HEADER, "x (um);y (um)", "x (um)\ty (um)"]),
)
def test_a_line_is_two_numbers_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, line: str, header: str
) -> None:
    """No digit of an accepted line is lost."""
    path = table(tmp_path_factory.mktemp("t"), f"{header}\n{line}\n")
    separator = ";" if ";" in header else "\t" if "\t" in header else ","
    try:
        found = read_sites(path)["points"]
    except Mistakes:
        return
    else:
        x, y = (float(cell) for cell in line.replace('"', "").split(separator))
        ((across, along),) = found
        assert parse(across, "m") == pytest.approx(x * 1e-6, rel=1e-12)
        assert parse(along, "m") == pytest.approx(y * 1e-6, rel=1e-12)
