"""Ctrl-C and other signals while a rig is commissioned: an end between two calls of the rig.

A signal that struck in the midst of making the rig safe would leave it unsafe. So while a rig is
in use a signal is only remembered, and acted on with the next rows or the next question about the
motor; at any other time it ends the program at once, as usual.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from seccm.interruption import BURST, SUSPEND, Interruption, name_of, taken
from seccm.rig import Block

__all__ = ["Interruptible", "Interruption"]


class Interruptible:
    """Remembers signals, and raises them where that does no harm.

    Args:
        deferred: only remember them to begin with.
    """

    _raised = float("-inf")
    """When any of them raised last: the rest of a burst does not strike the end of the program."""

    def __init__(self, *, deferred: bool = False) -> None:
        self._name = ""
        self._deferred = deferred
        self.struck = False
        """Whether a signal was raised, wherever the program was just then."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals until the end; then they do again what they did before."""
        with taken(self._take):
            yield

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Only remember signals until the end: a rig is in use, and will be looked after."""
        self.check()
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        self.check()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Raise signals at once until the end: everything rests, and a person is asked."""
        before, self._deferred = self._deferred, False
        try:
            self.check()
            yield
        finally:
            self._deferred = before

    def look(self, _: Block) -> None:
        """Look at a block of rows: an occasion to end.

        Raises:
            Interruption: a signal came.
        """
        self.check()

    def wait(self, seconds: float) -> None:
        """Let time pass: an occasion to end.

        Raises:
            Interruption: a signal came.
        """
        time.sleep(seconds)
        self.check()

    def check(self) -> None:
        """Raise what is remembered.

        Raises:
            Interruption: a signal came.
        """
        if self._name:
            self.struck = True
            Interruptible._raised = time.monotonic()
            raise Interruption(self._name)

    def _take(self, number: int, _: FrameType | None) -> None:
        if number == SUSPEND:
            return
        self._name = name_of(number)
        if not self._deferred and time.monotonic() - Interruptible._raised > BURST:
            self.check()
