"""What leads and electrometer add to an impedance, and how it is taken off again.

The measured current is that of the cell and of the stray capacitance beside it, through an
amplifier with a time constant tau and, where the converters do not sample at one instant, a delay:

    I / E = (1 / Z + j w C) exp(-j w delay) / (1 + j w tau).

They come from measurements: the capacitance from one without a cell (a blank), time constant and
delay from one with a known resistor.
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # its parts are loaded when used

from seccm.analysis.impedance.spectrum import ComplexArray, Spectrum
from seccm.arrays import FloatArray
from seccm.rig.leads import Leads


def taken_off(spectrum: Spectrum, leads: Leads) -> Spectrum:
    """Return the spectrum of the cell alone."""
    seen = 1.0 / spectrum.Z
    cell = seen / _transfer(spectrum.f, leads) - 1j * spectrum.omega * leads.stray
    Z = np.asarray(1.0 / cell, dtype=np.complex128)
    # dZ = Z^2 d(1/Z seen) / transfer
    share = np.abs(Z**2 / spectrum.Z**2 / _transfer(spectrum.f, leads))
    return Spectrum(spectrum.f, Z, spectrum.sigma * share)


def added(f: FloatArray, Z: ComplexArray, leads: Leads) -> ComplexArray:
    """Return what would be measured of a cell with the impedance Z at frequencies f in Hz."""
    through = 1.0 / Z + 2j * np.pi * f * leads.stray
    return np.asarray(1.0 / (through * _transfer(f, leads)))


def _transfer(f: FloatArray, leads: Leads) -> ComplexArray:
    omega = 2.0 * np.pi * f
    return np.asarray(np.exp(-1j * omega * leads.delay) / (1.0 + 1j * omega * leads.time_constant))


def stray_of_blank(blank: Spectrum) -> tuple[float, float]:
    """Return the stray capacitance and its standard uncertainty in F from a spectrum without cell.

    Least squares of 1/Z = G + j w C, each frequency weighted by what it says.
    """
    seen = 1.0 / blank.Z
    sigma = np.maximum(blank.sigma / np.abs(blank.Z) ** 2, 1e-4 * np.abs(seen))
    weight = (blank.omega / sigma) ** 2
    stray = float(np.sum(weight * seen.imag / blank.omega) / weight.sum())
    free = max(1, len(blank) - 1)
    missed = float(np.sum(((seen.imag - blank.omega * stray) / sigma) ** 2)) / free
    return stray, math.sqrt(max(1.0, missed) / float(weight.sum()))


def transfer_of_resistor(known: Spectrum, resistance: float, stray: float = 0.0) -> Leads:
    """Return what leads and electrometer do, from the spectrum of a known resistor.

    Args:
        known: measured with the resistor as the cell.
        resistance: of the resistor, ohm.
        stray: capacitance of leads and resistor in F, from a blank; 0 where it is small beside it.
    """
    expected = 1.0 / resistance + 1j * known.omega * stray
    ratio = (1.0 / known.Z) / expected
    sigma = np.maximum(known.sigma / np.abs(known.Z), 1e-4)

    def missed(x: FloatArray) -> FloatArray:
        delay, slowness = x * scale
        model = np.exp(-1j * known.omega * delay) / (1.0 + 1j * known.omega * slowness)
        # A gain that is not quite one is a matter of the current's scale, not of the transfer.
        turned = np.angle(ratio / model) / sigma
        size = np.log(np.abs(ratio / model))
        flat = (size - np.average(size, weights=sigma**-2)) / sigma
        return np.asarray(np.concatenate((turned, flat)))

    scale = 1.0 / float(known.omega[-1])
    found = scipy.optimize.least_squares(missed, [0.0, 0.01], bounds=([-3.0, 0.0], [3.0, 3.0]))
    delay, time_constant = (found.x * scale).tolist()
    return Leads(stray, time_constant, delay)
