"""Repeats that turn at different times, and their mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.analysis.repeats import Repeat, mean_of

DEPTH, AFTER = -0.12, -0.05
SOME = st.lists(st.floats(0.3, 3.0), min_size=2, max_size=8)


def plating(turn: float, lasting: float = 6.0, row: float = 5e-3) -> Repeat:
    """A potential that falls to its minimum at one moment and recovers at once."""
    t = np.arange(0.0, lasting, row)
    falling = DEPTH * t / turn
    e = np.where(t < turn, falling, AFTER + (DEPTH - AFTER) * np.exp(-(t - turn) / 0.05))
    return Repeat(t, {"E": e, "Q": -1e-9 * t}, turn)


@given(SOME)
def test_the_mean_turns_at_the_mean_time_and_as_deep_as_the_repeats(turns: list[float]):
    found = mean_of([plating(turn) for turn in turns])
    assert found is not None
    assert (found.aligned, found.n) == (True, len(turns))
    e = found.of("E")
    assert e.min() == pytest.approx(DEPTH, rel=0.06)
    assert found.t[e.argmin()] == pytest.approx(np.mean(turns), abs=0.015)
    assert (np.diff(found.t) > 0).all()


@given(SOME, st.floats(-0.5, 0.5), st.permutations(range(8)))
def test_neither_the_zero_of_the_reference_nor_the_order_matters(
    turns: list[float], shift: float, order: list[int]
):
    plain = [plating(turn, row=0.01) for turn in turns]
    shifted = [
        Repeat(plain[k].t, {"E": plain[k].columns["E"] + shift}, plain[k].turn)
        for k in order
        if k < len(plain)
    ]
    one, other = mean_of(plain), mean_of(shifted)
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(other.of("E"), one.of("E") + shift, atol=1e-12)


@given(SOME)
def test_repeats_that_are_one_and_the_same_are_their_own_mean(turns: list[float]):
    one = plating(turns[0])
    found = mean_of([one] * len(turns))
    assert found is not None
    np.testing.assert_allclose(
        found.of("E"), np.interp(found.t, one.t, one.columns["E"]), atol=1e-9
    )


@pytest.mark.parametrize("fewest", [2, 3, 4])
def test_a_mean_lasts_as_long_as_so_many_repeats_do(fewest: int):
    lasting = [1.0, 2.0, 3.0, 4.0]
    repeats = [
        Repeat(t := np.linspace(0.0, end, 500), {"E": np.full(t.size, end)}) for end in lasting
    ]
    found = mean_of(repeats, fewest)
    assert found is not None
    assert found.t[-1] == lasting[-fewest]
    for begin, end in ((0.1, 0.9), (1.1, 1.9), (2.1, 2.9)):
        within = (found.t > begin) & (found.t < end)
        expected = np.mean([one for one in lasting if one > end])
        np.testing.assert_allclose(found.of("E")[within], expected)
    everything = mean_of(repeats)
    assert everything is not None
    assert everything.t[-1] == 1.0


@pytest.mark.parametrize(("turned", "flat"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_there_is_no_mean_of_fewer_than_two_of_a_kind(turned: int, flat: int):
    t = np.linspace(0.0, 1.0, 50)
    others = [Repeat(t, {"E": t, "Q": t}, math.nan)] * flat
    assert mean_of([*[plating(1.0)] * turned, *others]) is None
