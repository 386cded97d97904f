"""What is said of the selected sites in numbers: a line for each condition."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from seccm.analysis.decades import spans_decades
from seccm.typography import as_fine, counted, number, plus_minus
from ui.models.colours import Shown, condition_colours
from ui.models.doubt import marked
from ui.models.palette import Palette
from ui.models.sample import Sample
from ui.models.site_map import SiteMap

MOST_LINES = 8
"""Conditions of which each gets a line; of the others it is said how many there are."""
_KINDS = {"sd": "standard deviation", "stated": "stated uncertainty"}


def words_of(
    sites: SiteMap, found: Sequence[Sample], shown: Shown, palette: Palette, against_reference: bool
) -> str:
    """Say what the numbers of some sites are, as HTML.

    Args:
        sites: the map.
        found: of each condition.
        shown: how the quantity is shown.
        palette: of the window.
        against_reference: whether the reference's uncertainty is common to all of them.
    """
    count = int(sites.selected.sum())
    who = f"{count} sites" if count > 1 else f"site {sites.selection[0]}" if count else "all sites"
    common = f" · {escape(sites.common)}" if against_reference and sites.common else ""
    if len(found) == 1:
        return f"{who}: {_one(found[0], shown, palette, whole=True)}{common}"
    colours = condition_colours(len(sites.labels), palette)
    lines = [f"{who}, {counted(len(found), 'condition')}{common}"]
    for sample in found[:MOST_LINES]:
        r, g, b, _ = colours[min(sample.condition, len(colours) - 1)]
        label = escape(sites.condition_label(sample.condition))
        lines.append(
            f'<span style="color:rgb({r},{g},{b})">■</span> {label}: '
            f"{_one(sample, shown, palette, whole=False)}"
        )
    if len(found) > MOST_LINES:
        lines.append(f"{len(found) - MOST_LINES} more conditions: select one to see its numbers")
    return "<br>".join(lines)


def _one(sample: Sample, shown: Shown, palette: Palette, *, whole: bool) -> str:
    """Say the numbers of one condition; `whole` with median and range."""
    apart = "".join(f", {k} excluded: {escape(words)}" for words, k in sample.apart.items())
    for words, k in sample.doubtful.items():
        said = escape(marked(f"{k} excluded: {words}"))
        apart += f', <span style="color:{palette.warn}">{said}</span>'
    spread = sample.spread
    if spread is None:
        return f"no value{apart}"
    size = abs(shown.factor)
    excluded = f", {sample.missing} excluded" if sample.missing else ""
    caveat = f" ({escape(sample.caveat)})" if sample.caveat else ""
    mean = plus_minus(shown.of(spread.mean), size * spread.error)
    kind = f"({_KINDS[spread.basis]})" if spread.basis and "±" in mean else ""
    told = " ".join(part for part in (mean, shown.unit, kind) if part)
    said = f"n = {spread.n}{caveat}{excluded}{apart} · {told}"
    if not whole or spread.n == 1:
        return said
    values = (sample.values + shown.shift) * shown.factor
    ends = [float(v) for v in (np.median(values), values.min(), values.max())]
    # The error says nothing of the digits of values a hundred times smaller than others.
    far_apart = spans_decades(values)
    # Without an error beside it, a range has the digits in which its ends differ.
    error = size * spread.error if "±" in mean else 0.1 * float(np.ptp(values))
    fine = [number(v) if far_apart else as_fine(v, error) for v in ends]
    return f"{said} · median {fine[0]} · {fine[1]} to {fine[2]}"
