"""Every number of a text file is read as it was written, or told of with its line and column."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from foreign_text import refusal, table
from hypothesis import given, settings
from hypothesis import strategies as st

import seccm
from seccm.readers.said import Said, scale_of
from seccm.readers.text_tables import LARGEST, beginning, columns_of, lines_of, name_and_unit

PATH = Path("a.csv")
HEADS = (("t", "s"), ("I", "nA"))
number = st.floats(allow_nan=False, allow_infinity=False)


def columns(*rows: str, said: Said | None = None, mark: str = ";") -> tuple[np.ndarray, ...]:
    cells = ((k, row.split(mark)) for k, row in enumerate(rows, 2) if row)
    return tuple(c.values for c in columns_of(PATH, HEADS, cells, said or Said()))


def told(*rows: str, said: Said | None = None) -> str:
    with pytest.raises(seccm.DataFileError) as refused:
        columns(*rows, said=said)
    assert str(refused.value).endswith("Nothing was made.")
    return str(refused.value)


# Numbers.


@settings(max_examples=30)
@given(st.lists(st.tuples(number, number), min_size=1, max_size=8))
def test_what_was_written_with_all_digits_comes_back_bit_for_bit(pairs) -> None:
    written = [f"{a!r}; {b!r}" for a, b in pairs]
    np.testing.assert_array_equal(np.array(columns(*written)).T, np.array(pairs))


@settings(max_examples=30)
@given(st.lists(st.tuples(number, number), min_size=1, max_size=8))
def test_decimal_commas_say_the_same_numbers_as_points(pairs) -> None:
    written = [f"{a!r};{b!r}".replace(".", ",") for a, b in pairs]
    with_commas = columns(*written, said=Said(decimal="comma"))
    np.testing.assert_array_equal(np.array(with_commas).T, np.array(pairs))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("+1.5", 1.5), ("-.5", -0.5), ("3.", 3.0), ("1E-9", 1e-9), (' "2.5" ', 2.5), ("\t7 ", 7.0)],
)
def test_forms_of_a_number_that_programs_write(cell: str, value: float) -> None:
    assert columns(f"0;{cell}")[1][0] == value


@pytest.mark.parametrize(
    "cell", ["NaN", "inf", "-Infinity", "1e999", "1_000", "0x10", "1.2.3", "--", "1 2", "1e", "µ"]
)
def test_what_is_no_measured_number_is_told_with_line_and_column(cell: str) -> None:
    words = told("0;1", "1;2", f"2;{cell}")
    assert "line 4" in words
    assert 'column "I"' in words
    assert cell in words


def test_an_empty_cell_is_nothing_not_zero() -> None:
    words = told("0;1", "1;")
    assert 'line 3 has nothing in the column "I"' in words


@pytest.mark.parametrize("cell", ["1,5", "-0,25", "+3,0e-9", "1,234"])
def test_a_decimal_comma_that_nobody_spoke_of_is_never_guessed(cell: str) -> None:
    assert "--decimal comma" in told(f"0;{cell}")


@pytest.mark.parametrize("cell", ["1.234", "1.234,5", "-0.25"])
def test_a_point_among_decimal_commas_is_never_guessed(cell: str) -> None:
    """ "1.234" is a thousand in many countries, and a little more than one in others."""
    words = told("0;1,5", f"1;{cell}", said=Said(decimal="comma"))
    assert f'line 3 has "{cell}" in the column "I": a point' in words
    assert "leave out --decimal comma" in words


def test_a_long_cell_is_not_shown_whole() -> None:
    assert len(told("0;" + "x" * 5000)) < 200


# Lines.


@pytest.mark.parametrize(("row", "seen"), [("1", 1), ("1;2;3", 3), ("1;2;", 3)])
def test_a_line_of_another_length_is_told_with_both_lengths(row: str, seen: int) -> None:
    assert f"line 4 has {seen} values, not 2" in told("0;1", "1;2", row)


def test_only_a_last_line_that_is_too_short_may_be_left_out() -> None:
    said = Said(incomplete=True)
    assert columns("0;1", "1;2", "2", said=said)[0].tolist() == [0.0, 1.0]
    assert "line 3" in told("0;1", "2", "3;4", said=said)
    assert "line 3 has 3 values" in told("0;1", "1;2;3", said=said)


def test_a_head_that_comes_again_is_told_with_its_line() -> None:
    assert 'line 4 has "t"' in told("0;1", "1;2", "t;I", "2;3")


def test_a_head_alone_has_no_data_points() -> None:
    assert "has a head but no data points" in told()


def test_blank_lines_do_not_move_the_lines_that_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t (s), E (V), I (nA)\n0, 0, 1\n\n , ,\n1, 0, oops\n")
    assert 'line 5 has "oops" in the column "I"' in refusal(path)


@pytest.mark.parametrize("names", [("E", "e"), ("Current 1", "Current1"), ("Q µ", "q u")])
def test_names_that_differ_in_blanks_and_letter_case_are_one_name(names: tuple[str, str]) -> None:
    with pytest.raises(seccm.DataFileError, match=f'2 columns called "{names[0]}"'):
        columns_of(PATH, [(name, "V") for name in names], [(2, ["1", "2"])], Said())


# Text.


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_the_same_in_every_encoding_and_with_every_end(
    tmp_path: Path, coding: str, end: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(end.join(["Ångström; µA", "", "1; 2"]).encode(coding))
    assert lines_of(path) == ["Ångström; µA", "", "1; 2"]
    assert beginning(path).startswith("\u00c5" if coding != "utf-8" else "\u00c3")


def test_western_text_is_read_only_where_the_program_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mpt"
    path.write_bytes("0.001 cm² µA".encode("cp1252"))
    assert lines_of(path, western=True) == ["0.001 cm² µA"]
    with pytest.raises(seccm.DataFileError, match=r"not UTF-8 text \(byte 8\)"):
        lines_of(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\r\n \t\n", "is empty"),
        (b"\0" * 100, "is empty"),
        (b"t,E\n1\0,2\n", "zero bytes"),
        ("t,E\n".encode("utf-16-le"), "zero bytes"),
        (b"\xff\xfet\0,\0E", "not UTF-16 text"),
        (b"\xef\xbb\xbft\xff", "not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(seccm.DataFileError, match=words):
        lines_of(path)


def test_a_file_larger_than_any_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with open(path, "wb") as file:
        file.write(b"t (s),E (V),I (nA)\n0,0,1\n")
        file.truncate(LARGEST + 1)
    assert "more than 1024 MB" in refusal(path)


# Units.


@pytest.mark.parametrize(
    ("unit", "quantity", "scale"),
    [
        ("A", "current", 1.0), ("mA", "current", 1e-3), ("µA", "current", 1e-6),
        ("μA", "current", 1e-6), ("uA", "current", 1e-6), ("nA", "current", 1e-9),
        ("pA", "current", 1e-12), ("fA", "current", 1e-15), ("10 nA", "current", 1e-8),
        ("V", "potential", 1.0), ("mV", "potential", 1e-3), ("V vs. Ref.", "potential", 1.0),
        ("mV vs Ag/AgCl", "potential", 1e-3), ("volts", "potential", 1.0), ("sec", "time", 1.0),
        ("ms", "time", 1e-3), ("min", "time", 60.0), ("h", "time", 3600.0), ("µm", "x", 1e-6),
        ("m", "x", 1.0), ("microns", "y", 1e-6), ("nm", "z", 1e-9), ("Å", "z", 1e-10),
        ("\u212b", "z", 1e-10),
    ],
)  # fmt: skip
def test_units_as_programs_write_them(unit: str, quantity, scale: float) -> None:
    assert scale_of(unit, quantity) == pytest.approx(scale, rel=1e-12)
    assert scale_of(f" {unit} ", quantity) == scale_of(unit, quantity)


@pytest.mark.parametrize(
    ("unit", "quantity"),
    [
        ("V", "current"), ("A", "potential"), ("mA/cm2", "current"), ("S", "time"), ("nm", "time"),
        ("a.u.", "current"), ("%", "x"), ("0 nA", "current"), ("5", "x"), ("", "y"),
        ("na", "current"),
    ],
)  # fmt: skip
def test_what_is_no_unit_of_the_quantity_is_refused(unit: str, quantity) -> None:
    """An "S" is a siemens, "mA/cm2" has no area, and nothing is times zero."""
    with pytest.raises(ValueError, match=r"unit|quantity|number|expected"):
        scale_of(unit, quantity)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("I (nA)", ("I", "nA")), ("I/nA", ("I", "nA")), ("I / nA", ("I", "nA")),
        ("I [nA]", ("I", "nA")), ('"I (nA)"', ("I", "nA")), (" I(nA) ", ("I", "nA")),
        ("E (V vs. Ag/AgCl)", ("E", "V vs. Ag/AgCl")),
        ("WE(1).Current (A)", ("WE(1).Current", "A")),
        ("I", ("I", "")), ("", ("", "")), ("I ()", ("I", "")),
    ],
)  # fmt: skip
def test_a_head_has_a_name_and_perhaps_a_unit(head: str, found: tuple[str, str]) -> None:
    assert name_and_unit(head) == found


def test_a_table_that_is_one_unit_off_is_a_factor_off(tmp_path: Path) -> None:
    """The scale is the unit's, to the last digit, not a number that is nearly so."""
    path = table(tmp_path / "a.csv")
    for line in lines_of(path)[1:-1]:
        nano = float(line.split(",")[2])
        assert math.isclose(nano * scale_of("nA", "current"), nano * 1e-9, rel_tol=1e-15)
