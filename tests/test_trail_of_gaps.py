"""A live curve with gaps, and of a rig with many signals: nothing is lost, nothing overflows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.arrays import peaks
from seccm.commissioning.graph import thinned
from seccm.events import Phase
from seccm.remote import Trace
from ui.models.passage import Passage, phases
from ui.models.trail import Trail
from ui.models.trends import SPAN, Trends

Array = npt.NDArray[np.float64]
GAPS = st.lists(st.floats(-1e3, 1e3) | st.just(np.nan), min_size=1, max_size=300).map(np.array)


@given(GAPS, st.integers(1, 40), st.booleans())
@settings(max_examples=30)
def test_the_extremes_of_what_was_measured_are_kept_beside_any_gap(
    y: Array, bins: int, timed: bool
) -> None:
    kept = peaks(y, bins, np.arange(float(y.size)) if timed else None)
    assert {0, y.size - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    assert kept.size <= max(2 * bins, 2 * bins + 4)
    if np.isfinite(y).any():
        assert np.nanmin(y[kept]) == np.nanmin(y)
        assert np.nanmax(y[kept]) == np.nanmax(y)


@pytest.mark.parametrize("gap", [0, 3, 7, 49])
def test_a_spike_beside_one_row_without_a_number_is_seen(gap: int) -> None:
    """The whole stretch was left out because of that row."""
    y = np.zeros(500)
    y[200 + gap], y[225] = np.nan, 8.0
    kept = peaks(y, 10)
    assert 225 in kept


def test_a_stretch_without_any_number_keeps_a_row_so_that_the_gap_is_drawn() -> None:
    y = np.arange(1000.0)
    y[300:600] = np.nan
    kept = peaks(y, 10)
    assert np.isnan(y[kept]).sum() >= 3
    assert np.isnan(peaks(np.full(100, np.nan), 3).astype(float)).sum() == 0


@pytest.mark.parametrize("columns", [1, 2, 6, 10, 24])
@pytest.mark.parametrize("piece", [7, 120, 128, 700])
def test_a_trail_never_takes_more_than_its_capacity_however_many_signals_tell(
    columns: int, piece: int
) -> None:
    """With six signals of noise a long site ended the drawing with an error of numpy."""
    rng = np.random.default_rng(columns)
    names = tuple(f"s{k}" for k in range(columns))
    trail = Trail(("t", *names), names, capacity=256)
    highest, last = dict.fromkeys(names, -np.inf), 0
    for first in range(0, 1400, piece):
        last = min(first + piece, 1400)
        rows = {name: rng.standard_normal(last - first) for name in names}
        trail.append({"t": np.arange(first, last, dtype=float)} | rows)
        highest = {name: max(highest[name], float(rows[name].max())) for name in names}
        assert len(trail) <= 256
    t = trail["t"]
    assert (t[0], t[-1]) == (0.0, last - 1.0)
    assert (np.diff(t) > 0.0).all()
    if columns <= 6:
        assert all(float(trail[name].max()) == highest[name] for name in names)


def test_rows_of_a_trail_stay_together_when_it_is_thinned() -> None:
    trail = Trail(("t", "E", "I"), ("E", "I"), capacity=128)
    for first in range(0, 2000, 50):
        t = np.arange(first, first + 50, dtype=float)
        trail.append({"t": t, "E": np.sin(t), "I": t % 7.0})
    assert trail["E"] == pytest.approx(np.sin(trail["t"]))
    assert trail["I"] == pytest.approx(trail["t"] % 7.0)
    trail.clear()
    assert len(trail) == 0


# One visit


def rows(site: int, phase: Phase, first: float, count: int, step: int = 0, **more: Array) -> Trace:
    """Rows of one phase, ten a second; the current is 2 nA, the potential the time."""
    t = first + np.arange(count) / 10.0
    labels = (np.full(count, site, np.int32), np.full(count, phase, np.uint8),
              np.full(count, step, np.uint16))  # fmt: skip
    return Trace(t, t.copy(), np.full(count, 2e-9), np.zeros(count), *labels, signals=more)


def visit(site: int = 0) -> Trace:
    """A site with a settling time, an approach, two steps and a retraction."""
    return Trace.joined([
        rows(site, Phase.SETTLE, 0.0, 10), rows(site, Phase.APPROACH, 1.0, 30),
        rows(site, Phase.STEP, 4.0, 20), rows(site, Phase.STEP, 6.0, 40, step=1),
        rows(site, Phase.RETRACT, 10.0, 10),
    ])  # fmt: skip


@pytest.mark.parametrize("piece", [1, 3, 7, 110])
def test_the_curve_of_a_site_is_the_same_in_pieces_of_any_size(piece: int) -> None:
    passage, every = Passage(), visit()
    for first in range(0, len(every), piece):
        for part in phases(every.where(slice(first, first + piece))):
            passage.take(part)
    curve = passage.curve(0)
    assert curve is not None
    assert curve.t == pytest.approx(np.arange(60) / 10.0, abs=1e-9)
    np.testing.assert_allclose(curve.E, 4.0 + curve.t)
    np.testing.assert_allclose(curve.Q, 2e-9 * curve.t, atol=1e-18)
    assert curve.starts == pytest.approx({0: 0.0, 1: 2.0}, abs=1e-9)


def test_the_steps_of_a_curve_make_up_the_whole_and_begin_at_zero() -> None:
    passage = Passage()
    for part in phases(visit()):
        passage.take(part)
    curve = passage.curve(0)
    assert curve is not None
    parts = [curve.of_step(0), curve.of_step(1)]
    assert sum(part.t.size for part in parts if part is not None) == curve.t.size
    for part in parts:
        assert part is not None
        assert (part.t[0], part.Q[0]) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert curve.of_step(2) is None


def test_another_site_leaves_the_curve_in_view_until_it_has_one_of_its_own() -> None:
    passage = Passage()
    for part in phases(visit(0)):
        passage.take(part)
    passage.begin()
    passage.take(rows(1, Phase.SETTLE, 20.0, 5))
    assert passage.curve(1) is None, "nothing of this site"
    assert len(passage.measured) == 60, "that of the site before"
    passage.take(rows(1, Phase.STEP, 21.0, 4))
    curve = passage.curve(1)
    assert curve is not None
    assert curve.t.size == 4


def test_rows_are_cut_where_the_site_or_the_phase_changes_and_none_is_lost() -> None:
    every = Trace.joined([visit(0), visit(1)])
    parts = list(phases(every))
    assert [len(part) for part in parts] == [10, 30, 60, 10] * 2
    assert np.array_equal(np.concatenate([part.t for part in parts]), every.t)
    assert list(phases(Trace.none())) == []


@pytest.mark.parametrize("piece", [1, 9, 400])
def test_the_last_minute_does_not_depend_on_the_size_of_the_pieces(piece: int) -> None:
    trends, every = Trends(), rows(0, Phase.STEP, 0.0, 1200)
    for first in range(0, 1200, piece):
        trends.take(every.where(slice(first, first + piece)))
    t, current = trends.drawn()["current"]
    assert t[-1] == 0.0
    assert -SPAN - piece / 10.0 <= t[0] <= -SPAN + 0.2
    assert current == pytest.approx(2e-9)


@pytest.mark.parametrize("most", [2, 3, 10, 2000])
def test_a_curve_of_commissioning_is_thinned_by_the_same_rule(most: int) -> None:
    """It keeps its spikes, and has no more points than a screen shows."""
    x = np.arange(10_007.0)
    y = np.random.default_rng(2).normal(size=x.size)
    y[4321], y[777] = 99.0, -99.0
    thin_x, thin_y = thinned(x, y, most)
    assert len(thin_x) == len(thin_y) <= most
    assert (np.diff(thin_x) > 0).all()
    assert {99.0, -99.0} <= set(thin_y.tolist())
    np.testing.assert_array_equal(thin_y, y[thin_x.astype(int)])
    whole = thinned(x[:most], y[:most], most)
    np.testing.assert_array_equal(whole[1], y[:most])
