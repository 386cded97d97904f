"""A rig made of parts: a stage, the drive of the cell, and the stream of data points.

Theory of operation. One device may be all three, as an NI card is; then it is a `Rig` by itself.
Where the potentiostat is a device of its own, `rig_of` puts the parts together behind the same
face. Each action goes to the part that can carry it out. In an emergency the order is the one of
`Rig.safe`: the stage holds, the cell goes off, and only then the tip goes up; a part that fails
does not keep the others from it.

A drive that runs techniques by itself measures, too, and delivers late: `seccm.rig.gate` brings
what it says into the rows of the stream.

`parts_of` lends the parts of a whole rig, so that "the stage and the inputs of this card with the
drive of that maker" is one line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, cast, runtime_checkable

from seccm.errors import SeccmError
from seccm.rig.actions import (
    Action,
    Carry,
    Connect,
    Drive,
    Freeze,
    Mark,
    Mode,
    Modulate,
    Move,
    Wake,
)
from seccm.rig.block import Block, overload_flags
from seccm.rig.drives import DriveInfo
from seccm.rig.gate import Gate
from seccm.rig.info import CurrentRange, RigInfo
from seccm.rig.protocol import Readback, Rig, SafeReport
from seccm.rig.safe_words import cell_words, tip_words
from seccm.rig.span import Range
from seccm.rig.technique import RunningCell, Runs


@dataclass(frozen=True, slots=True)
class CellInfo:
    """What the drive of a cell can do; volts and amperes, potentials raw."""

    name: str
    modes: frozenset[Mode]
    potential: Range
    current: Range
    overload: float
    """What the potential reads where an anodic current is imposed and no circuit is closed."""
    update: float = 0.0
    """Seconds from one value of a drive that is put out to the next; 0 where nobody knows."""
    ranges: tuple[CurrentRange, ...] = ()
    """Current ranges that a step may ask for, with the usual one first; none where it chooses."""
    runs: Runs | None = None
    """What it runs by itself; it is a `seccm.rig.RunningCell` then. None for a drive that imposes
    at once what it is told, and measures nothing."""


class Cell(Protocol):
    """The drive of the cell: a potentiostat, a galvanostat, or both."""

    @property
    def info(self) -> CellInfo:
        """What it can do; known before it is opened."""

    def open(self) -> None:
        """Connect. Switches nothing.

        Raises:
            RigError: it is missing or refuses.
        """

    def impose(self, drive: Drive, row: int) -> None:
        """Impose a drive from the next row on; returns at once.

        Args:
            drive: what; "open" opens the circuit.
            row: number of the next row.

        Raises:
            LimitError: out of range or not possible; nothing changed.
            RigError: the device does not answer.
        """

    def off(self) -> bool:
        """Switch the cell off, from any thread, and tell whether it is off. Never raises."""

    def close(self) -> None:
        """Let go of the device. May be called twice."""


class Stage(Protocol):
    """What moves the tip, and stops it where a contact is seen."""

    @property
    def info(self) -> RigInfo:
        """Its axes, its way to stop and its lag; the rest is not looked at."""

    def open(self) -> Readback:
        """Connect and read back where everything is. Moves nothing.

        Raises:
            RigError: a device is missing or refuses.
        """

    def apply(self, action: Move | Freeze | Modulate) -> None:
        """Carry out one motion, hold, or let the height swing; returns at once.

        Raises:
            LimitError: out of range or not possible; nothing moved.
        """

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Hold and, if asked, lift the tip; see `Rig.safe`."""

    def close(self) -> None:
        """Let go of the devices; outputs keep their last values. May be called twice."""


@runtime_checkable
class WatchingStage(Stage, Protocol):
    """A stage that is no part of what measures: it is shown the rows, and looks for the contact."""

    def see(self, block: Block) -> Block:
        """Look at rows, and stop where a contact shows; called once for each block.

        Returns:
            The block with its own x, y and z, the flags MOVING and FROZEN, and the record of a
            stop.

        Raises:
            RigError: the device does not answer, or stops later than it promises.
        """


class Stream(Protocol):
    """What measures: rows of signals, one after the other."""

    @property
    def info(self) -> RigInfo:
        """Its signals, clock and raw channels; the rest is not looked at."""

    def open(self) -> object:
        """Connect; does nothing where it is the device of the stage, open already.

        Raises:
            RigError: a device is missing or refuses.
        """

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`."""

    def read(self) -> Block:
        """Return the next rows; see `Rig.read`."""

    def apply(self, action: Mark | Wake | Connect) -> None:
        """Raise a line for other recorders, switch a channel, or be told of the next decision."""

    def close(self) -> None:
        """Let go of the devices. May be called twice."""


class Parts(NamedTuple):
    """The parts of a rig."""

    stage: Stage
    cell: Cell
    stream: Stream


def parts_of(rig: Rig) -> Parts:
    """Lend the parts of a whole rig, to be put together with others."""
    return Parts(rig, _CellOf(rig), rig)


def rig_of(
    stage: Stage,
    cell: Cell,
    stream: Stream,
    *,
    name: str = "",
    drives: Mapping[str, Cell] | None = None,
) -> Rig:
    """Put parts together into one rig; nothing is opened.

    Args:
        stage: moves the tip.
        cell: drives the cell.
        stream: measures; may be the same device as the stage.
        name: of the whole; that of the stage unless given.
        drives: other drives, by name, such as that of a substrate; see `seccm.rig.drives`. Who
            measures declares the signals of each.
    """
    return _Assembled(stage, cell, stream, name or stage.info.name, drives or {})


class _CellOf:
    """The drive of a whole rig, as a part."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    @property
    def info(self) -> CellInfo:
        info = self._rig.info
        return CellInfo(
            info.name, info.modes, info.potential, info.current, info.overload, info.update,
            runs=info.runs,
        )  # fmt: skip

    def open(self) -> None:
        self._rig.open()

    def impose(self, drive: Drive, row: int) -> None:
        self._rig.apply(drive)

    def off(self) -> bool:
        return self._rig.safe("cell off", retract=False).drive_off

    def close(self) -> None:
        self._rig.close()


class _Assembled:
    """Several devices behind the face of one; see the module."""

    def __init__(
        self, stage: Stage, cell: Cell, stream: Stream, name: str, drives: Mapping[str, Cell]
    ) -> None:
        self._stage, self._cell, self._stream = stage, cell, stream
        self._name, self._drives = name, drives
        self._row = 0
        self._mode: Mode = "open"
        self._channel = ""
        self._watching = stage if isinstance(stage, WatchingStage) else None
        self._gate: Gate | None = None
        if cell.info.runs is not None:
            running, info = cast(RunningCell, cell), cell.info
            self._gate = Gate(running, cell.info.runs, info.name, stream.info.clock)

    @property
    def info(self) -> RigInfo:
        stage, cell, stream = self._stage.info, self._cell.info, self._stream.info
        return replace(
            stage,
            name=self._name,
            virtual=stage.virtual or stream.virtual,
            modes=cell.modes,
            potential=cell.potential,
            current=cell.current,
            overload=cell.overload,
            clock=stream.clock,
            signals=stream.signals,
            idle_current=stream.idle_current,
            # Samples of the card say nothing of what an instrument measures by itself.
            raw=stream.raw if cell.runs is None else (),
            raw_always=stream.raw_always,
            switch=stream.switch,
            update=cell.update,
            # Who measures in ranges that a program can switch is the card, or the instrument.
            ranges=stage.ranges if cell.runs is None else cell.ranges,
            sines=stream.sines and cell.runs is None,
            runs=cell.runs,
            drives=tuple(
                DriveInfo(name, drive.info.potential, drive.info.current)
                for name, drive in self._drives.items()
            ),
            words=(*stage.words, f"The cell is driven by {cell.name}."),
        )

    def open(self) -> Readback:
        with ExitStack() as undo:
            # What measures comes first: it may be the device of the others as well.
            self._stream.open()
            undo.callback(self._stream.close)
            found = self._stage.open()
            undo.callback(self._stage.close)
            self._cell.open()
            undo.callback(self._cell.close)
            for drive in self._drives.values():
                drive.open()
                undo.callback(drive.close)
            undo.pop_all()
        return found

    def start(self, *, raw: bool = False) -> None:
        self._stream.start(raw=raw)

    def read(self) -> Block:
        gate = self._gate
        if gate is None:
            return self._seen()
        block = None
        while block is None:
            gate.add(self._seen())
            block = gate.take()
        return block

    def _seen(self) -> Block:
        """Return the next rows of the stream."""
        block = self._stream.read()
        self._row = block.stop
        if self._watching is not None:
            block = self._watching.see(block)
        if self._mode != "current":
            return block
        # Who measures does not know who drives.
        over = overload_flags(block.data["potential"], self._cell.info.overload)
        return replace(block, flags=block.flags | over)

    def apply(self, action: Action) -> None:
        match action:
            case Move() | Freeze() | Modulate():
                self._stage.apply(action)
            case Drive() if action.on:
                self.info.refuse_impossible(action)
                self._drives[action.on].impose(replace(action, on=""), self._row)
            case Drive():
                self._drive(action)
                self._mode = action.mode
                if action.mode == "open":
                    for drive in self._drives.values():
                        drive.impose(action, self._row)
            case Mark() | Wake():
                self._stream.apply(action)
            case Carry():
                self.info.refuse_carrying(action, self._mode)
            case Connect():
                if action.by == "rig":
                    # Who switches does not know who drives.
                    self.info.refuse_connection(action, self._channel, self._mode)
                    self._channel = action.channel
                self._stream.apply(action)

    def _drive(self, action: Drive) -> None:
        if self._gate is None:
            self._cell.impose(action, self._row)
            return
        self.info.refuse_impossible(action)
        self._gate.order(action)

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        report = self._stage.safe(why, retract=False)
        # Each of them, whether or not the one before could be.
        off = all([self._cell.off(), *(drive.off() for drive in self._drives.values())])
        self._mode = "open"
        if self._gate is not None:
            self._gate.forget()
        if retract:
            report = self._stage.safe(why, by=by)
        up = retract and report.retracted
        unknown = "" if report.frozen else "where the tip is, is not known"
        tip = tip_words(up=up, at_top=report.at_top, height=report.height, instead=unknown)
        what = f"{cell_words(off=off)}, {tip}: {why}."
        if not report.frozen or (retract and not report.retracted):
            what = f"{what} {report.what}"
        return replace(report, drive_off=off, what=what)

    def close(self) -> None:
        failures: list[SeccmError] = []
        others = (drive.close for drive in self._drives.values())
        for close in (*others, self._cell.close, self._stream.close, self._stage.close):
            try:
                close()
            except SeccmError as error:  # the other devices are let go of all the same
                failures.append(error)
        if failures:
            raise failures[0]
