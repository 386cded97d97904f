"""First plans from every combination of answers: accepted by the check, and as they were meant."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.plan import Plan, plans
from seccm.plan.own_plans import favour, favourites, forget, keep
from seccm.plan.starting import METHODS, Start, questions, wrong
from seccm.quantities import toml_tables, toml_text
from seccm.rigs import load_rig
from seccm.session import check


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty, and the folder in which commands run."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def said(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "300"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result.output


def read(start: Start) -> Plan:
    return Plan.from_dict(tomllib.loads(start.text()), from_file=True)


VARIED: dict[str, tuple[str, tuple[str, ...]]] = {
    "cv": ("scan_rate", ("0.1 V/s", "1 V/s")),
    "lsv": ("scan_rate", ("0.1 V/s", "1 V/s")),
    "constant potential": ("potential", ("0.25 V", "-0.25 V")),
    "constant current": ("current", ("-300 pA", "-500 pA")),
}


@pytest.mark.parametrize("method", METHODS)
def test_every_combination_of_answers_is_a_plan_without_an_error(method: Any) -> None:
    name, levels = VARIED[method]
    for size, aperture, count in product((1, 4), ("300 nm", "5 um"), (1, 2)):
        start = Start(
            method, columns=size, rows=3 - size % 2, aperture=aperture, pitch="25 um",
            **{name: levels[:count]},
        )  # fmt: skip
        plan = read(start)
        _, problems = check(plan, load_rig("virtual"))
        assert [one for one in problems if one.severity == "error"] == [], start
        assert len(plan.sites()) == size * (3 - size % 2)
        assert len(plan.conditions) == count


@pytest.mark.parametrize("title", [
    'with "quotes"', "back\\slash", "two\nlines", "höhe in µm", "# no comment", "'''", "[table]",
])  # fmt: skip
def test_a_title_is_what_was_typed_whatever_it_holds(title: str) -> None:
    assert read(Start(title=title)).title == title
    said("new", "a.toml", "--yes", "--title", title)
    assert seccm.load_plan("a.toml").title == title


@pytest.mark.parametrize("method", METHODS)
def test_each_question_has_words_and_an_answer_that_is_one(method: Any) -> None:
    asked = questions(method)
    assert len({one.name for one in asked}) == len(asked)
    for one in asked:
        defaults = one.default if isinstance(one.default, tuple) else (one.default,)
        assert one.words
        assert [wrong(one, each) for each in defaults] == [None] * len(defaults)
        for none in (None, "", "  ", 0, -1, 1.5, True, "nonsense", "1 furlong", ["1 um"]):
            if not (one.unit == "" and none in ("nonsense", "1 furlong")):
                assert wrong(one, none) is not None, (one.name, none)


@pytest.mark.parametrize("method", METHODS)
def test_every_wrong_answer_is_told_at_once(method: Any) -> None:
    start = Start(method, aperture="wide", pitch="2 V", columns=0, rows=-3)
    with pytest.raises(PlanError) as caught:
        start.text()
    wheres = [one.where for one in caught.value.problems]
    assert wheres == ["aperture", "columns", "rows", "pitch"]


@pytest.mark.parametrize(("low", "high"), [("0.2 V", "0.2 V"), ("12 V", "20 V"), ("0 mV", "0 V")])
def test_a_sweep_that_cannot_be_is_refused_by_the_check_at_the_latest(low: str, high: str) -> None:
    try:
        _, problems = check(read(Start(low=low, high=high)), load_rig("virtual"))
    except PlanError as error:
        problems = error.problems
    assert any(one.severity == "error" for one in problems)


@pytest.mark.parametrize("name", sorted(plans()))
def test_a_copy_of_every_shipped_plan_is_that_plan(name: str, tmp_path: Path) -> None:
    """To the letter, with its comments; read, it has the same values."""
    text = toml_text(plans()[name])
    (tmp_path / "a.toml").write_text(text, encoding="utf-8", newline="")
    assert toml_tables(toml_text(tmp_path / "a.toml"), "a") == toml_tables(text, name)
    assert keep(tmp_path / "a.toml", "kept-copy") == "kept-copy"
    kept = seccm.load_plan("kept-copy")
    assert kept.title == seccm.load_plan(name).title


@pytest.mark.parametrize("words", [
    ("--pitch", "20 um"), ("--method", "lsv"), ("--columns", "3"), ("--title", "mine"),
    ("--scan-rate", "1 V/s"), ("--threshold", "3 pA"),
])  # fmt: skip
def test_an_answer_beside_a_plan_to_copy_is_not_dropped_in_silence(words: tuple[str, str]) -> None:
    output = said("new", "a.toml", "--like", "redox-cv-map", *words, code=2)
    assert f"{words[0]}: is not taken where a plan is copied with --like" in output
    assert not Path("a.toml").exists()


@pytest.mark.parametrize("words", [
    ("new", "no/such/folder/a.toml", "--yes"), ("new", "folder", "--yes"),
    ("new", "a.toml", "--like", "nobody"), ("new", "a.toml", "--like", "wrong.toml"),
    ("new", "a.toml", "--columns", "three"), ("new",), ("plan-of",), ("plan-of", "wrong.toml"),
    ("plans", "--keep", "nobody.toml"), ("plans", "--keep", "wrong.toml"), ("plans", "--as", "x"),
    ("plans", "--favourite", "nobody"), ("plans", "--forget", "nobody"),
    ("plans", "--forget", "redox-cv-map"),
])  # fmt: skip
def test_what_cannot_be_written_or_found_is_a_sentence_and_leaves_nothing(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "wrong.toml").write_text("title = [", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    output = said(*words, code=2)
    assert "Traceback" not in output
    assert sorted(one for one in tmp_path.rglob("*") if "home" not in one.parts) == before


def test_favourites_outlive_a_plan_that_is_forgotten_and_a_line_that_was_edited(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.toml").write_text(Start().text(), encoding="utf-8")
    keep(tmp_path / "a.toml", "mine")
    for name in ("mine", "redox-cv-map", "mine"):
        favour(name)
    assert favourites() == ["redox-cv-map", "mine"]
    with (home / "favourite-plans.txt").open("a", encoding="utf-8") as file:
        file.write("nobody\n\n../../etc\nmine\n")
    assert favourites() == ["redox-cv-map", "mine"]
    forget("mine")
    assert favourites() == ["redox-cv-map"]


def test_favourites_that_cannot_be_kept_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "taken" / "home"))
    with pytest.raises(PlanError, match="cannot be written"):
        favour("redox-cv-map")
