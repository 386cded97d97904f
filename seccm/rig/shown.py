"""Whether a landing has shown itself: a meniscus conducts as long as it touches, noise does not.

A burst of noise that outlasts the confirmation of a contact is taken for a landing. The programme
tells them apart where it drives the cell as the approach did: there a real contact goes on to pass
the level of the contact rule.
"""

from __future__ import annotations

import numpy as np

from seccm.rig.actions import Mode
from seccm.rig.block import Block
from seccm.rig.contact import ContactRule
from seccm.rig.streaks import streaks

STREAK = 20
"""Rows in succession past the level: 51 ms, more than two periods of hum."""
TRANSIENT_ROWS = 4
"""Rows after the start of a step which say nothing: about 10 ms."""
ENOUGH = 100
"""Rows in which a contact should have shown itself: a quarter of a second."""


UNSHOWN = "no step shows the signal of a contact, so it may have been noise"


class Shown:
    """Watches the rows of a programme for the contact.

    Args:
        rule: that of the approach.
        mode: how the approach drove the cell.
        baseline: the undisturbed signal of the approach.
    """

    def __init__(self, rule: ContactRule, mode: Mode, baseline: float) -> None:
        self._rule, self._mode, self._baseline = rule, mode, baseline
        self._rows = self._streak = 0
        self._side = 0.0
        self._seen = False

    @property
    def missing(self) -> bool:
        """Whether the contact should have shown itself and did not."""
        return self._rows >= ENOUGH and not self._seen

    def feed(self, mode: str, block: Block) -> None:
        """Look at the rows of a step that drives the cell in a mode, without its first ones."""
        if self._seen or mode != self._mode or block.rows == 0:
            return
        # Hum changes sides. What is not a number counts as a contact for the tip that comes down,
        # but shows none.
        side = np.sign(block.data[self._rule.signal] - self._baseline)
        same = side == np.concatenate([[self._side], side[:-1]])
        rows = streaks(self._rule.holds(self._baseline, block) & same, self._streak)
        self._side, self._streak = float(side[-1]), int(rows[-1])
        self._rows += block.rows
        self._seen = bool((rows >= STREAK).any())
