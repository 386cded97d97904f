"""Symbols and units of the window are those of the figures."""

from __future__ import annotations

import re

import pytest
from pytestqt.qtbot import QtBot

from seccm.analysis import scales
from seccm.program.yielded import results
from ui.models.palette import DARK
from ui.models.showing import Customary, Prefix, beginning, html, plain
from ui.plots import Plot

SYMBOLS = sorted({result.symbol for result in results().values() if result.symbol})
UNITS = sorted({result.unit for result in results().values()})


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_no_sign_of_mathtext_is_left_in_a_symbol(symbol: str):
    shown = html(symbol)
    assert not set(shown) & set("$^_{}\\"), shown
    for tag in ("i", "sub", "sup"):
        assert shown.count(f"<{tag}>") == shown.count(f"</{tag}>")


@pytest.mark.parametrize(
    ("mathtext", "expected"),
    [
        (r"$E_\mathrm{p}^\mathrm{free}$", "<i>E</i><sub>p</sub><sup>free</sup>"),
        (r"$i_\mathrm{T}/i_\mathrm{T,far}$", "<i>i</i><sub>T</sub>/<i>i</i><sub>T,far</sub>"),
        ("$k^0/m$", "<i>k</i><sup>0</sup>/<i>m</i>"),
        ("$D/R^2$", "<i>D</i>/<i>R</i><sup>2</sup>"),
        (r"$|Q_\mathrm{c}|$, last cycle", "|<i>Q</i><sub>c</sub>|, last cycle"),
        (r"$\Delta E_\mathrm{p}$", "Δ<i>E</i><sub>p</sub>"),
        ("$|E_{3/4}-E_{1/4}|$", "|<i>E</i><sub>3/4</sub>−<i>E</i><sub>1/4</sub>|"),
        ("$x_ab$", "<i>x</i><sub><i>a</i></sub><i>b</i>"),
        ("collection", "collection"),
    ],
)
def test_what_is_raised_and_lowered_in_a_figure_is_so_in_the_window(mathtext: str, expected: str):
    assert html(mathtext) == expected


@pytest.mark.parametrize("unit", UNITS)
def test_no_sign_of_mathtext_is_left_in_a_unit(unit: str):
    shown = plain(scales.feature_scale(unit, [1.0]).unit)
    assert not set(shown) & set("$_{}\\"), shown
    of_axis = beginning(unit, log=False).unit(unit)
    assert not re.search(r"[$\\{}]|\^\d", of_axis), of_axis


@pytest.mark.parametrize(
    ("unit", "factor", "words"),
    [
        ("A/m^2", 0.1, "mA cm<sup>−2</sup>"),
        ("rad", 57.29577951308232, "deg"),
        ("(V/s)^0.5", 1.0, "V<sup>1/2</sup> s<sup>−1/2</sup>"),
        ("C/m^2", 1e2 / 3600, "µAh cm<sup>−2</sup>"),
    ],
)
def test_an_axis_has_the_unit_of_the_figures_and_its_numbers(
    qtbot: QtBot, unit: str, factor: float, words: str
):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.left.name("x", unit)
    plot.left.fit(2.5e4)
    assert plot.left.scale == pytest.approx(factor)
    assert words in plot.left.labelText
    plot.left.name("x", "A")
    plot.left.fit(2e-9)
    assert plot.left.scale == pytest.approx(1e9)
    assert "nA" in plot.left.labelText


@pytest.mark.parametrize("unit", ["V", "A", "s", "1", "m", "Hz", "ohm"])
def test_units_that_take_a_prefix_keep_it(unit: str):
    assert beginning(unit, log=False) == Prefix()


def test_numbers_of_a_logarithmic_axis_are_written_in_full():
    assert beginning("A/m^2", log=True) == Prefix()
    assert isinstance(beginning("A/m^2", log=False), Customary)
