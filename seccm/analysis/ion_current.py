"""The ion current of a pipette over its height: fit of an approach curve, and distances from it.

The cone of the pipette and the gap between its rim and the surface are resistances in series, and
that of the gap goes with one over its height d,

    I / I_far = 1 / (1 + xi / d),

H. Nitz, J. Kamp, H. Fuchs, Probe Microsc. 1, 187 (1998). They give xi from the shape of a pipette,
which overestimates how far a surface is felt; here it is a length to be fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise

_FEWEST = 8
"""Rows of a curve from which three numbers are fitted."""
_LEAST = 0.5
"""Standard uncertainty, as a share of a length, above which the length is not determined."""
_CLOSEST, _FARTHEST = 1e-11, 1e-4
"""Metres between which the surface is looked for below the lowest point of a curve."""


@dataclass(frozen=True, slots=True)
class ApproachFit:
    """The series-resistance model with the numbers that fit a curve best."""

    far: Value
    """A, current far from the surface."""
    felt: Value
    """m, the length xi: at this distance the current is half of that far away."""
    surface: Value
    """m, height of the surface: that at which the distance is zero."""
    scatter: float
    """A, standard deviation of the data points about the model."""

    def current(self, z: FloatArray) -> FloatArray:
        """Return the current at heights above the surface, shape (n,)."""
        gap = z - self.surface.value
        found: FloatArray = self.far.value * gap / (gap + self.felt.value)
        return found

    def slope(self, z: float) -> float:
        """Return by how much the current over that far away changes with height, in 1/m."""
        gap = z - self.surface.value
        return self.felt.value / (gap + self.felt.value) ** 2


def fit_approach(
    z: FloatArray, current: FloatArray, z_far: FloatArray, far: FloatArray
) -> ApproachFit | None:
    """Fit the model to an approach curve.

    For a given height of the surface, 1/I is a straight line in 1/d; so only that height is
    searched for. Data points weigh by their noise: that of the current, and that of the height
    where the curve is steep, which is taken from the tip at rest. The uncertainties are those of
    all three numbers together.

    Args:
        z: shape (n,), m, as the tip comes down.
        current: shape (n,), A.
        z_far: heights of the tip at rest, before it came down; shape (m,), m.
        far: the currents there, A.

    Returns:
        None where the rows are too few or nothing flows.
    """
    good, rests = np.isfinite(z) & np.isfinite(current), np.isfinite(z_far) & np.isfinite(far)
    if good.sum() < _FEWEST or not rests.any():
        return None
    base = float(np.mean(far[rests]))
    heights = np.concatenate([z_far[rests], z[good]])
    currents = np.concatenate([far[rests], current[good]])
    shares = currents / base if base != 0.0 else np.zeros(1)
    if not (shares > 0.0).all() or np.ptp(heights) == 0.0:
        return None
    quiet = _known(noise(far[rests]), noise(current[good])) / abs(base)
    blurred = _known(noise(z_far[rests]), 0.0)
    curve = _Curve(heights, shares, np.ones(shares.size))
    for _ in range(_ROUNDS):
        gap, inside = curve.closest()
        offset, slope = curve.line(gap)[0]
        if offset <= 0.0:
            return None
        felt = slope / offset
        above = heights - heights.min() + gap
        steep = felt / (above + felt) ** 2
        tilted = steep * blurred / quiet if quiet > 0.0 else np.zeros(shares.size)
        curve = _Curve(heights, shares, 1.0 / np.hypot(1.0, tilted))
    return _uncertain(curve, base, (1.0 / offset, felt, float(heights.min()) - gap), inside)


_ROUNDS = 3
"""Of weighting: the steepness of the curve follows from the fit."""


def _known(value: float, otherwise: float) -> float:
    return otherwise if math.isnan(value) else value


@dataclass(frozen=True, eq=False, slots=True)
class _Curve:
    """Heights, m, and currents over that far away; each of shape (n,)."""

    z: FloatArray
    share: FloatArray
    weight: FloatArray
    """One over the standard deviation of a share, but for a common factor."""

    def line(self, gap: float) -> tuple[tuple[float, float], float]:
        """Fit the inverse of the share with the surface so far below the lowest point.

        Returns:
            Its value far away, its slope against the inverse distance in m, and the sum of squares.
        """
        # Noise s of a share is s / share^2 of its inverse.
        weight = self.weight * self.share**2
        inverse = 1.0 / (self.z - self.z.min() + gap)
        size = float(inverse.max())
        design = np.column_stack([np.ones(inverse.size), inverse / size]) * weight[:, None]
        wanted = weight / self.share
        found = np.linalg.lstsq(design, wanted, rcond=None)[0]
        off = design @ found - wanted
        return (float(found[0]), float(found[1]) / size), float(off @ off)

    def closest(self) -> tuple[float, bool]:
        """Return how far the surface is below the lowest point, m, and whether that is certain."""
        grid = np.linspace(math.log(_CLOSEST), math.log(_FARTHEST), 60)
        best = int(np.argmin([self.line(math.exp(g))[1] for g in grid]))
        bounds = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
        found = scipy.optimize.minimize_scalar(
            lambda g: self.line(math.exp(g))[1],
            bounds=bounds,
            method="bounded",
            options={"xatol": 1e-7},
        )
        return math.exp(float(found.x)), 0 < best < grid.size - 1


def _uncertain(
    curve: _Curve, base: float, found: tuple[float, float, float], inside: bool
) -> ApproachFit:
    """Say how far the numbers of a fit are determined: share far away, felt and surface."""
    far, felt, surface = found
    gap = curve.z - surface
    off = curve.share - far * gap / (gap + felt)
    free = max(off.size - 3, 1)
    variance = float((curve.weight * off) @ (curve.weight * off)) / free
    by_gap = far * felt / (gap + felt) ** 2
    columns = (gap / (gap + felt), -far * gap / (gap + felt) ** 2, -by_gap)
    # In units of its own each number has a column of about one.
    scales = np.array([far, max(abs(felt), 1e-12), max(float(gap.min()), 1e-12)])
    jacobian = np.column_stack(columns) * scales * curve.weight[:, None]
    try:
        covariance = np.linalg.inv(jacobian.T @ jacobian) * variance
        errors = np.sqrt(np.maximum(np.diag(covariance), 0.0)) * scales
    except np.linalg.LinAlgError:
        errors = np.full(3, math.inf)
    known = inside and felt > 0.0 and bool(np.isfinite(errors).all()) and errors[1] < _LEAST * felt
    scatter = abs(base) * math.sqrt(float(off @ off) / free)
    if not known:
        unknown = Value.none(Status.NOT_IDENTIFIED)
        return ApproachFit(Value.of(base * far, math.nan), unknown, unknown, scatter)
    return ApproachFit(
        Value.of(base * far, abs(base) * float(errors[0])),
        Value.of(felt, float(errors[1])),
        Value.of(surface, float(errors[2])),
        scatter,
    )


def distance(share: Value, felt: Value, above: float = math.inf) -> Value:
    """Return the distance from the surface, m, at which the current is a share of another one.

    The other current is that of the tip higher up, where it does not flow quite as freely as
    infinitely far away: with d the distance, H how much higher and s the share,
    (1 - s) d^2 + (1 - s)(H + xi) d = s xi H.

    Args:
        share: between 0 and 1.
        felt: the length xi, m.
        above: H, m.
    """
    status = share.status.worse(felt.status)
    if not status.has_value:
        return Value.none(status)
    if not 0.0 < share.value < 1.0 or above <= 0.0:
        # As much as far away: no distance can be told, only that it is large.
        return Value.none(Status.NOT_FOUND)
    value = _distance(share.value, felt.value, above)
    little = 1e-6 * (1.0 - share.value)
    by_share = (_distance(share.value - little, felt.value, above) - value) / little
    by_felt = (_distance(share.value, felt.value * (1.0 + 1e-6), above) - value) / 1e-6
    error = math.hypot(by_share * share.error, by_felt * felt.error / felt.value)
    return Value.of(value, error, status)


def _distance(share: float, felt: float, above: float) -> float:
    if math.isinf(above):
        return felt * share / (1.0 - share)
    half = (above + felt) / 2.0
    constant = share * felt * above / (1.0 - share)
    # The positive root, without the loss of digits where the constant is small.
    return constant / (half + math.sqrt(half**2 + constant))
