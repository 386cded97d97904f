"""A number that a data file keeps of each site in its site table, and the name of its column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from seccm.program.registry import on_register
from seccm.program.site_results import OF_SITES, OWN_AREA, by_own_area
from seccm.program.tree import End
from seccm.program.yielded import results
from seccm.results import DETAIL, Result, Value, Values

RANK = 500
"""The place in menus of a number out of an array: behind the results that have one."""
_MEAN = "mean_of_"
_LATER = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of an array."""

    words: str
    """Such as "last cycle", or "mean"."""
    number: int | None
    """From the start, or from the end if negative; None for the mean of all."""

    def of(self, array: Values) -> Value:
        """Take the number out of an array."""
        return array.mean if self.number is None else array.entry(self.number)


@dataclass(frozen=True, slots=True)
class Kept:
    """One number that is kept of each site."""

    result: Result
    """What it is, or of what array it is an entry."""
    of: str
    """Which step it is of, in words; empty for the first that yields the result."""
    among: frozenset[int]
    """The steps that it may be of, by their numbers among all steps that may run."""
    which: End = "first"
    """Of those of them that ran."""
    entry: Entry | None = None
    """Which number of an array."""

    @property
    def column(self) -> str:
        """Its name in the site table."""
        name = self.result.name
        if self.entry is not None:
            short = short_name(self.result)
            mean = self.entry.number is None
            name = f"{_MEAN}{short}" if mean else f"{short}_of_{self.entry.words}"
        number = self.of.removeprefix("step ")
        if self.of:
            name += f"_{number}" if number.isdecimal() else f"_of_{self.of}"
        return re.sub(r"\W+", "_", name)

    @property
    def words(self) -> str:
        """What it means, in a phrase."""
        entry = self.entry.words if self.entry else ""
        return ", ".join(part for part in (self.result.words, entry, self.of) if part)

    @property
    def selects(self) -> tuple[object, ...]:
        """What is the same of two that are the same number."""
        which = "first" if len(self.among) == 1 else self.which
        return self.result.name, self.among, which, self.entry


def short_name(result: Result) -> str:
    """Return the name of a result, that of an array without its dimension: CE of CE_of_cycles."""
    return result.name.removesuffix(f"_of_{result.dims[0]}s") if result.dims else result.name


@lru_cache(maxsize=4096)
def declared_of(column: str) -> Result | None:
    """Return what is declared of a kept number, by the name of its column; None if nothing is."""
    if column in OF_SITES:
        return OF_SITES[column]
    if column.endswith(OWN_AREA):
        by_plan = declared_of(column.removesuffix(OWN_AREA))
        return None if by_plan is None else by_own_area(by_plan, column)
    known = results()
    plain = known.get(column) or known.get(_LATER.sub("", column))
    if plain is not None:
        return plain
    for result in known.values():
        if result.dims and (entry := _entry_in(result, column)):
            return _of_entry(result, *entry)
    parts = column.split("_of_")
    heads = ("_of_".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((known[head] for head in heads if head in known and not known[head].dims), None)


on_register(declared_of.cache_clear)


def _entry_in(result: Result, column: str) -> tuple[str, str] | None:
    """Return which number of an array a column has: its name without the step, and its words."""
    short, dim = re.escape(short_name(result)), re.escape(result.dims[0])
    entry = rf"(?P<entry>{_MEAN}{short}|{short}_of_(?P<words>(?:first|last)_{dim}|{dim}_\d+))"
    found = re.fullmatch(rf"{entry}(?:_of_.+|_\d+)?", column)
    return (found["entry"], (found["words"] or "mean").replace("_", " ")) if found else None


def _of_entry(result: Result, name: str, words: str) -> Result:
    return replace(
        result,
        name=name,
        words=f"{result.words}, {words}",
        symbol=f"{result.symbol}, {words}" if result.symbol else "",
        rank=result.rank if result.rank < DETAIL else RANK,
        dims=(),
        mapped=True,
    )
