"""A lamp that a rig blinks while a camera films, so that pictures tell when they were taken."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from seccm.quantities import Duration, Model
from seccm.units import show

Samples = npt.NDArray[np.int64]


class Blink(Model):
    """When the lamp goes off and on again, counted from the beginning of the stream."""

    first: Annotated[Duration, Field(gt=0)] = 1.0
    """When it goes off for the first time. The camera has begun by then."""
    off: Annotated[Duration, Field(gt=0, le=60)] = 1.0
    """For how long; four frames or more, so that some of them are dark altogether."""
    every: Annotated[Duration, Field(gt=0)] = 1.87
    """From one pulse to the next. No multiple of the time between two frames: a step between two
    exposures tells little."""
    pulses: int = Field(2, ge=1, le=1_000_000)
    """How many: two at the beginning, or one every ten minutes for as long as a run may take."""

    @model_validator(mode="after")
    def _goes_on_again(self) -> Self:
        if self.every <= self.off:
            raise ValueError(
                f"every is {show(self.every, 's')}, and the lamp is off for {show(self.off, 's')} "
                "of it: it would never be on. Set a longer every, or a shorter off"
            )
        return self

    def ticks(self, rate: float) -> tuple[int, int, int]:
        """Return the samples before the first pulse, and those for which it is off, and on."""
        off = max(1, round(self.off * rate))
        return max(1, round(self.first * rate)), off, max(1, round(self.every * rate) - off)

    def steps(self, first: int, stop: int, rate: float) -> tuple[Samples, Samples]:
        """Return the samples at which it goes off, and on, from one sample up to another.

        Args:
            first: sample, counted from the beginning of the stream.
            stop: the sample after the last one.
            rate: samples per second.
        """
        begin, off, on = self.ticks(rate)
        period = off + on
        found = []
        for start in (begin, begin + off):
            low = max(0, -(-(first - start) // period))
            high = min(self.pulses, max(0, -(-(stop - start) // period)))
            found.append(start + period * np.arange(low, max(low, high), dtype=np.int64))
        return found[0], found[1]

    def dark(self, start: float, stop: float, rate: float) -> float:
        """Return for how long it is off between two times, in seconds of the stream."""
        begin, off, on = (n / rate for n in self.ticks(rate))
        period = off + on
        low = max(0, int((start - begin - off) // period))
        high = min(self.pulses - 1, int((stop - begin) // period))
        return float(
            sum(
                max(0.0, min(stop, begin + k * period + off) - max(start, begin + k * period))
                for k in range(low, high + 1)
            )
        )
