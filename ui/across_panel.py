"""A page of results over sites: every site a dot, every condition a mean with its error bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from ui.framed_plot import FramedPlot
from ui.models.across_page import AcrossPage
from ui.models.across_sites import Across, Mean
from ui.models.own_curves import frame_around
from ui.models.palette import Palette
from ui.plots import decades, line_width

SYMBOLS = ("o", "s", "t1", "d")
"""Of the results of one panel."""
SIGNS = ("●", "■", "▲", "◆")
"""The same in words."""


class AcrossPanel(FramedPlot):
    """Draws one page.

    Args:
        page: which.
        empty: what is said while there is nothing to draw.
    """

    def __init__(self, page: AcrossPage, empty: str = "") -> None:
        super().__init__(empty)
        self.page = page
        self.bars = pg.ErrorBarItem(x=np.empty(0), y=np.empty(0), beam=0.0)
        self.dots, self.means = pg.ScatterPlotItem(), pg.ScatterPlotItem()
        for item in (self.bars, self.dots, self.means):
            self.addItem(item)
        self._width, self._ink, self._ground = 1.0, "black", "white"
        self._drawn: tuple[Across, Sequence[str]] | None = None
        self.setToolTip(
            "Every site a small dot, open where it is left out of the mean; every condition a mean "
            "with the larger of standard deviation and stated uncertainty."
        )

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._width, self._ink, self._ground = line_width(font), palette.text, palette.panel
        if self._drawn is not None:
            self.draw(*self._drawn)

    def begin(self) -> None:
        """Forget what was drawn: another scan is shown."""
        self._drawn = None
        for item in (self.dots, self.means):
            item.setData([], [])
        self._bar(())
        self.start_anew()

    def draw(self, across: Across, inks: Sequence[str]) -> None:
        """Draw some points.

        Args:
            across: the points.
            inks: the colour of each condition.
        """
        self._drawn = across, inks
        self.bottom.name(across.x_title, "")
        self.left.name(across.y_title, "")
        self.bottom.setTicks(
            decades() if across.x_decades
            else [[(k, str(k + 1)) for k in range(across.conditions)], []] if across.conditions
            else None
        )  # fmt: skip
        self.left.setTicks(decades() if across.y_decades else None)
        colours = [inks[k % len(inks)] for k in across.condition]
        ground = pg.mkBrush(self._ground)
        self.dots.setData(
            x=across.x, y=across.y, size=4.0 * self._width,
            symbol=[SYMBOLS[k % len(SYMBOLS)] for k in across.column],
            pen=[pg.mkPen(colour) for colour in colours],
            brush=[ground if doubt else pg.mkBrush(colour)
                   for doubt, colour in zip(across.open, colours, strict=True)],
        )  # fmt: skip
        self.means.setData(
            x=[mean.x for mean in across.means], y=[mean.y for mean in across.means],
            size=9.0 * self._width, pen=pg.mkPen(self._ink, width=self._width),
            symbol=[SYMBOLS[mean.column % len(SYMBOLS)] for mean in across.means],
            brush=[pg.mkBrush(inks[mean.condition % len(inks)]) for mean in across.means],
        )  # fmt: skip
        self._bar(across.means)
        several = len(across.symbols) > 1
        named = zip(SIGNS, across.symbols, strict=False)
        notes = [f"{sign} {symbol}" for sign, symbol in named] if several else []
        self.note(" · ".join([*notes, *(["open: not in the mean"] if across.open.any() else [])]))
        ends = [(mean.x, end) for mean in across.means for end in (mean.low, mean.high, mean.y)]
        points = np.array([p for p in ends if np.isfinite(p[1])] or np.empty((0, 2)))
        # Conditions side by side have a place each, also one alone.
        beside = np.array([-0.5, across.conditions - 0.5] if across.conditions else [])
        x = np.concatenate([across.x, points[:, 0]])
        y = np.concatenate([across.y, points[:, 1]])
        self.frame(frame_around([(x, y), (beside, np.empty(0))] if x.size else []))

    def _bar(self, means: Sequence[Mean]) -> None:
        known = [mean for mean in means if np.isfinite(mean.low) and np.isfinite(mean.high)]
        y = np.array([mean.y for mean in known])
        self.bars.setData(
            x=np.array([mean.x for mean in known]), y=y,
            top=np.array([mean.high for mean in known]) - y,
            bottom=y - np.array([mean.low for mean in known]),
            pen=pg.mkPen(self._ink, width=self._width),
        )  # fmt: skip
