"""Whether two droplets would meet: found by a tree, and here by looking at all pairs."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plan import INFO, UM, small

from seccm.errors import Problem
from seccm.plan import Plan
from seccm.plan.spacing import ROUNDING, SPREADING, meeting, overlapping

PLACES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=9, unique=True
)
"""In units of 1 um, as everything here: many distances are just a diameter."""
DIAMETERS = st.integers(1, 15)
CLOSE = 1 - ROUNDING


def metres(places: Any) -> np.ndarray:
    return np.array(places, float).reshape(-1, 2) * UM


def screen(places: Any, diameter: int, retries: int = 0, shift: int = 0, **sites: Any) -> Plan:
    """Points with footprints of a diameter, and retries beside them."""
    again = {"then": "retry", "retries": retries, "shift": shift * UM} if retries else {}
    return small(
        sites={"kind": "points", "points": metres(places).tolist(), **sites},
        probe={
            "aperture": 2 * UM,
            "footprint": {"area": np.pi * (diameter * UM / 2) ** 2, "basis": "nominal"},
        },
        **({"on_no_contact": again} if again else {}),
    )


def told(plan: Plan, where: str) -> list[Problem]:
    return [problem for problem in plan.check(INFO) if problem.where == where]


def landings(plan: Plan) -> list[np.ndarray]:
    """Where each site may land, shape (attempts, 2) for each."""
    return [
        np.array([site.x, site.y]) + np.array(site.no_contact.offsets()) for site in plan.sites()
    ]


def nearest(some: np.ndarray, others: np.ndarray) -> float:
    return float(min(np.hypot(*(a - b)) for a, b in product(some, others)))


# ------------------------------------------------------------------------------ neighbours


@given(places=PLACES, diameter=DIAMETERS)
def test_sites_overlap_exactly_if_another_one_is_nearer_than_a_diameter(places, diameter):
    at = metres(places)
    expected = [
        any(np.hypot(*(a - b)) < CLOSE * diameter * UM for j, b in enumerate(at) if i != j)
        for i, a in enumerate(at)
    ]
    assert overlapping(at, diameter * UM).tolist() == expected


@given(places=PLACES, diameter=DIAMETERS, move=st.tuples(st.integers(-9, 9), st.integers(-9, 9)))
def test_it_does_not_matter_where_the_zero_of_the_stage_is(places, diameter, move):
    at = metres(places)
    moved = at + np.array(move) * 0.5 * UM
    np.testing.assert_array_equal(overlapping(at, diameter * UM), overlapping(moved, diameter * UM))


def test_one_site_and_none_overlap_with_nothing():
    assert overlapping(np.zeros((0, 2)), UM).tolist() == []
    assert overlapping(np.zeros((1, 2)), UM).tolist() == [False]


@settings(max_examples=60)
@given(places=PLACES, diameter=DIAMETERS)
def test_a_check_counts_the_sites_that_overlap_and_names_the_closest_pair(places, diameter):
    plan = screen(places, diameter)
    at = metres(places)
    count = int(overlapping(at, plan.probe.diameter).sum())
    apart = {
        pair: np.hypot(*(at[pair[0]] - at[pair[1]])) for pair in combinations(range(len(at)), 2)
    }
    least = min(apart.values())
    problems = told(plan, "sites")
    if count:
        (problem,) = problems
        assert problem.severity == "error"
        assert f"of {count} sites overlap" in problem.what
    elif least < SPREADING * plan.probe.diameter:
        (problem,) = problems
        assert problem.severity == "warning"
        assert "spread" in problem.remedy
    else:
        assert not problems
        return
    closest = [f"sites {a} and {b} are" for (a, b), d in apart.items() if d <= least * (1 + 1e-9)]
    assert any(words in problem.what for words in closest)


def test_who_allows_overlaps_is_told_of_them_and_not_stopped():
    (problem,) = told(screen([(0, 0), (2, 0)], 3, allow_overlap=True), "sites")
    assert problem.severity == "warning"


# --------------------------------------------------------------------------------- retries


@settings(max_examples=60)
@given(
    places=PLACES, diameter=st.integers(1, 6), retries=st.integers(1, 6), shift=st.integers(1, 9)
)
def test_retries_are_refused_exactly_if_two_sites_could_land_on_the_same_droplet(
    places, diameter, retries, shift
):
    plan = screen(places, diameter, retries, shift)
    some = landings(plan)
    limit = CLOSE * plan.probe.diameter
    meet = any(
        # Where both land alike, the sites themselves are as near, and told of as such.
        min(
            (np.hypot(*(a - b)) for i, a in enumerate(one) for j, b in enumerate(other) if i != j),
        ) < limit * (1 - 1e-6)
        for one, other in combinations(some, 2)
    )  # fmt: skip
    apart = all(nearest(one, other) > limit * (1 + 1e-6) for one, other in combinations(some, 2))
    found = told(plan, "on_no_contact.shift")
    if meet:
        assert [problem.severity for problem in found] == ["error"]
    if apart:
        assert not found


@settings(max_examples=60)
@given(
    places=PLACES,
    new=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    diameter=DIAMETERS,
    retries=st.integers(0, 5),
    shift=st.integers(1, 9),
)
def test_a_new_site_meets_the_nearest_of_those_whose_landings_it_could_touch(
    places, new, diameter, retries, shift
):
    plan = screen(places, 1, retries, shift)
    some = landings(plan)
    offsets = plan.sites()[0].no_contact.offsets()
    own = metres(new) + np.array(offsets)
    reach = [nearest(own, other) for other in some]
    found = meeting(tuple(metres(new)[0]), metres(places), offsets, diameter * UM)
    if min(reach) < CLOSE * diameter * UM * (1 - 1e-9):
        assert found is not None
        assert reach[found] <= min(reach) * (1 + 1e-9) + 1e-18
    elif min(reach) > diameter * UM * (1 + 1e-9):
        assert found is None


def test_nothing_is_met_where_nothing_was_landed_on():
    assert meeting((0.0, 0.0), np.zeros((0, 2)), ((0.0, 0.0),), 1e-3) is None
