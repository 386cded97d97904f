"""What the window says in numbers of a selection: by condition, with its error and its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_scans import small_screen, write_scan
from planned_maps import map_of
from pytestqt.qtbot import QtBot
from small_plan import grid, small

from seccm.analysis.declared import declared
from seccm.data import open_scan
from seccm.events import Outcome, SiteAnalysed
from seccm.remote import Overview
from ui.map import MapView
from ui.models.colours import condition_colours, limits_of, shown
from ui.models.palette import DARK
from ui.models.quantity import Quantity
from ui.models.sample import samples
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.models.statistics_words import MOST_LINES, words_of

RESULT = declared("E_nuc")


def of_conditions(count: int, each: int = 4, *, error: float = 1e-3) -> SiteMap:
    """Nucleation potentials of so many conditions, 50 mV apart, with a scatter of 2 mV."""
    n = count * each
    condition = np.repeat(np.arange(count), each)
    made = SiteMap(
        x=np.arange(n) * 1e-5, y=np.zeros(n), ix=np.arange(n), iy=np.zeros(n, int),
        condition=condition, labels=[f"j = {k} nA" for k in range(count)],
        common="± 30 mV common to all potentials",
    )  # fmt: skip
    values = -0.05 * condition + 2e-3 * np.tile(np.linspace(-1, 1, each), count)
    made.add(Quantity("E_nuc", "V", "", values, errors=np.full(n, error)))
    made.outcome[:] = Outcome.OK
    return made


def told(sites: SiteMap, showing: Showing = Showing("Li/Li+")) -> str:  # noqa: B008 - frozen
    found = samples(sites, "E_nuc")
    seen = shown(sites, "E_nuc", showing)
    return words_of(sites, found, seen, DARK, RESULT.against_reference)


def test_a_selection_over_several_conditions_is_told_condition_by_condition():
    """Never -75 ± 59 mV over four current densities."""
    sites = of_conditions(4)
    lines = told(sites).split("<br>")
    assert lines[0] == "all sites, 4 conditions · ± 30 mV common to all potentials"
    assert len(lines) == 5
    for k, line in enumerate(lines[1:]):
        assert f"j = {k} nA: n = 4 · " in line
        mean = float(line.split("n = 4 · ")[1].split(" ± ")[0].replace("−", "-"))
        assert mean == pytest.approx(-50.0 * k, abs=0.1)
        assert "(standard deviation)" in line
    means = [s.spread.mean for s in samples(sites, "E_nuc") if s.spread]
    assert len(means) == 4
    assert max(s.spread.sd for s in samples(sites, "E_nuc") if s.spread) < 3e-3


@pytest.mark.parametrize("chosen", [[0, 1, 2], [5], [4, 5, 6, 7]])
def test_a_selection_of_one_condition_has_median_and_range(chosen):
    sites = of_conditions(3)
    sites.selected[chosen] = True
    said = told(sites)
    assert "<br>" not in said
    assert ("median" in said) is (len(chosen) > 1), "a single value has no range"
    assert said.endswith("± 30 mV common to all potentials")


def test_the_larger_of_scatter_and_stated_uncertainty_is_printed():
    said = told(of_conditions(1, error=8e-3))
    assert "0.0 ± 8.0 mV (stated uncertainty)" in said.replace("−0.0", "0.0")
    assert "(standard deviation)" in told(of_conditions(1, error=0.1e-3))
    assert "(standard deviation)" in told(of_conditions(1, error=np.nan))


def test_sites_that_are_left_out_are_counted_in_their_own_condition():
    sites = of_conditions(2)
    sites.quantities["E_nuc"].values[5] = np.nan
    sites.outcome[6] = Outcome.FAULT
    first, second = samples(sites, "E_nuc")
    assert (first.values.size, first.missing) == (4, 0)
    assert (second.values.size, second.missing) == (2, 2)
    assert "n = 2, 2 excluded" in told(sites)


def test_of_very_many_conditions_the_first_are_told_and_the_others_counted():
    lines = told(of_conditions(20)).split("<br>")
    assert len(lines) == MOST_LINES + 2
    assert lines[-1].startswith(f"{20 - MOST_LINES} more conditions")


def test_another_reference_moves_the_mean_and_not_its_error():
    own = told(of_conditions(1))
    other = told(of_conditions(1), Showing("Li/Li+", other="SHE", shift=-3.0))
    assert own.split("±")[1].split("·")[0] == other.split("±")[1].split("·")[0]
    assert "−3000.0 ± " in other


@pytest.mark.parametrize("error", [0.1e-3, 20e-3])
def test_the_colours_of_a_map_do_not_span_noise(error):
    sites = of_conditions(1, error=error)
    seen = shown(sites, "E_nuc", Showing("Li/Li+"))
    low, high = limits_of(seen.values, seen.error)
    assert seen.error == pytest.approx(1e3 * error)
    assert high - low == pytest.approx(max(4.0, 6e3 * error))


def test_uncertainties_come_with_a_file_with_events_and_with_an_overview(tmp_path: Path):
    path = write_scan(tmp_path / "scan.h5", small_screen())
    with open_scan(path) as scan:
        stored = scan.sites["E_nuc_err"]
        of_file = SiteMap.of_scan(scan)
    np.testing.assert_array_equal(of_file.quantities["E_nuc"].errors, stored)
    known = np.flatnonzero(np.isfinite(stored))
    assert known.size
    overview = Overview.from_plain(Overview.of_file(path).to_plain())
    plan = small_screen()
    recalled, heard = map_of(plan), map_of(plan)
    for made in (recalled, heard):
        made.name_units({"E_nuc": ("V", "")})
    recalled.recall(overview)
    np.testing.assert_array_equal(recalled.quantities["E_nuc"].errors, stored)
    for site in known.tolist():
        event = SiteAnalysed(site, {"E_nuc": -0.1}, "", {}, {"E_nuc": float(stored[site])})
        heard.hear(event)
    np.testing.assert_array_equal(heard.quantities["E_nuc"].errors, stored)


def test_the_histogram_shows_conditions_in_their_colours(qtbot: QtBot, tmp_path: Path):
    path = write_scan(tmp_path / "scan.h5", small_screen())
    with open_scan(path) as scan:
        sites = SiteMap.of_scan(scan)
    plan = small_screen()
    sites.describe(plan)
    view = MapView(wide=True)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    view.follow(sites)
    view.choose("E_nuc")
    bars = view.panel._bars.opts
    assert bars["height"].sum() == 8  # of two conditions; the third did not nucleate
    colours = {brush.color().getRgb()[:3] for brush in bars["brushes"]}
    assert colours == {tuple(c[:3].tolist()) for c in condition_colours(3, DARK)[1:]}
    said = view.panel.words.text()
    assert "all sites, 3 conditions · ± 30 mV common to all potentials" in said
    assert "no value" in said
    assert "values of 2 conditions" in view.legend.text()
    sites.select_condition(1)
    view.draw()
    assert "median" in view.panel.words.text()
    assert "conditions" not in view.panel.words.text()


@pytest.mark.parametrize("left", [Outcome.PLANNED, Outcome.RUNNING])
def test_sites_that_are_still_to_come_are_not_called_excluded(left: Outcome):
    sites = of_conditions(1, each=6)
    sites.outcome[3:] = left
    sites.quantities["E_nuc"].values[3:] = np.nan
    assert "n = 3 · " in told(sites)
    sites.outcome[3] = Outcome.SKIPPED
    assert "n = 3, 1 excluded · " in told(sites)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_values_over_decades_keep_their_digits(sign):
    """Not "median -0.1 · -10.0 to -0.0"."""
    sites = of_conditions(1, 5)
    planted = sign * np.array([1e-3, 1e-2, 0.1, 1.0, 10.0])
    sites.add(Quantity("dE_half", "V", "", planted * 1e-3, errors=np.full(5, 1e-7)))
    seen = shown(sites, "dE_half", Showing())
    said = words_of(sites, samples(sites, "dE_half"), seen, DARK, False)
    minus = "−" if sign < 0 else ""
    low, high = ("0.001", "10") if sign > 0 else ("10", "0.001")
    assert f"median {minus}0.1 · {minus}{low} to {minus}{high}" in said


def test_no_number_is_minus_zero():
    sites = of_conditions(1)
    sites.quantities["E_nuc"].values[:] = [-3e-3, -1e-6, -2e-6, 3e-3]
    assert "−0.0 " not in told(sites)


def test_the_ends_of_a_range_are_told_apart_where_the_error_is_not_known():
    """A surface of nanometres at a height of 50 um is not from 50 to 50."""
    sites = map_of(small(sites=grid(columns=4, rows=1)))
    heights = 50e-6 + np.array([0.0, 4e-9, 9e-9, 3e-9])
    sites.add(Quantity("z_surface", "m", "height of the surface", heights))
    sites.outcome[:] = Outcome.OK
    seen = shown(sites, "z_surface", Showing())
    said = words_of(sites, samples(sites, "z_surface"), seen, DARK, against_reference=False)
    ends = said.split("·")[-1].split(" to ")
    assert [float(end) for end in ends] == pytest.approx([50.0, 50.009], abs=2e-3)
