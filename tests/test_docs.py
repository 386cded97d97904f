"""What the pages in docs/ show works: files are read, and Python runs, page by page."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from small_scan import STEP, small_scan

import seccm

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"```(python|toml)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of two sites, for pages that read one."""
    path = tmp_path_factory.mktemp("docs") / "scan.h5"
    sweep = {"step": "cv", "start": "0.3 V", "vertices": ["-0.2 V"], "scan_rate": "0.5 V/s"}
    program = [STEP, {**sweep, "cycles": 2}]
    for _ in seccm.run(small_scan(2, 1, program=program), path=path, seed=1):
        pass
    return path


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent.name != "tutorial"], ids=name_of)
def test_the_examples_of_a_page_work_one_after_the_other(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned: Path
) -> None:
    """A TOML example that begins with a file's name is that file; scans have two sites.

    Those of the tutorial work together with its commands, see `test_tutorial`.
    Pages on extending are complete in themselves; on others the program is imported, and there is
    a file scan.h5.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seccm, "load_plan", lambda name: small_scan(2, 1))
    names: dict[str, Any] = {"__name__": page.stem}
    if page.parent.name != "extending":
        names["seccm"] = seccm
        shutil.copy(scanned, "scan.h5")
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for language, text in blocks:
        if language == "toml":
            tomllib.loads(text)
            if named := re.match(r"# (\S+\.toml)\n", text):
                Path(named[1]).write_text(text, encoding="utf-8")
        else:
            exec(compile(text, name_of(page), "exec", dont_inherit=True), names)
    assert page.parent.name != "extending" or blocks, "a page on extending shows how"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=name_of)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = [to for to in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in to]
    assert [to for to in links if not (page.parent / to).exists()] == []


def test_every_page_on_extending_is_in_its_table() -> None:
    folder = ROOT / "docs" / "extending"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert {page.name for page in folder.glob("*.md")} - {"README.md"} == set(listed)
