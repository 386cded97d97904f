"""Cut at every write, by a kill or a power cut, a run goes on: nothing safe is lost."""

from __future__ import annotations

import os
import sys
from itertools import islice, repeat
from pathlib import Path

import numpy as np
import pytest
from cut_disk import Diary, Kept
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit, visits
from test_raw_samples import CHANNELS, with_raw

from seccm.data import Store, finish, open_scan
from seccm.events import Approaching, Outcome, SiteFinished

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="HDF5 is watched on Linux only")

COUNT = 4
STEPS = (25, 20)
EVERY = 19


def carry_out(store: Store, diary: Diary, start: int, stop: int) -> None:
    """Tell a store some sites as a runner does: with a barrier before each descent."""
    finished: set[int] = set()
    for block, events in told(visits(stop - start, start, steps=STEPS), repeat(40)):
        store.record(with_raw(block), events)
        finished |= {e.site for e in events if isinstance(e, SiteFinished)}
        touched = {e.site for e in events if isinstance(e, Approaching)}
        if touched:
            store.barrier()
            diary.entries.append(Kept(frozenset(touched), frozenset(finished)))


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Diary:
    return diary_of_a_run(tmp_path_factory.mktemp("first") / "scan.h5")


def diary_of_a_run(path: Path) -> Diary:
    """Carry out a run from beginning to end, with raw samples."""
    path.parent.mkdir(exist_ok=True)
    diary = Diary(path)
    with (
        diary.kept(),
        Store(path, HEADER, sites(COUNT), COLUMNS, CLOCK, analyse, raw=CHANNELS) as store,
    ):
        carry_out(store, diary, 0, COUNT)
        store.close("stopped")
    return diary


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug while it is looked at what is left."""
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda descriptor: None, raising=False)


def must_go_on(path: Path, image: bytes, known: Kept) -> None:
    """Assert that a file can be read and continued, and what was safe in it is whole."""
    path.write_bytes(image)
    with open_scan(path) as scan:
        read = scan.sites["status"]
        for number in known.finished:
            assert np.array_equal(scan.record(number).I, _current(number))
    Store.resume(path, sites(COUNT), COLUMNS, CLOCK, analyse, raw=CHANNELS).close("stopped")
    with open_scan(path) as scan:
        assert not known.touched & set(scan.remaining())
        assert not set(np.flatnonzero(read > Outcome.PLANNED).tolist()) & set(scan.remaining())
        for number in known.finished:
            assert scan.sites["status"][number] == visit(number, 0).outcome
            assert np.array_equal(scan.record(number).I, _current(number))
    finish(path)


def _current(number: int) -> np.ndarray:
    return visit(number, 0, STEPS).data[1].astype(np.float32)[12:].astype(np.float64)


@pytest.mark.usefixtures("no_waiting")
def test_killed_at_any_write_a_run_goes_on(tmp_path: Path, first_run: Diary) -> None:
    """Every nineteenth write here; all of them with `python tests/benchmarks cuts`."""
    for image, known in islice(first_run.images(), 0, None, EVERY):
        must_go_on(tmp_path / "scan.h5", image, known)
