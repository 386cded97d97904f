"""Chooses sign convention and reference of what is shown; the data do not change."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from seccm.units import parse
from ui import pieces
from ui.models.showing import Showing, raised
from ui.number_pad import NumberLine


class ReferenceDialog(QDialog):
    """Asks for the convention and for another reference, with a preview in words."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget, showing: Showing) -> None:
        super().__init__(parent)
        self._showing = showing
        self.setWindowTitle("Sign convention and reference")
        self.iupac = QRadioButton("IUPAC: anodic currents positive, positive potentials right")
        self.polarographic = QRadioButton("Polarographic: cathodic currents up, negative right")
        group = QButtonGroup(self)
        for k, button in enumerate((self.iupac, self.polarographic)):
            group.addButton(button, k)
        (self.polarographic if showing.polarographic else self.iupac).setChecked(True)
        self.other = pieces.line(showing.other, "such as SHE; empty for none")
        self.shift = NumberLine(f"{showing.shift:g} V" if showing.other else "", unit="V")
        self.shift.setAccessibleName("shift")
        reference = raised(showing.reference)
        self.shift.setPlaceholderText("such as -3.04 V")
        words = "To which potentials are converted on the screen, such as SHE. Files keep theirs."
        pieces.means(self.other, words, "other reference")
        words = "What is added to a potential against the reference of the file to convert it."
        pieces.means(self.shift, words, "shift")
        self.mistake = pieces.label("", "mistake")
        inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.addWidget(pieces.label("Sign convention and reference", "title"))
        whole.addWidget(pieces.label("Files keep IUPAC signs and their own reference.", "muted"))
        whole.addWidget(self.iupac)
        whole.addWidget(self.polarographic)
        form = QFormLayout()
        form.addRow(QLabel(f"Potentials are against {reference}. Convert to"), self.other)
        form.addRow(QLabel(f"E vs the other = E vs {reference} +"), self.shift)
        for field in (self.other, self.shift):
            field.setMinimumWidth(26 * field.fontMetrics().averageCharWidth() + 40)
        whole.addLayout(form)
        whole.addWidget(self.mistake)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        row = QVBoxLayout()
        row.setContentsMargins(24, 0, 24, 12)
        row.addWidget(buttons)
        outer.addLayout(row)

    def accept(self) -> None:
        """Hand the choice on, or say what is wrong with it."""
        other, shift = self.other.text().strip(), 0.0
        if other:
            try:
                shift = parse(self.shift.text(), "V")
            except ValueError as error:
                self.mistake.setText(str(error))
                return
        self.chosen.emit(
            Showing(self._showing.reference, self.polarographic.isChecked(), other, shift)
        )
        super().accept()
