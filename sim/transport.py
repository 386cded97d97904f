"""Diffusion between a surface and the bulk of a pipette, through droplet and cone.

Theory of operation. The liquid is cut along its axis into flat slices (the droplet, a truncated
cone from the footprint up to the pipette's mouth) and spherical shells (the pipette's cone). Each
is one finite volume. The link between two neighbours has a geometric resistance, length over
area, that is exact for its shape, so that the sum of all links is the closed form
G_R = 1/(Omega R_0) + h/(pi a w) however coarse the cut. The last shell is linked to infinity,
which makes every steady state exact too. One implicit Euler step is one tridiagonal solve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet
from sim.solving import compiled


@dataclass(frozen=True, slots=True)
class Shells:
    """Finite volumes from the surface (first) towards the bulk (last)."""

    volume: FloatArray
    """Shape (n,), in m^3."""
    conductance: FloatArray
    """Shape (n,), area over length in m, from each volume to the next; the last one to the bulk."""
    surface_resistance: float
    """Length over area in 1/m from the surface to the middle of the first volume."""

    @property
    def resistance(self) -> float:
        """Geometric resistance G_R from the surface to the bulk, in 1/m."""
        return self.surface_resistance + float(np.sum(1.0 / self.conductance))

    def carry(self, concentration: FloatArray, bulk: float, to: Shells) -> FloatArray:
        """Move the liquid into other shells without mixing, nearest to the surface first.

        The amount of substance between the surface and any parcel of liquid stays what it was;
        room beyond the last shell is filled from the bulk.

        Args:
            concentration: shape (n,), mol/m^3, in these shells.
            bulk: concentration beyond the last shell, mol/m^3.
            to: the shells of the new shape, with m volumes.

        Returns:
            Shape (m,), mol/m^3, in the new shells.
        """
        return _carried(self.volume, concentration, bulk, to.volume)


class Cut(Protocol):
    """A way of cutting a droplet's liquid into finite volumes."""

    def __call__(self, droplet: Droplet) -> Shells:
        """Return the shells of this droplet."""


@dataclass(frozen=True, slots=True)
class ConeCut:
    """Cut the droplet into slices of equal height and the pipette into geometric shells."""

    slices: int = 4
    """Slices of the droplet."""
    shells: int = 14
    """Shells of the cone; 40 where a transient must be right to 0.1 %."""
    reach: float = 60.0
    """Depth of the shells in units of the cone's radius at its mouth, a / sin(half-angle)."""

    def __call__(self, droplet: Droplet) -> Shells:
        """Return the shells of a droplet.

        Raises:
            ValueError: if the shape is impossible.
        """
        _check(droplet)
        cone_volumes, cone_links = _cone_shells(
            droplet.aperture, droplet.half_angle, self.shells, self.reach
        )
        slices = self.slices if droplet.height > 0.0 else 0
        volume, conductance, surface_resistance = _joined(
            droplet.aperture, droplet.footprint, droplet.height, slices, cone_volumes, cone_links
        )
        return Shells(volume, conductance, surface_resistance)


@compiled
def pooled_potential(potential: float, rest: float, area: float, wetted: float) -> float:
    """Potential after the footprint changed from `area` to `wetted`, charges being shared.

    Fresh surface brings a double layer charged to its rest potential; surface that falls dry
    takes its share away and leaves the potential as it is.
    """
    if wetted <= area:
        return potential
    return (potential * area + rest * (wetted - area)) / wetted


def _check(droplet: Droplet) -> None:
    if not (droplet.aperture > 0.0 and droplet.footprint > 0.0 and droplet.height >= 0.0):
        raise ValueError(
            f"a droplet needs a positive aperture and footprint and a height of 0 or more, "
            f"not {droplet.aperture} m, {droplet.footprint} m and {droplet.height} m"
        )
    if not 0.0 < droplet.half_angle < math.pi / 2.0:
        raise ValueError(
            f"a cone's half-angle lies between 0 and pi/2, not at {droplet.half_angle} rad"
        )


@lru_cache(maxsize=8)
def _cone_shells(
    aperture: float, half_angle: float, shells: int, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Volumes (n,) of a cone's shells and resistances (n + 1,) from its mouth to infinity.

    Remembered, because a droplet changes its shape many times above the same pipette.
    """
    mouth = aperture / math.sin(half_angle)
    solid_angle = 2.0 * math.pi * (1.0 - math.cos(half_angle))
    edges = mouth * np.geomspace(1.0, 1.0 + reach, shells + 1)
    nodes = np.concatenate([edges[:1], np.sqrt(edges[:-1] * edges[1:])])
    links = -np.diff(np.append(1.0 / nodes, 0.0)) / solid_angle
    return solid_angle * np.diff(edges**3) / 3.0, links


@compiled
def _joined(
    aperture: float,
    footprint: float,
    height: float,
    slices: int,
    cone_volumes: FloatArray,
    cone_links: FloatArray,
) -> tuple[FloatArray, FloatArray, float]:
    """Put the slices of a droplet under the shells of a cone.

    A slice is a truncated cone; the link through it from one radius to another is its length
    over pi times the product of the radii.

    Returns:
        Volumes and conductances, shape (slices + shells,), and the resistance from the surface
        to the middle of the first volume.
    """
    n = slices + cone_volumes.size
    volume = np.empty(n)
    link = np.empty(n + 1)
    slope = (aperture - footprint) / height if slices else 0.0
    thick = height / slices if slices else 0.0
    node, radius = 0.0, footprint
    for i in range(slices):
        below, above = footprint + slope * i * thick, footprint + slope * (i + 1) * thick
        volume[i] = math.pi * thick * (below * below + below * above + above * above) / 3.0
        middle = (i + 0.5) * thick
        wide = footprint + slope * middle
        link[i] = (middle - node) / (math.pi * radius * wide)
        node, radius = middle, wide
    link[slices] = (height - node) / (math.pi * radius * aperture) if slices else 0.0
    link[slices] += cone_links[0]
    volume[slices:] = cone_volumes
    link[slices + 1 :] = cone_links[1:]
    return volume, 1.0 / link[1:], link[0]


@compiled
def _carried(
    volume: FloatArray, concentration: FloatArray, bulk: float, wanted: FloatArray
) -> FloatArray:
    """Fill other volumes with the same liquid, in the same order; shape (m,), mol/m^3.

    Only the excess over the bulk is carried, so that an undisturbed liquid stays so exactly.
    """
    carried = np.empty(wanted.size)
    source, left = 0, volume[0]
    for k in range(wanted.size):
        room, excess = wanted[k], 0.0
        while room > 0.0 and source < volume.size:
            share = min(room, left)
            excess += share * (concentration[source] - bulk)
            room -= share
            left -= share
            if left <= 0.0:
                source += 1
                left = volume[source] if source < volume.size else 0.0
        carried[k] = bulk + excess / wanted[k]
    return carried


@compiled
def factorise(
    volume: FloatArray, conductance: FloatArray, diffusivity: float, step: float
) -> tuple[FloatArray, FloatArray]:
    """Factorise the matrix of one implicit Euler step of diffusion (Thomas algorithm).

    Returns:
        Shape (n,) each: the eliminated upper diagonal and the reciprocal pivots.
    """
    n = volume.size
    upper = np.empty(n)
    pivot = np.empty(n)
    below = 0.0
    eliminated = 0.0
    for i in range(n):
        above = diffusivity * conductance[i]
        diagonal = volume[i] / step + below + above
        pivot[i] = 1.0 / (diagonal - below * eliminated)
        eliminated = above * pivot[i] if i < n - 1 else 0.0
        upper[i] = eliminated
        below = above
    return upper, pivot


@compiled
def diffuse(
    upper: FloatArray,
    pivot: FloatArray,
    conductance: FloatArray,
    diffusivity: float,
    source: FloatArray,
    result: FloatArray,
) -> None:
    """Solve one step: `source` (n,) in mol/s is what each volume holds or receives per step."""
    n = source.size
    previous = 0.0
    below = 0.0
    for i in range(n):
        previous = (source[i] + below * previous) * pivot[i]
        result[i] = previous
        below = diffusivity * conductance[i]
    for i in range(n - 2, -1, -1):
        previous = result[i] + upper[i] * previous
        result[i] = previous


@compiled
def surface_response(
    upper: FloatArray,
    pivot: FloatArray,
    conductance: FloatArray,
    diffusivity: float,
    result: FloatArray,
) -> None:
    """Concentrations (n,) after one step when the surface feeds 1 mol/s into pure solvent."""
    source = np.zeros(result.size)
    source[0] = 1.0
    diffuse(upper, pivot, conductance, diffusivity, source, result)
