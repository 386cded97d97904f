"""What a rig cannot do: places, depths, speeds, drives, potentials and currents out of reach."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import numpy as np

from seccm.errors import Problem
from seccm.plan import planner, ways
from seccm.plan.corners import corner_problems
from seccm.plan.fine_rows import fine_row_problems
from seccm.plan.ranges import larger_range, range_problems
from seccm.plan.rounding import rounded_down
from seccm.plan.second_drive import second_problems
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.plan.techniques import technique_problems
from seccm.program.tree import parts
from seccm.rig import Axis, Mode, Range, RigInfo, Sines, more_than_basic
from seccm.suggestion import Suggestion
from seccm.units import show

TILT = 0.01
"""Slope to allow for of a mounted sample."""


def reach_problems(subject: Subject) -> Iterator[Problem]:
    """Find what is out of the rig's reach; each key of the plan is told once."""
    told = set()
    for problem in chain(
        range_problems(subject),
        _drives(subject),
        second_problems(subject),
        technique_problems(subject),
        corner_problems(subject),
        *((_contacts(subject),) if subject.plan.moves else ()),
        _way(subject),
        _planner(subject),
        *(_motions(subject) if subject.plan.moves else ()),
        _recording(subject),
        fine_row_problems(subject),
        _disk(subject),
    ):
        if (problem.where, problem.severity) not in told:
            told.add((problem.where, problem.severity))
            yield problem


def _motions(subject: Subject) -> tuple[Iterator[Problem], ...]:
    """Find what is out of reach of a tip that moves."""
    return (
        _speeds(subject),
        _overtravel(subject),
        _places(subject),
        _depth(subject),
        _carrier(subject),
    )


def _drives(subject: Subject) -> Iterator[Problem]:
    for site in subject.patterns() if subject.plan.moves else ():
        hold = site.approach.hold
        held = hold.value, hold.value
        yield from _drive(subject, "approach.hold", subject.under(site), hold.mode, held)
        if (detaching := site.retract.detaching) is not None:
            hold = detaching.hold
            held, key = (hold.value, hold.value), "retract.detachment.hold"
            yield from _drive(subject, key, subject.under(site), hold.mode, held)
    for part, site, act in subject.steps():
        under = subject.under(site, part)
        chosen = subject.info.range_of(act.range)
        if chosen is None:
            continue
        current = chosen.span
        if isinstance(act.waveform, Sines) and not subject.info.sines:
            what = f"rig {subject.info.name} runs straight lines and no sines."
            yield Problem(part.key, what, "Choose another step, or a rig on an NI card.")
        yield from _drive(subject, part.key, under, act.mode, act.waveform.extremes, current)
        for limit in act.limits:
            reach = {"potential": subject.info.potential, "current": current}
            span = reach.get(limit.quantity)
            if span is not None and not span.holds(limit.value):
                volts = limit.quantity == "potential"
                value = subject.volts(limit.value) if volts else show(limit.value, "A")
                what = f"{limit.quantity} {limit.side} {value} is out of range ({_span(span)})"
                remedy = "It would never end the step; choose a value inside."
                yield Problem(f"{part.key}.until", f"{what}.", remedy)


def _drive(
    subject: Subject,
    key: str,
    under: str,
    mode: Mode,
    extremes: tuple[float, float],
    current: Range | None = None,
) -> Iterator[Problem]:
    info, current = subject.info, current or subject.info.current
    if mode not in info.modes:
        has = ", ".join(sorted(info.modes))
        what = f'rig {info.name} cannot impose "{mode}"; it can impose: {has}.'
        yield Problem(key, what, "Choose other steps, or another rig.")
        return
    for value in dict.fromkeys(extremes):
        if mode == "potential" and not info.potential.holds(value):
            what = f"{subject.volts(value)}{under} is outside of what rig {info.name} can apply, "
            span = f"{_span(info.potential)} vs {subject.plan.reference.electrode}"
            yield Problem(key, f"{what}{span}.", "Change the potential, or check the offset.")
        if mode == "current" and not current.holds(value):
            what = f"{show(value, 'A')}{under} is outside of rig {info.name}'s current range"
            larger = larger_range(info, value)
            instead = f'write range = "{larger}"' if larger else "use a smaller pipette"
            remedy = f"Lower the current, or {instead}."
            yield Problem(key, f"{what}, {_span(current, 'A')}.", remedy)


def _span(span: Range, unit: str = "V") -> str:
    return f"{show(span.lower, unit)} to {show(span.upper, unit)}"


def _contacts(subject: Subject) -> Iterator[Problem]:
    """Find contact rules that could never come true on this rig."""
    info, contact = subject.info, subject.plan.approach.contact
    for site in subject.patterns():
        signal = site.approach.rule.signal
        if signal not in info.watched:
            what = (
                f'"{contact.kind}" watches the signal "{signal}", which rig {info.name} does not.'
            )
            if signal in {added.name for added in more_than_basic(info.signals)}:
                remedy = "Write watchable = true in its table of the rig file."
            else:
                remedy = "Choose another kind of contact, or add the signal to the rig file."
            remedy = f"It watches: {', '.join(info.watched)}. {remedy}"
            yield Problem("approach.contact", what, remedy)
            return
        rows, most = site.approach.rule.consecutive, info.stop.rows
        if most is not None and rows > most:
            what = (
                f"the contact is to last for {rows} data points in succession, and the stop of rig "
                f"{info.name} looks at {most}."
            )
            put = Suggestion(("approach", "contact", "consecutive"), "put", most)
            remedy = f"Write consecutive = {most}; approach.confirm asks for more afterwards."
            yield Problem("approach.contact.consecutive", what, remedy, suggestion=put)
        yield from contact.problems(subject, site)


def _way(subject: Subject) -> Iterator[Problem]:
    """Find what keeps the plan's way from being gone on this rig."""
    way = subject.plan.way
    yield from ways.KINDS.of(way.kind).problems(way, subject)


def _planner(subject: Subject) -> Iterator[Problem]:
    """Find what keeps the plan's planner from working on this rig."""
    chosen = subject.plan.planner
    yield from planner.KINDS.of(chosen.kind).problems(chosen, subject)


def _speeds(subject: Subject) -> Iterator[Problem]:
    axes = subject.info.axes
    for site in subject.patterns():
        wanted: list[tuple[str, float, tuple[Axis, ...]]] = [
            ("approach.speed", site.approach.speed, ("z",)),
            ("retract.speed", site.retract.speed, ("z",)),
            ("travel.speed", site.travel_speed, ("x", "y")),
        ]
        if site.retract.detaching is not None:
            wanted.append(("retract.detachment.speed", site.retract.detaching.speed, ("z",)))
        for key, speed, names in wanted:
            for axis in names:
                if axis in axes and speed > axes[axis].fastest:
                    fastest = show(axes[axis].fastest, "m/s")
                    what = f"{show(speed, 'm/s')} is faster than axis {axis} can move, {fastest}."
                    put = subject.put(fastest, *key.split("."))
                    yield Problem(key, what, f"Lower it to {fastest}.", suggestion=put)


def _overtravel(subject: Subject) -> Iterator[Problem]:
    """Find approaches too fast for the rig to stop within what the plan allows."""
    info = subject.info
    for site in subject.patterns():
        approach = site.approach
        rows = approach.rule.consecutive
        farthest = info.overtravel(approach.speed, rows, approach.rule.signal)
        # A little slack: 20 um/s times 25 ms is a little more than 500 nm to a computer.
        if farthest > approach.overtravel * (1.0 + 1e-9):
            speed = approach.speed * approach.overtravel / farthest
            what = (
                f"at {show(approach.speed, 'm/s')} rig {info.name} may go {show(farthest, 'm')} "
                f"past contact; approach.overtravel allows {show(approach.overtravel, 'm')}."
            )
            fewer = ", ask for fewer consecutive data points" if rows > 1 else ""
            slower = show(rounded_down(speed), "m/s")
            remedy = f"Lower it to {slower}{fewer}, or allow more."
            put = subject.put(slower, "approach", "speed")
            yield Problem("approach.speed", what, remedy, suggestion=put)


def _places(subject: Subject) -> Iterator[Problem]:
    """Find sites, and the places of their retries, beyond the stage."""
    places, offsets = subject.visits.places, subject.patterns()[0].no_contact.offsets()
    for axis in ("x", "y"):
        found = subject.info.axes.get(axis)
        if found is None:
            yield Problem(
                "sites", f"rig {subject.info.name} has no axis {axis}.", "Use another rig."
            )
            continue
        span = found.travel
        here = places.x if axis == "x" else places.y
        ways = [offset[0 if axis == "x" else 1] for offset in offsets]
        beyond = (here + min(ways) < span.lower) | (here + max(ways) > span.upper)
        if beyond.any():
            far = np.where(beyond, np.abs(here - (span.lower + span.upper) / 2), -1.0)
            number = int(np.argmax(far))
            reach = max(map(abs, ways))
            retries = f" and retries up to {show(reach, 'm')} from there" if reach else ""
            end = f"{axis} = {show(float(here[number]), 'm')}{retries}."
            if len(places) == 1:  # such as one that a planner or a person asks for
                what = (
                    f"The site lies beyond axis {axis}, which goes from {_span(span, 'm')}: {end}"
                )
                yield Problem("sites", what, "Choose a place within that.")
                continue
            what = (
                f"{beyond.sum()} of {len(places)} sites lie beyond axis {axis}, which goes "
                f"from {_span(span, 'm')}: site {number} is at {end}"
            )
            yield Problem("sites", what, "Move the origin, or use fewer sites or a smaller pitch.")


def _depth(subject: Subject) -> Iterator[Problem]:
    """Find approaches that would end below the stage, at the first site or on a tilted sample."""
    axis = subject.info.axes.get("z")
    if axis is None:
        yield Problem("approach", f"rig {subject.info.name} has no axis z.", "Use another rig.")
        return
    places = subject.visits.places
    extent = math.hypot(float(np.ptp(places.x)), float(np.ptp(places.y)))
    at = {} if subject.plan.regions is not None else subject.at  # a region is begun at the top
    start = at.get("z", axis.travel.upper)
    known = "now" if "z" in at else "at the top"
    for site in subject.patterns():
        travel, lift = site.approach.travel, site.retract.distance
        end, slope = start - travel, TILT * extent
        limit = show(axis.travel.lower, "m")
        what = f"{show(travel, 'm')} down from z = {show(start, 'm')} ({known}) "
        if end < axis.travel.lower:
            what += f"would end at z = {show(end, 'm')}, below the limit {limit}."
            yield Problem("approach.travel", what, "Lower it, or start higher.")
        elif end - slope < axis.travel.lower:
            what += (
                f"leaves less than {show(slope, 'm')} above the limit {limit}: on a sample tilted "
                f"by {TILT:.0%} the far sites would be out of reach."
            )
            yield Problem("approach.travel", what, "Start higher, or lower it.", "warning")
        span = axis.travel.upper - axis.travel.lower
        if lift > span:
            what = f"{show(lift, 'm')} is more than the range of axis z, {show(span, 'm')}."
            yield Problem("retract.distance", what, "Lower it.")


def _carrier(subject: Subject) -> Iterator[Problem]:
    """Find regions of the sample that the rig cannot bring below the tip."""
    regions, carrier = subject.plan.regions, subject.info.carrier
    if regions is None or regions.moved_by == "person":
        return
    person = Suggestion(("regions", "moved_by"), "put", "person")
    if carrier is None:
        what = f"rig {subject.info.name} has no coarse stage that moves the sample."
        remedy = 'Write "person": somebody is asked, or use a rig with a table [carrier].'
        yield Problem("regions.moved_by", what, remedy, suggestion=person)
        return
    for one in regions.each():
        if not carrier.holds(*one.position):
            place = ", ".join(show(at, "m") for at in one.position)
            what = f"region {one.label} at ({place}) is beyond the coarse stage, which goes from "
            what += f"{_span(carrier.x, 'm')} along x and {_span(carrier.y, 'm')} along y."
            yield Problem("regions.positions", what, "Move it, or leave this region out.")
            return


def _recording(subject: Subject) -> Iterator[Problem]:
    """Find what the rig has no samples for."""
    plan, info = subject.plan, subject.info
    if info.raw:
        if plan.record.raw and not info.raw_always:
            what = (
                f"rig {info.name} has raw samples of steps that ask for them, and only data points "
                "(means of samples) of the rest."
            )
            remedy = (
                "Write raw = true in these steps instead, or use a rig with a card, such as "
                "virtual-nidaq."
            )
            yield Problem("record.raw", what, remedy)
        return
    keys = ["record.raw"] if plan.record.raw else []
    keys += [f"{part.key}.raw" for part in parts(plan.program) if part.spec.raw]
    for key in keys:
        what = f"rig {info.name} has no raw samples, only data points (means of samples)."
        remedy = "Remove it, or use a rig with a card, such as virtual-nidaq."
        yield Problem(key, what, remedy)


def _disk(subject: Subject) -> Iterator[Problem]:
    if subject.free_disk is None:
        return
    yield from room_problems(subject.plan, subject.info, subject.free_disk)


def room_problems(
    plan: Tables, info: RigInfo, free: int, *, reserve: int = 0, share: float = 1.0
) -> Iterator[Problem]:
    """Find out whether the data of a plan have room on a disk.

    Args:
        plan: what to do.
        info: the rig that gives the data.
        free: bytes free on the disk.
        reserve: bytes of them that must stay free.
        share: of the plan's sites that are left, when a scan is resumed.
    """
    size, raw = (round(share * part) for part in (plan.bytes(info), plan.raw_bytes(info)))
    told = f"about {_bytes(size)} of data, but {_bytes(free)} are free on the disk."
    told = planner.who_plans(plan) + told
    if reserve:
        told = f"{told[:-1]}; {_bytes(reserve)} must stay free."
    remedy = "Free space, or write elsewhere."
    if raw:
        told = f"{told} {_bytes(raw)} are raw samples."
        what = "leave out record.raw" if plan.record.raw else "keep the raw samples of fewer steps"
        remedy = f"Free space, write elsewhere, or {what}."
    if size > free - reserve:
        yield Problem("plan", told, remedy)
    elif size + raw > 0.8 * (free - reserve):
        # The compressed copy that is made at the end stands beside the file for a while.
        yield Problem("plan", told, remedy, "warning")


def _bytes(size: int) -> str:
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"
