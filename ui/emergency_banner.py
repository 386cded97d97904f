"""The banner of an emergency retract: what was achieved, in view until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from ui import pieces
from ui.models.emergency import Banner

_STYLES = {"waiting": "notice", "done": "lifted", "failed": "alarm"}
"""Which look of a label each level has."""


class EmergencyBanner(QWidget):
    """Shows one banner; hidden while there is none.

    Args:
        dismiss: called when the operator has read it.
    """

    def __init__(self, dismiss: Callable[[], None]) -> None:
        super().__init__()
        self.words = pieces.label("", "notice", wrap=True)
        self.away = QToolButton()
        self.away.setObjectName("flat")
        self.away.setText("Dismiss")
        # A key that is meant for something else must not put this away.
        self.away.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.away.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.away.clicked.connect(dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.words, 1)
        row.addWidget(self.away)
        self.hide()

    def show_banner(self, banner: Banner | None) -> None:
        """Show what is to be said, or nothing."""
        self.setVisible(banner is not None)
        if banner is None:
            return
        style = _STYLES[banner.level]
        self.away.setVisible(banner.level != "waiting")
        if (self.words.text(), self.words.objectName()) != (banner.words, style):
            self.words.setText(banner.words)
            self.words.setObjectName(style)
            self.words.style().unpolish(self.words)
            self.words.style().polish(self.words)
