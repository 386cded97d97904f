"""A picture on its sample: in lengths, with fixed levels; over it lies what was found in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from seccm.arrays import FloatArray
from ui.models.palette import DARK, Palette
from ui.models.pictures import LEFT_OUT, PARTICLE, REFUSED, TARGET, Arrow, Circle
from ui.plots import Plot, pen

GREY, MAP, CENTRED = "CET-L1", "viridis", "CET-D1"
_EXAGGERATED = 0.06
"""Of the picture's width, as long as the longest arrow of a landmark."""


class PicturePlot(Plot):
    """Shows a picture; its levels stay as they are until they are asked for again."""

    def __init__(self) -> None:
        super().__init__()
        self.setAspectLocked(True)
        self.plotItem.vb.invertY(True)
        self.bottom.name("<i>x</i> in the picture", "m")
        self.left.name("<i>y</i> in the picture", "m")
        self._picture = pg.ImageItem(axisOrder="row-major")
        self.addItem(self._picture)
        self._bar = pg.ColorBarItem(interactive=False, width=12)
        self._bar.setImageItem(self._picture, insert_in=self.plotItem)
        self._circles = pg.ScatterPlotItem(pxMode=False, hoverable=True)
        self._arrows = pg.PlotDataItem(connect="pairs")
        self._marks = pg.ScatterPlotItem(symbol="+", hoverable=True)
        self._outline = pg.PlotDataItem()
        for item in (self._circles, self._arrows, self._marks, self._outline):
            self.addItem(item)
        self._framed: tuple[int, ...] = ()
        self._over: tuple[Sequence[Circle], Sequence[Arrow], float] = ((), (), 0.0)
        self.levels: tuple[float, float] | None = None

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._marks.setSize(round(1.1 * font))
        self._outline.setPen(pen(palette.good, 1.5))
        self._bar.axis.setTextPen(pg.mkPen(palette.muted))
        self._bar.axis.setPen(pg.mkPen(palette.border))
        self.lay_over(*self._over)

    def show_picture(
        self, values: FloatArray, pixel: float, colours: str = GREY, *, again: bool = False
    ) -> None:
        """Show a picture.

        Args:
            values: shape (rows, columns); NaN is not drawn.
            pixel: metres.
            colours: name of a colour map.
            again: whether its levels are taken from it; else those of the picture before stay.
        """
        if again or self.levels is None:
            self.levels = levels_of(values, centred=colours == CENTRED)
        self._picture.setImage(values, autoLevels=False, levels=self.levels)
        rows, columns = values.shape
        self._picture.setRect(QRectF(0.0, 0.0, columns * pixel, rows * pixel))
        self._bar.setColorMap(pg.colormap.get(colours))
        self._bar.setLevels(self.levels)
        if self._framed != (rows, columns):
            self._framed = rows, columns
            self.bottom.fit(columns * pixel)
            self.left.fit(rows * pixel)
            self.plotItem.vb.setRange(QRectF(0.0, 0.0, columns * pixel, rows * pixel), padding=0.02)
        self.hint("")

    def outline(self, footprint: tuple[float, float, float] | None) -> None:
        """Draw the circle of a footprint: x, y and diameter, metres; None for none."""
        if footprint is None:
            self._outline.setData([], [])
            return
        x, y, diameter = footprint
        angle = np.linspace(0, 2 * np.pi, 181)
        self._outline.setData(x + diameter / 2 * np.cos(angle), y + diameter / 2 * np.sin(angle))

    def lay_over(self, circles: Sequence[Circle], arrows: Sequence[Arrow], width: float) -> None:
        """Draw what was found in a picture.

        Args:
            circles: particles and targets.
            arrows: of landmarks, drawn longer than they are.
            width: of the picture, metres.
        """
        self._over = circles, arrows, width
        look = DARK  # pictures are dark, whatever the window is
        colours = {PARTICLE: look.warn, LEFT_OUT: look.muted, TARGET: look.good, REFUSED: look.bad}
        self._circles.setData(
            x=[c.x for c in circles], y=[c.y for c in circles],
            size=[c.diameter for c in circles], brush=pg.mkBrush(None),
            pen=[pen(colours[c.kind], 1.5) for c in circles], data=[c.words for c in circles],
            tip=lambda x, y, data: data,
        )  # fmt: skip
        longest = max((np.hypot(a.to_x - a.x, a.to_y - a.y) for a in arrows if a.used), default=0.0)
        factor = _EXAGGERATED * width / longest if longest else 1.0
        shown = [a for a in arrows if a.used]
        self._arrows.setData(
            [v for a in shown for v in (a.x, a.x + factor * (a.to_x - a.x))],
            [v for a in shown for v in (a.y, a.y + factor * (a.to_y - a.y))],
        )
        self._arrows.setPen(pen(look.accent, 2.0))
        self._marks.setData(
            x=[a.x for a in arrows], y=[a.y for a in arrows],
            pen=[pen(look.accent if a.used else look.bad, 2.0) for a in arrows],
            data=[a.label if a.used else f"{a.label}: left out" for a in arrows],
            tip=lambda x, y, data: data,
        )  # fmt: skip


def levels_of(values: FloatArray, *, centred: bool = False) -> tuple[float, float]:
    """Return the levels between which all but the outermost hundredths of a picture are."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(each) for each in np.percentile(known, (1, 99)))
    if centred:
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    return (low, high) if high > low else (low, low + 1.0)
