"""A cell with the impedance of any equivalent circuit, such as a Randles cell, in the time domain.

Theory of operation. Resistors, capacitors, constant phase elements and Warburg impedances have no
memory but relaxation: their impedance is a resistor in series with a chain of resistors that each
have a capacitor beside them, all of them positive. Such a chain is fitted to the circuit, with
6 or 24 time constants in a decade, and is solved exactly for what is held over a step: under
a current each capacitor alone, under a potential in the eigenmodes of the chain.

Source: B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885, for the chain.
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.impedance import Circuit
from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.driving import imposed
from sim.solving import compiled

LOWEST, HIGHEST = 1e-3, 1e6
"""Hz, between which the chain has the impedance of the circuit."""
PER_DECADE = (6, 24)
"""Time constants in a decade: as few as are close enough."""
CLOSE, _WRONG = 3e-4, 1e-2
"""Share by which a chain may miss its circuit, and by which it may not."""
_POINTS = 20
"""Frequencies in a decade at which they are compared."""
_WIDER = 10.0
"""How far the time constants go beyond the frequencies."""
_BEYOND = 1e30
"""Hz, at which a capacitor or what is like one conducts better than any resistor in series."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A resistor in series with capacitors, each with a resistor beside it but perhaps one."""

    series: float
    """Ohm, above zero."""
    capacitances: FloatArray
    """F, shape (n,)."""
    rates: FloatArray
    """1/s, of the relaxation of each alone; 0 without a resistor; shape (n,)."""

    def impedance(self, f: FloatArray) -> np.ndarray:
        """Return the impedance in ohm at frequencies in Hz, shape (m,)."""
        s = 2j * np.pi * np.asarray(f)[:, None]
        parts = 1.0 / (self.capacitances * (s + self.rates))
        return np.asarray(self.series + parts.sum(axis=1))


def refuse_others(written: str, values: tuple[float, ...]) -> None:
    """Refuse a circuit that is certainly no chain; quick, where `chain_of` takes its time.

    Resistors and capacitors never lead; whatever bridges the others, a resistor in series is left
    of them at frequencies that are high enough.

    Args:
        written: the circuit, as `seccm.analysis.impedance` reads it.
        values: of its parameters, SI.

    Raises:
        ValueError: it is none, or has no resistor in series.
    """
    f = np.geomspace(LOWEST, HIGHEST, 10)
    Z = Circuit(written).impedance(np.append(f, _BEYOND), values)
    if not np.isfinite(Z).all() or (Z.imag > _WRONG * np.abs(Z)).any():
        raise _no_chain(written)
    if not Z[-1].real > abs(Z[-1].imag):
        raise _no_resistor(written)


def _no_chain(written: str) -> ValueError:
    return ValueError(
        f"{written} with these values is not a chain of resistors and capacitors; a circuit with "
        "an inductor cannot be simulated"
    )


def _no_resistor(written: str) -> ValueError:
    return ValueError(f"{written}: such a cell needs a resistor in series, such as R0")


@lru_cache(maxsize=64)
def chain_of(written: str, values: tuple[float, ...]) -> Chain:
    """Fit a chain to a circuit.

    Args:
        written: the circuit, as `seccm.analysis.impedance` reads it.
        values: of its parameters, SI.

    Raises:
        ValueError: the circuit has no resistor in series, or cannot be described by a chain.
    """
    circuit = Circuit(written)
    f = np.geomspace(LOWEST, HIGHEST, round(_POINTS * math.log10(HIGHEST / LOWEST)) + 1)
    Z = circuit.impedance(f, values)
    best, missed = None, math.inf
    for per_decade in PER_DECADE:
        found = _fitted(f, Z, per_decade)
        off = float(np.max(np.abs(found.impedance(f) / Z - 1.0)))
        if off < missed:
            best, missed = found, off
        if missed < CLOSE:
            break
    if best is None or missed > _WRONG:
        raise _no_chain(written)
    if not best.series > 0.0:
        raise _no_resistor(written)
    return best


def _fitted(f: FloatArray, Z: np.ndarray, per_decade: int) -> Chain:
    """Return the chain that misses an impedance least, relative to it, with positive parts."""
    omega = 2.0 * np.pi * f
    count = round(per_decade * math.log10(HIGHEST / LOWEST * _WIDER**2))
    times = np.geomspace(1.0 / (omega[-1] * _WIDER), _WIDER / omega[0], count)
    parts = np.column_stack((
        1.0 / (1.0 + 1j * omega[:, None] * times),
        np.ones(len(f), np.complex128),
        omega[0] / (1j * omega),
    )) / np.abs(Z)[:, None]  # fmt: skip
    target = Z / np.abs(Z)
    weights = scipy.optimize.nnls(
        np.concatenate((parts.real, parts.imag)),
        np.concatenate((target.real, target.imag)),
        maxiter=100 * count,
    )[0]
    resistances, series, blocking = weights[:count], float(weights[count]), weights[count + 1]
    used = resistances > 0.0
    capacitances, rates = times[used] / resistances[used], 1.0 / times[used]
    if blocking > 0.0:
        capacitances = np.append(capacitances, 1.0 / (blocking * omega[0]))
        rates = np.append(rates, 0.0)
    return Chain(series, capacitances, rates)


class EquivalentCell:
    """A chain instead of a droplet; every step is the exact solution for a held input."""

    def __init__(self, chain: Chain) -> None:
        """Make a cell with its capacitors empty."""
        self.chain = chain
        self._root = np.sqrt(chain.capacitances)
        """Amounts u = sqrt(C) v make the equations under a potential symmetric."""
        self._coupling = 1.0 / self._root
        matrix = np.diag(chain.rates) + np.outer(self._coupling, self._coupling) / chain.series
        self._speeds, self._modes = np.linalg.eigh(matrix)
        self._drive = self._coupling @ self._modes
        self._u = np.zeros(len(chain.rates))

    def wet(self, droplet: Droplet) -> None:
        """Connect the cell with its capacitors empty; the droplet's shape has no effect."""
        self._u = np.zeros(len(self.chain.rates))

    def reshape(self, droplet: Droplet) -> None:
        """Do nothing: a circuit has no shape."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the circuit through `wave`, one value a step; see `Cell.run`.

        Raises:
            ValueError: if the step is not positive.
        """
        wave = imposed(mode, wave, step)
        if mode == "potential":
            return Response(wave, self._under_potential(wave, step))
        return Response(self._under_current(wave, step), wave)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        return copy(self)

    def _under_current(self, current: FloatArray, step: float) -> FloatArray:
        keep, taken = _relaxation(self.chain.rates, step)
        potential = current * self.chain.series
        self._u = self._u.copy()  # a copy of the cell keeps its own
        relax(keep, taken * self._coupling, current, self._u, self._coupling, potential)
        return potential

    def _under_potential(self, potential: FloatArray, step: float) -> FloatArray:
        keep, taken = _relaxation(self._speeds, step)
        modes = self._u @ self._modes
        current = np.empty(len(potential))
        relax_through(
            keep, taken * self._drive / self.chain.series, self._speeds * step, potential, modes,
            self._drive, current, self.chain.series,
        )  # fmt: skip
        self._u = self._modes @ modes
        return current


def _relaxation(rates: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Return what is kept of an amount over a step, and the time over which it takes more in."""
    falls = rates * step
    small = falls < 1e-12
    taken = np.where(small, step, -np.expm1(-falls) / np.where(small, 1.0, rates))
    return np.exp(-falls), taken


@compiled
def relax(
    keep: FloatArray,
    taken: FloatArray,
    drive: FloatArray,
    state: FloatArray,
    weights: FloatArray,
    output: FloatArray,
) -> None:
    """Add to `output` (n,) the weighted sum of states (m,) at the end of each step."""
    for i in range(drive.size):
        total = 0.0
        for k in range(state.size):
            state[k] = keep[k] * state[k] + taken[k] * drive[i]
            total += weights[k] * state[k]
        output[i] += total


@compiled
def relax_through(
    keep: FloatArray,
    taken: FloatArray,
    falls: FloatArray,
    drive: FloatArray,
    state: FloatArray,
    weights: FloatArray,
    current: FloatArray,
    series: float,
) -> None:
    """Fill `current` (n,) with the mean of each step through the series resistor, in amperes.

    Args:
        keep: what is kept of each state over a step, shape (m,).
        taken: what it takes in for a volt, shape (m,).
        falls: rate times step of each, shape (m,).
        drive: volts held over each step, shape (n,).
        state: at the beginning, shape (m,); at the end afterwards.
        weights: of the states in the potential of the chain, shape (m,).
        current: is filled.
        series: ohm.
    """
    for i in range(drive.size):
        held = 0.0
        for k in range(state.size):
            before = state[k]
            if falls[k] < 1e-12:
                state[k] = before + taken[k] * drive[i]
                held += weights[k] * (before + state[k]) / 2.0
            else:
                settled = taken[k] * drive[i] / (1.0 - keep[k])
                state[k] = settled + keep[k] * (before - settled)
                held += weights[k] * (settled + (before - state[k]) / falls[k])
        current[i] = (drive[i] - held) / series
