"""Why a technique ended that its instrument says nothing of: its time, a limit, or somebody."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.rig import Constant, Drive, Limit, Lines, Points
from seccm.rig.ending import Course, nearest

few = settings(max_examples=30)
STEP = 0.01
"""Seconds from point to point."""
LONG = 5.0


def ran(drive: Drive, until: float, pieces: list[int] | None = None, **signals: Any) -> Course:
    """What is known of a drive whose signals are straight lines, `(at 0, slope)`, up to a time."""
    course = Course(drive, STEP)
    t = STEP * np.arange(1, round(until / STEP) + 1)
    lines = {"potential": (0.1, 0.0), "current": (1e-10, 0.0), **signals}
    e, i = (a + b * t for a, b in (lines["potential"], lines["current"]))
    cuts = sorted({0, len(t), *(k % (len(t) + 1) for k in pieces or ())})
    for first, stop in pairwise(cuts):
        part = slice(first, stop)
        zeros = np.zeros(stop - first, np.uint8)
        course.take(Points(t[part], e[part], i[part], zeros, np.full(stop - first, 1e-9)))
    return course


def held(*limits: Limit, seconds: float = LONG) -> Drive:
    return Drive("potential", Constant(0.1, seconds), limits=limits)


@pytest.mark.parametrize("limits", [(), (Limit("current", "above", 1e-10),)])
def test_what_came_to_its_time_ended_by_its_time(limits: tuple[Limit, ...]) -> None:
    """Though it was at a limit all the while: nobody else ended it."""
    assert ran(held(*limits), LONG).ending() == ("time", None)
    assert ran(held(*limits), LONG - 2 * STEP).ending() == ("time", None)
    swept = Drive("potential", Lines((0.0, 2.0), (0.0, 1.0)), limits=limits)
    assert ran(swept, 2.0, potential=(0.0, 0.5)).ending() == ("time", None)


@few
@given(
    side=st.sampled_from(["above", "below"]),
    name=st.sampled_from(["potential", "current"]),
    value=st.floats(-2.0, 2.0),
    slope=st.floats(0.05, 2.0),
    before=st.integers(0, 1),
    pieces=st.lists(st.integers(0, 400), max_size=4),
)
def test_a_limit_that_a_signal_runs_into_is_found_however_its_points_are_cut(
    side: Literal["above", "below"], name: Any, value, slope, before, pieces
):
    """At the last point before it, too: the instrument looks between its points."""
    unit = 1.0 if name == "potential" else 1e-9
    sign = 1.0 if side == "above" else -1.0
    rate = sign * slope * unit
    limit = Limit(name, side, value * unit)
    seconds = 1.0
    line = (value * unit - rate * seconds, rate)
    drive = held(limit, Limit("charge", "above", 1.0))
    course = ran(drive, seconds - before * STEP, pieces, **{name: line})
    assert course.ending() == ("limit", limit)


@few
@given(part=st.floats(0.0, 0.9), value=st.floats(0.2, 3.0), side=st.sampled_from([1.0, -1.0]))
def test_what_ended_far_from_its_limits_was_ended_by_somebody(part, value, side):
    """Up to nine tenths of the way, and whatever the sign."""
    limit = Limit("current", "above" if side > 0 else "below", side * value * 1e-9)
    flat = (side * part * value * 1e-9, 0.0)
    assert ran(held(limit), 1.0, current=flat).ending() == ("stopped", None)
    assert ran(held(), 1.0, current=flat).ending() == ("stopped", None)
    endless = held(seconds=math.inf)
    assert ran(endless, 100.0).ending() == ("stopped", None), "a hold ends by an order alone"


@few
@given(
    current=st.floats(0.1, 20.0), seconds=st.floats(0.2, 4.0), sign=st.sampled_from([1, -1]),
    pieces=st.lists(st.integers(0, 400), max_size=4),
)  # fmt: skip
def test_a_charge_counts_whatever_its_sign_and_however_it_came(current, seconds, sign, pieces):
    amperes = sign * current * 1e-9
    limit = Limit("charge", "above", current * 1e-9 * seconds)
    drive = Drive("current", Constant(amperes, 60.0), limits=(limit,))
    course = ran(drive, seconds, pieces, current=(amperes, 0.0))
    assert course.ending() == ("limit", limit)
    early = ran(drive, 0.8 * seconds, pieces, current=(amperes, 0.0))
    assert early.ending() == ("stopped", None)


def test_of_several_limits_the_nearest_one_is_it() -> None:
    above, below = Limit("potential", "above", 1.0), Limit("potential", "below", -1.0)
    charge = Limit("charge", "above", 1e-9)
    for potential, passed, wanted in (
        ((0.0, 1.0), 1e-10, above), ((0.0, -1.0), 1e-10, below), ((0.2, 0.0), 0.99e-9, charge),
    ):  # fmt: skip
        course = ran(held(charge, below, above), 1.0, potential=potential, current=(passed, 0.0))
        assert course.ending() == ("limit", wanted)
    assert nearest((), Points(), 0.0) is None


def test_without_a_point_nobody_knows() -> None:
    """A limit that only rows show is no reason of the instrument's."""
    assert ran(held(Limit("current", "below", 0.0)), 0.0).ending() == ("stopped", None)
    drift = Limit("drift", "below", 1e-3, span=1.0)
    assert ran(held(drift), 1.0).ending() == ("stopped", None)
