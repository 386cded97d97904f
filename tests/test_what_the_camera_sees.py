"""The picture of a virtual world follows its light and what lies in it, in closed form."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.ndimage

from sim.light import Exposed, Exposures, Seen, Shutter
from sim.optics import Camera as Sensor
from sim.optics import Optics
from sim.scene import Field, Scene, moved

SIDE = 41
FIELD = Field(SIDE, SIDE)
SENSOR = Sensor(pixel=200e-9, level=1000.0)
FLAT = Optics(texture=1e-9, noise=False, drift=(0.0, 0.0))
"""Gold without grains, light without noise; a few bumps are left."""
DRY = Seen(1.0)


def scene(seed: int = 1, where: Field = FIELD, **optics: Any) -> Scene:
    return Scene(where, SENSOR, replace(FLAT, **optics), seed)


def exposed(*seen: Seen, number: int = 0, start: float = 0.8, lit: float = 1.0) -> Exposed:
    return Exposed(number, start, seen or (DRY,), lit)


def droplet(**told: Any) -> Seen:
    """Return a droplet that lies in the middle, a micrometre and a half in radius."""
    wet = Seen(1.0, landing=0, since=0.1, x=50e-6, y=50e-6, radius=1.5e-6)
    return replace(wet, **told)


@pytest.mark.parametrize("lit", [1.0, 0.5, 0.1, 0.0])
def test_counts_are_in_proportion_to_the_time_that_the_lamp_was_on(lit: float) -> None:
    whole, part = (scene().frame(exposed(lit=share)).astype(float) for share in (1.0, lit))
    assert np.abs(part - lit * whole).max() <= 1.0  # counts are whole numbers
    if lit == 0.0:
        assert not part.any()


@pytest.mark.parametrize("level", [100.0, 500.0, 2000.0])
def test_counts_are_in_proportion_to_the_lamp(level: float) -> None:
    one = scene().frame(exposed()).astype(float)
    other = Scene(FIELD, replace(SENSOR, level=level), FLAT, 1).frame(exposed()).astype(float)
    assert np.abs(other - level / 1000 * one).max() <= 0.5 + 0.5 * level / 1000 + 1e-9


def test_a_sensor_is_full_at_its_full_scale_and_dark_at_zero() -> None:
    bright = Scene(FIELD, replace(SENSOR, level=1e5), replace(FLAT, noise=True), 1)
    assert (bright.frame(exposed()) == 4095).all()
    dark = scene(noise=True).frame(exposed(lit=0.0))
    assert dark.dtype == np.uint16
    assert dark.max() < 30  # read noise alone, and nothing wraps round below zero


def test_the_noise_is_that_of_photons() -> None:
    quiet, noisy = scene(), scene(noise=True, lamp=0.0)
    away = noisy.frame(exposed()).astype(float) / quiet.frame(exposed()) - 1
    electrons = 1000.0 * SENSOR.full_well / 4095
    wanted = math.sqrt(electrons + SENSOR.read_noise**2) / electrons
    assert away.std() == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize("noise", [False, True])
def test_the_same_seed_gives_the_same_frames_and_another_seed_others(noise: bool) -> None:
    one, same, other = (
        [
            scene(seed, noise=noise).frame(exposed(droplet(nuclei=k * 1e12), number=k))
            for k in range(2)
        ]
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert (np.array(one) != np.array(other)).mean() > 0.02


def change(seen: Seen, where: Field = FIELD, **optics: Any) -> np.ndarray[Any, Any]:
    """Return by which share a droplet changes the light, without particles."""
    fine = replace(SENSOR, level=2500.0)
    before, after = (
        Scene(where, fine, replace(FLAT, **optics), 1).frame(exposed(s)).astype(float)
        for s in (DRY, seen)
    )
    return np.asarray(after / before - 1)


def test_a_round_droplet_in_the_middle_gives_a_symmetric_picture() -> None:
    found = change(droplet())
    # Counts are whole: half of one of some thousand either way.
    for turned in (found[::-1], found[:, ::-1], found.T, np.rot90(found)):
        np.testing.assert_allclose(found, turned, atol=8e-4)


def test_within_a_droplet_the_light_changes_by_what_wetting_does() -> None:
    found = change(droplet())
    middle = SIDE // 2
    assert found[middle, middle] == pytest.approx(FLAT.wetting, abs=8e-4)
    assert found[0, 0] == 0.0
    area = found.sum() / FLAT.wetting * SENSOR.pixel**2
    assert area == pytest.approx(math.pi * (1.5e-6) ** 2, rel=0.06)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_droplet_that_lands_within_an_exposure_shows_for_that_share(share: float) -> None:
    whole = change(droplet())
    part = change(droplet(since=1.0 - share * 0.2))
    np.testing.assert_allclose(part, share * whole, atol=8e-4)


@pytest.mark.parametrize("charge", [0.0, 50.0, 150.0])
def test_interphase_shows_in_proportion_to_its_charge(charge: float) -> None:
    unit = change(droplet(other=100.0), wetting=0.0)
    found = change(droplet(other=charge), wetting=0.0)
    np.testing.assert_allclose(found, charge / 100 * unit, atol=1.5e-3)
    assert np.abs(unit).max() > 1e-3


def middle_of(found: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return row and column of the middle of what changed."""
    weight = np.where(np.abs(found) > 0.5 * np.abs(found).max(), 1.0, 0.0)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return float((rows * weight).sum() / weight.sum()), float(
        (columns * weight).sum() / weight.sum()
    )


@pytest.mark.parametrize("mirrored", [True, False])
@pytest.mark.parametrize(("dx", "dy"), [(1.6e-6, 0.0), (0.0, -1e-6), (-1e-6, 1.4e-6)])
def test_a_droplet_lies_where_it_landed(mirrored: bool, dx: float, dy: float) -> None:
    where = replace(FIELD, mirrored=mirrored)
    row, column = middle_of(change(droplet(x=50e-6 + dx, y=50e-6 + dy), where))
    across = -1.0 if mirrored else 1.0
    assert row == pytest.approx(20.0 - dy / 200e-9, abs=0.2)
    assert column == pytest.approx(20.0 + across * dx / 200e-9, abs=0.2)


def test_a_droplet_out_of_sight_changes_nothing() -> None:
    assert not change(droplet(x=90e-6)).any()
    assert not change(droplet(y=-50e-6)).any()


@pytest.mark.parametrize("mirrored", [True, False])
def test_drift_moves_the_gold_by_whole_pixels(mirrored: bool) -> None:
    where = replace(FIELD, mirrored=mirrored)
    optics = {"texture": 0.03}
    still = scene(where=where, **optics).frame(exposed()).astype(float)
    drifted = replace(DRY, drift=(3 * 200e-9, 2 * 200e-9))
    moved = scene(where=where, **optics).frame(exposed(drifted)).astype(float)
    across = -3 if mirrored else 3
    back = np.roll(moved, (2, -across), (0, 1))
    np.testing.assert_allclose(back[8:-8, 8:-8], still[8:-8, 8:-8], atol=1.0)


def test_what_was_grown_stays_when_the_droplet_leaves() -> None:
    made = scene()
    before = made.frame(exposed()).astype(float)
    made.frame(exposed(droplet(other=100.0)))
    after = made.frame(exposed(replace(DRY, t=2.0), number=2)).astype(float)
    left = after / before - 1
    middle = SIDE // 2
    expected = change(droplet(other=100.0), wetting=0.0)
    assert left[middle, middle] == pytest.approx(expected[middle, middle], abs=3e-3)
    again = made.frame(exposed(replace(DRY, t=3.0), number=3)).astype(float)
    np.testing.assert_array_equal(after, again)


def test_particles_lie_within_the_footprint_and_grow_darker_with_their_volume() -> None:
    made = Scene(FIELD, replace(SENSOR, level=2500.0), replace(FLAT, wetting=0.0), 1)
    before = made.frame(exposed()).astype(float)
    grown = droplet(nuclei=3e13, path=30e-9)
    lithium = made.frame(exposed(droplet(t=0.9), grown)).astype(float) / before - 1
    rows, columns = np.mgrid[:SIDE, :SIDE]
    far = np.hypot(rows - 20, columns - 20) * 200e-9 > 1.5e-6 + 5 * FLAT.spot + 300e-9
    assert np.abs(lithium[far]).max() < 1e-3
    assert np.abs(lithium).max() > 3e-3
    assert np.sign(lithium[np.abs(lithium) > 3e-3]).min() == np.sign(FLAT.contrast)


def test_nothing_is_born_in_a_droplet_without_nuclei() -> None:
    np.testing.assert_array_equal(change(droplet(path=1e-7)), change(droplet()))


SHUTTER = Shutter(rate=10.0, exposure=0.04, seed=5)


def test_exposures_rise_and_never_overlap() -> None:
    tight = Exposures(replace(SHUTTER, exposure=0.099, jitter=0.2), 3.0)
    starts = np.array([tight.start(k) for k in range(300)])
    assert (np.diff(starts) >= 0.099 - 1e-12).all()
    assert 3.0 < starts[0] <= 3.1


def test_exposures_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    one, two = (Exposures(SHUTTER, 2.0) for _ in range(2))
    backward = [one.start(k) for k in reversed(range(50))]
    assert [two.start(k) for k in range(50)] == backward[::-1]
    assert Exposures(replace(SHUTTER, seed=6), 2.0).start(9) != two.start(9)


@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.05])
def test_exposures_come_at_the_rate_and_jitter_that_were_asked_for(jitter: float) -> None:
    made = Exposures(replace(SHUTTER, jitter=jitter), 0.0)
    gaps = np.diff([made.start(k) for k in range(1500)])
    assert gaps.mean() == pytest.approx(0.1, rel=0.005)
    assert gaps.std() == pytest.approx(0.1 * jitter, rel=0.08, abs=1e-9)


@pytest.mark.parametrize(
    "shift", [(0.0, 0.0), (0.3, -0.7), (3.4, -5.6), (-2.0, 30.5), (1e-9, -1.0)]
)
def test_a_picture_is_moved_as_by_the_general_splines(shift: tuple[float, float]) -> None:
    image = np.random.default_rng(1).standard_normal((80, 95))
    wanted = scipy.ndimage.shift(image, shift, order=3, mode="nearest")[20:-20, 20:-20]
    # Beyond an edge both go on with what is there, but see the spline's end a little differently.
    inner = (slice(None), slice(30, None)) if max(map(abs, shift)) > 10 else (slice(None),) * 2
    found = moved(image, shift, 20)
    assert found.shape == (40, 55)
    np.testing.assert_allclose(found[inner], wanted[inner], atol=1e-6)


def test_a_picture_that_moves_there_and_back_is_the_same_and_a_flat_one_stays_flat() -> None:
    smooth = scipy.ndimage.gaussian_filter(np.random.default_rng(2).standard_normal((80, 80)), 3)
    there = moved(smooth, (0.4, -1.3), 8)
    back = moved(there, (-0.4, 1.3), 8)
    np.testing.assert_allclose(back, smooth[16:-16, 16:-16], atol=1e-4 * np.ptp(smooth))
    np.testing.assert_allclose(moved(np.full((30, 30), 7.0), (2.2, -0.1), 5), 7.0)


def test_a_droplet_that_spreads_is_drawn_anew_and_one_that_stays_is_not() -> None:
    world = scene()
    world.frame(exposed(droplet()))
    place = world._place
    assert place is not None
    first = place.disc
    world.frame(exposed(droplet(), number=1))
    assert place.disc is first
    wide = world.frame(exposed(droplet(radius=2e-6), number=2))
    fresh = scene().frame(exposed(droplet(radius=2e-6)))
    np.testing.assert_array_equal(wide, fresh)
