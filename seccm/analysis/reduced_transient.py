"""Current transients of nuclei that grow under planar diffusion: instantaneous or progressive.

Nuclei that appear at once (instantaneous) or one after the other (progressive) give transients of
different shape, if current and time are divided by those of the maximum. Between these limits lies
one family of curves, with the product of the rate of nucleation and the time of the maximum.

Sources: B. Scharifker, G. Hills, Electrochim. Acta 28 (1983) 879, for the limits; L. Heerman,
A. Tarallo, J. Electroanal. Chem. 470 (1999) 70, for the general form:

    i ~ t^-1/2 (Phi / Theta) (1 - exp(-k t Theta)),
    Theta = 1 - (1 - exp(-A t)) / (A t),    Phi = 1 - dawson(sqrt(A t)) / sqrt(A t).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.results import Status, Value

_LONGEST = 6.0
"""Times of the maximum up to which the family is tabulated and a record is compared."""
_POINTS = 1500
_LEVELS = 21
"""Members of the family that a record is compared with."""
HALF = 0.5
"""Share of the time of the maximum at which a current says of which shape its transient is: there
the family runs from one limit to the other without turning back."""
_FOLLOWED = 0.03
"""Share of the maximum by which the best member may miss a record."""
_PARALLEL = 0.1
"""Share of the maximum that a constant current beside the nuclei may have."""
_LONG = 3.0
"""Times of the maximum from which on a record shows how its current goes on."""
_LEAST = 0.02
"""Least uncertainty of a shape: of the table, and of the assumptions."""
_MOST_ROWS = 400
_DECIDED = 1.0 / 3.0
"""Standard uncertainty beyond which both limits lie within three of it."""
_FASTEST, _SLOWEST = 1e-9, 1e-11
"""Diffusivities of ions in liquids, m2/s."""
_PLANAR = 0.1
"""Share of (radius of the footprint)^2 / D up to which diffusion to it is planar."""


@dataclass(frozen=True, slots=True)
class Peaked:
    """A transient with a maximum, growing currents positive."""

    t: FloatArray
    """s since the step began."""
    i: FloatArray
    """A."""
    noise: float
    """A, standard deviation of a row."""
    t_max: float
    i_max: float
    since: float
    """s, from when on the nuclei carry the current."""
    t_onset: float = 0.0
    """s, when the current is least before the maximum; 0 if nothing dies away before."""


def general(x: FloatArray, a: float) -> FloatArray:
    """Return the general form, not scaled.

    Args:
        x: k t > 0, any shape.
        a: A / k; infinite for instantaneous nucleation, 0 for the limit of progressive one, where
            x is (A k / 2)^1/2 t.
    """
    if a == 0.0:
        progressive: FloatArray = 4.0 / 3.0 * x**-0.5 * -np.expm1(-(x**2))
        return progressive
    if math.isinf(a):
        instantaneous: FloatArray = x**-0.5 * -np.expm1(-x)
        return instantaneous
    at = a * x
    with np.errstate(under="ignore"):
        theta = np.where(at > 1e-4, 1.0 + np.expm1(-at) / at, at / 2 - at**2 / 6)
    root = np.sqrt(at)
    phi = np.where(at > 1e-4, 1.0 - scipy.special.dawsn(root) / root, 2 * at / 3 - 4 * at**2 / 15)
    form: FloatArray = x**-0.5 * phi / theta * -np.expm1(-x * theta)
    return form


def reduced(a: float, tau: FloatArray) -> FloatArray:
    """Return the current over its maximum at times over that of the maximum.

    Args:
        a: as in `general`.
        tau: larger than 0, any shape.
    """
    x, height = top(a)
    found: FloatArray = general(tau * x, a) / height
    return found


def top(a: float) -> tuple[float, float]:
    """Return where the general form has its maximum, and how high it is there."""
    # It lies between those of the limits, 1.2564 and a few units of (2 k / A)^1/2.
    wide = 1.0 if a == 0.0 or math.isinf(a) else max(1.0, math.sqrt(2.0 / a))
    x = np.geomspace(0.3, 6.0 * wide, 4000)
    near = int(np.argmax(general(x, a)))
    x = np.linspace(x[max(near - 1, 0)], x[min(near + 1, x.size - 1)], 2001)
    f = general(x, a)
    near = int(np.argmax(f))
    return float(x[near]), float(f[near])


@dataclass(frozen=True, slots=True)
class _Family:
    """Members of the family in equal steps of shape, from progressive to instantaneous."""

    shapes: FloatArray
    """Shape (levels,), from 0 to 1."""
    logs: FloatArray
    """ln(A / k) of each member, shape (levels,); infinite at both ends."""
    tau: FloatArray
    """Times over that of the maximum, shape (times,)."""
    curves: FloatArray
    """Currents over that of the maximum, shape (levels, times)."""
    slopes: FloatArray
    """Their derivatives by tau."""


@lru_cache(maxsize=1)
def _family() -> _Family:
    """Tabulate the family."""
    tau = np.linspace(0.0, _LONGEST, _POINTS)
    first = np.concatenate([[1e-6], tau[1:]])
    rates = np.concatenate([[0.0], np.geomspace(3e-3, 3e3, 400), [np.inf]])
    at_half = np.array([reduced(float(a), np.array([HALF]))[0] for a in rates])
    shape = (at_half - at_half[0]) / (at_half[-1] - at_half[0])
    wanted = np.linspace(0.0, 1.0, _LEVELS)
    # Rates that give equal steps in shape; the limits themselves at both ends.
    logs = np.interp(wanted[1:-1], shape[1:-1], np.log(rates[1:-1]))
    chosen = [0.0, *np.exp(logs).tolist(), math.inf]
    curves = np.array([reduced(a, first) for a in chosen])
    ends = np.concatenate([[-math.inf], logs, [math.inf]])
    return _Family(wanted, ends, tau, curves, np.gradient(curves, tau, axis=1))


@dataclass(frozen=True, slots=True)
class Compared:
    """How a transient compares with the family."""

    shape: Value
    """1 instantaneous, 0 progressive, or between; or why it is not known."""
    fits: tuple[Fit, ...] = ()
    """One for each member; none where the record cannot be compared."""

    def member(self, shape: float) -> float:
        """Return A / k of the member with a shape between the limits, of these exclusively."""
        family = _family()
        return math.exp(float(np.interp(shape, family.shapes[1:-1], family.logs[1:-1])))

    def maximum(self, shape: float) -> tuple[float, float]:
        """Return time and height of the maximum, s and A, if the transient has a shape."""
        values = [(fit.t_max, fit.height) for fit in self.fits]
        t_max, height = (float(np.interp(shape, _family().shapes, v)) for v in np.array(values).T)
        return t_max, height


def compared(record: Peaked, radius: float) -> Compared:
    """Tell of which shape a transient is: 1 instantaneous, 0 progressive, or between.

    That is, where its current at half the time of the maximum lies between those of the limits.

    The members of the family are fitted with free time and height of the maximum and a constant
    parallel current; the uncertainty is where the sum of squares has risen by that of one standard
    deviation, widened by what even the best member does not follow.

    Args:
        record: with its maximum.
        radius: of the footprint, m; NaN if unknown.

    Returns:
        Without a number, status `NOT_LIKE_MODEL` where no member follows the record, where the
        parallel current is above 10 %, and where diffusion of even the slowest ions is not planar;
        `NOT_DECIDED` where neither limit is excluded. With one, `NOT_PLANAR` where diffusion of
        fast ions would not be planar.
    """
    rows = (record.t >= record.since) & (record.t <= _LONGEST * 0.9 * record.t_max)
    if record.t_max > _PLANAR * radius**2 / _SLOWEST:
        return _unlike(Status.NOT_LIKE_MODEL)
    merge = max(1, int(rows.sum()) // _MOST_ROWS)
    count = int(rows.sum()) // merge
    if count < 12:
        return _unlike(Status.TOO_SHORT)
    t, y = (
        v[rows][: count * merge].reshape(count, merge).mean(axis=1) for v in (record.t, record.i)
    )
    family = _family()
    levels, tau, curves = family.shapes, family.tau, family.curves

    def fitted(y: FloatArray) -> list[Fit]:
        return [
            _fitted(t, y, tau, curve, slope, record.t_max)
            for curve, slope in zip(curves, family.slopes, strict=True)
        ]

    # Charging is what the nuclei of a first fit leave over before the onset.
    fits = fitted(y)
    best = int(np.argmin([fit.squares for fit in fits]))
    charging = _dying(record, fits[best], tau, curves[best])
    if charging > 0.0:
        fits = fitted(y - charging * np.sqrt(record.t_max / t))
    squares = np.array([fit.squares for fit in fits])
    best = int(np.argmin(squares))
    fit, variance = fits[best], record.noise**2 / merge
    # Squares of noise scatter themselves: only what is beyond three standard deviations was missed.
    beyond = fit.squares / count - variance * (1.0 + 3.0 * math.sqrt(2.0 / count))
    missed = math.sqrt(max(beyond, 0.0)) / fit.height if fit.height > 0.0 else math.inf
    beside = charging / math.sqrt(HALF) / record.i_max
    if missed > _FOLLOWED or beside > _PARALLEL:
        return _unlike(Status.NOT_LIKE_MODEL)
    if abs(fit.parallel) > _PARALLEL * fit.height:
        # Of a short record, a constant current and the shape cannot be told from one another.
        long = float(t[-1]) > _LONG * record.t_max
        return _unlike(Status.NOT_LIKE_MODEL if long else Status.NOT_DECIDED)
    variance = max(squares[best] / max(count - 4, 1), variance) * fit.widening
    middle, width = _lowest(levels, squares, best, variance)
    apart = float(abs(np.interp(HALF, tau, curves[-1]) - np.interp(HALF, tau, curves[0])))
    error = math.hypot(max(width, _LEAST), missed / apart, beside / apart)
    if error > _DECIDED:
        return _unlike(Status.NOT_DECIDED)
    planar = not record.t_max > _PLANAR * radius**2 / _FASTEST
    status = Status.OK if planar else Status.NOT_PLANAR
    return Compared(Value.of(middle, error, status), tuple(fits))


def _unlike(status: Status) -> Compared:
    return Compared(Value.none(status))


@dataclass(frozen=True, slots=True)
class Fit:
    """A member of the family, fitted to a transient."""

    t_max: float
    """s."""
    height: float
    """A, of its maximum."""
    parallel: float
    squares: float
    widening: float
    """Factor on the variance for residuals that resemble their neighbours."""


def _fitted(
    t: FloatArray, y: FloatArray, tau: FloatArray, curve: FloatArray, slope: FloatArray,
    t_max: float,
) -> Fit:  # fmt: skip
    """Fit one member: height, time of the maximum, and a constant (Gauss and Newton)."""
    height, parallel, squares, residual = 1.0, 0.0, math.inf, y
    for _ in range(8):
        at = t / t_max
        g = np.interp(at, tau, curve)
        basis = np.column_stack([g, np.ones(t.size)])
        height, parallel = _least_squares(basis, y).tolist()
        residual = y - basis @ (height, parallel)
        last, squares = squares, float(residual @ residual)
        stretch = -height * at * np.interp(at, tau, slope)  # by a relative change of t_max
        if abs(last - squares) <= 1e-8 * squares:
            break
        step = _least_squares(np.column_stack([basis, stretch]), residual)
        t_max *= 1.0 + float(np.clip(step[2], -0.2, 0.2))
    r = float(residual[1:] @ residual[:-1]) / squares if squares > 0.0 else 0.0
    r = min(max(r, 0.0), 0.95)
    return Fit(t_max, height, parallel, squares, (1.0 + r) / (1.0 - r))


def _least_squares(basis: FloatArray, y: FloatArray) -> FloatArray:
    """Solve the normal equations: of a few columns, a tenth of the time of the whole system."""
    found, *_ = np.linalg.lstsq(basis.T @ basis, basis.T @ y, rcond=None)
    return np.asarray(found, np.float64)


def _dying(record: Peaked, fit: Fit, tau: FloatArray, curve: FloatArray) -> float:
    """Return how much of what dies away beside nuclei is left at the maximum, A.

    What is left of it at the onset is taken to die away as a diffusion current does from there on,
    with the inverse root of time, the most slowly of all.
    """
    before = (record.t > 0.3 * record.t_onset) & (record.t <= record.t_onset)
    t = record.t[before]
    rest = record.i[before] - fit.height * np.interp(t / fit.t_max, tau, curve)
    if t.size == 0 or not float(np.median(rest)) > 0.0:
        return 0.0
    last = max(float(np.median(rest[-max(1, t.size // 4) :])), 0.0)
    return last * math.sqrt(record.t_onset / record.t_max)


def _lowest(
    levels: FloatArray, squares: FloatArray, best: int, variance: float
) -> tuple[float, float]:
    """Return where a sum of squares is least, between the limits, and its standard uncertainty.

    That is how far it is, to the farther side, to where the sum has risen by one variance.
    """
    near = slice(max(best - 1, 0), best + 2)
    lowest, least = float(levels[best]), float(squares[best])
    if levels[near].size == 3:
        a, b, c = np.polyfit(levels[near] - lowest, squares[near], 2)
        if a > 0.0:
            least, lowest = float(c - b**2 / (4.0 * a)), float(lowest - b / (2.0 * a))
    fine = np.linspace(0.0, 1.0, 50 * (levels.size - 1) + 1)
    between = scipy.interpolate.PchipInterpolator(levels, squares)(fine)
    likely = [lowest, *fine[between <= least + variance]]
    bent = math.sqrt(variance / a) if levels[near].size == 3 and a > 0.0 else 0.0
    return lowest, max(max(likely) - lowest, lowest - min(likely), bent)
