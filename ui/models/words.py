"""The events of a run as an operator reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from seccm.events import (
    Approaching,
    Event,
    FalseContact,
    Fault,
    Landed,
    Note,
    Outcome,
    Paused,
    Phase,
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
from seccm.plan.added import why
from seccm.plan.way_words import TIP, WayWords
from seccm.typography import counted, readable
from seccm.units import show
from seccm.words import SIMULATION
from ui.models.doubt import marked

Level = Literal["detail", "info", "good", "doubtful", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    level: Level
    text: str
    site: int = -1
    """Number of the site it is about, -1 for none."""
    remedy: str = ""
    """What to do about it; empty where nothing needs doing."""
    at: str = ""
    """When, as read off a clock."""

    def typeset(self) -> Line:
        """Return it as the window writes units, signs and powers: µm, not um."""
        return replace(self, text=readable(self.text), remedy=readable(self.remedy))


PHASES = {
    Phase.IDLE: "waiting",
    Phase.TRAVEL: "travelling",
    Phase.SETTLE: "settling",
    Phase.APPROACH: "approaching",
    Phase.STEP: "measuring",
    Phase.RETRACT: "retracting",
    Phase.REST: "resting",
}
_LEVELS: dict[Outcome, Level] = {
    Outcome.OK: "detail",
    Outcome.NO_CONTACT: "warning",
    Outcome.SKIPPED: "info",
    Outcome.ABORTED: "warning",
    Outcome.FAULT: "error",
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: "error",
}
_ENDS: dict[str, Level] = {"complete": "good", "stopped": "warning", "halted": "warning"}


def line_of(event: Event, words: WayWords = TIP) -> Line:
    """Put an event into words.

    Args:
        event: of a run.
        words: how the run is spoken of.
    """
    line = _line_of(event, words)
    return line.typeset()


def _line_of(event: Event, words: WayWords) -> Line:
    match event:
        case RunStarted():
            kind = f"{SIMULATION}, no hardware" if event.virtual else "Run"
            sites = "sites from a planner" if event.sites is None else counted(event.sites, "site")
            return Line("info", f"{kind}: {event.title}, {sites}, on {event.rig}.")
        case SiteAdded():
            label = f", {event.label}" if event.label else ""
            said = f"Added by the planner{label}. {why(event)}".rstrip()
            return Line("info", said, event.site)
        case SiteStarted():
            return Line("detail", "The site begins.", event.site)
        case PhaseBegan():
            kind = f": {event.kind}" if event.kind else ""
            return Line("detail", f"Now {PHASES[event.phase]}{kind}.", event.site)
        case Approaching() if event.what:
            return Line("detail", f"{event.what[:1].upper()}{event.what[1:]}.", event.site)
        case Approaching():
            again = f", attempt {event.attempt + 1}" if event.attempt else ""
            return Line(
                "detail",
                f"Approach starts{again}; this site will not be visited again.",
                event.site,
            )
        case FalseContact():
            return Line("warning", f"Contact at {_um(event.z)} did not last.", event.site)
        case Landed():
            # Under manual control a note says the same.
            return Line("info" if event.site >= 0 else "detail", _landing(event), event.site)
        case StepFinished():
            charge = show(event.charge, "C", 3)
            name = f" ({event.name})" if event.name else ""
            text = f"Step {event.step + 1}{name} ended: {event.reason}; charge {charge}."
            return Line("detail", text, event.site)
        case SiteFinished():
            said = event.reason or f"Finished: {event.outcome.words}."
            return Line(_LEVELS.get(event.outcome, "info"), said, event.site)
        case SiteAnalysed():
            said = event.summary or "no result."
            level = _analysed(event)
            said = f"Analysed: {said}"
            return Line(level, marked(said) if event.doubtful else said, event.site)
        case Note():
            return Line(event.level, event.text, event.site)
        case Paused() if event.asks:
            remedy = "Press Resume when that is done, or Stop."
            return Line("warning", str(event), remedy=remedy)
        case Paused() if event.suspended:
            remedy = "It goes on by itself; Resume goes on all the same, Pause keeps it waiting."
            return Line("warning", str(event), remedy=remedy)
        case Paused() if event.by_planner:
            return Line("warning", str(event))  # it says what to do, and the tip has no part in it
        case Paused():
            remedy = f"{words.look}, then press Resume or Stop."
            return Line("warning", str(event), remedy=remedy)
        case Resumed():
            return Line("info", str(event))
        case Fault():
            return Line("error", event.text, event.site, event.remedy)
        case RunStopped():
            text = f"Run {event.how}"
            remedy = "" if event.status == "complete" else "The file can be resumed at any time."
            return Line(_ENDS.get(event.status, "error"), text, remedy=remedy)


def _analysed(event: SiteAnalysed) -> Level:
    """Return "good" only for a site that came to its regular end and has numbers to be trusted."""
    if event.outcome is not Outcome.OK:
        return _LEVELS.get(event.outcome, "info")
    if event.doubtful:
        return "doubtful"
    return "good" if any(map(math.isfinite, event.features.values())) else "info"


def _landing(event: Landed) -> str:
    landing = event.landing
    if math.isnan(landing.z_crossing):
        return "The measurement begins."
    latency, over = show(landing.latency, "s", 3), show(landing.overtravel, "m", 3)
    at = _um(landing.z_crossing)
    return f"Contact at {at}; stopped within {latency}, {over} past contact."


def _um(metres: float) -> str:
    return f"{round(metres * 1e6, 3) or 0.0:.3f} µm"


def clock_words(seconds: float) -> str:
    """Write a duration as people read it off a clock."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def bytes_words(count: float) -> str:
    """Write a number of bytes with the unit that people buy disks in."""
    megabytes = round(count / 1e6)
    if megabytes < 1000:
        return f"{megabytes} MB"
    size, unit = (1e9, "GB") if count < 999.5e9 else (1e12, "TB")
    return f"{float(f'{count / size:.3g}'):.7g} {unit}"
