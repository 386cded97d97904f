"""Plots of the window's look: axes whose unit is written and does not hop, no grid, no menu."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.models.decade_marks import marks, number
from ui.models.palette import Palette, small
from ui.models.showing import Customary, Prefix, beginning

WIDE = 5.0
"""Room for a number beside the next one, in heights of its letters."""
NOTICE_MS = 2500
"""How long an axis is highlighted after its unit changed."""


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis with a quantity and a unit; a change of its prefix is shown, never silent.

    Args:
        side: where it is.
        counts: whether it counts: then it has whole numbers only.
    """

    def __init__(self, side: str, *, counts: bool = False) -> None:
        super().__init__(side)
        self.counts = counts
        self.enableAutoSIPrefix(False)
        self._name, self._base = "", ""
        self._prefix: Prefix | Customary = Prefix()
        self._fitted = False
        """Whether the prefix was chosen for numbers that were shown."""
        self._colours = ("#ffffff", "#ffffff")
        self._colour, self._written_for = 0, -1
        self._size = 11
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(NOTICE_MS)
        self._calm.timeout.connect(lambda: self._write(0))

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._colours = (palette.text, palette.accent)
        self.setPen(pg.mkPen(palette.border))
        self.setTextPen(pg.mkPen(palette.muted))
        made = self.font() if self.style["tickFont"] is None else self.style["tickFont"]
        self._size = small(font)
        made.setPixelSize(self._size)
        self.setStyle(tickFont=made, tickLength=-5, tickTextOffset=round(font * 0.35))
        self.label.setFont(made)
        if self.orientation in ("left", "right"):
            # Numbers with a power of ten are wider.
            self.setWidth(round(font * (6.0 if self.logMode else 5.2)))
        else:
            self.setHeight(round(font * 2.9))
        self._write(0)

    def name(self, name: str, unit: str) -> None:
        """Say what the axis is about; `name` may be HTML, `unit` is the SI one."""
        if (name, unit) != (self._name, self._base):
            self._name, self._base = name, unit
            self.begin()

    def fit(self, largest: float) -> None:
        """Choose the prefix for numbers up to this size; says so when it changes."""
        chosen = self._prefix.fitting(largest)
        if chosen != self._prefix:
            self._prefix = chosen
            self.setScale(chosen.factor)
            if self._fitted:
                self.notice()
            else:
                self._write(0)
        self._fitted = True

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the numbers at the marks, with the minus that the rest of the window has."""
        return [text.replace("-", "−") for text in super().tickStrings(values, scale, spacing)]

    def logTickValues(
        self, low: float, high: float, size: float, _: object
    ) -> list[tuple[float | None, list[float]]]:
        """Return the marks of a logarithmic axis, those with a number first."""
        upright = self.orientation in ("left", "right")
        told, silent = marks(low, high, int(size / (self._size * (2.0 if upright else WIDE))))
        return [(1.0, told), (None, silent)]

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Return the numbers at the marks of a logarithmic axis."""
        return ["" if spacing is None else number(mark) for mark in values]

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return the distances between marks, none less than one where it counts."""
        found = super().tickSpacing(low, high, size)
        if not self.counts:
            return list(found)
        return [level for level in found if level[0] >= 1.0] or [(1.0, 0.0)]

    def begin(self) -> None:
        """Forget the prefix: what comes has nothing to do with what was shown."""
        self._prefix, self._fitted = beginning(self._base, log=bool(self.logMode)), False
        self.setScale(self._prefix.factor)
        self._write(0)

    def notice(self) -> None:
        """Highlight the label for a while: its unit is another one than before."""
        self._write(1)
        self._calm.start()

    def updateAutoSIPrefix(self) -> None:
        """Do nothing: the prefix is that of `fit`, and labels are slow to write."""

    def resizeEvent(self, event: object = None) -> None:
        """Write the label as large as there is room for."""
        super().resizeEvent(event)
        # pyqtgraph calls this while it is made, and once more when it is closed.
        if self.label is not None and self._room() != getattr(self, "_written_for", self._room()):
            self._write(self._colour)

    def _room(self) -> int:
        upright = self.orientation in ("left", "right")
        return int(self.size().height() if upright else self.size().width())

    def _write(self, colour: int) -> None:
        """Write name and unit; less of the name where the axis is short."""
        unit = self._prefix.unit(self._base) if self._base else ""
        self._colour, self._written_for = colour, self._room()
        look = {"color": self._colours[colour], "font-size": f"{self._size}px"}
        for name in _shorter(self._name):
            self.setLabel(f"{name} ({unit})" if unit else name, **look)
            if self.label.boundingRect().width() <= self._written_for:
                break
        super().resizeEvent()  # which puts the label in the middle of the axis


class _Unseen(pg.AxisItem):  # type: ignore[misc]
    """An axis at a side where none is shown, whose label need not be written for every range."""

    def updateAutoSIPrefix(self) -> None:
        """Do nothing."""


def _shorter(name: str) -> Iterator[str]:
    """Yield the name of an axis, HTML, and ever less of it: smaller letters could not be read."""
    yield name
    head, against, _ = name.partition(" vs ")
    if against:
        yield head
    words = head.split()
    for count in range(len(words) - 1, 0, -1):
        yield " ".join([*words[:count], "…"])


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """A plot in the window's look, with a word in its corner about the sign convention.

    Args:
        parent: as of every widget.
        left: the vertical axis, if it is not a usual one.
    """

    def __init__(self, parent: QWidget | None = None, *, left: Axis | None = None) -> None:
        self.left, self.bottom = left or Axis("left"), Axis("bottom")
        view = pg.ViewBox(enableMenu=False)
        axes = {"left": self.left, "bottom": self.bottom}
        unseen = {side: _Unseen(side) for side in ("right", "top")}
        super().__init__(parent, viewBox=view, axisItems={**axes, **unseen})
        for side in unseen:
            self.plotItem.hideAxis(side)
        # pyqtgraph makes this menu without a parent: it would outlive the plot.
        menu = self.plotItem.ctrlMenu
        menu.setParent(self, menu.windowFlags())
        self.setMenuEnabled(False)
        self.setMinimumSize(80, 70)
        self.hideButtons()
        self.plotItem.setContentsMargins(2, 6, 8, 2)
        self._corner = pg.LabelItem(justify="left")
        self._corner.setParentItem(self.plotItem)
        self._corner.anchor(itemPos=(0, 1), parentPos=(0, 1), offset=(6, -4))
        self._hint = pg.LabelItem(justify="center")
        self._hint.setParentItem(self.plotItem.vb)
        self._words, self._hinted, self._font = "", "", 13
        self._palette: Palette | None = None

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        self._palette, self._font = palette, font
        self.setBackground(palette.panel)
        self.plotItem.vb.setBorder(pg.mkPen(palette.border))
        for axis in (self.left, self.bottom):
            axis.dress(palette, font)
        self.corner(self._words)
        self.hint(self._hinted)

    def corner(self, words: str) -> None:
        """Write some words into the lower left corner."""
        self._words = words
        if self._palette is not None:
            # Beside the axis' label, not over the curves: it must not hide data.
            self._write_corner(words)
            self._corner.resize(self._corner.itemRect().width(), self._corner.itemRect().height())
            self._corner.anchor(itemPos=(0, 1), parentPos=(0, 1), offset=(6, -4))

    def _write_corner(self, words: str) -> None:
        """Write as many of the words as fit beside the label of the axis, the last ones first."""
        assert self._palette is not None
        label = self.bottom.label
        room = self.bottom.mapToItem(self.plotItem, label.pos()).x() - 10.0
        parts = words.split(" · ")
        for first in range(len(parts)):
            said = " · ".join(parts[first:])
            self._corner.setText(said, color=self._palette.muted, size=f"{small(self._font)}px")
            self._corner.updateMin()
            if self._corner.itemRect().width() <= room:
                return
        if self.isVisible():
            self._corner.setText("")
            self._corner.updateMin()

    def hint(self, words: str) -> None:
        """Write some words into the middle, where nothing else is drawn; none to remove them."""
        self._hinted = words
        self._place_hint()
        self._hint.setVisible(bool(words))
        for axis in (self.left, self.bottom):
            axis.setStyle(showValues=not words)  # numbers of nothing mislead

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the words in the middle where they are wider than the plot."""
        super().resizeEvent(event)
        if getattr(self, "_words", ""):
            self.corner(self._words)
        if getattr(self, "_hinted", ""):  # pyqtgraph calls this while it is made
            self._place_hint()

    def _place_hint(self) -> None:
        if self._palette is None:
            return
        colour, size = self._palette.muted, f"{small(self._font)}px"
        item, room = self._hint.item, self.plotItem.vb.size().width() - self._font
        item.setTextWidth(-1.0)
        self._hint.setText(self._hinted.replace("\n", "<br>"), color=colour, size=size)
        if 0.0 < room < item.boundingRect().width():
            self._hint.setText(self._hinted.replace("\n", " "), color=colour, size=size)
            item.setTextWidth(room)
        self._hint.updateMin()
        space = self._hint.itemRect()
        self._hint.resize(space.width(), space.height())
        self._hint.anchor(itemPos=(0.5, 0.5), parentPos=(0.5, 0.5))

    def whole(self) -> None:
        """Show everything again and follow what comes."""
        self.enableAutoRange()


def line_width(font: int) -> float:
    """Return how wide curves are: one pixel, and two where the screen is so fine that it must."""
    return 1.0 if font < 20 else 2.0


def pen(colour: str, width: float = 1.0, *, dashed: bool = False) -> object:
    """Make a pen; one pixel wide is ten times as fast to draw as two."""
    style = pg.QtCore.Qt.PenStyle.DashLine if dashed else pg.QtCore.Qt.PenStyle.SolidLine
    return pg.mkPen(colour, width=width, style=style)


def decades() -> list[list[tuple[float, str]]]:
    """Return the numbers of a logarithmic axis: 1, 2, 5, 10 and so on, and marks between them."""
    powers = range(-9, 7)
    told = [(math.log10(k) + n, f"{k * 10.0**n:.7g}") for n in powers for k in (1, 2, 5)]
    return [told, [(math.log10(k) + n, "") for n in powers for k in (3, 4, 6, 7, 8, 9)]]
