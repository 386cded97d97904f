"""A disk microelectrode in a plane insulator: diffusion to it in one dimension.

Theory of operation. The liquid is cut into volumes along a coordinate x from the electrode, whose
cross-section grows as A(x) = pi a^2 (1 + 2 u + 2 u^2), u = x / a. Of all quadratics this one has
three properties of the true disk at once: the Cottrell current of its area at short times; the
next term of the short-time expansion, from the perimeter, which is the slope of the section; and
the steady current 4 n F D c a, which is the integral of dx / A(x) = 1 / (4 a). Between, it follows
Shoup and Szabo, J. Electroanal. Chem. 140 (1982) 237, to 1 %. The droplet only closes the circuit.
"""

from __future__ import annotations

import math
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.redox import RedoxCell, RedoxParameters
from sim.transport import Shells

VOLUMES = 90
"""Volumes from the electrode to the bulk."""
FINEST, REACH = 1e-3, 300.0
"""Length of the first volume, and distance of the last one, in radii of the disk."""


def disk_shells(radius: float) -> Shells:
    """Return the volumes before a disk.

    Args:
        radius: of the disk, in metres.

    Raises:
        ValueError: it is not positive.
    """
    if not radius > 0.0:
        raise ValueError(f"a disk needs a radius above 0, not {radius} m")
    edges = np.concatenate([[0.0], FINEST * _geometric(REACH / FINEST, VOLUMES)])
    nodes = np.concatenate([[0.0], (edges[:-1] + edges[1:]) / 2.0])
    volume = math.pi * radius**3 * np.diff(edges + edges**2 + 2.0 * edges**3 / 3.0)
    # The integral of du / (1 + 2u + 2u^2), to infinity for the last one.
    angle = np.append(np.arctan(1.0 + 2.0 * nodes), math.pi / 2.0)
    links = np.diff(angle) / (math.pi * radius)
    return Shells(volume, 1.0 / links[1:], float(links[0]))


def _geometric(total: float, count: int) -> FloatArray:
    """Return sums of a geometric series that begins with 1 and comes to a total."""
    ratio, high = 1.0, 10.0
    for _ in range(200):
        middle = (ratio + high) / 2.0
        longer = (middle**count - 1.0) / (middle - 1.0) > total
        ratio, high = (ratio, middle) if longer else (middle, high)
    return np.cumsum(ratio ** np.arange(count))


class DiskCell:
    """A couple, or a metal and its ion, on a disk microelectrode.

    Args:
        parameters: of couple and electrolyte; its resistance is 1 / (4 kappa a).
        radius: of the disk, in metres.
    """

    def __init__(self, parameters: RedoxParameters, radius: float) -> None:
        shells = disk_shells(radius)
        self._cell = RedoxCell(parameters, lambda _: shells)
        # Only the radius of its footprint counts: the area of the electrode.
        self._disk = Droplet(aperture=radius, footprint=radius, height=0.0, half_angle=1.0)

    def wet(self, droplet: Droplet) -> None:
        """Close the circuit: bulk concentrations, electrode at rest."""
        self._cell.wet(self._disk)

    def reshape(self, droplet: Droplet) -> None:
        """Do nothing: the disk has its own shape, whatever the droplet's."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the cell through `wave`, one value a step; see `Cell.run`."""
        return self._cell.run(mode, wave, step)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin._cell = self._cell.copy()
        return twin
