"""A table of a data file, read column by column, when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from seccm.data.layout import UM
from seccm.errors import DamagedError

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
_LARGEST = 1e60
"""More, in the file's units, than anything that is measured."""


class Stored(Protocol):
    """A column, wherever its entries come from."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of an entry."""

    @property
    def unit(self) -> str:
        """The unit, empty where it has none."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: slice, /) -> Any: ...

    def meanings(self) -> Mapping[int, str]:
        """Return what the codes in it mean; empty where it holds none."""

    def readable_parts(self, start: int, stop: int) -> Iterator[tuple[slice, Array | None]]:
        """Yield the entries chunk by chunk; None for a chunk that cannot be read."""


@dataclass(frozen=True)
class Given:
    """A column that is in memory."""

    values: Array
    unit: str = ""
    codes: Mapping[int, str] = field(default_factory=dict)
    """What the entries mean, where they are codes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of an entry."""
        made: np.dtype[Any] = self.values.dtype
        return made

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, where: slice, /) -> Array:
        return self.values[where]

    def meanings(self) -> Mapping[int, str]:
        """Return what the codes in it mean; empty where it holds none."""
        return self.codes

    def readable_parts(self, start: int, stop: int) -> Iterator[tuple[slice, Array | None]]:
        """Yield all of it."""
        yield slice(start, stop), self.values[start:stop]


class Table:
    """Columns of equal length, in SI units; a column is read when it is first asked for.

    `table["z_contact"]` is an array, `len(table)` the number of rows, and iterating gives each
    row as a dictionary. It shows the file as it was when the table was made. A finite number that
    is too large for anything that can be measured is damage, and reads as NaN.

    Args:
        columns: the datasets.
        brief: whether the table will soon be made again: single cells are then read alone.
        unreadable: what stands, in the file's units, for entries that cannot be read, by column.
            Of other columns every entry is needed.
        spoiled: rows of which nothing is to be believed, and what stands for them, by column.
    """

    def __init__(
        self,
        columns: Mapping[str, Stored],
        brief: bool = False,
        *,
        unreadable: Mapping[str, Any] | None = None,
        spoiled: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> None:
        self._columns, self._brief = dict(columns), brief
        self._unreadable, self._spoiled = unreadable or {}, spoiled or {}
        self._size = min((len(d) for d in self._columns.values()), default=0)
        self._read: dict[str, Array] = {}

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        few = ", ".join(self.names[:6]) + (", ..." if self.names[6:] else "")
        return (
            f"<Table of {self._size} rows and {len(self.names)} columns: {few}; "
            'table["name"] is a column, .to_pandas() the whole>'
        )

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> Array:
        """Return a column, shape (rows,); texts as str, lengths in metres.

        Raises:
            KeyError: there is no such column.
            DamagedError: it cannot be read, and nothing can stand for it.
        """
        if name not in self._read:
            self._read[name] = self._fetch(name, slice(None))
        return self._read[name]

    def words(self, name: str) -> Array:
        """Return what the codes of a column mean, shape (rows,): "ok", "no contact" and so on.

        Args:
            name: a column of codes, such as "status" or "E_nuc_status".

        Raises:
            KeyError: there is no such column, or it holds no codes.
        """
        codes = self[name]
        meanings = self._columns[name].meanings()
        if not meanings:
            raise KeyError(f"{name!r} holds no codes; those whose names end in status do")
        each = [meanings.get(code, f"code {code}") for code in codes.tolist()]
        return np.array(each, np.str_)

    def cell(self, name: str, row: int) -> Any:
        """Return one cell; the whole column is read for it, and kept, where that is worth it."""
        if self._brief and name not in self._read:
            return self._fetch(name, slice(row, row + 1))[0]
        return self[name][row]

    def part(self, name: str, rows: slice) -> Array:
        """Return some rows of a column without reading the others."""
        return self._read[name][rows] if name in self._read else self._fetch(name, rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        columns = {name: self[name].tolist() for name in self.names}
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self._columns)

    def unit(self, name: str) -> str:
        """Return the SI unit of a column, empty where it has none."""
        unit = self._columns[name].unit
        return {"um": "m", "1": ""}.get(unit, unit)

    def to_pandas(self) -> pd.DataFrame:
        """Return the whole table as a data frame; needs pandas."""
        import pandas as pd

        return pd.DataFrame({name: self[name] for name in self.names})

    def _fetch(self, name: str, rows: slice) -> Array:
        if name not in self._columns:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(self.names)}")
        column = self._columns[name]
        start, stop, _ = rows.indices(self._size)
        values = self._read_part(name, start, stop)
        for row, instead in self._spoiled.items():
            if start <= row < stop and name in instead:
                values[row - start] = instead[name]
        if values.dtype.kind == "f":
            values = np.where((np.abs(values) > _LARGEST) & np.isfinite(values), np.nan, values)
        if values.dtype.kind == "S":
            return np.array([raw.decode(errors="replace") for raw in values.tolist()], np.str_)
        if column.unit == "um":
            return values / UM
        return values

    def _read_part(self, name: str, start: int, stop: int) -> Array:
        column = self._columns[name]
        try:
            whole: Array = column[start:stop]
            return whole
        except DamagedError:
            if name not in self._unreadable:
                raise
        values = np.full(stop - start, self._unreadable[name], column.dtype)
        for here, part in column.readable_parts(start, stop):
            if part is not None:
                values[here.start - start : here.stop - start] = part
        return values
