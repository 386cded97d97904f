"""A plan that is written as a file again is the same plan."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from programmes import plan_of

import seccm
from seccm.plan import Plan, plans
from seccm.plan.written import explained, toml_text_of, written_tables


def again(plan: Plan) -> Plan:
    """A plan as it is read from the file that was written of it."""
    text = toml_text_of(written_tables(plan))
    return Plan.from_dict(tomllib.loads(text), from_file=True)


@pytest.mark.parametrize("name", plans())
def test_every_shipped_plan_comes_back(name: str) -> None:
    plan = seccm.load_plan(name)
    back = again(plan)
    assert back.sites() == plan.sites()
    assert again(back) == back


@pytest.mark.parametrize("speed", [2e-6, 1e-6 / 3, 1.0000000001e-6, 7e-13])
def test_numbers_come_back_to_the_last_digit(speed: float) -> None:
    plan = seccm.load_plan("redox-cv-map")
    changed = plan.replace(travel=plan.travel.model_copy(update={"speed": speed}))
    assert again(changed).travel.speed == speed


def test_what_a_plan_read_from_a_file_beside_it_is_put_in(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("label, x (um), y (um), d (um)\nA, 10, 10, 5\nB, 40, 10, 7\n")
    tables = seccm.load_plan("redox-cv-map").to_dict()
    tables["sites"] = {"kind": "csv", "file": "p.csv", "columns": ["d", "label"]}
    back = again(Plan.from_dict(tables, folder=tmp_path))
    assert [site.label for site in back.sites()] == ["A", "B"]
    assert [site.levels for site in back.sites()] == [(5e-6,), (7e-6,)]


def test_defaults_are_left_out_and_told_apart() -> None:
    plan = plan_of({"step": "constant potential", "potential": "0.1 V", "duration": "1 s"})
    tables = written_tables(plan)
    assert "settle" not in tables["approach"]
    assert tables["program"] == [
        {"step": "constant potential", "potential": "100 mV", "duration": "1 s"}
    ]
    said = {key: (value, default) for key, value, default in explained(plan)}
    assert said["approach.settle"] == ('"50 ms"', True) or "settle" in tables["approach"]
    assert said["program[0].duration"] == ('"1 s"', False)
    assert said["program[0].raw"] == ("false", True)
