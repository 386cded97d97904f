"""Events as rows of a table: a code, a site, a row and a sentence."""

from __future__ import annotations

import math
from enum import IntEnum

from seccm.events import (
    Approaching,
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
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.typography import counted
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


def code(event: Event) -> Code:
    """Return the kind of an event."""
    return _CODES[type(event)]


def site(event: Event) -> int:
    """Return the site that an event is about, -1 where it is about none."""
    return int(getattr(event, "site", -1))


def is_listed(event: Event) -> bool:
    """Tell whether an event has a row of its own; the others are columns of other tables."""
    return not isinstance(event, PhaseBegan | SiteAdded | SiteAnalysed)


def words(event: Event) -> str:
    """Return what an event says beyond its kind, row and site."""
    match event:
        case RunStarted():
            sites = "sites from a planner" if event.sites is None else counted(event.sites, "site")
            return f"{sites} on {event.rig}"
        case Approaching():
            return event.what or f"attempt {event.attempt + 1}"
        case FalseContact():
            return f"at z = {show(event.z, 'm', 6)}"
        case Landed(landing=landing) if landing.seen:
            return f"at z = {show(landing.z_crossing, 'm', 6)}"
        case Landed(landing=landing) if math.isfinite(landing.z):
            return f"no contact seen, at z = {show(landing.z, 'm', 6)}"
        case Landed():
            return "the measurement begins"
        case StepFinished():
            return f"step {event.step} ended by {event.reason}, charge {show(event.charge, 'C', 3)}"
        case SiteFinished():
            return f"{event.outcome.words}. {event.reason}".removesuffix(" ")
        case Note():
            return f"{event.level}: {event.text}"
        case Paused():
            suspended = "suspended: " if event.suspended else ""
            return f"{suspended}{event.why or 'by operator'}"
        case Resumed():
            return event.why
        case Fault():
            return f"{event.code}: {event.text} {event.remedy}"
        case RunStopped():
            return f"{event.status}. {event.reason}".removesuffix(" ")
        case _:
            return ""
