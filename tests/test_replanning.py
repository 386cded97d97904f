"""A finished scan is planned again: by its own planner, and by another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from killed_planners import PLANNER, carried_on, plan
from planned_runs import Scripted, raising
from typer.testing import CliRunner

import seccm
import seccm.session
from seccm.errors import DataFileError, PlanError, PlannerError
from seccm.session import replan

OTHER: dict[str, Any] = {
    "kind": "bisection", "factor": "j", "between": ["-1 mA/cm^2", "-4 mA/cm^2"],
    "result": "Q", "target": "-6 C/m^2", "stop": {"sites": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of a Gaussian process, in which somebody had a say."""
    made = tmp_path_factory.mktemp("replanned") / "scan.h5"
    carried_on(seccm.session.run(plan(), path=made, seed=9))
    return made


def test_its_own_planner_asks_for_the_same_sites_for_the_same_reasons(path: Path) -> None:
    found = replan(path)
    with seccm.open(path) as scan:
        count = len(scan.sites)
        reasons = [scan.decisions[k].reason for k in range(count)]
        end = scan.decisions[count].reason
    assert [one.told.site.number for one in found.asked] == list(range(count))
    assert max(one.off for one in found.asked) == pytest.approx(0.0, abs=1e-9)
    own = [k for k, one in enumerate(found.asked) if not one.told.instructed]
    assert [found.asked[k].reason for k in own] == [reasons[k] for k in own]
    assert found.end == end
    assert found.decision is not None
    assert found.decision.beliefs


def test_another_planner_is_told_the_nearest_site_each_once(path: Path) -> None:
    found = replan(path, OTHER)
    numbers = [one.told.site.number for one in found.asked]
    assert len(set(numbers)) == len(numbers) == 5
    assert "as many as the plan allows" in found.end
    levels = {one.told.site.number: one.told.factors["j"] for one in found.asked}
    with seccm.open(path) as scan:
        every = scan.sites["factor_j"].tolist()
    wanted = found.asked[0].wanted
    assert wanted.recipe is not None
    first = wanted.recipe.condition["j"]
    nearest = int(np.abs(np.array(every) - first).argmin())
    assert levels[numbers[0]] == pytest.approx(every[nearest]), "the places are not its choice"
    fewer = replan(path, OTHER, most=2)
    assert [one.told.site.number for one in fewer.asked] == numbers[:2]
    assert fewer.end == "As many as were wanted."


def test_a_planner_of_a_script_and_the_plans_own_list_can_be_asked(path: Path) -> None:
    done = Scripted(lambda planner: None)
    assert replan(path, done).asked == ()
    assert done.story == ["ask"]
    listed = replan(path, {"kind": "listed"})
    assert len(listed.asked) == listed.measured
    assert listed.end == "All measured sites were used."
    assert not any(one.reason for one in listed.asked)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "oracle"}, "oracle"),
        ({**OTHER, "target": "6"}, "planner"),
        ({**OTHER, "factor": "k"}, "k"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(path: Path, table: dict[str, Any], words: str):
    with pytest.raises((PlanError, PlannerError), match=words):
        replan(path, table)


def test_a_planner_that_fails_is_told_in_a_sentence(path: Path) -> None:
    with pytest.raises(PlannerError, match="The planner failed: ValueError: no idea"):
        replan(path, Scripted(raising(ValueError("no idea"))))


def test_the_command_prints_what_would_have_been_asked(path: Path, tmp_path: Path) -> None:
    table = tmp_path / "planner.toml"
    lines = (f"{key} = {json.dumps(value)}" for key, value in OTHER.items() if key != "stop")
    table.write_text("\n".join(["[planner]", *lines, "stop = { sites = 3 }"]), encoding="utf-8")
    said = CliRunner().invoke(main_app(), ["replan", str(path), str(table)])
    assert said.exit_code == 0, said.output
    assert "3 sites of the 8 that were measured" in said.output
    assert "off: from what was asked for" in said.output
    own = CliRunner().invoke(main_app(), ["replan", str(path), "--sites", "2"])
    assert "2 sites of the 8" in own.output
    wrong = CliRunner().invoke(main_app(), ["replan", str(path), str(path)])
    assert wrong.exit_code == 2
    assert "is not a TOML file" in wrong.output


def main_app() -> Any:
    from seccm.cli.commands import app

    return app


@pytest.mark.parametrize("text", ["", "planner = 3", "[plan]"])
def test_a_file_without_a_table_says_where_there_is_one(tmp_path: Path, text: str) -> None:
    from seccm.cli.replan_commands import _table

    file = tmp_path / "planner.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError, match=r"no table \[planner\]"):
        _table(file)
    with pytest.raises(DataFileError, match="cannot be read"):
        _table(tmp_path / "none.toml")


def test_the_seed_and_the_table_decide_and_nothing_else(path: Path) -> None:
    one, two = (replan(path, {**PLANNER, "seed": 3}, most=4) for _ in range(2))
    other = replan(path, {**PLANNER, "seed": 4}, most=4)
    numbers = [[a.told.site.number for a in found.asked] for found in (one, two, other)]
    assert numbers[0] == numbers[1]
    assert numbers[0] != numbers[2]
