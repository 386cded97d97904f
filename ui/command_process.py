"""Runs a command of the program in a process of its own; the window goes on meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QObject, QProcess, Signal

from ui.models.words import Line


class CommandProcess(QObject):
    """Runs one command at a time, of those that write something and say where.

    Args:
        parent: keeps it.
        what: is written, as the beginning of a sentence, such as "Report".
        prefix: before the path in the last line of the command's answer.
    """

    done = Signal(object, str)
    """A `Line` that says what came of it, and what was written; empty if there is nothing."""

    def __init__(self, parent: QObject, what: str, prefix: str) -> None:
        super().__init__(parent)
        self._what, self._prefix = what, prefix
        self._process: QProcess | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._process is not None

    def run(self, arguments: Sequence[str]) -> None:
        """Begin, unless something is being written already."""
        if self._process is not None:
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.start(sys.executable, ["-m", "seccm", *arguments])

    def shut(self) -> None:
        """Give it up."""
        if self._process is not None:
            process, self._process = self._process, None
            process.finished.disconnect()
            process.errorOccurred.disconnect()
            process.kill()
            process.waitForFinished()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end(f"the program could not be started: {sys.executable}.")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        assert self._process is not None
        said = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace").strip()
        wrong = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        if status is QProcess.ExitStatus.CrashExit:
            self._end("its process was ended from outside. Try again.")
        elif code:
            self._end(wrong or said or "no reason was given.")
        else:
            written = said.splitlines()[-1].removeprefix(self._prefix)
            self._process = None
            self.done.emit(Line("good", f"{self._what} written: {written}"), written)

    def _end(self, why: str) -> None:
        self._process = None
        self.done.emit(Line("error", f"The {self._what.lower()} was not written: {why}"), "")
