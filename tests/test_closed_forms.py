"""Where each closed form is checked, and those that have no file of their own.

| closed form | number | file |
|---|---|---|
| Cottrell, Sand, Randles and Sevcik; cone, its transient and constant flux | - | test_transport |
| disk 4 n F D c a, Shoup and Szabo | 1350.8 pA | test_disk_electrode, test_plan_transport |
| pipette of 10 deg: limit, resistance, settling | 5.850 nA, 3.465 Mohm, 73.3 s | the same |
| cone over disk | 0.0686, 0.0961, 0.1374 | test_plan_transport |
| Sand, supported and binary; 1 A/cm2 in 1 M | 2.1935, 4.744 s; 21.9 ms | test_plan_transport |
| resistance of a disk 1 / (4 kappa a) | 20 kohm | test_plan_transport |
| Berzins and Delahay, 10 to 30 V/s | 637 mA/cm2 (V/s)^-1/2 | test_fast_sweeps |
| power of the scan rate | 1/2, 1 | test_pulses, test_series |
| Nicholson: psi and separation | 11 entries | test_separation |
| Laviron: asymptote 4 RT/F ln(f v / 2 k) | - | test_separation |
| Tafel slope, alpha = 1/2 | 118.32 mV | test_kinetics, test_polarization |
| charge-transfer resistance 1 / (f j0) | 35.20 ohm cm2 | test_polarization |
| Marcus: detailed balance, both limits, bend -1 / (2 lambda) | - | test_polarization |
| steady wave of Butler and Volmer with transport | - | test_kinetics |
| Scharifker and Hills: maxima, i^2 t | 1.25643, 2.33666; 0.16288, 0.25975 | test_nuclei_density |
| sphere: I(0), reaction and diffusion time | 6.24e-3 1/s, 160.3, 120.2 s | test_sphere |
| sphere: current at tau = 0.5 | 0.49893, 0.68603, 0.41572 | test_sphere |
| sphere: all charge | 1 | test_sphere |
| characteristic times of 6 to 14 um | 40.6 to 75.3 s | test_pitt, test_particle_plan |
| film at constant potential q0 ln(1 + r t / q0) | - | test_lithium_equations |
| impedance: R parallel C, apex | 452.2 Hz, 79.6 Hz, 63.6 Hz | here, test_impedance_step |
| impacts: charge of a ball of LiMn2O4 | 0.150 to 76.9 pC | test_impacts |
| R2 intervals | 0.129-0.711, 0.965-0.995 | test_regression |
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from closed_forms import F, R

from seccm.analysis.impedance.circuit import Circuit
from seccm.units import parse

RT_F = R * 298.15 / F
HERE = Path(__file__).parent


def test_the_apex_of_charge_transfer_and_double_layer_is_452_hz():
    """35.20 ohm cm2 beside 10 uF/cm2, on any area: 1 / (2 pi R C)."""
    for area in (1e-12, 3.8e-10, 1e-4):
        r, c = RT_F / 7.3 / area, 0.1 * area
        f = np.geomspace(300.0, 700.0, 20_001)
        z = Circuit("p(R1,C1)").impedance(f, [r, c])
        assert f[np.argmax(-z.imag)] == pytest.approx(452.2, rel=1e-3)
        assert 1e4 * r * area == pytest.approx(35.20, rel=1e-3)


def test_the_slope_of_nernst_is_59_millivolts_a_decade():
    assert pytest.approx(25.6926, rel=1e-5) == 1e3 * RT_F
    assert 1e3 * RT_F * math.log(10.0) == pytest.approx(59.159, rel=1e-5)


def test_a_charge_of_lithium_is_a_mass_and_a_thickness():
    """45 nC are 466.39 fmol; 1 uAh/cm2 is 0.2589 ug/cm2 and 4.849 nm; 80 nm are 1.990 pC."""
    assert parse("45 nC", "C") / F == pytest.approx(466.39e-15, rel=1e-5)
    charge = parse("1 uAh/cm^2", "C/m^2")
    assert charge / F * 6.941e-3 == pytest.approx(0.2589e-5, rel=1e-3)
    assert charge / F * 13.0e-6 == pytest.approx(4.849e-9, rel=2e-3)
    ball = math.pi / 6.0 * (80e-9) ** 3
    assert ball / 13.0e-6 * F == pytest.approx(1.990e-12, rel=2e-3)


def test_a_film_of_gold_of_20_nm_takes_up_5_and_20_microampere_hours():
    """LiAu 5.252, Li15Au4 19.696 uAh/cm2."""
    moles = 19.3e3 * 20e-9 / 196.967e-3
    for lithium, taken in ((1.0, 5.252), (15.0 / 4.0, 19.696)):
        assert lithium * F * moles / parse("1 uAh/cm^2", "C/m^2") == pytest.approx(taken, rel=1e-3)


def test_every_file_of_the_list_is_there():
    named = set(re.findall(r"\btest_\w+", __doc__ or ""))
    assert len(named) > 10
    assert not [name for name in named if not (HERE / f"{name}.py").is_file()]
