"""Films of the sites of a scan that were looked at: where growth was seen first, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from seccm.arrays import FloatArray
from seccm.imaging.irm.seen import maps_beside
from seccm.report import style
from seccm.report.scale_bar import scale_bar

MOST = 6
"""Sites that are drawn."""
BESIDE = 0.2
"""What is drawn beside a footprint, as a share of its width."""


@dataclass(frozen=True, slots=True)
class CycleFilm:
    """What the film of a site shows of a cycle; maps have the shape (rows, columns) of places."""

    number: int
    plated: FloatArray
    """Relative change of brightness by plating."""
    stripped: FloatArray
    """By how much stripping takes that back."""
    efficiency: FloatArray
    """Their ratio; NaN where there is no clear change."""


@dataclass(frozen=True, slots=True)
class SiteFilm:
    """What the film of a site shows."""

    site: int
    onset: FloatArray
    """Seconds; NaN where there is none, shape (places along rows, along columns)."""
    end: FloatArray
    """Relative change of brightness at the end, same shape."""
    place: float
    """Metres."""
    t: FloatArray
    """Seconds from the contact of the record, of the landed frames, shape (frames,)."""
    mean: FloatArray
    """Relative change of brightness of the footprint, same shape."""
    cycles: tuple[CycleFilm, ...]
    """The cycles of plating and stripping; none where there are none."""


def films_beside(scan: Path, sites: int) -> Iterator[SiteFilm]:
    """Yield the films of sites that `seccm irm` has looked at; those it cannot read are left out.

    Args:
        scan: the data file.
        sites: how many it has.
    """
    for site in range(sites):
        path = maps_beside(scan, site)
        if not path.exists():
            continue
        try:
            with h5py.File(path, "r") as file:
                place = float(file.attrs["place"])
                part = _around(np.asarray(file["inside"][()], bool))
                onset, end = (np.asarray(file[name][part], np.float64) for name in ("onset", "end"))
                t, mean = (np.asarray(file[name][()], np.float64) for name in ("t", "mean"))
                landed = float(file.attrs.get("landed", np.nan))
                cycles = tuple(_cycles(file, part))
        except (OSError, KeyError, ValueError, TypeError, AttributeError):
            continue
        if onset.ndim == 2 and onset.shape == end.shape and place > 0:
            start = landed if np.isfinite(landed) else 0.0
            yield SiteFilm(site, onset, end, place, t + start, mean, cycles)


def _around(inside: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the part of a picture with the footprint, and some of what is beside it."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return slice(None), slice(None)
    room = max(3, round(BESIDE * max(np.ptp(rows), np.ptp(columns))))
    low, high = rows[[0, -1]] + [-room, room + 1]
    left, right = columns[[0, -1]] + [-room, room + 1]
    return slice(max(0, int(low)), int(high)), slice(max(0, int(left)), int(right))


def _cycles(file: h5py.File, part: tuple[slice, slice]) -> Iterator[CycleFilm]:
    number = 1
    while (group := file.get(f"cycle_{number}")) is not None:
        plated, stripped, efficiency = (
            np.asarray(group[name][part], np.float64)
            for name in ("plated", "stripped", "efficiency")
        )
        yield CycleFilm(number, plated, stripped, efficiency)
        number += 1


@style.styled
def drawn(films: list[SiteFilm], *, virtual: bool) -> Figure:
    """Draw the change at the end above the map of optical onsets, a column for each site."""
    columns = max(2, len(films))
    fig = style.figure(style.TWO_COLUMNS, 1.0 + 2 * 6.2 / columns, virtual=virtual,
                       convention=False, note="Grey: no clear onset.")  # fmt: skip
    grid = fig.subplots(2, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for column, one in zip(grid.T, films, strict=False):
        most = 100 * (float(np.percentile(np.abs(one.end), 99.5)) or 1.0)
        shown = (
            (100 * one.end, "RdBu_r", (-most, most), "change at the end (%)"),
            (one.onset, "viridis", (None, None), "optical onset (s)"),
        )
        for axes, (values, colours, (low, high), label) in zip(column, shown, strict=True):
            axes.set_axis_on()
            axes.set_facecolor("0.85")
            axes.set_xticks([])
            axes.set_yticks([])
            if not np.isfinite(values).any():
                axes.imshow(np.full((*values.shape, 4), 0.0))
                axes.text(0.5, 0.5, "no onsets", ha="center", transform=axes.transAxes, fontsize=6)
                continue
            image = axes.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
            fig.colorbar(image, ax=axes, label=label, shrink=0.8)
        column[0].set_title(f"site {one.site}", fontsize=7)
        scale_bar(column[0], one.end.shape, one.place, "black")
    return fig
