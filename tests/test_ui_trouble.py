"""What an operator sees, in whatever room, when something is refused, fails or goes away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from pace_of import LANDING, PERIOD, pace_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from remote_hosts import own_runtime
from small_plan import INFO, small
from ui_stand_in import StandIn
from ui_windows import LONG, begin, ended, paused_after, said, small_plan, window

import seccm
from seccm.events import Landed, Outcome, SiteFinished, SiteStarted
from seccm.remote import Client, Trace
from seccm.rigs import RigFile
from ui.app import open_first
from ui.dialogs import choose_file
from ui.models.desk import Desk
from ui.models.run_state import RunState
from ui.models.showing import Showing
from ui.models.words import Line
from ui.window import Window

HOST = partial(Client.open, linger=0.0)


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Path]:
    with own_runtime() as base:
        yield base


def kill_host() -> None:
    """Let the engine's process die on the spot."""
    (host,) = Client.find()
    os.kill(host.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def strip(w: Window) -> str:
    """Return what stands across the window and asks to be seen; empty if nothing does."""
    return w.bar.alarm.text() if w.bar.alarm.objectName() != "quiet" else ""


def connect(qtbot: QtBot, w: Window, folder: Path) -> None:
    """Take the rig in hand."""
    w.open_plan(small_plan(folder))
    w.go("manual")
    qtbot.waitUntil(w.manual.link.isEnabled, timeout=LONG)
    w.manual.link.click()
    qtbot.waitUntil(w.manual.arrows["x", 1].isEnabled, timeout=LONG)


# The engine goes away.


def test_after_the_engine_has_died_in_a_scan_its_file_is_resumed_from_here(
    qtbot: QtBot, tmp_path: Path
):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=HOST, pace=5.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: w.desk.run.finished >= 1, timeout=LONG)
        kill_host()
        qtbot.waitUntil(lambda: "has ended unexpectedly" in strip(w), timeout=LONG)
        assert "raise the tip at the stage controller" in strip(w)
        assert w.bar.cells["phase"].text() == "process lost"
        assert not any(w.actions_[verb].isEnabled() for verb in ("pause", "skip", "stop"))
        assert w.actions_["start"].isEnabled()
        w.actions_["emergency"].trigger()
        assert "it can do nothing" in said(w)
        assert "raise the tip at the stage controller" in said(w)
        assert "Emergency retract asked for" not in said(w)
        w.actions_["resume-file"].trigger()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert strip(w) == ""
        w.desk.link.quit()  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: w.desk.news.link == "lost", timeout=LONG)  # type: ignore[union-attr]
    with seccm.open(data) as scan:
        assert scan.state == "complete"
        assert scan.remaining() == ()


def test_after_the_engine_has_died_by_hand_nothing_old_passes_for_new(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, connect=HOST, pace=5.0) as w:
        connect(qtbot, w, tmp_path)
        qtbot.waitUntil(lambda: "µm" in w.manual.cells["z"].text(), timeout=LONG)
        kill_host()
        qtbot.waitUntil(lambda: "has ended unexpectedly" in strip(w), timeout=LONG)
        assert "manual control" in strip(w)
        assert "tip may be down" in w.manual.words.text()
        assert {cell.objectName() for cell in w.manual.cells.values()} == {"stale"}
        assert not w.manual.hands.isEnabled()
        assert w.manual.link.isEnabled(), "a new engine can be had"


def test_rows_that_stop_coming_by_hand_are_an_alarm():
    run = RunState(doing="manual", silent=6.0)
    assert "No data for 6 s" in run.alarm(100.0)
    assert RunState(doing="manual", silent=0.1).alarm(100.0) == ""
    assert RunState(doing="idle", silent=6.0).alarm(100.0) == ""


# Something is refused.


def test_a_refusal_is_seen_in_the_room_where_one_is(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=20.0) as w:
        connect(qtbot, w, tmp_path)
        w.manual.step.setCurrentText("1 mm")
        w.manual.arrows["x", 1].click()
        qtbot.waitUntil(lambda: "is outside 0 m to 100 µm" in strip(w), timeout=LONG)
        assert not w.manual.targets["x"].text(), "it was not told to go there"
        qtbot.mouseClick(w.bar.away, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: strip(w) == "", timeout=LONG)
        assert "is outside" in said(w), "the log keeps it"
        w.manual.step.setCurrentText("1 um")
        w.manual.arrows["x", 1].click()
        qtbot.waitUntil(lambda: "x is at" in w.manual.message.text(), timeout=LONG)
        w.manual.buttons["approach"].click()
        qtbot.waitUntil(lambda: "Contact at" in w.manual.message.text(), timeout=LONG)
        w.manual.link.click()
        qtbot.waitUntil(w.actions_["start"].isEnabled, timeout=LONG)


def test_a_start_that_is_refused_says_why_in_gloves_too(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    data.write_bytes(b"somebody's")
    with window(qtbot, tmp_path, glove=True) as w:
        w.open_plan(small_plan(tmp_path))
        w.plan.target.setText(str(data))
        w.bar.buttons["start"].click()
        qtbot.waitUntil(lambda: "scan.h5" in strip(w), timeout=LONG)
        qtbot.waitUntil(w.actions_["start"].isEnabled, timeout=LONG)
    assert data.read_bytes() == b"somebody's"


def test_start_gives_a_sign_of_life_at_once_and_is_not_pressed_twice(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=5.0) as w:
        w.open_plan(small_plan(tmp_path, 2, 2))
        w.plan.target.setText(str(tmp_path / "scan.h5"))
        w.start()
        w.beat()
        assert w.bar.cells["phase"].text() in ("preparing", "approaching", "travelling")
        assert not w.actions_["start"].isEnabled()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert "in use" not in said(w)


def test_who_only_watches_is_not_offered_what_would_be_refused():
    run = RunState(state="running", doing="scan", in_control=False)
    assert not any(run.can(verb) for verb in ("pause", "skip", "stop"))
    run.in_control = True
    assert all(run.can(verb) for verb in ("pause", "skip", "stop"))


# Something fails in the window.


def test_a_run_that_cannot_be_shown_is_said_once_and_followed_all_the_same(
    qtbot: QtBot, tmp_path: Path
):
    link = StandIn(small(), INFO, lambda _: ((), Trace.none(), 0))
    assert link.snapshot is not None
    link.snapshot = replace(link.snapshot, plan_json='{"no": "plan"}')
    with window(qtbot, tmp_path, link=link) as w:  # type: ignore[arg-type]
        qtbot.waitUntil(lambda: "cannot be shown" in strip(w), timeout=LONG)
        beats = w._beats
        qtbot.waitUntil(lambda: w._beats > beats + 20, timeout=LONG)
        assert said(w).count("cannot be shown") == 1
        assert w.desk.run.running
        assert w.actions_["pause"].isEnabled()


def test_a_view_that_fails_takes_no_other_with_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with window(qtbot, tmp_path) as w:

        def broken() -> None:
            raise ZeroDivisionError("no colour")

        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        monkeypatch.setattr(w.drawing, "_map", broken)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(lambda: "map view failed" in strip(w), timeout=LONG)
        assert said(w).count("map view failed") == 1
        assert w.desk.run.ended.status == "complete"  # type: ignore[union-attr]
        w.drawing.failed.clear()


# Dialogs.


def test_a_file_that_is_there_is_replaced_only_when_one_says_so(qtbot: QtBot, tmp_path: Path):
    """And the question takes the emergency key away no more than any other dialog."""
    target = tmp_path / "there.csv"
    target.write_text("old")
    chosen: list[Path] = []
    with window(qtbot, tmp_path, pace=5.0) as w:
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        for answer in ("Cancel", "Replace it"):
            dialog = choose_file(w, "Save", "(*.csv)", chosen.append, start=target, suffix="csv")
            QFileDialog.accept(dialog)
            assert QApplication.activeModalWidget() is None
            (question,) = (d for d in w.findChildren(QDialog) if d.isVisible())
            buttons = {b.text().replace("&", ""): b for b in question.findChildren(QPushButton)}
            assert chosen == []
            if answer == "Replace it":
                qtbot.waitUntil(lambda: w.desk.run.phase.name == "APPROACH", timeout=LONG)
                qtbot.keyClick(question, Qt.Key.Key_F12)
                qtbot.waitUntil(lambda: ended(w), timeout=LONG)
                assert "Stopped: emergency retract" in said(w)
            buttons[answer].click()
        assert chosen == [target]


def test_a_file_that_is_not_there_is_said_without_a_question(qtbot: QtBot, tmp_path: Path):
    chosen: list[Path] = []
    with window(qtbot, tmp_path) as w:
        dialog = choose_file(w, "Open", "(*.h5)", chosen.append, start=tmp_path)
        dialog.selectFile(str(tmp_path / "none.h5"))
        QFileDialog.accept(dialog)
        assert QApplication.activeModalWidget() is None
        (told,) = (d for d in w.findChildren(QDialog) if d.isVisible())
        assert chosen == []
        told.close()


# By hand, on the keyboard.


def test_keys_hold_the_tip_lift_it_and_switch_the_cell_off_by_hand(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=2.0) as w:
        w.beat()
        assert not any(w.actions_[name].isEnabled() for name in ("hold", "off", "stop"))
        connect(qtbot, w, tmp_path)
        w.manual.buttons["approach"].click()
        qtbot.waitUntil(lambda: "Approach" in w.manual.words.text(), timeout=LONG)
        qtbot.keyClick(w, Qt.Key.Key_F9)
        qtbot.waitUntil(lambda: "Retracted to" in w.manual.message.text(), timeout=LONG)
        w.manual.buttons["approach"].click()
        qtbot.waitUntil(lambda: "Approach" in w.manual.words.text(), timeout=LONG)
        qtbot.keyClick(w, Qt.Key.Key_F7)
        qtbot.waitUntil(lambda: w.manual.message.text() == "Motion stopped.", timeout=LONG)
        qtbot.keyClick(w, Qt.Key.Key_F8)
        qtbot.waitUntil(lambda: "Cell off" in w.manual.message.text(), timeout=LONG)
        assert w.bar.virtual.isVisible(), "what is driven by hand is virtual, too"
        w.manual.link.click()
        qtbot.waitUntil(w.actions_["start"].isEnabled, timeout=LONG)


def test_jogs_step_from_where_the_axis_was_told_to_go(qtbot: QtBot, tmp_path: Path):
    """Not from where noisy sensors say that it is: three steps of 1 um are 3 um."""
    with window(qtbot, tmp_path, pace=20.0) as w:
        connect(qtbot, w, tmp_path)
        told: list[float] = []
        for _ in range(4):
            qtbot.waitUntil(w.manual.arrows["x", 1].isEnabled, timeout=LONG)
            w.manual.arrows["x", 1].click()
            count = len(told)
            qtbot.waitUntil(
                lambda n=count: said(w).count("x is at") > n,
                timeout=LONG,  # type: ignore[misc]
            )
            qtbot.waitUntil(w.manual.arrows["x", 1].isEnabled, timeout=LONG)
            told.append(w.manual._numbers.commanded["x"])
        steps = [b - a for a, b in pairwise(told)]
        assert steps == pytest.approx([1e-6] * 3, abs=1e-12)
        w.manual.link.click()
        qtbot.waitUntil(w.actions_["start"].isEnabled, timeout=LONG)


# Coming late, and another run.


def test_who_attaches_late_reads_when_things_happened(qtbot: QtBot, tmp_path: Path):
    def tomorrow() -> datetime:
        return datetime.now() + timedelta(days=1)

    first = Client.in_process()
    try:
        with window(qtbot, tmp_path, link=first, pace=0.0) as w:
            begin(qtbot, w, small_plan(tmp_path, 3, 2), tmp_path / "scan.h5")
            qtbot.waitUntil(lambda: ended(w), timeout=LONG)
            then = {line.text: line.at for line in w.desk.lines}
            local = first._local
            assert local is not None
            late = Desk(Client(local.join), clock=tomorrow)
            now = iter(range(10**6))
            qtbot.waitUntil(lambda: late.beat(next(now)) is None and late.map is not None,
                            timeout=LONG)  # fmt: skip
            told = {line.text: line.at for line in late.lines}
            landings = [text for text in told if text.startswith("Contact at")]
            assert landings
            day = f"{datetime.now():%d %b}"
            assert all(told[text].startswith(day) for text in landings)
            assert all(then[text][:9] == told[text][:9] for text in landings)
            assert late.live is not None
            qtbot.waitUntil(lambda: late.beat(next(now)) is None and bool(late.live._before),
                            timeout=LONG)  # fmt: skip
            recalled = sorted(c.site for stack in late.live._before.values() for c in stack)
            assert recalled == list(range(6)), "their curves are there for comparison, too"
            late.close()
    finally:
        first.close()


def test_who_attaches_late_knows_how_long_it_will_take():
    run = RunState(total=10, pace=pace_of([8.0] * 10, way=1.0))
    run.follow("running", 1, "", 0.0)

    def told(site: int, at: float) -> tuple[SiteStarted, Landed, SiteFinished]:
        row = round(at / PERIOD)
        landed, over = row + round(1.0 / PERIOD), row + round(7.0 / PERIOD)
        return (SiteStarted(row, site), Landed(landed, site, LANDING, None),
                SiteFinished(over, site, Outcome.OK, ""))  # fmt: skip

    for site in range(4):
        for event, later in zip(told(site, 10.0 * site), (0.0, 1.0, 7.0), strict=True):
            run.recall(event, 10.0 * site + later)
    started, landed, finished = told(4, 40.0)
    run.recall(started, 40.0)
    assert run.time_left(40.0) == "0:42", "6 s at each, not 8 s, as at those before"
    run.recall(landed, 41.0)
    run.hear(finished, 47.0)
    assert run.time_left(47.0) == "0:35", "the one that was under way when one came counts, too"


def test_a_reference_stays_chosen_from_run_to_run_and_for_files(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        assert w.showing.reference == "Li/Li+", "that of the file in view"
        view = w.browse.files[0]
        view.map.pick(0, False)
        panel = view.map.panel.curves["E-t"]
        qtbot.waitUntil(
            lambda: bool(panel._overlays and len(panel._overlays[0].xData)), timeout=LONG
        )
        before = panel._overlays[0].yData[0]
        w.show_as(Showing("Li/Li+", other="SHE", shift=-3.04))
        assert panel._overlays[0].yData[0] == pytest.approx(before - 3.04)
        for name in ("one", "two"):
            begin(qtbot, w, small_plan(tmp_path), tmp_path / f"{name}.h5")
            qtbot.waitUntil(lambda: ended(w), timeout=LONG)
            assert w.showing == Showing("Li/Li+", other="SHE", shift=-3.04)


def test_a_stopped_run_is_resumed_where_its_file_is_browsed(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        w.actions_["stop"].trigger()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status != "complete"  # type: ignore[union-attr]
        w.open_file(data)
        qtbot.waitUntil(w.browse.files[0].resume_button.isEnabled, timeout=LONG)
        qtbot.mouseClick(w.browse.files[0].resume_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: w.desk.began == 2, timeout=LONG)
        qtbot.waitUntil(w.browse.files[0].resume_button.isHidden, timeout=LONG)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.desk.run.ended.status == "complete"  # type: ignore[union-attr]
        assert w.desk.run.finished == 6


def test_a_run_that_is_resumed_to_its_end_between_two_looks_is_shown_as_it_is(
    qtbot: QtBot, tmp_path: Path
):
    """By another program, while this one was busy or its window out of sight."""
    data = tmp_path / "scan.h5"
    run = seccm.run(str(small_plan(tmp_path)), path=data)
    for event in run:
        if isinstance(event, SiteFinished):
            run.ask("stop")
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        (view,) = w.browse.files
        assert not view.resume_button.isHidden()
        for _ in seccm.resume(data):
            pass
        view.look()
        assert view.file.state == "complete"
        assert view.resume_button.isHidden()
        assert (view.file.map.outcome == Outcome.OK).all()


def test_simulation_is_said_from_the_beginning(qtbot: QtBot, tmp_path: Path):
    """At start without a plan, while a run is prepared, while it runs and when it is over."""
    with window(qtbot, tmp_path) as w:
        w.beat()
        assert w.bar.virtual.isVisible()
        assert w.bar.virtual.text() == "SIMULATION"
        assert w.windowTitle() == "SIMULATION – seccm"
        w.open_plan(small_plan(tmp_path))
        w.plan.target.setText(str(tmp_path / "scan.h5"))
        w.bar.buttons["start"].click()
        seen = []

        def over() -> bool:
            seen.append((w.desk.run.doing, w.bar.virtual.isVisible()))
            return ended(w)

        qtbot.waitUntil(over, timeout=LONG)
        assert all(shown for _, shown in seen), seen
        assert w.windowTitle().startswith("SIMULATION · ")


def test_a_real_rig_is_never_called_a_simulation():
    real = StandIn(small(), replace(INFO, virtual=False), lambda _: ((), Trace.none(), 0))
    desk = Desk(real, rig_simulated=True)  # type: ignore[arg-type]
    try:
        assert desk.simulated, "what would be started"
        desk.beat(0.0)
        if desk._ready is not None:  # a thread makes the run ready to be shown
            desk._ready.result()
        desk.beat(1.0)
        assert desk.began
        assert not desk.simulated
        desk.run.doing = "idle"
        assert not desk.simulated, "its data stay measured ones when it is over"
        desk.expect(99, simulated=True)
        assert desk.simulated, "the simulated one that was asked for"
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("config", "simulated"),
    [
        ({"kind": "virtual"}, True),
        ({"kind": "nidaq", "library": "virtual"}, True),
        ({"kind": "nidaq", "library": "ni"}, False),
        ({"kind": "nidaq"}, False),
        ({}, False),
    ],
)
def test_a_rig_file_says_whether_it_is_a_simulation(config: dict[str, str], simulated: bool):
    assert RigFile("rig.toml", config).simulated is simulated


def test_what_was_said_of_a_missing_plan_goes_when_one_is_opened(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.bar.buttons["start"].click()
        w.beat()
        assert "no plan is open" in strip(w)
        assert w.room == "plan", "where one is opened"
        w.open_plan(small_plan(tmp_path))
        w.beat()
        assert "no plan is open" not in strip(w), "it stood above a plan that was open"
        w.resume_file()
        w.beat()
        assert "No data file is open" in strip(w)
        w.open_plan(small_plan(tmp_path))
        w.beat()
        assert "No data file is open" in strip(w), "a plan settles nothing that is about a file"


def test_the_plan_that_was_asked_for_is_in_view_also_above_a_run_that_was_stopped(
    qtbot: QtBot, tmp_path: Path
):
    plan = small_plan(tmp_path)
    with window(qtbot, tmp_path) as w:
        begin(qtbot, w, plan, tmp_path / "scan.h5")
        w.desk.ask("stop")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        assert w.room == "scan"
        open_first(w, plan)
        assert w.room == "plan"
        assert w.plan.draft is not None
        assert w.plan.draft.path == plan
        open_first(w, tmp_path / "scan.h5")
        assert w.room == "browse"


def test_without_a_file_resuming_says_what_to_do(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.actions_["resume-file"].trigger()
        qtbot.waitUntil(lambda: "Open one under Browse" in strip(w), timeout=LONG)


def test_the_newest_trouble_is_the_one_in_sight():
    desk = Desk()
    desk.alert(Line("warning", "one"))
    desk.alert(Line("error", "two"))
    desk.say(Line("info", "three"))
    assert desk.notice is not None
    assert desk.notice.text == "two"
    desk.dismiss()
    assert desk.notice is None
    assert [line.text for line in desk.lines] == ["one", "two", "three"]
