"""Between the arrays of a C call and the samples of a task."""

from __future__ import annotations

import ctypes
from typing import Any

from sim.daqmx import transfer
from sim.daqmx.card import Card
from sim.daqmx.codes import Error, RefusedError, Value
from sim.daqmx.convert import LARGEST, numbers, picked_range
from sim.daqmx.marshal import give, parameter


def read_into(
    card: Card,
    task: Any,
    count: int,
    timeout: float,
    samples: Any,
    place: Any,
    layout: int,
    *,
    unscaled: bool = False,
) -> int | None:
    """Read into an array, channel by channel or sample by sample."""
    values, late = transfer.read(card, task.value or 0, count, timeout)
    if unscaled:
        for row, channel in zip(values, card.task(task.value).channels, strict=True):
            row[:] = numbers(row, picked_range(channel.low, channel.high) or LARGEST)
    channels, got = values.shape
    if samples.size < channels * max(got, count):
        raise RefusedError(Error.READ_BUFFER_TOO_SMALL)
    if layout == Value.GROUP_BY_CHANNEL:
        samples.reshape(-1)[: samples.size - samples.size % channels].reshape(channels, -1)[
            :, :got
        ] = values
    else:
        samples.reshape(-1)[: channels * got] = values.T.reshape(-1)
    give(place, ctypes.c_int32, got)
    if late is not None:
        raise RefusedError(late)
    return None


def write_from(
    card: Card, task: Any, volts: Any, start: Any, timeout: float, place: Any
) -> int | None:
    """Write samples, shape (n, channels); say how many."""
    try:
        count, late = transfer.write(card, task.value or 0, volts, bool(parameter(start)), timeout)
    except RefusedError as refused:
        give(place, ctypes.c_int32, refused.done)
        raise
    give(place, ctypes.c_int32, count)
    if late is not None:
        raise RefusedError(late)
    return None
