"""The sample has the shape and the drift that its file says."""

from __future__ import annotations

import numpy as np
import pytest

from sim.config import DriftConfig, SurfaceConfig
from sim.surface import Drift, Residue, Surface

EXTENT = 100e-6
GRID = np.meshgrid(np.linspace(0, EXTENT, 200), np.linspace(0, EXTENT, 200))
X, Y = (axis.ravel() for axis in GRID)


def test_the_tilt_and_the_roughness_are_those_of_the_file() -> None:
    """A plane fit finds the slopes; what is left has the rms roughness."""
    config = SurfaceConfig(tilt_x=0.003, tilt_y=-0.002, roughness=0.5e-9, bumps_per_area=0.0)
    height = Surface(config, EXTENT, seed=1).height(X, Y)
    plane = np.column_stack([X, Y, np.ones_like(X)])
    found, *_ = np.linalg.lstsq(plane, height, rcond=None)
    assert found[:2] == pytest.approx([0.003, -0.002], abs=2e-5)
    assert np.std(height - plane @ found) == pytest.approx(0.5e-9, rel=0.15)


def test_the_bumps_are_spherical_caps_of_the_wanted_size_and_number() -> None:
    """On an otherwise flat sample the highest points are those of bumps."""
    flat = {"tilt_x": 0.0, "tilt_y": 0.0, "roughness": 0.0, "height": 0.0}
    config = SurfaceConfig(bumps_per_area=3e10, **flat)
    surface = Surface(config, EXTENT, seed=2)
    x = np.linspace(0, EXTENT, 2000)
    height = np.concatenate([surface.height(x, np.full_like(x, y)) for y in x[::10]])
    assert height.min() == 0.0
    assert 35e-9 < height.max() <= 40e-9
    # A cap covers pi r^2; r^2 of uniform diameters between 0.4 and 1.0 um averages 0.13 um^2.
    assert np.mean(height > 0.0) == pytest.approx(3e10 * np.pi * 0.13e-12, rel=0.2)


@pytest.mark.parametrize("step", [-5e-6, 0.2e-6, 5e-6])
def test_from_an_edge_on_the_sample_is_a_step_higher_or_lower(step: float) -> None:
    flat = Surface(SurfaceConfig(), EXTENT, seed=4)
    stepped = Surface(SurfaceConfig(step=step, edge=40e-6), EXTENT, seed=4)
    more = stepped.height(X, Y) - flat.height(X, Y)
    assert more == pytest.approx(np.where(X < 40e-6, 0.0, step), abs=1e-18)
    assert stepped.height(X, Y).max() <= stepped.highest


def test_asking_for_points_one_by_one_gives_the_same_bits() -> None:
    """Heights do not depend on which points are asked for together."""
    surface = Surface(SurfaceConfig(), EXTENT, seed=3)
    x, y = X[::971], Y[::971]
    single = [float(surface.height(x[i : i + 1], y[i : i + 1])[0]) for i in range(len(x))]
    assert (surface.height(x, y) == single).all()
    assert surface.height(x, y).max() <= surface.highest


def test_another_seed_is_another_surface() -> None:
    """And the same seed the same."""
    one, same, other = (
        Surface(SurfaceConfig(), EXTENT, seed).height(X[::97], Y[::97]) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert abs(one - other).max() > 1e-9


def test_dead_patches_cover_the_wanted_share() -> None:
    """Patches of 12 um, so many to the area."""
    config = SurfaceConfig(dead_per_area=5e8, dead_width=12e-6)
    dead = np.mean([
        Surface(config, EXTENT, seed).dead(float(x), float(y))
        for seed in range(40)
        for x, y in zip(X[::8017], Y[::8017], strict=True)
    ])  # fmt: skip
    assert dead == pytest.approx(1.0 - np.exp(-5e8 * np.pi * 36e-12), abs=0.02)


def test_a_residue_is_a_cap() -> None:
    """Highest in the middle, nothing at its edge."""
    residue = Residue(1e-6, 2e-6, radius=4e-6, height=80e-9)
    x = np.array([1e-6, 1e-6 + 4e-6 / np.sqrt(2), 5e-6, 9e-6])
    assert residue.thickness(x, np.full(4, 2e-6)) == pytest.approx([80e-9, 40e-9, 0, 0], abs=1e-20)


def test_drift_is_steady_plus_settling() -> None:
    """Without the random walk it is the closed form v t + u tau (1 - exp(-t/tau))."""
    config = DriftConfig(steady_z=0.2e-9, settling_z=0.5e-9, settling_time=3600.0, wander=0.0)
    t = np.array([0.0, 60.0, 3600.0, 36000.0])
    z = Drift(config, seed=1).at(t)[2]
    expected = 0.2e-9 * t + 0.5e-9 * 3600.0 * (1.0 - np.exp(-t / 3600.0))
    assert z == pytest.approx(expected, abs=1e-15)
    # 0.7 nm/s at first: 42 nm in the first minute, less half of what the settling lost.
    assert z[1] == pytest.approx(41.7e-9, abs=0.1e-9)


def test_the_random_walk_spreads_as_the_root_of_time() -> None:
    """Over many seeds, the rms after 400 s is 20 steps."""
    still = dict.fromkeys(
        ("steady_x", "steady_y", "steady_z", "settling_x", "settling_y", "settling_z"), 0.0
    )
    config = DriftConfig(wander=0.1e-9, **still)
    ends = [Drift(config, seed).at(np.array([0.0, 400.0])) for seed in range(300)]
    assert np.all([end[axis][0] == 0.0 for end in ends for axis in range(3)])
    walked = np.array([[end[axis][1] for axis in range(3)] for end in ends])
    assert np.sqrt(np.mean(walked**2)) == pytest.approx(2e-9, rel=0.1)
