"""The site of the manual: every page is in its table, links and anchors lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]*)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


def listed(page: Path) -> list[Path]:
    """The pages that the tables of a page name."""
    found = []
    for block in TREE.findall(page.read_text(encoding="utf-8")):
        names = [line for line in block.splitlines() if line and not line.startswith(":")]
        found += [(page.parent / f"{name}.md").resolve() for name in names]
    return found


def anchors(page: Path) -> set[str]:
    """What links to headings of a page may say."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = unicodedata.normalize("NFC", heading.lower().replace("`", ""))
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@cache
def reached() -> frozenset[Path]:
    seen: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in seen and page.exists():
            seen.add(page)
            waiting += listed(page)
    return frozenset(seen)


def test_every_page_is_in_a_table_and_every_table_names_pages() -> None:
    assert {page.resolve() for page in PAGES} - reached() == set()
    named = [(name_of(page), one) for page in PAGES for one in listed(page)]
    missing = [(page, one.name) for page, one in named if not one.exists()]
    made = {("index.md", "index.md"), ("reference/index.md", "commands.md")}
    assert set(missing) <= made, "gallery and commands are made when the site is built"
    files = [one for _, one in named]
    assert len(files) == len(set(files)), "a page has one place"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_headings_lead_to_one(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if anchor and "://" not in link:
            other = (page.parent / target) if target else page
            assert anchor in anchors(other), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_words(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert text.startswith("# ")


def test_every_command_is_on_the_page_of_commands() -> None:
    from typer.main import get_command

    from seccm.cli.commands import app
    from seccm.cli.commands_page import page

    whole = get_command(app)
    made = page()
    for name in getattr(whole, "commands", {}):
        assert f"## `seccm {name}" in made
    assert "## `seccm rig noise" in made
    assert "`--retraction` | Take the areas" in made


@pytest.mark.skipif(
    importlib.util.find_spec("sphinx_gallery") is None or "SECCM_BUILD_DOCS" not in os.environ,
    reason="`make docs` does it; with SECCM_BUILD_DOCS=1 it is done here, too",
)
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
         "-D", "plot_gallery=0", str(DOCS), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "tutorial" / "first-scan.html").exists()
