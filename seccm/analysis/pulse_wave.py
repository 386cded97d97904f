"""The wave of normal pulses: a sigmoid on a background that may slope and bend.

Foot and plateau alone do not tell a bent background from a wave. What is fitted is
i = p(E) + i_lim / (1 + exp(-s (E - E_1/2))) with a polynomial p: the lowest order that leaves
nothing but noise. What the next order would give instead, and what no order explains, are part of
the uncertainty. The slope s is free: it is F/RT of a reversible one-electron couple, less of a slow
one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise

_FEWEST = 10
_ORDERS = (0, 1, 2, 3, 4)
"""Of the polynomial of the background."""
_SLOPES = (8.0, 160.0)
"""1/V: slower electron transfer than a quarter of an electron, or four electrons at once, is no
wave."""
_FIRST = (41, 13)
"""Half-wave potentials and slopes that are tried at first."""
_CLOSER = (9,) * 8
"""Of each, about the best ones, again and again."""
_CLEAR = 6.0
"""Standard deviations, and what is not known of the background, by which a wave stands out."""
_NOISE = 1.2
"""Of the residuals over the noise of neighbours: more is no noise."""
_ALIKE = 6.0
"""Points in succession that a misfit is alike in."""
_SPREAD = 2.0
"""Of what higher orders give, to be sure: orders beyond them may add as much."""
_UNKNOWN = 0.1
"""Share of the bend of a background that may look like the wave itself: a step of it."""
_SHARE = 0.04
"""Of a wave that may be missing at either end of the potentials."""
_PLATEAU = 0.2
"""Share of the potentials at the end of a wave that is its plateau."""
_NOTHING = 1e-12
"""Square of a wave that a background does as well."""
_LEVEL = 0.05
"""Share of a wave by which its plateau may rise from end to end."""


@dataclass(frozen=True, slots=True)
class PulseWave:
    """A wave of currents, each at the end of a pulse from the same potential."""

    half: Value
    """V: half-wave potential."""
    limit: Value
    """A: the plateau above the foot, with its sign."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """A sigmoid on a polynomial."""

    half: float
    """V, in the direction of the pulses."""
    slope: float
    """1/V."""
    limit: float
    """A."""
    bend: float
    """A, by which the polynomial departs from a straight line, from peak to peak."""
    rms: float
    """A, of the residuals."""
    unit: tuple[float, float]
    """Standard uncertainties of half-wave potential and limit for a noise of 1 A: V/A and 1."""


def pulse_wave(potential: FloatArray, current: FloatArray) -> PulseWave:
    """Measure a wave from its foot to its plateau.

    Args:
        potential: V, shape (n,), in the order of time.
        current: A, shape (n,).
    """
    if potential.size < _FEWEST or not (np.isfinite(potential) & np.isfinite(current)).all():
        return PulseWave(*(Value.none(Status.TOO_SHORT),) * 2)
    if not np.ptp(potential) or not np.ptp(current):
        return PulseWave(*(Value.none(Status.NO_WAVE),) * 2)
    way = math.copysign(1.0, float(potential[-1] - potential[0]))
    x = way * potential
    fits = [_fit(x, current, order) for order in _ORDERS]
    # Neighbours on a wave of few points differ by more than noise.
    sigma = min(noise(current), fits[-1].rms)
    chosen = next(k for k, fit in enumerate(fits) if fit.rms <= _NOISE * sigma or k == _ORDERS[-1])
    best, others = fits[chosen], fits[chosen + 1 :] or fits[chosen - 1 : chosen]
    misfit = math.sqrt(_ALIKE * max(best.rms**2 - sigma**2, 0.0))
    noisy = math.hypot(sigma, misfit)
    unknown = _UNKNOWN * best.bend
    error = math.hypot(
        best.unit[1] * noisy, _SPREAD * max(abs(f.limit - best.limit) for f in others), unknown
    )
    steepest = 0.25 * best.slope * abs(best.limit)
    off = math.hypot(
        best.unit[0] * noisy,
        _SPREAD * max(abs(f.half - best.half) for f in others),
        unknown / steepest if steepest else math.inf,
    )
    wave = _sigmoid(x, best.half, best.slope)
    low, high = float(wave[0]), float(wave[-1])
    if not abs(best.limit) > max(_CLEAR * sigma, 3.0 * error) or low > _SHARE:
        return PulseWave(*(Value.none(Status.NO_WAVE),) * 2)
    status = Status.OK if high >= 1.0 - _SHARE else Status.NO_PLATEAU
    if status is Status.OK and _rises(current - best.limit * wave, best.limit):
        status = Status.NO_PLATEAU
    return PulseWave(Value.of(way * best.half, off, status), Value.of(best.limit, error, status))


def _rises(background: FloatArray, limit: float) -> bool:
    """Tell whether the background still changes where the plateau should be."""
    final = background[-max(3, int(_PLATEAU * background.size)) :]
    rise = float(np.polyfit(np.linspace(0.0, 1.0, final.size), final, 1)[0])
    return abs(rise) > _LEVEL * abs(limit)


def _fit(x: FloatArray, y: FloatArray, order: int) -> _Fit:
    """Fit a sigmoid on a polynomial: the best of many places and slopes, tried ever closer."""
    powers = np.vander(np.linspace(-1.0, 1.0, x.size), order + 1)
    background, _ = np.linalg.qr(powers)
    left = y - background @ (background.T @ y)
    most = np.array([[x[0], x[-1]], np.log(_SLOPES)])
    span, at = most, most.mean(axis=1)
    for counts in (_FIRST, *((count, count) for count in _CLOSER)):
        halves, slopes = (
            np.linspace(low, high, count) for (low, high), count in zip(span, counts, strict=True)
        )
        tried = np.stack(np.meshgrid(halves, slopes), axis=-1).reshape(-1, 2)
        waves = _sigmoid(x[:, None], tried[:, 0], np.exp(tried[:, 1]))
        waves -= background @ (background.T @ waves)
        norm = np.einsum("ij,ij->j", waves, waves)
        told = np.where(norm > _NOTHING, (left @ waves) ** 2 / np.maximum(norm, _NOTHING), 0.0)
        at = tried[int(np.argmax(told))]
        step = (span[:, 1] - span[:, 0]) / (np.array(counts) - 1)
        around = at[:, None] + 1.5 * step[:, None] * np.array([-1.0, 1.0])
        span = np.clip(around, most[:, :1], most[:, 1:])
    return _at(x, y, powers, float(at[0]), math.exp(float(at[1])))


def _at(x: FloatArray, y: FloatArray, powers: FloatArray, half: float, slope: float) -> _Fit:
    """Determine height and uncertainties of a wave whose place and slope are known."""
    wave = _sigmoid(x, half, slope)
    design = np.column_stack([wave, powers])
    found = np.linalg.lstsq(design, y, rcond=None)[0]
    left, limit = y - design @ found, float(found[0])
    bell = limit * wave * (1.0 - wave)
    full = np.column_stack([-slope * bell, wave, bell * (x - half), powers])
    line = powers[:, -2:] if powers.shape[1] > 1 else powers
    course = powers @ found[1:]
    bent = course - line @ np.linalg.lstsq(line, course, rcond=None)[0]
    free = max(y.size - full.shape[1], 1)
    scale = np.maximum(np.linalg.norm(full, axis=0), 1e-300)
    spread = np.linalg.pinv((full / scale).T @ (full / scale)) / np.outer(scale, scale)
    place, height = np.sqrt(np.diag(spread)[:2]).tolist()
    return _Fit(
        half,
        slope,
        limit,
        float(np.ptp(bent)),
        math.sqrt(float(left @ left) / free),
        (place, height),
    )


def _sigmoid(x: FloatArray, half: FloatArray | float, slope: FloatArray | float) -> FloatArray:
    found: FloatArray = 1.0 / (1.0 + np.exp(np.clip(-slope * (x - half), -500.0, 500.0)))
    return found
