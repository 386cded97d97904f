"""A Gaussian process: results as smooth functions, and sites that tell most of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seccm.arrays import IntArray
from seccm.plan.decision import Belief, Decision
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
from seccm.planners.fitting import Fitted, fitted
from seccm.planners.gaussian_process import Told
from seccm.planners.goals import (
    EVEN,
    NET,
    Chance,
    half_width,
    on_scale,
    open_points,
    tells,
    worth,
)
from seccm.planners.learning import NUMBER, lesson, told_of
from seccm.planners.problems import unit_of
from seccm.planners.space import Choice, Space
from seccm.planners.specs import Explore, GaussianProcessSpec, Maximum, Minimum, Reach, interval
from seccm.planners.stopping import Ending
from seccm.units import show


class GaussianProcess(Remembers):
    """One run of the planner.

    Args:
        spec: its table.
        plan: of the run.
    """

    _spec: GaussianProcessSpec

    def __init__(self, spec: GaussianProcessSpec, plan: Plan) -> None:
        self._spec = spec
        ranges = {one.factor: one for one in spec.vary}
        space = Space(plan, ranges, chosen=spec.places == "any", regions=spec.regions)
        self._memory = Memory(space, spec.learn, spec.seed)
        self._goal, self._learnt = spec.goal, spec.learn[0]
        value = spec.goal.value if isinstance(spec.goal, Reach) else None
        self._target = 0.0 if value is None else on_scale(value.value, self._learnt.scale)
        self._ending = Ending(spec.stop, self._learnt, value)
        self._first = space.first(spec.first, spec.seed)
        self._net = space.net(spec.seed)
        self._shown = shown_net(space, spec.seed)
        self._widths: dict[int, float] = {}
        self._choices: dict[tuple[int, int, frozenset[int]], tuple[Choice, str] | None] = {}
        """What was decided, by `_decided`'s arguments: sites that are alike ask for it again."""

    @on_one_core
    def ask(self) -> Site | Decision:
        """Return the next site with its reason, or why there is none."""
        done, spec = len(self._memory.sites), self._spec
        turn = self._memory.turns // spec.repeats
        decided = turn - len(self._first)
        standing = self._memory.standing(self._history(done))
        progress = self._ending.progress(standing)
        if why := self._ending.why(standing):
            beliefs = self._beliefs(done)
            state = self._state(done)
            return Decision(f"{why} {self._answer(done)}".rstrip(), beliefs, progress, state)
        if decided < 0:
            choice = self._first[turn]
            reason = f"Site {turn + 1} of {len(self._first)} that fill the range evenly."
            said = Decision(reason, progress=progress, seed=spec.seed)
        else:
            own = (len(self._first) + decided // spec.batch * spec.batch) * spec.repeats
            basis, place = self._memory.before(own), decided % spec.batch
            now = self._memory.used_at(basis, self._memory.before(turn * spec.repeats))
            key = basis, place, frozenset(now)
            if key not in self._choices:
                self._choices[key] = self._decided(basis, place, now)
            chosen = self._choices[key]
            if chosen is None:
                return no_place(self._memory)
            choice, why_here = chosen
            reason = f"{why_here} {self._ending.to_confirm(standing)}".rstrip()
            said = Decision(reason, self._beliefs(basis), progress, self._state(basis), spec.seed)
        return self._memory.site(choice, said) or no_place(self._memory)

    def _history(self, done: int) -> list[float]:
        """Return half the width of the interval after each decision so far; infinite if unknown."""
        first = self._memory.before(len(self._first) * self._spec.repeats)
        if self._memory.turns < len(self._first) * self._spec.repeats:
            return []
        wanted = self._ending.needed(first, done)
        for count in wanted:
            if count not in self._widths:
                models = self._memory.models(count)
                self._widths[count] = (
                    math.inf
                    if models is None
                    else half_width(
                        self._goal, self._target, models[0], self._chance(count), self._net
                    )[0]
                )
        return [self._widths[count] for count in wanted]

    def _decided(self, basis: int, place: int, used: set[int]) -> tuple[Choice, str] | None:
        """Return one choice of a batch, and its reason; None where no place is left.

        Args:
            basis: how many sites it rests on.
            place: its place in the batch.
            used: places that cannot be visited, by their numbers.
        """
        memory = self._memory
        candidates = memory.space.candidates(used, self._spec.seed)
        models = memory.models(basis)
        if not candidates:
            return None
        rng = np.random.default_rng([self._spec.seed, basis])
        if models is None:
            chosen = candidates[int(rng.integers(len(candidates)))]
            return chosen, "No site has a number yet that can be learnt from: one at random."
        chance, order = self._chance(basis), rng.permutation(len(self._net))
        supposed: list[Choice] = []
        for _ in range(place + 1):
            if not candidates:  # a batch that is larger than what is left
                return None
            points = np.array([choice.point for choice in candidates])
            net, aim = self._net[self._counting(models, chance, order)], self._ending.aim
            gain = worth(self._goal, self._target, models, chance, points, net, aim)
            best = candidates[int(gain.argmax())]
            supposed.append(best)
            if len(supposed) <= place:
                models = self._supposing(basis, supposed, models)
                if best.place is not None:
                    candidates = [one for one in candidates if one.place != best.place]
        return best, self._reason(best, models[0], place)

    def _counting(self, models: Sequence[Fitted], chance: Chance, order: IntArray) -> IntArray:
        """Return the points of the net at which it counts how much a site tells, shape (m,).

        Those are left where the first result is not known well enough yet: of a large net, a draw
        from all might have none of them. The other results have no end, and count everywhere.

        Args:
            models: of the results.
            chance: how likely a site tells anything.
            order: the points, in the order in which they are drawn.
        """
        if not isinstance(self._goal, Explore):
            return order[:0]
        left = open_points(models[0], chance, self._net, self._ending.aim)
        chosen = order[left[order]][:NET]
        return np.union1d(chosen, order[:NET]) if len(models) > 1 else chosen

    def _chance(self, count: int) -> Chance:
        """Return how likely a site tells anything, after so many."""
        memory = self._memory
        said = [lesson(site, self._learnt) for site in memory.sites[:count]]
        numbers = [one.value for one in said if one is not None and one.side == NUMBER]
        told = [one is not None and tells(self._goal, self._target, one, numbers) for one in said]
        points = np.array(memory.points[:count]).reshape(count, len(memory.space.directions))
        known = np.isfinite(points).all(axis=1)
        return Chance(points[known], np.array(told)[known])

    def _supposing(
        self, basis: int, supposed: Sequence[Choice], models: Sequence[Fitted]
    ) -> tuple[Fitted, ...]:
        """Return the models as if what is expected had been measured at choices of a batch."""
        memory, points = self._memory, np.array([choice.point for choice in supposed])
        found = []
        for learnt, model in zip(memory.learnt, models, strict=True):
            told = told_of(memory.sites[:basis], memory.points[:basis], learnt)
            assert told is not None
            mean, _ = model.at(points)
            count = len(points)
            more = Told(
                np.concatenate([told.points, points]),
                np.concatenate([told.values, mean]),
                np.concatenate([told.errors, np.zeros(count)]),
                np.concatenate([told.sides, np.zeros(count)]),
            )
            found.append(fitted(more, memory.seed))
        return tuple(found)

    def _reason(self, choice: Choice, model: Fitted, place: int) -> str:
        mean, deviation = (float(x[0]) for x in model.at(np.array([choice.point])))
        expected = self._written(mean, 1.96 * deviation)
        why = {
            "explore": "a site here tells most of all of what is not known yet",
            "reach": "here it may have the value that is sought",
            "maximum": "here it may be larger than anywhere else",
            "minimum": "here it may be smaller than anywhere else",
        }[self._goal.kind]
        batch = f", number {place + 1} of its batch" if self._spec.batch > 1 else ""
        return f"{self._learnt.result} is expected at {expected} (95 %); {why}{batch}."

    def _written(self, mean: float, half: float) -> str:
        unit = unit_of(self._learnt.result) or "1"
        if self._learnt.scale == "logarithmic":
            return f"{show(float(np.exp(mean)), unit, 3)} ± {interval(half, unit, 'logarithmic')}"
        return f"{show(mean, unit, 3)} ± {show(half, unit, 2)}"

    def _answer(self, done: int) -> str:
        """Return what was found, as a sentence; empty where nothing was."""
        models = self._memory.models(done)
        if models is None or isinstance(self._goal, Explore):
            return ""
        half, place = half_width(self._goal, self._target, models[0], self._chance(done), self._net)
        mean, _ = models[0].at(self._net[place : place + 1])
        at = self._memory.space.inside(self._net[place : place + 1])[0]
        directions = self._memory.space.directions
        where = ", ".join(
            f"{d.name} = {show(float(x), d.unit, 4)}" for d, x in zip(directions, at, strict=True)
        )
        what = (
            self._goal.kind
            if isinstance(self._goal, Maximum | Minimum)
            else "place nearest to the value"
        )
        found = self._written(float(mean[0]), half)
        return f"The {what} is at {where}: {self._learnt.result} = {found} (95 %)."

    def _beliefs(self, count: int) -> tuple[Belief, ...]:
        models = self._memory.models(count)
        if models is None:
            return ()
        return tuple(
            self._memory.belief(model, learnt, self._shown)
            for model, learnt in zip(models, self._memory.learnt, strict=True)
        )

    def _half_of_grid(self, count: int, model: Fitted) -> float:
        """Return half the interval that as many sites of a fixed design would leave.

        As many as gave a number, and repeated as often: else the two could not be compared.
        """
        chance, repeats = self._chance(count), self._spec.repeats
        half, place = half_width(self._goal, self._target, model, chance, self._net)
        known = max(1, int(chance.yielded.sum()))
        sites = self._memory.space.evenly(-(-known // repeats), self._spec.seed)
        sites = np.repeat(sites, repeats, axis=0)[:known]
        # The interval has more in it than that of a design: so only the two designs are compared.
        own = chance.points[chance.yielded] if chance.yielded.any() else chance.points
        left, here = model.of_design(sites, self._net), model.of_design(own, self._net)
        if not isinstance(self._goal, Explore):
            return half * float(left[place] / max(here[place], 1e-300))
        likely = chance.at(self._net) > EVEN
        there = likely if likely.any() else np.ones(len(likely), bool)
        return half * float(left[there].max() / max(here[there].max(), 1e-300))

    def _state(self, count: int) -> dict[str, float]:
        """Return what the models suppose."""
        found: dict[str, float] = {}
        if models := self._memory.models(count):
            found[GRID] = self._half_of_grid(count, models[0])
        for model, learnt in zip(
            self._memory.models(count) or (), self._memory.learnt, strict=False
        ):
            found[f"{learnt.result}: scatter of sites"] = model.scatter
            for direction, length in zip(self._memory.space.directions, model.lengths, strict=True):
                found[f"{learnt.result}: length along {direction.name}, share"] = length
        return found
