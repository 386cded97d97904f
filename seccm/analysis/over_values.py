"""What came of the turns of a repeat over values, against these values: any result of any kind.

A repeat such as `over = { j = [...] }` makes steps that differ in one value. Whatever their kind
determines of them can be drawn against it, without a word of the kind. Of repeats in one another
each value is taken alone, with those of the others as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from seccm.analysis.step_features import measured
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.figures import Axis, Series, SeriesPanel
from seccm.program.kind import Found
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.program.yielded import results_of
from seccm.results import Result

FEWEST = 3
"""Values that make a series."""
MOST = 9
"""Results that are drawn, by their rank."""
_DECADES = 30.0
"""Ratio of the largest to the smallest value from which their axis is logarithmic."""
_Key = tuple[object, ...]


def over_values(
    ran: Sequence[StepTrace],
) -> Iterator[tuple[Series, int, Mapping[str, np.ndarray], Sequence[Found]]]:
    """Yield what to draw of every repeat over values.

    Args:
        ran: the steps of a site, in their order.

    Yields:
        The series, the last of its steps, the values of the repeat by name, each of shape (steps,),
        and what was determined of each step.
    """
    found: dict[int, Found] = {}
    for (name, *_), members in _groups([trace.segment for trace in ran]).items():
        levels = [dict(ran[k].segment.values)[str(name)] for k in members]
        values = np.array([level.value for level in levels])
        if np.unique(values).size < FEWEST:
            continue
        for k in members:
            found.setdefault(k, measured(ran[k], ran[:k]))
        last = ran[members[-1]].segment
        log = bool(values.min() > 0.0 and values.max() > _DECADES * values.min())
        names = tuple(r.name for r in _drawn(last, [ran[k].segment for k in range(members[-1])]))
        what = _series(last.kind, str(name), levels[0].unit, log, names)
        yield what, last.index, {str(name): values}, [found[k] for k in members]


def _groups(segments: Sequence[Segment]) -> dict[_Key, list[int]]:
    """Return the steps that differ in one value of the repeats round them, by name and the rest."""
    groups: dict[_Key, list[int]] = {}
    for k, segment in enumerate(segments):
        for name, _ in segment.values:
            others = tuple(pair for pair in segment.values if pair[0] != name)
            key = name, segment.kind, segment.path[0], segment.path[-1], len(segment.path), others
            groups.setdefault(key, []).append(k)
    return groups


def _drawn(segment: Segment, before: Sequence[Segment]) -> Iterator[Result]:
    """Yield the results of a step that are drawn: single numbers that are drawn as maps, too."""
    kind = kinds().get(segment.kind)
    declared = [what for what in kind.figures if isinstance(what, Series)] if kind else []
    fits = {one.name for what in declared for panel in what.panels for one in panel.slopes}
    every = (
        one
        for one in results_of(segment, before)
        if one.mapped
        and not one.dims
        and one.name not in fits
        # What an open circuit passes is noise, and what a step imposes is its own value again.
        and not (one.follows and segment.mode in ("open", one.follows))
    )
    yield from sorted(dict.fromkeys(every), key=lambda one: one.rank)[:MOST]


def short(result: Result) -> str:
    """Return what a result is in a few words, for an axis."""
    return result.words.split(",")[0].split(":")[0].split(";")[0]


@lru_cache(maxsize=256)
def _series(kind: str, name: str, unit: str, log: bool, results: tuple[str, ...]) -> Series:
    known = kinds()[kind].results if kind in kinds() else ()
    declared = {one.name: one for one in (*known, *OF_ANY_STEP)}
    across = Result(name, unit, f"value of {name}")
    x, slug = Axis(name, unit, log=log), f"over-{name}-{kind.replace(' ', '-')}"
    panels = tuple(
        SeriesPanel(
            f"{slug}-{one.name}", f"{one.words.capitalize()}, against {name}", x,
            Axis(short(one), one.unit, against_reference=one.against_reference,
                 signed=one.signed),
            across, one, heading=one.symbol or one.name,
        )
        for one in (declared[result] for result in results)
    )  # fmt: skip
    return Series(slug, f"{kind.capitalize()}: its results against {name}", panels)
