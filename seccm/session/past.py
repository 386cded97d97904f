"""What a file says of its run: what ran, and what its landings show of the surface."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seccm.analysis.quality import Quality
from seccm.analysis.step_features import measured
from seccm.analysis.step_trace import step_traces, without_breaks
from seccm.data import Scan, SiteRecord, open_scan
from seccm.data.journal import Code
from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.hopping.before import Before, Ran
from seccm.hopping.last_rows import LastRows
from seccm.hopping.terrain import Terrain
from seccm.plan import Plan
from seccm.plan.instruction import is_instructed
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.program.live import Known
from seccm.program.program import Program
from seccm.program.trace import Area
from seccm.results import Status, Value
from seccm.rig import Block, Clock
from seccm.rigs import RigFile

DOUBTED = Quality.DOUBTFUL_CONTACT | Quality.NOT_BACK
"""What is wrong with sites whose landings may not have been at the surface."""


def what_ran(path: str | Path) -> tuple[Plan, RigFile, int, tuple[str, ...]]:
    """Return plan, rig file, seed and faults of the run in a file.

    Raises:
        DataFileError: the file cannot be read.
        PlanError: the plan in the file is not one.
    """
    with open_scan(Path(path)) as scan:
        return read_what_ran(scan)


def read_what_ran(scan: Scan) -> tuple[Plan, RigFile, int, tuple[str, ...]]:
    """Read back from a file what its run was made of."""
    source = str(scan.path)
    plan = Plan.from_json(scan.plan_json, source=source)
    try:
        rig = json.loads(scan.header.rig_json)
        config, faults = dict(rig["config"]), [str(fault) for fault in rig["faults"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DataFileError(
            f"{source}: the rig that is stored in the file is damaged ({error}), so that the run "
            "cannot be resumed. Nothing moved. Use a copy of the file, if there is one."
        ) from error
    rig_file = RigFile(f"the rig in {source}", config)
    return plan, rig_file, scan.header.seed or 0, _lasting(scan, faults)


def stored(scan: Scan) -> tuple[list[Site], list[Site]]:
    """Return the sites of a file as they were meant to be, and those of them that are left.

    Raises:
        DataFileError: the file does not say what is to be done at one that is left.
    """
    planned, remaining = scan.planned, scan.remaining()
    unknown = [number for number in remaining if number not in planned]
    if unknown:
        raise DataFileError(
            f"{scan.path}: what is to be done at site {unknown[0]} cannot be read: the file is "
            "damaged there, or a package with its kind of step, contact or way is not installed. "
            "Nothing moved. Install the package, or use a copy of the file."
        )
    # With why they were asked for: a planner counts what it asked for itself, not what persons did.
    why = scan.decisions
    left = [replace(planned[number], decision=why.get(number)) for number in remaining]
    return list(planned.values()), left


def finished(scan: Scan) -> tuple[Finished, ...]:
    """Return the finished sites of a file, as its planner was told of them.

    Raises:
        DataFileError: the file does not say what was to be done at one of them.
    """
    planned, sites, found = scan.planned, scan.sites, []
    columns = sorted(scan.features, key=lambda column: column.name)
    for number in np.flatnonzero(sites["status"] > Outcome.RUNNING).tolist():
        if number not in planned:
            raise DataFileError(
                f"{scan.path}: what was to be done at site {number} cannot be read, so that the "
                "planner cannot be told of it. Nothing moved. Use a copy of the file."
            )
        results = {
            column.name: Value(
                float(sites[column.name][number]),
                float(sites[f"{column.name}_err"][number]),
                Status.read(int(sites[f"{column.name}_status"][number])),
            )
            for column in columns
        }
        outcome = Outcome(int(sites["status"][number]))
        ended = float(sites["t_end"][number])
        wanted = is_instructed(scan.decisions.get(number))
        landing = scan.landing(number)
        found.append(Finished(planned[number], outcome, landing, results, ended, instructed=wanted))
    # A site that a person wanted may have been visited before one that has a lower number. One that
    # a kill broke off has no end; what came after it was told later all the same.
    began = sites["t_start"]

    def when(one: Finished) -> tuple[bool, float, int]:
        number = one.site.number
        time = one.ended if math.isfinite(one.ended) else float(began[number])
        return not math.isfinite(time), time, number

    return tuple(sorted(found, key=when))


def before(scan: Scan, site: Site, offset: float, area: Area) -> Before:
    """Return what a file says of a site that broke off, for the session that goes on with it.

    Args:
        scan: the file.
        site: the site, as it was planned.
        offset: volts that turn a raw potential into one against the reference.
        area: that densities at the site refer to.

    Raises:
        DamagedError: it cannot be read.
    """
    record = scan.record(site.number)
    asked = isinstance(site.program, Program) and bool(site.program.asked)
    traces = step_traces(site, record, offset, area) if asked else ()
    places = {trace.segment.index: k for k, trace in enumerate(traces)}
    steps = []
    for end in sorted(record.ends, key=lambda end: end.step):
        last = LastRows(scan.clock, site.program.mains)
        for block in _blocks(record, record.steps.get(end.step, slice(0, 0)), scan.clock, 0):
            last.add(block)
        known = Known(last.potential, last.current, end.charge, last.seconds)
        place = places.get(end.step)
        found = {} if place is None else measured(traces[place], traces[:place])
        steps.append(Ran(end.path, known, found))
    under_way = record.steps.get(len(steps))
    if under_way is None:
        return Before(tuple(steps))
    (*_, newest) = _blocks(record, under_way, scan.clock, 0)
    return Before(
        tuple(steps),
        newest.stop,
        lambda row: _blocks(record, under_way, scan.clock, row - newest.stop),
    )


def passed(scan: Scan, sites: Iterable[Site]) -> dict[str, tuple[float, float]]:
    """Return the net charge that passed at each electrode of a file, by its label.

    Returns:
        Coulombs, and the seconds of the steps in which they have passed.
    """
    labels, steps = {site.number: site.label for site in sites}, scan.steps
    each = zip(steps["site"], steps["charge"], steps["size"] * steps["period"], strict=True)
    parts = [(int(number), float(charge), float(time)) for number, charge, time in each]
    if (broken := scan.broken_off) is not None:
        record = scan.record(broken)
        ended = {end.step for end in record.ends}
        for step, rows in record.steps.items():
            if step not in ended:
                current, period = record.I[rows], scan.clock.period
                parts.append((broken, float(np.nansum(current)) * period, len(current) * period))
    found: dict[str, tuple[float, float]] = {}
    for number, charge, seconds in parts:
        if (label := labels.get(number)) and math.isfinite(charge):
            before, since = found.get(label, (0.0, 0.0))
            found[label] = before + charge, since + seconds
    return found


def _blocks(record: SiteRecord, rows: slice, clock: Clock, since: int) -> Iterator[Block]:
    """Yield the rows of a step as blocks of a stream, the first of them with a number."""
    if rows.stop <= rows.start:
        return
    t = without_breaks(record, rows, clock.period)
    numbers = np.rint((t - t[0]) / clock.period).astype(int)
    cuts = np.flatnonzero(np.diff(numbers) != 1) + 1
    for part in np.split(np.arange(len(t)), cuts):
        here = slice(rows.start + int(part[0]), rows.start + int(part[-1]) + 1)
        yield Block(
            since + int(numbers[part[0]]),
            {"potential": record.E[here], "current": record.I[here]},
            record.flag[here],
            clock,
        )


def region_below(scan: Scan, sites: Sequence[Site], left: Sequence[Site]) -> str:
    """Return the region that lies below the tip when a run goes on; empty where nobody knows.

    Where the next site is in another one, a person may have begun to move the sample. Where its
    surface was looked for in vain, somebody may have brought it closer.

    Args:
        scan: the file.
        sites: of it, as they were planned.
        left: those of them that are left.
    """
    touched = _touched(scan)
    if not touched:
        return ""
    here = sites[touched[-1]].region
    outcomes, landed = scan.sites["status"], scan.sites["landed"]
    since = _here(scan, sites)
    vain = any(Outcome(int(outcomes[k])).no_contact for k in since)
    if vain and not any(landed[k] for k in since):
        return ""
    return here if not left or left[0].region == here else ""


def _touched(scan: Scan) -> list[int]:
    """Return the sites that were touched or finished, in the order in which that was."""
    began = np.where(scan.sites["status"] > Outcome.PLANNED, scan.sites["t_start"], math.nan)
    return sorted(np.flatnonzero(np.isfinite(began)).tolist(), key=lambda k: float(began[k]))


def _here(scan: Scan, sites: Sequence[Site]) -> set[int]:
    """Return the sites since the sample was moved last: those before say nothing of its surface."""
    found: set[int] = set()
    for number in reversed(_touched(scan)):
        if found and sites[number].region != sites[max(found)].region:
            break
        found.add(number)
    return found


def known_surface(scan: Scan, begins_at: float, planned: Sequence[Site] = ()) -> Terrain:
    """Return what the sites of a file say of the surface, on the clock of a session.

    Args:
        scan: the file.
        begins_at: the time in it at which the session begins, in seconds.
        planned: its sites, in a plan with regions: those in other ones are left out.
    """
    terrain, sites = Terrain(), scan.sites
    ended = np.where(np.isfinite(sites["t_end"]), sites["t_end"], math.nan)
    if planned:
        here = _here(scan, planned)
        ended = np.where([k in here for k in range(len(sites))], ended, math.nan)
    for number in sorted(np.flatnonzero(np.isfinite(ended)), key=lambda k: float(ended[k])):
        if sites["landed"][number]:
            x, y, z = (float(sites[name][number]) for name in ("x_cmd", "y_cmd", "z_contact"))
            if math.isfinite(z):  # else the way of the plan looks for no surface
                terrain.tell(x, y, z, float(sites["t_contact"][number]) - begins_at)
                if int(sites["quality"][number]) & DOUBTED:
                    terrain.doubt()
        elif Outcome(int(sites["status"][number])).no_contact:
            terrain.miss()
        if terrain.in_doubt:
            terrain.asked()
    return terrain


def _lasting(scan: Scan, faults: Sequence[str]) -> tuple[str, ...]:
    """Leave out the faults of the site at which the run failed: who resumes it has repaired them.

    The site may be visited again, and a rig that fails there each time would never finish.
    """
    failed = np.flatnonzero(scan.events["code"] == Code.FAULT)
    if scan.state != "fault" or len(failed) == 0:
        return tuple(faults)
    there = f"site={scan.events['site'][failed[-1]]}"
    return tuple(fault for fault in faults if there not in re.split("[@,]", fault))
