"""How much two pictures of one place have in common, pixel by pixel.

Neighbouring pixels are alike: of N pixels far fewer are independent. With the autocorrelations of
both pictures the variance of a correlation of pictures that have nothing in common is
`sum(n(h) rho_x(h) rho_y(h)) / N^2` over all distances h, of which n(h) pairs are in the region
(P. Clifford, S. Richardson and D. Hemon, Biometrics 45 (1989) 123); `1 + 1 / variance` is the
number of independent places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.imaging.shades import of_one_shade

FEWEST = 10.0
"""Independent places below which a correlation says nothing."""
_DRAWS = 24
"""Times that the transform is drawn again within its uncertainty."""
_FAR = 0.5
"""Of the region's width: distances beyond which few pairs say nothing of how alike pixels are."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Of two pictures. NaN stands where there is none."""

    r: float
    """Pearson's coefficient over the pixels of the region."""
    low: float
    """Of its 95 % interval, by the number of independent places."""
    high: float
    ranks: float
    """Spearman's coefficient: that of the ranks, which asks for no straight line."""
    independent: float
    """Number of independent places."""
    pixels: int
    area: float
    """m^2."""
    by_transform: float
    """Standard deviation of r by the uncertainty of the transform; NaN where that is not asked."""


def correlation(
    first: FloatArray, second: FloatArray, pixel: float,
    redrawn: Callable[[np.random.Generator], FloatArray] | None = None,
) -> Correlation:  # fmt: skip
    """Correlate two pictures.

    Args:
        first: shape (rows, columns); NaN is not known, or outside of the region.
        second: the same.
        pixel: metres.
        redrawn: returns the second picture by a transform that is drawn within its uncertainty.
    """
    both = np.isfinite(first) & np.isfinite(second)
    count, area = int(both.sum()), float(both.sum()) * pixel**2
    nan = math.nan
    nothing = Correlation(nan, nan, nan, nan, nan, count, area, nan)
    if count < FEWEST:
        return nothing
    r = _r(first[both], second[both])
    if not math.isfinite(r):
        return nothing
    independent = independent_places(first, second, both)
    if independent < FEWEST:
        return Correlation(r, math.nan, math.nan, math.nan, independent, count, area, math.nan)
    z, half = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12)), 1.96 / math.sqrt(independent - 3)
    low, high = math.tanh(z - half), math.tanh(z + half)
    ranks = _r(scipy.stats.rankdata(first[both]), scipy.stats.rankdata(second[both]))
    spread = math.nan
    if redrawn is not None:
        rng = np.random.default_rng(0)
        again = []
        for _ in range(_DRAWS):
            other = redrawn(rng)
            there = both & np.isfinite(other)
            again.append(_r(first[there], other[there]))
        spread = float(np.nanstd(again, ddof=1))
    return Correlation(r, low, high, ranks, independent, count, area, spread)


def independent_places(
    first: FloatArray, second: FloatArray, region: npt.NDArray[np.bool_]
) -> float:
    """Return the number of places of a region that are independent, as far as both pictures say.

    Args:
        first: shape (rows, columns).
        second: the same.
        region: the same, True where both are known.
    """
    count = float(region.sum())
    shape = [scipy.fft.next_fast_len(2 * n) for n in region.shape]
    pairs = _auto(region.astype(float), shape)
    alike = []
    for image in (first, second):
        values = np.where(region, image - image[region].mean(), 0.0)
        variance = float((values**2).sum()) / count
        with np.errstate(invalid="ignore", divide="ignore"):
            alike.append(np.where(pairs > 0.5, _auto(values, shape) / pairs, 0.0) / variance)
    rows, columns = (np.minimum(np.arange(n), n - np.arange(n)) for n in shape)
    far = np.hypot(rows[:, None], columns[None]) > _FAR * 2 * math.sqrt(count / math.pi)
    total = float(np.where(far, 0.0, pairs * alike[0] * alike[1]).sum())
    # Noise may make the sum too small, but there are never more places than pixels.
    return min(count, 1 + count**2 / max(total, count))


def _auto(values: FloatArray, shape: list[int]) -> FloatArray:
    spectrum = scipy.fft.rfft2(values, shape)
    return np.asarray(scipy.fft.irfft2(np.abs(spectrum) ** 2, shape), np.float64)


def _r(first: FloatArray, second: FloatArray) -> float:
    """Return Pearson's coefficient; NaN where one does not change."""
    if first.size < 2:
        return math.nan
    a, b = first - first.mean(), second - second.mean()
    size = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    if not size > 0 or of_one_shade(first) or of_one_shade(second):
        return math.nan
    return float((a * b).sum()) / size
