"""The map view: choose a quantity, see it over the sites, click a site and see its curves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from seccm.events import Outcome
from seccm.report.style import number
from seccm.units import parse
from ui import pieces
from ui.map_plot import ColourBar, MapPlot
from ui.models.colours import (
    Rgba,
    Shown,
    coloured,
    condition_colours,
    limits_of,
    outcome_colours,
    shown,
)
from ui.models.live import Curve
from ui.models.palette import COLOUR_MAPS, DARK, Palette, Sizes
from ui.models.showing import Showing
from ui.models.site_map import CATEGORIES, OUTCOME, SiteMap, Z
from ui.site_panel import SitePanel

MOST_CURVES = 24
"""Selected sites whose curves are drawn."""
AT_POTENTIAL = "I at E …"
_SIGNS = {
    Outcome.NO_CONTACT: "✕", Outcome.SKIPPED: "▼", Outcome.ABORTED: "◆", Outcome.FAULT: "✚",
}  # fmt: skip


def title_of(name: str, words: str) -> str:
    """Return how a quantity is offered: its symbol and, if they are short, its words."""
    said = words.split(":")[0]
    return name if not said or name == Z or len(said) > 32 else f"{name} – {said}"


class MapView(QWidget):
    """Map, colour bar, curves and statistics of one scan, running or finished.

    Args:
        curve: returns the measurement at a site, None where there is none.
        current_at: asked to compute the current at a potential, in volts as shown.
        wide: curves beside the map rather than below it.
    """

    def __init__(
        self,
        curve: Callable[[int], Curve | None],
        current_at: Callable[[float], None] = lambda _: None,
        *,
        wide: bool = False,
    ) -> None:
        super().__init__()
        self._curve, self._current_at = curve, current_at
        self._sites: SiteMap | None = None
        self._showing, self._palette = Showing(), DARK
        self._shown: dict[str, Shown] = {}
        self._drawn = (-1, -1)
        self._fixed: tuple[float, float] | None = None
        self.name = ""
        self.quantity = pieces.box("What is mapped")
        self.quantity.activated.connect(self._choose)
        self.potential = pieces.line("", 'E, such as "-0.1 V"')
        self.potential.returnPressed.connect(self._ask_current)
        self.potential.setVisible(False)
        self.condition = pieces.box("Select the sites of a condition")
        self.condition.activated.connect(self._select_condition)
        self.colours = pieces.box("Colour map")
        self.colours.addItems(list(COLOUR_MAPS))
        self.colours.activated.connect(self.redraw)
        self.low, self.high = pieces.line("", "low"), pieces.line("", "high")
        for field in (self.low, self.high):
            field.editingFinished.connect(self._limit)
            field.setToolTip("Limit of the colours; empty for automatic")
        self.plot = MapPlot(self._hover, self.pick)
        self.bar = ColourBar()
        self.legend = pieces.label("", "small")
        self.legend.setWordWrap(True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.tell = pieces.label(" ", "muted")
        self.tell.setMinimumHeight(1)
        self.panel = SitePanel()
        self._lay_out(wide)

    def _lay_out(self, wide: bool) -> None:
        top = QGridLayout()
        top.setHorizontalSpacing(6)
        top.addWidget(self.quantity, 0, 0)
        top.addWidget(self.potential, 0, 1)
        top.addWidget(self.condition, 0, 2)
        top.setColumnStretch(0, 3)
        top.setColumnStretch(2, 3)
        self.second = QWidget()
        second = QHBoxLayout(self.second)
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(self.colours, 2)
        for field in (self.low, self.high):
            second.addWidget(field, 1)
        whole_button = pieces.tool("all", "Show all sites again")
        whole_button.clicked.connect(self.whole)
        clear = pieces.tool("none", "Select nothing")
        clear.clicked.connect(lambda: self.pick(None, False))
        second.addWidget(whole_button)
        second.addWidget(clear)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.bar)
        upper = QWidget()
        box = QVBoxLayout(upper)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(top)
        box.addWidget(self.second)
        box.addLayout(middle, 1)
        box.addWidget(self.legend)
        box.addWidget(self.tell)
        split = QSplitter(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
        split.addWidget(upper)
        split.addWidget(self.panel)
        split.setSizes([1000, 1000] if wide else [1500, 1000])
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(split)

    # ------------------------------------------------------------------------------ settings

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette = palette
        self.plot.dress(palette, sizes.font)
        self.bar.dress(palette, sizes.font)
        self.panel.dress(palette, sizes)
        self.second.setVisible(not sizes.glove)
        for field in (self.low, self.high):
            field.setMaximumWidth(round(sizes.font * 6))
        self.redraw()

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing = showing
        self.panel.show_as(showing, offset)
        self._shown.clear()
        self.redraw()

    def follow(self, sites: SiteMap | None) -> None:
        """Show this map from now on."""
        self._sites = sites
        self._drawn = (-1, -1)
        self.name = ""
        self._shown.clear()
        self.condition.clear()
        if sites is not None:
            self.condition.addItems(["all conditions", *sites.labels])
        self.plot.follow(sites)
        self.panel.overlay([])
        self.draw()

    def relabel(self) -> None:
        """Take the names of the conditions and the footprint anew; keep all else."""
        if self._sites is not None:
            self.condition.clear()
            self.condition.addItems(["all conditions", *self._sites.labels])
            self.plot.follow(self._sites)
            self.redraw()

    def choose(self, name: str) -> None:
        """Map another quantity."""
        self.name = name
        self._fixed = None
        self.low.clear()
        self.high.clear()
        self.redraw()

    def step(self, by: int) -> None:
        """Go to the next quantity, or to the one before."""
        names = self._sites.names if self._sites is not None else ()
        if names:
            at = names.index(self.name) if self.name in names else 0
            self.choose(names[(at + by) % len(names)])

    def step_site(self, by: int) -> None:
        """Select the next site, or the one before."""
        if self._sites is not None and self._sites.x.size:
            at = self._sites.selection[:1] or (-1 if by > 0 else 0,)
            self.pick((at[0] + by) % self._sites.x.size, False)

    def whole(self) -> None:
        """Show all sites again."""
        self.plot.whole()
        self.redraw()

    # ------------------------------------------------------------------------------ drawing

    def redraw(self) -> None:
        """Draw everything again."""
        self._drawn = (-1, -1)
        self.draw()

    def draw(self) -> None:
        """Draw what is new; costs nothing if nothing is."""
        sites = self._sites
        if sites is None or (sites.version, sites.picked) == self._drawn or not self.isVisible():
            return
        only_picked = sites.version == self._drawn[0] and self.name in self._shown
        self._drawn = (sites.version, sites.picked)
        if only_picked:
            self.plot.select()
            self.panel.describe(sites, self.name, self._shown[self.name])
            return
        self._list(sites)
        name = self.name
        seen = self._shown[name] = shown(sites, name, self._showing, self._shown.get(name))
        limits = self._fixed or limits_of(seen.values)
        lut = self._lut()
        self.plot.paint(
            coloured(sites, name, seen.values, limits, lut, self._palette),
            (sites.outcome == Outcome.OK) & ~np.isfinite(seen.values),
        )
        self.plot.select()
        category = name in CATEGORIES
        self.bar.setVisible(not category)
        self.legend.setText(self._legend(sites) if category else self._marks(sites, seen))
        if not category:
            self.bar.show_range(limits, lut, seen.title)
        self.panel.describe(sites, name, seen)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was not worth drawing while nobody could see it."""
        super().showEvent(event)
        self.draw()

    def _list(self, sites: SiteMap) -> None:
        """Offer what can be mapped by now."""
        names = [*sites.names, AT_POTENTIAL]
        if not self.name or self.name not in names:
            self.name = names[0]
        if [self.quantity.itemData(k) for k in range(self.quantity.count())] != names:
            self.quantity.clear()
            for name in names:
                words = sites.quantities[name].words if name in sites.quantities else ""
                self.quantity.addItem(title_of(name, words), name)
        self.quantity.setCurrentIndex(names.index(self.name))

    def _legend(self, sites: SiteMap) -> str:
        if self.name == OUTCOME:
            there = [o for o in Outcome if (sites.outcome == o).any()]
            pairs = [(o.words, outcome_colours(self._palette)[o]) for o in there]
        else:
            pairs = list(zip(sites.labels, condition_colours(len(sites.labels)), strict=True))[:24]
        return " &nbsp; ".join(
            f'<span style="color:rgb({c[0]},{c[1]},{c[2]})">■</span> {w}' for w, c in pairs
        )

    def _marks(self, sites: SiteMap, seen: Shown) -> str:
        """Say what the marks on the map mean, of those that are there."""
        there = [f"{sign} {o.words}" for o, sign in _SIGNS.items() if (sites.outcome == o).any()]
        if ((sites.outcome == Outcome.OK) & ~np.isfinite(seen.values)).any():
            there.append("– ok, but no value")
        if (sites.outcome == Outcome.PLANNED).any():
            there.append("● planned, dotted: next")
        return " &nbsp; ".join(there)

    def _lut(self) -> Rgba:
        found = pg.colormap.get(COLOUR_MAPS[self.colours.currentText()])
        table: Rgba = found.getLookupTable(nPts=256, alpha=True)
        return table

    # ------------------------------------------------------------------------------ the user

    def pick(self, number: int | None, more: bool) -> None:
        """Select a site, or add one to the selection; draws its curves."""
        if self._sites is None:
            return
        self._sites.select(number, more=more)
        self._overlay()
        self.draw()
        if number is not None:
            self._hover(number)

    def _overlay(self) -> None:
        assert self._sites is not None
        found = (self._curve(k) for k in self._sites.selection[:MOST_CURVES])
        self.panel.overlay([curve for curve in found if curve is not None])

    def _hover(self, site: int | None) -> None:
        if self._sites is None or site is None:
            return
        seen = self._shown.get(self.name)
        value = ""
        if seen is not None and self.name not in CATEGORIES:
            value = f"{self.name} = {number(float(seen.values[site]), 4)} {seen.unit}"
            value += self._sites.why(site, self.name)
        outcome = Outcome(int(self._sites.outcome[site])).words
        parts = [f"site {site + 1}", self._sites.label(site), outcome, value]
        self.tell.setText(" · ".join(part for part in parts if part))

    def _choose(self) -> None:
        name = self.quantity.currentData()
        self.potential.setVisible(name == AT_POTENTIAL)
        if name == AT_POTENTIAL:
            self.potential.setFocus()
        else:
            self.choose(name)

    def _ask_current(self) -> None:
        try:
            value = parse(self.potential.text(), "V")
        except ValueError as error:
            self.tell.setText(str(error))
            return
        self._current_at(value)

    def _select_condition(self, index: int) -> None:
        if self._sites is not None:
            self._sites.select_condition(index - 1 if index > 0 else None)
            self._overlay()
            self.draw()

    def _limit(self) -> None:
        texts = self.low.text().strip(), self.high.text().strip()
        try:
            low, high = (float(text.replace("−", "-")) for text in texts)
            self._fixed = (low, high) if high > low else None
        except ValueError:
            self._fixed = None
        self.redraw()
