"""F1 on a field of the plan form: what its key means, in the words of `seccm help`."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from seccm.keys import find, told
from seccm.plan.keys_page import tables
from ui import pieces

HELP = "help"
"""The property of a field that says which key, table or kind it stands for."""


def asked_of(widget: QWidget | None) -> str:
    """Return what a widget, or what it lies in, says it stands for; empty if nothing."""
    while widget is not None:
        if words := widget.property(HELP):
            return str(words)
        widget = widget.parentWidget()
    return ""


def help_words(asked: str) -> str:
    """Return what there is to say of a key; of its table where the key is a name of the user's."""
    known = tables()
    found = find(asked, known) or find(asked.rpartition(".")[0], known)
    return "\n\n".join(told(found))


class KeyHelp(QDialog):
    """What a key means.

    Args:
        asked: the key, such as "approach.speed" or "cv.scan_rate".
        parent: the window.
    """

    def __init__(self, asked: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(asked)
        inside = self._inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.addWidget(pieces.label(asked, "title"))
        self.words = pieces.label(help_words(asked), "", wrap=True)
        self.words.setMinimumWidth(420)
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse
        self.words.setTextInteractionFlags(selectable)
        whole.addWidget(self.words)
        whole.addWidget(pieces.label("F1 outside of the fields shows all keys.", "muted"))
        whole.addStretch(1)

    def sizeHint(self) -> QSize:
        """Return the room in which nothing has to be scrolled."""
        return self._inside.sizeHint() + QSize(4, 4)
