"""A Gaussian process: what measured sites say of those that were not measured.

Every site has its own uncertainty, and sites scatter on top of it. Of a site at which an event was
awaited in vain only a bound is known, and it counts as that: left out, or taken for the bound
itself, it would pull the mean towards what was seen in time. The likelihood of a bound is the
integral of a normal distribution; it is brought in by expectation propagation (C. E. Rasmussen and
C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, section 3.6; sites with a number
are exact, as in section 2.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import BoolArray, FloatArray
from seccm.planners.kernel import Kernel

_ROUNDS = 60
"""Of expectation propagation at the most; some ten are enough."""
_SETTLED = 1e-6
_LEAST = 1e-8
"""Precision of a bound that says nothing, over that of a number with the same scatter."""


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """What is known of one result at the sites so far."""

    points: FloatArray
    """Shape (n, d), each coordinate between 0 and 1."""
    values: FloatArray
    """Numbers, or bounds, shape (n,)."""
    errors: FloatArray
    """Standard uncertainties of their own, shape (n,)."""
    sides: FloatArray
    """0 for a number; +1 where the result is above the value, -1 where it is below; shape (n,)."""

    @property
    def bounds(self) -> BoolArray:
        """Which of them are bounds."""
        return np.asarray(self.sides != 0.0)

    def __len__(self) -> int:
        return len(self.values)

    def first(self, count: int) -> Told:
        """Return the first of them."""
        kept = slice(count)
        return Told(self.points[kept], self.values[kept], self.errors[kept], self.sides[kept])


class Process:
    """A Gaussian process that was told of some sites.

    Args:
        kernel: what it supposes.
        scatter: standard deviation of sites that should be alike.
        told: the sites.
        like: a process of the same sites that supposes something similar: it is a good start.
    """

    def __init__(
        self, kernel: Kernel, scatter: float, told: Told, like: Process | None = None
    ) -> None:
        self._kernel, self._points, self._scatter = kernel, told.points, scatter
        variance = told.errors**2 + scatter**2
        prior = kernel.between(told.points, told.points)
        if told.bounds.any():
            start = None if like is None else like.stands_for
            precision, shift, missing = _propagated(prior, variance, told, start)
        else:
            precision, shift, missing = 1.0 / variance, told.values / variance, 0.0
        self.stands_for: tuple[FloatArray, FloatArray] = (precision, shift)
        """What stands for each site: precision, and precision times mean; shape (n,) each."""
        root = np.sqrt(precision)
        self._root = root
        self._factor = np.linalg.cholesky(np.eye(len(root)) + root[:, None] * prior * root)
        centre = shift / precision
        whitened = scipy.linalg.solve_triangular(self._factor, root * centre, lower=True)
        self._weights = root * scipy.linalg.solve_triangular(
            self._factor, whitened, lower=True, trans=1
        )
        self.evidence = float(
            -0.5 * whitened @ whitened
            - np.log(np.diag(self._factor)).sum()
            + np.log(root).sum()
            - 0.5 * len(root) * math.log(2.0 * math.pi)
            + missing
        )
        """The logarithm of the probability of what was told."""

    def told_at(self, points: FloatArray) -> Process:
        """Return the same as if sites at other points had been measured; only its variance counts.

        Args:
            points: shape (n, d).
        """
        none = np.zeros(len(points))
        return Process(self._kernel, self._scatter, Told(points, none, none, none))

    def mean(self, points: FloatArray) -> FloatArray:
        """Return the expected result, without scatter, at points of shape (m, d): shape (m,)."""
        mean: FloatArray = self._kernel.between(points, self._points) @ self._weights
        return mean

    def covariance(self, points: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance of the expected results, without scatter.

        Args:
            points: shape (m, d).
            others: shape (k, d).

        Returns:
            Of each point with each of the others, shape (m, k).
        """
        known = self._left(points).T @ self._left(others)
        return np.asarray(self._kernel.between(points, others) - known, np.float64)

    def variance(self, points: FloatArray) -> FloatArray:
        """Return the variance of the expected result at each point, shape (m,)."""
        left = self._left(points)
        return np.asarray(np.maximum(self._kernel.variance(points) - (left**2).sum(axis=0), 0.0))

    def _left(self, points: FloatArray) -> FloatArray:
        cross = self._kernel.between(self._points, points)
        left = scipy.linalg.solve_triangular(self._factor, self._root[:, None] * cross, lower=True)
        return np.asarray(left, np.float64)


def _propagated(
    prior: FloatArray,
    variance: FloatArray,
    told: Told,
    start: tuple[FloatArray, FloatArray] | None,
) -> tuple[FloatArray, FloatArray, float]:
    """Return the normal distributions that stand for what was told of each site.

    Args:
        prior: covariance of the sites, shape (n, n).
        variance: of each site, with its scatter, shape (n,).
        told: what is known of them.
        start: what is returned for something similar, if that is known.

    Returns:
        Precisions and precisions times means, shape (n,) each; and what the logarithm of the
        evidence has beyond that of these normal distributions.
    """
    bounds = np.flatnonzero(told.bounds)
    least = _LEAST / variance
    precision = np.where(told.bounds, least, 1.0 / variance)
    shift = precision * told.values
    if start is not None:
        precision[bounds], shift[bounds] = (part[bounds] for part in start)
    signs, limits, noise = told.sides[bounds], told.values[bounds], variance[bounds]
    for _ in range(_ROUNDS):
        mean, spread = _posterior(prior, precision, shift)
        cavity = 1.0 / (1.0 / spread[bounds] - precision[bounds])
        middle = cavity * (mean[bounds] / spread[bounds] - shift[bounds])
        width = np.sqrt(noise + cavity)
        z = signs * (middle - limits) / width
        ratio = np.exp(-0.5 * z**2 - 0.5 * math.log(2.0 * math.pi) - scipy.special.log_ndtr(z))
        matched = middle + signs * cavity * ratio / width
        narrow = cavity - cavity**2 * ratio * (z + ratio) / width**2
        wanted = np.maximum(1.0 / narrow - 1.0 / cavity, least[bounds])
        moved = matched / narrow - middle / cavity
        change = np.abs(wanted - precision[bounds]) * cavity
        precision[bounds], shift[bounds] = wanted, moved
        if (change < _SETTLED).all():
            break
    mean, spread = _posterior(prior, precision, shift)
    cavity = 1.0 / (1.0 / spread[bounds] - precision[bounds])
    middle = cavity * (mean[bounds] / spread[bounds] - shift[bounds])
    z = signs * (middle - limits) / np.sqrt(noise + cavity)
    both, apart = cavity + 1.0 / precision[bounds], middle - shift[bounds] / precision[bounds]
    missing = scipy.special.log_ndtr(z) + 0.5 * np.log(2.0 * math.pi * both) + 0.5 * apart**2 / both
    return precision, shift, float(missing.sum())


def _posterior(
    prior: FloatArray, precision: FloatArray, shift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance at the sites, given normal distributions of each."""
    root = np.sqrt(precision)
    factor = np.linalg.cholesky(np.eye(len(root)) + root[:, None] * prior * root)
    left = scipy.linalg.solve_triangular(factor, root[:, None] * prior, lower=True)
    spread = np.diag(prior) - (left**2).sum(axis=0)
    drawn = prior @ shift
    mean = drawn - prior @ (root * scipy.linalg.cho_solve((factor, True), root * drawn))
    return np.asarray(mean), np.asarray(spread)


class Mixture:
    """Several processes, each as likely as its weight: what is supposed is not known, either.

    Args:
        parts: the processes.
        weights: of them; shape (parts,), their sum is 1.
    """

    def __init__(self, parts: Sequence[Process], weights: FloatArray) -> None:
        self._parts, self._weights = tuple(parts), weights

    def at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and standard deviation of the expected result at points, shape (m,) each."""
        means = np.array([part.mean(points) for part in self._parts])
        variances = np.array([part.variance(points) for part in self._parts])
        mean = self._weights @ means
        return mean, np.sqrt(self._weights @ (variances + (means - mean) ** 2))

    def told_at(self, points: FloatArray) -> Mixture:
        """Return the same as if sites at other points had been measured; see `Process.told_at`.

        All its means are zero: only what each part is unsure of counts.
        """
        return Mixture([part.told_at(points) for part in self._parts], self._weights)

    def covariance(self, points: FloatArray, others: FloatArray) -> FloatArray:
        """Return the covariance of the expected results; see `Process.covariance`."""
        off, off_others = (
            means - self._weights @ means
            for means in (
                np.array([part.mean(where) for part in self._parts]) for where in (points, others)
            )
        )
        inside = sum(
            weight * part.covariance(points, others)
            for weight, part in zip(self._weights, self._parts, strict=True)
        )
        return np.asarray(inside + (self._weights[:, None] * off).T @ off_others)

    def draws(self, points: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Return functions as they may be, at points of shape (m, d): shape (count, m)."""
        chosen = rng.choice(len(self._parts), size=count, p=self._weights)
        found = np.empty((count, len(points)))
        for k in np.unique(chosen):
            part, here = self._parts[k], chosen == k
            values, vectors = np.linalg.eigh(part.covariance(points, points))
            normal = rng.standard_normal((int(here.sum()), len(points)))
            found[here] = part.mean(points) + normal @ (vectors * np.sqrt(values.clip(0.0))).T
        return found
