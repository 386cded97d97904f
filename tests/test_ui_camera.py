"""The live camera in the window: what a person sees of it, and that it asks nothing of the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from seccm.filming.ring import Ring, memory_file, ring_size
from seccm.filming.state import CameraState
from seccm.movie.pages import Picture
from ui.camera_view import NO_REFERENCE, CameraView
from ui.models.live_camera import AWAY, LiveCamera
from ui.models.palette import DARK, LIGHT, Sizes
from ui.picture_plot import levels_of

WIDTH, HEIGHT = 96, 72
PIXEL = 0.25e-6
CENTRE = 50e-6, 40e-6


@dataclass
class Filming:
    """A camera's process as far as a window sees it."""

    ring: Ring
    state: CameraState
    number: int = -1

    def put(self, picture: Picture, host: float | None = None) -> None:
        """Let a frame arrive."""
        self.number += 1
        host = 0.25 * self.number if host is None else host
        self.ring.put(self.number % self.ring.slots, self.number, picture, host)
        self.tell(arrived=self.number + 1)

    def tell(self, **changes: Any) -> None:
        """Change what is said of the camera."""
        self.state = replace(self.state, **changes)

    def land(self, site: int) -> None:
        """Let the tip land now."""
        self.tell(landed=0.25 * self.number + AWAY + 0.01, landing=site)


@pytest.fixture
def filming() -> Iterator[Filming]:
    path = memory_file(ring_size(16, HEIGHT, WIDTH, 16))
    ring = Ring(path, 16, HEIGHT, WIDTH, 16)
    state = CameraState(
        "toy", WIDTH, HEIGHT, 12, str(path), 16, 4.0, 0.2, PIXEL, True, CENTRE, 0.0, "sites",
        "edges", 1e-5, False, 0, 0, 0, True, False, False, "", "", -1.0, -1,
    )  # fmt: skip
    yield Filming(ring, state)
    ring.close()
    path.unlink(missing_ok=True)


def ground(seed: int = 1) -> Picture:
    """Return a picture of the bare sample."""
    rng = np.random.default_rng(seed)
    return rng.integers(1900, 2100, (HEIGHT, WIDTH)).astype(np.uint16)


def wet(row: int, column: int, change: float = -0.3, lamp: float = 1.0) -> Picture:
    """Return a picture with a droplet."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    disc = (rows - row) ** 2 + (columns - column) ** 2 < 100
    seen = ground() * (1 + change * disc) * lamp
    return seen.astype(np.uint16)


def desk(filming: Filming, **more: Any) -> Any:
    """Return what a window knows of a run with two sites."""
    sites = {
        0: SimpleNamespace(x=CENTRE[0], y=CENTRE[1]),
        1: SimpleNamespace(x=CENTRE[0] + 5e-6, y=CENTRE[1] + 3e-6),
    }
    overview = SimpleNamespace(status=np.array([2, 0], np.uint8))
    progress = SimpleNamespace(camera=filming.state, disk_free=40_000_000_000)
    made = SimpleNamespace(
        news=SimpleNamespace(progress=progress),
        sites=sites,
        plan=SimpleNamespace(probe=SimpleNamespace(diameter=4e-6)),
        run=SimpleNamespace(site=1),
        link=SimpleNamespace(snapshot=SimpleNamespace(overview=overview)),
    )
    return SimpleNamespace(**{**vars(made), **more})


@pytest.fixture
def view(qtbot: QtBot) -> CameraView:
    made = CameraView()
    made.resize(900, 640)
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    made.show()
    return made


def test_before_a_run_it_says_what_will_be_here(view: CameraView) -> None:
    nothing = SimpleNamespace(
        news=None, link=None, plan=None, sites={}, run=SimpleNamespace(site=None)
    )
    view.draw(0, nothing)
    assert view.head.text() == "This run has no camera."
    assert not view.change.isEnabled()
    assert not view.alert.isVisible()


def test_the_newest_frame_is_in_sight_with_levels_that_stay(
    view: CameraView, filming: Filming
) -> None:
    filming.put(ground())
    view.draw(0, desk(filming))
    levels = view.picture.levels
    assert levels == levels_of(ground().astype(float))
    filming.put((ground() // 2).astype(np.uint16))
    view.draw(2, desk(filming))
    shown = view.picture._picture.image
    np.testing.assert_array_equal(shown, ground() // 2)
    assert view.picture.levels == levels
    view.levels.click()
    assert view.picture.levels == levels_of(ground() // 2 * 1.0)


def test_nothing_is_read_while_nobody_looks(view: CameraView, filming: Filming) -> None:
    filming.put(ground())
    view.hide()
    for beat in range(4):
        view.draw(beat, desk(filming))
    assert view.camera.shown is None
    view.show()
    view.draw(1, desk(filming))
    assert view.camera.shown is None  # every other beat is enough
    view.draw(2, desk(filming))
    assert view.camera.shown is not None


def test_the_change_is_against_frames_from_before_the_landing(
    view: CameraView, filming: Filming
) -> None:
    view.change.setChecked(True)
    for _ in range(6):
        filming.put(ground())
    view.draw(0, desk(filming))
    assert NO_REFERENCE in view.words.text()
    filming.land(0)
    for _ in range(3):
        filming.put(wet(30, 40, lamp=1.2))
    view.draw(2, desk(filming))
    assert "4 frames before the landing at site 0" in view.words.text()
    change = view.camera.change()
    assert change is not None
    assert change[30, 40] == pytest.approx(-0.3, abs=0.01)
    assert np.median(change) == pytest.approx(0.0, abs=1e-3)
    low, high = view.picture.levels or (0.0, 0.0)
    assert low == -high
    view.change.setChecked(False)
    assert view.picture.levels == levels_of(wet(30, 40, lamp=1.2) * 1.0)


def test_whoever_comes_after_a_landing_has_no_reference_and_may_take_one(
    view: CameraView, filming: Filming
) -> None:
    view.change.setChecked(True)
    for _ in range(40):
        filming.put(wet(30, 40))
    filming.tell(landed=0.1, landing=3)
    view.draw(0, desk(filming))
    assert view.camera.change() is None
    assert NO_REFERENCE in view.words.text()
    view.refer.click()
    filming.put(wet(30, 40, change=-0.2))
    view.draw(2, desk(filming))
    assert "Change against frame 39." in view.words.text()
    change = view.camera.change()
    assert change is not None
    assert change[30, 40] == pytest.approx(0.8 / 0.7 - 1, abs=0.01)


@pytest.mark.parametrize(("mirrored", "angle"), [(True, 0.0), (False, 0.0), (True, math.pi / 2)])
def test_sites_lie_where_the_picture_shows_them(
    view: CameraView, filming: Filming, mirrored: bool, angle: float
) -> None:
    filming.tell(mirrored=mirrored, angle=angle)
    filming.put(ground())
    view.draw(0, desk(filming))
    points = view.picture._sites.points()
    assert [point.data() for point in points] == ["site 0: visited", "site 1: active"]
    middle = WIDTH * PIXEL / 2, HEIGHT * PIXEL / 2
    assert (points[0].pos().x(), points[0].pos().y()) == pytest.approx(middle, abs=1e-12)
    across, up = (5e-6, 3e-6) if angle == 0.0 else (3e-6, -5e-6)
    there = middle[0] + (-across if mirrored else across), middle[1] - up
    assert (points[1].pos().x(), points[1].pos().y()) == pytest.approx(there, abs=1e-12)
    assert "Sites are placed from the camera's position in the rig file." in view.words.text()
    view.sites.setChecked(False)
    view.draw(2, desk(filming))
    assert not view.picture._sites.points().size


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_landing_that_is_seen_tells_where_the_picture_lies(
    view: CameraView, filming: Filming, mirrored: bool
) -> None:
    filming.tell(centre=(), mirrored=mirrored)
    for _ in range(6):
        filming.put(ground())
    view.draw(0, desk(filming))
    assert "No sites are drawn" in view.words.text()
    assert not view.picture._sites.points().size
    filming.land(1)
    for _ in range(3):
        filming.put(wet(30, 40))
    view.draw(2, desk(filming))
    view.draw(4, desk(filming))
    assert "from 1 landing that was seen" in view.words.text()
    point = view.picture._sites.points()[1].pos()
    assert point.x() / PIXEL == pytest.approx(40.5, abs=1.0)
    assert point.y() / PIXEL == pytest.approx(30.5, abs=1.0)
    other = view.picture._sites.points()[0].pos()
    away = (point.x() - other.x(), point.y() - other.y())
    assert away == pytest.approx((-5e-6 if mirrored else 5e-6, -3e-6), abs=1e-9)


def test_what_is_no_droplet_teaches_nothing(filming: Filming) -> None:
    filming.tell(centre=())
    camera = LiveCamera()
    for dust in (ground(2), ground()):
        dust[10, 10] = 4000
        for _ in range(6):
            filming.put(ground())
        filming.land(filming.state.landing + 1)
        filming.put(dust)
        camera.take(filming.state)
        assert camera.look(0.0)
        assert not camera.note_landing(*CENTRE)
    assert camera.where is None
    camera.close()


ALERTS = {
    "lost": ({"lost": 3, "told": "The camera lost 3 frames (frames 1 to 3)."}, "notice", "lost 3"),
    "dark": (
        {"dark": True, "told": "The camera sees no light since frame 7."},
        "alarm",
        "no light",
    ),
    "full": ({"saturated": True}, "notice", "full scale"),
    "over": (
        {"films": False, "ended": "The movie ends here: the camera does not answer."},
        "alarm",
        "does not answer",
    ),
}


@pytest.mark.parametrize("what", ALERTS)
def test_what_is_wrong_is_said_in_words_that_are_whole(
    view: CameraView, filming: Filming, what: str
) -> None:
    changes, look, words = ALERTS[what]
    filming.put(ground())
    view.draw(0, desk(filming))
    assert not view.alert.isVisible()
    filming.tell(**changes)
    view.draw(2, desk(filming))
    assert view.alert.isVisible()
    assert view.alert.objectName() == look
    assert words in view.alert.text()
    assert view.alert.wordWrap()


def test_numbers_and_times_are_told(view: CameraView, filming: Filming) -> None:
    for _ in range(20):
        filming.put(ground())
        view.draw(0, desk(filming))
    filming.tell(lost=5, kept=7)
    view.draw(2, desk(filming))
    assert "20 arrived · 5 lost (20 %) · 7 in the movie" in view.counts.text()
    assert "times by edges, ± 10 us" in view.counts.text().replace("µ", "u")
    assert "disk for 8 days" in view.counts.text()
    assert "4 frames/s of 4" in view.head.text()
    assert "exposure 0.2 s" in view.head.text()


def test_frames_that_do_not_come_are_missed(filming: Filming) -> None:
    camera = LiveCamera()
    filming.put(ground())
    camera.take(filming.state)
    assert camera.look(100.0)
    assert camera.alert(101.0) == ("", "")
    assert camera.alert(110.0) == ("warning", "No frame for 10 s.")
    camera.close()


def test_pixels_at_full_scale_are_red(view: CameraView, filming: Filming) -> None:
    bright = ground()
    bright[5, 7] = 4095
    filming.put(bright)
    view.draw(0, desk(filming))
    assert view.picture._bright.isVisible()
    assert np.argwhere(view.picture._bright.image).tolist() == [[5, 7]]
    filming.put(ground())
    view.draw(2, desk(filming))
    assert not view.picture._bright.isVisible()


def test_when_the_run_is_over_the_last_frame_stays(view: CameraView, filming: Filming) -> None:
    filming.put(ground())
    view.draw(0, desk(filming))
    filming.tell(memory="", films=False)
    view.draw(2, desk(filming))
    view.draw(4, desk(filming))
    assert view.camera.shown is not None
    assert "Filming has ended" in view.head.text()


def test_a_memory_that_is_gone_is_no_error(view: CameraView, filming: Filming) -> None:
    filming.tell(memory="/nowhere/seccm-frames-1")
    view.draw(0, desk(filming))
    assert view.camera.shown is None


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_everything_is_reached_by_keys_and_whole_on_a_laptop(
    view: CameraView, filming: Filming, qtbot: QtBot, palette: Any
) -> None:
    view.dress(palette, Sizes.of(96.0, glove=False))
    view.resize(1100, 600)
    filming.put(ground())
    view.draw(0, desk(filming))
    widgets = [view.change, view.sites, view.levels, view.refer]
    view.change.setFocus()
    reached: list[object] = []
    for _ in range(8):
        focused = view.focusWidget()
        reached.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert all(widget in reached for widget in widgets)
    qtbot.keyClick(view.change, Qt.Key.Key_Space)
    assert view.change.isChecked()
    for widget in widgets:
        assert widget.width() >= widget.sizeHint().width()


def test_the_host_tells_of_the_camera(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_filmed_run import plan, rig
    from ui_windows import LONG, window

    from seccm.remote import Client, Job

    states: list[CameraState] = []
    job = Job.new(plan(1, frames="all"), rig({"rate": "4.3 Hz"}), path=tmp_path / "scan.h5", seed=1)
    link = Client.in_process()
    link.begin(job)
    with window(qtbot, tmp_path, link=link) as made:
        made.go("camera")
        drawn: Callable[..., None] = made.camera.draw

        def draw(beat: int, desk: Any) -> None:
            drawn(beat, desk)
            if made.camera.camera.state is not None:
                states.append(made.camera.camera.state)

        monkeypatch.setattr(made.camera, "draw", draw)
        qtbot.waitUntil(lambda: made.desk.run.ended is not None, timeout=LONG)
        qtbot.waitUntil(lambda: bool(states) and not states[-1].films, timeout=LONG)
        assert made.room == "camera"
        assert made.camera.camera.shown is not None
        assert "arrived" in made.camera.counts.text()
    assert states[-1].arrived > 5
    assert not Path(states[0].memory).exists()
