"""A template: a potentiostat that runs techniques by itself, through its maker's own library.

Copy this file into a package of your own, and fill in `Maker` for your instrument: eight calls that
every such library has. `TemplateCell` is the rest, and complete: it is a `seccm.rig.RunningCell`.
The tests run it over a virtual instrument; mypy checks it. What to call, as the makers document it:

=========  ===================================================  ==================================
method     EC-Lab's OEM library (EClib64.dll, `ctypes`)         Gamry's toolkit (`toolkitpy`)
=========  ===================================================  ==================================
connect    BL_Connect, BL_LoadFirmware                          toolkitpy_init, Pstat(...), open
load       BL_LoadTechnique: "ca.ecc", "cp.ecc", "cv.ecc"       set_ctrl_mode, set_signal_const,
                                                                set_signal_r_up_dn
start      BL_StartChannel                                      set_cell(True), Curve.run
stop       BL_StopChannel                                       Curve.stop
points     BL_GetData, BL_ConvertNumericIntoSingle              Curve.acq_data
state      BL_GetCurrentValues: State                           Curve.running
cell_off   BL_StopChannel                                       set_cell(False)
close      BL_Disconnect                                        Pstat.close, toolkitpy_close
=========  ===================================================  ==================================

Both are on no registry and run on Windows only: import them in `connect`, not at the top.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.rig import CellInfo, Collected, Drive, Points, Range, Runs, shape_of
from seccm.rig.actions import Mode
from seccm.rig.ending import Course
from seccm.rig.ordered import is_open
from seccm.rig.technique import Cycles, Ending, Held, Ramp, ShapeName

Technique = Held | Ramp | Cycles


class Maker(Protocol):
    """What is used of a maker's library. Any of them raises `OSError` where the device is lost."""

    def connect(self) -> None:
        """Find the instrument and open it; switch nothing."""

    def load(self, mode: str, technique: Technique, drive: Drive) -> None:
        """Load a technique, with the limits of the drive that the instrument itself watches.

        Args:
            mode: "potential" or "current".
            technique: volts or amperes, and seconds; without end where `seconds` is infinite.
            drive: limits and the current range that was asked for.
        """

    def start(self) -> None:
        """Start it, with the cell on; return at once."""

    def stop(self) -> None:
        """Stop it where it is; nothing happens where none runs."""

    def points(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what is new: seconds since the technique began, volts, amperes, shape (n,) each.

        A point is the mean since the one before it, and has the time of its end. Anodic currents
        are positive: turn the sign here where the maker's is another one.
        """

    def running(self) -> bool:
        """Tell whether the technique runs."""

    def cell_off(self) -> bool:
        """Switch the cell off; tell whether the instrument says so."""

    def close(self) -> None:
        """Let go of it."""


class TemplateCell:
    """An instrument as the drive of a cell; a `seccm.rig.RunningCell`.

    Args:
        maker: its library.
        name: of the instrument, for messages.
        late: seconds by which its points come late, at most: measured on your bench.
        start: seconds from an order until a technique has begun, at most: measured as well.
        interval: seconds from point to point.
    """

    def __init__(
        self,
        maker: Maker,
        *,
        name: str = "my instrument",
        late: float = 1.0,
        start: float = 0.5,
        interval: float = 1e-3,
    ) -> None:
        self._maker, self._name = maker, name
        self._late, self._start, self._interval = late, start, interval
        self._order = -1
        self._runs: Course | None = None
        """What was ordered and has not ended."""
        self._stopped = self._begun = False
        self._news: list[Collected] = []

    @property
    def info(self) -> CellInfo:
        """What it can do; known before it is opened."""
        shapes: set[tuple[Mode, ShapeName]] = {
            ("potential", "constant"),
            ("potential", "ramp"),
            ("potential", "cycles"),
            ("current", "constant"),
        }
        return CellInfo(
            name=self._name,
            modes=frozenset({"potential", "current", "open"}),
            potential=Range(-10.0, 10.0),
            current=Range(-1e-6, 1e-6),
            overload=10.0,
            runs=Runs(
                shapes=frozenset(shapes),
                limits=frozenset({"potential"}),
                late=self._late,
                start=self._start,
                interval=self._interval,
            ),
        )

    def open(self) -> None:
        """Connect; switches nothing."""
        self._asked(self._maker.connect)

    def impose(self, drive: Drive, row: int) -> None:
        """Start a technique; what runs is ended first. Returns at once."""
        self._end()
        self._order += 1
        if is_open(drive):
            self._asked(self._maker.cell_off)
            return
        shape = shape_of(drive.waveform)
        if not isinstance(shape, Technique):
            raise RigError(
                "no-such-technique", self._name, f"{drive.waveform!r} is not one of its waveforms."
            )
        try:
            self._maker.load(drive.mode, shape, drive)
            self._maker.start()
        except OSError as error:
            raise self._lost(error) from error
        self._runs, self._stopped, self._begun = Course(drive, self._interval), False, False

    def stop(self) -> None:
        """End the technique where it is; its last points are still collected."""
        if self._runs is not None:
            self._stopped = True
            self._asked(self._maker.stop)

    def collect(self) -> tuple[Collected, ...]:
        """Return what has come since the last time."""
        if self._runs is not None:
            self._look(self._runs)
        news, self._news = tuple(self._news), []
        return news

    def _look(self, runs: Course) -> None:
        """Take what is new of the technique that runs."""
        try:
            # In this order: what ended in between has its last points with the next call.
            over = not self._maker.running()
            t, potential, current = self._maker.points()
        except OSError as error:
            raise self._lost(error) from error
        self._begun = self._begun or bool(len(t))
        if over and not self._begun and not self._stopped:
            return  # It is still about to begin.
        flags, span = np.zeros(len(t), np.uint8), np.full(len(t), np.nan)
        points = Points(t, potential, current, flags, span)
        runs.take(points)
        ending: Ending = ""
        limit = None
        if over:  # Few libraries say why.
            self._runs = None
            ending, limit = ("stopped", None) if self._stopped else runs.ending()
        self._news.append(Collected(self._order, points, self._begun, ending, limit))

    def off(self) -> bool:
        """Switch the cell off, from any thread. Never raises; True only if the device says so."""
        self._runs = None
        try:
            self._maker.stop()
            return self._maker.cell_off()
        except OSError:
            return False

    def close(self) -> None:
        """Let go of it; may be called twice."""
        self._runs = None
        try:
            self._maker.close()
        except OSError:
            return

    def _end(self) -> None:
        """End what runs, and keep its last points: they are of an order that is over."""
        if self._runs is not None:
            runs = self._runs
            self.stop()
            self._look(runs)
            self._runs = None

    def _asked(self, call: Callable[[], object]) -> None:
        try:
            call()
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> RigError:
        return RigError(
            "lost-potentiostat",
            self._name,
            f"the instrument does not answer ({error}).",
            "Check its cable and power, then resume the scan from its file.",
        )
