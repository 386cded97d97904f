"""Sizes as one normal distribution, or two where the Bayesian information criterion wants them.

G. Schwarz, Ann. Stat. 6 (1978) 461. Two must lower it by more than 10, which is strong evidence
(R. E. Kass and A. E. Raftery, J. Am. Stat. Assoc. 90 (1995) 773). Fitted by
expectation-maximization.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

FEWEST = 30
"""Particles below which two distributions are not asked for."""
_STRONG = 10.0
"""By how much two distributions must lower the criterion."""
_ROUNDS = 500
_STILL = 1e-9


@dataclass(frozen=True, slots=True)
class Normal:
    """Part of a distribution of sizes."""

    share: float
    """Of all particles."""
    mean: float
    """Metres."""
    sd: float
    """Metres."""


def distribution(sizes: FloatArray) -> tuple[Normal, ...]:
    """Return one or two normal distributions, the smaller mean first; none of no particles.

    Args:
        sizes: metres, shape (particles,).
    """
    if sizes.size == 0:
        return ()
    sd = float(sizes.std(ddof=1)) if sizes.size > 1 else math.nan
    one = (Normal(1.0, float(sizes.mean()), sd),)
    if sizes.size < FEWEST or not sd > 0:
        return one
    two = _two(sizes)
    return two if _criterion(sizes, two) < _criterion(sizes, one) - _STRONG else one


def _two(sizes: FloatArray) -> tuple[Normal, ...]:
    middle = float(np.median(sizes))
    # No narrower than a tenth of all: a distribution of one particle explains nothing.
    narrowest = float(sizes.std()) / 10
    parts: list[Normal] = []
    for half in (sizes[sizes <= middle], sizes[sizes > middle]):
        if not half.size:
            return (Normal(1.0, float(sizes.mean()), float(sizes.std())),)
        parts.append(Normal(0.5, float(half.mean()), max(float(half.std()), narrowest)))
    last = -math.inf
    for _ in range(_ROUNDS):
        densities = np.array([part.share * _density(sizes, part) for part in parts])
        total = densities.sum(axis=0)
        weights = densities / total
        for k in (0, 1):
            amount = float(weights[k].sum())
            mean = float((weights[k] * sizes).sum()) / amount
            spread = math.sqrt(float((weights[k] * (sizes - mean) ** 2).sum()) / amount)
            parts[k] = Normal(amount / sizes.size, mean, max(spread, narrowest))
        now = float(np.log(total).sum())
        if now - last < _STILL * abs(now):
            break
        last = now
    return tuple(sorted(parts, key=lambda part: part.mean))


def _density(sizes: FloatArray, part: Normal) -> FloatArray:
    away = (sizes - part.mean) / part.sd
    return np.asarray(np.exp(-(away**2) / 2) / (part.sd * math.sqrt(2 * math.pi)) + 1e-300)


def _criterion(sizes: FloatArray, parts: tuple[Normal, ...]) -> float:
    total = sum(part.share * _density(sizes, part) for part in parts)
    return (3 * len(parts) - 1) * math.log(sizes.size) - 2 * float(np.log(total).sum())
