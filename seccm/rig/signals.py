"""What a rig measures in every row: each signal is declared once, and everything follows.

Blocks, the file's sample table, exports and panels take the names from the rig's declaration. Five
signals are measured by every rig; a table in the rig file adds one, and nothing else has to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["potential", "current", "position", "environment", "other"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity that a rig measures in every row."""

    name: str
    """The key in `Block.data`, and the name in the file."""
    unit: str
    """The SI unit, such as "A"; "1" for a number."""
    words: str
    """What it is, as a label says it: "amplitude of the lock-in"."""
    role: Role = "other"
    """What it means to the program: the potential and current of the cell, a position, or what
    surrounds the cell, which is slow and is shown for the whole run."""
    watchable: bool = False
    """Whether the rig can stop a motion where this signal passes a threshold."""
    mapped: bool = False
    """Whether a report draws its mean at every site as a map."""
    delay: float = 0.0
    """Seconds by which it shows a change late, because it is filtered."""
    settling: float = 0.0
    """Seconds after a change until it can be trusted again."""
    modulated: bool = False
    """Whether it shows how much another signal swings with the height of the tip."""

    def label(self) -> str:
        """Return what it is, with its unit, for an axis."""
        return self.words if self.unit == "1" else f"{self.words} ({self.unit})"


BASIC = (
    Signal("potential", "V", "potential of the working electrode", "potential", watchable=True),
    Signal("current", "A", "current, anodic positive", "current", watchable=True),
    Signal("x", "m", "position x", "position"),
    Signal("y", "m", "position y", "position"),
    Signal("z", "m", "height of the tip, up positive", "position"),
)
"""What every rig measures."""


def environment(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Return the signals of what surrounds the cell, such as humidity and temperature."""
    return tuple(signal for signal in signals if signal.role == "environment")


def more_than_basic(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Return the signals that a rig measures beyond those that every rig measures."""
    basic = {signal.name for signal in BASIC}
    return tuple(signal for signal in signals if signal.name not in basic)
