"""A site whose meniscus was lost under a potential says so, everywhere and in the same words."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from little_world import a_block, a_site
from made_scans import smaller

import seccm
from seccm.analysis.quality import Quality
from seccm.arrays import FloatArray
from seccm.events import Event, Landing, Note, Outcome, Paused, RunStopped, SiteFinished
from seccm.plan import Plan
from seccm.plan.site import Hold, Site
from seccm.program.segment import Segment
from seccm.rig import Clock, Constant, Lines
from seccm.session.kept_contact import KeptContact

COUNT = 4


def redox(sites: int = COUNT, **changes: object) -> Plan:
    """Voltammograms, five micrometres apart, off the stain of the virtual sample."""
    row = {"kind": "grid", "columns": sites, "rows": 1, "pitch": 6.5e-6, "origin": [1e-5, 1e-5]}
    return smaller("redox-cv-map", sites=row, **changes)


def rest(sites: int = 3) -> Plan:
    row = {"kind": "grid", "columns": sites, "rows": 1, "pitch": 3e-5, "origin": [5e-6, 5e-6]}
    return smaller("li-on-au-from-rest", sites=row)


def heard(plan: Plan, path: Path, *faults: str, seed: int = 3) -> list[Event]:
    events = []
    for event in (run := seccm.run(plan, path=path, faults=faults, seed=seed)):
        events.append(event)
        if isinstance(event, Paused):
            run.ask("stop")
    return events


@pytest.fixture(autouse=True)
def judged(monkeypatch: pytest.MonkeyPatch) -> list[KeptContact]:
    """Those who were asked for a verdict."""
    asked: list[KeptContact] = []
    verdict = KeptContact.verdict

    def asks(self: KeptContact) -> str:
        asked.append(self)
        return verdict(self)

    monkeypatch.setattr(KeptContact, "verdict", asks)
    return asked


def finished(events: list[Event]) -> Iterator[SiteFinished]:
    return (event for event in events if isinstance(event, SiteFinished))


@pytest.mark.parametrize(
    ("plan", "faults", "lost", "step"),
    [
        (redox(), ["lost-meniscus@site=1,after=3 s", "lost-meniscus@site=3,after=7 s"], {1, 3}, 1),
        (redox(), [], set(), 1),
        (rest(), ["lost-meniscus@site=0,after=16 s"], {0}, 2),
        (rest(), [], set(), 2),
    ],
)
def test_a_lost_meniscus_is_the_outcome_of_its_site_in_events_file_and_quality(
    tmp_path: Path, plan: Plan, faults: list[str], lost: set[int], step: int
):
    path = tmp_path / "scan.h5"
    events = heard(plan, path, *faults)
    told = {event.site: event for event in finished(events)}
    assert {site for site, event in told.items() if event.outcome.failed} == lost
    assert isinstance(events[-1], RunStopped)
    for stage in ("live", "analysed again"):
        with seccm.open(path) as scan:
            status, quality = scan.sites["status"], scan.sites["quality"]
            assert {k for k, s in enumerate(status) if s == Outcome.FAULT} == lost, stage
            flagged = {k for k, q in enumerate(quality) if Quality(int(q)) & Quality.LOST_CONTACT}
            assert flagged == lost, stage
            for site in lost:
                assert scan.site(site).reason == told[site].reason
                assert told[site].reason.startswith(
                    f"Lost contact in step {step}: no current from "
                )
        seccm.analyze(path)


def test_lost_contacts_in_succession_pause_the_scan_as_other_failures_do(tmp_path: Path):
    plan = redox(6, budget={"consecutive": 3, "total": 10})
    faults = [f"lost-meniscus@site={n},after=3 s" for n in range(6)]
    events = heard(plan, tmp_path / "scan.h5", *faults)
    assert [e.outcome for e in finished(events)] == [Outcome.FAULT] * 3
    (paused,) = (e for e in events if isinstance(e, Paused))
    assert "3 sites in succession" in paused.why


def test_a_judgement_that_fails_costs_no_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(KeptContact, "_look", breaks)
    events = heard(redox(2), tmp_path / "scan.h5")
    assert [e.outcome for e in finished(events)] == [Outcome.OK] * 2
    assert [e for e in events if isinstance(e, Note) and "internal" in e.text] == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["redox", "rest", "li-on-au-cv"])
def test_a_kept_contact_is_never_called_lost(
    tmp_path: Path, judged: list[KeptContact], name: str, seed: int
):
    plan = {"redox": redox(8), "rest": rest()}.get(name) or smaller(name)
    events = heard(plan, tmp_path / "scan.h5", seed=100 + seed)
    assert {event.outcome for event in finished(events)} == {Outcome.OK}
    assert [judge.broken for judge in judged] == [False] * len(plan.sites())


# --------------------------------------------------------------------- sites that last a day


def a_long_site(kind: str, hours: float) -> Site:
    """A site of cycles, of one potential, or of many rests."""
    seconds = 3600.0 * hours
    hold = Hold("potential", 0.2)
    segments = {
        "potential": [Segment(0, "constant potential", "", "potential", Constant(0.2, seconds))],
        "cycles": [
            Segment(0, "cv", "", "potential", Lines(
                tuple(10.0 * k for k in range(int(seconds / 10) + 1)),
                tuple(0.25 * (-1.0) ** k for k in range(int(seconds / 10) + 1)),
            ))
        ],
        "rests": [
            Segment(k, "open circuit", "", "open", Constant(0.0, 10.0))
            for k in range(int(seconds / 10))
        ],
    }[kind]  # fmt: skip
    return a_site(segments=tuple(segments), hold=hold)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("kind", ["potential", "cycles", "rests"])
def test_the_memory_for_a_site_does_not_grow_with_its_length(kind: str, lost: bool):
    """An hour takes no more than ten minutes; the loss at its half is told all the same."""
    peaks = []
    for hours in (1 / 6, 1.0):
        site, clock = a_long_site(kind, hours), Clock()
        judge = KeptContact(site, clock, 0.0)
        tracemalloc.start()
        try:
            visit(site, judge, clock, lost)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert not judge.broken
        assert judge.kept < 20_000
        assert bool(judge.verdict()) == lost
    assert peaks[1] < 1.2 * peaks[0] + 200_000


def visit(site: Site, judge: KeptContact, clock: Clock, lost: bool) -> None:
    """Give a judge a contact at row 3000, the steps, and a loss of the meniscus after half."""
    rng = np.random.default_rng(1)
    landing = Landing(3000, -50e-6, -50e-6, -5e-12, 0.0, 0.0, 0.0, 0)
    total = sum(clock.rows(segment.waveform.duration) for segment in site.segments)
    gone = 3720 + total // 2 if lost else math.inf
    row = 0

    def feed(potential: FloatArray, current: float) -> None:
        nonlocal row
        noise = rng.standard_normal((2, potential.size))
        level = np.where(np.arange(row, row + potential.size) < gone, current, 0.0)
        e, i = potential + 4e-4 * noise[0], level + 1.6e-13 * noise[1]
        judge.feed(a_block(row, potential=e, current=i))
        row += potential.size

    feed(np.full(3000, 0.2), 0.0)
    feed(np.full(20, 0.2), -5e-12)
    for segment in site.segments:
        first, rows = row, clock.rows(segment.waveform.duration)
        judge.begin(segment, landing, first)
        while row < first + rows:
            numbers = np.arange(row, min(row + 1000, first + rows))
            t = clock.period * (numbers + 1 - first)
            if segment.mode == "open":
                feed(np.where(numbers < gone, 0.0, 3.05), 0.0)
            else:
                feed(segment.waveform.at(t), -5e-12)
        judge.finish(row - 1)
