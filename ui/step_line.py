"""A step of a long plan in a line, which opens when it is pressed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from seccm.typography import counted
from ui import pieces

EDGE = 12
"""Pixels beside the words."""


class StepLine(QPushButton):
    """A line that never cuts its words without a sign.

    Args:
        words: what the step does.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = self._said = words
        pieces.look(self, "line")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)
        self._write()

    def count(self, mistakes: int) -> None:
        """Say how many mistakes there are in the step."""
        told = f"{counted(mistakes, 'error')} · " if mistakes else ""
        self._said = told + self.words
        pieces.look(self, "wrong-line" if mistakes else "line")
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as much as there is room for."""
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        room = max(self.width() - 2 * EDGE, 0)
        said = f"▸ {self._said}"
        self.setText(self.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, room))
        self.setToolTip(f"{self._said}. Press to show its fields.")
