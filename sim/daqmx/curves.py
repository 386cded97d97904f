"""Curves read at many instants in a row, in machine code: stairs, straight pieces, converters.

Whoever asks does so for a thousand rising instants at a time; one walk along both lists is an
order of magnitude faster than a search for each.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray, IntArray
from sim.solving import compiled

ROUNDING = 1e-6
"""Share of a period by which a time at its beginning may come out early."""


@compiled
def stairs(changes: IntArray, levels: FloatArray, at: IntArray, reached: int) -> FloatArray:
    """Return the levels at rising ticks, shape (n,).

    Args:
        changes: rising ticks from which each level holds, shape (m,).
        levels: shape (m,); the first one also holds before its tick.
        at: shape (n,).
        reached: 1 if a change at a tick counts at that very tick, else 0.
    """
    found = np.empty(at.size)
    if not at.size:
        return found
    index = np.searchsorted(changes, at[0] + reached) - 1
    for i in range(at.size):
        while index + 1 < changes.size and changes[index + 1] < at[i] + reached:
            index += 1
        found[i] = levels[max(index, 0)]
    return found


@compiled
def polyline(nodes: FloatArray, first: float, period: float, at: FloatArray) -> FloatArray:
    """Return the values of straight pieces at times, shape (n,).

    Args:
        nodes: values at the ends of the pieces, shape (m,), at least two.
        first: how many periods the first node is after time 0.
        period: seconds from node to node.
        at: rising times in seconds, shape (n,); after the last node the last piece goes on.
    """
    found = np.empty(at.size)
    for i in range(at.size):
        place = at[i] / period - first
        index = min(max(int(place), 0), nodes.size - 2)
        found[i] = nodes[index] + (nodes[index + 1] - nodes[index]) * (place - index)
    return found


@compiled
def steps_at(values: FloatArray, first: float, period: float, at: FloatArray) -> FloatArray:
    """Return values that hold for a period each, at times, shape (n,); see `polyline`.

    A time at the very beginning of a period is in it, however it was rounded.
    """
    found = np.empty(at.size)
    for i in range(at.size):
        index = min(max(int(at[i] / period - first + ROUNDING), 0), values.size - 1)
        found[i] = values[index]
    return found


@compiled
def rounded(values: FloatArray, step: float, low: float, high: float) -> FloatArray:
    """Return values rounded to whole steps and kept within two ends, shape (n,)."""
    found = np.empty(values.size)
    for i in range(values.size):
        found[i] = min(max(np.rint(values[i] / step) * step, low), high)
    return found


@compiled
def amplified(
    quantity: FloatArray, zero: float, slope: float, gain: float, supply: float
) -> FloatArray:
    """Return the volts behind an output and an amplifier that end at their supply, shape (n,).

    Args:
        quantity: that the output shows, shape (n,).
        zero: the quantity at 0 V.
        slope: its change with each volt.
        gain: of the amplifier.
        supply: volts, either sign.
    """
    found = np.empty(quantity.size)
    for i in range(quantity.size):
        volts = min(max((quantity[i] - zero) / slope, -supply), supply)
        found[i] = min(max(gain * volts, -supply), supply)
    return found


@compiled
def noisy(true: FloatArray, size: float, noise: FloatArray) -> FloatArray:
    """Return values with so much of a noise added, each of shape (n,)."""
    found = np.empty(true.size)
    for i in range(true.size):
        found[i] = true[i] + size * noise[i]
    return found


@compiled
def add_sine(
    values: FloatArray, at: IntArray, cycles: float, phase: float, amplitude: float
) -> None:
    """Add a sine to values at ticks, in place.

    Args:
        values: shape (n,).
        at: ticks, shape (n,).
        cycles: of the sine in one tick.
        phase: in radians at tick 0.
        amplitude: of the sine; 0 adds nothing.
    """
    if amplitude == 0.0:
        return
    for i in range(values.size):
        turns = at[i] * cycles
        values[i] += amplitude * math.sin(2.0 * math.pi * (turns - math.floor(turns)) + phase)
