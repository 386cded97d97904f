"""Open-circuit potentials of materials that take lithium in, against the fraction of it.

The curves are published fits, or a table of one's own. All are against Li/Li+ and fall with the
fraction of lithium; beyond the range of a fit they go on steeply, as those of a full or an empty
material do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from sim.solving import FARADAY, GAS, compiled

Material = Literal["LiMn2O4", "LiFePO4"]

POINTS = 4001
"""Points of a curve, evenly from 0 to 1; straight in between."""
END = 0.004
"""Fraction of lithium from either end at which the curve leaves its fit."""
STEEPNESS = 1.0
"""Volts by which the end of a curve has risen, or fallen, at half that distance from the end."""


def limn2o4(x: FloatArray) -> FloatArray:
    """Potential of LiyMn2O4 (Doyle and others, J. Electrochem. Soc. 143 (1996) 1890).

    Args:
        x: fraction of lithium y, shape (n,).

    Returns:
        V against Li/Li+, shape (n,).
    """
    ending = (np.maximum(0.998432 - x, 1e-6)) ** -0.492465 - 1.90111
    return (
        4.19829
        + 0.0565661 * np.tanh(-14.5546 * x + 8.60942)
        - 0.0275479 * ending
        - 0.157123 * np.exp(-0.04738 * x**8)
        + 0.810239 * np.exp(-40.0 * (x - 0.133875))
    )


def lifepo4(x: FloatArray) -> FloatArray:
    """Potential of LixFePO4 (Safari and Delacourt, J. Electrochem. Soc. 158 (2011) A562).

    Two phases are one here, with a plateau on which the potential falls by 3 mV.

    Args:
        x: fraction of lithium, shape (n,).

    Returns:
        V against Li/Li+, shape (n,).
    """
    empty = 1.0 - x
    return (
        3.4323
        - 0.8428 * np.exp(-80.2493 * empty**1.3198)
        - 3.2474e-6 * np.exp(20.2645 * empty**3.8003)
        + 3.2482e-6 * np.exp(20.2646 * empty**3.7995)
        - 3e-3 * (x - 0.5)
    )


_FITS: Mapping[Material, Callable[[FloatArray], FloatArray]] = {
    "LiMn2O4": limn2o4,
    "LiFePO4": lifepo4,
}


def curve_of(material: Material, table: Sequence[tuple[float, float]] = ()) -> FloatArray:
    """Return the potentials of a material at evenly spaced fractions of lithium.

    Args:
        material: whose fit is taken where there is no table.
        table: fractions of lithium, rising, and potentials, falling.

    Returns:
        V against Li/Li+, shape (POINTS,).
    """
    x = np.linspace(0.0, 1.0, POINTS)
    if not table:
        return _FITS[material](x)
    fractions, potentials = np.array(table, dtype=np.float64).T
    inside = np.clip(x, fractions[0], fractions[-1])
    found: FloatArray = scipy.interpolate.PchipInterpolator(fractions, potentials)(inside)
    return found


@compiled
def open_circuit(x: float, curve: FloatArray, temperature: float) -> tuple[float, float]:
    """Return potential, V, and its slope over the fraction of lithium, V, between 0 and 1.

    Args:
        x: fraction of lithium, above 0 and below 1.
        curve: shape (POINTS,), see `curve_of`.
        temperature: K.
    """
    inside = min(max(x, END), 1.0 - END)
    place = inside * (curve.size - 1)
    k = min(int(place), curve.size - 2)
    slope = (curve[k + 1] - curve[k]) * (curve.size - 1)
    potential = curve[k] + (place - k) * (curve[k + 1] - curve[k])
    if x == inside:
        return potential, slope
    thermal = GAS * temperature / FARADAY
    if x < inside:
        potential += thermal * np.log(END / x) + STEEPNESS * (END / x - 1.0)
        return potential, -thermal / x - STEEPNESS * END / (x * x)
    room = 1.0 - x
    potential -= thermal * np.log(END / room) + STEEPNESS * (END / room - 1.0)
    return potential, -thermal / room - STEEPNESS * END / (room * room)
