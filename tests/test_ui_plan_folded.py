"""What a step may end on is long and mostly empty: the form shows it when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from ui_windows import LONG, small_plan, window

from seccm.errors import Problem
from ui.models.draft import Draft
from ui.plan_form import PlanForm


def form_of(qtbot: QtBot, *, close: bool, **until: str) -> PlanForm:
    draft = Draft.open("li-on-au-combinatorial")
    for key, value in until.items():
        draft.set(("program", 0, "until", key), value)
    made = PlanForm(draft.form, close=close)
    qtbot.addWidget(made)
    made.resize(640, 2000)
    made.show()
    return made


def more(form: PlanForm) -> QToolButton:
    button = form.editors["program[0].until:more"]
    assert isinstance(button, QToolButton)
    return button


@pytest.mark.parametrize("close", [False, True])
def test_what_is_empty_is_hidden_until_somebody_asks_for_it(qtbot: QtBot, close: bool):
    form = form_of(qtbot, close=close, potential_below="-0.2 V")
    until = {key: e for key, e in form.editors.items() if key.startswith("program[0].until.")}
    assert len(until) > 6
    seen = [key for key, editor in until.items() if editor.isVisible()]
    assert seen == ["program[0].until.potential_below"], "what the plan says is there"
    more(form).click()
    assert all(editor.isVisible() for editor in until.values())
    more(form).click()
    assert [key for key, editor in until.items() if editor.isVisible()] == seen


@pytest.mark.parametrize("close", [False, True])
def test_a_mistake_in_what_is_hidden_is_shown_with_its_field(qtbot: QtBot, close: bool):
    form = form_of(qtbot, close=close)
    key = "program[0].until.charge"
    assert not form.editors[key].isVisible()
    form.show_problems({key: [Problem(key, "is wrong.", "Mend it.")]})
    assert form.editors[key].isVisible()
    assert form._mistakes[key].isVisible()
    assert more(form).isChecked()


def test_what_must_be_there_is_never_hidden(qtbot: QtBot):
    form = form_of(qtbot, close=False)
    for key in ("title", "approach.speed", "program[0].duration", "program[0].current_density"):
        assert form.editors[key].isVisible()


def test_buttons_of_a_step_are_as_wide_as_their_words(qtbot: QtBot):
    draft = Draft.open("li-on-au-from-rest")
    form = PlanForm(draft.form)
    qtbot.addWidget(form)
    form.resize(560, 3000)
    form.show()
    buttons = [e for e in form.editors.values() if isinstance(e, QToolButton) and e.isVisible()]
    assert len(buttons) > 6
    assert all(button.width() >= button.sizeHint().width() for button in buttons)


def test_the_first_mistakes_of_a_long_plan_are_named_where_they_are_counted(
    qtbot: QtBot, tmp_path: Path
):
    source = small_plan(
        tmp_path, approach__speed="2", retract__speed="3", travel__speed="4", probe__aperture="5"
    )
    with window(qtbot, tmp_path) as w:
        w.open_plan(source)
        qtbot.waitUntil(lambda: "errors" in w.plan.verdict.text(), timeout=LONG)
        said = w.plan.facts.text()
        assert w.plan.verdict.text() == "4 errors"
        assert sum(key in said for key in ("approach.speed", "retract.speed", "travel.speed",
                                           "probe.aperture")) == 3  # fmt: skip
        assert said.endswith("and 1 other place.")
