"""The card: tasks, reservations, triggers, and what its hardware does while time passes.

Theory of operation. Time passes in calls (`Time.call`) and waits. The outputs are brought up to
date in every call, which is arithmetic on queues; the plant behind the wires is asked only when
somebody reads, or when a pause trigger looks at it. Samples are made when they are read: the
buffer is a count.
"""

from __future__ import annotations

import threading
from typing import Protocol

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.rig.lamp import Blink
from sim.daqmx import routes
from sim.daqmx.clock import TICKS, Time, ticks
from sim.daqmx.codes import Action, Error, RefusedError, Value
from sim.daqmx.config import CardConfig
from sim.daqmx.generation import Generation
from sim.daqmx.inputs import NEVER, Sampling
from sim.daqmx.pins import Pins
from sim.daqmx.plant import Plant
from sim.daqmx.task import Task, needs
from sim.daqmx.trigger import comparator
from sim.light import Light
from sim.seeing import Seeing

FORGETS = ticks(1.0)
"""Time after which it is worth to forget what is past."""


class Mishaps(Protocol):
    """What goes wrong with the card."""

    def unplugged(self, now: int) -> bool:
        """Tell whether the card is gone."""

    def silent(self, now: int) -> bool:
        """Tell whether its sample clocks no longer tick."""


class Card:
    """A multifunction card with a plant on its terminals.

    Args:
        config: of the card.
        plant: behind the wires.
        time: that passes.
        mishaps: that happen.
    """

    def __init__(self, config: CardConfig, plant: Plant, time: Time, mishaps: Mishaps) -> None:
        self.config = config
        self.pins = Pins(config, plant)
        self.lock = threading.Lock()
        """Held by whoever is inside the library; let go of while waiting."""
        self.tasks: dict[int, Task] = {}
        self.samplings: dict[int, Sampling] = {}
        self.generations: dict[int, Generation] = {}
        self.now = 0
        self.newest_channel = ""
        """Name of the channel that was created last."""
        self._time, self._mishaps = time, mishaps
        self._reserved: dict[str, int] = {}
        self._bases: dict[int, float] = {}
        """What the update count was when a counter was started."""
        self._over: dict[int, Generation] = {}
        """Generations that were stopped, whose count may still be asked for."""
        self.light: Light | None = None
        """To a camera whose exposures are counted; None without one."""
        self._lit_from = 0
        """Tick of the first sample that counted exposures."""
        self._seeing = Seeing(plant.world)
        self._handles = 0
        self._forgot = 0

    # Time.

    def call(self) -> None:
        """Let a call take its time."""
        self._live(self._time.call())

    def refuse_unplugged(self) -> None:
        """Refuse what cannot be done without the card.

        Raises:
            RefusedError: -201003, the card is gone.
        """
        if self._mishaps.unplugged(self.now):
            raise RefusedError(Error.DEV_CANNOT_BE_ACCESSED)

    def wait(self, until: int) -> None:
        """Let time pass up to a tick; others may call meanwhile.

        Raises:
            RefusedError: -201003, the card is gone.
        """
        self.lock.release()
        try:
            now = self._time.wait(until)
        finally:
            self.lock.acquire()
        self._live(now)
        self.refuse_unplugged()

    def _live(self, now: int) -> None:
        """Bring the outputs up to date."""
        self.now = max(self.now, now)
        if self._mishaps.silent(self.now) or self._mishaps.unplugged(self.now):
            self._fall_silent()
        for handle, generation in self.generations.items():
            task = self.tasks[handle]
            pause = comparator(task)
            # As a rule a call comes between two edges.
            if pause is not None or generation.due(1) <= self.now:
                self.pins.play(task.terminals, generation, self.now, pause)
        self.pins.known = self.now

    def look(self) -> None:
        """Let the plant live up to now, and expect of the outputs what is queued for them."""
        until = self.now + self.pins.ahead
        coming = [
            (self.tasks[handle].terminals, generation.coming(until))
            for handle, generation in self.generations.items()
            if not (self.pins.asserted and comparator(self.tasks[handle]))
        ]
        self.pins.look(self.now, coming)

    def _fall_silent(self) -> None:
        """Let the sample clocks stop ticking; levels stay."""
        engines: list[Sampling | Generation] = [*self.samplings.values()]
        for engine in (*engines, *self.generations.values()):
            engine.ended = min(engine.ended, self.now)

    # Tasks.

    def create(self, name: str) -> int:
        """Make a task; return its handle."""
        self._handles += 1
        self.tasks[self._handles] = Task(name or f"_unnamedTask<{self._handles - 1}>")
        return self._handles

    def task(self, handle: int | None) -> Task:
        """Return a task.

        Raises:
            RefusedError: -200088, there is none.
        """
        task = self.tasks.get(handle or 0)
        if task is None:
            raise RefusedError(Error.INVALID_TASK)
        return task

    def reserve(self, handle: int) -> None:
        """Reserve what a task needs.

        Raises:
            RefusedError: -50103, another task has it; -200022 for the analog comparator;
                -200478, the task has no channels.
        """
        task = self.task(handle)
        if not task.channels:
            raise RefusedError(Error.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK)
        self.refuse_reserved(handle)
        self._reserved |= dict.fromkeys(needs(task), handle)

    def refuse_reserved(self, handle: int) -> None:
        """Refuse if another task has what this one needs; see `reserve`."""
        for name in needs(self.task(handle)):
            if self._reserved.get(name, handle) != handle:
                comparing = name == "analog comparator"
                code = Error.RESOURCE_ALREADY_RESERVED if comparing else Error.PAL_RESOURCE_RESERVED
                raise RefusedError(code, detail=f"Resource: {name}")

    def unreserve(self, handle: int) -> None:
        """Let go of what a task has reserved."""
        self._reserved = {name: who for name, who in self._reserved.items() if who != handle}

    def start(self, handle: int) -> None:
        """Start a task: its clock, unless it waits for a trigger or another's clock.

        Raises:
            RefusedError: reserved by another task, or nothing written to be generated.
        """
        task = self.task(handle)
        if task.state == "running":
            return
        self.reserve(handle)
        if task.kind == "ao" and task.timing is not None:
            generation = self.generation(handle)
            if not generation.written:
                self._give_back(handle, task)
                raise RefusedError(Error.OUTPUT_BUFFER_EMPTY)
            if generation.room < 2:
                self._give_back(handle, task)
                raise RefusedError(Error.OUTPUT_BUF_SIZE_TOO_SMALL_TO_START_GEN)
            generation.fill()
            self.pins.asserted = False
        elif task.timing is not None:
            self.samplings[handle] = self._sampling(task)
        if task.kind == "ci":
            self._bases[handle] = self.pins.updates
        task.before, task.state = task.state, "running"
        routes.arm(self, handle)
        routes.fire(self, task)

    def _give_back(self, handle: int, task: Task) -> None:
        if task.state == "verified":
            self.unreserve(handle)

    def _sampling(self, task: Task) -> Sampling:
        if task.timing is None:
            raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)
        timing = task.timing
        room = int(task.get(0x186C, input_room(timing.samples, timing.rate, timing.continuous)))
        scan = max(0, len(task.channels) - 1) * task.converting if task.kind == "ai" else 0
        return Sampling(timing.period, timing.continuous, timing.samples, room, scan)

    def generation(self, handle: int) -> Generation:
        """Return a task's generation, which exists from the first write on."""
        task = self.task(handle)
        if handle not in self.generations:
            if task.timing is None:
                raise RefusedError(Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT)
            timing = task.timing
            memory = int(task.get(0x230B, self.config.fifo // max(1, len(task.channels))))
            condition = int(Value.ON_BOARD_MEMORY_LESS_THAN_FULL)
            self.generations[handle] = Generation(
                period=timing.period,
                continuous=timing.continuous,
                samples=timing.samples,
                room=int(task.get(0x186D, 0)),
                memory=memory,
                request=int(task.get(0x183C, condition, task.channels[0].name)),
                regenerates=task.regenerates,
            )
        return self.generations[handle]

    def engine(self, handle: int) -> Sampling | Generation | None:
        """Return what clocks a running task, or is about to."""
        return self.samplings.get(handle) or self.generations.get(handle)

    def stop(self, handle: int) -> Error | None:
        """End what a task does, at once; return what had gone wrong with it.

        Belief: a continuous generation ends at once, what was queued is discarded, and the
        converters hold their last value (from memory; on the commissioning list).
        """
        task = self.task(handle)
        if task.state != "running":
            return None
        wrong = self.failure(handle)
        routes.silence_followers(self, task, self.engine(handle))
        self.samplings.pop(handle, None)
        if handle in self.generations:
            self._over[handle] = self.generations.pop(handle)
        task.state = task.before
        if task.state == "verified":
            self.unreserve(handle)
        return wrong

    def control(self, handle: int, action: Action) -> None:
        """Move a task from state to state.

        Raises:
            RefusedError: reserved by another task, or no channels.
        """
        task = self.task(handle)
        match action:
            case Action.START:
                self.start(handle)
            case Action.STOP:
                self.stop(handle)
            case Action.VERIFY:
                pass
            case Action.RESERVE | Action.COMMIT:
                self.reserve(handle)
                task.state = "committed" if task.state == "verified" else task.state
            case Action.UNRESERVE | Action.ABORT:
                self.stop(handle)
                task.state = "verified"
                self.unreserve(handle)

    def check_trigger(self, handle: int) -> None:
        """Check the source of an analog trigger.

        Belief: on a multiplexed card only APFI0, or the only channel of a task that samples;
        an output task has none, so APFI0 it is (M Series manual 11-3). Cards without the
        comparator refuse (-200265).

        Raises:
            RefusedError: -200265.
        """
        pause = comparator(self.task(handle))
        if pause is None or not pause.source:
            return
        if pause.source != "APFI0" or not self.config.analog_trigger:
            raise RefusedError(Error.INVALID_ANALOG_TRIG_SRC, detail=f"Source: {pause.source}")

    def failure(self, handle: int) -> Error | None:
        """Return what has gone wrong with a running task."""
        generation = self.generations.get(handle)
        if generation is not None and generation.starved and generation.continuous:
            return Error.GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES
        return None

    def clear(self, handle: int) -> None:
        """Stop a task and forget it."""
        if handle in self.tasks:
            self.stop(handle)
            self.unreserve(handle)
            del self.tasks[handle]

    def reset(self) -> None:
        """Abort all tasks; every output goes to 0 V (X Series manual; ni.com "initstates")."""
        for handle, task in self.tasks.items():
            self.stop(handle)
            task.state = "verified"
            self.unreserve(handle)
        self.pins.put(dict.fromkeys(self.pins.outputs, 0.0), self.now)

    def count(self, handle: int, at: IntArray) -> FloatArray:
        """Return what a counter of edges shows at ticks, shape (n,).

        Belief: the sample clock of the outputs can be routed to a counter, and a pause trigger
        keeps its edges from the counter too (unverified).
        """
        task = self.task(handle)
        channel = task.channels[0]
        terminal = task.get(0x18C7, "", channel.name)
        if terminal == self.config.exposures and self.light is not None and len(at):
            return channel.initial + self._exposed(self.light, at)
        if terminal != routes.AO_CLOCK:
            return np.full(len(at), float(channel.initial))
        counts: FloatArray = self.pins.count(at) - self._bases[handle] + channel.initial
        return counts

    def _exposed(self, light: Light, at: IntArray) -> FloatArray:
        """Return how many exposures had begun at ticks, and show the camera what is there now."""
        if not light.begun:
            self._lit_from = int(at[0])
            light.blink, light.rate = self._blink()
            light.begin(0.0)
        seconds = (at - self._lit_from) / TICKS
        counts = light.counts(seconds)
        drifted = self._lit_from / TICKS
        light.shine(self._seeing.seen(float(seconds[-1]), drifted))
        return counts

    def _blink(self) -> tuple[Blink | None, float]:
        """Return when a counter switches the lamp, and by how many samples a second.

        Belief: with idle state high, the output is high for the initial delay, then low and high
        in turn, and stays high; each lasts so many ticks of its source (X Series manual).
        """
        clocks = (task.timing for task in self.tasks.values() if task.kind == "ai" and task.timing)
        rate = next((timing.rate for timing in clocks), 0.0)
        for task in self.tasks.values():
            wired = task.kind == "co" and task.state == "running"
            if not wired or not rate or task.channels[0].clock != routes.AI_CLOCK:
                continue
            channel = task.channels[0]
            if task.get(0x18E1, "", channel.name) == self.config.lamp:
                delay, low, high = (ticks / rate for ticks in channel.pulse)
                pulses = task.pulses
                return Blink(first=delay, off=low, every=low + high, pulses=pulses), rate
        return None, rate

    def stopped(self, handle: int) -> Generation:
        """Return a task's generation, the last one if it was stopped and is still committed.

        Raises:
            RefusedError: -200983, there is none.
        """
        if handle in self.generations:
            return self.generations[handle]
        if handle in self._over and self.task(handle).state != "verified":
            return self._over[handle]
        raise RefusedError(Error.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING)

    def forget(self) -> None:
        """Forget what nobody can read any more, now and then."""
        if self.now < self._forgot + FORGETS:
            return
        self._forgot = self.now
        unread = [one.due(1) for one in self.samplings.values()]
        oldest = min((tick for tick in unread if tick != NEVER), default=self.now)
        self.pins.forget(min(oldest, self.now) - FORGETS)


def input_room(samples: int, rate: float, continuous: bool) -> int:
    """Return the size of an input buffer in samples a channel, where it was not set.

    Belief: a finite task's is what it acquires; a continuous one's the larger of what was asked
    for and a size that depends on the rate (NI-DAQmx help, "How is buffer size determined").
    """
    if not continuous:
        return samples
    sizes = ((100.0, 1_000), (10e3, 10_000), (1e6, 100_000))
    return max(samples, next((size for limit, size in sizes if rate <= limit), 1_000_000))
