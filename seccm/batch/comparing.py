"""How many sites a planner saves, against a fixed grid and sites at random, on virtual samples.

Each sample is screened twice: by the planner of the plan, and by a fixed design that uses every
place. The same model then learns from the planner's sites, from those of the design spread evenly,
and from some of them at random; only who chose differs. The truth is what the model makes of the
fixed designs of all samples together: a virtual sample has no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.batch.alone import carried_out
from seccm.batch.fixed import Fixed
from seccm.batch.workers import Failed, each
from seccm.errors import DataFileError, PlanError, Problem
from seccm.plan import Plan, load_plan
from seccm.plan.decision import Belief, Decision
from seccm.plan.planner import KINDS, Finished, planner_of

WHO = ("planner", "grid", "random")
POINTS = 7
"""Numbers of sites at which errors are compared."""
MOST = 200
"""Sites of all samples together from which the truth is learnt."""
DRAWS = 2000
"""Of a bootstrap."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How the error falls with the number of sites, on one sample."""

    seed: int
    who: str
    sites: tuple[int, ...]
    errors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """How many sites a planner saves against another way of choosing, at equal error."""

    against: str
    share: float
    """Mean over samples of 1 - planner's sites / other's sites."""
    low: float
    high: float
    """Ends of the 95 % interval of that mean, by bootstrap."""
    bounds: int
    """Samples on which the other never came to the planner's error: they count as if it had with
    all its sites, so that the share is rather more."""
    samples: int

    @property
    def words(self) -> str:
        """It as a sentence."""
        rather = f"; on {self.bounds} of them rather more" if self.bounds else ""
        return (
            f"At equal error it saves {100 * self.share:.0f} % of the sites against {self.against} "
            f"(95 %: {100 * self.low:.0f} to {100 * self.high:.0f} %; {self.samples} "
            f"samples{rather})."
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison."""

    what: str
    """What the error is, with its unit in brackets."""
    curves: tuple[Curve, ...]
    saved: tuple[Saved, ...]
    failed: Mapping[int, str]
    """Why samples are left out, by seed."""


def compare(
    plan: Plan | str,
    folder: Path,
    *,
    rig: str = "virtual",
    seeds: int = 20,
    workers: int = 1,
    cluster: str = "",
    done: Callable[[int, str], None] = lambda seed, said: None,
) -> Comparison:
    """Run a plan with its planner, and with a fixed design, on many virtual samples.

    Args:
        plan: with a table `planner`, its file, or the name of a shipped one.
        folder: where the data files go; finished ones are used again.
        rig: a virtual one.
        seeds: how many samples, with seeds from 0 on.
        workers: processes.
        cluster: address of a scheduler of Dask, or "local"; none unless given.
        done: is told of each sample as it is finished, and what failed, if anything did.

    Raises:
        PlanError: the plan has no planner, or one that says nothing of what it expects.
        DataFileError: the rig is a real one, or the folder cannot be made.
    """
    from seccm.rigs import load_rig

    if not load_rig(rig).simulated:
        raise DataFileError(f'"{rig}" is a real rig. A comparison runs by itself. Nothing moved.')
    plan = plan if isinstance(plan, Plan) else load_plan(plan)
    if not KINDS.of(plan.planner.kind).asks or plan.planner.kind == "script":
        what = "lists its sites: there is no planner to compare."
        raise PlanError(plan.title, [Problem("planner", what, "Add a table [planner].")])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFileError(f"{folder}: cannot be made: {error.strerror or error}.") from error
    given = [(plan.to_json(), rig, seed, str(folder)) for seed in range(seeds)]
    screened: dict[int, Screened] = {}
    failed: dict[int, str] = {}
    for one, made in each(_screened, given, workers=workers, cluster=cluster):
        if isinstance(made, Failed):
            failed[one[2]] = made.why
        else:
            screened[one[2]] = made
        done(one[2], failed.get(one[2], ""))
    if not screened:
        raise DataFileError(f"No sample could be screened: {next(iter(failed.values()), 'none')}")
    return _compared(plan, dict(sorted(screened.items())), failed)


@dataclass(frozen=True, slots=True)
class Screened:
    """The sites of one sample."""

    planner: tuple[Finished, ...]
    fixed: tuple[Finished, ...]


def _screened(task: tuple[str, str, int, str]) -> Screened:
    """Screen one sample twice, in whichever process this is."""
    from seccm import session
    from seccm.data import open_scan
    from seccm.session.past import finished

    text, rig, seed, folder = task
    plan = Plan.from_json(text)
    found = []
    for who in ("planner", "grid"):
        path = Path(folder) / f"{who}-{seed:04d}.h5"
        if path.exists():
            with open_scan(path) as scan:
                if scan.state != "complete":
                    raise DataFileError(f"{path}: is not complete. Remove it.")
        else:
            fixed = Fixed(plan, seed) if who == "grid" else None
            made = plan if fixed is None else plan.replace(planner={"kind": "listed"})
            with session.run(made, rig, path=path, seed=seed, planner=fixed) as run:
                carried_out(run)
        with open_scan(path) as scan:
            found.append(finished(scan))
    return Screened(*found)


def belief_after(plan: Plan, sites: Sequence[Finished]) -> Belief:
    """Return what the planner of a plan expects of its first result after some sites.

    Raises:
        PlanError: it does not say.
    """
    table = plan.planner.model_dump(mode="json")
    if "stop" in table:
        # It then says at once what it believes, and looks for no further site.
        plan = plan.replace(planner={**plan.to_dict()["planner"], "stop": {"sites": 1}})
    made = planner_of(plan)
    assert made is not None
    for site in sites:
        made.tell(replace(site, instructed=False))
    answer = made.ask()
    decision = answer if isinstance(answer, Decision) or answer is None else answer.decision
    if decision is None or not decision.beliefs:
        what = "does not say what it expects, so that there is no error to compare."
        raise PlanError(plan.title, [Problem("planner", what)])
    return decision.beliefs[0]


def _compared(plan: Plan, screened: Mapping[int, Screened], failed: dict[int, str]) -> Comparison:
    pooled = [site for one in screened.values() for site in one.fixed]
    rng = np.random.default_rng(0)
    few = rng.permutation(len(pooled))[:MOST]
    truth = belief_after(plan, [pooled[k] for k in few])
    error, what = _error_of(plan, truth)
    curves: list[Curve] = []
    for seed, one in screened.items():
        first = getattr(plan.planner, "first", 3) * getattr(plan.planner, "repeats", 1)
        for who in WHO:
            have = len(one.planner) if who == "planner" else len(one.fixed)
            counts = sorted(set(np.geomspace(min(first, have), have, POINTS).round().astype(int)))
            errors = [
                error(belief_after(plan, _chosen(who, one, int(n), seed, truth))) for n in counts
            ]
            curves.append(Curve(seed, who, tuple(map(int, counts)), tuple(errors)))
    saved = tuple(_saved(curves, other) for other in WHO[1:])
    return Comparison(what, tuple(curves), saved, failed)


def _chosen(who: str, one: Screened, count: int, seed: int, truth: Belief) -> Sequence[Finished]:
    """Return so many sites of a sample, as somebody would have chosen them."""
    if who == "planner":
        return one.planner[:count]
    if who == "random":
        return [one.fixed[k] for k in np.random.default_rng([seed, 1]).permutation(len(one.fixed))][
            :count
        ]
    directions = truth.directions
    if len(directions) > 1:
        return one.fixed[:count]  # the design fills space evenly with each first few
    name, logarithmic = directions[0].name, directions[0].logarithmic
    levels = np.array([site.factors[name] for site in one.fixed])
    shown = np.log(np.abs(levels)) if logarithmic else levels
    free, found = np.ones(len(levels), bool), []
    for wanted in np.linspace(shown.min(), shown.max(), count):
        found.append(int(np.where(free, np.abs(shown - wanted), np.inf).argmin()))
        free[found[-1]] = False
    return [one.fixed[k] for k in found]


def _error_of(plan: Plan, truth: Belief) -> tuple[Callable[[Belief], float], str]:
    """Return what is compared: what the planner is there for, as an error; and what it is called.

    A level at which a result has a value: off by which share of the range. A border on a map: share
    of the places on the wrong side. Else: root of the mean square of the error of the result.
    """
    spec = plan.planner
    goal = getattr(spec, "goal", None)
    target = getattr(spec, "target", None) or getattr(goal, "value", None)
    if target is None or getattr(goal, "kind", "reach") != "reach":
        unit = "" if truth.unit == "1" else f" ({truth.unit})"
        return (
            lambda belief: float(np.sqrt(np.mean((belief.mean - truth.mean) ** 2))),
            f"error of {truth.result}{unit}",
        )
    if len(truth.directions) > 1:
        above = truth.mean > target.value
        return (
            lambda belief: float(np.mean((belief.mean > target.value) != above)),
            "places on the wrong side of the border, share",
        )
    where = _place(truth, target.value)
    return (
        lambda belief: abs(_place(belief, target.value) - where),
        f"level at which {truth.result} has its value: off, share of the range",
    )


def _place(belief: Belief, value: float) -> float:
    """Return where a belief comes to a value, as a share of its range."""
    off = belief.mean - value
    turns = np.flatnonzero(np.signbit(off[1:]) != np.signbit(off[:-1]))
    count = len(off) - 1
    if not turns.size:
        return float(np.abs(off).argmin()) / count
    k = int(turns[0])
    return (k + float(off[k] / (off[k] - off[k + 1]))) / count


def _saved(curves: Sequence[Curve], against: str) -> Saved:
    """Compare at the error that the planner came to on each sample."""
    mine = {curve.seed: curve for curve in curves if curve.who == "planner"}
    shares, bounds = [], 0
    for curve in curves:
        if curve.who != against:
            continue
        own = mine[curve.seed]
        best = np.minimum.accumulate(curve.errors)
        reached = np.flatnonzero(best <= own.errors[-1])
        bounds += not reached.size
        shares.append(1.0 - own.sites[-1] / _sites_at(curve.sites, best, own.errors[-1]))
    drawn = np.random.default_rng(0).choice(shares, (DRAWS, len(shares))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return Saved(against, float(np.mean(shares)), low, high, bounds, len(shares))


def _sites_at(sites: Sequence[int], best: FloatArray, error: float) -> float:
    """Return after how many sites an error was reached: between two counts, by their ratio."""
    reached = np.flatnonzero(best <= error)
    if not reached.size:
        return float(sites[-1])
    k = int(reached[0])
    if k == 0 or best[k - 1] == best[k] or best[k] <= 0.0 or error <= 0.0:
        return float(sites[k])
    share = math.log(best[k - 1] / error) / math.log(best[k - 1] / best[k])
    return float(sites[k - 1] * (sites[k] / sites[k - 1]) ** share)
