"""The sites of a scan by their conditions: each site in one group, and labels that tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small_plan import CV, STEP, grid, small

from seccm.plan import Plan
from seccm.report.groups import Groups
from seccm.units import show

GRID = grid(columns=6, rows=4)


def screen(currents: list[str], **tables: Any) -> Plan:
    """One factor, a current, at 24 sites."""
    program = [{**STEP, "current": "$i"}]
    return small(factors={"i": currents}, program=program, sites=GRID, **tables)


def groups(plan: Plan, counted: Any = True) -> Groups:
    """As a report makes them: from what the file says of each site."""
    sites = plan.sites()
    condition = np.array([site.condition for site in sites], np.int64)
    return Groups(plan, sites, condition, np.broadcast_to(counted, condition.shape))


CURRENTS = st.lists(st.integers(-999, -1), min_size=1, max_size=8, unique=True)


@given(currents=CURRENTS, seed=st.integers(0, 99))
def test_every_site_is_in_one_group_and_its_condition_is_the_groups(currents, seed):
    plan = screen([f"{i} pA" for i in currents], design={"assign": "shuffled", "seed": seed})
    found = groups(plan)
    assert sorted(n for group in found for n in group.sites) == list(range(24))
    sites = plan.sites()
    for group in found:
        assert {sites[n].condition for n in group.sites} == {group.condition}
    assert found.several == (len(currents) > 1)


@given(currents=CURRENTS)
def test_groups_go_from_the_smallest_size_of_a_level_to_the_largest(currents):
    found = groups(screen([f"{i} pA" for i in currents]))
    sizes = [abs(found.conditions[group.condition]["i"]) for group in found]
    assert sizes == sorted(sizes)
    assert len({group.colour for group in found}) == len(currents)


@given(currents=CURRENTS)
def test_no_two_labels_are_alike_and_each_says_its_level(currents):
    found = groups(screen([f"{i} pA" for i in currents]))
    labels = [group.label for group in found]
    assert len(set(labels)) == len(labels)
    for group in found:
        level = show(found.conditions[group.condition]["i"], "A").replace("-", "\N{MINUS SIGN}")
        assert level in found.words(group)


def test_levels_that_differ_late_are_written_with_as_many_digits_as_it_takes():
    found = groups(screen(["-1.0001 nA", "-1.0002 nA", "-2 nA"]))
    labels = [group.label for group in found]
    assert len(set(labels)) == 3


def test_only_sites_that_came_to_their_end_are_counted():
    ended = np.arange(24) % 3 > 0
    for group in groups(screen(["-1 nA", "-2 nA"]), ended):
        assert set(group.counted) == {n for n in group.sites if ended[n]}
        assert group.sites.size > group.counted.size


def test_the_legend_names_quantity_and_unit_once_and_panels_say_both():
    found = groups(screen(["-1 nA", "-2 nA"]))
    assert "nA" in found.legend_title
    for group, level in zip(found, "12", strict=True):
        assert level in group.label
        assert "nA" not in group.label
        assert found.named(group).endswith("nA")
        assert group.label in found.named(group)


def test_two_factors_are_named_in_each_label_and_the_legend_needs_no_title():
    factors = {"i": ["-1 nA", "-2 nA"], "v": ["0.1 V/s", "0.2 V/s"]}
    program = [{**STEP, "current": "$i"}, {**CV, "scan_rate": "$v"}]
    found = groups(small(factors=factors, program=program, sites=GRID))
    assert found.legend_title == ""
    assert len(found) == 4
    for group in found:
        assert "i =" in group.label
        assert "v =" in group.label
        assert found.named(group) == group.label


def test_what_a_step_imposes_is_not_said_again_and_the_rest_is():
    factors = {"i": ["-1 nA", "-2 nA"], "v": ["0.1 V/s", "0.2 V/s"]}
    program = [{**STEP, "current": "$i"}, {**CV, "scan_rate": "$v"}]
    found = groups(small(factors=factors, program=program, sites=GRID))
    for group in found:
        beside = found.besides_imposed(group, 0)
        assert "i =" not in beside
        assert "v =" in beside


def test_a_plan_without_factors_is_one_group_of_all_sites():
    found = groups(small(sites=GRID))
    (group,) = found
    assert group.label == "all sites"
    assert not found.several
    assert found.legend_title == ""
    assert found.besides_imposed(group, 0) == ""


def test_without_its_plan_conditions_have_numbers_and_nothing_is_pooled():
    condition = np.array([1, 0, 1, 2])
    found = Groups(None, (), condition, np.ones(4, bool))
    assert [group.label for group in found] == ["condition 1", "condition 2", "condition 3"]
    assert [list(group.sites) for group in found] == [[1], [0, 2], [3]]
    assert found.several
    assert found.conditions == ()
    assert [found.words(group) for group in found] == [group.label for group in found]


def test_a_condition_that_the_plan_does_not_know_is_kept_apart():
    """A file may have a site of a planner's condition that cannot be read any more."""
    plan = screen(["-1 nA", "-2 nA"])
    condition = np.array([0, 1, 7])
    found = Groups(plan, (), condition, np.ones(3, bool))
    assert {group.condition for group in found} == {0, 1, 7}
    (unknown,) = (group for group in found if group.condition == 7)
    assert unknown.label == "condition 8"
    assert found.besides_imposed(unknown, 0) == ""
