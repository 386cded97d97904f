"""What came of a camera is in the data file: frames, edges, and when each frame was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, sites, told, visits

from seccm.data import Store, finish, open_scan
from seccm.data.frame_times import times_of
from seccm.data.frames import FRAMES, Found
from seccm.data.tables import Rows
from seccm.errors import DataFileError, PlanError
from seccm.movie.facts import FrameStatus, MovieFacts
from seccm.movie.mending import mend
from seccm.movie.pages import NO_PAGE, PageLayout
from seccm.movie.writer import MovieWriter, movie_beside
from seccm.rig import Block
from seccm.session.movies import movie_times

WIDTH, HEIGHT = 6, 4
PERIOD = 0.1
"""Seconds from frame to frame."""


def facts(path: Path, **changes: object) -> MovieFacts:
    """Describe a camera."""
    made = MovieFacts(
        movie_beside(path).name, "0d4f", WIDTH, HEIGHT, 12, "toy", "7", 40e-9, True, "60x",
        560e-9, 1.0, 1, "", 1 / PERIOD, "edges", 1e-5,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


class Toy:
    """Films: frames arrive as time passes, every third one is lost, some are not kept."""

    def __init__(self, path: Path, pages: int = 0) -> None:
        self.facts, self.pages = facts(path), pages
        layout = PageLayout("0d4f", WIDTH, HEIGHT, 16, 40e-9)
        self.movie = (
            MovieWriter.going_on(movie_beside(path), "0d4f")
            if movie_beside(path).exists()
            else MovieWriter(movie_beside(path), layout)
        )
        self.number = 0
        self.now = 0.0
        rng = np.random.default_rng(3)
        self.starts = 0.05 + np.cumsum(PERIOD * (1 + 0.05 * rng.standard_normal(4000)))
        self.settled = 0

    def at(self, block: Block) -> Block:
        """Let a block's time pass; return it with the edges that were counted in it."""
        samples = np.ceil(self.starts * CLOCK.rate).astype(np.int64)
        first, stop = block.start * CLOCK.spacing, block.stop * CLOCK.spacing
        self.now = block.stop * CLOCK.period
        return replace(block, edges=samples[(samples >= first) & (samples < stop)])

    def stamps(self) -> Sequence[tuple[int, float]]:
        return [(round(self.now * CLOCK.rate), 500.0 + self.now)]

    def taken(self) -> Rows:
        rows = []
        while self.starts[self.number] + 0.05 < self.now:
            number, start = self.number, self.starts[self.number]
            self.number += 1
            if number % 3 == 2:
                continue
            kept = number % 4 != 0
            picture = np.full((HEIGHT, WIDTH), number + 1, np.uint16)
            page = self.movie.append(picture) if kept else NO_PAGE
            offset = self.movie.layout.offset(page) if kept else 0
            rows.append(
                {
                    "index": page, "number": number, "session": 0, "clock": start,
                    "host": 500.0 + start + 0.05, "exposure": 0.04, "offset": offset,
                    "mean": 2000.0, "saturated": 0.1 if number == 4 else 0.0,
                }
            )  # fmt: skip
        return FRAMES.rows(rows)

    def settle(self) -> None:
        self.settled += 1


def filmed(path: Path, count: int = 12, *, end: str = "complete") -> Toy:
    """Write a made-up scan with a camera."""
    film = Toy(path)
    with Store(path, HEADER, sites(count), COLUMNS, CLOCK, film=film) as store:
        for block, events in told(visits(count), None):
            store.record(None if block is None else film.at(block), events)
        store.close(end)  # type: ignore[arg-type]
    film.movie.close()
    return film


@pytest.fixture(scope="module")
def scan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filmed") / "scan.h5"
    filmed(path)
    return path


def test_every_frame_that_arrived_has_a_row_and_its_time(scan_file: Path) -> None:
    truth = Toy.__new__(Toy)
    rng = np.random.default_rng(3)
    truth.starts = 0.05 + np.cumsum(PERIOD * (1 + 0.05 * rng.standard_normal(4000)))
    with open_scan(scan_file) as scan:
        frames = scan.frames
        assert len(frames) > 30
        numbers = frames["number"]
        assert set(numbers % 3) == {0, 1}
        assert np.abs(frames["t"] - truth.starts[numbers]).max() <= 1 / CLOCK.rate
        assert (frames["t_err"] < 1 / CLOCK.rate).all()
        status = frames["status"]
        assert list(numbers[status == FrameStatus.SATURATED]) == [4]
        assert (status[numbers != 4] == FrameStatus.OK).all()
        assert frames.table.words("status")[0] == "ok"
        assert frames.lost == numbers[-1] + 1 - len(numbers)


def test_pictures_are_found_by_their_rows(scan_file: Path) -> None:
    with open_scan(scan_file) as scan:
        frames = scan.frames
        kept = np.flatnonzero(frames["index"] != NO_PAGE)
        for row in kept[:: max(1, len(kept) // 10)].tolist():
            assert (frames.picture(row) == frames["number"][row] + 1).all()
        none = int(np.flatnonzero(frames["index"] == NO_PAGE)[0])
        with pytest.raises(DataFileError, match="not kept"):
            frames.picture(none)


def test_a_sites_frames_are_those_of_its_visit(scan_file: Path) -> None:
    with open_scan(scan_file) as scan:
        frames = scan.frames
        seen = np.concatenate([frames.of_site(k, in_movie=False) for k in range(len(scan.sites))])
        assert len(np.unique(seen)) == len(seen)
        for k in (0, 3):
            rows = frames.of_site(k)
            t = frames["t"][rows]
            assert (t >= scan.sites["t_start"][k]).all()
            assert (t <= scan.sites["t_end"][k]).all()
            assert (frames["index"][rows] != NO_PAGE).all()
        with pytest.raises(IndexError):
            frames.of_site(len(scan.sites))


def test_the_file_says_what_took_the_frames(scan_file: Path) -> None:
    with open_scan(scan_file) as scan:
        assert scan.frames.facts == facts(scan_file)
    with h5py.File(scan_file) as file:
        told = file["frame"].attrs
        assert told["pixel_size"] == pytest.approx(0.04)
        assert (told["width"], told["height"], told["mirrored"]) == (WIDTH, HEIGHT, 1)
        assert file["frame_status"].attrs["flag_meanings"].split()[:2] == ["ok", "no_edge"]


def test_what_was_found_gives_the_same_times_again(scan_file: Path) -> None:
    with h5py.File(scan_file) as file:
        frames = np.zeros(len(file["frame"]), FRAMES.row)
        for name in FRAMES.row.names or ():
            frames[name] = file[name][:]
        edges = {name: file[name][:] for name in ("edge_sample", "edge_session", "edge_kind")}
        hosts = {name: file[name][:] for name in ("host_sample", "host_session", "host_t")}
        stored = file["frame_t"][:], file["frame_status"][:]
    packed = [np.rec.fromarrays(list(part.values()), names=list(part)) for part in (edges, hosts)]
    again = times_of(Found(frames, *packed), facts(scan_file), CLOCK, 0.0)
    np.testing.assert_array_equal(again.t, stored[0])
    np.testing.assert_array_equal(again.status, stored[1])


def test_what_tells_nothing_cannot_give_the_times(scan_file: Path) -> None:
    for kind in ("lamp", "landings"):
        with pytest.raises(PlanError, match=rf"nothing is known .* by {kind}.*Known: edges, host"):
            movie_times(scan_file, kind, write=True)  # type: ignore[arg-type]
    told = movie_times(scan_file)
    assert told.same
    assert [level.count > 0 for level in told.sessions[0].levels] == [True, True, False, False]


def test_a_file_from_before_levels_gets_them_when_its_times_are_written(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    filmed(path, 2)
    with h5py.File(path, "r+") as file:
        for name in [name for name in file if name.startswith("level_")]:
            del file[name]
    with open_scan(path) as scan:
        assert len(scan.frames.levels) == 0
        before = {name: scan.frames[name] for name in ("t", "t_err", "status")}
    assert movie_times(path).same
    movie_times(path, "host", write=True)
    movie_times(path, "edges", write=True)
    with open_scan(path) as scan:
        assert len(scan.frames.levels) == 4
        for name, values in before.items():
            np.testing.assert_array_equal(scan.frames[name], values)


def test_compressing_keeps_frames(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    filmed(path, 2)
    with open_scan(path) as scan:
        before = {name: scan.frames[name] for name in scan.frames.table.names}
        edges = scan.frames.edges["sample"]
    finish(path)
    with open_scan(path) as scan:
        assert scan.packed
        for name, values in before.items():
            np.testing.assert_array_equal(scan.frames[name], values)
        np.testing.assert_array_equal(scan.frames.edges["sample"], edges)
        assert scan.frames.facts == facts(path)
        assert scan.frames.picture(1).shape == (HEIGHT, WIDTH)


def test_a_run_without_a_camera_has_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store:
        store.close("complete")
    with open_scan(path) as scan:
        assert len(scan.frames) == 0
        assert scan.frames.facts is None
        assert scan.frames.movie is None
        assert len(scan.frames.edges) == len(scan.frames.hosts) == 0
        assert scan.frames.of_site(0).size == 0
        assert scan.frames["t"].size == scan.frames["status"].size == 0


@pytest.mark.parametrize("behind", ["rows", "pages", "neither"])
def test_a_resumed_run_brings_rows_and_pages_together(tmp_path: Path, behind: str) -> None:
    path = tmp_path / "scan.h5"
    filmed(path, 2, end="stopped")
    movie = movie_beside(path)
    with open_scan(path) as scan:
        index = scan.frames["index"]
        before = {name: scan.frames[name] for name in ("number", "clock", "index")}
    pages = mend(movie).pages
    layout = mend(movie).layout
    if behind == "pages":
        with movie.open("r+b") as file:
            file.truncate(layout.offset(pages - 3))
    if behind == "rows":
        writer = MovieWriter.going_on(movie, "0d4f")
        for _ in range(2):
            writer.append(np.full((HEIGHT, WIDTH), 9, np.uint16))
        writer.close()
    left = mend(movie).pages
    film = Toy(path, pages=left)
    film.movie.close()
    with Store.resume(path, sites(2), COLUMNS, CLOCK, film=film) as store:
        store.close("stopped")
    with open_scan(path) as scan:
        frames = scan.frames
        kept = frames["index"][frames["index"] != NO_PAGE]
        assert list(kept) == list(range(left))
        count = min(len(index), len(frames))
        count -= 2 if behind == "rows" else 0
        for name, values in before.items():
            np.testing.assert_array_equal(frames[name][:count], values[:count])
        if behind == "rows":
            new = frames["number"] == -1
            assert new.sum() == 2
            assert (frames["status"][new] == FrameStatus.NO_EDGE).all()
            assert np.isnan(frames["t"][new]).all()
            assert (frames.picture(int(np.flatnonzero(new)[0])) == 9).all()


def test_a_movie_that_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    filmed(path, 2)
    movie_beside(path).rename(tmp_path / "elsewhere.ome.tif")
    with open_scan(path) as scan, pytest.raises(DataFileError, match="Put it beside"):
        scan.frames.picture(1)


def test_both_files_may_be_renamed(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    filmed(path, 2)
    movie_beside(path).rename(tmp_path / "monday.ome.tif")
    path = path.rename(tmp_path / "monday.h5")
    with open_scan(path) as scan:
        assert scan.frames.picture(1).shape == (HEIGHT, WIDTH)
