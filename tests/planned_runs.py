"""Planners for tests: one that does as it is told, and runs of a few short sites with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from small_scan import small_scan

import seccm
from seccm.events import Event, Paused
from seccm.plan import Plan
from seccm.plan.decision import Decision
from seccm.session import Run

Answer = Callable[["Scripted"], "seccm.Site | Decision | None"]


class Scripted:
    """A planner that answers with a function of what it was told.

    Args:
        answer: given this planner.
        total: what it says that there will be.
    """

    def __init__(self, answer: Answer, total: int | None = None) -> None:
        self._answer, self.total = answer, total
        self.heard: list[seccm.Finished] = []
        self.story: list[str] = []
        """What was told and asked, in order."""

    def tell(self, finished: seccm.Finished) -> None:
        self.story.append(f"tell {finished.site.number}")
        self.heard.append(finished)

    def ask(self) -> seccm.Site | Decision | None:
        self.story.append("ask")
        return self._answer(self)


def places(plan: Plan) -> list[tuple[float, float]]:
    """Where the plan's own sites lie."""
    return [(site.x, site.y) for site in plan.sites()]


def halving(plan: Plan, count: int = 3) -> Answer:
    """Find the current density that passes 7 C/m^2 in a step, by halving a range."""
    at = places(plan)

    def answer(planner: Scripted) -> seccm.Site | None:
        low, high = -40.0, -10.0
        for finished in planner.heard:
            level = finished.factors["j"]
            enough = finished.result("Q").value < -7.0
            low, high = (level, high) if enough else (low, level)
        done = len(planner.heard)
        if done == count:
            return None
        return plan.site(*at[done], {"j": (low + high) / 2})

    return answer


def in_order(plan: Plan, levels: Sequence[Any]) -> Answer:
    """One place of the plan after the other, with these levels."""
    at = places(plan)

    def answer(planner: Scripted) -> seccm.Site | None:
        done = len(planner.heard)
        return plan.site(*at[done], {"j": levels[done]}) if done < len(levels) else None

    return answer


def carried_out(
    path: Path, planner: Any, plan: Plan | None = None, *, seed: int = 1
) -> tuple[Run, list[Event]]:
    """Carry out a run with a planner on the virtual rig; return it with its events."""
    run = seccm.session.run(plan or small_scan(), path=path, seed=seed, planner=planner)
    return run, list(until_paused(run))


def until_paused(run: Run) -> Iterator[Event]:
    """The events of a run that is stopped where it pauses."""
    for event in run:
        yield event
        if isinstance(event, Paused):
            run.ask("stop")


def why_paused(events: Sequence[Event]) -> str:
    """What a run said when it paused; it did so once."""
    (paused,) = [event for event in events if isinstance(event, Paused)]
    return paused.why


def raising(error: BaseException) -> Callable[..., Any]:
    """What raises."""

    def fails(*_: object) -> Any:
        raise error

    return fails
