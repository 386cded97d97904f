"""Follows the run of the queue: a process of its own that this window did not start."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from PySide6.QtCore import QObject, QTimer

from seccm.remote import ChannelError, Client
from ui.models.queue import Queue
from ui.models.worker import Worker

LOOK_MS = 2000
"""From one look for the run of the queue to the next."""


def attached(now: Queue) -> Client | None:
    """Attach to the host that runs the queue's plan; None where there is none yet."""
    running = now.running
    if running is None:
        return None
    try:
        host = next((one for one in Client.find() if one.path == running.output), None)
        return None if host is None else Client.attach(host.name)
    except ChannelError:
        return None  # it has just ended, or has just begun: there is another look


class QueueFollow(QObject):
    """Looks for the run of the queue in a thread, while the window follows no other.

    Args:
        parent: the window.
        free: tells whether the window follows nothing that goes on.
        follow: is given the link to the run.
    """

    def __init__(
        self, parent: QObject, free: Callable[[], bool], follow: Callable[[Client], object]
    ) -> None:
        super().__init__(parent)
        self._free, self._follow = free, follow
        self._now = Queue()
        self._seen = ""
        """The data file of the run that was followed last."""
        self._worker = Worker("queue")
        self._found: Future[Client | None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)

    def take(self, now: Queue) -> None:
        """Take in how the queue is."""
        self._now = now

    def look(self) -> None:
        """Begin to look, or take what was found."""
        if self._found is not None:
            if self._found.done():
                found, self._found = self._found, None
                self._take(found)
            return
        running = self._now.running
        if running is not None and running.output != self._seen and self._free():
            self._found = self._worker.do(partial(attached, self._now))

    def _take(self, found: Future[Client | None]) -> None:
        client = found.result()
        running = self._now.running
        if client is None:
            return
        if running is None or not self._free():
            client.close()
            return
        self._seen = running.output
        self._follow(client)

    def shut(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._worker.end()
