"""The manual view: read-back, jog, approach, retract and cell, while no scan uses the rig."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
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
from seccm.rig import RigInfo
from seccm.typography import readable
from seccm.units import parse
from ui import pieces
from ui.coarse import CoarsePanel
from ui.icons import icon
from ui.models.hand import AXES, STEPS, Hand, commanded, jog, limits_words, read_back
from ui.models.numbers import Numbers, seen
from ui.models.palette import Palette, Sizes
from ui.models.run_state import RunState
from ui.models.showing import Showing
from ui.number_pad import NumberLine
from ui.pushed import kinetic
from ui.readout import LEGIBLE, Readout

_ARROWS = {
    ("x", -1): ("left", 1, 0), ("x", 1): ("right", 1, 2), ("y", 1): ("up", 0, 1),
    ("y", -1): ("down", 2, 1), ("z", 1): ("up", 0, 4), ("z", -1): ("down", 2, 4),
}  # fmt: skip
"""Icon, row and column of each arrow."""
READ = {"x": (0, 0, 1), "y": (0, 1, 1), "z": (0, 2, 1), "potential": (1, 0, 1),
        "current": (1, 1, 1)}  # fmt: skip
"""Row, column and width of each number that is read back."""
GLOVED = {"z": (0, 0, 3), "current": (1, 0, 3), "x": (3, 0, 1), "y": (3, 1, 1),
          "potential": (3, 2, 1)}  # fmt: skip
"""The same in gloves: wide ones are read from afar; Connect stands between them and the others."""
LINES = 4
"""Of each number: what it is, the number, where it was told to go, how far it can go."""
MESSAGE_LINES = 3
"""For which there is always room; in gloves there is room for two."""
MARGINS, GLOVED_MARGINS = (16, 12, 16, 12), (8, 2, 4, 8)
SMALLER = 0.45
"""How large the others are then."""


class ManualView(QWidget):
    """Moves a rig and its cell on command.

    Args:
        connect: asked to open the rig, or to let go of it when given False.
        rig: name or file of the rig.
    """

    asked = Signal(str, dict)
    """A command and its values, as `Client.by_hand` takes them."""

    def __init__(self, connect: Callable[[bool], None], rig: str = "virtual") -> None:
        super().__init__()
        self._connect = connect
        self._numbers = Numbers()
        self._reach: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._offset, self._showing = 0.0, Showing("QRCE")
        self._connected, self._glove = False, False
        self.cells: dict[str, Readout] = {}
        self.targets: dict[str, Readout] = {}
        """Where each axis was told to go, below where it was measured to be."""
        self.limits: dict[str, Readout] = {}
        self._captions: dict[str, QLabel] = {}
        # Their room is there before they are: no button moves when something is said.
        self.words = pieces.label("", "muted", wrap=True)
        self.message = pieces.label("", "good", wrap=True)
        for label in (self.words, self.message):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.link = QPushButton("Connect")
        self.link.clicked.connect(lambda: self._connect(not self._connected))
        self.hands, self.jogging = QWidget(), QWidget()
        self._make_jog()
        self._make_hands()
        self.coarse = CoarsePanel(rig)
        pressed = (*self.buttons.values(), *self.arrows.values())
        for widget in (self.hands, self.link, self.off, *pressed):
            widget.setEnabled(False)
        self._lay_out()

    def _lay_out(self) -> None:
        """Put what is read beside what is pressed in gloves, else above it."""
        self._state = QVBoxLayout()
        self._head = QHBoxLayout()
        self._head.addWidget(self.words, 1)
        self._head.addWidget(self.link)
        self._state.addLayout(self._head)
        self._state.addLayout(self._make_read_back())
        self._upper = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._upper.addLayout(self._state, 1)
        self._upper.addWidget(self.jogging, 0, Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        whole = self._whole = QVBoxLayout(inside)
        whole.setContentsMargins(*MARGINS)
        whole.addLayout(self._upper)
        whole.addWidget(self.hands)
        whole.addWidget(self.coarse)
        whole.addStretch(1)
        area = self._area = kinetic(QScrollArea(widgetResizable=True))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.coarse.unfolded.connect(lambda part: area.ensureWidgetVisible(part, 0, 8))
        # What ends things is always in view, wherever one has scrolled to.
        self._ends = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._ends.setContentsMargins(8, 8, 8, 8)
        self._ends.setSpacing(6)
        for button in (self.buttons["retract"], self.buttons["hold"], self.off):
            self._ends.addWidget(button)
        self._ends.addStretch(1)
        self._outer = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._outer.addWidget(area, 1)
        self._outer.addLayout(self._ends)
        self._place_message(glove=False)

    def _place_message(self, *, glove: bool) -> None:
        """Put what is said above what ends things; in gloves, below the numbers."""
        for layout in (self._outer, self._state):
            layout.removeWidget(self.message)
        if glove:
            self._state.addWidget(self.message)
        else:
            self._outer.insertWidget(1, self.message)

    def _make_read_back(self) -> QGridLayout:
        grid = self._reading = QGridLayout()
        grid.setVerticalSpacing(0)
        for name in READ:
            self._captions[name] = pieces.label(name, "caption")
            self.cells[name] = Readout()
            for words in (self.targets, self.limits):
                words[name] = Readout("", "small", LEGIBLE)
                words[name].setAlignment(Qt.AlignmentFlag.AlignTop)
        self._place_read_backs(glove=False)
        return grid

    def _place_read_backs(self, *, glove: bool) -> None:
        """Lay the numbers out; in gloves those that matter most are read from afar."""
        grid, places = self._reading, GLOVED if glove else READ
        grid.setHorizontalSpacing(12 if glove else 24)
        for name, (row, column, wide) in places.items():
            parts = (self._captions[name], self.cells[name], self.targets[name], self.limits[name])
            for below, part in enumerate(parts):
                grid.removeWidget(part)
                grid.addWidget(part, LINES * row + below, column, 1, wide)
            self.cells[name].enlarge(1.0 if wide > 1 or not glove else SMALLER)
        for column in range(4):
            grid.setColumnStretch(column, int(glove and column < 3))
        grid.setColumnStretch(3, int(not glove))

    def _make_jog(self) -> None:
        grid = QGridLayout(self.jogging)
        grid.setContentsMargins(0, 0, 0, 0)
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
        grid.setColumnMinimumWidth(3, 16)
        grid.setColumnStretch(5, 1)

    def _make_hands(self) -> None:
        box = QVBoxLayout(self.hands)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(self._make_steps())
        box.addWidget(pieces.label("Cell", "heading"))
        box.addLayout(self._make_drive())

    def _make_steps(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.step = pieces.no_wheel(QComboBox(editable=True))
        self.step.setLineEdit(NumberLine(unit="m"))
        self.step.addItems(list(STEPS))
        self.step.setCurrentText("1 um")
        self.speed = NumberLine("1 um/s", unit="m/s")
        pieces.means(self.step, "How far one press of an arrow moves the stage, in metres: 1 um. "
                     "Approach and retract do not follow it.", "step")  # fmt: skip
        pieces.means(self.speed, "How fast an arrow moves the stage, in metres per second: 1 um/s. "
                     "Down, contact stops the tip as in an approach of the plan.",
                     "speed")  # fmt: skip
        for name, field in (("step", self.step), ("speed", self.speed)):
            row.addWidget(pieces.label(name, "muted"))
            row.addWidget(field, 1)
        self.buttons: dict[str, QPushButton] = {}
        for name, text in (("approach", "Approach here"), ("hold", "Stop motion"),
                           ("retract", "Retract")):  # fmt: skip
            button = self.buttons[name] = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, n=name: self._ask(n))
        row.addWidget(self.buttons["approach"])
        return row

    def _make_drive(self) -> QGridLayout:
        grid = QGridLayout()
        self.potential, self.current = NumberLine("0 V", unit="V"), NumberLine("0 A", unit="A")
        pieces.means(self.potential, "The potential that Apply imposes, against the reference and "
                     "in the sign convention that are shown.", "potential")  # fmt: skip
        pieces.means(self.current, "The current that Apply imposes, in the sign convention that is "
                     "shown.", "current")  # fmt: skip
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
        self.off.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        grid.setColumnStretch(3, 1)
        return grid

    # ------------------------------------------------------------------------------ showing

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        if sizes.glove != self._glove:
            self._turn_over(sizes.glove)
        for row in (LINES - 1, 2 * LINES - 1):  # what belongs together stands together
            self._reading.setRowMinimumHeight(row, 0 if sizes.glove else round(2.2 * sizes.font))
        line = self.fontMetrics().lineSpacing()
        self.words.setMinimumHeight(0 if sizes.glove else 2 * line)
        self.message.setMinimumHeight(line * (2 if sizes.glove else MESSAGE_LINES))
        self.message.setContentsMargins(*((0, 0, 0, 0) if sizes.glove else (16, 4, 16, 4)))
        pieces.uncut(self.link, *self.buttons.values(), self.off)
        inside = self._whole.minimumSize().width()
        bar = self._area.verticalScrollBar().sizeHint().width()
        self._area.setMinimumWidth(0 if sizes.glove else inside + bar)
        for key, button in self.arrows.items():
            button.setIcon(icon(_ARROWS[key][0], palette.text, palette.muted))
            button.setIconSize(QSize(sizes.icon, sizes.icon))

    def _turn_over(self, glove: bool) -> None:
        """Lay everything out for fingers in gloves, or for bare ones."""
        self._glove = glove
        way = QBoxLayout.Direction
        self._outer.setDirection(way.LeftToRight if glove else way.TopToBottom)
        self._ends.setDirection(way.TopToBottom if glove else way.LeftToRight)
        self._state.setSpacing(0 if glove else self._ends.spacing())
        self._upper.setDirection(way.RightToLeft if glove else way.TopToBottom)
        self._whole.setContentsMargins(*(GLOVED_MARGINS if glove else MARGINS))
        self._place_read_backs(glove=glove)
        self._place_message(glove=glove)
        self._reading.removeWidget(self.link)
        self._head.removeWidget(self.link)
        if glove:
            self._reading.addWidget(self.link, 2 * LINES, 0, 1, 3)
        else:
            self._head.addWidget(self.link)
        for name in READ:
            self.limits[name].setVisible(not glove)
            self.targets[name].setVisible(not glove or name == "z")

    def show_as(self, showing: Showing) -> None:
        """Choose convention and reference, of what is read and of what is typed."""
        self._showing = showing
        against, signs = f"E vs {showing.against}", f"current, {showing.convention}"
        self._titles = {"x": "x", "y": "y", "z": "z, up positive", "potential": against,
                        "current": signs}  # fmt: skip
        self.drive_label.setText(against)
        self._signs.setText(signs)
        self._show_numbers()

    def describe(self, info: RigInfo | None, offset: float) -> None:
        """Say how far the axes go, and what turns raw potentials into those of the plan."""
        self._offset = offset
        self._reach = {axis: limits_words(info, axis) for axis in AXES}

    def show_news(self, news: News | None, has_plan: bool, run: RunState) -> None:
        """Show the newest numbers, what came of the last command, and what can be done."""
        self.coarse.show_news(news, has_plan)
        for event in news.events if news is not None else ():
            if isinstance(event, Note) and event.site < 0:
                self._tell(event)
        if not self.isVisible():
            return
        self._numbers = Numbers.of(news, run)
        self._show_numbers()
        hand = Hand.of(news, has_plan, run.lost, run.preparing)
        self._connected = hand.connected
        self.link.setText("Disconnect" if hand.connected else "Connect")
        self.link.setEnabled(hand.connected or hand.free)
        self.hands.setEnabled(hand.connected)
        self.off.setEnabled(hand.connected)
        for name, button in (*self.buttons.items(), *self.drives.items()):
            always = name in ("hold", "retract") and hand.doing != name
            down = name == "approach" and hand.touching
            button.setEnabled(hand.connected and (always or not (hand.doing or down)))
        known = () if self._numbers.stale else self._numbers.values
        for (axis, sign), arrow in self.arrows.items():
            free = hand.connected and not hand.doing and axis in known
            arrow.setEnabled(free and (not hand.touching or (axis, sign) == ("z", 1)))
        if self.words.text() != hand.words:
            self.words.setText(hand.words)

    def _show_numbers(self) -> None:
        """Show what was measured beside what was commanded; old numbers as old ones."""
        numbers = self._numbers
        for name, cell in self.cells.items():
            value = seen(numbers.values.get(name), name, self._showing, self._offset)
            cell.say(read_back(name, value))
            pieces.look(cell, "stale" if numbers.stale or name not in numbers.values else "readout")
            self._captions[name].setText(numbers.caption(self._titles.get(name, name)))
        for axis in AXES:
            self.targets[axis].say(commanded(numbers.commanded.get(axis)))
            self.limits[axis].say(self._reach.get(axis, ""))

    # ------------------------------------------------------------------------------ asking

    def _jog(self, axis: str, sign: int) -> None:
        try:
            at = {**self._numbers.values, **self._numbers.commanded}
            motion = jog(at, axis, sign, self.step.currentText(), self.speed.text())
        except ValueError as error:
            self._say(str(error), "mistake")
            return
        self._ask("jog", axis=motion.axis, to=motion.to, speed=motion.speed)

    def _drive(self, mode: str) -> None:
        volts = mode == "potential"
        field = self.potential if volts else self.current
        try:
            value = parse(field.text(), "V" if volts else "A")
        except ValueError as error:
            self._say(str(error), "mistake")
            return
        shift = self._showing.shift if self._showing.other else 0.0
        raw = value - shift - self._offset if volts else self._showing.sign * value
        self._ask("drive", mode=mode, value=raw)

    def _ask(self, what: str, **how: object) -> None:
        self._say("", "good")
        self.asked.emit(what, how)

    def _tell(self, note: Note) -> None:
        """Say what came of something."""
        self._say(readable(note.text), "warning" if note.level == "warning" else "good")

    def _say(self, words: str, look: str) -> None:
        """Say something where there is always room for it; the whole of it also as a hint."""
        self.message.setText(words)
        self.message.setToolTip(words)
        pieces.look(self.message, look)
