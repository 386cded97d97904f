"""Whether a contact can be seen under the hold, and whether a sweep begins with a jump.

What these say cannot be known for sure before a droplet was made, so they warn: the sign of the
current at contact, the current that the rig reads while nothing touches, and the step from the
held potential to the start of a sweep.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.program.comparison import Comparison
from seccm.program.registry import kind_of
from seccm.program.segment import Act
from seccm.program.settled import earlier_in
from seccm.program.tree import walked
from seccm.rig import Constant, Lines
from seccm.units import show, volts

JUMP = 0.05
"""Volts, about 2 RT/F, by which a sweep may start away from what was imposed before it."""
JUMP_AGAIN = 0.5
"""The same for a sweep that has more cycles: a smaller spike spoils no other than the first."""


def contact_problems(subject: Subject) -> Iterator[Problem]:
    """Find contact rules that would see nothing, or something where nothing is; each key once."""
    told = set()
    for site in subject.patterns():
        for problem in subject.plan.approach.contact.doubts(subject, site):
            if problem.where not in told:
                told.add(problem.where)
                yield problem


def jump_problems(subject: Subject) -> Iterator[Problem]:
    """Find sweeps that begin with a step of potential and are not repeated after it."""
    told = set()
    patterns = zip(subject.patterns(), subject.programs, strict=True)
    for (site, program), answer in product(patterns, (True, False)):
        # One way through the programme is that on which every answer is yes, the other every no.
        hold = site.approach.hold
        before = hold.value if hold.mode == "potential" else None
        for _, part in walked(program.steps, partial(_always, answer)):
            act = program.expected(part)
            begins, ends = (None, None) if earlier_in(part.spec) else _ends(act)
            if begins is not None and before is not None:
                again = len(act.cycles) > 2
                allowed = (JUMP_AGAIN if again else JUMP) * (1 + 1e-9)
                jumps = isinstance(act.waveform, Lines) and abs(begins - before) > allowed
                if jumps and part.key not in told:
                    told.add(part.key)
                    beginning = kind_of(part.kind).begins(part.spec)
                    key = part.key if beginning is None else f"{part.key}.{beginning.key}"
                    under = subject.under(site, part)
                    yield _jump(subject, key, under, begins, before, len(act.cycles) - 1)
            before = ends


def _always(answer: bool, _: Comparison) -> bool:
    return answer


def _ends(act: Act) -> tuple[float | None, float | None]:
    """Return the raw potentials that an act begins and ends with; None where it imposes none."""
    if act.mode != "potential":
        return None, None
    waveform = act.waveform
    if isinstance(waveform, Constant):
        return waveform.value, waveform.value
    begins, ends = waveform.at(np.array([0.0, waveform.duration])).tolist()
    return begins, None if act.limits else ends


def _jump(
    subject: Subject, key: str, under: str, begins: float, before: float, cycles: int
) -> Problem:
    """Make the warning; steps without cycles have fewer than one."""
    reference = subject.plan.reference
    start, held = (volts(reference.potential(raw)) for raw in (begins, before))
    what = (
        f"the sweep starts at {start}{under}, but {held} is applied just before: "
        f"the step of {show(abs(begins - before), 'V')} charges the double layer; its current "
        f"spike is part of the {'first cycle' if cycles > 1 else 'sweep'}."
    )
    more = ", or take two cycles" if cycles == 1 else ""
    remedy = f"Rest at {start} for 1 s before it{more}."
    return Problem(key, what, remedy, "warning")
