"""Where a plan goes, on the stage: all its sites, however many, and drawn again only if changed."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ui.models.colours import condition_colours
from ui.models.draft import Draft
from ui.models.footprints import HOPS, MOST, Footprints
from ui.models.outlook import Outlook, outlook
from ui.models.palette import DARK
from ui.path_plot import PathPlot


def seen(side: int, pitch: str = "900 nm") -> Outlook:
    """Return what is to be expected of a square of small footprints."""
    draft = Draft.open("li-on-au-combinatorial")
    draft.set(("sites", "columns"), side)
    draft.set(("sites", "rows"), side)
    draft.set(("sites", "leave_out"), None)
    draft.set(("sites", "pitch"), pitch)
    draft.set(("sites", "origin"), ["5 um", "5 um"])
    draft.set(("probe", "footprint", "area"), "0.02 um^2")
    return outlook(draft.plan(), "virtual", None, busy=True)


@pytest.mark.parametrize(("side", "pitch"), [(21, "900 nm"), (60, "900 nm"), (110, "500 nm")])
def test_every_site_is_in_the_picture_in_the_colour_of_its_condition(side: int, pitch: str):
    places = seen(side, pitch).places
    picture = places.picture
    assert places.x.size == side**2 > MOST
    assert picture is not None
    column = ((places.x - picture.left) / picture.pixel).astype(int)
    row = ((places.y - picture.bottom) / picture.pixel).astype(int)
    pixels = picture.coloured(condition_colours(places.conditions, DARK))
    np.testing.assert_array_equal(
        pixels[row, column], condition_colours(places.conditions, DARK)[places.condition]
    )


def test_a_footprint_far_smaller_than_the_stage_is_seen_and_touches_no_other(qtbot: QtBot):
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    found = seen(8, "6 um")
    plot.show_plan(found)
    assert found.places.pitch == pytest.approx(6e-6)
    size = float(plot._sites.opts["size"])
    across = plot.viewRange()[0]
    assert size >= 0.01 * min(across[1] - across[0], 100e-6)
    assert size <= 0.8 * found.places.pitch
    large = seen(8, "6 um").places
    assert size > 2.0 * large.diameter


def test_footprints_in_the_picture_are_as_large_as_they_are():
    places = seen(25, "200 nm").places
    assert places.picture is not None
    covered = (places.picture.condition >= 0).sum() * places.picture.pixel**2
    assert covered == pytest.approx(25**2 * np.pi * places.diameter**2 / 4, rel=0.05)


def test_what_is_not_drawn_is_said():
    few, many = seen(60).places, seen(110, "500 nm").places
    assert few.x.size <= HOPS < many.x.size
    assert "only" not in few.words
    assert f"only the first {HOPS:,} of {110**2 - 1:,} hops".replace(",", " ") in many.words


def test_a_plan_is_drawn_anew_only_if_its_sites_changed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    drawn: list[Footprints] = []
    monkeypatch.setattr(plot, "_draw", drawn.append)
    for side in (8, 8, 9, 9, 8):
        plot.show_plan(seen(side))
    assert [places.x.size for places in drawn] == [64, 81, 64]


def test_few_sites_are_circles_and_many_are_one_picture(qtbot: QtBot):
    plot = PathPlot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.show_plan(seen(8))
    assert len(plot._sites.data) == 64
    assert not plot._picture.isVisible()
    plot.show_plan(seen(110, "500 nm"))
    assert len(plot._sites.data) == 0
    assert plot._picture.isVisible()
    assert len(plot._path.xData) == HOPS + 1
