"""What waveforms are to an instrument, and how its time is tied to that of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.rig import Constant, Lines, Points, Runs, Section, Sine, Sines, shape_of
from seccm.rig.technique import Cycles, Held, Other, Ramp
from seccm.rig.tie import Seen, by_edge, by_step, means

VOLTS = st.floats(-2.0, 2.0).map(lambda v: round(v, 3))


def triangle(begin: float, first: float, second: float, rate: float, count: int) -> Lines:
    """Cycles as a plan writes them down."""
    values = [begin]
    for _ in range(count):
        values += [first, second, begin] if second != begin else [first, begin]
    steps = np.abs(np.diff(values)) / rate
    return Lines(tuple(np.concatenate(([0.0], np.cumsum(steps))).tolist()), tuple(values))


@given(
    VOLTS, st.floats(0.1, 1.0), st.floats(0.1, 1.0), st.sampled_from([0.05, 1.0]), st.integers(1, 4)
)
@settings(max_examples=40, deadline=None)
def test_cycles_are_known_by_their_vertices(begin, up, down, rate, count):
    first, second = round(begin + up, 3), round(begin - down, 3)
    for other in (second, begin):
        found = shape_of(triangle(begin, first, other, rate, count))
        assert isinstance(found, Cycles)
        assert (found.begin, found.first, found.count) == (begin, first, count)
        assert found.second == pytest.approx(other)
        assert found.rate == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize(
    ("waveform", "kind"),
    [
        (Constant(0.3, 2.0), Held),
        (Lines((0.0, 2.0), (0.3, 0.3)), Held),
        (Lines((0.0, 2.0), (0.3, 1.0)), Ramp),
        (Lines((0.0, 1.0, 2.0), (0.0, 0.5, 1.0)), Ramp),  # a vertex that is none
        (Lines((0.0, 1.0, 3.0), (0.0, 1.0, 0.0)), Other),  # two rates
        (Lines((0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 0.5, 1.5)), Other),  # a jump
        (Lines((0.0, 1.0, 1.5), (0.0, 1.0, 0.5)), Other),  # does not come back
        (Sines(0.1, (Section(0.1, 1.0, (Sine(1, 0.01),)),)), Other),
    ],
)
def test_what_a_waveform_is(waveform, kind):
    assert isinstance(shape_of(waveform), kind)


def test_a_refusal_names_what_it_is_and_what_there_is():
    runs = Runs(frozenset({("potential", "ramp")}), frozenset(), 0.1, 0.1, 0.01)
    assert not runs.refusal("potential", Lines((0.0, 1.0), (0.0, 1.0)))
    said = runs.refusal("current", Constant(1e-9))
    assert "a constant of the current" in said
    assert "It runs: a ramp" in runs.refusal("potential", Constant(0.1))


# Sums over time are kept, wherever the rows begin.


@given(st.floats(0.0, 0.05), st.sampled_from([0.7e-3, 2e-3, 11e-3]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_rows_hold_the_charge_of_their_points(offset, interval, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(1, 400) * interval
    values = rng.normal(size=t.size)
    edges = np.linspace(offset, t[-1] - offset, 57)
    found = means(t, values, edges)
    knots = np.concatenate(([0.0], t))
    total = np.concatenate(([0.0], np.cumsum(values * np.diff(knots))))
    wanted = np.interp(edges[-1], knots, total) - np.interp(edges[0], knots, total)
    assert float((found * np.diff(edges)).sum()) == pytest.approx(float(wanted), abs=1e-9)


def test_rows_beyond_the_points_are_not_made_up():
    found = means(np.array([1.0, 2.0]), np.array([5.0, 7.0]), np.array([-1.0, 0.5, 1.5, 2.5]))
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == pytest.approx(6.0)


# Ties.

PERIOD = 2.57e-3


def seen_rows(begin: float, form: str, noise: float, seed: int) -> tuple[Seen, Points]:
    """Rows of a card, and the points of an instrument that began at a time of theirs."""
    rng = np.random.default_rng(seed)

    def value(t: np.ndarray) -> np.ndarray:
        step = {"jump": 0.4 + 0.0 * t, "ramp": 0.5 * t, "relax": 0.3 * np.exp(-t / 0.05)}[form]
        return np.where(t > 0.0, step, 0.0)

    fine = np.arange(0, 300 * 64) * PERIOD / 64
    rows = value(fine - begin).reshape(300, 64).mean(axis=1) + noise * rng.normal(size=300)
    t = np.arange(1, 330) * 2e-3
    points = value(t - 1e-3) + 1e-5 * rng.normal(size=t.size)
    return Seen(0, rows, points, 0.0), Points(t, points, points, np.zeros(t.size, np.uint8), t)


@pytest.mark.parametrize("form", ["jump", "ramp", "relax"])
@pytest.mark.parametrize("begin", [0.031, 0.0505, 0.0779])
def test_a_step_that_both_have_seen_ties_their_times(form, begin):
    seen, points = seen_rows(begin, form, 2e-4, 3)
    tie = by_step((seen,), points, PERIOD, (0.0, 0.12))
    assert tie.by == "step"
    assert tie.error < PERIOD
    assert tie.begin == pytest.approx(begin, abs=max(3.0 * tie.error, 0.35 * PERIOD))


def test_where_nothing_happens_the_tie_says_so():
    seen, points = seen_rows(9.0, "jump", 2e-4, 3)
    flat = Points(points.t, 0.0 * points.t, 0.0 * points.t, points.flags, points.span)
    tie = by_step((Seen(0, seen.rows, flat.potential, 0.0),), flat, PERIOD, (0.0, 0.12))
    assert tie.by == "order"
    assert tie.begin == pytest.approx(0.06)
    assert tie.error == pytest.approx(0.12 / np.sqrt(12.0))


@pytest.mark.parametrize("begin", [0.0301, 0.0520, 0.0799])
def test_an_edge_is_known_to_a_part_of_a_row(begin):
    fine = np.arange(0, 200 * 64) * PERIOD / 64
    high = ((fine > begin) & (fine < begin + 0.3)) * 3.3
    rows = high.reshape(200, 64).mean(axis=1)
    start, end = by_edge(rows, 0, PERIOD), by_edge(rows, 0, PERIOD, rising=False)
    assert start is not None
    assert start.begin == pytest.approx(begin, abs=0.05 * PERIOD)
    assert end is None or end.begin == pytest.approx(begin + 0.3, abs=0.05 * PERIOD)
    assert by_edge(0.0 * rows, 0, PERIOD) is None


@pytest.mark.parametrize("before", [0, 3, 40])
def test_an_edge_of_what_ran_before_is_not_taken_for_ones_own(before):
    """Rows that are high at first belong to the technique that was broken off."""
    begin = (before + 20.3) * PERIOD
    fine = np.arange(0, 200 * 64) * PERIOD / 64
    high = ((fine < before * PERIOD) | (fine > begin)) * 3.3
    rows = high.reshape(200, 64).mean(axis=1)
    tie = by_edge(rows, 100, PERIOD)
    assert tie is not None
    assert tie.by == "edge"
    assert tie.begin == pytest.approx(100 * PERIOD + begin, abs=0.05 * PERIOD)
