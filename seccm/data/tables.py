"""Tables that grow row by row: events, steps that ran, results, and the arrays among them.

A row is written once and never changed; the last column of each table is a checksum of the row,
so that damage to a file that was never closed is found. A result that is a number is a row of
`result`; one that is many numbers, such as one for each cycle, is a row of `array`, which says
where its numbers lie in `number_value`. All names, units and dimensions are in `quantity`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast, get_args

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.layout import (
    EVENT_COLUMNS,
    NAN,
    SAMPLE_CHUNK,
    SITE_CHUNK,
    Column,
    Stored,
    add_column,
    add_dimension,
    flags,
    text,
)
from seccm.events import EndReason, Imposed, StepFinished
from seccm.program.segment import LONGEST
from seccm.rig import Mode

Rows = npt.NDArray[Any]
ENDS: tuple[str, ...] = get_args(EndReason)
"""Why a step ended, in the order of the codes in files."""
NOT_TOLD = 255
"""The code of a step that began, and of which nobody told how it ended."""


@dataclass(frozen=True)
class Grown:
    """A table that grows row by row.

    The names of its columns in the file begin with `prefix`, which is left out for a reader.
    """

    prefix: str
    dimension: str
    columns: tuple[Stored, ...]

    @cached_property
    def check(self) -> Stored:
        """The checksums of the rows."""
        return Stored(f"{self.prefix}crc", "u4", "1", "CRC-32 of the row's other columns, packed")

    @cached_property
    def stored(self) -> tuple[Stored, ...]:
        """All columns in the file, the checksums last."""
        return (*self.columns, self.check)

    @cached_property
    def row(self) -> np.dtype[Any]:
        """A row as its checksum sees it: every column but that, packed, little endian."""
        return np.dtype([(c.name, _packed(c)) for c in self.columns])

    def rows(self, given: Sequence[Mapping[str, Any]]) -> Rows:
        """Return packed rows of what is given by column, without prefix; shape (rows,)."""
        made = np.zeros(len(given), self.row)
        for column, name, words in self._given:
            made[column.name] = [text(row[name], column) if words else row[name] for row in given]
        return made

    @cached_property
    def _given(self) -> tuple[tuple[Stored, str, bool], ...]:
        """Each column, what it is called where rows are given, and whether it holds text."""
        return tuple((c, c.name.removeprefix(self.prefix), c.dtype[0] == "S") for c in self.columns)


def checksums(rows: Rows) -> npt.NDArray[np.uint32]:
    """Return the CRC-32 of each packed row; shape (rows,)."""
    raw, size = memoryview(rows.tobytes()), rows.dtype.itemsize
    found = [zlib.crc32(raw[k : k + size]) for k in range(0, len(raw), size)]
    return np.array(found, np.uint32)


EVENTS = Grown("event_", "event", EVENT_COLUMNS)
STEPS = Grown(
    "step_",
    "step_record",
    (
        Stored("step_site", "i4", "1", "site at which the step ran"),
        Stored("step_number", "u2", "1", "number of the step among those that ran at the site"),
        Stored("step_path", "S64", "", "place of the step in the programme, such as 2.14.1"),
        Stored("step_kind", "S32", "", "kind of the step, as the plan names it"),
        Stored("step_name", "S64", "", "what the plan calls the step; empty if nothing"),
        Stored("step_label", "S120", "", "the step in words"),
        Stored("step_resolved", f"S{LONGEST}", "", "what it follows came to, by key, JSON"),
        Stored("step_mode", "S16", "", "what was imposed: potential, current, or open"),
        Stored("step_first", "f8", "", "imposed at the start, raw volts or amperes", NAN),
        Stored("step_last", "f8", "", "imposed at the planned end, raw volts or amperes", NAN),
        Stored("step_lowest", "f8", "", "lowest imposed, raw volts or amperes", NAN),
        Stored("step_highest", "f8", "", "highest imposed, raw volts or amperes", NAN),
        Stored("step_first_row", "i8", "1", "first data point, counted since the stream opened"),
        Stored("step_last_row", "i8", "1", "last data point, counted since the stream opened"),
        Stored("step_start", "u8", "1", "first sample of the step"),
        Stored("step_size", "u4", "1", "number of samples of the step"),
        Stored("step_t", "f8", "s", "time of the first sample, since the start of the run"),
        Stored("step_period", "f8", "s", "time from one sample to the next"),
        Stored("step_ended_by", "u1", "1", "why the step ended"),
        Stored("step_charge", "f8", "C", "net charge of the step", NAN),
    ),
)
RESULTS = Grown(
    "result_",
    "result_record",
    (
        Stored("result_site", "i4", "1", "site of the result"),
        Stored("result_step", "i8", "1", "step of the result, as an index of step_record"),
        Stored("result_quantity", "u2", "1", "what it is, as an index of quantity"),
        Stored("result_value", "f8", "", "value in the unit of the quantity", NAN),
        Stored("result_err", "f8", "", "standard uncertainty", NAN),
        Stored("result_status", "u1", "1", "status of the value"),
    ),
)
ARRAYS = Grown(
    "array_",
    "array",
    (
        Stored("array_site", "i4", "1", "site of the result"),
        Stored("array_step", "i8", "1", "step of the result, as an index of step_record"),
        Stored("array_quantity", "u2", "1", "what it is, as an index of quantity"),
        Stored("array_shape", "S64", "", "its shape, such as 10 or 2x512"),
        Stored("array_start", "u8", "1", "first of its numbers in number_value"),
        Stored("array_size", "u8", "1", "how many numbers"),
        Stored("array_status", "u1", "1", "status of the values"),
        Stored("array_values_crc", "u4", "1", "CRC-32 of its values and uncertainties"),
    ),
)
QUANTITIES = Grown(
    "quantity_",
    "quantity",
    (
        Stored("quantity_name", "S64", "", "name of the quantity"),
        Stored("quantity_unit", "S32", "", "its SI unit"),
        Stored("quantity_long_name", "S200", "", "what it means"),
        Stored("quantity_dims", "S120", "", "dimensions of an array, separated by commas"),
    ),
)
NUMBERS = (
    Stored("number_value", "f8", "", "numbers of all arrays, in the units of their quantities"),
    Stored("number_err", "f8", "", "their standard uncertainties", NAN),
)
NUMBER = "number"
"""The dimension of `NUMBERS`."""
PLANNED = Grown(
    "planned_",
    "planned_site",
    (
        Stored("planned_x", "f8", "m", "x of the site as planned"),
        Stored("planned_y", "f8", "m", "y of the site as planned"),
        Stored("planned_recipe", "i4", "1", "what is done there, as a number of a recipe; or -1"),
    ),
)
"""The sites in their order: where they are meant to be, whatever became of them."""
PIECE = 192
"""Bytes of a recipe, or of a decision, in one row."""
RECIPES = Grown(
    "recipe_",
    "recipe_piece",
    (
        Stored("recipe_number", "u4", "1", "number of the recipe; long ones have several rows"),
        Stored("recipe_text", f"S{PIECE}", "", "what is done at a site, as JSON in SI"),
    ),
)
DECISIONS = Grown(
    "decision_",
    "decision_piece",
    (
        Stored("decision_site", "u4", "1", "site that a planner asked for, or would come next"),
        Stored("decision_text", f"S{PIECE}", "", "why, as JSON in SI; long ones have several rows"),
    ),
)
"""Why a planner asked for its sites; after the last one, why it asked for no more."""
INSTRUCTIONS = Grown(
    "instruction_",
    "instruction_piece",
    (
        Stored("instruction_number", "u4", "1", "in the order in which they were given"),
        Stored("instruction_text", f"S{PIECE}", "", "as JSON in SI; long ones have several rows"),
    ),
)
"""What persons told a run with a planner: places to visit next, and places never to visit."""
GROWN = (STEPS, RESULTS, ARRAYS, QUANTITIES, PLANNED, RECIPES, DECISIONS, INSTRUCTIONS)
"""The tables of format 1.0 that files did not have before; events were there."""
LATER = (DECISIONS, INSTRUCTIONS)
"""Those of them that came later: files of format 1.0 may be without."""


def lay_out(file: h5py.File, quantities: Sequence[Column], statuses: Mapping[int, str]) -> None:
    """Lay out the tables of steps and results, empty but for the names of the quantities.

    Args:
        file: has no such tables yet.
        quantities: what is going to be determined.
        statuses: what the codes of statuses mean.
    """
    add_column(file, EVENTS.check, "event")
    complete(file)
    add_dimension(file, NUMBER, SAMPLE_CHUNK)
    for column in NUMBERS:
        add_column(file, column, NUMBER, chunk=SAMPLE_CHUNK)
    flags(file["step_ended_by"], {**dict(enumerate(ENDS)), NOT_TOLD: "not told"})
    if statuses:
        flags(file["result_status"], statuses)
        flags(file["array_status"], statuses)
    append(file, QUANTITIES, QUANTITIES.rows([declaration(q) for q in quantities]))


def complete(file: h5py.File) -> None:
    """Add the tables that a file does not have, empty; it is not in SWMR mode."""
    for table in GROWN:
        if table.check.name not in file:
            add_dimension(file, table.dimension, SITE_CHUNK)
            for column in table.stored:
                add_column(file, column, table.dimension)


def step_row(
    event: StepFinished, code: int, start: int, size: int, t: float, period: float
) -> dict[str, Any]:
    """Return the row of a step that ran.

    Args:
        event: how it ended.
        code: why, as the file has it.
        start: its first sample in the file.
        size: how many samples it has.
        t: time of the first one, in seconds since the start of the run.
        period: seconds from one to the next.
    """
    imposed = event.imposed or Imposed("open", NAN, NAN, NAN, NAN)
    return {
        "site": event.site,
        "number": event.step,
        "path": ".".join(map(str, event.path)),
        "kind": event.kind,
        "name": event.name,
        "label": event.label,
        # What does not fit is left out: half of it would be none, or another one.
        "resolved": event.resolved if len(event.resolved.encode()) <= LONGEST else "",
        "mode": imposed.mode if event.imposed else "",
        "first": imposed.first,
        "last": imposed.last,
        "lowest": imposed.lowest,
        "highest": imposed.highest,
        "first_row": event.first,
        "last_row": event.row,
        "start": start,
        "size": size,
        "t": t,
        "period": period,
        "ended_by": code,
        "charge": event.charge,
    }


def step_finished(row: np.void) -> StepFinished:
    """Return how a step ended, from its row.

    Raises:
        ValueError: the row does not say.
    """
    code = int(row["step_ended_by"])
    if code >= len(ENDS):
        raise ValueError(f"a step ended for the reason {code}, which is not known")
    words = {
        name: row[f"step_{name}"].decode(errors="replace")
        for name in ("kind", "name", "label", "resolved")
    }
    mode, path = (row[f"step_{name}"].decode(errors="replace") for name in ("mode", "path"))
    levels = (float(row[f"step_{name}"]) for name in ("first", "last", "lowest", "highest"))
    return StepFinished(
        row=int(row["step_last_row"]),
        site=int(row["step_site"]),
        step=int(row["step_number"]),
        reason=cast(EndReason, ENDS[code]),
        charge=float(row["step_charge"]),
        first=int(row["step_first_row"]),
        path=tuple(int(part) for part in path.split(".")) if path else (),
        imposed=Imposed(cast(Mode, mode), *levels) if mode else None,
        **words,
    )


def declaration(column: Column) -> dict[str, str]:
    """Return the row of the table of quantities for one of them."""
    return {
        "name": column.name,
        "unit": column.unit,
        "long_name": column.long_name,
        "dims": ",".join(column.dims),
    }


def append(file: h5py.File, table: Grown, rows: Rows) -> None:
    """Append packed rows to a table of a file that is not in SWMR mode."""
    start = len(file[table.dimension])
    resize(file, table, start + len(rows))
    _put(file, table, start, rows)
    file[table.check.name][start:] = checksums(rows)


def _put(file: h5py.File, table: Grown, start: int, rows: Rows) -> None:
    for name in table.row.names or ():
        # A text that is not said to be UTF-8 is none for HDF5.
        file[name][start:] = rows[name].astype(file[name].dtype)


def resize(file: h5py.File, table: Grown, count: int) -> None:
    """Give all columns of a table one length."""
    for name in (table.dimension, *(c.name for c in table.stored)):
        file[name].resize(count, axis=0)


def read(file: Mapping[str, Any], table: Grown, start: int = 0) -> tuple[Rows, npt.NDArray[Any]]:
    """Return packed rows from one on, and which of them are as they were written.

    Returns:
        Two arrays of one length; of columns of unequal lengths, the shortest counts. Empty where a
        file does not have the table, which came later.
    """
    if table.check.name not in file:
        return np.empty(0, table.row), np.empty(0, bool)
    stop = min(len(file[c.name]) for c in table.stored)
    rows = np.empty(max(0, stop - start), table.row)
    for name in table.row.names or ():
        rows[name] = file[name][start:stop]
    return rows, checksums(rows) == file[table.check.name][start:stop]


def cut(file: h5py.File) -> None:
    """Cut off what a killed program had not finished writing: in the tables only whole rows stay.

    Args:
        file: open for writing, not in SWMR mode.
    """
    for table in (EVENTS, *GROWN):
        _, whole = read(file, table)
        last = np.flatnonzero(whole)
        resize(file, table, int(last[-1]) + 1 if last.size else 0)
    steps, quantities = len(file[STEPS.dimension]), len(file[QUANTITIES.dimension])
    numbers = min(len(file[column.name]) for column in NUMBERS)
    for table in (RESULTS, ARRAYS):
        rows, whole = read(file, table)
        lost = (rows[f"{table.prefix}step"] >= steps) | (
            rows[f"{table.prefix}quantity"] >= quantities
        )
        if table is ARRAYS:
            lost |= rows["array_start"] + rows["array_size"] > numbers
        first = np.flatnonzero(lost & whole)
        if first.size:
            resize(file, table, int(first[0]))
    rows, whole = read(file, ARRAYS)
    ends = (rows["array_start"] + rows["array_size"])[whole]
    for name in (NUMBER, *(column.name for column in NUMBERS)):
        file[name].resize(int(ends.max(initial=0)), axis=0)


def replace_found(
    file: h5py.File,
    sites: Iterable[int],
    results: Rows,
    arrays: Rows,
    numbers: npt.NDArray[np.float64],
) -> None:
    """Replace what was found at some sites; what was found at others stays.

    Args:
        file: open for writing, not in SWMR mode.
        sites: their numbers.
        results: new packed rows.
        arrays: new packed rows; their numbers are counted from the first of the new ones.
        numbers: new values and new uncertainties, shape (2, numbers).
    """
    again = np.fromiter(sites, np.int64)
    rows, checks = _others(file, RESULTS, again)
    _refill(file, RESULTS, np.concatenate([rows, results]), [checks, checksums(results)])
    rows, checks = _others(file, ARRAYS, again)
    whole = checksums(rows) == checks
    stored = [file[column.name][:] for column in NUMBERS]
    flat = [np.empty((2, 0))]
    for row in rows[whole]:
        here = slice(int(row["array_start"]), int(row["array_start"] + row["array_size"]))
        flat.append(np.array([part[here] for part in stored]))
    moved = rows.copy()
    moved["array_start"][whole] = np.cumsum([0, *(part.shape[1] for part in flat[1:])])[:-1]
    checks = np.where(whole, checksums(moved), checks)
    arrays["array_start"] += sum(part.shape[1] for part in flat)
    _refill(file, ARRAYS, np.concatenate([moved, arrays]), [checks, checksums(arrays)])
    every = np.concatenate([*flat, numbers], axis=1)
    file[NUMBER].resize(every.shape[1], axis=0)
    for column, values in zip(NUMBERS, every, strict=True):
        file[column.name].resize(len(values), axis=0)
        file[column.name][:] = values


def _others(
    file: h5py.File, table: Grown, sites: npt.NDArray[np.int64]
) -> tuple[Rows, npt.NDArray[np.uint32]]:
    """Return the rows of other sites, and those that are damaged, with their checksums."""
    rows, whole = read(file, table)
    kept = ~(whole & np.isin(rows[f"{table.prefix}site"], sites))
    return rows[kept], file[table.check.name][: len(rows)][kept]


def _refill(
    file: h5py.File, table: Grown, rows: Rows, checks: Sequence[npt.NDArray[np.uint32]]
) -> None:
    """Put other rows in the place of all rows of a table."""
    resize(file, table, len(rows))
    _put(file, table, 0, rows)
    file[table.check.name][:] = np.concatenate(checks)


def _packed(column: Stored) -> str:
    return column.dtype if column.dtype[0] == "S" else "<" + column.dtype
