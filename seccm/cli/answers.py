"""Answers a question of a run from the terminal that it was started in."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TextIO

from seccm.cli.printing import say
from seccm.errors import NotNow
from seccm.hopping.life import State
from seccm.session.running import Run

HOW = "Press Enter when that is done; s and Enter skips this site, q and Enter stops the run."


class Answers:
    """Reads a line for each question, in a thread of its own: the rig is read on meanwhile.

    Whoever answers first counts: a window, or `seccm ask resume` from another terminal, too.

    Args:
        run: that asks.
        source: where lines come from; the terminal unless given.
    """

    def __init__(self, run: Run, source: TextIO | None = None) -> None:
        self._run = run
        self._source = sys.stdin if source is None else source
        self._reader: threading.Thread | None = None

    @property
    def possible(self) -> bool:
        """Whether somebody sits there who could answer."""
        try:
            return self._source is not None and self._source.isatty()
        except (OSError, ValueError):
            return False

    def ask(self) -> None:
        """Say how to answer, and wait for a line; returns at once."""
        say((HOW, "yellow"))
        if self._reader is None or not self._reader.is_alive():
            self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
            self._reader.start()

    def _read(self) -> None:
        try:
            line = self._source.readline()
        except (OSError, ValueError):
            line = ""
        if self._run.status.state is not State.PAUSED:
            return  # somebody else has answered
        with suppress(NotNow):
            match line.strip().lower():
                case _ if not line:  # the terminal is gone
                    self._run.ask("stop", "nobody is there to answer")
                case "q":
                    self._run.ask("stop")
                case "s":
                    self._run.ask("resume")
                    self._run.ask("skip")
                case _:
                    self._run.ask("resume")
