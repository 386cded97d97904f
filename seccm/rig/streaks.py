"""For how long something has been so without a break, however the rows are cut into blocks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def streaks(so: npt.NDArray[np.bool_], before: int) -> npt.NDArray[np.intp]:
    """Return for each row how many rows up to and with it are so, without a break.

    Args:
        so: shape (n,), whether it is so in each row.
        before: the streak at the end of the rows before these.
    """
    rows = np.arange(len(so))
    last_break = np.maximum.accumulate(np.where(so, -1 - before, rows))
    return rows - last_break
