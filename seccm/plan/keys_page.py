"""Writes the page that lists every key of a plan, from the schema by which plans are checked.

`python -m seccm.plan.keys_page > docs/plan-keys.md` makes it again; a test compares the two.
"""

from __future__ import annotations

from seccm.key_tables import KeyTable, key_tables, markdown
from seccm.plan.plan import Plan
from seccm.program.kind import StepSpec

HEAD = """\
# Every key of a plan

Begin with [how a plan is written](plan.md). This page lists every key, as `seccm check` knows
them; it is made by `python -m seccm.plan.keys_page`. `seccm help KEY` says the same on the command
line, and F1 in the form of the window.

- *takes*: an example of a quantity shows its unit. **$**: a name may stand for it, such as
  `"$j"`, also in arithmetic. **from**: it may follow an earlier step.
- *allowed*: the bounds of a value, where there are any. `seccm check` asks the rig for its own.
- *if left out*: what is then taken. "needed": the key must be there. "-": it may be left out.
"""


def tables() -> tuple[KeyTable, ...]:
    """Return the tables of a plan, with those that other packages add."""
    return key_tables(Plan.model_json_schema(by_alias=True), tuple(StepSpec.model_fields))


def page() -> str:
    """Return the page, as Markdown."""
    return f"{HEAD}\n{markdown(tables())}"


if __name__ == "__main__":
    print(page(), end="")
