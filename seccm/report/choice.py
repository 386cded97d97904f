"""Which figures a scan deserves, and what is said under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.declared import by_rank, declared
from seccm.analysis.spread import stated
from seccm.events import Outcome
from seccm.program.any_results import Q
from seccm.program.kind import Curve
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.report import (
    curves,
    distribution,
    heights,
    landings,
    maps,
    transients,
    trends,
    voltammograms,
    waves,
)
from seccm.report.plausible import growth_words
from seccm.report.study import MOST_CURVES, Study
from seccm.report.transients import Signal
from seccm.typography import readable

MOST_STEPS = 3
"""Steps that get figures of one sort."""
_SHOWN = {
    ("I", "potential"): "Current at a held potential",
    ("E", "open"): "Open-circuit potential",
}
"""What a transient shows, by the signal and by what is imposed."""
_OTHER = {"I": "Current", "E": "Potential"}
_TWO_WAYS = (
    "Half-wave potential and limiting current are means of forward and reverse sweep of the last "
    "complete cycle. "
)
_UNSTEADY = " The limiting current is that of this scan rate, larger than the steady one."


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its words."""

    slug: str
    title: str
    caption: str
    figure: Figure


def drawings(study: Study) -> Iterator[Drawing]:
    """Yield every figure that has something to show, in the order of the page."""
    drawn = [(segment, _figure_of(segment)) for segment in study.segments]
    for curve, draw in _DRAWN.items():
        steps = [s for s, wanted in drawn if wanted == curve]
        more = len(steps) > MOST_STEPS
        said = f" Of {len(steps)} such steps, the first {MOST_STEPS} are drawn." if more else ""
        for segment in steps[:MOST_STEPS]:
            for drawing in draw(study, segment):
                yield replace(drawing, caption=drawing.caption.rstrip() + said)
    yield from _maps(study)
    yield from _tip(study)


def _galvanostatic(study: Study, segment: Segment) -> Iterator[Drawing]:
    step = segment.index
    where = _of_step(study, segment)
    figure = curves.potentials(study, step)
    if figure is not None:
        yield Drawing(
            f"potential-step-{step}",
            f"Potential against time (a) and charge (b){where}",
            "Thick: mean of the repeats that ran to the end, aligned at their minima where they "
            "nucleated; band: ± one standard deviation where there are three or more; "
            "thin: every repeat; dots: nucleation potential of each; in brackets: number of sites. "
            f"The fall from overload after contact is cut off. {_basis(study)}{_thinned(study)}",
            figure,
        )
    figure = curves.repeats(study, step)
    if figure is not None:
        yield Drawing(
            f"repeats-step-{step}",
            f"Every repeat of every condition{where}",
            "Dark to light in the order in which they were measured; dots: nucleation potential. "
            f"{_some(study, curves.PANELS)}",
            figure,
        )
    figure = trends.nucleation(study, step)
    if figure is not None:
        names = [study.name(result, step) for result in trends.DRAWN]
        yield Drawing(
            f"nucleation{declared(names[0]).step(names[0])}",
            f"Nucleation and growth potential (a), nucleation time (b) and charge (c) against "
            f"current density{where}",
            "Small: every repeat; large: mean, given only where every repeat nucleated; bars, "
            "where there are three or more: the larger of their standard deviation and their "
            "stated standard uncertainty; above the axes: number of sites. Open symbols: values "
            f"with a caveat. {caveat_words(study, names)}Arrows: records that ended before "
            "nucleation, at the time and charge at which they ended. "
            f"{_growth(study, names)}{_basis(study)}",
            figure,
        )


def _growth(study: Study, names: Sequence[str]) -> str:
    said = [words for name in names if (words := growth_words(study, name))]
    return "".join(f"Dashed: 0 V. {words} " for words in said)


def _swept(study: Study, segment: Segment) -> Iterator[Drawing]:
    step = segment.index
    where = _of_step(study, segment)
    figure = voltammograms.by_cycle(study, step)
    if figure is not None:
        yield Drawing(
            f"voltammograms-step-{step}",
            f"Voltammograms, coloured by cycle{where}",
            f"{_program(study, step)} Arrows: direction of the sweep. Later cycles are drawn "
            "over earlier ones. The charging current at the start of the sweep is cut off. "
            f"{_some(study, voltammograms.MOST_PANELS)}{_basis(study)}",
            figure,
        )
    stored = study.telling(study.name("CE_last", step))
    figure = voltammograms.efficiency(study, step) if stored else None
    if figure is not None:
        yield Drawing(
            f"efficiency-step-{step}",
            f"Coulombic efficiency (a) and charges (b) by cycle{where}",
            "Cycles are cut at the commanded vertices; charge is sorted by the sign of the "
            "current over the whole cycle; no baseline is subtracted. Thin: single sites; large: "
            "mean, with ± one standard deviation where there are three or more. "
            f"{_some(study, voltammograms.MOST_PANELS)}{_basis(study)}",
            figure,
        )
    names = [study.name(result, step) for result in ("E_half", "i_lim")]
    figure = waves.waves(study, step) if study.telling(names[0]) else None
    if figure is not None:
        drawn = "rows, one for each condition" if study.several else "titles of the histograms"
        returns = study.has(study.name("dE_half", step))
        yield Drawing(
            f"waves-step-{step}",
            f"The last cycle of every site (a); half-wave potential (b) and limiting current "
            f"(c){where}",
            f"In the {drawn}: mean ± the larger of the standard deviation over the sites (sd) and "
            "the stated standard uncertainty of one value (stated). "
            + (_TWO_WAYS if returns else "")
            + f"Open: values with a caveat. {caveat_words(study, names)}"
            f"{_hysteresis(study, step)}{_some(study, distribution.MOST_ROWS)}{_thinned(study)}",
            figure,
        )


def _current(study: Study, segment: Segment) -> Iterator[Drawing]:
    yield from _transient(study, segment, Signal("I", "A", "i"))


def _potential(study: Study, segment: Segment) -> Iterator[Drawing]:
    yield from _transient(study, segment, Signal("E", "V", "E"))


def _transient(study: Study, segment: Segment, signal: Signal) -> Iterator[Drawing]:
    step = segment.index
    figure = transients.transients(study, step, signal)
    if figure is not None:
        shown = _SHOWN.get((signal.column, segment.mode), _OTHER[signal.column])
        yield Drawing(
            f"transient-step-{step}",
            f"{shown} against time{_of_step(study, segment)}",
            f"{_program(study, step)} Thin: every repeat; thick: median of a condition; in "
            "brackets: number of sites. Logarithmic axes where the current spans decades "
            f"without a change of sign.{_thinned(study)}",
            figure,
        )


_DRAWN: Mapping[Curve, Callable[[Study, Segment], Iterator[Drawing]]] = {
    "E-Q": _galvanostatic,
    "I-E": _swept,
    "I-t": _current,
    "E-t": _potential,
}
"""Who draws a curve, in the order of the page; of the curves of a step, the first one here."""


def _figure_of(segment: Segment) -> Curve | None:
    """Return which figure a step gets; None if its kind is not installed here."""
    kind = kinds().get(segment.kind)
    return next((curve for curve in _DRAWN if kind is not None and curve in kind.curves), None)


def _program(study: Study, step: int) -> str:
    """Say what a step is; of several conditions, only what they have in common."""
    labels = study.step_labels(step)
    if len(labels) == 1:
        return f"{readable(labels[0])}."
    return f"{study.segments[step].kind}, different for each condition."


def _some(study: Study, most: int) -> str:
    """Say if there are more conditions than are drawn."""
    count = len(study.groups)
    return f"{most} of {count} conditions are drawn. " if count > most else ""


def caveat_words(study: Study, names: Sequence[str]) -> str:
    """Say of features what has to be said of their values, and of how many; empty if nothing."""
    parts = []
    for name in names:
        feature = study.features.get(name)
        if feature is None:
            continue
        count = int(feature.known[study.measured].sum())
        parts += [
            f"{scales.symbol(name)}: {status.caveat} ({sites.size} of {count})"
            for status, sites in feature.caveats(study.measured).items()
        ]
    return typography.html("; ".join(parts) + ". ") if parts else ""


def _hysteresis(study: Study, step: int) -> str:
    """Say how far the two sweeps are apart, and how much of that may be left in E1/2."""
    shift, half = (study.features.get(study.name(n, step)) for n in ("dE_half", "E_half"))
    if shift is None or half is None:
        return ""
    parts = []
    for group in study.groups:
        apart, doubt = shift.values[group.counted], half.errors[group.counted]
        if np.isfinite(apart).any():
            said = (
                f"{typography.number(1e3 * float(np.nanmedian(apart)), 3)} mV, uncertainty "
                f"{typography.number(1e3 * stated(doubt), 2)} mV"
            )
            parts.append(f"{study.named(group)}: {said}" if study.several else said)
    if not parts:
        return ""
    shown = parts if len(parts) <= distribution.MOST_ROWS else [*parts[:3], "…", *parts[-3:]]
    unsteady = _UNSTEADY if half.caveats(study.measured) else ""
    return typography.html(
        "Half-wave potential of the reverse sweep minus that of the forward sweep (median), and "
        f"standard uncertainty of their mean: {'; '.join(shown)}.{unsteady} "
    )


def _maps(study: Study) -> Iterator[Drawing]:
    names = [n for n in by_rank(study.features) if declared(n).mapped and study.telling(n)]
    # Net charge is imposed wherever the current is; it is for scans with nothing better.
    names = ([n for n in names if declared(n) is not Q] or names)[:4]
    figure = maps.conditions(study)
    if figure is not None:
        yield Drawing(
            "conditions",
            "The condition of every site",
            f"In brackets: sites of the condition. {_some(study, maps.NAMED)}",
            figure,
        )
    figure = maps.features(study, names) if study.x.size > 1 else None
    if figure is not None:
        yield Drawing(
            "maps",
            "Maps of features",
            f"{_against(study, names)}Footprints are drawn to scale; where they are small, the "
            "cells around them are coloured. The colours span at least three median standard "
            "uncertainties to either side. Dashed: no value, such as no nucleation before the end. "
            f"Sites that are not complete are marked. {caveat_words(study, names)}",
            figure,
        )
    failed = bool((study.outcome != Outcome.OK).any())
    if failed or (figure is None and study.x.size > 1):
        yield Drawing("outcomes", "Outcome of every site", "", maps.outcomes(study))


def _against(study: Study, names: Sequence[str]) -> str:
    """Say what a map of several conditions shows."""
    if not study.several:
        return ""
    if all(maps.mapped(study, name).own for name in names):
        return (
            "The sites are of different conditions, with fewer than three values each: the maps "
            "show effects of the conditions together with effects of the positions.  "
        )
    return (
        "Each value is compared with the median of its own condition: potentials as differences, "
        "others as ratios. Conditions of fewer than three values are left out. "
    )


def _tip(study: Study) -> Iterator[Drawing]:
    figure = heights.topography(study)
    if figure is not None and study.topography is not None:
        yield Drawing(
            "topography",
            "Heights at contact (a), and residuals from a plane (b)",
            heights.topography_words(study.topography),
            figure,
        )
    figure = landings.landings(study)
    if figure is not None:
        yield Drawing(
            "landings",
            "Landings: stop latency (a) and overtravel (b)",
            "From the crossing of the contact threshold to the halt of the output, and how far the "
            "tip moved from there to rest, including the lag of the stage."
            + (" Landings of all conditions together." if study.several else ""),
            figure,
        )


def _of_step(study: Study, segment: Segment) -> str:
    name = f" ({segment.name})" if segment.name else ""
    return f", step {segment.index}{name}" if len(study.segments) > 1 else ""


def _basis(study: Study) -> str:
    area = study.area
    return f"Densities refer to the area by {area.basis}." if area else ""


def _thinned(study: Study) -> str:
    count = int(study.landed.sum())
    return f" Of {count} sites, about {MOST_CURVES} are drawn." if count > MOST_CURVES else ""
