"""Checking a plan against a rig: what would fail or come out useless is told before it runs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plan import CV, INFO, POTENTIOSTATIC, STEP, UM, approach, grid, small

from seccm.errors import Problem
from seccm.plan import Plan, load_plan, plans
from seccm.rig import AxisRange, Range, RawChannel, RigInfo, StopAbility


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


@pytest.mark.parametrize("name", plans())
def test_the_shipped_plans_have_no_errors(name: str) -> None:
    """And no other warnings than the one they speak of themselves."""
    problems = load_plan(name).check(INFO, at={"z": 58 * UM}, free_disk=10**9)
    expected = {"design", "design.assign"} if name == "li-on-au-combinatorial" else set()
    assert {problem.where for problem in problems} == expected
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
    """A retry lands beside its site, in any direction."""
    retry = {"then": "retry", "retries": 1, "shift": 2 * UM}
    plan = small(on_no_contact=retry, sites=grid(origin=[1 * UM, 50 * UM]))
    assert says(found(plan, "sites"), "retries 2 um from there", "x = 1 um")


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


def test_a_retry_must_not_land_on_a_neighbour() -> None:
    """A shift of most of the pitch does."""
    retry = {"then": "retry", "retries": 1, "shift": 8 * UM}
    plan = small(on_no_contact=retry, sites=grid(origin=[10 * UM, 10 * UM]))
    assert says(found(plan, "on_no_contact.shift", "warning"), "8 um", "neighbour")


def test_a_retract_that_may_not_break_the_meniscus_is_warned_of() -> None:
    """It stretches to about a radius of the footprint, 1.5 um."""
    plan = small(retract={"distance": 1.4 * UM, "speed": 1 * UM})
    assert says(found(plan, "retract.distance", "warning"), "1.4 um", "1.5 um")


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


def test_raw_samples_are_refused_by_a_rig_that_has_none() -> None:
    """With the remedy; the same plan is good on a rig that has them, and says so to the disk."""
    plan = small(record={"raw": True})
    assert says(found(plan, "record.raw"), "only rows", "virtual-nidaq")
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
    assert told["record"] == {"raw": True}
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


def test_a_large_map_is_checked_too() -> None:
    """40 000 sites: neighbours are found by a tree, conditions once each."""
    sites = grid(columns=200, rows=200, pitch=0.4 * UM, allow_overlap=True)
    problems = small(sites=sites).check(INFO)
    assert says(problems[0], "40000 sites overlap")
