"""Rates of electron transfer to a metal by Marcus, Hush and Chidsey.

With the reorganization energy lambda the rate of an oxidation at the overpotential eta is

    k(eta) ~ integral of exp(-(x - (lambda - eta))^2 / (4 lambda)) / (1 + exp(x)) dx,

all energies over kT (C. E. D. Chidsey, Science 251 (1991) 919). That of the reduction is k(-eta);
their ratio is exp(eta), as it has to be. A large lambda leaves Butler and Volmer with a transfer
coefficient of one half; a finite one bends the Tafel plot, and far beyond lambda the rate is level.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from seccm.arrays import FloatArray

_STEP, _TAIL = 0.5, 40.0
"""Spacing of the sum that is the integral: with it the error is below 1e-12. And where the tails of
its factors end."""
_REACH, _POINTS = 60.0, 481
"""Overpotentials that are tabulated, over kT, to either side; and how many: every 6.4 mV."""


def log_rate(eta: FloatArray, reorganization: float) -> FloatArray:
    """Return the logarithm of the rate of an oxidation over that at eta = 0.

    Args:
        eta: overpotential over kT/e, any shape.
        reorganization: lambda over kT; positive.
    """
    each: FloatArray = _integral(np.append(eta, 0.0), reorganization)
    found: FloatArray = (each[:-1] - each[-1]).reshape(np.shape(eta))
    return found


def tabulated(eta: FloatArray, reorganization: float) -> FloatArray:
    """Return `log_rate` from a table, good to 1e-3; of |eta| up to 60 kT, beyond a constant."""
    at, logs = _table(reorganization)
    found: FloatArray = np.interp(eta, at, logs)
    return found


@lru_cache(maxsize=256)
def _table(reorganization: float) -> tuple[FloatArray, FloatArray]:
    at = np.linspace(-_REACH, _REACH, _POINTS)
    return at, log_rate(at, reorganization)


def _integral(eta: FloatArray, reorganization: float) -> FloatArray:
    """Return the logarithm of the integral for each eta, shape (n,)."""
    largest = float(np.max(np.abs(eta), initial=0.0))
    # Above 0 the second factor falls, below it the first one, the more slowly the larger eta.
    below = largest + _TAIL + min(12.0 * math.sqrt(2.0 * reorganization), 5.0 * _TAIL)
    x = np.arange(-below, largest + _TAIL, _STEP)
    apart = x[None, :] - (reorganization - eta[:, None])
    power = -(apart**2) / (4.0 * reorganization) - np.logaddexp(0.0, x)[None, :]
    most = power.max(axis=1)
    found: FloatArray = most + np.log(_STEP * np.sum(np.exp(power - most[:, None]), axis=1))
    return found
