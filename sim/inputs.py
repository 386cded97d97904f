"""The inputs of the virtual rig: true signals become recorded rows, or raw samples and their means.

Rows without raw samples are drawn as rows, with what averaging leaves of the noise. Where raw
samples are wanted, each has noise of its own, white and so large that the mean of a row has the
noise that the row would have had without them: the very same number. A row is then the mean of
its samples as the converters gave them.
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.rig import Clock, Flag, RawChannel, RawSamples
from seccm.rig.raw import Codes
from sim.electronics import Electrometer, Recorded, Signals
from sim.faults import Faults, spoil
from sim.noise import WhiteNoise
from sim.record import Input

HIGHEST = 2**15 - 1
"""The largest number of a converter, of either sign."""
_SATURATED, _OVERLOAD = np.uint8(Flag.SATURATED), np.uint8(Flag.OVERLOAD)


class Inputs:
    """Potential and current, from what is true to what is recorded.

    Args:
        electrometer: that of the rig.
        clock: of the rows.
        faults: of the run.
        seed: of the whole run.
    """

    def __init__(self, electrometer: Electrometer, clock: Clock, faults: Faults, seed: int) -> None:
        self._electrometer, self._clock, self._faults = electrometer, clock, faults
        self._spikes = WhiteNoise(seed, "spikes", 1)
        self._white = WhiteNoise(seed, "raw samples", 2)

    def switch(self, electrometer: Electrometer) -> None:
        """Go on in another range."""
        self._electrometer = electrometer

    @property
    def channels(self) -> tuple[RawChannel, RawChannel]:
        """What the numbers of the converters mean in the range that is set."""
        return self._electrometer.channels

    @property
    def single(self) -> tuple[Input, Input]:
        """Potential and current as they take a raw sample."""
        # Averaging has taken the root of its length off the noise of a raw sample.
        root, at = math.sqrt(self._clock.averaged), self._electrometer
        return (
            Input(root * at.potential_noise, at.full_potential),
            Input(root * at.floor, at.full_current),
        )

    def rows(self, true: Signals) -> Recorded:
        """Return rows as they are recorded where no raw samples are wanted."""
        recorded = self._electrometer.record(true, self._extra_hum(true.start))
        spikes, full = self._spiked(true.start, true.stop), self._electrometer.full_current
        if spikes is not None:
            recorded.current[:] = np.clip(recorded.current + spikes, -full, full)
        if spoil(self._faults, true.start, recorded.potential, recorded.current, full):
            recorded.flags[:] |= _SATURATED
        return recorded

    def samples(self, true: Signals) -> tuple[Recorded, tuple[RawSamples, ...]]:
        """Return raw samples, and the rows that are their means.

        Args:
            true: one value for each raw sample, whole rows of them; numbered like these.
        """
        spacing, averaged = self._clock.spacing, self._clock.averaged
        start, stop = true.start // spacing, true.stop // spacing
        shape = stop - start, spacing
        at, extra = self._electrometer, self._extra_hum(start)
        white = self._noise(start, stop)
        potential = true.potential.reshape(shape) + at.potential_noise * white[1]
        current = true.current.reshape(shape) + at.offset(start, stop)[:, np.newaxis]
        current += at.deviation(true.current).reshape(shape) * white[0]
        current += at.pick_up(true.start, true.stop, extra).reshape(shape)
        spikes = self._spiked(start, stop)
        if spikes is not None:
            current += spikes[:, np.newaxis]
        flat = potential.reshape(-1), current.reshape(-1)
        saturated = spoil(self._faults, start, *flat, at.full_current)
        flags = np.where(true.overload.reshape(shape)[:, -1], _OVERLOAD, np.uint8(0))
        if np.isnan(current).any():
            # No number of a converter says that there is none.
            return Recorded(potential[:, 0], current[:, 0], flags), ()
        ends = np.zeros(len(flags), np.bool_)
        codes: list[Codes] = []
        means: list[FloatArray] = []
        for values, channel in zip((potential, current), at.channels, strict=True):
            numbers = np.rint(values / channel.terms[1])
            ends |= (np.abs(numbers[:, :averaged]) > HIGHEST).any(axis=1)
            codes.append(np.clip(numbers, -HIGHEST, HIGHEST).astype(np.int16))
            means.append(channel.si(codes[-1][:, :averaged]).mean(axis=1))
        flags[ends | saturated] |= _SATURATED
        raw = RawSamples(true.start, np.stack([part.reshape(-1) for part in codes]))
        return Recorded(means[0], means[1], flags), (raw,)

    def _noise(self, start: int, stop: int) -> FloatArray:
        """Return the noise of raw samples in units of that of a row's mean.

        Shape (2, rows, spacing); the mean over the averaged samples of a row is the number that
        is drawn for the row.
        """
        spacing, averaged = self._clock.spacing, self._clock.averaged
        single = self._white.rows(start * spacing, stop * spacing).reshape(2, -1, spacing)
        apart = single - single[:, :, :averaged].mean(axis=2, keepdims=True)
        rows = self._electrometer.white(start, stop)[:, :, np.newaxis]
        noise: FloatArray = rows + math.sqrt(averaged) * apart
        return noise

    def _extra_hum(self, row: int) -> float:
        return self._faults.argument_if_active("hum", "amplitude", row)

    def _spiked(self, start: int, stop: int) -> FloatArray | None:
        """Return what a fault that acts then adds to the current, shape (rows,) in amperes."""
        fault = self._faults.active("spikes", start)
        if fault is None:
            return None
        share = min(1.0, self._clock.period / max(fault.arguments["every"], 1e-9))
        drawn = self._spikes.rows(start, stop)[0]
        amplitude = np.where(
            np.abs(drawn) > -scipy.special.ndtri(share / 2.0), fault.arguments["amplitude"], 0
        )
        spikes: FloatArray = np.sign(drawn) * amplitude
        return spikes
