"""Where a plan goes: the path and the footprints on the range of the stage."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from ui.models.colours import condition_colours
from ui.models.footprints import HOPS, Footprints
from ui.models.outlook import Outlook
from ui.models.palette import DARK, Palette
from ui.plots import Plot, pen
from ui.site_names import SiteNames

LEAST = 0.012
"""Of the width in view, for the smallest footprint."""
EMPTY = "The sites of a plan appear here."
Frame = tuple[float, float, float, float]
"""Left, lower end, width and height, m."""


class PathPlot(Plot):
    """Draws sites in the order of the visits, coloured by condition; `Footprints.words` tells."""

    def __init__(self) -> None:
        super().__init__()
        self.setAspectLocked(True)
        self.bottom.name("<i>x</i>", "m")
        self.left.name("<i>y</i>", "m")
        self._range = QGraphicsRectItem()
        self.addItem(self._range)
        self._range.setVisible(False)
        self._path = self.plot()
        self._sites = pg.ScatterPlotItem(pxMode=False, pen=None)
        self._picture = pg.ImageItem(axisOrder="row-major")
        self._path.setZValue(-1)  # sites lie over the path
        self._drawn: tuple[Footprints, Frame | None] | None = None
        self._look = DARK
        self._landmarks = pg.ScatterPlotItem(symbol="+")
        self._names = SiteNames(self)
        self.addItem(self._picture)
        self._first = pg.ScatterPlotItem(symbol="t1")
        self.addItem(self._sites)
        self.addItem(self._first)
        self.addItem(self._landmarks)
        self.hint(EMPTY)

    def sizeHint(self) -> QSize:
        """Return the least: it takes what the words around it leave."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._look = palette
        self._names.dress(palette, font)
        self._landmarks.setPen(pen(palette.warn, 2.0))
        self._landmarks.setSize(round(1.2 * font))
        if self._drawn is not None:
            self._draw(self._drawn[0])
        self._path.setPen(pen(palette.muted))
        outline = QPen(QColor(palette.accent))
        outline.setCosmetic(True)
        self._range.setPen(outline)
        self._first.setBrush(pg.mkBrush(palette.accent))
        self._first.setPen(pen(palette.panel))
        self._first.setSize(round(1.1 * font))

    def show_plan(self, outlook: Outlook) -> None:
        """Draw a plan, if it is not there yet; the frame is the stage's range, if it is known."""
        places, frame = outlook.places, _frame(outlook)
        # Electrodes that are connected one after the other lie on no stage.
        frame = frame if places.moves else None
        if self._drawn is not None and frame == self._drawn[1] and places.same(self._drawn[0]):
            return
        self._drawn = places, frame
        self.hint("")
        x = np.concatenate([places.x, places.marks[:, 0]])
        y = np.concatenate([places.y, places.marks[:, 1]])
        low, high = [x.min(), y.min()], [x.max(), y.max()]
        self._range.setVisible(frame is not None)
        if frame is not None:
            self._range.setRect(QRectF(*frame))
            low = [min(low[0], frame[0]), min(low[1], frame[1])]
            high = [max(high[0], frame[0] + frame[2]), max(high[1], frame[1] + frame[3])]
        self.bottom.fit(max(abs(low[0]), abs(high[0])))
        self.left.fit(max(abs(low[1]), abs(high[1])))
        room = 0.6 * places.diameter
        self.setRange(
            xRange=(low[0] - room, high[0] + room), yRange=(low[1] - room, high[1] + room),
            padding=0.02,
        )  # fmt: skip
        self._draw(places)

    def _draw(self, places: Footprints) -> None:
        """Draw the sites one by one, or as a picture; never some of them only."""
        hops = HOPS + 1 if places.moves else 0
        self._path.setData(places.x[:hops], places.y[:hops])
        self._landmarks.setData(x=places.marks[:, 0], y=places.marks[:, 1])
        self._names.write(places.labels, places.x, places.y + 0.5 * places.diameter)
        colours = condition_colours(places.conditions, self._look)
        self._first.setData(x=places.x[:1], y=places.y[:1])
        picture = places.picture
        self._picture.setVisible(picture is not None)
        if picture is not None:
            self._sites.clear()
            rows, columns = picture.condition.shape
            self._picture.setImage(picture.coloured(colours), autoLevels=False)
            self._picture.setRect(
                QRectF(picture.left, picture.bottom, columns * picture.pixel, rows * picture.pixel)
            )
            return
        brushes = [pg.mkBrush(*map(int, c)) for c in colours]
        self._sites.setData(
            x=places.x, y=places.y, size=self._size_of(places),
            brush=[brushes[condition] for condition in places.condition],
        )  # fmt: skip

    def _size_of(self, places: Footprints) -> float:
        """Return how large a site is drawn, m: so that it is seen, and touches no other."""
        (left, right), (bottom, top) = self.viewRange()
        seen = LEAST * max(right - left, top - bottom)
        return float(max(places.diameter, min(seen, 0.8 * places.pitch)))


def _frame(outlook: Outlook) -> Frame | None:
    """Return the range of the stage."""
    info = outlook.info
    if info is None or not {"x", "y"} <= set(info.axes):
        return None
    x, y = info.axes["x"].travel, info.axes["y"].travel
    return x.lower, y.lower, x.upper - x.lower, y.upper - y.lower
