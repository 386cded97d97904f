"""Uncertainties of a plane are honest where the surface is uneven and the stage wanders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seccm.analysis.levelling import level_terraces
from seccm.analysis.topography import Topography, level
from seccm.analysis.unevenness import MOST, errors
from seccm.arrays import FloatArray
from sim.config import SurfaceConfig
from sim.surface import Surface

UM = 1e-6
TILT = (1e-3, -5e-4)
GLASS = SurfaceConfig(height=0.0, tilt_x=0.0, tilt_y=0.0, roughness=0.3e-9, bumps_per_area=0.0)
"""As the glass of virtual-sicm, level and without edge and balls."""


def grid(columns: int, rows: int, pitch: float) -> tuple[FloatArray, FloatArray]:
    iy, ix = np.divmod(np.arange(columns * rows), columns)
    return 45 * UM + ix * pitch, 46 * UM + iy * pitch


def glass(x: FloatArray, y: FloatArray, seed: int, noise: float = 0.3e-9) -> FloatArray:
    """Heights of uneven glass, as they are measured."""
    z = Surface(GLASS, 100 * UM, seed).height(x, y)
    return z + TILT[0] * x + TILT[1] * y + noise * np.random.default_rng(seed).normal(size=x.size)


def pulls(found: list[Topography]) -> FloatArray:
    """How far slopes are off, in units of what they say themselves; shape (scans, 2)."""
    slopes = [(f.tilt_x.value, f.tilt_y.value, f.tilt_x.error, f.tilt_y.error) for f in found]
    values = np.array(slopes)
    return np.asarray((values[:, :2] - TILT) / values[:, 2:])


@pytest.mark.parametrize("fit", [level, level_terraces])
def test_the_planted_tilt_is_within_what_is_stated(fit: Callable[..., Topography]) -> None:
    """At two uncertainties in 94 of 100 or more; as if sites were independent, by far not."""
    x, y = grid(9, 7, 0.5 * UM)
    worlds = [glass(x, y, seed) for seed in range(30)]
    off = np.abs(pulls([fit(x, y, z) for z in worlds]))
    assert np.mean(off < 2.0) >= 0.94
    assert np.mean(off < 1.0) >= 0.68
    alone = np.abs(pulls([fit(x, y, z, quick=True) for z in worlds]))
    assert np.mean(alone < 2.0) < 0.85


def test_a_stage_that_wanders_makes_the_drift_uncertain() -> None:
    """A random walk of 0.1 nm in a second, visits at random."""
    x, y = grid(8, 8, 11 * UM)
    off, alone = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        t = rng.permutation(x.size).astype(float)
        walk = np.cumsum(rng.normal(scale=0.1e-9, size=x.size))[t.astype(int)]
        z = walk + 0.2e-9 * rng.normal(size=x.size)
        found, quick = level(x, y, z, t), level(x, y, z, t, quick=True)
        off.append(abs(found.drift.value) / found.drift.error)
        alone.append(abs(quick.drift.value) / quick.drift.error)
        np.testing.assert_array_equal(found.residual, quick.residual)
    assert np.mean(np.array(off) < 2.0) >= 0.9
    assert np.mean(np.array(alone) < 2.0) < 0.6


def test_independent_sites_cost_little() -> None:
    """On a surface without unevenness the errors are a little larger, and never smaller."""
    x, y = grid(8, 8, UM)
    ratios = []
    for seed in range(30):
        z = 1e-9 * np.random.default_rng(seed).normal(size=x.size)
        careful, quick = level(x, y, z), level(x, y, z, quick=True)
        ratios.append(careful.tilt_x.error / quick.tilt_x.error)
    assert min(ratios) >= 1.0
    assert np.median(ratios) < 2.5


def setting(seed: int = 3) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    x, y = grid(8, 7, UM)
    t = np.random.default_rng(seed).permutation(x.size).astype(float)
    design = np.column_stack([np.ones(x.size), (x - x.mean()) / UM, (y - y.mean()) / UM])
    z = glass(x, y, seed)
    left = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    return design, left, np.column_stack([x, y]), t


def test_units_order_and_direction_do_not_matter() -> None:
    design, left, places, t = setting()
    found = errors(design, left, places, t)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(errors(design, 1e3 * left, places, t), 1e3 * found, rtol=1e-6)
    np.testing.assert_allclose(errors(design, left, 1e6 * places, 60.0 * t), found, rtol=1e-6)
    order = np.random.default_rng(0).permutation(left.size)
    again = errors(design[order], left[order], places[order], t[order])
    np.testing.assert_allclose(again, found, rtol=1e-6)
    turned = places @ np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(errors(design, left, turned, t), found, rtol=1e-6)
    scaled = errors(design * [1.0, 10.0, 1.0], left, places, t)
    np.testing.assert_allclose(scaled * [1.0, 10.0, 1.0], found, rtol=1e-6)


def test_what_says_nothing_gives_no_number() -> None:
    """Too few sites, none left over, all at one place and time."""
    design, left, places, t = setting()
    assert np.isnan(errors(design[:9], left[:9], places[:9], t[:9])).all()
    assert np.isnan(errors(design, np.zeros(left.size), places, t)).all()
    assert np.isnan(errors(design, left, np.zeros(places.shape), None)).all()
    assert np.isnan(errors(design, left, np.zeros(places.shape), np.zeros(t.size))).all()
    assert np.isfinite(errors(design, left, places, None)).all()


def test_of_many_sites_some_say_how_alike_they_are() -> None:
    """A finer grid on the same place knows its tilt no better: unevenness is no noise."""
    stated = []
    for columns, rows in ((12, 10), (36, 30)):
        x, y = grid(columns, rows, 11 * UM / (columns - 1))
        found = [level(x, y, glass(x, y, seed)).tilt_x.error for seed in range(4)]
        stated.append(float(np.median(found)))
    assert MOST < 36 * 30
    assert stated[1] == pytest.approx(stated[0], rel=0.5)


def test_the_height_of_a_step_knows_the_unevenness() -> None:
    x, y = grid(9, 6, 0.75 * UM)
    off = []
    for seed in range(20):
        z = glass(x, y, seed) + 200e-9 * (x > 47.8 * UM)
        found = level_terraces(x, y, z)
        (step,) = found.steps
        assert abs(abs(step.value) - 200e-9) < 2e-9
        off.append(abs(abs(step.value) - 200e-9) / step.error)
    assert np.mean(np.array(off) < 2.0) >= 0.9


def test_steps_are_in_the_order_of_their_terraces() -> None:
    """The largest terrace is at zero; of a confounded plane heights are doubted like the tilt."""
    x, y = grid(12, 6, UM)
    z = glass(x, y, 1) - 100e-9 * (x > 49.5 * UM) + 50e-9 * (x > 53.5 * UM)
    found = level_terraces(x, y, z)
    assert found.terraces == 3
    assert [round(step.value * 1e9) for step in found.steps] == [-100, -50]
    raster = level_terraces(x, y, z, np.arange(x.size, dtype=float))
    assert {step.status for step in raster.steps} == {raster.status}
