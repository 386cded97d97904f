"""Pictures in the window: movie and potential move together, maps keep their masks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from film_maps import irm_file
from waiting import HANGING

from seccm.data import open_scan
from seccm.errors import DataFileError, PlanError
from seccm.movie.facts import FrameStatus
from ui.models.palette import DARK, Sizes
from ui.models.pictures import LEFT_OUT, PARTICLE, REFUSED, TARGET, SiteMovie, maps_of, marked
from ui.particles_panel import BUSY
from ui.picture_plot import levels_of
from ui.pictures_view import PicturesView

OLD = Path(__file__).parent / "old_files" / "li-on-au-cv.h5"
RATE, LANDED, SIDE = 5.0, 10, 48
SCALED = "[Scan]\r\nPixelWidth=4e-009\r\n"
SHOWN = 97
"""Frames until the droplet leaves."""


def frames() -> np.ndarray:
    """Frames of which each is a count brighter than the one before, and darker where it is wet."""
    lit = np.full((120, SIDE, SIDE), 1000.0) + np.arange(120)[:, None, None]
    lit[LANDED:, 16:32, 16:32] *= 0.9
    return lit


class WithMovie:
    """An open scan, and a movie of its first site."""

    def __init__(self, path: Path) -> None:
        self._scan = open_scan(path)
        self.pixels = frames()
        t = float(self._scan.sites["t_contact"][0]) + (np.arange(120) - LANDED) / RATE
        columns: dict[str, Any] = {
            "t": t, "status": np.full(120, FrameStatus.OK), "index": np.arange(120),
            "exposure": np.full(120, 0.1),
        }  # fmt: skip
        self.frames = SimpleNamespace(
            facts=SimpleNamespace(pixel=50e-9), lost=2,
            movie=SimpleNamespace(path=path, frame=lambda page: self.pixels[page]),
            of_site=lambda number: np.arange(120 if number == 0 else 0),
        )  # fmt: skip
        self.frames = type(
            "Frames",
            (),
            {
                **vars(self.frames),
                "__getitem__": lambda _, n: columns[n],
                "of_site": lambda _, n: np.arange(120 * (n == 0)),
            },
        )()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scan, name)


@pytest.fixture(scope="module")
def scan() -> WithMovie:
    return WithMovie(OLD)


# What there is.


def test_maps_say_nothing_where_their_status_is_not_ok(tmp_path: Path) -> None:
    found = maps_of(irm_file(tmp_path / "a.irm.h5"))
    assert [layer.name for layer in found.layers] == [
        "optical onset", "change at the end", "stripped share, cycle 1", "stripped share, cycle 2",
    ]  # fmt: skip
    onset = found.layers[0]
    assert np.isfinite(onset.values).sum() == 35
    assert onset.values[4, 4] == 0.5
    assert "35 of 36 places" in onset.words
    assert "1: the change is not clearly above the noise" in onset.words
    assert "by charge 0.400" in found.layers[2].words
    assert "by charge" not in found.layers[3].words
    assert found.footprint == pytest.approx((0.98e-6, 0.98e-6, 1e-6))


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.irm.h5", "w") as file:
        file["onset"] = [1.0]
    for name in ("x.irm.h5", "none.irm.h5"):
        with pytest.raises(DataFileError, match="no maps of a film"):
            maps_of(tmp_path / name)


def test_frames_of_a_movie_are_those_of_their_times(scan: WithMovie) -> None:
    movie = SiteMovie(scan, 0)  # type: ignore[arg-type]
    assert len(movie) == SHOWN
    assert movie.t[LANDED] == pytest.approx(0.0, abs=1e-9)
    assert movie.nearest(2.0) == LANDED + 10
    assert (movie.raw(30) == scan.pixels[30]).all()
    assert "2 frames of the run lost" in movie.words


def test_the_change_is_against_the_frames_before_contact_and_free_of_the_lamp(
    scan: WithMovie,
) -> None:
    movie = SiteMovie(scan, 0)  # type: ignore[arg-type]
    seen = movie.change(80)
    assert seen[:10] == pytest.approx(0.0, abs=1e-9)
    assert seen[20:30, 20:30] == pytest.approx(-0.1, abs=1e-9)
    assert np.abs(movie.change(LANDED - 1)).max() < 1e-9


def test_particles_and_targets_lie_over_their_picture(tmp_path: Path) -> None:
    path = tmp_path / "gold.tif"
    tifffile.imwrite(path, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64))
    with pytest.raises(PlanError, match="how large a pixel"):
        marked(path)
    beside = {
        "particles.csv": "number,x (um),y (um),diameter (nm),counted\n1,1,2,80,1\n2,2,2,9,0\n",
        "particles.json": json.dumps({
            "settings": {"pixel": 4e-8}, "coverage": 0.1, "density": 1e13,
            "density_corrected": None, "smallest_diameter": 3e-8, "doubts": ["Look."],
        }),
        "targets.csv": "label,x (um),y (um),u (um),d (nm),picture x (um),picture y (um),why\n"
        "P1,9,9,0.1,80,1,2,target\nP2,9,9,0.1,,2,2,too small\n",
        "targets.json": json.dumps({
            "pixel": 4e-8, "footprint": 1e-6, "refused": {"too small": 1},
            "transform": {"matrix": [[2.0, 0.0], [0.0, -2.0]], "middle": [0.0, 0.0],
                          "centre": [5.0, 5.0], "mirrored": True, "scale": 2.0,
                          "landmark_error": 1e-7},
            "landmarks": [{"picture": [1.0, 1.0], "stage": [7.0, 1.0], "used": u, "label": n}
                          for u, n in ((True, "a"), (False, "b"))],
        }),
    }  # fmt: skip
    for end, text in beside.items():
        path.with_name(f"gold.tif.{end}").write_text(text, encoding="utf-8")
    found = marked(path)
    assert [c.kind for c in found.circles] == [PARTICLE, LEFT_OUT, TARGET, REFUSED]
    assert found.circles[2].diameter == 0.5e-6  # of the footprint, in the picture
    assert (found.arrows[0].to_x, found.arrows[0].to_y) == (1.0, 2.0)
    words = "; ".join(found.words)
    for told in ("1 particle", "1e+09 per cm² as found", "below 30 nm", "Look.", "1 target",
                 "1 of 2 landmarks agree", "1 too small"):  # fmt: skip
        assert told in words
    path.with_name("gold.tif.targets.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="cannot be read"):
        marked(path)


def test_levels_leave_out_what_is_rare() -> None:
    values = np.append(np.linspace(0, 1, 1000), [50.0, math.nan])
    low, high = levels_of(values)
    assert 0 <= low < 0.02
    assert 0.97 < high <= 1
    assert levels_of(values - 0.5, centred=True)[0] == -levels_of(values - 0.5, centred=True)[1]
    assert levels_of(np.full(4, math.nan)) == (0.0, 1.0)
    assert levels_of(np.full(4, 2.0)) == (2.0, 3.0)


# The window.


@pytest.fixture
def view(qtbot: Any, scan: WithMovie, tmp_path: Path) -> PicturesView:
    irm_file(tmp_path / "scan.h5.site0.irm.h5")
    made = PicturesView(scan, tmp_path / "scan.h5", 0)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False))
    return made


def test_cursor_and_slider_are_one(view: PicturesView) -> None:
    panel = view.movie
    assert panel.slider.value() == LANDED  # where the droplet lands
    panel.marker.setValue(4.03)
    assert panel.slider.value() == LANDED + 20
    panel.slider.setValue(LANDED + 5)
    assert panel.marker.value() == pytest.approx(1.0)
    assert f"Frame 16 of {SHOWN}, +1.00 s since contact" in panel.words.text()


def test_levels_stay_from_frame_to_frame_until_they_are_asked_for(view: PicturesView) -> None:
    panel = view.movie
    before = panel.picture.levels
    panel.slider.setValue(100)
    assert panel.picture.levels == before
    panel.levels.click()
    assert panel.picture.levels != before
    panel.change.setChecked(True)
    low, high = panel.picture.levels or (0.0, 0.0)
    assert low == -high
    assert high == pytest.approx(0.1, rel=0.01)


def test_every_map_can_be_shown(view: PicturesView) -> None:
    panel = view.maps
    assert panel.choice.count() == 4
    for number in range(4):
        panel.choice.setCurrentIndex(number)
        assert "It is doubted" in panel.words.text()
    panel.choice.setCurrentIndex(0)
    assert "optical onset (s). 35 of 36 places" in panel.words.text()
    assert panel.onset.getRegion() == pytest.approx((3 - 0.392, 3 + 0.392))


def test_a_site_without_pictures_says_so(view: PicturesView) -> None:
    if view.site.maximum() == 0:
        view.site.setMaximum(1)
    view.show_site(1 if len(view._scan.sites) > 1 else 0)
    view.maps.show_maps(None, "No film.")
    assert view.maps.words.text() == "No film."
    assert not view.maps.choice.isEnabled()
    view.movie.show_movie(None, None, "No camera.")
    assert view.movie.words.text() == "No camera."
    assert not view.movie.slider.isEnabled()


def test_a_picture_that_cannot_be_read_says_why(view: PicturesView, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"no picture")
    view.show_picture(tmp_path / "a.tif")
    assert "cannot be read as a TIFF" in view.words.text()
    view.show_maps(tmp_path / "none.irm.h5")
    assert view.maps.words.text() == "There is no file none.irm.h5."


GREY = np.random.default_rng(0).integers(40, 200, (64, 64)).astype(np.uint8)
ODD: dict[str, Any] = {
    "no bytes": b"",
    "another format": b"\xff\xd8\xff\xe0" + bytes(400),
    "one row": GREY[:1],
    "black": np.zeros_like(GREY),
    "one shade": np.full_like(GREY, 90),
    "in colours": np.stack([GREY, GREY // 2, 255 - GREY], -1),
    "a gap": np.where(GREY.max() == GREY, np.nan, 1.0 * GREY).astype(np.float32),
    "endless": np.full(GREY.shape, np.inf, np.float32),
    "complex": GREY.astype(np.complex64),
    "black or white": GREY > 100,
}


@pytest.mark.parametrize("name", ODD)
def test_every_page_says_what_is_odd_about_a_picture(
    view: PicturesView, qtbot: Any, tmp_path: Path, name: str
) -> None:
    odd = tmp_path / "Fläche [2] µ.tif"
    if isinstance(ODD[name], bytes):
        odd.write_bytes(ODD[name])
    else:
        tifffile.imwrite(odd, ODD[name], extratags=[(34682, "s", 0, SCALED, True)])
    view.show_picture(odd)
    assert odd.name in view.words.text()
    view.tabs.setCurrentWidget(view.registration)
    view.show_picture(odd)
    said = view.registration.words.text()
    assert odd.name in said or view.registration._path == odd
    view.tabs.setCurrentWidget(view.particles)
    view.show_picture(odd)
    qtbot.waitUntil(lambda: view.particles.words.text() != BUSY, timeout=int(1000 * HANGING))
    said = view.particles.words.text()
    assert said
    view.particles.shut()
    if name in ("black", "one shade"):
        assert "one shade" in said, "none found is not none there"
        assert "one shade" in view.words.text()
