"""What is really there, if the analysis of drawn images is anything to go by.

A population is looked for whose drawn images, analysed in the same way, give what was found in
the real one. Its density and mean diameter are the corrected ones; the volume that was found is
multiplied by planted over found volume of the drawn images. That is right as far as the drawn
images look like the real one: where their grounds differ, no correction is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.imaging.sem.background import floor_of, ground, smooth, without_stripes
from seccm.imaging.sem.model_image import Look, Planted, Population, draw, plant
from seccm.imaging.sem.particles import Particles, find

_ROUNDS = 3
_DRAWN = 2
"""Images that are drawn of the population that was found in the end."""
MISMATCH = 0.2
"""Logarithm of the noise of the image's ground over that of the drawn ones that is allowed."""
_SCATTER, _MOST = 2.5, 0.35
"""Standard deviations of it among drawn images that are allowed as well, and the most of it."""
_SIDE = 1200
"""Pixels: drawn images are as large as the real one, up to this."""
_BIN = 5e-9
"""Metres: the share of planted particles that are found is asked for in steps of this."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an analysis finds in an image."""

    density: float
    """Per m^2."""
    mean: float
    """Metres, of the diameter of whole particles."""
    sd: float
    """Metres."""
    volume: float
    """Of spheres of these diameters, per area: metres."""


@dataclass(frozen=True, slots=True)
class Recount:
    """A population whose images give what was found."""

    density: float
    """Per m^2; NaN where the drawn images do not look like the real one."""
    mean: float
    """Metres; NaN likewise."""
    volume: float
    """Of spheres, per area: metres; NaN likewise."""
    limit: float
    """Metres: diameter above which more than half of the planted particles are found; NaN if
    nowhere."""
    mismatch: float
    """Logarithm of the noise of the ground, relative to the contrast of particles, over that
    of the drawn images."""

    @property
    def trusted(self) -> bool:
        """Return whether the drawn images look like the real one."""
        return math.isfinite(self.density)


def measured(found: Particles) -> Measured:
    """Return density, sizes and volume of what was found in an image."""
    sizes = found.sizes
    if not sizes.size:
        return Measured(found.density, math.nan, math.nan, 0.0)
    volume = math.pi / 6 * found.density * float((sizes**3).mean())
    sd = float(sizes.std(ddof=1)) if sizes.size > 1 else 0.0
    return Measured(found.density, float(sizes.mean()), sd, volume)


def roughness(image: FloatArray, found: Particles) -> float:
    """Return the noise of the region's ground over the median contrast; NaN without particles.

    0 where the ground is one shade: it was clipped, or drawn.
    """
    if not len(found):
        return math.nan
    soft = smooth(without_stripes(np.asarray(image, np.float64), found.pixel), 1.5)
    flat = soft - ground(soft, found.pixel)
    contrast = float(np.median(found.contrast))
    return floor_of(flat[found.region]).scale / contrast if contrast > 0 else math.nan


def recount(image: FloatArray, found: Particles, look: Look, seed: int = 0) -> Recount:
    """Look for the population whose drawn images give what was found in a real one.

    Args:
        image: shape (rows, columns).
        found: in it; at least two whole particles.
        look: of the microscope.
        seed: of the drawn images: the same gives the same numbers.
    """
    rng = np.random.default_rng(seed)
    shape = (min(found.labels.shape[0], _SIDE), min(found.labels.shape[1], _SIDE))
    seen = measured(found)
    trial = Population(seen.density, seen.mean, seen.sd)
    many: list[float] = []
    larger: list[float] = []
    volumes: list[float] = []
    rough: list[float] = []
    sizes, hits = [], []
    for _ in range(_ROUNDS):
        planted, picture, drawn = _analysed(trial, shape, found.pixel, look, rng)
        rough.append(roughness(picture, drawn))
        trial = _nearer(trial, seen, _of(planted, drawn.area), measured(drawn))
    for _ in range(_DRAWN):
        planted, picture, drawn = _analysed(trial, shape, found.pixel, look, rng)
        true, again = _of(planted, drawn.area), measured(drawn)
        many.append(true.density / again.density if again.density else math.nan)
        larger.append(true.mean - again.mean)
        volumes.append(true.volume / again.volume if again.volume else math.nan)
        rough.append(roughness(picture, drawn))
        sizes.append(planted.diameter)
        hits.append(_hit(planted, drawn))
    limit = _limit(np.concatenate(sizes), np.concatenate(hits))
    drawn_rough = np.log(rough)
    own = roughness(image, found)
    mismatch = (math.log(own) if own > 0 else -math.inf) - float(drawn_rough.mean())
    # Small pictures have few grains of the ground: drawn ones differ among themselves.
    allowed = np.clip(_SCATTER * drawn_rough.std(ddof=1), MISMATCH, _MOST)
    if not abs(mismatch) <= allowed:
        return Recount(math.nan, math.nan, math.nan, limit, mismatch)
    return Recount(
        density=seen.density * float(np.mean(many)),
        mean=seen.mean + float(np.mean(larger)),
        volume=seen.volume * float(np.mean(volumes)),
        limit=limit,
        mismatch=mismatch,
    )


def _of(planted: Planted, area: float) -> Measured:
    """Return what a perfect analysis would find."""
    sizes, count = planted.diameter, len(planted.diameter)
    volume = math.pi / 6 * float((sizes**3).sum()) / area
    if count < 2:
        return Measured(count / area, math.nan, math.nan, volume)
    return Measured(count / area, float(sizes.mean()), float(sizes.std(ddof=1)), volume)


def _analysed(
    population: Population, shape: tuple[int, int], pixel: float, look: Look,
    rng: np.random.Generator,
) -> tuple[Planted, FloatArray, Particles]:  # fmt: skip
    planted = plant(population, shape, pixel, look.touch, rng)
    picture = draw(planted, shape, pixel, look, rng)
    return planted.inside(shape, pixel), picture, find(picture, pixel)


def _nearer(trial: Population, seen: Measured, true: Measured, drawn: Measured) -> Population:
    """Return a population whose images should give more nearly what was seen.

    By what is lost of a drawn image's own particles: how many it happens to have cancels.
    """
    if not drawn.density or not math.isfinite(drawn.sd) or not math.isfinite(true.sd):
        return trial
    density = seen.density * float(np.clip(true.density / drawn.density, 0.5, 2))
    spread = float(np.clip(true.sd / drawn.sd, 0.6, 1.6)) if drawn.sd else 1.0
    return Population(
        density, max(seen.mean + true.mean - drawn.mean, 15e-9), max(seen.sd * spread, 3e-9)
    )


def _hit(planted: Planted, drawn: Particles) -> FloatArray:
    """Return 1 for each planted particle that has a found one of its own within it, else 0."""
    hit = np.zeros(len(planted.diameter))
    if not len(drawn):
        return hit
    places = np.column_stack([planted.x, planted.y])
    tree = scipy.spatial.cKDTree(places)
    apart, found = tree.query(np.column_stack([drawn.x, drawn.y]))
    nearest = np.asarray(found)
    hit[nearest[apart < planted.diameter[nearest] / 2]] = 1.0
    return hit


def _limit(sizes: FloatArray, hits: FloatArray) -> float:
    """Return the least diameter above which in every class more than half is found, metres."""
    classes = np.asarray(sizes // _BIN, int)
    number = np.bincount(classes)
    share = np.bincount(classes, hits) / np.maximum(number, 1)
    poor = np.flatnonzero((number >= 5) & (share <= 0.5))
    asked = np.flatnonzero(number >= 5)
    if not asked.size or (poor.size and poor[-1] == asked[-1]):
        return math.nan
    return float(poor[-1] + 1 if poor.size else asked[0]) * _BIN
