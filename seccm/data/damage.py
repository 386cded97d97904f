"""Which sites of a file are damaged or were changed by another program; what stands for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray
from seccm.data.inspection import NEEDED
from seccm.data.layout import DAMAGED, SITE_COLUMNS, Column
from seccm.errors import DamagedError
from seccm.events import Outcome


class Damage:
    """What is known so far of the sites of a file.

    Args:
        path: what to call the file.
        found: sites that are known to be damaged, and why, such as `impossible` yields.
    """

    def __init__(self, path: Path, found: Iterable[tuple[int, str]] = ()) -> None:
        self._path = path
        self.sites: dict[int, str] = {n: f"site {n}: {why}" for n, why in found}
        """Why each of them is damaged, in a sentence."""
        self.samples: set[int] = set()
        """Sites whose samples another program has changed."""
        self.rows: set[int] = set()
        """Sites whose row of the site table another program has changed."""

    def of(self, number: int, why: str) -> DamagedError:
        """Take note that a site is damaged; return what to raise."""
        self.sites[number] = f"site {number}: {why}"
        return DamagedError(
            f"{self._path}: site {number}: {why}: the file is damaged there. The other sites can "
            "be used; take this one from a copy of the file, if there is one."
        )

    def refuse(self, number: int) -> None:
        """Raise what is known of a site that is damaged."""
        if number in self.sites:
            raise DamagedError(f"{self._path}: {self.sites[number]}.")

    @property
    def changed(self) -> str:
        """Which sites another program has changed, in a sentence; empty where there are none."""
        found = {"Samples": self.samples, "Rows of the site table": self.rows}
        return ". ".join(
            f"{what} changed by another program after the run: site {_few(sites)}"
            for what, sites in found.items()
            if sites
        )


def impossible(columns: Mapping[str, Any], right: BoolArray) -> Iterator[tuple[int, str]]:
    """Yield the sites whose row is damaged or says what cannot be, and say what.

    Args:
        columns: of the file.
        right: which rows are as they were written, shape (sites,); those beyond count as right.
    """
    states, sizes = columns["status"][:], columns["row_size"][:]
    whole = np.ones(len(states), bool)
    whole[: len(right)] = right[: len(states)]
    for number in np.flatnonzero(~whole).tolist():
        yield number, "its row in the site table is not as it was written"
    for number in np.flatnonzero((states > max(Outcome)) & whole).tolist():
        yield number, f"its outcome has the code {states[number]}, which is not known"
    # Of a row that is damaged it is not to be believed which samples are its own.
    count = min(len(sizes), len(whole))
    sizes = np.where(whole[:count], sizes[:count], 0)
    for number, other in overlapping(columns["row_start"][:], sizes):
        yield number, f"its samples are said to be those of site {other}, too"


def overlapping(
    starts: npt.NDArray[np.uint64], sizes: npt.NDArray[np.uint32]
) -> Iterator[tuple[int, int]]:
    """Yield each site that shares samples with another one, and that one.

    Args:
        starts: first sample of each site, shape (sites,).
        sizes: samples of each site, shape (sites,).
    """
    count = min(len(starts), len(sizes))
    starts, long = starts[:count], sizes[:count].astype(np.uint64)
    # The largest number there is, where the sum would be beyond it.
    stops = starts + np.minimum(long, ~starts)
    order = np.flatnonzero(long)
    order = order[np.argsort(starts[order], kind="stable")]
    reached = np.maximum.accumulate(stops[order])
    for place in (np.flatnonzero(starts[order[1:]] < reached[:-1]) + 1).tolist():
        number = int(order[place])
        other = int(order[np.argmax(stops[order[:place]])])
        yield number, other
        yield other, number


def unreadable(features: Sequence[Column]) -> dict[str, Any]:
    """Return what stands for entries of the site table that cannot be read: no number."""
    plain = {c.name: np.nan for c in SITE_COLUMNS if c.dtype == "f8" and c.name not in NEEDED}
    return {**plain, "reason": b"(cannot be read)", **_without(features)}


def spoiled(features: Sequence[Column], factors: Sequence[Column]) -> dict[str, Any]:
    """Return what stands in the row of a site of which nothing is to be believed."""
    levels = {f"factor_{factor.name}": np.nan for factor in factors}
    # Not planned: it may have been touched, and is not landed on again.
    return {**unreadable(features), **levels, "status": int(Outcome.ABORTED)}


def _without(features: Sequence[Column]) -> dict[str, Any]:
    values = {name: np.nan for c in features for name in (c.name, f"{c.name}_err")}
    return {**values, **{f"{c.name}_status": DAMAGED for c in features}}


def _few(sites: Collection[int]) -> str:
    some = ", ".join(map(str, sorted(sites)[:10]))
    return some + (f" and {len(sites) - 10} more" if len(sites) > 10 else "")
