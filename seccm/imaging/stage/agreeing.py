"""Landmarks that agree with one another, and those that do not: labels are mistaken easily.

From each pair of landmarks a similarity follows; the one that most others agree with tells which
landmarks belong together (random sample consensus: M. A. Fischler and R. C. Bolles, Commun. ACM
24 (1981) 381; of few landmarks all pairs are tried, so that nothing is random).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.imaging.stage.similarity import FEWEST, Similarity, similarity

TOLERANCE = 4.0
"""Standard deviations of a landmark by which it may miss its place."""
_FLAT = 0.02
"""Least width of the landmarks over their length."""
_PAIRS = 5000
"""Pairs that are tried at most."""
_OTHER_HAND = 4.0
"""Times that the other handedness fits better, where it must be the right one."""


class Undetermined(Exception):
    """Landmarks do not say where the picture is; the text says why, as a sentence."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True, slots=True)
class Agreed:
    """A similarity, and the landmarks that it is made from."""

    fit: Similarity
    used: npt.NDArray[np.bool_]
    """Which landmarks, shape (landmarks,)."""
    missed: FloatArray
    """By how much each landmark misses its place, metres; also those that are not used."""


def agreed(
    picture: FloatArray,
    stage: FloatArray,
    *,
    mirrored: bool,
    scale: tuple[float, float] = (0.0, np.inf),
    error: float,
) -> Agreed:
    """Return the similarity that most landmarks agree with.

    Args:
        picture: landmarks in the picture, shape (n, 2).
        stage: the same landmarks in metres on the stage, in the same order.
        mirrored: whether the determinant is negative.
        scale: bounds of what lengths are multiplied by.
        error: standard deviation of a landmark along an axis, metres: how well it can be placed.

    Raises:
        Undetermined: the landmarks are too few, on a line, of the other handedness, of another
            scale, or fewer than three and half of them agree.
    """
    _enough(picture, stage)
    best = _most(picture, stage, mirrored, scale, TOLERANCE * error)
    other = _most(picture, stage, not mirrored, scale, TOLERANCE * error)
    if other.sum() >= FEWEST and _clearly(picture, stage, other, best, mirrored):
        said, instead = ("mirrored", "as it is") if mirrored else ("not mirrored", "mirrored")
        raise Undetermined(
            f"the picture is taken to be {said}, but its landmarks fit {instead} far better",
            "Say the other, or check which landmark is which.",
        )
    _enough_agree(picture, stage, best, mirrored, scale, error)
    _wide(picture[best], "that agree")
    fit = similarity(picture[best], stage[best], mirrored=mirrored, declared=error)
    if not scale[0] <= fit.scale <= scale[1]:
        raise _scaled(fit.scale, scale)
    missed = np.asarray(np.hypot(*(stage - fit(picture)).T))
    return Agreed(fit, best, missed)


def _enough(picture: FloatArray, stage: FloatArray) -> None:
    if len(picture) != len(stage):
        raise Undetermined(
            f"there are {len(picture)} landmarks in one and {len(stage)} in the other"
        )
    if not (np.isfinite(picture).all() and np.isfinite(stage).all()):
        raise Undetermined("a landmark has no place")
    if len(picture) < FEWEST:
        raise Undetermined(
            f"there are {len(picture)} landmarks, and {FEWEST} are needed: two fit in any case, "
            "and nothing checks them",
            "Add landmarks that are far apart.",
        )
    # Not of the stage: one mistaken number there would put all the others on a line.
    _wide(picture)


def _wide(places: FloatArray, which: str = "") -> None:
    """Refuse landmarks on a line: nothing tells which side of it is which."""
    widths = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
    if not widths[1] > _FLAT * widths[0]:
        which = f" {which}" if which else ""
        raise Undetermined(
            f"the landmarks{which} are on a line or on one place: they do not tell whether the "
            "picture is mirrored",
            "Add one that is far from the line.",
        )


def _most(
    picture: FloatArray, stage: FloatArray, mirrored: bool, scale: tuple[float, float],
    tolerance: float,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Return which landmarks agree with one another, shape (landmarks,)."""
    first, second = _pairs(len(picture))
    # As complex numbers a similarity is q = m p + t; mirrored, of the conjugate.
    p = picture[:, 0] + 1j * (-picture[:, 1] if mirrored else picture[:, 1])
    q = stage[:, 0] + 1j * stage[:, 1]
    apart = p[second] - p[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        m = (q[second] - q[first]) / apart
    fair = np.isfinite(m) & (np.abs(m) >= scale[0]) & (np.abs(m) <= scale[1]) & (np.abs(m) > 0)
    if not fair.any():
        return np.zeros(len(p), bool)
    first, m = first[fair], m[fair]
    away = np.abs(q[None] - (m[:, None] * (p[None] - p[first][:, None]) + q[first][:, None]))
    near = away < tolerance
    # Of as many landmarks, those that agree best.
    score = near.sum(axis=1) - np.where(near, away, 0.0).sum(axis=1) / (tolerance * len(p) + 1e-300)
    kept = near[int(np.argmax(score))]
    return _settled(picture, stage, kept, mirrored, tolerance)


def _settled(
    picture: FloatArray, stage: FloatArray, kept: npt.NDArray[np.bool_], mirrored: bool,
    tolerance: float,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Fit those that agree, and ask again who does, until that changes nothing."""
    for _ in range(10):
        if kept.sum() < 2:
            return kept
        try:
            fit = similarity(picture[kept], stage[kept], mirrored=mirrored)
        except ValueError:
            return kept
        near = np.hypot(*(stage - fit(picture)).T) < tolerance
        if near.sum() < kept.sum() or (near == kept).all():
            return kept
        kept = np.asarray(near)
    return kept


def _pairs(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    if count * (count - 1) // 2 <= _PAIRS:
        pairs = np.array(list(combinations(range(count), 2)), np.int64)
        return pairs[:, 0], pairs[:, 1]
    drawn = np.random.default_rng(0).integers(0, count, (2, _PAIRS))
    apart = drawn[0] != drawn[1]
    return drawn[0][apart], drawn[1][apart]


def _clearly(
    picture: FloatArray, stage: FloatArray, other: npt.NDArray[np.bool_],
    best: npt.NDArray[np.bool_], mirrored: bool,
) -> bool:  # fmt: skip
    """Tell whether the other handedness must be the right one."""
    if other.sum() != best.sum():
        return bool(other.sum() > best.sum())
    right = similarity(picture[best], stage[best], mirrored=mirrored).rms
    wrong = similarity(picture[other], stage[other], mirrored=not mirrored).rms
    return right > _OTHER_HAND * wrong


def _enough_agree(
    picture: FloatArray, stage: FloatArray, best: npt.NDArray[np.bool_], mirrored: bool,
    scale: tuple[float, float], error: float,
) -> None:  # fmt: skip
    """Refuse landmarks of which too few agree."""
    count = int(best.sum())
    if count >= FEWEST and 2 * count > len(best):
        return
    everything = similarity(picture, stage, mirrored=mirrored)
    if not scale[0] <= everything.scale <= scale[1]:
        raise _scaled(everything.scale, scale)
    raise Undetermined(
        f"only {count} of {len(best)} landmarks agree with one another within "
        f"{1e6 * TOLERANCE * error:.3g} um; together they miss their places by "
        f"{1e6 * everything.rms:.3g} um (rms)",
        "Check which landmark is which; say with --error how well they can be placed.",
    )


def _scaled(found: float, scale: tuple[float, float]) -> Undetermined:
    return Undetermined(
        f"the landmarks scale the picture by {found:.4g}, which is outside of {scale[0]:.3g} to "
        f"{scale[1]:.3g}",
        "Check the length of a pixel, and the units of the landmarks.",
    )
