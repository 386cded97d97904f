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

from sim.cell import Droplet, FloatArray
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
        # Only the excess over the bulk is carried, so that an undisturbed liquid stays so exactly.
        filled = np.concatenate([[0.0], np.cumsum(self.volume)])
        excess = np.concatenate([[0.0], np.cumsum(self.volume * (concentration - bulk))])
        wanted = np.concatenate([[0.0], np.cumsum(to.volume)])
        carried: FloatArray = bulk + np.diff(np.interp(wanted, filled, excess)) / to.volume
        return carried


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
        slice_volumes, slice_links = _droplet_slices(droplet, self.slices)
        shared = slice_links[-1] + cone_links[0]
        links = np.concatenate([slice_links[:-1], [shared], cone_links[1:]])
        return Shells(
            volume=np.concatenate([slice_volumes, cone_volumes]),
            conductance=1.0 / links[1:],
            surface_resistance=float(links[0]),
        )


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


def _droplet_slices(droplet: Droplet, slices: int) -> tuple[FloatArray, FloatArray]:
    """Volumes (k,) of the slices and resistances (k + 1,) from surface to middles to mouth."""
    count = slices if droplet.height > 0.0 else 0
    heights = np.linspace(0.0, droplet.height, count + 1)
    nodes = np.concatenate([[0.0], 0.5 * (heights[:-1] + heights[1:]), [droplet.height]])
    slope = (droplet.aperture - droplet.footprint) / droplet.height if count else 0.0
    edge_radii = droplet.footprint + slope * heights
    node_radii = droplet.footprint + slope * nodes
    below, above = edge_radii[:-1], edge_radii[1:]
    volumes = math.pi * np.diff(heights) * (below**2 + below * above + above**2) / 3.0
    links = np.diff(nodes) / (math.pi * node_radii[:-1] * node_radii[1:])
    return volumes, links


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
