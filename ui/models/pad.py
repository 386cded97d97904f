"""What the number pad does to quantities as text: to the one at the cursor, and only to that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from seccm.units import parse_any

_NUMBER = re.compile(r"^([-+−]?\d*\.?\d*(?:[eE][-+−]?\d+)?)\s*(.*)$")
_UNITS: dict[str, tuple[str, ...]] = {
    "m": ("nm", "um", "mm"),
    "m/s": ("nm/s", "um/s", "mm/s"),
    "m^2": ("nm^2", "um^2", "mm^2"),
    "s": ("us", "ms", "s", "min", "h"),
    "V": ("uV", "mV", "V"),
    "V/s": ("mV/s", "V/s"),
    "A": ("fA", "pA", "nA", "uA", "mA"),
    "A/m^2": ("uA/cm^2", "mA/cm^2", "A/cm^2", "A/m^2"),
    "C": ("fC", "pC", "nC", "uC", "mC"),
    "C/m^2": ("uC/cm^2", "mC/cm^2", "uAh/cm^2", "mAh/cm^2"),
    "F": ("fF", "pF", "nF", "uF"),
    "ohm": ("ohm", "kohm", "Mohm", "Gohm"),
    "Hz": ("Hz", "kHz", "MHz"),
    "rad": ("deg", "mrad", "rad"),
    "1": ("%",),
}
"""By the SI unit of a kind of quantity: the units that a rig needs for it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, one quantity or several with commas between, and the place of the cursor."""

    text: str
    at: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The quantities, without the blanks around them."""
        return tuple(part.strip() for part in self.text.split(","))

    @property
    def which(self) -> int:
        """Which of them the cursor is in, from 0."""
        return self.text[: self.at].count(",")

    def digit(self, digit: str) -> Typed:
        """Add a digit, or a point, to the number; a name such as $j makes way for it."""

        def add(number: str, unit: str) -> tuple[str, str]:
            if digit == "." and "." in number:
                return number, unit
            return f"{number}{digit}", "" if unit.startswith("$") else unit

        return self._change(add)

    def turned(self) -> Typed:
        """Turn the sign of the number."""
        return self._change(lambda number, unit: (_turned(number), unit))

    def back(self) -> Typed:
        """Take the last character of the number away; the unit stays."""
        return self._change(lambda number, unit: (number[:-1], unit))

    def cleared(self) -> Typed:
        """Take the number away; without one the unit, and without that the quantity itself."""
        part = self.parts[self.which]
        if part:
            return self._change(lambda number, unit: ("", unit if number else ""))
        left = [each for k, each in enumerate(self.parts) if k != self.which]
        return _joined(left, max(0, self.which - 1)) if left else self

    def stepped(self, sign: int) -> Typed:
        """Move the last digit of the number by one."""
        return self._change(lambda number, unit: (_stepped(number, sign), unit))

    def with_unit(self, unit: str) -> Typed:
        """Give the number another unit."""
        return self._change(lambda number, _: (number, unit))

    def next(self) -> Typed:
        """Go to the next quantity, and from the last one to the first."""
        return _joined(list(self.parts), (self.which + 1) % len(self.parts))

    def another(self) -> Typed:
        """Begin another quantity of the same unit after this one."""
        parts = list(self.parts)
        _, unit = _split(parts[self.which])
        parts.insert(self.which + 1, "" if unit.startswith("$") else unit)
        return _joined(parts, self.which + 1)

    def _change(self, change: Callable[[str, str], tuple[str, str]]) -> Typed:
        """Change number and unit at the cursor, which stays with that number."""
        parts = list(self.parts)
        number, unit = change(*_split(parts[self.which]))
        parts[self.which] = f"{number} {unit}".strip()
        return _joined(parts, self.which)


def units_like(text: str, unit: str = "") -> tuple[str, ...]:
    """Return the units that a quantity may have: "500 pA" offers fA to mA.

    Args:
        text: the quantity, or a hint such as "such as 11 um".
        unit: the SI unit, where it is known; else the text tells.
    """
    example = text.split("such as ")[-1].strip(' ".')
    _, there = _split(example.split(",")[0].strip())
    kind = unit
    if there:
        try:
            _, found = parse_any(f"1 {there}")
        except ValueError:
            there = ""
        else:
            kind = kind or found
    offered = _UNITS.get(kind, ())
    return offered if there in ("", *offered) else (*offered, there)


def _split(part: str) -> tuple[str, str]:
    """Return the number and the unit of a quantity; either may be missing."""
    found = _NUMBER.match(part)
    return (found[1], found[2]) if found else ("", part)


def _joined(parts: list[str], which: int) -> Typed:
    """Write quantities with commas between, the cursor behind the number of one of them."""
    before = sum(len(part) + 2 for part in parts[:which])
    return Typed(", ".join(parts), before + len(_split(parts[which])[0]))


def _turned(number: str) -> str:
    return number[1:] if number[:1] in ("-", "−") else f"-{number.removeprefix('+')}"


def _stepped(number: str, sign: int) -> str:
    try:
        value = Decimal(number.replace("−", "-"))
    except InvalidOperation:
        return number
    exponent = value.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return str(value + sign * step)
