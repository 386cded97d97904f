"""A newcomer's path: every command of the tutorial, in its order, in an empty folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["first-scan", "own-card"])
def test_the_tutorial_leads_from_nothing_to_a_plan_of_ones_own(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left out, nothing is added, and every answer is one of success."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    names: dict[str, Any] = {}
    ran: list[str] = []
    for language, text in BLOCK.findall((TUTORIAL / f"{page}.md").read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(text, page, "exec", dont_inherit=True), names)
            continue
        for line in text.splitlines():
            program, *words = shlex.split(line)
            assert program == "seccm"
            usual = "\n" * 20  # a newcomer presses Enter where something is asked
            result = CliRunner().invoke(app, words, input=usual, env={"COLUMNS": "200"})
            assert result.exit_code == 0, f"{line}\n{result.output}"
            ran.append(result.output)
    if page == "first-scan":
        assert len(names["table"]) == 25
        plan = seccm.load_plan("my-first.toml")
        assert len(plan.conditions) == 2
        assert seccm.load_plan("again.toml").sites() == plan.sites()
        assert Path("first-report/index.html").exists()
        assert any("Plan valid" in said for said in ran)
        assert "two-rates (yours)" in ran[-1]
