"""What a commissioning step has to show: curves with names and units, for any screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seccm.arrays import FloatArray, peaks

Style = Literal["line", "points", "fit"]
POINTS = 2000
"""Points of a curve beyond which a screen shows nothing more."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A quantity and its SI unit."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in the order in which they are joined; both arrays have shape (n,)."""

    name: str
    x: FloatArray
    y: FloatArray
    style: Style = "line"


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line with a name, such as a threshold."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Graph:
    """Some curves in one frame."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    levels: tuple[Level, ...] = ()
    logarithmic: bool = False
    """Whether both axes are."""


def thinned(x: FloatArray, y: FloatArray, most: int = POINTS) -> tuple[FloatArray, FloatArray]:
    """Return at most so many points that look like all of them: the extremes of equal intervals.

    Args:
        x: shape (n,).
        y: shape (n,).
        most: points wanted, two or more.
    """
    if len(y) <= most:
        return x, y
    rows = peaks(y, most // 2, ends=False)
    return x[rows], y[rows]
