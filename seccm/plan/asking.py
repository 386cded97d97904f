"""Programmes that ask for results of steps at once: what can be known of them by then."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.program.live import last_of
from seccm.units import show

MOST = 1_000_000
"""Rows of a site that are kept for it: 43 min, 60 MB."""


def asking_problems(subject: Subject) -> Iterator[Problem]:
    """Find programmes that are too long, and results that are not known when they are asked for."""
    asked = subject.programs[0].asked
    if not asked:
        return
    clock = subject.info.clock
    longest = max(site.measuring_time(clock)[1] for site in subject.patterns())
    most = MOST * clock.period
    if longest > most:
        what = (
            f"asks for results of steps while it runs, and lasts up to {show(longest, 's')}: "
            f"the data points of a site are kept for it, {show(most, 's')} at most."
        )
        remedy = 'Ask for a value of a step (take = "E", for example), or take shorter steps.'
        yield Problem("program", what, remedy)
    told = set()
    for part, _, act in subject.steps():
        names = {part.spec.name, last_of(part.kind)}
        if names & asked and act.keeps_raw(clock.period) and part.key not in told:
            told.add(part.key)
            what = (
                "is asked for its results at once, but they are found from its raw samples later."
            )
            yield Problem(part.key, what, "Leave out row, or ask for what it came to.")
