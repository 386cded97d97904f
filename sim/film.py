"""Films of an interference reflection microscope (IRM) below a virtual lithium cell.

The particles of a film are those of the cell: as many, born when the cell's are, and growing as
fast. Their contrast is that of their volume through the spot of the microscope, with a constant per
nanometre of a flat film of as much lithium; what the cell puts into its solid electrolyte
interphase and alloy shows as well. Linear optics: the film cannot show light that leads the
electrochemistry, nor what the pipette reflects, defocus, the coherence of the lamp, or the rim
that a droplet leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.constants import FARADAY
from seccm.imaging.sem.amounts import MOLAR_VOLUME
from sim.cell import Droplet
from sim.growth import Growth
from sim.lithium import LithiumCell
from sim.optics import INDEX, WAVELENGTH, Camera, Frames, Optics


@dataclass(frozen=True, slots=True)
class History:
    """What a cell did. Arrays have shape (times,)."""

    t: FloatArray
    """Seconds since contact."""
    nuclei: FloatArray
    """Particles born until then, per m^2."""
    path: FloatArray
    """By how much the radius of a particle that was there from the beginning has grown, m."""
    other: FloatArray
    """Charge in interphase and alloy, C/m^2, as a positive number."""
    lithium: FloatArray
    """Charge in metal, C/m^2, as a positive number."""
    potential: FloatArray
    """V."""
    smallest: float
    """Radius at birth, m."""
    radius: float
    """Of the footprint, m."""


def plated(density: float, duration: float, droplet: Droplet, step: float = 5e-3) -> History:
    """Plate with a constant current, and note what becomes of it.

    Args:
        density: of the current, A/m^2, as a positive number.
        duration: seconds.
        droplet: the cell.
        step: seconds from one note to the next.
    """
    cell = LithiumCell()
    cell.wet(droplet)
    area = math.pi * droplet.footprint**2
    count = round(duration / step)
    rows = np.zeros((count + 1, 6))
    rows[0, 5] = np.nan
    growth, smallest = Growth(), cell.parameters.nucleus_radius
    for k in range(1, count + 1):
        potential = cell.run("current", np.full(4, -density * area), step / 4).potential[-1]
        growth.note(cell)
        found = growth.born, growth.path, growth.other, growth.lithium
        rows[k] = k * step, *found, float(potential)
    noted = [rows[:, k] for k in range(6)]
    t, nuclei, paths, others, lithium, potentials = noted
    return History(t, nuclei, paths, others, lithium, potentials, smallest, droplet.footprint)


@dataclass(frozen=True, slots=True)
class Born:
    """The particles of a film. Arrays have shape (particles,)."""

    row: FloatArray
    """Pixels."""
    column: FloatArray
    t: FloatArray
    """When they were born, seconds."""
    path: FloatArray
    """Of the history when they were born, m."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film, and the truth about it."""

    t: FloatArray
    """Seconds since contact of each frame, shape (frames,)."""
    shift: FloatArray
    """Of the sample in each frame, pixels along rows and columns, shape (frames, 2)."""
    lamp: FloatArray
    """Its brightness, shape (frames,)."""
    born: Born
    footprint: npt.NDArray[np.bool_]
    """Shape (rows, columns)."""
    frames: Frames
    """Shape (frames, rows, columns), counts of 12 bits."""


def film(
    history: History, camera: Camera, optics: Optics, seed: int, *,
    before: int = 8, field: float = 1.3,
) -> Film:  # fmt: skip
    """Record a film of a cell.

    Args:
        history: of the cell.
        camera: that records.
        optics: of the microscope.
        seed: of everything that is random.
        before: frames before contact.
        field: half of the width of a frame over the radius of the footprint.
    """
    rng = np.random.default_rng(seed)
    half = int(history.radius * field / camera.pixel)
    side = 2 * half + 1
    born = _born(history, rng, half, camera.pixel)
    period = 1 / camera.rate
    count = int(history.t[-1] * camera.rate)
    t = (np.arange(-before, count) + rng.uniform(0.2, 0.8)) * period
    times: FloatArray = np.sort(t + rng.normal(0, camera.jitter * period, t.size)).astype(float)
    shift = np.cumsum(rng.normal(0, optics.walk * math.sqrt(period), (times.size, 2)), axis=0)
    shift = (shift + np.outer(times / 60, optics.drift)) / camera.pixel
    shift -= shift[0]
    noisy = float(optics.noise)
    slow = 0.005 * np.sin(2 * np.pi * times / 97)
    lamp = 1 + noisy * (optics.lamp * rng.standard_normal(times.size) + slow)
    rows, columns = np.ogrid[:side, :side]
    inside = (rows - half) ** 2 + (columns - half) ** 2 < (history.radius / camera.pixel) ** 2
    spot = optics.spot / camera.pixel
    disc = scipy.ndimage.gaussian_filter(inside.astype(float), spot)
    ground = _ground(side, optics, rng)
    shapes = _shapes(history, born, optics, times, (side, side), camera.pixel)
    frames = np.empty((times.size, side, side), np.uint16)
    for k, particles in enumerate(shapes):
        change = np.zeros((side, side))
        if times[k] > 0:
            charge = float(np.interp(times[k], history.t, history.other))
            thick = 1e9 * MOLAR_VOLUME / FARADAY * charge
            change = particles + disc * (optics.contrast * optics.other * thick + optics.wetting)
        sample = scipy.ndimage.shift(ground, shift[k], order=3, mode="nearest")[20:-20, 20:-20]
        light = sample * (1 + scipy.ndimage.shift(change, shift[k], order=1)) * lamp[k]
        frames[k] = _counts(light, camera, rng if optics.noise else None)
    return Film(times, shift, lamp, born, inside, frames)


def _born(history: History, rng: np.random.Generator, half: int, pixel: float) -> Born:
    count = rng.poisson(history.nuclei[-1] * math.pi * history.radius**2)
    share = rng.uniform(0, history.nuclei[-1], count)
    t = np.interp(share, history.nuclei, history.t)
    away = history.radius / pixel * np.sqrt(rng.uniform(0, 1, count))
    angle = rng.uniform(0, 2 * np.pi, count)
    return Born(
        half + away * np.sin(angle), half + away * np.cos(angle), t,
        np.interp(t, history.t, history.path),
    )  # fmt: skip


def _shapes(
    history: History, born: Born, optics: Optics, times: FloatArray, shape: tuple[int, int],
    pixel: float,
) -> Iterator[FloatArray]:  # fmt: skip
    """Yield the contrast of the particles in each frame."""
    top, left = np.floor(born.row).astype(int), np.floor(born.column).astype(int)
    down, right = born.row - top, born.column - left
    for t in times:
        layer = np.zeros(shape)
        if t > 0:
            there = born.t < t
            grown = float(np.interp(t, history.t, history.path)) - born.path[there]
            radius = history.smallest + grown
            volume = 4 / 3 * np.pi * radius**3
            if optics.folding:
                volume = volume * np.cos(2 * np.pi * INDEX * 2 * radius / WAVELENGTH)
            for i, share in ((0, 1 - down), (1, down)):
                for j, part in ((0, 1 - right), (1, right)):
                    place = (top[there] + i, left[there] + j)
                    np.add.at(layer, place, volume * share[there] * part[there])
        thick = 1e9 / pixel**2 * scipy.ndimage.gaussian_filter(layer, optics.spot / pixel)
        yield optics.contrast * thick


def _ground(side: int, optics: Optics, rng: np.random.Generator) -> FloatArray:
    """Return gold with its grains and bumps, 20 pixels larger on each side."""
    wide = side + 40
    grains = scipy.ndimage.gaussian_filter(rng.standard_normal((wide, wide)), 4.0)
    grains *= optics.texture / grains.std()
    rows, columns = np.ogrid[:wide, :wide]
    for _ in range(25):
        row, column = rng.uniform(0, wide, 2)
        size = rng.uniform(5, 12)
        away = (rows - row) ** 2 + (columns - column) ** 2
        grains -= 0.08 * np.exp(-away / (2 * size**2 / 2.3))
    return np.asarray(1 + grains)


def _counts(light: FloatArray, camera: Camera, rng: np.random.Generator | None) -> Frames:
    per_count = camera.full_well / 4095
    electrons = light * camera.level * per_count
    if rng is not None:
        electrons = rng.poisson(electrons) + rng.normal(0, camera.read_noise, electrons.shape)
    return np.asarray(np.clip(np.rint(electrons / per_count), 0, 4095), np.uint16)
