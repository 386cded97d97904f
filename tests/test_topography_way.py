"""Topography of planted edges and balls: what comes out, and that the glass never touches."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scan import near_surface

import seccm
from seccm.analysis.quality import Quality
from seccm.errors import PlanError
from seccm.events import Approaching, Landed, Note, Outcome, Paused, Phase, SiteFinished
from seccm.hopping.relief import Relief
from seccm.hopping.terrain import Terrain
from seccm.plan.estimate import shares_of
from seccm.plan.time_spent import time_words
from seccm.plan.ways import timing_of
from seccm.report.heights import title, topography_words
from seccm.report.study import Study
from seccm.results import Status
from seccm.rigs import RigFile, build_rig, load_rig
from seccm.session.past import known_surface

UM = 1e-6
STEP, EDGE = 200e-9, 50.25e-6
TILT = (1e-3, -5e-4)


def rig(**surface: Any) -> RigFile:
    """The shipped rig, with another surface where that is said."""
    file = load_rig("virtual-sicm")
    tables = {**file.config, "surface": {**file.config["surface"], **surface}}
    return RigFile(file.source, tables)


def plan(columns: int = 8, rows: int = 5, x: float = 48.5, y: float = 49.0, **tables: Any) -> Any:
    """The shipped plan, of fewer pixels that lie closer to each other."""
    given = seccm.load_plan("sicm-topography").to_dict()
    sites = {**given["sites"], "columns": columns, "rows": rows, "origin": [x * UM, y * UM]}
    sites["pitch"] = [0.5 * UM, 0.5 * UM]
    given["way"] = {**given["way"], "reach": 1.2 * UM}
    for name, keys in tables.items():
        given[name] = {**given[name], **keys} if isinstance(keys, dict) else keys
    return seccm.Plan.from_dict({**given, "sites": {**sites, **tables.get("sites", {})}})


def run(path: Path, of: Any, on: RigFile, seed: int, *faults: str) -> list[Any]:
    """Run to the end; whoever is asked says that it goes on."""
    heard, running = [], seccm.run(of, on, path=path, seed=seed, faults=faults)
    for event in running:
        heard.append(event)
        if isinstance(event, Paused):
            running.ask("stop")
    return heard


def outcomes(events: list[Any]) -> list[Outcome]:
    return [e.outcome for e in events if isinstance(e, SiteFinished)]


@pytest.fixture(scope="module", params=[1, 2, 3])
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A map across the edge with a ball in it, under three seeds."""
    path = tmp_path_factory.mktemp("sicm") / "map.h5"
    ball = [{"x": "49.5 um", "y": "50 um", "diameter": "600 nm"}]
    events = run(path, plan(), rig(spheres=ball), request.param)
    return path, events


# What comes out.


def test_the_planted_step_tilt_and_ball_come_out(scanned: Any) -> None:
    """The step within 1 %, the tilt within 1e-4 or its own uncertainty, the ball where it is."""
    path, events = scanned
    assert outcomes(events) == [Outcome.OK] * 40
    with seccm.open(path) as scan:
        study = Study(scan)
        found = study.heights
        assert found.source is not None
        assert found.source.name == "z_surface"
        plane = found.plane
        assert plane is not None
        assert plane.terraces == 2
        for slope, true in zip((plane.tilt_x, plane.tilt_y), TILT, strict=True):
            assert abs(slope.value - true) < 3.0 * slope.error
            assert slope.error < 6e-4  # of so small a map of uneven glass
        (edge,) = plane.steps
        assert abs(abs(edge.value) - STEP) < min(3.0 * edge.error, 0.01 * STEP)
        (ball,) = np.flatnonzero(plane.outlier)
        assert (study.x[ball], study.y[ball]) == pytest.approx((49.5e-6, 50e-6), abs=20e-9)
        for levelled in (plane.residual, found.lines):
            free = ~plane.outlier
            high = np.median(levelled[free & (study.x > EDGE)])
            low = np.median(levelled[free & (study.x < EDGE)])
            assert high - low == pytest.approx(STEP, rel=0.01)
        # The rim is 200 nm wide: it rests on the shoulders of a ball of 600 nm.
        low = np.median(plane.residual[~plane.outlier & (study.x < EDGE)])
        assert plane.residual[ball] - low == pytest.approx(590e-9, abs=20e-9)


def test_heights_have_no_doubt_and_honest_uncertainties(scanned: Any) -> None:
    path, _ = scanned
    with seccm.open(path) as scan:
        sites = scan.sites
        assert (sites["z_surface_status"] == int(Status.OK)).all()
        assert np.abs(sites["change_far"]).max() < 0.01
        assert (sites["quality"] == 0).all()
        # The felt length of the plan is uncertain by 2 %: that shifts all heights together.
        assert np.median(sites["z_surface_err"]) == pytest.approx(0.02 * 110e-9, rel=0.3)
        assert np.median(sites["z_set_err"]) < 1.5e-9
        assert np.median(sites["xi"]) == pytest.approx(2.72e-9, rel=0.03)
        curves = scan.arrays("z_curve"), scan.arrays("i_curve")
        assert len(curves[0]) == len(curves[1]) == 40


def test_the_report_says_terraces_and_names_the_panels(scanned: Any) -> None:
    path, _ = scanned
    with seccm.open(path) as scan:
        study = Study(scan)
        assert title(study).startswith("Height of the surface, by the ion current (a), residuals")
        assert study.topography is not None
        assert "2 terraces with these slopes in common" in topography_words(study.topography)
        told = topography_words(study.topography)
        height = r"above the largest one [−-]?(199|200|201)[.0-9]* ± 0\.\d+ nm"
        assert re.search(height + r"; 1 site on none of them\.$", told)


def test_hops_are_low_where_the_surroundings_are_known(scanned: Any) -> None:
    """The coarse pixels come by hops of 2 um, the others by those of about 0.5 um."""
    path, _ = scanned
    with seccm.open(path) as scan:
        start = []
        for number in range(40):
            record = scan.record(number)
            down = record.z[record.phase == Phase.APPROACH]
            start.append(float(down[0] - down[-1]))
    coarse = 3 * 2
    assert np.median(start[1:coarse]) == pytest.approx(2e-6, rel=0.1)
    assert np.median(start[coarse:]) < 0.9e-6
    assert min(start) > 0.1e-6, "also above the ball, which no pixel had met before"


def test_the_tip_goes_sideways_only_when_it_is_clear_of_the_surface(scanned: Any) -> None:
    """In every row of a travel the current is that of a tip farther away than the setpoint."""
    path, _ = scanned
    with seccm.open(path) as scan:
        for number in range(1, 40):
            record = scan.record(number)
            moved = np.hypot(np.gradient(record.x), np.gradient(record.y)) > 5e-9
            moving = moved & (record.phase != Phase.STEP) & (np.abs(record.E) > 0.09)
            assert moving.any()
            assert (record.I[moving] > 0.982 * np.median(scan.sites["i_far"])).all()


def test_a_stopped_map_goes_on_from_its_file_and_knows_its_surroundings(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    running = seccm.run(plan(6, 4), rig(), path=path, seed=4)
    for event in running:
        if isinstance(event, SiteFinished) and event.site == 9:
            running.ask("stop")
    more = list(seccm.resume(path))
    assert outcomes(more) == [Outcome.OK] * 14
    with seccm.open(path) as scan:
        assert (scan.sites["status"] == Outcome.OK).all()
        record = scan.record(12)
        down = record.z[record.phase == Phase.APPROACH]
        assert down[0] - down[-1] < 0.9e-6, "the pixels of the first session count"


def test_it_runs_on_the_card(tmp_path: Path) -> None:
    """Raw samples and streamed outputs of the stand-in, by the same way."""
    slow = {"speed": 0.4e-6, "travel": 12e-6, "overtravel": 50e-9}
    small = plan(2, 2, approach=slow, sites={"order": "serpentine"})
    events = run(tmp_path / "a.h5", small, near_surface("50.9 um", "virtual-nidaq"), 3)
    assert outcomes(events) == [Outcome.OK] * 4
    with seccm.open(tmp_path / "a.h5") as scan:
        assert (scan.sites["z_surface_status"] < 32).all()


# When something is wrong.


@pytest.mark.parametrize("fault", ["clogging@site=7,within=20 s", "clogged-tip@site=7"])
def test_a_pipette_that_clogs_stays_above_the_surface_and_its_heights_are_doubted(
    fault: str, tmp_path: Path
) -> None:
    """The glass never touches (see conftest), and nothing clean is wrong by more than 1 %."""
    path = tmp_path / "a.h5"
    events = run(path, plan(6, 4), rig(spheres=[]), 2, fault)
    assert outcomes(events)[:7] == [Outcome.OK] * 7
    with seccm.open(path) as scan:
        sites = scan.sites
        clean = (sites["z_surface_status"] < 32) & np.isfinite(sites["z_surface"])
        x, y = sites["x"], sites["y"]
        true = 50 * UM + TILT[0] * (x - 50 * UM) + TILT[1] * (y - 50 * UM) + STEP * (x > EDGE)
        assert clean[:7].all()
        assert np.abs(sites["z_surface"] - true)[clean].max() < 60e-9
        if fault.startswith("clogged-tip"):
            touched = [e.site for e in events if isinstance(e, Approaching)]
            assert touched == list(range(7)), "it is not lowered, and a person is asked"
            assert any(isinstance(e, Paused) for e in events)


def test_a_current_that_does_not_come_back_is_told_and_stops_the_tip(tmp_path: Path) -> None:
    """A mouth that closes within two seconds: the tip goes up and up, and nothing is touched."""
    path = tmp_path / "a.h5"
    events = run(path, plan(6, 4), rig(spheres=[]), 3, "clogging@site=5,within=2 s")
    said = " ".join(e.text for e in events if isinstance(e, Note))
    reasons = " ".join(e.reason for e in events if isinstance(e, SiteFinished))
    assert "did not come back" in said or "times on the way to the site" in reasons
    assert outcomes(events)[:5] == [Outcome.OK] * 5
    assert Outcome.FAULT in outcomes(events)
    with seccm.open(path) as scan:
        late = scan.sites["z_surface_status"][5:]
        assert (late >= 32).all(), "no height from then on is clean"
        stuck = {e.site for e in events if isinstance(e, Note) and "did not come back" in e.text}
        flagged = [k for k, q in enumerate(scan.sites["quality"]) if int(q) & Quality.NOT_BACK]
        assert stuck == set(flagged), "the file says it, and not in a sentence alone"
        again = known_surface(scan, 0.0)
        landed = {int(k) for k in np.flatnonzero(scan.sites["landed"])}
        assert stuck <= landed
        assert again.landings == len(landed - stuck), "nor does a later session rely on them"


@pytest.mark.parametrize("evaporation", [30.0, -0.99])
def test_a_current_that_drifts_never_takes_the_tip_below_the_guard(
    evaporation: float, tmp_path: Path
) -> None:
    """By 0.8 % a second upwards, or 0.03 % downwards: a bath that dries, or is diluted."""
    file = rig(spheres=[])
    sample = {**file.config["samples"]["glass-in-bath"], "evaporation": evaporation}
    file = RigFile(file.source, {**file.config, "samples": {"glass-in-bath": sample}})
    path = tmp_path / "a.h5"
    events = run(path, plan(6, 3), file, 5)
    landed = [e.landing for e in events if isinstance(e, Landed)]
    assert landed
    with seccm.open(path) as scan:
        margin = 1e-6 + 33e-9
        for number in range(1, len(landed)):
            record = scan.record(number)
            assert record.z.min() > min(one.z for one in landed[:number]) - margin - STEP
        far, off = scan.sites["change_far"], scan.sites["z_surface_status"]
        changed = np.abs(far) > 0.011
        assert (off[changed & np.isfinite(far)] >= 32).all()


def test_without_a_surface_it_stops_as_any_other_way(tmp_path: Path) -> None:
    events = run(tmp_path / "a.h5", plan(3, 2), rig(spheres=[]), 2, "no-surface@site=2")
    assert [o.no_contact for o in outcomes(events)] == [False, False, True, False, False, False]


@pytest.mark.parametrize(("slope", "stopped"), [(0.6, False), (0.8, True)])
def test_a_slope_that_is_steeper_than_known_meets_no_glass(
    slope: float, stopped: bool, tmp_path: Path
) -> None:
    """The surface rises to each next pixel by as much as a hop is high, or more.

    Where the tip comes near, it gets room before it descends; where the current falls to the
    setpoint on the way, it is stopped and lifted.
    """
    steep = rig(spheres=[], step="0 nm", tilt_x=slope, tilt_y=0.0)
    low = {"clear": 0.3e-6, "reach": 0.9e-6}
    gentle = {"surface_margin": 3e-6, "speed": 0.5e-6, "overtravel": 10e-9}
    of = plan(4, 1, 49.0, 50.0, way=low, sites={"order": "raster"}, approach=gentle)
    events = run(tmp_path / "a.h5", of, steep, 2)
    said = [e.text for e in events if isinstance(e, Note) and "on the way" in e.text]
    assert bool(said) == stopped
    assert all("the surface is higher there than was known" in text for text in said)
    assert outcomes(events) == [Outcome.OK] * 4
    starts = []
    with seccm.open(tmp_path / "a.h5") as scan:
        for number in range(1, 4):
            record = scan.record(number)
            down = record.z[record.phase == Phase.APPROACH]
            starts.append(float(down[0] - down[-1]))
    assert min(starts) > 1e-6, "each descent begins where the current is free again"


@pytest.mark.parametrize("fraction", [0.98, 0.995])
def test_noise_that_hides_the_setpoint_is_refused_before_each_descent(
    fraction: float, tmp_path: Path
) -> None:
    """1 % of the current in a data point: the fall must be more than five times that."""
    file = rig(spheres=[])
    loud = {**file.config["electrometer"], "feedback": "30 kohm"}
    file = RigFile(file.source, {**file.config, "electrometer": loud})
    contact = {"contact": {"kind": "ion current", "fraction": fraction}}
    events = run(tmp_path / "a.h5", plan(3, 2, approach=contact), file, 2)
    ended = [e for e in events if isinstance(e, SiteFinished)]
    assert {e.outcome for e in ended} == {Outcome.FAULT}
    assert all("5 times the noise" in e.reason for e in ended)
    assert all("did not descend" in e.reason for e in ended)
    assert not [e for e in events if isinstance(e, Approaching)]


def test_a_programme_may_ask_for_a_height_as_soon_as_it_is_known(tmp_path: Path) -> None:
    """What is found during the run is what the file says: the same branch is taken."""
    step = {**plan().to_dict()["program"][0], "name": "here"}
    hold = {"step": "constant potential", "potential": 0.1, "duration": 0.02}
    asked = {"from": "here", "result": "xi", "above": "2 nm"}
    when = {"step": "if", "when": asked, "program": [hold]}
    events = run(tmp_path / "a.h5", plan(2, 1, program=[step, when]), rig(), 2)
    assert outcomes(events) == [Outcome.OK] * 2
    with seccm.open(tmp_path / "a.h5") as scan:
        assert (scan.sites["xi"] > 2e-9).all()
        assert scan.steps["kind"].tolist().count("constant potential") == 2


# What is known around a path.


def test_a_relief_knows_the_highest_point_near_a_path() -> None:
    relief = Relief()
    assert relief.along((0.0, 0.0), (1.0, 0.0), 1.0) is None
    assert relief.newest is None
    for k in range(200):
        relief.tell(0.1 * k, 0.0, float(k % 7))
    assert len(relief) == 200
    assert relief.newest == 199 % 7
    assert relief.along((0.0, 0.0), (0.3, 0.0), 0.05) == 3.0
    assert relief.along((0.0, 0.0), (0.3, 0.0), 0.35) == 6.0
    assert relief.along((0.0, 0.3), (0.3, 0.3), 0.2) is None, "nothing so near"
    assert relief.along((19.0, 0.0), (21.0, 0.0), 0.5) is None, "the end is unknown"
    assert relief.along((0.0, 0.0), (0.0, 0.0), 0.01) == 0.0


def test_a_terrain_remembers_all_landings_for_that() -> None:
    terrain = Terrain()
    for k in range(500):
        terrain.tell(1e-6 * k, 0.0, 1e-6 + 1e-9 * k, float(k))
    assert len(terrain.relief) == 500


# What a plan may ask for.


def problems(of: Any) -> dict[str, Any]:
    info = build_rig(load_rig("virtual-sicm"), of.mounted).info
    return {problem.where: problem for problem in of.check(info)}


def test_the_shipped_plan_has_no_problem_and_says_its_rate() -> None:
    of = seccm.load_plan("sicm-topography")
    assert problems(of) == {}
    info = build_rig(load_rig("virtual-sicm"), of.mounted).info
    words = time_words(of.visits(), info)
    assert "per second" in words
    site = of.sites()[0]
    assert timing_of(site, info).lift == of.way.clear
    parts = shares_of(of.visits(), info)
    assert parts.descent[1:].max() < 0.5


def test_hops_that_cannot_be_right_are_refused() -> None:
    assert (
        "may leave the tip at the surface"
        in problems(plan(way={"clear": 0.1e-6}))["way.clear"].what
    )
    assert "more than retract.distance" in problems(plan(way={"clear": 3e-6}))["way.clear"].what
    far = problems(plan(way={"reach": 0.2e-6}))["way.reach"]
    assert far.severity == "warning"
    assert "less than the distance of the sites" in far.what


def test_it_needs_a_current_that_always_flows() -> None:
    contact = {"contact": {"kind": "current rise", "rise": 5e-12}}
    found = problems(plan(approach=contact))
    assert "flows all the time" in found["approach.contact"].what


def test_too_much_overtravel_for_the_setpoint_is_a_warning() -> None:
    found = problems(plan(approach={"overtravel": 80e-9}))
    assert found["approach.overtravel"].severity == "warning"
    assert "a quarter of the distance" in found["approach.overtravel"].what


def test_a_fall_that_noise_may_hide_is_a_warning_where_the_liquid_is_known() -> None:
    """A pipette of 100 nm in 0.1 M KCl at 0.1 mV: 1 pA, of which 2 % are 20 fA."""
    liquid = {"concentration": 100.0, "diffusivity": 2e-9, "conductivity": 1.29}
    of = seccm.Plan.from_dict({**plan().to_dict(), "electrolyte": liquid})
    assert "approach.contact.fraction" not in problems(of)
    hold = {"approach": {**of.to_dict()["approach"], "hold": {"potential": 1e-4}}}
    faint = problems(
        of.replace(**hold, program=[{**of.to_dict()["program"][0], "potential": 1e-4}])
    )
    found = faint["approach.contact.fraction"]
    assert found.severity == "warning"
    assert "1 pA" in found.what
    assert "20 fA" in found.what


# The order of the pixels.


def order(columns: int, rows: int, every: int, **keys: Any) -> list[tuple[int, int]]:
    sites = {"order": "coarse first", "every": every, **keys}
    places = plan(columns, rows, sites=sites).places.places()
    return list(zip(places.ix.tolist(), places.iy.tolist(), strict=True))


def test_coarse_first_visits_each_pixel_once_and_every_nth_before_the_rest() -> None:
    found = order(8, 5, 3)
    assert sorted(found) == [(x, y) for x in range(8) for y in range(5)]
    assert found[:6] == [(0, 0), (3, 0), (6, 0), (6, 3), (3, 3), (0, 3)]
    assert all(x % 3 or y % 3 for x, y in found[6:])


@pytest.mark.parametrize(("columns", "rows", "every"), [(12, 9, 3), (8, 8, 4), (7, 6, 2)])
def test_a_steady_drift_does_not_look_like_a_tilt(columns: int, rows: int, every: int) -> None:
    """With a drift fitted along, the slopes are as certain as without it, to a tenth."""
    places = np.array(order(columns, rows, every), float)
    plane = np.column_stack([np.ones(len(places)), places])
    both = np.column_stack([plane, np.arange(len(places))])
    alone, along = (np.linalg.inv(one.T @ one).diagonal()[1:3] for one in (plane, both))
    assert (np.sqrt(along / alone) < 1.1).all()


def test_the_rows_after_the_coarser_grid_lie_at_most_two_apart() -> None:
    rows = [y for _, y in order(8, 9, 3)[9:]]
    assert max(abs(one - other) for one, other in pairwise(rows)) <= 2


def test_coarse_first_goes_with_places_that_are_left_out() -> None:
    found = order(4, 4, 2, leave_out=[[0, 0], [1, 1]])
    assert len(found) == 14
    assert found[0] == (2, 0)
    assert not {(0, 0), (1, 1)} & set(found)


@pytest.mark.parametrize("every", [0, 1])
def test_a_coarser_grid_is_coarser(every: int) -> None:
    with pytest.raises(PlanError):
        order(4, 4, every)
