"""Maps: a feature, the outcome of every site, the heights at which the tip touched."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from seccm.analysis.result import Status
from seccm.analysis.spread import stated
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.analysis.topography import Topography
from seccm.events import Outcome
from seccm.report import style
from seccm.report.study import Feature, Study, evenly

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COLOURS = "viridis"
_UM = 1e6
_SMALL = 0.5
"""Footprints smaller than this share of the pitch are lost in a map: their cells are coloured."""
_VISIBLE = 0.03
"""Share of the width of a map below which a footprint is lost in it."""
_NO_VALUE = "no value"
_APART = "RdBu_r"
"""Colours of what is above and below its condition."""
NAMED = 24
"""Conditions that are named beside their map."""
MARKS: dict[Outcome, tuple[str, str]] = {
    Outcome.NO_CONTACT: ("x", "#d55e00"),
    Outcome.SKIPPED: ("_", "0.35"),
    Outcome.ABORTED: ("D", "#cc79a7"),
    Outcome.FAULT: ("s", "#b2182b"),
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: ("v", "#8b4513"),
    Outcome.RUNNING: ("*", "#e69f00"),
    Outcome.PLANNED: (".", "0.6"),
}
"""Marker and colour of sites without a regular end."""


@style.styled
def features(study: Study, names: Sequence[str]) -> Figure | None:
    """Draw maps of up to four features side by side; None if none has a value."""
    names = [n for n in names if study.has(n)][:4]
    if not names:
        return None
    columns = 3 if len(names) == 3 else min(len(names), 2)
    width, height = _panel_size(study, 1.55 if columns == 3 else 2.4)
    rows = math.ceil(len(names) / columns)
    fig = study.figure(
        max(0.45 + columns * (width + 0.78), style.ONE_COLUMN),
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
    if marked:
        fig.legend(
            list(marked.values()), list(marked), loc="outside lower center",
            ncols=_columns(marked), columnspacing=1.2, handletextpad=0.3,
        )  # fmt: skip
    return style.trimmed(fig)


@style.styled
def outcomes(study: Study) -> Figure:
    """Draw what became of every site."""
    width, height = _panel_size(study)
    fig = study.figure(max(width + 1.0, style.ONE_COLUMN), height + 0.9, currents=False)
    axes = fig.subplots()
    _frame(axes, study)
    ok = study.outcome == Outcome.OK
    marked: dict[str, Artist] = {}
    if ok.any():
        chosen = mpl.colors.ListedColormap([style.GREEN])
        _coloured(axes, study, ok, np.zeros(int(ok.sum())), mpl.colors.Normalize(0, 1), chosen)
        marked["ok"] = _handle("o", style.GREEN)
    marked |= _marks(axes, study, ok)
    fig.legend(
        list(marked.values()), list(marked), loc="outside lower center", ncols=_columns(marked),
        columnspacing=1.2, handletextpad=0.3,
    )  # fmt: skip
    return style.trimmed(fig)


@style.styled
def conditions(study: Study) -> Figure | None:
    """Draw which site is of which condition; None if there is only one."""
    if not study.several:
        return None
    width, height = _panel_size(study)
    named = [study.groups[k] for k in evenly(np.arange(len(study.groups)), NAMED)]
    labels = [f"{group.label}  ({group.sites.size})" for group in named]
    beside = 1.35 + 0.052 * max(map(len, labels))
    fig = study.figure(
        max(width + beside, style.ONE_COLUMN), max(height + 0.75, 0.16 * len(labels) + 0.5),
        currents=False,
    )  # fmt: skip
    axes = fig.subplots()
    _frame(axes, study)
    each = mpl.colors.ListedColormap([group.colour for group in study.groups])
    norm = mpl.colors.BoundaryNorm(np.arange(len(study.groups) + 1) - 0.5, len(study.groups))
    place = np.zeros(study.x.size)
    for k, group in enumerate(study.groups):
        place[group.sites] = k
    _coloured(axes, study, np.ones(study.x.size, bool), place, norm, each)
    handles = [_handle("o", group.colour) for group in named]
    fig.legend(handles, labels, title=study.legend_title or None, loc="outside right center")
    return fig


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a map shows of a feature, one number for each site; shape (sites,)."""

    values: FloatArray
    """As shown; NaN where there is none."""
    label: str
    error: float
    """Median standard uncertainty of a value, as shown; NaN if unknown."""
    own: bool
    """Whether the values are those of the feature, and not against those of their condition."""


def mapped(study: Study, name: str) -> Mapped:
    """Return a feature as a map may show it: freed of what the condition does.

    Where there are several conditions, a map of values is a map of the conditions. So each value
    is put against the median of its own condition: a potential as the difference, anything else
    as the ratio. A condition of fewer than three values has no median to speak of: where that is
    so of all, the values themselves are mapped.
    """
    feature = study.features[name]
    scale = style.feature_scale(feature.column.unit, feature.values)
    symbol = study.symbol(name)
    error = scale.factor * stated(feature.errors[study.measured])
    medians = condition_medians(study, name) if study.several else np.empty(0)
    if not np.isfinite(medians).any():
        if feature.declared.against_reference:
            symbol = f"{symbol} vs {style.superscripted(study.reference)}"
        return Mapped(scale(feature.values), scale.label(symbol), error, own=True)
    if feature.column.unit == "V":
        label = scale.label(f"{symbol} − median\nof condition")
        return Mapped(scale(feature.values - medians), label, error, own=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, doubt = feature.values / medians, feature.errors / np.abs(medians)
    ratio[~np.isfinite(ratio)] = np.nan
    label = f"{symbol} / median\nof condition"
    return Mapped(ratio, label, stated(doubt[study.measured]), own=False)


def condition_medians(study: Study, name: str) -> FloatArray:
    """Return for every site the median of its condition; NaN where there are too few values."""
    feature = study.features[name]
    medians = np.full(study.x.size, math.nan)
    for group in study.groups:
        usable = group.counted[feature.trusted[group.counted]]
        if usable.size >= FEWEST_FOR_SD:
            medians[group.sites] = np.median(feature.values[usable])
    return medians


def feature_map(axes: Axes, study: Study, name: str) -> dict[str, Artist]:
    """Draw one feature over the sites; return handles and words for what has no value."""
    feature, of = study.features[name], mapped(study, name)
    known = np.isfinite(of.values)
    shown = of.values[known]
    _frame(axes, study)
    # The colours are for the sites that count; those of the others may lie beyond them.
    counted = of.values[known & feature.trusted & (study.outcome == Outcome.OK)]
    norm = colour_range(counted if counted.size else shown, of.error)
    if not of.own:
        norm = _symmetric(norm, 0.0 if feature.column.unit == "V" else 1.0)
    colours = COLOURS if of.own else _APART
    _coloured(axes, study, known, shown, norm, colours)
    _colour_bar(axes, norm, colours, shown, of.label)
    return _caveats(axes, study, feature, known) | _marks(axes, study, known)


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
        x, y = study.x[sites] * _UM, study.y[sites] * _UM
        (drawn,) = axes.plot(x, y, marker, color="black", ms=size, mew=0.5)
        drawn.set_path_effects([withStroke(linewidth=1.2, foreground="white")])
        handles[status.caveat] = _handle(marker, "black")
    return handles


def _colour_bar(
    axes: Axes, norm: mpl.colors.Normalize, colours: str, shown: FloatArray, label: str
) -> None:
    """Add a bar exactly as high as the map."""
    place = axes.inset_axes((1.04, 0.0, 0.05, 1.0))
    bar = axes.figure.colorbar(
        mpl.cm.ScalarMappable(norm, colours),
        cax=place,
        extend=_extend(shown, norm),
        extendfrac=0.04,
    )
    bar.set_label(label)
    place.tick_params(direction="in")
    place.yaxis.set_major_locator(mpl.ticker.MaxNLocator(6))


def colour_range(shown: FloatArray, error: float = math.nan) -> mpl.colors.Normalize:
    """Choose the range of colours: all values, unless a few lie far from the rest.

    Args:
        shown: the values, shape (n,).
        error: median standard uncertainty of one of them. The colours never span less than three
            of it to either side: noise is not made to look like a pattern.
    """
    if shown.size == 0:
        return mpl.colors.Normalize(0.0, 1.0)
    low, high = float(shown.min()), float(shown.max())
    q1, q3 = np.percentile(shown, [25, 75])
    reach = 3.0 * float(q3 - q1)
    if shown.size >= 8 and reach > 0.0:
        low, high = max(low, float(q1) - reach), min(high, float(q3) + reach)
    if not high > low:
        room = max(abs(low) * 1e-2, 1e-9)
        low, high = low - room, high + room
    short = 3.0 * error - 0.5 * (high - low)
    if short > 0.0:  # not so where the error is not known
        low, high = low - short, high + short
    return mpl.colors.Normalize(low, high)


def _extend(shown: FloatArray, norm: mpl.colors.Normalize) -> str:
    """Say at which ends values lie beyond the colours."""
    below = shown.size > 0 and norm.vmin is not None and float(shown.min()) < norm.vmin
    above = shown.size > 0 and norm.vmax is not None and float(shown.max()) > norm.vmax
    return {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[int(below), int(above)]


def _coloured(
    axes: Axes, study: Study, where: BoolArray, shown: FloatArray, norm: mpl.colors.Normalize,
    colours: str | mpl.colors.Colormap,
) -> None:  # fmt: skip
    """Colour the footprints, drawn to scale; where they are small, what is around them.

    In a grid that is the cell; places listed one by one have none and get markers.
    """
    pitch = study.pitch
    in_grid = study.plan is not None and study.plan.places.kind == "grid"
    enough = (
        _SMALL * pitch if in_grid else _VISIBLE * (axes.get_xlim()[1] - axes.get_xlim()[0]) / _UM
    )
    if math.isfinite(study.diameter) and study.diameter >= enough:
        discs = _discs(axes, study, where, edgecolor="none")
        discs.set(array=shown, norm=norm, cmap=colours)
        return
    if not in_grid:
        axes.scatter(
            study.x[where] * _UM, study.y[where] * _UM, s=14, c=shown, norm=norm, cmap=colours, lw=0
        )
        return
    half = 0.5 * pitch * _UM
    corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    middles = np.column_stack([study.x[where], study.y[where]]) * _UM
    cells = PolyCollection(
        list(middles[:, None, :] + corners),
        edgecolor="face",
        lw=0.2,
        rasterized=bool(where.size > 1000),
    )
    cells.set(array=shown, norm=norm, cmap=colours)
    axes.add_collection(cells)
    _discs(axes, study, where, facecolor="none", edgecolor="black", lw=0.25, alpha=0.6)


def _discs(axes: Axes, study: Study, where: BoolArray, **look: object) -> EllipseCollection:
    """Draw the footprints of some sites to scale."""
    diameter = study.diameter if math.isfinite(study.diameter) else 0.6 * study.pitch
    size = np.full(int(where.sum()), diameter * _UM)
    discs = EllipseCollection(
        size, size, np.zeros(size.size), units="xy", transOffset=axes.transData,
        offsets=np.column_stack([study.x[where], study.y[where]]) * _UM, **look,
    )  # fmt: skip
    axes.add_collection(discs)
    return discs


def _marks(axes: Axes, study: Study, known: BoolArray) -> dict[str, Artist]:
    """Mark sites without a regular end by what became of them, and others without a value."""
    handles: dict[str, Artist] = {}
    size = 3.5 if study.x.size <= 150 else 2.2
    for outcome, (marker, colour) in MARKS.items():
        chosen = study.outcome == outcome
        if chosen.any():
            axes.plot(
                study.x[chosen] * _UM, study.y[chosen] * _UM, marker, color=colour, ms=size,
                mew=0.9, mfc="none" if marker in "sD" else colour,
            )  # fmt: skip
            handles[outcome.words] = _handle(marker, colour)
    empty = ~known & (study.outcome == Outcome.OK)
    if empty.any():
        _discs(axes, study, empty, facecolor="none", edgecolor="0.5", lw=0.6, ls=(0, (2, 1.5)))
        handles[_NO_VALUE] = mpl.lines.Line2D(
            [], [], ls="", marker="o", mfc="none", mec="0.5", ms=5, mew=0.6
        )
    return handles


def _columns(marked: dict[str, Artist]) -> int:
    """Choose the columns of a legend below a figure: fewer where a text is long."""
    return min(len(marked), 4 if max(map(len, marked)) <= 20 else 2)


def _handle(marker: str, colour: str) -> mpl.lines.Line2D:
    face = "none" if marker in "sD" else colour
    return mpl.lines.Line2D([], [], ls="", marker=marker, color=colour, mfc=face, ms=4)


def _extent(study: Study) -> tuple[float, float, float, float]:
    """Return the ranges of x and y in um, with room for the outer footprints."""
    known = math.isfinite(study.diameter)
    room = 0.65 * _UM * max(study.pitch, study.diameter if known else 0.0)
    x, y = study.x * _UM, study.y * _UM
    if x.size == 0:
        return (0.0, 1.0, 0.0, 1.0)
    return (
        float(x.min()) - room, float(x.max()) + room, float(y.min()) - room, float(y.max()) + room,
    )  # fmt: skip


def _panel_size(study: Study, longest: float = 2.4) -> tuple[float, float]:
    """Return inches for one map, in the shape of the scan."""
    x0, x1, y0, y1 = _extent(study)
    across, up = x1 - x0, y1 - y0
    width, height = longest * min(1.0, across / up), longest * min(1.0, up / across)
    return max(width, 1.1), max(height, 0.9)


def _frame(axes: Axes, study: Study) -> None:
    """Set up a map: the stage's axes to scale, labels in um."""
    x0, x1, y0, y1 = _extent(study)
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_aspect("equal")
    axes.set_xlabel("$x$ (µm)")
    axes.set_ylabel("$y$ (µm)")


def drift_words(found: Topography) -> str:
    """Say what is known of the drift, in a few words."""
    if found.drift.status.trusted:
        rate, error = found.drift.value * 60e9, found.drift.error * 60e9
        return f"drift {style.plus_minus(rate, error)} nm/min"
    if found.status == Status.DRIFT_CONFOUNDED:
        return "drift and tilt not told apart"
    return f"drift: {found.drift.status.label}"


def topography_words(found: Topography) -> str:
    """Say what the plane is, and how far it can be trusted."""
    parts = []
    for axis, slope in (("x", found.tilt_x), ("y", found.tilt_y)):
        if slope.status == Status.DRIFT_CONFOUNDED:
            # The error of the fit would be printed as if the drift were known to be nothing.
            parts.append(f"tilt and drift along {axis} {style.number(slope.value * 1e3)} nm/µm")
        elif slope.status.has_value:
            tilt = style.plus_minus(slope.value * 1e3, slope.error * 1e3)
            parts.append(f"tilt along {axis} {tilt} nm/µm")
    parts.append(drift_words(found))
    parts.append(f"scatter {style.number(found.scatter * 1e9, 2)} nm")
    count = int(found.outlier.sum())
    parts.append(f"{count} outlier{'' if count == 1 else 's'} beyond five median deviations")
    words = "; ".join(parts) + "."
    if found.status == Status.DRIFT_CONFOUNDED:
        words += (
            " In this visiting order any drift is in the tilt, whose error is not known: visit the "
            "sites at random."
        )
    return words[0].upper() + words[1:]


@style.styled
def topography(study: Study) -> Figure | None:
    """Draw the contact heights as measured (a) and above the fitted plane (b)."""
    found = study.topography
    if found is None or not np.isfinite(found.residual).any():
        return None
    width, height = _panel_size(study)
    fig = study.figure(2 * (width + 0.95), height + 0.95, currents=False)
    left, right = fig.subplots(1, 2)
    z = np.where(study.landed, study.scan.sites["z_contact"], math.nan)
    marked: dict[str, Artist] = {}
    above = z - np.nanmean(z)
    for axes, values, colours, label in (
        (left, above, COLOURS, "height − mean"),
        (right, found.residual, _APART, "height − plane"),
    ):
        _frame(axes, study)
        known = np.isfinite(values)
        scale = style.scale("m", values)
        shown = scale(values[known])
        norm = colour_range(shown) if axes is left else _symmetric(colour_range(shown))
        _coloured(axes, study, known, shown, norm, colours)
        _colour_bar(axes, norm, colours, shown, scale.label(label))
        marked |= _marks(axes, study, known)
    if found.outlier.any():
        right.plot(
            study.x[found.outlier] * _UM, study.y[found.outlier] * _UM, "o", mfc="none",
            mec="black", ms=7, mew=0.8,
        )  # fmt: skip
        marked["outlier"] = mpl.lines.Line2D(
            [], [], ls="", marker="o", mfc="none", mec="black", ms=6, mew=0.8
        )
    style.panel(left, "a")
    style.panel(right, "b")
    right.set_title(drift_words(found), fontsize=6, pad=3, loc="right")
    if marked:
        fig.legend(
            list(marked.values()), list(marked), loc="outside lower center",
            ncols=_columns(marked), columnspacing=1.2, handletextpad=0.3,
        )  # fmt: skip
    return style.trimmed(fig)


def _symmetric(norm: mpl.colors.Normalize, middle: float = 0.0) -> mpl.colors.Normalize:
    """Make a range of colours symmetric about a value."""
    reach = max(abs((norm.vmin or 0.0) - middle), abs((norm.vmax or 0.0) - middle))
    return mpl.colors.Normalize(middle - reach, middle + reach)
