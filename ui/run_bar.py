"""The run bar, always in view: the verbs of a run, and how it is doing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import pieces
from ui.models.palette import Palette, Sizes
from ui.models.run_state import RunState
from ui.models.words import Line

VERBS = ("start", "pause", "skip", "stop", "take", "emergency")
CELLS = ("phase", "site", "condition", "time left", "landed · no contact · failed", "data",
         "not on disk yet · free")  # fmt: skip
DATA, DISK = CELLS[-2:]
_TIPS = {
    DATA: "How old the newest rows are that the window has.",
    DISK: "What a power cut would take now; and how much room is left where the data file lies.\n"
    "A scan is made safe before every descent and after every landing.",
}


class RunBar(QWidget):
    """Shows a run's state and offers its verbs.

    Args:
        actions: by name; the buttons press these, so that keys and buttons agree.
    """

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons: dict[str, QToolButton] = {}
        self._actions = actions
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 0)
        for name in VERBS:
            button = QToolButton()
            button.setObjectName(name)
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            # A key that is meant for something else must not press a button that moves the tip.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self.buttons[name] = button
            if name == "emergency":
                row.addStretch(1)
                self.virtual = pieces.label("VIRTUAL", "virtual")
                self.virtual.setToolTip("No hardware: everything shown is simulated.")
                self.virtual.setVisible(False)
                row.addWidget(self.virtual)
                row.addSpacing(10)
            row.addWidget(button)
        self.cells: dict[str, QLabel] = {}
        self._captions: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setContentsMargins(14, 4, 14, 4)
        grid.setHorizontalSpacing(26)
        grid.setVerticalSpacing(0)
        for column, name in enumerate(CELLS):
            caption = self._captions[name] = pieces.label(name, "caption")
            grid.addWidget(caption, 0, column)
            cell = self.cells[name] = pieces.label("–", "readout")
            if name == "condition":
                cell.setMinimumWidth(60)
                cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            cell.setToolTip(_TIPS.get(name, ""))
            grid.addWidget(cell, 1, column)
        grid.setColumnStretch(CELLS.index("condition"), 1)
        self.alarm = pieces.label("", "alarm")
        self.alarm.setWordWrap(True)
        self.alarm.setVisible(False)
        self.away = QToolButton()
        self.away.setObjectName("flat")
        self.away.setDefaultAction(actions["dismiss"])
        self.away.setText("✕")
        self._strip = QWidget()
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setSpacing(0)
        strip.addWidget(self.alarm, 1)
        strip.addWidget(self.away)
        self.progress = pieces.bar()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addLayout(row)
        whole.addLayout(grid)
        whole.addWidget(self.progress)
        whole.addWidget(self._strip)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for button in self.buttons.values():
            button.setIconSize(QSize(sizes.icon, sizes.icon))
        for name in ("condition", DATA, DISK):
            # Large read-outs leave room for what an operator needs: these stand elsewhere, too.
            self.cells[name].setVisible(not sizes.glove)
            self._captions[name].setVisible(not sizes.glove)

    def show_run(
        self, run: RunState, condition: str, now: float, notice: Line | None = None
    ) -> None:
        """Show a run as it is now, and what must not be overlooked."""
        self._offer(run)
        done = f"{run.finished} of {run.total} done" if run.total else "–"
        texts = {
            "phase": run.phase_words,
            "site": done if run.site is None else f"{run.site} · {done}",
            "condition": condition or "–",
            "time left": run.time_left,
            "landed · no contact · failed": f"{run.landed} · {run.no_contact} · {run.failed}",
            DATA: _freshness(run, now),
            DISK: run.disk,
        }
        for name, text in texts.items():
            if self.cells[name].text() != text:
                self.cells[name].setText(text)
        self.virtual.setVisible(run.virtual)
        self.progress.setMaximum(0 if run.preparing else max(1, run.total))
        self.progress.setValue(run.finished)
        alarm = run.alarm(now)
        waiting = run.waiting if run.state == "paused" else ""
        told = notice if notice is not None and not (alarm or waiting) else None
        self.away.setVisible(told is not None)
        if told is not None:
            words = f"{told.text} {told.remedy}".strip()
            self._say(words, "alarm" if told.level == "error" else "notice")
        else:
            self._say(alarm or waiting, "alarm" if alarm else "notice")

    def _say(self, words: str, name: str) -> None:
        """Say something across the whole window: an alarm, why the run waits, what was refused."""
        self.alarm.setVisible(bool(words))
        if self.alarm.text() != words or self.alarm.objectName() != name:
            self.alarm.setText(words)
            self.alarm.setObjectName(name)
            self.alarm.style().unpolish(self.alarm)
            self.alarm.style().polish(self.alarm)

    def _offer(self, run: RunState) -> None:
        """Enable what makes sense; the first button starts, or resumes a run that pauses."""
        resumes = run.can("resume")
        first = "resume" if resumes else "start"
        button = self.buttons["start"]
        if button.defaultAction() is not self._actions[first]:
            button.removeAction(button.defaultAction())
            button.setDefaultAction(self._actions[first])
        self._actions["start"].setEnabled(run.can("start"))
        for verb in ("resume", "pause", "skip", "stop"):
            self._actions[verb].setEnabled(run.can(verb))
        self._actions["emergency"].setEnabled(True)
        by_hand = run.doing == "manual" and run.in_control
        for verb in ("hold", "off"):
            self._actions[verb].setEnabled(by_hand)
        self._actions["resume-file"].setEnabled(run.doing == "idle")
        # Another window steers the run: it can be taken over from there.
        self.buttons["take"].setVisible(not run.in_control)


def _freshness(run: RunState, now: float) -> str:
    """Say how old the newest rows are."""
    if not run.running:
        return "–"
    lag = run.lag(now)
    return "live" if lag < 0.5 else f"{lag:.1f} s old"
