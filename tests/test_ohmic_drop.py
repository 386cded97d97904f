"""Sweeps without the resistance of the solution: closed forms, and curves of a virtual disk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import dawsn

from seccm.analysis.ohmic_drop import semi_integral, without_resistance
from seccm.arrays import FloatArray
from seccm.results import Status
from sim.cell import Droplet
from sim.disk import DiskCell
from sim.redox import RedoxParameters
from sim.solving import FARADAY, GAS

f = FARADAY / (GAS * 298.15)
RADIUS, DIFFUSIVITY, ION = 12.5e-6, 3e-10, 1000.0
AREA = math.pi * RADIUS**2


def peak_of(rate: float) -> float:
    """Berzins and Delahay: amperes."""
    return 0.6105 * FARADAY * AREA * ION * math.sqrt(DIFFUSIVITY * f * rate)


def swept(
    rate: float, resistance: float, noise: float = 0.0, seed: int = 0, stop: float = -0.6
) -> tuple[FloatArray, FloatArray, float]:
    """A metal deposited on a disk: imposed potential and current in rows of 2 mV at most."""
    length = max(1, int(2e-3 / rate / 1e-5 + 0.02))
    row, each = length * 1e-5, 2 * length
    rows = int(-stop / rate / row)
    cell = DiskCell(
        RedoxParameters(
            rate_constant=1.0, oxidised=ION, reduced=ION, oxidised_diffusivity=DIFFUSIVITY,
            reduced_diffusivity=math.inf, rest_potential=0.0,
            conductivity=1.0 / (4.0 * RADIUS * resistance) if resistance else math.inf,
        ),
        RADIUS,
    )  # fmt: skip
    cell.wet(Droplet(20e-6, 20e-6, 5e-6, 0.2))
    wave = -rate * 5e-6 * (np.arange(rows * each) + 0.5)
    answer = cell.run("potential", wave, 5e-6)
    current = answer.current.reshape(rows, each).mean(axis=1)
    current += noise * np.random.default_rng(seed).standard_normal(rows)
    return wave.reshape(rows, each).mean(axis=1), current, row


@pytest.mark.parametrize("edge", [0.0, 1.4, -0.5])
def test_the_semi_integral_of_a_step_is_known(edge: float):
    """2 sqrt(t / pi); with an edge k, (1 - exp(k2 t) erfc(k sqrt t)) / k."""
    row = 1e-3
    t = row * np.arange(1, 500)
    found = semi_integral(np.ones(499), row, edge)
    if edge == 0.0:
        exact = 2.0 * np.sqrt(t / math.pi)
    else:
        x = edge * np.sqrt(t)
        exact = (1.0 - np.exp(x**2) * np.array([math.erfc(float(v)) for v in x])) / edge
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_twice_integrated_by_a_half_is_once_integrated():
    rng = np.random.default_rng(3)
    current = np.convolve(rng.standard_normal(400), np.ones(20) / 20, "same")
    m = semi_integral(current, 1e-3)
    once = np.cumsum(current) * 1e-3
    middle = (m + np.concatenate([[0.0], m[:-1]])) / 2.0
    np.testing.assert_allclose(semi_integral(middle, 1e-3), once, atol=0.02 * np.abs(once).max())


def test_without_resistance_and_edge_a_curve_stays_as_it_is():
    """Dawson's integral: what Berzins and Delahay found, with its top at 0.541 * 2 / sqrt(pi)."""
    rate, row = 10.0, 1e-4
    t = row * np.arange(1, 500)
    x = np.sqrt(f * rate * (t - row / 2))
    current = -FARADAY * AREA * ION * math.sqrt(DIFFUSIVITY * f * rate) * (
        2.0 / math.sqrt(math.pi)
    ) * dawsn(x)  # fmt: skip
    found = without_resistance(-rate * (t - row / 2), current, row, 0.0, -rate * row)
    assert found is not None
    assert found.height.status is Status.OK
    assert -found.height.value == pytest.approx(peak_of(rate), rel=0.01)
    assert found.peak.value == pytest.approx(-0.854 / f, abs=2e-3)


@pytest.mark.parametrize("resistance", [0.0, 5e3, 20e3, 40e3])
def test_peaks_come_out_as_they_would_be_without_resistance(resistance: float):
    """10, 20 and 30 V/s; with 40 kohm the peaks measured are at half their height."""
    rates = np.array([10.0, 20.0, 30.0])
    heights, measured = [], []
    for rate in rates:
        e, current, row = swept(rate, resistance)
        found = without_resistance(e, current, row, resistance, -rate * row)
        assert found is not None
        assert found.height.status is Status.OK
        assert found.peak.value == pytest.approx(-0.854 / f, abs=2.5e-3)
        assert -found.height.value == pytest.approx(peak_of(rate), rel=0.012)
        assert abs(-found.height.value - peak_of(rate)) < 3 * found.height.error
        heights.append(-found.height.value)
        measured.append(-current.min())
    slope = np.polyfit(np.sqrt(rates), heights, 1)[0] / AREA / 10.0
    assert slope == pytest.approx(637.0, rel=0.01)
    power = np.polyfit(np.log(rates), np.log(heights), 1)[0]
    assert power == pytest.approx(0.5, abs=0.006)
    if resistance >= 20e3:
        assert np.polyfit(np.log(rates), np.log(measured), 1)[0] < 0.4


@settings(max_examples=15, deadline=None)
@given(rate=st.floats(5.0, 40.0), resistance=st.floats(0.0, 30e3), seed=st.integers(0, 99))
def test_noise_does_not_move_the_peak_by_more_than_it_says(
    rate: float, resistance: float, seed: int
):
    e, current, row = swept(rate, resistance, noise=5e-9, seed=seed, stop=-0.7)
    found = without_resistance(e, current, row, resistance, -rate * row)
    assert found is not None
    assert abs(-found.height.value - peak_of(rate)) < 4 * found.height.error
    assert found.height.error < 0.03 * peak_of(rate)


def test_a_sweep_turned_upside_down_gives_the_same_peak():
    e, current, row = swept(20.0, 20e3)
    down, up = (
        without_resistance(s * e, s * current, row, 20e3, -s * 20.0 * row) for s in (1.0, -1.0)
    )
    assert down is not None
    assert up is not None
    assert up.height.value == pytest.approx(-down.height.value, rel=1e-9)
    assert up.peak.value == pytest.approx(-down.peak.value, abs=1e-9)


def test_a_sweep_that_ends_soon_after_its_peak_says_so():
    e, current, row = swept(10.0, 20e3, stop=-0.27)
    found = without_resistance(e, current, row, 20e3, -10.0 * row)
    assert found is not None
    assert found.height.status is Status.NO_PLATEAU
    assert -found.height.value == pytest.approx(peak_of(10.0), rel=0.2)


def test_a_sweep_without_a_peak_has_none():
    e, current, row = swept(10.0, 20e3, stop=-0.15)
    found = without_resistance(e, current, row, 20e3, -10.0 * row)
    assert found is None or found.height.status in (Status.NOT_FOUND, Status.NO_PLATEAU)
    assert without_resistance(e[:10], current[:10], row, 20e3, -10.0 * row) is None
    current[30] = math.nan
    assert without_resistance(e, current, row, 20e3, -10.0 * row) is None
