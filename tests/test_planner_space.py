"""What a planner may choose among: levels within their range, and places that are free."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_screens import RANGE, planner_of
from small_scan import STEP, small_scan

from seccm.factors import Level
from seccm.plan import Plan
from seccm.plan.decision import MOST_POINTS
from seccm.plan.site import Site
from seccm.planners.space import MANY, Choice, Space, Span
from seccm.planners.specs import Range
from seccm.units import parse

ENDS = [(-0.27345, 0.2), (0.2, -0.27345), (1.23456, 1.23457), (-3.0, -2e-4), (1e-12, 5e-9)]
FEW = {"j": Range(between=(Level(-2.0, "A/m^2"), Level(-30.0, "A/m^2")), scale="logarithmic")}
Scale = Any


def span(first: float, last: float, scale: Scale = "linear") -> Span:
    """A factor between two levels."""
    return Span("x", Range(between=(Level(first, "V"), Level(last, "V")), scale=scale))


def space(columns: int = 4, rows: int = 3, *, chosen: bool, many: int = 1, **more: Any) -> Space:
    """A space of some factors, and of the places of a grid."""
    plan, ranges = plan_of(many, columns, rows, **more)
    return Space(plan, ranges, chosen=chosen)


def plan_of(
    many: int, columns: int = 4, rows: int = 3, **more: Any
) -> tuple[Plan, dict[str, Range]]:
    """A plan with some factors of one level each, and their ranges."""
    names = ["j", *(f"f{k}" for k in range(1, many))]
    levels = {name: ["-1 mA/cm^2"] for name in names}
    steps = [{**STEP, "current_density": f"${name}"} for name in names]
    plan = small_scan(columns, rows, design={}, factors=levels, program=steps, **more)
    return plan, dict.fromkeys(names, FEW["j"])


# Levels


@pytest.mark.parametrize("scale", ["linear", "logarithmic"])
@pytest.mark.parametrize(("first", "last"), ENDS)
def test_the_ends_of_a_range_are_its_own_levels_and_no_level_lies_beyond(
    first: float, last: float, scale: Scale
) -> None:
    if scale == "logarithmic" and first * last < 0.0:
        return
    made = span(first, last, scale)
    levels = [made.level(share) for share in np.linspace(0.0, 1.0, 41).tolist()]
    assert (levels[0], levels[-1]) == pytest.approx((first, last), rel=5e-4)
    assert min(first, last) <= min(levels)
    assert max(levels) <= max(first, last)
    assert levels == sorted(levels, reverse=first > last), "a larger share is farther along"


@given(
    st.floats(1e-12, 1e3), st.floats(1.1, 1e6), st.sampled_from([1.0, -1.0]), st.floats(0.0, 1.0),
    st.sampled_from(["linear", "logarithmic"]),
)  # fmt: skip
@settings(max_examples=30)
def test_the_share_of_a_level_is_the_share_it_was_made_from(
    first: float, ratio: float, sign: float, share: float, scale: Scale
) -> None:
    made = span(sign * first, sign * first * ratio, scale)
    level = made.level(share)
    digits = 5e-4 * abs(level)
    width = abs(level) * math.log(ratio) if scale == "logarithmic" else first * (ratio - 1.0)
    assert made.share(level) == pytest.approx(share, abs=1.01 * digits / width + 1e-12)
    assert 0.0 <= made.share(level) <= 1.0 + 1e-12


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_equal_shares_of_a_logarithmic_range_are_equal_ratios(sign: float) -> None:
    made = span(sign * 0.001, sign * 10.0, "logarithmic")
    levels = [made.level(k / 4) for k in range(5)]
    assert levels == pytest.approx([sign * 10.0 ** (k - 3) for k in range(5)])


@pytest.mark.parametrize(("first", "last"), [(-0.1, 0.7), (-0.2, 0.3), (0.3, -0.6), (-1e-9, 2e-9)])
def test_a_level_of_zero_is_zero_and_not_what_is_left_of_a_sum(first: float, last: float) -> None:
    """Nobody applies -13.88 aV."""
    made = span(first, last)
    assert made.level(-first / (last - first)) == 0.0
    assert all(
        level == 0.0 or abs(level) > 1e-4 * abs(last - first)
        for level in (made.level(k / 80) for k in range(81))
    )


@given(st.floats(-10.0, 10.0), st.floats(-10.0, 10.0), st.floats(0.0, 1.0))
@settings(max_examples=30)
def test_a_level_is_written_with_few_digits_unless_it_is_an_end(
    first: float, last: float, share: float
) -> None:
    if abs(first - last) < 1e-3:
        return
    level = span(first, last).level(share)
    assert level in (first, last) or level == float(f"{level:.4g}")


# What may come next


@pytest.mark.parametrize("many", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("chosen", [False, True])
def test_however_many_factors_vary_no_more_is_considered_than_can_be_reckoned(
    many: int, chosen: bool
) -> None:
    """All pairs of 15,625 levels would take gigabytes, and their beliefs be refused."""
    found = space(chosen=chosen, many=many).candidates(set(), seed=1)
    assert 50 < len(found) <= MANY <= MOST_POINTS
    points = np.array([choice.point for choice in found])
    assert points.shape[1] == many + 2 * chosen
    assert points.min() >= 0.0
    assert points.max() <= 1.0
    for column in points.T:
        assert (column.min(), column.max()) == pytest.approx((0.0, 1.0), abs=0.4), "all over"
    assert len({choice.point for choice in found}) == len(found), "none twice"


def test_a_planner_of_five_factors_can_say_what_it_believes() -> None:
    """It kept a belief at more points than a file takes, and failed at its first decision."""
    plan, ranges = plan_of(5)
    assert len(Space(plan, ranges, chosen=False).net(0)) <= MOST_POINTS


@given(st.sets(st.integers(0, 11), max_size=12), st.integers(0, 9))
@settings(max_examples=20)
def test_no_used_place_is_offered_and_every_free_one_is(used: set[int], seed: int) -> None:
    found = space(chosen=True).candidates(used, seed)
    assert {choice.place for choice in found} == set(range(12)) - used


def test_where_no_place_is_left_nothing_is_offered() -> None:
    for chosen in (True, False):
        assert space(chosen=chosen).candidates(set(range(12)), 0) == []


def test_places_in_order_are_the_free_ones_whatever_was_chosen() -> None:
    made, used = space(chosen=False), {0, 1, 5}
    fitting = made.fitting(Choice((0.5,), None), used)
    assert fitting == [k for k in range(12) if k not in used]
    for place in fitting:
        site = made.site(Choice((0.5,), None), place)
        assert made.used([site]) == {place}
    assert made.fitting(Choice((0.5,), None), set(range(12))) == []


def test_a_place_that_was_used_meanwhile_gives_way_to_the_nearest_free_one() -> None:
    made = space(chosen=True)
    for place in range(12):
        choice = Choice((0.5, 0.0, 0.0), place)
        assert made.fitting(choice, set())[0] == place
        fitting = made.fitting(choice, {place})
        apart = np.hypot(*(made.places[fitting] - made.places[place]).T)
        assert apart[0] == pytest.approx(11e-6)
        assert (np.diff(apart) > -1e-12).all()
        assert sorted([*fitting, place]) == list(range(12))


@pytest.mark.parametrize("chosen", [False, True])
def test_a_place_that_a_plan_has_twice_is_used_twice_and_no_more(chosen: bool) -> None:
    """Else the planner came back there for ever."""
    twice = {"kind": "points", "points": [["0 um", "0 um"]] * 2 + [["20 um", "0 um"]]}
    made = space(chosen=chosen, sites=twice)
    sites: list[Site] = []
    while len(sites) < 10:
        used = made.used(sites)
        left = made.candidates(used, 0)
        fitting = made.fitting(left[0], used) if left else []
        site = made.site(left[0], fitting[0]) if fitting else None
        if site is None:
            break
        sites.append(site)
    assert len(sites) == 3
    assert made.used(sites) == {0, 1, 2}


def test_the_point_of_a_site_is_that_of_the_choice_it_was_made_from() -> None:
    made = space(chosen=True)
    for choice in made.candidates(set(), 3)[::37]:
        site = made.site(choice, made.fitting(choice, set())[0])
        assert made.point(site) == pytest.approx(choice.point, abs=1e-3)
        inside = made.inside(np.array([choice.point]))[0]
        assert inside == pytest.approx((site.recipe.condition["j"], site.x, site.y), rel=1e-3)  # type: ignore[union-attr]


# Sites before the first decision


@pytest.mark.parametrize("count", [2, 3, 5, 8, 13])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_first_levels_of_one_factor_are_its_ends_and_equal_steps(count: int, seed: int) -> None:
    found = sorted(choice.point[0] for choice in space(chosen=False).first(count, seed))
    assert found == pytest.approx(np.linspace(0.0, 1.0, count), abs=1e-12)


@pytest.mark.parametrize("many", [2, 3])
@pytest.mark.parametrize("count", [8, 16, 32])
def test_the_first_sites_leave_no_half_of_a_range_without_its_share(many: int, count: int) -> None:
    """Half of them lie in each half of every factor, a quarter in each quarter of each pair."""
    points = np.array([c.point for c in space(chosen=False, many=many).first(count, 2)])
    for column in points.T:
        assert (column < 0.5).sum() == count // 2
        gaps = np.diff(np.sort([0.0, *column, 1.0]))
        assert gaps.max() <= 2.0 / count, "no gap is wider than two even steps"
    for one, other in itertools.combinations(points.T, 2):
        assert ((one < 0.5) & (other < 0.5)).sum() == pytest.approx(count / 4, abs=count / 8)


@pytest.mark.parametrize("count", [4, 12, 40])
def test_the_first_places_differ_and_are_no_more_than_there_are(count: int) -> None:
    made = space(chosen=True)
    found = made.first(count, 5)
    places = [choice.place for choice in found]
    assert len(set(places)) == len(places) == min(count, 12)
    for choice in found:
        x, y = made.inside(np.array([choice.point]))[0, 1:]
        assert (x, y) == pytest.approx(tuple(made.places[choice.place or 0]))


def test_the_first_sites_and_what_is_drawn_follow_from_the_seed_alone() -> None:
    one, same, other = (
        [c.point for c in space(chosen=True, many=2).first(6, seed)] for seed in (3, 3, 4)
    )
    assert one == same != other
    net, again, drawn = (space(chosen=True, many=2).net(seed) for seed in (3, 3, 4))
    assert np.array_equal(net, again)
    assert not np.array_equal(net, drawn)


def test_sites_of_one_column_have_a_place_along_y_alone() -> None:
    made = space(1, 6, chosen=True)
    points = np.array([choice.point for choice in made.candidates(set(), 0)])
    assert (points[:, 1] == 0.0).all()
    assert set(np.round(points[:, 2], 6)) == {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}
    assert [d.name for d in made.directions] == ["j", "x", "y"]
    assert [d.logarithmic for d in made.directions] == [True, False, False]


def test_a_planner_begins_at_levels_within_what_its_plan_says() -> None:
    table = {"kind": "gaussian process", "vary": [{"factor": "j", **RANGE}], "first": 5,
             "learn": [{"result": "E_nuc"}]}  # fmt: skip
    plan = small_scan(4, 3, planner=table, design={}, factors={"j": ["-1 mA/cm^2"]})
    site = planner_of(plan).ask()
    assert isinstance(site, Site)
    assert site.recipe is not None
    low, high = sorted(parse(text, "A/m^2") for text in RANGE["between"])
    assert low <= site.recipe.condition["j"] <= high
