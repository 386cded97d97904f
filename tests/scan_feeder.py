"""A made-up scan, told as an engine would tell it: rows and events, with no engine and no rig."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from listed_steps import Listed

from seccm.data import Analysed, Column, Columns, Header, SiteRecord, Store
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
    StepFinished,
)
from seccm.plan.contacts import current_threshold
from seccm.plan.site import ApproachSpec, Hold, Lift, NoContact, Site
from seccm.rig import Block, Clock, ContactRecord, Flag

CLOCK = Clock()
HEADER = Header(
    title="made up",
    plan_json='{"title": "made up"}',
    rig_json="{}",
    virtual=True,
    reference="Li/Li+",
    reference_offset=3.25,
    started_at="2026-01-02T03:04:05+00:00",
    uuid="0d4f",
    seed=7,
    extra={"operator": "nobody"},
)
COLUMNS = Columns(
    factors=(Column("density", "A/m^2", "current density"),),
    features=(Column("charge", "C", "charge of the steps"), Column("empty", "s", "never found")),
    statuses={0: "ok", 64: "not measured", 69: "not defined"},
)


def site(number: int) -> Site:
    """Make a site of a grid of ten columns."""
    return Site(
        number=number,
        x=1e-6 * (number % 10),
        y=1e-6 * (number // 10),
        ix=number % 10,
        iy=number // 10,
        condition=number % 2,
        repeat=number // 2,
        approach=ApproachSpec(
            2e-6,
            20e-6,
            current_threshold(1e-12),
            Hold("potential", -0.1),
            1.0,
            6,
            3,
            1e-7,
            5e-7,
            True,
        ),
        program=Listed(()),
        retract=Lift(2e-6, 1e-5),
        travel_speed=1e-5,
        travel_settle=0.1,
        no_contact=NoContact("skip", 0, 0.0),
        levels=(-7.8 if number % 2 == 0 else -15.6,),
    )


def sites(count: int, start: int = 0) -> list[Site]:
    """Make some sites."""
    return [site(number) for number in range(start, start + count)]


@dataclass(frozen=True)
class Visit:
    """One site's rows and what was said of them, each event at the row when it became known."""

    number: int
    start: int
    data: npt.NDArray[np.float64]
    """Potential, current, x, y, z; shape (5, rows)."""
    flags: npt.NDArray[np.uint8]
    phase: npt.NDArray[np.uint8]
    step: npt.NDArray[np.uint16]
    events: tuple[tuple[int, Event], ...]
    outcome: Outcome
    contact: int | None
    """Row of the contact."""

    @property
    def stop(self) -> int:
        """Row after the last."""
        return self.start + len(self.flags)

    def block(self, start: int, stop: int) -> Block:
        """Cut a block out of it, rows counted as the stream does."""
        here = slice(start - self.start, stop - self.start)
        names = ("potential", "current", "x", "y", "z")
        data = dict(zip(names, self.data[:, here], strict=True))
        return Block(start, data, self.flags[here], CLOCK)  # type: ignore[arg-type]


def visit(number: int, start: int, steps: Sequence[int] = (40, 30), confirm: int = 6) -> Visit:
    """Make up a site; every fifth one is never touched."""
    touched = number % 5 != 4
    lengths = [12, 20, 8, 60, *(steps if touched else ()), 10]
    names = [Phase.IDLE, Phase.TRAVEL, Phase.SETTLE, Phase.APPROACH]
    names += [Phase.STEP] * (len(steps) if touched else 0) + [Phase.RETRACT]
    rows = sum(lengths)
    edges = (start + np.cumsum([0, *lengths])).tolist()
    rng = np.random.default_rng(number)
    data = rng.normal(size=(5, rows)) * np.array([[0.1], [1e-11], [1e-6], [1e-6], [1e-6]])
    numbers = [0] * 4 + list(range(len(steps) if touched else 0)) + [0]
    phase = np.repeat(np.array(names, np.uint8), lengths)
    step = np.repeat(np.array(numbers, np.uint16), lengths)
    known: list[tuple[int, Event]] = [
        (edges[0], PhaseBegan(edges[0], number, Phase.IDLE)),
        (edges[1], SiteStarted(edges[1], number)),
        (edges[1], PhaseBegan(edges[1], number, Phase.TRAVEL)),
        (edges[2], PhaseBegan(edges[2], number, Phase.SETTLE)),
        (edges[3] - 1, Approaching(edges[3], number, 0)),
        (edges[3], PhaseBegan(edges[3], number, Phase.APPROACH)),
    ]
    contact = edges[4] if touched else None
    if touched:
        # The contact is confirmed late; the rows since then have been called an approach.
        seen = edges[4] + confirm
        known += [
            (seen, PhaseBegan(edges[4], number, Phase.STEP, 0)),
            (seen, Landed(seen, number, landing(number, edges[4]), contact_record(number))),
        ]
        for k in range(len(steps)):
            last = edges[5 + k] - 1
            known.append((last, StepFinished(last, number, k, "time", 1e-12 * (k + 1))))
            if k:
                known.append((edges[4 + k], PhaseBegan(edges[4 + k], number, Phase.STEP, k)))
    known.append((edges[-2], PhaseBegan(edges[-2], number, Phase.RETRACT)))
    outcome = Outcome.OK if touched else Outcome.NO_CONTACT
    reason = "" if touched else "no contact within 20 µm"
    known.append((edges[-1] - 1, SiteFinished(edges[-1] - 1, number, outcome, reason)))
    known.sort(key=lambda pair: pair[0])
    flags = np.where(phase == Phase.APPROACH, Flag.MOVING, Flag.NONE).astype(np.uint8)
    return Visit(number, start, data, flags, phase, step, tuple(known), outcome, contact)


def landing(number: int, row: int) -> Landing:
    """Make up a landing."""
    z = 1e-6 + 1e-9 * number
    return Landing(row, z - 3e-9, z, -2e-12, 1e-14, 4e-3, 3e-9, 0)


def contact_record(number: int) -> ContactRecord:
    """Make up the raw samples around a contact; now and then there are more than expected."""
    rng = np.random.default_rng((number, 1))
    size = 300 if number % 3 else 24
    return ContactRecord(
        1000 * number, rng.normal(size=size), rng.normal(size=size), 1000 * number + 7, None
    )


def analyse(at: Site, record: SiteRecord) -> Analysed:
    """Integrate the current of all steps."""
    measured = record.phase == Phase.STEP
    charge = float(record.I[measured].sum() * CLOCK.period)
    return Analysed({"charge": (charge, 1e-15, 0)}, quality=at.number % 3, summary="some charge")


def told(
    visits: Iterable[Visit], cuts: Iterator[int] | None = None
) -> Iterator[tuple[Block, tuple[Event, ...]]]:
    """Tell visits block by block, each block of as many rows as `cuts` says next."""
    for v in visits:
        start = v.start
        while start < v.stop:
            stop = v.stop if cuts is None else min(v.stop, start + next(cuts))
            yield v.block(start, stop), tuple(e for row, e in v.events if start <= row < stop)
            start = stop


def visits(
    count: int, start: int = 0, row: int = 0, steps: Sequence[int] = (40, 30)
) -> list[Visit]:
    """Make up consecutive sites."""
    made: list[Visit] = []
    for number in range(start, start + count):
        made.append(visit(number, row, steps))
        row = made[-1].stop
    return made


def scan_until_killed(path: str, counter: str, count: int) -> None:
    """Write a scan, counting in a shared file the sites that are safe."""
    with Path(counter).open("r+b") as shared:
        safe = mmap.mmap(shared.fileno(), 8)
        store = Store(path, HEADER, sites(count), COLUMNS, CLOCK, analyse)
        row = 0
        for number in range(count):
            v = visit(number, row, (400, 300))
            row = v.stop
            for block, events in told([v]):
                store.record(block, events)
            store.barrier()
            safe[:8] = struct.pack("<Q", number + 1)
        store.close("complete")
