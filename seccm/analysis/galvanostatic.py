"""Nucleation read from a galvanostatic record: potential, time, charge, growth potential.

Under a constant cathodic current the potential falls while the surface charges, reacts and
alloys, turns round when the first nuclei relieve it, and recovers towards the potential of
growth. The turning point is the nucleation potential. Two mistakes are easy here. The lowest
sample of the record is not the turning point: at high current the electrolyte runs out later
and the potential falls below it again. And the recovery can be as small as 25 mV, so that a
search for a prominent minimum misses it. What decides is the recovery alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.signal import savgol_coeffs

from seccm.analysis.result import Status, Value

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_FEWEST_ROWS = 28  # four of the narrowest smoothing windows


@dataclass(frozen=True, slots=True)
class NucleationRule:
    """The choices behind a nucleation analysis; store them beside its results."""

    start_below: float = 1.5
    """Volts. The record starts at the first row below: before it the galvanostat is in overload."""
    search_below: float = 0.25
    """Volts. Where the search for the minimum begins."""
    least_recovery: float = 2e-3
    """Volts by which the smoothed potential must rise again, at least."""
    significance: float = 8.0
    """The same in standard deviations of the smoothed potential; the larger one counts.

    On a record that ends flat, the largest of many independent rises is itself 5 sigma: 5 here
    finds a minimum in every second such record, 7 in one of a hundred, 8 in one of thousands.
    """
    smoothing: float = 0.03
    """Width of the smoothing window as a fraction of the rows looked at."""
    refinement: float = 0.09
    """Half width of the fit around the minimum as a fraction of the time since contact."""
    level: float = 5e-3
    """Volts per e-fold of time: a record that ends flatter than this is called level."""


@dataclass(frozen=True, slots=True)
class Nucleation:
    """What one galvanostatic record says about nucleation."""

    e_nuc: Value
    """V, the potential at the minimum; its error leaves out that of the reference electrode."""
    t_nuc: Value
    """s from contact; the error includes the one row by which the contact is uncertain."""
    q_nuc: Value
    """C that passed from contact to the minimum, cathodic charge positive."""
    q_nuc_per_area: Value
    """C/m2 on the area that was given."""
    e_growth: Value
    """V, the potential of growth; the status tells how it was taken."""
    overpotential: Value
    """V, growth potential minus nucleation potential: free of the reference electrode."""
    status: Status
    """The verdict on the minimum."""
    growth_slope: float
    """V per e-fold of time over the last tenth of the record."""
    t_end: float
    """s, the end of the usable record: nucleation came later if there was no minimum."""
    q_end: float
    """C, cathodic charge up to there."""
    e_lowest: float
    """V, the lowest smoothed potential, wherever it was."""
    noise: float
    """V, standard deviation of one row."""


def charge(t: FloatArray, current: FloatArray) -> FloatArray:
    """Add up the charge that has passed, row by row.

    Args:
        t: shape (n,), s, increasing.
        current: shape (n,), A, anodic positive.

    Returns:
        Shape (n,), C, zero at the first row; the trapezoidal rule.
    """
    q = np.zeros(t.size)
    np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(t), out=q[1:])
    return q


def noise(y: FloatArray) -> float:
    """Estimate the standard deviation of one row of a slowly changing signal.

    From the scatter of the differences of neighbours, so that neither a slope nor a few steps
    count as noise. White noise is assumed: hum and slow wander are underestimated.
    """
    if y.size < 3:
        return math.nan
    # Four thousand differences fix the median to 2 %; more would only cost time in a live run.
    step = max(1, (y.size - 1) // 4096)
    d = y[1::step] - y[:-1:step]
    return float(1.4826 * np.median(np.abs(d - np.median(d))) / math.sqrt(2.0))


def nucleation(
    t: FloatArray,
    potential: FloatArray,
    current: FloatArray,
    area: float = math.nan,
    area_error: float = 0.0,
    overload: BoolArray | None = None,
    rule: NucleationRule | None = None,
) -> Nucleation:
    """Find where the potential of a galvanostatic record turns round, and what follows.

    A Savitzky-Golay smoothed record (order 2) is walked forward from the first value below
    `rule.search_below`; the running minimum is accepted as soon as the record has recovered from
    it by `max(least_recovery, significance * sigma)`. The walk is done on the first 1/4^k of the
    record, for falling k, each with a window in proportion: one window for all would wipe out
    an early minimum of a long record. The first accepted minimum is then refined on the raw
    rows by a polynomial of degree five, because the minimum is lopsided: a parabola of the
    same width is biased by tens of milliseconds.

    Whatever the input, nothing is raised for it; the status says what was wrong.

    Args:
        t: shape (n,), s since the contact row, increasing; rows before 0 are ignored.
        potential: shape (n,), V. Rows that are not finite are left out.
        current: shape (n,), A, as measured, cathodic negative.
        area: m2, for the charge per area; NaN if unknown.
        area_error: m2, its standard uncertainty.
        overload: shape (n,), rows at which the instrument reported an overload. The record ends
            at the first one after its start.
        rule: thresholds and widths; the defaults if None.
    """
    rule = rule or NucleationRule()
    record = _usable(t, potential, current, overload, rule)
    if isinstance(record, Status):
        return _nothing(record)
    found, whole, multiple = _search(record, rule)
    if found is None:
        status = record.reason or (
            Status.NO_MINIMUM
            if np.min(whole.value) < rule.search_below
            else Status.NEVER_BELOW_WINDOW
        )
        return _nothing(status, record, float(np.min(whole.value)))
    vertex = _vertex(record, found, rule)
    status = Status.EDGE if vertex.at_edge else Status.MULTIPLE if multiple else Status.OK
    e_nuc = Value.of(vertex.e, vertex.e_error, status)
    t_nuc = Value.of(vertex.t, math.hypot(vertex.t_error, record.row / math.sqrt(3.0)), status)
    q_nuc = _charge_until(record, t_nuc)
    growth, slope = _growth(record, whole, vertex.t, rule)
    return Nucleation(
        e_nuc=e_nuc,
        t_nuc=t_nuc,
        q_nuc=q_nuc,
        q_nuc_per_area=_per_area(q_nuc, area, area_error),
        e_growth=growth,
        overpotential=_difference(growth, e_nuc),
        status=status,
        growth_slope=slope,
        t_end=float(record.t[-1]),
        q_end=-float(record.q[-1]),
        e_lowest=float(np.min(whole.value)),
        noise=record.noise,
    )


# ------------------------------------------------------------------------------ the record


@dataclass(frozen=True, slots=True)
class _Record:
    """The usable rows: from the first one out of overload to the end or the next overload."""

    t: FloatArray
    e: FloatArray
    i: FloatArray
    q: FloatArray
    """C since contact, anodic positive."""
    row: float
    """s from row to row."""
    noise: float
    """V, of one row."""
    reason: Status | None
    """Why the record ended early, if it did."""


def _usable(
    t: FloatArray,
    e: FloatArray,
    i: FloatArray,
    overload: BoolArray | None,
    rule: NucleationRule,
) -> _Record | Status:
    """Cut the record to its usable rows, or say why there are none."""
    keep = np.isfinite(t) & np.isfinite(e) & np.isfinite(i) & (t >= 0.0)
    if not keep.any():
        return Status.NOT_MEASURED
    t, e, i = t[keep], e[keep], i[keep]
    over = np.zeros(t.size, bool) if overload is None else np.asarray(overload, bool)[keep]
    ready = (e < rule.start_below) & ~over
    if not ready.any():
        return Status.OVERLOAD if over.any() else Status.NEVER_BELOW_WINDOW
    first = int(np.argmax(ready))
    last = first + int(np.argmax(over[first:])) if over[first:].any() else t.size
    reason = Status.OVERLOAD if last < t.size else None
    if last - first < _FEWEST_ROWS:
        return reason or Status.TOO_SHORT
    q = charge(t, i)[first:last]
    t, e, i = t[first:last], e[first:last], i[first:last]
    row = float(np.median(np.diff(t)))
    if not row > 0.0:
        return Status.UNDEFINED
    return _Record(t, e, i, q, row, noise(e), reason)


def _nothing(
    status: Status,
    record: _Record | None = None,
    e_lowest: float = math.nan,
) -> Nucleation:
    """Report a record without a minimum; how long it lasted is kept as censoring."""
    none = Value.none(status)
    return Nucleation(
        e_nuc=none,
        t_nuc=none,
        q_nuc=none,
        q_nuc_per_area=none,
        e_growth=none,
        overpotential=none,
        status=status,
        growth_slope=math.nan,
        t_end=float(record.t[-1]) if record else math.nan,
        q_end=-float(record.q[-1]) if record else math.nan,
        e_lowest=e_lowest,
        noise=record.noise if record else math.nan,
    )


# ------------------------------------------------------------------------------ the search


@dataclass(frozen=True, slots=True)
class _Smooth:
    """A smoothed record without the half windows at its ends."""

    value: FloatArray
    row: FloatArray
    """Rows of the record at which the values stand (halves are possible)."""
    sigma: float
    """Standard deviation of a value."""
    half: float
    """Half the smoothing window, rows."""


@dataclass(frozen=True, slots=True)
class _Found:
    row: int
    half: float


@lru_cache(maxsize=64)
def _kernel(width: int) -> FloatArray:
    """Weights of the Savitzky-Golay mean of order 2; symmetric."""
    weights: FloatArray = savgol_coeffs(width, 2)
    weights.flags.writeable = False
    return weights


def _smooth(e: FloatArray, sigma: float, fraction: float) -> _Smooth:
    """Smooth `e` over `fraction` of its length, at least 7 rows, at most a quarter."""
    width = min(max(7, int(fraction * e.size)), e.size // 4) | 1
    # Wide windows work on means of a few rows: the same curve for a hundredth of the time.
    merge = max(1, width // 48)
    n = e.size // merge
    mean: FloatArray = e[: n * merge].reshape(n, merge).mean(axis=1)
    weights = _kernel((width // merge) | 1)
    half = weights.size // 2
    value: FloatArray = np.convolve(mean, weights, "valid")
    row = (np.arange(value.size, dtype=np.float64) + half) * merge + 0.5 * (merge - 1)
    spread = sigma * math.sqrt(float(weights @ weights) / merge)
    return _Smooth(value, row, spread, half * merge)


def _stages(n: int) -> Iterator[int]:
    """Lengths to look at, short ones first: n, n/4, n/16 ... while a window fills a stage."""
    lengths = [n]
    while lengths[-1] // 4 > 240:
        lengths.append(lengths[-1] // 4)
    yield from reversed(lengths)


def _search(record: _Record, rule: NucleationRule) -> tuple[_Found | None, _Smooth, bool]:
    """Find the first minimum; also return the smoothed whole and whether another one follows."""
    found: _Found | None = None
    for n in _stages(record.e.size):
        smooth = _smooth(record.e[:n], record.noise, rule.smoothing)
        if found is None:
            hit = _first_minimum(smooth, rule, 0)
            if hit is not None:
                found = _Found(round(float(smooth.row[hit[0]])), smooth.half)
                recovered = float(smooth.row[hit[1]])
    if found is None:
        return None, smooth, False
    return found, smooth, _another(smooth, recovered, rule)


def _threshold(smooth: _Smooth, rule: NucleationRule) -> float:
    return max(rule.least_recovery, rule.significance * smooth.sigma)


def _first_minimum(smooth: _Smooth, rule: NucleationRule, start: int) -> tuple[int, int] | None:
    """Walk forward from `start`: indices of the first minimum and of its recovery."""
    low = smooth.value[start:] < rule.search_below
    if not low.any():
        return None
    start += int(np.argmax(low))
    e = smooth.value[start:]
    recovered = e - np.minimum.accumulate(e) > _threshold(smooth, rule)
    if not recovered.any():
        return None
    end = int(np.argmax(recovered))
    return start + int(np.argmin(e[: end + 1])), start + end


def _another(smooth: _Smooth, row: float, rule: NucleationRule) -> bool:
    """Tell whether the record falls and recovers once more after `row`."""
    start = int(np.searchsorted(smooth.row, row + smooth.half))
    e = smooth.value[start:]
    fallen = np.maximum.accumulate(e) - e > _threshold(smooth, rule)
    if not fallen.any():
        return False
    return _first_minimum(smooth, rule, start + int(np.argmax(fallen))) is not None


# -------------------------------------------------------------------------- the refinement


@dataclass(frozen=True, slots=True)
class _Vertex:
    t: float
    t_error: float
    e: float
    e_error: float
    at_edge: bool


def _vertex(record: _Record, found: _Found, rule: NucleationRule) -> _Vertex:
    """Refine the minimum on the raw rows around it, moving the fit until it sits in the middle."""
    n, centre = record.e.size, found.row
    vertex: _Vertex | None = None
    for _ in range(3):
        since_contact = record.t[centre] / record.row
        wish = max(8, round(rule.refinement * since_contact))
        half = min(wish, centre, n - 1 - centre)
        if half < 5:
            break
        vertex = (
            _agreed(_fit(record, centre, half), _fit(record, centre, (3 * half) // 5)) or vertex
        )
        if vertex is None or abs(vertex.t - record.t[centre]) < 0.2 * half * record.row:
            break
        moved = int(np.clip(np.searchsorted(record.t, vertex.t), 0, n - 1))
        if moved == centre:
            break
        centre = moved
    if vertex is None:
        e, t = float(record.e[found.row]), float(record.t[found.row])
        return _Vertex(t, found.half * record.row, e, record.noise, at_edge=True)
    at_edge = not found.half <= found.row <= n - 1 - found.half or half < min(wish, 8)
    return _Vertex(vertex.t, vertex.t_error, vertex.e, vertex.e_error, at_edge)


def _agreed(wide: _Vertex | None, narrow: _Vertex | None) -> _Vertex | None:
    """Prefer the wide fit for its precision, unless the narrow one shows that it is biased."""
    if wide is None or narrow is None:
        return wide
    return wide if abs(wide.t - narrow.t) < 2.0 * narrow.t_error else narrow


def _fit(record: _Record, centre: int, half: int) -> _Vertex | None:
    """Fit a polynomial around `centre` and take its lowest turning point, if it has one.

    Errors come from the covariance of the fit, widened by sqrt((1+r)/(1-r)) for the correlation
    r of neighbouring residuals: what the polynomial cannot follow is not white noise.
    """
    rows = slice(centre - half, centre + half + 1)
    t0 = record.t[centre]
    span = max(t0 - record.t[rows][0], record.t[rows][-1] - t0)
    x, y = (record.t[rows] - t0) / span, record.e[rows]
    y0 = float(y.mean())  # an offset must come out as exactly that, whatever its size
    for degree in (5, 3, 2):
        if x.size < 4 * degree - 1:
            continue
        basis = np.vander(x, degree + 1)
        normal = np.linalg.inv(basis.T @ basis)
        c = normal @ (basis.T @ (y - y0))
        v = _turning_point(c)
        if v is None:
            continue
        residual = y - y0 - basis @ c
        variance = float(residual @ residual) / (x.size - degree - 1) * _widening(residual)
        powers = np.arange(degree, -1, -1)
        value_at = v**powers
        slope_at = powers * v ** np.maximum(powers - 1, 0)
        curvature = float(np.polyval(np.polyder(c, 2), v))
        return _Vertex(
            t=float(t0 + v * span),
            t_error=math.sqrt(variance * float(slope_at @ normal @ slope_at)) / curvature * span,
            e=float(value_at @ c) + y0,
            e_error=math.sqrt(variance * float(value_at @ normal @ value_at)),
            at_edge=False,
        )
    return None


def _turning_point(c: FloatArray) -> float | None:
    """Find the lowest minimum of a polynomial (highest power first) inside of [-0.7, 0.7]."""
    slope = np.polyder(c)
    roots = np.roots(slope)
    real = roots[np.abs(roots.imag) < 1e-9].real
    real = real[(np.abs(real) < 0.7) & (np.polyval(np.polyder(slope), real) > 0.0)]
    if real.size == 0:
        return None
    return float(real[np.argmin(np.polyval(c, real))])


def _widening(residual: FloatArray) -> float:
    """Factor on the variance of a fitted value for residuals that resemble their neighbours."""
    power = float(residual @ residual)
    if power == 0.0:
        return 1.0
    r = min(max(float(residual[1:] @ residual[:-1]) / power, 0.0), 0.95)
    return (1.0 + r) / (1.0 - r)


# ------------------------------------------------------------------------ what follows from it


def _charge_until(record: _Record, t: Value) -> Value:
    """Cathodic charge from contact to `t`, positive."""
    i = float(np.interp(t.value, record.t, record.i))
    rows = t.value / record.row
    scatter = noise(record.i) * record.row * math.sqrt(max(rows, 0.0))
    q = -float(np.interp(t.value, record.t, record.q))
    return Value.of(q, math.hypot(abs(i) * t.error, scatter), t.status)


def _per_area(q: Value, area: float, area_error: float) -> Value:
    """Divide by the area; NaN if the area is not known."""
    if not (q.status.has_value and area > 0.0):
        return Value.none(Status.NOT_MEASURED if q.status.has_value else q.status)
    error = math.hypot(q.error / area, q.value * area_error / area**2)
    return Value.of(q.value / area, error, q.status)


def _growth(
    record: _Record, whole: _Smooth, t_nuc: float, rule: NucleationRule
) -> tuple[Value, float]:
    """Take the growth potential after `t_nuc`: a hump if there is one, else the record's end."""
    slope, slope_error = _end_slope(record)
    after = whole.row > np.searchsorted(record.t, t_nuc)
    e, row = whole.value[after], whole.row[after]
    if e.size > 2:
        top = int(np.argmax(e))
        hump = e[top] - np.min(e[top:]) > _threshold(whole, rule)
        if hump and top > 0 and row[top] < 0.95 * record.e.size:
            return Value.of(e[top], whole.sigma, Status.LOCAL_MAX), slope
    n = min(max(5, record.e.size // 10), int(np.sum(record.t > t_nuc)))
    if n < 5:
        return Value.none(Status.TOO_SHORT), slope
    last = record.e[-n:]
    status = Status.END
    if math.isfinite(slope_error) and slope_error < rule.level:
        status = Status.PLATEAU if abs(slope) < rule.level else Status.DRIFTING
    error = 1.2533 * record.noise / math.sqrt(n)  # of a median
    return Value.of(float(np.median(last)), error, status), slope


def _end_slope(record: _Record) -> tuple[float, float]:
    """Slope of the last tenth against the logarithm of time, V per e-fold, and its error."""
    n = max(5, record.e.size // 10)
    x, y = np.log(np.maximum(record.t[-n:], record.row)), record.e[-n:]
    x = x - x.mean()
    spread = float(x @ x)
    if spread == 0.0:
        return math.nan, math.nan
    slope = float(x @ y) / spread
    return slope, record.noise / math.sqrt(spread)


def _difference(a: Value, b: Value) -> Value:
    """Subtract b from a; the worse status of the two stands."""
    status = max(a.status, b.status)
    if not status.has_value:
        return Value.none(status)
    return Value.of(a.value - b.value, math.hypot(a.error, b.error), status)
