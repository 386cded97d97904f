"""What a rig could do but would come out useless, or harm the sample or the tip."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, groupby

import numpy as np
from scipy.spatial import cKDTree

from seccm.errors import Problem
from seccm.plan.expand import flattened
from seccm.plan.steps import CyclicVoltammetry, LinearSweep
from seccm.plan.subject import Subject
from seccm.units import show

SPREADING = 1.1
"""A droplet spreads after the tip has left, by this and more in diameter."""
COARSE = 5e-3
"""Volts within one row beyond which a sweep's features are smeared."""
FEWEST = 3
"""Repeats below which a spread cannot be told."""
LONG = 24 * 3600.0
"""Seconds after which drift and evaporation deserve a thought."""
HANGS = 0.05
"""Height of the meniscus over the diameter of the aperture, at the least."""


def sense_problems(subject: Subject) -> Iterator[Problem]:
    """Find what would come out useless, or harm the sample or the tip."""
    return chain(
        _overlaps(subject),
        _meniscus(subject),
        _footprint(subject),
        _short_steps(subject),
        _coarse_sweeps(subject),
        _repeats(subject),
        _confounded(subject),
        _long(subject),
    )


def _overlaps(subject: Subject) -> Iterator[Problem]:
    """Find sites whose droplets would meet; k = 2, since each site is nearest to itself."""
    if len(subject.sites) < 2:
        return
    places = np.array([(site.x, site.y) for site in subject.sites])
    distances, partners = (np.asarray(found) for found in cKDTree(places).query(places, k=2))
    nearest, diameter = distances[:, 1], subject.plan.probe.diameter
    closest = int(np.argmin(nearest))
    # A pitch of just the diameter is no overlap, whatever the last digit of a float says.
    count = int((nearest < diameter * (1 - 1e-9)).sum())
    grid = subject.plan.places.kind == "grid"
    where = "sites.pitch" if grid else "sites"
    pair = sorted((closest, int(partners[closest][partners[closest] != closest][0])))
    apart = f"sites {pair[0]} and {pair[1]} are {show(float(nearest[closest]), 'm')} apart"
    drop = f"the footprint's diameter is {show(diameter, 'm', 3)}"
    if count:
        allowed = subject.plan.places.allow_overlap
        remedy = "Space them wider, or say sites.allow_overlap = true if it is meant."
        yield Problem(
            where,
            f"the footprints of {count} sites overlap with others: {apart}, and {drop}.",
            "" if allowed else remedy,
            "warning" if allowed else "error",
        )
    elif nearest[closest] < SPREADING * diameter:
        remedy = "Droplets spread after the tip has left; space the sites wider."
        yield Problem(where, f"{apart}, and {drop}.", remedy, "warning")
    shift = subject.plan.on_no_contact.shift
    if shift and nearest[closest] - shift < diameter:
        what = f"a retry {show(shift, 'm')} from its site may land on a neighbour: {apart}."
        yield Problem("on_no_contact.shift", what, "Make it smaller.", "warning")


def _meniscus(subject: Subject) -> Iterator[Problem]:
    probe = subject.plan.probe
    radius, hangs = probe.diameter / 2, HANGS * probe.aperture
    for site in subject.patterns()[:1]:
        if site.retract.distance < radius:
            what = (
                f"{show(site.retract.distance, 'm')} may not break the meniscus, which stretches "
                f"to about the footprint's radius, {show(radius, 'm', 3)}."
            )
            yield Problem("retract.distance", what, "Retract farther.", "warning")
        if site.approach.overtravel > hangs:
            what = (
                f"{show(site.approach.overtravel, 'm')} is more than the meniscus surely hangs, "
                f"about {show(hangs, 'm', 2)}: the glass may touch the sample."
            )
            yield Problem("approach.overtravel", what, "Allow less.", "warning")


def _footprint(subject: Subject) -> Iterator[Problem]:
    ratio = subject.plan.probe.diameter / subject.plan.probe.aperture
    if not 0.5 <= ratio <= 5:
        what = f"its diameter would be {ratio:.3g} times that of the aperture; 1 to 2.5 is usual."
        yield Problem("probe.footprint", what, "Check the units of both.", "warning")


def _short_steps(subject: Subject) -> Iterator[Problem]:
    clock, told = subject.info.clock, set()
    for key, site, segment in subject.steps():
        if segment.waveform.duration < clock.period and key not in told:
            told.add(key)
            what = f"{show(segment.waveform.duration, 's')}{subject.under(site)} is shorter than "
            remedy = "Make the step longer; nothing would be seen of it."
            yield Problem(key, f"{what}a row, {show(clock.period, 's')}.", remedy)


def _coarse_sweeps(subject: Subject) -> Iterator[Problem]:
    period = subject.info.clock.period
    for key, step in dict(flattened(subject.plan.program)).items():
        if not isinstance(step, CyclicVoltammetry | LinearSweep):
            continue
        rate = max(condition.number(step.scan_rate) for condition in subject.plan.conditions)
        if rate * period > COARSE:
            what = f"at {show(rate, 'V/s')} each row covers {show(rate * period, 'V')}."
            remedy = f"Sweep no faster than {show(COARSE / period, 'V/s', 2)}, or average less."
            yield Problem(f"{key}.scan_rate", what, remedy, "warning")


def _repeats(subject: Subject) -> Iterator[Problem]:
    conditions = subject.plan.conditions
    if len(conditions) < 2:
        return
    counts = Counter(site.condition for site in subject.sites)
    fewest = min(counts.values())
    index = min(counts, key=lambda condition: counts[condition])
    if fewest < FEWEST:
        what = f"{conditions[index].label} has {fewest} sites: too few to tell a spread."
        remedy = f"Take {FEWEST} or more for each condition."
        yield Problem("design", what, remedy, "warning")
    if max(counts.values()) != fewest:
        what = f"conditions get {fewest} to {max(counts.values())} sites; {conditions[index].label}"
        yield Problem("design", f"{what} has the fewest.", "", "warning")


def _confounded(subject: Subject) -> Iterator[Problem]:
    """Warn where an effect of the condition could be one of place or time.

    Each row, each column or each stretch of time having one condition only is what it takes.
    """
    if len(subject.plan.conditions) < 2:
        return
    rows, columns = defaultdict(set), defaultdict(set)
    for site in subject.sites:
        rows[site.iy].add(site.condition)
        columns[site.ix].add(site.condition)
    on_grid = subject.sites[0].ix >= 0
    stretches = len(list(groupby(site.condition for site in subject.sites)))
    because = []
    if on_grid and all(len(found) == 1 for found in rows.values()):
        because.append("row")
    if on_grid and all(len(found) == 1 for found in columns.values()):
        because.append("column")
    if stretches == len(subject.plan.conditions) < len(subject.sites):
        because.append("stretch of time")
    if because:
        names = ", ".join(subject.plan.levels)
        what = f"each {' and each '.join(because)} has one condition only: drift or tilt along it "
        shuffled = subject.plan.design.assign == "shuffled"
        remedy = "Choose another design.seed." if shuffled else 'Assign the conditions "shuffled".'
        what += f"cannot be told from an effect of {names}."
        yield Problem("design.assign", what, remedy, "warning")


def _long(subject: Subject) -> Iterator[Problem]:
    duration = subject.plan.duration(subject.info)
    if duration > LONG:
        what = f"the scan takes about {duration / 3600:.0f} h; drift and evaporation go on."
        yield Problem("plan", what, "Think of fewer sites or shorter steps.", "warning")
