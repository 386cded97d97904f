"""Nucleation read from a galvanostatic record: potential, time, charge, growth potential.

Everything here is said of a cathodic current. Under an anodic one the same happens upside down:
the potential rises, has a maximum, and falls back to the potential of growth.

Under a constant cathodic current the potential falls while the surface charges, reacts and
alloys, turns round when the first nuclei relieve it, and recovers towards the potential of
growth. The turning point is the nucleation potential. Two mistakes are easy here. The lowest
sample of the record is not the turning point: at high current the electrolyte runs out later
and the potential falls below it again. And the recovery can be as small as 25 mV, so that a
search for a prominent minimum misses it. What decides is the recovery alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from seccm.analysis.growth import rows_of_climb, shouldered
from seccm.analysis.hidden import hidden
from seccm.analysis.minimum import (
    Found,
    MinimumRule,
    Record,
    Smooth,
    Vertex,
    refined,
    search,
    threshold,
)
from seccm.analysis.smoothness import disturbances, leaps
from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value, charge, noise, spacing

_LEAP = 0.05
"""Volts by which a potential does not change from one row to the next, but after contact."""
_FEWEST_ROWS = 28  # four of the narrowest smoothing windows


@dataclass(frozen=True, slots=True)
class NucleationRule:
    """The choices behind a nucleation analysis; store them beside its results."""

    minimum: MinimumRule = field(default_factory=MinimumRule)
    """What counts as the minimum."""
    level: float = 5e-3
    """Volts per e-fold of time: a record that ends flatter than this is called level."""


@dataclass(frozen=True, slots=True)
class Nucleation:
    """What one galvanostatic record says about nucleation."""

    e_nuc: Value
    """V, potential at the turning point; its error leaves out that of the reference electrode."""
    t_nuc: Value
    """s from contact; the error includes the one row by which the contact is uncertain."""
    q_nuc: Value
    """C that passed from contact to the turning point, positive in the direction of the current."""
    q_nuc_per_area: Value
    """C/m2 on the area that was given."""
    e_growth: Value
    """V, the potential of growth; the status tells how it was taken."""
    overpotential: Value
    """V, growth potential minus nucleation potential: free of the reference electrode."""
    status: Status
    """The verdict on the turning point."""
    growth_slope: float
    """V per e-fold of time over the last tenth of the record."""
    t_end: float
    """s, the end of the usable record: nucleation came later if there was no turning point."""
    q_end: float
    """C, charge up to there, positive in the direction of the current."""
    e_lowest: float
    """V, the smoothed potential that went farthest, wherever it was."""
    t_first: float
    """s, where the usable record begins."""
    t_sure: float
    """s, up to where the record was looked at to tell that it turned for good."""
    noise: float
    """V, standard deviation of one row."""


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

    The first minimum that the smoothed record (Savitzky-Golay, order 2) recovers from is refined
    on the raw rows; see `seccm.analysis.minimum`.

    Whatever the input, nothing is raised for it; the status says what was wrong.

    Args:
        t: shape (n,), s since the contact row, increasing; rows before 0 are ignored.
        potential: shape (n,), V. Rows that are not finite are left out.
        current: shape (n,), A, as measured, cathodic negative; the sign of its median decides.
        area: m2, for the charge per area; NaN if unknown.
        area_error: m2, its standard uncertainty.
        overload: shape (n,), rows at which the instrument reported an overload. The record ends
            at the first one after its start.
        rule: thresholds and widths; the defaults if None.
    """
    rule = rule or NucleationRule()
    anodic = bool(np.nanmedian(current) > 0.0) if np.isfinite(current).any() else False
    if not anodic:
        return _cathodic(t, potential, current, area, area_error, overload, rule)
    return _turned(_cathodic(t, -potential, -current, area, area_error, overload, rule))


def _cathodic(
    t: FloatArray,
    potential: FloatArray,
    current: FloatArray,
    area: float,
    area_error: float,
    overload: BoolArray | None,
    rule: NucleationRule,
) -> Nucleation:
    """Do what `nucleation` does for a cathodic current."""
    record = _usable(t, potential, current, overload)
    if isinstance(record, Status):
        return _nothing(record)
    found, whole, multiple = search(record, rule.minimum)
    if found is None:
        return _nothing(record.reason or Status.NO_MINIMUM, record, float(np.min(whole.value)))
    vertex = refined(record, found, rule.minimum)
    looked_at = rows_of_climb(vertex.t / record.row) + 2.0 * found.half
    t_sure = min(vertex.t + looked_at * record.row, float(record.t[-1]))
    rough = _rough(record, vertex)
    status = _verdict(found, vertex, multiple, bool(np.any(rough < t_sure)))
    skip = _of_contact(record)
    unseen = hidden(record.e[skip:], float(np.searchsorted(record.t, vertex.t)) - skip)
    moved = unseen.shift(vertex.curvature)
    t_error = math.hypot(vertex.t_error, record.row / math.sqrt(3.0), moved)
    t_nuc = Value.of(vertex.t, t_error, status)
    q_nuc = _charge_until(record, t_nuc)
    growth, slope = _growth(record, whole, vertex.t, rule)
    # What follows a turning point that is not bracketed is no better known than it is.
    growth = replace(growth, status=growth.status.worse(status))
    if rough.size:
        growth = replace(growth, status=growth.status.worse(Status.DISTURBED))
    turn = Value.of(vertex.e, vertex.e_error, status)
    return Nucleation(
        e_nuc=_with_error(turn, unseen.before),
        t_nuc=t_nuc,
        q_nuc=q_nuc,
        q_nuc_per_area=_per_area(q_nuc, area, area_error),
        e_growth=_with_error(growth, max(unseen.before, unseen.after)),
        overpotential=_with_error(_difference(growth, turn), unseen.after),
        status=status,
        growth_slope=slope,
        t_end=float(record.t[-1]),
        q_end=-float(record.q[-1]),
        e_lowest=float(np.min(whole.value)),
        t_first=float(record.t[0]),
        t_sure=t_sure,
        noise=record.noise,
    )


def _verdict(found: Found, vertex: Vertex, multiple: bool, rough: bool) -> Status:
    if not found.growth or vertex.at_edge:
        return Status.EDGE
    if rough:
        return Status.DISTURBED
    return Status.MULTIPLE if multiple else Status.OK


def _rough(record: _Record, vertex: Vertex) -> FloatArray:
    """Return where stretches begin in which the potential does not run smoothly, s.

    A leap by more than all of the recovery puts the whole record in doubt, wherever it is: the
    contact was lost, or the rows are not in the order in which they were measured.
    """
    skip = _of_contact(record)
    e = record.e[skip:]
    recovery = float(np.median(record.e[-max(5, record.e.size // 10) :])) - vertex.e
    low = round(vertex.t / record.row) - skip
    if leaps(e, max(_LEAP, recovery, 8.0 * record.noise)) or shouldered(e, low, record.noise):
        return record.t[:1]
    rows = disturbances(e, record.t[skip] / record.row, record.noise, vertex.t / record.row)
    begins: FloatArray = record.t[skip + rows[:, 0].astype(int)]
    return begins


def _of_contact(record: _Record) -> int:
    """Count the rows of the contact itself: 1, or 0 if the record begins after it."""
    return int(np.searchsorted(record.t, 0.5 * record.row))


def _turned(n: Nucleation) -> Nucleation:
    """Turn potentials over: what was found under a current of the other sign."""
    return replace(
        n,
        e_nuc=replace(n.e_nuc, value=-n.e_nuc.value),
        e_growth=replace(n.e_growth, value=-n.e_growth.value),
        overpotential=replace(n.overpotential, value=-n.overpotential.value),
        growth_slope=-n.growth_slope,
        e_lowest=-n.e_lowest,
    )


# ------------------------------------------------------------------------------ the record


@dataclass(frozen=True, slots=True)
class _Record(Record):
    """The usable rows: from the first one out of overload to the end or the next overload."""

    i: FloatArray
    """A."""
    q: FloatArray
    """C since contact, anodic positive."""
    reason: Status | None
    """Why the record ended early, if it did."""


def _usable(
    t: FloatArray, e: FloatArray, i: FloatArray, overload: BoolArray | None
) -> _Record | Status:
    """Cut the record to its usable rows, or say why there are none."""
    keep = np.isfinite(t) & np.isfinite(e) & np.isfinite(i) & (t >= 0.0)
    if not keep.any():
        return Status.NOT_MEASURED
    t, e, i = t[keep], e[keep], i[keep]
    over = np.zeros(t.size, bool) if overload is None else np.asarray(overload, bool)[keep]
    if over.all():
        return Status.OVERLOAD
    first = int(np.argmin(over))
    last = first + int(np.argmax(over[first:])) if over[first:].any() else t.size
    reason = Status.OVERLOAD if last < t.size else None
    if last - first < _FEWEST_ROWS:
        return reason or Status.TOO_SHORT
    q = charge(t, i)[first:last]
    t, e, i = t[first:last], e[first:last], i[first:last]
    row = spacing(t)
    if not row > 0.0:
        return Status.UNDEFINED
    return _Record(t, e, row, noise(e), i, q, reason)


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
        t_first=float(record.t[0]) if record else math.nan,
        t_sure=float(record.t[-1]) if record else math.nan,
        noise=record.noise if record else math.nan,
    )


# ------------------------------------------------------------------------ what follows from it


def _charge_until(record: _Record, t: Value) -> Value:
    """Charge from contact to `t`, positive in the direction of the current."""
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
    record: _Record, whole: Smooth, t_nuc: float, rule: NucleationRule
) -> tuple[Value, float]:
    """Take the growth potential after `t_nuc`: a hump if there is one, else the record's end."""
    slope, slope_error = _end_slope(record)
    after = whole.row > np.searchsorted(record.t, t_nuc)
    e, row = whole.value[after], whole.row[after]
    if e.size > 2:
        top = int(np.argmax(e))
        hump = e[top] - np.min(e[top:]) > threshold(whole, rule.minimum)
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
    status = a.status.worse(b.status)
    if not status.has_value:
        return Value.none(status)
    return Value.of(a.value - b.value, math.hypot(a.error, b.error), status)


def _with_error(value: Value, more: float) -> Value:
    if not value.status.has_value:
        return value
    return replace(value, error=math.hypot(value.error, more))
