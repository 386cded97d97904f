"""The C functions: what each does to the card.

A function that is not here does not exist, as with an old driver: `nidaqmx` then raises
`DaqFunctionNotSupportedError`. That is how callbacks (`RegisterEveryNSamplesEvent`) fail, too.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.daqmx import transfer
from sim.daqmx.arrays import read_into, write_from
from sim.daqmx.card import Card
from sim.daqmx.clock import TICKS
from sim.daqmx.codes import Action, Error, RefusedError, Value
from sim.daqmx.convert import LARGEST, picked_range
from sim.daqmx.marshal import fill, give, parameter, text
from sim.daqmx.properties import (
    BESIDE,
    BUFFER,
    CHANNEL,
    DEVICE,
    READ,
    SYSTEM,
    TASK,
    TIMING,
    TRIGGER,
    WRITE,
    Property,
    find,
    keep,
)
from sim.daqmx.routes import AI_CLOCK, AI_START, AO_CLOCK, AO_START
from sim.daqmx.task import Kind, TaskChannel, Timing
from sim.daqmx.terminals import channel_terminal, expanded, leaf

CLOCKS = (AI_CLOCK, AO_CLOCK)
"""Sample clocks that another task may use. Real cards take PFI lines too; nothing is wired to
them here."""
TRIGGERS = (AI_START, AO_START)
"""Start triggers that another task may wait for."""
TOGETHER = 1e6
"""Samples a second of all inputs together (X Series specifications)."""


def _attribute(
    table: Mapping[int, Property], card: Card, handle: int, name: str, rest: tuple[Any, ...]
) -> int | None:
    """Answer a question for a property: number, then where the answer goes."""
    number, *place = rest
    known = find(table, int(parameter(number)))
    return fill(known.kind, known.read(card, handle, name), place)


def _set(
    table: Mapping[int, Property], card: Card, task: Any, number: Any, value: Any, name: str
) -> None:
    card.task(task.value)
    keep(card, task.value, table, int(parameter(number)), parameter(value), name)


def _add(card: Card, task: Any, kind: Kind, names: Any, assigned: Any, **more: Any) -> None:
    """Add physical channels to a task."""
    told = card.task(task.value)
    terminals = expanded(text(names))
    for index, name in enumerate(terminals):
        terminal = channel_terminal(card.config, kind, name)
        given = text(assigned)
        if given and len(terminals) > 1:
            given = f"{given}{index}"
        channel = TaskChannel(given or name, terminal, **more)
        if any(one.name == channel.name for one in told.channels):
            raise RefusedError(Error.CHAN_ALREADY_IN_TASK, detail=f"Channel: {channel.name}")
        told.channels.append(channel)
        card.newest_channel = channel.name
    told.kind = kind


class Functions:
    """The functions by their C names; what they return is a status, None for success.

    Args:
        card: behind them.
    """

    def __init__(self, card: Card) -> None:
        self._card = card
        self.refused: RefusedError | None = None
        """The newest error."""

    # The system.

    def DAQmxSetRuntimeEnvironment(self, *_: Any) -> None:
        """Take note of who calls."""

    def DAQmxGetSystemInfoAttribute(self, *rest: Any) -> int | None:
        """Answer a question about the driver."""
        return _attribute(SYSTEM, self._card, 0, "", rest)

    def DAQmxGetDeviceAttribute(self, device: Any, *rest: Any) -> int | None:
        """Answer a question about the card."""
        known = BESIDE if text(device) in self._card.config.beside else DEVICE
        if known is DEVICE:
            _known_device(self._card, device)
        return _attribute(known, self._card, 0, text(device), rest)

    def DAQmxResetDevice(self, device: Any) -> None:
        """Reset the card."""
        _known_device(self._card, device)
        self._card.reset()

    def DAQmxGetExtendedErrorInfo(self, place: Any, size: int) -> None:
        """Say more about the newest error."""
        place.value = str(self.refused or "").encode()[: size - 1]

    def DAQmxGetErrorString(self, code: int, place: Any, size: int) -> None:
        """Say what a status means."""
        known = {int(error): error for error in Error}
        what = str(RefusedError(known[code])) if code in known else f"Status Code: {code}"
        place.value = what.encode()[: size - 1]

    # Tasks.

    def DAQmxCreateTask(self, name: Any, place: Any) -> None:
        """Make a task."""
        give(place, ctypes.c_void_p, self._card.create(text(name)))

    def DAQmxClearTask(self, task: Any) -> None:
        """Stop and forget a task."""
        self._card.clear(task.value or 0)

    def DAQmxStartTask(self, task: Any) -> None:
        """Start a task."""
        self._card.start(task.value or 0)

    def DAQmxStopTask(self, task: Any) -> None:
        """Stop a task; says what had gone wrong with it."""
        wrong = self._card.stop(task.value or 0)
        if wrong is not None:
            raise RefusedError(wrong)

    def DAQmxTaskControl(self, task: Any, action: int) -> None:
        """Move a task from state to state."""
        self._card.control(task.value or 0, Action(action))

    def DAQmxIsTaskDone(self, task: Any, place: Any) -> None:
        """Tell whether a task has come to its end."""
        give(place, ctypes.c_uint32, int(transfer.done(self._card, task.value or 0)))

    def DAQmxWaitUntilTaskDone(self, task: Any, timeout: float) -> None:
        """Wait until a task has come to its end."""
        transfer.wait_done(self._card, task.value or 0, timeout)

    def DAQmxGetTaskAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task."""
        return _attribute(TASK, self._card, task.value, "", rest)

    # Channels.

    def DAQmxCreateAIVoltageChan(
        self,
        task: Any,
        names: Any,
        assigned: Any,
        wiring: int,
        low: float,
        high: float,
        *_: Any,
    ) -> None:
        """Add analog inputs."""
        if not low < high or picked_range(low, high) is None:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail="No range holds the limits.")
        _add(self._card, task, "ai", names, assigned, low=low, high=high)

    def DAQmxCreateAOVoltageChan(
        self, task: Any, names: Any, assigned: Any, low: float, high: float, *_: Any
    ) -> None:
        """Add analog outputs."""
        if not low < high or max(-low, high) > LARGEST:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail="No range holds the limits.")
        _add(self._card, task, "ao", names, assigned, low=low, high=high)

    def DAQmxCreateCICountEdgesChan(
        self, task: Any, names: Any, assigned: Any, edge: int, initial: int, *_: Any
    ) -> None:
        """Add a counter of edges."""
        _add(self._card, task, "ci", names, assigned, initial=initial)

    def DAQmxCreateCOPulseChanTicks(
        self,
        task: Any,
        names: Any,
        assigned: Any,
        source: Any,
        idle: int,
        delay: int,
        low: int,
        high: int,
    ) -> None:
        """Add a counter that puts pulses out, timed by ticks of a terminal."""
        if min(delay, low, high) < 1 or idle != Value.HIGH:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail=f"Ticks: {delay, low, high}")
        clock = leaf(self._card.config, text(source))
        if clock not in CLOCKS:
            raise RefusedError(Error.ROUTE_NOT_SUPPORTED_BY_HW_ROUTING, detail=f"Source: {clock}")
        pulse = delay, low, high
        _add(self._card, task, "co", names, assigned, pulse=pulse, clock=clock)

    def DAQmxCfgImplicitTiming(self, task: Any, mode: int, pulses: int) -> None:
        """Say how many pulses a counter puts out."""
        if mode != Value.FINITE or pulses < 1:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail=f"Pulses: {pulses}")
        self._card.task(task.value).pulses = pulses

    def DAQmxCreateDOChan(self, task: Any, names: Any, assigned: Any, *_: Any) -> None:
        """Add digital output lines."""
        _add(self._card, task, "do", names, assigned)

    def DAQmxInternalGetLastCreatedChan(self, *place: Any) -> int | None:
        """Name the channel that was created last."""
        return fill(None, self._card.newest_channel, place)

    def DAQmxGetChanAttribute(self, task: Any, channel: Any, *rest: Any) -> int | None:
        """Answer a question about a channel."""
        return _attribute(CHANNEL, self._card, task.value, text(channel), rest)

    def DAQmxSetChanAttribute(self, task: Any, channels: Any, number: Any, value: Any) -> None:
        """Set a property of channels."""
        for channel in expanded(text(channels)):
            _set(CHANNEL, self._card, task, number, value, channel)

    # Timing, triggers, buffers.

    def DAQmxCfgSampClkTiming(
        self, task: Any, source: Any, rate: float, edge: int, mode: int, samples: int
    ) -> None:
        """Clock a task."""
        told = self._card.task(task.value)
        if not told.channels:
            raise RefusedError(Error.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK)
        if told.kind == "ao" and "/" in told.terminals[0]:
            raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)  # on demand only
        if not 0.0 < rate <= TICKS / len(told.channels) or not math.isfinite(rate):
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail=f"Rate: {rate}")
        if told.kind == "ai" and rate * len(told.channels) > TOGETHER * (1.0 + 1e-9):
            raise RefusedError(Error.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO)
        clock = leaf(self._card.config, text(source))
        own = f"{told.kind}/SampleClock"
        if clock not in ("", "OnboardClock", own, *CLOCKS):
            raise RefusedError(Error.ROUTE_NOT_SUPPORTED_BY_HW_ROUTING, detail=f"Source: {clock}")
        told.timing = Timing(
            source="" if clock in ("", "OnboardClock", own) else clock,
            period=max(1, round(TICKS / rate)),
            continuous=mode == Value.CONTINUOUS,
            samples=samples,
        )

    def DAQmxCfgDigEdgeStartTrig(self, task: Any, source: Any, edge: int) -> None:
        """Let another task's start, or a terminal, start a task."""
        trigger = leaf(self._card.config, text(source))
        if trigger not in TRIGGERS:
            detail = f"Source: {trigger}"
            raise RefusedError(Error.ROUTE_NOT_SUPPORTED_BY_HW_ROUTING, detail=detail)
        self._card.task(task.value).start_source = trigger

    def DAQmxDisableStartTrig(self, task: Any) -> None:
        """Start a task with its own start again."""
        self._card.task(task.value).start_source = ""

    def DAQmxGetTimingAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's clock."""
        return _attribute(TIMING, self._card, task.value, "", rest)

    def DAQmxGetTrigAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's triggers."""
        return _attribute(TRIGGER, self._card, task.value, "", rest)

    def DAQmxSetTrigAttribute(self, task: Any, number: Any, value: Any) -> None:
        """Set a property of a task's triggers."""
        _set(TRIGGER, self._card, task, number, value, "")
        self._card.check_trigger(task.value)

    def DAQmxGetBufferAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's buffer."""
        return _attribute(BUFFER, self._card, task.value, "", rest)

    def DAQmxSetBufferAttribute(self, task: Any, number: Any, value: Any) -> None:
        """Set a property of a task's buffer."""
        _set(BUFFER, self._card, task, number, value, "")

    # Samples.

    def DAQmxGetReadAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about reading."""
        return _attribute(READ, self._card, task.value, "", rest)

    def DAQmxSetReadAttribute(self, task: Any, number: Any, value: Any) -> None:
        """Set a property of reading."""
        _set(READ, self._card, task, number, value, "")

    def DAQmxGetWriteAttribute(self, task: Any, *rest: Any) -> int | None:
        """Answer a question about writing."""
        return _attribute(WRITE, self._card, task.value, "", rest)

    def DAQmxSetWriteAttribute(self, task: Any, number: Any, value: Any) -> None:
        """Set a property of writing."""
        _set(WRITE, self._card, task, number, value, "")

    def DAQmxReadAnalogF64(
        self,
        task: Any,
        count: int,
        timeout: float,
        layout: int,
        samples: Any,
        size: int,
        place: Any,
        _: Any,
    ) -> int | None:
        """Read voltages."""
        return read_into(self._card, task, count, timeout, samples, place, layout)

    def DAQmxReadBinaryI16(
        self,
        task: Any,
        count: int,
        timeout: float,
        layout: int,
        samples: Any,
        size: int,
        place: Any,
        _: Any,
    ) -> int | None:
        """Read the numbers of the converters."""
        return read_into(self._card, task, count, timeout, samples, place, layout, unscaled=True)

    def DAQmxReadAnalogScalarF64(self, task: Any, timeout: float, place: Any, _: Any) -> None:
        """Read one voltage."""
        values, late = transfer.read(self._card, task.value or 0, 1, timeout)
        if late is not None:
            raise RefusedError(late)
        give(place, ctypes.c_double, float(values[0, 0]))

    def DAQmxReadCounterU32Ex(
        self,
        task: Any,
        count: int,
        timeout: float,
        layout: int,
        samples: Any,
        size: int,
        place: Any,
        _: Any,
    ) -> int | None:
        """Read counts."""
        return read_into(self._card, task, count, timeout, samples, place, layout)

    DAQmxReadCounterU32 = DAQmxReadCounterU32Ex

    def DAQmxReadCounterScalarU32(self, task: Any, timeout: float, place: Any, _: Any) -> None:
        """Read one count."""
        values, late = transfer.read(self._card, task.value or 0, 1, timeout)
        if late is not None:
            raise RefusedError(late)
        give(place, ctypes.c_uint32, int(values[0, 0]))

    def DAQmxWriteAnalogF64(
        self,
        task: Any,
        count: int,
        start: Any,
        timeout: float,
        layout: int,
        samples: Any,
        place: Any,
        _: Any,
    ) -> int | None:
        """Write voltages."""
        channels = len(self._card.task(task.value).channels)
        if layout == Value.GROUP_BY_CHANNEL:
            volts = np.ascontiguousarray(samples.reshape(channels, count).T)
        else:
            volts = samples.reshape(count, channels)
        return write_from(self._card, task, volts, start, timeout, place)

    def DAQmxWriteAnalogScalarF64(
        self, task: Any, start: Any, timeout: float, value: float, _: Any
    ) -> int | None:
        """Write one voltage."""
        return write_from(self._card, task, np.array([[value]]), start, timeout, None)

    def DAQmxWriteDigitalLines(
        self,
        task: Any,
        count: int,
        start: Any,
        timeout: float,
        layout: int,
        samples: Any,
        place: Any,
        _: Any,
    ) -> None:
        """Set digital lines; on demand, the last of several samples stays."""
        told = self._card.task(task.value)
        self._card.refuse_reserved(task.value or 0)
        levels = samples.reshape(len(told.channels), count)[:, -1]
        named = zip(told.terminals, levels.astype(float).tolist(), strict=True)
        self._card.pins.put(dict(named), self._card.now)
        give(place, ctypes.c_int32, count)


def _known_device(card: Card, name: Any) -> None:
    if text(name).lower() != card.config.device.lower():
        raise RefusedError(Error.INVALID_DEVICE_ID, detail=f"Device: {text(name)}")
