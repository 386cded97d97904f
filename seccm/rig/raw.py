"""Every sample that a rig took, as its converters gave them, beside the rows averaged from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

Codes = npt.NDArray[np.int16]
MOST, LOWEST = 2**15 - 1, -(2**15)
"""The largest and the smallest number of a converter; some have -32767 as the smallest."""
BYTES = 2
"""Of one raw sample of one channel."""


@dataclass(frozen=True, slots=True)
class RawChannel:
    """One input of a rig, and what the numbers of its converter mean."""

    name: str
    """A channel of the rows, such as "current", or another input, such as "z output"."""
    unit: str
    """The SI unit: "V", "A" or "m"."""
    terms: tuple[float, float, float, float]
    """A number n of the converter means terms[0] + terms[1] n + terms[2] n² + terms[3] n³."""

    def si(self, codes: Codes) -> FloatArray:
        """Return what numbers of the converter mean, in the unit; any shape."""
        constant, slope, square, cube = self.terms
        n = codes.astype(np.float64)
        values: FloatArray = n * slope + constant
        if square or cube:
            values += n * n * (square + cube * n)
        return values


@dataclass(frozen=True, slots=True)
class RawSamples:
    """Consecutive samples of every channel in `RigInfo.raw`, in its order."""

    first: int
    """Number of the first one since the stream opened."""
    codes: Codes
    """Numbers of the converters, shape (channels, n)."""

    @property
    def stop(self) -> int:
        """Number of the sample after the last one."""
        return self.first + int(self.codes.shape[1])

    def part(self, first: int, stop: int) -> RawSamples:
        """Return those of the samples whose numbers are from `first` to before `stop`."""
        first = min(max(first, self.first), self.stop)
        return RawSamples(first, self.codes[:, first - self.first : max(first, stop) - self.first])
