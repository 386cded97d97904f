"""Reading from and writing to the card: what blocks, what is partial, what fails."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray, IntArray
from sim.daqmx.card import Card
from sim.daqmx.clock import ticks
from sim.daqmx.codes import Error, RefusedError
from sim.daqmx.convert import LARGEST, put_out
from sim.daqmx.inputs import NEVER, Sampling
from sim.daqmx.task import Task

CONVERSION = ticks(10e-6)
"""Time that a sample on demand takes, besides the call."""
ALL = -1
"""Asks for all samples that there are, or that a finite acquisition will give."""


def read(card: Card, handle: int, count: int, timeout: float) -> tuple[FloatArray, Error | None]:
    """Return the next samples of a task, shape (channels, n), and what went wrong.

    Beliefs: a read starts a task that is not running; the samples that came within the timeout
    are returned together with -200284 (seen in nidaqmx-python, issue threads).

    Raises:
        RefusedError: -200279, -200278, or what a start raises.
    """
    task = card.task(handle)
    if task.timing is None:
        return _now(card, handle, task, max(1, count)), None
    if task.state != "running":
        card.start(handle)
    sampling = card.samplings[handle]
    count = _wanted(card, sampling, count)
    late = _await(card, handle, sampling, count, timeout)
    ready = min(count, sampling.available(card.now))
    return _values(card, handle, sampling.take(ready)), late


def _wanted(card: Card, sampling: Sampling, count: int) -> int:
    if count == ALL:
        waiting = sampling.available(card.now)
        return waiting if sampling.continuous else sampling.samples - sampling.read
    if sampling.never(count):
        raise RefusedError(Error.SAMPLES_WILL_NEVER_BE_AVAILABLE)
    return count


def _await(card: Card, handle: int, sampling: Sampling, count: int, timeout: float) -> Error | None:
    """Wait until samples are there; return what went wrong if they are not in time."""
    deadline = _deadline(card, timeout)
    while sampling.available(card.now) < count:
        if card.now >= deadline:
            return Error.SAMPLES_NOT_YET_AVAILABLE
        card.wait(min(sampling.due(count), deadline))
        if card.samplings.get(handle) is not sampling:
            raise RefusedError(Error.INVALID_TASK, detail="It was stopped while it was read.")
    return None


def _deadline(card: Card, timeout: float) -> int:
    # A wait for ever would never return from a clock that is silent.
    patience = timeout if 0.0 <= timeout < math.inf else 1e6
    return card.now + ticks(patience)


def _values(card: Card, handle: int, at: IntArray) -> FloatArray:
    """Return what a task's channels read at ticks in the past, shape (channels, n)."""
    task = card.task(handle)
    if not len(at):
        return np.empty((len(task.channels), 0))
    if task.kind == "ci":
        return card.count(handle, at)[None, :]
    card.look()
    values = np.empty((len(task.channels), len(at)))
    for place, (row, channel) in enumerate(zip(values, task.channels, strict=True)):
        row[:] = card.pins.measure(channel, at + place * task.converting)
    card.forget()
    return values


def _now(card: Card, handle: int, task: Task, count: int) -> FloatArray:
    """Return samples taken on demand, shape (channels, count)."""
    if task.kind == "ci":
        if task.state != "running":
            card.start(handle)
        return card.count(handle, np.array([card.now + 1]))[None, :]
    card.refuse_reserved(handle)
    columns = []
    for _ in range(count):
        columns.append(_values(card, handle, np.array([card.now])))
        card.wait(card.now + CONVERSION)
    return np.concatenate(columns, axis=1)


def write(
    card: Card, handle: int, volts: FloatArray, auto_start: bool, timeout: float
) -> tuple[int, Error | None]:
    """Write samples, shape (n, channels), to an analog output task; return how many, and why not.

    Belief: a voltage beyond the channel's limits is refused (-200561, "AO.Max: if you try to
    write a value larger than the maximum value, NI-DAQmx generates an error", NI-DAQmx help).

    Raises:
        RefusedError: -200561, -200290, -50103.
    """
    task = card.task(handle)
    lows = [max(channel.low, -LARGEST) for channel in task.channels]
    highs = [min(channel.high, LARGEST) for channel in task.channels]
    if (volts < lows).any() or (volts > highs).any() or not np.isfinite(volts).all():
        raise RefusedError(Error.INVALID_AO_DATA_WRITE)
    if task.timing is None:
        card.refuse_reserved(handle)
        for row in volts:
            card.pins.put(dict(zip(task.terminals, row.tolist(), strict=True)), card.now)
        return len(volts), None
    generation = card.generation(handle)
    if generation.room == 0:
        # The buffer is as long as what is written first, or as the clock was told.
        generation.room = max(len(volts), task.timing.samples if task.timing.continuous else 0)
    done, late = _put_in(card, handle, put_out(volts), timeout)
    if auto_start and task.state != "running":
        card.start(handle)
    return done, late


def _put_in(card: Card, handle: int, volts: FloatArray, timeout: float) -> tuple[int, Error | None]:
    """Write to the buffer as space comes; return how many, and what went wrong."""
    deadline = _deadline(card, timeout)
    generation = card.generation(handle)
    done = 0
    while True:
        wrong = card.failure(handle)
        if wrong is not None:
            raise RefusedError(wrong, done=done)
        done += generation.write(volts[done:])
        if card.task(handle).state == "running":
            generation.fill()
        if done == len(volts):
            return done, None
        if card.now >= deadline:
            return done, Error.SAMPLES_CAN_NOT_YET_BE_WRITTEN
        due = generation.due(generation.until_space(len(volts) - done))
        card.wait(min(due if due != NEVER else deadline, deadline))
        if card.generations.get(handle) is not generation:
            raise RefusedError(Error.INVALID_TASK, detail="It was stopped while it was written.")


def wait_done(card: Card, handle: int, timeout: float) -> None:
    """Wait until a finite task has come to its end.

    Raises:
        RefusedError: -200560, it did not within the timeout; or what went wrong with it.
    """
    deadline = _deadline(card, timeout)
    while not done(card, handle):
        if card.now >= deadline:
            raise RefusedError(Error.WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE)
        card.wait(min(card.now + ticks(1e-3), deadline))


def done(card: Card, handle: int) -> bool:
    """Tell whether a task has come to its end.

    Raises:
        RefusedError: it came to it because something went wrong.
    """
    wrong = card.failure(handle)
    if wrong is not None:
        raise RefusedError(wrong)
    task = card.task(handle)
    if task.state != "running":
        return True
    if handle in card.generations:
        return card.generations[handle].done
    sampling = card.samplings.get(handle)
    if sampling is None or sampling.continuous:
        return False
    return sampling.acquired(card.now) >= sampling.samples
