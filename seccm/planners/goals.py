"""What a planner wants to know, and which site tells it most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import BoolArray, FloatArray
from seccm.plan.decision import SURE
from seccm.planners.fitting import Fitted
from seccm.planners.learning import ABOVE, BELOW, NUMBER, Lesson
from seccm.planners.specs import Explore, Goal, Maximum, Minimum, Reach, Scale

NEARBY = 0.1
"""Share of the range over which one site says whether another will yield a number."""
EVEN = 0.5
"""Chance below which no site is spent while there is anything else to learn."""
HARDLY = 1e-6
STEEP = 8
"""Power of that chance: what is not known at all where nothing comes is worth no third visit."""
NET = 400
"""Points at which it counts how much a site tells of a result; of more, some are drawn."""


def on_scale(value: float, scale: Scale) -> float:
    """Return a value on the scale on which a result is learnt."""
    return float(np.log(value)) if scale == "logarithmic" else value


@dataclass(frozen=True, eq=False, slots=True)
class Chance:
    """How likely a site yields a number: where several gave none, another will hardly give one.

    The share of the sites nearby that gave one, each counted by its distance, and half of one more
    that did.
    """

    points: FloatArray
    """Of the sites so far, shape (n, d)."""
    yielded: BoolArray
    """Which gave one, shape (n,)."""

    def at(self, points: FloatArray) -> FloatArray:
        """Return how likely it is at points of shape (m, d): shape (m,)."""
        apart = ((points[:, None] - self.points[None]) ** 2).sum(axis=2)
        near = np.exp(-0.5 * apart / NEARBY**2)
        return np.asarray((near @ self.yielded + 0.5) / (near.sum(axis=1) + 0.5))


def tells(goal: Goal, target: float, one: Lesson, numbers: Sequence[float]) -> bool:
    """Tell whether a site has said something of what is wanted: a number, or a bound that does.

    A time longer than 5 s is not 2 s. But a potential that is below 0 V may be -0.1 V: a planner
    that looks for -0.1 V would come back to such a place for ever.

    Args:
        goal: of the planner.
        target: the value that is to be reached, on the scale of the result.
        one: what the site says.
        numbers: of all sites so far, on that scale.
    """
    if one.side == NUMBER:
        return True
    match goal:
        case Explore():
            return False
        case Reach():
            return one.side * (one.value - target) >= 0.0
        case Maximum():
            return one.side == ABOVE or one.value <= max(numbers, default=-np.inf)
        case Minimum():
            return one.side == BELOW or one.value >= min(numbers, default=np.inf)
        case _:
            assert_never(goal)


def worth(
    goal: Goal,
    target: float,
    models: Sequence[Fitted],
    chance: Chance,
    points: FloatArray,
    net: FloatArray,
    aim: float | None = None,
) -> FloatArray:
    """Return how much a site at each point is worth, shape (n,), zero or more.

    Args:
        goal: of the planner.
        target: the value that is to be reached, on the scale of the result.
        models: of the results; the goal is about the first.
        chance: how likely a site tells anything.
        points: that may be visited, shape (n, d).
        net: where the results are to be known, shape (m, d).
        aim: half the width of the interval that is enough, as for `open_points`.
    """
    likely = chance.at(points)
    likely = np.where(likely > EVEN, likely, HARDLY * likely**STEEP)
    match goal:
        case Explore():
            counts = chance.at(net)
            # The end of the run asks for the first result alone.
            asked = counts * open_points(models[0], chance, net, aim)
            told = _told(models[0], points, net, asked)
            for model in models[1:]:
                told = told + _told(model, points, net, counts)
            return told * likely
        case Reach():
            # V. Picheny et al., J. Mech. Des. 132 (2010) 071008: the variance, counted by how
            # likely the value is met.
            mean, deviation = models[0].at(points)
            width = np.hypot(deviation, models[0].scatter)
            return np.asarray(deviation**2 * scipy.stats.norm.pdf(target, mean, width) * likely)
        case Maximum() | Minimum():
            # The expected improvement of D. R. Jones et al., J. Global Optim. 13 (1998) 455, eq.
            # 15, over the best that is expected of a site, not over the best that was measured:
            # a single site may have been high by chance.
            mean, deviation = models[0].at(points)
            sign = 1.0 if isinstance(goal, Maximum) else -1.0
            above = sign * mean - np.max(sign * mean)
            z = above / np.maximum(deviation, 1e-300)
            gain = above * scipy.stats.norm.cdf(z) + deviation * scipy.stats.norm.pdf(z)
            return np.asarray(np.maximum(gain, 0.0) * likely)
        case _:
            assert_never(goal)


def _told(model: Fitted, points: FloatArray, net: FloatArray, counts: FloatArray) -> FloatArray:
    """Return by how much a site at each point lowers the variance at all points of a net.

    As a share of that variance now; D. A. Cohn et al., J. Artif. Intell. Res. 4 (1996) 129.

    Args:
        model: of the result.
        points: shape (n, d).
        net: shape (m, d).
        counts: how much each point of the net counts, shape (m,).
    """
    own, now = (model.at(where)[1] ** 2 for where in (points, net))
    lowered = model.covariance(points, net) ** 2 @ counts
    share = lowered / (own + model.scatter**2 + 1e-12 * own.max())
    return np.asarray(share / max(float(now @ counts), 1e-300))


def open_points(model: Fitted, chance: Chance, net: FloatArray, aim: float | None) -> BoolArray:
    """Tell at which points a result is not known well enough yet, shape (m,).

    A design for the mean of the variance leaves corners to the end, or for ever: few points are
    near them. Where the run ends when the largest variance is small enough, what counts is where
    it is not. All points count where nothing is asked, or where it is reached everywhere.

    Args:
        model: of the result.
        chance: how likely a site tells anything.
        net: where it is to be known, shape (m, d).
        aim: half the width of the interval that is enough; None where none is.
    """
    every = np.ones(len(net), bool)
    if aim is None:
        return every
    open_ = (SURE * model.at(net)[1] > aim) & (chance.at(net) > EVEN)
    return open_ if open_.any() else every


def half_width(
    goal: Goal, target: float, model: Fitted, chance: Chance, points: FloatArray
) -> tuple[float, int]:
    """Return half the width of the 95 % interval that the goal is about, and at which point.

    To know a result everywhere is to know it wherever a site rather tells something than not; nor
    is the place that is sought where none does.

    Args:
        goal: of the planner.
        target: as for `worth`.
        model: of the first result.
        chance: how likely a site tells anything.
        points: where it may be visited, shape (n, d).
    """
    mean, deviation = model.at(points)
    likely = chance.at(points) > EVEN
    there = likely if likely.any() else np.ones(len(likely), bool)
    match goal:
        case Explore():
            wanted = deviation
        case Reach():
            wanted = -np.abs(mean - target)
        case Maximum():
            wanted = mean
        case Minimum():
            wanted = -mean
        case _:
            assert_never(goal)
    place = int(np.where(there, wanted, -np.inf).argmax())
    return SURE * float(deviation[place]), place


def crossing(draws: FloatArray, shares: FloatArray, target: float) -> FloatArray:
    """Return where each of some functions comes to a value first; NaN where it does not.

    Args:
        draws: functions as they may be, shape (k, n).
        shares: where they are known, rising, shape (n,).
        target: the value.

    Returns:
        Shape (k,).
    """
    off = draws - target
    turns = np.signbit(off[:, 1:]) != np.signbit(off[:, :-1])
    first = turns.argmax(axis=1)
    rows = np.arange(len(off))
    low, high = off[rows, first], off[rows, first + 1]
    there = turns.any(axis=1)
    apart = np.where(there, low - high, np.nan)
    return np.asarray(shares[first] + (shares[first + 1] - shares[first]) * low / apart)
