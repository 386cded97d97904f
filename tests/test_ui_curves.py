"""Curves beside a map: read in the background, drawn as they arrive, never waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit
from ui_windows import LONG, begin, drawn, ended, failing, small_plan, window

import seccm
from seccm.data import Store, finish
from seccm.events import Outcome, Phase
from ui.browse import FileView
from ui.map import MOST_CURVES, MapView
from ui.models import curves as reading
from ui.models.curves import SiteCurves, read_site
from ui.models.palette import DARK, Sizes
from ui.models.run_file import RunFile
from ui.models.worker import Worker
from ui.panels import APPROACH
from ui.site_panel import HISTOGRAM


def written(path: Path, count: int, steps: tuple[int, ...] = (40, 30)) -> Path:
    """Write a made-up scan of which every fifth site is never touched."""
    row = 0
    with Store(path, HEADER, sites(count), COLUMNS, CLOCK, analyse) as store:
        for number in range(count):
            v = visit(number, row, steps)
            row = v.stop
            for block, events in told([v]):
                store.record(block, events)
        store.close("complete")
    finish(path)
    return path


@pytest.fixture(scope="module")
def seventy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("seventy") / "scan.h5", 70)


@pytest.fixture
def view(qtbot: QtBot, seventy: Path) -> Iterator[FileView]:
    made = FileView(seventy, lambda line: None)
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False, scale=1.0))
    made.resize(1000, 700)
    made.show()
    yield made
    made.shut()


def settled(view: MapView) -> bool:
    return view._curves is not None and not view._arriving.isActive()


# What is read


def test_a_curve_is_the_measurement_of_its_site_however_long_it_is(tmp_path: Path):
    path = written(tmp_path / "long.h5", 2, (50_000, 30_000))
    with seccm.open(path) as scan:
        trace, found = scan.site(1), read_site(scan, 1)
    assert found is not None
    assert found.measured is not None
    measured = trace.phase == Phase.STEP
    E, current, t = trace.record.E[measured], trace.I[measured], trace.t[measured]
    curve = found.measured
    assert curve.t.size < 5_000
    assert (curve.E.min(), curve.E.max()) == (E.min(), E.max())
    assert (curve.I.min(), curve.I.max()) == (current.min(), current.max())
    assert curve.t[-1] == pytest.approx(t[-1])
    charge = np.sum(current[1:] * np.diff(t))  # a row is the mean of the time before its stamp
    assert curve.Q[-1] == pytest.approx(charge, rel=1e-6, abs=1e-18)


def test_a_site_that_was_not_touched_has_a_way_down_and_no_measurement(tmp_path: Path):
    path = written(tmp_path / "scan.h5", 5)
    with seccm.open(path) as scan:
        assert scan.site(4).outcome is Outcome.NO_CONTACT
        found, touched = read_site(scan, 4), read_site(scan, 3)
        descended = scan.site(4).phase == Phase.APPROACH
        z = scan.site(4).z[descended]
    assert found is not None
    assert touched is not None
    assert found.measured is None
    assert found.way is not None
    np.testing.assert_array_equal(found.way.z, z)
    assert touched.measured is not None
    assert touched.way is not None


# Nobody waits


def test_a_click_asks_and_the_curve_is_drawn_when_it_has_been_read(view: FileView, qtbot: QtBot):
    gate = threading.Event()
    assert view.map._curves is not None
    view.map._curves._worker.do(gate.wait)
    view.map.pick(0, False)
    view.map.pick(1, True)
    assert view.map._sites is not None
    assert view.map._sites.selection == (0, 1)
    assert drawn(view.map) == [], "the click came back before anything was read"
    qtbot.waitUntil(lambda: "reading" in view.map.panel.words.text(), timeout=LONG)
    gate.set()
    qtbot.waitUntil(lambda: len(drawn(view.map)) == 2, timeout=LONG)
    assert "reading" not in view.map.panel.words.text()


def test_curves_are_drawn_as_they_arrive(
    view: FileView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    gates = [threading.Semaphore(0)]

    def read(scan, number, goes_on):  # type: ignore[no-untyped-def]
        gates[0].acquire(timeout=60.0)
        return read_site(scan, number, goes_on)

    monkeypatch.setattr(reading, "read_site", read)
    monkeypatch.setattr(reading, "TURN", 0.0)
    view.map.pick(0, False)
    for number in (1, 2):
        view.map.pick(number, True)
    for count in (1, 2, 3):
        gates[0].release()
        qtbot.waitUntil(lambda count=count: len(drawn(view.map)) == count, timeout=LONG)  # type: ignore[misc]


def test_a_new_wish_ends_the_reading_of_what_nobody_wants_any_more(tmp_path: Path):
    path = written(tmp_path / "scan.h5", 4)
    with seccm.open(path) as scan:
        asked: list[bool] = []

        def goes_on() -> bool:
            asked.append(True)
            return False

        assert read_site(scan, 1, goes_on) is None
        assert asked == [True]
    curves = SiteCurves(RunFile(path))
    gate = threading.Event()
    curves._worker.do(gate.wait)
    curves.want([0, 1, 2])
    curves.want([3])
    gate.set()
    while curves.busy:
        curves.collect()
    assert curves.get(3) is not None
    assert [curves.get(k) for k in (0, 1, 2)] == [None] * 3
    curves.close()


def test_of_many_selected_sites_it_is_said_how_many_are_drawn(view: FileView, qtbot: QtBot):
    view.map._select_condition(0)
    qtbot.waitUntil(lambda: settled(view.map), timeout=LONG)
    assert view.map._sites is not None
    count = len(view.map._sites.selection)
    assert count > MOST_CURVES
    assert f"{MOST_CURVES} of {count} drawn" in view.map.panel.words.text()
    view.map.pick(0, False)
    assert "drawn" not in view.map.panel.words.text()


def test_of_very_many_it_is_said_how_many_are_marked_on_the_map(
    view: FileView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ui.map.MOST_MARKS", 30)
    view.map._select_condition(0)
    qtbot.waitUntil(lambda: settled(view.map), timeout=LONG)
    assert "30 marked on the map" in view.map.panel.words.text()


def test_a_site_that_was_read_is_drawn_at_once_the_next_time(view: FileView, qtbot: QtBot):
    view.map.pick(0, False)
    qtbot.waitUntil(lambda: len(drawn(view.map)) == 1, timeout=LONG)
    view.map.pick(1, False)
    qtbot.waitUntil(lambda: settled(view.map), timeout=LONG)
    view.map.pick(0, False)
    assert len(drawn(view.map)) == 1
    assert settled(view.map)


def test_a_file_that_cannot_be_read_just_now_is_said_and_tried_again(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "AGAIN", 0.01)
    path = tmp_path / "scan.h5"
    curves = SiteCurves(RunFile(path))
    curves.want([0])
    qtbot.waitUntil(lambda: curves.collect() and bool(curves.trouble), timeout=LONG)
    assert "scan.h5" in curves.trouble
    written(path, 1)
    qtbot.waitUntil(lambda: curves.collect() and curves.get(0) is not None, timeout=LONG)
    assert curves.trouble == ""
    curves.close()


# Nobody waits at the end either


def test_closing_does_not_wait_for_the_thread_which_still_closes_what_it_opened(tmp_path: Path):
    gate, closed = threading.Event(), threading.Event()
    worker = Worker("slow")
    under_way = worker.do(gate.wait)
    queued = worker.do(lambda: 1)
    worker.end(closed.set)
    assert not under_way.done(), "it went on without waiting"
    assert queued.cancelled()
    assert worker.over.is_set()
    gate.set()
    assert closed.wait(60.0)
    worker.end(closed.clear)
    assert closed.is_set(), "it ends once"


def test_a_view_is_closed_while_its_file_is_read_and_no_thread_stays(qtbot: QtBot, tmp_path: Path):
    before = set(threading.enumerate())
    view = FileView(written(tmp_path / "scan.h5", 10), lambda line: None)
    qtbot.addWidget(view)
    gate = threading.Event()
    assert view.map._curves is not None
    assert view.map._readings is not None
    for worker in (view._worker, view.map._curves._worker, view.map._readings._worker):
        worker.do(gate.wait)
    view.map.pick(0, False)
    view.export(tmp_path / "table.csv")
    view.shut()
    assert not gate.is_set(), "nothing was waited for"
    gate.set()
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=LONG)


def test_a_table_that_is_being_written_is_written_to_its_end_or_not_at_all(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A window that is closed leaves no half a table."""
    target = tmp_path / "table.csv"
    target.write_text("the table before")
    view = FileView(written(tmp_path / "scan.h5", 10), lambda line: None)
    qtbot.addWidget(view)
    entered, gate = threading.Event(), threading.Event()

    def label(number: int) -> str:
        entered.set()
        gate.wait(60.0)
        return "a"

    monkeypatch.setattr(view.file.map, "label", label)
    view.export(target)
    assert entered.wait(60.0)
    view.shut()
    assert target.read_text() == "the table before"
    gate.set()
    qtbot.waitUntil(lambda: len(target.read_text().splitlines()) == 11, timeout=LONG)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scan.h5", "table.csv"]


# The way down of a site


def test_the_approach_of_a_site_without_contact_is_shown_by_itself(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, connect=failing("no-surface@site=1")) as w:
        data = tmp_path / "scan.h5"
        begin(qtbot, w, small_plan(tmp_path, 1, 2), data)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        w.open_file(data)
        browsed = w.browse.files[0].map
        qtbot.waitUntil(lambda: bool(browsed._sites and browsed._sites.approaches), timeout=LONG)
        for view in (w.map, browsed):
            chosen = view.panel.page
            view.pick(1, False)
            qtbot.waitUntil(lambda v=view: v.panel.page == APPROACH, timeout=LONG)  # type: ignore[misc]
            z, signal = view.panel.approach._ways[0].getData()
            (line,) = (each for each in view.panel.approach._lines if each.isVisible())
            assert np.ptp(z) > 5e-6, "all the way down"
            sides = np.sign(signal - line.value())
            assert abs(sides.sum()) == sides.size, "and never past the threshold"
            view.pick(0, False)
            qtbot.waitUntil(lambda v=view: len(v.panel._sites) == 1 and settled(v), timeout=LONG)  # type: ignore[misc]
            assert view.panel.page == chosen, "where there are curves, they are shown"
            view.panel.choose(APPROACH)
            z, signal = view.panel.approach._ways[0].getData()
            (line,) = (each for each in view.panel.approach._lines if each.isVisible())
            assert signal.max() > line.value() > signal.min(), "this one went through it"
            side = np.sign(signal - line.value())
            assert z[side != side[0]].max() < z[0] - 1e-6


def test_who_looks_at_the_histogram_goes_on_looking_at_it(view: FileView, qtbot: QtBot):
    view.map.panel.choose(HISTOGRAM)
    view.map.pick(4, False)
    qtbot.waitUntil(lambda: settled(view.map), timeout=LONG)
    assert view.map.panel.page == HISTOGRAM
    view.map.panel.choose("E-t")
    view.map.pick(4, False)
    assert view.map.panel.page == APPROACH
    view.map.pick(4, True)
    view.map.pick(3, True)
    qtbot.waitUntil(lambda: settled(view.map), timeout=LONG)
    assert view.map.panel.page == "E-t"
