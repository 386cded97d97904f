"""How the window reaches the engine."""

from __future__ import annotations

from typing import Protocol

from seccm.plan.instruction import Instruction
from seccm.remote import CoarseOrder, Job, News, Order, Snapshot


class Link(Protocol):
    """How the window reaches the engine; `seccm.remote.Client` is one. Nothing here waits."""

    snapshot: Snapshot | None

    def poll(self) -> News:
        """Return what happened since the last poll."""

    def ask(self, verb: str, reason: str = ...) -> int:
        """Ask the run for pause, resume, skip or stop; the answer comes with the news."""

    def instruct(self, instruction: Instruction) -> int:
        """Pin, add, forbid or allow a place of a run with a planner."""

    def emergency(self) -> int:
        """Leave the surface and end the run, whoever holds the controls."""

    def begin(self, job: Job) -> int:
        """Begin a run on an idle host."""

    def open_rig(self, job: Job) -> int:
        """Open a job's rig for manual control."""

    def act(self, action: str, **how: float | str) -> int:
        """Do something under manual control."""

    def commission(self, order: Order) -> int:
        """Carry out a commissioning step on an idle host."""

    def approach_coarsely(self, order: CoarseOrder) -> int:
        """Make a coarse approach on an idle host."""

    def reply(self, question: str, *, yes: bool) -> int:
        """Answer what a coarse approach asks."""

    def stop_step(self) -> int:
        """End the commissioning step, or the coarse approach, that is carried out."""

    def keep(self, step: str, *, calibrate: bool) -> int:
        """Write what a commissioning step found."""

    def take_control(self, *, force: bool = False) -> int:
        """Take the controls."""

    def close(self) -> None:
        """Leave; the run goes on."""
