"""Images of particles whose number and sizes are known, to learn what is found of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

THINNEST = 12e-9
"""Metres: a nucleus below this is drawn with it."""
_TRIES = 60
"""Places that are tried for a particle, before it may lie on another one."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a microscope shows particles and ground; brightness in units of a particle's rim."""

    blur: float = 1.5
    """Standard deviation of the spot, pixels."""
    noise: float = 1 / 12
    """Standard deviation of a pixel."""
    texture: float = 0.15
    """Standard deviation of the ground's own brightness."""
    grain: float = 25.0
    """Size of its grains, standard deviation in pixels."""
    touch: float = 0.9
    """Least distance of two particles over the sum of their radii; 0: they may lie anywhere."""


@dataclass(frozen=True, slots=True)
class Population:
    """Particles per area and their sizes, normally distributed."""

    density: float
    """Per m^2."""
    mean: float
    """Metres, of the diameter."""
    sd: float
    """Metres, of the diameter."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What an image was drawn with. Arrays have shape (particles,)."""

    x: FloatArray
    """Metres from the left side; some are outside, and reach into the image."""
    y: FloatArray
    """Metres from the upper side."""
    diameter: FloatArray
    """Metres."""

    def inside(self, shape: tuple[int, int], pixel: float) -> Planted:
        """Return those whose middles are in an image of this many rows and columns."""
        height, width = (n * pixel for n in shape)
        here = (self.x >= 0) & (self.x < width) & (self.y >= 0) & (self.y < height)
        return Planted(self.x[here], self.y[here], self.diameter[here])


def plant(
    population: Population, shape: tuple[int, int], pixel: float, touch: float,
    rng: np.random.Generator,
) -> Planted:  # fmt: skip
    """Scatter particles over an image and a margin around it, the largest first.

    Args:
        population: how many, and how large.
        shape: rows and columns of the image.
        pixel: metres per pixel.
        touch: as in `Look`.
        rng: draws them.
    """
    margin = (population.mean + 4 * population.sd) / 2
    height, width = (n * pixel + 2 * margin for n in shape)
    count = int(rng.poisson(population.density * height * width))
    sizes = rng.normal(population.mean, population.sd, count)
    diameter = np.sort(np.maximum(sizes, THINNEST))[::-1]
    x, y = scattered(diameter, (width, height), touch, rng)
    return Planted(x - margin, y - margin, diameter)


def scattered(
    diameter: FloatArray, size: tuple[float, float], touch: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return places in a rectangle at which particles at most touch, x and y, metres.

    Args:
        diameter: metres, shape (particles,), from the largest to the smallest.
        size: width and height of the rectangle, metres.
        touch: least distance over the sum of the radii. A particle that finds no such place in
            60 tries lies on another one.
        rng: draws the places.
    """
    count = len(diameter)
    places = rng.uniform((0.0, 0.0), size, (count, 2))
    if not touch or not count:
        return places[:, 0], places[:, 1]
    cell = float(diameter[0])
    near: dict[tuple[int, int], list[int]] = {}
    for k in range(count):
        for _ in range(_TRIES):
            here = (int(places[k, 0] // cell), int(places[k, 1] // cell))
            around = [
                n
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                for n in near.get((here[0] + i, here[1] + j), ())
            ]
            apart = np.hypot(*(places[around] - places[k]).T)
            if (apart >= touch * (diameter[around] + diameter[k]) / 2).all():
                break
            places[k] = rng.uniform((0.0, 0.0), size)
        here = (int(places[k, 0] // cell), int(places[k, 1] // cell))
        near.setdefault(here, []).append(k)
    return places[:, 0], places[:, 1]


def draw(
    planted: Planted, shape: tuple[int, int], pixel: float, look: Look, rng: np.random.Generator
) -> FloatArray:
    """Return an image of particles, bright at their rims as secondary electrons show spheres.

    Args:
        planted: the particles.
        shape: rows and columns.
        pixel: metres per pixel.
        look: of the microscope.
        rng: draws texture and noise.
    """
    image = np.zeros(shape)
    x, y, radius = planted.x / pixel - 0.5, planted.y / pixel - 0.5, planted.diameter / 2 / pixel
    for column, row, r in zip(x, y, radius, strict=True):
        top, left = max(0, math.floor(row - r)), max(0, math.floor(column - r))
        bottom, right = math.ceil(row + r) + 1, math.ceil(column + r) + 1
        window = image[top : max(bottom, 0), left : max(right, 0)]
        rows, columns = np.ogrid[: window.shape[0], : window.shape[1]]
        out = ((rows + top - row) ** 2 + (columns + left - column) ** 2) / r**2
        rim = np.where(out <= 1, 1 - 0.5 * np.sqrt(np.clip(1 - out, 0, 1)), 0.0)
        np.maximum(window, rim, out=window)
    grains = scipy.ndimage.gaussian_filter(rng.standard_normal(shape), look.grain)
    spread = float(grains.std())
    image += look.texture * grains / spread if spread else 0.0
    blurred = scipy.ndimage.gaussian_filter(image, look.blur)
    return np.asarray(blurred + look.noise * rng.standard_normal(shape))
