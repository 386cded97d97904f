"""Checksums of the rows of the site table, by which damage to a closed site is found.

The checksum of a row is written when the site is closed, before its outcome is. In a file that
was compressed HDF5's own checksums tell damage from a change that a program made; in any other
file a row that differs from its checksum is damaged.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, IntArray
from seccm.data.layout import SITE_CHECK, SITE_CHUNK, SITE_COLUMNS, add_column
from seccm.data.readable import Readable, columns_of
from seccm.events import Outcome

_SPECIAL = ("site", *(column.name for column in SITE_COLUMNS))
_BLOCK = 16 * SITE_CHUNK
"""Rows that are checked at once, so that a long table takes little memory."""


def covered(datasets: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a checksum covers, in its order: all but contact records, sorted.

    Args:
        datasets: the names of all datasets of the file.
    """
    names = set(datasets)
    features = {n for n in names if {f"{n}_err", f"{n}_status"} <= names}
    beside = {f"{n}{end}" for n in features for end in ("", "_err", "_status")}
    factors = {n for n in names if n.startswith("factor_")}
    return tuple(sorted(names & {*_SPECIAL, *beside, *factors}))


def packed(columns: Mapping[str, Any], names: Sequence[str]) -> np.dtype[Any]:
    """Return the type of a row as its checksum sees it: packed, little endian.

    Args:
        columns: the datasets, or what stands for them.
        names: the columns that are covered.
    """
    return np.dtype([(name, columns[name].dtype.newbyteorder("<").str) for name in names])


def row_checksum(row: npt.NDArray[Any]) -> int:
    """Return the checksum of one packed row, shape ()."""
    return zlib.crc32(row.tobytes())


def as_written(columns: Mapping[str, Readable], *, whole: bool = False) -> BoolArray:
    """Return which rows of the site table are as they were written; shape (sites,).

    The row of a site that was begun when the program died is not judged.

    Args:
        columns: of the file.
        whole: whether the row of a closed site that cannot be read whole counts as one that is not
            as it was written, as nobody can say whether the rest of it is right; otherwise it is
            left to the column to tell of it when it is asked for.
    """
    told = _told(columns)
    begun = _begun_last(columns, told)
    good = np.ones(len(told), bool)
    for start, rows, known in _blocks(columns, 0, len(told)):
        here = told[start : start + len(rows)]
        closed = (here != 0) & ~begun[start : start + len(rows)]
        judged = known & (closed | (rows["status"] > Outcome.RUNNING))
        if whole:
            good[start : start + len(rows)] = known | ~closed
        for k in np.flatnonzero(judged).tolist():
            good[start + k] = row_checksum(rows[k]) == here[k]
    return good


def unlike(columns: Mapping[str, Readable], sites: IntArray) -> IntArray:
    """Return which of some closed sites have a row that is not as it was written.

    Args:
        columns: of the file.
        sites: numbers of sites that were closed before anything else was read, increasing.
    """
    wrong: list[int] = []
    for part in np.split(sites, np.flatnonzero(np.diff(sites // _BLOCK)) + 1):
        for start, rows, known in _blocks(columns, part[0], part[-1] + 1) if part.size else ():
            told = _checksums(columns, start, start + len(rows))
            here = part[(part >= start) & (part < start + len(rows))] - start
            # Of a row that cannot be read whole nobody can say whether the rest of it is right.
            differ = (k for k in here.tolist() if not known[k] or row_checksum(rows[k]) != told[k])
            wrong += (start + k for k in differ)
    return np.array(wrong, np.int64)


def begun_last(columns: Mapping[str, Readable]) -> BoolArray:
    """Return which sites were begun and have no outcome, in a file whose run has no end.

    The checksum of a row is written before the outcome, and a program may die in between: then a
    site of which nothing else was said has a checksum alone. Only the site that was begun last
    can be one; an earlier row that says so is damaged.

    Returns:
        Shape (sites,) of as many sites as every column has.
    """
    return _begun_last(columns, _told(columns))


def _begun_last(columns: Mapping[str, Readable], told: npt.NDArray[np.uint32]) -> BoolArray:
    """Return what `begun_last` does, of checksums that were read already."""
    if bytes(columns["state"][0]) != b"running":
        return np.zeros(len(told), bool)
    status = np.full(len(told), Outcome.PLANNED, np.int64)
    for here, part in columns["status"].readable_parts(0, len(told)):
        if part is not None:
            status[here] = part
    begun: BoolArray = status == Outcome.RUNNING
    last = np.flatnonzero((told != 0) | (status != Outcome.PLANNED))[-1:]
    begun[last] |= status[last] == Outcome.PLANNED
    return begun


def write_checksums(path: Path, file: h5py.File, sites: npt.NDArray[Any]) -> None:
    """Give the rows of closed sites the checksums of what they hold now.

    Args:
        path: what to call the file in messages.
        file: open for writing, not in SWMR mode.
        sites: whose rows are known to be right, shape (sites,) of bool; others stay as they are.
    """
    if SITE_CHECK.name not in file:
        add_column(file, SITE_CHECK, "site")
    columns = columns_of(path, file)
    told = _told(columns)
    for start, rows, known in _blocks(columns, 0, len(told)):
        chosen = known & sites[start : start + len(rows)] & (rows["status"] > Outcome.RUNNING)
        for k in np.flatnonzero(chosen).tolist():
            told[start + k] = row_checksum(rows[k])
    file[SITE_CHECK.name][: len(told)] = told


def _told(columns: Mapping[str, Readable]) -> npt.NDArray[np.uint32]:
    """Return the checksums that are stored, of as many sites as every column has."""
    count = min(len(columns[name]) for name in (*covered(columns), SITE_CHECK.name))
    return _checksums(columns, 0, count)


def _checksums(columns: Mapping[str, Readable], start: int, stop: int) -> npt.NDArray[np.uint32]:
    """Return the checksums that are stored of some sites; 0 where they cannot be read."""
    told = np.zeros(stop - start, np.uint32)
    for here, part in columns[SITE_CHECK.name].readable_parts(start, stop):
        if part is not None:
            told[here.start - start : here.stop - start] = part
    return told


def _blocks(
    columns: Mapping[str, Readable], first: int, end: int
) -> Iterator[tuple[int, npt.NDArray[Any], BoolArray]]:
    """Yield rows block by block: the first one's number, the rows, and which could be read."""
    names = covered(columns)
    row = packed(columns, names)
    for start in range(first, end, _BLOCK):
        stop = min(start + _BLOCK, end)
        rows, known = np.zeros(stop - start, row), np.ones(stop - start, bool)
        for name in names:
            for here, part in columns[name].readable_parts(start, stop):
                where = slice(here.start - start, here.stop - start)
                if part is None:
                    known[where] = False
                else:
                    rows[name][where] = part
        yield start, rows, known
