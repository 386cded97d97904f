"""What `seccm check --explain` says: which values are defaults, the order of visits, the times."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest
from programmes import plan_of

import seccm
from seccm.in_toml import toml
from seccm.plan import Plan, plans
from seccm.plan.estimate import shares_of
from seccm.plan.explaining import MOST_SITES, MOST_STEPS, explanation
from seccm.plan.library import find_plan
from seccm.plan.starting import METHODS, Start
from seccm.plan.written import explained, written_tables
from seccm.quantities import toml_text
from seccm.rig import RigInfo
from seccm.rigs import load_rig
from seccm.session import check
from seccm.units import lasting, since


@cache
def loaded(name: str) -> tuple[Plan, RigInfo]:
    plan = seccm.load_plan(name)
    return plan, check(plan, load_rig("virtual"))[0]


@cache
def lines(name: str) -> tuple[str, ...]:
    return tuple(explanation(*loaded(name)))


def has(tables: object, path: str) -> bool:
    """Whether a file has a key, by its dotted name."""
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(tables, list) and part.isdigit() and int(part) < len(tables):
            tables = tables[int(part)]
        elif isinstance(tables, dict) and part in tables:
            tables = tables[part]
        else:
            return False
    return True


NAMES = ("redox-cv-map", "li-on-au-combinatorial", "li-on-au-cv")


@pytest.mark.parametrize("name", NAMES)
def test_what_the_file_does_not_have_is_marked_as_a_default(name: str) -> None:
    file = tomllib.loads(toml_text(find_plan(name)))
    unmarked = [key for key, _, default in explained(loaded(name)[0]) if not default]
    assert len(unmarked) > 20
    tags = re.compile(r"(kind|step)$")
    assert [key for key in unmarked if not has(file, key) and not tags.search(key)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_marked_value_is_the_one_that_is_taken_where_the_key_is_left_out(name: str) -> None:
    """The plan without any of them is the same plan, and has the same values."""
    plan = loaded(name)[0]
    again = Plan.from_dict(written_tables(plan), from_file=True)
    assert list(explained(again)) == list(explained(plan))


@pytest.mark.parametrize("method", METHODS)
def test_values_of_a_first_plan_stand_as_they_were_answered(method: str) -> None:
    start = Start(method, aperture="3 um", pitch="30 um", columns=2, rows=3)  # type: ignore[arg-type]
    said = {key: value for key, value, _ in explained(Plan.from_dict(tomllib.loads(start.text())))}
    assert said["probe.aperture"] == toml("3 um")
    assert said["sites.pitch"] in (toml("30 um"), toml(["30 um", "30 um"]))
    assert (said["sites.columns"], said["sites.rows"]) == ("2", "3")
    assert len(said) == len(set(said))


@pytest.mark.parametrize("name", NAMES)
def test_sites_are_listed_in_the_order_of_their_visits(name: str) -> None:
    plan, _ = loaded(name)
    listed = [line for line in lines(name) if "begins after" in line]
    assert [int(line.split()[0]) for line in listed] == [one.number for one in plan.sites()]
    for line, site in zip(listed, plan.sites(), strict=True):
        assert f"column {site.ix}, row {site.iy}" in line
        label = plan.conditions[site.condition].label
        assert label in line


@pytest.mark.parametrize("name", NAMES)
def test_times_add_up_to_the_estimate(name: str) -> None:
    """Each site begins where the one before it ended; the last ends with the plan."""
    plan, info = loaded(name)
    takes = shares_of(plan.visits(), info).total
    assert float(takes.sum()) == pytest.approx(plan.duration(info), rel=1e-9)
    listed = [line for line in lines(name) if "begins after" in line]
    assert "begins after 0 s" in listed[0]
    begins = 0.0
    for line, each in zip(listed, takes.tolist(), strict=True):
        assert f"begins after {since(begins)}, takes {lasting(each)}" in line
        begins += each


def test_every_condition_has_its_steps_once() -> None:
    plan, _ = loaded("li-on-au-combinatorial")
    heads = [line for line in lines("li-on-au-combinatorial") if line.startswith("Steps at each")]
    assert len(heads) == len(set(heads)) == len(plan.conditions)


def test_many_steps_are_told_in_short() -> None:
    step = {"step": "constant potential", "potential": "0.1 V", "duration": "1 s"}
    plan = plan_of(*[step] * (MOST_STEPS + 12))
    info = check(plan, load_rig("virtual"))[0]
    told = list(explanation(plan, info))
    assert "    ... and 12 more" in told
    assert any(line.startswith(f"    {MOST_STEPS}. ") for line in told)
    assert not any(line.startswith(f"    {MOST_STEPS + 1}. ") for line in told)


@pytest.mark.parametrize("more", [0, 1])
def test_many_sites_are_told_in_short(more: int) -> None:
    start = Start(columns=MOST_SITES // 4 + more, rows=4, pitch="1 um", aperture="100 nm")
    plan = Plan.from_dict(tomllib.loads(start.text()))
    info = loaded("redox-cv-map")[1]
    listed = [line for line in explanation(plan, info) if "begins after" in line]
    assert len(listed) == (MOST_SITES // 2 if more else MOST_SITES)


def test_every_shipped_plan_can_be_explained_key_by_key() -> None:
    for name in sorted(plans()):
        found = list(explained(seccm.load_plan(name)))
        assert len({key for key, _, _ in found}) == len(found), name
        assert all(key and value for key, value, _ in found), name


def test_a_time_since_the_beginning_tells_sites_apart_that_follow_one_another() -> None:
    """Five seconds are seen within the first hour and a half, two minutes within a week."""
    assert since(125.0) == "2 min 05 s"
    assert since(3.0 * 3600.0 + 61.0) == "3 h 01 min"
    for step, end in ((5.0, 5400.0), (120.0, 7.0 * 86400.0)):
        told = [since(step * k) for k in range(int(end / step))]
        assert len(set(told)) == len(told)
