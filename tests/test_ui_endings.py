"""Whatever goes wrong behind the window, it goes on, says so, and loses nothing."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visits
from small_plan import INFO, small
from ui_stand_in import StandIn
from ui_windows import LONG, begin, ended, small_plan, window

import seccm
from seccm.data import Store, finish
from seccm.events import RunStopped, SiteFinished
from seccm.remote import Failure, Trace
from ui.models import curves
from ui.models.curves import SiteCurves
from ui.models.desk import Desk
from ui.models.draft import Draft
from ui.models.emergency import of_refusal
from ui.models.run_file import RunFile
from ui.models.run_state import RunState
from ui.models.whole_files import whole
from ui.models.words import Line


def test_a_host_that_dies_before_it_has_begun_leaves_no_button_disabled():
    run = RunState(doing="preparing")
    run.lose()
    assert run.can("start")
    assert run.lost == "", "it drove nothing"
    run = RunState(doing="scan", state="done")
    run.lose()
    assert run.can("start")


def test_what_is_being_prepared_can_be_stopped():
    assert RunState(doing="preparing").can("stop")
    assert not RunState(doing="preparing").can("skip")


def test_virtual_is_said_of_the_rig_that_scans_and_not_of_the_one_before():
    real = StandIn(small(), replace(INFO, virtual=False), lambda _: ((), Trace.none(), 0))
    desk = Desk(real)  # type: ignore[arg-type]
    desk.run.virtual = True
    desk.beat(0.0)
    assert not desk.run.virtual
    desk.close()


@pytest.mark.parametrize("when", ["before", "with the end", "never"])
def test_the_process_of_a_run_may_end_when_the_run_is_over_and_not_before(when: str):
    """A run that `seccm run` began takes its process with it: that is no error."""
    stopped = RunStopped(9, "stopped", "asked by the operator.")
    link = StandIn(small(), INFO, lambda n: ((), Trace.none(), 0))
    desk = Desk(link)  # type: ignore[arg-type]
    while desk.began == 0:
        desk.beat(0.0)
    desk.beat(1.0)
    assert desk.run.running
    news = link.poll()
    if when == "before":
        link.poll = lambda: replace(news, events=(stopped,))  # type: ignore[method-assign]
        desk.beat(2.0)
    link.poll = lambda: replace(  # type: ignore[method-assign]
        news,
        link="lost",
        events=(stopped,) if when == "with the end" else (),
        failure=Failure("ChannelError", "It has ended."),
    )
    desk.beat(3.0)
    lost = when == "never"
    errors = [line.text for line in desk.lines if line.level == "error"]
    assert errors == (["It has ended."] if lost else [])
    assert (desk.notice is not None) is lost
    assert ("tip may be down" in desk.run.alarm(3.0)) is lost
    assert ("its process has ended" in desk.lines[-1].text) is not lost
    assert not desk.run.running
    desk.close()


def test_curves_for_comparison_that_cannot_be_read_hold_nothing_up():
    desk = Desk(StandIn(small(), INFO, lambda _: ((), Trace.none(), 0)))  # type: ignore[arg-type]
    failed: Future[tuple[curves.Curve, ...]] = Future()
    failed.set_exception(OSError("the disk is gone"))
    desk._recalled = failed
    for now in range(3):
        desk.beat(float(now))
    assert desk.run.running
    desk.close()


def test_a_curve_that_cannot_be_read_is_said_and_tried_again(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(visits(2)):
            store.record(block, events)
        store.close("complete")
    finish(path)
    reader = SiteCurves(RunFile(path))
    with monkeypatch.context() as patch:

        def torn(*_: object) -> None:
            raise OSError("can't read data")

        patch.setattr(curves, "read_site", torn)
        reader.want((0,))
        qtbot.waitUntil(lambda: reader.collect() is not None and bool(reader.trouble), timeout=LONG)
        assert "can't read" in reader.trouble
    reader.want((0,))
    qtbot.waitUntil(
        lambda: reader.collect() is not None and reader.get(0) is not None, timeout=LONG
    )
    reader.close()


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "plan.toml"
    path.write_text("old")

    def fill_the_disk() -> None:
        with whole(path) as stream:
            stream.write("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_the_disk()
    assert path.read_text() == "old"
    with whole(path) as stream:
        stream.write("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_save_as_writes_the_plan_that_it_was_asked_for(qtbot: QtBot, tmp_path: Path):
    """Although another one has been opened while the dialog was up."""
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path, title="the first"))
        w.plan.save_as()
        (dialog,) = (d for d in w.findChildren(QFileDialog) if d.isVisible())
        w.open_plan("redox-cv-map")
        assert w.plan.draft.title != "the first"  # type: ignore[union-attr]
        dialog.fileSelected.emit(str(tmp_path / "copy.toml"))
        dialog.close()
        assert Draft.open(tmp_path / "copy.toml").title == "the first"
        assert w.plan.draft.title != "the first"  # type: ignore[union-attr]


def test_a_notice_does_not_hide_why_a_run_waits(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        run = RunState(state="paused", doing="scan", waiting="Paused: no contact three times.")
        w.bar.show_run(run, "", 0.0, Line("warning", "Cannot skip."))
        assert w.bar.alarm.text() == "Paused: no contact three times. · Cannot skip."
        assert w.bar.away.isVisible()
        w.bar.show_run(run, "", 0.0)
        assert w.bar.alarm.text() == "Paused: no contact three times."


def test_the_strip_the_log_and_the_banner_write_units_alike(qtbot: QtBot, tmp_path: Path):
    """However the core says it: what waits, what is refused, what an emergency came to."""
    plain, typeset = "No contact within 30 um, at -0.2 mA/cm^2.", "30 µm, at −0.2 mA/cm²"
    with window(qtbot, tmp_path) as w:
        w.desk.run.follow("paused", 0, plain, 0.0)
        w.desk.alert(Line("error", plain, remedy=plain))
        w.bar.show_run(w.desk.run, "", 0.0, w.desk.notice)
        assert w.bar.alarm.text().count(typeset) == 3
        line = w.desk.lines[-1]
        banner = of_refusal(plain)
        for said in (line.text, line.remedy, banner.words, w.bar.alarm.text()):
            assert typeset in said
            assert "um" not in said.split()


def test_a_file_is_not_resumed_while_another_run_has_the_rig(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "stopped.h5"
    with seccm.run(str(small_plan(tmp_path)), path=data) as run:
        for event in run:
            if isinstance(event, SiteFinished) and event.site == 0:
                run.ask("stop", "for now")
    with window(qtbot, tmp_path, pace=5.0) as w:
        w.open_file(data)
        button = w.browse.files[0].resume_button
        qtbot.waitUntil(button.isEnabled, timeout=LONG)
        begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: not button.isEnabled(), timeout=LONG)
        assert not w.actions_["resume-file"].isEnabled()
        w.actions_["stop"].trigger()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(button.isEnabled, timeout=LONG)
