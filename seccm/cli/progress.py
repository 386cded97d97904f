"""What one sees of a run in a terminal: one line for each site, and a line that lives."""

from __future__ import annotations

import math
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from seccm.cli.printing import say, shown
from seccm.events import (
    Approaching,
    Event,
    FalseContact,
    Fault,
    Landed,
    Note,
    Outcome,
    Outcomes,
    Paused,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStopped,
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.plan.added import site_of, why
from seccm.plan.pace import Pace
from seccm.plan.planner import ListedSpec
from seccm.plan.recipe import conditions_among
from seccm.session import Run
from seccm.words import SIMULATION

_STYLES = {
    Outcome.OK: "green",
    Outcome.NO_CONTACT: "yellow",
    Outcome.SKIPPED: "cyan",
    Outcome.ABORTED: "magenta",
    Outcome.FAULT: "red",
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: "red",
}

_RARE = (Outcome.SKIPPED, Outcome.ABORTED, Outcome.FAULT)
"""Outcomes that are counted in the line that lives once there is one."""


class RunProgress:
    """Shows the events of a run as they come.

    Args:
        run: what is shown.
        console: where.
    """

    def __init__(self, run: Run, console: Console) -> None:
        self._run = run
        self._console = console
        self._now = time.monotonic
        self._sites = {site.number: site for site in run.planned}
        conditions = conditions_among(run.plan, run.planned)
        self._labels = {k: condition.label for k, condition in enumerate(conditions)}
        self._done = run.known - len(run.sites)
        self._counts: dict[Outcome, int] = {}
        self._outcomes = Outcomes()
        self._landed = 0
        self._pending: dict[int, SiteFinished] = {}
        self._pace = Pace.of(run.planned, run.known, run.total, run.info)
        self._pace.close(set(range(run.known)) - {site.number for site in run.sites})
        self._doing = ""
        name, style = shown(run.info.name), "none"
        if run.info.virtual:
            name, style = f" {SIMULATION} ", "black on yellow"
        columns = [
            TextColumn("{task.description}", style=style, markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[done]}"),
            TextColumn("{task.fields[doing]}", markup=False),
        ]
        self._progress = Progress(*columns, console=console, transient=True)
        self._task: TaskID = self._progress.add_task(
            name, total=run.total, completed=self._done, done=self._of, doing=""
        )

    @property
    def _of(self) -> str:
        """How many sites are done, and of how many, as far as that is known."""
        total = self._run.total
        return f"{self._done} so far" if total is None else f"{self._done}/{total}"

    def __enter__(self) -> RunProgress:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Show one event."""
        became = self._outcomes.hear(event)
        self._pace.hear(event, self._now())
        match event:
            case RunStarted():
                self._line(str(event), "bold")
            case SiteAdded():
                self._add(event)
            case SiteStarted():
                self._say(event.site, "")
            case Approaching() if event.what:
                self._say(event.site, event.what)
            case PhaseBegan() if event.site in self._sites:
                self._say(event.site, event.kind or event.phase.name.lower())
            case PhaseBegan() if self._run.status.thinking:
                self._update("the planner is thinking")
            case Landed():
                self._landed += 1
            case FalseContact():
                self._line(f"       {event}")
            case SiteFinished():
                self._finish(event, became)
            case SiteAnalysed():
                self._site_line(event.site, event.summary)
            case Note():
                self._line(f"       {event.text}", "yellow" if event.level == "warning" else "")
            case Paused():
                self._line(str(event), "yellow")
                self._update("paused")
            case Resumed():
                self._line(str(event))
                self._update()
            case Fault():
                self._line(str(event), "bold red")
            case RunStopped():
                for site in sorted(self._pending):
                    self._site_line(site, "")
                if event.status == "complete" and not isinstance(
                    self._run.plan.planner, ListedSpec
                ):
                    self._line(str(event), "bold")  # why it is enough, and what was found
            case _:
                pass

    def words(self) -> str:
        """Return what became of the sites of this run, in words."""
        counted = ", ".join(
            f"{count} {outcome.words}" for outcome, count in sorted(self._counts.items())
        )
        called = self._run.plan.way_words.landings
        landed = f"{self._landed} {called}; " if called else ""
        return f"{landed}sites: {counted or 'none'}"

    def _add(self, event: SiteAdded) -> None:
        """Take in a site that the planner thought of."""
        site = self._sites[event.site] = site_of(event)
        self._labels[site.condition] = event.label
        self._pace.add(site, self._sites.get(site.number - 1), self._run.info)
        if said := why(event):
            self._line(f"       {said}", "dim")

    def _finish(self, event: SiteFinished, became: Outcome | None) -> None:
        if became is Outcome.PLANNED:
            return
        self._done += 1
        self._counts[event.outcome] = self._counts.get(event.outcome, 0) + 1
        self._pending[event.site] = event
        if event.outcome is not Outcome.OK:
            self._site_line(event.site, "")

    def _site_line(self, number: int, summary: str) -> None:
        """Print the line of a finished site, once."""
        event = self._pending.pop(number, None)
        if event is None:
            return
        site = self._sites[number]
        label = self._labels[site.condition]
        said = summary or event.reason
        say(
            f"{number:>5}  ",
            (f"{event.outcome.words:<10} ", _STYLES.get(event.outcome, "")),
            f"{label:<22} " if label else "",
            said,
            console=self._console,
        )

    def _say(self, number: int, doing: str) -> None:
        site = self._sites[number]
        label = self._labels[site.condition]
        no_contact = sum(n for o, n in self._counts.items() if o.no_contact)
        words = self._run.plan.way_words
        counts = [f"{self._landed} {words.reached}"]
        counts += [f"{no_contact} no contact"] if words.tip else []
        counts += [f"{n} {o.words}" for o in _RARE if (n := self._counts.get(o, 0))]
        self._update(doing, ", ".join(counts), f"site {number}", label)

    def _update(self, *parts: str) -> None:
        """Say what goes on, the most wanted first: a narrow terminal cuts the end off."""
        words = shown(" · ".join(part for part in (self._time_left(), *parts) if part))
        self._progress.update(self._task, completed=self._done, done=self._of, doing=words)

    def _time_left(self) -> str:
        if not self._pace.measured:
            return ""
        seconds = self._pace.left(self._now())
        if math.isnan(seconds):
            return ""
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"

    def _line(self, text: str, style: str = "") -> None:
        say((text, style), console=self._console)
