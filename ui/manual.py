"""The manual view: read-back, jog, approach, retract and drive, while no scan owns the rig."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seccm.events import Note
from seccm.remote import News
from seccm.report.style import readable
from seccm.rig import RigInfo
from seccm.units import parse
from ui import pieces
from ui.coarse import CoarsePanel
from ui.icons import icon
from ui.models.hand import AXES, STEPS, Hand, commanded, jog, limits_words, read_back
from ui.models.palette import Palette, Sizes
from ui.models.run_state import STALE, RunState
from ui.models.showing import Showing
from ui.number_pad import NumberLine

_ARROWS = {
    ("x", -1): ("left", 1, 0), ("x", 1): ("right", 1, 2), ("y", 1): ("up", 0, 1),
    ("y", -1): ("down", 2, 1), ("z", 1): ("up", 0, 4), ("z", -1): ("down", 2, 4),
}  # fmt: skip
"""Icon, row and column of each arrow."""


class ManualView(QWidget):
    """Drives a rig by hand.

    Args:
        connect: asked to open the rig, or to let go of it when given False.
        rig: name or file of the rig.
    """

    asked = Signal(str, dict)
    """A deed and how, as `Client.by_hand` takes them."""

    def __init__(self, connect: Callable[[bool], None], rig: str = "virtual") -> None:
        super().__init__()
        self._connect = connect
        self._now: dict[str, float] = {}
        self._commanded: dict[str, float] = {}
        """Where axes were told to go by hand."""
        self._reach: dict[str, str] = {}
        self._offset, self._showing = 0.0, Showing("QRCE")
        self._connected = False
        self.cells: dict[str, QLabel] = {}
        self.limits: dict[str, QLabel] = {}
        self._captions: dict[str, QLabel] = {}
        self.words = pieces.label("", "muted")
        self.words.setWordWrap(True)
        self.mistake = pieces.label("", "mistake")
        self.mistake.setWordWrap(True)
        self.result = pieces.label("", "good", wrap=True)
        self.link = QPushButton("Connect")
        self.link.clicked.connect(lambda: self._connect(not self._connected))
        inside = QWidget()
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(16, 12, 16, 12)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.link)
        whole.addLayout(row)
        whole.addWidget(self.mistake)
        whole.addWidget(self.result)
        whole.addLayout(self._make_read_back())
        self.hands = QWidget()
        box = QVBoxLayout(self.hands)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(pieces.label("Move", "heading"))
        box.addLayout(self._make_jog())
        box.addLayout(self._make_deeds())
        box.addWidget(pieces.label("Cell", "heading"))
        box.addLayout(self._make_drive())
        whole.addWidget(self.hands)
        self.coarse = CoarsePanel(rig)
        whole.addWidget(self.coarse)
        self.hands.setEnabled(False)
        self.link.setEnabled(False)
        whole.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inside)
        self.coarse.unfolded.connect(lambda part: area.ensureWidgetVisible(part, 0, 8))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _make_read_back(self) -> QGridLayout:
        grid = self._reading = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(0)
        for k, name in enumerate((*AXES, "potential", "current")):
            row, column = 3 * (k // 3), k % 3
            caption = self._captions[name] = pieces.label(name, "caption")
            grid.addWidget(caption, row, column)
            cell = self.cells[name] = pieces.label("–", "readout")
            grid.addWidget(cell, row + 1, column)
            limit = self.limits[name] = pieces.label("", "small")
            limit.setAlignment(Qt.AlignmentFlag.AlignTop)
            grid.addWidget(limit, row + 2, column)
        grid.setColumnStretch(3, 1)
        return grid

    def _make_jog(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(6)
        self.arrows: dict[tuple[str, int], QToolButton] = {}
        for (axis, sign), (_, row, column) in _ARROWS.items():
            button = QToolButton()
            # No key that is meant for something else may set the tip in motion.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, a=axis, s=sign: self._jog(a, s))
            down = ", watching for contact" if (axis, sign) == ("z", -1) else ""
            button.setToolTip(f"{axis} {'+' if sign > 0 else '−'} one step{down}")
            self.arrows[axis, sign] = button
            grid.addWidget(button, row, column)
        for text, row, column in (("x y", 1, 1), ("z", 1, 4)):
            label = pieces.label(text, "muted")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, row, column)
        self.step = pieces.no_wheel(QComboBox(editable=True))
        self.step.setLineEdit(NumberLine(unit="m"))
        self.step.addItems(list(STEPS))
        self.step.setCurrentText("1 um")
        self.speed = NumberLine("1 um/s", unit="m/s")
        for k, (name, field) in enumerate((("step", self.step), ("speed", self.speed))):
            grid.addWidget(pieces.label(name, "muted"), k, 6)
            grid.addWidget(field, k, 7)
        grid.setColumnMinimumWidth(3, 16)
        grid.setColumnMinimumWidth(5, 16)
        grid.setColumnStretch(8, 1)
        return grid

    def _make_deeds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.deeds: dict[str, QPushButton] = {}
        for name, text in (("approach", "Approach here"), ("hold", "Hold still"),
                           ("retract", "Retract")):  # fmt: skip
            button = self.deeds[name] = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, n=name: self._ask(n))
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _make_drive(self) -> QGridLayout:
        grid = QGridLayout()
        self.potential, self.current = NumberLine("0 V", unit="V"), NumberLine("0 A", unit="A")
        self.drive_label, self._signs = pieces.label("", "muted"), pieces.label("", "muted")
        self.drives: dict[str, QPushButton] = {}
        rows = (("potential", self.drive_label, self.potential),
                ("current", self._signs, self.current))  # fmt: skip
        for k, (mode, label, field) in enumerate(rows):
            button = self.drives[mode] = QPushButton("Apply")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, m=mode: self._drive(m))
            grid.addWidget(label, k, 0)
            grid.addWidget(field, k, 1)
            grid.addWidget(button, k, 2)
        self.off = QPushButton("Cell off")
        self.off.clicked.connect(lambda: self._ask("off"))
        grid.addWidget(self.off, 0, 3, 2, 1)
        grid.setColumnStretch(4, 1)
        return grid

    # ------------------------------------------------------------------------------ showing

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for row in (2, 5):  # what belongs together stands together
            self._reading.setRowMinimumHeight(row, round(2.2 * sizes.font))
        for key, button in self.arrows.items():
            button.setIcon(icon(_ARROWS[key][0], palette.text, palette.muted))
            button.setIconSize(QSize(sizes.icon, sizes.icon))

    def show_as(self, showing: Showing) -> None:
        """Choose convention and reference, of what is read and of what is typed."""
        self._showing = showing
        self._captions["z"].setText("z, up positive")
        against, signs = f"E vs {showing.against}", f"current, {showing.convention}"
        for label, text in ((self._captions["potential"], against), (self.drive_label, against),
                            (self._captions["current"], signs), (self._signs, signs)):  # fmt: skip
            label.setText(text)

    def describe(self, info: RigInfo | None, offset: float) -> None:
        """Say how far the axes go, and what turns raw potentials into those of the plan."""
        self._offset = offset
        self._reach = {axis: limits_words(info, axis) for axis in AXES}

    def show_news(self, news: News | None, has_plan: bool, run: RunState) -> None:
        """Show the newest row, what came of the last deed, and what can be done."""
        self.coarse.show_news(news, has_plan)
        for event in news.events if news is not None else ():
            if isinstance(event, Note) and event.site < 0:
                self._tell(event)
        if not self.isVisible():
            return
        progress = news.progress if news is not None and not run.lost else None
        self._now, self._commanded = {}, {}
        if progress is not None and run.lag(0.0) < STALE:
            # Old numbers would pass for the present ones.
            self._now = {str(k): v for k, v in progress.now.items()}
            self._commanded = {str(k): v for k, v in progress.commanded.items()}
        for name, cell in self.cells.items():
            text = read_back(name, self._seen(name))
            if cell.text() != text:
                cell.setText(text)
        hand = Hand.of(news, has_plan, run.lost, run.preparing)
        for axis in AXES:
            text = commanded(self._commanded.get(axis)) + self._reach.get(axis, "")
            if self.limits[axis].text() != text:
                self.limits[axis].setText(text)
        self._connected = hand.connected
        self.link.setText("Disconnect" if hand.connected else "Connect")
        self.link.setEnabled(hand.connected or hand.free)
        self.hands.setEnabled(hand.connected)
        for name, button in (*self.deeds.items(), *self.drives.items()):
            always = name in ("hold", "retract") and hand.doing != name
            button.setEnabled(hand.connected and (always or not hand.doing))
        for (axis, _), arrow in self.arrows.items():
            arrow.setEnabled(hand.connected and not hand.doing and axis in self._now)
        if self.words.text() != hand.words:
            self.words.setText(hand.words)

    # ------------------------------------------------------------------------------ asking

    def _jog(self, axis: str, sign: int) -> None:
        try:
            at = {**self._now, **self._commanded}
            wish = jog(at, axis, sign, self.step.currentText(), self.speed.text())
        except ValueError as error:
            self.mistake.setText(str(error))
            return
        self._ask("jog", axis=wish.axis, to=wish.to, speed=wish.speed)

    def _drive(self, mode: str) -> None:
        volts = mode == "potential"
        field = self.potential if volts else self.current
        try:
            value = parse(field.text(), "V" if volts else "A")
        except ValueError as error:
            self.mistake.setText(str(error))
            return
        shift = self._showing.shift if self._showing.other else 0.0
        raw = value - shift - self._offset if volts else self._showing.sign * value
        self._ask("drive", mode=mode, value=raw)

    def _seen(self, name: str) -> float | None:
        """Return a number of the newest row in the convention that is shown."""
        value = self._now.get(name)
        if value is None or name not in ("potential", "current"):
            return value
        if name == "current":
            return self._showing.sign * value
        shift = self._showing.shift if self._showing.other else 0.0
        return value + self._offset + shift

    def _ask(self, deed: str, **how: object) -> None:
        self.mistake.clear()
        self.result.clear()
        self.asked.emit(deed, how)

    def _tell(self, note: Note) -> None:
        """Say what came of something."""
        self.result.setText(readable(note.text))
        self.result.setObjectName("warning" if note.level == "warning" else "good")
        self.result.style().polish(self.result)
