"""What two pictures have in common does not depend on which is first, nor on their grey values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from seccm.arrays import FloatArray
from seccm.imaging.overlay.correlation import Correlation, correlation, independent_places
from seccm.imaging.overlay.layers import Grid, grid_of, layer
from seccm.imaging.overlay.profile import Line, profile
from seccm.imaging.stage.similarity import Similarity, similarity

PIXEL = 50e-9
SIDE = 48


def field(seed: int, sigma: float = 1.5) -> FloatArray:
    grain = ndimage.gaussian_filter(
        np.random.default_rng(seed).standard_normal((SIDE, SIDE)), sigma
    )
    return np.asarray(grain / grain.std())


def shared(seed: int, share: float = 0.6) -> tuple[FloatArray, FloatArray]:
    """Two pictures, of which the second has a share of the first one."""
    first = field(seed)
    return first, share * first + math.sqrt(1 - share**2) * field(seed + 1000)


def same(one: Correlation, two: Correlation) -> None:
    for name in ("r", "low", "high", "ranks", "independent", "pixels", "area"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-6), name


@pytest.mark.parametrize("share", [-0.7, 0.0, 0.9])
def test_which_picture_is_first_does_not_matter(share: float) -> None:
    first, second = shared(1, share)
    second[:5] = np.nan
    same(correlation(first, second, PIXEL), correlation(second, first, PIXEL))


@settings(max_examples=15)
@given(st.floats(1e-3, 1e3), st.floats(-100, 100), st.floats(1e-3, 1e3))
def test_brightness_and_contrast_of_a_picture_do_not_matter(
    gain: float, offset: float, other: float
) -> None:
    first, second = shared(2)
    usual = correlation(first, second, PIXEL)
    same(correlation(gain * (first + offset), other * second, PIXEL), usual)


def test_a_negative_of_a_picture_has_the_opposite_correlation() -> None:
    first, second = shared(3)
    usual, negative = (correlation(first, sign * second, PIXEL) for sign in (1, -1))
    assert (negative.r, negative.ranks) == pytest.approx((-usual.r, -usual.ranks))
    assert (negative.low, negative.high) == pytest.approx((-usual.high, -usual.low))


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_turning_both_pictures_changes_nothing(turn: int) -> None:
    first, second = shared(4)
    same(
        correlation(np.rot90(first, turn), np.rot90(second, turn), PIXEL),
        correlation(first, second, PIXEL),
    )
    same(correlation(first.T, second.T, PIXEL), correlation(first, second, PIXEL))


def test_a_picture_is_wholly_like_itself() -> None:
    found = correlation(field(5), field(5), PIXEL)
    assert (found.r, found.ranks) == pytest.approx((1.0, 1.0))
    assert found.low == pytest.approx(1.0, abs=1e-5)


def test_what_is_behind_places_that_are_not_known_does_not_matter() -> None:
    """Half of one picture is not known: as if both ended there."""
    first, second = shared(6)
    holed, short = second.copy(), SIDE // 2
    holed[short:] = np.nan
    found = correlation(first, holed, PIXEL)
    assert found.pixels == SIDE * short
    assert found.area == pytest.approx(SIDE * short * PIXEL**2)
    assert found.r == pytest.approx(
        np.corrcoef(first[:short].ravel(), second[:short].ravel())[0, 1]
    )
    same(found, correlation(first[:short], second[:short], PIXEL))
    changed = first.copy()
    changed[short:] = 1e6
    same(correlation(changed, holed, PIXEL), found)


@pytest.mark.parametrize("nothing", [np.nan, 0.0, 0.1, 1e9])
@pytest.mark.parametrize("side", [SIDE, 37, 31])
def test_a_flat_or_unknown_picture_correlates_with_nothing_on_either_side(
    nothing: float, side: int
) -> None:
    """Also where the mean of equal values is off by the rounding of numbers."""
    one, flat = field(7)[:side, :side], np.full((side, side), nothing)
    for found in (correlation(one, flat, PIXEL), correlation(flat, one, PIXEL)):
        assert math.isnan(found.r)
        assert math.isnan(found.low)
        assert found.pixels == (0 if math.isnan(nothing) else side**2)


def test_a_faint_picture_on_a_bright_ground_is_not_flat() -> None:
    first, second = shared(8)
    found = correlation(first, 1e6 + 1e-3 * second, PIXEL)
    assert found.r == pytest.approx(correlation(first, second, PIXEL).r, abs=1e-4)


def test_pictures_that_have_nothing_in_common_are_rarely_said_to_have() -> None:
    """Of 95 % intervals about one in twenty leaves out the truth, however coarse the grains."""
    for sigma in (0.0, 2.0):
        found = [correlation(field(k, sigma), field(500 + k, sigma), PIXEL) for k in range(40)]
        missed = sum(not one.low <= 0 <= one.high for one in found)
        assert missed <= 7


def test_coarser_grains_leave_fewer_independent_places() -> None:
    everywhere = np.ones((SIDE, SIDE), bool)
    counts = [
        independent_places(field(9, sigma), field(10, sigma), everywhere)
        for sigma in (0.0, 1.0, 2.0, 4.0)
    ]
    assert counts[0] == pytest.approx(SIDE**2, rel=0.1)
    assert counts == sorted(counts, reverse=True)
    # Alike by exp(-h^2 / 4 sigma^2), both pictures: the sum of the products is 2 pi sigma^2.
    assert counts[2] == pytest.approx(SIDE**2 / (2 * math.pi * 4), rel=0.3)


def test_without_another_drawing_the_transform_says_nothing_and_with_the_same_no_spread() -> None:
    first, second = shared(11)
    assert math.isnan(correlation(first, second, PIXEL).by_transform)
    assert correlation(first, second, PIXEL, lambda _: second).by_transform == 0.0


# Profiles.


def across(values: FloatArray, *ends: float, width: float = 1.0):  # type: ignore[no-untyped-def]
    """The profile from one place to another, in pixels."""
    return profile(values, PIXEL, Line(*(PIXEL * end for end in ends), width=width * PIXEL))


LINES = [(3.5, 4.5, 40.5, 4.5), (6.5, 40.5, 6.5, 2.5), (2.5, 3.5, 37.5, 41.5)]


@pytest.mark.parametrize("ends", LINES)
@pytest.mark.parametrize("width", [1.0, 5.0])
def test_a_profile_of_a_constant_picture_is_constant(ends: tuple[float, ...], width: float) -> None:
    found = across(np.full((SIDE, SIDE), 7.25), *ends, width=width)
    assert found.mean == pytest.approx(np.full(found.mean.size, 7.25))
    if width > 1:
        assert found.sd == pytest.approx(np.zeros(found.sd.size), abs=1e-12)
    else:
        assert np.isnan(found.sd).all()


@pytest.mark.parametrize("ends", LINES)
@pytest.mark.parametrize("width", [1.0, 2.0, 5.0])
def test_a_profile_of_a_slope_is_a_straight_line_whatever_the_band(
    ends: tuple[float, ...], width: float
) -> None:
    """Of v = 2 x - 3 y, in the middles of pixels."""
    rows, columns = np.indices((SIDE, SIDE)) + 0.5
    found = across(2.0 * columns - 3.0 * rows, *ends, width=width)
    x0, y0, x1, y1 = ends
    part = found.along / found.along[-1]
    expected = 2 * (x0 + part * (x1 - x0)) - 3 * (y0 + part * (y1 - y0))
    assert found.mean == pytest.approx(expected, abs=1e-9)
    assert found.along[-1] == pytest.approx(PIXEL * math.hypot(x1 - x0, y1 - y0))


def test_the_spread_across_a_band_is_that_of_the_slope_across_it() -> None:
    rows = np.indices((SIDE, SIDE))[0]
    found = across(rows, 5.5, 20.5, 30.5, 20.5, width=5.0)
    assert found.sd == pytest.approx(np.full(found.sd.size, np.std(range(5), ddof=1)))


@pytest.mark.parametrize("ends", LINES)
def test_a_profile_the_other_way_is_the_same_backwards(ends: tuple[float, ...]) -> None:
    there = across(field(12), *ends, width=3.0)
    back = across(field(12), *ends[2:], *ends[:2], width=3.0)
    assert back.mean == pytest.approx(there.mean[::-1], abs=1e-9)
    assert back.sd == pytest.approx(there.sd[::-1], abs=1e-9)
    assert back.area == there.area


def test_a_place_that_is_not_known_is_a_gap_there_and_nowhere_else() -> None:
    values = np.ones((SIDE, SIDE))
    values[10, 20] = np.nan
    gap = set(np.flatnonzero(np.isnan(across(values, 5.5, 10.5, 35.5, 10.5).mean)).tolist())
    assert {15} <= gap <= {14, 15, 16}
    assert np.isfinite(across(values, 5.5, 12.5, 35.5, 12.5).mean).all()


# Pictures on a grid.

GRID = Grid((SIDE, SIDE), PIXEL)
CORNERS = PIXEL * np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], float)


def onto(matrix: list[list[float]], shift: tuple[float, float], *, mirrored: bool) -> Similarity:
    stage = CORNERS @ np.array(matrix, float).T + PIXEL * np.array(shift)
    return similarity(CORNERS, stage, mirrored=mirrored)


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        (onto([[1, 0], [0, 1]], (0, 0), mirrored=False), lambda a: a),
        (onto([[-1, 0], [0, 1]], (SIDE, 0), mirrored=True), np.fliplr),
        (onto([[1, 0], [0, -1]], (0, SIDE), mirrored=True), np.flipud),
        (onto([[-1, 0], [0, -1]], (SIDE, SIDE), mirrored=False), lambda a: a[::-1, ::-1]),
        (onto([[0, 1], [1, 0]], (0, 0), mirrored=True), np.transpose),
        (onto([[0, 1], [-1, 0]], (0, SIDE), mirrored=False), np.rot90),
    ],
)
def test_quarter_turns_and_mirrors_move_pixels_and_change_none(fit, expected) -> None:  # type: ignore[no-untyped-def]
    values, known = layer(field(13), PIXEL, GRID, fit)
    assert known.all()
    assert values == pytest.approx(expected(field(13)), abs=1e-6)


@pytest.mark.parametrize(("right", "down"), [(5, 0), (0, 7), (-4, -9)])
def test_a_shifted_picture_leaves_what_it_does_not_show_unknown(right: int, down: int) -> None:
    values, known = layer(field(14), PIXEL, GRID, onto([[1, 0], [0, 1]], (right, down),
                                                       mirrored=False))  # fmt: skip
    assert known.sum() == (SIDE - abs(right)) * (SIDE - abs(down))
    assert (np.isfinite(values) == known).all()
    rows, columns = np.nonzero(known)
    assert values[known] == pytest.approx(field(14)[rows - down, columns - right], abs=1e-6)


def test_a_picture_far_away_shows_nothing() -> None:
    values, known = layer(field(15), PIXEL, GRID, onto([[1, 0], [0, 1]], (500, 0), mirrored=False))
    assert not known.any()
    assert np.isnan(values).all()


def test_unknown_places_do_not_spread_and_are_not_filled() -> None:
    holed = field(16)
    holed[10:14, 20:23] = np.nan
    values, known = layer(holed, PIXEL, GRID, None)
    assert (known == np.isfinite(holed)).all()
    assert values[known] == pytest.approx(holed[known])


@pytest.mark.parametrize("times", [2, 3, 4])
def test_averages_of_a_finer_picture_keep_its_brightness(times: int) -> None:
    fine = 5.0 + field(17, 4.0)
    grid = grid_of((SIDE, SIDE), [PIXEL, times * PIXEL])
    assert grid == Grid((SIDE // times, SIDE // times), times * PIXEL)
    values, known = layer(fine, PIXEL, grid, None)
    assert known.all()
    blocks = fine.reshape(SIDE // times, times, SIDE // times, times).mean(axis=(1, 3))
    assert values[1:-1, 1:-1] == pytest.approx(blocks[1:-1, 1:-1], abs=0.15)
    assert values.mean() == pytest.approx(fine.mean(), abs=0.05)


def test_a_finer_second_picture_makes_no_finer_grid() -> None:
    assert grid_of((30, 40), [PIXEL, PIXEL / 7]) == Grid((30, 40), PIXEL)
    assert grid_of((3, 2), [PIXEL, 100 * PIXEL]).shape == (1, 1)
    places = Grid((2, 3), 1.0).places()
    assert places.tolist() == [[0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [0.5, 1.5], [1.5, 1.5],
                               [2.5, 1.5]]  # fmt: skip
