"""What a task has been told, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sim.daqmx.clock import TICKS
from sim.daqmx.codes import Error, RefusedError, Value

FASTEST, PADDING = 100, 1000
"""Ticks from one conversion to the next at 1 MS/s, and what is left beyond that for settling."""
Kind = Literal["ai", "ao", "ci", "co", "do"]
State = Literal["verified", "committed", "running"]
Scalar = int | float | str


@dataclass(frozen=True, slots=True)
class TaskChannel:
    """A virtual channel of a task."""

    name: str
    terminal: str
    """Without the device's name."""
    low: float = -10.0
    high: float = 10.0
    initial: int = 0
    """Of a counter."""
    pulse: tuple[int, int, int] = (0, 0, 0)
    """Of a counter that puts pulses out: ticks before the first one, low, and high."""
    clock: str = ""
    """Terminal whose ticks these are, without the device's name."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How a task is clocked."""

    source: str
    """Terminal of the clock without the device's name; empty for the engine's own."""
    period: int
    """Ticks from sample to sample. The rate is coerced to a divisor of the 100 MHz timebase
    (X Series manual: 32-bit divider of the sample clock timebase)."""
    continuous: bool
    samples: int
    """To acquire or generate; in continuous mode, what sizes the buffer."""

    @property
    def rate(self) -> float:
        """Samples a second."""
        return TICKS / self.period


@dataclass(slots=True)
class Task:
    """A task as its creator knows it."""

    name: str
    kind: Kind | None = None
    channels: list[TaskChannel] = field(default_factory=list)
    timing: Timing | None = None
    """None for on-demand tasks."""
    pulses: int = 0
    """That a counter puts out."""
    start_source: str = ""
    """Terminal of the start trigger without the device's name; empty for none."""
    properties: dict[tuple[str, int], Scalar] = field(default_factory=dict)
    """What was set, by channel (empty for the task's own) and number of the property."""
    state: State = "verified"
    before: State = "verified"
    """The state that `stop` goes back to."""

    def get(self, number: int, default: Scalar, channel: str = "") -> Scalar:
        """Return a property that may have been set."""
        return self.properties.get((channel, number), default)

    @property
    def regenerates(self) -> bool:
        """Whether old samples are generated again when new ones are missing; the default."""
        return self.get(0x1453, int(Value.ALLOW_REGENERATION)) == Value.ALLOW_REGENERATION

    @property
    def terminals(self) -> list[str]:
        """Terminals of the channels, without the device's name."""
        return [channel.terminal for channel in self.channels]

    @property
    def converting(self) -> int:
        """Ticks from the conversion of one analog input to that of the next.

        Belief: one converter serves all inputs, and NI-DAQmx leaves each 10 us beyond the fastest
        there is, or as much as fits where that does not (NI KB kA03q000000YGwlCAG; from memory).
        """
        if self.timing is None or not self.channels:
            return 0
        return min(self.timing.period // len(self.channels), FASTEST + PADDING)

    def channel(self, name: str) -> TaskChannel:
        """Return a channel by its name."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise RefusedError(Error.PHYSICAL_CHAN_DOES_NOT_EXIST, detail=f"Channel: {name}")


def needs(task: Task) -> list[str]:
    """Return what of the card a task needs for itself.

    Beliefs: there is one timing engine for analog inputs and one for outputs; two tasks cannot
    have one at once (-50103). Whether on-demand outputs may coexist with a hardware-timed task
    on other channels is not known for X Series (it is not so on cDAQ): here they may not. There
    is one analog comparator on a card ("only one AI or AO task at a time can reserve it").
    """
    match task.kind:
        case "ai":
            resources = ["analog input"]
        case "ao" if "/" not in task.terminals[0]:
            resources = ["analog output"]
        case _:
            resources = task.terminals
    if task.get(0x1366, int(Value.NONE)) in (Value.ANALOG_LEVEL, Value.ANALOG_WINDOW):
        resources = [*resources, "analog comparator"]
    return resources
