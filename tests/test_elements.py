"""The elements of equivalent circuits: limits, symmetries, real and imaginary part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seccm.analysis.impedance.circuit import Circuit
from seccm.analysis.impedance.elements import ELEMENTS, Element
from seccm.analysis.impedance.kramers_kronig import FEWEST, lin_kk
from seccm.analysis.impedance.parts import parts_of
from seccm.analysis.impedance.spectrum import Spectrum

SIZES = {
    "resistance": 3.0,
    "time": 0.2,
    "exponent": 0.8,
    "capacitance": 2.0,
    "CPE": 0.7,
    "inductance": 0.4,
    "warburg": 1.5,
    "fractional inductance": 0.3,
    "number": 1.7,
}
OMEGA = np.geomspace(1e-4, 1e4, 60)
EVERY = sorted(ELEMENTS)
DISSIPATIVE = [name for name in EVERY if name not in ("C", "L")]
ALIKE = {"R", "Wo", "Ws", "W", "G", "Gs", "K", "Zarc"}
"""Elements whose first parameter is what the impedance is proportional to."""


def numbers(element: Element) -> list[float]:
    return [SIZES[size] for _, _, size in element.parameters]


def ohms(letters: str, s: np.ndarray, changed: dict[str, float] | None = None) -> np.ndarray:
    element = ELEMENTS[letters]
    given_ = numbers(element)
    for k, (_, _, size) in enumerate(element.parameters):
        given_[k] = (changed or {}).get(size, given_[k])
    return element.ohms(np.asarray(s, complex), given_)


@pytest.mark.parametrize("letters", EVERY)
def test_an_element_has_one_impedance_for_each_frequency(letters: str):
    s = 1j * OMEGA.reshape(6, 10)
    made = ohms(letters, s)
    assert made.shape == s.shape
    assert np.isfinite(made).all()
    assert np.array_equal(made.ravel(), ohms(letters, s.ravel()))


@pytest.mark.parametrize("letters", EVERY)
def test_a_real_cell_answers_a_negative_frequency_with_the_conjugate(letters: str):
    np.testing.assert_allclose(ohms(letters, -1j * OMEGA), np.conj(ohms(letters, 1j * OMEGA)))


@pytest.mark.parametrize("letters", EVERY)
def test_no_element_gives_power_away(letters: str):
    real = ohms(letters, 1j * OMEGA).real
    assert (real >= -1e-12).all()
    assert bool((real > 0.0).all()) is (letters in DISSIPATIVE)


@pytest.mark.parametrize("letters", sorted(ALIKE))
@pytest.mark.parametrize("factor", [0.1, 1e6])
def test_more_ohms_are_so_many_times_the_impedance(letters: str, factor: float):
    element = ELEMENTS[letters]
    given_ = numbers(element)
    more = [factor * given_[0], *given_[1:]]
    s = 1j * OMEGA
    np.testing.assert_allclose(element.ohms(s, more), factor * element.ohms(s, given_))


@pytest.mark.parametrize("letters", [n for n in EVERY if any(
    size == "time" for _, _, size in ELEMENTS[n].parameters)])  # fmt: skip
def test_a_slower_element_does_at_a_lower_frequency_what_it_did(letters: str):
    slower = ohms(letters, 1j * OMEGA / 10.0, {"time": 10.0 * SIZES["time"]})
    np.testing.assert_allclose(slower, ohms(letters, 1j * OMEGA))


SLOW, FAST = np.array([1e-9j]), np.array([1e9j])


def test_at_low_frequencies_diffusion_to_a_transmitting_end_is_its_resistance():
    for letters in ("Ws", "G", "K", "Zarc"):
        assert ohms(letters, SLOW)[0] == pytest.approx(SIZES["resistance"], rel=1e-4)


def test_a_blocked_end_is_a_capacitor_and_a_third_of_the_resistance():
    """Z -> R/3 + R / (s tau), as of a finite layer that is charged evenly."""
    s = np.array([1e-5j])
    expected = SIZES["resistance"] / 3.0 + SIZES["resistance"] / (s * SIZES["time"])
    made = ohms("Wo", s)
    assert made.real[0] == pytest.approx(expected.real[0], rel=1e-3)
    assert made.imag[0] == pytest.approx(expected.imag[0], rel=1e-6)


def test_at_high_frequencies_both_ends_are_out_of_sight():
    """Semi-infinite diffusion: R / sqrt(s tau), at 45 degrees."""
    s = 1j * np.array([1e4, 1e6])
    expected = SIZES["resistance"] / np.sqrt(s * SIZES["time"])
    for letters in ("Wo", "Ws"):
        np.testing.assert_allclose(ohms(letters, s), expected, rtol=1e-6)
    warburg = ohms("W", s)
    np.testing.assert_allclose(np.angle(warburg), -np.pi / 4)
    np.testing.assert_allclose(warburg.real, SIZES["warburg"] / np.sqrt(s.imag))


def test_an_exponent_of_one_makes_them_ordinary():
    s = 1j * OMEGA
    q = SIZES["CPE"]
    np.testing.assert_allclose(ohms("CPE", s, {"exponent": 1.0}), ohms("C", s, {"capacitance": q}))
    np.testing.assert_allclose(ohms("Zarc", s, {"exponent": 1.0}), ohms("K", s))
    la = ohms("La", s, {"exponent": 1.0, "fractional inductance": 0.4})
    np.testing.assert_allclose(la, ohms("L", s, {"inductance": 0.4}))


@given(st.floats(0.3, 1.0))
def test_the_phase_of_a_constant_phase_element_is_constant(exponent: float):
    phase = np.angle(ohms("CPE", 1j * OMEGA, {"exponent": exponent}))
    np.testing.assert_allclose(phase, -exponent * np.pi / 2)


def test_a_long_gerischer_element_has_no_end():
    s = 1j * OMEGA
    np.testing.assert_allclose(ohms("Gs", s, {"number": 50.0}), ohms("G", s))


def test_an_arc_is_a_resistor_and_a_capacitor_side_by_side():
    """K is R || C with tau = R C, and so is the arc of a circuit that is written out."""
    r, tau = SIZES["resistance"], SIZES["time"]
    circuit = Circuit("p(R1,C1)")
    values = {"R1": r, "C1": tau / r}
    made = circuit.impedance(OMEGA / (2 * np.pi), [values[name] for name in circuit.names])
    np.testing.assert_allclose(made, ohms("K", 1j * OMEGA))


# The linear Kramers-Kronig test.


def spectrum(z: np.ndarray, f: np.ndarray, sigma: float = 0.0) -> Spectrum:
    return Spectrum(f, z, np.full(f.size, sigma))


F = np.geomspace(0.1, 1e4, 40)


@pytest.mark.parametrize("letters", [n for n in EVERY if n not in ("La", "L")])
def test_every_element_with_a_resistor_can_be_of_a_cell_that_does_not_change(letters: str):
    z = 0.5 + ohms(letters, 2j * np.pi * F)
    verdict = lin_kk(spectrum(z, F))
    assert verdict is not None
    assert verdict.accepted, verdict.residual


@pytest.mark.parametrize("letters", ["K", "Zarc", "Ws"])
def test_the_same_resistances_with_other_reactances_are_of_no_cell(letters: str):
    """What is real and what is imaginary belong together; so do the two with their signs."""
    z = 0.5 + ohms(letters, 2j * np.pi * F)
    for wrong in (np.conj(z), z.real + 2j * z.imag, z.real[::-1] + 1j * z.imag):
        verdict = lin_kk(spectrum(wrong, F))
        assert verdict is not None
        assert not verdict.accepted


@given(st.floats(1e-6, 1e9), st.sampled_from(["K", "Zarc", "Wo"]))
def test_the_unit_of_an_impedance_does_not_matter(factor, letters):
    z = 0.5 + ohms(letters, 2j * np.pi * F)
    one, other = lin_kk(spectrum(z, F)), lin_kk(spectrum(factor * z, F))
    assert one is not None
    assert other is not None
    assert other.residual == pytest.approx(one.residual, rel=1e-3, abs=1e-9)
    assert other.elements == one.elements


@given(st.integers(0, FEWEST - 1))
def test_of_a_handful_of_frequencies_nothing_is_said(count):
    f = np.geomspace(1.0, 100.0, max(count, 2))[:count]
    assert lin_kk(spectrum(np.ones(count, complex), f)) is None


@pytest.mark.parametrize("decades", [3, 6, 9])
def test_too_few_frequencies_in_a_decade_are_not_judged(decades: int):
    """A chain with so few elements would itself miss an arc."""
    few = np.geomspace(1.0, 10.0**decades, 2 * decades)
    assert lin_kk(spectrum(1.0 + ohms("K", 2j * np.pi * few), few)) is None


# What the elements of a circuit are in electrochemistry.


@pytest.mark.parametrize(
    ("written", "series", "arc", "capacitor", "cpe"),
    [
        ("R0-p(R1,C1)", "R0", "R1", "C1", ""),
        ("p(R1,C1)-R0", "R0", "R1", "C1", ""),
        ("R0-p(R1,CPE1)", "R0", "R1", "", "CPE1"),
        ("R0-p(R1,CPE1)-C1", "R0", "R1", "", "CPE1"),
        ("R0-C1", "R0", "", "C1", ""),
        ("R0-CPE1", "R0", "", "", "CPE1"),
        ("R0", "R0", "", "", ""),
        ("p(R1,C1)", "", "R1", "C1", ""),
        ("R0-p(R1-W1,C1)", "R0", "R1", "C1", ""),
    ],
)
def test_elements_are_told_by_their_places(written, series, arc, capacitor, cpe):
    found = parts_of(Circuit(written))
    assert (found.series, found.arc) == (series, arc)
    assert (found.capacitor, found.cpe) == (capacitor, cpe)
    assert found.apex is bool(arc and (capacitor or cpe))
    assert found.warburg == ("W1" if "W1" in written else "")


@given(st.permutations(["R0", "p(R1,C1)", "Ws1"]))
def test_the_order_in_which_a_circuit_is_written_does_not_matter(parts):
    found = parts_of(Circuit("-".join(parts)))
    assume(found.series)
    assert (found.series, found.arc, found.ended) == ("R0", "R1", "Ws1")
