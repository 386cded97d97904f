"""What truly happens: stage, surface, meniscus and cell, advanced row by row, or in finer steps.

Theory of operation. Time is virtual and passes only in `advance`, which simulates up to a given
row and may stop earlier: before a row in which the meniscus touches or breaks, and after it. So
a piece of rows is either all dry, all wet, or a single row in which that changes. Inside such a
row the instant is solved for, and the cell is driven for the fraction in which it is wet.

A piece can be undone (`memory`, `recall`), because whoever watches the signal may decide that
something ended inside it. Dry pieces leave nothing to undo but what the leads are charged to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.rig import Channel
from sim.barrels import Barrels, Spell
from sim.bath import Bath
from sim.below import Below
from sim.cell import Cell, Rechargeable
from sim.chance import stream
from sim.coarse import raised
from sim.config import VirtualConfig
from sim.electronics import Signals
from sim.galvanostat import Answer, Imposed, Output
from sim.ground import Ground
from sim.instrument.device import Device
from sim.liquid import Dipped, Liquid
from sim.meniscus import Bridge, Drop, Pipette, hanging_drop
from sim.sample_config import Sample
from sim.samples import bath_of, cell_maker, in_region, liquid_of
from sim.stage import Stage
from sim.surface import Drift, Surface
from sim.truth import Carried, Crash, Touchdown, Truth, Wetted

NEAR_ROWS = 160
"""Rows near the surface that are looked at together."""
_MICROSECOND = 1e-6
_INSTANT = 1e-9
"""Seconds to which the instant of contact is solved for."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A state to go back to."""

    bridge: Bridge | None
    held: float
    crashes: int
    crash: Crash | None
    """The newest one, which may go on."""
    landings: int
    parted: int
    residues: int
    landed: int
    crashed: bool
    spent: float
    liquid: tuple[float, ...]
    connected: str
    electrodes: dict[str, Cell]
    spells: int


class World:
    """The stage with its sample, the pipette and the droplet.

    Args:
        config: the rig file.
        sample: what is mounted.
        pipette: what is mounted.
        stage: that moves the pipette.
        seed: of the whole run.
    """

    def __init__(
        self, config: VirtualConfig, sample: Sample, pipette: Pipette, stage: Stage, seed: int
    ) -> None:
        self._config, self._sample, self._pipette, self._seed = config, sample, pipette, seed
        self._rows = config.clock.rows()
        self.clock = self._rows
        """Of the steps: rows, but for those who want to see more and set another for a while."""
        self.stage = stage
        first = Ground(Surface(raised(config.surface), config.stage.range, seed), seed)
        self.drift = Drift(config.drift, seed)
        self.below = Below(stage, self.drift, first)
        self.drive = Imposed()
        self.instrument: Device | None = None
        """An instrument of its own that drives the cell, whatever the rig says; None without."""
        self.truth = Truth()
        self.bridge: Bridge | None = None
        self.wired = False
        """Whether nothing lands: electrodes are connected and left, see `connect`."""
        self._electrodes: dict[str, Cell] = {}
        """Those that were left, by their labels: they stay as they are."""
        self.connected = ""
        """The label of the electrode that is connected; empty if none is."""
        self.clogged = self.drips = False
        """Faults of the world; see `sim.faults`."""
        self.clogging: tuple[float, float] | None = None
        """When the mouth of a pipette in a bath began to close, and how long that takes, in s."""
        self.lose_after = math.inf
        """Seconds after contact at which the next bridges break; a fault of the world."""
        # Of what is imposed on the first barrel, the liquid at the mouth is half the bias off.
        self._output = Output(config.drive, config.electrometer.stray, self.shift)
        self._make_cell = cell_maker(sample, pipette)
        self._bath = bath_of(sample, pipette)
        self._liquid = liquid_of(sample, pipette, config.drives)
        self.others: dict[str, Imposed] = {}
        """What the other drives of the rig impose, by name; open where nothing is said."""
        self._barrels: Barrels | None = None
        if config.barrels is not None:
            hanging = config.meniscus.pendant * pipette.aperture
            self._barrels = Barrels(config.barrels, pipette.aperture, hanging)
        self._regions = {"": first}
        """The regions of the sample that were below the tip, by their labels: they stay as left."""
        self._held = 0.0
        """Raw volts on the leads at the end of the newest row."""
        self._crashed = False
        self._spent = 0.0
        """From the break of a bridge on, the gap at which it had formed, in metres, until the tip
        has risen out of reach; else 0."""
        self._next: tuple[tuple[int, int, int], Drop] | None = None

    @property
    def _dips(self) -> bool:
        """Whether the tip is in the liquid already, so that no droplet forms."""
        return self._bath is not None or self._liquid is not None

    @property
    def flooded(self) -> bool:
        """Whether liquid joins tip and sample at any height; a clogged pipette gives none."""
        return self.wired or (self.drips and not self.clogged)

    def advance(self, start: int, stop: int) -> Signals:
        """Simulate rows from `start`, at least one and none beyond `stop`."""
        device = self.instrument
        if device is None:
            return self._advance(start, stop)
        self.drive = device.imposed(start)
        stop = int(min(stop, max(start + 1, device.change(start))))
        memory = self.memory()
        signals = self._advance(start, stop)
        last = device.cut(signals)
        if last is not None and last + 1 < signals.stop:
            self.recall(memory)
            signals = self._advance(start, last + 1)
        return signals

    def connect_instrument(self, device: Device) -> None:
        """Connect an instrument to the cell, in the place of the rig's own drive."""
        device.connect(self._rows, self._seed)
        self.instrument = device

    def lived(self, signals: Signals) -> None:
        """Say that rows have passed for good."""
        if self.instrument is not None:
            self.instrument.lived(signals)

    def _advance(self, start: int, stop: int) -> Signals:
        if self.bridge is None:
            row, instant = self._touch(start, stop)
            if instant is not None:
                return self._land(row, instant)
            return self._dry(start, row)
        t = self._times(start, stop + 1)
        gap = self._gap(self.bridge, t)
        radii = self.bridge.radii(t, gap)
        if self.bridge.flooded:
            index, instant = (len(t) - 1, None) if self.flooded else (0, float(t[0]))
        else:
            index, instant = self.bridge.parting(t, gap, radii)
        if index == 0 and instant is not None:
            return self._part(self.bridge, start, instant)
        return self._wet(self.bridge, start, t[:index], gap[:index], radii[:index])

    def connect(self, channel: Channel | None, passed: tuple[float, float] = (0.0, 0.0)) -> None:
        """Leave the electrode that is connected, and connect another one, or none.

        Args:
            channel: the electrode; None for none.
            passed: coulombs that had passed there before this world began, and in how many seconds.
        """
        self.wired = True
        if self.bridge is not None and self.bridge.cell is not None:
            self._electrodes[self.connected] = self.bridge.cell
        self.bridge, self.connected = None, ""
        if channel is None:
            return
        self.connected = channel.label
        left = self._electrodes.get(channel.label)
        # A copy: whoever goes back to before this connection finds the electrode as it was.
        cell = None if left is None else left.copy()
        if cell is None:
            place = round(channel.x * 1e9), round(channel.y * 1e9)
            chemistry = stream(self._seed, "chemistry", *place, 0)
            cell = self._make_cell(chemistry, channel.x, channel.y)
            if passed[1] and isinstance(cell, Rechargeable):
                cell.recharge(*passed)
        a = self._pipette.aperture
        self.bridge = Bridge(
            since=0.0, x=channel.x, y=channel.y, base=0.0, touch=a, aperture=a, first=a, final=a,
            spreading=1.0, breaks=math.inf, height=a, half_angle=math.pi / 4, cell=cell,
            flooded=True,
        )  # fmt: skip
        cell.wet(self.bridge.shape(a, a))

    def carry(self, region: str, x: float, y: float) -> None:
        """Have another region of the sample below the tip.

        Args:
            region: its label.
            x: where it is on the sample, metres; NaN where that is not known.
            y: likewise.
        """
        if region not in self._regions:
            shape, extent = raised(self._config.surface), self._config.stage.range
            self._regions[region] = Ground.of_region(shape, extent, region, self._seed)
        self.below.ground = self._regions[region]
        # Nothing of the sample is close to a tip that is up, not even liquid that hung from it.
        self._spent, self._next = 0.0, None
        self._make_cell = cell_maker(in_region(self._sample, x, y), self._pipette)
        z, wet = self.stage.axes["z"].target, self.bridge is not None
        self.truth.carried.append(Carried(region, z, wet, len(self.truth.landings)))
        self.bridge = None

    @property
    def potential(self) -> float:
        """Raw volts at the end of the newest step."""
        return self._held

    def memory(self) -> Memory:
        """Return the present state, to come back to."""
        bridge = self.bridge.copy() if self.bridge is not None else None
        return Memory(
            bridge=bridge,
            held=self._held,
            crashes=len(self.truth.crashes),
            crash=self.truth.crashes[-1] if self.truth.crashes else None,
            landings=len(self.truth.landings),
            parted=len(self.truth.parted),
            residues=len(self.below.ground.residues),
            landed=self.below.ground.landings,
            crashed=self._crashed,
            spent=self._spent,
            liquid=() if self._liquid is None else self._liquid.state,
            connected=self.connected,
            electrodes=dict(self._electrodes),
            spells=0 if self._barrels is None else len(self._barrels.spells),
        )

    def recall(self, memory: Memory) -> None:
        """Go back to an earlier state; a memory serves once."""
        self.bridge, self._held, self._crashed = memory.bridge, memory.held, memory.crashed
        self._spent = memory.spent
        if self._liquid is not None:
            self._liquid.state = memory.liquid
        self.connected, self._electrodes = memory.connected, memory.electrodes
        if self._barrels is not None:
            self._barrels.cut(memory.spells, wet=memory.bridge is not None)
        del self.truth.crashes[memory.crashes :]
        if memory.crash is not None:
            self.truth.crashes[-1] = memory.crash
        del self.truth.landings[memory.landings :]
        del self.truth.parted[memory.parted :]
        del self.truth.wetted[memory.parted :]
        self.below.ground.forget(memory.landed, memory.residues)

    def between_barrels(self, t: FloatArray) -> FloatArray:
        """Return the current between the barrels at times t, rising, shape (n,) in amperes.

        Nothing where there is one barrel, or a clogged one.
        """
        if self._barrels is None or self.clogged:
            return np.zeros(len(t))
        z = self.stage.axes["z"]
        above = z.at(t) - self.drift.along(2, t)
        swung = z.swung(t)
        current = self._barrels.current(t, above, swung)
        if self._barrels.pickup and z.swing is not None:
            # The rate of the swing, over its largest: what was a microsecond ago is known, too.
            rate = (swung - z.swung(t - _MICROSECOND)) / _MICROSECOND
            current = current + self._barrels.pickup * rate / z.swing.fastest
        return current

    def ends(self, start: int, stop: int) -> FloatArray:
        """Return when rows `start` up to `stop` end, shape (rows,) in seconds."""
        return self._times(start + 1, stop + 1)

    def _times(self, first: int, stop: int) -> FloatArray:
        times = np.arange(first, stop, dtype=np.float64)
        times *= self.clock.period
        return times

    def ground(self, t: FloatArray) -> FloatArray:
        """Return the height of the surface below the tip at times t, shape (n,) in metres."""
        return self.below.height(t, None if self.bridge is None else self.bridge.base)

    def _drop(self) -> Drop:
        key = self.below.key
        if self._next is None or self._next[0] != key:
            drop = self._hanging(key)
            self._next = key, drop
        return self._next[1]

    def _hanging(self, key: tuple[int, int, int]) -> Drop:
        return hanging_drop(self._config.meniscus, self._pipette, self.below.ground.seed, key)

    # Dry.

    def without_circuit(self, start: int, stop: int) -> FloatArray:
        """Return the raw potentials of rows while no circuit is closed, shape (rows,)."""
        if self.drive.mode == "open":
            return np.zeros(stop - start)
        imposed = self.drive.values(start, stop, self.clock)
        return self._output.overload(imposed) if self.drive.mode == "current" else imposed

    def _dry(self, start: int, stop: int) -> Signals:
        if self._bath is not None:
            return self._bathed(self._bath, start, stop)
        if self._liquid is not None:
            return self._dipped(self._liquid, start, stop)
        potential = self.without_circuit(start, stop)
        current = self._through_leads(potential)
        overload = np.full(stop - start, self.drive.mode == "current")
        return Signals(start, potential, current, overload)

    def _bathed(self, bath: Bath, start: int, stop: int) -> Signals:
        """Simulate rows of a pipette that dips into a bath."""
        middles = self._times(start, stop) + 0.5 * self.clock.period
        resistance = np.full(stop - start, math.inf)
        if not self.clogged:
            resistance = bath.resistance(self.below.mean_gap(bath, middles))
            resistance /= bath.conducts(middles) * self._open_share(middles)
        wave = self.drive.values(start, stop, self.clock)
        answer = self._output.through(self.drive.mode, wave, resistance)
        current = answer.current + self._through_leads(answer.potential)
        return Signals(start, answer.potential, current, answer.limited)

    def _dipped(self, liquid: Liquid, start: int, stop: int) -> Signals:
        """Simulate rows of a tip that dips into a liquid."""
        middles = self._times(start, stop) + 0.5 * self.clock.period
        x, y, _ = self.below.place(middles)
        dipped = Dipped(
            gap=self.stage.axes["z"].at(middles) - self.ground(middles),
            x=x,
            y=y,
            step=self.clock.period,
            clogged=self.clogged,
            mode=self.drive.mode,
            wave=self.drive.values(start, stop, self.clock),
            others={
                name: (drive.mode, drive.values(start, stop, self.clock))
                for name, drive in self.others.items()
            },
        )
        heard = liquid.answer(self._output, dipped)
        current = heard.current + self._through_leads(heard.potential)
        return Signals(start, heard.potential, current, heard.limited, heard.others)

    def _open_share(self, t: FloatArray) -> FloatArray:
        """Return how much of the mouth is open at times t, shape (n,); never quite nothing."""
        if self.clogging is None:
            return np.ones(len(t))
        began, within = self.clogging
        return np.clip(1.0 - (t - began) / within, 1e-6, 1.0)

    def _through_leads(self, potential: FloatArray) -> FloatArray:
        """Current into the leads' stray capacitance while a potential is imposed, shape (rows,).

        An imposed current is that of cell and leads together: see `sim.beside`.
        """
        before, self._held = self._held, float(potential[-1])
        if self.drive.mode != "potential":
            return np.zeros(len(potential))
        change = np.diff(potential, prepend=before)
        current: FloatArray = self._config.electrometer.stray * change / self.clock.period
        return current

    def _touch(self, start: int, stop: int) -> tuple[int, float | None]:
        """Return up to which row there is no contact, and the instant if it falls in the first."""
        if self.wired:
            return stop, None
        if self.flooded and not self._dips:
            return start, start * self.clock.period
        drop = self._drop()
        if self.below.gone or not self._near(drop, start, stop):
            self._spent = 0.0
            return stop, None
        t = self._times(start, stop + 1)
        z = self.stage.axes["z"].low(t)
        low = z < self.below.reachable(drop, self._spent, float(t[-1]))
        if not low.any():
            self._spent = 0.0
            return stop, None
        first = max(0, int(low.argmax()) - 1)
        # The rest is looked at next time: it may never happen.
        t, z = t[first : first + NEAR_ROWS + 1], z[first : first + NEAR_ROWS + 1]
        gap = z - self.ground(t)
        if self._bath is not None:
            gap = self.below.round_axis(self._bath, t, self._bath.rim).min(axis=1)
        # A bridge that has just broken leaves too little liquid to touch again at once.
        above = gap[1:] > self.below.reach(drop, t[1:])
        risen = np.maximum.accumulate(above & (gap[1:] > self._spent)) | (self._spent == 0.0)
        touching = ~above & risen & (not self.clogged and not self._dips)
        if risen[-1]:
            self._spent = 0.0
        if not touching.any():
            self._look_for_crash(t, gap)
            return start + first + len(t) - 1, None
        index = int(touching.argmax())
        self._look_for_crash(t[: index + 1], gap[: index + 1])
        if first + index:
            return start + first + index, None
        return start, self._instant(drop, float(t[0]), float(t[1]))

    def _near(self, drop: Drop, start: int, stop: int) -> bool:
        """Tell whether the tip may come near the surface within some rows; quick and careful."""
        begin, end = start * self.clock.period, stop * self.clock.period
        high = self.below.reachable(drop, self._spent, end)
        return self.stage.axes["z"].lowest(begin, end) < high

    def _instant(self, drop: Drop, early: float, late: float) -> float:
        """Solve for the instant of contact between two times."""

        def above(t: float) -> float:
            at = np.array([t])
            gap = self.stage.axes["z"].low(at) - self.ground(at) - self.below.reach(drop, at)
            return float(gap[0])

        if above(early) <= 0.0:
            return early
        return float(scipy.optimize.brentq(above, early, late, xtol=_INSTANT))

    def _look_for_crash(self, t: FloatArray, gap: FloatArray) -> None:
        """Note when glass touches the surface, once for each way down, and how deep it goes."""
        pressed = self._config.meniscus.crash * self._pipette.aperture - gap
        touching = pressed > 0.0
        if touching.any():
            if not self._crashed:
                self._crashed = True
                at, stage = float(t[touching.argmax()]), self.stage.axes
                row = int(at / self._rows.period)
                self.truth.crashes.append(Crash(stage["x"].target, stage["y"].target, at, row, 0.0))
            newest = self.truth.crashes[-1]
            depth = max(newest.depth, float(pressed.max()))
            self.truth.crashes[-1] = replace(newest, depth=depth)
        self._crashed = bool(touching[-1])

    # Contact and the rest of its row.

    def _land(self, row: int, t: float) -> Signals:
        at = np.array([t])
        x, y, _ = (float(value[0]) for value in self.below.place(at))
        bridge = self._bridge(t, x, y)
        self.bridge = bridge
        if self._barrels is not None:
            hanging = bridge.touch if bridge.flooded else None
            self._barrels.spells.append(Spell(t, bridge.base, hanging))
        if not self.flooded:
            z = float(self.stage.axes["z"].low(at)[0])
            target = self.stage.axes
            self.truth.landings.append(Touchdown(target["x"].target, target["y"].target, t, z))
        dry = self._dry(row, row + 1)
        if bridge.cell is None:
            return dry
        wave = self.drive.values(row, row + 1, self.clock)
        # Contact is resolved to one raw sample: shorter steps would only be stiff.
        step = max((row + 1) * self.clock.period - t, 1.0 / self.clock.rate)
        if self.drive.mode == "current":
            bridge.stray = float(dry.potential[-1])
        answer = self._output.run(bridge, self.drive.mode, wave, step)
        averaged = min(step, self.clock.window) / self.clock.window
        self._held = float(answer.potential[-1])
        mixed = answer.potential
        if self.drive.mode != "potential":
            mixed = averaged * answer.potential + (1.0 - averaged) * dry.potential
        current = dry.current + averaged * answer.current
        return Signals(row, mixed, current, answer.limited)

    def _bridge(self, t: float, x: float, y: float) -> Bridge:
        """Make the bridge of a landing at a time and a place in the sample's frame."""
        drop, key, ground = self._drop(), self.below.key, self.below.ground
        ground.land(key)
        at_x, at_y = np.array([x]), np.array([y])
        # Liquid that lies there already joins: the footprints' areas add up.
        final = math.hypot(drop.footprint, *(r.radius for r in ground.residues.under(x, y)))
        base = float(ground.surface.height(at_x, at_y)[0])
        residue = float(ground.residues.thickness(at_x, at_y)[0])
        return self._formed(t, x, y, base, drop.touch + residue, final, key)

    def bridge_again(self, x: float, y: float) -> Bridge:
        """Return the bridge of a first landing, at time 0, as the stage was told, metres.

        Nothing happens in the world.
        """
        key = round(x * 1e9), round(y * 1e9), 0
        drop = self._hanging(key)
        return self._formed(0.0, x, y, 0.0, drop.touch, drop.footprint, key)

    @property
    def shift(self) -> float:
        """Volts to add to a raw potential to have it against the reference of the cell."""
        return self._sample.quasi_reference - self._config.unseen_bias

    def _formed(
        self, t: float, x: float, y: float, base: float, touch: float, final: float,
        key: tuple[int, int, int],
    ) -> Bridge:  # fmt: skip
        config, a, ground = self._config.meniscus, self._pipette.aperture, self.below.ground
        dead = self.clogged or ground.surface.dead(x, y) or self._sample.insulates(x, y)
        bridge = Bridge(
            since=t,
            x=x,
            y=y,
            base=base,
            touch=touch,
            aperture=a,
            first=a,
            final=final,
            spreading=config.spreading,
            breaks=config.breaks,
            height=self._sample.gap * a,
            half_angle=self._sample.half_angle,
            cell=None if dead else self._make_cell(stream(ground.seed, "chemistry", *key), x, y),
            lost=t + self.lose_after,
            flooded=self.flooded,
        )
        droplet = bridge.shape(a, bridge.height)
        if bridge.cell is not None:
            bridge.cell.wet(droplet)
        return bridge

    # Wet.

    def _wet(
        self, bridge: Bridge, start: int, begins: FloatArray, gap: FloatArray, radii: FloatArray
    ) -> Signals:
        """Simulate rows in which the bridge holds; all arrays at their beginnings."""
        stop = start + len(begins)
        self._look_for_crash(begins, gap)
        bridge.pinned = float(radii[-1])
        bridge.depth = max(bridge.depth, float(bridge.touch - gap.min()))
        if bridge.cell is None:
            return self._dry(start, stop)
        heights = bridge.heights(gap)
        wave = self.drive.values(start, stop, self.clock)
        parts: list[Answer] = []
        at = 0
        while at < len(wave):
            until = bridge.holds(radii, heights, at)
            if until == at:
                bridge.cell.reshape(bridge.shape(float(radii[at]), float(heights[at])))
                until = bridge.holds(radii, heights, at + 1)
            held = float(parts[-1].potential[-1]) if parts else self._held
            piece = wave[at:until], self.clock.period, held if self.clock.spacing == 1 else None
            parts.append(self._output.run(bridge, self.drive.mode, *piece))
            at = until
        potential = np.concatenate([part.potential for part in parts])
        current = np.concatenate([part.current for part in parts])
        limited = np.concatenate([part.limited for part in parts])
        return Signals(start, potential, current + self._through_leads(potential), limited)

    def _gap(self, bridge: Bridge, t: FloatArray) -> FloatArray:
        if bridge.flooded:
            return np.full(len(t), bridge.touch)
        gap: FloatArray = self.stage.axes["z"].mean(t) - self.ground(t)
        return gap

    def _part(self, bridge: Bridge, row: int, t: float) -> Signals:
        """Simulate the row in which the bridge breaks."""
        wet = t - row * self.clock.period
        answer = None
        if bridge.cell is not None and wet > 1.0 / self.clock.rate:
            wave = self.drive.values(row, row + 1, self.clock)
            answer = self._output.run(bridge, self.drive.mode, wave, wet)
        self.bridge = None
        if self._barrels is not None:
            self._barrels.spells[-1].until = t
        self._spent = bridge.touch
        self.truth.parted.append(t)
        risen = float(self.stage.axes["z"].mean(np.array([t]))[0])
        risen -= self.truth.landings[-1].z if self.truth.landings else risen
        self.truth.wetted.append(Wetted(bridge.x, bridge.y, bridge.pinned, bridge.depth, risen))
        if not bridge.flooded:
            self.below.ground.residues.add(bridge.residue(self._config.meniscus))
        dry = self._dry(row, row + 1)
        if answer is None:
            return dry
        share = min(wet / self.clock.window, 1.0)
        potential = dry.potential
        if self.drive.mode != "potential":
            potential = share * answer.potential + (1.0 - share) * dry.potential
        return Signals(row, potential, dry.current + share * answer.current, dry.overload)
