"""Dummy cells for commissioning: known resistors and capacitors in place of a droplet."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.driving import imposed
from sim.solving import compiled


@dataclass(frozen=True, slots=True)
class Circuit:
    """A resistor in series with a resistor and a capacitor in parallel."""

    series: float = 0.0
    """R_s in ohm; infinite leaves the cell open."""
    parallel: float = math.inf
    """R in ohm; infinite leaves the capacitor alone."""
    capacitance: float = 0.0
    """C in F; 0 leaves the resistor alone."""

    def __post_init__(self) -> None:
        """Refuse what no circuit has.

        Raises:
            ValueError: if a resistance is negative, or the capacitance negative or infinite.
        """
        if not (self.series >= 0.0 and self.parallel >= 0.0):
            raise ValueError(
                f"a resistance is 0 ohm or more, not {self.series} and {self.parallel} ohm"
            )
        if not 0.0 <= self.capacitance < math.inf:
            raise ValueError(f"a capacitance is 0 F or more, not {self.capacitance} F")


OPEN = Circuit(series=math.inf)
"""Nothing connected."""
SHORT = Circuit(parallel=0.0)
"""Working electrode and reference joined."""


class DummyCell:
    """A circuit instead of a droplet; every step is the exact solution for a held input.

    The imposed value is held over the step. Where an ideal circuit has no finite answer, a
    current into an open end or a voltage across a short, the response is infinite with the sign
    of the input, and the instrument's own limits take over. An open end that is not driven keeps
    the potential it had.
    """

    def __init__(self, circuit: Circuit) -> None:
        """Make a dummy cell with its capacitor empty."""
        self.circuit = circuit
        self._potential = 0.0

    def wet(self, droplet: Droplet) -> None:
        """Connect the cell with its capacitor empty; the droplet's shape has no effect."""
        self._potential = 0.0

    def reshape(self, droplet: Droplet) -> None:
        """Do nothing: a circuit has no shape."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the circuit through `wave`, one value a step; see `Cell.run`.

        Raises:
            ValueError: if the step is not positive.
        """
        wave = imposed(mode, wave, step)
        resistive = self.circuit.capacitance == 0.0 or self.circuit.parallel == 0.0
        if resistive or self.circuit.series == math.inf:
            potential, current = self._resistive(mode, wave)
        elif mode == "potential":
            potential, current = self._charging_by_potential(wave, step)
        else:
            potential, current = self._charging_by_current(wave, step)
        return Response(potential, current)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        return copy(self)

    def _resistive(self, mode: Mode, wave: FloatArray) -> tuple[FloatArray, FloatArray]:
        resistance = self.circuit.series + self.circuit.parallel
        if mode == "potential":
            potential = wave
            current = _times(wave, 1.0 / resistance if resistance else math.inf, 0.0)
        else:
            potential = _times(wave, resistance, self._potential if resistance == math.inf else 0.0)
            current = wave
        # An open end floats where a potentiostat left it; a galvanostat's infinity is no state.
        if wave.size and math.isfinite(potential[-1]):
            self._potential = float(potential[-1])
        return potential, current

    def _charging_by_current(
        self, current: FloatArray, step: float
    ) -> tuple[FloatArray, FloatArray]:
        circuit = self.circuit
        after = self._relaxed(current, step, circuit.parallel, circuit.parallel)
        return after + current * circuit.series, current

    def _charging_by_potential(
        self, potential: FloatArray, step: float
    ) -> tuple[FloatArray, FloatArray]:
        circuit = self.circuit
        before = self._potential
        leak = 1.0 / circuit.parallel
        if circuit.series == 0.0:
            after = potential
            self._potential = float(after[-1]) if after.size else before
        else:
            share = 1.0 / (1.0 + circuit.series * leak)
            after = self._relaxed(potential, step, circuit.series * share, share)
        charging = circuit.capacitance * np.diff(after, prepend=before) / step
        if circuit.series == 0.0:
            return potential, charging + potential * leak
        # What the capacitor and its resistor took together came through the series resistor.
        through = (potential * leak + charging) / (1.0 + circuit.series * leak)
        return potential, through

    def _relaxed(
        self, drive: FloatArray, step: float, resistance: float, gain: float
    ) -> FloatArray:
        """Voltage of the capacitor after each step, relaxing to `gain * drive` over R C."""
        after = np.empty(drive.size)
        if resistance == math.inf:
            keep, taken = 1.0, step / self.circuit.capacitance
        else:
            decay = step / (resistance * self.circuit.capacitance)
            keep, taken = math.exp(-decay), -gain * math.expm1(-decay)
        self._potential = relax(keep, taken, drive, self._potential, after)
        return after


@compiled
def relax(keep: float, taken: float, drive: FloatArray, start: float, after: FloatArray) -> float:
    """Fill `after` (n,) with y = keep y + taken drive, from `start`, and return the last y."""
    y = start
    for i in range(drive.size):
        y = keep * y + taken * drive[i]
        after[i] = y
    return y


def _times(values: FloatArray, factor: float, at_zero: float) -> FloatArray:
    """Multiply by a factor that may be infinite, where nothing times infinity is `at_zero`."""
    product = np.full(values.size, at_zero)
    np.multiply(values, factor, out=product, where=values != 0.0)
    return product
