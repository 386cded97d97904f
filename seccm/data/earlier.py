"""What files of format 0.1 have of steps and results, as the tables of format 1.0.

Such files say in sentences only how their steps ended, and have results as columns of the site
table only. What was imposed follows from the stored plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray
from seccm.data.header import read_clock, read_header
from seccm.data.journal import Code
from seccm.data.layout import NOT_MEASURED, UM, Column, is_of_feature
from seccm.data.planned import rows_of
from seccm.data.readable import Readable, columns_of
from seccm.data.site_rows import write_checksums
from seccm.data.tables import (
    ENDS,
    EVENTS,
    NOT_TOLD,
    PLANNED,
    QUANTITIES,
    RECIPES,
    RESULTS,
    STEPS,
    Grown,
    Rows,
    append,
    checksums,
    declaration,
    lay_out,
    step_row,
)
from seccm.data.trace import step_rows
from seccm.errors import PlanError
from seccm.events import EndReason, Outcome, StepFinished
from seccm.plan import Plan
from seccm.program.segment import Segment
from seccm.versions import FILE, UNNAMED

_ENDED = re.compile(r"^step (\d+) ended by (.+), charge (\S+) C$")
_LATER = re.compile(r"^(.+)_(\d+)$")
"""A result of a later step: its name, and the number of the step."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A file of format 0.1."""

    data: Mapping[str, Readable]
    plan_json: str
    period: float
    """Seconds from row to row."""

    def table(self, table: Grown) -> tuple[Rows, BoolArray]:
        """Return the rows of one of the tables that files have now, and which can be believed."""
        if table is STEPS:
            return self._steps()
        if table in (PLANNED, RECIPES):
            planned = dict(zip((PLANNED, RECIPES), self._planned(), strict=True))[table]
            return planned, np.ones(len(planned), bool)
        rows = table.rows(list(self._results()) if table is RESULTS else [])
        if table is QUANTITIES:
            rows = table.rows([declaration(column) for column in self._quantities().values()])
        return rows, np.ones(len(rows), bool)

    def _steps(self) -> tuple[Rows, BoolArray]:
        data, programs = self.data, self._programs()
        phase, step = data["phase"], data["step"]
        whole = min(len(phase), len(step), phase.most, step.most)
        phases, steps = _readable(phase, whole), _readable(step, whole)
        starts, sizes = data["row_start"][:], data["row_size"][:]
        extents: dict[int, dict[int, slice]] = {}
        rows, good = [], []
        for k in np.flatnonzero(data["event_code"][:] == Code.STEP_FINISHED).tolist():
            site, last = int(data["event_site"][k]), int(data["event_row"][k])
            ended = _ended(data["event_msg"][k].decode(errors="replace"))
            good.append(ended is not None and 0 <= site < len(starts))
            number, reason, charge = ended or (0, "time", np.nan)
            if good[-1] and site not in extents:
                start = min(int(starts[site]), whole)
                here = slice(start, min(start + int(sizes[site]), whole))
                found = step_rows(phases[here], steps[here])
                extents[site] = {
                    n: slice(start + r.start, start + r.stop) for n, r in found.items()
                }
            extent = extents.get(site, {}).get(number, slice(0, 0))
            size = extent.stop - extent.start
            event = StepFinished(
                last,
                site,
                number,
                cast(EndReason, reason),
                charge,
                (number,),
                first=last - size + 1,
            )
            program = programs[int(data["condition"][site])] if good[-1] and programs else ()
            if number < len(program):
                of = program[number]
                event = replace(
                    event,
                    path=of.path or event.path,
                    kind=of.kind,
                    name=of.name,
                    label=of.label,
                    imposed=of.imposed,
                )
            t = float(data["event_t"][k]) - (size - 1) * self.period
            code = ENDS.index(reason) if good[-1] else NOT_TOLD
            rows.append(step_row(event, code, extent.start, size, t, self.period))
        return STEPS.rows(rows), np.array(good, bool)

    def _planned(self) -> tuple[Rows, Rows]:
        """Return the sites that the plan has; without recipes where they are not those here."""
        try:
            sites = Plan.from_json(self.plan_json).sites()
        except PlanError:
            sites = ()
        count, here = len(self.data["site"]), self.data["condition"][:].tolist()
        if [site.condition for site in sites[:count]] == here:
            return rows_of(sites[:count])
        x, y = (self.data[name][:] / UM for name in ("x_cmd", "y_cmd"))
        planned = np.full(count, -1, PLANNED.row)
        planned["planned_x"], planned["planned_y"] = x, y
        return planned, np.empty(0, RECIPES.row)

    def _programs(self) -> tuple[tuple[Segment, ...], ...]:
        """Return the steps of each condition; none where the plan cannot be read."""
        try:
            patterns = Plan.from_json(self.plan_json).visits().patterns
        except PlanError:
            return ()
        most = int(self.data["condition"][:].max(initial=0))
        return tuple(p.segments for p in patterns) if most < len(patterns) else ()

    def _quantities(self) -> dict[str, Column]:
        """Return what was determined, by name; of a later step under the name without number."""
        found: dict[str, Column] = {}
        for feature in sorted(self._features(), key=len):
            name, column = self._named(feature)[0], self.data[feature]
            words = column.attribute("long_name")
            found.setdefault(name, Column(name, column.unit or "1", words))
        return found

    def _features(self) -> list[str]:
        return [n for n in self.data if f"{n}_err" in self.data and is_of_feature(n, self.data)]

    def _named(self, feature: str) -> tuple[str, int | None]:
        """Return the name of the result in a column, and its step where the name has it."""
        later = _LATER.match(feature)
        if later is None or f"{later[1]}_err" not in self.data:
            return feature, None
        return later[1], int(later[2])

    def _results(self) -> Iterator[dict[str, Any]]:
        steps, good = self._steps()
        rows: dict[int, dict[int, int]] = {}
        for k in np.flatnonzero(good).tolist():
            rows.setdefault(int(steps["step_site"][k]), {})[int(steps["step_number"][k])] = k
        names = list(self._quantities())
        closed = np.flatnonzero(self.data["status"][:] > Outcome.RUNNING)
        columns = {n: [self.data[f"{n}{end}"][:] for end in ("", "_err", "_status")]
                   for n in self._features()}  # fmt: skip
        for site in closed.tolist():
            mine = rows.get(site, {})
            for feature, (values, errors, statuses) in columns.items():
                if statuses[site] == NOT_MEASURED:
                    continue
                name, number = self._named(feature)
                # Which step gave a plain name is plain only where there was a single one.
                only = next(iter(mine.values())) if len(mine) == 1 else -1
                yield {
                    "site": site,
                    "step": only if number is None else mine.get(number, -1),
                    "quantity": names.index(name),
                    "value": values[site],
                    "err": errors[site],
                    "status": statuses[site],
                }


def upgrade(path: Path, file: h5py.File) -> None:
    """Give a file of an earlier format the tables that it does not have.

    Args:
        path: what to call it in messages.
        file: open for writing, its tables each of one length.
    """
    if "format_version" not in file.attrs:
        _tabulate(path, file)


def _tabulate(path: Path, file: h5py.File) -> None:
    """Make the tables that a file of format 0.1 does not have."""
    data = columns_of(path, file)
    earlier = Earlier(data, read_header(file).plan_json, read_clock(file).period)
    filled = [
        (table, earlier.table(table)[0]) for table in (STEPS, RESULTS, QUANTITIES, PLANNED, RECIPES)
    ]
    told = [data[f"{name}_status"].meanings() for name in data if f"{name}_status" in data]
    lay_out(file, (), told[0] if told else {})
    for table, rows in filled:
        append(file, table, rows)
    events = np.empty(len(file["event"]), EVENTS.row)
    for name in EVENTS.row.names or ():
        events[name] = file[name][:]
    file[EVENTS.check.name][:] = checksums(events)
    write_checksums(path, file, np.ones(len(file["site"]), bool))
    file.attrs["format_version"] = str(FILE)


def is_earlier(file: h5py.File) -> bool:
    """Tell whether a file is of format 0.1."""
    return str(file.attrs.get("format_version", UNNAMED)) == str(UNNAMED)


def _ended(said: str) -> tuple[int, str, float] | None:
    """Return number, reason and charge of a step from the sentence about its end."""
    found = _ENDED.match(said)
    if found is None or found[2] not in ENDS or len(found[1]) > 4:
        return None
    try:
        return int(found[1]), found[2], float(found[3])
    except ValueError:
        return None


def _readable(column: Readable, count: int) -> npt.NDArray[Any]:
    """Return the first entries of a column; zero where they cannot be read."""
    found = np.zeros(count, column.dtype)
    for here, part in column.readable_parts(0, count):
        if part is not None:
            found[here] = part
    return found
