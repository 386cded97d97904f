"""Current and height of the tip over the last minute, while a rig is used manually."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.framed_plot import FramedPlot
from ui.models.frames import Frame, frame_of
from ui.models.palette import Palette, Sizes
from ui.models.showing import Showing, largest
from ui.models.trends import SPAN, Trends
from ui.plots import line_width, pen

EMPTY = "The last minute appears here while a rig is connected, and during a scan."
NOW, OLD = "<i>t</i> before now", "<i>t</i> before the last data point"
BEATS = 4
"""From one drawing to the next: more than seven a second."""


class TrendView(QWidget):
    """Two plots over one another: I against t, and z against t."""

    def __init__(self) -> None:
        super().__init__()
        self._showing = Showing()
        self._drawn = -1
        self._trends: Trends | None = None
        self.plots = {"current": TrendPlot(), "z": TrendPlot()}
        self._curves = {name: plot.plot(connect="finite") for name, plot in self.plots.items()}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(2)
        for plot in self.plots.values():
            plot.bottom.name(NOW, "s")
            column.addWidget(plot, 1)
        self.plots["current"].left.name("<i>I</i>", "A")
        self.plots["z"].left.name("<i>z</i>", "m")

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        colours = {"current": palette.current, "z": palette.signal}
        for name, plot in self.plots.items():
            plot.dress(palette, sizes.font)
            self._curves[name].setPen(pen(colours[name], line_width(sizes.font)))

    def show_as(self, showing: Showing) -> None:
        """Choose the sign convention."""
        self._showing = showing
        self.plots["current"].note(showing.convention)
        self._drawn = -1

    def draw(self, beat: int, trends: Trends, *, live: bool) -> None:
        """Draw what is new, a few times a second; costs nothing while nobody looks.

        Args:
            beat: how many there have been.
            trends: what was measured.
            live: whether the rig measures now; else the curves are old, and the axis says so.
        """
        for plot in self.plots.values():
            plot.bottom.name(NOW if live or not trends.version else OLD, "s")
        new = (trends is not self._trends) or trends.version != self._drawn
        if not new or beat % BEATS or not self.isVisible():
            return
        self._trends, self._drawn = trends, trends.version
        for name, (t, values) in trends.drawn().items():
            shown = self._showing.current(values) if name == "current" else values
            self._curves[name].setData(t, shown)
            found = frame_of(t, shown, np.zeros_like(t)) if t.size else None
            self.plots[name].frame(Frame((-SPAN, 0.0), found.y) if found is not None else None)


class TrendPlot(FramedPlot):
    """A quantity over the last minute."""

    def __init__(self) -> None:
        super().__init__(EMPTY)

    def fit(self, frame: Frame) -> None:
        """Choose the prefix of the quantity."""
        self.left.fit(largest(np.array(frame.y)))
