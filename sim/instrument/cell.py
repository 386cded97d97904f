"""The virtual instrument as the drive of a rig's cell: a `seccm.rig.RunningCell`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seccm.errors import PlanError, Problem, RigError
from seccm.quantities import validate
from seccm.rig import (
    CellInfo,
    Collected,
    CurrentRange,
    Drive,
    Points,
    Range,
    Rig,
    Runs,
)
from seccm.rig.ending import nearest
from seccm.rig.technique import Ending, ShapeName
from sim.instrument.config import InstrumentConfig
from sim.instrument.device import Bounds, BusyError, Device, LostError, Measured, Wanted
from sim.joint import world_of

WATCHED = frozenset({"potential", "current", "charge"})
"""The quantities at which it ends a technique by itself."""
_SHAPES: frozenset[tuple[Any, ShapeName]] = frozenset({
    ("potential", "constant"),
    ("potential", "ramp"),
    ("potential", "cycles"),
    ("current", "constant"),
    ("open", "constant"),
})  # fmt: skip


class InstrumentTable(InstrumentConfig):
    """The table `[potentiostat]` of a rig file, with kind "virtual"."""

    kind: str = "virtual"
    edge: str = ""
    """The signal of the card that is high while a technique runs; empty if no line is wired."""


def build(config: Mapping[str, Any], *, source: str, beside: Rig) -> InstrumentCell:
    """Build it; an entry point of `seccm.cells`.

    Raises:
        PlanError: with every mistake of the table, or no virtual world to connect it to.
    """
    table = validate(InstrumentTable, dict(config), source, from_file=True)
    return InstrumentCell(table, Device(table), joint(source, beside))


def joint(source: str, beside: Rig) -> Callable[[Device], None]:
    """Return what connects a virtual instrument to the world of a simulated rig, once it is open.

    Raises:
        PlanError: the rig has no such world.
    """
    world = world_of(beside)
    if world is None:
        what = "a virtual instrument drives a virtual cell; this rig has none."
        remedy = 'Name the maker of the instrument, such as kind = "palmsens".'
        raise PlanError(source, [Problem("potentiostat.kind", what, remedy)])
    return lambda device: world().connect_instrument(device)


class InstrumentCell:
    """The virtual instrument without a maker's package between.

    Args:
        table: of the rig file.
        device: that it drives.
        connect: connects it to a world, when the rig is open.
    """

    def __init__(
        self, table: InstrumentTable, device: Device, connect: Callable[[Device], None]
    ) -> None:
        self._table, self.device, self._connect = table, device, connect
        device.heard = self._hear
        self._order = -1
        self._drive: Drive | None = None
        self._news: list[Collected] = []
        self._open = False

    @property
    def info(self) -> CellInfo:
        """What it can do."""
        return info_of("virtual instrument", self._table, self._table.edge)

    def open(self) -> None:
        """Connect; switches nothing."""
        if not self._open:
            self._connect(self.device)
        self._asked(self.device.answer)
        self._open = True

    def impose(self, drive: Drive, row: int) -> None:
        """Start a technique; see `seccm.rig.RunningCell`."""
        self._asked(self.device.abort)
        self._order += 1
        self._drive = drive
        if drive.mode == "open" and math.isinf(drive.waveform.duration):
            self._asked(lambda: self.device.hold(None))
            return
        self._asked(lambda: self.device.order(wanted_of(drive)))

    def stop(self) -> None:
        """End the technique where it is."""
        self._asked(self.device.abort)

    def collect(self) -> tuple[Collected, ...]:
        """Return what has come since the last time."""
        self._asked(self.device.answer)
        news, self._news = tuple(self._news), []
        return news

    def off(self) -> bool:
        """Switch the cell off; see `seccm.rig.Cell.off`."""
        try:
            self.device.abort()
            self.device.hold(None)
        except LostError:
            return False
        return True

    def close(self) -> None:
        """Let go of it."""
        self._open = False

    def _hear(self, measured: Measured) -> None:
        ending: Ending = measured.over
        points = points_of(measured)
        limit = None
        if ending == "limit" and self._drive is not None:
            limit = nearest(self._drive.limits, points.part(-2), self.device.charges[-1])
        self._news.append(Collected(self._order, points, True, ending, limit))

    def _asked(self, what: Any) -> None:
        try:
            what()
        except LostError:
            raise RigError(
                "lost-potentiostat",
                "virtual instrument",
                "the potentiostat does not answer.",
                "Check its cable and power, then resume the scan from its file.",
            ) from None
        except BusyError:
            raise RigError(
                "busy-potentiostat",
                "virtual instrument",
                "the potentiostat is busy: another program uses it. Nothing was begun.",
                "Close the other program, then resume the scan from its file.",
            ) from None


def info_of(name: str, config: InstrumentConfig, edge: str) -> CellInfo:
    """Return what a virtual instrument says of itself."""
    volts, most = config.potential, config.largest
    named = list(config.named().items())[::-1]
    ranges = tuple(CurrentRange(name, Range(-span, span)) for name, span in named)
    return CellInfo(
        name=name,
        modes=frozenset({"potential", "current", "open"}),
        potential=Range(-volts, volts),
        current=Range(-most, most),
        overload=volts,
        ranges=ranges,
        runs=Runs(
            shapes=_SHAPES,
            limits=WATCHED,
            late=config.lag + 2.0 * config.pieces + 0.1,
            start=config.start + 0.1,
            interval=config.interval,
            edge=edge,
        ),
    )


def bounds_of(drive: Drive) -> Bounds:
    """Return the limits of a drive as the instrument watches them."""
    ends = {name: [-math.inf, math.inf] for name in WATCHED}
    after = 0.0
    for limit in drive.limits:
        if limit.quantity not in ends:
            continue
        low_high = ends[limit.quantity]
        if limit.quantity == "charge":
            low_high[0], low_high[1] = -limit.value, min(low_high[1], limit.value)
            continue
        after = max(after, limit.after)
        if limit.side == "above":
            low_high[1] = min(low_high[1], limit.value)
        else:
            low_high[0] = max(low_high[0], limit.value)
    potential, current, charge = (ends[name] for name in ("potential", "current", "charge"))
    return Bounds(
        (potential[0], potential[1]), (current[0], current[1]), (charge[0], charge[1]), after
    )


def wanted_of(drive: Drive) -> Wanted:
    """Return a drive as the instrument is told."""
    stays = None
    if drive.mode == "potential":
        stays = float(drive.waveform.at(np.array([drive.waveform.duration]))[0])
    return Wanted(drive.mode, drive.waveform, bounds_of(drive), stays=stays)


def points_of(measured: Measured) -> Points:
    """Return points as a rig takes them."""
    return Points(
        np.array(measured.t, np.float64),
        np.array(measured.potential, np.float64),
        np.array(measured.current, np.float64),
        np.array(measured.flags, np.uint8),
        np.array(measured.span, np.float64),
    )
