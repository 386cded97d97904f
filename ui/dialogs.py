"""Dialogs that stop nothing: the window behind them, and its emergency button, stay alive."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QVBoxLayout,
    QWidget,
)

from ui import pieces
from ui.pushed import kinetic


def show(dialog: QDialog) -> None:
    """Show a dialog beside the window.

    A modal one would take the emergency key and button away for as long as it is open.
    """
    dialog.setModal(False)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    parent = dialog.parentWidget()
    if parent is not None:
        # In gloves it may want more than the window has: it is scrolled then.
        dialog.ensurePolished()
        dialog.resize(dialog.sizeHint().boundedTo(parent.window().size()))
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
    fresh: bool = False,
) -> QFileDialog:
    """Ask for a file.

    Args:
        parent: the window.
        title: of the dialog.
        kinds: of files, as Qt writes them.
        done: called with what was chosen; never if nothing was.
        start: what is proposed.
        suffix: of a file that is to be written; empty for one that is to be opened.
        fresh: whether such a file may not be there yet: it is never replaced.
    """
    dialog = QFileDialog(parent, title, str(start or ""), kinds)
    # The system's own dialogs are modal on some systems, whatever they are told. So is whatever
    # this one asks by itself: whether to replace or to delete, or that there is no such file.
    for option in ("DontUseNativeDialog", "DontConfirmOverwrite", "ReadOnly"):
        dialog.setOption(QFileDialog.Option[option])
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    if suffix:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        if start is not None:
            dialog.selectFile(str(start))

    def chosen(text: str) -> None:
        path = Path(text)
        if fresh and os.path.exists(path):
            tell(parent, f"{path.name} exists already and is never replaced. Choose another name.")
        elif suffix and os.path.exists(path):
            ask(parent, f"{path.name} exists already.", "Replace it", partial(done, path))
        elif not suffix and not os.path.isfile(path):
            tell(parent, f"There is no file {path}.")
        else:
            done(path)

    dialog.fileSelected.connect(chosen)
    for view in dialog.findChildren(QAbstractItemView):
        kinetic(view)
    show(dialog)
    return dialog


def ask(parent: QWidget, words: str, yes: str, done: Callable[[], object]) -> QDialog:
    """Ask whether something is really to be done; closing the dialog is a no.

    Args:
        parent: the window.
        words: what is the matter.
        yes: what stands on the button that does it.
        done: does it.
    """
    dialog, buttons = _said(parent, words)
    buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
    # What cannot be undone is not what Enter does.
    buttons.addButton(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
    buttons.accepted.connect(done)
    show(dialog)
    return dialog


def tell(parent: QWidget, words: str) -> QDialog:
    """Say something beside the window."""
    dialog, buttons = _said(parent, words)
    buttons.addButton(QDialogButtonBox.StandardButton.Ok)
    show(dialog)
    return dialog


def _said(parent: QWidget, words: str) -> tuple[QDialog, QDialogButtonBox]:
    """Make a dialog with a sentence and room for buttons, each of which closes it."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("seccm")
    whole = QVBoxLayout(dialog)
    whole.setContentsMargins(24, 20, 24, 20)
    whole.setSpacing(16)
    whole.addWidget(pieces.label(words, wrap=True))
    buttons = QDialogButtonBox()
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    whole.addWidget(buttons)
    return dialog, buttons
