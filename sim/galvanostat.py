"""The virtual potentiostat and galvanostat: how an imposed value reaches the cell.

Potentials are raw here, against the quasi-reference; the cell's own reference differs by a fixed
potential. Three things stand between a set current and the cell: its accuracy, the compliance,
and the stray capacitance of the leads, which sits at the overload potential before contact and
discharges into the cell. Without a circuit a galvanostat drives its output to the end that the
sign of its current points to: an anodic current to the positive end, a cathodic one to the
negative end (IUPAC: the potential is that of the working electrode).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig import Clock, Constant, Mode, Waveform
from sim.beside import MOST_STEPS, root, under_current
from sim.cell import Cell
from sim.config import DriveConfig
from sim.meniscus import Bridge

SHARED = 0.05
"""Share of the charge that the leads hold in overload: a step that moves less ends the discharge.
Later the leads' share of the double layer's charging is neglected in steps of a row."""
OFF = Constant(0.0)


@dataclass(frozen=True, slots=True)
class Imposed:
    """The drive that is on."""

    mode: Mode = "open"
    waveform: Waveform = OFF
    since: int = 0

    def values(self, start: int, stop: int, clock: Clock) -> FloatArray:
        """Return the imposed value at the end of rows `start` up to `stop`, shape (rows,)."""
        ends = np.arange(start - self.since + 1, stop - self.since + 1, dtype=np.float64)
        ends *= clock.period
        return self.waveform.at(ends)


@dataclass(frozen=True, slots=True)
class Answer:
    """Raw potentials, currents and whether the compliance was reached; each of shape (rows,)."""

    potential: FloatArray
    current: FloatArray
    limited: npt.NDArray[np.bool_]


class Output:
    """The drive's output stage.

    Args:
        config: of potentiostat and galvanostat.
        stray: capacitance of the leads in farads.
        quasi_reference: potential of the rig's quasi-reference against the cell's reference.
    """

    def __init__(self, config: DriveConfig, stray: float, quasi_reference: float) -> None:
        self._config = config
        self._stray = stray
        self._shift = quasi_reference
        self._together = MOST_STEPS
        """Steps that are likely to be solved together: as many as lately, or twice as many."""

    def run(
        self,
        bridge: Bridge,
        mode: Mode,
        wave: FloatArray,
        step: float,
        held: float | None = None,
    ) -> Answer:
        """Drive a wetted cell through `wave` (raw volts or amperes), one value a step.

        Args:
            bridge: with the cell; its state advances.
            mode: what is imposed.
            wave: shape (n,), the imposed value at the end of each step.
            step: in seconds.
            held: raw volts to which the leads are charged, where the steps are so short that they
                take a share of an imposed current.
        """
        cell = bridge.cell
        if cell is None:
            raise ValueError("no current passes through this bridge; it cannot be driven")
        if mode != "current":
            response = cell.run(mode, wave + self._shift, step)
            never = np.zeros(len(wave), dtype=np.bool_)
            return Answer(response.potential - self._shift, response.current, never)
        wave = self._driven(wave)
        parts: list[Answer] = []
        done = 0
        while done < len(wave):
            part = self._some_current(bridge, wave[done:], step, held)
            parts.append(part)
            done += len(part.potential)
            held = None if held is None else float(part.potential[-1])
        if len(parts) == 1:
            return parts[0]
        return Answer(
            np.concatenate([part.potential for part in parts]),
            np.concatenate([part.current for part in parts]),
            np.concatenate([part.limited for part in parts]),
        )

    def through(self, mode: Mode, wave: FloatArray, resistance: FloatArray) -> Answer:
        """Drive a resistor that may change from step to step; all arrays of shape (n,).

        Args:
            mode: what is imposed.
            wave: raw volts or amperes.
            resistance: in ohm, above zero; infinite for an open circuit.
        """
        never = np.zeros(len(wave), dtype=np.bool_)
        if mode == "open":
            return Answer(np.zeros(len(wave)), np.zeros(len(wave)), never)
        if mode == "potential":
            return Answer(wave, wave / resistance, never)
        driven = self._driven(wave)
        most = self._config.potential / resistance
        limited = np.abs(driven) > most
        potential = np.copysign(self._config.overload, driven)
        potential[~limited] = driven[~limited] * resistance[~limited]
        return Answer(potential, np.clip(driven, -most, most), limited)

    def overload(self, wave: FloatArray) -> FloatArray:
        """Return the raw potential of a galvanostat without a closed circuit.

        Args:
            wave: the current that is set, amperes, of any shape.

        Returns:
            Volts, of the shape of `wave`; the sign is that of the current that is really driven.
        """
        potential: FloatArray = np.copysign(self._config.overload, self._driven(wave))
        return potential

    def _driven(self, wave: FloatArray) -> FloatArray:
        """Return the currents that are really driven where those of `wave` are set."""
        return wave * (1.0 + self._config.gain_error) + self._config.leak

    def _some_current(
        self, bridge: Bridge, wave: FloatArray, step: float, held: float | None = None
    ) -> Answer:
        """Impose currents until something changes: at least one step, at most all."""
        if bridge.stray is not None:
            return self._discharge(bridge, float(wave[0]), step)
        if held is not None and self._stray > 0.0:
            part = self._shared(bridge, wave[: self._together], step, held)
            solved = len(part.potential)
            whole = solved == min(self._together, len(wave))
            self._together = min(MOST_STEPS, 2 * solved) if whole else max(1, solved)
            if solved:
                return part
        if bridge.limited:
            part = self._at_compliance(bridge, wave, step)
            if len(part.potential):
                return part
        part = self._within_compliance(bridge, wave, step)
        if len(part.potential):
            return part
        # The very first step would leave the compliance: it runs at the compliance, whatever
        # the current.
        return self._at_compliance(bridge, wave[:1], step, forced=True)

    def _shared(self, bridge: Bridge, wave: FloatArray, step: float, held: float) -> Answer:
        """Impose currents on cell and leads for a while; nothing if the compliance is reached."""
        try:
            potential, after = under_current(
                _cell(bridge), wave, step, self._stray, held + self._shift
            )
        except ArithmeticError:
            return _nothing()
        raw = potential - self._shift
        if not np.abs(raw).max() <= self._config.potential:
            return _nothing()
        bridge.cell, bridge.limited = after, False
        return Answer(raw, wave[: len(raw)], np.zeros(len(raw), dtype=np.bool_))

    def _within_compliance(self, bridge: Bridge, wave: FloatArray, step: float) -> Answer:
        """Impose currents up to the first step whose potential is out of reach."""
        cell = _cell(bridge)
        rehearsal = cell.copy()
        try:
            response = cell.run("current", wave, step)
        except ArithmeticError:
            # Somewhere the potential runs away; the steps before that are found by halving.
            bridge.cell = rehearsal
            half = len(wave) // 2
            if half:
                return self._within_compliance(bridge, wave[:half], step)
            bridge.limited = True
            return _nothing()
        raw = response.potential - self._shift
        reached = np.abs(raw) > self._config.potential
        if reached.any():
            count = int(reached.argmax())
            bridge.cell = rehearsal
            bridge.limited = True
            if count:
                rehearsal.run("current", wave[:count], step)
            raw, wave = raw[:count], response.current[:count]
            return Answer(raw, wave, np.zeros(count, dtype=np.bool_))
        bridge.limited = False
        return Answer(raw, response.current, np.zeros(len(wave), dtype=np.bool_))

    def _at_compliance(
        self, bridge: Bridge, wave: FloatArray, step: float, *, forced: bool = False
    ) -> Answer:
        """Hold the compliance up to the first step at which the cell would take the current."""
        cell = _cell(bridge)
        rehearsal = cell.copy()
        held = np.copysign(self._config.potential, wave)
        current = cell.run("potential", held + self._shift, step).current
        relieved = np.abs(current) >= np.abs(wave)
        count = len(wave)
        if relieved.any() and not forced:
            count = int(relieved.argmax())
            bridge.cell = rehearsal
            if count:
                rehearsal.run("potential", held[:count] + self._shift, step)
        bridge.limited = True
        return Answer(held[:count], current[:count], np.ones(count, dtype=np.bool_))

    def _discharge(self, bridge: Bridge, current: float, step: float) -> Answer:
        """Impose a current for one step while the stray capacitance discharges into the cell.

        The charge that leaves the leads and the potential of the cell determine each other:
        q = C (V_stray - E(q)), solved by the secant rule on copies of the cell.
        """
        before = bridge.stray if bridge.stray is not None else 0.0
        cell = _cell(bridge)

        def excess(charge: float) -> float:
            return charge - self._stray * (before - self._rehearsed(cell, current, charge, step))

        start = excess(0.0)
        if not math.isfinite(start):
            # An open end takes no charge.
            bridge.stray = None
            return self._some_current(bridge, np.array([current]), step)
        charge = root(excess, start)
        trial = cell.copy()
        response = trial.run("current", np.array([current + charge / step]), step)
        after = float(response.potential[0]) - self._shift
        if abs(after) > self._config.potential:
            # The set current alone leaves the compliance: the leads no longer matter.
            bridge.stray = None
            return self._some_current(bridge, np.array([current]), step)
        bridge.cell = trial
        over = abs(charge) < SHARED * self._stray * self._config.overload
        bridge.stray = None if over else after
        return Answer(np.array([after]), response.current, np.array([False]))

    def _rehearsed(self, cell: Cell, current: float, charge: float, step: float) -> float:
        """Return the raw potential after one step with an extra charge; infinite if none is."""
        try:
            response = cell.copy().run("current", np.array([current + charge / step]), step)
        except ArithmeticError:
            return math.copysign(math.inf, charge)
        return float(response.potential[0]) - self._shift


def _nothing() -> Answer:
    return Answer(np.empty(0), np.empty(0), np.empty(0, dtype=np.bool_))


def _cell(bridge: Bridge) -> Cell:
    if bridge.cell is None:
        raise ValueError("no current passes through this bridge; it cannot be driven")
    return bridge.cell
