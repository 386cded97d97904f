"""What repetitions say together: centre and spread, censored times, trends, hidden covariates.

Records that ended before anything happened are never dropped: a mean of the rest would be too
early. They enter as right-censored times (Kaplan and Meier).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value

FEWEST_FOR_INTERVAL = 5
FEWEST_FOR_SD = 3
"""Repetitions from which on a standard deviation is worth giving; of two, their range is."""
_RESAMPLES = 4999
_Z = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval; NaN where it cannot be had."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The repetitions of one condition."""

    n: int
    """Repetitions with a number."""
    n_censored: int
    """Repetitions that ended before there was one; they count in `Survival` only."""
    median: float
    mad: float
    """Median absolute deviation from the median, not scaled."""
    mean: float
    sd: float
    """NaN for a single repetition; from fewer than `FEWEST_FOR_SD`, do not show it."""
    low: float
    high: float
    """The smallest and the largest."""
    centre: Value
    """The Hodges-Lehmann estimate: median of the means of all pairs."""
    interval: Interval
    """95 % of `centre`, bias-corrected and accelerated bootstrap; NaN below five repetitions."""


def summary(values: FloatArray, n_censored: int = 0, seed: int = 0) -> Summary:
    """Summarise the repetitions of one condition.

    Args:
        values: shape (n,); NaN for repetitions without a number.
        n_censored: how many of the missing ones are censored, for the record.
        seed: of the bootstrap; the same data and seed give the same interval. The order of the
            repetitions does not matter.
    """
    v = np.sort(values[np.isfinite(values)])
    if v.size == 0:
        nan = math.nan
        none = Value.none(Status.NOT_MEASURED)
        return Summary(0, n_censored, nan, nan, nan, nan, nan, nan, none, Interval(nan, nan))
    interval, error = _bootstrap(v, seed)
    centre = float(hodges_lehmann(v))
    median = float(np.median(v))
    return Summary(
        n=v.size,
        n_censored=n_censored,
        median=median,
        mad=float(np.median(np.abs(v - median))),
        mean=float(v.mean()),
        sd=float(v.std(ddof=1)) if v.size > 1 else math.nan,
        low=float(v[0]),
        high=float(v[-1]),
        centre=Value.of(centre, error),
        interval=interval,
    )


def hodges_lehmann(values: FloatArray, axis: int = -1) -> FloatArray:
    """Median of the means of all pairs, each value with itself included.

    As robust as a trimmed mean, and 95 % as efficient as the mean if the noise is normal.
    """
    v = np.moveaxis(values, axis, -1)
    i, j = np.triu_indices(v.shape[-1])
    centre: FloatArray = np.median(0.5 * v[..., i] + 0.5 * v[..., j], axis=-1)
    return centre


def _bootstrap(v: FloatArray, seed: int) -> tuple[Interval, float]:
    """Interval (BCa; Efron, J. Am. Stat. Assoc. 82 (1987) 171) and standard error.

    Not `scipy.stats.bootstrap`: it divides zero by zero for samples of mostly equal values,
    which quantised data are.
    """
    n = v.size
    if n < FEWEST_FOR_INTERVAL:
        return Interval(math.nan, math.nan), math.nan
    rng = np.random.default_rng(seed)
    # Pairs grow with the square of n: batches keep the memory at some tens of megabytes.
    batch = max(1, int(4e6 / n**2))
    drawn = [
        hodges_lehmann(v[rng.integers(0, n, (min(batch, _RESAMPLES - done), n))])
        for done in range(0, _RESAMPLES, batch)
    ]
    b = np.concatenate(drawn)
    centre = hodges_lehmann(v)
    below = float(np.mean(b < centre) + 0.5 * np.mean(b == centre))
    z0 = float(scipy.special.ndtri(below)) if 0.0 < below < 1.0 else 0.0
    without = hodges_lehmann(np.stack([np.delete(v, k) for k in range(n)]))
    d = without.mean() - without
    largest = float(np.max(np.abs(d)))
    # In units of the largest, because the third power of a small number is zero.
    d = d / largest if largest > 0.0 else d
    skew = float(np.sum(d**3) / (6.0 * float(d @ d) ** 1.5)) if largest > 0.0 else 0.0
    z = z0 + np.array([-_Z, _Z])
    low, high = np.quantile(b, scipy.special.ndtr(z0 + z / (1.0 - skew * z)))
    return Interval(float(low), float(high)), float(b.std(ddof=1))


# -------------------------------------------------------------------------- censored times


@dataclass(frozen=True, slots=True)
class Survival:
    """Times to an event when some records ended before it (Kaplan and Meier)."""

    n: int
    n_censored: int
    median: Value
    """Time at which half had happened; absent if fewer did before the records ended."""
    interval: Interval
    """95 % of the median (Brookmeyer and Crowley, log-log); infinite where it is open."""
    restricted_mean: Value
    """Mean time, each counted up to `horizon` at most; Greenwood's error."""
    horizon: float
    """Use one horizon for all conditions that are to be compared."""


def survival(times: FloatArray, censored: BoolArray, horizon: float | None = None) -> Survival:
    """Estimate median and restricted mean of times, or charges, of which some are censored.

    Args:
        times: shape (n,), when it happened, or when the record ended without it. NaN is left out.
        censored: shape (n,), True for those.
        horizon: up to where the mean counts; the longest record if None.
    """
    known = np.isfinite(times)
    t, late = times[known], censored[known]
    nowhere = Interval(math.nan, math.inf)
    if t.size == 0:
        none = Value.none(Status.NOT_MEASURED)
        return Survival(0, 0, none, nowhere, none, math.nan)
    limit = float(t.max()) if horizon is None else horizon
    n, n_late = t.size, int(late.sum())
    if n_late == n:
        none = Value.none(Status.NOT_REACHED)
        return Survival(n, n_late, none, nowhere, none, limit)
    curve = _kaplan_meier(t, late)
    low, high = (_half_time(curve.moment, bound) for bound in curve.bounds())
    middle = _half_time(curve.moment, curve.surviving)
    median = (
        Value.of(middle, (high - low) / (2.0 * _Z))
        if math.isfinite(middle)
        else Value.none(Status.NOT_REACHED)
    )
    last = float(t.max())
    if limit > last and late[t == last].any():
        mean = Value.none(Status.NOT_REACHED)  # nobody looked that long
    else:
        mean = curve.mean_up_to(limit)
    return Survival(n, n_late, median, Interval(low, high), mean, limit)


@dataclass(frozen=True, slots=True)
class _Curve:
    """The product-limit estimate: what is left after each moment at which something happened."""

    moment: FloatArray
    surviving: FloatArray
    hazard_variance: FloatArray
    """Greenwood's term of each moment, d / (n (n - d)); infinite when nobody is left."""

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Return 95 % bounds of `surviving`, through log(-log), so that they stay in [0, 1]."""
        inside = self.surviving > 0.0
        log = np.log(self.surviving[inside])
        width = np.zeros(self.surviving.size)
        width[inside] = _Z * np.sqrt(np.cumsum(self.hazard_variance)[inside]) / np.abs(log)
        low, high = np.zeros_like(width), np.zeros_like(width)
        low[inside] = np.exp(log * np.exp(width[inside]))
        high[inside] = np.exp(log * np.exp(-width[inside]))
        # When nobody is left the formula has no bounds; the last known upper one stands.
        high[~inside] = high[inside][-1] if inside.any() else 1.0
        return low, high

    def mean_up_to(self, limit: float) -> Value:
        """Area under the curve up to `limit`, with Greenwood's error."""
        counts = self.moment <= limit
        step = np.concatenate([[1.0], self.surviving[counts]])
        area = step * np.diff(np.concatenate([[0.0], self.moment[counts], [limit]]))
        beyond = np.cumsum(area[::-1])[::-1][1:]
        some = beyond > 0.0
        variance = float(np.sum(beyond[some] ** 2 * self.hazard_variance[counts][some]))
        return Value.of(float(area.sum()), math.sqrt(variance))


def _kaplan_meier(t: FloatArray, late: BoolArray) -> _Curve:
    moment, happened = np.unique(t[~late], return_counts=True)
    at_risk = t.size - np.searchsorted(np.sort(t), moment)
    left = at_risk - happened
    variance = np.divide(
        happened, at_risk * left, out=np.full(moment.size, math.inf), where=left > 0
    )
    surviving: FloatArray = np.cumprod(left / at_risk, dtype=np.float64)
    return _Curve(moment, surviving, variance)


def _half_time(moment: FloatArray, probability: FloatArray) -> float:
    """First time at which a falling probability is at or below one half."""
    below = probability <= 0.5 + 1e-12
    return float(moment[np.argmax(below)]) if below.any() else math.inf


# --------------------------------------------------------------------------------- trends


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line that outliers do not bend (Theil and Sen)."""

    slope: Value
    interval: Interval
    """95 % of the slope."""
    intercept: float
    n: int


def trend(x: FloatArray, y: FloatArray) -> Trend:
    """Fit y against x by the median of the slopes of all pairs; rows with NaN are left out.

    For the nucleation potential against current density, x is log10 |j|: the slope is then in
    volts a decade.
    """
    keep = np.isfinite(x) & np.isfinite(y)
    a, b = x[keep], y[keep]
    nan = Interval(math.nan, math.nan)
    if a.size < 3:
        return Trend(Value.none(Status.TOO_FEW), nan, math.nan, a.size)
    if np.ptp(a) == 0.0:
        return Trend(Value.none(Status.UNDEFINED), nan, math.nan, a.size)
    fit = scipy.stats.theilslopes(b, a)
    low, high = float(fit.low_slope), float(fit.high_slope)
    slope = Value.of(float(fit.slope), (high - low) / (2.0 * _Z))
    return Trend(slope, Interval(low, high), float(fit.intercept), a.size)


def power_law(x: FloatArray, y: FloatArray) -> Trend:
    """Fit y = c x^m robustly; the slope is m, the intercept ln c.

    Rows with a value that is not positive have no logarithm and are left out; `n` tells how many
    stayed.
    """
    positive = (x > 0.0) & (y > 0.0)
    return trend(np.log(x[positive]), np.log(y[positive]))


# ------------------------------------------------------------------------------------- R2


def r_squared_interval(r2: float, n: int, k: int = 1) -> tuple[Interval, Interval]:
    """95 % confidence intervals of a coefficient of determination, by two formulas.

    The first is symmetric, R2 +- t sqrt(4 R2 (1-R2)^2 (n-k-1)^2 / ((n^2-1)(n+3))) (Olkin and
    Finn, Psychol. Bull. 118 (1995) 155; Cohen et al. 2003): common, and free to leave [0, 1].
    The second transforms R = sqrt(R2) by Fisher's z, is meant for one predictor, and stays
    inside [0, 1].

    Args:
        r2: coefficient of determination.
        n: number of points.
        k: number of predictors.
    """
    nan = Interval(math.nan, math.nan)
    if not 0.0 <= r2 <= 1.0 or n - k - 1 < 1:
        return nan, nan
    error = math.sqrt(4.0 * r2 * (1.0 - r2) ** 2 * (n - k - 1) ** 2 / ((n**2 - 1) * (n + 3)))
    half = float(scipy.special.stdtrit(n - k - 1, 0.975)) * error
    symmetric = Interval(r2 - half, r2 + half)
    if n < 4:
        return symmetric, nan
    if r2 == 1.0:
        return symmetric, Interval(1.0, 1.0)
    z, width = math.atanh(math.sqrt(r2)), _Z / math.sqrt(n - 3)
    return symmetric, Interval(math.tanh(max(z - width, 0.0)) ** 2, math.tanh(z + width) ** 2)


# ------------------------------------------------------------------------------ covariates


@dataclass(frozen=True, slots=True)
class Covariate:
    """How a feature goes with something that should not matter."""

    name: str
    rho: float
    """Spearman's rank correlation."""
    p: float
    """Chance of one at least as large if there is none, one test."""
    p_of_all: float
    """The same, corrected for all the tests made together (Holm)."""
    suspicious: bool
    """`p_of_all` is below the limit."""


def covariates(
    feature: FloatArray,
    against: Mapping[str, FloatArray],
    condition: npt.NDArray[np.generic] | None = None,
    limit: float = 0.05,
) -> tuple[Covariate, ...]:
    """Test whether a feature goes with run order, position or the like; one result for each.

    The median of each condition is subtracted first, so that what was varied on purpose does not
    count. The number of tests is the length of the result.

    Args:
        feature: shape (n,); NaN is left out.
        against: name to shape (n,), such as run order, x, y.
        condition: shape (n,), a label for each site; one condition if None.
        limit: of the corrected probability.
    """
    rest = feature.astype(float)
    for label in np.unique(condition) if condition is not None else ():
        mine = condition == label
        finite = rest[mine & np.isfinite(rest)]
        rest[mine] -= np.median(finite) if finite.size else 0.0
    found = {name: _spearman(rest, np.asarray(x, float)) for name, x in against.items()}
    tested = sorted((p, name) for name, (_, p) in found.items() if math.isfinite(p))
    corrected, worst = {}, 0.0
    for rank, (p, name) in enumerate(tested):
        worst = max(worst, min(1.0, p * (len(tested) - rank)))
        corrected[name] = worst
    return tuple(
        Covariate(name, rho, p, corrected.get(name, math.nan), corrected.get(name, 1.0) < limit)
        for name, (rho, p) in found.items()
    )


def _spearman(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    keep = np.isfinite(a) & np.isfinite(b)
    a, b = a[keep], b[keep]
    if a.size < FEWEST_FOR_INTERVAL or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan, math.nan
    result = scipy.stats.spearmanr(a, b)
    return float(result.statistic), float(result.pvalue)
