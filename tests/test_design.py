"""Where to land and which condition is tried there."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plan import STEP, UM, grid, small

from seccm.errors import PlanError
from seccm.plan import Plan, Site, load_plan


def screen(levels: int, **tables: Any) -> Plan:
    """Return a plan with one factor of so many levels."""
    currents = [f"{-1 - n} nA" for n in range(levels)]
    program = [{**STEP, "current": "$i"}]
    return small(factors={"i": currents}, program=program, **tables)


def visits(plan: Plan) -> list[tuple[int, int]]:
    """Return column and row of each site in the order of the visits."""
    return [(site.ix, site.iy) for site in plan.sites()]


def test_a_raster_goes_row_by_row_and_leaves_out_what_it_is_told_to() -> None:
    """Columns along x, rows along y, from the origin."""
    plan = small(sites=grid(leave_out=[[1, 0]], origin=[5 * UM, 7 * UM], pitch=[10 * UM, 20 * UM]))
    assert visits(plan) == [(0, 0), (2, 0), (0, 1), (1, 1), (2, 1)]
    assert [site.number for site in plan.sites()] == list(range(5))
    last = plan.sites()[-1]
    assert (last.x, last.y) == pytest.approx((25 * UM, 27 * UM))


def test_a_serpentine_never_travels_farther_than_one_pitch() -> None:
    """It turns back at the end of each row."""
    sites = small(sites=grid(columns=5, rows=4, order="serpentine")).sites()
    places = np.array([(site.x, site.y) for site in sites])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    np.testing.assert_allclose(steps, 10 * UM)


@given(columns=st.integers(1, 12), rows=st.integers(1, 12), seed=st.integers(0, 2**40))
def test_a_random_order_visits_every_place_once(columns: int, rows: int, seed: int) -> None:
    """The seed alone decides the order."""
    sites = grid(columns=columns, rows=rows, order="random", seed=seed)
    plan = small(sites=sites)
    assert sorted(visits(plan)) == sorted(product(range(columns), range(rows)))
    assert plan.sites() == small(sites=sites).sites()


def test_another_seed_gives_another_order() -> None:
    """Of 144 places, the same order twice is out of the question."""
    plans = [small(sites=grid(columns=12, rows=12, order="random", seed=s)) for s in (1, 2)]
    assert visits(plans[0]) != visits(plans[1])


def test_the_random_order_never_changes_with_the_software() -> None:
    """A plan expanded again next year must be the same plan: Mersenne twister, first draws."""
    plan = small(sites=grid(columns=5, rows=1, order="random", seed=0))
    # random.Random(0) draws 0.844, 0.758, 0.421, 0.259, 0.511, as documented everywhere.
    assert [ix for ix, _ in visits(plan)] == [3, 2, 4, 1, 0]


def test_points_are_visited_as_listed() -> None:
    """And belong to no column or row."""
    points = [[1 * UM, 2 * UM], [50 * UM, 2 * UM], [20 * UM, 30 * UM]]
    sites = small(sites={"kind": "points", "points": points}).sites()
    assert [[site.x, site.y] for site in sites] == points
    assert {(site.ix, site.iy) for site in sites} == {(-1, -1)}


def with_table(folder: Path, table: str) -> Plan:
    """Write a table of points beside the small plan and read both."""
    (folder / "points.csv").write_text(table, encoding="utf-8")
    data = small().to_dict() | {"sites": {"kind": "csv", "file": "points.csv"}}
    return Plan.from_dict(data, folder=folder)


@pytest.mark.parametrize(
    "table",
    [
        "x (um), y (um)\n1.5, 2\n\n30, 40\n",
        "y (um);name;x (um)\n2;first;1.5\n40;second;30\n",
        "X [nm]\tY [mm]\n1500\t0.002\n30000\t0.04\n",
        '\ufeff"x (um)","y (um)"\n"1.5","2"\n"30","40"\n',
    ],
)
def test_points_come_from_tables_as_programs_write_them(tmp_path: Path, table: str) -> None:
    """Commas, semicolons or tabs; any unit of length; columns in any order."""
    plan = with_table(tmp_path, table)
    assert [(s.x, s.y) for s in plan.sites()] == [(1.5e-6, 2e-6), (30e-6, 40e-6)]
    (tmp_path / "points.csv").unlink()
    assert Plan.from_json(plan.to_json()) == plan


def test_every_bad_line_of_a_table_is_told_with_its_number(tmp_path: Path) -> None:
    """Beside the other mistakes of the plan."""
    with pytest.raises(PlanError) as caught:
        with_table(tmp_path, "x (um), y (um)\n1, 2\n3\nfour, 5\n6, nan\n7, 8\n")
    text = str(caught.value)
    assert "3 problems" in text
    assert "line 3 of points.csv: y is missing" in text
    assert 'line 4 of points.csv: x is "four", not a number' in text
    assert 'line 5 of points.csv: y is "nan", not a number' in text


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", 'Write "x (um), y (um)"'),
        ("1, 2\n3, 4\n", "must name x and y with their units"),
        ("x (s), y (s)\n1, 2\n", 'gives x in "s", which is not a length'),
        ("x (um), y (um)\n", "lists no points"),
        ("x (um), y (um)\n" + "a, b\n" * 50, "30 more lines of points.csv are bad"),
    ],
)
def test_a_table_that_is_no_list_of_points_says_why(tmp_path: Path, table: str, words: str) -> None:
    """And shows how its first line must look."""
    with pytest.raises(PlanError) as caught:
        with_table(tmp_path, table)
    assert words in str(caught.value)


def test_a_plan_file_cannot_bring_points_and_a_file_of_points() -> None:
    """One of them would be ignored."""
    sites = {"kind": "csv", "file": "points.csv", "points": [["1 um", "2 um"]]}
    with pytest.raises(PlanError, match=r"sites.points: come from the file"):
        Plan.from_dict({**small().to_dict(), "sites": sites}, from_file=True)


def test_a_factorial_tries_every_combination_the_last_factor_fastest() -> None:
    """Conditions carry values, units and words."""
    plan = small(
        factors={"i": ["-1 nA", "-2 nA"], "t": ["1 s", "2 s", "3 s"]},
        program=[{**STEP, "current": "$i", "duration": "$t"}],
    )
    combinations = [(c["i"], c["t"]) for c in plan.conditions]
    assert combinations == list(product([-1e-9, -2e-9], [1.0, 2.0, 3.0]))
    assert plan.conditions[1].units == {"i": "A", "t": "s"}
    assert plan.conditions[1].label == "i = -1 nA, t = 2 s"
    assert dict(plan.conditions[1]) == {"i": -1e-9, "t": 2.0}
    assert len({site.segments for site in plan.sites()}) == 6


def test_a_listed_design_tries_what_is_listed_and_nothing_else() -> None:
    """Levels belong together, as density and time at constant charge."""
    conditions = [{"i": "-1 nA", "t": "6 s"}, {"i": "-2 nA", "t": "3 s"}]
    plan = small(
        design={"kind": "listed", "conditions": conditions},
        program=[{**STEP, "current": "$i", "duration": "$t"}],
    )
    assert [(c["i"], c["t"]) for c in plan.conditions] == [(-1e-9, 6.0), (-2e-9, 3.0)]
    assert [str(level) for level in plan.levels["t"]] == ["6 s", "3 s"]
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([{"i": "-1 nA"}, {"t": "1 s"}], r"conditions\[1\]: sets t, but the first one sets i"),
        ([{"i": "-1 nA"}, {"i": "1 s"}], r"conditions\[1\].i: 1 s is not a quantity like -1 nA"),
        ([{"i": "-1 nA"}, {"i": "-1 nA"}], r"conditions\[1\]: is the same as conditions\[0\]"),
        ([{}], r"conditions\[0\]: sets nothing"),
    ],
)
def test_listed_conditions_must_be_of_one_kind(conditions: object, words: str) -> None:
    """Otherwise a quantity would have no value somewhere."""
    with pytest.raises(PlanError, match=words):
        small(
            design={"kind": "listed", "conditions": conditions},
            program=[{**STEP, "current": "$i"}],
        )


def test_nothing_varies_in_a_plan_without_factors() -> None:
    """All sites repeat the one condition."""
    plan = small()
    assert [dict(c) for c in plan.conditions] == [{}]
    assert [site.repeat for site in plan.sites()] == list(range(6))


@pytest.mark.parametrize(
    ("assign", "expected"),
    [
        ("rows", [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]),
        ("columns", [0, 1, 0] * 4),
        ("interleaved", [0, 1] * 6),
    ],
)
def test_conditions_are_shared_out_as_assigned(assign: str, expected: list[int]) -> None:
    """Rows and columns begin again from the first condition."""
    plan = screen(2, sites=grid(rows=4), design={"assign": assign})
    assert [site.condition for site in plan.sites()] == expected


def rounds(sites: tuple[Site, ...], size: int) -> list[tuple[int, ...]]:
    """Return the conditions of each complete round of visits."""
    found = [site.condition for site in sites]
    return [tuple(found[i : i + size]) for i in range(0, len(found) - size + 1, size)]


@given(levels=st.integers(2, 6), repeats=st.integers(2, 6), seed=st.integers(0, 10**6))
def test_shuffled_conditions_come_once_in_every_round(levels: int, repeats: int, seed: int) -> None:
    """So a drift hits all conditions alike, however it runs."""
    plan = screen(
        levels,
        sites=grid(columns=levels, rows=repeats),
        design={"assign": "shuffled", "seed": seed, "repeats": repeats},
    )
    assert all(sorted(r) == list(range(levels)) for r in rounds(plan.sites(), levels))
    assert Counter(s.repeat for s in plan.sites()) == dict.fromkeys(range(repeats), levels)


def test_shuffled_rounds_differ_from_each_other_and_between_seeds() -> None:
    """A fixed order repeated would be no shuffling."""
    plans = [
        screen(5, sites=grid(columns=5, rows=6), design={"assign": "shuffled", "seed": seed})
        for seed in (0, 1)
    ]
    orders = [rounds(plan.sites(), 5) for plan in plans]
    assert len(set(orders[0])) > 3
    assert orders[0] != orders[1]


@given(
    levels=st.integers(1, 5),
    columns=st.integers(1, 6),
    rows=st.integers(1, 6),
    assign=st.sampled_from(["rows", "columns", "interleaved", "shuffled"]),
    order=st.sampled_from(["raster", "serpentine", "random"]),
)
def test_repeats_count_the_sites_of_a_condition_along_the_visits(
    levels: int, columns: int, rows: int, assign: str, order: str
) -> None:
    """Whatever the design; one whose conditions find no sites is refused."""
    try:
        plan = screen(
            levels, sites=grid(columns=columns, rows=rows, order=order), design={"assign": assign}
        )
    except PlanError as error:
        too_few = {"rows": rows, "columns": columns}.get(assign, columns * rows) < levels
        assert too_few, str(error)  # noqa: PT017  (the other outcome is as good)
        return
    for condition in range(levels):
        repeats = [s.repeat for s in plan.sites() if s.condition == condition]
        assert repeats == list(range(len(repeats)))
        assert repeats


def test_rows_need_a_grid() -> None:
    """A list of points has none."""
    points = {"kind": "points", "points": [[0.0, 0.0], [1e-5, 0.0]]}
    with pytest.raises(PlanError, match=r"design.assign.*needs a grid.*interleaved"):
        screen(2, sites=points, design={"assign": "rows"})


def test_factors_that_multiply_beyond_reason_are_refused() -> None:
    """Before anything is expanded."""
    levels = [f"{n} s" for n in range(1, 60)]
    names = "abc"
    program = [{**STEP, "duration": f"${name}"} for name in names]
    with pytest.raises(PlanError, match="205379 conditions, more than 10000"):
        small(factors=dict.fromkeys(names, levels), program=program)


def test_the_shipped_constant_charge_plan_is_balanced() -> None:
    """Four sites for each of its conditions, in a fresh order every round."""
    sites = load_plan("li-on-au-constant-charge").sites()
    assert Counter(site.condition for site in sites) == {0: 4, 1: 4, 2: 4}
    assert len(set(rounds(sites, 3))) > 1
