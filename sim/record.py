"""The raw samples around a contact, made up so that they average to the recorded rows.

The rows of the virtual rig are computed without a loop over raw samples. Only here, around the
instant of contact, raw samples are wanted. They follow the shapes that a fast recorder sees: a
galvanostat's overload collapses exponentially as the leads discharge into the cell, and the
current of that discharge decays with the same time constant, cut off at the end of the input.
The time constant, and the height of the peak, follow from the means that were recorded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.rig import Block, ContactRecord

SIDE = 256
"""Raw samples before and after the crossing."""
CHARGING = 0.14e-3
"""Time constant of the double layer's charging through the pipette, in seconds: 3.7 Mohm and
38 pF, the reference footprint."""
_FASTEST, _SLOWEST = 1e-6, 1.0
"""Time constants in seconds between which that of a collapse is sought."""
_COLLAPSED = 1.0
"""Volts: a larger fall at contact is that of an overload."""
_HIGHEST = 1e6
"""A peak is at most so many times the end of its input."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input as it takes raw samples; volts or amperes."""

    noise: float
    """Rms of one sample."""
    full: float
    """It reads up to this, of either sign."""


def contact_record(
    rows: Block,
    crossing: int,
    stopped: int,
    contact: float | None,
    inputs: tuple[Input, Input],
    rng: np.random.Generator,
) -> ContactRecord:
    """Make the record of one stop.

    Args:
        rows: recorded rows that cover the record; those before the first are taken like it.
        crossing: raw sample number at which the signal crossed the threshold.
        stopped: raw sample number at which the command came to a halt.
        contact: instant of contact in seconds, or None if the meniscus did not touch.
        inputs: of potential and current.
        rng: for the noise.
    """
    spacing = rows.clock.spacing
    samples = np.arange(rows.start * spacing, rows.stop * spacing)
    age = samples / rows.clock.rate - (np.inf if contact is None else contact)
    wanted = slice(*np.searchsorted(samples, [max(0, crossing - SIDE), crossing + SIDE]))
    ages = age.reshape(rows.rows, spacing)
    tau = _collapse(rows, ages)
    potential = _raw(rows, rows.data["potential"], ages, tau, inputs[0], rng)
    current = _raw(rows, rows.data["current"], ages, tau, inputs[1], rng)
    return ContactRecord(
        start=int(samples[wanted][0]),
        potential=potential[wanted],
        current=current[wanted],
        crossing=crossing,
        stopped=stopped,
    )


def _contact_row(rows: Block, ages: FloatArray) -> int | None:
    """Return the index of the row with dry and wet samples, if there is one.

    None as well where it, or a row beside it, was recorded as not a number: no shape follows from
    that, and its raw samples are not numbers either.
    """
    fresh = ages >= 0.0
    mixed = fresh[:, : rows.clock.averaged].any(axis=1) & ~fresh.all(axis=1)
    if not mixed.any():
        return None
    index = int(mixed.argmax())
    beside = slice(max(0, index - 1), index + 2)
    known = all(np.isfinite(rows.data[name][beside]).all() for name in ("potential", "current"))
    return index if known else None


def _missing(rows: Block, recorded: FloatArray, ages: FloatArray, index: int) -> float:
    """Return what a jump to the settled value would leave over of a recorded mean."""
    wet = float((ages[index, : rows.clock.averaged] >= 0.0).mean())
    before, settled = _around(recorded, index)
    return float(recorded[index]) - wet * settled - (1.0 - wet) * before


def _around(recorded: FloatArray, index: int) -> tuple[float, float]:
    """Return the values before and after a row."""
    return float(recorded[max(0, index - 1)]), float(recorded[min(index + 1, len(recorded) - 1)])


def _collapse(rows: Block, ages: FloatArray) -> float:
    """Return the time constant of the discharge at contact, in seconds.

    That with which the potential falls from overload as slowly as its recorded mean says; that
    of charging through the pipette where there was none.
    """
    recorded = rows.data["potential"]
    index = _contact_row(rows, ages)
    if index is None:
        return CHARGING
    before, settled = _around(recorded, index)
    if abs(before - settled) < _COLLAPSED:
        return CHARGING
    share = _missing(rows, recorded, ages, index) / (before - settled)
    age = ages[index, : rows.clock.averaged]

    def excess(tau: float) -> float:
        return float(_decay(age, tau).mean()) - share

    if not excess(_FASTEST) < 0.0 < excess(_SLOWEST):
        return _FASTEST
    return float(scipy.optimize.brentq(excess, _FASTEST, _SLOWEST, rtol=1e-6))


def _decay(age: FloatArray, tau: float) -> FloatArray:
    """Return exp(-age/tau), and 0 before contact."""
    decay: FloatArray = np.where(age >= 0.0, np.exp(-np.maximum(age, 0.0) / tau), 0.0)
    return decay


def _raw(
    rows: Block,
    recorded: FloatArray,
    ages: FloatArray,
    tau: float,
    at: Input,
    rng: np.random.Generator,
) -> FloatArray:
    """Make raw samples, shape (rows x spacing,), whose averages are the recorded values.

    A row that was recorded at the end of the input has samples there, whatever their mean.

    Args:
        rows: which rows.
        recorded: one channel of them.
        ages: seconds since contact of each raw sample, shape (rows, spacing).
        tau: time constant of the transient at contact, s.
        at: what took the samples.
        rng: for the noise.
    """
    clock = rows.clock
    shaped = recorded[:, np.newaxis] + at.noise * rng.standard_normal(ages.shape)
    averaged = slice(0, clock.averaged)
    contact = _contact_row(rows, ages)
    for index, row in enumerate(shaped):
        if index == contact:
            before, settled = _around(recorded, index)
            row += np.where(ages[index] >= 0.0, settled, before) - recorded[index]
            missing = _missing(rows, recorded, ages, index)
            # What is missing on the other side of both is no discharge: all of it lies lower.
            falls = missing * (before - settled) > 0.0 or abs(before - settled) < at.noise
            shape = _decay(ages[index], tau if falls else math.inf)
            row[:] = _peaked(row, shape, float(recorded[index]), averaged, at.full)
        row += recorded[index] - row[averaged].mean()
        np.clip(row, -at.full, at.full, out=row)
    flat: FloatArray = shaped.reshape(-1)
    return flat


def _peaked(
    row: FloatArray, shape: FloatArray, mean: float, averaged: slice, full: float
) -> FloatArray:
    """Add so much of a shape that the samples, cut off at the input's end, have a mean."""

    def cut(height: float) -> FloatArray:
        samples: FloatArray = np.clip(row + height * shape, -full, full)
        return samples

    def excess(height: float) -> float:
        return float(cut(height)[averaged].mean()) - mean

    far = math.copysign(_HIGHEST * full, -excess(0.0))
    if excess(0.0) * excess(far) >= 0.0:
        return cut(far)
    return cut(float(scipy.optimize.brentq(excess, 0.0, far, rtol=1e-6)))
