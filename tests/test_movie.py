"""A movie opens everywhere, and whatever ends its program leaves every written frame readable."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import warm
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import DataFileError
from seccm.movie.mending import look_at, mend
from seccm.movie.ome import describe
from seccm.movie.pages import PageLayout, Picture
from seccm.movie.reader import Movie
from seccm.movie.writer import MovieWriter, movie_beside

LAYOUT = PageLayout("0d4f", 13, 7, 16, 40e-9)


def picture(k: int, layout: PageLayout = LAYOUT) -> Picture:
    """Draw a frame that tells its number in every pixel."""
    return np.full((layout.height, layout.width), k + 1, layout.dtype)


def film(path: Path, count: int, layout: PageLayout = LAYOUT) -> Path:
    """Write a movie of some frames."""
    writer = MovieWriter(path, layout)
    for k in range(count):
        assert writer.append(picture(k, layout)) == k
    writer.close()
    return path


def shown(path: Path) -> list[int]:
    """Return what the frames of a movie tell, as a stranger's program reads them."""
    with tifffile.TiffFile(path) as file:
        return [int(page.asarray().min()) - 1 for page in file.pages]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (13, 7), (64, 32)])
def test_another_program_reads_every_frame(
    tmp_path: Path, bits: int, width: int, height: int
) -> None:
    layout = PageLayout("u", width, height, bits)  # type: ignore[arg-type]
    path = film(tmp_path / "scan.ome.tif", 5, layout)
    assert shown(path) == [0, 1, 2, 3, 4]
    movie = Movie(path)
    assert len(movie) == 5
    assert [int(movie.frame(k).max()) - 1 for k in range(5)] == [0, 1, 2, 3, 4]


def test_every_pixel_is_as_it_was_taken(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 4096, (4, 7, 13), np.uint16)
    writer = MovieWriter(tmp_path / "m.ome.tif", LAYOUT)
    for frame in frames:
        writer.append(frame)
    writer.close()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "m.ome.tif", key=range(4)), frames)
    np.testing.assert_array_equal(Movie(tmp_path / "m.ome.tif").frame(2), frames[2])


def test_a_frame_in_another_order_of_memory_is_the_same_picture(tmp_path: Path) -> None:
    frame = np.arange(91, dtype=np.uint16).reshape(13, 7).T
    writer = MovieWriter(tmp_path / "m.ome.tif", LAYOUT)
    writer.append(frame)
    writer.close()
    np.testing.assert_array_equal(Movie(tmp_path / "m.ome.tif").frame(0), frame)


def test_a_growing_movie_is_read_along(tmp_path: Path) -> None:
    path = tmp_path / "m.ome.tif"
    writer = MovieWriter(path, LAYOUT)
    movie = Movie(path)
    assert len(movie) == 0
    for k in range(3):
        writer.append(picture(k))
        assert shown(path) == list(range(k + 1))
        assert len(movie) == k + 1
        np.testing.assert_array_equal(movie.frame(k), picture(k))
    writer.close()


def test_fiji_is_told_times_and_pixels(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 3)
    t = np.array([0.25, np.nan, 0.71])
    describe(path, t, np.full(3, 0.2), name='a "plan" <1>', told={"camera": "x & y"})
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert file.series[0].axes == "TYX"
        assert file.series[0].shape == (3, 7, 13)
        told = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
    assert told["Name"] == 'a "plan" <1>'
    assert told["Description"] == "camera: x & y"
    pixels = told["Pixels"]
    assert pixels["PhysicalSizeX"] == pixels["PhysicalSizeY"] == 0.04
    assert [plane.get("DeltaT") for plane in pixels["Plane"]] == [0.25, None, 0.71]


def test_units_that_readers_stumble_over_are_left_out(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 1)
    describe(path, np.zeros(1), np.zeros(1), name="n", told={})
    with tifffile.TiffFile(path) as file:
        assert file.ome_metadata is not None
        assert "Unit" not in file.ome_metadata


def test_a_described_movie_goes_on(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 3)
    describe(path, np.arange(3.0), np.zeros(3), name="n", told={})
    writer = MovieWriter.going_on(path, LAYOUT.uuid)
    assert writer.append(picture(3)) == 3
    writer.close()
    assert shown(path) == [0, 1, 2, 3]
    describe(path, np.arange(4.0), np.zeros(4), name="n", told={})
    describe(path, np.arange(4.0), np.zeros(4), name="again", told={})
    assert shown(path) == [0, 1, 2, 3]
    assert len(Movie(path)) == 4


def test_a_movie_without_a_frame_stays_as_it_is(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 0)
    before = path.read_bytes()
    describe(path, np.zeros(0), np.zeros(0), name="n", told={})
    assert path.read_bytes() == before
    assert len(Movie(path)) == 0


def written(layout: PageLayout, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield what is written, piece by piece, with its place."""
    yield 0, layout.beginning()
    for k in range(count):
        yield layout.offset(k), picture(k, layout).tobytes()
        yield layout.place(k), layout.directory(k)
        yield layout.link(k), layout.place(k).to_bytes(8, "little")


@given(st.data())
@settings(max_examples=25)
def test_a_kill_at_any_byte_leaves_every_claimed_frame(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    pieces = list(written(LAYOUT, 4))
    whole = data.draw(st.integers(1, len(pieces)), "pieces written")
    image = bytearray()
    for place, what in pieces[:whole]:
        image += bytes(max(0, place - len(image)))  # what is skipped is zero
        image[place : place + len(what)] = what
    claimed = max(0, (whole - 1) // 3)
    if whole < len(pieces):
        place, what = pieces[whole]
        part = what[: data.draw(st.integers(0, len(what) - 1), "bytes of the next")]
        if place == len(image):  # eight bytes of a link are written at once
            image[place:] = part
    path = tmp_path_factory.mktemp("kill") / "m.ome.tif"
    path.write_bytes(image)
    if claimed:
        assert shown(path)[:claimed] == list(range(claimed))
    found = mend(path)
    assert claimed <= found.pages <= claimed + 1
    mended = path.read_bytes()
    if found.pages:
        assert shown(path) == list(range(found.pages))
    assert mend(path).pages == found.pages
    assert path.read_bytes() == mended
    writer = MovieWriter.going_on(path, LAYOUT.uuid)
    writer.append(picture(found.pages))
    writer.close()
    assert shown(path) == list(range(found.pages + 1))


RECORD = """
import sys
from pathlib import Path
import numpy as np
from seccm.movie.pages import PageLayout
from seccm.movie.writer import MovieWriter
writer = MovieWriter(Path(sys.argv[1]), PageLayout("0d4f", 13, 7, 16, 40e-9))
for k in range(100_000):
    writer.append(np.full((7, 13), k % 1000 + 1, np.uint16))
    print(k + 1, flush=True)
"""


def test_a_killed_program_leaves_what_it_claimed(tmp_path: Path) -> None:
    claimed = 40
    path = tmp_path / "m.ome.tif"
    command = [sys.executable, "-c", RECORD, str(path)]
    with warm.begun(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= claimed:
                break
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    found = mend(path)
    assert found.pages >= claimed
    movie = Movie(path)
    assert [int(movie.frame(k)[0, 0]) for k in range(claimed)] == [
        k % 1000 + 1 for k in range(claimed)
    ]


def test_a_full_disk_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.ome.tif"
    writer = MovieWriter(path, LAYOUT)
    writer.append(picture(0))

    def full(place: int, what: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_put", full)
    with pytest.raises(OSError, match="No space"):
        writer.append(picture(1))
    writer.close()
    assert shown(path) == [0]
    assert look_at(path).cut == 0


def test_no_movie_is_overwritten(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 1)
    with pytest.raises(DataFileError, match="not overwritten"):
        MovieWriter(path, LAYOUT)
    assert shown(path) == [0]


@pytest.mark.parametrize("content", [b"", b"II*\0", b"x" * 400, LAYOUT.beginning()[:100]])
def test_what_is_no_movie_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.ome.tif"
    path.write_bytes(content)
    for use in (look_at, mend, Movie):
        with pytest.raises(DataFileError, match="not a movie that seccm has recorded"):
            use(path)
    assert path.read_bytes() == content


def test_the_movie_of_another_run_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "m.ome.tif", 1)
    with pytest.raises(DataFileError, match="another movie"):
        MovieWriter.going_on(path, "another")


@pytest.mark.parametrize("page", [-1, 2, 1000])
def test_a_frame_that_is_not_there_is_told(tmp_path: Path, page: int) -> None:
    movie = Movie(film(tmp_path / "m.ome.tif", 2))
    with pytest.raises(DataFileError, match="frame"):
        movie.frame(page)


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    writer = MovieWriter(tmp_path / "m.ome.tif", LAYOUT)
    with pytest.raises(ValueError, match="bytes"):
        writer.append(np.zeros((7, 12), np.uint16))
    writer.close()
    assert writer.pages == 0


def test_the_movie_lies_beside_the_data_file() -> None:
    assert movie_beside(Path("a/scan.h5")) == Path("a/scan.ome.tif")
