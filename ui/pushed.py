"""Scroll areas that a finger pushes, on touch screens and on panels that pass for a mouse."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QScrollArea, QScroller, QTableView

GLOVES = "gloves"
"""The property of the application that says whether hands are gloved."""
Area = TypeVar("Area", bound=QAbstractScrollArea)


def kinetic(area: Area) -> Area:
    """Let a finger push what is in a scroll area, as on a touch screen.

    Panels that feel gloves often pass for a mouse. In gloves, what is pressed beside buttons and
    fields is pushed, too; a press on these reaches them as it always does.
    """
    QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
    if isinstance(area, QTableView):
        for header in (area.horizontalHeader(), area.verticalHeader()):
            QScroller.grabGesture(header.viewport(), QScroller.ScrollerGestureType.TouchGesture)
    if isinstance(area, QScrollArea):
        area.viewport().installEventFilter(_Push(area))
    return area


class _Push(QObject):
    """Moves a scroll area with the mouse, where no child of it took the press."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._last: QPoint | None = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Push, from the press to the release."""
        app = QApplication.instance()
        if not isinstance(event, QMouseEvent) or app is None or not app.property(GLOVES):
            return False
        at = event.globalPosition().toPoint()
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() is Qt.MouseButton.LeftButton:
                self._last = at
                return True
            case QEvent.Type.MouseMove if self._last is not None:
                bar = self._area.verticalScrollBar()
                bar.setValue(bar.value() - (at - self._last).y())
                self._last = at
                return True
            case QEvent.Type.MouseButtonRelease:
                self._last = None
        return False
