"""A pad of large keys for gloved hands: digits, sign, steps, and the units of the field."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QMouseEvent, QShowEvent, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui import dialogs, pieces
from ui.models.pad import Typed, units_like
from ui.pushed import GLOVES

KEY = "key"
"""The property of a field that names it: a field of the same name takes over from one that went."""
_DIGITS = ("7", "8", "9", "4", "5", "6", "1", "2", "3", "±", "0", ".")
_ROWS = 4


class NumberLine(QLineEdit):
    """A field for a number or a quantity; touched by a glove, it brings the pad of large keys.

    Args:
        text: in it.
        hint: an example of what to write.
        tip: what it is about.
        unit: the SI unit of what is typed; empty where the text tells.
        many: whether several quantities may stand in it.
    """

    lines = False
    """Whether there are several, of which the one that is touched is edited."""

    def __init__(
        self, text: str = "", hint: str = "", tip: str = "", *, unit: str = "", many: bool = False
    ) -> None:
        super().__init__(text)
        self.unit, self.many = unit, many
        self.setPlaceholderText(hint)
        self.setToolTip(tip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Bring the pad, if hands are gloved."""
        super().mouseReleaseEvent(event)
        bring(self)

    def padded(self) -> Typed:
        """Return the text and where in it the cursor is."""
        return Typed(self.text(), self.cursorPosition())

    def take(self, text: str) -> None:
        """Take a text as if it had been typed."""
        self.setText(text)
        self.textEdited.emit(text)
        self.editingFinished.emit()

    def hint(self) -> str:
        """Return an example of what to write."""
        return self.placeholderText()


class NumberArea(QPlainTextEdit):
    """A field for lines of quantities, such as points; the pad edits the line that is touched."""

    lines = True
    many = True

    def __init__(self, text: str = "", *, unit: str = "") -> None:
        super().__init__(text)
        self.unit = unit

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Bring the pad, if hands are gloved."""
        super().mouseReleaseEvent(event)
        bring(self)

    def padded(self) -> Typed:
        """Return the line that was touched and where in it the cursor is."""
        cursor = self.textCursor()
        return Typed(cursor.block().text(), cursor.positionInBlock())

    def take(self, text: str) -> None:
        """Put a text into the place of the line that was touched."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.LineUnderCursor)
        cursor.insertText(text)

    def another(self) -> None:
        """Begin a line below the one that was touched."""
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        cursor.insertBlock()
        self.setTextCursor(cursor)

    def hint(self) -> str:
        """Return an example of what to write."""
        return self.placeholderText() or self.toPlainText()


class NumberPad(QDialog):
    """Edits the text of a field; nothing reaches it before OK.

    If the field goes, as when a form is made again, the one of the same name takes over; if there
    is none, the pad goes with it.
    """

    def __init__(self, parent: QWidget, field: NumberLine | NumberArea) -> None:
        super().__init__(parent)
        self.setWindowTitle(field.accessibleName() or "Number")
        self._parent, self._name = parent, field.property(KEY)
        self.setObjectName("pad")
        self.text = QLineEdit()
        self.text.setObjectName("readout")
        self.which = pieces.label("", "caption")
        self.keys: dict[str, QPushButton] = {}
        grid = QGridLayout()
        for k, digit in enumerate(_DIGITS):
            do = self._by(Typed.turned) if digit == "±" else self._by(Typed.digit, digit)
            grid.addWidget(self._key(digit, do), k // 3, k % 3)
        for row, (name, do) in enumerate((
            ("⌫", self._by(Typed.back)), ("clear", self._by(Typed.cleared)),
            ("▲", self._by(Typed.stepped, 1)), ("▼", self._by(Typed.stepped, -1)),
        )):  # fmt: skip
            grid.addWidget(self._key(name, do), row, 3)
        units = units_like(field.padded().text or field.hint(), field.unit)
        for k, unit in enumerate(units):
            grid.addWidget(self._key(unit, self._by(Typed.with_unit, unit)), k % _ROWS, 4 + k // 4)
        last = 5 + (len(units) - 1) // _ROWS
        if field.many:
            grid.addWidget(self._key("next", self._by(Typed.next)), 0, last)
            grid.addWidget(self._key(",", self._by(Typed.another)), 1, last)
        if field.lines:
            grid.addWidget(self._key("new line", self._new_line), 2, last)
        last += field.many
        grid.addWidget(self._key("Cancel", self.reject), 0, last, 2, 1)
        grid.addWidget(self._key("OK", self.accept), 2, last, 2, 1)
        whole = QVBoxLayout(self)
        whole.addWidget(self.text)
        whole.addWidget(self.which)
        whole.addLayout(grid)
        self.text.cursorPositionChanged.connect(self._tell)
        self.text.textChanged.connect(self._tell)
        self._edit(field)
        self._show(field.padded())

    def accept(self) -> None:
        """Put the text into the field, as if it had been typed."""
        if self._field is not None:
            self._field.take(self.text.text())
        super().accept()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the lower left corner: the emergency button is at the upper right."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._settle)

    def _settle(self) -> None:
        # All is selected when a field gets the focus; the keys are about one number in it.
        self.text.deselect()
        window = self._parent
        while (above := window.parentWidget()) is not None:
            window = above
        self.move(window.mapToGlobal(QPoint(0, window.height() - self.frameGeometry().height())))

    def _edit(self, field: NumberLine | NumberArea) -> None:
        self._field: NumberLine | NumberArea | None = field
        field.destroyed.connect(self._lose)

    def _lose(self) -> None:
        self._field = None
        # The form that takes its place is being made.
        QTimer.singleShot(0, self, self._follow)

    def _follow(self) -> None:
        find = self._parent.findChildren
        fields: list[NumberLine | NumberArea] = [*find(NumberLine), *find(NumberArea)]
        heir = next((f for f in fields if self._name and f.property(KEY) == self._name), None)
        if heir is None:
            self.reject()
        else:
            self._edit(heir)

    def _new_line(self) -> None:
        if isinstance(self._field, NumberArea):
            self._field.take(self.text.text())
            self._field.another()
            self._show(Typed("", 0))

    def _key(self, name: str, do: Callable[[], object]) -> QPushButton:
        button = self.keys[name] = QPushButton(name.replace("^2", "²"))
        button.setObjectName("digit" if len(name) == 1 else "")
        button.setAutoDefault(False)
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding)
        button.clicked.connect(lambda: do())
        return button

    def _by(self, change: Callable[..., Typed], *how: object) -> Callable[[], None]:
        """Return what a key does to the text."""
        return lambda: self._show(change(Typed(self.text.text(), self.text.cursorPosition()), *how))

    def _show(self, typed: Typed) -> None:
        self.text.setText(typed.text)
        self.text.setCursorPosition(typed.at)
        self.text.setFocus()

    def _tell(self) -> None:
        """Say which of several quantities the keys are about."""
        typed = Typed(self.text.text(), self.text.cursorPosition())
        several = len(typed.parts) > 1
        self.which.setVisible(several)
        self.which.setText(f"Value {typed.which + 1} of {len(typed.parts)}" if several else "")


def bring(field: NumberLine | NumberArea) -> None:
    """Show the pad for a field, if hands are gloved, in the place of one for another field."""
    app = QApplication.instance()
    if app is None or not app.property(GLOVES) or not field.isEnabled():
        return
    window = field.window()
    for pad in window.findChildren(NumberPad):
        pad.reject()
    dialogs.show(NumberPad(window, field))
