"""What is written below a map: what its colours and marks mean, and what a site has."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from seccm.analysis.own_condition import FEWEST
from seccm.events import Outcome
from seccm.program.site_results import OWN_AREA, per_area
from seccm.typography import number
from ui.models.colours import Shown, condition_colours, outcome_colours
from ui.models.decades import ColourScale, has_logarithm
from ui.models.doubt import WORDS, doubtful, marked
from ui.models.limits import Range
from ui.models.palette import Palette
from ui.models.site_map import OUTCOME, SiteMap

OF_PICTURES = "sem_"
"""How the names of results of micrographs begin."""
NAMED = 3
"""Conditions without a median that are named."""
MOST_CONDITIONS = 24
"""Conditions in the legend of their own map."""
_SIGNS = {
    Outcome.NO_CONTACT: "✕", Outcome.SKIPPED: "▼", Outcome.ABORTED: "◆", Outcome.FAULT: "✚",
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: "▲",
}  # fmt: skip
_AGAINST = {None: "", 0.0: " − median of condition", 1.0: " / median of condition"}


def category_legend(sites: SiteMap, name: str, palette: Palette) -> str:
    """Name the colours of a map of outcomes or of conditions, as HTML."""
    if name == OUTCOME:
        there = [o for o in Outcome if (sites.outcome == o).any()]
        pairs = [(o.words, outcome_colours(palette)[o]) for o in there]
    elif codes := sites.codes(name):
        found = sites.values(name)
        kinds = condition_colours(len(codes), palette)
        pairs = [(w, kinds[k]) for k, w in enumerate(codes) if (found == k).any()]
    else:
        colours = condition_colours(len(sites.labels), palette)
        pairs = list(zip(sites.labels, colours, strict=True))[:MOST_CONDITIONS]
    return " &nbsp; ".join(
        f'<span style="color:rgb({c[0]},{c[1]},{c[2]})">■</span> {escape(w)}' for w, c in pairs
    )


def marks(sites: SiteMap, name: str, mapped: Shown, span: Range, scale: ColourScale) -> str:
    """Say what the marks on a map mean, of those that are there, as HTML."""
    there = [f"{sign} {o.words}" for o, sign in _SIGNS.items() if (sites.outcome == o).any()]
    if ((sites.outcome == Outcome.OK) & ~np.isfinite(mapped.values)).any():
        there.append("– ok, but no value")
    if (doubtful(sites, name) & np.isfinite(mapped.values)).any():
        there.append(WORDS)
    if (sites.outcome == Outcome.PLANNED).any():
        there.append("● planned, dotted: next")
    conditions = np.unique(sites.condition[np.isfinite(mapped.values)])
    if conditions.size > 1 and mapped.middle is None:
        there.append(f"values of {conditions.size} conditions")
    if (basis := _basis(sites, name)) and np.isfinite(mapped.values).any():
        there.append(basis)
    if mapped.few:
        named = [escape(sites.condition_label(k)) for k in mapped.few[:NAMED]]
        named += [f"{len(mapped.few) - NAMED} more"] if len(mapped.few) > NAMED else []
        there.append(f"fewer than {FEWEST} values, so no median: {'; '.join(named)}")
    if scale is ColourScale.LOGARITHMIC and not has_logarithm(mapped):
        there.append(
            "linear: a logarithmic scale needs values of one sign, and a zero that nobody chose"
        )
    if span.above or span.below:
        beyond = ((span.above, "above"), (span.below, "below"))
        said = " and ".join(f"{count} {where}" for count, where in beyond if count)
        there.append(f"<b>{said} the colour scale</b>")
    return " &nbsp; ".join(there)


def _basis(sites: SiteMap, name: str) -> str:
    """Say which area a number per area refers to; empty for others."""
    if name.endswith(OWN_AREA):
        return "by the own area of each site"
    # What is counted in a picture is per area of the picture.
    counted = name in sites.quantities and per_area(sites.quantities[name].unit)
    if not counted or name.startswith(OF_PICTURES) or not sites.area:
        return ""
    return escape(f"by the area of the plan, {sites.area}")


def of_site(sites: SiteMap, site: int, name: str, mapped: Shown | None) -> str:
    """Say what one site has, in a line."""
    value = ""
    here = math.nan if mapped is None else float(mapped.values[site])
    if mapped is not None and (codes := sites.codes(name)):
        words = codes[int(here)] if math.isfinite(here) else "–"
        value = f"{mapped.label}: {words}"
    elif mapped is not None and not sites.is_category(name):
        of = f"{name}{_AGAINST[mapped.middle]}"
        unit = mapped.unit if math.isfinite(here) else ""
        value = f"{of} = {number(here, 4)} {unit}".rstrip() + sites.why(site, name)
        value = marked(value) if doubtful(sites, name)[site] else value
    outcome = Outcome(int(sites.outcome[site])).words
    return " · ".join(p for p in (sites.who(site), sites.label(site), outcome, value) if p)
