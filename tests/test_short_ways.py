"""The way through all places is short, and landmarks carry places onto the stage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError
from seccm.plan.places import Places
from seccm.plan.registration import Registration
from seccm.plan.shortest import shortest_path
from seccm.quantities import validate

few = settings(max_examples=20)
PLACES = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=12, unique=True
)


def length(places: np.ndarray, order) -> float:
    way = places[list(order)]
    return float(np.hypot(*np.diff(way, axis=0).T).sum())


def found(places: np.ndarray) -> list[int]:
    return shortest_path(*(1e-6 * places.T)).tolist()


@few
@given(PLACES)
def test_every_place_is_visited_once_from_the_first_one_on(listed):
    order = found(np.array(listed, float))
    assert sorted(order) == list(range(len(listed)))
    assert order[0] == 0


@few
@given(PLACES)
def test_no_piece_of_the_way_is_shorter_turned_round(listed):
    places = np.array(listed, float)
    order = found(places)
    own = length(places, order)
    for i, j in itertools.combinations(range(1, len(order)), 2):
        turned = [*order[:i], *order[i : j + 1][::-1], *order[j + 1 :]]
        assert length(places, turned) >= own - 1e-3


@few
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6))
def test_of_few_places_it_is_hardly_longer_than_the_shortest_of_all(listed):
    places = np.array(listed, float)
    best = min(length(places, (0, *rest)) for rest in itertools.permutations(range(1, len(places))))
    assert length(places, found(places)) <= 1.35 * best + 1e-9


@few
@given(PLACES, st.integers(-100, 100), st.sampled_from([1.0, 3.0, 1e3]))
def test_neither_origin_nor_unit_nor_mirror_makes_the_way_longer(listed, shift, factor):
    places = np.array(listed, float)
    usual = length(places, found(places))
    # Ties may be broken another way; the length is about the same.
    for other in (places + shift, places[:, ::-1], -places):
        assert length(other, found(other)) <= 1.35 * usual + 1e-9
    assert length(factor * places, found(factor * places)) <= 1.35 * factor * usual + 1e-9


def test_places_on_a_line_are_visited_along_it():
    x = np.array([0.0, 5.0, 1.0, 4.0, 2.0, 3.0])
    assert shortest_path(x, 0 * x).tolist() == [0, 2, 4, 5, 3, 1]


def test_one_place_and_places_upon_one_another_have_a_way():
    assert shortest_path(np.zeros(1), np.zeros(1)).tolist() == [0]
    assert sorted(shortest_path(np.zeros(5), np.zeros(5)).tolist()) == list(range(5))


def test_a_grid_is_walked_through_with_no_step_longer_than_two_pitches():
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(6.0), np.arange(5.0)))
    order = shortest_path(1e-6 * x, 1e-6 * y)
    steps = np.hypot(np.diff(x[order]), np.diff(y[order]))
    assert steps.sum() <= 1.1 * 29


# ------------------------------------------------------------------ landmarks


SQUARE = np.array([[0.0, 0.0], [80e-6, 0.0], [0.0, 80e-6], [80e-6, 80e-6], [30e-6, 50e-6]])


def registered(planned: np.ndarray, measured: np.ndarray) -> Registration:
    table = {"planned": planned.tolist(), "measured": measured.tolist()}
    return validate(Registration, table, "plan", from_file=False)


def turned(angle: float, scale: float = 1.0, mirror: bool = False) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return scale * np.array([[c, -s], [s, c]]) @ np.diag([1.0, -1.0 if mirror else 1.0])


@few
@given(
    angle=st.floats(-3.0, 3.0),
    scale=st.floats(0.2, 5.0),
    mirror=st.booleans(),
    shift=st.tuples(st.floats(-1e-2, 1e-2), st.floats(-1e-2, 1e-2)),
    count=st.integers(3, 5),
)
def test_the_transformation_that_was_planted_is_found(angle, scale, mirror, shift, count):
    matrix = turned(angle, scale, mirror)
    planned = SQUARE[:count]
    made = registered(planned, planned @ matrix.T + np.array(shift)).affine()
    assert made.turned == pytest.approx(angle, abs=1e-6)
    assert made.scale == pytest.approx(-scale if mirror else scale, rel=1e-6)
    x, y = made(np.array([12e-6]), np.array([-7e-6]))
    expected = matrix @ [12e-6, -7e-6] + np.array(shift)
    assert [x[0], y[0]] == pytest.approx(expected, abs=1e-11)
    assert np.abs(made.residuals).max() < 1e-11


@few
@given(shear=st.floats(-0.3, 0.3))
def test_shear_is_carried_over_as_well(shear: float):
    matrix = np.array([[1.0, shear], [0.0, 1.0]])
    made = registered(SQUARE, SQUARE @ matrix.T).affine()
    assert made.matrix == pytest.approx(matrix, abs=1e-9)


def test_three_landmarks_leave_nothing_to_check_by_and_more_tell_their_scatter():
    assert math.isnan(registered(SQUARE[:3], SQUARE[:3]).affine().rms)
    rng = np.random.default_rng(1)
    planned = rng.uniform(0, 1e-4, (400, 2))
    noisy = planned + 1e-7 * rng.standard_normal(planned.shape)
    # Of each landmark, both directions together.
    assert registered(planned, noisy).affine().rms == pytest.approx(1.414e-7, rel=0.1)


def test_the_order_of_landmarks_does_not_matter_and_pairs_do():
    matrix = turned(0.3, 1.1)
    measured = SQUARE @ matrix.T
    usual = registered(SQUARE, measured).affine()
    other = registered(SQUARE[::-1], measured[::-1]).affine()
    assert other.matrix == pytest.approx(usual.matrix)
    mixed = registered(SQUARE, measured[[1, 0, 2, 3, 4]]).affine()
    assert np.abs(mixed.residuals).max() > 1e-6


@few
@given(angle=st.floats(0.0, 3.0), factor=st.floats(1e-3, 1e3))
def test_landmarks_on_a_line_are_refused_whichever_way_it_runs(angle: float, factor: float):
    along = np.array([math.cos(angle), math.sin(angle)]) * 1e-5 * factor
    line = np.array([0.0, 1.0, 3.0, 7.0])[:, None] * along
    assume(np.ptp(line) > 1e-9)
    square = SQUARE[:4]
    with pytest.raises(PlanError, match="on a line"):
        registered(line, square)
    with pytest.raises(PlanError, match="on a line"):
        registered(square, line)


def test_each_planned_landmark_needs_a_measured_one():
    with pytest.raises(PlanError, match="4 landmarks, but 5 are planned"):
        registered(SQUARE, SQUARE[:4])
    with pytest.raises(PlanError):
        registered(SQUARE[:2], SQUARE[:2])


def test_places_keep_their_columns_and_rows_wherever_they_are_on_the_stage():
    places = Places(SQUARE[:, 0], SQUARE[:, 1], np.arange(5), np.arange(5)[::-1])
    assert places.registered(None) is places
    moved = places.registered(registered(SQUARE, SQUARE @ turned(0.1).T + 1e-3))
    assert moved.ix.tolist() == places.ix.tolist()
    assert moved.iy.tolist() == places.iy.tolist()
    assert np.hypot(*np.diff([moved.x, moved.y])) == pytest.approx(
        np.hypot(*np.diff([places.x, places.y]))
    )
    back = moved.taken(moved.short_way())
    assert sorted(back.ix.tolist()) == list(range(5))
