"""What sites are called, written beside them in a plot."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont

from seccm.arrays import FloatArray
from ui.models.palette import DARK, Palette, small

ROOM = 3.0
"""Heights of letters from a site to the next, at the least."""


class SiteNames:
    """Writes a name above each of some sites.

    Args:
        plot: where they are written.
        inside: whether a name stands inside of its site, which is large; else above it.
    """

    def __init__(self, plot: pg.PlotWidget, *, inside: bool = False) -> None:
        self._plot, self._anchor = plot, (0.5, 0.0 if inside else 1.0)
        self.items: list[pg.TextItem] = []
        self._palette, self._size = DARK, 11
        self._pitch = 0.0
        plot.getViewBox().sigRangeChanged.connect(self._hide_crowded)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._palette, self._size = palette, small(font)
        for item in self.items:
            self._dress(item)

    def write(
        self, names: Sequence[str], x: FloatArray, y: FloatArray, pitch: float = math.inf
    ) -> None:
        """Write names in place of those that were there.

        Args:
            names: one for each site, or none at all; an empty one is not written.
            x: m, shape (sites,).
            y: m, likewise, of the upper edge of a site.
            pitch: m, from a site to the next: where that is too little on the screen, names would
                hide what they name, and are left out until somebody zooms in.
        """
        for item in self.items:
            self._plot.removeItem(item)
        self.items = []
        for name, across, up in zip(names, x.tolist(), y.tolist(), strict=False):
            if name and across == across and up == up:
                item = pg.TextItem(name, anchor=self._anchor)
                item.setZValue(20)
                self._dress(item)
                self._plot.addItem(item, ignoreBounds=True)
                item.setPos(across, up)
                self.items.append(item)
        self._pitch = pitch
        self._hide_crowded()

    def _hide_crowded(self) -> None:
        pixel = float(self._plot.getViewBox().viewPixelSize()[1]) if self.items else 1.0
        room = self._pitch / pixel if pixel > 0.0 else math.inf
        for item in self.items:
            item.setVisible(room >= ROOM * self._size)

    def _dress(self, item: pg.TextItem) -> None:
        font = QFont()
        font.setPixelSize(self._size)
        item.setFont(font)
        item.setColor(self._palette.text)
        ground = QColor(self._palette.panel)
        ground.setAlpha(200)  # read on every colour of a map, which is still seen around it
        item.fill = pg.mkBrush(ground)
