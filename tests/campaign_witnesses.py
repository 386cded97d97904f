"""Three witnesses of a scan are compared: the simulator's truth, the events, and the file.

Each function returns what is wrong, in sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from pathlib import Path

import numpy as np
import numpy.typing as npt
from campaign_scan import Scan, Session

import seccm
from seccm.data.journal import Code
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Note,
    Outcome,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.results import Status

SAME = 0.1e-6
"""Metres between two landings up to which they are at one place."""
NEAR = 0.15e-6
"""Metres by which a height of contact may be told wrong: a drop that hangs higher, lag, noise."""
BELOW = 1.5e-6
"""Metres below a known surface that the glass must never reach."""
BLIND = ("clogged-tip", "stuck-signal", "saturated-input", "hum", "spikes", "nan", "gap")
"""Faults with which a contact may be missed."""
FALSE = ("stuck-signal", "saturated-input", "hum", "spikes", "wet-at-start")
"""Faults that look like a contact."""
SHORT = 5e-3
"""Seconds below which a contact may pass unseen."""


def named(scan: Scan, names: tuple[str, ...]) -> bool:
    """Whether one of these faults is played."""
    return any(fault.startswith(names) for fault in scan.faults)


def blind(scan: Scan) -> bool:
    """Whether a contact may be missed."""
    short = any(
        fault.startswith("lost-meniscus@after") and float(fault.split("=")[-1].split()[0]) < SHORT
        for fault in scan.faults
    )
    return short or named(scan, BLIND)


# Events alone.


def of_events(session: Session) -> Iterator[str]:
    """What events must say whatever happened."""
    heard = session.heard
    ends = [event for event in heard if isinstance(event, RunStopped)]
    if not session.dropped and (len(ends) != 1 or heard[-1] is not ends[0]):
        yield f"{len(ends)} RunStopped; the last event is {heard[-1:]}"
    if not session.dropped and session.error is not None and ends and ends[0].status == "complete":
        yield f"said to be complete, and raised {session.error!r}"
    begun = Counter(event.site for event in heard if isinstance(event, SiteStarted))
    landed = Counter(event.site for event in heard if isinstance(event, Landed))
    finished = [event for event in heard if isinstance(event, SiteFinished)]
    closed = Counter(event.site for event in finished)
    if any(count > 1 for count in (begun | landed | closed).values()):
        yield f"a site twice in one run: begun {begun}, landed {landed}, closed {closed}"
    if not session.dropped and begun.keys() != closed.keys():
        yield f"sites {sorted(begun)} began, {sorted(closed)} were closed"
    for event in finished:
        if event.outcome is Outcome.OK and not landed[event.site]:
            yield f"site {event.site} is ok without a landing"
        if event.outcome is not Outcome.OK and not event.reason:
            yield f"site {event.site} is {event.outcome.words} for no reason"
    for event in heard:
        if isinstance(event, SiteAnalysed):
            for name, value in event.features.items():
                status = event.statuses.get(name, 0)
                if status < Status.NOT_MEASURED and not np.isfinite(value):
                    yield f"site {event.site}: {name} = {value} with status {status}"


# The truth, and what was said of it.


def of_truth(scan: Scan, session: Session) -> Iterator[str]:
    """What must never happen to a pipette, whatever is said."""
    yield from (f"sideways with a bridge: {what}" for what in session.sideways)
    landings, twice = [t for s in scan.sessions for t in s.truth.landings], set()
    for index, one in enumerate(landings):
        for other in landings[:index]:
            if hypot(one.x - other.x, one.y - other.y) < SAME:
                twice.add((round(one.x * 1e6, 2), round(one.y * 1e6, 2)))
    if twice and not _may_land_again(scan):
        yield f"landed twice at (um): {sorted(twice)}"
    yield from _glass(scan, session)
    yield from _deep(scan, session)
    yield from _ending(scan, session)


def _may_land_again(scan: Scan) -> bool:
    """A retry in the same place after a touch that no signal showed: nobody can know."""
    return blind(scan) and scan.plan.sites()[0].no_contact.shift == 0.0


def _glass(scan: Scan, session: Session) -> Iterator[str]:
    before = any(isinstance(e, Landed) for s in scan.sessions[:-1] for e in s.heard)
    period = session.period
    for crash in session.truth.crashes:
        if not blind(scan):
            yield f"glass touched, {crash}, and every contact can be seen"
            continue
        known = before and not any(s.write_failed for s in scan.sessions)
        known |= any(isinstance(e, Landed) and e.row * period < crash.t for e in session.heard)
        if known and crash.depth > BELOW:
            yield f"glass {crash.depth * 1e6:.2f} um below a known surface: {crash}"


def _deep(scan: Scan, session: Session) -> Iterator[str]:
    """The overtravel is that of the plan where the contact was seen."""
    allowed = scan.plan.sites()[0].approach.overtravel + 10e-9
    if blind(scan) or named(scan, ("drift",)):
        return
    for index, depth in session.depths.items():
        if depth > allowed:
            landing = session.truth.landings[index]
            yield f"{depth * 1e9:.0f} nm past contact, {allowed * 1e9:.0f} allowed, at {landing}"


def _ending(scan: Scan, session: Session) -> Iterator[str]:
    if named(scan, ("unplugged",)):
        return
    verbs = {one.what for mine in scan.disturbances for one in mine if one.kind == "verb"}
    ends = [event for event in session.heard if isinstance(event, RunStopped)]
    if not session.off:
        yield "the cell was left on"
    if (ends and ends[0].status == "halted") or (not ends and "halt" in verbs):
        return
    said = [event.text for event in session.heard if isinstance(event, Note)]
    if session.dropped and not session.write_failed:
        # Whoever drops a run hears nothing of its end; the file tells.
        with seccm.open(scan.path) as file:
            said += [row["msg"] for row in file.events if row["t"] >= file.events["t"][-1]]
    # Whoever halted before the fault wants the tip held. A card whose clocks have stopped plays
    # no path: the tip rests, and that must be said.
    rests = "halt" in verbs or named(scan, ("stalled-read",))
    if rests and any("tip held" in text for text in said):
        return
    up = abs(session.height - session.top) < 0.1e-6
    clear = "emergency" in verbs and (not session.bridge or named(scan, (*BLIND, "wet-at-start")))
    if not up and not clear:
        yield f"the tip was left at {session.height * 1e6:.2f} um, bridge: {session.bridge}"


def of_contacts(scan: Scan, session: Session) -> Iterator[str]:
    """Each landing that was said is true, and each true one was said, or its site has failed."""
    period, truth = session.period, session.truth
    landed = [event for event in session.heard if isinstance(event, Landed)]
    for event in landed:
        landing = event.landing
        assert landing.x is not None
        assert landing.y is not None
        there = [t for t in truth.landings if hypot(t.x - landing.x, t.y - landing.y) < SAME]
        if not there:
            if not named(scan, FALSE):
                yield f"site {event.site}: a landing was said that never happened: {landing}"
        elif not named(scan, (*BLIND, "wet-at-start")):
            if abs(there[-1].z - landing.z_crossing) > NEAR:
                yield f"site {event.site}: contact at {there[-1]}, said {landing}"
            late = (landing.row + 1) * period - there[-1].t
            # The clock of a card runs before its rows do.
            if not -(1e-9 if scan.rig.config["kind"] == "virtual" else 0.05) < late < 0.2:
                yield f"site {event.site}: contact said {late:.3f} s late"
    if session.dropped:
        return
    for touch in truth.landings:
        site = _visited(session.heard, touch.t / period)
        if site is None:
            yield f"touched while no site was visited: {touch}"
            continue
        end = next(
            (e for e in session.heard if isinstance(e, SiteFinished) and e.site == site), None
        )
        told = any(e.site == site for e in landed)
        if not told and (end is None or end.outcome is Outcome.OK):
            yield f"site {site}: a touch that nobody told, {touch}"


def _visited(heard: list[Event], row: float) -> int | None:
    begun = [e for e in heard if isinstance(e, SiteStarted) and e.row <= row]
    return begun[-1].site if begun else None


# The file.


@dataclass(frozen=True)
class Kept:
    """What a file has of each of its sites."""

    status: npt.NDArray[np.uint8]
    landed: npt.NDArray[np.uint8]
    size: npt.NDArray[np.uint32]
    checksum: npt.NDArray[np.uint32]
    z: npt.NDArray[np.float64]


def of_file(scan: Scan, session: Session, path: Path) -> Iterator[str]:
    """The file has what the events said and the rig delivered, and has lost nothing."""
    with seccm.open(path) as file:
        damage = file.check()
        if damage:
            yield f"damaged: {damage}"
        kept = Kept(
            *(
                file.sites[name][:]
                for name in ("status", "landed", "row_size", "crc32", "z_contact")
            )
        )
        yield from _state(session, file.state)
        yield from _lost(scan, kept)
        yield from _outcomes(scan, session, kept.status)
        whole = not session.write_failed
        for event in session.heard:
            if whole and isinstance(event, Landed):
                yield from _landing(event, file.record(event.site).landing)
        for event in session.heard:
            if isinstance(event, SiteFinished) and kept.status[event.site] > Outcome.RUNNING:
                yield from _rows(session, event.site, file.record(event.site))
        if whole and not session.dropped:
            yield from _listed(session, file)
        yield from _numbers(file)
    scan.after.append(kept)


def _state(session: Session, state: str) -> Iterator[str]:
    ends = [event for event in session.heard if isinstance(event, RunStopped)]
    if ends and not session.write_failed and state != ends[-1].status:
        yield f"the file says {state}, the events {ends[-1].status}"


def _lost(scan: Scan, kept: Kept) -> Iterator[str]:
    """What was finished before stays as it was."""
    if not scan.after:
        return
    before: Kept = scan.after[-1]
    old = before.status > Outcome.RUNNING
    for name in ("status", "landed", "size", "checksum", "z"):
        was, now = getattr(before, name)[old], getattr(kept, name)[old]
        if not np.array_equal(was, now, equal_nan=name == "z"):
            yield f"{name} of finished sites changed from {was} to {now}"


def _outcomes(scan: Scan, session: Session, status: npt.NDArray[np.uint8]) -> Iterator[str]:
    touched = {event.site for event in session.heard if isinstance(event, Approaching)}
    row = session.period
    wetted = {_visited(session.heard, touch.t / row) for touch in session.truth.landings}
    ended = {e.site: e.outcome for e in session.heard if isinstance(e, SiteFinished)}
    for site, outcome in ended.items():
        expected = {outcome}
        if outcome is Outcome.ABORTED and site not in touched:
            expected = {Outcome.PLANNED}
        if session.write_failed:
            # The descent waits for the record of it: what was not written was not touched.
            expected |= {Outcome.RUNNING} if site in wetted else {Outcome.RUNNING, Outcome.PLANNED}
        if status[site] not in expected:
            yield f"site {site}: {outcome!r} said, {Outcome(status[site])!r} in the file"
    for site in (wetted | touched if not session.write_failed else wetted) - ended.keys() - {None}:
        if status[site] == Outcome.PLANNED:
            yield f"site {site} was approached and counts as planned"


def _landing(event: Landed, kept: object) -> Iterator[str]:
    if kept is None:
        yield f"site {event.site}: its landing is not in the file"
        return
    for name in ("row", "z", "z_crossing", "signal", "baseline", "latency", "overtravel",
                 "attempt", "x", "y"):  # fmt: skip
        said, read = getattr(event.landing, name), getattr(kept, name)
        if not np.isclose(said, read, rtol=1e-9, atol=1e-18, equal_nan=True):
            yield f"site {event.site}: {name} of the landing is {said}, {read} in the file"


def _rows(session: Session, site: int, record: object) -> Iterator[str]:
    """The samples are those that the rig delivered, each once and none left out."""
    t: npt.NDArray[np.float64] = record.t  # type: ignore[attr-defined]
    if not len(t):
        yield f"site {site}: no rows"
        return
    rows = np.rint((t - session.begins_at) / session.period).astype(int) - 1
    delivered = np.concatenate([np.arange(b.start, b.stop) for b in session.rows])
    first, last = np.searchsorted(delivered, [rows[0], rows[-1]])
    if not np.array_equal(delivered[first : last + 1], rows):
        yield f"site {site}: rows are missing or doubled"
        return
    channels: tuple[tuple[str, str], ...] = (("E", "potential"), ("I", "current"))
    for name, channel in channels:
        was = np.concatenate([b.data[channel] for b in session.rows])[first : last + 1]
        kept = getattr(record, name)
        if not np.array_equal(was.astype(np.float32), kept.astype(np.float32), equal_nan=True):
            yield f"site {site}: {name} is not what the rig delivered"


def _listed(session: Session, file: seccm.data.Scan) -> Iterator[str]:
    """As many landings and ends of sites are listed as were told."""
    # What ended the session before stands at the very time at which this one begins.
    mine = file.events["t"] > session.begins_at + 0.1 * session.period
    codes = file.events["code"][mine]
    for kind, code in ((Landed, Code.LANDED), (SiteFinished, Code.SITE_FINISHED)):
        said, listed = sum(isinstance(e, kind) for e in session.heard), int((codes == code).sum())
        if said != listed:
            yield f"{said} {kind.__name__} said, {listed} in the file"


def _numbers(file: seccm.data.Scan) -> Iterator[str]:
    """A status that allows a number has one, and no other."""
    closed = file.sites["status"] > Outcome.RUNNING
    for column in file.features:
        status = file.sites[f"{column.name}_status"][closed]
        finite = np.isfinite(file.sites[column.name][closed])
        if (finite != (status < Status.NOT_MEASURED)).any():
            yield f"{column.name}: numbers {finite} with statuses {status}"


def of_analysis(path: Path) -> Iterator[str]:
    """The analysis runs, and finds what it found while the scan ran."""

    def found() -> dict[str, npt.NDArray[np.float64]]:
        with seccm.open(path) as file:
            names = [n for c in file.features for n in (c.name, f"{c.name}_status")]
            return {name: file.sites[name][:] for name in [*names, "quality"]}

    live = found()
    seccm.analyze(path)
    for name, later in found().items():
        if not np.array_equal(live[name], later, equal_nan=later.dtype.kind == "f"):
            yield f"{name}: {live[name]} while it ran, {later} from the file"
