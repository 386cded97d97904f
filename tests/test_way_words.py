"""Whoever speaks of a run speaks as its way does: where nothing moves, of no tip and no height.

The words are looked for in everything that a person may read of such a run: buttons and read-outs
of the window, its log, banner and alarms, the answers of the command line, events, and the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from tomllib import loads
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from rich.console import Console
from small_scan import small_scan
from test_channels import CHANNELS, HERE, RIG, plan_of
from ui_windows import LONG, begin, ended, said, window

import seccm
from seccm.cli.progress import RunProgress
from seccm.events import Event, Note, Outcome, Paused, StepFinished
from seccm.hopping.doubts import Budget, Doubts
from seccm.hopping.life import Request
from seccm.hopping.terrain import Terrain
from seccm.plan.way_words import ELECTRODE, TIP, WayWords
from seccm.plan.ways import KINDS, kind_in
from seccm.plan.written import toml_text_of, written_tables
from seccm.remote.host.host import Host
from seccm.remote.messages.job import Job
from seccm.rig import SafeReport
from seccm.rigs import RigFile
from sim.virtual_rig import VirtualRig
from ui.keys import KeySheet
from ui.models.emergency import of_refusal, of_report, waiting
from ui.models.run_state import RunState
from ui.models.words import line_of
from ui.window import Window

OF_A_TIP = re.compile(
    r"\b(tip|pipette|retract\w*|lift\w*|land\w*|approach\w*|surface|descen\w*|contact|travel\w*|"
    r"height|z)\b",
    re.IGNORECASE,
)
HELD = SafeReport(True, True, False, "end of the run: cell off, tip held where it was.", 5e-5)
BROKEN = SafeReport(True, False, False, "emergency: the cell could not be switched off.", None)


def sentences(words: WayWords) -> Iterator[str]:
    """Everything that a way may have said of it."""
    for name in words.__dataclass_fields__:
        value = getattr(words, name)
        yield from value.values() if isinstance(value, Mapping) else [str(value)]
    yield from (of_report(HELD, words).words, of_report(BROKEN, words).words)
    yield from (of_refusal("No rig.", words).words, waiting(words).words)
    yield words.ended(words.urgent, HELD)
    yield line_of(Paused(0, "Nobody knows."), words).remedy
    doubts = Doubts(Budget(1, 1), Terrain(), words.look)
    doubts.note(Outcome.FAULT, wet=False)
    yield doubts.words()
    run = RunState(way=words, state="running", doing="scan", disk_free=1)
    yield from (run.alarm(0.0), *run.counted)
    run.follow("running", 1, "", 0.0)
    yield run.alarm(60.0)
    run.lose()
    yield run.alarm(60.0)


def test_words_of_electrodes_tell_of_no_tip() -> None:
    for sentence in sentences(ELECTRODE):
        assert not OF_A_TIP.search(sentence), sentence
    assert sum(bool(OF_A_TIP.search(sentence)) for sentence in sentences(TIP)) > 10


@pytest.mark.parametrize("name", sorted(KINDS.all()))
def test_each_way_has_words_that_fit_what_it_does(name: str) -> None:
    kind = KINDS.all()[name]
    assert kind.words.tip is kind.moves
    assert {*kind.words.asked} == {request.value for request in Request} - {"start"}
    assert kind_in(f'{{"way": {{"kind": "{name}"}}}}') is kind
    assert replace(kind, speaks=None).words == (TIP if kind.moves else ELECTRODE)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"way": 3}', '{"way": {"kind": "mine"}}'])
def test_a_rig_without_a_plan_is_spoken_of_as_one_with_a_tip(text: str) -> None:
    """What is driven by hand may be down."""
    assert kind_in(text).words is TIP


def test_a_cell_that_may_be_on_is_never_said_to_be_safe() -> None:
    assert of_report(HELD, ELECTRODE).level == "done"
    assert of_report(HELD, TIP).level == "failed", "a tip was to be lifted"
    for words in (ELECTRODE, TIP):
        said_of = of_report(BROKEN, words)
        assert said_of.level == "failed"
        assert "NOT KNOWN TO BE OFF" in said_of.words
        assert "disconnect the cell" in said_of.words.lower()


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    path = tmp_path / "rig.toml"
    path.write_text(RIG, encoding="utf-8")
    return path


@pytest.mark.parametrize("sites", [CHANNELS, HERE], ids=["channels", "here"])
@pytest.mark.parametrize("request_", ["skip", "stop", "emergency"])
def test_events_and_file_of_electrodes_tell_of_no_tip(
    request_: str, sites: dict[str, Any], rig: Path, tmp_path: Path
) -> None:
    way = {"switch": "person"} if sites is CHANNELS else {}
    run = seccm.run(plan_of(sites, way=way), rig, path=tmp_path / "scan.h5")
    progress, heard = RunProgress(run, Console(file=StringIO())), list[Event]()
    for event in run:
        heard.append(event)
        progress.show(event)
        if isinstance(event, Paused):
            run.ask("resume")
        if isinstance(event, StepFinished) and (event.site, event.step) == (0, 0):
            run.ask(request_)
    lines = [line_of(event, ELECTRODE) for event in heard]
    told = [*map(str, heard), *(f"{line.text} {line.remedy}" for line in lines), progress.words()]
    with seccm.open(tmp_path / "scan.h5") as scan:
        told += map(str, scan.events["msg"].tolist())
    for sentence in told:
        assert not OF_A_TIP.search(sentence), sentence
    assert any(isinstance(event, Note) for event in heard) is (request_ == "emergency")


def texts(w: Window) -> Iterator[str]:
    """All that stands in the bar of a window, its log and its sheet of keys."""
    yield from (w.actions_[name].text() for name in ("stop", "emergency"))
    yield from (w.actions_[name].toolTip() for name in ("stop", "emergency"))
    yield from (button.text() for button in w.bar.buttons.values())
    yield from (caption.text() for caption in w.bar._captions.values())
    yield from (cell.text() for cell in w.bar.cells.values())
    yield from (w.bar.alarm.text(), w.bar.emergency.words.text(), said(w))


def test_a_window_speaks_as_its_run_does_and_an_emergency_after_it_moves_nothing(
    qtbot: QtBot, rig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the rig is opened again for it, as where a tip may have to be lifted."""
    lifts: list[bool] = []
    safe = VirtualRig.safe

    def listened(self: VirtualRig, why: str, *, retract: bool = True, **more: Any) -> SafeReport:
        lifts.append(retract)
        return safe(self, why, retract=retract, **more)

    monkeypatch.setattr(VirtualRig, "safe", listened)

    path = tmp_path / "array.toml"
    path.write_text(toml_text_of(written_tables(plan_of(way={"switch": "rig"}))), encoding="utf-8")
    with window(qtbot, tmp_path, rig=str(rig), pace=5.0) as w:
        assert w.actions_["stop"].text() == TIP.stop
        begin(qtbot, w, path, tmp_path / "scan.h5")
        qtbot.waitUntil(lambda: "P1 connected" in said(w), timeout=LONG)
        w.beat()
        assert w.bar.buttons["stop"].text() == ELECTRODE.stop
        w.actions_["emergency"].trigger()
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(lambda: w.bar.emergency.words.text() == "Cell off.", timeout=LONG)
        w.actions_["emergency"].trigger()
        w.beat()
        qtbot.waitUntil(lambda: w.desk.run.doing == "idle" and len(lifts) > 1, timeout=LONG)
        w.beat()
        for text in texts(w):
            assert not OF_A_TIP.search(text), text
        sheet = KeySheet(w, w._words())
        assert ELECTRODE.stop in [label.text() for label in sheet.findChildren(QLabel)]
        sheet.deleteLater()
    assert not any(lifts)


@pytest.mark.parametrize("moves", [True, False])
def test_a_host_lifts_again_only_what_its_last_job_moved(moves: bool, tmp_path: Path) -> None:
    """Also where the run was called off before it began."""
    plan = small_scan(1, 1) if moves else plan_of(HERE)
    rig = "virtual" if moves else RigFile("rig", loads(RIG))
    job = Job.new(plan, rig, path=tmp_path / "scan.h5")
    assert job.moves is moves
    assert Job.again(tmp_path / "scan.h5").moves
    host = Host()
    host._work._build, host._work._moves = job.build, job.moves
    host._work.make_safe(urgent=True)
    assert host._work._thread is not None
    host._work._thread.join(60.0)
    lifted = host._work._lifted
    assert lifted is not None
    assert (lifted.drive_off, lifted.retracted) == (True, moves)
    host.close()
