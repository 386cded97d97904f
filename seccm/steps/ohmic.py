"""The resistance of the solution: what a fast sweep would be without it."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from seccm.analysis.lateness import lateness
from seccm.analysis.ohmic_drop import Straight, without_resistance
from seccm.arrays import FloatArray
from seccm.mistakes import OneOf
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.kind import Found, StepSpec
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Conductivity, Duration, Resistance
from seccm.results import Result, Status, Value, noise
from seccm.results.result import potential, signed
from seccm.rig import Lines
from seccm.steps.sweeping import FINE
from seccm.units import show

_APART = 6.0
"""Standard deviations by which a measured potential is another one than that imposed."""
LEAD = 1e-3
"""Seconds before a sweep from which on it is looked at: what is imposed may come a little early."""
RESISTANCE = "resistance"
"""What the segment of a step calls it."""


class Ohmic(StepSpec):
    """A sweep whose ohmic drop is known."""

    resistance: Annotated[Resistance, Field(gt=0, examples=["20 kohm"])] | None = None
    """Of the solution between electrode and reference: the peak is then also given as it would be
    without it."""
    conductivity: Annotated[Conductivity, Field(gt=0, examples=["1 S/m"])] | None = None
    """Of the solution, instead of its resistance: that of a disk in a plane, 1 / (4 kappa a), as
    wide as the footprint."""
    quiet: Annotated[Duration, Field(ge=0, examples=["20 ms"])] = 0.0
    """How long the potential at which the sweep starts is held before it: a card needs some
    milliseconds to switch."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Ohmic:
        given = [name for name in ("resistance", "conductivity") if getattr(self, name) is not None]
        if len(given) > 1:
            raise OneOf(("resistance", "conductivity"), given)
        return self


def given(step: Ohmic, setting: Setting) -> tuple[tuple[str, float], ...]:
    """Return the resistance that the plan gives, for the analysis; nothing where it gives none."""
    if step.resistance is not None:
        return ((RESISTANCE, step.resistance),)
    if step.conductivity is not None:
        radius = math.sqrt(setting.area / math.pi)
        return ((RESISTANCE, 1.0 / (4.0 * step.conductivity * radius)),)
    return ()


R_U = Result("R_u", "ohm", "resistance of the solution, as the plan gives it", r"$R_\mathrm{u}$")
DROP = Result("iR_p", "V", "ohmic drop at the largest current of the first sweep",
              r"$IR_\mathrm{u}$", rank=285)  # fmt: skip
E_FREE = potential(
    "E_p_free",
    "peak potential of the first sweep as it would be without resistance, for planar diffusion",
    r"$E_\mathrm{p}^\mathrm{free}$",
    287,
)
J_FREE = signed(
    "j_p_free",
    "A/m^2",
    "peak current density of the first sweep as it would be without resistance, for planar "
    "diffusion",
    r"$j_\mathrm{p}^\mathrm{free}$",
    288,
    mapped=True,
)
FREE = (R_U, DROP, E_FREE, J_FREE)


def is_known(segment: Segment) -> bool:
    """Tell whether the plan gives the resistance of a step."""
    return RESISTANCE in dict(segment.given)


def resistance(segment: Segment) -> float:
    """Return the resistance that the plan gives for a step, ohm."""
    return float(dict(segment.given)[RESISTANCE])


def first_sweep(trace: StepTrace) -> slice:
    """Return the rows of a step's first straight line, whole ones only."""
    wave = trace.segment.waveform
    if not isinstance(wave, Lines):
        return slice(0, 0)
    begin, end = _ramp(trace.segment)
    slack = 1e-3 * trace.row
    first = int(np.searchsorted(trace.t, begin - LEAD + slack, side="right"))
    own = max(trace.own.start, first)
    stop = int(np.searchsorted(trace.t, end + slack, side="right"))
    return slice(own, max(own, stop))


def scan_rate(segment: Segment) -> float:
    """Return how fast a step's first straight line goes, in V/s with its sign; 0 for none."""
    wave = segment.waveform
    if not isinstance(wave, Lines) or len(wave.times) < 2:
        return 0.0
    begin, end = _ramp(segment)
    first, last = wave.at(np.array([begin, end])).tolist()
    return float((last - first) / (end - begin))


def _ramp(segment: Segment) -> tuple[float, float]:
    """Return when the first straight line begins and ends on which the potential changes."""
    wave = segment.waveform
    assert isinstance(wave, Lines)
    first = 1 if len(wave.times) > 2 and wave.values[0] == wave.values[1] else 0
    return wave.times[first], wave.times[first + 1]


def freed(trace: StepTrace) -> tuple[Straight | None, slice]:
    """Take the ohmic drop off the first sweep of a step; None where that is not possible.

    Potentials are those imposed, as late as they came: measured ones have noise, which would be
    noise of their order. Where both differ, as before a card puts the sweep out, those measured.
    """
    rows = first_sweep(trace)
    if rows.stop - rows.start < 2 or np.ptp(np.diff(trace.t[rows])) > 0.5 * trace.row:
        return None, rows
    wave, t, measured = trace.segment.waveform, trace.t[rows], trace.E[rows]
    late = lateness(t, trace.sound(trace.E)[rows], wave, trace.row)
    imposed = wave.at(t - late - trace.row / 2.0)
    imposed = imposed + float(np.median(measured - imposed))
    apart = np.abs(measured - imposed) > max(_APART * noise(measured - imposed), FINE)
    potentials = np.where(apart, measured, imposed)
    ohms = resistance(trace.segment)
    change = scan_rate(trace.segment) * trace.row
    return without_resistance(potentials, trace.I[rows], trace.row, ohms, change), rows


def without_drop(trace: StepTrace) -> Numbers:
    """Measure the peak of the first sweep as it would be without resistance."""
    if not is_known(trace.segment):
        return {}
    ohms = resistance(trace.segment)
    straight, rows = freed(trace)
    found: dict[str, Measured] = {"R_u": Measured(Value.of(ohms, math.nan), NO_ROWS)}
    if straight is None:
        nothing = Measured(Value.none(Status.TOO_SHORT), (rows,))
        return found | dict.fromkeys(("iR_p", "E_p_free", "j_p_free"), nothing)
    largest = trace.I[rows][np.argmax(np.abs(trace.I[rows]))]
    drop = Value.of(ohms * float(largest), ohms * trace.scatter)
    height = trace.area.density(straight.height)
    return found | {
        "iR_p": Measured(drop, (rows,)),
        "E_p_free": Measured(straight.peak, (rows,)),
        "j_p_free": Measured(height, (rows,)),
    }


def _free(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the first sweep as it would be without resistance; nothing where that is not known."""
    straight = freed(trace)[0] if is_known(trace.segment) else None
    if straight is None:
        return np.empty(0), np.empty(0)
    return straight.potential, straight.current


FREE_CURVE = OwnCurve(
    slug="without-resistance",
    title="The first sweep without the resistance of the solution, for planar diffusion",
    x=POTENTIAL,
    y=Axis("current", "A", signed=True),
    points=_free,
    seen=True,
)


def free_words(found: Found) -> str:
    """Say where the peak would be without resistance; empty where that is not known."""
    if "j_p_free" not in found or not found["j_p_free"].status.trusted:
        return ""
    e, j = found["E_p_free"].value, found["j_p_free"].value
    return f"peak {show(j, 'A/m^2', 3)} at {show(e, 'V', 3)} without resistance"
