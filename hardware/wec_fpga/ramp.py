"""Waveforms of the command as lines: straight pieces that are sent shortly before they are due.

Codes and words of speeds are whole numbers. Each piece is aimed at the ideal instant of its end, so
that errors do not add up; where a code lasts longer than a piece, the piece is a hold and a jump.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hardware.wec_fpga.codes import TICKS, Coded
from hardware.wec_fpga.frames import Travel, exponent, line, speed_word
from seccm.rig import Lines as Polyline

FETCH = 20e-6
"""Seconds that the target takes from the end of a line to the beginning of the next."""
AT_ONCE = 0.2e-3
"""Seconds below which a change of the waveform is a jump."""
LONGEST_HOLD = 32_000
"""Microseconds of a hold, at most."""
FINE = 100
"""The smallest word of a speed that is fine enough."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A line, and when it is due."""

    begins: float
    """Seconds of the waveform."""
    words: list[int]


def jump(code: int, axis: str = "V") -> list[int]:
    """Return the line that puts out another voltage at once."""
    return line(Travel(axis, code), jump=True)


def steepest(waveform: Polyline, coded: Coded) -> float:
    """Return the steepest slope that is no jump, in codes per tick."""
    times, values = np.array(waveform.times), np.array(waveform.values)
    lasts = np.diff(times)
    slopes = np.abs(np.diff(values))[lasts > AT_ONCE] / lasts[lasts > AT_ONCE]
    return coded.per_tick(float(slopes.max())) * 1.01 if len(slopes) else 0.0


def ends_of(waveform: Polyline, since: float, longest: float) -> Iterator[float]:
    """Yield the times at which its pieces end, rising, after a time."""
    last = since
    for vertex in waveform.times:
        if vertex <= last:
            continue
        pieces = max(1, math.ceil((vertex - last) / longest - 1e-9))
        begin = last
        for k in range(1, pieces + 1):
            yield vertex if k == pieces else begin + (vertex - begin) * k / pieces
        last = vertex


def ramp(waveform: Polyline, coded: Coded, since: float, longest: float) -> Iterator[Timed]:
    """Yield the lines of a waveform from a time on, the first one a jump to where it is then.

    Args:
        waveform: in SI units.
        coded: what codes of the command mean.
        since: seconds of the waveform that are over.
        longest: seconds of a piece, at most.
    """
    n = exponent(steepest(waveform, coded))
    at = since
    code = _code(waveform, coded, since)
    yield Timed(at, jump(code))
    at += FETCH
    begin = since
    for end in ends_of(waveform, since, longest):
        goal = _code(waveform, coded, end)
        way, left = abs(goal - code), end - at - FETCH
        if end - begin <= AT_ONCE or left <= 0.0:
            if way:
                yield Timed(at, jump(goal))
                at += FETCH
        elif way > 1 and (per_tick := way / (left * TICKS)) * 2.0**n >= FINE:
            word = min(32767, max(1, round(per_tick * 2.0**n)))
            yield Timed(at, line(Travel("V", goal, word)))
            at += way / (word * 2.0**-n * TICKS) + FETCH
        else:
            for held in _stairs(code, goal, left):
                yield Timed(at, held.words)
                at += held.begins + FETCH
        code, begin = goal, end


def slope_exponent(waveform: Polyline, coded: Coded) -> int:
    """Return the exponent with which the speeds of `ramp` are written."""
    return exponent(steepest(waveform, coded))


def check_ramp(waveform: Polyline, coded: Coded) -> None:
    """Refuse a waveform that has no codes, or is faster than the target can run.

    Raises:
        LimitError: nothing was sent.
    """
    for value in waveform.extremes:
        coded.code(value, "command")
    fastest = steepest(waveform, coded)
    if fastest:
        speed_word(fastest, exponent(fastest))


def _stairs(code: int, goal: int, seconds: float) -> Iterator[Timed]:
    """Yield holds and jumps from one code to another; `begins` is how long each takes."""
    steps = abs(goal - code)
    sign = 1 if goal > code else -1
    lasts = (seconds - FETCH * 3 * steps) / max(steps, 1)
    for k in range(max(steps, 1)):
        yield from _holds(lasts / 2.0)
        if steps:
            yield Timed(0.0, jump(code + sign * (k + 1)))
        yield from _holds(lasts / 2.0)


def _holds(seconds: float) -> Iterator[Timed]:
    left = round(seconds * 1e6)
    while left > 0:
        held = min(left, LONGEST_HOLD)
        yield Timed(held * 1e-6, line(hold=held))
        left -= held


def _code(waveform: Polyline, coded: Coded, t: float) -> int:
    return coded.code(float(waveform.at(np.array([t]))[0]), "command")
