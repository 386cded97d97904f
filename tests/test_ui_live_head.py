"""What stands above the live curves is about the curves that are drawn."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, small_plan, window

from ui.window import Window


def head(w: Window) -> str:
    return w.live._head.text()


def wait_for(qtbot: QtBot, w: Window, words: str) -> None:
    def said() -> None:
        assert head(w) == words, (w.desk.live and w.desk.live.drawn, w.desk.run, w.drawing.failed)

    qtbot.waitUntil(said, timeout=LONG)


def test_no_site_is_called_active_after_a_run_nor_under_manual_control(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as w:
        assert head(w) == "No active site."
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        wait_for(qtbot, w, "No active site · curves of site 5")
        w.connect_rig()
        qtbot.waitUntil(lambda: w.desk.run.doing == "manual", timeout=LONG)
        wait_for(qtbot, w, "No active site.")
