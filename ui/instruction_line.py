"""A line in which an operator says what is wanted of the sites to come."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QWidget

from seccm.errors import PlanError, Problem
from seccm.factors import Level
from seccm.plan.instruction import KINDS, Instruction, Kind, person
from seccm.plan.placing import Given
from seccm.units import show
from ui import pieces

WORDS: dict[Kind, tuple[str, str]] = {
    "pin": ("Pin", "Visit this place of the plan next"),
    "add": ("Add", "Visit this place, too, before the planner is asked again"),
    "forbid": ("Forbid", "Never visit this place"),
    "allow": ("Allow", "Take back what was said of this place"),
}


class InstructionLine(QWidget):
    """Place, levels, a reason, and a button for each kind of instruction.

    Args:
        tell: called with the kind whose button was pressed.
    """

    def __init__(self, tell: Callable[[Kind], None]) -> None:
        super().__init__()
        self.field_x = pieces.line(
            hint="x: 10 um", tip="Place, with its unit; or click it on the map"
        )
        self.field_y = pieces.line(
            hint="y: 10 um", tip="Place, with its unit; or click it on the map"
        )
        self.region = pieces.line(
            hint="region: A1", tip="Of the sample, in a plan with regions; or click it on the map"
        )
        self.region.setVisible(False)
        self.levels = pieces.line(
            hint="levels: j = -1 mA/cm^2",
            tip="Levels of factors at a pinned or added site; those of the plan if left out. "
            "Separate several by ;",
        )
        self.why = pieces.line(hint="why", tip="Kept in the data file")
        self.buttons: dict[Kind, QPushButton] = {}
        self.words = pieces.label("", "muted", wrap=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        fields: tuple[tuple[QLineEdit, int], ...] = (
            (self.region, 2), (self.field_x, 2), (self.field_y, 2), (self.levels, 4), (self.why, 4),
        )  # fmt: skip
        for column, (made, stretch) in enumerate(fields):
            made.setAccessibleName(made.placeholderText())
            grid.addWidget(made, 0, column)
            grid.setColumnStretch(column, stretch)
        for column, kind in enumerate(KINDS, len(fields)):
            words, tip = WORDS[kind]
            button = self.buttons[kind] = QPushButton(words)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(partial(lambda which, _=False: tell(which), kind))
            grid.addWidget(button, 0, column)
        grid.addWidget(self.words, 1, 0, 1, len(fields) + len(KINDS))

    def dress(self) -> None:
        """Take sizes."""
        pieces.uncut(*self.buttons.values())

    def place(self, x: float, y: float) -> None:
        """Write a place into the fields."""
        self.field_x.setText(show(x, "m", 6))
        self.field_y.setText(show(y, "m", 6))

    def choose_region(self, label: str) -> None:
        """Write a region into its field."""
        self.region.setText(label)

    def answer(self, words: str, *, good: bool) -> None:
        """Say what became of what was told."""
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setText(words)
        pieces.look(self.words, "muted" if good else "warning")

    def instruction(self, kind: Kind) -> Instruction:
        """Return what stands in the fields.

        Raises:
            PlanError: with every mistake.
        """
        wrong: list[Problem] = []
        x, y = (
            _length(name, field, wrong)
            for name, field in (("x", self.field_x), ("y", self.field_y))
        )
        levels: dict[str, Given] = {}
        for part in self.levels.text().split(";") if kind in ("pin", "add") else ():
            name, equals, level = (piece.strip() for piece in part.partition("="))
            if not part.strip():
                continue
            if not name or not equals or not level:
                wrong.append(
                    Problem("levels", f'"{part.strip()}" is not a level.', 'Write "j = -1 A/m^2".')
                )
            levels[name] = level
        if wrong:
            raise PlanError("instruction", wrong)
        return Instruction(
            kind, x, y, levels, who=f"{person()}, window", why=self.why.text().strip(),
            region=self.region.text().strip(),
        )  # fmt: skip


def _length(name: str, field: QLineEdit, wrong: list[Problem]) -> float:
    try:
        level = Level.read(field.text().strip())
    except ValueError:
        level = None
    if level is None or level.unit != "m":
        said = (
            f'is "{field.text()}", which is not a length.'
            if field.text().strip()
            else "is missing."
        )
        wrong.append(Problem(name, said, "Write it with its unit, such as 10 um."))
        return 0.0
    return level.value
