"""What the electrometer does to fast signals, seen in sines on a known resistor.

The stray capacitance of the leads is measured before, without a cell (`capacitance`). What is then
left between the current of the resistor with the leads beside it and the one that is read is the
amplifier, a single pole, and the time by which the converters take the current later.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from seccm.analysis.impedance.leads import Transfer, transfer_of_resistor
from seccm.analysis.impedance.sines import from_samples
from seccm.analysis.impedance.spectrum import Spectrum
from seccm.arrays import FloatArray
from seccm.conductor.conductor import Conductor
from seccm.errors import StreamError
from seccm.hopping.course import Course, Steps
from seccm.program.sine_design import multisine, spaced
from seccm.rig import CurrentRange, Drive, RawSamples, RigInfo, Section, Sines
from seccm.units import show

LOWEST, PER_DECADE, PERIODS = 20.0, 8, 10
"""Hz, frequencies in a decade, and periods of the lowest that count."""
_MAINS = 50.0
TAIL = 0.02
"""Seconds that the sines go on after the periods that count."""


def section_of(amplitude: float, highest: float) -> Section:
    """Return the sines, volts and Hz; one period settles."""
    return multisine(spaced(LOWEST, highest, PER_DECADE), amplitude, PERIODS, _MAINS)


def measure_leads(
    conductor: Conductor, ohms: float, amplitude: float, highest: float, span: float = 0.0
) -> tuple[Transfer, Spectrum]:
    """Impose sines on a known resistor, and return what lies between it and the converters.

    The rows of the rig must stream with raw samples.

    Args:
        conductor: of the rig.
        ohms: of the resistor.
        amplitude: volts that the sines reach together.
        highest: Hz.
        span: amperes of the range of the current that is looked at; 0 for the usual one.

    Raises:
        ValueError: the rig has no such range, or no raw samples of potential and current, or they
            cannot be judged.
        StreamError: samples are missing.
    """
    info = conductor.info
    if not info.averages:
        raise ValueError("the rig has no raw samples of potential and current to see sines in")
    section = section_of(amplitude, highest)
    chosen = range_of(info, span)
    drive = Drive("potential", Sines(0.0, (section,)), raw=True, range=chosen.name)
    seconds = section.duration + TAIL
    volts, amperes = conductor.carry_out(lambda course: _sampled(course, drive, seconds, info))
    amperes = chosen.offset + chosen.factor * amperes
    settled = round(section.settling * info.clock.rate)
    harmonics = [sine.harmonic for sine in section.sines]
    found = from_samples(
        volts[settled:], amperes[settled:], 1.0 / info.clock.rate, section.period, harmonics
    )
    if found is None:
        raise ValueError("the sines cannot be judged: too few whole periods were recorded")
    return transfer_of_resistor(found.spectrum, ohms, info.leads.stray), found.spectrum


def range_of(info: RigInfo, span: float) -> CurrentRange:
    """Return the range of the current that goes up to so many amperes; the usual one for 0.

    Raises:
        ValueError: the rig has no such range, or cannot switch to it.
    """
    found = info.range_of("" if span == 0.0 else show(span, "A"))
    if found is None:
        known = ", ".join(one.name for one in info.ranges) or "one range only"
        raise ValueError(f"rig {info.name} has no range of {show(span, 'A')}; it has: {known}")
    return found


def leads_words(found: Transfer, ohms: float, highest: float, left: float) -> Iterator[str]:
    """Yield what is to be said of a transfer, in sentences.

    Args:
        found: what the sines say.
        ohms: of the resistor.
        highest: Hz, of the sines.
        left: relative error of the resistor once all is taken off.
    """
    leads = found.leads
    if not found.described:
        yield (
            f"Time constant and delay of the current are not identifiable: what is read is not "
            f"a resistor of {show(ohms, 'ohm')} behind one amplifier. At low frequencies it looks "
            f"like {show(ohms / found.gain, 'ohm', 3)}. Put in the resistor that --ohms says, "
            "measure the capacitance before, and repeat it. Nothing is kept."
        )
        return
    if found.identified:
        constant = _with_error(leads.time_constant, found.time_constant_error)
        bandwidth = show(1.0 / (2.0 * math.pi * leads.time_constant), "Hz", 3)
        yield f"Time constant of the current {constant}, a bandwidth of {bandwidth}."
    else:
        least = 1.0 / (2.0 * math.pi * max(found.slowest, 1e-12))
        yield (
            f"Time constant of the current: not identifiable with sines up to {show(highest, 'Hz')}"
            f". It is at most {show(found.slowest, 's', 2)}, a bandwidth of at least "
            f"{show(least, 'Hz', 2)}; none is taken off."
        )
    if abs(leads.delay) < found.delay_error:
        yield (
            "The current is taken at the same time as the potential, within "
            f"{show(2.0 * found.delay_error, 's', 2)}."
        )
    else:
        late = "later" if leads.delay >= 0.0 else "earlier"
        much = _with_error(abs(leads.delay), found.delay_error)
        yield f"The current is taken {much} {late} than the potential."
    yield (
        f"With {show(leads.stray, 'F', 3)} beside it the resistor then is right to {left:.2%} up "
        f"to {show(highest, 'Hz')}."
    )


def _with_error(value: float, error: float) -> str:
    return f"{show(value, 's', 3)} ± {show(error, 's', 1)}"


def _sampled(
    course: Course, drive: Drive, seconds: float, info: RigInfo
) -> Steps[tuple[FloatArray, FloatArray]]:
    """Drive the cell; return the raw samples of potential and current, from about its start on."""
    first, clock = course.row, info.clock
    stop = first + clock.rows(seconds)
    pieces: list[RawSamples] = []
    block = yield from course.next(replace(drive, since=first))
    while True:
        pieces += block.raw
        if block.stop >= stop:
            break
        block = yield from course.next()
    # The first of them may have come with the block before: sines have begun and settle anyway.
    own = [piece.part(first * clock.spacing, stop * clock.spacing) for piece in pieces]
    own = [piece for piece in own if piece.codes.shape[1]]
    if any(after.first != before.stop for before, after in pairwise(own)):
        what = "raw samples are missing."
        raise StreamError("gap", info.name, what, "Close other programs and repeat it.")
    codes = np.concatenate([piece.codes for piece in own], axis=1)
    named = {channel.name: channel.si(codes[k]) for k, channel in enumerate(info.raw)}
    return named["potential"], named["current"]
