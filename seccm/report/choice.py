"""Which figures a scan deserves, and what is said under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from seccm.analysis.declared import by_rank, declared
from seccm.events import Outcome
from seccm.plan.site import Segment
from seccm.report import curves, landings, maps, style, trends, voltammograms
from seccm.report.study import MOST_CURVES, Study
from seccm.report.style import readable

MOST_STEPS = 3
"""Steps of one kind that get figures of their own."""
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
    steps = study.segments
    galvanostatic = [s for s in steps if s.kind == "constant current"][:MOST_STEPS]
    swept = [s for s in steps if s.kind in ("cv", "lsv")][:MOST_STEPS]
    for segment in galvanostatic:
        yield from _galvanostatic(study, segment, _suffix(study, segment, "j"))
    for segment in swept:
        yield from _swept(study, segment, _suffix(study, segment, "E_half"))
    yield from _maps(study)
    yield from _tip(study)


def _suffix(study: Study, segment: Segment, name: str) -> str:
    """Return what tells this step's features from those of an earlier one."""
    later = f"_{segment.index}"
    return later if f"{name}{later}" in study.features else ""


def _galvanostatic(study: Study, segment: Segment, suffix: str) -> Iterator[Drawing]:
    step = segment.index
    where = _of_step(study, segment)
    figure = curves.potentials(study, step)
    if figure is not None:
        yield Drawing(
            f"potential-step-{step}",
            f"Potential against time (a) and charge (b){where}",
            "Thick: mean of the repeats that ran to the end; band: ± one standard deviation where "
            "there are three or more; thin: every repeat; in brackets: how many. The fall from "
            "overload after contact is cut off. "
            f"{_basis(study)}{_thinned(study)}",
            figure,
        )
    figure = curves.repeats(study, step)
    if figure is not None:
        yield Drawing(
            f"repeats-step-{step}",
            f"Every repeat of every condition{where}",
            "Dark to light in the order in which they were measured.",
            figure,
        )
    figure = trends.nucleation(study, suffix)
    if figure is not None:
        yield Drawing(
            f"nucleation{suffix}",
            f"Nucleation and growth potential (a), nucleation time (b) and charge (c) against "
            f"current density{where}",
            "Small: every repeat; large: mean, with ± one standard deviation where there are three "
            "or more, given only where every repeat nucleated. Open symbols: values with a caveat. "
            f"{caveat_words(study, [n + suffix for n in trends.DRAWN])}"
            "Arrows: records that ended before nucleation, at the time and "
            f"charge at which they ended. {_basis(study)}",
            figure,
        )


def _swept(study: Study, segment: Segment, suffix: str) -> Iterator[Drawing]:
    step = segment.index
    where = _of_step(study, segment)
    figure = voltammograms.by_cycle(study, step)
    if figure is not None:
        yield Drawing(
            f"voltammograms-step-{step}",
            f"Voltammograms, coloured by cycle{where}",
            f"{readable(segment.label)}. Arrows: direction of the sweep. Later cycles are drawn "
            "over earlier ones. The charging when the sweep is set on is cut off. "
            f"{_basis(study)}",
            figure,
        )
    stored = study.telling(f"CE_last{_suffix(study, segment, 'CE_last')}")
    figure = voltammograms.efficiency(study, step) if stored else None
    if figure is not None:
        yield Drawing(
            f"efficiency-step-{step}",
            f"Coulombic efficiency (a) and charges (b) by cycle{where}",
            "Cycles are cut at the commanded vertices; charge is sorted by the sign of the current "
            "over the whole cycle; no baseline is taken off. Thin: single sites; large: mean, with "
            f"± one standard deviation where there are three or more. {_basis(study)}",
            figure,
        )
    if study.telling(f"E_half{suffix}"):
        figure = voltammograms.waves(study, step, suffix)
        if figure is not None:
            yield Drawing(
                f"waves-step-{step}",
                f"The last cycle of every site (a); half-wave potential (b) and limiting current "
                f"(c){where}",
                "Titles of the histograms: mean ± standard deviation over the sites. Half-wave "
                "potential and limiting current are means of both ways of the last complete "
                "cycle. Open bars: values with a caveat. "
                f"{caveat_words(study, [n + suffix for n in ('E_half', 'i_lim')])}"
                f"{_hysteresis(study, suffix)}{_thinned(study)}",
                figure,
            )


def caveat_words(study: Study, names: Sequence[str]) -> str:
    """Say of features what has to be said of their values, and of how many; empty if nothing."""
    parts = []
    for name in names:
        feature = study.features.get(name)
        if feature is None:
            continue
        count = int(feature.known[study.measured].sum())
        parts += [
            f"{style.symbol(name)}: {status.caveat} ({sites.size} of {count})"
            for status, sites in feature.caveats(study.measured).items()
        ]
    return style.html("; ".join(parts) + ". ") if parts else ""


def _hysteresis(study: Study, suffix: str) -> str:
    """Say how far the two ways of a sweep are apart, and how much of that may be left in E1/2."""
    shift, half = (study.features.get(n + suffix) for n in ("dE_half", "E_half"))
    if shift is None or half is None or not shift.known[study.measured].any():
        return ""
    apart = 1e3 * float(np.nanmedian(shift.values[study.measured]))
    doubt = 1e3 * float(np.nanmedian(half.errors[study.measured]))
    return (
        f"The half-wave potential of the way back is {style.number(apart, 3)} mV above that of the "
        f"way there (median); uncertainty of the mean {style.number(doubt, 2)} mV."
        f"{_UNSTEADY if half.caveats(study.measured) else ''}"
    )


def _maps(study: Study) -> Iterator[Drawing]:
    names = [n for n in by_rank(study.features) if declared(n).mapped and study.telling(n)]
    # Net charge is imposed wherever the current is; it is for scans with nothing better.
    names = [n for n in names if n != "Q"] or names
    figure = maps.features(study, names[:4])
    if figure is not None:
        yield Drawing(
            "maps",
            "Maps of features",
            "Footprints are drawn to scale; where they are small, the cells around them are "
            "coloured. Dashed: no value, such as no nucleation before the end. Sites without a "
            f"regular end are marked. {caveat_words(study, names[:4])}",
            figure,
        )
    if study.x.size and (figure is None or (study.outcome != Outcome.OK).any()):
        yield Drawing("outcomes", "What became of every site", "", maps.outcomes(study))


def _tip(study: Study) -> Iterator[Drawing]:
    figure = maps.topography(study)
    if figure is not None and study.topography is not None:
        yield Drawing(
            "topography",
            "Heights at which the tip touched (a), and what is left above a plane (b)",
            maps.topography_words(study.topography),
            figure,
        )
    figure = landings.landings(study)
    if figure is not None:
        yield Drawing(
            "landings",
            "Landings: stop latency (a) and overtravel (b)",
            "From the crossing of the contact threshold to the halt of the output, and how far the "
            "tip went from there to rest, the lag of the stage included.",
            figure,
        )


def _of_step(study: Study, segment: Segment) -> str:
    return f", step {segment.index}" if len(study.segments) > 1 else ""


def _basis(study: Study) -> str:
    area = study.area
    return f"Densities refer to the area by {area.basis}." if area else ""


def _thinned(study: Study) -> str:
    count = int(study.landed.sum())
    return f" Of {count} sites, about {MOST_CURVES} are drawn." if count > MOST_CURVES else ""
