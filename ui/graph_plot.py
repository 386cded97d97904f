"""A plot of what a commissioning step has to show, with its title and the names of its curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seccm.commissioning.graph import Axis, Curve, Graph
from ui import pieces
from ui.models.palette import DARK, Palette
from ui.models.showing import FloatArray, Showing, largest
from ui.plots import Plot, line_width, pen

SYMBOL = 7
"""Size of a point, for the usual size of letters."""


class GraphPlot(QWidget):
    """Draws one graph; takes another at any time.

    Args:
        graph: the first.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph, self._showing = graph, Showing()
        self._palette, self._font = DARK, 13
        self.head = pieces.label("", "caption")
        self.head.setWordWrap(True)
        self.plot = Plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(self.plot, 1)
        self.draw(graph)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._palette, self._font = palette, font
        self.plot.dress(palette, font)
        self.draw(self._graph)

    def show_as(self, showing: Showing) -> None:
        """Choose the sign convention."""
        self._showing = showing
        self.draw(self._graph)

    def draw(self, graph: Graph) -> None:
        """Draw a graph in place of what was there."""
        self._graph = graph
        self.plot.clear()
        self.plot.setLogMode(graph.logarithmic, graph.logarithmic)
        for axis, side in ((graph.x, self.plot.bottom), (graph.y, self.plot.left)):
            side.name(_symbol(axis.name), axis.unit)
        self._fit(graph)
        colours = self._colours(graph)
        for curve, colour in zip(graph.curves, colours, strict=True):
            self._add(curve, colour)
        for level in graph.levels:
            value = self._signed(graph.y, np.array([level.value]))[0]
            at = float(np.log10(value)) if graph.logarithmic else float(value)
            line = pg.InfiniteLine(at, 0, pen=pen(self._palette.warn, dashed=True))
            self.plot.addItem(line)
        current = "A" in (graph.x.unit, graph.y.unit)
        self.plot.corner(self._showing.convention if current else "")
        self.plot.enableAutoRange()
        self._write_head(colours)

    def _fit(self, graph: Graph) -> None:
        levels = np.array([level.value for level in graph.levels])
        self.plot.left.fit(largest(levels, *(curve.y for curve in graph.curves)))
        if graph.x.unit != "s" and not graph.logarithmic:
            self.plot.bottom.fit(largest(*(curve.x for curve in graph.curves)))

    def _add(self, curve: Curve, colour: str) -> None:
        x, y = self._signed(self._graph.x, curve.x), self._signed(self._graph.y, curve.y)
        width = line_width(self._font)
        if curve.style == "points":
            size = round(SYMBOL * self._font / 13)
            self.plot.plot(
                x, y, pen=None, symbol="o", symbolSize=size, symbolBrush=colour,
                symbolPen=pg.mkPen(self._palette.panel),
            )  # fmt: skip
        else:
            self.plot.plot(x, y, pen=pen(colour, width, dashed=curve.style == "fit"))

    def _signed(self, axis: Axis, values: FloatArray) -> FloatArray:
        return self._showing.current(values) if axis.unit == "A" else values

    def _colours(self, graph: Graph) -> list[str]:
        """Return a colour for each curve; a fitted line has that of what it was fitted to."""
        named = self._palette.overlays
        found: list[str] = []
        count = -1
        for curve in graph.curves:
            count += curve.style != "fit"
            found.append(named[max(count, 0) % len(named)])
        return found

    def _write_head(self, colours: list[str]) -> None:
        p = self._palette
        parts = [f'<span style="color:{p.text}; font-weight:600">{self._graph.title}</span>']
        parts += [
            f'<span style="color:{colour}">●</span> {curve.name}'
            for curve, colour in zip(self._graph.curves, colours, strict=True)
            if curve.name and len(self._graph.curves) > 1
        ]
        if any(curve.style == "fit" for curve in self._graph.curves):
            parts.append("– – fit")
        names = [level.name for level in self._graph.levels if level.name]
        if names:
            parts.append(f'<span style="color:{p.warn}">– –</span> {", ".join(names)}')
        self.head.setText(" &nbsp; ".join(parts))


def _symbol(name: str) -> str:
    """Set the symbol with which a name begins in italics."""
    first, space, rest = name.partition(" ")
    return f"<i>{first}</i>{space}{rest}" if len(first) == 1 else name
