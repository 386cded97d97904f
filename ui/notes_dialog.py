"""The notes of the experiment: asked once before a run, and changed in a file afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from seccm.errors import PlanError, SeccmError
from seccm.session.notes import NOTES, problems, radius
from seccm.typography import readable
from seccm.units import show
from ui import pieces
from ui.number_pad import NumberLine

WIDEST = 420
"""Pixels, at least, of a field: an electrolyte is a sentence."""


class NotesDialog(QDialog):
    """Asks for what nobody can measure afterwards.

    Args:
        title: what the notes are of.
        words: what becomes of them, in a sentence.
        notes: as they are, by name.
        store: stores other ones; what it raises is said, and the dialog stays.
        parent: the window.
        buttons: what the first button says, and the second one, which stores nothing.
    """

    def __init__(
        self,
        title: str,
        words: str,
        notes: Mapping[str, str],
        store: Callable[[dict[str, str]], object],
        parent: QWidget,
        buttons: tuple[str, str] = ("Store", "Cancel"),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Notes of the experiment")
        self._store = store
        inside = self._inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(24, 18, 24, 18)
        whole.addWidget(pieces.label(title, "title", wrap=True))
        whole.addWidget(pieces.label(words, "muted", wrap=True))
        self.fields: dict[str, QLineEdit] = {}
        self.mistakes: dict[str, QLabel] = {}
        whole.addLayout(self._form(notes))
        self.derived = pieces.label("", "", wrap=True)
        whole.addWidget(self.derived)
        self.refused = pieces.label("", "mistake", wrap=True)
        whole.addWidget(self.refused)
        row = QHBoxLayout()
        row.addStretch(1)
        self.store, self.leave = (QPushButton(text) for text in buttons)
        self.store.setDefault(True)
        self.store.clicked.connect(self._try)
        self.leave.clicked.connect(self.reject)
        row.addWidget(self.leave)
        row.addWidget(self.store)
        whole.addLayout(row)
        self._look()

    def sizeHint(self) -> QSize:
        """Return the room in which nothing has to be scrolled."""
        return self._inside.sizeHint() + QSize(4, 4)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields, by the names of the notes."""
        return {name: field.text().strip() for name, field in self.fields.items()}

    def _form(self, notes: Mapping[str, str]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setColumnStretch(1, 1)
        for row, note in enumerate(NOTES):
            text = notes.get(note.name, "")
            field = NumberLine(text, unit=note.unit) if note.unit else QLineEdit(text)
            field.setPlaceholderText(f"such as {note.example}")
            field.setToolTip(note.meaning)
            pieces.means(field, f"{note.meaning} Such as: {note.example}.", note.words)
            field.setMinimumWidth(WIDEST)
            field.setCursorPosition(0)
            field.textChanged.connect(self._look)
            name = pieces.label(note.words[:1].upper() + note.words[1:], "muted")
            name.setBuddy(field)
            grid.addWidget(name, 2 * row, 0)
            grid.addWidget(field, 2 * row, 1)
            mistake = pieces.label("", "mistake", wrap=True)
            mistake.hide()
            grid.addWidget(mistake, 2 * row + 1, 1)
            self.fields[note.name], self.mistakes[note.name] = field, mistake
        return grid

    def _look(self) -> None:
        """Say what follows from the notes, and what is wrong with them."""
        wrong = {problem.where: problem.what for problem in problems(self.typed)}
        for name, label in self.mistakes.items():
            label.setText(readable(wrong.get(name, "")))
            label.setVisible(name in wrong)
        found = radius(self.typed)
        self.derived.setText(
            "The inner radius follows from resistance, conductivity and half-angle."
            if found is None
            else f"Inner radius: {readable(show(found, 'm', 3))}, from the resistance."
        )
        pieces.look(self.derived, "muted" if found is None else "")
        self.store.setEnabled(not wrong)

    def _try(self) -> None:
        try:
            self._store(self.typed)
        except PlanError as error:
            self.refused.setText(" ".join(map(str, error.problems)))
        except SeccmError as error:
            self.refused.setText(str(error))
        else:
            self.accept()
