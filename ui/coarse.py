"""The coarse approach in the manual view: armed, started, granted motion by motion, stopped."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seccm.commissioning.coarse_approach import PROCEDURE
from seccm.remote import News
from seccm.typography import readable
from ui import pieces
from ui.models.coarse import MOVES, Coarse, Motor, is_coarse, result_of
from ui.models.desk import Desk

BEATS = 4
"""For so many beats what has appeared is kept in sight: until it has its place in the layout."""


class CoarsePanel(QWidget):
    """Asks the host for a coarse approach, and answers what it asks.

    Two buttons in two places begin it, neither of which a key can press; the first one is a
    switch, so that a double click does nothing. The host decides about everything else.

    Args:
        rig: name or file of the rig.
    """

    started = Signal(bool)
    """Whether every motion of the motor must be granted."""
    stopped = Signal()
    replied = Signal(str, bool)
    """The question that was read, and whether to go on."""
    kept = Signal()
    unfolded = Signal(QWidget)
    """A part that has just appeared and wants to be seen."""

    def __init__(self, rig: str) -> None:
        super().__init__()
        self._rig = rig
        self.motor = Motor.of(rig)
        self.question = ""
        self._new: tuple[QWidget, int] = self, 0
        self.bounds = pieces.label("", "muted", wrap=True)
        self.example = pieces.label("", "small")
        self.example.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.why = pieces.label("", "warning", wrap=True)
        self.arm = _button("Coarse approach …")
        self.arm.setCheckable(True)
        self.arm.toggled.connect(self._arm)
        self.stop = _button("Stop")
        self.stop.clicked.connect(self.stopped)
        self.cancel = _button("Cancel")
        self.cancel.clicked.connect(lambda: self.arm.setChecked(False))
        self.armed = self._make_armed()
        self.progress = pieces.bar()
        self.progress.setRange(0, 1000)
        self.words = pieces.label("", "muted", wrap=True)
        self.asking = self._make_asking()
        self.result = pieces.label("", "good", wrap=True)
        self.report = _button("Save report")
        self.report.clicked.connect(self.kept)
        row = QHBoxLayout()
        for button in (self.arm, self.cancel, self.stop):
            row.addWidget(button)
        row.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.report)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(pieces.label("Coarse approach", "heading"))
        # What comes and goes stands below what is pressed: no button moves under the pointer.
        column.addWidget(self.bounds)
        column.addLayout(row)
        below_it: tuple[QWidget, ...] = (self.armed, self.asking, self.progress, self.words,
                                         self.why, self.example, self.result)  # fmt: skip
        for widget in below_it:
            column.addWidget(widget)
        column.addLayout(below)
        self.result.hide()
        self.report.hide()
        self._arm(False)
        self.reload()
        self._show(Coarse.of(None, self.motor, has_plan=False))

    def _make_armed(self) -> QWidget:
        box, column, row = _box()
        column.addWidget(pieces.label(MOVES, "warning", wrap=True))
        self.each = QCheckBox("Ask before each motion of the motor")
        self.each.setChecked(True)
        words = (
            "With it, the program asks before the motor takes each step towards the sample. The "
            "piezo approaches by itself in between, and stops at contact."
        )
        pieces.means(self.each, words)
        self.start = _button("Start: the tip moves")
        self.start.clicked.connect(self._start)
        row.addWidget(self.each)
        row.addStretch(1)
        row.addWidget(self.start)
        column.addLayout(row)
        return box

    def _make_asking(self) -> QWidget:
        box, column, row = _box()
        self.asked = pieces.label("", "warning", wrap=True)
        column.addWidget(self.asked)
        self.no, self.yes = _button("Stop here"), _button("Move the motor")
        self.no.clicked.connect(lambda: self._reply(False))
        self.yes.clicked.connect(lambda: self._reply(True))
        row.addWidget(self.no)
        row.addStretch(1)
        row.addWidget(self.yes)
        column.addLayout(row)
        return box

    def serve(self, desk: Desk, begin: Callable[[bool], None]) -> None:
        """Pass the beginning on to who has the plan, and everything else to the desk."""
        self.started.connect(begin)
        self.stopped.connect(desk.stop_step)
        self.replied.connect(desk.reply)
        self.kept.connect(lambda: desk.keep(PROCEDURE, False))

    # ------------------------------------------------------------------------------ showing

    def reload(self) -> None:
        """Read the rig file again."""
        self.motor = Motor.of(self._rig)
        pieces.look(self.bounds, "muted" if self.motor.there else "warning")
        self.bounds.setText(self.motor.words)
        self.example.setText(self.motor.example)
        self.example.setVisible(bool(self.motor.example))

    def show_news(self, news: News | None, has_plan: bool) -> None:
        """Show what came of it, how far it is, what it asks, and what can be pressed."""
        for found in news.found if news is not None else ():
            if is_coarse(found):
                words, good = result_of(found)
                pieces.look(self.result, "good" if good else "bad")
                self.result.setText(found.kept or words)
                self.report.setVisible(found.judged and not found.kept)
        if self.isVisible():
            self._show(Coarse.of(news, self.motor, has_plan))

    def showEvent(self, event: QShowEvent) -> None:
        """Look again at the rig file whenever somebody comes."""
        self.reload()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing stays armed that nobody sees."""
        self.arm.setChecked(False)
        super().hideEvent(event)

    def _show(self, coarse: Coarse) -> None:
        if not coarse.may_start:
            self.arm.setChecked(False)
        self.arm.setEnabled(coarse.may_start)
        self.stop.setEnabled(coarse.may_stop)
        self.stop.setVisible(coarse.running)
        self.progress.setVisible(coarse.running)
        self.progress.setValue(round(1000 * coarse.done))
        for label, words in ((self.why, coarse.why), (self.words, coarse.words)):
            label.setVisible(bool(words))
            if label.text() != words:
                label.setText(words)
        self.result.setVisible(bool(self.result.text()) and not coarse.running)
        self.report.setEnabled(coarse.may_keep)
        self.asking.setVisible(bool(coarse.question))
        for button in (self.yes, self.no):
            button.setEnabled(coarse.may_stop)
        if coarse.question != self.question:
            self.question = coarse.question
            self.asked.setText(readable(coarse.question))
            if coarse.question:
                self._new = self.asking, BEATS
        part, beats = self._new
        if beats:
            self._new = part, beats - 1
            self.unfolded.emit(part)

    # ------------------------------------------------------------------------------ asking

    def _arm(self, on: bool) -> None:
        self.armed.setVisible(on)
        self.cancel.setVisible(on)
        self._new = self.armed, BEATS if on else 0

    def _start(self) -> None:
        self.arm.setChecked(False)
        self.result.clear()
        self.report.hide()
        self.started.emit(self.each.isChecked())

    def _reply(self, yes: bool) -> None:
        self.replied.emit(self.question, yes)


def _button(text: str) -> QPushButton:
    """Make a button that no key can press."""
    made = QPushButton(text)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made


def _box() -> tuple[QWidget, QVBoxLayout, QHBoxLayout]:
    """Make a box of words above a row of buttons."""
    box, row = QWidget(), QHBoxLayout()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    return box, column, row
