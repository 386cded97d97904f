"""The lines that were sent: how many, which of them have begun, and whether the target is idle.

What is in the queue cannot be taken back. So a line is sent when it is decided, and what is sent
before it is due (the next tenth of a second of a ramp) may as well happen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hardware.wec_fpga import contract
from hardware.wec_fpga.comparators import DEAF, Pair
from hardware.wec_fpga.frames import line
from hardware.wec_fpga.link import Link
from seccm.arrays import IntArray
from seccm.errors import RigError

NARROW = 1 << 16
LARGEST_TAG = NARROW // 2 - 1
SENTINEL = line(hold=10)
"""A line that does nothing for 10 us: the first row with its number tells that what was before it
is over."""
HOLD_SCALE = 40
"""Ticks in the unit of a hold: microseconds."""


class Lines:
    """The queue of lines.

    Args:
        link: to the target.
        patience: seconds for which the target may take to accept them.
    """

    def __init__(self, link: Link, patience: float) -> None:
        self._link, self._patience = link, patience
        self.sent = 0
        """Number of the line that was sent last."""
        self.uncertain = False
        """Whether a line may have been taken in part."""
        self._stuck = 0

    def count(self) -> None:
        """Take it that no line is in the queue, and count from the newest one on."""
        self.sent, self.uncertain = self._link.read(contract.LINE), False

    def send(self, *lines: Sequence[int]) -> int:
        """Send lines; return the number of the last one.

        Raises:
            StreamError: it is not known how many of them were taken.
            DriverError: the library refuses.
        """
        self.uncertain = True
        self._link.send([word for one in lines for word in one], self._patience)
        self.uncertain = False
        self.sent += len(lines)
        return self.sent

    def send_word(self) -> None:
        """Send one word of a line that does nothing, to see what was in the queue before."""
        self._link.send([0], self._patience)

    def begun(self) -> int:
        """Return the number of the line that began last.

        Raises:
            RigError: another program has sent lines.
        """
        number = self._link.read(contract.LINE)
        if number > self.sent:
            raise RigError(
                "another-host",
                self._link.where,
                f"the target is at line {number}, and only {self.sent} were sent: another program "
                "drives it, too.",
                "Close LabVIEW and other programs that use the target.",
            )
        return number

    def idle(self) -> bool:
        """Tell whether every line that was sent is over.

        Raises:
            RigError: another program has sent lines, or the library refuses.
        """
        return self.begun() == self.sent and bool(self._link.read(contract.WAITING))

    def numbers(self, tags: IntArray) -> IntArray:
        """Return the numbers of the lines at the ends of rows, from their 16-bit tags, shape (n,).

        Where tags stop at the largest, the register tells: then rows are late by those that are on
        their way.
        """
        late = (self.sent - tags) % NARROW
        if self.sent > LARGEST_TAG and (tags == LARGEST_TAG).all() and late.min() > 0:
            self._stuck += len(tags)
            return np.full(len(tags), self._link.read(contract.LINE), dtype=np.int64)
        # A row of a line that nobody sent is found out by `begun`.
        return np.asarray(self.sent - np.where(late > NARROW // 2, 0, late))

    @property
    def exact(self) -> bool:
        """Whether tags told every row so far."""
        return self._stuck == 0

    def watch(self, pair: Pair) -> None:
        """Write both comparators and read them back; the target must be idle.

        Raises:
            RigError: they read otherwise.
        """
        self._link.settle(pair.registers())

    def deaf(self) -> None:
        """Let no comparator end a motion.

        Raises:
            RigError: they read otherwise.
        """
        self.watch(DEAF)
