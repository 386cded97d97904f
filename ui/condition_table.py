"""The conditions of a listed design as a table: a column a factor, a row a condition."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from ui import pieces
from ui.models.form import Listing, where
from ui.models.typed import read
from ui.number_pad import KEY, NumberLine


class ConditionTable(QWidget):
    """Shows a listing and says what is typed; the owner decides what becomes of it."""

    typed = Signal(tuple, object)
    """Key of a cell and its value."""
    renamed = Signal(tuple, str)
    """Key that ends with a column's old name, and its new one."""
    row_added = Signal(tuple)
    """Key of the listing."""
    row_removed = Signal(tuple)
    """Key of the row."""
    column_added = Signal(tuple)
    """Key of the listing."""
    column_removed = Signal(tuple)
    """Key of the listing, and the column's name."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self._listing = listing
        self.editors: dict[str, QWidget] = {}
        self.mistakes: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._head()
        for row in range(len(listing.rows)):
            self._row(row)
        tools = QHBoxLayout()
        adders = (("row", "Add a condition", self.row_added),
                  ("column", "Add a factor", self.column_added))  # fmt: skip
        for name, words, signal in adders:
            button = pieces.tool(words)
            button.setEnabled(name == "row" or bool(listing.rows))
            button.clicked.connect(lambda _=False, s=signal: s.emit(listing.key))
            self.editors[f"{where(listing.key)}:{name}"] = button
            tools.addWidget(button)
        tools.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 0, 0, 0)
        box.addLayout(self._grid)
        box.addLayout(tools)

    def _head(self) -> None:
        """Name the columns; a name can be changed, and $name follows wherever it is used."""
        key = self._listing.key
        for column, name in enumerate(self._listing.columns, 1):
            field = QLineEdit(name)
            field.setToolTip(f"The factor's name; ${name} stands for its level in the plan.")
            field.editingFinished.connect(
                lambda f=field, n=name: self.renamed.emit((*key, n), f.text().strip())
            )
            self.editors[f"{where(key)}:{name}"] = field
            box = QHBoxLayout()
            box.addWidget(field, 1)
            if len(self._listing.columns) > 1:
                remove = pieces.tool("×", f"Remove the factor {name} from all conditions")
                remove.clicked.connect(lambda _=False, n=name: self.column_removed.emit((*key, n)))
                box.addWidget(remove)
            self._grid.addLayout(box, 0, column)
            self._grid.setColumnStretch(column, 1)

    def _row(self, row: int) -> None:
        """Show a condition, and below each cell what is wrong with it."""
        listing, at = self._listing, 1 + 3 * row
        key = (*listing.key, row)
        self._grid.addWidget(pieces.label(str(row + 1), "muted"), at, 0)
        for column, (name, text) in enumerate(
            zip(listing.columns, listing.rows[row], strict=True), 1
        ):
            cell = NumberLine(text)
            cell.setAccessibleName(f"{name} of condition {row + 1}")
            at_key = listing.cell(row, name)
            cell.setProperty(KEY, where(at_key))
            cell.textEdited.connect(
                lambda said, k=at_key: self.typed.emit(k, read("quantity", said))
            )
            self.editors[where(at_key)] = cell
            self._grid.addWidget(cell, at, column)
            self._mistake(where(at_key), at + 1, column, 1)
        last = len(listing.columns) + 1
        remove = pieces.tool("Remove", "Remove this condition")
        remove.clicked.connect(lambda _=False, k=key: self.row_removed.emit(k))
        self.editors[f"{where(key)}:remove"] = remove
        self._grid.addWidget(remove, at, last)
        self._mistake(where(key), at + 2, 1, last)

    def _mistake(self, key: str, row: int, column: int, wide: int) -> None:
        label = self.mistakes[key] = pieces.label("", "mistake")
        label.setWordWrap(True)
        label.setVisible(False)
        self._grid.addWidget(label, row, column, 1, wide)
