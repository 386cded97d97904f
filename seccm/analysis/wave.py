"""The wave of a dissolved couple: half-wave potential and limiting current, and if it is steady.

A sigmoidal wave is not a matter of course in a pipette. Diffusion keeps up with the sweep where
R0^2 f v / D is small against one (R0 the distance of the meniscus from the tip of the pipette's
cone, f = F/RT, v the scan rate); above, the wave is shifted in the direction of the sweep and
ends in a peak. Both ways of the sweep together show that, and take most of the shift out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.result import Status, Value
from seccm.analysis.sweep import Sweep, within
from seccm.analysis.trace import noise

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_WHOLE_WAVE = 0.1
"""V behind the half-wave potential where a reversible one-electron wave has reached 98 %."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A sigmoidal wave between a foot and a plateau."""

    limiting_current: Value
    """A, from the foot; negative for a reduction."""
    half_wave: Value
    """V."""
    quarter: Value
    """V, where a quarter of the limiting current flows."""
    three_quarters: Value
    """V."""
    tomes: Value
    """V, |E3/4 - E1/4|: 56.4 mV for a reversible one-electron wave at 25 degrees C."""
    hysteresis: Value
    """V, half-wave potential of the way back minus that of the way there; of both ways only."""


def wave(
    s: Sweep,
    plateau: tuple[float, float],
    foot: tuple[float, float],
    most_slope: float = 0.05,
    most_fall: float = 0.02,
) -> Wave:
    """Measure a wave on one way of a sweep, and test whether it is the steady one.

    The limiting current is the median over the plateau minus that over the foot. If the current
    still rises across the plateau by more than `most_slope` of the limiting current, beyond
    noise, there is no plateau: the limiting current is marked `no_plateau`, and potentials where
    some share of it flows are not given. If it falls instead, there or anywhere from where a
    reversible wave is complete, the current has gone through a peak, as it does where diffusion
    cannot follow the sweep: everything is then marked `not_steady`.

    Args:
        s: the sweep.
        plateau: V, V, where the current is limited by transport.
        foot: V, V, where nothing reacts yet.
        most_slope: fraction.
        most_fall: fraction of the limiting current that counts as a fall.
    """
    top, bottom = within(s, plateau), within(s, foot)
    if not s.usable or top.sum() < 5 or bottom.sum() < 5:
        status = Status.NOT_REACHED if s.usable else Status.TOO_SHORT
        return _no_wave(Value.none(status), status)
    base = float(np.median(s.raw[bottom]))
    limit = float(np.median(s.raw[top])) - base
    white = noise(s.raw)
    error = 1.2533 * white * math.hypot(1 / math.sqrt(top.sum()), 1 / math.sqrt(bottom.sum()))
    if abs(limit) < 10.0 * error or limit == 0.0:
        return _no_wave(Value.none(Status.NOT_FOUND), Status.NOT_FOUND)
    rising = float(np.mean(s.potential[top])) > float(np.mean(s.potential[bottom]))
    onward = math.copysign(1.0, limit) * (1.0 if rising else -1.0)
    change, doubt = (onward * _change(s, top), 3.0 * white * _leverage(s, top))
    if change > max(most_slope * abs(limit), doubt):
        return _no_wave(Value.of(limit, error, Status.NO_PLATEAU), Status.NO_WAVE)
    share = (s.current - base) / limit
    fallen = change < -max(most_slope * abs(limit), doubt)
    whole = _complete(s, share, rising, plateau)
    if not fallen and whole.sum() >= 5:
        doubt = 3.0 * white * _leverage(s, whole)
        fallen = onward * _change(s, whole) < -max(most_fall * abs(limit), doubt)
    status = Status.NOT_STEADY if fallen else Status.OK
    quarter, half, three = (
        _crossing(s, share, level, rising, abs(limit), error, status) for level in (0.25, 0.5, 0.75)
    )
    if quarter.status.has_value and three.status.has_value:
        width = abs(three.value - quarter.value)
        tomes = Value.of(width, math.hypot(quarter.error, three.error), status)
    else:
        tomes = Value.none(max(quarter.status, three.status))
    one_way = Value.none(Status.NOT_MEASURED)
    return Wave(Value.of(limit, error, status), half, quarter, three, tomes, one_way)


def _no_wave(limit: Value, status: Status) -> Wave:
    none = Value.none(status)
    return Wave(limit, none, none, none, none, none)


def _change(s: Sweep, where: BoolArray) -> float:
    """Change of the current, by a straight line, over a range of rising potential."""
    x = s.potential[where] - s.potential[where].mean()
    return float(x @ s.raw[where]) / float(x @ x) * float(np.ptp(x))


def _leverage(s: Sweep, where: BoolArray) -> float:
    """Standard error of `_change` for white noise of one."""
    x = s.potential[where] - s.potential[where].mean()
    return float(np.ptp(x)) / math.sqrt(float(x @ x))


def _complete(s: Sweep, share: FloatArray, rising: bool, plateau: tuple[float, float]) -> BoolArray:
    """Tell where a reversible one-electron wave has reached 98 %, up to the end of the plateau."""
    e, y = (s.potential, share) if rising else (s.potential[::-1], share[::-1])
    half = float(e[int(np.argmax(y >= 0.5))])
    inside = within(s, (half, max(plateau) if rising else min(plateau)))
    return inside & (np.abs(s.potential - half) >= _WHOLE_WAVE)


def both_ways(there: Wave, back: Wave, most_hysteresis: float = 5e-3) -> Wave:
    """Combine the waves of a sweep and of its return over the same potentials.

    Diffusion that lags behind the sweep shifts the half-wave potential in the direction of the
    sweep: forwards on the way there, backwards on the way back. Their mean is free of it to first
    order, their difference (the hysteresis) measures it. What is left of the shift in the mean
    is not known: it is taken as anything between the two, each as likely, so half their
    difference over the root of three goes into the uncertainty (GUM, 4.3.7).

    A steady wave is the same both ways. If the half-wave potentials differ by more than
    `most_hysteresis`, beyond noise, or either way has a peak, the results are marked `unsteady`:
    half-wave potentials stand with their uncertainty, a limiting current is that of this scan
    rate and larger than the steady one.

    Args:
        there: of the first way.
        back: of the second, with the same foot and plateau.
        most_hysteresis: V.
    """
    if not (there.half_wave.status.has_value and back.half_wave.status.has_value):
        return there
    shift = back.half_wave.value - there.half_wave.value
    doubt = math.hypot(there.half_wave.error, back.half_wave.error)
    apart = abs(shift) > max(most_hysteresis, 3.0 * doubt)
    steady = there.half_wave.status is back.half_wave.status is Status.OK and not apart
    status = Status.OK if steady else Status.UNSTEADY
    limit, half, quarter, three, tomes = (
        _mean(a, b, status)
        for a, b in (
            (there.limiting_current, back.limiting_current),
            (there.half_wave, back.half_wave),
            (there.quarter, back.quarter),
            (there.three_quarters, back.three_quarters),
            (there.tomes, back.tomes),
        )
    )
    return Wave(limit, half, quarter, three, tomes, Value.of(shift, doubt))


def _mean(a: Value, b: Value, status: Status) -> Value:
    """Average two values; half their difference, evenly spread, is part of the uncertainty."""
    if not (a.status.has_value and b.status.has_value):
        return Value.none(a.status if not a.status.has_value else b.status)
    between = 0.5 * abs(a.value - b.value) / math.sqrt(3.0)
    error = math.hypot(0.5 * math.hypot(a.error, b.error), between)
    return Value.of(0.5 * (a.value + b.value), error, status)


def _crossing(
    s: Sweep,
    share: FloatArray,
    level: float,
    rising: bool,
    limit: float,
    limit_error: float,
    status: Status,
) -> Value:
    """Potential at which `share` first reaches `level`, seen from the foot."""
    e, y = (s.potential, share) if rising else (s.potential[::-1], share[::-1])
    reached = y >= level
    k = int(np.argmax(reached))
    if not reached[k] or k == 0:
        return Value.none(Status.NOT_FOUND)
    fraction = float((level - y[k - 1]) / (y[k] - y[k - 1]))
    steepness = abs(float((y[k] - y[k - 1]) / (e[k] - e[k - 1])))
    error = math.hypot(s.sigma, level * limit_error) / limit / steepness
    return Value.of(float(e[k - 1] + fraction * (e[k] - e[k - 1])), error, status)
