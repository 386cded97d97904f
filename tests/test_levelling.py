"""Levelled heights: edges and particles tilt nothing, and rows are put on one another."""

from __future__ import annotations

import numpy as np
import pytest

from seccm.analysis.heights import heights_of
from seccm.analysis.levelling import level_terraces, line_by_line
from seccm.analysis.topography import level
from seccm.arrays import FloatArray, IntArray
from seccm.results import Status

TILT = (1e-3, -5e-4)
PITCH = 0.5e-6


def grid(columns: int = 16, rows: int = 12) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    iy, ix = np.divmod(np.arange(columns * rows), columns)
    return ix, iy, ix * PITCH, iy * PITCH


def surface(x: FloatArray, y: FloatArray, seed: int, noise: float = 0.6e-9) -> FloatArray:
    """A tilted plane with an edge of 200 nm, a ball, and noise."""
    rng = np.random.default_rng(seed)
    z = 50e-6 + TILT[0] * x + TILT[1] * y + noise * rng.standard_normal(x.size)
    z = z + 200e-9 * (x >= 3.9e-6)
    z[np.hypot(x - 2e-6, y - 2e-6) < 0.1e-6] += 600e-9
    return z


@pytest.mark.parametrize("seed", range(6))
def test_an_edge_and_a_ball_do_not_tilt_the_plane(seed: int) -> None:
    """The planted slopes within 1e-4, the edge within 1 %; a plain plane fails by far."""
    _, _, x, y = grid()
    z = surface(x, y, seed)
    found = level_terraces(x, y, z)
    assert abs(found.tilt_x.value - TILT[0]) < 1e-4
    assert abs(found.tilt_y.value - TILT[1]) < 1e-4
    for slope, true in ((found.tilt_x, TILT[0]), (found.tilt_y, TILT[1])):
        assert abs(slope.value - true) < 3.5 * slope.error < 3e-4
    assert found.terraces == 2
    assert found.scatter == pytest.approx(0.6e-9, rel=0.2)
    assert np.flatnonzero(found.outlier).tolist() == np.flatnonzero(z > 50.5e-6).tolist()
    high, low = (found.residual[side] for side in (x >= 3.9e-6, x < 3.9e-6))
    assert np.median(high) - np.median(low) == pytest.approx(200e-9, rel=0.01)
    assert abs(level(x, y, z).tilt_x.value - TILT[0]) > 1e-2


def test_drift_is_told_apart_where_the_order_allows_it() -> None:
    rng = np.random.default_rng(1)
    _, _, x, y = grid()
    t = rng.permutation(x.size).astype(float)
    z = surface(x, y, 1) + 0.1e-9 * t
    found = level_terraces(x, y, z, t)
    assert found.status is Status.OK
    assert found.drift.value == pytest.approx(0.1e-9, rel=0.05)
    assert abs(found.tilt_x.value - TILT[0]) < 1e-4
    raster = level_terraces(x, y, z, np.arange(x.size, dtype=float))
    assert raster.status is Status.DRIFT_CONFOUNDED


def test_a_perfect_plane_and_too_few_sites() -> None:
    _, _, x, y = grid(4, 4)
    found = level_terraces(x, y, 1e-3 * x - 2e-3 * y)
    assert found.tilt_x.value == pytest.approx(1e-3)
    assert found.tilt_y.value == pytest.approx(-2e-3)
    assert not found.outlier.any()
    assert level_terraces(x[:3], y[:3], x[:3]).status is Status.TOO_FEW
    nothing = level_terraces(x, y, np.full(16, np.nan))
    assert np.isnan(nothing.residual).all()


def test_sites_upon_one_another_say_nothing_of_a_slope() -> None:
    """Places that were visited again and again, alone or beside a few others."""
    z = 1e-9 * np.arange(20.0)
    same = level_terraces(np.zeros(20), np.zeros(20), z)
    assert same.tilt_x.status is Status.UNDEFINED
    twice = np.repeat(PITCH * np.arange(10.0), 2)
    assert np.isfinite(level_terraces(twice, np.zeros(20), z).residual).all()


def test_a_line_of_sites_has_a_slope_along_it() -> None:
    x = PITCH * np.arange(20)
    found = level_terraces(x, np.zeros(20), 2e-3 * x)
    assert found.tilt_x.value == pytest.approx(2e-3)
    assert found.tilt_y.status is Status.UNDEFINED


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_jumped_are_put_on_one_another(seed: int) -> None:
    """Steps of the instrument from row to row vanish; the edge and the ball stay."""
    rng = np.random.default_rng(seed)
    ix, iy, x, y = grid()
    flat = surface(x, y, seed) - TILT[0] * x - TILT[1] * y
    found = line_by_line(flat + (50e-9 * rng.standard_normal(12))[iy], ix, iy)
    np.testing.assert_allclose(found, flat - np.median(flat), atol=110e-9)
    assert np.std((found - flat).reshape(12, 16).mean(axis=1)) < 2e-9
    high, low = (np.median(found[side]) for side in (x >= 3.9e-6, x < 3.9e-6))
    assert high - low == pytest.approx(200e-9, rel=0.01)


def test_the_order_of_the_visits_and_holes_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    ix, iy, x, y = grid()
    z = surface(x, y, 5)
    z[rng.integers(0, z.size, 20)] = np.nan
    order = rng.permutation(z.size)
    np.testing.assert_array_equal(
        line_by_line(z[order], ix[order], iy[order]), line_by_line(z, ix, iy)[order]
    )
    assert np.isnan(line_by_line(z, ix, iy)[np.isnan(z)]).all()


def test_a_row_that_nothing_joins_has_no_height() -> None:
    ix, iy, _, _ = grid(4, 3)
    z = np.ones(12)
    z[4:7] = np.nan  # one site is left beside the first row
    found = line_by_line(z, ix, iy)
    assert np.isnan(found[4:8]).all()
    assert np.isfinite(found[8:]).all()
    assert np.isnan(line_by_line(np.full(12, np.nan), ix, iy)).all()


def test_heights_are_of_the_most_telling_column_without_doubtful_ones() -> None:
    ix, iy, x, y = grid()
    z = surface(x, y, 2)
    doubted = np.zeros(z.size, np.uint8)
    doubted[7] = int(Status.CHANGED)
    columns = {
        "ix": ix, "iy": iy, "z_contact": z + 1e-7, "z_surface": z, "z_surface_status": doubted
    }  # fmt: skip
    found = heights_of(columns, x, y)
    assert found.source is not None
    assert found.source.name == "z_surface"
    assert np.isnan(found.z[7])
    assert np.isfinite(np.delete(found.z, 7)).all()
    assert found.plane is not None
    assert np.isnan(found.plane.residual[7])
    assert np.isfinite(found.lines).sum() == z.size - 1
    plain = heights_of({"z_contact": z, "z_set": np.full(z.size, np.nan)}, x, y)
    assert plain.source is None
    assert np.isnan(plain.lines).all()


def test_a_few_heights_have_no_plane() -> None:
    found = heights_of({"z_contact": np.zeros(5)}, np.arange(5.0), np.zeros(5))
    assert found.plane is None
    assert np.isnan(found.lines).all()
