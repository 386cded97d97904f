"""What steps of every kind impose: with another reference, another footprint, and read back."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from every_method import every_step, one_site

from seccm.plan import Plan
from seccm.plan.recipe import Recipe
from seccm.program.registry import kinds
from seccm.program.segment import Segment

STEPS = [step for step in every_step() if step["step"] != "repeat"]
NAMES = [f"{k}-{step['step']}" for k, step in enumerate(STEPS)]
SHIFT = 0.125
"""Volts; with no rounding in binary."""


@cache
def base() -> Plan:
    return one_site("cv")


def plan_of(steps: list[dict], **tables: object) -> Plan:
    return base().replace(program=steps, **tables)


def before(k: int) -> list[dict]:
    """The step, after one that imposes a current where it goes on with one."""
    current = {"step": "constant current", "current": "2 pA", "duration": "60 ms"}
    return [current, STEPS[k]] if STEPS[k]["step"] == "gitt" else [STEPS[k]]


def segments(plan: Plan) -> tuple[Segment, ...]:
    (site,) = plan.sites()
    return tuple(site.segments)


def seen(segment: Segment, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return times within a segment, and what it imposes then."""
    length = segment.waveform.duration
    t = np.linspace(0.0, length if np.isfinite(length) else 1.0, n)
    return t, segment.waveform.at(t)


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_step_stays_between_its_extremes_and_says_what_it_is(k: int):
    (*_, segment) = segments(plan_of(before(k)))
    _, values = seen(segment)
    lowest, highest = segment.waveform.extremes
    room = 1e-9 + 0.02 * (highest - lowest)
    assert lowest - room <= values.min() <= values.max() <= highest + room
    assert segment.waveform.duration > 0.0
    assert segment.label.strip()
    assert segment.kind in kinds()


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_another_zero_of_the_reference_shifts_potentials_by_just_that(k: int):
    """What the plan says is against its reference; what is imposed, against the wire."""
    given = base().to_dict()["reference"]
    moved = {**given, "offset": f"{float(base().reference.offset) + SHIFT!r} V"}
    plan = plan_of(before(k))
    one, other = segments(plan), segments(plan.replace(reference=moved))
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        assert first.mode == second.mode
        assert first.waveform.duration == pytest.approx(second.waveform.duration)
        t, values = seen(first)
        expected = values - SHIFT if first.mode == "potential" else values
        np.testing.assert_allclose(second.waveform.at(t), expected, atol=1e-9)
        for limit, shifted in zip(first.limits, second.limits, strict=True):
            off = SHIFT if limit.quantity == "potential" else 0.0
            assert shifted.value == pytest.approx(limit.value - off)
            assert (limit.quantity, limit.side) == (shifted.quantity, shifted.side)


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_larger_footprint_changes_only_what_is_given_per_area(k: int):
    step = STEPS[k]
    plan = plan_of(before(k))
    area = np.pi * plan.probe.diameter**2 / 4.0
    wider = plan.to_dict()["probe"] | {
        "footprint": {"area": f"{4.0 * area!r} m^2", "basis": "nominal"}
    }
    one, other = segments(plan), segments(plan.replace(probe=wider))
    for first, second in zip(one, other, strict=True):
        t, values = seen(first)
        np.testing.assert_allclose(second.waveform.at(t), values, rtol=1e-9)
    if "current" in step:
        dense = {**step, "current_density": "1 A/m^2"}
        del dense["current"]
        (small,) = segments(plan_of([dense]))
        (large,) = segments(plan_of([dense]).replace(probe=wider))
        t, values = seen(small)
        np.testing.assert_allclose(large.waveform.at(t), 4.0 * values, rtol=1e-9)
        np.testing.assert_allclose(np.abs(values).max(), area, rtol=1e-9)


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_site_read_from_a_file_imposes_what_the_plan_did(k: int):
    (site,) = plan_of(before(k)).sites()
    assert site.recipe is not None
    again = Recipe.read(site.recipe.text).site(site.condition)
    assert again.segments == site.segments
    assert Recipe.read(site.recipe.text).text == site.recipe.text


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_plan_that_was_written_and_read_imposes_the_same(k: int):
    plan = plan_of(before(k))
    assert segments(Plan.from_json(plan.to_json())) == segments(plan)


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_step_takes_no_longer_than_its_plan_says(k: int):
    from small_plan import INFO

    plan = plan_of(before(k))
    longest = sum(segment.waveform.duration for segment in segments(plan))
    assert plan.duration(INFO) >= longest
    assert plan.duration(INFO, shortest=True) <= plan.duration(INFO)
    twice = plan_of([*before(k), *before(k)])
    added = twice.duration(INFO) - plan.duration(INFO)
    assert added == pytest.approx(longest, abs=0.2 + 0.05 * longest)


@pytest.mark.parametrize("k", range(len(STEPS)), ids=NAMES)
def test_a_step_imposes_the_same_wherever_it_stands(k: int):
    """After a rest, and as the second turn of a repeat; only its place is another."""
    alone = segments(plan_of(before(k)))
    rest = {"step": "open circuit", "duration": "60 ms"}
    after = segments(plan_of([rest, *before(k)]))[1:]
    turns = segments(plan_of([{"step": "repeat", "times": 2, "program": before(k)}]))
    for where in (after, turns[: len(alone)], turns[len(alone) :]):
        assert len(where) == len(alone)
        for one, other in zip(alone, where, strict=True):
            assert (one.kind, one.mode, one.label) == (other.kind, other.mode, other.label)
            assert one.waveform == other.waveform
            assert one.limits == other.limits
    assert [segment.index for segment in turns] == list(range(len(turns)))
    assert len({segment.path for segment in alone}) == len(alone)
