"""The rig's thread waits for nobody; slow readers miss rows, never facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plan import INFO
from small_scan import small_scan

import seccm
from seccm.events import (
    Event,
    Note,
    Outcome,
    Phase,
    PhaseBegan,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.remote.channel.wire import pack, unpack
from seccm.remote.host import feed as feeding
from seccm.remote.host.feed import Cursor, Feed
from seccm.remote.messages.news import Snapshot
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.trace import Labeller, Trace
from seccm.rig import BASIC, Block, Clock, Signal


def block(start: int, rows: int) -> Block:
    values = np.arange(start, start + rows, dtype=np.float64)
    data = {"potential": values, "current": -values, "x": values, "y": values, "z": values * 1e-9}
    return Block(start, data, np.zeros(rows, np.uint8))  # type: ignore[arg-type]


def begun(sites: int = 4, **options: int) -> Feed:
    feed = Feed(**options)
    overview = Overview.planned(sites)
    feed.begin(Snapshot("p", "{}", INFO, sites, (), overview, (), Trace.none()))
    return feed


def a_trace(values: np.ndarray, phase: np.ndarray | None = None) -> Trace:
    n = len(values)
    phase = np.zeros(n, np.uint8) if phase is None else phase
    zeros = np.zeros(n, np.int32), phase, np.zeros(n, np.uint16)
    return Trace(np.arange(n, dtype=np.float64), values, -values, np.zeros(n), *zeros)


# Rows for the eye.


@given(st.integers(1, 5000), st.integers(6, 300), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_thinned_rows_are_real_few_and_keep_every_spike(n: int, most: int, seed: int, at: float):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=n)
    spike = int(at * (n - 1))
    values[spike] = 100.0
    thin = a_trace(values).thinned(most)
    assert len(thin) <= most + 2 or len(thin) == n
    assert len(thin) == len({*thin.t.tolist()})
    assert (np.diff(thin.t) > 0).all()
    rows = thin.t.astype(int)
    np.testing.assert_array_equal(thin.potential, values[rows])
    assert spike in rows
    assert rows[0] == 0
    assert rows[-1] == n - 1


def test_the_first_row_of_every_phase_survives_thinning():
    phase = np.repeat(np.arange(6, dtype=np.uint8), [10, 300, 7, 2000, 1, 5000])
    thin = a_trace(np.sin(np.arange(len(phase))), phase).thinned(60)
    begins = np.flatnonzero(np.diff(phase, prepend=255))
    assert set(begins) <= set(thin.t.astype(int).tolist())


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_labels_do_not_depend_on_how_rows_were_cut(cuts: list[int], seed: int):
    """A contact is told some rows after it happened; its rows are labelled from it on."""
    total = sum(cuts)
    rng = np.random.default_rng(seed)
    begins = np.unique(rng.integers(0, total, 5))
    phases = rng.integers(0, 6, len(begins))
    labeller = Labeller(Clock())
    parts, start = [], 0
    told = 0
    for rows in cuts:
        labeller.see(block(start, rows))
        start += rows
        while told < len(begins) and begins[told] < start:
            labeller.hear(PhaseBegan(int(begins[told]), 3, Phase(phases[told])))
            told += 1
        parts.append(labeller.take())
    parts.append(labeller.take(everything=True))
    trace = Trace.joined(parts)
    rows = np.arange(total)
    np.testing.assert_allclose(trace.t, (rows + 1) * Clock().period)
    which = np.searchsorted(begins, rows, side="right") - 1
    np.testing.assert_array_equal(trace.phase, np.where(which < 0, 0, phases[which]))
    np.testing.assert_array_equal(trace.site, np.where(which < 0, -1, 3))


def test_live_rows_are_those_of_the_data_file(tmp_path: Path):
    """With no limit to how many are shown: every row of every site, with the file's labels."""
    run = seccm.run(small_scan(2, 1), path=tmp_path / "scan.h5", seed=4)
    feed = Feed(points=10**9)
    feed.begin(Snapshot("", "", run.info, run.total, (), Overview.planned(2), (), Trace.none()))
    run.watch(feed.look)
    cursor, parts = feed.since(feed.arrive()).cursor, []
    for event in run:
        feed.tell(event)
        feed.beat()
        batch = feed.since(cursor)
        cursor = batch.cursor
        parts.append(batch.trace)
    feed.beat(everything=True)
    parts.append(feed.since(cursor).trace)
    live = Trace.joined(parts)
    with seccm.open(tmp_path / "scan.h5") as scan:
        for number in range(2):
            record = scan.record(number)
            mine = live.where(live.site == number)
            common = np.isin(np.round(mine.t, 6), np.round(record.t, 6))
            assert common.sum() >= 0.9 * len(record.t)
            rows = np.searchsorted(record.t, mine.t[common] - 1e-6)
            for name, column in (("potential", "E"), ("current", "I"), ("z", "z")):
                shown = getattr(mine, name)[common]
                np.testing.assert_allclose(shown, getattr(record, column)[rows], rtol=1e-6)
            np.testing.assert_array_equal(mine.phase[common], record.phase[rows])
            np.testing.assert_array_equal(mine.step[common], record.step[rows])


# Facts.


def story(sites: int) -> list[Event]:
    return [
        event
        for n in range(sites)
        for event in (
            SiteStarted(n, n),
            SiteFinished(n, n, Outcome.OK, ""),
            SiteAnalysed(n, {"a": float(n)}, ""),
        )
    ]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_reader_that_keeps_up_hears_every_fact_once_and_in_order(portions: list[int]):
    feed = begun(facts=100)
    cursor = feed.since(feed.arrive()).cursor
    heard: list[Event] = []
    number = 0
    for portion in portions:
        for _ in range(portion):
            feed.tell(Note(number, -1, str(number)))
            number += 1
        feed.beat()
        batch = feed.since(cursor)
        cursor = batch.cursor
        heard += batch.events
        assert batch.snapshot is None
    assert [event.text for event in heard if isinstance(event, Note)] == list(
        map(str, range(number))
    )


def test_a_reader_left_behind_gets_a_snapshot_that_says_the_same():
    feed = begun(50, facts=20)
    late = feed.since(feed.arrive()).cursor
    for event in story(50):
        feed.tell(event)
    feed.beat()
    batch = feed.since(late)
    assert batch.snapshot is not None
    assert batch.events == ()
    assert (batch.snapshot.overview.status == Outcome.OK).all()
    np.testing.assert_array_equal(batch.snapshot.overview.features["a"], np.arange(50.0))
    assert batch.snapshot.recent == tuple(story(50)[-20:])
    again = feed.since(batch.cursor)
    assert again.snapshot is None
    assert again.events == ()


def test_a_snapshot_is_not_changed_by_what_happens_later():
    feed = begun(3)
    batch = feed.since(Cursor())
    for event in story(3):
        feed.tell(event)
    feed.beat()
    assert batch.snapshot is not None
    assert (batch.snapshot.overview.status == Outcome.PLANNED).all()


def test_who_was_there_before_the_run_began_hears_it_from_its_first_event():
    feed = Feed()
    cursor = feed.arrive()
    feed.begin(Snapshot("", "", INFO, 3, (), Overview.planned(3), (), Trace.none()))
    for event in story(3):
        feed.tell(event)
    feed.beat()
    batch = feed.since(cursor)
    assert list(batch.events) == story(3)
    assert batch.snapshot is not None
    assert (batch.snapshot.overview.status == Outcome.PLANNED).all()
    for event in batch.events:
        batch.snapshot.overview.hear(event)
    assert (batch.snapshot.overview.status == Outcome.OK).all()


# What waits is bounded.


def test_nothing_grows_while_nobody_looks_and_no_fact_is_lost(monkeypatch: pytest.MonkeyPatch):
    """With nobody keeping the beat, blocks beyond the bound are left out and counted."""
    monkeypatch.setattr(feeding, "BLOCKS", 100)
    feed = begun(10)
    cursor = feed.since(feed.arrive()).cursor
    for k in range(500):
        feed.look(block(5 * k, 5))
    for event in story(10):
        feed.tell(event)
    assert feed.missed_rows == 2000
    feed.beat(everything=True)
    batch = feed.since(cursor)
    assert list(batch.events) == story(10)
    assert len(batch.trace) <= 500


def test_a_slow_reader_gets_a_bounded_trace_that_ends_with_the_newest_row():
    feed = begun(points=12)
    cursor = feed.since(feed.arrive()).cursor
    for k in range(3 * feeding.CHUNKS):
        feed.look(block(100 * k, 100))
        feed.beat()
    feed.beat(everything=True)
    trace = feed.since(cursor).trace
    assert len(trace) <= (12 + 2) * feeding.CHUNKS
    assert trace.potential[-1] == 100 * 3 * feeding.CHUNKS - 1


def test_the_rows_of_a_long_site_stay_few_enough_for_a_new_window():
    feed = begun()
    feed.tell(SiteStarted(0, 0))
    for k in range(2000):
        feed.look(block(100 * k, 100))
        feed.beat()
    snapshot = feed.since(Cursor()).snapshot
    assert snapshot is not None
    assert feeding.SITE_ROWS / 4 < len(snapshot.trace) <= feeding.SITE_ROWS
    assert snapshot.trace.t[0] == pytest.approx(Clock().period)
    feed.tell(SiteStarted(200_000, 1))
    feed.look(block(200_000, 100))
    feed.look(block(200_100, 1))
    feed.beat()
    snapshot = feed.since(Cursor()).snapshot
    assert snapshot is not None
    assert set(snapshot.trace.site.tolist()) == {1}


def test_a_signal_of_the_rig_file_comes_along_thinned_joined_and_over_the_wire() -> None:
    added = Signal("amplitude", "A", "lock-in amplitude")
    labeller = Labeller.of(replace(INFO, signals=(*BASIC, added)))
    rng = np.random.default_rng(1)
    data = {signal.name: rng.normal(size=400) for signal in (*BASIC, added)}
    data["amplitude"][123] = 50.0
    for start in range(0, 400, 100):
        part = {name: values[start : start + 100] for name, values in data.items()}
        labeller.see(Block(start, part, np.zeros(100, np.uint8)))
    trace = labeller.take(everything=True)
    np.testing.assert_allclose(trace.signals["amplitude"], data["amplitude"], rtol=1e-6)
    assert trace.thinned(40).signals["amplitude"].max() == 50.0
    both = Trace.joined([trace.where(slice(0, 10)), Trace.none(), trace.where(slice(10, 20))])
    np.testing.assert_array_equal(both.signals["amplitude"], trace.signals["amplitude"][:20])
    again = Trace.from_plain(unpack(pack(trace.to_plain())))
    np.testing.assert_array_equal(again.signals["amplitude"], trace.signals["amplitude"])
    np.testing.assert_array_equal(again.step, trace.step)
