"""Faults of the world, to be asked for by name: what an operator would see of each.

    no-surface       the tip comes down and never touches: "no contact" at the end of the travel
    clogged-tip      the same, but the glass meets the surface; lasts from the given site on
    clogging         the mouth of a pipette in a bath closes little by little, `within` a time
    lost-meniscus    `after` a contact the circuit opens: overload, or no current, until retract
    wet-at-start     the pipette drips: the circuit is closed before the descent, at any height
    stuck-signal     potential and current repeat one value for ever
    nan              potential and current are not numbers
    stalled-read     no more rows come: `read` gives up with a StreamError; commands still work
    gap              `rows` rows are lost; the next one carries the flag GAP
    unplugged        every call fails, and so does `safe`: outputs keep their last values
    saturated-input  the current reads the end of its range, flagged SATURATED
    hum              mains pick-up of `amplitude` in the current
    spikes           single rows of the current are off by `amplitude`, one in `every` on average
    drift            the surface rises steadily by `speed`

A fault is written `name`, or `name@key=value,key=value`. `site` says at which place it begins
(the places travelled to are counted from 0, which is the site's number as long as none is
retried), `at` says when, such as `at=12 s`. Without either, it is there from the beginning.
A fault with `site` lasts as long as the tip is at that site, unless it lasts for ever above.
`for` ends a fault of the signals after some time, such as `nan@at=12 s,for=50 ms`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.units import parse

_UNITS = {
    "at": "s",
    "for": "s",
    "after": "s",
    "within": "s",
    "every": "s",
    "amplitude": "A",
    "speed": "m/s",
}
_COUNTS = ("site", "rows")
_BEGINS: dict[str, float] = {"site": math.nan, "at": math.nan}
_SIGNAL = {**_BEGINS, "for": math.inf}

KNOWN: Mapping[str, Mapping[str, float]] = {
    "no-surface": _BEGINS,
    "clogged-tip": _BEGINS,
    "clogging": {**_BEGINS, "within": 60.0},
    "lost-meniscus": {**_BEGINS, "after": 1.0},
    "wet-at-start": _BEGINS,
    "stuck-signal": _SIGNAL,
    "nan": _SIGNAL,
    "stalled-read": _BEGINS,
    "gap": {**_BEGINS, "rows": 100.0},
    "unplugged": _BEGINS,
    "saturated-input": _SIGNAL,
    "hum": {**_SIGNAL, "amplitude": 20e-12},
    "spikes": {**_SIGNAL, "amplitude": 20e-12, "every": 1.0},
    "drift": {"speed": 20e-9},
}
"""Every fault with its arguments and their defaults; NaN where there is none."""

_PASSING = frozenset({"no-surface", "lost-meniscus", "wet-at-start"})
"""With a site, they last as long as the tip is there."""


@dataclass(slots=True)
class Fault:
    """One fault that was asked for."""

    name: str
    arguments: dict[str, float]
    begins: float = math.inf
    """Row from which it acts, once that is known."""
    ends: float = field(default=math.inf)
    """Row from which it no longer acts."""
    done: bool = False
    """True for a fault that happens once and has happened."""

    def active(self, row: int) -> bool:
        """Tell whether it acts in a row."""
        return self.begins <= row < self.ends and not self.done

    def rows(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Tell for rows `start` up to `stop` whether it acts, shape (rows,)."""
        rows = np.arange(start, stop)
        return (rows >= self.begins) & (rows < self.ends)


def read_faults(texts: Iterable[str], source: str) -> tuple[Fault, ...]:
    """Read faults as people write them.

    Raises:
        PlanError: with one problem for each text that names no fault or no argument of it.
    """
    faults, problems = [], []
    for text in texts:
        try:
            faults.append(_read(text))
        except ValueError as error:
            problems.append(Problem("faults", str(error)))
    if problems:
        raise PlanError(source, problems)
    return tuple(faults)


def _read(text: str) -> Fault:
    name, _, rest = text.partition("@")
    name = name.strip()
    defaults = KNOWN.get(name)
    if defaults is None:
        raise ValueError(f"{name!r} is not a fault. Known: {', '.join(KNOWN)}.")
    arguments = dict(defaults)
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or key not in defaults:
            raise ValueError(
                f"{pair!r} is not an argument of {name}. It takes {', '.join(defaults)}."
            )
        arguments[key] = _value(key, value)
    return Fault(name, arguments)


def _value(key: str, text: str) -> float:
    if key not in _COUNTS:
        return parse(text, _UNITS[key])
    if not text.isdecimal():
        raise ValueError(f"{key} is a whole number from 0, such as {key}=4, not {text!r}.")
    return float(text)


class Faults:
    """The faults of one run, and when each acts.

    Args:
        faults: that were asked for.
        period: seconds from row to row.
        first_site: number of the first place that will be travelled to.
    """

    def __init__(self, faults: Sequence[Fault], period: float, first_site: int = 0) -> None:
        self._faults = faults
        self._period = period
        self._place = first_site - 1
        self._travelled = -1
        for fault in faults:
            site, at = fault.arguments.get("site", math.nan), fault.arguments.get("at", math.nan)
            if math.isnan(site):
                self._begin(fault, 0 if math.isnan(at) else math.ceil(at / period))

    def travel(self, row: int) -> None:
        """Take note that the tip begins to travel sideways in this row."""
        if row == self._travelled:
            return
        self._travelled = row
        self._place += 1
        for fault in self._faults:
            site = fault.arguments.get("site", math.nan)
            if fault.name in _PASSING and site < self._place:
                fault.ends = min(fault.ends, row)
            if site == self._place:
                at = fault.arguments.get("at", math.nan)
                later = 0 if math.isnan(at) else math.ceil(at / self._period)
                self._begin(fault, row + later)

    def active(self, name: str, row: int) -> Fault | None:
        """Return a fault of this name that acts in this row, if there is one."""
        for fault in self._faults:
            if fault.name == name and fault.active(row):
                return fault
        return None

    def named(self, name: str) -> Iterable[Fault]:
        """Return every fault of this name."""
        return (fault for fault in self._faults if fault.name == name)

    def next_change(self, row: int) -> float:
        """Return the next row after this one at which a fault begins or ends, or infinity."""
        edges = [edge for f in self._faults for edge in (f.begins, f.ends) if edge > row]
        return min(edges, default=math.inf)

    def argument(self, name: str, key: str) -> float:
        """Return the sum of an argument over all faults of this name, 0 without any."""
        return math.fsum(fault.arguments[key] for fault in self.named(name))

    def argument_if_active(self, name: str, key: str, row: int) -> float:
        """Return the sum of an argument over the faults of this name that act in a row."""
        return math.fsum(fault.arguments[key] for fault in self.named(name) if fault.active(row))

    def span(self, name: str, key: str, row: int) -> tuple[float, float] | None:
        """Return when a fault that acts in a row began, and an argument of it; both in seconds."""
        fault = self.active(name, row)
        return None if fault is None else (fault.begins * self._period, fault.arguments[key])

    def _begin(self, fault: Fault, row: int) -> None:
        fault.begins = row
        fault.ends = row + fault.arguments.get("for", math.inf) / self._period


def spoil(
    faults: Faults, row: int, potential: FloatArray, current: FloatArray, full_current: float
) -> bool:
    """Apply the faults of the signals to recorded rows, in place.

    Args:
        faults: of the run.
        row: number of the first row; nothing begins or ends within the rows.
        potential: recorded raw volts, shape (n,).
        current: recorded amperes, shape (n,).
        full_current: what a saturated input reads.

    Returns:
        Whether the input is saturated.
    """
    saturated = faults.active("saturated-input", row) is not None
    if saturated:
        current[:] = full_current
    stuck = faults.active("stuck-signal", row)
    if stuck is not None:
        potential[:] = stuck.arguments.setdefault("potential", float(potential[0]))
        current[:] = stuck.arguments.setdefault("current", float(current[0]))
    if faults.active("nan", row) is not None:
        potential[:] = np.nan
        current[:] = np.nan
    return saturated
