"""What bluesky waits for: done or not, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable


class DeviceStatus:
    """The end of something that was begun, as bluesky's `Status` protocol has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[DeviceStatus], None]] = []

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    @property
    def success(self) -> bool:
        """Whether it ended well."""
        return self.done and self._error is None

    def exception(self, timeout: float | None = 0.0) -> BaseException | None:
        """Return what went wrong; None where nothing did, or it has not ended in time."""
        self._over.wait(timeout)
        return self._error

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end.

        Raises:
            TimeoutError: it has not ended in time.
        """
        if not self._over.wait(timeout):
            raise TimeoutError("not done in time")
        if self._error is not None:
            raise self._error

    def add_callback(self, callback: Callable[[DeviceStatus], None]) -> None:
        """Have a function called at the end; at once where that has come."""
        with self._lock:
            if not self._over.is_set():
                self._callbacks.append(callback)
                return
        callback(self)

    def end(self, error: BaseException | None = None) -> None:
        """Say that it has ended, and how; only the first time counts."""
        with self._lock:
            if self._over.is_set():
                return
            self._error = error
            self._over.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)
