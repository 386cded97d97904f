"""Rate constants from how far the peaks of a couple are apart, at one or at several scan rates.

Kinetics drive the anodic and the cathodic peak of a couple apart, the more the faster the sweep.
For a couple that diffuses the separation tells psi = k0 / sqrt(pi D f v), with f = F/RT (R. S.
Nicholson, Anal. Chem. 37 (1965) 1351; one electron, equal diffusivities); for one that is adsorbed
it tells m = k / (f v) (E. Laviron, J. Electroanal. Chem. 101 (1979) 19). Both at 25 degrees C and
for a transfer coefficient near one half. The tables below were worked out again: the first by the
half-integral of the current up to vertices 0.4 V beyond the couple, the second by the rate equation
of a layer. Peaks that are hardly farther apart than those of a reversible couple give a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from seccm.arrays import FloatArray
from seccm.results import Status, Value

F_RT = 96485.33212 / (8.314462618 * 298.15)
"""F/RT at 25 degrees C, 1/V."""
_DIFFUSING = np.array([
    (20.0, 58.5), (10.0, 59.8), (7.0, 61.0), (5.0, 62.5), (4.0, 63.7), (3.0, 65.8), (2.0, 70.1),
    (1.5, 74.2), (1.0, 82.2), (0.7, 92.0), (0.5, 104.3), (0.35, 121.3), (0.25, 141.4),
    (0.15, 179.8), (0.1, 215.7), (0.05, 285.7), (0.03, 338.0), (0.02, 379.9),
])  # fmt: skip
"""Psi, and separation in mV."""
_ADSORBED = np.array([
    (4.0, 9.5), (2.0, 18.5), (1.0, 34.6), (0.5, 60.9), (1 / 3, 82.2), (0.25, 100.3), (0.2, 116.0),
    (1 / 6, 129.9), (1 / 8, 153.5), (0.1, 173.1), (0.05, 238.9), (0.02, 331.2), (0.01, 402.1),
    (0.001, 638.7),
])  # fmt: skip
"""M, and separation in mV."""
_VERTEX = 1.5e-3
"""V by which a separation depends on where the sweep turns."""
_ONE_SIDED = 2.0
"""Standard deviations by which a bound is on the safe side."""
_CONSISTENT = 4.0
"""Standard deviations by which single scan rates may differ from their mean."""
_POWERS = {"diffusing": (0.35, 0.65), "adsorbed": (0.85, 1.15)}
"""Powers of the scan rate with which the peaks of a couple grow."""

Reading = Callable[[Value, float], Value]
"""Turns a separation in V, at a scan rate in V/s, into a rate constant."""


def diffusing(apart: Value, rate: float) -> Value:
    """Return k0 / sqrt(D), s^-1/2, of a couple in solution.

    Args:
        apart: separation of its peaks without ohmic drop, V.
        rate: scan rate, V/s.

    Returns:
        A number or a bound; without a number, why the separation has none.
    """
    scale = math.sqrt(math.pi * F_RT * rate)
    return _scaled(_read(_DIFFUSING, apart, lambda psi: min(0.15, 0.01 / psi)), scale)


def adsorbed(apart: Value, rate: float) -> Value:
    """Return k, 1/s, of a layer of a couple; as `diffusing`."""
    return _scaled(
        _read(_ADSORBED, apart, lambda m: 0.02 + (0.05 if m < 0.05 else 0.0)), F_RT * rate
    )


def separation(reading: Reading, constant: float, rates: FloatArray) -> FloatArray:
    """Return the separation of the peaks, V, that a rate constant makes at some scan rates.

    NaN beyond the tables.
    """
    diffuses = reading is diffusing
    table = _DIFFUSING if diffuses else _ADSORBED
    scale = np.sqrt(math.pi * F_RT * rates) if diffuses else F_RT * rates
    at: FloatArray = np.interp(
        -np.log(constant / scale), -np.log(table[:, 0]), 1e-3 * table[:, 1], right=math.nan
    )
    return at


def reading_of(power: Value) -> Reading | None:
    """Return how separations are read of a couple whose peaks grow with a power of the scan rate.

    Returns:
        None if it neither diffuses nor is adsorbed.
    """
    if power.status.has_value:
        for name, (low, high) in _POWERS.items():
            if low <= power.value <= high:
                return diffusing if name == "diffusing" else adsorbed
    return None


def together(each: Sequence[Value]) -> Value:
    """Return what several scan rates say of one rate constant.

    Numbers are averaged by their logarithms. Without numbers, the tightest bound counts. Numbers
    that contradict one another, or a bound, are of no such couple: with the status `CONTRADICTED`.

    Args:
        each: what single scan rates say.
    """
    numbers = [v for v in each if v.status.has_value and v.status not in _BOUNDS]
    least = max((v.value for v in each if v.status is Status.AT_LEAST), default=0.0)
    most = min((v.value for v in each if v.status is Status.AT_MOST), default=math.inf)
    if not numbers:
        if least > 0.0 and math.isfinite(most):
            return Value.none(Status.NOT_IDENTIFIED)
        if least > 0.0:
            return Value.of(least, 0.0, Status.AT_LEAST)
        if math.isfinite(most):
            return Value.of(most, 0.0, Status.AT_MOST)
        return next((v for v in each), Value.none(Status.NOT_FOUND))
    logs = np.log([v.value for v in numbers])
    errors = np.array([v.error / v.value for v in numbers])
    weights = errors**-2 / float(np.sum(errors**-2))
    mean = float(weights @ logs)
    apart = np.abs(logs - mean) / errors
    scatter = math.sqrt(float(weights @ (logs - mean) ** 2) / max(len(numbers) - 1, 1))
    # What a transfer coefficient and the vertex change is the same in all of them.
    error = max(float(errors.min()), scatter)
    value, status = math.exp(mean), Status.OK
    for one in numbers:
        status = status.worse(one.status)
    low, high = (value * math.exp(side * _CONSISTENT * error) for side in (-1.0, 1.0))
    if bool((apart > _CONSISTENT).any()) or high < least or low > most:
        status = status.worse(Status.CONTRADICTED)
    return Value.of(value, value * error, status)


_BOUNDS = (Status.AT_LEAST, Status.AT_MOST)


def _read(table: np.ndarray, apart: Value, unsure: Callable[[float], float]) -> Value:
    """Read a table of separations; `unsure` says how well it is known, as a share."""
    if not apart.status.has_value:
        return apart
    if math.isnan(apart.error):
        return Value.none(Status.NOT_IDENTIFIED)
    logs, at = np.log(table[:, 0]), 1e-3 * table[:, 1]
    error = math.hypot(apart.error, _VERTEX)
    low, middle, high = (
        float(np.interp(apart.value + k * _ONE_SIDED * error, at, logs)) for k in (1.0, 0.0, -1.0)
    )
    if apart.value - _ONE_SIDED * error <= at[0]:
        if apart.value + _ONE_SIDED * error <= at[0]:
            return Value.none(Status.NOT_IDENTIFIED)  # closer than those of any such couple
        status = apart.status.worse(Status.AT_LEAST)
        return Value.of(math.exp(low), 0.0, status)
    if apart.value + _ONE_SIDED * error >= at[-1]:
        status = apart.status.worse(Status.AT_MOST)
        return Value.of(math.exp(high), 0.0, status)
    value = math.exp(middle)
    share = math.hypot((high - low) / (2.0 * _ONE_SIDED), unsure(value))
    return Value.of(value, value * share, apart.status)


def _scaled(value: Value, scale: float) -> Value:
    if not value.status.has_value:
        return value
    return Value.of(value.value * scale, value.error * scale, value.status)
