"""The figures of one step: its curve, and what its kind declares, with their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.declared import declared
from seccm.analysis.spread import stated
from seccm.program.figures import ByCycle, Histogram, OwnCurve, Scatter, Trend
from seccm.program.kind import Curve
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.site_results import per_area
from seccm.report import (
    curves,
    cycles,
    distribution,
    histograms,
    last_cycles,
    own_curves,
    transients,
    trends,
    voltammograms,
)
from seccm.report.drawing import (
    Drawing,
    basis_words,
    caveat_words,
    of_step,
    program_words,
    some_words,
    thinned_words,
)
from seccm.report.plausible import growth_words
from seccm.report.study import Study
from seccm.report.transients import Signal

_SHOWN = {
    ("I", "potential"): "Current at a held potential",
    ("E", "open"): "Open-circuit potential",
}
"""What a transient shows, by the signal and by what is imposed."""
_OTHER = {"I": "Current", "E": "Potential"}
_UNSTEADY = " The limiting current is that of this scan rate, larger than the steady one."


def of_segment(study: Study, segment: Segment, curve: Curve) -> Iterator[Drawing]:
    """Yield what is drawn of one step: its curve, then the figures that its kind declares."""
    yield from DRAWN[curve](study, segment)
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
    where = of_step(study, segment)
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
            "The fall from overload after contact is cut off. "
            f"{basis_words(study)}{thinned_words(study)}",
            figure,
        )
    figure = curves.repeats(study, step)
    if figure is not None:
        yield Drawing(
            f"repeats-step-{step}",
            f"Every repeat of every condition{where}",
            f"Dark to light in the order in which they were measured{dots and f'; {dots}'}. "
            f"{some_words(study, curves.PANELS)}",
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
        f"{what.title}{of_step(study, segment)}",
        f"Small: every repeat; large: mean, given only where no record ended before {what.event}; "
        "bars, where there are three or more: the larger of their standard deviation and their "
        "stated standard uncertainty; above the axes: number of sites. Open symbols: values "
        f"with a caveat. {caveat_words(study, names)}{late}"
        f"{_growth(study, names)}{basis_words(study) if densities else ''}",
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
            f"Voltammograms, coloured by cycle{of_step(study, segment)}",
            f"{program_words(study, step)} Arrows: direction of the sweep. Later cycles are drawn "
            "over earlier ones. The charging current at the start of the sweep is cut off. "
            f"{some_words(study, voltammograms.MOST_PANELS)}{basis_words(study)}",
            figure,
        )


def _by_cycle(study: Study, segment: Segment, what: ByCycle) -> Iterator[Drawing]:
    step = segment.index
    figure = cycles.by_cycle(study, step, what)
    if figure is not None:
        yield Drawing(
            f"{what.slug}-step-{step}",
            f"{what.title}{of_step(study, segment)}",
            f"{what.words}Thin: single sites; large: "
            "mean, with ± one standard deviation where there are three or more. "
            f"{some_words(study, cycles.MOST)}{basis_words(study)}",
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
            f"{what.title}{of_step(study, segment)}",
            f"In the {drawn}: mean ± the larger of the standard deviation over the sites (sd) and "
            "the stated standard uncertainty of one value (stated). "
            + (what.words if returns else "")
            + f"Open: values with a caveat. {caveat_words(study, names)}"
            f"{_apart(study, step, what)}{some_words(study, distribution.MOST_ROWS)}"
            f"{basis_words(study, names)}{thinned_words(study)}",
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
        how = f"Every site; in brackets: number of sites.{thinned_words(study)} "
    else:
        how = (
            "Thin: every repeat; thick: median of a condition, where its repeats have the same "
            f"points; in brackets: number of sites.{thinned_words(study)} "
        )
    densities = any(per_area(axis.unit) for axis in (what.x, what.y))
    yield Drawing(
        f"{what.slug}-step-{segment.index}",
        f"{what.title}{of_step(study, segment)}",
        f"{program_words(study, segment.index)} {how}{what.words}"
        f"{basis_words(study) if densities else ''}".rstrip(),
        figure,
    )


def _histogram(study: Study, segment: Segment, what: Histogram) -> Iterator[Drawing]:
    figure = histograms.histogram(study, segment.index, what)
    if figure is not None:
        line = "" if study.groups.several else "Line: median. "
        yield Drawing(
            f"{what.slug}-step-{segment.index}",
            f"{what.title}{of_step(study, segment)}",
            f"{program_words(study, segment.index)} All sites of a condition together; numbers "
            f"with a caveat are left out. {line}{what.words}"
            f"{some_words(study, histograms.MOST)}".rstrip(),
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
            f"{shown} against time{of_step(study, segment)}",
            f"{program_words(study, step)} Thin: every repeat; thick: median of a condition"
            f"{_aligned(study, step)}; in brackets: number of sites. Logarithmic axes "
            f"where the current spans decades without a change of sign.{thinned_words(study)}",
            figure,
        )


def _aligned(study: Study, step: int) -> str:
    turn = study.turn(step)
    if turn is None:
        return ""
    return f", aligned at the turn of those that have one; dots: {turn.level.declared.words}"


DRAWN: Mapping[Curve, Callable[[Study, Segment], Iterator[Drawing]]] = {
    "E-Q": _galvanostatic,
    "I-E": _swept,
    "I-t": _current,
    "E-t": _potential,
}
"""Who draws a curve, in the order of the page; of the curves of a step, the first one here."""


def curve_of(segment: Segment) -> Curve | None:
    """Return which curve of a step is drawn; None if its kind is not installed here."""
    kind = kinds().get(segment.kind)
    return next((curve for curve in DRAWN if kind is not None and curve in kind.curves), None)


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
