"""Landmarks that were measured one after the other, while the sample drifted against the stage.

A straight drift is fitted together with the similarity, `stage = S(picture) + v (t - t0)`, and
taken out: places hold for the time of the last landmark, or for one that is asked for. That needs
landmarks whose times do not go along with their places: a drift along a row that was measured from
its one end to the other is a turn or a scale as well, and the uncertainty of v says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.imaging.stage.agreeing import Agreed, Undetermined, agreed
from seccm.imaging.stage.similarity import similarity

LONG = 600.0
"""Seconds between the first and the last landmark from which a drift is asked for."""
FEWEST = 5
"""Landmarks that are needed for it: similarity and drift have six parameters."""
_CLEAR = 3.0
"""Standard deviations of a drift that is taken into account."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the sample moved against the stage while its landmarks were measured."""

    velocity: tuple[float, float]
    """m/s along x and y of the stage; 0 where none is clear, or none could be asked for."""
    error: float
    """Standard deviation of each along an axis, m/s; NaN where no drift could be asked for."""
    first: float
    """Seconds: of the first landmark; NaN where times are not known."""
    last: float
    """Seconds: of the last one."""
    at: float
    """Seconds: the time that places hold for; NaN where times are not known."""
    told: tuple[str, ...] = ()
    """What is to be said of it, as sentences."""

    def grown(self, error: FloatArray) -> FloatArray:
        """Return the standard deviation of places at the time that they hold for, metres.

        Args:
            error: without drift, metres.
        """
        if not math.isfinite(self.error):
            return error
        away = self.error * abs(self.at - (self.first + self.last) / 2)
        return np.asarray(np.hypot(error, away))


UNTIMED = Drift((0.0, 0.0), math.nan, math.nan, math.nan, math.nan)


def agreed_in_time(
    picture: FloatArray,
    stage: FloatArray,
    t: FloatArray,
    *,
    mirrored: bool,
    scale: tuple[float, float],
    error: float,
    at: float | None = None,
) -> tuple[Agreed, Drift, FloatArray]:
    """Return the similarity that most landmarks agree with at one time, and the drift.

    Args:
        picture: landmarks in the picture, shape (n, 2).
        stage: the same in metres on the stage.
        t: when each was measured, seconds, shape (n,); NaN where nobody knows.
        mirrored: as in `agreed`.
        scale: the same.
        error: the same.
        at: the time that places are wanted for; that of the last landmark unless given.

    Returns:
        Similarity, drift, and the landmarks on the stage at that time, shape (n, 2).

    Raises:
        Undetermined: as `agreed` does; also if a time is asked for and landmarks have none.
    """
    known = t.size == len(picture) and bool(np.isfinite(t).all()) and t.size > 0
    if not known:
        if at is not None:
            raise Undetermined(
                "a time is asked for, and the landmarks have none",
                'Give their table a column "t (s)", or leave out --at.',
            )
        fit = agreed(picture, stage, mirrored=mirrored, scale=scale, error=error)
        return fit, UNTIMED, stage
    first, last = float(t.min()), float(t.max())
    when = last if at is None else at
    best, failed = None, None
    try:
        best = agreed(picture, stage, mirrored=mirrored, scale=scale, error=error)
    except Undetermined as why:
        failed = why
    told: list[str] = []
    found = Drift((0.0, 0.0), math.nan, first, last, when)
    moved = stage
    if last - first > LONG and len(picture) >= FEWEST:
        # First all landmarks, then those that agree: one that is mistaken must make no drift.
        starts = [np.ones(len(picture), bool), _alike(picture, stage, t, mirrored, error)]
        for start in starts if best is None else [best.used, *starts]:
            tried = _followed(picture, stage, t, start, mirrored, scale, error, when)
            if tried is not None and (best is None or _better(tried[0], best)):
                best, found, moved = tried
    if best is None:
        assert failed is not None
        raise failed
    speed, minutes = math.hypot(*found.velocity), (last - first) / 60
    long = last - first > LONG
    if not speed and long and best.used.sum() >= FEWEST:
        sd = _velocity(picture[best.used], stage[best.used], t[best.used], mirrored, error)[1]
        found = Drift((0.0, 0.0), sd, first, last, when)
    if speed:
        told.append(
            f"The sample drifted by {1e9 * 60 * speed:.2g} ± {1e9 * 60 * found.error:.1g} nm a "
            f"minute while the landmarks were measured ({minutes:.0f} min): that is taken out."
        )
    elif long and math.isfinite(found.error):
        told.append(
            f"In the {minutes:.0f} min of the landmarks no drift is clear, to within "
            f"{1e9 * 60 * _CLEAR * found.error:.2g} nm a minute."
        )
    elif long:
        told.append(
            f"Landmarks were measured over {minutes:.0f} min, and a drift cannot be told from "
            f"where they lie: measure {FEWEST} or more, not in the order of their places."
        )
    if when - last > LONG:
        told.append(
            f"Places are for {(when - last) / 60:.0f} min after the last landmark: the sample may "
            "have drifted otherwise since."
        )
    return best, _with(found, told), moved


def _with(found: Drift, told: list[str]) -> Drift:
    return Drift(found.velocity, found.error, found.first, found.last, found.at, tuple(told))


def _better(tried: Agreed, best: Agreed) -> bool:
    """Tell whether a drift explains more landmarks, or as many much better."""
    if tried.used.sum() != best.used.sum():
        return bool(tried.used.sum() > best.used.sum())
    return tried.fit.rms < best.fit.rms


def _followed(
    picture: FloatArray, stage: FloatArray, t: FloatArray, used: npt.NDArray[np.bool_],
    mirrored: bool, scale: tuple[float, float], error: float, when: float,
) -> tuple[Agreed, Drift, FloatArray] | None:  # fmt: skip
    """Fit a drift to some landmarks; None where it is not clear or does not help."""
    if used.sum() < FEWEST:
        return None
    for _ in range(3):
        velocity, sd = _velocity(picture[used], stage[used], t[used], mirrored, error)
        if not math.isfinite(sd) or not math.hypot(*velocity) > _CLEAR * sd:
            return None
        moved = stage + np.outer(when - t, velocity)
        try:
            fit = agreed(picture, moved, mirrored=mirrored, scale=scale, error=error)
        except Undetermined:
            return None
        if fit.used.sum() < FEWEST:
            return None
        if (fit.used == used).all():
            break
        used = fit.used
    drift = Drift(
        (float(velocity[0]), float(velocity[1])), sd, float(t.min()), float(t.max()), when
    )
    return fit, drift, moved


def _alike(
    picture: FloatArray, stage: FloatArray, t: FloatArray, mirrored: bool, error: float
) -> npt.NDArray[np.bool_]:
    """Return the landmarks that are left when the worst is left out again and again."""
    kept = np.ones(len(picture), bool)
    while kept.sum() > FEWEST:
        here = np.flatnonzero(kept)
        worst = []
        for k in here:
            rest = here[here != k]
            velocity, _ = _velocity(picture[rest], stage[rest], t[rest], mirrored, error)
            moved = stage[rest] - np.outer(t[rest], velocity)
            worst.append(similarity(picture[rest], moved, mirrored=mirrored).rms)
        if min(worst) > 0.5 * max(worst):
            break
        kept[here[int(np.argmin(worst))]] = False
    return kept


def _velocity(
    picture: FloatArray, stage: FloatArray, t: FloatArray, mirrored: bool, error: float
) -> tuple[FloatArray, float]:
    """Return a drift, m/s along x and y, and its standard deviation along an axis."""
    h = -1.0 if mirrored else 1.0
    (x, y), tau = (picture - picture.mean(axis=0)).T, t - t.mean()
    length, span = float(np.abs(picture - picture.mean(axis=0)).max()), float(np.ptp(t))
    if not (length > 0 and span > 0):
        return np.zeros(2), math.nan
    zero, one = np.zeros(len(t)), np.ones(len(t))
    # Of unit size, so that the matrix is well conditioned.
    parts = np.vstack([
        np.column_stack([x / length, -h * y / length, one, zero, tau / span, zero]),
        np.column_stack([h * y / length, x / length, zero, one, zero, tau / span]),
    ])  # fmt: skip
    wanted = np.concatenate(stage.T)
    solved, _, rank, _ = np.linalg.lstsq(parts, wanted, rcond=1e-9)
    if rank < 6:
        return np.zeros(2), math.nan
    free = wanted.size - 6
    left = wanted - parts @ solved
    s = max(error, math.sqrt(float((left**2).sum()) / free)) if free > 0 else error
    spread = np.linalg.inv(parts.T @ parts)
    sd = s * math.sqrt(float(max(spread[4, 4], spread[5, 5]))) / span
    return solved[4:] / span, sd
