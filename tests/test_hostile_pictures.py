"""Pictures and films that nobody should give: each ends in a sentence, none in a false number."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from drawn_micrographs import PIXEL, TABLE_1, counts, picture
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.imaging.irm.film_file import open_film
from seccm.imaging.irm.lit import Unseen, lit
from seccm.imaging.reading import Refused, numbers_of
from seccm.imaging.sem.census import census
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.model_image import Look, Population
from seccm.imaging.sem.particles import find

SIDE = 64
GREY = np.random.default_rng(0).integers(40, 200, (SIDE, SIDE)).astype(np.uint8)


def refused(path: Path, read: Callable[[Path], object] | None = None) -> str:
    with pytest.raises(PlanError) as failed:
        (read or (lambda at: read_micrograph(at, PIXEL)))(path)
    (problem,) = failed.value.problems
    assert problem.remedy
    return f"{problem.where} {problem.what} {problem.remedy}"


def told(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def with_tag(path: Path, name: str, value: int) -> Path:
    """Write a picture that claims something of itself."""
    tifffile.imwrite(path, GREY)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        tag = file.pages.first.tags[name]
        struct.pack_into("<HHII", content, tag.offset, tag.code, 4, 1, value)
    path.write_bytes(content)
    return path


# Pictures.

SPOILT = np.where(np.arange(SIDE * SIDE).reshape(SIDE, SIDE) == 5, np.nan, 1.0 * GREY)
PICTURES = {
    "one row": (GREY[:1], "has 1 x 64 pixels, and at least 32 x 32 are needed"),
    "one column": (GREY[:, :1], "has 64 x 1 pixels"),
    "not quite": (GREY[:31], "has 31 x 64 pixels"),
    "one bit": (GREY > 100, "black or white only"),
    "complex": (GREY.astype(np.complex64), "complex numbers"),
    "a gap": (SPOILT.astype(np.float32), "has 1 of 4096 pixels that are not numbers"),
    "endless": (np.full((SIDE, SIDE), np.inf, np.float32), "4096 of 4096 pixels"),
    "absurdly bright": (GREY * 1e300, "brightness of 2e+302"),
    "absurdly dark": (GREY * 1e-300, "brightness of 1.6e-298"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_numbers_that_are_none_says_what_and_where_the_limit_is(
    tmp_path: Path, name: str
) -> None:
    pixels, what = PICTURES[name]
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    assert what in refused(tmp_path / "a.tif")


def test_a_picture_in_colours_is_not_said_to_be_drawn_on(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, GREY // 2, 255 - GREY], -1),
                     photometric="rgb")  # fmt: skip
    said = refused(tmp_path / "a.tif")
    assert "is in colours" in said
    assert "drawn" not in said
    assert "e+" not in said


@pytest.mark.parametrize(
    ("tag", "value", "what"),
    [
        ("Compression", 9999, "packed by a method that is not known here, or is damaged (number"),
        ("Compression", 34712, "is damaged (JPEG2000)"),
        ("ImageWidth", 100_000, "cannot be read as a TIFF picture"),
        ("ImageWidth", 2**31, "million are read"),
        ("ImageLength", 0, "at least 32 x 32"),
        ("StripOffsets", 2**30, "cannot be read"),
        ("StripByteCounts", 0, "1 of 1 parts of the picture were never written"),
    ],
)
def test_a_picture_that_claims_what_it_is_not_is_refused(
    tmp_path: Path, tag: str, value: int, what: str
) -> None:
    path = with_tag(tmp_path / "a.tif", tag, value)
    assert what in refused(path)


@pytest.mark.parametrize("kept", [0, 4, 8, 20, 100, 300, 2000])
def test_a_picture_that_was_cut_off_says_so_and_the_log_stays_silent(
    tmp_path: Path, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    path = tmp_path / "a.tif"
    path.write_bytes(path.read_bytes()[:kept])
    assert "cannot be read as a TIFF picture" in refused(path)
    assert not caplog.records


def test_numbers_of_every_type_stay_what_they_are() -> None:
    for kind in (np.uint8, np.uint16, np.uint32, np.int16, np.float16, np.float32, np.float64):
        np.testing.assert_array_equal(numbers_of(GREY.astype(kind)), GREY)
    assert not numbers_of(np.zeros((0, 4))).size
    with pytest.raises(Refused):
        numbers_of(np.array(["a"]))


# Micrographs that show nothing, or no ground.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("look", [Look(texture=0.0), Look(texture=0.02)])
def test_noise_is_no_crowd(seed: int, look: Look) -> None:
    blank = picture(Population(0.0, 72e-9, 1e-9), seed, 200, look)
    found = find(blank.image, PIXEL)
    assert not found.crowded
    assert found.coverage < 0.01


@pytest.mark.parametrize("density", [1.5e14, 2.5e14])
def test_a_crowd_is_one_still(density: float) -> None:
    assert find(picture(Population(density, 60e-9, 18e-9), 1, 160).image, PIXEL).crowded


def test_a_picture_of_one_shade_has_no_particle_and_no_size(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((SIDE, SIDE), 7, np.uint8))
    code, said = told("sem", str(tmp_path / "a.tif"), "--pixel", "4 nm", "--footprint",
                      "128 nm, 128 nm, 200 nm")  # fmt: skip
    assert code == 0, said
    assert "No particle stands out from the ground." in said
    assert "nan" not in said
    assert "diameter" not in said


def test_a_ground_that_was_clipped_is_not_corrected() -> None:
    drawn = picture(TABLE_1["0.78 mA"], 41, 200)
    clipped = np.clip(counts(drawn.image).astype(float) - 75, 0, None)
    found = census(clipped, PIXEL)
    assert len(found.particles) > 4
    assert "of one shade" in " ".join(found.doubts)
    assert not found.corrected.trusted


# Films.


def frames(count: int = 12) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [(1000 + 5 * rng.standard_normal((SIDE, SIDE))).astype(np.uint16) for _ in range(count)]


def film(path: Path, pages: list[np.ndarray]) -> Path:
    with tifffile.TiffWriter(path) as file:
        for page in pages:
            file.write(page, contiguous=False, metadata=None)
    return path


ODD = {
    "another size": (np.zeros((40, SIDE), np.uint16), "has 40 x 64 pixels, and the first frame"),
    "colours": (np.zeros((SIDE, SIDE, 3), np.uint8), "has 64 x 64 x 3 pixels"),
    "a gap": (SPOILT.astype(np.float32), "pixels that are not numbers"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_film_with_a_frame_unlike_the_others_names_it(tmp_path: Path, name: str) -> None:
    pages = frames()
    pages[9], what = ODD[name]
    opened = open_film(film(tmp_path / "f.tif", pages), 5.0)
    said = refused(opened.path, lambda _: list(opened.frames()))
    assert said.startswith("frame 10 ")
    assert what in said


@pytest.mark.parametrize(
    ("page", "what"),
    [
        (GREY[:, :20], "its pages have 64 x 20 pixels: at least 64 x 64"),
        (np.stack([GREY] * 3, -1), "not pictures in shades of grey: 64 x 64 x 3"),
        (GREY.astype(np.complex64), "not pictures in shades of grey"),
    ],
)
def test_a_film_whose_pages_are_none_is_refused(
    tmp_path: Path, page: np.ndarray, what: str
) -> None:
    path = film(tmp_path / "f.tif", [page] * 8)
    assert what in refused(path, lambda at: open_film(at, 5.0))


LUT = np.tile(np.arange(256, dtype=np.uint16) * 257, (3, 1))


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"photometric": "miniswhite"}, "the larger the darker"),
        ({"photometric": "palette", "colormap": LUT}, "colours of a palette"),
    ],
)
def test_a_film_whose_numbers_are_no_brightness_is_refused(
    tmp_path: Path, how: dict[str, object], what: str
) -> None:
    """Read as they are, they would turn the sign of the contrast, or be anything."""
    path = tmp_path / "f.tif"
    pages = [np.uint8(page >> 3) for page in frames()]
    with tifffile.TiffWriter(path) as file:
        for page in pages:
            file.write(page, contiguous=False, metadata=None, **how)  # type: ignore[arg-type]
    said = refused(path, lambda at: open_film(at, 5.0))
    assert what in said
    assert "black as 0" in said
    with tifffile.TiffWriter(path) as file:
        for k, page in enumerate(pages):
            odd = how if k == 6 else {}
            file.write(page, contiguous=False, metadata=None, **odd)  # type: ignore[arg-type]
    opened = open_film(path, 5.0)
    assert refused(path, lambda _: list(opened.frames())).startswith("frame 7 ")


def test_a_palette_of_imagej_changes_no_number(tmp_path: Path) -> None:
    path = tmp_path / "f.tif"
    pages = np.stack([np.uint8(page >> 3) for page in frames()])
    tifffile.imwrite(path, pages, imagej=True, colormap=LUT[:, ::-1].copy(),
                     metadata={"finterval": 0.2, "axes": "TYX"})  # fmt: skip
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.photometric == 3
    np.testing.assert_array_equal(list(open_film(path).frames()), pages)


@pytest.mark.parametrize("content", [b"", b"II*\0", b"hello world", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_film_is_said_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.tif").write_bytes(content)
    assert "cannot be read as a TIFF film" in refused(tmp_path / "f.tif", open_film)


@pytest.mark.parametrize("pixel", ["0 nm", "-40 nm", "1 m", "1 pm"])
def test_a_scale_that_no_microscope_has_is_refused(tmp_path: Path, pixel: str) -> None:
    path = film(tmp_path / "f.tif", frames())
    code, said = told("irm", str(path), "--pixel", pixel, "--rate", "5 Hz", "--contact", "6")
    assert code == 2
    assert "outside of 1 nm to 10 um" in said
    assert [each.name for each in tmp_path.iterdir()] == ["f.tif"]


def test_a_film_without_light_is_refused_with_the_frame(tmp_path: Path) -> None:
    pages = frames()
    pages[7] = np.zeros_like(pages[7])
    for contact in ([], ["--contact", "6"]):
        code, said = told("irm", str(film(tmp_path / "f.tif", pages)), "--pixel", "40 nm",
                          "--rate", "5 Hz", *contact)  # fmt: skip
        assert code == 2
        assert "frame 8 has no light" in said or "no footprint" in said


def taking(pages: list[np.ndarray]):  # type: ignore[no-untyped-def]
    return lambda start, stop: iter(page.astype(float) for page in pages[start:stop])


def test_pixels_without_light_have_that_of_the_nearest_and_it_is_told() -> None:
    pages = frames()
    for page in pages:
        page[3, 3] = page[40, 41] = 0
    seen, before, said = lit(taking(pages), 6)
    assert (np.mean(before, axis=0) > 0).all()
    assert len(before) == 6
    assert "2 pixels without light" in said[0]
    for frame, page in zip(seen(4, 9), pages[4:9], strict=True):
        near = page[2:5, 2:5].astype(float)
        assert frame[3, 3] in near[near > 0]
        same = np.ones(page.shape, bool)
        same[3, 3] = same[40, 41] = False
        np.testing.assert_array_equal(frame[same], page[same])


def test_a_film_that_is_mostly_dark_is_not_looked_at() -> None:
    pages = frames()
    for page in pages:
        page[:, :8] = 0
    with pytest.raises(Unseen, match="512 of 4096 pixels are dark") as failed:
        lit(taking(pages), 6)
    assert "Cut out" in failed.value.remedy


# Maps of films in overlays.


@pytest.mark.parametrize("place", ["small", [1.0, 2.0], np.nan, 0.0, -1e-7])
def test_a_map_without_a_length_is_not_laid_over(tmp_path: Path, place: object) -> None:
    with h5py.File(tmp_path / "f.irm.h5", "w") as file:
        file["onset"] = np.ones((40, 40))
        file.attrs["place"] = place
    (tmp_path / "m.csv").write_text("x (um),y (um),other x (um),other y (um)\n1,1,1,1\n")
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    code, said = told("overlay", f"{tmp_path / 'f.irm.h5'}:onset", str(tmp_path / "a.tif"),
                      "--landmarks", str(tmp_path / "m.csv"), "--pixel", "", "--pixel",
                      "40 nm")  # fmt: skip
    assert code == 2
    assert "cannot be read as the maps of a film" in said
