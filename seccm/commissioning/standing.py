"""How the calibrations of a rig stand: of what date, how obtained, and whether still good."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seccm.calibration import DAYS, Entry, entries_of, file_of, in_force, misfits, place_of
from seccm.errors import Problem
from seccm.units import show

SCALES = ("inputs.current", "inputs.potential", "cell.current", "cell.potential")
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One calibration of a rig."""

    name: str
    """The scale, such as "inputs.current (1 nA)", or the figure."""
    value: str
    """In words."""
    made: str
    """The date as it is read, or empty where the rig file has it in words of its own."""
    how: str
    """How it was obtained, and where the record is."""
    age: float
    """Days; NaN where the date is not known."""
    doubt: str = ""
    """Why it is not to be relied on, as a sentence; empty if it is."""

    def __str__(self) -> str:
        old = f", {age_words(self.age)}" if self.made else ""
        said = f"{self.name}: {self.value}; {self.made}{old}{', ' if self.made else ''}{self.how}."
        return f"{said} {self.doubt}".rstrip()


def age_words(days: float) -> str:
    """Say how long ago something was."""
    if days < 1.0:
        return "today" if days >= 0.0 else "in the future"
    whole = math.floor(days)
    return f"{whole} day{'s' if whole > 1 else ''} ago"


def standings(config: Mapping[str, Any], now: datetime, device: str = "") -> tuple[Standing, ...]:
    """Return how all calibrations stand.

    Args:
        config: the rig file as `load_rig` reads it.
        now: with its time zone.
        device: which one answers; empty where that is not known.
    """
    days = config.get("calibration", {}).get("days", DAYS)
    current = in_force(entries_of(config))
    found = {name: _of(name, *where, config, now, device, days) for name, where in current.items()}
    for place, table in _scales(config):
        if place not in found:
            value = f"{table.get('gain', '?')}, {table.get('offset', '?')} at zero"
            how = str(table.get("calibrated", "not stated"))
            found[place] = Standing(place, value, "", f"in the rig file: {how}", math.nan)
    return tuple(sorted(found.values(), key=lambda one: (one.name.count(".") == 0, one.name)))


def doubts(config: Mapping[str, Any], now: datetime, device: str = "") -> tuple[Problem, ...]:
    """Return a warning for every calibration that is not to be relied on, or not there."""
    found = [
        Problem(f"calibration of {one.name}", one.doubt, severity="warning")
        for one in standings(config, now, device)
        if one.doubt
    ]
    path = file_of(config)
    if path is not None and not entries_of(config):
        what = f"{path} is still empty."
        remedy = "Begin with: seccm rig test-resistor RIG --ohms R."
        found.append(Problem("calibration", what, remedy, severity="warning"))
    return tuple(found)


def _of(
    name: str,
    entry: Entry,
    key: str,
    config: Mapping[str, Any],
    now: datetime,
    device: str,
    days: float,
) -> Standing:
    """Return how the newest entry about something stands."""
    if key:
        table = entry.tables[key]
        value = f"{table['gain']}, {table['offset']} at zero"
    else:
        value = show(*entry.figures[name])
    age = (now - entry.when).total_seconds() / DAY
    how = f"{entry.how}, {entry.report}"
    wrong = list(misfits(entry, key, config))
    if device and entry.device and entry.device != device:
        wrong.append(f"on {entry.device}, but this is {device}")
    doubt = ""
    if wrong:
        unused = " It is not used." if key else ""
        doubt = f"It was made {'; '.join(wrong)}.{unused} Calibrate again."
    elif age > days:
        doubt = f"It is older than {days:g} days. Calibrate again."
    return Standing(name, value, f"{entry.when:%Y-%m-%d %H:%M}", how, age, doubt)


def _scales(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through the scales that a rig file has; of a range switch, the position that is set."""
    for key in SCALES:
        group, _, name = key.partition(".")
        table = config.get(group, {}).get(name)
        if table is None:
            continue
        place = place_of(key, table)
        if "ranges" in table:
            [row, *_] = [one for one in table["ranges"] if one["name"] == table["range"]]
            table = row
        yield place, table
