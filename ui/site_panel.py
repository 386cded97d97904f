"""What is said of the selected sites: their curves, their statistics, their histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seccm.events import Outcome
from seccm.program.registry import kinds
from seccm.typography import counted
from ui import pieces
from ui.across_pages import AcrossPages
from ui.across_panel import AcrossPanel
from ui.bars import Bars, CountPanel
from ui.framed_plot import FramedPlot
from ui.models.colours import Rgba, Shown, condition_colours
from ui.models.curves import SiteCurve
from ui.models.descent import descent_of
from ui.models.palette import DARK, Palette, Sizes
from ui.models.passage import Curve
from ui.models.sample import Sample, samples
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.models.statistics_words import words_of
from ui.own_pages import OwnPages
from ui.own_panel import OwnPanel
from ui.page_panels import PageName
from ui.panels import APPROACH, KINDS, ApproachPanel, CurvePanel
from ui.plots import Plot
from ui.signal_panels import offer_signals
from ui.step_choice import StepChoice

HISTOGRAM = "histogram"
EMPTY = "Click a site on the map to see its curves.\nCtrl+click adds another one."
READING = "Reading the file …"
NOTHING = "There is nothing of the selected sites on this page."
NO_VALUES = "No values of this quantity."
NO_NUMBERS = "Choose a quantity that has numbers."
IN_THE_ROW = 1
"""Signals of the rig that have a button in the row of pages; more are chosen from the list."""
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
        self._signals: list[str] = []
        """Pages of signals of the rig that are chosen from the list."""
        self._own = OwnPages(EMPTY, self._list, self._drop)
        self._across = AcrossPages(NO_VALUES, self._list, self._drop)
        self.approach = ApproachPanel(EMPTY)
        self.histogram = Bars("sites")
        self._bars = self.histogram.item
        self.buttons: dict[str, QToolButton] = {}
        self.tabs = QWidget()
        row = QHBoxLayout(self.tabs)
        row.setContentsMargins(0, 0, 0, 0)
        self._pages: dict[str, Plot] = {
            **self.curves, APPROACH: self.approach, HISTOGRAM: self.histogram
        }  # fmt: skip
        self._tabs = row
        self.more = pieces.tool("more", "Further curves of the steps of this plan",
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
        self.steps = StepChoice()
        self.steps.picked.connect(self._pick_step)
        said = QHBoxLayout()
        said.addWidget(self.steps)
        said.addWidget(self.words, 1)
        whole.addLayout(said)
        whole.addWidget(self.legend)
        whole.addWidget(self.stack, 1)
        self._numbers, self._drawn = "", ""
        self._accent = DARK.accent
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
        step = self.steps.chosen
        number = step.number if step is not None else None
        steps = (*self._own.of_step(number), *self._across.of_step(number))
        for name in (*self._signals, *steps):
            action = menu.addAction(self.buttons[name].text(), partial(self.choose, name))
            action.setCheckable(True)
            action.setChecked(name == self.page)

    def _drop(self, name: str) -> None:
        """Remove a page; the potential is shown in its place."""
        if self._wanted == name:
            self._wanted = "E-t"
        if self.page == name:
            self._turn("E-t")
        if name in self._signals:
            self._signals.remove(name)
        page = self._pages.pop(name)
        self.stack.removeWidget(page)
        page.deleteLater()
        self.buttons.pop(name).deleteLater()

    @property
    def own(self) -> Mapping[str, OwnPanel | CountPanel]:
        """The pages of what the kinds of steps draw themselves, by name."""
        return self._own.panels

    @property
    def across(self) -> Mapping[str, AcrossPanel]:
        """The pages of results over sites, by name."""
        return self._across.panels

    @property
    def _listed(self) -> tuple[str, ...]:
        """The pages that are chosen from the list at the end of the row."""
        return (*self._signals, *self.own, *self.across)

    def _add_signal(self, name: str, words: str, panel: Plot) -> None:
        """Add the page of a signal of the rig: in the row where it is the only one, else listed."""
        listed = len(self._sites[0].signals) > IN_THE_ROW
        if listed:
            self._signals.append(name)
        self._add_page(name, words, panel, listed=listed)

    def _list(self, page: PageName, panel: Plot) -> None:
        """Add a page to the list at the end of the row."""
        self._add_page(page.name, page.title, panel, listed=True)

    def _pick_step(self) -> None:
        """Show one step alone: on the page that is open, or on the one that tells most of it."""
        step = self.steps.chosen
        self._make_stale()
        if (
            step is not None
            and self.page in self._listed
            and self.page not in self._signals
            and self.page not in self._own.of_step(step.number)
            and self.page not in self._across.of_step(step.number)
        ):
            own = [n for n, page in self._own.pages.items() if page.step == step.number]
            kind = kinds().get(step.kind)
            self.choose(own[0] if own else kind.curves[0] if kind is not None else "E-t")
        else:
            self._bring()
        self._say()

    def _make_stale(self) -> None:
        self._stale = {*self.curves, *self._listed, APPROACH}

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
        self.more.setChecked(name in self._listed)
        self.stack.setCurrentWidget(self._pages[name])
        self._bring()
        self._say()

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette, self._glove, self._font = palette, sizes.glove, sizes.font
        self._make_stale()
        for pages in (self._own, self._across):
            pages.dress(palette, sizes.font)
        for name, panel in self._pages.items():
            if name not in self._listed:
                panel.dress(palette, sizes.font)
        self.tabs.setVisible(not sizes.glove)
        pieces.uncut(self.more, *(b for n, b in self.buttons.items() if n not in self._listed))
        self._accent = palette.accent
        self._bring()
        self._say()

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing, self._offset = showing, offset
        for panel in (*self.curves.values(), self.approach):
            panel.show_as(showing, offset)
        self._own.show_as(showing)
        self._across.show_as(showing)
        self._make_stale()

    def begin(self, of: SiteMap | None) -> None:
        """Forget what was shown: another scan is."""
        for panel in (*self.curves.values(), self.approach):
            panel.begin()
        self._own.begin()
        self._across.begin()
        self.histogram.begin()
        self.steps.offer(())
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
        lands = of is None or of.moves
        self.buttons[APPROACH].setVisible(lands)
        if not lands and APPROACH in (self.page, self._wanted):
            self.choose("E-t")
        if sites:
            offer_signals(
                self.curves, sites[0].signals, empty=EMPTY,
                drop=self._drop, add=self._add_signal, dress=self._dress,
            )  # fmt: skip
            self.steps.offer(step for site in sites for step in site.steps)
            self._own.offer(sites)
            self.more.setVisible(bool(self._listed))
        self._make_stale()
        self._say()
        unmeasured = bool(sites) and all(site.measured is None for site in sites)
        came_down = any(site.way is not None for site in sites)
        if unmeasured and came_down and self._wanted in self.curves:
            self._turn(APPROACH)
        elif sites and self.page != self._wanted:
            self._turn(self._wanted)
        else:
            self._bring()

    def _why_empty(self) -> str:
        """Say why a page may have nothing to draw, or what to do."""
        numbers = [site.number for site in self._sites]
        if self._map is None or not self._map.selected.any():
            return EMPTY
        if not numbers:
            return self._drawn or READING
        outcome = Outcome(int(self._map.outcome[numbers[0]]))
        if len(numbers) == 1 and outcome is not Outcome.OK:
            return f"Site {numbers[0]}: {outcome.words}.\nThere is nothing of it on this page."
        return NOTHING

    def _bring(self) -> None:
        """Draw the curves of the page in view, if that has not been done."""
        if self.page not in self._stale:
            return
        self._stale.discard(self.page)
        page = self._pages[self.page]
        if isinstance(page, FramedPlot | CountPanel) and self.page not in self.across:
            page.say_why_empty(self._why_empty())
        if self.page in self.curves:
            found = [
                (curve, self._colour(k, site.number))
                for k, site in enumerate(self._sites)
                if (curve := self._part(site.measured)) is not None
            ]
            self.curves[self.page].overlay([curve for curve, _ in found], [c for _, c in found])
        elif self.page in self.across and self._map is not None:
            self._across.draw(self.page, self._map, self._inks())
        elif self.page in self.own:
            self._own.draw(self.page, self._sites, self._colour, self._group)
        else:
            rule = self._map.rule if self._map is not None else lambda number: None
            ways = [s.way for s in self._sites if s.way is not None]
            self.approach.draw(*(descent_of(way, rule(way.site)) for way in ways))

    def _part(self, curve: Curve | None) -> Curve | None:
        """Return the curve of a site, or of the step of it that was chosen."""
        step = self.steps.chosen
        return curve if curve is None or step is None else curve.of_step(step.number)

    def _group(self, site: int) -> tuple[int, str]:
        """Return the condition of a site, and its colour where there are several."""
        if self._map is None:
            return 0, self._accent
        condition, several = int(self._map.condition[site]), len(self._map.labels) > 1
        colours = condition_colours(len(self._map.labels), self._palette)
        return condition, _hex(colours[condition % len(colours)]) if several else self._accent

    def _inks(self) -> list[str]:
        """Return the colours of the conditions."""
        count = len(self._map.labels) if self._map is not None else 1
        colours = condition_colours(count, self._palette)
        return [_hex(c) for c in colours] if count > 1 else [self._accent]

    def _colour(self, k: int, site: int) -> str:
        """Return the colour of a curve: its own, or that of its condition if there are many."""
        own = self._palette.overlays
        if len(self._sites) <= len(own) or self._map is None:
            return own[k % len(own)]
        colours = condition_colours(len(self._map.labels), self._palette)
        return _hex(colours[int(self._map.condition[site]) % len(colours)])

    def _legend(self) -> str:
        """Name the curves by their colours: sites, or conditions if there are many."""
        if self._map is None or not self._sites:
            return ""
        many = len(self._sites) > len(self._palette.overlays)
        named: dict[str, str] = {}
        for k, site in enumerate(self._sites):
            condition = self._map.label(site.number)
            words = condition if many else f"{self._map.who(site.number)}: {condition}"
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
        self._offer_across(sites)
        if sites.is_category(name):
            count = int(sites.selected.sum())
            self._tell(f"{counted(count, 'site')} selected." if count else "All sites.")
            self._draw_histogram([], mapped, np.empty((0, 4), np.uint8), decades=False)
            self.histogram.hint(NO_NUMBERS)
            return
        found = samples(sites, name)
        result = sites.quantities[name].declared
        colours = condition_colours(len(sites.labels), self._palette)
        self._tell(words_of(sites, found, seen, self._palette, result.against_reference))
        self._draw_histogram(found, mapped, colours, decades=decades)

    def _offer_across(self, sites: SiteMap) -> None:
        """Have the pages of results over sites, and draw the one in view with what is new."""
        self._map = sites
        self._across.offer(sites)
        self.more.setVisible(bool(self._listed))
        self._stale |= set(self.across)
        if self.page in self.across:
            self._bring()

    def _draw_histogram(
        self, found: Sequence[Sample], mapped: Shown, colours: Rgba, *, decades: bool
    ) -> None:
        """Draw how the values are distributed: conditions in their colours, one on another."""
        every = ((sample, mapped.values[sample.sites]) for sample in found)
        parts = [(s.condition, own) for s, v in every if (own := v[np.isfinite(v)]).size]
        self.histogram.hint("" if parts else NO_VALUES)
        several = len(parts) > 1
        colour = [_hex(colours[min(k, len(colours) - 1)]) if several else self._accent
                  for k, _ in parts]  # fmt: skip
        drawn = list(zip(colour, (values for _, values in parts), strict=True))
        self.histogram.draw(drawn, mapped.title, by_decades=decades)


def _hex(colour: Rgba) -> str:
    red, green, blue = colour[:3].tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
