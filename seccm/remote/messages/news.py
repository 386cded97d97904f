"""What a client learns: a snapshot when it comes, and from then on the news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from seccm.data import Unsaved
from seccm.events import Event
from seccm.filming.state import CameraState
from seccm.hopping.circuit import Circuit
from seccm.hopping.status import Status
from seccm.remote.channel.endpoint import ChannelError
from seccm.remote.channel.plain import event_from_plain, event_to_plain, from_plain, to_plain
from seccm.remote.messages.commissioning import Found
from seccm.remote.messages.job import Failure
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.site_list import SiteList
from seccm.remote.messages.trace import Trace
from seccm.rig import Axis, RigInfo, SafeReport

Doing = Literal["idle", "preparing", "scan", "manual", "commissioning"]
Link = Literal["connecting", "live", "lost"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is needed to follow a run from here on."""

    path: str
    """The data file."""
    plan_json: str
    info: RigInfo
    total: int | None
    """How many sites there will be; 0 where the rig is driven manually, None where a planner
    decides as it goes."""
    warnings: tuple[str, ...]
    """What the check of the plan found worth saying."""
    overview: Overview
    """What became of the sites so far; the client keeps its own up to date."""
    recent: tuple[Event, ...]
    """The last facts before this, oldest first; the phases of the active site included."""
    trace: Trace
    """The rows of the active site so far."""
    told_at: tuple[float, ...] = ()
    """When each of `recent` was told: seconds since 1970, UTC."""
    sites: SiteList = field(default_factory=SiteList)
    """Where the sites are, and what is done there; the client keeps its own up to date."""

    def hear(self, event: Event) -> None:
        """Keep sites and overview up to date."""
        self.sites.hear(event)
        self.overview.hear(event)

    def apart(self) -> Self:
        """Return one whose sites and overview go their own way."""
        return replace(
            self,
            overview=Overview.from_plain(self.overview.to_plain()),
            sites=SiteList(list(self.sites.rows), list(self.sites.recipes)),
        )

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain tables and arrays."""
        return {
            "path": self.path,
            "plan_json": self.plan_json,
            "info": to_plain(self.info),
            "total": self.total,
            "warnings": list(self.warnings),
            "overview": self.overview.to_plain(),
            "recent": [event_to_plain(event) for event in self.recent],
            "trace": self.trace.to_plain(),
            "told_at": list(self.told_at),
            "sites": self.sites.to_plain(),
        }

    @classmethod
    def from_plain(cls, table: Mapping[str, Any]) -> Self:
        """Build what `to_plain` gave."""
        return cls(
            path=table["path"],
            plan_json=table["plan_json"],
            info=from_plain(RigInfo, table["info"]),
            total=table["total"],
            warnings=tuple(table["warnings"]),
            overview=Overview.from_plain(table["overview"]),
            recent=tuple(event_from_plain(event) for event in table["recent"]),
            trace=Trace.from_plain(table["trace"]),
            told_at=tuple(table["told_at"]),
            sites=SiteList.from_plain(table["sites"]),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How a host is doing; sent with all news."""

    doing: Doing
    status: Status | None
    """That of the run, from its beginning until another begins."""
    silent: float
    """Seconds since the last block of rows, while there should be some; else 0."""
    now: Mapping[str, float]
    """The newest row: volts, amperes and metres; empty before the first."""
    watchers: int
    """Clients that are attached."""
    virtual: bool = False
    """Whether the rig that is in use is a virtual one; False while none is."""
    hand: str = ""
    """What is being done under manual control, in words; empty when nothing is."""
    commanded: Mapping[Axis, float] = field(default_factory=dict)
    """Where axes were told to go under manual control, m; not of one that was stopped."""
    circuit: Circuit = Circuit.UNKNOWN
    """What is known of the circuit where a tip is that is moved manually."""
    emergencies: int = 0
    """How often this host has told what an emergency retract achieved."""
    lifted: SafeReport | None = None
    """The newest of that; None before the first."""
    missed_rows: int = 0
    """Rows that no client saw because the host was too busy; the data file has them."""
    unsaved: Unsaved = field(default_factory=Unsaved)
    """What of the data file is not safe on the disk yet."""
    disk_free: int = -1
    """Bytes free where the data file lies; -1 where nobody looked."""
    camera: CameraState | None = None
    """That films the run, or has filmed it; None without one."""
    step: str = ""
    """What is carried out to commission the rig, such as "Noise"; empty when nothing is."""
    done: float = 0.0
    """How much of it is done, 0 to 1."""
    words: str = ""
    """What of it is done just now, as a sentence; empty where there is nothing to say."""
    question: str = ""
    """What must be granted before it goes on; empty when nothing is asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    ticket: int
    granted: bool
    text: str = ""
    """Why not, as a sentence."""


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last poll."""

    link: Link
    progress: Progress | None
    """The newest; None before the host has answered."""
    events: tuple[Event, ...]
    """Every one, in order, unless `resynchronised`."""
    trace: Trace
    """New rows."""
    answers: tuple[Answer, ...]
    in_control: bool
    stale: float
    """Seconds for which nobody knows how the rig is doing: since the host's last message, and
    by then since its last block."""
    resynchronised: bool
    """True when there is a new `Client.snapshot`: draw everything again."""
    failure: Failure | None
    """Why the last run could not begin, or what ended it."""
    found: tuple[Found, ...] = ()
    """What commissioning steps found, or what became of a finding, since the last poll."""

    @property
    def status(self) -> Status | None:
        """That of the run."""
        return self.progress.status if self.progress else None


def read_message(message: dict[str, Any]) -> dict[str, Any]:
    """Build what a message says; done by the thread that listens, so that polls are quick.

    Raises:
        ChannelError: it says nothing that this version understands.
    """
    try:
        return _built(message)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChannelError(
            f"The host is another version of the program: {error!r}. The scan goes on."
        ) from None


def _built(message: dict[str, Any]) -> dict[str, Any]:
    snapshot, failure = message.get("snapshot"), message.get("failure")
    trace = message.get("trace")
    return {
        "snapshot": Snapshot.from_plain(snapshot) if snapshot else None,
        "events": [event_from_plain(event) for event in message.get("events", ())],
        "trace": Trace.from_plain(trace) if trace else Trace.none(),
        "answers": [from_plain(Answer, answer) for answer in message.get("answers", ())],
        "failure": from_plain(Failure, failure) if failure else None,
        "found": [from_plain(Found, found) for found in message.get("found", ())],
        "progress": from_plain(Progress, message["progress"]),
        "in_control": message["in_control"],
    }
