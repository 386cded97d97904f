"""Which pages over all sites the kinds of the steps of a plan declare: `Trend` and `Scatter`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.figures import Figure, Scatter, Trend
from seccm.program.registry import kinds
from seccm.results import Result


@dataclass(frozen=True, slots=True)
class AcrossPage:
    """One panel of a figure over sites that a kind of step declares."""

    name: str
    title: str
    step: int
    columns: tuple[str, ...]
    """Results of one unit, by their columns in the table of sites."""
    against: str = ""
    """The column of what was imposed; empty where conditions stand side by side."""


def pages_over(plan: Plan, patterns: Sequence[Site]) -> tuple[AcrossPage, ...]:
    """Return the pages that the kinds of the steps of some sites declare.

    Those of results that the plan does not keep of each site are left out.

    Args:
        plan: of the scan.
        patterns: a site of each condition.
    """
    columns = {
        (kept.result.name, min(kept.among)): kept.column
        for kept in plan.kept()
        if kept.entry is None and len(kept.among) == 1
    }
    found: dict[str, AcrossPage] = {}
    for site in patterns:
        for segment in site.segments:
            kind = kinds().get(segment.kind)
            for what in kind.figures if kind is not None else ():
                for page in _pages(what, segment.index, columns):
                    found.setdefault(page.name, page)
    titles = [page.title for page in found.values()]
    return tuple(
        page if titles.count(page.title) == 1 else _of_step(page) for page in found.values()
    )


def _pages(what: Figure, step: int, columns: Mapping[tuple[str, int], str]) -> Iterator[AcrossPage]:
    match what:
        case Trend():
            against = columns.get((what.against.name, step), "")
            for k, panel in enumerate(what.panels):
                own = tuple(c for r in panel if (c := columns.get((r.name, step))))
                if own and against:
                    title = f"{_named(panel)} against {_short(what.against)}"
                    yield AcrossPage(f"{what.slug}-{k}-{step}", title, step, own, against)
        case Scatter():
            for result in what.results:
                if column := columns.get((result.name, step)):
                    title = f"{_named((result,))} by condition"
                    yield AcrossPage(f"{what.slug}-{result.name}-{step}", title, step, (column,))


def _named(results: Sequence[Result]) -> str:
    words = " and ".join(map(_short, results))
    return words[:1].upper() + words[1:]


def _short(result: Result) -> str:
    """Return what a result is called, without how it is determined."""
    return re.split("[:;,]", result.words)[0]


def _of_step(page: AcrossPage) -> AcrossPage:
    return replace(page, title=f"{page.title} · step {page.step + 1}")
