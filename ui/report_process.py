"""Writes the report of a data file in a process of its own; the window goes on meanwhile."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from ui.models.words import Line


class ReportProcess(QObject):
    """Runs `seccm report` for one file, once at a time."""

    done = Signal(object, str)
    """A `Line` that says what came of it, and the page; empty if there is none."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None

    @property
    def busy(self) -> bool:
        """Whether a report is being written."""
        return self._process is not None

    def start(self, path: Path) -> None:
        """Begin, unless one is being written already."""
        if self._process is not None:
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        process.start(sys.executable, ["-m", "seccm", "report", str(path)])

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
            self._end(wrong or said or "it did not say why.")
        else:
            page = said.splitlines()[-1].removeprefix("Report: ")
            self._process = None
            self.done.emit(Line("good", f"Report written: {page}"), page)

    def _end(self, why: str) -> None:
        self._process = None
        self.done.emit(Line("error", f"The report was not written: {why}"), "")
