"""Fast hopping: haste where there is nothing to touch, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_world import CLOCK, INFO, LittleWorld, Scan, a_scan, a_site
from many_landings import BUMPS, landings
from small_plan import INFO as SMALL
from small_plan import small
from small_scan import STEP, small_scan
from test_known_surface import MISSED, vanishes_after

import seccm
from seccm.errors import PlanError
from seccm.events import Event, Landed, Note, Outcome, Paused, Phase, SiteFinished, SiteStarted
from seccm.hopping.descent import fastest_descent
from seccm.hopping.engine import Request
from seccm.hopping.leave import clear_distance
from seccm.hopping.terrain import Terrain
from seccm.plan import Plan
from seccm.plan.estimate import shares_of
from seccm.plan.time_spent import NAMES, hop_times, shares_words, time_words
from seccm.rig import Block, Move, StopAbility
from seccm.rigs import build_rig, load_rig
from seccm.suggestion import applied
from seccm.ways.fast import FastHoppingSpec

FAST = FastHoppingSpec()
SURFACE = 50e-6
SENSED = {axis: replace(reach, sensed=True) for axis, reach in INFO.axes.items()}


def a_fast_scan(count: int, world: LittleWorld | None = None, **way: Any) -> Scan:
    spec = FastHoppingSpec(**way)
    return a_scan([a_site(k, way=spec) for k in range(count)], world or LittleWorld())


def descents(scan: Scan) -> list[list[Move]]:
    """The stretches of the descents of each site."""
    found: list[list[Move]] = []
    for item in scan.world.story:
        if isinstance(item, SiteStarted):
            found.append([])
        if isinstance(item, Move) and item.until is not None:
            found[-1].append(item)
    return found


# ---------------------------------------------------------------- where there is haste


def test_the_first_descent_is_the_plain_one_and_the_others_are_fast_above_the_surface() -> None:
    plain, fast = a_scan(3).go(), a_fast_scan(3).go()
    first, *others = descents(fast)
    assert [replace(m, baseline=0.0) for m in first] == [
        replace(m, baseline=0.0) for m in descents(plain)[0]
    ]
    for quick, slow in others:
        assert quick.speed == pytest.approx(50e-9 / (2 * CLOCK.period))
        assert SURFACE + 0.1e-6 <= quick.to < SURFACE + 0.6e-6
        assert slow.speed == 2e-6
        assert quick.until == slow.until is not None, "contact is watched for all the way"
    assert [e.outcome for e in fast.of(SiteFinished)] == [Outcome.OK] * 3


def test_travel_and_retract_go_at_the_speed_of_the_stage_or_of_the_plan() -> None:
    for way, speed in ((FAST, 100e-6), (FastHoppingSpec(speed="40 um/s"), 40e-6)):
        scan = a_scan([a_site(k, way=way) for k in range(2)]).go()
        moves = [m for m in scan.world.story if isinstance(m, Move) and m.until is None]
        assert {m.axis for m in moves} == {"x", "y", "z"}
        assert max(m.speed for m in moves) == pytest.approx(speed)
        assert all(m.speed == speed for m in moves if m.axis == "z")


def test_motions_are_smooth_over_a_period_of_the_slowest_axis() -> None:
    axes = {a: replace(r, bandwidth=200.0 if a == "z" else 50.0) for a, r in INFO.axes.items()}
    info = replace(INFO, axes=axes)
    assert info.smoothing("z") == 1 / 200
    assert info.smoothing("x", "y", "z") == 1 / 50
    scan = a_fast_scan(2, LittleWorld(info=info)).go()
    quick, slow = descents(scan)[1]
    assert (quick.smooth, slow.smooth) == (1 / 200, 0.0)
    rest = [m for m in scan.world.story if isinstance(m, Move) and m.until is None]
    assert {(m.axis, m.smooth) for m in rest} == {("x", 1 / 50), ("y", 1 / 50), ("z", 1 / 200)}
    lagging = replace(INFO, stage_lag=5e-3)
    assert lagging.smoothing("z") == 20e-3, "of a loop that nobody has measured"


def test_the_last_contact_alone_can_say_where_the_surface_is() -> None:
    scan = a_fast_scan(3, surface="last contact").go()
    for quick, slow in descents(scan)[1:]:
        assert quick.to > SURFACE + 0.3e-6, "it tells less than a plane"
        assert slow.speed == 2e-6


def test_a_margin_that_leaves_no_room_or_a_slow_stage_make_it_a_plain_descent() -> None:
    (_, (only,)) = descents(a_fast_scan(2, above=20e-6).go())
    assert only.speed == 2e-6
    info = replace(INFO, stop=StopAbility("streamed", 0.1, 1.0))
    assert fastest_descent(a_site(), info) == 2e-6
    (_, (only,)) = descents(a_fast_scan(2, LittleWorld(info=info)).go())
    assert only.speed == 2e-6


# ---------------------------------------------------------------- surprises


def raised(scan: Scan, by: Callable[[int], float]) -> Callable[[Event], None]:
    """A surface that is higher by so much at each site."""

    def listen(event: Event) -> None:
        if isinstance(event, SiteStarted):
            scan.world.surface = SURFACE + by(event.site)

    return listen


@settings(max_examples=40, deadline=None)
@given(
    bumps=st.lists(st.floats(-0.4e-6, 7.5e-6), min_size=4, max_size=4),
    stop_rows=st.integers(0, 1),
    lengths=st.lists(st.sampled_from([1, 3, 20, 400]), min_size=1, max_size=5),
    wake=st.booleans(),
)
def test_no_landing_goes_farther_than_the_plan_allows_wherever_the_surface_is(
    bumps: list[float], stop_rows: int, lengths: list[int], wake: bool
) -> None:
    world = LittleWorld(stop_rows=stop_rows, lengths=iter(lengths * 90), honours_wake=wake)
    scan = a_fast_scan(5, world)
    landed: list[float] = []
    higher = raised(scan, lambda site: ([0.0, *bumps])[site])

    def listen(event: Event) -> None:
        higher(event)
        if isinstance(event, Landed):
            landed.append(world.surface - float(world.position["z"]))
        if isinstance(event, Paused):
            scan.engine.ask(Request.RESUME)

    scan.go(listen)
    assert landed
    assert max(landed) <= 50e-9 * (1 + 1e-9)
    assert not world.sins


def test_after_a_contact_that_came_early_there_is_less_haste_until_it_came_as_expected() -> None:
    scan = a_fast_scan(6)
    begins: list[float] = []
    scan.go(raised(scan, lambda site: 1.5e-6 if site == 2 else 0.0))
    begins = [stretches[0].to - SURFACE for stretches in descents(scan)[1:]]
    assert begins[2] > 1.5 * begins[1]
    assert begins[-1] < begins[2]
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 6


def test_caution_grows_with_each_surprise_and_fades_with_each_landing() -> None:
    terrain = Terrain()
    for k in range(8):
        terrain.tell(k * 1e-5, 0.0, SURFACE, float(k))

    def scatter() -> float:
        expected = terrain.expect(0.0, 0.0, 8.0, 0.5e-6)
        assert expected is not None
        return expected.scatter

    calm = scatter()
    terrain.surprise()
    terrain.surprise()
    assert scatter() == pytest.approx(4 * calm)
    for _ in range(20):
        terrain.surprise()
    assert scatter() == pytest.approx(16 * calm)
    for _ in range(20):
        terrain.confirm()
    assert scatter() == pytest.approx(calm)


def test_a_false_contact_ends_the_haste_of_its_descent() -> None:
    world = LittleWorld()
    scan = a_fast_scan(2, world)

    def listen(event: Event) -> None:
        if isinstance(event, SiteFinished) and event.site == 0:
            world.blips = [(54e-6, 2)]

    scan.go(listen)
    speeds = [move.speed for move in descents(scan)[1]]
    assert speeds[0] > 2e-6
    assert set(speeds[1:]) == {2e-6}
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2


@pytest.mark.parametrize("to", [-1.0, SURFACE - 5e-6])
@pytest.mark.parametrize("landings", [1, 3])
@pytest.mark.parametrize("surface", ["plane", "last contact"])
def test_a_clogged_tip_or_a_step_down_is_given_up_just_below_the_known_surface(
    to: float, landings: int, surface: str
) -> None:
    scan = a_fast_scan(landings + 3, surface=surface)
    vanish = vanishes_after(scan, landings - 1, to=to)

    def listen(event: Event) -> None:
        vanish(event)
        if isinstance(event, Paused):
            scan.engine.ask(Request.STOP)

    scan.go(listen)
    ends = [e.outcome for e in scan.of(SiteFinished)]
    assert ends == [Outcome.OK] * landings + [MISSED] * 2
    assert float(scan.column("z").min()) > SURFACE - 1.5e-6


# ---------------------------------------------------------------- settling


def trembling(rows: int, size: float) -> Callable[[LittleWorld, Block], Block]:
    """x swings for so many rows after every travel."""
    since = [0]

    def trouble(world: LittleWorld, block: Block) -> Block:
        x = block.data["x"]
        if "x" in world.moves or len(np.unique(x)) > 1:
            since[0] = block.stop
        number = np.arange(block.start, block.stop)
        swings = (number >= since[0]) & (number < since[0] + rows)
        moved = x + np.where(swings, size * (-1.0) ** number, 0.0)
        return replace(block, data={**block.data, "x": moved})

    return trouble


def test_the_approach_begins_when_the_sensors_are_at_rest_and_not_before() -> None:
    """Not after a fixed time; and only where there are sensors."""
    info = replace(INFO, axes=SENSED)
    waits: dict[str, list[int]] = {}
    for name, world in {
        "still": LittleWorld(info=info),
        "swings": LittleWorld(info=info, trouble=trembling(60, 30e-9)),
        "within": LittleWorld(info=info, trouble=trembling(60, 3e-9)),
        "blind": LittleWorld(trouble=trembling(60, 30e-9)),
    }.items():
        scan = a_fast_scan(2, world).go()
        assert scan.of(Note) == []
        began = [e.row for e in scan.heard if type(e).__name__ == "PhaseBegan"]
        waits[name] = np.diff(began).tolist()
    travel = {name: rows[0] for name, rows in waits.items()}
    assert travel["swings"] >= travel["still"] + 55
    assert travel["within"] == travel["still"]
    assert travel["blind"] == travel["still"] - 4 + CLOCK.rows(0.025)


def test_a_stage_that_never_rests_is_told_of() -> None:
    world = LittleWorld(info=replace(INFO, axes=SENSED), trouble=trembling(10**9, 30e-9))
    scan = a_fast_scan(1, world).go()
    (note,) = scan.of(Note)
    assert "did not come to rest within 10 nm in 2 s" in str(note)
    assert "way.band" in str(note)
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK]


# ---------------------------------------------------------------- the plan


def problems(**way: str) -> dict[str, tuple[str, str]]:
    plan = small(way={"kind": "fast hopping", **way})
    return {p.where: (p.severity, p.what) for p in plan.check(SMALL) if p.where.startswith("way")}


def test_speeds_that_the_stage_cannot_do_or_stop_from_are_refused() -> None:
    assert problems() == {}
    assert problems(speed="40 um/s", descent="4 um/s") == {}
    severity, what = problems(speed="60 um/s")["way.speed"]
    assert severity == "error"
    assert "50 um/s" in what
    severity, what = problems(descent="1 um/s")["way.descent"]
    assert severity == "error"
    assert "below the landing speed" in what
    severity, what = problems(descent="20 um/s")["way.descent"]
    assert severity == "warning"
    assert "500 nm past a contact that comes early" in what
    severity, what = problems(descent="45 um/s")["way.descent"]
    assert severity == "error"
    assert "approach.surface_margin" in what
    for key in ("speed", "descent", "above", "band"):
        with pytest.raises(PlanError):
            small(way={"kind": "fast hopping", key: "-1 um" if key in ("above", "band") else "0"})


@pytest.mark.parametrize("axes", [(), ("x",), ("z",), ("x", "y")])
def test_a_rig_without_some_axes_is_refused_in_words(axes: tuple[str, ...]) -> None:
    plan = small(way={"kind": "fast hopping", "speed": "40 um/s", "descent": "4 um/s"})
    bare = replace(SMALL, axes={name: SMALL.axes[name] for name in axes})  # type: ignore[index]
    assert any("has no axis" in problem.what for problem in plan.check(bare))


def test_a_card_whose_worst_stop_leaves_nothing_of_the_haste_is_told_what_does() -> None:
    """The advice is taken by the check, and makes the descent faster; the guard still holds."""
    plan = small(way={"kind": "fast hopping"})
    streamed = replace(SMALL, stop=StopAbility("streamed", 7e-3, 0.11))
    (told,) = (p for p in plan.check(streamed) if p.where == "way.descent")
    assert told.severity == "warning"
    assert "hardly faster than approach.speed" in told.what
    assert told.suggestion is not None
    better = Plan.from_dict(applied(plan.to_dict(), told.suggestion))
    assert better.duration(streamed) < 0.8 * plan.duration(streamed)
    (left,) = (p for p in better.check(streamed) if p.where == "way.descent")
    assert left.severity == "warning"
    assert left.suggestion is None, "nothing that takes the advice back"
    approach, way = better.sites()[0].approach, better.sites()[0].way
    assert isinstance(way, FastHoppingSpec)
    assert way.descent is not None
    worst = streamed.overtravel(way.descent, approach.rule.consecutive)
    assert worst <= approach.overtravel + approach.surface_margin
    for quick in (SMALL, replace(SMALL, stop=StopAbility("streamed", 0.1, 0.11))):
        assert not [p for p in plan.check(quick) if p.where == "way.descent"], "nothing to gain"


def test_an_emergency_lifts_by_what_a_fast_descent_may_go_past_contact() -> None:
    far = clear_distance(a_site(way=FastHoppingSpec(descent=100e-6)), INFO)
    assert far == pytest.approx(8e-6 + 100e-6 * 2 * CLOCK.period)
    assert clear_distance(a_site(way=FAST), INFO) == pytest.approx(8e-6 + 50e-9)


def test_the_time_of_a_plan_follows_its_way() -> None:
    """And its parts add up to the whole."""
    plain, fast = small(), small(way={"kind": "fast hopping"})
    shares = shares_of(fast.visits(), SMALL)
    assert float(shares.total.sum()) == pytest.approx(fast.duration(SMALL))
    times = hop_times(fast.visits(), SMALL)
    assert sum(times.values()) == pytest.approx(float(shares.total[1:].mean()))
    rate = round(3600 / sum(times.values()))
    said = time_words(fast.visits(), SMALL)
    assert f"About {rate} sites per hour" in said
    assert all(f"{name} " in said for name in NAMES.values())
    assert shares_words(fast.visits(), SMALL).startswith(f"{rate} sites per hour (")
    assert fast.duration(SMALL) < plain.duration(SMALL)
    slow = shares_of(plain.visits(), SMALL)
    assert (shares.steps == slow.steps).all()
    assert (shares.retract < slow.retract).all()


# ---------------------------------------------------------------- a whole run


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small scan on the virtual rig, as it is and with the pipette clogged at the fifth site."""
    path = tmp_path_factory.mktemp("fast") / "scan.h5"
    plan = small_scan(3, 3, way={"kind": "fast hopping"}, travel={"speed": "10 um/s"})
    events = list(seccm.run(plan, path=path, seed=5))
    with seccm.open(path) as scan:
        last = float(scan.sites["t_end"][-1] - scan.sites["t_end"][0])
    return {"events": events, "seconds": last, "plan": plan}


def test_a_run_lands_as_gently_as_a_plain_one(ran: dict[str, Any]) -> None:
    landings = [e.landing for e in ran["events"] if isinstance(e, Landed)]
    assert len(landings) == 9
    allowed = ran["plan"].sites()[0].approach.overtravel
    assert max(one.overtravel for one in landings) <= allowed
    assert float(np.median([one.overtravel for one in landings])) < 25e-9
    assert [e for e in ran["events"] if isinstance(e, Note)] == []


def test_a_run_takes_as_long_as_the_plan_said_it_would(ran: dict[str, Any]) -> None:
    rig = build_rig(load_rig("virtual"), ran["plan"].mounted)
    told = shares_of(ran["plan"].visits(), rig.info).total[1:].sum()
    assert ran["seconds"] == pytest.approx(float(told), rel=0.2)


def test_the_driver_of_a_card_hops_fast_as_well(tmp_path: Path) -> None:
    """A streamed card may go on for its horizon; the plan says how fast that may be."""
    plan = small_scan(2, 1, way={"kind": "fast hopping", "descent": "6 um/s"})
    info = build_rig(load_rig("virtual-nidaq"), plan.mounted).info
    (told,) = (p for p in plan.check(info) if p.where == "way.descent")
    assert told.severity == "warning"
    path = tmp_path / "scan.h5"
    landings = [
        event.landing
        for event in seccm.run(plan, "virtual-nidaq", path=path, seed=1)
        if isinstance(event, Landed)
    ]
    assert len(landings) == 2
    assert max(one.overtravel for one in landings) < plan.sites()[0].approach.overtravel
    with seccm.open(path) as scan:
        z, phase = (np.asarray(scan._file[name][:]) for name in ("z", "phase"))
        second = np.asarray(scan._file["t"][:]) > float(scan.sites["t_end"][0])
    down = z[second & (phase == Phase.APPROACH)]
    gone = -np.diff(down) * 1e-6 / CLOCK.period
    assert float(np.quantile(gone, 0.5)) == pytest.approx(6e-6, rel=0.1)


BUMPY = small_scan(
    6, 6, way={"kind": "fast hopping"}, program=[{**STEP, "duration": "10 ms"}]
).replace(factors={"j": ["-2 mA/cm^2"]}, design={"assign": "interleaved"})


@pytest.mark.parametrize("frequency", [50.0, 200.0])
def test_among_particles_no_landing_goes_farther_than_the_plan_allows(frequency: float) -> None:
    """Higher than any margin, so that some contacts come in the fast part of the descent."""
    found = landings(BUMPY, 2, stage={"frequency": frequency}, surface=BUMPS)
    assert found.outcomes == {"ok": 36}
    assert max(found.past) > 50e-9, "some came where there was haste"
    assert max(found.past) <= BUMPY.sites()[0].approach.overtravel
    assert found.deepest <= BUMPY.sites()[0].approach.overtravel
    assert found.crashes == 0


@pytest.mark.parametrize("surface", ["plane", "last contact"])
@pytest.mark.parametrize("fault", ["no-surface@site=5", "clogged-tip@site=5"])
def test_no_glass_is_pressed_on_the_surface_deeper_than_the_guard(fault: str, surface: str) -> None:
    plan = BUMPY.replace(way={"kind": "fast hopping", "surface": surface})
    found = landings(plan, 1, fault)
    assert found.outcomes["ok"] == (5 if "clogged" in fault else 35)
    assert found.outcomes["no contact at the known surface"] == (2 if "clogged" in fault else 1)
    approach = plan.sites()[0].approach
    assert found.pressed <= approach.surface_margin + approach.overtravel
