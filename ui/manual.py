"""Manual: where everything is; moving by hand is for rigs whose host offers it."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from seccm.remote import News
from ui.models.palette import Palette, Sizes
from ui.models.run_state import RunState

_CELLS = (
    ("x", "m", "x"), ("y", "m", "y"), ("z", "m", "z, up positive"),
    ("potential", "V", "potential, raw"), ("current", "A", "current"),
)  # fmt: skip


class ManualView(QWidget):
    """Reads back position, potential and current."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(2)
        for k, (name, _, words) in enumerate(_CELLS):
            row, column = 2 * (k // 3), k % 3
            grid.addWidget(QLabel(words, objectName="caption"), row, column)
            cell = self.cells[name] = QLabel("–", objectName="readout")
            grid.addWidget(cell, row + 1, column)
        self.words = QLabel(objectName="muted")
        self.words.setWordWrap(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.addWidget(QLabel("Read-back", objectName="title"))
        whole.addLayout(grid)
        whole.addWidget(self.words)
        whole.addStretch(1)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes; the style sheet does it all here."""

    def show_news(self, news: News | None, run: RunState) -> None:
        """Show the newest row."""
        if not self.isVisible():
            return
        now = news.progress.now if news is not None and news.progress is not None else {}
        for name, unit, _ in _CELLS:
            value = now.get(name)  # type: ignore[call-overload]
            if value is None:
                text = "–"
            elif unit == "m":
                text = f"{value * 1e6:.3f} µm"
            elif unit == "V":
                text = f"{value:.4f} V"
            else:
                text = f"{value * 1e12:.2f} pA"
            if self.cells[name].text() != text:
                self.cells[name].setText(text)
        self.words.setText(
            "A scan owns the rig: nothing can be moved by hand." if run.running
            else "No rig is connected: read-back comes with a run."
        )  # fmt: skip
