"""Quality gates: used ground, early contacts, drift, charging at the start of a sweep, hum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.charging import charging_rows
from seccm.analysis.heights import CONTACT, heights_of, sources
from seccm.analysis.quality import Quality
from seccm.analysis.scan_quality import (
    contact_topography,
    judged_together,
    on_used_ground,
    places,
)
from seccm.analysis.signal_means import mean_of
from seccm.analysis.site_quality import mains_hum, ripple
from seccm.results import Status
from seccm.rig import Flag

few = settings(max_examples=20)
UM = 1e-6


class Sites(dict[str, np.ndarray]):
    """A table of sites, each as long as the others."""

    def __len__(self) -> int:
        return len(self["x"])


def sites(x: np.ndarray, y: np.ndarray, z: np.ndarray | None = None, **others: np.ndarray) -> Sites:
    count = len(x)
    usual = {
        "x": x, "y": y, "x_cmd": x, "y_cmd": y, "landed": np.ones(count),
        "t_contact": 20.0 * np.arange(count), "t_end": 20.0 * np.arange(count) + 15.0,
        "z_contact": np.zeros(count) if z is None else z,
    }  # fmt: skip
    return Sites({**usual, **others})


# ------------------------------------------------------------------ ground that was used

PLACES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=12)


@few
@given(PLACES, st.integers(1, 6), st.randoms(use_true_random=False))
def test_of_two_landings_on_one_ground_the_later_one_is_told(listed, diameter, rng):
    x, y = UM * np.array(listed, float).T
    order = list(range(len(x)))
    rng.shuffle(order)
    found = on_used_ground(sites(x, y, t_contact=np.array(order, float)), diameter * UM)
    for k in range(len(x)):
        earlier = [j for j in range(len(x)) if order[j] < order[k]]
        near = [j for j in earlier if math.hypot(x[j] - x[k], y[j] - y[k]) < 0.985 * diameter * UM]
        far = all(math.hypot(x[j] - x[k], y[j] - y[k]) > 0.995 * diameter * UM for j in earlier)
        assert bool(found[k]) or not near
        assert not (found[k] and far)


def test_a_place_that_was_never_touched_uses_no_ground():
    same = np.zeros(3)
    assert on_used_ground(sites(same, same), UM).tolist() == [False, True, True]
    untouched = sites(same, same, landed=np.array([0, 1, 1]))
    assert on_used_ground(untouched, UM).tolist() == [False, False, True]
    unknown = sites(same, same, t_contact=np.array([math.nan, 1.0, 2.0]))
    assert on_used_ground(unknown, UM).tolist() == [False, False, True]


@pytest.mark.parametrize("diameter", [0.0, -1.0, math.nan])
def test_footprints_whose_size_is_not_known_do_not_overlap(diameter: float):
    same = np.zeros(3)
    assert not on_used_ground(sites(same, same), diameter).any()


def test_where_the_tip_was_measured_comes_before_where_it_was_sent():
    x = np.array([1.0, math.nan]) * UM
    told = sites(x, np.zeros(2), x_cmd=np.array([5.0, 6.0]) * UM)
    assert places(told)[0].tolist() == [1.0 * UM, 6.0 * UM]


# ------------------------------------------------------------------ all sites together


def grid(tilt: float = 1e-3, drift: float = 0.0, count: int = 36, seed: int = 1) -> Sites:
    rng = np.random.default_rng(seed)
    order = rng.permutation(count)
    x, y = 5 * UM * (order % 6), 5 * UM * (order // 6)
    t = 20.0 * np.arange(count)
    z = 50 * UM + tilt * x - 0.5 * tilt * y + drift * t + 5e-9 * rng.standard_normal(count)
    return sites(x, y, z)


@pytest.mark.parametrize("drift", [0.0, 1e-9, -2e-9])
def test_the_planted_tilt_and_drift_are_found_and_nothing_is_wrong(drift: float):
    table = grid(drift=drift)
    found = contact_topography(table)
    assert found is not None
    assert found.drift.value == pytest.approx(drift, abs=max(4 * found.drift.error, 1e-11))
    assert not judged_together(table, dict.fromkeys(range(36), 1e-6)).any()


@pytest.mark.parametrize("wrong", [0, 17, 35])
def test_a_contact_far_above_the_plane_came_too_early(wrong: int):
    table = grid()
    table["z_contact"] = table["z_contact"].copy()
    table["z_contact"][wrong] += 3 * UM
    flags = judged_together(table, {})
    assert np.flatnonzero(flags & int(Quality.EARLY_CONTACT)).tolist() == [wrong]


@pytest.mark.parametrize("drift", [20e-9, -20e-9])
def test_a_gap_that_changes_by_more_than_allowed_is_told_of_the_sites_that_last(drift: float):
    """15 s at 20 nm/s are 300 nm."""
    table = grid(drift=drift)
    allowed = {0: 1e-6, 1: 1e-7, 2: 1e-6}
    flags = judged_together(table, allowed)
    assert np.flatnonzero(flags & int(Quality.DRIFT)).tolist() == [1]


def test_a_handful_of_landings_has_no_plane():
    table = grid(count=36)
    few_landed = Sites({**table, "landed": (np.arange(36) < 7).astype(float)})
    assert contact_topography(few_landed) is None
    assert not judged_together(few_landed, {0: 0.0}).any()


# ------------------------------------------------------------------ heights


def test_heights_are_those_at_contact_where_nothing_tells_more():
    table = grid()
    found = heights_of({CONTACT: table["z_contact"]}, table["x"], table["y"], table["t_contact"])
    assert found.source is None
    assert found.plane is not None
    assert found.z.tolist() == table["z_contact"].tolist()
    assert np.isnan(found.lines).all(), "no grid is known"


def test_a_surface_that_was_measured_comes_before_contacts_and_without_its_doubtful_numbers():
    table, best = grid(), sources()[0]
    status = np.zeros(36, np.uint8)
    status[4] = int(Status.GAP)
    columns = {
        CONTACT: table["z_contact"], best.name: 2 * table["z_contact"],
        f"{best.name}_status": status,
    }  # fmt: skip
    found = heights_of(columns, table["x"], table["y"])
    assert found.source is best
    assert math.isnan(found.z[4])
    assert np.isfinite(found.z).sum() == 35
    nothing = {**columns, f"{best.name}_status": np.full(36, int(Status.GAP), np.uint8)}
    assert heights_of(nothing, table["x"], table["y"]).source is None


def test_of_no_heights_there_is_no_plane():
    table = grid()
    found = heights_of({}, table["x"], table["y"])
    assert found.plane is None
    assert np.isnan(found.z).all()


# ------------------------------------------------------------------ charging


@pytest.mark.parametrize("height", [1.0, -3.0])
@pytest.mark.parametrize("tau", [2.0, 6.0])
def test_a_transient_that_decays_is_left_out_until_it_is_in_the_noise(height: float, tau: float):
    rows = np.arange(400)
    noise = 1e-3 * np.random.default_rng(1).standard_normal(400)
    sweep = 0.002 * rows + height * np.exp(-rows / tau) + noise
    found = charging_rows(sweep)
    assert abs(height) * math.exp(-found / tau) < 20e-3
    assert tau <= found <= 50
    assert charging_rows(1e-9 * sweep) == found
    assert charging_rows(-sweep) == found
    assert charging_rows(sweep + 5.0) == found


def test_a_sweep_that_starts_on_its_course_loses_nothing():
    rng = np.random.default_rng(2)
    assert charging_rows(0.01 * np.arange(400) + 1e-3 * rng.standard_normal(400)) == 0
    assert charging_rows(np.zeros(400)) == 0


@pytest.mark.parametrize("rows", [0, 1, 8, 47])
def test_a_sweep_of_a_few_rows_is_not_judged(rows: int):
    assert charging_rows(np.exp(-np.arange(float(rows)))) == 0


def test_at_most_an_eighth_of_a_sweep_is_charging():
    assert charging_rows(np.exp(-np.arange(400.0) / 200.0) * 100.0) <= 50


# ------------------------------------------------------------------ hum and means

ROW = 2.57e-3
T = ROW * np.arange(600)


@pytest.mark.parametrize("mains", [50.0, 60.0])
@pytest.mark.parametrize("amplitude", [1e-3, 2.0])
def test_the_mains_are_told_by_their_frequency_and_amplitude(mains: float, amplitude: float):
    found, value = mains_hum(amplitude * np.sin(2 * np.pi * mains * T + 0.4), ROW)
    assert found == mains
    assert value.value == pytest.approx(amplitude, rel=0.05)


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_on_a_sweep_is_found_although_the_sweep_bends(mains: float):
    course = 5.0 * T**2 - 3.0 * T
    found, value = ripple(course + 0.01 * np.sin(2 * np.pi * mains * T), ROW)
    assert found == mains
    assert value.value == pytest.approx(0.01, rel=0.15)
    assert ripple(course, ROW)[1].value < 1e-3


@pytest.mark.parametrize(("rows", "row"), [(3, ROW), (600, 0.0), (600, 1.0), (0, ROW)])
def test_what_is_too_short_or_coarse_says_nothing_of_hum(rows: int, row: float):
    assert ripple(T[:rows], row)[1].status is Status.TOO_SHORT


@few
@given(level=st.floats(-1e3, 1e3), spread=st.floats(1e-3, 10.0), gaps=st.integers(0, 40))
def test_a_mean_of_a_signal_is_within_its_error_and_tells_its_gaps(level, spread, gaps):
    values = level + spread * np.random.default_rng(3).standard_normal(400)
    values[:gaps] = math.nan
    found = mean_of(values, np.zeros(400, np.uint8))
    assert abs(found.value - level) < 5 * found.error
    assert found.status is (Status.GAP if gaps else Status.OK)
    marked = np.zeros(400, np.uint8)
    marked[-1] = int(Flag.GAP)
    assert mean_of(values, marked).status is Status.GAP


@pytest.mark.parametrize("values", [[], [1.0], [math.nan] * 5, [math.nan, 2.0]])
def test_one_row_has_no_mean(values: list[float]):
    found = mean_of(np.array(values), np.zeros(len(values), np.uint8))
    assert found.status is Status.TOO_SHORT
