"""The crash guard: once the surface is known, no descent goes far below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from little_world import INFO, LittleWorld, Scan, a_scan, a_site
from test_any_fault import small_cv
from test_hop import UP, Forgiven, outcome, z_at

import seccm
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Outcome,
    Paused,
    SiteFinished,
    SiteStarted,
)
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Request
from seccm.plan.site import Lift
from seccm.rig import Move
from seccm.session.past import known_surface

SURFACE = 50e-6
MISSED = Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE


def vanishes_after(scan: Scan, site: int, to: float = -1.0) -> Callable[[Event], None]:
    """A surface that is not there, or a pipette that clogs, once a site is over."""

    def listen(event: Event) -> None:
        if isinstance(event, SiteFinished) and event.site == site:
            scan.world.surface = to

    return listen


@pytest.mark.parametrize("landings", [1, 2, 5])
def test_a_descent_that_misses_the_known_surface_stops_just_below_it(landings):
    scan = a_scan(landings + 1)
    scan.go(vanishes_after(scan, landings - 1))
    missed = outcome(scan, landings)
    assert missed.outcome is MISSED
    assert missed.outcome.words == "no contact at the known surface"
    assert "below the surface known from earlier landings" in missed.reason
    assert len(missed.reason) < 120, "there is room for so much in the table of sites"
    assert SURFACE - 1.5e-6 < float(scan.column("z").min()) < SURFACE - 0.5e-6
    assert z_at(scan, missed.row) == pytest.approx(58e-6, abs=UP)


def test_two_descents_in_succession_that_miss_the_surface_pause_the_scan_and_ask():
    """Whatever the budget; and whoever resumes does not press the glass deeper by that."""
    scan = a_scan(8, budget=Budget(consecutive=100, total=100))
    vanish = vanishes_after(scan, 1)
    depths: list[float] = []

    def listen(event: Event) -> None:
        vanish(event)
        if isinstance(event, Paused):
            depths.append(SURFACE - float(scan.column("z").min()))
            scan.engine.ask(Request.RESUME)

    scan.go(listen)
    assert [e.site for e in scan.of(SiteFinished) if e.outcome is MISSED] == [2, 3, 4, 5, 6, 7]
    first, second = (e.why for e in scan.of(Paused))
    assert "No contact at the known surface, 2 times" in first
    assert "clogged, dry, or wrong polarity?" in first
    assert second == first
    assert len(first) <= 160, "there is room for so much in the file"
    # Only what is less sure farther off and later.
    assert depths[1] - depths[0] < 0.2e-6
    assert depths[1] < 1.5e-6


@pytest.mark.parametrize("step", [2e-6, 3e-6, 5e-6])
@pytest.mark.parametrize("landings", [1, 3])
def test_a_step_down_pauses_the_scan_and_names_what_lets_the_tip_follow_it(step, landings):
    scan = a_scan(landings + 3)
    vanish = vanishes_after(scan, landings - 1, to=SURFACE - step)

    def listen(event: Event) -> None:
        vanish(event)
        if isinstance(event, Paused):
            scan.engine.ask(Request.STOP)

    scan.go(listen)
    (paused,) = scan.of(Paused)
    assert "Stepped sample: start a run with a larger surface_margin" in paused.why
    assert len(paused.why) <= 160
    assert float(scan.column("z").min()) > SURFACE - 1.5e-6


@pytest.mark.parametrize("at", [2, 3])
def test_somebody_who_pauses_meanwhile_is_asked_all_the_same(at):
    """The pause that a person asked for takes no question away; it comes with the resume."""
    scan = a_scan(8, budget=Budget(consecutive=100, total=100))
    vanish = vanishes_after(scan, 1)
    said: list[str] = []

    def listen(event: Event) -> None:
        vanish(event)
        if isinstance(event, Approaching) and event.site == at:
            scan.engine.ask(Request.PAUSE)
        if isinstance(event, Paused):
            said.append(event.why)
            scan.engine.ask(Request.RESUME if len(said) < 3 else Request.STOP)

    scan.go(listen)
    assert said[0] == ""
    assert "No contact at the known surface, 2 times" in said[1]
    missed = [e.site for e in scan.of(SiteFinished) if e.outcome is MISSED]
    assert missed == [2, 3, 4, 5], "two descents between two questions, never more"


def test_a_landing_in_between_starts_the_count_anew():
    scan = a_scan(7)

    def listen(event: Event) -> None:
        if isinstance(event, SiteStarted):
            scan.world.surface = -1.0 if event.site % 2 else SURFACE

    scan.go(listen)
    assert scan.of(Paused) == []
    assert [e.outcome is MISSED for e in scan.of(SiteFinished)] == [k % 2 == 1 for k in range(7)]


def test_two_descents_through_the_whole_travel_with_no_surface_known_pause_the_scan_as_well():
    scan = a_scan(4, LittleWorld(surface=-1.0))
    scan.go(lambda e: scan.engine.ask(Request.STOP) if isinstance(e, Paused) else None)
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.NO_CONTACT] * 2
    (paused,) = scan.of(Paused)
    assert "no surface known yet" in paused.why
    assert len(paused.why) <= 160


@pytest.mark.parametrize(("margin", "found"), [(0.5e-6, False), (6e-6, True)])
def test_a_step_down_is_found_where_the_plan_has_a_wider_margin(margin, found):
    """What the message of the pause advises works."""
    site = a_site(1)
    wide = replace(site, approach=replace(site.approach, surface_margin=margin))
    scan = a_scan([a_site(0), wide])
    scan.go(vanishes_after(scan, 0, to=45e-6))
    assert outcome(scan, 1).outcome is (Outcome.OK if found else MISSED)
    heights = [e.landing.z for e in scan.of(Landed)]
    assert heights == pytest.approx([50e-6, 45e-6] if found else [50e-6], abs=UP)


def test_a_surface_beyond_the_travel_is_no_miss():
    """The tip began too high; the reason says where the surface should be."""
    scan = a_scan([a_site(0), *(a_site(k, travel=5e-6) for k in (1, 2, 3))])
    scan.go()
    assert [e.outcome for e in scan.of(SiteFinished)][1:] == [Outcome.NO_CONTACT] * 3
    assert scan.of(Paused) == []
    assert "the surface should be at z = 50 um" in outcome(scan, 1).reason
    assert len(outcome(scan, 1).reason) < 120


def test_a_retry_beside_a_place_that_was_missed_is_one_of_the_two():
    """A clogged pipette is not pressed on the surface once more for each retry."""
    scan = a_scan([a_site(0), a_site(1, then="retry", retries=4), a_site(2)])
    vanish = vanishes_after(scan, 0)

    def listen(event: Event) -> None:
        vanish(event)
        if isinstance(event, Paused):
            scan.engine.ask(Request.STOP)

    scan.go(listen)
    assert [e.site for e in scan.of(Approaching)] == [0, 1, 1]
    assert len(scan.of(Paused)) == 1


def test_a_plan_that_stops_without_contact_stops_at_the_known_surface_as_well():
    scan = a_scan([a_site(k, then="stop") for k in range(3)])
    scan.go(vanishes_after(scan, 0))
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK, MISSED]
    assert scan.end.status == "stopped"


def test_a_tip_below_the_known_surface_does_not_descend():
    scan = a_scan(2)

    def sinks(event: Event) -> None:
        if isinstance(event, SiteFinished) and event.site == 0:
            scan.world.position["z"] = 48e-6
            scan.world.surface = 30e-6

    scan.world.sins = Forgiven("low")
    scan.go(sinks)
    assert outcome(scan, 1).outcome is MISSED
    assert "The tip did not descend" in outcome(scan, 1).reason
    assert sum(isinstance(a, Move) and a.until is not None for a in scan.world.story) == 1


def test_the_bound_lifts_a_descent_off_the_lower_end_of_the_stage():
    """A travel that would end below the stage does not matter where the surface is known."""
    far = replace(a_site(1), retract=Lift(8e-6, 2e-6))
    far = replace(far, approach=replace(far.approach, travel=100e-6))
    assert INFO.axes["z"].travel.lower == 0.0
    assert outcome(a_scan([a_site(0), far]).go(), 1).outcome is Outcome.OK


PLAN = "li-on-au-combinatorial"
LANDED = 51.3e-6
"""Where the first sites of the shipped plan land."""


def deepest(path: Path) -> float:
    with seccm.open(path) as scan:
        return min(float(scan.record(k).z.min()) for k in visited(scan))


def visited(scan: seccm.Scan) -> list[int]:
    return [k for k, status in enumerate(scan.sites["status"]) if status != Outcome.PLANNED]


def run_until_pause(path: Path, *faults: str, most: int = 6) -> list[Event]:
    """The shipped plan with faults, up to the first pause or so many sites."""
    run = seccm.run(PLAN, path=path, faults=faults)
    heard: list[Event] = []
    for event in run:
        heard.append(event)
        done = sum(isinstance(e, SiteFinished) for e in heard)
        if isinstance(event, Paused) or (isinstance(event, SiteFinished) and done == most):
            run.ask("stop")
    return heard


def test_on_the_shipped_plan_a_surface_that_is_gone_stops_the_tip_within_1500_nm(tmp_path):
    heard = run_until_pause(tmp_path / "scan.h5", "no-surface@site=2")
    third = next(e for e in heard if isinstance(e, SiteFinished) and e.site == 2)
    assert third.outcome is MISSED
    assert LANDED - 1.5e-6 < deepest(tmp_path / "scan.h5") < LANDED
    # The surface is there again at the next site.
    assert sum(isinstance(e, Landed) for e in heard) == 5


def test_a_clogged_pipette_pauses_the_shipped_plan_after_two_sites(tmp_path):
    heard = run_until_pause(tmp_path / "scan.h5", "clogged-tip@site=3")
    outcomes = [e.outcome for e in heard if isinstance(e, SiteFinished)]
    assert outcomes == [Outcome.OK] * 3 + [MISSED] * 2
    assert "clogged" in next(e.why for e in heard if isinstance(e, Paused))
    assert deepest(tmp_path / "scan.h5") > LANDED - 1.5e-6


def test_a_run_that_is_resumed_knows_the_surface_from_its_file(tmp_path):
    """And the tip may go no deeper below it than before, however often somebody resumes."""
    path = tmp_path / "scan.h5"
    run_until_pause(path, "clogged-tip@site=3", "no-surface@site=5")
    again = seccm.resume(path)
    for event in again:
        if isinstance(event, SiteFinished) and event.site == 6:
            again.ask("stop")
    with seccm.open(path) as scan:
        status = scan.sites["status"].tolist()[:7]
    assert status == [Outcome.OK] * 3 + [MISSED] * 3 + [Outcome.OK]
    assert LANDED - 1.5e-6 < deepest(path) < LANDED - 0.5e-6


@pytest.mark.parametrize("burst", [False, True])
def test_who_resumes_doubts_the_landings_that_were_doubted(tmp_path, burst):
    """Noise that passed for a contact is no surface to a later session, either."""
    plan = small_cv()
    faults = ["spikes@at=1 s,for=60 ms,amplitude=15 pA,every=3 ms"] if burst else []
    run = seccm.run(plan, path=tmp_path / "scan.h5", seed=1, faults=faults)
    for event in run:
        if isinstance(event, SiteFinished):
            run.ask("stop")
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites["landed"][0]
        terrain = known_surface(scan, 0.0)
    assert terrain.known
    assert terrain.landings == (0 if burst else 1)
    terrain.miss()
    assert terrain.known is not burst, "a doubted landing is forgotten when a descent misses it"
