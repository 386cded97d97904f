"""The views a person looks for: the right curves first, with names, and a word where none is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_maps import map_of
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from small_plan import grid, small
from ui_windows import LONG, begin, ended, paused_after, small_plan, window

from ui import pieces
from ui.framed_plot import FramedPlot
from ui.map_controls import MapControls
from ui.models.colours import condition_legend
from ui.models.curve_choice import page_of, panels_of
from ui.models.descent import Descent
from ui.models.draft import Draft
from ui.models.frames import Frame, approach_frame
from ui.models.palette import DARK, Sizes
from ui.models.recent import MOST, present, with_newest
from ui.panels import ApproachPanel
from ui.site_panel import SitePanel


@pytest.mark.parametrize(
    ("steps", "page"),
    [
        (["constant potential"], "I-t"),
        (["open circuit"], "E-t"),
        (["open circuit", "constant potential"], "I-t"),
        (["constant current", "open circuit"], "E-t"),
        (["constant potential", "cv"], "I-E"),
        (["lsv"], "I-E"),
        ([], "E-t"),
    ],
)
def test_the_curve_that_is_shown_first_is_the_one_people_look_for(steps: list[str], page: str):
    assert page_of(steps) == page
    assert page in panels_of(steps)
    assert "approach" in panels_of(steps)


@given(st.floats(min_value=-1e-9, max_value=1e-9), st.floats(min_value=1e-13, max_value=1e-10),
       st.floats(min_value=10.0, max_value=1e4))  # fmt: skip
def test_an_approach_is_scaled_to_baseline_and_threshold_not_to_the_contact(
    baseline: float, step: float, times: float
):
    signal = np.full(1000, baseline)
    signal[-20:] = baseline + times * step  # the contact, ten to ten thousand times the threshold
    threshold = baseline + step
    frame = approach_frame([np.linspace(8e-5, 5e-5, 1000)], [signal], np.array([threshold]))
    assert frame is not None
    low, high = frame.y
    assert low < baseline < high
    assert low < threshold < high
    assert high - low < 3.0 * step
    assert frame.cut, "the contact lies beyond, which is said"


def test_without_a_threshold_the_whole_approach_is_shown():
    signal = np.array([0.0, 0.0, 5.0])
    frame = approach_frame([np.array([3.0, 2.0, 1.0])], [signal], np.zeros(0))
    assert frame is not None
    assert frame.y[1] > 5.0
    assert not frame.cut
    assert approach_frame([], [], np.zeros(0)) is None
    gaps = np.full(3, np.nan)
    assert approach_frame([gaps], [gaps], np.zeros(0)) is None


def test_home_shows_the_contact_too(qtbot: QtBot):
    panel = ApproachPanel("nothing yet")
    qtbot.addWidget(panel)
    panel.dress(DARK, 13)
    assert panel._hint.isVisible()
    signal = np.full(1000, 1e-12)
    signal[-20:] = 1e-9
    panel.draw(Descent("I", np.linspace(8e-5, 5e-5, 1000), signal, (3e-12,)))
    assert not panel._hint.isVisible()
    assert "Home: show all" in panel._words
    assert panel.plotItem.vb.viewRange()[1][1] < 1e-10
    panel.whole()
    panel.plotItem.vb.updateAutoRange()
    assert panel.plotItem.vb.viewRange()[1][1] >= 1e-9
    assert "Home" not in panel._words


def test_a_range_that_the_user_chose_stays_until_another_scan(qtbot: QtBot):
    plot = FramedPlot("nothing yet")
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.frame(Frame((0.0, 1.0), (0.0, 2.0)))
    plot.plotItem.vb.setRange(xRange=(5.0, 6.0), yRange=(5.0, 6.0), padding=0.0)
    plot.plotItem.vb.sigRangeChangedManually.emit([True, True])
    plot.frame(Frame((0.0, 3.0), (0.0, 4.0)))
    assert plot.plotItem.vb.viewRange()[0] == [5.0, 6.0]
    plot.start_anew()
    plot.frame(Frame((0.0, 3.0), (0.0, 4.0)))
    assert plot.plotItem.vb.viewRange()[0] == [0.0, 3.0]


@pytest.mark.parametrize(
    "value",
    ["5", "@Rect(1 2 3 4)", "@ByteArray(no)", "@Variant(\\0\\0\\0\\x2\\0\\0\\0\\x5)", "a, b", ""],
)
def test_settings_of_another_kind_do_not_keep_the_window_from_its_start(
    qtbot: QtBot, tmp_path: Path, value: str
) -> None:
    """Whatever a crash or another version left in its file."""
    (tmp_path / "window.ini").write_text(
        f"[General]\nrecent={value}\ngeometry={value}\n[room]\nscan={value}\nplan={value}\n"
    )
    with window(qtbot, tmp_path) as w:
        w.go("plan")
        assert w.rooms.room == "plan"


def test_settings_that_name_what_no_file_can_be_called_do_no_harm(tmp_path: Path) -> None:
    """They are read at each start of the window."""
    (tmp_path / "here.h5").touch()
    named = ["x" * 5000, "no\0name", "", "a/" * 3000, str(tmp_path), str(tmp_path / "here.h5")]
    assert present(named) == [tmp_path / "here.h5"]


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=40))
def test_recent_files_are_the_newest_each_once(names: list[str]):
    known: list[str] = []
    for name in names:
        known = with_newest(known, Path("/data") / name)
        assert known[0].endswith(name)
    assert len(known) == len(set(known)) <= MOST


def test_a_file_that_is_gone_is_not_offered(tmp_path: Path):
    there = tmp_path / "there.h5"
    there.write_bytes(b"")
    assert present([str(tmp_path / "gone.h5"), str(there)]) == [there]


def test_after_a_stop_resume_and_the_file_are_one_click_away(qtbot: QtBot, tmp_path: Path):
    data = tmp_path / "scan.h5"
    with window(qtbot, tmp_path, connect=paused_after(0), pace=10.0) as w:
        begin(qtbot, w, small_plan(tmp_path, 4, 2), data)
        qtbot.waitUntil(lambda: w.desk.run.state == "paused", timeout=LONG)
        qtbot.waitUntil(lambda: w.desk.run.finished == 1, timeout=LONG)
        values = [label.text() for label in w.live.numbers.values()]
        assert "E vs Li/Li" in values[0]
        assert "V" in values[0]
        assert "A" in values[1]
        assert "µm" in values[2]
        assert not w.bar.resume.isVisible()
        w.desk.ask("stop")
        qtbot.waitUntil(lambda: ended(w) and w.bar.resume.isVisible(), timeout=LONG)
        assert w.desk.run.ended.status in w.bar.alarm.text()  # type: ignore[union-attr]
        w.bar.file.click()
        assert w.room == "browse"
        assert w.browse.files[0].file.path == data
        view = w.browse.files[0].map
        view.pick(0, False)
        qtbot.waitUntil(lambda: "site 0: j" in view.panel.legend.text(), timeout=LONG)
        w.bar.resume.click()
        qtbot.waitUntil(lambda: ended(w) and w.desk.run.finished == 8, timeout=LONG)
        qtbot.waitUntil(lambda: not w.bar.resume.isVisible(), timeout=LONG)
        assert w.bar.file.isVisible()
    with window(qtbot, tmp_path) as w:
        w.go("browse")
        named = [b for b in w.browse.findChildren(QToolButton) if b.text() == "scan.h5"]
        assert named, "the next window offers it"
        named[0].click()
        assert w.browse.files[0].file.path == data


def test_long_words_of_a_quantity_make_the_map_no_wider(qtbot: QtBot):
    controls = MapControls()
    qtbot.addWidget(controls)
    before = controls.minimumSizeHint().width()
    sites = map_of(small(sites=grid(columns=2, rows=2)))
    words = "half-wave potential, the mean of the forward and the reverse sweep"
    sites.name_units({"E_half": ("V", words)})
    sites.quantities["E_half"].values[:] = 0.1
    controls.offer(sites, "E_half", readable=False)
    assert controls.quantity.currentText() == f"E_half – {words}", "words, not only symbols"
    assert controls.minimumSizeHint().width() <= before + 1
    wide = controls.quantity.fontMetrics().horizontalAdvance(controls.quantity.currentText())
    assert controls.quantity.view().minimumWidth() >= wide, "its list shows all of them"


def test_a_choice_that_is_too_long_for_its_box_ends_in_an_ellipsis(qtbot: QtBot):
    words = "E_nuc – nucleation potential"
    box = pieces.box("Quantity", words)
    qtbot.addWidget(box)
    box.resize(600, 30)
    assert box.shown == words
    box.resize(120, 30)
    assert box.shown.endswith("…")
    assert words.startswith(box.shown[:-1])


def test_the_conditions_of_a_plan_are_named_by_their_colours():
    plan = Draft.open("li-on-au-combinatorial").plan()
    words = condition_legend(plan, DARK)
    assert words.count("■") == len(plan.conditions) == 8
    assert "j = −0.22 mA/cm²" in words
    assert condition_legend(small(sites=grid(columns=2, rows=2)), DARK) == ""


def test_in_gloves_the_curves_keep_their_room_below_the_numbers(qtbot: QtBot):
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel._tell("3 sites, 3 conditions<br>one<br>two<br>three")
    assert "three" in panel.words.text()
    panel.dress(DARK, Sizes.of(96.0, glove=True))
    assert panel.words.text() == "3 sites, 3 conditions"
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    assert "three" in panel.words.text()
