"""Equivalent circuits: how they are written, and what they are, by formulas of their own."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from seccm.analysis.impedance import Circuit, CircuitError
from seccm.analysis.impedance.circuit import NAMED

F = np.geomspace(0.1, 1e5, 25)
Formula = Callable[[complex, Sequence[float]], complex]


def _parallel(*each: complex) -> complex:
    return 1.0 / sum(1.0 / one for one in each)


def _warburg(s: complex, a: float) -> complex:
    omega = s.imag
    return complex(a / math.sqrt(omega), -a / math.sqrt(omega))


def _open(s: complex, r: float, tau: float) -> complex:
    x = cmath.sqrt(s * tau)
    return r * cmath.cosh(x) / (x * cmath.sinh(x)) if abs(x) < 300 else r / x


def _short(s: complex, r: float, tau: float) -> complex:
    x = cmath.sqrt(s * tau)
    return r * cmath.sinh(x) / (x * cmath.cosh(x)) if abs(x) < 300 else r / x


def _phase(s: complex, q: float, n: float) -> complex:
    return cmath.exp(-1j * math.pi * n / 2.0) / (q * s.imag**n)


TEN: dict[str, tuple[Sequence[float], Formula]] = {
    "R0-C1": ([1e6, 2e-11], lambda s, p: p[0] + 1.0 / (s * p[1])),
    "R0-p(R1,C1)": ([1e6, 1e8, 2e-11], lambda s, p: p[0] + p[1] / (1.0 + s * p[1] * p[2])),
    "R0-p(R1,CPE1)": (
        [1e6, 1e8, 3e-11, 0.9], lambda s, p: p[0] + _parallel(p[1], _phase(s, p[2], p[3])),
    ),
    "R0-p(R1,C1)-W1": (
        [1e6, 1e8, 2e-11, 5e7],
        lambda s, p: p[0] + p[1] / (1.0 + s * p[1] * p[2]) + _warburg(s, p[3]),
    ),
    "R0-p(R1-W1,CPE1)": (
        [1e6, 5e7, 1e8, 3e-11, 0.88],
        lambda s, p: p[0] + _parallel(p[1] + _warburg(s, p[2]), _phase(s, p[3], p[4])),
    ),
    "R0-p(R1-Wo1,C1)": (
        [1e6, 5e7, 2e8, 0.1, 2e-11],
        lambda s, p: p[0] + _parallel(p[1] + _open(s, p[2], p[3]), 1.0 / (s * p[4])),
    ),
    "R0-p(R1-Ws1,C1)": (
        [1e6, 5e7, 2e8, 0.1, 2e-11],
        lambda s, p: p[0] + _parallel(p[1] + _short(s, p[2], p[3]), 1.0 / (s * p[4])),
    ),
    "R0-p(R1,C1)-p(R2,C2)": (
        [1e6, 1e8, 2e-11, 5e7, 1e-9],
        lambda s, p: p[0] + p[1] / (1 + s * p[1] * p[2]) + p[3] / (1 + s * p[3] * p[4]),
    ),
    "L0-R0-p(R1,C1)": (
        [20.0, 1e6, 1e7, 2e-11],
        lambda s, p: s * p[0] + p[1] + p[2] / (1.0 + s * p[2] * p[3]),
    ),
    "R0-G1": ([1e6, 1e8, 0.01], lambda s, p: p[0] + p[1] / cmath.sqrt(1.0 + s * p[2])),
}  # fmt: skip


@pytest.mark.parametrize("written", list(TEN))
def test_a_circuit_is_what_its_formula_says(written: str) -> None:
    values, formula = TEN[written]
    expected = [formula(2j * math.pi * f, values) for f in F]
    np.testing.assert_allclose(Circuit(written).impedance(F, values), expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Simulating circuit")
@pytest.mark.parametrize("written", list(TEN))
def test_a_circuit_is_what_impedance_py_says(written: str) -> None:
    circuits = pytest.importorskip("impedance.models.circuits")
    values, _ = TEN[written]
    theirs = circuits.CustomCircuit(written, initial_guess=list(values))
    expected = theirs.predict(F, use_initial=True)
    np.testing.assert_allclose(Circuit(written).impedance(F, values), expected, rtol=1e-12)


def test_elements_with_less_usual_letters_are_their_formulas() -> None:
    s = 2j * np.pi * F
    cases = {
        "K1": ([1e8, 0.01], 1e8 / (1 + 0.01 * s)),
        "Zarc1": ([1e8, 0.01, 0.8], 1e8 / (1 + (0.01 * s) ** 0.8)),
        "La1": ([20.0, 0.7], (20.0 * s) ** 0.7),
        "Gs1": (
            [1e8, 0.01, 0.5], 1e8 / (np.sqrt(1 + 0.01 * s) * np.tanh(0.5 * np.sqrt(1 + 0.01 * s)))
        ),
    }  # fmt: skip
    for written, (values, expected) in cases.items():
        np.testing.assert_allclose(Circuit(written).impedance(F, values), expected, rtol=1e-12)


def test_parentheses_may_be_nested_and_spaces_do_not_matter() -> None:
    nested = Circuit("R0 - p(C1, R1 - p(R2, C2))")
    values = [1.0, 1e-3, 2.0, 3.0, 2e-3]
    s = 2j * np.pi * F
    expected = 1.0 + 1.0 / (s * 1e-3 + 1.0 / (2.0 + 1.0 / (1.0 / 3.0 + s * 2e-3)))
    assert nested.names == ("R0", "C1", "R1", "R2", "C2")
    np.testing.assert_allclose(nested.impedance(F, values), expected, rtol=1e-12)


def test_names_stand_for_circuits_that_can_be_read() -> None:
    for name, written in NAMED.items():
        assert Circuit(name).written == written
        assert Circuit(name).names == Circuit(written).names


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "is empty"),
        ("R0-", "ends where an element is expected"),
        ("p(R1,C1", "ends where ')' is expected"),
        ("R0+C1", "'+' means nothing"),
        ("X1", "'X1' is not an element"),
        ("R0-R0", "R0 stands twice"),
        ("R0)", "')' is not expected"),
        ("-R0", "'-' is not an element"),
        ("p()", "')' is not an element"),
        ("p(R1,)", "')' is not an element"),
        ("R0 p(R1,C1)", "'p(' is not expected"),
    ],
)
def test_what_is_no_circuit_is_refused_with_the_reason(written: str, said: str) -> None:
    with pytest.raises(CircuitError) as refused:
        Circuit(written)
    assert said in str(refused.value)


def test_too_few_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"3 parameters \(R0, R1, C1\), not 2"):
        Circuit("RC").impedance(F, [1.0, 2.0])
