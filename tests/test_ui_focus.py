"""Whoever works without a mouse sees where they are, and can leave it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from ui_windows import LONG, window

from ui import pieces
from ui.models.palette import DARK, LIGHT, Palette, Sizes
from ui.rooms import ROOMS
from ui.step_line import StepLine
from ui.theme import dress

MAKERS: dict[str, Callable[[], QWidget]] = {
    "flat": lambda: pieces.tool("more"),
    "flat, checked": lambda: _checked(pieces.tool("E – t", checkable=True)),
    "push": lambda: QPushButton("Open …"),
    "field": lambda: QLineEdit("1 um"),
    "box": lambda: pieces.box("", "one", "two"),
    "switch": lambda: QCheckBox("raw"),
    "switch, on": lambda: _checked(QCheckBox("raw")),
    "step": lambda: StepLine("Program · step 14: open circuit"),
}


def _checked(button: QWidget) -> QWidget:
    button.setChecked(True)  # type: ignore[attr-defined]
    return button


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
@pytest.mark.parametrize("name", MAKERS)
def test_the_focus_is_seen(qtbot: QtBot, qapp, name: str, palette: Palette):
    dress(qapp, palette, Sizes.of(96.0, glove=False))
    around = QWidget()
    qtbot.addWidget(around)
    column = QVBoxLayout(around)
    other, widget = QPushButton("other"), MAKERS[name]()
    column.addWidget(other)
    column.addWidget(widget)
    around.show()
    around.activateWindow()
    qtbot.waitUntil(around.isActiveWindow, timeout=LONG)
    other.setFocus()
    qtbot.waitUntil(other.hasFocus, timeout=LONG)
    without = picture(widget)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus, timeout=LONG)
    assert picture(widget) != without


def test_the_tab_key_leaves_every_widget_of_every_room(qtbot: QtBot, tmp_path):
    with window(qtbot, tmp_path) as w:
        w.open_plan("redox-cv-map")
        for room in ROOMS:
            w.go(room)
            seen: list[QWidget] = []
            at: QWidget | None = None
            while at not in seen:
                if at is not None:
                    seen.append(at)
                QTest.keyClick(w.focusWidget() or w, Qt.Key.Key_Tab)
                before, at = at, w.focusWidget()
                assert at is not before, f"{room}: the focus stays in {before}"
            assert len(seen) > 1, room
