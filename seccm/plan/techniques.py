"""What a plan asks of an instrument that runs techniques by itself, and it cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.rig import Constant
from seccm.rig.technique import Runs

_LIMITS = {
    "potential": "a potential",
    "current": "a current",
    "charge": "a charge",
    "magnitude": "how small the current has become",
    "share": "a share of the first current",
    "drift": "how slowly the potential changes",
}


def technique_problems(subject: Subject) -> Iterator[Problem]:
    """Find waveforms and limits that the instrument of the rig's cell does not have."""
    runs, name = subject.info.runs, subject.info.name
    if runs is None:
        return
    for site in subject.patterns() if subject.plan.moves else ():
        hold = site.approach.hold
        if why := runs.refusal(hold.mode, Constant(hold.value)):
            yield Problem("approach.hold", f"rig {name}: {why}", "Hold something else.")
    for part, _, act in subject.steps():
        if why := runs.refusal(act.mode, act.waveform):
            remedy = "Choose a step that it can run, or a rig whose card drives the cell."
            yield Problem(part.key, f"rig {name}: {why}", remedy)
        for limit in act.limits:
            if limit.quantity not in runs.limits:
                yield _limit(part.key, name, limit.quantity, runs)


def _limit(key: str, name: str, quantity: str, runs: Runs) -> Problem:
    """Refuse a limit that would only be seen in rows that come late."""
    known = " and ".join(sorted(_LIMITS[one] for one in runs.limits)) or "none"
    what = (
        f"rig {name}: its instrument cannot end a step by {_LIMITS[quantity]}, only by {known}; "
        "its rows come too late to do it in its place."
    )
    return Problem(key, what, "Remove that ending, or choose a rig whose card drives the cell.")
