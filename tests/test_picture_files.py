"""Pictures as microscopes and programs store them, and as they should never be taken."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from drawn_micrographs import PIXEL, TABLE_1, counts, picture, stored
from PIL import Image

from seccm import session
from seccm.errors import PlanError
from seccm.imaging.sem.micrograph import read_micrograph
from seccm.imaging.sem.picture_file import bar_from

SIDE = 320
FEI = "[Scan]\r\nPixelWidth={w}\r\nPixelHeight={h}\r\n"
FEI += "[Image]\r\nResolutionX={x}\r\nResolutionY={y}\r\n"
TESCAN = "[MAIN]\r\nPixelSizeX=4e-9\r\nPixelSizeY=4e-9\r\nImageStripSize=40\r\n"
HITACHI = "[SemImageFile]\r\nInstructName=SU8010\r\nDataSize=320x320\r\nPixelSize=4.0\r\n"


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return picture(TABLE_1["0.78 mA"], 8, SIDE).image


def fei(w: str = "4e-009", h: str = "4e-009", x: int = SIDE, y: int = SIDE, more: str = "") -> str:
    return FEI.format(w=w, h=h, x=x, y=y) + more


def beside(path: Path, name: str, content: str | bytes) -> Path:
    at = path.with_name(name)
    at.write_bytes(content if isinstance(content, bytes) else content.encode("latin-1"))
    return path


def with_bar(image: np.ndarray, rows: int = 40, shade: int = 0) -> np.ndarray:
    """Return a picture with a bar of writing below it."""
    bar = np.full((rows, image.shape[1]), shade, np.uint8)
    bar[rows // 4 : rows // 2, 20:60:3] = 255 - shade
    bar[rows // 2 : 3 * rows // 4, 150:280:2] = 255 - shade
    return np.vstack([counts(image), bar])


def refused(path: Path, **settings: object) -> str:
    with pytest.raises(PlanError) as error:
        session.count_particles(path, **settings)  # type: ignore[arg-type]
    return str(error.value)


# Scales.


def test_numbers_with_the_comma_of_a_country_are_numbers(tmp_path: Path, image: np.ndarray) -> None:
    taken = read_micrograph(stored(tmp_path / "a.tif", image, fei("4,0e-009", "4,0e-009")))
    assert taken.pixel == pytest.approx(PIXEL)


def test_texts_beside_a_picture_are_read_whatever_their_country(
    tmp_path: Path, image: np.ndarray
) -> None:
    jeol = "$CM_COMMENT \xb1\x83\xfc\n$CM_FULL_SIZE 320 320\n$$SM_MICRON_BAR 125\n"
    jeol += "$$SM_MICRON_MARKER 0.5um\n"
    plain = tmp_path / "a"
    for name, content, source in (
        ("j.txt", jeol.encode("latin-1"), "JEOL"),
        ("k.TXT", jeol.replace("0.5um", "500nm").encode("latin-1"), "JEOL"),
        ("h.txt", HITACHI.encode("utf-16"), "Hitachi"),
        ("t.hdr", TESCAN.encode(), "Tescan"),
        ("u-tif.hdr", TESCAN.encode(), "Tescan"),
    ):
        plain = tmp_path / name.split(".")[0].removesuffix("-tif")
        path = stored(plain.with_suffix(".tif"), image)
        taken = read_micrograph(beside(path, name, content))
        assert taken.pixel == pytest.approx(PIXEL), name
        assert source in taken.scale_from


def test_what_a_tescan_writes_into_its_picture_is_read_too(
    tmp_path: Path, image: np.ndarray
) -> None:
    path = tmp_path / "a.tif"
    tag = (50431, "B", len(TESCAN), TESCAN.encode(), True)
    tifffile.imwrite(path, with_bar(image), extratags=[tag])
    taken = read_micrograph(path)
    assert taken.pixel == pytest.approx(PIXEL)
    assert taken.image.shape == (SIDE, SIDE), "ImageStripSize"


@pytest.mark.parametrize("columns", [2 * SIDE, SIDE // 2])
def test_the_scale_of_a_picture_that_was_scaled_afterwards_is_not_believed(
    tmp_path: Path, image: np.ndarray, columns: int
) -> None:
    path = stored(tmp_path / "a.tif", image, fei(x=columns))
    said = refused(path)
    assert f"{columns} columns" in said
    assert "original" in said
    assert read_micrograph(path, 8e-9).pixel == 8e-9, "unless the scale is given"


def test_the_same_holds_for_zeiss(tmp_path: Path, image: np.ndarray) -> None:
    zeiss = "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.000 nm\r\n"
    zeiss += "DP_IMAGE_STORE\r\nStore resolution = {} * 768\r\n"
    good = stored(tmp_path / "a.tif", image, zeiss.format(SIDE), 34118)
    assert read_micrograph(good).pixel == pytest.approx(PIXEL)
    bad = stored(tmp_path / "b.tif", image, zeiss.format(1024), 34118)
    assert "1024 columns" in refused(bad)


def test_pixels_that_are_not_square_are_made_so_and_lengths_stay(
    tmp_path: Path, image: np.ndarray
) -> None:
    """Whichever axis is finer, particles are where they were, on the sample."""
    places = []
    for turned in (False, True):
        thin = image[::2] if not turned else image[:, ::2]
        sides = ("4e-009", "8e-009") if not turned else ("8e-009", "4e-009")
        meta = fei(*sides, x=thin.shape[1], y=thin.shape[0])
        taken = read_micrograph(stored(tmp_path / f"{turned}.tif", thin, meta))
        assert taken.pixel == pytest.approx(8e-9)
        assert taken.image.shape == (SIDE // 2, SIDE // 2)
        assert "square" in taken.notes[0]
        places.append(taken.image)
    assert np.corrcoef(places[0].ravel(), places[1].ravel())[0, 1] > 0.9


def test_width_and_height_of_a_pixel_can_be_given(tmp_path: Path, image: np.ndarray) -> None:
    path = stored(tmp_path / "a.tif", image[::2])
    taken = read_micrograph(path, (4e-9, 8e-9))
    assert taken.image.shape == (SIDE // 2, SIDE // 2)
    path = stored(tmp_path / "b.tif", image, fei("4e-009", "5e-009"))
    assert "4 nm by 5 nm" in refused(path, pixel=4e-9).replace(" ", " ")


def test_a_tilted_sample_has_rows_farther_apart(tmp_path: Path, image: np.ndarray) -> None:
    tilt = math.radians(52.0)
    more = f"[Stage]\r\nStageT={tilt:.6f}\r\n[EBeam]\r\nTiltCorrectionIsOn="
    tilted = read_micrograph(stored(tmp_path / "a.tif", image, fei(more=more + "no\r\n")))
    area = tilted.image.size * tilted.pixel**2
    assert area == pytest.approx((SIDE * PIXEL) ** 2 / math.cos(tilt), rel=0.02)
    assert "tilted by 52 deg" in " ".join(tilted.notes)
    right = read_micrograph(stored(tmp_path / "b.tif", image, fei(more=more + "yes\r\n")))
    assert right.image.size * right.pixel**2 == pytest.approx((SIDE * PIXEL) ** 2)
    assert right.notes == ()
    steep = more.replace(f"{tilt:.6f}", "1.5") + "no\r\n"
    assert "from above" in refused(stored(tmp_path / "c.tif", image, fei(more=steep)))


# Bars of text.


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_bar_that_nobody_speaks_of_is_found_and_told(
    tmp_path: Path, image: np.ndarray, shade: int
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, with_bar(image, 40, shade))
    taken = read_micrograph(path, PIXEL)
    assert taken.image.shape == (SIDE, SIDE)
    assert "40 rows look like a bar" in taken.notes[0]
    counted = session.count_particles(path, pixel=PIXEL)
    assert "40 rows" in counted.files.summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(TABLE_1))
def test_a_picture_without_a_bar_loses_no_row(name: str) -> None:
    taken = counts(picture(TABLE_1[name], 3, SIDE).image).astype(float)
    for seen in (taken, np.clip(taken, 60, None), np.round(taken / 16), np.full((64, 64), 7.0)):
        assert bar_from(seen) == len(seen)


# Numbers and colours.


def as_8_bits(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, counts(image))


def as_16_bits(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, np.asarray(257 * counts(image).astype(int), np.uint16))


def big_endian(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, np.asarray(16 * counts(image).astype(int), ">u2"), byteorder=">")


def white_is_zero(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, 255 - counts(image), photometric="miniswhite")


def with_palette(image: np.ndarray, path: Path) -> None:
    Image.fromarray(counts(image)).convert("P").save(path)


def in_colours_with_opacity(image: np.ndarray, path: Path) -> None:
    grey = counts(image)
    layers = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    tifffile.imwrite(path, layers, photometric="rgb", extrasamples=["unassalpha"])


def in_planes(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, np.stack([counts(image)] * 3), photometric="rgb",
                     planarconfig="separate")  # fmt: skip


def packed_lzw(image: np.ndarray, path: Path) -> None:
    Image.fromarray(counts(image)).save(path, compression="tiff_lzw")


def packed_deflate(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, counts(image), compression="zlib", predictor=2)


def tiled(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, counts(image), tile=(64, 64))


def as_floats(image: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, counts(image).astype(np.float32))


@pytest.mark.parametrize(
    "store",
    [as_8_bits, as_16_bits, big_endian, white_is_zero, with_palette, in_colours_with_opacity,
     in_planes, packed_lzw, packed_deflate, tiled, as_floats],
)  # fmt: skip
def test_the_same_picture_is_the_same_however_it_is_stored(
    tmp_path: Path, image: np.ndarray, store: Callable[[np.ndarray, Path], None]
) -> None:
    path = tmp_path / "a.tif"
    store(image, path)
    taken = read_micrograph(path, PIXEL).image
    # White is zero has no offset, and colours of a palette are of 16 bits.
    same = (taken - taken.min()) / np.ptp(taken) * np.ptp(counts(image))
    assert same == pytest.approx(counts(image) - counts(image).min(), abs=1e-9)


def test_drawings_in_colour_are_refused_and_the_colours_of_packing_are_not(
    tmp_path: Path, image: np.ndarray
) -> None:
    drawn = np.repeat(counts(image)[..., None], 3, axis=-1)
    drawn[10:14, 20:120] = (255, 0, 0)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, drawn, photometric="rgb")
    assert "something was drawn on it" in refused(path, pixel=PIXEL)
    rng = np.random.default_rng(0)
    noisy = np.repeat(counts(image)[..., None].astype(int), 3, axis=-1)
    noisy += rng.integers(-1, 2, noisy.shape)
    tifffile.imwrite(path, np.clip(noisy, 0, 255).astype(np.uint8), photometric="rgb")
    taken = read_micrograph(path, PIXEL)
    assert np.abs(taken.image - counts(image)).max() <= 1


def test_of_several_pictures_in_a_file_the_first_is_taken_and_told(
    tmp_path: Path, image: np.ndarray
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([counts(image)] * 3), photometric="minisblack")
    assert "more than one picture" in read_micrograph(path, PIXEL).notes[0]


def test_a_picture_too_bright_for_its_file_says_so(tmp_path: Path, image: np.ndarray) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.clip(3 * counts(image).astype(int), 0, 255).astype(np.uint8))
    assert "as bright as the file can say" in read_micrograph(path, PIXEL).notes[0]


# Hostile files.


def test_a_picture_larger_than_any_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8))
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        for name in ("ImageWidth", "ImageLength"):
            at = file.pages.first.tags[name].valueoffset
            content[at : at + 4] = struct.pack("<I", 2**20) if at + 4 <= len(content) else b""
    path.write_bytes(content)
    said = refused(path, pixel=PIXEL)
    assert "million are read" in said or "cannot be read" in said


def test_a_damaged_picture_ends_in_a_picture_or_a_sentence(
    tmp_path: Path, image: np.ndarray
) -> None:
    rng, path = np.random.default_rng(4), tmp_path / "a.tif"
    whole = stored(path, image[:64, :64], fei(x=64, y=64)).read_bytes()
    ends = {"picture": 0, "sentence": 0}
    for _ in range(120):
        content = bytearray(whole)
        for at in rng.integers(0, 700, rng.integers(1, 6)):
            content[min(int(at), len(content) - 1)] = int(rng.integers(0, 256))
        path.write_bytes(content[: int(rng.integers(8, len(content) + 1))]
                         if rng.random() < 0.3 else content)  # fmt: skip
        try:
            assert np.isfinite(read_micrograph(path, None).image).all()
            ends["picture"] += 1
        except PlanError:
            ends["sentence"] += 1
    assert min(ends.values()) > 0


@pytest.mark.parametrize("name", ["a.png", "folder", "none.tif"])
def test_what_is_no_tiff_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    assert "cannot be read" in refused(tmp_path / name, pixel=PIXEL)
