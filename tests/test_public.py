"""What `import seccm` offers is complete, typed and documented, and packages need no more."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
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
GROUPS = {
    f"seccm.{group}"
    for group in (
        "cells",
        "contacts",
        "exports",
        "planners",
        "readers",
        "rigs",
        "stages",
        "steps",
        "ways",
    )
}


@pytest.mark.parametrize("path", [*FOREIGN, *PAGES], ids=lambda path: path.name)
def test_a_package_that_adds_something_needs_no_private_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert imports_of(text) <= PUBLIC


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_a_page_advises_to_use_is_public(path: Path) -> None:
    """The text names modules, and names inside modules: `seccm.hopping.leave`, `seccm.rig.Cell`."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name in re.findall(r"`(seccm(?:\.[A-Za-z_]+)+)", text):
        if name in GROUPS:
            continue
        module = max((one for one in PUBLIC if f"{name}.".startswith(f"{one}.")), key=len)
        found: Any = import_module(module)
        for part in filter(None, name.removeprefix(module).split(".")):
            found = getattr(found, part)
        assert not inspect.ismodule(found) or name in PUBLIC, f"{name} is private"


ALL_IN_ONE = """
from typing import Literal
from seccm.program.kind import Kind, StepSpec
from seccm.program.segment import Act
from seccm.rig import Constant, Crossing

class Spec(StepSpec):
    step: Literal["nothing"] = "nothing"

STEP = Kind("nothing", Spec, lambda step, setting: Act("open", Constant(0.0), "nothing", 1.0))

from seccm.plan.contacts import ContactKind

class Contact(ContactKind):
    kind: Literal["own"] = "own"

    def rule(self, number):
        return Crossing("current", "zero", 1e-12, "either", self.consecutive)

from seccm.plan.ways import WayKind
from seccm.ways.hopping import Hopping, HoppingSpec

class WaySpec(HoppingSpec):
    kind: Literal["as usual"] = "as usual"

WAY = WayKind("as usual", WaySpec, Hopping)
"""
POINTS = """
[seccm.steps]
nothing = all_in_one:STEP
[seccm.contacts]
own = all_in_one:Contact
[seccm.ways]
as-usual = all_in_one:WAY
"""


@pytest.mark.parametrize("first", ["all_in_one", "seccm", "seccm.plan", "seccm.ways.hopping"])
def test_one_module_may_bring_kinds_of_every_sort_whoever_is_imported_first(
    first: str, tmp_path: Path
) -> None:
    """The kinds are looked up when a plan is read, not while the package is still being loaded."""
    (tmp_path / "all_in_one.py").write_text(ALL_IN_ONE, encoding="utf-8")
    info = tmp_path / "all_in_one-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: all_in_one\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    script = f"""
import {first}, json, seccm
plan = seccm.load_plan("redox-cv-map")
contact = {{"kind": "own", "consecutive": 2}}
tables = plan.to_dict()
tables["approach"]["contact"] = contact
plan = seccm.Plan.from_dict(tables | {{"way": {{"kind": "as usual"}}}})
print(plan.way.kind, "|", plan.approach.contact.kind)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "as usual | own\n", done.stderr
