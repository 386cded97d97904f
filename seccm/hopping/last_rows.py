"""The last rows of a step: what its potential and its current had come to."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from seccm.program.setting import PERIODS
from seccm.rig import Block, Clock


class LastRows:
    """Keeps the last rows of a step, however they come in blocks.

    Args:
        clock: of the rows.
        mains: frequency of the mains in hertz.
    """

    def __init__(self, clock: Clock, mains: float) -> None:
        self._period, self._mains = clock.period, mains
        self._keep = math.ceil(PERIODS / mains / clock.period) + 1
        self._potential = self._current = np.zeros(0)
        self._rows = 0

    def add(self, block: Block) -> None:
        """Take in the next rows of the step."""
        self._rows += block.rows
        self._potential = self._longer(self._potential, block.data["potential"])
        self._current = self._longer(self._current, block.data["current"])

    def _longer(self, kept: FloatArray, new: FloatArray) -> FloatArray:
        return np.concatenate((kept, new))[-self._keep :]

    @property
    def potential(self) -> float:
        """Mean potential in raw volts."""
        return self._mean(self._potential)

    @property
    def current(self) -> float:
        """Mean current in amperes."""
        return self._mean(self._current)

    @property
    def seconds(self) -> float:
        """How long the step has lasted."""
        return self._rows * self._period

    def _mean(self, values: FloatArray) -> float:
        """Average over whole periods of the mains, so that their hum does not count.

        The oldest row counts with the share of it that is inside. A step shorter than a period is
        averaged as a whole.
        """
        periods = min(PERIODS, math.floor(len(values) * self._period * self._mains + 1e-9))
        if periods < 1:
            return float(values.mean()) if len(values) else math.nan
        span = periods / self._mains / self._period
        whole = math.floor(span + 1e-9)
        share = min(max(span - whole, 0.0), 1.0)
        weights = np.ones(whole + 1)
        weights[0] = share
        newest = values[-len(weights) :]
        return float(np.average(newest, weights=weights[-len(newest) :]))
