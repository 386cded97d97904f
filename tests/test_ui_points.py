"""Scans over very many points that form no grid: drawn as one picture, each where it is."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_views import map_view
from planned_maps import map_of
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot
from small_plan import small

from seccm.events import Outcome
from ui.map import MapView
from ui.map_plot import ROUND
from ui.models.colours import outcome_colours
from ui.models.palette import DARK
from ui.models.raster import Raster

UM = 1e-6


def scattered(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return places at least half a cell of a coarse grid apart, in any order."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(count**0.5))
    cell = rng.permutation(side * side)[:count]
    x, y = cell % side + 0.25 * rng.random(count), cell // side + 0.25 * rng.random(count)
    return x * UM, y * UM


def pixel(raster: Raster, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = raster.owner.shape
    row = np.floor((y - raster.y) / raster.height * rows).astype(int)
    column = np.floor((x - raster.x) / raster.width * columns).astype(int)
    return row, column


@given(st.integers(1, 4000), st.floats(0.01, 0.7), st.booleans())
def test_every_site_is_seen_where_it_is_and_in_its_colour(count: int, size: float, disc: bool):
    x, y = scattered(count)
    raster = Raster.of(x, y, size * UM, disc=disc)
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (count, 4)).astype(np.uint8)
    shown = raster.picture(colours)[pixel(raster, x, y)]
    np.testing.assert_array_equal(shown, colours)


@pytest.mark.parametrize(("disc", "share"), [(True, np.pi / 4), (False, 1.0)])
def test_a_site_covers_its_footprint_and_nothing_between_is_coloured(disc: bool, share: float):
    x, y = (axis.ravel() * UM for axis in np.meshgrid(np.arange(8.0), np.arange(5.0)))
    raster = Raster.of(x, y, 0.5 * UM, disc=disc)
    covered = (raster.owner >= 0).sum() * (raster.width * raster.height) / raster.owner.size
    assert covered == pytest.approx(x.size * share * (0.5 * UM) ** 2, rel=0.2)
    assert raster.picture(np.full((x.size, 4), 255, np.uint8))[raster.owner < 0].max() == 0


def test_the_picture_is_no_larger_than_a_screen_however_far_the_sites_lie_apart():
    x, y = scattered(100)
    assert max(Raster.of(x * 1000, y, 0.1 * UM, disc=True).owner.shape) <= 1024
    one = Raster.of(x[:1], y[:1], 0.1 * UM, disc=True)
    assert (one.owner >= 0).any()


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    return map_view(qtbot, 500, 700)


@pytest.mark.parametrize("count", [30, ROUND + 1])
def test_a_scan_over_points_shows_what_became_of_each(view: MapView, count: int):
    x, y = scattered(count)
    points = [[f"{a / UM:.3f} um", f"{b / UM:.3f} um"] for a, b in zip(x, y, strict=True)]
    plan = small(sites={"kind": "points", "points": points, "allow_overlap": True})
    sites = map_of(plan)
    view.follow(sites)
    view.choose("outcome")
    sites.outcome[5] = Outcome.OK
    sites.version += 1
    view.draw()
    picture = view.plot.grab().toImage()
    place = view.plot.plotItem.vb.mapViewToScene(QPointF(sites.x[5], sites.y[5]))
    # A site may be a pixel or two wide; no other has its colour.
    near = range(-2, 3)
    colours = {
        picture.pixelColor(round(place.x()) + i, round(place.y()) + j).getRgb()
        for i in near for j in near
    }  # fmt: skip
    assert tuple(outcome_colours(DARK)[Outcome.OK].tolist()) in colours
