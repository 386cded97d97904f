"""The report button: another process draws, progress is shown, errors are told in words."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot
from ui_windows import LONG, said, small_plan, window

import seccm


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep the pages that would be shown in a browser."""
    pages: list[str] = []

    def show(page: QUrl) -> bool:
        pages.append(page.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", show)
    return pages


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path, 1, 2)), path=path):
        pass
    return path


def test_the_report_is_written_in_another_process_and_shown(
    qtbot: QtBot, tmp_path: Path, data: Path, opened: list[str]
):
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        view = w.browse.files[0]
        view.report_button.click()
        assert view.busy.isVisible(), "progress is shown"
        assert not view.report_button.isEnabled(), "once at a time"
        beats = w._beats
        qtbot.waitUntil(lambda: not view.reporting.busy, timeout=LONG)
        assert w._beats > beats, "the window goes on meanwhile"
        assert not view.busy.isVisible()
        assert view.report_button.isEnabled()
        assert "good: Report written" in said(w)
        assert len(opened) == 1
        assert "SIMULATION" in Path(opened[0]).read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_told_in_words(
    qtbot: QtBot, tmp_path: Path, data: Path, opened: list[str]
):
    data.with_name("scan-report").write_text("in the way")
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        w.actions_["report"].trigger()
        view = w.browse.files[0]
        qtbot.waitUntil(lambda: not view.reporting.busy, timeout=LONG)
        lines = [line.text for line in w.desk.lines if line.level == "error"]
        assert len(lines) == 1
        assert "scan-report" in lines[0]
        assert "Traceback" not in lines[0]
        assert view.words.text() == lines[0], "it is said where one looks"
        assert view.report_button.isEnabled()
        assert opened == []


@pytest.mark.skipif(os.name == "nt", reason="open files keep their names on Windows")
def test_a_report_is_of_the_file_that_is_shown_whatever_it_is_called_by_now(
    qtbot: QtBot, tmp_path: Path, data: Path, opened: list[str]
):
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        view = w.browse.files[0]
        renamed = data.rename(tmp_path / "a better name.h5")
        other = tmp_path / "other.h5"
        for _ in seccm.run(str(data.with_name("small.toml")), path=other):
            pass
        other.replace(data)
        view.report_button.click()
        qtbot.waitUntil(lambda: not view.reporting.busy, timeout=LONG)
        assert [Path(page).parent.name for page in opened] == ["a better name-report"]
        renamed.unlink()
        view.report_button.click()
        assert not view.reporting.busy
        assert "moved, deleted or replaced" in view.words.text()
        assert view.report_button.isEnabled()
        assert len(opened) == 1, "nothing is said of the other file"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_report_whose_process_dies_is_told_too(qtbot: QtBot, tmp_path: Path, data: Path):
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        view = w.browse.files[0]
        view.report()
        process = view.reporting._process
        assert process is not None
        qtbot.waitUntil(lambda: process.processId() > 0, timeout=LONG)
        os.kill(process.processId(), signal.SIGKILL)
        qtbot.waitUntil(lambda: not view.reporting.busy, timeout=LONG)
        assert "ended from outside" in said(w)


def test_a_window_that_is_closed_gives_the_report_up(qtbot: QtBot, tmp_path: Path, data: Path):
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        reporting = w.browse.files[0].reporting
        w.browse.files[0].report()
        assert reporting.busy
        w.browse.close_files()
        assert not reporting.busy
