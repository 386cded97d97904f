"""The maps of an analysed film: when growth was seen, what was stripped again, place by place."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ui import pieces
from ui.models.palette import Palette
from ui.models.pictures import Maps
from ui.picture_plot import CENTRED, MAP, PicturePlot
from ui.plots import Plot, pen


class MapsPanel(QWidget):
    """One map at a time, and the mean of the footprint against time."""

    def __init__(self) -> None:
        super().__init__()
        self.maps: Maps | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName("Map")
        self.choice.currentIndexChanged.connect(self._show)
        self.picture = PicturePlot()
        self.curve = Plot()
        self.curve.bottom.name("time since contact", "s")
        self.curve.left.name("change (%)", "")
        self._line = self.curve.plot()
        self.onset = pg.LinearRegionItem(movable=False)
        self.curve.addItem(self.onset)
        self.words = pieces.label("", "muted", wrap=True)
        whole = QVBoxLayout(self)
        whole.addWidget(self.choice)
        whole.addWidget(self.picture, 3)
        whole.addWidget(self.curve, 1)
        whole.addWidget(self.words)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        for plot in (self.picture, self.curve):
            plot.dress(palette, font)
        self._line.setPen(pen(palette.signal, 1.5))
        band = pg.mkColor(palette.warn)
        band.setAlpha(90)
        self.onset.setBrush(pg.mkBrush(band))

    def show_maps(self, maps: Maps | None, why: str = "") -> None:
        """Show the maps of a film.

        Args:
            maps: None where there are none.
            why: said where there are none.
        """
        self.maps = maps
        self.choice.clear()
        self.choice.setEnabled(maps is not None)
        self.onset.setVisible(maps is not None and math.isfinite(maps.onset))
        if maps is None:
            self.picture.hint(why)
            self.words.setText(why)
            return
        self._line.setData(maps.t, 100 * maps.mean)
        self.curve.bottom.fit(float(maps.t[-1]))
        self.curve.left.fit(1.0)
        if math.isfinite(maps.onset):
            half = 1.96 * maps.onset_error
            self.onset.setRegion((maps.onset - half, maps.onset + half))
        self.picture.outline(maps.footprint)
        self.choice.addItems([layer.name for layer in maps.layers])

    def _show(self, number: int) -> None:
        if self.maps is None or number < 0:
            return
        layer = self.maps.layers[number]
        colours = CENTRED if layer.centred else MAP
        self.picture.show_picture(layer.values, layer.pixel, colours, again=True)
        unit = f" ({layer.unit})" if layer.unit != "1" else ""
        parts = (f"{layer.name}{unit}", layer.words, *self.maps.doubts)
        self.words.setText(". ".join(part.rstrip(".") for part in parts if part) + ".")
