"""A stage behind a serial port as part of a rig; a `seccm.rig.WatchingStage`.

Theory of operation. Who measures does not know where the stage is, and the stage does not know
what is measured: it is shown every block of rows (`see`), looks for the contact in them, tells the
controller to stop, and asks it where it is. Between two blocks a position is a straight line. How
late such a stop is was measured on this stage before; a stop that takes longer ends the run.

A motion down is sent in short pieces, each replaced by the next one under way: a controller whose
cable is off comes to the end of its piece, and stops. Orders are never given twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np

from hardware.ni.paths import check_move
from hardware.serial_stage.config import ControllerTable
from hardware.serial_stage.halting import Halting
from hardware.serial_stage.line import Line, Port
from hardware.serial_stage.speaking import Speaks
from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.rig import (
    Axis,
    AxisRange,
    Block,
    Flag,
    Freeze,
    Modulate,
    Move,
    Range,
    Readback,
    Rig,
    RigInfo,
    SafeReport,
    StopAbility,
)
from seccm.rig.safe_words import tip_words
from seccm.units import show

AXES: tuple[Axis, ...] = ("x", "y", "z")
NEAR = 20e-9
"""Metres from a place at which an axis that rests counts as arrived; and from the top of z."""
PAUSE = 0.02
"""Seconds between two questions whether a motion has ended, where no rows come."""


class SerialStage:
    """A stage behind a serial port.

    Args:
        table: of the rig file.
        speaks: how its controller is spoken to.
        connect: opens the port, when the stage is opened.
        beside: the rig whose inputs measure.
        wait: lets time pass while nobody reads rows.
    """

    def __init__(
        self,
        table: ControllerTable,
        speaks: Speaks,
        connect: Callable[[], Port],
        beside: Rig,
        wait: Callable[[float], None],
    ) -> None:
        self._table, self._speaks, self._connect = table, speaks, connect
        self._beside, self._wait = beside, wait
        self._line: Line | None = None
        self._going: dict[Axis, Move] = {}
        self._ending: set[Axis] = set()
        """Those of them that were told to stop."""
        self._sent: dict[Axis, float] = {}
        """Where axes under way were sent last, in metres."""
        self._at: dict[Axis, float] = {}
        """Where they were when last asked."""
        self._halting: Halting | None = None
        self._frozen = False
        self._closed = False
        self._slow: RigError | None = None

    @property
    def info(self) -> RigInfo:
        """Its axes and its way to stop; the rest is that of the rig beside it."""
        table, beside = self._table, self._beside.info
        axes = {
            name: AxisRange(Range(*one.travel), one.fastest, sensed=True)
            for name, one in table.axes.items()
        }
        typical = 0.5 * table.block + table.stop.typical
        worst = 2.0 * table.block + table.stop.worst + table.horizon
        said = (
            f"The stage is moved by {table.kind} over {table.port or table.library}; its stop was "
            f"measured: {show(table.stop.typical, 's')}, at worst {show(table.stop.worst, 's')} "
            f"({table.stop.measured})."
        )
        return replace(
            beside,
            axes=axes,
            stop=StopAbility("serial", typical, worst),
            stage_lag=table.lag,
            modulation=None,
            virtual=beside.virtual or table.library != "serial",
            words=(*beside.words, said),
        )

    def open(self) -> Readback:
        """Connect and ask where everything is; moves nothing."""
        if self._closed:
            raise RigError("closed", self._table.kind, "the stage was closed; build a new one.")
        if self._line is None:
            where = f"{self._table.kind} at {self._table.port or self._table.library}"
            try:
                line = Line(self._connect(), self._speaks, where)
            except OSError as error:
                raise RigError(
                    "no-port",
                    where,
                    f"the port cannot be opened: {error}. Nothing moved.",
                    "Check the name of the port, and that no other program has it.",
                ) from error
            try:
                line.ask(self._speaks.hello(), str.strip)
                for _ in range(10):  # of before
                    if not line.ask(self._speaks.errors(), self._speaks.error):
                        break
                self._line = line
                self._at = {axis: self._where(line, axis) for axis in AXES}
            except RigError:
                line.close()
                self._line = None
                raise
        return Readback(dict(self._at))

    def close(self) -> None:
        """Stop what is under way, and let go of the port."""
        line, self._line = self._line, None
        self._closed = True
        if line is not None:
            with suppress(RigError):
                line.shout(self._stops(AXES))
            line.close()

    # Actions.

    def apply(self, action: Move | Freeze | Modulate) -> None:
        """Carry out one motion, or hold; see `seccm.rig.Stage`."""
        line = self._opened()
        match action:
            case Move():
                self._move(line, action)
            case Freeze():
                going = tuple(axis for axis in self._going if axis not in self._ending)
                if going:
                    self._end(line, going)
                if self._halting is not None and not self._halting.ordered:
                    self._halting = None
            case Modulate():
                self.info.refuse_modulation(action)

    def _move(self, line: Line, move: Move) -> None:
        info = self.info
        check_move(move, info.axes[move.axis])
        info.refuse_unwatched(move)
        self._frozen, self._halting = False, None
        self._going[move.axis] = move
        self._ending.discard(move.axis)
        if move.until is not None:
            self._halting = Halting(move, self._table.stop)
        self._send(line, move)

    def _send(self, line: Line, move: Move) -> None:
        """Send an axis on: all the way, but down only as far as it comes before it is looked at."""
        to, at = move.to, self._at[move.axis]
        watched = move.until is not None
        if move.axis == "z" and (to < at or watched):
            ahead = move.speed * self._table.horizon
            to = max(to, at - ahead) if to < at else min(to, at + ahead)
        if self._sent.get(move.axis) == to:
            return
        axis = self._table.axes[move.axis]
        self._sent[move.axis] = to
        line.tell([*self._speaks.go(axis.channel, axis.sign * (to - axis.offset), move.speed)])

    # Rows.

    def see(self, block: Block) -> Block:
        """Look at rows for the contact; return them with positions and what is under way.

        Raises:
            RigError: the controller does not answer, reports an error, or stopped too late.
        """
        line = self._opened()
        if self._slow is not None:
            slow, self._slow = self._slow, None
            raise slow
        halting = self._halting
        if halting is not None and halting.touched(block):
            self._end(line, (halting.move.axis,))
        before, under_way = dict(self._at), bool(self._going)
        if under_way:
            self._look(line)
        record = None
        if halting is not None and halting.ordered:
            at = self._at[halting.move.axis]
            if halting.move.axis not in self._going:
                record, self._slow = halting.halted(block, at, self._where_from)
                self._halting = None
            else:
                halting.passed(block, at)
        moving = np.full(block.rows, under_way)
        flags = block.flags & ~np.uint8(Flag.MOVING | Flag.FROZEN)
        frozen = np.full(block.rows, self._frozen)
        if record is not None:
            self._frozen = True
            if record.stopped is not None:
                still = round(record.stopped / block.clock.spacing) - block.start
                frozen[max(0, min(still, block.rows - 1)) :] = True
                moving &= ~frozen
        if under_way and not self._going:
            moving[-1] = False
        flags |= np.where(moving, np.uint8(Flag.MOVING), np.uint8(0))
        flags |= np.where(frozen, np.uint8(Flag.FROZEN), np.uint8(0))
        return replace(
            block,
            data={**block.data, **self._positions(before, block.rows)},
            flags=flags,
            record=record,
        )

    def _where_from(self) -> str:
        return self._table.stop.measured

    def _positions(self, before: dict[Axis, float], rows: int) -> dict[str, FloatArray]:
        """Return straight lines from where the axes were to where they are, shape (rows,) each."""
        share = (np.arange(rows) + 0.5) / rows
        return {axis: before[axis] + share * (self._at[axis] - before[axis]) for axis in AXES}

    def _look(self, line: Line) -> None:
        """Ask where axes under way are, and send them on."""
        for axis, move in list(self._going.items()):
            name = self._table.axes[axis].channel
            busy = line.ask(self._speaks.moving(name), self._speaks.is_moving)
            self._at[axis] = self._where(line, axis)
            if axis in self._ending:
                if not busy:
                    del self._going[axis]
                    self._ending.discard(axis)
            elif not busy and abs(self._at[axis] - move.to) <= NEAR:
                del self._going[axis]
                halting = self._halting
                self._halting = None if halting and halting.move.axis == axis else halting
            elif axis == "z":
                self._send(line, move)

    def _where(self, line: Line, axis: Axis) -> float:
        one = self._table.axes[axis]
        found = line.ask(self._speaks.where(one.channel), self._speaks.metres)
        return one.offset + one.sign * found

    def _end(self, line: Line, axes: tuple[Axis, ...]) -> None:
        """Tell axes under way to stop; they are asked until they have."""
        line.shout(self._stops(axes))
        self._ending |= set(axes)

    def _stops(self, axes: tuple[Axis, ...]) -> list[str]:
        for axis in axes:
            self._sent.pop(axis, None)
        return [*self._speaks.stop([self._table.axes[axis].channel for axis in axes])]

    # Safety.

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Stop and, if asked, lift the tip; see `seccm.rig.Rig.safe`."""
        line = self._line
        if line is None:
            what = f"The stage is not open, and was told nothing: {why}."
            return SafeReport(frozen=True, drive_off=False, retracted=False, what=what)
        said, frozen, height = "", False, None
        self._going, self._ending, self._halting = {}, set(), None
        self._frozen, self._slow = False, None
        try:
            line.shout(self._stops(AXES))
            height = self._rest(line, 2.0 * self._table.stop.worst + self._table.patience)
            frozen = True
            top = self._table.axes["z"].travel[1]
            if retract and height < top - NEAR:
                height = self._lift(line, min(height + by, top))
        except RigError as error:
            said = f" {error}"
            if not frozen:
                said += (
                    f" It was on its way by no more than {show(self._table.horizon, 's')} of the "
                    "approach; nobody can say where the tip is now."
                )
        up = retract and not said
        at_top = height is not None and self._table.axes["z"].travel[1] - height <= NEAR
        # What the tip does comes first: a file keeps no more than a line.
        stopped = f"The stage is stopped, {tip_words(up=up, at_top=at_top, height=height)}"
        state = stopped if frozen else "Where the tip is, is not known"
        return SafeReport(frozen, True, up, f"{state}: {why}.{said}", height, at_top)

    def _lift(self, line: Line, to: float) -> float:
        z, at = self._table.axes["z"], self._at["z"]
        line.tell([*self._speaks.go(z.channel, z.sign * (to - z.offset), z.fastest)])
        found = self._rest(line, 2.0 * abs(to - at) / z.fastest + 1.0 + self._table.patience)
        if abs(found - to) > 5.0 * NEAR:
            raise RigError(
                "not-lifted",
                self._table.kind,
                f"the tip was to go to {show(to, 'm')} and is at {show(found, 'm')}.",
                "Raise the tip at the controller.",
            )
        return found

    def _rest(self, line: Line, seconds: float) -> float:
        """Wait until nothing moves; return the height of the tip.

        Raises:
            RigError: that takes too long, or the controller does not answer.
        """
        for _ in range(max(2, math.ceil(seconds / PAUSE))):
            names = [self._table.axes[axis].channel for axis in AXES]
            busy = [line.ask(self._speaks.moving(n), self._speaks.is_moving) for n in names]
            if not any(busy):
                # Its lag later it is where it was sent.
                self._wait(6.0 * self._table.lag)
                self._at = {axis: self._where(line, axis) for axis in AXES}
                return self._at["z"]
            self._wait(PAUSE)
        raise RigError(
            "not-stopped",
            self._table.kind,
            f"the stage still moves {show(seconds, 's')} after it was told to stop.",
            "Switch the controller off.",
        )

    def _opened(self) -> Line:
        if self._line is None:
            raise RigError("not-open", self._table.kind, "the stage is not open; nothing moved.")
        return self._line
