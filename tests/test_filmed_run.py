"""A whole run under the virtual camera: its movie, its times, its faults, and going on."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from waiting import wait_for

import seccm
from seccm import session
from seccm.cli.film_commands import look_at_films
from seccm.cli.movie_commands import info, repair
from seccm.errors import PlanError, Problem
from seccm.events import Event, Landed, Note, Paused
from seccm.imaging.irm.seen import maps_beside
from seccm.movie.facts import LEVEL_KINDS, FrameStatus, Verdict
from seccm.movie.writer import movie_beside
from seccm.plan import Plan
from seccm.rigs import RigFile, load_rig
from seccm.session.movies import export_movie, movie_report, movie_times, repair_movie
from seccm.session.site_film import film_of

SIDE = 60
SLOW = {"rate": "2 Hz"}


def plan(sites: int = 2, **record: str) -> Plan:
    """Return a small copy of the shipped plan: droplets that are plated for a second."""
    shipped = seccm.load_plan("li-on-au-irm").to_dict()
    told = deepcopy(shipped)
    told["sites"] = {**told["sites"], "columns": sites, "rows": 1}
    told.pop("design", None)
    told["program"] = [
        {"step": "constant current", "current_density": "-3.8 mA/cm^2", "duration": "1 s"}
    ]
    told["record"] = {"frames": "sites", **record}
    told["approach"]["travel"] = "12 um"
    return Plan.from_dict(told)


def rig(
    table: Mapping[str, Any] | None = None,
    lamp: Mapping[str, Any] | None = None,
    **settings: object,
) -> RigFile:
    """Return the shipped rig with small pictures."""
    file = load_rig("virtual-irm")
    camera = deepcopy(dict(file.config["camera"]))
    camera |= {"pixel_size": "420 nm", **(table or {})}
    camera["settings"] = {**camera["settings"], "width": SIDE, "height": SIDE, **settings}
    blinked = {} if lamp is None else {"lamp": dict(lamp)}
    return RigFile(file.source, {**file.config, "camera": camera, **blinked})


def run(path: Path, file: RigFile, made: Plan, seed: int = 1) -> list[Event]:
    """Carry a plan out; return the events."""
    with seccm.run(made, file, path=path, seed=seed) as prepared:
        return list(prepared)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filmed-run") / "scan.h5"
    run(path, rig(lamp={}, lost=0.2, noise=False), plan())
    return path


def test_the_movie_opens_elsewhere_with_times(filmed: Path) -> None:
    with seccm.open(filmed) as scan, tifffile.TiffFile(movie_beside(filmed)) as movie:
        frames = scan.frames
        kept = frames["index"] != 0xFFFFFFFF
        assert movie.is_ome
        assert movie.series[0].shape == (kept.sum(), SIDE, SIDE)
        planes = tifffile.xml2dict(movie.ome_metadata)["OME"]["Image"]["Pixels"]["Plane"]
        told = [plane["DeltaT"] for plane in planes]
        np.testing.assert_allclose(told, frames["t"][kept], atol=1e-6)
        shown = movie.asarray()
        for row in np.flatnonzero(kept)[::5].tolist():
            np.testing.assert_array_equal(shown[frames["index"][row]], frames.picture(row))


def test_every_frame_has_the_time_of_its_edge(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        frames = scan.frames
        assert frames.lost > 3
        assert (frames["status"] == FrameStatus.OK).all()
        assert (frames["t_err"] < 1e-5).all()
        # The virtual camera stamps the end of an exposure by the clock of the rig.
        start = frames["host"] - frames["exposure"]
        assert np.abs(frames["t"] - start).max() <= 1e-5
        kinds = frames.edges["kind"]
        edges = frames.edges["sample"][kinds == 0] / scan.clock.rate
        assert len(edges) >= len(frames) + frames.lost
        assert (np.diff(edges) > 0.1).all()


def levels_of(path: Path) -> dict[str, dict[str, float]]:
    """Return what the file says of each way to know times."""
    with seccm.open(path) as scan:
        told = scan.frames.levels
        assert set(told["session"]) == {0}
        return {
            LEVEL_KINDS[kind]: {name: float(told[name][k]) for name in told.names}
            for k, kind in enumerate(told["kind"].tolist())
        }


def test_lamp_and_computer_agree_with_the_edges(filmed: Path) -> None:
    told = levels_of(filmed)
    assert [kind for kind, level in told.items() if level["used"]] == ["edges"]
    assert told["lamp"]["count"] >= 1
    assert abs(told["lamp"]["offset"]) < 5e-3
    assert told["lamp"]["err"] < 6e-3
    assert told["lamp"]["verdict"] == told["host"]["verdict"] == Verdict.AGREES
    assert told["host"]["err"] > 0.2
    with seccm.open(filmed) as scan:
        kinds, samples = scan.frames.edges["kind"], scan.frames.edges["sample"]
        assert samples[kinds == 1].tolist() == [100_000, 287_000]
        assert samples[kinds == 2].tolist() == [200_000, 387_000]


def test_a_lamp_that_the_rig_blinks_is_not_said_to_be_off(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        said = " ".join(str(told) for told in scan.events["msg"])
        mean = scan.frames["mean"]
        assert mean.min() < 0.1 * np.median(mean)
    assert "lost" in said
    assert "no light" not in said


def test_times_are_worked_out_anew_and_by_another_level(filmed: Path, tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    for file in (filmed, movie_beside(filmed)):
        shutil.copyfile(file, tmp_path / file.name)
    assert movie_times(path).same
    before = path.read_bytes()
    other = movie_times(path, "lamp")
    assert not other.same
    assert path.read_bytes() == before
    movie_times(path, "lamp", write=True)
    with seccm.open(filmed) as one, seccm.open(path) as two:
        t, unsure = two.frames["t"], two.frames["t_err"]
        assert (np.abs(t - one.frames["t"]) < 5 * unsure).all()
        assert not (t == one.frames["t"]).any()
        assert set(two.frames["status"]) == {FrameStatus.HOST_TIME}
        assert two.frames.facts is not None
        assert two.frames.facts.sync == "lamp"
        for name in ("sample", "kind"):
            np.testing.assert_array_equal(two.frames.edges[name], one.frames.edges[name])
        assert list(two.sites.words("status")) == list(one.sites.words("status"))
    assert movie_times(path).same
    movie_times(path, "edges", write=True)
    with seccm.open(filmed) as one, seccm.open(path) as two:
        for name in ("t", "t_err", "status"):
            np.testing.assert_array_equal(two.frames[name], one.frames[name])


def test_frames_are_kept_from_before_contact_to_the_retract(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        frames = scan.frames
        for site in range(2):
            t = frames["t"][frames.of_site(site)]
            contact, end = (float(scan.sites[name][site]) for name in ("t_contact", "t_end"))
            assert contact - 1.3 < t[0] < contact - 0.5
            assert end - 1.3 < t[-1] <= end


def test_the_picture_shows_the_droplet_where_it_landed(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        frames = scan.frames
        facts = frames.facts
        assert facts is not None
        for site in range(2):
            rows = frames.of_site(site)
            t = frames["t"][rows]
            contact = float(scan.sites["t_contact"][site])
            dry = np.mean([frames.picture(r) for r in rows[t < contact - 0.25]], axis=0)
            wet = np.mean([frames.picture(r) for r in rows[(t > contact + 0.3)][:3]], axis=0)
            change = np.abs(wet / dry - 1)
            there = change > 0.5 * np.percentile(change, 99)
            row, column = (float(np.mean(k)) for k in np.nonzero(there))
            x, y = (float(scan.sites[name][site]) for name in ("x", "y"))
            middle = (SIDE - 1) / 2
            # Seen from below, x runs to the left; y runs upward in the picture.
            assert column == pytest.approx(middle - (x - 50e-6) / facts.pixel, abs=2)
            assert row == pytest.approx(middle - (y - 50e-6) / facts.pixel, abs=2)


def test_the_same_seed_gives_the_same_frames_until_the_camera_is_killed_which_ends_only_the_movie(
    filmed: Path, tmp_path: Path
) -> None:
    path, landed = tmp_path / "again.h5", 0
    events = []
    with seccm.run(plan(), rig(lamp={}, lost=0.2, noise=False), path=path, seed=1) as prepared:
        assert prepared.film is not None
        for event in prepared:
            events.append(event)
            landed += isinstance(event, Landed)
            if isinstance(event, Landed) and landed == 2:
                os.kill(prepared.film.process, getattr(signal, "SIGKILL", signal.SIGTERM))
    notes = " ".join(event.text for event in events if isinstance(event, Note))
    assert "The movie ends here: the camera's process has ended" in notes
    assert "The run goes on without it." in notes
    assert not any(isinstance(event, Paused) for event in events)
    with seccm.open(filmed) as one, seccm.open(path) as two:
        assert two.state == "complete"
        assert list(two.sites.words("status")) == ["ok", "ok"]
        # What a camera has taken since it last told of frames goes with its process.
        kept = two.frames["index"][two.frames["index"] != 0xFFFFFFFF]
        assert list(kept) == list(range(movie_report(path).found.pages)), "each page has a row"
        count = int((two.frames["number"] >= 0).sum())
        assert count >= one.frames.of_site(0, in_movie=False)[-1]
        for name in ("t", "number", "index", "clock", "host", "status", "mean"):
            np.testing.assert_array_equal(one.frames[name][:count], two.frames[name][:count])
        # Pages of which the camera had not told yet have rows, too, without times, at the end.
        assert (two.frames["number"][count:] < 0).all()
        kept = np.flatnonzero(two.frames["index"][:count] != 0xFFFFFFFF)
        for row in kept[::3].tolist():
            np.testing.assert_array_equal(one.frames.picture(row), two.frames.picture(row))


def test_a_sites_part_is_a_movie_of_its_own(filmed: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.ome.tif"
    count = export_movie(filmed, 1, target, (10, 20, 30, 25))
    with seccm.open(filmed) as scan:
        rows = scan.frames.of_site(1)
        assert count == len(rows)
        pictures = [scan.frames.picture(int(r))[20:45, 10:40] for r in rows]
    np.testing.assert_array_equal(tifffile.imread(target), pictures)
    for wrong in ((0, 0, SIDE + 1, 5), (55, 0, 10, 10), (0, 0, 0, 5)):
        with pytest.raises(PlanError, match="not in the picture"):
            export_movie(filmed, 1, tmp_path / "no.ome.tif", wrong)
    with pytest.raises(PlanError, match="sites 0 to 1"):
        export_movie(filmed, 7, tmp_path / "no.ome.tif")
    assert not (tmp_path / "no.ome.tif").exists()


def test_a_report_looks_at_the_films_of_its_sites_once(
    filmed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    looked = []
    monkeypatch.setattr(session, "join_film", lambda *_: None)

    def view_site(scan: Path, site: int) -> None:
        looked.append(site)
        if site == 1:
            raise PlanError(str(scan), [Problem("film", "it shows no landing.")])
        maps_beside(scan, site).write_bytes(b"maps")

    monkeypatch.setattr(session, "view_site", view_site)
    path = tmp_path / "scan.h5"
    for file in (filmed, movie_beside(filmed)):
        shutil.copyfile(file, tmp_path / file.name)
    look_at_films(path)
    said = " ".join(capsys.readouterr().out.split())
    assert looked == [0, 1]
    assert "The film of site 1 is not in the report: it shows no landing." in said
    look_at_films(path)
    assert looked == [0, 1, 1], "what was looked at, stays as it is"


def test_a_report_of_the_movie_counts_what_is_there(filmed: Path) -> None:
    told = movie_report(filmed)
    assert told.arrived == sum(told.statuses.values())
    assert told.kept == told.found.pages
    assert told.lost > 0
    assert all(first <= last for first, last in told.gaps)
    before = movie_beside(filmed).read_bytes()
    assert repair_movie(filmed).described
    assert movie_beside(filmed).read_bytes() == before


def test_frames_that_were_cut_off_a_movie_are_told_until_it_is_whole_again(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan, movie = (Path(shutil.copy(each, tmp_path)) for each in (filmed, movie_beside(filmed)))
    whole = movie.read_bytes()
    assert movie_report(scan).missing == 0
    movie.write_bytes(whole[: len(whole) // 2])
    told = movie_report(scan)
    assert told.missing == told.kept - told.found.pages > 0
    for command in (info, repair):
        command(scan)
        said = " ".join(capsys.readouterr().out.split())
        assert (
            f"{told.missing} frames that the data file lists as kept are not in the movie" in said
        )
        assert "nothing to mend" not in said
    movie.write_bytes(whole)
    assert movie_report(scan).missing == 0
    info(scan)
    assert "not in the movie" not in " ".join(capsys.readouterr().out.split())


def test_what_the_film_of_a_site_shows_ends_before_the_droplet_leaves(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        film, _ = film_of(scan, 1)
        steps = np.flatnonzero(scan.steps["site"] == 1)
        end = scan.steps["t"][steps[-1]] + scan.steps["size"][steps[-1]] * scan.clock.period
        last = film.start + film.t[-1] + scan.sites["t_contact"][1]
        assert end - 0.5 - film.exposure < last <= end - film.exposure


def test_a_plan_that_requires_the_camera_pauses_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    events = []
    with seccm.run(plan(1, camera="required"), rig(SLOW), path=path, seed=1) as prepared:
        film = prepared.film
        assert film is not None
        for event in prepared:
            events.append(event)
            if isinstance(event, Landed):
                os.kill(film.process, getattr(signal, "SIGKILL", signal.SIGTERM))
                wait_for(lambda: not film.films)
            if isinstance(event, Paused):
                prepared.ask("resume")
    notes = " ".join(event.text for event in events if isinstance(event, Note))
    assert "The movie ends here: the camera's process has ended" in notes
    assert "its plan requires the camera" in notes
    assert any(isinstance(event, Paused) for event in events)
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert list(scan.sites.words("status")) == ["ok"]
        kept = scan.frames["index"] != 0xFFFFFFFF
        for row in np.flatnonzero(kept).tolist():
            assert scan.frames.picture(row).shape == (SIDE, SIDE)


def test_a_stopped_run_goes_on_in_the_same_movie(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    with seccm.run(plan(), rig(SLOW), path=path, seed=1) as prepared:
        for event in prepared:
            if isinstance(event, Landed):
                prepared.ask("stop")
    with seccm.open(path) as scan:
        before = {name: scan.frames[name] for name in ("number", "t", "index")}
    with seccm.resume(path) as resumed:
        list(resumed)
    with seccm.open(path) as scan:
        frames = scan.frames
        count = len(before["number"])
        assert len(frames) > count
        for name, values in before.items():
            np.testing.assert_array_equal(frames[name][:count], values)
        assert set(frames["session"]) == {0, 1}
        kept = frames["index"][frames["index"] != 0xFFFFFFFF]
        assert list(kept) == list(range(len(kept)))
        assert frames["t"][count] > frames["t"][count - 1]
        assert (frames["status"] == FrameStatus.OK).all()
        assert len(frames.of_site(1)) > 3


def test_a_plan_may_leave_the_camera_alone(tmp_path: Path) -> None:
    with seccm.run(plan(1, camera="off"), rig(), path=tmp_path / "scan.h5") as prepared:
        assert prepared.film is None
        prepared.ask("stop")
        list(prepared)
    assert not movie_beside(tmp_path / "scan.h5").exists()
    with seccm.open(tmp_path / "scan.h5") as scan:
        assert len(scan.frames) == 0
        assert scan.frames.facts is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"kind": "micro manager"}, "micro-manager"),
        ({"rate": "0 Hz"}, "camera.rate"),
        ({"colour": "red"}, "camera.colour"),
        ({"settings": {"width": "wide"}}, "width"),
        ({"kind": "micro-manager", "sync": "edges"}, "not counted by this rig"),
        ({"sync": "lamp"}, "does not blink the lamp"),
    ],
)
def test_mistakes_of_the_table_are_told_before_anything_moves(
    tmp_path: Path, table: dict[str, Any], said: str
) -> None:
    file = load_rig("virtual-irm")
    camera = {**file.config["camera"], **table}
    with pytest.raises(PlanError, match=said):
        seccm.run(
            plan(1), RigFile(file.source, {**file.config, "camera": camera}),
            path=tmp_path / "scan.h5",
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_a_movie_that_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    movie_beside(tmp_path / "scan.h5").write_bytes(b"precious")
    with pytest.raises(seccm.SeccmError, match="not overwritten"):
        seccm.run(plan(1), rig(), path=tmp_path / "scan.h5")
    assert movie_beside(tmp_path / "scan.h5").read_bytes() == b"precious"
    assert not (tmp_path / "scan.h5").exists()
