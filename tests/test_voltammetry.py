"""Charges by sign over commanded cycles; waves, peaks and onsets against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.sweep import (
    anodic_peaks,
    crossover,
    current_at,
    onset_tangent,
    onset_threshold,
    sweep,
)
from seccm.analysis.voltammetry import Baseline, cycles, efficiency
from seccm.analysis.wave import wave
from seccm.results import Status, charge

ROW = 2.57e-3
RATE = 0.1  # V/s
TOP, BOTTOM = 1.47, -0.27
HALF = (TOP - BOTTOM) / RATE  # 17.4 s
F_RT = 96485.33212 / (8.314462618 * 298.15)


def _triangle(n_cycles, extra=0.0):
    """Time, potential and bounds of whole triangles, started at the top."""
    t = ROW * np.arange(round((2 * HALF * n_cycles + extra) / ROW) + 1)
    phase = np.mod(t, 2 * HALF)
    e = TOP - RATE * np.where(phase < HALF, phase, 2 * HALF - phase)
    return t, e, 2 * HALF * np.arange(n_cycles + 1)


def _lobe(t, centre, width, q):
    """A bell of current that holds the charge q."""
    return q / (width * math.sqrt(2 * math.pi)) * np.exp(-0.5 * ((t - centre) / width) ** 2)


def _plating(t, n_cycles, q_c=2e-9, q_a=1.7e-9):
    """Plating that goes on after the vertex (the nucleation loop), then stripping."""
    i = np.zeros(t.size)
    for k in range(n_cycles):
        i -= _lobe(t, 2 * HALF * k + HALF + 0.4, 0.5, q_c)
        i += _lobe(t, 2 * HALF * k + HALF + 6.0, 0.7, q_a)
    return i


def test_charge_is_sorted_by_sign_not_by_direction():
    """80 % of the plating happens on the way back, and it is booked as plating."""
    t, e, bounds = _triangle(3)
    i = _plating(t, 3)
    back = (np.mod(t, 2 * HALF) > HALF) & (i < 0)
    assert -np.sum(i[back]) * ROW > 0.75 * 3 * 2e-9  # the trap is really there
    result = cycles(t, e, i, bounds)
    assert len(result.cycles) == 3
    assert not result.incomplete
    for c in result.cycles:
        assert c.q_cathodic.value == pytest.approx(2e-9, rel=1e-4)
        assert c.q_anodic.value == pytest.approx(1.7e-9, rel=1e-4)
        assert c.efficiency.value == pytest.approx(0.85, rel=1e-4)
        assert c.efficiency.status is Status.OK


def test_an_unfinished_cycle_is_dropped_and_said():
    """Two cycles and a half: two results and a flag; a record one row short is complete."""
    t, e, _ = _triangle(2, extra=HALF)
    bounds = 2 * HALF * np.arange(4)
    result = cycles(t, e, _plating(t, 3), bounds)
    assert len(result.cycles) == 2
    assert result.incomplete
    t, e, bounds = _triangle(2)
    result = cycles(t[:-1], e[:-1], _plating(t[:-1], 2), bounds)
    assert len(result.cycles) == 2
    assert not result.incomplete


def test_more_charge_back_than_in_is_flagged_not_clipped():
    """CE of 1.1 stays 1.1 and carries its remark."""
    t, e, bounds = _triangle(1)
    (c,) = cycles(t, e, _plating(t, 1, 2e-9, 2.2e-9), bounds).cycles
    assert c.efficiency.value == pytest.approx(1.1, rel=1e-4)
    assert c.efficiency.status is Status.ABOVE_UNITY
    assert c.efficiency.status.trusted


def test_noise_alone_has_no_efficiency():
    """Cathodic charge below ten times its error: undefined, not some number near one."""
    t, e, bounds = _triangle(1)
    i = 1e-12 * np.random.default_rng(0).standard_normal(t.size)
    (c,) = cycles(t, e, i, bounds).cycles
    assert c.efficiency.status is Status.UNDEFINED
    assert efficiency(0.0, 1e-9, 0.0).status is Status.UNDEFINED


def test_the_baseline_is_off_by_default_and_recorded_when_used():
    """20 pF and a leak of 0.5 pA, planted and subtracted; with 1 mV of noise on the potential."""
    t, e, bounds = _triangle(2)
    ramp = np.where(np.mod(t, 2 * HALF) < HALF, -RATE, RATE)
    i = _plating(t, 2, 2e-10, 1.7e-10) + 20e-12 * ramp + 0.5e-12
    noisy = e + 1e-3 * np.random.default_rng(1).standard_normal(t.size)
    plain = cycles(t, noisy, i, bounds)
    assert plain.baseline is None
    baseline = Baseline(20e-12, 0.5e-12, 0.05e-12)
    corrected = cycles(t, noisy, i, bounds, baseline)
    assert corrected.baseline == baseline
    assert plain.cycles[0].q_anodic.value != pytest.approx(1.7e-10, rel=0.05)
    for c in corrected.cycles:
        assert c.q_anodic.value == pytest.approx(1.7e-10, abs=2 * c.q_anodic.error)
        assert c.q_anodic.error > 0.05e-12 * 2 * HALF * 0.99


def test_the_stated_error_of_a_charge_is_the_real_one():
    """A hundred noisy blanks: net charge over its stated error scatters by about one."""
    t, e, bounds = _triangle(1)
    rng = np.random.default_rng(2)
    pull = []
    for _ in range(100):
        i = -3e-12 + 1e-13 * rng.standard_normal(t.size)
        (c,) = cycles(t, e, i, bounds).cycles
        pull.append((c.q_cathodic.value - 3e-12 * 2 * HALF) / c.q_cathodic.error)
    assert 0.8 < np.std(pull) < 1.25


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), at=st.floats(3.0, 30.0))
def test_charge_is_conserved_wherever_the_cut_is(seed, at):
    """Anodic minus cathodic charge of all cycles is the integral of the current."""
    rng = np.random.default_rng(seed)
    t = ROW * np.arange(13541)
    i = 1e-9 * np.sin(t * rng.uniform(0.1, 3.0) + rng.uniform(0, 6)) + 1e-10 * rng.normal()
    result = cycles(t, t, i, np.array([0.0, at, t[-1]]))
    net = sum(c.q_anodic.value - c.q_cathodic.value for c in result.cycles)
    assert net == pytest.approx(charge(t, i)[-1] - charge(t, i)[0], abs=1e-14)


@settings(max_examples=60, deadline=None)
@given(i=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=40))
def test_no_voltammogram_raises(i):
    """Any currents, any number of rows."""
    current = np.array(i, float)
    t = ROW * np.arange(current.size)
    result = cycles(t, t, current, np.array([0.0, 0.03, 0.06]))
    for c in result.cycles:
        assert c.efficiency.status.has_value == math.isfinite(c.efficiency.value)
    s = sweep(t, current)
    assert isinstance(anodic_peaks(s), tuple)
    for value in (
        onset_threshold(s, (0.0, 0.05)),
        onset_tangent(s, (0.0, 0.05)),
        crossover(s, s),
        current_at(s, 0.01),
        wave(s).half_wave,
    ):
        assert value.status.has_value == math.isfinite(value.value)


# ---------------------------------------------------------------------------------- sweeps


def _reversible_peak(e, e0):
    """Current of a reversible oxidation at a planar electrode, in F A c sqrt(D f v).

    Semi-derivative (Gruenwald) of the surface concentration, which Nernst's law gives.
    """
    step = F_RT * (e[1] - e[0])
    m = 1.0 / (1.0 + np.exp(-F_RT * (e - e0)))
    k = np.arange(1, e.size)
    w = np.concatenate([[1.0], np.cumprod((k - 1.5) / k)])
    return np.convolve(m, w)[: e.size] / math.sqrt(step)


def test_the_peak_of_randles_and_sevcik():
    """Height 0.4463, 28.5 mV behind E1/2; position within 1 mV, at 0.5 % noise."""
    e = np.arange(-0.2, 0.5, RATE * ROW)
    i = _reversible_peak(e, 0.1)
    i += 0.002 * np.random.default_rng(4).standard_normal(e.size)
    (peak,) = anodic_peaks(sweep(e, i))
    assert peak.potential.value - 0.1 == pytest.approx(28.5e-3, abs=1e-3)
    assert peak.current.value == pytest.approx(0.4463, rel=5e-3)


def test_alloy_peaks_are_found_and_noise_is_not():
    """Three anodic peaks where planted; nothing in pure noise; heights from the foot's line."""
    e = np.arange(-0.1, 1.3, RATE * ROW)
    rng = np.random.default_rng(5)
    planted = ((0.18, 0.03), (0.32, 0.025), (0.82, 0.06))
    i = 1e-9 * sum(np.exp(-0.5 * ((e - c) / w) ** 2) for c, w in planted) + 3e-10 * (e + 0.1)
    i += 1e-11 * rng.standard_normal(e.size)
    peaks = anodic_peaks(sweep(e, i), foot=(1.1, 1.25))
    assert [p.potential.value for p in peaks] == pytest.approx([c for c, _ in planted], abs=3e-3)
    assert peaks[2].current.value == pytest.approx(1e-9, rel=0.03)
    assert peaks[2].width == pytest.approx(2.355 * 0.06, rel=0.15)
    assert anodic_peaks(sweep(e, 1e-11 * rng.standard_normal(e.size))) == ()


def _plating_sweep(noise, seed=6):
    """A cathodic sweep with a straight foot and an exponential onset below -0.10 V."""
    e = np.arange(0.1, -0.27, -RATE * ROW)
    i = -2e-12 * (0.1 - e) / 0.1 - 1e-12 * np.expm1(np.maximum(-0.10 - e, 0.0) / 0.02)
    return e, i + noise * np.random.default_rng(seed).standard_normal(e.size)


def test_the_two_onsets_are_two_numbers():
    """The threshold sees the first excess, the tangent the steepest rise: both, by name."""
    e, i = _plating_sweep(5e-14)
    s = sweep(e, i)
    first, steep = onset_threshold(s, (-0.08, 0.0)), onset_tangent(s, (-0.08, 0.0))
    # excess reaches 5 sigma of the grid's scatter: expm1(x / 20 mV) = 0.2 or so, x about 4 mV
    assert -0.115 < first.value < -0.100
    assert steep.value < first.value - 0.02


def test_the_tangent_onset_of_a_straight_rise_is_its_corner():
    """Two straight lines meet at -0.15 V: so does the tangent with the foot."""
    e = np.arange(0.0, -0.27, -RATE * ROW)
    i = -1e-12 - 1e-9 * np.maximum(-0.15 - e, 0.0)
    assert onset_tangent(sweep(e, i), (-0.13, -0.03)).value == pytest.approx(-0.15, abs=1e-3)


def test_no_onset_without_one():
    """A straight noisy line has none, by either definition."""
    e = np.arange(0.1, -0.27, -RATE * ROW)
    i = 1e-12 * e + 1e-13 * np.random.default_rng(7).standard_normal(e.size)
    s = sweep(e, i)
    assert onset_threshold(s, (-0.08, 0.0)).status is Status.NOT_FOUND
    assert onset_tangent(s, (-0.08, 0.0)).status is Status.NOT_FOUND


def test_the_nucleation_loop_closes_where_the_branches_meet():
    """The way back carries more current below -0.03 V and less above: there is the crossover."""
    e = np.arange(0.2, -0.27, -RATE * ROW)
    rng = np.random.default_rng(8)
    there = -1e-9 * np.maximum(-0.13 - e, 0.0) / 0.1
    back = there + 2e-10 * (e + 0.03) * np.exp(e / 0.1)
    down = sweep(e, there + 1e-13 * rng.standard_normal(e.size))
    up = sweep(e[::-1], (back + 1e-13 * rng.standard_normal(e.size))[::-1])
    assert not down.anodic
    assert up.anodic
    assert crossover(down, up).value == pytest.approx(-0.03, abs=3e-3)
    assert crossover(down, down).status is Status.NOT_FOUND


def test_the_current_at_a_potential_is_read_never_extrapolated():
    """Linear in between; outside the sweep there is none."""
    e = np.arange(0.0, 0.5, RATE * ROW)
    s = sweep(e, 2e-9 * e)
    assert current_at(s, 0.25).value == pytest.approx(5e-10, rel=1e-6)
    assert current_at(s, 0.7).status is Status.NOT_REACHED
    assert current_at(sweep(e[:4], e[:4]), 0.0).status is Status.TOO_SHORT
