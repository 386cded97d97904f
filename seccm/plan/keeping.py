"""What a plan keeps of each site in the site table, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccm.errors import Problem
from seccm.factors import Condition
from seccm.plan.subject import Subject
from seccm.program.keep import FEW_STEPS, asked_for, unknown_in
from seccm.program.program import Program
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.settled import earlier_in, settled
from seccm.program.tree import parts
from seccm.program.words import Step
from seccm.program.yielded import yielding


def keep_problems(
    keep: Sequence[str], program: Sequence[Step], conditions: Sequence[Condition]
) -> Iterator[Problem]:
    """Find what a plan asks to keep that its steps do not yield.

    Args:
        keep: in the words of the plan.
        program: the steps.
        conditions: all of the plan; none where they are not known.
    """
    # What a step imposes depends on the reference and the footprint; what it yields does not.
    settings = [Setting(condition, offset=0.0, area=1.0) for condition in conditions]
    if settings and all(_is_right(program, setting) for setting in settings):
        programs = (_planned(program, setting) for setting in settings)
        yield from asked_for(keep, program, yielding(program, programs))[1]
    else:
        yield from unknown_in(keep)


def _is_right(program: Sequence[Step], setting: Setting) -> bool:
    """Tell whether every step can be resolved."""
    return not any(
        problem
        for part in parts(program)
        if not earlier_in(part.spec)
        for problem in kind_of(part.kind).problems(part.spec, part.key, setting.inside(part.values))
    )


def _planned(program: Sequence[Step], setting: Setting) -> tuple[Segment, ...]:
    steps = tuple(settled(step, setting.condition.known) for step in program)
    return Program(steps, Setting(Condition(), setting.offset, setting.area)).planned


def usual_problems(subject: Subject) -> Iterator[Problem]:
    """Say which numbers are kept of a long programme, of which not every one is."""
    plan = subject.plan
    count = len(subject.visits.patterns[0].segments)
    if plan.keep is None and count > FEW_STEPS:
        columns = plan.kept()
        what = (
            f"is not given, and up to {count} steps run at each site: maps, tables and reports "
            f"show the first and the last step of each kind, {len(columns)} numbers in all. The "
            "file has the results of every step."
        )
        example = columns[0].result.name
        remedy = f'Name the numbers to show, such as keep = ["{example} of last step"].'
        yield Problem("keep", what, remedy, "warning")
