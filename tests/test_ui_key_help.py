"""F1 on a field of the plan form says what its key means, in the words of `seccm help`."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from seccm.commissioning.steps import STEPS, Step
from seccm.keys import find
from seccm.plan.keys_page import tables
from ui import pieces
from ui.key_help import HELP, Asked, KeyHelp, asked_of, help_words, meaning_of
from ui.manual import ManualView
from ui.models.draft import Draft
from ui.plan_form import PlanForm
from ui.step_page import StepPage


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
    dialog = KeyHelp(Asked("approach.speed", help_words("approach.speed")), window)
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


def test_a_field_that_is_no_key_says_what_it_means_itself_or_by_its_tip(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    field, button = QLineEdit(window), QPushButton("&Look again", window)
    assert meaning_of(field) is None
    pieces.means(field, "How far one press moves.", "step")
    assert meaning_of(field) == Asked("step", "How far one press moves.")
    button.setToolTip("Look for new files")
    assert meaning_of(button) == Asked("Look again", "Look for new files")
    inside = QLabel("", field)
    assert meaning_of(inside) == Asked("step", "How far one press moves.")
    field.setProperty(HELP, "approach.speed")
    asked = meaning_of(inside)
    assert asked is not None
    assert asked.title == "approach.speed"
    assert meaning_of(None) is None


@pytest.mark.parametrize("step", [step for step in STEPS.values() if step.settings])
def test_every_setting_of_a_step_has_its_meaning(qtbot: QtBot, step: Step) -> None:
    page = StepPage(step)
    qtbot.addWidget(page)
    for setting in step.settings:
        asked = meaning_of(page.fields[setting.name])
        assert asked is not None
        assert asked.title == setting.words
        assert setting.meaning in asked.words
        assert setting.default in asked.words


def test_every_field_of_manual_control_has_its_meaning(qtbot: QtBot) -> None:
    view = ManualView(lambda on: None, "virtual")
    qtbot.addWidget(view)
    for field in (view.step, view.speed, view.potential, view.current, view.coarse.each):
        assert meaning_of(field) is not None
