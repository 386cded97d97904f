"""The hum of the mains in a sweep: averaged onto the grid it may pass for waves and peaks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from seccm.analysis.sweep import Sweep, sweep
from seccm.arrays import FloatArray
from seccm.results import noise

_MAINS = (50.0, 60.0)
"""Hz."""
_PIECE = 0.2
"""Seconds over which hum keeps its phase, though its frequency be off by a hertz."""
_FEWEST = 3
"""Pieces from which on it is looked for."""
_SLOW = 20e-3
"""V that a sweep covers in a period of the mains at the most: of a faster one, hum is no hum."""
_NO_PEAK = 0.3
"""Share of an amplitude that counts as a standard deviation: peaks stand out by eight of them, and
hum, from its lowest to its highest, by two amplitudes."""
_CLEAR = 4.0
"""Standard deviations by which the power at the frequency of the mains is above that of noise."""


def humming_sweep(potential: FloatArray, current: FloatArray, row: float) -> Sweep:
    """Average a sweep onto its grid; what is left there of hum counts as its noise.

    Args:
        potential: shape (n,), V, of one sweep from vertex to vertex.
        current: shape (n,), A.
        row: s from row to row.
    """
    made = sweep(potential, current)
    frequency, height = _hum(potential, current, row)
    if not (made.usable and height > 0.0):
        return made
    turns = 2.0 * math.pi * frequency * row * np.arange(current.size)
    left = max(
        float(np.max(np.abs(sweep(potential, height * wave).current)))
        for wave in (np.cos(turns), np.sin(turns))
    )
    return replace(
        made,
        sigma=math.hypot(made.sigma, _NO_PEAK * left),
        sigma_end=math.hypot(made.sigma_end, _NO_PEAK * left),
    )


def _hum(potential: FloatArray, current: FloatArray, row: float) -> tuple[float, float]:
    """Return frequency and amplitude, A, of the mains in a current; zeros where there is none."""
    size = round(_PIECE / row)
    pieces = current.size // max(size, 1)
    period = round(1.0 / (min(_MAINS) * row))
    covered = abs(float(potential[-1] - potential[0])) * period / current.size if period else 0.0
    if pieces < _FEWEST or period < 4 or covered > _SLOW or not np.isfinite(current).all():
        return 0.0, 0.0
    total = np.concatenate([[0.0], np.cumsum(current - current.mean())])
    level = (total[period:] - total[:-period]) / period
    rest = current[period // 2 :][: level.size] - level
    pieces = rest.size // size
    parts = rest[: pieces * size].reshape(pieces, size)
    power = noise(current) ** 2 * 4.0 / size
    least = power * (1.0 + _CLEAR / math.sqrt(max(pieces, 1)))
    best, height = 0.0, 0.0
    for frequency in _MAINS:
        turns = np.exp(-2j * math.pi * frequency * row * np.arange(size))
        seen = float(np.mean(np.abs(parts @ turns * 2.0 / size) ** 2))
        if seen > least and math.sqrt(seen - power) > height:
            best, height = frequency, math.sqrt(seen - power)
    return best, height
