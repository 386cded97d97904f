"""The command that makes pictures of the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.screenshots import command


def test_help_is_printed_and_no_picture_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for asked in ("--help", "-h", "--hlep"):
        with pytest.raises(SystemExit):
            command([asked])
    assert "usage: python -m ui.screenshots" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_the_folder_is_the_one_that_is_named():
    assert command(["pictures"]) == Path("pictures")
    assert command([]) == Path("build/screenshots")
