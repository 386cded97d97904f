"""Maps: a feature, the condition and the outcome of every site."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.decades import of_one_sign, spans_decades
from seccm.analysis.spread import stated
from seccm.arrays import BoolArray, FloatArray
from seccm.events import Outcome
from seccm.report import style
from seccm.report.feature import Feature
from seccm.report.map_drawing import (
    APART,
    COLOURS,
    UM,
    colour_bar,
    coloured,
    frame,
    handle,
    legend_below,
    marks,
    norm_of,
    norm_of_decades,
    panel_size,
    symmetric,
)
from seccm.report.study import Study, evenly

NAMED = 24
"""Conditions that are named beside their map."""
_LEFT, _BESIDE = 0.45, 0.78
"""Inches left of all maps, for the numbers of y; and right of each, for its bar of colours."""
_SPARE = 0.15
"""Inches by which the layout may make a map larger than was planned, where its figure is narrow."""
_NARROW = 1.1
"""Inches below which a map is not made narrower: fewer are put side by side."""


@style.styled
def features(study: Study, names: Sequence[str]) -> Figure | None:
    """Draw maps of up to four features, side by side where there is room; None without values."""
    names = [n for n in names if study.has(n)][:4]
    if not names:
        return None
    columns = 3 if len(names) == 3 else min(len(names), 2)
    while columns > 1 and _room_of_each(study, columns) < _NARROW:
        columns -= 1
    width, height = panel_size(study, 1.55 if columns == 3 else 2.4)
    if (most := max(_room_of_each(study, columns) - _SPARE, _NARROW)) < width:
        width, height = most, height * most / width
    rows = math.ceil(len(names) / columns)
    fig = study.figure(
        max(_LEFT + columns * (width + _BESIDE), style.ONE_COLUMN),
        rows * (height + 0.5) + 0.55,
        potentials=any(study.features[n].declared.against_reference for n in names),
    )
    grid = fig.subplots(rows, columns, squeeze=False)
    marked: dict[str, Artist] = {}
    for k, (axes, name) in enumerate(zip(grid.flat, names, strict=False)):
        marked |= feature_map(axes, study, name)
        if k % columns:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
    for axes in grid.flat[len(names) :]:
        axes.set_visible(False)
    legend_below(fig, marked)
    return style.trimmed(fig)


@style.styled
def outcomes(study: Study) -> Figure:
    """Draw what became of every site."""
    width, height = panel_size(study)
    fig = study.figure(max(width + 1.0, style.ONE_COLUMN), height + 0.9, currents=False)
    axes = fig.subplots()
    frame(axes, study)
    ok = study.outcome == Outcome.OK
    marked: dict[str, Artist] = {}
    if ok.any():
        chosen = mpl.colors.ListedColormap([style.GREEN])
        coloured(axes, study, ok, np.zeros(int(ok.sum())), mpl.colors.Normalize(0, 1), chosen)
        marked["ok"] = handle("o", style.GREEN)
    marked |= marks(axes, study, ok)
    legend_below(fig, marked)
    return style.trimmed(fig)


@style.styled
def conditions(study: Study) -> Figure | None:
    """Draw which site is of which condition; None if there is only one."""
    if not study.groups.several:
        return None
    width, height = panel_size(study)
    named = [study.groups[k] for k in evenly(np.arange(len(study.groups)), NAMED)]
    labels = [f"{group.label}  ({group.sites.size})" for group in named]
    beside = 1.35 + 0.052 * max(map(len, labels))
    fig = study.figure(
        max(width + beside, style.ONE_COLUMN), max(height + 0.75, 0.16 * len(labels) + 0.5),
        currents=False,
    )  # fmt: skip
    axes = fig.subplots()
    frame(axes, study)
    each = mpl.colors.ListedColormap([group.colour for group in study.groups])
    norm = mpl.colors.BoundaryNorm(np.arange(len(study.groups) + 1) - 0.5, len(study.groups))
    place = np.zeros(study.x.size)
    for k, group in enumerate(study.groups):
        place[group.sites] = k
    coloured(axes, study, np.ones(study.x.size, bool), place, norm, each)
    handles = [handle("o", group.colour) for group in named]
    fig.legend(handles, labels, title=study.groups.legend_title or None, loc="outside right center")
    return fig


def _room_of_each(study: Study, columns: int) -> float:
    """Return inches that each of some maps side by side may be wide."""
    return (study.room - _LEFT) / columns - _BESIDE


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a map shows of a feature, one number for each site; shape (sites,)."""

    values: FloatArray
    """As shown; NaN where there is none."""
    label: str
    error: float
    """Median standard uncertainty of a value, as shown; NaN if unknown."""
    middle: float | None
    """The value of a site that is like its condition; None if the values are the feature's own."""
    counted: BoolArray
    """Sites that decide about the colours."""
    has_zero: bool
    """Whether zero means that nothing is there."""

    @property
    def decades(self) -> bool:
        """Whether the colours go by decades, of magnitudes."""
        one_sign = self.has_zero and of_one_sign(self.values)
        return one_sign and spans_decades(self.values[self.counted])

    @property
    def own(self) -> bool:
        """Whether the values are those of the feature, and not against those of their condition."""
        return self.middle is None


def mapped(study: Study, name: str) -> Mapped:
    """Return a feature as a map may show it: freed of what the condition does.

    Where there are several conditions, a map of values is a map of the conditions. So each value
    is put against the median of its own condition; see `against_own`. A condition of fewer than
    three values has no median to speak of: where that is so of most sites, as in a screen whose
    planner chooses the levels, the values themselves are mapped.
    """
    feature = study.features[name]
    scale = scales.feature_scale(feature.column.unit, feature.values)
    symbol = study.symbol(name)
    counted = feature.trusted & (study.outcome == Outcome.OK)
    against = study.against_own(name) if study.groups.several else None
    if against is None or np.isfinite(against.values).sum() < 0.5 * feature.known.sum():
        if feature.declared.against_reference:
            symbol = f"{symbol} vs {typography.superscripted(study.reference)}"
        error = scale.factor * stated(feature.errors[study.measured])
        return Mapped(
            scale(feature.values), scale.label(symbol), error, None, counted,
            feature.declared.has_zero,
        )  # fmt: skip
    error = stated(against.errors[study.measured])
    counted = counted & np.isfinite(against.values)
    if against.ratio:
        label = f"{symbol} / median\nof condition"
        return Mapped(against.values, label, error, against.middle, counted, has_zero=True)
    label = scale.label(f"{symbol} − median\nof condition")
    values, error = scale(against.values), scale.factor * error
    return Mapped(values, label, error, against.middle, counted, has_zero=False)


def feature_map(axes: Axes, study: Study, name: str) -> dict[str, Artist]:
    """Draw one feature over the sites; return handles and words for what has no value."""
    feature, of = study.features[name], mapped(study, name)
    frame(axes, study)
    # The colours are for the sites that count; those of the others may lie beyond them.
    counted = of.values[of.counted & np.isfinite(of.values)]
    known = np.isfinite(of.values)
    values, label = of.values[known], of.label
    if of.decades:
        label = f"magnitude of {label}" if values[0] < 0.0 else label
        values, counted = np.abs(values), np.abs(counted)
        norm = norm_of_decades(counted, of.middle)
    else:
        norm = norm_of(counted if counted.size else values, of.error)
        norm = norm if of.middle is None else symmetric(norm, of.middle)
    colours = COLOURS if of.middle is None else APART
    coloured(axes, study, known, values, norm, colours)
    colour_bar(axes, norm, colours, values, label)
    return _caveats(axes, study, feature, known) | marks(axes, study, known)


def _caveats(axes: Axes, study: Study, feature: Feature, known: BoolArray) -> dict[str, Artist]:
    """Mark values that come with a caveat.

    Where no value stands for itself, the most frequent caveat is in the title of the map, about
    all that bear no mark.
    """
    size = 3.0 if study.x.size <= 150 else 1.8
    handles: dict[str, Artist] = {}
    regular = study.measured[known[study.measured]]
    said = {
        status: some
        for status, sites in feature.caveats(study.measured).items()
        if (some := sites[known[sites]]).size
    }
    everywhere = sum(sites.size for sites in said.values()) == regular.size
    most = max((sites.size for sites in said.values()), default=0)
    for status, sites in said.items():
        if everywhere and sites.size == most and not axes.get_title():
            axes.set_title(textwrap.fill(status.caveat, 34), fontsize=6, pad=3)
            continue
        marker = "." if status.trusted else "+"
        x, y = study.x[sites] * UM, study.y[sites] * UM
        (drawn,) = axes.plot(x, y, marker, color="black", ms=size, mew=0.5)
        drawn.set_path_effects([withStroke(linewidth=1.2, foreground="white")])
        handles[status.caveat] = handle(marker, "black")
    return handles
