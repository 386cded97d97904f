"""Chooses one step of the selected sites, or all of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui import pieces
from ui.models.step_pages import StepRan

ALL = "all steps"
LETTERS = 14
"""Width of the box, in letters; its list shows every step whole."""


class StepChoice(pieces.Choice):
    """A box of the steps that ran; hidden where there is only one."""

    picked = Signal()
    """Another step was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        pieces.tall(self)
        pieces.narrow(self, LETTERS)
        self.setAccessibleName("step")
        self.setToolTip("Show one step alone: its time and charge from its beginning")
        self._steps: tuple[StepRan, ...] = ()
        self.addItem(ALL)
        self.activated.connect(lambda _: self.picked.emit())
        self.hide()

    @property
    def chosen(self) -> StepRan | None:
        """The step that is shown; None if all are."""
        at = self.currentIndex() - 1
        return self._steps[at] if 0 <= at < len(self._steps) else None

    def offer(self, steps: Iterable[StepRan]) -> None:
        """List steps by their numbers; a choice stays if its step is still there."""
        listed = tuple(sorted({step.number: step for step in steps}.values(),
                              key=lambda step: step.number))  # fmt: skip
        if listed == self._steps:
            return
        before = self.chosen
        self._steps = listed
        self.clear()
        self.addItems([ALL, *(step.words for step in listed)])
        numbers = [step.number for step in listed]
        kept = before is not None and before.number in numbers
        self.setCurrentIndex(numbers.index(before.number) + 1 if before and kept else 0)
        self.setVisible(len(listed) > 1)
