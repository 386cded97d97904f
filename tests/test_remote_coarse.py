"""The coarse approach on a host: asked, bounded, stopped, and never while nobody looks on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from coarse_bench import deep_rig, turned
from test_remote_commissioning import Follower, busy

from seccm.errors import LimitError, PlanError, RigError
from seccm.plan import Plan, load_plan
from seccm.plan.library import rigs
from seccm.remote import Client, CoarseOrder, Job, News
from seccm.rig import CoarseStage
from seccm.rigs import coarse_table, connect_coarse, load_rig
from sim.coarse import Screw, VirtualMotor, connect

PLAN = load_plan("redox-cv-map")


@pytest.fixture
def host() -> Iterator[Follower]:
    with Client.in_process() as client:
        yield Follower(client)


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    return deep_rig(tmp_path)


def asked(news: News) -> bool:
    return news.progress is not None and news.progress.question != ""


def saying(words: str) -> Callable[[News], bool]:
    return lambda news: news.progress is not None and words in news.progress.words


def grant(host: Follower, *, yes: bool = True) -> str:
    """Wait for a question, answer it, and return it."""
    progress = host.until(asked).progress
    assert progress is not None
    assert host.answer(host.client.reply(progress.question, yes=yes)) == ""
    return progress.question


def test_steps_down_until_contact_each_of_them_granted(host: Follower, rig: Path):
    """20 um below the piezo's end; 500 steps of 24 nm at once bring it into reach with two."""
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    for motion in (1, 2):
        question = grant(host)
        assert f"Try {motion} of 4" in question
        assert "the tip is fully retracted. Make 500 steps of at most 30 nm (15 um)" in question
    found = host.found()
    assert found.finding.passed
    assert found.finding.results["steps"] == turned(rig) == 1000
    assert [one["contact"] for one in found.finding.results["tries"]] == [False, False, True]
    assert found.finding.results["tries"][-1]["free"] == pytest.approx(120e-6 - 24e-6, abs=1e-6)
    host.idle()


def test_nothing_turns_before_the_piezo_came_down_in_vain_and_went_up(host: Follower, rig: Path):
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    assert "this question is not open now" in host.answer(host.client.reply("", yes=True))
    assert "this question is not open now" in host.answer(host.client.reply("Go?", yes=True))
    question = grant(host, yes=False)
    assert "No contact in" in question
    assert turned(rig) == 0
    assert "Ended by the operator" in host.found().finding.faults[0]


def test_an_answer_is_to_the_question_that_was_read(host: Follower, rig: Path):
    """A second press on the button does not grant the next motion."""
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    question = grant(host)
    assert "this question is not open now" in host.answer(host.client.reply(question, yes=True))
    assert grant(host) != question


def test_a_stop_while_it_asks_leaves_the_motor_where_it_is(host: Follower, rig: Path):
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    host.until(asked)
    host.client.stop_step()
    [fault] = host.found().finding.faults
    assert fault.startswith("Stopped by the operator")
    assert "The motor is stopped; the tip is fully retracted." in fault
    assert turned(rig) == 0
    host.idle()


@pytest.mark.parametrize("emergency", [False, True])
def test_a_stop_in_the_middle_of_a_motion_stops_the_motor(
    host: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emergency: bool
):
    stopped = []
    monkeypatch.setattr(VirtualMotor, "stop", lambda motor: stopped.append(motor.position()))
    rig = deep_rig(tmp_path, height="-1 mm", step="1 nm", most=40_000, farthest="1 mm")
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig, asking=False))
    host.until(saying("The motor brings"))
    host.client.emergency() if emergency else host.client.stop_step()
    [fault] = host.found().finding.faults
    assert "The motor was stopped; the tip is fully retracted." in fault
    assert stopped == [turned(rig)]
    assert 0 < turned(rig) < 40_000
    host.idle()


def test_a_stop_while_the_piezo_is_down_brings_it_up(host: Follower, tmp_path: Path):
    rig = deep_rig(tmp_path)
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig, pace=1.0))
    progress = host.until(busy).progress
    assert progress is not None
    assert "the piezo moves down" in progress.words
    host.client.stop_step()
    [fault] = host.found().finding.faults
    assert "fully retracted at z = 100 um" in fault
    assert turned(rig) == 0


def test_it_ends_where_the_rig_file_says(host: Follower, tmp_path: Path):
    rig = deep_rig(tmp_path, height="-1 mm", farthest="21 um")
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig, asking=False))
    result = host.found().finding
    assert not result.passed
    assert "the motor has made its allowed total of 21 um" in result.faults[0]
    assert turned(rig) == 700


def test_it_waits_for_the_rig(host: Follower, rig: Path, tmp_path: Path):
    job = Job.new(PLAN, rig, path=tmp_path / "scan.h5", pace=1.0)
    host.client.open_rig(job)
    host.until(lambda news: news.progress is not None and news.progress.doing == "manual")
    order = CoarseOrder.new(PLAN, rig)
    assert "in use (manual)" in host.answer(host.client.approach_coarsely(order))
    host.client.act("close")
    host.idle()
    host.client.begin(job)
    host.until(lambda news: news.progress is not None and news.progress.doing == "scan")
    assert "in use (scan)" in host.answer(host.client.approach_coarsely(order))
    assert turned(rig) == 0


def test_it_ends_when_nobody_is_at_the_controls_any_more(host: Follower, rig: Path):
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    host.until(asked)
    host.client.release()
    assert host.found().finding.faults[0].startswith("No window had the controls")
    assert turned(rig) == 0


def test_it_ends_when_whoever_holds_the_controls_hangs(
    host: Follower, rig: Path, monkeypatch: pytest.MonkeyPatch
):
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig))
    host.until(asked)
    monkeypatch.setattr("seccm.remote.host.host.UNHEARD", -1.0)
    assert host.found().finding.faults[0].startswith("No window had the controls")


def test_a_plan_that_the_rig_cannot_do_is_refused_before_anything_moves(host: Follower, rig: Path):
    far = load_plan("redox-cv-map").to_dict()
    far["approach"]["speed"] = "1 m/s"
    host.client.approach_coarsely(CoarseOrder.new(Plan.from_dict(far, source="far"), rig))
    assert "speed" in host.found().finding.faults[0]
    assert turned(rig) == 0


def test_its_report_is_kept_on_request(host: Follower, rig: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(rig.parent)
    host.client.approach_coarsely(CoarseOrder.new(PLAN, rig, asking=False))
    host.found()
    host.idle()
    host.client.keep("coarse-approach", calibrate=False)
    kept = host.found().kept
    [report] = rig.parent.glob("*coarse-approach*.json")
    assert report.name in kept
    assert json.loads(report.read_text(encoding="utf-8"))["results"]["found"] is True


def test_a_rig_without_a_motor_is_refused_with_what_to_write():
    with pytest.raises(PlanError, match=r"Write the table \[coarse\]"):
        CoarseOrder.new(PLAN, "virtual")


# The virtual motor.


def test_the_shipped_rig_has_its_motor_and_its_surface_on_the_same_screw():
    file = load_rig(rigs()["virtual-coarse"])
    table = coarse_table(file)
    assert table is not None
    assert table.host == file.config["surface"]["motor"]
    stage: CoarseStage = connect_coarse(table, lambda _: None)
    assert "SIMULATION" in stage.identity()
    assert stage.step == table.step


def test_the_screw_stays_where_it_was_left(tmp_path: Path):
    file = str(tmp_path / "motor.json")
    how = {"axis": 1, "towards": 1, "step": 30e-9, "most": 100, "wait": lambda _: None}
    motor = connect(file, **how)
    assert (motor.position(), motor.closer(100), motor.closer(-40)) == (0, 100, 60)
    motor.close()
    assert connect(file, **how).position() == 60
    # Never longer than promised, and shorter back than forth.
    assert Screw.kept(tmp_path / "motor.json").closer < 100 * 30e-9
    assert Screw.kept(tmp_path / "motor.json").closer > 60 / 100 * 100 * 0.8 * 30e-9
    with pytest.raises(LimitError, match="101 steps at once"):
        motor.closer(101)


def test_a_file_that_is_no_screw_is_an_error(tmp_path: Path):
    path = tmp_path / "motor.json"
    path.write_text("[1, 2]", encoding="utf-8")
    motor = connect(str(path), axis=1, towards=1, step=30e-9, most=100)
    with pytest.raises(RigError, match="Remove the file"):
        motor.position()
    path.unlink()
    path.mkdir()
    with pytest.raises(RigError):
        motor.closer(1)
