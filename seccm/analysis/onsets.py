"""Where a current sets in, by three definitions; always name the definition with the number.

What sets in is the steepest rise of the current in the direction of its sweep: the plating of a
metal, a wave, a peak. The foot, a straight line before it, lies where the current rises by less
than a twentieth of that. `seccm.analysis.sweep` has the definitions themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from seccm.analysis.peak_shape import turned
from seccm.analysis.sweep import Sweep, crossover, onset_tangent, onset_threshold
from seccm.results import Status, Value

_FOOT, _SHORTEST = 0.09, 0.04
"""V, length of a foot; and at least."""
_EARLIER = 0.02
"""V by which another foot lies earlier that could have been chosen as well."""
_CLEAR = 12.0
"""Standard deviations by which a current departs from a straight line if anything sets in; that of
noise alone departs by seven."""
_FLAT = 0.05
"""Share of the steepest slope up to which a current does not rise yet."""


@dataclass(frozen=True, slots=True)
class Onsets:
    """Potentials at which a current sets in, V."""

    threshold: Value
    """Where it leaves the line through the foot by five standard deviations."""
    tangent: Value
    """Where the steepest tangent meets that line."""
    crossover: Value
    """Where the reverse sweep crosses the forward sweep, if nuclei were left."""
    span: tuple[float, float]
    """V, ascending, from the foot to the vertex: where the steepest rise was looked for."""


def onsets(there: Sweep, back: Sweep | None = None) -> Onsets:
    """Find the onsets of a sweep in either direction.

    Args:
        there: the sweep towards a vertex.
        back: the sweep from there, if it follows.
    """
    if there.anodic:  # looked at from the other side: a cathodic sweep
        found = onsets(turned(there), None if back is None else turned(back))
        return Onsets(
            _negative(found.threshold),
            _negative(found.tangent),
            _negative(found.crossover),
            (-found.span[1], -found.span[0]),
        )
    loop = Value.none(Status.NOT_MEASURED) if back is None else crossover(there, back)
    if not there.usable:
        none = Value.none(Status.TOO_SHORT)
        return Onsets(none, none, loop, (-math.inf, math.inf))
    place = _steepest(there)
    foot = _foot(there, place) if _bent(there) else None
    if foot is None:
        none = Value.none(Status.NOT_FOUND)
        return Onsets(none, none, loop, (float(there.potential[0]), float(there.potential[-1])))
    rise = (float(there.potential[0]), max(foot))
    return Onsets(_at(onset_threshold, there, foot), _at(onset_tangent, there, foot), loop, rise)


def _at(
    definition: Callable[[Sweep, tuple[float, float]], Value], s: Sweep, foot: tuple[float, float]
) -> Value:
    """Determine an onset; what a foot a little earlier would give is part of its uncertainty."""
    found = definition(s, foot)
    if not found.status.has_value:
        return found
    other = definition(s, (foot[0] + _EARLIER, foot[1] + _EARLIER))
    apart = abs(other.value - found.value) if other.status.has_value else 0.0
    return replace(found, error=math.hypot(found.error, apart))


def _bent(s: Sweep) -> bool:
    """Tell whether anything sets in: noise and a straight background have no onset."""
    straight = np.polynomial.Polynomial.fit(s.potential, s.current, 1)
    return float(np.ptp(s.current - straight(s.potential))) > _CLEAR * s.sigma


def _steepest(s: Sweep) -> int:
    """Return the point at which a cathodic current rises most steeply, going down."""
    slope = np.gradient(s.current, s.potential)
    inside = slice(2, -2)  # the ends of a grid hold fewer rows
    return 2 + int(np.argmax(slope[inside]))


def _foot(s: Sweep, place: int) -> tuple[float, float] | None:
    """Return the foot before the steepest rise of a cathodic current; None without one."""
    slope = np.gradient(s.current, s.potential)
    flat = np.flatnonzero(slope[place:] <= _FLAT * slope[place])
    if slope[place] <= 0.0 or flat.size == 0:
        return None
    low = float(s.potential[place + int(flat[0])])
    high = min(low + _FOOT, float(s.potential[-1]))
    return (low, high) if high - low >= _SHORTEST else None


def _negative(v: Value) -> Value:
    return replace(v, value=-v.value)
