"""Where a window stands on a screen: the whole of it in view, its frame included."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect
from PySide6.QtWidgets import QWidget


def fitted(inner: QRect, frame: QMargins, available: QRect) -> QRect:
    """Return where a window's inside has to be so that its frame lies within a screen.

    Args:
        inner: where the inside is now.
        frame: how far the system's frame reaches beyond it on each side.
        available: the screen without its panels and task bars.
    """
    room = available.marginsRemoved(frame)
    made = QRect(inner)
    made.setWidth(min(inner.width(), room.width()))
    made.setHeight(min(inner.height(), room.height()))
    made.moveLeft(max(room.left(), min(made.left(), room.right() + 1 - made.width())))
    made.moveTop(max(room.top(), min(made.top(), room.bottom() + 1 - made.height())))
    return made


def keep_on_screen(window: QWidget) -> None:
    """Move and shrink a window that is shown so that nothing of it lies beyond its screen."""
    inner, outer = window.geometry(), window.frameGeometry()
    frame = QMargins(
        inner.left() - outer.left(), inner.top() - outer.top(),
        outer.right() - inner.right(), outer.bottom() - inner.bottom(),
    )  # fmt: skip
    wanted = fitted(inner, frame, window.screen().availableGeometry())
    if wanted != inner:
        window.setGeometry(wanted)
