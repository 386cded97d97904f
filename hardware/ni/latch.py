"""The hardware stop: an analog trigger that pauses the outputs and does not let go again.

A pause trigger of DAQmx is a level, not a latch: "pause triggers are only sensitive to the level
of the source, not the edge" (NI). The current of a contact is a spike that decays within a
millisecond; an unlatched pause would end with it, and the tip would go on into the sample. So the
hysteresis is set as wide as the comparator allows: the level at which the pause would end lies at
the other end of the range, where the signal of a contact does not return to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hardware.ni.config import TriggerConfig
from hardware.ni.scaling import Scale
from seccm.errors import LimitError
from seccm.rig import StopCondition
from seccm.units import show

COMPARATOR = 9.9
"""Volts up to which the comparator's levels are set; its range is ±10 V."""


@dataclass(frozen=True, slots=True)
class Latch:
    """A level at which the outputs pause, in volts at the comparator."""

    terminal: str
    level: float
    above: bool
    """Whether the outputs pause above the level, or below it."""
    hysteresis: float
    """Volts back across the level at which the pause would end."""


def latch(rule: StopCondition, baseline: float, trigger: TriggerConfig, scale: Scale) -> Latch:
    """Work out the trigger for what is to stop a motion.

    Args:
        rule: the contact rule, or its complement.
        baseline: the undisturbed signal, in volts or amperes.
        trigger: how the comparator is wired.
        scale: of the input that the comparator shares its signal with.

    Raises:
        LimitError: no latched comparator can keep this rule; nothing moved.
    """
    level, rises = _level(rule, baseline, trigger)
    volts, rest_volts = (trigger.gain * scale.volts(value) for value in (level, baseline))
    if abs(volts - rest_volts) < trigger.smallest:
        raise _refused(
            f"the contact threshold is {show(abs(volts - rest_volts), 'V')} at "
            f"{trigger.terminal}, less than the {show(trigger.smallest, 'V')} that its comparator "
            "needs to be reliable",
            "Use a more sensitive range or an amplifier before it, or a larger threshold.",
        )
    if abs(volts) >= COMPARATOR:
        raise _refused(
            f"the contact threshold is {show(volts, 'V')} at {trigger.terminal}, beyond ±10 V",
            "Use a less sensitive range, or a smaller threshold.",
        )
    above = rises == (scale.slope > 0.0)
    return Latch(trigger.terminal, volts, above, COMPARATOR + (volts if above else -volts))


def _level(rule: StopCondition, baseline: float, trigger: TriggerConfig) -> tuple[float, bool]:
    """Return the one level of a rule, and whether what lies above it is past it."""
    if rule.signal != trigger.signal:
        raise _refused(
            f"the contact rule uses the {rule.signal}, but {trigger.terminal} is wired to the "
            f"{trigger.signal}",
            f"Wire the {rule.signal} to it, or choose another contact rule.",
        )
    levels = rule.levels(baseline)
    if len(levels) > 1:
        raise _refused(
            "one comparator cannot watch for currents of either sign and stay latched",
            'Write polarity = "anodic" or "cathodic" in the plan\'s contact rule.',
        )
    if not levels:
        raise _refused(
            f"the contact rule has no threshold where the {rule.signal} is zero, as it was read",
            "Check the signal, or choose another contact rule.",
        )
    far = 1.0 + 2.0 * abs(levels[0])
    return levels[0], bool(rule.past(baseline, np.array([far]))[0])


def _refused(what: str, remedy: str) -> LimitError:
    remedy = f'{remedy} Or write stop.kind = "streamed" in the rig file.'
    return LimitError("not-latchable", "hardware stop", f"{what}; nothing moved.", remedy)
