"""The wave of a dissolved couple: half-wave potential and limiting current, and if it is steady.

A sigmoidal wave is not a matter of course in a pipette. Diffusion keeps up with the sweep where
R0^2 f v / D is small against one (R0 the distance of the meniscus from the tip of the pipette's
cone, f = F/RT, v the scan rate); above, the wave is shifted in the direction of the sweep and
ends in a peak. Both ways of the sweep together show that, and take most of the shift out. One
way alone shows it by the plateau, which is not yet level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from seccm.analysis.sweep import Sweep
from seccm.analysis.wave_shape import Shape, from_foot, taken_apart
from seccm.results import Status, Value

_NARROWEST = 0.020
"""V, |E3/4 - E1/4| of the narrowest wave: 56.4 mV over the number of electrons, and none
transfers three at once. What is narrower is a spike or a step."""
_LAG = 0.09
"""V by which a sweep runs ahead of its wave where the plateau begins at twice the steady current.
Found with the diffusion in cones of 50 nm to 10 um at 0.02 to 1 V/s; 0.08 to 0.10."""
_LEAST_LAG = 0.01
"""The same as a share of the wave's width: no plateau shows less."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A sigmoidal wave between a foot and a plateau."""

    limiting_current: Value
    """A, from the sloping line of the foot; negative for a reduction."""
    half_wave: Value
    """V."""
    quarter: Value
    """V, where a quarter of the limiting current flows."""
    three_quarters: Value
    """V."""
    tomes: Value
    """V, |E3/4 - E1/4|: 56.4 mV for a reversible one-electron wave at 25 degrees C."""
    hysteresis: Value
    """V, half-wave potential of the second sweep minus that of the first; of both ways only."""
    lag: float = 0.0
    """V, by how much the half-wave potential may be shifted in the direction of its sweep."""

    def doubted(self, doubt: Status) -> Wave:
        """Return the same numbers with a doubt about the rows that they all come from."""
        limit, half, low, high, tomes, apart = (
            replace(v, status=v.status.worse(doubt))
            for v in (
                self.limiting_current,
                self.half_wave,
                self.quarter,
                self.three_quarters,
                self.tomes,
                self.hysteresis,
            )
        )
        return Wave(limit, half, low, high, tomes, apart, self.lag)


def wave(s: Sweep, most_slope: float = 0.05, most_fall: float = 0.02) -> Wave:
    """Measure a wave on one sweep, wherever on it, and test whether it is the steady one.

    Nothing is given without evidence: a foot before the wave, long enough for the line of the
    background, and a plateau behind it. Where the background cannot be known (`no_foot`) or the
    current still rises beyond `most_slope` (`no_plateau`), the limiting current carries that
    status and potentials are not given. If the current falls there by more than `most_fall`, it
    has gone through a peak, as it does where diffusion cannot follow the sweep: everything is
    then marked `not_steady`.

    Args:
        s: the sweep, without the charging current at its start.
        most_slope: fraction of the limiting current.
        most_fall: the same.
    """
    if not s.usable:
        return _no_wave(Value.none(Status.TOO_SHORT), Status.TOO_SHORT)
    a = from_foot(s)
    shape = taken_apart(a)
    if shape is None or shape.limit < 10.0 * shape.limit_error():
        none = Status.NO_WAVE if float(np.ptp(s.current)) > 20.0 * s.sigma else Status.NOT_FOUND
        return _no_wave(Value.none(none), none)
    change = shape.top.slope * (shape.plateau[1] - shape.plateau[0]) / shape.limit
    doubt = math.hypot(shape.top.slope_error, shape.base.slope_error)
    doubt *= 3.0 * (shape.plateau[1] - shape.plateau[0]) / shape.limit
    begun = _decay(shape, change)
    error = math.hypot(shape.limit_error(), shape.limit * begun / math.sqrt(3.0))
    limit = a.sign * shape.limit
    if not shape.has_plateau or change > max(most_slope, doubt):
        return _no_wave(Value.of(limit, error, Status.NO_PLATEAU), Status.NO_WAVE)
    if not shape.has_foot:
        return _no_wave(Value.of(limit, error, Status.NO_FOOT), Status.NO_WAVE)
    if shape.width < _NARROWEST:
        return _no_wave(Value.none(Status.NO_WAVE), Status.NO_WAVE)
    status = Status.NOT_STEADY if change < -max(most_fall, doubt) else Status.OK
    low, half, high = (
        Value.of(a.sign * e, shape.crossing_error(k, a.sigma), status)
        for k, e in enumerate(shape.crossings)
    )
    return Wave(
        limiting_current=Value.of(limit, error, status if a.clear else Status.NO_FOOT),
        half_wave=half,
        quarter=low,
        three_quarters=high,
        tomes=Value.of(shape.width, math.hypot(low.error, high.error), status),
        hysteresis=Value.none(Status.NOT_MEASURED),
        # A row is a mean over some potential: half a step of the grid, which holds two rows.
        lag=max(_LAG * begun, _LEAST_LAG * shape.width, 0.5 * float(np.diff(s.potential[:2])[0])),
    )


def _decay(shape: Shape, change: float) -> float:
    """Excess of the current over the steady one where the plateau begins, as a fraction.

    Diffusion from a cone comes to its steady state with 1 / sqrt(t), and t runs with the potential
    from the half-wave potential on: what it changes over the plateau tells what is left of it.
    """
    begin, end = (e - shape.half for e in shape.plateau)
    if not 0.0 < begin < end:
        return abs(change)
    return abs(change) / (1.0 - math.sqrt(begin / end))


def _no_wave(limit: Value, status: Status) -> Wave:
    none = Value.none(status)
    return Wave(limit, none, none, none, none, none)


def one_way(w: Wave) -> Wave:
    """Let the potentials of a single sweep carry the shift that only its return could tell."""
    low, half, high = (_lagging(v, w.lag) for v in (w.quarter, w.half_wave, w.three_quarters))
    return replace(w, quarter=low, half_wave=half, three_quarters=high)


def _lagging(v: Value, lag: float) -> Value:
    if not v.status.has_value:
        return v
    return Value.of(v.value, math.hypot(v.error, lag / math.sqrt(3.0)), v.status)


def both_ways(there: Wave, back: Wave, most_hysteresis: float = 5e-3) -> Wave:
    """Combine the waves of a sweep and of its return over the same potentials.

    Diffusion that lags behind the sweep shifts the half-wave potential in the direction of the
    sweep: forwards and backwards. Their mean is free of it to first
    order, their difference (the hysteresis) measures it. What is left of the shift in the mean
    is not known: it is taken as anything between the two, each as likely, so half their
    difference over the root of three goes into the uncertainty (GUM, 4.3.7).

    A steady wave is the same both ways. If the half-wave potentials differ by more than
    `most_hysteresis`, beyond noise, or either way has a peak, the results are marked `unsteady`:
    half-wave potentials stand with their uncertainty, a limiting current is that of this scan
    rate and larger than the steady one. Where only one way has a wave, it stands alone.

    Args:
        there: of the first way.
        back: of the second; a current that decays with time rises with the potential on it, so
            that a plateau is looked for on the first way alone.
        most_hysteresis: V.
    """
    if not back.half_wave.status.has_value:
        return one_way(there)
    if not there.half_wave.status.has_value:
        return one_way(back)
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
    """Average two values of one droplet; half their difference is part of the uncertainty.

    A background or a decay that is not known exactly is that of both: errors do not average out.
    """
    if not (a.status.has_value and b.status.has_value):
        return Value.none(a.status if not a.status.has_value else b.status)
    if Status.NO_FOOT in (a.status, b.status):
        status = status.worse(Status.NO_FOOT)
    between = 0.5 * abs(a.value - b.value) / math.sqrt(3.0)
    error = math.hypot(0.5 * (a.error + b.error), between)
    return Value.of(0.5 * (a.value + b.value), error, status)
