"""Numbers are those of a rig that is connected, and old ones look old; nothing moves meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMargins, QPoint, QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from ui_windows import LONG, small_plan, window

from seccm.remote import News, Progress, Trace
from ui.models.numbers import Numbers
from ui.models.run_state import RunState
from ui.models.words import Line
from ui.placement import fitted
from ui.window import Window

ROW = {"x": 1e-6, "potential": -0.25, "current": 1e-12}


def news(stale: float = 0.0) -> News:
    progress = Progress("manual", None, 0.0, ROW, 1, commanded={"x": 2e-6})  # type: ignore[arg-type]
    return News("live", progress, (), Trace.none(), (), True, stale, False, None)


@pytest.mark.parametrize("doing", ["idle", "preparing"])
def test_a_rig_that_is_not_connected_has_no_numbers(doing: str):
    assert Numbers.of(news(), RunState(doing=doing)) == Numbers()


@pytest.mark.parametrize("doing", ["scan", "manual", "commissioning"])
def test_old_numbers_stay_and_say_how_old_they_are(doing: str):
    run = RunState(doing=doing)
    new, old = Numbers.of(news(0.1), run), Numbers.of(news(12.3), run)
    assert (new.stale, old.stale) == (False, True)
    assert new.values == old.values == ROW
    assert new.caption("x") == "x"
    assert old.caption("x") == "x · 12 s old"


def test_the_last_numbers_of_a_rig_that_was_lost_are_old_ones():
    run = RunState(doing="manual")
    run.lose()
    found = Numbers.of(news(0.0), run)
    assert found.values == ROW
    assert found.stale, "from the moment on when nobody measures any more"


def test_manual_shows_old_numbers_greyed_with_their_age_and_allows_no_jog(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as w:
        w.go("manual")
        w._timer.stop()
        run = RunState(doing="manual")
        cell, caption = w.manual.cells["x"], w.manual._captions["x"]
        w.manual.show_news(None, True, RunState())
        assert (cell.text(), cell.objectName()) == ("–", "stale")
        w.manual.show_news(news(), True, run)
        assert (cell.text(), cell.objectName()) == ("1.000 µm", "readout")
        assert w.manual.targets["x"].text() == "commanded 2.000 µm"
        assert w.manual.arrows["x", 1].isEnabled()
        w.manual.show_news(news(30.0), True, run)
        assert (cell.text(), cell.objectName()) == ("1.000 µm", "stale")
        assert caption.text() == "x · 30 s old"
        assert not w.manual.arrows["x", 1].isEnabled(), "a step from where nobody knows"
        w.manual.show_news(replace(news(), progress=None), True, RunState())
        assert cell.text() == "–"


def places(w: Window) -> list[QPoint]:
    pressed: list[QWidget] = [*w.manual.arrows.values(), *w.manual.buttons.values(), w.manual.off]
    pressed += [w.manual.link, w.manual.coarse.arm, *w.manual.drives.values()]
    return [button.mapTo(w, QPoint(0, 0)) for button in pressed]


def test_no_button_moves_under_the_pointer_when_something_is_said(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("manual")
        qtbot.waitUntil(w.manual.link.isEnabled, timeout=LONG)
        qtbot.wait(50)
        before = places(w)
        w.manual.step.setCurrentText("5")
        w.manual._jog("x", 1)
        assert w.manual.message.text()
        w.desk.alert(Line("warning", "Something was refused.", remedy="Try again."))
        w.beat()
        qtbot.wait(50)
        assert places(w) == before
        w.desk.dismiss()
        w.manual._say("Words that take two lines of the view, as many of them do. " * 2, "good")
        w.beat()
        qtbot.wait(50)
        assert places(w) == before


SIDE = st.integers(min_value=200, max_value=4000)


@given(SIDE, SIDE, st.integers(-500, 3000), st.integers(-500, 3000), SIDE, SIDE)
def test_no_part_of_a_window_lies_beyond_its_screen(
    width: int, height: int, left: int, top: int, screen_width: int, screen_height: int
):
    frame = QMargins(1, 28, 1, 1)
    screen = QRect(0, 27, screen_width, screen_height)
    found = fitted(QRect(left, top, width, height), frame, screen)
    assert screen.contains(found.marginsAdded(frame))
    assert found.width() == min(width, screen_width - 2)
    assert found.height() == min(height, screen_height - 29)


def test_a_window_that_fits_stays_where_it_is():
    inside = QRect(100, 100, 800, 600)
    assert fitted(inside, QMargins(1, 28, 1, 1), QRect(0, 0, 1920, 1080)) == inside


def test_the_whole_window_can_be_as_small_as_a_small_screen_leaves_it(qtbot: QtBot, tmp_path: Path):
    """1280 x 800 less a title bar and a task bar: what ends things is in view."""
    with window(qtbot, tmp_path) as w:
        w.go("manual")
        w.resize(1280, 720)
        qtbot.wait(50)
        assert w.height() == 720
        for button in (w.manual.buttons["retract"], w.manual.buttons["hold"], w.manual.off):
            assert not button.visibleRegion().isEmpty()
            bottom = button.mapTo(w, button.rect().bottomLeft()).y()
            assert bottom < 720
