"""A site that was plated and stripped under a camera: charge, brightness, and maps by cycle."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from seccm.analysis import scales
from seccm.arrays import FloatArray
from seccm.report import style
from seccm.report.films_of_sites import CycleFilm, SiteFilm
from seccm.report.scale_bar import scale_bar
from seccm.report.study import Study


@style.styled
def drawn(film: SiteFilm, study: Study) -> Figure:
    """Draw charge and brightness against time, and below maps of the first and the last cycle."""
    shown = list({one.number: one for one in (film.cycles[0], film.cycles[-1])}.values())
    fig = study.figure(style.TWO_COLUMNS, 2.0 + 2.05 * len(shown), potentials=False)
    grid = fig.add_gridspec(1 + len(shown), 3)
    above = fig.add_subplot(grid[0, :])
    _against_time(above, film, study)
    style.panel(above, "a")
    most = max(float(np.percentile(np.abs(one.plated), 99.5)) for one in shown) or 1.0
    for row, (one, letters) in enumerate(zip(shown, ("bcd", "efg"), strict=False), 1):
        axes = [fig.add_subplot(grid[row, column]) for column in range(3)]
        _maps(fig, axes, one, 100 * most)
        scale_bar(axes[0], one.plated.shape, film.place, "black")
        for letter, each in zip(letters, axes, strict=True):
            style.panel(each, letter)
    return fig


def _against_time(axes: Axes, film: SiteFilm, study: Study) -> None:
    record = study.scan.record(film.site)
    t = record.t - record.t_contact
    current = np.where(np.isfinite(record.I), record.I, 0.0)
    passed = np.concatenate([[0.0], np.cumsum(np.diff(t) * (current[1:] + current[:-1]) / 2)])
    here = (t >= 0) & (t <= film.t[-1])
    scale = scales.scale("C", passed[here])
    axes.plot(t[here], scale(passed[here]), color=style.BLUE, lw=1)
    axes.set_ylabel(scale.label("accumulated charge"), color=style.BLUE)
    axes.set_xlabel("time since contact (s)")
    axes.set_xlim(0.0, float(film.t[-1]))
    other = axes.twinx()
    other.plot(film.t, 100 * film.mean, color=style.RED, lw=1)
    other.set_ylabel("change of brightness (%)", color=style.RED)


def _maps(fig: Figure, axes: list[Axes], one: CycleFilm, most: float) -> None:
    for each, values, title in (
        (axes[0], one.plated, "plated"), (axes[1], one.plated - one.stripped, "left"),
    ):  # fmt: skip
        image = _shown(each, 100 * values, "RdBu_r", -most, most)
        each.set_title(f"cycle {one.number}: {title}", fontsize=7, loc="right")
        fig.colorbar(image, ax=each, label="change (%)", shrink=0.85)
    axes[2].set_title(f"cycle {one.number}: ratio", fontsize=7, loc="right")
    known = one.efficiency[np.isfinite(one.efficiency)]
    low, high = np.percentile(known, (2, 98)) if known.size else (0.0, 1.0)
    image = _shown(axes[2], one.efficiency, "cividis", float(low), float(high))
    fig.colorbar(image, ax=axes[2], label="stripped / plated", shrink=0.85, ticks=MaxNLocator(4))


def _shown(axes: Axes, values: FloatArray, colours: str, low: float, high: float) -> AxesImage:
    axes.set_facecolor("0.85")
    axes.set_xticks([])
    axes.set_yticks([])
    return axes.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
