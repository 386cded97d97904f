"""The pins of the card: what it puts on its outputs, and what it reads from its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray
from sim.daqmx.clock import ticks
from sim.daqmx.codes import Error, RefusedError
from sim.daqmx.config import LINES, CardConfig
from sim.daqmx.convert import converted, picked_range, put_out
from sim.daqmx.generation import Generation, Mask, Updates
from sim.daqmx.history import Trace
from sim.daqmx.plant import Plant
from sim.daqmx.task import TaskChannel
from sim.daqmx.terminals import beside
from sim.daqmx.trigger import Comparator

LOOK = ticks(10e-3)
"""Time over which a pause trigger looks at the plant at once."""
GRID = 1000
"""Ticks from look to look of the comparator: 10 us."""
Expected = tuple[Sequence[str], Updates]
"""Terminals, and what they will do."""


class Pins:
    """Levels of the outputs since the card was plugged in, and the plant that sees them.

    Args:
        config: of the card.
        plant: behind the wires.
    """

    def __init__(self, config: CardConfig, plant: Plant) -> None:
        initial = plant.initial()
        names = [f"ao{number}" for number in range(config.outputs)]
        names += [name for device in config.beside for name in beside(config, device)]
        self.outputs = {name: Trace(initial.get(name, 0.0)) for name in names}
        self.outputs |= {f"port0/line{number}": Trace(0.0) for number in range(LINES)}
        self.known = 0
        """Tick up to which the outputs are known."""
        self.asserted = False
        """Whether the pause trigger is asserted."""
        self.ahead = plant.ahead
        """Ticks after now for which the plant wants to know what is expected of the outputs."""
        self._plant = plant
        self._updates = Trace(0.0)

    @property
    def updates(self) -> float:
        """How many updates the hardware-timed outputs have had."""
        return self._updates.last

    @property
    def updated(self) -> int:
        """Tick of the newest update of the hardware-timed outputs; for tests and benchmarks."""
        return self._updates.changed

    def play(
        self, terminals: Sequence[str], generation: Generation, now: int, pause: Comparator | None
    ) -> None:
        """Let a generation go on up to a tick.

        Args:
            terminals: that it updates.
            generation: of a running task.
            now: the tick.
            pause: what may pause it.
        """
        if pause is None or not pause.source:
            self._update(terminals, generation.advance(now))
            return
        while self.known < now:
            end = min(now, self.known + LOOK)
            paused = self._watch(terminals, generation.coming(end + self.ahead), end, pause)
            self._update(terminals, generation.advance(end, paused))
            self.known = end

    def _watch(
        self, terminals: Sequence[str], coming: Updates, end: int, pause: Comparator
    ) -> Mask:
        """Return when a pause trigger is asserted up to a tick.

        First all goes on as if nothing paused it. What that does to the signal before the trigger
        is asserted is true; then everything is taken back. What it does afterwards is a matter of
        nanometres.
        """
        kept = self._plant.keep()
        self._suppose([(terminals, coming)], end)
        at = np.arange(-(-self.known // GRID), end // GRID + 1, dtype=np.int64) * GRID
        states: BoolArray = np.array([self.asserted])
        if len(at):
            volts = self._plant.volts(pause.source, at)
            states = np.append(states, pause.states(volts, self.asserted))
        self._plant.back(kept)
        self.asserted = bool(states[-1])

        def paused(edges: IntArray) -> npt.NDArray[np.bool_]:
            found: npt.NDArray[np.bool_] = states[at.searchsorted(edges, side="right")]
            return found

        return paused

    def _put(self, terminals: Sequence[str], updates: Updates) -> None:
        if len(updates.ticks):
            for column, name in enumerate(terminals):
                self.outputs[name].change(updates.ticks, updates.volts[:, column])

    def _update(self, terminals: Sequence[str], updates: Updates) -> None:
        self._put(terminals, updates)
        count = len(updates.ticks)
        if count:
            self._updates.change(updates.ticks, self.updates + np.arange(1.0, count + 1.0))

    def put(self, levels: Mapping[str, float], now: int) -> None:
        """Set outputs and lines at a tick."""
        for terminal, level in levels.items():
            value = np.array([level])
            self.outputs[terminal].change(
                np.array([now]), value if terminal.startswith("port") else put_out(value)
            )

    def look(self, now: int, coming: Sequence[Expected] = ()) -> None:
        """Let the plant live up to a tick.

        Args:
            now: the tick.
            coming: what the outputs are expected to do after it, up to `ahead`.
        """
        self._suppose(coming, now)

    def _suppose(self, coming: Sequence[Expected], now: int) -> None:
        """Let the plant live up to a tick as if updates came, then take these back."""
        traces = [self.outputs[name] for terminals, _ in coming for name in terminals]
        changes = [trace.changes for trace in traces]
        for terminals, updates in coming:
            self._put(terminals, updates)
        self._plant.follow(self.outputs, now)
        for trace, known in zip(traces, changes, strict=True):
            trace.cut(known)

    def measure(self, channel: TaskChannel, at: IntArray) -> FloatArray:
        """Return what an analog input reads at rising ticks in the past, shape (n,)."""
        terminal = channel.terminal
        if terminal.startswith("_ao"):
            # The card's own read-back: what the converter puts out (ni.com, xseriesinterchan).
            volts = self.outputs[terminal[1:].partition("_")[0]].before(at)
        else:
            volts = self._plant.volts(terminal, at)
        limit = picked_range(channel.low, channel.high)
        if limit is None:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE)
        return converted(volts, limit)

    def count(self, at: IntArray) -> FloatArray:
        """Return how many updates the outputs had before ticks, shape (n,)."""
        return self._updates.before(at)

    def forget(self, tick: int) -> None:
        """Allow what was before a tick to be forgotten."""
        tick = min(tick, self.known)
        for trace in (*self.outputs.values(), self._updates):
            trace.forget(tick)
        self._plant.forget(tick)
