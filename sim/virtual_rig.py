"""The virtual rig: the world behind the face that every rig shows.

Each `read` simulates rows up to the next decision, looks at them with the rig's own reflexes
(contact detector, limits of the drive), and if something fired inside, takes the rows after it
back and simulates only the shorter piece. So a stop happens where the real one would, however
long the blocks are.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import RigError, StreamError
from seccm.rig import (
    Action,
    Axis,
    AxisRange,
    Block,
    Carry,
    Connect,
    Constant,
    CurrentRange,
    Drive,
    Flag,
    Freeze,
    Leads,
    Mark,
    Modulate,
    Mounted,
    Move,
    Range,
    RawSamples,
    Readback,
    RigInfo,
    SafeReport,
    StopAbility,
    Wake,
)
from seccm.rig.drives import described, signals_of
from seccm.rig.grown import Driven, Grown
from seccm.rig.lamp import Blink
from seccm.rig.modulation import inside
from seccm.rig.signal_table import declared
from seccm.rig.suspend import resolved
from seccm.units import show
from sim import sampled
from sim.added import Added, Samples
from sim.born import Particles
from sim.config import VirtualConfig
from sim.controller.device import Controller
from sim.electronics import Electrometer, nothing
from sim.faults import Faults, read_faults
from sim.galvanostat import Imposed
from sim.inputs import HIGHEST, Inputs
from sim.instrument.device import Device
from sim.light import Light
from sim.noise import WhiteNoise
from sim.other_inputs import OtherInputs
from sim.reflex import Reflexes
from sim.samples import mount
from sim.seeing import Seeing
from sim.sem import grow_again
from sim.stage import AXES, Stage
from sim.swing import Loop, Swing
from sim.truth import Truth
from sim.world import World

OFF = Constant(0.0)
_MOVING, _FROZEN, _GAP = (np.uint8(flag) for flag in (Flag.MOVING, Flag.FROZEN, Flag.GAP))
RETRACTED = 50e-9
"""Metres from the top of the travel at which the tip counts as fully retracted."""
WET_ROWS = 4
"""Rows simulated at a time while a wetted tip still moves and waits for its stop."""


def describe(config: VirtualConfig) -> RigInfo:
    """Return what a virtual rig can do."""
    stage, clock = config.stage, config.clock.rows()
    loop = Loop(stage.frequency, stage.damping)
    axis = AxisRange(Range(0.0, stage.range), stage.fastest, stage.frequency, sensed=True)
    processing = config.stop.processing
    barrels = config.barrels
    mouth = 0.0 if barrels is None else barrels.at_mouth
    electrometer = Electrometer(config.electrometer, config.drive, clock, 0)
    return RigInfo(
        name=config.name,
        virtual=True,
        axes=dict.fromkeys(AXES, axis) | {"z": inside(axis, config.modulation)},
        modes=frozenset({"potential", "current", "open"}),
        potential=Range(-config.drive.potential - mouth, config.drive.potential - mouth),
        current=Range(-config.electrometer.range, config.electrometer.range),
        overload=config.drive.overload,
        # A contact late in a row may show only in the mean of the next: two rows at worst.
        stop=StopAbility(
            "virtual", 0.5 * clock.period + processing, 2.0 * clock.period + processing
        ),
        clock=clock,
        stage_lag=loop.lag,
        idle_current=electrometer.idle,
        blink=0.0 if config.lamp is None else config.lamp.off,
        signals=(
            *config.with_lock_ins(declared(config.signals)),
            *signals_of(described(config.drives)),
        ),
        bias=0.0 if barrels is None else barrels.bias,
        at_mouth=mouth,
        barrels_unknown=0.0 if barrels is None else barrels.unknown,
        suspends=resolved(config.suspend, config.with_lock_ins(declared(config.signals))),
        words=(*config.sentences(), *((barrels.sentence(),) if barrels is not None else ())),
        raw=electrometer.channels,
        raw_always=False,
        update=clock.period,
        leads=Leads(stray=config.electrometer.stray),
        modulation=config.modulation.modulation() if config.modulation else None,
        switch=config.switch.info() if config.switch is not None else None,
        carrier=config.carrier.info() if config.carrier is not None else None,
        ranges=tuple(
            CurrentRange(name, Range(-at.range, at.range), at.range / config.electrometer.range)
            for name, at in config.electrometer.named().items()
        ),
        drives=described(config.drives),
    )


class VirtualRig:
    """A rig without hardware; implements `seccm.rig.Rig`.

    Args:
        config: the rig file.
        mounted: sample and pipette.
        seed: of everything random.
        faults: that will be played; see `sim.faults`.
        first_site: number of the first site to be travelled to, for faults at a site.

    Raises:
        PlanError: unknown sample, pipette or fault.
    """

    def __init__(
        self,
        config: VirtualConfig,
        mounted: Mounted,
        *,
        seed: int,
        faults: tuple[str, ...] = (),
        first_site: int = 0,
    ) -> None:
        self._config, self._seed = config, seed
        self._info = describe(config)
        sample, pipette = mount(config, mounted)
        wanted = read_faults((*config.faults, *faults), config.name)
        self._faults = Faults(wanted, self._info.clock.period, first_site)
        position = dict(zip(AXES, (getattr(config.stage, f"start_{a}") for a in AXES), strict=True))
        loop = Loop(config.stage.frequency, config.stage.damping)
        stage = Stage(loop, self._info.axes, position)
        if (swing := self._info.modulation) is not None:
            stage.axes["z"].swing = Swing(loop, swing.frequency, swing.amplitude)
        rising = self._faults.argument("drift", "speed")
        drift = config.drift.model_copy(update={"steady_z": config.drift.steady_z + rising})
        self._world = World(
            config.model_copy(update={"drift": drift}), sample, pipette, stage, seed
        )
        self._electrometers = {
            name: Electrometer(at, config.drive, self._info.clock, seed)
            for name, at in config.electrometer.named().items()
        }
        """By the names of their ranges, the usual one first."""
        usual = next(iter(self._electrometers.values()))
        self._seeing = Seeing(self._world)
        self._sensors = WhiteNoise(seed, "position", len(AXES))
        self._added = Added(config, self._world, seed)
        self._others = OtherInputs(config.drives, seed)
        self._inputs = Inputs(usual, self._info.clock, self._faults, seed)
        self._reflexes = Reflexes(config.stop.processing, self._inputs.single, usual.channels, seed)
        self._channels = {channel.label: channel for channel in mounted.channels}
        self._passed = mounted.passed
        self._world.wired = bool(mounted.channels)
        if (region := mounted.region) is not None:
            self._world.carry(region.label, region.x, region.y)
        self._switched = ""
        """The channel that the rig itself has connected."""
        self._row = 0
        self._true = nothing()
        """What truly happened in the newest rows that were simulated as rows."""
        self._open = self._running = self._closed = False
        self._raw = self._sampled = False
        """Whether raw samples may be asked for, and whether the drive that is on asks for them."""
        self._told = False
        """Whether any action has come."""
        self._gap = False
        """True while rows were lost and nobody has been told."""
        self.light: Light | None = None
        """To a camera that films the world; None without one."""
        self._wakes: set[int] = set()
        self._controller: Controller | None = None
        """That moves the stage, in the place of the rig; None without one."""
        self._halt: tuple[Axis, float] | None = None
        """The axis that its contact stopped, and when; until the next motion."""

    # What it is, and what is true behind it.

    @property
    def info(self) -> RigInfo:
        """What the rig can do."""
        return self._info if self.light is None else replace(self._info, edges=True)

    @property
    def lamp(self) -> Blink | None:
        """When the lamp of a camera is off; None where it is always on."""
        return self._config.lamp

    @property
    def truth(self) -> Truth:
        """What really happened, for tests."""
        return self._world.truth

    def connect_instrument(self, device: Device) -> None:
        """Connect an instrument to the cell, in the place of the rig's own drive."""
        self._world.connect_instrument(device)

    def connect_controller(self, controller: Controller) -> None:
        """Let a controller of its own move the stage."""
        self._controller = controller
        controller.drive(
            self._world.stage,
            lambda: self._now,
            lambda seconds: self._pass(self._info.clock.covering(seconds)),
        )

    def grown(self, driven: Driven) -> Grown | None:
        """Return the particles of a landing; see `seccm.rig.grown.GrowsAgain`."""
        bridge = self._world.bridge_again(driven.x, driven.y)
        particles = Particles(self._seed, driven.landing)
        return grow_again(bridge, driven, self._world.shift, particles)

    @property
    def height(self) -> float:
        """True height of the tip now, in metres; for tests."""
        return self._position("z")

    @property
    def drive(self) -> Imposed:
        """The drive that is on; for tests."""
        return self._world.drive

    # The contract.

    def open(self) -> Readback:
        """Read back where everything is; see `Rig.open`."""
        self._refuse_unplugged()
        if self._closed:
            raise RigError("closed", self._info.name, "the rig was closed; build a new one.")
        self._open = True
        return Readback({axis: self._position(axis) for axis in AXES})

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`.

        Raw samples come while a drive asks for them, and the world is then simulated sample by
        sample: see `sim.sampled`.
        """
        self._refuse_unless_open()
        self._running, self._raw = True, raw

    def read(self) -> Block:
        """Return the next rows; see `Rig.read`."""
        self._refuse_unless_open()
        if not self._running:
            raise RigError("not-started", self._info.name, "the stream was not started.")
        if self._faults.active("stalled-read", self._row):
            raise StreamError(
                "stalled-read",
                self._info.name,
                f"no data points came for 2 s after data point {self._row}.",
                "Check the acquisition, then resume the scan from its file.",
            )
        self._play_faults()
        self._obey()
        block = self._rows(self._row, self._horizon())
        self._world.lived(self._true)
        self._row, self._gap = block.stop, False
        bridge, axis = self._world.bridge, self._reflexes.armed
        halt = self._reflexes.see(block, bridge.since if bridge else None)
        if halt is not None and axis is not None and self._world.stage.axes[axis].arrival > halt:
            self._world.stage.axes[axis].hold(halt)
            self._halt = axis, halt
        record = self._reflexes.record()
        block = block if record is None else replace(block, record=record)
        return block if self.light is None else self._lit(self.light, block)

    def _lit(self, light: Light, block: Block) -> Block:
        """Show the camera what lies there now; return the block with the edges that it brought."""
        clock = self._info.clock
        edges = light.edges(self._now, clock.rate)
        light.shine(self._seeing.seen(self._now))
        lamp = self._config.lamp
        if lamp is None:
            return replace(block, edges=edges)
        first, stop = (row * clock.spacing for row in (block.start, block.stop))
        return replace(block, edges=edges, lamp=lamp.steps(first, stop, clock.rate))

    def apply(self, action: Action) -> None:
        """Carry out one action; see `Rig.apply`."""
        self._refuse_unless_open()
        self._told = True
        match action:
            case Move():
                self._move(action)
            case Drive():
                self._impose(action)
            case Freeze():
                self._freeze()
            case Modulate():
                self._modulate(action)
            case Mark(line):
                self.truth.marks.append((self._row, line))
            case Carry():
                self._info.refuse_carrying(action, self._world.drive.mode)
                self._world.carry(action.region, action.x, action.y)
            case Connect():
                self._connect(action)
            case Wake(row):
                self._wakes.add(row)

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Freeze, switch the cell off and lift the tip; see `Rig.safe`."""
        try:
            self._refuse_unless_open()
        except RigError as error:
            return SafeReport(frozen=True, drive_off=False, retracted=False, what=str(error))
        try:
            self._make_safe(by if retract else 0.0)
        except Exception as error:  # whatever the world does, `safe` reports and does not raise
            return SafeReport(frozen=True, drive_off=True, retracted=False, what=str(error))
        self.truth.made_safe.append(why)
        at, top = self.height, self._info.axes["z"].travel.upper
        up = at >= top - RETRACTED
        tip = "held" if not retract else "fully retracted" if up else "lifted"
        what = f"Cell off, tip {tip} at z = {show(at, 'm')}."
        return SafeReport(True, True, retract, what, at, up, remarks=self.truth.words)

    def _make_safe(self, by: float) -> None:
        """Freeze, switch the cell off, and lift the tip by some metres, at most to the top."""
        self._freeze()
        self._modulate(Modulate(on=False))
        self._impose(Drive("open", OFF))
        z, reach = self._world.stage.axes["z"], self._info.axes["z"]
        if by <= 0.0:
            return
        self._move(Move("z", min(z.target + by, reach.travel.upper), reach.fastest))
        self._pass(self._info.clock.rows(max(0.0, z.arrival - self._now) + z.loop.memory))

    def close(self) -> None:
        """Let go of the rig; outputs keep their last values."""
        self._open = self._running = False
        self._closed = True
        if self.light is not None:
            self.light.close()

    # Actions.

    def _move(self, move: Move) -> None:
        stage = self._world.stage
        stage.check(move.axis, move.to, move.speed)
        self._info.refuse_unwatched(move)
        if move.axis != "z":
            self._faults.travel(self._row)
            self._modulate(Modulate(on=False))
        stage.move(move.axis, self._now, move.to, move.speed, move.smooth)
        self._reflexes.arm(move)
        self._halt = None

    def _impose(self, drive: Drive) -> None:
        self._info.refuse_impossible(drive)
        since = self._row if drive.since is None else drive.since
        imposed = Imposed(drive.mode, drive.waveform, since)
        if drive.on:
            self._world.others[drive.on] = imposed
            return
        if drive.mode == "open":
            self._world.others.clear()
        chosen = self._info.range_of(drive.range)
        if chosen is not None:
            self._inputs.switch(self._electrometers[chosen.name])
        self._world.drive = imposed
        self._sampled = self._raw and drive.raw
        self._reflexes.drive(drive, since)

    def _modulate(self, action: Modulate) -> None:
        self._info.refuse_modulation(action)
        swing = self._world.stage.axes["z"].swing
        if swing is not None:
            swing.switch(self._now, on=action.on)

    def _connect(self, wanted: Connect) -> None:
        if wanted.by == "rig":
            self._info.refuse_connection(wanted, self._switched, self._world.drive.mode)
            self._switched = wanted.channel
        channel = self._channels.get(wanted.channel)
        if channel is not None:
            self._faults.travel(self._row)
        self._world.connect(channel, self._passed.get(wanted.channel, (0.0, 0.0)))

    def _freeze(self) -> None:
        # An axis on its way to its own halt, a millisecond ahead, is left to it.
        axis, halt = self._halt or (None, -math.inf)
        held = tuple(a for a in AXES if a != axis or halt <= self._now)
        self._world.stage.freeze(self._now, held)
        self._reflexes.disarm()

    # Time.

    @property
    def _now(self) -> float:
        return self._row * self._info.clock.period

    def _position(self, axis: Axis) -> float:
        return float(self._world.stage.axes[axis].at(np.array([self._now]))[0])

    def _horizon(self) -> int:
        """Return the row at which the next block ends at the latest."""
        start = self._row
        self._wakes = {row for row in self._wakes if row > start}
        arrival = self._world.stage.arrival(self._now) / self._info.clock.period
        changes = min(self._faults.next_change(start), arrival, *self._wakes, math.inf)
        if self._controller is not None:
            changes = min(changes, self._controller.due(self._now) / self._info.clock.period)
        if self.light is not None:
            changes = min(changes, self.light.due(self._now) / self._info.clock.period)
        # A rig that has been told nothing is about to be: the first rows should not keep it.
        stop = start + (self._longest if self._told else 1)
        if changes < stop:
            stop = max(start + 1, math.ceil(changes))
        bridge = self._world.bridge
        if self._reflexes.armed is not None and bridge is not None and bridge.cell is not None:
            stop = min(stop, start + WET_ROWS)
        return stop

    def _rows(self, start: int, stop: int) -> Block:
        """Simulate rows up to the first at which something fires, at the latest to `stop`."""
        memory = self._world.memory() if self._reflexes.watching else None
        locked = self._added.memory()
        block = self._simulated(start, stop)
        end = self._reflexes.end(block)
        if memory is not None and end < block.stop:
            self._world.recall(memory)
            self._added.recall(locked)
            block = self._simulated(start, end)
        return block

    def _obey(self) -> None:
        """Let a controller of its own do what it was told."""
        if self._controller is not None:
            self._controller.act(self._now)

    def _pass(self, rows: int) -> None:
        """Let time pass without anyone listening."""
        stop = self._row + rows
        while self._row < stop:
            self._obey()
            longest = min(stop, self._row + self._config.longest_block)
            if self._controller is not None:
                due = self._controller.due(self._now) / self._info.clock.period
                longest = min(longest, math.ceil(due)) if math.isfinite(due) else longest
            passed = self._world.advance(self._row, longest)
            self._world.lived(passed)
            self._row = passed.stop
        self._gap = True

    @property
    def _longest(self) -> int:
        """Rows at most in one block."""
        longest = self._config.longest_block
        fine = self._sampled or self._added.fine
        return min(longest, sampled.MOST_ROWS) if fine else longest

    def _simulated(self, start: int, stop: int) -> Block:
        """Simulate rows, and turn the true signals into the block that is delivered."""
        raw: tuple[RawSamples, ...] = ()
        if self._sampled or self._added.sampled:
            true = sampled.advance(self._world, start, stop)
            recorded, raw = self._inputs.samples(true)
        else:
            true = self._true = self._world.advance(start, stop)
            recorded = self._inputs.rows(true)
        flags, clock = recorded.flags, self._info.clock
        stop = start + len(flags)
        ends = self._world.ends(start, stop)
        flags[: int(ends.searchsorted(self._world.stage.latest))] |= _MOVING
        if self._halt is not None:
            flags[int(ends.searchsorted(self._halt[1])) :] |= _FROZEN
        if self._gap:
            flags[0] |= _GAP
        middles = ends - clock.period + clock.window / 2.0
        noise = self._config.stage.noise * self._sensors.rows(start, stop)
        data: dict[str, FloatArray] = {
            "potential": recorded.potential,
            "current": recorded.current,
        }
        for index, axis in enumerate(AXES):
            data[axis] = self._world.stage.axes[axis].mean(middles) + noise[index]
        data["z"] += self._swung(start, stop)
        added = self._added.rows(start, stop, data, self._samples(raw))
        flags |= added.flags
        others = self._others.rows(start, stop, true.others)
        flags |= others.flags
        data |= added.data | others.data
        return Block(start, data, flags, clock, raw=raw if self._sampled else ())

    def _swung(self, start: int, stop: int) -> FloatArray:
        """Return by how much the swing of the height shifts the means of rows, in metres."""
        swing, clock = self._world.stage.axes["z"].swing, self._info.clock
        if swing is None:
            return np.zeros(stop - start)
        samples = np.arange(start * clock.spacing, stop * clock.spacing)
        swung = swing.at(samples / clock.rate).reshape(-1, clock.spacing)
        mean: FloatArray = swung[:, : clock.averaged].mean(axis=1)
        return mean

    def _samples(self, raw: tuple[RawSamples, ...]) -> Samples | None:
        """Return raw samples in SI units, if they were simulated and are numbers."""
        if not raw:
            return None
        potential, current = (
            channel.si(codes)
            for channel, codes in zip(self._inputs.channels, raw[0].codes, strict=True)
        )
        return Samples(potential, current, np.abs(raw[0].codes[1]) >= HIGHEST)

    # Faults.

    def _play_faults(self) -> None:
        """Bring the faults that act in the next row into the world."""
        world, faults, row = self._world, self._faults, self._row
        world.below.gone = faults.active("no-surface", row) is not None
        world.clogged = faults.active("clogged-tip", row) is not None
        world.clogging = faults.span("clogging", "within", row)
        world.drips = faults.active("wet-at-start", row) is not None
        losing = faults.active("lost-meniscus", row)
        world.lose_after = math.inf if losing is None else losing.arguments["after"]
        gap = faults.active("gap", row)
        if gap is not None:
            gap.done = True
            self._pass(int(gap.arguments["rows"]))

    def _refuse_unplugged(self) -> None:
        if self._faults.active("unplugged", self._row):
            raise RigError(
                "unplugged",
                self._info.name,
                "the device does not answer; its outputs keep their last values.",
                "Check cable and power, raise the tip at the stage controller, then "
                "resume the scan.",
            )

    def _refuse_unless_open(self) -> None:
        self._refuse_unplugged()
        if not self._open:
            raise RigError("not-open", self._info.name, "the rig is not open; nothing moved.")
