"""Histograms: how often values fall into equal intervals, several kinds on one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from seccm.analysis import scales
from seccm.analysis.decades import spans_decades
from seccm.arrays import FloatArray
from seccm.program.figures import Histogram
from seccm.results import Result
from ui.models.decades import logarithms
from ui.models.histogram import histogram
from ui.models.palette import Palette
from ui.models.showing import html, plain
from ui.plots import Axis, Plot, decades


class Bars(Plot):
    """Draws one histogram.

    Args:
        counted: what there are so many of.
    """

    def __init__(self, counted: str) -> None:
        super().__init__(left=Axis("left", counts=True))
        self.left.name(counted, "")
        self.item = pg.BarGraphItem(x=[0.0], height=[0.0], width=1.0)
        self.addItem(self.item)
        self.empty = ""
        """What is said while there is nothing to draw."""

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self.item.setOpts(brush=palette.accent, pen=pg.mkPen(palette.panel))

    def say_why_empty(self, words: str) -> None:
        """Say something else while there is nothing to draw, such as why."""
        self.empty = words
        if self._hinted:
            self.hint(words)

    def begin(self) -> None:
        """Forget what was drawn: another scan is shown."""
        self.item.setOpts(x=[0.0], height=[0.0])
        self.whole()

    def draw(
        self, parts: Sequence[tuple[str, FloatArray]], title: str, *, by_decades: bool
    ) -> None:
        """Draw how values are distributed, each part in its colour, one on another.

        Args:
            parts: colour and finite values, as they are shown, shape (n,), n >= 1.
            title: of the axis, with the unit; HTML.
            by_decades: whether the intervals are equal on a logarithmic axis; all values then
                have one sign.
        """
        magnitude = by_decades and bool(parts) and bool(parts[0][1][0] < 0.0)
        self.bottom.name(f"magnitude of {title}" if magnitude else title, "")
        self.bottom.setTicks(decades() if by_decades else None)
        if not parts:
            self.item.setOpts(x=[0.0], height=[0.0])
            return
        drawn = [logarithms(values) if by_decades else values for _, values in parts]
        edges, _ = histogram(np.concatenate(drawn))
        heights = np.array([np.histogram(part, edges)[0] for part in drawn])
        below = np.cumsum(heights, axis=0) - heights
        brushes = [pg.mkBrush(colour) for colour, _ in parts for _ in range(edges.size - 1)]
        self.item.setOpts(
            x=np.tile(0.5 * (edges[1:] + edges[:-1]), len(parts)), height=heights.ravel(),
            y0=below.ravel(), width=np.tile(np.diff(edges) * 0.94, len(parts)), brushes=brushes,
        )  # fmt: skip


class CountPanel(Bars):
    """The histogram of one result that is an array, of all selected sites together.

    Args:
        what: the figure that a kind of step declares.
        result: one of its results.
        empty: what is said while there is nothing to draw.
    """

    def __init__(self, what: Histogram, result: Result, empty: str) -> None:
        super().__init__(what.counted)
        self.what, self.result, self.empty = what, result, empty
        self.show_parts(())

    def remark(self, words: str) -> None:
        """Say something of what is drawn, such as the site that it is of."""
        self.corner(words)

    def show_parts(self, parts: Sequence[tuple[str, FloatArray]]) -> None:
        """Draw the numbers of each condition in its colour; those of currents as magnitudes.

        Args:
            parts: colour and values, SI.
        """
        size = np.abs if self.result.signed else np.asarray
        known = [(colour, size(v[np.isfinite(v)])) for colour, v in parts]
        known = [(colour, values) for colour, values in known if values.size]
        every = np.concatenate([np.empty(0), *(values for _, values in known)])
        scale = scales.scale(self.result.unit, every)
        symbol = html(self.result.symbol or self.result.name)
        name = f"|{symbol}|" if self.result.signed else symbol
        unit = "" if scale.unit == "1" else f" ({plain(scale.unit)})"
        by_decades = self.result.has_zero and bool(every.size) and spans_decades(every)
        shown = [(colour, values * scale.factor) for colour, values in known]
        self.draw(shown, name + unit, by_decades=by_decades)
        self.hint("" if known else self.empty)
