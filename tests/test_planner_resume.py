"""A run with a planner that was stopped, and goes on: the planner hears everything again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from planned_runs import Scripted, halving, in_order, places, until_paused, why_paused
from small_scan import small_scan

import seccm
from seccm.events import Event, Outcome, Phase, PhaseBegan, SiteAdded, SiteAnalysed, SiteFinished

PLAN = small_scan()


def stopped(path: Path, planner: Scripted, when: Callable[[Event], bool]) -> None:
    """Stop a run at an event."""
    run = seccm.session.run(PLAN, path=path, planner=planner, seed=2)
    for event in run:
        if when(event):
            run.ask("stop")


def after(site: int) -> Callable[[Event], bool]:
    """When a site is finished."""
    return lambda event: isinstance(event, SiteFinished) and event.site == site


def on_the_way_to(site: int) -> Callable[[Event], bool]:
    """When the tip travels to a site."""
    return lambda e: isinstance(e, PhaseBegan) and e.phase is Phase.TRAVEL and e.site == site


def test_it_hears_again_what_it_had_heard(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    first, second = Scripted(halving(PLAN)), Scripted(halving(PLAN))
    stopped(path, first, after(1))
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 2
    run = seccm.session.resume(path, planner=second)
    assert run.sites == ()
    events = list(run)
    assert second.story == ["tell 0", "tell 1", "ask", "tell 2", "ask"]
    assert [e.site for e in events if isinstance(e, SiteAdded)] == [2]
    for live, read in zip(first.heard, second.heard, strict=False):
        assert live.site == read.site
        assert live.outcome is read.outcome
        assert live.factors == read.factors
        assert repr(live.results) == repr(dict(read.results)), "to the last digit"
        assert live.landing is not None
        assert read.landing is not None
        for name in ("z", "z_crossing", "latency", "overtravel", "attempt", "x", "y"):
            told, stored = getattr(live.landing, name), getattr(read.landing, name)
            assert stored == pytest.approx(told, rel=1e-12), name
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert scan.sites["factor_j"].tolist() == [-25.0, -17.5, -21.25]


def test_a_site_that_was_asked_for_but_not_touched_is_visited(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    stopped(path, Scripted(in_order(PLAN, [-15.0, -16.0, -17.0])), on_the_way_to(1))
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK, Outcome.PLANNED]
    second = Scripted(in_order(PLAN, [-15.0, -16.0, -17.0]))
    run = seccm.session.resume(path, planner=second)
    assert [site.number for site in run.sites] == [1]
    assert {e.site for e in run if isinstance(e, SiteAnalysed)} == {1, 2}
    # What is told is told when it is asked; by then site 1 was visited.
    assert second.story == ["tell 0", "tell 1", "ask", "tell 2", "ask"]
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 3
        assert scan.sites["condition"].tolist() == [4, 5, 6]


def test_new_sites_are_checked_against_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    stopped(path, Scripted(in_order(PLAN, [-15.0, -16.0])), after(0))
    here = places(PLAN)[0]
    again = Scripted(lambda _: PLAN.site(*here, {"j": -20.0}))
    events = list(until_paused(seccm.session.resume(path, planner=again)))
    assert "used ground: site 0" in why_paused(events)
    with seccm.open(path) as scan:
        assert len(scan.sites) == 1


def test_a_planner_that_was_mended_goes_on(tmp_path: Path) -> None:
    """The data of the sites before it failed stay as they were."""
    path = tmp_path / "scan.h5"
    good = in_order(PLAN, [-15.0, -16.0])

    def failing(planner: Scripted) -> seccm.Site | None:
        return good(planner) if not planner.heard else 1 / 0  # type: ignore[return-value]

    run = seccm.session.run(PLAN, path=path, planner=Scripted(failing))
    assert "ZeroDivisionError" in why_paused(list(until_paused(run)))
    with seccm.open(path) as scan:
        before = scan.site(0).E.copy()
    list(seccm.session.resume(path, planner=Scripted(good)))
    with seccm.open(path) as scan:
        np.testing.assert_array_equal(scan.site(0).E, before)
        assert scan.sites["status"].tolist() == [Outcome.OK] * 2
        assert scan.state == "complete"


def test_the_run_of_a_script_cannot_be_resumed_without_its_planner(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    stopped(path, Scripted(in_order(PLAN, [-15.0, -16.0])), after(0))
    whole = path.read_bytes()
    with pytest.raises(seccm.PlanError, match=r'"Scripted".*planner=\.\.\.'):
        seccm.session.resume(path)
    assert path.read_bytes() == whole, "the file is as it was"


def test_a_plan_with_sites_of_its_own_cannot_be_resumed_with_a_planner(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.session.run(small_scan(2, 1), path=path)
    for event in run:
        if after(0)(event):
            run.ask("stop")
    with pytest.raises(seccm.PlanError, match='"listed"'):
        seccm.session.resume(path, planner=Scripted(lambda _: None))


def test_a_run_that_is_complete_has_nothing_to_resume(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    list(seccm.session.run(PLAN, path=path, planner=Scripted(in_order(PLAN, [-15.0]))))
    with pytest.raises(seccm.DataFileError, match="nothing to resume"):
        seccm.session.resume(path, planner=Scripted(lambda _: None))
