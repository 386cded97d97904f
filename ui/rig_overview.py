"""What a rig can do, where its limits are, and how its calibrations stand."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from seccm.calibration import file_of
from seccm.commissioning.standing import standings
from seccm.errors import PlanError
from seccm.rig import RigInfo
from seccm.rigs import load_rig
from seccm.words import SIMULATION
from ui import pieces
from ui.models.commissioning import standing_rows
from ui.models.rig_words import sections
from ui.pushed import kinetic


class RigOverview(QScrollArea):
    """Says it in words and numbers.

    Args:
        rig: its name or file.
    """

    def __init__(self, rig: str) -> None:
        super().__init__(widgetResizable=True)
        kinetic(self)
        self._rig = rig
        self._device = ""
        self.words = pieces.label(
            "The limits of the rig are known after it was opened: press Start on the page Check. "
            "Nothing moves.",
            "muted",
            wrap=True,
        )
        self.source = pieces.label("", "small", wrap=True)
        self.failure = pieces.label("", "mistake", wrap=True)
        self.info = _table()
        self.calibrations = _table()
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(16, 4, 16, 12)
        row.setSpacing(36)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(6)
        right.setSpacing(6)
        left.addWidget(self.words)
        left.addLayout(self.info)
        left.addStretch(1)
        right.addWidget(pieces.label("Calibrations", "heading"))
        right.addWidget(self.source)
        right.addWidget(self.failure)
        right.addLayout(self.calibrations)
        right.addStretch(1)
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        self.setWidget(inside)
        self.reload()

    def reload(self) -> None:
        """Read the rig file and its calibration again."""
        _clear(self.calibrations)
        self.failure.clear()
        self.failure.hide()
        try:
            file = load_rig(self._rig, calibrated=False)
        except PlanError as error:
            self.failure.setText(str(error))
            self.failure.show()
            return
        kept = file_of(file.config)
        self.source.setText(f"{file.source}\n{kept or 'No calibration file.'}")
        found = standings(file.config, datetime.now().astimezone(), self._device)
        for row, (name, value, date, how, doubt) in enumerate(standing_rows(found)):
            at = 2 * row
            self.calibrations.addWidget(pieces.label(name, "muted"), at, 0)
            self.calibrations.addWidget(pieces.label(value, "", wrap=True), at, 1)
            said = pieces.label(f"{date} · {how}", "small", wrap=True)
            if doubt:
                said = pieces.label(f"{date} · {how}. {doubt}", "warning", wrap=True)
            self.calibrations.addWidget(said, at + 1, 1)
        if not found:
            self.calibrations.addWidget(pieces.label("None yet.", "muted"), 0, 0)

    def show_info(self, info: RigInfo) -> None:
        """Show what a rig says of itself."""
        _clear(self.info)
        simulated = f"{SIMULATION}: no hardware is involved." if info.virtual else ""
        device = f"Device: {info.device}." if info.device else ""
        self.words.setText(" ".join(part for part in (simulated, device) if part))
        row = 0
        for title, lines in sections(info):
            self.info.addWidget(pieces.label(title, "heading"), row, 0, 1, 2)
            row += 1
            for name, value in lines:
                self.info.addWidget(pieces.label(name, "muted"), row, 0)
                self.info.addWidget(pieces.label(value, "", wrap=True), row, 1)
                row += 1
        if info.device != self._device:
            self._device = info.device
            self.reload()


def _table() -> QGridLayout:
    made = QGridLayout()
    made.setHorizontalSpacing(20)
    made.setVerticalSpacing(4)
    made.setColumnStretch(1, 1)
    return made


def _clear(table: QGridLayout) -> None:
    while (item := table.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
