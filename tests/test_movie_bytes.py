"""A movie is plain BigTIFF: places follow from the number of a page, and any cut leaves frames."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import DataFileError
from seccm.movie.facts import MovieFacts
from seccm.movie.mending import look_at, mend
from seccm.movie.ome import describe
from seccm.movie.pages import START, TEXT, TEXT_SIZE, PageLayout, Picture, layout_of, read_layout
from seccm.movie.reader import Movie
from seccm.movie.writer import MovieWriter, movie_beside

SIZES = [(1, 1, 8), (1, 1, 16), (3, 5, 8), (5, 3, 16), (640, 1, 16), (1, 333, 8)]


def layout(width: int = 5, height: int = 3, bits: int = 16, pixel: float = 0.0) -> PageLayout:
    return PageLayout("an-id", width, height, bits, pixel)  # type: ignore[arg-type]


def pictures(made: PageLayout, count: int, seed: int = 0) -> list[Picture]:
    """Draw frames of every value that a pixel may have."""
    rng = np.random.default_rng(seed)
    shape = count, made.height, made.width
    return list(rng.integers(0, 1 << made.bits, shape).astype(made.dtype))


def written(path: Path, made: PageLayout, count: int = 4) -> list[Picture]:
    """Write a movie; return its frames."""
    frames = pictures(made, count)
    writer = MovieWriter(path, made)
    for frame in frames:
        writer.append(frame)
    writer.close()
    return frames


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.999])
def test_a_described_movie_that_was_cut_off_is_not_taken_for_a_whole_one(
    tmp_path: Path, kept: float
) -> None:
    """Its first page still points at a description that is not there."""
    path = tmp_path / "m.ome.tif"
    frames = written(path, layout(40, 30), 6)
    describe(path, np.arange(6.0), np.ones(6), name="a", told={})
    assert look_at(path).described
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    found = look_at(path)
    assert not found.described
    mended = mend(path)
    assert mended.pages == found.pages > 0
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal([page.asarray() for page in file.pages],
                                      frames[: mended.pages])  # fmt: skip
    again = path.read_bytes()
    assert mend(path).cut == 0
    assert path.read_bytes() == again


@pytest.mark.parametrize(("width", "height", "bits"), SIZES)
def test_pages_follow_each_other_without_overlap(width: int, height: int, bits: int) -> None:
    made = layout(width, height, bits)
    assert made.offset(0) == START
    for page in (0, 1, 7, 100_000):
        assert (
            made.offset(page) + made.pixels
            <= made.place(page)
            < made.offset(page) + made.pixels + 8
        )
        assert made.place(page) % 8 == made.offset(page) % 8 == 0
        assert made.place(page) + len(made.directory(page)) == made.offset(page + 1)
        assert made.link(page + 1) == made.offset(page + 1) - 8


@pytest.mark.parametrize(("width", "height", "bits"), SIZES)
def test_a_movie_is_as_long_as_its_pages(
    tmp_path: Path, width: int, height: int, bits: int
) -> None:
    made = layout(width, height, bits)
    frames = written(tmp_path / "m.ome.tif", made)
    assert (tmp_path / "m.ome.tif").stat().st_size == made.offset(len(frames))
    movie = Movie(tmp_path / "m.ome.tif")
    for page, frame in enumerate(frames):
        assert movie.frame(page).dtype == made.dtype
        np.testing.assert_array_equal(movie.frame(page), frame)


def test_a_movie_beyond_four_gigabytes_has_right_places() -> None:
    made = layout(2048, 2048, 16)
    page = 20_000
    assert made.offset(page) == START + page * made.stride > 1 << 37
    tags = made.directory(page)
    (count,) = struct.unpack_from("<Q", tags)
    entries = {
        tag: value
        for tag, _, _, value in (
            struct.unpack_from("<HHQQ", tags, 8 + 20 * k) for k in range(count)
        )
    }
    assert entries[273] == made.offset(page)
    assert entries[279] == 2048 * 2048 * 2
    assert list(entries) == sorted(entries)  # as TIFF wants them


@pytest.mark.parametrize(("width", "height", "bits"), SIZES)
def test_tags_say_what_a_page_is(tmp_path: Path, width: int, height: int, bits: int) -> None:
    made = layout(width, height, bits)
    written(tmp_path / "m.ome.tif", made)
    with tifffile.TiffFile(tmp_path / "m.ome.tif") as file:
        assert file.is_bigtiff
        assert file.byteorder == "<"
        for k, page in enumerate(file.pages):
            tags = page.tags  # type: ignore[union-attr]
            assert (tags["ImageWidth"].value, tags["ImageLength"].value) == (width, height)
            assert tags["BitsPerSample"].value == bits
            assert tags["SamplesPerPixel"].value == tags["Compression"].value == 1
            assert tags["PhotometricInterpretation"].value == 1  # dark is 0
            assert tags["SampleFormat"].value == 1  # unsigned
            assert tags["RowsPerStrip"].value == height
            assert tags["StripOffsets"].value == (made.offset(k),)
            assert tags["StripByteCounts"].value == (made.pixels,)


@pytest.mark.parametrize("pixel", [0.0, 1e-9, 40e-9, 6.5e-6, 1e-3])
def test_the_length_of_a_pixel_is_told_in_pixels_per_centimetre(
    tmp_path: Path, pixel: float
) -> None:
    written(tmp_path / "m.ome.tif", layout(pixel=pixel), 1)
    with tifffile.TiffFile(tmp_path / "m.ome.tif") as file:
        tags = file.pages[0].tags  # type: ignore[union-attr]
        across, down = tags["XResolution"].value, tags["YResolution"].value
        assert across == down
        if pixel == 0.0:
            assert tags["ResolutionUnit"].value == 1  # none
        else:
            assert tags["ResolutionUnit"].value == 3  # centimetre
            assert 0.01 / (across[0] / across[1]) == pytest.approx(pixel, rel=0.04)


@pytest.mark.parametrize(("bits", "wanted"), [(8, 8), (10, 16), (12, 16), (16, 16)])
def test_a_pixel_has_room_for_what_the_camera_resolves(bits: int, wanted: int) -> None:
    made = layout_of(MovieFacts("m", "u", 4, 3, bits, "toy", pixel=2e-8))
    assert (made.bits, made.width, made.height, made.pixel) == (wanted, 4, 3, 2e-8)


def test_a_layout_is_read_from_the_beginning_of_its_file() -> None:
    made = layout(1234, 7, 8, 61.5e-9)
    begin = made.beginning()
    assert len(begin) == START == TEXT + TEXT_SIZE
    assert read_layout("m", begin) == made


def changed(**told: Any) -> bytes:
    """Return the beginning of a movie whose text says something else."""
    made = layout()
    for name, value in told.items():
        object.__setattr__(made, name, value)
    return made.beginning()


@pytest.mark.parametrize(
    "beginning",
    [
        changed(bits=12),
        changed(width=0),
        changed(height=-3),
        changed(bits="16"),
        changed(width="five"),
        changed(width=None),
        b"MM" + layout().beginning()[2:],
        b"II*\0" + layout().beginning()[4:],
        layout().beginning()[: TEXT + 30],
        layout().beginning()[:TEXT] + b"\xff" * TEXT_SIZE,
        layout().beginning()[:TEXT] + b"[]".ljust(TEXT_SIZE),
        layout().beginning()[:TEXT] + b'{"seccm movie": []}'.ljust(TEXT_SIZE),
        layout().beginning()[:TEXT] + b'{"seccm movie": {"width": 3}}'.ljust(TEXT_SIZE),
    ],
    ids=range(13),
)  # fmt: skip
def test_a_beginning_that_is_no_movies_is_refused_in_words(beginning: bytes) -> None:
    with pytest.raises(DataFileError, match=r"m\.tif: this is not a movie that seccm has recorded"):
        read_layout("m.tif", beginning)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[PageLayout, bytes, list[Picture]]:
    """A movie of three described frames."""
    path = tmp_path_factory.mktemp("whole") / "m.ome.tif"
    frames = written(path, layout(), 3)
    describe(path, np.arange(3.0), np.full(3, 0.1), name="n", told={})
    return layout(), path.read_bytes(), frames


@given(cut=st.integers(START, 2000))
@settings(max_examples=30)
def test_a_file_cut_at_any_byte_has_its_whole_pages(
    tmp_path_factory: pytest.TempPathFactory,
    whole: tuple[PageLayout, bytes, list[Picture]],
    cut: int,
) -> None:
    made, content, frames = whole
    cut = min(cut, len(content))
    path = tmp_path_factory.mktemp("cut") / "m.ome.tif"
    path.write_bytes(content[:cut])
    expected = min(3, (cut - START) // made.stride)
    assert look_at(path).pages == expected
    assert path.read_bytes() == content[:cut]  # to look changes nothing
    assert mend(path).cut == cut - made.offset(expected)
    assert path.stat().st_size == made.offset(expected)
    for page in range(expected):
        np.testing.assert_array_equal(Movie(path).frame(page), frames[page])
    if expected:
        with tifffile.TiffFile(path) as file:
            assert len(file.pages) == expected


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_page_whose_directory_is_spoilt_ends_the_movie(
    tmp_path: Path, whole: tuple[PageLayout, bytes, list[Picture]], page: int
) -> None:
    made, content, _ = whole
    path = tmp_path / "m.ome.tif"
    spoilt = bytearray(content[: made.offset(page + 1)])
    spoilt[made.place(page) + 20] ^= 0xFF
    path.write_bytes(spoilt)
    assert mend(path).pages == page
    assert path.stat().st_size == made.offset(page)


def test_a_link_that_leads_nowhere_is_mended(
    tmp_path: Path, whole: tuple[PageLayout, bytes, list[Picture]]
) -> None:
    made, content, frames = whole
    path = tmp_path / "m.ome.tif"
    for page in range(3):
        spoilt = bytearray(content)
        spoilt[made.link(page) : made.link(page) + 8] = b"\x07" * 8
        path.write_bytes(spoilt)
        assert mend(path).pages == 3
        np.testing.assert_array_equal(tifffile.imread(path, key=range(3)), frames)


def test_a_number_that_is_of_another_type_is_written_as_the_movies(tmp_path: Path) -> None:
    writer = MovieWriter(tmp_path / "m.ome.tif", layout(bits=16))
    writer.append(np.full((3, 5), 200, np.uint8))
    writer.append(np.full((3, 5), 200, ">u2"))
    writer.close()
    for page in range(2):
        assert (Movie(tmp_path / "m.ome.tif").frame(page) == 200).all()


def test_a_movie_is_made_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be made"):
        MovieWriter(tmp_path / "no folder" / "m.ome.tif", layout())
    for use in (look_at, mend, Movie):
        with pytest.raises(DataFileError, match=r"m\.ome\.tif: the movie cannot be"):
            use(tmp_path / "m.ome.tif")


@pytest.mark.parametrize("name", ["a.h5", "a.b.h5", "ä µ.h5", ".hidden.h5", "scan"])
def test_every_data_file_has_a_movie_of_its_own_name(name: str) -> None:
    found = movie_beside(Path("folder") / name)
    assert found.parent == Path("folder")
    assert found.name == Path(name).stem + ".ome.tif"


@pytest.mark.parametrize(
    "words",
    ["plain", 'with "quotes"', "it's", "<b>&amp;</b>", "µm, 5 °C, Li⁺", "two\nlines", "]]>", "--"],
)
def test_names_come_back_out_of_the_description_as_they_were(tmp_path: Path, words: str) -> None:
    path = tmp_path / "m.ome.tif"
    written(path, layout(), 1)
    describe(path, np.zeros(1), np.zeros(1), name=words, told={"camera": words})
    with tifffile.TiffFile(path) as file:
        told = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
    assert told["Name"] == words
    # White space within an element is folded by some readers.
    assert " ".join(told["Description"].split()) == " ".join(f"camera: {words}".split())


@pytest.mark.parametrize("known", [0, 1, 2, 5])
def test_times_that_are_fewer_or_more_than_the_pages_are_no_trouble(
    tmp_path: Path, known: int
) -> None:
    path = tmp_path / "m.ome.tif"
    written(path, layout(), 3)
    describe(path, 1.5 + np.arange(known), np.full(known, np.nan), name="n", told={})
    with tifffile.TiffFile(path) as file:
        planes = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]["Pixels"]["Plane"]
    assert [plane.get("DeltaT") for plane in planes] == [
        1.5 + k if k < known else None for k in range(3)
    ]
    assert not any("ExposureTime" in plane for plane in planes)


def test_control_characters_in_a_name_leave_a_description_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "m.ome.tif"
    written(path, layout(), 1)
    describe(path, np.zeros(1), np.zeros(1), name="a\x00b\x1bc\ud800", told={"lamp\x07": "x\x0c"})
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        told = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
    assert told["Name"].startswith("a")
    assert told["Name"].endswith(("c", "c\ufffd"))
