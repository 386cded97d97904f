"""Limits that contradict their step or one another: such a step would end at once, or never."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.program.segment import Act
from seccm.rig import Limit
from seccm.units import show


def ending_problems(subject: Subject) -> Iterator[Problem]:
    """Find limits that are passed from the start, or looked at too late to end their step."""
    told: dict[tuple[str, int], set[str]] = {}
    for part, site, act in subject.steps():
        where = f"{part.key}.until"
        limits = [limit for limit in act.limits if limit.quantity != "charge"]
        found = [
            *_too_late(where, act, limits),
            *_always(subject, where, limits),
            *_imposed(subject, where, act, limits),
        ]
        # Of the values that a quantity may come to, the first stands for the others.
        before = told.setdefault((part.key, site.condition), set())
        yield from (problem for problem in found if problem.where not in before)
        before |= {problem.where for problem in found}


def _said(subject: Subject, limit: Limit) -> str:
    volts = limit.quantity == "potential"
    return subject.volts(limit.value) if volts else show(limit.value, "A")


def _too_late(where: str, act: Act, limits: list[Limit]) -> Iterator[Problem]:
    duration = act.waveform.duration
    if not limits or limits[0].after < duration:
        return
    what = f"{show(limits[0].after, 's')} is not less than the duration of the step, "
    what += f"{show(duration, 's')}: no potential or current would end it."
    remedy = f'Give a shorter time, such as after = "{show(0.1 * duration, "s")}".'
    yield Problem(f"{where}.after", what, remedy)


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
