"""Staircases with pulses over a known wave: what is clean is right, whatever the background.

Backgrounds that slope or bend, noise and drift alone, and staircases that were cut short.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_steps import AREA, STAIRS, segment_of, trace_of
from test_planted_sweeps import SHARP, is_right

from seccm.analysis.pulse_wave import pulse_wave
from seccm.analysis.step_features import measured
from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.results import Status

HEIGHT = 1e-9
GRID = np.linspace(-0.35, 0.35, 20_001)
WAYS = {"differential pulse": (0.0, 20e-3), "square wave": (-25e-3, 25e-3)}
"""Where the currents are read that are subtracted, from the potential of the step on."""


def wave(e: FloatArray, at: float) -> FloatArray:
    found: FloatArray = HEIGHT / (1.0 + np.exp(-SHARP * (e - at)))
    return found


def staircase(name: str, seed: int, background: str) -> tuple[StepTrace, float, float]:
    """A staircase, where its wave is, and its direction."""
    rng = np.random.default_rng(seed)
    at, way = float(rng.uniform(-0.1, 0.1)), float(rng.choice([-1.0, 1.0]))
    slope, bend = rng.uniform(-1.0, 1.0, 2) * [1e-9, 2e-9]
    segment = segment_of(
        name, start=f"{-0.3 * way} V", stop=f"{0.3 * way} V", increment="10 mV", **STAIRS[name]
    )  # fmt: skip
    t = segment.row * (np.arange(round(segment.waveform.duration / segment.row)) + 0.5)
    e = segment.waveform.at(t)
    current = {
        "flat": wave(e, at),
        "sloping": wave(e, at) + slope * e,
        "bent": wave(e, at) + bend * e * np.abs(e),
        "none": 0.0 * e,
        "drift": 1e-10 * t / t[-1],
    }[background]
    noise = float(10 ** rng.uniform(-13.5, -11.2))
    return trace_of(segment, segment.row, current, (1e-5, noise), seed=seed), at, way


@pytest.mark.parametrize("background", ["flat", "sloping", "bent"])
@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("seed", range(5))
def test_a_peak_is_right_on_any_background(name: str, background: str, seed: int):
    trace, at, way = staircase(name, seed, background)
    found = measured(trace, ())
    first, second = (wave(GRID + way * shift, at) for shift in WAYS[name])
    difference = second - first
    top = int(np.argmax(np.abs(difference)))
    wide = GRID[np.abs(difference) >= 0.5 * abs(difference[top])]
    assert found["E_peak"].status is Status.OK
    assert is_right(found["E_peak"], GRID[top], 5e-3)
    assert is_right(found["j_peak"], difference[top] / AREA, 0.08 * abs(difference[top]) / AREA)
    assert is_right(found["W_half"], wide[-1] - wide[0], 5e-3)


@pytest.mark.parametrize("background", ["flat", "sloping"])
@pytest.mark.parametrize("seed", range(5))
def test_a_wave_of_normal_pulses_is_right_on_a_sloping_background(background: str, seed: int):
    trace, at, way = staircase("normal pulse", seed, background)
    found = measured(trace, ())
    assert background != "flat" or found["E_half_pulses"].status is Status.OK
    assert is_right(found["E_half_pulses"], at, 5e-3)
    assert is_right(found["j_lim_pulses"], way * HEIGHT / AREA, 0.05 * HEIGHT / AREA)


BENT = {
    "curved": lambda x, a: a * x**2,
    "bent twice": lambda x, a: a * x**3,
    "sloping and curved": lambda x, a: a * (x - x**2),
    "charging hump": lambda x, a: 0.5 * a / np.cosh((x - 0.3) / 0.7),
    "root of the potential": lambda x, a: a * np.sqrt(np.abs(x + 1.0)),
    "next reaction": lambda x, a: 0.5 * a * np.exp((x - 1.0) / 0.2),
    "reaction before": lambda x, a: 0.5 * a * np.exp(-(x + 1.0) / 0.2),
}
"""Backgrounds over the potential from -1 to 1, as large as the wave where a is 1."""


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("background", BENT)
def test_a_wave_on_a_bent_background_is_right_within_its_uncertainty(background: str, seed: int):
    rng = np.random.default_rng(seed)
    for share in (-0.7, 0.2, 0.7):
        way, height, at = rng.choice([-1.0, 1.0]), rng.choice([-1.0, 1.0]), rng.uniform(-0.1, 0.1)
        e = way * np.arange(-0.35, 0.3501, 10e-3)
        slope = SHARP * rng.choice([0.5, 1.0])  # of slow and of fast electron transfer
        noise = float(10 ** rng.uniform(-4.0, -2.0)) * rng.standard_normal(e.size)
        y = height / (1.0 + np.exp(-slope * way * (e - at))) + BENT[background](e / 0.35, share)
        found = pulse_wave(e, 1e-9 * (y + noise))
        for value, truth in ((found.half, at), (found.limit, 1e-9 * height)):
            assert not value.status.has_value or abs(value.value - truth) < 3.0 * value.error, share
        # A background that is a fifth of the wave does not hide it.
        assert abs(share) > 0.5 or found.half.error < 0.01


@pytest.mark.parametrize("background", BENT)
def test_a_bent_background_alone_is_no_wave(background: str):
    e = np.arange(-0.35, 0.3501, 10e-3)
    noise = 1e-3 * np.random.default_rng(2).standard_normal(e.size)
    for sign in (-1.0, 1.0):
        found = pulse_wave(sign * e, 1e-9 * (BENT[background](e / 0.35, sign) + noise))
        assert not found.half.status.trusted
        assert not found.limit.status.trusted


def test_a_wave_at_the_end_of_the_potentials_has_no_plateau():
    e = np.arange(-0.3, 0.1501, 5e-3)
    noise = 1e-3 * np.random.default_rng(2).standard_normal(e.size)
    for at, status in ((0.0, Status.OK), (0.1, Status.NO_PLATEAU)):
        y = 1e-9 * (1.0 / (1.0 + np.exp(-SHARP * (e - at))) + noise)
        found = pulse_wave(e, y)
        assert found.half.status is status
        assert abs(found.half.value - at) < 3.0 * found.half.error
    assert pulse_wave(e, y[::-1]).half.status is Status.NO_WAVE, "it began before the pulses did"


@pytest.mark.parametrize("background", ["none", "drift"])
@pytest.mark.parametrize("name", STAIRS)
def test_noise_and_drift_have_neither_peak_nor_wave(name: str, background: str):
    for seed in range(4):
        found = measured(staircase(name, seed, background)[0], ())
        assert not any(v.status.has_value for k, v in found.items() if k not in ("Q", "ended_by"))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
@pytest.mark.parametrize("name", STAIRS)
def test_a_staircase_that_was_cut_short_has_neither_peak_nor_wave(name: str, share: float):
    whole = staircase(name, 1, "flat")[0]
    size = int(share * whole.t.size)
    cut = {key: getattr(whole, key)[:size] for key in ("t", "E", "I", "flag")}
    found = measured(replace(whole, reason=None, **cut), ())
    for name_of, value in found.items():
        if name_of not in ("Q", "ended_by"):
            assert value.status is Status.INCOMPLETE, name_of
