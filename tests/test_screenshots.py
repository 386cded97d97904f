"""The commands that make pictures of the window, and the pictures of the manual."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ui import manual_pictures
from ui.manual_pictures import MADE, PICTURES
from ui.screenshots import command

ROOT = Path(__file__).parents[1]
SHOWN = re.compile(r"ui/pictures/([a-z-]+)\.png")


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


def test_the_manual_shows_every_picture_and_only_those_that_there_are():
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    shown = {name for page in pages for name in SHOWN.findall(page.read_text(encoding="utf-8"))}
    assert shown == {file.stem for file in (ROOT / "ui" / "pictures").glob("*.png")}


def test_every_picture_of_the_manual_is_made_by_one_of_the_commands():
    made = (ROOT / "ui" / "manual_pictures.py").read_text(encoding="utf-8")
    for file in (ROOT / "ui" / "pictures").glob("*.png"):
        names = (f'studio.save("{file.stem}"', f'studio.folder / "{file.name}"')
        assert file.stem in MADE or any(name in made for name in names), file


def test_single_pictures_are_made_again_by_name(capsys):
    folder, _, only = manual_pictures.command(["pictures", "--only", "queue", "notes"])
    assert (folder, only) == (Path("pictures"), ["queue", "notes"])
    assert manual_pictures.command([])[2] == []
    with pytest.raises(SystemExit):
        manual_pictures.command(["--only", "nothing"])
    said = capsys.readouterr().err
    assert all(name in said for name in PICTURES)
