"""The live view: the active site while it is being measured, and those before it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from seccm.rig import Signal
from ui import pieces
from ui.models.hand import read_back
from ui.models.live import Live
from ui.models.numbers import Numbers, seen
from ui.models.palette import Palette, Sizes
from ui.models.showing import Showing
from ui.panels import APPROACH, KINDS, ApproachPanel, CurvePanel
from ui.readout import LEGIBLE, Readout
from ui.signal_panels import offer_signals

CHOICES = (*KINDS, APPROACH)
EMPTY = "The curve of the active site appears\nhere as it is measured."
EMPTY_APPROACH = "The approach curve appears here\nwhen the tip approaches."
NUMBERS = ("potential", "current", "z")


class LiveView(QWidget):
    """Up to five panels side by side, of which the user chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.panels = {name: CurvePanel(kind, EMPTY) for name, kind in KINDS.items()}
        self.approach = ApproachPanel(EMPTY_APPROACH)
        self.buttons: dict[str, QToolButton] = {}
        self._showing, self._offset = Showing(), 0.0
        self._look: tuple[Palette, int] | None = None
        self._live: Live | None = None
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
        self.numbers = {name: Readout("–", "muted", LEGIBLE) for name in NUMBERS}
        """The newest of each, above the curves."""
        beside = QHBoxLayout()
        for name in NUMBERS:
            beside.addWidget(self.numbers[name])
            beside.addSpacing(24)
        beside.addStretch(1)
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addLayout(row)
        whole.addLayout(beside)
        whole.addLayout(self._grid, 1)
        self.choose("E-t", "I-t", "E-Q", APPROACH)

    def choose(self, *names: str) -> None:
        """Show these panels and no others."""
        for name, button in self.buttons.items():
            button.blockSignals(True)
            button.setChecked(name in names)
            button.blockSignals(False)
        self._arrange()

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._look = palette, sizes.font
        pieces.uncut(*self.buttons.values())
        for panel in (*self.panels.values(), self.approach):
            panel.dress(palette, sizes.font)

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference."""
        self._showing, self._offset = showing, offset
        for panel in self.panels.values():
            panel.show_as(showing, offset)
        self.approach.show_as(showing, offset)
        self._drawn = -1
        self._behind.clear()
        self._ways = None

    def follow(self, live: Live | None) -> None:
        """Draw this run from now on, on axes of its own."""
        self._live = live
        self._offer(() if live is None else live.signals)
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
            label.say(f"{numbers.caption(titles[name])}: {read_back(name, value)}")
            fresh = name in numbers.values and not numbers.stale
            pieces.look(label, "number" if fresh else "stale-number")

    def draw(self) -> None:
        """Draw what is new; costs nothing if nothing is."""
        live = self._live
        if live is None or live.version == self._drawn or not self.isVisible():
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
        for panel in (*self.panels.values(), self.approach):
            panel.whole()

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
        self._grid.removeWidget(self.panels[name])
        self.panels[name].deleteLater()
        self.buttons.pop(name).deleteLater()

    def _add(self, name: str, words: str, panel: CurvePanel) -> None:
        self._add_button(name, words)
        self.buttons[name].setChecked(True)

    def _dress(self, panel: CurvePanel) -> None:
        panel.show_as(self._showing, self._offset)
        if self._look is not None:
            panel.dress(*self._look)

    def _arrange(self) -> None:
        """Lay the chosen panels out in two columns."""
        chosen = [name for name in self.buttons if self.buttons[name].isChecked()]
        columns = 2 if len(chosen) > 1 else 1
        for name in self.buttons:
            panel = self.panels.get(name, self.approach)
            self._grid.removeWidget(panel)
            panel.setParent(self)
            panel.setVisible(name in chosen)
        for k, name in enumerate(chosen):
            panel = self.panels.get(name, self.approach)
            last = k == len(chosen) - 1 and len(chosen) % columns == 1 and columns == 2
            self._grid.addWidget(panel, k // columns, k % columns, 1, 2 if last else 1)
        self._drawn = -1
        self._behind.clear()
        self._ways = None
