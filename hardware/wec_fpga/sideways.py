"""A motion of x and y under way: lines that are sent shortly before they are due."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hardware.wec_fpga import contract
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.feeder import Feeder
from hardware.wec_fpga.lines import SENTINEL, Lines
from hardware.wec_fpga.link import Link
from hardware.wec_fpga.ramp import Timed
from hardware.wec_fpga.rows import Rows
from hardware.wec_fpga.travel import Leg, cut
from seccm.arrays import IntArray
from seccm.rig import Axis, Move

APPLIED: dict[Axis, str] = {"x": contract.X, "y": contract.Y, "z": contract.Z}
"""Register with the code at the output of an axis."""
AXES: tuple[Axis, ...] = ("x", "y")


class Sideways:
    """The motion sideways, if there is one.

    Args:
        config: of the rig.
        link: to the target.
        rows: whose time it is.
        lines: the queue.
    """

    def __init__(self, config: WecFpgaConfig, link: Link, rows: Rows, lines: Lines) -> None:
        self._config, self._link, self._rows, self._lines = config, link, rows, lines
        self._feeder: Feeder | None = None
        self._last: int | None = None
        """Number of the line behind it, once that was sent."""
        self.again = False
        """Whether it is taken up again after it has ended."""

    @property
    def under_way(self) -> bool:
        """Whether there is one."""
        return self._feeder is not None

    def prepare(self, moves: Mapping[Axis, Move]) -> None:
        """Make a motion ready, of all axes at once; the target must be idle.

        Raises:
            RigError: the library refuses.
        """
        legs: dict[str, Leg] = {}
        for axis in AXES:
            if (move := moves.get(axis)) is not None:
                coded = self._config.command(axis)
                start = self._link.read(APPLIED[axis])
                goal, per_tick = coded.code(move.to, axis), coded.per_tick(move.speed)
                legs[axis.upper()] = Leg(start, goal, per_tick)
        self._link.settle({contract.EXPONENTS[axis]: -leg.exponent for axis, leg in legs.items()})
        stop = self._config.stop
        cuts = [Timed(t, words) for t, words in cut(legs, stop.travel)]
        self._feeder = Feeder(cuts, self._rows.now(), stop.horizon)
        self._last, self.again = None, False

    def feed(self) -> None:
        """Send what is due by now, or soon, and the line behind all of it.

        Raises:
            RigError: the library refuses.
        """
        if self._feeder is None or self._last is not None:
            return
        lines = self._feeder.due(self._rows.now())
        if self._feeder.over:
            lines.append(SENTINEL)
        if lines:
            self._lines.send(*lines)
        if self._feeder.over:
            self._last = self._lines.sent

    def end(self, *, again: bool) -> None:
        """Send no more of it than was sent.

        Args:
            again: whether it is to be taken up again.

        Raises:
            RigError: the library refuses.
        """
        if self._feeder is None:
            return
        self.again = again
        if self._last is None:
            self._feeder = Feeder((), 0.0, 0.0)
            self.feed()

    def over_from(self, numbers: IntArray) -> int | None:
        """Return the first of some rows at which it is over, and forget it; None if it is not.

        Args:
            numbers: of the lines at the ends of rows, shape (n,).
        """
        if self._last is None or not (numbers >= self._last).any():
            return None
        over = int(np.argmax(numbers >= self._last))
        self.forget()
        return over

    def give_up(self) -> None:
        """Send nothing more, not even the line behind it."""
        if self._feeder is not None:
            self._feeder = Feeder((), 0.0, 0.0)

    def forget(self) -> None:
        """Take it that there is none."""
        self._feeder = self._last = None
