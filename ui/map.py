"""The map view: choose a quantity, see it over the sites, click a site and see its curves."""

from __future__ import annotations

import math
import time

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from seccm.analysis.signal_means import mean_result
from seccm.events import Outcome
from ui import pieces
from ui.map_controls import MEANS, MapControls, name_at
from ui.map_plot import MOST_MARKS, ColourBar, MapPlot
from ui.models.colours import (
    Rgba,
    Shown,
    coloured,
    shown,
    shown_against_own,
)
from ui.models.curves import SiteCurves
from ui.models.decades import ColourScale, logarithmic_ends, logarithms
from ui.models.doubt import doubtful, without_doubtful
from ui.models.limits import Range
from ui.models.map_words import category_legend, marks, of_site
from ui.models.palette import COLOUR_MAPS, DARK, Palette, Sizes
from ui.models.readings import Readings
from ui.models.run_file import RunFile
from ui.models.showing import Showing
from ui.models.site_map import CHARGE, SiteMap
from ui.number_pad import bring
from ui.readout import LEGIBLE, Readout
from ui.shaped import Shaped
from ui.site_panel import SitePanel

EMPTY = "The sites appear here when a run starts.\nOpen a plan and press Start."
APART = "CET-CBD1"
"""Colours of what is above and below a middle; colour-blind readers can tell them apart."""
MOST_CURVES = 24
"""Selected sites whose curves are drawn."""
ARRIVING_MS = 8
"""From one look at the curves that are being read to the next."""
LATE_S = 0.1
"""What was drawn before stays in view for so long at the most."""
READING_MS = 100
"""From one look at what is being read from the file to the next."""


class MapView(QWidget):
    """Map, colour bar, curves and statistics of one scan, running or finished.

    Args:
        wide: curves beside the map rather than below it.
    """

    def __init__(self, *, wide: bool = False) -> None:
        super().__init__()
        self._sites: SiteMap | None = None
        self._readings: Readings | None = None
        self._curves: SiteCurves | None = None
        self._asked = 0.0
        """When curves were asked for last."""
        self._showing, self._offset, self._palette = Showing(), 0.0, DARK
        self._seen: dict[str, Shown] = {}
        self._mapped: Shown | None = None
        """What the map shows: values, or these against their own condition."""
        self._decades = False
        self._drawn = (-1, -1)
        self._count = 0
        """How many sites there were when the map was drawn last."""
        self.name = ""
        self._chosen = False
        """Whether somebody has chosen what is mapped; else it is what tells most by now."""
        self._told: int | None = None
        """The site of which the line below the map tells."""
        self.plot = MapPlot(self._hover, self.pick)
        self.plot.hint(EMPTY)
        self.bar = ColourBar(self._touch_limit)
        self.legend = pieces.label("", "small")
        self.legend.setWordWrap(True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.tell = Readout(" ", "muted", LEGIBLE)
        self.tell.setMinimumSize(1, 1)
        self.reading = pieces.bar()
        self.reading.setMaximum(1000)
        self.reading.setVisible(False)
        self.panel = SitePanel()
        controls = self.controls = MapControls()
        controls.view.pages = self.panel.buttons
        controls.chosen.connect(self._choose)
        controls.potential_chosen.connect(self.current_at)
        controls.mistaken.connect(self.tell.say)
        controls.condition_chosen.connect(self._select_condition)
        controls.changed.connect(self.redraw)
        controls.whole.connect(self.whole)
        controls.nothing.connect(lambda: self.pick(None, False))
        self._look = QTimer(self)
        self._look.setInterval(READING_MS)
        self._look.timeout.connect(self._follow_readings)
        self._arriving = QTimer(self)
        self._arriving.setInterval(ARRIVING_MS)
        self._arriving.timeout.connect(self._take_curves)
        self._lay_out(wide)

    def _lay_out(self, wide: bool) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.bar)
        upper = QWidget()
        box = QVBoxLayout(upper)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.controls)
        box.addWidget(self.reading)
        box.addLayout(middle, 1)
        box.addWidget(self.legend)
        box.addWidget(self.tell)
        split = QSplitter(Qt.Orientation.Horizontal) if wide else Shaped()
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
        self.controls.dress(sizes)
        self.redraw()

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing, self._offset = showing, offset
        self.panel.show_as(showing, offset)
        self.controls.show_reference(showing.against)
        self._seen.clear()
        self.redraw()

    def follow(self, sites: SiteMap | None, file: RunFile | None = None) -> None:
        """Show this map from now on.

        Args:
            sites: the map.
            file: the data file, from which more can be read than the map holds.
        """
        self.shut()
        self._sites, self._told = sites, None
        self._readings = Readings(file) if file is not None else None
        self._curves = SiteCurves(file) if file is not None else None
        self._drawn = (-1, -1)
        self._count = sites.x.size if sites is not None else 0
        self.name, self._chosen = "", False
        self._seen.clear()
        self.controls.limits.forget()
        self.controls.offer_conditions(sites.labels if sites is not None else ())
        self.plot.follow(sites)
        self.plot.hint("" if sites is not None else EMPTY)
        self.panel.begin(sites)
        self.draw()

    def relabel(self) -> None:
        """Take what the plan says again: conditions, footprint, thresholds; keep all else."""
        if self._sites is not None:
            self._overlay()
            self.controls.offer_conditions(self._sites.labels)
            self.plot.follow(self._sites)
            self.redraw()
            self._hover(self._told)

    def choose(self, name: str) -> None:
        """Map another quantity."""
        self.name, self._chosen = name, True
        self.redraw()

    def current_at(self, potential: float) -> None:
        """Map the current at a potential, in volts as shown; read from the file."""
        if self._sites is None or self._readings is None:
            return
        shift = self._showing.shift if self._showing.other else 0.0
        name = name_at(potential, self._showing.other or self._showing.reference)
        self._readings.current_at(self._sites, potential - shift - self._offset, name)
        self.choose(name)
        self._look.start()

    def shut(self) -> None:
        """Let go of the file that is being read, without waiting for who reads it."""
        self._look.stop()
        self._arriving.stop()
        if self._curves is not None:
            self._curves.close()
            self._curves = None
        self.reading.setVisible(False)
        if self._readings is not None:
            self._readings.close()
            self._readings = None

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
        if sites is None or not self.isVisible():
            return
        if sites.x.size != self._count:
            self._count = sites.x.size
            self._seen.clear()
            self.controls.offer_conditions(sites.labels)
            self.plot.grow()
        if self._readings is not None and self._readings.follow(sites):
            # Sites that have finished since the last time are read, too.
            self._look.start()
        if (sites.version, sites.picked) == self._drawn:
            return
        only_picked = sites.version == self._drawn[0] and self.name in self._seen
        self._drawn = (sites.version, sites.picked)
        if only_picked:
            self.plot.select()
            self._describe(sites)
            return
        readable = self._readings is not None
        wanted = self.name if self._chosen else ""
        name = self.name = self.controls.offer(sites, wanted, readable=readable)
        seen = self._seen[name] = shown(sites, name, self._showing, self._seen.get(name))
        category = sites.is_category(name)
        own = self.controls.own.isChecked() and not category
        mapped = self._mapped = shown_against_own(sites, name, self._showing) if own else seen
        limits = self.controls.limits
        scale = ColourScale(self.controls.scale.currentText())
        decades = scale.by_decades(mapped)
        kept = f"{name} {mapped.title}" if own else name
        ends, drawn, error = limits.of(kept).seen(mapped), mapped.values, mapped.error
        middle = mapped.middle
        if decades:
            ends = logarithmic_ends(ends, mapped.values)
            drawn, error = logarithms(mapped.values), math.nan
            middle = None if middle is None else math.log10(middle)
        doubts = doubtful(sites, name)
        chosen = Range.of(without_doubtful(drawn, doubts), ends, error, middle)
        span = Range.of(drawn, (chosen.low, chosen.high))
        lut = self._lut()
        self.plot.paint(
            coloured(sites, name, drawn, (span.low, span.high), lut, self._palette),
            (sites.outcome == Outcome.OK) & ~np.isfinite(mapped.values),
            doubts & np.isfinite(mapped.values),
        )
        self.plot.select()
        self.bar.setVisible(not category)
        limits.setEnabled(not category)
        self.controls.colours.setEnabled(not own)
        self.legend.setText(
            category_legend(sites, name, self._palette)
            if category
            else marks(sites, name, mapped, span, scale)
        )
        if not category:
            magnitude = decades and bool(np.nanmax(mapped.values) < 0.0)
            label = f"magnitude of {mapped.label}" if magnitude else mapped.label
            self.bar.show_range(
                span, lut, label, mapped.unit, logarithmic=decades,
                told=bool(np.isfinite(mapped.values).any()),
            )  # fmt: skip
            limits.show_limits(kept, mapped, mapped.si_unit)
        self._decades = decades
        self._describe(sites)
        self._hover(self._told)

    def _describe(self, sites: SiteMap) -> None:
        """Say in numbers what is selected."""
        seen = self._seen[self.name]
        mapped = self._mapped or seen
        self.panel.describe(sites, self.name, seen, mapped, decades=self._decades)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was not worth drawing while nobody could see it."""
        super().showEvent(event)
        self.draw()

    def _follow_readings(self) -> None:
        """Show what has been read by now; stops when there is no more to come for a while."""
        sites, readings = self._sites, self._readings
        if sites is None or readings is None:
            return
        more = readings.follow(sites)
        share = readings.share(sites, self.name)
        self.reading.setVisible(more and share < 1.0)
        self.reading.setValue(round(1000 * share))
        if readings.trouble:
            self.tell.say(readings.trouble)
        if not more:
            self._look.stop()
        self.draw()

    def _lut(self) -> Rgba:
        apart = self._mapped is not None and self._mapped.middle is not None
        name = APART if apart else COLOUR_MAPS[self.controls.colours.currentText()]
        found = pg.colormap.get(name)
        table: Rgba = found.getLookupTable(nPts=256, alpha=True)
        return table

    # ------------------------------------------------------------------------------ the user

    def pick(self, number: int | None, more: bool) -> None:
        """Select a site, or add one to the selection; draws its curves."""
        if self._sites is None:
            return
        self._sites.select(number, more=more)
        self._wish()
        self.draw()
        if number is not None:
            self._hover(number)

    def _wish(self) -> None:
        """Ask for the curves of the selection; they are drawn as they arrive."""
        if self._sites is None or self._curves is None:
            return
        chosen = self._sites.selection[:MOST_CURVES]
        self._curves.want(chosen)
        self._asked = time.monotonic()
        if self._curves.busy:
            self._arriving.start()
        if not self._curves.busy or any(self._curves.get(k) is not None for k in chosen):
            self._overlay()

    def _take_curves(self) -> None:
        """Draw the curves that have arrived; stops when there are no more to come."""
        curves = self._curves
        if curves is None:
            self._arriving.stop()
            return
        late = time.monotonic() > self._asked + LATE_S
        if curves.collect() or late:
            self._asked = math.inf
            self._overlay()
            if curves.trouble:
                self.tell.say(curves.trouble)
                pieces.look(self.tell, "warning")
        if not curves.busy:
            self._arriving.stop()

    def _overlay(self) -> None:
        """Draw what has been read of the selection, and say what has not."""
        sites, curves = self._sites, self._curves
        if sites is None or curves is None:
            return
        selection = sites.selection
        chosen = selection[:MOST_CURVES]
        found = [site for k in chosen if (site := curves.get(k)) is not None]
        note = ""
        if len(found) < len(chosen) and curves.busy:
            note = curves.trouble or "reading …"
        elif len(chosen) < len(selection):
            note = f"{len(chosen)} of {len(selection)} drawn"
        if len(selection) > MOST_MARKS:
            note += f", {MOST_MARKS} marked on the map"
        self.panel.overlay(found, sites, note)

    def _hover(self, site: int | None) -> None:
        if self._sites is None or site is None:
            return
        self._told = site
        self.tell.say(of_site(self._sites, site, self.name, self._mapped))
        pieces.look(self.tell, "warning" if doubtful(self._sites, self.name)[site] else "muted")

    def _choose(self, name: str) -> None:
        sites, readings = self._sites, self._readings
        if sites is not None and readings is not None:
            signals = {mean_result(signal).name: signal for signal in (*MEANS, *sites.signals)}
            if name == CHARGE:
                readings.charges(sites)
                self._look.start()
            elif name in signals:
                readings.means(sites, signals[name])
                self._look.start()
        self.choose(name)

    def _touch_limit(self, which: str) -> None:
        """Let a limit of the colours be typed: in its field, or with gloves on the pad."""
        limits = self.controls.limits
        field = limits.high if which == "high" else limits.low
        field.setFocus()
        field.selectAll()
        bring(field)

    def _select_condition(self, condition: int | None) -> None:
        if self._sites is not None:
            self._sites.select_condition(condition)
            self._wish()
            self.draw()
