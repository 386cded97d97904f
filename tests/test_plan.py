"""Plans: from files and from Python, resolved to plain numbers, and back to text."""

from __future__ import annotations

import itertools
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plan import CV, INFO, POTENTIOSTATIC, STEP, TABLES, UM, approach, grid, small

from seccm.errors import PlanError
from seccm.plan import Level, Plan, find_plan, find_rig, load_plan, plans, rigs
from seccm.plan.approach import Approach
from seccm.plan.contacts import (
    PotentialDropContact,
    current_rise,
    current_threshold,
    potential_drop,
)
from seccm.plan.places import Grid
from seccm.rig import Constant, Limit, Lines
from seccm.steps.constant_current import ConstantCurrent


@pytest.mark.parametrize("name", plans())
def test_every_shipped_plan_loads_and_survives_its_own_json(name: str) -> None:
    """The text that goes into the data file gives back the same plan, bit for bit."""
    plan = load_plan(name)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.sites() == plan.sites()
    assert again.to_json() == plan.to_json()


def test_the_combinatorial_plan_sets_the_published_currents() -> None:
    """0.15 nA to 2 nA over 68.4 um^2, one density to a row, 63 sites, 5 s each."""
    plan = load_plan("li-on-au-combinatorial")
    sites = plan.sites()
    assert len(sites) == 63
    currents = [site.segments[0].waveform.extremes[0] for site in sites]
    assert currents[0] == pytest.approx(-0.15e-9, rel=0.005)
    assert currents[-1] == pytest.approx(-2.0e-9, rel=0.005)
    densities = np.array([-0.22, -0.39, -0.58, -0.82, -1.15, -1.78, -2.30, -2.92])
    expected = densities[[site.iy for site in sites]] * 10 * 68.4e-12
    np.testing.assert_allclose(currents, expected, rtol=1e-12)
    assert all(site.approach.continues for site in sites)
    assert (sites[-1].x, sites[-1].y) == pytest.approx((88 * UM, 88 * UM))


def test_the_constant_charge_plan_passes_45_nc_each() -> None:
    """Within 3 %: the published set-points are round currents, the densities rounded."""
    sites = load_plan("li-on-au-constant-charge").sites()
    for site in sites:
        (segment,) = site.segments
        charge = segment.waveform.extremes[0] * segment.waveform.duration
        assert charge == pytest.approx(-45e-9, rel=0.03)


def test_the_cv_plan_sweeps_ten_cycles_in_raw_volts() -> None:
    """+1.47 V to -0.27 V vs Li/Li+ is -1.58 V to -3.32 V against a wire at 3.05 V."""
    site = load_plan("li-on-au-cv").sites()[0]
    (segment,) = site.segments
    assert segment.waveform.extremes == pytest.approx((-3.32, -1.58))
    assert segment.waveform.duration == pytest.approx(10 * 2 * 1.74 / 0.1)
    assert site.approach.hold.mode == "potential"
    assert site.approach.hold.value == pytest.approx(-1.58)
    assert site.approach.rule == current_threshold(5e-12)
    assert not site.approach.continues


def test_a_plan_from_python_needs_no_units_and_takes_models() -> None:
    """SI floats, texts with units and the models themselves mean the same."""
    texts = small(
        approach={
            "speed": "2 um/s",
            "travel": "20 um",
            "overtravel": "100 nm",
            "contact": {"kind": "potential drop", "drop": "5 V"},
        }
    )
    models = small(
        approach=Approach(
            speed=2e-6, travel=20e-6, overtravel=1e-7, contact=PotentialDropContact(drop=5)
        ),
        program=[ConstantCurrent(current=-1e-9, duration=2)],
    )
    assert texts == models == small()


def test_models_may_name_factors_and_the_plan_checks_them() -> None:
    """A step made on its own cannot know the factors; the plan does."""
    step = ConstantCurrent(current_density="$j", duration=2)
    plan = small(program=[step], factors={"j": ["-1 A/m^2", "-2 A/m^2"]})
    assert len(plan.conditions) == 2
    with pytest.raises(PlanError, match=r"program\[0\].current_density.*no \[factors\]"):
        small(program=[step])
    with pytest.raises(PlanError, match=r'cannot be "\$j", which has the value "1 s"'):
        small(program=[step], factors={"j": ["1 s"]})


def test_replace_checks_the_whole_plan_again() -> None:
    """What replaces a table must fit the others."""
    plan = small()
    assert plan.replace(title="other").title == "other"
    assert plan.title == "small"
    with pytest.raises(PlanError, match=r"small: 1 problem.*\n.*approach.travel.*4 um"):
        plan.replace(retract={"distance": 30e-6, "speed": 1e-6}, approach=approach(travel=4e-6))
    with pytest.raises(PlanError, match="not a known key"):
        plan.replace(tilte="other")


def test_json_that_is_no_plan_is_refused_in_words() -> None:
    """Such as a file cut short."""
    with pytest.raises(PlanError, match="not JSON"):
        Plan.from_json(small().to_json()[:-9])
    with pytest.raises(PlanError, match="not a plan"):
        Plan.from_json("[1, 2]")


@given(
    values=st.lists(
        st.floats(min_value=1e-12, max_value=1e-3), min_size=2, max_size=6, unique=True
    ),
    duration=st.floats(min_value=1e-3, max_value=1e5),
)
def test_any_float_survives_the_json(values: list[float], duration: float) -> None:
    """Levels and plain quantities alike."""
    plan = small(
        factors={"i": [f"{-value!r} A" for value in values]},
        program=[{**STEP, "current": "$i", "duration": duration}],
    )
    assert Plan.from_json(plan.to_json()) == plan
    assert [condition["i"] for condition in plan.conditions] == [-value for value in values]


def test_the_footprint_turns_a_density_into_a_current() -> None:
    """An area as given, or a diameter in apertures."""
    probe = small().probe
    assert probe.diameter == pytest.approx(3 * UM)
    assert probe.area == pytest.approx(math.pi * (1.5 * UM) ** 2)
    plan = small(
        probe={"aperture": 6 * UM, "footprint": {"area": 68.4e-12, "basis": "footprint"}},
        program=[{"step": "constant current", "current_density": -2.2, "duration": 1.0}],
    )
    assert plan.sites()[0].segments[0].waveform == Constant(-2.2 * 68.4e-12, 1.0)
    assert plan.probe.diameter == pytest.approx(9.33 * UM, rel=1e-3)
    assert "-0.22 mA/cm^2" in plan.sites()[0].segments[0].label


def test_a_cycle_walks_from_start_through_every_vertex_and_back() -> None:
    """Any number of vertices; cycles begin and end at the start."""
    cv = {**CV, "start": 0.5, "vertices": [1.0, -1.0, 0.0], "cycles": 2, "scan_rate": 0.25}
    (segment,) = small(program=[cv], approach=POTENTIOSTATIC).sites()[0].segments
    assert isinstance(segment.waveform, Lines)
    raw = [-2.5, -2.0, -4.0, -3.0, -2.5, -2.0, -4.0, -3.0, -2.5]
    assert segment.waveform.values == pytest.approx(raw)
    slopes = np.diff(segment.waveform.values) / np.diff(segment.waveform.times)
    np.testing.assert_allclose(np.abs(slopes), 0.25, rtol=1e-12)
    assert segment.cycles == pytest.approx((0.0, 16.0, 32.0))
    at_cycles = segment.waveform.at(np.array(segment.cycles))
    np.testing.assert_allclose(at_cycles, -2.5, atol=1e-12)
    assert segment.waveform.duration == segment.cycles[-1]


@given(
    corners=st.lists(st.integers(-20, 20), min_size=2, max_size=6),
    cycles=st.integers(1, 20),
)
def test_a_voltammogram_takes_its_path_over_its_rate(corners: list[int], cycles: int) -> None:
    """Whatever the vertices; those that do not move are refused."""
    potentials = [corner / 10 for corner in corners]
    walk = [*potentials, potentials[0]]
    cv = {**CV, "start": potentials[0], "vertices": potentials[1:], "cycles": cycles}
    if any(a == b for a, b in itertools.pairwise(walk)):
        with pytest.raises(PlanError, match=r"not a sweep|where the cycle starts"):
            small(program=[cv], approach=POTENTIOSTATIC)
        return
    (segment,) = small(program=[cv], approach=POTENTIOSTATIC).sites()[0].segments
    path = sum(abs(b - a) for a, b in itertools.pairwise(walk))
    assert segment.waveform.duration == pytest.approx(cycles * path / 0.5)
    assert len(segment.cycles) == cycles + 1


def test_a_linear_sweep_has_two_ends_and_no_cycles() -> None:
    """From start to stop at the scan rate."""
    lsv = {"step": "lsv", "start": 1.0, "stop": -0.5, "scan_rate": 0.5}
    (segment,) = small(program=[lsv], approach=POTENTIOSTATIC).sites()[0].segments
    assert segment.waveform == Lines((0.0, 3.0), (-2.0, -3.5))
    assert segment.cycles == ()


def test_repeats_unroll_and_segments_count_on() -> None:
    """Repeats may stand in repeats."""
    rest = {"step": "open circuit", "duration": 1.0}
    inner = {"step": "repeat", "times": 2, "program": [rest]}
    program = [STEP, {"step": "repeat", "times": 2, "program": [STEP, inner]}]
    site = small(program=program).sites()[0]
    kinds = [segment.kind[0] for segment in site.segments]
    assert "".join(kinds) == "c" + "coo" * 2
    assert [segment.index for segment in site.segments] == list(range(7))
    lasts = pytest.approx(10 + 7 * INFO.clock.period)
    assert site.measuring_time(INFO.clock) == (lasts, lasts)


def test_limits_become_raw() -> None:
    """Potentials are shifted by the offset; charges and currents are not."""
    until = {
        "charge": 1e-9,
        "potential_below": -0.1,
        "potential_above": 2.0,
        "current_below": -1e-9,
        "current_above": 1e-9,
        "after": 0.2,
    }
    (segment,) = small(program=[{**STEP, "until": until}]).sites()[0].segments
    assert set(segment.limits) == {
        Limit("charge", "above", 1e-9),
        Limit("potential", "below", -3.1, 0.2),
        Limit("potential", "above", -1.0, 0.2),
        Limit("current", "below", -1e-9, 0.2),
        Limit("current", "above", 1e-9, 0.2),
    }


@pytest.mark.parametrize(
    ("hold", "continues"),
    [
        ("first step", True),
        ({"current": -1e-9}, True),
        ({"current": -2e-9}, False),
    ],
)
def test_the_first_step_continues_a_hold_of_the_same_value(hold: object, continues: bool) -> None:
    """Then t = 0 is the contact itself."""
    assert small(approach=approach(hold=hold)).sites()[0].approach.continues is continues


def test_a_sweep_starts_anew_after_the_landing() -> None:
    """Even from the value that was held: its clock runs from its own first row."""
    spec = small(program=[CV], approach=POTENTIOSTATIC).sites()[0].approach
    assert (spec.hold.mode, spec.hold.value) == ("potential", -2.0)
    assert not spec.continues


@pytest.mark.parametrize(
    ("contact", "rule"),
    [
        (
            {"kind": "current rise", "rise": 3e-12, "polarity": "cathodic"},
            current_rise(3e-12, "cathodic"),
        ),
        (
            {"kind": "current threshold", "threshold": 3e-12, "consecutive": 2},
            current_threshold(3e-12, "either", 2),
        ),
    ],
)
def test_contact_rules_are_handed_to_the_rig(contact: object, rule: object) -> None:
    """With all that the plan says of them."""
    plan = small(approach=approach(contact=contact, hold={"potential": 1.0}))
    assert plan.sites()[0].approach.rule == rule
    assert small().sites()[0].approach.rule == potential_drop(5.0)


def test_approach_and_retract_may_follow_factors() -> None:
    """A screen of approach speeds is a plan like any other."""
    plan = small(approach=approach(speed="$v"), factors={"v": ["1 um/s", "2 um/s"]})
    assert {site.approach.speed for site in plan.sites()} == {1e-6, 2e-6}


def test_the_reference_shifts_potentials_there_and_back() -> None:
    """E against the reference = E against the electrode + offset."""
    reference = small().reference
    assert reference.raw(0.0) == -3.0
    assert reference.potential(reference.raw(1.25)) == pytest.approx(1.25)


def test_the_duration_is_that_of_its_parts() -> None:
    """Counted by hand for two sites ten micrometres apart."""
    plan = small(sites=grid(columns=2, rows=1))
    period = INFO.clock.period
    each = 0.1 + 0.05 + 5 * period + (2.0 + period) + 4 / 4  # settle twice, confirm, step, lift
    expected = 2 * each + 10 / 2 + 4 / 2 + 10 / 5  # half the travel, the lift again, the pitch
    assert plan.duration(INFO) == pytest.approx(expected)
    assert plan.bytes(INFO) > expected / period * 23


def test_a_thousand_sites_share_their_segments() -> None:
    """A large screen costs no more memory than its conditions."""
    sites = small(sites=grid(columns=100, rows=10, pitch=0.1 * UM)).sites()
    assert len({id(site.segments) for site in sites}) == 1


def test_shipped_files_are_found_by_name_and_others_by_path(tmp_path: Path) -> None:
    """A file of the same name elsewhere is reached by its path."""
    assert find_plan("redox-cv-map") == plans()["redox-cv-map"]
    mine = tmp_path / "mine.toml"
    mine.write_text("", encoding="utf-8")
    assert find_plan(mine) == find_plan(str(mine)) == mine
    with pytest.raises(PlanError, match='Did you mean "redox-cv-map"'):
        find_plan("redox-cvmap")
    with pytest.raises(PlanError, match="does not exist"):
        find_plan(tmp_path / "yours.toml")
    with pytest.raises(PlanError, match="no rig of this name"):
        find_rig("no such rig")
    assert all(find_rig(name) == path for name, path in rigs().items())


def test_levels_may_come_from_arrays() -> None:
    """Computed levels are as good as written ones, and other processes get the same plan."""
    levels = [Level(value, "A") for value in -np.geomspace(1e-10, 1e-8, 5)]
    plan = small(factors={"i": levels}, program=[{**STEP, "current": "$i"}])
    assert Plan.from_json(plan.to_json()) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert [type(condition["i"]) for condition in plan.conditions] == [float] * 5


def test_plans_are_frozen() -> None:
    """What was checked cannot change afterwards."""
    with pytest.raises(ValueError, match="frozen"):
        small().title = "other"  # type: ignore[misc]
    assert small() == Plan(**TABLES)


def test_every_shipped_plan_says_how_well_its_reference_is_known() -> None:
    for name in plans():
        reference = load_plan(name).reference
        assert reference.uncertainty is not None
        assert 0.0 < reference.uncertainty < 0.1
        assert " " in reference.provenance


def test_a_plan_may_leave_the_uncertainty_of_its_reference_open() -> None:
    told = load_plan("li-on-au-cv").to_dict()
    del told["reference"]["uncertainty"]
    assert Plan.from_dict(told).reference.uncertainty is None


# ------------------------------------------------------------------------- turned grids


@given(
    angle=st.floats(-3.1, 3.1), columns=st.integers(1, 6), rows=st.integers(1, 6),
    order=st.sampled_from(["raster", "serpentine", "random"]),
)  # fmt: skip
def test_a_turned_grid_is_the_same_grid_about_its_origin(angle, columns, rows, order):
    """Same order, columns and rows; distances stay, and turning back gives the straight grid."""
    keys = {"columns": columns, "rows": rows, "pitch": (4e-6, 7e-6), "order": order}
    straight = Grid(**keys, origin=(1e-5, 2e-5)).places()
    turned = Grid(**keys, origin=(1e-5, 2e-5), rotation=angle).places()
    assert np.array_equal(turned.ix, straight.ix)
    assert np.array_equal(turned.iy, straight.iy)
    flat = (straight.x - 1e-5) + 1j * (straight.y - 2e-5)
    skew = (turned.x - 1e-5) + 1j * (turned.y - 2e-5)
    assert np.allclose(skew * np.exp(-1j * angle), flat, atol=1e-18)


def test_a_quarter_turn_puts_the_columns_along_y():
    plan = small(sites=grid(columns=3, rows=1, origin=[1e-5, 1e-5], rotation=math.pi / 2))
    sites = plan.sites()
    assert [site.x for site in sites] == pytest.approx([1e-5] * 3)
    assert sites[2].y - sites[0].y == pytest.approx(2 * plan.places.pitch[0])
    assert Plan.from_dict(plan.to_dict()).sites() == sites


@pytest.mark.parametrize("angle", ["7", "7 um", "400 deg", "nan deg"])
def test_an_angle_that_is_none_is_refused(angle):
    with pytest.raises(PlanError, match="rotation"):
        Plan.from_dict({**TABLES, "sites": grid(rotation=angle)})
