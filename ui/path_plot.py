"""Where a plan goes: the path and the footprints on the range of the stage."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from ui.models.colours import condition_colours
from ui.models.outlook import Outlook
from ui.models.palette import Palette
from ui.plots import Plot, pen

MOST = 4000
"""Sites drawn one by one; of more, evenly chosen ones are."""


class PathPlot(Plot):
    """Draws sites in the order of the visits, coloured by condition."""

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
        self._first = pg.ScatterPlotItem(symbol="t1", size=14)
        self.addItem(self._sites)
        self.addItem(self._first)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._path.setPen(pen(palette.muted))
        outline = QPen(QColor(palette.accent))
        outline.setCosmetic(True)
        self._range.setPen(outline)
        self._first.setBrush(pg.mkBrush(palette.accent))
        self._first.setPen(pen(palette.panel))

    def show_plan(self, outlook: Outlook) -> None:
        """Draw a plan; the frame is the stage's range, where it is known."""
        plan, sites, info = outlook.plan, outlook.sites, outlook.info
        x, y = np.array([s.x for s in sites]), np.array([s.y for s in sites])
        self._path.setData(x, y)
        kept = np.linspace(0, len(sites) - 1, min(len(sites), MOST)).round().astype(int)
        colours = condition_colours(len(plan.conditions))
        brushes = [QColor(*map(int, colours[sites[k].condition])) for k in kept]
        size = max(plan.probe.diameter, 1e-9)
        self._sites.setData(x=x[kept], y=y[kept], size=size, brush=brushes)
        self._first.setData(x=x[:1], y=y[:1])
        low, high = [float(x.min()), float(y.min())], [float(x.max()), float(y.max())]
        self._range.setVisible(info is not None)
        if info is not None and {"x", "y"} <= set(info.axes):
            ax, ay = info.axes["x"].travel, info.axes["y"].travel
            self._range.setRect(
                QRectF(ax.lower, ay.lower, ax.upper - ax.lower, ay.upper - ay.lower)
            )
            low = [min(low[0], ax.lower), min(low[1], ay.lower)]
            high = [max(high[0], ax.upper), max(high[1], ay.upper)]
        self.bottom.fit(max(abs(low[0]), abs(high[0])))
        self.left.fit(max(abs(low[1]), abs(high[1])))
        room = 0.6 * size
        self.setRange(
            xRange=(low[0] - room, high[0] + room), yRange=(low[1] - room, high[1] + room),
            padding=0.02,
        )  # fmt: skip
        self.corner("colour: condition · ▲ first site")
