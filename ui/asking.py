"""Asks a host for the rig: for a run, to go on with one, for manual control, for a step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seccm.data import open_scan
from seccm.errors import PlanError
from seccm.remote import CoarseOrder, Job, Order
from seccm.rigs import load_rig
from ui.models.desk import Desk
from ui.models.link import Link
from ui.plan_view import PlanView


class Asking:
    """Makes what a host understands out of the plan that is open and the rig of the window.

    Every method raises PlanError if the plan, the rig file or a setting is wrong, DataFileError if
    the file is, and SeccmError if there can be no host; nothing was asked for then.

    Args:
        desk: told that the rig is being prepared, until the host has answered.
        plan: where plans are opened.
        connect: makes a link to a host that is idle.
        rig: name or file of the rig.
        pace: for virtual rigs: how many times as fast as real time.
    """

    def __init__(
        self, desk: Desk, plan: PlanView, connect: Callable[[], Link], rig: str, pace: float
    ) -> None:
        self._desk, self._plan, self._connect = desk, plan, connect
        self._rig, self._pace = rig, pace

    def begin(self) -> None:
        """Ask for a run of the plan that is open."""
        plan, target = self._plan.ready()
        job = Job.new(plan, self._rig, path=target, pace=self._pace)
        self._expect(self._host().begin(job))

    def resume(self, path: Path) -> None:
        """Ask to go on with the run in a data file, on the rig that the file names."""
        with open_scan(path) as scan:
            simulated = scan.header.virtual
        ticket = self._host().begin(Job.again(path, pace=self._pace))
        self._desk.expect(ticket, simulated=simulated)

    def connect(self) -> None:
        """Ask for manual control of the rig, which approaches as the plan that is open does."""
        plan, _ = self._plan.ready()
        job = Job.new(plan, self._rig, pace=self._pace)
        self._expect(self._host().open_rig(job))

    def commission(self, step: str, settings: dict[str, str], *, confirmed: bool) -> None:
        """Ask for a commissioning step; what it needs at the cell may be confirmed."""
        order = Order.new(step, settings, self._rig, confirmed=confirmed, pace=self._pace)
        self._expect(self._host().commission(order))

    def approach_coarsely(self, *, asking: bool) -> None:
        """Ask for a coarse approach, as the plan that is open approaches."""
        plan, _ = self._plan.ready()
        order = CoarseOrder.new(plan, self._rig, asking=asking, pace=self._pace)
        self._expect(self._host().approach_coarsely(order))

    @property
    def simulated(self) -> bool:
        """Whether the rig file says that there is no hardware; False for one that is wrong."""
        try:
            return load_rig(self._rig, calibrated=False).simulated
        except PlanError:
            return False

    def _expect(self, ticket: int) -> None:
        self._desk.expect(ticket, simulated=self.simulated)

    def _host(self) -> Link:
        return self._desk.reach(self._connect)
