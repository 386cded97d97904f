"""What the events of a record of impacts yield, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from seccm.analysis.envelope import envelope
from seccm.analysis.impact_shape import Impact
from seccm.analysis.impacts import Found, Material, find_impacts
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, Histogram, OwnCurve
from seccm.program.measured import Measured
from seccm.program.trace import StepTrace
from seccm.results import Result, Value, Values
from seccm.rig import Flag

IMPACT, STEP = ("impact",), ("step",)
START = Result("t_impact", "s", "when each impact began", r"$t$", dims=IMPACT)
CHARGE = Result("Q_impact", "C", "charge of each impact", r"$Q$", dims=IMPACT, signed=True)
HEIGHT = Result("i_impact", "A", "height of each impact above the baseline", r"$i$", dims=IMPACT,
                signed=True)  # fmt: skip
WIDTH = Result("w_impact", "s", "width of each impact at half of its height",
               r"$t_{1/2}$", dims=IMPACT)  # fmt: skip
RISE = Result("rise_impact", "s", "rise of each impact from a tenth to nine tenths of its height",
              r"$t_\mathrm{rise}$", dims=IMPACT)  # fmt: skip
TAIL = Result("tau_impact", "s", "time constant of the decay of each impact", r"$τ$",
              dims=IMPACT)  # fmt: skip
OVERLAP = Result("overlap_impact", "1", "1 where an impact overlaps with another, else 0",
                 "overlap", dims=IMPACT)  # fmt: skip
DIAMETER = Result("d_impact", "m", "diameter of the ball that has the charge of each impact",
                  r"$d$", dims=IMPACT)  # fmt: skip
STAYED = Result("t_staying", "s", "when each particle came that stayed", r"$t$", dims=STEP)
STEPS = Result("di_staying", "A", "step of the current by each particle that stayed",
               r"$\Delta i$", dims=STEP, signed=True)  # fmt: skip
EVENTS = (START, CHARGE, HEIGHT, WIDTH, RISE, TAIL, OVERLAP, DIAMETER, STAYED, STEPS)
MOST = 4000
"""Points with which a record is drawn: twice as many as a wide figure has dots."""


def settled(trace: StepTrace) -> slice:
    """Return the rows in which there may be impacts.

    The double layer is charged when the potential is set: rows at the end of the range at the very
    start are of that, and say nothing of particles.
    """
    given = trace.segment.numbers
    start = slice(0, int(np.searchsorted(trace.t, given["widest"])))
    full = np.flatnonzero(trace.flag[start] & Flag.SATURATED)
    return slice(int(full[-1]) + 1 if full.size else trace.own.start, None)


def found_in(trace: StepTrace) -> Found:
    """Find the impacts of a step."""
    given = trace.segment.numbers
    current = trace.I.copy()
    current[: settled(trace).start] = np.nan
    return find_impacts(current, trace.row, given["widest"], given["false alarms"])


def material_of(trace: StepTrace) -> Material | None:
    """Return what the particles are made of, if the plan says so."""
    given = trace.segment.numbers
    if "density" not in given:
        return None
    return Material(given["molar mass"], given["density"], given["electrons"])


def checked(trace: StepTrace, impact: Impact, value: Value) -> Value:
    """Return a number of an impact with what its data points were flagged for as its status."""
    return Measured(value, (impact.rows,)).checked(trace)


def charges(trace: StepTrace) -> list[Value]:
    """Return the charge of each impact."""
    found = trace.once(found_in)
    return [checked(trace, impact, impact.charge) for impact in found.events]


def events(trace: StepTrace) -> Mapping[str, Values]:
    """Return the table of events: an array for each of their properties."""
    found = trace.once(found_in)

    def of(result: Result, number: Callable[[Impact], Value]) -> tuple[str, Values]:
        each = [checked(trace, impact, number(impact)) for impact in found.events]
        return result.name, Values.of(each)

    table = dict(
        [
            of(START, lambda impact: _at(trace, impact)),
            of(CHARGE, lambda impact: impact.charge),
            of(HEIGHT, lambda impact: impact.height),
            of(WIDTH, lambda impact: impact.width),
            of(RISE, lambda impact: impact.rise),
            of(TAIL, lambda impact: impact.tail),
            of(OVERLAP, lambda impact: Value.of(float(impact.spike.overlaps), 0.0)),
        ]
    )
    made_of = material_of(trace)
    if made_of is not None:
        table |= [of(DIAMETER, lambda impact: made_of.diameter(impact.charge))]
    steps = [(step, slice(max(0, step.row - 1), step.row + 1)) for step in found.steps]
    when = [Measured(Value.of(_began(trace, s.row), trace.row), (rows,)) for s, rows in steps]
    high = [Measured(Value.of(s.height, s.error), (rows,)) for s, rows in steps]
    table[STAYED.name] = Values.of([one.checked(trace) for one in when])
    table[STEPS.name] = Values.of([one.checked(trace) for one in high])
    return table


def _began(trace: StepTrace, row: int) -> float:
    """Return when a row began: rows are stamped when they are complete."""
    return float(trace.t[row]) - trace.row


def _at(trace: StepTrace, impact: Impact) -> Value:
    return Value.of(_began(trace, impact.spike.first), impact.start.error)


def _record(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    return envelope(trace.t, trace.I, MOST)


def _tops(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    found = trace.once(found_in)
    tops = np.array([impact.spike.top for impact in found.events], int)
    return trace.t[tops], trace.I[tops]


def _width_and_charge(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    found = trace.once(found_in).events
    width = np.array([impact.width.value for impact in found])
    return width, np.abs([impact.charge.value for impact in found])


RECORD = OwnCurve(
    slug="impact-record",
    title="Impacts: current against time",
    x=Axis("time", "s"),
    y=Axis("current", "A", signed=True),
    points=_record,
    events=_tops,
    alone=True,
    words="Marks: impacts that were found. A record of many data points is drawn by the least and "
    "the greatest of neighbours.",
)
WIDTHS = OwnCurve(
    slug="impact-widths",
    title="Charge of impacts against their width",
    x=Axis("width at half height", "s", log=True),
    y=Axis("charge |Q|", "C", log=True),
    points=_width_and_charge,
    marks=True,
)
SIZES = Histogram(
    slug="impact-charges",
    title="Charges of impacts, and diameters of the particles",
    results=(CHARGE, DIAMETER),
    counted="number of impacts",
    words="Diameters: of balls that have these charges. ",
)
FIGURES = (RECORD, SIZES, WIDTHS)
