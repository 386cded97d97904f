"""The rows that the target hands on: means of its inputs, made when somebody has to know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from sim.chance import stream
from sim.daqmx.plant import Plant
from sim.fpga.axes import VOLTS, Outputs, card_ticks
from sim.fpga.config import TargetConfig

MOST, LEAST = 32767, -32768
INPUTS = {0: "ai0", 1: "ai1", 2: "ai2", 5: "ai3", 6: "ai4", 7: "ai6", 10: "ai5", 11: "ai7"}
"""The terminal behind a word of a row."""
COMMANDS = {3: "ao3", 4: "ao4"}
_OPEN = {"quiet": 0, "railed": LEAST, "noisy": 0}


@dataclass(frozen=True, slots=True)
class Made:
    """A row that is complete."""

    begin: int
    end: int
    """Ticks."""
    kind: int
    tag: int
    """Type and number of the line at its end, as they are written."""
    interval: int
    """Ticks since the row before it."""
    samples: int
    ticks: int
    """From sample to sample."""
    kept: int = 14
    """Words that are handed on: fewer where a stop from outside fell into it."""

    def at(self) -> IntArray:
        """Return the ticks of its samples, shape (samples,)."""
        return self.begin + self.ticks * np.arange(1, self.samples + 1, dtype=np.int64)


class Sampler:
    """Reads the inputs.

    Args:
        config: of the target.
        plant: behind the wires.
        outputs: in front of it.
        wired: terminals that something is connected to.
        seed: of the whole run.
    """

    def __init__(
        self, config: TargetConfig, plant: Plant, outputs: Outputs, wired: set[str], seed: int
    ) -> None:
        self._config, self._plant, self._outputs, self._wired = config, plant, outputs, wired
        self._noise = stream(seed, "open inputs")
        self._gain = 1.0 + config.gain_error

    def live(self, until: int, now: int) -> None:
        """Let the world live up to a tick that is not after now."""
        tick = int(card_ticks(np.array([until]))[0])
        marks = self._outputs.expected(now, self._plant.ahead)
        self._plant.follow(self._outputs.traces, tick)
        self._outputs.cut(marks)

    def forget(self, before: int) -> None:
        """Allow what was before a tick to be forgotten."""
        tick = int(card_ticks(np.array([before]))[0])
        for trace in self._outputs.traces.values():
            trace.forget(tick)
        self._plant.forget(tick)

    def codes(self, word: int, at: IntArray) -> FloatArray:
        """Return what an input reads at ticks in the past, shape (n,)."""
        if word in COMMANDS:
            volts = self._outputs.traces[COMMANDS[word]].before(card_ticks(at))
            return np.rint(volts / VOLTS)
        terminal = INPUTS[word]
        if terminal not in self._wired:
            codes = np.full(len(at), float(_OPEN[self._config.open_words]))
            if self._config.open_words == "noisy":
                codes += self._noise.normal(0.0, 3000.0, len(at))
        else:
            codes = self._plant.volts(terminal, card_ticks(at)) * self._gain / VOLTS
        found: FloatArray = np.clip(np.rint(codes), LEAST, MOST)
        return found

    def signals(self, row: Made) -> dict[int, int]:
        """Return what comparators look at, at the end of a row whose world has been lived."""
        at = row.at() if self._config.compares == "mean" else row.at()[-1:]
        return {word: int(np.floor(self.codes(word, at).mean() + 0.5)) for word in (5, 6)}

    def words(self, rows: Sequence[Made]) -> IntArray:
        """Return the words of rows whose world has been lived, shape (rows, 14)."""
        found = np.zeros((len(rows), 14), dtype=np.int64)
        at = np.concatenate([row.at() for row in rows])
        begins = np.cumsum([0, *(row.samples for row in rows[:-1])])
        counts = np.array([row.samples for row in rows])
        for word in (*INPUTS, *COMMANDS):
            means = np.add.reduceat(self.codes(word, at), begins) / counts
            found[:, word] = np.floor(means + 0.5)
        found[:, 8] = [row.kind for row in rows]
        found[:, 9] = [row.tag for row in rows]
        intervals = np.array([row.interval for row in rows])
        found[:, 12] = (intervals >> 16) + LEAST
        found[:, 13] = (intervals & 0xFFFF) + LEAST
        return found
