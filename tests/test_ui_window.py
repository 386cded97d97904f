"""The real window on the virtual rig: a scan from Start to its end, and all that may happen."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, drawn, ended, failing, paused_after, said, small_plan, window

import seccm
import ui
from seccm.events import Outcome
from seccm.plan.library import find_rig
from seccm.remote import Client, Running
from ui.app import chosen, same_rig
from ui.keys import KEYS, KeySheet
from ui.manual import ManualView
from ui.models.numbers import Numbers, seen
from ui.models.palette import LIGHT
from ui.models.showing import Showing
from ui.number_pad import NumberPad
from ui.reference import ReferenceDialog


def test_a_whole_scan_is_followed_drawn_and_can_be_looked_at(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status == "complete"  # type: ignore[union-attr]
        assert "SIMULATION" in w.windowTitle()
        assert w.bar.virtual.isVisible()
        assert (
            w.bar.cells["contact · no contact · skipped · aborted · fault"].text()
            == "6 · 0 · 0 · 0 · 0"
        )
        assert w.bar.buttons["start"].isEnabled()
        sites = w.desk.map
        assert sites is not None
        assert (sites.outcome == Outcome.OK).all()
        with seccm.open(data) as scan:
            np.testing.assert_allclose(sites.values("contact z"), scan.sites["z_contact"])
            np.testing.assert_allclose(sites.values("Q"), scan.sites["Q"], rtol=1e-6)
        assert [c.site for c in w.desk.live.before]  # type: ignore[union-attr]
        w.map.pick(2, False)
        w.map.pick(4, True)
        assert sites.selection == (2, 4)
        qtbot.waitUntil(lambda: len(drawn(w.map)) == 2, timeout=LONG)
        assert "site 4 · " in w.map.tell.text()
        assert "complete" in said(w)


def test_pause_resume_skip_and_stop(qtbot: QtBot, tmp_path: Path):
    # No site ends before it is skipped or the run stopped, however late a button is pressed.
    plan = small_plan(tmp_path, 4, 2, program__0__duration="10000 s")
    with window(qtbot, tmp_path, pace=12.0) as w:
        begin(qtbot, w, plan, tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: w.desk.run.site == 0, timeout=LONG)
        w.bar.buttons["pause"].click()
        qtbot.waitUntil(lambda: w.desk.run.state == "pausing", timeout=LONG)
        w.bar.buttons["skip"].click()
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        assert w.bar.buttons["start"].text() == "Resume"
        # The state comes with the beat, what became of a site with the events: either may be first.
        qtbot.waitUntil(lambda: w.desk.run.finished == 1, timeout=LONG)
        qtbot.waitUntil(lambda: w.bar.alarm.text() == "Paused by operator.", timeout=LONG)
        assert w.bar.alarm.objectName() == "notice"
        w.bar.buttons["start"].click()
        qtbot.waitUntil(lambda: w.desk.run.state == "running", timeout=LONG)
        qtbot.waitUntil(lambda: w.desk.run.site == 1, timeout=LONG)
        w.bar.buttons["skip"].click()
        qtbot.waitUntil(lambda: w.desk.run.finished == 2, timeout=LONG)
        assert w.desk.map.outcome[1] == Outcome.SKIPPED  # type: ignore[union-attr]
        w.bar.buttons["stop"].click()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status == "stopped"  # type: ignore[union-attr]
        assert "resumed" in said(w)


def test_emergency_retract_needs_one_key_and_no_dialog(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=5.0) as w:
        assert w.bar.buttons["emergency"].isEnabled()
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: w.desk.run.phase.name == "APPROACH", timeout=LONG)
        assert w.bar.buttons["emergency"].isEnabled()
        qtbot.keyClick(w, Qt.Key.Key_F12)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status != "complete"  # type: ignore[union-attr]
        assert "Stopped: emergency retract" in said(w)


def test_no_dialog_takes_the_emergency_key_away(qtbot: QtBot, tmp_path: Path):
    """A modal one would, for as long as it is open: the one who reads the keys may need one."""
    with window(qtbot, tmp_path, pace=5.0) as w:
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        for action in ("keys", "convention", "open", "compare", "open-plan", "save-plan"):
            w.actions_[action].trigger()
        dialogs = [d for d in w.findChildren(QDialog) if d.isVisible()]
        assert len(dialogs) >= 5
        assert QApplication.activeModalWidget() is None
        qtbot.waitUntil(lambda: w.desk.run.phase.name == "APPROACH", timeout=LONG)
        qtbot.keyClick(dialogs[0], Qt.Key.Key_F12)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert "Stopped: emergency retract" in said(w)
        for dialog in dialogs:
            dialog.close()


def test_no_contact_is_counted_and_marked(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, connect=failing("no-surface@site=1")) as w:
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.no_contact == 1
        w.map.draw()
        assert "no contact" in w.map.legend.text()


def test_a_rig_that_fails_is_said_with_its_remedy(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, connect=failing("unplugged@site=2")) as w:
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status == "fault"  # type: ignore[union-attr]
        faults = [line for line in w.desk.lines if line.level == "error" and line.remedy]
        assert faults
        assert w.bar.cells["phase"].text() == "fault"


def test_a_run_goes_on_without_its_window_and_another_attaches(qtbot: QtBot, tmp_path: Path):
    """The host lives in this process here; in a process of its own it is the same, in
    test_remote.py. What is tested is that a window that comes late knows everything."""
    first = Client.in_process()
    try:
        with window(qtbot, tmp_path, connect=lambda: first, pace=6.0) as w:
            begin(qtbot, w, small_plan(tmp_path, 4, 2), tmp_path / "scan.h5")
            qtbot.waitUntil(lambda: w.desk.run.finished >= 2, timeout=LONG)
            w.desk.link = None  # as if it had been killed: nobody says good-bye
        assert first._local is not None
        late = Client(first._local.join)
        with window(qtbot, tmp_path, link=late) as w:
            qtbot.waitUntil(lambda: w.desk.map is not None, timeout=LONG)
            assert w.desk.run.finished >= 2
            assert np.isfinite(w.desk.map.values("contact z")[:2]).all()  # type: ignore[union-attr]
            qtbot.waitUntil(lambda: w.desk.run.finished >= 4, timeout=LONG)
            qtbot.waitUntil(w.bar.buttons["take"].isVisible, timeout=LONG)
            w.bar.buttons["take"].click()
            qtbot.waitUntil(lambda: w.desk.news.in_control, timeout=LONG)  # type: ignore[union-attr]
            w.bar.buttons["stop"].click()
            qtbot.waitUntil(lambda: ended(w), timeout=LONG)
    finally:
        first.close()


def test_a_plan_with_mistakes_is_said_while_typing_and_is_not_started(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        form = w.plan.form
        assert form is not None
        field = form.editors["approach.speed"]
        assert isinstance(field, QLineEdit)
        field.clear()
        qtbot.keyClicks(field, "2 mm")
        label = form._mistakes["approach.speed"]
        qtbot.waitUntil(lambda: "um/s" in label.text().replace("\u2060", ""), timeout=LONG)
        assert field.property("wrong") is True
        w.actions_["start"].trigger()
        assert w.desk.link is None
        assert w.room == "plan"
        field.clear()
        qtbot.keyClicks(field, "3 um/s")
        qtbot.waitUntil(lambda: w.plan.verdict.text() == "This plan can be run.", timeout=LONG)
        assert label.text() == ""
        assert w.plan.draft.plan().approach.speed == 3e-6  # type: ignore[union-attr]


def test_what_the_rig_cannot_do_is_said_at_the_field_too(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path, columns=30))
        qtbot.waitUntil(lambda: "error" in w.plan.verdict.text(), timeout=LONG)
        said_beside = [label.text() for label in w.plan.form._mistakes.values() if label.text()]  # type: ignore[union-attr]
        assert any("100 um" in text for text in said_beside)


def test_steps_are_added_and_kinds_are_chosen_in_the_form(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        before = w.plan.form
        group = next(p for p in w.plan.draft.form.parts if p.key == ("program",))  # type: ignore[union-attr]
        before.added.emit(group, "cv")  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: w.plan.form is not before, timeout=LONG)
        assert "program[1].scan_rate" in w.plan.form.editors  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: "can be run" in w.plan.verdict.text(), timeout=LONG)


def test_conditions_are_edited_in_a_table_with_mistakes_at_their_cells(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as w:
        w.open_plan("li-on-au-constant-charge")
        w.go("plan")
        before = form = w.plan.form
        assert form is not None
        cell = form.editors["design.conditions[1].t"]
        assert isinstance(cell, QLineEdit)
        cell.clear()
        qtbot.keyClicks(cell, "15 V")
        label = form._mistakes["design.conditions[1].t"]
        qtbot.waitUntil(label.isVisible, timeout=LONG)
        assert cell.property("wrong") is True
        cell.clear()
        qtbot.keyClicks(cell, "20 s")
        qtbot.waitUntil(lambda: not label.isVisible(), timeout=LONG)
        form.editors["design.conditions:row"].click()
        qtbot.waitUntil(lambda: w.plan.form is not before, timeout=LONG)
        form = w.plan.form
        assert form is not None
        assert "design.conditions[3].j" in form.editors
        name = form.editors["design.conditions:t"]
        assert isinstance(name, QLineEdit)
        name.setText("time")
        qtbot.keyClick(name, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: w.plan.form is not form, timeout=LONG)
        assert w.plan.form.editors["program[0].duration"].text() == "$time"  # type: ignore[union-attr]


def test_a_growing_file_is_browsed_until_it_is_complete(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path, 2, 2), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        w.open_file(data)
        view = w.browse.files[0]
        assert view.file.growing
        w.bar.buttons["start"].click()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(lambda: view.file.state == "complete", timeout=LONG)
        assert (view.file.map.outcome == Outcome.OK).all()
        view.map.pick(3, False)
        qtbot.waitUntil(lambda: len(drawn(view.map)) == 1, timeout=LONG)
        assert len(drawn(view.map)[0].xData) > 10


def test_files_are_opened_without_a_keyboard_too(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.go("browse")

        def choose(button: QPushButton) -> None:
            button.click()
            (dialog,) = (d for d in w.findChildren(QFileDialog) if d.isVisible())
            dialog.fileSelected.emit(str(data))
            dialog.close()

        choose(w.browse.open_button)
        assert len(w.browse.files) == 1
        choose(w.browse.files[0].openers[True])
        assert len(w.browse.files) == 2
        choose(w.browse.files[1].openers[False])
        assert len(w.browse.files) == 1


def test_two_files_side_by_side_with_tables_and_currents(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        w.open_file(data, beside=True)
        assert len(w.browse.files) == 2
        view = w.browse.files[0]
        view.export(tmp_path / "table.csv")
        assert view.busy.isVisible()
        qtbot.waitUntil(lambda: "Table of sites written" in said(w), timeout=LONG)
        view.export(tmp_path / "none" / "table.csv")
        qtbot.waitUntil(lambda: "cannot be written" in said(w), timeout=LONG)
        assert not view.busy.isVisible()
        assert len((tmp_path / "table.csv").read_text().splitlines()) == 7
        qtbot.waitUntil(lambda: view.file.map.label(0).startswith("j ="), timeout=LONG)
        view.map.controls.potential.setText("0.5 V")
        view.map.controls.potential.editingFinished.emit()
        name = "I at 0.5 V vs Li/Li⁺"
        assert view.map.name == name
        qtbot.waitUntil(lambda: np.isfinite(view.file.map.values(name)).all(), timeout=LONG)
        assert (view.file.map.values(name) < 0).all()


def test_driving_by_hand_and_not_while_a_scan_owns_the_rig(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=20.0) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("manual")
        qtbot.waitUntil(w.manual.link.isEnabled, timeout=LONG)
        assert not w.manual.arrows["x", 1].isEnabled()
        w.manual.link.click()
        qtbot.waitUntil(w.manual.arrows["x", 1].isEnabled, timeout=LONG)
        assert not w.actions_["start"].isEnabled()
        w.manual.arrows["x", 1].click()
        qtbot.waitUntil(lambda: w.manual.targets["x"].text().startswith("commanded"), timeout=LONG)
        qtbot.waitUntil(lambda: "x is at" in said(w), timeout=LONG)
        told = float(w.manual.targets["x"].text().split()[1])
        measured = float(w.manual.cells["x"].text().split()[0])
        assert measured == pytest.approx(told, abs=0.1), "where it was told to go, and where it is"
        w.manual.speed.setText("2 V")
        w.manual.arrows["x", 1].click()
        assert "um/s" in w.manual.message.text()
        qtbot.waitUntil(w.manual.buttons["approach"].isEnabled, timeout=LONG)
        w.manual.buttons["approach"].click()
        qtbot.waitUntil(lambda: "Contact at" in said(w), timeout=LONG)
        qtbot.waitUntil(w.manual.buttons["retract"].isEnabled, timeout=LONG)
        w.manual.buttons["retract"].click()
        qtbot.waitUntil(lambda: "Retracted" in said(w), timeout=LONG)
        w.manual.link.click()
        qtbot.waitUntil(w.actions_["start"].isEnabled, timeout=LONG)


def test_what_is_typed_by_hand_is_meant_as_it_is_shown(qtbot: QtBot):
    view = ManualView(lambda _: None)
    qtbot.addWidget(view)
    asked: list[dict[str, float]] = []
    view.asked.connect(lambda action, how: asked.append(how))
    view.describe(None, 3.05)
    view.show_as(Showing("Li/Li+", polarographic=True, other="SHE", shift=-3.04))
    assert view.drive_label.text() == "E vs SHE"
    assert view._captions["current"].text() == "current, polarographic"
    view._numbers = Numbers({"potential": -2.51, "current": -2e-9})
    assert seen(-2.51, "potential", view._showing, view._offset) == pytest.approx(-2.5)
    assert seen(-2e-9, "current", view._showing, view._offset) == pytest.approx(2e-9)
    view.potential.setText("-2.5 V")
    view._drive("potential")
    view.current.setText("2 nA")
    view._drive("current")
    assert [how["value"] for how in asked] == pytest.approx([-2.51, -2e-9])


def test_a_window_attaches_to_a_run_rather_than_to_a_newer_host_without_one():
    idle, older, newer = (
        Running(name, 1, title, path)
        for name, title, path in (("a", "", ""), ("b", "one", "/one.h5"), ("c", "two", "/two.h5"))
    )
    assert chosen([idle, newer, older]) is newer
    assert chosen([idle]) is idle
    assert chosen([]) is None


def test_a_rig_is_the_same_by_its_name_and_by_its_file(tmp_path: Path):
    assert same_rig("virtual", str(find_rig("virtual").absolute()))
    assert not same_rig("virtual", "virtual-nidaq")
    assert not same_rig("virtual", str(tmp_path / "gone.toml"))


# Keys, gloves, look


def test_every_action_has_a_key_of_its_own_and_the_sheet_shows_it(qtbot: QtBot, tmp_path: Path):
    keys = [key.keys for key in KEYS]
    assert len(set(keys)) == len(keys)
    with window(qtbot, tmp_path) as w:
        for key in KEYS:
            assert w.actions_[key.name].shortcut() == QKeySequence(key.keys)
        sheet = KeySheet(w)
        shown = {label.text() for label in sheet.findChildren(QLabel)}
        assert {key.words for key in KEYS} <= shown
        sheet.deleteLater()


def test_no_accidental_key_starts_a_motion(qtbot: QtBot, tmp_path: Path):
    for key in KEYS:
        if key.moves:
            assert key.keys.count("+") >= 2, f"{key.words} takes fewer than three fingers"
    with window(qtbot, tmp_path) as w:
        buttons = [*w.bar.buttons.values(), *w.manual.arrows.values(), *w.manual.buttons.values()]
        for button in buttons:
            assert button.focusPolicy() is Qt.FocusPolicy.NoFocus
        for key in KEYS:
            if key.group == "Run":
                assert not w.actions_[key.name].autoRepeat()


def test_gloves_get_large_targets_and_a_number_pad(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.actions_["glove"].trigger()
        dots = w.screen().physicalDotsPerInch()
        for button in w.bar.buttons.values():
            assert button.height() / dots * 25.4 >= 21.5
            assert button.width() / dots * 25.4 >= 21.5
        line = w.plan.form.editors["approach.speed"]  # type: ignore[union-attr]
        assert isinstance(line, QLineEdit)
        w.go("plan")
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
        (pad,) = w.findChildren(NumberPad)
        assert pad.isVisible()
        for key in pad.keys.values():
            assert key.height() / dots * 25.4 >= 21.5
        pad.keys["clear"].click()
        for digit in ("4", ".", "5"):
            pad.keys[digit].click()
        pad.keys["um/s"].click()
        pad.keys["OK"].click()
        assert line.text() == "4.5 um/s"
        assert w.plan.draft.plan().approach.speed == pytest.approx(4.5e-6)  # type: ignore[union-attr]


def test_views_stay_where_they_were_put_and_can_be_put_back(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.docks["log"].setFloating(True)
        w.go("plan")
    with window(qtbot, tmp_path) as w:
        assert w.docks["log"].isFloating()
        w.actions_["reset"].trigger()
        assert not w.docks["log"].isFloating()
        assert w.docks["map"].isVisible()


def test_light_and_dark_and_the_signs_are_turned_by_a_key(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path, 1, 2)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.actions_["theme"].trigger()
        assert w.palette_ is LIGHT
        w.open_file(data)
        panel = w.browse.files[0].map.panel.curves["I-t"]
        view = w.browse.files[0].map
        view.panel.choose("I-t")
        view.pick(0, False)
        qtbot.waitUntil(lambda: len(drawn(view)) == 1, timeout=LONG)
        assert np.median(panel._overlays[0].yData) < 0
        dialog = ReferenceDialog(w, w.showing)
        dialog.chosen.connect(w.show_as)
        dialog.polarographic.setChecked(True)
        dialog.other.setText("SHE")
        dialog.accept()
        assert "V" in dialog.mistake.text(), "a reference without its offset is refused"
        dialog.other.clear()
        dialog.accept()
        assert np.median(panel._overlays[0].yData) > 0
        assert "polarographic" in panel._words
        dialog.deleteLater()


def test_the_log_is_filtered_by_words_and_by_trouble(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, connect=failing("no-surface@site=1")) as w:
        begin(qtbot, w, small_plan(tmp_path, 1, 2), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        w.log.buttons["all"].click()
        qtbot.waitUntil(lambda: len(w.log.lines()) == len(w.desk.lines), timeout=LONG)
        w.log.buttons["sites"].click()
        everything = len(w.log.lines())
        w.log.buttons["warnings"].click()
        assert 0 < len(w.log.lines()) < everything
        w.log.buttons["all"].click()
        assert len(w.log.lines()) == len(w.desk.lines)
        w.log.word.setText("site 1")
        assert 0 < len(w.log.lines()) < len(w.desk.lines)


def test_without_the_libraries_of_the_window_one_clear_sentence_is_said(
    monkeypatch: pytest.MonkeyPatch,
):
    """As on a machine where the extra is not installed."""
    monkeypatch.delitem(sys.modules, "ui.app", raising=False)
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    with pytest.raises(seccm.SeccmError, match=r"pip install .*\[ui\]"):
        ui.open_window()
