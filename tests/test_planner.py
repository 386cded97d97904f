"""A planner in whole runs: what it hears, what it may ask for, and how a run ends with it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from planned_runs import (
    Scripted,
    carried_out,
    halving,
    in_order,
    places,
    raising,
    until_paused,
    why_paused,
)
from small_scan import STEP, small_scan

import seccm
from seccm.events import Event, Outcome, Phase, RunStarted, RunStopped, SiteAdded, SiteStarted
from seccm.plan.planner import KINDS, Listed, PlannerKind, PlannerSpec
from seccm.session import Run

PLAN = small_scan()


def end_of(events: list[Event]) -> RunStopped:
    """The last event of a run."""
    assert isinstance(events[-1], RunStopped)
    return events[-1]


def test_it_hears_of_every_site_before_it_is_asked_for_the_next(tmp_path: Path) -> None:
    planner = Scripted(halving(PLAN))
    _, events = carried_out(tmp_path / "scan.h5", planner)
    assert planner.story == ["ask", "tell 0", "ask", "tell 1", "ask", "tell 2", "ask"]
    assert end_of(events).status == "complete"
    with seccm.open(tmp_path / "scan.h5") as scan:
        for number, heard in enumerate(planner.heard):
            assert heard.outcome is Outcome.OK
            assert heard.landing is not None
            assert heard.landing.z == pytest.approx(scan.sites["z_rest"][number], abs=1e-15)
            assert heard.factors == {"j": scan.sites["factor_j"][number]}
            for name, value in heard.results.items():
                stored = [scan.sites[column][number] for column in (name, f"{name}_err")]
                np.testing.assert_equal([value.value, value.error], stored)
                assert value.status == scan.sites[f"{name}_status"][number]
            assert set(heard.results) == {column.name for column in scan.features}


def test_its_sites_are_told_stored_and_numbered_before_the_tip_travels(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    planner = Scripted(in_order(PLAN, ["-15 A/m^2", "-20 A/m^2", -15.0]))
    run = seccm.session.run(PLAN, path=path, planner=planner)
    order, stored = [], []
    for event in run:
        if isinstance(event, SiteAdded | SiteStarted):
            order.append((type(event), event.site))
        if isinstance(event, SiteAdded):
            with seccm.open(path) as scan:
                stored.append(event.site in scan.planned)
    kinds = (SiteAdded, SiteStarted)
    assert order == [(kind, site) for site in range(3) for kind in kinds]
    assert stored == [True] * 3
    with seccm.open(path) as scan:
        # -20 A/m^2 is a condition of the plan; -15 is not, and comes behind those that are.
        assert scan.sites["condition"].tolist() == [4, 1, 4]
        assert scan.sites["repeat"].tolist() == [0, 0, 1]


def test_the_start_says_that_nobody_knows_how_many_sites_there_will_be(tmp_path: Path) -> None:
    run, events = carried_out(tmp_path / "a.h5", Scripted(in_order(PLAN, [-15.0])))
    (start,) = (event for event in events if isinstance(event, RunStarted))
    assert run.total is None
    assert start.sites is None
    assert "planner" in str(start)
    run, events = carried_out(tmp_path / "b.h5", Scripted(in_order(PLAN, [-15.0]), total=7))
    (start,) = (event for event in events if isinstance(event, RunStarted))
    assert (run.total, start.sites) == (7, 7)


def test_how_long_it_thinks_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of a simulated rig stands still: same seed, same sites, same data to the bit."""
    looks = threading.Semaphore(0)
    wait = seccm.conductor.asking.Asking.wait  # type: ignore[attr-defined]

    def counted(self: Any, seconds: float) -> bool:
        looks.release()
        return bool(wait(self, seconds))

    def slowly(planner: Scripted) -> seccm.Site | None:
        for _ in range(20):  # looks of a run that waits
            assert looks.acquire(timeout=60.0)
        return halving(PLAN)(planner)

    quick = Scripted(halving(PLAN))
    carried_out(tmp_path / "quick.h5", quick, seed=4)
    monkeypatch.setattr("seccm.conductor.asking.Asking.wait", counted)
    slow = Scripted(slowly)
    carried_out(tmp_path / "slow.h5", slow, seed=4)
    assert [h.site for h in quick.heard] == [h.site for h in slow.heard]
    with seccm.open(tmp_path / "quick.h5") as one, seccm.open(tmp_path / "slow.h5") as other:
        assert one.samples == other.samples
        for site in range(3):
            a, b = one.site(site), other.site(site)
            assert a.E.tobytes() == b.E.tobytes()
            assert a.I.tobytes() == b.I.tobytes()
    carried_out(tmp_path / "other.h5", other_seed := Scripted(halving(PLAN)), seed=5)
    assert [h.results for h in quick.heard] != [h.results for h in other_seed.heard]


OTHER = small_scan(program=[{**STEP, "duration": "0.5 s"}])
FIRST = places(PLAN)[0]
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "beyond the stage": (
        lambda: PLAN.site("3 mm", "0 um", {"j": -15.0}),
        "The site lies beyond axis x",
    ),
    "used ground": (lambda: PLAN.site(FIRST[0] + 2e-6, FIRST[1], {"j": -15.0}), "used ground"),
    "too much current": (lambda: PLAN.site("55 um", "55 um", {"j": -1e6}), "current range"),
    "of another plan": (lambda: OTHER.site("55 um", "55 um", {"j": -15.0}), "Plan.site"),
    "no site at all": (lambda: (55e-6, 55e-6), "Plan.site"),
    "moved to nowhere": (
        lambda: replace(PLAN.site("55 um", "55 um", {"j": -15.0}), x=float("nan")),
        "finite",
    ),
    "nowhere below zero": (
        lambda: replace(PLAN.site("55 um", "55 um", {"j": -15.0}), y=-2e-6),
        "beyond axis y",
    ),
    "a place in words": (
        lambda: replace(PLAN.site("55 um", "55 um", {"j": -15.0}), x="55 um"),
        "finite",
    ),
    "a column in words": (
        lambda: replace(PLAN.site("55 um", "55 um", {"j": -15.0}), ix="first"),
        "column or row",
    ),
    "a decision that is none": (
        lambda: replace(PLAN.site("55 um", "55 um", {"j": -15.0}), decision="because"),
        "cannot be stored",
    ),
    "a list of very many": (lambda: list(range(1_000_000)), "Plan.site"),
    "the class of sites": (lambda: seccm.Site, "Plan.site"),
    "a region that is not there": (
        lambda: PLAN.site("55 um", "55 um", {"j": -15.0}, region="west"),
        "not a region",
    ),
    "a level that is no number": (
        lambda: PLAN.site("55 um", "55 um", {"j": float("nan")}),
        "factors.j: must be a finite number, not NaN.",
    ),
    "an unknown factor": (lambda: PLAN.site("55 um", "55 um", {"J": -15.0}), "not a factor"),
    "no level": (lambda: PLAN.site("55 um", "55 um"), "no level"),
    "a level of another kind": (lambda: PLAN.site("55 um", "55 um", {"j": "2 V"}), "like the lev"),
}


def refused_run(path: Path, ask: Callable[[], Any]) -> tuple[Run, list[Event], list[float]]:
    """A run whose planner gives one good site, and then something else; where the tip was."""
    first = in_order(PLAN, [-15.0])

    def answer(planner: Scripted) -> Any:
        return first(planner) if not planner.heard else ask()

    run = seccm.session.run(PLAN, path=path, planner=Scripted(answer))
    heights: list[float] = []
    run.watch(lambda block: heights.append(float(block.data["z"][-1])))
    return run, list(until_paused(run)), heights


@pytest.mark.parametrize("what", REFUSED)
def test_a_site_that_cannot_be_visited_pauses_the_run_with_clear_words(
    what: str, tmp_path: Path
) -> None:
    ask, words = REFUSED[what]
    _, events, heights = refused_run(tmp_path / "scan.h5", ask)
    assert end_of(events).status == "stopped", "by who was asked"
    said = why_paused(events)
    assert words in said
    assert "Resume asks it again" in said
    assert "mend the planner" in said
    phases = [e.phase for e in events if isinstance(e, seccm.PhaseBegan)]
    assert phases[-1] is Phase.IDLE, "nothing moved after the first site"
    assert heights[-1] >= max(heights) - 8.5e-6, "the tip is up by the retract"
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK]
        assert len(scan.site(0).E) > 0


@pytest.mark.parametrize("error", [ValueError("no levels left"), SystemExit(2), MemoryError()])
@pytest.mark.parametrize("method", ["ask", "tell"])
def test_a_planner_that_fails_pauses_the_run(
    error: BaseException, method: str, tmp_path: Path
) -> None:
    planner = Scripted(in_order(PLAN, [-15.0, -25.0]))
    run = seccm.session.run(PLAN, path=tmp_path / "scan.h5", planner=planner)
    events = []
    for event in until_paused(run):
        events.append(event)
        if isinstance(event, SiteStarted):
            setattr(planner, method, raising(error))
    assert f"The planner failed: {type(error).__name__}" in why_paused(events)
    assert end_of(events).status == "stopped", "by who was asked"
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK]
        assert scan.state == "stopped"


class Forking(Scripted):
    """Makes a copy of this process while it is asked, as some libraries do."""

    copies: list[int]

    def ask(self) -> Any:
        self.copies.append(os.fork())
        return super().ask()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows copies no processes")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_copy_of_the_process_touches_neither_rig_nor_file(tmp_path: Path) -> None:
    planner = Forking(in_order(PLAN, [-15.0, -25.0]))
    planner.copies = []
    _, events = carried_out(tmp_path / "scan.h5", planner)
    assert end_of(events).status == "complete"
    for copy in planner.copies:
        assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 2


def test_what_stands_in_for_a_planner_may_fail_too(tmp_path: Path) -> None:
    planner = Scripted(raising(ValueError("lost")))
    planner.instead = raising(RuntimeError("lost as well"))  # type: ignore[attr-defined]
    _, events = carried_out(tmp_path / "scan.h5", planner)
    assert "lost" in why_paused(events)
    assert end_of(events).status == "stopped", "by who was asked"


def test_what_a_planner_prints_harms_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = in_order(PLAN, [-15.0])

    def chatty(planner: Scripted) -> Any:
        sys.stdout.write("thinking\n")
        return plain(planner)

    _, events = carried_out(tmp_path / "scan.h5", Scripted(chatty))
    assert end_of(events).status == "complete"
    assert capfd.readouterr().out.count("thinking") == 2


def test_ground_may_be_used_twice_where_the_plan_says_so(tmp_path: Path) -> None:
    sites = {**PLAN.to_dict()["sites"], "allow_overlap": True}
    plan = small_scan(sites=sites)
    here = places(plan)[0]

    def twice(planner: Scripted) -> seccm.Site | None:
        return plan.site(*here, {"j": -15.0}) if len(planner.heard) < 2 else None

    _, events = carried_out(tmp_path / "scan.h5", Scripted(twice), plan)
    assert end_of(events).status == "complete"


def test_the_ground_of_retries_counts(tmp_path: Path) -> None:
    """A site 18 um away is met by a retry of 11 um with a footprint of 9 um."""
    retry = {"then": "retry", "retries": 1, "shift": "11 um"}
    sites = {**PLAN.to_dict()["sites"], "pitch": 40e-6, "columns": 2, "rows": 1}
    plan = small_scan(2, 1, sites=sites, on_no_contact=retry)
    x, y = places(plan)[0]

    def answer(planner: Scripted) -> seccm.Site | None:
        return plan.site(x + 18e-6 * len(planner.heard), y, {"j": -15.0})

    _, events = carried_out(tmp_path / "scan.h5", Scripted(answer), plan)
    assert "used ground" in why_paused(events)
    assert "with its retries" in why_paused(events)


@pytest.mark.parametrize(("verb", "status"), [("stop", "stopped"), ("halt", "halted")])
def test_a_run_can_be_ended_while_its_planner_thinks(
    verb: str, status: str, tmp_path: Path
) -> None:
    """The planner is left alone with its thoughts, and its answer is not waited for."""
    thinking, enough = threading.Event(), threading.Event()

    def forever(planner: Scripted) -> seccm.Site | None:
        thinking.set()
        assert enough.wait(60.0)
        return PLAN.site(*FIRST, {"j": -15.0})

    run = seccm.session.run(PLAN, path=tmp_path / "scan.h5", planner=Scripted(forever))
    seen = []

    def ask() -> None:
        assert thinking.wait(60.0)
        seen.append(run.status.thinking)
        run.ask(verb)

    asker = threading.Thread(target=ask)
    asker.start()
    events = list(run)
    asker.join()
    assert end_of(events).status == status
    assert "thinking" in seen[0]
    assert run.status.thinking == ""
    enough.set()
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert len(scan.sites) == 0, "what it says later is not stored"


def test_a_run_can_be_paused_while_its_planner_thinks(tmp_path: Path) -> None:
    """The answer waits for the end of the pause."""
    run: Run
    answer = in_order(PLAN, [-15.0])

    def asked(planner: Scripted) -> seccm.Site | None:
        if not planner.heard:
            run.ask("pause")
        return answer(planner)

    run = seccm.session.run(PLAN, path=tmp_path / "scan.h5", planner=Scripted(asked))
    told = []
    for event in run:
        told.append(type(event).__name__)
        if isinstance(event, seccm.Paused):
            run.ask("resume")
    pause, resume = told.index("Paused"), told.index("Resumed")
    assert pause < resume < told.index("SiteAdded")
    assert run.kept == {Outcome.OK: 1}


def test_the_plans_own_list_is_a_planner_that_waits_for_nothing(tmp_path: Path) -> None:
    sites = PLAN.sites()
    listed = Listed(sites)
    assert listed.total == len(sites)
    assert tuple(iter(listed.ask, None)) == sites
    assert listed.ask() is None
    kind = KINDS.of(PLAN.planner.kind)
    assert kind.name == "listed"
    assert not kind.asks
    assert kind.known(PLAN.planner, PLAN) == sites


class CoarseFirst(PlannerSpec):
    """Two sites that are known, and one beside the better of them."""

    kind: Literal["coarse first"] = "coarse first"


def test_sites_that_are_known_come_before_those_that_are_asked_for(tmp_path: Path) -> None:
    planner = Scripted(in_order(PLAN, [None, None, -12.0]))
    kind = PlannerKind(
        "coarse first",
        CoarseFirst,
        begin=lambda spec, plan: planner,
        known=lambda spec, plan: plan.sites()[:2],
    )
    KINDS.register(kind)
    try:
        plan = PLAN.replace(planner={"kind": "coarse first"})
        run = seccm.session.run(plan, path=tmp_path / "scan.h5")
        assert [site.number for site in run.sites] == [0, 1]
        events = list(run)
    finally:
        KINDS._registered.remove(kind)
        KINDS._found = None
        for listener in KINDS._listeners:
            listener()
    assert [e.site for e in events if isinstance(e, SiteAdded)] == [2]
    assert planner.story == ["tell 0", "tell 1", "ask", "tell 2", "ask"]
    assert run.kept == {Outcome.OK: 3}


def test_a_planner_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(seccm.PlanError, match="listed"):
        small_scan(planner={"kind": "lisped"})


def test_a_script_is_needed_where_a_script_gave_the_planner(tmp_path: Path) -> None:
    plan = small_scan(planner={"kind": "script", "name": "Halving"})
    with pytest.raises(seccm.PlanError, match='"Halving" was given by a script'):
        seccm.session.run(plan, path=tmp_path / "scan.h5")
    assert not (tmp_path / "scan.h5").exists()


@pytest.mark.parametrize("given", [-15, -15.0, "-1.5 mA/cm^2", np.float64(-15.0)])
def test_a_level_is_given_with_its_unit_or_in_si(given: Any) -> None:
    site = PLAN.site("55 um", 22e-6, {"j": given}, ix=4, iy=1)
    assert (site.x, site.y, site.ix, site.iy) == (55e-6, 22e-6, 4, 1)
    assert site.levels == (pytest.approx(-15.0),)


def test_a_site_of_the_plan_is_made_as_the_plan_makes_it() -> None:
    for site in PLAN.sites():
        made = PLAN.site(site.x, site.y, {"j": site.levels[0]}, ix=site.ix, iy=site.iy)
        assert made.recipe is not None
        assert site.recipe is not None
        assert made.recipe.text == site.recipe.text
        assert replace(made, condition=site.condition, repeat=site.repeat, number=site.number) == (
            site
        )
