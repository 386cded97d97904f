"""Quantities as people write them ("2 um/s") and as the program keeps them (2e-6).

Inside, everything is a float in SI units. A unit is a product of prefixed symbols with powers:
`mA/cm^2`, `mA cm-2`, `uAh/cm²`. A quantity is a number, a space and a unit, and nothing else: what
is not understood is refused, never skipped. The number is scaled in decimal arithmetic, so that
"20 um" is exactly the float 20e-6.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

Dimension = tuple[int, int, int, int, int, int, int]
"""Powers of metre, second, ampere, volt, radian, mole and degree Celsius: a kilogram is a
V A s^3/m^2. Temperatures are those of Celsius' scale: 0 degC is where that scale begins."""

# The sign "µ" exists twice in Unicode (micro sign, Greek mu); people type either, or "u".
_PREFIXES = {
    "T": 12, "G": 9, "M": 6, "k": 3, "c": -2, "m": -3, "u": -6, "µ": -6, "μ": -6,
    "n": -9, "p": -12, "f": -15, "a": -18,
}  # fmt: skip
_SYMBOLS: dict[str, tuple[Decimal, Dimension]] = {
    "m": (Decimal(1), (1, 0, 0, 0, 0, 0, 0)),
    "s": (Decimal(1), (0, 1, 0, 0, 0, 0, 0)),
    "min": (Decimal(60), (0, 1, 0, 0, 0, 0, 0)),
    "h": (Decimal(3600), (0, 1, 0, 0, 0, 0, 0)),
    "Hz": (Decimal(1), (0, -1, 0, 0, 0, 0, 0)),
    "A": (Decimal(1), (0, 0, 1, 0, 0, 0, 0)),
    "V": (Decimal(1), (0, 0, 0, 1, 0, 0, 0)),
    "C": (Decimal(1), (0, 1, 1, 0, 0, 0, 0)),
    "Ah": (Decimal(3600), (0, 1, 1, 0, 0, 0, 0)),
    "F": (Decimal(1), (0, 1, 1, -1, 0, 0, 0)),
    "ohm": (Decimal(1), (0, 0, -1, 1, 0, 0, 0)),
    "Ω": (Decimal(1), (0, 0, -1, 1, 0, 0, 0)),  # U+03A9, the Greek letter
    "\u2126": (Decimal(1), (0, 0, -1, 1, 0, 0, 0)),  # the ohm sign, which looks the same
    "S": (Decimal(1), (0, 0, 1, -1, 0, 0, 0)),
    "rad": (Decimal(1), (0, 0, 0, 0, 1, 0, 0)),
    "deg": (Decimal(repr(math.pi)) / 180, (0, 0, 0, 0, 1, 0, 0)),
    "g": (Decimal("0.001"), (-2, 3, 1, 1, 0, 0, 0)),
    "mol": (Decimal(1), (0, 0, 0, 0, 0, 1, 0)),
    "L": (Decimal("0.001"), (3, 0, 0, 0, 0, 0, 0)),
    "M": (Decimal(1000), (-3, 0, 0, 0, 0, 1, 0)),  # mol/L
    "Pa": (Decimal(1), (-3, 1, 1, 1, 0, 0, 0)),
    "bar": (Decimal(100_000), (-3, 1, 1, 1, 0, 0, 0)),
    "degC": (Decimal(1), (0, 0, 0, 0, 0, 0, 1)),
    "°C": (Decimal(1), (0, 0, 0, 0, 0, 0, 1)),
    "%": (Decimal("0.01"), (0, 0, 0, 0, 0, 0, 0)),
    "ppm": (Decimal("0.000001"), (0, 0, 0, 0, 0, 0, 0)),
    "ppb": (Decimal("0.000000001"), (0, 0, 0, 0, 0, 0, 0)),
}
_SHARES = {"%", "ppm", "ppb"}
"""Each stands for a number: alone, or where something is divided by it, such as V/ppm."""
_BASES = ("m", "s", "A", "V", "rad", "mol", "degC")
_ORDER = ("A", "V", "mol", "rad", "degC", "s", "m")
"""In this order a metre is never read as the prefix of the next unit."""
C_RATE = "1/h"
"""The unit of a C-rate: of the current that passes a capacity in an hour."""
_SIZE = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_RATE = re.compile(rf"([-+]?)({_SIZE})?C(?:/({_SIZE}))?")
_NEVER_PREFIXED = {"min", "h", "deg", "degC", "°C", *_SHARES}
_NUMBER = r"[-+−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+−]?[0-9]+)?"
BLANKS = " \t\u00a0\u2009\u202f"
"""What may stand between number and unit; a control character is no blank."""
_QUANTITY = re.compile(rf"[{BLANKS}]*({_NUMBER})[{BLANKS}]*(\S.*?)?[{BLANKS}]*")
_OPERATOR = re.compile(rf"[{BLANKS}]*([/*·])[{BLANKS}]*|[{BLANKS}]+")
_FACTOR = re.compile(r"([^0-9^+−-]+)(?:\^?([−-]?[2-9]|[−-]1))?")
_SUPERSCRIPTS = str.maketrans({"⁻": "-", "¹": "1", "²": "2", "³": "3"})

# How some kinds of quantity are shown: the unit written, and the factor from SI to it.
_SHOWN = {
    "A/m^2": ("mA/cm^2", 0.1),
    "m^2": ("um^2", 1e12),
    "C/m^2": ("uAh/cm^2", 1e6 / 3600 * 1e-4),
    "rad": ("deg", 180 / math.pi),
    "kg/m^3": ("g/cm^3", 1e-3),
    "kg/mol": ("g/mol", 1e3),
    "mol/m^3": ("M", 1e-3),
    "m^2/s": ("cm^2/s", 1e4),
    "m^3": ("um^3", 1e18),
    "1": ("", 1.0),
    "%": ("%", 1.0),
    "ppm": ("ppm", 1.0),
    "degC": ("degC", 1.0),
}
_EXAMPLES = {
    "m": "11 um", "m/s": "2 um/s", "s": "5 s", "V": "-0.27 V", "A": "5 pA", "V/s": "100 mV/s",
    "A/m^2": "-0.78 mA/cm^2", "C": "45 nC", "m^2": "68.4 um^2", "C/m^2": "0.9 uAh/cm^2",
    "F": "10 pF", "ohm": "1 Gohm", "Hz": "50 Hz", "rad": "10 deg", "1": "0.5",
    "kg/m^3": "4.3 g/cm^3", "kg/mol": "180.8 g/mol", "m^3": "540 um^3", "C/m^3": "600 mAh/cm^3",
    "mol/m^3": "50 mM", "m^2/s": "3e-6 cm^2/s", "S/m": "1 S/m", "A/m^3": "0.22 pA/um^3",
    "1/h": "C/3", "Pa": "100 Pa", "degC": "25 degC", "%": "6 %", "ppm": "5 ppm",
}  # fmt: skip


@lru_cache(maxsize=512)
def _unit(text: str) -> tuple[Decimal, Dimension]:
    """Return the factor to SI and the dimension of a unit.

    Every character counts: no factor stands twice or is cancelled by another, except in a ratio
    such as nm/um. At most one factor is divided by, the last, because "A/m s" can be read in two
    ways.

    Raises:
        ValueError: it is not a unit.
    """
    product = _OPERATOR.sub(lambda m: m[1] or "*", text.translate(_SUPERSCRIPTS))
    above, slash, below = product.partition("/")
    factors = re.split(r"[*·]", above)
    if re.search(r"[^/*·][/*·]+[^/*·]", below):
        raise ValueError(f"{quoted(text)} can be read in two ways: divide once, at the end")
    if slash and factors == ["1"]:
        factors = []
    scale, dimension, bases = Decimal(1), (0, 0, 0, 0, 0, 0, 0), []
    for part, sign in [*((part, 1) for part in factors), *([(below, -1)] if slash else [])]:
        found = _FACTOR.fullmatch(part)
        if not found:
            raise ValueError(f"{quoted(text)} is not a unit")
        base, factor, powers = _symbol(found[1], text)
        bases.append(base)
        power = sign * int((found[2] or "1").replace("−", "-"))
        scale *= factor**power
        a, b, c, d, e, f, g = (x + power * p for x, p in zip(dimension, powers, strict=True))
        dimension = (a, b, c, d, e, f, g)
    is_ratio = len(bases) == 2 and not any(dimension)
    if len(set(bases)) < len(bases) and not is_ratio:
        raise ValueError(f"{quoted(text)} has one unit twice")
    for share in _SHARES.intersection(bases):
        if product != share and (below != share or factors == [""]):
            raise ValueError(
                f'"{share}" in {quoted(text)} stands for a number: write the number instead'
            )
    return scale, dimension


def _symbol(symbol: str, text: str) -> tuple[str, Decimal, Dimension]:
    """Return a symbol without its prefix, its factor to SI, and its dimension."""
    if symbol in _SYMBOLS:
        return symbol, *_SYMBOLS[symbol]
    base = symbol[1:]
    if symbol[:1] in _PREFIXES and base in _SYMBOLS and base not in _NEVER_PREFIXED:
        factor, powers = _SYMBOLS[base]
        return base, factor.scaleb(_PREFIXES[symbol[0]]), powers
    within = "" if symbol == text else f" in {quoted(text)}"
    raise ValueError(f"{quoted(symbol)}{within} is not a unit")


def quoted(text: str) -> str:
    """Show a text in quotes, shortened where it is long."""
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'


def example(unit: str) -> str:
    """Return a quantity of this kind as a person would write it."""
    return _EXAMPLES.get(unit, f"1 {unit}")


class NotAQuantity(ValueError):
    """A text or a value is not a quantity of the kind that is wanted.

    Args:
        unit: the SI unit of that kind; empty for any kind.
        given: what was written, as it is shown.
        why: what about it is wrong, if more can be said.
        before: what stands before the advice.
    """

    def __init__(self, unit: str, given: str = "", why: str = "", before: str = "") -> None:
        self.unit, self._given, self._why, self._before = unit, given, why, before
        super().__init__(self.told(example("1") if unit == "1" else f'"{example(unit or "s")}"'))

    def told(self, instead: str) -> str:
        """Say it with an example as TOML has it, or without one."""
        such = f", such as {instead}" if instead else ""
        text = f"write a number and a unit{' of ' if self.unit else ''}{self.unit}{such}"
        if self.unit == "1":
            text = f'write a number{such}{"," if such else ""} or a percentage such as "6 %"'
        given = f", not {self._given}" if self._given else ""
        return f"{self._before}{text}{given}{self._why}"


def parse(text: str, unit: str) -> float:
    """Read a quantity such as "2 um/s" as a float in SI.

    Args:
        text: a number and a unit; the unit may be left out only where `unit` is "1".
        unit: an SI unit that says what is wanted, such as "m/s".

    Raises:
        ValueError: no number, no unit, an unknown unit, a unit of something else, or anything
            beside them.
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise NotAQuantity(unit, quoted(text), _comma(text))
    try:
        scale, dimension = _unit_of(found)
    except ValueError as error:
        raise NotAQuantity(unit, quoted(text), _comma(text) or f": {error}") from None
    wanted_scale, wanted = _si(unit)
    if dimension != wanted:
        raise NotAQuantity(unit, quoted(text))
    return _scaled(found[1], scale / wanted_scale, text)


def parse_any(text: str) -> tuple[float, str]:
    """Read a quantity of any kind as a float in SI, and the SI unit that says of which kind.

    Raises:
        ValueError: no number, an unknown unit, or a kind of quantity that no plan uses.
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise NotAQuantity("", quoted(text), _comma(text))
    try:
        scale, dimension = _unit_of(found)
    except ValueError as error:
        raise NotAQuantity("", quoted(text), _comma(text) or f": {error}") from None
    if found[2] == C_RATE:
        return number(found[1]), C_RATE
    for unit in _EXAMPLES:
        if _si(unit)[1] == dimension:
            return _scaled(found[1], scale / _si(unit)[0], text), unit
    raise ValueError(f"{quoted(text)} is a unit of another kind")


def parse_free(text: str) -> tuple[float, Dimension]:
    """Read a quantity in any unit as a float in SI base units, with its dimension.

    Raises:
        ValueError: no number, or an unknown unit.
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise NotAQuantity("", quoted(text), _comma(text))
    scale, dimension = _unit_of(found)
    return _scaled(found[1], scale, text), dimension


def parse_c_rate(text: str) -> float | None:
    """Read a C-rate such as "C/3" or "-2C", in multiples of 1/h; None for any other text.

    It has no blank between number and C: "2 C" are two coulombs.
    """
    found = _RATE.fullmatch(text.strip(BLANKS).replace("−", "-"))
    if not found:
        return None
    sign, times, over = found.groups()
    if float(over or 1.0) == 0.0:
        return None
    rate = float(times or 1.0) / float(over or 1.0)
    return -rate if sign == "-" else rate


def base(unit: str) -> tuple[float, Dimension]:
    """Return what one of an SI unit of this program is in base units, and its dimension."""
    scale, dimension = _si(unit)
    return float(scale), dimension


def unit_text(dimension: Dimension) -> str:
    """Write the unit of a dimension, in base units, as it is read: "A m-3"; "" for numbers."""
    powers = dict(zip(_BASES, dimension, strict=True))
    order = sorted(_ORDER, key=lambda base: powers[base] < 0)
    named = ((base, powers[base]) for base in order if powers[base])
    return " ".join(f"{base}{power if power != 1 else ''}" for base, power in named)


def of_kind(dimension: Dimension) -> str:
    """Say which unit a value of a dimension has, with an example where this program uses one."""
    if not any(dimension):
        return "a number without a unit"
    usual = next((unit for unit in _EXAMPLES if _si(unit)[1] == dimension), None)
    if usual is None:
        return f"in {unit_text(dimension)}"
    return f"in {usual}, like {_EXAMPLES[usual].lstrip('-')}"


def number(text: str) -> float:
    """Read a number without a unit; more strictly than Python, which takes "1_0" and "nan".

    Raises:
        ValueError: it is none, or not a finite one.
    """
    if not re.fullmatch(_NUMBER, text.strip(BLANKS)):
        raise ValueError(f"{quoted(text)} is not a number{_comma(text)}")
    return _scaled(text.strip(BLANKS), Decimal(1), text)


def _unit_of(found: re.Match[str]) -> tuple[Decimal, Dimension]:
    return _si("1") if found[2] is None else _unit(found[2])


def _si(unit: str) -> tuple[Decimal, Dimension]:
    """Return factor and dimension of a unit that the program names; "1" is that of numbers."""
    return (Decimal(1), (0, 0, 0, 0, 0, 0, 0)) if unit == "1" else _unit(unit)


def _comma(text: str) -> str:
    return "; the decimal sign is a point; thousands are not separated" if "," in text else ""


def _scaled(digits: str, scale: Decimal, text: str) -> float:
    exact = Decimal(0)
    try:
        exact = Decimal(digits.replace("−", "-"))
        value = float(exact * scale)
    except ArithmeticError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{quoted(text)} is too large a number")
    if value == 0.0 and exact:
        raise ValueError(f"{quoted(text)} is too small a number")
    return value


_STEPS = (
    ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9), ("p", -12),
)  # fmt: skip


def show(value: float, unit: str, digits: int = 4) -> str:
    """Write an SI value as people read it, so that 2e-6 m/s becomes "2 um/s"."""
    if not math.isfinite(value):
        return "-" if math.isnan(value) else f"{value} {unit}"
    value = value or 0.0  # no "-0"
    if unit == C_RATE:
        size, sign = abs(value), "-" if value < 0.0 else ""
        slow = 0.0 < size < 1.0
        return (
            f"{sign}C/{_rounded(1 / size, digits)}" if slow else f"{sign}{_rounded(size, digits)}C"
        )
    if unit in _SHOWN:
        written, factor = _SHOWN[unit]
        return f"{_rounded(value * factor, digits)} {written}".rstrip()
    if value == 0 or (unit == "s" and abs(value) >= 0.1):
        return f"{_rounded(value, digits)} {unit}"
    # Half a digit of slack, so that 999.99... of a rounding error is not written as 1000.
    slack = 1 - 0.5 * 10.0**-digits
    for prefix, power in _STEPS:
        if abs(value) >= slack * 10.0**power:
            return f"{_rounded(value / 10.0**power, digits)} {prefix}{unit}"
    return f"{_rounded(value / 1e-15, digits)} f{unit}"


def lasting(seconds: float) -> str:
    """Write a duration as people say it, such as "40 s", "23 min" or "7.5 h"."""
    if seconds < 90:
        return show(seconds, "s", 2)
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def since(seconds: float) -> str:
    """Write a time since a beginning, such as "40 s", "2 min 05 s" or "7 h 30 min".

    Unlike `lasting` it tells apart what is one after the other: rounded down, to seconds below 90
    minutes and to minutes from there on.
    """
    if seconds < 90:
        return lasting(seconds)
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 90:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def volts(potential: float) -> str:
    """Write a potential in volts, as electrochemists do however small it is."""
    return f"{potential or 0.0:.4g} V"


def _rounded(value: float, digits: int) -> str:
    """Write so many significant digits, and 100 to two digits as "100", not "1e+02"."""
    return f"{float(f'{value:.{digits}g}'):.{max(digits, 4)}g}"
