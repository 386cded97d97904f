"""Pictures of one place on one another: what is planted in both is found at the same places."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from click.testing import Result
from picture_pages import Page
from scipy import ndimage
from typer.testing import CliRunner

from seccm import session
from seccm.arrays import FloatArray
from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.imaging.overlay.correlation import correlation, independent_places
from seccm.imaging.overlay.layers import grid_of, layer
from seccm.imaging.overlay.profile import Line, profile
from seccm.imaging.stage.similarity import Similarity, similarity
from seccm.session.overlays import Picture

UM = 1e-6
FIELD, FINE, COARSE = 12 * UM, 40e-9, 75e-9


@dataclass(frozen=True)
class Sample:
    """Something that is everywhere on a sample: a sum of waves, known at any place."""

    waves: FloatArray
    """kx, ky, phase, shape (waves, 3)."""

    def __call__(self, places: FloatArray) -> FloatArray:
        kx, ky, phase = self.waves.T
        at = np.cos(places[:, :1] * kx + places[:, 1:] * ky + phase).sum(axis=1)
        return at / math.sqrt(len(kx) / 2)


def sample(seed: int, length: float = 1.2 * UM, waves: int = 60) -> Sample:
    rng = np.random.default_rng(seed)
    k = rng.normal(0, 1 / length, (waves, 2)) * math.sqrt(2)
    return Sample(np.column_stack([k, rng.uniform(0, 6.3, waves)]))


def lies(seed: int, *, mirrored: bool = True, scale: float = 1.02) -> tuple[FloatArray, FloatArray]:
    """How the other picture lies: matrix and shift from it to the first one."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    h = -1.0 if mirrored else 1.0
    matrix = scale * np.array(
        [[np.cos(angle), -h * np.sin(angle)], [np.sin(angle), h * np.cos(angle)]]
    )
    middle = np.array([FIELD / 2, FIELD / 2])
    return matrix, middle - matrix @ (1.2 * middle)  # the other picture is larger


def pictured(on: Sample, shape: tuple[int, int], pixel: float, matrix: FloatArray | None = None,
             shift: FloatArray | None = None) -> FloatArray:  # fmt: skip
    rows, columns = np.indices(shape)
    places = (np.column_stack([columns.ravel(), rows.ravel()]) + 0.5) * pixel
    if matrix is not None:
        places = places @ matrix.T + shift
    return on(places).reshape(shape)


SHAPE = (int(FIELD / FINE), int(FIELD / FINE))
OTHER = (int(1.2 * FIELD / COARSE), int(1.2 * FIELD / COARSE))


def marks(seed: int, noise: float, count: int = 6, **how: bool) -> tuple[FloatArray, FloatArray]:
    """Landmarks in the other picture and in the first."""
    rng = np.random.default_rng(seed + 50)
    matrix, shift = lies(seed, **how)
    there = rng.uniform(0.2, 1.0, (count, 2)) * FIELD
    return there, there @ matrix.T + shift + noise * rng.standard_normal((count, 2))


def fitted(seed: int) -> Similarity:
    there, here = marks(seed, 0.0)
    return similarity(there, here, mirrored=True)


# One grid.


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_is_brought_to_where_it_belongs(seed: int) -> None:
    on, (matrix, shift) = sample(seed), lies(seed)
    other = pictured(on, OTHER, COARSE, matrix, shift)
    grid = grid_of(SHAPE, [FINE, COARSE])
    values, known = layer(other, COARSE, grid, fitted(seed))
    truth = on(grid.places()).reshape(grid.shape)
    assert known.mean() > 0.9
    assert np.sqrt(np.mean((values - truth)[known] ** 2)) < 0.01
    assert np.isnan(values[~known]).all()


def test_the_first_picture_stays_where_it_is() -> None:
    on = sample(1)
    first = pictured(on, SHAPE, FINE)
    same, known = layer(first, FINE, grid_of(SHAPE, [FINE]), None)
    assert known.all()
    assert same == pytest.approx(first, abs=1e-9)
    coarse, _ = layer(first, FINE, grid := grid_of(SHAPE, [FINE, COARSE]), None)
    assert coarse == pytest.approx(on(grid.places()).reshape(grid.shape), abs=0.02)


def test_the_grid_is_as_coarse_as_the_coarsest_picture() -> None:
    grid = grid_of((300, 200), [40e-9, 20e-9, 100e-9])
    assert grid.pixel == 100e-9
    assert grid.shape == (120, 80)


def test_what_is_finer_than_the_grid_is_averaged() -> None:
    noise = np.random.default_rng(0).standard_normal((400, 400))
    coarse, _ = layer(noise, 10e-9, grid_of((400, 400), [10e-9, 80e-9]), None)
    assert coarse.std() < 0.25


def test_places_that_are_not_known_stay_so() -> None:
    first = pictured(sample(1), SHAPE, FINE)
    first[100:150, 40:90] = math.nan
    values, known = layer(first, FINE, grid_of(SHAPE, [FINE]), None)
    assert (~known[100:150, 40:90]).all()
    assert np.isnan(values[~known]).all()
    assert known.sum() >= first.size - 52 * 52


# Correlations.


@pytest.mark.parametrize("planted", [-0.8, 0.0, 0.5, 0.9])
def test_what_is_planted_in_two_pictures_is_in_the_interval(planted: float) -> None:
    held, found = 0, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = (ndimage.gaussian_filter(rng.standard_normal((90, 90)), 2.5) for _ in range(2))
        a, b = a / a.std(), b / b.std()
        seen = correlation(a, planted * a + math.sqrt(1 - planted**2) * b, 1.0)
        held += seen.low < planted < seen.high
        found.append(seen.r)
    assert held >= 53  # 57 expected, 1.7 its standard deviation
    assert np.mean(found) == pytest.approx(planted, abs=0.03)


def test_pixels_that_are_alike_are_not_counted_as_independent() -> None:
    rng = np.random.default_rng(3)
    a, b = (rng.standard_normal((64, 64)) for _ in range(2))
    everywhere = np.ones(a.shape, bool)
    assert independent_places(a, b, everywhere) == pytest.approx(4096, rel=0.15)
    large = [np.kron(each, np.ones((4, 4))) for each in (a[:16, :16], b[:16, :16])]
    assert independent_places(*large, everywhere) < 4096 / 4


def test_few_places_and_flat_pictures_have_no_correlation() -> None:
    rows, columns = np.mgrid[:40, :40].astype(float)
    slope = correlation(rows, rows + 0.1 * columns, 1e-6)
    assert math.isnan(slope.low)
    flat = correlation(rows, np.full((40, 40), 7.0), 1e-6)
    assert math.isnan(flat.r)
    assert flat.pixels == 1600
    assert math.isnan(correlation(rows, np.full((40, 40), math.nan), 1e-6).r)


def test_ranks_find_what_is_no_straight_line() -> None:
    a = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((80, 80)), 1.5)
    found = correlation(a, np.exp(20 * a), 1.0)
    assert found.ranks == pytest.approx(1.0)
    assert found.r < 0.97


def test_the_area_of_a_correlation_is_that_of_the_pixels_that_count() -> None:
    rows, columns = np.mgrid[:120, :120]
    inside = np.where(np.hypot(rows - 60, columns - 60) < 50, 1.0, math.nan)
    a, b = np.random.default_rng(0).standard_normal((2, 120, 120))
    found = correlation(a * inside, b * inside, 40e-9)
    assert found.area == pytest.approx(math.pi * (50 * 40e-9) ** 2, rel=0.01)
    assert found.area == pytest.approx(found.pixels * (40e-9) ** 2)


# Profiles.


def test_a_profile_is_what_is_along_the_line() -> None:
    on = sample(2)
    values = pictured(on, SHAPE, FINE)
    line = Line(2 * UM, 3 * UM, 9 * UM, 8 * UM, 0.2 * UM)
    found = profile(values, FINE, line)
    ahead = np.array([7.0, 5.0]) / math.hypot(7, 5)
    places = np.array([2 * UM, 3 * UM]) + found.along[:, None] * ahead
    assert found.along[-1] == pytest.approx(line.length)
    assert found.mean == pytest.approx(on(places), abs=0.05)
    assert found.area == pytest.approx(0.2 * UM * FINE, rel=0.02)
    assert (found.sd >= 0).all()


def test_a_profile_that_leaves_the_picture_is_not_known_there() -> None:
    values = pictured(sample(2), SHAPE, FINE)
    found = profile(values, FINE, Line(10 * UM, 6 * UM, 14 * UM, 6 * UM, FINE))
    outside = found.along > 2 * UM
    assert np.isnan(found.mean[outside]).all()
    assert np.isfinite(found.mean[found.along < 1.9 * UM]).all()
    assert np.isnan(found.sd).all()  # a band of one pixel has none


# From files.


def folder_of(tmp_path: Path, seed: int, noise: float = 0.02 * UM, shared: float = 0.9) -> Path:
    """Two pictures that have a part in common, and landmarks."""
    on, more = sample(seed), sample(seed + 100)
    matrix, shift = lies(seed)
    tifffile.imwrite(tmp_path / "irm.tif", pictured(on, SHAPE, FINE).astype(np.float32))
    other = shared * pictured(on, OTHER, COARSE, matrix, shift)
    other += math.sqrt(1 - shared**2) * pictured(more, OTHER, COARSE, matrix, shift)
    tifffile.imwrite(tmp_path / "afm.tif", other.astype(np.float32))
    there, here = marks(seed, noise)
    lines = [
        f"{x / FINE},{y / FINE},{u / COARSE},{v / COARSE},bump {k}"
        for k, ((u, v), (x, y)) in enumerate(zip(there, here, strict=True))
    ]
    text = "\n".join(["x (px),y (px),other x (px),other y (px),label", *lines])
    (tmp_path / "marks.csv").write_text(text, encoding="utf-8")
    return tmp_path


def command(folder: Path, *more: str, mirrored: bool = True) -> Result:
    afm = str(folder / "afm.tif")
    line = [
        "overlay", str(folder / "irm.tif"), afm, "--landmarks", str(folder / "marks.csv"),
        "--pixel", "40 nm", "--pixel", "75 nm", *(["--mirrored", afm] if mirrored else []), *more,
    ]  # fmt: skip
    return CliRunner().invoke(app, line)


def laid(folder: Path, **how: object):  # type: ignore[no-untyped-def]
    other = Picture(folder / "afm.tif", folder / "marks.csv", True, COARSE)
    return session.lay_over(
        folder / "irm.tif", [other], **{"pixel": FINE, "error": 0.05 * UM, **how}
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_two_pictures_share_is_found_through_their_landmarks(
    tmp_path: Path, seed: int
) -> None:
    made = laid(folder_of(tmp_path, seed))
    (found,) = made.correlations.values()
    assert found.low < 0.9 < found.high
    assert found.by_transform < 0.03
    assert made.layers[1].error < 0.1 * UM


def test_landmarks_that_are_less_sure_make_correlations_less_sure(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1, noise=0.25 * UM)
    (worse,) = laid(folder, error=0.3 * UM).correlations.values()
    (better,) = laid(folder_of(tmp_path, 1)).correlations.values()
    assert worse.by_transform > 3 * better.by_transform
    assert worse.r == pytest.approx(better.r, abs=3 * worse.by_transform)


def test_overlay_on_the_command_line(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 2)
    done = command(folder, "--region", "6 um, 6 um, 8 um", "--line", "2 um, 6 um, 10 um, 6 um")
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "6 of 6 landmarks agree" in words
    assert "of ranks" in words
    told = json.loads((folder / "irm.tif.overlay.json").read_text(encoding="utf-8"))
    assert told["area"] == pytest.approx(math.pi * 16e-12, rel=0.01)
    assert [len(each["sha256"]) for each in told["layers"]] == [64, 64]
    assert np.array(told["layers"][1]["covariance"]).shape == (4, 4)
    matrix, _ = lies(2)
    assert np.array(told["layers"][1]["matrix"]) == pytest.approx(matrix, abs=0.02)
    with h5py.File(folder / "irm.tif.overlay.h5") as file:
        assert file["layer_1"].attrs["name"] == "afm.tif"
        assert file["layer_0"].shape == file["layer_1"].shape
    rows = (folder / "irm.tif.overlay.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "along (um),irm.tif,irm.tif: sd across,afm.tif,afm.tif: sd across"
    assert len(rows) == 1 + int(8 * UM / COARSE) + 1
    page = Page(folder / "irm.tif.overlay.html")
    (found,) = told["correlations"]
    assert page.rows("Correlations") == [
        [
            "irm.tif and afm.tif",
            f"{found['r']:.3g}",
            f"{found['low']:.3g} to {found['high']:.3g}",
            f"{found['ranks']:.3g}",
            f"{found['by_transform']:.2g}",
            f"{found['independent']:.0f}",
            str(found["pixels"]),
        ]
    ]
    assert [row[2] for row in page.rows("Landmarks of afm.tif")] == ["yes"] * 6
    assert page.facts["line"] == "2.00, 6.00 to 10.00, 6.00 µm"
    assert set(page.links) == {f"irm.tif.overlay.{end}" for end in ("png", "h5", "json", "csv")}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--landmarks", "marks.csv"), "1 other picture and 2 tables"),
        (("--region", "6 um, 6 um"), "3 are needed"),
        (("--line", "1 um, 1 um, 1 um, 1 um"), "begins where it ends"),
        (("--mirrored", "else.tif"), "none of the other pictures"),
        (("--pixel", "1 nm"), "3 values, but there are 2 pictures"),
        (("--region", "6 um, 6 um, 0.1 um"), "pixels in common"),
        (("--error", "0 um"), "must be more than 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    folder = folder_of(tmp_path, 0)
    done = command(folder, *more)
    assert done.exit_code == 2, done.output
    assert told in " ".join(done.output.split())
    assert not list(folder.glob("*.overlay.*"))


def test_pictures_that_landmarks_do_not_determine_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 0)
    assert "far better" in " ".join(command(folder, mirrored=False).output.split())
    lines = (folder / "marks.csv").read_text(encoding="utf-8").splitlines()
    (folder / "marks.csv").write_text("\n".join(lines[:3]), encoding="utf-8")
    done = command(folder)
    assert done.exit_code == 2
    assert "2 landmarks, and 3 are needed" in " ".join(done.output.split())
    on_line = [f"{k},{2 * k},{k},{2 * k},m" for k in range(20, 100, 20)]
    (folder / "marks.csv").write_text("\n".join([lines[0], *on_line]), encoding="utf-8")
    assert "on a line" in " ".join(command(folder).output.split())


def test_a_map_of_a_film_is_a_picture_too(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 3)
    values = tifffile.imread(folder / "irm.tif").astype(float)
    with h5py.File(folder / "film.tif.irm.h5", "w") as file:
        file["onset"] = values
        file["t"] = np.arange(3.0)
        file.attrs["place"] = FINE
    other = Picture(folder / "afm.tif", folder / "marks.csv", True, COARSE)
    made = session.lay_over(folder / "film.tif.irm.h5:onset", [other], error=0.05 * UM)
    (found,) = made.correlations.values()
    assert found.low < 0.9 < found.high
    assert made.maps.name == "film.tif.irm.h5.onset.overlay.h5"
    with pytest.raises(PlanError, match="there is no map 'end'; there are onset"):
        session.lay_over(folder / "film.tif.irm.h5:end", [other], error=0.05 * UM)
    with pytest.raises(PlanError, match="cannot be read as the maps"):
        session.lay_over(folder / "none.irm.h5:end", [other], error=0.05 * UM)


def test_two_pictures_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 3)
    other = Picture(folder / "afm.tif", folder / "marks.csv", True, COARSE)
    made = session.lay_over(folder / "irm.tif", [other, other], pixel=FINE, error=0.05 * UM)
    assert [each.name for each in made.layers] == ["irm.tif", "afm.tif", "afm.tif (2)"]
    assert made.correlations["afm.tif", "afm.tif (2)"].r == pytest.approx(1.0)
