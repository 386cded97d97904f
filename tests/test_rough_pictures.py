"""Micrographs that are not perfect: charging, uneven light, dark particles, hands that mend."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from drawn_micrographs import PIXEL, TABLE_1, Drawn, counts, picture, stored
from scipy import ndimage
from typer.testing import CliRunner

from seccm import session
from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.imaging.sem.background import without_stripes
from seccm.imaging.sem.edits import Added, Divided, Resized, Struck, edited
from seccm.imaging.sem.files import edits_in, places
from seccm.imaging.sem.particles import find
from seccm.imaging.sem.recount import measured

SIDE = 500


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return picture(TABLE_1["0.78 mA"], 31, SIDE)


def bands(width: float, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((SIDE, 1))
    soft = ndimage.gaussian_filter1d(rows, width, axis=0) if width else rows
    return np.asarray(soft / soft.std())


@pytest.mark.parametrize("height", [0.3, 1.0])
@pytest.mark.parametrize("width", [0.0, 3.0])
def test_stripes_of_charging_change_no_number(drawn: Drawn, width: float, height: float) -> None:
    even, striped = (
        measured(find(drawn.image + h * bands(width, 5), PIXEL)) for h in (0.0, height)
    )
    assert striped.density == pytest.approx(even.density, rel=0.1)
    assert striped.mean == pytest.approx(even.mean, rel=0.06)
    assert striped.volume == pytest.approx(even.volume, rel=0.12)


def test_a_picture_without_stripes_stays_as_it_is(drawn: Drawn) -> None:
    assert without_stripes(drawn.image, PIXEL) is drawn.image


def test_light_that_is_uneven_changes_no_number(drawn: Drawn) -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    even = measured(find(drawn.image, PIXEL))
    for uneven in (
        drawn.image + 3 * columns,
        drawn.image + 3 * ((rows - 0.5) ** 2 + (columns - 0.5) ** 2),
        (drawn.image + 1) * (0.6 + 0.8 * rows),
    ):
        seen = measured(find(uneven, PIXEL))
        assert seen.density == pytest.approx(even.density, rel=0.12)
        assert seen.volume == pytest.approx(even.volume, rel=0.12)


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (-1.0, 5.0), (300.0, -40.0)])
def test_brightness_and_contrast_of_the_screen_change_no_number(
    drawn: Drawn, gain: float, offset: float, tmp_path: Path
) -> None:
    dark = gain < 0
    image = gain * drawn.image + offset
    found = find(float(image.max()) - image if dark else image, PIXEL)
    assert measured(found).density == pytest.approx(
        measured(find(drawn.image, PIXEL)).density, rel=0.02
    )


def test_dark_particles_are_counted_when_that_is_said_and_else_refused(
    drawn: Drawn, tmp_path: Path
) -> None:
    path = stored(tmp_path / "a.tif", 2 - drawn.image)
    plain = session.count_particles(path, pixel=PIXEL)
    assert plain.census.particles.crowded
    assert "--dark" in " ".join(plain.census.doubts)
    dark = session.count_particles(path, pixel=PIXEL, dark=True)
    assert dark.census.found.density == pytest.approx(drawn.density, rel=0.12)
    assert '"dark": true' in dark.files.summary.read_text(encoding="utf-8")


def test_blank_pictures_have_hardly_a_particle() -> None:
    number = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        ground = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)), 25)
        image = rng.standard_normal((SIDE, SIDE)) / 12 + 0.15 * ground / ground.std()
        number += len(find(image, PIXEL))
    assert number / (3 * (SIDE * PIXEL) ** 2) < 2e12, "a fifth of the sparsest published population"


# Edits.


def test_dividing_a_particle_keeps_every_pixel() -> None:
    one = find(np.zeros((200, 200)), PIXEL)
    one, _ = edited(one, [Added(100 * PIXEL, 100 * PIXEL, 30 * PIXEL)])
    two, left = edited(one, [Divided(94 * PIXEL, 100 * PIXEL, 106 * PIXEL, 100 * PIXEL)])
    assert not left
    assert len(two) == 2
    assert ((two.labels > 0) == (one.labels > 0)).all()
    assert two.diameter[0] == pytest.approx(two.diameter[1], rel=0.05)
    area = math.pi / 4 * (two.diameter**2).sum()
    assert area == pytest.approx((one.labels > 0).sum() * PIXEL**2, rel=1e-6)
    assert two.x[0] < 100 * PIXEL < two.x[1]


def test_a_particle_of_another_size_stays_where_it_is() -> None:
    one, _ = edited(find(np.zeros((200, 200)), PIXEL), [Added(4e-7, 3e-7, 8e-8)])
    other, left = edited(one, [Resized(4.1e-7, 3e-7, 1.2e-7)])
    assert not left
    assert (other.x[0], other.y[0]) == pytest.approx((4e-7, 3e-7))
    assert other.diameter[0] == 1.2e-7
    back, _ = edited(other, [Resized(4e-7, 3e-7, 8e-8)])
    assert np.array_equal(back.labels, one.labels)


@pytest.mark.parametrize(
    "edit",
    [Resized(1e-7, 1e-7, 5e-8), Resized(4e-7, 3e-7, 0.0), Divided(4e-7, 3e-7, 1e-7, 1e-7),
     Divided(4e-7, 3e-7, 4e-7, 3e-7), Divided(1e-7, 1e-7, 4e-7, 3e-7), Added(4e-7, 3e-7, -1e-8),
     Added(9e-6, 0.0, 5e-8), Struck(1e-7, 1e-7), Divided(4e-7, 3e-7, -1.0, 3e-7)],
)  # fmt: skip
def test_what_cannot_be_edited_is_handed_back_and_nothing_changes(
    edit: Struck | Added | Resized | Divided,
) -> None:
    one, _ = edited(find(np.zeros((200, 200)), PIXEL), [Added(4e-7, 3e-7, 8e-8)])
    same, left = edited(one, [edit])
    assert left == (edit,)
    assert np.array_equal(same.labels, one.labels)


def test_edits_of_every_kind_are_kept_and_made_again(drawn: Drawn, tmp_path: Path) -> None:
    path = stored(tmp_path / "a.tif", drawn.image)
    first = session.look_for_particles(path, PIXEL)
    large = int(np.argmax(first.seen.diameter))
    x, y = float(first.seen.x[large]), float(first.seen.y[large])
    far = [k for k in range(len(first.seen)) if k != large][:2]
    edits = (
        Struck(float(first.seen.x[far[0]]), float(first.seen.y[far[0]])),
        Resized(float(first.seen.x[far[1]]), float(first.seen.y[far[1]]), 6e-8),
        Divided(x - 3 * PIXEL, y, x + 3 * PIXEL, y),
        Added(1.9e-6, 0.02e-6, 4e-8),
    )
    by_hand = session.count_particles(path, pixel=PIXEL, edits=edits)
    assert edits_in(places(path).summary) == edits
    assert len(by_hand.census.particles) == len(first.seen) + 1
    again = session.count_particles(path, pixel=PIXEL)
    assert np.array_equal(again.census.particles.labels, by_hand.census.particles.labels)
    assert math.isnan(again.census.corrected.density)


def test_the_command_makes_every_edit_and_refuses_what_is_none(
    drawn: Drawn, tmp_path: Path
) -> None:
    path = stored(tmp_path / "a.tif", drawn.image)
    said = CliRunner().invoke(
        app,
        ["sem", str(path), "--pixel", "4 nm", "--resize", "0 um, 0 um, 0 nm",
         "--divide", "1 um, 1 um, 1 um, 1 um", "--add", "9 um, 9 um, 80 nm"],
    )  # fmt: skip
    told = " ".join(said.output.split())
    assert said.exit_code == 2
    for words in ("is not above 0", "no particle that has both", "outside of the picture"):
        assert words in told
    assert not places(path).summary.exists()
    for pixel, words in (("4 nm, 5 nm, 6 nm", "width and height"), ("4", "--pixel")):
        said = CliRunner().invoke(app, ["sem", str(path), "--pixel", pixel])
        assert said.exit_code == 2
        assert words in " ".join(said.output.split())


def test_eight_bits_and_sixteen_count_the_same(drawn: Drawn) -> None:
    eight = find(counts(drawn.image).astype(float), PIXEL)
    fine = find(drawn.image, PIXEL)
    assert measured(eight).density == pytest.approx(measured(fine).density, rel=0.03)
    with pytest.raises(PlanError):
        session.look_for_particles("no such picture.tif")
