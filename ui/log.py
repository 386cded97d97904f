"""The log: what happened, in plain words, with what to do about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import merge
from itertools import count

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from ui import pieces
from ui.models.palette import Palette, Sizes
from ui.models.words import Level, Line
from ui.pushed import kinetic

MOST = 2000
"""Lines of one kind that are kept, and lines that are shown; the data file has every event."""
_KINDS: tuple[frozenset[Level], ...] = (
    frozenset({"warning", "error"}),
    frozenset({"info", "good", "doubtful"}),
    frozenset({"detail"}),
)
_SHOWN: dict[str, frozenset[Level]] = {
    "all": frozenset({"detail", "info", "good", "doubtful", "warning", "error"}),
    "sites": frozenset({"info", "good", "doubtful", "warning", "error"}),
    "warnings": frozenset({"warning", "error"}),
}


class Kept:
    """The newest lines of each kind, of which a filter chooses some.

    A thousand sites bring many thousand lines; an early warning is not pushed out by them.
    """

    def __init__(self) -> None:
        self._number = count()
        self._kinds = {kind: deque[tuple[int, Line]](maxlen=MOST) for kind in _KINDS}
        self._levels, self._word = _SHOWN["sites"], ""

    def add(self, line: Line) -> None:
        """Keep a line."""
        kind = next(kind for kind in _KINDS if line.level in kind)
        self._kinds[kind].append((next(self._number), line))

    def choose(self, choice: str, word: str) -> None:
        """Choose some levels, and only lines with a word in them."""
        self._levels, self._word = _SHOWN[choice], word.casefold()

    def wanted(self, line: Line) -> bool:
        """Tell whether a line is chosen."""
        return line.level in self._levels and self._word in words(line).casefold()

    def chosen(self) -> list[Line]:
        """Return the newest of the lines that are chosen, oldest first."""
        return [line for _, line in merge(*self._kinds.values()) if self.wanted(line)][-MOST:]


def words(line: Line) -> str:
    """Return a line as it stands in the log."""
    site = f"site {line.site}: " if line.site >= 0 else ""
    remedy = f"  → {line.remedy}" if line.remedy else ""
    return f"{line.at}  {site}{line.text}{remedy}"


class LogView(QWidget):
    """The log with its filters."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = Kept()
        self._formats: dict[str, QTextCharFormat] = {}
        self._at_end = True
        # A text of many paragraphs takes a new one, and loses its oldest, without laying out the
        # others again; a list of wrapped lines cannot.
        self.text = kinetic(QPlainTextEdit())
        self.text.setObjectName("log")
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setMaximumBlockCount(MOST)
        self.word = pieces.line("", "filter")
        pieces.means(self.word, "Shows the lines that have this word or number in them.", "filter")
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
        bar = self.text.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._stay)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self.filters)
        whole.addWidget(self.text, 1)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours; fingers in gloves get the lines without the filters."""
        self.filters.setVisible(not sizes.glove)
        pieces.uncut(*self.buttons.values())
        hint = self.word.fontMetrics().horizontalAdvance(self.word.placeholderText())
        self.word.setMinimumWidth(hint + 2 * sizes.font)
        p = palette
        named = {"detail": p.muted, "info": p.text, "good": p.good, "doubtful": p.warn,
                 "warning": p.warn, "error": p.bad}  # fmt: skip
        for level, colour in named.items():
            self._formats[level] = QTextCharFormat()
            self._formats[level].setForeground(QColor(colour))
        self._write_all()

    def extend(self, lines: Iterable[Line]) -> None:
        """Add lines; stays at the end unless the user scrolled up to read."""
        new = list(lines)
        for line in new:
            self.kept.add(line)
        bar, top = self.text.verticalScrollBar(), self.text.firstVisibleBlock()
        within, follows = bar.value() - top.firstLineNumber(), self._at_end
        self._write([line for line in new if self.kept.wanted(line)])
        # While lines are written, the bar may report places that nobody has scrolled to.
        self._at_end = follows
        if follows:
            bar.setValue(bar.maximum())
        elif top.isValid():
            # What is being read stays where it is while the oldest lines go.
            bar.setValue(top.firstLineNumber() + within)

    def lines(self) -> list[str]:
        """Return the lines that are shown."""
        return self.text.toPlainText().splitlines()

    def _write(self, lines: list[Line]) -> None:
        document = self.text.document()
        pen = QTextCursor(document)
        pen.movePosition(QTextCursor.MoveOperation.End)
        pen.beginEditBlock()
        for line in lines:
            if not document.isEmpty():
                pen.insertBlock()
            pen.insertText(words(line), self._formats.get(line.level, QTextCharFormat()))
        pen.endEditBlock()

    def _write_all(self) -> None:
        self.text.clear()
        self._at_end = True
        self._write(self.kept.chosen())

    def _scrolled(self, value: int) -> None:
        self._at_end = value >= self.text.verticalScrollBar().maximum() - 1

    def _stay(self, _: int, most: int) -> None:
        """Stay at the end when there are more lines, or the view gets another size."""
        if self._at_end:
            self.text.verticalScrollBar().setValue(most)

    def _choose(self) -> None:
        choice = next(name for name, button in self.buttons.items() if button.isChecked())
        self.kept.choose(choice, self.word.text())
        self._write_all()
