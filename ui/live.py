"""The live view: the active site while it is being measured, and those before it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from seccm.rig import Signal, environment
from ui import pieces
from ui.models.hand import read_back
from ui.models.live import Live
from ui.models.live_curves import LiveCurves
from ui.models.numbers import Numbers, seen
from ui.models.palette import DARK, Palette, Sizes
from ui.models.run_file import RunFile
from ui.models.showing import Showing
from ui.own_pages import OwnPages, Panel
from ui.page_panels import PageName
from ui.panels import APPROACH, KINDS, ApproachPanel, CurvePanel
from ui.plots import Plot
from ui.readout import LEGIBLE, Readout
from ui.signal_panels import offer_signals

CHOICES = (*KINDS, APPROACH)
EMPTY = "The curve of the active site appears\nhere as it is measured."
EMPTY_APPROACH = "The approach curve appears here\nwhen the tip approaches."
NUMBERS = ("potential", "current", "z")
LONGEST = {"potential": "−8.8888 V", "current": "−888.88 pA", "z": "888.888 µm"}
"""What usually stands there at the longest: it has its room, and nothing hops."""


class LiveView(QWidget):
    """Up to five panels side by side, of which the user chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.panels = {name: CurvePanel(kind, EMPTY) for name, kind in KINDS.items()}
        self.approach = ApproachPanel(EMPTY_APPROACH)
        self.buttons: dict[str, QToolButton] = {}
        self._signals: list[str] = []
        """The panels of the signals that the rig file adds; they are listed in a menu."""
        self._showing, self._offset = Showing(), 0.0
        self._look: tuple[Palette, int] | None = None
        self._live: Live | None = None
        self.own = OwnPages(EMPTY, self._add_own, self._drop_own)
        """What the kinds of the steps of the active site draw themselves, read from the file."""
        self._reading = LiveCurves()
        self._preferred = ""
        """The slug of the figure of which the first page is shown as soon as it is there."""
        self._ink = DARK.overlays[0]
        self._drawn = -1
        self._behind: dict[str, tuple[tuple[int, float], ...]] = {}
        self._ways: tuple[int, int | None] | None = None
        """Which way down is drawn."""
        row = QHBoxLayout()
        self._head = Readout("No active site.", "muted", LEGIBLE)
        row.addWidget(self._head, 1)
        self._choices = row
        for name in CHOICES:
            self._add_button(name, KINDS[name].words if name in KINDS else "approach")
        self.more = pieces.tool("more", "Show or hide further curves of the steps of this plan")
        self.more.setMenu(QMenu(self.more))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.menu().aboutToShow.connect(self._list_more)
        self.more.hide()
        self.planner = pieces.tool(
            "planner", "What the planner expects, how far it is, and your instructions to it"
        )
        self.planner.hide()
        self.numbers = {name: Readout("–", "muted", LEGIBLE) for name in NUMBERS}
        """The newest of each, above the curves."""
        beside = QHBoxLayout()
        for name in NUMBERS:
            beside.addWidget(self.numbers[name])
            beside.addSpacing(10)
        self.around = Readout("", "muted", LEGIBLE)
        self.around.setToolTip("The surroundings of the cell now, from the sensors of the rig")
        beside.addWidget(self.around, 1)
        beside.addWidget(self.planner)
        beside.addWidget(self.more)
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addLayout(row)
        whole.addLayout(beside)
        whole.addLayout(self._grid, 1)
        self.choose("E-t", "I-t", "E-Q", APPROACH)

    def choose(self, *names: str, own: str = "") -> None:
        """Show these panels and no others.

        Args:
            names: of the panels.
            own: the slug of a figure of which the first page is shown, once there is one.
        """
        self._preferred = own
        for name, button in self.buttons.items():
            button.blockSignals(True)
            button.setChecked(name in names)
            button.blockSignals(False)
        self._arrange()

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._look = palette, sizes.font
        pieces.uncut(*self.buttons.values())
        pieces.uncut(self.more, self.planner)
        for panel in (*self.panels.values(), self.approach):
            panel.dress(palette, sizes.font)
        self.own.dress(palette, sizes.font)
        self._ink = palette.overlays[0]
        self._reading.again()

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing, self._offset = showing, offset
        for panel in self.panels.values():
            panel.show_as(showing, offset)
        self.approach.show_as(showing, offset)
        self.own.show_as(showing)
        self._drawn = -1
        self._behind.clear()
        self._ways = None

    def follow(self, live: Live | None, file: RunFile | None = None, *, moves: bool = True) -> None:
        """Draw this run from now on, on axes of its own.

        Args:
            live: the run.
            file: its data file, from which is read what the steps of a site draw themselves.
            moves: whether a tip does; else neither its height nor its approach is offered.
        """
        self.numbers["z"].setVisible(moves)
        self.buttons[APPROACH].setVisible(moves)
        self.buttons[APPROACH].setEnabled(moves)  # nor do its keys do anything
        if not moves:
            self.buttons[APPROACH].setChecked(False)
        self._live = live
        self._reading.follow(live, file)
        self.own.offer(())
        self._offer(() if live is None else live.signals)
        self._show_more()
        for panel in (*self.panels.values(), self.approach):
            panel.begin()
        self._drawn = -1
        self._behind.clear()
        self._ways = None

    def head(self, words: str) -> None:
        """Say above the curves which site they are of."""
        self._head.say(words)

    def show_numbers(self, numbers: Numbers) -> None:
        """Show the newest numbers; old ones as old ones."""
        titles = {"potential": f"E vs {self._showing.against}", "current": "I", "z": "z"}
        for name, label in self.numbers.items():
            value = seen(numbers.values.get(name), name, self._showing, self._offset)
            caption = numbers.caption(titles[name])
            label.reserve(f"{caption}: {LONGEST[name]}")
            label.say(f"{caption}: {read_back(name, value)}")
            fresh = name in numbers.values and not numbers.stale
            pieces.look(label, "number" if fresh else "stale-number")
        around = environment(self._live.signals) if self._live is not None else ()
        self.around.say(numbers.around(around))
        pieces.look(self.around, "number" if not numbers.stale else "stale-number")

    def draw(self) -> None:
        """Draw what is new; costs nothing if nothing is."""
        live = self._live
        if live is None or not self.isVisible():
            return
        self._draw_own()
        if live.version == self._drawn:
            return
        self._drawn = live.version
        shown = [name for name in self.panels if self.buttons[name].isChecked()]
        for name in shown:
            self.panels[name].draw(live.outline(self.panels[name].kind.telling))
        # Earlier sites change once or twice a site; a panel a beat: no beat has much to do.
        behind = live.compared
        late = next((name for name in shown if self._behind.get(name) != behind), None)
        if late is not None:
            self.panels[late].draw_before(live.before, live.mean())
            self._behind[late] = behind
        if self.buttons[APPROACH].isChecked() and live.ways != self._ways:
            self._ways = live.ways
            self.approach.draw(live.watched)

    def whole(self) -> None:
        """Show everything again in every panel."""
        for panel in (*self.panels.values(), *self.own.panels.values(), self.approach):
            panel.whole()

    def shut(self) -> None:
        """Let go of the file that is being read, without waiting for who reads it."""
        self._reading.follow(None, None)

    def _draw_own(self) -> None:
        """Draw what has been read of the active site."""
        if not self._reading.look():
            return
        sites = self._reading.sites
        self.own.offer(sites)
        self._show_more()
        site = sites[0].number if sites else None
        other = self._live is not None and site not in (None, self._live.drawn)
        for name, panel in self.own.panels.items():
            panel.remark(f"site {site}" if other else "")
            if self.buttons[name].isChecked():
                self.own.draw(name, sites, lambda *_: self._ink, lambda _: (0, self._ink))

    def _show_more(self) -> None:
        self.more.setVisible(bool(self._signals or self.own.panels))

    def _list_more(self) -> None:
        menu = self.more.menu()
        menu.clear()
        titles = {name: self.panels[name].kind.words for name in self._signals}
        titles |= {name: page.title for name, page in self.own.pages.items()}
        for name, title in titles.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(self.buttons[name].isChecked())
            action.triggered.connect(lambda on=False, n=name: self.buttons[n].setChecked(on))

    def _add_own(self, page: PageName, panel: Panel) -> None:
        """Take in a page; the first one that tells most is shown."""
        button = self._add_listed(page.name, page.title)
        panel.setParent(self)
        panel.hide()
        if self._preferred and page.name.startswith(f"{self._preferred}-"):
            self._preferred = ""
            # When the page is among those that are laid out.
            QTimer.singleShot(0, button, lambda: button.setChecked(True))

    def _drop_own(self, name: str) -> None:
        panel, button = self.own.panels[name], self.buttons.pop(name)
        if button.isChecked():
            self._preferred = panel.what.slug  # the next site may have it again
        self._grid.removeWidget(panel)
        panel.hide()
        panel.deleteLater()
        button.deleteLater()
        QTimer.singleShot(0, self, self._arrange)

    def _add_listed(self, name: str, words: str) -> QToolButton:
        """Add the button of a panel that is listed in the menu: there may be many."""
        button = pieces.tool(words, checkable=True)
        button.setParent(self)
        button.hide()
        self.buttons[name] = button
        button.toggled.connect(self._arrange)
        return button

    def _add_button(self, name: str, words: str) -> None:
        """Add the button that shows or hides a panel."""
        button = pieces.tool(words, checkable=True)
        button.toggled.connect(self._arrange)
        button.setToolTip(f"Show or hide the panel {words}")
        self.buttons[name] = button
        self._choices.addWidget(button)

    def _offer(self, signals: Sequence[Signal]) -> None:
        """Have a panel for each of these signals of a rig file, shown at first, and no others."""
        offer_signals(
            self.panels, signals, empty=EMPTY, drop=self._drop, add=self._add, dress=self._dress
        )
        self._arrange()

    def _drop(self, name: str) -> None:
        self._signals.remove(name)
        self._grid.removeWidget(self.panels[name])
        self.panels[name].deleteLater()
        self.buttons.pop(name).deleteLater()

    def _add(self, name: str, words: str, panel: CurvePanel) -> None:
        self._signals.append(name)
        # What surrounds the cell is slow: its curve over one site tells little.
        signal = panel.kind.signal
        slow = signal is not None and signal.role == "environment"
        self._add_listed(name, words).setChecked(not slow)

    def _dress(self, panel: CurvePanel) -> None:
        panel.show_as(self._showing, self._offset)
        if self._look is not None:
            panel.dress(*self._look)

    def _panel(self, name: str) -> Plot:
        return self.panels.get(name) or self.own.panels.get(name) or self.approach

    def _arrange(self) -> None:
        """Lay the chosen panels out in two columns."""
        chosen = [name for name in self.buttons if self.buttons[name].isChecked()]
        columns = 2 if len(chosen) > 1 else 1
        rows = -(-len(chosen) // columns)
        for k in range(max(self._grid.rowCount(), rows)):
            self._grid.setRowStretch(k, int(k < rows))
        for k in range(2):
            self._grid.setColumnStretch(k, int(k < columns))
        self._reading.again()
        for name in self.buttons:
            panel = self._panel(name)
            self._grid.removeWidget(panel)
            panel.setParent(self)
            panel.setVisible(name in chosen)
        for k, name in enumerate(chosen):
            panel = self._panel(name)
            last = k == len(chosen) - 1 and len(chosen) % columns == 1 and columns == 2
            self._grid.addWidget(panel, k // columns, k % columns, 1, 2 if last else 1)
        self._drawn = -1
        self._behind.clear()
        self._ways = None
