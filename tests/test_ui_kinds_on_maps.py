"""What ended a step is not a number: the map, its legend and the line of a site say it in words."""

from __future__ import annotations

import numpy as np
import pytest
from planned_maps import map_of
from pytestqt.qtbot import QtBot
from small_plan import grid, small

from seccm.events import Outcome
from seccm.program.any_results import REASONS
from ui.map import MapView
from ui.models.palette import DARK, Sizes
from ui.models.site_map import SiteMap
from ui.site_panel import NO_NUMBERS, NO_VALUES


@pytest.fixture
def sites() -> SiteMap:
    made = map_of(small(sites=grid(columns=3, rows=2)))
    made.name_units(dict.fromkeys(("ended_by", "ended_by_1"), ("1", "")) | {"E_nuc": ("V", "")})
    made.outcome[:] = Outcome.OK
    made.quantities["ended_by"].values[:] = [0, 0, 1, 5, 5, np.nan]
    made.quantities["E_nuc"].values[:] = np.nan
    made.version += 1
    return made


@pytest.fixture
def view(qtbot: QtBot, sites: SiteMap) -> MapView:
    made = MapView()
    qtbot.addWidget(made)
    made.resize(600, 700)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    made.show()
    made.follow(sites)
    return made


def test_it_is_mapped_and_named_by_its_kinds(view: MapView) -> None:
    view.choose("ended_by")
    assert not view.bar.isVisible(), "kinds lie on no scale"
    assert not view.controls.limits.isEnabled()
    said = view.legend.text()
    for reason in REASONS:
        assert (reason in said) == (reason in (REASONS[0], REASONS[1], REASONS[5]))
    for site, words in ((0, REASONS[0]), (3, REASONS[5]), (5, "–")):
        view.pick(site, False)
        assert view.tell.text().endswith(f"ended_by: {words}")
    view.panel.choose("histogram")
    assert view.panel.histogram._hinted == NO_NUMBERS


def test_later_steps_have_the_same_kinds(sites: SiteMap) -> None:
    assert sites.codes("ended_by_1") == sites.codes("ended_by") == REASONS
    assert sites.is_category("ended_by_1")
    assert not sites.is_category("E_nuc")


def test_an_empty_histogram_is_named_after_what_it_would_show(
    view: MapView, sites: SiteMap
) -> None:
    sites.quantities["E_nuc"].values[0] = -0.1
    sites.version += 1
    view.panel.choose("histogram")
    view.choose("E_nuc")
    view.pick(0, False)
    assert "nuc" in view.panel.histogram.bottom.labelString()
    view.choose("contact z")
    assert view.panel.histogram._hinted == NO_VALUES
    assert "contact" in view.panel.histogram.bottom.labelString()
    assert view.tell.text().endswith("contact z = –"), "no unit where there is no number"


def test_what_is_said_of_a_site_makes_the_map_no_wider(view: MapView) -> None:
    before = view.minimumSizeHint().width()
    said = "site 2 (an input was at the end of its range in the data points used for this) " * 3
    view.tell.say(said)
    assert view.minimumSizeHint().width() <= before
    assert view.tell.toolTip() == said, "all of it is a hint"
