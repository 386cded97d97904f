"""The banner of an emergency retract: what was achieved and measured, until it is dismissed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, said, small_plan, window

from seccm.rig import SafeReport
from ui.models.emergency import of_refusal, of_report
from ui.window import Window


def banner(w: Window) -> str:
    return w.bar.emergency.words.text() if w.bar.emergency.isVisible() else ""


UP = SafeReport(
    True, True, True, "emergency retract: cell off, tip lifted at z = 63.4 µm.", 63.4e-6
)


def test_the_banner_says_what_was_achieved_and_what_is_measured():
    said = of_report(UP)
    assert said.level == "done"
    assert said.words.startswith("Tip up, cell off: z = 63.4 µm.")
    assert "again to go to the top" in said.words


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (SafeReport(True, True, False, "It hangs."), "Tip NOT LIFTED, cell off."),
        (SafeReport(True, False, True, "It hangs."), "Tip up, cell NOT KNOWN TO BE OFF."),
        (SafeReport(False, True, False, "It hangs."), "Tip MAY STILL MOVE, cell off."),
        (SafeReport(False, False, False, "It hangs."), "Tip MAY STILL MOVE, cell NOT KNOWN"),
    ],
)
def test_what_was_not_achieved_comes_first_with_what_to_do(report: SafeReport, words: str):
    said = of_report(report)
    assert said.level == "failed"
    assert said.words.startswith(words)
    assert "It hangs." in said.words
    assert "Raise the tip at the controller" in said.words


def test_nobody_is_told_to_press_again_with_the_tip_at_the_top():
    top = SafeReport(True, True, True, "Cell off.", 100e-6, at_top=True)
    assert "z = 100 µm, fully retracted." in of_report(top).words
    assert "again" not in of_report(top).words
    assert of_refusal("No rig.").words == "Tip NOT LIFTED. No rig."


def test_in_a_scan_it_stays_until_it_is_dismissed_and_a_second_press_goes_to_the_top(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path, pace=5.0) as w:
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: w.desk.run.landed >= 1, timeout=LONG)
        w.actions_["emergency"].trigger()
        qtbot.waitUntil(lambda: banner(w).startswith("Tip up, cell off"), timeout=LONG)
        assert w.bar.emergency.words.objectName() == "lifted"
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(lambda: w.desk.run.doing == "idle", timeout=LONG)
        assert "Tip up, cell off" in said(w)
        w.actions_["emergency"].trigger()
        qtbot.waitUntil(lambda: "fully retracted" in banner(w), timeout=LONG)
        w.bar.emergency.away.click()
        qtbot.waitUntil(lambda: not banner(w), timeout=LONG)
        w.beat()
        assert not banner(w)


def test_where_no_rig_was_ever_used_it_says_in_red_that_nothing_was_lifted(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as w:
        w.actions_["emergency"].trigger()
        qtbot.waitUntil(lambda: banner(w).startswith("Tip NOT LIFTED"), timeout=LONG)
        assert w.bar.emergency.words.objectName() == "alarm"
