"""What a map shows beyond the table of sites: currents at any potential, and charges, live too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, paused_after, small_plan, window

import seccm
from seccm.events import Outcome, Phase, SiteFinished, SiteStarted, StepFinished
from seccm.remote import Client
from seccm.units import parse
from ui.map import MapView
from ui.map_controls import AT_POTENTIAL
from ui.models.readings import Readings, current_of
from ui.models.run_file import RunFile
from ui.models.showing import Showing
from ui.models.site_map import CHARGE, SiteMap
from ui.window import Window

NAME = "I at 0.5 V vs Li/Li⁺"


def read(path: Path, volts: float) -> np.ndarray:
    """Return each site's current where its potential first falls to a value, by hand."""
    found = []
    with seccm.open(path) as scan:
        for number in range(len(scan.sites)):
            site = scan.site(number)
            rows = np.flatnonzero((site.phase == Phase.STEP) & (site.t >= 0.0))[1:]
            first = rows[np.argmax(site.E[rows] < volts)]
            E, current = site.E[first - 1 : first + 1], site.I[first - 1 : first + 1]
            found.append(np.interp(volts, E[::-1], current[::-1]))
    return np.array(found)


def charges(path: Path) -> np.ndarray:
    """Return each site's charge as the area under its current."""
    with seccm.open(path) as scan:
        sites = [scan.site(number) for number in range(len(scan.sites))]
    rows = [(site.phase == Phase.STEP) & (site.t >= 0.0) for site in sites]
    return np.array(
        [np.trapezoid(s.I[chosen], s.t[chosen]) for s, chosen in zip(sites, rows, strict=True)]
    )


def shown(view: MapView, name: str) -> np.ndarray:
    assert view._sites is not None
    return view._sites.values(name)


def type_potential(view: MapView, text: str) -> None:
    view.controls.quantity.setCurrentIndex(view.controls.quantity.findData(AT_POTENTIAL))
    view.controls.quantity.activated.emit(view.controls.quantity.currentIndex())
    assert view.controls.potential.isVisible()
    view.controls.potential.setText(text)
    view.controls.potential.editingFinished.emit()


def test_the_current_at_a_potential_follows_a_scan_that_runs(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        type_potential(w.map, "0.5 m")
        assert "V" in w.map.tell.text(), "a length is no potential, and that is said"
        type_potential(w.map, "500 mV")
        assert w.map.name == NAME
        qtbot.waitUntil(lambda: bool(np.isfinite(shown(w.map, NAME)).any()), timeout=LONG)
        assert w.desk.run.ended is None, "it is there before the scan is over"
        w.desk.ask("resume")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        qtbot.waitUntil(lambda: bool(np.isfinite(shown(w.map, NAME)).all()), timeout=LONG)
        np.testing.assert_allclose(shown(w.map, NAME), read(data, 0.5), rtol=1e-3)
        w.map.pick(1, False)
        w.map.pick(3, True)
        assert w.map.panel.words.text().startswith("2 sites, 2 conditions")
        assert w.map.panel._bars.opts["height"].sum() == 2


def test_a_potential_is_read_against_the_reference_that_is_shown(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path)), path=data):
        pass
    with window(qtbot, tmp_path) as w:
        w.open_file(data)
        view = w.browse.files[0].map
        view.show_as(Showing("Li/Li+", other="SHE", shift=-3.04), view._offset)
        assert "SHE" in view.controls.potential.placeholderText()
        view.current_at(0.5 - 3.04)
        name = "I at −2.54 V vs SHE"
        assert view.name == name
        qtbot.waitUntil(lambda: bool(np.isfinite(shown(view, name)).all()), timeout=LONG)
        np.testing.assert_allclose(shown(view, name), read(data, 0.5), rtol=1e-3)


def test_charges_are_mapped_live_and_from_a_file_and_are_the_same(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path) as w:
        begin(qtbot, w, small_plan(tmp_path), data)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        w.map.choose(CHARGE)
        live = shown(w.map, CHARGE).copy()
        np.testing.assert_allclose(live, charges(data), rtol=0.04)
        w.open_file(data)
        view = w.browse.files[0].map
        view.controls.chosen.emit(CHARGE)
        qtbot.waitUntil(lambda: bool(np.isfinite(shown(view, CHARGE)).all()), timeout=LONG)
        np.testing.assert_allclose(shown(view, CHARGE), live, rtol=1e-12)


def test_a_window_that_comes_late_reads_the_charges_of_the_sites_before(
    qtbot: QtBot, tmp_path: Path
):
    first = Client.in_process()
    try:
        with window(qtbot, tmp_path, connect=lambda: first, pace=12.0) as w:
            begin(qtbot, w, small_plan(tmp_path), tmp_path / "scan.h5")
            qtbot.waitUntil(lambda: w.desk.run.finished >= 2, timeout=LONG)
            w.desk.link = None
        assert first._local is not None
        with window(qtbot, tmp_path, link=Client(first._local.join)) as w:
            qtbot.waitUntil(lambda: w.desk.map is not None, timeout=LONG)
            _map_charges_until_all_are_there(qtbot, w)
            np.testing.assert_allclose(
                shown(w.map, CHARGE), charges(tmp_path / "scan.h5"), rtol=0.04
            )
    finally:
        first.close()


def _map_charges_until_all_are_there(qtbot: QtBot, w: Window) -> None:
    w.map.controls.chosen.emit(CHARGE)
    qtbot.waitUntil(lambda: bool(np.isfinite(shown(w.map, CHARGE)).all()), timeout=LONG)
    qtbot.waitUntil(lambda: ended(w), timeout=LONG)


def test_the_charge_of_a_site_that_was_joined_late_is_left_to_the_file():
    """Half a site's charge would look like the whole one."""
    one = np.zeros(1)
    sites = SiteMap(one, one, one.astype(int), one.astype(int), one.astype(int), ["all sites"])
    sites.hear(StepFinished(9, 0, 1, "time", -2e-9))
    sites.hear(SiteFinished(9, 0, Outcome.OK, ""))
    assert np.isnan(sites.values(CHARGE)[0])
    sites.hear(SiteStarted(10, 0))
    sites.hear(StepFinished(19, 0, 0, "time", -1e-9))
    sites.hear(StepFinished(29, 0, 1, "time", -2e-9))
    assert sites.values(CHARGE)[0] == pytest.approx(-3e-9)


def test_a_file_that_is_gone_is_said_and_tried_again(qtbot: QtBot, tmp_path: Path):
    one = np.zeros(1)
    sites = SiteMap(one, one, one.astype(int), one.astype(int), one.astype(int), ["all sites"])
    sites.outcome[:] = Outcome.OK
    readings = Readings(RunFile(tmp_path / "none.h5"))
    try:
        readings.current_at(sites, parse("0.5 V", "V"), "I")
        qtbot.waitUntil(lambda: readings.follow(sites) and bool(readings.trouble), timeout=LONG)
        assert "none.h5" in readings.trouble
        assert readings.share(sites, "I") == 0.0
    finally:
        readings.close()


def test_a_row_in_which_the_current_was_switched_on_is_no_potential_of_the_cell(tmp_path: Path):
    """Wherever in a row the switching falls, which is different at each site."""
    data = tmp_path / "scan.h5"
    for _ in seccm.run(str(small_plan(tmp_path, 6, 4)), path=data, seed=2):
        pass
    with seccm.open(data) as scan:
        traces = [scan.site(number) for number in range(len(scan.sites))]
    firsts = [t.E[(t.phase == Phase.STEP) & (t.t >= 0.0)][0] for t in traces]
    assert min(firsts) < 0.4 < max(firsts), "some are partly from before"
    # A galvanostat's current is that of its step at every potential that the cell had.
    for trace in traces:
        step = trace.I[(trace.phase == Phase.STEP) & (trace.t >= 0.0)][2:]
        read = current_of(trace, 0.4 - trace.reference_offset)
        assert read.value == pytest.approx(np.median(step), abs=6 * np.std(step))
