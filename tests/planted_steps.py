"""Steps of every kind as their data points would be, without a scan: each with something to find.

What is measured of them is what this file plants, so that symmetries and flaws can be tried on any
kind: potentials, currents, time and area are plain numbers here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from listed_steps import Listed
from planted_impacts import planted as impacts_planted
from planted_particles import MEDIAN
from programmes import plan_of

from seccm.analysis.impedance import Circuit
from seccm.arrays import FloatArray
from seccm.data import SiteRecord
from seccm.events import Landing, Outcome, Phase
from seccm.factors import Condition
from seccm.plan.site import Site
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.rig import Constant, Lines, Sines
from seccm.steps.ohmic import RESISTANCE
from sim.particle import Particle

AREA = 1e-9
"""m2."""
SETTING = Setting(Condition(), offset=0.0, area=AREA)
Traces = tuple[StepTrace, ...]
"""The steps of a site, one after the other; the last one is what it is about."""


def segment_of(name: str, index: int = 0, **keys: Any) -> Segment:
    """A step as a plan would write it."""
    kind = kind_of(name)
    spec = kind.spec.model_validate({"step": name, **keys})
    return Segment.of(kind.resolve(spec, SETTING), name, index, (index,))


def trace_of(
    segment: Segment, row: float, answer: FloatArray | float, noise: tuple[float, float],
    seed: int = 1,
) -> StepTrace:  # fmt: skip
    """What was measured of a step.

    Args:
        segment: says what was imposed.
        row: seconds from row to row.
        answer: current where a potential was imposed, else the potential; shape (rows,) or ().
        noise: standard deviations of a data point, V and A.
        seed: of the noise.
    """
    count = round(segment.waveform.duration / row)
    t = row * np.arange(1, count + 1)
    fine = row / 20.0 * (np.arange(20 * count) + 0.5)
    imposed = segment.waveform.at(fine).reshape(count, 20).mean(axis=1)
    e, i = (imposed, answer) if segment.mode == "potential" else (answer, imposed)
    rng = np.random.default_rng(seed)
    return StepTrace(
        segment=segment, t=t,
        E=np.broadcast_to(e, t.shape) + noise[0] * rng.standard_normal(count),
        I=np.broadcast_to(i, t.shape) + noise[1] * rng.standard_normal(count),
        flag=np.zeros(count, np.uint8), row=row, reason="time", area=Area(AREA, 0.0, "nominal"),
    )  # fmt: skip


QUIET = (1e-5, 1e-13)
"""Noise in most of the steps: 10 uV and 0.1 pA."""


def pulses_of_current() -> Traces:
    """Five pulses of -1 uA, which a resistance of 100 kohm answers."""
    segment = segment_of("pulses", current="-1 uA", width="1 ms", pause="9 ms", count=5)
    row = segment.row
    count = round(segment.waveform.duration / row)
    at = row * (np.arange(count) + 0.5)
    return (trace_of(segment, row, 0.3 + 1e5 * segment.waveform.at(at), (1e-4, 1e-9)),)


def pulses_of_potential() -> Traces:
    """Pulses of a potential: a current that decays over a level that flows in the pauses, too."""
    keys = {"potential": "0.4 V", "rest": "0.1 V", "width": "5 ms", "pause": "20 ms", "count": 4}
    segment = segment_of("pulses", **keys)
    row = segment.row
    t = row * (np.arange(round(segment.waveform.duration / row)) + 0.5)
    since = np.mod(t, 25e-3) - 20e-3
    current = 20e-12 + np.where(since >= 0.0, 2e-9 * np.exp(-np.maximum(since, 0.0) / 2e-3), 0.0)
    return (trace_of(segment, row, current, QUIET),)


STAIRS: dict[str, dict[str, str]] = {
    "differential pulse": {"amplitude": "20 mV", "width": "40 ms", "period": "200 ms"},
    "square wave": {"amplitude": "25 mV", "frequency": "25 Hz"},
    "normal pulse": {"width": "40 ms", "period": "200 ms"},
}


def staircase(name: str) -> Traces:
    """A staircase over a steady wave about 20 mV, on a sloping background."""
    segment = segment_of(
        name, start="-0.3 V", stop="0.3 V", increment="10 mV", **STAIRS[name]
    )  # fmt: skip
    row = segment.row
    t = row * (np.arange(round(segment.waveform.duration / row)) + 0.5)
    e = segment.waveform.at(t)
    current = 1e-9 / (1.0 + np.exp(-38.9 * (e - 0.02))) + 1e-10 * e
    return (trace_of(segment, row, current, (1e-5, 2e-13)),)


def stairs() -> Traces:
    """Two cycles in stairs of 10 mV over a wave at 20 mV, each with a peak on it at 100 mV."""
    segment = segment_of(
        "cv", start="-0.3 V", vertices=["0.3 V"], cycles=2, scan_rate="0.2 V/s", stair="10 mV"
    )  # fmt: skip
    row = segment.row
    t = row * (np.arange(round(segment.waveform.duration / row)) + 0.5)
    e = segment.waveform.at(t)
    way = np.where(np.mod(t, 6.0) < 3.0, 1.0, -1.0)
    current = 1e-9 / (1.0 + np.exp(-38.9 * (e - 0.02))) + 1e-9 * way * _peak(e, 0.1)
    return (trace_of(segment, row, current, (1e-5, 2e-13)),)


def impedance(circuit: str = "RC", values: tuple[float, ...] = (1e6, 1e8, 2e-11)) -> Traces:
    """A multisine at a dummy cell, without its settling."""
    segment = segment_of(
        "impedance", potential=0.1, amplitude=0.02, lowest=20.0, highest=2000.0, per_decade=5,
        circuit=circuit,
    )  # fmt: skip
    wave, row = segment.waveform, 5e-5
    assert isinstance(wave, Sines)
    t = row * np.arange(1, round(wave.duration / row) + 1)
    known = Circuit(circuit)
    current = np.full(t.size, wave.level / sum(values[:2]))
    for section, begin in zip(wave.sections, wave.begins, strict=True):
        inside = (t >= begin) & (t < begin + section.duration)
        for sine in section.sines:
            f = sine.harmonic / section.period
            turns = 2.0 * math.pi * f * (t[inside] - begin) + sine.phase
            z = known.impedance(np.array([f]), list(values))[0]
            current[inside] += sine.amplitude * np.real(np.exp(1j * turns) / z)
    made = trace_of(segment, row, current, (1e-7, 1e-13))
    return (replace(made, E=wave.at(t)),)


def _rest(index: int, potential: float, row: float, seconds: float) -> StepTrace:
    segment = segment_of("open circuit", index, duration=f"{seconds} s")
    return trace_of(segment, row, potential, (20e-6, 2e-14), seed=index)


def pitt() -> Traces:
    """A rest, and a step of -15 mV at a particle of the median rates."""
    row, particle = 0.05, Particle(MEDIAN)
    rest = particle.open_circuit(MEDIAN.filled)[0]
    segment = segment_of(
        "pitt", 1, potential=rest - 15e-3, duration="200 s", radius="5.05 um", temperature=302.15
    )  # fmt: skip
    current = particle.run("potential", np.full(4000, rest - 15e-3), row).current
    return _rest(0, rest, row, 5.0), trace_of(segment, row, current, (20e-6, 2e-14))


def gitt() -> Traces:
    """A rest, a pulse of -120 pA for 30 s, and the rest after it."""
    row, particle = 0.05, Particle(MEDIAN)
    rest = particle.open_circuit(MEDIAN.filled)[0]
    push = segment_of("constant current", 1, current="-120 pA", duration="30 s", nuclei=False)
    pushed = particle.run("current", np.full(600, -120e-12), row).potential
    after = float(particle.run("open", np.zeros(400), 10.0).potential[-1])
    return (
        _rest(0, rest, row, 5.0),
        trace_of(push, row, pushed, (20e-6, 2e-14)),
        trace_of(segment_of("gitt", 2, duration="5 s", radius="5 um"), row, after, (20e-6, 2e-14)),
    )


def charging() -> Traces:
    """A constant current up to a potential, as of a particle that is charged."""
    until = {"potential_above": "1.2 V"}
    segment = segment_of(
        "constant current", current="100 pA", duration="20 s", nuclei=False, until=until
    )  # fmt: skip
    share = np.linspace(0.0, 1.0, 400)
    return (trace_of(segment, 0.05, 0.4 + 0.6 * share + 0.05 * np.sin(9.0 * share), QUIET),)


def impacts() -> Traces:
    """Ten seconds of spikes, and one particle that stays."""
    truth = impacts_planted(21, seconds=10.0, row=1e-3, tau=10e-3)
    material = {"molar_mass": "180.8 g/mol", "density": "4.3 g/cm^3"}
    segment = segment_of(
        "impacts", potential="1.2 V", duration="10 s", widest="50 ms", particle=material
    )  # fmt: skip
    made = trace_of(segment, truth.row, truth.current, (1e-5, 0.0))
    step = np.where(made.t > 6.0, 80e-12, 0.0)
    return (replace(made, I=made.I + step),)


def _peak(e: FloatArray, at: float = 0.03, width: float = 0.04) -> FloatArray:
    shape: FloatArray = 1.0 / np.cosh((e - at) / width) ** 2
    return shape


def series(**keys: str) -> Traces:
    """Sweeps at four scan rates, whose peaks grow with the root of the rate."""
    found = []
    for index, rate in enumerate((0.1, 0.2, 0.4, 0.8)):
        segment = segment_of(
            "lsv", index, start="0.3 V", stop="-0.3 V", scan_rate=f"{rate} V/s", **keys
        )  # fmt: skip
        row = 0.6 / rate / 300
        e = segment.waveform.at(row * (np.arange(300) + 0.5))
        # Diffusion goes on behind a peak.
        current = -1e-9 * math.sqrt(rate) * (_peak(e) + 0.3 / (1.0 + np.exp((e + 0.02) / 0.02)))
        found.append(trace_of(segment, row, current, QUIET, seed=index))
    return tuple(found)


def stepping() -> Traces:
    """A constant potential whose current falls to a level."""
    segment = segment_of("constant potential", potential="0.2 V", duration="2 s")
    t = 0.01 * np.arange(1, 201)
    return (trace_of(segment, 0.01, 1e-10 + 1e-9 * np.exp(-t / 0.3), QUIET),)


PLANTED: dict[str, Callable[[], Traces]] = {
    "pulses of a current": pulses_of_current,
    "pulses of a potential": pulses_of_potential,
    **{name: lambda name=name: staircase(name) for name in STAIRS},  # type: ignore[misc]
    "stairs": stairs,
    "impedance": impedance,
    "pitt": pitt,
    "gitt": gitt,
    "charging": charging,
    "impacts": impacts,
    "series": series,
    "series without resistance": lambda: series(resistance="20 kohm"),
    "stepping": stepping,
}
"""What is planted, by a name; each a new site."""


LEAD = 30
"""Data points before the first step in a record, the last of them that of contact; and after."""


def recorded(traces: Traces) -> tuple[Site, SiteRecord]:
    """The record of a site at which these steps ran; their data points are equally long."""
    site = plan_of({"step": "open circuit", "duration": "1 s"}).sites()[0]
    listed = Listed(tuple(trace.segment for trace in traces))
    sizes, row = [trace.t.size for trace in traces], traces[0].row
    first = LEAD + np.cumsum([0, *sizes])
    count = int(first[-1]) + LEAD
    noise = 1e-5 * np.random.default_rng(3).standard_normal((2, 2 * LEAD))
    ended = tuple(
        trace.segment.finished(site.number, int(a), int(b) - 1, "time", 0.0)
        for trace, a, b in zip(traces, first[:-1], first[1:], strict=True)
    )
    phases = np.repeat([Phase.APPROACH, Phase.STEP, Phase.RETRACT], [LEAD, sum(sizes), LEAD])
    return replace(site, program=listed), SiteRecord(
        number=site.number,
        outcome=Outcome.OK,
        t=row * np.arange(1, count + 1),
        E=np.concatenate([noise[0][:LEAD], *(trace.E for trace in traces), noise[0][LEAD:]]),
        I=np.concatenate([noise[1][:LEAD], *(trace.I for trace in traces), noise[1][LEAD:]]),
        z=np.full(count, 40e-6),
        x=np.zeros(count),
        y=np.zeros(count),
        phase=phases.astype(np.uint8),
        step=np.repeat([0, *range(len(sizes)), 0], [LEAD, *sizes, LEAD]).astype(np.uint16),
        flag=np.zeros(count, np.uint8),
        landing=Landing(LEAD - 1, 40e-6, 40e-6, 2.0, 0.0, 3e-3, 16e-9, 0),
        t_contact=row * LEAD,
        events=ended,
    )


def shifted(traces: Traces, volts: float) -> Traces:
    """The same steps told against a reference whose zero is elsewhere."""
    return tuple(replace(trace, E=trace.E + volts) for trace in traces)


def scaled(traces: Traces, factor: float) -> Traces:
    """The same steps at a droplet so many times as large: currents and area grow alike."""
    return tuple(
        replace(
            trace,
            I=trace.I * factor,
            area=replace(trace.area, value=trace.area.value * factor),
            segment=_smaller_resistance(
                _imposed(trace.segment, factor if trace.segment.mode == "current" else 1.0), factor
            ),
        )
        for trace in traces
    )


def _smaller_resistance(segment: Segment, factor: float) -> Segment:
    """Say that the droplet of a step resists so many times less, where the plan says how much."""
    given = tuple(
        (name, float(value) / factor if name == RESISTANCE else value)
        for name, value in segment.given
    )
    return replace(segment, given=given)


def _imposed(segment: Segment, factor: float) -> Segment:
    wave = segment.waveform
    if factor == 1.0 or segment.mode == "open":
        return segment
    if isinstance(wave, Constant):
        return replace(segment, waveform=replace(wave, value=wave.value * factor))
    if isinstance(wave, Lines):
        values = tuple(value * factor for value in wave.values)
        return replace(segment, waveform=replace(wave, values=values))
    sections = tuple(
        replace(one, sines=tuple(replace(s, amplitude=s.amplitude * factor) for s in one.sines))
        for one in wave.sections
    )
    return replace(segment, waveform=Sines(wave.level * factor, sections))


def turned(traces: Traces) -> Traces:
    """The same steps with the signs of all potentials and currents turned."""
    return tuple(
        replace(trace, E=-trace.E, I=-trace.I, segment=_imposed(trace.segment, -1.0))
        for trace in traces
    )
