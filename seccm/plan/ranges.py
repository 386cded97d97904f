"""Ranges of the current input that steps ask for, against those that a rig has."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.mistakes import nearest
from seccm.plan.fine_rows import TOLD
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.program.tree import parts
from seccm.rig import RigInfo
from seccm.suggestion import Suggestion, key_of


def range_problems(subject: Subject) -> Iterator[Problem]:
    """Find ranges that a rig does not have, and one that would change in a contact."""
    info = subject.info
    for part in parts(subject.plan.program):
        if part.spec.range is not None and info.range_of(part.spec.range) is None:
            yield _unknown(f"{part.key}.range", part.spec.range, info)
    usual = info.range_of("")
    for site in subject.patterns():
        first = next(iter(site.program.planned), None)
        chosen = None if first is None else info.range_of(first.range)
        if first is None or not site.approach.continues or chosen in (None, usual):
            continue
        key = f"{next(iter(parts(subject.plan.program))).key}.range"
        what = (
            f'"{first.range}" would be switched while the current flows: this step goes on with '
            "what was held at contact, in the usual range."
        )
        remedy = "Remove it, or put a short step before it that is measured in the usual range."
        yield Problem(key, what, remedy, suggestion=Suggestion(key_of(key), "remove"))


def range_words(plan: Tables) -> Iterator[str]:
    """Say which steps are measured in another range than usual."""
    segments = (segment for site in plan.visits().patterns for segment in site.segments)
    labels = tuple(dict.fromkeys(segment.label for segment in segments if segment.range))
    yield from labels[:TOLD]
    if len(labels) > TOLD:
        yield f"{len(labels) - TOLD} more steps in another range than usual"


def _unknown(key: str, name: str, info: RigInfo) -> Problem:
    names = [one.name for one in info.ranges]
    what = f'rig {info.name} has no range "{name}" to switch to'
    if len(names) < 2:
        only = f', only "{names[0]}"' if names else ""
        remedy = "Remove it; a rig file names the ranges that a program can switch."
        return Problem(key, f"{what}{only}.", remedy, suggestion=Suggestion(key_of(key), "remove"))
    known = ", ".join(f'"{one}"' for one in names)
    put = Suggestion(key_of(key), "put", nearest(name, names) or names[0])
    what, remedy = f"{what}; it has: {known}.", f'Write one of them, such as "{put.value}".'
    return Problem(key, what, remedy, suggestion=put)


def larger_range(info: RigInfo, current: float) -> str:
    """Return the name of the smallest range that holds a current; empty if none does."""
    fits = [one for one in info.ranges if one.span.holds(current)]
    return min(fits, key=lambda one: one.span.upper - one.span.lower).name if fits else ""
