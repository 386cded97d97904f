"""Limits of a map's colours: what is typed is meant as it is shown, and what is wrong is said."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_views import map_view
from planned_maps import map_of
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from small_plan import grid, small

from seccm.events import Outcome
from seccm.results.result import signed
from ui.map import MapView
from ui.models.colours import shown
from ui.models.limits import Limits, Range, read, written
from ui.models.palette import DARK, Sizes
from ui.models.quantity import Quantity, Z
from ui.models.showing import Showing
from ui.models.site_map import SiteMap
from ui.number_pad import GLOVES, NumberPad

CHARGES = -1e-12 * np.arange(1.0, 13.0)


def a_map() -> SiteMap:
    sites = map_of(small(sites=grid(columns=4, rows=3)))
    sites.outcome[:] = Outcome.OK
    charge = signed("Q", "C", "charge", "Q")
    sites.add(Quantity("Q", "C", "charge", CHARGES.copy(), result=charge))
    sites.add(Quantity("E_nuc", "V", "nucleation", -0.1 - 0.01 * np.arange(12)))
    sites.quantities[Z].values[:] = 5e-5 + 1e-8 * np.arange(12)
    return sites


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    made = map_view(qtbot, 700, 800, Showing("Li/Li+"))
    made.follow(a_map())
    made.choose("Q")
    return made


def limit(view: MapView, low: str | None = None, high: str | None = None) -> None:
    """Type limits, as with the keyboard."""
    for field, text in ((view.controls.low, low), (view.controls.high, high)):
        if text is not None:
            field.setText(text)
            field.editingFinished.emit()


def scale(view: MapView) -> tuple[float, float]:
    """Return what the colour bar reaches from and to."""
    place = view.bar._image.mapRectToParent(view.bar._image.boundingRect())
    return place.top(), place.bottom()


def wrong(view: MapView) -> list[bool]:
    return [bool(field.property("wrong")) for field in (view.controls.low, view.controls.high)]


# What is typed


@pytest.mark.parametrize(
    ("low", "high"), [("-8", "-2"), ("-8 pC", "-0.002 nC"), ("−8 pC", "-2e3 fC")]
)
def test_limits_are_in_the_unit_of_the_scale_or_in_one_of_their_own(
    view: MapView, low: str, high: str
):
    limit(view, low, high)
    assert scale(view) == pytest.approx((-8.0, -2.0))
    assert wrong(view) == [False, False]
    assert view.controls.low.text() == "-8 pC", "and are then written with their unit"


@pytest.mark.parametrize("text", ["abc", "5 V", "5 pc", "nan", "1e999", "pC", "3 4"])
def test_what_is_no_limit_is_marked_and_said_and_changes_nothing(view: MapView, text: str):
    limit(view, "-8", "-2")
    limit(view, high=text)
    assert wrong(view) == [False, True]
    assert view.tell.text().strip()
    assert view.controls.high.toolTip() == view.tell.text()
    assert view.controls.high.text() == text, "it stays, to be mended"
    assert scale(view) == pytest.approx((-8.0, -2.0))
    limit(view, high="-3")
    assert wrong(view) == [False, False]
    assert scale(view) == pytest.approx((-8.0, -3.0))


def test_limits_the_wrong_way_round_are_refused_in_words(view: MapView):
    limit(view, "-2", "-8")
    assert wrong(view) == [True, True]
    assert "-2 pC, is not below the upper one, -8 pC" in view.tell.text()
    limit(view, low="-9")
    assert wrong(view) == [False, False]
    assert scale(view) == pytest.approx((-9.0, -8.0))


def test_one_side_may_stay_open(view: MapView):
    auto = scale(view)
    limit(view, low="-8")
    assert scale(view) == pytest.approx((-8.0, auto[1]))
    limit(view, low="", high="-2")
    assert scale(view) == pytest.approx((auto[0], -2.0))
    limit(view, high="")
    assert scale(view) == pytest.approx(auto)


@given(
    st.lists(st.floats(-1e3, 1e3), max_size=40),
    st.one_of(st.none(), st.floats(-1e4, 1e4)),
    st.one_of(st.none(), st.floats(-1e4, 1e4)),
)
def test_the_scale_has_always_a_lower_end_below_its_upper_and_keeps_what_was_typed(
    values: list[float], low: float | None, high: float | None
):
    if low is not None and high is not None and low >= high:
        low = None
    span = Range.of(np.array(values), (low, high))
    assert span.low < span.high
    assert low in (None, span.low)
    assert high in (None, span.high)
    assert span.below <= sum(v < span.low for v in values)
    assert span.above <= sum(v > span.high for v in values)


@given(st.floats(-1e-9, 1e-9), st.floats(1e-15, 1e-9), st.booleans(), st.booleans())
def test_limits_are_kept_in_si_and_come_back_in_any_convention(
    low: float, width: float, was: bool, becomes: bool
):
    sites = a_map()
    before, after = (
        shown(sites, "Q", Showing("Li/Li+", polarographic=turned)) for turned in (was, becomes)
    )
    typed = (low * 1e12, (low + width) * 1e12)
    seen = Limits.typed(*typed, before).seen(after)
    expected = typed if was == becomes else (-typed[1], -typed[0])
    assert seen == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_limit_of_a_potential_is_against_the_reference_that_is_shown():
    sites = a_map()
    she = shown(sites, "E_nuc", Showing("Li/Li+", other="SHE", shift=-3.04))
    kept = Limits.typed(read("-3.2 V", she, "V"), None, she)
    assert kept.low == pytest.approx(-0.16)
    assert written(kept.seen(shown(sites, "E_nuc", Showing("Li/Li+")))[0], she) == "-160 mV"


# What becomes of them


def test_each_quantity_has_its_own_and_another_scan_none(view: MapView):
    limit(view, "-8", "-2")
    view.choose("E_nuc")
    assert (view.controls.low.text(), view.controls.high.text()) == ("", "")
    assert scale(view)[1] > -150.0
    limit(view, low="-0.2 V")
    view.choose("Q")
    assert (view.controls.low.text(), view.controls.high.text()) == ("-8 pC", "-2 pC")
    assert scale(view) == pytest.approx((-8.0, -2.0))
    view.follow(a_map())
    for name in ("Q", "E_nuc", Z):
        view.choose(name)
        assert (view.controls.low.text(), view.controls.high.text()) == ("", "")


def test_turning_the_signs_turns_the_limits_and_no_colour_changes_its_site(view: MapView):
    limit(view, "-8", "-2")
    view.show_as(Showing("Li/Li+", polarographic=True), 0.0)
    assert scale(view) == pytest.approx((2.0, 8.0))
    assert (view.controls.low.text(), view.controls.high.text()) == ("2 pC", "8 pC")
    assert "4 above and 1 below" in view.legend.text()


def test_a_limit_that_is_being_typed_is_not_taken_away_by_a_site_that_ends(view: MapView):
    view.controls.high.setText("-1.")
    assert view._sites is not None
    view._sites.version += 1
    view.draw()
    assert view.controls.high.text() == "-1."
    view.controls.high.setText("-1.5")
    view.controls.high.editingFinished.emit()
    assert scale(view)[1] == pytest.approx(-1.5)


def test_leaving_a_field_does_not_round_what_was_typed(view: MapView):
    limit(view, low="-8.123456789")
    exact = view.controls.limits.of("Q").low
    view.controls.low.editingFinished.emit()
    limit(view, high="-2")
    assert view.controls.limits.of("Q").low == exact == pytest.approx(-8.123456789e-12, rel=1e-12)


# What lies beyond


def test_ends_of_the_scale_beyond_which_there_are_values_are_pointed_and_counted(view: MapView):
    below, above = view.bar._ends
    assert not below.isVisible()
    assert not above.isVisible()
    assert "colour scale" not in view.legend.text()
    limit(view, low="-8")
    assert below.isVisible()
    assert not above.isVisible()
    assert "4 below the colour scale" in view.legend.text()
    assert below.brush().color().getRgb() == tuple(view._lut()[0].tolist())
    limit(view, high="-2")
    assert above.isVisible()
    assert "1 above and 4 below" in view.legend.text()


def test_a_new_unit_of_the_scale_is_highlighted(view: MapView):
    assert view._sites is not None
    calm = view.bar.axis._calm
    assert not calm.isActive()
    view._sites.quantities["Q"].values[:] *= 1e5
    view._sites.version += 1
    view.draw()
    assert "nC" in view.bar.axis.labelText or "µC" in view.bar.axis.labelText
    assert calm.isActive()


def test_touching_the_scale_with_a_glove_brings_the_pad_with_its_units(view: MapView, qtbot: QtBot):
    app = QApplication.instance()
    assert app is not None
    view.dress(DARK, Sizes.of(96.0, glove=True, scale=1.0))
    assert not view.controls.low.isVisible()
    app.setProperty(GLOVES, True)
    try:
        view._touch_limit("high")
        (pad,) = view.findChildren(NumberPad)
        assert {"pC", "nC"} <= pad.keys.keys()
        for key in ("±", "2", "pC", "OK"):
            pad.keys[key].click()
        assert scale(view)[1] == pytest.approx(-2.0)
    finally:
        app.setProperty(GLOVES, False)
