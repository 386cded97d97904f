"""Areas of single sites are taken into a file in the window, and both bases can be mapped."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import numpy as np
import pytest
from map_views import map_view
from planned_maps import map_of
from pytestqt.qtbot import QtBot
from small_plan import small
from small_scan import small_scan

import seccm
from seccm.events import Outcome
from seccm.typography import readable
from seccm.units import show
from ui.browse import BrowseView
from ui.models.quantity import Quantity
from ui.models.words import Line

SITES = 4


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four short sites whose menisci were looked at."""
    path = tmp_path_factory.mktemp("areas") / "scan.h5"
    retract = {"distance": "8 um", "speed": "10 um/s", "detachment": {}}
    for _ in seccm.run(small_scan(2, 2, retract=retract), path=path, seed=3):
        pass
    return path


def opened(qtbot: QtBot, path: Path) -> tuple[BrowseView, list[Line]]:
    said: list[Line] = []
    browse = BrowseView(said.append)
    qtbot.addWidget(browse)
    browse.chosen.connect(browse.open)
    browse.open(path)
    return browse, said


def test_a_table_gives_results_by_the_own_areas_beside_those_by_the_plan(
    qtbot: QtBot, measured: Path, tmp_path: Path
) -> None:
    path = Path(copy(measured, tmp_path / "scan.h5"))
    table = tmp_path / "areas.csv"
    table.write_text("site, area (um^2)\n0, 60\n1, 70\n2, 80\n", encoding="utf-8")
    browse, said = opened(qtbot, path)
    before = browse.files[0]
    assert "Q_own_area" not in before.file.map.quantities
    before.take_areas(table)
    qtbot.waitUntil(lambda: browse.files[0] is not before, timeout=60_000)
    assert said[-1].level == "good"
    assert "3 footprints, 1 site by retraction" in said[-1].text
    sites = browse.files[0].file.map
    assert {"Q", "Q_own_area", "A_own"} <= set(sites.quantities), "both bases can be mapped"
    with seccm.open(path) as scan:
        assert scan.sites["A_own"][:3] * 1e12 == pytest.approx([60, 70, 80])
        assert np.isfinite(scan.sites["Q_own_area"]).all()
    browse.close_files()


def test_a_table_that_is_refused_is_said_and_leaves_the_file_open_as_it_was(
    qtbot: QtBot, measured: Path, tmp_path: Path
) -> None:
    path = Path(copy(measured, tmp_path / "scan.h5"))
    content = path.read_bytes()
    table = tmp_path / "areas.csv"
    table.write_text(f"site, area (um^2)\n{SITES}, 60\n", encoding="utf-8")
    browse, said = opened(qtbot, path)
    before = browse.files[0]
    before.take_areas(table)
    qtbot.waitUntil(lambda: browse.files[0] is not before, timeout=60_000)
    assert said[-1].level == "error"
    assert "there is no site 4" in said[-1].text
    assert path.read_bytes() == content
    assert browse.files[0].file.map.x.size == SITES
    browse.close_files()


def test_a_map_is_switched_between_the_area_of_the_plan_and_that_of_each_site(qtbot: QtBot) -> None:
    sites = map_of(small())
    count = sites.x.size
    for name, factor in (("Q", 1.0), ("Q_own_area", 2.0), ("t_nuc", 3.0)):
        sites.add(Quantity(name, "C/m^2", "charge", factor * np.arange(float(count))))
    sites.outcome[:] = Outcome.OK
    view = map_view(qtbot, 900, 600)
    view.follow(sites)
    view.choose("Q")
    plan = small().probe
    by_plan = f"by the area of the plan, {show(plan.area, 'm^2', 3)}"
    assert readable(by_plan) in view.legend.text()
    switch = view.controls.own_area
    assert switch.isVisible()
    assert not switch.isChecked()
    switch.click()
    assert view.name == "Q_own_area"
    assert "by the own area of each site" in view.legend.text()
    assert switch.isChecked()
    assert view._mapped is not None
    by_own = view._mapped.values
    switch.click()
    assert view.name == "Q"
    assert by_own == pytest.approx(2.0 * view._mapped.values)
    view.choose("t_nuc")
    assert not switch.isVisible(), "nothing refers to an area there"
