"""A thread that works for a window, which never waits for it: not even when it closes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Found = TypeVar("Found")


class Worker:
    """One thread; does one thing after the other.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._begun: list[Future[Any]] = []
        self.over = threading.Event()
        """Set when nobody waits for what is being done any more: it should end soon."""

    def do(self, task: Callable[[], Found]) -> Future[Found]:
        """Have something done."""
        made = self._pool.submit(task)
        self._begun = [*(each for each in self._begun if not each.done()), made]
        return made

    def end(self, last: Callable[[], object] | None = None) -> None:
        """Let go of the thread without waiting for it.

        Args:
            last: what the thread still does after what it is at, such as closing its file.
        """
        if self.over.is_set():
            return
        self.over.set()
        for each in self._begun:
            each.cancel()
        if last is not None:
            self._pool.submit(last)
        self._pool.shutdown(wait=False)
