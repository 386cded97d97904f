"""Pieces of exports, figures and plans: names, rows of text, ticks, colours, curves, visits."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure

from seccm.exports.content import SiteColumn
from seccm.exports.matlab import _shortened
from seccm.exports.text import _line, _rows, _timestamp, write_sites
from seccm.plan.rounding import rounded_down, rounded_up
from seccm.report.curves import POINTS, Curve, band, thinned
from seccm.report.map_drawing import norm_of, norm_of_decades, symmetric
from seccm.report.plausible import metal_of
from seccm.report.scale_bar import scale_bar
from seccm.report.style import literal, nice_log_ticks, repeats
from seccm.typography import superscripted
from seccm.units import parse, show

few = settings(max_examples=20)

# ------------------------------------------------------------------ exports


@few
@given(st.lists(st.text("abc_", min_size=1, max_size=70), max_size=20))
def test_matlab_has_a_name_of_its_own_for_each_and_none_too_long(names: list[str]):
    made = _shortened([*names, *("x" * 80 + end for end in "abc")])
    assert set(made) == {*names, *("x" * 80 + end for end in "abc")}
    assert len(set(made.values())) == len(made)
    assert all(0 < len(short) <= 63 for short in made.values())
    assert all(made[name] == name for name in names if len(name) <= 40)


@few
@given(st.lists(st.floats(allow_nan=False), max_size=8), st.lists(st.integers(-9, 9), max_size=8))
def test_a_number_in_text_is_read_as_the_same_number(numbers: list[float], counts: list[int]):
    size = min(len(numbers), len(counts))
    columns = [np.array(numbers[:size]), np.array(counts[:size], int)]
    rows = list(_rows(columns))
    assert len(rows) == size
    assert [float(row[0]) for row in rows] == numbers[:size]
    assert [int(row[1]) for row in rows] == counts[:size]


def test_columns_of_different_lengths_are_no_table():
    with pytest.raises(ValueError, match="zip"):
        list(_rows([np.zeros(2), np.zeros(3)]))


def test_a_table_of_sites_has_titles_and_a_line_for_each_site():
    stream = io.StringIO()
    columns = [
        SiteColumn(np.array([1e-6, math.nan]), "x (m)", "m"),
        SiteColumn(np.array(["ok", 'a "b", c']), "outcome"),
    ]
    write_sites(stream, columns)
    table = list(csv.reader(io.StringIO(stream.getvalue())))
    assert table == [["x (m)", "outcome"], ["1e-06", "ok"], ["nan", 'a "b", c']]
    empty = io.StringIO()
    write_sites(empty, [SiteColumn(np.zeros(0), "x")])
    assert empty.getvalue().strip() == "x"


@pytest.mark.parametrize("words", ["one line", "two\nlines", " a\t b \r\n c ", ""])
def test_words_of_a_head_are_one_line(words: str):
    assert "\n" not in _line(words)
    assert _line(words).split() == words.split()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01T00:00:10+00:00", 10.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("", 0.0),
        ("?", 0.0),
    ],
)
def test_a_start_in_any_time_zone_is_one_instant(written: str, seconds: float):
    assert _timestamp(written) == seconds


# ------------------------------------------------------------------ round numbers


@few
@given(st.floats(1e-15, 1e12))
def test_round_numbers_are_on_their_side_close_by_and_stay_when_written(value: float):
    up, down = rounded_up(value), rounded_down(value)
    assert down <= value * (1 + 1e-8)
    assert up >= value * (1 - 1e-8)
    assert up <= 1.1 * value * (1 + 1e-8)
    assert down >= value / 1.1 * (1 - 1e-8)
    for number in (up, down):
        assert parse(show(number, "s", 9), "s") == pytest.approx(float(f"{number:.1e}"), rel=1e-6)
        assert rounded_up(number) == pytest.approx(number)
        assert rounded_down(number) == pytest.approx(number)


# ------------------------------------------------------------------ figures


@pytest.mark.parametrize("width", [200e-9, 1e-6, 7.3e-6, 40e-6, 300e-6])
@pytest.mark.parametrize("pixels", [64, 2048])
def test_a_bar_of_scale_is_as_long_as_it_says_and_fits(width: float, pixels: int):
    axes = Figure().add_subplot()
    scale_bar(axes, (pixels, pixels), width / pixels)
    (bar,), (text,) = axes.patches, axes.texts
    number, unit = text.get_text().split()
    length = float(number) * {"nm": 1e-9, "µm": 1e-6}[unit]
    assert bar.get_width() * width / pixels == pytest.approx(length)
    assert 0.08 * width < length < 0.5 * width
    assert bar.get_x() + bar.get_width() < pixels
    assert 0 < bar.get_y() < pixels


@few
@given(low=st.floats(1e-12, 1e3), span=st.floats(1.0, 1e6), which=st.sampled_from(["x", "y"]))
def test_a_logarithmic_axis_has_two_plain_numbers_at_least(low: float, span: float, which: str):
    axes = Figure().add_subplot(xscale="log", yscale="log")
    values = [low, low * span, math.nan, -1.0, 0.0, math.inf]
    nice_log_ticks(axes, which, values)
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xlim if which == "x" else axes.set_ylim)(low / 1.5, low * span * 1.5)
    if span > 2.0:
        inside = [t for t in axis.get_majorticklocs() if low / 1.5 <= t <= low * span * 1.5]
        assert len(inside) >= 2
    label = axis.get_major_formatter()(low, 0)
    assert "$" not in label
    assert float(label) == pytest.approx(low, rel=1e-5)


def test_an_axis_without_a_positive_number_is_left_as_it_is():
    axes = Figure().add_subplot(xscale="log")
    before = axes.xaxis.get_major_locator()
    nice_log_ticks(axes, "x", [0.0, -1.0, math.nan])
    assert axes.xaxis.get_major_locator() is before


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_shades_of_repeats_go_from_dark_to_light_and_differ(count: int):
    shades = [sum(to_rgb(shade)) for shade in repeats("#0072b2", count)]
    assert len(shades) == count
    assert shades == sorted(shades)
    assert len(set(shades)) == count


def test_a_text_of_a_file_is_no_mathematics():
    assert literal("$j$ & $^2$").count(r"\$") == 4
    assert literal("plain") == "plain"


@few
@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=20), st.none() | st.floats(1e-6, 1e6))
def test_colours_by_decades_are_symmetric_about_their_middle(values, middle):
    norm = norm_of_decades(np.array(values), middle)
    assert isinstance(norm, LogNorm)
    assert 0.0 < norm.vmin < norm.vmax
    if middle is not None:
        assert norm.vmin * norm.vmax == pytest.approx(middle**2, rel=1e-6)


@few
@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(-5, 5))
def test_a_symmetric_range_holds_the_range_and_its_middle_is_the_middle(low, wide, middle):
    made = symmetric(Normalize(low, low + wide), middle)
    assert made.vmin <= min(low, middle) + 1e-12
    assert made.vmax >= max(low + wide, middle) - 1e-12
    assert made.vmin + made.vmax == pytest.approx(2 * middle, abs=1e-9)
    plain = norm_of(np.array([low, low + wide]))
    assert plain.vmin < plain.vmax


@pytest.mark.parametrize(
    ("reference", "metal"),
    [
        ("Li/Li+", "Li"), ("Ag/Ag+", "Ag"), ("Zn/Zn2+", "Zn"), (" Cu / Cu2+ ", "Cu"),
        ("Fc/Fc+", ""),
        ("Ag/AgCl", ""), ("SHE", ""), ("Li/Na+", ""), ("", ""), ("Li/Li", ""),
    ],
)  # fmt: skip
def test_a_reference_is_a_metal_only_with_its_own_ion(reference: str, metal: str):
    assert metal_of(reference) == metal


@pytest.mark.parametrize(
    ("plain", "raised"),
    [
        ("Li/Li+", "Li/Li$^{+}$"), ("Zn/Zn2+", "Zn/Zn$^{2+}$"), ("Ag/AgCl", "Ag/AgCl"),
        ("pH-dependent", "pH-dependent"), ("", ""),
    ],
)  # fmt: skip
def test_charges_are_raised_and_hyphens_are_not(plain: str, raised: str):
    assert superscripted(plain) == raised


# ------------------------------------------------------------------ curves


def curve(
    rows: int = 2_000, end: float = 10.0, turn: float = math.nan, shift: float = 0.0
) -> Curve:
    t = np.linspace(end / rows, end, rows)
    e = shift + 0.01 * (t - (turn if math.isfinite(turn) else 0.0)) ** 2
    return Curve(t, 2.0 * t, e, turn, shift if math.isfinite(turn) else math.nan)


@pytest.mark.parametrize("rows", [3, POINTS, POINTS + 1, 50_000])
def test_a_thinned_curve_keeps_its_ends_its_order_and_few_enough_rows(rows: int):
    whole = curve(rows)
    drawn = thinned(whole)
    assert drawn.t.size <= max(rows if rows <= POINTS else 0, 2 * POINTS + 1)
    assert (drawn.t[0], drawn.t[-1]) == (whole.t[0], whole.t[-1])
    assert (np.diff(drawn.t) > 0).all()
    assert drawn.q == pytest.approx(2.0 * drawn.t)
    assert drawn.end == whole.end


def test_the_mean_of_alike_repeats_is_each_of_them():
    made = band([curve(turn=4.0) for _ in range(4)])
    assert made is not None
    assert made.n == 4
    assert made.aligned
    inside = (made.t > 0.5) & (made.t < 9.5)
    assert made.mean[inside] == pytest.approx(0.01 * (made.t[inside] - 4.0) ** 2, abs=2e-3)
    assert np.nanmax(made.sd[inside]) < 2e-3


def test_minima_at_different_times_are_put_on_one_another():
    made = band([curve(turn=turn) for turn in (3.5, 4.0, 4.5)])
    assert made is not None
    assert float(np.nanmin(made.mean)) == pytest.approx(0.0, abs=1e-3)
    never = band([replace(curve(turn=turn), t_turn=math.nan) for turn in (3.5, 4.0, 4.5)])
    assert never is not None
    assert not never.aligned


def test_repeats_that_ended_early_do_not_count_and_of_none_there_is_no_mean():
    made = band([curve(), curve(), curve(end=2.0, shift=100.0)])
    assert made is not None
    assert made.n == 2
    assert float(np.nanmax(made.mean)) < 2.0
    assert band([]) is None
