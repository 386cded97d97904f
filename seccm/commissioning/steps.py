"""The steps of commissioning, one after the other as an operator takes them; nothing moves.

The same for the command line and the window: what may be chosen, what is done with the rig, and
what is said and drawn of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.impedance.leads import taken_off
from seccm.commissioning.capacitance import Capacitance, Triangle, judge_capacitance, swept
from seccm.commissioning.check import describe, readings, wired
from seccm.commissioning.finding import Finding
from seccm.commissioning.graph import Axis, Curve, Graph, Level, thinned
from seccm.commissioning.leads import LOWEST, leads_words, measure_leads, range_of, section_of
from seccm.commissioning.noise import Looks, Noise, contact_threshold, judge_noise, zero_current
from seccm.commissioning.readiness import (
    Needs,
    make_ready,
    refuse_unconfirmed,
    refuse_wet,
)
from seccm.commissioning.record import Record, at_rest
from seccm.commissioning.report import Verdict
from seccm.commissioning.resistor import LEVELS, ResistorTest, measure_resistor
from seccm.commissioning.scales import corrections, tables
from seccm.commissioning.settings import Setting
from seccm.conductor.conductor import Conductor
from seccm.conductor.opening import open_at_rest
from seccm.rig import RigInfo
from seccm.units import show

Values = Mapping[str, float]
HOLD = 0.4
"""Seconds of each level on a resistor."""
OFFSET = 0.01
"""Part of the largest step that an offset may be."""
BATTERY = (
    "A resistor cannot show that every sign of a rig is wrong: check one channel by "
    "other means, such as a battery at the potential input."
)
TIME, POTENTIAL, CURRENT = Axis("t", "s"), Axis("E raw", "V"), Axis("I", "A")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to commission a rig."""

    name: str
    title: str
    advice: str
    """What must be at the cell, and what comes out."""
    settings: tuple[Setting, ...]
    length: Callable[[RigInfo, Values], float]
    """Seconds that it takes, about."""
    find: Callable[[Conductor, Mapping[str, Any], Values], Finding]
    """Does it, with a rig whose rows stream."""
    needs: Needs
    """What must be at the cell before it is driven."""
    raw: bool = False
    """Whether it looks at raw samples."""

    @property
    def wet(self) -> bool:
        """Whether there must be something between the electrodes: a virtual rig connects it."""
        return self.needs is Needs.RESISTOR


def carry_out(
    step: Step,
    conductor: Conductor,
    config: Mapping[str, Any],
    values: Values,
    *,
    confirmed: bool = False,
) -> Finding:
    """Open a rig, carry out a step, and let go of it with the cell off; nothing moves.

    The cell is driven only after the circuit was seen to be as the step needs it, or somebody has
    confirmed it where that cannot be seen.

    Args:
        step: which one.
        conductor: whose rig is not opened yet; it is closed at the end.
        config: its file.
        values: the settings.
        confirmed: whether an operator has confirmed what the step needs; see `to_confirm`.

    Raises:
        ContactError: the circuit is closed, before the step or after it, or what the step needs is
            not confirmed.
        ValueError: what was measured cannot be judged.
        RigError: the rig failed.
    """
    refuse_unconfirmed(step.needs, config, conductor.info.name, confirmed=confirmed)
    with at_rest(conductor, raw=step.raw):
        before = make_ready(conductor, step.needs, config)
        found = step.find(conductor, config, values)
        refuse_wet(conductor, step.needs, config)
    return replace(found, words=(*found.words, *before))


# Check.


def _check(conductor: Conductor, config: Mapping[str, Any], _: Values) -> Finding:
    # Only an opened rig knows which stop its card can do.
    block, found = conductor.next_block(), open_at_rest(conductor.rig)
    words = (
        *describe(conductor.info),
        *wired(config),
        *readings(conductor.info, found, block),
    )
    return Finding("check", {"words": words}, words=words, faults=found.doubts)


# Noise.


def _noise(conductor: Conductor, _: Mapping[str, Any], values: Values) -> Finding:
    found = zero_current(conductor, values["seconds"])
    noise = judge_noise(found)
    info, chance, duration = conductor.info, values["probability"], values["approach"]
    looks = Looks(duration, chance, int(values["consecutive"]), window=info.stop.window)
    threshold = contact_threshold(noise, looks, info.clock.period, info.clock.window)
    seen = (
        f"a moving mean of {show(looks.window, 's')}"
        if looks.window
        else "data points as they are read"
    )
    words = (
        f"Rms noise of a data point {show(noise.rms, 'A')}, offset {show(noise.offset, 'A')}, "
        f"drift {show(noise.drift, 'A')}/s (error {show(noise.drift_error, 'A', 2)}/s).",
        "Hum: "
        + ", ".join(f"{show(a, 'A')} at {f:.0f} Hz" for f, a in noise.hum.items())
        + " (amplitude).",
        f"Suggested threshold: {show(threshold, 'A', 3)}, for at most one false contact in "
        f"{1.0 / chance:.4g} approaches of {show(duration, 's')}, looked for in {seen}, if the "
        "noise is Gaussian and no worse than now.",
    )
    return Finding(
        "noise",
        {**asdict(noise), "looks": asdict(looks), "threshold": threshold},
        (Verdict("suggested threshold", threshold, 0.0, values["limit"], "A"),),
        words,
        how=f"{show(values['seconds'], 's')} at zero current",
        figures={
            "noise of a data point": (noise.rms, "A"),
            "offset at zero current": (noise.offset, "A"),
            "suggested threshold": (threshold, "A"),
        },
        graphs=(_trace(found, threshold, values["limit"]), _spectrum(found, noise)),
    )


def _trace(found: Record, threshold: float, limit: float) -> Graph:
    levels = (Level("suggested threshold", threshold), Level("", -threshold))
    wanted = (Level("threshold that you want", limit), Level("", -limit))
    curve = Curve("current", *thinned(found.time, found.current))
    return Graph("Current without contact", TIME, CURRENT, (curve,), (*levels, *wanted))


def _spectrum(found: Record, noise: Noise) -> Graph:
    """Return the amplitude density of the current; its hum stands out at the mains frequency."""
    rows = min(len(found.current), 1024)
    frequency, power = scipy.signal.welch(found.current, 1.0 / found.clock.period, nperseg=rows)
    curve = Curve("noise", frequency[1:], np.sqrt(power[1:]))
    # Of a white noise whose rms is that of a row.
    white = noise.rms / np.sqrt(0.5 / found.clock.period)
    density = Axis("amplitude density", "A/√Hz")
    levels = (Level("rms of a data point, if white", float(white)),)
    axis = Axis("f", "Hz")
    return Graph("Spectrum", axis, density, (curve,), levels, logarithmic=True)


# Resistor.


def _resistor(conductor: Conductor, config: Mapping[str, Any], values: Values) -> Finding:
    ohms, tolerance = values["ohms"], values["tolerance"]
    test = measure_resistor(conductor, ohms, largest=values["largest"], hold=HOLD)
    verdicts, words = [], []
    for line in test.lines:
        name = f"{line.reading} under an applied {line.drive}"
        volts = line.reading == "potential"
        unit, full = ("V", test.largest) if volts else ("A", test.largest / ohms)
        bound = OFFSET * full
        verdicts += [
            Verdict(f"gain of {name}", line.gain, 1.0 - tolerance, 1.0 + tolerance, "1"),
            Verdict(f"offset of {name}", line.offset, -bound, bound, unit),
        ]
        words.append(
            f"{name}: gain {line.gain:.5f} ({line.gain_error:.5f}), offset "
            f"{show(line.offset, unit)} ({show(line.offset_error, unit, 2)})."
        )
    how = f"{show(ohms, 'ohm')} resistor"
    channels = corrections(test)
    return Finding(
        "test-resistor",
        {"test": asdict(test), "channels": [asdict(one) for one in channels]},
        tuple(verdicts),
        (*words, BATTERY),
        test.words(),
        how,
        tables(config, channels),
        graphs=_resistor_graphs(test),
    )


def _resistor_graphs(test: ResistorTest) -> tuple[Graph, ...]:
    """Draw what was read against what Ohm's law says, and how far it is from the fitted line."""
    graphs: list[Graph] = []
    for reading, axis, unit in (("current", "I", "A"), ("potential", "E", "V")):
        lines = [line for line in test.lines if line.reading == reading]
        points: list[Curve] = []
        left: list[Curve] = []
        for line in lines:
            expected, read = np.array(line.expected), np.array(line.read)
            ends = np.array([expected.min(), expected.max()])
            name = f"applied {line.drive}"
            points.append(Curve(name, expected, read, "points"))
            points.append(Curve("", ends, line.offset + line.gain * ends, "fit"))
            residue = read - line.offset - line.gain * expected
            left.append(Curve(name, expected, residue, "points"))
        if lines:
            by_law = Axis(f"{axis} by Ohm's law", unit)
            graphs += [
                Graph(f"The {reading} input", by_law, Axis(f"{axis} read", unit), tuple(points)),
                Graph("Residuals of the line", by_law, Axis(f"{axis} left", unit), tuple(left)),
            ]
    return tuple(graphs)


def _resistor_length(info: RigInfo, _: Values) -> float:
    return HOLD * len(LEVELS) * len(info.modes & {"potential", "current"})


# Capacitance.


def _capacitance(conductor: Conductor, _: Mapping[str, Any], values: Values) -> Finding:
    triangle = _triangle(conductor.info, values)
    kept = swept(conductor, triangle)
    found = judge_capacitance(kept, triangle)
    words = (
        f"Stray capacitance {show(found.capacitance, 'F')} (error {show(found.error, 'F', 2)})"
        f": {show(found.capacitance * 0.1, 'A')} in a sweep of 100 mV/s.",
        f"Leak {show(found.leak, 'S')} (error {show(found.leak_error, 'S', 2)}).",
    )
    return Finding(
        "capacitance",
        {**asdict(found), "triangle": [triangle.span, triangle.rate, triangle.cycles]},
        (Verdict("stray capacitance", found.capacitance, 0.0, values["limit"], "F"),),
        words,
        how=f"triangle of {show(triangle.rate, 'V/s')}",
        figures={
            "stray capacitance": (found.capacitance, "F"),
            "leak": (found.leak, "S"),
        },
        graphs=_capacitance_graphs(kept, triangle, found),
    )


def _triangle(_: RigInfo, values: Values) -> Triangle:
    return Triangle(values["span"], values["rate"], int(values["cycles"]))


def _capacitance_graphs(kept: Record, triangle: Triangle, found: Capacitance) -> tuple[Graph, ...]:
    """Draw the current of one sweep up and down, the mean of all cycles, with what was fitted."""
    turns, leg = triangle.waveform().times[1:], 2.0 * triangle.span / triangle.rate
    grid = np.linspace(0.0, 1.0, 201)[1:-1]
    curves: list[Curve] = []
    ends = np.array([-triangle.span, triangle.span])
    for name, first, sign in (("up", 0, 1.0), ("down", 1, -1.0)):
        # A row is the mean of its time, and belongs to the middle of it.
        middle = kept.time - 0.5 * kept.clock.period
        each = [np.interp(t + leg * grid, middle, kept.current) for t in turns[first:-1:2]]
        potential = sign * triangle.span * (2.0 * grid - 1.0)
        mean = np.asarray(np.mean(each, axis=0), dtype=np.float64)
        curves.append(Curve(f"sweep {name}, mean of {len(each)}", potential, mean))
        charging = sign * triangle.rate * found.capacitance
        curves.append(Curve("", ends, found.offset + found.leak * ends + charging, "fit"))
    loop = Graph("Current of the sweeps", POTENTIAL, CURRENT, tuple(curves))
    whole = Curve("current", *thinned(kept.time, kept.current))
    return loop, Graph("The whole record", TIME, CURRENT, (whole,))


def _sweep_length(info: RigInfo, values: Values) -> float:
    return _triangle(info, values).waveform().duration


# Leads.


def _leads(conductor: Conductor, _: Mapping[str, Any], values: Values) -> Finding:
    ohms = values["ohms"]
    chosen = range_of(conductor.info, values["range"])
    found, known = measure_leads(
        conductor, ohms, values["amplitude"], values["highest"], values["range"]
    )
    usual = chosen is conductor.info.range_of("") or not chosen.name
    where = "" if usual else f" in {chosen.name}"
    stray = conductor.info.leads.stray
    expected = 1.0 / (1.0 / ohms + 2j * np.pi * known.f * stray)
    left = float(np.max(np.abs(np.abs(taken_off(known, found.leads).Z) / ohms - 1.0)))
    words = [*leads_words(found, ohms, float(known.f[-1]), left)]
    if not stray:
        words.append("Measure the stray capacitance before: seccm rig capacitance RIG.")
    f = Axis("f", "Hz")
    moduli = (
        Curve("read", known.f, np.abs(known.Z), "points"),
        Curve("expected of resistor and leads", known.f, np.abs(expected)),
    )
    results: dict[str, Any] = {"stray": stray, "left": left, "gain": found.gain}
    figures = {}
    if found.described:
        results["slowest"] = found.slowest
        results["delay"], results["delay_error"] = found.leads.delay, found.delay_error
        if usual:  # the converters know nothing of ranges
            figures["delay of the current"] = (found.leads.delay, "s")
    if found.identified:
        results["time_constant"] = found.leads.time_constant
        results["time_constant_error"] = found.time_constant_error
        figures[f"time constant of the current{where}"] = (found.leads.time_constant, "s")
    return Finding(
        "leads",
        results,
        (Verdict("error of the resistor", left, 0.0, values["tolerance"], "1"),),
        tuple(words),
        how=f"sines on a {show(ohms, 'ohm')} resistor{where}",
        figures=figures,
        graphs=(Graph("Impedance of the resistor", f, Axis("|Z|", "ohm"), moduli, (),
                      logarithmic=True),),
    )  # fmt: skip


CHECK = Step(
    "check",
    "Check",
    "Opens the rig; shows what it is, its wiring, and how far past contact it can stop.",
    (),
    lambda info, _: 2.0 * info.clock.period,
    _check,
    Needs.NOTHING,
)
NOISE = Step(
    "noise",
    "Noise",
    "Tip up, or cell disconnected: all current counts as noise. Suggests a contact threshold.",
    (
        Setting("seconds", "length of the record", "s", "10 s"),
        Setting("approach", "duration of an approach", "s", "5 s"),
        Setting("probability", "false contacts in an approach", "1", "0.001", 1e-12, 0.5),
        Setting("consecutive", "data points that must agree", "1", "1", whole=True),
        Setting("limit", "threshold that you want", "A", "5 pA"),
    ),
    lambda _, values: values["seconds"],
    _noise,
    Needs.OPEN,
)
RESISTOR = Step(
    "test-resistor",
    "Resistor",
    "A known resistor where the droplet would be, between pipette electrode and sample. Finds "
    "sign, gain and offset of the channels.",
    (
        Setting("ohms", "the resistor", "ohm", "1 Gohm"),
        Setting("largest", "potential across it", "V", "1 V"),
        Setting("tolerance", "tolerance of the gains", "1", "2 %", -1e-12, 0.5),
    ),
    _resistor_length,
    _resistor,
    Needs.RESISTOR,
)
CAPACITANCE = Step(
    "capacitance",
    "Capacitance",
    "Tip up: what is measured is the leads, not a droplet. A triangle of potential finds stray "
    "capacitance and leak.",
    (
        Setting("span", "potential to either side of zero", "V", "0.5 V"),
        Setting("rate", "rate of the sweep", "V/s", "2 V/s"),
        Setting("cycles", "cycles of the triangle", "1", "10", 1.0, whole=True),
        Setting("limit", "largest acceptable", "F", "20 pF"),
    ),
    _sweep_length,
    _capacitance,
    Needs.OPEN,
)
LEADS = Step(
    "leads",
    "Leads",
    "A known resistor of some Mohm where the droplet would be, after the capacitance was measured. "
    "Sines find what the electrometer does to fast signals, to be taken off impedances.",
    (
        Setting("ohms", "the resistor", "ohm", "10 Mohm"),
        Setting("amplitude", "largest potential", "V", "50 mV"),
        Setting("highest", "highest frequency", "Hz", "2 kHz", 2.0 * LOWEST),
        Setting("tolerance", "largest error of the resistor", "1", "2 %", -1e-12, 0.5),
        Setting("range", "range of the current, 0 for the usual one", "A", "0 A", -1e-30),
    ),
    lambda _, values: section_of(values["amplitude"], values["highest"]).duration,
    _leads,
    Needs.RESISTOR,
    raw=True,
)
STEPS: Mapping[str, Step] = {
    step.name: step for step in (CHECK, NOISE, RESISTOR, CAPACITANCE, LEADS)
}
