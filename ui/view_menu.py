"""What gloves find in one menu: how a map is coloured, and which curves are below it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QComboBox, QMenu, QToolButton


class ViewMenu(QToolButton):
    """A button with a menu of what has widgets of its own where there is room for them.

    Args:
        scale: the box with the scales of the colours.
        own: the button that puts values against their own condition.
    """

    def __init__(self, scale: QComboBox, own: QToolButton) -> None:
        super().__init__()
        self.setText("View")
        self.setToolTip("Colours of the map, and the curves below it")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._scale, self._own = scale, own
        self.pages: Mapping[str, QToolButton] = {}
        """What turns to each page of curves; may change at any time."""
        menu = QMenu(self)
        self.colours, self.curves = menu.addMenu("Colours"), menu.addMenu("Curves")
        self.colours.aboutToShow.connect(self._list_colours)
        self.curves.aboutToShow.connect(self._list_curves)
        self.setMenu(menu)

    def _list_colours(self) -> None:
        self.colours.clear()
        for index in range(self._scale.count()):
            action = self.colours.addAction(self._scale.itemText(index))
            action.setCheckable(True)
            action.setChecked(index == self._scale.currentIndex())
            action.triggered.connect(lambda _=False, k=index: self._take_scale(k))
        action = self.colours.addAction(self._own.text())
        action.setCheckable(True)
        action.setChecked(self._own.isChecked())
        action.triggered.connect(lambda _=False: self._own.click())

    def _take_scale(self, index: int) -> None:
        self._scale.setCurrentIndex(index)
        self._scale.activated.emit(index)

    def _list_curves(self) -> None:
        self.curves.clear()
        for button in self.pages.values():
            action = self.curves.addAction(button.text())
            action.setCheckable(True)
            action.setChecked(button.isChecked())
            action.triggered.connect(lambda _=False, b=button: b.click())
