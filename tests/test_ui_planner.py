"""What the window shows of a planner, and what an operator tells it there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planned_runs import Scripted
from pytestqt.qtbot import QtBot
from small_scan import small_scan
from test_regions import REGIONS, answered, plan_of
from ui_windows import LONG, ended, small_plan, window

import seccm
import seccm.session
from seccm.analysis import scales
from seccm.errors import PlanError
from seccm.events import Outcome, SiteStarted
from seccm.plan.decision import HALF, Belief, Decision, Direction, Progress
from seccm.plan.instruction import Instruction
from seccm.plan.regions import known_of_regions
from ui.instruction_line import InstructionLine
from ui.models.palette import DARK, LIGHT, Palette, Sizes
from ui.models.planning import (
    Law,
    Measured,
    Plane,
    Planning,
    along,
    axis_name,
    counted_words,
    progress_words,
    share_of,
    shown_as,
)
from ui.models.run_file import RunFile
from ui.models.showing import Showing
from ui.planner_view import EMPTY, EXPECTED, UNCERTAINTY, BeliefPlot, PathPlot, PlannerView

PLANNER = {
    "kind": "gaussian process", "places": "any", "learn": [{"result": "Q"}], "first": 3,
    "stop": {"uncertainty": "0.0001 C/m^2", "sites": 6, "no_gain": 5},
}  # fmt: skip
TABLE = """
kind = "gaussian process"
places = "any"
learn = [{ result = "Q" }]
first = 3
"""
PLAN = small_scan(3, 3, planner=PLANNER, design={}, factors={"j": ["-1 mA/cm^2"]})
AT = [(site.x, site.y) for site in PLAN.sites()]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan whose planner learnt a map, with what two persons said."""
    made = tmp_path_factory.mktemp("planned") / "scan.h5"
    run = seccm.session.run(PLAN, path=made, seed=5)
    for event in run:
        if isinstance(event, SiteStarted) and event.site == 0:
            run.instruct(Instruction("forbid", *AT[8], who="Ada", why="A fibre."))
            here = (run.sites or (None,))[0]
            free = [at for at in AT[:8] if here is None or at != (here.x, here.y)]
            for at in free:
                try:
                    run.instruct(Instruction("pin", *at, who="Ben"))
                    break
                except PlanError:  # the first site is there
                    continue
    return made


@pytest.fixture
def view(path: Path, qtbot: QtBot) -> Iterator[PlannerView]:
    made = PlannerView(RunFile(path), Showing("Li/Li+"))
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    made.show()
    qtbot.waitUntil(lambda: made.planning is not None, timeout=LONG)
    yield made
    made.close()


def test_the_decisions_are_read_with_the_way_to_the_end(path: Path) -> None:
    with seccm.open(path) as scan:
        planning = Planning.of(scan)
        values = scan.sites["Q"].tolist()
    assert planning.done == 6
    assert planning.next is None
    assert planning.head.startswith("The end. 6 sites are done")
    curve, aim, unit = planning.path
    assert aim == 1e-4
    assert unit == "C/m^2"
    assert curve[:, 0].tolist() == [4, 5, 6]
    assert planning.forbidden == pytest.approx(np.array([AT[8]]))
    assert planning.measured["Q"].values == pytest.approx(np.array(values))
    assert "1 of them asked for by a person" in counted_words(planning)
    assert [words.partition(":")[0] for words in planning.said()] == [
        "Pinned by Ben", "Forbidden by Ada",
    ]  # fmt: skip


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_the_map_is_drawn_with_sites_forbidden_ground_and_the_way(
    view: PlannerView, palette: Palette
) -> None:
    view.dress(palette, Sizes.of(96.0, glove=False))
    assert len(view.belief._places.data) == 9
    assert len(view.belief._sites.data) == 6
    assert len(view.belief._forbidden.data) == 1
    assert view.path._line.xData.tolist() == [4, 5, 6]
    before = [brush.color().name() for brush in view.belief._places.data["brush"]]
    view.what.setCurrentText(UNCERTAINTY)
    view.redraw()
    after = [brush.color().name() for brush in view.belief._places.data["brush"]]
    assert before != after
    assert view.bar.isVisible()
    assert view.planning is not None
    plane = view.planning.beliefs[0].plane()
    for what, values in ((EXPECTED, plane.mean), (UNCERTAINTY, 1.96 * plane.deviation)):
        view.what.setCurrentText(what)
        view.redraw()
        ends = scales.feature_scale(plane.unit, plane.mean)(np.array(plane.span(values)))
        image = view.bar._image
        drawn = image.mapRectToParent(image.boundingRect())
        assert [drawn.top(), drawn.bottom()] == pytest.approx(ends.tolist(), rel=1e-6)
    assert not view.line.isVisible(), "nobody takes instructions any more"


def test_what_a_person_wants_beyond_the_map_is_in_sight(qtbot: QtBot) -> None:
    points = np.array([[x, y] for x in (10e-6, 21e-6) for y in (10e-6, 21e-6)])
    added, coming, no = np.array([[80e-6, 15e-6]]), np.array([15e-6, 60e-6]), np.array([[0.0, 0.0]])
    plane = Plane((X, Y), points, np.ones(4), np.ones(4), added)
    plot = BeliefPlot(lambda x, y: None)
    qtbot.addWidget(plot)
    plot.dress(DARK, 14)
    plot.draw_plane(plane, np.full((4, 4), 255.0), coming, no)
    (left, right), (low, high) = plot.plotItem.vb.viewRange()
    for x, y in (*points, *added, coming, *no):
        assert left < x < right
        assert low < y < high
    law = Law(J, np.array([-3.0, -1.0]), *(np.array([k, k + 1.0]) for k in range(3)),
              np.empty(0), np.empty(0))  # fmt: skip
    plot.draw_law(law, ("Q", "C"), lambda values: values, -300.0)
    (left, right), _ = plot.plotItem.vb.viewRange()
    assert left < np.log10(300.0) < right, "a level that a person pinned"


def test_a_view_that_is_closed_before_it_could_read_is_quiet(path: Path, qtbot: QtBot) -> None:
    made = PlannerView(RunFile(path), Showing("Li/Li+"))
    qtbot.addWidget(made)
    made.shut()
    made._reading = Future()
    assert made._reading.cancel()
    made._soon()
    assert made.planning is None


def test_a_place_that_is_clicked_stands_in_the_fields(view: PlannerView) -> None:
    view._choose_place(AT[4][0] + 2e-6, AT[4][1] - 3e-6)
    told: list[Instruction] = []
    view.may_tell(told.append)
    view.line.why.setText("Because.")
    view.line.levels.setText("j = -1 mA/cm^2; k = 2")
    view.line.buttons["pin"].click()
    (said,) = told
    assert (said.x, said.y) == pytest.approx(AT[4])
    assert said.levels == {"j": "-1 mA/cm^2", "k": "2"}
    assert said.why == "Because."
    assert said.who.endswith(", window")
    view.told(said, True, "")
    assert view.line.words.text() == "Pinned: this place is visited next."
    view.told(said, False, "used ground")
    assert view.line.words.text() == "used ground"


def test_mistakes_of_the_line_are_said_all_at_once(qtbot: QtBot) -> None:
    line = InstructionLine(lambda kind: None)
    qtbot.addWidget(line)
    line.field_x.setText("3")
    line.levels.setText("j")
    with pytest.raises(PlanError) as caught:
        line.instruction("add")
    assert [problem.where for problem in caught.value.problems] == ["x", "y", "levels"]
    line.place(1e-6, 2e-6)
    assert line.instruction("forbid").levels == {}, "a place that is forbidden has no levels"


def test_the_file_of_a_plan_without_decisions_says_so(qtbot: QtBot) -> None:
    old = Path(__file__).parent / "old_files" / "li-on-au-cv.h5"
    made = PlannerView(RunFile(old), Showing())
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.planning is not None, timeout=LONG)
    assert "not decided anything" in made.head.text()
    assert made.belief.empty == EMPTY
    made.close()


# ------------------------------------------------------------ without a file


def belief(*directions: Direction, count: int = 4) -> Belief:
    points = np.stack(
        np.meshgrid(*[np.linspace(-1.0, -1e-3, count)] * len(directions), indexing="ij"), axis=-1
    ).reshape(-1, len(directions))
    return Belief("Q", "C/m^2", directions, points, points.sum(axis=1), np.full(len(points), 0.5))


J, K, X, Y = (Direction("j", "A/m^2", True), Direction("k_2", "1"), Direction("x", "m"),
              Direction("y", "m"))  # fmt: skip


def test_along_one_direction_the_interval_is_around_the_mean_and_sites_without_number_are_out():
    one = belief(J)
    measured = Measured(np.array([[-0.5], [-0.1], [np.nan]]), np.array([1.0, np.nan, 2.0]))
    law = shown_as(one, measured)
    assert isinstance(law, Law)
    assert (np.diff(law.at) > 0).all()
    assert law.high - law.low == pytest.approx(np.full(4, 2 * 1.96 * 0.5))
    assert 0.5 * (law.high + law.low) == pytest.approx(law.mean)
    assert law.sites.tolist() == [-0.5]
    assert along(J, law.at) == pytest.approx(np.log10(np.abs(law.at))), "magnitudes"
    assert axis_name(J) == ("|<i>j</i>|", "A/m^2")
    assert axis_name(K) == ("<i>k</i><sub>2</sub>", "1")


@pytest.mark.parametrize(
    ("directions", "pair"),
    [((J, K), (J, K)), ((X, Y), (X, Y)), ((J, X, Y), (X, Y)), ((J, K, X), (J, K))],
)
def test_over_more_directions_two_are_shown_and_the_mean_over_the_others(
    directions: tuple[Direction, ...], pair: tuple[Direction, Direction]
) -> None:
    whole = belief(*directions)
    plane = shown_as(whole, None)
    assert isinstance(plane, Plane)
    assert plane.directions == pair
    assert len(plane.points) == 16
    assert plane.mean.mean() == pytest.approx(whole.mean.mean())
    assert plane.half == pytest.approx(np.full(16, 1.96 * 0.5))


@pytest.mark.parametrize(
    ("progress", "share", "words"),
    [
        (Progress("sites", 3, 12), 0.25, "sites: 3, ends at 12"),
        (Progress(HALF, 0.02, 0.005, "V"), 0.25, "half of the 95 % interval: 20 mV, ends at 5 mV"),
        (Progress(HALF, 0.2, 0.05), 0.25, "half of the 95 % interval: 20 %, ends at 5 %"),
        (Progress(HALF, 0.001, 0.005, "V"), 1.0, "1 mV, ends at 5 mV"),
        (Progress(HALF, 0.02, float("nan"), "V"), 0.0, "half of the 95 % interval: 20 mV"),
        (Progress("time", 90.0, 3600.0, "s"), 0.025, "time: 2 min, ends at 60 min"),
        (Progress("sites without gain", 0, 5), 0.0, "sites without gain: 0, ends at 5"),
    ],
)
def test_progress_is_a_share_and_a_phrase(progress: Progress, share: float, words: str) -> None:
    assert share_of(progress) == pytest.approx(share)
    assert words in progress_words(progress)


def test_the_next_site_is_the_one_that_is_not_over() -> None:
    places = np.array([[1e-6, 2e-6], [3e-6, 4e-6]])
    decisions = {0: Decision("First."), 1: Decision("Second.")}
    for outcomes, following in (
        ([Outcome.OK, Outcome.PLANNED], 1), ([Outcome.RUNNING, Outcome.PLANNED], 0),
        ([Outcome.OK, Outcome.FAULT], None),
    ):  # fmt: skip
        planning = Planning("running", decisions, {}, places, outcomes)
        assert planning.next == following
        assert f"Site {1 if following is None else following} at" in planning.head


def test_a_site_that_a_person_asked_for_leaves_the_way_to_the_end_in_sight(qtbot: QtBot) -> None:
    way = (Progress("sites", 1, 7),)
    asked = {0: Decision("First.", progress=way), 1: Decision("Pinned by Ada.")}
    plot = PathPlot()
    qtbot.addWidget(plot)
    for decisions, progress in ((asked, way), ({1: asked[1]}, ()), ({}, ())):
        planning = Planning("running", decisions, {}, np.zeros((2, 2)), [Outcome.OK] * 2)
        assert planning.progress == progress
        plot.draw(*planning.path)
        assert "%)" not in plot.left.labelText, "nothing is known, in no unit"


# ------------------------------------------------------------ many regions


@pytest.fixture(scope="module")
def of_regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in three regions whose planner says what it expects of each."""
    plan, path = plan_of(1), tmp_path_factory.mktemp("regions") / "scan.h5"
    at = np.array([[0.0, 0.0], [5e-3, 0.0], [5e-3, 10e-3]])
    names = (Direction("region x", "m"), Direction("region y", "m"))
    belief = Belief("Q", "C/m^2", names, at, np.array([-1.0, -2.0, -3.0]), np.full(3, 0.1))

    def answer(planner: Scripted) -> seccm.Site | Decision:
        done = len(planner.heard)
        way = (Progress(HALF, 0.2 / (1 + done), float("nan"), "C/m^2"), Progress("sites", done, 3))
        why = Decision("It tells most.", (belief,), way)
        return replace(plan.sites()[done], decision=why) if done < 3 else why

    run = seccm.session.run(plan, path=path, seed=4, planner=Scripted(answer))
    assert len([*answered(run, asked := [])]) > 3
    assert len(asked) == 3
    return path


def test_regions_are_drawn_where_they_are_on_the_sample_and_chosen_by_a_click(
    of_regions: Path, qtbot: QtBot
) -> None:
    view = PlannerView(RunFile(of_regions), Showing("Li/Li+"))
    qtbot.addWidget(view)
    view.dress(LIGHT, Sizes.of(96.0, glove=False))
    told: list[Instruction] = []
    view.may_tell(told.append)
    view.show()
    qtbot.waitUntil(lambda: view.planning is not None, timeout=LONG)
    assert view.planning is not None
    assert list(view.planning.regions) == ["north", "middle", "south"]
    assert len(view.belief._places.data) == len(view.belief._sites.data) == 3
    assert view.belief._sites.data["y"].tolist() == [0.0, 0.0, 10e-3]
    assert view.path._line.xData.tolist() == [0, 1, 2, 3], "no uncertainty was asked for"
    assert view.line.region.isVisibleTo(view)
    view._choose_place(4.4e-3, 9e-3)
    view.line.field_x.setText("11 um")
    view.line.field_y.setText("11 um")
    view.line.buttons["forbid"].click()
    (said,) = told
    assert said.region == "south"
    view.close()


def test_a_click_on_a_map_over_compositions_chooses_the_region_that_has_it() -> None:
    values = {"cu": ["0.1", "0.9", "0.5"], "ni": ["10 %", "20 %", "90 %"]}
    plan = plan_of(1, regions={**REGIONS, "values": values})
    known = known_of_regions(plan.to_json())
    assert known["south"] == pytest.approx(
        {"cu": 0.5, "ni": 0.9, "region x": 5e-3, "region y": 10e-3}
    )
    planning = Planning("running", {}, {}, np.empty((0, 2)), [], known=known)
    assert planning.nearest_region(["cu", "ni"], 0.8, 0.3) == "middle"
    assert planning.nearest_region(["ni", "cu"], 0.8, 0.5) == "south"
    assert planning.nearest_region(["region x", "region y"], 1e-3, -4e-3) == "north"
    assert planning.nearest_region(["x", "y"], 0.0, 0.0) is None
    assert known_of_regions(PLAN.to_json()) == known_of_regions("no plan") == {}


# ------------------------------------------------------------ the window


def test_in_the_window_a_place_is_pinned_while_the_run_goes_on(
    qtbot: QtBot, tmp_path: Path
) -> None:
    plan = small_plan(tmp_path, factors__j=["-1 mA/cm^2"])
    text = plan.read_text(encoding="utf-8")
    plan.write_text(f"{text}\n[planner]\n{TABLE}\n", encoding="utf-8")
    with window(qtbot, tmp_path, pace=1.0) as made:
        made.open_plan(plan)
        made.plan.target.setText(str(tmp_path / "scan.h5"))
        made.bar.buttons["start"].click()
        for _ in range(2):  # before there is a run: it is shown once, as soon as there is
            made.actions_["planner"].trigger()
            assert made.desk.coming
            assert made.desk.notice is not None
            assert "as soon as it is there" in made.desk.notice.text
            assert made.findChild(PlannerView) is None
        qtbot.waitUntil(lambda: made.findChild(PlannerView) is not None, timeout=LONG)
        (view,) = made.findChildren(PlannerView)
        assert made.desk.notice is None
        qtbot.waitUntil(lambda: made.desk.run.finished >= 1, timeout=LONG)
        assert made.live.planner.isVisibleTo(made.live)
        assert view.line.isVisibleTo(view)
        places = [(site.x, site.y) for site in made.desk.plan.sites()]
        view.line.place(*places[-1])
        view.line.field_y.setText("1 m")
        view.line.buttons["add"].click()
        qtbot.waitUntil(lambda: "beyond axis y" in view.line.words.text(), timeout=LONG)
        view.line.place(*places[-1])
        view.line.buttons["forbid"].click()
        qtbot.waitUntil(lambda: "Forbidden" in view.line.words.text(), timeout=LONG)
        qtbot.waitUntil(lambda: bool(view.planning and view.planning.said()), timeout=LONG)
        view.close()
        made.desk.ask("stop")
        qtbot.waitUntil(lambda: ended(made), timeout=LONG)
    with seccm.open(tmp_path / "scan.h5") as scan:
        (said,) = scan.instructions.values()
        assert said.who.endswith(", window")
