"""Fits of equivalent circuits and the Kramers-Kronig test, on spectra whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_impedance_circuits import TEN

from seccm.analysis.impedance import Circuit, Spectrum, fitted, lin_kk
from seccm.arrays import FloatArray
from seccm.results import Status

F = np.geomspace(1.0, 1e4, 41)


def _spectrum(
    written: str, values: FloatArray | list[float], noise: float, seed: int = 0
) -> Spectrum:
    Z = Circuit(written).impedance(F, list(values))
    rng = np.random.default_rng(seed)
    scatter = rng.standard_normal(len(F)) + 1j * rng.standard_normal(len(F))
    return Spectrum(F, Z + noise * np.abs(Z) * scatter, noise * np.abs(Z))


@pytest.mark.parametrize("written", list(TEN))
def test_a_spectrum_without_noise_gives_its_parameters_back(written: str) -> None:
    values, _ = TEN[written]
    fit = fitted(_spectrum(written, list(values), 0.0), Circuit(written))
    assert fit is not None
    assert fit.identified.all()
    np.testing.assert_allclose(fit.values, values, rtol=1e-6)


@pytest.mark.parametrize("written", list(TEN))
def test_uncertainties_hold_the_truth_as_often_as_they_say(written: str) -> None:
    values, _ = TEN[written]
    pulls = []
    for seed in range(12):
        fit = fitted(_spectrum(written, list(values), 2e-3, seed), Circuit(written))
        assert fit is not None
        assert fit.identified.all()
        assert 0.4 < fit.chi_square < 1.9
        pulls.append((fit.values - np.array(values)) / fit.errors)
    # 12 records of each parameter: rms pulls of 1 but for the scatter of so few.
    rms = np.sqrt(np.mean(np.square(pulls), axis=0))
    assert np.all(rms > 0.35)
    assert np.all(rms < 1.8)


POWERS = {"resistance": 1, "warburg": 1, "inductance": 1, "capacitance": -1, "CPE": -1}
"""How parameters follow the size of an impedance."""


def test_our_fit_is_the_minimum_that_impedance_py_finds_beside_the_truth() -> None:
    circuits = pytest.importorskip("impedance.models.circuits")
    for written, (values, _) in TEN.items():
        data, circuit = _spectrum(written, list(values), 1e-3, 3), Circuit(written)
        # Its derivatives need numbers that are not small beside 1: impedances in units of 100 Mohm.
        units = np.array([1e8 ** POWERS.get(one.size, 0) for one in circuit.parameters])
        near = 0.95 * np.array(values) / units
        theirs = circuits.CustomCircuit(written, initial_guess=near.tolist())
        theirs.fit(data.f, data.Z / 1e8, weight_by_modulus=True, x_scale=near)
        ours = fitted(data, circuit)
        assert ours is not None
        apart = np.abs(ours.values - theirs.parameters_ * units) / ours.errors
        assert np.all(apart < 0.05), written


def test_parts_that_are_made_alike_come_the_fastest_first() -> None:
    slow_first = [1e6, 5e7, 1e-9, 1e8, 2e-11]
    fit = fitted(_spectrum("two RC", slow_first, 1e-3), Circuit("two RC"))
    assert fit is not None
    assert fit.value("C1").value == pytest.approx(2e-11, rel=0.01)
    assert fit.value("C2").value == pytest.approx(1e-9, rel=0.03)


def test_a_parameter_that_the_spectrum_does_not_determine_has_no_number() -> None:
    # One arc: how it is shared between two equal ones, nobody can tell.
    fit = fitted(_spectrum("RC", [1e6, 1e8, 2e-11], 1e-3), Circuit("two RC"))
    assert fit is not None
    unknown = {name for name in fit.circuit.names
               if fit.value(name).status is Status.NOT_IDENTIFIED}  # fmt: skip
    assert unknown & {"R1", "C1", "R2", "C2"}
    assert fit.value("R0").value == pytest.approx(1e6, rel=0.01)
    # No inductance, no diffusion in it.
    for written, name in (("L0-R0-p(R1,C1)", "L0"), ("R0-p(R1-W1,C1)", "W1")):
        fit = fitted(_spectrum("RC", [1e6, 1e8, 2e-11], 1e-3), Circuit(written))
        assert fit is not None
        assert fit.value(name).status is Status.NOT_IDENTIFIED
        assert fit.value("R1").value == pytest.approx(1e8, rel=0.01)


def test_an_arc_of_which_too_little_was_seen_has_no_resistance() -> None:
    start = Circuit("RC").impedance(F, [1e6, 1e13, 2e-11])  # 1e13 ohm: its apex is at 0.8 mHz
    fit = fitted(Spectrum(F, start, 2e-3 * np.abs(start)), Circuit("RC"))
    assert fit is not None
    assert fit.value("R1").status is Status.NOT_IDENTIFIED
    assert fit.value("C1").value == pytest.approx(2e-11, rel=0.005)


def test_a_circuit_that_misses_the_spectrum_says_so_with_every_number() -> None:
    fit = fitted(_spectrum("two RC", [1e6, 1e8, 2e-11, 1e8, 1e-9], 1e-3), Circuit("RC"))
    assert fit is not None
    assert fit.poor
    assert not any(value.status.trusted for value in fit.each)


def test_fewer_numbers_than_parameters_are_no_fit() -> None:
    few = F[:1]
    data = Spectrum(few, Circuit("RC").impedance(few, [1e6, 1e8, 2e-11]), np.zeros(1))
    assert fitted(data, Circuit("RC")) is None


# ---------------------------------------------------------------------- Kramers-Kronig


@pytest.mark.parametrize("written", list(TEN))
@pytest.mark.parametrize("noise", [0.0, 1e-3, 2e-2])
def test_the_test_accepts_spectra_of_cells_that_do_not_change(written: str, noise: float) -> None:
    verdict = lin_kk(_spectrum(written, list(TEN[written][0]), noise))
    assert verdict is not None
    assert verdict.accepted


@pytest.mark.parametrize("noise", [0.0, 1e-4, 1e-3])
@pytest.mark.parametrize("rising", [True, False])
def test_the_test_refuses_a_cell_that_drifts_while_frequencies_come_one_by_one(
    noise: float, rising: bool
) -> None:
    R = 1e8 * np.linspace(1.0, 1.4, len(F))[:: 1 if rising else -1]
    Z = np.array(
        [1e6 + r / (1.0 + 2j * math.pi * f * r * 2e-11) for f, r in zip(F, R, strict=True)]
    )
    rng = np.random.default_rng(5)
    Z *= 1.0 + noise * (rng.standard_normal(len(F)) + 1j * rng.standard_normal(len(F)))
    verdict = lin_kk(Spectrum(F, Z, noise * np.abs(Z)))
    assert verdict is not None
    assert not verdict.accepted


def test_the_noise_of_the_residuals_is_that_of_the_spectrum() -> None:
    found = [lin_kk(_spectrum("RC", [1e6, 1e8, 2e-11], 5e-3, seed)) for seed in range(10)]
    over = [verdict.over_noise for verdict in found if verdict is not None]
    assert len(over) == 10
    assert np.mean(over) == pytest.approx(1.0, abs=0.15)


def test_nothing_is_said_of_a_handful_of_frequencies() -> None:
    data = _spectrum("RC", [1e6, 1e8, 2e-11], 1e-3)
    assert lin_kk(data.part(F < 1.5)) is None
