"""The table of C functions: each checks its arguments as ctypes would, and returns a status.

A function that is not here does not exist, as with an old driver: `nidaqmx` then raises
`DaqFunctionNotSupportedError`. That is how callbacks (`RegisterEveryNSamplesEvent`) fail, too.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.daqmx import transfer
from sim.daqmx.card import Card
from sim.daqmx.clock import TICKS
from sim.daqmx.codes import Action, Error, RefusedError, Value
from sim.daqmx.convert import LARGEST, picked_range
from sim.daqmx.marshal import fill, give, parameter, text
from sim.daqmx.properties import (
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
from sim.daqmx.task import Kind, TaskChannel, Timing
from sim.daqmx.terminals import channel_terminal, expanded, leaf

FREE = ("DAQmxGetExtendedErrorInfo", "DAQmxGetErrorString", "DAQmxSetRuntimeEnvironment")
"""Functions that look at no hardware."""
TOGETHER = 1e6
"""Samples a second of all inputs together (X Series specifications)."""


class CFunction:
    """Looks like a function of ctypes: `argtypes`, a call, a status.

    Args:
        name: in C.
        body: does it.
        library: that it belongs to.
    """

    def __init__(self, name: str, body: Callable[..., int | None], library: Library) -> None:
        self.argtypes: list[Any] | None = None
        self._name, self._body, self._library = name, body, library

    def __call__(self, *arguments: Any) -> int:
        """Check the arguments, do it, return the status."""
        for argument, kind in zip(arguments, self.argtypes or (), strict=False):
            kind.from_param(argument)
        return self._library.run(self._name, self._body, arguments)


class Library:
    """All functions, as attributes.

    Args:
        card: behind them.
    """

    def __init__(self, card: Card) -> None:
        self.card = card
        self.calls: Counter[str] = Counter()
        """How often each function was called; for tests."""
        self._last: RefusedError | None = None
        for name in dir(Functions):
            if name.startswith("DAQmx"):
                setattr(self, name, CFunction(name, getattr(Functions, name), self))

    @property
    def last_error(self) -> str:
        """Text of the newest error."""
        return str(self._last) if self._last else ""

    def run(self, name: str, body: Callable[..., int | None], arguments: tuple[Any, ...]) -> int:
        """Carry out one call; return its status."""
        self.calls[name] += 1
        with self.card.lock:
            try:
                if name not in FREE:
                    self.card.call()
                return body(self, *arguments) or 0
            except RefusedError as refused:
                self._last = refused
                return int(refused.code)


def _attribute(
    table: Mapping[int, Property], library: Library, handle: int, name: str, rest: tuple[Any, ...]
) -> int | None:
    """Answer a question for a property: number, then where the answer goes."""
    number, *place = rest
    known = find(table, int(parameter(number)))
    return fill(known.kind, known.read(library.card, handle, name), place)


def _set(
    table: Mapping[int, Property], library: Library, task: Any, number: Any, value: Any, name: str
) -> None:
    library.card.task(task.value)
    keep(library.card, task.value, table, int(parameter(number)), parameter(value), name)


def _add(library: Library, task: Any, kind: Kind, names: Any, assigned: Any, **more: Any) -> None:
    """Add physical channels to a task."""
    card, told = library.card, library.card.task(task.value)
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
    """The bodies; each is called with the library in front."""

    # The system.

    def DAQmxSetRuntimeEnvironment(self: Library, *_: Any) -> None:
        """Take note of who calls."""

    def DAQmxGetSystemInfoAttribute(self: Library, *rest: Any) -> int | None:
        """Answer a question about the driver."""
        return _attribute(SYSTEM, self, 0, "", rest)

    def DAQmxGetDeviceAttribute(self: Library, device: Any, *rest: Any) -> int | None:
        """Answer a question about the card."""
        _known_device(self.card, device)
        return _attribute(DEVICE, self, 0, text(device), rest)

    def DAQmxResetDevice(self: Library, device: Any) -> None:
        """Reset the card."""
        _known_device(self.card, device)
        self.card.reset()

    def DAQmxGetExtendedErrorInfo(self: Library, place: Any, size: int) -> None:
        """Say more about the newest error."""
        place.value = self.last_error.encode()[: size - 1]

    def DAQmxGetErrorString(self: Library, code: int, place: Any, size: int) -> None:
        """Say what a status means."""
        known = {int(error): error for error in Error}
        what = str(RefusedError(known[code])) if code in known else f"Status Code: {code}"
        place.value = what.encode()[: size - 1]

    # Tasks.

    def DAQmxCreateTask(self: Library, name: Any, place: Any) -> None:
        """Make a task."""
        give(place, ctypes.c_void_p, self.card.create(text(name)))

    def DAQmxClearTask(self: Library, task: Any) -> None:
        """Stop and forget a task."""
        self.card.clear(task.value or 0)

    def DAQmxStartTask(self: Library, task: Any) -> None:
        """Start a task."""
        self.card.start(task.value or 0)

    def DAQmxStopTask(self: Library, task: Any) -> None:
        """Stop a task; says what had gone wrong with it."""
        wrong = self.card.stop(task.value or 0)
        if wrong is not None:
            raise RefusedError(wrong)

    def DAQmxTaskControl(self: Library, task: Any, action: int) -> None:
        """Move a task from state to state."""
        self.card.control(task.value or 0, Action(action))

    def DAQmxIsTaskDone(self: Library, task: Any, place: Any) -> None:
        """Tell whether a task has come to its end."""
        give(place, ctypes.c_uint32, int(transfer.done(self.card, task.value or 0)))

    def DAQmxWaitUntilTaskDone(self: Library, task: Any, timeout: float) -> None:
        """Wait until a task has come to its end."""
        transfer.wait_done(self.card, task.value or 0, timeout)

    def DAQmxGetTaskAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task."""
        return _attribute(TASK, self, task.value, "", rest)

    # Channels.

    def DAQmxCreateAIVoltageChan(
        self: Library,
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
        _add(self, task, "ai", names, assigned, low=low, high=high)

    def DAQmxCreateAOVoltageChan(
        self: Library, task: Any, names: Any, assigned: Any, low: float, high: float, *_: Any
    ) -> None:
        """Add analog outputs."""
        if not low < high or max(-low, high) > LARGEST:
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail="No range holds the limits.")
        _add(self, task, "ao", names, assigned, low=low, high=high)

    def DAQmxCreateCICountEdgesChan(
        self: Library, task: Any, names: Any, assigned: Any, edge: int, initial: int, *_: Any
    ) -> None:
        """Add a counter of edges."""
        _add(self, task, "ci", names, assigned, initial=initial)

    def DAQmxCreateDOChan(self: Library, task: Any, names: Any, assigned: Any, *_: Any) -> None:
        """Add digital output lines."""
        _add(self, task, "do", names, assigned)

    def DAQmxInternalGetLastCreatedChan(self: Library, *place: Any) -> int | None:
        """Name the channel that was created last."""
        return fill(None, self.card.newest_channel, place)

    def DAQmxGetChanAttribute(self: Library, task: Any, channel: Any, *rest: Any) -> int | None:
        """Answer a question about a channel."""
        return _attribute(CHANNEL, self, task.value, text(channel), rest)

    def DAQmxSetChanAttribute(
        self: Library, task: Any, channels: Any, number: Any, value: Any
    ) -> None:
        """Set a property of channels."""
        for channel in expanded(text(channels)):
            _set(CHANNEL, self, task, number, value, channel)

    # Timing, triggers, buffers.

    def DAQmxCfgSampClkTiming(
        self: Library, task: Any, source: Any, rate: float, edge: int, mode: int, samples: int
    ) -> None:
        """Clock a task."""
        told = self.card.task(task.value)
        if not told.channels:
            raise RefusedError(Error.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK)
        if not 0.0 < rate <= TICKS / len(told.channels) or not math.isfinite(rate):
            raise RefusedError(Error.INVALID_ATTRIBUTE_VALUE, detail=f"Rate: {rate}")
        if told.kind == "ai" and rate * len(told.channels) > TOGETHER * (1.0 + 1e-9):
            raise RefusedError(Error.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO)
        clock = leaf(self.card.config, text(source))
        own = f"{told.kind}/SampleClock"
        told.timing = Timing(
            source="" if clock in ("", "OnboardClock", own) else clock,
            period=max(1, round(TICKS / rate)),
            continuous=mode == Value.CONTINUOUS,
            samples=samples,
        )

    def DAQmxCfgDigEdgeStartTrig(self: Library, task: Any, source: Any, edge: int) -> None:
        """Let another task's start, or a terminal, start a task."""
        self.card.task(task.value).start_source = leaf(self.card.config, text(source))

    def DAQmxDisableStartTrig(self: Library, task: Any) -> None:
        """Start a task with its own start again."""
        self.card.task(task.value).start_source = ""

    def DAQmxGetTimingAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's clock."""
        return _attribute(TIMING, self, task.value, "", rest)

    def DAQmxGetTrigAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's triggers."""
        return _attribute(TRIGGER, self, task.value, "", rest)

    def DAQmxSetTrigAttribute(self: Library, task: Any, number: Any, value: Any) -> None:
        """Set a property of a task's triggers."""
        _set(TRIGGER, self, task, number, value, "")
        self.card.check_trigger(task.value)

    def DAQmxGetBufferAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about a task's buffer."""
        return _attribute(BUFFER, self, task.value, "", rest)

    def DAQmxSetBufferAttribute(self: Library, task: Any, number: Any, value: Any) -> None:
        """Set a property of a task's buffer."""
        _set(BUFFER, self, task, number, value, "")

    # Samples.

    def DAQmxGetReadAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about reading."""
        return _attribute(READ, self, task.value, "", rest)

    def DAQmxSetReadAttribute(self: Library, task: Any, number: Any, value: Any) -> None:
        """Set a property of reading."""
        _set(READ, self, task, number, value, "")

    def DAQmxGetWriteAttribute(self: Library, task: Any, *rest: Any) -> int | None:
        """Answer a question about writing."""
        return _attribute(WRITE, self, task.value, "", rest)

    def DAQmxSetWriteAttribute(self: Library, task: Any, number: Any, value: Any) -> None:
        """Set a property of writing."""
        _set(WRITE, self, task, number, value, "")

    def DAQmxReadAnalogF64(
        self: Library,
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
        return _read(self, task, count, timeout, samples, place, layout)

    def DAQmxReadAnalogScalarF64(
        self: Library, task: Any, timeout: float, place: Any, _: Any
    ) -> None:
        """Read one voltage."""
        values, late = transfer.read(self.card, task.value or 0, 1, timeout)
        if late is not None:
            raise RefusedError(late)
        give(place, ctypes.c_double, float(values[0, 0]))

    def DAQmxReadCounterU32Ex(
        self: Library,
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
        return _read(self, task, count, timeout, samples, place, layout)

    DAQmxReadCounterU32 = DAQmxReadCounterU32Ex

    def DAQmxReadCounterScalarU32(
        self: Library, task: Any, timeout: float, place: Any, _: Any
    ) -> None:
        """Read one count."""
        values, late = transfer.read(self.card, task.value or 0, 1, timeout)
        if late is not None:
            raise RefusedError(late)
        give(place, ctypes.c_uint32, int(values[0, 0]))

    def DAQmxWriteAnalogF64(
        self: Library,
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
        channels = len(self.card.task(task.value).channels)
        if layout == Value.GROUP_BY_CHANNEL:
            volts = np.ascontiguousarray(samples.reshape(channels, count).T)
        else:
            volts = samples.reshape(count, channels)
        return _write(self, task, volts, start, timeout, place)

    def DAQmxWriteAnalogScalarF64(
        self: Library, task: Any, start: Any, timeout: float, value: float, _: Any
    ) -> int | None:
        """Write one voltage."""
        return _write(self, task, np.array([[value]]), start, timeout, None)

    def DAQmxWriteDigitalLines(
        self: Library,
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
        told = self.card.task(task.value)
        self.card.refuse_reserved(task.value or 0)
        levels = samples.reshape(len(told.channels), count)[:, -1]
        self.card.put(dict(zip(told.terminals, levels.astype(float).tolist(), strict=True)))
        give(place, ctypes.c_int32, count)


def _known_device(card: Card, name: Any) -> None:
    if text(name).lower() != card.config.device.lower():
        raise RefusedError(Error.INVALID_DEVICE_ID, detail=f"Device: {text(name)}")


def _read(
    library: Library, task: Any, count: int, timeout: float, samples: Any, place: Any, layout: int
) -> int | None:
    """Read into an array, channel by channel or sample by sample."""
    values, late = transfer.read(library.card, task.value or 0, count, timeout)
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


def _write(
    library: Library, task: Any, volts: Any, start: Any, timeout: float, place: Any
) -> int | None:
    """Write samples, shape (n, channels); say how many."""
    try:
        count, late = transfer.write(
            library.card, task.value or 0, volts, bool(parameter(start)), timeout
        )
    except RefusedError as refused:
        give(place, ctypes.c_int32, refused.done)
        raise
    give(place, ctypes.c_int32, count)
    if late is not None:
        raise RefusedError(late)
    return None
