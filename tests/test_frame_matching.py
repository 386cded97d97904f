"""No frame is given a wrong time: edges of exposures find their frames, or it is said that not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.arrays import BoolArray, FloatArray, IntArray
from seccm.movie.facts import FrameStatus
from seccm.movie.host_clock import by_host
from seccm.movie.matching import Matched, match

SAMPLE = 1e-5


@dataclass(frozen=True)
class Recorded:
    """What a camera and a counter saw, and what is true."""

    edges: FloatArray
    numbers: IntArray
    stamps: FloatArray
    t: FloatArray
    seen: BoolArray
    """Whether the edge of a frame was counted."""

    def matched(self, *, armed: bool = False) -> Matched:
        """Match them."""
        return match(self.edges, self.numbers, self.stamps, armed=armed, sample=SAMPLE)


def record(
    seed: int, frames: int = 300, *, period: float = 0.23, jitter: float = 0.02, lead: int = 0,
    lost: float = 0.03, missed: float = 0.0, spurious: float = 0.0, noise: float = 1e-4,
    skew: float = 50e-6,
) -> Recorded:  # fmt: skip
    """Record frames of a camera.

    Args:
        seed: of everything random.
        frames: exposures.
        period: seconds from one to the next.
        jitter: of that, relative.
        lead: exposures before the first frame.
        lost: share of the frames that do not arrive.
        missed: share of the edges that are not counted.
        spurious: edges that are none, for each frame.
        noise: of the camera's stamps, seconds.
        skew: of its clock.
    """
    rng = np.random.default_rng(seed)
    steps = period * (1 + jitter * rng.standard_normal(frames + lead))
    t = np.cumsum(steps) + rng.uniform(0, 5)
    seen = rng.random(len(t)) >= missed
    others = rng.uniform(t[0], t[-1], rng.poisson(spurious * frames))
    counted = np.unique(np.ceil(np.concatenate([t[seen], others]) / SAMPLE)) * SAMPLE
    arrived = np.flatnonzero(rng.random(frames) >= lost)
    true = t[lead:]
    stamps = (true - true[0]) * (1 + skew) + noise * rng.standard_normal(frames)
    return Recorded(counted, arrived, stamps[arrived], true[arrived], seen[lead:][arrived])


def wrong(recorded: Recorded, matched: Matched) -> int:
    """Count the frames that are given a wrong time with the status ok."""
    ok = matched.status == FrameStatus.OK
    return int((np.abs(matched.t - recorded.t)[ok] > 1e-3).sum())


CASES = {
    "plain": {},
    "lead edges": {"lead": 3},
    "a third of the frames lost": {"lead": 2, "lost": 0.3},
    "100 frames a second": {"period": 0.01, "lead": 3},
    "little jitter": {"jitter": 2e-3, "lead": 3},
}


@pytest.mark.parametrize("case", CASES)
def test_every_frame_has_its_own_edge(case: str) -> None:
    for seed in range(6):
        recorded = record(seed, **CASES[case])  # type: ignore[arg-type]
        matched = recorded.matched()
        assert (matched.status == FrameStatus.OK).all(), seed
        assert np.abs(matched.t - recorded.t).max() <= SAMPLE
        assert (matched.error <= SAMPLE).all()


@pytest.mark.parametrize("armed", [False, True])
@pytest.mark.parametrize("period", [0.23, 0.01])
def test_three_thousand_frames_with_flaws(period: float, armed: bool) -> None:
    flaws = {"lost": 0.3, "missed": 0.02, "spurious": 0.02}
    recorded = record(5, 3000, period=period, **flaws)
    matched = recorded.matched(armed=armed)
    ok = matched.status == FrameStatus.OK
    assert wrong(recorded, matched) == 0
    # A frame whose edge was counted is ok, unless another edge lies right beside it.
    assert (matched.status[recorded.seen] != FrameStatus.NO_EDGE).all()
    assert ok[recorded.seen].mean() > 0.99
    assert not ok[~recorded.seen].any() or np.abs((matched.t - recorded.t)[ok]).max() < 1e-3
    assert (matched.status[~recorded.seen] == FrameStatus.NO_EDGE).mean() > 0.95


@given(
    seed=st.integers(0, 2**31),
    jitter=st.sampled_from([0.05, 0.02, 5e-3, 1e-3, 3e-4, 1e-5]),
    lost=st.floats(0, 0.4),
    missed=st.sampled_from([0.0, 0.005, 0.05]),
    spurious=st.sampled_from([0.0, 0.005, 0.05]),
    lead=st.integers(0, 5),
)
@settings(max_examples=30)
def test_no_wrong_time_is_ok(
    seed: int, jitter: float, lost: float, missed: float, spurious: float, lead: int
) -> None:
    recorded = record(
        seed, 150, jitter=jitter, lost=lost, missed=missed, spurious=spurious, lead=lead
    )
    assert wrong(recorded, recorded.matched()) == 0


def test_a_steady_trigger_tells_nothing() -> None:
    for seed in range(4):
        recorded = record(seed, jitter=1e-6, lead=3)
        assert (recorded.matched().status == FrameStatus.AMBIGUOUS).all()


def test_a_counter_that_was_armed_first_tells_by_construction() -> None:
    for seed in range(4):
        recorded = record(seed, jitter=1e-6, lost=0.3)
        matched = recorded.matched(armed=True)
        assert (matched.status == FrameStatus.OK).all()
        assert wrong(recorded, matched) == 0


@pytest.mark.parametrize("flaw", ["missed", "spurious"])
def test_a_flaw_among_the_first_edges_takes_that_back(flaw: str) -> None:
    recorded = record(1, jitter=1e-6, lost=0.0)
    at = 4
    edges = np.delete(recorded.edges, at)
    if flaw == "spurious":
        edges = np.sort(np.append(recorded.edges, recorded.edges[at] + 0.05))
    matched = match(edges, recorded.numbers, recorded.stamps, armed=True, sample=SAMPLE)
    assert (matched.status != FrameStatus.OK).all()


def test_frames_without_an_edge_have_the_time_of_the_cameras_clock() -> None:
    recorded = record(3, 600, missed=0.1)
    matched = recorded.matched()
    none = matched.status == FrameStatus.NO_EDGE
    assert none.sum() > 30
    away = np.abs(matched.t - recorded.t)[none]
    assert away.max() < 1e-3
    assert (matched.error[none] > SAMPLE).all()
    assert np.mean(away / matched.error[none] < 2) > 0.9


def test_an_unplugged_wire_costs_no_times_afterwards() -> None:
    recorded = record(4, 600)
    hole = (recorded.edges > recorded.t[200]) & (recorded.edges < recorded.t[400])
    matched = match(
        recorded.edges[~hole], recorded.numbers, recorded.stamps, armed=False, sample=SAMPLE
    )
    assert wrong(recorded, matched) == 0
    assert (matched.status[:200] == FrameStatus.OK).all()
    assert (matched.status[405:] == FrameStatus.OK).all()
    assert not (matched.status[202:399] == FrameStatus.OK).any()


def test_a_clock_that_jumps_is_found_again() -> None:
    recorded = record(6, 600)
    stamps = recorded.stamps.copy()
    stamps[300:] += 7.0004
    matched = match(recorded.edges, recorded.numbers, stamps, armed=False, sample=SAMPLE)
    assert wrong(recorded, matched) == 0
    assert (matched.status[:300] == FrameStatus.OK).mean() > 0.9
    assert (matched.status[345:] == FrameStatus.OK).mean() > 0.9


def test_no_edges_and_no_frames() -> None:
    recorded = record(0)
    none = match(np.zeros(0), recorded.numbers, recorded.stamps, armed=True, sample=SAMPLE)
    assert (none.status == FrameStatus.NO_EDGE).all()
    assert np.isnan(none.t).all()
    few = np.zeros(0, np.int64)
    assert not len(match(recorded.edges, few, np.zeros(0), armed=True, sample=SAMPLE).t)


def test_a_camera_without_a_clock_is_ambiguous() -> None:
    recorded = record(0)
    stamps = np.full(len(recorded.numbers), np.nan)
    matched = match(recorded.edges, recorded.numbers, stamps, armed=False, sample=SAMPLE)
    assert (matched.status == FrameStatus.AMBIGUOUS).all()


def test_the_computers_clock_is_right_within_a_frame() -> None:
    rng = np.random.default_rng(2)
    t = np.arange(400) * 0.23
    host = 1000.0 + t * (1 + 40e-6) + 0.2 + 0.004 + rng.exponential(5e-3, t.size)
    ticks = np.arange(0.0, 95.0, 0.5)
    read = 1000.0 + ticks * (1 + 40e-6) + rng.exponential(2e-3, ticks.size)
    found, error = by_host(host, np.full(t.size, 0.2), np.arange(400), ticks, read)
    assert np.abs(found - t).max() < 0.06
    np.testing.assert_allclose(error, 0.23, rtol=0.05)


def test_nothing_is_known_without_stamps_of_samples() -> None:
    found, error = by_host(np.arange(3.0), np.zeros(3), np.arange(3), np.zeros(0), np.zeros(0))
    assert np.isnan(found).all()
    assert np.isnan(error).all()
