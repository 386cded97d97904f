"""A run of any way, written down write by write, killed at some of them, and resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut_disk import Diary, Image
from cut_stories import restore
from every_way import WAYS, run_of

import seccm
from seccm.data import Scan, store
from seccm.events import Outcome, Paused

NAME = "scan.h5"
_NOT_YET = ("nothing to resume", "cannot be read", "empty")


@dataclass(frozen=True)
class Written:
    """A run that nobody disturbed, and every write of it."""

    story: str
    diary: Diary
    whole: Path


def carried_out(run: seccm.Run) -> None:
    """Carry a run out; whoever is asked lets it go on."""
    for event in run:
        if isinstance(event, Paused):
            run.ask("resume")


def written_down(story: str, on: str, folder: Path) -> Written:
    """Carry a story out on a disk that is told at once of what was measured."""
    folder.mkdir()
    diary = Diary(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SOON", 0.0)
        with diary.kept():
            run = run_of(WAYS[story], on, folder / NAME)
            run.company = lambda events: events  # no window may find it
            carried_out(run)
    with seccm.open(folder / NAME) as scan:
        assert {*scan.sites["status"].tolist()} == {Outcome.OK}, "nobody disturbed it"
    return Written(story, diary, folder / NAME)


def came_through(written: Written, folder: Path, cuts: int, seed: int) -> int:
    """Kill the run at drawn writes, assert what must hold, and return how many were tried."""
    rng = np.random.default_rng(seed)
    # The header has most writes of a small file: kills are drawn from those that follow it.
    last = len(written.diary.changes) - 1
    wanted = {int(rng.integers(last // 3, last)) for _ in range(cuts)}
    tried = 0
    with pytest.MonkeyPatch.context() as patch:
        for sync in ("fsync", "fdatasync"):
            patch.setattr(os, sync, lambda descriptor: None, raising=False)
        for number in sorted(wanted):
            ((image, _),) = written.diary.images(every=last + 2, first=number)
            if image.get(NAME):
                tried += _killed(written, folder, image)
    return tried


def _killed(written: Written, folder: Path, image: Image) -> bool:
    """Try one cut; return whether there was something to resume."""
    restore(folder, image)
    path = folder / NAME
    with seccm.open(written.whole) as whole:
        before = _finished(path, whole)
        run = _resumable(path)
        if run is None:
            return False
        touched = _touched(path)
        carried_out(run)
        with seccm.open(path) as scan:
            assert scan.state == "complete"
            assert scan.check() == {}
            for site, status in enumerate(scan.sites["status"].tolist()):
                if site in before:
                    assert _rows(scan, site) == before[site], "a finished site is as it was"
                elif site in touched:
                    assert status in (Outcome.ABORTED, Outcome.OK)
                else:
                    assert status == whole.sites["status"][site], "as if nobody had disturbed it"
                if status == Outcome.OK:
                    assert _steps(scan, site) == _steps(whole, site)
    return True


def _resumable(path: Path) -> seccm.Run | None:
    """Return the rest of a run; None where the file is not laid out yet, or is complete."""
    try:
        return seccm.resume(path)
    except seccm.DataFileError as error:
        if any(words in str(error) for words in _NOT_YET):
            return None
        raise


def _finished(path: Path, whole: Scan) -> Mapping[int, Any]:
    """Return the record of each site that was finished; it must be that of the whole run."""
    try:
        scan = seccm.open(path)
    except seccm.DataFileError:
        return {}  # `resume` says so, too.
    with scan:
        done = np.flatnonzero(np.isin(scan.sites["status"], [Outcome.OK]))
        found = {site: _rows(scan, site) for site in done.tolist()}
        for site, rows in found.items():
            assert rows == _rows(whole, site), "what was measured before the kill"
        return found


def _touched(path: Path) -> set[int]:
    """Return the sites that were announced and not finished."""
    with seccm.open(path) as scan:
        left = {*scan.remaining()}
        broken = {scan.broken_off} - {None}
        done = np.flatnonzero(np.isin(scan.sites["status"], [Outcome.OK])).tolist()
        return {*range(len(scan.sites["status"]))} - (left - broken) - {*done}


def _rows(scan: Scan, site: int) -> bytes:
    """Return every row of a site, as it is in the file."""
    record = scan.record(site)
    return b"".join(np.ascontiguousarray(record.signals[name]).tobytes() for name in record.signals)


def _steps(scan: Scan, site: int) -> list[Any]:
    """Return what ran at a site: once each, and in the order of the plan."""
    own = np.flatnonzero(scan.steps["site"] == site)
    names = ("number", "path", "kind", "name", "ended_by")
    return json.loads(json.dumps([[str(scan.steps[n][k]) for n in names] for k in own.tolist()]))  # type: ignore[no-any-return]
