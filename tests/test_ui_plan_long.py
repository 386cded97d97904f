"""A plan of hundreds of steps: the form shows the first ones whole, and a line for each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from ui_windows import LONG, window

from seccm.errors import Problem
from seccm.plan.library import plans
from ui.models.draft import Draft
from ui.models.form import Field, Group, in_a_line
from ui.plan_form import OPEN, PlanForm
from ui.step_line import StepLine

STEPS = 200
STEP = """[[program]]
step = "{kind}"
{given}duration = "{seconds} s"
"""


def text_of(steps: int = STEPS, **changes: str) -> str:
    """A plan of open circuits and currents in turn; `s7="..."` is the duration of step 7."""
    head = plans()["li-on-au-combinatorial"].read_text(encoding="utf-8").split("[[program]]")[0]
    each = [
        STEP.format(
            kind="open circuit" if k % 2 else "constant current",
            given="" if k % 2 else 'current_density = "$j"\n',
            seconds=changes.get(f"s{k}", "1"),
        )
        for k in range(steps)
    ]
    return head + "".join(each)


def form_of(qtbot: QtBot, text: str, *, close: bool = False, opened: tuple[str, ...] = ()):
    made = PlanForm(Draft(text).form, close=close, opened=opened)
    qtbot.addWidget(made)
    made.resize(640, 900)
    made.show()
    return made


def lines(form: PlanForm) -> list[str]:
    return [key for key in form.editors if key.endswith(":open")]


def line(form: PlanForm, step: int) -> StepLine:
    found = form.editors[f"program[{step}]:open"]
    assert isinstance(found, StepLine)
    return found


def test_a_plan_of_hundreds_of_steps_makes_few_fields(qtbot: QtBot):
    form = form_of(qtbot, text_of())
    assert len(lines(form)) == STEPS - OPEN
    assert len(form.editors) < 1000, "it has more than 4000 if every field is made"
    assert f"program[{OPEN - 1}].duration" in form.editors
    assert f"program[{OPEN}].duration" not in form.editors


def test_a_plan_of_few_steps_is_shown_whole(qtbot: QtBot):
    assert lines(form_of(qtbot, text_of(OPEN))) == []


def test_a_line_says_what_the_step_does():
    program = next(p for p in Draft(text_of(3, s1="7")).form.parts if p.key == ("program",))
    assert isinstance(program, Group)
    first, second, _ = (part for part in program.parts if isinstance(part, Group))
    assert in_a_line(first) == (
        "Program · step 1: constant current, current density $j, duration 1 s"
    )
    assert in_a_line(second) == "Program · step 2: open circuit, duration 7 s"


@pytest.mark.parametrize("close", [False, True])
def test_a_step_that_is_opened_has_its_fields_where_its_line_was(qtbot: QtBot, close: bool):
    form = form_of(qtbot, text_of(s50="9"), close=close)
    line(form, 50).click()
    field = form.editors["program[50].duration"]
    assert field.isVisible()
    assert field.text() == "9 s"  # type: ignore[attr-defined]
    assert "program[50]:open" not in form.editors
    form.resize(640, form.sizeHint().height())
    form._grid.activate()
    assert line(form, 49).geometry().bottom() < field.geometry().top()
    assert field.geometry().bottom() < line(form, 51).geometry().top()


def test_the_tab_key_goes_through_an_opened_step_in_its_place(qtbot: QtBot):
    form = form_of(qtbot, text_of())
    line(form, 20).click()
    seen: list[QWidget] = []
    at = line(form, 19)
    while at is not line(form, 21):
        at = at.nextInFocusChain()
        seen.append(at)
        assert len(seen) < 200, "the chain goes from step 20 to 22 through 21"
    assert form.editors["program[20].duration"] in seen


def test_a_line_is_opened_by_the_keyboard_and_the_focus_goes_into_the_step(qtbot: QtBot):
    form = form_of(qtbot, text_of())
    chosen = line(form, 30)
    chosen.setFocus()
    QTest.keyClick(chosen, Qt.Key.Key_Space)
    focus = form.focusWidget()
    assert focus in [e for key, e in form.editors.items() if key.startswith("program[30]")]


def test_the_first_step_with_a_mistake_is_opened_and_the_others_say_how_many(qtbot: QtBot):
    form = form_of(qtbot, text_of())
    wrong = {
        f"program[{k}].duration": [Problem(f"program[{k}].duration", "is wrong.")]
        for k in (60, 61, 150)
    }
    form.show_problems(wrong)
    assert form._mistakes["program[60].duration"].text() == "Is wrong."
    for k in (61, 150):
        assert line(form, k).text().startswith("▸ 1 error · Program · step")
        assert line(form, k).objectName() == "wrong-line"
    assert line(form, 62).objectName() == "line"
    line(form, 150).click()
    assert form._mistakes["program[150].duration"].text() == "Is wrong."
    form.show_problems({})
    assert line(form, 61).objectName() == "line"
    assert form._mistakes["program[150].duration"].text() == ""


def test_a_mistake_of_another_step_is_not_counted(qtbot: QtBot):
    """program[15] is no part of program[1], nor of program[150]."""
    form = form_of(qtbot, text_of())
    key = "program[150].duration"
    form.show_problems({key: [Problem(key, "is wrong.")]})
    assert "error" not in line(form, 15).text()


def test_long_words_of_a_line_end_in_an_ellipsis(qtbot: QtBot):
    made = StepLine("a step that does " + "very much and " * 20)
    qtbot.addWidget(made)
    made.resize(200, 30)
    made.show()
    assert made.text().endswith("…")
    assert made.fontMetrics().horizontalAdvance(made.text()) <= 200
    assert made.words in made.toolTip()


def test_opened_steps_stay_open_when_the_form_is_made_anew(qtbot: QtBot, tmp_path: Path):
    file = tmp_path / "long.toml"
    file.write_text(text_of(40), encoding="utf-8")
    with window(qtbot, tmp_path) as w:
        w.open_plan(file)
        first = w.plan.form
        assert first is not None
        line(first, 30).click()
        first.moved.emit(("program", 30), 1)
        qtbot.waitUntil(lambda: w.plan.form is not first, timeout=LONG)
        form = w.plan.form
        assert form is not None
        assert "program[31].duration" in form.editors, "the step that was moved"
        group = next(p for p in w.plan.files.draft.form.parts if p.key == ("program",))  # type: ignore[union-attr]
        form.added.emit(group, "open circuit")
        qtbot.waitUntil(lambda: w.plan.form is not form, timeout=LONG)
        assert "program[40].duration" in w.plan.form.editors, "the new step"
        w.open_plan("li-on-au-combinatorial")
        for button in w.plan.files.bar.buttons.values():
            if button.text() == "Discard":
                button.click()
                break
        assert w.plan.form.opened == set(), "which are open says nothing of another plan"


def test_every_value_that_is_given_is_in_the_line_or_said_to_be_there(qtbot: QtBot):
    program = next(p for p in Draft.open("mixed-protocol").form.parts if p.key == ("program",))
    assert isinstance(program, Group)
    for step in (part for part in program.parts if isinstance(part, Group)):
        said = in_a_line(step)
        for part in step.parts:
            if isinstance(part, Field) and part.text:
                assert part.text in said
