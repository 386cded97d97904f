"""The door of a host: where those who know the key come in."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import connection

from seccm.remote.channel.endpoint import WINDOWS, Endpoint
from seccm.remote.channel.line import Pipe, prove_host

GREETED = 8
"""How many may be proving themselves at once; others are turned away."""


class Door:
    """Lets in those who know the key, each greeted in a thread of its own.

    Args:
        endpoint: where to listen.
        key: that of the endpoint.
        admit: called with each pipe whose peer has proved itself.
    """

    def __init__(self, endpoint: Endpoint, key: bytes, admit: Callable[[Pipe], None]) -> None:
        self._endpoint, self._key, self._admit = endpoint, key, admit
        self._listener = connection.Listener(endpoint.address, endpoint.family, backlog=GREETED)
        if not WINDOWS:
            # The folder is closed to others already; this is the second lock.
            os.chmod(endpoint.address, 0o600)
        self._places = threading.BoundedSemaphore(GREETED)
        self._open = True
        self._thread = threading.Thread(target=self._attend, name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._open = False
        with suppress(OSError):  # a visitor of our own, so that the door looks up
            connection.Client(self._endpoint.address, self._endpoint.family).close()
        self._thread.join(5.0)
        self._listener.close()

    def _attend(self) -> None:
        while self._open:
            with suppress(OSError):
                pipe = self._listener.accept()
                if self._open and self._places.acquire(blocking=False):
                    threading.Thread(target=self._greet, args=(pipe,), daemon=True).start()
                else:
                    pipe.close()

    def _greet(self, pipe: Pipe) -> None:
        try:
            known = prove_host(pipe, self._key)
        finally:
            self._places.release()
        if known:
            self._admit(pipe)
        else:
            pipe.close()
