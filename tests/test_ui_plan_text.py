"""A plan is edited as text where the form cannot show it, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QToolButton
from pytestqt.qtbot import QtBot
from ui_windows import LONG, small_plan, window

from seccm.errors import PlanError
from ui.models.draft import Draft
from ui.models.form_making import MOST_ROWS
from ui.plan_view import PlanView
from ui.window import Window

POINTS = "\n".join(f'  ["{k} nm", "{2 * k} nm"],' for k in range(10_000))


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    with window(qtbot, tmp_path) as made:
        made.open_plan(small_plan(tmp_path))
        made.go("plan")
        yield made


def type_text(plan: PlanView, text: str) -> None:
    plan.text.setPlainText(text)


def line(plan: PlanView, key: str) -> QLineEdit:
    assert plan.form is not None
    found = plan.form.editors[key]
    assert isinstance(found, QLineEdit)
    return found


def test_what_is_typed_as_text_is_in_the_form_and_back(qtbot: QtBot, shown: Window):
    plan = shown.plan
    plan.as_text.click()
    assert plan.draft is not None
    assert plan.text.toPlainText() == plan.draft.text
    assert not plan.draft.changed or plan.files.draft is plan.draft
    type_text(plan, plan.draft.text.replace('speed = "50 um/s"', 'speed = "40 um/s"  # slower'))
    plan.as_text.click()
    assert line(plan, "travel.speed").text() == "40 um/s"
    line(plan, "travel.speed").setText("30 um/s")
    line(plan, "travel.speed").textEdited.emit("30 um/s")
    plan.as_text.click()
    assert 'speed = "30 um/s"  # slower' in plan.text.toPlainText()


def test_a_text_that_is_not_toml_stays_and_is_neither_saved_nor_run(qtbot: QtBot, shown: Window):
    plan = shown.plan
    assert plan.draft is not None
    assert plan.draft.path is not None
    good, broken = plan.draft.path.read_text(), plan.draft.text + "\n[approach"
    plan.as_text.click()
    type_text(plan, broken)
    qtbot.waitUntil(lambda: plan.verdict.text() == "Not TOML", timeout=LONG)
    assert "not valid TOML" in plan.facts.text()
    plan.save()
    assert plan.draft.path.read_text() == good
    with pytest.raises(PlanError, match="TOML"):
        plan.ready()
    plan.as_text.click()
    assert plan.as_text.isChecked(), "the form would not be that of the text"
    assert plan.text.toPlainText() == broken
    type_text(plan, broken.removesuffix("[approach") + "[record]\nraw = false\n")
    qtbot.waitUntil(lambda: plan.verdict.text() not in ("", "Not TOML"), timeout=LONG)
    plan.save()
    assert "raw = false" in plan.draft.path.read_text()


def test_mistakes_are_told_beside_the_text(qtbot: QtBot, shown: Window):
    plan = shown.plan
    assert plan.draft is not None
    plan.as_text.click()
    type_text(plan, plan.draft.text.replace('speed = "50 um/s"', 'speed = "50"'))
    qtbot.waitUntil(lambda: "travel.speed" in plan.remarks.text(), timeout=LONG)


def test_long_lists_are_named_and_edited_as_text(qtbot: QtBot, shown: Window, tmp_path: Path):
    """Ten thousand points, and what is known of each: a field would cut them."""
    plan = shown.plan
    assert plan.draft is not None
    draft = Draft(plan.draft.text)
    draft.set(("design",), None)
    draft.set(("sites",), {"kind": "points"})
    volumes = ", ".join(["1 um^3"] * 10_000).replace("1 um^3", '"1 um^3"')
    sites = f"points = [\n{POINTS}\n]\n\n[sites.values]\nvolume = [{volumes}]\n"
    text = draft.text.replace('sites = {kind = "points"}', "")
    text = text.replace('sites = { kind = "points" }', "")
    (tmp_path / "many.toml").write_text(f'{text}\n[sites]\nkind = "points"\n{sites}')
    shown.open_plan(tmp_path / "many.toml")
    assert plan.form is not None
    for key, words in (("sites.points", "10000 lines"), ("sites.values.volume", "10000 values")):
        button = plan.form.editors[f"{key}:text"]
        assert isinstance(button, QToolButton)
        said = button.parentWidget()
        assert said is not None
        assert words in plan.form.editors[key].findChild(type(plan.head)).text()  # type: ignore[union-attr]
    before = plan.draft.text
    button.click()
    assert plan.as_text.isChecked()
    at = plan.text.textCursor().block().text()
    assert at.startswith("volume")
    plan.as_text.click()
    assert plan.draft.text == before
    assert len(plan.draft.plan().sites()) == 10_000 > MOST_ROWS


def test_the_text_has_the_room_of_the_form(qtbot: QtBot, shown: Window):
    shown.plan.as_text.click()
    qtbot.waitUntil(lambda: shown.plan.text.height() > 400, timeout=LONG)


def test_a_text_that_was_just_typed_is_what_is_run_and_saved(qtbot: QtBot, shown: Window):
    """Without waiting for the check that comes when nobody types any more."""
    plan = shown.plan
    assert plan.draft is not None
    assert plan.draft.path is not None
    plan.as_text.click()
    type_text(plan, plan.draft.text.replace('speed = "50 um/s"', 'speed = "40 um/s"  # slower'))
    ready, _ = plan.ready()
    assert ready.travel.speed == pytest.approx(40e-6)
    type_text(plan, plan.draft.text.replace('"40 um/s"', '"30 um/s"'))
    plan.save()
    assert 'speed = "30 um/s"  # slower' in plan.draft.path.read_text()
    type_text(plan, plan.draft.text + "[nonsense")
    with pytest.raises(PlanError, match="TOML"):
        plan.ready()
