"""Whether a signal can be believed while a tip comes down on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seccm.errors import ContactError
from seccm.rig import Block, Flag
from seccm.rig.streaks import streaks

_GAP, _OVERLOAD = int(Flag.GAP), int(Flag.OVERLOAD)
STUCK_ROWS = 200
"""So many equal rows in succession come from no living electrometer; at 2 um/s the tip goes
one micrometre in them."""


class SignalTrust:
    """Watches the contact signal of one approach for rows that mean nothing or are missing.

    Args:
        channel: the signal that contact is seen in.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._last = np.nan
        self._steady = 0

    def feed(self, block: Block) -> None:
        """Look at the next rows.

        Raises:
            ContactError: not a number, rows missing, or the very same value for `STUCK_ROWS`
                rows. A signal at the rail of an overloaded galvanostat may be constant.
        """
        signal = block.data[self._channel]
        if not len(signal):
            return
        bad = np.isnan(signal)
        if bad.any():
            raise ContactError(
                "bad-signal",
                f"the {self._channel} signal is not a number in data point "
                f"{block.start + int(bad.argmax())}.",
            )
        gap = (block.flags & _GAP) != 0
        if gap.any():
            raise ContactError(
                "gap",
                f"data points are missing before data point {block.start + int(gap.argmax())}; a "
                "contact could have passed unseen.",
            )
        steady = (np.diff(signal, prepend=self._last) == 0) & ~railed(block)
        # The first of some equal rows is equal to none before it.
        equal = streaks(steady, self._steady) + 1
        if (equal >= STUCK_ROWS).any():
            raise ContactError(
                "stuck-signal",
                f"the {self._channel} signal has had exactly the same value for {STUCK_ROWS} data "
                "points; it would not show a contact.",
            )
        self._steady = int(equal[-1]) - 1
        self._last = float(signal[-1])


def railed(block: Block) -> npt.NDArray[np.bool_]:
    """Tell for each row whether the galvanostat is in overload; shape (rows,)."""
    over: npt.NDArray[np.bool_] = (block.flags & _OVERLOAD) != 0
    return over
