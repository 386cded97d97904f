"""Finding scans: what the catalogue knows, searched while you type; open, compare, tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from seccm.errors import DataFileError
from ui import pieces
from ui.dialogs import show
from ui.models import scans
from ui.models.palette import Sizes
from ui.models.scans import HEADS, RESULT, Known, ScanTable
from ui.models.worker import Worker
from ui.pushed import kinetic

TYPED_MS = 200
"""After so long without a keystroke the list is searched."""
FIELDS = (
    ("text", "anywhere", "Words in the title, description, sample, notes or path."),
    ("plan", "title", "Words in the title of the plan."),
    ("sample", "sample", "Words in the name of the sample."),
    ("condition", "condition", "Words in a condition, such as j = -1."),
    ("notes", "notes", "Words in the notes of the experiment and in the description."),
    ("tag", "tag", "A tag that the scan has."),
    ("after", "begun after", "A day such as 2026-02-24, a month or a year: begun then or later."),
    ("before", "before", "A day such as 2026-02-24, a month or a year: begun before."),
    ("range", "result range", "The median of a result, or what was measured around the cell, such "
     "as E_nuc = -0.4 V .. -0.2 V; one of the limits may be left out."),
)  # fmt: skip
NO_RESULT = "Show a result …"


class ScansView(QWidget):
    """Lists scans.

    Args:
        recent: gives the files that were used last.
    """

    opened = Signal(Path, bool)
    """A file is to be opened; whether beside the one that is open."""
    left = Signal()
    """Back to the files that are open."""

    def __init__(self, recent: Callable[[], Sequence[Path]]) -> None:
        super().__init__()
        self._recent = recent
        self.known = Known()
        self._worker = Worker("scans")
        self._pending: Future[Known] | None = None
        self.fields: dict[str, QLineEdit] = {}
        self.table = ScanTable(self)
        self.list = kinetic(QTableView())
        self.list.setModel(self.table)
        self.list.setAccessibleName("Scans that were found")
        self.list.verticalHeader().hide()
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setTabKeyNavigation(False)
        self.list.setWordWrap(True)
        header = self.list.horizontalHeader()
        header.setSectionResizeMode(HEADS.index("Title"), QHeaderView.ResizeMode.Stretch)
        self.list.setColumnHidden(RESULT, True)
        self.list.doubleClicked.connect(lambda _: self.open(beside=False))
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._describe())
        self.table.modelReset.connect(self._describe)
        self.beside = kinetic(QTableWidget(0, 1))
        self.beside.setAccessibleName("What the selected scans are, side by side")
        self.beside.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.beside.setTabKeyNavigation(False)
        self.beside.setTextElideMode(Qt.TextElideMode.ElideNone)
        self._fit = QTimer(self)
        self._fit.setSingleShot(True)
        self._fit.timeout.connect(self.beside.resizeRowsToContents)
        beside = self.beside.horizontalHeader()
        beside.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        # Words take more lines where the list or a scroll bar takes room.
        beside.sectionResized.connect(lambda *_: self._fit.start())
        self.words = pieces.label("", "muted", wrap=True)
        self.refused = pieces.label("", "mistake", wrap=True)
        self.busy = pieces.bar(endless=True)
        self.buttons: dict[str, QPushButton] = {}
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.list)
        split.addWidget(self.beside)
        split.setSizes([860, 360])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.addLayout(self._top())
        whole.addLayout(self._form())
        whole.addWidget(self.busy)
        whole.addWidget(self.refused)
        whole.addWidget(self.words)
        whole.addWidget(split, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(TYPED_MS)
        self._later.timeout.connect(self.search)
        self._watch = QTimer(self)
        self._watch.setInterval(50)
        self._watch.timeout.connect(self._collect)
        self._describe()

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(pieces.label("Scans", "title"))
        row.addStretch(1)
        for name, tip, do in (
            ("Look through a folder …", "Include the data files of one more folder", self._ask),
            ("Look again", "Look for files that are new or have changed", self.look_again),
            ("Tag …", "Give tags to the scan that is selected", self._ask_tags),
            ("Open", "Browse the scan that is selected", lambda: self.open(beside=False)),
            ("Compare", "Browse the selected scan beside the one that is open, or two of them",
             lambda: self.open(beside=True)),
            ("Back", "Back to the file that is open", self.left.emit),
        ):  # fmt: skip
            button = self.buttons[name] = QPushButton(name)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, do=do: do())
            row.addWidget(button)
        return row

    def _form(self) -> QGridLayout:
        grid = QGridLayout()
        for k, (name, words, meaning) in enumerate(FIELDS):
            field = self.fields[name] = pieces.line("", words)
            pieces.means(field, meaning, words)
            field.setToolTip(meaning)
            field.textChanged.connect(lambda _: self._later.start())
            grid.addWidget(field, k // 5, k % 5)
        self.result = pieces.no_wheel(pieces.narrow(pieces.box(""), 12))
        self.result.addItem(NO_RESULT)
        pieces.means(self.result, "A column with the median of this result in every scan, and its "
                     "range.", "result")  # fmt: skip
        self.result.activated.connect(lambda _: self.search())
        self.recent = QCheckBox("used last")
        pieces.means(self.recent, "Only files that were opened or measured here last.")
        self.recent.toggled.connect(lambda _: self.search())
        last = QHBoxLayout()
        last.addWidget(self.result, 1)
        last.addWidget(self.recent)
        grid.addLayout(last, 1, 4)
        return grid

    def dress(self, sizes: Sizes) -> None:
        """Take sizes: two lines of words, as long titles need; in gloves at least half a target."""
        pieces.uncut(*self.buttons.values())
        high = max(sizes.target // 2 if sizes.glove else 0, round(3.2 * sizes.font))
        self.list.verticalHeader().setDefaultSectionSize(high)
        for head, letters in (("Begun", 17), ("Sample", 11), ("Sites", 6), ("State", 12),
                              ("Tags", 9), ("Result", 24), ("File", 20)):  # fmt: skip
            width = round(0.62 * letters * sizes.font)
            self.list.setColumnWidth(HEADS.index(head), width)

    def showEvent(self, event: QShowEvent) -> None:
        """Read the catalogue whenever somebody comes."""
        super().showEvent(event)
        self._do(partial(scans.load, tuple(self._recent())))

    # ------------------------------------------------------------------------------ searching

    def search(self) -> None:
        """List the scans that have what was typed."""
        typed = {name: field.text().strip() for name, field in self.fields.items()}
        result = self.result.currentText() if self.result.currentIndex() > 0 else ""
        recent = self.recent.isChecked()
        try:
            found = self.known.find(scans.search_of(typed), recent=recent)
        except DataFileError as error:
            self.refused.setText(str(error))
            return
        self.refused.setText("")
        self.list.setColumnHidden(RESULT, not result)
        self.table.show_found(self.known, found, result)
        self.words.setText(scans.found_words(self.known, len(found), recent=recent))

    def look_again(self) -> None:
        """Look for scans that are new or have changed."""
        self._do(partial(scans.look_through, None, tuple(self._recent())))

    def look_through(self, folder: Path) -> None:
        """Look through one more folder from now on."""
        self._do(partial(scans.look_through, folder, tuple(self._recent())))

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Look through a folder of data files")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.fileSelected.connect(lambda text: self.look_through(Path(text)))
        show(dialog)

    def _do(self, task: Callable[[], Known]) -> None:
        """Have something done in the thread, after what it is at."""
        self._pending = self._worker.do(task)
        self.busy.setVisible(True)
        self._watch.start()

    def _collect(self) -> None:
        if self._pending is None or not self._pending.done():
            return
        done, self._pending = self._pending, None
        self._watch.stop()
        self.busy.setVisible(False)
        try:
            self.known = done.result()
        except (DataFileError, OSError) as error:
            self.refused.setText(str(error))
            return
        chosen = self.result.currentText()
        self.result.clear()
        self.result.addItems([NO_RESULT, *self.known.results])
        self.result.setCurrentIndex(max(0, self.result.findText(chosen)))
        self.search()

    # ------------------------------------------------------------------------------ selected

    @property
    def selected(self) -> list[str]:
        """The paths of the scans that are selected."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedRows())
        return [self.table.entries[row].path for row in rows]

    def open(self, *, beside: bool) -> None:
        """Open what is selected; two scans side by side, or one beside what is open."""
        chosen = self.selected
        for k, path in enumerate(chosen[:2] if beside else chosen[:1]):
            self.opened.emit(Path(path), beside and (k > 0 or len(chosen) == 1))

    def tag(self, names: Sequence[str]) -> None:
        """Give tags to the scan that is selected."""
        if self.selected and names:
            path = self.selected[0]
            self._do(lambda: scans.tag(path, names, tuple(self._recent())))

    def _ask_tags(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Tags")
        dialog.setLabelText("Tags, separated by commas; -tag removes one:")
        dialog.textValueSelected.connect(lambda text: self.tag(scans.tags_of(text)))
        show(dialog)

    def _describe(self) -> None:
        """Say what the selected scans are, side by side."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedRows())[:4]
        entries = [self.table.entries[row] for row in rows]
        told = scans.details(entries)
        self.beside.clear()
        self.beside.setColumnCount(max(1, len(entries)))
        self.beside.setRowCount(len(told))
        names = [Path(entry.path).stem for entry in entries]
        self.beside.setHorizontalHeaderLabels(names or ["Select a scan; Ctrl+click another"])
        self.beside.setVerticalHeaderLabels([name for name, _ in told])
        for row, (_, texts) in enumerate(told):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.beside.setItem(row, column, item)
        self.beside.resizeRowsToContents()
        for name in ("Open", "Compare", "Tag …"):
            self.buttons[name].setEnabled(bool(entries))

    def allow_back(self, possible: bool) -> None:
        """Say whether there is a file to go back to."""
        self.buttons["Back"].setVisible(possible)

    def shut(self) -> None:
        """Let go of the thread without waiting for it."""
        self._later.stop()
        self._watch.stop()
        self._fit.stop()
        self._worker.end()
