"""Repeats over values, values of sites and C-rates in the form of a plan."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from pytestqt.qtbot import QtBot

from seccm.errors import PlanError
from ui.models.draft import Draft
from ui.models.form import Field, Group, keys_of, where
from ui.models.plan_mistakes import sorted_out
from ui.models.typed import read
from ui.plan_form import PlanForm


def groups(group: Group) -> dict[str, Group]:
    """Every table of a form, by its key."""
    found = {where(group.key): group}
    for part in group.parts:
        found |= groups(part) if isinstance(part, Group) else {}
    return found


def fields(group: Group) -> dict[str, Field]:
    """Every field of a form, by its key."""
    found: dict[str, Field] = {}
    for part in group.parts:
        if isinstance(part, Group):
            found |= fields(part)
        elif isinstance(part, Field):
            found[where(part.key)] = part
    return found


@pytest.fixture
def draft() -> Draft:
    return Draft.open("li-on-au-combinatorial")


def retype(draft: Draft, key: str, text: str) -> None:
    """Type into a field of the form."""
    field = fields(draft.form)[key]
    draft.set(field.key, read(field.kind, text))


def test_a_repeat_is_turned_into_one_over_values(draft: Draft) -> None:
    draft.add(groups(draft.form)["program"], "repeat")
    key = next(key for key, group in groups(draft.form).items() if group.choice == "repeat")
    over = groups(draft.form)[f"{key}.over"]
    assert over.adds == ("series",)
    assert "Values that the steps go through" in over.words
    draft.add(over, "series")
    name = next(part.title for part in groups(draft.form)[f"{key}.over"].parts)
    assert name != "j", "the name of a factor is not taken twice"
    assert fields(draft.form)[f"{key}.times"].text == ""
    with pytest.raises(PlanError, match="no step of this repeat uses"):
        draft.plan()
    retype(draft, f"{key}.over.{name}", "1 s, 2 s, { from = '3 s', to = '5 s', step = '1 s' }")
    retype(draft, f"{key}.program[0].duration", f"${name}")
    plan = draft.plan()
    assert [level.value for level in plan.program[-1].over[name]] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert draft.rename((*over.key, name), "wait")
    assert fields(draft.form)[f"{key}.program[0].duration"].text == "$wait"
    assert [level.value for level in draft.plan().program[-1].over["wait"]] == [1, 2, 3, 4, 5]


def test_a_name_of_one_repeat_is_changed_in_that_repeat_only(draft: Draft) -> None:
    for _ in range(2):
        draft.add(groups(draft.form)["program"], "repeat")
    keys = [key for key, group in groups(draft.form).items() if group.choice == "repeat"]
    for key in keys:
        draft.set((*groups(draft.form)[key].key, "times"), None)
        draft.set((*groups(draft.form)[f"{key}.over"].key, "t"), ["1 s", "2 s"])
        retype(draft, f"{key}.program[0].duration", "$t")
    draft.plan()
    assert draft.rename((*groups(draft.form)[f"{keys[0]}.over"].key, "t"), "wait")
    shown = [fields(draft.form)[f"{key}.program[0].duration"].text for key in keys]
    assert shown == ["$wait", "$t"]
    draft.plan()


def test_values_of_sites_are_typed_and_used(draft: Draft) -> None:
    draft.choose(groups(draft.form)["sites"], "points")
    draft.set(("design",), None)
    draft.set(("sites", "points"), [["10 um", f"{10 + 20 * k} um"] for k in range(8)])
    values = groups(draft.form)["sites.values"]
    draft.add(values, values.adds[0])
    name = next(part.title for part in groups(draft.form)["sites.values"].parts)
    assert fields(draft.form)[f"sites.values.{name}"].text.count(",") == 7, "one for each point"
    retype(draft, f"sites.values.{name}", ", ".join(f"{k + 1} um^3" for k in range(8)))
    assert name == "volume"
    retype(draft, "program[0].current_density", "")
    retype(draft, "program[0].current", "$rate")
    retype(draft, "program[0].capacity", "600 mAh/cm^3 * $volume")
    draft.set(("factors",), {"rate": ["-C/3", "-2C"]})
    plan = draft.plan()
    first, second = (site.segments[0].waveform.extremes[0] for site in plan.sites()[:2])
    assert first == pytest.approx(-0.2e-12)
    assert second == pytest.approx(-2.4e-12)
    assert draft.rename(("sites", "values", "volume"), "V_p")
    assert fields(draft.form)["program[0].capacity"].text == "600 mAh/cm^3 * $V_p"
    assert draft.plan().sites()[1].segments == plan.sites()[1].segments


def test_values_of_a_grid_are_typed_and_used(draft: Draft) -> None:
    """One line for each row; columns and rows have values of their own."""
    draft.set(("sites", "columns"), 3)
    draft.set(("sites", "rows"), 2)
    draft.set(("sites", "leave_out"), None)
    draft.set(("design",), None)
    for key in ("values", "column_values", "row_values"):
        group = groups(draft.form)[f"sites.{key}"]
        draft.add(group, group.adds[0])
    shown = fields(draft.form)
    assert shown["sites.values.volume"].text.splitlines() == ["1 um^3, 1 um^3, 1 um^3"] * 2
    names = [key for key in shown if key.startswith(("sites.column_v", "sites.row_v"))]
    assert [shown[name].text.count(",") + 1 for name in names] == [3, 2]
    retype(draft, "sites.values.volume", "1 um^3, 2 um^3, 3 um^3\n4 um^3, 5 um^3, 6 um^3")
    retype(draft, names[0], "1 pA, 2 pA, 3 pA")
    retype(draft, names[1], "1 s, 2 s")
    retype(draft, "program[0].current_density", "")
    retype(draft, "program[0].current", "1 pA/um^3 * $volume + 3 pA")
    draft.add(groups(draft.form)["program"], "constant current")
    retype(draft, "program[1].current", f"${names[0].split('.')[-1]}")
    retype(draft, "program[0].duration", f"${names[1].split('.')[-1]}")
    draft.set(("factors",), None)
    first, second = (step.waveform for step in draft.plan().sites()[-1].segments)
    assert first.extremes[0] == pytest.approx(9e-12)
    assert second.extremes[0] == pytest.approx(3e-12)
    assert first.duration == 2.0
    assert draft.rename(("sites", "values", "volume"), "V_p")
    assert fields(draft.form)["program[0].current"].text == "1 pA/um^3 * $V_p + 3 pA"


def test_the_form_shows_them(qtbot: QtBot, draft: Draft) -> None:
    draft.add(groups(draft.form)["program"], "repeat")
    key = next(key for key, group in groups(draft.form).items() if group.choice == "repeat")
    draft.add(groups(draft.form)[f"{key}.over"], "series")
    shown = PlanForm(draft.form)
    qtbot.addWidget(shown)
    name = next(part.title for part in groups(draft.form)[f"{key}.over"].parts)
    assert {f"{key}.over:add", f"{key}.over.{name}", f"{key}.over.{name}:name"} <= set(
        shown.editors
    )
    with pytest.raises(PlanError) as said:
        draft.plan()
    shown.show_problems(sorted_out(said.value.problems, keys_of(draft.form)))
    assert shown.editors[f"{key}.over.{name}"].property("wrong")


def test_what_is_left_out_is_shown_as_what_it_then_is(draft: Draft) -> None:
    found = fields(draft.form)
    assert found["program[0].until.after"].hint == "50 ms"
    assert found["program[0].until.drift_over"].hint == "10 s"
    assert found["on_no_contact.retries"].hint == "0", "none is a number, too"
    draft.add(groups(draft.form)["program"], "repeat")
    key = next(key for key, group in groups(draft.form).items() if group.choice == "repeat")
    assert fields(draft.form)[f"{key}.until.of"].choices == ("", "first")


def test_a_new_step_inside_of_another_asks_for_little(draft: Draft) -> None:
    draft.add(groups(draft.form)["program"], "repeat")
    key = next(key for key, group in groups(draft.form).items() if group.choice == "repeat")
    assert groups(draft.form)[f"{key}.program[0]"].choice == "open circuit"
