"""Quantities that stand for levels of factors, values of repeats and values of the site.

The simplest is "$j": whatever j is at a site, or in a turn of a repeat. A product, such as
"0.22 pA/um^3 * $volume", is a value times or over such levels; and a C-rate, such as "C/3", is a
share of the capacity of its step in an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seccm.units import BLANKS, Dimension, base, parse_c_rate, parse_free, quoted, unit_text

CAPACITY = "capacity of the step"
"""What the level of a C-rate is multiplied with; no name of a plan, whose names have no blanks
in a product."""
_NUMBERS: Dimension = (0, 0, 0, 0, 0, 0)
HOUR = 3600.0
_TERM = re.compile(rf"[{BLANKS}]*([*×/])[{BLANKS}]*\$([^\s*×/$]+)")
_PRODUCT = re.compile(
    rf"[{BLANKS}]*(?:(?P<first>\$[^\s*×/$]+)|(?P<value>[^$]*?))(?P<terms>(?:{_TERM.pattern})+)"
    rf"[{BLANKS}]*".replace("([*×/])", "[*×/]").replace(r"([^\s*×/$]+)", r"[^\s*×/$]+")
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A quantity that stands for levels; with one name and nothing else it is that level."""

    factor: str
    """The name; of a product, the whole as it is written."""
    scale: float = 1.0
    """Of a product, its value in SI base units."""
    dimension: Dimension = _NUMBERS
    terms: tuple[tuple[str, int], ...] = ()
    """Of a product, the names and their powers, 1 or -1; empty for a level itself."""

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
    """Read "$j", or a product such as "0.22 pA/um^3 * $volume".

    Raises:
        ValueError: it is neither.
    """
    text = text.strip(BLANKS)
    if text.startswith("$") and not _TERM.search(text) and not {"*", "×"} & set(text):
        return Placeholder(text[1:].strip())
    negative = text.startswith(("-$", "−$"))
    found = _PRODUCT.fullmatch(f"-1 * {text[1:]}" if negative else text)
    if found is None:
        raise ValueError(
            f"{quoted(text)} is no product: write a value and then names, each after * or /, such "
            'as "0.22 pA/um^3 * $volume"'
        )
    terms = [(name, 1 if sign in "*×" else -1) for sign, name in _TERM.findall(found["terms"])]
    if found["first"]:
        terms.insert(0, (found["first"][1:], 1))
    value = found["value"] if not found["first"] else "1"
    scale, dimension = parse_free(value)
    return product(scale, dimension, terms)


def read_rate(text: str) -> Placeholder | None:
    """Read a C-rate such as "C/3"; None for any other text."""
    rate = parse_c_rate(text)
    return None if rate is None else c_rate(rate)


def c_rate(rate: float) -> Placeholder:
    """Return a C-rate, in multiples of 1/h."""
    return Placeholder(f"{rate!r}C", rate / HOUR, base("Hz")[1], ((CAPACITY, 1),))


def product(scale: float, dimension: Dimension, terms: list[tuple[str, int]]) -> Placeholder:
    """Return a product; written so that reading it makes the same one."""
    said = "".join(f" {'*' if power > 0 else '/'} ${name}" for name, power in terms)
    value = f"{scale!r} {unit_text(dimension)}".rstrip()
    return Placeholder(f"{value}{said}", scale, dimension, tuple(terms))


def placeholders(given: object) -> Iterator[str]:
    """Yield the names that quantities of plain data stand for."""
    if isinstance(given, str) and "$" in given:
        try:
            yield from read_placeholder(given).names
        except ValueError:  # Told where it is read.
            yield from re.findall(r"\$([^\s*×/$]+)", given)
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from placeholders(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from placeholders(value)


def times(dimension: Dimension, other: Dimension, power: int) -> Dimension:
    """Return the dimension of a product with a power of another quantity."""
    a, b, c, d, e, f = (x + power * y for x, y in zip(dimension, other, strict=True))
    return (a, b, c, d, e, f)
