"""Charge is counted by one rule: a data point is a mean over the time since the one before it.

The run counts as the rows come, the analysis sums up a step, and the curves of report and window
show how the charge grew. Three places, and one number.
"""

from __future__ import annotations

import numpy as np
import pytest
from little_world import CLOCK, a_block

from seccm.analysis.any_step import net_charge
from seccm.program.segment import Segment
from seccm.program.trace import Area, StepTrace
from seccm.report.curves import curve
from seccm.results import charge
from seccm.rig import Constant
from seccm.rig.limits import LimitWatch


def current(seed: int, rows: int) -> np.ndarray:
    """Amperes, mostly cathodic, with noise."""
    return -1e-9 + 3e-10 * np.random.default_rng(seed).standard_normal(rows)


def trace(i: np.ndarray, period: float) -> StepTrace:
    t = period * np.arange(1, i.size + 1)
    segment = Segment(0, "constant current", "", "current", Constant(-1e-9, float(t[-1])))
    return StepTrace(segment, t, np.full(i.size, -0.1), i, np.zeros(i.size, np.uint8), period,
                     "time", Area(68e-12, 0.0, "nominal"))  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_step_and_its_curve_end_at_the_same_charge(seed):
    i = current(seed, 700)
    step = trace(i, 2.56e-3)
    whole = net_charge(step).value.value
    assert charge(step.t, i)[-1] == pytest.approx(whole, rel=1e-12)
    drawn = curve(step)
    assert drawn is not None
    assert drawn.q[-1] * step.area.value == pytest.approx(-whole, rel=1e-12)


def test_what_a_limit_counts_during_the_run_is_what_the_analysis_finds():
    i = current(7, 300)
    watch = LimitWatch([], since=0)
    for first, part in zip((0, 1, 90), np.split(i, (1, 90)), strict=True):
        watch.feed(a_block(first, current=part.tolist()))
    found = net_charge(trace(i, CLOCK.period)).value.value
    assert watch.charge == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize("cuts", [(1,), (1, 2, 3), (40, 41, 300)])
def test_rows_that_come_in_blocks_count_as_those_that_come_at_once(cuts):
    i = current(4, 400)
    t = 2.56e-3 * np.arange(1, i.size + 1)
    before, passed, parts = 0.0, 0.0, []
    for some_t, some_i in zip(np.split(t, cuts), np.split(i, cuts), strict=True):
        part = passed + charge(some_t, some_i, since=before)
        before, passed = float(some_t[-1]), float(part[-1])
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts), charge(t, i), rtol=1e-12)


def test_a_row_that_is_missing_is_bridged_by_the_next():
    """The rows around it are means over their time; the one after a gap stands for the gap too."""
    t = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(charge(t, np.full(3, 2.0)), [2.0, 4.0, 8.0])


def test_rows_of_the_step_before_are_not_counted():
    assert charge(np.array([5.0, 6.0]), np.ones(2)).tolist() == [1.0, 2.0]
    assert charge(np.array([5.0, 6.0]), np.ones(2), since=0.0).tolist() == [5.0, 6.0]
    assert charge(np.array([]), np.array([])).size == 0


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 8, 20])
def test_the_charge_of_a_few_rows_is_right_and_its_uncertainty_is_known_or_not_stated(rows):
    """Of very few rows nobody knows the noise: no small number stands in its place."""
    period, rng = 2.57e-3, np.random.default_rng(rows)
    stated = []
    for _ in range(200):
        i = 1e-9 + 1e-12 * rng.standard_normal(rows)
        found = net_charge(trace(i, period)).value
        assert found.status.has_value
        assert abs(found.value - 1e-9 * rows * period) < 6e-12 * period * np.sqrt(rows)
        stated.append(found.error / (1e-12 * period * np.sqrt(rows)))
    if rows < 5:
        assert np.isnan(stated).all()
    else:
        assert np.median(stated) > 0.6
