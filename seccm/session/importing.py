"""Importing: what another program measured becomes a data file, analysed as a run would be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np

from seccm.analysis.features import Features
from seccm.arrays import FloatArray
from seccm.data import Header, Store
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
from seccm.results import charge
from seccm.rig import Block, Clock
from seccm.session.reading import read_foreign

_BROKEN_OFF = "the measurement ends before the programme of the plan does"


def import_file(path: str | Path, target: str | Path | None = None) -> Path:
    """Read a file of another program and make a data file of it; see `seccm.readers`.

    Args:
        path: the other program's file.
        target: the data file to make; the same name with .h5 unless given.

    Returns:
        The path of the data file.

    Raises:
        DataFileError: no reader knows the file, it is damaged, it does not fit its plan, or the
            data file exists already. The other program's file is never changed.
    """
    source = Path(path)
    reader, scan, sites = read_foreign(source)
    made = source.with_suffix(".h5") if target is None else Path(target)
    features = Features(scan.plan)
    header = _header(source, reader, scan)
    clock = Clock(1.0 / scan.period, 1, 1)
    with Store(made, header, sites, features.layout, clock, features) as store:
        row = 0
        for site, measured in zip(sites, scan.sites, strict=False):
            block, events = _told(site, measured, row, clock, scan.plan.reference.offset)
            store.record(block, events)
            store.barrier()
            row = block.stop
        store.close("complete" if len(scan.sites) == len(sites) else "stopped")
    return made


def _header(source: Path, reader: Reader, scan: ReadScan) -> Header:
    rig = {"source": scan.rig, "config": {"kind": "imported"}, "faults": [], "info": {}}
    return Header(
        title=scan.plan.title,
        plan_json=scan.plan.to_json(),
        rig_json=json.dumps(rig, ensure_ascii=False),
        virtual=False,
        reference=scan.plan.reference.name,
        reference_offset=scan.plan.reference.offset,
        started_at=scan.started_at,
        uuid=str(uuid4()),
        extra={"imported_from": shown(source.name), "imported_by": f"reader {shown(reader.name)}"},
    )


def _told(
    site: Site, measured: ReadSite, row: int, clock: Clock, offset: float
) -> tuple[Block, tuple[Event, ...]]:
    """Tell a site as a run would: one data point of travel, the steps, one of the retract."""
    lengths = [step.potential.size for step in measured.steps]
    first, last = row + 1, row + sum(lengths) + 1
    # Nothing is known of the data points around the steps; the file needs them to tell sites apart.
    potential = _around([step.potential - offset for step in measured.steps])
    current = _around([step.current for step in measured.steps])
    data = {"potential": potential, "current": current}
    for axis, value in (("x", measured.x), ("y", measured.y), ("z", measured.z)):
        data[axis] = np.full(len(potential), value)
    block = Block(row, data, np.zeros(len(potential), np.uint8), clock)
    return block, (
        SiteStarted(row, site.number),
        PhaseBegan(row, site.number, Phase.TRAVEL),
        Approaching(row, site.number, 0),
        Landed(first, site.number, _landing(measured, first), None),
        *_steps(site, measured, first, clock),
        PhaseBegan(last, site.number, Phase.RETRACT),
        _finished(site, measured, last),
    )


def _steps(site: Site, measured: ReadSite, first: int, clock: Clock) -> Iterator[Event]:
    for segment, step in zip(site.segments, measured.steps, strict=False):
        after = first + step.current.size
        passed = charge(clock.period * np.arange(1.0, step.current.size + 1), step.current)
        yield PhaseBegan(first, site.number, Phase.STEP, segment.index, segment.kind)
        yield segment.finished(site.number, first, after - 1, "time", float(passed[-1]))
        first = after


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
