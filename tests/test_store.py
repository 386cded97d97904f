"""What the rig and the engine said is in the file, however it was cut and whatever failed."""

from __future__ import annotations

import dataclasses
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scan_feeder import (
    CLOCK,
    COLUMNS,
    HEADER,
    Visit,
    analyse,
    sites,
    told,
    visits,
)

from seccm.data import Analysed, SiteRecord, Store, open_scan
from seccm.data.layout import LIBVER, datasets, row_type, sample_dataset
from seccm.data.packing import broken_sites
from seccm.data.writer import KEPT, Writer
from seccm.events import (
    Approaching,
    Event,
    Fault,
    Landed,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStopped,
    SiteFinished,
    SiteStarted,
)
from seccm.plan.site import Site

Analysis = Callable[[Site, SiteRecord], Analysed]


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def write(
    path: Path,
    made: Sequence[Visit],
    cuts: Iterator[int] | None = None,
    analysis: Analysis | None = analyse,
) -> None:
    """Write made-up visits into a file."""
    with Store(path, HEADER, sites(len(made)), COLUMNS, CLOCK, analysis) as store:
        for block, events in told(made, cuts):
            store.record(block, events)
        store.close("complete")


def contents(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read everything there is in a file."""
    with h5py.File(path, "r") as file:
        return {name: dataset[()] for name, dataset in datasets(file).items()}


def test_every_row_is_stored_with_its_label(tmp_path: Path) -> None:
    """Values, phase and step, though a contact is known only rows later."""
    made = visits(7)
    write(tmp_path / "scan.h5", made)
    with open_scan(tmp_path / "scan.h5") as scan, h5py.File(scan.path) as file:
        for v in made:
            start, size = int(scan.sites["row_start"][v.number]), len(v.flags)
            here = slice(start, start + size)
            assert scan.sites["row_size"][v.number] == size
            raw = np.arange(v.start, v.stop) + 1
            np.testing.assert_allclose(file["t"][here], raw * CLOCK.period, rtol=1e-14)
            for name, values, scale in zip(
                ("E", "I", "sample_x", "sample_y", "z"), v.data, (1, 1, 1e6, 1e6, 1e6), strict=True
            ):
                assert np.array_equal(file[name][here], (values * scale).astype(np.float32))
            assert np.array_equal(file["phase"][here], v.phase)
            assert np.array_equal(file["step"][here], v.step)
            assert np.array_equal(file["flag"][here], v.flags)


def test_the_site_table_equals_the_events(tmp_path: Path) -> None:
    """Outcome, times, reason, and the mean position while landed."""
    made = visits(9)
    write(tmp_path / "scan.h5", made)
    with open_scan(tmp_path / "scan.h5") as scan:
        table = scan.sites
        assert table["status"].tolist() == [v.outcome for v in made]
        assert table["landed"].tolist() == [v.contact is not None for v in made]
        assert table["attempts"].tolist() == [1] * len(made)
        for v in made:
            events = [e for _, e in v.events]
            finished = next(e for e in events if isinstance(e, SiteFinished))
            assert table["reason"][v.number] == finished.reason
            assert table["t_end"][v.number] == CLOCK.time(finished.row)
            started = next(e for e in events if isinstance(e, SiteStarted))
            assert table["t_start"][v.number] == CLOCK.time(started.row)
            if v.contact is not None:
                assert table["t_contact"][v.number] == CLOCK.time(v.contact)
                inside = v.phase == Phase.STEP
                mean = v.data[2].astype(np.float32)[inside].mean()
                assert table["x"][v.number] == pytest.approx(mean, abs=1e-12)
            else:
                assert np.isnan(table["x"][v.number])


def test_the_checksum_is_that_of_the_packed_rows(tmp_path: Path) -> None:
    """Anyone can compute it from the columns."""
    write(tmp_path / "scan.h5", visits(3))
    with h5py.File(tmp_path / "scan.h5") as file:
        for start, size, crc in zip(
            file["row_start"], file["row_size"], file["crc32"], strict=True
        ):
            rows = np.empty(int(size), row_type())
            for name in row_type().names or ():
                rows[name] = file[sample_dataset(name)][int(start) : int(start + size)]
            assert zlib.crc32(rows.tobytes()) == crc


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 200), min_size=1, max_size=40))
def test_the_length_of_blocks_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    """The same story, cut at random, gives the same file."""
    folder = tmp_path_factory.mktemp("cuts")
    made = visits(4)
    write(folder / "whole.h5", made)
    write(folder / "cut.h5", made, chain(cuts, repeat(3)))
    whole, cut = contents(folder / "whole.h5"), contents(folder / "cut.h5")
    assert whole.keys() == cut.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(cut[name], values, err_msg=name)


def test_a_long_site_is_appended_while_it_runs_and_labelled_right(tmp_path: Path) -> None:
    """Longer than the tail, in blocks of ten milliseconds."""
    made = visits(2, steps=(3 * KEPT, 2 * KEPT + 17))
    path = tmp_path / "long.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, analyse) as store:
        blocks = told(made, repeat(64))
        seen = 0
        for block, events in blocks:
            store.record(block, events)
            if block.stop > 4 * KEPT and not seen:
                store.barrier()
                with h5py.File(path, "r", swmr=True, libver=LIBVER, locking=False) as file:
                    seen = len(file["sample"])
                    assert file["row_size"][0] == seen
                    assert file["status"][0] == Outcome.RUNNING
        assert KEPT < seen < made[0].stop
        store.close("complete")
    with open_scan(path) as scan:
        for v in made:
            kept = v.step[len(v.step) - len(scan.record(v.number).step) :]
            assert np.array_equal(scan.record(v.number).step, kept)
            assert scan.site(v.number).steps.keys() == {0, 1}


def test_a_site_counts_as_touched_before_the_descent_and_not_earlier(tmp_path: Path) -> None:
    """Looked at after every single row."""
    v = visits(1)[0]
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store:
        for block, events in told([v], repeat(1)):
            store.record(block, events)
            store.barrier()
            with h5py.File(path, "r", swmr=True, libver=LIBVER, locking=False) as file:
                status = int(file["status"][0])
            begun = any(isinstance(e, Approaching) for r, e in v.events if r < block.stop)
            assert (status != Outcome.PLANNED) == begun
        store.close("complete")


def test_every_event_is_listed_in_order(tmp_path: Path) -> None:
    """With its row, its site and a sentence."""
    told_of = [
        RunStarted(0, "made up", 2, "nothing", True),
        SiteStarted(0, 0),
        Note(3, 0, "the lamp is on"),
        SiteFinished(5, 0, Outcome.SKIPPED, "by the operator"),
        Paused(6, "by the operator"),
        Resumed(7),
        Fault(8, -1, "stalled-read", "no data for 2 s.", "Check the cable."),
        RunStopped(9, "fault", "stalled-read"),
    ]
    with Store(tmp_path / "scan.h5", HEADER, sites(2), COLUMNS, CLOCK) as store:
        store.record(None, told_of)
        store.close("fault")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert scan.state == "fault"
        assert scan.events["row"].tolist() == [e.row for e in told_of]
        assert scan.events["site"].tolist() == [-1, 0, 0, 0, -1, -1, -1, -1]
        assert len(set(scan.events["code"])) == len(told_of)
        assert scan.events["msg"][6] == "stalled-read: no data for 2 s. Check the cable."
        assert scan.remaining() == (1,)


def test_a_long_analysis_is_no_fault_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A barrier waits for it, longer than it would for the disk."""
    asked, enough = [], threading.Event()
    usual = Writer.analysing.fget
    assert usual is not None

    def analysing(writer: Writer) -> bool:
        asked.append(usual(writer))
        if asked.count(True) == 2:  # the patience was over once
            enough.set()
        return bool(asked[-1])

    def slow(site: Site, record: SiteRecord) -> Analysed:
        enough.wait()
        return analyse(site, record)

    monkeypatch.setattr(Writer, "analysing", property(analysing))
    with Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK, slow) as store:
        for block, events in told(visits(1)):
            store.record(block, events)
        while not usual(store._writer) and not store.analysed():
            threading.Event().wait(1e-3)
        store.barrier(timeout=1.0)
        assert len(store.analysed()) == 1
        store.close("complete")


def test_features_are_stored_and_told(tmp_path: Path) -> None:
    """The file and the progress line have the same numbers."""
    made = visits(5)
    with Store(tmp_path / "scan.h5", HEADER, sites(5), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(made):
            store.record(block, events)
        store.barrier()
        news = store.analysed()
        assert store.analysed() == ()
        store.close("complete")
    assert [n.site for n in news] == [0, 1, 2, 3, 4]
    with open_scan(tmp_path / "scan.h5") as scan:
        for v, new in zip(made, news, strict=True):
            charge = v.data[1].astype(np.float32)[v.phase == Phase.STEP].sum() * CLOCK.period
            assert scan.sites["charge"][v.number] == pytest.approx(charge, rel=1e-5, abs=1e-20)
            assert new.features["charge"] == scan.sites["charge"][v.number]
            assert np.isnan(new.features["empty"])
            assert new.statuses == {"empty": 64}
        assert scan.sites["quality"].tolist() == [0, 1, 2, 0, 1]
        assert set(scan.sites["empty_status"]) == {64}


def test_an_analysis_that_fails_loses_no_data_and_is_told(tmp_path: Path) -> None:
    """Whether it raises or names a feature that is not there."""

    def broken(site: Site, record: SiteRecord) -> Analysed:
        if site.number == 1:
            return Analysed({"unheard of": (1.0, 0.1, 0)})
        raise ZeroDivisionError("no charge")

    made = visits(2)
    write(tmp_path / "scan.h5", made, analysis=broken)
    with open_scan(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 2
        assert len(scan.record(0).t) > 0
        assert np.isnan(scan.sites["charge"]).all()
        notes = [m for m in scan.events["msg"] if "analysis failed" in m]
    assert "ZeroDivisionError: no charge" in notes[0]
    assert "unheard of" in notes[1]


def test_the_live_analysis_sees_what_a_later_one_reads(tmp_path: Path) -> None:
    """So that it gives the same numbers whenever it is done."""
    seen: list[SiteRecord] = []

    def keep(site: Site, record: SiteRecord) -> Analysed:
        seen.append(record)
        return Analysed({})

    write(tmp_path / "scan.h5", visits(5), repeat(7), keep)
    with open_scan(tmp_path / "scan.h5") as scan:
        for live in seen:
            later = scan.record(live.number)
            for name in ("t", "E", "I", "z", "x", "y", "phase", "step", "flag"):
                assert np.array_equal(getattr(live, name), getattr(later, name)), name
            assert later.ends == live.ends
            assert later.contact == live.contact
            assert (later.landing is None) == (live.landing is None)
            if live.landing and later.landing:
                assert later.landing.row == live.landing.row
                assert later.landing.z == pytest.approx(live.landing.z, rel=1e-12)


def test_sites_can_be_added_while_the_scan_runs(tmp_path: Path) -> None:
    """An adaptive scan thinks of its sites, and of their conditions, as it goes."""
    made = visits(4)
    with Store(tmp_path / "scan.h5", HEADER, sites(2), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(made[:2]):
            store.record(block, events)
        store.extend(sites(2, start=2))
        for block, events in told(made[2:]):
            store.record(block, events)
        store.close("complete")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [v.outcome for v in made]
        assert scan.sites["x_cmd"].tolist() == pytest.approx([0, 1e-6, 2e-6, 3e-6])
        assert scan.sites["factor_density"].tolist() == [-7.8, -15.6, -7.8, -15.6]
        assert set(scan.sites["empty_status"]) == {64}


def test_a_label_that_comes_too_late_is_noted(tmp_path: Path) -> None:
    """Rows that have left the tail keep their label, and the file says so."""
    v = visits(1, steps=(3 * KEPT,))[0]
    with Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK) as store:
        for block, events in told([v], repeat(512)):
            store.record(block, events)
        store.record(None, [PhaseBegan(v.start + 5, 0, Phase.TRAVEL)])
        store.close("complete")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert any("data points were stored before" in m for m in scan.events["msg"])


def test_rows_after_the_last_site_are_nobodys(tmp_path: Path) -> None:
    """A contiguous ragged array has no samples without a site."""
    made = visits(2)
    with Store(tmp_path / "scan.h5", HEADER, sites(2), COLUMNS, CLOCK) as store:
        for block, events in told(made[:1]):
            store.record(block, events)
        store.record(made[1].block(made[1].start, made[1].start + 30))
        store.close("stopped")
    with h5py.File(tmp_path / "scan.h5") as file:
        assert len(file["sample"]) == file["row_size"][:].sum() == made[0].stop


def test_a_site_the_tip_was_only_on_its_way_to_stays_planned(tmp_path: Path) -> None:
    """Stopped before its descent: nothing happened there, and a resumed run visits it."""
    path = tmp_path / "scan.h5"
    made = visits(2)
    way = [(r, e) for r, e in made[1].events if r < made[1].start + 32]
    row = made[1].start + 35
    with Store(path, HEADER, sites(3), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(made[:1]):
            store.record(block, events)
        store.record(made[1].block(made[1].start, row), [e for _, e in way])
        store.record(None, [SiteFinished(row, 1, Outcome.ABORTED, "Stopped: by the operator.")])
        store.close("stopped")
    with open_scan(path) as scan, h5py.File(path) as file:
        assert scan.sites["status"].tolist() == [Outcome.OK, Outcome.PLANNED, Outcome.PLANNED]
        assert scan.remaining() == (1, 2)
        assert len(scan.record(1).t) == 0
        assert len(file["sample"]) == file["row_size"][:].sum()
        assert list(broken_sites(file, file["crc32"][:])) == []
    with Store.resume(path, sites(3), COLUMNS, CLOCK, analyse) as store:
        for block, events in told(visits(2, start=1)):
            store.record(block, events)
        store.close("complete")
    with open_scan(path) as scan:
        assert scan.sites["status"].tolist() == [Outcome.OK] * 3
        assert scan.sites["reason"].tolist() == [""] * 3
        assert (np.diff(scan.sites["row_start"]) > 0).all()


def test_a_site_that_was_descended_to_stays_aborted(tmp_path: Path) -> None:
    """The tip may have touched it."""
    v = visits(1)[0]
    begun = next(r for r, e in v.events if isinstance(e, Approaching))
    with Store(tmp_path / "scan.h5", HEADER, sites(1), COLUMNS, CLOCK) as store:
        store.record(v.block(v.start, begun + 5), [e for r, e in v.events if r <= begun])
        store.record(None, [SiteFinished(begun + 4, 0, Outcome.ABORTED, "Stopped.")])
        store.close("stopped")
    with open_scan(tmp_path / "scan.h5") as scan:
        assert scan.sites["status"].tolist() == [Outcome.ABORTED]
        assert scan.remaining() == ()


def test_the_commanded_place_is_that_of_the_landing_that_counted(tmp_path: Path) -> None:
    """A retry lands beside its site; the other sites keep the place of the plan."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK) as store:
        for block, events in told(visits(2)):
            store.record(block, [_beside(e) for e in events])
        store.close("complete")
    with open_scan(path) as scan:
        assert scan.sites["x_cmd"].tolist() == pytest.approx([0.4e-6, 1e-6], rel=1e-12)
        assert scan.sites["y_cmd"].tolist() == pytest.approx([-0.3e-6, 0.0], rel=1e-12)
        landing = scan.site(0).landing
    assert landing is not None
    assert (landing.x, landing.y) == pytest.approx((0.4e-6, -0.3e-6), rel=1e-12)


def _beside(event: Event) -> Event:
    """Move the landing at the first site to where a retry would be."""
    if isinstance(event, Landed) and event.site == 0:
        there = dataclasses.replace(event.landing, attempt=1, x=0.4e-6, y=-0.3e-6)
        return dataclasses.replace(event, landing=there)
    return event
