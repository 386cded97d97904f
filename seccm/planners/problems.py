"""What keeps planners that decide from working with a plan; told before anything moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccm.errors import Problem
from seccm.factors import Level
from seccm.plan.subject import Subject
from seccm.planners.specs import (
    BisectionSpec,
    GaussianProcessSpec,
    Learnt,
    Range,
    Reach,
    Stop,
)
from seccm.program.kept import declared_of
from seccm.suggestion import Suggestion
from seccm.typography import counted


def unit_of(name: str) -> str | None:
    """Return the SI unit of a result by the name of its column; None if nobody declared it."""
    result = declared_of(name)
    return None if result is None else result.unit


def problems_of(
    subject: Subject,
    ranges: Sequence[tuple[str, str, Range]],
    learnt: Sequence[tuple[str, Learnt]],
) -> Iterator[Problem]:
    """Find what keeps a planner that decides from working with a plan.

    Args:
        subject: the plan, and its rig.
        ranges: where each stands in the table, the name of its factor, and the range.
        learnt: where each stands in the table, and the result.
    """
    plan = subject.plan
    units = plan.conditions[0].units
    varied = {name for _, name, _ in ranges}
    for where, name, span in ranges:
        if name not in units:
            known = ", ".join(units) or "none"
            what = f'"{name}" is not a factor of the plan.'
            yield Problem(where, what, f'Its factors: {known}. A step takes one by "${name}".')
        elif span.between[0].unit != units[name]:
            what = (
                f"{span.between[0]} is not a quantity like the levels of {name}, in {units[name]}."
            )
            yield Problem(where, what, "Give both ends in the unit of the factor.")
    for name, levels in plan.levels.items():
        if name not in varied and len(set(levels)) > 1:
            what = f"has {len(levels)} levels of {name}, which the planner does not vary."
            yield Problem("planner", what, "Name it in the planner's table, or give it one level.")
    columns = [kept.column for kept in plan.kept()]
    for where, one in learnt:
        if one.result not in columns:
            what = f'no step of the plan yields "{one.result}" for each site.'
            yield Problem(where, what, f"There are: {', '.join(columns)}.")


def unit_problem(where: str, given: Level, unit: str, what_for: str) -> Iterator[Problem]:
    """Find a quantity that is not like the result."""
    if given.unit != unit:
        what = f"{given} is not a quantity like {what_for}, which is in {unit}."
        yield Problem(where, what, "Write it with its unit.")


def stop_problems(
    subject: Subject, stop: Stop, learnt: Learnt, value: Level | None, where: str
) -> Iterator[Problem]:
    """Find ends that cannot be reached, and plans that have none but that of their places."""
    unit = unit_of(learnt.result)
    if unit is None:
        return
    if stop.uncertainty is not None:
        shares = {"1"} | ({unit} if value is not None else set())
        fits = shares if learnt.scale == "logarithmic" else {unit}
        if stop.uncertainty.unit not in fits:
            said = "a share, such as 0.05" if learnt.scale == "logarithmic" else f"in {unit}"
            what = f"{stop.uncertainty} does not fit {learnt.result}: it is {said}."
            yield Problem(f"{where}.uncertainty", what, "Write it with its unit.")
        elif not stop.uncertainty.value > 0.0:
            what = f"is {stop.uncertainty}; no interval is as narrow."
            yield Problem(f"{where}.uncertainty", what, "Give more than zero.")
    places = len(subject.visits)
    if stop.sites is not None and stop.sites > places:
        what = f"is {stop.sites}, but the plan has {places} places."
        yield Problem(f"{where}.sites", what, f"Give {places} or fewer, or a larger grid.")


def process_problems(spec: GaussianProcessSpec, subject: Subject) -> Iterator[Problem]:
    """Find what keeps a Gaussian process from working with a plan."""
    ranges = [(f"planner.vary[{k}]", one.factor, one) for k, one in enumerate(spec.vary)]
    learnt = [(f"planner.learn[{k}].result", one) for k, one in enumerate(spec.learn)]
    yield from problems_of(subject, ranges, learnt)
    yield from region_problems(spec, subject)
    if not spec.vary and spec.places == "in order" and spec.regions == "in order":
        what = "nothing varies: neither a factor nor the place."
        yield Problem("planner.vary", what, 'Name a factor, or set places = "any".')
    first, unit = spec.learn[0], unit_of(spec.learn[0].result)
    value = spec.goal.value if isinstance(spec.goal, Reach) else None
    if value is not None and unit is not None:
        yield from unit_problem("planner.goal.value", value, unit, first.result)
        if first.scale == "logarithmic" and not value.value > 0.0:
            what = f"is {value}; on a logarithmic scale it is above zero."
            yield Problem("planner.goal.value", what, 'Give another one, or scale = "linear".')
    yield from stop_problems(subject, spec.stop, first, value, "planner.stop")
    places, wanted = len(subject.visits), spec.first * spec.repeats
    if wanted > places:
        what = f"{counted(wanted, 'site')} come first, but the plan has {places} places."
        yield Problem("planner.first", what, "Give fewer, or a larger grid.")


def region_problems(spec: GaussianProcessSpec, subject: Subject) -> Iterator[Problem]:
    """Find what does not fit between a planner and the regions of the sample."""
    regions, where = subject.plan.regions, "planner.regions"
    if regions is None:
        if spec.regions != "in order":
            what = f'is "{spec.regions}", but the plan has no table [regions].'
            remove = Suggestion(("planner", "regions"), "remove")
            yield Problem(where, what, "Remove it, or add the table.", suggestion=remove)
        return
    if spec.places == "any":
        what = '"any" takes the places of all regions for one map.'
        yield Problem("planner.places", what, 'Write places = "in order" in a plan with regions.')
    if spec.regions == "by place" and not regions.positions:
        what = "the plan does not say where the regions are."
        yield Problem(where, what, "Give regions.positions.")
    if spec.regions == "by values" and not regions.values:
        what = "the plan says nothing of the regions by which they could be told apart."
        yield Problem(where, what, "Give regions.values, such as a composition.")
    each = len(subject.visits) // len(regions.labels)
    if spec.regions != "in order" and spec.repeats > each:
        what = f"is {spec.repeats}, but each region has {counted(each, 'place')}."
        yield Problem("planner.repeats", what, "Give fewer, or more sites in each region.")


def bisection_problems(spec: BisectionSpec, subject: Subject) -> Iterator[Problem]:
    """Find what keeps a bisection from working with a plan."""
    learnt = Learnt(result=spec.result, scale=spec.result_scale)
    ranges = [("planner.between", spec.factor, spec.range)]
    yield from problems_of(subject, ranges, [("planner.result", learnt)])
    unit = unit_of(spec.result)
    if unit is not None:
        yield from unit_problem("planner.target", spec.target, unit, spec.result)
    if spec.result_scale == "logarithmic" and not spec.target.value > 0.0:
        what = f"is {spec.target}; on a logarithmic scale it is above zero."
        yield Problem("planner.target", what, 'Give another one, or result_scale = "linear".')
    yield from stop_problems(subject, spec.stop, learnt, spec.target, "planner.stop")
