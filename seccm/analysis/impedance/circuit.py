"""Equivalent circuits, written as impedance.py writes them: `R0-p(R1,C1)-W1`.

A hyphen puts elements in series, `p(a,b)` in parallel; parentheses may be nested. An element is
its letters and a number, which makes it another one of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.impedance.elements import ELEMENTS, Element, Size
from seccm.analysis.impedance.spectrum import ComplexArray
from seccm.arrays import FloatArray

NAMED = {
    "resistor": "R0",
    "capacitor": "R0-C1",
    "RC": "R0-p(R1,C1)",
    "R-CPE": "R0-p(R1,CPE1)",
    "two RC": "R0-p(R1,C1)-p(R2,C2)",
    "two R-CPE": "R0-p(R1,CPE1)-p(R2,CPE2)",
    "randles": "R0-p(R1-W1,C1)",
    "randles CPE": "R0-p(R1-W1,CPE1)",
    "randles blocked": "R0-p(R1-Wo1,C1)",
    "randles film": "R0-p(R1-Ws1,C1)",
}
"""Circuits that are known by a name."""
_TOKEN = re.compile(r"p\(|[A-Za-z]+\d*|[-,)]")


class CircuitError(ValueError):
    """A circuit that cannot be read; its words say why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that belongs to an element of a circuit."""

    name: str
    """The element's name, and an ending such as `_n` where it has several."""
    unit: str
    size: Size


@dataclass(frozen=True, slots=True)
class _Leaf:
    element: Element
    name: str
    first: int
    """The place of its first parameter."""

    def impedance(self, s: ComplexArray, p: Sequence[float]) -> ComplexArray:
        stop = self.first + len(self.element.parameters)
        return self.element.ohms(s, p[self.first : stop])


@dataclass(frozen=True, slots=True)
class _Series:
    parts: tuple[_Node, ...]

    def impedance(self, s: ComplexArray, p: Sequence[float]) -> ComplexArray:
        return np.asarray(np.sum([part.impedance(s, p) for part in self.parts], axis=0))


@dataclass(frozen=True, slots=True)
class _Parallel:
    parts: tuple[_Node, ...]

    def impedance(self, s: ComplexArray, p: Sequence[float]) -> ComplexArray:
        each = [1.0 / part.impedance(s, p) for part in self.parts]
        return np.asarray(1.0 / np.sum(each, axis=0))


_Node = _Leaf | _Series | _Parallel


class Circuit:
    """A circuit whose parameters are not known yet.

    Args:
        written: such as `R0-p(R1,C1)`, or one of the names in `NAMED`.

    Raises:
        CircuitError: it cannot be read.
    """

    def __init__(self, written: str) -> None:
        self.written = NAMED.get(written.strip(), written.strip()).replace(" ", "")
        reader = _Reader(self.written)
        self._root = reader.read()
        self.parameters: tuple[Parameter, ...] = tuple(reader.parameters)

        self.alike: tuple[tuple[slice, ...], ...] = tuple(_alike(self._root))
        """Parts in series that are made alike, so that nothing but their order tells them apart:
        the places of their parameters."""

    @property
    def outside(self) -> tuple[str, ...]:
        """The names of the elements that are in series with everything else."""
        parts = self._root.parts if isinstance(self._root, _Series) else (self._root,)
        return tuple(part.name for part in parts if isinstance(part, _Leaf))

    @property
    def inside(self) -> tuple[str, ...]:
        """The names of the elements that have others in parallel, from left to right."""
        every = [leaf.name for leaf in _leaves(self._root)]
        return tuple(name for name in every if name not in self.outside)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in their order."""
        return tuple(parameter.name for parameter in self.parameters)

    def impedance(self, f: FloatArray, values: Sequence[float]) -> ComplexArray:
        """Return the impedance in ohm at frequencies in Hz, of the shape of `f`.

        Args:
            f: above zero.
            values: of the parameters, SI, in their order.

        Raises:
            ValueError: there are more or fewer values than parameters.
        """
        if len(values) != len(self.parameters):
            raise ValueError(
                f"{self.written} has {len(self.parameters)} parameters "
                f"({', '.join(self.names)}), not {len(values)}"
            )
        s = 2j * np.pi * np.asarray(f, dtype=np.complex128)
        return self._root.impedance(s, values)


def _alike(node: _Node) -> list[tuple[slice, ...]]:
    """Find parts in series with the same shape."""
    if isinstance(node, _Leaf):
        return []
    found = [group for part in node.parts for group in _alike(part)]
    if isinstance(node, _Series):
        shapes: dict[str, list[slice]] = {}
        for part in node.parts:
            leaves = _leaves(part)
            stop = leaves[-1].first + len(leaves[-1].element.parameters)
            shapes.setdefault(_shape(part), []).append(slice(leaves[0].first, stop))
        found += [tuple(places) for places in shapes.values() if len(places) > 1]
    return found


def _leaves(node: _Node) -> list[_Leaf]:
    if isinstance(node, _Leaf):
        return [node]
    return [leaf for part in node.parts for leaf in _leaves(part)]


def _shape(node: _Node) -> str:
    if isinstance(node, _Leaf):
        return node.element.letters
    between = "-" if isinstance(node, _Series) else ","
    return f"({between.join(_shape(part) for part in node.parts)})"


class _Reader:
    """Reads a circuit from left to right."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._tokens = _TOKEN.findall(written)
        self._at = 0
        self._seen: set[str] = set()
        self.parameters: list[Parameter] = []
        if "".join(self._tokens) != written or not written:
            strange = re.sub(_TOKEN, "", written)
            why = f"{strange!r} means nothing in it" if strange else "it is empty"
            raise CircuitError(f"{written!r} is not a circuit: {why}")

    def read(self) -> _Node:
        found = self._series()
        if self._at < len(self._tokens):
            raise CircuitError(f"{self._written!r}: {self._tokens[self._at]!r} is not expected")
        return found

    def _series(self) -> _Node:
        return self._list("-", self._one, _Series)

    def _one(self) -> _Node:
        token = self._next("an element")
        if token != "p(":
            return self._leaf(token)
        found = self._list(",", self._series, _Parallel)
        if self._next("')'") != ")":
            raise CircuitError(f"{self._written!r}: ')' is missing")
        return found

    def _list(
        self,
        between: str,
        one: Callable[[], _Node],
        whole: Callable[[tuple[_Node, ...]], _Node],
    ) -> _Node:
        parts = [one()]
        while self._at < len(self._tokens) and self._tokens[self._at] == between:
            self._at += 1
            parts.append(one())
        return parts[0] if len(parts) == 1 else whole(tuple(parts))

    def _next(self, wanted: str) -> str:
        if self._at == len(self._tokens):
            raise CircuitError(f"{self._written!r} ends where {wanted} is expected")
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _leaf(self, name: str) -> _Leaf:
        letters = name.rstrip("0123456789")
        element = ELEMENTS.get(letters)
        if element is None:
            known = ", ".join(ELEMENTS)
            raise CircuitError(f"{self._written!r}: {name!r} is not an element; known are {known}")
        if name in self._seen:
            raise CircuitError(f"{self._written!r}: {name} stands twice; number the elements")
        self._seen.add(name)
        first = len(self.parameters)
        for ending, unit, size in element.parameters:
            whole = f"{name}_{ending}" if ending else name
            self.parameters.append(Parameter(whole, unit, size))
        return _Leaf(element, name, first)
