"""A rig on one plain NI multifunction card, through the `nidaqmx` package.

Theory of operation. The inputs run from `start` to `close`; the number of an input sample is the
clock of everything. `apply` checks an action and remembers it; `read` begins whatever was
remembered, all of it as one path of the four outputs, then fetches samples, looks for contact in
them, keeps the path going, and averages them into rows. One thread does this; no other is needed,
because the outputs stop by themselves, within the horizon, if it should hang. Only `safe` may
come from another thread: it stops the outputs first and takes its turn afterwards.

A failure freezes the outputs before it is reported, and rows that were complete by then are
delivered before it is raised.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any

from hardware.agreement import SETTLED, Agreement
from hardware.ni.bench import Bench
from hardware.ni.cell import Cell
from hardware.ni.coding import raw_channels
from hardware.ni.config import NidaqConfig
from hardware.ni.delivery import Delivery
from hardware.ni.describe import describe
from hardware.ni.driven import Driven
from hardware.ni.history import Piece
from hardware.ni.inputs import GLANCE
from hardware.ni.latch import Latch, latch
from hardware.ni.paths import Command, Ramp, Swing, check_move
from hardware.ni.priority import come_first, nothing
from hardware.ni.relays import Relays
from hardware.ni.watch import ContactWatch
from seccm.errors import RigError
from seccm.rig import (
    Action,
    Axis,
    Block,
    Carry,
    Connect,
    Constant,
    ContactRecord,
    Drive,
    Flag,
    Freeze,
    Mark,
    Mode,
    Modulate,
    Move,
    Readback,
    RigInfo,
    SafeReport,
    Wake,
)
from seccm.rig.safe_words import cell_words, tip_words

RETRACTED = 50e-9
"""Metres from the top of the travel at which the tip counts as fully retracted."""
Ramps = dict[Axis, Ramp]


class NidaqRig:
    """A rig on one NI card; implements `seccm.rig.Rig`.

    Args:
        config: the rig file.
        driver: makes the driver available while it is entered: a stand-in under its package,
            or nothing for NI's own.
    """

    def __init__(
        self,
        config: NidaqConfig,
        driver: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._config, self._driver = config, driver
        self._cell = Cell(config)
        self._info = describe(config, self._cell, None)
        clock = self._info.clock
        self._delivery = Delivery(config, self._cell, clock)
        self._relays = None if config.switch is None else Relays(config.switch)
        self._agreement = Agreement(config.axes, config.lag, needed=False)
        self._watch = ContactWatch(clock, max(1, round(config.stop.window * clock.rate)))
        self._block = max(1, round(config.stop.block * clock.rate))
        self._bench: Bench | None = None
        self._turns = threading.RLock()
        """Held by whoever reads samples; `safe` may come from another thread."""
        self._running = self._closed = False
        self._relax: Callable[[], object] = nothing
        """Gives up what priority the program has."""
        self._trouble: RigError | None = None
        self._loose = False
        """Whether the outputs may still be under way, because they could not be stopped."""
        self._going: dict[Axis, Move] = {}
        self._driven = Driven()
        self._asked: dict[str, float] = {}
        """Volts that second drives are to hold, and do not yet."""
        self._swings = False
        """Whether the height is to swing."""
        self._wanted = False
        """Whether something was applied that the outputs do not carry yet."""

    @property
    def info(self) -> RigInfo:
        """What the rig can do; the way it stops is certain once it is open."""
        return self._info

    @property
    def bench(self) -> Bench:
        """The open tasks.

        Raises:
            RigError: the rig is not open.
        """
        if self._bench is None:
            raise RigError("not-open", self._info.name, "the rig is not open; nothing moved.")
        return self._bench

    @property
    def plugged(self) -> Any:
        """What a stand-in lets instruments and tests act on; None on a real card.

        Raises:
            RigError: the rig is not open.
        """
        return self.bench.plugged

    # The contract.

    def open(self) -> Readback:
        """Find the card and read back its outputs; see `Rig.open`."""
        if self._closed:
            raise RigError("closed", self._info.name, "the rig was closed; build a new one.")
        if self._bench is None:
            self._bench = Bench(self._config, self._driver())
            inputs = self._bench.inputs
            current, potential = self._config.inputs.current, self._config.inputs.potential
            delay = inputs.later(current.terminal, than=potential.terminal)
            told = describe(self._config, self._cell, self._bench.card, delay)
            raw = raw_channels(self._config, inputs.terminals, inputs.coding)
            self._info = replace(told, raw=raw)
            self._agreement.judge(self._bench.sensed, self._bench.player.position)
        return Readback(dict(self._bench.player.position), self._agreement.doubts)

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`."""
        if not self._running:
            self.bench.inputs.start(raw=raw)
            self._running = True
            if self._config.stop.priority == "high":
                self._relax = come_first()

    def read(self) -> Block:
        """Return the next rows; see `Rig.read`."""
        with self._turns:
            bench = self.bench
            if not self._running:
                raise RigError("not-started", self._info.name, "the stream was not started.")
            record: ContactRecord | None = None
            while not self._delivery.waiting:
                self._refuse_in_trouble()
                try:
                    self._begin(bench)
                    self._turn(bench, self._block)
                    record = record or self._recorded(bench)
                except RigError as error:
                    self._fail(error)
            block, inputs = self._delivery.block(record), bench.inputs
            first, stop = (row * block.clock.spacing for row in (block.start, block.stop))
            return replace(block, edges=inputs.edges(), lamp=inputs.lamp(first, stop))

    def apply(self, action: Action) -> None:
        """Carry out one action, with the next `read`; see `Rig.apply`."""
        with self._turns:
            bench = self.bench
            match action:
                case Move():
                    self._move(action)
                case Drive():
                    self._info.refuse_impossible(action)
                    self._impose(bench, action)
                case Freeze():
                    self._give_up_motion()
                    bench.player.halt()
                    self._wanted = self._wanted or self._goes_on()
                case Modulate():
                    self._info.refuse_modulation(action)
                    self._swing(on=action.on)
                case Mark(line):
                    bench.marks.up(line)
                case Carry():
                    self._info.refuse_carrying(action, self._driven.mode or "open")
                case Connect():
                    self._connect(bench, action)
                case Wake():
                    pass  # A card's blocks have a length of their own.

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Freeze, switch the cell off and lift the tip; see `Rig.safe`."""
        bench = self._bench
        if bench is None:
            what = f"The rig is not open, its outputs keep their last values: {why}."
            return SafeReport(frozen=True, drive_off=False, retracted=False, what=what)
        # Without waiting for a turn: the thread that reads may be the one that hangs.
        self._halt(bench.player.halt_hastily)
        if not self._turns.acquire(timeout=self._config.patience + 1.0):
            off = all((self._disconnected(bench), self._others_off(bench)))
            cell = "Cell off" if off else "The cell was left on"
            what = f"{cell}, outputs frozen; the program hangs, so the tip was held: {why}."
            # The thread that hangs must not go on with what it was about to begin.
            self._trouble = self._trouble or RigError("made-safe", self._info.name, what)
            return SafeReport(not self._loose, drive_off=off, retracted=False, what=what)
        try:
            return self._make_safe(bench, why, by if retract else 0.0)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Let go of the card; see `Rig.close`."""
        with self._turns:
            bench, self._bench = self._bench, None
            self._closed, self._running = True, False
            self._relax()
            if bench is not None:
                with suppress(RigError):
                    bench.player.halt()
                bench.close()

    # Actions.

    def _move(self, move: Move) -> None:
        check_move(move, self._info.axes[move.axis])
        self._info.refuse_unwatched(move)
        self._agreement.refuse(move, lambda: self.bench.player.position["z"])
        held = self._latch(move)
        if move.axis != "z":
            self._swing(on=False)
        self._going[move.axis] = move
        self._wanted = True
        if move.until is not None:
            self._watch.arm(move, held)
        elif self._watch.axis == move.axis:
            self._watch.disarm()

    def _impose(self, bench: Bench, drive: Drive) -> None:
        if drive.on and drive.mode == "open":
            self._asked.pop(drive.on, None)
            bench.second.off(drive.on)
        elif drive.on:
            self._asked[drive.on] = drive.waveform.extremes[0]
        else:
            since = self._delivery.row if drive.since is None else drive.since
            self._driven = Driven(drive, since * self._info.clock.period)
            self._wanted = True
            if drive.mode == "open":
                self._asked.clear()
                bench.second.all_off()

    def _swing(self, *, on: bool) -> None:
        if on != self._swings:
            self._swings, self._wanted = on, True

    def _latch(self, move: Move) -> Latch | None:
        trigger = self._config.stop.trigger
        if move.until is None or trigger is None or self._info.stop.kind != "hardware":
            return None
        _, scale = self._config.measured()[trigger.signal]
        return latch(move.until, move.baseline, trigger, scale)

    def _give_up_motion(self) -> None:
        self._going.clear()
        self._watch.disarm()

    def _connect(self, bench: Bench, wanted: Connect) -> None:
        """Switch the relays of a channel, with the cell off; what a person does is no concern."""
        if wanted.by == "person":
            return
        # What was asked for is so only when the next samples have been read.
        off = self._driven.mode == "open" and not self._wanted
        connected = "" if self._relays is None else self._relays.connected
        self._info.refuse_connection(wanted, connected, "open" if off else "potential")
        if self._relays is not None:
            self._relays.connect(wanted.channel, bench.lines)

    # Paths.

    def _goes_on(self) -> bool:
        """Tell whether the outputs change though nothing travels: by the drive, or a swing."""
        now = self._delivery.row * self._info.clock.period
        return self._swings or self._driven.changes(now)

    def _begin(self, bench: Bench) -> None:
        """Begin what was applied since the last time, as one path from where the outputs are."""
        if not self._wanted:
            self._hold_others(bench)
            return
        player = bench.player
        player.halt()
        self._settle(bench)
        mode = self._driven.mode
        if mode is not None and self._cell.differs(mode, self._driven.range):
            self._switch(bench, mode)
        ramps = {
            axis: Ramp(player.position[axis], move.to, move.speed, move.smooth)
            for axis, move in self._going.items()
        }
        self._refuse_in_trouble()
        # Samples that the card has and nobody has read are in the past of the path.
        now = bench.inputs.acquired / self._info.clock.rate
        command = self._driven.command(self._cell, now, float(player.volts[3]))
        path = player.path(ramps, command, swing=self._swinging())
        self._hold_others(bench)
        self._watch.begun(player.begin(path, self._watch.latch))
        # Safe may have come while that hung; then it is stopped again.
        self._refuse_in_trouble()
        self._wanted = False

    def _switch(self, bench: Bench, mode: Mode) -> None:
        """Bring lines and command to a mode, with the cell disconnected where a line can do so.

        A potential is there before the cell is connected: at zero volts even a millisecond would
        charge what rests at 4 V. A current begins at zero.
        """
        cell, driven = self._cell, self._driven
        cell.disconnect(bench.lines)
        scale = cell.scale(mode)
        self._finish(bench, {}, Command(scale, Constant(0.0)))
        cell.select(mode, driven.range, bench.lines)
        self._delivery.rescale(cell.current, bench.inputs.acquired)
        if mode == "potential" and cell.disconnects:
            now = bench.inputs.acquired / self._info.clock.rate
            first = driven.command(cell, now, 0.0).first
            self._finish(bench, {}, Command(scale, Constant(first)))
        cell.connect(mode, driven.range, bench.lines)

    def _hold_others(self, bench: Bench) -> None:
        """Put out what second drives are to hold from now on."""
        while self._asked:
            name, potential = self._asked.popitem()
            bench.second.hold(name, potential)

    def _swinging(self) -> Swing | None:
        """Return what the height carries on top now."""
        known = self._info.modulation
        if known is None or not self._swings:
            return None
        return Swing(known.frequency, known.amplitude, self._info.axes["z"].travel)

    def _refuse_in_trouble(self) -> None:
        """Raise what has gone wrong, in another thread perhaps."""
        if self._trouble is not None:
            raise self._trouble

    def _finish(self, bench: Bench, ramps: Ramps, command: Command, rest: float = 0.0) -> None:
        """Play a path to its end, and hold there for some seconds."""
        path = bench.player.path(ramps, command, rest)
        bench.player.finish(path, lambda: self._let_pass(bench))
        self._settle(bench)

    def _settle(self, bench: Bench) -> None:
        """Read on until it is known where the outputs stopped.

        Raises:
            RigError: that cannot be known.
        """
        while self._streaming(bench) and not bench.player.settled:
            self._turn(bench, max(1, bench.player.unsettled_until - bench.inputs.next))
        if not bench.player.settled:
            bench.player.assume(bench.look())

    # Samples.

    def _turn(self, bench: Bench, least: int) -> None:
        """Fetch samples, look for contact, keep the outputs going, and average.

        Raises:
            RigError: no samples came. Whatever else fails is remembered, for the samples that
                came are worth keeping.
        """
        player = bench.player
        raw = bench.inputs.read(least)
        if (begun := player.swing_began(raw)) is not None:
            self._delivery.refer(begun)
        si = self._delivery.si(raw)
        piece = Piece(raw.first, self._delivery.named(si), player.counts(raw))
        try:
            touched = self._watch.feed(piece)
            if not touched and self._watch.latch is not None and player.paused(raw):
                self._watch.seen_by_card()
                touched = True
            if touched:
                self._going.clear()
                player.halt(frozen=True)
                self._wanted = self._goes_on()
            player.feed(raw)
            if bench.inputs.broken is not None:
                raise bench.inputs.broken
            bench.marks.down()
        except RigError as error:
            self._fail(error)
        if (player.settled or player.arrived(raw)) and not self._wanted:
            self._give_up_motion()
        bits = player.bits(raw)
        self._agree(bench, piece, still=not (self._swings or (bits & Flag.MOVING).any()))
        self._delivery.take(raw, si, bits)

    def _agree(self, bench: Bench, piece: Piece, *, still: bool) -> None:
        """Compare position sensors with the outputs, where the stage rests."""
        if not still or not bench.player.settled:
            self._agreement.moved()
            return
        self._agreement.take(piece.signals, 1.0 / self._info.clock.rate)
        if self._agreement.due:
            self._agreement.compare(bench.player.position)

    def _fail(self, error: RigError) -> None:
        """Freeze, and remember what is to be raised once all rows are delivered."""
        self._trouble = self._trouble or error
        if self._bench is not None:
            self._halt(self._bench.player.halt)

    def _recorded(self, bench: Bench) -> ContactRecord | None:
        player = bench.player
        if not player.settled:
            return None
        return self._watch.record(player.base, self._info.clock.rate / bench.outputs.rate)

    # Safety.

    def _halt(self, halt: Callable[[], None]) -> None:
        """Stop the outputs, and remember whether they are sure to rest."""
        try:
            halt()
        except RigError as error:
            self._trouble = self._trouble or error
            self._loose = error.code != "underflow"

    def _make_safe(self, bench: Bench, why: str, by: float) -> SafeReport:
        """Switch the cell off and, where it is known what the outputs carry, lift the tip.

        A cell without a line of its own goes off with the first sample of the lift.
        """
        self._give_up_motion()
        self._swings = self._wanted = False
        off, others, said, height = self._disconnected(bench), self._others_off(bench), "", None
        try:
            self._locate(bench)
            self._driven = Driven(Drive("open", Constant(0.0)))
            command = Command(self._cell.scale("open"), Constant(0.0))
            # The stage is where its command is only some time after it.
            ramps, rest = (self._lift(bench, by), SETTLED * self._config.lag) if by else ({}, 0)
            self._finish(bench, ramps, command, rest)
            off, height = True, bench.player.position["z"]
        except RigError as error:
            said = f" {error}"
            self._trouble = self._trouble or error
        if self._trouble is not None:
            self._delivery.drop()  # What failed has been told; nothing is delivered after that.
        up = by > 0.0 and not said
        top = height is not None and self._info.axes["z"].travel.upper - height <= RETRACTED
        cell = cell_words(off=off) + (
            "" if others else ", a second drive could not be switched off"
        )
        what = f"{cell}, {tip_words(up=up, at_top=top, height=height)}: {why}.{said}"
        remarks = () if bench.plugged is None else bench.plugged.words
        return SafeReport(not self._loose, off and others, up, what, height, top, remarks=remarks)

    def _disconnected(self, bench: Bench) -> bool:
        """Open the cell by its line, if it has one; tell whether that was done."""
        if not self._cell.disconnects and self._relays is None:
            return False
        try:
            self._cell.disconnect(bench.lines)
            if self._relays is not None:
                self._relays.leave(bench.lines)
        except RigError as error:
            self._trouble = self._trouble or error
            return False
        return True

    def _others_off(self, bench: Bench) -> bool:
        """Switch second drives off; tell whether that was done."""
        self._asked.clear()
        try:
            bench.second.all_off()
        except RigError as error:
            self._trouble = self._trouble or error
            return False
        return True

    def _locate(self, bench: Bench) -> None:
        """Find out what the outputs carry, if need be by tasks made again.

        Raises:
            RigError: it cannot be known.
        """
        if self._trouble is not None:
            bench.renew_outputs()
            self._loose = False
        if not self._streaming(bench):
            bench.player.assume(bench.look())
        try:
            self._settle(bench)
        except RigError:
            self._settle(bench)  # The stream failed only now; the second time looks afresh.

    def _lift(self, bench: Bench, by: float) -> Ramps:
        """Return the ramp by some metres up, at most to the top; none where the tip is there."""
        z, reach = bench.player.position["z"], self._info.axes["z"]
        to = min(z + by, reach.travel.upper)
        return {} if to - z <= RETRACTED else {"z": Ramp(z, to, reach.fastest)}

    def _streaming(self, bench: Bench) -> bool:
        """Tell whether the inputs still deliver samples."""
        return self._running and bench.inputs.broken is None

    def _let_pass(self, bench: Bench) -> None:
        """Let the time of a block pass, by samples whether or not the stream still runs."""
        if self._streaming(bench):
            self._turn(bench, self._block)
            return
        for _ in range(0, self._block, GLANCE):
            bench.look()
