"""F1 on a field of the plan form says what its key means, in the words of `seccm help`."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from seccm.keys import find
from seccm.plan.keys_page import tables
from ui.key_help import HELP, KeyHelp, asked_of, help_words
from ui.models.draft import Draft
from ui.plan_form import PlanForm


@pytest.fixture(scope="module")
def draft() -> Draft:
    return Draft.open("li-on-au-combinatorial")


def test_every_field_of_a_form_has_its_meaning(qtbot: QtBot, draft: Draft) -> None:
    form = PlanForm(draft.form)
    qtbot.addWidget(form)
    asked = {key: str(editor.property(HELP)) for key, editor in form.editors.items()
             if editor.property(HELP)}  # fmt: skip
    assert len(asked) > 40
    assert [key for key, words in asked.items() if not help_words(words)] == []
    assert asked["approach.speed"] == "approach.speed"
    assert asked["approach.contact.drop"] == "potential drop.drop"
    assert asked["program[0].duration"] == "constant current.duration"
    assert asked["approach.contact:kind"] == "potential drop"


def test_a_dialog_says_what_the_page_says(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = KeyHelp("approach.speed", window)
    (found,) = find("approach.speed", tables())
    assert found.row is not None
    assert found.row.meaning in dialog.words.text()
    assert found.row.bounds in dialog.words.text()


def test_what_lies_in_a_field_is_the_field(qtbot: QtBot) -> None:
    field = QWidget()
    qtbot.addWidget(field)
    inside = QLabel("", field)
    assert asked_of(inside) == ""
    field.setProperty(HELP, "approach.speed")
    assert asked_of(inside) == "approach.speed"
    assert asked_of(None) == ""
