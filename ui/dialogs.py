"""Dialogs that stop nothing: the window behind them, and its emergency button, stay alive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget


def show(dialog: QDialog) -> None:
    """Show a dialog beside the window.

    A modal one would take the emergency key and button away for as long as it is open.
    """
    dialog.setModal(False)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()


def choose_file(
    parent: QWidget,
    title: str,
    kinds: str,
    done: Callable[[Path], object],
    *,
    start: Path | None = None,
    suffix: str = "",
) -> QFileDialog:
    """Ask for a file.

    Args:
        parent: the window.
        title: of the dialog.
        kinds: of files, as Qt writes them.
        done: called with what was chosen; never if nothing was.
        start: what is proposed.
        suffix: of a file that is to be written; empty for one that is to be opened.
    """
    dialog = QFileDialog(parent, title, str(start or ""), kinds)
    # The system's own dialogs are modal on some systems, whatever they are told.
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    if suffix:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        if start is not None:
            dialog.selectFile(str(start))
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda chosen: done(Path(chosen)))
    show(dialog)
    return dialog
