"""Data points of single steps that are shorter than those of the rig."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.program.segment import Act
from seccm.program.tree import Part, parts
from seccm.rig import RigInfo
from seccm.rig.block import WHOLE
from seccm.suggestion import Suggestion, key_of
from seccm.units import show

ROOM = 75
"""Bytes of memory that the analysis of a step takes for each of its data points: 25 for a data
point, and as much again for two copies on the way to its results."""
TOLD = 12
"""Steps whose data points are told one by one."""
MUCH, MOST = 2e7, 1e8
"""Data points of one step whose analysis takes much memory, 1.5 GB, and too much."""


def fine_row_problems(subject: Subject) -> Iterator[Problem]:
    """Find data points that a rig cannot have, and steps with too many of them."""
    info = subject.info
    there = info.averages
    for part in parts(subject.plan.program):
        if part.spec.row is not None:
            yield from _impossible(part, info, there=there)
    told = set()
    for part, site, act in subject.steps():
        if part.key in told or not act.keeps_raw(info.clock.period):
            continue
        length = info.samples_of(act) / info.clock.rate
        if there and act.waveform.duration > MUCH * length:
            told.add(part.key)
            yield _many(part, info, act, subject.under(site))


def fine_row_words(plan: Tables, info: RigInfo) -> Iterator[str]:
    """Say how long the data points of steps are that have shorter ones than the rig gives."""
    if not info.averages:
        return
    segments = (segment for site in plan.visits().patterns for segment in site.segments)
    fine = dict.fromkeys(
        (segment.label, info.samples_of(segment) / info.clock.rate)
        for segment in segments
        if segment.row < info.clock.period
    )
    for label, length in tuple(fine)[:TOLD]:
        yield f"{label}: data points of {show(length, 's')}, averaged from raw samples"
    if len(fine) > TOLD:
        yield f"{len(fine) - TOLD} more steps with shorter data points"


def _impossible(part: Part, info: RigInfo, *, there: bool) -> Iterator[Problem]:
    """Find data points that a step asks for and that cannot be averaged from raw samples."""
    key, clock, row = f"{part.key}.row", info.clock, part.spec.row or 0.0
    out = Suggestion(key_of(key), "remove")
    samples, count = row * clock.rate, max(1, round(row * clock.rate))
    a_sample, period = show(1.0 / clock.rate, "s"), show(clock.period, "s")
    if not there:
        what = f"rig {info.name} has no raw samples to average, only data points every {period}."
        remedy = "Remove it, or use a rig with raw samples, such as virtual-nidaq."
        yield Problem(key, what, remedy, suggestion=out)
    elif samples + WHOLE >= clock.spacing:
        what = (
            f"{show(row, 's')} is not shorter than the data points of rig {info.name}, "
            f"one every {period}."
        )
        yield Problem(key, what, f"Leave it out, or give less than {period}.", suggestion=out)
    elif abs(samples - count) > WHOLE:
        short = samples < 1.0
        what = f"{show(row, 's')} is " + (
            f"shorter than one raw sample of rig {info.name}, {a_sample}."
            if short
            else f"not a whole number of raw samples of rig {info.name}, one every {a_sample}."
        )
        nearest = show(min(count, clock.spacing - 1) / clock.rate, "s")
        put = Suggestion(key_of(key), "put", nearest)
        yield Problem(key, what, f"Give {nearest}, or a multiple of {a_sample}.", suggestion=put)


def _many(part: Part, info: RigInfo, act: Act, under: str) -> Problem:
    key = f"{part.key}.row" if part.spec.row is not None else part.key
    rate, duration = info.clock.rate, act.waveform.duration
    length = info.samples_of(act) / rate
    count = duration / length
    what = (
        f"{count:.3g} data points of {show(length, 's')}{under} take about "
        f"{count * ROOM / 1e9:.3g} GB of memory to analyse"
    )
    enough = math.ceil(duration / MUCH * rate)
    remedy = "Use a shorter step, or the data points of the rig: leave out row."
    if enough < info.clock.spacing:
        remedy = f"Use a shorter step, or row = {show(enough / rate, 's')}."
    if count > MOST:
        return Problem(key, f"{what}; at most {MOST * ROOM / 1e9:.3g} GB are allowed.", remedy)
    return Problem(key, f"{what}.", remedy, "warning")
