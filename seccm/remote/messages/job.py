"""What a host is asked to run, and why it could not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from seccm import session
from seccm.conductor.opening import open_for_motion
from seccm.errors import PlanError, Problem
from seccm.plan import Plan, load_plan
from seccm.plan.ways import kind_in
from seccm.rig import Rig
from seccm.rigs import RigFile, build_rig, load_rig


@dataclass(frozen=True, slots=True)
class Job:
    """A run to be made, or one to be continued from its file; see `seccm.session.run`."""

    path: str
    """The data file; absolute."""
    plan: str = ""
    """As `Plan.to_json` gives it; empty to continue the run in the file."""
    rig: Mapping[str, Any] | None = None
    """The tables of the rig file."""
    rig_source: str = ""
    seed: int = 0
    faults: tuple[str, ...] = ()
    pace: float = 0.0

    @classmethod
    def new(
        cls,
        plan: Plan | str | Path,
        rig: RigFile | str | Path = "virtual",
        *,
        path: str | Path | None = None,
        seed: int = 0,
        faults: Sequence[str] = (),
        pace: float = 0.0,
    ) -> Self:
        """Describe a run by what `seccm.session.run` takes.

        Raises:
            PlanError: the plan or the rig file cannot be read.
        """
        plan = plan if isinstance(plan, Plan) else load_plan(plan)
        rig = rig if isinstance(rig, RigFile) else load_rig(rig)
        target = Path(path) if path is not None else Path(session.default_name(plan))
        return cls(
            path=str(target.absolute()),
            plan=plan.to_json(),
            rig=rig.config,
            rig_source=rig.source,
            seed=seed,
            faults=tuple(faults),
            pace=pace,
        )

    @classmethod
    def again(cls, path: str | Path, *, pace: float = 0.0) -> Self:
        """Describe the rest of the run in a file."""
        return cls(path=str(Path(path).absolute()), pace=pace)

    @property
    def rig_file(self) -> str:
        """Where the rig file is, for whoever starts somewhere else; empty if not known."""
        return str(Path(self.rig_source).absolute()) if self.rig_source else ""

    @property
    def moves(self) -> bool:
        """Whether a tip moves, as far as is known before a file that is continued was read."""
        return kind_in(self.plan).moves

    def open_rig(self) -> tuple[Rig, Plan, tuple[Problem, ...]]:
        """Open the rig, to be moved manually as the plan approaches and retracts.

        Returns:
            The rig, the plan, and what the check of the plan found worth saying.

        Raises:
            PlanError: the plan or the rig file is wrong, or the rig cannot carry out the plan;
                nothing moved.
            RigError: the rig cannot be opened.
        """
        plan, rig = Plan.from_json(self.plan), self.build()
        return rig, plan, open_for_motion(rig, plan, lifts_first=True).problems

    def build(self) -> Rig:
        """Build the rig, to be moved by a person: no faster than time goes; nothing is opened.

        Raises:
            PlanError: the plan or the rig file is wrong.
            DataFileError: the run's file cannot be read.
        """
        if self.plan:
            plan, file = Plan.from_json(self.plan), RigFile(self.rig_source, self.rig or {})
            seed, faults = self.seed, self.faults
        else:
            plan, file, seed, faults = session.what_ran(self.path)
        return build_rig(file, plan.mounted, seed=seed, faults=faults, pace=self.pace or 1.0)

    def prepare(self) -> session.Run:
        """Make the run ready; see `seccm.session`.

        Raises:
            PlanError, DataFileError, RigError: as `run` and `resume` do.
        """
        if not self.plan:
            return session.resume(self.path, pace=self.pace)
        return session.run(
            Plan.from_json(self.plan),
            RigFile(self.rig_source, self.rig or {}),
            path=self.path,
            seed=self.seed,
            faults=self.faults,
            pace=self.pace,
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run could not begin, or what ended it: an error that crossed the channel."""

    kind: str
    """The name of the error's type, such as "PlanError"."""
    text: str
    """For the operator."""
    problems: tuple[Problem, ...] = ()
    """Of a plan."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Describe an error."""
        problems = error.problems if isinstance(error, PlanError) else ()
        return cls(type(error).__name__, str(error) or repr(error), problems)


Prepare = Callable[[Job], session.Run]
"""How a job becomes a run; `Job.prepare` unless a test has other ideas."""
