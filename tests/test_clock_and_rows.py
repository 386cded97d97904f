"""The clock of rows, rows cut and joined, and what is imposed over time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seccm.plan.rounding import rounded_down, rounded_up
from seccm.rig import Block, Clock, Constant, Flag, Lines, Range
from seccm.rig.block import OVERLOADED, joined, overload_flags
from seccm.rig.waveform import Section, Sine, Sines, sum_of_sines

CLOCKS = (Clock(), Clock(100_000.0, 256, 256), Clock(50_000.0, 100, 257), Clock(1000.0, 1, 1))
clocks = st.sampled_from(CLOCKS)
seconds = st.floats(1e-6, 100.0)


# The clock.


@given(clocks, st.integers(1, 10_000))
def test_whole_rows_last_what_whole_rows_last(clock: Clock, rows: int):
    lasting = rows * clock.period
    assert clock.rows(lasting) == rows
    assert clock.covering(lasting) == rows
    assert clock.time(rows - 1) == pytest.approx(lasting)


@given(clocks, seconds)
def test_the_rows_that_cover_a_time_are_the_fewest_that_do(clock: Clock, time: float):
    rows = clock.covering(time)
    slack = 0.02 * clock.period
    assert rows * clock.period >= time - slack
    assert rows == 1 or (rows - 1) * clock.period < time
    assert abs(clock.rows(time) * clock.period - time) <= max(clock.period, 0.51 * clock.period)


@given(clocks, seconds)
def test_a_row_never_has_more_samples_than_fit(clock: Clock, time: float):
    samples = clock.samples(time)
    assert 1 <= samples <= clock.spacing
    assert samples == 1 or samples / clock.rate <= time * (1 + 1e-9) + 0.03 / clock.rate
    assert clock.window <= clock.period


@given(clocks, seconds, st.floats(0.0, 1e-2))
def test_a_row_over_a_staircase_spans_whole_steps_of_it(clock: Clock, time: float, update: float):
    """A row with sometimes more and sometimes fewer steps would jump with them."""
    samples = clock.samples_over(time, update)
    assert 1 <= samples <= clock.spacing
    if update * clock.rate <= 1.0:
        assert samples == clock.samples(time)
    elif samples < clock.spacing:
        steps = samples / (update * clock.rate)
        assert abs(steps - round(steps)) * update * clock.rate <= 0.5 + 1e-6
        assert round(steps) >= 1


@given(clocks, seconds, st.integers(2, 20))
def test_a_longer_row_never_has_fewer_samples(clock: Clock, time: float, factor: int):
    update = 5 / clock.rate
    assert clock.samples(factor * time) >= clock.samples(time)
    assert clock.samples_over(factor * time, update) >= clock.samples_over(time, update)


# Rows cut and joined.


def block(start: int, rows: int) -> Block:
    numbers = np.arange(start, start + rows, dtype=float)
    flags = (np.arange(start, start + rows) % 7).astype(np.uint8)
    return Block(start, {"potential": numbers, "current": -numbers}, flags)


def same(one: Block, other: Block) -> bool:
    return (
        one.start == other.start
        and one.clock == other.clock
        and np.array_equal(one.flags, other.flags)
        and one.data.keys() == other.data.keys()
        and all(np.array_equal(one.data[name], other.data[name]) for name in one.data)
    )


@given(st.integers(0, 100), st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_rows_that_were_cut_and_joined_are_the_same_rows(start: int, lengths: list[int]):
    assume(sum(lengths))
    whole = block(start, sum(lengths))
    edges = [start, *(start + int(n) for n in np.cumsum(lengths))]
    parts = [whole.part(a, b) for a, b in itertools.pairwise(edges)]
    assert [part.rows for part in parts] == lengths
    assert same(joined(parts), whole)


@given(st.integers(0, 50), st.integers(1, 20), st.integers(-10, 90), st.integers(-10, 90))
def test_a_part_has_the_rows_that_were_asked_for_and_are_there(start, rows, first, stop):
    whole = block(start, rows)
    part = whole.part(first, stop)
    wanted = [n for n in range(first, stop) if start <= n < start + rows]
    assert part.data["potential"].tolist() == wanted
    assert part.rows == len(wanted)
    assert part.stop == part.start + part.rows
    if wanted:
        assert part.start == wanted[0]
    assert part.record is None
    assert part.raw == ()


@given(st.floats(-20.0, 20.0), st.floats(0.1, 12.0))
def test_an_overload_is_one_of_either_sign(potential: float, limit: float):
    volts = np.array([potential, -potential])
    for overload in (limit, -limit):
        flags = overload_flags(volts, overload)
        assert flags[0] == flags[1]
        assert bool(flags[0] == Flag.OVERLOAD) is (abs(potential) >= OVERLOADED * limit)


def test_an_unknown_potential_is_no_overload():
    assert overload_flags(np.array([np.nan]), 10.0).tolist() == [0]


# What is imposed.


lines = st.lists(
    st.tuples(st.floats(1e-3, 5.0), st.floats(-2.0, 2.0)), min_size=2, max_size=6
).map(lambda points: Lines(
    (0.0, *np.cumsum([dt for dt, _ in points[1:]]).tolist()), tuple(v for _, v in points)
))  # fmt: skip


@given(lines)
def test_lines_pass_through_their_vertices_and_stay_between_their_extremes(wave: Lines):
    np.testing.assert_allclose(wave.at(np.array(wave.times)), wave.values, rtol=0, atol=1e-12)
    times = np.linspace(-1.0, wave.duration + 1.0, 300)
    values = wave.at(times)
    lowest, highest = wave.extremes
    assert values.min() >= lowest
    assert values.max() <= highest
    assert {lowest, highest} <= set(wave.values)
    assert (values[times < 0.0] == wave.values[0]).all()
    assert (values[times > wave.duration] == wave.values[-1]).all()


@given(lines, st.floats(-1.0, 1.0), st.floats(0.1, 3.0))
def test_lines_shift_and_stretch_with_their_vertices(wave: Lines, shift: float, factor: float):
    times = np.linspace(0.0, wave.duration, 50)
    moved = Lines(wave.times, tuple(factor * v + shift for v in wave.values))
    np.testing.assert_allclose(moved.at(times), factor * wave.at(times) + shift, atol=1e-9)


@given(st.floats(-5.0, 5.0))
def test_a_constant_is_what_it_is_for_ever(value: float):
    wave = Constant(value)
    assert wave.at(np.linspace(0.0, 1e6, 7)).tolist() == [value] * 7
    assert wave.extremes == (value, value)
    assert math.isinf(wave.duration)
    assert Constant(value, 3.0).duration == 3.0


sines = st.lists(
    st.tuples(st.integers(1, 30), st.floats(1e-3, 1.0), st.floats(-3.0, 3.0)),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[0],
).map(lambda parts: tuple(Sine(*part) for part in parts))


@given(sines)
def test_a_sum_of_sines_repeats_and_stays_between_its_bounds(parts: tuple[Sine, ...]):
    section = Section(2.0, 4.0, parts)
    times = np.linspace(0.0, 2.0, 1001)
    values = section.at(times)
    np.testing.assert_allclose(values, section.at(times + 2.0), atol=1e-9)
    lowest, highest = sum_of_sines(parts)
    fastest = max(parts, key=lambda sine: sine.harmonic)
    allowed = 0.02 * fastest.amplitude + 1e-9
    assert values.min() >= lowest - allowed - 0.05 * sum(s.amplitude for s in parts)
    assert values.max() <= highest + allowed + 0.05 * sum(s.amplitude for s in parts)
    total = sum(sine.amplitude for sine in parts)
    assert -total - 1e-9 <= lowest <= highest <= total + 1e-9


@given(sines)
def test_a_sum_of_sines_upside_down_has_its_extremes_exchanged(parts: tuple[Sine, ...]):
    turned = tuple(Sine(s.harmonic, s.amplitude, s.phase + math.pi) for s in parts)
    lowest, highest = sum_of_sines(parts)
    assert sum_of_sines(turned) == pytest.approx((-highest, -lowest), abs=1e-9)


def test_sines_too_far_apart_are_bounded_by_what_they_could_be_at_most():
    parts = (Sine(1, 0.1), Sine(2**20, 0.2))
    assert sum_of_sines(parts) == pytest.approx((-0.3, 0.3))


@given(sines, sines, st.floats(-1.0, 1.0), st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_sections_follow_one_another_about_one_level(first, second, level, one, two):
    wave = Sines(level, (Section(1.0, one, first), Section(0.5, two, second)))
    assert wave.begins == (0.0, one)
    assert wave.duration == pytest.approx(one + two)
    inside = np.linspace(0.0, two * 0.99, 20)
    expected = level + Section(0.5, two, second).at(inside)
    np.testing.assert_allclose(wave.at(one + inside)[1:], expected[1:], atol=1e-9)
    after = wave.at(np.array([wave.duration + 1e-6, wave.duration + 10.0]))
    np.testing.assert_allclose(after, level)
    assert wave.at(np.array([-5.0]))[0] == wave.at(np.array([0.0]))[0]
    lowest, highest = wave.extremes
    assert lowest <= level <= highest


@given(sines, sines)
def test_where_one_section_ends_only_the_next_one_is_imposed(first, second):
    wave = Sines(0.0, (Section(1.0, 2.0, first), Section(0.5, 1.0, second)))
    at_edges = wave.at(np.array([2.0, 3.0]))
    assert at_edges[0] == pytest.approx(Section(0.5, 1.0, second).at(np.zeros(1))[0])
    assert at_edges[1] == 0.0


# Small things that advice and limits rest on.


@given(st.floats(-10.0, 10.0), st.floats(0.0, 10.0), st.floats(-30.0, 30.0))
def test_a_range_holds_its_ends_and_what_lies_between(lower, width, value):
    span = Range(lower, lower + width)
    assert span.holds(span.lower)
    assert span.holds(span.upper)
    assert span.holds(value) is (span.lower <= value <= span.upper)
    assert not span.holds(math.nan)


@given(st.floats(1e-12, 1e6))
def test_advice_is_rounded_to_the_side_on_which_it_holds(value: float):
    up, down = rounded_up(value), rounded_down(value)
    assert down <= value * (1 + 1e-9)
    assert up >= value * (1 - 1e-8)
    assert up / down <= 1.1 + 1e-6
    for rounded in (up, down):
        assert float(f"{rounded:.2g}") == pytest.approx(rounded, rel=1e-9)
