"""Results of all sites against what was imposed, and by condition, live and from a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from form_samples import group_at
from made_scans import couple, lithium, small_couple, small_screen, write_scan
from pytestqt.qtbot import QtBot

from seccm.data import Scan, open_scan
from seccm.plan import Plan
from seccm.program.figures import Scatter, Trend
from seccm.program.registry import kinds
from seccm.results import Status
from ui.models.across_page import AcrossPage, pages_over
from ui.models.across_sites import across_sites, is_told
from ui.models.draft import Draft
from ui.models.palette import DARK, Sizes
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.site_panel import SitePanel

IUPAC = Showing("Li/Li+")


@pytest.fixture(scope="module")
def plating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    path = tmp_path_factory.mktemp("plating") / "scan.h5"
    with open_scan(write_scan(path, small_screen(), lithium)) as scan:
        yield scan


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    path = tmp_path_factory.mktemp("waves") / "scan.h5"
    with open_scan(write_scan(path, small_couple(), couple)) as scan:
        yield scan


def map_of(scan: Scan) -> SiteMap:
    made = SiteMap.of_scan(scan)
    plan = Plan.from_json(scan.plan_json)
    made.describe(plan, plan.visits().patterns)
    return made


def measured(sites: SiteMap, name: str) -> int:
    """A site that has a number which is averaged."""
    return int(next(k for k in range(sites.x.size) if np.isfinite(sites.trusted(name, k))))


def page(sites: SiteMap, name: str) -> AcrossPage:
    (found,) = (page for page in sites.over if name in page.columns)
    return found


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_trend_and_scatter_of_a_kind_of_step_has_its_pages(kind: str):
    """Of a plan with such a step; if a kind of yours fails here: its figure names no result of its
    own step (`Trend.against` and `Trend.panels`, `Scatter.results`)."""
    figures = [w for w in kinds()[kind].figures if isinstance(w, Trend | Scatter)]
    draft = Draft.open("li-on-au-combinatorial")
    draft.set(("program", 0, "name"), "first")
    draft.add(group_at(draft.form, ("program",)), kind)
    plan = draft.plan()
    kept = {column.result.name: column.column for column in plan.kept()}
    pages = {page.name: page for page in pages_over(plan, plan.visits().patterns)}
    shown = {column for page in pages.values() for column in page.columns}
    for what in figures:
        if isinstance(what, Trend) and what.against.name not in kept:
            continue
        assert {kept[r.name] for r in what.results if r.name in kept} <= shown


def test_a_result_is_drawn_against_the_current_that_was_imposed(plating: Scan):
    sites = map_of(plating)
    found = page(sites, "E_nuc")
    assert found.against == "j"
    assert "against" in found.title
    drawn = across_sites(sites, found, IUPAC)
    known = np.isfinite(sites.values("E_nuc"))
    first = drawn.column == 0
    assert first.sum() == known.sum()
    assert drawn.x_decades, "currents are drawn by decades, as magnitudes"
    assert "magnitude of" in drawn.x_title
    np.testing.assert_allclose(
        np.sort(10 ** drawn.x[first]), np.sort(0.1 * np.abs(sites.values("j")[known])), rtol=1e-6
    )
    for mean in (m for m in drawn.means if m.column == 0):
        own = first & (drawn.condition == mean.condition) & ~drawn.open
        assert mean.y == pytest.approx(float(drawn.y[own].mean()))
        assert mean.n == own.sum()
        assert mean.low < mean.y < mean.high


def test_a_doubtful_number_is_open_and_in_no_mean(plating: Scan):
    sites = map_of(plating)
    found = page(sites, "E_nuc")
    before = across_sites(sites, found, IUPAC)
    sites.quantities["E_nuc"].statuses[measured(sites, "E_nuc")] = int(Status.SATURATED)
    after = across_sites(sites, found, IUPAC)
    assert after.open.sum() == before.open.sum() + 1
    assert sum(m.n for m in after.means) == sum(m.n for m in before.means) - 1


def test_only_the_selected_sites_are_drawn_where_there_is_a_selection(plating: Scan):
    sites = map_of(plating)
    site = measured(sites, "E_nuc")
    sites.select(site)
    drawn = across_sites(sites, page(sites, "E_nuc"), IUPAC)
    assert set(drawn.condition) == {int(sites.condition[site])}


def test_potentials_move_with_the_reference_that_is_shown(plating: Scan):
    sites = map_of(plating)
    found = page(sites, "E_nuc")
    here = across_sites(sites, found, IUPAC)
    there = across_sites(sites, found, replace(IUPAC, other="SHE", shift=-3.04))
    np.testing.assert_allclose(there.y - here.y, -3040.0, rtol=1e-9)
    assert "SHE" in there.y_title
    for one, other in zip(here.means, there.means, strict=True):
        assert other.y - one.y == pytest.approx(-3040.0)
        assert other.high - other.low == pytest.approx(one.high - one.low)


def test_conditions_stand_side_by_side_where_a_wave_has_no_imposed_value(waves: Scan):
    sites = map_of(waves)
    found = page(sites, "E_half")
    assert not found.against
    assert found.title.endswith("by condition")
    drawn = across_sites(sites, found, IUPAC)
    assert drawn.x_title == "condition"
    assert drawn.conditions == len(sites.labels)
    np.testing.assert_array_equal(np.rint(drawn.x), drawn.condition)
    assert len(np.unique(drawn.x)) == drawn.x.size, "every site is seen"


def test_one_value_imposed_is_no_trend(plating: Scan):
    sites = map_of(plating)
    found = page(sites, "E_nuc")
    assert is_told(sites, found)
    sites.quantities["j"].values[:] = -10.0
    assert not is_told(sites, found)


def test_pages_come_with_the_numbers_and_are_drawn_by_condition(qtbot: QtBot, plating: Scan):
    sites = map_of(plating)
    values = sites.quantities["E_nuc"].values.copy()
    for quantity in sites.quantities.values():
        quantity.values[:] = np.nan
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    panel.resize(600, 500)
    panel.show()
    panel.begin(sites)
    panel._offer_across(sites)
    assert not panel.across
    sites.quantities["E_nuc"].values[:] = values
    sites.quantities["j"].values[:] = map_of(plating).values("j")
    panel._offer_across(sites)
    name = page(sites, "E_nuc").name
    assert name in panel.across
    panel.more.menu().aboutToShow.emit()
    assert any("against" in action.text() for action in panel.more.menu().actions())
    panel.choose(name)
    drawn = panel.across[name]
    assert len(drawn.dots.points()) == np.isfinite(values).sum()
    conditions = {int(k) for k in sites.condition[np.isfinite(values)]}
    assert len(drawn.means.points()) == len(conditions) > 1
    inks = {point.brush().color().name() for point in drawn.means.points()}
    assert len(inks) == len(conditions), "each condition has its colour"
    sites.select(measured(sites, "E_nuc"))
    panel._offer_across(sites)
    assert len(drawn.dots.points()) == 1
    panel.begin(None)
    assert not panel.across
