"""A rig on WEC-SPM's FPGA target, through the `nifpga` package.

Theory of operation. The program on the target is attached to while it runs: nothing is run, reset
or downloaded. Its rows are the clock of everything. `apply` checks an action and remembers it;
`read` sends what was remembered as lines (`driver`), fetches rows, and delivers them in SI units.

Every motion of z is a line that only a comparator ends: a contact, or the program, which makes the
second comparator true for every signal. So it can be broken off at any row, and a line behind it
shows in the rows when it is over. The outputs of an idle target hold. Nothing is ever in the queue
that must not happen: the next tenth of a second of a ramp or of a motion sideways, at most.

A failure pauses the target before it is reported, and rows that were complete by then are delivered
before it is raised. Only `safe` may come from another thread: it pauses first, and then waits for
its turn.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from typing import Any

from hardware.wec_fpga import attach, safety
from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.describe import clock_of, describe
from hardware.wec_fpga.driver import Driver
from hardware.wec_fpga.library import bitfile_of
from hardware.wec_fpga.link import Link
from seccm.errors import LimitError, RigError
from seccm.rig import (
    Action,
    Block,
    Carry,
    Connect,
    Drive,
    Freeze,
    Mark,
    Modulate,
    Move,
    Readback,
    RigInfo,
    SafeReport,
    Wake,
)


class WecFpgaRig:
    """A rig on one FPGA target; implements `seccm.rig.Rig`.

    Args:
        config: the rig file.
        library: makes NI's library available while it is entered: a stand-in under its package,
            or nothing for NI's own.
        source: the rig file's name: other files lie beside it.
    """

    def __init__(
        self,
        config: WecFpgaConfig,
        library: Callable[[], AbstractContextManager[Any]] = nullcontext,
        source: str = "rig file",
    ) -> None:
        self._config, self._library, self._source = config, library, source
        self._cell = Cell(config)
        self._info = describe(config, self._cell, config.clock.ticks, ())
        self._turns = threading.RLock()
        """Held by whoever reads rows; `safe` may come from another thread."""
        self._link: Link | None = None
        self._driver: Driver | None = None
        self._undo = ExitStack()
        self.plugged: Any = None
        """What a stand-in lets tests look at; None for a real target."""
        self._running = self._closed = False

    @property
    def info(self) -> RigInfo:
        """What the rig can do; how long a row takes is exact once it is open."""
        return self._info

    @property
    def driver(self) -> Driver:
        """Lines and rows of the open target.

        Raises:
            RigError: the rig is not open.
        """
        return self._opened("look")

    def open(self) -> Readback:
        """Attach to the running program and read back its outputs; see `Rig.open`."""
        if self._closed:
            raise RigError("closed", self._info.name, "the rig was closed; build a new one.")
        if self._driver is None:
            with ExitStack() as undo:
                self.plugged = undo.enter_context(self._library())
                bitfile = bitfile_of(self._config, self.plugged, self._source)
                link = Link(bitfile, self._config.resource)
                undo.callback(self._let_go, link)
                driver = Driver(self._config, self._cell, link, self._info)
                words = attach.attach(self._config, link, driver)
                self._undo = undo.pop_all()
            self._info = describe(self._config, self._cell, driver.rows.ticks, words)
            driver.info = self._info
            self._link, self._driver = link, driver
        return self._opened("open").readback()

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`."""
        driver = self._opened("start")
        if raw:
            raise RigError(
                "no-raw",
                self._info.name,
                "the target averages its samples and hands on none of them. Nothing moved.",
                "Leave record.raw out of the plan.",
            )
        if not self._running:
            driver.begin()
            self._running = True

    def read(self) -> Block:
        """Return the next rows; see `Rig.read`."""
        with self._turns:
            driver = self._opened("read")
            if not self._running:
                raise RigError("not-started", self._info.name, "the stream was not started.")
            while not driver.delivery.waiting:
                driver.refuse_in_trouble()
                try:
                    driver.turn()
                except RigError as error:
                    driver.fail(error)
            return driver.delivery.block(clock_of(driver.rows.ticks))

    def apply(self, action: Action) -> None:
        """Carry out one action, with the next `read`; see `Rig.apply`."""
        with self._turns:
            driver = self._opened("apply")
            match action:
                case Move():
                    driver.move(action)
                case Drive():
                    driver.drive(action)
                case Freeze():
                    driver.freeze()
                case Wake(row):
                    driver.wake = row
                case Modulate():
                    self._info.refuse_modulation(action)
                case Carry():
                    self._info.refuse_carrying(action, "open")
                case Connect():
                    if action.by == "rig":
                        self._info.refuse_connection(action, "", "open")
                case Mark():
                    raise LimitError(
                        "no-marks",
                        self._info.name,
                        "the target has no line that could be raised for other recorders; nothing "
                        "changed.",
                        "Leave the mark out, or use a rig on an NI card.",
                    )

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Pause, switch the cell off and lift the tip; see `Rig.safe`."""
        driver = self._driver
        if driver is None:
            what = f"The rig is not open, its outputs keep their last values: {why}."
            return SafeReport(frozen=True, drive_off=False, retracted=False, what=what)
        # Without waiting for a turn: the thread that reads may be the one that hangs.
        held = driver.hold()
        if not self._turns.acquire(timeout=self._config.patience + 1.0):
            state = "outputs held" if held else "the outputs could not be held"
            what = f"The cell was left on, {state}; the program hangs, the tip was held: {why}."
            driver.trouble = driver.trouble or RigError("made-safe", self._info.name, what)
            return SafeReport(frozen=held, drive_off=False, retracted=False, what=what)
        try:
            remarks = () if self.plugged is None else self.plugged.words
            return safety.make_safe(driver, why, by if retract else 0.0, remarks)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Let go of the target, without resetting it; see `Rig.close`."""
        with self._turns:
            self._closed, self._running = True, False
            self._driver = self._link = None
            with suppress(RigError):
                self._undo.close()

    def _opened(self, wanted: str) -> Driver:
        if self._driver is None:
            raise RigError(
                "not-open", self._info.name, f"cannot {wanted}: the rig is not open; nothing moved."
            )
        return self._driver

    def _let_go(self, link: Link) -> None:
        with suppress(RigError):
            attach.pause(link)
        link.close()
