"""Sites at which nothing moves: channels of an electrode array, and an electrode in its place."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_world import INFO as LITTLE
from little_world import a_block
from small_plan import TABLES
from whole_columns import column_of

import seccm
from seccm.errors import LimitError, PlanError, RigError
from seccm.events import Outcome, Paused, RunStopped
from seccm.hopping.course import Course, Steps
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import way_of
from seccm.plan import Plan
from seccm.plan.recipe import Recipe
from seccm.rig import Action, Connect, Constant, Drive, Freeze, Move, SwitchInfo
from seccm.rigs import load_rig
from sim.virtual_rig import VirtualRig

UM2 = 1e-12
STEPS: list[dict[str, Any]] = [
    {"step": "constant potential", "potential": 0.1, "duration": 0.5},
    {"step": "open circuit", "duration": 0.2},
]
CHANNELS: dict[str, Any] = {
    "kind": "channels",
    "labels": ["P1", "P2", "P3"],
    "areas": [100 * UM2, 200 * UM2, 300 * UM2],
}
HERE: dict[str, Any] = {"kind": "here", "area": 491 * UM2, "values": {"RG": [10.0]}}
RIG = """
kind = "virtual"
[switch]
channels = ["P1", "P2", "P3"]
[samples.dummy]
kind = "circuit"
parallel = "100 Mohm"
"""


def plan_of(sites: dict[str, Any] = CHANNELS, **tables: Any) -> Plan:
    """A plan of dummy cells at which nothing moves."""
    return Plan(
        **{
            "title": "array",
            "sample": "dummy",
            "reference": {"name": "ref", "electrode": "Ag", "offset": 1.0, "provenance": "assumed"},
            "sites": sites,
            "program": STEPS,
            **tables,
        }
    )


def problems(sites: dict[str, Any], **tables: Any) -> dict[str, str]:
    """What is wrong with a plan, by key."""
    with pytest.raises(PlanError) as refused:
        plan_of(sites, **tables)
    return {problem.where: str(problem) for problem in refused.value.problems}


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A rig file with relays for three channels."""
    path = tmp_path / "rig.toml"
    path.write_text(RIG, encoding="utf-8")
    return path


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch) -> list[Action]:
    """Everything that the virtual rig is told from now on."""
    told: list[Action] = []
    apply = VirtualRig.apply

    def listened(self: VirtualRig, action: Action) -> None:
        apply(self, action)
        told.append(action)

    monkeypatch.setattr(VirtualRig, "apply", listened)
    return told


# The plan


def test_a_channel_has_a_label_an_area_and_values() -> None:
    plan = plan_of({**CHANNELS, "blanks": ["P3"], "values": {"d": [1e-6, 2e-6, 3e-6]}})
    assert [site.label for site in plan.sites()] == ["P1", "P2", "P3"]
    assert plan.own_units == {"area": "m^2", "blank": "1", "d": "1"}
    assert [site.levels[:2] for site in plan.sites()] == [
        (100 * UM2, 0.0), (200 * UM2, 0.0), (300 * UM2, 1.0)
    ]  # fmt: skip


def test_a_current_density_is_over_the_area_of_its_own_electrode() -> None:
    step = {"step": "constant current", "current_density": 10.0, "duration": 1.0}
    imposed = [site.segments[0].waveform.extremes[1] for site in plan_of(program=[step]).sites()]
    np.testing.assert_allclose(imposed, [1e-9, 2e-9, 3e-9], rtol=1e-12)
    one = plan_of({**CHANNELS, "areas": 100 * UM2}, program=[step])
    assert {site.segments[0].waveform.extremes[1] for site in one.sites()} == {1e-9}


def test_tables_about_a_tip_are_refused_with_a_remedy_that_works() -> None:
    for name, table in {
        "approach": {"speed": 1e-6},
        "retract": {},
        "travel": {},
        "probe": {"aperture": 1e-6},
        "on_no_contact": {"then": "stop"},
    }.items():
        found = problems(CHANNELS, **{name: table})
        assert "nothing moves" in found[name]
        assert "Remove it" in found[name]


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"labels": ["P1", "P1", "P3"]}, "sites.labels"),
        ({"areas": [1e-10, 2e-10]}, "sites.areas"),
        ({"positions": [[0.0, 0.0]]}, "sites.positions"),
        ({"blanks": ["P9"]}, "sites.blanks"),
        ({"values": {"area": [1.0, 2.0, 3.0]}}, "sites.values.area"),
        ({"values": {"d": [1.0, 2.0]}}, "sites.values.d"),
        ({"columns": 2, "positions": [[0.0, 0.0]] * 3}, "sites.columns"),
    ],
)
def test_what_is_not_one_for_each_channel_is_told(keys: dict[str, Any], where: str) -> None:
    assert where in problems({**CHANNELS, **keys})


def test_a_way_goes_with_the_kind_of_its_sites() -> None:
    assert "way.kind" in problems(CHANNELS, way={"kind": "hopping"})
    with pytest.raises(PlanError) as refused:
        Plan.from_dict({**TABLES, "way": {"kind": "connected"}})
    assert [problem.where for problem in refused.value.problems] == ["way.kind"]


def test_plan_and_recipe_are_read_back_the_same_and_name_no_approach() -> None:
    for sites in (CHANNELS, HERE):
        plan = plan_of(sites)
        assert Plan.from_json(plan.to_json()) == plan
        assert not {"approach", "retract", "travel", "probe"} & plan.to_dict().keys()
        recipe = plan.sites()[0].recipe
        assert recipe is not None
        assert '"approach"' not in recipe.text
        assert Recipe.read(recipe.text).site() == plan.sites()[0].at(
            0, 0, -1, -1, number=0, repeat=0
        )


def test_a_recipe_of_a_tip_without_its_approach_is_damaged() -> None:
    recipe = plan_of().sites()[0].recipe
    assert recipe is not None
    with pytest.raises(ValueError, match="approach, retract and travel are missing"):
        Recipe.read(json.dumps({**json.loads(recipe.text), "way": {"kind": "hopping"}}))


def test_channels_lie_in_rows_or_where_the_plan_says() -> None:
    four = {"kind": "channels", "labels": ["a", "b", "c", "d"], "areas": 100 * UM2}
    places = plan_of(four).places.places()
    assert places.ix.tolist() == [0, 1, 0, 1]
    assert places.iy.tolist() == [0, 0, 1, 1]
    assert np.unique(places.x).tolist() == pytest.approx([0.0, 15e-6])
    placed = {**four, "positions": [[0, 0], [9e-6, 0], [1e-6, 0], [2e-6, 0]], "order": "shortest"}
    assert [site.label for site in plan_of(placed).sites()] == ["a", "c", "d", "b"]
    assert [site.x for site in plan_of(placed).sites()] == [0, 1e-6, 2e-6, 9e-6]


def test_a_planner_makes_sites_of_channels() -> None:
    plan = plan_of()
    site = plan.site(0.0, 0.0, {"area": 200 * UM2}, label="P2")
    assert site.label == "P2"
    assert site.recipe is not None
    assert site.recipe.area == 200 * UM2


# Nothing moves


def test_no_motion_can_be_created_at_all() -> None:
    """Whatever a way does: the course refuses every motion where nothing moves."""
    site = plan_of().sites()[0]
    course = Course(a_block(potential=[0.0]), clear=True, moves=site.moves)
    for axis in ("x", "y", "z"):
        with pytest.raises(RigError, match="nothing moves") as refused:
            next(course.next(Move(axis, 1e-6, 1e-6)))
        assert refused.value.code == "stays"


def handed_out(story: Steps[Any]) -> Iterator[Any]:
    """Everything that a story yields, whatever comes of it."""
    given: tuple[Any, ...] | None = next(story, None)
    for start in count(1, 50):
        if given is None:
            return
        yield from given
        try:
            given = story.send(a_block(start, potential=[0.0] * 50))
        except StopIteration:
            return


def test_the_way_itself_hands_out_drives_and_connections_alone() -> None:
    site = plan_of().sites()[0]
    for switch in (None, SwitchInfo(("P1",), 0.01)):
        course = Course(a_block(potential=[0.0]), moves=False)
        way = way_of(site, LITTLE, course, Terrain())
        out = [item for story in (way.arrive(), way.leave()) for item in handed_out(story)]
        assert out
        assert not any(isinstance(item, Move | Freeze) for item in out), switch


@pytest.mark.parametrize("sites", [CHANNELS, HERE], ids=["channels", "here"])
@pytest.mark.parametrize("verb", ["", "stop", "halt", "emergency"])
def test_a_run_moves_nothing_whatever_is_asked(
    sites: dict[str, Any], verb: str, rig: Path, tmp_path: Path, actions: list[Action]
) -> None:
    """To the end, or stopped, halted, or with an emergency: z stays, and the cell ends off."""
    way = {"switch": "rig"} if sites is CHANNELS else {}
    run = seccm.run(plan_of(sites, way=way), rig, path=tmp_path / "scan.h5")
    for event in run:
        if verb and isinstance(event, seccm.Landed):
            run.ask(verb)
    assert not any(isinstance(action, Move) for action in actions)
    z = column_of(tmp_path / "scan.h5", "z")
    assert np.ptp(z) < 0.02, "micrometres: the noise of its sensor, and no more"
    assert run.status.state.value == "done"


def test_here_needs_no_coordinates_and_invents_none(rig: Path, tmp_path: Path) -> None:
    for _ in seccm.run(plan_of(HERE), rig, path=tmp_path / "scan.h5"):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        assert scan.sites["factor_RG"].tolist() == [10.0]
        for name in ("z_contact", "z_rest", "overtravel", "x", "y"):
            assert math.isnan(scan.sites[name][0]), name
        measured = scan.site(0)
        step = measured.steps[0]
        np.testing.assert_allclose(measured.I[step].mean(), (0.1 - 1.0) / 100e6, rtol=1e-2)


# The circuit


@pytest.mark.parametrize(
    ("plausible", "good"),
    [
        ({"open_circuit": [0.9, 1.1]}, True),
        ({"open_circuit": [2.0, 4.0]}, False),
        ({"potential": 0.5, "current": [4e-9, 6e-9]}, True),
        ({"potential": 0.5, "current": [1e-12, 1e-9]}, False),
    ],
)
def test_an_implausible_circuit_ends_here_before_it_begins(
    plausible: dict[str, Any], good: bool, rig: Path, tmp_path: Path
) -> None:
    """100 Mohm, at open circuit 0 V raw: 1 V against the reference."""
    run = seccm.run(plan_of(HERE, way={"plausible": plausible}), rig, path=tmp_path / "scan.h5")
    if good:
        *_, stopped = run
        assert isinstance(stopped, RunStopped)
        assert stopped.status == "complete"
        return
    with pytest.raises(RigError, match="Cell off") as refused:
        for _ in run:
            pass
    assert refused.value.code == "implausible"
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.remaining() == (0,), "nothing was run: it is there for the next session"
        assert scan.steps["site"].tolist() == []


def test_an_implausible_channel_is_a_fault_and_the_others_go_on(rig: Path, tmp_path: Path) -> None:
    way = {"switch": "rig", "plausible": {"open_circuit": [2.0, 4.0]}}
    for _ in seccm.run(plan_of(way=way), rig, path=tmp_path / "scan.h5"):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert set(scan.sites["status"].tolist()) == {Outcome.FAULT}
        assert "at open circuit is 1" in scan.sites["reason"][0]


@pytest.mark.parametrize(
    "plausible",
    [{}, {"potential": 0.5}, {"current": [1e-12, 1e-9]}, {"open_circuit": [4.0, 2.0]},
     {"open_circuit": [2.0, 4.0], "potential": 0.1, "current": [0.0, 1.0]}],
)  # fmt: skip
def test_a_look_at_the_circuit_is_one_look(plausible: dict[str, Any]) -> None:
    assert any(
        key.startswith("way.plausible") for key in problems(HERE, way={"plausible": plausible})
    )


# The switch


def stretches(actions: list[Action]) -> Iterator[tuple[str, str]]:
    """The mode of the drive, and the channel, at each connection."""
    mode = ""
    for action in actions:
        if isinstance(action, Drive):
            mode = action.mode
        elif isinstance(action, Connect):
            yield mode, action.channel


def test_a_rig_switches_with_the_cell_off_and_breaks_before_it_makes(
    rig: Path, tmp_path: Path, actions: list[Action]
) -> None:
    for _ in seccm.run(plan_of(way={"switch": "rig"}), rig, path=tmp_path / "scan.h5"):
        pass
    found = list(stretches(actions))
    assert {mode for mode, _ in found} == {"open"}
    made = [channel for _, channel in found if channel]
    assert made == ["P1", "P2", "P3"]
    for before, (_, channel) in zip([None, *found], found, strict=False):
        assert not channel or before == ("open", ""), "every other channel was left before"


def test_a_switch_refuses_what_would_harm(rig: Path) -> None:
    from seccm.rigs import build_rig

    made = build_rig(load_rig(rig), plan_of().mounted)
    made.open()
    made.start()
    made.read()
    made.apply(Drive("potential", Constant(0.1)))
    with pytest.raises(LimitError, match="cell off"):
        made.apply(Connect("P1"))
    made.apply(Drive("open", Constant(0.0)))
    made.apply(Connect("P1"))
    with pytest.raises(LimitError, match="left before"):
        made.apply(Connect("P2"))
    with pytest.raises(LimitError, match="cannot connect 'P9'"):
        made.apply(Connect("P9"))
    made.close()


def test_a_plan_is_checked_against_the_switch_of_the_rig(rig: Path) -> None:
    other = {**CHANNELS, "labels": ["P1", "P2", "Q"]}
    with pytest.raises(PlanError, match='no channel "Q"'):
        seccm.run(plan_of(other, way={"switch": "rig"}), rig)
    with pytest.raises(PlanError, match="no switch for channels"):
        seccm.run(plan_of(sample="dummy-resistor", way={"switch": "rig"}), "virtual")
    with pytest.raises(PlanError, match="nobody connects"):
        seccm.run(plan_of(way={"switch": "nobody"}), rig)


# A person


def test_a_person_is_asked_before_each_channel_and_the_run_waits(
    rig: Path, tmp_path: Path, actions: list[Action]
) -> None:
    way = {"ask": "Place the probes on pad {label}, then continue."}
    run = seccm.run(plan_of(way=way), rig, path=tmp_path / "scan.h5")
    asked = []
    for event in run:
        if isinstance(event, Paused):
            assert event.asks
            assert run.status.waiting == event.why
            asked.append((event.why, [a for a in actions if isinstance(a, Drive)][-1:]))
            run.ask("resume")
    assert [why for why, _ in asked] == [
        f"Place the probes on pad {label}, then continue." for label in ("P1", "P2", "P3")
    ]
    assert all(not drives or drives[0].mode == "open" for _, drives in asked), "cell off"
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 3


def test_whoever_is_asked_may_stop_and_is_asked_again_when_the_run_is_resumed(
    rig: Path, tmp_path: Path
) -> None:
    run = seccm.run(plan_of(), rig, path=tmp_path / "scan.h5")
    answers = iter(["resume", "stop"])
    for event in run:
        if isinstance(event, Paused):
            run.ask(next(answers))
    again, asked = seccm.resume(tmp_path / "scan.h5"), []
    for event in again:
        if isinstance(event, Paused):
            asked.append(event.why)
            again.ask("resume")
    assert asked == ["Connect P2, then continue.", "Connect P3, then continue."]
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert scan.sites.words("status").tolist() == ["ok"] * 3
