"""Matching of frames and edges depends on intervals alone: not on where a clock begins or runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_frame_matching import SAMPLE, Recorded, record, wrong

from seccm.arrays import FloatArray
from seccm.movie.facts import FrameStatus
from seccm.movie.host_clock import by_host
from seccm.movie.matching import match


@pytest.fixture(scope="module")
def clean() -> Recorded:
    """A hundred frames of which a few were lost, with every edge."""
    return record(11, 100, lost=0.05)


def status(recorded: Recorded, **changes: FloatArray) -> FloatArray:
    """Match after changes; return the states."""
    edges, stamps = changes.get("edges", recorded.edges), changes.get("stamps", recorded.stamps)
    return match(edges, recorded.numbers, stamps, armed=False, sample=SAMPLE).status


@pytest.mark.parametrize("shift", [-1e5, -3.7, 1e-6, 86_400.0])
def test_where_the_cameras_clock_begins_does_not_matter(clean: Recorded, shift: float) -> None:
    one = clean.matched()
    two = match(clean.edges, clean.numbers, clean.stamps + shift, armed=False, sample=SAMPLE)
    np.testing.assert_array_equal(one.edge, two.edge)
    np.testing.assert_array_equal(one.status, two.status)
    np.testing.assert_array_equal(one.t, two.t)


@pytest.mark.parametrize("shift", [17.0, 4096.0])
def test_times_move_with_the_clock_of_the_rig(clean: Recorded, shift: float) -> None:
    two = match(clean.edges + shift, clean.numbers, clean.stamps, armed=False, sample=SAMPLE)
    np.testing.assert_array_equal(two.edge, clean.matched().edge)
    np.testing.assert_allclose(two.t, clean.matched().t + shift, atol=1e-9)


@pytest.mark.parametrize("skew", [-3e-4, -1e-5, 0.0, 1e-5, 3e-4])
def test_a_clock_that_runs_fast_or_slow_is_followed(clean: Recorded, skew: float) -> None:
    found = match(clean.edges, clean.numbers, clean.stamps * (1 + skew), armed=False, sample=SAMPLE)
    assert (found.status == FrameStatus.OK).all()
    assert np.abs(found.t - clean.t).max() <= SAMPLE


@pytest.mark.parametrize("where", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_an_edge_of_something_else_costs_no_frame_its_own(clean: Recorded, where: float) -> None:
    first, last = clean.edges[[0, -1]]
    other = first - 0.05 if where == 0.0 else first + where * (last - first) + 0.031
    edges = np.sort(np.append(clean.edges, other))
    found = match(edges, clean.numbers, clean.stamps, armed=False, sample=SAMPLE)
    assert wrong(clean, found) == 0
    assert (found.status == FrameStatus.OK).all()
    assert not np.isclose(edges[found.edge], other).any()


@pytest.mark.parametrize("where", [0, 1, 40, 93, -2, -1])
def test_a_frame_whose_edge_is_missing_is_the_only_one_without(clean: Recorded, where: int) -> None:
    row = where % len(clean.numbers)
    gone = int(np.argmin(np.abs(clean.edges - clean.t[row])))
    found = match(
        np.delete(clean.edges, gone), clean.numbers, clean.stamps, armed=False, sample=SAMPLE
    )
    assert found.status[row] == FrameStatus.NO_EDGE
    assert found.edge[row] == -1
    assert abs(found.t[row] - clean.t[row]) < 1e-3
    others = np.delete(np.arange(len(clean.numbers)), row)
    assert (found.status[others] == FrameStatus.OK).all()


def test_two_edges_where_one_frame_was_are_told(clean: Recorded) -> None:
    row = 50
    own = int(np.argmin(np.abs(clean.edges - clean.t[row])))
    edges = np.insert(clean.edges, own, clean.edges[own] - 2 * SAMPLE)
    found = match(edges, clean.numbers, clean.stamps, armed=False, sample=SAMPLE)
    assert found.status[row] == FrameStatus.AMBIGUOUS
    assert found.edge[row] == -1
    assert (np.delete(found.status, row) == FrameStatus.OK).all()


@given(seed=st.integers(0, 1000), lost=st.sampled_from([0.0, 0.3]), more=st.integers(0, 4))
@settings(max_examples=25)
def test_no_edge_is_given_to_two_frames_and_all_rise(seed: int, lost: float, more: int) -> None:
    recorded = record(seed, 60, lost=lost, missed=0.05, spurious=0.02 * more)
    found = recorded.matched()
    given_edges = found.edge[found.edge >= 0]
    assert (np.diff(given_edges) > 0).all()
    ok = found.status == FrameStatus.OK
    np.testing.assert_array_equal(ok, found.edge >= 0)
    # The time of a frame is the middle of the sample that counted its edge.
    np.testing.assert_allclose(found.t[ok], recorded.edges[found.edge[ok]] - SAMPLE / 2, atol=1e-12)
    assert np.isfinite(found.error[np.isfinite(found.t)]).all()
    # Half a sample, and the chance that the edge is a stray one beside a frame without its own.
    assert (found.error[ok] > 0.999 * SAMPLE / np.sqrt(12)).all()
    assert (found.error[ok] < 1e-4).all()


@pytest.mark.parametrize("frames", [0, 1, 2, 7])
def test_too_few_frames_to_tell_are_ambiguous(frames: int) -> None:
    recorded = record(1, 7, lost=0.0)
    found = match(
        recorded.edges, recorded.numbers[:frames], recorded.stamps[:frames], armed=False,
        sample=SAMPLE,
    )  # fmt: skip
    assert list(found.status) == [FrameStatus.AMBIGUOUS] * frames
    assert np.isnan(found.t).all()
    assert (found.edge == -1).all()


@pytest.mark.parametrize("edges", [0, 1])
def test_hardly_an_edge_times_no_frame(clean: Recorded, edges: int) -> None:
    states = status(clean, edges=clean.edges[:edges])
    assert (states == (FrameStatus.AMBIGUOUS if edges else FrameStatus.NO_EDGE)).all()


@pytest.mark.parametrize("armed", [False, True])
def test_edges_of_another_time_altogether_are_no_frames(clean: Recorded, armed: bool) -> None:
    rng = np.random.default_rng(3)
    edges = np.sort(rng.uniform(0, 25, len(clean.edges)))
    found = match(edges, clean.numbers, clean.stamps, armed=armed, sample=SAMPLE)
    assert (found.status != FrameStatus.OK).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_stamp_that_is_no_number_claims_nothing_wrong(clean: Recorded, value: float) -> None:
    stamps = clean.stamps.copy()
    stamps[20] = value
    found = match(clean.edges, clean.numbers, stamps, armed=False, sample=SAMPLE)
    assert wrong(clean, found) == 0
    assert found.status[20] != FrameStatus.OK


def test_an_armed_counter_with_an_edge_too_many_claims_nothing() -> None:
    recorded = record(2, 60, jitter=1e-6, lost=0.0)
    assert (recorded.matched(armed=True).status == FrameStatus.OK).all()
    edges = np.insert(recorded.edges, 3, recorded.edges[3] - 0.1)
    found = match(edges, recorded.numbers, recorded.stamps, armed=True, sample=SAMPLE)
    assert (found.status == FrameStatus.AMBIGUOUS).all()


def test_the_same_rows_give_the_same_times_twice(clean: Recorded) -> None:
    one, two = clean.matched(), clean.matched()
    for name in ("edge", "t", "error", "status"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


HOST = np.arange(40) * 0.25
TICKS = np.arange(0.0, 12.0, 0.5)


@pytest.mark.parametrize("offset", [-50.0, 0.0, 1e6])
def test_an_arrival_less_its_exposure_is_when_it_began(offset: float) -> None:
    exposure = np.full(40, 0.2)
    found, error = by_host(HOST + offset, exposure, np.arange(40), TICKS, TICKS + offset)
    np.testing.assert_allclose(found, HOST - 0.2, atol=1e-9)
    np.testing.assert_allclose(error, 0.25)


def test_an_exposure_that_is_not_told_counts_as_none() -> None:
    exposure = np.where(np.arange(40) % 2 == 0, np.nan, 0.1)
    found, _ = by_host(HOST, exposure, np.arange(40), TICKS, TICKS)
    np.testing.assert_allclose(found, HOST - np.nan_to_num(exposure), atol=1e-9)


def test_lost_frames_do_not_make_the_period_longer() -> None:
    numbers = np.array([0, 1, 4, 5, 9, 10, 30])
    _, error = by_host(numbers * 0.25, np.zeros(7), numbers, TICKS, TICKS)
    np.testing.assert_allclose(error, 0.25)


@pytest.mark.parametrize("late", [0.02, 3.0])
def test_a_computer_that_reads_late_now_and_then_does_not_move_times(late: float) -> None:
    read = TICKS.copy()
    read[[3, 9, 20]] += late
    found, _ = by_host(HOST, np.zeros(40), np.arange(40), TICKS, read)
    np.testing.assert_allclose(found, HOST, atol=1e-9)


@pytest.mark.parametrize("skew", [-2e-4, 2e-4])
def test_two_crystals_that_differ_are_told_apart(skew: float) -> None:
    found, _ = by_host(HOST * (1 + skew), np.zeros(40), np.arange(40), TICKS, TICKS * (1 + skew))
    np.testing.assert_allclose(found, HOST, atol=1e-6)


def test_no_frame_and_one_frame() -> None:
    none = np.zeros(0)
    assert [len(k) for k in by_host(none, none, none.astype(int), TICKS, TICKS)] == [0, 0]
    found, error = by_host(np.array([5.0]), np.array([0.5]), np.array([3]), TICKS, TICKS)
    np.testing.assert_allclose(found, [4.5])
    assert np.isnan(error).all()  # one frame tells no period
