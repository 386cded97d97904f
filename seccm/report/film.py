"""A film at a glance: the change of brightness, where growth began first, and how it went."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.imaging.irm.coulombic import CycleMap, Cycling
from seccm.imaging.irm.seen import Seen
from seccm.imaging.irm.viewing import BIN, Viewed
from seccm.report import style
from seccm.report.scale_bar import scale_bar


@style.styled
def drawn(seen: Seen) -> Figure:
    """Draw the change at the end, the map of onsets, and the mean of the footprint against time."""
    viewed = seen.viewed
    doubts = " ".join(style.literal(each) for each in viewed.doubts)
    width = 1e6 * viewed.footprint.diameter * seen.pixel
    name = style.literal(seen.film.path.name)
    note = f"{name}. Footprint {width:.2f} µm. Grey: no clear onset. {doubts}"
    maps = viewed.cycling.maps if viewed.cycling is not None else ()
    high = 5.0 if maps else 2.6
    fig = style.figure(style.TWO_COLUMNS, high, virtual=seen.virtual, convention=False, note=note)
    grid = fig.subplots(2 if maps else 1, 3, squeeze=False)
    _end(fig, grid[0, 0], viewed, seen.pixel)
    _onsets(fig, grid[0, 1], viewed, seen.pixel)
    _mean(grid[0, 2], viewed)
    if viewed.cycling is not None and maps:
        shown = {one.number: one for one in (maps[0], maps[-1])}
        for axes, one in zip(grid[1], shown.values(), strict=False):
            _efficiency(fig, axes, viewed, seen.pixel, one)
        if len(shown) == 1:
            grid[1, 1].set_axis_off()
        _calibration(grid[1, 2], viewed.cycling)
    there = [axes for axes in grid.ravel() if axes.axison]
    for letter, axes in zip("abcdef", there, strict=False):
        style.panel(axes, letter)
    return fig


def _efficiency(fig: Figure, axes: Axes, viewed: Viewed, pixel: float, one: CycleMap) -> None:
    """Draw a map of the efficiency of one cycle; grey is what has no clear change."""
    axes.set_facecolor("0.85")
    label = f"optical ratio, cycle {one.number}"
    if np.isfinite(one.efficiency).any():
        low, high = np.nanpercentile(one.efficiency, (2, 98))
        image = axes.imshow(one.efficiency, cmap="cividis", vmin=low, vmax=high,
                            interpolation="nearest")  # fmt: skip
        fig.colorbar(image, ax=axes, label=label, shrink=0.8)
    else:
        axes.imshow(np.full((*one.efficiency.shape, 4), 0.0))
        axes.text(0.5, 0.5, "no clear change", ha="center", transform=axes.transAxes)
    _places(axes, viewed, pixel)


def _calibration(axes: Axes, cycling: Cycling) -> None:
    """Draw the electrochemical efficiency against the optical ratio, or both against the cycle."""
    ratios = np.array([each.ratio for each in cycling.maps])
    errors = np.array([each.ratio_error for each in cycling.maps])
    known = np.array([each.cycle.efficiency for each in cycling.maps])
    fit = cycling.calibration
    if np.isfinite(fit.b):
        axes.errorbar(ratios, known, xerr=errors, fmt="o", ms=3.5, color=style.BLUE)
        ends = np.array([np.nanmin(ratios), np.nanmax(ratios)])
        axes.plot(ends, fit.a + fit.b * ends, color=style.ORANGE, lw=1,
                  label=f"{fit.a:.3f} + {fit.b:.3f} ratio, $R^2$ {fit.r2:.3f}")  # fmt: skip
        axes.set_xlabel("optical ratio of the footprint")
        axes.set_ylabel("CE by charge")
    else:
        numbers = np.array([each.number for each in cycling.maps])
        axes.errorbar(numbers, ratios, yerr=errors, fmt="o", ms=3.5, color=style.BLUE,
                      label="optical ratio")  # fmt: skip
        if np.isfinite(known).any():
            axes.plot(numbers, known, "s", ms=3.5, color=style.ORANGE, label="CE by charge")
        axes.set_xticks(numbers)
        axes.set_xlabel("cycle")
        axes.set_ylabel("efficiency")
    axes.legend(fontsize=6)


def _end(fig: Figure, axes: Axes, viewed: Viewed, pixel: float) -> None:
    change = 100 * viewed.end
    most = float(np.percentile(np.abs(change), 99.5)) or 1.0
    image = axes.imshow(change, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    fig.colorbar(image, ax=axes, label="change at the end (%)", shrink=0.8)
    _places(axes, viewed, pixel)


def _onsets(fig: Figure, axes: Axes, viewed: Viewed, pixel: float) -> None:
    axes.set_facecolor("0.85")
    if np.isfinite(viewed.growth.onset).any():
        low, high = np.nanpercentile(viewed.growth.onset, (1, 99))
        image = axes.imshow(viewed.growth.onset, cmap="viridis", vmin=low, vmax=high,
                            interpolation="nearest")  # fmt: skip
        fig.colorbar(image, ax=axes, label="optical onset (s)", shrink=0.8)
    else:
        axes.imshow(np.full((*viewed.growth.onset.shape, 4), 0.0))
        axes.text(0.5, 0.5, "no onsets", ha="center", transform=axes.transAxes)
    _places(axes, viewed, pixel)


def _places(axes: Axes, viewed: Viewed, pixel: float) -> None:
    """Draw the outline of the footprint and the bar of length; a place is some pixels wide."""
    rows, columns = viewed.footprint.mask.shape
    across = (np.arange(columns) - (BIN - 1) / 2) / BIN
    down = (np.arange(rows) - (BIN - 1) / 2) / BIN
    axes.contour(across, down, viewed.footprint.mask, levels=[0.5], colors="black", linewidths=0.7)
    axes.set_xlim(-0.5, viewed.end.shape[1] - 0.5)
    axes.set_ylim(viewed.end.shape[0] - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    scale_bar(axes, viewed.end.shape, BIN * pixel, "black")


def _mean(axes: Axes, viewed: Viewed) -> None:
    axes.plot(viewed.t, 100 * viewed.mean, color=style.BLUE, lw=1)
    if math.isfinite(viewed.growth.t_onset):
        at, error = viewed.growth.t_onset, 1.96 * viewed.growth.t_onset_error
        axes.axvspan(at - error, at + error, color=style.ORANGE, alpha=0.3, lw=0)
        axes.axvline(at, color=style.ORANGE, lw=1, label=f"onset {at:.2f} s (band: 95 %)")
    if math.isfinite(viewed.growth.t_steepest):
        axes.axvline(viewed.growth.t_steepest, color=style.GREEN, lw=1, ls="--",
                     label=f"fastest change {viewed.growth.t_steepest:.2f} s")  # fmt: skip
    axes.set_xlabel("time since contact (s)")
    axes.set_ylabel("mean change of the footprint (%)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
