"""On a laptop of 1366 x 768 everything is read and reached, in every room and both themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot
from ui_windows import LONG

from seccm.remote import Client
from ui.keys import KEYS
from ui.models.palette import PALETTES, Palette, Sizes
from ui.pieces import Choice
from ui.plots import Axis, Plot
from ui.readout import Readout
from ui.rooms import ROOMS
from ui.theme import sheet
from ui.window import Window

WIDE, HIGH = 1366, 768
POINTS_9 = 12
"""Pixels of 9 points at 96 dots per inch."""
PLAN = "redox-cv-map"


@pytest.fixture(scope="module")
def laptop(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One window for all: nothing is measured."""
    folder = tmp_path_factory.mktemp("laptop")
    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    w = Window(Client.in_process, settings=settings, scale=1.0)
    w.resize(WIDE, HIGH)
    w.show()
    w.activateWindow()
    w.open_plan(PLAN)
    yield w
    w.close()
    w.deleteLater()
    qapp.processEvents()


def seen(w: Window) -> list[QWidget]:
    """Return what is in view, what has to be scrolled to left out."""
    QApplication.processEvents()
    return [
        widget for widget in w.findChildren(QWidget)
        if widget.isVisible() and not widget.visibleRegion().isEmpty()
    ]  # fmt: skip


def cut(widget: QWidget) -> bool:
    """Tell whether words of a widget are not whole. A field may hold more than it shows."""
    if isinstance(widget, Readout):
        return widget.shown[0] != widget.text()
    if isinstance(widget, Choice):
        return widget.shown != widget.currentText() and not widget.toolTip()
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) > widget.height() + 2
        return widget.sizeHint().width() > widget.width() + 1
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.width() < widget.sizeHint().width()
    return False


def letters(widget: QWidget) -> int:
    """Return how high the letters of a widget are, in pixels; of one without words, enough."""
    if isinstance(widget, Readout):
        return widget.shown[1]
    worded = isinstance(widget, QLabel | QAbstractButton) and bool(widget.text())
    if worded or isinstance(widget, QLineEdit | QComboBox):
        return int(widget.fontInfo().pixelSize())
    return POINTS_9


def of_axis(axis: Axis) -> int:
    """Return how high the letters of the label of an axis are, in pixels."""
    found = re.search(r"font-size: ?(\d+)px", axis.label.toHtml())
    return int(found[1]) if found else POINTS_9


def too_long(axis: Axis) -> bool:
    """Tell whether the label of an axis is longer than the axis."""
    return bool(axis.label.boundingRect().width() > axis._room() + 1)


def words_of(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return f"{type(widget).__name__}: {text() if text is not None else widget.objectName()}"


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_cut_and_nothing_is_smaller_than_nine_points(laptop: Window, room: str):
    laptop.go(room)
    assert (laptop.width(), laptop.height()) == (WIDE, HIGH), "it fits the screen"
    looked = seen(laptop)
    assert len(looked) > 30
    assert [words_of(widget) for widget in looked if cut(widget)] == []
    assert [words_of(widget) for widget in looked if letters(widget) < POINTS_9] == []
    axes = [axis for w in looked if isinstance(w, Plot) for axis in (w.left, w.bottom)]
    assert [axis.labelText for axis in axes if of_axis(axis) < POINTS_9] == []
    assert [axis.labelText for axis in axes if axis.isVisible() and too_long(axis)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_control_has_a_place_in_the_order_of_the_tab_key_or_a_key_of_its_own(
    laptop: Window, room: str
):
    laptop.go(room)
    reached: set[QWidget] = set()
    at: QWidget | None = None
    while at not in reached:
        if at is not None:
            reached.add(at)
        QTest.keyClick(laptop.focusWidget() or laptop, Qt.Key.Key_Tab)
        at = laptop.focusWidget()
    keyed = {key.words for key in KEYS}
    missed = [
        widget for widget in seen(laptop)
        if isinstance(widget, QAbstractButton | QLineEdit | QComboBox)
        and widget.isEnabled() and widget not in reached
        and not isinstance(widget.parent(), QComboBox)
        and not widget.objectName().startswith("qt_")
        # The arrow keys go from one of several choices to the next.
        and not (isinstance(widget, QAbstractButton) and widget.autoExclusive())
    ]  # fmt: skip
    left = [
        button.toolTip() or button.text() for button in missed
        if not (isinstance(button, QAbstractButton) and _action_has_a_key(button, keyed))
    ]  # fmt: skip
    assert left == []


def _action_has_a_key(button: QAbstractButton, keyed: set[str]) -> bool:
    actions = button.actions()
    return any(action.text() in keyed and not action.shortcut().isEmpty() for action in actions)


def test_every_button_that_has_a_key_says_which(laptop: Window):
    for key in KEYS:
        assert key.keys in laptop.actions_[key.name].toolTip()
    told = [b for b in laptop.bar.buttons.values() if b.isVisible()]
    assert all(re.search(r"\(.+\)$", button.toolTip()) for button in told)


@pytest.mark.parametrize("room", ROOMS)
def test_one_key_asks_for_an_emergency_whatever_has_the_focus(
    qtbot: QtBot, laptop: Window, room: str
):
    laptop.go(room)
    entries = [w for w in seen(laptop) if isinstance(w, QLineEdit | QComboBox | QPlainTextEdit)]
    for field in (*entries[:2], *entries[-1:], laptop):
        laptop.activateWindow()
        field.setFocus()
        qtbot.waitUntil(lambda: laptop.isActiveWindow() and laptop.isEnabled(), timeout=LONG)
        laptop.desk.dismiss_banner()
        qtbot.keyClick(laptop.focusWidget() or laptop, Qt.Key.Key_F12)
        assert laptop.desk.banner is not None, field


def test_one_key_asks_for_an_emergency_while_a_list_or_menu_is_open(laptop: Window):
    laptop.go("scan")
    menu = QMenu(laptop)
    menu.addAction("something")
    menu.popup(laptop.mapToGlobal(QPoint(100, 100)))
    laptop.desk.dismiss_banner()
    QTest.keyClick(menu, Qt.Key.Key_F12)
    menu.close()
    assert laptop.desk.banner is not None


# Contrast


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1)."""

    def light(colour: str) -> float:
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_words_are_told_from_their_ground(palette: Palette):
    p = palette
    grounds = (p.ground, p.panel, p.raised)
    words = {name: getattr(p, name) for name in ("text", "muted", "good", "warn", "bad")}
    faint = {
        (name, ground): round(contrast(colour, ground), 2)
        for name, colour in words.items() for ground in grounds
        if contrast(colour, ground) < 4.5
    }  # fmt: skip
    assert faint == {}
    for ground in (p.danger, p.danger_hover, p.start, p.start_hover):
        assert contrast("#ffffff", ground) >= 4.5, ground
    assert contrast(p.accent_text, p.accent) >= 4.5
    assert contrast(p.panel, p.warn) >= 4.5, "a notice"
    assert contrast(p.accent, p.ground) >= 4.5, "a button that is checked"
    for curve in (*p.overlays, p.potential, p.current, p.charge, p.signal, p.mean):
        assert contrast(curve, p.panel) >= 3.0, curve


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_the_style_sheet_has_no_colours_of_its_own(palette: Palette):
    known = {str(getattr(palette, each.name)).lower() for each in fields(palette)}
    used = set(re.findall(r"#[0-9a-f]{6}\b", sheet(palette, Sizes.of(96.0, glove=False)).lower()))
    assert used - known == set()


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_the_colours_of_widgets_come_from_the_theme(laptop: Window, palette: Palette):
    laptop.change_look(palette, 1.0)
    role = QPalette.ColorRole
    application = QApplication.palette()
    for name, wanted in ((role.Window, palette.ground), (role.WindowText, palette.text)):
        assert application.color(name).name() == wanted
