"""Two halves of a view that stand beside each other where there is more width than height."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter

FLAT = 1.5
"""Of the height, from which width on the halves stand beside each other."""


class Shaped(QSplitter):
    """A splitter that turns with its own shape; where it was dragged to is kept until then."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setChildrenCollapsible(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn, if another shape asks for it."""
        super().resizeEvent(event)
        flat = self.width() > FLAT * self.height()
        way = Qt.Orientation.Horizontal if flat else Qt.Orientation.Vertical
        if way != self.orientation():
            self.setOrientation(way)
            self.setSizes([1100, 900] if flat else [1500, 1000])
