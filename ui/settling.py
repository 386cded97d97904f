"""Let a window live for a while: for pictures of it, which nobody clicks through."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

PATIENCE_MS = 180_000


def wait(milliseconds: int) -> None:
    """Let the window live for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(done: Callable[[], bool], patience: int = PATIENCE_MS) -> None:
    """Let the window live until something is so.

    Args:
        done: tells whether it is.
        patience: milliseconds.

    Raises:
        TimeoutError: it did not come to be.
    """
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(20)
    QTimer.singleShot(patience, loop.quit)
    loop.exec()
    timer.stop()
    if not done():
        raise TimeoutError("What the picture was to show did not come.")
