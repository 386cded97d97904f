"""The contact detector: pure, latched, and indifferent to how the rows are cut into blocks.

The rig and the engine run the same detector. The rig's stops the tip; the engine's decides
what happened. When they disagree, the engine says so.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seccm.hopping.streaks import streaks
from seccm.rig import Block, ContactRule, PotentialDrop
from seccm.rig.block import FloatArray
from seccm.rig.contact import CurrentRise, CurrentThreshold, Polarity

BoolArray = npt.NDArray[np.bool_]


def signal_channel(rule: ContactRule) -> str:
    """Return the channel a contact rule looks at."""
    return "potential" if isinstance(rule, PotentialDrop) else "current"


def past_threshold(rule: ContactRule, baseline: float, signal: FloatArray) -> BoolArray:
    """Tell for each value whether it lies past the threshold.

    A value that is not a number counts as past: the tip must not go on blindly.

    Args:
        rule: the contact rule.
        baseline: the undisturbed signal, raw volts or amperes; ignored by a fixed threshold.
        signal: shape (n,), raw volts or amperes.
    """
    match rule:
        case CurrentThreshold(threshold, polarity):
            past = _beyond(signal, threshold, polarity)
        case CurrentRise(rise, polarity):
            past = _beyond(signal - baseline, rise, polarity)
        case PotentialDrop(drop):
            past = (baseline - signal) * np.sign(baseline) > drop
    return past | np.isnan(signal)


def _beyond(current: FloatArray, threshold: float, polarity: Polarity) -> BoolArray:
    if polarity == "anodic":
        return current > threshold
    if polarity == "cathodic":
        return current < -threshold
    return np.abs(current) > threshold


def thresholds(rule: ContactRule, baseline: float) -> tuple[float, ...]:
    """Return where the thresholds of `past_threshold` lie, for whoever draws the signal.

    Args:
        rule: the contact rule.
        baseline: the undisturbed signal, raw volts or amperes; ignored by a fixed threshold.

    Returns:
        Raw volts or amperes; none where no signal would be past the rule's threshold.
    """
    match rule:
        case CurrentThreshold(threshold, polarity):
            return _either_side(0.0, threshold, polarity)
        case CurrentRise(rise, polarity):
            return _either_side(baseline, rise, polarity)
        case PotentialDrop(drop):
            return (baseline - float(np.copysign(drop, baseline)),) if baseline else ()


def _either_side(base: float, distance: float, polarity: Polarity) -> tuple[float, ...]:
    signs = {"anodic": (1.0,), "cathodic": (-1.0,), "either": (1.0, -1.0)}[polarity]
    return tuple(base + sign * distance for sign in signs)


class ContactDetector:
    """Watches one approach for the first row of a contact.

    Args:
        rule: the contact rule; `rule.consecutive` rows in a row must be past its threshold.
        baseline: the undisturbed signal in raw volts or amperes.
    """

    def __init__(self, rule: ContactRule, baseline: float) -> None:
        self._rule = rule
        self._baseline = baseline
        self._channel = signal_channel(rule)
        self._streak = 0
        self._row: int | None = None

    def feed(self, block: Block) -> int | None:
        """Look at the next rows; return the contact row, now and ever after, once it is seen.

        The contact row is the first of the `consecutive` rows past the threshold.
        """
        if self._row is not None or block.rows == 0:
            return self._row
        past = past_threshold(self._rule, self._baseline, block.data[self._channel])
        streak = streaks(past, self._streak)
        long_enough = streak >= self._rule.consecutive
        if long_enough.any():
            self._row = block.start + int(long_enough.argmax()) - self._rule.consecutive + 1
        self._streak = int(streak[-1])
        return self._row
