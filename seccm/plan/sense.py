"""What a rig could do but would come out useless, or harm the sample or the tip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from seccm.arrays import IntArray
from seccm.errors import Problem
from seccm.plan.clearance import clearance_problems
from seccm.plan.contact_sense import contact_problems, jump_problems
from seccm.plan.registering import registration_problems, target_problems
from seccm.plan.spacing import spacing_problems
from seccm.plan.subject import Subject
from seccm.plan.transport import transport_problems
from seccm.program.program import corners
from seccm.program.registry import kind_of
from seccm.program.tree import parts
from seccm.rig.barrels import of_unknown
from seccm.typography import counted
from seccm.units import show

FEWEST = 3
"""Repeats below which a spread cannot be told."""
LONG = 24 * 3600.0
"""Seconds after which drift and evaporation deserve a thought."""
YEAR = 365.25 * 24 * 3600.0
LONGEST = YEAR
"""Seconds that nobody means to wait."""


def sense_problems(subject: Subject) -> Iterator[Problem]:
    """Find what would come out useless, or harm the sample or the tip."""
    of_motions = (
        registration_problems(subject),
        target_problems(subject),
        spacing_problems(subject),
        clearance_problems(subject),
        contact_problems(subject),
    )
    return chain(
        *(of_motions if subject.plan.moves else ()),
        jump_problems(subject),
        _footprint(subject),
        _barrels(subject),
        _short_steps(subject),
        _of_kinds(subject),
        transport_problems(subject),
        _repeats(subject),
        _confounded(subject),
        _long(subject),
    )


def _barrels(subject: Subject) -> Iterator[Problem]:
    """Say so where unmeasured barrels may shift potentials by more than the plan states."""
    unknown, known = subject.info.barrels_unknown, subject.plan.reference.uncertainty
    if unknown <= (known or 0.0):
        return
    stated = "no uncertainty" if known is None else show(known, "V")
    what = f"The plan states {stated}. {of_unknown(unknown)}"
    # Rounded up: what is advised must be enough.
    enough = show(math.ceil(unknown * 1e3) * 1e-3, "V", 4)
    remedy = (
        "Measure both barrels and write [barrels] resistances in the rig file, or state an "
        f"uncertainty of {enough}."
    )
    put = subject.put(enough, "reference", "uncertainty")
    yield Problem("reference.uncertainty", what, remedy, "warning", put)


def _footprint(subject: Subject) -> Iterator[Problem]:
    ratio = subject.plan.probe.diameter / subject.plan.probe.aperture
    if not 0.5 <= ratio <= 5:
        what = f"its diameter would be {ratio:.3g} times that of the aperture; 1 to 2.5 is usual."
        yield Problem("probe.footprint", what, "Check the units of both.", "warning")


def _short_steps(subject: Subject) -> Iterator[Problem]:
    clock, told = subject.info.clock, set()
    for part, site, act in subject.steps():
        if act.waveform.duration < clock.period and part.key not in told:
            told.add(part.key)
            what = f"{show(act.waveform.duration, 's')}{subject.under(site, part)} is shorter than "
            remedy = "Make the step longer; it would have no data point."
            yield Problem(part.key, f"{what}one data point, {show(clock.period, 's')}.", remedy)


def _of_kinds(subject: Subject) -> Iterator[Problem]:
    """Find what kinds of steps say of themselves; each key once."""
    told = set()
    for site in subject.patterns():
        for part in parts(subject.plan.program):
            setting = subject.setting(site).inside(part.values)
            for spec in corners(part.spec):
                sense = kind_of(part.kind).sense
                for problem in sense(spec, part.key, setting, subject.info):
                    if problem.where not in told:
                        told.add(problem.where)
                        yield problem


def _repeats(subject: Subject) -> Iterator[Problem]:
    conditions = subject.plan.conditions
    if len(conditions) < 2:
        return
    counts = np.bincount(subject.visits.condition, minlength=len(conditions))
    index = int(np.argmin(counts))
    fewest, most = int(counts[index]), int(counts.max())
    if fewest < FEWEST:
        what = f"{conditions[index].label} has {counted(fewest, 'site')}: "
        what += "too few to calculate a scatter."
        remedy = f"Take {FEWEST} or more for each condition."
        yield Problem("design", what, remedy, "warning")
    if most != fewest:
        what = f"conditions get {fewest} to {most} sites; {conditions[index].label}"
        yield Problem("design", f"{what} has the fewest.", "", "warning")


def _confounded(subject: Subject) -> Iterator[Problem]:
    """Warn where an effect of the condition could be one of place or time.

    Each row, each column or each stretch of time having one condition only is what it takes.
    """
    count = len(subject.plan.conditions)
    if count < 2:
        return
    places, condition = subject.visits.places, subject.visits.condition
    stretches = 1 + int(np.count_nonzero(np.diff(condition)))
    because = []
    if places.on_grid and _one_each(places.iy, condition, count):
        because.append("row")
    if places.on_grid and _one_each(places.ix, condition, count):
        because.append("column")
    if stretches == count < len(condition):
        because.append("stretch of time")
    if because:
        names = ", ".join(subject.plan.levels)
        what = f"each {' and each '.join(because)} has one condition only: drift or tilt along it "
        shuffled = subject.plan.design.assign == "shuffled"
        remedy = "Choose another design.seed." if shuffled else 'Assign the conditions "shuffled".'
        what += f"cannot be distinguished from an effect of {names}."
        yield Problem("design.assign", what, remedy, "warning")


def _one_each(line: IntArray, condition: IntArray, count: int) -> bool:
    """Tell whether all sites of each line of a grid have the same condition."""
    pairs = np.unique(line * count + condition)
    return len(pairs) == len(np.unique(pairs // count))


def _long(subject: Subject) -> Iterator[Problem]:
    duration = subject.plan.duration(subject.info)
    if duration > LONGEST:
        what = f"the scan would take about {duration / YEAR:.3g} years; no sample lasts that long."
        yield Problem("plan", what, "Take fewer sites or shorter steps.")
    elif duration > LONG and subject.plan.moves:
        what = (
            f"the scan takes about {duration / 3600:.0f} h; drift and evaporation "
            "continue during it."
        )
        yield Problem("plan", what, "Consider fewer sites or shorter steps.", "warning")
