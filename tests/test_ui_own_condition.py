"""The map against own condition: what it shows, what it says, live and from a file."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from made_scans import small_screen, write_scan
from map_views import map_view
from planned_maps import map_of
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from seccm.data import open_scan
from seccm.events import Outcome, SiteAnalysed, SiteFinished
from seccm.report import maps
from seccm.report.study import Study
from seccm.results import Status
from ui.map import MapView
from ui.models.colours import shown_against_own
from ui.models.decades import ColourScale
from ui.models.palette import DARK, Sizes
from ui.models.quantity import Quantity, Z
from ui.models.showing import Showing
from ui.models.site_map import CONDITION, SiteMap

EACH = 4
EFFECT = np.array([-0.002, -0.001, 0.001, 0.002])


def a_map(conditions: int = 3) -> SiteMap:
    """Nucleation potentials 50 mV and currents a decade apart, with one effect of the place."""
    condition = np.repeat(np.arange(conditions), EACH)
    n = condition.size
    made = SiteMap(
        x=np.arange(n) * 1e-5, y=np.zeros(n), ix=np.arange(n), iy=np.zeros(n, int),
        condition=condition, labels=[f"j = {k} nA" for k in range(conditions)],
    )  # fmt: skip
    effect = np.tile(EFFECT, conditions)
    made.add(Quantity("E_nuc", "V", "", -0.05 * condition + effect, errors=np.full(n, 1e-4)))
    made.add(Quantity("i_lim", "A", "", -(10.0 ** (condition - 12.0)) * (1.0 + 100.0 * effect)))
    made.add(Quantity.of(Z_RESULT, 1e-5 + 1e-3 * effect))
    made.outcome[:] = Outcome.OK
    return made


Z_RESULT = map_of(small_screen()).quantities[Z].declared


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    made = map_view(qtbot, 800, 800, Showing("Li/Li+"))
    made.follow(a_map())
    made.choose("E_nuc")
    return made


def mapped(view: MapView) -> np.ndarray:
    assert view._mapped is not None
    return view._mapped.values


def test_each_value_is_put_against_the_median_of_its_own_condition(view: MapView):
    view.controls.own.click()
    np.testing.assert_allclose(mapped(view), np.tile(1e3 * EFFECT, 3), atol=1e-9)
    name, unit = view.bar._named
    assert "median of condition" in name
    assert "vs" not in name, "a difference is the same against every reference"
    assert unit == "mV"
    view.pick(3, False)
    assert view.tell.text().endswith("E_nuc − median of condition = 2 mV")
    view.choose("i_lim")
    np.testing.assert_allclose(mapped(view), np.tile(1.0 + 100.0 * EFFECT, 3))
    assert view.bar._named[1] == "", "a ratio has no unit"
    assert "/ median of condition = 1.2" in view.tell.text()
    view.controls.own.click()
    assert "median" not in view.bar._named[0]
    assert view.bar._named[1] == "pA"


def test_the_sites_that_are_like_their_condition_are_in_the_middle_of_the_colours(view: MapView):
    view.controls.own.click()
    for name, middle in (("E_nuc", 0.0), ("i_lim", 1.0)):
        view.choose(name)
        rect = view.bar._image.mapRectToParent(view.bar._image.boundingRect())
        assert rect.center().y() == pytest.approx(middle, abs=1e-9)
    assert not view.controls.colours.isEnabled(), "the colours tell above from below"


def test_numbers_of_conditions_stay_those_of_the_values(view: MapView):
    before = view.panel.words.text()
    view.controls.own.click()
    assert view.panel.words.text() == before
    bars = view.panel._bars.opts
    assert np.sum(bars["height"]) == 3 * EACH
    assert np.ptp(bars["x"]) < 4.0 + 1e-9, "the histogram has what the map shows: ± 2 mV"
    assert "median of condition" in view.panel.histogram.bottom.labelText


def test_limits_of_values_and_of_differences_are_kept_apart(view: MapView):
    view.controls.low.setText("-120")
    view.controls.low.editingFinished.emit()
    view.controls.own.click()
    assert view.controls.low.text() == ""
    view.controls.high.setText("1.5")
    view.controls.high.editingFinished.emit()
    assert "above the colour scale" in view.legend.text()
    view.controls.own.click()
    assert view.controls.low.text() == "-120 mV"
    assert view.controls.high.text() == ""


def test_conditions_of_fewer_than_three_values_are_named_and_not_shown(view: MapView):
    sites = a_map()
    sites.outcome[:2] = Outcome.ABORTED
    view.follow(sites)
    view.choose("E_nuc")
    view.controls.own.click()
    assert "fewer than 3 values, so no median: j = 0 nA" in view.legend.text()
    assert not np.isfinite(mapped(view)[:EACH]).any()
    assert np.isfinite(mapped(view)[EACH:]).all()
    view.controls.own.click()
    assert "fewer than" not in view.legend.text()


def test_a_category_is_no_value(view: MapView):
    view.controls.own.click()
    view.choose(CONDITION)
    assert "j = 2 nA" in view.legend.text()
    np.testing.assert_array_equal(mapped(view), np.repeat([0.0, 1.0, 2.0], EACH))


def test_heights_are_subtracted_and_the_sign_convention_turns_differences_of_currents():
    sites = a_map()
    found = shown_against_own(sites, Z, Showing())
    assert (found.unit, found.middle) == ("µm", 0.0)
    sites.quantities["i_lim"].values[0] = 1e-12  # of both signs: no ratio
    one, other = (
        shown_against_own(sites, "i_lim", Showing(polarographic=turned)) for turned in (False, True)
    )
    np.testing.assert_array_equal(one.values, -other.values)
    assert one.middle == other.middle == 0.0
    assert one.of(one.back(3.0)) == pytest.approx(3.0)


def test_live_a_median_appears_with_the_third_site_of_its_condition(view: MapView):
    plan = small_screen()
    sites = map_of(plan)
    sites.name_units({"i_lim": ("A", "limiting current")})
    view.follow(sites)
    view.choose("i_lim")
    view.controls.own.click()
    own = np.flatnonzero(sites.condition == 0).tolist()
    assert len(own) >= 4
    for count, site in enumerate(own[:4], 1):
        sites.hear(SiteFinished(100 * count, site, Outcome.OK, ""))
        sites.hear(SiteAnalysed(site, {"i_lim": 1e-12 * count}, "", {}, {}))
        view.draw()
        assert np.isfinite(mapped(view)).sum() == (count if count >= 3 else 0)
        assert ("so no median" in view.legend.text()) is (count < 3)
    # A value that is not to be trusted is shown, and moves no median.
    before = mapped(view)[own[:4]]
    sites.quantities["i_lim"].statuses[own[3]] = Status.SATURATED
    sites.version += 1
    view.draw()
    assert mapped(view)[own[1]] == pytest.approx(1.0)
    assert not np.array_equal(before, mapped(view)[own[:4]])


def test_a_ratio_over_decades_is_coloured_by_decades_about_one(view: MapView):
    sites = a_map()
    sites.quantities["i_lim"].values[::4] *= 1e-3
    view.follow(sites)
    view.choose("i_lim")
    view.controls.own.click()
    assert view.bar.axis._tickLevels is not None
    rect = view.bar._image.mapRectToParent(view.bar._image.boundingRect())
    assert rect.center().y() == pytest.approx(0.0, abs=1e-9)
    ticks = view.panel.histogram.bottom._tickLevels
    assert ticks is not None, "the histogram goes by decades where the map does"
    view.controls.scale.setCurrentText(ColourScale.LINEAR)
    view.controls.scale.activated.emit(1)
    assert view.bar.axis._tickLevels is None
    assert view.panel.histogram.bottom._tickLevels is None


def test_the_report_and_the_window_show_the_same_numbers(tmp_path):
    path = write_scan(tmp_path / "scan.h5", small_screen())
    with open_scan(path) as scan:
        study, sites = Study(scan), SiteMap.of_scan(scan)
        told = 0
        for name in sites.quantities:
            if name == Z or not study.groups.several:
                continue
            of, here = maps.mapped(study, name), shown_against_own(sites, name, Showing())
            if of.own:  # no condition has a median
                assert not np.isfinite(here.values).any()
                continue
            np.testing.assert_allclose(here.values, of.values)
            assert here.middle == of.middle
            told += 1
        assert told


def entries(menu: QMenu) -> dict[str, object]:
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions()}


def test_in_gloves_scale_own_condition_and_curves_are_in_one_menu(view: MapView, qtbot: QtBot):
    assert not view.controls.view.isVisible()
    view.dress(DARK, Sizes.of(96.0, glove=True, scale=1.0))
    assert view.controls.view.isVisible()
    assert not view.panel.tabs.isVisible()
    curves = entries(view.controls.view.curves)
    assert list(curves) == [b.text() for b in view.panel.buttons.values()]
    curves["histogram"].trigger()
    assert view.panel.page == "histogram"
    assert entries(view.controls.view.curves)["histogram"].isChecked()
    colours = entries(view.controls.view.colours)
    assert list(colours) == [*ColourScale, view.controls.own.text()]
    colours[view.controls.own.text()].trigger()
    assert "median of condition" in view.bar._named[0]
    colours["log"].trigger()
    assert view.controls.scale.currentText() == ColourScale.LOGARITHMIC
    assert "linear: a logarithmic scale needs values of one sign" in view.legend.text()
    again = entries(view.controls.view.colours)
    assert again["log"].isChecked()
    assert again[view.controls.own.text()].isChecked()
