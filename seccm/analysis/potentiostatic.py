"""Nucleation read from a potentiostatic record: onset, maximum and shape of the transient.

After a step of the potential the double layer charges and films form: the current dies away. Nuclei
that grow carry ever more of it: it passes through its least value, the onset, and rises. Where
diffusion to them is what limits them, it has a maximum when their diffusion zones meet, and falls.

Everything here is said of magnitudes: an anodic deposit gives the same as a cathodic one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.growth import rows_of_climb
from seccm.analysis.hidden import hidden
from seccm.analysis.jumps import NOISE, WIDTH, steps
from seccm.analysis.minimum import MinimumRule, Record, Vertex, search
from seccm.analysis.reduced_transient import Compared, Peaked, compared
from seccm.analysis.smoothness import disturbances, leaps
from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise, spacing

_FEWEST_ROWS = 28  # four of the narrowest smoothing windows
_RISE = 0.02
"""Share of the current by which it has to rise or fall to have done so."""
_BIN = 0.05
"""Share of its time that a stretch lasts whose mean is looked at for the maximum."""
_NEAR = 0.1
"""Share of its time by which a record has to reach beyond a maximum."""
_AROUND = 0.45
"""Half width of the fit around a maximum, in e-folds of time."""
_GROWN = 0.1
"""Share of the least current by which nuclei make it rise: at twice its time, or to a maximum."""
_JUMP, _SIGNIFICANT, _STEADY = 0.02, 8.0, 40
"""Share of the current that it does not jump by; standard deviations of a jump that is no noise;
rows from the start of the step after which its fall is no jump."""
_CHARGING = 0.05
"""Share of the record at its start that does not say how large the current is."""


@dataclass(frozen=True, slots=True)
class _Current(Record):
    """A current, positive where nuclei grow; A in place of V."""

    def turns(self, low: int) -> bool:
        """Tell whether it rises as nuclei make it rise, and does not drift out of its fall.

        Nuclei that overtake all else at a row carry a good part of the current at twice its time.
        """
        here = slice(max(low - 2, 0), low + 3)
        later = slice(min(2 * low, self.e.size - 5), None)
        if later.start <= 1.3 * low:
            return True  # the record ends before it could be told
        least = float(np.median(self.e[here]))
        return float(np.max(_medians(self.e[low : later.start + 5]))) > (1.0 + _GROWN) * least


def _medians(y: FloatArray) -> FloatArray:
    """Return medians of rows in succession, of a few dozen stretches."""
    size = max(1, y.size // 32)
    count = y.size // size
    found: FloatArray = np.median(y[: count * size].reshape(count, size), axis=1)
    return found


@dataclass(frozen=True, slots=True)
class Transient:
    """What one potentiostatic record says about nucleation."""

    t_onset: Value
    """s since the step began: the least current, before nuclei carry it."""
    i_onset: Value
    """A, as measured: anodic positive."""
    t_max: Value
    """s since the step began: the maximum after it."""
    i_max: Value
    """A."""
    form: Compared
    """Its shape: 1 instantaneous, 0 progressive, or between."""
    t_first: float
    """s, where the usable record begins; NaN if there is none."""
    t_sure: float
    """s, up to where the record was looked at to tell that the current rises for good."""
    t_end: float
    """s, where the usable record ends."""

    @property
    def shape(self) -> Value:
        """1 instantaneous, 0 progressive, or between; see `seccm.analysis.reduced_transient`."""
        return self.form.shape


def transient(t: FloatArray, current: FloatArray, radius: float = math.nan) -> Transient:
    """Find onset and maximum of a current that nuclei come to carry.

    Whatever the input, nothing is raised for it; the status says what was wrong.

    Args:
        t: shape (n,), s since the step began, increasing; rows up to 0 are ignored.
        current: shape (n,), A, anodic positive. Rows that are not finite are left out, and those
            at the start at which charging went beyond the range of the input are to be.
        radius: of the footprint, m; NaN if unknown.
    """
    keep = np.isfinite(t) & np.isfinite(current) & (t > 0.0)
    t, current = t[keep], current[keep]
    row = spacing(t)
    if t.size < _FEWEST_ROWS or not row > 0.0:
        return _nothing(Status.TOO_SHORT)
    settled = current[t >= t[0] + _CHARGING * (t[-1] - t[0])]
    sign = 1.0 if float(np.median(settled)) > 0.0 else -1.0
    record = _Current(t, sign * current, row, noise(current))
    level = float(np.percentile(np.abs(settled), 95))
    rule = MinimumRule(least_recovery=_RISE * level)
    found, _, multiple = search(record, rule)
    peak = _peak(record, rule, 0 if found is None else found.row)
    if found is None and peak is None:
        return _nothing(Status.NO_MINIMUM, record)
    low = found.row if found is not None else peak.low if peak is not None else 0
    if low == 0 and peak is not None:  # a record without charging begins with the rise itself
        disturbed = _disturbed(record, peak.vertex.t / row, level)
        return _with(record, sign, None, peak, disturbed, radius)
    onset = _turning(record, low, 0, -1.0) or Vertex(
        float(t[low]), low * row, float(record.e[low]), record.noise, at_edge=True
    )
    edge = onset.at_edge or (found is not None and not found.growth)
    status = Status.EDGE if edge else Status.MULTIPLE if multiple else Status.OK
    disturbed = _disturbed(record, onset.t / row, level)
    looked_at = rows_of_climb(onset.t / row) * row + 2.0 * _BIN * onset.t
    sure = min(max(onset.t + looked_at, onset.t * math.exp(_AROUND)), float(t[-1]))
    return _with(record, sign, (onset, status, sure), peak, disturbed, radius)


@dataclass(frozen=True, slots=True)
class _Peak:
    """A maximum."""

    vertex: Vertex
    status: Status
    low: int
    """Row about which the current is least before it; 0 where it rises from the start."""


def _peak(record: Record, rule: MinimumRule, start: int) -> _Peak | None:
    """Find the first maximum behind a row that the current rises to and falls from.

    Searched in means over stretches in proportion to the time since the step began, so that early
    and late maxima are seen alike, and refined on the raw rows.
    """
    edges = _edges(record.t[start:], record.row) + start
    total = np.concatenate([[0.0], np.cumsum(record.e)])
    sizes = np.diff(edges)
    z = (total[edges[1:]] - total[edges[:-1]]) / sizes
    least = np.maximum(rule.least_recovery, rule.significance * record.noise / np.sqrt(sizes))
    found = _first_top(z, least)
    if found is None or z[found[1]] < (1.0 + _GROWN) * z[found[0]]:
        return None
    bottom, top = found
    low = int(edges[bottom] + sizes[bottom] // 2) if z[0] - z[bottom] > least[bottom] else 0
    row = int(edges[top] + sizes[top] // 2)
    vertex = _turning(record, row, max(start, low), 1.0)
    if vertex is None:
        t, width = float(record.t[row]), float(sizes[top]) * record.row
        return _Peak(Vertex(t, width, float(z[top]), record.noise, True), Status.EDGE, low)
    if not record.t[-1] > (1.0 + _NEAR) * vertex.t:
        return _Peak(vertex, Status.EDGE, low)
    again = _first_top(z[top + 1 :], least[top + 1 :])
    return _Peak(vertex, Status.OK if again is None else Status.MULTIPLE, low)


def _turning(record: Record, row: int, start: int, side: float) -> Vertex | None:
    """Refine a turn: a polynomial of the logarithm of time, in which it is hardly lopsided.

    Args:
        record: a current.
        row: about where it turns.
        start: the first row that may be used.
        side: 1 for a maximum, -1 for a minimum.

    Its uncertainty contains what another stretch around it gives, what the polynomial misses, as of
    a dip, and what a step that the record does not show would do.
    """
    centre, found = float(record.t[row]), []
    for width in (_AROUND, _AROUND, 0.6 * _AROUND):
        first, last = np.searchsorted(record.t, centre * np.exp([-width, width]))
        rows = slice(max(int(first), start), int(last))
        x, y = np.log(record.t[rows] / centre) / width, side * record.e[rows]
        if y.size < _FEWEST_ROWS // 2:
            return None
        basis = np.vander(x, 5)
        normal = np.linalg.pinv(basis.T @ basis)
        c = normal @ (basis.T @ y)
        grid = np.linspace(max(-0.8, float(x[0])), min(0.8, float(x[-1])), 801)
        v = float(grid[np.argmax(np.polyval(c, grid))])
        curvature = -float(np.polyval(np.polyder(c, 2), v))
        if not curvature > 0.0 or not grid[0] < v < grid[-1]:
            return None
        residual = y - basis @ c
        variance = float(residual @ residual) / max(y.size - 5, 1)
        unlike = _unlike(variance, record.noise, y.size)
        powers = np.arange(4, -1, -1)
        slope_at, value_at = powers * v ** np.maximum(powers - 1, 0), v**powers
        shift = math.sqrt(variance * float(slope_at @ normal @ slope_at)) / curvature
        height = math.hypot(math.sqrt(variance * float(value_at @ normal @ value_at)), unlike)
        # Where the current is off by as much.
        aside = math.sqrt(2.0 * unlike / curvature / 3.0)
        t = centre * math.exp(v * width)
        scale = width * t  # of a small change of x, in seconds
        t_error = math.hypot(shift, aside) * scale
        found.append((t, t_error, side * float(value_at @ c), height, curvature / scale**2))
        centre = t if width == _AROUND else centre
    _, (t, t_error, top, error, bend), (other, _, other_top, _, _) = found
    unseen = hidden(record.e, t / record.row, max(start, 1))
    t_error = math.hypot(t_error, other - t, unseen.shift(bend))
    error = math.hypot(error, 0.5 * (other_top - top), unseen.before)
    return Vertex(t, t_error, top, error, False, bend)


def _unlike(variance: float, noise: float, rows: int) -> float:
    """Return what of a standard deviation noise does not explain, were it three sigma more."""
    return math.sqrt(max(variance - noise**2 * (1.0 + 3.0 * math.sqrt(2.0 / rows)), 0.0))


def _edges(t: FloatArray, row: float) -> npt.NDArray[np.int64]:
    """Cut rows into stretches of a twentieth of their time each, of a row at least."""
    last = t.size
    places = t[0] * np.exp(_BIN * np.arange(int(math.log(t[-1] / t[0]) / _BIN) + 1))
    return np.unique(np.clip(np.searchsorted(t, places + 0.5 * row), 0, last))


def _first_top(z: FloatArray, least: FloatArray) -> tuple[int, int] | None:
    """Walk forward: the first value that is risen to, and fallen from, by `least`.

    Returns:
        Index of the least value before it, and its own.
    """
    low, top, risen = 0, 0, False
    for k in range(1, z.size):
        if risen:
            if z[k] > z[top]:
                top = k
            elif z[top] - z[k] > max(least[top], least[k]):
                return low, top
        elif z[k] < z[low]:
            low = k
        elif z[k] - z[low] > max(least[low], least[k]):
            top, risen = k, True
    return None


def _disturbed(record: Record, turning: float, level: float) -> bool:
    """Tell whether a current jumps, or runs as no reaction makes it run.

    Args:
        record: a current.
        turning: rows from the start of the step to where it turns.
        level: A, how large it is.
    """
    y, since = record.e[1:], record.t[1] / record.row
    # Charging may fall off faster than in proportion to time: only what follows is looked at so.
    later = y[max(_STEADY, round(0.9 * turning)) :]
    jumps = np.abs(steps(later))
    around = np.abs(later[2 * WIDTH : 2 * WIDTH + jumps.size])
    return (
        leaps(y, max(_RISE * level, 8.0 * record.noise))
        or bool(np.any(jumps > np.maximum(_SIGNIFICANT * NOISE * record.noise, _JUMP * around)))
        or bool(disturbances(y, since, record.noise, turning).size)
    )


def _with(
    record: Record,
    sign: float,
    onset: tuple[Vertex, Status, float] | None,
    peak: _Peak | None,
    disturbed: bool,
    radius: float,
) -> Transient:
    """Gather what was found; a disturbance is one of everything behind it."""
    first, end = float(record.t[0]), float(record.t[-1])
    late, doubt = Value.none(Status.NO_MAXIMUM), Status.DISTURBED if disturbed else Status.OK
    t_max = i_max = late
    form = Compared(late)
    if peak is not None:
        vertex, own = peak.vertex, peak.status.worse(doubt)
        t_max, i_max = _time(record, vertex, own), Value.of(sign * vertex.e, vertex.e_error, own)
        form = Compared(Value.none(Status.UNDEFINED))
        if own.trusted:
            form = compared(_peaked(record, vertex, onset), radius)
    if onset is None:
        none = Value.none(Status.NOT_FOUND)
        return Transient(none, none, t_max, i_max, form, first, end, end)
    least, own, sure = onset
    own = own.worse(doubt)
    return Transient(
        t_onset=_time(record, least, own),
        i_onset=Value.of(sign * least.e, least.e_error, own),
        t_max=t_max,
        i_max=i_max,
        form=form,
        t_first=first,
        t_sure=sure,
        t_end=end,
    )


def _time(record: Record, vertex: Vertex, status: Status) -> Value:
    """Return the time of a turn: the step began within a row."""
    return Value.of(vertex.t, math.hypot(vertex.t_error, record.row / math.sqrt(3.0)), status)


def _peaked(record: Record, vertex: Vertex, onset: tuple[Vertex, Status, float] | None) -> Peaked:
    """Return the transient from where the nuclei carry half of what they come to."""
    before = record.t < vertex.t
    least = float(np.min(_medians(record.e[before])))
    below = np.flatnonzero(before & (record.e < 0.5 * (least + vertex.e)))
    since = float(record.t[below[-1]]) if below.size else float(record.t[0])
    t_onset = onset[0].t if onset is not None else 0.0
    return Peaked(record.t, record.e, record.noise, vertex.t, vertex.e, since, t_onset)


def _nothing(status: Status, record: Record | None = None) -> Transient:
    """Report a record without onset; how long it lasted is kept as censoring."""
    none = Value.none(status)
    peak = Value.none(Status.NO_MAXIMUM) if status.censored else none
    first, end = (float(record.t[k]) for k in (0, -1)) if record else (math.nan, math.nan)
    return Transient(none, none, peak, peak, Compared(peak), first, end, end)
