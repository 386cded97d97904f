"""Frames are brought onto the rig's clock by a lamp, or by droplets, to a part of an exposure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.arrays import FloatArray
from seccm.movie.by_steps import offset_by_steps


def pulsed(
    seed: int, exposure: float, offset: float, noise: float = 0.002
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return starts by the frames' own clock, lit shares, and when the lamp went off and on."""
    rng = np.random.default_rng(seed)
    period = 1.15 * exposure
    true = 5.0 + np.arange(40) * period * (1 + 0.003 * rng.standard_normal(40))
    off = true[12] + rng.uniform(0.1, 0.8) * exposure
    on = true[17] + rng.uniform(0.1, 0.8) * exposure
    again = [
        true[25] + rng.uniform(0.1, 0.8) * exposure,
        true[30] + rng.uniform(0.1, 0.8) * exposure,
    ]
    steps = np.array([off, on, *again])
    share = np.ones(40)
    for first, last in (steps[:2], steps[2:]):
        dark = np.minimum(true + exposure, last) - np.maximum(true, first)
        share -= np.clip(dark, 0, None) / exposure
    share *= 1 + noise * rng.standard_normal(40)
    return true - offset, share, steps


@pytest.mark.parametrize(("exposure", "limit"), [(0.2, 0.5e-3), (0.05, 0.15e-3), (0.01, 0.05e-3)])
def test_a_lamp_pulse_tells_to_half_a_millisecond(exposure: float, limit: float) -> None:
    errors, told = [], []
    for seed in range(20):
        offset = 0.3 * exposure * math.sin(seed)
        starts, share, steps = pulsed(seed, exposure, offset)
        found = offset_by_steps(
            starts, exposure, share, steps, on_before=True, farthest=2 * exposure
        )
        errors.append(found.seconds - offset)
        told.append(found.error)
    assert np.std(errors) < limit
    assert abs(np.mean(errors)) < limit
    assert 0.3 < np.median(told) / np.std(errors) < 3


def test_without_noise_it_is_exact() -> None:
    starts, share, steps = pulsed(3, 0.2, 0.07, noise=0.0)
    found = offset_by_steps(starts, 0.2, share, steps, on_before=True, farthest=0.4)
    assert found.seconds == pytest.approx(0.07, abs=2e-6)


def test_landings_tell_too() -> None:
    rng = np.random.default_rng(4)
    starts = np.arange(2000) * 0.23
    contacts = np.sort(rng.uniform(5, 440, 30))
    leaving = contacts + 4.0
    keep = np.append(np.diff(contacts) > 6.0, True)
    steps = np.sort(np.concatenate([contacts[keep], leaving[keep]]))
    wet = np.zeros(len(starts))
    for first, last in steps.reshape(-1, 2):
        overlap = np.minimum(starts + 0.2, last) - np.maximum(starts, first)
        wet += np.clip(overlap, 0, None) / 0.2
    wet += 0.05 * rng.standard_normal(len(wet))
    found = offset_by_steps(starts - 0.04, 0.2, wet, steps, on_before=False, farthest=0.3)
    assert found.seconds == pytest.approx(0.04, abs=6e-3)
    assert found.error < 5e-3


def test_a_lamp_that_stays_on_tells_nothing() -> None:
    starts = np.arange(20) * 0.23
    none = offset_by_steps(starts, 0.2, np.ones(20), np.zeros(0), on_before=True, farthest=0.4)
    assert math.isnan(none.seconds)
    assert math.isnan(none.error)
    far = offset_by_steps(
        starts, 0.2, np.ones(20), np.array([99.0, 100.0]), on_before=True, farthest=0.4
    )
    assert math.isnan(far.seconds)
