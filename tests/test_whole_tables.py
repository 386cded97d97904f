"""Tables of the command line show paths whole, however narrow the terminal is."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from seccm.cli import printing
from seccm.cli.commands import app
from seccm.session import plan_queue

LONG = "/data/of a long project/2026/11/30/with/many/folders/a-name-that-says-all-of-it.h5"


def in_one_line(text: str) -> str:
    return text.replace("\n", "")


@pytest.mark.parametrize("width", [20, 60, 80, 400])
def test_a_cell_is_never_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    monkeypatch.setattr(printing, "out", Console(file=written, width=width, markup=False))
    table = Table("", "plan", "file", box=None, pad_edge=False)
    table.add_row("1", "p" * 70, LONG)
    table.add_row("2", "short", "[b]x.h5")
    printing.tell_table(table)
    said = written.getvalue()
    assert LONG in said
    assert "p" * 70 in said
    assert "…" not in said
    starts = {line.index(name) for line in said.splitlines() for name in (LONG, "[b]x.h5")
              if name in line}  # fmt: skip
    assert len(starts) == 1, "columns stand below one another"


@pytest.mark.parametrize("columns", ["40", "80"])
def test_the_queue_and_the_rigs_name_their_files_whole(
    columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    entry = plan_queue.add("li-on-au-cv", "virtual", str(tmp_path / LONG.lstrip("/")))
    for words in (["queue", "list"], ["plans"]):
        said = CliRunner().invoke(app, words, env={"COLUMNS": columns}).output
        assert "…" not in said
        if words[0] == "queue":
            assert entry.output in said
