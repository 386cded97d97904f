"""Pulses of the lamp in a movie: by how much frames are off, from each pulse by itself.

A pulse that the rig tells of and that no frame shows, or that frames show otherwise than it was
told, says nothing: it is left out, and never made to fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.movie.by_steps import offset_by_steps, share_of

DARK = 0.5
"""Share of the usual brightness below which the darkest frame of a pulse must be."""
_ROOM = 6
"""Frames before and after a pulse that tell how bright it is without it."""
_FULL = 0.02
"""A frame counts as dark altogether where it was lit for a smaller share of its exposure."""
_WHOLE = 2
"""Frames that must be dark altogether in a pulse."""
_MISFIT = 0.1
"""Share of an exposure by which what is seen may differ from what a pulse would show, rms."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One step or pulse that both the rig and the camera have seen."""

    t: float
    """When, in seconds of the rig."""
    offset: float
    """What must be added to the times of frames there, seconds."""
    error: float
    """Standard uncertainty of that, seconds."""


def lamp_pulses(
    starts: FloatArray, exposure: float, mean: FloatArray, off: FloatArray, on: FloatArray,
    farthest: float,
) -> list[Seen]:  # fmt: skip
    """Find pulses of the lamp in frames.

    Args:
        starts: of the exposures, seconds by the clock that is to be corrected, rising.
        exposure: seconds.
        mean: brightness of the frames, of the same shape.
        off: when the lamp went off, seconds of the rig, rising.
        on: when it went on.
        farthest: the largest offset that may be, either way, seconds.
    """
    if len(starts) < 3 or not exposure > 0:
        return []
    pulses = _clean(off, on)
    middles = [(first + last) / 2 for first, last in pulses]
    found = []
    for k, (first, last) in enumerate(pulses):
        # What a neighbouring pulse has darkened belongs to that one.
        low = (middles[k - 1] + middles[k]) / 2 if k else -np.inf
        high = (middles[k] + middles[k + 1]) / 2 if k + 1 < len(pulses) else np.inf
        seen = _pulse(starts, exposure, mean, (first, last), (low, high), farthest)
        if seen is not None:
            found.append(seen)
    return _agreeing(found)


def _clean(off: FloatArray, on: FloatArray) -> list[tuple[float, float]]:
    """Return pulses of which both steps are known: one that goes off, and next on."""
    t = np.concatenate([off, on])
    goes_on = np.concatenate([np.zeros(len(off), bool), np.ones(len(on), bool)])
    order = np.argsort(t, kind="stable")
    steps: Sequence[tuple[float, bool]] = list(
        zip(t[order].tolist(), goes_on[order].tolist(), strict=True)
    )
    return [(one, two) for (one, a), (two, b) in pairwise(steps) if not a and b and two > one]


def _pulse(
    starts: FloatArray, exposure: float, mean: FloatArray, pulse: tuple[float, float],
    bounds: tuple[float, float], farthest: float,
) -> Seen | None:  # fmt: skip
    near = _near(starts, exposure, pulse, bounds, farthest)
    if near.sum() < 5:
        return None
    t, seen = starts[near], mean[near]
    bright, dark = float(np.median(seen[seen >= np.median(seen)])), float(seen.min())
    if not (np.isfinite(seen).all() and bright > 0 and dark < DARK * bright):
        return None
    share = (seen - dark) / (bright - dark)
    steps = np.array(pulse)
    found = offset_by_steps(t, exposure, share, steps, on_before=True, farthest=farthest)
    if not np.isfinite(found.seconds):
        return None
    model = share_of(found.seconds, t, exposure, steps, on_before=True)
    misfit = float(np.sqrt(((share - model) ** 2).mean()))
    # Without frames that are dark altogether, it is not known how dark that would be.
    if misfit > _MISFIT or (model < _FULL).sum() < _WHOLE or model.max() < 1 - _FULL:
        return None
    return Seen((pulse[0] + pulse[1]) / 2, found.seconds, max(found.error, 1e-5))


def _near(
    starts: FloatArray, exposure: float, pulse: tuple[float, float], bounds: tuple[float, float],
    farthest: float,
) -> BoolArray:  # fmt: skip
    """Return which frames tell of a pulse."""
    period = float(np.median(np.diff(starts)))
    room = _ROOM * max(period, exposure) + farthest
    low, high = max(pulse[0] - room, bounds[0]), min(pulse[1] + room, bounds[1])
    near: BoolArray = (starts >= low) & (starts + exposure <= high)
    return near


def _agreeing(found: list[Seen]) -> list[Seen]:
    """Return those pulses that agree with most others; none where most do not."""
    if len(found) < 3:
        return found if len(found) < 2 or _agree(*found) else []
    offsets = np.array([seen.offset for seen in found])
    middle = float(np.median(offsets))
    # How far they scatter is what clocks wander, and what a pulse by itself does not know of.
    scatter = 1.4826 * float(np.median(np.abs(offsets - middle)))
    if scatter > WANDERS:
        return []
    return [
        replace(seen, error=float(np.hypot(seen.error, scatter)))
        for seen in found
        if abs(seen.offset - middle) <= 5 * max(seen.error, scatter)
    ]


def _agree(one: Seen, other: Seen) -> bool:
    return abs(one.offset - other.offset) <= 5 * max(one.error, other.error, WANDERS)


WANDERS = 5e-3
"""Seconds by which times of frames may wander against the clock of the rig during a run: what is
left of two clocks whose rates were compared at both ends."""
