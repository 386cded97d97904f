"""Limits that contradict their step or one another: such a step would end at once, or never."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.program.segment import Act
from seccm.rig import Clock, Limit
from seccm.rig.limits import earliest
from seccm.units import show


def ending_problems(subject: Subject) -> Iterator[Problem]:
    """Find limits that are passed from the start, or looked at too late to end their step."""
    told: dict[tuple[str, int], set[str]] = {}
    for part, site, act in subject.steps():
        where = f"{part.key}.until"
        limits = [limit for limit in act.limits if limit.quantity != "charge"]
        plain = [limit for limit in limits if limit.quantity in ("potential", "current")]
        found = [
            *_too_late(where, act, limits, subject.info.clock),
            *_always(subject, where, plain),
            *_imposed(subject, where, act, plain),
            *_of_means(where, act, limits),
        ]
        # Of the values that a quantity may come to, the first stands for the others.
        before = told.setdefault((part.key, site.condition), set())
        yield from (problem for problem in found if problem.where not in before)
        before |= {problem.where for problem in found}


def _said(subject: Subject, limit: Limit) -> str:
    volts = limit.quantity == "potential"
    return subject.volts(limit.value) if volts else show(limit.value, "A")


def _too_late(where: str, act: Act, limits: list[Limit], clock: Clock) -> Iterator[Problem]:
    duration = act.waveform.duration
    if not limits:
        return
    if limits[0].after >= duration:
        what = f"{show(limits[0].after, 's')} is not less than the duration of the step, "
        what += f"{show(duration, 's')}: no potential or current would end it."
        remedy = f'Give a shorter time, such as after = "{show(0.1 * duration, "s")}".'
        yield Problem(f"{where}.after", what, remedy)
        return
    for limit in limits:
        begins = earliest(limit, clock)
        if limit.span and begins > duration:
            what = f"can end the step after {show(begins, 's')} at the earliest, but it lasts "
            what += f"{show(duration, 's')}."
            remedy = "Make the step longer, or after, rows or drift_over less."
            yield Problem(f"{where}.{_KEYS[limit.quantity]}", what, remedy)


_KEYS = {
    "magnitude": "current_magnitude_below",
    "share": "current_share_below",
    "drift": "potential_drift_below",
}


def _of_means(where: str, act: Act, limits: list[Limit]) -> Iterator[Problem]:
    """Find limits on how what the step itself imposes comes to rest."""
    for limit in limits:
        key = _KEYS.get(limit.quantity)
        mode = "potential" if limit.quantity == "drift" else "current"
        if key is not None and act.mode == mode:
            what = f"the step itself imposes the {mode}: it would end at once, or never."
            yield Problem(f"{where}.{key}", what, "Leave it out.")
        elif limit.quantity == "share" and limit.value >= 1.0:
            what = f"{limit.value:.4g} of the first current is not less than it: the step would "
            yield Problem(f"{where}.{key}", f"{what}end at once.", "Give less than 1.")


def _always(subject: Subject, where: str, limits: list[Limit]) -> Iterator[Problem]:
    """Find two limits that leave no value between them."""
    for low, high in product(limits, limits):
        if low.quantity != high.quantity or (low.side, high.side) != ("below", "above"):
            continue
        if low.value > high.value:
            what = f"every {low.quantity} is below {_said(subject, low)} or above "
            what += f"{_said(subject, high)}: the step would end at once."
            remedy = f"Exchange {low.quantity}_below and {high.quantity}_above."
            yield Problem(where, what, remedy)


def _imposed(subject: Subject, where: str, act: Act, limits: list[Limit]) -> Iterator[Problem]:
    """Find limits on what the step itself imposes, where that is past them when they count."""
    for limit in limits:
        if limit.quantity != act.mode:
            continue
        value = float(act.waveform.at(np.array([limit.after]))[0])
        if value > limit.value if limit.side == "above" else value < limit.value:
            imposed = subject.volts(value) if limit.quantity == "potential" else show(value, "A")
            what = f"the step itself imposes {imposed}, {limit.side} {_said(subject, limit)}: "
            what += "it would end at once."
            remedy = f"Leave {limit.quantity}_{limit.side} out, or change its value."
            yield Problem(f"{where}.{limit.quantity}_{limit.side}", what, remedy)
