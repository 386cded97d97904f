"""Points of an instrument that come late become rows, keep their charge, and are told once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.rig import Clock, Constant, Drive, Limit, Lines
from seccm.rig.ordered import Ordered, goes_on, is_open
from seccm.rig.technique import (
    Collected,
    Cycles,
    Held,
    Points,
    Ramp,
    Runs,
    shape_of,
)
from seccm.rig.tie import Tie, means
from seccm.rig.waveform import Section, Sine, Sines

few = settings(max_examples=20)
CLOCK = Clock(1000.0, 10, 10)
"""Rows of 10 ms."""


def points(count: int, interval: float = 0.02, first: int = 0, flags: int = 0) -> Points:
    t = interval * (1 + first + np.arange(count))
    return Points(
        t, 0.1 * t, 1e-9 * (1.0 + t), np.full(count, flags, np.uint8), np.full(count, 1e-8)
    )


def ordered(row: int = 100, drive: Drive | None = None) -> Ordered:
    return Ordered(0, drive or Drive("potential", Constant(0.1, 5.0)), row)


def found(of: Points, **others: Any) -> Collected:
    return Collected(0, points=of, **others)


# ------------------------------------------------------------------ points


@few
@given(sizes=st.lists(st.integers(0, 5), max_size=6), cut=st.integers(0, 10))
def test_points_in_pieces_are_the_points_at_once(sizes: list[int], cut: int):
    pieces, first = [], 0
    for size in sizes:
        pieces.append(points(size, first=first))
        first += size
    whole = Points()
    for piece in pieces:
        whole = whole.then(piece)
    every = points(first)
    assert len(whole) == first
    for name in ("t", "potential", "current", "flags", "span"):
        assert np.array_equal(getattr(whole, name), getattr(every, name))
        assert np.array_equal(getattr(whole.part(cut), name), getattr(every, name)[cut:])
    assert whole.until == pytest.approx(0.02 * first)


def test_nothing_is_until_the_start():
    assert Points().until == 0.0
    assert len(Points().then(Points())) == 0


# ------------------------------------------------------------------ means


@few
@given(
    values=st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    edges=st.integers(1, 8),
    begin=st.floats(0.0, 0.5),
)
def test_means_between_edges_keep_the_sum_over_time(values, edges, begin):
    t = 0.1 * (1 + np.arange(len(values)))
    at = np.linspace(begin * t[-1], t[-1], edges + 1)
    made = means(t, np.array(values), at)
    fine = np.linspace(at[0], t[-1], 20_001)
    middle = 0.5 * (fine[1:] + fine[:-1])
    true = np.array(values)[np.minimum((middle / 0.1).astype(int), len(values) - 1)]
    assert (made * np.diff(at)).sum() == pytest.approx(
        (true * np.diff(fine)).sum(), abs=1e-3 * t[-1]
    )
    assert made.min() >= min(values) - 1e-9
    assert made.max() <= max(values) + 1e-9


def test_beyond_the_points_nothing_is_made_up():
    t, values = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    made = means(t, values, np.array([-1.0, 0.0, 1.0, 2.0, 3.0]))
    assert np.isnan(made[[0, 3]]).all()
    assert made[1:3].tolist() == [3.0, 5.0]
    late = means(t, values, np.array([0.0, 1.0, 2.0]), since=0.5)
    assert math.isnan(late[0])


# ------------------------------------------------------------------ an order and its rows


def begun(row: int = 100, at: float = 1.0, count: int = 50) -> Ordered:
    made = ordered(row)
    made.take(found(points(count), begun=True), row + 5)
    made.tie = Tie(at, 1e-4, "step")
    return made


@pytest.mark.parametrize("at", [1.0, 1.003, 1.0049, 1.0051, 1.0099])
def test_the_first_row_is_the_one_in_which_the_technique_begins(at: float):
    made = begun(at=at)
    share = (made.first(CLOCK) + 1) * CLOCK.period - at
    assert 0.0 < share <= CLOCK.period + 1e-9


@few
@given(at=st.floats(1.0, 1.0099), before=st.floats(-5.0, 5.0), spike=st.floats(-100.0, 100.0))
def test_the_first_row_has_all_of_its_charge_and_what_was_before_it(at, before, spike):
    """Whatever jumps in the first point, and wherever in a row it begins: no charge is lost."""
    made = begun(at=at)
    current = made.points.current
    current[0] += spike
    made.before = (math.nan, before)
    first, stop = made.first(CLOCK), made.known(CLOCK)
    _, i, _ = made.rows(first, stop, CLOCK)
    end = stop * CLOCK.period - at
    passed = float(np.interp(end, made.points.t, np.cumsum(current) * 0.02))
    earlier = before * (at - first * CLOCK.period)
    assert i.sum() * CLOCK.period == pytest.approx(passed + earlier, abs=1e-9)


def test_rows_have_what_the_points_say_and_nothing_before_or_behind():
    made = begun(at=1.0)
    first, stop = 95, made.known(CLOCK) + 4
    e, i, flags = made.rows(first, stop, CLOCK)
    assert np.isnan(e[:5]).all()
    assert np.isnan(e[-4:]).all()
    assert np.isfinite(e[5:-4]).all()
    charge = np.nansum(i) * CLOCK.period
    assert charge == pytest.approx(float(points(50).current.sum()) * 0.02)
    assert flags.tolist() == [0] * (stop - first)


@few
@given(cut=st.integers(96, 190), at=st.floats(1.0, 1.02))
def test_rows_in_two_parts_are_the_rows_at_once(cut: int, at: float):
    made = begun(at=at)
    whole = made.rows(95, 200, CLOCK)
    for one, two, three in zip(
        made.rows(95, cut, CLOCK), made.rows(cut, 200, CLOCK), whole, strict=True
    ):
        assert np.allclose(np.concatenate((one, two)), three, equal_nan=True, rtol=1e-12)


def test_a_flag_of_a_point_is_on_the_row_in_which_it_ends():
    made = ordered()
    made.take(found(points(5).then(points(1, first=5, flags=2)).then(points(4, first=6))), 105)
    made.tie = Tie(1.0, 0.0, "edge")
    _, _, flags = made.rows(95, 130, CLOCK)
    assert np.flatnonzero(flags).tolist() == [round((1.0 + 0.12) / 0.01) - 1 - 95]
    assert flags.max() == 2


def test_points_that_are_not_needed_any_more_take_nothing_from_later_rows():
    made, other = begun(), begun()
    other.forget(0.3)
    assert len(other.points) < len(made.points)
    for one, two in zip(made.rows(140, 190, CLOCK), other.rows(140, 190, CLOCK), strict=True):
        assert np.allclose(one, two, equal_nan=True)
    assert np.isnan(other.rows(100, 110, CLOCK)[0]).all()
    before = other.since
    other.forget(0.0)
    assert other.since == before


# ----------------------------------------------------------- when it is ready, and what is told


def test_nothing_is_told_before_it_began_and_everything_once():
    made = ordered()
    assert made.late(CLOCK) is None
    assert not made.ready(CLOCK, 200)
    made.take(found(points(3), begun=True), 105)
    assert made.late(CLOCK) is None, "not tied yet"
    made.tie = Tie(1.0, 1e-4, "step")
    late = made.late(CLOCK)
    assert late is not None
    assert late.begun is not None
    assert (len(late.points), late.first, late.means, late.over) == (3, 0, "step", None)
    assert made.late(CLOCK) is None
    made.take(found(points(2, first=3)), 110)
    more = made.late(CLOCK)
    assert more is not None
    assert (len(more.points), more.first, more.begun, more.means) == (2, 3, None, None)


@pytest.mark.parametrize("ending", ["time", "limit", "stopped"])
def test_its_end_is_told_with_the_last_row_that_is_all_of_it(ending: Any):
    made = begun(count=10)
    limit = Limit("current", "above", 1e-9) if ending == "limit" else None
    made.take(found(Points(), ended=ending, limit=limit), 130)
    late = made.late(CLOCK, drift=2e-3)
    assert late is not None
    assert late.over is not None
    assert (late.over.by, late.over.limit, late.over.drift) == (ending, limit, 2e-3)
    assert late.over.row == made.known(CLOCK) - 1 == 119


def test_what_ended_first_stays_the_reason():
    made = begun()
    made.take(found(Points(), ended="limit"), 130)
    made.take(found(Points(), ended="stopped"), 140)
    assert made.ended == "limit"


def test_it_is_ready_when_enough_of_it_was_seen_or_it_is_over():
    made = ordered()
    made.take(found(points(5), begun=True), 102)
    assert not made.ready(CLOCK, 104)
    made.take(found(points(100, first=5)), 150)
    assert made.ready(CLOCK, 400)
    short = ordered()
    short.take(found(points(2), begun=True, ended="time"), 102)
    assert short.ready(CLOCK, 103)


# ------------------------------------------------------------------ holds and orders


def test_a_hold_goes_on_until_something_else_is_ordered():
    assert ordered(drive=Drive("potential", Constant(0.2))).hold
    assert not ordered(drive=Drive("potential", Constant(0.2, 1.0))).hold
    assert ordered(100, Drive("potential", Constant(0.2), since=120)).adopted
    assert not ordered(100, Drive("potential", Constant(0.2), since=90)).adopted


@pytest.mark.parametrize(
    ("mode", "seconds", "expected"),
    [("open", math.inf, True), ("open", 5.0, False), ("potential", math.inf, False)],
)
def test_only_an_open_circuit_for_good_is_no_technique(mode: Any, seconds: float, expected: bool):
    assert is_open(Drive(mode, Constant(0.0, seconds))) is expected


HOLD = Drive("potential", Constant(0.2))


@pytest.mark.parametrize(
    ("drive", "expected"),
    [
        (Drive("potential", Constant(0.2, 5.0), since=90), True),
        (Drive("potential", Constant(0.2, 5.0)), False),
        (Drive("potential", Constant(0.2, 5.0), since=100), False),
        (Drive("potential", Constant(0.3, 5.0), since=90), False),
        (Drive("current", Constant(0.2, 5.0), since=90), False),
        (Drive("potential", Lines((0.0, 5.0), (0.2, 0.2)), since=90), False),
        (Drive("potential", Constant(0.2, 5.0), since=90, range="1 nA"), False),
    ],
)
def test_a_drive_goes_on_with_a_hold_only_if_nothing_changes(drive: Drive, expected: bool):
    assert goes_on(HOLD, drive, 100) is expected


# ------------------------------------------------------------------ what an instrument can run


@few
@given(
    begin=st.floats(-1, 1),
    span=st.floats(0.01, 2),
    sign=st.sampled_from([1, -1]),
    seconds=st.floats(0.1, 50),
)
def test_a_straight_line_is_a_ramp_however_many_vertices_it_has(begin, span, sign, seconds):
    end = begin + sign * span
    plain = shape_of(Lines((0.0, seconds), (begin, end)))
    halves = shape_of(Lines((0.0, seconds / 2, seconds), (begin, (begin + end) / 2, end)))
    assert isinstance(plain, Ramp)
    assert isinstance(halves, Ramp)
    assert plain.rate == pytest.approx(span / seconds)
    assert (halves.first, halves.last) == pytest.approx((plain.first, plain.last))
    level = shape_of(Lines((0.0, seconds), (begin, begin)))
    assert level == Held(begin, seconds)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("second", [0.0, -0.2])
def test_cycles_mirror_with_the_sign_of_the_potential(count: int, second: float):
    vertices = [0.0]
    for _ in range(count):
        vertices += [0.5, second] if second else [0.5, 0.0]
    vertices += [0.0] if second else []
    times = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(vertices)))])
    up = shape_of(Lines(tuple(times.tolist()), tuple(vertices)))
    down = shape_of(Lines(tuple(times.tolist()), tuple(-v for v in vertices)))
    assert isinstance(up, Cycles)
    assert isinstance(down, Cycles)
    assert (up.count, down.count) == (count, count)
    assert (down.first, down.second) == (-up.first, -up.second)
    assert up.rate == down.rate == pytest.approx(1.0)


@pytest.mark.parametrize(
    "waveform",
    [
        Lines((0.0, 1.0, 1.0, 2.0), (0.0, 0.0, 0.5, 0.5)),
        Lines((0.0, 1.0, 3.0), (0.0, 0.5, 0.0)),
        Lines((0.0, 1.0, 2.0, 3.0), (0.0, 0.5, 0.0, 0.4)),
        Sines(0.1, (Section(1.0, 2.0, (Sine(1, 0.01),)),)),
    ],
)
def test_jumps_two_rates_and_other_ends_are_no_technique(waveform: Any):
    assert shape_of(waveform).name == "other"


def test_what_an_instrument_cannot_run_is_told_with_what_it_can():
    runs = Runs(
        frozenset({("potential", "ramp"), ("potential", "constant"), ("open", "constant")}),
        frozenset(), 1.0, 0.5, 1e-3,
    )  # fmt: skip
    assert runs.refusal("potential", Constant(0.1, 5.0)) == ""
    assert runs.refusal("open", Constant(0.0)) == ""
    refused = runs.refusal("potential", Lines((0.0, 1.0, 2.0), (0.0, 0.5, 0.0)))
    assert "a ramp" in refused
    assert "a constant" in refused
    assert "It runs" not in runs.refusal("current", Constant(1e-9, 1.0))
