"""Colours by decades: when they are chosen, and what the colour bar says of them."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import numpy.typing as npt
import pytest
from map_views import map_view
from planned_maps import map_of
from pytestqt.qtbot import QtBot
from small_plan import grid, small

from seccm.events import Outcome
from ui.map import MapView
from ui.models.colours import limits_of, shown
from ui.models.decades import ColourScale, logarithmic_ends, logarithms
from ui.models.quantity import Quantity, Z
from ui.models.showing import Showing
from ui.models.site_map import CATEGORIES, SiteMap

DECADES = np.logspace(-12, -8, 12)


def a_map(values: npt.NDArray[np.float64], name: str = "i_lim", unit: str = "A") -> SiteMap:
    sites = map_of(small(sites=grid(columns=4, rows=3)))
    sites.outcome[:] = Outcome.OK
    sites.add(Quantity(name, unit, "limiting current", values))
    return sites


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    return map_view(qtbot, 700, 800, Showing("Li/Li+"))


def choose(view: MapView, scale: ColourScale) -> None:
    """Choose a scale in the menu, as a user does."""
    box = view.controls.scale
    box.setCurrentText(scale)
    box.activated.emit(box.currentIndex())


def bar(view: MapView) -> tuple[float, float]:
    """Return what the colours reach from and to, as the axis has it."""
    rect = view.bar._image.mapRectToParent(view.bar._image.boundingRect())
    return rect.top(), rect.bottom()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_automatic_goes_by_decades_where_values_of_one_sign_span_more_than_two(sign: float):
    auto = ColourScale.AUTOMATIC
    for values, decades in (
        (sign * DECADES, True),
        (np.where(np.arange(12) == 5, np.nan, sign * DECADES), True),
        (sign * np.linspace(1.0, 99.0, 12), False),
        (sign * np.linspace(1.0, 101.0, 12), True),
        (np.where(np.arange(12) % 2, DECADES, -DECADES), False),
        (np.where(np.arange(12) == 0, 0.0, sign * DECADES), False),
        (np.full(12, np.nan), False),
    ):
        seen = shown(a_map(values), "i_lim", Showing())
        assert auto.by_decades(seen) is decades
        assert not ColourScale.LINEAR.by_decades(seen)


@pytest.mark.parametrize("scale", list(ColourScale))
def test_what_has_a_chosen_zero_is_never_shown_by_decades(scale: ColourScale):
    sites = a_map(DECADES, "E_nuc", "V")
    sites.quantities[Z].values[:] = DECADES
    for name in ("E_nuc", Z, *CATEGORIES):
        assert not scale.by_decades(shown(sites, name, Showing()))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_logarithms_and_their_limits_grow_with_the_magnitude(sign: float):
    found = logarithms(sign * DECADES)
    assert np.all(np.diff(found) > 0)
    assert 10**found == pytest.approx(DECADES)
    low, high = sorted((sign * 1.0, sign * 100.0))
    assert logarithmic_ends((low, high), sign * DECADES) == (0.0, 2.0)
    assert logarithmic_ends((None, None), sign * DECADES) == (None, None)
    # Zero and the other sign have no logarithm: that side is open.
    assert logarithmic_ends((0.0, -sign), sign * DECADES) == (None, None)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_bar_of_a_map_over_decades_is_in_decades_and_names_a_magnitude(
    view: MapView, sign: float
):
    view.follow(a_map(sign * DECADES))
    view.choose("i_lim")
    low, high = bar(view)
    assert high - low == pytest.approx(4.0)
    assert ("magnitude of" in view.bar._named[0]) is (sign < 0)
    ticks = view.bar.axis._tickLevels[0]
    whole = {at: text for at, text in ticks if low - 1e-9 <= at <= high + 1e-9}
    assert all(float(text) == pytest.approx(10**at, rel=1e-6) for at, text in whole.items())
    assert len(whole) >= 12
    choose(view, ColourScale.LINEAR)
    assert view.bar.axis._tickLevels is None
    assert "magnitude" not in view.bar._named[0]
    seen = view._mapped
    assert seen is not None
    assert bar(view) == pytest.approx(limits_of(seen.values))


def test_a_logarithmic_scale_that_cannot_be_is_said(view: MapView):
    view.follow(a_map(np.where(np.arange(12) % 2, DECADES, -DECADES)))
    view.choose("i_lim")
    assert "linear:" not in view.legend.text()
    choose(view, ColourScale.LOGARITHMIC)
    assert "linear:" in view.legend.text()
    assert view.bar.axis._tickLevels is None
