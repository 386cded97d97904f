"""Many regions on one sample: each is landed on afresh, and nothing moves with the tip down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from small_scan import small_scan

import seccm
import seccm.session
from seccm.errors import PlanError
from seccm.events import Event, Outcome, Paused, RunStopped, SiteFinished
from seccm.hopping import engine
from seccm.hopping.terrain import Terrain
from seccm.plan import Plan
from seccm.plan.instruction import Forbidden, Instruction
from seccm.plan.placing import Placing
from seccm.plan.planner import KINDS
from seccm.plan.site import Site
from seccm.planners.space import Space
from seccm.results import Value
from seccm.rig import RigInfo
from seccm.rigs import RigFile, build_rig, load_rig
from seccm.session import Run
from seccm.session.past import known_surface
from sim.virtual_rig import VirtualRig

LABELS = ["north", "middle", "south"]
PLACES = [["0 mm", "0 mm"], ["5 mm", "0 mm"], ["5 mm", "10 mm"]]
REGIONS: dict[str, Any] = {"labels": LABELS, "positions": PLACES}
CARRIER = """
kind = "virtual"
[carrier]
x = ["0 mm", "20 mm"]
y = ["0 mm", "20 mm"]
"""
TOP = 100e-6


def plan_of(columns: int = 2, rows: int = 1, **tables: Any) -> Plan:
    """Short plating steps at a few places of three regions; the surface is 50 um below the top."""
    approach = {**small_scan().to_dict()["approach"], "travel": "70 um", "speed": "20 um/s"}
    approach |= {"overtravel": "1.5 um"}
    common: dict[str, Any] = {
        "regions": REGIONS, "approach": approach, "factors": {"j": ["-1 mA/cm^2"]}, "design": {},
    }  # fmt: skip
    return small_scan(columns, rows, **{**common, **tables})


@pytest.fixture(scope="module")
def by_rig(tmp_path_factory: pytest.TempPathFactory) -> RigFile:
    """A virtual rig with a coarse stage for the sample."""
    path = tmp_path_factory.mktemp("rig") / "carrier.toml"
    path.write_text(CARRIER, encoding="utf-8")
    return load_rig(path)


def answered(run: Run, asked: list[str], *, stop_at: str = "") -> Iterator[Event]:
    """The events of a run whose questions are answered at once."""
    for event in run:
        yield event
        if isinstance(event, Paused):
            asked.append(event.why)
            run.ask("stop" if stop_at and stop_at in event.why else "resume")


def rig_of(run: Run) -> VirtualRig:
    """The virtual rig behind a run."""
    rig = run._runner._rig
    assert isinstance(rig, VirtualRig)
    return rig


@pytest.fixture(scope="module")
def by_person(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], VirtualRig]:
    """A run in which a person moves the sample: its file, what was asked, and what was true."""
    path, asked = tmp_path_factory.mktemp("regions") / "scan.h5", list[str]()
    run = seccm.session.run(plan_of(), path=path, seed=4)
    rig = rig_of(run)
    *_, last = answered(run, asked)
    assert isinstance(last, RunStopped)
    assert last.status == "complete"
    return path, asked, rig


def test_a_person_is_asked_before_each_region(
    by_person: tuple[Path, list[str], VirtualRig],
) -> None:
    _, asked, _ = by_person
    assert len(asked) == len(LABELS)
    for words, label in zip(asked, LABELS, strict=True):
        assert label in words


def test_the_tip_is_at_the_top_and_dry_whenever_the_sample_moves(
    by_person: tuple[Path, list[str], VirtualRig],
) -> None:
    _, _, rig = by_person
    carried = rig.truth.carried
    assert [one.region for one in carried] == LABELS
    assert [one.landings for one in carried] == [0, 2, 4], "two sites in each"
    for one in carried:
        assert not one.wet
        assert one.z == pytest.approx(TOP)


def test_every_region_is_landed_on_though_its_surface_is_elsewhere(
    by_person: tuple[Path, list[str], VirtualRig],
) -> None:
    path, _, rig = by_person
    assert not rig.truth.crashes, "each surface is looked for again"
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 6
        z = scan.sites["z_contact"].reshape(3, 2).mean(axis=1)
        regions = [scan.planned[k].region for k in range(6)]
        assert not scan.sites["quality"].any(), "no site lies on another one's ground"
    assert regions == [label for label in LABELS for _ in range(2)]
    assert np.ptp(z) > 0.3e-6, "the planted heights of the regions differ"


def test_the_coarse_stage_of_a_rig_asks_nobody(tmp_path: Path, by_rig: RigFile) -> None:
    plan = plan_of(1, regions={**REGIONS, "moved_by": "rig"})
    run, asked = seccm.session.run(plan, by_rig, path=tmp_path / "scan.h5", seed=4), list[str]()
    rig = rig_of(run)
    *_, last = answered(run, asked)
    assert isinstance(last, RunStopped)
    assert (last.status, asked) == ("complete", [])
    assert [one.region for one in rig.truth.carried] == LABELS
    assert all(not one.wet and one.z == pytest.approx(TOP) for one in rig.truth.carried)


@pytest.mark.parametrize("site", [0, 1])
def test_a_run_goes_on_inside_a_region_and_between_two(
    tmp_path: Path, site: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = known_at_each_site(monkeypatch)
    path, asked = tmp_path / "scan.h5", list[str]()
    run = seccm.session.run(plan_of(), path=path, seed=4)
    for event in answered(run, asked):
        if isinstance(event, SiteFinished) and event.site == site:
            run.ask("stop")
    again, rest = seccm.session.resume(path), list[str]()
    rig = rig_of(again)
    *_, last = answered(again, rest)
    assert isinstance(last, RunStopped)
    assert last.status == "complete"
    # Inside a region nobody moves the sample; its surface is known.
    left = LABELS[(site + 1) // 2 :] if (site + 1) % 2 == 0 else LABELS[(site + 1) // 2 + 1 :]
    assert len(rest) == len(left)
    assert all(label in words for label, words in zip(left, rest, strict=True))
    assert not rig.truth.crashes
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 6
        contacts = scan.sites["z_contact"].tolist()
    # In both sessions the second site of a region knows the first one, and no other.
    assert known == [(k, contacts[k - 1 : k] if k % 2 else []) for k in range(6)]


def known_at_each_site(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[float]]]:
    """Have noted, for each site that begins, the heights of all that is known of the surface."""
    known: list[tuple[int, list[float]]] = []

    def hop(site: Site, info: Any, course: Any, terrain: Terrain, judge: Any) -> Any:
        told = terrain.relief._told[: len(terrain.relief), 2].tolist()
        heights = [one[2] for one in (*terrain._landings, *terrain._glimpses)]
        assert heights == told, "nor is there a relief of another region"
        known.append((site.number, heights))
        return engine_hop(site, info, course, terrain, judge)

    engine_hop = engine.hop
    monkeypatch.setattr(engine, "hop", hop)
    return known


NAMES = (
    "status", "landed", "quality", "t_start", "t_end", "t_contact", "x_cmd", "y_cmd", "z_contact",
)  # fmt: skip


@pytest.mark.parametrize("order", ["NNMMSS", "NMSNMS", "NNNNNN", "NMMNSN"])
def test_of_a_file_only_the_region_below_the_tip_is_known(
    by_person: tuple[Path, list[str], VirtualRig], order: str
) -> None:
    """Wherever a run broke off; also where it came back to a region: the sample was moved since."""
    with seccm.open(by_person[0]) as scan:
        whole = np.rec.fromarrays([scan.sites[name] for name in NAMES], names=NAMES)
    planned: Any = [SimpleNamespace(region=region) for region in order]
    for cut in range(7):
        sites = whole.copy()
        for name in ("t_start", "t_end", "t_contact", "z_contact"):
            sites[name][cut:] = math.nan
        sites["status"][cut:], sites["landed"][cut:] = Outcome.PLANNED, 0
        left: Any = SimpleNamespace(sites=sites)
        terrain = known_surface(left, 0.0, planned)
        before = order[:cut]
        stays = len(before) - len(before.rstrip(before[-1])) if before else 0
        heights = [one[2] for one in terrain._landings]
        assert heights == sites["z_contact"][cut - stays : cut].tolist()
        assert len(terrain.relief) == stays
        assert terrain.known is (stays > 0)


def test_what_is_forgotten_is_as_if_nothing_had_been_told() -> None:
    """Also how much deeper descents had gone below a landing that stood alone."""
    terrain = Terrain()
    terrain.tell(0.0, 0.0, 50e-6, 0.0)
    terrain.doubt()
    terrain.surprise()
    for _ in range(2):
        terrain.miss()
        terrain.asked()
    terrain.tell(0.0, 0.0, 40e-6, 1.0)
    terrain.asked()
    terrain.forget()
    fresh = Terrain()
    for one in (terrain, fresh):
        assert not one.known
        assert one.expect(0.0, 0.0, 2.0, 1e-6) is one.latest(0.0, 0.0, 2.0, 1e-6) is None
        assert (one.highest, one.landings, one.missed) == (-math.inf, 0, 0)
        one.glimpse(0.0, 0.0, 60e-6, 3.0)
    assert terrain.expect(0.0, 0.0, 4.0, 1e-6) == fresh.expect(0.0, 0.0, 4.0, 1e-6)


@pytest.mark.parametrize(("moved_by", "resumed"), [("person", True), ("rig", False)])
def test_a_region_whose_surface_is_out_of_reach_is_asked_for(
    tmp_path: Path, by_rig: RigFile, moved_by: str, *, resumed: bool
) -> None:
    """Whoever brings it closer has it landed on, afresh; until then nothing goes near it."""
    one = {"labels": LABELS[:1], "positions": PLACES[:1], "moved_by": moved_by}
    plan, path = plan_of(regions=one, on_no_contact={"retries": 0}), tmp_path / "scan.h5"
    run = seccm.session.run(plan, by_rig, path=path, seed=4, faults=["no-surface@site=0"])
    rig, asked, heights = rig_of(run), list[str](), list[float]()
    for event in run:
        if isinstance(event, Paused):
            asked.append(event.why)
            vain = "No contact in region north within 70 um" in event.why
            if vain:
                heights.append(rig.height)
                assert event.asks
                assert rig._world.drive.mode == "open", "the cell is off"
            run.ask("stop" if vain and resumed else "resume")
    assert heights == pytest.approx([TOP], abs=1e-7), "asked once, tip at the top"
    by_hand = moved_by == "person"
    if resumed:
        again = seccm.session.resume(path)
        rig = rig_of(again)
        *_, last = answered(again, asked)
        assert isinstance(last, RunStopped)
        assert last.status == "complete"
    assert len(asked) == by_hand + 1 + (by_hand and resumed), "nobody knows what was moved since"
    assert not rig.truth.crashes
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.NO_CONTACT, Outcome.OK]


@pytest.mark.parametrize("how", ["stop", "halt", "emergency"])
def test_it_can_be_ended_while_a_person_is_asked(tmp_path: Path, how: str) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.session.run(plan_of(1), path=path, seed=4)
    rig, asked = rig_of(run), 0
    for event in run:
        if isinstance(event, Paused):
            asked += 1
            run.ask(how if asked == 2 else "resume")
    assert rig.height == pytest.approx(TOP, abs=1e-7), "the tip is up"
    assert rig._world.drive.mode == "open", "the cell is off"
    with seccm.open(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK, Outcome.PLANNED, Outcome.PLANNED]
    asked_again = list[str]()
    list(answered(seccm.session.resume(path), asked_again))
    assert "middle" in asked_again[0], "nobody knows how far the person had got"


def test_a_closed_circuit_keeps_the_sample_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    run = seccm.session.run(plan_of(1), path=path, seed=4, faults=["wet-at-start"])
    rig, why = rig_of(run), list[str]()
    for event in run:
        if isinstance(event, Paused):
            why.append(event.why)
            assert not event.by_planner
            run.ask("resume" if len(why) == 1 else "stop")
    assert not rig.truth.carried
    assert len(why) == 2, "who resumes has it looked at again"
    assert all("circuit is closed with the tip at the top" in words for words in why)
    with seccm.open(path) as scan:
        assert not scan.sites["status"].any(), "no site was begun"


# ------------------------------------------------------------------------------------ plans


def wrong(**tables: Any) -> str:
    """What is said of a plan."""
    with pytest.raises(PlanError) as caught:
        plan_of(**tables)
    return str(caught.value)


@pytest.mark.parametrize(
    ("regions", "says"),
    [
        ({"labels": ["A", "A"]}, '"A" names 2 regions'),
        ({"labels": ["A", "B"], "positions": PLACES}, "3 places for 2 regions"),
        ({"labels": ["A", "B"], "values": {"cu": ["0.1"]}}, "1 value for 2 regions"),
        ({"labels": ["A", "B"], "values": {"cu": ["0.1", "1 um"]}}, "one kind"),
        ({"labels": ["A", "B"], "moved_by": "rig"}, "positions: are missing"),
        ({"labels": []}, "regions.labels"),
    ],
)
def test_a_wrong_table_is_refused(regions: dict[str, Any], says: str) -> None:
    assert says in wrong(regions=regions)


def test_what_cannot_be_moved_has_no_regions() -> None:
    channels = {"kind": "channels", "labels": ["P1"], "areas": "100 um^2"}
    with pytest.raises(PlanError, match="nothing moves there"):
        Plan(
            title="array", sample="dummy", sites=channels, regions=REGIONS,
            reference={"name": "r", "electrode": "Ag", "offset": 0.0, "provenance": "assumed"},
            program=[{"step": "open circuit", "duration": 1.0}],
        )  # fmt: skip


def test_the_rig_must_reach_every_region(by_rig: RigFile) -> None:
    far = {"labels": ["near", "far"], "positions": [["0 mm", "0 mm"], ["0 mm", "30 mm"]]}
    plan = plan_of(regions={**far, "moved_by": "rig"})
    (virtual,) = (p for p in plan.check(info_of(load_rig("virtual"))) if p.severity == "error")
    assert virtual.suggestion is not None
    assert "no coarse stage" in virtual.what
    (beyond,) = (p for p in plan.check(info_of(by_rig)) if p.severity == "error")
    assert "region far" in beyond.what
    by_hand = plan.replace(regions={**far, "moved_by": "person"})
    assert not [p for p in by_hand.check(info_of(by_rig)) if p.severity == "error"]


def info_of(rig: RigFile) -> RigInfo:
    """What a rig can do."""
    return build_rig(rig, plan_of().mounted, seed=0).info


def test_all_regions_are_there_again_when_a_plan_was_written() -> None:
    plan = plan_of(2, 2, regions={**REGIONS, "values": {"cu": ["0.1", "0.2", "0.4"]}})
    again = Plan.from_json(plan.to_json())
    assert again == plan
    sites = again.sites()
    assert [site.region for site in sites] == [label for label in LABELS for _ in range(4)]
    places = {(site.x, site.y) for site in sites}
    assert len(places) == 4, "the same places in each"
    assert [site.levels[-1] for site in sites[::4]] == [0.1, 0.2, 0.4]


def test_a_value_of_the_region_may_be_in_the_steps() -> None:
    step = {"step": "constant current", "current_density": "$j", "duration": "$wait"}
    plan = plan_of(
        1, regions={**REGIONS, "values": {"wait": ["1 s", "2 s", "3 s"]}}, program=[step]
    )
    longest = [site.measuring_time(CLOCK)[1] for site in plan.sites()]
    assert longest == pytest.approx([1.0, 2.0, 3.0], abs=2 * CLOCK.period)


CLOCK = info_of(load_rig("virtual")).clock


def test_used_ground_is_that_of_the_same_region_alone() -> None:
    plan = plan_of()
    first, *_ = sites = plan.sites()
    placing = Placing(plan, info_of(load_rig("virtual")), sites[:1])
    elsewhere = plan.site(first.x, first.y, {"j": -10.0}, region="south")
    assert placing.place(elsewhere).region == "south"
    for region in ("north", "south"):
        with pytest.raises(PlanError, match="used ground"):
            placing.place(plan.site(first.x, first.y, {"j": -10.0}, region=region))
    with pytest.raises(PlanError, match="region"):
        plan.site(first.x, first.y, {"j": -10.0})
    with pytest.raises(PlanError, match='"west" is not a region'):
        plan.site(first.x, first.y, {"j": -10.0}, region="west")


def test_a_place_is_forbidden_in_one_region_or_in_all() -> None:
    plan = plan_of()
    sites = [site for site in plan.sites() if site.x == plan.sites()[0].x]
    here = sites[0]
    one = Instruction("forbid", here.x, here.y, region="middle")
    assert Instruction.read(one.text) == one
    ground = Forbidden(plan.probe.diameter, [one])
    assert [ground.by(site) is not None for site in sites] == [False, True, False]
    ground.take(Instruction("allow", here.x, here.y, region="south"))
    assert ground.by(sites[1]) is not None
    everywhere = Forbidden(plan.probe.diameter, [Instruction("forbid", here.x, here.y)])
    assert all(everywhere.by(site) is not None for site in sites)


def test_terrain_forgets_all_that_it_was_told() -> None:
    terrain = Terrain()
    for k in range(5):
        terrain.tell(1e-5 * k, 0.0, 5e-5, float(k))
    terrain.miss()
    terrain.surprise()
    terrain.forget()
    assert not terrain.known
    assert terrain.expect(0.0, 0.0, 6.0, 1e-6) is None
    assert (terrain.landings, terrain.missed, terrain.highest) == (0, 0, -math.inf)


# --------------------------------------------------------------------------------- planners


def library(**planner: Any) -> Plan:
    """A grid of regions whose result is highest in one of them."""
    labels = [f"R{k}" for k in range(25)]
    positions = [[4.5e-3 * (k % 5), 4.5e-3 * (k // 5)] for k in range(25)]
    table = {
        "kind": "gaussian process", "learn": [{"result": "Q"}], "regions": "by place",
        "first": 5, "repeats": 3, "goal": {"kind": "maximum"}, "stop": {"sites": 36}, **planner,
    }  # fmt: skip
    values = {"cu": [0.04 * (k % 5) for k in range(25)], "ni": [0.02 * (k // 5) for k in range(25)]}
    regions = {"labels": labels, "positions": positions, "values": values}
    return plan_of(3, 1, regions=regions, planner=table)


def planted(site: Site, rng: np.random.Generator) -> float:
    """An activity that is largest at (13.5 mm, 9 mm), with scatter of single sites."""
    number = int(site.region[1:])
    x, y = 4.5 * (number % 5), 4.5 * (number // 5)
    return math.exp(-((x - 13.5) ** 2 + (y - 9.0) ** 2) / 60.0) + 0.05 * float(
        rng.standard_normal()
    )


def screened(plan: Plan, seed: int) -> list[tuple[Site, float]]:
    """What a planner asks for."""
    planner = KINDS.of(plan.planner.kind).begin(plan.planner, plan)
    assert planner is not None
    rng, found = np.random.default_rng(seed), list[tuple[Site, float]]()
    while isinstance(site := planner.ask(), Site):
        value = planted(site, rng)
        found.append((site, value))
        told = seccm.Finished(site, Outcome.OK, None, {"Q": Value(value, 0.01)}, 10.0 * len(found))
        planner.tell(told)
    return found


@pytest.mark.parametrize("among", ["by place", "by values"])
def test_the_most_active_region_is_found_with_half_of_them(among: str) -> None:
    found = screened(library(regions=among), 3)
    regions = [site.region for site, _ in found]
    assert len(found) == 36
    # Three sites in each, one after the other, on places of their own.
    for k in range(0, 36, 3):
        assert len(set(regions[k : k + 3])) == 1
        assert len({(site.x, site.y) for site, _ in found[k : k + 3]}) == 3
    assert len(set(regions)) == 12
    best = max(set(regions), key=lambda one: np.mean([v for s, v in found if s.region == one]))
    assert best in ("R13", "R12"), "the planted one, or the one beside it"


def test_a_planner_sees_where_the_regions_are() -> None:
    plan = library()
    by_place = Space(plan, {}, chosen=False, regions="by place")
    assert [d.name for d in by_place.directions] == ["region x", "region y"]
    points = by_place.inside(by_place.net(0))
    assert plan.regions is not None
    known = np.array([one.position for one in plan.regions.each()])
    assert np.sort(points, axis=0) == pytest.approx(np.sort(known, axis=0))
    by_values = Space(plan, {}, chosen=False, regions="by values")
    assert [d.name for d in by_values.directions] == ["cu", "ni"]
    used = {k for k, site in enumerate(plan.sites()) if site.region == "R7"}
    assert all(c.place not in used for c in by_place.candidates(used, 0))
    assert len(by_place.candidates(used, 0)) == 24


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"planner": {"places": "any", "regions": "in order"}}, "all regions for one map"),
        ({"planner": {"repeats": 4}}, "each region has 3 places"),
    ],
)
def test_what_a_planner_cannot_do_with_regions_is_said(tables: dict[str, Any], says: str) -> None:
    plan = library(**tables["planner"])
    assert any(says in str(p) for p in plan.check(info_of(load_rig("virtual"))))


def test_a_planner_of_regions_needs_regions() -> None:
    table = {"kind": "gaussian process", "learn": [{"result": "Q"}], "regions": "by place"}
    plan = small_scan(3, 1, planner=table, factors={"j": ["-1 mA/cm^2"]}, design={})
    assert any("no table [regions]" in str(p) for p in plan.check(info_of(load_rig("virtual"))))
    none = {"labels": LABELS}
    plan = plan_of(planner={**table, "repeats": 1}, regions=none)
    assert any("does not say where" in str(p) for p in plan.check(info_of(load_rig("virtual"))))


def test_the_shipped_screen_fits_its_rig() -> None:
    plan = seccm.load_plan("activity-library")
    info = build_rig(load_rig("virtual-library"), plan.mounted, seed=0).info
    assert not [p for p in plan.check(info) if p.severity == "error"]
    assert plan.regions is not None
    assert len(plan.sites()) == 3 * len(plan.regions.labels)
