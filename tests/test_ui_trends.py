"""The last minute of current and height, as one watches it while moving the tip manually."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from ui_windows import LONG, small_plan, window

from seccm.remote import Trace
from ui.models.trends import SPAN, Trends


def rows(t: np.ndarray, z: float = 1e-5) -> Trace:
    n = t.size
    return Trace(t, np.zeros(n), np.sin(t) * 1e-12, np.full(n, z), np.full(n, -1, np.int32),
                 np.zeros(n, np.uint8), np.zeros(n, np.uint8))  # fmt: skip


def test_the_last_minute_is_kept_and_no_more():
    trends = Trends()
    for second in range(300):
        trends.take(rows(second + np.linspace(0.0, 0.99, 100)))
    t, current = trends.drawn()["current"]
    assert t[-1] == 0.0
    assert (np.diff(t) > 0).all()
    assert SPAN - 1.0 < -t[0] < SPAN + 2.0
    assert current.max() > 0.99e-12, "no peak is lost"
    assert t.size < 2100


def test_another_rig_begins_anew():
    trends = Trends()
    trends.take(rows(np.linspace(500.0, 501.0, 10)))
    trends.take(rows(np.linspace(0.0, 1.0, 10), z=5e-5))
    t, z = trends.drawn()["z"]
    assert t.size == 10
    assert (z == 5e-5).all()


def test_nothing_measured_is_nothing_drawn():
    trends = Trends()
    trends.take(Trace.none())
    assert trends.version == 0
    assert all(t.size == 0 for t, _ in trends.drawn().values())


def test_the_trends_are_beside_the_controls_and_follow_the_tip(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path, pace=5.0) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("manual")
        assert w.trends.isVisible()
        assert w.trends.plots["z"]._hint.isVisible()
        w.connect_rig()
        qtbot.waitUntil(w.manual.arrows["z", 1].isEnabled, timeout=LONG)
        w.manual.step.setCurrentText("3 um")
        w.manual.arrows["z", 1].click()

        def drawn() -> bool:
            _, z = w.trends._curves["z"].getData()
            return z is not None and z.size > 1 and bool(np.ptp(z) > 2e-6)

        qtbot.waitUntil(drawn, timeout=LONG)
        assert not w.trends.plots["z"]._hint.isVisible()
        w.connect_rig(False)
        qtbot.waitUntil(lambda: w.desk.run.doing == "idle", timeout=LONG)


def test_trends_of_a_rig_that_is_not_connected_any_more_are_said_to_be_old(
    qtbot: QtBot, tmp_path: Path
):
    with window(qtbot, tmp_path) as w:
        w.open_plan(small_plan(tmp_path))
        w.go("manual")
        words = w.trends.plots["z"].bottom

        def says(text: str) -> None:
            qtbot.waitUntil(lambda: text in words.labelText, timeout=LONG)

        says("before now")
        w.connect_rig()
        qtbot.waitUntil(lambda: w.desk.trends.version > 0, timeout=LONG)
        says("before now")
        w.connect_rig(False)
        says("before the last data point")
        assert "before the last data point" in w.trends.plots["current"].bottom.labelText
