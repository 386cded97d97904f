"""PITT: what is planted in a particle is found again, or bounded where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_particles import LEAK, MEDIAN, THERMAL, biot, step, with_biot

from seccm.analysis.pitt import (
    Diffusion,
    characteristic_time,
    diffusion,
    intervals,
    mean_current,
)
from seccm.analysis.sphere import step_current
from seccm.results import Status

STEP = -15e-3
ROWS = 0.02


def seen(found: Diffusion) -> set[Status]:
    """The statuses of what a step says of diffusion and surface."""
    return {found.rate.status, found.biot.status, found.reaction.status}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("row", [2.57e-3, 20e-3])
def test_planted_diffusivity_and_exchange_current_are_found(
    row: float, linear: bool, seed: int
) -> None:
    """At the published medians, with 0.1 pA of leak, to 5 % and within three uncertainties."""
    p = replace(MEDIAN, linear=linear)
    volts = 0.0 if linear else STEP
    found = diffusion(*step(p, seed, row=row, noise=30e-15), 30e-15, volts, THERMAL)
    assert seen(found) == {Status.OK}
    planted = p.diffusivity / p.radius**2
    times = 1.0 / (3.0 * biot(p) * planted)
    for value, truth in ((found.rate, planted), (found.biot, biot(p)), (found.reaction, times)):
        assert value.value == pytest.approx(truth, rel=0.05 if linear else 0.03)
        assert abs(value.value - truth) < max(3.0 * value.error, 5e-3 * truth)
    assert found.background.value == pytest.approx(LEAK, abs=0.05e-12)
    assert found.charge.value == pytest.approx(-13.4e-9, rel=0.01)


@pytest.mark.parametrize(
    ("diameter", "seconds"), [(6.0, 40.6), (8.0, 51.4), (10.1, 61.1), (12.0, 68.5), (14.0, 75.3)]
)
@pytest.mark.parametrize("seed", range(2))
def test_characteristic_times_are_those_of_the_medians(
    diameter: float, seconds: float, seed: int
) -> None:
    """The current falls to 1/e of that at 0.1 s, within 2 %, whatever the noise."""
    p = replace(MEDIAN, diameter=diameter * 1e-6)
    found = diffusion(*step(p, seed, noise=50e-15), 50e-15, STEP, THERMAL).characteristic
    assert found.status is Status.OK
    assert found.value == pytest.approx(seconds, rel=0.02)
    assert found.error < 0.02 * seconds


@pytest.mark.parametrize("planted", [0.01, 0.03, 0.08])
@pytest.mark.parametrize("seed", range(2))
def test_a_slow_surface_hides_diffusion(planted: float, seed: int) -> None:
    """B < 0.1: the reaction time is a number; B has an upper bound, and D a lower one."""
    p = with_biot(planted, 160.0)
    found = diffusion(*step(p, seed), 20e-15)
    assert found.reaction.status is Status.OK
    assert found.reaction.value == pytest.approx(160.0, rel=0.01)
    assert (found.biot.status, found.rate.status) == (Status.AT_MOST, Status.AT_LEAST)
    assert planted <= found.biot.value
    assert found.biot.value >= 0.1
    assert found.rate.value <= p.diffusivity / p.radius**2


@pytest.mark.parametrize("planted", [70.0, 200.0, 500.0])
@pytest.mark.parametrize("seed", range(2))
def test_a_fast_surface_is_hidden_by_diffusion(planted: float, seed: int) -> None:
    """B > 50: D/R^2 is a number; B has a lower bound, and the reaction time an upper one."""
    p = with_biot(planted)
    found = diffusion(*step(p, seed), 20e-15)
    assert found.rate.status is Status.OK
    assert found.rate.value == pytest.approx(p.diffusivity / p.radius**2, rel=0.02)
    assert (found.biot.status, found.reaction.status) == (Status.AT_LEAST, Status.AT_MOST)
    assert found.biot.value <= min(planted, 50.0)
    assert found.reaction.value >= p.radius**2 / (3.0 * planted * p.diffusivity)


@pytest.mark.parametrize("planted", [0.02, 0.05, 0.15, 0.25, 1.0, 2.5, 20.0, 100.0])
def test_the_surface_of_butler_and_volmer_is_allowed_for(planted: float) -> None:
    """15 mV are not quite small: each number holds within three uncertainties, each bound holds."""
    p = replace(with_biot(planted, 160.0 if planted < 1.0 else None), linear=False)
    found = diffusion(*step(p, lasts=2400.0), 20e-15, STEP, THERMAL)
    rate = p.diffusivity / p.radius**2
    for value, truth in ((found.rate, rate), (found.biot, planted)):
        if value.status is Status.AT_LEAST:
            assert value.value <= truth
        elif value.status is Status.AT_MOST:
            assert value.value >= truth
        else:
            assert value.status is Status.OK
            assert abs(value.value - truth) < max(3.0 * value.error, 0.02 * truth)


@pytest.mark.parametrize("planted", [0.25, 0.6, 1.0, 2.5, 8.0, 30.0])
def test_in_between_both_are_numbers(planted: float) -> None:
    """From B 0.25 to 30, within 5 %."""
    p = with_biot(planted)
    found = diffusion(*step(p, lasts=2400.0), 20e-15)
    assert seen(found) == {Status.OK}
    assert found.biot.value == pytest.approx(planted, rel=0.05)
    assert found.rate.value == pytest.approx(p.diffusivity / p.radius**2, rel=0.05)


def test_either_direction_of_the_step_says_the_same() -> None:
    """Charging and discharging by 15 mV: equal rates, opposite charges."""
    down, up = (diffusion(*step(MEDIAN, volts=v), 20e-15, v, THERMAL) for v in (STEP, -STEP))
    assert up.rate.value == pytest.approx(down.rate.value, rel=0.01)
    assert up.charge.value == pytest.approx(-down.charge.value, rel=0.01)


def test_a_potential_that_bends_within_the_step_is_told() -> None:
    """Where the open-circuit potential has a kink, the current is not that of a straight one."""
    at = 4.3 - 0.65
    kinked = replace(
        MEDIAN, table=((0.0, 4.3), (0.5, at), (0.506, at - 7e-3), (0.52, at - 14e-3), (1.0, 2.0)),
        filled=0.5,
    )  # fmt: skip
    found = diffusion(*step(kinked, volts=-30e-3), 20e-15, -30e-3, THERMAL)
    assert found.rate.status in (Status.NOT_A_SPHERE, Status.NOT_IDENTIFIED)
    assert found.charge.status is Status.NOT_A_SPHERE


def test_noise_alone_has_no_rates() -> None:
    """A blank electrode: nothing is found, and nothing is made up."""
    t = ROWS * np.arange(1, 60_001)
    for seed in range(3):
        noise = 20e-15 * np.random.default_rng(seed).standard_normal(t.size)
        found = diffusion(t, LEAK + noise, 20e-15, STEP)
        assert found.rate.status is Status.NOT_FOUND
        assert found.characteristic.status is Status.NOT_FOUND


@pytest.mark.parametrize("rows", [0, 1, 2, 10, 25])
def test_a_step_that_ended_at_once_is_too_short(rows: int) -> None:
    """Without enough data points there are no numbers."""
    t, current = step(MEDIAN)
    found = diffusion(t[:rows], current[:rows], 20e-15)
    assert seen(found) == {Status.TOO_SHORT}


def test_no_current_at_all_is_no_error() -> None:
    """Zeros, as an input that is not connected reads."""
    t = ROWS * np.arange(1, 1001)
    assert seen(diffusion(t, np.zeros(1000), 0.0)) == {Status.NOT_FOUND}


def test_missing_data_points_do_not_spoil_the_others() -> None:
    """Data points without a number leave their interval out."""
    t, current = step(MEDIAN)
    current[2000:2100] = np.nan
    found = diffusion(t, current, 20e-15)
    assert found.rate.value == pytest.approx(MEDIAN.diffusivity / MEDIAN.radius**2, rel=0.02)


def test_intervals_are_single_at_first_and_then_even_in_the_root_of_time() -> None:
    """Every data point is in one of them, and the charge stays."""
    t, current = step(MEDIAN)
    of = intervals(t, current, 1e-14)
    length = of.stop - of.start
    assert (of.current * length).sum() == pytest.approx(current.sum() * ROWS, rel=1e-9)
    np.testing.assert_allclose(of.start[1:], of.stop[:-1], atol=1e-9)
    np.testing.assert_allclose(length[of.stop < 0.99], ROWS, rtol=1e-9)
    late = of.start > 50.0
    roots = np.sqrt(of.stop[late]) - np.sqrt(of.start[late])
    assert np.ptp(roots) < 0.1 * roots.mean()
    np.testing.assert_allclose(of.sigma, 1e-14 / np.sqrt(length / ROWS))


def test_mean_currents_of_intervals_are_means() -> None:
    """Against the mean of a thousand points in each interval."""
    t, current = step(MEDIAN)
    of = intervals(t, current, 1e-14)
    rate, b = MEDIAN.diffusivity / MEDIAN.radius**2, biot(MEDIAN)
    fine = np.linspace(np.sqrt(of.start), np.sqrt(of.stop), 1001)
    values = rate * step_current(np.maximum(rate * fine**2, 1e-300).ravel(), b)
    integral = np.trapezoid(values.reshape(fine.shape) * 2.0 * fine, fine, axis=0)
    np.testing.assert_allclose(
        mean_current(of, rate, b), integral / (of.stop - of.start), rtol=1e-4
    )


def test_a_record_that_ends_before_has_no_characteristic_time() -> None:
    """A current that does not fall to 1/e is not reached; with few data points it is too short."""
    t, current = step(MEDIAN, lasts=30.0)
    assert characteristic_time(intervals(t, current, 2e-14), ROWS).status is Status.NOT_REACHED
    found = diffusion(*step(MEDIAN, row=0.2), 2e-14)
    assert found.characteristic.status is Status.TOO_SHORT
