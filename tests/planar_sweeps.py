"""Voltammograms of planar diffusion, from the closed form of Nicholson and Shain by half-integrals.

The half-integral of the current tells the concentration at the surface (Oldham, Myland,
"Fundamentals of Electrochemical Science", 1994); it is summed step by step with the weights of
Gruenwald.
"""

from __future__ import annotations

import math

import numpy as np

F, R, T = 96485.332, 8.314463, 298.15
f = F / (R * T)


def weights(count: int) -> np.ndarray:
    """Weights of the half-integral, shape (count,)."""
    w = np.ones(count)
    for k in range(1, count):
        w[k] = w[k - 1] * (k - 0.5) / k
    return w


def triangle(start: float, vertex: float, step: float, back: bool = True) -> np.ndarray:
    """Potentials of a sweep, and of its return."""
    there = np.arange(start, vertex, math.copysign(step, vertex - start))
    return np.concatenate([there, there[::-1]]) if back else there


def oxidation(e: np.ndarray, rate: float, k0: float = math.inf, alpha: float = 0.5,
              n: float = 1.0) -> np.ndarray:  # fmt: skip
    """Current over F A c sqrt(D), s^-1/2, of an oxidation about 0 V.

    Args:
        e: V, evenly spaced, of a reduced species alone.
        rate: V/s.
        k0: over sqrt(D), s^-1/2; infinite for a reversible couple.
        alpha: of the oxidation.
        n: electrons.
    """
    h = math.sqrt(abs(float(e[1] - e[0])) / rate)
    w = weights(e.size)
    forward = np.exp(np.clip(n * alpha * f * e, -300, 300))
    ratio = np.exp(np.clip(-n * f * e, -300, 300))
    i = np.zeros(e.size)
    for k in range(e.size):
        past = h * float(w[1 : k + 1] @ i[k - 1 :: -1]) if k else 0.0
        if math.isinf(k0):
            i[k] = (1.0 / (1.0 + ratio[k]) - past) / h
        else:
            # i / k_f = 1 - m - m exp(-n f E), with m the half-integral.
            own = 1.0 + ratio[k]
            i[k] = (1.0 - past * own) / (1.0 / (k0 * forward[k]) + h * own)
    return n * i
