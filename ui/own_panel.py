"""The page of a curve that a kind of step works out itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from seccm.analysis.step_features import Drawn
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, Page
from ui.framed_plot import FramedPlot
from ui.models.frames import Frame
from ui.models.own_curves import (
    frame_around,
    frame_of_records,
    name_of,
    shown,
    shown_bars,
    shown_events,
    shown_line,
)
from ui.models.palette import Palette
from ui.models.showing import Showing, largest
from ui.plots import line_width, pen


class OwnPanel(FramedPlot):
    """Draws the curves of the selected sites over one another."""

    def __init__(self, what: Page, empty: str = "") -> None:
        super().__init__(empty)
        self.what = what
        self._lines: list[pg.PlotDataItem] = []
        self._models: list[pg.PlotDataItem] = []
        self._events: list[pg.PlotDataItem] = []
        self.bars: list[pg.ErrorBarItem] = []
        """Standard uncertainties of the points of each curve."""
        self._ink = "black"
        self._width = 1.0
        self._remark = ""
        self._drawn: tuple[Sequence[Drawn], Sequence[str]] = ((), ())
        for plot_axis, axis in ((self.bottom, what.x), (self.left, what.y)):
            # A logarithmic axis keeps its unit: its numbers are written in full.
            plot_axis.setLogMode(x=axis.log, y=axis.log)
            plot_axis.counts = axis.counts
        self.plotItem.vb.setAspectLocked(what.equal)
        self.setToolTip(what.words.strip())
        self.show_as(Showing())

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._width, self._ink = line_width(font), palette.text

    def show_as(self, showing: Showing) -> None:
        """Choose convention and reference; curves have potentials against that of the plan."""
        self._showing = showing
        self.remark(self._remark)
        self.bottom.name(*name_of(self.what.x, showing))
        self.left.name(*name_of(self.what.y, showing))
        self.plotItem.vb.invertX(self.what.x.against_reference and showing.polarographic)
        self.draw(*self._drawn)

    def remark(self, words: str) -> None:
        """Say something of what is drawn, such as the site that it is of."""
        self._remark = words
        convention = self._showing.convention if self.what.signed else ""
        fit = "thin line: fit" if any(one.model_x.size for one in self._drawn[0]) else ""
        known = any(np.isfinite(one.error).any() for one in self._drawn[0])
        bars = "bars: standard uncertainty" if known else ""
        self.note(" · ".join(part for part in (words, convention, fit, bars) if part))

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
        self._drawn = curves, colours
        points = [shown(curve, self._showing) for curve in curves]
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
            line.setData(*shown_line(curve, self._showing))
        self._bar(curves, colours)
        for line, curve in zip(self._events, curves, strict=False):
            self._dot(line, self._ink)
            line.setData(*shown_events(curve, self._showing))
        for lines in (self._lines, self._models, self._events):
            for line in lines[len(points) :]:
                line.setData([], [])
        self.remark(self._remark)
        marks = [shown_events(curve, self._showing) for curve in curves]
        ends = [(x, end) for x, low, high in self._ends(curves) for end in (low, high)]
        self.frame(
            frame_of_records(points, marks) if self.what.alone else frame_around([*points, *ends])
        )

    def _ends(self, curves: Sequence[Drawn]) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        return [shown_bars(curve, self._showing) for curve in curves]

    def _bar(self, curves: Sequence[Drawn], colours: Sequence[str]) -> None:
        """Draw the error bars of the curves that have some."""
        while len(self.bars) < len(curves):
            self.bars.append(pg.ErrorBarItem(x=np.empty(0), y=np.empty(0), beam=0.0))
            self.addItem(self.bars[-1])
        for item, (x, low, high), colour in zip(
            self.bars, self._ends(curves), colours, strict=False
        ):
            middle, half = 0.5 * (low + high), 0.5 * (high - low)
            item.setData(x=x, y=middle, height=2 * half, pen=pen(colour, self._width))
        for item in self.bars[len(curves) :]:
            item.setData(x=np.empty(0), y=np.empty(0), height=None)

    def _dot(self, line: pg.PlotDataItem, colour: str | None) -> None:
        """Draw the points of a line as dots, or not."""
        line.setSymbol(None if colour is None else "o")
        if colour is not None:
            line.setSymbolSize(5.0 * self._width)
            line.setSymbolPen(None)
            line.setSymbolBrush(colour)

    def fit(self, frame: Frame) -> None:
        """Choose the prefixes of linear axes."""
        both = (*frame.x, *frame.y)
        for plot_axis, axis, ends in (
            (self.bottom, self.what.x, frame.x), (self.left, self.what.y, frame.y),
        ):  # fmt: skip
            if _has_prefix(axis):
                size = largest(np.array(both if self.what.equal else ends))
                # Nobody reads kiloseconds.
                plot_axis.fit(min(size, 1.0) if axis.unit == "s" else size)


def _has_prefix(axis: Axis) -> bool:
    return not axis.log and axis.unit != "1"
