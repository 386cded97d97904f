"""Files and plans of one site, of none finished, of sites at one place or in a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from ui_windows import LONG, begin, ended, small_plan, window

from seccm.events import Outcome
from ui.map import MapView
from ui.models.draft import Draft
from ui.models.frames import frame_of
from ui.models.histogram import histogram
from ui.models.palette import DARK, Sizes
from ui.models.quantity import Quantity, Z
from ui.models.site_map import SiteMap

COORDINATE = st.floats(min_value=-1e-3, max_value=1e-3) | st.just(float("nan"))
LAYOUTS = {
    "one": [(0.0, 0.0)],
    "one far off": [(0.08, -0.03)],
    "one place": [(1e-5, 1e-5)] * 5,
    "a column": [(1e-5, k * 4e-6) for k in range(6)],
    "a line": [(k * 4e-6, k * 4e-6) for k in range(6)],
    "nowhere": [(float("nan"), float("nan"))],
    "one nowhere": [(float("nan"), 0.0), (1e-6, 2e-6), (3e-6, 2e-6)],
}


def of_places(places: list[tuple[float, float]], grid: bool = False) -> SiteMap:
    at = np.array(places, float).reshape(-1, 2)
    index = np.arange(len(at)) if grid else np.full(len(at), -1)
    made = SiteMap(
        at[:, 0], at[:, 1], index, np.zeros_like(index) if grid else index,
        np.zeros(len(at), int), ["all sites"],
    )  # fmt: skip
    made.add(Quantity(Z, "m", "height", np.full(len(at), np.nan)))
    made.add(Quantity("i_lim", "A", "limiting current", np.full(len(at), 1e-9)))
    return made


@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=30), st.booleans())
def test_neighbours_are_some_distance_apart_wherever_sites_lie(
    places: list[tuple[float, float]], grid: bool
):
    assert of_places(places, grid).pitch > 0.0


@pytest.mark.parametrize("outcome", [Outcome.PLANNED, Outcome.RUNNING, Outcome.OK])
@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("places", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_map_of_few_sites_is_drawn_with_every_site_in_view(
    qtbot: QtBot, places: list[tuple[float, float]], grid: bool, outcome: Outcome
):
    sites = of_places(places, grid)
    sites.outcome[:] = outcome
    view = MapView()
    qtbot.addWidget(view)
    view.resize(500, 500)
    view.dress(DARK, Sizes.of(96.0, glove=False))
    view.show()
    view.follow(sites)
    for name in sites.names:
        view.choose(name)
    (left, right), (low, high) = view.plot.plotItem.vb.viewRange()
    assert right > left
    assert high > low
    x, y = sites.x[sites.placed], sites.y[sites.placed]
    assert ((x > left) & (x < right) & (y > low) & (y < high)).all()
    view.pick(0, False)
    view.shut()


@pytest.mark.parametrize("columns", [1, 2])
def test_a_scan_of_few_sites_is_opened_as_any_other(qtbot: QtBot, tmp_path: Path, columns: int):
    data, plan = tmp_path / "scan.h5", small_plan(tmp_path, columns=columns, rows=1)
    draft = Draft.open(plan)
    draft.set(("factors", "j"), ["-1 mA/cm^2"])
    draft.save(plan)
    with window(qtbot, tmp_path) as w:
        begin(qtbot, w, plan, data)
        qtbot.waitUntil(lambda: ended(w), timeout=LONG)
        w.open_file(data)
        view = w.browse.files[0].map
        qtbot.waitUntil(lambda: view._sites is not None and view._sites.diameter > 0, timeout=LONG)
        for name in ("E_nuc", "contact z", "outcome", "condition"):
            view.choose(name)
        view.pick(0, False)
        qtbot.waitUntil(lambda: "reading" not in view.panel.words.text(), timeout=LONG)


@settings(max_examples=200)
@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=100))
def test_every_value_is_in_the_histogram(values: list[float]):
    edges, heights = histogram(np.array(values))
    assert heights.sum() == len(values)
    assert (np.diff(edges) > 0).all()
    assert edges[0] <= min(values)
    assert edges[-1] >= max(values)


@given(
    st.lists(st.floats(min_value=-1.0, max_value=1.0) | st.just(float("nan")), min_size=2,
             max_size=50)
)  # fmt: skip
def test_a_curve_with_gaps_has_a_frame_that_can_be_drawn(values: list[float]):
    t = np.arange(float(len(values)))
    frame = frame_of(t, np.array(values), t)
    if frame is not None:
        assert np.isfinite([*frame.x, *frame.y]).all()
        assert frame.y[1] > frame.y[0]


def test_a_turned_grid_is_not_drawn_as_rows_along_x_but_a_shifted_site_leaves_it_one():
    """A picture of columns and rows would put every site of a turned grid at a wrong place."""
    iy, ix = np.divmod(np.arange(12), 4)
    x, y = 6.5e-6 * ix, 6.5e-6 * iy

    def made(x, y):
        return SiteMap(x=x, y=y, ix=ix, iy=iy, condition=np.zeros(12, int), labels=["a"])

    assert made(x, y).is_grid
    for angle in (0.12, 0.5, np.pi / 2, -2.0):
        skew = (x + 1j * y) * np.exp(1j * angle)
        assert not made(skew.real, skew.imag).is_grid
        assert made(skew.real, skew.imag).pitch == pytest.approx(6.5e-6)
    shifted = x.copy()
    shifted[3] += 3e-6
    assert made(shifted, y).is_grid
