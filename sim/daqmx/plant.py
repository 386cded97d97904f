"""The plant: what the world does with the volts of the card, and what it puts on its wires.

Theory of operation. The world advances in steps of a millisecond, or of an eighth of a sample
where the rig file asks for it (`sim.daqmx.fine`); the card asks up to any tick.
Whole steps that lie in the past are final. The step that now falls into is simulated with what
the card has queued for its outputs, and is undone and simulated again when more is known: nothing
that was read before changes by it but for nanometres where a motion was stopped in that very
step. (As if the outputs stayed as they are, a sweep would charge the leads too little in every
such step: its charge so far would be spread over all of it.) A card with an analog trigger may
also look ahead and go back (`keep`, `back`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.rig import Axis, Constant, Lines, Mounted
from sim.controller.device import Controller
from sim.daqmx.axis import STEP, AxisMemory, DrivenStage
from sim.daqmx.clock import TICKS
from sim.daqmx.config import RAW_TICKS, VirtualCardConfig
from sim.daqmx.fine import FineSignals
from sim.daqmx.history import Trace
from sim.daqmx.raw import RawSignals
from sim.daqmx.sensors import Sensors
from sim.daqmx.steered import Steered
from sim.daqmx.wiring import Wiring
from sim.electronics import Signals
from sim.faults import Faults
from sim.galvanostat import Imposed
from sim.instrument.device import Device
from sim.meniscus import Pipette
from sim.sample_config import Sample
from sim.stage import AXES
from sim.swing import Loop
from sim.world import Memory, World

AHEAD = 3
"""Steps beyond now for which the stage is known, so that a settled current can be looked up."""
_LOOKS = 5
"""At the command in a short step."""
HIGH = 5.0
"""Volts of a digital line that is high."""
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
        mounted: the electrodes of an array, if it is one.
    """

    def __init__(
        self,
        config: VirtualCardConfig,
        sample: Sample,
        pipette: Pipette,
        faults: Faults,
        seed: int,
        mounted: Mounted | None = None,
    ) -> None:
        samples = max(1, config.step_ticks // RAW_TICKS)
        rate = samples * 1e8 / config.step_ticks
        clock = config.clock.model_copy(
            update={"sample_rate": rate, "averaged": samples, "spacing": samples}
        )
        self.wiring = Wiring(config)
        self._config = config
        self._faults = faults
        self._ticks = config.step_ticks
        """Of one step of the world."""
        stage = config.stage
        start = {axis: getattr(stage, f"start_{axis}") for axis in AXES}
        self._loop = Loop(stage.frequency, stage.damping)
        self._stage = DrivenStage(self._loop, start)
        self._steered: Steered | None = None
        """By a controller of its own; the outputs of its axes count no more then."""
        self.world = World(
            config.model_copy(update={"clock": clock}), sample, pipette, self._stage, seed
        )
        self._channels = {} if mounted is None else {c.label: c for c in mounted.channels}
        self._passed = {} if mounted is None else mounted.passed
        if self._channels:
            self.world.wired = True
            if not self.wiring.switch_lines:  # a person has connected the only one
                self.world.connect(next(iter(self._channels.values())))
        self._signals: RawSignals | FineSignals = RawSignals(self.world.clock.period, 0.0)
        if config.fine:
            meter = config.electrometer
            self._signals = FineSignals(self.world.clock.period, 0.0, meter.bandwidth, meter.stray)
        self._seconds = {name: RawSignals(self.world.clock.period, 0.0) for name in config.drives}
        """Of second drives, by name."""
        self._sensors = Sensors(config, faults, self._ticks, seed)
        self.ahead = (1 + AHEAD) * self._ticks
        """Ticks after now for which it matters what the outputs will do."""
        self._outputs: Mapping[str, Trace] = {}
        self._kept = self.world.memory()
        """The world at the end of the last whole step."""
        self._whole = 0
        self._travelled = -STILL
        self._place = start["x"], start["y"]
        self._supposed = False
        """Whether what is lived now is only supposed, and will be taken back; see `keep`."""

    def initial(self) -> Mapping[str, float]:
        """Return the volts of the outputs that belong to where the stage is at first."""
        start = {axis: getattr(self._config.stage, f"start_{axis}") for axis in AXES}
        return {
            self.wiring.outputs[axis]: float(self.wiring.axes[axis].volts(np.array([metres]))[0])
            for axis, metres in start.items()
        }

    def connect_instrument(self, device: Device) -> None:
        """Connect an instrument to the cell: what the card commands there counts no more."""
        self.world.connect_instrument(device)

    def connect_controller(
        self, controller: Controller, now: Callable[[], float], wait: Callable[[float], None]
    ) -> None:
        """Let a controller of its own steer the stage: outputs of its axes count no more.

        Args:
            controller: on its port.
            now: seconds since the card was plugged in.
            wait: lets time pass, for so many seconds.
        """
        start = {axis: self._stage.driven[axis].target for axis in AXES}
        self._steered = Steered(controller, self._loop, start, now, wait)

    def follow(self, outputs: Mapping[str, Trace], until: int) -> None:
        """Let the world live up to a tick, with the outputs as they were.

        Args:
            outputs: levels of every analog output in volts, and of every digital line; up to
                `ahead` after the tick they are what is expected.
            until: a tick, not before an earlier one unless `back` was called.
        """
        whole = until // self._ticks
        self._outputs = outputs
        self._cut(self._whole)
        self.world.recall(self._kept)
        self._move(outputs, until // STEP, until + self.ahead)
        self._advance(outputs, whole, final=not self._supposed)
        self._kept, self._whole = self.world.memory(), whole
        self._advance(outputs, whole + 1)

    def keep(self) -> Kept:
        """Return the present state, to come back to; all until then is only supposed."""
        self._supposed = True
        axes = tuple(self._stage.driven[axis].memory() for axis in AXES)
        self._cut(self._whole)
        self.world.recall(self._kept)
        self._kept = self.world.memory()
        return Kept(self._whole, self.world.memory(), axes)

    def back(self, kept: Kept) -> None:
        """Go back to an earlier state; each serves once."""
        self._supposed = False
        self._whole = kept.steps
        self._cut(kept.steps)
        self._kept = kept.world
        for axis, memory in zip(AXES, kept.axes, strict=True):
            self._stage.driven[axis].recall(memory)

    def _cut(self, steps: int) -> None:
        """Take back all but the first so many steps of the signals."""
        for signals in (self._signals, *self._seconds.values()):
            signals.cut(steps)

    def volts(self, terminal: str, ticks: IntArray) -> FloatArray:
        """Return the volts at a terminal at rising ticks in the past, shape (n,)."""
        axis = self.wiring.monitors.get(terminal)
        if axis is not None:
            metres = self._stage.axes[axis].at(ticks / TICKS)
            return self.wiring.axes[axis].volts(self._sensors.position(axis, metres, ticks))
        second = self.wiring.second(terminal)
        if second is not None:
            name, what = second
            true = getattr(self._seconds[name], what)(ticks / TICKS)
            return self.wiring.second_reading(
                terminal, self._sensors.second(name, what, true, ticks)
            )
        signal = self.wiring.signal(terminal)
        if signal is None:
            return np.zeros(len(ticks))
        if signal == "technique":
            device = self.world.instrument
            measured = np.zeros(len(ticks))
            if device is not None:
                measured[device.running(ticks / TICKS)] = HIGH
        elif signal == "barrels":
            measured = self._sensors.barrels(self.world.between_barrels(ticks / TICKS), ticks)
        elif signal == "current":
            measured = self._sensors.current(self._signals.current(ticks / TICKS), ticks)
            if self.wiring.range_lines:
                measured /= self._range(ticks)
        else:
            measured = self._sensors.potential(self._potential(ticks), ticks)
        return self.wiring.reading(terminal, measured)

    def _range(self, ticks: IntArray) -> FloatArray:
        """Return the size of the range that was set at rising ticks, beside the usual one."""
        lines = [self._outputs[line].before(ticks) > 0.5 for line in self.wiring.range_lines]
        return self.wiring.ranges(np.array(lines))

    def _potential(self, ticks: IntArray) -> FloatArray:
        """Return the true potential at rising ticks, shape (n,)."""
        potential = self._signals.potential(ticks / TICKS)
        if isinstance(self._signals, FineSignals):
            imposed = self._signals.imposed(ticks / TICKS)
            command = self._outputs[self.wiring.command].before(ticks[imposed])
            potential[imposed] = self.wiring.imposed("potential", command)
        return potential

    def height(self, tick: int) -> float:
        """Return the true height of the tip at a tick, in metres; for tests."""
        return float(self._stage.axes["z"].at(np.array([tick / TICKS]))[0])

    def forget(self, tick: int) -> None:
        """Allow what was before a tick to be forgotten."""
        for signals in (self._signals, *self._seconds.values()):
            signals.forget(tick // self._ticks)
        for axis in self._stage.driven.values():
            axis.forget(tick / TICKS)

    # The world.

    def _move(self, outputs: Mapping[str, Trace], known: int, end: int) -> None:
        """Let the stage follow its commands for so many steps, and further as is expected."""
        stop = -(-end // STEP)
        if self._steered is not None:
            self._steered.live(known * STEP / TICKS)
        for name, axis in self._stage.driven.items():
            trace = outputs[self.wiring.outputs[name]]
            quiet = self._steered is None and trace.changed < axis.known * STEP - STEP // 2
            if axis.rests and quiet:
                axis.stay(stop - axis.known, known - axis.known)
                continue
            middles = np.arange(axis.known, stop, dtype=np.int64) * STEP + STEP // 2
            axis.follow(self._told(outputs, name, middles), known - axis.known)

    def _told(self, outputs: Mapping[str, Trace], axis: Axis, ticks: IntArray) -> FloatArray:
        """Return where an axis is told to be at rising ticks, in metres, shape (n,)."""
        if self._steered is not None:
            return self._steered.commands(axis, ticks / TICKS)
        return self.wiring.position(axis, outputs[self.wiring.outputs[axis]].at(ticks))

    def _advance(self, outputs: Mapping[str, Trace], stop: int, *, final: bool = False) -> None:
        """Simulate whole steps of the world up to, not including, one.

        Only what is final is told to an instrument: it measures, and cannot take that back.
        """
        while self._signals.steps < stop:
            start = self._signals.steps
            self._play_faults(outputs, start)
            until = self._impose_others(outputs, start, self._impose(outputs, start, stop))
            if self.wiring.switch_lines:
                until = self._switch(outputs, start, until)
            signals = self._piece(start, until)
            if final:
                self.world.lived(signals)

    def _piece(self, start: int, stop: int) -> Signals:
        """Simulate some steps with one drive, until something happens; return what was true."""
        world = self.world
        before = world.bridge
        signals = world.advance(start, stop)
        nothing = np.zeros(signals.stop - signals.start)
        for name, of in self._seconds.items():
            of.extend(*signals.others.get(name, (nothing, nothing)))
        bridge, begins = world.bridge, signals.start * world.clock.period
        potential = signals.potential
        if isinstance(self._signals, FineSignals):
            imposed = None
            if world.drive.mode == "potential" and world.instrument is None:
                ends = np.arange(signals.start + 1, signals.stop + 1) * self._ticks
                volts = self._outputs[self.wiring.command].before(ends)
                imposed = self.wiring.imposed("potential", volts)
            self._signals.extend(potential, signals.current, imposed)
            return signals
        if before is None and bridge is not None and bridge.cell is not None:
            instant = max(0.0, bridge.since - begins)
            self._signals.extend(
                self._settled_end(signals.start, potential, instant), signals.current
            )
            settled = self._ahead(signals.stop)
            self._signals.land(instant, float(settled[-1]), collapse=world.drive.mode == "current")
            return signals
        self._signals.extend(potential, signals.current)
        if before is not None and bridge is None:
            self._signals.part(max(0.0, world.truth.parted[-1] - begins))
        return signals

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
        values = self.wiring.imposed(mode, self._command(outputs, ends))
        if mode == "current" and self.wiring.range_lines:
            values = values * self._range(ends)
        if (values == values[0]).all():
            waveform: Constant | Lines = Constant(float(values[0]))
        else:
            times = np.arange(1, len(ends) + 1) * self.world.clock.period
            waveform = Lines(tuple(times.tolist()), tuple(values.tolist()))
        self.world.drive = Imposed(mode, waveform, start)
        return stop

    def _impose_others(self, outputs: Mapping[str, Trace], start: int, stop: int) -> int:
        """Impose on second drives what the outputs say; return up to which step that holds."""
        ends = np.arange(start + 1, stop + 1, dtype=np.int64) * self._ticks
        for name, wired in self.wiring.drives.items():
            closed = outputs[wired.line].before(ends) > 0.5 if wired.line else ends > 0
            held = self.wiring.held(name, outputs[wired.command].before(ends))
            self.world.others.pop(name, None)
            if closed[0]:
                self.world.others[name] = Imposed("potential", Constant(float(held[0])), start)
            changed = (closed != closed[0]) | (closed & (held != held[0]))
            if changed.any():
                ends = ends[: int(changed.argmax())]
        return start + len(ends)

    def _switch(self, outputs: Mapping[str, Trace], start: int, stop: int) -> int:
        """Connect what the lines of the switch say; return up to which step that holds."""
        ends = np.arange(start + 1, stop + 1, dtype=np.int64) * self._ticks
        levels = np.array([outputs[line].before(ends) > 0.5 for line in self.wiring.switch_lines])
        changed = (levels != levels[:, :1]).any(axis=0)
        found = self.wiring.connected(levels[:, 0].tolist())
        if len(found) > 1:
            self.world.truth.bridged.append((start * self.world.clock.period, found))
        label = found[0] if found else ""
        if label != self.world.connected:
            channel = self._channels.get(label)
            if channel is not None:
                self._faults.travel(start)
            self.world.connect(channel, self._passed.get(label, (0.0, 0.0)))
        return start + int(changed.argmax()) if changed.any() else stop

    def _command(self, outputs: Mapping[str, Trace], ends: IntArray) -> FloatArray:
        """Return the volts of the command in steps that end at rising ticks, shape (n,).

        What changes within a short step is averaged over it: it then comes at its instant.
        """
        command = outputs[self.wiring.command]
        if not self._config.fine:
            return command.before(ends)
        early = (np.arange(_LOOKS) + 0.5) * (self._ticks / _LOOKS)
        at = (ends[:, None] - early[::-1].astype(np.int64)).ravel()
        mean: FloatArray = command.at(at).reshape(-1, _LOOKS).mean(axis=1)
        return mean

    def _play_faults(self, outputs: Mapping[str, Trace], step: int) -> None:
        """Bring the faults that act in a step into the world."""
        world, faults = self.world, self._faults
        at = np.array([step * self._ticks])
        x, y = (float(self._told(outputs, axis, at)[0]) for axis in ("x", "y"))
        t = step * world.clock.period
        if (x, y) != self._place:
            if t - self._travelled > STILL:
                faults.travel(step)
            self._place, self._travelled = (x, y), t
        world.below.gone = faults.active("no-surface", step) is not None
        world.clogged = faults.active("clogged-tip", step) is not None
        world.clogging = faults.span("clogging", "within", step)
        world.drips = faults.active("wet-at-start", step) is not None
        losing = faults.active("lost-meniscus", step)
        world.lose_after = np.inf if losing is None else losing.arguments["after"]
