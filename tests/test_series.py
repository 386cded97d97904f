"""Series of steps within a site: in the analysis, in the report and in the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_scans import couple, smaller, write_scan

from seccm.analysis.series import SeriesOfSite, declares_series, pages_of
from seccm.data import open_scan
from seccm.program.figures import Series
from seccm.program.registry import kinds
from seccm.report import choice, scan_drawings, series
from seccm.report.study import Study
from ui.models.curves import read_site
from ui.models.palette import DARK, Sizes
from ui.models.site_map import SiteMap
from ui.models.step_pages import name_of_page
from ui.own_panel import OwnPanel
from ui.site_panel import SitePanel

RATES = ["0.2 V/s", "0.5 V/s", "1 V/s", "2 V/s"]


def sites_with(*program: dict[str, Any], **changes: object) -> Any:
    """A plan of two conditions at two sites each, with these steps."""
    return smaller(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 2, "rows": 2, "pitch": 4e-6},
        factors={"E": ["-0.2 V", "-0.25 V"]},
        program=list(program),
        **changes,
    )


SWEEPS = {
    "step": "repeat",
    "over": {"v": RATES},
    "program": [
        {"step": "open circuit", "duration": 0.2},
        {"step": "lsv", "start": "0.5 V", "stop": "$E", "scan_rate": "$v"},
    ],
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sweeps of a redox couple at four rates, at every site."""
    return write_scan(tmp_path_factory.mktemp("series") / "scan.h5", sites_with(SWEEPS), couple)


@pytest.fixture
def study(recorded: Path) -> Iterator[Study]:
    with open_scan(recorded) as scan:
        yield Study(scan)


def drawings(study: Study) -> dict[str, choice.Drawing]:
    """Of the series that kinds of steps declare."""
    every = {drawing.slug: drawing for drawing in scan_drawings._series(study)}
    return {slug: drawing for slug, drawing in every.items() if not slug.startswith("over-")}


def of_kinds(study: Study, site: int) -> list[SeriesOfSite]:
    """The series that kinds of steps declare, without those of every repeat over values."""
    return [one for one in study.series(site) if not one.what.slug.startswith("over-")]


def test_a_series_is_drawn_once_as_its_last_step_knows_it(study: Study):
    """Of four sweeps the third and the fourth yield a series; the first is part of the second."""
    (one,) = of_kinds(study, 0)
    assert isinstance(one, SeriesOfSite)
    assert one.step == 7
    root, straight, power = one.panels
    rates = np.array([0.2, 0.5, 1.0, 2.0])
    np.testing.assert_allclose(straight.x, rates)
    np.testing.assert_allclose(root.x, np.sqrt(rates))
    np.testing.assert_allclose(power.y, np.abs(root.y))
    assert list(drawings(study)) == ["scan-rates-step-7"]


def test_the_lines_are_the_fits_whose_slopes_are_told(study: Study):
    (one,) = of_kinds(study, 3)
    for points, panel in zip(one.panels, one.what.panels, strict=True):
        (slope,) = panel.slopes
        table = study.scan.results(slope.name)
        (told,) = table["value"][(table["site"] == 3) & (table["step"] == one.step)]
        x, y = (np.log(v) if panel.x.log else v for v in (points.x, points.line))
        np.testing.assert_allclose(np.polyfit(x, y, 1)[0], told, rtol=1e-6)


def test_the_report_draws_sites_means_and_slopes_by_condition(study: Study):
    (drawing,) = drawings(study).values()
    panels = drawing.figure.axes[:3]
    assert [axes.get_xlabel() for axes in panels] == [
        "root of scan rate (V$^{1/2}$ s$^{-1/2}$)", "scan rate (V s$^{-1}$)",
        "scan rate (V s$^{-1}$)",
    ]  # fmt: skip
    for axes in panels:
        small = [line for line in axes.lines if line.get_markersize() == 2.2]
        assert len(small) == 4, "every site"
        # The peak of the slowest sweep is hardly one at some sites.
        assert all(line.get_xdata().size >= 3 for line in small)
        said = axes.get_legend().get_texts()[0].get_text()
        unit = 0 if axes is panels[2] else 1
        assert len(said.splitlines()) == 1 + 2 + unit, "a slope for each of two conditions"
    assert panels[2].get_xscale() == panels[2].get_yscale() == "log"
    (legend,) = drawing.figure.legends
    assert [text.get_text()[-3:] for text in legend.get_texts()] == ["(2)", "(2)"]


def test_columns_of_the_site_table_know_the_series_of_a_repeat(study: Study):
    """The third turn of a repeat yields what the first two do not."""
    assert study.has("j_p_power_5", "j_p_power_7") or study.has("j_p_power", "j_p_power_7")
    assert "j_p_power_1" not in study.features
    assert "j_p_power_3" not in study.features


def test_the_window_has_a_page_for_each_panel(study: Study, qtbot):
    panel = SitePanel()
    qtbot.addWidget(panel)
    panel.dress(DARK, Sizes.of(96.0, glove=False))
    sites = [read_site(study.scan, number) for number in (0, 3)]
    panel.overlay(sites, SiteMap.of_scan(study.scan))
    for name, log in (("peaks-root-7", False), ("peaks-rate-7", False), ("peaks-power-7", True)):
        panel.choose(name)
        page = panel.own[name]
        assert page.bottom.logMode is log
        for line, fit, site in zip(page._lines, page._models, sites, strict=True):
            (drawn,) = (one for one in site.own if name_of_page(one) == name)
            x = np.log10(drawn.x) if log else drawn.x
            np.testing.assert_allclose(line.getData()[0], x)
            assert fit.getData()[0].size == 4


def test_the_window_draws_how_uncertain_each_point_is(study: Study, qtbot):
    """Bars as long as the uncertainty of the results, on linear and on logarithmic axes."""
    site = read_site(study.scan, 0)
    assert site is not None
    drawn = [one for one in site.own if one.error.shape == one.y.shape]
    assert {one.what.y.log for one in drawn} == {True, False}
    for one in drawn:
        error = np.abs(one.y) * np.linspace(0.1, 1.5, one.y.size)
        error[0] = np.nan  # not known
        one = replace(one, error=error)
        panel = OwnPanel(one.what)
        qtbot.addWidget(panel)
        panel.draw([one], ["#123456"])
        (bars,) = panel.bars
        known = np.isfinite(one.error)
        low = bars.opts["y"] - 0.5 * bars.opts["height"]
        high = bars.opts["y"] + 0.5 * bars.opts["height"]
        if one.what.y.log:
            low, high = 10**low, 10**high
        np.testing.assert_allclose(high, (one.y + one.error)[known], rtol=1e-6)
        floor = 0.1 * one.y if one.what.y.log else -np.inf
        np.testing.assert_allclose(low, np.maximum(one.y - one.error, floor)[known], rtol=1e-6)
        panel.draw([], [])
        assert panel.bars[0].opts["x"].size == 0


def test_two_rates_are_no_series(tmp_path: Path):
    few = {**SWEEPS, "over": {"v": RATES[:2]}}
    with open_scan(write_scan(tmp_path / "scan.h5", sites_with(few), couple)) as scan:
        study = Study(scan)
        assert study.series(0) == ()
        assert drawings(study) == {}
        assert not any(one.what.slug.startswith("peaks-r") for one in read_site(scan, 0).own)


def test_a_point_with_a_caveat_is_drawn_and_not_averaged():
    """Three sites agree but for one number, which somebody has to look at first."""
    x, nan = np.array([1.0, 2.0]), np.full(2, np.nan)
    sound = np.array([True, True])
    points = [
        series.SeriesPoints(x, np.array([1.0, 3.0]), nan, nan, sound),
        series.SeriesPoints(x, np.array([1.2, 3.0]), nan, nan, sound),
        series.SeriesPoints(
            x * (1 + 1e-6), np.array([9.0, 3.0]), nan, nan, np.array([False, True])
        ),
    ]
    place, middle, error, _ = series._pooled(points)
    np.testing.assert_allclose(place, x, rtol=1e-5)
    np.testing.assert_allclose(middle, [1.1, 3.0])
    assert np.isnan(error[0]), "of two values there is no standard deviation"
    assert error[1] == 0.0


def declared() -> list[Series]:
    return [what for kind in kinds() for what in declares_series(kind)]


def test_every_series_names_results_of_its_kind():
    assert declared()
    for kind in kinds().values():
        known = {result.name: result for result in kind.results}
        for what in declares_series(kind.name):
            for panel in what.panels:
                arrays = [one for one in (panel.across, panel.up, panel.line) if one is not None]
                assert all(known[one.name] is one for one in arrays)
                assert len({one.dims for one in arrays}) == 1
                assert all(known[one.name] is one and not one.dims for one in panel.slopes)


def test_pages_of_series_have_names_of_their_own():
    slugs = [
        panel.slug for what in {id(w): w for w in declared()}.values() for panel in what.panels
    ]
    assert len(slugs) == len(set(slugs))
    assert pages_of(()) == ()
