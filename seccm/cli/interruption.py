"""Ctrl-C and terminate signals while a rig is commissioned: an end between two calls of the rig.

A signal that struck in the midst of making the rig safe would leave it unsafe. So while a rig is
in use a signal is only remembered, and acted on with the next rows or the next question about the
motor; at any other time it ends the program at once, as usual.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from seccm.rig import Block

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
"""SIGBREAK is Windows' Ctrl-Break; other systems have none."""


class Interruption(KeyboardInterrupt):
    """The program was told to end; its text is the name of the signal."""


class Interruptible:
    """Remembers signals, and raises them where that does no harm."""

    def __init__(self) -> None:
        self._name = ""
        self._deferred = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals until the end; then they do again what they did before."""
        known = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        before = {number: signal.signal(number, self._take) for number in known}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

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
        self._deferred = False
        try:
            yield
        finally:
            self._deferred = True

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
            raise Interruption(self._name)

    def _take(self, number: int, _: FrameType | None) -> None:
        self._name = signal.Signals(number).name
        if not self._deferred:
            raise Interruption(self._name)
