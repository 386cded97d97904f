"""A data file that gets another name while it is shown: everything goes on with the same run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, drawn, ended, paused_after, said, small_plan, window

import seccm
from seccm.data.whereabouts import run_id_of
from seccm.errors import DataFileError
from seccm.events import Outcome
from ui.models.run_file import RunFile
from ui.models.site_map import CHARGE
from ui.window import Window

pytestmark = pytest.mark.skipif(os.name == "nt", reason="open files keep their names on Windows")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The finished file of another run, of other sites."""
    path = tmp_path / "other" / "other.h5"
    path.parent.mkdir()
    for _ in seccm.run(str(small_plan(path.parent, columns=5)), path=path):
        pass
    return path


def sites_in(view) -> int:
    return int(view.file.map.x.size)


def rename(data: Path, other: Path) -> Path:
    """Give a file another name, and its old name to another file."""
    renamed = data.rename(data.with_name("a better name.h5"))
    other.replace(data)
    return renamed


def curves_are_drawn(qtbot: QtBot, view, site: int) -> None:
    view.map.panel.choose("E-t")
    view.map.pick(site, False)
    qtbot.waitUntil(lambda: len(drawn(view.map)) == 1, timeout=LONG)


def test_a_finished_file_that_is_renamed_keeps_its_curves_charges_and_name(
    qtbot: QtBot, tmp_path: Path, other: Path
):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        view = w.browse.files[0]
        renamed = rename(data, other)
        curves_are_drawn(qtbot, view, 4)
        view.map.controls.chosen.emit(CHARGE)
        charges = view.file.map
        qtbot.waitUntil(lambda: bool(np.isfinite(charges.values(CHARGE)).all()), timeout=LONG)
        view.look()
        assert view.words.text().startswith("a better name.h5")
        assert w.browse.recent[0] == renamed, "the list of recent files has the name of today"
        assert sites_in(view) == 6


def test_a_growing_file_that_is_renamed_is_followed_to_its_end(
    qtbot: QtBot, tmp_path: Path, other: Path
):
    """Browse, the live map and the buttons; packed at the end under its new name."""
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        w.open_file(data)
        view = w.browse.files[0]
        run_id = view.file.scan.header.uuid
        renamed = rename(data, other)
        view.look()
        assert view.file.state == "running"
        curves_are_drawn(qtbot, view, 0)
        w.desk.ask("resume")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        _look_until_complete(qtbot, w)
        assert run_id_of(renamed) == run_id
        assert sites_in(view) == 6
        assert (view.file.map.outcome == Outcome.OK).all()
        curves_are_drawn(qtbot, view, 5)
        w.go("scan")
        w.map.controls.chosen.emit(CHARGE)
        w.map.pick(3, False)
        qtbot.waitUntil(lambda: len(drawn(w.map)) == 1, timeout=LONG)
        w.show_file()
        assert w.browse.files[0].file.path == renamed
        assert sites_in(w.browse.files[0]) == 6
        assert not w.drawing.failed


def _look_until_complete(qtbot: QtBot, w: Window) -> None:
    def complete() -> bool:
        w.browse.files[0].look()
        return w.browse.files[0].file.state == "complete"

    qtbot.waitUntil(complete, timeout=LONG)


def test_a_stopped_run_goes_on_from_its_renamed_file(qtbot: QtBot, tmp_path: Path, other: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        w.desk.ask("stop")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        before = run_id_of(data)
        renamed = rename(data, other)
        w.resume_file()  # from the room of the scan: the file of the last run
        qtbot.waitUntil(lambda: w.desk.began == 2, timeout=LONG)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert run_id_of(renamed) == before
        with seccm.open(renamed) as scan:
            assert scan.state == "complete"
        assert w.desk.map is not None
        assert w.desk.map.x.size == 6


def test_a_file_that_is_gone_is_never_taken_for_another(qtbot: QtBot, tmp_path: Path, other: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, pace=20.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        w.open_file(data)
        view = w.browse.files[0]
        rename(data, other).unlink()
        view.look()
        assert sites_in(view) == 6, "what is shown stays"
        view.map.pick(2, False)
        # What is still open in the thread that reads is of this run.
        qtbot.waitUntil(
            lambda: len(drawn(view.map)) == 1 or "replaced" in view.map.tell.text(), timeout=LONG
        )
        w.show_file()
        w.resume_file()
        assert said(w).count("moved, deleted or replaced") >= 2
        assert w.desk.began == 1


def test_a_run_file_finds_its_run_and_no_other(tmp_path: Path, other: Path):
    data = tmp_path / "scan.h5"
    early = RunFile(data)
    with pytest.raises(DataFileError):
        early.where()
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    assert early.where() == data, "it is there now"
    with pytest.raises(DataFileError, match="another run"):
        RunFile(other, run_id_of(data)).where()
    renamed = rename(data, other)
    assert early.where() == early.path == renamed
    with early.open() as scan:
        assert scan.header.uuid == run_id_of(renamed)
    early.close()
    assert early.where() == renamed
