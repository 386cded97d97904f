"""A figure with its words, and what is said alike under many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from seccm import typography
from seccm.analysis import scales
from seccm.program.segment import Segment
from seccm.program.site_results import OWN_AREA
from seccm.report.study import MOST_CURVES, Study
from seccm.typography import counted, readable
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its words."""

    slug: str
    title: str
    caption: str
    figure: Figure


def program_words(study: Study, step: int) -> str:
    """Say what a step is; of several conditions, only what they have in common."""
    labels = study.step_labels(step)
    if len(labels) == 1:
        return f"{readable(labels[0])}."
    return f"Kind of step: {study.segments[step].kind}; it differs between conditions."


def some_words(study: Study, most: int) -> str:
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


def of_step(study: Study, segment: Segment) -> str:
    """Say of which step a figure is; empty where a scan has only one."""
    name = f" ({segment.name})" if segment.name else ""
    return f", step {segment.index}{name}" if len(study.segments) > 1 else ""


def basis_words(study: Study, names: Sequence[str] | None = None) -> str:
    """Say which area numbers per area refer to; empty where there are none.

    Args:
        study: the scan.
        names: of the features that are drawn; None for curves, which refer to the plan's area.
    """
    by_plan = names is None or not study.by_plan_area.isdisjoint(names)
    by_own = any(name.endswith(OWN_AREA) for name in names or ())
    said, area = [], study.area
    if by_plan and area is not None:
        said.append(
            readable(f"Per area: that of the plan, {show(area.value, 'm^2', 3)} ({area.basis}).")
        )
    if by_own:
        said.append(f"By the own area: that of each site, {own_words(study)}.")
    return " ".join(said)


def own_words(study: Study) -> str:
    """Say how the own areas of sites are known, and of how many."""
    known = Counter(area.basis for area in study.own_areas.values())
    parts = [f"{counted(known[basis], 'site')} by the {basis}" for basis in sorted(known)]
    return ", ".join(parts) or "which no site has"


def thinned_words(study: Study) -> str:
    """Say if there are more sites than are drawn."""
    count = int(study.landed.sum())
    return f" Of {count} sites, about {MOST_CURVES} are drawn." if count > MOST_CURVES else ""
