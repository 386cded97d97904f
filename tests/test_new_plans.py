"""Plans of one's own: begun by a few answers, taken from a data file, kept by name."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path

import pytest
from small_scan import small_scan
from typer.testing import CliRunner

import seccm
from seccm.cli import new_commands
from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.plan import Plan
from seccm.plan.library import find_plan, own_plans, plans
from seccm.plan.own_plans import favour, favourites, forget, in_order, keep
from seccm.plan.starting import METHODS, Start, questions
from seccm.rigs import load_rig
from seccm.session import check


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def said(*words: object, code: int = 0, typed: str = "") -> str:
    result = CliRunner().invoke(app, list(map(str, words)), input=typed, env={"COLUMNS": "300"})
    assert result.exit_code == code, result.output
    return result.output


def read(text: str) -> Plan:
    return Plan.from_dict(tomllib.loads(text), from_file=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_of_usual_answers_can_be_run_on_the_virtual_rig(method: str, tmp_path: Path) -> None:
    """Without an error and without a warning."""
    file = tmp_path / "a.toml"
    said("new", file, "--method", method, "--yes")
    plan = seccm.load_plan(file)
    _, problems = check(plan, load_rig("virtual"))
    assert problems == ()
    assert len(plan.sites()) == 25


@pytest.mark.parametrize("aperture", ["100 nm", "1 um", "20 um"])
@pytest.mark.parametrize("values", [("0.1 V/s",), ("0.1 V/s", "0.5 V/s", "2 V/s")])
def test_answers_are_in_the_plan(aperture: str, values: tuple[str, ...]) -> None:
    start = Start(aperture=aperture, columns=3, rows=2, pitch="40 um", scan_rate=values, cycles=4)
    plan = read(start.text())
    assert len(plan.sites()) == 6
    assert len(plan.conditions) == len(values)
    assert plan.mounted.aperture == pytest.approx(float(aperture.split()[0]) * (
        1e-9 if "nm" in aperture else 1e-6
    ))  # fmt: skip
    assert plan.sites()[0].segments[-1].cycles[-1] > 0.0


@pytest.mark.parametrize(("low", "high", "held", "sign"), [
    ("-0.25 V", "0.25 V", 0.25, "anodic"), ("-0.4 V", "0.1 V", -0.4, "cathodic"),
    ("0.1 V", "0.6 V", 0.6, "anodic"), ("-0.6 V", "-0.1 V", -0.6, "cathodic"),
])  # fmt: skip
def test_contact_is_looked_for_where_a_current_is_to_be_expected(
    low: str, high: str, held: float, sign: str
) -> None:
    plan = read(Start(low=low, high=high).text())
    approach = plan.sites()[0].approach
    assert approach.hold.value == pytest.approx(held)
    assert plan.approach.contact.polarity == sign


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("mine")
    assert "exists already" in said("new", file, "--yes", code=2)
    assert "exists already" in said("new", file, "--like", "redox-cv-map", code=2)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(("words", "why"), [
    (("--pitch", "4 V"), "pitch: write a number and a unit of m"),
    (("--pitch", "4"), "pitch: write a number and a unit of m"),
    (("--columns", "0"), "columns: must be a whole number, 1 or more"),
    (("--scan-rate", "fast"), "scan-rate: write a number and a unit of V/s"),
    (("--duration", "2 s"), "--duration: does not belong to the method cv"),
    (("--method", "polarography"), "is not one of: cv, lsv"),
])  # fmt: skip
def test_wrong_answers_are_told_and_nothing_is_written(
    words: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.toml"
    assert why in said("new", file, "--yes", *words, code=2)
    assert not file.exists()


ANSWERS = ("cv", "", "2 um", "4", "3", "12 um", "", "", "0.1 V/s, 1 V/s", "1", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [False, True])
def test_answers_come_from_a_terminal_or_through_a_pipe(
    terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers make the same plan; a terminal asks again where an answer is none."""
    file = tmp_path / "a.toml"
    if terminal:
        lines = iter([*ANSWERS[:5], "ten", *ANSWERS[5:]])
        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr("typer.prompt", lambda words, default: next(lines) or default)
        new_commands.new(file)
    else:
        output = said("new", file, typed="\n".join(ANSWERS) + "\n")
        assert "[10 um]: 12 um" in output
    plan = seccm.load_plan(file)
    assert len(plan.sites()) == 12
    assert len(plan.conditions) == 2
    assert len(questions("cv")) == len(ANSWERS) - 1


@pytest.mark.parametrize("lines", range(len(ANSWERS)))
def test_a_pipe_that_ends_early_is_told_and_nothing_is_written(lines: int, tmp_path: Path) -> None:
    """Wherever it ends: no answer is made up for the questions that are left."""
    file = tmp_path / "a.toml"
    output = said("new", file, typed="".join(f"{one}\n" for one in ANSWERS[:lines]), code=2)
    assert "no line to answer it" in output
    assert "--yes" in output
    assert not file.exists()


@pytest.mark.parametrize(
    ("place", "wrong"), [(0, "polarography"), (3, "4.5"), (5, "ten"), (8, "1, 2")]
)
def test_a_wrong_line_of_a_pipe_never_answers_another_question(
    place: int, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.toml"
    lines = [*ANSWERS[:place], wrong, *ANSWERS[place:]]
    assert "Nothing was written" in said("new", file, typed="\n".join(lines) + "\n", code=2)
    assert not file.exists()


def test_a_copy_has_the_comments_of_the_plan(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    said("new", file, "--like", "redox-cv-map")
    assert file.read_text(encoding="utf-8") == plans()["redox-cv-map"].read_text(encoding="utf-8")


def test_the_plan_of_a_data_file_runs_again(tmp_path: Path) -> None:
    plan = small_scan(2, 1)
    for _ in seccm.run(plan, path=tmp_path / "a.h5", seed=1):
        pass
    said("plan-of", tmp_path / "a.h5")
    assert seccm.load_plan(tmp_path / "a.toml").sites() == plan.sites()
    assert "exists already" in said("plan-of", tmp_path / "a.h5", code=2)
    assert "no such file" in said(
        "plan-of", tmp_path / "none.h5", "-o", tmp_path / "b.toml", code=2
    )
    assert not (tmp_path / "b.toml").exists()


def test_a_plan_is_kept_and_found_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(Start().text(), encoding="utf-8")
    said("plans", "--keep", file, "--as", "cv5")
    assert find_plan("cv5") == own_plans()["cv5"]
    assert seccm.load_plan("cv5") == seccm.load_plan(file)
    assert "cv5 (yours)" in said("plans")
    assert "is the name of a plan that you keep" in said("plans", "--keep", file, "--as", "cv5",
                                                         code=2)  # fmt: skip
    aside = forget("cv5")
    assert aside.exists()
    assert "cv5" not in in_order()


@pytest.mark.parametrize("name", ["redox-cv-map", "../up", "", "a b", "x.toml", "-x"])
def test_a_name_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / " .toml"
    file.write_text(Start().text(), encoding="utf-8")
    with pytest.raises(PlanError):
        keep(file, name)
    assert own_plans() == {}


def test_a_wrong_plan_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("title = 1")
    with pytest.raises(PlanError):
        keep(file)
    assert own_plans() == {}


def test_what_a_plan_reads_from_a_file_is_kept_with_it(tmp_path: Path) -> None:
    points = '[sites]\nkind = "csv"\nfile = "p.csv"\n'
    whole = Start().text()
    before, _, after = whole.partition("[sites]")
    (tmp_path / "a.toml").write_text(
        before + points + "\n[approach]" + after.split("[approach]")[1]
    )
    (tmp_path / "p.csv").write_text("x (um), y (um)\n10, 10\n40, 10\n")
    keep(tmp_path / "a.toml")
    (tmp_path / "p.csv").unlink()
    assert len(seccm.load_plan("a").sites()) == 2


def test_favourites_come_first() -> None:
    assert next(iter(in_order())) not in ("redox-cv-map", "nano-impacts")
    favour("redox-cv-map")
    favour("nano-impacts")
    assert list(in_order())[:2] == ["redox-cv-map", "nano-impacts"]
    assert set(in_order()) == set(plans())
    favour("redox-cv-map", on=False)
    assert favourites() == ["nano-impacts"]
    with pytest.raises(PlanError, match="no plan"):
        favour("nobody")
