"""Whatever check advises, it accepts: each suggestion is put into the file and checked again."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from small_plan import RIG_OF

from hardware.ni.config import NidaqConfig
from seccm.advice import told
from seccm.errors import PlanError, Problem
from seccm.mistakes import Mistake
from seccm.plan import Plan, load_plan, plans, rigs
from seccm.quantities import Model, validate
from seccm.rig import Mounted, RigInfo
from seccm.rigs import RigFile, build_rig, coarse_table, load_rig
from seccm.suggestion import Key, Suggestion, applied
from sim.config import VirtualConfig

PLANS = {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in plans().items()}
RIGS = {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in rigs().items()}
CB, CC, CV = (f"li-on-au-{name}" for name in ("combinatorial", "constant-charge", "cv"))
RX = "redox-cv-map"
ONE_OF_MANY = re.compile(
    r"\b1 (sites|values|labels|rows|columns|steps|conditions|channels|points|cycles|turns)\b"
)
Problems = tuple[Problem, ...]
Data = dict[str, Any]


@pytest.fixture(scope="module")
def infos() -> list[RigInfo]:
    """What the rigs that come with the program can do."""
    mounted = Mounted("li-on-au", 6e-6)
    return [build_rig(load_rig(name), mounted).info for name in ("virtual", "virtual-nidaq")]


def own_rig(name: str) -> RigInfo:
    """What the rig can do that a plan needs for itself."""
    plan = load_plan(name)
    return build_rig(load_rig(RIG_OF[name]), Mounted(plan.sample, plan.probe.aperture)).info


def of_plan(data: Data) -> Problems:
    """Return what is wrong with a plan file."""
    try:
        Plan.from_dict(data, from_file=True)
    except PlanError as error:
        return error.problems
    return ()


def of_rig(data: Data) -> Problems:
    """Return what is wrong with a rig file."""
    try:
        build_rig(RigFile("rig.toml", data), Mounted("li-on-au", 6e-6))
    except PlanError as error:
        return error.problems
    return ()


def of_model(data: Data) -> Problems:
    """Return what is wrong with the tables of a rig file; no rig is built, which takes longer."""
    model: type[Model] = NidaqConfig if "axes" in data or "device" in data else VirtualConfig
    tables = {name: table for name, table in data.items() if name != "coarse"}
    problems: Problems = ()
    try:
        coarse_table(RigFile("rig.toml", data))
    except PlanError as error:
        problems = error.problems
    try:
        validate(model, tables, "rig.toml", from_file=True)
    except PlanError as error:
        problems += error.problems
    return problems


def places(data: Any, path: Key = (), like: Key = ()) -> Iterator[tuple[Key, Key, Any]]:
    """Yield every key and every entry, with what it is like and what stands there.

    Of long lists of values the first two; steps of one kind are like each other.
    """
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(data, list) and key > 1 and not isinstance(value, dict):
            break
        alike = (*like, value.get("step", key) if isinstance(value, dict) else key)
        yield (*path, key), alike, value
        if isinstance(value, dict | list):
            yield from places(value, (*path, key), alike)


def tries(data: Data) -> Iterator[Suggestion]:
    """Yield what people do wrong at each key of a plan: once for keys that are alike."""
    seen: dict[Key, tuple[Key, Any]] = {}
    for path, like, value in places(data):
        seen.setdefault(like, (path, value))
    for path, value in seen.values():
        yield from slips(path, value)


def slips(path: Key, value: Any) -> Iterator[Suggestion]:
    """Yield what people do wrong at a place."""
    yield Suggestion(path, "remove")
    for wrong in (True, 5, -3, "x", "", "5 kg", "0.3 V", {}, [], [value], {"zz": 1}):
        yield Suggestion(path, "put", wrong)
    if isinstance(value, list) and value:
        yield Suggestion(path, "put", value[0])
    number, _, unit = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if unit and number.lstrip("-").replace(".", "").isdecimal():
        for wrong in (float(number), number, f"-{number.lstrip('-')} {unit}", f"0 {unit}",
                      f"9e9 {unit}", f"{number},5 {unit}", f"1 {number} {unit}"):  # fmt: skip
            yield Suggestion(path, "put", wrong)
    elif isinstance(value, str):
        yield Suggestion(path, "put", f"{value[:-1]}q")
    if isinstance(path[-1], str):
        for other in {f"{path[-1][:-1]}q", path[-1].title()} - {path[-1]}:
            yield Suggestion(path, "rename", other)
        yield Suggestion((*path[:-1], "zzqq"), "put", 1)


def same(problem: Problem) -> tuple[str, str]:
    """Return what makes a problem the same one whatever is suggested."""
    return problem.where, problem.what.partition(", such as")[0]


def fed_back(data: Data, problems: Problems, find: Callable[[Data], Problems]) -> Iterator[str]:
    """Put each suggestion into the file; yield what does not hold."""
    before, base = {same(problem) for problem in problems}, data
    for problem in problems:
        said = problem.suggestion
        sentence = str(problem).replace('such as "6 %"', "")
        if ONE_OF_MANY.search(sentence):
            yield f"one is many: {sentence}"
        if said is None:
            if "such as" in sentence or "for example" in sentence or "Did you" in sentence:
                yield f"advice without data: {problem}"
            continue
        if said.do == "put" and not isinstance(said.value, dict | list):
            word = json.dumps(said.value, ensure_ascii=False)
            if word not in str(problem) and word.strip('"') not in str(problem):
                yield f"data without advice: {problem} {said}"
        try:
            changed = applied(data, said)
        except (LookupError, TypeError):
            changed = applied(base, said)  # Inside of what another suggestion puts right.
        base = applied_or_same(base, said)
        after = {same(one) for one in find(changed)}
        if same(problem) in after or (len(problems) == 1 and after - before):
            yield f"not put right: {problem} {said} leaves {after}"


def applied_or_same(data: Data, suggestion: Suggestion) -> Data:
    """Return the data with a change, or as they are where another change has moved the place."""
    try:
        changed: Data = applied(data, suggestion)
    except (LookupError, TypeError):
        return data
    return changed


ROUNDS = 2
"""What does not fit between tables is told once each of them is right in itself."""


TRIES = 60
"""Slips that are tried for each plan, drawn by its name: all of them take minutes. Where sites have
values of their own, each site is looked at in each try."""


RIG_TRIES = 250
"""Slips that are tried for each rig file."""


@pytest.mark.parametrize("name", sorted(PLANS))
def test_every_suggestion_for_a_plan_is_accepted_by_plan_and_rig(
    name: str, infos: list[RigInfo]
) -> None:
    """Slips at the keys of each plan; what advice mends can be run on the virtual rig."""
    wrong: list[str] = []
    mended = 0
    info = own_rig(name) if name in RIG_OF else infos[0]
    every = list(tries(PLANS[name]))
    count = TRIES // 4 if "values" in PLANS[name]["sites"] else TRIES
    for slip in Random(name).sample(every, count):
        plan_data = PLANS[name]
        if slip.key[:1] == ("program",):
            # What is kept is of these very steps: it is told of, but nobody knows what is meant.
            plan_data = {key: table for key, table in plan_data.items() if key != "keep"}
        data = applied(plan_data, slip)
        problems = of_plan(data)
        wrong += [f"{slip}: {what}" for what in fed_back(data, problems, of_plan)]
        if problems and all(problem.suggestion for problem in problems):
            for _ in range(ROUNDS):
                for problem in problems:
                    if problem.suggestion is not None:
                        data = applied_or_same(data, problem.suggestion)
                problems = of_plan(data)
            wrong += [f"{slip}: {problem}" for problem in problems]
            if problems:
                continue
            plan = Plan.from_dict(data, from_file=True)
            found = [str(p) for p in plan.check(info) if p.severity == "error"]
            wrong += [f"{slip}: the rig refuses {said}" for said in found]
            mended += 1
    assert not wrong, "\n".join(wrong[:20])
    assert mended > count / 4


@pytest.mark.parametrize(
    "name", [name for name in sorted(RIGS) if not name.startswith("virtual-nidaq")]
)
def test_every_suggestion_for_a_rig_file_is_accepted(
    name: str,
) -> None:
    """Slips at the keys, in plain words; rig files have most of their keys in common."""
    wrong: list[str] = []
    every = [slip for path, _, value in places(RIGS[name]) for slip in slips(path, value)]
    for slip in Random(name).sample(every, min(len(every), RIG_TRIES)):
        data = applied(RIGS[name], slip)
        problems = of_model(data)
        assert all("should" not in str(p) and "attern" not in str(p) for p in problems)
        if len(problems) == 1:
            wrong += [f"{slip}: {what}" for what in fed_back(data, problems, of_model)]
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize(
    ("name", "slip", "value"),
    [
        (CB, Suggestion(("approach", "overtravel"), "remove"), "250 nm"),
        (CV, Suggestion(("approach", "overtravel"), "remove"), "250 nm"),
        (RX, Suggestion(("approach", "overtravel"), "remove"), "10 nm"),
        (CV, Suggestion(("program", 0, "vertices"), "put", "-0.27 V"), ["-0.27 V"]),
        (CV, Suggestion(("approach", "hold"), "put", "0.3 V"), {"potential": "0.3 V"}),
        (CB, Suggestion(("approach", "hold"), "put", "-1 nA"), {"current": "-1 nA"}),
        (CV, Suggestion(("retract", "distance"), "remove"), "20 um"),
        (RX, Suggestion(("retract", "distance"), "remove"), "2 um"),
        (CB, Suggestion(("program", 0, "current_density"), "remove"), "$j"),
        (CC, Suggestion(("program", 0, "duration"), "remove"), "$t"),
        (RX, Suggestion(("sample",), "remove"), "redox"),
        (CV, Suggestion(("reference", "offset"), "remove"), "3.05 V"),
    ],
)
def test_what_is_suggested_is_what_a_person_would_write(
    name: str, slip: Suggestion, value: object
) -> None:
    """An overtravel is of the order that a stop needs and a meniscus bears; a value is kept."""
    problems = of_plan(applied(PLANS[name], slip))
    assert value in [p.suggestion.value for p in problems if p.suggestion], problems


def test_an_overtravel_that_is_suggested_is_safe_at_the_speed_of_the_plan(
    infos: list[RigInfo],
) -> None:
    """For any pipette: no more than its meniscus hangs, where the rig can stop within that."""
    for aperture, speed in (("6 um", "2 um/s"), ("6 um", "1 um/s"), ("10 um", "3 um/s")):
        data = applied(PLANS[CB], Suggestion(("approach", "overtravel"), "remove"))
        data = applied(data, Suggestion(("approach", "speed"), "put", speed))
        data = applied(data, Suggestion(("probe", "aperture"), "put", aperture))
        (problem,) = of_plan(data)
        assert problem.suggestion is not None
        plan = Plan.from_dict(applied(data, problem.suggestion), from_file=True)
        for info in infos:
            told = [p.where for p in plan.check(info)]
            assert "approach.speed" not in told
            assert "approach.overtravel" not in told


@pytest.mark.parametrize(
    ("name", "changes", "where"),
    [
        (
            CV,
            {("program", 0, "step"): "cvv", ("program", 0, "start"): "1,47 V",
             ("program", 0, "cycles"): "ten"},
            {"program[0].step", "program[0].start", "program[0].cycles"},
        ),
        (
            CV,
            {("program", 0, "step"): "voltammogram", ("program", 0, "scan_rate"): "1 V"},
            {"program[0].step", "program[0].scan_rate"},
        ),
        (
            CV,
            {("approach", "contact", "kind"): "current thresold",
             ("approach", "contact", "threshold"): "5"},
            {"approach.contact.kind", "approach.contact.threshold"},
        ),
        (
            CB,
            {("sites", "kind"): "gird", ("sites", "columns"): 0, ("sites", "pitch"): "11"},
            {"sites.kind", "sites.columns", "sites.pitch"},
        ),
        (
            CB,
            {("program",): {"step": "constant curent", "current_density": "$j", "duration": "5"}},
            {"program", "program[0].step", "program[0].duration"},
        ),
        (
            CB,
            {("approach",): [{**PLANS[CB]["approach"], "speed": "2"}], ("retract",): 5},
            {"approach", "approach.speed", "retract"},
        ),
        (
            CB,
            {("program", 0, "current"): "1 nA", ("program", 0, "duration"): "5"},
            {"program[0]", "program[0].duration"},
        ),
        (
            CV,
            {("aproach",): PLANS[CV]["approach"], ("approach",): None, ("titel",): "x"},
            {"aproach", "titel"},
        ),
    ],
)  # fmt: skip
def test_a_mistake_hides_no_other(name: str, changes: dict[Key, Any], where: set[str]) -> None:
    """An unknown step, kind or key, a table in a list or a list that is a table."""
    data: Data = PLANS[name]
    for key, value in changes.items():
        do = Suggestion(key, "remove") if value is None else Suggestion(key, "put", value)
        data = applied(data, do)
    assert {problem.where for problem in of_plan(data)} == where


def test_an_unknown_kind_of_rig_hides_no_other_mistake() -> None:
    """Neither those of the rig nor those of its motor."""
    data = applied(RIGS["virtual-coarse"], Suggestion(("kind",), "put", "virtul"))
    data = applied(data, Suggestion(("coarse", "step"), "put", "30"))
    data = applied(data, Suggestion(("surface", "height"), "put", "30"))
    found = of_rig(data)
    assert {p.where for p in found} == {"kind", "coarse.step", "surface.height"}


def test_a_key_that_is_mistyped_is_not_told_as_missing_too() -> None:
    """One slip is one problem, and one change puts it right."""
    data = applied(PLANS[CV], Suggestion(("approach", "speed"), "rename", "Sped"))
    (problem,) = of_plan(data)
    assert str(problem) == 'approach.Sped: is not a known key. Did you mean "speed"?'
    assert problem.suggestion == Suggestion(("approach", "Sped"), "rename", "speed")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (CB, ("approach", "speed"), "50 um/s"),
        (CB, ("approach", "contact", "drop"), "12 V"),
        (CB, ("approach", "overtravel"), "2 um"),
        (CB, ("retract", "distance"), "1 um"),
        (CB, ("retract", "distance"), "4.9 um"),
        (CB, ("retract", "speed"), "1 mm/s"),
        (CB, ("travel", "speed"), "1 mm/s"),
        (RX, ("program", 0, "scan_rate"), "1000 V/s"),
    ],
)
def test_what_is_suggested_for_a_rig_is_accepted_by_that_rig(
    name: str, key: Key, value: str, infos: list[RigInfo]
) -> None:
    """Errors and warnings alike; the same key is not told again."""
    for info in infos:
        data = applied(PLANS[name], Suggestion(key, "put", value))
        found = Plan.from_dict(data, from_file=True).check(info)
        tried = [problem for problem in found if problem.suggestion is not None]
        assert tried
        for problem in tried:
            assert problem.suggestion is not None
            assert problem.suggestion.value in problem.remedy
            mended = Plan.from_dict(applied(data, problem.suggestion), from_file=True)
            assert (problem.where, problem.severity) not in [
                (one.where, one.severity) for one in mended.check(info)
            ]


def test_a_suggestion_that_does_not_help_is_not_shown() -> None:
    """The next one is tried, and if none helps there is none."""

    def find(data: Data) -> list[Mistake]:
        bare = Problem("a", "is wrong.")
        options = tuple(
            Problem("a", "is wrong.", f"Write {n}.", suggestion=Suggestion(("a",), "put", n))
            for n in (1, 2, 3)
        )
        return [] if data["a"] == data["right"] else [Mistake(("a",), (*options, bare))]

    assert [p.remedy for p in told({"a": 0, "right": 3}, find)] == ["Write 3."]
    assert [p.remedy for p in told({"a": 0, "right": 4}, find)] == [""]


def test_a_change_leaves_the_rest_of_the_file_as_it_was() -> None:
    """Nothing is changed in place, and what is not there cannot be changed."""
    data = {"a": {"b": [1, 2]}, "c": 3}
    assert applied(data, Suggestion(("a", "b", 0), "put", 9)) == {"a": {"b": [9, 2]}, "c": 3}
    assert applied(data, Suggestion(("a", "b", 0), "remove")) == {"a": {"b": [2]}, "c": 3}
    assert applied(data, Suggestion(("a",), "rename", "d")) == {"d": {"b": [1, 2]}, "c": 3}
    assert applied(data, Suggestion(("e", "f"), "put", 1))["e"] == {"f": 1}
    assert data == {"a": {"b": [1, 2]}, "c": 3}
    for missing in (
        Suggestion(("z",), "remove"),
        Suggestion(("a", "b", 5), "put", 1),
        Suggestion(("a",), "rename", "c"),
        Suggestion(("c", "x"), "put", 1),
    ):
        with pytest.raises((LookupError, TypeError)):
            applied(data, missing)
