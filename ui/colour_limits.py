"""Two fields for the limits of a map's colours; what is wrong with them is marked and said."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import pieces
from ui.models.colours import Shown
from ui.models.limits import Limits, read, written
from ui.number_pad import KEY, NumberLine

_TIP = (
    "{which} limit of the colours, such as {example}; without a unit it is in that of the scale. "
    "Empty for an automatic one."
)
EDGES = 20
"""Pixels of a field beside its words."""
_WORDS = (("low", "Lower"), ("high", "Upper"))


class ColourLimits(QWidget):
    """Keeps the limits of each quantity of a map, in SI."""

    changed = Signal()
    """Other limits were typed."""
    mistaken = Signal(str)
    """What is wrong with what was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = NumberLine("", "low"), NumberLine("", "high")
        for field, end in ((self.low, "lowest"), (self.high, "highest")):
            words = f"The value that gets the {end} colour; empty for that of the sites."
            pieces.means(field, words, f"{end} colour")
        self._kept: dict[str, Limits] = {}
        self._name, self._unit = "", ""
        self._shown: Shown | None = None
        self._written = {self.low: "", self.high: ""}
        """What was put into the fields: leaving one without a change asks for nothing."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for field, (_, which) in zip((self.low, self.high), _WORDS, strict=True):
            field.setProperty(KEY, f"colours {which}")
            field.setAccessibleName(f"{which} limit of the colours")
            field.editingFinished.connect(self._take)
            row.addWidget(field)

    def of(self, name: str) -> Limits:
        """Return the limits of a quantity; open ones where none were typed."""
        return self._kept.get(name, Limits())

    def forget(self) -> None:
        """Forget all limits: another scan is shown."""
        self._kept.clear()
        self._shown = None
        for field in (self.low, self.high):
            self._write(field, "")

    def show_limits(self, name: str, shown: Shown, unit: str) -> None:
        """Show the limits of a quantity in the unit and convention in which it is shown.

        Args:
            name: of the quantity.
            shown: how it is shown.
            unit: its SI unit.
        """
        other = name != self._name or self._shown is None
        turned = self._shown is None or shown.factor * self._shown.factor < 0
        self._name, self._shown, self._unit = name, shown, unit
        ends = self.of(name).seen(shown)
        for field, value in zip((self.low, self.high), ends, strict=True):
            field.unit = unit
            self._hint(field)
            # Somebody may be typing: what is there stays, unless it was meant for something else.
            if other or turned or not self._is_edited(field):
                self._write(field, written(value, shown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say in the empty fields what there is room for."""
        super().resizeEvent(event)
        for field in (self.low, self.high):
            self._hint(field)

    def _hint(self, field: NumberLine) -> None:
        """Write into an empty field which limit it is, and the unit if there is room for it."""
        word = _WORDS[field is self.high][0]
        whole = f"{word} {self._shown.unit if self._shown is not None else ''}".strip()
        metrics = field.fontMetrics()
        field.setMinimumWidth(metrics.horizontalAdvance(word) + EDGES)
        fits = metrics.horizontalAdvance(whole) + EDGES <= field.width()
        field.setPlaceholderText(whole if fits else word)

    def _is_edited(self, field: NumberLine) -> bool:
        return field.text() != self._written[field]

    def _take(self) -> None:
        """Read both fields; nothing is changed as long as there is a mistake in one."""
        shown = self._shown
        fields = (self.low, self.high)
        if shown is None or not any(self._is_edited(field) for field in fields):
            return
        kept = self.of(self._name).seen(shown)
        ends: list[float | None] = []
        mistakes: dict[NumberLine, str] = {}
        for field, before in zip(fields, kept, strict=True):
            try:
                # An untouched one is not rounded to what is written.
                edited = self._is_edited(field)
                ends.append(read(field.text(), shown, self._unit) if edited else before)
            except ValueError as error:
                mistakes[field] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        if not mistakes:
            try:
                self._kept[self._name] = Limits.typed(ends[0], ends[1], shown)
            except ValueError as error:
                mistakes = dict.fromkeys(fields, str(error))
        for field in fields:
            self._mark(field, mistakes.get(field, ""))
        if mistakes:
            self.mistaken.emit(next(iter(mistakes.values())))
            return
        for field, value in zip(fields, ends, strict=True):
            self._write(field, written(value, shown))
        self.changed.emit()

    def _write(self, field: NumberLine, text: str) -> None:
        self._written[field] = text
        if field.text() != text:
            field.setText(text)
        self._mark(field, "")

    def _mark(self, field: NumberLine, mistake: str) -> None:
        """Mark a field as wrong, or as right, and say why."""
        example = written(1.0, self._shown) if self._shown is not None else ""
        tip = _TIP.format(which=_WORDS[field is self.high][1], example=example)
        field.setToolTip(mistake or tip)
        if bool(field.property("wrong")) != bool(mistake):
            field.setProperty("wrong", bool(mistake))
            field.style().unpolish(field)
            field.style().polish(field)
