"""The log: what happened, in plain words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QListView, QToolButton, QVBoxLayout, QWidget

from ui import pieces
from ui.models.palette import Palette, Sizes
from ui.models.words import Level, Line

MOST = 5000
_SHOWN: dict[str, frozenset[Level]] = {
    "everything": frozenset({"detail", "info", "good", "warning", "error"}),
    "sites": frozenset({"info", "good", "warning", "error"}),
    "trouble": frozenset({"warning", "error"}),
}
Index = QModelIndex | QPersistentModelIndex


class LogModel(QAbstractListModel):
    """Lines, newest last, of which a filter shows some."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Line] = []
        self._shown: list[Line] = []
        self._levels, self._word = _SHOWN["sites"], ""
        self._colours: dict[str, QColor] = {}

    def dress(self, p: Palette) -> None:
        """Take colours."""
        named = {"detail": p.muted, "info": p.text, "good": p.good, "warning": p.warn,
                 "error": p.bad}  # fmt: skip
        self._colours = {level: QColor(colour) for level, colour in named.items()}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Tell how many lines are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a line or its colour."""
        line = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words(line)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colours.get(line.level)
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.remedy or None
        return None

    def extend(self, lines: Iterable[Line]) -> None:
        """Add lines; the oldest ones go when there are too many."""
        new = list(lines)
        self._all += new
        if len(self._all) > MOST:
            self._all = self._all[-MOST * 3 // 4 :]
            self._filter()
            return
        chosen = [line for line in new if self._wanted(line)]
        if chosen:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(chosen) - 1)
            self._shown += chosen
            self.endInsertRows()

    def show_only(self, choice: str, word: str) -> None:
        """Show some levels, and only lines with a word in them."""
        self._levels, self._word = _SHOWN[choice], word.casefold()
        self._filter()

    def _filter(self) -> None:
        self.beginResetModel()
        self._shown = [line for line in self._all if self._wanted(line)]
        self.endResetModel()

    def _wanted(self, line: Line) -> bool:
        return line.level in self._levels and self._word in words(line).casefold()


def words(line: Line) -> str:
    """Return a line as it stands in the log."""
    site = f"site {line.site}: " if line.site >= 0 else ""
    remedy = f"  → {line.remedy}" if line.remedy else ""
    return f"{line.at}  {site}{line.text}{remedy}"


class LogView(QWidget):
    """The log with its filters."""

    def __init__(self) -> None:
        super().__init__()
        self.model = LogModel()
        self._at_end = True
        self.list = QListView()
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.setModel(self.model)
        self.list.setWordWrap(True)
        self.list.setUniformItemSizes(False)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.word = pieces.line("", "only lines with …")
        self.word.textChanged.connect(self._choose)
        self.buttons: dict[str, QToolButton] = {}
        self.filters = QWidget()
        row = QHBoxLayout(self.filters)
        row.setContentsMargins(0, 0, 0, 0)
        for choice in _SHOWN:
            button = pieces.tool(choice, checkable=True, exclusive=True)
            button.setChecked(choice == "sites")
            button.toggled.connect(self._choose)
            self.buttons[choice] = button
            row.addWidget(button)
        row.addWidget(self.word, 1)
        bar = self.list.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._stay)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self.filters)
        whole.addWidget(self.list, 1)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours; fingers in gloves get the lines without the filters."""
        self.filters.setVisible(not sizes.glove)
        self.model.dress(palette)

    def extend(self, lines: list[Line]) -> None:
        """Add lines; stays at the end unless the user scrolled up to read."""
        at_end = self._at_end
        self.model.extend(lines)
        if at_end:
            self.list.scrollToBottom()

    def _scrolled(self, value: int) -> None:
        self._at_end = value >= self.list.verticalScrollBar().maximum() - 4

    def _stay(self, _: int, most: int) -> None:
        """Stay at the end when the view gets another size, too."""
        if self._at_end:
            self.list.verticalScrollBar().setValue(most)

    def _choose(self) -> None:
        choice = next(name for name, button in self.buttons.items() if button.isChecked())
        self.model.show_only(choice, self.word.text())
        self.list.scrollToBottom()
