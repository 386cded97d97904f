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
from ui.models.curves import SiteCurve
from ui.models.descent import descent_of
from ui.models.histogram import histogram
from ui.models.palette import Palette, Sizes
from ui.models.showing import Showing
from ui.models.site_map import CATEGORIES, SiteMap
from ui.panels import APPROACH, KINDS, ApproachPanel, CurvePanel
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
        self.approach = ApproachPanel()
        self.histogram = Plot()
        self.histogram.left.name("sites", "")
        self._bars = pg.BarGraphItem(x=[0.0], height=[0.0], width=1.0)
        self.histogram.addItem(self._bars)
        self.buttons: dict[str, QToolButton] = {}
        self.tabs = QWidget()
        row = QHBoxLayout(self.tabs)
        row.setContentsMargins(0, 0, 0, 0)
        self._pages: dict[str, Plot] = {
            **self.curves, APPROACH: self.approach, HISTOGRAM: self.histogram
        }  # fmt: skip
        for name, widget in self._pages.items():
            self.stack.addWidget(widget)
            words = KINDS[name].words if name in KINDS else name
            button = pieces.tool(words, checkable=True, exclusive=True)
            button.clicked.connect(lambda _=False, n=name: self.choose(n))
            self.buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.tabs)
        whole.addWidget(self.words)
        whole.addWidget(self.stack, 1)
        self._numbers, self._drawn = "", ""
        self._sites: Sequence[SiteCurve] = ()
        self._map: SiteMap | None = None
        self._stale: set[str] = set()
        """Pages whose curves are not those of the selection, because nobody looks at them."""
        self._wanted = self.page = ""
        self.choose("E-t")

    def choose(self, name: str) -> None:
        """Show one of the panels, as the user wishes it."""
        self._wanted = name
        self._turn(name)

    def _turn(self, name: str) -> None:
        self.page = name
        self.buttons[name].setChecked(True)
        self.stack.setCurrentWidget(self._pages[name])
        self._bring()

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for panel in self._pages.values():
            panel.dress(palette, sizes.font)
        self.tabs.setVisible(not sizes.glove)
        self._bars.setOpts(brush=palette.accent, pen=pg.mkPen(palette.panel))

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        for panel in (*self.curves.values(), self.approach):
            panel.show_as(showing, offset)

    def begin(self, of: SiteMap | None) -> None:
        """Forget what was shown: another scan is."""
        for panel in (*self.curves.values(), self.approach):
            panel.begin()
        self._bars.setOpts(x=[0.0], height=[0.0])
        self.histogram.whole()
        self._tell("")
        self.overlay((), of)

    def overlay(self, sites: Sequence[SiteCurve], of: SiteMap | None, note: str = "") -> None:
        """Draw the selected sites over one another.

        Where nothing was measured at any of them, their approaches are shown: they tell why.

        Args:
            sites: those that have been read by now.
            of: the map, which knows how contact is known at each.
            note: what is to be said about what is drawn.
        """
        self._sites, self._map, self._drawn = sites, of, note
        self._stale = {*KINDS, APPROACH}
        self._say()
        unmeasured = bool(sites) and all(site.measured is None for site in sites)
        came_down = any(site.way is not None for site in sites)
        if unmeasured and came_down and self._wanted in KINDS:
            self._turn(APPROACH)
        elif sites and self.page != self._wanted:
            self._turn(self._wanted)
        else:
            self._bring()

    def _bring(self) -> None:
        """Draw the curves of the page in view, if that has not been done."""
        if self.page not in self._stale:
            return
        self._stale.discard(self.page)
        if self.page in self.curves:
            self.curves[self.page].overlay([s.measured for s in self._sites if s.measured])
        else:
            rule = self._map.rule if self._map is not None else lambda number: None
            ways = [s.way for s in self._sites if s.way is not None]
            self.approach.draw(*(descent_of(way, rule(way.site)) for way in ways))

    def _say(self) -> None:
        self.words.setText(" · ".join(part for part in (self._numbers, self._drawn) if part))

    def _tell(self, numbers: str) -> None:
        self._numbers = numbers
        self._say()

    def describe(self, sites: SiteMap, name: str, shown: Shown) -> None:
        """Say in numbers what is selected, or all of it."""
        count = int(sites.selected.sum())
        who = "all sites" if count == 0 else f"site {sites.selection[0]}"
        who = f"{count} sites" if count > 1 else who
        if name in CATEGORIES:
            self._tell(f"{who[0].upper()}{who[1:]}.")
            self._bars.setOpts(x=[0.0], height=[0.0])
            return
        found = sites.sample(name)
        values = (found.values + shown.shift) * shown.factor
        apart = "".join(f", {k} excluded: {words}" for words, k in found.apart.items())
        if values.size == 0:
            self._tell(f"{who}: no value{apart}.")
            self._bars.setOpts(x=[0.0], height=[0.0])
            return
        sd = float(values.std(ddof=1)) if values.size > 1 else float("nan")
        without = f", {found.missing} excluded" if found.missing else ""
        caveat = f" ({found.caveat})" if found.caveat else ""
        mean = plus_minus(float(values.mean()), sd)
        self._tell(
            f"{who}: n = {values.size}{caveat}{without}{apart} · {mean} {shown.unit} · median "
            f"{as_fine(float(np.median(values)), sd)} · "
            f"{as_fine(float(values.min()), sd)} to {as_fine(float(values.max()), sd)}"
        )
        edges, heights = histogram(values)
        self._bars.setOpts(
            x=0.5 * (edges[1:] + edges[:-1]), height=heights, width=np.diff(edges) * 0.94
        )
        self.histogram.bottom.name(shown.title, "")
