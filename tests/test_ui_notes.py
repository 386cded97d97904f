"""Notes of the experiment in the window: asked once, kept, and changed in a file afterwards."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from small_scan import small_scan

import seccm
from seccm.data.notes import of_file
from seccm.errors import SeccmError
from seccm.session import notes
from seccm.session.notes import NAMES
from ui.browse import BrowseView
from ui.key_help import meaning_of
from ui.models.words import Line
from ui.notebook import Notebook
from ui.notes_dialog import NotesDialog


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)


def test_there_is_a_field_for_every_note_and_f1_says_what_it_means(window: QWidget) -> None:
    dialog = NotesDialog("t", "w", {"gas": "argon"}, lambda typed: None, window)
    assert tuple(dialog.fields) == NAMES
    assert dialog.typed == {**dict.fromkeys(NAMES, ""), "gas": "argon"}
    for note in notes.NOTES:
        asked = meaning_of(dialog.fields[note.name])
        assert asked is not None
        assert asked.title == note.words
        assert note.meaning in asked.words
        assert note.example in asked.words


def test_the_radius_is_shown_as_one_types_and_what_is_wrong_cannot_be_stored(
    window: QWidget,
) -> None:
    stored: list[dict[str, str]] = []
    dialog = NotesDialog("t", "w", {}, stored.append, window)
    for name, text in (("resistance", "50 Mohm"), ("conductivity", "1.3 S/m"),
                       ("half_angle", "5")):  # fmt: skip
        dialog.fields[name].setText(text)
    assert not dialog.store.isEnabled()
    assert "unit" in dialog.mistakes["half_angle"].text()
    assert dialog.mistakes["resistance"].text() == ""
    dialog.fields["half_angle"].setText("5 deg")
    assert dialog.store.isEnabled()
    assert "Inner radius" in dialog.derived.text()
    dialog.store.click()
    (typed,) = stored
    assert typed["resistance"] == "50 Mohm"
    assert dialog.result() == NotesDialog.DialogCode.Accepted


def test_a_refusal_is_said_and_nothing_that_was_typed_is_lost(window: QWidget) -> None:
    def refuse(typed: dict[str, str]) -> None:
        raise SeccmError("The disk is full.")

    dialog = NotesDialog("t", "w", {}, refuse, window)
    dialog.fields["operator"].setText("A. Person")
    dialog.store.click()
    assert dialog.refused.text() == "The disk is full."
    assert dialog.typed["operator"] == "A. Person"
    assert dialog.result() == 0


def test_somebody_is_asked_once_and_never_for_a_simulation(window: QWidget, tmp_path: Path) -> None:
    book = Notebook(settings(tmp_path), lambda line: None)
    assert not book.first_time(simulated=True)
    assert book.first_time(simulated=False)
    dialog = book.of_next_run(window, ("Start with these notes", "Start without notes"))
    dialog.fields["operator"].setText("A. Person")
    dialog.store.click()
    assert notes.kept() == {"operator": "A. Person"}
    assert not Notebook(settings(tmp_path), lambda line: None).first_time(simulated=False)
    other = QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat)
    assert not Notebook(other, lambda line: None).first_time(simulated=False), "it is noted"


def test_notes_of_a_file_are_changed_and_the_file_is_shown_anew(
    qtbot: QtBot, window: QWidget, tmp_path: Path
) -> None:
    path = tmp_path / "a.h5"
    for _ in seccm.run(small_scan(1, 1), path=path, seed=1):
        pass
    said: list[Line] = []
    browse = BrowseView(said.append)
    qtbot.addWidget(browse)
    view = browse.open(path)
    again: list[Path] = []
    view.chosen.connect(again.append)
    dialog = Notebook(settings(tmp_path), said.append).of_file(view, window)
    dialog.fields["gas"].setText("argon")
    dialog.store.click()
    assert again == [path]
    assert said[-1].level == "good"
    with seccm.open(path) as scan:
        assert of_file(scan.header.extra) == {"gas": "argon"}
    browse.close_files()
