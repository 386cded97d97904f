"""How much light a stack of thin films reflects: contrasts of the microscope that are not assumed.

Reflections of the layers at normal incidence, from the glass (M. Born and E. Wolf, Principles of
Optics, section 1.6). Indices at 560 nm from refractiveindex.info (CC0): lithium by Rasigni,
evaporated gold by Olmon, titanium by Mash. Mean field: no particles, no condenser, no pipette.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

WAVELENGTH = 560e-9
GLASS, TITANIUM, GOLD, LITHIUM = 1.518 + 0j, 2.27 + 2.94j, 0.2899 + 2.641j, 0.207 + 2.53j
ARGON, ELECTROLYTE, INTERPHASE = 1.0 + 0j, 1.42 + 0j, 1.5 + 0j
Layers = Sequence[tuple[complex, float]]
"""Index and thickness in metres, from the glass on."""
SAMPLE: Layers = ((TITANIUM, 2e-9), (GOLD, 20e-9))
"""Of the reference paper: 20 nm of gold on 2 nm of titanium."""


def reflected(layers: Layers, beyond: complex, wavelength: float = WAVELENGTH) -> float:
    """Return the share of the light that comes back into the glass.

    Args:
        layers: on the glass.
        beyond: index of what is above them.
        wavelength: metres, in vacuum.
    """
    # By reflections instead of products of matrices: those of thick metal are beyond all numbers.
    below, amplitude = beyond, 0j
    turn = 1.0 + 0j
    for index, thickness in (*reversed(layers), (GLASS, 0.0)):
        step, seen = (index - below) / (index + below), amplitude * turn
        amplitude = (step + seen) / (1 + step * seen)
        below, turn = index, cmath.exp(4j * math.pi * index * thickness / wavelength)
    return abs(amplitude) ** 2


def contrast(before: float, after: float) -> float:
    """Return the relative change of brightness."""
    return after / before - 1


def wetting(sample: Layers = SAMPLE) -> float:
    """Return the contrast of a sample under electrolyte against the same under argon."""
    return contrast(reflected(sample, ARGON), reflected(sample, ELECTROLYTE))


def grown(index: complex, thickness: float, sample: Layers = SAMPLE) -> float:
    """Return the contrast of a flat film on a sample under electrolyte against the bare one.

    Args:
        index: of the film.
        thickness: metres.
        sample: below it.
    """
    bare = reflected(sample, ELECTROLYTE)
    return contrast(bare, reflected((*sample, (index, thickness)), ELECTROLYTE))
