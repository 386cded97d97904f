"""The scripts of the gallery draw: `make docs` runs them whole, here they get an old scan."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import seccm
from seccm.cli.commands import app

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "docs" / "gallery_src").glob("plot_*.py"))
SCANS = {path.stem: path for path in sorted((ROOT / "tests" / "old_files").glob("*.h5"))}


def name_of(script: Path) -> str:
    return script.stem


def plan_of(script: Path) -> str:
    """Return the shipped plan that a script begins with."""
    calls = (n for n in ast.walk(ast.parse(script.read_text("utf-8"))) if isinstance(n, ast.Call))
    (named,) = (c.args[0] for c in calls if ast.unparse(c.func) == "seccm.load_plan")
    assert isinstance(named, ast.Constant)
    return str(named.value)


def test_the_gallery_shows_what_papers_show() -> None:
    assert len(SCRIPTS) >= 8
    assert len({plan_of(script) for script in SCRIPTS}) >= 3


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_page_has_a_title_and_says_what_is_seen(script: Path) -> None:
    told = ast.get_docstring(ast.parse(script.read_text("utf-8"))) or ""
    title, line, empty, *words = told.split("\n")
    assert title
    assert line == "=" * len(title)
    assert (empty, bool(words)) == ("", True)


def test_commands_that_pages_of_the_gallery_name_are_there() -> None:
    """With their options."""
    known = get_command(app).commands
    named = [line for s in SCRIPTS for line in re.findall(r"`seccm ([^`]+)`", s.read_text("utf-8"))]
    assert named
    for line in named:
        name, *words = line.split()
        options = {word for parameter in known[name].params for word in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options, line


@pytest.mark.parametrize("script", [s for s in SCRIPTS if plan_of(s) in SCANS], ids=name_of)
def test_a_script_draws_axes_with_names_and_data(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the scan of an earlier version instead of a new one of its plan."""
    plt = pytest.importorskip("matplotlib.pyplot")
    made: list[seccm.Plan] = []

    def run(plan: seccm.Plan, rig: str = "virtual", *, path: Path, seed: int) -> Iterator[Any]:
        made.append(plan)
        shutil.copy(SCANS[plan_of(script)], path)
        return iter(())

    monkeypatch.setattr(seccm, "run", run)
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.switch_backend("agg")
    try:
        runpy.run_path(str(script))
        axes = [axes for figure in map(plt.figure, plt.get_fignums()) for axes in figure.axes]
    finally:
        plt.close("all")
    assert len(made) == 1
    assert 0 < len(made[0].sites()) < len(seccm.load_plan(plan_of(script)).sites())
    assert axes
    for one in axes:
        assert one.has_data()
    assert all(one.get_ylabel() or one.get_xlabel() for one in axes[-1:])
