"""The log of the window, as an operator reads it in the third hour of a screen."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QScrollBar
from pytestqt.qtbot import QtBot
from ui_windows import LONG

from ui.log import MOST, LogView
from ui.models.palette import DARK, LIGHT, Sizes
from ui.models.words import Line

MANY = 3 * MOST


@pytest.fixture
def log(qtbot: QtBot) -> LogView:
    view = LogView()
    qtbot.addWidget(view)
    view.dress(DARK, Sizes.of(96.0, glove=False, scale=1.0))
    view.resize(700, 200)
    view.show()
    return view


def details(first: int, count: int) -> list[Line]:
    return [Line("detail", "landed", number, at="10:00:00") for number in range(first, count)]


def test_an_early_warning_is_not_pushed_out_by_a_thousand_sites(log: LogView):
    log.extend([Line("warning", "the reference drifts", 3, "Wait.", "09:00:00")])
    log.extend(details(0, MANY))
    log.extend([Line("error", "lost the card", 4, at="11:00:00")])
    log.buttons["warnings"].click()
    assert log.lines() == [
        "09:00:00  site 3: the reference drifts  → Wait.",
        "11:00:00  site 4: lost the card",
    ]
    log.buttons["all"].click()
    assert len(log.lines()) == MOST, "the newest of all"
    assert log.lines()[-1].endswith("lost the card")
    assert log.lines()[-2].endswith(f"site {MANY - 1}: landed")


def test_lines_that_come_one_by_one_are_the_same_as_those_that_are_filtered_anew(log: LogView):
    log.buttons["all"].click()
    for line in details(0, MOST + 50):
        log.extend([line])
    grown = log.lines()
    log.word.setText("site")
    assert log.lines() == grown
    log.word.setText("site 2049")
    assert log.lines() == ["10:00:00  site 2049: landed"]
    log.word.setText("nobody said this")
    assert log.lines() == []


def scrolled_to_the_end(bar: QScrollBar) -> bool:
    """Scroll to the end as far as it is laid out; tell whether that is the end."""
    bar.setValue(bar.maximum())
    QApplication.sendPostedEvents()
    return bar.value() == bar.maximum()


def test_the_newest_line_is_in_sight_until_somebody_scrolls_up_to_read(
    qtbot: QtBot, log: LogView
):  # fmt: skip
    bar = log.text.verticalScrollBar()
    log.buttons["all"].click()
    log.extend(details(0, 100))
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    log.resize(300, 120)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    bar.setValue(20)
    log.extend(details(100, 120))
    assert bar.value() == 20
    qtbot.waitUntil(lambda: scrolled_to_the_end(bar), timeout=LONG)
    log.extend(details(120, 140))
    qtbot.waitUntil(lambda: bar.value() == bar.maximum(), timeout=LONG)


def test_what_is_being_read_stays_where_it_is_while_the_oldest_lines_go(log: LogView):
    log.buttons["all"].click()
    log.extend(details(0, MOST))
    log.text.verticalScrollBar().setValue(500)
    read = log.text.firstVisibleBlock().text()
    for first in range(MOST, MOST + 200, 20):
        log.extend(details(first, first + 20))
        assert log.text.firstVisibleBlock().text() == read


def test_what_was_said_before_takes_the_colours_of_another_theme(log: LogView):
    log.extend([Line("error", "lost the card", at="11:00:00")])
    for palette in (DARK, LIGHT):
        log.dress(palette, Sizes.of(96.0, glove=False, scale=1.0))
        pieces = log.text.document().firstBlock().textFormats()
        assert [piece.format.foreground().color().name() for piece in pieces] == [palette.bad]  # type: ignore[attr-defined]


def test_a_line_can_be_marked_and_copied(qtbot: QtBot, log: LogView):
    log.extend([Line("error", "lost the card", 4, "Plug it in.", "11:00:00")])
    log.text.selectAll()
    log.text.copy()
    assert log.text.textCursor().selectedText() == "11:00:00  site 4: lost the card  → Plug it in."
    assert log.text.isReadOnly()
