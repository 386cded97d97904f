"""The virtual disk microelectrode against closed forms: steady state, transients, sweeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erfcx

from seccm.arrays import FloatArray
from sim.cell import Droplet
from sim.disk import DiskCell, disk_shells
from sim.redox import RedoxParameters
from sim.solving import FARADAY, GAS

f = FARADAY / (GAS * 298.15)
RADIUS, DIFFUSIVITY, ION = 12.5e-6, 3e-10, 1000.0
AREA = math.pi * RADIUS**2
DROP = Droplet(20e-6, 20e-6, 5e-6, 0.2)


def couple(**changes: float) -> RedoxParameters:
    """A reversible couple, all oxidised, without resistance and double layer."""
    usual = {
        "formal_potential": 0.0, "rate_constant": 1.0, "oxidised": 10.0, "reduced": 0.0,
        "oxidised_diffusivity": DIFFUSIVITY, "reduced_diffusivity": DIFFUSIVITY,
        "capacitance": 0.0, "conductivity": math.inf, "rest_potential": 0.4,
    }  # fmt: skip
    return RedoxParameters(**(usual | changes))


def metal(**changes: float) -> RedoxParameters:
    """A metal on itself from 1 mol/l of its ion."""
    usual = {
        "oxidised": ION,
        "reduced": ION,
        "reduced_diffusivity": math.inf,
        "rest_potential": 0.0,
    }
    return couple(**(usual | changes))


def driven(parameters: RedoxParameters, wave: FloatArray, step: float) -> FloatArray:
    cell = DiskCell(parameters, RADIUS)
    cell.wet(DROP)
    return cell.run("potential", wave, step).current


def swept(parameters: RedoxParameters, rate: float, start: float, stop: float,
          step: float = 0.05e-3) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Sweep in steps of a fraction of a millivolt; potential and current in their middle."""
    count = round(abs(stop - start) / step)
    e = start + (stop - start) * (np.arange(count) + 0.5) / count
    return e, driven(parameters, e, step / rate)


def test_the_geometry_is_that_of_a_disk():
    shells = disk_shells(RADIUS)
    assert shells.resistance == pytest.approx(1.0 / (4.0 * RADIUS), rel=1e-12)
    with pytest.raises(ValueError, match="radius above 0"):
        disk_shells(0.0)


def test_the_steady_current_is_4nfdca_and_the_resistance_a_quarter_over_kappa_a():
    long = driven(couple(), np.full(4000, -1.0), 1.0)
    assert -long[-1] == pytest.approx(4.0 * FARADAY * DIFFUSIVITY * 10.0 * RADIUS, rel=6e-3)
    # Capabilities of a disk of 12.5 um in 1 S/m: 20 kohm; a metal far from its limit is a resistor.
    current = driven(metal(conductivity=1.0, rate_constant=100.0), np.full(1, -1e-3), 1e-7)
    assert 1e-3 / -current[0] == pytest.approx(20e3, rel=0.01)


def test_a_step_of_the_potential_follows_shoup_and_szabo():
    step = 1e-4
    current = -driven(couple(), np.full(100_000, -1.0), step)
    t = step * (np.arange(current.size) + 0.5)
    tau = 4.0 * DIFFUSIVITY * t / RADIUS**2
    exact = 0.7854 + 0.8863 / np.sqrt(tau) + 0.2146 * np.exp(-0.7823 / np.sqrt(tau))
    ratio = current / (4.0 * FARADAY * DIFFUSIVITY * 10.0 * RADIUS) / exact
    assert np.abs(ratio[30:] - 1.0).max() < 0.015


@pytest.mark.parametrize("rate", [10.0, 20.0, 30.0, 100.0])
def test_a_metal_is_deposited_as_berzins_and_delahay_say(rate: float):
    """0.6105, not 0.4463; the edge of the disk adds what it adds to a Cottrell current."""
    e, current = swept(metal(), rate, 0.0, -0.3)
    planar = 0.6105 * FARADAY * AREA * ION * math.sqrt(DIFFUSIVITY * f * rate)
    edge = FARADAY * AREA * DIFFUSIVITY / RADIUS * ION
    peak = int(np.argmin(current))
    share = 1.0 - math.exp(f * e[peak])
    assert -current[peak] == pytest.approx(planar + share * edge, rel=6e-3)
    assert e[peak] == pytest.approx(-0.854 / f, abs=3e-3)
    # In mA/cm2 at 1 V/s, 637.
    assert planar / AREA / math.sqrt(rate) / 10.0 == pytest.approx(636.5, rel=1e-3)


def test_the_peaks_of_a_metal_lie_on_a_line_over_the_root_of_the_rate():
    rates = np.array([10.0, 20.0, 30.0])
    peaks = [-swept(metal(), rate, 0.0, -0.2)[1].min() / AREA / 10.0 for rate in rates]
    slope, edge = np.polyfit(np.sqrt(rates), peaks, 1)
    assert slope == pytest.approx(636.5, rel=0.01)
    assert edge == pytest.approx(FARADAY * DIFFUSIVITY / RADIUS * ION / 10.0, rel=0.5)


def test_a_dissolved_couple_peaks_as_randles_and_sevcik_say():
    rate = 1000.0
    e, current = swept(couple(), rate, 0.4, -0.3)
    planar = 0.4463 * FARADAY * AREA * 10.0 * math.sqrt(DIFFUSIVITY * f * rate)
    assert -current.min() == pytest.approx(planar, rel=0.015)
    assert e[np.argmin(current)] == pytest.approx(-28.5e-3, abs=1e-3)


def test_an_irreversible_couple_peaks_lower_later_and_broader():
    """Ep = E0 - (RT / alpha F) [0.780 + ln(sqrt(D alpha f v) / k0)], |Ep - Ep/2| = 1.857 RT/aF."""
    rate, k0 = 1000.0, 1e-6
    e, current = swept(couple(rate_constant=k0), rate, 0.4, -1.2, step=0.1e-3)
    peak = int(np.argmin(current))
    root = math.sqrt(DIFFUSIVITY * 0.5 * f * rate)
    planar = 0.4958 * FARADAY * AREA * 10.0 * math.sqrt(0.5 * f * DIFFUSIVITY * rate)
    assert -current[peak] == pytest.approx(planar, rel=0.02)
    expected = -(0.780 + math.log(root / k0)) / (0.5 * f)
    assert e[peak] == pytest.approx(expected, abs=3e-3)
    half = e[int(np.argmax(current <= current[peak] / 2.0))]
    assert half - e[peak] == pytest.approx(1.857 / (0.5 * f), rel=0.02)


@pytest.mark.parametrize(("psi", "apart"), [(20.0, 61.0), (1.0, 84.0), (0.5, 105.0), (0.25, 141.0)])
def test_a_quasi_reversible_couple_separates_its_peaks_as_nicholson_tabulates(
    psi: float, apart: float
):
    """Anal. Chem. 37 (1965) 1351, psi = k0 / sqrt(pi D f v)."""
    rate = 1000.0
    k0 = psi * math.sqrt(math.pi * DIFFUSIVITY * f * rate)
    count, turn = 4000, -0.5
    down = 0.4 + (turn - 0.4) * (np.arange(count) + 0.5) / count
    wave = np.concatenate([down, down[::-1]])
    current = driven(couple(rate_constant=k0), wave, 0.9 / count / rate)
    forth, back = current[:count], current[count:]
    between = (wave[count:][np.argmax(back)] - down[np.argmin(forth)]) * 1e3
    assert between == pytest.approx(apart, abs=3.0)


def test_sand_time_of_a_metal_is_that_of_its_ion():
    """1 A/cm2 from 1 mol/l: 21.9 ms of a plane; with its edge a disk lasts half as long again."""
    cell = DiskCell(metal(capacitance=0.01), RADIUS)
    cell.wet(DROP)
    step = 1e-5
    answer = cell.run("current", np.full(6000, -1e4 * AREA), step)
    sand = math.pi * DIFFUSIVITY * (FARADAY * ION / 2e4) ** 2
    assert sand == pytest.approx(21.9e-3, rel=0.01)
    gone = step * int(np.argmax(answer.potential < -0.3))
    # To first order in the edge: the ion is gone when sqrt(D) c = j / F (1 - erfcx(k sqrt t)) / k.
    k, t = math.sqrt(DIFFUSIVITY) / RADIUS, step * np.arange(1, 6000)
    taken = 1e4 / FARADAY * (1.0 - erfcx(k * np.sqrt(t))) / k / math.sqrt(DIFFUSIVITY)
    assert gone == pytest.approx(float(t[np.argmax(taken > ION)]), rel=0.05)
    assert gone > 1.3 * sand


def test_a_copy_goes_its_own_way_and_the_shape_of_the_droplet_does_not_matter():
    cell = DiskCell(metal(), RADIUS)
    cell.wet(DROP)
    cell.run("potential", np.full(10, -0.1), 1e-3)
    twin = cell.copy()
    cell.reshape(Droplet(30e-6, 30e-6, 1e-6, 0.2))
    wave = np.linspace(-0.1, -0.2, 50)
    twin.run("potential", np.full(5, -0.5), 1e-3)
    again = cell.copy().run("potential", wave, 1e-3)
    np.testing.assert_array_equal(cell.run("potential", wave, 1e-3).current, again.current)
