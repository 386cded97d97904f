"""The time left of a scan: what the plan says of the sites that are left, at the pace measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_plan import INFO, grid, small

from seccm.plan.estimate import duration_of, durations_of
from seccm.plan.pace import REMEMBERED, Pace

SECONDS = st.lists(st.floats(min_value=0.1, max_value=1e4), min_size=1, max_size=40)


@given(SECONDS, st.floats(min_value=0.1, max_value=10.0), st.integers(min_value=1, max_value=40))
def test_a_rig_with_a_constant_pace_is_foretold_exactly(
    expected: list[float], rate: float, done: int
) -> None:
    done = min(done, len(expected))
    pace, now = Pace(np.array(expected)), 7.0
    for site, seconds in enumerate(expected[:done]):
        pace.begin(site, now)
        now += rate * seconds
        pace.finish(site, now, whole=True)
    assert pace.measured
    assert pace.left(now) == pytest.approx(rate * sum(expected[done:]), abs=1e-6)


@given(SECONDS, st.data())
def test_the_time_left_never_grows_while_nothing_happens(
    expected: list[float], data: st.DataObject
) -> None:
    pace = Pace(np.array(expected))
    pace.close(data.draw(st.sets(st.integers(0, len(expected) - 1))))
    site = data.draw(st.integers(0, len(expected) - 1))
    pace.begin(site, 0.0)
    left = [pace.left(now) for now in (0.0, 1.0, 10.0, 1e5)]
    assert left == sorted(left, reverse=True)
    assert min(left) >= -1e-9


def test_sites_that_were_skipped_tell_nothing_about_the_pace() -> None:
    pace = Pace(np.full(4, 60.0))
    pace.begin(0, 0.0)
    pace.finish(0, 1.0, whole=False)
    assert not pace.measured
    assert pace.left(1.0) == 180.0


def test_a_site_whose_beginning_nobody_saw_tells_nothing_either() -> None:
    pace = Pace(np.full(3, 60.0))
    pace.finish(1, 5.0, whole=True)
    assert (pace.measured, pace.left(5.0)) == (False, 120.0)


def test_the_pace_is_that_of_the_last_sites() -> None:
    pace = Pace(np.full(2 * REMEMBERED + 1, 1.0))
    for site in range(2 * REMEMBERED):
        took = 9.0 if site < REMEMBERED else 2.0
        pace.begin(site, 100.0 * site)
        pace.finish(site, 100.0 * site + took, whole=True)
    assert pace.rate == pytest.approx(2.0)


def test_the_durations_of_the_sites_add_up_to_that_of_the_scan() -> None:
    plan = small(sites=grid(columns=5, rows=2))
    each = durations_of(plan.visits(), INFO.clock)
    assert each.shape == (10,)
    assert (each > 0.0).all()
    assert each.sum() == pytest.approx(duration_of(plan.visits(), INFO.clock))
