"""Ramps as lines: the pieces add up to the ramp, and none is faster than it may be.

Lines are played as the target does it: codes run straight at whole-number speeds, each line begins
a little after the one before it.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardware.ni.scaling import Scale
from hardware.wec_fpga.codes import LEAST, MOST, PER_VOLT, TICKS, Coded
from hardware.wec_fpga.feeder import Feeder
from hardware.wec_fpga.ramp import (
    FETCH,
    LONGEST_HOLD,
    Timed,
    check_ramp,
    ends_of,
    jump,
    ramp,
    slope_exponent,
    steepest,
)
from hardware.wec_fpga.travel import Leg, cut
from seccm.errors import LimitError
from seccm.rig import Lines

PLAIN = Coded(Scale(1.0, 0.0, "test"))
LONGEST = 0.05
QUICKLY = settings(max_examples=30)


class Piece(NamedTuple):
    """What a line does to the command."""

    kind: str
    begin: int
    end: int
    seconds: float


def pieces(waveform: Lines, coded: Coded = PLAIN, since: float = 0.0) -> list[Piece]:
    """Each line of a ramp, with the codes between which it runs and how long it takes."""
    n, code, found = slope_exponent(waveform, coded), 0, []
    for timed in ramp(waveform, coded, since, LONGEST):
        words, flags = timed.words, timed.words[13]
        if flags >> 5 & 1:
            found.append(Piece("hold", code, code, words[12] * 1e-6))
            continue
        goal = words[9]
        if flags >> 4 & 1:
            found.append(Piece("jump", code, goal, 0.0))
        else:
            seconds = abs(goal - code) / (words[4] * 2.0**-n * TICKS)
            found.append(Piece("run", code, goal, seconds))
        code = goal
    return found


@st.composite
def polylines(draw: st.DrawFn) -> Lines:
    """Up to four straight pieces between -3 V and 3 V, of 20 ms to 0.6 s."""
    count = draw(st.integers(1, 4))
    lasts = draw(st.lists(st.floats(0.02, 0.6), min_size=count, max_size=count))
    values = draw(st.lists(st.floats(-3.0, 3.0), min_size=count + 1, max_size=count + 1))
    return Lines((0.0, *np.cumsum(lasts).tolist()), tuple(values))


@QUICKLY
@given(waveform=polylines())
def test_the_steps_of_all_lines_add_up_to_the_ramp_within_a_code(waveform: Lines):
    """From the jump at its beginning to its last value."""
    found = pieces(waveform)
    assert found[0].kind == "jump"
    total = sum(piece.end - piece.begin for piece in found[1:])
    exact = (waveform.values[-1] - waveform.values[0]) * PER_VOLT
    assert abs(total - exact) <= 1.0
    assert all(one.end == other.begin for one, other in pairwise(found))


@QUICKLY
@given(waveform=polylines())
def test_no_line_is_faster_than_the_steepest_part_of_the_ramp(waveform: Lines):
    """But for the whole code that the end of a line is rounded to, and the fetching of it."""
    fastest = steepest(waveform, PLAIN) * TICKS
    for piece in pieces(waveform):
        if piece.kind == "run":
            way = abs(piece.end - piece.begin)
            assert piece.seconds <= LONGEST * 1.02
            allowed = fastest * (piece.seconds + 3 * FETCH) + 1.0
            assert way <= allowed * 1.01


@QUICKLY
@given(waveform=polylines())
def test_every_line_is_due_after_the_one_before_it(waveform: Lines):
    due = [timed.begins for timed in ramp(waveform, PLAIN, 0.0, LONGEST)]
    assert due == sorted(due)
    assert due[-1] <= waveform.duration + 3 * FETCH


@QUICKLY
@given(waveform=polylines(), part=st.floats(0.0, 0.95))
def test_a_ramp_that_is_joined_late_begins_where_it_is_by_then(waveform: Lines, part: float):
    since = part * waveform.duration
    first = next(iter(ramp(waveform, PLAIN, since, LONGEST)))
    now = float(waveform.at(np.array([since]))[0])
    assert first == Timed(since, jump(PLAIN.code(now, "E")))
    assert pieces(waveform, since=since)[-1].end == PLAIN.code(waveform.values[-1], "E")


@QUICKLY
@given(waveform=polylines())
def test_an_inverted_command_gets_the_same_lines_with_opposite_codes(waveform: Lines):
    """Within the code by which halves are rounded upwards."""
    inverted = Coded(Scale(-1.0, 0.0, "test"))
    one, other = pieces(waveform), pieces(waveform, inverted)
    assert abs(one[-1].end + other[-1].end) <= 1
    assert steepest(waveform, PLAIN) == steepest(waveform, inverted)


@QUICKLY
@given(rate=st.floats(1e-5, 2e-3), start=st.floats(-1.0, 1.0))
def test_a_slow_ramp_goes_up_code_by_code_and_never_overshoots(rate: float, start: float):
    """Slower than the slowest speed of a line: holds, and jumps of one code."""
    waveform = Lines((0.0, 1.0), (start, start + rate))
    found = pieces(waveform)
    for piece in found[1:]:
        assert 0 <= piece.end - piece.begin <= 1 or piece.kind == "run"
        assert PLAIN.code(start, "E") <= piece.end <= PLAIN.code(start + rate, "E")
    lasts = sum(piece.seconds + FETCH for piece in found)
    assert lasts == pytest.approx(1.0, abs=2e-3 + 40 * FETCH)


def test_a_level_that_is_held_is_sent_as_holds_that_fit_into_a_word():
    found = pieces(Lines((0.0, 1.0), (0.4, 0.4)))
    assert {piece.kind for piece in found[1:]} == {"hold"}
    assert max(piece.seconds for piece in found) <= LONGEST_HOLD * 1e-6
    assert sum(piece.seconds for piece in found) == pytest.approx(1.0, abs=5e-3)


def test_a_step_of_the_waveform_is_one_jump():
    """Two values less than 0.2 ms apart: no line could run there."""
    found = pieces(Lines((0.0, 0.1, 0.1001, 0.2), (0.0, 0.0, 1.0, 1.0)))
    (step,) = [one for one in found[1:] if one.begin != one.end]
    assert (step.kind, step.end) == ("jump", PLAIN.code(1.0, "E"))


def test_a_step_says_nothing_about_the_speed_of_the_rest():
    flat = Lines((0.0, 1.0), (0.0, 0.5))
    stepped = Lines((0.0, 1.0, 1.0001), (0.0, 0.5, -3.0))
    assert steepest(stepped, PLAIN) == pytest.approx(steepest(flat, PLAIN), rel=1e-12)
    assert steepest(Lines((0.0, 1e-4), (0.0, 1.0)), PLAIN) == 0.0


@pytest.mark.parametrize("value", [10.0, -10.1, 1e6])
def test_a_ramp_to_where_no_code_is_is_refused_before_its_first_line(value: float):
    with pytest.raises(LimitError, match="command would need"):
        check_ramp(Lines((0.0, 1.0), (0.0, value)), PLAIN)


def test_a_ramp_to_no_number_is_refused_too():
    with pytest.raises(LimitError, match="nothing moved"):
        check_ramp(Lines((0.0, 1.0), (0.0, math.nan)), PLAIN)


def test_the_whole_range_can_be_run_through():
    check_ramp(Lines((0.0, 1.0), (LEAST / PER_VOLT, MOST / PER_VOLT)), PLAIN)
    found = pieces(Lines((0.0, 1.0), (LEAST / PER_VOLT, MOST / PER_VOLT)))
    assert (found[0].end, found[-1].end) == (LEAST, MOST)
    assert min(piece.end for piece in found) == LEAST


@QUICKLY
@given(
    vertices=st.lists(st.floats(0.01, 2.0), min_size=1, max_size=5, unique=True),
    since=st.floats(0.0, 1.0),
    longest=st.floats(5e-3, 0.2),
)
def test_ends_of_pieces_rise_to_the_last_vertex_and_are_never_far_apart(vertices, since, longest):
    times = (0.0, *sorted(vertices))
    assume(min(np.diff(times)) > 1e-6)
    ends = list(ends_of(Lines(times, tuple(0.0 for _ in times)), since, longest))
    assert bool(ends) == (times[-1] > since)
    assert {one for one in times if one > since} <= set(ends)
    if ends:
        steps = np.diff([since, *ends])
        assert steps.min() > 0.0
        assert steps.max() <= longest * (1 + 1e-6)


# Sideways.


@QUICKLY
@given(
    start=st.integers(LEAST, MOST),
    goal=st.integers(LEAST, MOST),
    per_tick=st.floats(1e-5, 1e-2),
    t=st.floats(0.0, 10.0),
)
def test_a_leg_is_between_its_ends_at_any_time_and_at_its_goal_when_it_is_over(
    start, goal, per_tick, t
):
    leg = Leg(start, goal, per_tick)
    assert min(start, goal) <= leg.at(t) <= max(start, goal)
    assert leg.at(0.0) == start
    assert leg.at(leg.seconds * (1 + 1e-9)) == goal


@QUICKLY
@given(way=st.integers(1, 30_000), seconds=st.floats(0.05, 3.0), longest=st.floats(0.02, 0.5))
def test_there_and_back_takes_the_same_lines_in_the_other_direction(way, seconds, longest):
    per_tick = way / (seconds * TICKS)
    there = cut({"X": Leg(0, way, per_tick)}, longest)
    back = cut({"X": Leg(way, 0, per_tick)}, longest)
    assert [due for due, _ in there] == [due for due, _ in back]
    assert [words[1] for _, words in there] == [words[1] for _, words in back]
    assert (there[-1][1][6], back[-1][1][6]) == (way, 0)


def test_an_axis_that_is_where_it_should_be_is_in_no_line():
    assert cut({"X": Leg(5, 5, 1e-3)}, 0.1) == []
    lines = cut({"X": Leg(5, 5, 1e-3), "Y": Leg(0, 4000, 1e-3)}, 0.05)
    assert {words[13] for _, words in lines} == {0b10}
    assert {words[6] for _, words in lines} == {0}


def test_an_axis_that_arrives_first_stays_while_the_other_goes_on():
    lines = cut({"X": Leg(0, 100, 1e-4), "Y": Leg(0, 2000, 1e-4)}, 0.1)
    moved = [words[13] for _, words in lines]
    assert moved[0] == 0b11
    assert moved[-1] == 0b10
    assert moved == sorted(moved, reverse=True)


# Handing out.


@QUICKLY
@given(
    due=st.lists(st.floats(0.0, 1.0), max_size=12),
    looks=st.lists(st.floats(0.0, 2.0), min_size=1, max_size=8),
    origin=st.floats(0.0, 1.0),
)
def test_every_line_is_handed_out_once_in_its_order_and_never_earlier_than_the_horizon(
    due, looks, origin
):
    due = sorted(due)
    feeder = Feeder([Timed(t, [k]) for k, t in enumerate(due)], origin, 0.1)
    given_out: list[int] = []
    for now in sorted(looks):
        for (k,) in feeder.due(now):
            assert origin + due[k] < now + 0.1
            given_out.append(k)
        assert feeder.over == (len(given_out) == len(due))
    assert given_out == list(range(len(given_out)))
    assert [k for (k,) in feeder.due(10.0)] == list(range(len(given_out), len(due)))
    assert feeder.over
