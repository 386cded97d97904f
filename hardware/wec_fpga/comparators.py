"""A contact rule on the two comparators of the target, which look at one row at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hardware.wec_fpga import contract
from hardware.wec_fpga.codes import LEAST, MOST, Coded
from seccm.errors import LimitError
from seccm.rig import StopCondition
from seccm.units import show

BEYOND = MOST + 1
"""A threshold above every signal."""
BELOW = LEAST - 1
"""A threshold below every signal."""
CLEAR = 2
"""Codes by which a threshold must differ from the undisturbed signal."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """What one comparator looks for."""

    signal: int
    """1 or 2: the first or the second current input."""
    threshold: int
    greater: bool


def never(signal: int = 1) -> Comparator:
    """Return a comparator that is never true."""
    return Comparator(signal, BEYOND, greater=True)


def always(like: Comparator) -> Comparator:
    """Return a comparator that is always true, of the direction of another one.

    Only the threshold differs, so that one write makes it so.
    """
    return Comparator(like.signal, BELOW if like.greater else BEYOND, greater=like.greater)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both comparators; a motion stops where one of them is true."""

    first: Comparator
    second: Comparator

    def registers(self) -> Mapping[str, int]:
        """Return what is written for them."""
        one, two = self.first, self.second
        return {
            contract.KIND: one.signal,
            contract.GREATER: int(one.greater),
            contract.THRESHOLD: one.threshold,
            contract.KIND_2: two.signal,
            contract.GREATER_2: int(two.greater),
            contract.THRESHOLD_2: two.threshold,
        }

    @property
    def abort(self) -> int:
        """The threshold of the second one with which it is always true."""
        return always(self.second).threshold


DEAF = Pair(never(), never())
"""Nothing but the program ends the motion."""


def watching(
    rule: StopCondition,
    baseline: float,
    now: float,
    coded: Coded,
    signal: int,
    *,
    strict: bool = True,
) -> Pair:
    """Return the comparators for a rule.

    They stop the motion where the signal leaves the interval between two levels of the rule in
    which it is now. So whatever stops the motion is past the rule, too, in the row that did it.

    Args:
        rule: that stops the motion.
        baseline: of the rule, in SI units.
        now: the signal as it is, in SI units.
        coded: what its codes mean.
        signal: which of the target's signals it is, 1 or 2.
        strict: whether a level that is too close is refused.

    Raises:
        LimitError: more rows are asked for than one, or a level is too close to see.
    """
    if rule.consecutive > 1:
        raise LimitError(
            "one-row-only",
            "comparator",
            f"the rule asks for {rule.consecutive} data points in succession, and the target "
            "looks at one; nothing moved.",
            "Write consecutive = 1.",
        )
    levels = sorted(coded.exact(level) for level in rule.levels(baseline))
    if bool(rule.past(baseline, np.array([now]))[0]):
        return Pair(never(signal), Comparator(signal, BELOW, greater=True))
    here = coded.exact(now)
    above = min((level for level in levels if level > here), default=math.inf)
    below = max((level for level in levels if level <= here), default=-math.inf)
    for level in (above, below) if strict else ():
        _refuse_close(level, here, coded, now)
    upper = Comparator(signal, min(BEYOND, math.floor(min(above, MOST)) + 1), greater=True)
    lower = Comparator(signal, max(BELOW, math.ceil(max(below, LEAST)) - 1), greater=False)
    if below == -math.inf:
        return Pair(upper, never(signal))
    if above == math.inf:
        return Pair(lower, never(signal))
    return Pair(upper, lower)


def _refuse_close(level: float, here: float, coded: Coded, now: float) -> None:
    """Refuse a level that is hardly another code than the signal as it is.

    Raises:
        LimitError: see above.
    """
    if abs(level - here) < CLEAR:
        raise LimitError(
            "threshold-too-close",
            "comparator",
            f"the threshold is {abs(level - here):.1f} codes of the target from the signal at "
            f"rest, {now:.4g}; it must be {CLEAR} at least, and a code is "
            f"{show(coded.step, '1')} in SI units. Nothing moved.",
            "Choose a larger threshold, or a more sensitive range of the instrument.",
        )
