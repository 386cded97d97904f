"""Spikes of single particles are found, measured and counted as they were planted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from planted_impacts import matched, planted, spikes, train

from seccm.analysis.impact_search import threshold
from seccm.analysis.impacts import Material, find_impacts, interval
from seccm.results import Status, Value

ROW = 2e-4
WIDEST = 20e-3
LMO = Material(molar_mass=0.1808, density=4300.0)


def starts(found):
    return np.array([impact.start.value for impact in found.events])


def charges(found):
    return np.array([impact.charge.value for impact in found.events])


@pytest.mark.parametrize(("over", "share"), [(20.0, 0.99), (6.0, 0.9)])
def test_spikes_are_found_and_nothing_else(over, share):
    """Two per thousand pairs of a Poisson train are closer than 2 ms and are one spike."""
    true = seen = both = 0
    ratios = []
    for seed in range(1, 5):
        truth = planted(seed, seconds=80.0, row=ROW, over=over)
        found = find_impacts(truth.current, ROW, WIDEST)
        here, there = matched(starts(found), truth.starts, 2e-3)
        true, seen, both = true + truth.starts.size, seen + len(found.events), both + here.size
        ratios.append(charges(found)[here] / truth.charges[there])
    assert both >= share * true
    assert both >= share * seen
    assert abs(np.concatenate(ratios).mean() - 1.0) < 0.02


def test_charges_and_tails_have_the_uncertainties_that_are_stated():
    truth = planted(3, seconds=200.0, row=ROW, over=10.0, rate=0.5)
    found = find_impacts(truth.current, ROW, WIDEST)
    here, there = matched(starts(found), truth.starts, 2e-3)
    alone = np.array([not found.events[k].spike.overlaps for k in here])
    errors = np.array([found.events[k].charge.error for k in here])
    pull = ((charges(found)[here] - truth.charges[there]) / errors)[alone]
    assert abs(np.median(pull)) < 0.3
    assert 0.7 < 1.4826 * np.median(np.abs(pull - np.median(pull))) < 1.4
    tails = [found.events[k].tail for k in here[alone]]
    known = np.array([(t.value - 5e-3) / t.error for t in tails if t.status.has_value])
    assert known.size > 0.9 * alone.sum()
    assert abs(np.median(known)) < 0.4
    assert 0.6 < 1.4826 * np.median(np.abs(known - np.median(known))) < 1.5


@pytest.mark.parametrize("tau", [0.5e-3, 2e-3, 10e-3])
def test_height_width_and_tail_are_those_of_an_exponential(tau):
    """Half of its height is reached after tau ln 2; a few rows of averaging take some of it."""
    row = 5e-5
    t = row * np.arange(1, round(20.0 / row) + 1)
    planned = 0.5 + np.arange(19)
    current = spikes(t, row, planned, np.full(19, 50e-12 * tau), tau)
    current += 0.5e-12 * np.random.default_rng(5).standard_normal(t.size)
    found = find_impacts(current, row, WIDEST)
    assert len(found.events) == 19
    np.testing.assert_allclose(starts(found), planned, atol=2 * row)
    for impact in found.events:
        assert impact.height.value == pytest.approx(50e-12, rel=0.15)
        assert impact.width.value == pytest.approx(tau * math.log(2.0), rel=0.15, abs=2 * row)
        assert impact.tail.value == pytest.approx(tau, rel=0.1)
        assert impact.rise.value < 0.3 * tau + 2 * row


@pytest.mark.parametrize("mains", [50.0, 50.04, 60.0])
@pytest.mark.parametrize("amplitude", [0.3, 20.0])
def test_hum_makes_no_event(mains, amplitude):
    """Twenty times as high as the noise of a row, too, and with a third harmonic."""
    t = ROW * np.arange(1, round(50.0 / ROW) + 1)
    current = np.random.default_rng(round(mains)).standard_normal(t.size)
    swell = 1.0 + 0.1 * np.sin(t / 7.0)
    current += amplitude * swell * np.sin(2 * np.pi * mains * t + 0.4)
    current += 0.2 * amplitude * np.sin(6 * np.pi * mains * t)
    found = find_impacts(1e-12 * current, ROW, WIDEST)
    assert len(found.events) == len(found.steps) == 0


def test_in_ten_minutes_of_noise_with_hum_there_is_at_most_one_event():
    row = 5e-4
    t = row * np.arange(1, round(600.0 / row) + 1)
    current = 1e-12 * np.random.default_rng(8).standard_normal(t.size)
    current += 0.3e-12 * np.sin(2 * np.pi * 50.0 * t) + 20e-12
    found = find_impacts(current, row, WIDEST)
    assert len(found.events) + len(found.steps) <= 1


def test_hum_does_not_cost_spikes():
    """Hum half as high as the spikes."""
    truth = planted(4, seconds=100.0, row=ROW, over=20.0, hum=100e-12)
    found = find_impacts(truth.current, ROW, WIDEST)
    here, there = matched(starts(found), truth.starts, 2e-3)
    assert here.size >= 0.98 * max(truth.starts.size, len(found.events))
    assert abs(np.mean(charges(found)[here] / truth.charges[there]) - 1.0) < 0.02


def test_the_rate_is_inside_its_interval_in_95_of_100_runs():
    inside = 0
    for seed in range(60):
        truth = planted(100 + seed, seconds=20.0, row=1e-3, over=20.0, spread=0.3)
        found = find_impacts(truth.current, 1e-3, WIDEST)
        low, high = (bound / found.seconds for bound in interval(len(found.events)))
        inside += low <= 1.0 <= high
    assert inside >= 55


@pytest.mark.parametrize("mean", [0.5, 4.0, 30.0])
def test_the_interval_of_a_count_holds_the_mean_at_least_as_often_as_stated(mean):
    counts = np.random.default_rng(1).poisson(mean, 4000)
    bounds = {count: interval(count) for count in set(counts.tolist())}
    held = np.mean([bounds[count][0] <= mean <= bounds[count][1] for count in counts.tolist()])
    assert held >= 0.943


def test_the_interval_of_no_event_is_that_of_three_in_the_mean():
    assert interval(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert interval(10) == pytest.approx((4.795, 18.390), abs=1e-3)


def test_particles_that_stay_are_steps_and_no_spikes():
    rng = np.random.default_rng(6)
    truth = planted(6, seconds=100.0, row=ROW, over=50.0, rate=0.5)
    rows = (np.array([9.0, 20.5, 33.2, 41.0, 60.9, 77.7, 88.1]) / ROW).astype(int)
    heights = rng.choice([8e-12, 20e-12, 40e-12], rows.size)
    current = truth.current.copy()
    for row, height in zip(rows, heights, strict=True):
        current[row:] += height
    found = find_impacts(current, ROW, WIDEST)
    assert [step.row for step in found.steps] == pytest.approx(rows.tolist(), abs=3)
    np.testing.assert_allclose([step.height for step in found.steps], heights, rtol=0.1)
    here, _ = matched(starts(found), truth.starts, 2e-3)
    assert here.size >= 0.95 * truth.starts.size
    assert here.size >= 0.95 * len(found.events)


@pytest.mark.parametrize(
    "drift",
    [
        lambda t: 100e-12 / np.sqrt(t),
        lambda t: 500e-12 * np.exp(-t / 3.0) + 0.3e-12 * t,
        lambda t: 30e-12 * np.sin(t / 4.0),
        lambda t: np.where(t < 30.0, 0.0, np.minimum(t - 30.0, 5.0)) * 4e-12,
    ],
    ids=["Cottrell", "charging and drift", "slow wave", "ramp"],
)
def test_what_changes_slowly_is_neither_spike_nor_step(drift):
    t = ROW * np.arange(1, round(60.0 / ROW) + 1)
    for seed in range(3):
        noise = 1e-12 * np.random.default_rng(seed).standard_normal(t.size)
        found = find_impacts(noise + drift(t), ROW, WIDEST)
        assert len(found.events) == len(found.steps) == 0


def test_a_cathodic_spike_is_an_anodic_one_with_the_other_sign():
    truth = planted(7, seconds=30.0, row=ROW)
    anodic, cathodic = (find_impacts(s * truth.current, ROW, WIDEST) for s in (1.0, -1.0))
    np.testing.assert_allclose(starts(anodic), starts(cathodic))
    np.testing.assert_allclose(charges(anodic), -charges(cathodic), rtol=1e-9)
    assert {impact.spike.polarity for impact in cathodic.events} == {-1}


def test_neither_the_unit_of_current_nor_that_of_time_matters():
    truth = planted(9, seconds=30.0, row=ROW)
    found = find_impacts(truth.current, ROW, WIDEST)
    larger = find_impacts(1e3 * truth.current, ROW, WIDEST)
    np.testing.assert_allclose(charges(larger), 1e3 * charges(found), rtol=1e-6)
    np.testing.assert_allclose(starts(larger), starts(found))


def test_a_spike_on_the_tail_of_another_has_its_own_charge_and_both_say_so():
    row = 1e-4
    t = row * np.arange(1, 200_001)
    planned = np.sort(np.concatenate([1.0 + np.arange(18), 1.008 + np.arange(18)]))
    true = np.tile([1e-12, 0.6e-12], 18)
    current = spikes(t, row, planned, true, 5e-3)
    current += 2e-12 * np.random.default_rng(2).standard_normal(t.size)
    found = find_impacts(current, row, WIDEST)
    assert len(found.events) == 36
    assert all(impact.spike.overlaps for impact in found.events)
    np.testing.assert_allclose(charges(found).reshape(18, 2).mean(axis=0), true[:2], rtol=0.03)


@pytest.mark.parametrize("apart", [3, 5, 9])
@pytest.mark.parametrize("over", [20.0, 100.0])
def test_two_impacts_within_one_rise_are_two_or_one_that_says_it_overlaps(apart, over):
    """Rows apart, of 0.1 ms, where spikes are averaged over a millisecond to be found."""
    row, tau, rng = 1e-4, 5e-3, np.random.default_rng(apart)
    first = np.arange(0.5, 19.5, 0.5) + rng.uniform(0.0, row, 38)
    planned = np.sort(np.concatenate([first, first + apart * row]))
    t = row * np.arange(1, 200_001)
    sizes = 1e-12 * np.exp(0.2 * rng.standard_normal(planned.size))
    current = spikes(t, row, planned, sizes, tau)
    current += 1e-12 / tau / over * rng.standard_normal(t.size)
    found = find_impacts(current, row, WIDEST)
    said = 0
    for start in first:
        near = [one for one in found.events if abs(one.start.value - start) < 3e-3]
        said += len(near) == 2 or any(one.spike.overlaps for one in near)
    assert said >= 0.85 * first.size


def test_single_impacts_do_not_say_that_they_overlap():
    """Whatever part of its first row is of a spike, and whatever the noise is."""
    row, rng = 1e-4, np.random.default_rng(7)
    planned = np.arange(0.5, 39.5, 0.5) + rng.uniform(0.0, row, 78)
    t = row * np.arange(1, 400_001)
    sizes = 1e-12 * np.exp(0.5 * rng.standard_normal(planned.size))
    pure = spikes(t, row, planned, sizes, 5e-3)
    for over in (6.0, 20.0, 100.0):
        current = pure + 1e-12 / 5e-3 / over * rng.standard_normal(t.size)
        found = find_impacts(current, row, WIDEST)
        assert sum(one.spike.overlaps for one in found.events) <= 1


def test_rows_without_a_number_are_no_time_in_which_something_was_seen():
    truth = planted(11, seconds=40.0, row=ROW)
    current = truth.current.copy()
    current[50_000:100_000] = np.nan
    found = find_impacts(current, ROW, WIDEST)
    assert found.seconds == pytest.approx(30.0)
    outside = (truth.starts < 9.99) | (truth.starts > 20.0)
    here, _ = matched(starts(found), truth.starts[outside], 2e-3)
    assert here.size == len(found.events)
    assert here.size >= outside.sum() - 1
    assert find_impacts(np.full(1000, np.nan), ROW, WIDEST).events == ()
    assert find_impacts(np.empty(0), ROW, WIDEST).events == ()


@pytest.mark.parametrize("level", [0.0, 1e-12, -3e-9])
def test_a_current_that_never_changes_has_no_events(level: float):
    """Such as one that is imposed, in a simulation or read with few digits."""
    found = find_impacts(np.full(4000, level), ROW, WIDEST)
    assert found.events == ()
    assert found.steps == ()


def test_a_spike_in_a_record_without_noise_has_its_charge():
    current = np.zeros(4000)
    current[2000:2010] = 1e-10
    (event,) = find_impacts(current, ROW, WIDEST).events
    assert event.charge.value == pytest.approx(10 * 1e-10 * ROW, rel=1e-6)


def test_a_stricter_rate_of_false_alarms_asks_for_more():
    """5.1 standard deviations are exceeded once in 60 s of raw samples, in either direction."""
    assert threshold(1.0 / 60.0, 1e-5, 1) == pytest.approx(5.1, abs=0.25)
    assert threshold(1e-4, 1e-4, 5) > threshold(1e-2, 1e-4, 5)


@pytest.mark.parametrize(
    ("diameter", "charge"),
    [(50e-9, 0.150e-12), (100e-9, 1.20e-12), (200e-9, 9.61e-12), (400e-9, 76.9e-12)],
)
def test_a_charge_is_the_diameter_of_a_ball_of_lithium_manganese_oxide(diameter, charge):
    assert LMO.charge(diameter) == pytest.approx(charge, rel=2e-3)
    found = LMO.diameter(Value.of(-LMO.charge(diameter), 0.03 * LMO.charge(diameter)))
    assert found.value == pytest.approx(diameter)
    assert found.error == pytest.approx(0.01 * diameter)
    assert LMO.diameter(Value.none(Status.TOO_SHORT)).status is Status.TOO_SHORT


def test_a_train_is_as_random_as_it_should_be():
    """The planted truth itself: the charges of the rows are those of the spikes."""
    rng = np.random.default_rng(0)
    begun, planned = train(rng, 50.0)
    t = 1e-3 * np.arange(1, 51_001)
    inside = begun < 49.8
    current = spikes(t, 1e-3, begun[inside], planned[inside], 5e-3)
    assert current.sum() * 1e-3 == pytest.approx(planned[inside].sum(), rel=1e-6)


@pytest.mark.parametrize(("tau", "row", "over"), [(2e-3, 2e-4, 8.0), (10e-3, 1e-3, 10.0)])
def test_widths_are_within_their_uncertainties_however_low_the_spikes_are(tau, row, over):
    """Of impacts that do not overlap."""
    off = []
    for seed in range(4):
        truth = planted(seed, seconds=30.0, row=row, tau=tau, over=over, rate=0.5)
        found = find_impacts(truth.current, truth.row, 10 * tau)
        mine, true = matched(starts(found), truth.starts, 3 * row)
        for k, n in zip(mine.tolist(), true.tolist(), strict=True):
            if np.sum(np.abs(truth.starts - truth.starts[n]) < 10 * tau) == 1:
                width = found.events[k].width
                off.append(abs(width.value - tau * math.log(2.0)) / max(width.error, row))
    assert len(off) > 30
    assert np.mean(np.array(off) > 5.0) <= 0.03


def test_where_an_impact_begins_before_the_tail_of_the_last_one_is_seen_both_charges_say_so():
    row, tau = 1e-4, 5e-3
    t = row * np.arange(1, 100_001)
    begins, sizes = np.array([3.0, 3.0007]), np.array([0.6e-12, 0.9e-12])
    noise = 2e-12 * np.random.default_rng(3).standard_normal(t.size)
    found = find_impacts(spikes(t, row, begins, sizes, tau) + noise, row, 0.05)
    near = [event for event in found.events if abs(event.start.value - 3.0) < 0.01]
    if len(near) == 1:  # both as one
        assert abs(near[0].charge.value - sizes.sum()) < 5.0 * near[0].charge.error
    else:
        for event, size in zip(near, sizes, strict=True):
            assert abs(event.charge.value - size) < 5.0 * event.charge.error
