"""The elements that equivalent circuits are made of, with the letters that impedance.py uses.

Every impedance is a function of s = j 2 pi f. Sources: A. Lasia, Electrochemical Impedance
Spectroscopy and its Applications, Springer 2014, ch. 4 (Warburg impedances) and 7 (constant phase
element); B. A. Boukamp, H. J. M. Bouwmeester, Solid State Ionics 157 (2003) 29 (Gerischer).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seccm.analysis.impedance.spectrum import ComplexArray

Size = Literal["resistance", "time", "exponent", "capacitance", "CPE", "inductance", "warburg",
               "fractional inductance", "number"]  # fmt: skip
"""What a parameter is: how large it may be follows from it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One kind of element."""

    letters: str
    words: str
    parameters: tuple[tuple[str, str, Size], ...]
    """Ending of the name, SI unit and size of each parameter."""
    ohms: Callable[[ComplexArray, Sequence[float]], ComplexArray]
    """Gives the impedance in ohm for s, of any shape, and the parameters."""


def _warburg(s: ComplexArray, p: Sequence[float]) -> ComplexArray:
    # A (1 - j) / sqrt(omega) = A sqrt(2) / sqrt(s)
    return np.asarray(p[0] * np.sqrt(2.0) / np.sqrt(s))


def _warburg_open(s: ComplexArray, p: Sequence[float]) -> ComplexArray:
    x = np.sqrt(s * p[1])
    return np.asarray(p[0] / (x * np.tanh(x)))


def _warburg_short(s: ComplexArray, p: Sequence[float]) -> ComplexArray:
    x = np.sqrt(s * p[1])
    return np.asarray(p[0] * np.tanh(x) / x)


def _gerischer(s: ComplexArray, p: Sequence[float]) -> ComplexArray:
    return np.asarray(p[0] / np.sqrt(1.0 + s * p[1]))


def _gerischer_finite(s: ComplexArray, p: Sequence[float]) -> ComplexArray:
    x = np.sqrt(1.0 + s * p[1])
    return np.asarray(p[0] / (x * np.tanh(p[2] * x)))


_ONE_R: tuple[str, str, Size] = ("", "ohm", "resistance")
_TIME: tuple[str, str, Size] = ("tau", "s", "time")
_EVERY = (
    Element("R", "resistor", (_ONE_R,), lambda s, p: np.full_like(s, p[0])),
    Element("C", "capacitor", (("", "F", "capacitance"),), lambda s, p: 1.0 / (s * p[0])),
    Element("L", "inductor", (("", "H", "inductance"),), lambda s, p: s * p[0]),
    Element(
        "W", "Warburg impedance, semi-infinite diffusion",
        (("", "ohm s^-1/2", "warburg"),), _warburg,
    ),
    Element(
        "Wo", "Warburg impedance, blocked (reflecting) end",
        (_ONE_R, _TIME), _warburg_open,
    ),
    Element(
        "Ws", "Warburg impedance, end of constant concentration (transmitting)",
        (_ONE_R, _TIME), _warburg_short,
    ),
    Element(
        "CPE", "constant phase element",
        (("", "ohm^-1 s^n", "CPE"), ("n", "1", "exponent")),
        lambda s, p: 1.0 / (p[0] * s ** p[1]),
    ),
    Element(
        "La", "inductor with a constant phase",
        (("", "H s^(n-1)", "fractional inductance"), ("n", "1", "exponent")),
        lambda s, p: (p[0] * s) ** p[1],
    ),
    Element(
        "G", "Gerischer impedance", (_ONE_R, _TIME), _gerischer
    ),
    Element(
        "Gs", "Gerischer impedance of finite length",
        (_ONE_R, _TIME, ("phi", "1", "number")), _gerischer_finite,
    ),
    Element(
        "K", "resistor and capacitor in parallel", (_ONE_R, _TIME),
        lambda s, p: p[0] / (1.0 + s * p[1]),
    ),
    Element(
        "Zarc", "resistor and constant phase element in parallel",
        (_ONE_R, _TIME, ("n", "1", "exponent")), lambda s, p: p[0] / (1.0 + (s * p[1]) ** p[2]),
    ),
)  # fmt: skip
ELEMENTS = {element.letters: element for element in _EVERY}
