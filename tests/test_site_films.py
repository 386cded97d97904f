"""The film of a site out of a run's own movie: its frames, their times, and the contact in it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from seccm import session
from seccm.arrays import FloatArray
from seccm.data import SiteRecord, open_scan
from seccm.errors import PlanError
from seccm.imaging.irm.seen import maps_beside
from seccm.imaging.irm.viewing import view
from seccm.movie.facts import FrameStatus
from seccm.report.drawing import Drawing
from seccm.report.films_of_sites import films_beside
from seccm.report.scan_drawings import of_scan
from seccm.report.study import Study
from seccm.session import films
from seccm.session.site_film import contact_by_film, film_of
from sim.cell import Droplet
from sim.film import Camera, Film, Optics, film, plated

OLD = Path(__file__).parent / "old_files"
CONTACT, PIXEL = 100.0, 40e-9
OK, HOST, NO_EDGE = FrameStatus.OK, FrameStatus.HOST_TIME, FrameStatus.NO_EDGE
DROPLET = Droplet(2e-6, 3.5e-6, 2e-6, math.radians(18.0))


@pytest.fixture(scope="module")
def taken() -> Film:
    return film(plated(7.8, 6.0, DROPLET, step=10e-3), Camera(rate=8.0), Optics(), seed=3)


def run(taken: Film, over: float | None = None, **columns: Any) -> Any:
    """A data file of one site whose camera took a film; what a test asks of `Scan` and no more."""
    count = len(taken.t)
    frames: dict[str, Any] = {
        "t": taken.t + CONTACT, "status": np.full(count, OK), "index": np.arange(count),
        "exposure": np.full(count, 0.02), **columns,
    }  # fmt: skip
    movie = SimpleNamespace(path=Path("scan.ome.tif"), frame=lambda page: taken.frames[page])

    class Frames:
        facts = SimpleNamespace(pixel=PIXEL, growth="")

        def __getitem__(self, name: str) -> Any:
            return frames[name]

        def of_site(self, number: int) -> Any:
            assert number == 0
            return np.arange(count)

    Frames.movie = movie  # type: ignore[attr-defined]
    sites = {"t_contact": np.array([CONTACT])}
    end = CONTACT + (taken.t[-1] + 1.0 if over is None else over)
    steps = {"site": np.zeros(1), "t": np.array([end - 1.0]), "size": np.array([100]),
             "period": np.array([0.01])}  # fmt: skip
    header = SimpleNamespace(virtual=True)
    return SimpleNamespace(
        frames=Frames(), sites=sites, path=Path("scan.h5"), header=header, steps=steps
    )


def pictures(taken: Film) -> Any:
    def frames(start: int = 0, stop: int | None = None) -> Iterator[FloatArray]:
        yield from taken.frames[start:stop].astype(float)

    return frames


def test_the_film_of_a_site_has_its_frames_at_their_times(taken: Film) -> None:
    found, pixel = film_of(run(taken), 0)
    assert pixel == PIXEL
    assert found.start + found.t == pytest.approx(taken.t, abs=1e-9)
    assert found.times_from == "the edges of the exposures"
    (third,) = found.frames(3, 4)
    assert (third == taken.frames[3]).all()


def test_frames_whose_time_is_not_known_are_left_out(taken: Film) -> None:
    status = np.full(len(taken.t), OK)
    status[5], status[9], status[20] = NO_EDGE, FrameStatus.AMBIGUOUS, HOST
    t = taken.t + CONTACT
    t[30] = math.nan
    t[40] = t[39] - 0.01
    found, _ = film_of(run(taken, status=status, t=t), 0)
    kept = np.setdiff1d(np.arange(len(t)), [5, 9, 20, 30, 40])
    assert found.pages.tolist() == kept.tolist()
    assert (np.diff(found.t) > 0).all()


def test_frames_in_which_the_tip_leaves_are_left_out(taken: Film) -> None:
    found, _ = film_of(run(taken, over=4.0), 0)
    assert found.start + found.t[-1] == pytest.approx(4.0, abs=0.15)
    assert found.start + found.t[-1] + found.exposure <= 4.0


def test_times_of_the_computer_count_where_there_are_no_others(taken: Film) -> None:
    found, _ = film_of(run(taken, status=np.full(len(taken.t), HOST)), 0)
    assert len(found.t) == len(taken.t)
    assert found.times_from == "the computer's clock"


def test_a_run_without_camera_or_contact_has_no_film(taken: Film) -> None:
    bare = run(taken)
    bare.frames = SimpleNamespace(facts=None, movie=None)
    with pytest.raises(PlanError, match="the run had no camera"):
        film_of(bare, 0)
    dry = run(taken)
    dry.sites["t_contact"][0] = math.nan
    with pytest.raises(PlanError, match="site 0 had no contact"):
        film_of(dry, 0)
    with pytest.raises(PlanError, match="there are 0 frames of site 0"):
        film_of(run(taken, status=np.full(len(taken.t), NO_EDGE)), 0)


@pytest.mark.parametrize("late", [0.0, 0.3, -0.25])
def test_the_contact_of_the_film_is_compared_with_that_of_the_record(
    taken: Film, late: float
) -> None:
    """Frames of 0.125 s whose exposures are as long: a clock that is off by 0.3 s shows."""
    exposure = np.full(len(taken.t), 0.125)
    found, _ = film_of(run(taken, exposure=exposure, t=taken.t + CONTACT + late), 0)
    first = int(np.argmax(taken.t > 0))
    viewed = view(pictures(taken), taken.t, first, PIXEL)
    assert contact_by_film(found, viewed) == pytest.approx(late, abs=0.13)


def test_a_site_is_looked_at_from_its_own_movie(
    taken: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = run(taken)
    scan.frames.facts = SimpleNamespace(pixel=PIXEL, growth="darker")
    scan.frames.movie.path = tmp_path / "scan.ome.tif"
    (tmp_path / "scan.ome.tif").write_bytes(b"pixels")

    class Opened:
        def __enter__(self) -> Any:
            return scan

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(films, "open_scan", lambda path: Opened())
    monkeypatch.setattr(films, "site_in", lambda scan, site: None)
    monkeypatch.setattr(films, "commanded", lambda scan, site: None)
    seen = session.view_site(tmp_path / "scan.h5", 0)
    assert seen.maps == tmp_path / "scan.h5.site0.irm.h5"
    assert seen.maps.exists()
    assert seen.viewed.contact == int(np.argmax(taken.t >= 0))
    assert seen.viewed.footprint.diameter * PIXEL == pytest.approx(7.0e-6, rel=0.01)
    assert abs(seen.contact) < 0.13
    assert seen.virtual
    # What the rig file of the run had recorded is compared with the film.
    assert seen.viewed.growth.against
    assert any('"darker": the record is wrong' in doubt for doubt in seen.viewed.doubts)
    with h5py.File(seen.maps) as maps:
        assert maps.attrs["sign"] == -1
        assert maps.attrs["sign_measured"] == 1


# In the report.


def written(scan: Path, site: int, onset: float, cycles: int = 0) -> None:
    """Write maps whose footprint lies in the middle of much that is dry."""
    inside = np.hypot(*np.mgrid[-30:30, -30:30]) < 8
    with h5py.File(maps_beside(scan, site), "w") as file:
        file["onset"], file["end"] = np.where(inside, onset, math.nan), 0.01 * site * inside
        file["inside"], file["t"], file["mean"] = inside, np.arange(9.0), 0.01 * np.arange(9.0)
        file.attrs["place"], file.attrs["landed"] = 160e-9, 0.25
        for k in range(1, cycles + 1):
            group = file.create_group(f"cycle_{k}")
            group["plated"], group["stripped"] = 0.1 * k * inside, 0.06 * k * inside
            group["efficiency"] = np.where(inside, 0.6, math.nan)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Drawing], SiteRecord]:
    """Drawings of a scan of which some films were looked at, and the record of site 3."""
    folder = tmp_path_factory.mktemp("report")
    scan = Path(shutil.copyfile(OLD / "li-on-au-combinatorial.h5", folder / "scan.h5"))
    assert not list(films_beside(scan, 4))
    written(scan, 1, 2.0)
    written(scan, 3, math.nan, cycles=3)
    scan.with_name("scan.h5.site2.irm.h5").write_bytes(b"no maps")
    assert [each.site for each in films_beside(scan, 4)] == [1, 3]
    with open_scan(scan) as opened:
        return {each.slug: each for each in of_scan(Study(opened))}, opened.record(3)


def test_the_report_draws_the_films_that_were_looked_at(
    shown: tuple[dict[str, Drawing], SiteRecord],
) -> None:
    drawing = shown[0]["films"]
    titles = [axes.get_title() for axes in drawing.figure.axes if axes.get_title()]
    assert titles == ["site 1", "site 3"]
    assert "later than nucleation" in drawing.caption


def test_a_film_is_drawn_with_little_of_what_is_dry(tmp_path: Path) -> None:
    written(tmp_path / "scan.h5", 0, 2.0, cycles=1)
    (one,) = films_beside(tmp_path / "scan.h5", 1)
    assert one.onset.shape == one.end.shape == one.cycles[0].plated.shape == (21, 21)
    assert np.isfinite(one.onset).sum() == (np.hypot(*np.mgrid[-30:30, -30:30]) < 8).sum()
    assert one.t[0] == 0.25


def test_charge_and_brightness_of_a_cycled_site_share_one_time(
    shown: tuple[dict[str, Drawing], SiteRecord],
) -> None:
    drawings, record = shown
    assert [slug for slug in drawings if slug.startswith("film-c")] == ["film-cycles-site-3"]
    drawing = drawings["film-cycles-site-3"]
    assert "only as far as brightness is proportional" in drawing.caption
    charge, *_ = drawing.figure.axes[0].lines
    t, passed = (np.asarray(each, np.float64) for each in charge.get_data())
    current = np.interp(t, record.t - record.t_contact, np.nan_to_num(record.I))
    expected = np.cumsum(np.diff(t) * (current[1:] + current[:-1]) / 2)
    drawn = passed[1:] - passed[0]
    np.testing.assert_allclose(drawn / drawn[-1], expected / expected[-1], atol=1e-6)
    by_title = {axes.get_title(loc="right"): axes for axes in drawing.figure.axes}
    assert {f"cycle {k}: {what}" for k in (1, 3) for what in ("plated", "left", "ratio")} <= set(
        by_title
    )
    assert by_title["cycle 3: left"].images[0].get_array().max() == pytest.approx(12.0)
