"""What the numbers of a card's converters mean: in volts, and in the units of the rig.

Beliefs, none of them checked on hardware. A card delivers 16-bit numbers that are not calibrated;
what `read_many_sample` returns is a polynomial of them, whose coefficients the driver tells
("AI.DevScalingCoeff: the coefficients of a polynomial equation that NI-DAQmx uses to scale values
from the native format of the device to volts", NI-DAQmx help). So a stream that is recorded
raw is read once, as numbers, and scaled here: nothing is lost, and it takes a quarter of the room
of what the driver would scale. `Inputs.start` compares both ways before the stream begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from nidaqmx import Task

from hardware.ni.config import NidaqConfig, readback
from hardware.ni.daqmx_errors import DAQMX
from hardware.ni.scaling import Scale
from hardware.ni.wires import AXES
from seccm.arrays import FloatArray
from seccm.rig import RawChannel
from seccm.rig.raw import Codes

BITS = 16
"""Of a raw sample; others are left to the driver, and cannot be recorded."""
TERMS = 4
"""Coefficients of a polynomial that are known to mean anything; cards have no more."""


@dataclass(frozen=True, slots=True)
class Coding:
    """The polynomials from numbers to volts of all inputs of a task."""

    terms: FloatArray
    """Shape (inputs, 4): constant, slope, square, cube."""

    def volts(self, codes: Codes) -> FloatArray:
        """Return the volts that numbers mean, shape (inputs, n)."""
        constant, slope, *_ = self.terms.T[:, :, None]
        numbers = codes.astype(np.float64)
        volts: FloatArray = numbers * self._bent(numbers) if self.bent else numbers * slope
        volts += constant
        return volts

    @property
    def bent(self) -> bool:
        """Whether any of the polynomials is more than a straight line."""
        return bool(self.terms[:, 2:].any())

    def _bent(self, numbers: FloatArray) -> FloatArray:
        _, slope, square, cube = self.terms.T[:, :, None]
        slopes: FloatArray = numbers * cube
        slopes += square
        slopes *= numbers
        slopes += slope
        return slopes


def coding_of(task: Task) -> Coding | None:
    """Return what the numbers of a task's inputs mean; None where that cannot be known."""
    terms = np.zeros((len(task.ai_channels), TERMS))
    try:
        for row, channel in enumerate(task.ai_channels):
            known = channel.ai_dev_scaling_coeff
            if channel.ai_raw_samp_size != BITS or not 2 <= len(known) <= TERMS:
                return None
            terms[row, : len(known)] = known
    except DAQMX:
        # A card that keeps no coefficients refuses the question.
        return None
    return Coding(terms)


def raw_channels(
    config: NidaqConfig, terminals: Sequence[str], coding: Coding | None
) -> tuple[RawChannel, ...]:
    """Return the channels that can be recorded raw, one for each terminal.

    Args:
        config: of the rig.
        terminals: in the order of the samples.
        coding: of the same terminals; without one nothing can be recorded.
    """
    if coding is None:
        return ()
    return tuple(
        _channel(*_meaning(config, terminal), volts)
        for terminal, volts in zip(terminals, coding.terms.tolist(), strict=True)
    )


def _meaning(config: NidaqConfig, terminal: str) -> tuple[str, str, Scale]:
    """Return name, unit and scale of what a terminal measures."""
    for signal in config.declared():
        measured, scale = config.measured()[signal.name]
        if measured == terminal:
            return signal.name, signal.unit, scale
    for axis in AXES:
        if readback(config.axes[axis].output) == terminal:
            return f"{axis} output", "m", config.axes[axis].scale()
    # What the command means changes with the mode of the cell; volts are always true.
    return "command", "V", Scale(1.0, 0.0, "volts at the terminal")


def _channel(name: str, unit: str, scale: Scale, volts: list[float]) -> RawChannel:
    constant, slope, square, cube = (scale.slope * term for term in volts)
    return RawChannel(name, unit, (scale.zero + constant, slope, square, cube))
