"""The coarse motor in the rig file: no long list of options, and none that allows more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_picomotor import Controller
from test_rig_commands import seccm_rig

from seccm.errors import PlanError
from seccm.rig import Mounted
from seccm.rigs import build_rig, coarse_table, load_rig

TABLE = """
[coarse]
host = "127.0.0.1"
port = {port}
axis = 2
towards = -1
step = "30 nm"
most = 500
farthest = "40 um"
tries = 4
"""


@pytest.fixture
def controller() -> Iterator[Controller]:
    made = Controller()
    yield made
    made.close()


@pytest.fixture
def rig(tmp_path: Path, controller: Controller) -> Path:
    """A rig whose surface is out of reach, with its motor in the file."""
    path = tmp_path / "deep.toml"
    deep = 'kind = "virtual"\n[surface]\nheight = "-300 um"\n'
    path.write_text(deep + TABLE.format(port=controller.port), encoding="utf-8")
    return path


def approach(rig: Path, *options: object) -> tuple[int, str]:
    report = rig.with_name("report.json")
    plan = ("coarse-approach", rig, "--plan", "redox-cv-map", "--yes", "-o", report)
    return seccm_rig(*plan, *options)


def steps(controller: Controller) -> list[int]:
    return [int(line.split("PR")[1]) for line in controller.told if "PR" in line]


def test_the_rig_file_says_it_all(rig: Path, controller: Controller):
    code, said = approach(rig)
    assert code == 1
    assert "No contact in 4 tries" in said
    assert steps(controller) == [-500, -500, -333]
    assert all(line.startswith("2PR") for line in controller.told if "PR" in line)


def test_the_motor_goes_no_farther_than_the_file_allows(rig: Path, controller: Controller):
    """40 um are 1333 steps of 30 nm, and the piezo is tried once more after the last."""
    text = rig.read_text(encoding="utf-8").replace("tries = 4", "tries = 9")
    rig.write_text(text, encoding="utf-8")
    _, said = approach(rig)
    assert sum(steps(controller)) == -1333
    assert "has made its allowed total of 40 um" in said
    assert json.loads(rig.with_name("report.json").read_text())["results"]["found"] is False


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (("--most", 100, "--tries", 2), [-100]),
        (("--step", "60 nm", "--tries", 2), [-500]),
        (("--farthest", "3 um", "--tries", 2), [-100]),
        (("--towards", -1, "--axis", 2, "--tries", 2), [-500]),
    ],
)
def test_options_may_narrow(
    rig: Path, controller: Controller, options: tuple[object, ...], made: list[int]
):
    approach(rig, *options)
    assert steps(controller) == made


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--most", 501, "501 is more than the 500"),
        ("--tries", 5, "5 is more than the 4"),
        ("--farthest", "41 um", "41 um is more than the 40 um"),
        ("--step", "29 nm", "29 nm is shorter than the 30 nm"),
        ("--towards", 1, "1 is not the -1"),
        ("--axis", 1, "1 is not the 2"),
        ("--host", "10.0.0.1", "10.0.0.1 is not the 127.0.0.1"),
    ],
)
def test_options_never_widen(
    rig: Path, controller: Controller, option: str, value: object, words: str
):
    code, said = approach(rig, option, value)
    assert code == 2, said
    assert words in said
    assert "may only narrow" in said
    assert controller.told == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("towards = -1", "", "coarse.towards: is missing"),
        ("towards = -1", "towards = 0", "coarse.towards: must be"),
        ('step = "30 nm"', "", 'coarse.step: is missing. Write it, such as step = "30 nm"'),
        ('step = "30 nm"', "step = 30", "coarse.step"),
        ('step = "30 nm"', 'step = "0 nm"', "coarse.step: must be greater than"),
        ("most = 500", "most = 0", "coarse.most: must be at least 1"),
        ("most = 500", "", "coarse.most: is missing"),
        ('farthest = "40 um"', 'farthest = "40"', "coarse.farthest"),
        ("axis = 2", "axis = 5", "coarse.axis: must be at most 4"),
        ("axis = 2", "axes = 2", 'coarse.axes: is not a known key. Did you mean "axis"'),
        ('host = "127.0.0.1"', "", "coarse.host: is missing"),
    ],
)
def test_every_mistake_in_the_table_is_a_sentence_before_anything_moves(
    rig: Path, controller: Controller, old: str, new: str, words: str
):
    rig.write_text(rig.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(PlanError) as refusal:
        build_rig(load_rig(rig), Mounted("dummy-resistor", 6e-6))
    assert words in str(refusal.value)
    assert controller.told == []


def test_a_rig_without_a_motor_says_what_is_missing(tmp_path: Path):
    assert coarse_table(load_rig("virtual")) is None
    code, said = seccm_rig("coarse-approach", "virtual", "--plan", "redox-cv-map")
    assert code == 2
    assert "Write the table [coarse]" in said
    assert "--host, --towards, --step" in said
