"""The program with no extra installed: what a newcomer types works, or says what to install."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {"PySide6-Essentials": "PySide6", "scikit-image": "skimage", "pyserial": "serial",
           "pymmcore-plus": "pymmcore_plus"}  # fmt: skip
"""Packages that are imported by another name than their own."""
BASE = {"pillow"}
"""Named by an extra, and brought by what is always there."""
ALONE = """
import json, shlex, sys
without, lines = json.loads(sys.stdin.read())

class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        known = name.partition(".")[0] not in without
        return self.finder.find_spec(name, path, target) if known else None

sys.meta_path = [Without(finder) for finder in sys.meta_path]
from seccm.cli import main
for line in lines:
    sys.argv = ["seccm", *shlex.split(line)]
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code
    print(f"CODE {code or 0} {line}", flush=True)
"""
WORK = (
    "new a.toml --yes --columns 1 --rows 1", "help approach.contact", "help clock.sample_rate",
    "schema plan", "schema wec-fpga", "check a.toml", "notes",
)  # fmt: skip
NEED = ("run a.toml --rig nidaq.toml", "window", "catalog . --sql 'SELECT 1'")


def extras() -> list[str]:
    """What `import` calls the packages that only an extra brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = set()
    for needs in project["optional-dependencies"].values():
        for need in needs:
            name = need.split(">")[0].split("<")[0].split("=")[0]
            if name not in BASE:
                found.add(MODULES.get(name, name))
    return sorted(found)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("alone")
    rig = (ROOT / "configs" / "rigs" / "nidaq.toml").read_text(encoding="utf-8")
    (folder / "nidaq.toml").write_text(rig, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ALONE], input=json.dumps([extras(), [*WORK, *NEED]]), cwd=folder,
        env={**os.environ, "SECCM_HOME": str(folder / "home"), "COLUMNS": "200",
             "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_what_needs_no_extra_works_without_any(told: str) -> None:
    for line in WORK:
        assert f"CODE 0 {line}\n" in told, told


def test_what_needs_an_extra_says_how_to_install_it(told: str) -> None:
    for line in NEED:
        assert f"CODE 0 {line}" not in told
    for package, extra in (("nidaqmx", "ni"), ("PySide6", "ui"), ("DuckDB", "catalog")):
        assert re.search(rf"needs? (the Python package )?{package}.*\[{extra}\]", told), told
