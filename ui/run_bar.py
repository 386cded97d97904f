"""The run bar, always in view: the verbs of a run, and how it is doing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from seccm.words import SIMULATION
from ui import pieces
from ui.emergency_banner import EmergencyBanner
from ui.models.palette import Palette, Sizes
from ui.models.run_state import RunState
from ui.models.words import Line
from ui.readout import Readout

STRIP, GLOVED_STRIP = 2.3, 2.0
"""Height of the strip below the run bar, in letters' heights: one line, or a button; in gloves,
where its button stands elsewhere, a line only."""
VERBS = ("start", "pause", "skip", "stop", "take", "emergency")
CELLS = ("phase", "site", "condition", "time left", " · ".join(RunState().counted),
         "data", "not on disk yet · disk free")  # fmt: skip
DATA, DISK = CELLS[-2:]
DONE, COUNTS = "done", CELLS[4]
CAPTION, LEGIBLY = 0.8, 0.55
"""Of the usual size of letters, the least of a caption, and of a condition, in a narrow window."""
RESERVED = {"time left": "≈ 99:59", DATA: "9.9 s old", DISK: "99.9 s · 99.9 GB"}
"""The longest that usually stands there: what lies beside does not hop."""
GLOVED = {"phase": (0, 0), "site": (0, 1), DONE: (0, 2), "time left": (0, 3), COUNTS: (2, 2)}
"""Row and column of the read-outs that remain in gloves; the first two are read from afar."""
FROM_AFAR = ("phase", "site")
SMALLER = 0.45
"""How large the others are then."""
SHORT = {"pause": "Pause", "skip": "Skip", "stop": "Stop", "take": "Take\ncontrol"}
"""What stands on buttons that are narrow; that of an emergency has a word on each of two lines."""
SPOKEN = ("pause", "skip", "stop", "emergency")
"""Buttons that are called what the way of the run calls them."""
_BRIEFLY = {"travelling": "travel", "settling": "settle", "approaching": "approach",
            "measuring": "measure", "retracting": "retract",
            "resting": "rest"}  # fmt: skip
_TIPS = {
    COUNTS: "Number of sites with each outcome, in the order of the words above.",
    DATA: "Age of the newest data in this window.",
    DISK: "Seconds of data that a power failure would lose now, and the free space on the disk.\n"
    "All data are made safe before anything is touched, and before every measurement.",
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
        self._glove = False
        row = self._row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 0)
        for name in VERBS:
            button = QToolButton()
            button.setObjectName(name)
            button.setDefaultAction(actions[name])
            # A key that is meant for something else must not press a button that moves the tip.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            self.buttons[name] = button
            if name == "emergency":
                row.addStretch(1)
                self.virtual = pieces.label(SIMULATION, "virtual")
                self.virtual.setToolTip("No hardware is involved: everything shown is simulated.")
                self.virtual.setVisible(False)
                row.addWidget(self.virtual)
                row.addSpacing(10)
            row.addWidget(button)
        self.cells: dict[str, Readout] = {}
        self._captions: dict[str, Readout] = {}
        grid = self._grid = QGridLayout()
        grid.setContentsMargins(14, 4, 14, 4)
        grid.setVerticalSpacing(0)
        for name in (*CELLS, DONE):
            self._captions[name] = Readout(name, "caption", CAPTION, firm=True)
            small = name == "condition"
            self.cells[name] = Readout(least=LEGIBLY, firm=True) if small else Readout()
            self.cells[name].setToolTip(_TIPS.get(name, ""))
        self._lay_out_cells()
        self._make_strip()
        self.emergency = EmergencyBanner(actions["dismiss"].trigger)
        self.progress = pieces.bar()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addLayout(row)
        whole.addLayout(grid)
        whole.addWidget(self.progress)
        whole.addWidget(self.emergency)
        whole.addWidget(self._strip)

    def _make_strip(self) -> None:
        """Make the strip in which something is always said: so nothing moves when it changes."""
        self.alarm = pieces.label("", "quiet", wrap=True)
        self.away = self._button("dismiss")
        self.resume, self.file = self._button("resume-file"), self._button("show-file")
        self._strip = pieces.bare("strip")
        strip = self._beside = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.setSpacing(0)
        strip.addWidget(self.alarm, 1)
        for button in (self.resume, self.file):
            button.setVisible(False)
        self._place_offers()

    def _button(self, name: str) -> QToolButton:
        """Make a flat button of an action, which no key presses."""
        button = QToolButton()
        button.setObjectName("flat")
        button.setDefaultAction(self._actions[name])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        return button

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        for button in self.buttons.values():
            button.setIconSize(QSize(sizes.icon, sizes.icon))
        if sizes.glove != self._glove:
            self._glove = sizes.glove
            self._lay_out_cells()
            self._place_offers()
        for name, cell in self.cells.items():
            cell.enlarge(SMALLER if self._glove and name not in FROM_AFAR else 1.0)
        self._label_buttons()
        # What appears in it has its room already.
        self._strip.setMinimumHeight(round((GLOVED_STRIP if self._glove else STRIP) * sizes.font))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write on the buttons what there is room for."""
        super().resizeEvent(event)
        self._label_buttons()

    def _label_buttons(self) -> None:
        """Write the long words on the buttons, or the short ones below their icons."""
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        urgent = self._actions["emergency"].text()
        self._write({name: self._actions[name].text() for name in (*SHORT, "emergency")}, style)
        if self._glove:
            short = {**SHORT, "emergency": urgent.replace(" ", "\n")}
            self._write(short, Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        elif self._row.sizeHint().width() > self.width():
            self._write(SHORT, style)

    def _speak(self, run: RunState) -> None:
        """Call buttons and counts what they are called in the way of the run."""
        words = {name: str(getattr(run.words, name)) for name in SPOKEN}
        if {name: self._actions[name].text() for name in words} != words:
            for name, text in words.items():
                action = self._actions[name]
                action.setText(text)
                action.setToolTip(f"{text}  ({action.shortcut().toString()})")
            self._label_buttons()
        counts = " · ".join(run.counted)
        if self._captions[COUNTS].text() != counts:
            self._captions[COUNTS].setText(counts)

    def _write(self, words: Mapping[str, str], style: Qt.ToolButtonStyle) -> None:
        for name, text in words.items():
            self._actions[name].setIconText(text)
        for button in self.buttons.values():
            button.setToolButtonStyle(style)

    def _place_offers(self) -> None:
        """Put what is offered beside what is said; in gloves, where its height costs no room."""
        for button, brief in (
            (self.resume, "Resume file"), (self.file, "Browse file"), (self.away, "Dismiss")
        ):  # fmt: skip
            for row in (self._row, self._beside):
                row.removeWidget(button)
            action = button.defaultAction()
            usual = "✕" if button is self.away else action.text()
            action.setIconText(brief if self._glove else usual)
            if self._glove:
                self._row.insertWidget(self._row.indexOf(self.virtual), button)
            else:
                self._beside.addWidget(button)

    def _lay_out_cells(self) -> None:
        """Put the read-outs into one row; in gloves, two large ones and some smaller ones."""
        places = GLOVED if self._glove else {name: (0, k) for k, name in enumerate(CELLS)}
        for name, cell in self.cells.items():
            caption = self._captions[name]
            for widget in (caption, cell):
                self._grid.removeWidget(widget)
                widget.setVisible(name in places)
            if name in places:
                row, column = places[name]
                tall = 3 if self._glove and name in FROM_AFAR else 1
                wide = 2 if self._glove and name == COUNTS else 1
                self._grid.addWidget(caption, row, column, 1, wide)
                self._grid.addWidget(cell, row + 1, column, tall, wide)
        self._grid.setHorizontalSpacing(26)
        for column in range(len(CELLS)):
            self._grid.setColumnStretch(column, 0)
        stretched = list(GLOVED).index("time left") if self._glove else CELLS.index("condition")
        self._grid.setColumnStretch(stretched, 1)

    def show_run(
        self,
        run: RunState,
        condition: str,
        now: float,
        notice: Line | None = None,
        *,
        simulated: bool = False,
        opened: str = "",
    ) -> None:
        """Show a run as it is now, and what must not be overlooked.

        Args:
            run: the newest.
            condition: of the active site, in words.
            now: seconds on any steady clock.
            notice: the newest warning that nobody has dismissed.
            simulated: whether what is shown, or would be started, involves no hardware.
            opened: title of the plan that would be started; empty without one.
        """
        self._offer(run)
        self._speak(run)
        texts = {
            "phase": _briefly(run.phase_words) if self._glove else run.phase_words,
            "site": self._site(run),
            DONE: run.done_words or "–",
            "condition": condition or "–",
            "time left": run.time_left(now),
            COUNTS: " · ".join(map(str, run.counted.values())),
            DATA: _freshness(run, now),
            DISK: run.disk,
        }
        for name, longest in RESERVED.items():
            self.cells[name].reserve("" if self._glove else longest)
        if self._glove and run.total:
            self.cells["site"].reserve(str(run.total - 1))
            self.cells[DONE].reserve(run.done_words if run.more else f"{run.total} of {run.total}")
        for name, text in texts.items():
            if self.cells[name].text() != text:
                self.cells[name].setText(text)
        self.virtual.setVisible(simulated)
        self.progress.setMaximum(0 if run.preparing else max(1, run.total))
        self.progress.setValue(run.finished)
        told = notice if notice is not None and not run.alarm(now) else None
        self.away.setVisible(told is not None)
        over = run.ended is not None and run.doing == "idle"
        self.resume.setVisible(over and run.left)
        self.file.setVisible(over and run.total > 0)
        self._say(*self._words(run, now, told, opened))

    def _words(self, run: RunState, now: float, told: Line | None, opened: str) -> tuple[str, str]:
        """Return what the strip says, the most urgent first, and how it looks."""
        alarm = run.alarm(now)
        if alarm:
            return alarm, "alarm"
        waiting = run.waiting if run.state in ("paused", "suspended") else ""
        if told is not None:
            words = " · ".join(part for part in (waiting, told.text, told.remedy) if part)
            return words, "alarm" if told.level == "error" else "notice"
        return (waiting, "notice") if waiting else (run.summary(opened), "quiet")

    def _site(self, run: RunState) -> str:
        """Say which site is in hand and, where that does not stand elsewhere, how many are done."""
        number = "" if run.site is None else str(run.site)
        if self._glove:
            return number or "–"
        done = f"{run.done_words} done" if run.done_words else "–"
        return f"{number} · {done}" if number else done

    def _say(self, words: str, name: str) -> None:
        """Say something across the whole window: an alarm, why the run waits, what was refused."""
        if self.alarm.text() != words:
            self.alarm.setText(words)
        pieces.look(self.alarm, name)

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
        self._actions["resume-file"].setEnabled(run.can("start"))
        # Another window steers the run: it can be taken over from there.
        self.buttons["take"].setVisible(not run.in_control)


def _briefly(words: str) -> str:
    """Say a phase in a word."""
    first = words.split(",")[0]
    return _BRIEFLY.get(first, first)


def _freshness(run: RunState, now: float) -> str:
    """Say how old the newest rows are."""
    if not run.running:
        return "–"
    lag = run.lag(now)
    return "live" if lag < 0.5 else f"{lag:.1f} s old"
