"""Which site comes next, as a plan says it: the table `planner`.

A planner is told of every finished site, with its results, and is asked for the next one. The
plan's own list is the built-in kind, `listed`: its sites are all known ahead. Packages of others
add kinds by the entry point group `seccm.planners`, each of which names a `PlannerKind`; a script
calls `KINDS.register`, or gives its planner to `seccm.run`, which writes the kind `script` into
the plan of the data file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from seccm.errors import PlanError, Problem
from seccm.events import Landing, Outcome
from seccm.open_kinds import OpenKinds
from seccm.plan.decision import Decision
from seccm.plan.site import Site
from seccm.quantities import AnyModel, Model, Words
from seccm.results import Status, Value

if TYPE_CHECKING:
    from seccm.plan.plan import Plan
    from seccm.plan.subject import Subject
    from seccm.plan.tables import Tables

PATIENCE = 600.0
"""Seconds that a planner may think about a site, unless its plan says another time."""
GROUP = "seccm.planners"
"""The group of entry points."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A site that is over: what was to be done there, and what came of it."""

    site: Site
    outcome: Outcome
    landing: Landing | None
    """How contact went; None where there was none."""
    results: Mapping[str, Value] = field(default_factory=dict)
    """What the analysis found, by the names of the columns in the data file, such as E_nuc; each
    with its uncertainty and status, and NaN where there is none. In the order of the names."""
    ended: float = math.nan
    """When the site was over, in seconds since the start of the run, breaks among them."""
    instructed: bool = False
    """Whether a person wanted the site, by `Run.instruct`, and not the planner."""

    def result(self, name: str) -> Value:
        """Return a result; "not measured" where the site has none of that name."""
        return self.results.get(name, Value.none(Status.NOT_MEASURED))

    @property
    def factors(self) -> Mapping[str, float]:
        """The level of each factor at the site, in SI."""
        return {} if self.site.recipe is None else dict(self.site.recipe.condition)


class Planner(Protocol):
    """Thinks of sites while a run goes on. Both methods are called in a thread of its own.

    What `ask` returns must follow from the plan and from what was told, and from nothing else: a
    run that is resumed makes a new planner and tells it every finished site of the data file, in
    their order, before it is asked. Chance comes from a generator with a seed of the plan.
    """

    @property
    def total(self) -> int | None:
        """How many sites the run will have; None where nobody knows ahead."""

    def ask(self) -> Site | Decision | None:
        """Return the next site, made by `Plan.site`; None when there is nothing more to do.

        A `Decision` in place of None says why, and is stored; that of a site stands in
        `Site.decision`. May take its time: the tip is up and the cell off meanwhile. After what it
        raises, or when it takes too long, the run pauses, unless the planner has a method
        `instead`: that returns at once which site is visited meanwhile, None, or a `Decision` that
        there is to be no more, while `ask` may still go on in another thread.
        """

    def tell(self, finished: Finished) -> None:
        """Take in a finished site. Every one is told before the next site is asked for.

        A site that could not be touched has an outcome that says why, and no results. Sites that a
        person wanted are told, too. A planner with a method `heed` is called with each
        `seccm.plan.instruction.Instruction` that forbids a place, or allows it again.
        """


class Listed:
    """The planner of a list of sites, which waits for nothing.

    Args:
        sites: in the order of the visits.
    """

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites = tuple(sites)
        self._left = iter(self._sites)

    @property
    def total(self) -> int:
        """How many sites there are in the list."""
        return len(self._sites)

    def ask(self) -> Site | None:
        """Return the next site of the list; None at its end."""
        return next(self._left, None)

    def tell(self, finished: Finished) -> None:
        """Take in a finished site, which changes nothing."""


class PlannerSpec(Model):
    """The keys of a planner in a plan; every kind has a class of its own."""

    kind: str

    @property
    def thinking(self) -> float:
        """How long the planner may think about one site, in seconds."""
        return PATIENCE


def _nobody(spec: PlannerSpec, plan: Plan) -> None:
    return None


def _nothing(spec: PlannerSpec, plan: Plan) -> tuple[Site, ...]:
    return ()


def _no_problems(spec: PlannerSpec, subject: Subject) -> Iterator[Problem]:
    yield from ()


@dataclass(frozen=True, slots=True)
class PlannerKind:
    """Everything about one kind of planner."""

    name: str
    """As plans call it."""
    spec: type[PlannerSpec]
    """Its keys, with `kind` among them."""
    begin: Callable[[Any, Plan], Planner | None] = _nobody
    """Makes the planner of a run from its table and the plan; None where nobody is to be asked."""
    known: Callable[[Any, Plan], tuple[Site, ...]] = _nothing
    """Returns the sites that are visited before the planner is asked, such as a coarse grid."""
    problems: Callable[[Any, Subject], Iterator[Problem]] = _no_problems
    """Finds what keeps the planner from working with this plan on this rig."""

    @property
    def asks(self) -> bool:
        """Whether sites come while a run goes on."""
        return self.begin is not _nobody


class ListedSpec(PlannerSpec):
    """The sites of the plan, one after the other, each with its condition of the design."""

    kind: Literal["listed"] = "listed"


class ScriptSpec(PlannerSpec):
    """A planner that a script gave to `seccm.run`; only a script can resume such a run."""

    kind: Literal["script"] = "script"
    name: Words = "planner"
    """What the script called it."""


def _only_a_script(spec: ScriptSpec, plan: Plan) -> Planner:
    what = f'the planner "{spec.name}" was given by a script, which alone can make it again.'
    remedy = "Use seccm.run(..., planner=...) or seccm.resume(..., planner=...) in a script."
    raise PlanError(plan.title, [Problem("planner", what, remedy)])


def _own() -> Iterator[PlannerKind]:
    yield PlannerKind("listed", ListedSpec, known=lambda _, plan: plan.sites())
    yield PlannerKind("script", ScriptSpec, _only_a_script)


def _refuse_other(kind: object) -> None:
    if not isinstance(kind, PlannerKind):
        raise TypeError(f"{kind!r} is not a seccm.plan.planner.PlannerKind")


KINDS: OpenKinds[PlannerKind] = OpenKinds(
    "planner", GROUP, _own, lambda kind: kind.name, _refuse_other
)
"""Every kind of planner that plans may use."""


AnyPlanner = Annotated[
    PlannerSpec, AnyModel("kind", lambda: (kind.spec for kind in KINDS.all().values()))
]


def usual() -> PlannerSpec:
    """Return the planner of a plan that names none: its own list."""
    return ListedSpec()


def known_ahead(plan: Plan) -> tuple[Site, ...]:
    """Return the sites of a plan that are known before anything is measured."""
    return KINDS.of(plan.planner.kind).known(plan.planner, plan)


def planner_of(plan: Plan, given: Planner | None = None) -> Planner | None:
    """Return who is asked for more sites of a plan; None where nobody is.

    Args:
        plan: that is carried out.
        given: the planner of a script, where the plan says that it had one.

    Raises:
        PlanError: the plan's planner cannot be made.
    """
    if given is not None:
        if isinstance(plan.planner, ScriptSpec):
            return given
        what = f'is "{plan.planner.kind}"; the planner of a script cannot take its place.'
        raise PlanError(plan.title, [Problem("planner", what, "Leave out planner=...")])
    return KINDS.of(plan.planner.kind).begin(plan.planner, plan)


def who_plans(plan: Tables) -> str:
    """Say, before what follows of the plan's own sites, where sites come from; empty if from it."""
    if not KINDS.of(plan.planner.kind).asks:
        return ""
    return f'Sites come from the planner "{plan.planner.kind}". Every place of the plan once: '


def with_script(plan: Plan, planner: Planner) -> Plan:
    """Return a plan that says that its sites come from the planner of a script."""
    name = type(planner).__qualname__.rpartition(".")[2]
    return plan.replace(planner={"kind": "script", "name": name})
