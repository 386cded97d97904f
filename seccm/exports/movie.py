"""A movie of a map: the current of every site along time or potential."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.errors import DamagedError, DataFileError
from seccm.exports.content import grid, places
from seccm.exports.seam import Wanted, Writer
from seccm.units import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 2000
"""Frames; more are no movie."""
_WIDTH = 3.4
"""Inches, where none is asked for."""


def frames_of(scan: Scan, wanted: Wanted) -> tuple[FloatArray, FloatArray]:
    """Return what the movie goes along, shape (frames,), and the current, (frames, sites).

    Along a potential, a sweep is taken up to where it first turns round.

    Raises:
        DataFileError: no site has that step, or its potential does not change.
    """
    if not 2 <= wanted.frames <= _MOST:
        raise DataFileError(f"A movie has 2 to {_MOST} frames, not {wanted.frames}.")
    curves: dict[int, tuple[FloatArray, FloatArray]] = {}
    for number in range(len(scan.sites)):
        try:
            trace = scan.site(number)
        except DamagedError:
            continue
        rows = trace.steps.get(wanted.step)
        if rows is None:
            continue
        t, e, i = trace.t[rows], trace.E[rows], trace.I[rows]
        good = np.isfinite(t) & np.isfinite(e) & np.isfinite(i)
        t, e, i = t[good], e[good], i[good]
        if t.size < 2:
            continue
        along = t - t[0]
        if wanted.over == "potential":
            end = int(np.abs(e - e[0]).argmax()) + 1
            along, i = e[:end], i[:end]
            order = np.argsort(along, kind="stable")
            along, i = along[order], i[order]
        curves[number] = along, i
    if not curves:
        raise DataFileError(
            f"{scan.path}: no site has data points of a step {wanted.step}; steps are numbered "
            "from 0. Nothing was written."
        )
    first = min(float(along[0]) for along, _ in curves.values())
    last = max(float(along[-1]) for along, _ in curves.values())
    if wanted.over == "potential" and last - first < 2e-3:
        raise DataFileError(
            f"{scan.path}: the potential of step {wanted.step} does not change. Say --over time, "
            "or another --step. Nothing was written."
        )
    ticks = np.linspace(first, last, wanted.frames)
    values = np.full((wanted.frames, len(scan.sites)), np.nan)
    for number, (along, current) in curves.items():
        values[:, number] = np.interp(ticks, along, current, left=np.nan, right=np.nan)
    return ticks, values


def _write(scan: Scan, target: Path, wanted: Wanted) -> None:
    from matplotlib import animation

    ticks, values = frames_of(scan, wanted)
    mp4 = target.suffix == ".mp4"
    if mp4 and shutil.which("ffmpeg") is None:
        raise DataFileError(
            "An MP4 needs the program ffmpeg, which is not found. Install it, or write a GIF: "
            "--to gif. Nothing was written."
        )
    writer = (animation.FFMpegWriter if mp4 else animation.PillowWriter)(fps=wanted.fps)
    _draw(scan, target, wanted, ticks, values, writer)


def _draw(
    scan: Scan, target: Path, wanted: Wanted, ticks: FloatArray, values: FloatArray, writer: Any
) -> None:
    from seccm.report.style import figure, styled

    @styled
    def draw() -> None:
        width = wanted.width / 0.0254 or _WIDTH
        fig = figure(width, 0.9 * width, virtual=scan.header.virtual)
        axes = fig.add_subplot()
        unit, factor = _scale(values)
        shown = values * factor
        look = {"vmin": np.nanmin(shown), "vmax": np.nanmax(shown), "cmap": "viridis"}
        art, lay = _map(axes, scan, look)
        axes.set(aspect="equal", xlabel="x (µm)", ylabel="y (µm)")
        fig.colorbar(art, label=f"I ({unit})")
        head = axes.set_title(" ")
        fig.draw_without_rendering()
        fig.set_layout_engine("none")  # laid out once: nothing jumps from frame to frame
        with writer.saving(fig, str(target), wanted.dpi):
            for tick, frame in zip(ticks.tolist(), shown, strict=True):
                lay(frame)
                potential = wanted.over == "potential"
                at = f"E = {show(tick, 'V', 3)} vs {scan.header.reference}"
                head.set_text(at if potential else f"t = {show(tick, 's', 3)}")
                writer.grab_frame()

    draw()


def _map(axes: Axes, scan: Scan, look: dict[str, Any]) -> tuple[Any, Callable[[FloatArray], None]]:
    """Draw the map, and return it with what lays other values on it."""
    place = grid(scan)
    if place is None:
        x, y = (axis * 1e6 for axis in places(scan))
        points = axes.scatter(x, y, c=np.zeros(x.size), **look)
        return points, points.set_array
    columns, rows, shape, (x0, y0), (dx, dy) = place
    left, low = (x0 - dx / 2) * 1e6, (y0 - dy / 2) * 1e6
    edges = (left, left + shape[1] * dx * 1e6, low, low + shape[0] * dy * 1e6)
    image = axes.imshow(np.full(shape, np.nan), origin="lower", extent=edges, **look)

    def lay(frame: FloatArray) -> None:
        laid = np.full(shape, np.nan)
        laid[rows, columns] = frame
        image.set_data(laid)

    return image, lay


def _scale(values: FloatArray) -> tuple[str, float]:
    largest = float(np.nanmax(np.abs(values)))
    for unit, factor in (("A", 1.0), ("mA", 1e3), ("µA", 1e6), ("nA", 1e9), ("pA", 1e12)):
        if largest * factor >= 1.0:
            return unit, factor
    return "fA", 1e15


WRITERS = (
    Writer("gif", "a movie of the current of all sites, along time or potential", ".gif", _write),
    Writer("mp4", "the same as MP4, with ffmpeg", ".mp4", _write),
)
