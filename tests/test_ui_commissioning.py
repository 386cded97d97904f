"""The rig view: limits, calibrations with dates, and the commissioning steps with their plots."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyqtgraph import InfiniteLine
from PySide6.QtWidgets import QGridLayout
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, said, small_plan, window

from seccm.calibration import read
from seccm.commissioning.graph import Axis, Curve, Graph, Level
from seccm.commissioning.report import Verdict
from seccm.commissioning.steps import NOISE
from seccm.plan.library import rigs
from seccm.remote import News
from seccm.remote.messages.news import Progress
from ui.graph_plot import GraphPlot
from ui.models.commissioning import Bench, mistake_of, verdict_words
from ui.models.palette import DARK
from ui.models.showing import Showing
from ui.step_page import StepPage
from ui.window import Window


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    path = tmp_path / "bench.toml"
    path.write_text('kind = "virtual"\ncalibration = "c.json"\n', encoding="utf-8")
    return path


def take(qtbot: QtBot, made: Window, step: str, **texts: str) -> StepPage:
    """Carry a step out as with the mouse, and wait for what it finds."""
    page = made.rig.pages[step]
    made.go("rig")
    made.rig.tabs[step].click()
    for name, text in texts.items():
        page.fields[name].setText(text)
    qtbot.waitUntil(page.start.isEnabled, timeout=LONG)
    page.confirmed.setChecked(True)
    page.start.click()
    qtbot.waitUntil(lambda: page.found is not None, timeout=LONG)
    qtbot.waitUntil(lambda: made.desk.run.doing == "idle", timeout=LONG)
    return page


def words_of(grid: QGridLayout) -> str:
    items = [grid.itemAt(k) for k in range(grid.count())]
    return "\n".join(item.widget().text() for item in items if item is not None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("step", "texts", "plots"),
    [
        ("check", {}, 0),
        ("noise", {"seconds": "2 s"}, 2),
        ("test-resistor", {}, 4),
        ("capacitance", {"cycles": "3"}, 2),
    ],
)
def test_every_step_is_started_told_and_drawn(
    qtbot: QtBot, tmp_path: Path, rig: Path, step: str, texts: dict[str, str], plots: int
):
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        page = take(qtbot, made, step, **texts)
        assert "Within limits" in page.head.text()
        drawn = page.findChildren(GraphPlot)
        assert len(drawn) == plots
        assert all(plot.plot.listDataItems() for plot in drawn)
        assert f"{page.step.title}: Within limits" in said(made)
        assert made.rig.virtual.isVisible()
        assert "µm" in words_of(made.rig.overview.info)


def test_write_to_calibration_is_an_act_of_its_own_and_shows_with_its_date(
    qtbot: QtBot, tmp_path: Path, rig: Path
):
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        page = take(qtbot, made, "noise", seconds="2 s")
        assert not rig.with_name("c.json").exists()
        page.calibrate.click()
        qtbot.waitUntil(lambda: page.found is not None and bool(page.found.kept), timeout=LONG)
        assert "added to the calibration c.json" in page.where.text()
        assert not page.keeping.isVisible()
        [entry] = read(rig.with_name("c.json"))
        shown = words_of(made.rig.overview.calibrations)
        assert "suggested threshold" in shown
        assert f"{entry.when:%Y-%m-%d %H:%M} (today)" in shown
        report = json.loads((tmp_path / entry.report).read_text(encoding="utf-8"))
        assert report["procedure"] == "noise"


def test_a_rig_that_names_no_calibration_says_how_to(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as made:
        page = take(qtbot, made, "noise", seconds="1 s")
        assert not page.calibrate.isEnabled()
        assert page.report.isEnabled()
        assert 'calibration = "NAME.json"' in page.where.text()


def test_a_long_step_shows_how_far_it_is_and_can_be_stopped(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as made:
        page = made.rig.pages["noise"]
        made.go("rig")
        made.rig.tabs["noise"].click()
        page.fields["seconds"].setText("1000000 s")
        page.start.click()
        qtbot.waitUntil(page.stop.isEnabled, timeout=LONG)
        assert page.progress.isVisible()
        assert not page.start.isEnabled()
        other = made.rig.pages["capacitance"]
        assert not other.stop.isEnabled()
        assert "Noise is running" in other.why.text()
        assert made.bar.buttons["start"].isEnabled() is False
        page.stop.click()
        qtbot.waitUntil(lambda: page.found is not None, timeout=LONG)
        assert "Not finished" in page.head.text()
        assert not page.keeping.isVisible()
        assert "Stopped by the operator" in said(made)
        qtbot.waitUntil(page.start.isEnabled, timeout=LONG)


def test_the_emergency_key_ends_a_step_with_the_tip_up(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as made:
        page = made.rig.pages["noise"]
        made.go("rig")
        page.fields["seconds"].setText("1000000 s")
        page.start.click()
        qtbot.waitUntil(lambda: made.desk.run.doing == "commissioning", timeout=LONG)
        made.actions_["emergency"].trigger()
        qtbot.waitUntil(lambda: page.found is not None, timeout=LONG)
        assert page.found is not None
        assert "retracted" in page.found.finding.faults[0]
        qtbot.waitUntil(lambda: made.desk.run.doing == "idle", timeout=LONG)


def test_a_scan_owns_the_rig_until_it_is_over(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=30.0) as made:
        begin(qtbot, made, small_plan(tmp_path), tmp_path / "scan.h5")
        made.go("rig")
        made.rig.turn("noise")
        page = made.rig.pages["noise"]
        qtbot.waitUntil(lambda: "A scan is using the rig" in page.why.text(), timeout=LONG)
        assert not page.start.isEnabled()
        made.actions_["stop"].trigger()
        qtbot.waitUntil(lambda: ended(made), timeout=LONG)
        qtbot.waitUntil(page.start.isEnabled, timeout=LONG)
        assert page.why.text() == ""


def test_a_mistake_is_shown_beside_its_field_and_nothing_can_be_started(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as made:
        made.go("rig")
        made.rig.turn("noise")
        page = made.rig.pages["noise"]
        page.fields["seconds"].setText("ten")
        assert "write a number and a unit" in page.mistakes["seconds"].text().lower()
        assert page.mistakes["seconds"].isVisible()
        assert not page.start.isEnabled()
        page.fields["seconds"].setText("10 s")
        assert page.mistakes["seconds"].text() == ""
        assert page.start.isEnabled()


def test_a_watcher_sees_everything_and_can_start_stop_or_keep_nothing():
    doing = Progress("commissioning", None, 0.0, {}, 2, step="Noise", done=0.25)
    news = News("live", doing, (), None, (), False, 0.0, False, None)  # type: ignore[arg-type]
    seen = Bench.of(news)
    assert (seen.may_start, seen.may_stop, seen.may_keep) == (False, False, False)
    assert (seen.step, seen.done) == ("Noise", 0.25)
    assert "Another window has control" in seen.words
    holder = Bench.of(replace(news, in_control=True))
    assert (holder.may_start, holder.may_stop, holder.may_keep) == (False, True, True)
    idle = Bench.of(replace(news, in_control=True, progress=replace(doing, doing="idle")))
    assert (idle.may_start, idle.may_stop, idle.words) == (True, False, "")
    assert Bench.of(None).may_start


def test_a_calibration_of_another_wiring_stands_out_with_its_remedy(qtbot: QtBot, tmp_path: Path):
    rig = tmp_path / "card.toml"
    text = rigs()["virtual-nidaq"].read_text(encoding="utf-8")
    rig.write_text('calibration = "c.json"\n' + text, encoding="utf-8")
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        page = take(qtbot, made, "test-resistor")
        page.calibrate.click()
        qtbot.waitUntil(lambda: page.found is not None and bool(page.found.kept), timeout=LONG)
        made.rig.turn("overview")
        assert "20 nA" in words_of(made.rig.overview.calibrations)
        assert "Calibrate again" not in words_of(made.rig.overview.calibrations)
        rig.write_text(rig.read_text().replace('"ai0"', '"ai9"'), encoding="utf-8")
        made.go("scan")
        made.go("rig")
        shown = words_of(made.rig.overview.calibrations)
        assert "inputs.current.terminal = ai0, and it is ai9 now" in shown
        assert "Calibrate again" in shown
        rig.write_text("kind = ", encoding="utf-8")
        made.rig.overview.reload()
        assert "not valid TOML" in made.rig.overview.failure.text()


def test_a_rig_file_that_breaks_before_start_is_told_on_the_page(
    qtbot: QtBot, tmp_path: Path, rig: Path
):
    with window(qtbot, tmp_path, rig=str(rig)) as made:
        rig.write_text("calibration = 3", encoding="utf-8")
        made.go("rig")
        made.rig.turn("noise")
        made.rig.pages["noise"].start.click()
        assert "must name a file" in made.rig.pages["noise"].head.text()


def a_graph(**changes: object) -> Graph:
    x = np.array([1.0, 2.0, 3.0])
    curves = (Curve("up", x, 1e-12 * x), Curve("", x, 1e-12 * x, "fit"))
    made = Graph("Current", Axis("t", "s"), Axis("I", "A"), curves, (Level("limit", 2e-12),))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_polarographic_convention_turns_currents_and_their_levels_round(qtbot: QtBot):
    plot = GraphPlot(a_graph())
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    up = plot.plot.listDataItems()[0].getData()[1]
    plot.show_as(Showing(polarographic=True))
    down = plot.plot.listDataItems()[0].getData()[1]
    np.testing.assert_array_equal(down, -up)
    levels = [item.value() for item in plot.plot.items() if isinstance(item, InfiniteLine)]
    assert levels == [-2.0]


def test_a_threshold_of_half_a_picoampere_is_not_drawn_at_zero(qtbot: QtBot):
    """Qt takes places less than 1e-12 apart for the same."""
    plot = GraphPlot(a_graph(levels=(Level("limit", 0.5e-12), Level("", -0.5e-12))))
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    places = sorted(i.pos().y() for i in plot.plot.items() if isinstance(i, InfiniteLine))
    assert places == [-0.5, 0.5]
    assert "(pA)" in plot.plot.left.labelText


def test_a_logarithmic_graph_keeps_its_numbers_readable(qtbot: QtBot):
    """Tens of femtoamperes per root hertz read as 10, not as 1e-14."""
    x = np.array([1.0, 10.0, 100.0])
    graph = a_graph(
        x=Axis("f", "Hz"), y=Axis("density", "A/√Hz"), logarithmic=True,
        curves=(Curve("noise", x, 1e-14 * np.sqrt(x)),), levels=(),
    )  # fmt: skip
    plot = GraphPlot(graph)
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.resize(400, 300)
    plot.show()
    assert "fA/√Hz" in plot.plot.left.labelText
    drawn = plot.plot.listDataItems()[0].getData()[1]
    np.testing.assert_allclose(drawn, [1.0, 1.5, 2.0])


def test_words_for_settings_and_verdicts():
    [seconds, *_] = NOISE.settings
    assert mistake_of(seconds, "3 s") == ""
    assert mistake_of(seconds, "3 V").endswith('not "3 V".')
    assert mistake_of(seconds, "-3 s") == "-3 s is not more than 0."
    assert verdict_words(Verdict("x", 1e-12, 0.0, 5e-12, "A")) == ("x", "1 pA", "at most 5 pA")
    assert verdict_words(Verdict("g", 1.0, 0.98, 1.02, "1")) == ("g", "1", "0.98 to 1.02")
