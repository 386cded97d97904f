"""The figures of a scan as a whole, such as maps and landings, with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccm.analysis.declared import by_rank, declared
from seccm.analysis.own_condition import FEWEST
from seccm.events import Outcome
from seccm.program.site_results import OWN_AREA
from seccm.report import (
    across_sites,
    cycles,
    decisions,
    film_cycles,
    films_of_sites,
    galvanic_cycles,
    heights,
    landings,
    maps,
    micrographs_of_sites,
    series,
    signals,
    style,
    surroundings,
)
from seccm.report.drawing import (
    Drawing,
    basis_words,
    caveat_words,
    of_step,
    some_words,
    thinned_words,
)
from seccm.report.study import Study
from seccm.typography import readable

MOST_NAMED = 6
"""Conditions that are named in a caption."""
_MAPPED = 0.25
"""Share of the sites that must have a number of what is drawn as a map."""


def of_scan(study: Study) -> Iterator[Drawing]:
    """Yield the figures of a scan as a whole, in the order of the page."""
    yield from _decided(study)
    yield from _series(study)
    yield from _galvanic(study)
    yield from _across(study)
    yield from _signals(study)
    yield from _maps(study)
    yield from _films(study)
    yield from _micrographs(study)
    yield from _tip(study)
    yield from _surroundings(study)


def _decided(study: Study) -> Iterator[Drawing]:
    """Yield what a planner has learnt."""
    figure = decisions.learnt(study)
    if figure is not None:
        yield Drawing(
            "decisions",
            "What the planner learnt, and how it came there",
            "Expected results without the scatter of single sites, after the last site that was "
            f"decided upon. {decisions.words(study)}",
            figure,
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


def _series(study: Study) -> Iterator[Drawing]:
    """Yield what came of the steps of series within sites."""
    for drawn in series.of_study(study):
        yield Drawing(
            f"{drawn.what.slug}-step-{drawn.step}",
            f"{drawn.what.title}{of_step(study, study.segments[drawn.step])}",
            "Small: every site; large: mean of a condition at the same value, with ± one standard "
            "deviation where there are three or more. Lines: fits of single sites, their mean. "
            "In each panel: mean of the slopes of single sites ± the larger of their standard "
            f"deviation (sd) and the stated uncertainty of one (stated). {drawn.what.words}"
            f"{basis_words(study)}{thinned_words(study)}",
            series.series(study, drawn),
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
            f"mean. {some_words(study, cycles.MOST)}{thinned_words(study)}",
            figure,
        )
    figure = galvanic_cycles.by_rate(study)
    if figure is not None:
        yield Drawing(
            "galvanic-rates",
            "Rate capability: charge (a) and potential at half of the charge (b) against current",
            "Of the second half of each cycle; every site is a line. "
            f"{some_words(study, cycles.MOST)}{thinned_words(study)}",
            figure,
        )


def _signals(study: Study) -> Iterator[Drawing]:
    """Yield a figure for each signal that the rig file adds, and the map of those it wants."""
    for signal in (one for one in study.scan.signals if one.role != "environment"):
        figure = signals.over_time(study, signal)
        if figure is not None:
            yield Drawing(
                f"signal-{signal.name.replace('_', '-').lower()}",
                f"{style.literal(signal.words)} against time, all steps",
                "From contact to the end of the last step. Thin: every repeat; thick: median of a "
                f"condition; in brackets: number of sites.{thinned_words(study)}",
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
    ranked = by_rank(study.features)
    first = [name for main in study.main for name in ranked if declared(name).name == main]
    mapped = (
        name
        for name in ranked
        if name in study.asked
        or (declared(name).mapped and study.features[name].share(study.measured) > _MAPPED)
    )
    # What the steps are made for is drawn also where most of it are bounds.
    names = [name for name in first if study.features[name].trusted.any()]
    names += [name for name in mapped if name not in first and study.telling(name)]
    # What only repeats the plan, or says nothing about the place, is for scans with nothing better.
    names = ([n for n in names if not study.says_little(n)] or names)[:4]
    figure = maps.conditions(study)
    if figure is not None:
        yield Drawing(
            "conditions",
            "The condition of every site",
            f"In brackets: sites of the condition. {some_words(study, maps.NAMED)}",
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
            f"Sites that are not complete are marked. {caveat_words(study, names)}"
            f"{basis_words(study, names)}",
            figure,
        )
    yield from _by_own_areas(study, ranked)
    failed = bool((study.outcome != Outcome.OK).any())
    if failed or (figure is None and study.x.size > 1):
        yield Drawing("outcomes", "Outcome of every site", "", maps.outcomes(study))


def _by_own_areas(study: Study, ranked: Sequence[str]) -> Iterator[Drawing]:
    """Yield maps of numbers per area that refer to each site's own area, if there are any."""
    names = [name for name in ranked if name.endswith(OWN_AREA) and study.telling(name)][:4]
    figure = maps.features(study, names) if study.x.size > 1 else None
    if figure is not None:
        yield Drawing(
            "maps-own-area",
            "Maps of numbers per area, by the own area of each site",
            f"{_against(study, names)}As the maps of features. {caveat_words(study, names)}"
            f"{basis_words(study, names)}",
            figure,
        )


def _against(study: Study, names: Sequence[str]) -> str:
    """Say what a map of several conditions shows."""
    if not study.groups.several:
        return ""
    if all(maps.mapped(study, name).own for name in names):
        return (
            "The sites are of different conditions, most of them with fewer than three values: the "
            "maps show effects of the conditions together with effects of the positions.  "
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


def _films(study: Study) -> Iterator[Drawing]:
    """Draw the films of sites that were looked at, if there are any."""
    films = list(films_of_sites.films_beside(study.scan.path, len(study.scan.sites)))
    if films:
        shown = films[: films_of_sites.MOST]
        more = f" {len(shown)} of {len(films)} sites are drawn." if len(films) > len(shown) else ""
        yield Drawing(
            "films",
            "Films of the sites: change of brightness, and when it began",
            "Interference reflection microscopy, as seccm irm has looked at it. An optical onset "
            f"comes later than nucleation.{more}",
            films_of_sites.drawn(shown, virtual=study.virtual),
        )
    for one in films:
        if one.cycles:
            yield Drawing(
                f"film-cycles-site-{one.site}",
                f"Site {one.site}: charge and brightness, plating and stripping",
                "a, accumulated charge of the site, and change of brightness of the footprint. "
                "Below, a row for a cycle: the change of brightness by plating, what of it is left "
                "after stripping, and the ratio of stripping to plating (grey: no clear change). "
                "The ratio is an optical one: it is the coulombic efficiency only as far as "
                "brightness is proportional to lithium.",
                film_cycles.drawn(one, study),
            )


def _surroundings(study: Study) -> Iterator[Drawing]:
    """Yield what surrounded the cell during the run."""
    figure = surroundings.over_run(study)
    if figure is not None:
        yield Drawing(
            "surroundings",
            "Surroundings of the cell during the run",
            "Mean over the data points of each site; bars: lowest and highest. "
            "Grey: the run was paused or suspended. Between sites nothing is kept.",
            figure,
        )


def _tip(study: Study) -> Iterator[Drawing]:
    figure = heights.topography(study)
    if figure is not None and study.topography is not None:
        yield Drawing(
            "topography",
            heights.title(study),
            heights.topography_words(study.topography) + heights.lines_words(study),
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


def _micrographs(study: Study) -> Iterator[Drawing]:
    """Draw the simulated micrographs of sites, if there are any."""
    shown = list(micrographs_of_sites.micrographs_beside(study.scan.path, len(study.scan.sites)))
    if shown:
        yield Drawing(
            "micrographs",
            "Simulated micrographs of the sites, and sizes of the particles",
            "SIMULATED, not measured: the particles that the virtual cell of each site has grown, "
            "drawn as an electron microscope shows them, and the sizes that are found in the "
            "pictures. seccm sem counts them, corrects for what a picture hides, and joins lithium "
            "and Faradaic efficiency to the sites.",
            micrographs_of_sites.drawn(shown),
        )
