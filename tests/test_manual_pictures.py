"""What the pictures of the manual are made with: small plans, data files, windows."""

from __future__ import annotations

import csv
import math
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

import seccm
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.stage.agreeing import agreed
from seccm.plan.library import rigs
from ui.manual_pictures import HUMID, PICTURES, Studio, _gold, _two_of_one_place
from ui.settling import until, wait

OLD = Path(__file__).parent / "old_files" / "li-on-au-cv.h5"


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[Studio]:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    made = Studio(tmp_path, folder)
    yield made
    made.shut()


def test_a_window_is_waited_for_until_it_shows_what_is_pictured(qtbot: QtBot) -> None:
    seen: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: seen.append(1))
    timer.start(1)
    until(lambda: len(seen) > 3)
    timer.stop()
    before = len(seen)
    wait(1)
    assert len(seen) - before <= 1, "what was stopped stays stopped"


def test_what_does_not_come_ends_the_picture(qtbot: QtBot) -> None:
    with pytest.raises(TimeoutError, match="did not come"):
        until(lambda: False, patience=1)


def test_a_plan_is_one_that_is_shipped_but_for_what_is_said(studio: Studio) -> None:
    path = studio.plan("small", "redox-cv-map", sites__columns=3, sites__rows=2)
    small, shipped = seccm.load_plan(path), seccm.load_plan("redox-cv-map")
    assert len(small.sites()) == 6
    assert small.to_dict()["program"] == shipped.to_dict()["program"]
    assert small.to_dict()["approach"] == shipped.to_dict()["approach"]


def test_the_plans_of_all_pictures_can_be_written(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is valid, and fewer sites than the shipped one; nothing runs here."""
    written: dict[str, Path] = {}
    make = Studio.plan

    def plan(self: Studio, name: str, of: str, **changes: Any) -> Path:
        written[of] = make(self, name, of, **changes)
        raise LookupError

    monkeypatch.setattr(Studio, "plan", plan)
    named = ("sicm", "secm", "detachment", "impedance", "impacts", "camera")
    for name in named:
        with pytest.raises(LookupError):
            PICTURES[name](studio)
        of = list(written)[-1]
        sites = seccm.load_plan(written[of]).sites()
        assert 0 < len(sites) < len(seccm.load_plan(of).sites()), of
    assert len(written) == len(named)


def test_a_command_that_fails_is_told_with_what_it_said(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(words: list[str], **how: Any) -> SimpleNamespace:
        asked.append(words)
        assert how["cwd"] == studio.place
        return SimpleNamespace(returncode=len(asked) - 1, stdout="", stderr="The disk is full.")

    monkeypatch.setattr(subprocess, "run", run)
    studio.command("catalog", "here")
    with pytest.raises(RuntimeError, match=r"seccm report(.|\n)*The disk is full"):
        studio.command("report", "scan.h5")
    assert asked[0][1:] == ["-m", "seccm", "catalog", "here"]


def test_scans_of_other_pictures_are_used_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(Studio, "scan", lambda self, plan, rig="virtual": made.append(plan) or plan)
    assert studio.some_scans() == made
    assert len(made) == 1
    (studio.place / "b.h5").touch()
    (studio.place / "a.h5").touch()
    assert [path.name for path in studio.some_scans()] == ["a.h5", "b.h5"]
    assert len(made) == 1


def test_a_file_is_pictured_with_its_map_and_its_curves(studio: Studio) -> None:
    data = studio.place / "scan.h5"
    data.write_bytes(OLD.read_bytes())
    window, view = studio.browse(data, "z_contact", (0,), "I-E")
    assert window.room == "browse"
    assert view.map.panel.page == "I-E"
    assert list(np.flatnonzero(view.file.map.selected)) == [0]
    studio.save("shown", window)
    with Image.open(studio.folder / "shown.png") as picture:
        assert picture.size == (window.width(), window.height())
        assert len(picture.getcolors(1 << 24)) <= 200


def test_a_picture_keeps_its_colours(studio: Studio, qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    label.setStyleSheet("background: #c62828")
    label.resize(40, 30)
    studio.save("red", label)
    with Image.open(studio.folder / "red.png") as picture:
        assert picture.convert("RGB").getpixel((20, 15)) == (0xC6, 0x28, 0x28)


def test_the_drawn_landmarks_belong_to_the_drawn_picture(tmp_path: Path) -> None:
    picture, marks = _gold(tmp_path)
    read = read_micrograph(picture)
    assert read.pixel == pytest.approx(60e-9, rel=1e-3)
    with marks.open(encoding="utf-8") as file:
        rows = [[float(value) for value in list(row.values())[:4]] for row in csv.DictReader(file)]
    table = 1e-6 * np.array(rows)
    height, width = (n * read.pixel for n in read.image.shape)
    assert ((table[:, :2] > 0) & (table[:, :2] < (width, height))).all()
    fit = agreed(table[:, :2], table[:, 2:], mirrored=True, error=0.3e-6)
    assert fit.used.all()


def test_the_landmarks_of_the_overlay_lay_its_second_picture_onto_the_first(tmp_path: Path) -> None:
    """By as much as it was turned, with particles on particles."""
    _two_of_one_place(tmp_path)
    with (tmp_path / "pairs.csv").open(encoding="utf-8") as file:
        rows = [[float(value) for value in list(row.values())[:4]] for row in csv.DictReader(file)]
    table = 1e-6 * np.array(rows)
    fit = agreed(table[:, :2], table[:, 2:], mirrored=False, error=0.05e-6)
    assert fit.used.all()
    assert math.degrees(fit.fit.turned) == pytest.approx(6.0, abs=1.0)
    sem, other = (read_micrograph(tmp_path / f"{name}.tif") for name in ("sem", "turned"))
    assert sem.image.shape == other.image.shape
    assert sem.pixel == other.pixel == pytest.approx(40e-9, rel=1e-3)


def test_the_air_of_the_suspended_picture_becomes_too_humid(tmp_path: Path) -> None:
    rig = tmp_path / "humid-rig.toml"
    rig.write_text(rigs()["virtual"].read_text(encoding="utf-8") + HUMID, encoding="utf-8")
    tables = tomllib.loads(rig.read_text(encoding="utf-8"))
    limit = float(tables["suspend"]["humidity"]["above"].split()[0])
    course = [value for _, value in tables["signals"]["humidity"]["course"]]
    assert course[0] < limit < course[-1]
