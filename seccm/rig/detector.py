"""The contact detector: pure, latched, and indifferent to how the rows are cut into blocks.

The rig and the engine run the same detector. The rig's stops the tip; the engine's decides
what happened. When they disagree, the engine says so.
"""

from __future__ import annotations

from seccm.rig.block import Block
from seccm.rig.contact import StopCondition
from seccm.rig.streaks import streaks


class ContactDetector:
    """Watches one motion for the first row of a contact, or of its end.

    Args:
        rule: what is looked for; `rule.consecutive` rows in a row must be past its level.
        baseline: the undisturbed signal, in the signal's unit.
    """

    def __init__(self, rule: StopCondition, baseline: float) -> None:
        self._rule = rule
        self._baseline = baseline
        self._streak = 0
        self._row: int | None = None

    def feed(self, block: Block) -> int | None:
        """Look at the next rows; return the contact row, now and ever after, once it is seen.

        The contact row is the first of the `consecutive` rows past the level.
        """
        if self._row is not None or block.rows == 0:
            return self._row
        past = self._rule.past(self._baseline, block.data[self._rule.signal])
        streak = streaks(past, self._streak)
        long_enough = streak >= self._rule.consecutive
        if long_enough.any():
            self._row = block.start + int(long_enough.argmax()) - self._rule.consecutive + 1
        self._streak = int(streak[-1])
        return self._row
