"""The approach curve of a site, as results and as a figure: for whatever kind of step fits one.

The curve is that of the descent which led to the step, see `seccm.program.descent`; it is in the
data points of every site anyway. A kind that fits its own physics to it declares `CURVE` among its
results, yields `curve_of(trace)` from its `arrays` (`kept` does, where the plan asks for it), and
draws `figure(...)` with its model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seccm.arrays import FloatArray
from seccm.program.figures import Axis, OwnCurve, Points
from seccm.program.measured import flawed
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Values

POINT = ("point",)
Z_CURVE = Result("z_curve", "m", "height of the tip above where it stopped, in the approach curve",
                 r"$z$", dims=POINT)  # fmt: skip
I_CURVE = Result("i_curve", "A", "current in the approach curve", r"$i$", dims=POINT,
                 signed=True)  # fmt: skip
CURVE = (Z_CURVE, I_CURVE)
"""The results that keep an approach curve."""
HEIGHT = Axis("height above the lowest point", "m")
CURRENT = Axis("current", "A", signed=True)


def lowest(trace: StepTrace) -> float:
    """Return the height from which the heights of a curve are counted, m: where it ends."""
    assert trace.descent is not None
    return float(trace.descent.down.z[-1])


def points(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the approach curve of a step, heights in m and currents in A, as the tip came down.

    Shape (n,) each; empty for a step that no approach led to.
    """
    if trace.descent is None or not len(trace.descent.down):
        return np.empty(0), np.empty(0)
    down = trace.descent.down
    return down.z - lowest(trace), down.I


def curve_of(trace: StepTrace) -> Mapping[str, Values]:
    """Return the approach curve as results, by name; none of a step that no approach led to."""
    height, current = points(trace)
    if not height.size or trace.descent is None:
        return {}
    flags = int(np.bitwise_or.reduce(trace.descent.down.flag, initial=0))
    status, unknown = flawed(Status.OK, flags), np.full(height.size, np.nan)
    return {
        Z_CURVE.name: Values(height, unknown, status),
        I_CURVE.name: Values(current, unknown, status),
    }


def kept(trace: StepTrace, _: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Return the approach curve of a step whose plan says `curve = true`; else nothing."""
    return curve_of(trace) if trace.segment.numbers["curve"] else {}


def kept_of(segment: Segment) -> tuple[Result, ...]:
    """Return the results that `kept` has of a step."""
    return CURVE if segment.numbers["curve"] else ()


def figure(slug: str, words: str, model: Points) -> OwnCurve:
    """Return the figure of approach curves with the model that a kind of step fits to them.

    Args:
        slug: of the file of the figure and of the page.
        words: how the line comes about.
        model: works out the line through the points of a step: heights as `points`, and currents.
    """
    return OwnCurve(
        slug=slug,
        title="Approach curves: current against the height of the tip",
        x=HEIGHT,
        y=CURRENT,
        points=points,
        model=model,
        words=words,
    )
