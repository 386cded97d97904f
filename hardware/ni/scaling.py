"""Volts on a wire and what they mean: metres, amperes, and volts at the cell.

A scale is a straight line with everything that can be got wrong written down: the sign, the gain,
the offset, and who measured them. Nothing here has a default, because a wrong sign drives the
tip into the sample or strips what was to be plated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig import Range

T = TypeVar("T", float, npt.NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line between the volts of a terminal and a quantity in SI units."""

    slope: float
    """SI units per volt, signed; never zero."""
    zero: float
    """The quantity at 0 V, in SI units."""
    provenance: str
    """When and how this was calibrated, in the words of whoever did it."""

    def si(self, volts: T) -> T:
        """Return what volts at the terminal mean, in SI units."""
        return self.zero + self.slope * volts

    def volts(self, si: T) -> T:
        """Return the volts at the terminal that mean a quantity in SI units."""
        return (si - self.zero) / self.slope

    def span(self, volts: Range) -> Range:
        """Return the interval that an interval of volts means, lower end first."""
        ends = sorted((self.si(volts.lower), self.si(volts.upper)))
        return Range(ends[0], ends[1])


def amplifier(sign: int, gain: float, offset: float, provenance: str) -> Scale:
    """Make the scale of an instrument that puts out `offset + sign gain x` volts.

    Args:
        sign: +1 where more of the quantity (anodic current, positive potential) is more volts.
        gain: volts per SI unit, above zero.
        offset: volts where the quantity is zero.
        provenance: of the calibration.
    """
    slope = sign / gain
    return Scale(slope, -offset * slope, provenance)


def positioner(sign: int, gain: float, offset: float, provenance: str) -> Scale:
    """Make the scale of a stage that goes to `offset + sign gain V` metres at V volts.

    Args:
        sign: +1 where more volts move towards larger coordinates.
        gain: metres per volt, above zero.
        offset: metres at 0 V.
        provenance: of the calibration.
    """
    return Scale(sign * gain, offset, provenance)


def at_rail(volts: FloatArray, span: Range, margin: float = 0.005) -> npt.NDArray[np.bool_]:
    """Tell for each sample whether its input is at an end of its range, shape (n,).

    Args:
        volts: shape (n,).
        span: the range of the input.
        margin: part of the range next to its ends that counts as the end.
    """
    edge = margin * (span.upper - span.lower) / 2.0
    railed: npt.NDArray[np.bool_] = (volts >= span.upper - edge) | (volts <= span.lower + edge)
    return railed
