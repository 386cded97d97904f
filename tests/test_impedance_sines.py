"""Impedances from samples: sines of a known cell, with drift, noise, hum and gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from seccm.analysis.impedance import Circuit, Spectrum, fitted
from seccm.analysis.impedance.leads import (
    added,
    stray_of_blank,
    taken_off,
    transfer_of_resistor,
)
from seccm.analysis.impedance.sines import Sined, from_samples
from seccm.analysis.impedance.spectrum import averaged
from seccm.arrays import FloatArray
from seccm.rig.leads import Leads

ROW = 1e-4
PERIOD = 1.0
HARMONICS = [1, 3, 7, 11, 23, 47, 91, 151, 301, 601, 1201]
DUMMY = Circuit("RC")
VALUES = [1e6, 1e8, 2e-11]


def _sampled(
    seconds: float, *, values: Sequence[float] = VALUES, since: float = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """Return time, potential and current of a linear cell in steady state."""
    t = np.arange(round(seconds / ROW)) * ROW + since
    E, i = np.zeros(len(t)), np.zeros(len(t))
    for k, harmonic in enumerate(HARMONICS):
        turns = 2.0 * np.pi * harmonic / PERIOD * t - np.pi * k * (k - 1) / len(HARMONICS)
        Z = DUMMY.impedance(np.array([harmonic / PERIOD]), values)[0]
        E += 2e-3 * np.cos(turns)
        i += np.real(2e-3 / Z * np.exp(1j * turns))
    return t, E, i


def _found(E: FloatArray, i: FloatArray, **more: str) -> Sined:
    found = from_samples(E, i, ROW, PERIOD, HARMONICS, **more)
    assert found is not None
    return found


def _truth(found: Sined) -> FloatArray:
    Z = DUMMY.impedance(found.spectrum.f, VALUES)
    off: FloatArray = np.abs(found.spectrum.Z / Z - 1.0)
    return off


@pytest.mark.parametrize("since", [0.0, 0.37])
@pytest.mark.parametrize("seconds", [2.0, 3.0, 4.7])
def test_sines_without_noise_give_the_impedance_exactly(seconds: float, since: float) -> None:
    _, E, i = _sampled(seconds, since=since)
    found = _found(E, i)
    assert found.periods == int(seconds)
    assert np.all(_truth(found) < 1e-9)
    np.testing.assert_allclose(found.spectrum.f, HARMONICS)


def test_a_period_that_is_no_whole_number_of_samples_does_no_harm() -> None:
    t = np.arange(40_000) * ROW
    period = 0.7713577
    E, i = np.zeros(len(t)), np.zeros(len(t))
    for harmonic in (1, 3, 7, 31, 301):
        Z = DUMMY.impedance(np.array([harmonic / period]), VALUES)[0]
        turns = 2.0 * np.pi * harmonic / period * t
        E, i = E + np.cos(turns), i + np.real(np.exp(1j * turns) / Z)
    found = from_samples(E, i, ROW, period, [1, 3, 7, 31, 301])
    assert found is not None
    Z = DUMMY.impedance(found.spectrum.f, VALUES)
    assert np.all(np.abs(found.spectrum.Z / Z - 1.0) < 1e-3)


def test_a_drifting_baseline_does_no_harm() -> None:
    t, E, i = _sampled(4.0)
    found = _found(E + 0.4 + 2e-3 * t, i + 1e-9 - 3e-11 * t + 4e-12 * t**2)
    assert np.all(_truth(found) < 1e-4)


def test_standard_deviations_are_the_scatter_whichever_channel_is_noisy() -> None:
    for noise_E, noise_I in ((2e-4, 0.0), (0.0, 2e-12), (2e-4, 2e-12)):
        found, pulls = [], []
        for seed in range(25):
            rng = np.random.default_rng(seed)
            t, E, i = _sampled(4.0)
            E = E + noise_E * rng.standard_normal(len(t))
            i = i + noise_I * rng.standard_normal(len(t))
            one = _found(E, i)
            found.append(one.spectrum.Z)
            truth = DUMMY.impedance(one.spectrum.f, VALUES)
            pulls.append((one.spectrum.Z - truth) / one.spectrum.sigma)
        parts = np.concatenate([np.real(pulls), np.imag(pulls)])
        assert np.sqrt(np.mean(parts**2)) == pytest.approx(1.0, abs=0.2)
        assert np.all(np.std(found, axis=0) > 0.0)


def test_hum_between_the_sines_does_no_harm() -> None:
    t, E, i = _sampled(4.0)
    found = _found(E, i + 1e-11 * np.sin(2.0 * np.pi * 50.0 * t))
    assert np.all(_truth(found) < 1e-9)


def test_a_gap_costs_the_periods_that_it_is_in() -> None:
    _, E, i = _sampled(6.0)
    i[12_345:12_400] = np.nan  # in the second period: the four after it are left
    found = _found(E, i)
    assert found.periods == 4
    assert np.all(_truth(found) < 1e-9)


def test_less_than_two_whole_periods_are_no_spectrum() -> None:
    _, E, i = _sampled(1.9)
    assert from_samples(E, i, ROW, PERIOD, HARMONICS) is None
    _, E, i = _sampled(3.0)
    i[15_000] = np.nan
    assert from_samples(E, i, ROW, PERIOD, HARMONICS) is None


def test_a_cell_that_changes_between_the_halves_is_seen() -> None:
    _, E, early = _sampled(2.0)
    _, _, late = _sampled(2.0, values=[1e6, 1.1e8, 2e-11])
    steady = _found(np.tile(E, 2), np.tile(early, 2))
    changed = _found(np.tile(E, 2), np.concatenate((early, late)))
    assert np.nanmax(steady.change) < 1e-9
    assert np.nanmax(changed.change) == pytest.approx(0.1, abs=0.02)


def test_a_cell_that_is_not_linear_answers_at_twice_the_frequencies() -> None:
    t = np.arange(30_000) * ROW
    E = 0.05 * np.cos(2.0 * np.pi * 7.0 * t)
    linear = from_samples(E, E / 1e8, ROW, PERIOD, [7])
    bent = from_samples(E, (E + 2.0 * E**2) / 1e8, ROW, PERIOD, [7])
    assert linear is not None
    assert bent is not None
    assert linear.distortion < 1e-9
    # 2 a cos^2 = a + a cos(2 w t) of the amplitude: 0.05.
    assert bent.distortion == pytest.approx(0.05, rel=1e-3)


def test_the_mean_of_spectra_scatters_less_by_the_root_of_their_number() -> None:
    f, rng = np.array([1.0, 10.0, 100.0]), np.random.default_rng(1)
    many = [
        Spectrum(f, 1e8 + 1e6 * (rng.standard_normal(3) + 1j * rng.standard_normal(3)),
                 np.full(3, 1e6))
        for _ in range(16)
    ]  # fmt: skip
    mean = averaged(many)
    assert np.all(mean.sigma >= 0.25e6 * (1.0 - 1e-12))
    assert np.all(mean.sigma < 0.6e6)
    apart = [Spectrum(f, np.full(3, Z + 0j), np.zeros(3)) for Z in (1e8, 1.2e8)]
    # Two numbers 2 d apart: their mean has d / sqrt(2) in the real and the imaginary part together.
    np.testing.assert_allclose(averaged(apart).sigma, 1e7 / np.sqrt(2.0))


# ------------------------------------------------------------------------- leads

F = np.geomspace(1.0, 5e3, 30)
LEADS = Leads(stray=1e-12, time_constant=8e-6, delay=4e-6)


def test_what_the_leads_add_can_be_taken_off_again() -> None:
    Z = DUMMY.impedance(F, VALUES)
    seen = Spectrum(F, added(F, Z, LEADS), 1e-3 * np.abs(Z))
    assert np.max(np.abs(seen.Z / Z - 1.0)) > 0.05
    np.testing.assert_allclose(taken_off(seen, LEADS).Z, Z, rtol=1e-12)


def test_the_phase_of_a_resistor_is_zero_to_5_khz_once_leads_are_taken_off() -> None:
    blank = Spectrum(F, added(F, np.full(len(F), 1e15 + 0j), LEADS), np.zeros(len(F)))
    stray, _ = stray_of_blank(blank)
    resistor = Spectrum(F, added(F, np.full(len(F), 1e8 + 0j), LEADS), np.zeros(len(F)))
    found = transfer_of_resistor(resistor, 1e8, LEADS.stray)
    known = found.leads
    assert found.identified
    # 1 pF beside 100 Mohm turns the phase by 72 degrees at 5 kHz, the amplifier by 14 more.
    assert np.degrees(np.angle(resistor.Z[-1])) < -40.0
    assert stray == pytest.approx(1e-12, rel=0.2)
    assert known.time_constant == pytest.approx(8e-6, rel=1e-3)
    assert known.delay == pytest.approx(4e-6, rel=1e-3)
    phase = np.degrees(np.angle(taken_off(resistor, known).Z))
    assert np.max(np.abs(phase)) < 0.1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("planted", [0.0, 0.3e-6, 8e-6, 60e-6])
def test_a_time_constant_is_a_number_with_its_uncertainty_or_a_bound(
    planted: float, seed: int
) -> None:
    """Sines up to 2 kHz with 0.1 % of noise see 60 us, and hardly 8 us beside a delay."""
    rng, f = np.random.default_rng(seed), F[F <= 2000.0]
    seen = added(f, np.full(len(f), 1e7 + 0j), Leads(1e-12, planted, 2e-6))
    sigma = 1e-3 * np.abs(seen)
    noise = sigma * (rng.standard_normal(len(f)) + 1j * rng.standard_normal(len(f)))
    found = transfer_of_resistor(Spectrum(f, seen + noise, sigma), 1e7, 1e-12)
    assert found.described
    assert found.gain == pytest.approx(1.0, abs=2e-3)
    assert found.identified or planted < 60e-6
    assert planted < found.leads.time_constant + 4.0 * found.time_constant_error
    if found.identified:
        assert abs(found.leads.time_constant - planted) < 4.0 * found.time_constant_error
    assert abs(found.leads.delay - 2e-6) < 4.0 * found.delay_error


def test_another_resistor_than_was_named_says_nothing_of_the_amplifier() -> None:
    for resistance in (1e9, 3e6):
        seen = added(F, np.full(len(F), resistance + 0j), LEADS)
        found = transfer_of_resistor(Spectrum(F, seen, 1e-3 * np.abs(seen)), 1e7, LEADS.stray)
        assert not found.described
        assert not found.identified


def test_the_noise_goes_with_the_impedance() -> None:
    Z, rng = DUMMY.impedance(F, VALUES), np.random.default_rng(2)
    seen = added(F, Z, LEADS)
    sigma = 1e-3 * np.abs(seen)
    noise = [sigma * (rng.standard_normal(30) + 1j * rng.standard_normal(30)) for _ in range(200)]
    many = [taken_off(Spectrum(F, seen + each, sigma), LEADS) for each in noise]
    scatter = np.std([one.Z for one in many], axis=0) / np.sqrt(2.0)
    np.testing.assert_allclose(scatter, many[0].sigma, rtol=0.25)


def test_the_dummy_is_found_behind_leads_and_noise() -> None:
    rng = np.random.default_rng(3)
    seen = added(F, DUMMY.impedance(F, VALUES), LEADS)
    sigma = 1e-3 * np.abs(seen)
    noisy = seen + sigma * (rng.standard_normal(30) + 1j * rng.standard_normal(30))
    fit = fitted(taken_off(Spectrum(F, noisy, sigma), LEADS), DUMMY)
    assert fit is not None
    assert np.all(np.abs(fit.values - VALUES) < 4.0 * fit.errors)
    assert np.all(fit.errors / fit.values < 2e-3)
