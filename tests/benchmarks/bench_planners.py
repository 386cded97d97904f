"""What planners that decide save: against sites at random, and against a fixed grid.

All three have the same sites, scatter and model; only who chooses differs. Three screens with
planted answers: the current density at which nucleation takes 2 s, at 10 % scatter of the sites;
the nucleation potential over a range of current densities; the border of a patch on a map. Figures
are means over seeds, with the 95 % interval of a mean, and ratios to the grid. Option: `--seeds N`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

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

from seccm.events import Outcome
from seccm.plan.plan import Plan
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.planners.fitting import Fitted, fitted
from seccm.planners.learning import told_of
from seccm.planners.space import Choice, Space
from seccm.planners.specs import Learnt, Range
from seccm.results import Value

Array = npt.NDArray[np.float64]
SITES = 15
TARGET = 2.0
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
        site = space.site(choice, used)
        assert site is not None
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


def bisection(seeds: int) -> None:
    """How certain the answer is after 15 sites, and how often its interval holds the truth."""
    learnt = Learnt(result="t_nuc", scale="logarithmic")
    halves: dict[str, list[float]] = {"planner": [], "random": [], "grid": []}
    needed, held = [], 0
    for seed in range(seeds):
        table = {
            "kind": "bisection", "factor": "j", **RANGE, "result": "t_nuc", "seed": seed,
            "result_scale": "logarithmic", "target": "2 s",
        }  # fmt: skip
        plan = screen({**table, "stop": {"uncertainty": "0.1 s", "sites": 40}})
        space = Space(plan, {"j": Range.model_validate(RANGE)}, chosen=False)
        sites, end = carried_on(planner_of(plan), nucleation(), np.random.default_rng(seed))
        assert end is not None
        needed.append(len(sites))
        belief = end.beliefs[0]
        off = np.log(2.0 * (belief.points[:, 0] / -10.5) ** -1.3 / belief.mean)
        there = int(np.abs(belief.mean - TARGET).argmin())
        held += bool(abs(off[there]) < 1.96 * belief.deviation[there] / belief.mean[there])
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
        f"({min(needed)} to {max(needed)}); the interval held the truth in {held} of {seeds}\n"
    )
    said(f"half of the interval after at most {SITES} sites", halves, "s")


def twelve(seeds: int) -> None:
    """How certain a bisection is after 12 sites, and how often its interval holds the truth."""
    halves, off = [], []
    for seed in range(seeds):
        table = {
            "kind": "bisection", "factor": "j", **RANGE, "result": "t_nuc", "seed": seed,
            "result_scale": "logarithmic", "target": "2 s", "stop": {"sites": 12},
        }  # fmt: skip
        _, end = carried_on(planner_of(screen(table)), nucleation(), np.random.default_rng(seed))
        assert end is not None
        belief = end.beliefs[0]
        there = int(np.abs(belief.mean - TARGET).argmin())
        halves.append(1.96 * belief.deviation[there] * TARGET / belief.mean[there])
        truth = time_at(float(belief.points[there, 0]))
        off.append(TARGET * math.log(truth / belief.mean[there]))
    held = int((np.abs(off) < halves).sum())
    sys.stdout.write(
        f"bisection after 12 sites: +-{np.mean(halves):.3f} s; it is off by "
        f"{np.sqrt(np.mean(np.square(off))):.3f} s (rms); the interval held the truth in {held} of "
        f"{seeds}\n"
    )


def level_of(finished: Finished) -> float:
    """The current density at a site."""
    return finished.factors["j"]


def law_of_potential(seeds: int) -> None:
    """The largest error of a nucleation potential over the range, with 15 of 64 sites."""
    learnt = Learnt(result="E_nuc")
    errors: dict[str, list[float]] = {"planner": [], "random": [], "grid": []}
    for seed in range(seeds):
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


def map_of_patch(seeds: int) -> None:
    """The share of the places on the wrong side of a border, with 40 % of the sites."""
    count, learnt = 26, Learnt(result="E_nuc")
    wrong: dict[str, list[float]] = {"planner": [], "random": [], "grid": [], "all 64 sites": []}
    for seed in range(seeds):
        table = {
            "kind": "gaussian process", "places": "any", "learn": [{"result": "E_nuc"}],
            "goal": {"kind": "reach", "value": "0.5 V"}, "first": 10, "stop": {"sites": count},
            "seed": seed,
        }  # fmt: skip
        plan = screen(table)
        space = Space(plan, {}, chosen=True)
        net = space.net(seed)
        x, y = space.inside(net).T
        truth = on_patch(x, y)
        _, end = carried_on(planner_of(plan), patch, np.random.default_rng(seed))
        assert end is not None
        wrong["planner"].append(float(np.mean((end.beliefs[0].mean > 0.5) != truth)))
        every = space.candidates(set(), seed)
        spread = [every[k] for k in np.linspace(0, len(every) - 1, count).astype(int)]
        for who, choices in (
            ("random", at_random(space, count, seed)),
            ("grid", spread),
            ("all 64 sites", every),
        ):
            mean, _ = after(plan, space, choices, patch, learnt, seed).at(net)
            wrong[who].append(float(np.mean((mean > 0.5) != truth)))
    said(f"places on the wrong side, {count} of 64 sites", wrong, "%", 100.0)


def main() -> None:
    """Run the three screens."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    seeds = options.parse_args().seeds
    parts: tuple[Callable[[int], None], ...] = (bisection, twelve, law_of_potential, map_of_patch)
    for part in parts:
        part(seeds)


if __name__ == "__main__":
    main()
