"""The curve of a site in which steps with shorter data points of their own have these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seccm.arrays import FloatArray, peaks
from seccm.data import Scan
from seccm.program.trace import StepTrace
from ui.models.passage import POINTS, Curve
from ui.models.step_pages import ran_at


def with_fine_steps(scan: Scan, curve: Curve | None) -> Curve | None:
    """Return the curve of a site with the data points that its steps have of their own.

    Raises:
        DamagedError: the site is damaged in the file.
    """
    period = scan.clock.period
    site = scan.planned.get(curve.site) if curve is not None and scan.raw_channels else None
    if curve is None or site is None or not any(s.row < period for s in site.segments):
        return curve
    return finely(
        curve,
        ran_at(scan, curve.site),
        period=period,
        offset=scan.header.reference_offset,
        continues=site.approach.continues,
    )


def finely(
    curve: Curve, ran: Sequence[StepTrace], *, period: float, offset: float, continues: bool
) -> Curve:
    """Put the data points of such steps in the place of those of the rig, thinned alike.

    Args:
        curve: of the site, with the data points of the rig.
        ran: the steps of the site.
        period: seconds from one data point of the rig to the next.
        offset: volts that turn a raw potential into one against the reference.
        continues: whether the first step goes on with the approach, so that it began at contact.
    """
    for trace in ran:
        index = trace.segment.index
        if trace.row < 0.99 * period and index in curve.starts and trace.passed.size > 1:
            began = curve.starts[index] - (0.0 if continues and index == 0 else period)
            curve = _replaced(curve, trace, began, offset)
    return curve


def _replaced(curve: Curve, trace: StepTrace, began: float, offset: float) -> Curve:
    own = trace.own
    t, e, current = trace.t[own] + began, trace.E[own] - offset, trace.I[own]
    passed = np.interp(began, curve.t, curve.Q) + np.cumsum(current) * trace.row
    kept = np.unique(np.concatenate([peaks(y, POINTS // 2, t) for y in (e, current)]))
    slack = 0.01 * trace.row
    before, after = curve.t <= began + slack, curve.t > t[-1] + slack
    new = {"t": t[kept], "E": e[kept], "I": current[kept], "Q": passed[kept]}
    new |= {name: np.interp(t[kept], curve.t, y) for name, y in curve.signals.items()}

    def joined(name: str) -> FloatArray:
        old = curve.columns[name]
        return np.concatenate([old[before], new[name], old[after]])

    signals = {name: joined(name) for name in curve.signals}
    t, e, current, passed = (joined(name) for name in ("t", "E", "I", "Q"))
    return Curve(curve.site, t, e, current, passed, curve.starts, signals)
