"""What a program does to a data file, each written into a diary: run, resume, pack, analyze."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from cut_disk import Diary, Image, Kept
from scan_feeder import CLOCK, COLUMNS, HEADER, analyse, sites, told, visit, visits
from test_raw_samples import CHANNELS, with_raw

from seccm.data import Store, finish, open_scan
from seccm.data.rewrite import FeatureValues, rewrite_features
from seccm.errors import DataFileError
from seccm.events import Approaching, Outcome, Phase, SiteFinished

COUNT = 4
STEPS = (25, 20)
NAME = "scan.h5"


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


def run(folder: Path, stop: int = COUNT) -> Diary:
    """Carry out a run from beginning to end, with raw samples."""
    folder.mkdir()
    diary, path = Diary(folder), folder / NAME
    with (
        diary.kept(),
        Store(path, HEADER, sites(COUNT), COLUMNS, CLOCK, analyse, raw=CHANNELS) as store,
    ):
        carry_out(store, diary, 0, stop)
        store.close("stopped")
    _all_is_kept(diary, range(stop))
    return diary


def planned(folder: Path) -> Diary:
    """Carry out a run of two sites to which a planner adds one after the other."""
    folder.mkdir()
    diary, path = Diary(folder), folder / NAME
    with (
        diary.kept(),
        Store(path, HEADER, sites(2), COLUMNS, CLOCK, analyse, raw=CHANNELS) as store,
    ):
        carry_out(store, diary, 0, 2)
        for number in range(2, COUNT):
            store.extend(sites(1, number))
            store.barrier()
            carry_out(store, diary, number, number + 1)
        store.close("stopped")
    _all_is_kept(diary, range(COUNT))
    return diary


def resumed(folder: Path) -> Diary:
    """Continue a run of which two sites are finished and whose program was killed."""
    *_, (image, _) = (cut for cut in run(folder, 3).images() if _is_third_begun(cut[1]))
    restore(folder, image)
    diary = Diary(folder)
    diary.entries.append(Kept(frozenset({0, 1, 2}), frozenset({0, 1})))
    with (
        diary.kept(),
        Store.resume(folder / NAME, sites(COUNT), COLUMNS, CLOCK, analyse, raw=CHANNELS) as store,
    ):
        carry_out(store, diary, 3, COUNT)
        store.close("stopped")
    _all_is_kept(diary, (0, 1, 3))
    return diary


def packed(folder: Path) -> Diary:
    """Pack the file of a finished run."""
    run(folder)
    diary = Diary(folder)
    _all_is_kept(diary, range(COUNT))
    with diary.kept():
        finish(folder / NAME)
    return diary


def analysed_again(folder: Path) -> Diary:
    """Store other features in the file of a finished run."""
    run(folder)
    diary = Diary(folder)
    _all_is_kept(diary, range(COUNT))
    zeros = np.zeros(COUNT)
    values = FeatureValues(COLUMNS.features[0], zeros, zeros, np.zeros(COUNT, np.uint8))
    with diary.kept():
        rewrite_features(folder / NAME, {"charge": values}, COLUMNS.statuses)
    return diary


STORIES: Mapping[str, Callable[[Path], Diary]] = {
    "run": run,
    "planner": planned,
    "resume": resumed,
    "pack": packed,
    "analyze": analysed_again,
}


def restore(folder: Path, image: Image) -> None:
    """Give a folder these files and no others."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in image.items():
        (folder / name).write_bytes(content)


def must_go_on(folder: Path, image: Image, known: Kept, *, readable: bool = True) -> None:
    """Assert that a run can be continued, and what was safe in it is whole.

    Args:
        folder: to do it in.
        image: what was left.
        known: what is safe.
        readable: whether it must be readable before it is continued.
    """
    restore(folder, image)
    path = folder / NAME
    if not image.get(NAME):
        # The program had only reserved the name.
        assert not known.touched
        return
    try:
        read = _read(path, known)
    except DataFileError:
        assert not readable
        read = set()
    Store.resume(path, sites(COUNT), COLUMNS, CLOCK, analyse, raw=CHANNELS).close("stopped")
    assert not (_read(path, known) | known.touched | (read if readable else set())) & _left(path)
    finish(path)
    _read(path, known)
    assert [one.name for one in folder.iterdir()] == [NAME]


def _read(path: Path, known: Kept) -> set[int]:
    """Look at what is safe; return the sites that are not to be visited again."""
    with open_scan(path) as scan:
        charges = scan.sites["charge"]
        for number in known.finished:
            assert scan.sites["status"][number] == visit(number, 0).outcome
            record = scan.record(number)
            assert np.array_equal(record.I, _current(number))
            assert charges[number] in (0.0, pytest.approx(_charge(number)))
        assert len({charges[number] == 0.0 for number in known.finished}) < 2
        return set(np.flatnonzero(scan.sites["status"] > Outcome.PLANNED).tolist())


def _left(path: Path) -> set[int]:
    with open_scan(path) as scan:
        return set(scan.remaining())


def _current(number: int) -> np.ndarray:
    return visit(number, 0, STEPS).data[1].astype(np.float32)[12:].astype(np.float64)


def _charge(number: int) -> float:
    made = visit(number, 0, STEPS)
    measured = made.data[1].astype(np.float32)[made.phase == Phase.STEP]
    return float(measured.astype(np.float64).sum() * CLOCK.period)


def _is_third_begun(known: Kept) -> bool:
    return known.touched == {0, 1, 2}


def _all_is_kept(diary: Diary, finished: range | tuple[int, ...]) -> None:
    sites = frozenset(finished)
    diary.entries.append(Kept(sites, sites))
