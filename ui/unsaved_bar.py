"""A bar that asks what is to become of unsaved changes; nothing waits for its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ui import pieces

Answers = Mapping[str, Callable[[], object]]


class UnsavedBar(QWidget):
    """Shows one question at a time, with a button for each answer."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("unsaved")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.buttons: dict[str, QPushButton] = {}
        self.words = pieces.label("", "", wrap=True)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.words, 1)
        self.hide()

    def ask(self, words: str, answers: Answers) -> None:
        """Ask something, in the place of what was asked before.

        Args:
            words: the question.
            answers: what each button does, by what stands on it; any of them hides the bar first.
        """
        self._clear()
        self.words.setText(words)
        for name, do in answers.items():
            button = self.buttons[name] = QPushButton(name)
            button.clicked.connect(partial(self._answer, do))
            self._row.addWidget(button)
        self.show()

    @property
    def asks(self) -> bool:
        """Whether there is a question."""
        return bool(self.buttons)

    def withdraw(self) -> None:
        """Ask nothing any more."""
        self._clear()
        self.hide()

    def _answer(self, do: Callable[[], object], _: bool = False) -> None:
        self.withdraw()
        do()

    def _clear(self) -> None:
        for button in self.buttons.values():
            self._row.removeWidget(button)
            button.hide()
            # Its own signal may be what leads here.
            button.deleteLater()
        self.buttons = {}
