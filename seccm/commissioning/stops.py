"""How soon a motion stops after the order: measured on the stage, far above the sample."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seccm.errors import RigError
from seccm.rig import Block, Flag, Freeze, Move, Rig
from seccm.units import show

WAY = 1.0
"""Seconds for which the tip goes down before it is stopped."""


def measured_stops(rig: Rig, *, speed: float, count: int = 10) -> tuple[float, ...]:
    """Stop a motion down again and again; return how long each stop took, in seconds.

    From the order until the height no longer changes, as the rows show it: at the speed given, the
    way that the tip goes on after the order. The tip goes down by `speed` times a second and a
    little, and up again.

    Args:
        rig: open, its stream started, its tip far above the sample.
        speed: of the motions, in m/s: that of the approach.
        count: how many stops.

    Raises:
        LimitError: there is not so much way down, or the speed is too high; nothing moved.
        RigError: the rig failed, or did not come to rest. Whatever ends it early, the rig has been
            made safe.
    """
    try:
        return tuple(_each_stop(rig, speed, count))
    except BaseException:
        rig.safe("measuring the stop was broken off")
        raise


def _each_stop(rig: Rig, speed: float, count: int) -> Iterator[float]:
    for _ in range(count):
        before = _still(rig)
        start = before.data["z"][-1]
        rig.apply(Move("z", float(start) - 2.0 * WAY * speed, speed))
        block = _read_on(rig, WAY)
        at = float(block.data["z"][-1])
        rig.apply(Freeze("measuring the stop"))
        rest = float(_still(rig).data["z"][-1])
        rig.apply(Move("z", float(start), speed))
        _still(rig)
        yield abs(at - rest) / speed


def _read_on(rig: Rig, seconds: float) -> Block:
    """Read rows for some seconds; return the newest block."""
    block = rig.read()
    due = block.stop + rig.info.clock.rows(seconds)
    while block.stop < due:
        block = rig.read()
    return block


def _still(rig: Rig, patience: float = 60.0) -> Block:
    """Read rows until nothing moves; return the newest ones.

    Raises:
        RigError: that takes too long.
    """
    clock = rig.info.clock
    first = rig.read()
    calm = first.stop
    block = first
    lag = max(6.0 * rig.info.stage_lag, 0.1)
    while block.stop < calm + clock.rows(lag):
        block = rig.read()
        if (block.flags & np.uint8(Flag.MOVING)).any():
            calm = block.stop
        if block.stop - first.start > math.ceil(patience / clock.period):
            raise RigError(
                "not-at-rest",
                rig.info.name,
                f"the stage still moves after {show(patience, 's')}.",
                "Look at the controller of the stage.",
            )
    return block
