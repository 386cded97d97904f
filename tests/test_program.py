"""Programmes that follow what was measured: references, repeats with an end, and if."""

from __future__ import annotations

import json

import numpy as np
import pytest
from little_world import CLOCK, INFO, a_block, cut
from programmes import FOLLOWS, HOLD, OFFSET, REST, came_to, plan_of, run

import seccm
from seccm.data.tables import LONGEST
from seccm.errors import ContactError
from seccm.hopping.last_rows import LastRows
from seccm.plan import Plan
from seccm.program.live import Live
from seccm.program.outline import outline
from seccm.program.program import Program, corners
from seccm.program.tree import part_at, parts

SITES = {"kind": "grid", "columns": 2, "rows": 1, "pitch": 2e-6, "origin": [5e-6, 5e-6]}
QUESTION = {"from": "rest", "take": "E", "below": "0 V"}


def problems(*program, **changes):
    with pytest.raises(seccm.PlanError) as said:
        plan_of(*program, **changes)
    return {problem.where: problem for problem in said.value.problems}


# ------------------------------------------------------------------------------ references


def test_a_potential_follows_an_earlier_open_circuit():
    """-15 mV from what the cell rested at, whatever the reference of the plan is."""
    rest, hold = run(plan_of(REST, HOLD), came_to(E=-0.3))
    assert hold.waveform.value == pytest.approx(-0.315)
    assert hold.label == "-0.115 V for 1 s"
    assert (rest.name, hold.name) == ("rest", "")


def test_what_a_step_resolved_to_is_said_with_it():
    _, hold = run(plan_of(REST, HOLD), came_to(E=-0.3))
    assert json.loads(hold.resolved)["potential"] == pytest.approx(-0.3 + OFFSET - 0.015)
    assert run(plan_of(REST), came_to())[0].resolved == ""


@pytest.mark.parametrize(
    ("step", "of", "expected"),
    [
        ({"step": "constant current", "current": {"from": "rest", "times": -2.0,
          "within": ["-1 uA", "1 uA"]}, "duration": "1 s"},
         came_to(i=3e-10), lambda s: s.waveform.value == pytest.approx(-6e-10)),
        ({"step": "open circuit", "duration": {"from": "rest", "times": 0.5,
          "within": ["1 s", "1 h"]}},
         came_to(time=60.0), lambda s: s.waveform.duration == pytest.approx(30.0)),
        ({"step": "open circuit", "duration": "1 s", "until": {"charge": {"from": "rest",
          "times": -1.0, "within": ["1 pC", "1 uC"]}}},
         came_to(charge=-2e-9), lambda s: s.limits[0].value == pytest.approx(2e-9)),
        ({"step": "cv", "start": FOLLOWS, "vertices": ["0.5 V", FOLLOWS, "0.6 V"],
          "scan_rate": "1 V/s"},
         came_to(E=0.1), lambda s: s.waveform.values[::2] == pytest.approx((0.085,) * 3)),
    ],
)  # fmt: skip
def test_every_quantity_that_is_known_can_be_followed(step, of, expected):
    assert expected(run(plan_of(REST, step), of)[1])


def test_a_value_outside_of_what_the_plan_allows_is_not_imposed():
    """It is neither clipped nor guessed: the step does not run, and the message says why."""
    narrow = {**HOLD, "potential": {**FOLLOWS, "within": ["-100 mV", "100 mV"]}}
    with pytest.raises(ContactError) as said:
        run(plan_of(REST, narrow), came_to(E=-0.4))
    assert said.value.code == "out-of-range"
    for part in ("the last potential of rest", "-215 mV", "-100 mV to 100 mV", "did not run"):
        assert part in str(said.value)


def test_the_last_run_of_a_step_counts():
    twice = {"step": "repeat", "times": 2, "program": [REST]}
    *_, hold = run(plan_of(twice, HOLD), came_to(E=0.1), came_to(E=0.3))
    assert hold.waveform.value == pytest.approx(0.3 - 0.015)


def test_a_plan_with_references_reads_back_as_it_is():
    asks = {"step": "if", "when": QUESTION, "program": [HOLD], "otherwise": [{**REST, "name": "b"}]}
    ends = {"step": "repeat", "times": 3, "until": QUESTION, "program": [HOLD]}
    plan = plan_of(REST, asks, ends)
    assert Plan.from_json(plan.to_json()) == plan
    assert Plan.from_json(plan.to_json()).sites() == plan.sites()


@pytest.mark.parametrize(
    ("program", "where", "words"),
    [
        ((HOLD, REST), "program[0].potential.from", "comes later"),
        (({**HOLD, "name": "rest"},), "program[0].potential.from", "comes later"),
        ((REST, {**HOLD, "potential": {**FOLLOWS, "from": "rset"}}),
         "program[1].potential.from", 'Did you mean "rest"?'),
        (({**REST, "name": "a"}, {**HOLD, "potential": {**FOLLOWS, "from": "x"}}),
         "program[1].potential.from", "Steps with names before this one: a"),
        ((REST, {"step": "if", "when": QUESTION, "program": [{**HOLD, "name": "h"}]},
          {**HOLD, "potential": {**FOLLOWS, "from": "h"}}),
         "program[2].potential.from", "only in one arm"),
        ((REST, {"step": "if", "when": QUESTION, "program": [{**REST, "name": "h"}],
                 "otherwise": [{**HOLD, "potential": {**FOLLOWS, "from": "h"}}]}),
         "program[1].otherwise[0].potential.from", "comes later"),
        (({"step": "repeat", "times": 2, "program": [HOLD, REST]},),
         "program[0].program[0].potential.from", "comes later"),
        (({"step": "if", "when": QUESTION, "program": [REST]},),
         "program[0].when.from", "comes later"),
        ((REST, {"step": "repeat", "times": 2, "until": {**QUESTION, "from": "nothing"},
                 "program": [{**REST, "name": "b"}]}),
         "program[1].until.from", '"nothing" names no step'),
        ((REST, REST), "program[1].name", "already"),
    ],
)  # fmt: skip
def test_a_reference_that_no_way_provides_is_refused_by_its_key(program, where, words):
    found = problems(*program)
    assert list(found) == [where]
    assert words in f"{found[where].what} {found[where].remedy}"


def test_what_both_arms_name_can_be_followed_after_them():
    asks = {"step": "if", "when": QUESTION, "program": [{**REST, "name": "h"}],
            "otherwise": [{**REST, "name": "h"}]}  # fmt: skip
    follows = {**HOLD, "potential": {**FOLLOWS, "from": "h"}}
    assert len(run(plan_of(REST, asks, follows), came_to(E=0.1))) == 3


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"from": None}, "from", "is missing"),
        ({"take": "i"}, "take", 'must be "E"'),
        ({"within": None}, "within", 'such as within = ["-1 V", "1 V"]'),
        ({"within": ["1 V"]}, "within", "must be two values"),
        ({"within": ["1 V", "-1 V"]}, "within", "Exchange"),
        ({"within": ["-1 V", "1 A"]}, "within[1]", "V"),
        ({"offset": "1 mA"}, "offset", "V"),
        ({"of": "rest"}, "of", "not a known key"),
    ],
)
def test_a_mistake_in_a_reference_is_told_by_its_key(change, key, words):
    potential = {k: v for k, v in {**FOLLOWS, **change}.items() if v is not None}
    found = problems(REST, {**HOLD, "potential": potential})
    problem = found[f"program[1].potential.{key}"]
    assert words in f"{problem.what} {problem.remedy}"


def test_a_quantity_that_is_needed_before_the_first_step_follows_none():
    hold = {"approach": {**plan_of(REST).to_dict()["approach"], "hold": {"potential": FOLLOWS}}}
    assert "approach.hold.potential" in problems(REST, **hold)


def test_the_bounds_of_a_reference_keep_to_those_of_the_quantity():
    short = {"step": "open circuit", "duration": {"from": "rest", "within": ["0 s", "1 s"]}}
    assert "greater than 0 s" in problems(REST, short)["program[1].duration"].what


# ---------------------------------------------------------------------------- repeat and if


def test_a_repeat_ends_when_what_it_waits_for_is_so():
    until = {"from": "strip", "take": "charge", "below": "1 nC"}
    cycle = {"step": "repeat", "times": 10, "until": until, "program": [{**REST, "name": "strip"}]}
    charges = [came_to(charge=q) for q in (3e-9, 2e-9, 0.5e-9, 9e-9)]
    assert [s.path for s in run(plan_of(cycle), *charges)] == [(0, 0, 0), (0, 1, 0), (0, 2, 0)]


def test_a_repeat_ends_after_its_last_time_whatever_happens():
    until = {"from": "rest", "take": "charge", "above": "1 C"}
    cycle = {"step": "repeat", "times": 4, "until": until, "program": [REST]}
    assert len(run(plan_of(cycle), came_to())) == 4


def test_runs_are_counted_by_name():
    until = {"from": "rest", "take": "count", "above": 2}
    cycle = {"step": "repeat", "times": 9, "until": until, "program": [REST]}
    assert len(run(plan_of(cycle), came_to())) == 3


@pytest.mark.parametrize(("raw", "expected"), [(-0.3, (1, 0, 0)), (-0.1, (1, 1, 0))])
def test_an_arm_is_chosen_by_what_was_measured_against_the_reference_of_the_plan(raw, expected):
    asks = {"step": "if", "when": QUESTION, "program": [HOLD],
            "otherwise": [{**REST, "name": "again"}]}  # fmt: skip
    assert [s.path for s in run(plan_of(REST, asks), came_to(E=raw))] == [(0,), expected]


def test_without_another_arm_nothing_runs():
    asks = {"step": "if", "when": QUESTION, "program": [HOLD]}
    last = {"step": "open circuit", "duration": "1 s"}
    found = run(plan_of(REST, asks, last), came_to(E=1.0))
    assert [(s.index, s.path) for s in found] == [(0, (0,)), (1, (2,))]


def test_a_step_is_found_again_by_its_path():
    inner = {"step": "repeat", "times": 2, "program": [HOLD]}
    asks = {
        "step": "if",
        "when": QUESTION,
        "program": [inner],
        "otherwise": [{**REST, "name": "b"}],
    }
    plan = plan_of(REST, asks)
    keys = [part.key for part in parts(plan.program)]
    assert keys == ["program[0]", "program[1].program[0].program[0]", "program[1].otherwise[0]"]
    for raw, last in ((-1.0, keys[1]), (1.0, keys[2])):
        found = run(plan, came_to(E=raw))
        assert {part_at(plan.program, s.path).key for s in found} == {keys[0], last}
    for path in ((), (7,), (0, 0), (1, 2, 0)):
        with pytest.raises(LookupError):
            part_at(plan.program, path)


def test_repeats_without_an_end_are_the_list_they_stand_for():
    cycle = {"step": "repeat", "times": 3, "program": [{**REST, "name": "a"}, HOLD]}
    found = run(plan_of(REST, cycle), came_to())
    assert [s.index for s in found] == list(range(7))
    assert [s.path for s in found[1:]] == [(1, turn, k) for turn in range(3) for k in range(2)]


def test_a_question_with_a_limit_of_another_unit_is_refused():
    wrong = {"step": "if", "when": {**QUESTION, "below": "1 nA"}, "program": [HOLD]}
    assert "1 nA is not a limit" in problems(REST, wrong)["program[1].when.below"].what
    both = {"step": "if", "when": {**QUESTION, "above": "1 V"}, "program": [HOLD]}
    assert "either above or below" in problems(REST, both)["program[1].when"].what


# ------------------------------------------------------------------- checks before motion


def test_a_plan_is_checked_with_the_extremes_of_what_it_follows():
    far = {**HOLD, "potential": {**FOLLOWS, "within": ["-40 V", "1 V"]}}
    (found,) = [p for p in plan_of(REST, far).check(INFO) if p.severity == "error"]
    assert found.where == "program[1]"
    assert "-40 V" in found.what


def test_the_shortest_and_the_longest_way_are_counted():
    long = {"step": "open circuit", "duration": "100 s"}
    asks = {"step": "if", "when": QUESTION, "program": [HOLD], "otherwise": [long]}
    until = {"step": "repeat", "times": 5, "until": QUESTION, "program": [asks]}
    site = plan_of(REST, until).sites()[0]
    assert site.measuring_time(CLOCK) == pytest.approx((2.0, 501.0), abs=1.0)
    waits = {"step": "open circuit", "duration": {"from": "rest", "within": ["1 s", "1 h"]}}
    lasts = plan_of(REST, waits).sites()[0].measuring_time(CLOCK)
    assert lasts == pytest.approx((2.0, 3601.0), abs=1.0)


def test_too_many_steps_are_counted_on_the_longest_way():
    asks = {"step": "if", "when": QUESTION, "program": [HOLD], "otherwise": [HOLD] * 3}
    many = {"step": "repeat", "times": 5000, "program": [asks]}
    assert "15001 steps" in problems(REST, many)["program"].what


def test_what_a_step_imposes_lies_between_its_corners():
    sweep = {"step": "cv", "start": FOLLOWS, "vertices": [{**FOLLOWS, "offset": "0.1 V"}],
             "scan_rate": "1 V/s"}  # fmt: skip
    plan = plan_of(REST, sweep)
    spec = list(parts(plan.program))[1].spec
    assert len(corners(spec)) == 4
    program = plan.sites()[0].program
    assert isinstance(program, Program)
    acts = [act for part, act in program.parts() if part.key == "program[1]"]
    longest = max(act.waveform.duration for act in acts)
    for raw in np.linspace(-1.0, 0.6, 9):
        _, found = run(plan, came_to(E=float(raw)))
        low, high = found.waveform.extremes
        assert min(a.waveform.extremes[0] for a in acts) <= low
        assert high <= max(a.waveform.extremes[1] for a in acts)
        assert found.waveform.duration <= longest


# ----------------------------------------------------------------- what a step has come to


def test_hum_of_the_mains_does_not_count_in_what_a_step_came_to():
    t = CLOCK.period * np.arange(1, 400)
    for mains in (50.0, 60.0):
        hum = 0.05 * np.sin(2 * np.pi * mains * t + 0.3)
        last = LastRows(CLOCK, mains)
        last.add(a_block(0, potential=0.123 + hum, current=1e-9 + 1e-9 * hum))
        # A row of 2.56 ms samples the hum in steps: a hundredth of it is left.
        assert last.potential == pytest.approx(0.123, abs=0.05 / 50)
        assert last.current == pytest.approx(1e-9, abs=1e-9 * 0.05 / 50)
        assert last.seconds == pytest.approx(t[-1])


def test_what_a_step_came_to_does_not_depend_on_how_its_rows_were_cut():
    noise = np.random.default_rng(1).normal(size=(2, 300))
    block = a_block(0, potential=noise[0], current=noise[1])
    found = set()
    for cuts in ((), (1, 2, 3), (150, 299), range(1, 300)):
        last = LastRows(CLOCK, 50.0)
        for piece in cut(block, cuts):
            last.add(piece)
        found.add((last.potential, last.current, last.seconds))
    assert len(found) == 1


def test_only_the_last_tenth_of_a_second_counts():
    last = LastRows(CLOCK, 50.0)
    rows = round(0.1 / CLOCK.period) + 2
    last.add(a_block(0, potential=[9.0] * 500 + [1.0] * rows))
    assert last.potential == pytest.approx(1.0)


def test_a_step_shorter_than_a_period_is_averaged_as_a_whole():
    last = LastRows(CLOCK, 50.0)
    last.add(a_block(0, potential=[1.0, 2.0, 3.0]))
    assert last.potential == pytest.approx(2.0)


# ----------------------------------------------------------------- what ran, told afterwards


def told(plan, *answers):
    """The steps that ran, and what is said of them when a file is read: path and numbers."""
    program = plan.sites()[0].program
    found = run(plan, *answers)
    return found, [program.ran(s.index, s.path, s.resolved) for s in found]


@pytest.mark.parametrize("raw", [-0.9, 0.6])
def test_a_step_that_ran_is_known_again_from_its_path_and_what_was_written(raw):
    """Whichever arm it stood in, and whatever it followed: waveform, limits and words."""
    sweep = {"step": "cv", "start": FOLLOWS, "vertices": ["0.5 V"], "scan_rate": "1 V/s"}
    ends = {"from": "b", "take": "count", "above": 1}
    cycle = {"step": "repeat", "times": 3, "until": ends, "program": [{**REST, "name": "b"}, sweep]}
    asks = {"step": "if", "when": QUESTION, "program": [cycle], "otherwise": [HOLD, sweep]}
    ran, again = told(plan_of(REST, asks, HOLD), came_to(E=raw))
    assert again == ran
    assert len(ran) == (6 if raw < -0.5 else 4)


def test_a_step_of_which_nobody_said_what_it_was_stays_unknown():
    """It is not taken for the step that stands in its place in the plan."""
    asks = {"step": "if", "when": QUESTION, "program": [HOLD], "otherwise": [HOLD]}
    program = plan_of(REST, asks, HOLD).sites()[0].program
    assert program.ran(1, (), "") is None
    assert program.ran(1, (1, 2, 0), "") is None
    # Nor is it guessed what a step followed.
    assert program.ran(1, (1, 0, 0), "") is None
    assert plan_of(REST, HOLD).sites()[0].program.ran(1, (1,), "") is None


def test_where_the_plan_alone_says_which_step_comes_when_its_number_is_enough():
    """As in files of earlier versions."""
    held = {**HOLD, "potential": "0.1 V"}
    cycle = {"step": "repeat", "times": 3, "program": [{**REST, "name": "a"}, held]}
    program = plan_of(REST, cycle).sites()[0].program
    for index, segment in enumerate(program.planned):
        assert program.ran(index, (), "") == segment
    assert program.ran(7, (), "") is None


def test_a_programme_reads_as_an_outline():
    ends = {"from": "b", "take": "charge", "below": "1 nC"}
    cycle = {"step": "repeat", "times": 3, "until": ends, "program": [{**REST, "name": "b"}]}
    twice = {"step": "repeat", "times": 2, "program": [HOLD]}
    asks = {"step": "if", "when": QUESTION, "program": [cycle], "otherwise": [twice]}
    program = plan_of(REST, asks).sites()[0].program
    assert isinstance(program, Program)
    assert list(outline(program)) == [
        (0, "open circuit (rest): open circuit for 1 s"),
        (0, "if the last potential of rest below 0 V"),
        (1, "repeat up to 3 times, until the net charge of b below 1 nC"),
        (2, "open circuit (b): open circuit for 1 s"),
        (0, "otherwise"),
        (1, "repeat 2 times"),
        (2, "constant potential: potential 15 mV below the last potential of rest, for 1 s"),
    ]


def test_a_sweep_that_starts_with_a_jump_is_warned_of_on_every_way():
    """What stands in one arm is not what comes before the other one."""
    sweep = {"step": "lsv", "start": "0.5 V", "stop": "1 V", "scan_rate": "0.1 V/s"}
    held = {"step": "constant potential", "potential": "0.5 V", "duration": "1 s"}
    asks = {"step": "if", "when": QUESTION, "program": [held], "otherwise": [{**held}, sweep]}
    far = {**held, "potential": "-0.5 V"}

    def told(*program):
        return [p.where for p in plan_of(*program).check(INFO) if "sweep starts at" in p.what]

    assert told(REST, asks) == []
    assert told(REST, {**asks, "program": [far], "otherwise": [held]}, sweep) == [
        "program[2].start"
    ]
    assert told(REST, {**asks, "otherwise": [far, sweep]}, held) == [
        "program[1].otherwise[1].start"
    ]


def test_the_mains_have_50_hertz_unless_the_plan_says_60():
    assert plan_of(REST).sites()[0].program.mains == 50.0
    assert plan_of(REST, record={"mains": "60 Hz"}).sites()[0].program.mains == 60.0
    assert "65 Hz" in problems(REST, record={"mains": "400 Hz"})["record.mains"].what


def test_factors_and_earlier_steps_may_be_followed_together():
    """In one step, and one in the other; checked and run under each condition."""
    follows = {**FOLLOWS, "offset": "$dE"}
    hold = {**HOLD, "potential": follows, "duration": "$t"}
    factors = {"dE": ["10 mV", "20 mV"], "t": ["1 s", "2 s"]}
    plan = plan_of(REST, hold, factors=factors, sites={**SITES, "rows": 2})
    assert [p for p in plan.check(INFO) if p.severity == "error"] == []
    found = set()
    for site in plan.sites():
        walk, live = site.program.walk(), Live()
        assert walk.next(live) is not None
        live.tell("rest", came_to(E=0.1))
        segment = walk.next(live)
        assert segment is not None
        found.add((round(segment.waveform.value, 6), segment.waveform.duration))
    assert found == {(0.11, 1.0), (0.11, 2.0), (0.12, 1.0), (0.12, 2.0)}
    narrow = {**hold, "potential": {**follows, "within": ["-40 V", "1 V"]}}
    far = plan_of(REST, narrow, factors=factors, sites={**SITES, "rows": 2})
    assert "-40 V" in next(p for p in far.check(INFO) if p.severity == "error").what


def test_a_factor_that_an_offset_follows_must_have_its_unit():
    hold = {**HOLD, "potential": {**FOLLOWS, "offset": "$dE"}}
    found = problems(REST, hold, factors={"dE": ["1 nA"]})
    what = found["program[1].potential.offset"].what
    assert "1 nA" in what
    assert "unit of V" in what
    assert "names no factor" in problems(REST, hold)["program[1].potential.offset"].what


def test_what_is_written_of_a_step_stays_short_however_much_follows_one_value():
    """A file has room for 400 bytes: six values by their keys, and not the whole step."""
    many = {"step": "cv", "start": FOLLOWS, "vertices": [FOLLOWS, "0.9 V"] * 400,
            "scan_rate": "1 V/s"}  # fmt: skip
    ends = [{**FOLLOWS, "offset": f"{k} mV"} for k in range(5)]
    names = ("potential_below", "potential_above")
    several = {"step": "lsv", "start": ends[0], "stop": ends[1], "scan_rate": "1 V/s",
               "until": {**dict(zip(names, ends[2:], strict=False)),
                         "charge": {"from": "rest", "within": ["1 pC", "1 nC"]}}}  # fmt: skip
    ran, again = told(plan_of(REST, many, several), came_to(E=0.123456789, charge=1.23456789e-10))
    assert again == ran
    assert json.loads(ran[1].resolved) == {"start": pytest.approx(0.123456789 + OFFSET - 0.015)}
    assert len(json.loads(ran[2].resolved)) == 5
    assert all(len(segment.resolved.encode()) < LONGEST for segment in ran)
