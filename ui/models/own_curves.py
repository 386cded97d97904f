"""Curves that kinds of steps work out themselves, as their axes show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from html import escape

import numpy as np

from seccm.analysis.step_features import Drawn
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, Page
from ui.models.frames import Frame, frame_of
from ui.models.showing import Showing

Points = tuple[FloatArray, FloatArray]
"""Of a curve: x and y, each of shape (n,)."""
ROOM = 0.05
"""Room around the curves, as a share of their range."""


def shown(drawn: Drawn, showing: Showing) -> Points:
    """Return the points of a curve as its axes show them."""
    return _on_axes(drawn.what, showing, drawn.x, drawn.y)


def shown_line(drawn: Drawn, showing: Showing) -> Points:
    """Return the line through the points of a curve as it is drawn; empty if there is none."""
    return _on_axes(drawn.what, showing, drawn.model_x, drawn.model_y)


def shown_events(drawn: Drawn, showing: Showing) -> Points:
    """Return the points of a curve that are marked as they are drawn; empty if there are none."""
    return _on_axes(drawn.what, showing, drawn.event_x, drawn.event_y)


def shown_bars(drawn: Drawn, showing: Showing) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the error bars of a curve as they are drawn: x, lower and upper ends; perhaps none.

    On a logarithmic axis a bar that reaches zero goes down to a tenth of its point.
    """
    if not drawn.error.size:
        return (np.empty(0),) * 3
    known = np.isfinite(drawn.error)
    x, y, error = drawn.x[known], drawn.y[known], drawn.error[known]
    low = np.maximum(y - error, 0.1 * y) if drawn.what.y.log else y - error
    ends = [_on_axes(drawn.what, showing, x, end) for end in (low, y + error)]
    return ends[0][0], np.minimum(ends[0][1], ends[1][1]), np.maximum(ends[0][1], ends[1][1])


def name_of(axis: Axis, showing: Showing) -> tuple[str, str]:
    """Return what stands at an axis, as HTML, and its SI unit: empty for a number."""
    words = f"<i>E</i> vs {showing.against}" if axis.against_reference else escape(axis.words)
    return re.sub("^- ", "−", words), "" if axis.unit == "1" else axis.unit


def _on_axes(what: Page, showing: Showing, x: FloatArray, y: FloatArray) -> Points:
    return _on_axis(what.x, showing, x), _on_axis(what.y, showing, y)


def _on_axis(axis: Axis, showing: Showing, values: FloatArray) -> FloatArray:
    """Convert as is declared: potentials to the reference, currents to the sign that is shown.

    A logarithmic axis shows magnitudes, by their logarithms.
    """
    if axis.against_reference:
        values = showing.potential(values)
    elif axis.signed and not axis.log:
        values = showing.current(values)
    return np.log10(values) if axis.log else values


def frame_around(curves: Sequence[Points]) -> Frame | None:
    """Return the range that shows all of some curves; None of none."""
    if not curves:
        return None
    x, y = (np.concatenate([curve[k] for curve in curves]) for k in (0, 1))
    return Frame(_with_room(x), _with_room(y))


def frame_of_records(curves: Sequence[Points], marked: Sequence[Points]) -> Frame | None:
    """Return the range of noisy records over time, without a transient at their start.

    Args:
        curves: the records.
        marked: points that are in sight wherever they are.
    """
    frames = [found for x, y in curves if (found := frame_of(x, y, x)) is not None]
    if not frames:
        return frame_around(curves)
    events = [frame for points in marked if points[0].size and (frame := frame_around([points]))]
    whole = reduce(Frame.around, (*frames, *events))
    return Frame(whole.x, whole.y, any(frame.cut for frame in frames))


def _with_room(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = ROOM * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room
