"""What films say of plating and stripping: shares that were planted are found, place by place."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from seccm.arrays import FloatArray
from seccm.data import open_scan
from seccm.errors import PlanError
from seccm.imaging.irm.coulombic import Calibration, Cycle, Cycling, calibrated, cycling
from seccm.imaging.irm.places import PlaceStatus
from seccm.session.film_cycles import commanded, read_cycles

OLD = Path(__file__).parent / "old_files"
SIDE, RATE, NOISE = 44, 10.0, 0.0105 / 4
"""Places of 4 x 4 pixels; the noise of a pixel is 0.0105."""
HALF = SIDE // 2
INSIDE = np.hypot(*np.mgrid[-SIDE / 2 : SIDE / 2, -SIDE / 2 : SIDE / 2]) < 18


class Planted:
    """A film of cycles whose efficiency differs from place to place."""

    def __init__(self, seed: int, count: int = 5, fold: float = 0.0, sign: float = 1.0,
                 noise: float = NOISE, thick: float = 3.0) -> None:  # fmt: skip
        self.seed, rng = seed, np.random.default_rng(seed)
        amount = thick * np.clip(1 + self._field(rng, 1.3, 0.35), 0.1, None)
        dead = np.zeros((SIDE, SIDE))
        self.t = np.arange(0, 20 * count + 1, 1 / RATE)
        records = np.zeros((self.t.size, SIDE, SIDE))
        self.charge = np.zeros(self.t.size)
        self.cycles, self.truth = [], []
        for k in range(count):
            mean = 0.3 + 0.55 * (1 - math.exp(-(k + 1) / 3))
            share = np.clip(mean + self._field(rng, 1.5, 0.1), 0.02, 1)
            start, turn, end = 20.0 * k + 1, 20.0 * k + 9, 20.0 * k + 19
            # Plating and stripping last 6 s, then the sample rests.
            grown = np.clip((self.t - start) / 6, 0, 1) * (self.t >= start)
            lost = np.clip((self.t - turn) / 6, 0, 1) * (self.t >= turn)
            here = (self.t >= start) & (self.t < end + 2)
            metal = (dead + (grown[:, None, None] - lost[:, None, None] * share) * amount)[here]
            records[here] = sign * 0.04 * (metal - fold / 10 * metal**2)
            efficiency = float((amount * share)[INSIDE].sum() / amount[INSIDE].sum())
            self.charge += -grown + lost * efficiency
            dead = dead + amount * (1 - share)
            self.cycles.append(Cycle(start, turn, end, efficiency))
            self.truth.append(share)
        self.records = (records + noise * rng.standard_normal(records.shape)).astype(np.float32)

    @staticmethod
    def _field(rng: np.random.Generator, sigma: float, size: float) -> FloatArray:
        field = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)), sigma)
        return size * field / field.std()

    def found(self, **how: object):  # type: ignore[no-untyped-def]
        return cycling(self.t, self.records, INSIDE, NOISE, self.cycles, charge=self.charge, **how)


@pytest.fixture(scope="module", params=[0, 1, 2])
def planted(request: pytest.FixtureRequest) -> Planted:
    return Planted(request.param)


@pytest.fixture(scope="module")
def seen(planted: Planted) -> Cycling:
    return planted.found()


def test_the_share_of_every_place_is_found(planted: Planted, seen: Cycling) -> None:
    for one, truth in zip(seen.maps, planted.truth, strict=True):
        clear = one.status == PlaceStatus.OK
        assert clear[INSIDE].mean() > 0.9
        off = (one.efficiency - truth)[clear]
        assert np.median(np.abs(off)) * 1.4826 < 0.015
        assert np.median(off) == pytest.approx(0, abs=0.003)
        assert np.corrcoef(one.efficiency[clear], truth[clear])[0, 1] > 0.95
        assert one.place_error == pytest.approx(1.4826 * np.median(np.abs(off)), rel=0.35)


def test_the_mean_of_a_map_is_the_ratio_of_the_site(seen: Cycling) -> None:
    """Weighted by what was plated, that is an identity, whatever the noise."""
    for one in seen.maps:
        assert one.weighted == pytest.approx(one.ratio, abs=0.005)


def test_the_ratio_of_the_site_is_the_efficiency_by_charge(seen: Cycling) -> None:
    for one in seen.maps:
        assert one.ratio == pytest.approx(one.cycle.efficiency, abs=4 * one.ratio_error + 1e-4)
        assert not one.folded
    assert seen.calibration.b == pytest.approx(1.0, abs=0.02)
    assert seen.calibration.a == pytest.approx(0.0, abs=0.01)
    assert seen.calibration.r2 > 0.998
    assert seen.doubts == ()


@pytest.mark.parametrize("frames", [4, 10])
def test_noise_falls_with_the_frames_that_are_averaged(frames: int) -> None:
    one = Planted(3).found(frames=frames).maps[2]
    assert one.frames == frames
    expected = {4: 0.019, 10: 0.013}[frames]
    assert one.place_error < 1.15 * expected


def test_metal_that_makes_it_darker_has_the_same_shares() -> None:
    brighter, darker = (Planted(4, sign=s, noise=0.0).found() for s in (1.0, -1.0))
    for a, b in zip(brighter.maps, darker.maps, strict=True):
        assert a.ratio == pytest.approx(b.ratio, rel=1e-5)
        assert np.nanmax(np.abs(a.efficiency - b.efficiency)) < 1e-4


@pytest.mark.parametrize("true", [1, -1])
@pytest.mark.parametrize("seed", range(10, 13))
def test_a_wrong_sign_on_record_is_told_and_a_right_one_changes_nothing(
    seed: int, true: int
) -> None:
    film = Planted(seed, count=3, sign=true)
    plain, right, wrong = (film.found(sign=sign) for sign in (0, true, -true))
    assert plain.doubts == right.doubts == ()
    for a, b, c in zip(plain.maps, right.maps, wrong.maps, strict=True):
        np.testing.assert_array_equal(a.efficiency, b.efficiency)
        assert not a.against
        assert not b.against
        assert c.against
        # A ratio has no sign: it stays what it is, and is doubted; places are not drawn.
        assert c.ratio == a.ratio == pytest.approx(a.cycle.efficiency, abs=4 * a.ratio_error + 1e-4)
        assert (c.status[a.status == PlaceStatus.OK] == PlaceStatus.OTHER_SIGN).all()
        assert not np.isfinite(c.efficiency).any()
    (told,) = wrong.doubts
    assert "darker" in told.split("against")[0] if true < 0 else "brighter" in told
    assert "in cycles 1, 2, 3, against the sign that is recorded for this microscope" in told


def test_a_sign_on_record_does_not_contradict_what_is_only_noise() -> None:
    film = Planted(14, count=3)
    film.records[:] = NOISE * np.random.default_rng(0).standard_normal(film.records.shape)
    for sign in (1, -1):
        found = film.found(sign=sign)
        assert not any(one.against for one in found.maps)
        assert not any("recorded" in doubt for doubt in found.doubts)


def test_cycles_that_change_in_different_directions_are_told() -> None:
    film = Planted(15, count=3, noise=0.0)
    second = film.t > film.cycles[1].start - 0.05
    third = film.t > film.cycles[2].start - 0.05
    there = film.records[np.argmax(second)].copy()
    turned = second & ~third
    film.records[turned] = 2 * there - film.records[turned]
    assert any("some cycles brighter and others darker" in doubt for doubt in film.found().doubts)
    assert [one.against for one in film.found(sign=1).maps] == [False, True, False]


def test_stripping_that_goes_on_like_plating_is_told() -> None:
    """As it does where the cycles of another site are taken."""
    film = Planted(16, count=3, noise=0.0)
    late = [Cycle(c.start + 1, c.start + 3, c.start + 5, c.efficiency) for c in film.cycles]
    seen = cycling(film.t, film.records, INSIDE, NOISE, late, frames=4)
    assert any("belong to this film?" in doubt for doubt in seen.doubts)
    assert not any("belong to this film?" in doubt for doubt in film.found().doubts)


def test_contrast_that_turns_over_is_told(planted: Planted, seen: Cycling) -> None:
    turned = Planted(planted.seed, fold=0.6).found()
    assert any(one.folded for one in turned.maps)
    assert any("turns over" in doubt for doubt in turned.doubts)
    assert not any(one.folded for one in seen.maps)


def test_places_that_plate_nothing_have_no_share() -> None:
    film = Planted(5)
    film.records[:, :, :HALF] = NOISE * np.random.default_rng(0).standard_normal(
        film.records[:, :, :HALF].shape
    )
    one = film.found().maps[0]
    empty = INSIDE.copy()
    empty[:, HALF:] = False
    assert (one.status[empty] == PlaceStatus.UNCLEAR).mean() > 0.99
    assert np.isnan(one.efficiency[one.status != PlaceStatus.OK]).all()
    assert (one.status[~INSIDE] == PlaceStatus.OUTSIDE).all()


def test_places_that_change_the_other_way_are_marked() -> None:
    film = Planted(6, count=1)
    film.records[:, HALF - 5 : HALF + 5, HALF - 5 : HALF + 5] *= -1
    one = film.found().maps[0]
    assert (
        one.status[HALF - 4 : HALF + 4, HALF - 4 : HALF + 4] == PlaceStatus.OTHER_SIGN
    ).mean() > 0.9


def test_too_few_frames_at_rest_are_told() -> None:
    film = Planted(7, count=3)
    few = slice(None, None, 60)  # one frame in 6 s
    seen = cycling(film.t[few], film.records[few], INSIDE, NOISE, film.cycles)
    assert seen.maps == ()
    assert "frames at a point of rest, and 4 are needed" in seen.doubts[0]


def test_brightness_that_still_changes_at_a_vertex_is_told() -> None:
    """Without a rest, fewer frames are averaged, and what is still wrong is said."""
    film = Planted(9, count=3, noise=0.0)
    moving = [Cycle(c.start, c.start + 6, c.turn + 6, c.efficiency) for c in film.cycles]
    slow = slice(None, None, 4)  # 2.5 frames per second
    seen = cycling(film.t[slow], film.records[slow], INSIDE, NOISE, moving)
    assert all(one.frames == 4 for one in seen.maps)
    assert any("brightness still changes" in doubt for doubt in seen.doubts)
    assert not any("still changes" in doubt for doubt in film.found().doubts)


def test_two_cycles_are_not_enough_to_compare_with_the_charge() -> None:
    seen = Planted(8, count=2).found()
    assert math.isnan(seen.calibration.b)
    assert "3 are needed to compare" in seen.doubts[-1]


def test_calibrations_are_straight_lines_through_what_is_known() -> None:
    pairs = [(0.2, 0.3), (0.4, 0.5), (0.9, 1.0), (0.5, math.nan)]
    assert calibrated(pairs) == Calibration(
        pytest.approx(0.1), pytest.approx(1.0), pytest.approx(1.0), 3
    )
    assert math.isnan(calibrated([(0.5, 0.1), (0.5, 0.2), (0.5, 0.3)]).b)


# When plating and stripping were.


def test_the_cycles_of_a_voltammogram_are_those_that_were_commanded() -> None:
    with open_scan(OLD / "li-on-au-cv.h5") as scan:
        done = commanded(scan, 0)
        record = scan.record(0)
        stored = [row["charge"] for row in scan.steps if row["site"] == 0]
    assert done is not None
    assert done.cycles
    t, current = record.t - record.t_contact, record.I
    for cycle in done.cycles:
        here = (t > cycle.start) & (t <= cycle.end)
        assert cycle.start < cycle.turn < cycle.end
        lowest = t[here][np.argmin(record.E[here])]
        assert lowest <= cycle.turn
        row = np.diff(t)[here[1:]].mean()
        out, back = current[here & (record.I > 0)].sum(), -current[here & (record.I < 0)].sum()
        assert cycle.efficiency == pytest.approx(out / back, rel=0.02)
        passed = done.at(np.array([cycle.start, cycle.end]))
        assert np.diff(passed)[0] == pytest.approx((out - back) * row, rel=0.05, abs=1e-13)
    ends = done.at(np.array([done.cycles[0].start, t[-1]]))
    assert np.diff(ends)[0] == pytest.approx(sum(stored), rel=0.05, abs=1e-12)


def test_sites_without_cycles_have_none() -> None:
    with open_scan(OLD / "li-on-au-combinatorial.h5") as scan:
        done = commanded(scan, 1)
    assert done is not None
    assert done.cycles == ()
    assert done.charge[-1] < 0


def test_cycles_count_from_another_moment() -> None:
    with open_scan(OLD / "li-on-au-cv.h5") as scan:
        done = commanded(scan, 0)
    assert done is not None
    moved = done.later(0.4)
    assert moved.cycles[0].turn == pytest.approx(done.cycles[0].turn - 0.4)
    at = np.array([done.cycles[0].turn])
    assert moved.at(at - 0.4) == pytest.approx(done.at(at))


def test_cycles_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "cycles.csv"
    path.write_text("start (s),turn (s),end (s),CE\n1,5,9,0.4\n11,15,19,\n", encoding="utf-8")
    first, second = read_cycles(path)
    assert first == Cycle(1, 5, 9, 0.4)
    assert (second.start, second.turn, second.end) == (11, 15, 19)
    assert math.isnan(second.efficiency)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("start (s),turn (s)\n1,2\n", "no column 'end"),
        ("start (s),turn (s),end (s)\n1,0,3\n", "one after the other"),
        ("start (s),turn (s),end (s)\n1,x,3\n", "line 2"),
        ("start (s),turn (s),end (s)\n", "has none"),
    ],
)
def test_tables_that_are_no_cycles_are_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "cycles.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match=told):
        read_cycles(path)
    with pytest.raises(PlanError, match="does not exist"):
        read_cycles(tmp_path / "none.csv")
