"""The facts of a run, in the order in which they became known.

Every listener sees the same stream: the store (every event, never lost), the command line,
the window. Printed, each is one plain line. `row` is the sample clock: the number of the row at
which the fact holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from seccm.rig import ContactRecord, Mode
from seccm.typography import counted
from seccm.units import show
from seccm.words import SIMULATION


class Phase(IntEnum):
    """What the rig is about in a row; stored with every row."""

    IDLE = 0
    TRAVEL = 1
    SETTLE = 2
    APPROACH = 3
    STEP = 4
    RETRACT = 5
    REST = 6
    """At open circuit, before a site goes on that an earlier session broke off."""


class Outcome(IntEnum):
    """What became of a site; the status column of the site table."""

    PLANNED = 0
    RUNNING = 1
    OK = 2
    NO_CONTACT = 3
    SKIPPED = 4
    ABORTED = 5
    FAULT = 6
    NO_CONTACT_AT_THE_KNOWN_SURFACE = 7
    """The tip went below where earlier landings say that the surface is."""

    @property
    def words(self) -> str:
        """The outcome in words."""
        return self.name.lower().replace("_", " ")

    @property
    def no_contact(self) -> bool:
        """Whether the tip came down and did not touch."""
        return self in (Outcome.NO_CONTACT, Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE)

    @property
    def failed(self) -> bool:
        """Whether it counts as a failure of the tip or of the sample."""
        return self.no_contact or self is Outcome.FAULT


EndReason = Literal[
    "time",
    "charge",
    "potential",
    "current",
    "lost contact",
    "given up",
    "potential above",
    "potential below",
    "current above",
    "current below",
    "current magnitude below",
    "current share below",
    "potential drift below",
]
"""What ended a step; the order gives the codes in files, so new ones are added at the end.

"potential" and "current" stand in older files, which do not say on which side. "lost contact" is
an overload of the galvanostat that stayed: the meniscus is gone, or the cell cannot carry the
current within the compliance.
"""
Path = tuple[int, ...]
"""Where a step stands in the programme, each number from 0: its place in the list; inside of a
repeat the place of the repeat, the turn, and the place in the repeat's own list; inside of an `if`
the arm (0 for `program`, 1 for `otherwise`) in the place of the turn."""
RunStatus = Literal["complete", "stopped", "halted", "fault"]


@dataclass(frozen=True, slots=True)
class Landing:
    """How one meniscus contact went, in SI units."""

    row: int
    """The contact row: the first row past the threshold; t = 0 of the measurement."""
    z: float
    """Height of the tip at rest after the stop."""
    z_crossing: float
    """Height of the tip when the signal crossed the threshold."""
    signal: float
    """The signal in the contact row, raw volts or amperes."""
    baseline: float
    """The undisturbed signal before the descent."""
    latency: float
    """Seconds from the crossing to the halt of the output."""
    overtravel: float
    """Metres from the crossing to rest, the lag of the stage included."""
    attempt: int
    """0 for the first approach at this site, 1 for the first retry and so on."""
    x: float | None = None
    y: float | None = None
    """Where the tip was sent to land, in stage coordinates; a retry lands beside its site. None
    where an older file does not say."""

    @classmethod
    def unseen(
        cls,
        row: int,
        *,
        z: float = math.nan,
        signal: float = math.nan,
        baseline: float = math.nan,
        attempt: int = 0,
        x: float | None = None,
        y: float | None = None,
    ) -> Landing:
        """Return the arrival at a place where no contact was seen, or none was looked for."""
        nowhere = math.nan
        return cls(row, z, nowhere, signal, baseline, nowhere, nowhere, attempt, x, y)

    @property
    def seen(self) -> bool:
        """Whether a contact was seen, and not only a height was come to."""
        return math.isfinite(self.z_crossing)


def one_line(text: str) -> str:
    """Return a text without line breaks and multiple spaces of its own."""
    return " ".join(text.split())


def _at(site: int, what: str) -> str:
    """Return what happened at a site, or at none (-1), on one line."""
    return one_line(what) if site < 0 else f"site {site}: {one_line(what)}"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The stream runs and the first site is about to begin."""

    row: int
    title: str
    sites: int | None
    """How many there will be; None where a planner decides as it goes."""
    rig: str
    virtual: bool

    def __str__(self) -> str:
        kind = f"{SIMULATION} run, no hardware" if self.virtual else "Run"
        sites = "sites as its planner asks" if self.sites is None else counted(self.sites, "site")
        return one_line(f"{kind}: {self.title}, {sites}, on {self.rig}")


@dataclass(frozen=True, slots=True)
class SiteAdded:
    """A planner thought of another site; it is in the data file."""

    row: int
    site: int
    """Its number, the next one."""
    x: float
    y: float
    """Stage coordinates in metres."""
    ix: int
    iy: int
    condition: int
    """Index into the conditions of the plan, and behind them those that the planner thought of."""
    repeat: int
    recipe: str
    """What is to be done there, as the data file has it; see `seccm.plan.recipe.Recipe`."""
    label: str = ""
    """The condition in words; empty if nothing varies."""
    decision: str = ""
    """Why, as the data file has it; see `seccm.plan.decision.Decision`. Empty if nobody said."""

    def __str__(self) -> str:
        where = f"at ({show(self.x, 'm', 5)}, {show(self.y, 'm', 5)})"
        return _at(self.site, f"added by the planner, {where} {self.label}".rstrip())


@dataclass(frozen=True, slots=True)
class SiteStarted:
    """The tip begins to travel to a site."""

    row: int
    site: int

    def __str__(self) -> str:
        return _at(self.site, "begins")


@dataclass(frozen=True, slots=True)
class PhaseBegan:
    """From this row on, the rig is about something else."""

    row: int
    site: int
    phase: Phase
    step: int = 0
    """Number of the step among those that ran at the site, from 0."""
    kind: str = ""
    """The kind of step that begins; empty in other phases."""
    raw: bool = False
    """Whether raw samples of the step are kept though the plan does not ask for all of them."""

    def __str__(self) -> str:
        step = f" {self.step}" if self.phase is Phase.STEP else ""
        return _at(self.site, f"{self.phase.name.lower()}{step}")


@dataclass(frozen=True, slots=True)
class Approaching:
    """The descent is about to begin; once this is recorded, the site counts as touched.

    The descent waits until the record is safe: after a crash, no site is landed on again.
    """

    row: int
    site: int
    attempt: int
    what: str = ""
    """What begins where no tip comes down, such as "P7 connected"; empty for an approach."""

    @property
    def words(self) -> str:
        """What begins."""
        return self.what or f"approach, attempt {self.attempt + 1}"

    def __str__(self) -> str:
        return _at(self.site, self.words)


@dataclass(frozen=True, slots=True)
class FalseContact:
    """A contact that did not persist; the descent goes on."""

    row: int
    site: int
    z: float

    def __str__(self) -> str:
        return _at(self.site, f"a contact at z = {show(self.z, 'm', 5)} did not last")


@dataclass(frozen=True, slots=True)
class Landed:
    """The meniscus touched; the measurement waits until this is recorded."""

    row: int
    site: int
    landing: Landing
    record: ContactRecord | None

    def __str__(self) -> str:
        if math.isnan(self.landing.z_crossing):
            return _at(self.site, "measurement begins")
        at, past = show(self.landing.z_crossing, "m", 5), show(self.landing.overtravel, "m", 3)
        return _at(self.site, f"contact at z = {at}, overtravel {past}")


@dataclass(frozen=True, slots=True)
class Imposed:
    """What a step imposed on the cell, resolved to numbers: raw volts or amperes."""

    mode: Mode
    first: float
    """Where the step begins."""
    last: float
    """Where it ends if nothing ends it earlier."""
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step of the site's programme ended."""

    row: int
    """The last row of the step."""
    site: int
    step: int
    reason: EndReason
    charge: float
    """Net charge of the step in coulombs."""
    path: Path = ()
    """Where it stands in the programme; empty where an older file does not say."""
    kind: str = ""
    """As the plan names it, such as "constant current"."""
    name: str = ""
    """What the plan calls it; empty if nothing."""
    resolved: str = ""
    """What its quantities came to that follow earlier steps or the values of a repeat: numbers in
    SI by their keys, and these values by "$" and their names, as JSON; empty where there are
    none."""
    label: str = ""
    """The step in words."""
    first: int = -1
    """Its first row; -1 where nobody says."""
    imposed: Imposed | None = None

    def __str__(self) -> str:
        charge = show(self.charge, "C", 3)
        return _at(self.site, f"step {self.step} ended by {self.reason}, charge {charge}")


@dataclass(frozen=True, slots=True)
class SiteFinished:
    """The tip is off the surface again; the site is closed."""

    row: int
    site: int
    outcome: Outcome
    """ABORTED without an `Approaching` before it: nothing happened there yet, and a run that is
    resumed visits it."""
    reason: str
    """A sentence where the outcome is not OK, else empty."""
    goes_on: bool = False
    """Whether a run that is resumed goes on here, where this one broke off."""

    def __str__(self) -> str:
        return _at(self.site, f"{self.outcome.words}  {self.reason}".rstrip())


@dataclass(frozen=True, slots=True)
class SiteAnalysed:
    """The features of a finished site, as stored; undefined ones are NaN."""

    site: int
    features: Mapping[str, float]
    summary: str
    """The most telling ones in words, for a progress line."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """Codes of what is to be said about a feature, or why there is none; 0 where it is left out."""
    errors: Mapping[str, float] = field(default_factory=dict)
    """Standard uncertainties in the units of the features; NaN or left out where unknown."""
    outcome: Outcome = Outcome.OK
    """How the visit of the site ended."""
    doubtful: bool = False
    """Whether the summary rests on a number that has to be looked at before it is averaged."""

    def __str__(self) -> str:
        return _at(self.site, f"analysed: {self.summary}" if self.summary else "analysed")


@dataclass(frozen=True, slots=True)
class Note:
    """Something an operator should know that changes nothing."""

    row: int
    site: int
    text: str
    level: Literal["info", "warning"] = "warning"

    def __str__(self) -> str:
        return _at(self.site, f"{self.level}: {self.text}")


@dataclass(frozen=True, slots=True)
class Paused:
    """The tip is up and the run waits."""

    row: int
    why: str
    """A sentence; empty where an operator asked for the pause."""
    by_operator: bool = False
    """Whether somebody asked for it, who will ask to resume."""
    asks: bool = False
    """Whether `why` is what a person is asked to do, who then resumes the run."""
    by_planner: bool = False
    """Whether the planner could not say which site comes next; it is asked again on resume."""
    suspended: bool = False
    """Whether a signal of the rig is past its limit: the run goes on by itself once it is back."""

    def __str__(self) -> str:
        if self.asks:
            return one_line(self.why)
        if self.suspended:
            return one_line(f"Suspended: {self.why}")
        return "Paused by operator." if self.by_operator else one_line(f"Paused: {self.why}")


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on after a pause."""

    row: int
    why: str = ""
    """A sentence, where it goes on by itself."""

    def __str__(self) -> str:
        return one_line(f"Resumed. {self.why}".rstrip())


@dataclass(frozen=True, slots=True)
class Fault:
    """The rig failed; the run ends."""

    row: int
    site: int
    code: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return one_line(f"Fault: {self.text} {self.remedy}".rstrip())


@dataclass(frozen=True, slots=True)
class RunStopped:
    """The last event of every run, exactly once."""

    row: int
    status: RunStatus
    reason: str

    @property
    def how(self) -> str:
        """How the run ended, and why, such as "stopped: asked by the operator."."""
        said = self.reason.removeprefix(f"{self.status.capitalize()}: ")
        return one_line(f"{self.status}: {said}" if said else f"{self.status}.")

    def __str__(self) -> str:
        return f"Run {self.how}"


Event = (
    RunStarted
    | SiteAdded
    | SiteStarted
    | PhaseBegan
    | Approaching
    | FalseContact
    | Landed
    | StepFinished
    | SiteFinished
    | SiteAnalysed
    | Note
    | Paused
    | Resumed
    | Fault
    | RunStopped
)


class Outcomes:
    """Tells from the events of a run what becomes of its sites, as the data file has it.

    A site that the tip never came down to is left as it was planned when the run is stopped on the
    way to it: a run that is resumed visits it.
    """

    def __init__(self) -> None:
        self._travelling: int | None = None
        """The site that the tip is on its way to."""

    def hear(self, event: Event) -> Outcome | None:
        """Return what the event's site is from now on; None where the event does not change it."""
        match event:
            case SiteStarted():
                self._travelling = event.site
                return Outcome.RUNNING
            case Approaching():
                self._travelling = None
            case SiteFinished():
                left = event.outcome is Outcome.ABORTED and event.site == self._travelling
                self._travelling = None
                if event.goes_on:
                    return Outcome.RUNNING
                return Outcome.PLANNED if left else event.outcome
            case _:
                pass
        return None
