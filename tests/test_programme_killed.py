"""A programme of 21 steps, as of a battery particle, killed in its midst behind a real driver.

Times are shortened, nothing else: charge, discharge and charge, then six times a discharge, a rest
and a step of the potential from where the cell came to rest. Killed in the 14th step, between two
steps, and in the rest that a resumed run begins with, it comes to what it comes to undisturbed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_disk import Diary, Image
from cut_stories import restore
from every_way import QUIET
from test_channels import CHANNELS, plan_of
from test_channels_card import RELAYS, card
from test_resume_inside import same

import seccm
from seccm.data import store
from seccm.events import Phase, PhaseBegan
from seccm.rigs import RigFile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only")
NAME, COUNT, BROKEN = "scan.h5", 21, 13
"""How many steps there are, and which one is broken off, counted from 0."""
SHORT = 0.12


def current(name: str, amperes: float) -> dict[str, Any]:
    return {
        "step": "constant current", "name": name, "current": amperes, "duration": 5.0,
        "nuclei": False, "until": {"charge": SHORT * abs(amperes)},
    }  # fmt: skip


def titrated(number: int) -> Iterator[dict[str, Any]]:
    """One discharge, the rest after it, and the step from there."""
    yield current(f"discharge {number}", -1e-9 - 0.1e-9 * number)
    yield {"step": "open circuit", "name": f"rest {number}", "duration": SHORT}
    where = {"from": f"rest {number}", "offset": -0.015 * number, "within": [-2.0, 2.0]}
    yield {"step": "pitt", "name": f"PITT {number}", "potential": where, "duration": 2 * SHORT}


PROGRAM = [
    *(current(name, sign * 1e-9) for name, sign in (("charge", 1), ("dis", -1), ("again", 1))),
    *(step for number in range(1, 7) for step in titrated(number)),
]
PLAN = plan_of(
    {**CHANNELS, "labels": ["P1"], "areas": 100e-12},
    way={"switch": "rig", "settle": 0.1, "rest": 0.3},
    program=PROGRAM,
)
RIGS = {
    "virtual": lambda: RigFile(
        "pads", {"kind": "virtual", "switch": {"channels": ["P1"]}, **QUIET}
    ),
    "card": lambda: card({"relays": {"P1": RELAYS["relays"]["P1"]}}),
}


@dataclass(frozen=True)
class Killed:
    """A run, every write of it, and what an image of its folder is at some writes."""

    diary: Diary
    whole: Path

    def image(self, number: int) -> Image:
        ((image, _),) = self.diary.images(every=len(self.diary.changes) + 2, first=number)
        return image

    def first(self, folder: Path, holds: Callable[[seccm.Scan], bool], low: int = -1) -> int:
        """Return after which write something holds for the first time that goes on to hold.

        Args:
            folder: in which images are looked at.
            holds: asked of the file.
            low: a write after which the file is laid out; by default after a third of them.
        """
        high = len(self.diary.changes) - 1
        low = high // 3 if low < 0 else low
        while low < high:
            middle = (low + high) // 2
            restore(folder, self.image(middle))
            with seccm.open(folder / NAME) as scan:
                low, high = (low, middle) if holds(scan) else (middle + 1, high)
        return low


def written_down(folder: Path, make: Callable[[Path], seccm.Run]) -> Killed:
    """Carry a run out on a disk that is told at once of what was measured."""
    diary = Diary(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SOON", 0.0)
        with diary.kept():
            run = make(folder / NAME)
            run.company = lambda events: events  # no window shall find it
            for _ in run:
                pass
    return Killed(diary, folder / NAME)


def ended(count: int) -> Callable[[seccm.Scan], bool]:
    """Whether so many steps are in a file as ones that ended."""
    return lambda scan: len(scan.steps["site"]) >= count


@pytest.fixture(scope="module", params=["card", "virtual"])
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    rig = RIGS[request.param]()
    folder = tmp_path_factory.mktemp("whole")
    return written_down(folder, lambda path: seccm.run(PLAN, rig, path=path, seed=4))


def goes_on(path: Path) -> Sequence[int]:
    """Resume a file to its end; return which steps began."""
    events = list(seccm.resume(path))
    return [e.step for e in events if isinstance(e, PhaseBegan) and e.phase is Phase.STEP]


def test_it_goes_on_at_the_step_that_was_under_way_and_measures_nothing_twice(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)
    left = tmp_path / "left"
    before, after = killed.first(left, ended(BROKEN)), killed.first(left, ended(BROKEN + 1))
    cuts = {"between two steps": before, "in the 14th step": (before + after) // 2}
    with seccm.open(killed.whole) as whole:
        assert len(whole.steps["site"]) == COUNT
        for where, cut in cuts.items():
            restore(left, killed.image(cut))
            with seccm.open(left / NAME) as scan:
                assert scan.broken_off == 0, where
                measured = scan.steps["charge"].tolist()
            began = goes_on(left / NAME)
            assert began == [*range(BROKEN, COUNT)], where
            with seccm.open(left / NAME) as scan:
                assert scan.steps["charge"].tolist()[:BROKEN] == measured[:BROKEN], where
                same(scan, whole)


def test_killed_again_in_the_rest_before_it_goes_on_it_rests_and_goes_on(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)
    left, again = tmp_path / "left", tmp_path / "again"
    cut = (killed.first(left, ended(BROKEN)) + killed.first(left, ended(BROKEN + 1))) // 2
    restore(again, killed.image(cut))
    resumed = written_down(again, seccm.resume)

    def rested(scan: seccm.Scan) -> bool:
        return bool((scan.to_xarray()["phase"].values == Phase.REST).any())

    restore(left, resumed.image(resumed.first(left, rested, low=1)))
    with seccm.open(left / NAME) as scan:
        assert scan.to_xarray()["phase"].values[-1] == Phase.REST
        assert (scan.broken_off, len(scan.steps["site"])) == (0, BROKEN)
    assert goes_on(left / NAME) == [*range(BROKEN, COUNT)]
    with seccm.open(left / NAME) as scan, seccm.open(killed.whole) as whole:
        same(scan, whole)
        np.testing.assert_array_equal(scan.steps["number"], np.arange(COUNT))
