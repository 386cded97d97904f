"""Particles in micrographs: what is found is what was drawn, as far as a picture can tell."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from drawn_micrographs import PIXEL, TABLE_1, Drawn, picture, pictures

from seccm.arrays import FloatArray
from seccm.imaging.sem import boolean_model
from seccm.imaging.sem.background import floor_of, ground
from seccm.imaging.sem.census import census
from seccm.imaging.sem.model_image import Look, Planted, Population, draw, plant, scattered
from seccm.imaging.sem.particles import CROWDED, LARGEST, SMALLEST, find
from seccm.imaging.sem.recount import measured, recount

FEW = Population(8e12, 90e-9, 15e-9)


def discs(places: list[tuple[float, float, float]], side: int = 200) -> FloatArray:
    """Draw discs without noise: x, y and diameter in nm."""
    x, y, d = (1e-9 * np.array(each, float) for each in zip(*places, strict=True))
    look = Look(noise=1e-3, texture=0.0)
    return draw(Planted(x, y, d), (side, side), PIXEL, look, np.random.default_rng(0))


@pytest.mark.parametrize("name", TABLE_1)
def test_particles_as_published_are_counted_and_measured(name: str) -> None:
    """Raw numbers: those of small ones are too few and too large, and volumes too large."""
    ratios = []
    for drawn in pictures(TABLE_1[name], range(2), 1000):
        found = measured(find(drawn.image, PIXEL))
        ratios.append((found.density / drawn.density, found.volume / drawn.volume))
    number, volume = np.mean(ratios, axis=0)
    assert number == pytest.approx(1, abs=0.20 if name == "3.82 mA" else 0.10)
    assert volume == pytest.approx(1, abs=0.30 if name == "0.20 mA, centre" else 0.15)


@pytest.mark.parametrize("name", ["0.20 mA, centre", "ten cycles"])
def test_the_correction_by_drawn_images_brings_back_what_was_planted(name: str) -> None:
    ratios = []
    for drawn in pictures(TABLE_1[name], range(10, 12), 640):
        again = recount(drawn.image, find(drawn.image, PIXEL), Look(), seed=5)
        assert again.trusted
        mean = drawn.planted.diameter.mean()
        ratios.append(
            (again.density / drawn.density, again.mean / mean, again.volume / drawn.volume)
        )
    number, mean, volume = np.mean(ratios, axis=0)
    assert number == pytest.approx(1, abs=0.12)
    assert mean == pytest.approx(1, abs=0.07)
    assert volume == pytest.approx(1, abs=0.07)


def test_a_correction_is_the_same_every_time_it_is_made() -> None:
    drawn = picture(FEW, 3, 400)
    found = find(drawn.image, PIXEL)
    first, again = (recount(drawn.image, found, Look()) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("seed", range(2))
def test_no_correction_is_given_where_the_ground_is_rougher_than_that_of_the_drawn_images(
    seed: int,
) -> None:
    rough = picture(TABLE_1["0.78 mA"], seed, 700, Look(blur=2.0, texture=0.35))
    told = census(rough.image, PIXEL)
    assert told.corrected.mismatch > 0.35
    for number in (told.corrected.density, told.corrected.volume, told.amount_corrected.per_area):
        assert math.isnan(number)
    assert any("rough" in doubt for doubt in told.doubts)
    assert told.found.density > 0


def test_the_limit_of_detection_lies_where_half_of_the_planted_particles_are_found() -> None:
    """Planted from 15 to 80 nm: below the limit most are lost, above it most are found."""
    wide = Population(2e13, 40e-9, 18e-9)
    drawn = picture(wide, 1, 600)
    found = find(drawn.image, PIXEL)
    limit = recount(drawn.image, found, Look()).limit
    assert 15e-9 < limit < 45e-9
    near = np.hypot(
        found.x[:, None] - drawn.planted.x, found.y[:, None] - drawn.planted.y
    )  # fmt: skip
    seen = (near < drawn.planted.diameter / 2).any(axis=0)
    large = drawn.planted.diameter > limit + 5e-9
    small = drawn.planted.diameter < limit - 5e-9
    assert seen[large].mean() > 0.7
    assert seen[small].mean() < 0.5


@pytest.mark.parametrize("diameter", [40.0, 80.0, 150.0, 300.0])
def test_a_single_particle_has_its_diameter_and_its_place(diameter: float) -> None:
    found = find(discs([(411.0, 377.0, diameter)]), PIXEL)
    assert len(found) == 1
    assert found.diameter[0] * 1e9 == pytest.approx(diameter, abs=6)
    assert found.x[0] * 1e9 == pytest.approx(411, abs=2)
    assert found.y[0] * 1e9 == pytest.approx(377, abs=2)


def test_particles_that_touch_are_told_apart() -> None:
    found = find(discs([(300.0, 400.0, 100.0), (395.0, 400.0, 100.0), (500.0, 600.0, 60.0)]), PIXEL)
    assert sorted(np.round(found.x * 1e9, -1)) == [300, 400, 500]


@pytest.mark.parametrize("turn", range(4))
def test_turning_a_picture_turns_the_places_and_changes_no_size(turn: int) -> None:
    image = picture(FEW, 7, 400).image
    straight, turned = find(image, PIXEL), find(np.rot90(image, turn).copy(), PIXEL)
    assert len(turned) == pytest.approx(len(straight), abs=1)
    assert turned.diameter.mean() == pytest.approx(straight.diameter.mean(), rel=0.02)


def test_brightness_and_contrast_of_a_picture_change_nothing() -> None:
    image = picture(FEW, 8, 400).image
    plain, other = find(image, PIXEL), find(1000 + 350 * image, PIXEL)
    assert np.array_equal(plain.labels, other.labels)
    assert other.contrast == pytest.approx(350 * plain.contrast)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_densities_scale_with_the_length_of_a_pixel(factor: float) -> None:
    """The window for particles is in metres: of particles well inside of it nothing is lost."""
    image = discs([(200.0, 200.0, 120.0), (500.0, 300.0, 130.0), (400.0, 600.0, 140.0)])
    plain, other = find(image, PIXEL), find(image, factor * PIXEL)
    assert len(plain) == len(other) == 3
    assert other.diameter == pytest.approx(factor * plain.diameter, rel=0.05)
    assert other.density == pytest.approx(plain.density / factor**2)


def test_a_picture_of_nothing_has_no_particles() -> None:
    found = find(picture(Population(0.0, 80e-9, 20e-9), 1, 800).image, PIXEL)
    assert found.density < 1e12, "two on average"
    flat = find(np.full((64, 64), 7.0), PIXEL)
    assert len(flat) == 0
    assert flat.coverage == 0


@pytest.mark.parametrize("height", [0.42, 0.5])
def test_a_bright_patch_of_the_ground_is_no_particle_and_hides_none(height: float) -> None:
    """One such patch, taken as a particle of 200 nm, doubled the volume of a hundred small ones."""
    drawn = picture(Population(1.5e13, 60e-9, 10e-9), 5, 400, Look(texture=0.03))
    rows, columns = np.mgrid[:400, :400]
    patch = height * np.exp(-((rows - 200) ** 2 + (columns - 180) ** 2) / (2 * 24**2))
    plain, patched = find(drawn.image, PIXEL), find(drawn.image + patch, PIXEL)
    assert patched.diameter.max() < 1.2 * drawn.planted.diameter.max()
    assert len(patched) == pytest.approx(len(plain), abs=2)
    assert measured(patched).volume == pytest.approx(measured(plain).volume, rel=0.05)


def test_what_is_too_large_or_too_small_is_no_particle() -> None:
    found = find(discs([(300.0, 300.0, 90.0), (900.0, 900.0, 450.0)], 400), PIXEL)
    assert [round(d * 1e9, -1) for d in found.diameter] == [90]
    assert SMALLEST < found.diameter[0] < LARGEST


def test_pictures_side_by_side_count_each_particle_once() -> None:
    """Particles that are cut count in one of the two pictures only."""
    whole = picture(TABLE_1["0.78 mA"], 2, 800)
    halves = [find(whole.image[:, part], PIXEL) for part in (slice(0, 400), slice(400, 800))]
    together = find(whole.image, PIXEL)
    assert sum(each.counted.sum() for each in halves) == pytest.approx(
        together.counted.sum(), abs=0.04 * together.counted.sum() + 2
    )


def test_a_crowded_picture_has_a_coverage_and_no_numbers() -> None:
    crowd = picture(Population(1.2e14, 75e-9, 10e-9), 1, 400)
    told = census(crowd.image, PIXEL)
    assert told.particles.coverage > CROWDED
    assert math.isnan(told.found.density)
    assert math.isnan(told.amount.per_area)
    assert any("told apart" in doubt for doubt in told.doubts)


def test_the_number_without_telling_apart_is_right_for_discs_that_lie_anywhere() -> None:
    """Miles' formulas are exact for a Boolean model: mean over a few fields, drawn finely."""
    ratios = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        planted = plant(Population(2.5e13, 80e-9, 10e-9), (700, 700), PIXEL, 0.0, rng)
        rows, columns = np.mgrid[:700, :700] + 0.5
        mask = np.zeros((700, 700), bool)
        for x, y, d in zip(planted.x, planted.y, planted.diameter, strict=True):
            mask |= (columns * PIXEL - x) ** 2 + (rows * PIXEL - y) ** 2 < (d / 2) ** 2
        inside = planted.inside((700, 700), PIXEL)
        ratios.append(boolean_model.density(mask, PIXEL) * (700 * PIXEL) ** 2 / len(inside.x))
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("mask", [np.zeros((9, 9), bool), np.ones((9, 9), bool)])
def test_nothing_and_everything_covered_have_no_number(mask: np.ndarray) -> None:
    assert math.isnan(boolean_model.density(mask, PIXEL))


def test_the_ground_follows_a_slope_and_not_the_particles() -> None:
    rows, columns = np.mgrid[:400, :400]
    slope = 0.002 * rows - 0.001 * columns
    image = picture(FEW, 4, 400, Look(texture=0.0)).image + slope
    left = ground(image, PIXEL) - slope
    inner = left[40:-40, 40:-40]
    assert np.ptp(inner) < 0.12, "the slope itself is 0.8 and 0.4"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_level_and_noise_of_the_ground_do_not_depend_on_how_much_is_covered(share: float) -> None:
    rng = np.random.default_rng(2)
    flat = 5 + 0.1 * rng.standard_normal(200_000)
    flat[: int(share * flat.size)] += rng.uniform(0.7, 1.0, int(share * flat.size))
    floor = floor_of(flat)
    assert floor.level == pytest.approx(5, abs=0.02)
    assert floor.scale == pytest.approx(0.1, rel=0.12)


def test_planted_particles_at_most_touch_and_are_as_many_as_asked_for() -> None:
    rng = np.random.default_rng(3)
    diameter = np.sort(rng.normal(80e-9, 20e-9, 300))[::-1]
    x, y = scattered(diameter, (6e-6, 6e-6), 0.9, rng)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    least = 0.9 * (diameter[:, None] + diameter) / 2
    pairs = np.triu_indices(300, 1)
    assert (apart[pairs] >= least[pairs]).all()
    numbers = [
        len(
            plant(FEW, (500, 500), PIXEL, 0.0, np.random.default_rng(s)).inside((500, 500), PIXEL).x
        )
        for s in range(40)
    ]
    expected = FEW.density * (500 * PIXEL) ** 2
    assert np.mean(numbers) == pytest.approx(expected, abs=3 * math.sqrt(expected / 40))
    assert np.var(numbers) == pytest.approx(expected, rel=0.8), "a Poisson process"


def test_the_look_of_a_drawn_image_is_what_was_asked_for() -> None:
    rng = np.random.default_rng(1)
    nothing = Planted(np.empty(0), np.empty(0), np.empty(0))
    noise = draw(nothing, (300, 300), PIXEL, Look(texture=0.0, noise=0.2), rng)
    assert noise.std() == pytest.approx(0.2, rel=0.02)
    texture = draw(nothing, (600, 600), PIXEL, Look(texture=0.3, noise=0.0), rng)
    assert texture.std() == pytest.approx(0.3, rel=0.02)


def test_a_particle_of_the_region_counts_where_its_middle_is() -> None:
    found = find(discs([(200.0, 400.0, 90.0), (600.0, 400.0, 90.0)]), PIXEL)
    left = np.zeros((200, 200), bool)
    left[:, :100] = True
    here, there = found.within(left), found.within(~left)
    assert here.counted.sum() == there.counted.sum() == 1
    assert here.area == there.area == pytest.approx(200 * 100 * PIXEL**2)
    assert here.density == pytest.approx(1 / here.area)


def test_choosing_particles_keeps_each_one_whole() -> None:
    found = find(picture(FEW, 9, 400).image, PIXEL)
    keep = np.arange(len(found)) % 2 == 0
    some = found.chosen(keep)
    assert some.diameter == pytest.approx(found.diameter[keep])
    sizes = np.bincount(some.labels.ravel())[1:]
    assert 2 * np.sqrt(sizes / np.pi) * PIXEL == pytest.approx(some.diameter)
    assert replace(some, labels=found.labels).mask.sum() > some.mask.sum()


def test_a_drawn_picture_knows_its_own_truth() -> None:
    drawn = Drawn(np.zeros((100, 100)), Planted(*(np.full(2, 1e-7) for _ in range(3))))
    assert drawn.density == pytest.approx(2 / (400e-9) ** 2)
    assert drawn.volume == pytest.approx(2 * math.pi / 6 * 1e-21 / (400e-9) ** 2)
