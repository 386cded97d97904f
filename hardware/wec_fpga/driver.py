"""What is under way on the target, and what is to come: one thing after the other.

The target carries out lines in their order. A motion of z that something else is wanted for is
broken off, and taken up again afterwards; a motion sideways ends with the lines that were sent.
"""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np

from hardware.agreement import Agreement
from hardware.ni.paths import check_move
from hardware.wec_fpga import contract
from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.command import Command
from hardware.wec_fpga.comparators import DEAF, Pair, watching
from hardware.wec_fpga.config import COMPARED, WecFpgaConfig
from hardware.wec_fpga.delivery import Delivery
from hardware.wec_fpga.descent import Run, Why
from hardware.wec_fpga.frames import UNTIL, Travel, exponent, line, speed_word
from hardware.wec_fpga.lines import SENTINEL, Lines
from hardware.wec_fpga.link import Link
from hardware.wec_fpga.rows import Piece, Rows
from hardware.wec_fpga.sideways import APPLIED, AXES, Sideways
from seccm.arrays import FloatArray
from seccm.errors import LimitError, RigError
from seccm.rig import Axis, Drive, Flag, Move, Readback, RigInfo

BLOCK = 16
"""Rows of a block while nothing happens."""
QUICK = 2
"""Rows of a block while a contact or a limit is looked for."""
HEALTH = 100
"""Rows after which it is looked whether the target has stopped itself."""


class Driver:
    """Lines and rows of one target.

    Args:
        config: of the rig.
        cell: how it is driven.
        link: to the target.
        info: of the rig.
    """

    def __init__(self, config: WecFpgaConfig, cell: Cell, link: Link, info: RigInfo) -> None:
        self.config, self.cell, self.link, self.info = config, cell, link, info
        self.rows = Rows(link, config.clock.ticks, config.patience)
        self.lines = Lines(link, config.patience)
        self.delivery = Delivery(config, cell)
        self._agreement = Agreement(config.axes, config.lag, needed=True)
        self.trouble: RigError | None = None
        self.wake = 0
        """Row before which the next decision falls."""
        self._command = Command(config, cell, link, self.rows)
        self._sideways = Sideways(config, link, self.rows, self.lines)
        self._going: dict[Axis, Move] = {}
        self._run: Run | None = None
        self._z_wanted = self._frozen = False
        self._looked = 0

    # What is asked for.

    def position(self) -> dict[Axis, float]:
        """Return where the outputs put the stage, in metres.

        Raises:
            DriverError: the library refuses.
        """
        return {
            axis: self.config.command(axis).one(self.link.read(name))
            for axis, name in APPLIED.items()
        }

    def readback(self) -> Readback:
        """Return the same, with what position sensors say against it.

        Raises:
            DriverError: the library refuses.
        """
        return Readback(self.position(), self._agreement.doubts)

    def look_at_sensors(self) -> None:
        """Compare position sensors with the outputs of a stage that rests.

        Raises:
            RigError: no rows come, or the library refuses.
        """
        while not self._agreement.due:
            for piece in self.rows.fetch(BLOCK):
                self._compare(piece)
        self._agreement.compare(self.position())

    def _compare(self, piece: Piece) -> None:
        positions: dict[str, FloatArray] = {
            axis: self.delivery.coded(axis).si(piece.words[:, self.delivery.word(axis)])
            for axis in APPLIED
        }
        self._agreement.take(positions, self.rows.period)

    def begin(self) -> None:
        """Begin to count rows.

        Raises:
            DriverError: the library refuses.
        """
        self.rows.restart()
        self.delivery.drop()

    def move(self, move: Move) -> None:
        """Take a motion on; see `Rig.apply`.

        Raises:
            LimitError: it is not possible; nothing moved.
        """
        check_move(move, self.info.axes[move.axis])
        self.info.refuse_unwatched(move)
        self._agreement.refuse(move, lambda: self.position()["z"])
        coded = self.config.command(move.axis)
        coded.code(move.to, move.axis)
        per_tick = coded.per_tick(move.speed)
        speed_word(per_tick, exponent(per_tick))
        if move.until is not None:
            if move.axis != "z":
                raise LimitError(
                    "z-only",
                    move.axis,
                    "the target stops only z at a contact; nothing moved.",
                    "Come down along z.",
                )
            self._pair(move, move.baseline, strict=True)
        if move.axis != "z":
            self._sideways.end(again=True)
        self._going[move.axis] = move
        self._command.drop()
        self._frozen = False
        self._z_wanted = self._z_wanted or move.axis == "z"

    def drive(self, drive: Drive) -> None:
        """Take a drive of the cell on; see `Rig.apply`.

        Raises:
            LimitError: it is not possible; nothing changed.
        """
        self.info.refuse_impossible(drive)
        self._command.take(drive, moving=bool(self._going))

    def freeze(self) -> None:
        """Hold the stage; see `seccm.rig.Freeze`.

        Raises:
            RigError: the library refuses.
        """
        self._going = {axis: move for axis, move in self._going.items() if self._under_way(axis)}
        self._z_wanted = False
        self._sideways.end(again=False)
        if self._run is not None and self._run.why != "arrived":
            # Asked for after a contact has ended it, an end would be that of the next descent.
            if self._run.why is None and self.lines.begun() < self._run.sentinel:
                self._ask(self._run, "frozen")
            elif self._run.why == "broken off":
                self._run.why = "frozen"

    def _under_way(self, axis: Axis) -> bool:
        return self._run is not None if axis == "z" else self._sideways.under_way

    # Rows.

    def turn(self) -> None:
        """Send what is due, and fetch the next rows.

        Raises:
            RigError: something failed.
        """
        self.step()
        for piece in self.rows.fetch(self._count()):
            self._look(piece)
        self._look_after()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, whether or not rows come.

        Raises:
            RigError: something failed.
        """
        for piece in self.rows.glance(seconds):
            self._look(piece)

    def await_idle(self) -> None:
        """Wait until every line that was sent is over.

        Raises:
            RigError: that takes too long, or the library refuses.
        """
        looks = math.ceil((self.config.patience + self.config.stop.horizon) / self.rows.period)
        for _ in range(looks):
            if self.lines.idle():
                return
            self.pass_time(self.rows.period)
        self.refuse_stopped()
        raise RigError(
            "stuck",
            self.link.where,
            f"the target has not come to the end of line {self.lines.sent} in time. It is paused.",
            "See that no other program has paused it.",
        )

    def _count(self) -> int:
        """Return how many rows to wait for."""
        watched = self._run is not None and (
            self._run.move.until is not None or self._run.why is not None
        )
        count = QUICK if self._command.limited or watched else 4 if self._going else BLOCK
        if self._command.ramping:
            count = min(count, max(1, int(self.config.stop.horizon / 3.0 / self.rows.period)))
        if self.wake > self.rows.next:
            return min(count, self.wake - self.rows.next)
        return count

    def _look(self, piece: Piece) -> None:
        """Take rows, and see what is over in them."""
        numbers = self.lines.numbers(piece.words[:, 9])
        moving = np.full(len(numbers), bool(self._going))
        frozen = np.full(len(numbers), self._frozen)
        run = self._run
        if run is not None and (numbers >= run.sentinel).any():
            k = int(np.argmax(numbers >= run.sentinel))
            self._finish(run, piece, k)
            moving[k:], frozen[k:] = bool(self._going), self._frozen
        if (k_over := self._sideways.over_from(numbers)) is not None:
            for axis in () if self._sideways.again else AXES:
                self._going.pop(axis, None)
            moving[k_over:] = bool(self._going)
        flags = np.where(moving, np.uint8(Flag.MOVING), np.uint8(0))
        flags |= np.where(frozen & ~moving, np.uint8(Flag.FROZEN), np.uint8(0))
        if moving.any() or self._going:
            self._agreement.moved()
        else:
            self._compare(piece)
        self.delivery.take(piece, flags, galvanostat=self._command.galvanostat)

    def _look_after(self) -> None:
        """Look now and then whether sensors agree, the target has stopped, or words were lost.

        Raises:
            RigError: it has.
        """
        if self._agreement.due:
            self._agreement.compare(self.position())
        if self.rows.locked and self.rows.next < self._looked + HEALTH:
            return
        self._looked = self.rows.next
        self.refuse_stopped()
        self.lines.begun()

    def refuse_stopped(self) -> None:
        """Refuse to go on where the target has stopped.

        Raises:
            RigError: it has.
        """
        stopped = [n for n in (contract.STOP, contract.OWN_STOP) if self.link.read(n)]
        if stopped or not self.link.running:
            what = f'"{stopped[0]}" is set' if stopped else "its program does not run"
            raise RigError(
                "target-stopped",
                self.link.where,
                f"the target has stopped: {what}. Its outputs hold.",
                "Raise the tip by the stage's own controller, then power the target up again.",
            )

    # What is under way.

    def step(self) -> None:
        """Tend what is under way, and begin what comes next.

        Raises:
            RigError: something failed.
        """
        if self._run is not None:
            if (self._command.wanted or self._z_wanted) and self._run.why is None:
                self._ask(self._run, "broken off")
            self._tend(self._run)
            return
        if self._sideways.under_way:
            if self._command.wanted or (self._z_wanted and self._upwards()):
                self._sideways.end(again=True)
            self._sideways.feed()
            return
        if self._command.wanted:
            self._begin_drive()
        if self._going:
            self._begin_motion()
        elif lines := self._command.more():
            self.lines.send(*lines)

    def _tend(self, run: Run) -> None:
        if run.why is not None:
            if self.rows.next > run.obeyed_by():
                raise RigError(
                    "not-obeyed",
                    self.link.where,
                    "the target does not end a motion of z when it is told to. It is paused.",
                    "Go through `seccm rig bench`: this rig cannot be used as it is.",
                )
        elif self.rows.next >= run.due and self.link.read(contract.Z) == run.goal:
            self._ask(run, "arrived")

    def _ask(self, run: Run, why: Why) -> None:
        """Let the second comparator end a motion of z at the end of the next row."""
        self.link.write(contract.THRESHOLD_2, run.pair.abort)
        run.why, run.asked = why, self.rows.next

    def _finish(self, run: Run, piece: Piece, k: int) -> None:
        """Take it that a motion of z was over before a row of a piece."""
        self._run = None
        touched = run.why is None
        if run.why == "broken off" and run.move.until is not None:
            name = run.move.until.signal
            values = self.delivery.coded(name).si(piece.words[: k + 1, self.delivery.word(name)])
            seen = np.append(values, self.delivery.newest(name))
            touched = bool(run.move.until.past(run.move.baseline, seen).any())
        if run.why != "broken off" or touched:
            if self._going.get("z") is run.move:
                del self._going["z"]
        else:
            self._z_wanted = True
        if touched:
            self._frozen = "z" not in self._going
            self.delivery.touched(piece.first + k - 1, exact=self.lines.exact)
        self.lines.deaf()

    # Motions.

    def _upwards(self) -> bool:
        move = self._going.get("z")
        return move is not None and move.to >= self.config.command("z").one(
            self.link.read(contract.Z)
        )

    def _begin_motion(self) -> None:
        sideways = any(axis in self._going for axis in AXES)
        if "z" in self._going and (not sideways or self._upwards()):
            self._begin_z(self._going["z"])
        if self._run is None and sideways:
            self.await_idle()
            self._sideways.prepare(self._going)
            self.refuse_in_trouble()
            self._sideways.feed()

    def _pair(self, move: Move, now: float, *, strict: bool) -> Pair:
        if move.until is None:
            return DEAF
        name = move.until.signal
        terminal, _ = self.config.measured()[name]
        return watching(
            move.until,
            move.baseline,
            now,
            self.delivery.coded(name),
            COMPARED[terminal],
            strict=strict,
        )

    def _begin_z(self, move: Move) -> None:
        self._z_wanted = False
        self.await_idle()
        coded = self.config.command("z")
        at, goal = self.link.read(contract.Z), coded.code(move.to, "z")
        if at == goal:
            del self._going["z"]
            return
        per_tick = coded.per_tick(move.speed)
        n = exponent(per_tick)
        now = math.nan if move.until is None else self.delivery.newest(move.until.signal)
        pair = self._pair(move, move.baseline if math.isnan(now) else now, strict=False)
        self.link.settle({contract.EXPONENTS["Z"]: -n, **pair.registers()})
        self.refuse_in_trouble()
        words = line(Travel("Z", goal, speed_word(per_tick, n)), kind=UNTIL, wait=2)
        sentinel = self.lines.send(words, SENTINEL)
        seconds = abs(goal - at) / (per_tick * 40e6)
        due = self.rows.next + math.floor(seconds / self.rows.period)
        self._run = Run(move, goal, sentinel, due, pair)

    def _begin_drive(self) -> None:
        self.await_idle()
        lines = self._command.begin()
        self.refuse_in_trouble()
        if lines:
            self.lines.send(*lines)

    # Safety.

    def refuse_in_trouble(self) -> None:
        """Raise what has gone wrong, in another thread perhaps."""
        if self.trouble is not None:
            raise self.trouble

    def hold(self) -> bool:
        """Let nothing move, from any thread; tell whether that was done. Never raises."""
        try:
            self.link.write(contract.PAUSE, 1)
        except RigError:
            with suppress(RigError):
                self.link.write(contract.STOP, 1)
                return True
            return False
        return True

    def fail(self, error: RigError) -> None:
        """Hold, and remember what is to be raised once all rows are delivered."""
        self.trouble = self.trouble or error
        self.hold()

    def give_up(self) -> None:
        """Forget what was to come; what is under way ends by itself at the next row."""
        self._going.clear()
        self._command.drop()
        self._command.wanted = self._z_wanted = False
        self._sideways.give_up()
        pair = DEAF if self._run is None else self._run.pair
        self.link.write(contract.THRESHOLD_2, pair.abort)

    def settled(self) -> None:
        """Wait until nothing is under way any more, and let no comparator end the next motion.

        Raises:
            RigError: that takes too long, or the library refuses.
        """
        self.await_idle()
        self._run, self._frozen = None, False
        self._sideways.forget()
        self.lines.deaf()

    @property
    def moving(self) -> bool:
        """Whether a motion is under way, or to come."""
        return bool(self._going)
