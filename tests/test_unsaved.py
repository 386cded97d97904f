"""How far the disk is behind is known at any time, and an alarm says when it stops taking data."""

from __future__ import annotations

import threading
from itertools import repeat
from pathlib import Path

import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, sites, told, visits
from waiting import HANGING, wait_for

import seccm
from seccm.data import Store, Unsaved
from seccm.data import store as store_module
from seccm.data.writer import KEPT, Writer
from ui.models.run_state import LOW_DISK, STALE, RunState


def test_what_was_recorded_is_unsaved_until_a_barrier_has_passed(tmp_path: Path):
    store = Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    assert store.unsaved == Unsaved()
    rows = 0
    for block, events in told(visits(1)):
        store.record(block, events)
        rows += block.rows
    assert 0 < store.unsaved.rows <= rows
    assert store.unsaved.seconds >= 0.0
    store.barrier()
    assert store.unsaved == Unsaved()
    store.close("complete")
    assert store.unsaved == Unsaved()


def test_rows_of_a_site_that_goes_on_are_on_the_disk_after_a_while_though_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A step may last for a day, and a pause a weekend."""
    monkeypatch.setattr(store_module, "LATEST", 0.0)
    store = Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    long = 6 * KEPT
    for block, events in told(visits(1, steps=(long, 30)), repeat(100)):
        if block.start < long:
            store.record(block, events)
    wait_for(lambda: store.unsaved == Unsaved())
    copy = tmp_path / "copy.h5"
    copy.write_bytes((tmp_path / "scan.h5").read_bytes())
    copied = copy.with_name("copy.h5.redo")
    copied.write_bytes((tmp_path / "scan.h5.redo").read_bytes())
    store.close("stopped")
    with seccm.open(copy) as scan:
        assert scan.samples > long - 2 * KEPT, "all but what may belong to another step yet"


def test_a_disk_that_hangs_is_seen_while_it_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hanging, going_on = threading.Event(), threading.Event()
    commit = Writer.commit

    def late(self: Writer, *, durable: bool = True) -> None:
        hanging.set()
        going_on.wait(HANGING)
        commit(self, durable=durable)

    monkeypatch.setattr(Writer, "commit", late)
    store = Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK)
    (first, *more) = told(visits(1), repeat(10))
    store.record(*first)
    asking = threading.Thread(target=store.barrier)
    asking.start()
    assert hanging.wait(HANGING)
    for block, events in more:
        store.record(block, events)
    behind = store.unsaved
    going_on.set()
    asking.join()
    store.close("complete")
    assert behind.rows == sum(block.rows for block, _ in [first, *more])
    assert behind.seconds >= behind.waiting > 0.0


def test_the_window_says_aloud_that_the_disk_hangs_or_fills_up():
    run = RunState(state="running")
    run.unsaved, run.disk_free = Unsaved(400, STALE + 8.0, 0.1), 41_200_000_000
    assert run.alarm(0.0) == "", "a long step is no alarm"
    assert run.disk == f"{STALE + 8.0:.1f} s · 41.2 GB"
    run.unsaved = Unsaved(400, 10.0, STALE + 1.0)
    assert "disk has accepted no data" in run.alarm(0.0)
    run.unsaved, run.disk_free = Unsaved(), LOW_DISK // 5
    assert "100 MB are free" in run.alarm(0.0)
    run.state = "done"
    assert run.alarm(0.0) == ""
    assert run.disk == "–"
