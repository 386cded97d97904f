"""Micrographs of a virtual cell's own particles: those of the film, and said to be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seccm.arrays import FloatArray
from seccm.cli.image_commands import sem
from seccm.data import open_scan
from seccm.errors import PlanError
from seccm.imaging.sem.amounts import MOLAR_VOLUME
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.model_image import Look, Planted, draw
from seccm.imaging.sem.particles import find
from seccm.imaging.sem.simulated import (
    PIXEL,
    SIDE,
    counts,
    in_view,
    picture_beside,
    write_picture,
)
from seccm.report import micrographs_of_sites
from seccm.rig.grown import Driven, Grown
from seccm.session.simulated_micrographs import grown_at
from sim.born import SMALLEST, Particles
from sim.lithium import LithiumCell
from sim.lithium_parameters import LithiumParameters
from sim.meniscus import Bridge
from sim.sem import grow_again

OLD = Path(__file__).parent / "old_files"
RADIUS = 4.6e-6


def born(notes: int, seed: int = 3, landing: int = 1) -> Particles:
    """Let 1.3e9 particles per cm^2 be born in so many notes."""
    made = Particles(seed, landing)
    for share in np.linspace(0, 1, notes + 1):
        made.grow(1.3e13 * share, 40e-9 * share, RADIUS)
    return made


def volume(diameter: FloatArray) -> float:
    return float((np.pi / 6 * diameter**3).sum())


def test_a_film_and_a_micrograph_show_the_same_particles_however_often_each_looks() -> None:
    x, y, radius = born(5).there()
    fine_x, fine_y, fine_radius = born(400).there()
    np.testing.assert_array_equal(x, fine_x)
    np.testing.assert_array_equal(y, fine_y)
    np.testing.assert_allclose(radius, fine_radius)
    expected = 1.3e13 * np.pi * RADIUS**2
    assert abs(len(x) - expected) < 4 * np.sqrt(expected)
    assert np.hypot(x, y).max() <= RADIUS
    assert radius.min() >= SMALLEST


@pytest.mark.parametrize("other", [{"seed": 4}, {"landing": 2}])
def test_another_run_or_landing_has_others(other: dict[str, int]) -> None:
    x, *_ = born(5).there()
    assert not np.isin(born(5, **other).there()[0], x).any()


def test_what_has_dissolved_is_gone_and_dead_metal_stays_where_it_was() -> None:
    made = born(10)
    x, y, radius = made.there()
    made.grow(1.3e13, -50e-9, RADIUS)
    assert len(made.there()[0]) == 0
    dead_x, dead_y, dead = made.of_volume(0.0, 1e-20)
    np.testing.assert_array_equal(dead_x, x)
    np.testing.assert_array_equal(dead_y, y)
    assert volume(2 * dead) == pytest.approx(1e-20)
    np.testing.assert_allclose(dead / radius, dead[0] / radius[0])


def grown(density: float = 60.0, seed: int = 1, t: float = 1.0) -> Grown:
    """Plate at a current density, A/m^2."""
    bridge = Bridge(
        since=0.0, x=0.0, y=0.0, base=0.0, touch=1e-6, aperture=3e-6, first=3e-6, final=RADIUS,
        spreading=0.02, breaks=3.0, height=3e-6, half_angle=0.1, cell=LithiumCell(),
    )  # fmt: skip
    rows = round(t / 5e-3)
    current = np.full(rows, -density * np.pi * RADIUS**2)
    driven = Driven(
        0, 0.0, 0.0, 5e-3 * np.arange(1, rows + 1), np.zeros(rows), np.zeros(rows), current,
        np.zeros(rows, bool),
    )  # fmt: skip
    found = grow_again(bridge, driven, 0.0, Particles(seed, 0))
    assert found is not None
    return found


def test_the_metal_of_all_particles_is_that_of_the_ledger_of_the_cell() -> None:
    found = grown()
    assert len(found.x) > 20
    amount = volume(found.diameter) / MOLAR_VOLUME / (np.pi * found.radius**2)
    assert amount == pytest.approx(found.lithium, rel=1e-3)


def test_at_any_current_the_metal_is_that_of_the_ledger_and_of_the_nuclei_themselves() -> None:
    """Nuclei come with a volume of their own: early on, most of what is there."""
    own = LithiumParameters().nucleus_radius
    for density in (30.0, 60.0, 120.0):
        short, long = grown(density, t=0.5), grown(density, t=1.0)
        for found in (short, long):
            area = np.pi * found.radius**2
            nuclei = len(found.x) * 4 / 3 * np.pi * own**3 / MOLAR_VOLUME / area
            amount = volume(found.diameter) / MOLAR_VOLUME / area
            # The cell's own number of nuclei is not that of those that were drawn by chance.
            sure = 4 * nuclei / np.sqrt(len(found.x)) + 1e-3 * found.lithium
            assert amount == pytest.approx(found.lithium + nuclei, abs=sure)
        assert long.lithium > short.lithium > 0
        assert len(long.x) >= len(short.x)
    assert len(grown(0.0).x) == 0


def test_the_same_seed_grows_the_same_particles_and_another_one_others_of_the_same_metal() -> None:
    first, again, other = grown(), grown(), grown(seed=2)
    for name in ("x", "y", "diameter"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.isin(other.x, first.x).any()
    assert other.lithium == pytest.approx(first.lithium)
    assert volume(other.diameter) == pytest.approx(volume(first.diameter), rel=1e-3)


def test_particles_lie_in_the_footprint_evenly_and_as_many_as_were_born() -> None:
    """Over some seeds: in the inner half of the area lies half of them, on each side as well."""
    found = [grown(seed=seed) for seed in range(6)]
    x, y = (np.concatenate([getattr(one, axis) for one in found]) for axis in "xy")
    away, count = np.hypot(x, y), len(x)
    assert away.max() <= found[0].radius
    four_sigma = 2 / np.sqrt(count)
    for share in (away < found[0].radius / np.sqrt(2), x > 0, y > 0):
        assert share.mean() == pytest.approx(0.5, abs=four_sigma)


# Drawing: what is planted is what is in view, whichever way it is turned.


def spread(seed: int, density: float = 1.3e13, mean: float = 80e-9, sd: float = 12e-9) -> Grown:
    """Return particles that lie anywhere in a footprint."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(density * np.pi * RADIUS**2)
    away, angle = RADIUS * np.sqrt(rng.uniform(size=count)), rng.uniform(0, 2 * np.pi, count)
    diameter = rng.normal(mean, sd, count)
    return Grown(away * np.cos(angle), away * np.sin(angle), diameter, RADIUS, 0.0)


def turned(planted: Planted, side: int, how: str) -> Planted:
    """Return the same particles in a picture that is turned by 90 degrees, or mirrored."""
    width = side * PIXEL
    x, y = {
        "quarter": (planted.y, width - planted.x),
        "left and right": (width - planted.x, planted.y),
        "upside down": (planted.x, width - planted.y),
    }[how]
    return Planted(x, y, planted.diameter)


TURNED = {"quarter": np.rot90, "left and right": np.fliplr, "upside down": np.flipud}


@pytest.mark.parametrize("how", TURNED)
def test_a_turned_sample_gives_the_turned_picture(how: str) -> None:
    """Without noise and texture, of which each picture has its own."""
    planted, look = in_view(spread(4), 200), Look(noise=0.0, texture=0.0)
    straight, other = (
        draw(each, (200, 200), PIXEL, look, np.random.default_rng(1))
        for each in (planted, turned(planted, 200, how))
    )
    assert np.ptp(straight) > 0.5
    np.testing.assert_allclose(other, TURNED[how](straight), atol=1e-9)


@pytest.mark.parametrize("diameter", [40e-9, 80e-9, 200e-9])
def test_the_area_of_a_drawn_particle_is_that_of_its_disc_wherever_it_lies(diameter: float) -> None:
    look = Look(blur=0.01, noise=0.0, texture=0.0)
    for x, y in ((0.4e-6, 0.4e-6), (0.4017e-6, 0.3971e-6)):
        one = Planted(np.array([x]), np.array([y]), np.array([diameter]))
        image = draw(one, (200, 200), PIXEL, look, np.random.default_rng(0))
        covered = image > 0.25
        assert covered.sum() * PIXEL**2 == pytest.approx(np.pi / 4 * diameter**2, rel=0.06)
        rows, columns = np.nonzero(covered)
        assert (columns.mean() + 0.5) * PIXEL == pytest.approx(x, abs=PIXEL / 2)
        assert (rows.mean() + 0.5) * PIXEL == pytest.approx(y, abs=PIXEL / 2)


def test_a_finer_picture_of_the_same_sample_shows_the_same_areas() -> None:
    """The scale counts: half the pixel, twice the rows, the same square micrometres."""
    planted, look = in_view(spread(6, density=4e12), 200), Look(blur=0.01, noise=0.0, texture=0.0)
    areas = []
    for factor in (1, 2):
        side, pixel = 200 * factor, PIXEL / factor
        image = draw(planted, (side, side), pixel, look, np.random.default_rng(0))
        areas.append((image > 0.25).sum() * pixel**2)
    assert areas[1] == pytest.approx(areas[0], rel=0.04)


@pytest.mark.parametrize("side", [200, 400])
def test_in_view_is_the_middle_of_the_footprint_with_y_upward(side: int) -> None:
    half = side * PIXEL / 2
    found = Grown(
        np.array([0.0, half / 2, 0.0, 3 * half]), np.array([0.0, 0.0, half / 2, 0.0]),
        np.full(4, 80e-9), RADIUS, 0.0,
    )  # fmt: skip
    seen = in_view(found, side)
    assert seen.x == pytest.approx([half, 1.5 * half, half]), "the fourth is outside"
    assert seen.y == pytest.approx([half, half, 0.5 * half]), "rows count downward"


def test_particles_are_counted_in_the_file_that_says_that_it_is_simulated(tmp_path: Path) -> None:
    planted = in_view(spread(5))
    inside = planted.inside((SIDE, SIDE), 4e-9)
    path = tmp_path / "drawn.tif"
    write_picture(path, counts(planted, SIDE, np.random.default_rng(1)), "a test")
    taken = read_micrograph(path)
    assert taken.simulated
    assert taken.image.shape == (SIDE, SIDE), "the bar of text is cut off"
    assert taken.pixel == pytest.approx(4e-9, rel=1e-3)
    assert "SIMULATED" in taken.notes[0]
    found = find(taken.image, taken.pixel)
    assert found.counted.sum() == pytest.approx(len(inside.x), rel=0.15)
    near = np.hypot(found.x[:, None] - inside.x, found.y[:, None] - inside.y).min(axis=0)
    assert np.mean(near < inside.diameter / 2) > 0.85
    assert volume(found.sizes) == pytest.approx(volume(inside.diameter), rel=0.3)


def test_a_report_draws_what_lies_beside_the_data(tmp_path: Path) -> None:
    scan = tmp_path / "scan.h5"
    image = counts(in_view(spread(2)), SIDE, np.random.default_rng(1))
    write_picture(picture_beside(scan, 1), image, "a test")
    picture_beside(scan, 2).write_bytes(b"no picture")
    shown = list(micrographs_of_sites.micrographs_beside(scan, 4))
    assert [one.site for one in shown] == [1]
    figure = micrographs_of_sites.drawn(shown)
    said = " ".join(text.get_text() for text in figure.texts)
    titles = [axes.get_title() for axes in figure.axes]
    assert "SIMUL" in said.upper()
    assert "site 1: simulated" in titles


def test_a_sample_on_which_no_lithium_grows_has_no_micrograph() -> None:
    with open_scan(OLD / "redox-cv-map.h5") as scan, pytest.raises(PlanError) as refused:
        grown_at(scan, 0)
    assert "no lithium can grow" in str(refused.value)


def test_of_a_data_file_no_options_of_a_picture_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BaseException):  # noqa: B017, PT011, the way out of a command
        sem(tmp_path / "scan.h5", pixel="4 nm")
    assert not list(tmp_path.iterdir())
    assert "only --site" in " ".join(capsys.readouterr().err.split())
