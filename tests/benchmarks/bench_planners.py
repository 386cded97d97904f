"""What planners that decide save: against sites at random, and against a fixed grid.

All three have the same sites, scatter and model; only who chooses differs. Three screens with
planted answers: the current density at which nucleation takes 2 s, at 10 % scatter of the sites;
the nucleation potential over a range of current densities; the border of a patch on a map. Figures
are means over seeds, with the 95 % interval of a mean, and ratios to the grid. Options:
`--seeds N`, `--first SEED` and `--parts NAME ...`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import numpy.typing as npt
from planted_screens import (
    RANGE,
    Law,
    carried_on,
    nucleation,
    planner_of,
    potential_at,
    screen,
    time_at,
)
from scipy.stats import binom

from seccm.events import Outcome
from seccm.plan.decision import Decision
from seccm.plan.plan import Plan
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.planners.fitting import Fitted, fitted
from seccm.planners.gaussian_process import Told
from seccm.planners.learning import told_of
from seccm.planners.space import Choice, Space
from seccm.planners.specs import Learnt, Range, deviations
from seccm.results import Value

Array = npt.NDArray[np.float64]
SITES = 15
TARGET = 2.0
WIDTH = 0.1
"""Half of the interval that is asked for, seconds."""
COVERAGES = (0.68, 0.85, 0.95)
MIDDLE, RADIUS = (55e-6, 66e-6), 25e-6
"""Of the planted patch, metres."""


def patch(site: Site, rng: np.random.Generator) -> dict[str, Value]:
    """A result that is 1 on a round patch and 0 elsewhere, with scatter."""
    return {"E_nuc": Value(float(on_patch(site.x, site.y)) + 0.05 * rng.standard_normal(), 1e-3)}


def on_patch(x: float | Array, y: float | Array) -> bool | npt.NDArray[np.bool_]:
    """Tell whether a place is on the patch."""
    return np.hypot(x - MIDDLE[0], y - MIDDLE[1]) < RADIUS


def after(
    plan: Plan, space: Space, choices: list[Choice], law: Law, learnt: Learnt, seed: int
) -> Fitted:
    """Return the model after sites that somebody chose ahead."""
    rng, sites, used = np.random.default_rng(seed), list[Finished](), set[int]()
    for choice in choices:
        site = space.site(choice, space.fitting(choice, used)[0])
        sites.append(Finished(site, Outcome.OK, None, law(site, rng)))
        used = space.used(one.site for one in sites)
    told = told_of(sites, [space.point(one.site) for one in sites], learnt)
    assert told is not None
    return fitted(told, seed)


def evenly(space: Space, count: int) -> list[Choice]:
    """A fixed grid of levels."""
    return [Choice((float(share),), None) for share in np.linspace(0.0, 1.0, count)]


def at_random(space: Space, count: int, seed: int) -> list[Choice]:
    """Sites at random."""
    candidates = space.candidates(set(), seed)
    chosen = np.random.default_rng([seed, 1]).choice(len(candidates), count, replace=False)
    return [candidates[k] for k in chosen]


def said(name: str, each: dict[str, list[float]], unit: str, factor: float = 1.0) -> None:
    """Print the means of a figure for each way of choosing, with intervals and ratios."""
    grid = float(np.mean(each["grid"]))
    for who, values in each.items():
        mean = float(np.mean(values))
        half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
        shown = f"{mean * factor:.3g} +- {half * factor:.2g} {unit}"
        sys.stdout.write(f"  {name}, {who}: {shown} ({mean / grid:.2f} of the grid)\n")


def bisection(seeds: range) -> None:
    """How certain the answer is after 15 sites, and how often its interval holds the truth."""
    learnt = Learnt(result="t_nuc", scale="logarithmic")
    halves: dict[str, list[float]] = {"planner": [], "random": [], "grid": []}
    needed, held = [], 0
    for seed in seeds:
        plan = screen(bisecting(seed, uncertainty="0.1 s", sites=40))
        space = Space(plan, {"j": Range.model_validate(RANGE)}, chosen=False)
        sites, end = carried_on(planner_of(plan), nucleation(), np.random.default_rng(seed))
        assert end is not None
        needed.append(len(sites))
        held += abs(found_by(end)[1]) < WIDTH
        chosen = [Choice((space.spans[0].share(level_of(one)),), None) for one in sites[:SITES]]
        for who, choices in (
            ("planner", chosen[:SITES]),
            ("random", at_random(space, SITES, seed)),
            ("grid", evenly(space, SITES)),
        ):
            model = after(plan, space, choices, nucleation(), learnt, seed)
            net = np.linspace(0.0, 1.0, 61)[:, None]
            mean, deviation = model.at(net)
            place = int(np.abs(mean - math.log(TARGET)).argmin())
            halves[who].append(1.96 * TARGET * float(deviation[place]))
    sys.stdout.write(
        f"bisection to 2.00 s at 10 % scatter: {np.mean(needed):.1f} sites to +-0.1 s "
        f"({min(needed)} to {max(needed)}); the interval held the truth in {held} of {len(seeds)}\n"
    )
    said(f"half of the interval after at most {SITES} sites", halves, "s")


def twelve(seeds: range) -> None:
    """How certain a bisection is after 12 sites, and how often its intervals hold the truth."""
    deviation_of, off = [], []
    for seed in seeds:
        _, end = carried_on(
            planner_of(screen(bisecting(seed, sites=12))), nucleation(), np.random.default_rng(seed)
        )
        one, error = found_by(end)
        deviation_of.append(one)
        off.append(error)
    sys.stdout.write(
        f"bisection after 12 sites: off by {np.sqrt(np.mean(np.square(off))):.3f} s (rms)\n"
    )
    for coverage in COVERAGES:
        halves = deviations(coverage) * np.array(deviation_of)
        sys.stdout.write(
            f"  {100 * coverage:.0f} % interval: +-{np.median(halves):.3f} s (median), at most "
            f"+-{halves.max():.3f} s; {counted(np.abs(off) < halves, coverage)}\n"
        )


def stated(seeds: range) -> None:
    """How many sites an interval of +-0.1 s needs, and how often it holds the truth.

    What a run that ends by itself states is the width that was asked for.
    """
    for coverage in COVERAGES[:-1]:
        needed, held = [], []
        for seed in seeds:
            table = bisecting(seed, sites=40, uncertainty="0.1 s", coverage=coverage)
            sites, end = carried_on(
                planner_of(screen(table)), nucleation(), np.random.default_rng(seed)
            )
            needed.append(len(sites))
            held.append(abs(found_by(end)[1]) < WIDTH)
        sys.stdout.write(
            f"{100 * coverage:.0f} % interval of +-0.1 s: {np.mean(needed):.1f} sites "
            f"({min(needed)} to {max(needed)}); {counted(np.array(held), coverage)}\n"
        )


def bisecting(seed: int, **stop: float | str) -> dict[str, Any]:
    """The table of a bisection to 2 s."""
    return {
        "kind": "bisection", "factor": "j", **RANGE, "result": "t_nuc", "seed": seed,
        "result_scale": "logarithmic", "target": "2 s", "stop": stop,
    }  # fmt: skip


def found_by(end: Decision | None) -> tuple[float, float]:
    """The standard deviation of the time at the level that was found, and its error, seconds."""
    assert end is not None
    belief = end.beliefs[0]
    there = int(np.abs(belief.mean - TARGET).argmin())
    mean, truth = belief.mean[there], time_at(float(belief.points[there, 0]))
    return float(belief.deviation[there] * TARGET / mean), TARGET * math.log(truth / mean)


def counted(held: npt.NDArray[np.bool_], coverage: float) -> str:
    """How often an interval held the truth, and how often it should: 95 % of such counts."""
    low, high = (int(binom.ppf(q, len(held), coverage)) for q in (0.025, 0.975))
    return f"it held the truth in {held.sum()} of {len(held)} ({low} to {high} by chance)"


def censored(seeds: range) -> None:
    """Whether sites without nucleation within 5 s bias the time there: with bounds, and without."""
    learnt = Learnt(result="t_nuc", scale="logarithmic")
    off: dict[str, list[float]] = {"planner": [], "planner, bounds left out": [], "random": []}
    off |= {"grid": []}
    span = Range.model_validate(RANGE)
    for seed in seeds:
        table = {
            "kind": "gaussian process", "vary": [{"factor": "j", **RANGE}], "seed": seed,
            "learn": [{"result": "t_nuc", "scale": "logarithmic"}], "stop": {"sites": SITES},
        }  # fmt: skip
        plan, law = screen(table), nucleation(scatter=0.3)
        space = Space(plan, {"j": span}, chosen=False)
        sites, _ = carried_on(planner_of(plan), law, np.random.default_rng(seed))
        net = np.linspace(0.0, 1.0, 121)[:, None]
        truth = np.array([time_at(j) for j in space.inside(net)[:, 0].tolist()])
        near = (truth > 3.0) & (truth < 6.0)  # some sites there nucleate in time, others do not
        numbers = [one for one in sites if one.result("t_nuc").status.trusted]
        points = [[space.point(one.site) for one in each] for each in (sites, numbers)]
        models = {
            "planner": fitted(some(told_of(sites, points[0], learnt)), seed),
            "planner, bounds left out": fitted(some(told_of(numbers, points[1], learnt)), seed),
            "random": after(plan, space, at_random(space, SITES, seed), law, learnt, seed),
            "grid": after(plan, space, evenly(space, SITES), law, learnt, seed),
        }
        for who, model in models.items():
            mean, _ = model.at(net[near])
            off[who].append(float(np.mean(mean - np.log(truth[near]))))
    for who, values in off.items():
        half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(seeds))
        sys.stdout.write(
            f"  time where half of the sites do not nucleate within 5 s, {who}: off by "
            f"{100 * np.mean(values):.1f} +- {100 * half:.1f} %\n"
        )


def some(told: Told | None) -> Told:
    """What was told, where something was."""
    assert told is not None
    return told


def level_of(finished: Finished) -> float:
    """The current density at a site."""
    return finished.factors["j"]


def law_of_potential(seeds: range) -> None:
    """The largest error of a nucleation potential over the range, with 15 of 64 sites."""
    learnt = Learnt(result="E_nuc")
    errors: dict[str, list[float]] = {"planner": [], "random": [], "grid": []}
    for seed in seeds:
        table = {
            "kind": "gaussian process", "vary": [{"factor": "j", **RANGE}], "seed": seed,
            "learn": [{"result": "E_nuc"}], "stop": {"sites": SITES},
        }  # fmt: skip
        plan, law = screen(table), nucleation(limit=1e9)
        space = Space(plan, {"j": Range.model_validate(RANGE)}, chosen=False)
        _, end = carried_on(planner_of(plan), law, np.random.default_rng(seed))
        assert end is not None
        belief = end.beliefs[0]
        truth = np.array([potential_at(j) for j in belief.points[:, 0].tolist()])
        errors["planner"].append(float(np.abs(belief.mean - truth).max()))
        net = np.linspace(0.0, 1.0, len(truth))[:, None]
        for who, choices in (
            ("random", at_random(space, SITES, seed)),
            ("grid", evenly(space, SITES)),
        ):
            mean, _ = after(plan, space, choices, law, learnt, seed).at(net)
            errors[who].append(float(np.abs(mean - truth).max()))
    said(f"largest error of E_nuc, {SITES} sites", errors, "mV", 1e3)


def map_of_patch(seeds: range) -> None:
    """The share of a map on the wrong side of a border, with 40 % of the sites; of the places too.

    A grid of every place has each of the places right; between them, where the border runs, it has
    only its model, as everybody has.
    """
    count, learnt = 26, Learnt(result="E_nuc")
    who = ("planner", "random", "grid", "all 64 sites")
    wrong: dict[str, list[float]] = {one: [] for one in who}
    between: dict[str, list[float]] = {one: [] for one in who}
    axis = np.linspace(0.0, 1.0, 57)
    fine = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    for seed in seeds:
        table = {
            "kind": "gaussian process", "places": "any", "learn": [{"result": "E_nuc"}],
            "goal": {"kind": "reach", "value": "0.5 V"}, "first": 10, "stop": {"sites": count},
            "seed": seed,
        }  # fmt: skip
        plan = screen(table)
        space = Space(plan, {}, chosen=True)
        sites, _ = carried_on(planner_of(plan), patch, np.random.default_rng(seed))
        told = told_of(sites, [space.point(one.site) for one in sites], learnt)
        every = space.candidates(set(), seed)
        spread = [every[k] for k in np.linspace(0, len(every) - 1, count).astype(int)]
        models = (
            fitted(some(told), seed),
            after(plan, space, at_random(space, count, seed), patch, learnt, seed),
            after(plan, space, spread, patch, learnt, seed),
            after(plan, space, every, patch, learnt, seed),
        )
        for net, found in ((space.net(seed), wrong), (fine, between)):
            truth = on_patch(*space.inside(net).T)
            for one, model in zip(who, models, strict=True):
                found[one].append(float(np.mean((model.at(net)[0] > 0.5) != truth)))
    said(f"places on the wrong side, {count} of 64 sites", wrong, "%", 100.0)
    said(f"area on the wrong side, {count} of 64 sites", between, "%", 100.0)


def main() -> None:
    """Run the three screens."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--parts", nargs="*", help="bisection twelve stated law censored map")
    given = options.parse_args()
    parts: dict[str, Callable[[range], None]] = {
        "bisection": bisection, "twelve": twelve, "stated": stated, "law": law_of_potential,
        "censored": censored, "map": map_of_patch,
    }  # fmt: skip
    for part in given.parts or parts:
        parts[part](range(given.first, given.first + given.seeds))


if __name__ == "__main__":
    main()
