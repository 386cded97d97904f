"""Raw samples in the data file: all of them, in their place, whatever happens meanwhile."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_feeder import CLOCK, COLUMNS, HEADER, Visit, sites, told, visits

from seccm.data import RawTrace, Scan, Store, finish, open_scan, repair
from seccm.data import raw as raw_module
from seccm.data.changes import Changes
from seccm.data.layout import LIBVER
from seccm.data.packing import copy
from seccm.data.raw import CHUNK, TERMS, RawWriter, describe_session, lay_out
from seccm.errors import DataFileError, RigError
from seccm.rig import Block, RawChannel, RawSamples
from seccm.rig.raw import Codes

CHANNELS = (
    RawChannel("current", "A", (1e-12, -6.4e-13, 0.0, 0.0)),
    RawChannel("z", "m", (100e-6, -3e-9, 2e-16, 1e-21)),
    RawChannel("potential", "V", (0.1, 3e-4, 0.0, 0.0)),
)
SPACING = CLOCK.spacing


def codes_of(first: int, stop: int, session: int = 0) -> Codes:
    """Made-up samples that tell from their values which ones they are."""
    number = np.arange(first, stop)
    rows = [number % 60_000 - 30_000, number // 60_000, 7 * number % 1999 + session]
    return np.array(rows).astype(np.int16)


def with_raw(block: Block, session: int = 0, skipped: range = range(0)) -> Block:
    """A block with the samples of its rows, but for some that were lost."""
    first, stop = block.start * SPACING, block.stop * SPACING
    pieces = [(first, stop)]
    if skipped.start < stop and skipped.stop > first and len(skipped):
        pieces = [(first, skipped.start), (skipped.stop, stop)]
    raw = tuple(RawSamples(a, codes_of(a, b, session)) for a, b in pieces if b > a)
    return dataclasses.replace(block, raw=raw)


def written(path: Path, made: Sequence[Visit], cuts: Iterator[int] | None = None) -> Path:
    with Store(path, HEADER, sites(len(made)), COLUMNS, CLOCK, raw=CHANNELS) as store:
        for block, events in told(made, cuts):
            store.record(with_raw(block), events)
        store.close("complete")
    return path


def assert_all_there(trace: RawTrace, first: int, stop: int, session: int = 0) -> None:
    """The samples of every input are those of these numbers."""
    np.testing.assert_array_equal(trace.numbers, np.arange(first, stop))
    for row, channel in zip(codes_of(first, stop, session), CHANNELS, strict=True):
        np.testing.assert_array_equal(trace.codes(channel.name), row)


@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_every_sample_comes_back_however_the_blocks_are_cut(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
):
    """And belongs to the site over whose rows it was taken."""
    made = visits(3)
    assert made[-1].stop * SPACING > 3 * CHUNK
    cuts = iter(np.resize(lengths, 10_000).tolist())
    path = written(tmp_path_factory.mktemp("raw") / "scan.h5", made, cuts)
    with open_scan(path) as scan:
        assert scan.raw_samples == made[-1].stop * SPACING
        for v in made:
            departed = v.start + 12  # rows of a pause before a site are not its story
            assert_all_there(scan.raw(v.number), departed * SPACING, v.stop * SPACING)


def test_samples_have_units_times_and_the_reference_of_their_rows(tmp_path: Path):
    path = written(tmp_path / "scan.h5", visits(2))
    with open_scan(path) as scan:
        raw, site = scan.raw(1), scan.site(1)
        assert raw.names == scan.raw_channels == ("current", "z", "potential")
        for channel in CHANNELS[:2]:
            np.testing.assert_allclose(
                raw[channel.name], channel.si(raw.codes(channel.name)), rtol=1e-12
            )
        volts = CHANNELS[2].si(raw.codes("potential"))
        np.testing.assert_allclose(raw["potential"], volts + HEADER.reference_offset)
        # A row is complete when the first sample of the next one is taken.
        np.testing.assert_allclose(raw.t[SPACING::SPACING], site.t[:-1], atol=1e-9)
        assert len(raw) == len(raw.t) == len(site.t) * SPACING
        with pytest.raises(KeyError, match="current, z, potential"):
            raw["voltage"]
        with pytest.raises(IndexError):
            scan.raw(2)


def test_missing_samples_shift_nothing_and_are_told(tmp_path: Path):
    made = visits(2)
    lost = range(150 * SPACING + 10, 150 * SPACING + 1010)
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, raw=CHANNELS) as store:
        for block, events in told(made, iter([7] * 1000)):
            store.record(with_raw(block, skipped=lost), events)
        store.close("complete")
    with open_scan(path) as scan:
        raw = scan.raw(0)
        whole = np.arange(12 * SPACING, made[0].stop * SPACING)
        kept = whole[(whole < lost.start) | (whole >= lost.stop)]
        np.testing.assert_array_equal(raw.numbers, kept)
        np.testing.assert_array_equal(raw.codes("current"), kept % 60_000 - 30_000)
        assert np.ptp(np.diff(raw.t) / np.where(np.diff(kept) == 1, 1, len(lost) + 1)) < 1e-12
        assert raw.gaps == ((lost.start, len(lost)),)
        assert scan.raw(1).gaps == ()
        said = [m for m in scan.events["msg"] if "raw samples jump" in m]
        assert len(said) == 1
        assert str(lost.start) in said[0]


def test_a_growing_file_shows_what_was_made_safe(tmp_path: Path):
    path, made = tmp_path / "scan.h5", visits(2)
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, raw=CHANNELS) as store:
        for block, events in told(made[:1]):
            store.record(with_raw(block), events)
        store.barrier()
        with open_scan(path) as scan:
            assert_all_there(scan.raw(0), 12 * SPACING, made[0].stop * SPACING)
            before = scan.raw_samples
            for block, events in told(made[1:]):
                store.record(with_raw(block), events)
            store.barrier()
            scan.refresh()
            assert scan.raw_samples == made[1].stop * SPACING > before
            assert_all_there(scan.raw(1), (made[1].start + 12) * SPACING, made[1].stop * SPACING)
        store.close("complete")


def test_a_long_site_is_made_safe_although_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What a killed program loses is bounded by bytes, not by the length of a site."""
    monkeypatch.setattr(raw_module, "COMMIT_BYTES", 100_000)
    path, (v,) = tmp_path / "scan.h5", visits(1, steps=(2000, 10))
    store = Store(path, HEADER, sites(1), COLUMNS, CLOCK, raw=CHANNELS)
    rows = range(v.start, v.start + 2000, 20)
    for row in rows:
        store.record(with_raw(v.block(row, row + 20)))
    store.barrier()
    with open_scan(path) as scan:
        behind = rows.stop * SPACING - scan.raw_samples
        assert 0 <= behind * len(CHANNELS) * 2 < 100_000 + 20 * SPACING * len(CHANNELS) * 2
    store.close("stopped")


def interrupted(path: Path, copy_to: Path, made: Sequence[Visit]) -> None:
    """Leave a file as a program leaves it that is killed in the middle of the last visit."""
    store = Store(path, HEADER, sites(len(made)), COLUMNS, CLOCK, raw=CHANNELS)
    for block, events in told(made[:-1]):
        store.record(with_raw(block), events)
    v = made[-1]
    half = v.block(v.start, v.start + 130)
    store.record(with_raw(half), [e for row, e in v.events if row < half.stop])
    store.barrier()
    shutil.copyfile(path, copy_to)
    store.close("fault")


def test_a_killed_run_keeps_its_samples_and_goes_on_behind_them(tmp_path: Path):
    """Each session with its own scaling: a card may have calibrated itself meanwhile."""
    made = visits(3)
    path = tmp_path / "killed.h5"
    interrupted(tmp_path / "scan.h5", path, made[:2])
    with open_scan(path) as scan:
        safe = scan.raw_samples
        assert scan.state == "interrupted"
        assert safe > made[1].start * SPACING
        assert_all_there(scan.raw(0), 12 * SPACING, made[0].stop * SPACING)
    repair.clear(path)
    with h5py.File(path, "r+", libver=LIBVER) as file:
        # Samples that nobody claims, as a kill between two writes leaves them.
        file["raw"].resize(safe + 77, axis=1)
        file["raw_piece"].resize(2, axis=0)
    later = tuple(
        dataclasses.replace(c, terms=(c.terms[0], 2 * c.terms[1], *c.terms[2:])) for c in CHANNELS
    )
    with Store.resume(path, sites(2), COLUMNS, CLOCK, raw=later) as store:
        store.extend(sites(1, start=2))
        (v,) = visits(1, start=2, row=0)
        for block, events in told([v]):
            store.record(with_raw(block, session=1), events)
        store.close("complete")
    with open_scan(path) as scan:
        assert scan.raw_samples == safe + v.stop * SPACING
        assert_all_there(scan.raw(0), 12 * SPACING, made[0].stop * SPACING)
        again = scan.raw(2)
        assert_all_there(again, 12 * SPACING, v.stop * SPACING, session=1)
        assert again.channel("current").terms == pytest.approx(later[0].terms)
        assert scan.raw(0).channel("z").terms == pytest.approx(CHANNELS[1].terms)


def test_a_run_is_not_continued_with_other_inputs(tmp_path: Path):
    path = tmp_path / "killed.h5"
    interrupted(tmp_path / "scan.h5", path, visits(2))
    before = path.read_bytes()
    for channels in ((), CHANNELS[:2]):
        with pytest.raises(DataFileError, match="current, z, potential"):
            Store.resume(path, sites(2), COLUMNS, CLOCK, raw=channels)
    assert path.read_bytes() == before


def test_packing_keeps_every_sample_and_other_programs_read_them(tmp_path: Path):
    path = written(tmp_path / "scan.h5", visits(3))
    with open_scan(path) as scan:
        size = scan.raw_bytes
    finish(path)
    with open_scan(path) as scan:
        assert scan.packed
        assert scan.raw_bytes < size
        assert_all_there(scan.raw(2), *_span(scan, 2))
        described = scan.to_xarray()
        current = described.raw.sel(raw_channel="current")
        constant, slope = (described[name][0].sel(raw_channel="current") for name in TERMS[:2])
        trace = scan.raw(0)
        there = slice(int(trace.numbers[0]), int(trace.numbers[-1]) + 1)
        np.testing.assert_allclose(constant + slope * current[there], trace["current"], rtol=1e-12)
        described.close()
    with xr.open_dataset(path) as plain:
        assert plain.raw.dims == ("raw_channel", "raw_sample")


def _span(scan: Scan, site: int) -> tuple[int, int]:
    made = visits(site + 1)[site]
    return (made.start + 12) * SPACING, made.stop * SPACING


def test_memory_does_not_grow_with_the_samples(tmp_path: Path):
    """Writing 40 MB and copying them takes a few MB, whatever they are."""
    count = 200 * CHUNK
    with h5py.File(tmp_path / "scan.h5", "w", libver=LIBVER) as file:
        Store(tmp_path / "other.h5", HEADER, [], COLUMNS, CLOCK, raw=CHANNELS).close("complete")
        with h5py.File(tmp_path / "other.h5") as empty:
            copy(empty, file, packed=False)
        tracemalloc.start()
        changes = Changes()
        writer = RawWriter(dict(file.items()), changes)
        for first in range(0, count, 1000):
            codes = np.full((3, min(1000, count - first)), first % 1000, np.int16)
            assert writer.append([RawSamples(first, codes)]) == []
            changes.taken()
        writer.flush()
        _, writing = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        with h5py.File(tmp_path / "copy.h5", "w", libver=LIBVER) as target:
            copy(file, target, packed=False)
            assert target["raw"].shape == (3, count)
        _, copying = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert file["raw"].id.get_storage_size() >= 39e6
    assert writing < 2e6
    assert copying < 8e6


def test_a_slow_disk_holds_the_rig_up_before_the_memory_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The queue is bounded in bytes, too: a rig that falls behind sends blocks of a second."""
    going_on = threading.Event()
    append = RawWriter.append

    def late(self: RawWriter, pieces: Sequence[RawSamples]) -> list[str]:
        going_on.wait(30)
        return append(self, pieces)

    monkeypatch.setattr(RawWriter, "append", late)
    monkeypatch.setattr("seccm.data.store.HEAVIEST", 500_000)
    (v,) = visits(1, steps=(2000, 10))
    path = tmp_path / "scan.h5"
    store = Store(path, HEADER, sites(1), COLUMNS, CLOCK, raw=CHANNELS, patience=0.05)
    sent = 0
    with pytest.raises(RigError, match="been waiting for the disk") as caught:  # noqa: PT012
        for start in range(v.start, v.stop, 20):
            store.record(with_raw(v.block(start, start + 20)))
            sent += 20 * SPACING * len(CHANNELS) * 2
    assert caught.value.code == "store-overflow"
    assert sent <= 2 * (500_000 + 20 * SPACING * len(CHANNELS) * 2)
    going_on.set()
    store.close("fault")
    with open_scan(path) as scan:
        assert scan.raw_samples * len(CHANNELS) * 2 == sent, "what was taken is kept"


def test_a_file_without_raw_samples_says_how_to_get_them(tmp_path: Path):
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(1), COLUMNS, CLOCK) as store:
        store.close("complete")
    with open_scan(path) as scan:
        assert (scan.raw_channels, scan.raw_samples, scan.raw_bytes) == ((), 0, 0)
        with pytest.raises(DataFileError, match=r"raw = true in \[record\]"):
            scan.raw(0)
    with h5py.File(path) as file:
        assert not [name for name in file if name.startswith("raw")]


def test_a_file_has_the_inputs_of_the_rig_or_is_refused(tmp_path: Path):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        lay_out(file, ())
        assert list(file) == []
        with pytest.raises(DataFileError, match="no input"):
            describe_session(file, CHANNELS)


def test_chunks_beyond_the_end_that_a_killed_file_knows_are_left_behind(tmp_path: Path):
    """A kill between two flushes: the index of chunks is on the disk, the size of the file not."""
    made, path = visits(3), tmp_path / "killed.h5"
    with Store(tmp_path / "scan.h5", HEADER, sites(3), COLUMNS, CLOCK, raw=CHANNELS) as store:
        for block, events in told(made[:2]):
            store.record(with_raw(block), events)
        store.barrier()
        shutil.copyfile(store.path, path)
        head = path.read_bytes()[:48]
        for block, _ in told(made[2:]):
            store.record(with_raw(block))
        store.barrier()
        store._writer._data["raw"].flush()
        shutil.copyfile(store.path, path)
        store.close("fault")
    with path.open("r+b") as file:
        file.write(head)
    with Store.resume(path, sites(3), COLUMNS, CLOCK, raw=CHANNELS) as store:
        (v,) = visits(1, start=2)
        for block, events in told([v]):
            store.record(with_raw(block, session=1), events)
        store.close("complete")
    with open_scan(path) as scan:
        assert_all_there(scan.raw(0), 12 * SPACING, made[0].stop * SPACING)
        assert_all_there(scan.raw(2), 12 * SPACING, v.stop * SPACING, session=1)
