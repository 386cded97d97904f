"""An instrument of PalmSens as the drive of a cell; a `seccm.rig.RunningCell`.

Theory of operation. `pypalmsens` wants an event loop; it has one in a thread of its own here, and
nobody else's. An order ends what runs and begins the next measurement there; points come in
call-backs in that loop and wait to be collected. Asking for them first lets the loop come round
once, so that what has arrived is there, and waits for nothing else. Of the device nothing is known
but what its package's source says: see docs/hardware.md.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np

from hardware.palmsens.config import PalmSensTable
from hardware.palmsens.methods import UA, method_of, span_of
from seccm.errors import PlanError, Problem, RigError
from seccm.installed import entry_points
from seccm.installing import install_hint
from seccm.mistakes import similar
from seccm.quantities import validate
from seccm.rig import (
    CellInfo,
    Collected,
    Constant,
    CurrentRange,
    Drive,
    Flag,
    Points,
    Range,
    Rig,
    Runs,
)
from seccm.rig.block import overload_flags
from seccm.rig.ending import Course
from seccm.rig.ordered import is_open
from seccm.rig.technique import Ending

T = TypeVar("T")
_ROUNDS = 40
"""Of the loop, in which an order is on its way to the device."""
_MOST_READINGS = 20_000
"""Points up to which the range of each is asked for: the package gives those of all at a time."""


def build(config: Mapping[str, Any], *, source: str, beside: Rig) -> PalmSensCell:
    """Build it; an entry point of `seccm.cells`. Nothing is imported or opened yet.

    Raises:
        PlanError: with every mistake of the table.
    """
    table = validate(PalmSensTable, dict(config), source, from_file=True)
    for name in table.ranges:
        try:
            span_of(name)
        except ValueError:
            what = f'"{name}" is not a current range as PalmSens names them.'
            problem = Problem("potentiostat.ranges", what, 'Write them as "100pA", "1nA", "10nA".')
            raise PlanError(source, [problem]) from None
    return PalmSensCell(table, _loader(table, source, beside))


def _loader(table: PalmSensTable, source: str, beside: Rig) -> Callable[[], tuple[Any, Any]]:
    """Return what loads the package, and the stand-in below it if there is one."""
    if table.library == "palmsens":

        def load() -> tuple[Any, Any]:
            import pypalmsens

            return pypalmsens, None

        return load
    known = {point.name: point for point in entry_points(group="seccm.palmsens")}
    if table.library not in known:
        what = f"{table.library!r} is not a known library."
        raise PlanError(
            source, [Problem("potentiostat.library", what, similar(table.library, sorted(known)))]
        )
    try:
        plugged = known[table.library].load()(table.virtual, source=source, beside=beside)
    except ImportError as error:
        raise PlanError(
            source, [Problem("potentiostat.kind", _missing(error), install_hint("palmsens"))]
        ) from error

    def plug() -> tuple[Any, Any]:
        plugged.connect()
        return plugged.package, plugged

    return plug


def _missing(error: Exception) -> str:
    return f"instruments of PalmSens need a package that is not installed: {error}."


class PalmSensCell:
    """An instrument of PalmSens.

    Args:
        table: of the rig file.
        load: loads `pypalmsens`, when it is opened.
    """

    def __init__(self, table: PalmSensTable, load: Callable[[], tuple[Any, Any]]) -> None:
        self._table, self._load = table, load
        self._package: Any = None
        self.plugged: Any = None
        """The stand-in below the package, if there is one."""
        self._manager: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[Any] | None = None
        self._order, self._seen = -1, 0
        self._course = Course(Drive("open", Constant(0.0)), table.interval)
        self._begun: Any = None
        self._aborted = False
        self._news: list[Collected] = []
        self._lock = threading.Lock()

    @property
    def info(self) -> CellInfo:
        """What it can do, as the rig file says."""
        table = self._table
        named = [(name, span_of(name)) for name in reversed(table.ranges)]
        most = max(span for _, span in named)
        return CellInfo(
            name="PalmSens",
            modes=frozenset({"potential", "current", "open"}),
            potential=Range(-table.potential, table.potential),
            current=Range(-most, most),
            overload=table.overload,
            ranges=tuple(CurrentRange(name, Range(-span, span)) for name, span in named),
            runs=Runs(
                shapes=frozenset(
                    {
                        ("potential", "constant"),
                        ("potential", "ramp"),
                        ("potential", "cycles"),
                        ("current", "constant"),
                    }
                ),
                limits=frozenset({"potential", "current", "charge"}),
                late=table.late,
                start=table.start,
                interval=table.interval,
                edge=table.edge,
            ),
        )

    def open(self) -> None:
        """Connect; switches nothing."""
        try:
            self._package, self.plugged = self._load()
        except ImportError as error:
            raise RigError(
                "no-package", "PalmSens", _missing(error), install_hint("palmsens")
            ) from error
        except RuntimeError as error:  # pythonnet found no .NET
            what = f".NET is missing: {error}."
            raise RigError("no-package", "PalmSens", what, "Install .NET 10 or newer.") from error
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="palmsens", daemon=True)
        self._thread.start()
        self._manager = self._ask(self._connect())

    async def _connect(self) -> Any:
        package, wanted = self._package, self._table.device
        found = await package.discover_async(ignore_errors=True)
        own = [one for one in found if not wanted or one.name == wanted]
        if len(own) != 1:
            known = ", ".join(one.name for one in found) or "none"
            raise ConnectionError(f"{len(own)} instruments fit; found: {known}")
        return await package.connect_async(own[0])

    # Orders.

    def impose(self, drive: Drive, row: int) -> None:
        """Start a technique; see `seccm.rig.RunningCell`."""
        self._ask(self._begin(drive))

    async def _begin(self, drive: Drive) -> None:
        await self._end()
        self._order += 1
        self._seen, self._begun, self._aborted = 0, None, False
        self._course = Course(drive, self._table.interval)
        if is_open(drive):
            await self._manager.set_cell(False)
            return
        method = method_of(self._package, drive, self._table.ranges, self._table.interval)
        self._task = asyncio.ensure_future(self._measure(method, self._order))
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        if self._task.done() and (error := self._task.exception()) is not None:
            self._task = None
            raise error

    async def _measure(self, method: Any, order: int) -> None:
        manager = self._manager
        handle = manager.on_measurement_begin(lambda measurement: self._set(measurement))
        try:
            measurement = await manager.measure(method, callback=lambda data: self._hear(order))
        finally:
            handle.cancel()
        self._hear(order, measurement)

    def _set(self, measurement: Any) -> None:
        self._begun = measurement

    async def _end(self) -> None:
        """End the technique that runs, and wait for its last points."""
        task, self._task = self._task, None
        if task is None:
            return
        if not task.done():
            self._aborted = True
            await self._manager.abort()
        await asyncio.wait_for(task, self._table.patience)

    def stop(self) -> None:
        """End the technique where it is."""
        self._ask(self._abort())

    async def _abort(self) -> None:
        if self._task is not None and not self._task.done():
            self._aborted = True
            await self._manager.abort()
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)

    # Points.

    def collect(self) -> tuple[Collected, ...]:
        """Return what has come since the last time."""
        if self.plugged is not None:
            self.plugged.look()
        self._ask(self._come_round())
        with self._lock:
            news, self._news = tuple(self._news), []
        return news

    async def _come_round(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        task = self._task
        if task is not None and task.done() and (error := task.exception()) is not None:
            raise error

    def _hear(self, order: int, over: Any = None) -> None:
        """Take the new points of a measurement; `over` is it when it has ended."""
        measurement = over if over is not None else self._begun
        if measurement is None:
            return
        data = measurement.dataset
        count = min(len(data[name]) for name in ("Time", "Potential", "Current"))
        first, self._seen = self._seen, count
        points = self._points(data, first, count)
        self._course.take(points)
        ending: Ending = ""
        limit = None
        if over is not None:  # Why, the device does not say.
            ending, limit = ("stopped", None) if self._aborted else self._course.ending()
        with self._lock:
            self._news.append(Collected(order, points, True, ending, limit))

    def _points(self, data: Any, first: int, stop: int) -> Points:
        t, potential, current = (
            np.array([float(data[name][k]) for k in range(first, stop)])
            for name in ("Time", "Potential", "Current")
        )
        flags, span = np.zeros(stop - first, np.uint8), np.full(stop - first, math.nan)
        if self._course.drive.mode == "current":
            flags |= overload_flags(potential, self._table.overload)
        if stop <= _MOST_READINGS:
            status = data["Current"].reading_status()[first:stop]
            flags[[str(one) == "Overload" for one in status]] |= np.uint8(Flag.SATURATED)
            span[:] = [span_of(str(one)) for one in data["Current"].current_range()[first:stop]]
        return Points(t, potential, current * UA, flags, span)

    # The end.

    def off(self) -> bool:
        """Switch the cell off; see `seccm.rig.Cell.off`."""
        try:
            self._ask(self._switch_off())
        except RigError:
            return False
        return True

    async def _switch_off(self) -> None:
        if self._manager is None:
            raise ConnectionError("it is not open")
        await self._end()
        await self._manager.set_cell(False)

    def close(self) -> None:
        """Let go of the device."""
        loop, self._loop = self._loop, None
        manager, self._manager = self._manager, None
        if loop is None:
            return
        if manager is not None:
            done = asyncio.run_coroutine_threadsafe(manager.disconnect(), loop)
            with suppress(Exception):  # It may be gone, and is let go of all the same.
                done.result(self._table.patience)
        loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(self._table.patience)
            if not self._thread.is_alive():
                loop.close()

    def _ask(self, what: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop, and wait for it.

        Raises:
            RigError: the device is lost, busy, or does not answer.
        """
        if self._loop is None:
            what.close()
            raise RigError("not-open", "PalmSens", "the instrument is not open.")
        try:
            return asyncio.run_coroutine_threadsafe(what, self._loop).result(self._table.patience)
        except Exception as error:
            raise _failure(error) from error


def _failure(error: Exception) -> RigError:
    """Put into a sentence what the package raised."""
    said = str(error) or type(error).__name__
    if "busy" in said.lower() or "in use" in said.lower():
        return RigError(
            "busy-potentiostat",
            "PalmSens",
            f"the instrument is busy ({said}). Nothing was begun.",
            "Close the other program, then resume the scan from its file.",
        )
    return RigError(
        "lost-potentiostat",
        "PalmSens",
        f"the instrument does not answer ({said}).",
        "Check its cable and power, then resume the scan from its file.",
    )
