"""What was edited and not saved is never lost: by the wheel, another plan, or a closed window."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from ui_windows import LONG, said, small_plan, window

from seccm.errors import PlanError
from ui.kept_drafts import KeptDrafts, folder_of
from ui.models.draft import Draft
from ui.window import Window

SHIPPED = "redox-cv-map"


def edit(w: Window, text: str = "7 um/s") -> None:
    """Type a speed, and let the plan be checked."""
    field = w.plan.form.editors["approach.speed"]  # type: ignore[union-attr]
    assert isinstance(field, QLineEdit)
    field.setText(text)
    field.textEdited.emit(text)
    w.plan._check()


def speed(w: Window) -> float:
    return w.plan.draft.plan().approach.speed  # type: ignore[union-attr]


def choose(w: Window, path: Path) -> None:
    """Choose a file in the dialog that is open."""
    (dialog,) = [d for d in w.findChildren(QFileDialog) if d.isVisible()]
    dialog.fileSelected.emit(str(path))
    dialog.close()


def press(w: Window, answer: str) -> None:
    w.plan.files.bar.buttons[answer].click()


def wheel(box: QComboBox) -> None:
    at = QPointF(box.rect().center())
    QApplication.sendEvent(
        box,
        QWheelEvent(
            at, box.mapToGlobal(at), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip


def test_the_wheel_over_a_box_changes_nothing(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("plan")
        edit(w)
        boxes = [w.plan.shipped, w.manual.step, *w.plan.form.findChildren(QComboBox)]  # type: ignore
        assert len(boxes) > 5
        before = [box.currentText() for box in boxes]
        for box in boxes:
            wheel(box)
        assert [box.currentText() for box in boxes] == before
        assert w.plan.draft.changed  # type: ignore[union-attr]
        assert speed(w) == 7e-6


@pytest.mark.parametrize("source", [SHIPPED, "small.toml"])
def test_another_plan_waits_until_it_is_decided_about_the_changes(
    qtbot: QtBot, tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with window(qtbot, tmp_path) as w:
        plan = small_plan(tmp_path)
        w.open_plan(plan)
        w.go("plan")
        edit(w)
        w.open_plan(source)
        assert w.plan.files.bar.isVisible()
        assert QApplication.activeModalWidget() is None
        assert speed(w) == 7e-6, "it is still in hand"
        press(w, "Keep editing")
        assert not w.plan.files.bar.isVisible()
        assert speed(w) == 7e-6
        w.open_plan(source)
        press(w, "Discard")
        assert not w.plan.draft.changed  # type: ignore[union-attr]
        assert speed(w) != 7e-6
        assert Draft.open(plan).plan().approach.speed != 7e-6


def test_changes_are_saved_before_another_plan_is_opened(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        plan = small_plan(tmp_path)
        w.open_plan(plan)
        edit(w)
        w.open_plan(SHIPPED)
        press(w, "Save")
        assert Draft.open(plan).plan().approach.speed == 7e-6
        assert w.plan.draft.shipped  # type: ignore[union-attr]
        edit(w, "3 um/s")
        w.open_plan(plan)
        press(w, "Save")
        assert w.plan.draft.changed, "a shipped plan is saved elsewhere: that is asked for first"  # type: ignore
        choose(w, tmp_path / "mine.toml")
        assert Draft.open(tmp_path / "mine.toml").plan().approach.speed == 3e-6
        assert speed(w) == 7e-6


def test_a_plan_that_is_none_is_refused_and_nothing_is_asked(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        edit(w)
        with pytest.raises(PlanError):
            w.plan.open(tmp_path / "none.toml")
        assert not w.plan.files.bar.asks


def test_what_a_closed_window_had_not_saved_is_offered_by_the_next(qtbot: QtBot, tmp_path: Path):
    plan = small_plan(tmp_path)
    with window(qtbot, tmp_path) as w:
        w.open_plan(plan)
        edit(w, "7 parsecs")  # not even right
    with window(qtbot, tmp_path) as w:
        w.open_plan(SHIPPED)
        w.go("plan")
        assert "were kept" in w.plan.files.bar.words.text()
        assert "were kept" in said(w)
        press(w, "Later")
    with window(qtbot, tmp_path) as w:
        w.open_plan(SHIPPED)
        edit(w, "3 um/s")
        press(w, "Restore")
        assert "Unsaved changes of" in w.plan.files.bar.words.text(), "of the one in hand, first"
        press(w, "Keep editing")
        press(w, "Restore")
        press(w, "Discard")
        assert w.plan.form.editors["approach.speed"].text() == "7 parsecs"  # type: ignore
        assert w.plan.draft.changed  # type: ignore[union-attr]
        edit(w)
        w.plan.save()
    assert Draft.open(plan).plan().approach.speed == 7e-6
    with window(qtbot, tmp_path) as w:
        assert not w.plan.files.bar.asks, "it is saved"
        assert not list(folder_of(w._settings).iterdir())


def test_what_a_killed_window_had_not_saved_is_offered_too(qtbot: QtBot, tmp_path: Path):
    """It is kept while one types, not only at the end."""
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        edit(w)
        kept = folder_of(w._settings)
        qtbot.waitUntil(lambda: any(kept.glob("*.toml")), timeout=LONG)
        (file,) = kept.glob("*.toml")
        text = file.read_text()
    file.write_text(text)  # all that a killed one leaves
    with window(qtbot, tmp_path) as w:
        press(w, "Restore")
        assert speed(w) == 7e-6
        press_nothing = w.plan.files.bar.asks
        assert not press_nothing


def test_what_another_window_is_editing_is_not_offered(tmp_path: Path):
    draft = Draft.open(SHIPPED)
    one, other = KeptDrafts(tmp_path), KeptDrafts(tmp_path)
    one.keep(draft)
    assert other.left_behind() == []
    one.close()
    (kept,) = other.left_behind()
    assert kept.draft.text == draft.text
    assert kept.draft.path == draft.path
    assert kept.draft.shipped
    assert one.left_behind() == [], "it is offered once"
    other.drop(kept.file)
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_the_drafts_lie_beside_the_settings(tmp_path: Path):
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    assert folder_of(settings).parent == tmp_path
    assert folder_of(QSettings("seccm", "window")).is_absolute()


def test_a_plan_is_saved_under_another_name_by_a_key_of_its_own(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        plan = small_plan(tmp_path)
        before = plan.read_text()
        w.open_plan(plan)
        edit(w)
        w.actions_["save-plan-as"].trigger()
        choose(w, tmp_path / "other.toml")
        assert plan.read_text() == before
        assert Draft.open(tmp_path / "other.toml").plan().approach.speed == 7e-6
        assert str(tmp_path / "other.toml") in w.plan.file.text()
        assert "changed" not in w.plan.head.text()


def test_a_file_that_somebody_else_wrote_is_not_replaced_unasked(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        plan = small_plan(tmp_path)
        w.open_plan(plan)
        edit(w)
        plan.write_text(theirs := plan.read_text() + "# by hand\n")
        w.plan.save()
        assert plan.read_text() == theirs
        assert w.plan.draft.changed  # type: ignore[union-attr]
        press(w, "Replace it")
        assert Draft.open(plan).plan().approach.speed == 7e-6


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_lost(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        edit(w)
        w.plan.save_as()
        choose(w, tmp_path / "no" / "folder.toml")
        assert "cannot be written" in w.plan.remarks.text()
        assert w.plan.draft.changed  # type: ignore[union-attr]
        assert any(folder_of(w._settings).glob("*.toml"))


def test_the_data_file_is_chosen_with_a_button_and_never_an_old_one(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.plan.place.click()
        choose(w, tmp_path / "new.h5")
        assert w.plan.ready()[1] == tmp_path / "new.h5"
        (tmp_path / "old.h5").touch()
        w.plan.place.click()
        choose(w, tmp_path / "old.h5")
        assert w.plan.ready()[1] == tmp_path / "new.h5"


HEAD = "# Unsaved changes of a plan, kept by the window of seccm: "


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0" * 100, b"\xff\xfe", "a = 1".encode("utf-16"), HEAD.encode(),
        *(
            f"{HEAD}{told}\n".encode()
            for told in (
                "[" * 5000, "9" * 5000, "[]", "5", "null", "{}", '{"path": 5}', '{"path": "a"}',
                '{"path": "\\u0000", "as_read": [], "when": {}}',
                '{"path": "", "as_read": "\\ud800", "when": "\\u001b[31m"}',
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_kept_plan_does_not_keep_the_window_from_its_start(
    tmp_path: Path, content: bytes
) -> None:
    """Nor is anybody waited for who writes to a pipe; the plans beside it are offered."""
    (tmp_path / "a.toml").write_bytes(content)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "b.toml")
    (tmp_path / "c.toml").mkdir()
    other, mine = KeptDrafts(tmp_path), KeptDrafts(tmp_path)
    other.keep(Draft.unsaved("a = 1", None, ""))
    other.close()
    try:
        assert "a = 1" in [kept.draft.text for kept in mine.left_behind()]
    finally:
        mine.close()
