"""The lines that the target carries out, one after the other, and the comparators that end them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sim.fpga.axes import AXES, Outputs

WORDS = 14
"""Of a line."""
UNTIL_CONTACT = 2
"""The type of a line that a comparator ends, and nothing else."""
WAITS_FOR_HOST = 1
RETRACT = 3
"""The type of a line that goes up by a distance from where Z is."""
_MOVES = {"X": 0, "Y": 1, "Z": 2, "V": 3, "V2": 6}
_JUMPS = {"V": 4, "V2": 7}
_HOLDS = 5
SIGNALS = {1: 5, 2: 6}
"""The word of a row that each kind of feedback looks at."""


@dataclass(slots=True)
class Line:
    """A line under way."""

    kind: int
    holding: float
    """Ticks for which it still holds; 0 where it does not, infinite where it does for ever."""
    moving: tuple[str, ...]
    distance: int = 0
    """Codes by which one of type 3 goes up."""

    def left(self, outputs: Outputs) -> float:
        """Ticks until it ends by itself; infinite for one that waits for a contact."""
        if self.kind in (UNTIL_CONTACT, WAITS_FOR_HOST):
            return math.inf
        ways = (outputs.axes[axis].left for axis in self.moving)
        return max(self.holding, *ways, 0.0)


def begin(
    words: tuple[int, ...],
    registers: Mapping[str, int],
    outputs: Outputs,
    now: int,
    *,
    jumps_while_z_moves: bool = True,
) -> Line:
    """Begin a line.

    Args:
        words: of its frame.
        registers: of the target.
        outputs: that begin to move.
        now: ticks.
        jumps_while_z_moves: whether voltages jump in a line that moves Z.
    """
    flags, moving = words[13] & 0xFFFF, []
    still = not flags >> _MOVES["Z"] & 1
    for number, axis in enumerate(AXES):
        if not flags >> _MOVES[axis] & 1:
            continue
        goal = words[6 + number]
        if axis == "Z" and words[0] == RETRACT:
            goal = max(0, round(outputs.axes[axis].code) - goal)
        if axis in _JUMPS and flags >> _JUMPS[axis] & 1:
            if still or jumps_while_z_moves:
                outputs.jump(axis, goal, now)
            continue
        speed = words[1 + number] * 2.0 ** registers[f"ExpandVelScaller {axis}"]
        outputs.axes[axis].towards(goal, speed)
        moving.append(axis)
    holding = 0.0
    if flags >> _HOLDS & 1:
        holding = words[12] * registers["HoldTimerScale"] if words[12] else math.inf
    distance = words[8] if words[0] == RETRACT else 0
    return Line(words[0], float(holding), tuple(moving), distance)


def compared(
    row: Mapping[int, int], registers: Mapping[str, int], *, equality: bool
) -> tuple[bool, bool]:
    """Return what both comparators say of the signals of a row.

    Args:
        row: codes of the signals, by their word.
        registers: of the target.
        equality: whether a signal at the threshold counts.
    """
    found = []
    for suffix in ("", " 2"):
        word = SIGNALS.get(registers[f"FeedBackType{suffix}"])
        value, threshold = row.get(word or -1, 0), registers[f"Feedback_Threshold{suffix}"]
        beyond = value > threshold if registers[f"GreaterThan{suffix}"] else value < threshold
        found.append(beyond or (equality and value == threshold))
    return found[0], found[1]
