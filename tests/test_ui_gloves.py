"""At the glovebox, on a screen of 1280 by 800 pixels, large or small: all is read and reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QGraphicsView,
    QLabel,
    QScroller,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from small_plan import INFO, grid, small
from ui_stand_in import StandIn
from ui_windows import LONG, small_plan, window

from seccm.events import Phase, RunStopped
from seccm.remote import Trace
from ui.models.words import Line
from ui.number_pad import NumberPad
from ui.plots import Plot
from ui.readout import LEAST, Readout
from ui.rooms import ROOMS
from ui.window import Window

MM = 25.4
SCREENS = pytest.mark.parametrize("dots", [96.0, 149.0], ids=["13 inches", "10 inches"])


@pytest.fixture
def running(
    qtbot: QtBot, tmp_path: Path, dots: float, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    """Show a scan of 10,000 sites to hands in gloves."""
    monkeypatch.setattr("ui.window.dots_of", lambda _: dots)
    plan = small(sites=grid(columns=100, rows=100, pitch=1e-6, allow_overlap=True))
    link = StandIn(plan, INFO, lambda _: ((), Trace.none(), 9998))
    with window(qtbot, tmp_path, link=link, glove=True) as w:  # type: ignore[arg-type]
        w._scale = 0.0
        w.dress()
        qtbot.waitUntil(lambda: w.desk.map is not None, timeout=LONG)
        w.desk.run.phase = Phase.APPROACH
        qtbot.waitUntil(lambda: w.bar.cells["phase"].text() == "approach", timeout=LONG)
        yield w


def settle(qtbot: QtBot) -> None:
    """Let layouts come to rest."""
    for _ in range(3):
        QApplication.processEvents()
    qtbot.wait(40)


def inside(widget: QWidget, window: QWidget) -> bool:
    """Tell whether the whole of a widget is in view."""
    at = widget.mapTo(window, QPoint(0, 0))
    whole = window.rect().contains(widget.rect().translated(at))
    return whole and widget.visibleRegion().boundingRect() == widget.rect()


def cut(button: QAbstractButton) -> bool:
    metrics = QFontMetrics(button.font())
    return button.width() < max(map(metrics.horizontalAdvance, button.text().split("\n")))


@SCREENS
def test_what_is_pressed_and_read_in_a_run_is_whole(qtbot: QtBot, running: Window, dots: float):
    settle(qtbot)
    assert (running.width(), running.height()) == (1280, 800), "it fits the screen"
    for name, button in running.bar.buttons.items():
        if button.isVisible():
            assert inside(button, running), name
            assert min(button.width(), button.height()) / dots * MM >= 21.9, name
            assert not cut(button), name
    assert running.bar.buttons["emergency"].text().split() == ["EMERGENCY", "RETRACT"]
    seen = {name: cell.shown for name, cell in running.bar.cells.items() if cell.isVisible()}
    assert seen["time left"][0].startswith("≈ 15:")
    assert {name: text for name, (text, _) in seen.items() if name != "time left"} == {
        "phase": "approach", "site": "9998", "done": "0 of 10000",
        "contact · no contact · skipped · aborted · fault": "0 · 0 · 0 · 0 · 0",
    }  # fmt: skip
    for name in ("phase", "site"):
        assert seen[name][1] / dots * MM >= 14.8, f"{name} is read from afar"

    running._timer.stop()
    running.bar.buttons["take"].setVisible(True)
    settle(qtbot)
    assert running.width() == 1280
    for button in running.bar.buttons.values():
        assert inside(button, running), "there is room for taking the controls, too"
        assert not cut(button)


@SCREENS
def test_in_every_room_no_button_is_cut_and_whatever_scrolls_is_pushed_with_a_finger(
    qtbot: QtBot, running: Window, dots: float
):
    running.open_plan("li-on-au-combinatorial")
    for room in ROOMS:
        running.go(room)
        settle(qtbot)
        assert running.width() == 1280
        for button in running.findChildren(QAbstractButton):
            if button.isVisible() and not button.visibleRegion().isEmpty() and button.text():
                assert not cut(button), button.text()
    areas = [
        area for area in running.findChildren(QAbstractScrollArea)
        if not isinstance(area, QGraphicsView) and area.window() is running
    ]  # fmt: skip
    assert len(areas) > 6
    for area in areas:
        assert QScroller.hasScroller(area.viewport()), area.objectName()


@SCREENS
def test_after_a_stop_the_file_is_one_touch_away(qtbot: QtBot, running: Window, dots: float):
    link = running.desk.link
    assert link is not None
    news = link.poll()
    stopped = RunStopped(9, "stopped", "asked by the operator.")
    idle = replace(news.progress, doing="idle", status=None)  # type: ignore[type-var]
    link.poll = lambda: replace(news, events=(stopped,), progress=idle)  # type: ignore[method-assign]
    bar = running.bar
    qtbot.waitUntil(bar.resume.isVisible, timeout=LONG)
    for notice in (False, True):
        if notice:
            running.desk.alert(Line("warning", "Something that takes some words to be said."))
            qtbot.waitUntil(bar.away.isVisible, timeout=LONG)
        settle(qtbot)
        for button in (bar.resume, bar.file, bar.buttons["emergency"], *[bar.away] * notice):
            assert inside(button, running), button.text()
            assert button.height() / dots * MM >= 8.0
    assert [b.text() for b in (bar.resume, bar.file, bar.away)] == [
        "Resume file", "Browse file", "Dismiss",
    ]  # fmt: skip


@SCREENS
def test_no_bar_of_views_behind_one_another_is_left_over(
    qtbot: QtBot, running: Window, dots: float
):
    for room in ROOMS:
        running.go(room)
        settle(qtbot)
        docks = {dock.windowTitle() for dock in running.findChildren(QDockWidget) if dock.widget()
                 and dock.titleBarWidget() and not dock.isHidden()}  # fmt: skip
        for bar in running.rooms._views.findChildren(QTabBar):
            named = {bar.tabText(k) for k in range(bar.count())}
            if bar.isVisible() and named:
                assert named <= docks, room
                assert len(named) > 1, room


@SCREENS
def test_what_ends_things_by_hand_is_always_in_view(qtbot: QtBot, running: Window, dots: float):
    running.go("manual")
    settle(qtbot)
    manual = running.manual
    bar = next(a for a in manual.findChildren(QAbstractScrollArea)).verticalScrollBar()
    for at in (0, bar.maximum()):
        bar.setValue(at)
        settle(qtbot)
        for button in (manual.buttons["retract"], manual.buttons["hold"], manual.off):
            assert inside(button, running), button.text()
            assert min(button.width(), button.height()) / dots * MM >= 21.9
    running.desk.alert(Line("error", "Something was refused, for a reason that takes some words."))
    qtbot.waitUntil(running.bar.away.isVisible, timeout=LONG)
    settle(qtbot)
    for button in (manual.buttons["retract"], manual.buttons["hold"], manual.off, running.bar.away):
        assert inside(button, running), "also while there is a notice"
    running.bar.away.click()
    qtbot.waitUntil(lambda: not running.bar.away.isVisible(), timeout=LONG)
    bar.setValue(0)
    settle(qtbot)
    for (axis, sign), arrow in running.manual.arrows.items():
        assert inside(arrow, running), (axis, sign)
        assert min(arrow.width(), arrow.height()) / dots * MM >= 21.9
    for name in ("z", "current"):
        assert inside(running.manual.cells[name], running), name
    assert inside(running.manual.link, running)


def test_views_stand_behind_one_another_where_the_screen_is_small(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ui.window.dots_of", lambda _: 149.0)
    with window(qtbot, tmp_path, glove=True) as w:
        settle(qtbot)
        assert w.live.width() > 900
        assert inside(w.live, w)
        assert not inside(w.map, w)
        w.docks["map"].raise_()
        settle(qtbot)
        assert inside(w.map, w)
        monkeypatch.setattr("ui.window.dots_of", lambda _: 96.0)
        w.dress()
        settle(qtbot)
        assert inside(w.map, w)
        assert inside(w.live, w)


def test_a_glove_pushes_the_form_and_still_presses_what_is_in_it(qtbot: QtBot, tmp_path: Path):
    """Panels that feel gloves pass for a mouse."""
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan("li-on-au-combinatorial")
        w.go("plan")
        settle(qtbot)
        view, bar = w.plan.area.viewport(), w.plan.area.verticalScrollBar()
        form = w.plan.form
        assert form is not None
        heading = form.findChildren(QLabel)[0]
        finger = heading.rect().center()
        qtbot.mousePress(heading, Qt.MouseButton.LeftButton, pos=finger)
        qtbot.mouseMove(heading, finger - QPoint(0, 120))
        assert bar.value() == 120
        # It has moved along with the finger.
        qtbot.mouseRelease(heading, Qt.MouseButton.LeftButton, pos=finger)
        qtbot.mouseMove(view, QPoint(5, 5))
        assert bar.value() == 120
        for key, pads in (("design.assign", 0), ("approach.speed", 1)):
            field = form.editors[key]
            w.plan.area.ensureWidgetVisible(field)
            settle(qtbot)
            at = bar.value()
            qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
            assert len(w.findChildren(NumberPad)) == pads
            assert bar.value() == at
            if isinstance(field, QComboBox):
                assert field.view().isVisible()
                field.hidePopup()


def test_a_window_moved_to_another_screen_takes_its_sizes(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with window(qtbot, tmp_path, glove=True) as w:
        button = w.bar.buttons["stop"]
        for dots in (149.0, 96.0):
            monkeypatch.setattr("ui.window.dots_of", lambda _, dots=dots: dots)
            w.windowHandle().screenChanged.emit(w.screen())
            settle(qtbot)
            assert button.height() / dots * MM == pytest.approx(22, abs=1.2)


def test_mistakes_stand_below_their_fields_in_gloves_and_take_no_room_else(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        settle(qtbot)
        form = w.plan.form
        assert form is not None
        label, field = form._mistakes["approach.speed"], form.editors["approach.speed"]
        assert not label.isVisible()
        field.setText("2 mm")  # type: ignore[attr-defined]
        field.textEdited.emit("2 mm")  # type: ignore[attr-defined]
        qtbot.waitUntil(label.isVisible, timeout=LONG)
        settle(qtbot)
        assert label.y() >= field.geometry().bottom()
        w.actions_["glove"].trigger()
        settle(qtbot)
        assert w.plan.form is not form, "beside them again"
        assert w.plan.form.editors["approach.speed"].text() == "2 mm"  # type: ignore


@SCREENS
def test_dialogs_fit_and_what_is_chosen_from_lists_is_as_large_as_buttons(
    qtbot: QtBot, running: Window, dots: float
):
    running.open_plan("li-on-au-combinatorial")
    running.go("plan")
    for action in ("keys", "convention", "open", "save-plan-as"):
        running.actions_[action].trigger()
        settle(qtbot)
        (dialog,) = [d for d in running.findChildren(QDialog) if d.isVisible()]
        assert dialog.width() <= running.width()
        assert dialog.height() <= running.height()
        dialog.close()
    form = running.plan.form
    assert form is not None
    for box in (running.plan.shipped, running.manual.step, running.map.controls.quantity,
                form.editors["sites:kind"]):  # fmt: skip
        assert isinstance(box, QComboBox)
        assert box.view().sizeHintForRow(0) / dots * MM >= 21.9
    menu = form.editors["program:add"].menu()  # type: ignore[attr-defined]
    menu.ensurePolished()
    for action in menu.actions():
        assert menu.actionGeometry(action).height() / dots * MM >= 21.9


# Read-outs and labels


def test_a_readout_shrinks_before_it_is_cut_and_says_so_if_it_must(qtbot: QtBot):
    cell = Readout("12 345 of 100 000")
    qtbot.addWidget(cell)
    cell.setStyleSheet("font-size: 40px")
    cell.resize(cell.sizeHint())
    assert cell.shown == ("12 345 of 100 000", 40)
    whole = cell.width()
    for share in (0.9, 0.6, LEAST + 0.01):
        cell.resize(round(whole * share), 50)
        text, size = cell.shown
        assert text == "12 345 of 100 000"
        assert size <= 40 * share
    cell.resize(round(whole * LEAST / 2), 50)
    assert cell.shown[0].endswith("…")


def test_numbers_that_grow_do_not_make_the_bar_hop(qtbot: QtBot):
    cell = Readout("9")
    qtbot.addWidget(cell)
    cell.reserve("99999")
    before = cell.sizeHint()
    cell.setText("10000")
    assert cell.sizeHint() == before


def test_the_label_of_a_short_axis_shrinks(qtbot: QtBot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.left.name("<i>E</i> vs Li/Li⁺", "V")
    sizes = []
    for height in (400, 130):
        plot.resize(300, height)
        plot.show()
        settle(qtbot)
        sizes.append(plot.left.label.boundingRect().width())
        assert sizes[-1] <= plot.left.size().height() + 1
    assert sizes[1] <= sizes[0]
