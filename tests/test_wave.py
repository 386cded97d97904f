"""Waves: what was planted lies within the stated uncertainty, or the status says what is wrong."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seccm.analysis.charging import charging_rows
from seccm.analysis.sweep import sweep
from seccm.analysis.wave import Wave, both_ways, one_way, wave
from seccm.results import Status
from sim.cell import Droplet
from sim.redox import RedoxCell, RedoxParameters

ROW = 2.57e-3
RATE = 0.1  # V/s
F_RT = 96485.33212 / (8.314462618 * 298.15)
TOMES = math.log(9) / F_RT
"""V, width of a reversible one-electron wave: 56.45 mV."""


def measured(e, i, most_slope=0.05) -> Wave:
    """One sweep, the way the features of a voltammogram take it."""
    first = charging_rows(i)
    return wave(sweep(e[first:], i[first:]), most_slope)


def alone(e, i) -> Wave:
    return one_way(measured(e, i))


def sigmoid(e, e0=0.0, limit=1.0, electrons=1):
    """A reversible wave; a negative limit is a reduction, with its foot at high potentials."""
    rising = 1.0 / (1.0 + np.exp(-electrons * F_RT * (e - e0)))
    return limit * rising if limit > 0 else limit * (1.0 - rising)


# ------------------------------------------------------------------------------ closed forms


@pytest.mark.parametrize("upward", [True, False])
@pytest.mark.parametrize("limit", [5.85e-9, -5.85e-9])
def test_a_reversible_wave_has_the_width_of_the_closed_form(limit, upward):
    """Oxidation or reduction, from the foot or from the plateau: position, height, width, sign."""
    e = np.arange(-0.3, 0.3, RATE * ROW)[:: 1 if upward else -1]
    noise = 0.002 * 5.85e-9 * np.random.default_rng(3).standard_normal(e.size)
    w = alone(e, sigmoid(e, 0.02, limit) + noise)
    assert w.limiting_current.value == pytest.approx(limit, rel=5e-3)
    assert w.half_wave.value == pytest.approx(0.02, abs=1e-3)
    assert w.tomes.value == pytest.approx(TOMES, abs=1e-3)
    assert {w.limiting_current.status, w.half_wave.status, w.tomes.status} == {Status.OK}


@dataclass(frozen=True)
class Drawn:
    """A wave drawn at random: complete or not, with leak, offset, noise and a charging spike."""

    e0: float
    limit: float
    e: np.ndarray
    i: np.ndarray
    easy: bool
    """Foot and plateau of 180 mV over the number of electrons, and little noise."""


def drawn(seed) -> Drawn:
    rng = np.random.default_rng(seed)
    electrons = int(rng.choice([1, 1, 1, 2]))
    limit = 10 ** rng.uniform(-12, -9) * rng.choice([1, -1])
    e0 = rng.uniform(-0.1, 0.1)
    low, high = e0 - rng.uniform(0.0, 0.45), e0 + rng.uniform(0.0, 0.45)
    e = np.linspace(low, high, int(10 ** rng.uniform(2.0, 3.6)))[:: rng.choice([1, -1])]
    leak = rng.choice([0, 1]) * rng.uniform(0.0, 0.6) / 0.5 * e
    offset = rng.choice([0, 1]) * rng.uniform(-0.05, 0.05)
    noise = 10 ** rng.uniform(-3.5, -1.3)
    spike = rng.choice([0, 1]) * rng.uniform(-20.0, 20.0)
    charging = spike * np.exp(-np.arange(e.size) / rng.uniform(0.3, 4.0))
    rest = leak + offset + noise * rng.standard_normal(e.size) + charging
    # An ohmic drop of 10 to 30 mV at the limit: broader, lopsided, and half of it further on.
    ohmic = rng.choice([0, 0, 1]) * rng.uniform(0.01, 0.03)
    inner = np.linspace(low - 0.1, high + 0.1, 4000)
    rising = sigmoid(inner, e0, 1.0, electrons)
    i = np.interp(e, inner + ohmic * rising, sigmoid(inner, e0, limit, electrons))
    i = i + abs(limit) * rest
    e0 += 0.5 * ohmic
    easy = min(e0 - low, high - e0) > 0.18 / electrons and noise < 0.01 and e.size > 300
    return Drawn(e0, limit, e, i, easy)


def test_of_hundreds_of_waves_each_is_within_its_uncertainty_or_says_why_not():
    """400 draws: hardly one clean number is off by three standard uncertainties, none by five."""
    of_potential, of_current, easy, silent = [], [], 0, 0
    for seed in range(400):
        d = drawn(seed)
        w = alone(d.e, d.i)
        if w.half_wave.status is Status.OK:
            of_potential.append((w.half_wave.value - d.e0) / w.half_wave.error)
        if w.limiting_current.status is Status.OK:
            i = w.limiting_current
            of_current.append((i.value - d.limit) / i.error)
        easy += d.easy
        silent += d.easy and w.half_wave.status is not Status.OK
    for pulls in (np.abs(of_potential), np.abs(of_current)):
        assert len(pulls) > 150
        assert np.mean(pulls > 3.0) < 0.01
        assert np.max(pulls) < 4.0
    assert easy > 50
    assert silent < 0.12 * easy


def test_of_hundreds_of_voltammograms_with_capacitance_each_is_within_its_uncertainty():
    """Forward and reverse sweep apart by twice the capacitive current, which turns in 8 ms."""
    clean = 0
    for seed in range(150):
        d = drawn(seed)
        rng = np.random.default_rng(seed)
        capacitive = abs(d.limit) * rng.uniform(0.0, 0.2) * np.sign(d.e[-1] - d.e[0])
        turning = 2.0 * capacitive * np.exp(-np.arange(d.e.size) / 3.0)
        noise = 1e-3 * abs(d.limit) * rng.standard_normal(d.e.size)
        there = measured(d.e, d.i + capacitive)
        back = measured(d.e[::-1], d.i[::-1] + noise - capacitive + turning, math.inf)
        w = both_ways(there, back)
        if w.half_wave.status is Status.OK:
            clean += 1
            assert abs(w.half_wave.value - d.e0) < 4.0 * w.half_wave.error
        if w.limiting_current.status is Status.OK:
            assert abs(w.limiting_current.value - d.limit) < 4.0 * w.limiting_current.error
    assert clean > 60


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-5.0, 5.0), factor=st.floats(0.01, 100.0))
def test_neither_the_zero_of_the_reference_nor_the_size_of_the_current_matters(seed, shift, factor):
    """Potentials move by the shift, the limiting current by the factor, all else is the same.

    To half an uncertainty: which point is the last of a foot, rounding may decide.
    """
    d = drawn(seed)
    a, b = alone(d.e, d.i), alone(d.e + shift, factor * d.i)
    assert b.half_wave.status is a.half_wave.status
    assert b.limiting_current.status is a.limiting_current.status
    if a.half_wave.status.has_value:
        tolerance = 1e-6 + 0.5 * a.half_wave.error
        assert b.half_wave.value - a.half_wave.value == pytest.approx(shift, abs=tolerance)
        assert b.tomes.value == pytest.approx(a.tomes.value, abs=1e-6 + 0.5 * a.tomes.error)
        i = a.limiting_current
        assert abs(b.limiting_current.value / factor - i.value) <= 0.5 * i.error


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
@example(seed=2374)
def test_a_reduction_is_an_oxidation_upside_down(seed):
    """Potential and current turned over: the same numbers with the other sign.

    To half an uncertainty: which point is the last of a foot, rounding may decide.
    """
    d = drawn(seed)
    a, b = alone(d.e, d.i), alone(-d.e, -d.i)
    if not d.easy:  # of the others, where the grid of potentials begins can tip the scales
        return
    assert b.half_wave.status is a.half_wave.status
    if a.half_wave.status.has_value:
        assert b.half_wave.value == pytest.approx(-a.half_wave.value, abs=0.5 * a.half_wave.error)
        assert b.limiting_current.value == pytest.approx(
            -a.limiting_current.value,
            abs=0.5 * max(w.limiting_current.error for w in (a, b)),
        )


# -------------------------------------------------------------------------------- background


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.4, 0.6, -0.3])
@pytest.mark.parametrize("upward", [True, False])
def test_a_leak_from_tip_to_sample_is_no_limiting_current(share, upward):
    """A resistor adds a line that rises by 10 to 60 % of the wave: its height within 5 %."""
    e = np.arange(-0.25, 0.25, RATE * ROW)[:: 1 if upward else -1]
    noise = 0.003 * np.random.default_rng(5).standard_normal(e.size)
    w = alone(e, sigmoid(e) + share / 0.5 * e + noise)
    assert w.limiting_current.value == pytest.approx(1.0, rel=0.05)
    assert abs(w.limiting_current.value - 1.0) < 3.0 * w.limiting_current.error
    assert abs(w.half_wave.value) < 3.0 * w.half_wave.error
    assert w.tomes.value == pytest.approx(TOMES, abs=3e-3)


def test_a_background_taken_from_a_short_foot_is_less_certain():
    """The line is carried over the wave: what a short foot cannot tell goes into the error."""
    errors = []
    for low in (-0.4, -0.2):
        e = np.arange(low, 0.3, RATE * ROW)
        i = sigmoid(e) + 0.3 * e + 0.003 * np.random.default_rng(1).standard_normal(e.size)
        errors.append(alone(e, i).limiting_current.error)
    assert errors[1] > 2.0 * errors[0]


# --------------------------------------------------------------------------- what is no wave


@pytest.mark.parametrize("start", [-0.06, -0.03, 0.0, 0.03])
def test_a_sweep_that_starts_inside_the_wave_has_no_half_wave_potential(start):
    """Half a wave looks like a smaller one at another place."""
    e = np.arange(start, 0.3, RATE * ROW)
    w = alone(e, sigmoid(e) + 0.002 * np.random.default_rng(2).standard_normal(e.size))
    assert not w.half_wave.status.has_value
    assert not w.limiting_current.status.trusted


@pytest.mark.parametrize("end", [-0.03, 0.0, 0.03, 0.06])
def test_a_sweep_that_ends_inside_the_wave_has_no_half_wave_potential(end):
    e = np.arange(-0.3, end, RATE * ROW)
    w = alone(e, sigmoid(e) + 0.002 * np.random.default_rng(2).standard_normal(e.size))
    assert not w.half_wave.status.has_value
    assert not w.limiting_current.status.trusted


_E = np.arange(-0.3, 0.3, RATE * ROW)
_NOISE = 0.003 * np.random.default_rng(8).standard_normal(_E.size)


@pytest.mark.parametrize(
    ("what", "current"),
    [
        ("an exponential rise", np.exp(F_RT * 0.5 * (_E - 0.3))),
        ("a resistor", _E / 0.3),
        ("a step within a row", (_E > 0.0) * 1.0),
        ("a wave on a steeper rise", sigmoid(_E, 0.1) + np.exp(F_RT * 0.5 * (_E - 0.28))),
        ("a peak of a film", np.exp(-(((_E - 0.05) / 0.03) ** 2))),
        ("a current that falls as the potential rises", -sigmoid(_E)),
        ("a charging spike and nothing", -196.0 * np.exp(-np.arange(_E.size) / 0.7)),
        ("nothing", 0.0 * _E),
    ],
)
def test_what_is_no_wave_has_no_half_wave_potential(what, current):
    for e, i in ((_E, current + _NOISE), (_E[::-1], (current + _NOISE)[::-1])):
        w = alone(e, i)
        assert not w.half_wave.status.has_value, what
        assert not w.tomes.status.has_value, what
        assert not w.limiting_current.status.trusted, what


def test_of_a_couple_with_both_forms_present_the_foot_is_not_known():
    """Half the wave is a reduction: which end is the foot, no current can tell."""
    w = alone(_E, sigmoid(_E) - 0.5 + _NOISE)
    assert w.half_wave.value == pytest.approx(0.0, abs=1e-3)
    assert w.limiting_current.status is Status.NO_FOOT
    both = both_ways(
        measured(_E, sigmoid(_E) - 0.5 + _NOISE),
        measured(_E[::-1], sigmoid(_E[::-1]) - 0.5 + _NOISE),
    )
    assert both.limiting_current.status is Status.NO_FOOT
    assert both.half_wave.status is Status.OK


def test_too_few_rows_are_no_sweep():
    e = np.linspace(-0.2, 0.2, 6)
    assert alone(e, sigmoid(e)).half_wave.status is Status.TOO_SHORT


# ------------------------------------------------------------------------ the charging current


@pytest.mark.parametrize("rows", [0.2, 1.0, 5.0, 20.0])
@pytest.mark.parametrize("height", [-100.0, 3.0, 100.0])
def test_the_charging_current_at_the_start_is_left_out(height, rows):
    """A spike of a hundred times the wave, decaying within rows or twenty of them."""
    e = np.arange(-0.25, 0.25, RATE * ROW)
    spike = height * np.exp(-np.arange(e.size) / rows)
    w = alone(e, sigmoid(e) + spike + 0.003 * np.random.default_rng(4).standard_normal(e.size))
    assert w.half_wave.status is Status.OK
    assert abs(w.half_wave.value) < 3.0 * w.half_wave.error < 5e-3
    assert abs(w.limiting_current.value - 1.0) < 3.0 * w.limiting_current.error


def test_a_sweep_without_a_jump_loses_no_rows_to_charging():
    noise = 0.003 * np.random.default_rng(6).standard_normal(_E.size)
    assert charging_rows(sigmoid(_E) + noise) == 0
    assert charging_rows(np.zeros(5)) == 0


# ---------------------------------------------------------------- the simulator: diffusion, RC


def simulated(aperture, rate, *, hold=-0.25, leak=0.0, span=(-0.25, 0.25), planted=0.0, seed=0):
    """Sweep up and back in a pipette that was held elsewhere; a fast couple, 0.2 % noise."""
    parameters = RedoxParameters(rate_constant=1.0, formal_potential=planted)
    cell = RedoxCell(parameters)
    radius = 0.5 * aperture
    cell.wet(Droplet(radius, radius, 0.4 * radius, math.radians(10)))
    cell.run("potential", np.full(200, hold), ROW)
    up = np.arange(span[0], span[1], rate * ROW)
    e = np.concatenate([up, up[::-1]])
    i = cell.run("potential", e, ROW).current
    height = float(np.median(i[up.size - up.size // 10 : up.size]))
    noise = 2e-3 * height * np.random.default_rng(seed).standard_normal(e.size)
    i = i + noise + leak * height / 0.5 * e
    return (e[: up.size], i[: up.size]), (e[up.size :], i[up.size :])


def steady_current(aperture):
    """Of the same pipette, from a sweep so slow that diffusion follows."""
    up, _ = simulated(aperture, 2e-3, span=(0.2, 0.25))
    return float(np.median(up[1]))


SIMULATED = [
    (aperture, rate, hold, leak)
    for aperture in (50e-9, 200e-9, 1e-6)
    for rate in (0.02, 0.1, 0.5)
    for hold in (-0.25, 0.25)
    for leak in (0.0, 0.4)
]


@pytest.mark.parametrize(("aperture", "rate", "hold", "leak"), SIMULATED)
def test_the_planted_couple_is_found_within_its_uncertainty_or_a_caveat_stands(
    aperture, rate, hold, leak
):
    """Held at the foot or on the plateau, fast or slow, one sweep alone or with its return."""
    there, back = simulated(aperture, rate, hold=hold, leak=leak, planted=0.01)
    first, second = measured(*there), measured(*back, most_slope=math.inf)
    truth = steady_current(aperture)
    for w in (one_way(first), both_ways(first, second)):
        if w.half_wave.status is Status.OK:
            assert abs(w.half_wave.value - 0.01) < 3.0 * w.half_wave.error
        if w.limiting_current.status is Status.OK:
            i = w.limiting_current
            assert abs(i.value - truth) < 3.0 * i.error
    # A caveat where there need not be one is not an answer.
    if aperture < 1e-6 and rate <= 0.1:
        assert both_ways(first, second).half_wave.status is Status.OK


@pytest.mark.parametrize(
    ("aperture", "steady"), [(50e-9, True), (0.3e-6, False), (1e-6, False), (10e-6, False)]
)
@pytest.mark.parametrize("planted", [0.0, 0.02])
def test_the_formal_potential_is_within_the_stated_uncertainty_steady_or_not(
    aperture, steady, planted
):
    """A sweep in pipettes from 50 nm to 10 um: sigmoid in the first, peaked in the last.

    Equal diffusivities: E1/2 is the formal potential. Each way alone misses it by up to 30 mV.
    """
    there, back = simulated(aperture, 1.0, planted=planted, seed=1)
    first = measured(*there)
    w = both_ways(first, measured(*back, most_slope=math.inf))
    assert w.half_wave.status is (Status.OK if steady else Status.UNSTEADY)
    assert abs(w.half_wave.value - planted) <= w.half_wave.error + 1e-3
    assert abs(w.half_wave.value - planted) < 5e-3
    if not steady:
        assert w.hysteresis.value > 5e-3
        assert abs(first.half_wave.value - planted) > 2 * first.half_wave.error
        assert abs(first.half_wave.value - planted) < 3 * one_way(first).half_wave.error
        assert w.limiting_current.status.caveat.startswith("not at steady state")


def test_a_single_sweep_with_a_peak_before_its_plateau_is_not_trusted():
    """A fall behind the peak by a twentieth is enough; there is no way back to correct with."""
    e = np.arange(-0.25, 0.25, ROW)
    noise = 0.005 * np.random.default_rng(2).standard_normal(e.size)
    peaked = alone(e, sigmoid(e) * (1.0 - 0.5 * np.maximum(e - 0.08, 0.0)) + noise)
    assert peaked.half_wave.status is peaked.limiting_current.status is Status.NOT_STEADY
    assert not peaked.half_wave.status.trusted
    assert alone(e, sigmoid(e) + noise).half_wave.status is Status.OK
