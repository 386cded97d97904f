"""A stand-in for the client: plays a story to the window as fast as the window asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seccm.events import Event, Phase
from seccm.hopping.life import State
from seccm.hopping.status import Status
from seccm.plan import Plan
from seccm.remote import Job, News, Order, Overview, Progress, SiteList, Snapshot, Trace
from seccm.rig import RigInfo

Story = Callable[[int], tuple[tuple[Event, ...], Trace, int]]
"""Given the number of the poll: events, rows and the site in hand."""


class StandIn:
    """A link without a host.

    Args:
        plan: of the run that is played.
        info: of the rig.
        story: what every poll brings.
    """

    def __init__(self, plan: Plan, info: RigInfo, story: Story) -> None:
        listed = SiteList.of(plan.sites())
        count = len(listed)
        overview = Overview.planned(count)
        self.snapshot: Snapshot | None = Snapshot(
            "", plan.to_json(), info, count, (), overview, (), Trace.none(), sites=listed
        )
        self.asked: list[str] = []
        self._story = story
        self._polls = 0

    def poll(self) -> News:
        """Return the next piece of the story."""
        first = self._polls == 0
        events, trace, site = ((), Trace.none(), 0) if first else self._story(self._polls)
        self._polls += 1
        assert self.snapshot is not None
        for event in events:
            self.snapshot.hear(event)
        status = Status(State.RUNNING, self._polls, site, Phase.STEP, 0, site)
        progress = Progress("scan", status, 0.0, {}, 1, virtual=self.snapshot.info.virtual)
        return News("live", progress, events, trace, (), True, 0.0, first, None)

    def ask(self, verb: str, reason: str = "") -> int:
        """Write down what was asked."""
        self.asked.append(verb)
        return len(self.asked)

    def emergency(self) -> int:
        """Write down what was asked."""
        return self.ask("emergency")

    def begin(self, job: Job) -> int:
        """Write down what was asked."""
        return self.ask("begin")

    def open_rig(self, job: Job) -> int:
        """Write down what was asked."""
        return self.ask("open")

    def act(self, action: str, **how: Any) -> int:
        """Write down what was asked."""
        return self.ask(action)

    def commission(self, order: Order) -> int:
        """Write down what was asked."""
        return self.ask(f"commission {order.step}")

    def stop_step(self) -> int:
        """Write down what was asked."""
        return self.ask("stop step")

    def keep(self, step: str, *, calibrate: bool) -> int:
        """Write down what was asked."""
        return self.ask(f"keep {step} {calibrate}")

    def take_control(self, *, force: bool = False) -> int:
        """Write down what was asked."""
        return self.ask("take")

    def close(self) -> None:
        """Nothing to let go of."""
