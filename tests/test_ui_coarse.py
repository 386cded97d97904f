"""The coarse approach in the manual view, as with the mouse, on the virtual rig."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from coarse_bench import deep_rig, turned
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, said, small_plan, window

from seccm.remote import News
from seccm.remote.messages.news import Progress
from ui.coarse import CoarsePanel
from ui.models.coarse import EXAMPLE, Coarse, Motor
from ui.window import Window


def press(qtbot: QtBot, button: QPushButton) -> None:
    """Press a button as a hand does: where it is, and only if it can be."""
    area = button.parent()
    while not isinstance(area, QScrollArea):
        area = area.parent()
    area.ensureWidgetVisible(button)
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def go(qtbot: QtBot, made: Window, plan: Path) -> CoarsePanel:
    """Open a plan and turn to the manual view."""
    made.open_plan(plan)
    made.go("manual")
    panel = made.manual.coarse
    qtbot.waitUntil(panel.arm.isEnabled, timeout=LONG)
    return panel


def start(qtbot: QtBot, panel: CoarsePanel) -> None:
    """Press both buttons that begin it."""
    press(qtbot, panel.arm)
    press(qtbot, panel.start)


def over(qtbot: QtBot, made: Window) -> str:
    """Wait for the end, and return what is said of it."""
    panel = made.manual.coarse
    qtbot.waitUntil(lambda: bool(panel.result.text()), timeout=LONG)
    qtbot.waitUntil(lambda: made.desk.run.doing == "idle", timeout=LONG)
    return panel.result.text()


def test_steps_down_until_contact_each_of_them_granted(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    rig = deep_rig(tmp_path)
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        assert "500 steps of up to 30 nm" in panel.bounds.text()
        start(qtbot, panel)
        for motion in (1, 2):
            qtbot.waitUntil(lambda n=motion: f"Try {n} of 4" in panel.question, timeout=LONG)
            assert panel.progress.isVisible()
            assert "The tip is fully retracted".lower() in panel.asked.text().lower()
            assert turned(rig) == 500 * (motion - 1)
            press(qtbot, panel.yes)
            qtbot.waitUntil(lambda: not panel.asking.isVisible(), timeout=LONG)
        assert "The surface is" in over(qtbot, made)
        assert panel.result.objectName() == "good"
        assert turned(rig) == 1000
        assert "The motor made 1000 steps" in said(made)
        press(qtbot, panel.report)
        qtbot.waitUntil(lambda: "Written to" in panel.result.text(), timeout=LONG)
        assert len(list(tmp_path.glob("*coarse-approach*.json"))) == 1


def test_it_goes_on_by_itself_if_it_need_not_ask(qtbot: QtBot, tmp_path: Path):
    rig = deep_rig(tmp_path)
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        press(qtbot, panel.arm)
        panel.each.setChecked(False)
        press(qtbot, panel.start)
        assert "The surface is" in over(qtbot, made)
        assert turned(rig) == 1000


def test_a_stop_in_the_middle_stops_the_motor_and_says_so(qtbot: QtBot, tmp_path: Path):
    rig = deep_rig(tmp_path, height="-1 mm", step="1 nm", most=40_000, farthest="1 mm")
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        start(qtbot, panel)
        qtbot.waitUntil(panel.asking.isVisible, timeout=LONG)
        press(qtbot, panel.yes)
        qtbot.waitUntil(lambda: "brings tip and surface" in panel.words.text(), timeout=LONG)
        press(qtbot, panel.stop)
        words = over(qtbot, made)
        assert "Stopped by the operator" in words
        assert "The motor was stopped; the tip is fully retracted" in words
        assert panel.result.objectName() == "bad"
        assert 0 < turned(rig) < 40_000
        assert not panel.report.isVisible()
        qtbot.waitUntil(panel.arm.isEnabled, timeout=LONG)


@pytest.mark.parametrize("how", ["no", "stop", "emergency"])
def test_whoever_does_not_grant_a_motion_has_none(qtbot: QtBot, tmp_path: Path, how: str):
    rig = deep_rig(tmp_path)
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        start(qtbot, panel)
        qtbot.waitUntil(panel.asking.isVisible, timeout=LONG)
        if how == "emergency":
            made.actions_["emergency"].trigger()
        else:
            press(qtbot, panel.no if how == "no" else panel.stop)
        assert over(qtbot, made)
        assert turned(rig) == 0


def test_it_is_refused_until_a_tip_that_touches_was_retracted(qtbot: QtBot, tmp_path: Path):
    """The window offers nothing, and the host, asked all the same, refuses."""
    rig = deep_rig(tmp_path, height="50 um")
    with window(qtbot, tmp_path, rig=str(rig), pace=40.0) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        made.manual.link.click()
        qtbot.waitUntil(made.manual.buttons["approach"].isEnabled, timeout=LONG)
        made.manual.buttons["approach"].click()
        qtbot.waitUntil(lambda: "Meniscus in contact" in made.manual.words.text(), timeout=LONG)
        assert not panel.arm.isEnabled()
        assert "Disconnect first: this raises the tip" in panel.why.text()
        made.approach_coarsely(asking=False)
        qtbot.waitUntil(lambda: "in use (manual)" in said(made), timeout=LONG)
        assert turned(rig) == 0
        made.manual.link.click()
        qtbot.waitUntil(panel.arm.isEnabled, timeout=LONG)
        assert "fully retracted at z = 100 µm" in said(made)


def test_a_scan_owns_the_rig(qtbot: QtBot, tmp_path: Path):
    rig = deep_rig(tmp_path, height="50 um")
    with window(qtbot, tmp_path, rig=str(rig), pace=30.0) as made:
        begin(qtbot, made, small_plan(tmp_path), tmp_path / "scan.h5")
        made.go("manual")
        panel = made.manual.coarse
        qtbot.waitUntil(lambda: "A scan is using the rig" in panel.why.text(), timeout=LONG)
        assert not panel.arm.isEnabled()
        made.actions_["stop"].trigger()
        qtbot.waitUntil(lambda: ended(made), timeout=LONG)
        qtbot.waitUntil(panel.arm.isEnabled, timeout=LONG)


def test_without_a_motor_it_says_what_to_write(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as made:
        made.open_plan(small_plan(tmp_path))
        made.go("manual")
        panel = made.manual.coarse
        qtbot.waitUntil(made.manual.link.isEnabled, timeout=LONG)
        assert not panel.arm.isEnabled()
        assert "has no coarse motor" in panel.bounds.text()
        assert panel.example.text() == EXAMPLE
        assert panel.example.isVisible()


def test_what_it_asks_is_in_sight_in_gloves_too(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, rig=str(deep_rig(tmp_path)), glove=True) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        start(qtbot, panel)
        whole = panel.yes.rect
        qtbot.waitUntil(lambda: panel.yes.visibleRegion().boundingRect() == whole(), timeout=LONG)
        assert "It waits for your answer below" in made.manual.words.text()
        assert panel.words.text().startswith("SIMULATION")
        press(qtbot, panel.no)
        assert over(qtbot, made).startswith("SIMULATION")


def test_what_is_to_be_written_is_right(tmp_path: Path):
    path = tmp_path / "rig.toml"
    path.write_text('kind = "virtual"\n' + EXAMPLE, encoding="utf-8")
    assert Motor.of(str(path)).there
    path.write_text('kind = "virtual"\n' + EXAMPLE.replace("tries", "trys"), encoding="utf-8")
    wrong = Motor.of(str(path))
    assert not wrong.there
    assert "coarse.trys" in wrong.words
    assert wrong.example == ""


def test_a_rig_file_is_read_again_when_one_comes_back(qtbot: QtBot, tmp_path: Path):
    rig = deep_rig(tmp_path)
    text = rig.read_text(encoding="utf-8")
    rig.write_text(text.replace("tries = 4", ""), encoding="utf-8")
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        assert "20 tries" in panel.bounds.text()
        rig.write_text(text.replace("tries = 4", "tries = 3"), encoding="utf-8")
        made.go("scan")
        made.go("manual")
        assert "3 tries" in panel.bounds.text()


def test_no_key_and_no_double_click_sets_anything_in_motion(qtbot: QtBot, tmp_path: Path):
    rig = deep_rig(tmp_path)
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        panel = go(qtbot, made, small_plan(tmp_path))
        begun: list[bool] = []
        panel.started.connect(begun.append)
        press(qtbot, panel.arm)
        assert panel.armed.isVisible()
        for button in panel.findChildren(QPushButton):
            assert button.focusPolicy() == Qt.FocusPolicy.NoFocus
            assert button.shortcut().isEmpty()
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter):
            qtbot.keyClick(made, key)
            qtbot.keyClick(panel, key)
        press(qtbot, panel.arm)  # the second half of a double click
        assert not panel.armed.isVisible()
        press(qtbot, panel.arm)
        made.go("scan")  # nothing stays armed that nobody sees
        made.go("manual")
        assert not panel.armed.isVisible()
        press(qtbot, panel.arm)
        assert panel.start.geometry().left() > panel.arm.geometry().right()
        press(qtbot, panel.cancel)
        assert not panel.armed.isVisible()
        assert begun == []
        assert made.desk.link is None


def test_who_watches_sees_it_and_can_press_nothing(tmp_path: Path):
    motor = Motor.of(str(deep_rig(tmp_path)))
    doing = Progress(
        *("commissioning", None, 0.0, {}, 2),
        step="Coarse approach", done=0.25, words="Down.", question="Go on?",
    )  # fmt: skip
    news = News("live", doing, (), None, (), False, 0.0, False, None)  # type: ignore[arg-type]
    seen = Coarse.of(news, motor, has_plan=True)
    assert (seen.running, seen.may_start, seen.may_stop) == (True, False, False)
    assert (seen.words, seen.question, seen.done) == ("Down.", "Go on?", 0.25)
    assert "Another window has control" in seen.why
    mine = Coarse.of(replace(news, in_control=True), motor, has_plan=True)
    assert (mine.may_stop, mine.may_start, mine.why) == (True, False, "")
    other = replace(news, in_control=True, progress=replace(doing, step="Noise"))
    assert "Noise is running" in Coarse.of(other, motor, has_plan=True).why
    assert "Open a plan first" in Coarse.of(None, motor, has_plan=False).why
    assert Coarse.of(None, motor, has_plan=True).may_start
