"""Which figures a scan deserves, and what is said under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.declared import by_rank, declared
from seccm.analysis.own_condition import FEWEST
from seccm.analysis.spread import stated
from seccm.events import Outcome
from seccm.program.figures import ByCycle, Histogram, OwnCurve, Scatter, Trend
from seccm.program.kind import Curve
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.report import (
    across_sites,
    curves,
    cycles,
    distribution,
    galvanic_cycles,
    heights,
    histograms,
    landings,
    last_cycles,
    maps,
    own_curves,
    signals,
    style,
    transients,
    trends,
    voltammograms,
)
from seccm.report.plausible import growth_words
from seccm.report.study import MOST_CURVES, Study
from seccm.report.transients import Signal
from seccm.typography import readable

MOST_NAMED = 6
"""Conditions that are named in a caption."""
_MAPPED = 0.25
"""Share of the sites that must have a number of what is drawn as a map."""
MOST_STEPS = 3
"""Steps that get figures of one sort."""
_SHOWN = {
    ("I", "potential"): "Current at a held potential",
    ("E", "open"): "Open-circuit potential",
}
"""What a transient shows, by the signal and by what is imposed."""
_OTHER = {"I": "Current", "E": "Potential"}
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
    drawn = [(segment, _curve_of(segment)) for segment in study.segments]
    for curve in _DRAWN:
        kinds = dict.fromkeys(s.kind for s, wanted in drawn if wanted == curve)
        for kind in kinds:
            steps = [s for s, wanted in drawn if wanted == curve and s.kind == kind]
            more = len(steps) > MOST_STEPS
            said = f" Of {len(steps)} such steps, the first {MOST_STEPS} are drawn." if more else ""
            for segment in steps[:MOST_STEPS]:
                for drawing in _of(study, segment, curve):
                    yield replace(drawing, caption=drawing.caption.rstrip() + said)
    yield from _galvanic(study)
    yield from _across(study)
    yield from _signals(study)
    yield from _maps(study)
    yield from _tip(study)


def _of(study: Study, segment: Segment, curve: Curve) -> Iterator[Drawing]:
    """Yield what is drawn of one step: its curve, then the figures that its kind declares."""
    yield from _DRAWN[curve](study, segment)
    kind = study.kind(segment.index)
    for what in kind.figures if kind is not None else ():
        match what:
            case Trend():
                yield from _trend(study, segment, what)
            case ByCycle():
                yield from _by_cycle(study, segment, what)
            case Scatter():
                yield from _scatter(study, segment, what)
            case OwnCurve():
                yield from _own_curve(study, segment, what)
            case Histogram():
                yield from _histogram(study, segment, what)


def _galvanostatic(study: Study, segment: Segment) -> Iterator[Drawing]:
    step = segment.index
    where = _of_step(study, segment)
    turn = study.turn(step)
    dots = f"dots: {turn.level.declared.words}" if turn is not None else ""
    figure = curves.potentials(study, step)
    if figure is not None:
        aligned = ", aligned at their turn where they have one" if turn is not None else ""
        each = f"thin: every repeat; {dots} of each" if dots else "thin: every repeat"
        yield Drawing(
            f"potential-step-{step}",
            f"Potential against time (a) and charge (b){where}",
            f"Thick: mean of the repeats that ran to the end{aligned}; band: ± one standard "
            f"deviation where there are three or more; {each}; in brackets: number of sites. "
            f"The fall from overload after contact is cut off. {_basis(study)}{_thinned(study)}",
            figure,
        )
    figure = curves.repeats(study, step)
    if figure is not None:
        yield Drawing(
            f"repeats-step-{step}",
            f"Every repeat of every condition{where}",
            f"Dark to light in the order in which they were measured{dots and f'; {dots}'}. "
            f"{_some(study, curves.PANELS)}",
            figure,
        )


def _trend(study: Study, segment: Segment, what: Trend) -> Iterator[Drawing]:
    step = segment.index
    figure = trends.trend(study, step, what)
    if figure is None:
        return
    names = [study.name(result.name, step) for result in what.results]
    awaited = any(study.features[name].censored[study.measured].any() for name in names)
    densities = any("m^2" in result.unit for result in (*what.results, what.against))
    late = f"Arrows: records that ended before {what.event}, at their end. " if awaited else ""
    yield Drawing(
        f"{what.slug}{declared(names[0]).step(names[0])}",
        f"{what.title}{_of_step(study, segment)}",
        f"Small: every repeat; large: mean, given only where no record ended before {what.event}; "
        "bars, where there are three or more: the larger of their standard deviation and their "
        "stated standard uncertainty; above the axes: number of sites. Open symbols: values "
        f"with a caveat. {caveat_words(study, names)}{late}"
        f"{_growth(study, names)}{_basis(study) if densities else ''}",
        figure,
    )


def _growth(study: Study, names: Sequence[str]) -> str:
    said = [words for name in names if (words := growth_words(study, name))]
    return "".join(f"Dashed: 0 V. {words} " for words in said)


def _swept(study: Study, segment: Segment) -> Iterator[Drawing]:
    step = segment.index
    figure = voltammograms.by_cycle(study, step)
    if figure is not None:
        yield Drawing(
            f"voltammograms-step-{step}",
            f"Voltammograms, coloured by cycle{_of_step(study, segment)}",
            f"{_program(study, step)} Arrows: direction of the sweep. Later cycles are drawn "
            "over earlier ones. The charging current at the start of the sweep is cut off. "
            f"{_some(study, voltammograms.MOST_PANELS)}{_basis(study)}",
            figure,
        )


def _by_cycle(study: Study, segment: Segment, what: ByCycle) -> Iterator[Drawing]:
    step = segment.index
    figure = cycles.by_cycle(study, step, what)
    if figure is not None:
        yield Drawing(
            f"{what.slug}-step-{step}",
            f"{what.title}{_of_step(study, segment)}",
            f"{what.words}Thin: single sites; large: "
            "mean, with ± one standard deviation where there are three or more. "
            f"{_some(study, cycles.MOST)}{_basis(study)}",
            figure,
        )


def _scatter(study: Study, segment: Segment, what: Scatter) -> Iterator[Drawing]:
    step = segment.index
    names = [study.name(result.name, step) for result in what.results]
    figure = last_cycles.last_cycles(study, step, what) if study.telling(names[0]) else None
    if figure is not None:
        drawn = (
            "rows, one for each condition" if study.groups.several else "titles of the histograms"
        )
        returns = what.apart is not None and study.result(what.apart, step) is not None
        yield Drawing(
            f"{what.slug}-step-{step}",
            f"{what.title}{_of_step(study, segment)}",
            f"In the {drawn}: mean ± the larger of the standard deviation over the sites (sd) and "
            "the stated standard uncertainty of one value (stated). "
            + (what.words if returns else "")
            + f"Open: values with a caveat. {caveat_words(study, names)}"
            f"{_apart(study, step, what)}{_some(study, distribution.MOST_ROWS)}{_thinned(study)}",
            figure,
        )


def _own_curve(study: Study, segment: Segment, what: OwnCurve) -> Iterator[Drawing]:
    figure = own_curves.own_curve(study, segment.index, what)
    if figure is None:
        return
    if what.alone:
        how = (
            f"A panel for each site, at most {own_curves.PANELS}; of several conditions, the first "
            "site of each. "
        )
    elif what.marks:
        how = f"Every site; in brackets: number of sites.{_thinned(study)} "
    else:
        how = (
            "Thin: every repeat; thick: median of a condition, where its repeats have the same "
            f"points; in brackets: number of sites.{_thinned(study)} "
        )
    yield Drawing(
        f"{what.slug}-step-{segment.index}",
        f"{what.title}{_of_step(study, segment)}",
        f"{_program(study, segment.index)} {how}{what.words}".rstrip(),
        figure,
    )


def _histogram(study: Study, segment: Segment, what: Histogram) -> Iterator[Drawing]:
    figure = histograms.histogram(study, segment.index, what)
    if figure is not None:
        line = "" if study.groups.several else "Line: median. "
        yield Drawing(
            f"{what.slug}-step-{segment.index}",
            f"{what.title}{_of_step(study, segment)}",
            f"{_program(study, segment.index)} All sites of a condition together; numbers with a "
            f"caveat are left out. {line}{what.words}{_some(study, histograms.MOST)}".rstrip(),
            figure,
        )


def _current(study: Study, segment: Segment) -> Iterator[Drawing]:
    yield from _transient(study, segment, Signal("I", "A", "$i$"))


def _potential(study: Study, segment: Segment) -> Iterator[Drawing]:
    yield from _transient(study, segment, Signal("E", "V", "$E$"))


def _transient(study: Study, segment: Segment, signal: Signal) -> Iterator[Drawing]:
    step = segment.index
    figure = transients.transients(study, step, signal)
    if figure is not None:
        shown = _SHOWN.get((signal.column, segment.mode), _OTHER[signal.column])
        yield Drawing(
            f"transient-step-{step}",
            f"{shown} against time{_of_step(study, segment)}",
            f"{_program(study, step)} Thin: every repeat; thick: median of a condition"
            f"{_aligned(study, step)}; in brackets: number of sites. Logarithmic axes "
            f"where the current spans decades without a change of sign.{_thinned(study)}",
            figure,
        )


def _aligned(study: Study, step: int) -> str:
    turn = study.turn(step)
    if turn is None:
        return ""
    return f", aligned at the turn of those that have one; dots: {turn.level.declared.words}"


_DRAWN: Mapping[Curve, Callable[[Study, Segment], Iterator[Drawing]]] = {
    "E-Q": _galvanostatic,
    "I-E": _swept,
    "I-t": _current,
    "E-t": _potential,
}
"""Who draws a curve, in the order of the page; of the curves of a step, the first one here."""


def _curve_of(segment: Segment) -> Curve | None:
    """Return which curve of a step is drawn; None if its kind is not installed here."""
    kind = kinds().get(segment.kind)
    return next((curve for curve in _DRAWN if kind is not None and curve in kind.curves), None)


def _program(study: Study, step: int) -> str:
    """Say what a step is; of several conditions, only what they have in common."""
    labels = study.step_labels(step)
    if len(labels) == 1:
        return f"{readable(labels[0])}."
    return f"Kind of step: {study.segments[step].kind}; it differs between conditions."


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


def _apart(study: Study, step: int, what: Scatter) -> str:
    """Say how far the two determinations of a result are apart, and what of that may be in it."""
    shift = study.result(what.apart, step) if what.apart is not None else None
    mean = study.result(what.results[0], step)
    if shift is None or mean is None:
        return ""
    scale = scales.feature_scale(shift.column.unit, shift.values)
    parts = []
    for group in study.groups:
        apart, doubt = shift.values[group.counted], mean.errors[group.counted]
        if np.isfinite(apart).any():
            middle = typography.number(scale.factor * float(np.nanmedian(apart)), 3)
            error = typography.number(scale.factor * stated(doubt), 2)
            said = f"{middle} {scale.unit}, uncertainty {error} {scale.unit}"
            parts.append(f"{study.groups.named(group)}: {said}" if study.groups.several else said)
    if not parts:
        return ""
    shown = parts if len(parts) <= distribution.MOST_ROWS else [*parts[:3], "…", *parts[-3:]]
    words = shift.declared.words.rpartition(": ")[2]
    return typography.html(
        f"{words[:1].upper()}{words[1:]} (median), and standard uncertainty of their mean: "
        f"{'; '.join(shown)}.{_UNSTEADY if mean.caveats(study.measured) else ''} "
    )


def _across(study: Study) -> Iterator[Drawing]:
    """Yield results against what is known of each site."""
    for name in across_sites.properties(study):
        figure = across_sites.against(study, name)
        if figure is not None:
            yield Drawing(
                f"against-{name.replace('_', '-').lower()}",
                f"Results against {style.literal(name)} of the sites",
                "Each site a point. Dashed: proportional, dotted: to the square, both through the "
                "origin by least squares. Above each panel: exponent m of a power law with its "
                f"95 % interval. {readable(across_sites.words(study, name))}. Magnitudes; R² and "
                "coefficients are in the table of laws.",
                figure,
            )


def _galvanic(study: Study) -> Iterator[Drawing]:
    """Yield what is drawn of cycles of constant current."""
    figure = galvanic_cycles.by_number(study)
    if figure is not None:
        yield Drawing(
            "galvanic-cycles",
            "Charge (a) and coulombic efficiency (b) of each cycle of constant current",
            "Of the first (open) and the second half of a cycle, such as charge and discharge. "
            "Efficiency: charge of the second over that of the first. Thin: single sites; symbols: "
            f"mean. {_some(study, cycles.MOST)}{_thinned(study)}",
            figure,
        )
    figure = galvanic_cycles.by_rate(study)
    if figure is not None:
        yield Drawing(
            "galvanic-rates",
            "Rate capability: charge (a) and potential at half of the charge (b) against current",
            "Of the second half of each cycle; every site is a line. "
            f"{_some(study, cycles.MOST)}{_thinned(study)}",
            figure,
        )


def _signals(study: Study) -> Iterator[Drawing]:
    """Yield a figure for each signal that the rig file adds, and the map of those it wants."""
    for signal in study.scan.signals:
        figure = signals.over_time(study, signal)
        if figure is not None:
            yield Drawing(
                f"signal-{signal.name.replace('_', '-').lower()}",
                f"{style.literal(signal.words)} against time, all steps",
                "From contact to the end of the last step. Thin: every repeat; thick: median of a "
                f"condition; in brackets: number of sites.{_thinned(study)}",
                figure,
            )
    figure = signals.means(study)
    if figure is not None:
        yield Drawing(
            "signal-maps",
            "Maps of the means of signals",
            f"{_against(study, list(study.signal_means))}Means over all steps of a site.",
            figure,
        )


def _maps(study: Study) -> Iterator[Drawing]:
    # An event that a few sites had is no map, unless the plan asks for it.
    mapped = (
        name
        for name, feature in ((n, study.features[n]) for n in by_rank(study.features))
        if name in study.asked
        or (declared(name).mapped and feature.share(study.measured) > _MAPPED)
    )
    names = [n for n in mapped if study.telling(n)]
    # What only repeats the plan is for scans with nothing better.
    names = ([n for n in names if not study.repeats_plan(n)] or names)[:4]
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
    if not study.groups.several:
        return ""
    if all(maps.mapped(study, name).own for name in names):
        return (
            "The sites are of different conditions, with fewer than three values each: the maps "
            "show effects of the conditions together with effects of the positions.  "
        )
    few = {number for name in names for number in study.against_own(name).few}
    left = [study.groups.named(group) for group in study.groups if group.condition in few]
    said = ", ".join(left[:MOST_NAMED]) + (f" and {len(left) - MOST_NAMED} more" if
                                          len(left) > MOST_NAMED else "")  # fmt: skip
    return (
        "Each value is compared with the median of its own condition: potentials as differences, "
        "others as ratios, or as differences where they have both signs. "
        + (f"Conditions of fewer than {FEWEST} values are left out: {said}. " if left else "")
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
            + (" Landings of all conditions together." if study.groups.several else ""),
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
