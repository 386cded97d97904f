"""Reads which steps ran in a scan, and what was found at them, as tidy tables."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray
from seccm.data.cycles import COLUMNS, OPEN_ENDED, Steps, cycles_of
from seccm.data.layout import DAMAGED
from seccm.data.table import Given, Table
from seccm.data.tables import (
    ARRAYS,
    ENDS,
    NOT_TOLD,
    NUMBER,
    NUMBERS,
    QUANTITIES,
    RESULTS,
    STEPS,
    Grown,
    Rows,
    read,
)
from seccm.errors import DamagedError
from seccm.program.any_results import E_MID
from seccm.typography import counted

if TYPE_CHECKING:
    import pandas as pd

_SPOILED = b"(cannot be read)"


class Source(Protocol):
    """Where the rows of the tables come from."""

    def table(self, table: Grown) -> tuple[Rows, BoolArray]:
        """Return the rows, and which of them are as they were written."""


class InFile:
    """The rows in a file, of which only those are read that have come since the last time.

    Args:
        data: the columns of the file.
        closed: whether a program closed the file. Of others, rows at the end that are not whole
            were being written when it was read, or its program died.
    """

    def __init__(self, data: Mapping[str, Any], closed: bool) -> None:
        self._data, self._closed = data, closed
        self._read: dict[str, tuple[Rows, BoolArray]] = {}

    def table(self, table: Grown) -> tuple[Rows, BoolArray]:
        """Return the rows, and which of them are as they were written."""
        rows, good = self._read.get(table.prefix) or (np.empty(0, table.row), np.empty(0, bool))
        newer, whole = read(self._data, table, len(rows))
        if not self._closed:
            count = int(np.flatnonzero(whole)[-1]) + 1 if whole.any() else 0
            newer, whole = newer[:count], whole[:count]
        made = np.concatenate([rows, newer]), np.concatenate([good, whole])
        self._read[table.prefix] = made
        return made


@dataclass(frozen=True, eq=False)
class StepArrays:
    """One quantity that is an array, of every step that has one.

    `len(arrays)` is how many there are; iterating gives the values of each.
    """

    name: str
    unit: str
    dims: tuple[str, ...]
    """What its dimensions are called, such as ("cycle",)."""
    about: Table
    """One row for each array: site, step, path, kind, condition, status."""
    values: tuple[FloatArray, ...]
    """In SI; NaN where they cannot be read."""
    errors: tuple[FloatArray, ...]
    """Standard uncertainties, each of the shape of its values."""

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[FloatArray]:
        return iter(self.values)

    def __repr__(self) -> str:
        dims = ", ".join(self.dims)
        steps = counted(len(self), "step")
        return f"<StepArrays {self.name}({dims}) of {steps}; .to_pandas() the whole>"

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each number, with its place along each dimension; needs pandas."""
        import pandas as pd

        of = np.repeat(np.arange(len(self)), [part.size for part in self.values])
        columns = {name: self.about[name][of] for name in self.about.names}
        places = [np.indices(part.shape).reshape(part.ndim, part.size) for part in self.values]
        joined = np.concatenate([np.empty((len(self.dims), 0), int), *places], axis=1)
        columns |= dict(zip(self.dims, joined, strict=True))
        columns["value"] = np.concatenate([np.empty(0), *(v.ravel() for v in self.values)])
        columns["err"] = np.concatenate([np.empty(0), *(e.ravel() for e in self.errors)])
        return pd.DataFrame(columns)


@dataclass(frozen=True)
class StepResults:
    """The steps of a scan and their results, as they are now.

    Args:
        source: of the rows.
        data: the columns of the file.
        sites: its table of sites.
        conditions: the names of the columns that tell the conditions apart.
        offset: volts that turn a raw potential into one against the reference.
    """

    source: Source
    data: Mapping[str, Any]
    sites: Table
    conditions: Sequence[str]
    offset: float

    @cached_property
    def rows(self) -> tuple[Rows, BoolArray]:
        """The rows of the steps, and which of them can be believed."""
        return self.source.table(STEPS)

    @cached_property
    def _order(self) -> tuple[IntArray, IntArray]:
        """The rows that can be believed, ordered by site, and their sites."""
        rows, good = self.rows
        which = np.flatnonzero(good)
        order = which[np.argsort(rows["step_site"][which], kind="stable")]
        return order, rows["step_site"][order].astype(np.int64)

    def of_site(self, number: int) -> Rows:
        """Return the rows of the steps of a site, in the order in which they ran."""
        order, sites = self._order
        first, stop = np.searchsorted(sites, (number, number + 1)).tolist()
        found: Rows = self.rows[0][order[first:stop]]
        return found

    def places(self, number: int) -> Mapping[int, int]:
        """Return which row each step of a site is, by the number of the step."""
        order, sites = self._order
        first, stop = np.searchsorted(sites, (number, number + 1)).tolist()
        mine = order[first:stop]
        return dict(zip(self.rows[0]["step_number"][mine].tolist(), mine.tolist(), strict=True))

    @cached_property
    def _series(self) -> Mapping[str, FloatArray]:
        """What each repeat goes over, by "$" and its name: the value at each step, in SI.

        NaN at steps that do not stand in such a repeat, or whose row cannot be believed.
        """
        rows, good = self.rows
        found: dict[str, FloatArray] = {}
        for k in np.flatnonzero(good & (np.char.find(rows["step_resolved"], b'"$') >= 0)).tolist():
            try:
                numbers = json.loads(_text(rows["step_resolved"][k]))
                given = {n: float(v) for n, v in numbers.items() if n.startswith("$")}
            except (ValueError, TypeError, AttributeError):  # Written by another program.
                continue
            for name, value in given.items():
                found.setdefault(name, np.full(len(rows), np.nan))[k] = value
        return found

    @cached_property
    def steps(self) -> Table:
        """One row for each step that ran; potentials against the reference.

        What the repeats round a step go over are columns, "$" before their names.
        """
        rows, good = self.rows
        found = {
            name.removeprefix(STEPS.prefix): rows[name].copy() for name in STEPS.row.names or ()
        }
        against = found["mode"] == b"potential"
        for name in ("first", "last", "lowest", "highest"):
            found[name][against] += self.offset
        for values in found.values():
            if values.dtype.kind in "Sf":
                values[~good] = np.nan if values.dtype.kind == "f" else _SPOILED[: values.itemsize]
        found["site"][~good] = -1
        found["ended_by"][~good] = NOT_TOLD
        codes = {**dict(enumerate(ENDS)), NOT_TOLD: "not told"}
        units = {"t": "s", "period": "s", "charge": "C"}
        found |= self._series
        return Table(
            {
                name: Given(values, units.get(name, ""), codes if name == "ended_by" else {})
                for name, values in found.items()
            }
        )

    @cached_property
    def cycles(self) -> Table:
        """One row for each cycle of constant current."""
        return self.cycles_with({})

    def cycles_with(self, middles: Mapping[tuple[int, int], float]) -> Table:
        """Return the table of cycles; of some steps the potential at half of the charge is told.

        Args:
            middles: V, by the numbers of site and step.
        """
        rows, _ = self.rows
        order, sites = self._order
        mine = rows[order]
        middle = np.full(len(rows), np.nan)
        if E_MID.name in self.quantities:
            found, good = self._only(E_MID.name, RESULTS, *self.source.table(RESULTS))
            of = found["result_step"]
            good &= (of >= 0) & (of < len(rows))
            middle[of[good]] = found["result_value"][good]
        for (site, step), volts in middles.items():
            middle[self.places(site).get(step, [])] = volts
        ended = mine["step_ended_by"]
        broken = [k for k, word in enumerate(ENDS) if word in OPEN_ENDED]
        # A file may hold any text and any number here.
        with np.errstate(over="ignore", invalid="ignore"):
            table = cycles_of(
                Steps(
                    site=sites,
                    number=mine["step_number"].astype(np.int64),
                    mode=np.char.decode(mine["step_mode"], "utf-8", "replace"),
                    constant=mine["step_lowest"] == mine["step_highest"],
                    imposed=mine["step_first"].astype(np.float64),
                    charge=mine["step_charge"].astype(np.float64),
                    lasted=mine["step_size"] * mine["step_period"].astype(np.float64),
                    whole=~np.isin(ended, [*broken, NOT_TOLD]),
                    middle=middle[order],
                )
            )
        return Table({name: Given(values, COLUMNS[name]) for name, values in table.items()})

    @cached_property
    def quantities(self) -> Mapping[str, tuple[str, str, tuple[str, ...]]]:
        """Unit, meaning and dimensions of each quantity, by name; in the order of the file."""
        rows, good = self.source.table(QUANTITIES)
        found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        for k, (row, whole) in enumerate(zip(rows, good.tolist(), strict=True)):
            name, unit, words, dims = (_text(row[f"quantity_{part}"]) for part in _OF_QUANTITY)
            # Results name the row: none may be missing, so that the others stay in their places.
            name = name if whole and name not in found else f"quantity {k} (cannot be read)"
            found[name] = (unit, words, tuple(dims.split(",")) if dims else ())
        return found

    def results(self, name: str = "") -> Table:
        """Return a row for each number, of one quantity or of all."""
        rows, good = self.source.table(RESULTS)
        rows, good = self._only(name, RESULTS, rows, good)
        found = self._about(RESULTS, rows, good)
        names = [*self.quantities, "(cannot be read)"]
        units = [*(unit for unit, _, _ in self.quantities.values()), ""]
        which = np.minimum(rows["result_quantity"], len(names) - 1)
        which[~good] = len(names) - 1
        found["name"] = Given(np.array(names, np.str_)[which])
        unit = self.quantities[name][0] if name else ""
        found["value"] = Given(np.where(good, rows["result_value"], np.nan), unit)
        found["err"] = Given(np.where(good, rows["result_err"], np.nan), unit)
        found["unit"] = Given(np.array(units, np.str_)[which])
        return Table(found)

    def arrays(self, name: str) -> StepArrays:
        """Return the arrays of one quantity."""
        rows, good = self.source.table(ARRAYS)
        rows, good = self._only(name, ARRAYS, rows, good)
        unit, _, dims = self.quantities[name]
        parts = [self._numbers(row, len(dims)) for row in rows]
        good &= np.array([part is not None for part in parts], bool)
        nothing = np.empty((2, *(0,) * len(dims)))
        shown = [nothing if part is None else part for part in parts]
        return StepArrays(
            name,
            unit,
            dims,
            Table(self._about(ARRAYS, rows, good)),
            tuple(part[0] for part in shown),
            tuple(part[1] for part in shown),
        )

    def _numbers(self, row: np.void, dims: int) -> FloatArray | None:
        """Return values and uncertainties of an array; None where they are damaged."""
        start, size = int(row["array_start"]), int(row["array_size"])
        if "number_value" not in self.data or start + size > len(self.data[NUMBER]):
            return None
        try:
            both = np.array([self.data[c.name][start : start + size] for c in NUMBERS])
            shape = tuple(int(part) for part in _text(row["array_shape"]).split("x") if part)
        except (DamagedError, ValueError):
            return None
        whole = zlib.crc32(both.tobytes()) == int(row["array_values_crc"])
        if not whole or len(shape) != dims or math.prod(shape) != size or min(shape, default=0) < 0:
            return None
        return both.reshape(2, *shape)

    def _only(self, name: str, table: Grown, rows: Rows, good: BoolArray) -> tuple[Rows, BoolArray]:
        """Leave the rows of one quantity; of all if it has no name."""
        if not name:
            return rows, good
        if name not in self.quantities:
            known = ", ".join(self.quantities) or "none"
            raise KeyError(f"there is no result {name!r}; there are {known}")
        mine = good & (rows[f"{table.prefix}quantity"] == list(self.quantities).index(name))
        return rows[mine], good[mine]

    def _about(self, table: Grown, rows: Rows, good: BoolArray) -> dict[str, Given]:
        """Say of which site and step each row is."""
        steps, believed = self.rows
        of = rows[f"{table.prefix}step"]
        known = good & (of >= 0) & (of < len(steps))
        known[known] = believed[of[known]]
        step = steps[np.where(known, of, 0)] if len(steps) else np.zeros(len(rows), STEPS.row)
        site = np.where(good, rows[f"{table.prefix}site"], -1).astype(np.int64)
        inside = (site >= 0) & (site < len(self.sites))
        texts = {
            name: Given(np.where(known, step[f"step_{name}"], b"")) for name in ("path", "kind")
        }
        told = {
            name: Given(_placed(self.sites[name], site, inside), self.sites.unit(name))
            for name in self.conditions
        }
        told |= {
            name: Given(np.where(known, values[np.where(known, of, 0)], np.nan))
            for name, values in self._series.items()
        }
        status = np.where(good, rows[f"{table.prefix}status"], DAMAGED)
        codes = self.data["result_status"].meanings() if "result_status" in self.data else {}
        return {
            "site": Given(site),
            "step": Given(np.where(known, step["step_number"].astype(np.int64), -1)),
            **texts,
            **told,
            "status": Given(status, codes=codes),
        }


_OF_QUANTITY = ("name", "unit", "long_name", "dims")


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _placed(values: npt.NDArray[Any], site: IntArray, inside: BoolArray) -> npt.NDArray[Any]:
    """Return the entry of each row's site; nothing where there is no such site."""
    nothing = np.nan if values.dtype.kind == "f" else 0
    return np.where(inside, values[np.where(inside, site, 0)], nothing) if len(values) else values
