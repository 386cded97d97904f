"""The wave of normal pulses: symmetries of the fit, planted waves, and what is no wave."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.analysis.pulse_wave import pulse_wave
from seccm.arrays import FloatArray
from seccm.results import Status

E = np.linspace(0.35, -0.35, 71)
RNG = np.random.default_rng(11)
NOISE = RNG.standard_normal((12, E.size))
SLOPE = 38.92
"""1/V, F/RT at 25 °C."""


def sigmoid(e: FloatArray, half: float = 0.0, slope: float = SLOPE) -> FloatArray:
    """A wave that goes up as the potential goes down, from 0 to 1."""
    found: FloatArray = 1.0 / (1.0 + np.exp(slope * (e - half)))
    return found


USUAL = -1e-9 * sigmoid(E, 0.03) + 2e-12 * NOISE[0]


def test_the_planted_wave_is_found() -> None:
    found = pulse_wave(E, -1e-9 * sigmoid(E, 0.03))
    assert found.half.value == pytest.approx(0.03, abs=1e-5)
    assert found.limit.value == pytest.approx(-1e-9, rel=1e-4)
    assert found.half.status is Status.OK
    assert found.limit.status is Status.OK


@pytest.mark.parametrize("factor", [1e-6, 0.5, 3.0, 1e5, -1.0, -40.0])
def test_a_current_that_is_scaled_scales_the_limit_and_leaves_the_potential(factor: float) -> None:
    there, scaled = pulse_wave(E, USUAL), pulse_wave(E, factor * USUAL)
    assert scaled.half.value == pytest.approx(there.half.value, abs=1e-9)
    assert scaled.half.error == pytest.approx(there.half.error, rel=1e-4)
    assert scaled.limit.value == pytest.approx(factor * there.limit.value, rel=1e-6)
    assert scaled.limit.error == pytest.approx(abs(factor) * there.limit.error, rel=1e-4)
    assert scaled.limit.status is there.limit.status


@pytest.mark.parametrize("shift", [-1.3, 0.2, 3.045])
def test_another_zero_of_the_potential_moves_the_half_wave_potential_by_as_much(
    shift: float,
) -> None:
    there, moved = pulse_wave(E, USUAL), pulse_wave(E + shift, USUAL)
    assert moved.half.value - shift == pytest.approx(there.half.value, abs=1e-6)
    assert moved.limit.value == pytest.approx(there.limit.value, rel=1e-5)


@pytest.mark.parametrize("background", [5e-9, -2e-8])
def test_a_constant_current_beside_the_wave_changes_nothing(background: float) -> None:
    there, lifted = pulse_wave(E, USUAL), pulse_wave(E, USUAL + background)
    assert lifted.half.value == pytest.approx(there.half.value, abs=1e-6)
    assert lifted.limit.value == pytest.approx(there.limit.value, rel=1e-5)


def test_potentials_of_the_other_sign_give_the_mirror_image() -> None:
    there, mirrored = pulse_wave(E, USUAL), pulse_wave(-E, USUAL)
    assert mirrored.half.value == pytest.approx(-there.half.value, abs=1e-9)
    assert mirrored.limit.value == pytest.approx(there.limit.value, rel=1e-9)


@pytest.mark.parametrize("slope", [12.0, SLOPE / 2.0, SLOPE, 2.0 * SLOPE])
@pytest.mark.parametrize("half", [-0.05, 0.04])
def test_slow_and_fast_couples_have_their_half_wave_potential(slope: float, half: float) -> None:
    """The slope is not told: it is found."""
    e = np.linspace(0.7, -0.7, 141)
    found = pulse_wave(e, 4e-10 * sigmoid(e, half, slope) + 4e-13 * RNG.standard_normal(e.size))
    assert found.half.value == pytest.approx(half, abs=3e-3)
    assert found.limit.value == pytest.approx(4e-10, rel=0.02)


@pytest.mark.parametrize("powers", [(0.1,), (0.0, 0.1), (0.05, -0.05)])
def test_a_background_that_slopes_or_bends_is_within_the_uncertainty(
    powers: tuple[float, ...],
) -> None:
    """As shares of the wave, over the whole range of potentials."""
    x = np.linspace(-1.0, 1.0, E.size)
    bent = sum(share * x ** (k + 1) for k, share in enumerate(powers))
    for noise in NOISE[:4]:
        found = pulse_wave(E, 1e-9 * (sigmoid(E) + bent + 2e-3 * noise))
        assert found.limit.error is not None
        if found.limit.status is Status.OK:
            assert abs(found.limit.value - 1e-9) < 4.0 * found.limit.error
            assert abs(found.half.value) < 4.0 * found.half.error + 1e-3


def test_errors_grow_with_the_noise_and_cover_the_truth() -> None:
    last = 0.0
    for share in (1e-3, 5e-3, 2e-2):
        found = [pulse_wave(E, 1e-9 * (sigmoid(E) + share * noise)) for noise in NOISE[:6]]
        error = float(np.median([one.limit.error for one in found]))
        assert error > last
        last = error
        off = [abs(one.limit.value - 1e-9) / one.limit.error for one in found]
        assert max(off) < 5.0


@pytest.mark.parametrize("shape", ["noise", "line", "constant", "parabola", "cubic"])
def test_what_is_no_wave_has_no_number(shape: str) -> None:
    x = np.linspace(-1.0, 1.0, E.size)
    clean = {
        "noise": 0.0 * x, "line": 40.0 * x, "constant": 0.0 * x + 7.0, "parabola": 30.0 * x**2,
        "cubic": 20.0 * x**3,
    }[shape]  # fmt: skip
    for noise in NOISE[:4]:
        found = pulse_wave(E, 1e-12 * (clean + noise))
        assert found.half.status is Status.NO_WAVE
        assert math.isnan(found.half.value)
        assert math.isnan(found.limit.value)


def test_a_wave_below_the_noise_is_none() -> None:
    for noise in NOISE:
        found = pulse_wave(E, 1e-12 * (0.5 * sigmoid(E) + noise))
        assert found.limit.status is Status.NO_WAVE


@pytest.mark.parametrize("half", [-0.31, -0.34, -0.6])
def test_a_wave_that_is_cut_short_is_never_a_clean_number(half: float) -> None:
    """Its plateau lies beyond the last pulse."""
    found = pulse_wave(E, 1e-9 * sigmoid(E, half) + 1e-12 * NOISE[1])
    assert found.limit.status in (Status.NO_PLATEAU, Status.NO_WAVE)


def test_a_wave_whose_foot_is_missing_is_none() -> None:
    found = pulse_wave(E, 1e-9 * sigmoid(E, 0.35) + 1e-12 * NOISE[2])
    assert found.limit.status is Status.NO_WAVE


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_few_pulses_are_too_short(count: int) -> None:
    assert pulse_wave(E[:count], USUAL[:count]).half.status is Status.TOO_SHORT


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("of", ["potential", "current"])
def test_a_value_that_is_missing_gives_no_number(wrong: float, of: str) -> None:
    e, i = E.copy(), USUAL.copy()
    (e if of == "potential" else i)[30] = wrong
    found = pulse_wave(e, i)
    assert found.limit.status is Status.TOO_SHORT
    assert math.isnan(found.limit.value)


@pytest.mark.parametrize("e", [np.zeros(40), np.full(40, 0.1)], ids=["zero", "same"])
def test_pulses_to_one_and_the_same_potential_are_no_wave(e: FloatArray) -> None:
    assert pulse_wave(e, USUAL[:40]).half.status is Status.NO_WAVE
    assert pulse_wave(e, np.zeros(40)).half.status is Status.NO_WAVE


@pytest.mark.parametrize("current", [0.0, 3e-9, -1e-320])
def test_an_input_that_always_reads_the_same_has_no_wave(current: float) -> None:
    """A cable that is not plugged in; nothing is divided by."""
    found = pulse_wave(E, np.full(E.size, current))
    assert found.limit.status is Status.NO_WAVE
