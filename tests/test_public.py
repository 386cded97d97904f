"""What `import seccm` offers is complete, typed and documented, and packages need no more."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import pytest

import seccm
from seccm.events import Event

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
PUBLIC = set(re.findall(r"`(seccm(?:\.[a-z_]+)*)`[,.]", PAGE))


def imports_of(text: str) -> set[str]:
    """Return the modules of this program that a text imports from."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seccm"):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("seccm")}
    return found


@pytest.mark.parametrize("name", seccm.__all__)
def test_every_name_is_there_documented_and_shown(name: str) -> None:
    found: Any = getattr(seccm, name)
    assert name in dir(seccm)
    if not isinstance(found, UnionType):
        assert inspect.getdoc(found)
    if inspect.isfunction(found):
        assert found.__annotations__.get("return") is not None, "it is typed"
    assert f"`{name}`" in PAGE or name in {kind.__name__ for kind in get_args(Event)}


def test_every_event_is_public() -> None:
    assert {kind.__name__ for kind in get_args(Event)} <= set(seccm.__all__)


def test_what_a_type_checker_sees_is_what_there_is() -> None:
    tree = ast.parse((ROOT / "seccm" / "__init__.py").read_text(encoding="utf-8"))
    (only_typed,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in only_typed.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == seccm._HOME
    assert set(seen) == set(seccm.__all__)


def test_the_modules_that_may_be_imported_are_there_and_documented() -> None:
    assert len(PUBLIC) > 15
    for module in PUBLIC:
        assert inspect.getdoc(import_module(module)), module


FOREIGN = sorted((ROOT / "tests" / "foreign").glob("foreign_*.py"))
PAGES = sorted((ROOT / "docs" / "extending").glob("*.md"))


@pytest.mark.parametrize("path", [*FOREIGN, *PAGES], ids=lambda path: path.name)
def test_a_package_that_adds_something_needs_no_private_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert imports_of(text) <= PUBLIC
