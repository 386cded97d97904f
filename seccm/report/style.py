"""How figures look: sizes, colours, units on axes, and the words that every figure carries."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import get_registered_canvas_class
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from seccm.arrays import FloatArray
from seccm.report.whole import whole
from seccm.words import SIMULATION

TURN: Any = {"ls": "", "marker": "o", "ms": 2.6, "mec": "white", "mew": 0.4}
"""How the turn of a curve is marked."""
ONE_COLUMN = 3.4
"""Inches: the width of one column of a journal's page."""
TWO_COLUMNS = 7.0
GREY = "0.45"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#d55e00", "#009e73", "#b2182b"
"""Of Okabe and Ito's palette, which colour-blind readers can tell apart, and a warning red."""
_LETTERS, _SIMULATED = 25.0, 1.55
"""Letters of small print to an inch, and the inches that `SIMULATED` takes of its line."""
_ROOM = 0.05
"""Inches left above and below the axes of a trimmed figure."""
CONVENTION = "IUPAC: anodic currents positive"
SIMULATED = f"{SIMULATION}: not measured"
RC: Any = {
    # The font that comes with matplotlib: figures look alike on every machine.
    "font.family": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 7.5,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.linewidth": 0.7,
    "axes.unicode_minus": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.useoffset": False,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "xtick.major.size": 3.2,
    "ytick.major.size": 3.2,
    "xtick.minor.size": 1.7,
    "ytick.minor.size": 1.7,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.handlelength": 1.4,
    "legend.labelspacing": 0.3,
    "errorbar.capsize": 2,
    "figure.constrained_layout.use": False,
    "pdf.fonttype": 42,
}


P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function make its figure in this style, whatever style the program runs under."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.style.context(["default", RC]):
            return draw(*args, **kwargs)

    return drawn


@styled
def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a figure to a file; ticks and fonts are only made now, so in this style, too.

    The canvas of the file's format is asked by itself: `Figure.savefig` draws everything twice.

    Args:
        figure: is laid out while it is drawn, if it has a layout.
        path: its suffix names the format.
        dpi: dots per inch.
    """
    free = isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine)
    if free and any(axes.get_aspect() != "auto" for axes in figure.axes):
        # Axes of a fixed shape have other ticks after the first layout, and these need other room.
        figure.draw_without_rendering()
    kind = path.suffix.removeprefix(".")
    canvas, before = figure.canvas, figure.dpi
    drawing = get_registered_canvas_class(kind)(figure)
    try:
        figure.dpi = dpi
        with whole(path) as part:
            getattr(drawing, f"print_{kind}")(part)
    finally:
        figure.dpi = before
        figure.set_canvas(canvas)


def figure(
    width: float = ONE_COLUMN,
    height: float = 2.6,
    *,
    virtual: bool,
    convention: bool = True,
    note: str = "",
) -> Figure:
    """Make an empty figure with its line of small print: sign convention and SIMULATION.

    Args:
        width: inches.
        height: inches.
        virtual: whether the data are simulated, which every figure then says.
        convention: whether the sign of currents matters in this figure.
        note: more small print; it is broken into lines where the figure is narrow.
    """
    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    said = ". ".join(part for part in (CONVENTION if convention else "", note) if part)
    room = width - (_SIMULATED if virtual else 0.1)
    left = textwrap.fill(said, max(20, int(_LETTERS * room)))
    if virtual or left:
        # A suptitle, because the layout keeps room for it; the other text shares its line.
        made.suptitle(left or " ", x=0.01, ha="left", fontsize=5.5, color=GREY, fontweight="normal")
    if virtual:
        # Below the edge by a length, not by a share: `trimmed` changes the height afterwards.
        below = mpl.transforms.ScaledTranslation(0.0, -0.052, made.dpi_scale_trans)
        made.text(
            0.99, 1.0, SIMULATED, ha="right", va="top", fontsize=5.5, color=RED, fontweight="bold",
            transform=made.transFigure + below,
        )  # fmt: skip
    return made


def trimmed(made: Figure) -> Figure:
    """Take the empty bands above and below axes of a fixed shape out of a figure."""
    made.draw_without_rendering()
    renderer = made.canvas.get_renderer()  # type: ignore[attr-defined]
    parts = [axes for axes in made.axes if axes.get_visible()]
    boxes = [box for axes in parts if (box := axes.get_tightbbox(renderer)) is not None]
    legends = [legend.get_window_extent(renderer) for legend in made.legends]
    print_above = [text.get_window_extent(renderer).y0 for text in made.texts]
    ceiling = min([made.bbox.y1, *print_above])
    floor = max([0.0, *(box.y1 for box in legends)])
    inside = max(box.y1 for box in boxes) - min(box.y0 for box in boxes)
    empty = (ceiling - floor - inside) / made.dpi - 2.0 * _ROOM
    if empty > 0.0:
        made.set_figheight(made.get_figheight() - empty)
    return made


def arrows(axes: Axes, x: FloatArray, y: FloatArray, at: float = 0.3) -> None:
    """Mark the direction of each way of a voltammogram with an arrow on it.

    Args:
        axes: whose ranges are set already.
        x: shape (n,), V, of one cycle in the order of time.
        y: shape (n,), as drawn.
        at: where on each way, as a share of its length on the paper.
    """
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    turns = sorted(k for k in (int(np.argmin(x)), int(np.argmax(x))) if 0.05 < k / x.size < 0.95)
    for first, last in pairwise([0, *turns, x.size]):
        # From some way in: what charges the double layer is not worth an arrow.
        a = slice(first + (last - first) // 10, last)
        if x[a].size < 20:
            continue
        steps = np.hypot(np.diff(x[a]) / (x1 - x0), np.diff(y[a]) / (y1 - y0))
        length = np.concatenate([[0.0], np.cumsum(steps)])
        ends = at * float(length[-1]) + np.array([-0.03, 0.03])
        tail, head = zip(np.interp(ends, length, x[a]), np.interp(ends, length, y[a]), strict=True)
        axes.annotate(
            "", head, tail, zorder=5,
            arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 0, "mutation_scale": 11,
                        "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def panel(axes: Axes, letter: str, pad: float = 3.0) -> None:
    """Name a panel in bold, as journals do; so many points above it."""
    axes.set_title(letter, loc="left", fontweight="bold", fontsize=8.5, pad=pad)


def nice_log_ticks(axes: Axes, which: str, values: Sequence[float]) -> None:
    """Label a logarithmic axis with plain numbers; at 2 and 5 too where decades are few."""
    finite = [v for v in values if math.isfinite(v) and v > 0.0]
    if not finite:
        return
    span = math.log10(max(finite) / min(finite))
    subs = (1.0,) if span > 2.5 else (1.0, 2.0, 5.0) if span > 0.9 else (1.0, 2.0, 3.0, 5.0, 7.0)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(mpl.ticker.LogLocator(10.0, subs=subs, numticks=20))
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: f"{v:g}"))
    axis.set_minor_locator(mpl.ticker.LogLocator(10.0, subs=tuple(range(1, 10)), numticks=50))
    axis.set_minor_formatter(mpl.ticker.NullFormatter())


def repeats(colour: str, count: int) -> list[str]:
    """Return shades of a colour, from dark to light, for repeats of one condition."""
    base = np.array(mpl.colors.to_rgb(colour))
    shares = np.linspace(-0.4, 0.35, count) if count > 1 else np.zeros(1)
    return [
        mpl.colors.to_hex(np.clip(base * (1 + s) if s < 0 else base + (1 - base) * s, 0, 1))
        for s in shares
    ]


def literal(text: str) -> str:
    """Return a text of a file so that Matplotlib does not take it for mathematics."""
    return text.replace("$", r"\$")
