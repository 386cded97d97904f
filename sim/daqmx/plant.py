"""The plant: what the world does with the volts of the card, and what it puts on its wires.

Theory of operation. The world advances in steps of a millisecond; the card asks up to any tick.
Whole steps that lie in the past are final. The step that now falls into is simulated with what
the card has queued for its outputs, and is undone and simulated again when more is known: nothing
that was read before changes by it but for nanometres where a motion was stopped in that very
step. (As if the outputs stayed as they are, a sweep would charge the leads too little in every
such step: its charge so far would be spread over all of it.) A card with an analog trigger may
also look ahead and go back (`keep`, `back`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.rig import Constant, Lines
from sim.config import Sample
from sim.daqmx.axis import STEP, AxisMemory, DrivenStage
from sim.daqmx.clock import TICKS
from sim.daqmx.config import VirtualCardConfig
from sim.daqmx.history import Trace
from sim.daqmx.raw import RawSignals
from sim.daqmx.sensors import RAW_TICKS, Sensors
from sim.daqmx.wiring import Wiring
from sim.faults import Faults
from sim.galvanostat import Imposed
from sim.meniscus import Pipette
from sim.stage import AXES, Loop
from sim.world import Memory, World

AHEAD = 3
"""Steps beyond now for which the stage is known, so that a settled current can be looked up."""
STILL = 0.05
"""Seconds without a change of x and y after which a change begins a new journey."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A state of the plant to go back to."""

    steps: int
    world: Memory
    axes: tuple[AxisMemory, ...]


class Plant:
    """Stage, cell and electronics, between the outputs and the inputs of the card.

    Args:
        config: of everything.
        sample: what is mounted.
        pipette: what is mounted.
        faults: of the run, counted in steps of this world.
        seed: of the whole run.
    """

    def __init__(
        self,
        config: VirtualCardConfig,
        sample: Sample,
        pipette: Pipette,
        faults: Faults,
        seed: int,
    ) -> None:
        clock = config.clock.model_copy(
            update={"sample_rate": 100e3, "averaged": config.step, "spacing": config.step}
        )
        self.wiring = Wiring(config)
        self._config = config
        self._faults = faults
        self._ticks = config.step * RAW_TICKS
        """Of one step of the world."""
        stage = config.stage
        start = {axis: getattr(stage, f"start_{axis}") for axis in AXES}
        self._stage = DrivenStage(Loop(stage.frequency, stage.damping), start)
        self.world = World(
            config.model_copy(update={"clock": clock}), sample, pipette, self._stage, seed
        )
        self._signals = RawSignals(self.world.clock.period, 0.0, held=config.step == 1)
        self._sensors = Sensors(config, faults, self._ticks, seed)
        self.ahead = (1 + AHEAD) * self._ticks
        """Ticks after now for which it matters what the outputs will do."""
        self._kept = self.world.memory()
        """The world at the end of the last whole step."""
        self._whole = 0
        self._travelled = -STILL
        self._place = start["x"], start["y"]

    def initial(self) -> Mapping[str, float]:
        """Return the volts of the outputs that belong to where the stage is at first."""
        start = {axis: getattr(self._config.stage, f"start_{axis}") for axis in AXES}
        return {
            self.wiring.outputs[axis]: float(self.wiring.axes[axis].volts(np.array([metres]))[0])
            for axis, metres in start.items()
        }

    def follow(self, outputs: Mapping[str, Trace], until: int) -> None:
        """Let the world live up to a tick, with the outputs as they were.

        Args:
            outputs: levels of every analog output in volts, and of every digital line; up to
                `ahead` after the tick they are what is expected.
            until: a tick, not before an earlier one unless `back` was called.
        """
        whole = until // self._ticks
        self._signals.cut(self._whole)
        self.world.recall(self._kept)
        self._move(outputs, until // STEP, until + self.ahead)
        self._advance(outputs, whole)
        self._kept, self._whole = self.world.memory(), whole
        self._advance(outputs, whole + 1)

    def keep(self) -> Kept:
        """Return the present state, to come back to."""
        axes = tuple(self._stage.driven[axis].memory() for axis in AXES)
        self._signals.cut(self._whole)
        self.world.recall(self._kept)
        self._kept = self.world.memory()
        return Kept(self._whole, self.world.memory(), axes)

    def back(self, kept: Kept) -> None:
        """Go back to an earlier state; each serves once."""
        self._whole = kept.steps
        self._signals.cut(kept.steps)
        self._kept = kept.world
        for axis, memory in zip(AXES, kept.axes, strict=True):
            self._stage.driven[axis].recall(memory)

    def volts(self, terminal: str, ticks: IntArray) -> FloatArray:
        """Return the volts at a terminal at rising ticks in the past, shape (n,)."""
        axis = self.wiring.monitors.get(terminal)
        if axis is not None:
            metres = self._stage.axes[axis].at(ticks / TICKS)
            return self.wiring.axes[axis].volts(self._sensors.position(axis, metres, ticks))
        signal = self.wiring.signal(terminal)
        if signal is None:
            return np.zeros(len(ticks))
        if signal == "current":
            measured = self._sensors.current(self._signals.current(ticks / TICKS), ticks)
        else:
            measured = self._sensors.potential(self._signals.potential(ticks / TICKS), ticks)
        return self.wiring.reading(terminal, measured)

    def height(self, tick: int) -> float:
        """Return the true height of the tip at a tick, in metres; for tests."""
        return float(self._stage.axes["z"].at(np.array([tick / TICKS]))[0])

    def forget(self, tick: int) -> None:
        """Allow what was before a tick to be forgotten."""
        self._signals.forget(tick // self._ticks)
        for axis in self._stage.driven.values():
            axis.forget(tick / TICKS)

    # The world.

    def _move(self, outputs: Mapping[str, Trace], known: int, end: int) -> None:
        """Let the stage follow its commands for so many steps, and further as is expected."""
        stop = -(-end // STEP)
        for name, axis in self._stage.driven.items():
            trace = outputs[self.wiring.outputs[name]]
            if axis.rests and trace.changed < axis.known * STEP - STEP // 2:
                axis.stay(stop - axis.known, known - axis.known)
                continue
            middles = np.arange(axis.known, stop, dtype=np.int64) * STEP + STEP // 2
            axis.follow(self.wiring.position(name, trace.at(middles)), known - axis.known)

    def _advance(self, outputs: Mapping[str, Trace], stop: int) -> None:
        """Simulate whole steps of the world up to, not including, one."""
        while self._signals.steps < stop:
            start = self._signals.steps
            self._play_faults(outputs, start)
            until = self._impose(outputs, start, stop)
            self._piece(start, until)

    def _piece(self, start: int, stop: int) -> None:
        """Simulate some steps with one drive, until something happens."""
        world = self.world
        before = world.bridge
        signals = world.advance(start, stop)
        bridge, begins = world.bridge, signals.start * world.clock.period
        potential = signals.potential
        if before is None and bridge is not None and bridge.cell is not None:
            instant = max(0.0, bridge.since - begins)
            self._signals.extend(
                self._settled_end(signals.start, potential, instant), signals.current
            )
            settled = self._ahead(signals.stop)
            self._signals.land(instant, float(settled[-1]), collapse=world.drive.mode == "current")
            return
        self._signals.extend(potential, signals.current)
        if before is not None and bridge is None:
            self._signals.part(max(0.0, world.truth.parted[-1] - begins))

    def _settled_end(self, start: int, potential: FloatArray, instant: float) -> FloatArray:
        """Return the potential at the end of the step of a contact, shape (1,).

        The world mixes it with the overload of the part before contact; this takes that out.
        """
        clock = self.world.clock
        if self.world.drive.mode == "potential":
            return potential
        dry = self.world.without_circuit(start, start + 1)
        wet = max(clock.period - instant, 1.0 / clock.rate) / clock.window
        end: FloatArray = dry + (potential - dry) / min(wet, 1.0)
        return end

    def _ahead(self, start: int) -> FloatArray:
        """Return the currents of the next steps if all stays as it is."""
        memory = self.world.memory()
        currents = self.world.advance(start, start + AHEAD - 1).current
        self.world.recall(memory)
        return currents

    def _impose(self, outputs: Mapping[str, Trace], start: int, stop: int) -> int:
        """Impose on the cell what the outputs say; return up to which step that holds."""
        ends = np.arange(start + 1, stop + 1, dtype=np.int64) * self._ticks
        levels = [
            outputs[line].before(ends) > 0.5 if line in outputs else np.zeros(len(ends), bool)
            for line in self.wiring.lines
        ]
        changed = (levels[0] != levels[0][0]) | (levels[1] != levels[1][0])
        if changed.any():
            stop = start + int(changed.argmax())
            ends = ends[: stop - start]
        mode = self.wiring.mode(bool(levels[0][0]), bool(levels[1][0]))
        values = self.wiring.imposed(mode, outputs[self.wiring.command].before(ends))
        if (values == values[0]).all():
            waveform: Constant | Lines = Constant(float(values[0]))
        else:
            times = np.arange(1, len(ends) + 1) * self.world.clock.period
            waveform = Lines(tuple(times.tolist()), tuple(values.tolist()))
        self.world.drive = Imposed(mode, waveform, start)
        return stop

    def _play_faults(self, outputs: Mapping[str, Trace], step: int) -> None:
        """Bring the faults that act in a step into the world."""
        world, faults = self.world, self._faults
        at = np.array([step * self._ticks])
        x, y = (float(outputs[self.wiring.outputs[axis]].at(at)[0]) for axis in ("x", "y"))
        t = step * world.clock.period
        if (x, y) != self._place:
            if t - self._travelled > STILL:
                faults.travel(step)
            self._place, self._travelled = (x, y), t
        world.no_surface = faults.active("no-surface", step) is not None
        world.clogged = faults.active("clogged-tip", step) is not None
        world.drips = faults.active("wet-at-start", step) is not None
        losing = faults.active("lost-meniscus", step)
        world.lose_after = np.inf if losing is None else losing.arguments["after"]
