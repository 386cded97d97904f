"""Small numerical pieces that every virtual cell shares, compiled to machine code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np

from seccm.arrays import FloatArray

FARADAY = 96485.33212
"""Charge of one mole of electrons in C/mol (CODATA)."""
GAS = 8.314462618
"""Molar gas constant in J/(mol K) (CODATA)."""

NEWTON_LIMIT = 1000
"""Iterations after which a step counts as unsolved; an ordinary step needs two or three."""
NEWTON_TOLERANCE = 1e-10
"""A potential is solved when the next correction is below this many volts."""
_LONGEST_STRIDE = 0.1
_LARGEST_EXPONENT = 300.0

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function on its first call and keep its type for the checker.

    No fast-math: the same inputs must give the same bits however a run is cut into calls. The
    machine code is kept on disk, and only a change of the function's own file renews it: after
    changing a compiled function or a constant that other files use, delete `sim/__pycache__`.
    """
    return cast(Callable[P, T], numba.njit(cache=True, error_model="numpy")(function))


@compiled
def bounded_exp(exponent: float) -> float:
    """Exponential that saturates at e^300, so that rates stay finite up to about 15 V."""
    return math.exp(min(max(exponent, -_LARGEST_EXPONENT), _LARGEST_EXPONENT))


@compiled
def next_guess(
    guess: float, excess: float, slope: float, low: float, high: float
) -> tuple[float, float, float]:
    """Take one damped Newton stride inside the bracket of a rising function's root.

    Exponential rates make a bare Newton iteration overshoot from their flat side, therefore the
    longest stride of 0.1 V; the bracket catches what remains.

    Args:
        guess: where the function was evaluated.
        excess: its value there; the root lies below the guess when it is positive.
        slope: its derivative there, positive.
        low: largest value known to lie below the root, or minus infinity.
        high: smallest value known to lie above the root, or infinity.

    Returns:
        The next guess and the narrowed bracket.
    """
    if excess > 0.0:
        high = guess
    else:
        low = guess
    stride = min(max(-excess / slope, -_LONGEST_STRIDE), _LONGEST_STRIDE)
    candidate = guess + stride
    if not low < candidate < high and math.isfinite(high - low):
        candidate = 0.5 * (low + high)
    return candidate, low, high


@compiled
def remembered(kicks: FloatArray, keep: float, before: float) -> FloatArray:
    """Return what keeps a share of its last value and is kicked on, shape (n,), as `kicks`.

    The recursive filter of first order; the one of SciPy takes a second to be loaded, for which
    every virtual run would have to wait.

    Args:
        kicks: what is added in each step.
        keep: the share of the value that is left after a step.
        before: the value before the first step.
    """
    values = np.empty_like(kicks)
    value = before
    for n in range(kicks.size):
        value = kicks[n] + keep * value
        values[n] = value
    return values
