"""Whether a landing has shown itself: a meniscus conducts as long as it touches, noise does not.

A burst of noise that outlasts the confirmation of a contact is taken for a landing. The programme
tells them apart where it drives the cell as the approach did: there a real contact goes on to pass
the level of the contact rule.

A programme may see to it itself that no current flows, or none that lasts: then the missing of one
says nothing. So a current is expected neither where the potential is nearer to that at open circuit
than in the approach, nor where it swings to and fro too fast for a current to keep its sign. Where
a contact shows itself nevertheless, it has.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.rig.actions import Mode
from seccm.rig.block import Block
from seccm.rig.contact import ContactRule
from seccm.rig.streaks import streaks
from seccm.rig.waveform import Waveform

STREAK = 20
"""Rows in succession past the level: 51 ms, more than two periods of hum."""
TRANSIENT_ROWS = 4
"""Rows after the start of a step which say nothing: about 10 ms."""
ENOUGH = 100
"""Rows in which a contact should have shown itself: a quarter of a second."""
ENOUGH_OF_IT = 0.9
"""Of what drove the current in the approach: the potential at open circuit moves by itself."""

UNSHOWN = "no step shows the signal of a contact, so it may have been noise"


class Shown:
    """Watches the rows of a programme for the contact.

    Args:
        rule: that of the approach.
        mode: how the approach drove the cell.
        baseline: the undisturbed signal of the approach.
        hold: what the approach imposed, raw volts or amperes.
        period: seconds from row to row.
    """

    def __init__(
        self, rule: ContactRule, mode: Mode, baseline: float, hold: float, period: float
    ) -> None:
        self._turning = 2.0 * STREAK * period
        """Seconds of a swing, to and fro, that lasts long enough for a streak on either side."""
        self._rule, self._mode, self._baseline, self._hold = rule, mode, baseline, hold
        self._driven = mode == "potential" and rule.signal == "current"
        self._waveform: Waveform | None = None
        self._swings = False
        self._rest = math.nan
        """The newest potential at open circuit, raw volts; NaN where none was measured."""
        self._rows = self._streak = 0
        self._side = 0.0
        self._seen = False

    @property
    def missing(self) -> bool:
        """Whether the contact should have shown itself and did not."""
        return self._rows >= ENOUGH and not self._seen

    def feed(self, mode: str, waveform: Waveform, block: Block) -> None:
        """Look at rows of a step, without its first ones.

        Args:
            mode: how the step drives the cell.
            waveform: what it imposes.
            block: its rows.
        """
        if block.rows and mode == "open":
            self._rest = float(block.data["potential"][-1])
        if self._seen or mode != self._mode or block.rows == 0:
            return
        # Hum changes sides. What is not a number counts as a contact for the tip that comes down,
        # but shows none.
        side = np.sign(block.data[self._rule.signal] - self._baseline)
        same = side == np.concatenate([[self._side], side[:-1]])
        rows = streaks(self._rule.holds(self._baseline, block) & same, self._streak)
        self._side, self._streak = float(side[-1]), int(rows[-1])
        self._rows += self._telling(waveform, block)
        self._seen = bool((rows >= STREAK).any())

    def _telling(self, waveform: Waveform, block: Block) -> int:
        """Count the rows in which a contact shows itself if there is one."""
        if not self._driven:
            return block.rows
        if waveform is not self._waveform:  # it may have thousands of vertices
            self._waveform = waveform
            self._swings = waveform.swing < self._turning
        if self._swings:
            return 0
        if math.isnan(self._rest):
            return block.rows
        driven = np.abs(block.data["potential"] - self._rest)
        return int(np.count_nonzero(driven >= ENOUGH_OF_IT * abs(self._hold - self._rest)))
