"""Writes the report of a data file in a process of its own; the window goes on meanwhile."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from ui.command_process import CommandProcess


class ReportProcess(CommandProcess):
    """Runs `seccm report` for one file, once at a time."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent, "Report", "Report: ")

    def start(self, path: Path) -> None:
        """Begin, unless one is being written already."""
        self.run(["report", str(path)])
