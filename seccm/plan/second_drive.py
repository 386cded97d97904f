"""What plans ask of a second drive, against what a rig has."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.mistakes import nearest
from seccm.plan.subject import Subject
from seccm.program.second import Second
from seccm.rig import RigInfo
from seccm.suggestion import Suggestion, key_of
from seccm.units import show


def second_problems(subject: Subject) -> Iterator[Problem]:
    """Find drives that the rig does not have, and potentials beyond them; each key once."""
    told = set()
    for key, under, second in _asked(subject):
        problem = _problem(subject, key, under, second)
        if problem is not None and problem.where not in told:
            told.add(problem.where)
            yield problem


def _asked(subject: Subject) -> Iterator[tuple[str, str, Second]]:
    """Yield what is asked for: its key, under which condition, and what."""
    for site in subject.patterns():
        if site.approach.second is not None:
            yield "approach.beside", subject.under(site), site.approach.second
    for part, site, act in subject.steps():
        if act.second is not None:
            yield f"{part.key}.beside", subject.under(site, part), act.second


def _problem(subject: Subject, key: str, under: str, second: Second) -> Problem | None:
    info = subject.info
    drive = info.drive_of(second.drive)
    if drive is None:
        return _unknown(info, key, second.drive)
    if drive.potential.holds(second.value):
        return None
    span = drive.potential
    what = (
        f"{subject.volts(second.value)}{under} is out of the range of the drive {second.drive}, "
        f"{show(span.lower, 'V')} to {show(span.upper, 'V')} against the electrode."
    )
    return Problem(f"{key}.potential", what, "Choose a potential inside it.")


def _unknown(info: RigInfo, key: str, name: str) -> Problem:
    names = [one.name for one in info.drives]
    what = f'rig {info.name} has no drive "{name}" beside that of the cell'
    if not names:
        remove = Suggestion(key_of(key), "remove")
        remedy = "Remove it, or use a rig whose file has a table drives, such as virtual-secm."
        return Problem(key, f"{what}.", remedy, suggestion=remove)
    likely = nearest(name, names) or names[0]
    put = Suggestion(key_of(f"{key}.drive"), "put", likely)
    known = ", ".join(names)
    return Problem(f"{key}.drive", f"{what}; it has: {known}.", f"Write {likely}.", suggestion=put)
