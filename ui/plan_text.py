"""A plan as the text of its file: what the form cannot show is edited here."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from ui.models.form import Key
from ui.pushed import kinetic


class PlanText(QPlainTextEdit):
    """Shows a text and says when it is typed into; the owner decides what becomes of it."""

    typed = Signal(str)
    """The whole text."""

    def __init__(self) -> None:
        super().__init__()
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setObjectName("file")
        self.setAccessibleName("The plan as text")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        kinetic(self)
        self.textChanged.connect(self._say)
        self._shown = ""

    def show_text(self, text: str) -> None:
        """Show another text; nobody typed it."""
        self._shown = text
        if self.toPlainText() != text:
            self.setPlainText(text)

    def go_to(self, key: Key) -> None:
        """Put the cursor where a key stands; at the beginning if it is not found."""
        names = [part for part in key if isinstance(part, str)]
        line = re.compile(rf"^\s*\[*\s*([\w.]+\.)?{re.escape(names[-1])}\s*(=|\])", re.M)
        found = line.search(self.toPlainText()) if names else None
        cursor = self.textCursor()
        cursor.setPosition(found.start() if found else 0)
        self.setTextCursor(cursor)
        self.centerCursor()
        self.setFocus()

    def _say(self) -> None:
        text = self.toPlainText()
        if text != self._shown:
            self._shown = text
            self.typed.emit(text)
