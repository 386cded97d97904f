"""Tables of a file as they are read: units, codes, texts, damage; what a file says of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data.header import Header, printable, read_clock, read_header, write_header
from seccm.data.layout import NAN, Stored, add_column, add_dimension, add_header, create, text
from seccm.data.layout import Columns as Extra
from seccm.data.table import Given, Table
from seccm.errors import DamagedError
from seccm.rig import Clock, RawChannel
from seccm.rig.raw import RawSamples

numbers = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=9).map(np.array)


# Tables.


@given(numbers)
def test_lengths_are_in_metres_and_all_else_as_it_is(values):
    table = Table({"x": Given(values, "um"), "E": Given(values, "V"), "n": Given(values, "1")})
    np.testing.assert_allclose(table["x"], values * 1e-6)
    assert np.array_equal(table["E"], values)
    assert [table.unit(name) for name in table.names] == ["m", "V", ""]
    assert len(table) == len(values)
    assert "x" in table
    assert "y" not in table


@given(st.lists(numbers, min_size=1, max_size=4))
def test_a_table_is_as_long_as_its_shortest_column(columns):
    """While a file grows, one column may be ahead of another."""
    table = Table({f"c{k}": Given(column) for k, column in enumerate(columns)})
    shortest = min(len(column) for column in columns)
    assert len(table) == shortest
    assert all(len(table[name]) == shortest for name in table.names)
    assert len(list(table)) == shortest


@given(numbers, st.booleans(), st.data())
def test_a_cell_a_part_and_a_row_are_those_of_the_columns(values, brief, data):
    table = Table({"x": Given(values, "um"), "E": Given(2 * values, "V")}, brief)
    row = data.draw(st.integers(0, len(values) - 1))
    stop = data.draw(st.integers(row, len(values)))
    cell, part = table.cell("x", row), table.part("x", slice(row, stop))
    assert cell == table["x"][row]
    assert np.array_equal(part, table["x"][row:stop])
    assert list(table)[row] == {"x": table["x"][row], "E": table["E"][row]}
    frame = table.to_pandas()
    assert frame["x"].tolist() == table["x"].tolist()
    assert repr(table).startswith(f"<Table of {len(values)} rows and 2 columns: x, E;")


@given(st.lists(st.sampled_from([0, 1, 2, 77]), min_size=1, max_size=9))
def test_codes_are_told_in_words_and_unknown_ones_as_codes(codes):
    meanings = {0: "ok", 1: "no contact", 2: "fault"}
    table = Table({"status": Given(np.array(codes, "u1"), codes=meanings), "x": Given(np.ones(9))})
    assert table.words("status").tolist() == [meanings.get(c, f"code {c}") for c in codes]
    with pytest.raises(KeyError, match="holds no codes"):
        table.words("x")
    with pytest.raises(KeyError, match="there are status, x"):
        table["y"]


@given(st.lists(st.text("aü日", max_size=4), min_size=1, max_size=5))
def test_texts_are_texts(words):
    stored = np.array([word.encode() for word in words], "S16")
    assert Table({"reason": Given(stored)})["reason"].tolist() == words


@pytest.mark.parametrize("large", [1e61, -1e300, 1.7e308])
def test_a_number_that_nobody_can_measure_is_none(large):
    table = Table({"E": Given(np.array([1.0, large, np.inf, np.nan]), "V")})
    assert np.isnan(table["E"][1])
    assert np.isinf(table["E"][2])
    assert table["E"][0] == 1.0


class Torn:
    """A column of which some entries cannot be read."""

    dtype, unit = np.dtype("f8"), "um"

    def __init__(self, lost: slice) -> None:
        self.lost = lost

    def __len__(self) -> int:
        return 6

    def __getitem__(self, where: slice, /) -> Any:
        rows = np.arange(6.0)
        if set(range(6)[where]) & set(range(6)[self.lost]):
            raise DamagedError("torn")
        return rows[where]

    def meanings(self) -> Mapping[int, str]:
        return {}

    def readable_parts(self, start: int, stop: int) -> Iterator[tuple[slice, Any]]:
        for row in range(start, stop):
            here = slice(row, row + 1)
            lost = row in range(6)[self.lost]
            yield here, None if lost else np.array([float(row)])


@given(st.integers(0, 5), st.integers(1, 6))
def test_what_cannot_be_read_is_what_stands_for_it_and_the_rest_is_there(start, stop):
    lost = slice(start, max(stop, start + 1))
    table = Table({"x": Torn(lost)}, unreadable={"x": np.nan})
    expected = np.arange(6.0) / 1e6
    expected[lost] = np.nan
    np.testing.assert_array_equal(table["x"], expected)
    with pytest.raises(DamagedError):
        Table({"x": Torn(lost)})["x"]


@given(st.sets(st.integers(0, 5), max_size=3))
def test_of_a_row_that_is_spoiled_nothing_is_believed(rows):
    table = Table(
        {"x": Given(np.arange(6.0), "um"), "n": Given(np.arange(6))},
        spoiled={row: {"x": np.nan} for row in rows},
    )
    assert set(np.flatnonzero(np.isnan(table["x"])).tolist()) == rows
    assert table["n"].tolist() == list(range(6))
    for row in range(6):
        assert bool(np.isnan(Table({"x": Given(np.arange(6.0))}, brief=True, spoiled={
            r: {"x": np.nan} for r in rows}).cell("x", row))) is (row in rows)  # fmt: skip


# Texts of a fixed width.


@given(st.text("abü日 ", max_size=60), st.integers(8, 40))
def test_a_text_that_does_not_fit_ends_in_dots_and_stays_a_text(words, width):
    column = Stored("reason", f"S{width}", "", "a test")
    stored = text(words, column)
    assert len(stored) <= width
    kept = stored.decode()
    if len(words.encode()) <= width:
        assert kept == words
    else:
        assert kept.endswith("...")
        assert words.startswith(kept.removesuffix("..."))
        assert len(stored) > width - 6


# What is said once of a run.

HEADER = Header(
    title="a screen", plan_json="{}", rig_json="{}", virtual=False, reference="Li/Li+",
    reference_offset=0.1, started_at="2025-01-01T00:00:00+00:00", uuid="abc", seed=3,
    extra={"operator": "me"}, software="seccm 1",
)  # fmt: skip


def laid_out(header: Header, clock: Clock) -> h5py.File:
    file = h5py.File("a.h5", "w", driver="core", backing_store=False)
    create(file, Extra(), 8)
    add_header(file, header, clock)
    return file


@settings(max_examples=15)
@given(
    st.text("abü日 -", min_size=1, max_size=9).map(str.strip),
    st.booleans(),
    st.floats(-5.0, 5.0),
    st.one_of(st.none(), st.integers(0, 2**31)),
    st.sampled_from([Clock(), Clock(50_000.0, 100, 101), Clock(1.0, 1, 1)]),
)
def test_what_was_said_of_a_run_is_read_back(title, virtual, offset, seed, clock):
    header = replace(HEADER, title=title, virtual=virtual, reference_offset=offset, seed=seed)
    with laid_out(header, clock) as file:
        found = read_header(file)
        assert read_clock(file) == clock
    assert found.title == (f"SIMULATION {title}".strip() if virtual else title)
    assert replace(found, title=title) == header


@pytest.mark.parametrize("name", ["title", "plan_json", "rig_json", "started_at", "scan_uuid",
                                  "software", "virtual"])  # fmt: skip
@pytest.mark.parametrize("wrong", [None, 3.5, "text", np.zeros(3)])
def test_what_is_missing_or_of_another_kind_is_named(name: str, wrong: Any):
    fits = {"virtual": (float,)}.get(name, (str,))
    with laid_out(HEADER, Clock()) as file:
        del file.attrs[name]
        if wrong is not None:
            file.attrs[name] = wrong
        if isinstance(wrong, fits):
            read_header(file)
            return
        with pytest.raises(ValueError, match=f'"{name}"'):
            read_header(file)


@given(st.text(max_size=20))
def test_no_text_of_a_file_steers_a_terminal(given_):
    shown = printable(given_)
    assert shown.isprintable()
    assert len(shown) == len(given_)
    if given_.isprintable():
        assert shown == given_


def test_a_header_can_be_written_again_over_an_older_one():
    with laid_out(HEADER, Clock()) as file:
        write_header(file, replace(HEADER, title="another"), Clock(1.0, 1, 1))
        assert read_header(file).title == "another"
        assert read_clock(file) == Clock(1.0, 1, 1)


@pytest.mark.parametrize(("dtype", "fill", "empty"), [("f8", NAN, np.nan), ("f8", None, 0.0),
                                                      ("i8", -1, -1), ("u2", None, 0)])  # fmt: skip
def test_an_entry_that_nobody_wrote_says_so(dtype, fill, empty):
    with h5py.File("a.h5", "w", driver="core", backing_store=False) as file:
        add_dimension(file, "site", 4)
        add_column(file, Stored("c", dtype, "V", "a test", fill), "site")
        file["c"].resize(3, axis=0)
        np.testing.assert_array_equal(file["c"][:], np.full(3, empty, dtype))
        assert file["c"].attrs["units"] == "V"
        assert file["c"].dims[0][0].name == "/site"


# Raw samples.


@given(st.tuples(*(st.floats(-1e-3, 1e-3) for _ in range(4))),
       st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=9))  # fmt: skip
def test_numbers_of_a_converter_mean_their_polynomial(terms, codes):
    terms = (terms[0], terms[1], terms[2] * 1e-5, terms[3] * 1e-10)
    found = RawChannel("current", "A", terms).si(np.array(codes, np.int16))
    np.testing.assert_allclose(found, np.polyval(terms[::-1], codes), rtol=1e-9, atol=1e-12)


@given(st.integers(0, 50), st.integers(0, 20), st.integers(-5, 90), st.integers(-5, 90))
def test_a_part_of_raw_samples_has_those_that_are_there_and_asked_for(first, count, start, stop):
    codes = np.arange(first, first + count, dtype=np.int16)[None, :].repeat(2, axis=0)
    whole = RawSamples(first, codes)
    part = whole.part(start, stop)
    wanted = [n for n in range(start, stop) if first <= n < first + count]
    assert part.codes[0].tolist() == part.codes[1].tolist() == wanted
    assert part.stop == part.first + len(wanted)
    if wanted:
        assert part.first == wanted[0]
