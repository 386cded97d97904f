"""The time left of a scan: what the plan says of the sites that are left, as far as seen so far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pace_of import PERIOD, pace_of, visit
from small_plan import INFO, grid, small
from ui_windows import small_plan

import seccm
from seccm.events import Outcome, RunStopped, SiteFinished, SiteStarted
from seccm.plan.estimate import duration_of, stages_of
from seccm.plan.pace import Pace

SECONDS = st.lists(st.floats(min_value=0.1, max_value=1e4), min_size=1, max_size=40)


@given(SECONDS, st.floats(min_value=1e-3, max_value=10.0), st.integers(min_value=1, max_value=40))
def test_a_rig_that_does_as_planned_is_foretold_exactly_however_fast_its_clock(
    stays: list[float], wall: float, done: int
) -> None:
    done = min(done, len(stays))
    pace, now = pace_of(stays, way=3.0), 7.0
    for site, stay in enumerate(stays[:done]):
        now = visit(pace, site, now, 3.0, stay, wall=wall)
    assert pace.measured
    left = wall * sum(3.0 + stay for stay in stays[done:])
    assert pace.left(now) == pytest.approx(left, rel=0.02, abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(1.0, 1e3), st.floats(0.05, 1.0)), min_size=2, max_size=6),
    st.data(),
)
def test_each_condition_is_corrected_by_its_own_sites_alone(
    kinds: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Steps that end early in one condition say nothing about another."""
    planned = [stay for stay, _ in kinds] * 3
    seen = data.draw(st.integers(1, len(kinds) - 1))
    pace = pace_of(planned, way=2.0, conditions=[*range(len(kinds))] * 3)
    now = 0.0
    for site in range(seen):
        stay, share = kinds[site]
        now = visit(pace, site, now, 2.0, stay * share)
    true = 0.0
    for site in range(seen, len(planned)):
        stay, share = kinds[site % len(kinds)]
        true += 2.0 + stay * (share if site % len(kinds) < seen else 1.0)
    assert pace.left(now) == pytest.approx(true, rel=0.02)


@pytest.mark.parametrize("deep", [0.1, 1.0, 8.0])
def test_how_deep_the_surface_lay_at_first_says_nothing_about_later_sites(deep: float) -> None:
    pace = pace_of([10.0] * 5, way=4.0)
    now = visit(pace, 0, 0.0, 4.0 * deep, 10.0)
    assert pace.left(now) == pytest.approx(4 * 14.0, rel=1e-3)


def test_ways_that_take_longer_than_planned_do_so_everywhere() -> None:
    pace, now = pace_of([10.0] * 4, way=4.0), 0.0
    for site in range(2):
        now = visit(pace, site, now, 8.0, 10.0)
    assert pace.left(now) == pytest.approx(2 * 18.0, rel=1e-3)


@given(SECONDS, st.booleans(), st.data())
def test_the_time_left_never_grows_while_nothing_happens(
    stays: list[float], landed: bool, data: st.DataObject
) -> None:
    pace = pace_of(stays, way=5.0)
    pace.close(data.draw(st.sets(st.integers(0, len(stays) - 1))))
    site = data.draw(st.integers(0, len(stays) - 1))
    visit(pace, site, 0.0, 5.0, 1.0, until="landed" if landed else "started")
    left = [pace.left(now) for now in (5.0, 6.0, 15.0, 1e5)]
    assert left == sorted(left, reverse=True)
    assert min(left) >= -1e-9


def test_the_site_under_way_counts_as_far_as_it_has_come() -> None:
    pace = pace_of([10.0, 10.0], way=4.0)
    now = visit(pace, 0, 0.0, 4.0, 10.0)
    pace.hear(SiteStarted(round(now / PERIOD), 1), now)
    assert pace.left(now + 1.0) == pytest.approx(13.0)
    assert pace.left(now + 99.0) == pytest.approx(10.0), "it has not landed: its stay is to come"


def test_sites_that_were_skipped_tell_nothing_about_how_long_others_take() -> None:
    pace = pace_of([60.0] * 4, way=0.0)
    now = visit(pace, 0, 0.0, 0.0, 1.0, outcome=Outcome.SKIPPED)
    assert pace.left(now) == pytest.approx(180.0)


def test_a_site_whose_beginning_nobody_saw_tells_nothing_either() -> None:
    pace = pace_of([60.0] * 3, way=0.0)
    pace.hear(SiteFinished(500, 1, Outcome.OK, ""), 5.0)
    assert (pace.measured, pace.left(5.0)) == (False, 120.0)


def test_the_stages_of_the_sites_add_up_to_the_duration_of_the_scan() -> None:
    plan = small(sites=grid(columns=5, rows=2))
    each = stages_of(plan.visits(), INFO)
    assert each.way.shape == each.stay.shape == (10,)
    assert (each.way > 0.0).all()
    assert (each.stay > 0.0).all()
    assert (each.way + each.stay).sum() == pytest.approx(duration_of(plan.visits(), INFO))


def test_a_run_of_conditions_of_unequal_length_is_foretold_from_its_first_site_on(
    tmp_path: Path,
) -> None:
    """1 s and 10 s: what the bar says after each site, against what is true."""
    source = small_plan(
        tmp_path, 4, 2, factors__j=["-1 mA/cm^2"], factors__wait=["1 s", "10 s"],
        program__0__duration="$wait", design__assign="shuffled",
    )  # fmt: skip
    run = seccm.run(seccm.load_plan(source), path=tmp_path / "scan.h5")
    period = run.info.clock.period
    pace = Pace.of(run.planned, run.known, run.total, run.info)
    told: list[tuple[float, float]] = []
    for event in run:
        now = period * getattr(event, "row", 0)
        pace.hear(event, now)
        if isinstance(event, SiteFinished):
            told.append((now, pace.left(now)))
        if isinstance(event, RunStopped):
            assert event.status == "complete"
    end = told[-1][0]
    true = np.array([end - now for now, _ in told])
    np.testing.assert_allclose([left for _, left in told], true, rtol=0.05, atol=0.5)
    assert len(told) == 8
