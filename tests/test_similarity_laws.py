"""How a picture lies on the stage does not depend on how it was drawn, numbered or measured."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.arrays import FloatArray
from seccm.imaging.stage.agreeing import Agreed, Undetermined, agreed
from seccm.imaging.stage.similarity import Similarity, similarity

UM = 1e-6
ERROR = 0.1 * UM
CORNERS = UM * np.array([[0, 0], [40, 0], [40, 30], [0, 30], [11, 23]], float)
WRONG = UM * np.array([[9, 5], [-7, 4], [3, -8], [12, 6], [-5, -11]], float)


def turned(angle: float, scale: float = 1.0, *, mirrored: bool = False) -> FloatArray:
    hand = np.diag([1.0, -1.0 if mirrored else 1.0])
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(scale * np.array([[cos, -sin], [sin, cos]]) @ hand)


def scattered(seed: int, count: int = 8, noise: float = ERROR) -> tuple[FloatArray, FloatArray]:
    """Landmarks in a picture that is not mirrored, and where somebody found them on the stage."""
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0, 40 * UM, (count, 2))
    stage = picture @ turned(0.3).T + 5 * UM + noise * rng.standard_normal((count, 2))
    return picture, stage


def why_not(picture: FloatArray, stage: FloatArray, **how: object) -> Undetermined:
    with pytest.raises(Undetermined) as refused:
        agreed(picture, stage, **{"mirrored": False, "error": ERROR, **how})  # type: ignore[arg-type]
    return refused.value


angles, places = st.floats(-3.1, 3.1), st.floats(-500, 500)


@settings(max_examples=30)
@given(angles, st.floats(0.2, 5.0), places, places, st.booleans())
def test_what_was_planted_is_found(
    angle: float, scale: float, x: float, y: float, mirrored: bool
) -> None:
    matrix, shift = turned(angle, scale, mirrored=mirrored), UM * np.array([x, y])
    fit = similarity(CORNERS, CORNERS @ matrix.T + shift, mirrored=mirrored)
    assert fit.matrix == pytest.approx(matrix, abs=1e-9)
    assert fit.shift == pytest.approx(shift, abs=1e-15)
    assert fit.scale == pytest.approx(scale, rel=1e-9)
    assert math.cos(fit.turned - angle) == pytest.approx(1.0, abs=1e-9)
    assert fit.rms < 1e-14
    assert (np.linalg.det(fit.matrix) < 0) == mirrored


@settings(max_examples=30)
@given(st.integers(0, 999), angles, st.floats(0.5, 2.0), places, places)
def test_another_frame_of_the_picture_changes_no_place(
    seed: int, angle: float, scale: float, x: float, y: float
) -> None:
    """Somebody turned, scaled and shifted the picture before the landmarks were clicked."""
    picture, stage = scattered(seed)

    def drawn(at: FloatArray) -> FloatArray:
        return np.asarray(at @ turned(angle, scale).T + UM * np.array([x, y]))

    usual = similarity(picture, stage, mirrored=False)
    other = similarity(drawn(picture), stage, mirrored=False)
    assert other(drawn(CORNERS)) == pytest.approx(usual(CORNERS), abs=1e-13)
    assert other.error(drawn(CORNERS)) == pytest.approx(usual.error(CORNERS), rel=1e-6)
    assert other.scale * scale == pytest.approx(usual.scale, rel=1e-9)
    assert other.rms == pytest.approx(usual.rms, rel=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 999), angles, places, places)
def test_another_frame_of_the_stage_moves_all_places_with_it(
    seed: int, angle: float, x: float, y: float
) -> None:
    picture, stage = scattered(seed)

    def moved(at: FloatArray) -> FloatArray:
        return np.asarray(at @ turned(angle).T + UM * np.array([x, y]))

    usual = similarity(picture, stage, mirrored=False)
    other = similarity(picture, moved(stage), mirrored=False)
    assert other(CORNERS) == pytest.approx(moved(usual(CORNERS)), abs=1e-13)
    assert other.error(CORNERS) == pytest.approx(usual.error(CORNERS), rel=1e-6)


def test_a_stage_that_is_mirrored_needs_the_other_handedness_and_is_as_good() -> None:
    picture, stage = scattered(4)
    plain = similarity(picture, stage, mirrored=False)
    other = similarity(picture, stage * [-1, 1], mirrored=True)
    assert other(CORNERS) == pytest.approx(plain(CORNERS) * [-1, 1], abs=1e-15)
    assert other.rms == pytest.approx(plain.rms, rel=1e-9)


@pytest.mark.parametrize("mirrored", [False, True])
def test_there_and_back_is_where_one_was(mirrored: bool) -> None:
    fit = similarity(CORNERS, CORNERS @ turned(1.0, 0.7, mirrored=mirrored).T, mirrored=mirrored)
    far = UM * np.array([[1000, -2000], [0.5, 0.25]])
    assert fit.back(fit(far)) == pytest.approx(far, rel=1e-9)
    assert fit(fit.back(far)) == pytest.approx(far, rel=1e-9)
    assert fit(far) == pytest.approx(far @ fit.matrix.T + fit.shift, rel=1e-9)


def test_the_middle_of_the_landmarks_is_known_best_and_never_moves() -> None:
    picture, stage = scattered(7, count=9)
    fit = similarity(picture, stage, mirrored=False)
    assert fit(fit.middle[None])[0] == pytest.approx(stage.mean(axis=0), rel=1e-12)
    assert fit.residuals.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-17)
    assert fit.error(fit.middle[None])[0] == pytest.approx(fit.s / 3)
    assert (fit.error(CORNERS) > fit.s / 3).all()


@pytest.mark.parametrize("away", [10.0, 40.0, 300.0])
def test_the_error_grows_with_the_distance_from_the_middle_and_in_no_direction(
    away: float,
) -> None:
    """Four landmarks on a circle of radius R: u^2 = s^2 (1 + (d / R)^2) / 4."""
    circle = 20 * UM * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], float)
    fit = similarity(circle, circle, mirrored=False, declared=ERROR)
    angle = np.linspace(0, 6, 7)
    at = away * UM * np.column_stack([np.cos(angle), np.sin(angle)])
    expected = ERROR / 2 * math.hypot(1, away / 20)
    assert fit.error(at) == pytest.approx(np.full(7, expected), rel=1e-9)


def test_the_covariance_leads_to_the_same_error_as_the_closed_form() -> None:
    """u = a x - b y + c: at x = d the variance is that of c and d^2 that of a."""
    picture, stage = scattered(11)
    fit = similarity(picture, stage, mirrored=False)
    of_a, of_b, of_x, of_y = np.diag(fit.covariance)
    at = fit.middle + UM * np.array([[30.0, 0.0], [0.0, 30.0]])
    expected = math.sqrt(of_x + (30 * UM) ** 2 * of_a)
    assert fit.error(at) == pytest.approx(np.full(2, expected), rel=1e-12)
    assert (of_a, of_x) == (of_b, of_y)


def test_twice_the_landmarks_at_the_same_places_halve_the_variance() -> None:
    one = similarity(CORNERS, CORNERS, mirrored=False, declared=ERROR)
    two = similarity(np.tile(CORNERS, (2, 1)), np.tile(CORNERS, (2, 1)), mirrored=False,
                     declared=ERROR)  # fmt: skip
    assert two.covariance == pytest.approx(one.covariance / 2, rel=1e-9)


def test_landmarks_on_one_place_have_no_transform() -> None:
    with pytest.raises(ValueError, match="on one place"):
        similarity(np.ones((4, 2)), CORNERS[:4], mirrored=False)


def same(first: Similarity, second: Similarity) -> None:
    assert first.matrix == pytest.approx(second.matrix, abs=1e-12)
    assert first.shift == pytest.approx(second.shift, abs=1e-16)
    assert first.s == pytest.approx(second.s, rel=1e-9)


def numbered(order: list[int]) -> Agreed:
    picture, stage = CORNERS, CORNERS @ turned(0.4).T
    stage = stage + 0.3 * ERROR * np.random.default_rng(2).standard_normal((5, 2))
    stage[3] += 8 * UM
    return agreed(picture[order], stage[order], mirrored=False, error=ERROR)


def test_the_order_of_the_landmarks_changes_nothing() -> None:
    usual = numbered([0, 1, 2, 3, 4])
    assert usual.used.tolist() == [True, True, True, False, True]
    for order in list(permutations(range(5)))[::7]:
        found = numbered(list(order))
        assert found.used.tolist() == [k != 3 for k in order]
        assert found.missed == pytest.approx(usual.missed[list(order)], abs=1e-15)
        same(found.fit, usual.fit)


@pytest.mark.parametrize("k", range(5))
def test_whichever_landmark_is_wrong_is_named_and_left_out(k: int) -> None:
    stage = CORNERS @ turned(2.0).T
    stage[k] += WRONG[k]
    found = agreed(CORNERS, stage, mirrored=False, error=ERROR)
    assert np.flatnonzero(~found.used).tolist() == [k]
    assert found.missed[k] == pytest.approx(float(np.hypot(*WRONG[k])), rel=1e-6)
    assert found.fit.matrix == pytest.approx(turned(2.0), abs=1e-12)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 1.5, -2.5])
def test_a_set_of_the_other_handedness_is_refused_with_what_to_do(
    angle: float, mirrored: bool
) -> None:
    refused = why_not(CORNERS, CORNERS @ turned(angle, mirrored=not mirrored).T, mirrored=mirrored)
    assert f"fit {'as it is' if mirrored else 'mirrored'} far better" in refused.what
    assert "which landmark is which" in refused.remedy


@pytest.mark.parametrize(
    ("picture", "stage", "told"),
    [
        (CORNERS, CORNERS[:4], "5 landmarks in one and 4 in the other"),
        (CORNERS[:0], CORNERS[:0], "there are 0 landmarks, and 3 are needed"),
        (CORNERS[:2], CORNERS[:2], "there are 2 landmarks, and 3 are needed"),
        (CORNERS * [1, np.nan], CORNERS, "a landmark has no place"),
        (CORNERS, CORNERS + np.array([np.inf, 0]), "a landmark has no place"),
        (CORNERS * 0, CORNERS, "on a line or on one place"),
        (CORNERS * [1, 0], CORNERS, "on a line or on one place"),
        (CORNERS, CORNERS * [0, 1], "only 2 of 5 landmarks agree"),
        (CORNERS[[0, 0, 1, 1]], CORNERS[[0, 0, 1, 1]], "on a line or on one place"),
        (CORNERS, WRONG, "landmarks agree with one another within 0.4 um"),
    ],
)
def test_landmarks_that_determine_nothing_are_refused(
    picture: FloatArray, stage: FloatArray, told: str
) -> None:
    assert told in why_not(picture, stage).what


@pytest.mark.parametrize("factor", [1e-3, 0.5, 2.0, 1e6])
def test_a_wrong_unit_is_told_by_the_scale(factor: float) -> None:
    refused = why_not(CORNERS, CORNERS * factor, scale=(0.9, 1.1))
    assert f"scale the picture by {factor:.4g}" in refused.what
    assert "0.9 to 1.1" in refused.what
    assert "length of a pixel" in refused.remedy
