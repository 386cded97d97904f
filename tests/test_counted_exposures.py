"""On a card, the exposures of a camera are counted on the clock of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from test_filmed_run import SIDE, plan, run

import seccm
from seccm.errors import PlanError
from seccm.movie.facts import LEVEL_KINDS, FrameStatus, Verdict
from seccm.rigs import RigFile, load_rig

LAMP = {"counter": "ctr2", "terminal": "PFI14", "first": "0.7 s", "off": "0.45 s",
        "every": "0.93 s", "pulses": 4}  # fmt: skip


def card(
    exposures: dict[str, str] | None, sync: str = "edges", lamp: Mapping[str, object] | None = None
) -> RigFile:
    """Return the virtual card with a virtual camera on it."""
    file = load_rig("virtual-nidaq")
    config = deepcopy(dict(file.config))
    if exposures is not None:
        config["exposures"] = exposures
    if lamp is not None:
        config["lamp"] = dict(lamp)
    config["camera"] = {
        "kind": "virtual", "rate": "10 Hz", "exposure": "40 ms", "pixel_size": "420 nm",
        "sync": sync, "settings": {"width": SIDE, "height": SIDE, "lost": 0.3},
    }  # fmt: skip
    return RigFile(file.source, config)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("card") / "scan.h5"
    rig = card({"counter": "ctr1", "terminal": "PFI1"}, lamp=LAMP)
    run(path, rig, plan(1, frames="every 5"))
    return path


def test_every_frame_has_the_time_at_which_its_exposure_was_counted(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        frames = scan.frames
        # While the rig is made safe after the end of the run, nobody counts any more.
        counted = frames["t"] <= float(scan.sites["t_end"][0])
        assert counted.sum() > 40
        assert frames.lost > 5
        assert (frames["status"][counted] == FrameStatus.OK).all()
        assert not (frames["status"][~counted] == FrameStatus.AMBIGUOUS).any()
        start = frames["host"] - frames["exposure"]
        assert np.abs(frames["t"] - start)[counted].max() <= 1 / scan.clock.rate
        assert (frames.edges["kind"] == 0).sum() >= frames["number"][counted].max() + 1
        kept = frames["index"] != 0xFFFFFFFF
        assert (frames["number"][kept] % 5 == 0).all()


def test_the_lamp_that_a_counter_switches_agrees_with_the_edges(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        told, edges = scan.frames.levels, scan.frames.edges
        steps = [edges["sample"][edges["kind"] == kind].tolist() for kind in (1, 2)]
        assert steps[0] == [70_000, 163_000, 256_000, 349_000]
        assert steps[1] == [115_000, 208_000, 301_000, 394_000]
        lamp = told["kind"].tolist().index(LEVEL_KINDS.index("lamp"))
        assert told["count"][lamp] >= 1
        assert abs(told["offset"][lamp]) < 3 * told["err"][lamp] < 0.03
        assert told["verdict"][lamp] == Verdict.AGREES


def test_the_droplet_is_seen_on_the_card_too(filmed: Path) -> None:
    with seccm.open(filmed) as scan:
        frames = scan.frames
        contact = float(scan.sites["t_contact"][0])
        kept = np.flatnonzero(frames["index"] != 0xFFFFFFFF)
        t = frames["t"][kept]
        dry, wet = (
            np.mean([frames.picture(int(r)) for r in rows], axis=0)
            for rows in (kept[t < contact - 0.1], kept[(t > contact + 0.2) & (t < contact + 0.9)])
        )
        assert np.abs(wet / dry - 1).max() > 0.02


@pytest.mark.parametrize(
    ("counter", "lamp", "free"), [("ctr0", "ctr2", "ctr1"), ("ctr1", "ctr1", "ctr2")]
)
def test_one_counter_does_one_thing(counter: str, lamp: str, free: str) -> None:
    rig = card({"counter": counter, "terminal": "PFI1"}, lamp={**LAMP, "counter": lamp})
    with pytest.raises(PlanError, match=f'both {counter}.*such as "{free}"'):
        seccm.run(plan(1), rig, path="none.h5")


def test_a_lamp_needs_a_terminal_and_is_on_in_between() -> None:
    for wrong, said in ({"terminal": "ctr2"}, "terminal"), ({"every": "0.4 s"}, "never be on"):
        with pytest.raises(PlanError, match=said):
            seccm.run(plan(1), card(None, "host", lamp={**LAMP, **wrong}), path="none.h5")


def test_edges_need_a_counter(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="not counted by this rig"):
        seccm.run(plan(1), card(None), path=tmp_path / "none.h5")
    assert not list(tmp_path.iterdir())
