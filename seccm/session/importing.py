"""Importing: what another program measured becomes a data file, analysed as a run would be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from seccm.analysis.features import Features
from seccm.arrays import FloatArray
from seccm.data import Header, Store
from seccm.data.header import IMPORTED_FROM, NOT_DATED
from seccm.errors import shown
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Landing,
    Outcome,
    Phase,
    PhaseBegan,
    SiteFinished,
    SiteStarted,
)
from seccm.plan.site import Site
from seccm.readers import Reader, ReadScan, ReadSite
from seccm.readers.fingerprint import fingerprint
from seccm.readers.said import Said
from seccm.results import charge
from seccm.rig import Block, Clock
from seccm.session.reading import read_foreign

_BROKEN_OFF = "the measurement ends before the programme of the plan does"


class Imported(type(Path())):  # type: ignore[misc]
    """The path of a data file that was made of a file of another program."""

    understood: tuple[str, ...] = ()
    """How the file was understood, in sentences."""


def import_file(
    path: str | Path,
    target: str | Path | None = None,
    *,
    said: Said | None = None,
    reader: str = "",
) -> Imported:
    """Read a file of another program and make a data file of it; see `seccm.readers`.

    Args:
        path: the other program's file, or a folder with a file for each site.
        target: the data file to make; the same name with .h5 unless given.
        said: what the file leaves open and its user knows: units, sign, columns, places.
        reader: the name of the reader to take; the first that knows the file unless given.

    Returns:
        The path of the data file, which says how the file was understood.

    Raises:
        DataFileError: no reader knows the file, it is damaged, it does not fit its plan, or the
            data file exists already. The other program's file is never changed.
    """
    source = Path(path)
    said = said or Said()
    found, scan, sites = read_foreign(source, said, reader)
    made = Path(f"{source}.h5") if source.is_dir() else source.with_suffix(".h5")
    made = made if target is None else Path(target)
    features = Features(scan.plan)
    header = _header(source, found, scan, said)
    clock = Clock(1.0 / scan.period, 1, 1)
    with Store(made, header, sites, features.layout, clock, features) as store:
        row = 0
        for site, measured in zip(sites, scan.sites, strict=False):
            block, events = _told(site, measured, row, clock, scan.plan.reference.offset)
            store.record(block, events)
            store.barrier()
            row = block.stop
        store.close("complete" if len(scan.sites) == len(sites) else "stopped")
    imported = Imported(made)
    imported.understood = scan.understood
    return imported


def _header(source: Path, reader: Reader, scan: ReadScan, said: Said) -> Header:
    start = {} if scan.started_at else {NOT_DATED: "the imported file does not say when it began"}
    given = {f.name: getattr(said, f.name) for f in fields(said) if getattr(said, f.name)}
    told = json.dumps(given, ensure_ascii=False, default=asdict)
    rig = {"source": scan.rig, "config": {"kind": "imported"}, "faults": [], "info": {}}
    return Header(
        title=scan.plan.title,
        plan_json=scan.plan.to_json(),
        rig_json=json.dumps(rig, ensure_ascii=False),
        virtual=False,
        reference=scan.plan.reference.name,
        reference_offset=scan.plan.reference.offset,
        reference_uncertainty=scan.plan.reference.uncertainty,
        started_at=scan.started_at or datetime.now(UTC).isoformat(timespec="seconds"),
        uuid=str(uuid4()),
        extra={
            IMPORTED_FROM: shown(source.name),
            "imported_by": f"reader {shown(reader.name)}",
            "imported_sha256": fingerprint(source),
            "imported_as": shown("; ".join(scan.understood)),
            "imported_with": shown(told),
            **start,
        },
    )


def _told(
    site: Site, measured: ReadSite, row: int, clock: Clock, offset: float
) -> tuple[Block, tuple[Event, ...]]:
    """Tell a site as a run would: one data point of travel, the steps, one of the retract."""
    firsts, numbers = _numbered(measured, row + 1, clock)
    first, last = row + 1, firsts[-1]
    # Nothing is known of the data points around the steps; the file needs them to tell sites apart.
    potential = _around([step.potential - offset for step in measured.steps])
    current = _around([step.current for step in measured.steps])
    data = {"potential": potential, "current": current}
    for axis, value in (("x", measured.x), ("y", measured.y), ("z", measured.z)):
        data[axis] = np.full(len(potential), value)
    flags = np.zeros(len(potential), np.uint8)
    block = Block(row, data, flags, clock, numbers=np.concatenate([[row], numbers, [last]]))
    return block, (
        SiteStarted(row, site.number),
        PhaseBegan(row, site.number, Phase.TRAVEL),
        Approaching(row, site.number, 0),
        Landed(first, site.number, _landing(measured, first), None),
        *_steps(site, measured, firsts, clock),
        PhaseBegan(last, site.number, Phase.RETRACT),
        _finished(site, measured, last),
    )


def _numbered(
    measured: ReadSite, first: int, clock: Clock
) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Return the first row of each step, and of what comes after; and the row of each data point.

    Steps with times of their own have rows between their data points that are missing.
    """
    firsts, numbers = [first], [np.zeros(0, np.int64)]
    for step in measured.steps:
        if step.t is None:
            own = np.arange(step.current.size)
        else:
            own = np.rint((step.t - step.t[0]) / clock.period).astype(np.int64)
        numbers.append(firsts[-1] + own)
        gap = int(own[-1] - own[-2]) if own.size > 1 else 1
        firsts.append(firsts[-1] + int(own[-1]) + gap)
    return firsts, np.concatenate(numbers)


def _steps(site: Site, measured: ReadSite, firsts: Sequence[int], clock: Clock) -> Iterator[Event]:
    for number, (segment, step) in enumerate(zip(site.segments, measured.steps, strict=False)):
        first, after = firsts[number], firsts[number + 1]
        t = clock.period * np.arange(1.0, step.current.size + 1) if step.t is None else step.t
        passed = charge(t, step.current)
        last = after - 1 if step.t is None else first + round((t[-1] - t[0]) / clock.period)
        yield PhaseBegan(first, site.number, Phase.STEP, segment.index, segment.kind)
        yield segment.finished(site.number, first, last, "time", float(passed[-1]))


def _finished(site: Site, measured: ReadSite, row: int) -> SiteFinished:
    whole = len(measured.steps) == len(site.segments)
    outcome = Outcome.OK if whole else Outcome.ABORTED
    return SiteFinished(row, site.number, outcome, "" if whole else _BROKEN_OFF)


def _landing(measured: ReadSite, row: int) -> Landing:
    nothing = math.nan
    return Landing(
        row=row,
        z=measured.z,
        z_crossing=measured.z,
        signal=nothing,
        baseline=nothing,
        latency=nothing,
        overtravel=nothing,
        attempt=0,
        x=measured.x,
        y=measured.y,
    )


def _around(parts: list[FloatArray]) -> FloatArray:
    """Put the steps after one another, with one data point of nothing before and after."""
    nothing = np.array([math.nan])
    return np.concatenate([nothing, *parts, nothing])
