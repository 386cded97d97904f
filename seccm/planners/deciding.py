"""What planners share that decide by what was measured: they remember, and say why they stop.

What comes next follows from what was told alone, in its order: a run that is resumed, and a scan
that is planned again afterwards, ask for the same sites.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from seccm.arrays import FloatArray
from seccm.events import Outcome
from seccm.plan.decision import Belief, Decision
from seccm.plan.instruction import Instruction
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.planners.fitting import Fitted, fitted
from seccm.planners.learning import told_of
from seccm.planners.problems import unit_of
from seccm.planners.space import Choice, Space
from seccm.planners.specs import (
    BisectionSpec,
    GaussianProcessSpec,
    Learnt,
)
from seccm.planners.stopping import Ending, Standing

_P = ParamSpec("_P")
_R = TypeVar("_R")


def on_one_core(asked: Callable[_P, _R]) -> Callable[_P, _R]:
    """Have a function leave the other cores to the loop that reads the rig.

    Its matrices are small: more threads would make it slower, and wait for each other by turning.
    """

    @wraps(asked)
    def answered(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with threadpool_limits(1, "blas"):
            return asked(*args, **kwargs)

    return answered


SHOWN = 61
"""Points of a belief about one factor."""
GRID = "half of the 95 % interval of a fixed design"
"""A number of the model: what as many sites, fixed ahead, would have left to be known."""


class _BrokenOff(NamedTuple):
    """A site that was broken off, and when."""

    at: int
    """How many sites there were before it, those that were broken off apart."""
    turn: int
    """How many of them the planner had asked for."""
    finished: Finished


class Memory:
    """The sites so far, and what models make of them.

    Args:
        space: what may vary.
        learnt: the results; the first decides about the end.
        seed: of the models.
    """

    def __init__(self, space: Space, learnt: Sequence[Learnt], seed: int) -> None:
        self.space, self.learnt, self.seed = space, tuple(learnt), seed
        self.sites: list[Finished] = []
        self.points: list[tuple[float, ...]] = []
        self._asked: list[int] = []
        """Which of the sites this planner asked for; a person may have wanted the others."""
        self._lost: list[_BrokenOff] = []
        """Use ground and say nothing: what was wanted of them is asked for again, elsewhere."""
        self._heard: list[tuple[int, Instruction]] = []
        """What forbids places, each with how many sites there were before it."""
        self._models: tuple[int, tuple[Fitted, ...] | None] = (-1, None)

    def tell(self, finished: Finished) -> None:
        """Take in a finished site."""
        if finished.outcome is Outcome.ABORTED:
            self._lost.append(_BrokenOff(len(self.sites), self.turns, finished))
            return
        if not finished.instructed:
            self._asked.append(len(self.sites))
        self.sites.append(finished)
        self.points.append(self.space.point(finished.site))

    def heed(self, instruction: Instruction) -> None:
        """Take in that a place is forbidden, or allowed again."""
        self._heard.append((len(self.sites), instruction))

    @property
    def turns(self) -> int:
        """How many of the sites this planner asked for."""
        return len(self._asked)

    def before(self, turn: int) -> int:
        """Return how many sites there were when this planner asked for one of its own."""
        return self._asked[turn] if turn < len(self._asked) else len(self.sites)

    @property
    def used(self) -> set[int]:
        """The places of the plan that cannot be visited, by their numbers."""
        return self._ground([*self.sites, *(one.finished for one in self._lost)], len(self.sites))

    def used_at(self, count: int, until: int) -> set[int]:
        """Return the places of the plan that could not be visited after so many sites.

        Those that this planner has asked for since are free, those that were broken off among
        them: what is decided is what would have been decided without that.

        Args:
            count: of the sites whose places are used.
            until: the number of sites until which counts what persons wanted.
        """
        sites = self.sites[:count]
        sites += [one for one in self.sites[count:until] if one.instructed]
        sites += [
            one.finished
            for one in self._lost
            if (one.at <= until if one.finished.instructed else one.at < count)
        ]
        return self._ground(sites, until)

    def _ground(self, sites: Sequence[Finished], until: int) -> set[int]:
        used = self.space.used(one.site for one in sites)
        # What a person adds need not lie on a place of the plan.
        used |= self.space.taken(one.site for one in sites if one.instructed)
        return used | self.space.forbidden(one for at, one in self._heard if at <= until)

    def site(self, choice: Choice, said: Decision | None = None) -> Site | None:
        """Return the site of a choice at a place that is free; None where none is left.

        What was wanted of a site that was broken off is asked for again: on a map at the nearest
        free place. Where places are used in their order it is the last one that is free, so that
        all later sites are where they would have been.

        Args:
            choice: what was chosen.
            said: why.
        """
        fitting = self.space.fitting(choice, self.used)
        if not fitting:
            return None
        lost = [one for one in self._lost if not one.finished.instructed]
        again = [one.finished.site.number for one in lost if one.turn == self.turns]
        if again and said is not None:
            why = f"This was wanted of site {again[-1]}, which was broken off."
            said = replace(said, reason=f"{said.reason} {why}")
        spare = bool(again) or self._postponed(self.space.region(fitting[0]), lost)
        last = spare and not self.space.by_choice
        return replace(self.space.site(choice, fitting[-1 if last else 0]), decision=said)

    def _postponed(self, region: str, lost: Sequence[_BrokenOff]) -> bool:
        """Tell whether the next site would have been in the region before, but for lost ones.

        Where regions are used up in their order, each has room for one site less for every one
        that was lost until then. So many come first, at its last places.
        """
        if self.space.apart:
            return False
        moved = sum(one.finished.site.region != region for one in lost)
        return sum(self.sites[k].site.region == region for k in self._asked) < moved

    @property
    def lost(self) -> int:
        """How many sites were broken off."""
        return len(self._lost)

    @property
    def forbids(self) -> bool:
        """Whether a person has forbidden places of the plan."""
        return bool(self.space.forbidden(one for _, one in self._heard))

    @property
    def seconds(self) -> float:
        """From the start of the run to the end of the last site that was not broken off."""
        return self.sites[-1].ended if self.sites else 0.0

    def standing(self, half_widths: Sequence[float]) -> Standing:
        """Return how far the run has come.

        Args:
            half_widths: as in `Standing`.
        """
        return Standing(len(self.sites), self.seconds, half_widths)

    def models(self, count: int) -> tuple[Fitted, ...] | None:
        """Return a model of each result after so many sites; None until each has a number."""
        if self._models[0] != count:
            told = [
                told_of(self.sites[:count], self.points[:count], learnt) for learnt in self.learnt
            ]
            known = [one for one in told if one is not None]
            models = tuple(fitted(one, self.seed) for one in known)
            self._models = count, models if len(known) == len(told) else None
        return self._models[1]

    def belief(self, model: Fitted, learnt: Learnt, net: FloatArray) -> Belief:
        """Return what is expected of a result, for a screen; the median on a logarithmic scale."""
        mean, deviation = model.at(net)
        if learnt.scale == "logarithmic":
            mean = np.exp(mean)
            deviation = mean * deviation
        unit = unit_of(learnt.result) or "1"
        directions, points = self.space.directions, self.space.inside(net)
        return Belief(learnt.result, unit, directions, points, mean, deviation)


def shown_net(space: Space, seed: int) -> FloatArray:
    """Return the points at which a belief is kept, shape (m, d)."""
    if len(space.directions) == 1:
        return np.linspace(0.0, 1.0, SHOWN)[:, None]
    return space.net(seed)


class Remembers:
    """What these planners do alike: remember what was told, and fall back on a first design."""

    _spec: BisectionSpec | GaussianProcessSpec
    _memory: Memory
    _ending: Ending
    _first: Sequence[Choice]
    """The first design."""

    @property
    def total(self) -> int | None:
        """The most sites that there may be; nobody knows how many there will be."""
        most = self._spec.stop.sites
        return None if most is None else most + self._memory.lost

    def tell(self, finished: Finished) -> None:
        """Take in a finished site."""
        self._memory.tell(finished)

    def heed(self, instruction: Instruction) -> None:
        """Take in that a place is forbidden, or allowed again."""
        self._memory.heed(instruction)

    def instead(self) -> Site | Decision | None:
        """Return the site that is visited where there is no decision in time; None to pause.

        Or a decision that there is none: an end that can be told without a model is kept to.
        """
        if self._spec.late == "pause":
            return None
        standing = self._memory.standing(())
        if why := self._ending.why(standing):
            return Decision(why, progress=self._ending.progress(standing))
        choice = self._first[self._memory.turns % len(self._first)]
        return self._memory.site(choice) or no_place(self._memory)


def no_place(memory: Memory) -> Decision:
    """Return why nothing more is asked for where every place is used."""
    count = len(memory.space.places)
    what = f"All {count} places of the plan are" if count > 1 else "The only place of the plan is"
    forbidden = " or forbidden" if memory.forbids else ""
    return Decision(f"{what} used{forbidden}.")
