"""The rooms of the window: a rail at the left to choose one, and its views, which can be moved."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import pieces
from ui.models.palette import Sizes
from ui.pushed import kinetic
from ui.theme import rail_bar

ROOMS = ("scan", "plan", "browse", "manual", "rig", "camera")
ARRANGED = 3
"""Version of the arrangement of views; older remembered ones are forgotten."""
_VIEWS = {
    "scan": ("live", "map", "log"),
    "manual": ("manual", "trends", "live"),
    "rig": ("rig", "log"),
}
_GLOVED = {"scan": ("live", "map"), "manual": ("manual",), "rig": ("rig",)}
"""Fingers in gloves need the room that the rest would take."""
_NARROW = 11
"""Where fewer targets of fingers in gloves are side by side, views are behind one another."""
_BELOW = {"manual": 1}
"""Which view of a room its third one stands below; the first, where nothing is said."""
_SHARES = {"scan": 0.56, "manual": 0.42, "rig": 0.78}
"""Of the width, for the first view of a room."""
_UPPER = {"manual": 0.5}
"""Of the height, for the view above the third one."""
_SHORT = {"convention": "Sign\nconvention", "theme": "Theme", "glove": "Gloves", "keys": "Keys"}


class Rooms(QWidget):
    """Shows the views of one room at a time, where they were left.

    Args:
        views: by name.
        actions: by name; those of the rooms, and of the look, stand in the rail.
        settings: where the places of the views are remembered.
    """

    def __init__(
        self, views: Mapping[str, QWidget], actions: Mapping[str, QAction], settings: QSettings
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._actions, self._settings = actions, settings
        self._glove, self._narrow, self._target = False, False, 0
        self.room = ""
        self._views = QMainWindow()
        self._views.setDockNestingEnabled(True)
        # Views behind one another are named at their left: there is more width than height.
        places = Qt.DockWidgetArea.AllDockWidgetAreas
        self._views.setTabPosition(places, QTabWidget.TabPosition.West)
        self._views.setWindowFlags(Qt.WindowType.Widget)
        # While views change places they need more room than the screen has for a moment.
        self._views.setMinimumSize(320, 240)
        self._rail: dict[str, QToolButton] = {}
        self.signs = pieces.label("", "small")
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._make_rail())
        box.addWidget(self._views, 1)
        self._clearing = QTimer(self)
        self._clearing.setSingleShot(True)
        self._clearing.setInterval(0)
        self._clearing.timeout.connect(self._clear)
        self.docks: dict[str, QDockWidget] = {}
        for name, widget in views.items():
            dock = QDockWidget(name.capitalize(), self._views)
            dock.setObjectName(name)
            dock.setWidget(widget)
            dock.setFeatures(
                QDockWidget.DockWidgetFeature.DockWidgetMovable
                | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            )
            self.docks[name] = dock

    def _make_rail(self) -> QWidget:
        rail = QWidget()
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(2)
        for name in (*ROOMS, "", "convention", "theme", "glove", "keys"):
            if not name:
                column.addStretch(1)
                continue
            button = QToolButton()
            action = self._actions[name]
            action.setIconText(_SHORT.get(name, name.capitalize()))
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            action.setCheckable(name in ROOMS)
            self._rail[name] = button
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.signs.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.signs)
        self._rail_area = QScrollArea()
        self._rail_area.setObjectName("rail")
        self._rail_area.setWidgetResizable(True)
        self._rail_area.setWidget(rail)
        self._rail_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return kinetic(self._rail_area)

    def dress(self, sizes: Sizes) -> None:
        """Take sizes; in gloves, fewer views share the room."""
        wide = round(max(sizes.font * 7.1, sizes.target if sizes.glove else 0))
        for button in self._rail.values():
            button.setIconSize(QSize(sizes.icon, sizes.icon))
            button.setFixedWidth(wide)
        bar = Qt.ScrollBarPolicy.ScrollBarAsNeeded
        none = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        # Large targets may be more than the screen is high.
        self._rail_area.setVerticalScrollBarPolicy(bar if sizes.glove else none)
        self._rail_area.setFixedWidth(wide + (rail_bar(sizes) + 4 if sizes.glove else 2))
        self._fit(sizes.glove, sizes.target)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put views behind one another where there is no room for them side by side."""
        super().resizeEvent(event)
        self._fit(self._glove, self._target)

    def _fit(self, glove: bool, target: int) -> None:
        """Arrange the room again, if fingers in gloves or the width of the window ask for it."""
        narrow = glove and self.width() - self._rail_area.width() < _NARROW * target
        self._target = target
        if (glove, narrow) == (self._glove, self._narrow):
            return
        self.save()
        self._glove, self._narrow = glove, narrow
        room, self.room = self.room, ""
        if room:
            self.go(room)

    def go(self, room: str) -> None:
        """Turn to another room: its views, where they were left."""
        self.save()
        self.room = room
        for name in ROOMS:
            self._actions[name].setChecked(name == room)
        self._arrange(room)
        kept = self._settings.value(self._place(room))
        if isinstance(kept, QByteArray):
            self._views.restoreState(kept, ARRANGED)
            # Qt finds a place for views that are not of this room, too.
            for name in self.docks.keys() - set(self._of_room(room)):
                self._views.removeDockWidget(self.docks[name])

    def _clear(self) -> None:
        """Hide the bar of views that were behind one another: Qt leaves it where it was."""
        for bar in self._views.findChildren(
            QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            if not self._narrow or len(self._of_room(self.room)) < 2:
                bar.hide()

    def save(self) -> None:
        """Remember where the views of this room are."""
        if self.room:
            self._settings.setValue(self._place(self.room), self._views.saveState(ARRANGED))

    def reset(self) -> None:
        """Put all views back to where they were at first."""
        for room in ROOMS:
            self._settings.remove(self._place(room))
        room, self.room = self.room, ""
        self.go(room)

    def _place(self, room: str) -> str:
        """Return the name under which the arrangement of a room is remembered."""
        look = "-narrow" if self._narrow else "-gloves" if self._glove else ""
        return f"room/{room}{look}"

    def _of_room(self, room: str) -> tuple[str, ...]:
        """Return the views of a room."""
        views = _VIEWS.get(room, (room,))
        return _GLOVED.get(room, views) if self._glove else views

    def _arrange(self, room: str) -> None:
        """Put the views of a room where they belong at first."""
        for dock in self.docks.values():
            self._views.removeDockWidget(dock)
        docks = [self.docks[name] for name in self._of_room(room)]
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._views.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks[0])
        below = docks[_BELOW.get(room, 0) : _BELOW.get(room, 0) + 1] or docks[:1]
        for other, way, beside in zip(
            docks[1:], (across, down), (docks[0], below[0]), strict=False
        ):
            if self._narrow:
                self._views.tabifyDockWidget(docks[0], other)
            else:
                self._views.splitDockWidget(beside, other, way)
        for dock in docks:
            dock.setFloating(False)
            dock.show()
            bare = len(docks) == 1 or self._glove
            dock.setTitleBarWidget(QWidget() if bare else None)  # type: ignore[arg-type]
        self._clearing.start()
        if self._narrow:
            docks[0].raise_()
        elif len(docks) > 1:
            share, width = _SHARES[room], max(self._views.width(), 800)
            self._views.resizeDocks(
                docks[:2], [int(width * share), int(width * (1 - share))], across
            )
        if len(docks) > 2 and not self._narrow:
            height = max(self._views.height(), 500)
            share = _UPPER.get(room, 0.76)
            upper, lower = int(height * share), int(height * (1.0 - share))
            self._views.resizeDocks([below[0], docks[2]], [upper, lower], down)
