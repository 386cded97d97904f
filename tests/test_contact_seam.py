"""Nobody asks which contact rule it is: the source is read for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seccm.plan.contacts import KINDS

ROOT = Path(__file__).parent.parent
RULES = {"Crossing", "Air"}
WORDS = {kind.__name__ for kind in KINDS.all().values()} | {"ContactKind"}
AT_HOME = {
    "seccm/__init__.py",
    "seccm/rig/contact.py",
    "seccm/rig/__init__.py",
    "seccm/plan/contacts.py",
}
"""Where rules are declared, and where the words of a plan become rules."""


SAID = re.compile(
    "|".join([rf"\b{name}\b" for name in RULES | WORDS] + [rf"[\"']{k}[\"']" for k in KINDS.all()])
)
"""What stands in a file that may name one."""


def sources() -> Iterator[tuple[str, str]]:
    """Every file of the product that has no business with a kind of contact."""
    for folder in ("seccm", "hardware", "sim", "ui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name not in AT_HOME:
                yield name, path.read_text(encoding="utf-8")


def named(tree: ast.AST) -> set[str]:
    """All names that a piece of source uses, imports or matches."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
    return found


def kinds_in_words(tree: ast.AST) -> set[str]:
    """Kinds of contact whose name stands in an `==`, an `in` or a `case`."""
    inside = (n for n in ast.walk(tree) if isinstance(n, ast.Compare | ast.MatchValue))
    return {
        part.value
        for node in inside
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value in KINDS.all()
    }


def test_no_file_names_a_rule_or_compares_a_kind_of_contact() -> None:
    """A rule is asked by its methods alone, so that a rule of somebody else serves as well."""
    files = list(sources())
    assert len(files) > 300
    trees = {name: ast.parse(text) for name, text in files if SAID.search(text)}
    assert {n: hits for n, tree in trees.items() if (hits := named(tree) & (RULES | WORDS))} == {}
    assert {n: hits for n, tree in trees.items() if (hits := kinds_in_words(tree))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(rule, Crossing)",
        "match rule:\n    case rig.Crossing(): pass",
        "from seccm.rig import Crossing as C",
        "contact.kind == 'potential drop'",
        "contact.kind in ('ion current', 'x')",
    ],
)
def test_the_reader_sees_every_way_to_ask(source: str) -> None:
    assert SAID.search(source)
    tree = ast.parse(source)
    assert named(tree) & RULES or kinds_in_words(tree)
