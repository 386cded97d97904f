"""A world small enough to see through: an ideal stage over a flat surface, no noise.

For tests of the hop, the engine and the runner, where physics would only be in the way. The
signal wobbles by a hair, as a living one does. The world keeps its own truth (where and when
the meniscus touched and the tip halted) and its own list of what must never happen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from listed_steps import Listed

from seccm.arrays import FloatArray
from seccm.conductor.scan import Runner
from seccm.errors import LimitError, RigError
from seccm.events import Event, RunStopped, SiteAnalysed
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine
from seccm.plan.contacts import potential_drop
from seccm.plan.site import ApproachSpec, Detaching, Hold, Lift, NoContact, Segment, Site
from seccm.plan.ways import WaySpec, usual
from seccm.rig import (
    Action,
    Axis,
    AxisRange,
    Block,
    Clock,
    Constant,
    ContactRecord,
    ContactRule,
    Drive,
    Flag,
    Freeze,
    Limit,
    Move,
    Range,
    Readback,
    RigInfo,
    SafeReport,
    StopAbility,
    Wake,
)
from seccm.rig.detector import ContactDetector

CLOCK = Clock()
INFO = RigInfo(
    name="little world",
    virtual=True,
    axes={axis: AxisRange(Range(0.0, 100e-6), 100e-6) for axis in ("x", "y", "z")},
    modes=frozenset({"potential", "current", "open"}),
    potential=Range(-10.0, 10.0),
    current=Range(-1e-6, 1e-6),
    overload=10.0,
    stop=StopAbility("virtual", CLOCK.period, 2 * CLOCK.period),
)
OFF = Drive("open", Constant(0.0))
PLATING = -3.0
"""Volts between the electrodes while a current flows."""
LEAK = 1e-10
"""Amperes through the droplet at any potential."""


def a_block(
    start: int = 0,
    *,
    potential: Sequence[float] | FloatArray | None = None,
    current: Sequence[float] | FloatArray | None = None,
    flags: Sequence[int] | None = None,
    z: float = 0.0,
) -> Block:
    """Rows made by hand; what is not given is zero."""
    rows = len(next(c for c in (potential, current, flags) if c is not None))
    zeros = np.zeros(rows)
    return Block(
        start=start,
        data={
            "potential": zeros if potential is None else np.asarray(potential, float),
            "current": zeros if current is None else np.asarray(current, float),
            "x": zeros,
            "y": zeros,
            "z": np.full(rows, z),
        },
        flags=np.zeros(rows, np.uint8) if flags is None else np.asarray(flags, np.uint8),
    )


def cut(block: Block, cuts: Iterable[int]) -> list[Block]:
    """The same rows in other blocks; a cut falls before the row of that number."""
    inside = sorted({c for c in cuts if block.start < c < block.stop})
    edges = [block.start, *inside, block.stop]
    return [block.part(a, b) for a, b in pairwise(edges)]


def a_segment(index: int = 0, seconds: float = 0.2, *limits: Limit) -> Segment:
    """A constant current of -1 nA."""
    return Segment(
        index, "constant current", "-1 nA", "current", Constant(-1e-9, seconds), tuple(limits)
    )


def a_site(
    number: int = 0,
    segments: tuple[Segment, ...] | None = None,
    *,
    rule: ContactRule | None = None,
    hold: Hold | None = None,
    travel: float = 20e-6,
    then: str = "skip",
    retries: int = 0,
    confirm: int = 5,
    speed: float = 2e-6,
    way: WaySpec | None = None,
    detaching: Detaching | None = None,
) -> Site:
    """A site of a galvanostatic screen, 11 um from the last one."""
    return Site(
        number=number,
        x=11e-6 * (number + 1),
        y=11e-6,
        ix=number,
        iy=0,
        condition=0,
        repeat=number,
        approach=ApproachSpec(
            speed=speed,
            travel=travel,
            rule=rule or potential_drop(5.0),
            hold=hold or Hold("current", -1e-9),
            settle=0.05,
            confirm=confirm,
            false_contacts=2,
            overtravel=50e-9,
            surface_margin=0.5e-6,
            continues=hold is None,
        ),
        program=Listed(segments if segments is not None else (a_segment(),)),
        retract=Lift(8e-6, 2e-6, detaching),
        travel_speed=20e-6,
        travel_settle=0.025,
        no_contact=NoContact(then, retries, 2e-6),
        way=way or usual(),
    )


@dataclass
class LittleWorld:
    """A rig whose every property is an attribute that a test may set."""

    surface: float = 50e-6
    start_z: float = 54e-6
    longest: int = 400
    lengths: Iterator[int] | None = None
    """How long the blocks are, one after the other; `longest` when there is no more."""
    honours_wake: bool = True
    ends_at_stop: bool = True
    """Whether a block ends where the tip is stopped."""
    stops_itself: bool = True
    """Whether `Move.until` is heeded; else only a `Freeze` stops the tip."""
    stop_rows: int = 0
    """Rows that the tip goes on after its rig has seen contact."""
    records: bool = False
    """Whether the raw samples of a stop are delivered."""
    breaks_at: float = 5e-6
    """Height above the surface at which the meniscus lets go."""
    holds_for: int | None = None
    """Rows after which the meniscus lets go by itself."""
    blips: list[tuple[float, int]] = field(default_factory=list)
    """Heights of the tip at which a false contact begins, and the rows it lasts."""
    trouble: Callable[[LittleWorld, Block], Block] = lambda world, block: block
    """What happens to a block on its way out; may raise RigError."""
    refuses: Callable[[LittleWorld, Action], None] = lambda world, action: None
    """What happens to an action on its way in; may raise RigError."""
    info: RigInfo = INFO
    row: int = 0
    position: dict[Axis, float] = field(default_factory=dict)
    moves: dict[Axis, Move] = field(default_factory=dict)
    drive: Drive = OFF
    since: int = 0
    wet: bool = False
    spent: bool = False
    """Whether the meniscus let go and the tip has not risen since."""
    frozen: bool = False
    wake: int | None = None
    story: list[Any] = field(default_factory=list)
    """Actions, in the order they came; a recorder may add what it was told."""
    touched: list[int] = field(default_factory=list)
    """Rows in which the meniscus touched."""
    landings: list[tuple[float, float]] = field(default_factory=list)
    """Where the meniscus touched."""
    halted: list[int] = field(default_factory=list)
    """Rows after which a motion was stopped at contact."""
    sins: list[str] = field(default_factory=list)
    """What must never happen and did."""
    deepest: float = 1.0
    """Lowest height of the tip above the surface."""
    made_safe: list[bool] = field(default_factory=list)
    """For every call of `safe` whether a retraction was asked for."""
    started: int = 0
    closed: int = 0
    unplugged: bool = False
    _detector: ContactDetector | None = None
    _stop_row: int | None = None
    _blip: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.position = {"x": 0.0, "y": 0.0, "z": self.start_z}

    def open(self) -> Readback:
        return Readback(dict(self.position))

    def start(self, *, raw: bool = False) -> None:
        self.row = 0
        self.started += 1

    def apply(self, action: Action) -> None:
        self.refuses(self, action)
        self.story.append(action)
        match action:
            case Move(axis, to, _, until, baseline):
                if not self.info.axes[axis].travel.holds(to):
                    raise LimitError("range", axis, f"{to} m is out of range. Nothing moved.")
                self.moves[axis] = action
                self.frozen = False
                watches = until is not None and self.stops_itself
                self._detector = ContactDetector(until, baseline) if watches and until else None
            case Drive():
                self.drive = action
                self.since = self.row if action.since is None else action.since
            case Freeze():
                self._halt(itself=False)
            case Wake(row):
                self.wake = row
            case _:
                pass

    def _halt(self, *, itself: bool) -> None:
        if self.moves.pop("z", None) is not None:
            self.halted.append(self.row)
            self.frozen = itself
        self.moves.clear()
        self._detector = None
        self._stop_row = None

    def read(self) -> Block:
        rows = self.longest if self.lengths is None else next(self.lengths, self.longest)
        if self.honours_wake and self.wake is not None and self.wake > self.row:
            rows = min(rows, self.wake - self.row)
        first, parts, record = self.row, [], None
        while self.row < first + rows:
            parts.append(self._part(first + rows - self.row))
            if self._stop_row is not None and self.row > self._stop_row:
                self._halt(itself=True)
                record = self._contact_record() if self.records else None
                if self.ends_at_stop:
                    break
        columns = {name: np.concatenate([p.data[name] for p in parts]) for name in parts[0].data}
        flags = np.concatenate([p.flags for p in parts])
        return self.trouble(self, Block(first, columns, flags, CLOCK, record))

    def _contact_record(self) -> ContactRecord:
        crossing = self.touched[-1] * CLOCK.spacing if self.touched else None
        samples = np.zeros(2 * CLOCK.spacing)
        return ContactRecord(
            (self.row - 1) * CLOCK.spacing, samples, samples, crossing, self.row * CLOCK.spacing
        )

    def _path(self, axis: Axis, rows: int) -> tuple[FloatArray, Any]:
        """Positions at the end of each of the next rows, and whether there is more to come."""
        here, move = self.position[axis], self.moves.get(axis)
        if move is None:
            return np.full(rows, here), np.zeros(rows, bool)
        gone = np.arange(1, rows + 1) * move.speed * CLOCK.period
        under_way = gone < abs(move.to - here)
        return np.where(under_way, here + np.sign(move.to - here) * gone, move.to), under_way

    def _part(self, rows: int) -> Block:
        """The next rows, up to the one in which the tip is stopped."""
        part, under_way, wet = self._look(rows)
        if self._detector is not None and self._stop_row is None:
            hit = self._detector.feed(part)
            if hit is not None:
                rule = self.moves["z"].until
                assert rule is not None
                self._stop_row = max(self.row, hit + rule.consecutive - 1) + self.stop_rows
        if self._stop_row is not None:
            part = part.part(self.row, max(self._stop_row, self.row) + 1)
        self._become(part, under_way, wet)
        return part

    def _look(self, rows: int) -> tuple[Block, dict[Axis, Any], Any]:
        """The next rows if nothing is stopped; changes nothing but the blip under way."""
        paths = {axis: self._path(axis, rows) for axis in ("x", "y", "z")}
        z = paths["z"][0]
        number = self.row + np.arange(rows)
        height = z - self.surface
        # z goes one way within a block, so that the meniscus changes once at most.
        if self.wet:
            gone = height > self.breaks_at
            if self.holds_for is not None:
                gone |= number >= self.touched[-1] + self.holds_for
            wet = ~np.maximum.accumulate(gone)
        else:
            low = height <= 0
            # What has let go leaves too little liquid to touch again before the tip has risen.
            wet = np.maximum.accumulate(low & (np.maximum.accumulate(~low) | (not self.spent)))
            if self.holds_for is not None and wet.any():
                wet &= np.arange(rows) < wet.argmax() + self.holds_for
        if self.blips and "z" in self.moves and (z <= self.blips[0][0]).any():
            at = int((z <= self.blips[0][0]).argmax())
            self._blip = (self.row + at, self.row + at + self.blips.pop(0)[1])
        closed = wet | ((number >= self._blip[0]) & (number < self._blip[1]))
        potential, current, flags = self._cell(closed, number)
        moving = np.any([way for _, way in paths.values()], axis=0)
        flags |= np.where(moving, int(Flag.MOVING), 0) | (int(Flag.FROZEN) if self.frozen else 0)
        wobble = 1e-3 * ((number * 7) % 5 - 2)
        data = {"potential": potential + wobble, "current": current + wobble * 1e-12}
        data |= {axis: path for axis, (path, _) in paths.items()}
        block = Block(self.row, data, flags.astype(np.uint8), CLOCK)  # type: ignore[arg-type]
        return block, {axis: way for axis, (_, way) in paths.items()}, wet

    def _cell(self, closed: Any, number: Any) -> tuple[FloatArray, FloatArray, Any]:
        value = self.drive.waveform.at((number - self.since + 1) * CLOCK.period)
        zero = np.zeros(len(number))
        if self.drive.mode == "current":
            over = np.where(closed, 0, int(Flag.OVERLOAD))
            return np.where(closed, PLATING, 10.0), np.where(closed, value, 0.0), over
        if self.drive.mode == "potential":
            return value, np.where(closed, LEAK, 0.0), zero.astype(int)
        return zero, zero, zero.astype(int)

    def _become(self, part: Block, under_way: dict[Axis, Any], wet: Any) -> None:
        """Take over where these rows lead to; note what must not be."""
        rows = part.rows
        wet = wet[:rows]
        sideways = np.diff(part.data["x"], prepend=self.position["x"]) != 0
        sideways |= np.diff(part.data["y"], prepend=self.position["y"]) != 0
        clear = min(self.start_z - self.surface, 8e-6) - 50e-9
        low = (part.data["z"] < self.surface + clear) | wet | under_way["z"][:rows]
        if (sideways & low).any():
            self.sins.append(f"travelled low in row {part.start + int((sideways & low).argmax())}")
        if sideways.any() and self.drive.mode != "open":
            self.sins.append(f"travelled with the cell on in row {part.start}")
        self.deepest = min(self.deepest, float(part.data["z"].min()) - self.surface)
        if not self.wet and wet.any():
            at = int(wet.argmax())
            self.touched.append(part.start + at)
            place = (float(part.data["x"][at]), float(part.data["y"][at]))
            if place in self.landings:
                self.sins.append(f"landed again at {place} in row {part.start + at}")
            self.landings.append(place)
        gone = (self.wet or wet.any()) and not wet[-1]
        self.spent = bool((self.spent or gone) and part.data["z"][-1] <= self.surface)
        self.wet = bool(wet[-1])
        for axis in ("x", "y", "z"):
            self.position[axis] = float(part.data[axis][-1])  # type: ignore[index]
            if not under_way[axis][rows - 1]:  # type: ignore[index]
                self.moves.pop(axis, None)  # type: ignore[call-overload]
        self.row = part.stop

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        self.made_safe.append(retract)
        self.moves.clear()
        self.drive = OFF
        if retract and not self.unplugged:
            top = self.info.axes["z"].travel.upper
            self.position["z"] = min(self.position["z"] + by, top)
            self.wet &= self.position["z"] - self.surface <= self.breaks_at
        z = self.position["z"]
        return SafeReport(True, True, retract and not self.unplugged, f"Safe: {why}.", z)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Memory:
    """A recorder that remembers."""

    story: list[Any] = field(default_factory=list)
    """Events, and the word "barrier"; give it the world's to see them between its actions."""
    blocks: list[Block] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    """The status of the run for every call of `close`."""
    fails_after: int | None = None
    """Blocks after which there is no more room."""
    barrier_fails: bool = False
    close_fails: bool = False
    finds: list[SiteAnalysed] = field(default_factory=list)

    def record(self, block: Block | None, events: Sequence[Event]) -> None:
        if self.fails_after is not None and len(self.blocks) >= self.fails_after:
            raise RigError("store-overflow", "store", "the writer fell behind.")
        if block is not None:
            self.blocks.append(block)
        self.events.extend(events)
        self.story.extend(events)

    def barrier(self) -> None:
        if self.barrier_fails:
            raise RigError("disk-full", "store", "no room on the disk.")
        self.story.append("barrier")

    def analysed(self) -> tuple[SiteAnalysed, ...]:
        finds, self.finds = tuple(self.finds), []
        return finds

    def close(self, status: str) -> None:
        self.closed.append(status)
        if self.close_fails:
            raise RigError("disk-full", "store", "no room on the disk.")


@dataclass
class Watch:
    """Time that passes only where somebody rests: nobody need wait for the rows of a pause."""

    now: float = 0.0
    """Seconds."""

    def rest(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Scan:
    """A run in a little world, and everything there is to know of it."""

    world: LittleWorld
    engine: Engine
    memory: Memory
    runner: Runner
    watch: Watch = field(default_factory=Watch)
    heard: list[Event] = field(default_factory=list)
    error: BaseException | None = None

    def go(self, on: Callable[[Event], None] = lambda event: None) -> Scan:
        """Run to the end, keep what it raises, and check what must hold for every run."""
        try:
            for event in self.runner.run():
                self.heard.append(event)
                on(event)
        except BaseException as error:
            self.error = error
        assert self.world.sins == []
        assert self.world.closed == 1
        assert self.world.drive == OFF
        assert not self.world.moves
        assert len(self.memory.closed) == 1
        return self

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of a kind, as they were heard."""
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def end(self) -> RunStopped:
        """The last event, which is the only one of its kind."""
        (end,) = self.of(RunStopped)
        assert self.heard[-1] is end
        return end  # type: ignore[no-any-return]

    def column(self, channel: Any) -> FloatArray:
        """All recorded rows of a channel, by row number."""
        return np.concatenate([block.data[channel] for block in self.memory.blocks])


def a_scan(
    sites: Iterable[Site] | int = 1,
    world: LittleWorld | None = None,
    *,
    budget: Budget | None = None,
    **failing: Any,
) -> Scan:
    """A run about to begin; a number of sites stands for as many ordinary ones."""
    world = world or LittleWorld()
    sites = [a_site(k) for k in range(sites)] if isinstance(sites, int) else sites
    engine = Engine(sites, world.info, title="t", total=0, budget=budget or Budget())
    memory, watch = Memory(story=world.story, **failing), Watch()
    runner = Runner(world, engine, memory, now=lambda: watch.now, rest=watch.rest)
    return Scan(world, engine, memory, runner, watch)
