"""Rows that are labelled when their labels are final, and changes that make the same file again."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data import guard
from seccm.data.changes import Applied, Changes
from seccm.data.entries import Entries
from seccm.data.layout import LIBVER, UM
from seccm.data.leads import leads_of, range_in, ranges_of, update_of
from seccm.data.marks import Marks
from seccm.data.replacing import put_in_place
from seccm.data.tail import Tail
from seccm.data.trouble import discard, is_full, said, written
from seccm.events import Phase
from seccm.rig import NO_LEADS, Block, Clock

ROWS = 60
saying = st.lists(st.tuples(st.integers(0, ROWS), st.sampled_from("abc")), max_size=12)


def labels(sayings: list[tuple[int, str]], rows: int = ROWS) -> list[str]:
    """What holds of each row, worked out one saying after the other."""
    found = ["first"] * rows
    for row, what in sayings:
        found[row:] = [what] * max(0, rows - row)
    return found


# What holds from which row on.


@given(saying, st.integers(0, ROWS), st.integers(0, ROWS))
def test_what_was_said_of_later_rows_is_void(sayings, start, stop):
    marks: Marks[str] = Marks("first")
    for row, what in sayings:
        marks.say(row, what)
    expected = labels(sayings)[start:stop]
    spans = list(marks.spans(start, stop))
    assert [what for first, last, what in spans for _ in range(first, last)] == expected
    assert all(first < last for first, last, _ in spans)
    assert marks.newest == (sayings[-1][1] if sayings else "first")


@given(saying, st.integers(0, ROWS))
def test_forgetting_what_is_past_changes_nothing_of_what_comes(sayings, row):
    kept, forgot = Marks("first"), Marks("first")
    for at, what in sayings:
        kept.say(at, what)
        forgot.say(at, what)
    forgot.forget(row)
    assert list(forgot.spans(row, ROWS)) == list(kept.spans(row, ROWS))
    assert forgot.newest == kept.newest


# Rows that are kept back.


def block(start: int, rows: int) -> Block:
    numbers = np.arange(start, start + rows, dtype=float)
    data = {"potential": numbers, "current": -numbers, "z": numbers * 1e-6}
    data |= {"x": numbers * 2e-6, "y": numbers * 3e-6, "amplitude": numbers / 4}
    return Block(start, data, (numbers.astype(int) % 3).astype(np.uint8))


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=8),
    st.lists(st.integers(0, 12), min_size=1, max_size=8),
    st.integers(1, 7),
    st.floats(0.0, 100.0),
)
def test_rows_leave_the_tail_as_they_came_in_their_order(blocks, takes, capacity, offset):
    clock = Clock()
    tail = Tail(clock, offset, ("amplitude",), capacity)
    taken, come = [], 0
    for rows, wanted in zip(blocks, takes, strict=False):
        tail.append(block(come, rows))
        come += rows
        assert tail.newest == max(0, come - 1)
        taken.append(tail.take(min(wanted, len(tail))))
    taken.append(tail.take(len(tail)))
    assert len(tail) == 0
    rows = np.concatenate(taken)
    numbers = np.arange(float(rows.size))
    np.testing.assert_allclose(rows["t"], (numbers + 1) * clock.period + offset)
    np.testing.assert_allclose(rows["E"], numbers)
    np.testing.assert_allclose(rows["I"], -numbers)
    np.testing.assert_allclose(rows["z"], numbers * 1e-6 * UM, rtol=1e-6)
    np.testing.assert_allclose(rows["y"], numbers * 3e-6 * UM, rtol=1e-6)
    np.testing.assert_allclose(rows["signal_amplitude"], numbers / 4)
    assert np.array_equal(rows["flag"], numbers.astype(int) % 3)


@given(
    st.lists(
        st.tuples(st.integers(0, ROWS - 1), st.sampled_from(list(Phase)), st.integers(0, 3)),
        max_size=6,
    ),
    st.integers(1, ROWS),
)
def test_rows_have_the_labels_that_were_said_last_before_they_left(said_, cut):
    tail = Tail(Clock(), 0.0, (), 8)
    first = block(0, ROWS)
    tail.append(Block(0, {n: v for n, v in first.data.items() if n != "amplitude"}, first.flags))
    late = [tail.mark(row, phase, step) for row, phase, step in said_]
    assert late == [0] * len(said_)
    expected = [(int(Phase.IDLE), 0)] * ROWS
    for row, phase, step in said_:
        expected[row:] = [(int(phase), step)] * (ROWS - row)
    rows = np.concatenate([tail.take(cut), tail.take(ROWS - cut)])
    assert list(zip(rows["phase"].tolist(), rows["step"].tolist(), strict=True)) == expected
    assert tail.mark(cut, Phase.STEP, 1) == ROWS - cut


def test_rows_that_are_missing_leave_the_others_their_numbers():
    tail = Tail(Clock(), 0.0, ("amplitude",))
    tail.append(block(0, 5))
    tail.append(block(20, 5))
    tail.mark(22, Phase.STEP, 1)
    assert [tail.upto(row) for row in (-1, 0, 4, 10, 19, 20, 24, 99)] == [0, 1, 5, 5, 5, 6, 10, 10]
    rows = tail.take(10)
    assert rows["E"].tolist() == [0, 1, 2, 3, 4, 20, 21, 22, 23, 24]
    assert rows["step"].tolist() == [0] * 7 + [1] * 3


# Changes of a file, and the file that they make again.

numbers = st.floats(-1e6, 1e6, width=32)
change = st.one_of(
    st.tuples(st.just("one"), st.integers(0, 30), st.lists(numbers, min_size=1, max_size=5)),
    st.tuples(st.just("two"), st.integers(0, 6), st.lists(numbers, min_size=3, max_size=3)),
    st.tuples(st.just("words"), st.integers(0, 9), st.lists(st.text("aü ", max_size=3),
                                                            min_size=1, max_size=3)),
)  # fmt: skip


def laid_out(name: str) -> h5py.File:
    """A file that stays in memory."""
    file = h5py.File(name, "w", driver="core", backing_store=False, libver=LIBVER)
    file.create_dataset("one", (0,), "f4", maxshape=(None,), chunks=(8,), fillvalue=np.nan)
    file.create_dataset("two", (0, 3), "f8", maxshape=(None, None), chunks=(2, 3))
    kind = h5py.string_dtype("utf-8", 8)
    file.create_dataset("words", (0,), kind, maxshape=(None,), chunks=(4,))
    return file


def same_files(one: h5py.File, other: h5py.File) -> None:
    assert set(one) == set(other)
    for name, dataset in one.items():
        assert dataset.shape == other[name].shape, name
        np.testing.assert_array_equal(dataset[()], other[name][()], name)


@settings(max_examples=40)
@given(st.lists(change, max_size=8), st.integers(0, 8))
def test_changes_that_were_noted_make_the_same_file_again(changes, commits):
    """What h5py itself would have written, what the quick way writes, and what the log makes."""
    noted, records = Changes(), []
    with (
        laid_out("a") as plain,
        laid_out("b") as quick,
        laid_out("c") as again,
    ):
        entries = {name: Entries(quick[name], noted) for name in quick}
        for k, (name, start, values) in enumerate(changes):
            if name == "two":
                data = np.array([values], "f8")
            elif name == "one":
                data = np.array(values, "f4")
            else:
                data = np.array([word.encode() for word in values], "S8")
            shape = list(plain[name].shape)
            shape[0] = max(shape[0], start + len(data))
            plain[name].resize(tuple(shape))
            # A text that is not said to be UTF-8 is none for HDF5.
            plain[name][start : start + len(data)] = data.astype(plain[name].dtype)
            entries[name].resize(*shape)
            entries[name].put(start, data)
            assert len(entries[name]) == shape[0]
            if k == commits:
                records.append(noted.taken())
        records.append(noted.taken())
        assert noted.taken() == b""
        applied = Applied(again)
        for record in records:
            applied.apply(record)
        same_files(plain, quick)
        same_files(plain, again)
        for name in ("one", "words"):
            for place in range(len(plain[name])):
                found, expected = entries[name].get(place), plain[name][place]
                assert found == expected or (name == "one" and np.isnan(found))


def test_changes_may_begin_anywhere_in_the_second_dimension():
    noted = Changes()
    noted.resize("two", (4, 6))
    noted.put("two", 1, np.array([[1.0, 2.0]]), column=3)
    with laid_out("a") as file:
        Applied(file).apply(noted.taken())
        expected = np.zeros((4, 6))
        expected[1, 3:5] = 1.0, 2.0
        assert np.array_equal(file["two"][()], expected)


# Files put in place, held, and let go of.


def test_a_file_takes_the_place_of_another_whole(tmp_path: Path):
    old, new = tmp_path / "a", tmp_path / "b"
    for before in (None, b"old"):
        if before is not None:
            old.write_bytes(before)
        new.write_bytes(b"new and longer")
        put_in_place(new, old)
        assert old.read_bytes() == b"new and longer"
        assert not new.exists()
    with pytest.raises(OSError, match="b"):
        put_in_place(new, old)
    assert old.read_bytes() == b"new and longer"


def test_a_file_is_held_for_as_long_as_its_writer_has_it_open(tmp_path: Path):
    path = tmp_path / "a.h5"
    path.write_bytes(b"x")
    assert not guard.is_held(path)
    writer = os.open(path, os.O_RDWR)
    try:
        guard.hold(writer)
        assert guard.is_held(path)
        with path.open("rb") as reader:
            assert reader.read() == b"x"
        assert guard.is_held(path)
    finally:
        os.close(writer)
    assert not guard.is_held(path)


def test_a_file_that_could_not_be_written_can_be_let_go_of(tmp_path: Path):
    path = tmp_path / "a.h5"
    with pytest.raises(ValueError, match="name already exists"), written(path, "w") as file:
        file.create_group("a").create_group("/a")
    discard(path)
    discard(path)
    assert not path.exists()
    with written(path, "w") as file:
        file["numbers"] = np.arange(10)
    with h5py.File(path) as file:
        assert file["numbers"][:].tolist() == list(range(10))


@pytest.mark.parametrize(
    ("error", "words", "full"),
    [
        (OSError(28, "No space left on device"), "No space left on device", True),
        (OSError(122, "Disk quota exceeded"), "Disk quota exceeded", os.name == "posix"),
        (OSError(5, "Input/output error"), "Input/output error", False),
        (RuntimeError("errno = 28, error message = 'No space left on device', buf = 0x1"),
         "No space left on device", True),
        (RuntimeError("Unable to write"), "Unable to write", False),
        (ValueError("not a dataset"), "not a dataset", False),
    ],
)  # fmt: skip
def test_what_the_system_said_is_found_in_what_hdf5_says(error, words, full):
    assert said(error) == words
    assert is_full(error) is full


# What a file says of its rig: whatever it says, an analysis goes on.

LEADS = {"resistance": 1.0, "capacitance": 2.0}
HOSTILE = ["", "{", "[]", "null", "3", '"info"', '{"info": null}', '{"info": []}', '{"info": {}}']


@pytest.mark.parametrize("text", HOSTILE)
def test_where_a_file_says_nothing_of_its_rig_nothing_is_known(text: str):
    assert leads_of(text) == NO_LEADS
    assert ranges_of(text) == ()
    assert update_of(text) == 0.0
    assert range_in(text) == ""


def told(**info: object) -> str:
    return json.dumps({"info": info})


@pytest.mark.parametrize(
    "span",
    [None, 3, [], {}, {"lower": 0}, {"lower": "a", "upper": 1}, {"lower": None, "upper": 1}],
)
def test_a_range_that_makes_no_sense_is_none(span):
    one = {"name": "1 nA", "span": span, "factor": 1.0, "offset": 0.0}
    assert ranges_of(told(ranges=[one])) == ()


@given(st.lists(st.tuples(st.text("abc 1", max_size=4), st.floats(-1, 0), st.floats(0, 1),
                          st.floats(0.1, 10), st.floats(-1, 1)), max_size=3))  # fmt: skip
def test_ranges_read_back_as_they_were_told(ranges):
    rows = [
        {"name": name, "span": {"lower": low, "upper": high}, "factor": factor, "offset": offset}
        for name, low, high, factor, offset in ranges
    ]
    found = ranges_of(told(ranges=rows))
    assert [
        (one.name, one.span.lower, one.span.upper, one.factor, one.offset) for one in found
    ] == ranges


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("key", ["factor", "offset"])
def test_a_range_with_a_factor_that_is_no_number_is_not_used(key: str, wrong: float):
    one = {"name": "a", "span": {"lower": 0, "upper": 1}, "factor": 1.0, "offset": 0.0}
    assert len(ranges_of(told(ranges=[one]))) == 1
    assert ranges_of(told(ranges=[one, {**one, key: wrong}])) == ()


@given(st.floats(1e-7, 1.0))
def test_the_time_of_a_value_put_out_is_that_of_the_samples_or_its_own(update: float):
    assert update_of(told(raw_always=True, update=update)) == update
    assert update_of(told(raw_always=False, clock={"rate": 1.0 / update})) == pytest.approx(update)


@pytest.mark.parametrize("update", [0, -1, math.nan, math.inf, None, "fast", [1]])
def test_a_time_that_is_none_is_not_known(update):
    assert update_of(told(raw_always=True, update=update)) == 0.0


@pytest.mark.parametrize("rate", [0, None, "fast", []])
def test_a_rate_that_is_none_gives_no_time(rate):
    assert update_of(told(raw_always=False, clock={"rate": rate})) == 0.0


@given(st.text(max_size=5))
def test_a_step_names_the_range_that_it_was_measured_in(name: str):
    assert range_in(json.dumps({"range": name})) == name
    assert range_in(json.dumps({"start": 1.0})) == ""
    for wrong in (3, None, [name], {"name": name}):
        assert range_in(json.dumps({"range": wrong})) == ""
