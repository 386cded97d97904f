"""Another scan is drawn on axes of its own, whatever was drawn, or zoomed to, before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, small_plan, window

from ui.models.descent import Descent
from ui.models.palette import DARK
from ui.models.passage import Curve
from ui.panels import KINDS, ApproachPanel, CurvePanel
from ui.plots import Axis, Plot


def a_curve(scale: float) -> Curve:
    t = np.linspace(0.0, scale, 200)
    wave = scale * (1.0 + np.sin(t / scale))
    return Curve(0, t, wave, 1e-9 * wave, 1e-9 * np.cumsum(wave))


def seen(panel: CurvePanel | ApproachPanel) -> list[list[float]]:
    return [list(side) for side in panel.plotItem.vb.viewRange()]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("zoomed", [False, True])
def test_curves_of_another_scan_are_framed_as_if_they_were_the_first(
    qtbot: QtBot, kind: object, zoomed: bool
):
    fresh, used = CurvePanel(kind), CurvePanel(kind)  # type: ignore[arg-type]
    for panel in (fresh, used):
        qtbot.addWidget(panel)
        panel.dress(DARK, 13)
        panel.resize(400, 300)
    used.overlay([a_curve(1000.0)])
    used.draw_before([a_curve(500.0)], a_curve(500.0))
    if zoomed:
        used.plotItem.vb.setRange(xRange=(3.0, 4.0), yRange=(7.0, 8.0))
        used.plotItem.vb.sigRangeChangedManually.emit([True, True])
    used.begin()
    assert seen(used) == [[0.0, 1.0], [0.0, 1.0]], "empty, and not where the old curves were"
    for panel in (fresh, used):
        panel.overlay([a_curve(1.0)])
    assert seen(used) == seen(fresh)
    assert used.left.labelString() == fresh.left.labelString(), "nor the unit"


def test_an_approach_of_another_scan_is_not_sought_where_the_last_was_zoomed_to(qtbot: QtBot):
    panel = ApproachPanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, 13)
    panel.draw(Descent("I", np.linspace(1e-4, 5e-5, 50), np.full(50, 1e-12), (3e-12,)))
    panel.plotItem.vb.setRange(xRange=(1.0, 2.0), yRange=(1.0, 2.0))
    panel.plotItem.vb.sigRangeChangedManually.emit([True, True])
    panel.begin()
    z = np.linspace(8e-5, 3e-5, 50)
    panel.draw(Descent("I", z, np.full(50, 1e-12), (3e-12,)))
    panel.plotItem.vb.updateAutoRange()
    (left, right), (low, high) = seen(panel)
    assert left <= z.min()
    assert right >= z.max()
    assert low < 1e-12
    assert 3e-12 < high < 1e-9


def test_the_window_begins_a_scan_on_empty_axes(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        plan = small_plan(tmp_path)
        begin(qtbot, w, plan, tmp_path / "one.h5")
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        panel = w.live.panels["E-t"]
        panel.plotItem.vb.setRange(xRange=(100.0, 101.0), yRange=(50.0, 51.0))
        panel.plotItem.vb.sigRangeChangedManually.emit([True, True])
        begin(qtbot, w, plan, tmp_path / "two.h5")
        qtbot.waitUntil(lambda: w.desk.began == 2 and ended(w), timeout=LONG)
        (left, right), _ = seen(panel)
        assert left < right < 10.0, "0.3 s of it, not where one had looked in the last"


@pytest.mark.parametrize("highest", [1, 2, 3, 7, 24, 1000, 10**6])
@pytest.mark.parametrize("height", [60, 200, 900])
def test_an_axis_that_counts_has_whole_numbers_only(qtbot: QtBot, highest: int, height: int):
    plot = Plot(left=Axis("left", counts=True))
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    low, high = -0.05 * highest, 1.05 * highest
    levels = plot.left.tickValues(low, high, height)
    told = [t for s, at in levels for t in plot.left.tickStrings(at, 1.0, s)]
    assert told
    assert all(float(text.replace("−", "-")).is_integer() for text in told), told


def test_numbers_on_axes_have_the_minus_of_all_other_numbers(qtbot: QtBot):
    plot = Plot()
    qtbot.addWidget(plot)
    assert plot.left.tickStrings([-2.0, 0.0, 2.0], 1.0, 2.0) == ["−2", "0", "2"]
    assert isinstance(plot.bottom, Axis)


def test_a_new_range_writes_no_label_anew(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    """Those of the sides without an axis cannot be seen; those of the others have their prefix."""
    plot = Plot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.left.name("I", "A")
    sides = {side: plot.plotItem.getAxis(side) for side in ("left", "bottom", "right", "top")}
    before = {side: axis.label.toHtml() for side, axis in sides.items()}
    written: list[pg.AxisItem] = []
    monkeypatch.setattr(pg.AxisItem, "_updateLabel", written.append)
    for largest in (1e-12, 1.0, 1e6):
        plot.plotItem.setRange(xRange=(0.0, largest), yRange=(-largest, largest))
        assert sides["right"].range == sides["left"].range == plot.plotItem.viewRange()[1]
    assert written == []
    assert {side: axis.label.toHtml() for side, axis in sides.items()} == before
    assert [axis.isVisible() for axis in sides.values()] == [True, True, False, False]
