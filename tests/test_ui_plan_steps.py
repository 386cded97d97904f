"""The order of a plan's steps is changed in the form; what the file says about each goes along."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from seccm.errors import PlanError
from seccm.plan.library import plans
from ui.models.draft import Draft
from ui.models.form import Field, Group, keys_of
from ui.models.plan_mistakes import sorted_out
from ui.models.typed import read
from ui.plan_form import PlanForm

PROGRAM = """\
# The steps.

# First rest,
# for as long as it takes.
[[program]]
step = "open circuit"
duration = "5 s"  # seconds

# Then plate.
[[program]]
step = "constant current"
current = "-1 nA"
duration = "5 s"

# Twice:
[[program]]
step = "repeat"
times = 2

  # a little
  [[program.program]]
  step = "open circuit"
  duration = "1 s"

  # and a little more
  [[program.program]]
  step = "open circuit"
  duration = "2 s"

# Where the data go.
[record]
raw = false
"""


def steps(draft: Draft) -> list[str]:
    """Return the comment and the kind of each step, as a reader of the file finds them."""
    found, said = [], ""
    for line in draft.text.splitlines():
        if line.lstrip().startswith("#"):
            said = f"{said} {line.strip(' #')}".strip()
        elif line.lstrip().startswith(("[", "step")):
            if line.lstrip().startswith("step"):
                found.append(f"{said} | {line.split('=')[1].strip()}")
                said = ""
        elif not line.strip():
            said = ""
    return found


def at(group: Group, title: str) -> Group:
    return next(p for p in group.parts if isinstance(p, Group) and p.title.startswith(title))


@pytest.fixture
def draft() -> Draft:
    return Draft(PROGRAM)


def test_a_step_takes_its_comment_with_it(draft: Draft):
    draft.move(("program", 1), -1)
    assert steps(draft) == [
        'Then plate. | "constant current"',
        'First rest, for as long as it takes. | "open circuit"',
        'Twice: | "repeat"',
        'a little | "open circuit"',
        'and a little more | "open circuit"',
    ]
    assert draft.changed
    draft.move(("program", 0), 1)
    assert draft.text == PROGRAM, "there and back is the same file"


def test_a_repeat_goes_with_all_that_is_in_it(draft: Draft):
    draft.move(("program", 2), -1)
    assert steps(draft)[1:] == [
        'Twice: | "repeat"',
        'a little | "open circuit"',
        'and a little more | "open circuit"',
        'Then plate. | "constant current"',
    ]
    assert draft.text.endswith("# Where the data go.\n[record]\nraw = false\n")


def test_steps_inside_a_repeat_are_moved_within_it(draft: Draft):
    draft.move(("program", 2, "program", 0), 1)
    assert steps(draft)[-2:] == [
        'and a little more | "open circuit"', 'a little | "open circuit"',
    ]  # fmt: skip
    assert "[[program.program]]" in draft.text


def test_a_step_that_is_removed_leaves_the_comments_of_the_others(draft: Draft):
    draft.remove(("program", 0))
    assert steps(draft)[0] == 'Then plate. | "constant current"'
    assert draft.text.startswith("# The steps.\n")
    draft.remove(("program", 1, "program", 1))
    assert steps(draft)[-1] == 'a little | "open circuit"'
    assert "# Where the data go." in draft.text


def test_steps_on_one_line_each_are_moved_too():
    draft = Draft(
        "program = [\n"
        '  { step = "open circuit", duration = "5 s" },\n'
        '  { step = "constant current", current = "-1 nA", duration = "1 s" },\n'
        "]\n"
    )
    draft.move(("program", 0), 1)
    assert steps_of(draft) == ["constant current", "open circuit"]
    draft.remove(("program", 0))
    assert steps_of(draft) == ["open circuit"]


def steps_of(draft: Draft) -> list[str]:
    return [at(draft.form, "program").parts[k].choice  # type: ignore[union-attr]
            for k in range(len(at(draft.form, "program").parts))]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(plans())), st.data())
def test_whatever_is_moved_in_a_shipped_plan_only_the_order_changes(name: str, data: st.DataObject):
    draft = Draft.open(name)
    for kind in ("open circuit", "repeat", "cv"):
        draft.add(at(draft.form, "program"), kind)
    before = draft.form
    rows = list(steps_of(draft))
    lines = sorted(line for line in draft.text.splitlines() if line.strip())
    for _ in range(4):
        k = data.draw(st.integers(0, len(rows) - 2))
        draft.move(("program", k), 1)
        rows[k], rows[k + 1] = rows[k + 1], rows[k]
    assert steps_of(draft) == rows
    assert sorted(line for line in draft.text.splitlines() if line.strip()) == lines
    others = [p for p in before.parts if p.key != ("program",)]
    assert [p for p in draft.form.parts if p.key != ("program",)] == others


def test_the_form_offers_the_ways_that_there_are(qtbot: QtBot, draft: Draft):
    form = PlanForm(draft.form)
    qtbot.addWidget(form)
    offered = sorted(name for name in form.editors if name.endswith(("earlier", "later")))
    assert offered == [
        "program[0]:later", "program[1]:earlier", "program[1]:later", "program[2].program[0]:later",
        "program[2].program[1]:earlier", "program[2]:earlier",
    ]  # fmt: skip
    form.moved.connect(draft.move)
    form.editors["program[1]:earlier"].click()  # type: ignore[attr-defined]
    assert steps_of(draft) == ["constant current", "open circuit", "repeat"]


FOLLOWS = '{ from = "rest", offset = "-15 mV", within = ["-1 V", "1 V"] }'
FROM_REST = f"""
[[program]]
step = "open circuit"
duration = "5 s"
name = "rest"

[[program]]
step = "constant potential"
potential = {FOLLOWS}
duration = "5 s"
"""


def field_at(draft: Draft, *key: str | int) -> Field:
    """The field of a key, however deep."""
    group = draft.form
    for length in range(1, len(key)):
        group = next(p for p in group.parts if p.key == key[:length])  # type: ignore[assignment]
    found = next(p for p in group.parts if p.key == key)
    assert isinstance(found, Field)
    return found


def test_what_follows_an_earlier_step_is_shown_and_typed_as_a_plan_writes_it():
    draft = Draft(FROM_REST)
    key = ("program", 1, "potential")
    field = field_at(draft, *key)
    assert field.text == FOLLOWS
    assert "an earlier step" in field.words
    for typed in ("0.2 V", FOLLOWS):
        draft.set(key, read(field.kind, typed))
        assert field_at(draft, *key).text == typed
        assert (
            f"potential = {typed if typed[0] == '{' else chr(34) + typed + chr(34)}" in draft.text
        )


def test_a_reference_that_is_not_whole_yet_stays_as_it_was_typed():
    draft = Draft(FROM_REST)
    draft.set(("program", 1, "potential"), read("quantity", '{ from = "re'))
    assert field_at(draft, "program", 1, "potential").text == '{ from = "re'


def test_vertices_may_follow_earlier_steps_too():
    assert read("list", f"0 V, {FOLLOWS}, 1 V") == [
        "0 V", {"from": "rest", "offset": "-15 mV", "within": ["-1 V", "1 V"]}, "1 V",
    ]  # fmt: skip
    draft = Draft(FROM_REST)
    draft.add(at(draft.form, "program"), "cv")
    key = ("program", 2, "vertices")
    draft.set(key, read("list", f"0 V, {FOLLOWS}"))
    assert field_at(draft, *key).text == f"0 V, {FOLLOWS}"


def test_a_mistake_in_a_reference_stands_beside_its_field():
    draft = Draft(FROM_REST)
    draft.set(("program", 1, "potential"), read("quantity", '{ from = "rest" }'))
    with pytest.raises(PlanError) as said:
        draft.plan()
    placed = sorted_out(said.value.problems, keys_of(draft.form))
    assert "within" not in placed
    assert "program[1].potential" in placed


@pytest.mark.parametrize("kind", ["if", "repeat"])
def test_ifs_and_repeats_are_in_the_form_with_what_they_ask(kind: str):
    draft = Draft(FROM_REST)
    draft.add(at(draft.form, "program"), kind)
    asks = "when" if kind == "if" else "until"
    (step,) = (p for p in at(draft.form, "program").parts if p.key == ("program", 2))
    assert isinstance(step, Group)
    assert step.choice == kind
    named = {part.key[-1]: part for part in step.parts}
    assert {asks, "program"} <= named.keys()
    question = named[asks]
    assert isinstance(question, Group)
    assert [part.key[-1] for part in question.parts] == [
        "from", "take", "result", "above", "below", "found", "of",
    ]  # fmt: skip
    for name, value in (("from", "rest"), ("take", "E"), ("below", "0.2 V")):
        draft.set(("program", 2, asks, name), value)
    text = draft.text
    inside = named["program"]
    assert isinstance(inside, Group)
    draft.add(inside, "open circuit")
    assert len(draft.text) > len(text)
    step = at(draft.form, "program").parts[2]
    assert isinstance(step, Group)
    inside = next(part for part in step.parts if part.key[-1] == "program")
    assert isinstance(inside, Group)
    assert [part.choice for part in inside.parts] == ["open circuit"] * 2  # type: ignore[union-attr]


def test_what_a_repeat_waits_for_is_gone_with_its_last_key():
    draft = Draft(FROM_REST)
    draft.add(at(draft.form, "program"), "repeat")
    draft.set(("program", 2, "until", "from"), "rest")
    assert "until" in draft.text
    draft.set(("program", 2, "until", "from"), None)
    assert "until" not in draft.text


def test_what_is_not_said_is_not_shown_as_if_it_were():
    draft = Draft(FROM_REST)
    draft.add(at(draft.form, "program"), "repeat")
    take = field_at(draft, "program", 2, "until", "take")
    assert take.text == ""
    assert take.choices[0] == ""
