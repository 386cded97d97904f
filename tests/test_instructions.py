"""What a person tells a run with a planner: pin, add, forbid, allow; kept, and followed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned_runs import Scripted, places
from planted_screens import nucleation, planner_of, screen
from small_scan import small_scan

import seccm
from seccm.cli.asking import instruction_of
from seccm.cli.verbs import Verb
from seccm.conductor.instructed import Instructed
from seccm.errors import NotNow, PlanError
from seccm.events import Outcome, Paused, SiteFinished, SiteStarted
from seccm.plan.instruction import KINDS, Forbidden, Instruction, site_of
from seccm.plan.placing import Placing
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.rigs import build_rig, load_rig

PLAN = small_scan(4, 3)
AT = places(PLAN)
UM = 1e-6
BESIDE = (AT[0][0] - 11 * UM, AT[0][1])
"""A place that is none of the plan's."""


def pin(place: int, **changes: Any) -> Instruction:
    """An instruction to visit a place of the plan next."""
    return Instruction("pin", *AT[place], {"j": "-1.5 mA/cm^2"}, who="Ada", **changes)


class Careful(Scripted):
    """Takes the first place that is free, and that nobody forbids; six sites of its own."""

    def __init__(self) -> None:
        super().__init__(self._free)
        self.ground: list[Instruction] = []

    def heed(self, instruction: Instruction) -> None:
        self.story.append(f"heed {instruction.kind}")
        self.ground.append(instruction)

    def _free(self, _: Scripted) -> seccm.Site | None:
        own = [one for one in self.heard if not one.instructed]
        used = {(one.site.x, one.site.y) for one in self.heard}
        forbidden = Forbidden(PLAN.probe.diameter, self.ground)
        sites = (PLAN.site(*at, {"j": -10.0 - len(self.heard)}) for at in AT if at not in used)
        return next((s for s in sites if forbidden.by(s) is None), None) if len(own) < 5 else None


def instructed(path: Path, planner: Scripted, stop_after: int | None) -> list[int]:
    """A run in which somebody has something to say after the first site; the sites in order."""
    run = seccm.session.run(PLAN, path=path, planner=planner, seed=4)
    order = []
    for event in run:
        assert not isinstance(event, Paused), event
        if isinstance(event, SiteStarted):
            order.append(event.site)
        if isinstance(event, SiteStarted) and event.site == 1:
            for said in (
                Instruction("add", *BESIDE, {"j": "-2 mA/cm^2"}, who="Ada", why="A scratch?"),
                pin(7, why="Looks rough."), pin(3),
                Instruction("forbid", *AT[2], who="Ben", why="A fibre lies there."),
                Instruction("forbid", *AT[5]), Instruction("allow", *AT[5]),
            ):  # fmt: skip
                assert run.instruct(said).endswith(".")
        if isinstance(event, SiteFinished) and event.site == stop_after:
            run.ask("stop")
    with pytest.raises(NotNow):
        run.instruct(pin(8))
    return order


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Careful]:
    path, planner = tmp_path_factory.mktemp("instructed") / "scan.h5", Careful()
    assert instructed(path, planner, None) == list(range(8))
    return path, planner


def what_was_done(path: Path) -> list[tuple[float, float, float, float]]:
    with seccm.open(path) as scan:
        assert set(scan.sites["status"].tolist()) == {Outcome.OK}
        names = ("x_cmd", "y_cmd", "factor_j", "Q")
        return list(zip(*(scan.sites[name].tolist() for name in names), strict=True))


def test_pinned_sites_come_next_then_added_ones_and_forbidden_ones_never(
    undisturbed: tuple[Path, Careful],
) -> None:
    path, planner = undisturbed
    done = [(x, y) for x, y, *_ in what_was_done(path)]
    wanted = [AT[0], AT[1], AT[7], AT[3], BESIDE, AT[4], AT[5], AT[6]]
    assert np.array(done) == pytest.approx(np.array(wanted), abs=1e-9)
    assert [one.instructed for one in planner.heard] == [False] * 2 + [True] * 3 + [False] * 3
    assert planner.story.count("heed forbid") == 2, "it may choose with them in mind"


def test_each_is_in_the_file_with_who_when_and_why(undisturbed: tuple[Path, Careful]) -> None:
    with seccm.open(undisturbed[0]) as scan:
        said, decisions = scan.instructions, scan.decisions
        assert [one.kind for one in said.values()] == [
            "add", "pin", "pin", "forbid", "forbid", "allow",
        ]  # fmt: skip
        assert said[3].why == "A fibre lies there."
        assert {one.who for one in said.values()} == {"Ada", "Ben", ""}
        assert all(one.when.endswith("+00:00") and one.after == 2 for one in said.values())
        assert [decisions[k].instruction for k in (2, 3, 4)] == [1, 2, 0]
        assert decisions[2].reason == f"{said[1].words}"
        assert "Looks rough." in decisions[2].reason
        levels = scan.sites["factor_j"][2:5].tolist()
        assert levels == pytest.approx([-15.0, -15.0, -20.0]), "as the person gave them"


@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_run_that_is_resumed_follows_them_as_one_that_was_not_disturbed(
    undisturbed: tuple[Path, Careful], tmp_path: Path, stop_after: int
) -> None:
    path = tmp_path / "scan.h5"
    instructed(path, Careful(), stop_after)
    planner = Careful()
    for event in seccm.session.resume(path, planner=planner):
        assert not isinstance(event, Paused), event
    mine, other = (np.array(what_was_done(p)) for p in (path, undisturbed[0]))
    assert mine[:, :3] == pytest.approx(other[:, :3], abs=1e-12)
    assert [one.site.number for one in planner.heard] == list(range(8))
    assert planner.story.index("heed forbid") == planner.story.index("tell 1") + 1


# ------------------------------------------------------------ what cannot be followed


@pytest.fixture(scope="module")
def placing() -> Callable[[], Placing]:
    rig = build_rig(load_rig("virtual"), PLAN.mounted)
    try:
        rig.open()
        info = rig.info
    finally:
        rig.close()

    def made() -> Placing:
        found = Placing(PLAN, info)
        found.place(PLAN.site(*AT[0], {"j": -10.0}))
        return found

    return made


WRONG: tuple[tuple[str, list[Instruction], str], ...] = (
    ("used", [pin(0)], "used ground: site 0"),
    ("used beside", [Instruction("add", AT[0][0] + 2 * UM, AT[0][1], {"j": -10.0})], "used ground"),
    ("twice", [pin(1), pin(1)], "a site that is to come"),
    ("out of reach", [Instruction("add", 1.0, 0.0, {"j": -10.0})], "The site lies beyond axis x"),
    ("no place", [Instruction("pin", *BESIDE, {"j": -10.0})], "is not a place of the plan"),
    ("no level", [Instruction("pin", *AT[1])], "has no level"),
    ("no factor", [replace(pin(1), levels={"j": -10.0, "k": 1.0})], "is not a factor"),
    ("no such quantity", [replace(pin(1), levels={"j": "3 V"})], "is not a quantity like"),
    ("forbidden", [Instruction("forbid", *AT[1]), pin(1)], "where no site may be"),
    ("nothing there", [Instruction("allow", *AT[1])], "Nothing was forbidden there"),
)


@pytest.mark.parametrize(("said", "words"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_cannot_be_followed_is_refused_at_once_and_changes_nothing(
    placing: Callable[[], Placing], said: list[Instruction], words: str
) -> None:
    kept: list[Instruction] = []
    instructed = Instructed(placing(), lambda _, one: kept.append(one))
    *before, last = said
    for one in before:
        instructed.take(one)
    with pytest.raises(PlanError, match=words):
        instructed.take(last)
    assert len(kept) == len(before)
    waiting = [instructed.next(kind) for kind in ("pin", "add")]
    assert sum(site is not None for site in waiting) == sum(one.visits for one in before)


def test_nothing_is_followed_that_cannot_be_stored(placing: Callable[[], Placing]) -> None:
    def full(number: int, instruction: Instruction) -> None:
        raise seccm.RigError("store-failed", "scan.h5", "the disk is full.")

    instructed = Instructed(placing(), full)
    with pytest.raises(seccm.RigError, match="disk is full"):
        instructed.take(pin(1))
    assert instructed.next("pin") is None


def test_the_newest_of_two_that_contradict_each_other_counts(
    placing: Callable[[], Placing],
) -> None:
    instructed = Instructed(placing(), lambda *_: None)
    instructed.take(pin(1))
    instructed.take(Instruction("forbid", *AT[1]))
    assert instructed.next("pin") is None
    instructed.take(Instruction("allow", *AT[1]))
    instructed.take(pin(1))
    instructed.take(Instruction("allow", *AT[1]))
    assert instructed.next("pin") is None, "taken back"


def test_a_plan_without_planner_refuses_with_what_to_do_instead(tmp_path: Path) -> None:
    with (
        seccm.session.run(small_scan(1, 1), path=tmp_path / "scan.h5") as run,
        pytest.raises(PlanError, match=r"visits the sites of its plan.*\[planner\]"),
    ):
        run.instruct(pin(0))


@pytest.mark.parametrize("kind", KINDS)
def test_an_instruction_reads_back_as_it_was_written(kind: Any) -> None:
    one = Instruction(kind, 1e-6, -2e-6, {"j": "-1 mA/cm^2", "k": 0.5}, 3e-6, "Åse", "Größer?")
    assert Instruction.read(one.text) == one
    assert one.text.isascii()
    table = json.loads(one.text)
    for broken in ("", "[]", "{}", json.dumps({**table, "kind": "dance"}), '{"kind": "pin"}'):
        with pytest.raises(ValueError, match=r"instruction|Expecting"):
            Instruction.read(broken)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_place_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(PlanError) as caught:
        Instruction("pin", value, value, radius=-1.0)
    assert {problem.where for problem in caught.value.problems} == {"x", "y", "radius"}


# ------------------------------------------------------------ the planners of the program

MAP = {
    "kind": "gaussian process", "places": "any", "learn": [{"result": "E_nuc"}], "first": 4,
    "batch": 2, "stop": {"sites": 14},
}  # fmt: skip


def told(
    plan: seccm.Plan, said: dict[int, list[Instruction]], most: int = 14, known: int = 0
) -> Iterator[Site]:
    """Sites of a planner to whom somebody says something after so many sites.

    Args:
        plan: with the planner.
        said: instructions, by the number of sites before them.
        most: sites.
        known: sites that are told in one go, as to a run that is resumed.
    """
    planner: Any = planner_of(plan)
    before = list(told(plan, said, known)) if known else []
    law = nucleation()
    rng = np.random.default_rng(7)
    for done in range(most):
        wanted = [one for one in said.get(done, ()) if one.visits]
        for one in said.get(done, ()):
            if not one.visits:
                planner.heed(one)
        if done < known:
            site = before[done]
        elif wanted:
            site = site_of(plan, wanted[0], 0)
        else:
            site = planner.ask()
            if not isinstance(site, Site):
                return
        yield site
        planner.tell(
            Finished(
                site,
                Outcome.OK,
                None,
                law(site, rng) if site.levels[0] < 0.0 else {},
                1.0 * done,
                instructed=bool(wanted),
            )
        )


@pytest.mark.parametrize("known", [5, 7])
def test_the_process_keeps_away_from_forbidden_ground_and_uses_what_was_wanted(known: int) -> None:
    plan = screen(MAP, 4, 4)
    at = places(plan)
    said = {
        2: [Instruction("forbid", *at[5]), Instruction("forbid", *at[10], radius=11 * UM)],
        0: [Instruction("pin", *at[3], {"j": "-1 mA/cm^2"})],
        7: [Instruction("allow", *at[5])],
    }
    sites = list(told(plan, said))
    assert (sites[0].x, sites[0].y) == at[3]
    ground = Forbidden(plan.probe.diameter, said[2])
    assert all(ground.by(site) is None for site in sites[2:7])
    assert len({(site.x, site.y) for site in sites}) == len(sites), "each place once"
    again = list(told(plan, said, known=known))
    assert [(s.x, s.y, s.levels) for s in again] == [(s.x, s.y, s.levels) for s in sites]


def test_a_level_that_the_scale_of_a_planner_does_not_reach_is_not_learnt_from() -> None:
    """A person may want a site at the other sign: the planner goes on without it."""
    plan = screen(
        {"kind": "bisection", "factor": "j", "between": ["-0.2 mA/cm^2", "-3 mA/cm^2"],
         "scale": "logarithmic", "result": "t_nuc", "target": "2 s", "stop": {"sites": 6}}, 3, 3
    )  # fmt: skip
    at = places(plan)
    other = [Instruction("pin", *at[6], {"j": "1 mA/cm^2"})]
    sites, plain = list(told(plan, {4: other})), list(told(plan, {}))
    assert len(sites) == len(plain) == 6
    assert [s.levels for s in sites[:4]] == [s.levels for s in plain[:4]]


# ------------------------------------------------------------ the command line


def test_the_command_line_reads_a_place_with_its_units() -> None:
    said = instruction_of(Verb.PIN, "11 um", "0.022 mm", ["j = -1 mA/cm^2"], "", "Why not")
    assert said is not None
    assert (said.kind, said.x, said.y) == ("pin", 11e-6, pytest.approx(22e-6))
    assert said.levels == {"j": "-1 mA/cm^2"}
    assert said.who.endswith(", command line")
    assert instruction_of(Verb.PAUSE, "", "", [], "", "") is None
    there = instruction_of(Verb.FORBID, "11 um", "22 um", [], "5 um", "", region="B1")
    assert there is not None
    assert (there.region, there.radius) == ("B1", 5e-6)
    with pytest.raises(PlanError, match="--region"):
        instruction_of(Verb.RESUME, "", "", [], "", "", region="B1")


@pytest.mark.parametrize(
    ("verb", "x", "y", "levels", "radius", "wrong"),
    [
        (Verb.PIN, "", "3", [], "", {"--x", "--y"}),
        (Verb.PIN, "1 V", "1 um", ["j"], "1 um", {"--x", "--level", "--radius"}),
        (Verb.FORBID, "1 um", "1 um", ["j = 1 V"], "", {"--level"}),
        (Verb.FORBID, "1 um", "1 um", [], "wide", {"--radius"}),
        (Verb.STOP, "1 um", "", [], "", {"--x"}),
    ],
)
def test_it_says_all_that_is_wrong_at_once(
    verb: Verb, x: str, y: str, levels: list[str], radius: str, wrong: set[str]
) -> None:
    with pytest.raises(PlanError) as caught:
        instruction_of(verb, x, y, levels, radius, "")
    assert {problem.where for problem in caught.value.problems} == wrong
