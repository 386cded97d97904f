"""A sweep is every combination of values, once; what cannot be run is told at once and in full."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from made_scans import small_couple, smaller

from seccm.batch import Failed, sweep, variants
from seccm.batch import sweeping as module
from seccm.errors import DataFileError, PlanError
from seccm.plan import Plan

SWEEP = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 1.0}
ONE = {"kind": "grid", "columns": 1, "rows": 1, "pitch": 4e-6}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return smaller(small_couple(), sites=ONE, program=[SWEEP])


RATES, HEIGHTS = ("1 V/s", "2 V/s", "4 V/s"), ("2 um", "3 um")


def test_every_combination_is_there_once_and_in_order(plan: Plan) -> None:
    """The last key changes fastest, as loops in each other do."""
    vary = [f"program.0.scan_rate = {', '.join(RATES)}", f"retract.distance = {','.join(HEIGHTS)}"]
    made = variants(plan, vary)
    pairs = [tuple(values.values()) for values, _ in made]
    assert pairs == list(itertools.product(RATES, HEIGHTS))
    heights = [varied.retract.distance for _, varied in made]
    assert heights == pytest.approx([2e-6, 3e-6] * 3)
    assert len({varied.to_json() for _, varied in made}) == 6


def test_all_else_of_the_plan_stays_and_the_plan_itself(plan: Plan) -> None:
    before = plan.to_json()
    ((_, varied),) = variants(plan, ["retract.distance = 3 um"])
    assert plan.to_json() == before
    changed, same = varied.to_dict(), plan.to_dict()
    changed.pop("retract"), same.pop("retract")
    assert changed == same


def test_a_value_as_the_plan_has_it_changes_nothing(plan: Plan) -> None:
    ((_, varied),) = variants(plan, [f"retract.distance = {plan.retract.distance!r} m"])
    assert varied.to_json() == plan.to_json()


def test_a_value_that_is_given_twice_is_run_once(plan: Plan) -> None:
    made = variants(plan, ["retract.distance = 2 um, 3 um,2 um, , 3 um"])
    assert [values["retract.distance"] for values, _ in made] == ["2 um", "3 um"]


@pytest.mark.parametrize(
    ("written", "cycles"),
    [("program.0.cycles = 2", 2), ("program.0.cycles=+3", 3), ("program . cycles = 2", None),
     ("program.0.cycles = 002", 2), (" program.0.cycles  =  4 ", 4)],
)  # fmt: skip
def test_a_number_is_read_as_one(plan: Plan, written: str, cycles: int | None) -> None:
    if cycles is None:
        with pytest.raises(PlanError, match="is not a key"):
            variants(plan, [written])
        return
    ((_, varied),) = variants(plan, [written])
    assert varied.to_dict()["program"][0]["cycles"] == cycles


def refused(plan: Plan, vary: Iterable[str]) -> str:
    with pytest.raises(PlanError) as error:
        variants(plan, list(vary))
    return str(error.value)


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("retract.distance.x = 2", 'no "x"'),
        ("retract.distance.x.y = 2", 'no "x"'),
        ("program.0.step.0 = 2", 'no "0"'),
        ("program.².scan_rate = 1 V/s", 'no "²"'),
        ("program.-1.scan_rate = 1 V/s", "there is 0 to 0"),
        ("program.1 = 2", "there is 0 to 0"),
        ("program.99999999999999999999.scan_rate = 1 V/s", "there is 0 to 0"),
        ("retrakt.distance = 2 um", "retract"),
        ("program.0.scan_rate = ٣", "٣"),
        ("program.0.cycles = 1e999", "cycles"),
        ("program.0.cycles = true", "cycles"),
        ("program.0.scan_rate = -1 V/s", "scan_rate"),
        ("retract.distance = nan", "nan"),
        (" = 2", "a key and values"),
        ("=", "a key and values"),
        ("", "a key and values"),
        ("retract.distance = , ,", "a key and values"),
    ],
)
def test_a_key_or_value_that_is_none_is_told(plan: Plan, vary: str, words: str) -> None:
    said = refused(plan, [vary])
    assert words in said
    assert said.startswith(plan.title)


def test_all_mistakes_are_told_at_once(plan: Plan) -> None:
    said = refused(plan, ["retract.distence = 2 um", "retrakt.speed = 1 um/s", "nothing",
                          "program.5.cycles = 1", "retract.speed = 1 um/s"])  # fmt: skip
    for key in ("retrakt.speed", "--vary nothing", "program.5.cycles"):
        assert key in said
    assert "3 problems" in said, "what can only be seen once these are mended comes then"


def test_wrong_values_of_several_keys_are_told_each_once(plan: Plan) -> None:
    said = refused(plan, ["retract.distance = 2 V, 2 um", "program.0.scan_rate = 1 m, 1 V/s"])
    assert said.count("2 V") == 1
    assert said.count("1 m") == 1


def test_a_key_that_is_given_twice_is_told(plan: Plan) -> None:
    """The one would silently have won, and each scan been made twice."""
    said = refused(plan, ["retract.distance = 2 um, 3 um", "retract.distance = 4 um"])
    assert "--vary retract.distance: is given twice" in said


def test_too_many_scans_are_refused_before_they_are_made(plan: Plan) -> None:
    """A thousand to the fourth power would never fit into memory."""
    many = ", ".join(f"{k} um" for k in range(1, 1001))
    keys = ("retract.distance", "retract.speed", "travel.speed", "sites.pitch")
    said = refused(plan, [f"{key} = {many}" for key in keys])
    assert "makes 1000000000000 scans; at most 10000" in said


RAN: list[tuple[dict[str, str], int, str]] = []


def fake(task: module.Task) -> dict[str, Any]:
    values, text, _, seed, path = task
    RAN.append((values, seed, Path(path).name))
    if values["retract.distance"] == "3 um" and seed == 1:
        raise DataFileError("the tip broke.")
    before = Path(path).exists()
    Path(path).write_text(text)
    return {"path": path, "before": before, "results": {}}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], int, str]]:
    RAN.clear()
    monkeypatch.setattr(module, "_one", fake)
    return RAN


VARY = ["retract.distance = 2 um, 3 um"]


def test_each_combination_runs_with_each_seed_into_a_file_of_its_own(
    plan: Plan, tmp_path: Path, ran: list[tuple[dict[str, str], int, str]]
) -> None:
    heard: list[str] = []
    found = sweep(plan, VARY, tmp_path / "new" / "out", seeds=3,
                  done=lambda one: heard.append(one.path))  # fmt: skip
    names = [f"sweep-{k:05d}-{seed}.h5" for k in range(2) for seed in range(3)]
    assert [name for _, _, name in ran] == names
    assert [Path(one.path).name for one in found] == names
    assert heard == [one.path for one in found]
    assert [one.failed for one in found] == [""] * 4 + ["the tip broke."] + [""]
    heights = [Plan.from_json(Path(one.path).read_text()).retract.distance for one in found[:3]]
    assert heights == pytest.approx([2e-6] * 3)


def test_a_sweep_again_finds_what_was_there(
    plan: Plan, tmp_path: Path, ran: list[tuple[dict[str, str], int, str]]
) -> None:
    first = sweep(plan, VARY, tmp_path)
    again = sweep(plan, VARY, tmp_path)
    assert [one.before for one in first + again] == [False, False, True, True]
    assert [one.path for one in first] == [one.path for one in again]


def test_nothing_is_run_or_made_where_one_value_is_wrong(
    plan: Plan, tmp_path: Path, ran: list[tuple[dict[str, str], int, str]]
) -> None:
    with pytest.raises(PlanError):
        sweep(plan, ["retract.distance = 2 um, 3 V"], tmp_path / "out")
    assert (ran, list(tmp_path.iterdir())) == ([], [])


def test_a_folder_that_cannot_be_made_is_told(
    plan: Plan, tmp_path: Path, ran: list[tuple[dict[str, str], int, str]]
) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataFileError, match="cannot be made"):
            sweep(plan, VARY, folder)
    assert ran == []
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n"])
def test_a_file_of_another_kind_in_the_place_of_a_scan_is_left(
    plan: Plan, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "sweep-00000-0.h5"
    path.write_bytes(content)
    (found,) = sweep(plan, ["retract.distance = 2 um"], tmp_path)
    assert str(path) in found.failed
    assert path.read_bytes() == content
    assert not isinstance(found, Failed)
