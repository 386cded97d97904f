"""Checking a plan against a rig: what would fail or come out useless is told before it runs."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plan import CV, INFO, POTENTIOSTATIC, RIG_OF, STEP, UM, approach, grid, small

import seccm
from seccm.errors import PlanError, Problem
from seccm.plan import Plan, load_plan, plans
from seccm.plan.planner import Listed, with_script
from seccm.plan.surface import surface_words
from seccm.plan.tables import Tables
from seccm.rig import AxisRange, Range, RawChannel, RigInfo, StopAbility
from seccm.rigs import load_rig


def found(
    plan: Plan, where: str, severity: str = "error", info: RigInfo = INFO, **known: Any
) -> Problem:
    """Return the one problem of a severity with a key."""
    matching = [p for p in plan.check(info, **known) if (p.where, p.severity) == (where, severity)]
    assert len(matching) == 1, [str(problem) for problem in plan.check(info, **known)]
    return matching[0]


def says(problem: Problem, *words: str) -> bool:
    """Tell whether a problem contains all the words."""
    return all(word in str(problem) for word in words)


def screen(**tables: Any) -> Plan:
    """Return a screen of two currents."""
    return small(factors={"i": ["-1 nA", "-2 nA"]}, program=[{**STEP, "current": "$i"}], **tables)


def test_a_sensible_plan_has_no_problems() -> None:
    """Checks that cry wolf are not read."""
    assert small().check(INFO, at={"z": 60 * UM}, free_disk=10**9) == ()


WITH_RAW = ("impedance-map", "mixed-protocol", "nano-impacts")
"""Shipped plans that need raw samples, which the rig on the bench has not."""


@pytest.mark.parametrize("name", plans())
def test_the_shipped_plans_have_no_errors(name: str) -> None:
    """And no other warnings than the one they speak of themselves."""
    rig = (RIG_OF | dict.fromkeys(WITH_RAW, "virtual")).get(name)
    if rig is None:
        problems = load_plan(name).check(INFO, at={"z": 58 * UM}, free_disk=10**12)
    else:
        _, problems = seccm.check(load_plan(name), load_rig(rig))
    spoken_of = {
        "li-on-au-combinatorial": {"design", "design.assign"},
        "li-on-au-from-rest": {"keep"},
        "li-on-au-irm": {"design"},
        "lmo-particles-pitt": {"plan"},
    }
    assert {problem.where for problem in problems} == spoken_of.get(name, set())
    assert all(problem.severity == "warning" for problem in problems)


def test_errors_come_before_warnings() -> None:
    """The first line read is the one that matters most."""
    plan = screen(sites=grid(columns=30), design={"assign": "rows"})
    severities = [problem.severity for problem in plan.check(INFO)]
    assert severities == sorted(severities)
    assert {"error", "warning"} == set(severities)


def test_sites_beyond_the_stage_are_counted_and_the_farthest_is_named() -> None:
    """With its place and the range."""
    problem = found(small(sites=grid(columns=13)), "sites")
    assert says(problem, "4 of 26 sites", "axis x", "0 m to 100 um", "x = 120 um", "origin")


def test_retries_must_stay_on_the_stage() -> None:
    """All of them: the third goes to the left, and the second turn goes twice as far."""
    sites = grid(columns=1, pitch=30 * UM, origin=[3 * UM, 50 * UM])
    for retries, beyond in [(2, ()), (3, ()), (4, ()), (6, ()), (7, ("sites",))]:
        retry = {"then": "retry", "retries": retries, "shift": 2 * UM}
        told = small(on_no_contact=retry, sites=sites).check(INFO)
        assert tuple(p.where for p in told) == beyond, retries
    assert says(told[0], "retries up to 4 um from there", "x = 3 um")


def test_an_approach_must_end_above_the_limit_from_where_the_tip_is() -> None:
    """Counted from where it is now, or from the top."""
    plan = small(approach=approach(travel=30 * UM))
    problem = found(plan, "approach.travel", at={"z": 25 * UM})
    assert says(problem, "30 um down from z = 25 um (now)", "end at z = -5 um", "limit 0 m")
    assert plan.check(INFO) == ()
    deeper = small(approach=approach(travel=90 * UM))
    assert says(found(deeper, "approach.travel"), "from z = 80 um (at the top)", "-10 um")


def test_a_tilted_sample_is_allowed_for() -> None:
    """One percent over a diagonal of 127 um is 1.3 um."""
    plan = small(sites=grid(columns=10, rows=10), approach=approach(travel=30 * UM))
    problem = found(plan, "approach.travel", "warning", at={"z": 31 * UM})
    assert says(problem, "1.273 um", "tilted by 1%")
    assert plan.check(INFO, at={"z": 32 * UM}) == ()


@pytest.mark.parametrize(
    ("tables", "where", "words"),
    [
        ({"approach": approach(speed=60 * UM, overtravel=2 * UM)}, "approach.speed", "axis z"),
        ({"retract": {"distance": 4 * UM, "speed": 60 * UM}}, "retract.speed", "50 um/s"),
        ({"travel": {"speed": 2e-3}}, "travel.speed", "1 mm/s"),
        ({"retract": {"distance": 81 * UM, "speed": 1 * UM}}, "retract.distance", "80 um"),
    ],
)
def test_motions_beyond_an_axis_are_told(tables: dict[str, Any], where: str, words: str) -> None:
    """With what the axis can do."""
    if where == "retract.distance":
        tables["approach"] = approach(travel=90 * UM)
    assert says(found(small(**tables), where), words)


@given(speed=st.floats(1e-7, 4e-5), allowed=st.floats(1e-9, 1e-6), rows=st.integers(1, 5))
def test_an_approach_is_refused_just_when_the_rig_cannot_stop_in_time(
    speed: float, allowed: float, rows: int
) -> None:
    """By its worst latency, the stage's lag and the further rows; the advised speed would do."""
    contact = {"kind": "potential drop", "drop": 5.0, "consecutive": rows}
    plan = small(approach=approach(speed=speed, overtravel=allowed, contact=contact))
    told = [p for p in plan.check(INFO) if p.where == "approach.speed"]
    farthest = speed * (0.02 + 0.005 + (rows - 1) * 2.57e-3)
    assert bool(told) == (farthest > allowed) or farthest == pytest.approx(allowed)
    if told:
        advised = told[0].remedy.split("Lower it to ")[1].split("/s")[0] + "/s"
        slower = small(approach=approach(speed=advised, overtravel=allowed, contact=contact))
        assert [p for p in slower.check(INFO) if p.where == "approach.speed"] == []


def test_the_shipped_speeds_need_a_rig_that_stops() -> None:
    """At 2 um/s and 0.2 s the tip goes 400 nm too far."""
    slow = dataclasses.replace(INFO, stop=StopAbility("streamed", 0.1, 0.2), stage_lag=0.0)
    problem = found(load_plan("li-on-au-combinatorial"), "approach.speed", info=slow)
    assert says(problem, "2 um/s", "400 nm", "250 nm", "1.2 um/s")


def test_a_margin_that_leaves_the_known_surface_without_effect_is_warned_of() -> None:
    """The advice, followed, is taken."""
    wide = small(approach={**approach(), "travel": "20 um", "surface_margin": "20 um"})
    problem = found(wide, "approach.surface_margin", "warning")
    assert says(problem, "20 um below the known surface", "clogged", "Lower it")
    assert small(approach={**approach(), "surface_margin": "6 um"}).check(INFO) == ()


def test_the_check_says_how_far_below_the_surface_a_tip_may_go_and_why() -> None:
    words = surface_words(small(approach={**approach(), "overtravel": "250 nm"}).visits())
    assert "ends 750 nm below the known surface" in words
    assert "surface_margin 500 nm and overtravel 250 nm" in words
    wider = {**approach(), "overtravel": "250 nm", "surface_margin": "6 um"}
    assert "ends 6.25 um below" in surface_words(small(approach=wider).visits())


def test_a_drive_that_the_rig_lacks_is_refused() -> None:
    """At the step, and for the hold."""
    potentiostat = dataclasses.replace(INFO, modes=frozenset({"potential", "open"}))
    problem = found(small(), "program[0]", info=potentiostat)
    assert says(problem, "rig bench cannot impose", '"current"', "open, potential")
    assert found(small(), "approach.hold", info=potentiostat)


def test_potentials_are_checked_raw_and_told_both_ways() -> None:
    """-2.5 V vs Li/Li+ is -5.5 V vs Ag."""
    info = dataclasses.replace(INFO, potential=Range(-5.0, 5.0))
    plan = small(program=[{**CV, "vertices": [-2.5]}], approach=POTENTIOSTATIC)
    problem = found(plan, "program[0]", info=info)
    assert says(problem, "-2.5 V vs Li/Li+ (-5.5 V vs Ag)", "-5 V to 5 V", "offset")
    assert not [p for p in plan.check(INFO) if p.severity == "error"]


def test_currents_are_checked_and_the_condition_is_named() -> None:
    """Once for each step, with the first condition that fails."""
    plan = small(
        factors={"i": ["-1 nA", "-30 nA", "-40 nA"]},
        program=[{**STEP, "current": "$i"}],
        design={"assign": "shuffled"},
    )
    problem = found(plan, "program[0]")
    assert says(problem, "-30 nA with i = -30 nA", "-20 nA to 20 nA")


def test_limits_that_can_never_end_a_step_are_refused() -> None:
    """Such as a potential that the rig cannot read."""
    plan = small(program=[{**STEP, "until": {"potential_below": -8.0}}])
    assert says(found(plan, "program[0].until"), "-8 V vs Li/Li+ (-11 V vs Ag)", "never")


@pytest.mark.parametrize(
    ("contact", "hold", "key", "words"),
    [
        (
            {"kind": "potential drop", "drop": 12.0},
            "first step",
            "drop",
            ("12 V", "overload", "10 V"),
        ),
        (
            {"kind": "current threshold", "threshold": 30e-9},
            {"potential": 1.0},
            "threshold",
            ("30 nA", "20 nA"),
        ),
        (
            {"kind": "current rise", "rise": 20e-9},
            {"potential": 1.0},
            "rise",
            ("20 nA", "would not be seen"),
        ),
    ],
)
def test_a_contact_that_could_not_be_seen_is_refused(
    contact: object, hold: object, key: str, words: tuple[str, ...]
) -> None:
    """The tip would go on into the sample."""
    plan = small(approach=approach(contact=contact, hold=hold))
    assert says(found(plan, f"approach.contact.{key}"), *words)


def test_footprints_that_overlap_are_refused_unless_meant() -> None:
    """3 um droplets every 2 um meet; every 3.1 um they may, once they have spread."""
    problem = found(small(sites=grid(pitch=2 * UM)), "sites.pitch")
    assert says(problem, "6 sites overlap", "2 um apart", "diameter is 3 um", "allow_overlap")
    meant = small(sites=grid(pitch=2 * UM, allow_overlap=True))
    assert found(meant, "sites.pitch", "warning")
    assert says(found(small(sites=grid(pitch=3.1 * UM)), "sites.pitch", "warning"), "spread")
    assert small(sites=grid(pitch=3.5 * UM)).check(INFO) == ()


def test_listed_points_that_come_too_close_are_found() -> None:
    """Among many, the closest pair is named; the same point twice is one."""
    points = [[10 * UM * i, 0.0] for i in range(9)]
    points[7] = [31 * UM, 0.0]
    problem = found(small(sites={"kind": "points", "points": points}), "sites")
    assert says(problem, "2 sites overlap", "sites 3 and 7", "1 um apart")
    twice = small(sites={"kind": "points", "points": [[0.0, 0.0]] * 4})
    assert says(found(twice, "sites"), "4 sites overlap", "0 m apart")


def retrying(retries: int, shift: float, **sites: Any) -> Plan:
    """Return the small plan with retries; its droplets are 3 um wide, its sites 10 um apart."""
    retry = {"then": "retry", "retries": retries, "shift": shift * UM}
    return small(on_no_contact=retry, sites=grid(origin=[40 * UM, 40 * UM], **sites))


def test_a_retry_must_not_land_on_a_neighbour() -> None:
    """A shift of most of the pitch does: that would measure where was measured already."""
    problem = found(retrying(1, 8), "on_no_contact.shift")
    assert says(problem, "8 um", "retry 1 of site 0 would land on site 1", "3 um", "smaller")


def test_a_retry_of_just_the_pitch_is_refused() -> None:
    """Retries that go to the next site, which was or will be measured: once only a warning."""
    data = load_plan("redox-cv-map").to_dict()
    data["sites"] |= {"columns": 3, "rows": 3}
    data["on_no_contact"] = {"then": "retry", "retries": 6, "shift": "6.5 um"}
    told = [p for p in Plan.from_dict(data).check(INFO) if p.where == "on_no_contact.shift"]
    assert [p.severity for p in told] == ["error"]
    assert says(told[0], "6.5 um", "retry", "would land on site")


def test_two_retries_must_not_land_in_the_same_place() -> None:
    """Half of the pitch leads retry 1 of a site and retry 3 of the next one to one place."""
    assert says(found(retrying(3, 5), "on_no_contact.shift"), "where retry", "may land")
    assert retrying(2, 3).check(INFO) == ()


def test_the_second_turn_of_retries_is_checked_too() -> None:
    """It goes twice as far out as the first: 2 um are good for four retries, not for eight."""
    assert retrying(4, 2).check(INFO) == ()
    assert found(retrying(5, 4), "on_no_contact.shift")


def test_retries_over_neighbours_are_a_warning_where_overlap_is_meant() -> None:
    """As the overlap of the sites themselves is."""
    plan = retrying(4, 10, allow_overlap=True)
    assert found(plan, "on_no_contact.shift", "warning")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_retry_meets_a_droplet_of_another_site_in_a_plan_that_passes(
    data: st.DataObject,
) -> None:
    """Wherever the points lie: compared with all distances, one by one."""
    spots = data.draw(st.lists(st.tuples(*[st.integers(30, 70)] * 2), min_size=2, max_size=8))
    retries, shift = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 5))
    plan = small(
        sites={"kind": "points", "points": [[x * UM, y * UM] for x, y in spots]},
        on_no_contact={"then": "retry", "retries": retries, "shift": shift * UM},
    )
    told = {p.where for p in plan.check(INFO) if p.severity == "error"}
    around = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    ways = [(0, 0)] + [
        tuple((k // 4 + 1) * shift * c for c in around[k % 4]) for k in range(retries)
    ]
    meet = any(
        math.hypot(a[0] + u[0] - b[0] - v[0], a[1] + u[1] - b[1] - v[1]) < 3 - 1e-6
        for (i, a), (j, b) in itertools.permutations(enumerate(spots), 2)
        for u in ways
        for v in ways
        if u != v and i != j
    )
    assert ("on_no_contact.shift" in told) == meet


def test_retries_without_a_shift_go_to_their_own_site_again() -> None:
    """An approach that met nothing leaves no droplet behind."""
    assert retrying(3, 0).check(INFO) == ()


def test_a_retract_that_may_not_break_the_meniscus_is_warned_of() -> None:
    """It stretches to about a radius of the footprint, 1.5 um."""
    plan = small(retract={"distance": 1.4 * UM, "speed": 1 * UM})
    assert says(found(plan, "retract.distance", "warning"), "1.4 um", "1.5 um")


@pytest.mark.parametrize("distance", ["0.1 nm", "100 nm", "1.29 um"])
def test_a_retract_that_drags_the_meniscus_over_the_sample_is_refused(distance: str) -> None:
    """Below the aperture's radius of 1 um and 100 nm each of overtravel, slope and noise."""
    plan = small(retract={"distance": distance, "speed": 1 * UM})
    problem = found(plan, "retract.distance")
    assert says(
        problem,
        distance.replace("0.1 nm", "100 pm"),
        "drag the meniscus",
        "1 um",
        "300 nm",
        "Retract by 1.8 um",
    )
    enough = small(retract={"distance": "1.8 um", "speed": 1 * UM})
    assert enough.check(INFO) == ()
    band = small(retract={"distance": "1.31 um", "speed": 1 * UM})
    assert found(band, "retract.distance", "warning")


def test_every_level_of_a_retract_is_checked() -> None:
    """A factor may vary how far the tip is lifted."""
    plan = small(
        factors={"up": ["4 um", "10 nm", "1.5 um"]}, retract={"distance": "$up", "speed": 1 * UM}
    )
    assert says(found(plan, "retract.distance"), "10 nm")
    assert says(found(plan, "retract.distance", "warning"), "1.5 um")


def test_an_overtravel_beyond_the_meniscus_is_warned_of() -> None:
    """A 2 um pipette's meniscus may hang no more than 100 nm."""
    plan = small(approach=approach(overtravel=200e-9))
    assert says(found(plan, "approach.overtravel", "warning"), "200 nm", "100 nm", "glass")


def test_a_footprint_out_of_proportion_is_warned_of() -> None:
    """A slip in a unit of area is a factor of a million."""
    footprint = {"area": "68.4 nm^2", "basis": "footprint"}
    plan = small(probe={"aperture": "6 um", "footprint": footprint})
    assert says(found(plan, "probe.footprint", "warning"), "0.00156 times", "units")


def test_steps_must_last_a_row() -> None:
    """A row takes 2.57 ms."""
    plan = small(program=[STEP, {**STEP, "duration": 1e-3}])
    assert says(found(plan, "program[1]"), "1 ms", "2.57 ms")


def test_fast_sweeps_are_warned_of() -> None:
    """10 V/s is 25.7 mV in each row; 1.9 V/s is within 5 mV."""
    plan = small(program=[{**CV, "scan_rate": 10.0}], approach=POTENTIOSTATIC)
    problem = found(plan, "program[0].scan_rate", "warning")
    assert says(problem, "10 V/s", "25.7 mV", "1.9 V/s")
    assert small(program=[{**CV, "scan_rate": 1.9}], approach=POTENTIOSTATIC).check(INFO) == ()


def test_few_and_unequal_repeats_are_warned_of() -> None:
    """With the condition that has the fewest."""
    plan = screen(sites=grid(leave_out=[[0, 0]]), design={"assign": "shuffled"})
    told = [str(p) for p in plan.check(INFO) if p.where == "design"]
    assert len(told) == 2
    assert "has 2 sites: too few" in told[0]
    assert "2 to 3 sites" in told[1]
    assert small(sites=grid(rows=1)).check(INFO) == ()


@pytest.mark.parametrize(
    ("design", "sites", "words"),
    [
        ({"assign": "rows"}, {"columns": 4, "rows": 2}, "each row and each stretch of time"),
        ({"assign": "columns"}, {"columns": 2, "rows": 4}, "each column has"),
        ({"assign": "interleaved"}, {"columns": 2, "rows": 4}, "each column has"),
        ({"assign": "rows"}, {"columns": 4, "rows": 2, "order": "random", "seed": 3}, "each row"),
    ],
)
def test_a_condition_that_follows_place_or_time_is_warned_of(
    design: dict[str, Any], sites: dict[str, Any], words: str
) -> None:
    """Whichever way the design came to it."""
    problem = found(screen(design=design, sites=grid(**sites)), "design.assign", "warning")
    assert says(problem, words, "effect of i", '"shuffled"')


def test_shuffled_conditions_follow_neither_place_nor_time() -> None:
    """The advice given is good; where chance plays a trick on a small grid, another seed helps."""
    told = {
        seed: screen(design={"assign": "shuffled", "seed": seed}, sites=grid(columns=4)).check(INFO)
        for seed in range(8)
    }
    assert () in told.values()
    assert {
        str(p).split(". ")[1].rsplit(".", 2)[0] for problems in told.values() for p in problems
    } <= {"Choose another design"}


def test_a_disk_without_room_is_refused_and_a_tight_one_warned_of() -> None:
    """With what is needed and what is free."""
    plan = small(program=[{**STEP, "duration": 3600.0}])
    size = plan.bytes(INFO)
    assert size == pytest.approx(6 * 3600 / 2.57e-3 * 23, rel=0.01)
    assert says(found(plan, "plan", free_disk=10**8), "194 MB", "100 MB")
    assert found(plan, "plan", "warning", free_disk=int(size * 1.1))
    assert plan.check(INFO, free_disk=size * 2) == ()


def test_the_room_on_the_disk_is_told_of_the_sites_that_are_known_where_a_planner_adds_more():
    known = small(sites=grid(columns=200, rows=20))
    asking = with_script(known, Listed(()))
    told = found(known, "plan", free_disk=10**6)
    assert told
    assert not says(told, "planner")
    assert says(found(asking, "plan", free_disk=10**6), 'the planner "script"', "Every place")


def test_raw_samples_are_refused_by_a_rig_that_has_none() -> None:
    """With the remedy; the same plan is good on a rig that has them, and says so to the disk."""
    plan = small(record={"raw": True})
    assert says(found(plan, "record.raw"), "only data points", "virtual-nidaq")
    assert plan.raw_bytes(INFO) == 0
    channels = tuple(RawChannel(name, "V", (0.0, 1.0, 0.0, 0.0)) for name in "abcdefgh")
    info = dataclasses.replace(INFO, raw=channels)
    raw = round(plan.duration(info) * 100_000 * 8 * 2)
    assert plan.raw_bytes(info) == raw
    assert plan.bytes(info) == small().bytes(info) + raw
    assert plan.check(info, free_disk=10 * raw) == ()
    (told,) = plan.check(info, free_disk=raw // 2)
    assert says(told, "raw samples", "leave out record.raw")
    (told,) = plan.check(info, free_disk=2 * raw)
    assert told.severity == "warning", "the compressed copy needs room beside the file"


def test_raw_samples_are_off_unless_asked_for() -> None:
    """A plan of an older file has no word of them."""
    assert not small().record.raw
    told = small(record={"raw": True}).to_dict()
    assert told["record"]["raw"] is True
    assert Plan.from_dict(told).record.raw


def test_a_scan_over_days_is_warned_of() -> None:
    """Six times five hours."""
    plan = small(program=[{**STEP, "duration": 5 * 3600.0}])
    assert says(found(plan, "plan", "warning"), "30 h")


def test_a_rig_without_an_axis_is_told() -> None:
    """Rather than a traceback."""
    bare = dataclasses.replace(INFO, axes={"x": AxisRange(Range(0.0, 1e-4), 1e-3)})
    problems = small().check(bare)
    assert {p.where for p in problems} == {"sites", "approach"}


def test_a_scan_over_years_is_refused() -> None:
    """Nobody waits that long, and no number of hours with twenty digits helps."""
    plan = small(
        sites=grid(columns=10, rows=10),
        program=[{"step": "repeat", "times": 10_000, "program": [{**STEP, "duration": "720 h"}]}],
    )
    assert says(found(plan, "plan"), "8.21e+04 years", "fewer sites")


def test_a_large_map_is_checked_too() -> None:
    """40 000 sites: neighbours are found by a tree, conditions once each."""
    sites = grid(columns=200, rows=200, pitch=0.4 * UM, allow_overlap=True)
    problems = small(sites=sites).check(INFO)
    assert says(problems[0], "40000 sites overlap")


def test_a_check_makes_no_site_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million sites are columns of numbers; checking them must not take minutes."""
    plan = screen(
        sites=grid(columns=500, rows=500, pitch=0.19 * UM, allow_overlap=True),
        on_no_contact={"then": "retry", "retries": 2, "shift": 0.01 * UM},
    )
    made: list[object] = []
    monkeypatch.setattr(Tables, "sites", lambda self: made.append(self))
    problems = plan.check(INFO, free_disk=10**18)
    assert says(problems[0], "250000 sites overlap")
    assert plan.bytes(INFO) > 10**9
    assert made == []


def test_retries_that_would_take_too_long_to_check_are_refused() -> None:
    """Rather than being looked at for minutes, or not at all."""
    plan = small(
        sites=grid(columns=300, rows=300, pitch=0.3 * UM, allow_overlap=True),
        probe={"aperture": 0.01 * UM, "footprint": {"ratio": 1.0, "basis": "nominal"}},
        on_no_contact={"then": "retry", "retries": 100, "shift": 0.0231 * UM},
    )
    assert says(found(plan, "on_no_contact.shift"), "100 retries", "90000 sites", "fewer")


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_program_with_too_many_steps_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    """However they are put into one another; a stored plan is asked for by every command."""
    program = [STEP] * 6_000
    for _ in range(depth - 1):
        program = [{"step": "repeat", "times": 1, "program": program}]
    large = small(program=program).to_dict()
    large["program"] = [*large["program"], *large["program"]]
    monkeypatch.setattr(Plan, "_mistakes", lambda *_: pytest.fail("it is read"))
    with pytest.raises(PlanError, match=r"more than 10000 steps.*repeat"):
        Plan.from_json(json.dumps(large))


@pytest.mark.parametrize(("rows", "wrong"), [(1, False), (2, True), (5, True)])
def test_a_stop_that_looks_at_one_row_is_not_asked_for_several(rows: int, wrong: bool) -> None:
    """By its key, with advice that the plan accepts; other rigs take any number."""
    rig = dataclasses.replace(INFO, stop=dataclasses.replace(INFO.stop, rows=1))
    contact = {"kind": "potential drop", "drop": "5 V", "consecutive": rows}
    plan = small(approach=approach(contact=contact))
    told = [p for p in plan.check(rig) if p.where == "approach.contact.consecutive"]
    assert bool(told) is wrong
    assert not any(p.where == "approach.contact.consecutive" for p in plan.check(INFO))
    for problem in told:
        assert problem.suggestion is not None
        assert problem.suggestion.value == 1


def test_a_rig_that_runs_straight_lines_only_is_not_asked_for_sines() -> None:
    """By the step, whatever the frequencies; a rig that runs them is not refused for it."""
    plan = load_plan("impedance-map")
    _, on_target = seccm.check(plan, load_rig("virtual-wec-fpga"))
    [told] = [p for p in on_target if "no sines" in p.what]
    assert told.where == "program[1]"
    assert told.severity == "error"
    _, usual = seccm.check(plan, load_rig("virtual"))
    assert not any("sines" in p.what for p in usual)
