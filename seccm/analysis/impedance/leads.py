"""What leads and electrometer add to an impedance, and how it is taken off again.

The measured current is that of the cell and of the stray capacitance beside it, through an
amplifier with a time constant tau. Where the converters do not sample at one instant, what is
sampled later by a delay is ahead by it:

    I / E = (1 / Z + j w C) exp(j w delay) / (1 + j w tau).

They come from measurements: the capacitance from one without a cell (a blank), time constant and
delay from one with a known resistor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.analysis.impedance.spectrum import ComplexArray, Spectrum
from seccm.arrays import FloatArray
from seccm.rig.leads import Leads

MISSED, WRONG = 0.05, 1.5
"""Rms misfit, and factor of the resistance, from which what is read is not the resistor that was
named, behind one pole."""
SEEN = 3.0
"""Standard uncertainties that a time constant must have to be told from none."""
_SLOWEST = 3.0
"""Time constants that are looked for, in units of 1 / (2 pi f) of the highest frequency."""


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
    return np.asarray(np.exp(1j * omega * leads.delay) / (1.0 + 1j * omega * leads.time_constant))


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


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the sines on a known resistor say of the amplifier and the converters."""

    leads: Leads
    time_constant_error: float
    """Standard uncertainty in seconds."""
    delay_error: float
    """Standard uncertainty in seconds. A slower amplifier looks like a later sample, but for the
    size of what it shows: where the time constant is not known, the delay is as little."""
    apart: float
    """Standard uncertainties by which the time constant differs from none."""
    gain: float
    """Current that is read over the one expected, at the lowest frequencies: nothing is slow."""
    missed: float
    """Rms by which one pole and one delay miss what is read, relative to it."""

    @property
    def described(self) -> bool:
        """Whether what is read is a resistor of about that size, seen through one pole."""
        return self.missed < MISSED and 1.0 / WRONG < self.gain < WRONG

    @property
    def identified(self) -> bool:
        """Whether the time constant is more than what could be none."""
        return self.described and self.apart > SEEN

    @property
    def slowest(self) -> float:
        """The time constant that cannot be excluded, in seconds, with 97.5 % confidence."""
        return self.leads.time_constant + 2.0 * self.time_constant_error


def transfer_of_resistor(known: Spectrum, resistance: float, stray: float = 0.0) -> Transfer:
    """Return what leads and electrometer do, from the spectrum of a known resistor.

    Args:
        known: measured with the resistor as the cell.
        resistance: of the resistor, ohm.
        stray: capacitance of leads and resistor in F, from a blank; 0 where it is small beside it.
    """
    expected = 1.0 / resistance + 1j * known.omega * stray
    ratio = (1.0 / known.Z) / expected
    sigma = np.maximum(known.sigma / np.abs(known.Z), 1e-4)

    def missed(at: FloatArray) -> FloatArray:
        delay, slowness = at * scale
        model = np.exp(1j * known.omega * delay) / (1.0 + 1j * known.omega * slowness)
        # A gain that is not quite one is a matter of the current's scale, not of the transfer.
        turned = np.angle(ratio / model) / sigma
        size = np.log(np.abs(ratio / model))
        flat = (size - np.average(size, weights=sigma**-2)) / sigma
        return np.asarray(np.concatenate((turned, flat)))

    scale = 1.0 / float(known.omega[-1])
    found = scipy.optimize.least_squares(missed, [0.0, 0.01], bounds=([-3.0, 0.0], [3.0, _SLOWEST]))
    delay, time_constant = (found.x * scale).tolist()
    chi = max(1.0, 2.0 * found.cost / max(found.fun.size - 3, 1))

    def apart(slowness: float) -> float:
        """Standard uncertainties by which a time constant is away, whatever the delay is then."""

        def rest(at: FloatArray) -> FloatArray:
            return missed(np.array([at[0], slowness]))

        best = scipy.optimize.least_squares(rest, [found.x[0] + slowness - found.x[1]])
        return math.sqrt(max(2.0 * (best.cost - found.cost), 0.0) / chi)

    near, far = float(found.x[1]), _SLOWEST
    if apart(far) > 2.0:
        far = float(scipy.optimize.brentq(lambda x: apart(x) - 2.0, near, far, xtol=1e-4))
    error = 0.5 * (far - near) * scale
    leads = Leads(stray, time_constant, delay)
    left = np.log(ratio / _transfer(known.f, leads))
    size = left.real - np.average(left.real, weights=sigma**-2)
    off = float(np.sqrt(np.mean(size**2 + left.imag**2)))
    slow = slice(0, -(-len(known) // 4))
    gain = float(np.mean((1.0 / known.Z).real[slow])) * resistance
    alone = math.sqrt(chi / float(np.sum((known.omega / sigma) ** 2)))
    delays = math.hypot(alone, error)
    return Transfer(leads, error, delays, apart(0.0), gain, off)
