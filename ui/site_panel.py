"""What is said of the selected sites: their curves, their statistics, their histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from seccm.report.style import number, plus_minus
from ui import pieces
from ui.models.colours import Shown
from ui.models.live import Curve
from ui.models.palette import Palette, Sizes
from ui.models.showing import Showing
from ui.models.site_map import CATEGORIES, SiteMap
from ui.panels import KINDS, CurvePanel
from ui.plots import Plot

HISTOGRAM = "histogram"


def as_fine(value: float, sd: float) -> str:
    """Write a number with as many decimals as its spread deserves."""
    if not sd > 0.0:
        return number(value, 4)
    decimals = max(0, 1 - math.floor(math.log10(sd)))
    return f"{value:.{decimals}f}".replace("-", "−")


class SitePanel(QWidget):
    """Curves of the selected sites, or the histogram of what is mapped."""

    def __init__(self) -> None:
        super().__init__()
        self.words = pieces.label("", "muted")
        self.words.setWordWrap(True)
        self.stack = QStackedWidget()
        self.curves = {name: CurvePanel(kind) for name, kind in KINDS.items()}
        self.histogram = Plot()
        self.histogram.left.name("sites", "")
        self._bars = pg.BarGraphItem(x=[0.0], height=[0.0], width=1.0)
        self.histogram.addItem(self._bars)
        self.buttons: dict[str, QToolButton] = {}
        self.tabs = QWidget()
        row = QHBoxLayout(self.tabs)
        row.setContentsMargins(0, 0, 0, 0)
        for name, widget in {**self.curves, HISTOGRAM: self.histogram}.items():
            self.stack.addWidget(widget)
            words = KINDS[name].words if name in KINDS else name
            button = pieces.tool(words, checkable=True, exclusive=True)
            button.clicked.connect(lambda _=False, w=widget: self.stack.setCurrentWidget(w))
            self.buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.tabs)
        whole.addWidget(self.words)
        whole.addWidget(self.stack, 1)
        self._said: tuple[str, str] = ("", "")
        self.choose("E-t")

    def choose(self, name: str) -> None:
        """Show one of the panels."""
        self.buttons[name].setChecked(True)
        self.stack.setCurrentWidget({**self.curves, HISTOGRAM: self.histogram}[name])

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for panel in (*self.curves.values(), self.histogram):
            panel.dress(palette, sizes.font)
        self.tabs.setVisible(not sizes.glove)
        self._bars.setOpts(brush=palette.accent, pen=pg.mkPen(palette.panel))

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        for panel in self.curves.values():
            panel.show_as(showing, offset)

    def overlay(self, curves: Sequence[Curve]) -> None:
        """Draw the selected sites over one another."""
        for panel in self.curves.values():
            panel.overlay(curves)

    def describe(self, sites: SiteMap, name: str, shown: Shown) -> None:
        """Say in numbers what is selected, or all of it."""
        count = int(sites.selected.sum())
        who = "all sites" if count == 0 else f"site {sites.selection[0]}"
        who = f"{count} sites" if count > 1 else who
        if name in CATEGORIES:
            self.words.setText(f"{who[0].upper()}{who[1:]}.")
            self._bars.setOpts(x=[0.0], height=[0.0])
            return
        found = sites.sample(name)
        values = (found.values + shown.shift) * shown.factor
        apart = "".join(f", {k} left out: {words}" for words, k in found.apart.items())
        if values.size == 0:
            self.words.setText(f"{who}: no number that counts{apart}.")
            self._bars.setOpts(x=[0.0], height=[0.0])
            return
        sd = float(values.std(ddof=1)) if values.size > 1 else float("nan")
        without = f", {found.missing} without a number that counts" if found.missing else ""
        caveat = f" ({found.caveat})" if found.caveat else ""
        mean = plus_minus(float(values.mean()), sd)
        self.words.setText(
            f"{who}: n = {values.size}{caveat}{without}{apart} · {mean} {shown.unit} · median "
            f"{as_fine(float(np.median(values)), sd)} · "
            f"{as_fine(float(values.min()), sd)} to {as_fine(float(values.max()), sd)}"
        )
        bins = int(np.clip(np.sqrt(values.size) * 1.5, 5, 60))
        heights, edges = np.histogram(values, bins=bins)
        self._bars.setOpts(
            x=0.5 * (edges[1:] + edges[:-1]), height=heights, width=np.diff(edges) * 0.94
        )
        self.histogram.bottom.name(shown.title, "")
