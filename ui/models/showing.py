"""How potentials and currents are shown: sign convention and reference; the data stay IUPAC."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seccm.analysis import scales
from seccm.arrays import FloatArray

Conversions = Mapping[str, tuple[str, float]]
"""By the name of a reference: the one to convert to, and the volts to add."""

_RAISED = str.maketrans({"+": "⁺", "-": "⁻", "2": "²", "3": "³"})
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


@dataclass(frozen=True, slots=True)
class Showing:
    """What is done to numbers on their way to an axis, and what the axis says about it."""

    reference: str = "reference"
    """What the potentials handed in are against."""
    polarographic: bool = False
    """Cathodic currents up and negative potentials to the right, as in older books."""
    other: str = ""
    """A reference to convert to; empty for none."""
    shift: float = 0.0
    """Volts to add for the other reference: E vs other = E vs reference + shift."""

    @property
    def sign(self) -> float:
        """The factor of currents and charges."""
        return -1.0 if self.polarographic else 1.0

    @property
    def against(self) -> str:
        """The reference that is shown, in words."""
        return raised(self.other or self.reference)

    @property
    def convention(self) -> str:
        """The sign convention in words, for the corner of every plot."""
        return "polarographic" if self.polarographic else "IUPAC"

    def potential(self, volts: FloatArray) -> FloatArray:
        """Return potentials against the reference that is shown."""
        return volts + self.shift if self.other else volts

    def current(self, amperes: FloatArray) -> FloatArray:
        """Return currents, or charges, with the sign that is shown."""
        return -amperes if self.polarographic else amperes

    def potential_label(self) -> str:
        """Return what stands at a potential axis, without the unit."""
        return f"E vs {self.against}"


@dataclass(frozen=True, slots=True)
class Conventions:
    """How everything is shown, whatever its reference."""

    polarographic: bool = False
    conversions: Conversions = field(default_factory=dict)

    def of(self, reference: str) -> Showing:
        """Return how potentials against a reference are shown."""
        other, shift = self.conversions.get(reference, ("", 0.0))
        return Showing(reference, self.polarographic, other, shift)

    def taking(self, showing: Showing) -> Conventions:
        """Return these with what was chosen for one reference; signs are the same for all."""
        chosen = {**self.conversions, showing.reference: (showing.other, showing.shift)}
        return Conventions(showing.polarographic, chosen)


def raised(text: str) -> str:
    """Set the charges of a couple such as Li/Li+ as superscripts."""
    return re.sub(
        r"(?<=[A-Za-z0-9)])(\d?[+-])(?=$|[/ ,)])", lambda m: m[1].translate(_RAISED), text
    )


@dataclass(frozen=True, slots=True)
class Prefix:
    """The SI prefix of an axis; it changes only when the numbers would become unreadable."""

    power: int = 0

    @property
    def factor(self) -> float:
        """From SI to what is written."""
        return float(10.0**-self.power)

    def unit(self, base: str) -> str:
        """Return the unit with its prefix."""
        spelt = re.sub(r"\^(-?\d+)(?![.\d])", lambda m: m[1].translate(_SUPERSCRIPTS), base)
        return _PREFIXES[self.power] + spelt.replace("ohm", "Ω")

    def fitting(self, largest: float) -> Prefix:
        """Return this prefix while it serves numbers up to a size, else the one that does.

        It serves from 0.5 up to 2000, so that an axis that breathes does not hop to and fro.
        """
        if not (largest > 0.0 and math.isfinite(largest)):
            return self
        if 0.5 <= largest * self.factor < 2000.0:
            return self
        power = 3 * math.floor(math.log10(largest) / 3.0 + 1e-9)
        return Prefix(min(max(power, min(_PREFIXES)), max(_PREFIXES)))


@dataclass(frozen=True, slots=True)
class Customary:
    """The unit that everybody expects of an axis, whatever the size of its numbers."""

    factor: float
    """From SI to what is written."""
    words: str
    """The unit, as HTML."""

    def unit(self, _: str) -> str:
        """Return the unit."""
        return self.words

    def fitting(self, _: float) -> Customary:
        """Return it as it is."""
        return self


def beginning(unit: str, *, log: bool) -> Prefix | Customary:
    """Return in which unit an axis begins.

    Args:
        unit: the SI one.
        log: whether its numbers are written in full.
    """
    known = None if log else scales.customary(unit)
    if known is None:
        return Prefix()
    raised = re.sub(r"\$\^\{([^}]*)\}\$", r"<sup>\1</sup>", known.unit)
    return Customary(known.factor, raised.replace("-", "−"))


def largest(*arrays: FloatArray) -> float:
    """Return the largest finite magnitude in some arrays, 0 if there is none."""
    found = 0.0
    for values in arrays:
        finite = values[np.isfinite(values)]
        if finite.size:
            found = max(found, float(np.abs(finite).max()))
    return found


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(mathtext: str) -> str:
    """Turn a unit as figures set it, such as mA cm$^{-2}$, into plain text."""
    whole = re.sub(r"\$\^\{([-\d]+)\}\$", lambda m: m[1].translate(_SUPERSCRIPTS), mathtext)
    return re.sub(r"\$\^\{([^}]*)\}\$", lambda m: f"^({m[1]})".replace("-", "−"), whole)


_COMMANDS = {"Delta": "Δ", "sigma": "σ", "tau": "τ", "alpha": "α", "sqrt": "√"}
_TOKEN = re.compile(
    r"([_^])?(?:\{((?:[^{}]|\{[^{}]*\})*)\}|\\mathrm\{([^}]*)\}|\\([A-Za-z]+) ?|([A-Za-z]+)|(.))",
    re.DOTALL,
)
"""Of mathtext: a level, then a group, upright letters, a command, letters or anything else."""


def html(mathtext: str) -> str:
    """Turn a symbol as figures set it, in the mathtext of matplotlib, into HTML."""
    parts = mathtext.split("$")
    return "".join(_math(part) if k % 2 else part for k, part in enumerate(parts))


def _math(text: str) -> str:
    return "".join(map(_token, _TOKEN.finditer(text)))


def _token(found: re.Match[str]) -> str:
    level, group, upright, command, letters, other = found.groups()
    if letters and level and len(letters) > 1:
        # Only the first letter is raised or lowered.
        return _token(_first(f"{level}{letters[0]}")) + _token(_first(letters[1:]))
    if group is not None:
        said = _math(group)
    elif upright is not None:
        said = upright
    elif command:
        said = _COMMANDS.get(command, command)
    else:
        said = f"<i>{letters}</i>" if letters else other.replace("-", "−")
    tag = {"_": "sub", "^": "sup"}.get(level or "")
    return f"<{tag}>{said}</{tag}>" if tag else said


def _first(text: str) -> re.Match[str]:
    found = _TOKEN.match(text)
    assert found is not None
    return found
