"""The order of a plan's steps is changed in the form; what the file says about each goes along."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from seccm.plan.library import plans
from ui.models.draft import Draft
from ui.models.form import Group
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


@settings(max_examples=60, deadline=None)
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
