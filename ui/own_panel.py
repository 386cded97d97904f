"""The page of a curve that a kind of step works out itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from seccm.analysis.step_features import Drawn
from seccm.program.figures import Axis, OwnCurve
from ui.framed_plot import FramedPlot
from ui.models.frames import Frame
from ui.models.own_curves import frame_around, shown, shown_events, shown_line
from ui.models.palette import Palette
from ui.models.showing import largest
from ui.plots import line_width, pen


class OwnPanel(FramedPlot):
    """Draws the curves of the selected sites over one another."""

    def __init__(self, what: OwnCurve, empty: str = "") -> None:
        super().__init__(empty)
        self.what = what
        self._lines: list[pg.PlotDataItem] = []
        self._models: list[pg.PlotDataItem] = []
        self._events: list[pg.PlotDataItem] = []
        self._ink = "black"
        self._width = 1.0
        for plot_axis, axis in ((self.bottom, what.x), (self.left, what.y)):
            plot_axis.setLogMode(x=axis.log, y=axis.log)
            # A logarithmic axis keeps its unit: its numbers are written in full.
            plot_axis.name(axis.words, "" if axis.unit == "1" else axis.unit)
        self.plotItem.vb.setAspectLocked(what.equal)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._width, self._ink = line_width(font), palette.text

    def begin(self) -> None:
        """Forget what was drawn: another scan is shown."""
        self.draw((), ())
        self.start_anew()

    def draw(self, curves: Sequence[Drawn], colours: Sequence[str]) -> None:
        """Draw some curves.

        Args:
            curves: of this page.
            colours: one for each.
        """
        points = [shown(curve) for curve in curves]
        while len(self._lines) < len(points):
            self._lines.append(self.plot())
            self._models.append(self.plot())
            self._events.append(self.plot(pen=None))
        for line, (x, y), colour in zip(self._lines, points, colours, strict=False):
            line.setPen(None if self.what.marks else pen(colour, self._width))
            self._dot(line, colour if self.what.marks else None)
            line.setData(x, y)
        for line, curve in zip(self._models, curves, strict=False):
            line.setPen(pen(self._ink, 0.5 * self._width))
            line.setData(*shown_line(curve))
        for line, curve in zip(self._events, curves, strict=False):
            self._dot(line, self._ink)
            line.setData(*shown_events(curve))
        for lines in (self._lines, self._models, self._events):
            for line in lines[len(points) :]:
                line.setData([], [])
        self.frame(frame_around(points))

    def _dot(self, line: pg.PlotDataItem, colour: str | None) -> None:
        """Draw the points of a line as dots, or not."""
        line.setSymbol(None if colour is None else "o")
        if colour is not None:
            line.setSymbolSize(4.0 * self._width)
            line.setSymbolPen(None)
            line.setSymbolBrush(colour)

    def fit(self, frame: Frame) -> None:
        """Choose the prefixes of linear axes."""
        both = (*frame.x, *frame.y)
        for plot_axis, axis, ends in (
            (self.bottom, self.what.x, frame.x), (self.left, self.what.y, frame.y),
        ):  # fmt: skip
            if _has_prefix(axis):
                plot_axis.fit(largest(np.array(both if self.what.equal else ends)))


def _has_prefix(axis: Axis) -> bool:
    return not axis.log and axis.unit != "1"
