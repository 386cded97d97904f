"""What [camera] of a rig file may say, and whether a disk takes its movie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seccm.errors import DataFileError, PlanError
from seccm.movie.disk import EASY, SHARE, bytes_per_second, too_slow
from seccm.movie.facts import MovieFacts
from seccm.plan.recording import Record
from seccm.quantities import validate
from seccm.rig import CameraInfo, Clock
from seccm.rig.camera_table import CameraTable
from seccm.rigs import RigFile, build_camera, camera_table
from seccm.session.filmed import _refuse_slow, _same, facts_of
from sim.camera import VirtualCamera

GOOD = {"kind": "virtual", "rate": "10 Hz", "exposure": "40 ms", "pixel_size": "420 nm"}
INFO = CameraInfo("toy", 512, 400, 12, 20.0, serial="7", exposure=0.01, gain=2.0, roi="0,0,512,400")


def table(**changes: object) -> CameraTable:
    """Return what a rig file says of its camera."""
    found = camera_table(RigFile("my.toml", {"camera": {**GOOD, **changes}}))
    assert found is not None
    return found


def problems(**changes: object) -> dict[str, str]:
    """Return what is wrong with a table: key and sentence of every mistake."""
    with pytest.raises(PlanError) as refused:
        table(**changes)
    return {p.where: f"{p.what} {p.remedy}" for p in refused.value.problems}


def test_a_rig_file_without_a_camera_has_none() -> None:
    assert camera_table(RigFile("my.toml", {})) is None


def test_quantities_are_in_units_of_the_system() -> None:
    made = table(before="500 ms", wavelength="560 nm", rate="0.2 kHz")
    assert (made.rate, made.exposure, made.before) == (200.0, 0.04, 0.5)
    assert made.pixel_size == pytest.approx(420e-9)
    assert made.wavelength == pytest.approx(560e-9)
    assert made.mirrored
    assert made.sync == "host"


WRONG: dict[str, tuple[object, str]] = {
    "rate": ("0 Hz", "0"),
    "exposure": ("-3 ms", "0"),
    "pixel_size": ("-1 um", "0"),
    "before": ("90 s", "60 s"),
    "sync": ("edge", "edges"),
    "wavelength": ("560", "m"),
    "mirrored": ("perhaps", "true"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_mistake_is_told_with_its_key_and_what_is_allowed(key: str) -> None:
    value, said = WRONG[key]
    found = problems(**{key: value})
    assert list(found) == [f"camera.{key}"]
    assert said in found[f"camera.{key}"]


def test_all_mistakes_of_a_table_are_told_at_once() -> None:
    found = problems(**{key: value for key, (value, _) in WRONG.items()}, colour="red")
    assert set(found) == {f"camera.{key}" for key in (*WRONG, "colour")}


@pytest.mark.parametrize(
    ("typed", "meant"), [("virtul", "virtual"), ("Micro-Manager", "micro-manager")]
)
def test_a_kind_that_is_misspelt_is_known_by_its_neighbour(typed: str, meant: str) -> None:
    (said,) = problems(kind=typed).values()
    assert meant in said
    assert table(kind=meant).kind == meant  # what is advised is accepted


@pytest.mark.parametrize("frames", ["sites", "all", "every 1", "every 10", "every 999999"])
def test_every_choice_of_frames_that_is_named_is_accepted(frames: str) -> None:
    assert Record(frames=frames).frames == frames


@pytest.mark.parametrize(
    "frames", ["every 0", "every -3", "every", "every 1.5", "every 1000000", "site", "ALL", ""]
)
def test_another_choice_of_frames_is_refused(frames: str) -> None:
    with pytest.raises(PlanError) as refused:
        validate(Record, {"frames": frames}, "my plan", from_file=True)
    assert [p.where for p in refused.value.problems] == ["frames"]


def settings(world: object, edges: bool = True, **changes: object) -> Any:
    """Build the virtual camera of a table beside a rig."""
    beside: Any = SimpleNamespace(info=SimpleNamespace(edges=edges, clock=Clock()))
    if world is not None:
        beside.light = world
    made = table(**changes)
    return build_camera(made, RigFile("my.toml", {}), beside, seed=1)


def test_a_virtual_camera_needs_a_world_to_look_at() -> None:
    with pytest.raises(PlanError, match="this rig has none") as refused:
        settings(None)
    assert "micro-manager" in refused.value.problems[0].remedy
    assert isinstance(settings(object()), VirtualCamera)


def test_wrong_settings_of_the_virtual_camera_are_told_all_at_once() -> None:
    wrong = {"width": 4, "height": 5000, "lost": 1.0, "jitter": 0.5, "colour": "red"}
    with pytest.raises(PlanError) as refused:
        settings(object(), settings=wrong)
    assert {p.where.rpartition(".")[2] for p in refused.value.problems} == set(wrong)


def test_edges_that_nobody_counts_are_refused_and_the_advice_is_accepted() -> None:
    with pytest.raises(PlanError, match="not counted by this rig") as refused:
        settings(object(), edges=False, sync="edges")
    assert 'sync = "host"' in refused.value.problems[0].remedy
    settings(object(), edges=False, sync="host")


def facts(info: CameraInfo = INFO, **changes: object) -> MovieFacts:
    plan: Any = SimpleNamespace(record=Record())
    return facts_of(info, table(**changes), plan, Path("scan.ome.tif"))


def changed(**told: Any) -> CameraInfo:
    return replace(INFO, **told)


def test_what_the_camera_says_of_itself_is_kept() -> None:
    found = facts(objective="60x, NA 0.95", mirrored=False)
    assert (found.width, found.height, found.bits, found.serial) == (512, 400, 12, "7")
    assert (found.gain, found.roi, found.rate) == (2.0, "0,0,512,400", 20.0)
    assert (found.objective, found.mirrored, found.frames) == ("60x, NA 0.95", False, "sites")
    assert found.movie == "scan.ome.tif"
    assert found.uuid != facts().uuid


@pytest.mark.parametrize(
    ("rate", "exposure", "wanted"),
    [(20.0, 0.01, 0.05), (20.0, 0.2, 0.2), (4.0, math.nan, 0.25), (0.0, math.nan, 1000.0)],
)
def test_by_the_computers_clock_a_time_is_good_to_a_frame(
    rate: float, exposure: float, wanted: float
) -> None:
    found = facts(changed(rate=rate, exposure=exposure))
    assert found.sync_uncertainty == pytest.approx(wanted)
    assert facts(changed(rate=rate), sync="edges").sync_uncertainty == 1e-5


@pytest.mark.parametrize("told", [{"width": 511}, {"height": 1}, {"bits": 8}])
def test_a_camera_set_otherwise_does_not_go_on_with_a_movie(told: Mapping[str, int]) -> None:
    known = facts()
    with pytest.raises(DataFileError, match=r"Set it as it was\. Nothing moved") as refused:
        _same(facts(changed(**told)), known, Path("scan.h5"))
    assert "512 x 400" in str(refused.value)


def test_a_camera_of_the_same_frames_goes_on_under_the_first_name() -> None:
    known = facts()
    assert _same(facts(changed(bits=14, serial="8")), known, Path("scan.h5")) is known


@pytest.mark.parametrize("spare", [0.99, 1.01])
@pytest.mark.parametrize("bits", [8, 12])
def test_a_disk_is_held_against_the_bytes_of_the_movie(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bits: int, spare: float
) -> None:
    info = changed(rate=100.0, bits=bits)
    wanted = 100.0 * 512 * 400 * (1 if bits == 8 else 2)
    disk = spare * wanted / SHARE
    monkeypatch.setattr(
        "seccm.session.filmed.too_slow", lambda at, w: too_slow(at, w, lambda _: disk)
    )
    file = RigFile("my.toml", {})
    if spare > 1:
        _refuse_slow(info, facts(info), tmp_path / "scan.h5", file)
        return
    with pytest.raises(PlanError) as refused:
        _refuse_slow(info, facts(info), tmp_path / "scan.h5", file)
    said = str(refused.value)
    assert "100 frames of 512 x 400 pixels" in said
    assert f"{wanted / 1e6:.0f} MB" in said
    assert f"the disk took {disk / 1e6:.0f} MB" in said
    assert "Nothing moved" in said
    assert "local disk" in said


def test_a_simulated_camera_waits_and_is_never_too_fast(tmp_path: Path) -> None:
    info = changed(rate=1e9, patient=True)
    _refuse_slow(info, facts(info), tmp_path / "scan.h5", RigFile("my.toml", {}))


@pytest.mark.parametrize("wanted", [0.0, EASY - 1])
def test_what_any_disk_takes_is_not_tried(tmp_path: Path, wanted: float) -> None:
    def never(folder: Path) -> float:
        raise AssertionError("it was tried")

    assert too_slow(tmp_path, wanted, never) is None


def test_a_disk_that_cannot_be_tried_is_not_refused_here(tmp_path: Path) -> None:
    assert too_slow(tmp_path / "no folder", 1e9) is None


def test_the_speed_of_a_disk_is_bytes_over_seconds(tmp_path: Path) -> None:
    ticks = iter(np.arange(0.0, 10.0, 0.5).tolist())
    found = bytes_per_second(tmp_path, longest=0.9, now=lambda: next(ticks))
    assert found == 4e6 / 1.5  # begun at 0, written at 0.5, late at 1, asked at 1.5
    assert not list(tmp_path.iterdir())
