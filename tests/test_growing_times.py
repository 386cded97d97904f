"""Times of frames while a run goes on are those of all frames together, at a bounded cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scan_feeder import CLOCK
from test_frame_rows import facts

from seccm.data.frame_times import Times, times_of
from seccm.data.frames import EDGES, FRAMES, HOSTS, Found
from seccm.data.growing_times import AGAIN, CONTEXT, GrowingTimes
from seccm.movie.facts import FrameStatus, MovieFacts

PERIOD = 0.23
BEGAN = 7.0
"""Seconds of the run at which the stream opened."""
FRAMES_OF_A_SITE = 61
COUNT = 1800


def taken(jitter: float, seed: int = 4) -> tuple[Found, np.ndarray]:
    """Return frames of which a tenth was lost, with their edges, and when they began."""
    rng = np.random.default_rng(seed)
    starts = 0.05 + np.cumsum(PERIOD * (1 + jitter * rng.standard_normal(COUNT)))
    numbers = np.flatnonzero(rng.random(COUNT) > 0.1)
    frames = np.zeros(len(numbers), FRAMES.row)
    frames["frame_number"], frames["frame_exposure"] = numbers, 0.2
    frames["frame_clock"] = starts[numbers] + 1e-5 * rng.standard_normal(len(numbers))
    frames["frame_host"] = 500.0 + starts[numbers] + 0.2 + 0.01 * rng.random(len(numbers))
    edges, hosts = np.zeros(COUNT, EDGES.row), np.zeros(COUNT // 2, HOSTS.row)
    edges["edge_sample"] = np.ceil(starts * CLOCK.rate)
    hosts["host_sample"] = np.arange(len(hosts)) * 2 * PERIOD * CLOCK.rate
    hosts["host_t"] = 500.0 + np.arange(len(hosts)) * 2 * PERIOD
    return Found(frames, edges, hosts), BEGAN + starts[numbers]


def grown(found: Found, told: MovieFacts) -> tuple[np.ndarray, np.ndarray, int]:
    """Let frames come site after site; return times and status, and the most looked at at once."""
    growing, count = GrowingTimes(told, CLOCK, BEGAN), len(found.frames)
    t, status, most = np.full(count, np.nan), np.full(count, 255), 0
    for stop in [*range(FRAMES_OF_A_SITE, count, FRAMES_OF_A_SITE), count]:
        newest = (found.frames["frame_clock"][stop - 1] + 0.1) * CLOCK.rate
        first, times = growing.update(
            Found(
                found.frames[:stop],
                found.edges[found.edges["edge_sample"] < newest],
                found.hosts[found.hosts["host_sample"] < newest],
            )
        )
        assert first + len(times.t) == stop
        t[first:stop], status[first:stop] = times.t, times.status
        most = max(most, len(times.t))
    return t, status, most


def whole(found: Found, told: MovieFacts) -> Times:
    """Return the times of all frames together."""
    return times_of(found, told, CLOCK, BEGAN)


@pytest.mark.parametrize("jitter", [0.02, 0.0], ids=["free", "triggered"])
def test_times_grow_to_those_of_all_frames_together(jitter: float) -> None:
    found, true = taken(jitter)
    told = facts(Path("scan.h5"))
    t, status, most = grown(found, told)
    together = whole(found, told)
    np.testing.assert_array_equal(status, together.status)
    assert (status == FrameStatus.OK).all()
    np.testing.assert_array_equal(t, together.t)
    assert np.abs(t - true).max() <= 1 / CLOCK.rate
    assert most <= AGAIN + CONTEXT + FRAMES_OF_A_SITE


@pytest.mark.parametrize("missed", [0, 700])
def test_a_missed_edge_is_told_while_the_run_goes_on_and_costs_no_other_frame(missed: int) -> None:
    found, true = taken(0.02)
    number = int(found.frames["frame_number"][missed])
    found = Found(found.frames, np.delete(found.edges, number), found.hosts)
    t, status, _ = grown(found, facts(Path("scan.h5")))
    assert status[missed] != FrameStatus.OK
    others = np.delete(np.arange(len(t)), missed)
    assert (status[others] == FrameStatus.OK).mean() > 0.99
    ok = status == FrameStatus.OK
    assert np.abs(t - true)[ok].max() <= 1 / CLOCK.rate


def test_without_edges_times_are_those_of_arrival_throughout() -> None:
    found, true = taken(0.02)
    told = replace(facts(Path("scan.h5")), sync="host")
    t, status, _ = grown(found, told)
    assert set(status) == {FrameStatus.HOST_TIME}
    assert np.abs(t - true).max() < PERIOD
    np.testing.assert_allclose(t, whole(found, told).t, atol=0.02)


def test_steady_frames_whose_first_edges_are_flawed_claim_nothing_later_either() -> None:
    found, _ = taken(0.0)
    found = Found(found.frames, found.edges[3:], found.hosts)
    _, status, _ = grown(found, facts(Path("scan.h5")))
    assert FrameStatus.OK not in status
