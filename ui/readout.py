"""A number that is read from afar: as large as it may be, smaller where its place is narrow."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

LEAST = 0.3
"""Of its full size, which a number never goes below; what is too long then ends in an ellipsis."""
LEGIBLE = 0.93
"""The same for words, which are not large to begin with."""


class Readout(QLabel):
    """A label in one line whose text shrinks to the width that there is; never cut without a sign.

    Args:
        text: what it says.
        name: which says in the style sheet how it looks.
        least: of its full size, which it never goes below.
        firm: whether a layout has to leave room for that size; else it may end in an ellipsis.
    """

    def __init__(
        self, text: str = "–", name: str = "readout", least: float = LEAST, *, firm: bool = False
    ) -> None:
        super().__init__(text)
        self._least = least
        self._room = least if firm else LEAST
        self.setObjectName(name)
        self.setIndent(0)
        self._share, self._longest = 1.0, ""

    def say(self, text: str) -> None:
        """Show a text, the whole of it also as a hint; costs nothing if it is there already."""
        if self.text() != text:
            self.setText(text)
            self.setToolTip(text)

    def reserve(self, longest: str) -> None:
        """Keep room for a text that will come, so that nothing hops as numbers grow."""
        if longest != self._longest:
            self._longest = longest
            self.updateGeometry()

    def enlarge(self, share: float) -> None:
        """Choose how large it is at most, as a share of what the style sheet says."""
        if share != self._share:
            self._share = share
            self.updateGeometry()
            self.update()

    @property
    def shown(self) -> tuple[str, int]:
        """What is written now, and how large, in pixels."""
        room = self.contentsRect().width()
        full = QFontMetrics(self._font(1.0)).horizontalAdvance(self.text()) + 2
        share = min(1.0, room / full)
        font = self._font(max(self._least, share))
        if share >= self._least:
            return self.text(), font.pixelSize()
        mode = Qt.TextElideMode.ElideRight
        return QFontMetrics(font).elidedText(self.text(), mode, room), font.pixelSize()

    def sizeHint(self) -> QSize:
        """Return the room that the text takes when it is as large as it may be."""
        self.ensurePolished()
        metrics = QFontMetrics(self._font(1.0))
        wide = max(metrics.horizontalAdvance(text) for text in (self.text(), self._longest))
        return QSize(wide + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return the height of the text, and a width in which it is small."""
        hint = self.sizeHint()
        return QSize(math.ceil(hint.width() * self._room), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the text as large as fits."""
        text, size = self.shown
        font = self._font(1.0)
        font.setPixelSize(size)
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), text)
        painter.end()

    def _font(self, share: float) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(max(6, int(self.font().pixelSize() * self._share * share)))
        return font
