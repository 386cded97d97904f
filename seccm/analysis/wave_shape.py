"""Foot, wave and plateau of one sweep, told apart by iteration; the foot is a sloping line.

A leak from tip to sample adds a straight line to the current of a wave. It is fitted where
nothing reacts yet and taken off. Where that is, depends on the wave itself: two of its own widths
(|E3/4 - E1/4|) before the half-wave potential a wave has 1.2 % of its height, and that rest is
taken off by its shape, 1 / (1 + exp(-2 ln3 (E - E1/2) / width)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seccm.analysis.sweep import Sweep
from seccm.arrays import BoolArray, FloatArray
from seccm.results import noise

LEVELS = (0.25, 0.5, 0.75)
_CLEAR = 2.0
"""Widths of the wave between its half-wave potential and what counts as foot or plateau."""
_FEWEST = 8
"""Points of a foot or plateau."""
_SHORTEST = 0.3
"""Widths of the wave that a foot or a plateau has to be long at least."""
_ENDS = 2
"""Points at either end of the grid that few rows may have gone into."""
REVERSIBLE = 0.057
"""V, width of a reversible one-electron wave: the first guess."""
_SETTLED, _MOST_LOOKS = 5e-5, 11
"""V by which the half-wave potential may still move from one look to the next; and looks."""
_STRAIGHT = 4.0
"""Standard deviations by which a bent foot is told from a straight one."""


@dataclass(frozen=True, slots=True)
class Ascent:
    """A sweep seen from the foot of its wave: the current rises with the potential.

    A wave whose foot is at high potentials (a reduction) is turned about the origin: potential
    and current change their signs, and it rises from the foot as any other.
    """

    potential: FloatArray
    """V, ascending."""
    current: FloatArray
    """A, smoothed."""
    raw: FloatArray
    """A, not smoothed."""
    sigma: float
    """A, standard deviation of `current`."""
    sign: float
    """-1 where the sweep was turned."""
    clear: bool
    """One end carries so much less current than the other that it must be the foot."""


def from_foot(s: Sweep) -> Ascent:
    """Look at a sweep from the end that carries less current, which is the foot of a wave."""
    part = max(5, s.raw.size // 12)
    ends = abs(float(np.median(s.raw[:part]))), abs(float(np.median(s.raw[-part:])))
    clear = min(ends) < 0.5 * max(ends)
    if ends[0] <= ends[1]:
        return Ascent(s.potential, s.current, s.raw, s.sigma, 1.0, clear)
    turned = (-s.potential[::-1], -s.current[::-1], -s.raw[::-1])
    return Ascent(*turned, s.sigma, -1.0, clear)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through some points, y = height + slope (x - centre), and its errors."""

    centre: float
    height: float
    slope: float
    height_error: float
    slope_error: float

    def at(self, x: FloatArray) -> FloatArray:
        """Return the values at x."""
        return self.height + self.slope * (x - self.centre)


def fitted(x: FloatArray, y: FloatArray, least: float) -> Line:
    """Fit a line; its errors allow for residuals that resemble their neighbours, as of hum.

    Args:
        x: shape (n,), not all alike, n at least 3.
        y: shape (n,).
        least: standard deviation of a point that is known to be there at least.
    """
    centre = float(x.mean())
    away = x - centre
    spread = float(away @ away)
    height, slope = float(y.mean()), float(away @ y) / spread
    rest = y - height - slope * away
    power = float(rest @ rest)
    sigma = max(least, math.sqrt(power / (x.size - 2)))
    alike = min(max(float(rest[1:] @ rest[:-1]) / power, 0.0), 0.95) if power > 0.0 else 0.0
    sigma *= math.sqrt((1.0 + alike) / (1.0 - alike))
    return Line(centre, height, slope, sigma / math.sqrt(x.size), sigma / math.sqrt(spread))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some points of a sweep, the foot or the plateau."""

    e: FloatArray
    """V, ascending."""
    raw: FloatArray
    """A."""
    bare: FloatArray
    """A, of the foot less the shape of the wave; of the plateau its height over the background,
    as if the wave had come to its end."""


@dataclass(frozen=True)
class Shape:
    """A wave taken apart; what is not asked for is not worked out."""

    foot: Piece
    behind: Piece
    """The plateau."""
    white: float
    """A, noise of a point."""
    base: Line
    """The background, through the foot."""
    limit: float
    """A, height of the plateau over the background."""
    crossings: tuple[float, ...]
    """V, where a quarter, a half and three quarters of the limit flow; NaN where nowhere."""
    steepness: tuple[float, ...]
    """A/V there."""
    has_foot: bool
    has_plateau: bool

    @property
    def plateau(self) -> tuple[float, float]:
        """V, from where to where."""
        return float(self.behind.e[0]), float(self.behind.e[-1])

    @cached_property
    def top(self) -> Line:
        """The plateau over the background and the shape of the wave: level for a steady wave."""
        return fitted(self.behind.e, self.behind.bare, self.white)

    @cached_property
    def plain(self) -> float:
        """A, the limit as if the wave began and ended in foot and plateau, without its shape."""
        base = fitted(self.foot.e, self.foot.raw, self.white)
        return float(np.median(self.behind.raw - base.at(self.behind.e)))

    @property
    def half(self) -> float:
        """V."""
        return self.crossings[1]

    @property
    def width(self) -> float:
        """V, between a quarter and three quarters."""
        return self.crossings[2] - self.crossings[0]

    def limit_error(self) -> float:
        """Standard uncertainty of the limit, A.

        Of the plateau, of the line carried there, and of the wave's shape in foot and plateau: a
        wave that kinetics or an ohmic drop make lopsided has another, so what the shape does to
        the limit is taken as uncertain by as much, evenly spread (GUM, 4.3.7).
        """
        far = self.top.centre - self.base.centre
        line = math.hypot(self.base.height_error, far * self.base.slope_error)
        shape = abs(self.limit - self.plain) / math.sqrt(3.0)
        return math.sqrt((1.2533 * self.top.height_error) ** 2 + line**2 + shape**2)

    def crossing_error(self, k: int, sigma: float) -> float:
        """Standard uncertainty of a crossing, V, with `sigma` that of a smoothed point, A."""
        level, e = LEVELS[k], self.crossings[k]
        far = (e - self.base.centre) - level * (self.top.centre - self.base.centre)
        line = math.hypot((1.0 - level) * self.base.height_error, far * self.base.slope_error)
        plateau = level * 1.2533 * self.top.height_error
        return math.sqrt(sigma**2 + plateau**2 + line**2) / self.steepness[k]


def taken_apart(a: Ascent) -> Shape | None:
    """Tell foot, wave and plateau apart; None where the current does not rise through a wave."""
    e = a.potential[_ENDS:-_ENDS]
    smooth, raw = a.current[_ENDS:-_ENDS], a.raw[_ENDS:-_ENDS]
    if e.size < 3 * _FEWEST:
        return None
    white = noise(a.raw)
    tenth = max(_FEWEST, e.size // 10)
    levels = float(np.median(raw[:tenth])), float(np.median(raw[-tenth:]))
    points = _Points(e, smooth, raw, white)
    shape = _looked_at(points, _halfway(e, smooth, levels), REVERSIBLE, levels[1] - levels[0])
    for _ in range(_MOST_LOOKS):
        if shape is None:
            return None
        before = shape
        width = min(max(shape.width, 5e-3), float(np.ptp(e)) / 4.0)
        shape = _looked_at(points, shape.half, width, shape.limit)
        if shape is not None and abs(shape.half - before.half) < _SETTLED:
            break
    return shape


@dataclass(frozen=True, slots=True)
class _Points:
    """What is looked at: the grid of an ascent without its ends."""

    e: FloatArray
    smooth: FloatArray
    raw: FloatArray
    white: float
    """A, noise of a point of `raw`."""


def _looked_at(p: _Points, half: float, width: float, limit: float) -> Shape | None:
    """Take a wave apart that is known roughly: its place, width and height."""
    model = 1.0 / (1.0 + np.exp(-2.0 * math.log(3.0) * np.clip((p.e - half) / width, -60, 60)))
    foot, plateau = p.e < half - _CLEAR * width, p.e > half + _CLEAR * width
    has_foot, has_plateau = (_long_enough(p.e, where, width) for where in (foot, plateau))
    # Without them the ends have to do, for a first look or for a number with a caveat.
    foot = foot if has_foot else p.e <= p.e[_FEWEST - 1]
    plateau = plateau if has_plateau else p.e >= p.e[-_FEWEST]
    before = Piece(p.e[foot], p.raw[foot], p.raw[foot] - limit * model[foot])
    base = _background(before.e, before.bare, p.white)
    e, raw = p.e[plateau], p.raw[plateau]
    behind = Piece(e, raw, (raw - base.at(e)) / model[plateau])
    limit = float(np.median(behind.bare))
    if not limit > 0.0:
        return None
    share = (p.smooth - base.at(p.e)) / limit
    found = [f for level in LEVELS if (f := _crossing(p.e, share, level)) is not None]
    if len(found) < len(LEVELS):
        return None
    return Shape(
        foot=before,
        behind=behind,
        white=p.white,
        base=base,
        limit=limit,
        crossings=tuple(e for e, _ in found),
        steepness=tuple(slope * limit for _, slope in found),
        has_foot=has_foot,
        has_plateau=has_plateau,
    )


def _halfway(e: FloatArray, smooth: FloatArray, levels: tuple[float, float]) -> float:
    """Potential halfway between the two ends of the sweep, seen from the straight line."""
    above = smooth - 0.5 * (levels[0] + levels[1])
    return float(e[int(np.argmax(above >= 0.0))])


def _long_enough(e: FloatArray, where: BoolArray, width: float) -> bool:
    inside = e[where]
    return inside.size >= _FEWEST and float(np.ptp(inside)) >= _SHORTEST * width


def _background(x: FloatArray, y: FloatArray, white: float) -> Line:
    """Fit the line of the foot; a bend in it, as of a slow transient, goes into its errors."""
    line = fitted(x, y, white)
    if x.size < 4 * _FEWEST:
        return line
    near = fitted(x[x.size // 2 :], y[y.size // 2 :], white)
    bend = abs(near.slope - line.slope)
    if bend <= _STRAIGHT * math.hypot(near.slope_error, line.slope_error):
        return line
    return Line(
        near.centre, near.height, near.slope, near.height_error, math.hypot(near.slope_error, bend)
    )


def _crossing(e: FloatArray, share: FloatArray, level: float) -> tuple[float, float] | None:
    """Potential at which `share` rises through `level` for good, and its slope there, 1/V."""
    below = np.flatnonzero(share < level)
    if below.size == 0 or below[-1] == share.size - 1:
        return None
    k = int(below[-1]) + 1
    fraction = float((level - share[k - 1]) / (share[k] - share[k - 1]))
    # Over some points: the slope between two neighbours is mostly noise.
    low, high = max(0, k - 4), min(share.size - 1, k + 3)
    slope = float((share[high] - share[low]) / (e[high] - e[low]))
    if not slope > 0.0:
        return None
    return float(e[k - 1] + fraction * (e[k] - e[k - 1])), slope
