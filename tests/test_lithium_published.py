"""The lithium cell against the published measurements its parameters were fitted to.

Galvanostatic plating and voltammetry on gold from 50 mM LiClO4 in propylene carbonate, with a
10 um pipette whose footprint is 22 um wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from closed_forms import SAMPLE, TEN_MICRON, FloatArray
from scipy.signal import find_peaks

from sim.cell import Droplet
from sim.lithium import Deposit, LithiumCell, LithiumParameters

AREA = math.pi * TEN_MICRON.footprint**2
SIX_MICRON = Droplet(3e-6, 4.66e-6, 1.2e-6, math.radians(18))


@dataclass(frozen=True)
class Plating:
    """One galvanostatic experiment."""

    time: FloatArray
    potential: FloatArray
    deposit: Deposit

    @property
    def minimum(self) -> int:
        """Row of the first minimum from which the potential recovers by 2 mV."""
        lowest = np.minimum.accumulate(self.potential)
        recovered = np.flatnonzero(self.potential > lowest + 2e-3)
        return int(np.argmin(self.potential[: recovered[0]]))

    @property
    def nucleates(self) -> bool:
        """Whether there is such a minimum."""
        return bool(np.any(self.potential > np.minimum.accumulate(self.potential) + 2e-3))


def plate(
    current: float,
    duration: float,
    droplet: Droplet = TEN_MICRON,
    parameters: LithiumParameters | None = None,
) -> Plating:
    """Plate at constant current on fresh gold."""
    cell = LithiumCell(parameters)
    cell.wet(droplet)
    count = round(duration / SAMPLE)
    potential = cell.run("current", np.full(count, current), SAMPLE).potential
    return Plating(SAMPLE * np.arange(1, count + 1), potential, cell.deposit)


@pytest.mark.parametrize(
    ("current", "duration", "nucleation", "growth", "time", "charge", "density"),
    [
        (-0.75e-9, 60.0, -0.058, -0.004, 17.7, 0.98, 1.1e9),
        (-3e-9, 15.0, -0.135, -0.022, 3.8, 0.85, 1.7e9),
        (-15e-9, 3.0, -0.292, -0.267, 0.8, 0.82, 2.5e9),
    ],
)
def test_table_1(
    current: float,
    duration: float,
    nucleation: float,
    growth: float,
    time: float,
    charge: float,
    density: float,
) -> None:
    """E_nuc within 20 mV, t_nuc and Q_nuc within 15 %, E_growth within 25 mV, N within 25 %.

    The middle row's E_growth is the model's weakest number: 25 mV too negative with the
    parameters that also serve the voltammetry.
    """
    run = plate(current, duration)
    k = run.minimum
    assert run.potential[k] == pytest.approx(nucleation, abs=20e-3)
    assert run.time[k] == pytest.approx(time, rel=0.15)
    assert -current * run.time[k] / AREA / 36.0 == pytest.approx(charge, rel=0.15)
    assert run.potential[k:].max() == pytest.approx(growth, abs=25e-3)
    assert run.deposit.nuclei / 1e4 == pytest.approx(density, rel=0.25)
    assert 40e-9 < run.deposit.mean_diameter < 100e-9


def test_depletion_shifts_the_potential_late_at_the_highest_current() -> None:
    """After 2.6 uAh/cm^2 (2.45 s) less than a tenth of the salt is left, and E falls away.

    The lower currents, whose surface keeps more than half of its salt, show no such fall.
    """
    late = plate(-15e-9, 3.0)
    falls = late.potential[[round(t / SAMPLE) for t in (1.0, 1.9, 2.8)]]
    assert plate(-15e-9, 2.45).deposit.surface_concentration < 5.0
    assert falls[1] - falls[2] > 0.05
    assert falls[1] - falls[2] > 1.5 * (falls[0] - falls[1])
    gentle = plate(-3e-9, 15.0)
    assert gentle.deposit.surface_concentration > 25.0
    assert gentle.potential[-1] > gentle.potential[gentle.minimum] + 0.05


@pytest.mark.parametrize(("density", "expected"), [(2.2, False), (5.8, True), (29.2, True)])
def test_small_pipettes_need_a_current_to_nucleate_within_5_s(
    density: float, expected: bool
) -> None:
    """With 64 % of the capacities: never at 0.22 mA/cm^2, always from 0.58 on."""
    area = math.pi * SIX_MICRON.footprint**2
    run = plate(-density * area, 5.0, SIX_MICRON, LithiumParameters().scaled(capacity=0.64))
    assert run.nucleates is expected


def test_more_reactive_sites_nucleate_earlier_and_higher() -> None:
    """Ten times the rate lowers the time, the overpotential and raises the number of nuclei."""
    usual = plate(-3e-9, 8.0)
    eager = plate(-3e-9, 8.0, parameters=LithiumParameters().scaled(nucleation=10.0))
    assert eager.time[eager.minimum] < usual.time[usual.minimum]
    assert eager.potential[eager.minimum] > usual.potential[usual.minimum] + 5e-3
    assert eager.deposit.nuclei > usual.deposit.nuclei


@dataclass(frozen=True)
class Cycle:
    """One voltammetric cycle from +1.47 V to -0.27 V and back."""

    potential: FloatArray
    density: FloatArray

    @property
    def cathodic(self) -> float:
        """Charge in C/m^2, by the sign of the current."""
        return float(-np.minimum(self.density, 0.0).sum() * SAMPLE)

    @property
    def efficiency(self) -> float:
        """Anodic over cathodic charge."""
        return float(np.maximum(self.density, 0.0).sum() * SAMPLE / self.cathodic)

    @property
    def anodic_peaks(self) -> FloatArray:
        """Potentials of the peaks of the back sweep that stand out by 2 %."""
        back = self.density[self.density.size // 2 :]
        peaks, _ = find_peaks(back, prominence=0.02 * back.max())
        found: FloatArray = self.potential[self.density.size // 2 :][peaks]
        return found


@pytest.fixture(scope="module")
def cycles() -> list[Cycle]:
    """Ten cycles at 0.1 V/s on one droplet."""
    down = np.linspace(1.47, -0.27, round(1.74 / 0.1 / SAMPLE) + 1)
    wave = np.concatenate([down[1:], down[-2::-1]])
    cell = LithiumCell()
    cell.wet(TEN_MICRON)
    cell.run("potential", np.full(100, 1.47), SAMPLE)
    answers = [cell.run("potential", wave, SAMPLE) for _ in range(10)]
    return [Cycle(answer.potential, answer.current / AREA) for answer in answers]


def test_coulombic_efficiency_climbs_with_cycling(cycles: list[Cycle]) -> None:
    """From 0.25 to 0.85 within 0.1 in ten cycles, rising with every one."""
    efficiencies = [cycle.efficiency for cycle in cycles]
    assert efficiencies[0] == pytest.approx(0.25, abs=0.1)
    assert efficiencies[-1] == pytest.approx(0.85, abs=0.1)
    assert np.all(np.diff(efficiencies) > 0.0)


def test_the_first_cycle_costs_the_most_charge(cycles: list[Cycle]) -> None:
    """The film is grown once: the largest drop in cathodic charge is the first."""
    drops = -np.diff([cycle.cathodic for cycle in cycles])
    assert drops.argmax() == 0
    assert drops[0] > 0.0


@pytest.mark.parametrize("number", [0, 4, 9])
def test_three_anodic_peaks(cycles: list[Cycle], number: int) -> None:
    """Lithium and its two alloys dissolve at +0.18, +0.32 and +0.82 V, within 60 mV."""
    np.testing.assert_allclose(cycles[number].anodic_peaks, [0.18, 0.32, 0.82], atol=0.06)


def test_the_cathodic_branches_cross(cycles: list[Cycle]) -> None:
    """More lithium grows on the way back at -0.15 V than on the way there: the loop of nucleation.

    Only in the first cycle must it be seen; later ones find particles already there.
    """
    half = cycles[0].density.size // 2
    there = np.interp(0.15, -cycles[0].potential[:half], cycles[0].density[:half])
    back = np.interp(-0.15, cycles[0].potential[half:], cycles[0].density[half:])
    assert back < there < 0.0
