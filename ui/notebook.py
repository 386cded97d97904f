"""The notes of the experiment in the window: of the next run, and of a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from seccm.data.notes import of_file
from seccm.errors import SeccmError
from seccm.session import notes
from ui.browse import FileView
from ui.dialogs import show
from ui.models.words import Line
from ui.notes_dialog import NotesDialog

_ASKED = "notes/asked"


class Notebook:
    """Shows notes, and has them stored.

    Args:
        settings: where it is remembered that somebody was asked.
        say: writes a line into the log.
    """

    def __init__(self, settings: QSettings, say: Callable[[Line], None]) -> None:
        self._settings, self._say = settings, say

    def first_time(self, *, simulated: bool) -> bool:
        """Tell whether notes are to be asked for before a run.

        Once, where nothing is noted yet; of a simulation there is nothing to note.
        """
        return not simulated and not self._settings.value(_ASKED) and not self._kept()

    def of_next_run(self, parent: QWidget, buttons: tuple[str, str]) -> NotesDialog:
        """Show the notes that are stored in every file from now on."""
        self._settings.setValue(_ASKED, "yes")
        dialog = NotesDialog(
            "Notes of the experiment",
            "Kept from now on, and stored in every data file that is begun. Leave empty what does "
            "not matter. Files that are there already keep theirs.",
            self._kept(),
            notes.change,
            parent,
            buttons,
        )
        show(dialog)
        return dialog

    def of_file(self, view: FileView, parent: QWidget) -> NotesDialog:
        """Show the notes of a data file; other ones are stored in it, and written down as such."""
        dialog = NotesDialog(
            f"Notes of {view.file.path.name}",
            "What was measured stays as it is. What was noted before, and when it was changed, is "
            "written into the file.",
            of_file(view.file.scan.header.extra),
            partial(self._amend, view),
            parent,
        )
        show(dialog)
        return dialog

    def _amend(self, view: FileView, given: dict[str, str]) -> None:
        """Store other notes in a file, and show it again."""
        path = view.file.where()
        # No system lets a file be replaced that this window holds.
        view.file.release()
        try:
            notes.amend(path, given)
            self._say(Line("good", f"The notes of {path.name} are stored."))
        finally:
            view.chosen.emit(path)

    def _kept(self) -> dict[str, str]:
        try:
            return notes.kept()
        except SeccmError as error:
            self._say(Line("warning", str(error)))
            return {}
