"""The report shows what is in the file: right numbers, right labels, nothing hidden."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import h5py
import jinja2
import numpy as np
import pytest
from made_scans import (
    CLOCK,
    couple,
    lithium,
    small_couple,
    small_cycling,
    small_screen,
    smaller,
    write_scan,
)
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_hex

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.quality import Quality
from seccm.analysis.site_quality import ripple
from seccm.analysis.statistics import survival
from seccm.data import open_scan
from seccm.events import Outcome
from seccm.report import (
    choice,
    curves,
    cycles,
    heights,
    landings,
    last_cycles,
    map_drawing,
    maps,
    page,
    style,
    tables,
    trends,
    voltammograms,
)
from seccm.report.page import write_report
from seccm.report.study import Study
from seccm.results import Status, Value
from seccm.steps.constant_current import AGAINST_CURRENT, E_GROWTH, J
from seccm.steps.cv import CHARGES, WAVES

LOST = {1: Outcome.NO_CONTACT, 6: Outcome.SKIPPED, 9: Outcome.FAULT}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def screen(folder):
    with open_scan(write_scan(folder / "screen.h5", small_screen(), outcomes=LOST)) as scan:
        yield Study(scan)


@pytest.fixture(scope="module")
def cycling(folder):
    with open_scan(write_scan(folder / "cycling.h5", small_cycling())) as scan:
        yield Study(scan)


@pytest.fixture(scope="module")
def waves(folder):
    path = write_scan(folder / "waves.h5", small_couple(), couple, outcomes={4: Outcome.SKIPPED})
    with open_scan(path) as scan:
        yield Study(scan)


def texts(figure):
    """Everything written in a figure."""
    figure.canvas.draw()
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")) if t.get_text()]


def drawn(figure):
    """Axes of a figure that are not colour bars."""
    return [axes for axes in figure.axes if axes.get_visible() and axes.get_label() != "<colorbar>"]


# ------------------------------------------------------------------------------------ the page


class Page(HTMLParser):
    """Checks that tags nest, and collects images, links, tables and text."""

    VOID = frozenset({"meta", "img", "br", "link", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.links, self.tables, self.said = [], [], [], {}, []
        self._table = None
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            assert attrs["alt"]
            self.images.append(attrs["src"])
        if tag == "a":
            self.links.append(attrs["href"])
        if tag == "table":
            self._table = self.tables.setdefault(attrs.get("id"), [])
        if tag == "tr":
            self._table.append([])
        if tag in ("td", "th"):
            self._table[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)
        if self.open and {"td", "th"} & set(self.open) and self._table:
            self._table[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.said).split())


def read(path):
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written(screen, folder):
    with pytest.MonkeyPatch.context() as patch:
        coarsely(patch)
        return write_report(screen.scan, folder / "screen-report")


def coarsely(patch, layout=True):
    """Write files small and quickly; what they show does not depend on it."""

    def save(figure, path, dpi):
        if not layout:
            figure.set_layout_engine("none")
        style.save(figure, path, dpi)

    patch.setattr(page, "RESOLUTION", 40)
    patch.setattr(page, "KINDS", ("png",))
    patch.setattr(page, "save", save)


def test_figures_are_there_for_the_screen_and_for_publication(screen, folder):
    (folder / "figures").mkdir()
    drawing = choice.Drawing("landings", "", "", landings.landings(screen))
    placed = page._place(drawing, folder)
    assert [(folder / name).read_bytes()[:4] for name in placed.files] == [b"\x89PNG", b"%PDF"]


def test_the_page_is_well_formed_and_has_every_figure_it_names(written):
    found = read(written)
    assert len(found.images) == len(set(found.images)) >= 6
    for name in found.images:
        assert (written.parent / name).read_bytes().startswith(b"\x89PNG")
    assert not [n for n in (*found.images, *found.links) if "://" in n]


def test_the_page_says_what_ran_and_what_came_of_it(written, screen):
    text = read(written).text
    for words in (
        "SIMULATION: these data were simulated, not measured.",
        "12 sites planned: 9 ok, 1 no contact, 1 skipped, 1 fault",
        "anodic currents and charges are positive",
        "E vs Li/Li+ = E vs Ag wire (QRCE) + 3.05 V",
        "± 30 mV common to all potentials",
        "Calibrate against lithium",
        "68.4 µm² ± 4.1 µm², basis: footprint",
        "every 2.57 ms, means over 2.56 ms",
        "4 × 3 grid, pitch 11 µm, raster",
        "−0.22 mA/cm²",
        "constant current",
        screen.header.software,
    ):
        assert words in text
    assert '"current_density": "$j"' in text


def test_the_table_of_statistics_is_what_numpy_says(written, screen):
    sites = screen.scan.sites
    table = read(written).tables["statistics-E_nuc"]
    assert table[0] == [
        "condition",
        "n",
        "median",
        "mean ± larger of sd and stated",
        "95 % interval",
    ]
    row = next(r for r in table if "2.92" in r[0])
    ok = (sites["status"] == Outcome.OK) & (sites["factor_j"] == -29.2)
    values = 1e3 * sites["E_nuc"][ok]
    assert ok.sum() == 3
    assert row[1] == "3"
    assert float(row[2].replace("−", "-")) == pytest.approx(np.median(values), abs=0.5)
    assert row[3].endswith("(sd)")
    mean, sd = (float(p.replace("−", "-")) for p in row[3].removesuffix("(sd)").split("±"))
    assert mean == pytest.approx(values.mean(), abs=0.06)
    assert sd == pytest.approx(values.std(ddof=1), rel=0.06)


def test_sites_that_did_not_nucleate_are_counted_and_never_averaged_away(written, screen):
    sites = screen.scan.sites
    table = read(written).tables["statistics-t_nuc"]
    assert table[0][2] == "n censored"
    row = next(r for r in table if "0.22" in r[0])
    assert row[1:3] == ["0", "3"]
    assert row[5] == "> 5"
    mixed = np.array([4.5, 4.6, 5.0, 5.0, 5.0]), np.array([False, False, True, True, True])
    assert not survival(*mixed).median.status.has_value
    assert np.isnan(sites["t_nuc"][sites["factor_j"] == -2.2]).all()


def test_sites_with_something_to_tell_are_listed_with_their_reason(written):
    rows = {row[0]: row[1:] for row in read(written).tables["remarks"][1:]}
    assert set(rows) == {"1", "6", "9"}
    assert rows["1"][0] == "no contact"
    assert "no contact within 30 um" in rows["1"][2]
    assert rows["9"][0] == "fault"
    assert "lost during step 1" in rows["9"][2]


# ------------------------------------------------------------------------------------- curves


def test_potentials_show_every_repeat_and_the_mean_of_the_whole_ones(screen):
    figure = curves.potentials(screen, 0)
    left, right = drawn(figure)
    # Conditions of 4, 4 and 4 sites, one each without contact or skipped, one cut short.
    thin = [line for line in left.lines if line.get_linewidth() < 0.5]
    assert len(thin) == 10
    assert len(right.lines) == 10 + 3 + 2  # and the minima of the two that nucleated
    thick = [line for line in left.lines if line.get_linewidth() == 1.3]
    assert len(thick) == 3
    assert [to_hex(line.get_color()) for line in thick] == [g.colour for g in screen.groups]
    # The first condition did not nucleate: its mean is that at equal times.
    t, mean = thick[0].get_data()
    traces = [screen.trace(int(n), 0) for n in screen.groups[0].counted]
    expected = np.mean([np.interp(t, c.t[1:], c.E[1:]) for c in traces], axis=0)
    np.testing.assert_allclose(mean, expected, atol=1e-9)


def test_the_mean_turns_where_the_repeats_turn_and_no_shallower(screen):
    """Averaged at equal times, scattered minima would smear into one above all of them."""
    left, right = drawn(curves.potentials(screen, 0))
    thick = [line for line in left.lines if line.get_linewidth() == 1.3]
    by_charge = [line for line in right.lines if line.get_linewidth() == 1.3]
    scale = scales.scale("C/m^2")
    for k in (1, 2):
        sites = screen.groups[k].counted
        e, t, q = (screen.features[n].values[sites] for n in ("E_nuc", "t_nuc", "Q_nuc"))
        turn = int(np.argmin(thick[k].get_ydata()))
        assert thick[k].get_ydata()[turn] == pytest.approx(e.mean(), abs=2.5e-3)
        assert thick[k].get_xdata()[turn] == pytest.approx(t.mean(), rel=0.06)
        assert by_charge[k].get_xdata()[turn] == pytest.approx(scale(q.mean()), rel=0.06)
        naive = np.mean(
            [np.interp(thick[k].get_xdata(), c.t[1:], c.E[1:])
             for c in (screen.trace(int(n), 0) for n in sites)], axis=0,
        )  # fmt: skip
        assert naive.min() > thick[k].get_ydata().min() + 3e-3


def test_the_nucleation_potential_of_every_repeat_is_on_its_curve(screen):
    left, right = drawn(curves.potentials(screen, 0))
    dots = [line for line in left.lines if line.get_marker() == "o" and len(line.get_xdata())]
    known = np.isfinite(screen.features["t_nuc"].values)
    expected = screen.features["E_nuc"].values[known]
    found = np.concatenate([line.get_ydata() for line in dots])
    np.testing.assert_allclose(np.sort(found), np.sort(expected))
    assert r"$E_\mathrm{nuc}$" in texts(left.figure)
    charges = np.concatenate([line.get_xdata() for line in right.lines if line.get_marker() == "o"])
    q_nuc = scales.scale("C/m^2")(screen.features["Q_nuc"].values[known])
    np.testing.assert_allclose(np.sort(charges), np.sort(q_nuc), rtol=0.02)


@pytest.mark.parametrize("turned", [0, 1, 2, 4])
def test_repeats_that_nucleated_are_not_averaged_with_those_that_did_not(turned):
    t = np.linspace(0.01, 5.0, 500)

    def one(t_nuc):
        e = np.where(t < t_nuc, 0.3 - 0.4 * t / t_nuc, -0.06 - 0.04 * np.exp(-(t - t_nuc)))
        return curves.Curve(t, t.copy(), e, t_nuc, -0.1)

    nucleated = [one(t_nuc) for t_nuc in (2.0, 2.4, 2.8, 3.2)[:turned]]
    others = [curves.Curve(t, t.copy(), np.full(t.size, 0.2 + 0.01 * k)) for k in range(3)]
    found = curves.band([*nucleated, *others])
    assert found.aligned == (turned >= 2)
    assert found.n == (turned if turned >= 2 else 3)
    if turned < 2:
        np.testing.assert_allclose(found.mean, 0.21)
    else:
        assert found.mean.min() == pytest.approx(-0.1, abs=2e-3)
        middle = np.mean([c.t_turn for c in nucleated])
        assert found.t[np.argmin(found.mean)] == pytest.approx(middle, rel=0.01)


def test_potentials_say_what_their_axes_and_colours_mean(screen):
    said = texts(curves.potentials(screen, 0))
    for words in (
        "$E$ vs Li/Li$^{+}$ (V)",
        "$t$ (s)",
        "cathodic charge $|Q|$ (µAh cm$^{-2}$)",
        "$j$ (mA cm$^{-2}$)",
        "−0.22  (3)",
        "−1.15  (3)",
        "−2.92  (4, mean of 3)",  # one was cut short
        style.SIMULATED,
    ):
        assert words in said
    assert any(f"{style.CONVENTION}. ± 30 mV common to all potentials" in text for text in said)


def test_the_charge_axis_ends_at_the_charge_that_passed(screen):
    right = drawn(curves.potentials(screen, 0))[1]
    assert right.get_xlim()[1] == pytest.approx(2.92e-3 * 5 / 3600 * 1e6 * 1.02, rel=1e-2)


def test_the_fall_from_overload_does_not_set_the_range(screen):
    low, high = drawn(curves.potentials(screen, 0))[0].get_ylim()
    assert -0.4 < low < -0.2
    assert 0.3 < high < 1.0


def test_experiments_of_very_different_length_share_a_logarithmic_axis(folder):
    plan = smaller(
        "li-on-au-constant-charge",
        sites={"kind": "grid", "columns": 3, "rows": 2, "pitch": 30e-6},
        design={
            "kind": "listed",
            "conditions": [
                {"j": "-0.78 mA/cm^2", "t": "15 s"},
                {"j": "-3.82 mA/cm^2", "t": "3 s"},
            ],
        },
    )
    with open_scan(write_scan(folder / "charge.h5", plan)) as scan:
        study = Study(scan)
        assert [g.label for g in study.groups] == ["−0.78", "−3.82"]
        assert drawn(curves.potentials(study, 0))[0].get_xscale() == "log"
        ends = [axes.get_xlim()[1] for axes in drawn(curves.repeats(study, 0))]
    assert ends == pytest.approx([15.0, 3.0], abs=0.01)


def test_each_condition_has_a_panel_with_its_repeats(screen):
    panels = drawn(curves.repeats(screen, 0))
    whole = [[line for line in axes.lines if len(line.get_xdata()) > 1] for axes in panels]
    assert [len(lines) for lines in whole] == [3, 3, 4]
    assert panels[0].get_title() == "$j$ = −0.22 mA cm$^{-2}$, $n$ = 3"


# ------------------------------------------------------------------------------------- trends


def test_nucleation_against_current_density_uses_the_features_of_the_file(screen):
    sites, figure = screen.scan.sites, trends.trend(screen, 0, AGAINST_CURRENT)
    a, b, _ = drawn(figure)
    bars = {c.get_label(): c for c in a.containers}
    x, mean = bars[r"$E_\mathrm{nuc}$"].lines[0].get_data()
    np.testing.assert_allclose(np.asarray(x, float), [1.15, 2.92], rtol=1e-3)
    for level, value in ((-11.5, mean[0]), (-29.2, mean[1])):
        ok = (sites["status"] == Outcome.OK) & (sites["factor_j"] == level)
        assert value == pytest.approx(1e3 * sites["E_nuc"][ok].mean(), abs=1e-9)
    assert b.get_xscale() == b.get_yscale() == "log"
    said = texts(figure)
    assert said.count("3 of 3") == 2  # time and charge of the lowest current
    assert "$|j|$ (mA cm$^{-2}$)" in said
    assert r"$t_\mathrm{nuc}$ (s)" in said


def test_growth_potentials_that_still_drift_are_drawn_open_and_named(screen):
    """All of this screen drift at 5 s: open symbols and a legend, no filled ones."""
    growth = screen.features["E_growth"]
    drifting = growth.statuses == Status.DRIFTING
    assert drifting[growth.known].all()
    figure = trends.trend(screen, 0, AGAINST_CURRENT)
    bars = {c.get_label(): c for c in drawn(figure)[0].containers}
    said = r"$E_\mathrm{growth}$: potential at the end of the record, still drifting"
    assert set(bars) == {r"$E_\mathrm{nuc}$", said}
    assert bars[said].lines[0].get_markerfacecolor() == "white"
    assert bars[r"$E_\mathrm{nuc}$"].lines[0].get_markerfacecolor() != "white"
    assert said in texts(figure)
    assert "$E$ vs Li/Li$^{+}$ (mV)" in texts(figure)


def test_settled_and_drifting_growth_potentials_are_not_averaged_together(screen, monkeypatch):
    """One level end among drifting ones: a row and a symbol of its own."""
    feature = screen.features["E_growth"]
    group = screen.groups[2]
    site = int(group.counted[0])
    statuses = feature.statuses.copy()
    statuses[site] = Status.PLATEAU
    monkeypatch.setitem(screen.features, "E_growth", replace(feature, statuses=statuses))
    (table,) = (t for t in tables.statistics(screen) if t.name == "E_growth")
    settled, drifting = (row for row in table.rows if row.group is group)
    assert (settled.summary.n, settled.note) == (1, "")
    assert settled.summary.mean == feature.values[site]
    assert drifting.summary.n == group.counted.size - 1
    assert drifting.note == "potential at the end of the record, still drifting"
    point = trends.points(screen, E_GROWTH, J, 0)[-1]
    assert point.values.tolist() == [feature.values[site]]
    assert {s: v.size for s, v in point.qualified.items()} == {Status.DRIFTING: drifting.summary.n}


@pytest.mark.parametrize("name", ["E_growth", "eta_nuc"])
def test_the_tables_say_that_a_growth_potential_still_drifts(written, name):
    """And so the overpotential that is made of it."""
    table = read(written).tables[f"statistics-{name}"]
    assert table[0][-1] == "note"
    assert {row[-1] for row in table[1:] if row[1] != "0"} == {
        "potential at the end of the record, still drifting"
    }


def test_the_map_and_the_caption_say_that_growth_potentials_still_drift(screen):
    figure = maps.features(screen, ["E_growth"])
    assert "still drifting" in drawn(figure)[0].get_title()
    captions = {d.slug: d.caption for d in choice.drawings(screen)}
    n = int(screen.features["E_growth"].known[screen.measured].sum())
    said = f"E growth: potential at the end of the record, still drifting ({n} of {n})"
    assert said in captions["nucleation"]
    assert said in captions["maps"]


def test_values_not_to_be_averaged_are_counted_and_left_out(screen, monkeypatch):
    """A turning point at the edge of the record is in no mean, and the table says so."""
    feature = screen.features["E_nuc"]
    group = screen.groups[2]
    statuses = feature.statuses.copy()
    statuses[group.counted[0]] = Status.EDGE
    monkeypatch.setitem(screen.features, "E_nuc", replace(feature, statuses=statuses))
    (table,) = (t for t in tables.statistics(screen) if t.name == "E_nuc")
    (row,) = (row for row in table.rows if row.group is group)
    assert row.summary.n == group.counted.size - 1
    assert row.note == "1 left out: turning point at the edge of the record"


def test_two_values_have_no_standard_deviation(screen):
    """Two repeats: no bar and no band; the table gives both values."""
    traces = [screen.trace(int(n), 0) for n in screen.groups[1].counted]
    whole = [c for trace in traces if (c := curves.curve(trace)) is not None]
    assert np.isnan(curves.band(whole[:2]).sd).all()
    assert np.isfinite(curves.band(whole[:3]).sd).all()
    group = screen.groups[1]
    two = tables.summarised(np.array([-0.062, -0.058]), 0)
    cells = tables.Row(group, "", two, None, scales.Scale(1e3, "mV"), "").cells
    assert cells[4] == "−60 (−62, −58)"


def test_records_that_ended_first_are_drawn_at_their_end(screen):
    axes = drawn(trends.trend(screen, 0, AGAINST_CURRENT))[1]
    limits = [c for c in axes.containers if not c.has_xerr and c.lines[0].get_marker() == "_"]
    assert [float(c.lines[0].get_ydata()[0]) for c in limits] == pytest.approx([5.0], abs=0.01)


# ------------------------------------------------------------------------------- voltammograms


def test_voltammograms_have_a_curve_for_each_cycle_in_its_colour(cycling):
    figure = voltammograms.by_cycle(cycling, 0)
    panels = drawn(figure)
    assert len(panels) == 2
    cycles = [line for line in panels[0].lines if len(line.get_xdata()) > 2]
    assert [to_hex(line.get_color()) for line in cycles] == scales.ordered(3)
    e = np.concatenate([line.get_xdata() for line in cycles])
    assert e.min() == pytest.approx(-0.27, abs=0.01)
    assert e.max() == pytest.approx(1.47, abs=0.01)
    said = texts(figure)
    assert "$j$ (mA cm$^{-2}$)" in said
    assert "cycle" in said


def test_arrows_point_the_way_of_the_sweep(cycling):
    """Down first, then up: one arrow on each way of every voltammogram."""
    for axes in drawn(voltammograms.by_cycle(cycling, 0)):
        heads = [(a.xyann[0], a.xy[0]) for a in axes.texts if a.arrow_patch is not None]
        assert [np.sign(head - tail) for tail, head in heads] == [-1, 1]


def test_ripple_in_a_voltammogram_is_called_hum_where_it_is(waves):
    """0.5 pA of 50 Hz on currents of 20 pA: said in the figure; without it nothing is."""
    assert voltammograms.hum_words(waves, 0, waves.measured) == ""
    t = CLOCK.period * np.arange(160)
    wave = 20e-12 / (1 + np.exp(-(t - 0.2) / 0.0257))
    noise = 0.1e-12 * np.random.default_rng(0).standard_normal(t.size)
    humming = wave + noise + 0.5e-12 * np.sin(2 * np.pi * 50 * t)
    mains, amplitude = ripple(humming, CLOCK.period)
    assert mains == 50.0
    # Averaging over a row takes 3 % away, which is put back although this signal is not averaged.
    assert amplitude.value == pytest.approx(0.5e-12, rel=0.12)
    assert amplitude.value > 5 * amplitude.error
    quiet = ripple(wave + noise, CLOCK.period)[1]
    assert quiet.value < 5 * quiet.error


def test_the_figure_names_the_hum(waves, monkeypatch):
    monkeypatch.setattr(voltammograms, "ripple", lambda signal, row: (50.0, Value(0.5e-12, 1e-14)))
    said = " ".join(texts(voltammograms.by_cycle(waves, 0)))
    assert "Ripple: 50 Hz hum of the mains, amplitude 500 fA" in said


def test_efficiency_is_the_ratio_of_charges_by_sign_of_each_cycle(cycling):
    left, right = drawn(cycles.by_cycle(cycling, 0, CHARGES))
    mean = left.containers[0].lines[0].get_ydata()
    expected = []
    for number in (0, 1):
        trace = cycling.trace(number, 0)
        ends = np.searchsorted(trace.t, trace.segment.cycles, side="right")
        rows = [trace.I[a:b] for a, b in pairwise(ends)]
        expected.append([i[i > 0].sum() / -i[i < 0].sum() for i in rows])
    np.testing.assert_allclose(mean, np.mean(expected, axis=0), rtol=5e-3)
    assert mean[0] < mean[2] < 1.0
    assert right.get_ylabel() == r"$|Q_\mathrm{c}|$, $Q_\mathrm{a}$ (µAh cm$^{-2}$)"


def test_waves_show_every_site_and_histograms_count_them(waves):
    figure = last_cycles.last_cycles(waves, 0, WAVES)
    a, b, c = drawn(figure)
    assert len([line for line in a.lines if line.get_alpha() is not None]) == 8
    for axes in (b, c):
        assert sum(patch.get_height() for patch in axes.patches) == 8
    values = 1e12 * waves.features["i_lim"].values[waves.measured]
    stated = np.median(1e12 * waves.features["i_lim"].errors[waves.measured])
    larger, kind = max((values.std(ddof=1), "(sd)"), (stated, "(stated)"))
    assert typography.plus_minus(values.mean(), larger) in c.get_title(loc="right")
    assert kind in c.get_title(loc="right")
    assert c.get_xlabel() == r"$i_\mathrm{lim}$ (pA)"
    assert b.get_xlabel() == "$E_{1/2}$ vs Ag/AgCl (mV)"
    (middle,) = (line for line in a.lines if line.get_label() == "median (8)")
    sites = [line.get_ydata() for line in a.lines if line.get_alpha() is not None]
    size = middle.get_ydata().size
    np.testing.assert_allclose(middle.get_ydata(), np.median([y[:size] for y in sites], axis=0))


# ---------------------------------------------------------------------------------------- maps


def test_a_map_colours_values_to_scale_and_marks_the_rest(screen):
    figure = maps.features(screen, ["E_nuc"])
    (axes,) = drawn(figure)
    discs = [c for c in axes.collections if isinstance(c, EllipseCollection)]
    coloured = next(d for d in discs if d.get_array() is not None)
    feature = screen.features["E_nuc"]
    # Freed of the current density: what is left is what the place does.
    apart = 1e3 * feature.values
    for group in screen.groups:
        values = feature.values[group.counted]
        if np.isfinite(values).any():
            apart[group.sites] -= 1e3 * np.median(values)
    np.testing.assert_allclose(coloured.get_array(), apart[feature.known], atol=1e-9)
    assert coloured.get_widths() == pytest.approx(1e6 * screen.plan.probe.diameter)
    empty = next(d for d in discs if d.get_array() is None)
    assert len(empty.get_offsets()) == 3  # landed, not nucleated
    marks = {line.get_marker(): line for line in axes.lines}
    assert {m: len(line.get_xdata()) for m, line in marks.items()} == {"x": 1, "_": 1, "s": 1}
    assert marks["x"].get_xdata()[0] == pytest.approx(1e6 * screen.x[1])
    said = texts(figure)
    for words in ("no contact", "skipped", "fault", "no value", "$x$ (µm)"):
        assert words in said
    assert "$E_\\mathrm{nuc}$ − median\nof condition (mV)" in said


def test_maps_leave_no_empty_band(screen):
    """Between the small print and the panels there is room for a line, not more."""
    figure = heights.topography(screen)
    figure.canvas.draw()
    top = max(axes.get_tightbbox().y1 for axes in drawn(figure))
    assert (figure.bbox.y1 - top) / figure.dpi < 0.35


def test_small_footprints_are_shown_in_coloured_cells(waves):
    (axes,) = drawn(maps.features(waves, ["i_lim"]))
    cells = next(c for c in axes.collections if not isinstance(c, EllipseCollection))
    assert len(cells.get_paths()) == 8
    np.testing.assert_allclose(
        cells.get_array(), 1e12 * waves.features["i_lim"].values[waves.measured]
    )


def test_values_that_come_with_a_warning_are_marked_in_a_map(waves, monkeypatch):
    """A half-wave potential without a plateau is drawn, but neither believed nor lent a colour."""
    feature = waves.features["i_lim"]
    doubtful = 2
    values, statuses = feature.values.copy(), feature.statuses.copy()
    values[doubtful] *= 0.5
    statuses[doubtful] = Status.NO_PLATEAU
    other = replace(feature, values=values, statuses=statuses)
    monkeypatch.setitem(waves.features, "i_lim", other)
    figure = maps.features(waves, ["i_lim"])
    (axes,) = drawn(figure)
    (mark,) = (line for line in axes.lines if line.get_marker() == "+")
    assert mark.get_xdata() == pytest.approx([1e6 * waves.x[doubtful]])
    assert Status.NO_PLATEAU.caveat in texts(figure)
    cells = next(c for c in axes.collections if not isinstance(c, EllipseCollection))
    lowest = 1e12 * values[other.trusted].min()
    noise = 3e12 * np.median(other.errors[waves.measured])
    assert lowest - noise < cells.norm.vmin <= lowest + 1e-9


def test_colours_are_not_given_away_to_one_outlier():
    values = np.append(np.linspace(1.0, 2.0, 50), 1000.0)
    norm = map_drawing.norm_of(values)
    assert (norm.vmin, norm.vmax) == (1.0, pytest.approx(np.percentile(values, 75) + 1.5, rel=0.03))
    same = map_drawing.norm_of(np.full(5, 3.0))
    assert same.vmin < 3.0 < same.vmax


def test_topography_shows_heights_before_and_after_the_plane(screen):
    figure = heights.topography(screen)
    left, right = drawn(figure)
    found = screen.topography
    for axes, values in ((left, None), (right, found.residual)):
        disc = next(c for c in axes.collections if c.get_array() is not None)
        assert len(disc.get_array()) == 10
        if values is not None:
            np.testing.assert_allclose(disc.get_array(), 1e9 * values[np.isfinite(values)])
    assert "drift and tilt not separated" in texts(figure)
    assert "the tilt includes any drift" in heights.topography_words(found)


def test_landings_are_counted_and_those_too_far_are_named(screen):
    left, right = drawn(landings.landings(screen))
    for axes in (left, right):
        assert sum(patch.get_height() for patch in axes.patches) == 10
    allowed = 1e9 * screen.site(0).approach.overtravel
    assert f"allowed: {allowed:.0f} nm" in texts(landings.landings(screen))
    assert landings.too_far(screen) == []


def test_a_landing_that_went_too_far_is_listed(folder):
    approach = {**small_screen().to_dict()["approach"], "overtravel": 17e-9}
    path = write_scan(folder / "far.h5", small_screen(approach=approach), visited=4)
    with open_scan(path) as scan:
        study = Study(scan)
        went = scan.sites["overtravel"]
        assert landings.too_far(study) == np.flatnonzero(went > 17e-9).tolist() != []
        figure = landings.landings(study)
        line = next(x for x in drawn(figure)[1].lines)
        assert line.get_xdata()[0] == pytest.approx(17.0)
        assert "allowed: 17 nm" in texts(figure)


# --------------------------------------------------------------------------------- odd scans


ODD = {
    "no site finished": (small_screen, {"visited": 0, "status": "stopped"}, "No site was finished"),
    "one site": (small_screen, {"visited": 1, "status": "stopped"}, "Only one site"),
    "no contact anywhere": (
        small_screen,
        {"outcomes": dict.fromkeys(range(12), Outcome.NO_CONTACT)},
        "There was no contact at any site",
    ),
    "all lost": (
        small_screen,
        {"outcomes": dict.fromkeys(range(12), Outcome.FAULT), "visited": 2},
        "No site was completed",
    ),
    "killed": (small_screen, {"visited": 2, "status": None}, "Interrupted: the program"),
    "without live features": (small_screen, {"visited": 3, "live": False}, "Figure 1"),
    "nothing varied": (small_cycling, {"visited": 1}, "Voltammograms, coloured by cycle"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_scan_gives_a_page_that_says_so(name, folder, monkeypatch):
    coarsely(monkeypatch, layout=False)
    make, options, words = ODD[name]
    path = write_scan(folder / f"{name.replace(' ', '-')}.h5", make(), **options)
    with open_scan(path) as scan:
        written = write_report(scan, folder / f"{name} report")
    found = read(written)
    assert words in found.text
    assert all((written.parent / image).is_file() for image in found.images)
    assert "nan" not in found.text.lower().split()


def test_places_listed_one_by_one_are_mapped_where_they_are(folder):
    plan = small_screen(
        sites={"kind": "points", "points": [[0, 0], [2e-5, 1e-5], [5e-5, 4e-5]]},
        design={"assign": "interleaved"},
    )
    with open_scan(write_scan(folder / "points.h5", plan)) as scan:
        study = Study(scan)
        (axes,) = drawn(maps.outcomes(study))
        disc = next(c for c in axes.collections if c.get_array() is not None)
        np.testing.assert_allclose(disc.get_offsets(), [[0, 0], [20, 10], [50, 40]])
        assert "3 points" in [words for _, words in page._plan(study)]


def test_a_plan_that_cannot_be_read_leaves_a_page_that_says_so(folder, monkeypatch):
    coarsely(monkeypatch, layout=False)
    path = write_scan(folder / "unreadable.h5", small_screen(), visited=5, status="stopped")
    with h5py.File(path, "r+") as file:
        file.attrs["plan_json"] = '{"title": "of another version"}'
    with open_scan(path) as scan:
        found = read(write_report(scan, folder / "unreadable report"))
    assert "The plan in the file cannot be read" in found.text
    assert found.images


def test_a_measured_scan_is_nowhere_called_virtual(folder, monkeypatch):
    monkeypatch.setattr(page, "KINDS", ())
    monkeypatch.setattr(page, "template", lambda name: jinja2.Template("{{ virtual }} {{ title }}"))
    path = write_scan(folder / "real.h5", small_screen(), visited=2, virtual=False)
    with open_scan(path) as scan:
        assert (
            write_report(scan, folder / "real report").read_text() == f"False {scan.header.title}"
        )
        assert "SIMULATION" not in scan.header.title
        for drawing in choice.drawings(Study(scan)):
            assert style.SIMULATED not in [t.get_text() for t in drawing.figure.texts]


def test_every_figure_of_a_virtual_scan_says_virtual(screen, cycling, waves):
    for study in (screen, cycling, waves):
        for drawing in choice.drawings(study):
            assert style.SIMULATED in [t.get_text() for t in drawing.figure.texts]


# ------------------------------------------------------------------------------ small things


def test_numbers_are_written_as_far_as_they_are_known():
    assert typography.plus_minus(-138.12, 3.456) == "−138.1 ± 3.5"
    assert typography.plus_minus(1234.5, 120.0) == "1234 ± 120"
    assert typography.plus_minus(0.5, np.nan) == "0.5"
    assert typography.plus_minus(np.nan, np.nan) == "–"


@pytest.mark.parametrize(
    ("plain", "set"),
    [
        ("-0.2 mA/cm^2", "−0.2 mA/cm²"),
        ("68.4 um^2 in 5 um", "68.4 µm² in 5 µm"),
        ("li-on-au at 2 um/s", "li-on-au at 2 µm/s"),
        ("1.47 V to -0.27 V", "1.47 V to −0.27 V"),
    ],
)
def test_plain_text_is_set_with_real_signs(plain, set):
    assert typography.readable(plain) == set


def test_a_quality_flag_is_told_in_words(screen):
    words = tables.remarks(screen, {0: "overtravel 1 um, more than allowed"})
    assert words[0].site == 0
    assert words[0].words == "overtravel 1 um, more than allowed"
    assert Quality.HUM.labels == ("mains hum above the limit",)


def test_a_scale_is_chosen_for_the_largest_value():
    assert scales.scale("A", [1e-12, -42e-12]).label("$i$") == "$i$ (pA)"
    assert scales.scale("A", [3e-9])(3e-9) == pytest.approx(3.0)
    assert scales.scale("m", [np.nan]).unit == "m"
    assert lithium is not couple
