"""The pages on plans are true: every key is listed with its meaning, and every example is right."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from seccm.plan import Plan, plans
from seccm.program.registry import kinds

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = (DOCS / "plan.md").read_text(encoding="utf-8")
BLOCKS = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)]
PROGRAMS = [block["program"] for block in BLOCKS if "program" in block]
SITES = [block["sites"] for block in BLOCKS if "sites" in block]
BASE: dict[str, Any] = tomllib.loads(plans()["mixed-protocol"].read_text(encoding="utf-8"))
"""A plan in which the examples stand; it holds a current during the approach."""


@pytest.fixture(scope="module")
def page() -> str:
    """The page made again, by a process in which nobody registered kinds of their own."""
    made = [sys.executable, "-X", "utf8", "-m", "seccm.plan.keys_page"]
    return subprocess.run(made, check=True, capture_output=True, encoding="utf-8").stdout


def test_the_page_of_keys_is_that_of_the_schema(page: str) -> None:
    """If this fails: python -m seccm.plan.keys_page > docs/plan-keys.md."""
    assert (DOCS / "plan-keys.md").read_text(encoding="utf-8") == page


def test_every_key_has_a_meaning(page: str) -> None:
    """It is what the form of the window says of it, too."""
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert [row for row in rows if not row.split("|")[-2].strip()] == []


def test_every_table_is_listed_once(page: str) -> None:
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert len(headings) == len(set(headings))
    assert {f"### `{name}`" for name in (*kinds(), "repeat", "if")} <= set(headings)


@pytest.mark.parametrize("kind", [*kinds(), "repeat", "if"])
def test_the_guide_names_every_kind_of_step(kind: str) -> None:
    assert f"`{kind}`" in GUIDE


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda steps: str(steps[0]["step"]))
def test_every_programme_of_the_guide_is_right(program: list[dict[str, Any]]) -> None:
    tables = {name: table for name, table in BASE.items() if name != "keep"}
    assert Plan.from_dict({**tables, "program": program}, from_file=True).program


@pytest.mark.parametrize("sites", SITES, ids=lambda sites: str(sites["kind"]))
def test_every_table_of_sites_of_the_guide_is_right(sites: dict[str, Any], tmp_path: Path) -> None:
    """Values that no step uses are known of the sites all the same."""
    header = "label, x (um), y (um), volume (um^3), d (um)\n"
    (tmp_path / "particles.csv").write_text(f"{header}A, 10, 10, 540, 10\nB, 40, 10, 195, 7\n")
    plan = Plan.from_dict({**BASE, "sites": sites}, from_file=True, folder=tmp_path)
    assert plan.own_units["volume"] == "m^3"
    assert all(len(site.levels) == len(plan.own_units) for site in plan.sites())
