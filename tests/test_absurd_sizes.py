"""Sizes that nobody can mean are refused in words: areas, places, footprints and options."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seccm.cli.film_commands import rate_of
from seccm.cli.image_commands import lengths, pixel_of
from seccm.errors import DataFileError, PlanError
from seccm.imaging.sem.region import circle, polygon
from seccm.readers.said import Said, read_places
from seccm.session.area_table import read_areas
from seccm.session.micrographs import _corners, _region

TAKEN: Any = SimpleNamespace(image=np.zeros((200, 300)), pixel=10e-9)
PICTURE = Path("a.tif")


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


# ------------------------------------------------------------------ tables of areas


@pytest.mark.parametrize("head", ["site, area (um^2)", "site, diameter (m)", "site, diameter (um)"])
@pytest.mark.parametrize("size", ["1e200", "1e300", "5e-324", "1e-320", "1e13"])
def test_no_footprint_is_so_large_or_so_small(tmp_path: Path, head: str, size: str):
    with pytest.raises(PlanError, match="line 2"):
        read_areas(written(tmp_path / "a.csv", f"{head}\n0, {size}\n"), 3)


def test_an_uncertainty_that_nobody_can_mean_is_told_with_its_column(tmp_path: Path):
    table = "site, diameter (um), uncertainty (um)\n0, 2, 1e300\n"
    with pytest.raises(PlanError, match="uncertainty must be at most 1 m"):
        read_areas(written(tmp_path / "a.csv", table), 3)


@pytest.mark.parametrize("site", ["9" * 19, "9" * 5_000, "3"])
def test_a_site_that_is_not_there_is_told_however_long_its_number(tmp_path: Path, site: str):
    with pytest.raises(PlanError, match="there is no site") as caught:
        read_areas(written(tmp_path / "a.csv", f"site, area (um^2)\n{site}, 2\n"), 3)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("size", "value"), [("1e-6", 1e-18), ("7.5", 7.5e-12), ("1e9", 1e-3)])
def test_sizes_that_somebody_may_mean_are_taken(tmp_path: Path, size: str, value: float):
    found = read_areas(written(tmp_path / "a.csv", f"site, area (um^2)\n0, {size}\n"), 3)
    assert found[0].value == pytest.approx(value)


# ------------------------------------------------------------------ what is said of an import


@pytest.mark.parametrize("said", ["1e200 m", "5 m", "0 um", "-2 um", "2"])
def test_a_footprint_of_an_import_is_one_of_a_droplet(tmp_path: Path, said: str):
    with pytest.raises(DataFileError, match=r"footprint|write"):
        Said.of({"footprint": said}, tmp_path, "the options")


@pytest.mark.parametrize("said", ["1e300 s", "1 ym", "100 days"])
def test_a_period_of_an_import_is_one_of_an_instrument(tmp_path: Path, said: str):
    with pytest.raises(DataFileError):
        Said.of({"period": said}, tmp_path, "the options")


@pytest.mark.parametrize("cell", ["1_0", "nan", "inf", "1e999", "", "1,5", "٣", "0x10", "1 0"])
def test_a_place_is_a_plain_number_and_nothing_that_only_looks_like_one(tmp_path: Path, cell: str):
    table = written(tmp_path / "a.csv", f'site, x (um), y (um)\na, 1, 2\nb, "{cell}", 3\n')
    with pytest.raises(ValueError, match="line 3"):
        read_places(table)


def test_places_as_people_write_them_are_taken(tmp_path: Path):
    table = written(tmp_path / "a.csv", "site, x (um), y (mm)\na, -1.5, 2e-3\nb, +.5, 0\n")
    found = read_places(table)
    assert (found["a"].x, found["a"].y) == pytest.approx((-1.5e-6, 2e-6))
    assert (found["b"].x, found["b"].y) == pytest.approx((0.5e-6, 0.0))


# ------------------------------------------------------------------ footprints in a picture


@pytest.mark.parametrize(
    "said",
    [
        "1 um, 1 um, 1e200 m", "1e200 m, 1 um, 1 um", "1 um, 1 um, -1 um", "1 um, 1 um, 0 um",
        "1 um, 1 um, 5", "1 um, 1 um, 1 V", "1 mm, 1 mm, 1 um", "1 um, 1 um, 20 nm",
    ],
)  # fmt: skip
def test_a_footprint_that_is_none_of_the_picture_is_refused_in_words(said: str):
    with pytest.raises(PlanError, match="footprint"):
        _region(TAKEN, said, PICTURE, seen=None)  # type: ignore[arg-type]


def test_a_footprint_is_the_circle_that_was_said():
    region = _region(TAKEN, "1.5 um, 1 um, 1 um", PICTURE, seen=None)  # type: ignore[arg-type]
    assert region is not None
    assert region.sum() == pytest.approx(math.pi * 50**2, rel=0.01)
    rows, columns = np.nonzero(region)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((150.0, 100.0))
    assert _region(TAKEN, "", PICTURE, seen=None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["nan, 1", "1_0, 2", "inf, 1", "1", "1, 2, 3", "a, b", "1 um, 2"])
def test_a_corner_that_is_not_two_numbers_is_told_with_its_line(tmp_path: Path, line: str):
    path = written(tmp_path / "a.txt", f"x, y\n0, 0\n1, 0\n1, 1\n{line}\n")
    with pytest.raises(PlanError, match="line 5"):
        _corners(path)


@pytest.mark.parametrize("mark", [",", ";", ", ", " ; "])
@pytest.mark.parametrize("head", ["", "x (um), y (um)\n"])
def test_corners_are_micrometres_with_and_without_a_head(tmp_path: Path, mark: str, head: str):
    lines = "\n".join(mark.join(pair) for pair in (("0", "0"), ("2", "0"), ("2", "1.5")))
    found = _corners(written(tmp_path / "a.txt", f"{head}{lines}\n\n"))
    assert found == pytest.approx(1e-6 * np.array([[0, 0], [2, 0], [2, 1.5]]))
    half = polygon((200, 300), 10e-9, found).sum()
    assert half == pytest.approx(0.5 * 200 * 150, rel=0.03)


def test_two_corners_are_no_polygon(tmp_path: Path):
    with pytest.raises(PlanError, match="3 are needed"):
        _corners(written(tmp_path / "a.txt", "0, 0\n1, 1\n"))


def test_a_circle_moves_and_grows_as_it_is_told():
    small, large = (circle((100, 100), 1e-8, 5e-7, 5e-7, d).sum() for d in (2e-7, 4e-7))
    assert large == pytest.approx(4 * small, rel=0.03)
    assert circle((100, 100), 1e-8, 5e-5, 5e-5, 2e-7).sum() == 0


# ------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("text", "pixel"),
    [("", None), ("40 nm", 40e-9), ("40 nm, 50 nm", (40e-9, 50e-9)), ("0.04um", 40e-9)],
)
def test_a_pixel_has_one_length_or_two(text: str, pixel: Any):
    found = pixel_of(text, PICTURE)
    assert found == (None if pixel is None else pytest.approx(pixel))


@pytest.mark.parametrize("text", ["40", "nm", "1 nm, 2 nm, 3 nm", "40 V", "1 nm,", ","])
def test_what_is_no_pixel_is_refused_with_its_option(text: str):
    with pytest.raises(PlanError, match="--pixel"):
        pixel_of(text, PICTURE)


def test_each_wrong_length_of_an_option_is_told():
    with pytest.raises(PlanError) as caught:
        lengths(["1 um, 2 um", "1 um", "1 V, 2 V"], 2, PICTURE, "--divide")
    assert len(caught.value.problems) == 2
    assert lengths(["1 um, 2 um"], 2, PICTURE, "--add") == [pytest.approx((1e-6, 2e-6))]


@pytest.mark.parametrize(("text", "rate"), [("", None), ("4.3 Hz", 4.3), ("2 1/s", 2.0)])
def test_a_rate_of_frames(text: str, rate: float | None):
    assert rate_of(text, PICTURE) == rate


@pytest.mark.parametrize("text", ["4.3", "0 Hz", "-1 Hz", "4 s", "fast"])
def test_what_is_no_rate_of_frames_is_refused_with_its_option(text: str):
    refuses: Callable[[str, Path], float | None] = rate_of
    with pytest.raises(PlanError, match="--rate"):
        refuses(text, PICTURE)
