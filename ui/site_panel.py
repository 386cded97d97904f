"""What is said of the selected sites: their curves, their statistics, their histogram."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seccm.typography import counted
from ui import pieces
from ui.models.colours import Rgba, Shown, condition_colours
from ui.models.curves import SiteCurve
from ui.models.decades import logarithms
from ui.models.descent import descent_of
from ui.models.histogram import histogram
from ui.models.own_curves import page_of
from ui.models.palette import DARK, Palette, Sizes
from ui.models.sample import Sample, samples
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.models.statistics_words import words_of
from ui.own_panel import OwnPanel
from ui.panels import APPROACH, KINDS, ApproachPanel, CurvePanel
from ui.plots import CountAxis, Plot
from ui.plots import decades as decade_ticks
from ui.signal_panels import offer_signals

HISTOGRAM = "histogram"
EMPTY = "Click a site on the map to see its curves.\nCtrl+click adds another one."
NO_VALUES = "No values of this quantity."
NO_NUMBERS = "Choose a quantity that has numbers."
NAMED = 8
"""Curves, or conditions, that are named in the legend."""


class SitePanel(QWidget):
    """Curves of the selected sites, or the histogram of what is mapped."""

    def __init__(self) -> None:
        super().__init__()
        self.words = pieces.label("", "muted")
        self.words.setWordWrap(True)
        self.legend = pieces.label("", "small", wrap=True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.hide()
        self._palette, self._glove, self._font = DARK, False, 10
        self._showing, self._offset = Showing(), 0.0
        self.stack = QStackedWidget()
        self.curves = {name: CurvePanel(kind, EMPTY) for name, kind in KINDS.items()}
        self.own: dict[str, OwnPanel] = {}
        self.approach = ApproachPanel(EMPTY)
        self.histogram = Plot(left=CountAxis("left"))
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
        self._tabs = row
        self.more = pieces.tool("more", "Curves that the steps of this plan have beside these",
                                checkable=True)  # fmt: skip
        self.more.setMenu(QMenu(self.more))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.menu().aboutToShow.connect(self._list_more)
        self.more.hide()
        row.addWidget(self.more)
        row.addStretch(1)
        for name, widget in self._pages.items():
            self._add_page(name, KINDS[name].words if name in KINDS else name, widget)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.tabs)
        whole.addWidget(self.words)
        whole.addWidget(self.legend)
        whole.addWidget(self.stack, 1)
        self._numbers, self._drawn = "", ""
        self._brush = pg.mkBrush("w")
        self._sites: Sequence[SiteCurve] = ()
        self._map: SiteMap | None = None
        self._stale: set[str] = set()
        """Pages whose curves are not those of the selection, because nobody looks at them."""
        self._wanted = self.page = ""
        self._chosen = False
        self.suggest("E-t")

    def _add_page(self, name: str, words: str, widget: Plot, *, listed: bool = False) -> None:
        """Add a page, and the button that turns to it.

        Args:
            name: of the page.
            words: what it shows.
            widget: the page.
            listed: whether it is chosen from the list at the end of the row: there may be many.
        """
        self._pages[name] = widget
        self.stack.addWidget(widget)
        button = pieces.tool(words, checkable=True)
        button.clicked.connect(lambda _=False, n=name: self.choose(n))
        self.buttons[name] = button
        if listed:
            button.setParent(self.tabs)
            button.hide()
        else:
            self._tabs.insertWidget(self._tabs.count() - 2, button)
            pieces.uncut(button)

    def _list_more(self) -> None:
        """List the curves that the kinds of steps work out themselves."""
        menu = self.more.menu()
        menu.clear()
        for name in self.own:
            action = menu.addAction(self.buttons[name].text(), partial(self.choose, name))
            action.setCheckable(True)
            action.setChecked(name == self.page)

    def _drop(self, name: str) -> None:
        """Remove a page; the potential is shown in its place."""
        if self._wanted == name:
            self._wanted = "E-t"
        if self.page == name:
            self._turn("E-t")
        page = self._pages.pop(name)
        self.stack.removeWidget(page)
        page.deleteLater()
        self.buttons.pop(name).deleteLater()

    def _offer_own(self, sites: Sequence[SiteCurve]) -> None:
        """Have a page for each curve that the kinds of these sites' steps work out themselves."""
        pages = {page.name: page for site in sites for page in map(page_of, site.own)}
        for name in [n for n, p in self.own.items() if n not in pages or p.what != pages[n].what]:
            self._drop(name)
            del self.own[name]
        for name, page in pages.items():
            if name not in self.own:
                self.own[name] = OwnPanel(page.what, EMPTY)
                self.own[name].dress(self._palette, self._font)
                self._add_page(name, page.what.title, self.own[name], listed=True)
        self.more.setVisible(bool(self.own))

    def _dress(self, panel: CurvePanel) -> None:
        panel.dress(self._palette, self._font)
        panel.show_as(self._showing, self._offset)

    def choose(self, name: str) -> None:
        """Show one of the panels because the user wants to see it."""
        self._chosen = True
        self._wanted = name
        self._turn(name)

    def suggest(self, name: str) -> None:
        """Show one of the panels, unless the user has chosen one."""
        if not self._chosen:
            self._wanted = name
            self._turn(name)

    def _turn(self, name: str) -> None:
        self.page = name
        for each, button in self.buttons.items():
            button.setChecked(each == name)
        self.more.setChecked(name in self.own)
        self.stack.setCurrentWidget(self._pages[name])
        self._bring()
        self._say()

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette, self._glove, self._font = palette, sizes.glove, sizes.font
        self._stale = {*self.curves, *self.own, APPROACH}
        for panel in self._pages.values():
            panel.dress(palette, sizes.font)
        self.tabs.setVisible(not sizes.glove)
        pieces.uncut(self.more, *(b for n, b in self.buttons.items() if n not in self.own))
        self._brush = pg.mkBrush(palette.accent)
        self._bars.setOpts(brush=palette.accent, pen=pg.mkPen(palette.panel))
        self._bring()
        self._say()

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing, self._offset = showing, offset
        for panel in (*self.curves.values(), self.approach):
            panel.show_as(showing, offset)

    def begin(self, of: SiteMap | None) -> None:
        """Forget what was shown: another scan is."""
        for panel in (*self.curves.values(), *self.own.values(), self.approach):
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
        if sites:
            offer_signals(
                self.curves, sites[0].signals, empty=EMPTY,
                drop=self._drop, add=self._add_page, dress=self._dress,
            )  # fmt: skip
            self._offer_own(sites)
        self._stale = {*self.curves, *self.own, APPROACH}
        self._say()
        unmeasured = bool(sites) and all(site.measured is None for site in sites)
        came_down = any(site.way is not None for site in sites)
        if unmeasured and came_down and self._wanted in self.curves:
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
            found = [s for s in self._sites if s.measured]
            colours = [self._colour(k, s.number) for k, s in enumerate(found)]
            self.curves[self.page].overlay([s.measured for s in found if s.measured], colours)
        elif self.page in self.own:
            every = [
                (drawn, self._colour(k, site.number))
                for k, site in enumerate(self._sites)
                for drawn in site.own
                if page_of(drawn).name == self.page
            ]
            self.own[self.page].draw([drawn for drawn, _ in every], [c for _, c in every])
        else:
            rule = self._map.rule if self._map is not None else lambda number: None
            ways = [s.way for s in self._sites if s.way is not None]
            self.approach.draw(*(descent_of(way, rule(way.site)) for way in ways))

    def _colour(self, k: int, site: int) -> str:
        """Return the colour of a curve: its own, or that of its condition if there are many."""
        own = self._palette.overlays
        if len(self._sites) <= len(own) or self._map is None:
            return own[k % len(own)]
        colours = condition_colours(len(self._map.labels))
        red, green, blue = colours[int(self._map.condition[site]) % len(colours)][:3].tolist()
        return f"#{red:02x}{green:02x}{blue:02x}"

    def _legend(self) -> str:
        """Name the curves by their colours: sites, or conditions if there are many."""
        if self._map is None or not self._sites:
            return ""
        many = len(self._sites) > len(self._palette.overlays)
        named: dict[str, str] = {}
        for k, site in enumerate(self._sites):
            condition = self._map.label(site.number)
            words = condition if many else f"site {site.number}: {condition}"
            named.setdefault(words, self._colour(k, site.number))
        parts = [f'<span style="color:{colour}">■</span> {escape(words)}'
                 for words, colour in list(named.items())[:NAMED]]  # fmt: skip
        more = [f"and {len(named) - NAMED} more"] if len(named) > NAMED else []
        return " &nbsp; ".join(parts + more)

    def _say(self) -> None:
        self.legend.setText(self._legend())
        self.legend.setVisible(bool(self.legend.text()) and self.page != HISTOGRAM)
        # In gloves the curves need the room: the numbers of each condition are left to bare hands.
        numbers = self._numbers.split("<br>")[0] if self._glove else self._numbers
        self.words.setText(" · ".join(part for part in (numbers, self._drawn) if part))

    def _tell(self, numbers: str) -> None:
        self._numbers = numbers
        self._say()

    def describe(
        self, sites: SiteMap, name: str, seen: Shown, mapped: Shown, *, decades: bool = False
    ) -> None:
        """Say in numbers what is selected, or all of it.

        Args:
            sites: the map.
            name: of the quantity.
            seen: its values.
            mapped: what the map shows of them: the same, or them against their own condition.
            decades: whether that is drawn by decades.
        """
        if sites.is_category(name):
            count = int(sites.selected.sum())
            self._tell(f"{counted(count, 'site')} selected." if count else "All sites.")
            self._draw_histogram([], mapped, np.empty((0, 4), np.uint8), decades=False)
            self.histogram.hint(NO_NUMBERS)
            return
        found = samples(sites, name)
        result = sites.quantities[name].declared
        colours = condition_colours(len(sites.labels))
        self._tell(words_of(sites, found, seen, colours, result.against_reference))
        self._draw_histogram(found, mapped, colours, decades=decades)

    def _draw_histogram(
        self, found: Sequence[Sample], mapped: Shown, colours: Rgba, *, decades: bool
    ) -> None:
        """Draw how the values are distributed: conditions in their colours, one on another."""
        every = ((sample, mapped.values[sample.sites]) for sample in found)
        parts = [(s.condition, own) for s, v in every if (own := v[np.isfinite(v)]).size]
        self.histogram.hint("" if parts else NO_VALUES)
        self.histogram.bottom.name(mapped.title, "")
        if not parts:
            self._bars.setOpts(x=[0.0], height=[0.0])
            return
        drawn = [logarithms(values) if decades else values for _, values in parts]
        edges, _ = histogram(np.concatenate(drawn))
        heights = np.array([np.histogram(part, edges)[0] for part in drawn])
        below = np.cumsum(heights, axis=0) - heights
        brushes = [self._brush] * (edges.size - 1)
        if len(parts) > 1:
            of = (tuple(colours[min(k, len(colours) - 1)].tolist()) for k, _ in parts)
            brushes = [pg.mkBrush(colour) for colour in of for _ in range(edges.size - 1)]
        self._bars.setOpts(
            x=np.tile(0.5 * (edges[1:] + edges[:-1]), len(parts)), height=heights.ravel(),
            y0=below.ravel(), width=np.tile(np.diff(edges) * 0.94, len(parts)), brushes=brushes,
        )  # fmt: skip
        self.histogram.bottom.setTicks(decade_ticks() if decades else None)
        if decades and parts[0][1][0] < 0.0:
            self.histogram.bottom.name(f"magnitude of {mapped.title}", "")
