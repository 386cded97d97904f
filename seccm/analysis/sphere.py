"""Diffusion into a sphere through a surface that resists: exact currents and potentials.

The problem: c_t = D (c_rr + 2 c_r / r) with D c_r = (D B / R) (c_end - c) at r = R, after a step
of the potential. B is the Biot number, -j0 R (dV/dC) / (R_g T D): how fast the surface is over how
fast diffusion is. All times are tau = D t / R^2.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray

SHORT = 0.25
"""Below this tau the images are exact to 2e-5, above it six terms of the series are."""
TERMS = 6
_FLUX_SHORT = 0.05
_FLUX_TERMS = 8
_SINGULAR = 1e-4
"""How near B = 1 the formula of images is not evaluated."""


@lru_cache(maxsize=64)
def roots(biot: float, count: int) -> FloatArray:
    """Return the first roots of b cot b + B - 1 = 0, shape (count,), one in each half turn.

    Args:
        biot: B, above 0.
        count: how many.
    """
    low = math.pi * np.arange(count, dtype=np.float64)
    high, sign = low + math.pi, np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    # Near 0 the function is B b: positive, but 0 at 0 itself.
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = sign * (middle * np.cos(middle) + (biot - 1.0) * np.sin(middle)) > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return 0.5 * (low + high)


def step_current(tau: FloatArray, biot: float) -> FloatArray:
    """Current after a step of the potential, in units of Q D / R^2; its integral over tau is 1.

    Series of Crank (The Mathematics of Diffusion, 6.40); at short times the first image of the
    surface in the centre:

        3 { -B/b + (B^2/b) E(0) + 2 B^2 [2 sqrt(tau/pi) exp(-1/tau) - 2 (1 + b tau) E(2)] }

    with b = B - 1 and E(k) = exp(b k + b^2 tau) erfc(b sqrt(tau) + k / (2 sqrt(tau))).

    Args:
        tau: D t / R^2, shape (n,), above 0.
        biot: B, above 0.
    """
    if abs(biot - 1.0) < _SINGULAR:
        below, above = (step_current(tau, 1.0 + 2.0 * side * _SINGULAR) for side in (-1.0, 1.0))
        share = 0.5 + (biot - 1.0) / (4.0 * _SINGULAR)
        between: FloatArray = (1.0 - share) * below + share * above
        return between
    current = np.empty_like(tau)
    late = tau >= SHORT
    b = roots(biot, TERMS)
    weight = 6.0 * biot**2 / (b**2 + biot * (biot - 1.0))
    current[late] = np.exp(-np.outer(tau[late], b**2)) @ weight
    t, beta = tau[~late], biot - 1.0
    root = np.sqrt(t)
    with np.errstate(under="ignore"):
        far = np.exp(-1.0 / t)
        image = 2.0 * root / math.sqrt(math.pi) * far
        image -= 2.0 * (1.0 + beta * t) * scipy.special.erfcx(beta * root + 1.0 / root) * far
    current[~late] = 3.0 * (
        -biot / beta + biot**2 / beta * scipy.special.erfcx(beta * root) + 2.0 * biot**2 * image
    )
    return current


def flux_response(tau: FloatArray) -> FloatArray:
    """Rise of the surface concentration under a constant flux, in units of j R / D.

    3 tau is that of the mean; the rest is the profile. At short times exp(tau) (1 + erf sqrt(tau))
    - 1; later 3 tau + 1/5 - 2 sum exp(-l^2 tau) / l^2 with tan l = l.

    Args:
        tau: D t / R^2, shape (n,), 0 or more.
    """
    rise = np.empty_like(tau)
    late = tau >= _FLUX_SHORT
    squares = _flux_roots() ** 2
    sums = np.exp(-np.outer(tau[late], squares)) @ (2.0 / squares)
    rise[late] = 3.0 * tau[late] + 0.2 - sums
    t = tau[~late]
    rise[~late] = np.exp(t) * (1.0 + scipy.special.erf(np.sqrt(t))) - 1.0
    return rise


@lru_cache(maxsize=1)
def _flux_roots() -> FloatArray:
    """Return the first positive roots of tan l = l, by the rule l = n pi + arctan l."""
    turns = math.pi * np.arange(1.0, _FLUX_TERMS + 1.0)
    root: FloatArray = turns + 0.5 * math.pi
    for _ in range(60):
        root = turns + np.arctan(root)
    return root
