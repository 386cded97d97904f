"""What every virtual cell offers to the virtual instrument: one droplet, driven and answering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Self, runtime_checkable

from seccm.arrays import FloatArray

Mode = Literal["current", "potential", "open"]


@dataclass(frozen=True, slots=True)
class Droplet:
    """The shape of the liquid between pipette and surface, in metres and radians."""

    aperture: float
    """Inner radius of the pipette's mouth."""
    footprint: float
    """Radius of the wetted disc on the surface."""
    height: float
    """Gap between the pipette's mouth and the surface."""
    half_angle: float
    """Inner half-angle of the pipette's cone."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a cell did while it was driven, one value a step.

    Potentials are those of the working electrode against the reference of the cell's own
    parameters, ohmic and diffusion potentials included, as an ideal electrometer would read
    them at the end of the step. Currents are means over the step, so that current times step
    is the charge that passed; anodic positive.
    """

    potential: FloatArray
    current: FloatArray


class Cell(Protocol):
    """A droplet cell: one kernel for galvanostat, potentiostat and open circuit."""

    def wet(self, droplet: Droplet) -> None:
        """Start a new droplet on fresh surface: bulk concentrations, electrode at rest."""

    def reshape(self, droplet: Droplet) -> None:
        """Let the droplet spread, squeeze or stretch; amounts of substance and charge stay."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the cell through `wave` (A, V, or ignored when open), one value a step.

        Args:
            mode: what is imposed.
            wave: shape (n,), the imposed value at the end of each step.
            step: length of one step in seconds; may differ between calls.
        """

    def copy(self) -> Self:
        """Return an independent copy in the same state, so that a run can be rehearsed."""


@runtime_checkable
class Rechargeable(Protocol):
    """A cell whose state is that of its charge once it has rested."""

    def recharge(self, passed: float, seconds: float) -> None:
        """Take the state of rest that some net charge leaves.

        Args:
            passed: coulombs, anodic positive.
            seconds: in which it has passed; side reactions have gone on all the while.
        """
