"""What comes of the plan that is open: whether it can be run, where it goes, how long it takes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ui import pieces
from ui.dialogs import choose_file
from ui.models.colours import condition_legend
from ui.models.outlook import Outlook
from ui.models.palette import DARK, Palette, Sizes
from ui.path_plot import PathPlot
from ui.pushed import kinetic


class PlanOutlook(QWidget):
    """Verdict, map and data file of a plan."""

    def __init__(self) -> None:
        super().__init__()
        self._palette = DARK
        self._found: Outlook | None = None
        self.path = PathPlot()
        self.caption = pieces.label("", "small", wrap=True)
        self.verdict = pieces.label("", "good", wrap=True)
        self.facts = pieces.label("", "muted", wrap=True)
        self.remarks = pieces.label("", "warning", wrap=True)
        self.busy = pieces.bar(endless=True)
        self.target = pieces.line("", "new file in this folder, named after plan and time")
        pieces.means(self.target, "The data file of the next run: a path that ends in .h5. A file "
                     "that exists already is never replaced.", "data file")  # fmt: skip
        self.place = QPushButton("…")
        self.place.setToolTip("Choose name and folder of the data file")
        self.place.clicked.connect(self._ask_place)
        inside = pieces.Tall()
        box = QVBoxLayout(inside)
        box.setContentsMargins(8, 0, 0, 0)
        for widget in (self.verdict, self.facts, self.busy):
            box.addWidget(widget)
        box.addWidget(self.path, 1)
        box.addWidget(self.caption)
        box.addWidget(self.remarks)
        area = kinetic(QScrollArea(widgetResizable=True))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        # Where the data go is in view whatever there is to say of the plan.
        target = QHBoxLayout()
        target.setContentsMargins(8, 0, 0, 0)
        target.addWidget(pieces.label("Data file", "muted"))
        target.addWidget(self.target, 1)
        target.addWidget(self.place)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area, 1)
        column.addLayout(target)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette = palette
        self.path.dress(palette, sizes.font)
        self._write_caption()
        self.path.setMinimumHeight(14 * sizes.font)

    def say(self, mood: str, verdict: str, facts: str) -> None:
        """Say what is to be thought of the plan: "good" or "bad", and why."""
        pieces.look(self.verdict, "good" if mood == "good" else "mistake")
        self.verdict.setText(verdict)
        self.facts.setText(facts)

    def show_found(self, found: Outlook) -> None:
        """Show where the plan goes."""
        self._found = found
        self.path.show_plan(found)
        self._write_caption()

    def _write_caption(self) -> None:
        if self._found is not None:
            legend = condition_legend(self._found.plan, self._palette)
            parts = (self._found.places.words, legend)
            self.caption.setText(" &nbsp; ".join(part for part in parts if part))

    def _ask_place(self) -> None:
        typed = self.target.text().strip()
        start = Path(typed).expanduser() if typed else None
        choose_file(
            self, "Data file", "seccm data (*.h5)", lambda path: self.target.setText(str(path)),
            start=start, suffix="h5", fresh=True,
        )  # fmt: skip
