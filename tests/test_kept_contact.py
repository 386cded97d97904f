"""A site whose meniscus was lost under a potential says so, everywhere and in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_scans import smaller

import seccm
from seccm.analysis.quality import Quality
from seccm.events import Event, Note, Outcome, Paused, RunStopped, SiteFinished
from seccm.plan import Plan
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

    monkeypatch.setattr(KeptContact, "_lost", breaks)
    events = heard(redox(2), tmp_path / "scan.h5")
    assert [e.outcome for e in finished(events)] == [Outcome.OK] * 2
    assert [e for e in events if isinstance(e, Note) and "internal" in e.text] == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["redox", "rest", "li-on-au-cv"])
def test_a_kept_contact_is_never_called_lost(tmp_path: Path, name: str, seed: int):
    plan = {"redox": redox(8), "rest": rest()}.get(name) or smaller(name)
    events = heard(plan, tmp_path / "scan.h5", seed=100 + seed)
    assert {event.outcome for event in finished(events)} == {Outcome.OK}
