"""Techniques that an instrument ran by itself, and its points as it had them.

The samples of a step are those of its instrument already, brought to the rows of the rig. These two
tables keep what that was made of: each point with the instrument's own time, and of each technique
how both times were tied and by how much they may be off. Where a program was killed in the middle
of a technique, its points are there, and its row is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

from seccm.data.entries import Entries
from seccm.data.layout import (
    NAN,
    SAMPLE_CHUNK,
    SITE_CHUNK,
    Stored,
    add_column,
    add_dimension,
    flags,
)
from seccm.data.step_tables import append
from seccm.data.table import Given, Table
from seccm.data.tables import Grown, read, resize
from seccm.rig import Late
from seccm.typography import counted

TECHNIQUES = Grown(
    "technique_",
    "technique",
    (
        Stored("technique_number", "u4", "1", "number of the technique in its session"),
        Stored("technique_session", "u4", "1", "session of the technique"),
        Stored(
            "technique_first_row", "i8", "1", "first data point that is mostly of the technique"
        ),
        Stored("technique_last_row", "i8", "1", "last data point that is all of the technique"),
        Stored("technique_t", "f8", "s", "time at which the technique began", NAN),
        Stored("technique_t_err", "f8", "s", "standard uncertainty of that time", NAN),
        Stored("technique_tie", "u1", "1", "by what that time is known"),
        Stored("technique_drift", "f8", "s", "how late the instrument's clock was at the end", NAN),
        Stored("technique_ended_by", "u1", "1", "why the technique ended"),
        Stored("technique_points", "u4", "1", "how many points it has"),
    ),
)
POINTS = Grown(
    "late_",
    "late_point",
    (
        Stored("late_technique", "u4", "1", "number of the technique in its session"),
        Stored("late_session", "u4", "1", "session of the technique"),
        Stored("late_t", "f8", "s", "time since the technique began, by the instrument's clock"),
        Stored("late_E", "f8", "V", "potential, raw"),
        Stored("late_I", "f8", "A", "current since the point before, anodic positive"),
        Stored("late_flag", "u1", "1", "flags of the point: 1 overload, 2 saturated"),
        Stored("late_span", "f8", "A", "end of the current range of the point", NAN),
    ),
)
TABLES = (TECHNIQUES, POINTS)
NAMES = {c.name: table.dimension for table in TABLES for c in table.stored}
"""Every column, and the dimension that it lies along."""
TIES = ("edge", "step", "order")
ENDS = ("time", "limit", "stopped")


def runs_by_itself(rig_json: str) -> bool:
    """Tell whether the cell of a rig is driven by an instrument with techniques of its own."""
    try:
        return bool(json.loads(rig_json)["info"]["runs"])
    except (ValueError, TypeError, KeyError):
        return False


def lay_out(file: h5py.File) -> None:
    """Lay out both tables, empty, for a rig with such an instrument."""
    for table in TABLES:
        chunk = SAMPLE_CHUNK if table is POINTS else SITE_CHUNK
        add_dimension(file, table.dimension, chunk)
        for column in table.stored:
            add_column(file, column, table.dimension, chunk=chunk)
    flags(file["technique_tie"], dict(enumerate(TIES)))
    flags(file["technique_ended_by"], dict(enumerate(ENDS)))


def has_techniques(file: Mapping[str, Any]) -> bool:
    """Tell whether a file was laid out for techniques."""
    return TECHNIQUES.check.name in file


def cut(file: h5py.File) -> None:
    """Cut off rows that a killed program had not finished."""
    if not has_techniques(file):
        return
    for table in TABLES:
        _, kept = read(file, table)
        last = np.flatnonzero(kept)
        resize(file, table, int(last[-1]) + 1 if last.size else 0)


class LateWriter:
    """Appends techniques and points to a file that is laid out and in SWMR mode.

    Args:
        to: gives where to write into a dataset.
        data: the datasets; without techniques among them, everything is dropped.
        time: gives the time in the file, in seconds, at which a row of the stream was complete.
        period: seconds from one row to the next.
    """

    def __init__(
        self,
        to: Callable[[str], Entries],
        data: Mapping[str, h5py.Dataset],
        time: Callable[[int], float],
        period: float,
    ) -> None:
        self._to, self._on = to, has_techniques(data)
        self._begins = time(0) - period
        self._session = len(data["session"]) - 1
        self._open: dict[str, Any] = {}
        """What is known of the technique that runs."""

    def take(self, late: Late | None) -> None:
        """Append what came of a technique."""
        if late is None or not self._on:
            return
        count = len(late.points)
        if count:
            rows = np.zeros(count, POINTS.row)
            rows["late_technique"], rows["late_session"] = late.number, self._session
            rows["late_t"] = late.points.t
            rows["late_E"], rows["late_I"] = late.points.potential, late.points.current
            rows["late_flag"], rows["late_span"] = late.points.flags, late.points.span
            append(self._to, POINTS, rows)
        if late.begun is not None:
            tie = late.begun.tie
            self._open = {
                "number": late.number,
                "session": self._session,
                "first_row": late.begun.row,
                "t": self._begins + tie.begin,
                "t_err": tie.error,
                "tie": TIES.index(tie.by),
            }
        if late.over is not None and self._open.get("number") == late.number:
            done = {
                "last_row": late.over.row,
                "drift": late.over.drift,
                "ended_by": ENDS.index(late.over.by),
                "points": late.first + count,
            }
            append(self._to, TECHNIQUES, TECHNIQUES.rows([self._open | done]))
            self._open = {}


class Techniques:
    """The techniques that an instrument ran by itself.

    `techniques["t"]` is a column, one entry for each: when it began, in seconds since the start of
    the run, with its standard uncertainty `t_err`, and `tie`, a code of `TIES`: by what that is
    known. `drift` is how late the instrument's clock was at the end, NaN where nothing showed it;
    `first_row`, `last_row` and `points` say how long it was.

    Args:
        data: the columns of a file.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.table = self._of(TECHNIQUES)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, name: str) -> Any:
        """Return a column, shape (techniques,)."""
        return self.table[name]

    @property
    def points(self) -> Table:
        """One row for each point, as the instrument had it.

        `technique` and `session` say of which; `t` is its own time since that began, `E` raw volts
        and `I` amperes, `flag` and `span` what it said of its current range.
        """
        return self._of(POINTS)

    def _of(self, table: Grown) -> Table:
        there = has_techniques(self._data)
        return Table({
            c.name.removeprefix(table.prefix): self._data[c.name]
            if there
            else Given(np.zeros(0, c.dtype))
            for c in table.columns
        })  # fmt: skip

    @property
    def words(self) -> str:
        """How the times of instrument and rows were tied; empty where it ran nothing."""
        if not len(self):
            return ""
        by = {name: int((self["tie"] == k).sum()) for k, name in enumerate(TIES)}
        told = ", ".join(f"{count} by {_BY[name]}" for name, count in by.items() if count)
        median, worst = (float(of(self["t_err"])) * 1e3 for of in (np.nanmedian, np.nanmax))
        said = (
            f"{counted(len(self), 'technique')} of the instrument; when they "
            f"began is known {told}, "
            f"to {median:.2g} ms (median), {worst:.2g} ms at worst."
        )
        drifts = np.abs(self["drift"])
        if not np.isfinite(drifts).any():
            return f"{said} Nothing showed how far its clock had run off at their end."
        late = float(np.nanmax(drifts)) * 1e3
        return f"{said} At their end its clock was off by {late:.2g} ms at most."


_BY = {
    "edge": "an edge of its line",
    "step": "a step that both have seen",
    "order": "the time of the order alone",
}
