"""The queue: plans that run one after the other, changed while they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QProcess, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from seccm.errors import PlanError, SeccmError
from seccm.own_folder import own_folder
from seccm.plan import Plan
from seccm.session import plan_queue
from ui import pieces
from ui.models import queue
from ui.models.palette import Sizes
from ui.models.queue import HEADS, Queue
from ui.pushed import kinetic

LOOK_MS = 1000
"""From one look at the list to the next."""
Opened = Callable[[], tuple[Plan, str, Path | None]]


class QueueView(QWidget):
    """Shows the list, and changes it.

    Args:
        rig: name or file, for plans that are added.
        opened: gives the plan that is open, its text and the data file that was typed.
    """

    changed = Signal(object)
    """How the list is now: a `Queue`."""

    def __init__(self, rig: str, opened: Opened) -> None:
        super().__init__()
        self._rig, self._opened = rig, opened
        self.rig_is_busy: Callable[[], bool] = lambda: False
        self.now = Queue()
        self.words = pieces.label("", "heading", wrap=True)
        self.refused = pieces.label("", "mistake", wrap=True)
        self.refused.hide()
        self.table = kinetic(QTableWidget(0, len(HEADS)))
        self.table.setHorizontalHeaderLabels(list(HEADS))
        self.table.setAccessibleName("Plans in the queue, in the order in which they run")
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for wide in (HEADS.index("Plan"), HEADS.index("Data file")):
            header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._offer)
        self.file = pieces.label("", "small", wrap=True)
        self.buttons: dict[str, QPushButton] = {}
        self.go_on = QCheckBox("A plan that fails does not end the queue")
        pieces.means(
            self.go_on,
            "Whether the next plan runs after one that was refused, or whose rig failed. A run "
            "that somebody stops always ends the queue.",
        )
        self.notice = QCheckBox("Notice when a run is done, paused or failed")
        pieces.means(
            self.notice,
            "On the desktop, and by mail or chat where notices.txt in the folder of what you keep "
            "says so.",
        )
        self.notice.setChecked(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self.words)
        whole.addLayout(self._row("Add the open plan", "Move up", "Move down", "Remove"))
        whole.addWidget(self.table, 1)
        whole.addWidget(self.file)
        whole.addWidget(self.refused)
        for check in (self.go_on, self.notice):
            whole.addWidget(check)
        whole.addLayout(self._row("Run the queue", "End after this run", "Clear what is over"))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)
        self.look()

    def _row(self, *names: str) -> QHBoxLayout:
        row = QHBoxLayout()
        doing: dict[str, Callable[[], object]] = {
            "Add the open plan": self.add,
            "Move up": lambda: self._move(-1),
            "Move down": lambda: self._move(1),
            "Remove": self._remove,
            "Run the queue": self.run,
            "End after this run": lambda: self._do(lambda: plan_queue.hold(on=not self.now.held)),
            "Clear what is over": lambda: self._do(plan_queue.clear),
        }
        for name in names:
            button = self.buttons[name] = QPushButton(name)
            button.clicked.connect(lambda _=False, do=doing[name]: do())
            row.addWidget(button)
        row.addStretch(1)
        if "Run the queue" in names:
            # It sets the tip in motion: no key that is meant for something else may press it.
            self.buttons["Run the queue"].setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return row

    def dress(self, sizes: Sizes) -> None:
        """Take sizes; in gloves, a line is as high as a finger."""
        pieces.uncut(*self.buttons.values())
        high = sizes.target // 2 if sizes.glove else round(2.2 * sizes.font)
        self.table.verticalHeader().setDefaultSectionSize(high)
        self.table.setMinimumHeight(4 * high)

    def look(self) -> None:
        """Read the list again."""
        now = Queue.now()
        if now != self.now or self.table.rowCount() != len(now.entries):
            self.now = now
            self._fill()
            self.changed.emit(now)
        self._offer()

    def add(self) -> None:
        """Put the plan that is open at the end of the list."""

        def do() -> None:
            plan, text, target = self._opened()
            queue.add(plan, text, self._rig, target)

        if self._do(do):
            self.table.selectRow(self.table.rowCount() - 1)

    def run(self) -> None:
        """Run what waits, in a process that outlives this window."""
        if self.rig_is_busy():
            self._refuse("The rig is in use: end the run, or let go of it, before the queue runs.")
            return
        program, *arguments = queue.command(
            go_on=self.go_on.isChecked(), notice=self.notice.isChecked()
        )
        process = QProcess()
        process.setProgram(program)
        process.setArguments(arguments)
        log = own_folder("queue.log")
        process.setStandardOutputFile(str(log))
        process.setStandardErrorFile(str(log), QProcess.OpenModeFlag.Append)
        started = process.startDetached()
        self._refuse("" if started else f"The queue could not be started: {program}.")
        self.look()

    def shut(self) -> None:
        """Look no more; a queue that runs goes on."""
        self._timer.stop()

    # ------------------------------------------------------------------------------ behind

    @property
    def _chosen(self) -> int | None:
        """The number of the entry that is selected."""
        rows = self.table.selectionModel().selectedRows()
        place = rows[0].row() if rows else -1
        return self.now.entries[place].number if 0 <= place < len(self.now.entries) else None

    def _do(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except PlanError as error:
            self._refuse(" ".join(map(str, error.problems)))
            return False
        except SeccmError as error:
            self._refuse(str(error))
            return False
        self._refuse("")
        self.look()
        return True

    def _refuse(self, words: str) -> None:
        self.refused.setText(words)
        self.refused.setVisible(bool(words))

    def _move(self, by: int) -> None:
        number = self._chosen
        places = [one.number for one in self.now.entries]
        if number is None:
            return
        place = places.index(number) + by
        if 0 <= place < len(places) and self._do(lambda: plan_queue.move(number, place + 1)):
            self.table.selectRow(place)

    def _remove(self) -> None:
        number = self._chosen
        if number is not None:
            self._do(lambda: plan_queue.remove(number))

    def _fill(self) -> None:
        chosen = self._chosen
        self.table.setRowCount(len(self.now.entries))
        for row, entry in enumerate(self.now.entries):
            tips = ("", entry.plan, entry.rig, entry.state, entry.output)
            for column, text in enumerate(queue.cells(entry, row + 1)):
                item = QTableWidgetItem(text)
                item.setToolTip(tips[column])
                self.table.setItem(row, column, item)
            if entry.number == chosen:
                self.table.selectRow(row)
        self.words.setText(self.now.words)

    def _offer(self) -> None:
        """Offer what makes sense."""
        number, entries = self._chosen, self.now.entries
        place = next((k for k, one in enumerate(entries) if one.number == number), -1)
        entry = entries[place] if place >= 0 else None
        free = entry is not None and (entry.state != "running" or not self.now.is_run)
        for name, possible in (
            ("Move up", place > 0),
            ("Move down", 0 <= place < len(entries) - 1),
            ("Remove", free),
            ("Run the queue", not self.now.is_run and self.now.waiting > 0),
            ("End after this run", self.now.is_run),
            ("Clear what is over", any(one.state not in ("waiting", "running") for one in entries)),
        ):
            self.buttons[name].setEnabled(possible)
        self.buttons["End after this run"].setText(
            "Go on after this run" if self.now.held and self.now.is_run else "End after this run"
        )
        self.file.setText("" if entry is None else f"{entry.plan} · {entry.output}")
