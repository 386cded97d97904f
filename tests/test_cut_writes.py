"""Cut at every write, by a kill or a power cut, a run goes on: nothing safe is lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from cut_disk import Diary
from cut_stories import STORIES, must_go_on

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only"),
    pytest.mark.usefixtures("no_waiting", "quickly_tried"),
]

CUTS = 3
"""Of each story and kind here, at moments of their own for each kind; all of them with
`python tests/benchmarks cuts`."""


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug while it is looked at what is left."""
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)


@pytest.fixture(scope="module", params=STORIES)
def diary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Diary:
    return STORIES[request.param](tmp_path_factory.mktemp("stories") / request.param)


def test_killed_at_any_write_a_run_goes_on(tmp_path: Path, diary: Diary) -> None:
    for image, known in diary.images(every=1 + len(diary.changes) // CUTS):
        must_go_on(tmp_path / "left", image, known)


@pytest.mark.parametrize(("sector", "later"), [(512, 1), (4096, 2)])
def test_after_a_power_cut_at_any_write_a_run_goes_on(
    tmp_path: Path, diary: Diary, sector: int, later: int
) -> None:
    """Any of what the disk was not yet told to keep may be lost, in parts of a write too."""
    rng = np.random.default_rng(sector)
    every = 1 + len(diary.changes) // CUTS
    for image, known in diary.power_cuts(every, rng, sector, first=every * later // CUTS):
        must_go_on(tmp_path / "left", image, known, readable=False)
