"""Currents with impacts that are known: spikes, steps, noise and hum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Planted:
    """A current and what was put into it."""

    current: np.ndarray
    row: float
    starts: np.ndarray
    charges: np.ndarray


def train(rng, seconds, rate=1.0, charge=1e-12, spread=0.5):
    """A Poisson train with charges of a log-normal distribution: starts and charges."""
    count = rng.poisson(rate * seconds)
    starts = np.sort(rng.uniform(0.0, seconds, count))
    return starts, charge * np.exp(spread * rng.standard_normal(count))


def spikes(t, row, starts, charges, tau):
    """The mean current of rows that end at t: exponential decays from each start on."""
    current = np.zeros(t.size)
    for start, charge in zip(starts, charges, strict=True):
        first = int(start / row)
        rows = slice(first, first + int(20 * tau / row) + 2)
        ends = np.concatenate([[t[first] - row], t[rows]])
        passed = -charge * np.expm1(-np.maximum(ends - start, 0.0) / tau)
        current[rows] += np.diff(passed) / row
    return current


def planted(seed, seconds=200.0, row=1e-4, tau=5e-3, over=20.0, spread=0.5, hum=0.0, rate=1.0):
    """A train with spikes of 1 pC, so much higher than the noise of a row at the median."""
    rng = np.random.default_rng(seed)
    t = row * np.arange(1, round(seconds / row) + 1)
    starts, charges = train(rng, seconds, rate, spread=spread)
    sigma = 1e-12 / tau / over
    current = spikes(t, row, starts, charges, tau) + sigma * rng.standard_normal(t.size)
    current += hum * np.sin(2 * np.pi * 50.02 * t + 1.0) + 30e-12
    return Planted(current, row, starts, charges)


def matched(found, truth, within):
    """Pair found with true starts, the nearest first, each once: indices of both."""
    if not len(found) or not len(truth):
        return np.empty(0, int), np.empty(0, int)
    apart = np.abs(np.subtract.outer(np.asarray(found), truth))
    pairs = np.argwhere(apart <= within)
    order = np.argsort(apart[tuple(pairs.T)])
    here, there = {}, set()
    for f, k in pairs[order].tolist():
        if f not in here and k not in there:
            here[f] = k
            there.add(k)
    keys = np.array(sorted(here), int)
    return keys, np.array([here[k] for k in keys.tolist()], int)
