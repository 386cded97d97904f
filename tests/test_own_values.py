"""Values of each site, products of values with them, and C-rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programmes import plan_of
from small_plan import INFO

import seccm
from seccm import units
from seccm.factors import Condition, Level
from seccm.placeholder import read_placeholder
from seccm.plan import Plan
from seccm.plan.recipe import Recipe
from seccm.units import parse_c_rate, parse_free, show, unit_text

PLACES = [["10 um", "10 um"], ["40 um", "10 um"], ["70 um", "10 um"]]
VOLUMES = ["539.5 um^3", "120 um^3", "1000 um^3"]
CHARGE: dict[str, Any] = {
    "step": "constant current", "current": "0.22 pA/um^3 * $volume", "duration": "1 s",
}  # fmt: skip


def particles(*program: dict[str, Any], **changes: Any) -> Plan:
    """A plan of three particles."""
    sites = {"kind": "points", "points": PLACES, "values": {"volume": VOLUMES},
             "labels": ["A1", "A2", "B1"]}  # fmt: skip
    return plan_of(*program, **{"sites": sites, **changes})


def refused(*program: dict[str, Any], **changes: Any) -> dict[str, str]:
    with pytest.raises(seccm.PlanError) as said:
        particles(*program, **changes)
    return {problem.where: f"{problem.what} {problem.remedy}" for problem in said.value.problems}


def currents(plan: Plan) -> list[float]:
    return [site.segments[0].waveform.extremes[0] for site in plan.sites()]


def test_the_current_of_each_particle_follows_its_volume() -> None:
    plan = particles(CHARGE)
    assert currents(plan) == pytest.approx([118.69e-12, 26.4e-12, 220e-12], rel=1e-12)
    assert [site.label for site in plan.sites()] == ["A1", "A2", "B1"]
    assert [site.condition for site in plan.sites()] == [0, 0, 0]
    assert [site.repeat for site in plan.sites()] == [0, 1, 2]
    assert [site.levels for site in plan.sites()] == [
        (pytest.approx(5.395e-16),), (pytest.approx(1.2e-16),), (pytest.approx(1e-15),)
    ]  # fmt: skip


def test_a_plan_with_values_of_sites_reads_back_as_it_is() -> None:
    plan = particles({**CHARGE, "duration": "2 s", "until": {"charge": "1 C/um^3 * $volume"}})
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert currents(again) == currents(plan)
    for site in plan.sites():
        assert site.recipe is not None
        read = Recipe.read(site.recipe.text)
        assert read.site().segments == site.segments
        assert (read.label, read.values) == (site.label, site.recipe.values)


def test_values_come_from_the_columns_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "particles.csv").write_text(
        "label, x (um), y (um), volume (um^3), d [um], remark\n"
        "A1, 10, 10, 539.5, 10.1, big\nA2, 40, 10, 120, 6.1, small\n"
    )
    data = particles(CHARGE).to_dict()
    data["sites"] = {"kind": "csv", "file": "particles.csv", "columns": ["volume", "label"]}
    plan = Plan.from_dict(data, folder=tmp_path)
    assert currents(plan) == pytest.approx([118.69e-12, 26.4e-12])
    assert [site.label for site in plan.sites()] == ["A1", "A2"]
    assert Plan.from_json(plan.to_json()) == plan
    data["sites"]["columns"] = ["volume", "weight"]
    with pytest.raises(seccm.PlanError, match='no column "weight"'):
        Plan.from_dict(data, folder=tmp_path)
    data["sites"]["columns"] = ["d"]
    with pytest.raises(seccm.PlanError, match=r'"\$volume" names no factor') as said:
        Plan.from_dict(data, folder=tmp_path)
    assert "$d" in str(said.value)


def test_factors_and_values_of_sites_go_together() -> None:
    """Every site has its condition, and its volume."""
    sites = {"kind": "points", "points": [*PLACES, ["99 um", "10 um"]],
             "values": {"volume": [*VOLUMES, VOLUMES[0]]}}  # fmt: skip
    step = {**CHARGE, "current": "$j * $volume"}
    plan = plan_of(step, sites=sites, factors={"j": ["0.1 pA/um^3", "0.2 pA/um^3"]},
                   design={"assign": "interleaved"})  # fmt: skip
    assert currents(plan) == pytest.approx([53.95e-12, 24e-12, 100e-12, 107.9e-12])
    assert [site.condition for site in plan.sites()] == [0, 1, 0, 1]
    assert [site.repeat for site in plan.sites()] == [0, 0, 1, 1]
    assert len(plan.visits().patterns) == 4


@pytest.mark.parametrize("sites", [
    {"points": PLACES[:2]},
    {"points": [*PLACES, PLACES[0]]},
    {"points": "many"},
    {"values": {"volume": VOLUMES[:1]}},
    {"values": {"volume": ["1 um^3", "x", "2 um^3"]}},
    {"values": {"volume": []}},
    {"kind": "grid"},
])  # fmt: skip
def test_sites_that_are_wrong_are_told_and_not_stumbled_over(sites: dict[str, Any]) -> None:
    """Steps that follow the values of sites cannot be looked at without these."""
    good = {"kind": "points", "points": PLACES, "values": {"volume": VOLUMES}}
    told = refused(CHARGE, {**CHARGE, "duration": "-1 s"}, sites={**good, **sites})
    assert any(where.startswith("sites") for where in told)
    assert any(where.endswith("duration") for where in told)


def test_a_planner_gives_a_site_its_own_value() -> None:
    plan = particles(CHARGE)
    site = plan.site("5 um", "40 um", {"volume": "50 um^3"}, label="new")
    assert site.segments[0].waveform.extremes[0] == pytest.approx(11e-12)
    assert (site.label, site.levels) == ("new", (pytest.approx(5e-17),))
    with pytest.raises(seccm.PlanError, match=r"factors.volume: has no level"):
        plan.site("5 um", "40 um", {})


def test_the_largest_particle_is_checked_with_the_rig() -> None:
    sites = {"kind": "points", "points": PLACES, "values": {"volume": [*VOLUMES[:2], "1 m^3"]}}
    plan = particles({**CHARGE, "current": "1 pA/um^3 * $volume"}, sites={
        **sites, "values": {"volume": [*VOLUMES[:2], "1e6 um^3"]}})  # fmt: skip
    told = [p for p in plan.check(INFO) if p.severity == "error" and p.where == "program[0]"]
    assert told
    assert "with volume = 1e+06 um^3" in told[0].what
    assert "at most 10 A" in refused(CHARGE, sites=sites)["program[0].current"]


@pytest.mark.parametrize(
    ("current", "words"),
    [
        (
            "0.22 pA/um^2 * $volume",
            "comes to A m, not to A: what the names are multiplied with must "
            "be in A/m^3, like 0.22 pA/um^3",
        ),
        ("0.22 * $volume", "comes to m3, not to A"),
        ("0.22 pA * $volume", "must be in A/m^3"),
        ("$volume", "unit of A"),
        ("0.22 pA/um^3 * $weight", '"$weight" names no factor'),
        ("0.22 pA/um^3 * $volum", 'Did you mean "0.22 pA/um^3 * $volume"?'),
        ("0.22 pA/um^3 $volume", "is not understood"),
        ("0.22 pA/um^3 * $volume + 1 pF", "what is added must be in A, like 5 pA"),
        ("0.22 pA/um^3 * $volume + 1 pA - 1 s", "adds values of two kinds"),
        ("0.22 pA/um^3 * $volume + 1 pA/um^3 * $volume", "names in two parts of a sum"),
        ("0.22 furlong * $volume", "not a unit"),
        ("* $volume", "is not understood"),
        ("2$volume", 'write "2 * $volume"'),
        ("$volume / 0 s", "divided by zero"),
        ("0.22 pA/um^3 * $volume *", "is not understood"),
        ("0.22 pA/um^3 * $volume^x", "is not understood"),
    ],
)
def test_a_product_that_is_none_is_refused(current: str, words: str) -> None:
    told = refused({**CHARGE, "current": current})
    assert words in told["program[0].current"], told


@pytest.mark.parametrize(
    ("sites", "where", "words"),
    [
        ({"values": {"volume": VOLUMES[:2]}}, "sites.values.volume", "2 values for 3"),
        ({"values": {"volume": [*VOLUMES[:2], "1 um"]}}, "sites.values.volume", "a quantity like"),
        ({"values": {"volume": VOLUMES, "x": ["1 um"] * 3}}, "sites.values.x", "place of the site"),
        ({"values": {"volume": VOLUMES}, "labels": ["A"]}, "sites.labels", "1 label for"),
    ],
)
def test_values_that_do_not_fit_the_sites_are_refused(
    sites: dict[str, Any], where: str, words: str
) -> None:
    told = refused(CHARGE, sites={"kind": "points", "points": PLACES, **sites})
    assert words in told[where], told


@pytest.mark.parametrize(
    ("current", "first"),
    [
        ("0.22 pA/um^3 * $volume", 118.69e-12),
        ("$volume * 0.22 pA/um^3", 118.69e-12),
        ("$volume x 0.22 pA/um^3", 118.69e-12),
        ("($volume) · (0.22 pA/um^3)", 118.69e-12),
        ("0.22 pA/um^3*$volume", 118.69e-12),
        ("-0.22 pA/um^3 * $volume", -118.69e-12),
        ("-$volume * 0.22 pA/um^3", -118.69e-12),
        ("2 * 0.22 pA/um^3 * $volume / 4", 59.345e-12),
        ("$volume * 0.44 pA / 2 um^3", 118.69e-12),
        ("1 pA/um^6 * $volume^2", 539.5**2 * 1e-12),
        ("1 pA/um^6 * $volume**2", 539.5**2 * 1e-12),
        ("1 pA/um^6 * $volume²", 539.5**2 * 1e-12),
        ("1 pA um^3 / $volume", 1e-12 / 539.5),
        ("0.22 pA/um^3 * $volume + 1 pA", 119.69e-12),
        ("0.22 pA/um^3 * $volume - 1 pA + 3 pA", 120.69e-12),
        ("1 pA - 0.22 pA/um^3 * $volume", -117.69e-12),
        ("220 kA m-3 * $volume", 118.69e-12),
    ],
)
def test_arithmetic_is_read_as_it_is_written(current: str, first: float) -> None:
    """In any order, and the same again after the plan was written and read."""
    plan = particles({**CHARGE, "current": current})
    assert currents(plan)[0] == pytest.approx(first, rel=1e-9)
    assert Plan.from_json(plan.to_json()) == plan
    for site in plan.sites():
        assert site.recipe is not None
        assert Recipe.read(site.recipe.text).site().segments == site.segments


def test_division_by_what_may_be_zero_is_refused() -> None:
    sites = {"kind": "points", "points": PLACES, "values": {"d": ["1 um", "0 um", "2 um"]}}
    told = refused({**CHARGE, "current": "1e-16 A m / $d"}, sites=sites)
    assert "divided by d, which may be zero" in told["program[0].current"]


def test_a_name_stands_for_one_thing() -> None:
    told = refused(CHARGE, factors={"volume": ["1 um^3"]})
    assert "the name of a factor already" in told["sites.values.volume"]


# ---------------------------------------------------------------------------------- grids

GRID: dict[str, Any] = {"kind": "grid", "columns": 3, "rows": 2, "pitch": "30 um"}
TABLE = [["1 um^3", "2 um^3", "3 um^3"], ["4 um^3", "5 um^3", "6 um^3"]]


@pytest.mark.parametrize("order", ["raster", "serpentine", "random"])
@pytest.mark.parametrize("leave_out", [[], [[1, 0]]])
def test_places_of_a_grid_have_values_wherever_they_stand_in_the_order(
    order: str, leave_out: list[list[int]]
) -> None:
    """Of the place, of its column and of its row, whatever the order and what is left out."""
    plan = plan_of(
        {**CHARGE, "current": "1 pA/um^3 * $volume", "duration": "$t"},
        {**CHARGE, "current": "$i"},
        sites={**GRID, "order": order, "seed": 3, "leave_out": leave_out,
               "values": {"volume": TABLE},
               "column_values": {"i": ["10 pA", "20 pA", "30 pA"]},
               "row_values": {"t": {"from": "1 s", "to": "2 s", "count": 2}}},
    )  # fmt: skip
    assert len(plan.sites()) == 6 - len(leave_out)
    for site in plan.sites():
        first, second = (step.waveform for step in site.segments)
        assert first.extremes[0] == pytest.approx((3 * site.iy + site.ix + 1) * 1e-12)
        assert second.extremes[0] == pytest.approx(10 * (site.ix + 1) * 1e-12)
        assert first.duration == site.iy + 1
    assert Plan.from_json(plan.to_json()) == plan


def test_places_of_a_grid_that_are_alike_are_one_pattern() -> None:
    sites = {**GRID, "columns": 100, "rows": 80, "column_values": {"i": ["1 pA", "2 pA"] * 50}}
    plan = plan_of({**CHARGE, "current": "$i"}, sites={**sites, "pitch": "1 um"})
    assert len(plan.visits().patterns) == 2


def test_each_site_is_resolved_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check asks for the sites ten times and more: with many points that is what it takes."""
    plan, made = particles(CHARGE), list[str]()
    of = Recipe.of

    def counted(*args: Any, **options: Any) -> Recipe:
        recipe = of(*args, **options)
        made.append(recipe.label)
        return recipe

    monkeypatch.setattr(Recipe, "of", counted)
    before = plan.sites()
    plan.check(INFO)
    plan.duration(INFO), plan.bytes(INFO), plan.raw_bytes(INFO), plan.kept()
    assert made == ["A1", "A2", "B1"]
    assert plan.sites() == before


def test_a_plan_that_was_asked_for_its_sites_is_still_the_same_plan() -> None:
    """And what is changed in a copy of it changes the sites of the copy alone."""
    asked, other = particles(CHARGE), particles(CHARGE)
    sites = asked.sites()
    assert asked == other
    other.sites()
    assert asked == other
    assert asked.to_dict() == other.to_dict()
    slow = asked.travel.model_copy(update={"speed": 1e-6})
    copy = asked.model_copy(update={"travel": slow})
    assert {site.travel_speed for site in copy.sites()} == {1e-6}
    assert copy != asked
    assert asked.sites() == sites
    assert asked.duration(INFO) < copy.duration(INFO)


def test_how_long_steps_last_is_asked_with_and_without_raw_samples() -> None:
    """What was found for one question is not an answer to another."""
    (site, *_) = particles({**CHARGE, "raw": True}, {**CHARGE, "name": "more"}).sites()
    every, kept = site.program.lasts(1e-3), site.program.lasts(1e-3, raw=True)
    assert every == pytest.approx((2.002, 2.002))
    assert kept == pytest.approx((1.001, 1.001))
    assert site.program.lasts(1e-2) == pytest.approx((2.02, 2.02))
    assert (site.program.lasts(1e-3), site.program.lasts(1e-3, raw=True)) == (every, kept)


@pytest.mark.parametrize(
    ("values", "where", "words"),
    [
        ({"values": {"volume": TABLE[0]}}, "values.volume", "a list for each row"),
        ({"values": {"volume": TABLE[:1]}}, "values.volume", "has 1 row, but the grid has 2"),
        ({"values": {"volume": [["1 um^3", "2 um^3"]] * 3}}, "values.volume",
         "3 values in each row, but row 0 has 2"),
        ({"values": {"volume": [TABLE[0], [*TABLE[1][:2], "x"]]}}, "values.volume[1][2]", '"x"'),
        ({"values": {"volume": [TABLE[0], [*TABLE[1][:2], "1 s"]]}}, "values.volume",
         "1 s is not a quantity like"),
        ({"column_values": {"volume": TABLE[0][:2]}}, "column_values.volume",
         "2 values for 3 columns"),
        ({"row_values": {"volume": TABLE[0]}}, "row_values.volume",
         "3 values for 2 rows"),
        ({"values": {"volume": TABLE}, "row_values": {"volume": TABLE[0][:2]}}, "row_values.volume",
         "stands for other values"),
        ({"column_values": {"y": TABLE[0]}}, "column_values.y", "place of the site"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_the_grid_are_refused(
    values: dict[str, Any], where: str, words: str
) -> None:
    told = refused(CHARGE, sites={**GRID, **values})
    assert words in told[f"sites.{where}"], told


# ------------------------------------------------------------------------------ C-rates


def test_a_c_rate_is_a_share_of_the_capacity() -> None:
    step = {"step": "constant current", "current": "C/3", "capacity": "278 pAh", "duration": "1 s"}
    assert currents(plan_of(step))[0] == pytest.approx(278e-12 / 3, rel=1e-12)
    assert currents(plan_of({**step, "current": "-2C"}))[0] == pytest.approx(-556e-12, rel=1e-12)


def test_the_capacity_of_a_particle_follows_its_volume_and_the_rate_a_factor() -> None:
    step = {"step": "constant current", "current": "$rate", "capacity": "600 mAh/cm^3 * $volume",
            "duration": "1 s"}  # fmt: skip
    plan = particles(step, factors={"rate": ["C/10", "1C", "750C"]})
    assert currents(plan) == pytest.approx(
        [539.5 * 0.6e-12 / 10, 120 * 0.6e-12, 750 * 1000 * 0.6e-12], rel=1e-9
    )
    assert [condition.label for condition in plan.conditions] == [
        "rate = C/10", "rate = 1C", "rate = 750C"
    ]  # fmt: skip
    assert Plan.from_json(plan.to_json()) == plan
    inside = {"step": "repeat", "over": {"rate": ["C/10", "1C"]}, "program": [step]}
    plan = particles(inside)
    first = plan.sites()[0]
    found = [segment.waveform.extremes[0] for segment in first.segments]
    assert found == pytest.approx([539.5 * 0.6e-13, 539.5 * 0.6e-12])
    assert first.recipe is not None
    assert Recipe.read(first.recipe.text).site().segments == first.segments


@pytest.mark.parametrize(
    ("keys", "where", "words"),
    [
        ({"current": "C/3"}, "program[0].capacity", "is missing"),
        ({"current": "1 nA", "capacity": "1 nAh"}, "program[0].capacity", "C-rate only"),
        ({"current": "C/3", "capacity": "1 nA"}, "program[0].capacity", "unit of C"),
        ({"current": "C/0", "capacity": "1 nAh"}, "program[0].current", "unit of A"),
        ({"current_density": "C/3", "capacity": "1 nAh"}, "program[0].current_density", "A/m^2"),
        ({"current": "$rate"}, "program[0].capacity", "is missing"),
    ],
)
def test_a_rate_needs_a_capacity_and_a_capacity_a_rate(
    keys: dict[str, Any], where: str, words: str
) -> None:
    factors = {"rate": ["C/3"]} if "$rate" in keys.values() else {}
    told = refused({"step": "constant current", "duration": "1 s", **keys}, factors=factors)
    assert words in told[where], told


@given(st.floats(1e-6, 1e6))
def test_a_rate_is_read_as_it_is_written(rate: float) -> None:
    assert parse_c_rate(f"{rate!r}C") == rate
    assert parse_c_rate(show(rate, "1/h", 9)) == pytest.approx(rate, rel=1e-6)
    assert Level.read(f"{rate!r} 1/h") == Level(rate, "1/h")


UNITS = st.sampled_from(["A", "m^3", "C/m^3", "A/m^2", "V", "s", "1"])
NUMBERS = st.floats(1e-3, 1e3)


@settings(max_examples=100)
@given(NUMBERS, st.lists(st.tuples(NUMBERS, UNITS, st.booleans()), min_size=1, max_size=4))
def test_products_are_products_however_they_become_known(
    scale: float, terms: list[tuple[float, str, bool]]
) -> None:
    """All at once or one level after the other: the same number, and always readable again."""
    text = f"{scale!r} pA"
    truth = scale * 1e-12
    levels = []
    for number, (value, unit, over) in enumerate(terms):
        text += f" {'/' if over else '*'} $n{number}"
        levels.append((f"n{number}", Level(value, unit)))
        truth = truth / value if over else truth * value
    placeholder = read_placeholder(text)
    assert Condition(tuple(levels)).number(placeholder) == pytest.approx(truth, rel=1e-12)
    known: Any = placeholder
    for level in levels:
        assert read_placeholder(str(known)) == known
        known = Condition((level,)).known(known)
    assert known == pytest.approx(truth, rel=1e-12)


@given(st.tuples(*[st.integers(-4, 4)] * len(units._BASES)))
def test_a_unit_is_written_as_it_is_read(dimension: units.Dimension) -> None:
    assert parse_free(f"1 {unit_text(dimension)}".strip()) == (1.0, dimension)
