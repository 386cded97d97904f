"""Spectra as curves: in the complex plane, over frequency, and what fit and test miss of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seccm.analysis.impedance.of_step import StepImpedance, impedance_of
from seccm.analysis.impedance.spectrum import ComplexArray
from seccm.arrays import FloatArray
from seccm.program.figures import Points
from seccm.program.trace import StepTrace

_FINE = 200
"""Points of the line of a fit."""
Pair = tuple[FloatArray, FloatArray]
Projection = Callable[[FloatArray, ComplexArray], Pair]
_NOTHING = np.empty(0), np.empty(0)


def _of(part: Callable[[StepImpedance], Pair]) -> Points:
    def points(trace: StepTrace) -> Pair:
        found = impedance_of(trace)
        return _NOTHING if found is None else part(found)

    return points


def _measured(projection: Projection) -> Points:
    return _of(lambda found: projection(found.spectrum.f, found.spectrum.Z))


def _fitted(projection: Projection) -> Points:
    def line(found: StepImpedance) -> Pair:
        if found.fit is None:
            return _NOTHING
        f = np.geomspace(found.spectrum.f[0], found.spectrum.f[-1], _FINE)
        return projection(f, found.fit.impedance(f))

    return _of(line)


def _plane(_: FloatArray, Z: ComplexArray) -> Pair:
    return Z.real, -Z.imag


def _size(f: FloatArray, Z: ComplexArray) -> Pair:
    return f, np.abs(Z)


def _phase(f: FloatArray, Z: ComplexArray) -> Pair:
    return f, -np.degrees(np.angle(Z))


def _missed(found: StepImpedance) -> Pair:
    if found.fit is None:
        return _NOTHING
    return found.fit.spectrum.f, 100.0 * np.abs(found.fit.residuals)


def _refused(found: StepImpedance) -> Pair:
    if found.verdict is None:
        return _NOTHING
    return found.spectrum.usable.f, 100.0 * np.abs(found.verdict.residuals)


PLANE, PLANE_FIT = _measured(_plane), _fitted(_plane)
"""Real part and negative imaginary part, ohm."""
SIZE, SIZE_FIT = _measured(_size), _fitted(_size)
"""Frequency in Hz and modulus in ohm."""
PHASE, PHASE_FIT = _measured(_phase), _fitted(_phase)
"""Frequency in Hz and negative phase in degrees."""
MISSED = _of(_missed)
"""Frequency in Hz and what the fit misses, in percent of the modulus."""
REFUSED = _of(_refused)
"""Frequency in Hz and what the Kramers-Kronig test misses, in percent of the modulus."""
