"""A pad of large keys for gloved hands: digits, steps, and the units of the field."""

from __future__ import annotations

from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui import dialogs
from ui.models.pad import stepped, units_like

GLOVES = "gloves"
"""The property of the application that says whether hands are gloved."""
_DIGITS = ("7", "8", "9", "4", "5", "6", "1", "2", "3", "-", "0", ".")


class NumberLine(QLineEdit):
    """A field for a number or a quantity; touched by a glove, it brings the pad of large keys."""

    def __init__(self, text: str = "", hint: str = "", tip: str = "") -> None:
        super().__init__(text)
        self.setPlaceholderText(hint)
        self.setToolTip(tip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Bring the pad, if hands are gloved; the application says so."""
        super().mouseReleaseEvent(event)
        app = QApplication.instance()
        if app is not None and app.property(GLOVES) and self.isEnabled():
            dialogs.show(NumberPad(self.window(), self))


class NumberPad(QDialog):
    """Edits the text of a field; nothing reaches it before OK."""

    def __init__(self, parent: QWidget, line: QLineEdit) -> None:
        super().__init__(parent)
        self.setWindowTitle(line.accessibleName() or "Number")
        self._line = line
        self.text = QLineEdit(line.text())
        self.text.setObjectName("readout")
        self.keys: dict[str, QPushButton] = {}
        grid = QGridLayout()
        for k, digit in enumerate(_DIGITS):
            grid.addWidget(self._key(digit, lambda d=digit: self._type(d)), k // 3, k % 3)
        for row, (name, factor) in enumerate((("+", 1), ("−", -1))):
            grid.addWidget(self._key(name, lambda f=factor: self._step(f)), row, 3)
        grid.addWidget(self._key("⌫", self.text.backspace), 2, 3)
        grid.addWidget(self._key("clear", self.text.clear), 3, 3)
        for k, unit in enumerate(units_like(line.text() or line.placeholderText())):
            grid.addWidget(self._key(unit, lambda u=unit: self._unit(u)), 4 + k // 4, k % 4)
        grid.addWidget(self._key("Cancel", self.reject), 7, 0, 1, 2)
        grid.addWidget(self._key("OK", self.accept), 7, 2, 1, 2)
        whole = QVBoxLayout(self)
        whole.addWidget(self.text)
        whole.addLayout(grid)

    def accept(self) -> None:
        """Put the text into the field, as if it had been typed."""
        self._line.setText(self.text.text())
        self._line.textEdited.emit(self.text.text())
        self._line.editingFinished.emit()
        super().accept()

    def _key(self, name: str, do: object) -> QPushButton:
        button = self.keys[name] = QPushButton(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: do())  # type: ignore[operator]
        return button

    def _type(self, digit: str) -> None:
        number, _, unit = self.text.text().partition(" ")
        self.text.setText(f"{number}{digit} {unit}".rstrip())

    def _step(self, sign: int) -> None:
        self.text.setText(stepped(self.text.text(), sign))

    def _unit(self, unit: str) -> None:
        self.text.setText(f"{self.text.text().partition(' ')[0]} {unit}")
