"""A plot of what a commissioning step has to show, with its title and the names of its curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seccm.arrays import FloatArray
from seccm.commissioning.graph import Axis, Curve, Graph
from ui import pieces
from ui.models.palette import DARK, Palette
from ui.models.showing import Prefix, Showing, largest
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
        self._factor = {"x": 1.0, "y": 1.0}
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
        self._name_axes(graph)
        colours = self._colours(graph)
        for curve, colour in zip(graph.curves, colours, strict=True):
            self._add(curve, colour)
        for level, colour in zip(graph.levels, self._level_colours(graph), strict=True):
            at = float(self._shown(graph.y, np.array([level.value]))[0])
            at = float(np.log10(at)) if graph.logarithmic else at
            self.plot.addItem(pg.InfiniteLine(at, 0, pen=pen(colour, dashed=True)))
        current = "A" in (graph.x.unit, graph.y.unit)
        self.plot.corner(self._showing.convention if current else "")
        self.plot.enableAutoRange()
        self._write_head(colours)

    def _name_axes(self, graph: Graph) -> None:
        """Name the axes and choose their prefixes.

        The numbers are drawn with their prefix. Qt takes two places less than 1e-12 apart for the
        same, so that a level of half a picoampere would be drawn at zero; and pyqtgraph takes the
        scale of a logarithmic axis for one of its logarithms.
        """
        levels = np.array([level.value for level in graph.levels])
        ends = {
            "x": largest(*(curve.x for curve in graph.curves)) if graph.x.unit != "s" else 0.0,
            "y": largest(levels, *(curve.y for curve in graph.curves)),
        }
        for side, axis, drawn in (
            ("x", graph.x, self.plot.bottom), ("y", graph.y, self.plot.left)
        ):  # fmt: skip
            prefix = Prefix().fitting(ends[side])
            self._factor[side] = prefix.factor
            drawn.name(_symbol(axis.name), prefix.unit(axis.unit))

    def _add(self, curve: Curve, colour: str) -> None:
        x, y = self._shown(self._graph.x, curve.x), self._shown(self._graph.y, curve.y)
        width = line_width(self._font)
        if curve.style == "points":
            size = round(SYMBOL * self._font / 13)
            self.plot.plot(
                x, y, pen=None, symbol="o", symbolSize=size, symbolBrush=colour,
                symbolPen=pg.mkPen(self._palette.panel),
            )  # fmt: skip
        else:
            self.plot.plot(x, y, pen=pen(colour, width, dashed=curve.style == "fit"))

    def _shown(self, axis: Axis, values: FloatArray) -> FloatArray:
        signed = self._showing.current(values) if axis.unit == "A" else values
        return signed * self._factor["x" if axis is self._graph.x else "y"]

    def _colours(self, graph: Graph) -> list[str]:
        """Return a colour for each curve; a fitted line has that of what it was fitted to."""
        named = self._palette.overlays
        found: list[str] = []
        count = -1
        for curve in graph.curves:
            count += curve.style != "fit"
            found.append(named[max(count, 0) % len(named)])
        return found

    def _level_colours(self, graph: Graph) -> list[str]:
        """Return a colour for each level; one without a name belongs to the one before it."""
        choice = (self._palette.warn, self._palette.muted)
        count, found = -1, []
        for level in graph.levels:
            count += bool(level.name)
            found.append(choice[max(count, 0) % len(choice)])
        return found

    def _write_head(self, colours: list[str]) -> None:
        p = self._palette
        parts = [f'<span style="color:{p.text}; font-weight:600">{self._graph.title}</span>']
        parts += [
            f'<span style="color:{colour}">●</span>&nbsp;{curve.name.replace(" ", "&nbsp;")}'
            for curve, colour in zip(self._graph.curves, colours, strict=True)
            if curve.name and len(self._graph.curves) > 1
        ]
        if any(curve.style == "fit" for curve in self._graph.curves):
            parts.append("–&nbsp;–&nbsp;fit")
        parts += [
            f'<span style="color:{colour}">–&nbsp;–</span>&nbsp;{level.name.replace(" ", "&nbsp;")}'
            for level, colour in zip(
                self._graph.levels, self._level_colours(self._graph), strict=True
            )
            if level.name
        ]
        self.head.setText(" &nbsp; ".join(parts))


def _symbol(name: str) -> str:
    """Set the symbol with which a name begins in italics."""
    first, space, rest = name.partition(" ")
    return f"<i>{first}</i>{space}{rest}" if len(first) == 1 else name
