"""Quantities that stand for levels of factors, values of repeats and values of the site.

The simplest is "$j": whatever j is at a site, or in a turn of a repeat. Arithmetic with units makes
others of them: a product, such as "0.22 pA/um^3 * $volume", "$d / 2" or "$d^2 * 1 s/um^2", to which
a value may be added, such as "$E + 50 mV"; and a C-rate, such as "C/3", is a share of the capacity
of its step in an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seccm.units import BLANKS, Dimension, base, parse_c_rate, parse_free, quoted, unit_text

CAPACITY = "capacity of the step"
"""What the level of a C-rate is multiplied with; no name of a plan, whose names have no blanks
in a product."""
_NUMBERS: Dimension = (0, 0, 0, 0, 0, 0, 0)
HOUR = 3600.0
_OPERAND = rf"(?=[{BLANKS}]*[($0-9.+−-])"
"""What follows an operator; before anything else the sign belongs to a unit, as in pA/um^3."""
_TIMES = re.compile(rf"[{BLANKS}]*([*×·/]){_OPERAND}[{BLANKS}]*|[{BLANKS}]+(x)[{BLANKS}]+")
_PLUS = re.compile(rf"[{BLANKS}]+([+−-])[{BLANKS}]+")
_NAME = re.compile(r"([+−-]?)\$([^\s*×·/$^]+)(?:\^([1-9]))?")
_CUBED = str.maketrans({"²": "^2", "³": "^3"})
_UNSIGNED = re.compile(rf"(?:^|[*×·/+−-])[{BLANKS}]*([0-9.]+)[{BLANKS}]*(\$[^\s*×/$^]+)")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A quantity that stands for levels; with one name and nothing else it is that level."""

    factor: str
    """The name; of arithmetic, the whole as it is written."""
    scale: float = 1.0
    """Of a product, its value in SI base units."""
    dimension: Dimension = _NUMBERS
    terms: tuple[tuple[str, int], ...] = ()
    """Of a product, the names and their powers; empty for a level itself."""
    plus: float = 0.0
    """What is added to the product, in SI base units."""
    plus_dimension: Dimension | None = None
    """The dimension of what is added; None if nothing is."""

    @property
    def names(self) -> frozenset[str]:
        """What it stands for."""
        return frozenset(name for name, _ in self.terms) if self.terms else frozenset({self.factor})

    @property
    def is_rate(self) -> bool:
        """Whether it is a C-rate."""
        return self.terms == ((CAPACITY, 1),)

    def __str__(self) -> str:
        return self.factor if self.terms else f"${self.factor}"


def is_placeholder(given: object) -> bool:
    """Tell whether a text is meant to stand for levels."""
    return isinstance(given, str) and "$" in given


def read_placeholder(text: str) -> Placeholder:
    """Read "$j", or arithmetic such as "0.22 pA/um^3 * $volume" or "$E + 50 mV".

    Raises:
        ValueError: it is neither.
    """
    text = text.strip(BLANKS)
    said = text.replace("**", "^").translate(_CUBED)
    if (found := _NAME.fullmatch(said)) and not found[1] and not found[3]:
        return Placeholder(found[2])
    scale, dimension = 1.0, _NUMBERS
    terms: list[tuple[str, int]] = []
    plus, plus_dimension = 0.0, None
    first, *others = _PLUS.split(said)
    for sign, part in zip(["+", *others[::2]], [first, *others[1::2]], strict=True):
        size = 1.0 if sign == "+" else -1.0
        value, kind, names = _product(part, text)
        if names and not terms:
            scale, dimension, terms = size * value, kind, names
        elif not names and plus_dimension in (None, kind):
            plus, plus_dimension = plus + size * value, kind
        elif names:
            raise ValueError(
                f"{quoted(text)} has names in two parts of a sum; only a value can be added"
            )
        else:
            raise ValueError(f"{quoted(text)} adds values of two kinds")
    return Placeholder(text, scale, dimension, tuple(terms), plus, plus_dimension)


def _product(part: str, whole: str) -> tuple[float, Dimension, list[tuple[str, int]]]:
    """Read a product: its value in SI base units, the dimension of that, and names with powers."""
    scale, dimension = 1.0, _NUMBERS
    terms: list[tuple[str, int]] = []
    part = part.strip(BLANKS)
    pieces = re.split(_TIMES, part)
    signs = [a or "*" for a in pieces[1::3]]
    for sign, operand in zip(["*", *signs], pieces[::3], strict=True):
        power = -1 if sign == "/" else 1
        operand = operand.strip(BLANKS)
        if operand.startswith("(") and operand.endswith(")"):
            operand = operand[1:-1].strip(BLANKS)
        if found := _NAME.fullmatch(operand):
            scale *= -1.0 if found[1] in ("-", "−") else 1.0
            terms.append((found[2], power * int(found[3] or 1)))
            continue
        if "$" in operand or not operand:
            raise ValueError(_not_understood(whole))
        value, kind = parse_free(operand)
        if power < 0 and value == 0.0:
            raise ValueError(f"{quoted(whole)} is divided by zero")
        scale *= value**power
        dimension = times(dimension, kind, power)
    return scale, dimension, terms


def _not_understood(text: str) -> str:
    """Say how arithmetic is written."""
    if found := _UNSIGNED.search(text):
        return f'{quoted(text)} needs a sign before the name: write "{found[1]} * {found[2]}"'
    return (
        f"{quoted(text)} is not understood: write values with their units, and names, with *, /, + "
        'or - between them, as in "0.22 pA/um^3 * $volume", "$d / 2" or "$E + 50 mV"'
    )


def read_rate(text: str) -> Placeholder | None:
    """Read a C-rate such as "C/3"; None for any other text."""
    rate = parse_c_rate(text)
    return None if rate is None else c_rate(rate)


def c_rate(rate: float) -> Placeholder:
    """Return a C-rate, in multiples of 1/h."""
    return Placeholder(f"{rate!r}C", rate / HOUR, base("Hz")[1], ((CAPACITY, 1),))


def product(
    scale: float,
    dimension: Dimension,
    terms: list[tuple[str, int]],
    plus: float = 0.0,
    plus_dimension: Dimension | None = None,
) -> Placeholder:
    """Return a product, and what is added to it; written so that reading it makes the same one."""
    said = f"{scale!r} {unit_text(dimension)}".rstrip()
    for name, power in terms:
        said += f" {'*' if power > 0 else '/'} ${name}" + (
            f"^{abs(power)}" if abs(power) > 1 else ""
        )
    if plus_dimension is not None:
        said += f" + {plus!r} {unit_text(plus_dimension)}".rstrip()
    return Placeholder(said, scale, dimension, tuple(terms), plus, plus_dimension)


def placeholders(given: object) -> Iterator[str]:
    """Yield the names that quantities of plain data stand for."""
    if isinstance(given, str) and "$" in given:
        try:
            yield from read_placeholder(given).names
        except ValueError:  # Told where it is read.
            yield from re.findall(r"\$([^\s*×·/$^]+)", given)
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from placeholders(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from placeholders(value)


def times(dimension: Dimension, other: Dimension, power: int) -> Dimension:
    """Return the dimension of a product with a power of another quantity."""
    a, b, c, d, e, f, g = (x + power * y for x, y in zip(dimension, other, strict=True))
    return (a, b, c, d, e, f, g)
