"""The hardware stop: an analog trigger that pauses the outputs and does not let go again.

A pause trigger of DAQmx is a level, not a latch: "pause triggers are only sensitive to the level
of the source, not the edge" (NI). The current of a contact is a spike that decays within a
millisecond; an unlatched pause would end with it, and the tip would go on into the sample. So the
hysteresis is set as wide as the comparator allows: the level at which the pause would end lies at
the other end of the range, where the signal of a contact does not return to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hardware.config import TriggerConfig
from hardware.scaling import Scale
from seccm.errors import LimitError
from seccm.rig import ContactRule, CurrentRise, CurrentThreshold, PotentialDrop
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


def latch(rule: ContactRule, baseline: float, trigger: TriggerConfig, scale: Scale) -> Latch:
    """Work out the trigger for a contact rule.

    Args:
        rule: the contact rule.
        baseline: the undisturbed signal, in volts or amperes.
        trigger: how the comparator is wired.
        scale: of the input that the comparator shares its signal with.

    Raises:
        LimitError: no latched comparator can keep this rule; nothing moved.
    """
    rest, level, rises = _levels(rule, baseline, trigger)
    volts, rest_volts = (trigger.gain * scale.volts(value) for value in (level, rest))
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


def _levels(
    rule: ContactRule, baseline: float, trigger: TriggerConfig
) -> tuple[float, float, bool]:
    """Return the signal at rest, the one at contact, and whether contact is upwards."""
    wanted = "potential" if isinstance(rule, PotentialDrop) else "current"
    if wanted != trigger.signal:
        raise _refused(
            f"the contact rule uses the {wanted}, but {trigger.terminal} is wired to the "
            f"{trigger.signal}",
            f"Wire the {wanted} to it, or choose another contact rule.",
        )
    match rule:
        case PotentialDrop(drop):
            return baseline, baseline - math.copysign(drop, baseline), baseline < 0.0
        case CurrentThreshold(size, polarity) | CurrentRise(size, polarity):
            rest = baseline if isinstance(rule, CurrentRise) else 0.0
    if polarity == "either":
        raise _refused(
            "one comparator cannot watch for currents of either sign and stay latched",
            'Write polarity = "anodic" or "cathodic" in the plan\'s contact rule.',
        )
    rises = polarity == "anodic"
    return rest, rest + (size if rises else -size), rises


def _refused(what: str, remedy: str) -> LimitError:
    remedy = f'{remedy} Or write stop.kind = "streamed" in the rig file.'
    return LimitError("not-latchable", "hardware stop", f"{what}; nothing moved.", remedy)
