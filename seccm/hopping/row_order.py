"""Whether the rows of a rig follow on each other: a data point without a number has no time."""

from __future__ import annotations

from seccm.errors import StreamError
from seccm.rig import Block, Flag

_GAP = int(Flag.GAP)


class RowOrder:
    """Follows the numbers of the rows of one run."""

    def __init__(self) -> None:
        self._expected: int | None = None

    def follow(self, block: Block) -> tuple[int, str] | None:
        """Check that the rows follow on those before them.

        Returns:
            Where the rig missed some and says so itself: the first row of its gap, and a sentence.

        Raises:
            StreamError: there are none, or others than the ones that were due.
        """
        expected = block.start if self._expected is None else self._expected
        gap = (block.flags & _GAP) != 0
        if block.rows == 0 or block.start < expected or (block.start > expected and not gap.any()):
            raise StreamError(
                "lost-rows",
                "stream",
                f"data points from {expected} on were expected; {block.rows} from "
                f"{block.start} on were received.",
                "Data points without a number have no time: read the stream more often.",
            )
        self._expected = block.stop
        if not gap.any():
            return None
        row = block.start + int(gap.argmax())
        missing = str(row - expected) if block.start > expected else "some"
        return row, f"Data points are missing: {missing} before data point {row}."
