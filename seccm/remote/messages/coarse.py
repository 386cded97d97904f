"""A coarse approach that is asked for; every motion of the motor is asked about beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from seccm.commissioning.coarse_approach import PROCEDURE, finding_of
from seccm.commissioning.finding import Finding
from seccm.conductor.coarse import approach_coarsely
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.remote.messages.task import Bench
from seccm.rig import Rig
from seccm.rigs import CoarseTable, RigFile, build_rig, coarse_table, connect_coarse, load_rig
from seccm.words import SIMULATION

TITLE = "Coarse approach"
RESTS = "The motor is stopped; the tip is fully retracted."


@dataclass(frozen=True, slots=True)
class CoarseOrder:
    """A coarse approach to be made, as a plan approaches and within what the rig file allows."""

    plan: str
    """As `Plan.to_json` gives it."""
    rig: Mapping[str, Any]
    rig_source: str
    folder: str
    """Where its report is written; absolute."""
    asking: bool = True
    """Whether every motion of the motor must be granted."""
    seed: int = 0
    pace: float = 0.0

    @classmethod
    def new(
        cls,
        plan: Plan,
        rig: str | Path = "virtual",
        *,
        asking: bool = True,
        seed: int = 0,
        pace: float = 0.0,
    ) -> Self:
        """Describe a coarse approach.

        Args:
            plan: whose approach and retract are used.
            rig: name or file of the rig, with the table `[coarse]`.
            asking: whether every motion of the motor must be granted.
            seed: for virtual rigs.
            pace: for virtual rigs.

        Raises:
            PlanError: the rig file is wrong, or has no such table.
        """
        file = load_rig(rig)
        table_of(file)
        folder = str(Path().absolute())
        return cls(plan.to_json(), file.config, file.source, folder, asking, seed, pace)

    @property
    def procedure(self) -> str:
        """As its finding and its report are named."""
        return PROCEDURE

    @property
    def title(self) -> str:
        """What an operator calls it."""
        return TITLE

    @property
    def attended(self) -> bool:
        """A motor does not run while nobody looks."""
        return True

    def build(self) -> Rig:
        """Build the rig; see `Task.build`."""
        file, plan = RigFile(self.rig_source, self.rig), Plan.from_json(self.plan)
        return build_rig(file, plan.mounted, seed=self.seed, pace=self.pace)

    def carry_out(self, bench: Bench) -> Finding:
        """Make the approach; see `Task.carry_out`."""
        plan, file = Plan.from_json(self.plan), RigFile(self.rig_source, self.rig)
        table = table_of(file)
        tries = _Tries(self, plan, table, bench)
        motor = connect_coarse(table, bench.wait)
        try:
            ended = approach_coarsely(
                tries.conductor,
                motor,
                plan,
                tries=table.tries,
                most=table.most,
                farthest=table.farthest,
                confirm=tries.confirm,
            )
        finally:
            motor.close()
        return finding_of(ended)


class _Tries:
    """Counts the tries of the piezo, and says what is done meanwhile."""

    def __init__(self, order: CoarseOrder, plan: Plan, table: CoarseTable, bench: Bench) -> None:
        self._order, self._plan, self._table, self._bench = order, plan, table, bench
        self._made, self._virtual = 0, ""

    def conductor(self) -> Conductor:
        """Build the rig for the next try."""
        self._made += 1
        plan, rig = self._plan, self._order.build()
        self._virtual = f"{SIMULATION}: " if rig.info.virtual else ""
        self._say(
            f"try {self._made} of {self._table.tries}: the piezo moves down to find the "
            "surface, then up."
        )
        travel, site = rig.info.axes["z"].travel, plan.sites()[0]
        way = travel.upper - travel.lower
        return self._bench.conduct(rig, way / site.approach.speed + way / site.retract.speed)

    def confirm(self, question: str) -> bool:
        """Ask for the next motion of the motor, unless nothing need be asked.

        Raises:
            StoppedError: somebody put an end to it instead.
        """
        bench = self._bench
        # The number tells it from the question before, which may have had the same words.
        question = f"Try {self._made} of {self._table.tries}. {question}"
        try:
            self._say(RESTS)
            yes = not self._order.asking or bench.confirm(question)
            bench.wait(0.0)
        except StoppedError as error:
            error.add_note(RESTS)
            raise
        self._say("The motor brings tip and surface closer.")
        return yes

    def _say(self, words: str) -> None:
        """Say what is done just now, and whether all of it is virtual."""
        said = self._virtual + words
        self._bench.words = said[:1].upper() + said[1:]


def table_of(file: RigFile) -> CoarseTable:
    """Return what a rig file says of its coarse motor.

    Raises:
        PlanError: with every mistake of the table, or because there is none.
    """
    table = coarse_table(file)
    if table is None:
        what = "is missing: the rig file names no coarse motor."
        remedy = "Write the table [coarse]; nidaq.toml has an example."
        raise PlanError(file.source, [Problem("coarse", what, remedy)])
    return table
