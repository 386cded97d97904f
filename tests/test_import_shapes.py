"""What a step was is found in its data points: the numbers that were imposed come back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seccm.readers.recording import Trace, even
from seccm.readers.shapes import FEWEST, Unclear, pieces, shape_of, turning_points

PERIOD = 0.01


def walk(*corners: float, step: float = 0.002) -> np.ndarray:
    """The potentials of sweeps from corner to corner; the corners are among them."""
    legs = [
        np.linspace(a, b, max(2, round(abs(b - a) / step) + 1))[1:]
        for a, b in itertools.pairwise(corners)
    ]
    return np.concatenate([[corners[0]], *legs])


def trace(potential: np.ndarray, current: np.ndarray | None = None) -> Trace:
    nothing = np.full(potential.size, np.nan)
    t = PERIOD * np.arange(potential.size)
    own = 0 * potential if current is None else current
    return Trace(t, potential, own, nothing, nothing, nothing, {})


level = st.integers(-40, 40).map(lambda k: k / 20)


@settings(max_examples=30)
@given(level, level, st.sampled_from(["", "lsv"]))
def test_a_linear_sweep_is_found_with_its_ends_and_rate(start, stop, kind) -> None:
    assume(abs(stop - start) >= 0.05)
    shape = shape_of(trace(walk(start, stop)), kind)
    assert shape.kind == "lsv"
    assert (shape.numbers["start"], shape.numbers["stop"]) == (round(start, 4), round(stop, 4))
    assert shape.numbers["scan_rate"] == pytest.approx(0.2, rel=2e-3)


@settings(max_examples=30)
@given(level, level, st.integers(1, 3))
def test_cycles_to_one_vertex_are_counted(start, vertex, cycles) -> None:
    assume(abs(vertex - start) >= 0.05)
    shape = shape_of(trace(walk(start, *(vertex, start) * cycles)))
    assert shape.kind == "cv"
    assert shape.numbers["vertices"] == [round(vertex, 4)]
    assert (shape.numbers["start"], shape.numbers["cycles"]) == (round(start, 4), cycles)


@settings(max_examples=30)
@given(st.integers(1, 3), st.sampled_from([1.0, -1.0]), st.floats(-1, 1))
def test_cycles_between_two_vertices_are_counted(cycles, way, base) -> None:
    base = round(base, 2)
    first, second = round(base + 0.4 * way, 4), round(base - 0.3 * way, 4)
    shape = shape_of(trace(walk(base, *(first, second) * cycles, base)))
    assert shape.numbers["vertices"] == pytest.approx([first, second], abs=1e-9)
    assert shape.numbers["cycles"] == cycles


@settings(max_examples=30)
@given(st.lists(level, min_size=2, max_size=6))
def test_corners_are_where_the_sweep_was_turned(corners) -> None:
    signs = np.sign(np.diff(corners))
    assume(np.abs(np.diff(corners)).min() >= 0.3 * np.ptp(corners) > 0)
    assume((signs[1:] != signs[:-1]).all())
    e = walk(*corners)
    found = turning_points(e)
    np.testing.assert_allclose(e[found], corners, atol=1e-12)


@settings(max_examples=30)
@given(st.lists(level, min_size=2, max_size=5), st.floats(-2, 2))
def test_turning_points_are_those_of_the_mirrored_and_of_the_shifted_sweep(corners, shift) -> None:
    assume(np.abs(np.diff(corners)).min() > 0.02)
    e = walk(*corners)
    found = turning_points(e)
    np.testing.assert_array_equal(turning_points(-e), found)
    np.testing.assert_array_equal(turning_points(e + round(shift, 3)), found)


@pytest.mark.parametrize("noise", [0.0, 1e-5, 2e-4])
def test_noise_of_the_potential_is_no_turn(noise: float) -> None:
    rng = np.random.default_rng(2)
    e = walk(-0.2, 0.3, -0.2)
    shape = shape_of(trace(e + noise * rng.normal(size=e.size)))
    assert shape.kind == "cv"
    assert shape.numbers["cycles"] == 1
    assert shape.numbers["vertices"] == pytest.approx([0.3], abs=5 * noise + 1e-9)


@pytest.mark.parametrize("kind", ["", "constant potential"])
@pytest.mark.parametrize("volts", [-0.4, 0.0, 1.2])
def test_a_potential_that_is_held_is_found_with_its_time(kind: str, volts: float) -> None:
    rng = np.random.default_rng(4)
    shape = shape_of(trace(volts + 1e-5 * rng.normal(size=200)), kind)
    assert shape.kind == "constant potential"
    assert shape.numbers["potential"] == pytest.approx(volts, abs=1e-5)
    assert shape.numbers["duration"] == pytest.approx(2.0, rel=1e-5)


def test_a_current_that_is_imposed_is_its_median() -> None:
    current = np.full(100, -3e-9)
    current[0] = 5e-9
    shape = shape_of(trace(walk(0.0, 0.4)[:100], current), "constant current")
    assert shape.numbers["current"] == pytest.approx(-3e-9, rel=1e-3)
    assert "-3 nA" in shape.words.replace("\u2212", "-")


def test_open_circuit_has_a_time_and_no_level() -> None:
    shape = shape_of(trace(walk(0.0, 0.4)), "open circuit")
    assert shape.numbers == {"duration": pytest.approx(2.01, rel=1e-6)}


@pytest.mark.parametrize(
    ("potential", "kind", "words"),
    [
        (np.full(50, 0.2), "cv", "its potential does not change"),
        (np.full(50, 0.2), "lsv", "its potential does not change"),
        (walk(0.0, 0.3, 0.0), "lsv", "turns round 1 times"),
        (walk(0.0, 0.3, -0.3, 0.0), "lsv", "turns round 2 times"),
        (np.concatenate([walk(0, 0.3), walk(0.3, 0.0, step=0.004)]), "", "has sweeps at"),
    ],
)
def test_what_contradicts_itself_is_unclear_and_not_guessed(potential, kind, words) -> None:
    with pytest.raises(Unclear, match=words):
        shape_of(trace(potential), kind)


# Streams are divided into steps.


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.booleans())
def test_pieces_are_all_rows_once_and_in_order(parts, cut) -> None:
    """Whatever is held, swept, or too short: no data point is lost or doubled."""
    kinds = [np.full(10, 0.1), walk(0.1, 0.3), np.full(2, 0.5), np.full(10, -0.2)]
    rows = [kinds[k] for k in parts]
    potential = np.concatenate(rows)
    cuts = np.cumsum([len(one) for one in rows])[:-1] if cut else np.zeros(0, np.int64)
    found = pieces(potential, cuts)
    kept = np.concatenate([np.arange(potential.size)[one] for one in found])
    np.testing.assert_array_equal(kept, np.arange(potential.size))
    assert all(one.stop - one.start >= FEWEST for one in found) or len(found) == 1


def test_sweeps_that_follow_one_another_are_one_step_and_holds_of_other_levels_are_two() -> None:
    parts = [np.full(20, 0.1), np.full(20, 0.1), np.full(20, 0.3), walk(0.3, 0.0), walk(0.0, 0.3)]
    edges = np.cumsum([len(part) for part in parts])
    found = pieces(np.concatenate(parts), edges[:-1])
    assert [(one.start, one.stop) for one in found] == [(0, 40), (40, 60), (60, int(edges[-1]))]


# Times.


@settings(max_examples=30)
@given(st.integers(2, 60), st.floats(1e-5, 10), st.floats(-100, 100))
def test_even_times_have_a_period_wherever_they_begin(count, period, first) -> None:
    t = first + period * np.arange(count)
    assume(np.diff(t).min() > 0.999 * period)
    assert even(t) == pytest.approx(period, rel=1e-3)


@pytest.mark.parametrize("place", [1, 20, 38])
def test_a_gap_in_the_times_has_no_period(place: int) -> None:
    t = 0.1 * np.arange(40.0)
    t[place:] += 0.05
    assert np.isnan(even(t))
    assert np.isnan(even(t[:1]))
    assert np.isnan(even(np.zeros(5)))
