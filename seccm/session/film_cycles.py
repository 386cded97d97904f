"""When plating and stripping were commanded at a site: what a film of it is cut by."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from seccm.analysis.step_trace import steps_ran
from seccm.analysis.voltammetry import cycles as charges
from seccm.arrays import FloatArray
from seccm.data import Scan, SiteRecord
from seccm.errors import PlanError, Problem
from seccm.imaging.irm.coulombic import Cycle
from seccm.plan import Plan
from seccm.program.segment import Segment
from seccm.text_files import Unreadable, read_text
from seccm.units import number

_TITLES = ("start (s)", "turn (s)", "end (s)")
_CE = "CE"


@dataclass(frozen=True, slots=True)
class Commanded:
    """What was done at a site; arrays have shape (rows,)."""

    cycles: tuple[Cycle, ...]
    """By seconds since contact."""
    t: FloatArray
    """Seconds since contact."""
    charge: FloatArray
    """That has passed until then, coulombs, cathodic negative."""
    grown: float = math.inf
    """When the first plating was over, seconds since contact."""

    def at(self, t: FloatArray) -> FloatArray:
        """Return the charge that had passed at times since contact."""
        return np.interp(t, self.t, self.charge)

    def later(self, by: float) -> Commanded:
        """Return the same by the seconds since a later moment."""
        moved = tuple(
            Cycle(c.start - by, c.turn - by, c.end - by, c.efficiency) for c in self.cycles
        )
        return Commanded(moved, self.t - by, self.charge, self.grown - by)


def commanded(scan: Scan, site: int) -> Commanded | None:
    """Return what was commanded at a site; None where it has no contact.

    A cycle of a voltammogram lasts from one commanded vertex to the next one of the same side; its
    plating is over where the commanded potential comes back above 0 V against the reference. A
    negative constant current and the positive one after it are a cycle, too.

    Args:
        scan: the data file.
        site: its number.
    """
    record = scan.record(site)
    if not math.isfinite(record.t_contact) or record.t.size < 2:
        return None
    plan = Plan.from_json(scan.plan_json, source=str(scan.path))
    offset = float(plan.reference.offset)
    ran = steps_ran(scan.planned[site], record)
    bounds = sorted([*_swept(ran, record, offset), *_in_pairs(ran, record)])
    current = np.where(np.isfinite(record.I), record.I, 0.0)
    passed = np.concatenate(
        [[0.0], np.cumsum(np.diff(record.t) * (current[1:] + current[:-1]) / 2)]
    )
    found = []
    for start, turn, end in bounds:
        counted = charges(record.t, record.E, record.I, np.array([start, end]))
        value = counted.cycles[0].efficiency if counted.cycles else None
        efficiency = value.value if value is not None and value.status.has_value else math.nan
        a, b, c = (at - record.t_contact for at in (start, turn, end))
        found.append(Cycle(a, b, c, efficiency))
    over = max((_ends(record, rows) for rows in record.steps.values()), default=math.inf)
    plated = [_ends(record, record.steps[k]) for k, step in ran.items() if _plates(step)]
    grown = bounds[0][1] if bounds else min(plated, default=over)
    return Commanded(
        cycles=tuple(found),
        t=record.t - record.t_contact,
        charge=passed,
        grown=grown - record.t_contact,
    )


def _plates(step: Segment) -> bool:
    """Tell whether a step imposes a cathodic current."""
    return step.mode == "current" and step.waveform.extremes[1] < 0


def _begins(record: SiteRecord, rows: slice) -> float:
    """Return when a step began: rows are stamped when they are complete."""
    first = rows.start
    return float(record.t[first - 1] if first else record.t[first])


def _swept(
    ran: Mapping[int, Segment], record: SiteRecord, offset: float
) -> Iterator[tuple[float, float, float]]:
    """Yield start, turn and end of each complete cycle of a voltammogram, seconds of the run."""
    for index, segment in ran.items():
        bounds = segment.cycles
        began, stopped = _begins(record, record.steps[index]), _ends(record, record.steps[index])
        for start, end in pairwise(bounds):
            if began + end > stopped + 1e-3 * (end - start):
                return
            t = np.linspace(start, end, 4001)
            E = segment.waveform.at(t) + offset
            lowest = int(np.argmin(E))
            back = np.flatnonzero(E[lowest:] >= 0)
            turn = lowest + (int(back[0]) if back.size else 0)
            yield began + start, began + float(t[turn]), began + end


def _in_pairs(
    ran: Mapping[int, Segment], record: SiteRecord
) -> Iterator[tuple[float, float, float]]:
    """Yield start, turn and end of each plating by a constant current and its stripping."""
    steps = [(k, s) for k, s in ran.items() if s.mode == "current"]
    for (k, first), (j, second) in pairwise(steps):
        if _plates(first) and second.waveform.extremes[0] > 0:
            rows, last = record.steps[k], record.steps[j]
            yield _begins(record, rows), _begins(record, last), _ends(record, last)


def _ends(record: SiteRecord, rows: slice) -> float:
    return float(record.t[rows.stop - 1])


def read_cycles(path: Path) -> tuple[Cycle, ...]:
    """Read cycles from a table: start, turn and end in seconds since contact, and CE if known.

    Raises:
        PlanError: what is wrong with the table.
    """
    try:
        lines = [line for line in read_text(path).splitlines() if line.strip()]
    except Unreadable as error:
        raise PlanError(str(path), [Problem("cycles", str(error))]) from None
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)]
    titles = rows[0] if rows else []
    if missing := [title for title in _TITLES if title not in titles]:
        what = f"there is no column {missing[0]!r}; its columns are {', '.join(titles)}."
        raise PlanError(str(path), [Problem("cycles", what)])
    found: list[Cycle] = []
    wrong = []
    for at, row in enumerate(rows[1:], 2):
        cells = dict(zip(titles, row, strict=False))
        try:
            start, turn, end = (number(cells[title]) for title in _TITLES)
            efficiency = number(cells[_CE]) if cells.get(_CE) else math.nan
            if not start < turn < end:
                raise ValueError("start, turn and end must come one after the other")
            if found and start < found[-1].end:
                before = found[-1].end
                raise ValueError(
                    f"starts at {start:g} s, before the last cycle ends at {before:g} s"
                )
        except (ValueError, KeyError) as error:
            wrong.append(Problem(f"line {at}", f"{error}."))
            continue
        found.append(Cycle(start, turn, end, efficiency))
    if not found and not wrong:
        wrong.append(Problem("cycles", "the table has none."))
    if wrong:
        raise PlanError(str(path), wrong)
    return tuple(found)
