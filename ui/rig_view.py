"""The rig: what it can do and where its limits are."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from seccm.rig import RigInfo
from ui import pieces
from ui.models.palette import Palette, Sizes
from ui.models.rig_words import sections


class RigView(QWidget):
    """Says what a rig can do, in words and numbers.

    Args:
        rig: its name or file, shown until the rig itself has answered.
    """

    def __init__(self, rig: str) -> None:
        super().__init__()
        self.head = pieces.label(rig, "title")
        self.words = pieces.label(
            "What it can do is known when a plan has been checked against it.", "muted"
        )
        self.words.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(4)
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(16, 12, 16, 12)
        box.addWidget(self.head)
        box.addWidget(self.words)
        box.addLayout(self._grid)
        box.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes; the style sheet does it all here."""

    def show_info(self, info: RigInfo) -> None:
        """Show what a rig says of itself."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        self.head.setText(info.name)
        self.words.setText("VIRTUAL: no hardware is involved." if info.virtual else "")
        row = 0
        for title, lines in sections(info):
            self._grid.addWidget(pieces.label(title, "heading"), row, 0, 1, 2)
            row += 1
            for name, value in lines:
                self._grid.addWidget(pieces.label(name, "muted"), row, 0)
                label = QLabel(value)
                label.setWordWrap(True)
                self._grid.addWidget(label, row, 1)
                row += 1
        self._grid.setColumnStretch(1, 1)
