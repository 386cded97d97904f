"""Every action of the window with its key, in one table; the sheet of keys is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from ui import pieces


@dataclass(frozen=True, slots=True)
class Key:
    """One action."""

    name: str
    words: str
    keys: str
    """As Qt writes it."""
    group: str
    icon: str = ""
    moves: bool = False
    """Whether it may move the tip towards the surface; this needs three keys at once."""


KEYS = (
    Key("start", "Start", "Ctrl+Shift+Return", "Run", "start", moves=True),
    Key("resume", "Resume", "Ctrl+Shift+R", "Run", "start", moves=True),
    Key("pause", "Pause after site", "F6", "Run", "pause"),
    Key("skip", "Skip site", "Ctrl+Shift+K", "Run", "skip", moves=True),
    Key("stop", "Stop and retract", "F9", "Run", "stop"),
    Key("resume-file", "Resume a data file", "Ctrl+Shift+F", "Run", moves=True),
    Key("take", "Take control", "Ctrl+Shift+T", "Run"),
    Key("emergency", "EMERGENCY RETRACT", "F12", "Run", "emergency"),
    Key("hold", "Stop motion (manual)", "F7", "Run"),
    Key("off", "Cell off (manual)", "F8", "Run"),
    Key("scan", "Scan", "Ctrl+1", "Views", "scan"),
    Key("plan", "Plan", "Ctrl+2", "Views", "plan"),
    Key("browse", "Browse", "Ctrl+3", "Views", "browse"),
    Key("manual", "Manual", "Ctrl+4", "Views", "manual"),
    Key("rig", "Rig", "Ctrl+5", "Views", "rig"),
    Key("camera", "Camera", "Ctrl+6", "Views", "camera"),
    Key("E-t", "Panel E – t", "Alt+1", "Curves"),
    Key("I-t", "Panel I – t", "Alt+2", "Curves"),
    Key("I-E", "Panel I – E", "Alt+3", "Curves"),
    Key("E-Q", "Panel E – Q", "Alt+4", "Curves"),
    Key("approach", "Panel approach", "Alt+5", "Curves"),
    Key("fit", "Show all data", "Home", "Curves", "fit"),
    Key("next-quantity", "Next quantity on the map", "Ctrl+Right", "Map"),
    Key("last-quantity", "Previous quantity", "Ctrl+Left", "Map"),
    Key("next-site", "Next site", "Alt+Right", "Map"),
    Key("last-site", "Previous site", "Alt+Left", "Map"),
    Key("planner", "Planner of this run or file", "Ctrl+Shift+P", "Map"),
    Key("open", "Open a data file", "Ctrl+O", "Files", "open"),
    Key("compare", "Compare with another data file", "Ctrl+Shift+O", "Files", "compare"),
    Key("show-file", "Browse the file of this run", "Ctrl+B", "Files"),
    Key("open-plan", "Open a plan", "Ctrl+P", "Files", "plan"),
    Key("save-plan", "Save the plan", "Ctrl+S", "Files", "save"),
    Key("save-plan-as", "Save the plan as", "Ctrl+Shift+S", "Files"),
    Key("notes", "Notes of the experiment", "Ctrl+N", "Files"),
    Key("report", "Write the report", "Ctrl+R", "Files", "report"),
    Key("convention", "Sign convention and reference", "Ctrl+I", "Window", "convention"),
    Key("theme", "Theme: dark or light", "Ctrl+T", "Window", "theme"),
    Key("glove", "Glove mode", "Ctrl+G", "Window", "glove"),
    Key("reset", "Reset layout", "Ctrl+Shift+0", "Window"),
    Key("dismiss", "Dismiss the message", "Ctrl+Delete", "Window"),
    Key("keys", "Show all keys; in a field, its meaning", "F1", "Window", "keys"),
)


class KeySheet(QDialog):
    """All keys at a glance.

    Args:
        parent: the window.
        words: what is said of some actions now, by their names, in the place of their usual words.
    """

    def __init__(self, parent: QWidget, words: Mapping[str, str] | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        words = {} if words is None else words
        inside = self._inside = pieces.bare("page")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(pieces.Scrolled(inside))
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(24, 20, 24, 20)
        whole.addWidget(pieces.label("Keys", "title"))
        whole.addWidget(
            pieces.label(
                "What may lower a tip needs three keys at once; what makes the rig safe needs one.",
                "muted",
            )
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        whole.addLayout(grid)
        groups = list(dict.fromkeys(key.group for key in KEYS))
        for k, group in enumerate(groups):
            box = QGridLayout()
            box.setHorizontalSpacing(18)
            box.addWidget(pieces.label(group, "heading"), 0, 0, 1, 2)
            for row, key in enumerate((key for key in KEYS if key.group == group), 1):
                box.addWidget(QLabel(words.get(key.name, key.words)), row, 0)
                box.addWidget(pieces.label(key.keys.replace("Return", "Enter"), "muted"),
                              row, 1)  # fmt: skip
            box.setRowStretch(20, 1)
            grid.addLayout(box, k // 3, k % 3)

    def sizeHint(self) -> QSize:
        """Return the room in which nothing has to be scrolled."""
        return self._inside.sizeHint() + QSize(4, 4)
