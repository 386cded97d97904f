"""What the window knows of a run, kept up by polling its host. Decides nothing about the scan."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from seccm.events import Event, Outcome, SiteAdded, SiteAnalysed
from seccm.plan import Plan
from seccm.plan.added import site_of
from seccm.plan.instruction import Instruction
from seccm.plan.site import Site
from seccm.remote import Failure, News
from seccm.rig import RigInfo, more_than_basic
from seccm.typography import readable
from ui.models.commissioning import line_of_found
from ui.models.emergency import Banner, of_refusal, of_report, waiting
from ui.models.link import Link
from ui.models.live import Live
from ui.models.passage import Curve
from ui.models.ready import Ready, prepared, recalled
from ui.models.run_file import RunFile
from ui.models.run_state import BY_HAND, RunState
from ui.models.site_map import SiteMap
from ui.models.trends import Trends
from ui.models.words import Line, line_of

RECALLED = 24
"""Sites whose curves are read for comparison when the window comes late to a run."""
LINES = 5000
"""Lines of the log that are kept; the data file has every event."""


@dataclass
class Desk:
    """One window's knowledge.

    Args:
        link: to the host, None while there is none.
        clock: what the log is dated with.
    """

    link: Link | None = None
    clock: Callable[[], datetime] = datetime.now
    run: RunState = field(default_factory=RunState)
    plan: Plan | None = None
    sites: dict[int, Site] = field(default_factory=dict)
    info: RigInfo | None = None
    file: RunFile | None = None
    """The data file of the run that is shown."""
    live: Live | None = None
    map: SiteMap | None = None
    trends: Trends = field(default_factory=Trends)
    """The last minute of what is measured."""
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES))
    said: int = 0
    """How many lines there ever were."""
    began: int = 0
    """How many runs were followed; rises when everything must be drawn again."""
    news: News | None = None
    _ready: Future[Ready] | None = field(default=None, init=False)
    _waiting: list[News] = field(default_factory=list, init=False)
    """News that came while a run was being made ready."""
    _recalled: Future[tuple[Curve, ...]] | None = field(default=None, init=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="desk"), init=False
    )
    failure: Failure | None = None
    """Why the last run could not begin, or what ended it."""
    notice: Line | None = None
    """The newest refusal or warning; in sight in every room until it is dismissed or settled."""
    banner: Banner | None = None
    """What is to be said of an emergency retract, until it is dismissed."""
    _urgent: int = field(default=-1, init=False)
    """The ticket of the newest emergency retract that was asked for here."""
    _emergencies: int = field(default=0, init=False)
    """Of how many the host had told when last heard."""
    _about: str = field(default="", init=False)
    """What the notice is about, such as "plan"; empty for what only a person can settle."""
    rig_simulated: bool = False
    """Whether the rig of this window is a simulated one."""
    _asked_simulated: bool = field(default=False, init=False)
    """Whether the rig that was asked for is."""
    _pending: int | None = field(default=None, init=False)
    """The ticket of what was asked for that takes the rig, until it is answered."""
    _instructed: dict[int, Callable[[bool, str], None]] = field(default_factory=dict, init=False)
    """Who waits to hear what became of an instruction, by its ticket."""

    def beat(self, now: float) -> None:
        """Take in what happened since the last beat.

        Args:
            now: seconds on any steady clock.
        """
        if self.link is None:
            return
        news = self.news = self.link.poll()
        if news.resynchronised and self.link.snapshot is not None:
            # A large plan takes its time: the window stays alive meanwhile.
            self._waiting = []
            self._ready = self._pool.submit(prepared, self.link.snapshot)
        self._waiting.append(news)
        if self._ready is not None and self._ready.done():
            ready, self._ready = self._ready, None
            self._show(ready, now)
        if self._ready is None:
            for each in self._waiting:
                self._take(each, now)
            self._waiting = []
        if self._recalled is not None and self._recalled.done():
            done, self._recalled = self._recalled, None
            if self.live is not None and done.exception() is None:
                self.live.recall(done.result())
        for answer in news.answers:
            if (told := self._instructed.pop(answer.ticket, None)) is not None:
                told(answer.granted, readable(answer.text))
            if answer.ticket == self._pending:
                self._pending = None
                # What was said of an earlier request is settled by this one.
                self.dismiss()
            if not answer.granted and answer.ticket == self._urgent:
                self.banner = of_refusal(answer.text, self.run.words)
                self.say(Line("error", self.banner.words))
            elif not answer.granted:
                self.alert(Line("warning", answer.text))
        self._follow(news, now)
        self._follow_emergency(news)
        for found in news.found:
            self.say(line_of_found(found))
        if news.failure is not None:
            self._fail(news.failure, news)

    def _fail(self, failure: Failure, news: News) -> None:
        """Say why a run could not begin, or what ended it; a run that is over needs no process."""
        self._pending = None
        if news.link == "lost" and self.run.ended is not None:
            self.say(Line("info", "The run is over, and its process has ended."))
            return
        self.failure = failure
        self.alert(Line("error", failure.text))

    def _follow_emergency(self, news: News) -> None:
        """Take in what an emergency retract achieved, or that nobody will tell any more."""
        progress = news.progress
        if news.link == "lost" and self.banner is not None and self.banner.level == "waiting":
            self.banner = of_refusal(
                self.run.lost or "The process of the rig has ended.", self.run.words
            )
        if progress is None or progress.emergencies == self._emergencies:
            return
        self._emergencies = progress.emergencies
        if progress.lifted is not None and progress.emergencies:
            self.banner = of_report(progress.lifted, self.run.words)
            level: Literal["info", "error"] = "info" if self.banner.level == "done" else "error"
            self.say(Line(level, self.banner.words))

    def _show(self, ready: Future[Ready], now: float) -> None:
        """Turn to another run, or say why it cannot be shown."""
        try:
            self._begin(ready.result(), now)
        except Exception as error:  # whatever it is, the window goes on and says so
            self.map = self.live = self.file = None
            remedy = "The run goes on; its data file can be opened under Browse."
            words = f"The run cannot be shown: {type(error).__name__}: {error}"
            self.alert(Line("error", words, remedy=remedy))

    def close(self) -> None:
        """Leave; a run goes on."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self.link is not None:
            self.link.close()
            self.link = None

    def ask(self, verb: str) -> None:
        """Pass a request on; a refusal is said in the log when it comes."""
        gone = self.link is None or (self.news is not None and self.news.link == "lost")
        if gone and verb == "emergency":
            what = "No process controls the rig from this window: it can do nothing."
            remedy = self.run.words.lost
            remedy = f"{remedy[:1].upper()}{remedy[1:]}."
            self.say(Line("error", what, remedy=remedy))
            self.banner = of_refusal(f"{what} {remedy}", self.run.words)
        elif self.link is None:
            self.alert(Line("warning", "There is no run."), "run")
        elif verb == "stop" and self.run.doing == "manual":
            self.link.act("retract")
        elif verb == "stop" and self.run.doing == "commissioning":
            self.link.stop_step()
        elif verb == "emergency":
            self._urgent = self.link.emergency()
            self.banner = waiting(self.run.words)
            urgent = self.run.words.urgent
            self.say(Line("warning", f"{urgent[:1].upper()}{urgent[1:]} requested."))
        elif verb == "take":
            self.link.take_control(force=True)
            self.say(Line("info", "Control requested."))
        else:
            self.link.ask(verb)

    def instruct(self, instruction: Instruction, told: Callable[[bool, str], None]) -> None:
        """Tell the run what is wanted of the sites to come.

        Args:
            instruction: it.
            told: is called when the answer is there: whether it is granted, and else why not.
        """
        if self.link is None:
            told(False, "There is no run.")
        else:
            self._instructed[self.link.instruct(instruction)] = told

    def by_hand(self, what: str, how: Mapping[str, float | str]) -> None:
        """Ask for something under manual control; what came of it is said in the log."""
        if self.link is None:
            self.alert(Line("warning", "No rig is connected."), "run")
        else:
            self.link.act(what, **how)

    def stop_step(self) -> None:
        """End a commissioning step, or a coarse approach."""
        if self.link is not None:
            self.link.stop_step()

    def keep(self, step: str, calibrate: bool) -> None:
        """Have a finding written."""
        if self.link is not None:
            self.link.keep(step, calibrate=calibrate)

    def reply(self, question: str, yes: bool) -> None:
        """Answer what a coarse approach asks."""
        if self.link is not None:
            self.link.reply(question, yes=yes)

    def reach(self, connect: Callable[[], Link]) -> Link:
        """Return the link to a host, made now if there is none that lives."""
        if self.link is None or (self.news and self.news.link == "lost"):
            if self.link is not None:
                self.link.close()
            self.link = connect()
            self.news = None
        return self.link

    @property
    def free(self) -> bool:
        """Whether this window follows nothing that goes on, and waits for nothing."""
        lost = self.news is not None and self.news.link == "lost"
        idle = self.run.doing == "idle" and self._pending is None
        return self.link is None or lost or (idle and not self.run.running)

    def follow(self, link: Link) -> None:
        """Follow another host from now on; the one before is left."""
        if self.link is not None:
            self.link.close()
        self.link, self.news = link, None

    def expect(self, ticket: int, *, simulated: bool) -> None:
        """Be told that the rig was asked for: it is being prepared until that is answered.

        Args:
            ticket: of the request.
            simulated: whether it is a simulated rig.
        """
        self._pending, self._asked_simulated = ticket, simulated

    @property
    def coming(self) -> bool:
        """Whether a run was asked for that is not shown yet."""
        return self._pending is not None or self.run.preparing or self._ready is not None

    @property
    def simulated(self) -> bool:
        """Whether what is shown involves no hardware; before the first run, what would be shown.

        Measured data are never called simulated because the next run would be.
        """
        if self._pending is not None:
            return self._asked_simulated
        first = self.began == 0 and self.run.doing in ("idle", "preparing")
        return self.run.virtual or (first and self.rig_simulated)

    def say(self, line: Line, at: datetime | None = None) -> None:
        """Add a line to the log, dated now unless it is about something earlier."""
        self.lines.append(replace(line.typeset(), at=f"{at or self.clock():%d %b %H:%M:%S}"))
        self.said += 1

    def alert(self, line: Line, about: str = "") -> None:
        """Add a line to the log, and keep it in sight in every room.

        Args:
            line: what is said.
            about: what it is about: `settle` dismisses it when that has changed.
        """
        self.say(line)
        self.notice, self._about = line.typeset(), about

    def settle(self, about: str) -> None:
        """Dismiss a notice about something that has changed since."""
        if self._about == about:
            self.dismiss()

    def dismiss(self) -> None:
        """Dismiss the notice; the log has it."""
        self.notice, self._about = None, ""

    def dismiss_banner(self) -> None:
        """Dismiss what was said of an emergency retract; the log has it."""
        self.banner = None

    def _begin(self, ready: Ready, now: float) -> None:
        """Show everything again: another run, or one we come late to."""
        snapshot, plan = ready.snapshot, ready.plan
        self.plan, self.sites, self.info = plan, ready.sites, snapshot.info
        self.run = RunState(
            title=plan.title,
            rig=snapshot.info.name,
            virtual=snapshot.info.virtual,
            total=len(snapshot.sites) if snapshot.total is None else snapshot.total,
            more=snapshot.total is None,
            pace=ready.pace,
            way=plan.way_words,
        )
        self.trends = Trends()
        self.live = Live(
            ready.sites,
            snapshot.info.overload,
            ready.turns,
            more_than_basic(snapshot.info.signals),
        )
        self.map = ready.map
        self.file = ready.file
        self.began += 1
        self.settle("run")
        if ready.map is None:
            self.say(Line("info", f"Manual control of {snapshot.info.name}."))
            return
        ready.map.recall(snapshot.overview)
        for warning in snapshot.warnings:
            self.say(Line("warning", warning))
        here = self.clock().timestamp()
        for event, told_at in zip(snapshot.recent, snapshot.told_at, strict=True):
            self.say(line_of(event, plan.way_words), datetime.fromtimestamp(told_at))
            self.run.recall(event, now - (here - told_at))
            self.live.hear(event)
        self.live.take(snapshot.trace)
        complete = (snapshot.overview.status == Outcome.OK).nonzero()[0][-RECALLED:].tolist()
        self._recalled = None
        if complete and self.file is not None:
            self._recalled = self._pool.submit(recalled, self.file, complete)

    def _take(self, news: News, now: float) -> None:
        for event in news.events:
            self._hear(event, now)
        self.trends.take(news.trace)
        if self.live is not None:
            self.live.take(news.trace)

    def _hear(self, event: Event, now: float) -> None:
        if isinstance(event, SiteAdded):
            self._add(event)
        line = line_of(event, self.run.way)
        # What became of a site is an alert once, in full, when the site is closed.
        alert = line.level == "error" and not isinstance(event, SiteAnalysed)
        (self.alert if alert else self.say)(line)
        if self.map is not None:
            self.run.hear(event, now)
            self.map.hear(event)
        if self.live is not None:
            self.live.hear(event)

    def _add(self, event: SiteAdded) -> None:
        """Take in a site that the planner of the run has added."""
        if self.map is None or self.info is None or event.site in self.sites:
            return
        site = self.sites[event.site] = site_of(event)
        self.map.add_site(site, event.label)
        if self.run.pace is not None:
            self.run.pace.add(site, self.sites.get(event.site - 1), self.info)

    def _follow(self, news: News, now: float) -> None:
        snapshot = self.link.snapshot if self.link is not None else None
        if snapshot is not None and self.map is not None:
            overview = snapshot.overview
            landed = int((overview.z_contact == overview.z_contact).sum())
            self.run.tally(overview.counts, landed)
        if news.link == "lost":
            self._pending = None
            self.run.lose()
            return
        if news.link == "live":
            self.run.lost = ""
        status, progress = news.status, news.progress
        if status is not None:
            self.run.follow(
                status.state.value, status.row, status.waiting, now, thinking=status.thinking
            )
            self.run.site = status.site
        if progress is not None:
            self.run.doing = progress.doing
            if progress.doing in (*BY_HAND, "scan"):
                self.run.virtual = progress.virtual
            self.run.missed_rows = progress.missed_rows
            self.run.unsaved, self.run.disk_free = progress.unsaved, progress.disk_free
        self.run.silent = news.stale
        if self._pending is not None:
            self.run.doing = "preparing"
        self.run.in_control = news.in_control or news.link != "live"
