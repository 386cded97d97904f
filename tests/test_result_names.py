"""No figure, table, menu or export knows the name of a result: declarations say what they need."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import seccm
from seccm.program.figures import ByCycle, OwnCurve, Scatter, Trend
from seccm.program.registry import kinds
from seccm.program.yielded import results

HERE = Path(seccm.__file__).parents[1]
DECLARING = (HERE / "seccm" / "steps", HERE / "seccm" / "program" / "any_results.py")
"""Where results are declared and measured: the kinds of steps, and what every step has."""
OTHER_WORDS = {
    "ended_by": "a column of the table of steps",
    "Q": "a column of every curve",
    "CE": "a column of the table of cycles",
    "j": "a factor of the shipped plans",
    "cycles": "a key of plans",
}
"""Names of results that are names of something else, too."""
ASKING = {"declared", "result", "name", "has", "telling", "value", "waited", "repeats_plan"}
"""What is asked with the name of a result."""
TOOLS = {HERE / "ui" / "screenshots.py", HERE / "ui" / "manual_pictures.py"}
"""Show scans whose results are known."""


def modules() -> Iterator[Path]:
    for folder in ("seccm", "ui", "sim", "hardware"):
        for path in sorted((HERE / folder).rglob("*.py")):
            if path not in TOOLS and not any(path.is_relative_to(place) for place in DECLARING):
                yield path


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_no_name_of_a_result_stands_outside_of_its_declaration():
    names = set(results()) - set(OTHER_WORDS)
    assert {"E_nuc", "i_lim", "CE_last", "E_end"} <= names
    said = [
        f"{path.relative_to(HERE)}:{line}: {word}"
        for path in modules()
        for line, word in literals(ast.parse(path.read_text("utf-8")))
        if word in names
    ]
    assert said == []


@pytest.mark.parametrize("folder", ["report", "cli", "remote"])
def test_nobody_who_shows_results_asks_for_one_by_its_name(folder):
    """Also not for one whose name is a word of its own, such as the charge."""
    asked = []
    for path in sorted((HERE / "seccm" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            who = getattr(node.func, "attr", getattr(node.func, "id", ""))
            words = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if who in ASKING and any(word in results() for word in words):
                asked.append(f"{path.relative_to(HERE)}:{node.lineno}: {who}({words})")
    assert asked == []


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_the_figures_of_a_kind_draw_what_it_yields(kind):
    """A figure of a result that its kind does not declare would never be drawn."""
    declared = set(kind.results)
    if kind.turn is not None:
        assert {kind.turn.time, kind.turn.level} <= declared
        assert kind.turn.time.unit == "s"
    for what in kind.figures:
        if isinstance(what, OwnCurve):
            continue  # draws data points
        assert set(what.results) <= declared, what.slug
        match what:
            case Trend():
                assert what.against in declared
                assert all(len({r.unit for r in panel}) == 1 for panel in what.panels)
            case ByCycle():
                assert {r.dims for r in what.results} == {("cycle",)}
                assert what.telling is None or what.telling in declared
            case Scatter():
                assert what.apart is None or what.apart in declared
    assert len({what.slug for what in kind.figures}) == len(kind.figures)


def test_what_is_waited_for_and_what_says_for_how_long_are_yielded_together():
    for kind in kinds().values():
        names = {result.name for result in kind.results}
        assert {result.waited for result in kind.results if result.waited} <= names
