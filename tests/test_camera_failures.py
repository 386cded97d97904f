"""Whatever becomes of the camera, the run is told of it, and goes on or pauses as its plan says."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from slow_disks import WELL, OnAFullDisk, OnASlowDisk
from test_filmed_run import plan, rig

import seccm
from seccm.conductor.scan import BLIND, LIGHT_OFF, Runner
from seccm.events import Event, Landed, Note, Paused
from seccm.filming.watch import Watch
from seccm.movie.pages import NO_PAGE
from seccm.session.movies import movie_report

FAULTS = {
    "overflow": ({"overflow_at": 14}, "frames came faster than they could be taken"),
    "unplugged": ({"unplugged_at": 14}, "the camera does not answer. It was unplugged."),
    "slow disk": ({}, "the disk is too slow for the movie. 1"),
    "full disk": ({}, "the movie cannot be written. The movie cannot be written: No space left"),
    "dark": ({"dark_from": "3 s", "dark_for": "60 s"}, "The camera sees no light since frame 1"),
}
DISKS = {"slow disk": OnASlowDisk, "full disk": OnAFullDisk}
REQUIRED = ("unplugged", "slow disk")


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Put the camera of a test on its disk, in its process as well."""
    camera = DISKS.get(request.getfixturevalue("fault"))
    if camera is not None:
        monkeypatch.setattr("sim.camera.VirtualCamera", camera)
        found = str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, found)))


def run(path: Path, fault: str, camera: str) -> list[Event]:
    """Film a run of one site with a fault; a run that pauses is resumed."""
    events: list[Event] = []
    settings, _ = FAULTS[fault]
    made = plan(1, camera=camera, frames="all" if fault in DISKS else "sites")
    with seccm.run(made, rig(**settings), path=path, seed=1) as prepared:
        for event in prepared:
            events.append(event)
            if isinstance(event, Paused):
                prepared.ask("resume")
    return events


@pytest.mark.usefixtures("disks")
@pytest.mark.parametrize("fault", FAULTS)
def test_the_run_is_told_and_ends_well(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "scan.h5"
    camera = "required" if fault in REQUIRED else "wanted"
    events = run(path, fault, camera)
    told = " ".join(event.text for event in events if isinstance(event, Note))
    assert FAULTS[fault][1] in told
    paused = [event for event in events if isinstance(event, Paused)]
    if camera == "required":
        assert "The run pauses, because its plan requires the camera." in told
        assert [event.by_operator for event in paused] == [False]
        assert "requires, sees nothing any more" in str(paused[0])
    else:
        assert "The run goes on" in told
        assert not paused
    assert any(isinstance(event, Landed) for event in events)
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert list(scan.sites.words("status")) == ["ok"]
        assert any(FAULTS[fault][1] in str(words) for words in scan.events["msg"])
        frames = scan.frames
        # What came before is there, and opens.
        for row in (frames["index"] != 0xFFFFFFFF).nonzero()[0][:3].tolist():
            assert frames.picture(row).max() > 0
        # Each frame that was taken has its row, and each page of the movie one of them.
        number, page = frames["number"], frames["index"]
        assert list(number) == list(range(len(number)))
        pages = page[page != NO_PAGE].tolist()
        assert pages == list(range(movie_report(path).found.pages))
        if fault in DISKS:
            assert len(pages) >= WELL


def test_what_a_camera_says_of_itself_is_said_once_and_in_sentences() -> None:
    watch = Watch(required=True)
    watch.end("camera-overflow", "its buffer is full.")
    ((code, words),) = watch.news()
    assert code == "camera-overflow"
    assert words == (
        "The movie ends here: frames came faster than they could be taken. Its buffer is full. "
        "The run pauses, because its plan requires the camera."
    )
    watch.end("camera-died", "a second reason.")
    assert not watch.news()


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("blinks", [0, 5])
def test_darkness_is_told_with_what_the_run_does(required: bool, blinks: int) -> None:
    watch = Watch(required=required, blinks=blinks)
    rows = [(0, k, 0, 0.0, 0.0, 0.2, 0, 1000.0 if k < 10 else 3.0, 0.0) for k in range(18 + blinks)]
    watch.see(rows[: 12 + blinks])
    assert not watch.news()
    assert not watch.dark
    watch.see(rows[12 + blinks :])
    ((code, words),) = watch.news()
    assert code == LIGHT_OFF
    assert watch.dark
    assert watch.told == words
    assert words.startswith("The camera sees no light since frame 10:")
    assert words.endswith("requires the camera." if required else "The run goes on.")
    assert watch.kept == len(rows)


@pytest.mark.parametrize("code", ["light-off", "frames-lost"])
@pytest.mark.parametrize("required", [True, False])
def test_a_run_that_requires_the_camera_pauses_in_the_dark(required: bool, code: str) -> None:
    asked: list[str] = []
    said: list[Event] = []
    runner = Runner.__new__(Runner)
    runner._film = SimpleNamespace(films=True, news=lambda: [(code, "Words.")])  # type: ignore[assignment]
    runner._filming, runner._film_required = True, required
    runner._engine = SimpleNamespace(status=SimpleNamespace(row=7), pause_for=asked.append)  # type: ignore[assignment]
    runner._tell = said.append  # type: ignore[method-assign]
    runner._look_at_film()
    assert [event.text for event in said if isinstance(event, Note)] == ["Words."]
    assert asked == ([BLIND] if required and code == LIGHT_OFF else [])
