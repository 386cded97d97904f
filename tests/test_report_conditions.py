"""A report never pools conditions, and every figure says which ones it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_scans import couple, lithium, small_screen, write_scan
from made_scans import smaller as changed
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.spread import spread
from seccm.data import open_scan
from seccm.plan import Plan
from seccm.report import (
    choice,
    heights,
    last_cycles,
    map_drawing,
    maps,
    plausible,
    scan_drawings,
    style,
    tables,
    transients,
    trends,
    voltammograms,
)
from seccm.report.study import Study
from seccm.results import Status
from seccm.steps.constant_current import AGAINST_CURRENT, E_NUC, J
from seccm.steps.cv import WAVES


def rates() -> Plan:
    """Waves at two scan rates, shuffled."""
    return changed(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 4, "rows": 2, "pitch": 4e-6},
        factors={"v": ["0.2 V/s", "1 V/s"]},
        program=[{"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 2,
                  "scan_rate": "$v"}],
    )  # fmt: skip


def held() -> Plan:
    """Two held potentials, then rest."""
    return changed(
        "redox-cv-map",
        sites={"kind": "grid", "columns": 3, "rows": 2, "pitch": 4e-6},
        factors={"E": ["0.1 V", "0.25 V"]},
        program=[
            {"step": "constant potential", "potential": "$E", "duration": 1.0},
            {"step": "constant potential", "potential": -0.25, "duration": 0.5},
            {"step": "open circuit", "duration": 1.0},
        ],
    )


def factorial() -> Plan:
    """Three current densities under two potentials that follow."""
    return small_screen(
        sites={"kind": "grid", "columns": 6, "rows": 2, "pitch": 11e-6},
        factors={"j": ["-11.5 A/m^2", "-17.8 A/m^2", "-29.2 A/m^2"], "E": ["0.2 V", "0.4 V"]},
        design={"assign": "shuffled"},
        program=[
            {"step": "constant current", "current_density": "$j", "duration": 4.0},
            {"step": "constant potential", "potential": "$E", "duration": 0.5},
        ],
    )


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Each of the plans above as a scan, and a screen of three densities."""
    folder = tmp_path_factory.mktemp("conditions")
    made = {
        "rates": (rates(), couple),
        "held": (held(), couple),
        "factorial": (factorial(), lithium),
        "screen": (small_screen(), lithium),
    }
    scans = {
        name: open_scan(write_scan(folder / f"{name}.h5", plan, cell))
        for name, (plan, cell) in made.items()
    }
    yield SimpleNamespace(**{name: Study(scan) for name, scan in scans.items()})
    for scan in scans.values():
        scan.close()


def texts(figure):
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")) if t.get_text()]


def panels(figure):
    return [a for a in figure.axes if a.get_visible() and a.get_label() != "<colorbar>"]


# ---------------------------------------------------------------------------------- the number


@pytest.mark.parametrize(
    ("values", "errors", "basis"),
    [
        ([1.0, 2.0, 3.0], [0.1, 0.1, 0.1], "sd"),
        ([1.0, 1.0, 1.01], [0.5, 0.7, 0.6], "stated"),
        ([1.0, 2.0, 3.0], [np.nan] * 3, "sd"),
        ([1.0, 2.0], [0.1, 0.3], "stated"),
        ([1.0], [np.nan], ""),
    ],
)
def test_the_number_after_plus_minus_is_the_larger_one_and_says_which(values, errors, basis):
    found = spread(np.array(values), np.array(errors))
    assert found.basis == basis
    known = [v for v in (found.sd, found.stated) if np.isfinite(v)]
    assert found.error == max(known) if known else np.isnan(found.error)
    said = scales.told(found, 1.0, "mV")
    assert said.endswith({"sd": "mV (sd)", "stated": "mV (stated)", "": "mV"}[basis])


def test_tables_print_the_larger_one(studies):
    """The scatter of E1/2 is microvolts here, its stated uncertainty millivolts."""
    (table,) = (t for t in tables.statistics(studies.rates) if t.name == "E_half")
    assert table.common == "± 5 mV common to all potentials"
    for row in (r for r in table.rows if r.summary.n):
        kind = "stated" if row.spread.stated > row.spread.sd else "sd"
        assert row.cells[4].endswith(f"({kind})")
        printed = float(row.cells[4].split("±")[1].split("(")[0])
        assert printed == pytest.approx(1e3 * max(row.spread.sd, row.spread.stated), rel=0.06)


def test_what_is_common_to_all_potentials_is_said_beside_no_difference(studies):
    said = {t.name: t.common for t in tables.statistics(studies.rates)}
    assert said["E_half"]
    assert not said["dE_half"]
    assert not said["i_lim"]


# --------------------------------------------------------------------------- split by condition


def test_every_panel_of_voltammograms_names_its_condition(studies):
    figure = voltammograms.by_cycle(studies.rates, 0)
    named = {int(n): studies.rates.groups.named(g) for g in studies.rates.groups for n in g.sites}
    seen = set()
    for axes in panels(figure):
        site, condition = re.fullmatch(r"site (\d+), (.*)", axes.get_title()).groups()
        assert condition == named[int(site)]
        seen.add(condition)
    assert seen == set(named.values())


def test_no_caption_gives_the_scan_rate_of_one_condition_for_all(studies):
    captions = {d.slug: d.caption for d in choice.drawings(studies.rates)}
    assert "it differs between conditions" in captions["voltammograms-step-0"]
    assert not any("V/s" in c for c in captions.values())
    assert "one for each condition" in captions["waves-step-0"]


def test_waves_have_a_colour_a_median_and_a_row_for_each_condition(studies):
    study = studies.rates
    a, b, c = panels(last_cycles.last_cycles(study, 0, WAVES))
    medians = [line for line in a.lines if line.get_linewidth() == 1.2]
    assert [to_hex(line.get_color()) for line in medians] == [g.colour for g in study.groups]
    assert [line.get_label() for line in medians] == ["0.20 (4)", "1.00 (4)"]
    for axes, name in ((b, "E_half"), (c, "i_lim")):
        assert [t.get_text() for t in axes.get_yticklabels()] == [g.label for g in study.groups]
        assert not axes.get_title(loc="right")
        feature = study.features[name]
        said = [t.get_text() for t in axes.texts]
        for group, words in zip(study.groups, said, strict=True):
            own = group.counted[feature.trusted[group.counted]]
            assert words == "no value" if own.size == 0 else f"$n$ = {own.size}" in words


def test_hysteresis_is_told_by_condition(studies):
    caption = next(d.caption for d in choice.drawings(studies.rates) if d.slug == "waves-step-0")
    for group in studies.rates.groups:
        if np.isfinite(studies.rates.features["dE_half"].values[group.counted]).any():
            assert f"{typography.html(studies.rates.groups.named(group))}: " in caption


def test_a_map_shows_the_place_and_not_the_scan_rate(studies):
    """The limiting current differs between the rates; put against its own rate it does not."""
    study = studies.rates
    of = maps.mapped(study, "i_lim")
    assert not of.own
    for group in study.groups:
        own = group.counted[study.features["i_lim"].trusted[group.counted]]
        if own.size >= 3:
            assert np.median(of.values[own]) == pytest.approx(1.0)
    between = np.ptp([np.nanmedian(of.values[g.counted]) for g in study.groups])
    assert between == pytest.approx(0.0, abs=1e-9)
    potential = maps.mapped(study, "E_half")
    assert "median" in potential.label
    assert "vs" not in potential.label


@pytest.mark.parametrize("compared", [0, 1, 3, 4, 8])
def test_a_map_of_many_levels_shows_the_values_themselves(studies, monkeypatch, compared):
    """A planner chooses another level at each site: hardly any has a median of its own."""
    study = studies.rates
    against, known = study.against_own("i_lim"), study.features["i_lim"].known
    assert known.sum() == 8
    few = np.where(np.arange(8) < compared, against.values, np.nan)
    monkeypatch.setattr(Study, "against_own", lambda *_: replace(against, values=few))
    of = maps.mapped(study, "i_lim")
    assert of.own is (compared < 4)
    assert np.isfinite(of.values).sum() == (8 if of.own else compared)


@pytest.mark.parametrize("name", ["conditions", "maps"])
def test_no_label_of_a_written_figure_is_cut(studies, name, tmp_path):
    """Ticks of axes of a fixed shape are others once it is laid out, and so is their room."""
    (figure,) = (one.figure for one in choice.drawings(studies.factorial) if one.slug == name)
    style.save(figure, tmp_path / "a.png", 100)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axes in panels(figure):
        for label in (axes.xaxis.label, axes.yaxis.label):
            box = label.get_window_extent(renderer)
            assert box.x0 >= 0.0
            assert box.y0 >= 0.0


def test_sites_of_one_condition_are_mapped_as_they_are(tmp_path):
    plan = changed("redox-cv-map", sites={"kind": "grid", "columns": 3, "rows": 1, "pitch": 4e-6})
    with open_scan(write_scan(tmp_path / "one.h5", plan, couple)) as scan:
        study = Study(scan)
        of = maps.mapped(study, "E_half")
        assert of.own
        np.testing.assert_allclose(of.values, 1e3 * study.features["E_half"].values)
        assert "vs Ag/AgCl" in of.label
        assert maps.conditions(study) is None


def test_the_map_of_conditions_has_a_legend(studies):
    said = texts(maps.conditions(studies.factorial))
    assert len(studies.factorial.groups) == 6
    for group in studies.factorial.groups:
        assert f"{group.label}  (2)" in said


def test_no_line_connects_conditions_that_differ_in_more_than_the_current(studies):
    study = studies.factorial
    chosen = trends.series(study, 0, AGAINST_CURRENT)
    assert [one.label for one in chosen] == ["E = 200 mV", "E = 400 mV"]
    for one in chosen:
        js = [p.x for p in trends.points(study, E_NUC, J, 0, one.groups)]
        assert len(js) == len(set(js)) == 3
    figure = trends.trend(study, 0, AGAINST_CURRENT)
    lines = [c.lines[0] for c in panels(figure)[1].containers if c.lines[0].get_linestyle() == "-"]
    assert [len(line.get_xdata()) for line in lines] == [3, 3]
    assert sum("$n$ = 2/2/2" in text for text in texts(figure)) >= 2


@pytest.mark.parametrize("step", [0, 1])
def test_a_second_current_that_varies_is_no_part_of_the_first_one_s_line(step, tmp_path):
    """Two plating currents, crossed: a step is drawn against its own, one line for each other."""
    levels = ["-11.5 A/m^2", "-17.8 A/m^2"]
    plan = small_screen(
        sites={"kind": "grid", "columns": 4, "rows": 1, "pitch": 11e-6},
        factors={"first": levels, "second": levels},
        design={"assign": "shuffled"},
        program=[
            {"step": "constant current", "current_density": f"${name}", "duration": 3.0}
            for name in ("first", "second")
        ],
    )
    with open_scan(write_scan(tmp_path / "crossed.h5", plan)) as scan:
        study = Study(scan)
        chosen = trends.series(study, step, AGAINST_CURRENT)
        other = ("second", "first")[step]
        assert sorted(one.label for one in chosen) == [
            f"{other} = −1.15 mA/cm²",
            f"{other} = −1.78 mA/cm²",
        ]
        assert {len(one.groups) for one in chosen} == {2}


def test_no_line_goes_past_a_condition_whose_values_have_a_caveat(studies, monkeypatch):
    """Between the first and the third current nothing is known of the second."""
    study = studies.factorial
    feature = study.features["E_nuc"]
    statuses = feature.statuses.copy()
    middle = [group.sites for group in study.groups][2:4]
    statuses[np.concatenate(middle)] = Status.EDGE
    doubted = type(feature)(feature.column, feature.values, feature.errors, statuses)
    monkeypatch.setitem(study.features, "E_nuc", doubted)
    a = panels(trends.trend(study, 0, AGAINST_CURRENT))[0]
    lines = [c.lines[0] for c in a.containers if c.lines[0].get_linestyle() == "-"]
    drawn = [np.isfinite(np.asarray(line.get_ydata(), float)).tolist() for line in lines]
    assert [True, False, True] in drawn
    assert all(finite[0] and finite[-1] for finite in drawn)


def test_the_figure_of_nucleation_says_how_many(studies):
    (a, b, c) = panels(trends.trend(studies.screen, 0, AGAINST_CURRENT))
    for axes in (a, b, c):
        assert [t.get_text() for t in axes.texts if t.get_fontsize() == 5.5] == [
            "$n$ = 0",
            "4",
            "4",
        ]


@pytest.mark.parametrize(
    "levels", [["-2.01 A/m^2", "-2.02 A/m^2"], ["-1 A/m^2", "-1.000001 A/m^2"]]
)
def test_labels_have_as_many_digits_as_tell_conditions_apart(levels, tmp_path):
    plan = small_screen(
        factors={"j": levels}, sites={"kind": "grid", "columns": 1, "rows": 2, "pitch": 11e-6}
    )
    with open_scan(write_scan(tmp_path / "near.h5", plan, visited=0)) as scan:
        labels = [group.label for group in Study(scan).groups]
    assert len(set(labels)) == 2


# ----------------------------------------------------------------------------------- transients


def test_a_held_potential_is_drawn_as_current_against_time_by_condition(studies):
    study = studies.held
    figure = transients.transients(study, 0, transients.Signal("I", "A", "$i$"))
    (axes,) = panels(figure)
    thick = [line for line in axes.lines if line.get_linewidth() == 1.3]
    assert [to_hex(line.get_color()) for line in thick] == [g.colour for g in study.groups]
    scale = scales.scale("A", [20e-12])
    for group, line in zip(study.groups, thick, strict=True):
        ends = [study.trace(int(n), 0).I[-1] for n in group.counted]
        assert line.get_ydata()[-1] == pytest.approx(scale(np.median(ends)), abs=0.5)
    assert "0.10  (3)" in texts(figure)
    assert axes.get_ylabel() == "$i$ (pA)"


def test_a_current_that_spans_decades_is_drawn_on_logarithmic_axes(studies):
    """Back to where the couple is reduced: a charging spike, then nearly nothing."""
    figure = transients.transients(studies.held, 1, transients.Signal("I", "A", "$i$"))
    (axes,) = panels(figure)
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "cathodic current $|i|$" in axes.get_ylabel()
    assert all((line.get_xdata() > 0).all() for line in axes.lines if len(line.get_xdata()))


def test_a_rest_is_drawn_as_potential_against_time_with_its_uncertainty(studies):
    figure = transients.transients(studies.held, 2, transients.Signal("E", "V", "$E$"))
    (axes,) = panels(figure)
    assert axes.get_ylabel() == "$E$ vs Ag/AgCl (V)"
    assert any("± 5 mV common to all potentials" in text for text in texts(figure))


def test_a_report_has_a_figure_for_every_step(studies):
    slugs = [d.slug for d in choice.drawings(studies.held)]
    assert {"transient-step-0", "transient-step-1", "transient-step-2"} <= set(slugs)


# ------------------------------------------------------------------------ colours and doubts


@pytest.mark.parametrize("error", [0.5, 8.0, np.nan])
def test_colours_do_not_span_noise(error):
    shown = np.linspace(-1.0, 1.0, 9)
    norm = map_drawing.norm_of(shown, error)
    reach = max(1.0, 3.0 * error) if np.isfinite(error) else 1.0
    assert (norm.vmin, norm.vmax) == pytest.approx((-reach, reach))


def test_tilt_that_hides_a_drift_has_no_error(studies):
    """Rows one after another: time runs with y."""
    found = studies.screen.topography
    assert found.status is Status.DRIFT_CONFOUNDED
    assert np.isfinite(found.tilt_x.value)
    assert np.isnan(found.tilt_x.error)
    words = heights.topography_words(found)
    assert "±" not in words
    assert "Tilt and drift along x" in words
    assert "error is not known" in words


@pytest.mark.parametrize(
    ("reference", "metal"),
    [
        ("Li/Li+", "Li"),
        ("Zn/Zn2+", "Zn"),
        ("Ag/AgCl", ""),
        ("SHE", ""),
        ("Fc/Fc+", ""),
        ("H/H+", ""),
    ],
)
def test_a_metal_is_known_from_its_couple(reference, metal):
    assert plausible.metal_of(reference) == metal


def test_a_metal_that_grows_where_it_dissolves_is_flagged(studies, monkeypatch):
    study = studies.screen
    feature = study.features["E_growth"]
    assert not plausible.growth_words(study, "E_growth")
    values = feature.values.copy()
    values[study.groups[1].counted[:2]] = 2e-3
    changed_one = type(feature)(feature.column, values, feature.errors, feature.statuses)
    monkeypatch.setitem(study.features, "E_growth", changed_one)
    words = plausible.growth_words(study, "E_growth")
    assert words.startswith("2 growth potentials lie above 0 V vs Li/Li+, up to 2 mV")
    assert "within twice the stated uncertainty of ± 30 mV" in words
    (table,) = (t for t in tables.statistics(study) if t.name == "E_growth")
    notes = [row.note for row in table.rows if row.group is study.groups[1]]
    assert any("2 above 0 V vs Li/Li+" in note for note in notes)


def test_what_few_sites_have_is_drawn_as_a_map_only_where_the_plan_asks(studies, monkeypatch):
    """One site of twelve whose potential turned says nothing of the place."""
    study = studies.screen
    feature = study.features["E_nuc"]
    rest = study.measured[1:]
    values, statuses = feature.values.copy(), feature.statuses.copy()
    values[rest], statuses[rest] = np.nan, Status.NO_MINIMUM
    few = type(feature)(feature.column, values, feature.errors, statuses)
    monkeypatch.setitem(study.features, "E_nuc", few)
    drawn = []
    monkeypatch.setattr(scan_drawings.maps, "features", lambda _, names: drawn.append(names))
    list(scan_drawings._maps(study))
    assert "E_nuc" not in drawn[0]
    assert "t_nuc" in drawn[0]
