"""The break of the meniscus: seen while the tip rises with the cell on, and what it tells."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest
from campaign_scan import world_of
from little_world import CLOCK, PLATING, LittleWorld, Scan, a_scan, a_site
from small_plan import INFO, small
from small_scan import small_scan
from test_hop import Forgiven

import seccm
from seccm.analysis.stretching import Stretching
from seccm.events import Note, Outcome, Phase, PhaseBegan, SiteFinished, SiteStarted
from seccm.plan.site import Detaching, Hold
from seccm.results import Status, Value
from seccm.results.breaking import Rising, find_break
from seccm.rig import Drive, Flag, Move
from seccm.ways.fast import FastHoppingSpec

SPEED = 4e-6
CURRENT = Detaching(Hold("current", -1e-9), SPEED, None)
POTENTIAL = Detaching(Hold("potential", -1.0), SPEED, None)


# ---------------------------------------------------------------- from rows


def rising(mode: str, at: float, rows: int = 200, *, noise: float = 1e-13, seed: int = 0) -> Rising:
    """A tip that rises at 4 um/s from row 30 on, and whose meniscus breaks at a time in rows."""
    rng = np.random.default_rng(seed)
    number = np.arange(rows)
    held = np.clip(at - number, 0.0, 1.0)  # the share of each row in which it still holds
    z = 50e-6 + SPEED * CLOCK.period * np.maximum(number + 0.5 - 30, 0.0)
    white = rng.standard_normal(rows)
    current, potential = np.full(rows, -1e-9), np.full(rows, -3.0)
    flags = np.zeros(rows, np.uint8)
    if mode == "current":
        potential = held * PLATING + (1.0 - held) * -10.0 + 1e-3 * white
        flags[held < 1.0] |= int(Flag.OVERLOAD)
    else:
        potential = np.full(rows, -1.0) + 1e-4 * white
        current = 50e-12 * held + noise * white
    value = -1e-9 if mode == "current" else -1.0
    return Rising(
        mode, value, potential, current, z + 1e-9 * rng.standard_normal(rows), flags, CLOCK
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["current", "potential"])
@pytest.mark.parametrize("seed", range(5))
def test_the_height_of_a_break_is_found_within_a_part_of_a_row(mode: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for at in rng.uniform(60, 180, 20):
        found = find_break(rising(mode, float(at), seed=seed))
        assert found is not None
        truth = 50e-6 + SPEED * CLOCK.period * (at - 30)
        assert found.z == pytest.approx(truth, abs=5e-9)
        assert 1e-9 < found.error < 8e-9
        assert abs(found.row - int(at)) <= 1


@pytest.mark.parametrize("at", [100.05, 100.5, 100.95])
def test_an_overload_told_by_the_mean_of_a_row_may_begin_a_row_late(at: float) -> None:
    """As on a card: the row in which it breaks shows little current, and no overload yet."""
    rows = rising("current", at)
    held = np.clip(at - np.arange(200), 0.0, 1.0)
    current = np.where(held < 1.0, held * -1e-9, rows.current)
    flags = np.where(rows.potential < -9.5, int(Flag.OVERLOAD), 0).astype(np.uint8)
    found = find_break(replace(rows, current=current, flags=flags))
    assert found is not None
    assert found.z == pytest.approx(50e-6 + SPEED * CLOCK.period * (at - 30), abs=5e-9)
    cell_off = np.where(np.arange(200) < 98, current, 0.0)
    assert find_break(replace(rows, current=cell_off, flags=flags)) is None


@pytest.mark.parametrize("mode", ["current", "potential"])
def test_a_meniscus_that_holds_has_no_break(mode: str) -> None:
    assert find_break(rising(mode, 1000.0)) is None
    assert find_break(rising(mode, 5.0)) is None, "it had broken before"
    assert find_break(replace(rising(mode, 100.0), mode="open")) is None


def test_a_current_that_fades_or_is_switched_off_or_is_lost_in_noise_is_no_break() -> None:
    number = np.arange(300)
    base = rising("potential", 1000.0, 300)
    fading = replace(base, current=1e-9 * np.exp(-number * CLOCK.period / 0.05))
    assert find_break(fading) is None
    off = rising("potential", 100.0, 300)
    off = replace(off, potential=np.where(number < 100, -1.0, 0.0))
    assert find_break(off) is None
    assert find_break(rising("potential", 100.0, noise=40e-12)) is None
    steps = replace(base, current=np.where(number < 100, 50e-12, 25e-12))
    assert find_break(steps) is None, "half of it is left"


def test_an_overload_after_the_cell_was_off_is_no_break() -> None:
    """The tip rose with the cell off, and the circuit was looked at once more at the top."""
    looked = rising("current", 100.0)
    off = np.arange(200) < 100
    assert find_break(replace(looked, current=np.where(off, 1e-13, 0.0))) is None
    assert find_break(replace(looked, value=0.0)) is None


def test_a_break_that_was_not_seen_has_no_height() -> None:
    """It came when the tip was lifted on with the cell off."""
    world = LittleWorld(breaks_at=12e-6, start_z=70e-6)
    scan = a_detaching_scan(CURRENT, world, travel=30e-6).go()
    rows = scan.memory.blocks
    z, flags = scan.column("z"), np.concatenate([b.flags for b in rows])
    signals = [np.concatenate([b.data[name] for b in rows]) for name in ("potential", "current")]
    landed = int(np.argmax(z < world.surface + 1e-9))
    up = slice(landed + int(np.argmax(np.diff(z[landed:]) > 1e-9)) - 20, None)
    story = Rising("current", -1e-9, signals[0][up], signals[1][up], z[up], flags[up], CLOCK)
    assert find_break(story) is None


def test_an_overload_that_goes_again_is_no_break() -> None:
    short = rising("current", 1000.0)
    flags = short.flags.copy()
    flags[100:103] |= int(Flag.OVERLOAD)
    assert find_break(replace(short, flags=flags)) is None


# ---------------------------------------------------------------- on the way up


def a_detaching_scan(detaching: Detaching, world: LittleWorld | None = None, **kept: Any) -> Scan:
    sites = [a_site(k, detaching=detaching, **kept) for k in range(2)]
    return a_scan(sites, world or LittleWorld())


@pytest.mark.parametrize("detaching", [CURRENT, POTENTIAL], ids=["current", "potential"])
@pytest.mark.parametrize("way", [None, FastHoppingSpec()], ids=["hopping", "fast hopping"])
@pytest.mark.parametrize("length", [1, 7, 400])
def test_the_cell_is_on_until_the_meniscus_broke_and_off_before_anything_goes_sideways(
    detaching: Detaching, way: Any, length: int
) -> None:
    scan = a_detaching_scan(detaching, LittleWorld(longest=length), way=way).go()
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2
    assert scan.world.sins == []
    story = scan.world.story
    began = [k for k, item in enumerate(story)
             if isinstance(item, PhaseBegan) and item.phase is Phase.RETRACT]  # fmt: skip
    for start in began:
        acts = [a for a in story[start:] if isinstance(a, Drive | Move)][:3]
        assert isinstance(acts[0], Drive)
        assert acts[0].mode == "open", "what the steps imposed ends first"
        assert isinstance(acts[1], Drive)
        assert (acts[1].mode, acts[1].waveform.at(np.zeros(1))[0]) == (
            detaching.hold.mode,
            detaching.hold.value,
        )
        assert isinstance(acts[2], Move)
        assert acts[2].speed == SPEED


@pytest.mark.parametrize("detaching", [CURRENT, POTENTIAL], ids=["current", "potential"])
def test_the_tip_rises_by_what_the_break_needs_if_the_plan_says_so(detaching: Detaching) -> None:
    """And in any case until the circuit is seen to be open."""
    near = replace(detaching, margin=1e-6)
    world = LittleWorld(breaks_at=2e-6, start_z=52.9e-6)
    lifted = a_detaching_scan(near, world).go().column("z")
    assert float(lifted[-1]) == pytest.approx(world.surface + 3e-6, abs=0.1e-6)
    world = LittleWorld(breaks_at=2e-6)
    whole = a_detaching_scan(detaching, world).go().column("z")
    assert float(whole[-1]) == pytest.approx(world.surface + 8e-6, abs=0.1e-6)


@pytest.mark.parametrize("margin", [None, 1e-6])
def test_a_droplet_that_does_not_break_is_lifted_on_as_without_it(margin: float | None) -> None:
    world = LittleWorld(breaks_at=12e-6)
    scan = a_detaching_scan(replace(CURRENT, margin=margin), world).go()
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 2
    assert world.sins == []
    assert any("it opened" in str(note) for note in scan.of(Note))
    plain = a_scan(2, LittleWorld(breaks_at=12e-6)).go()
    assert scan.column("z").max() == pytest.approx(plain.column("z").max(), abs=0.1e-6)


# ---------------------------------------------------------------- the plan


def problems(**detachment: Any) -> dict[str, str]:
    plan = small(retract={"distance": "8 um", "speed": "4 um/s", "detachment": detachment})
    return {p.where: p.what for p in plan.check(INFO) if "detachment" in p.where}


def test_what_the_rig_cannot_do_while_it_lifts_is_refused() -> None:
    assert problems() == {}
    assert problems(hold={"potential": "0 V"}, speed="2 um/s", margin="3 um") == {}
    assert "faster than axis z" in problems(speed="1 mm/s")["retract.detachment.speed"]
    assert "may touch" in problems(margin="1 nm")["retract.detachment.margin"]
    assert "retract.detachment.hold" in problems(hold={"potential": "100 V"})
    assert "never reached" in problems(margin="8 um")["retract.detachment.margin"]
    assert problems(margin="7.9 um") == {}


def test_a_margin_is_no_less_than_the_steps_that_the_plan_allows_for() -> None:
    """A surface that may be 3 um lower at the next site may be 3 um higher as well."""
    plan = small(retract={"distance": "8 um", "speed": "4 um/s", "detachment": {"margin": "2 um"}})
    told = [p for p in plan.check(INFO) if p.where == "retract.detachment.margin"]
    assert told == []
    stepped = plan.replace(approach={**plan.to_dict()["approach"], "surface_margin": "3 um"})
    (told,) = (p for p in stepped.check(INFO) if p.where == "retract.detachment.margin")
    assert told.severity == "warning"
    assert told.suggestion is not None
    assert told.suggestion.value == "3 um"
    assert "surface_margin = 3 um" in told.what


@pytest.mark.parametrize("detaching", [None, replace(CURRENT, margin=6e-6)], ids=["plain", "near"])
@pytest.mark.parametrize("step", [5e-6, 7e-6])
def test_the_tip_travels_above_the_highest_part_that_it_has_met(
    detaching: Detaching | None, step: float
) -> None:
    """A plateau that was landed on is not run into from the lower part beside it."""
    world = LittleWorld(breaks_at=2e-6, start_z=80e-6)
    world.sins = Forgiven("low")  # nobody knows of the plateau before the first landing there
    low, high = world.surface, world.surface + step
    kept = {"travel": 60e-6, "detaching": detaching}
    sites = [replace(a_site(k, **kept)) for k in range(5)]
    sites = [replace(s, approach=replace(s.approach, surface_margin=20e-6)) for s in sites]
    scan = a_scan(sites, world)
    lowest: list[float] = []

    def listen(event: Any) -> None:
        if isinstance(event, SiteStarted):
            world.surface = high if event.site == 1 else low
        if isinstance(event, PhaseBegan) and event.phase is Phase.TRAVEL and event.site >= 2:
            lowest.append(float(world.position["z"]))

    scan.go(listen)
    assert [e.outcome for e in scan.of(SiteFinished)] == [Outcome.OK] * 5
    above = 4e-6 if detaching is None else 6e-6
    assert min(lowest) >= high + above - 0.1e-6


def test_a_plan_without_it_is_written_and_timed_as_before() -> None:
    plain = small()
    with_it = small(retract={**plain.to_dict()["retract"], "detachment": {"speed": "1 um/s"}})
    assert "detachment" not in plain.to_json()
    assert all(site.retract.detaching is None for site in plain.sites())
    site = with_it.sites()[0]
    assert site.retract.detaching is not None
    assert site.retract.detaching.hold == site.approach.hold
    assert with_it.duration(INFO) > plain.duration(INFO)


def test_an_area_has_the_uncertainty_of_height_and_calibration() -> None:
    calibration = Stretching(1.5, 3e-6, 0.04, 10)
    found = calibration.area(Value.of(1e-6, 10e-9))
    assert found.value == pytest.approx(math.pi * (4.5e-6) ** 2)
    assert found.error == pytest.approx(found.value * math.hypot(2 * 15e-9 / 4.5e-6, 0.04))
    assert calibration.area(Value.none(Status.NOT_FOUND)).status is Status.NOT_FOUND


# ---------------------------------------------------------------- a whole run


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Sixteen short sites, with a calibration from footprints of another run."""
    path = tmp_path_factory.mktemp("detach") / "scan.h5"
    known = {"slope": 1.0, "radius": "3.19 um", "uncertainty": "4 %"}
    plan = small_scan(
        4,
        4,
        way={"kind": "fast hopping"},
        retract={"distance": "8 um", "speed": "10 um/s", "detachment": {"calibration": known}},
        program=[{"step": "constant current", "current_density": "$j", "duration": "0.1 s"}],
    )
    run = seccm.run(plan, path=path, seed=3)
    for _ in run:
        pass
    return {"path": path, "truth": run._runner._rig.truth.wetted}


def test_the_height_of_the_break_is_that_of_the_world(ran: dict[str, Any]) -> None:
    with seccm.open(ran["path"]) as scan:
        height, error = scan.sites["h_detach"], scan.sites["h_detach_err"]
        assert (scan.sites["h_detach_status"] == int(Status.OK)).all()
    truth = np.array([one.height for one in ran["truth"]])
    assert len(height) == len(truth) == 16
    assert np.quantile(np.abs(height - truth), 0.95) < 50e-9
    assert (np.abs(height - truth) < 4 * error).all()
    assert float(np.median(error)) < 15e-9


def test_the_area_by_retraction_is_that_of_the_world(ran: dict[str, Any]) -> None:
    with seccm.open(ran["path"]) as scan:
        found, error = scan.sites["A_retraction"], scan.sites["A_retraction_err"]
    truth = np.array([math.pi * one.radius**2 for one in ran["truth"]])
    assert np.sqrt(np.mean((found / truth - 1) ** 2)) < 0.05
    assert (np.abs(found - truth) < 3 * error).all()


def test_some_footprints_and_all_contacts_give_the_other_areas_within_five_per_cent(
    ran: dict[str, Any], tmp_path: Path
) -> None:
    """How long each drop hung shows in the height of its contact, on a sample as smooth as this."""
    path = Path(copy(ran["path"], tmp_path / "scan.h5"))
    truth = np.array([math.pi * one.radius**2 for one in ran["truth"]])
    table = tmp_path / "areas.csv"
    lines = [f"{site}, {truth[site] * 1e12:.6g}" for site in range(0, 16, 2)]
    table.write_text("\n".join(["site, area (um^2)", *lines]), encoding="utf-8")
    found = seccm.take_areas(path, table, retraction=True)
    assert found.calibration is not None
    plain, levelled = found.calibration.plain, found.calibration.levelled
    assert levelled is not None
    assert levelled.uncertainty < plain.uncertainty
    with seccm.open(path) as scan:
        own, error = scan.sites["A_own"][1::2], scan.sites["A_own_err"][1::2]
    off = own / truth[1::2] - 1
    assert float(np.abs(off).max()) < 0.05
    assert (np.abs(own - truth[1::2]) < 4 * error).all()


def test_the_driver_of_a_card_sees_the_break_as_well(tmp_path: Path) -> None:
    """As high as in the world behind the card, and with the cell off before it travels."""
    plan = small_scan(
        2, 1, retract={"distance": "8 um", "speed": "10 um/s", "detachment": {"speed": "4 um/s"}}
    )
    path = tmp_path / "scan.h5"
    run = seccm.run(plan, "virtual-nidaq", path=path, seed=1)
    truth = None
    for event in run:
        if isinstance(event, SiteFinished):
            truth = world_of(run._runner._rig).truth
    assert truth is not None
    with seccm.open(path) as scan:
        height, error = scan.sites["h_detach"], scan.sites["h_detach_err"]
        assert (scan.sites["h_detach_status"] == int(Status.OK)).all()
    planted = np.array([one.height for one in truth.wetted])
    assert len(height) == len(planted) == 2
    assert (np.abs(height - planted) < 50e-9).all()
    assert (error < 30e-9).all()


def test_the_analysis_afterwards_finds_the_same(ran: dict[str, Any], tmp_path: Path) -> None:
    with seccm.open(ran["path"]) as scan:
        before = scan.sites["h_detach"].copy()
    seccm.analyze(ran["path"])
    with seccm.open(ran["path"]) as scan:
        assert scan.sites["h_detach"] == pytest.approx(before, abs=1e-12)
