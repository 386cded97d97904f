"""What a camera sees below a virtual world: gold, droplets, and particles that grow in them.

The optics are those of `sim.film`, linear; here several places lie in one picture, and what was
grown stays where it is when the droplet has gone. Particles are born where the cell's are: as many,
when the cell says, and at places drawn from seed and landing alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.constants import FARADAY
from seccm.imaging.sem.amounts import MOLAR_VOLUME
from sim.born import Particles
from sim.chance import stream
from sim.light import Exposed, Seen
from sim.optics import INDEX, WAVELENGTH, Frames, Optics
from sim.optics import Camera as Sensor

_MARGIN = 20
"""Pixels of gold beyond the edges."""
_PATCH = 1.5
"""Half of the width over the radius of the footprint in which a droplet changes anything."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where the camera looks."""

    width: int
    height: int
    """Pixels."""
    x: float = 50e-6
    y: float = 50e-6
    """Of the middle, in the stage's coordinates, metres."""
    mirrored: bool = True
    """Whether x runs to the left and y upward, as from below; else x runs to the right."""


def moved(image: FloatArray, shift: tuple[float, float], margin: int) -> FloatArray:
    """Move an image by parts of a pixel, and leave its margin out.

    By cubic splines, along one axis after the other: what `scipy.ndimage.shift` does in thrice the
    time.

    Args:
        image: shape (rows, columns).
        shift: along rows and columns, pixels.
        margin: that is left out at each side, pixels; what lies beyond an edge is like the edge.
    """
    parts = scipy.ndimage.spline_filter(image, order=3, mode="nearest")
    for axis, by in enumerate(shift):
        size = image.shape[axis]
        whole = math.floor(by)
        # Two more on each side for the spline, which are cut off again.
        kept = np.arange(margin - 2, size - margin + 2) - whole
        parts = np.take(parts, np.clip(kept, 0, size - 1), axis=axis)
        parts = scipy.ndimage.correlate1d(parts, _cubic(by - whole), axis=axis)
        inner = [slice(None), slice(None)]
        inner[axis] = slice(2, -2)
        parts = parts[tuple(inner)]
    return np.asarray(parts)


def _cubic(part: float) -> FloatArray:
    """Return by how much the coefficients at -2 to 2 count at `-part`, from 0 to 1."""
    away = np.abs(np.arange(-2, 3) + part)
    near = 2 / 3 - away**2 + away**3 / 2
    return np.asarray(np.where(away < 1, near, np.clip(2 - away, 0, None) ** 3 / 6))


@dataclass
class _Place:
    """A landing: its droplet and its particles."""

    number: int
    row: float
    column: float
    """Of the middle, pixels."""
    particles: Particles
    disc: FloatArray
    """Share of each pixel that the droplet covers, through the spot of the microscope."""
    wide: float = 0.0
    """Radius with which `disc` was drawn, metres."""


class Scene:
    """Draws one frame after the other.

    Args:
        where: the camera looks.
        sensor: of the camera.
        optics: of the microscope.
        seed: of everything random.
    """

    def __init__(self, where: Field, sensor: Sensor, optics: Optics, seed: int) -> None:
        self._field, self._sensor, self._optics, self._seed = where, sensor, optics, seed
        self._rng = stream(seed, "camera")
        self._ground = self._gold()
        self._left = np.zeros((where.height, where.width))
        """Contrast of what earlier droplets left behind."""
        self._place: _Place | None = None
        self._drawn = np.zeros((where.height, where.width))

    def frame(self, light: Exposed) -> Frames:
        """Return the counts of an exposure, shape (height, width)."""
        end = light.seen[-1]
        contrast = self._left
        if end.landing >= 0:
            contrast = self._left + self._with_droplet(light, end)
        elif self._place is not None:
            self._leave()
            contrast = self._left
        brightness = light.lit * self._lamp(light.start)
        pixel = self._sensor.pixel
        across = -1.0 if self._field.mirrored else 1.0
        shift = -end.drift[1] / pixel, across * end.drift[0] / pixel
        sample = self._ground * np.pad(1.0 + contrast, _MARGIN, mode="edge")
        return self._counts(moved(sample, shift, _MARGIN) * brightness)

    def _with_droplet(self, light: Exposed, end: Seen) -> FloatArray:
        """Return the contrast of the droplet that is there, meant over the exposure."""
        place = self._place
        if place is None or place.number != end.landing:
            if place is not None:
                self._leave()
            place = self._place = self._new_place(end)
        stop = light.seen[-1].t
        share = 1.0 if end.since <= light.start else max(0.0, stop - end.since)
        share = min(1.0, share / max(stop - light.start, 1e-9)) if share < 1.0 else 1.0
        for seen in light.seen:
            if seen.landing == place.number:
                place.particles.grow(seen.nuclei, seen.path, seen.radius)
        layer = self._particles(place, end)
        disc = self._disc(place, end.radius)
        thick = 1e9 * MOLAR_VOLUME / FARADAY * end.other
        optics = self._optics
        layer += disc * (optics.contrast * optics.other * thick)
        self._drawn = layer
        return share * (layer + disc * optics.wetting)

    def _leave(self) -> None:
        """Let the droplet go; what it has grown stays."""
        self._left = self._left + self._drawn
        self._drawn, self._place = np.zeros_like(self._left), None

    def _new_place(self, seen: Seen) -> _Place:
        where, pixel = self._field, self._sensor.pixel
        across = -1.0 if where.mirrored else 1.0
        column = (where.width - 1) / 2 + across * (seen.x - where.x) / pixel
        row = (where.height - 1) / 2 - (seen.y - where.y) / pixel
        nothing = np.zeros((where.height, where.width))
        return _Place(seen.landing, row, column, Particles(self._seed, seen.landing), nothing)

    def _particles(self, place: _Place, seen: Seen) -> FloatArray:
        """Return the contrast of the particles, shape (height, width)."""
        height, width = self._left.shape
        layer = np.zeros((height, width))
        there = place.particles
        # Between two frames births and growth are only known by and by: volume is charge.
        to_x, to_y, radius = (
            there.there() if math.isnan(seen.live) else there.of_volume(seen.live, seen.dead)
        )
        volume = 4 / 3 * np.pi * radius**3
        if self._optics.folding:
            volume = volume * np.cos(2 * np.pi * INDEX * 2 * radius / WAVELENGTH)
        pixel, across = self._sensor.pixel, -1.0 if self._field.mirrored else 1.0
        rows, columns = place.row - to_y / pixel, place.column + across * to_x / pixel
        top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
        down, right = rows - top, columns - left
        for i, share in ((0, 1 - down), (1, down)):
            for j, part in ((0, 1 - right), (1, right)):
                y, x = top + i, left + j
                inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
                np.add.at(layer, (y[inside], x[inside]), (volume * share * part)[inside])
        here = self._patch(place, seen.radius)
        blurred = np.zeros_like(layer)
        blurred[here] = scipy.ndimage.gaussian_filter(
            layer[here], self._optics.spot / self._sensor.pixel, mode="constant"
        )
        return self._optics.contrast * 1e9 / self._sensor.pixel**2 * blurred

    def _disc(self, place: _Place, radius: float) -> FloatArray:
        """Return the droplet's disc; drawn again only where its radius has changed."""
        if radius != place.wide:
            here = self._patch(place, radius)
            rows, columns = np.ogrid[here]
            pixel = self._sensor.pixel
            inside = np.hypot(rows - place.row, columns - place.column) < radius / pixel
            place.disc, place.wide = np.zeros_like(self._left), radius
            place.disc[here] = scipy.ndimage.gaussian_filter(
                inside.astype(float), self._optics.spot / pixel
            )
        return place.disc

    def _patch(self, place: _Place, radius: float) -> tuple[slice, slice]:
        half = _PATCH * radius / self._sensor.pixel + 8
        height, width = self._left.shape
        return (
            slice(max(0, int(place.row - half)), min(height, int(place.row + half) + 1)),
            slice(max(0, int(place.column - half)), min(width, int(place.column + half) + 1)),
        )

    def _gold(self) -> FloatArray:
        """Return gold with its grains and bumps, larger by the margin on each side."""
        rng = stream(self._seed, "gold")
        shape = self._field.height + 2 * _MARGIN, self._field.width + 2 * _MARGIN
        grains = scipy.ndimage.gaussian_filter(rng.standard_normal(shape), 4.0)
        grains *= self._optics.texture / grains.std()
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        for _ in range(25):
            row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
            size = rng.uniform(5, 12)
            away = (rows - row) ** 2 + (columns - column) ** 2
            grains -= 0.08 * np.exp(-away / (2 * size**2 / 2.3))
        return np.asarray(1 + grains)

    def _lamp(self, t: float) -> float:
        if not self._optics.noise:
            return 1.0
        white = self._optics.lamp * float(self._rng.standard_normal())
        return 1.0 + white + 0.005 * math.sin(2 * math.pi * t / 97)

    def _counts(self, light: FloatArray) -> npt.NDArray[np.uint16]:
        sensor = self._sensor
        per_count = sensor.full_well / 4095
        electrons = np.maximum(light, 0.0) * sensor.level * per_count
        if self._optics.noise:
            # Of thousands of photons, a normal distribution is as good, in a fifth of the time.
            spread = np.sqrt(electrons + sensor.read_noise**2)
            electrons = electrons + spread * self._rng.standard_normal(electrons.shape)
        return np.asarray(np.clip(np.rint(electrons / per_count), 0, 4095), np.uint16)
