"""The library of plans in the window: kept, favourites first, taken out and brought back."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from seccm.errors import PlanError
from seccm.plan import load_plan
from seccm.plan.library import own_plans, plans
from seccm.plan.own_plans import bring_back, favourites, forget, keep
from ui.models.library import listed
from ui.plan_view import PlanView


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))


@pytest.fixture
def view(qtbot: QtBot) -> PlanView:
    made = PlanView("virtual")
    qtbot.addWidget(made)
    made.open("li-on-au-cv")
    return made


def entries(view: PlanView) -> list[str]:
    return [view.shipped.itemText(k) for k in range(1, view.shipped.count())]


def press(view: PlanView, answer: str) -> None:
    view.files.bar.buttons[answer].click()


def test_a_plan_is_kept_made_a_favourite_taken_out_and_brought_back(view: PlanView) -> None:
    view.library.keep("my-cv")
    assert load_plan("my-cv") == load_plan("li-on-au-cv")
    press(view, "Make it a favourite")
    assert entries(view)[0] == "★ my-cv (yours)"
    view._open_listed(1)
    assert view.draft is not None
    assert view.draft.path == own_plans()["my-cv"]
    view.library.offer()
    assert view.library.favourite.isChecked()
    view.library.forget()
    assert "my-cv" not in own_plans()
    assert not any("my-cv" in entry for entry in entries(view))
    press(view, "Undo")
    assert entries(view)[0] == "★ my-cv (yours)"
    view.library.favour(on=False)
    assert favourites() == []
    assert entries(view)[0] == "my-cv (yours)"
    view.shut()


def test_what_was_edited_is_kept_as_it_stands(view: PlanView) -> None:
    assert view.draft is not None
    view.draft.set(("title",), "another title")
    view.library.keep("edited")
    assert load_plan("edited").title == "another title"
    view.shut()


def test_a_shipped_plan_can_be_a_favourite_and_not_be_taken_out(view: PlanView) -> None:
    view.library.offer()
    assert view.library.favourite.isEnabled()
    assert not view.library.forget_action.isEnabled()
    view.library.favour(on=True)
    assert next(iter(listed())) == "li-on-au-cv"
    view.library.forget()
    assert "li-on-au-cv" in plans()
    view.shut()


@pytest.mark.parametrize("name", ["", "li-on-au-cv", "a/b", "x.toml"])
def test_a_name_that_cannot_be_is_refused_and_nothing_is_kept(
    view: PlanView, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("ui.library.tell", lambda parent, words: said.append(words))
    view.library.keep(name)
    kept = own_plans()
    if name:
        assert said
        assert kept == {}
    else:
        assert list(kept) == ["plan"] or said
    view.shut()


def test_what_is_brought_back_never_replaces_another(tmp_path: Path) -> None:
    keep(plans()["li-on-au-cv"], "mine")
    aside = forget("mine")
    keep(plans()["redox-cv-map"], "mine")
    with pytest.raises(PlanError, match="another plan"):
        bring_back(aside)
    assert load_plan("mine") == load_plan("redox-cv-map")
