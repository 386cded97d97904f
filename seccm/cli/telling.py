"""Notices of a run that is started from the command line: nobody waits for them."""

from __future__ import annotations

import threading

from seccm.cli.printing import errors, say


class Teller:
    """Gives notices, if they are wanted.

    Args:
        wanted: whether they are.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def tell(self, words: str) -> None:
        """Give a notice, by a thread of its own; the program ends when it was given."""
        if self._wanted:
            threading.Thread(target=self._tell, args=(words,), name="notice").start()

    def _tell(self, words: str) -> None:
        from seccm import notices

        for failed in notices.give(words):
            say((failed, "yellow"), console=errors)
