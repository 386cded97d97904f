"""The properties that the stand-in knows, by the number that the C interface gives them.

A property that is not here is refused with -200452, so that a gap in the stand-in never looks
like an answer of the card.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.daqmx.card import Card
from sim.daqmx.clock import TICKS
from sim.daqmx.codes import Error, RefusedError, Value
from sim.daqmx.convert import coefficients, picked_range
from sim.daqmx.inputs import Sampling
from sim.daqmx.task import Scalar
from sim.daqmx.terminals import beside, leaf, physical

Answer = Scalar | list[int] | list[float]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a task, a channel or a device."""

    kind: type[Any] | None
    """Its C type; None for text."""
    read: Callable[[Card, int, str], Answer]
    """Given the card, the task's handle and the channel or device."""
    settable: bool = False
    terminal: bool = False
    """Whether it is the name of a terminal, kept without the device."""


def _kept(
    kind: type[Any] | None, number: int, default: Scalar, *, terminal: bool = False
) -> Property:
    """Return a property that is what it was set to."""

    def read(card: Card, handle: int, channel: str) -> Answer:
        value = card.task(handle).get(number, default, channel)
        return f"/{card.config.device}/{value}" if terminal and value else value

    return Property(kind, read, settable=True, terminal=terminal)


def _known(kind: type[Any] | None, read: Callable[[Card, int, str], Answer]) -> Property:
    return Property(kind, read)


def _names(card: Card, names: list[str]) -> str:
    return ", ".join(f"{card.config.device}/{name}" for name in names)


def _full(card: Card, terminal: str) -> str:
    """Return a terminal with the name of its device; only those of other devices have it."""
    other = terminal.partition("/")[0] in card.config.beside
    return terminal if other else f"{card.config.device}/{terminal}"


def _device(card: Card, terminal: str) -> str:
    """Return the device of a terminal."""
    return _full(card, terminal).partition("/")[0]


def _sampling(card: Card, handle: int) -> Sampling | None:
    return card.samplings.get(handle)


def _acquired(card: Card, handle: int, _: str) -> int:
    sampling = _sampling(card, handle)
    return sampling.acquired(card.now) if sampling else 0


def _available(card: Card, handle: int, _: str) -> int:
    sampling = _sampling(card, handle)
    return sampling.available(card.now) if sampling else 0


def _default_count(card: Card, handle: int, _: str) -> int:
    task, sampling = card.task(handle), _sampling(card, handle)
    if task.timing is None:
        return 1
    if not task.timing.continuous:
        return task.timing.samples
    return sampling.available(card.now) if sampling else 0


def _timing(read: Callable[[Any], Answer]) -> Callable[[Card, int, str], Answer]:
    def answer(card: Card, handle: int, _: str) -> Answer:
        timing = card.task(handle).timing
        if timing is None:
            raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)
        return read(timing)

    return answer


def _converts(card: Card, handle: int, _: str) -> float:
    converting = card.task(handle).converting
    if not converting:
        raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)
    return TICKS / converting


def _coefficients(card: Card, handle: int, name: str) -> list[float]:
    channel = card.task(handle).channel(name)
    limit = picked_range(channel.low, channel.high)
    if limit is None:
        raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)
    return coefficients(limit)


def _generated(card: Card, handle: int, _: str) -> int:
    generation = card.stopped(handle)
    # NI defines it as samples generated; whether a card counts updates or transfers into its
    # memory is unverified, so that the rig file can choose.
    if card.config.positions_count == "transfers":
        return generation.transferred
    return generation.generated


CONTEXT = Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT
TYPES = {
    "ai": Value.ANALOG_INPUT,
    "ao": Value.ANALOG_OUTPUT,
    "ci": Value.COUNTER_INPUT,
    "do": Value.DIGITAL_OUTPUT,
}

TASK: Mapping[int, Property] = {
    0x1276: _known(None, lambda card, task, _: card.task(task).name),
    0x1273: _known(None, lambda c, t, _: ", ".join(one.name for one in c.task(t).channels)),
    0x2181: _known(ctypes.c_uint32, lambda card, task, _: len(card.task(task).channels)),
    0x230E: _known(
        None, lambda card, task, _: _device(card, (card.task(task).terminals or [""])[0])
    ),
    0x29BA: _known(ctypes.c_uint32, lambda card, task, _: 1),
}
CHANNEL: Mapping[int, Property] = {
    0x187F: _known(ctypes.c_int32, lambda card, task, _: TYPES[card.task(task).kind or "ai"]),
    0x18F5: _known(None, lambda c, t, name: _full(c, c.task(t).channel(name).terminal)),
    0x0695: _known(ctypes.c_int32, lambda card, task, _: Value.VOLTAGE),
    0x17DD: _known(ctypes.c_double, lambda c, t, name: c.task(t).channel(name).high),
    0x17DE: _known(ctypes.c_double, lambda c, t, name: c.task(t).channel(name).low),
    0x1186: _known(ctypes.c_double, lambda c, t, name: c.task(t).channel(name).high),
    0x1187: _known(ctypes.c_double, lambda c, t, name: c.task(t).channel(name).low),
    0x1930: _known(ctypes.c_double, _coefficients),
    # 16 bit a sample (X Series specifications).
    0x22DA: _known(ctypes.c_uint32, lambda card, task, _: 16),
    0x183C: _kept(ctypes.c_int32, 0x183C, int(Value.ON_BOARD_MEMORY_LESS_THAN_FULL)),
    0x18C7: _kept(None, 0x18C7, "", terminal=True),
    0x18E1: _kept(None, 0x18E1, "", terminal=True),
}
TIMING: Mapping[int, Property] = {
    0x1344: _known(ctypes.c_double, _timing(lambda timing: timing.rate)),
    0x1300: _known(
        ctypes.c_int32,
        _timing(lambda timing: Value.CONTINUOUS if timing.continuous else Value.FINITE),
    ),
    0x1310: _known(ctypes.c_uint64, _timing(lambda timing: timing.samples)),
    0x1347: _known(
        ctypes.c_int32,
        lambda c, t, _: Value.SAMPLE_CLOCK if c.task(t).timing else Value.ON_DEMAND,
    ),
    0x1848: _known(ctypes.c_double, _converts),
    0x1852: _known(None, _timing(lambda timing: timing.source)),
    0x2F1B: _known(None, lambda c, t, _: f"/{c.config.device}/{c.task(t).kind}/SampleClock"),
}
TRIGGER: Mapping[int, Property] = {
    0x1366: _kept(ctypes.c_int32, 0x1366, int(Value.NONE)),
    0x1370: _kept(None, 0x1370, "", terminal=True),
    0x1369: _kept(ctypes.c_double, 0x1369, 0.0),
    0x1368: _kept(ctypes.c_double, 0x1368, 0.0),
    0x1371: _kept(ctypes.c_int32, 0x1371, int(Value.ABOVE)),
    0x1373: _kept(None, 0x1373, "", terminal=True),
    0x1374: _kept(ctypes.c_int32, 0x1374, int(Value.INSIDE)),
    0x1375: _kept(ctypes.c_double, 0x1375, 0.0),
    0x1376: _kept(ctypes.c_double, 0x1376, 0.0),
    0x1393: _known(
        ctypes.c_int32,
        lambda c, t, _: Value.DIGITAL_EDGE if c.task(t).start_source else Value.NONE,
    ),
    0x2F1E: _known(None, lambda c, t, _: f"/{c.config.device}/{c.task(t).kind}/StartTrigger"),
}
READ: Mapping[int, Property] = {
    0x217B: _known(ctypes.c_uint32, lambda card, task, _: len(card.task(task).channels)),
    0x217C: _known(ctypes.c_uint32, lambda card, task, _: 1),
    0x1223: _known(ctypes.c_uint32, _available),
    0x31E8: _known(ctypes.c_uint32, _default_count),
    0x192A: _known(ctypes.c_uint64, _acquired),
    0x1221: _known(ctypes.c_uint64, lambda c, t, _: c.samplings[t].read if t in c.samplings else 0),
    0x1823: _known(None, lambda c, t, _: ", ".join(one.name for one in c.task(t).channels)),
    0x1826: _kept(ctypes.c_uint32, 0x1826, 1),
    0x1211: _known(ctypes.c_int32, lambda card, task, _: Value.DO_NOT_OVERWRITE),
}
WRITE: Mapping[int, Property] = {
    0x217E: _known(ctypes.c_uint32, lambda card, task, _: len(card.task(task).channels)),
    0x217F: _known(ctypes.c_uint32, lambda card, task, _: 1),
    0x1453: _kept(ctypes.c_int32, 0x1453, int(Value.ALLOW_REGENERATION)),
    # Where the last write left it (NI-DAQmx Key Concepts), not the next one to be generated
    # (docstring of nidaqmx): only the former fits the formula for the space.
    0x1458: _known(ctypes.c_uint64, lambda card, task, _: card.stopped(task).written),
    0x192B: _known(ctypes.c_uint64, _generated),
    0x1460: _known(ctypes.c_uint32, lambda card, task, _: card.stopped(task).space),
}
BUFFER: Mapping[int, Property] = {
    0x186C: _kept(ctypes.c_uint32, 0x186C, 0),
    0x186D: _kept(ctypes.c_uint32, 0x186D, 0),
    0x230B: Property(
        ctypes.c_uint32,
        lambda c, t, _: c.task(t).get(0x230B, c.config.fifo // max(1, len(c.task(t).channels))),
        settable=True,
    ),
}
SYSTEM: Mapping[int, Property] = {
    # 26.0.0; any version that has all the functions.
    0x1272: _known(ctypes.c_uint32, lambda card, task, _: 26),
    0x1923: _known(ctypes.c_uint32, lambda card, task, _: 0),
    0x2F22: _known(ctypes.c_uint32, lambda card, task, _: 0),
    0x193B: _known(
        None, lambda card, task, _: ", ".join((card.config.device, *card.config.beside))
    ),
}
START, PAUSE = 8, 2
"""Bits of `TriggerUsageTypes`."""
DEVICE: Mapping[int, Property] = {
    0x0631: _known(None, lambda card, task, _: card.config.product),
    0x0632: _known(ctypes.c_uint32, lambda card, task, _: card.config.serial),
    # It says of itself that it is none.
    0x22CA: _known(ctypes.c_uint32, lambda card, task, _: 1),
    0x2984: _known(ctypes.c_uint32, lambda card, task, _: int(card.config.analog_trigger)),
    0x2985: _known(ctypes.c_uint32, lambda card, task, _: 1),
    # An output has start and pause triggers, no reference trigger (M Series manual).
    0x2987: _known(ctypes.c_int32, lambda card, task, _: START | PAUSE),
    # 1 MS/s together, 1.25 MS/s one channel, not simultaneously (X Series specifications).
    0x298F: _known(ctypes.c_uint32, lambda card, task, _: 0),
    0x298D: _known(ctypes.c_double, lambda card, task, _: 1e6),
    0x298C: _known(ctypes.c_double, lambda card, task, _: 1.25e6),
    0x2990: _known(ctypes.c_double, lambda card, task, _: [-10.0, 10.0]),
    0x299B: _known(ctypes.c_double, lambda card, task, _: [-10.0, 10.0]),
    0x2996: _known(ctypes.c_uint32, lambda card, task, _: 1),
    0x2997: _known(ctypes.c_double, lambda card, task, _: 1e6),
    0x299E: _known(ctypes.c_uint32, lambda card, task, _: 1),
    0x231E: _known(None, lambda card, task, _: _names(card, physical(card.config, "ai"))),
    0x231F: _known(None, lambda card, task, _: _names(card, physical(card.config, "ao"))),
    0x2320: _known(None, lambda card, task, _: ""),
    0x2322: _known(None, lambda card, task, _: _names(card, physical(card.config, "do"))),
    0x2324: _known(None, lambda card, task, _: _names(card, physical(card.config, "ci"))),
}


BESIDE: Mapping[int, Property] = {
    0x0631: _known(None, lambda card, task, _: "USB-6001"),
    0x231F: _known(None, lambda card, task, device: ", ".join(beside(card.config, device))),
}


def find(table: Mapping[int, Property], number: int) -> Property:
    """Return a property.

    Raises:
        RefusedError: -200452, the stand-in does not know it.
    """
    if number not in table:
        raise RefusedError(CONTEXT, detail=f"Property: {number:#06x}")
    return table[number]


def keep(
    card: Card, handle: int, table: Mapping[int, Property], number: int, value: Scalar, channel: str
) -> None:
    """Set a property.

    Raises:
        RefusedError: -200452, the stand-in does not know it or it cannot be set.
    """
    known = find(table, number)
    if not known.settable:
        raise RefusedError(CONTEXT, detail=f"Property: {number:#06x} cannot be set.")
    if known.terminal:
        value = leaf(card.config, str(value))
    card.task(handle).properties[channel, number] = value
