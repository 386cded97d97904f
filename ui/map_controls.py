"""What stands above a map: quantity, potential, condition, colours and their limits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seccm.analysis.signal_means import mean_result
from seccm.program.site_results import OWN_AREA
from seccm.rig import Signal
from seccm.rig.signals import BASIC
from seccm.units import parse
from ui import pieces
from ui.colour_limits import ColourLimits
from ui.models.decades import ColourScale
from ui.models.palette import COLOUR_MAPS, Sizes
from ui.models.showing import raised
from ui.models.site_map import CHARGE, SiteMap
from ui.number_pad import NumberLine
from ui.view_menu import ViewMenu

AT_POTENTIAL = "current at a potential …"
MEANS = BASIC[0], BASIC[1], BASIC[4]
"""The signals of every rig of which there are maps: potential, current, height."""


def read_from_file(signals: Sequence[Signal]) -> dict[str, str]:
    """Return what is offered although the table of sites does not hold it, and its words.

    Args:
        signals: those that the rig file adds.
    """
    means = {mean_result(signal).name: signal.words for signal in (*MEANS, *signals)}
    return {
        AT_POTENTIAL: "",
        CHARGE: "net charge, read from the file",
        **{name: f"{words}, mean of the steps" for name, words in means.items()},
    }


OWN = (
    "Against own condition: each value over, or minus, the median of all sites of its own "
    "condition. What is left is the effect of the place."
)


OWN_AREA_TIP = (
    "Own area: per wetted area of each site, as it was measured; else per the one area of the plan."
)


class MapControls(QWidget):
    """Says what the user wants to see; the map decides what becomes of it."""

    chosen = QtCore.Signal(str)
    """A quantity."""
    potential_chosen = QtCore.Signal(float)
    """In volts, as potentials are shown."""
    mistaken = QtCore.Signal(str)
    """What is wrong with what was typed."""
    condition_chosen = QtCore.Signal(object)
    """The index of a condition; None for all."""
    changed = QtCore.Signal()
    """Colours, or their limits."""
    whole = QtCore.Signal()
    """Asks to show all sites again."""
    nothing = QtCore.Signal()
    """Asks to select nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = pieces.narrow(pieces.box("Quantity on the map"), 10)
        self.quantity.activated.connect(self._choose)
        self.potential = NumberLine()
        pieces.means(self.potential, "The potential at which the current of every site is shown on "
                     "the map.", "potential of the map")  # fmt: skip
        self.potential.editingFinished.connect(self._ask_potential)
        self.potential.setVisible(False)
        self._asked = ""
        """What was asked for last: leaving the field does not ask again."""
        self.condition = pieces.narrow(pieces.box("Select the sites of a condition"), 10)
        self.condition.activated.connect(
            lambda index: self.condition_chosen.emit(index - 1 if index > 0 else None)
        )
        self.own = pieces.tool("vs own condition", OWN, checkable=True)
        self.own.toggled.connect(lambda _: self.changed.emit())
        self._twin = ""
        """The same quantity by the other area."""
        self.own_area = pieces.tool("own area", OWN_AREA_TIP, checkable=True)
        self.own_area.clicked.connect(lambda _=False: self.chosen.emit(self._twin))
        self.own_area.setVisible(False)
        self._buttons = [self.own, self.own_area]
        self.colours = pieces.narrow(pieces.box("Colour map", *COLOUR_MAPS), 7)
        self.colours.activated.connect(lambda _: self.changed.emit())
        self.scale = pieces.narrow(pieces.box("Scale of the colours", *ColourScale), 4)
        self.scale.setToolTip(
            "Automatic: logarithmic if all values have one sign and span more than two decades. "
            "Potentials against a reference and heights are always linear: their zero is a choice."
        )
        self.scale.activated.connect(lambda _: self.changed.emit())
        self.limits = ColourLimits()
        self.low, self.high = self.limits.low, self.limits.high
        self.limits.changed.connect(self.changed)
        self.limits.mistaken.connect(self.mistaken)
        top = QHBoxLayout()
        top.setSpacing(6)
        self.view = ViewMenu(self.scale, self.own)
        """For fingers in gloves."""
        row = ((self.quantity, 5), (self.potential, 0), (self.condition, 2),
               (self.own_area, 0), (self.own, 0),
               (self.view, 0))  # fmt: skip
        for widget, stretch in row:
            top.addWidget(widget, stretch)
        self.potential.setMinimumWidth(120)
        self.second = QWidget()
        second = QHBoxLayout(self.second)
        second.setContentsMargins(0, 0, 0, 0)
        second.addWidget(self.colours, 1)
        second.addWidget(self.scale)
        second.addWidget(self.limits, 2)
        for words, tip, signal in (("show all", "Show all sites", self.whole),
                                   ("clear", "Select no site", self.nothing)):  # fmt: skip
            button = pieces.tool(words, tip)
            button.clicked.connect(lambda _=False, s=signal: s.emit())
            self._buttons.append(button)
            second.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(top)
        box.addWidget(self.second)

    def dress(self, sizes: Sizes) -> None:
        """Take sizes; fingers in gloves get one row, with a menu."""
        for widget in (self.second, self.own):
            widget.setVisible(not sizes.glove)
        self.view.setVisible(sizes.glove)
        pieces.uncut(*self._buttons)
        for field in (self.low, self.high):
            field.setMaximumWidth(round(sizes.font * 8))

    def show_reference(self, against: str) -> None:
        """Say what a potential that is typed is against."""
        self._asked = ""
        self.potential.setPlaceholderText(f'E vs {against}, such as "-0.1 V"')

    def offer_conditions(self, labels: object) -> None:
        """Offer conditions by their names, where there is a choice."""
        names = ["all conditions", *labels]  # type: ignore[misc]
        self.condition.clear()
        self.condition.addItems(names)
        self.condition.setVisible(len(names) > 2)

    def offer(self, sites: SiteMap, name: str, *, readable: bool) -> str:
        """Offer what can be mapped by now.

        Args:
            sites: the map.
            name: what is mapped.
            readable: whether there is a file to read more from.

        Returns:
            What is mapped from now on: the same, unless there is no such thing any more.
        """
        read = read_from_file(sites.signals)
        more = [extra for extra in read if extra not in sites.names] if readable else []
        names = [*sites.names, *more]
        if not name or name not in (*names, *sites.quantities):
            name = names[0]
        if name not in names:
            names.append(name)
        if [self.quantity.itemData(k) for k in range(self.quantity.count())] != names:
            self.quantity.clear()
            for each in names:
                known = sites.quantities.get(each)
                self.quantity.addItem(title_of(each, known.words if known else read[each])
                                      if known or each in read else each, each)  # fmt: skip
            metrics = self.quantity.fontMetrics()
            words = (self.quantity.itemText(k) for k in range(self.quantity.count()))
            widest = max(metrics.horizontalAdvance(text) for text in words)
            self.quantity.view().setMinimumWidth(widest + 4 * metrics.averageCharWidth())
        self.quantity.setCurrentIndex(names.index(name))
        self.quantity.setToolTip(self.quantity.currentText())
        by_own = name.endswith(OWN_AREA)
        self._twin = name.removesuffix(OWN_AREA) if by_own else f"{name}{OWN_AREA}"
        self.own_area.setVisible(self._twin in names)
        self.own_area.setChecked(by_own)
        return name

    def _choose(self) -> None:
        name = self.quantity.currentData()
        self.potential.setVisible(name == AT_POTENTIAL)
        if name == AT_POTENTIAL:
            self._asked = ""
            self.potential.setFocus()
        else:
            self.chosen.emit(name)

    def _ask_potential(self) -> None:
        text = self.potential.text().strip()
        if not text or text == self._asked:
            return
        self._asked = text
        try:
            self.potential_chosen.emit(parse(text, "V"))
        except ValueError as error:
            self.mistaken.emit(str(error))


def title_of(name: str, words: str) -> str:
    """Return how a quantity is offered: its symbol and its words."""
    said = words.split(":")[0]
    return f"{name} – {said}" if said else name


def name_at(potential: float, against: str) -> str:
    """Return the name of the current at a potential, which says against what."""
    return f"I at {potential:g} V vs {raised(against)}".replace("-", "−")
