"""A film from landing on: the footprint, what grows in it, and when it began, place by place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.imaging.irm import coulombic
from seccm.imaging.irm.coulombic import Cycle, Cycling
from seccm.imaging.irm.drift import Aligner, Shift, moved_back
from seccm.imaging.irm.footprint import Footprint, footprint
from seccm.imaging.irm.growth import Growth, growth
from seccm.imaging.irm.lit import Frames, Unseen, lit

BIN = 4
"""Pixels along each side of a place, which has one record."""
FEWEST_BEFORE = 4
"""Frames before contact, which are the reference."""
_LANDED = 1.0
"""Seconds after contact over which the change of landing is averaged."""
_ZERO = 2
"""Landed frames whose mean is the zero of contrast."""
_AWAY = 6.0
"""Standard deviations of the spot from the footprint within which nothing is called dry."""
_SPOT = 150e-9
"""Metres: standard deviation of the spot of the microscope."""
_FARTHEST, _WORST = 3.0, 3.0
"""Pixels from one frame to the next, and times the usual residual, at which a frame is lost."""
_ALIKE = 0.3
"""Correlation of two halves of the reference below which there is no texture in it."""
_WHOLLY = 0.9
"""Share of the change of landing above which a frame is wholly after it."""
_GOING = 5
"""Frames on both sides of a moment from which it is told whether a record goes on changing."""
_JUMP = 8.0
"""Times the usual change between two frames that a landing makes at least."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """What a film shows. NaN stands where it shows nothing."""

    contact: int
    """Number of the first landed frame, from 0."""
    t: FloatArray
    """Seconds since the first landed frame, of the landed frames, shape (frames,)."""
    mean: FloatArray
    """Contrast of the footprint against that of the first landed frames, shape (frames,)."""
    footprint: Footprint
    drift: FloatArray
    """Of every frame of the film, pixels along rows and columns, shape (all frames, 2)."""
    lamp: FloatArray
    """Brightness of the lamp, relative, shape (all frames,)."""
    end: FloatArray
    """Contrast of each place at the end, shape (places along rows, along columns)."""
    inside: npt.NDArray[np.bool_]
    """Which places are in the footprint, same shape."""
    growth: Growth
    """When and where brightness began to change faster."""
    noise: float
    """Standard deviation of a place in one frame."""
    cycling: Cycling | None
    """Maps of the efficiency of each cycle; None where there are no cycles."""
    doubts: tuple[str, ...]
    """Why numbers are missing or should not be trusted, as sentences."""


def landing(frames: Iterator[FloatArray]) -> int:
    """Return the number of the first frame that is wholly after a landing.

    Args:
        frames: of the film; each must have some light.

    Raises:
        Unseen: no change between two frames stands out.
    """
    coarse = [_binned(frame / frame.mean(), 8) for frame in frames]
    steps = np.array([float((b - a).std()) for a, b in pairwise(coarse)])
    usual = float(np.median(steps))
    scatter = 1.4826 * float(np.median(np.abs(steps - usual)))
    first = int(np.argmax(steps > usual + _JUMP * scatter))
    if not steps[first] > usual + _JUMP * scatter:
        raise Unseen("no landing stands out in the film: give the number of its first landed frame")
    if first + 2 >= len(coarse):
        return first + 1
    # The exposure in which it lands may show a part of it.
    part, whole = (coarse[first + k] - coarse[first] for k in (1, 2))
    share = float((part * whole).sum() / (whole * whole).sum())
    return first + 1 if share > _WHOLLY else first + 2


def view(
    frames: Frames,
    t: FloatArray,
    contact: int,
    pixel: float,
    *,
    cycles: Sequence[Cycle] = (),
    charge: FloatArray | None = None,
    until: float = math.inf,
    rest: int = coulombic.FRAMES,
    sign: int = 0,
) -> Viewed:
    """Analyse a film.

    Args:
        frames: of the film, each of shape (rows, columns).
        t: seconds, shape (frames,); later frames are not looked at.
        contact: number of the first landed frame.
        pixel: metres per pixel.
        cycles: of plating and stripping, by seconds since the first landed frame; growth is looked
            for up to the end of the first plating.
        charge: net charge that has passed until each landed frame, cathodic negative.
        until: seconds since the first landed frame, until which something grows.
        rest: frames that are averaged at a point of rest of a cycle.
        sign: of the contrast of what grows, where other films of the rig have shown it: 1 or -1;
            0 to take it from this film. A film that shows the other one is told.

    Raises:
        Unseen: there are too few frames before or after contact, or no footprint.
    """
    if contact < FEWEST_BEFORE or t.size - contact < FEWEST_BEFORE:
        raise Unseen(
            f"frame {contact + 1} of {t.size} cannot be the first landed one: "
            f"{FEWEST_BEFORE} frames are needed before it and after it"
        )
    frames, before, doubts = lit(frames, contact)
    reference = np.mean(before, axis=0)
    landed = contact + max(_ZERO, int(np.searchsorted(t, t[contact] + _LANDED)) - contact)
    rough = footprint(np.mean(list(frames(contact, landed)), axis=0) / reference - 1)
    if rough is None:
        raise Unseen("no footprint stands out where the droplet landed")
    spot = _SPOT / pixel
    away = np.asarray(scipy.ndimage.distance_transform_edt(~rough.mask), np.float64)
    dry = away > _AWAY * spot
    if dry.mean() < 0.1:
        raise Unseen("the footprint fills the film: there is nothing dry to compare it with")
    if not _textured(before, dry):
        doubts.append("The dry part of the film has no texture: drift is not known.")
    shifts, records, wet = _followed(frames, reference, dry, contact, landed, t.size)
    doubts += _lost(shifts)
    found = footprint(wet) or rough
    if found.faint:
        doubts.append("The footprint is faint: its outline is not to be trusted.")
    zero = records[:_ZERO].mean(axis=0)
    records -= zero
    since = t[contact:] - t[contact]
    inside = _whole(found.mask & (scipy.ndimage.distance_transform_edt(found.mask) > 3 * spot))
    mean = records[:, inside].mean(axis=1) if inside.any() else np.full(since.size, np.nan)
    noise = float(np.std(np.diff(records[:, inside], axis=0)) / math.sqrt(2))
    # Stripping undoes what grew: growth is over at the first turn.
    stop = min([until, *(cycle.turn for cycle in cycles)])
    if not cycles and _goes_on(since, mean, stop):
        doubts.append(
            "Brightness goes on changing after the plating of the site was over: is this the film "
            "of that site?"
        )
        stop = math.inf
    growing = since <= stop
    soft = _softened(records[growing])
    grown = growth(since[growing], mean[growing], soft, inside, _whole(dry), sign)
    cycled = None
    if cycles:
        cycled = coulombic.cycling(
            since, records, inside, noise, cycles, frames=rest, charge=charge, sign=sign
        )
    return Viewed(
        contact=contact,
        t=since,
        mean=mean,
        footprint=found,
        drift=np.array([[s.rows, s.columns] for s in shifts]),
        lamp=np.array([s.gain for s in shifts]),
        end=records[-_ZERO:].mean(axis=0),
        inside=inside,
        growth=grown,
        noise=noise,
        cycling=cycled,
        doubts=(*doubts, *grown.doubts, *(cycled.doubts if cycled is not None else ())),
    )


def _softened(records: FloatArray) -> FloatArray:
    """Return each place averaged with its neighbours, by 1-2-1 along both axes.

    The spot of the microscope is as wide as a place: neighbours show much the same particles,
    with noise of their own.
    """
    kernel = np.array([0.25, 0.5, 0.25])
    for axis in (1, 2):
        records = scipy.ndimage.correlate1d(records, kernel, axis=axis, mode="nearest")
    return np.asarray(records)


def _goes_on(since: FloatArray, mean: FloatArray, stop: float) -> bool:
    """Tell whether a record changes after a moment much as it did before it."""
    before, after = (since <= stop) & (since > stop / 2), since > stop
    if min(before.sum(), after.sum()) < _GOING:
        return False
    slopes = [float(np.polyfit(since[part], mean[part], 1)[0]) for part in (before, after)]
    return slopes[1] / slopes[0] > 0.5 if slopes[0] else False


def _followed(
    frames: Frames,
    reference: FloatArray,
    dry: npt.NDArray[np.bool_],
    contact: int,
    landed: int,
    count: int,
) -> tuple[list[Shift], FloatArray, FloatArray]:
    """Return shifts of all frames, contrast of the places, and the change of landing."""
    aligner = Aligner(reference, dry)
    shifts, records, wet = [], [], np.zeros(reference.shape)
    for number, frame in enumerate(frames(0, count)):
        shift = aligner.shift(frame)
        shifts.append(shift)
        if number < contact:
            continue
        change = moved_back(frame, shift) / reference - 1
        records.append(_binned(change, BIN).astype(np.float32))
        if number < landed:
            wet += change / (landed - contact)
    return shifts, np.array(records), wet


def _lost(shifts: list[Shift]) -> Iterator[str]:
    """Yield what is to be said of frames that could not be followed."""
    moved = np.array([[s.rows, s.columns] for s in shifts])
    jumps = np.abs(np.diff(moved, axis=0)).max(axis=1)
    left = np.array([s.residual for s in shifts])
    bad = np.append(False, jumps > _FARTHEST) | (left > _WORST * float(np.median(left)))
    if bad.any():
        yield (
            f"{int(bad.sum())} frames do not look like the others outside of the droplet, frame "
            f"{int(np.argmax(bad)) + 1} first: the sample jumped, or the light changed."
        )


def _textured(before: list[FloatArray], dry: npt.NDArray[np.bool_]) -> bool:
    """Tell whether two halves of the frames before contact have the same texture."""
    halves = []
    for half in (before[::2], before[1::2]):
        mean = np.mean(half, axis=0)
        fine = scipy.ndimage.gaussian_filter(mean, 1.0) - scipy.ndimage.gaussian_filter(mean, 8.0)
        halves.append(fine[dry])
    if not all(float(half.std()) > 0 for half in halves):
        return False
    return float(np.corrcoef(*halves)[0, 1]) > _ALIKE


def _binned(image: FloatArray, size: int) -> FloatArray:
    """Return means of squares; what is left over at the far sides is left out."""
    rows, columns = (n // size for n in image.shape)
    cut = image[: rows * size, : columns * size]
    return np.asarray(cut.reshape(rows, size, columns, size).mean(axis=(1, 3)))


def _whole(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the places of which every pixel is in a mask."""
    return np.asarray(_binned(mask.astype(np.float64), BIN) > 0.999)
