"""Impedance: sines about a potential or a current, and the circuit that answers like the cell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from seccm.analysis.impedance import Circuit, CircuitError, curves
from seccm.analysis.impedance.circuit import NAMED
from seccm.analysis.impedance.of_step import StepImpedance, impedance_of
from seccm.analysis.impedance.parts import parts_of, quantities
from seccm.analysis.impedance.sines import FEWEST_PERIODS
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.factors import Follows
from seccm.factors import Value as Quantity
from seccm.mistakes import OneOf
from seccm.program.figures import Axis, OwnCurve
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Current, Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.sine_design import multisine, single_sine, spaced
from seccm.program.trace import StepTrace
from seccm.quantities import DAY, MOST, Count, Frequency, Words
from seccm.results import Result, Status, Value, Values, noise
from seccm.results.result import potential, signed
from seccm.rig import RigInfo, Section, Sines
from seccm.suggestion import Suggestion, key_of
from seccm.units import show, volts

NAME = "impedance"
Swing = Annotated[Quantity, Follows("V", above=0)]
CurrentSwing = Annotated[Quantity, Follows("A", above=0)]
PER_UPDATE = 0.4
"""Periods of a sine within one value that a rig puts out; at 0.5 it has no shape left."""
PER_ROW = 0.2
"""Periods of a sine within one data point from which its impedance is worked out."""
MOST_SINES = 200
TAIL = 0.02
"""Seconds that the sines go on after the periods that count: what comes next, such as a jump of the
potential, is within the last data point of a rig."""
QUICK = 300.0
"""Hz from which wires and electrometer matter."""
LINEAR = 0.05
"""Volts from which a cell hardly ever answers linearly."""


class Impedance(StepSpec):
    """Impose small sines of many frequencies, and fit an equivalent circuit to the impedance."""

    step: Literal["impedance"] = "impedance"
    potential: Potential | None = None
    """About which the sines swing. Give this, or current."""
    current: Current | None = None
    """About which the sines swing where a current is imposed."""
    amplitude: Swing | None = None
    """How far the potential swings from it at most; of a multisine all sines together."""
    current_amplitude: CurrentSwing | None = None
    """How far the current swings from it at most."""
    lowest: Annotated[Frequency, Field(gt=0, examples=["1 Hz"])] | None = None
    """The lowest frequency: one period of it is the least that has to be waited for."""
    highest: Annotated[Frequency, Field(gt=0, examples=["1 kHz"])] | None = None
    """The highest frequency."""
    per_decade: Annotated[Count, Field(le=50)] = 8
    """Frequencies in a decade, evenly spaced on a logarithmic axis."""
    frequencies: tuple[Annotated[Frequency, Field(gt=0)], ...] = ()
    """All frequencies, in the place of lowest, highest and per_decade."""
    sines: Literal["together", "one by one"] = "together"
    """A multisine takes no longer than its lowest frequency; single sines answer more strongly."""
    periods: Annotated[Count, Field(ge=FEWEST_PERIODS, le=10_000)] = 4
    """Of the lowest frequency, or of each single sine; what comes before them settles."""
    shortest: Annotated[Duration, Field(examples=["0.2 s"])] = 0.2
    """How long a single sine is averaged at least."""
    repeats: Annotated[Count, Field(le=1000)] = 1
    """How many spectra are measured and averaged; first and last tell whether the cell changed."""
    circuit: Words = "RC"
    """The equivalent circuit, such as "R0-p(R1,C1)-W1", or the name of a built-in one."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Impedance:
        for names in (
            ("potential", "current"),
            ("amplitude", "current_amplitude"),
            ("lowest", "frequencies"),
        ):
            given = [name for name in names if getattr(self, name) not in (None, ())]
            if len(given) != 1:
                raise OneOf(names, given)
        if (self.potential is None) != (self.amplitude is None):
            wanted = "amplitude" if self.current is None else "current_amplitude"
            raise ValueError(f"imposes {self._mode}: give {wanted}, not the other one")
        if (self.lowest is None) != (self.highest is None):
            raise ValueError("needs lowest and highest together")
        return self

    @property
    def _mode(self) -> Literal["potential", "current"]:
        return "current" if self.potential is None else "potential"

    @property
    def wanted(self) -> tuple[float, ...]:
        """The frequencies in Hz, rising."""
        if self.frequencies:
            return tuple(sorted(set(self.frequencies)))
        assert self.lowest is not None
        assert self.highest is not None
        return spaced(self.lowest, max(self.lowest, self.highest), self.per_decade)


def _sections(step: Impedance, setting: Setting) -> tuple[Section, ...]:
    swing = step.current_amplitude if step.amplitude is None else step.amplitude
    assert swing is not None
    amplitude, wanted = setting.number(swing), step.wanted
    if step.sines == "together":
        once = [multisine(wanted, amplitude, step.periods, setting.mains)]
    else:
        shortest = setting.number(step.shortest)
        once = [single_sine(f, amplitude, step.periods, shortest) for f in reversed(wanted)]
    *earlier, last = once * step.repeats
    return (*earlier, replace(last, duration=last.duration + TAIL, tail=TAIL))


def _resolve(step: Impedance, setting: Setting) -> Act:
    wanted = step.wanted
    span = f"impedance {show(wanted[0], 'Hz')} to {show(wanted[-1], 'Hz')}"
    given = (("circuit", step.circuit),)
    if step.potential is not None:
        label = f"{span} at {volts(setting.number(step.potential))}"
        level = setting.raw(step.potential)
        return Act("potential", Sines(level, _sections(step, setting)), label, given=given, row=0.0)
    level = setting.amperes(step.current, None)
    label = f"{span} at {show(level, 'A')}"
    return Act("current", Sines(level, _sections(step, setting)), label, given=given, row=0.0)


def _begins(step: Impedance) -> Beginning:
    if step.potential is not None:
        return Beginning("potential", step.potential, "potential")
    assert step.current is not None
    return Beginning("current", step.current, "current")


# ---------------------------------------------------------------------------------- checks


def _problems(step: Impedance, where: str, setting: Setting) -> Iterator[Problem]:
    wanted = step.wanted
    if step.highest is not None and step.lowest is not None and step.highest <= step.lowest:
        what = f"{show(step.highest, 'Hz')} is not above lowest, {show(step.lowest, 'Hz')}."
        yield Problem(f"{where}.highest", what, "Give a higher frequency, or a list: frequencies.")
    if len(wanted) > MOST_SINES:
        what = f"{len(wanted)} frequencies are more than {MOST_SINES}."
        yield Problem(f"{where}.per_decade", what, "Take fewer in a decade.")
    lasts, (longest, in_words) = sum(s.duration for s in _sections(step, setting)), MOST["s"]
    if lasts > longest:
        what = f"{show(wanted[0], 'Hz')} makes the step last {lasts / DAY:.3g} days; at most "
        key = "frequencies" if step.frequencies else "lowest"
        remedy = "Begin at a higher frequency, or take fewer periods."
        yield Problem(f"{where}.{key}", f"{what}{in_words}.", remedy)
    try:
        circuit = Circuit(step.circuit)
    except CircuitError as error:
        known = ", ".join(f'"{name}"' for name in NAMED)
        remedy = f'Write it as "R0-p(R1,C1)-W1", or take one of {known}.'
        yield Problem(f"{where}.circuit", f"{error}.", remedy)
        return
    if 2 * len(wanted) <= len(circuit.parameters):
        what = (
            f"{circuit.written} has {len(circuit.parameters)} parameters, more than the numbers "
            f"of {len(wanted)} frequencies can determine."
        )
        yield Problem(f"{where}.circuit", what, "Take more frequencies, or a smaller circuit.")
    if step.amplitude is not None and setting.number(step.amplitude) > LINEAR:
        swing = show(setting.number(step.amplitude), "V")
        what = f"{swing}{setting.condition.under(step.amplitude)} is so much that few cells "
        remedy = "Take 5 to 20 mV, and more periods; a dummy cell of resistors stands it."
        yield Problem(f"{where}.amplitude", f"{what}answer linearly.", remedy, "warning")


def _unknown_leads(where: str, info: RigInfo, in_range: str) -> Iterator[Problem]:
    """Warn of a rig that does not say what its wires and its electrometer do in a range."""
    own = info.range_of(in_range)
    constant = None if own is None else own.time_constant
    missing = [
        words
        for words, known in (
            ("the stray capacitance of its leads", info.leads.stray),
            ("the bandwidth of its current input", constant or info.leads.time_constant),
        )
        if not known
    ]
    if missing:
        what = f"rig {info.name} does not say {' and '.join(missing)}: 1 pF is 160 Mohm at 1 kHz."
        option = f' --range "{own.name}"' if in_range and own is not None else ""
        remedy = (
            f"Measure it with seccm rig capacitance RIG and seccm rig leads RIG --ohms R{option}, "
            "or write it into [inputs.leads] of the rig file."
        )
        yield Problem(where, what, remedy, "warning")


def _sense(step: Impedance, where: str, setting: Setting, info: RigInfo) -> Iterable[Problem]:
    update = info.update_during(raw=True)
    row = info.clock.period if not info.raw else max(step.row or 0.0, 1.0 / info.clock.rate)
    limits = (
        (PER_UPDATE, update, f"rig {info.name} puts out a value every"),
        (PER_ROW, row, f"rig {info.name} gives a data point of this step every"),
    )
    fastest = step.wanted[-1]
    if not info.virtual and fastest > QUICK:
        yield from _unknown_leads(where, info, step.range or "")
    for share, period, words in limits:
        if fastest * period <= share:
            continue
        most = _rounded_down(share / period)
        what = f"{show(fastest, 'Hz')} is too fast: {words} {show(period, 's')}."
        remedy = f"Go up to {show(most, 'Hz')}, or use a rig that is faster."
        key = "frequencies" if step.frequencies else "highest"
        put = Suggestion(key_of(f"{where}.{key}"), "put", show(most, "Hz"))
        yield Problem(f"{where}.{key}", what, remedy, suggestion=put if key == "highest" else None)


def _rounded_down(value: float) -> float:
    power: float = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / power) * power


# ---------------------------------------------------------------------------------- results

R_S = Result("R_s", "ohm", "series resistance: the resistor outside every arc", "$R_s$",
             rank=70, mapped=True)  # fmt: skip
R_CT = Result("R_ct", "ohm", "charge-transfer resistance: the resistor of the fastest arc",
              r"$R_\mathrm{ct}$", rank=72, mapped=True)  # fmt: skip
C_DL = Result("C_dl", "F", "capacitance of the fastest arc; of a constant phase element the one "
              "with the same apex", r"$C_\mathrm{dl}$", rank=74, mapped=True)  # fmt: skip
N_DL = Result("n_dl", "1", "exponent of the constant phase element of the fastest arc",
              r"$n_\mathrm{dl}$", rank=76)  # fmt: skip
F_APEX = Result("f_apex", "Hz", "frequency of the apex of the fastest arc", r"$f_\mathrm{apex}$",
                rank=78, mapped=True)  # fmt: skip
SIGMA_W = Result(
    "sigma_W", "ohm s^-1/2", "coefficient of a semi-infinite Warburg impedance", "$σ_W$", rank=80
)
R_W = Result("R_W", "ohm", "resistance of diffusion of a Warburg impedance with an end", "$R_W$",
             rank=82)  # fmt: skip
TAU_W = Result("tau_W", "s", "time of diffusion of a Warburg impedance with an end", "$τ_W$",
               rank=84)  # fmt: skip
CHI = Result("chi_Z", "1", "rms of the misfit of the circuit over the noise", "$χ_Z$")
MISFIT = Result("misfit_Z", "1", "rms of the relative misfit of the circuit", "misfit")
KK = Result("residual_KK", "1", "rms relative residual of the Kramers-Kronig test",
            r"$δ_\mathrm{KK}$", rank=86)  # fmt: skip
CHANGE = Result("change_Z", "1", "rms relative change of the impedance within the measurement",
                "$δ_Z$")  # fmt: skip
DISTORTION = Result("distortion_Z", "1", "answer at twice the frequencies over that at the "
                    "frequencies: 0 for a linear cell", "distortion")  # fmt: skip
E_DC = potential("E_dc", "mean potential while the impedance was measured", r"$E_\mathrm{dc}$")
I_DC = signed("i_dc", "A", "mean current while the impedance was measured", r"$i_\mathrm{dc}$")
_SPECTRUM = ("frequency",)
F = Result("f_Z", "Hz", "frequencies of the spectrum", "$f_Z$", dims=_SPECTRUM)
Z_REAL = Result("Z_real", "ohm", "real part of the impedance", "$Z'$", dims=_SPECTRUM)
Z_IMAG = Result("Z_imag", "ohm", "imaginary part of the impedance, that of a capacitor negative",
                "$Z''$", dims=_SPECTRUM)  # fmt: skip
CIRCUIT = Result("circuit_Z", "SI", "parameters of the circuit, in the order in which they stand",
                 "circuit", dims=("parameter",))  # fmt: skip
OF_FIT = (R_S, R_CT, C_DL, N_DL, F_APEX, SIGMA_W, R_W, TAU_W, CHI, MISFIT)
OF_SPECTRUM = (KK, CHANGE, DISTORTION, E_DC, I_DC)
ARRAYS = (F, Z_REAL, Z_IMAG, CIRCUIT)


def _yields(segment: Segment, _: Sequence[Segment]) -> tuple[Result, ...]:
    parts = parts_of(Circuit(str(dict(segment.given)["circuit"])))
    there = {
        R_S: parts.series, R_CT: parts.arc, C_DL: parts.capacitor or (parts.cpe and parts.arc),
        N_DL: parts.cpe, F_APEX: parts.apex, SIGMA_W: parts.warburg, R_W: parts.ended,
        TAU_W: parts.ended,
    }  # fmt: skip
    return (*(r for r in OF_FIT if there.get(r, True)), *OF_SPECTRUM, *ARRAYS)


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    found = impedance_of(trace)
    if found is None:
        none = Measured(Value.none(Status.TOO_SHORT), WHOLE)
        return {result.name: none for result in (*OF_FIT, *OF_SPECTRUM)}
    values = {**_of_circuit(found), **_of_spectrum(found), **_means(trace, found)}
    return {name: Measured(value, found.rows) for name, value in values.items()}


def _of_circuit(found: StepImpedance) -> dict[str, Value]:
    each = quantities(found)
    return {
        R_S.name: each.series, R_CT.name: each.arc, C_DL.name: each.capacitance,
        N_DL.name: each.exponent, F_APEX.name: each.apex, SIGMA_W.name: each.warburg,
        R_W.name: each.diffusion, TAU_W.name: each.time,
    }  # fmt: skip


def _of_spectrum(found: StepImpedance) -> dict[str, Value]:
    fit, verdict = found.fit, found.verdict
    few = Value.none(Status.TOO_SHORT)
    return {
        CHI.name: few if fit is None else Value.of(math.sqrt(fit.chi_square), math.nan),
        MISFIT.name: few if fit is None else Value.of(fit.misfit, math.nan),
        KK.name: few if verdict is None else Value.of(verdict.residual, math.nan, found.doubt),
        CHANGE.name: _known(found.change),
        DISTORTION.name: _known(found.distortion),
    }


def _known(value: float) -> Value:
    return Value.of(value, math.nan) if math.isfinite(value) else Value.none(Status.TOO_SHORT)


def _means(trace: StepTrace, found: StepImpedance) -> dict[str, Value]:
    """Return the means over whole periods, to which the sines add nothing."""
    values = {}
    for result, samples in ((E_DC, trace.E), (I_DC, trace.I)):
        inside = np.concatenate([samples[rows] for rows in found.rows])
        known = inside[np.isfinite(inside)]
        error = noise(known) / math.sqrt(known.size) if known.size else math.nan
        values[result.name] = (
            Value.of(float(known.mean()), error) if known.size else Value.none(Status.TOO_SHORT)
        )
    return values


def _arrays(trace: StepTrace, _: Sequence[StepTrace]) -> Mapping[str, Values]:
    found = impedance_of(trace)
    if found is None:
        return {}
    spectrum, doubt = found.spectrum, found.doubt

    def of(values: Iterable[Value]) -> Values:
        return Values.of([Measured(value, found.rows).checked(trace) for value in values])

    def numbers(part: FloatArray) -> Values:
        both = zip(part.tolist(), spectrum.sigma.tolist(), strict=True)
        return of(Value.of(number, error, doubt) for number, error in both)

    return {
        F.name: Values.of([Value.of(f, 0.0) for f in spectrum.f.tolist()]),
        Z_REAL.name: numbers(spectrum.Z.real),
        Z_IMAG.name: numbers(spectrum.Z.imag),
        CIRCUIT.name: of(found.value(name) for name in found.circuit.names),
    }


def _words(found: Found) -> str:
    said = [
        f"{words} {show(found[result.name].value, result.unit, 3)}"
        for result, words in ((R_CT, "R_ct"), (C_DL, "C_dl"), (R_S, "R_s"))
        if result.name in found and found[result.name].status.has_value
    ]
    if not said:
        return ""
    first = next(found[r.name] for r in (R_CT, C_DL, R_S) if r.name in found)
    caveat = first.status.caveat
    return ", ".join(said) + (f" ({caveat})" if caveat else "")


_HZ = Axis("frequency", "Hz", log=True)
_PERCENT = Axis("residual (%)", "1", log=True)
FIGURES = (
    OwnCurve(
        "nyquist", "Nyquist plot: the impedance in the complex plane, and the fitted circuit",
        Axis("real part of Z", "ohm"), Axis("- imaginary part of Z", "ohm"),
        curves.PLANE, marks=True, model=curves.PLANE_FIT, equal=True,
    ),
    OwnCurve(
        "bode-modulus", "Bode plot: modulus of the impedance, and the fitted circuit",
        _HZ, Axis("|Z|", "ohm", log=True), curves.SIZE, marks=True, model=curves.SIZE_FIT,
    ),
    OwnCurve(
        "bode-phase", "Bode plot: phase of the impedance, and the fitted circuit",
        _HZ, Axis("- phase (degrees)", "1"), curves.PHASE, marks=True, model=curves.PHASE_FIT,
    ),
    OwnCurve(
        "circuit-residuals", "What the circuit misses: |Z - fit| / |Z|",
        _HZ, _PERCENT, curves.MISSED, marks=True,
    ),
    OwnCurve(
        "kramers-kronig", "What the Kramers-Kronig test misses: |Z - test| / |Z|",
        _HZ, _PERCENT, curves.REFUSED, marks=True,
    ),
)  # fmt: skip
KIND = Kind(
    name=NAME,
    also=('eis', 'impedance spectroscopy'),
    spec=Impedance,
    resolve=_resolve,
    example={
        "potential": "0 V", "amplitude": "10 mV", "lowest": "1 Hz", "highest": "1 kHz",
    },
    begins=_begins,
    problems=_problems,
    sense=_sense,
    results=(*OF_FIT, *OF_SPECTRUM, *ARRAYS),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    figures=FIGURES,
    rank=25,
)  # fmt: skip
