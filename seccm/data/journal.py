"""Events as rows of a table: a code, a site, a row and a sentence."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import cast, get_args

from seccm.events import (
    Approaching,
    EndReason,
    Event,
    FalseContact,
    Fault,
    Landed,
    Note,
    Paused,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.units import show


class Code(IntEnum):
    """The kinds of events in the table; written into files, so never renumbered."""

    RUN_STARTED = 1
    SITE_STARTED = 2
    PHASE = 3
    APPROACHING = 4
    FALSE_CONTACT = 5
    LANDED = 6
    STEP_FINISHED = 7
    SITE_FINISHED = 8
    NOTE = 9
    PAUSED = 10
    RESUMED = 11
    FAULT = 12
    RUN_STOPPED = 13


_CODES: dict[type[Event], Code] = {
    RunStarted: Code.RUN_STARTED,
    SiteStarted: Code.SITE_STARTED,
    PhaseBegan: Code.PHASE,
    Approaching: Code.APPROACHING,
    FalseContact: Code.FALSE_CONTACT,
    Landed: Code.LANDED,
    StepFinished: Code.STEP_FINISHED,
    SiteFinished: Code.SITE_FINISHED,
    Note: Code.NOTE,
    Paused: Code.PAUSED,
    Resumed: Code.RESUMED,
    Fault: Code.FAULT,
    RunStopped: Code.RUN_STOPPED,
}
_STEP = re.compile(r"^step (\d+) ended by (.+), charge (\S+) C(?:, path ([\d.]+))?$")


def code(event: Event) -> Code:
    """Return the kind of an event."""
    return _CODES[type(event)]


def site(event: Event) -> int:
    """Return the site that an event is about, -1 where it is about none."""
    return int(getattr(event, "site", -1))


def is_listed(event: Event) -> bool:
    """Tell whether an event has a row of its own; the others are columns of other tables."""
    return not isinstance(event, PhaseBegan | SiteAnalysed)


def words(event: Event) -> str:
    """Return what an event says beyond its kind, row and site."""
    match event:
        case RunStarted():
            return f"{event.sites} sites on {event.rig}"
        case Approaching():
            return f"attempt {event.attempt + 1}"
        case FalseContact():
            return f"at z = {show(event.z, 'm', 6)}"
        case Landed(landing=landing):
            return f"at z = {show(landing.z_crossing, 'm', 6)}"
        case StepFinished():
            there = ".".join(map(str, event.path))
            path = "" if event.path in ((), (event.step,)) else f", path {there}"
            return f"step {event.step} ended by {event.reason}, charge {event.charge!r} C{path}"
        case SiteFinished():
            return f"{event.outcome.words}. {event.reason}".removesuffix(" ")
        case Note():
            return f"{event.level}: {event.text}"
        case Paused():
            return event.why or "by operator"
        case Fault():
            return f"{event.code}: {event.text} {event.remedy}"
        case RunStopped():
            return f"{event.status}. {event.reason}".removesuffix(" ")
        case _:
            return ""


def step_finished(row: int, site: int, said: str) -> StepFinished:
    """Return the end of a step from its words, for those who analyse it later."""
    found = _STEP.match(said)
    if found is None or found[2] not in get_args(EndReason):
        raise ValueError(f"{said!r} does not say how a step ended")
    step = int(found[1])
    path = tuple(map(int, found[4].split("."))) if found[4] else ()
    return StepFinished(row, site, step, cast(EndReason, found[2]), float(found[3]), path)
