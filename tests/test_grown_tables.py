"""Tables that grow row by row: whatever a kill or a new analysis does, no row says anything wrong.

The tables lie in memory here, in files that are never written.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data import Column
from seccm.data.layout import add_column, add_dimension
from seccm.data.tables import (
    ARRAYS,
    ENDS,
    EVENTS,
    GROWN,
    NUMBERS,
    QUANTITIES,
    RESULTS,
    STEPS,
    Grown,
    append,
    checksums,
    cut,
    declaration,
    lay_out,
    read,
    replace_found,
    step_finished,
    step_row,
)
from seccm.events import EndReason, Imposed, StepFinished

QUANTITY = (
    Column("Q", "C", "charge"),
    Column("E_nuc", "V", "potential of nucleation"),
    Column("CE", "1", "efficiency of each cycle", ("cycle",)),
)
STEP = step_row(StepFinished(9, 0, 0, "time", 1e-9), 0, 0, 10, 0.0, 2.57e-3)


@cache
def empty(sites: int = 0) -> bytes:
    """A file with tables, of some sites."""
    content = io.BytesIO()
    with h5py.File(content, "w", track_order=True) as file:
        add_dimension(file, EVENTS.dimension, 8)
        for column in EVENTS.columns:
            add_column(file, column, EVENTS.dimension)
        lay_out(file, QUANTITY, {0: "OK"})
        fill(file, sites)
    return content.getvalue()


def tables(sites: int = 0) -> h5py.File:
    """A file with the tables of some sites, to be changed."""
    return h5py.File(io.BytesIO(empty(sites)), "r+")


@pytest.fixture
def file() -> Iterator[h5py.File]:
    with tables(3) as file:
        yield file


def fill(file: h5py.File, sites: int) -> None:
    """Two steps a site, with two results and an array each, all of them numbers of their own."""
    numbers: list[float] = []
    steps, results, arrays = [], [], []
    for k in range(2 * sites):
        steps.append({**STEP, "site": k // 2, "number": k % 2, "charge": float(k)})
        results += [result(k // 2, k, q, 10.0 * k + q) for q in (0, 1)]
        values = [100.0 * k + j for j in range(k % 4)]
        arrays.append(array(k // 2, k, len(numbers), len(values)))
        numbers += values
    append(file, STEPS, STEPS.rows(steps))
    append(file, RESULTS, RESULTS.rows(results))
    append(file, ARRAYS, ARRAYS.rows(arrays))
    for column in ("number", *(c.name for c in NUMBERS)):
        file[column].resize(len(numbers), axis=0)
    file["number_value"][:], file["number_err"][:] = numbers, 0.5


def result(site: int, step: int, quantity: int, value: float) -> dict[str, Any]:
    return {"site": site, "step": step, "quantity": quantity, "value": value, "err": 0.5,
            "status": 0}  # fmt: skip


def array(site: int, step: int, start: int, size: int) -> dict[str, Any]:
    return {"site": site, "step": step, "quantity": 2, "shape": str(size), "start": start,
            "size": size, "status": 0, "values_crc": step}  # fmt: skip


def results_of(file: h5py.File) -> dict[tuple[int, int, int], float]:
    """Every result that is as it was written, by site, step and quantity."""
    rows, whole = read(file, RESULTS)
    keys = ("result_site", "result_step", "result_quantity")
    return {tuple(int(row[k]) for k in keys): float(row["result_value"]) for row in rows[whole]}


def arrays_of(file: h5py.File) -> dict[tuple[int, int], list[float]]:
    """The numbers of every array that is as it was written, by site and step."""
    rows, whole = read(file, ARRAYS)
    numbers = file["number_value"][:]
    found = {}
    for row in rows[whole]:
        start, size = int(row["array_start"]), int(row["array_size"])
        assert start + size <= len(numbers)
        found[int(row["array_site"]), int(row["array_step"])] = numbers[start:][:size].tolist()
    return found


# --------------------------------------------------------------------------- a step is a row


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
LEVEL = st.one_of(st.just(float("nan")), st.floats(-10.0, 10.0))
STEPS_THAT_RAN = st.builds(
    StepFinished,
    row=st.integers(0, 2**40),
    site=st.integers(0, 10**6),
    step=st.integers(0, 60_000),
    reason=st.sampled_from(get_args(EndReason)),
    charge=st.floats(-1.0, 1.0),
    first=st.integers(0, 2**40),
    path=st.lists(st.integers(0, 999), max_size=5).map(tuple),
    kind=WORDS,
    name=WORDS,
    label=WORDS,
    resolved=WORDS,
    imposed=st.one_of(
        st.none(),
        st.builds(Imposed, st.sampled_from(["potential", "current"]), LEVEL, LEVEL, LEVEL, LEVEL),
    ),
)


@given(event=STEPS_THAT_RAN)
def test_how_a_step_ended_is_read_as_it_was_written(event: StepFinished) -> None:
    """Any name in any script; levels that are not known stay so."""
    (row,) = STEPS.rows([step_row(event, ENDS.index(event.reason), 3, 4, 0.5, 2.57e-3)])
    assert repr(step_finished(row)) == repr(event)


@pytest.mark.parametrize("code", [len(ENDS), 200, 255])
def test_an_end_that_is_not_known_is_none(code: int) -> None:
    (row,) = STEPS.rows([{**STEP, "ended_by": code}])
    with pytest.raises(ValueError, match="is not known"):
        step_finished(row)


def test_what_a_step_followed_is_left_out_where_it_does_not_fit() -> None:
    """Half of it would be none, or another one."""
    long = StepFinished(9, 0, 0, "time", 1e-9, resolved='{"potential": 1}' * 400)
    assert step_row(long, 0, 0, 10, 0.0, 2.57e-3)["resolved"] == ""


# ----------------------------------------------------------------------------------- damage


@given(
    table=st.sampled_from([t for t in GROWN if t is not QUANTITIES]),
    count=st.integers(1, 12),
    which=st.integers(0, 11),
    bit=st.integers(0, 10**4),
    seed=st.integers(0, 99),
)
@settings(max_examples=80)
def test_a_bit_that_flips_damages_the_row_that_it_is_in_and_no_other(
    table: Grown, count: int, which: int, bit: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size = table.row.itemsize
    rows = np.frombuffer(rng.bytes(count * size), table.row).copy()
    before = checksums(rows)
    raw = rows.view(np.uint8).reshape(count, size)
    raw[which % count, bit // 8 % size] ^= np.uint8(1 << bit % 8)
    changed = checksums(rows) != before
    assert np.flatnonzero(changed).tolist() == [which % count]


def test_rows_are_read_from_any_one_on(file: h5py.File) -> None:
    every, whole = read(file, RESULTS)
    assert whole.all()
    for start in (0, 1, 5, len(every), len(every) + 9):
        rows, right = read(file, RESULTS, start)
        assert rows.tobytes() == every[start:].tobytes()
        assert right.all()


# --------------------------------------------------------------------- after a program was killed


@given(lost=st.dictionaries(st.integers(0, 40), st.integers(0, 9), max_size=12))
@settings(max_examples=40)
def test_after_a_kill_whole_rows_stay_and_each_points_to_what_is_there(
    lost: dict[int, int],
) -> None:
    """Any columns may be shorter than others, by any number of rows."""
    with tables(4) as file:
        results, arrays = results_of(file), arrays_of(file)
        columns = [c.name for table in (STEPS, RESULTS, ARRAYS) for c in table.stored]
        columns += [c.name for c in NUMBERS]
        for k, rows in lost.items():
            name = columns[k % len(columns)]
            file[name].resize(max(0, len(file[name]) - rows), axis=0)
        cut(file)
        for table in GROWN:
            lengths = {len(file[name]) for name in (table.dimension, *(c.name for c in
                                                                       table.stored))}  # fmt: skip
            assert len(lengths) == 1, table.dimension
            assert read(file, table)[1].all()
        steps = len(file[STEPS.dimension])
        left = results_of(file)
        assert left.items() <= results.items()
        assert all(step < steps for _, step, _ in left)
        assert arrays_of(file).items() <= arrays.items()
        if not lost:
            assert (left, arrays_of(file)) == (results, arrays)


# ---------------------------------------------------------------------------- analysed again


@given(
    sites=st.integers(1, 5),
    again=st.sets(st.integers(0, 5)),
    counts=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
@settings(max_examples=40)
def test_what_is_found_again_takes_its_place_and_everything_else_stays(
    sites: int, again: set[int], counts: list[int]
) -> None:
    with tables(sites) as file:
        results, arrays = results_of(file), arrays_of(file)
        new = [result(site, 2 * site, 0, -1.0 - site) for site in sorted(again)]
        numbers, made = [], []
        for site in sorted(again):
            made.append(array(site, 2 * site, len(numbers), counts[site]))
            numbers += [-100.0 * site - j for j in range(counts[site])]
        replace_found(
            file, again, RESULTS.rows(new), ARRAYS.rows(made), both(numbers)
        )  # fmt: skip
        expected = {key: value for key, value in results.items() if key[0] not in again}
        expected |= {(site, 2 * site, 0): -1.0 - site for site in again}
        assert results_of(file) == expected
        kept = {key: values for key, values in arrays.items() if key[0] not in again}
        kept |= {
            (site, 2 * site): [-100.0 * site - j for j in range(counts[site])] for site in again
        }
        assert arrays_of(file) == kept
        assert read(file, RESULTS)[1].all()
        assert len(file["number_value"]) == sum(map(len, kept.values())), "nothing is left over"


def both(numbers: list[float]) -> npt.NDArray[np.float64]:
    """New numbers, and their uncertainties."""
    return np.array([numbers, [0.5] * len(numbers)], np.float64).reshape(2, -1)


@given(damaged=st.integers(0, 15), again=st.sets(st.integers(0, 3)))
@settings(max_examples=40)
def test_a_damaged_row_never_becomes_a_whole_one(damaged: int, again: set[int]) -> None:
    """Its numbers would be clean then, and wrong."""
    with tables(4) as file:
        file["result_value"][damaged] += 1.0
        true = results_of(file)
        assert len(true) == 15
        replace_found(file, again, RESULTS.rows([]), ARRAYS.rows([]), both([]))
        left = results_of(file)
        assert left == {key: value for key, value in true.items() if key[0] not in again}


def test_quantities_are_told_with_their_units_and_dimensions(file: h5py.File) -> None:
    rows, whole = read(file, QUANTITIES)
    assert whole.all()
    for row, quantity in zip(rows, QUANTITY, strict=True):
        told = declaration(quantity)
        assert {k: row[f"quantity_{k}"].decode() for k in told} == told
