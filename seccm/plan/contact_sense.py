"""Whether a contact can be seen under the hold, and whether a sweep begins with a jump.

What these say cannot be known for sure before a droplet was made, so they warn: the sign of the
current at contact, the current that the rig reads while nothing touches, and the step from the
held potential to the start of a sweep.
"""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.rounding import rounded_up
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.program.program import part_at
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.rig import Constant, CurrentRise, CurrentThreshold, Lines, PotentialDrop
from seccm.units import show, volts

CLEAR = 0.1
"""Volts from the quasi-reference electrode beyond which the sign of the charging is clear. Before
contact the double layer is at open circuit, usually within this of the electrode in the pipette."""
JUMP = 0.05
"""Volts, about 2 RT/F, by which a sweep may start away from what was imposed before it."""
JUMP_AGAIN = 0.5
"""The same for a sweep that has more cycles: a smaller spike spoils no other than the first."""
OVER = 2.0
"""A threshold over what the rig reads while nothing touches, to be safe from false contacts."""


def contact_problems(subject: Subject) -> Iterator[Problem]:
    """Find contact rules that would see nothing, or something where nothing is; each key once."""
    told = set()
    for site in subject.patterns():
        for problem in (*_polarity(subject, site), *_faint(subject, site), *_idle(site)):
            if problem.where not in told:
                told.add(problem.where)
                yield problem


def _polarity(subject: Subject, site: Site) -> Iterator[Problem]:
    hold, rule = site.approach.hold, site.approach.rule
    if isinstance(rule, PotentialDrop) or hold.mode != "potential" or abs(hold.value) <= CLEAR:
        return
    comes = "anodic" if hold.value > 0 else "cathodic"
    if rule.polarity in ("either", comes):
        return
    what = (
        f'"{rule.polarity}" will hardly show a contact{subject.under(site)}: '
        f"{subject.volts(hold.value)} is held, and the double layer of a fresh surface "
        f"charges with {comes} current."
    )
    remedy = f'Write "{comes}" or "either": a contact that is not seen drives the tip into the '
    put = subject.put("either", "approach", "contact", "polarity")
    yield Problem("approach.contact.polarity", what, f"{remedy}surface.", "warning", put)


def _faint(subject: Subject, site: Site) -> Iterator[Problem]:
    """Find thresholds that offset, hum and noise of the rig pass without any contact."""
    rule, idle = site.approach.rule, subject.info.idle_current
    if isinstance(rule, PotentialDrop):
        return
    key, level = "threshold", 0.0
    if isinstance(rule, CurrentThreshold):
        level = rule.threshold
    elif isinstance(rule, CurrentRise):
        key, level = "rise", rule.rise
    if level >= idle:
        return
    enough = show(rounded_up(OVER * idle), "A")
    what = (
        f"{show(level, 'A')}{subject.under(site)} is below what rig {subject.info.name} may read "
        f"without contact, {show(idle, 'A', 2)}: noise, hum or offset would count as a contact."
    )
    put = subject.put(enough, "approach", "contact", key)
    yield Problem(f"approach.contact.{key}", what, f"Write {enough} or more.", "warning", put)


def _idle(site: Site) -> Iterator[Problem]:
    hold = site.approach.hold
    if hold.mode == "current" and hold.value == 0.0:
        what = (
            "0 A brings no open circuit into overload, so that no drop from overload can be seen."
        )
        yield Problem("approach.hold", what, "Hold a current that is not 0 A.", "warning")


def jump_problems(subject: Subject) -> Iterator[Problem]:
    """Find sweeps that begin with a step of potential and are not repeated after it."""
    told = set()
    for site, program in zip(subject.patterns(), subject.programs, strict=True):
        hold = site.approach.hold
        before = hold.value if hold.mode == "potential" else None
        for segment in program.planned:
            part = part_at(program.steps, segment.path)
            begins, ends = _ends(segment)
            if begins is not None and before is not None and part.key not in told:
                again = len(segment.cycles) > 2
                allowed = (JUMP_AGAIN if again else JUMP) * (1 + 1e-9)
                if isinstance(segment.waveform, Lines) and abs(begins - before) > allowed:
                    told.add(part.key)
                    beginning = kind_of(part.kind).begins(part.spec)
                    key = part.key if beginning is None else f"{part.key}.{beginning.key}"
                    yield _jump(subject, key, site, begins, before, again=again)
            before = ends


def _ends(segment: Segment) -> tuple[float | None, float | None]:
    """Return the raw potentials that a segment begins and ends with; None where it imposes none."""
    if segment.mode != "potential":
        return None, None
    waveform = segment.waveform
    if isinstance(waveform, Constant):
        return waveform.value, waveform.value
    return waveform.values[0], None if segment.limits else waveform.values[-1]


def _jump(
    subject: Subject, key: str, site: Site, begins: float, before: float, *, again: bool
) -> Problem:
    reference = subject.plan.reference
    start, held = (volts(reference.potential(raw)) for raw in (begins, before))
    what = (
        f"the sweep starts at {start}{subject.under(site)}, but {held} is applied just before: "
        f"the step of {show(abs(begins - before), 'V')} charges the double layer; its current "
        f"spike is part of the {'first cycle' if again else 'sweep'}."
    )
    more = "" if again else ", or take two cycles"
    remedy = f"Rest at {start} for 1 s before it{more}."
    return Problem(key, what, remedy, "warning")
