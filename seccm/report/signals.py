"""Signals that the rig file adds: over the time of a site, and the map of their means."""

from __future__ import annotations

from matplotlib.figure import Figure

from seccm.errors import DamagedError
from seccm.report import maps, transients
from seccm.report.groups import Group
from seccm.report.study import Study
from seccm.report.transients import Transient
from seccm.rig import Signal


def over_time(study: Study, signal: Signal) -> Figure | None:
    """Draw a signal from contact to the end of the last step; None if no site has any of it."""
    found = [(group, own) for group in study.groups if (own := _repeats(study, group, signal))]
    if not found:
        return None
    shown = transients.Signal(signal.name, signal.unit, signal.words, signal.role == "current")
    return transients.drawn(study, found, shown)


def means(study: Study) -> Figure | None:
    """Draw the mean of each signal at every site as a map; None if none is declared to be."""
    names = [name for name in study.signal_means if study.has(name)]
    return maps.features(study, names) if names and study.x.size > 1 else None


def _repeats(study: Study, group: Group, signal: Signal) -> list[Transient]:
    found: list[Transient] = []
    for number in study.repeats(group):
        try:
            record = study.scan.record(int(number))
        except DamagedError:
            continue  # the page says so
        rows = record.in_steps
        rows &= record.t > record.t_contact  # the contact row is of before
        one = transients.thinned(
            record.t[rows] - record.t_contact, record.signals[signal.name][rows]
        )
        if one is not None:
            found.append(one)
    return found
