"""A report reads each site once, in bounded memory, and draws the same whatever it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.data import Scan, open_scan
from seccm.events import Outcome
from seccm.program.segment import Act, Segment
from seccm.program.trace import StepTrace
from seccm.report.choice import drawings
from seccm.report.readings import Readings
from seccm.report.study import Study
from seccm.rig import Constant

ROW = 2.57e-3


@pytest.fixture(scope="module")
def scan(bases: tuple[Path, Path]) -> Iterator[Scan]:
    with open_scan(bases[0]) as scan:
        yield scan


@pytest.fixture
def read(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How many times each site was read from the file."""
    times, record = Counter[int](), scan.record

    def counted(number: int) -> object:
        times[number] += 1
        return record(number)

    monkeypatch.setattr(scan, "record", counted)
    return times


def test_all_figures_together_read_each_site_once(scan: Scan, read: Counter[int]) -> None:
    drawn = list(drawings(Study(scan)))
    assert len(drawn) > 5
    visited = np.flatnonzero(scan.sites["status"] == Outcome.OK).tolist()
    assert read == dict.fromkeys(visited, 1)


@pytest.mark.parametrize(("room", "kept"), [(0, 0), (17_000, 1)])
def test_what_does_not_fit_is_read_again_and_is_the_same(
    scan: Scan, read: Counter[int], room: int, kept: int
) -> None:
    study, small = Study(scan), Study(scan)
    small.__dict__["_ran"] = Readings(small._read, room)
    for number in (0, 1, 2, 0, 1, 2):
        one, other = study.trace(number, 0), small.trace(number, 0)
        assert one is not None
        assert other is not None
        for name in ("t", "E", "I", "flag"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    once_and_at_each_look, once_each = 3, 2
    assert sorted(read.values()) == [once_each] * kept + [once_and_at_each_look] * (3 - kept)


# ------------------------------------------------------------------------ whatever is read


def steps(rows: int, count: int, *, shared: bool) -> tuple[StepTrace, ...]:
    """Some steps of a site; they may look into the same arrays, as those of a record do."""
    whole = np.zeros((3, rows * count)), np.zeros(rows * count, np.uint8)
    made = []
    for k in range(count):
        segment = Segment.of(Act("open", Constant(0.0, rows * ROW), "rest"), "rest", k, (k,), "")
        own = slice(k * rows, (k + 1) * rows)
        t, e, i = (part[own] if shared else part[own].copy() for part in whole[0])
        flag = whole[1][own] if shared else whole[1][own].copy()
        made.append(StepTrace(segment, t, e, i, flag, ROW, None, None))
    return tuple(made)


@given(
    sizes=st.lists(st.integers(0, 400), min_size=1, max_size=12),
    looks=st.lists(st.integers(0, 11), max_size=40),
    room=st.integers(0, 60_000),
    shared=st.booleans(),
)
@settings(max_examples=60)
def test_the_samples_kept_never_take_more_than_the_room(
    sizes: list[int], looks: list[int], room: int, shared: bool
) -> None:
    """And a site that is kept is never read again."""
    times = Counter[int]()

    def read(number: int) -> tuple[StepTrace, ...]:
        times[number] += 1
        return steps(sizes[number], 2, shared=shared)

    kept = Readings(read, room)
    for look in looks:
        number = look % len(sizes)
        ran = kept.of(number)
        assert [trace.t.size for trace in ran] == [sizes[number]] * 2
    held = {
        id(whole): whole.nbytes
        for ran in kept._kept.values()
        for trace in ran
        for part in (trace.t, trace.E, trace.I, trace.flag)
        for whole in [part if part.base is None else part.base]
    }
    assert sum(held.values()) <= room
    assert all(times[number] == 1 for number in kept._kept)


def test_of_sites_that_do_not_fit_together_the_first_are_kept() -> None:
    """So that each figure finds some of them, though it goes through all in their order."""
    times = Counter[int]()

    def read(number: int) -> tuple[StepTrace, ...]:
        times[number] += 1
        return steps(100, 1, shared=False)

    kept = Readings(read, 5 * 100 * (3 * 8 + 1))
    for _ in range(3):
        for number in range(8):
            kept.of(number)
    assert times == {**dict.fromkeys(range(5), 1), **dict.fromkeys(range(5, 8), 3)}
