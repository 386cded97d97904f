"""The queue in the window: changed while it runs, and followed by whoever looks on."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from small_plan import small

from seccm.errors import PlanError, Problem
from seccm.plan import Plan, load_plan
from seccm.session import plan_queue
from seccm.session.plan_queue import Entry
from ui.key_help import meaning_of
from ui.models import queue
from ui.models.queue import Queue
from ui.queue_follow import QueueFollow, attached
from ui.queue_view import QueueView

TEXT = (Path(__file__).parents[1] / "configs/plans/li-on-au-cv.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


class Opened:
    """The plan view, as the queue sees it."""

    def __init__(self) -> None:
        self.plan, self.target = load_plan("li-on-au-cv"), Path()
        self.wrong: PlanError | None = None

    def __call__(self) -> tuple[Plan, str, Path | None]:
        if self.wrong is not None:
            raise self.wrong
        return self.plan, TEXT, self.target if self.target.name else None


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def view(qtbot: QtBot, opened: Opened) -> QueueView:
    made = QueueView("virtual", opened)
    qtbot.addWidget(made)
    return made


def numbers() -> list[int]:
    return [one.number for one in plan_queue.entries()]


def test_plans_are_added_moved_and_taken_out(view: QueueView) -> None:
    for _ in range(3):
        view.buttons["Add the open plan"].click()
    assert numbers() == [1, 2, 3]
    assert len({one.output for one in plan_queue.entries()}) == 3
    view.table.selectRow(2)
    view.buttons["Move up"].click()
    assert numbers() == [1, 3, 2]
    assert view.table.currentRow() == 1, "the plan that was moved stays selected"
    places = (view.table.item(k, 0) for k in range(3))
    assert [place.text() for place in places if place is not None] == ["1", "2", "3"]
    view.buttons["Move down"].click()
    assert numbers() == [1, 2, 3]
    view.buttons["Remove"].click()
    assert numbers() == [1, 2]
    assert "2 plans waiting" in view.words.text()


def test_a_plan_is_in_the_queue_as_it_was_when_it_was_added(
    view: QueueView, opened: Opened
) -> None:
    view.add()
    (entry,) = plan_queue.entries()
    kept = Path(entry.plan)
    assert kept.read_text(encoding="utf-8") == TEXT
    assert load_plan(kept) == opened.plan
    assert queue.name_of(entry.plan) == queue.slug(opened.plan.title)


def test_points_of_a_file_go_with_the_plan(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("x (um),y (um)\n20,20\n40,20\n", encoding="utf-8")
    plan = Plan.from_dict(
        {**small().to_dict(), "sites": {"kind": "csv", "file": "points.csv"}},
        folder=tmp_path,
    )
    entry = queue.add(plan, "not used", "virtual", None)
    table.unlink()
    assert len(load_plan(entry.plan).sites()) == 2


def test_what_is_wrong_is_said_and_the_list_stays(view: QueueView, opened: Opened) -> None:
    opened.target = Path("there.h5")
    opened.target.touch()
    view.add()
    assert "ever overwritten" in view.refused.text()
    opened.wrong = PlanError("plan", [Problem("plan", "no plan is open.", "Open one first.")])
    view.add()
    assert "Open one first" in view.refused.text()
    assert numbers() == []
    opened.wrong, opened.target = None, Path("new.h5")
    view.add()
    assert view.refused.text() == ""
    assert numbers() == [1]


def test_it_is_not_run_while_the_rig_is_in_use_and_no_key_can_start_it(view: QueueView) -> None:
    view.add()
    view.rig_is_busy = lambda: True
    view.run()
    assert "rig is in use" in view.refused.text()
    assert [one.state for one in plan_queue.entries()] == ["waiting"]
    assert view.buttons["Run the queue"].focusPolicy().value == 0


def test_the_list_can_be_changed_while_it_runs_and_be_ended_after_a_run(view: QueueView) -> None:
    seen: list[Any] = []
    for _ in range(3):
        view.add()

    def run(entry: Entry) -> int:
        view.look()
        seen.append((view.now.is_run, view.words.text()))
        assert not view.buttons["Run the queue"].isEnabled()
        assert view.now.running is not None
        view.table.selectRow(view.now.entries.index(view.now.running))
        assert not view.buttons["Remove"].isEnabled(), "a plan that runs stays"
        if len(seen) == 1:
            view.table.selectRow(2)
            view.buttons["Remove"].click()
            view.buttons["End after this run"].click()
            assert plan_queue.held()
            view.look()
            assert "ends after it" in view.words.text()
        return 0

    ended = plan_queue.run_all(run, go_on=False)
    assert [one.state for one in ended] == ["complete"]
    assert [one.state for one in plan_queue.entries()] == ["complete", "waiting"]
    assert seen[0][0]
    view.look()
    assert not view.now.is_run
    view.buttons["Clear what is over"].click()
    assert numbers() == [2]
    assert len(plan_queue.run_all(lambda entry: 0, go_on=False)) == 1, "the hold was for once"


def test_what_a_killed_program_was_at_is_known_and_gone_on_from(view: QueueView) -> None:
    view.add()
    view.add()
    first, second = plan_queue.entries()
    with plan_queue._changing() as known:
        known[0] = replace(first, state="running")
    view.look()
    assert "ended from outside" in view.words.text()
    assert view.now.running is None
    view.table.selectRow(0)
    assert view.buttons["Remove"].isEnabled()
    ran = plan_queue.run_all(lambda entry: 0, go_on=False)
    assert [one.number for one in ran] == [second.number]
    assert [one.state for one in plan_queue.entries()] == ["stopped", "complete"]


def test_two_programs_never_run_one_list(view: QueueView) -> None:
    view.add()

    def run(entry: Entry) -> int:
        with pytest.raises(Exception, match="Another program runs the queue"):
            plan_queue.run_all(lambda one: 0, go_on=True)
        return 0

    assert [one.state for one in plan_queue.run_all(run, go_on=False)] == ["complete"]


def test_every_choice_has_its_meaning(view: QueueView) -> None:
    for check in (view.go_on, view.notice):
        assert meaning_of(check) is not None
    assert "continue" in queue.command(go_on=True, notice=True)
    assert "--notice" not in queue.command(go_on=False, notice=False)


class FakeClient:
    """A link to a host."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_the_window_follows_the_run_of_the_queue_once_and_only_while_it_is_free(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[FakeClient] = []

    def attach(now: Queue) -> FakeClient:
        made.append(FakeClient())
        return made[-1]

    monkeypatch.setattr("ui.queue_follow.attached", attach)
    followed: list[object] = []
    free = [False]
    parent = QObject()
    follow = QueueFollow(parent, lambda: free[0], followed.append)
    follow._timer.stop()
    running = Entry(1, "a.toml", "virtual", "/a.h5", "running")
    follow.take(Queue((running,), is_run=True))
    follow.look()
    assert follow._found is None
    free[0] = True
    follow.look()
    qtbot.waitUntil(lambda: follow._found is not None and follow._found.done())
    follow.look()
    assert followed == made
    follow.look()
    assert follow._found is None, "the same run is not followed twice"
    follow.take(Queue((replace(running, output="/b.h5"),), is_run=True))
    follow.look()
    qtbot.waitUntil(lambda: follow._found is not None and follow._found.done())
    free[0] = False
    follow.look()
    assert made[-1].closed
    assert len(followed) == 1
    follow.shut()


def test_nobody_is_attached_to_where_no_queue_runs() -> None:
    assert attached(Queue()) is None
    entry = Entry(1, "a.toml", "virtual", "/a.h5", "running")
    assert attached(Queue((entry,), is_run=False)) is None
