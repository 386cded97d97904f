"""Curves with fewer points than were measured: nothing that stands out is lost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seccm.commissioning.graph import thinned
from seccm.events import Phase
from seccm.remote import Trace
from ui.models.passage import Curve, phases
from ui.models.trail import Trail, peaks

values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=400).map(np.array)


# Where the lowest and the highest value of each stretch are.


@given(values, st.integers(1, 50))
def test_the_rows_that_are_kept_rise_and_hold_every_extreme(y, bins):
    kept = peaks(y, bins)
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == y.size - 1
    assert y[kept].min() == y.min()
    assert y[kept].max() == y.max()
    assert kept.size <= 2 * bins + 4 or y.size <= 2 * bins
    if y.size <= 2 * bins:
        assert np.array_equal(kept, np.arange(y.size))


@given(values, st.integers(1, 50), st.randoms())
def test_stretches_of_equal_time_hold_every_extreme_of_theirs(y, bins, random):
    t = np.cumsum([random.choice([1e-3, 1.0, 100.0]) for _ in y])
    kept = peaks(y, bins, t)
    assert (np.diff(kept) > 0).all()
    assert {0, y.size - 1} <= set(kept.tolist())
    assert kept.size <= 2 * bins + 2 or y.size <= 2 * bins
    edges = np.linspace(t[0], t[-1], bins + 1)
    for low, high in itertools.pairwise(edges):
        inside = (t > low + 1e-6) & (t < high - 1e-6)
        if inside.any():
            assert y[kept].min() <= y[inside].min()
            near = y[kept][(t[kept] >= low - 1e-6) & (t[kept] <= high + 1e-6)]
            assert near.min() <= y[inside].min()
            assert near.max() >= y[inside].max()


@pytest.mark.parametrize("piece", [500, 5000, 50_000])
def test_the_beginning_of_a_day_is_drawn_as_finely_as_its_end(piece):
    """A current that is switched every hundredth of a long record, which comes in pieces."""
    n = 1_000_000
    trail = Trail(("t", "E", "I"), ("E", "I"), capacity=1 << 13)
    for first in range(0, n, piece):
        t = np.arange(first, min(first + piece, n), dtype=float)
        current = np.where((t // (n // 100)) % 2 == 0, 1.0, -1.0)
        trail.append({"t": t, "E": np.sin(t / 40_000.0), "I": current})
    t, E, current = (trail[name] for name in ("t", "E", "I"))
    assert np.diff(t).max() < n / 400, "no stretch is without points"
    dense = np.arange(0.0, n, 997.0)
    np.testing.assert_allclose(np.interp(dense, t, E), np.sin(dense / 40_000.0), atol=0.1)
    wrong = np.abs(np.interp(dense, t, current)) < 0.99
    assert wrong.mean() < 0.2, "a current that is constant is not drawn as a slope"


@given(values, st.integers(1, 50))
def test_a_curve_upside_down_keeps_the_same_extremes(y, bins):
    up, down = y[peaks(y, bins)], y[peaks(-y, bins)]
    assert (up.min(), up.max()) == (down.min(), down.max())


@given(st.integers(100, 2000), st.integers(2, 40), st.data())
def test_one_row_that_stands_out_is_kept_wherever_it_is(n, bins, data):
    spike = data.draw(st.integers(0, n - 1))
    y = np.zeros(n)
    y[spike] = -1.0
    assert spike in peaks(y, bins)
    x, kept = thinned(np.arange(float(n)), y, max(2, bins))
    assert kept.min() == -1.0
    assert x[np.argmin(kept)] == spike


@example(np.array([0.0, 0.0, 0.0, 1.0, 0.0, 1.0]), 3)
@given(values, st.integers(2, 100))
def test_a_graph_has_no_more_points_than_it_can_show_and_only_measured_ones(y, most):
    x = np.arange(float(y.size))
    fewer, kept = thinned(x, y, most)
    assert fewer.size == kept.size
    assert fewer.size <= most or y.size <= most
    assert (np.diff(fewer) > 0).all()
    assert np.array_equal(kept, y[fewer.astype(int)])
    assert kept.min() == y.min()
    assert kept.max() == y.max()


# Columns that grow and never take more than their capacity.


@pytest.mark.parametrize("capacity", [64, 256])
@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(0, 2**31))
def test_a_trail_never_takes_more_than_its_capacity_and_keeps_what_stands_out(
    capacity, lengths, seed
):
    rng = np.random.default_rng(seed)
    trail = Trail(("t", "E", "I"), ("E", "I"), capacity)
    whole = {name: rng.normal(size=sum(lengths)) for name in ("E", "I")}
    whole["t"] = np.arange(float(sum(lengths)))
    for piece in np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1]):
        trail.append({name: column[piece] for name, column in whole.items()})
        assert len(trail) <= capacity
    t = trail["t"]
    assert len(trail["E"]) == len(trail["I"]) == t.size
    assert (np.diff(t) > 0).all()
    for name in ("E", "I"):
        # Only rows that were there, each with its own time.
        assert np.array_equal(trail[name], whole[name][t.astype(int)])
        if whole[name].size:
            assert trail[name].min() == whole[name].min()
            assert trail[name].max() == whole[name].max()
    if t.size:
        assert t[0] == 0.0
        assert t[-1] == sum(lengths) - 1
    trail.clear()
    assert len(trail) == 0


# One visit cut into phases and steps.


def rows(site: list[int], phase: list[int]) -> Trace:
    n = len(site)
    numbers = np.arange(float(n))
    return Trace(
        numbers, numbers, -numbers, numbers * 1e-6, np.array(site, np.int32),
        np.array(phase, np.uint8), np.zeros(n, np.uint16),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(-1, 2), st.sampled_from([int(p) for p in Phase])),
                max_size=40))  # fmt: skip
def test_rows_are_cut_where_another_site_or_phase_begins_and_none_is_lost(pairs):
    trace = rows([site for site, _ in pairs], [phase for _, phase in pairs])
    parts = list(phases(trace))
    assert sum(len(part) for part in parts) == len(trace)
    if parts:
        assert np.array_equal(np.concatenate([part.t for part in parts]), trace.t)
    for part in parts:
        assert len(set(part.site.tolist())) == len(set(part.phase.tolist())) == 1
    for one, other in itertools.pairwise(parts):
        assert (one.site[0], one.phase[0]) != (other.site[0], other.phase[0])


def curve(n: int, begins: list[int]) -> Curve:
    t = np.arange(float(n))
    starts = {step: float(begin) for step, begin in enumerate(begins)}
    return Curve(4, t, 0.1 * t, -t, t**2, starts, {"amplitude": 3.0 * t})


@given(st.integers(2, 50), st.lists(st.integers(0, 60), min_size=1, max_size=5, unique=True))
def test_the_steps_of_a_curve_are_its_parts_each_from_its_own_beginning(n, begins):
    begins = [0, *sorted(set(begins) - {0})]
    whole = curve(n, begins)
    seen = 0
    for step, begin in enumerate(begins):
        part = whole.of_step(step)
        if begin >= n:
            assert part is None
            continue
        assert part is not None
        end = min([*(b for b in begins if b > begin), n])
        assert part.site == 4
        assert np.array_equal(part.t, np.arange(float(end - begin)))
        assert np.array_equal(part.E, whole.E[begin:end])
        assert np.array_equal(part.signals["amplitude"], whole.signals["amplitude"][begin:end])
        assert part.Q[0] == 0.0
        assert part.starts == {step: 0.0}
        np.testing.assert_allclose(part.Q, whole.Q[begin:end] - whole.Q[begin])
        seen += part.t.size
    assert seen == n
    assert whole.of_step(len(begins)) is None


@given(st.integers(10, 300), st.integers(2, 20), st.sampled_from(["t", "E", "I", "Q", "amplitude"]))
def test_a_thinned_curve_has_whole_rows_of_it(n, bins, telling):
    whole = curve(n, [0, n // 2])
    fewer = whole.thinned(telling, bins)
    kept = fewer.t.astype(int)
    for name, column in whole.columns.items():
        assert np.array_equal(fewer.columns[name], column[kept]), name
    assert fewer.starts == whole.starts
    assert fewer.columns[telling].max() == whole.columns[telling].max()
    assert fewer.columns[telling].min() == whole.columns[telling].min()
