"""Every key of plans and rig files is documented; help, schema and pages say the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.key_tables import KeyTable
from seccm.keys import find, names, plan_schema, rig_schemas, rig_tables, told
from seccm.plan import load_plan
from seccm.plan.keys_page import tables
from seccm.plan.library import rigs
from seccm.quantities import read_toml
from seccm.units import parse

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "rig-keys.md").read_text(encoding="utf-8")
PLAN = tables()
RIGS = rig_tables()
EVERY: dict[str, tuple[KeyTable, ...]] = {"plan": PLAN, **RIGS}
SCHEMAS = {"plan": plan_schema(), **rig_schemas()}
"""As they are now: other tests add kinds of their own to plans."""


def told_by(*words: str, code: int = 0) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "300"})
    assert result.exit_code == code, result.output
    return result.output


def keys_of(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key of a schema, with the name of its table."""
    for name, table in {"": schema, **schema.get("$defs", {})}.items():
        for key, one in table.get("properties", {}).items():
            if "const" not in one:
                yield name, key


def test_the_page_of_rig_keys_is_that_of_the_schemas() -> None:
    """If this fails: python -m seccm.keys.rig_page > docs/rig-keys.md."""
    made = [sys.executable, "-X", "utf8", "-m", "seccm.keys.rig_page"]
    page = subprocess.run(made, check=True, capture_output=True, encoding="utf-8").stdout
    assert page == PAGE


@pytest.mark.parametrize("of", EVERY)
def test_every_key_of_the_schema_is_told_of(of: str) -> None:
    schema = SCHEMAS[of]
    listed = {row.key for table in EVERY[of] for row in table.rows}
    listed |= {key for table in EVERY[of] for key in table.keys}
    assert {key for _, key in keys_of(schema)} - listed == set()


@pytest.mark.parametrize("page", ["rig-keys.md", "plan-keys.md"])
def test_every_key_on_a_page_has_a_meaning(page: str) -> None:
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) > 200
    assert [row for row in rows if not row.split("|")[-2].strip()] == []


@pytest.mark.parametrize("of", EVERY)
def test_no_table_is_told_of_twice(of: str) -> None:
    titles = [(table.section, table.title) for table in EVERY[of]]
    assert len(titles) == len(set(titles))


def test_every_kind_of_rig_has_its_keys() -> None:
    assert set(RIGS) == {point.name for point in entry_points(group="seccm.rigs")}


@pytest.mark.parametrize("name", rigs())
def test_what_shipped_rig_files_say_is_documented(name: str) -> None:
    """Tables at the top, and keys of their tables; names of the user's choice are none."""
    config = read_toml(rigs()[name])
    known = RIGS[config.pop("kind")]
    listed = {row.key for row in known[0].rows} | {key for table in known for key in table.keys}
    assert set(config) <= listed
    for key, table in config.items():
        if key in (
            "virtual",
            "samples",
            "signals",
            "axes",
            "lock_in",
            "drives",
            "marks",
            "potentiostat",
            "controller",
        ):
            continue
        if isinstance(table, dict):
            rows = {row.key for one in known if key in one.keys for row in one.rows} | {"kind"}
            assert set(table) <= rows, key


def test_bounds_are_those_that_a_file_is_refused_by() -> None:
    (found,) = find("approach.speed", PLAN)
    assert found.row is not None
    assert found.row.bounds == "above 0 m/s"
    result = CliRunner().invoke(app, ["help", "sites.columns"])
    assert "at least 1, at most 10000" in result.output
    (damping,) = find("stage.damping", RIGS["virtual"])
    assert damping.row is not None
    assert damping.row.bounds == "above 0, below 1"


@pytest.mark.parametrize("of", EVERY)
def test_examples_and_defaults_have_the_unit_that_is_asked_for(of: str) -> None:
    """And defaults lie within the bounds that stand beside them."""
    schema = SCHEMAS[of]
    seen = 0
    for table in (schema, *schema["$defs"].values()):
        for one in table.get("properties", {}).values():
            if "unit" in one:
                seen += 1
                parse(str(one["examples"][0]), one["unit"])
                if isinstance(default := one.get("default"), int | float):
                    assert default >= one.get("minimum", default)
                    assert default > one.get("exclusiveMinimum", default - 1.0)
                    assert default <= one.get("maximum", default)
    assert seen > 15


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("approach.speed", ["How fast the tip comes down", "2 um/s", "above 0 m/s"]),
        ("program[0].scan_rate", ["How fast the potential changes", "or a $name"]),
        ("cv.scan_rate", ["scan_rate   in cv", "100 mV/s"]),
        ("cv", ["Sweep the potential", "vertices", "scan_rate"]),
        ("potential drop", ["leaves the overload", "drop"]),
        ("contact.drop", ["By how much the potential falls"]),
        ("axes.z.gain", ["kind nidaq", "10 um/V"]),
        ("stage.damping", ["kind virtual", "above 0, below 1", '"0.8"']),
        ("run", ["seccm run --help"]),
        ("", ["Tables of a plan", "current threshold", "grid"]),
    ],
)
def test_help_says_what_the_page_says(words: str, said: list[str]) -> None:
    output = told_by("help", words)
    assert [part for part in said if part not in output] == []


@pytest.mark.parametrize("table", PLAN, ids=lambda table: f"{table.keys[0]} {table.kind}")
def test_every_key_is_found_by_its_table(table: KeyTable) -> None:
    name = table.kind or table.keys[0]
    for row in table.rows:
        found = find(f"{name}.{row.key}" if name != "file" else row.key, PLAN)
        assert any(one.table is table and one.row is row for one in found), row.key


def test_what_is_the_same_is_said_once() -> None:
    texts = told(find("duration", PLAN))
    assert len(texts) == len({text.partition("\n")[2] for text in texts})
    assert "constant current; constant potential" in texts[0]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("aproach.speed", "approach.speed"),
        ("approach.sped", "approach.speed"),
        ("program[0].duraton", "program.duration"),
        ("clock.sample_rte", "clock.sample_rate"),
        ("cv.scan_rat", "cv.scan_rate"),
        ("potential drp", "potential drop"),
    ],
)
def test_a_slip_in_table_or_key_is_told_with_what_was_meant(slip: str, meant: str) -> None:
    assert f'Did you mean "{meant}"?' in told_by("help", slip, code=2)


def test_whatever_is_suggested_is_found() -> None:
    """A suggestion that the program refuses would be worse than none."""
    for known in (tables(), *rig_tables().values()):
        assert not [name for name in names(known) if not find(name, known)]


def test_a_key_that_is_not_known_gets_advice() -> None:
    assert 'Did you mean "speed"?' in told_by("help", "sped", code=2)
    assert "seccm help lists" in told_by("help", "qqqqqq", code=2)


@pytest.mark.parametrize("of", EVERY)
def test_the_schema_is_one_that_an_editor_can_use(of: str) -> None:
    found = json.loads(told_by("schema", of))
    assert found["$schema"].startswith("https://json-schema.org/")
    assert found["additionalProperties"] is False
    for table in (found, *found["$defs"].values()):
        for name, one in table.get("properties", {}).items():
            if "unit" in one and one.get("default") is not None:
                assert isinstance(one["default"], str), name


def test_a_schema_of_nothing_is_refused() -> None:
    assert "Known here: nidaq, plan, virtual" in told_by("schema", "foo", code=2)


@pytest.mark.parametrize("name", ["li-on-au-combinatorial", "redox-cv-map"])
def test_an_explained_plan_says_values_steps_order_and_times(name: str) -> None:
    output = told_by("check", name, "--explain")
    plan = load_plan(name)
    assert '* approach.surface_margin = "500 nm"' in output, "a default is marked"
    assert "\n  approach.speed = " in output, "what the plan says is not"
    assert output.count("Steps at each site") == len(plan.conditions)
    assert output.count("begins after") == len(plan.sites())
    if name == "li-on-au-combinatorial":
        assert "constant current: current -150.5 pA, 5 s" in output
        assert "j = -0.22 mA/cm^2; begins after 0 s" in output
    assert "begins after" not in told_by("check", name)


def test_a_long_plan_is_explained_in_short() -> None:
    output = told_by("check", "lmo-array-pitt", "--rig", "virtual-array", "--explain")
    assert "PITT 4.1" in output
    assert output.count(", as they come one after the other") == len(
        load_plan("lmo-array-pitt").conditions
    )
    assert output.count("begins after") == 21


def test_whatever_the_overview_lists_can_be_asked_for():
    """Every table and kind of a plan, every kind of rig, and every command, also of two words."""
    overview = told_by("help")
    for kind, tables_ in rig_tables().items():
        assert kind in overview.rpartition("Kinds of rig:")[2]
        said = told_by("help", kind)
        assert all(key in said for table in tables_ for key in table.keys if key != "file")
    for command in ("run", "rig check", "queue add"):
        assert f"seccm {command} --help" in told_by("help", command)
        assert told_by("help", *command.split()) == told_by("help", command), "as it is typed"
    assert "neither" in told_by("help", "rig nothing", code=2)


@pytest.mark.parametrize("typed", ["PROBE", "Approach.Speed", "CV", "NIDAQ", "RUN"])
def test_capitals_lead_to_the_key_that_is_meant(typed: str):
    assert f'Did you mean "{typed.lower()}"?' in told_by("help", typed, code=2)
