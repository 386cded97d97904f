"""Data files made without a rig: virtual cells, driven directly, written through the store.

The motion is a sketch, as short as can be; the steps are what a plan imposes on a real cell
model, so that features and figures have something to find.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from seccm.analysis.features import Features
from seccm.data import Header, Store
from seccm.events import (
    Approaching,
    Landed,
    Landing,
    Outcome,
    Phase,
    PhaseBegan,
    RunStarted,
    RunStopped,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.plan import Plan, load_plan
from seccm.plan.decision import Decision
from seccm.plan.site import Site
from seccm.program.segment import Segment
from seccm.rig import Block, Clock, Flag
from seccm.rigs import load_rig
from sim.cell import Cell, Droplet
from sim.lithium import LithiumCell, LithiumParameters
from sim.redox import RedoxCell, RedoxParameters

CLOCK = Clock()
TRAVEL, SETTLE, APPROACH, RETRACT = 10, 10, 40, 20
"""Rows of each phase."""
OVERLOAD = 10.0
NOISE_E, NOISE_I = 0.3e-3, 0.1e-12

CellOf = Callable[[Plan, Site, np.random.Generator], Cell]


def lithium(plan: Plan, site: Site, rng: np.random.Generator) -> Cell:
    """A droplet on gold, scattered as the virtual rig scatters it: of 6 um, or of 10 um."""
    capacity, rate, radius = rng.standard_normal(3)
    large = plan.probe.aperture > 8e-6
    scale = (1.0 if large else 0.60) * np.exp(0.06 * capacity)
    cell = LithiumCell(LithiumParameters().scaled(scale, float(np.exp(0.4 * rate))))
    a, w, h = (5e-6, 11e-6, 2e-6) if large else (3e-6, 4.66e-6, 1.2e-6)
    cell.wet(Droplet(a, w * (1 + 0.015 * radius), h, np.radians(18)))
    return cell


def couple(plan: Plan, site: Site, rng: np.random.Generator) -> Cell:
    """A droplet of a 1 um pipette with a reversible couple; its concentration rises along x."""
    cell = RedoxCell(RedoxParameters(reduced=1.0 + 0.1 * site.ix, capacitance=0.02))
    cell.wet(Droplet(0.5e-6, 0.5e-6 * (1 + 0.02 * rng.standard_normal()), 0.2e-6, np.radians(10)))
    return cell


def smaller(plan: Plan | str, **changes: object) -> Plan:
    """A plan with some of its tables replaced, such as a smaller grid."""
    plan = plan if isinstance(plan, Plan) else load_plan(plan)
    return plan.replace(**changes)


def small_screen(**changes: object) -> Plan:
    """Three current densities in rows of four; the lowest does not nucleate."""
    tables: dict[str, object] = {
        "sites": {"kind": "grid", "columns": 4, "rows": 3, "pitch": 11e-6},
        "factors": {"j": ["-2.2 A/m^2", "-11.5 A/m^2", "-29.2 A/m^2"]},
    }
    return smaller("li-on-au-combinatorial", **{**tables, **changes})


def small_cycling(cycles: int = 3, columns: int = 2) -> Plan:
    """Voltammograms of lithium on gold, fast and few."""
    return smaller(
        "li-on-au-cv",
        sites={"kind": "grid", "columns": columns, "rows": 1, "pitch": 30e-6},
        program=[
            {"step": "cv", "start": 1.47, "vertices": [-0.27], "cycles": cycles, "scan_rate": 1.0}
        ],
    )


def small_couple() -> Plan:
    """Waves of a dissolved couple, three by three."""
    return smaller("redox-cv-map", sites={"kind": "grid", "columns": 3, "rows": 3, "pitch": 4e-6})


def write_scan(
    path: Path,
    plan: Plan,
    cell_of: CellOf = lithium,
    *,
    outcomes: Mapping[int, Outcome] | None = None,
    status: str | None = "complete",
    visited: int | None = None,
    live: bool = True,
    virtual: bool = True,
    seed: int = 0,
    rig: str = "",
    uuid: str = "00000000-0000-0000-0000-000000000001",
) -> Path:
    """Write the file of a scan.

    Args:
        path: of the file to be made.
        plan: what was to be done.
        cell_of: makes the droplet of a site.
        outcomes: of sites that went wrong; NO_CONTACT, SKIPPED and FAULT are acted out.
        status: what became of the run; None leaves the file as a killed program does.
        visited: how many sites the run came to.
        live: whether features were determined as sites finished.
        virtual: what the file says of itself.
        seed: of all scatter and noise.
        rig: which the file says it was made with, so that its run can be resumed.
        uuid: which the file has.
    """
    features = Features(plan)
    told: dict[str, object] = {"source": "made for a test", "info": {"name": "no rig"}}
    if rig:
        told |= {"config": load_rig(rig).config, "faults": []}
    header = Header(
        title=plan.title,
        plan_json=plan.to_json(),
        rig_json=json.dumps(told),
        virtual=virtual,
        reference=plan.reference.name,
        reference_offset=plan.reference.offset,
        started_at="2026-01-02T03:04:05+00:00",
        uuid=uuid,
        seed=seed,
    )
    columns = features.layout
    if not live:
        columns = dataclasses.replace(columns, features=())
    live_file = path if status is not None else path.with_suffix(".live.h5")
    store = Store(live_file, header, plan.sites(), columns, CLOCK, features if live else None)
    run = _Run(plan, cell_of, seed)
    store.record(None, [RunStarted(0, plan.title, len(plan.sites()), "no rig", virtual)])
    for site in plan.sites()[:visited]:
        outcome = (outcomes or {}).get(site.number, Outcome.OK)
        for block, events in run.visit(site, outcome):
            store.record(block, events)
    store.decide(len(plan.sites()), Decision("All places were visited.", seed=seed))
    store.barrier()
    if status is None:
        shutil.copyfile(live_file, path)
    store.record(None, [RunStopped(run.row, status or "fault", "")])
    store.close(status or "fault")
    return path


class _Run:
    """A tip without a stage: rows come out as they would of a rig."""

    def __init__(self, plan: Plan, cell_of: CellOf, seed: int) -> None:
        self._plan, self._cell_of = plan, cell_of
        self._rng = np.random.default_rng(seed)
        self.row = 0

    def visit(self, site: Site, outcome: Outcome):
        """Yield blocks of one site, each with the events that belong to it."""
        rng, n = self._rng, site.number
        galvanostatic = site.approach.hold.mode == "current"
        idle_e = OVERLOAD if galvanostatic else site.approach.hold.value
        flags = np.uint8(Flag.OVERLOAD if galvanostatic else 0)
        surface = 40e-6 + 3e-3 * site.x - 2e-3 * site.y + 3e-9 * rng.standard_normal()
        start = self.row
        yield (
            self._rows(site, TRAVEL + SETTLE, idle_e, surface + 8e-6, flags),
            (
                SiteStarted(start, n),
                PhaseBegan(start, n, Phase.TRAVEL),
                PhaseBegan(start + TRAVEL, n, Phase.SETTLE),
            ),
        )
        start = self.row
        z = np.linspace(surface + 8e-6, surface, APPROACH)
        yield (
            self._rows(site, APPROACH, idle_e, z, flags),
            (
                Approaching(start, n, 0),
                PhaseBegan(start, n, Phase.APPROACH),
            ),
        )
        reason = {
            Outcome.NO_CONTACT: "no contact within 30 um.",
            Outcome.SKIPPED: "asked by the operator.",
            Outcome.FAULT: "the meniscus was lost during step 1.",
        }.get(outcome, "")
        if outcome not in (Outcome.NO_CONTACT, Outcome.SKIPPED):
            yield from self._measure(site, surface, lost=outcome == Outcome.FAULT)
        start = self.row
        yield (
            self._rows(site, RETRACT, idle_e, surface + 8e-6, flags),
            (
                PhaseBegan(start, n, Phase.RETRACT),
                SiteFinished(start + RETRACT - 1, n, outcome, reason),
            ),
        )

    def _measure(self, site: Site, surface: float, *, lost: bool):
        latency = 2e-3 + 3e-3 * self._rng.random()
        landing = Landing(
            row=self.row,
            z=surface - latency * site.approach.speed - 10e-9,
            z_crossing=surface,
            signal=2.0,
            baseline=OVERLOAD if site.approach.hold.mode == "current" else 0.0,
            latency=latency,
            overtravel=latency * site.approach.speed + 10e-9,
            attempt=0,
        )
        cell = self._cell_of(self._plan, site, self._rng)
        events: tuple = (Landed(self.row, site.number, landing, None),)
        if site.approach.continues:
            events += (PhaseBegan(self.row, site.number, Phase.STEP, 0),)
        # The contact row: half before the droplet, half after.
        yield self._rows(site, 1, 2.0, surface, np.uint8(0), 10e-12), events
        for segment in site.segments:
            e, i = self._driven(cell, segment)
            count = e.size // 2 if lost else e.size
            first, last = self.row, self.row + count - 1
            began = PhaseBegan(first, site.number, Phase.STEP, segment.index)
            skip = segment.index == 0 and site.approach.continues
            ended = StepFinished(
                last,
                site.number,
                segment.index,
                "lost contact" if lost else "time",
                float(i[:count].sum() * CLOCK.period),
            )
            told = (ended,) if skip else (began, ended)
            block = self._rows(site, count, e[:count], surface, np.uint8(0), i[:count])
            yield block, told
            if lost:
                return

    def _driven(self, cell: Cell, segment: Segment) -> tuple[np.ndarray, np.ndarray]:
        """Raw potential and current of every row of a segment."""
        count = CLOCK.rows(segment.waveform.duration)
        wave = segment.waveform.at(np.arange(1, count + 1) * CLOCK.period)
        offset = self._plan.reference.offset
        if segment.mode == "potential":
            wave = wave + offset
        response = cell.run(segment.mode, wave, CLOCK.period)
        return response.potential - offset, response.current

    def _rows(self, site, count, e, z, flags, i=0.0) -> Block:
        rng, full = self._rng, np.ones(count)
        made = Block(
            start=self.row,
            data={
                "potential": e * full + NOISE_E * rng.standard_normal(count),
                "current": i * full + NOISE_I * rng.standard_normal(count),
                "x": site.x * full,
                "y": site.y * full,
                "z": z * full,
            },
            flags=np.full(count, flags, np.uint8),
            clock=CLOCK,
        )
        self.row += count
        return made
