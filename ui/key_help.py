"""F1 on anything: what a field means, in the words of `seccm help` where it stands for a key."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QVBoxLayout, QWidget

from seccm.keys import find, told
from seccm.plan.keys_page import tables
from ui import pieces

HELP = "help"
"""The property of a field that says which key, table or kind it stands for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks the meaning of."""

    title: str
    words: str


def asked_of(widget: QWidget | None) -> str:
    """Return the key that a widget, or what it lies in, says it stands for; empty if none."""
    while widget is not None:
        if words := widget.property(HELP):
            return str(words)
        widget = widget.parentWidget()
    return ""


def meaning_of(widget: QWidget | None) -> Asked | None:
    """Return what a widget means: that of its key, its own words, or what its tip says.

    What it lies in is asked where it says nothing itself; None where nobody says anything.
    """
    if key := asked_of(widget):
        return Asked(key, help_words(key))
    title = ""
    while widget is not None and not widget.isWindow():
        title = title or _title_of(widget)
        said = widget.property(pieces.MEANING) or widget.toolTip().strip()
        if said:
            return Asked(title or "What this is", str(said))
        widget = widget.parentWidget()
    return None


def help_words(asked: str) -> str:
    """Return what there is to say of a key; of its table where the key is a name of the user's."""
    known = tables()
    found = find(asked, known) or find(asked.rpartition(".")[0], known)
    return "\n\n".join(told(found))


def _title_of(widget: QWidget) -> str:
    """Return what a widget is called where it stands."""
    if name := widget.accessibleName():
        return name
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text().replace("&", "").replace("\n", " ")
    for label in widget.window().findChildren(QLabel):
        if label.buddy() is widget:
            return label.text()
    return ""


class KeyHelp(QDialog):
    """What a field means.

    Args:
        asked: what is asked.
        parent: the window.
    """

    def __init__(self, asked: Asked, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(asked.title)
        inside = self._inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.addWidget(pieces.label(asked.title, "title", wrap=True))
        self.words = pieces.label(asked.words, "", wrap=True)
        self.words.setMinimumWidth(420)
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse
        self.words.setTextInteractionFlags(selectable)
        whole.addWidget(self.words)
        whole.addWidget(pieces.label("F1 outside of the fields shows all keys.", "muted"))
        whole.addStretch(1)

    def sizeHint(self) -> QSize:
        """Return the room in which nothing has to be scrolled."""
        return self._inside.sizeHint() + QSize(4, 4)
