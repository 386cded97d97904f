"""Micrographs with particles that are known, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from seccm.arrays import FloatArray
from seccm.imaging.sem.model_image import Look, Planted, Population, draw, plant

PIXEL = 4e-9
TABLE_1 = {
    "0.20 mA, edge": Population(1.1e13, 92e-9, 45e-9),
    "0.20 mA, centre": Population(1.1e13, 59e-9, 14e-9),
    "0.78 mA": Population(1.7e13, 80e-9, 23e-9),
    "3.82 mA": Population(2.5e13, 48e-9, 23e-9),
    "ten cycles": Population(5.3e13, 72e-9, 26e-9),
}
"""Lithium on gold as published: particles per m^2 and their diameters."""


@dataclass(frozen=True)
class Drawn:
    """A picture and what is in it."""

    image: FloatArray
    planted: Planted
    """Those whose middles are in the picture."""

    @property
    def area(self) -> float:
        return self.image.size * PIXEL**2

    @property
    def density(self) -> float:
        return len(self.planted.diameter) / self.area

    @property
    def volume(self) -> float:
        """Metres: per area."""
        return float(np.pi / 6 * (self.planted.diameter**3).sum()) / self.area


def picture(population: Population, seed: int, side: int = 800, look: Look | None = None) -> Drawn:
    look, rng, shape = look or Look(), np.random.default_rng(seed), (side, side)
    planted = plant(population, shape, PIXEL, look.touch, rng)
    return Drawn(draw(planted, shape, PIXEL, look, rng), planted.inside(shape, PIXEL))


def pictures(population: Population, seeds: range, side: int = 800) -> Iterator[Drawn]:
    for seed in seeds:
        yield picture(population, seed, side)


def in_a_circle(planted: Planted, x: float, y: float, diameter: float) -> Planted:
    inside = np.hypot(planted.x - x, planted.y - y) < diameter / 2
    return Planted(planted.x[inside], planted.y[inside], planted.diameter[inside])


def counts(image: FloatArray) -> np.ndarray:
    """Return a picture as a microscope stores it: 8 bits."""
    return np.asarray(np.clip(60 + 90 * image, 0, 255), np.uint8)


def stored(path: Path, image: FloatArray, metadata: str = "", tag: int = 34682) -> Path:
    """Write a picture with the metadata of a microscope; FEI's tag unless another is given."""
    tags = [(tag, "s", 0, metadata, True)] if metadata else []
    tifffile.imwrite(path, counts(image), extratags=tags)
    return path
