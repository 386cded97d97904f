"""Pictures of one place side by side on one grid, and what they show along a line."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.arrays import FloatArray
from seccm.imaging.overlay.made import Layer, Overlay
from seccm.report import style
from seccm.report.scale_bar import scale_bar

_COLOURS = ("#000000", style.ORANGE, style.BLUE, style.GREEN, "#cc79a7", "#e69f00")
_ROW = 4
"""Pictures in a row."""


@style.styled
def drawn(made: Overlay) -> Figure:
    """Draw all layers, the first two on one another, and profiles where a line is given."""
    panels = len(made.layers) + 1 + bool(made.profiles)
    columns = min(_ROW, panels)
    rows = math.ceil(panels / columns)
    high = 0.35 + rows * (2.0 * made.grid.shape[0] / made.grid.shape[1] * 4 / columns + 0.45)
    fig = style.figure(style.TWO_COLUMNS, min(high, 8.0), virtual=made.simulated, convention=False,
                       note=_note(made))  # fmt: skip
    axes = np.atleast_1d(fig.subplots(rows, columns)).ravel()
    for k, (each, each_axes) in enumerate(zip(made.layers, axes, strict=False)):
        low, high_ = np.nanpercentile(each.values, (0.5, 99.5))
        each_axes.imshow(each.values, cmap="gray", vmin=low, vmax=high_, interpolation="nearest")
        _frame(each_axes, made, style.literal(each.name), bar=k == 0)
    both = axes[len(made.layers)]
    both.imshow(_coloured(made.layers), interpolation="nearest")
    _frame(both, made, "orange: first; blue: second", bar=False)
    if made.profiles:
        _profiles(axes[len(made.layers) + 1], made)
    for letter, each_axes in zip("abcdefghijkl", axes[:panels], strict=False):
        style.panel(each_axes, letter)
    for each_axes in axes[panels:]:
        each_axes.set_axis_off()
    return fig


def _note(made: Overlay) -> str:
    said = [
        style.literal(made.alike(a, b)).rstrip(".")
        or f"{style.literal(a)} and {style.literal(b)}: r = {found.r:.3f} ({found.low:.3f} to "
        f"{found.high:.3f}; {found.independent:.0f} independent places of {found.pixels} pixels, "
        f"{1e12 * found.area:.3g} µm$^2$)"
        for (a, b), found in made.correlations.items()
    ]
    return ". ".join(said) + "."


def _frame(axes: Axes, made: Overlay, title: str, *, bar: bool) -> None:
    axes.set_title(title, fontsize=6.5)
    axes.set_xticks([])
    axes.set_yticks([])
    if not np.isfinite(made.region).all():
        axes.contour(np.isfinite(made.region), levels=[0.5], colors=[style.GREEN], linewidths=0.8)
    if made.line is not None:
        line = made.line
        places = np.array([[line.x0, line.x1], [line.y0, line.y1]]) / made.grid.pixel - 0.5
        axes.plot(*places, color=style.RED, lw=0.9)
    if bar:
        scale_bar(axes, made.grid.shape, made.grid.pixel)


def _coloured(layers: tuple[Layer, ...]) -> FloatArray:
    """Return the first two layers in two colours that add up to grey where they are alike."""
    first, second = (_stretched(each.values) for each in layers[:2])
    orange, blue = np.array([0.84, 0.45, 0.15]), np.array([0.16, 0.55, 0.85])
    return np.asarray(np.clip(first[..., None] * orange + second[..., None] * blue, 0, 1))


def _stretched(values: FloatArray) -> FloatArray:
    low, high = np.nanpercentile(values, (1, 99))
    return np.asarray(np.nan_to_num(np.clip((values - low) / (high - low or 1.0), 0, 1)))


def _profiles(axes: Axes, made: Overlay) -> None:
    """Draw profiles from their least to their largest value: pictures have units of their own."""
    for (name, found), colour in zip(made.profiles.items(), _COLOURS, strict=False):
        known = np.isfinite(found.mean)
        if not known.any():
            continue
        low, high = float(np.nanmin(found.mean)), float(np.nanmax(found.mean))
        size = high - low or 1.0
        axes.plot(1e6 * found.along, (found.mean - low) / size, color=colour,
                  label=style.literal(name))  # fmt: skip
        axes.fill_between(
            1e6 * found.along, (found.mean - found.sd - low) / size,
            (found.mean + found.sd - low) / size, color=colour, alpha=0.15, lw=0,
        )  # fmt: skip
    axes.set_xlabel("along the line (µm)")
    axes.set_ylabel("least to largest")
    axes.legend(fontsize=5.5)
    axes.margins(x=0)
