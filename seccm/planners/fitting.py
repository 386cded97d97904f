"""How large, how smooth and how scattered a result is: found from the sites so far.

A dozen of sites says little of that. So it is not fixed at its best guess: several guesses are
kept, each with its probability, and the uncertainty of what is expected contains that of the
guess. Else the intervals of a small screen would be too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.planners.gaussian_process import Mixture, Process, Told
from seccm.planners.kernel import Kernel

GUESSES = 32
"""How many guesses are kept."""
FREEDOM = 6.0
"""Degrees of freedom of the distribution from which they are drawn: its tails are wide."""
SIZE = (0.0, 1.0)
"""Mean and standard deviation of the logarithm of the smooth part's size, before any site; in
standard deviations of the results."""
LENGTH = (math.log(0.5), 0.8)
"""The same of its length, as a share of the range."""
SCATTER = (math.log(0.15), 1.2)
"""The same of the scatter of sites."""
_EDGE = 3.5
"""Standard deviations of those within which is searched."""
_STEP = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """Results are counted from their middle, in units of their spread."""

    middle: float
    spread: float

    @classmethod
    def of(cls, told: Told) -> Scale:
        """Choose the scale of some results.

        Bounds count where there are too few numbers.
        """
        numbers = told.values[~told.bounds]
        used = numbers if len(numbers) > 1 else told.values
        spread = float(used.std()) if len(used) > 1 else 0.0
        error = float(np.median(told.errors))
        return cls(float(np.median(used)), max(spread, error, 1e-9 * abs(float(used[0])), 1e-300))

    def inside(self, told: Told) -> Told:
        """Return the same in these units."""
        values = (told.values - self.middle) / self.spread
        return Told(told.points, values, told.errors / self.spread, told.sides)


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """What is believed of a result after some sites."""

    mixture: Mixture
    scale: Scale
    scatter: float
    """Of sites that should be alike, in the unit of the result; the best guess."""
    lengths: tuple[float, ...]
    """Over which the result changes, as shares of the range; the best guess."""

    def at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and standard deviation of the expected result at points, without scatter.

        Args:
            points: shape (m, d), each coordinate between 0 and 1.

        Returns:
            Shape (m,) each, in the unit of the result.
        """
        mean, deviation = self.mixture.at(points)
        return self.scale.middle + self.scale.spread * mean, self.scale.spread * deviation

    def of_design(self, sites: FloatArray, points: FloatArray) -> FloatArray:
        """Return the standard deviation that sites with numbers would leave at points, shape (m,).

        It is that of each guess; by how much the guesses differ follows from results, which a
        design has none of. So compare it with the same of other sites, not with `at`.

        Args:
            sites: of a design, shape (n, d).
            points: shape (m, d).
        """
        _, deviation = self.mixture.told_at(sites).at(points)
        return self.scale.spread * deviation

    def covariance(self, points: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance of the expected results at points with those at others.

        Args:
            points: shape (m, d), each coordinate between 0 and 1.
            others: shape (k, d).

        Returns:
            Shape (m, k), in the squared unit of the result.
        """
        return self.scale.spread**2 * self.mixture.covariance(points, others)

    def draws(self, points: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Return results as they may be at points, shape (count, m)."""
        drawn = self.mixture.draws(points, count, rng)
        return self.scale.middle + self.scale.spread * drawn


def fitted(told: Told, seed: int) -> Fitted:
    """Find what some sites say.

    Args:
        told: one site or more.
        seed: of the guesses.
    """
    scale = Scale.of(told)
    inside, dimensions = scale.inside(told), told.points.shape[1]
    means, deviations = np.array([SIZE, *[LENGTH] * dimensions, SCATTER]).T

    last: Process | None = None

    def process(guess: FloatArray) -> Process:
        nonlocal last
        size, *lengths, scatter = np.exp(means + deviations * guess).tolist()
        last = Process(Kernel(size, tuple(lengths)), scatter, inside, last)
        return last

    def unlikely(guess: FloatArray) -> float:
        return 0.5 * float(guess @ guess) - process(guess).evidence

    starts = (np.zeros(len(means)), np.append(np.full(dimensions + 1, -1.0), 1.0))
    every = [
        scipy.optimize.minimize(
            unlikely, start, method="L-BFGS-B", bounds=[(-_EDGE, _EDGE)] * len(means)
        )
        for start in starts
    ]
    best = min(every, key=lambda found: float(found.fun))
    guesses, weights = _guesses(unlikely, np.asarray(best.x, float), seed)
    _, *lengths, scatter = np.exp(means + deviations * best.x).tolist()
    mixture = Mixture([process(guess) for guess in guesses], weights)
    return Fitted(mixture, scale, scatter * scale.spread, tuple(lengths))


def _guesses(
    unlikely: Callable[[FloatArray], float], best: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return guesses around the best one, shape (guesses, parameters), and their weights.

    They are drawn from a distribution as wide as the curvature at the best one says, and weighed
    by how likely each is (importance sampling).
    """
    count = len(best)
    lowest, steps = unlikely(best), np.eye(count) * _STEP
    curvature = np.array(
        [(unlikely(best + s) + unlikely(best - s) - 2.0 * lowest) / _STEP**2 for s in steps]
    )
    # The prior is as wide as 1; where the best lies at an edge, the curvature may be anything.
    width = 1.0 / np.sqrt(np.clip(curvature, 0.5, 1e4))
    uniform = scipy.stats.qmc.Sobol(count, rng=np.random.default_rng(seed)).random(GUESSES)
    drawn = scipy.stats.t.ppf(np.clip(uniform, 1e-6, 1.0 - 1e-6), FREEDOM)
    guesses = best + width * drawn
    inside = (np.abs(guesses) <= 1.5 * _EDGE).all(axis=1)
    guesses, drawn = guesses[inside], drawn[inside]
    log_weights = np.array([-unlikely(guess) for guess in guesses])
    log_weights -= scipy.stats.t.logpdf(drawn, FREEDOM).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    return guesses, weights / weights.sum()
