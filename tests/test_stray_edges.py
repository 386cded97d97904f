"""An edge beside a frame whose own edge was missed: how likely it is, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
from test_frame_matching import SAMPLE, record, wrong

from seccm.movie.facts import FrameStatus
from seccm.movie.strays import stray

SPREAD = np.full(9, 1e-4)
AWAY = np.linspace(-6e-4, 6e-4, 9)
FLAWED = {"missed": 50, "of": 1000, "edges": 1000, "exposures": 1000, "seconds": 10.0}
"""Of a thousand frames each twentieth has no edge, and as many others came: five a second."""


def test_an_edge_is_the_less_a_frames_own_the_farther_it_is_from_its_time() -> None:
    found = stray(AWAY, SPREAD, **FLAWED)
    np.testing.assert_allclose(found, found[::-1], rtol=1e-9)
    assert (np.diff(found[4:]) > 0).all()
    assert ((found > 0) & (found <= 1)).all()


@pytest.mark.parametrize(
    "clean", [{"missed": 0}, {"edges": 950}, {"edges": 10}, {"of": 0}, {"seconds": 0.0}]
)
def test_where_no_edge_is_missed_or_none_is_too_many_every_edge_is_a_frames_own(
    clean: dict[str, float],
) -> None:
    assert not stray(AWAY, SPREAD, **{**FLAWED, **clean}).any()  # type: ignore[arg-type]


def test_the_chance_is_that_of_drawn_edges() -> None:
    """Among frames with one edge within a window, by how far it is away."""
    rng = np.random.default_rng(3)
    count, share, rate, spread, reach = 2_000_000, 0.3, 200.0, 1e-4, 6e-4
    own = rng.random(count) >= share
    others = rng.random(count) < rate * 2 * reach
    single = own != others
    away = np.where(own, spread * rng.standard_normal(count), rng.uniform(-reach, reach, count))
    seconds = 1000.0
    told = stray(
        away[single], np.full(single.sum(), spread), missed=300, of=1000,
        edges=round(rate * seconds) + 700, exposures=1000, seconds=seconds,
    )  # fmt: skip
    for low, high in ((0, 1e-4), (1e-4, 2e-4), (2e-4, 3e-4), (3e-4, 6e-4)):
        here = (np.abs(away[single]) >= low) & (np.abs(away[single]) < high)
        # Frames whose own edge is there and that have a stray one too are not single.
        true = float((~own[single])[here].mean())
        assert float(told[here].mean()) == pytest.approx(true, rel=0.35)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("period", [0.05, 0.01])
def test_what_is_said_of_times_holds_although_edges_are_missing_and_others_come(
    seed: int, period: float
) -> None:
    recorded = record(seed, 4000, period=period, lost=0.3, missed=0.05, spurious=0.05)
    matched = recorded.matched()
    ok = matched.status == FrameStatus.OK
    off = np.abs(matched.t - recorded.t)
    assert wrong(recorded, matched) == 0
    assert ok[recorded.seen].mean() > 0.98
    # A stray edge is taken only where the stamps, good to 0.1 ms, cannot tell it.
    assert off[ok].max() < 5e-4
    assert (off[ok] > 2 * SAMPLE).sum() <= 0.002 * ok.sum()
    assert np.sqrt(np.mean(off[ok] ** 2)) < 3 * np.sqrt(np.mean(matched.error[ok] ** 2))
    assert (off[ok] <= 3 * matched.error[ok]).all()


def test_a_stray_edge_that_is_taken_for_a_frames_own_is_within_what_is_said_of_it() -> None:
    """So many edges are missed and come from elsewhere that stamps cannot tell all of them."""
    taken = 0
    for seed in range(40, 46):
        recorded = record(seed, 2500, period=0.01, lost=0.3, missed=0.1, spurious=0.1)
        matched = recorded.matched()
        ok = matched.status == FrameStatus.OK
        off = np.abs(matched.t - recorded.t)[ok]
        taken += int((off > 2 * SAMPLE).sum())
        assert (off <= 3.5 * matched.error[ok]).all(), seed
    assert taken > 0


def test_few_flaws_leave_times_as_sure_as_samples_are() -> None:
    recorded = record(8, 3000, period=0.23, lost=0.3, missed=0.01, spurious=0.01)
    matched = recorded.matched()
    ok = matched.status == FrameStatus.OK
    assert np.quantile(matched.error[ok], 0.9) == pytest.approx(SAMPLE / np.sqrt(12), rel=0.05)


def test_without_stray_edges_the_times_are_as_sure_as_samples_are() -> None:
    recorded = record(7, 1500, period=0.01, lost=0.3, missed=0.05)
    matched = recorded.matched()
    ok = matched.status == FrameStatus.OK
    assert ok[recorded.seen].mean() > 0.999
    assert np.median(matched.error[ok]) == pytest.approx(SAMPLE / np.sqrt(12), rel=0.01)
