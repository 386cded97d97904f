"""What the run bar says: the story of the run so far, told by its events and its status."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from seccm.data import Unsaved
from seccm.events import (
    Event,
    Outcome,
    Phase,
    PhaseBegan,
    RunStarted,
    RunStopped,
    SiteAdded,
    SiteStarted,
)
from seccm.hopping.life import State, possible
from seccm.plan.pace import Pace
from seccm.plan.way_words import TIP, WayWords
from seccm.typography import readable
from ui.models.words import PHASES, bytes_words, clock_words

STALE = 2.0
"""Seconds without rows, while there should be some, after which the window says so aloud."""
LOW_DISK = 500_000_000
"""Bytes of free disk below which the window says so aloud; the scan ends by itself at less."""
BENCH = replace(TIP, stop="Stop")
"""Of a commissioning step: what is stopped lifts no tip."""
BY_HAND = ("manual", "commissioning")
"""What a host does when a rig is in use, but no scan goes on."""
START = frozenset({"start"})
MOVES: dict[str, frozenset[str]] = {
    "": START,
    **{state.value: frozenset(request.value for request in possible(state)) for state in State},
    **dict.fromkeys((State.DONE.value, State.FAULT.value), START),
}
"""Which buttons make sense in each state, and where there is no run: then one can be started."""


@dataclass(slots=True)
class RunState:
    """Follows one run; `now` is always seconds on any steady clock."""

    pace: Pace | None = None
    """How long each site takes; None where there are none."""
    title: str = ""
    way: WayWords = TIP
    """How the run is spoken of."""
    rig: str = ""
    virtual: bool = False
    total: int = 0
    """Sites that are known of; with those of a planner that says how many it will ask for."""
    more: bool = False
    """Whether a planner adds sites, nobody knows how many."""
    state: str = ""
    """The engine's state; empty while there is no run."""
    waiting: str = ""
    thinking: str = ""
    """That the run waits for its planner, in a sentence; empty when it does not."""
    phase: Phase = Phase.IDLE
    site: int | None = None
    landed: int = 0
    ended: RunStopped | None = None
    doing: str = "idle"
    """What the host is about: idle, preparing, scan, manual or commissioning."""
    missed_rows: int = 0
    """Rows that could not be shown; the data file has them."""
    unsaved: Unsaved = field(default_factory=Unsaved)
    """What a power cut would take now."""
    disk_free: int = -1
    """Bytes free where the data file lies; -1 where nobody knows."""
    in_control: bool = True
    """Whether this window may steer the run."""
    silent: float = 0.0
    """Seconds for which nobody knows how the rig is doing, as the link reckons it."""
    lost: str = ""
    """That the engine went away while it drove a rig, and what to do; empty while there is one."""

    _counts: dict[Outcome, int] = field(default_factory=dict, init=False)
    _row: int = field(default=-1, init=False)
    _row_at: float | None = field(default=None, init=False)

    def hear(self, event: Event, now: float) -> None:
        """Take in an event."""
        if self.pace is not None:
            self.pace.hear(event, now)
        match event:
            case RunStarted():
                self.title, self.rig = event.title, event.rig
                self.virtual, self.more = event.virtual, event.sites is None
                self.total = self.total if event.sites is None else event.sites
                self.ended = None
            case SiteAdded():
                self.total = max(self.total, event.site + 1)
            case SiteStarted():
                self.site = event.site
            case PhaseBegan():
                self.phase = event.phase
            case RunStopped():
                self.ended, self.phase, self.site = event, Phase.IDLE, None
            case _:
                pass

    def tally(self, counts: Mapping[Outcome, int], landed: int) -> None:
        """Take in what became of the sites of the whole scan so far."""
        self._counts = {o: n for o, n in counts.items() if o > Outcome.RUNNING}
        self.landed = landed

    def recall(self, event: Event, told_at: float) -> None:
        """Take in what was said before this window was there; its sites are counted already.

        Args:
            event: the earliest first.
            told_at: seconds on the clock of `hear`.
        """
        if self.pace is not None:
            self.pace.hear(event, told_at)
        match event:
            case PhaseBegan():
                self.phase = event.phase
            case RunStopped():
                self.ended = event
            case _:
                pass

    def follow(self, state: str, row: int, waiting: str, now: float, *, thinking: str = "") -> None:
        """Take in the engine's status."""
        self.state, self.waiting, self.thinking = state, readable(waiting), thinking
        if row != self._row or self._row_at is None:
            self._row, self._row_at = row, now

    def lose(self) -> None:
        """Take in that the host's process is gone; if it drove a rig, say so until there is one."""
        running = self.running and self.ended is None
        drove = running or self.doing in BY_HAND
        over = "done" if self.ended is not None else self.state
        self.state, self.doing, self.site = "" if drove else over, "idle", None
        if self.lost or not drove:
            return
        what = "the scan" if running else "manual control"
        self.lost = (
            f"The process that ran {what} has ended unexpectedly. Values shown are old, and "
            f"{self.words.unknown[:1].lower()}{self.words.unknown[1:]}: {self.words.lost}."
        )
        if running:
            self.lost += " The file can be resumed."

    @property
    def running(self) -> bool:
        """Whether an engine is at work, or ought to be."""
        return self.state in ("running", "pausing", "paused", "suspended", "stopping")

    @property
    def preparing(self) -> bool:
        """Whether the host is checking a plan and opening the rig."""
        return self.doing == "preparing"

    def can(self, verb: str) -> bool:
        """Tell whether a button makes sense now."""
        if verb == "start":
            return self.doing == "idle" and verb in MOVES.get(self.state, frozenset())
        if not self.in_control:
            return False
        if self.preparing or self.doing in BY_HAND:
            return verb == "stop"
        return verb in MOVES.get(self.state, frozenset())

    def lag(self, now: float) -> float:
        """Return for how many seconds no new rows have come; 0 while none are due."""
        if self.doing in BY_HAND:
            return self.silent
        if not self.running or self._row_at is None or self._stands_still:
            return 0.0
        return max(self.silent, now - self._row_at)

    @property
    def _stands_still(self) -> bool:
        """Whether no rows are due: the time of a simulated rig waits for a planner."""
        return self.virtual and bool(self.thinking)

    def alarm(self, now: float) -> str:
        """Return what is wrong with the data shown, in a sentence; empty if nothing is."""
        if self.lost:
            return self.lost
        lag = self.lag(now)
        if lag > STALE:
            return (
                f"No data for {lag:.0f} s: values shown are old. "
                f"{self.words.unknown}: check the rig, or press {self.words.emergency}."
            )
        if self.unsaved.waiting > STALE and self.running:
            return (
                f"The disk has accepted no data for {self.unsaved.waiting:.0f} s. If this goes "
                f"on, the scan {self.words.by_itself} by itself: check what else writes to the "
                "disk."
            )
        if self.running and 0 <= self.disk_free < LOW_DISK:
            return (
                f"Only {self.disk_free / 1e6:.0f} MB are free on the disk. Free some space: the "
                f"scan {self.words.by_itself} by itself before the disk is full."
            )
        return ""

    @property
    def disk(self) -> str:
        """How far the file is behind, and how much room there is."""
        if not self.running:
            return "–"
        behind = f"{self.unsaved.seconds:.1f} s"
        return f"{behind} · {bytes_words(self.disk_free)}" if self.disk_free >= 0 else behind

    @property
    def finished(self) -> int:
        """Sites closed in this run."""
        return sum(self._counts.values())

    @property
    def done_words(self) -> str:
        """How many sites are closed, and of how many where that is known; empty without any."""
        if self.more:
            return f"{self.finished} so far" if self.left else str(self.finished)
        return f"{self.finished} of {self.total}" if self.total else ""

    @property
    def left(self) -> bool:
        """Whether a run that is over could be resumed for more sites."""
        asks = self.more and (self.ended is None or self.ended.status != "complete")
        return asks or self.finished < self.total

    @property
    def no_contact(self) -> int:
        """Sites at which the surface was not found."""
        return sum(n for o, n in self._counts.items() if o.no_contact)

    @property
    def words(self) -> WayWords:
        """How what goes on is spoken of: whoever drives a rig manually drives a tip."""
        if self.doing == "commissioning":
            return BENCH
        return TIP if self.doing == "manual" else self.way

    @property
    def counted(self) -> dict[str, int]:
        """How many sites there are of each kind that an operator counts, by its words."""
        each = (Outcome.SKIPPED, Outcome.ABORTED, Outcome.FAULT)
        others = {outcome.words: self._counts.get(outcome, 0) for outcome in each}
        if not self.way.tip:
            return {self.way.reached: self._counts.get(Outcome.OK, 0), **others}
        return {
            self.way.reached: self.landed,
            Outcome.NO_CONTACT.words: self.no_contact,
            **others,
        }

    @property
    def phase_words(self) -> str:
        """What the rig is about, or what became of the run."""
        if self.doing in ("preparing", "manual", "commissioning"):
            return "manual" if self.doing == "manual" else self.doing
        if self.lost:
            return "process lost"
        if self.ended is not None:
            return self.ended.status
        if self.state in ("paused", "suspended", "pausing", "stopping"):
            doing = f", {PHASES[self.phase]}" if self.phase is not Phase.IDLE else ""
            return self.state + doing
        if self.thinking and self.state == "running":
            return "planner is thinking"
        return PHASES[self.phase] if self.state == "running" else "no run"

    def summary(self, opened: str = "") -> str:
        """Return what there is to say of a run while nothing is wrong.

        Args:
            opened: title of the plan that would be started; empty without one.
        """
        if self.preparing:
            return "The plan is checked, and the rig is opened."
        if self.doing == "manual":
            return f"Manual control of {self.rig}." if self.rig else "Manual control."
        if self.doing == "commissioning":
            return "A commissioning step or a coarse approach uses the rig."
        if not self.total and not self.more:
            start = f"Press Start to run “{opened}”." if opened else "Open a plan and press Start."
            return f"No run. {start}"
        return f"{self.title}: {self.ended.how}" if self.ended else f"{self.title}, on {self.rig}"

    def time_left(self, now: float) -> str:
        """Return how long the rest takes; "≈" while no site has shown the pace of the rig."""
        if self.pace is None or self.ended is not None or not self.running:
            return "–"
        left = self.pace.left(now)
        if math.isnan(left):
            return "–"
        words = clock_words(left)
        return words if self.pace.measured else f"≈ {words}"
