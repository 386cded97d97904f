"""What all maps are made of: the stage to scale, footprints in colours, marks, bars of colours."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.figure import Figure

from seccm.analysis.scales import colour_range
from seccm.arrays import BoolArray, FloatArray
from seccm.events import Outcome
from seccm.plan.places import Grid
from seccm.report.study import Study

COLOURS = "viridis"
APART = "RdBu_r"
"""Colours of what is above and below a middle."""
UM = 1e6
_SMALL = 0.5
"""Footprints smaller than this share of the pitch are lost in a map: their cells are coloured."""
_VISIBLE = 0.03
"""Share of the width of a map below which a footprint is lost in it."""
_SHORT = 18
"""Letters of a reference with its unit that stand in one line with the quantity."""
_NO_VALUE = "no value"
MARKS: dict[Outcome, tuple[str, str]] = {
    Outcome.NO_CONTACT: ("x", "#d55e00"),
    Outcome.SKIPPED: ("_", "0.35"),
    Outcome.ABORTED: ("D", "#cc79a7"),
    Outcome.FAULT: ("s", "#c8102e"),
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: ("v", "#8b4513"),
    Outcome.RUNNING: ("*", "#e69f00"),
    Outcome.PLANNED: (".", "0.6"),
}
"""Marker and colour of sites without a regular end."""


def colour_bar(
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
    # Beside a low map a long name of the reference has a line of its own.
    quantity, against, reference = label.partition(" vs ")
    lines = f"{quantity}\n{against.lstrip()}{reference}"
    bar.set_label(lines if against and len(reference) > _SHORT else label)
    place.tick_params(direction="in")
    if not isinstance(norm, mpl.colors.LogNorm):
        place.yaxis.set_major_locator(mpl.ticker.MaxNLocator(6))


def norm_of(shown: FloatArray, error: float = math.nan) -> mpl.colors.Normalize:
    """Return what maps values to colours, over the range of `colour_range`; see there."""
    return mpl.colors.Normalize(*colour_range(shown, error))


def norm_of_decades(magnitudes: FloatArray, middle: float | None) -> mpl.colors.Normalize:
    """Return what maps magnitudes to colours by decades.

    Args:
        magnitudes: above zero.
        middle: about which as many decades are shown above as below; None for no such value.
    """
    low, high = colour_range(np.log10(magnitudes))
    if middle is not None:
        about = math.log10(middle)
        reach = max(high - about, about - low)
        low, high = about - reach, about + reach
    return mpl.colors.LogNorm(10.0**low, 10.0**high)


def symmetric(norm: mpl.colors.Normalize, middle: float = 0.0) -> mpl.colors.Normalize:
    """Make a range of colours symmetric about a value."""
    reach = max(abs((norm.vmin or 0.0) - middle), abs((norm.vmax or 0.0) - middle))
    return mpl.colors.Normalize(middle - reach, middle + reach)


def _extend(shown: FloatArray, norm: mpl.colors.Normalize) -> str:
    """Say at which ends values lie beyond the colours."""
    below = shown.size > 0 and norm.vmin is not None and float(shown.min()) < norm.vmin
    above = shown.size > 0 and norm.vmax is not None and float(shown.max()) > norm.vmax
    return {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[int(below), int(above)]


def coloured(
    axes: Axes, study: Study, where: BoolArray, shown: FloatArray, norm: mpl.colors.Normalize,
    colours: str | mpl.colors.Colormap,
) -> None:  # fmt: skip
    """Colour the footprints, drawn to scale; where they are small, what is around them.

    In a grid that is the cell; places listed one by one have none and get markers.
    """
    pitch = study.pitch
    places = None if study.plan is None else study.plan.places
    in_grid = isinstance(places, Grid)
    enough = (
        _SMALL * pitch if in_grid else _VISIBLE * (axes.get_xlim()[1] - axes.get_xlim()[0]) / UM
    )
    if math.isfinite(study.diameter) and study.diameter >= enough:
        discs = _discs(axes, study, where, edgecolor="none")
        discs.set(array=shown, norm=norm, cmap=colours)
        return
    if not in_grid:
        axes.scatter(
            study.x[where] * UM, study.y[where] * UM, s=14, c=shown, norm=norm, cmap=colours, lw=0
        )
        return
    half = 0.5 * pitch * UM
    turned = places.rotation if isinstance(places, Grid) else 0.0
    cos, sin = math.cos(turned), math.sin(turned)
    corners = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ [[cos, sin], [-sin, cos]]
    middles = np.column_stack([study.x[where], study.y[where]]) * UM
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
    size = np.full(int(where.sum()), diameter * UM)
    discs = EllipseCollection(
        size, size, np.zeros(size.size), units="xy", transOffset=axes.transData,
        offsets=np.column_stack([study.x[where], study.y[where]]) * UM, **look,
    )  # fmt: skip
    axes.add_collection(discs)
    return discs


def marks(axes: Axes, study: Study, known: BoolArray) -> dict[str, Artist]:
    """Mark sites without a regular end by what became of them, and others without a value."""
    handles: dict[str, Artist] = {}
    size = 3.5 if study.x.size <= 150 else 2.2
    for outcome, (marker, colour) in MARKS.items():
        chosen = study.outcome == outcome
        if chosen.any():
            axes.plot(
                study.x[chosen] * UM, study.y[chosen] * UM, marker, color=colour, ms=size,
                mew=0.9, mfc="none" if marker in "sD" else colour,
            )  # fmt: skip
            handles[outcome.words] = handle(marker, colour)
    empty = ~known & (study.outcome == Outcome.OK)
    if empty.any():
        _discs(axes, study, empty, facecolor="none", edgecolor="0.5", lw=0.6, ls=(0, (2, 1.5)))
        handles[_NO_VALUE] = mpl.lines.Line2D(
            [], [], ls="", marker="o", mfc="none", mec="0.5", ms=5, mew=0.6
        )
    return handles


def legend_below(fig: Figure, marked: dict[str, Artist]) -> None:
    """Say below a figure what its marks mean; in fewer columns where a text is long."""
    if marked:
        count = min(len(marked), 4 if max(map(len, marked)) <= 20 else 2)
        fig.legend(
            list(marked.values()), list(marked), loc="outside lower center", ncols=count,
            columnspacing=1.2, handletextpad=0.3,
        )  # fmt: skip


def handle(marker: str, colour: str) -> mpl.lines.Line2D:
    """Return what stands for a mark in a legend."""
    face = "none" if marker in "sD" else colour
    return mpl.lines.Line2D([], [], ls="", marker=marker, color=colour, mfc=face, ms=4)


def _extent(study: Study) -> tuple[float, float, float, float]:
    """Return the ranges of x and y in um, with room for the outer footprints."""
    known = math.isfinite(study.diameter)
    room = 0.65 * UM * max(study.pitch, study.diameter if known else 0.0)
    x, y = study.x * UM, study.y * UM
    if x.size == 0:
        return (0.0, 1.0, 0.0, 1.0)
    return (
        float(x.min()) - room, float(x.max()) + room, float(y.min()) - room, float(y.max()) + room,
    )  # fmt: skip


def panel_size(study: Study, longest: float = 2.4) -> tuple[float, float]:
    """Return inches for one map, in the shape of the scan."""
    x0, x1, y0, y1 = _extent(study)
    across, up = x1 - x0, y1 - y0
    width, height = longest * min(1.0, across / up), longest * min(1.0, up / across)
    return max(width, 1.1), max(height, 0.9)


def frame(axes: Axes, study: Study) -> None:
    """Set up a map: the stage's axes to scale, labels in um."""
    x0, x1, y0, y1 = _extent(study)
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_aspect("equal")
    axes.set_xlabel("$x$ (µm)")
    axes.set_ylabel("$y$ (µm)")
