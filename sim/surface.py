"""The virtual sample: a tilted, slightly rough surface with bumps, a step, and drift."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from sim.chance import stream
from sim.solving import compiled

if TYPE_CHECKING:
    from sim.config import DriftConfig, SurfaceConfig

WAVES = 48
"""Plane waves that make up the roughness."""
_WALK_PAGE = 1024
"""Seconds of random walk drawn together."""


class Surface:
    """Height and condition of the surface in its own frame, without drift.

    Args:
        config: of the surface.
        extent: edge length in metres of the square from the origin that the stage reaches.
        seed: of the whole run.
    """

    def __init__(self, config: SurfaceConfig, extent: float, seed: int) -> None:
        self._config = config
        self._centre = extent / 2.0
        rng = stream(seed, "roughness")
        # Wavelengths from ten micrometres down to a tenth, evenly on a logarithmic scale.
        wave = 2.0 * np.pi / np.geomspace(10e-6, 0.1e-6, WAVES)
        angle = rng.uniform(0.0, 2.0 * np.pi, WAVES)
        self._kx, self._ky = wave * np.cos(angle), wave * np.sin(angle)
        self._phase = rng.uniform(0.0, 2.0 * np.pi, WAVES)
        # A self-affine surface has less power in its short waves: amplitude ~ wavelength^0.7.
        amplitude = wave**-0.7
        self._amplitude = config.roughness * amplitude / math.sqrt(0.5 * np.sum(amplitude**2))
        rng = stream(seed, "bumps")
        count = rng.poisson(config.bumps_per_area * extent**2)
        self._bumps = rng.uniform(0.0, extent, (count, 2))
        self._bump_radius = rng.uniform(*config.bump_width, count) / 2.0
        self._bump_height = rng.uniform(*config.bump_height, count)
        rng = stream(seed, "dead patches")
        count = rng.poisson(config.dead_per_area * extent**2)
        self._dead = rng.uniform(0.0, extent, (count, 2))
        plane = self._centre * (abs(config.tilt_x) + abs(config.tilt_y))
        bumps = float(self._bump_height.max(initial=0.0))
        balls = max((sphere.diameter for sphere in config.spheres), default=0.0)
        self.highest = config.height + plane + bumps + float(self._amplitude.sum()) + balls
        self.highest += max(config.step, 0.0)
        """No point of the surface lies above this height, in metres."""

    def height(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the height at points in the sample's frame, all shape (n,) in metres."""
        config = self._config
        plane = (
            config.height + config.tilt_x * (x - self._centre) + config.tilt_y * (y - self._centre)
        )
        plane = plane + config.step * (x >= config.edge)
        along = np.multiply.outer(x, self._kx) + np.multiply.outer(y, self._ky)
        waves = np.cos(along + self._phase)
        # Not a matrix product, whose rounding depends on how many points are asked for.
        height: FloatArray = plane + (waves * self._amplitude).sum(axis=1)
        near = self._bumps_near(x, y)
        if len(near):
            squared = _squared_distances(self._bumps[near], x, y) / self._bump_radius[near] ** 2
            caps = self._bump_height[near] * np.maximum(1.0 - squared, 0.0)
            height += caps.max(axis=1)
        balls = np.zeros(len(x))
        for sphere in config.spheres:
            radius = sphere.diameter / 2.0
            left = radius**2 - (x - sphere.x) ** 2 - (y - sphere.y) ** 2
            # As seen from above: below its equator a ball is overhung by itself.
            balls = np.maximum(balls, np.where(left > 0.0, radius + np.sqrt(np.abs(left)), 0.0))
        height += balls
        return height

    def _bumps_near(self, x: FloatArray, y: FloatArray) -> npt.NDArray[np.intp]:
        """Return the indices of the bumps that may lie below some of the points."""
        reach = self._config.bump_width[1]
        bumps = self._bumps
        beside = (bumps[:, 0] > x.min() - reach) & (bumps[:, 0] < x.max() + reach)
        beside &= (bumps[:, 1] > y.min() - reach) & (bumps[:, 1] < y.max() + reach)
        return np.flatnonzero(beside)

    def dead(self, x: float, y: float) -> bool:
        """Tell whether a point lies on an insulating patch."""
        squared = _squared_distances(self._dead, np.array([x]), np.array([y]))
        return bool((squared < (self._config.dead_width / 2.0) ** 2).any())


def _squared_distances(points: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Squared distances in m^2 from places (n,) to points (k, 2), shape (n, k)."""
    squared: FloatArray = (x[:, None] - points[:, 0]) ** 2 + (y[:, None] - points[:, 1]) ** 2
    return squared


@dataclass(frozen=True, slots=True)
class Residue:
    """A disc of liquid that a broken bridge left on the surface."""

    x: float
    y: float
    """Centre in the sample's frame, metres."""
    radius: float
    height: float
    """Of its spherical cap at the centre, metres."""

    def thickness(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the height of the liquid above the surface at points, 0 outside; each (n,)."""
        share = ((x - self.x) ** 2 + (y - self.y) ** 2) / self.radius**2
        thickness: FloatArray = self.height * np.maximum(0.0, 1.0 - share)
        return thickness


class Residues:
    """All discs of liquid that lie on the surface, found again by where they lie."""

    def __init__(self) -> None:
        self._discs: list[Residue] = []
        self._boxes = np.empty((4, 64))
        """Left, right, front and back of each disc; room for some more."""
        self.highest = 0.0
        """No disc is higher, in metres."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._discs)

    def add(self, disc: Residue) -> None:
        """Leave one more disc behind."""
        count, room = len(self._discs), self._boxes.shape[1]
        if count == room:
            self._boxes = np.concatenate([self._boxes, np.empty((4, room))], axis=1)
        x, y, r = disc.x, disc.y, disc.radius
        self._boxes[:, count] = x - r, x + r, y - r, y + r
        self._discs.append(disc)
        self.highest = max(self.highest, disc.height)

    def forget(self, count: int) -> None:
        """Take back all but the first so many."""
        del self._discs[count:]

    def thickness(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the height of the liquid above the surface at points, each (n,) in metres."""
        thickness = np.zeros(len(x))
        for disc in self._near(float(x.min()), float(x.max()), float(y.min()), float(y.max())):
            thickness = np.maximum(thickness, disc.thickness(x, y))
        return thickness

    def under(self, x: float, y: float) -> list[Residue]:
        """Return the discs that a point lies on."""
        near = self._near(x, x, y, y)
        return [disc for disc in near if math.hypot(disc.x - x, disc.y - y) < disc.radius]

    def _near(self, left: float, right: float, front: float, back: float) -> list[Residue]:
        """Return the discs on which some points inside a rectangle may lie; all in metres."""
        box = self._boxes[:, : len(self._discs)]
        beside = (box[0] < right) & (left < box[1]) & (box[2] < back) & (front < box[3])
        return [self._discs[k] for k in np.flatnonzero(beside)]


class Drift:
    """How far the sample has crept relative to the stage.

    Each axis moves steadily, settles exponentially and wanders at random. The sum is kept at
    whole seconds and runs straight in between.

    Args:
        config: of the drift.
        seed: of the whole run.
    """

    def __init__(self, config: DriftConfig, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._steady = np.array([[config.steady_x], [config.steady_y], [config.steady_z]])
        self._settling = np.array([[config.settling_x], [config.settling_y], [config.settling_z]])
        self._walk = np.zeros((3, 1))
        """Random walk of each axis at the last second so far, metres."""
        self._crept = np.zeros((3, 1))
        """Displacement of each axis at whole seconds, metres."""

    def at(self, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the sample's displacement in x, y and z at times t, each (n,) in metres."""
        x, y, z = (self.along(axis, t) for axis in range(3))
        return x, y, z

    def along(self, axis: int, t: FloatArray) -> FloatArray:
        """Return the displacement along one axis (0, 1, 2) at times t, shape (n,) in metres."""
        while len(t) and self._crept.shape[1] <= t[-1] + 1.0:
            self._creep_on()
        return _straight(self._crept[axis], t)

    def _creep_on(self) -> None:
        """Extend the table by a page of seconds."""
        known, tau = self._crept.shape[1], self._config.settling_time
        rng = stream(self._seed, "drift", known)
        steps = self._config.wander * rng.standard_normal((3, _WALK_PAGE))
        walk = self._walk + np.cumsum(steps, axis=1)
        self._walk = walk[:, -1:]
        t = np.arange(known, known + _WALK_PAGE, dtype=np.float64)
        settled = -tau * np.expm1(-t / tau)
        grown = self._steady * t + self._settling * settled + walk
        self._crept = np.concatenate([self._crept, grown], axis=1)


@compiled
def _straight(known: FloatArray, t: FloatArray) -> FloatArray:
    """Read a table of values at whole seconds at times t, shape (n,), straight in between."""
    values = np.empty_like(t)
    for i in range(t.size):
        second = int(t[i])
        values[i] = known[second] + (known[second + 1] - known[second]) * (t[i] - second)
    return values
