"""Plans and files of electrodes at which nothing moves, as the window's models show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_channels import CHANNELS, HERE, RIG, plan_of

import seccm
from seccm.plan import Plan
from seccm.plan.channels import MEANINGLESS
from seccm.remote.messages.site_list import SiteList
from seccm.rigs import load_rig
from ui.live import LiveView
from ui.models.curve_choice import panels_of
from ui.models.form import Group
from ui.models.form_making import form
from ui.models.outlook import outlook
from ui.models.quantity import Z
from ui.models.site_map import SiteMap
from ui.panels import APPROACH
from ui.site_panel import SitePanel

PLACED: dict[str, Any] = {
    **CHANNELS, "positions": [[0.0, 0.0], [150e-6, 0.0], [0.0, 150e-6]],
}  # fmt: skip


def keys(group: Group) -> set[str]:
    """The keys of the tables and fields of a plan's form."""
    return {str(part.key[0]) for part in group.parts if part.key}


@pytest.mark.parametrize("sites", [CHANNELS, HERE], ids=["channels", "here"])
def test_the_form_asks_for_nothing_about_a_tip(sites: dict[str, Any]) -> None:
    plan = plan_of(sites)
    shown = keys(form(Plan.model_json_schema(), plan.to_dict()))
    assert not shown & set(MEANINGLESS)
    assert {"sites", "way", "program", "reference"} <= shown


def test_what_does_not_belong_there_is_shown_so_that_it_can_be_removed() -> None:
    data = {**plan_of().to_dict(), "approach": {"speed": "1 um/s"}}
    assert "approach" in keys(form(Plan.model_json_schema(), data))


def test_the_form_of_a_plan_with_a_tip_is_as_before() -> None:
    data = seccm.load_plan("li-on-au-cv").to_dict()
    assert set(MEANINGLESS) <= keys(form(Plan.model_json_schema(), data))


def test_the_outlook_says_that_nothing_moves(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG, encoding="utf-8")
    found = outlook(plan_of(PLACED, way={"switch": "rig"}), str(rig), None, busy=False)
    assert found.problems == ()
    assert "nothing moves" in found.facts
    assert "overtravel" not in found.facts
    info = outlook(plan_of(PLACED), str(load_rig(rig).source), None, busy=False).info
    assert info is not None
    assert info.switch is not None


def test_the_map_is_laid_out_as_the_chip(tmp_path: Path, qtbot: Any) -> None:
    """Though no position was measured: the file says where the channels lie."""
    rig = tmp_path / "rig.toml"
    rig.write_text(RIG, encoding="utf-8")
    for _ in seccm.run(plan_of(PLACED, way={"switch": "rig"}), rig, path=tmp_path / "scan.h5"):
        pass
    with seccm.open(tmp_path / "scan.h5") as scan:
        made = SiteMap.of_scan(scan)
        made.describe(plan_of(PLACED), tuple(scan.planned.values()))
        assert not made.moves
        assert Z not in made.names, "there is no height"
        panel = SitePanel()
        panel.choose(APPROACH)
        panel.begin(made)
        assert panel.buttons[APPROACH].isHidden()
        assert panel.page == "E-t"
        panel.begin(None)
        assert not panel.buttons[APPROACH].isHidden()
        np.testing.assert_allclose(made.x, [0.0, 150e-6, 0.0])
        np.testing.assert_allclose(made.y, [0.0, 0.0, 150e-6])
        assert made.diameter == pytest.approx(2.0 * np.sqrt(200e-12 / np.pi))
        data = scan.to_xarray()
        assert data["x_cmd"].values.tolist() == pytest.approx([0.0, 150.0, 0.0])
        assert data["factor_area"].values.tolist() == pytest.approx([1e-10, 2e-10, 3e-10])


def test_the_map_of_a_plan_that_is_not_begun_has_no_heights_where_nothing_moves() -> None:
    for plan in (plan_of(CHANNELS), plan_of(HERE), seccm.load_plan("li-on-au-cv")):
        sites = plan.sites()
        made = SiteMap.of_run(plan, SiteList.of(sites), sites)
        assert made.moves is plan.moves
        assert (Z in made.names) is plan.moves
        assert made.names, "there is always something to map"


def test_the_live_view_offers_neither_height_nor_approach_where_nothing_moves(qtbot: Any) -> None:
    """Nor do the keys of the panel bring it; and the next run with a tip has them again."""
    view = LiveView()
    for moves in (False, True, False):
        view.choose(*panels_of(["constant current"], moves=moves))
        view.follow(None, moves=moves)
        button = view.buttons[APPROACH]
        assert button.isHidden() is not moves
        assert view.numbers["z"].isHidden() is not moves
        before = button.isChecked()
        button.click()
        assert button.isChecked() is (moves and not before)


@pytest.mark.parametrize("plan", [plan_of(CHANNELS), plan_of(HERE)], ids=["channels", "here"])
def test_no_button_speaks_of_sites_or_tips_where_electrodes_are_measured(plan: Plan) -> None:
    words = plan.way_words
    for button in (words.pause, words.skip, words.stop, words.emergency):
        assert not {"site", "tip", "retract"} & set(button.lower().split())
