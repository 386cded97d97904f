"""Stripped shares and onsets of small records by closed forms: every status of a place is met."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from seccm.arrays import FloatArray
from seccm.imaging.irm import onset
from seccm.imaging.irm.coulombic import (
    CYCLES,
    FEWEST,
    Cycle,
    CycleMap,
    Cycling,
    calibrated,
    cycling,
)  # fmt: skip
from seccm.imaging.irm.growth import Growth, growth
from seccm.imaging.irm.places import PlaceStatus

NOISE = 1e-3
T = np.arange(0.0, 40.0, 0.2)
CYCLE = Cycle(4.0, 20.0, 36.0)
"""Rests end at 4, 20 and 36 s."""


def steps(before: float, after: float, end: float) -> FloatArray:
    """Contrast of a place that rests before plating, after it and after stripping."""
    at = [0.0, 5.0, 12.0, 25.0, 30.0, 40.0]
    return np.interp(T, at, [before, before, after, after, end, end])


def seen(*places: tuple[float, float, float], outside: int = 1, noise: float = NOISE,
         cycles: Sequence[Cycle] = (CYCLE,), frames: int = 10) -> Cycling:  # fmt: skip
    """A row of places in the footprint, and some outside of it."""
    columns = [steps(*place) for place in places] + [0 * T] * outside
    records = np.array(columns).T[:, None, :]
    inside = np.arange(len(columns))[None] < len(places)
    return cycling(T, records, inside, noise, cycles, frames=frames)


def only(found: Cycling) -> CycleMap:
    (one,) = found.maps
    return one


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.9, 1.0, 1.2])
def test_the_share_is_what_came_back_over_what_was_plated(share: float, sign: int) -> None:
    """Of any contrast, whatever brightness it begins with; more than all came back is told, too."""
    places = [(b, b + sign * p, b + sign * p * (1 - share)) for b, p in ((0, 0.1), (0.5, 0.4))]
    one = only(seen(*places))
    assert one.efficiency[0, :2] == pytest.approx([share, share], abs=1e-12)
    assert (one.ratio, one.weighted) == pytest.approx((share, share), abs=1e-12)
    assert one.plated[0, :2] == pytest.approx([sign * 0.1, sign * 0.4])
    assert np.isnan(one.efficiency[0, 2])


def test_the_ratio_of_the_footprint_weighs_places_by_what_they_plated() -> None:
    one = only(seen((0, 0.3, 0.0), (0, 0.1, 0.1)))
    assert one.efficiency[0, :2] == pytest.approx([1.0, 0.0], abs=1e-12)
    assert one.ratio == pytest.approx(0.75)
    assert one.weighted == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("plated", "status"),
    [
        (0.2, PlaceStatus.OK),
        (0.0, PlaceStatus.UNCLEAR),
        (1.0 * NOISE, PlaceStatus.UNCLEAR),
        (-1.0 * NOISE, PlaceStatus.UNCLEAR),
        (-0.2, PlaceStatus.OTHER_SIGN),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_every_place_has_the_status_that_its_change_deserves(
    plated: float, status: PlaceStatus, sign: int
) -> None:
    one = only(seen((0, sign * plated, 0), (0, sign * 0.5, 0), (0, sign * 0.5, 0)))
    assert one.status[0].tolist() == [status, PlaceStatus.OK, PlaceStatus.OK, PlaceStatus.OUTSIDE]
    assert math.isfinite(one.efficiency[0, 0]) is (status is PlaceStatus.OK)


@pytest.mark.parametrize(("factor", "clear"), [(4.9, False), (5.1, True)])
def test_a_place_is_clear_from_five_standard_deviations_of_its_change_on(
    factor: float, clear: bool
) -> None:
    """Of the difference of two means of ten frames."""
    least = factor * NOISE * math.sqrt(2 / 10)
    one = only(seen((0, least, 0), (0, 0.5, 0)))
    assert one.status[0, 0] == (PlaceStatus.OK if clear else PlaceStatus.UNCLEAR)


def test_a_footprint_that_plates_nothing_has_no_ratio() -> None:
    one = only(seen((0, 0, 0), (0.3, 0.3, 0.3)))
    assert math.isnan(one.ratio)
    assert math.isnan(one.ratio_error)
    assert math.isnan(one.weighted)
    assert (one.status[0, :2] == PlaceStatus.UNCLEAR).all()


def test_errors_fall_with_the_frames_and_grow_with_the_noise() -> None:
    errors = [
        [getattr(only(seen((0, 0.3, 0.1), noise=n, frames=f)), name) for n, f in cases]
        for name in ("ratio_error", "place_error")
        for cases in [((1e-3, 4), (2e-3, 4), (1e-3, 10))]
    ]
    for usual, noisier, longer in errors:
        assert noisier == pytest.approx(2 * usual)
        assert longer == pytest.approx(usual * math.sqrt(4 / 10))
    # Of ratio 2/3: sqrt((1/3)^2 + 1 + (2/3)^2) of the noise of a mean, over what was plated.
    expected = 1e-3 / 2 * math.sqrt(1 / 9 + 1 + 4 / 9) / 0.3
    assert errors[0][0] == pytest.approx(expected)


def test_a_cycle_beyond_the_film_is_left_out_and_that_is_said() -> None:
    found = seen((0, 0.3, 0.1), cycles=(CYCLE, Cycle(60, 70, 80)))
    assert [one.number for one in found.maps] == [1]
    assert f"Cycle 2 has 0 frames at a point of rest, and {FEWEST} are needed" in found.doubts[0]
    assert "stay longer at the vertices" in found.doubts[0]


def test_without_cycles_there_is_nothing_to_say() -> None:
    found = seen((0, 0.3, 0.1), cycles=())
    assert (found.maps, found.doubts) == ((), ())
    assert found.calibration.cycles == 0


@pytest.mark.parametrize("a", [-0.2, 0.0, 0.1])
@pytest.mark.parametrize("b", [0.5, 1.0])
def test_a_straight_line_of_efficiencies_is_found_whatever_their_order(a: float, b: float) -> None:
    ratios = [0.9, 0.3, 0.7, 0.5]
    found = calibrated([(r, a + b * r) for r in ratios])
    assert (found.a, found.b, found.r2) == pytest.approx((a, b, 1.0), abs=1e-9)
    assert found.cycles == 4
    other = calibrated([(r, a + b * r) for r in sorted(ratios)])
    assert (other.a, other.b) == pytest.approx((found.a, found.b), abs=1e-9)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(0.3, 0.4), (0.5, 0.6)],
        [(0.5, 0.4), (0.5, 0.5), (0.5, 0.6)],
        [(0.3, 0.4), (0.5, 0.6), (0.7, math.nan), (math.nan, 0.8)],
        [(0.3, 0.4), (0.5, 0.6), (math.inf, 0.8)],
    ],
)
def test_what_determines_no_line_has_none(pairs: list[tuple[float, float]]) -> None:
    found = calibrated(pairs)
    assert all(map(math.isnan, (found.a, found.b, found.r2)))
    assert found.cycles == sum(all(map(math.isfinite, pair)) for pair in pairs)
    assert found.cycles < CYCLES or len({ratio for ratio, _ in pairs}) == 1


# Onsets.

TIMES = np.arange(0.0, 30.0, 0.25)


def bent(at: float, slope: float = 0.0, bend: float = 0.02, offset: float = 0.0) -> FloatArray:
    return np.asarray(offset + slope * TIMES + bend * np.clip(TIMES - at, 0, None))


@pytest.mark.parametrize("at", [5.0, 11.1, 15.0, 24.0])
@pytest.mark.parametrize("slope", [-0.05, 0.0, 0.3])
def test_a_bend_without_noise_is_found_within_a_quarter_of_a_frame(at: float, slope: float) -> None:
    found = onset.onsets(TIMES, bent(at, slope, offset=3.0)[:, None])
    assert found.t[0] == pytest.approx(at, abs=0.06)
    assert found.bend[0] == pytest.approx(0.02, rel=0.02)
    assert found.valid(1)[0]
    assert not found.valid(-1)[0]


def test_records_side_by_side_do_not_know_of_one_another() -> None:
    rng = np.random.default_rng(1)
    records = np.column_stack([bent(at) for at in (6, 12, 18)]) + rng.normal(0, 0.01, (120, 3))
    together = onset.onsets(TIMES, records)
    for k in range(3):
        alone = onset.onsets(TIMES, records[:, [k]])
        assert alone.t[0] == pytest.approx(together.t[k], abs=1e-9)
        assert alone.significance[0] == pytest.approx(together.significance[k], rel=1e-6)


def test_the_error_of_an_onset_is_that_of_many_drawings() -> None:
    rng = np.random.default_rng(2)
    records = bent(15.0)[:, None] + rng.normal(0, 0.01, (120, 400))
    found = onset.onsets(TIMES, records)
    said = [onset.uncertainty(TIMES, records[:, k], float(found.t[k])) for k in range(20)]
    assert np.median(said) == pytest.approx(np.std(found.t), rel=0.25)
    assert found.t.mean() == pytest.approx(15.0, abs=4 * np.std(found.t) / 20)


def test_fewer_than_thirty_frames_are_refused_with_their_number() -> None:
    with pytest.raises(ValueError, match="29 frames, and 30 are needed"):
        onset.onsets(TIMES[:29], np.zeros((29, 1)))
    assert onset.onsets(TIMES[:30], np.zeros((30, 1))).significance.tolist() == [0.0]


def grown(*places: FloatArray, sign: int = 0) -> Growth:
    """Growth of a row of places, with eight dry ones beside them."""
    rng = np.random.default_rng(3)
    columns = np.array([*places, *np.zeros((8, TIMES.size))]).T
    columns = columns + rng.normal(0, 2e-3, columns.shape)
    inside = np.arange(columns.shape[1])[None] < len(places)
    mean = columns[:, : len(places)].mean(axis=1)
    return growth(TIMES, mean, columns[:, None, :], inside, ~inside, sign)


@pytest.mark.parametrize("sign", [1, -1])
def test_places_say_what_became_of_their_onset(sign: int) -> None:
    """Three grow, one does nothing, one has grown all the time."""
    found = grown(*(sign * bent(at) for at in (8.0, 10.0, 12.0)), 0 * TIMES, sign * 0.01 * TIMES)
    assert found.sign == sign
    assert found.onset[0, :3] == pytest.approx([8.0, 10.0, 12.0], abs=0.8)
    words = [PlaceStatus(code) for code in found.status[0]]
    assert words[:3] == [PlaceStatus.OK] * 3
    assert words[3:5] == [PlaceStatus.UNCLEAR] * 2
    assert set(words[5:]) == {PlaceStatus.OUTSIDE}
    assert found.known == 3
    assert (np.isfinite(found.onset) == (found.status == PlaceStatus.OK)).all()


def test_a_footprint_where_nothing_happens_has_no_sign_and_no_onset() -> None:
    found = grown(0 * TIMES, 0 * TIMES)
    assert (found.sign, found.known) == (0, 0)
    assert math.isnan(found.t_onset)
    assert "whether growth makes it brighter is not known" in found.doubts[0]


def test_growth_against_what_is_said_of_the_microscope_is_told() -> None:
    found = grown(*(bent(at) for at in (8.0, 10.0)), sign=-1)
    assert "the sign that is recorded for this microscope" in found.doubts[0]
    assert PlaceStatus.OK not in found.status


def s_shaped(middle: float) -> FloatArray:
    return np.asarray(0.3 / (1 + np.exp(-(TIMES - middle) / 2)))


@pytest.mark.parametrize("middle", [10.0, 15.0, 19.0])
def test_the_fastest_change_is_where_it_was_planted(middle: float) -> None:
    assert grown(s_shaped(middle), s_shaped(middle)).t_steepest == pytest.approx(middle, abs=1.0)


def test_growth_that_goes_on_as_fast_has_no_fastest_change_whatever_the_noise() -> None:
    """The largest of many slopes that differ by noise alone is no maximum."""
    rng = np.random.default_rng(5)
    inside = np.array([[True, False]])
    for _ in range(25):
        mean = bent(8.0) + rng.normal(0, 2e-3, TIMES.size)
        records = np.column_stack([mean, rng.normal(0, 2e-3, TIMES.size)])[:, None, :]
        found = growth(TIMES, mean, records, inside, ~inside)
        assert math.isnan(found.t_steepest)
        assert any("no maximum" in doubt for doubt in found.doubts)


def test_contrast_that_turns_over_makes_the_whole_map_meaningless() -> None:
    turning = bent(5.0) - 2 * np.clip(bent(18.0), 0, None)
    found = grown(turning, bent(6.0) - 2 * bent(17.0), sign=1)
    assert set(found.status[0, :2].tolist()) == {PlaceStatus.MEANINGLESS}
    assert "Contrast turns over" in " ".join(found.doubts)
    assert found.known == 0


def test_every_status_says_itself_in_words_of_its_own() -> None:
    assert PlaceStatus.OK.words == "ok"
    assert len({status.words for status in PlaceStatus}) == len(PlaceStatus) == 6
    assert not any(";" in status.words for status in PlaceStatus)  # files separate them so
