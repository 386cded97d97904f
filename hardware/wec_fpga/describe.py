"""What a rig on a WEC-SPM target says of itself."""

from __future__ import annotations

from hardware.ni.figures import idle_current
from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.codes import TICKS, Coded
from hardware.wec_fpga.config import AXES, WecFpgaConfig
from seccm.rig import Clock, RigInfo, StopAbility
from seccm.rig.suspend import resolved

SHORTEST = 1e-3
"""Seconds of a straight line of the command, at least."""


def clock_of(ticks: float) -> Clock:
    """Return the clock of rows that take so many ticks: the target hands on nothing shorter."""
    return Clock(rate=TICKS / ticks, averaged=1, spacing=1)


def stop_ability(period: float) -> StopAbility:
    """Return how soon a motion stops, in seconds from the crossing.

    The comparators look at each row once, at its end, and at its mean: a contact that only just
    passes the threshold is seen in the next one.
    """
    return StopAbility("hardware", typical=period, worst=2.0 * period, rows=1)


def describe(config: WecFpgaConfig, cell: Cell, ticks: float, words: tuple[str, ...]) -> RigInfo:
    """Return what the rig can do.

    Args:
        config: the rig file.
        cell: how it is driven.
        ticks: that a row takes; as the file says before the rig is open.
        words: that were found out when it was opened.
    """
    clock = clock_of(ticks)
    current = Coded(config.inputs.current.scale())
    applied = config.inputs.potential.terminal == "ao3"
    said = ("The potential in the rows is that which is commanded, not measured.",)
    return RigInfo(
        name=config.name,
        virtual=config.library != "ni",
        axes={axis: config.reach(axis) for axis in AXES},
        modes=cell.modes,
        potential=cell.span("potential"),
        current=cell.span("current"),
        overload=cell.overload,
        stop=stop_ability(clock.period),
        clock=clock,
        stage_lag=config.lag,
        idle_current=idle_current(config.calibration, current.step),
        signals=config.declared(),
        suspends=resolved(config.suspend, config.declared()),
        device="",
        words=(*(said if applied else ()), *words),
        update=SHORTEST,
        ranges=cell.ranges,
        sines=False,
    )
