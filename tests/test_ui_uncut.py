"""Nothing that is written is cut: buttons, hints in plots, labels of axes, at any size."""

from __future__ import annotations

from pathlib import Path

import pytest
from pace_of import pace_of
from planned_maps import map_of
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot
from small_plan import grid, small
from ui_windows import LONG, small_plan, window

import seccm
from seccm.data import Unsaved
from seccm.events import Outcome, Phase
from seccm.plan.library import plans
from seccm.typography import counted, readable
from ui.keys import KEYS
from ui.map_controls import MapControls
from ui.models.palette import DARK, Sizes
from ui.models.run_state import RunState
from ui.path_plot import PathPlot
from ui.plots import Plot
from ui.rooms import ROOMS
from ui.run_bar import RunBar


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uncut")
    for _ in seccm.run(seccm.load_plan(small_plan(folder)), path=folder / "scan.h5"):
        pass
    return folder / "scan.h5"


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1920, 1080)])
def test_no_button_is_narrower_than_its_words(
    qtbot: QtBot, tmp_path: Path, data: Path, size: tuple[int, int]
):
    with window(qtbot, tmp_path) as w:
        w.resize(*size)
        for room in ROOMS:
            w.go(room)
            if room == "browse":
                w.open_file(data)
            qtbot.wait(1)
            narrow = [
                (room, button.text(), button.width(), button.sizeHint().width())
                for button in w.findChildren(QAbstractButton)
                if button.isVisible() and button.text()
                and button.width() < button.sizeHint().width()
            ]  # fmt: skip
            assert not narrow


def test_a_long_title_has_the_whole_width_in_browse(qtbot: QtBot, tmp_path: Path, data: Path):
    with window(qtbot, tmp_path) as w:
        w.resize(1280, 720)
        w.go("browse")
        w.open_file(data)
        view = w.browse.files[0]
        for words in (view.head, view.words):
            words.say("Nucleation on gold at nine current densities, " * 2 + "batch 4 of the film")
        qtbot.wait(1)
        for words in (view.head, view.words):
            assert words.shown[0] == words.text()


def test_conditions_are_offered_where_there_is_a_choice_and_the_quantity_gets_the_room(
    qtbot: QtBot,
):
    controls = MapControls()
    qtbot.addWidget(controls)
    controls.dress(Sizes.of(96.0, glove=False))
    controls.resize(560, 80)
    controls.show()
    widths = []
    for labels in ((), ("j = -1 A/m^2",), ("j = -1 A/m^2", "j = -2 A/m^2")):
        controls.offer_conditions(labels)
        qtbot.wait(1)
        assert controls.condition.isVisible() == (len(labels) > 1)
        widths.append(controls.quantity.width())
    assert widths[0] == widths[1] > widths[2]


@pytest.mark.parametrize("width", [140, 200, 300, 700])
def test_a_hint_in_a_plot_is_broken_where_the_plot_is_narrow(qtbot: QtBot, width: int):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.hint("The curve of the active site appears\nhere as it is measured.")
    plot.resize(width, 300)
    plot.show()
    room = plot.plotItem.vb.size().width()
    assert plot._hint.itemRect().width() <= room
    plot.resize(900, 300)
    assert plot._hint.item.toPlainText().count("\n") == 1, "as it was written, where there is room"


def test_a_plot_of_nothing_has_no_numbers_on_its_axes(qtbot: QtBot):
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    axes = (plot.left, plot.bottom)
    assert not any(axis.style["showValues"] for axis in axes)
    plot.hint("")
    assert all(axis.style["showValues"] for axis in axes)


@pytest.mark.parametrize("height", [90, 130, 200, 400])
def test_the_label_of_an_axis_stays_inside_of_it_however_it_changes(qtbot: QtBot, height: int):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.show()
    for name, size in (("<i>I</i>", 300), ("<i>E</i> vs reference", height), ("<i>z</i>", 350),
                       ("<i>E</i> vs Li/Li⁺", height)):  # fmt: skip
        plot.resize(300, size)
        plot.left.name(name, "V")
        label = plot.left.mapRectFromItem(plot.left.label, plot.left.label.boundingRect())
        assert label.center().y() == pytest.approx(plot.left.size().height() / 2, abs=3.0)


@pytest.mark.parametrize(
    "name", ["/tmp/um-3/j-1.h5", "~/um/a^2.csv", r"C:\um\-5", "um-3.h5", "./um", '"um -1.toml"']
)
def test_names_of_files_stay_as_they_are_where_units_are_set(name: str):
    assert readable(name.split()[-1]) == name.split()[-1]
    assert readable(f"z = 3 um, j = -2 mA/cm^2 in {name.split()[-1]}").startswith(
        "z = 3 µm, j = −2 mA/cm² in "
    )


def test_one_is_not_many():
    assert [counted(n, "site") for n in (0, 1, 2)] == ["0 sites", "1 site", "2 sites"]


def test_the_run_bar_says_all_of_it_in_full_size_on_a_small_screen(qtbot: QtBot):
    bar = RunBar({key.name: QAction(key.words) for key in KEYS})
    qtbot.addWidget(bar)
    bar.dress(DARK, Sizes.of(96.0, glove=False))
    bar.resize(1280, bar.sizeHint().height())
    bar.show()
    run = RunState(title="Li on Au", total=63, pace=pace_of([20.0] * 63))
    run.follow("running", 1, "", 0.0)
    run.phase, run.site, run.doing = Phase.APPROACH, 35, "scan"
    run.tally({Outcome.OK: 35}, 35)
    for now in (0.0, 0.7, 1.4):
        run.unsaved, run.disk_free = Unsaved(40, 10.0 * now), 67_400_000_000
        bar.show_run(run, "j = −0.82 mA/cm²", now)
        qtbot.wait(1)
        for name, cell in bar.cells.items():
            text, size = cell.shown
            assert (text, size) == (cell.text(), cell._font(1.0).pixelSize()) or not (
                cell.isVisible()
            ), name
    places = [cell.x() for cell in bar.cells.values()]
    bar.show_run(run, "j = −0.82 mA/cm²", 1.9)
    qtbot.wait(1)
    assert [cell.x() for cell in bar.cells.values()] == places, "nothing hops as time passes"


def test_warnings_of_a_plan_are_read_whole(qtbot: QtBot, tmp_path: Path):
    with window(qtbot, tmp_path) as w:
        w.go("plan")
        for plan in plans():
            w.open_plan(plan)
            qtbot.waitUntil(
                lambda: bool(w.plan.verdict.text()) and not w.plan.busy.isVisible(), timeout=LONG
            )
            qtbot.wait(1)
            for label in (w.plan.facts, w.plan.caption, w.plan.remarks):
                assert label.height() >= label.heightForWidth(label.width()), plan
        w.go("scan")
        w.open_plan(next(iter(plans())))
        qtbot.waitUntil(
            lambda: bool(w.plan.verdict.text()) and not w.plan.busy.isVisible(), timeout=LONG
        )
        w.go("plan")
        qtbot.wait(1)
        said = w.plan.remarks
        assert said.height() >= said.heightForWidth(said.width()), "what came while it was hidden"


def test_a_site_that_nobody_has_told_of_yet_has_no_condition():
    """The state of a run may be a moment ahead of its events."""
    sites = map_of(small(sites=grid(columns=2, rows=1)))
    assert [sites.label(number) for number in (0, 2, 99)] == [sites.labels[0], "", ""]
