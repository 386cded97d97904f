"""A bisection: narrows down the level at which a result has a value, though sites scatter.

Plain halving goes astray with the first site that is off. Here every site moves a distribution of
where the level may be (the idea of R. Waeber et al., SIAM J. Control Optim. 51 (2013) 2261), which
follows from a smooth curve through all sites with their scatter. The next site is at the middle of
that distribution, or to either side, so that the slope is known, too.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from seccm.plan.decision import SURE, Belief, Decision
from seccm.plan.plan import Plan
from seccm.plan.site import Site
from seccm.planners.deciding import (
    GRID,
    Memory,
    Remembers,
    no_place,
    on_one_core,
    shown_net,
)
from seccm.planners.goals import crossing, on_scale
from seccm.planners.space import Choice, Space
from seccm.planners.specs import BisectionSpec, Learnt
from seccm.planners.stopping import Ending
from seccm.units import show

ENDS = (0.0, 1.0, 0.5)
"""Where the first sites lie, as shares of the range."""
HALVES = (*ENDS, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875)
"""Where sites lie as long as none has a number; then the range is given up."""
VAIN = "No site has a number yet that can be learnt from: half way between two."
QUANTILES = (0.5, 0.2, 0.8)
"""Of the distribution, at which the following sites lie in turn."""
DRAWS = 2000
"""Curves that are drawn for the distribution."""
NET = 61
ENOUGH = 6
"""Sites after which a level that is hardly within the range is given up."""
HARDLY = 0.05


class Bisection(Remembers):
    """One run of the planner.

    Args:
        spec: its table.
        plan: of the run.
    """

    _spec: BisectionSpec

    def __init__(self, spec: BisectionSpec, plan: Plan) -> None:
        self._spec = spec
        self._learnt = Learnt(result=spec.result, scale=spec.result_scale)
        space = Space(plan, {spec.factor: spec.range}, chosen=False)
        self._span = space.spans[0]
        self._memory = Memory(space, [self._learnt], spec.seed)
        self._target = on_scale(spec.target.value, spec.result_scale)
        self._ending = Ending(spec.stop, self._learnt, spec.target)
        self._first = [Choice((share,), None) for share in ENDS]
        self._shown = shown_net(space, spec.seed)
        self._net = np.linspace(0.0, 1.0, NET)
        self._found: dict[int, tuple[FloatArray, float, float]] = {}

    @on_one_core
    def ask(self) -> Site | Decision:
        """Return the next site with its reason, or why there is none."""
        done, turn = len(self._memory.sites), self._memory.turns
        first = self._memory.before(len(ENDS))
        found = self._at(done) if turn >= len(ENDS) else None
        wanted = self._ending.needed(first, done) if turn >= len(ENDS) else ()
        every = map(self._at, wanted)
        widths = [math.inf if each is None else each[2] for each in every]
        standing = self._memory.standing(widths)
        progress, why = self._ending.progress(standing), self._ending.why(standing)
        beliefs, state = self._believed(done) if found is not None else ((), {})
        if found is not None and turn >= ENOUGH and found[1] < HARDLY:
            span = " to ".join(str(level) for level in self._spec.between)
            why = f"{self._spec.result} = {self._spec.target} is not met from {span}."
            return Decision(f"{why} Give a wider range.", beliefs, progress, state)
        if why:
            return Decision(f"{why} {self._answer(found)}".rstrip(), beliefs, progress, state)
        if found is None and turn >= len(HALVES):
            why = f"None of {done} sites all over the range has a {self._spec.result}."
            return Decision(f"{why} Give another range, or longer steps.", progress=progress)
        if found is None:
            share = HALVES[turn]
            reason = ("An end of the range.", "An end of the range.", "The middle.", VAIN)[
                min(turn, len(ENDS))
            ]
        else:
            quantile = QUANTILES[(turn - len(ENDS)) % len(QUANTILES)]
            share = float(np.nanquantile(found[0], quantile))
            where = "in the middle of" if quantile == 0.5 else "to one side of"
            confirm = self._ending.to_confirm(standing)
            reason = f"{self._answer(found)} This site is {where} that. {confirm}".rstrip()
        said = Decision(reason, beliefs, progress, state, self._spec.seed)
        return self._memory.site(Choice((share,), None), said) or no_place(self._memory)

    def _at(self, count: int) -> tuple[FloatArray, float, float] | None:
        """Return where the level may be after so many sites.

        Returns:
            Shares of the range, one for each curve that was drawn, NaN where it is not within the
            range; how likely it is within the range; and half the width of the 95 % interval of
            the result at the middle of them. None where no site has a number.
        """
        if count not in self._found:
            models = self._memory.models(count)
            if models is None:
                return None
            rng = np.random.default_rng([self._spec.seed, count])
            draws = models[0].draws(self._net[:, None], DRAWS, rng)
            shares = crossing(draws, self._net, self._target)
            likely = float(np.isfinite(shares).mean())
            if likely == 0.0:
                off = np.abs(models[0].at(self._net[:, None])[0] - self._target)
                shares = np.array([self._net[int(off.argmin())]])
            _, deviation = models[0].at(np.array([[np.nanmedian(shares)]]))
            self._found[count] = shares, likely, SURE * float(deviation[0])
        return self._found[count]

    def _answer(self, found: tuple[FloatArray, float, float] | None) -> str:
        """Return where the level is, as a sentence; empty where nothing is known."""
        if found is None:
            return ""
        spec, unit = self._spec, self._span.direction.unit
        low, middle, high = (
            show(self._span.level(float(np.nanquantile(found[0], q))), unit, 4)
            for q in (0.025, 0.5, 0.975)
        )
        return (
            f"{spec.result} = {spec.target} is expected at {spec.factor} = {middle} "
            f"(95 %: {low} to {high})."
        )

    def _believed(self, count: int) -> tuple[tuple[Belief, ...], dict[str, float]]:
        models = self._memory.models(count)
        assert models is not None
        found = self._at(count)
        assert found is not None
        there = np.array([[float(np.nanmedian(found[0]))]])
        points = np.array(self._memory.points[:count])
        points = points[np.isfinite(points).all(axis=1)]
        grid = self._memory.space.evenly(len(points), self._spec.seed)
        left, here = (models[0].of_design(sites, there) for sites in (grid, points))
        state = {
            f"{self._spec.result}: scatter of sites": models[0].scatter,
            GRID: found[2] * float(left[0] / max(here[0], 1e-300)),
        }
        return (self._memory.belief(models[0], self._learnt, self._shown),), state
