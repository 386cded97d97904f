"""Landings in a movie: for which share of its exposure a frame was wet.

What a droplet changes is measured where it changes most, and compared with what it has changed
when it has been there for some frames. It spreads for some ten milliseconds: landings are seen
late by about as much, which is in their uncertainty and cannot be taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.movie.by_steps import offset_by_steps
from seccm.movie.lamp import DARK, Seen
from seccm.movie.pages import Picture

SPREADING = 0.05
"""Seconds for which a droplet may spread after it has touched."""
MOST = 40
"""Landings that are looked at, evenly over a run."""
_AWAY = 1.0
"""Frames from a contact within which a frame may be wet in part."""
_BEFORE, _AFTER = 4, 2
"""Frames that are compared; few after, because what grows changes brightness, too."""
_SOFT = 2.0
"""Pixels by which a change is smoothed before it is asked where it is largest."""
_PLACES = 0.02
"""Share of the picture where the change is largest, at most."""
_NOISE = 0.15
"""Of the change: what frames before the contact may show of it."""


def landings(
    starts: FloatArray, exposure: float, contacts: FloatArray,
    picture: Callable[[int], Picture | None], farthest: float,
) -> list[Seen]:  # fmt: skip
    """Find landings in frames.

    Args:
        starts: of the exposures, seconds by the clock that is to be corrected, rising; of the
            frames that are in the movie.
        exposure: seconds.
        contacts: seconds of the rig, rising.
        picture: gives a frame by its index in `starts`; None where it cannot be read.
        farthest: the largest offset that may be, either way, seconds.
    """
    if len(starts) < 2 * _BEFORE or not exposure > 0:
        return []
    period = float(np.median(np.diff(starts)))
    step = max(1, len(contacts) // MOST)
    found = []
    for contact in contacts[::step].tolist():
        seen = _landing(starts, exposure, period, contact, picture, farthest)
        if seen is not None:
            found.append(seen)
    return found


def _landing(
    starts: FloatArray, exposure: float, period: float, contact: float,
    picture: Callable[[int], Picture | None], farthest: float,
) -> Seen | None:  # fmt: skip
    away = _AWAY * period
    room = (2 * _BEFORE + _AWAY) * period  # farther away is another site
    before = np.flatnonzero((starts > contact - room) & (starts + exposure < contact - away))
    after = np.flatnonzero((starts > contact + away) & (starts < contact + room))
    before, after = before[-_BEFORE:], after[:_AFTER]
    if len(before) < 2 or len(after) < _AFTER:
        return None
    rows = np.arange(before[0], after[-1] + 1)
    pictures = [picture(int(row)) for row in rows]
    if any(each is None for each in pictures):
        return None
    wet = _wet(pictures, len(before))  # type: ignore[arg-type]
    if wet is None:
        return None
    found = offset_by_steps(
        starts[rows], exposure, wet, np.array([contact]), on_before=False, farthest=farthest
    )
    if not np.isfinite(found.seconds):
        return None
    return Seen(contact, found.seconds, found.error)


def _wet(pictures: Sequence[Picture], before: int) -> FloatArray | None:
    """Return for which share of its exposure each frame was wet; None where that is not seen.

    Where the droplet is, is taken from the last frame, and what it changes there from the one
    before it: noise that is the largest in one frame is not in another.
    """
    import scipy  # its parts are loaded when used

    frames = np.array(pictures, np.float64)
    ground = frames[:before].mean(axis=0)
    if not (ground > 0).all():
        return None
    # By the rim of the picture, where no droplet is, the lamp is as bright as before.
    change = frames / ground
    lamp = np.median(change[:, _rim(ground.shape)], axis=1)
    if not (lamp > DARK).all():
        return None
    change = change / lamp[:, np.newaxis, np.newaxis] - 1
    soft = scipy.ndimage.gaussian_filter(change[-1], _SOFT)
    size = np.abs(soft - np.median(soft))
    level = max(float(size.max()) / 2, float(np.quantile(size, 1 - _PLACES)))
    places = size >= level
    along: FloatArray = (change[:, places] * np.sign(soft[places])).mean(axis=1)
    whole = float(along[-_AFTER])
    if not whole > 0 or np.abs(along[:before]).max() > _NOISE * whole:
        return None
    wet: FloatArray = np.clip(along / whole, -0.2, 1.2)
    return wet


def _rim(shape: tuple[int, ...]) -> BoolArray:
    rim = np.ones(shape, bool)
    rim[tuple(slice(max(1, n // 12), n - max(1, n // 12)) for n in shape)] = False
    return rim
