"""A run is filmed: every frame is accounted for, and whatever fails, the run goes on."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest
from scan_feeder import visits
from waiting import HANGING, wait_for

from seccm.errors import RigError
from seccm.events import Landed, SiteFinished
from seccm.filming.choice import Choice
from seccm.filming.film import Filming
from seccm.filming.process import Cameraman
from seccm.filming.ring import Ring, memory_file, ring_size
from seccm.movie.disk import bytes_per_second, too_slow
from seccm.movie.facts import MovieFacts
from seccm.movie.pages import NO_PAGE
from seccm.movie.reader import Movie
from seccm.rig import Block, CameraInfo, Frame

WIDTH, HEIGHT = 8, 6
INFO = CameraInfo("toy", WIDTH, HEIGHT, 12, rate=10.0, host="rig", patient=True)


@dataclass
class Toy:
    """A camera whose frames a test gives."""

    info: CameraInfo = INFO
    wont: RigError | None = None
    given: Queue[Frame | RigError | Exception | None] = field(default_factory=Queue)

    def open(self) -> CameraInfo:
        return self.info

    def start(self, frames: int) -> None:
        if self.wont is not None:
            raise self.wont

    def frames(self) -> Iterator[Frame]:
        while (frame := self.given.get()) is not None:
            if isinstance(frame, Exception):
                raise frame
            yield frame

    def stop(self) -> None:
        self.given.put(None)

    def close(self) -> None:
        self.given.put(None)


class InThread:
    """What `CameraProcess` is, without a process."""

    def __init__(self, camera: Toy) -> None:
        self.connection, there = multiprocessing.Pipe()
        self._thread = threading.Thread(target=self._run, args=(camera, there))
        self._thread.start()
        self.info: CameraInfo = self.receive(HANGING)[1]

    def _run(self, camera: Toy, there: Any) -> None:
        Cameraman(camera, there).run()
        there.close()

    def receive(self, patience: float) -> tuple[Any, ...]:
        assert self.connection.poll(patience)
        told: tuple[Any, ...] = self.connection.recv()
        return told

    def end(self) -> None:
        self._thread.join(HANGING)
        assert not self._thread.is_alive()
        self.connection.close()

    kill = end


@pytest.fixture(autouse=True)
def _nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENING", "SETTLING", "CLOSING"):  # machines may be slow
        monkeypatch.setattr(f"seccm.filming.film.{name}", HANGING)
    made: list[Path] = []

    def remembered(size: int) -> Path:
        made.append(memory_file(size))
        return made[-1]

    monkeypatch.setattr("seccm.filming.film.memory_file", remembered)
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before
    assert not [path for path in made if path.exists()]


Making = Callable[..., tuple[Filming, Toy]]


@pytest.fixture
def filming(tmp_path: Path) -> Iterator[Making]:
    made: list[Filming] = []

    def make(frames: str = "all", toy: Toy | None = None, **more: Any) -> tuple[Filming, Toy]:
        toy = toy or Toy()
        facts = MovieFacts("m.ome.tif", "u", WIDTH, HEIGHT, 12, "toy", frames=frames)
        film = Filming(InThread(toy), facts, tmp_path / "m.ome.tif", **more)  # type: ignore[arg-type]
        made.append(film)
        film.begin()
        return film, toy

    yield make
    for film in made:
        film.end()


def frame(number: int, t: float | None = None, level: int = 1000) -> Frame:
    """Make a frame that arrives at a time of the rig."""
    picture = np.full((HEIGHT, WIDTH), level, np.uint16)
    picture[0, 0] = number
    return Frame(number, picture, number / 10 if t is None else t, number / 10, 0.05)


def give(film: Filming, toy: Toy, frames: Sequence[Frame]) -> Any:
    """Give frames, and return the rows that come of them."""
    came = film._ring.came
    for each in frames:
        toy.given.put(each)
    while film._ring.came < came + len(frames) and film.films:
        pass
    film.settle()
    return film.taken()


def at(film: Filming, t: float) -> None:
    """Let the rig come to a time."""
    film.see(replace(BLOCK, start=round(t / BLOCK.clock.period) - BLOCK.rows))


BLOCK: Block = visits(1)[0].block(0, 4)


def landed(site: int) -> Landed:
    return next(e for _, e in visits(1)[0].events if isinstance(e, Landed))


def finished(site: int) -> SiteFinished:
    return next(e for _, e in visits(1)[0].events if isinstance(e, SiteFinished))


def test_every_frame_is_in_the_movie_before_it_is_told(filming: Making) -> None:
    film, toy = filming()
    rows = give(film, toy, [frame(k) for k in range(20)])
    assert list(rows["frame_number"]) == list(range(20))
    assert list(rows["frame_index"]) == list(range(20))
    movie = Movie(film.movie)
    assert [int(movie.frame(k)[0, 0]) for k in range(20)] == list(range(20))
    assert rows["frame_offset"][3] == movie.layout.offset(3)
    np.testing.assert_allclose(rows["frame_host"], np.arange(20) / 10)
    np.testing.assert_allclose(rows["frame_mean"][1:], 1000, rtol=0.03)


def test_only_frames_of_sites_are_kept_but_all_are_listed(filming: Making) -> None:
    film, toy = filming("sites", before=1.0)
    rows = []
    for k in range(100):
        t = (k + 1) / 10
        rows.append(give(film, toy, [frame(k)]))
        at(film, t)
        if k == 50:
            film.hear(landed(0))
        if k == 70:
            film.hear(finished(0))
    at(film, 20.0)
    film.settle()
    rows.append(film.taken())
    every = np.concatenate(rows)
    assert list(every["frame_number"]) == list(range(100))
    kept = every["frame_number"][every["frame_index"] != NO_PAGE]
    assert abs(kept[0] - 41) <= 1
    assert abs(kept[-1] - 71) <= 1
    assert list(np.diff(kept)) == [1] * (len(kept) - 1)
    assert len(Movie(film.movie)) == len(kept)


@pytest.mark.parametrize("step", [1, 3, 7])
def test_every_nth_frame(filming: Making, step: int) -> None:
    film, toy = filming(f"every {step}")
    rows = give(film, toy, [frame(k) for k in range(20)])
    kept = rows["frame_number"][rows["frame_index"] != NO_PAGE]
    assert list(kept) == list(range(0, 20, step))


def test_lost_frames_are_told_with_their_numbers(filming: Making) -> None:
    film, toy = filming()
    give(film, toy, [frame(k) for k in (0, 1, 5, 6, 8)])
    said = " ".join(words for _, words in film.news())
    assert "lost 3 frames (frames 2 to 4)" in said
    assert "lost 1 frame (frame 7); 4 of 9 so far" in said
    assert not film.news()
    assert (film.watch.lost, film.watch.arrived) == (4, 5)


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (RigError("camera-overflow", "camera", "its buffer is full."), "camera-overflow", "faster"),
        (RigError("camera-unplugged", "camera", "it is gone."), "camera-unplugged", "answer"),
        (RuntimeError("segment 7"), "camera-failed", "segment 7"),
    ],
)
def test_a_fault_ends_the_movie_and_not_the_run(
    filming: Making, fault: Exception, code: str, said: str
) -> None:
    film, toy = filming()
    rows = give(film, toy, [frame(0), frame(1)])
    toy.given.put(fault)
    wait_for(lambda: not film.films)
    assert film.watch.ended == code
    ((told, words),) = film.news()
    assert told == code
    assert said in words
    assert "The run goes on without it." in words
    at(film, 5.0)  # nothing of the engine's is in the way
    film.hear(finished(0))
    film.settle()
    film.end()
    assert len(Movie(film.movie)) == len(rows) == 2


def test_a_camera_that_does_not_begin_is_told(filming: Making) -> None:
    film, _ = filming(toy=Toy(wont=RigError("camera-refused", "camera", "no trigger.")))
    assert not film.films
    assert "the camera failed. No trigger." in film.news()[0][1]


def test_a_full_ring_of_an_impatient_camera_is_told(
    filming: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()

    def keep(self: Cameraman) -> None:
        stuck.wait(0.02)  # a disk that takes nothing

    monkeypatch.setattr(Cameraman, "_keep", keep)
    film, toy = filming(toy=Toy(replace(INFO, patient=False)))
    for k in range(200):
        toy.given.put(frame(k))
    wait_for(lambda: not film.films)
    assert film.watch.ended == "disk-too-slow"
    assert "faster, local disk" in film.news()[0][1]


def test_frames_that_wait_for_a_decision_keep_no_core_busy(
    filming: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between sites most frames wait until it is known whether a droplet lands soon."""
    looked: list[int] = []
    keep = Cameraman._keep

    def counted(self: Cameraman) -> None:
        looked.append(len(self._came))
        keep(self)

    monkeypatch.setattr(Cameraman, "_keep", counted)
    # It looks at frames when it was told something, not over and over.
    monkeypatch.setattr("seccm.filming.process.GLANCE", HANGING)
    film, toy = filming("sites", toy=Toy(replace(INFO, patient=False)))
    for k in range(4):
        toy.given.put(frame(k))
    for k in range(6):
        at(film, 0.1 * k)
        film.settle()
    assert max(looked) == 4, "they do wait"
    assert len(looked) <= 40


def test_a_light_that_goes_off_is_told_once_and_again_when_it_is_back(filming: Making) -> None:
    film, toy = filming()
    levels = [1000] * 12 + [20] * 9 + [1000] * 5
    give(film, toy, [frame(k, level=level) for k, level in enumerate(levels)])
    codes = [code for code, _ in film.news()]
    assert codes == ["light-off", "light-on"]


def test_saturation_is_told_once(filming: Making) -> None:
    film, toy = filming()
    rows = give(film, toy, [frame(k, level=4095 if k > 9 else 1000) for k in range(15)])
    assert [code for code, _ in film.news()] == ["saturated"]
    assert (rows["frame_saturated"][10:] > 0.9).all()
    assert (rows["frame_saturated"][:10] == 0).all()


def test_whoever_looks_on_gets_a_copy_of_the_newest_frame(filming: Making) -> None:
    film, toy = filming()
    assert film.newest() is None
    give(film, toy, [frame(k) for k in range(5)])
    found = film.newest()
    assert found is not None
    number, picture, _ = found
    assert number == picture[0, 0] == 4
    give(film, toy, [frame(5)])
    assert picture[0, 0] == 4
    film.end()
    assert film.newest() is None


def test_ending_twice_is_ending_once(filming: Making) -> None:
    film, toy = filming()
    give(film, toy, [frame(0)])
    film.end()
    film.end()
    film.settle()
    assert len(Movie(film.movie)) == 1


def test_a_movie_goes_on_where_it_was(filming: Making) -> None:
    film, toy = filming()
    give(film, toy, [frame(0), frame(1)])
    film.end()
    again, toy = filming(pages=2)
    rows = give(again, toy, [frame(0)])
    assert rows["frame_index"][0] == 2
    assert len(Movie(again.movie)) == 3


def test_stamps_follow_the_rigs_clock(filming: Making) -> None:
    film, _ = filming()
    for t in np.arange(0.1, 3.0, 0.05):
        at(film, float(t))
    stamps = film.stamps()
    assert 5 <= len(stamps) <= 8
    for sample, t in stamps:
        assert sample / BLOCK.clock.rate == pytest.approx(t)
    assert not film.stamps()


@pytest.mark.parametrize("frames", ["sites", "all", "every 4"])
def test_a_choice_is_made_for_every_frame_in_the_end(frames: str) -> None:
    choice = Choice(frames, before=1.0)
    choice.tell(5.0, keeping=True)
    choice.tell(8.0, keeping=False)
    choice.tell(100.0)
    found = [choice.of(k, k / 2) for k in range(100)]
    assert None not in found
    wanted = {
        "sites": [4.0 <= k / 2 <= 8.0 for k in range(100)],
        "all": [True] * 100,
        "every 4": [k % 4 == 0 for k in range(100)],
    }
    assert found == wanted[frames]


def test_what_is_not_known_yet_is_not_decided() -> None:
    choice = Choice("sites", before=1.0)
    choice.tell(3.0)
    assert choice.of(0, 1.9) is False
    assert choice.of(1, 2.5) is None
    choice.tell(3.2, keeping=True)
    assert choice.of(1, 2.5) is True
    assert choice.of(2, 3.3) is None


def test_a_reader_of_the_ring_never_sees_half_a_frame() -> None:
    path = memory_file(ring_size(2, 64, 64, 16))
    write, read = (Ring(path, 2, 64, 64, 16) for _ in range(2))
    path.unlink()
    over = threading.Event()

    def fill() -> None:
        for k in range(3000):
            write.put(k % 2, k, np.full((64, 64), k % 60000, np.uint16))
        over.set()

    writer = threading.Thread(target=fill)
    writer.start()
    while not over.is_set():
        found = read.newest()
        if found is not None:
            assert (found[1] == found[0]).all()
    writer.join()
    for ring in (write, read):
        ring.close()


def test_a_disk_is_measured_and_left_as_it_was(tmp_path: Path) -> None:
    assert bytes_per_second(tmp_path, longest=0.01) > 1e5
    assert not list(tmp_path.iterdir())


def test_a_disk_needs_two_fifths_to_spare(tmp_path: Path) -> None:
    assert too_slow(tmp_path, 59e6, lambda folder: 100e6) is None
    assert too_slow(tmp_path, 61e6, lambda folder: 100e6) == 100e6
    assert too_slow(tmp_path, 1e6, lambda folder: 0.0) is None
