"""A file whose name begins with a hyphen is named like any other; no option is taken for one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_lines import a_plan, shell
from typer.main import get_command

from seccm.cli.arguments import with_names
from seccm.cli.commands import app


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["info", "-x.h5"], ["info", "./-x.h5"]),
        (["run", "-p.toml", "-o", "-x.h5"], ["run", "./-p.toml", "-o", "./-x.h5"]),
        (["run", "p.toml", "-oa.h5"], ["run", "p.toml", "-oa.h5"]),
        (["run", "p.toml", "--output=a.h5"], ["run", "p.toml", "--output=a.h5"]),
        (["info", "--", "-x.h5"], ["info", "--", "-x.h5"]),
        (["runs", "-x", "-", "--help"], ["runs", "-x", "-", "--help"]),
        (["info", "-there"], ["info", "./-there"]),
    ],
)
def test_what_looks_like_a_file_is_one_and_all_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], meant: list[str]
):
    monkeypatch.chdir(tmp_path)
    Path("-there").touch()
    assert with_names(typed, get_command(app)) == meant


def test_plan_and_data_may_begin_with_a_hyphen(tmp_path: Path):
    shutil.move(a_plan(tmp_path), tmp_path / "-p.toml")
    assert shell(tmp_path, "seccm check -p.toml") == 0
    assert shell(tmp_path, "seccm run -p.toml -o -x.h5 && seccm info -x.h5") == 0
    assert (tmp_path / "-x.h5").exists()
    assert shell(tmp_path, "seccm info -y.h5") == 2
