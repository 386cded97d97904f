"""The mean of a signal over the rows of a site: planted values, gaps, and rows without a value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.analysis.signal_means import mean_of, mean_result
from seccm.results import Status
from seccm.rig import Flag, Signal

FINE = np.zeros(400, np.uint8)
NOISE = np.random.default_rng(3).standard_normal((40, 400))


def test_a_constant_is_its_own_mean_without_an_error() -> None:
    found = mean_of(np.full(400, 2.5e-9), FINE)
    assert found.value == pytest.approx(2.5e-9, rel=1e-12)
    assert found.error == 0.0
    assert found.status is Status.OK


def test_the_error_is_that_of_the_noise() -> None:
    """Of forty sites: the mean departs from the truth by as much as the error says."""
    found = [mean_of(1.0 + 0.1 * noise, FINE) for noise in NOISE]
    away = [(one.value - 1.0) / one.error for one in found]
    assert 0.7 < float(np.std(away)) < 1.4
    assert np.median([one.error for one in found]) == pytest.approx(0.1 / 20.0, rel=0.1)


@settings(max_examples=12)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_scale_and_offset_of_a_signal_are_those_of_its_mean(offset: float, scale: float) -> None:
    there = mean_of(NOISE[0], FINE)
    found = mean_of(offset + scale * NOISE[0], FINE)
    assert found.value == pytest.approx(offset + scale * there.value, rel=1e-9, abs=1e-9)
    assert found.error == pytest.approx(scale * there.error, rel=1e-6, abs=1e-12)


def test_the_order_of_the_rows_does_not_change_the_mean() -> None:
    found = mean_of(NOISE[0][::-1].copy(), FINE)
    assert found.value == pytest.approx(mean_of(NOISE[0], FINE).value, rel=1e-12)
    assert found.error == pytest.approx(mean_of(NOISE[0], FINE).error, rel=1e-12)


@pytest.mark.parametrize("missing", [math.nan, math.inf, -math.inf])
def test_rows_that_were_not_measured_are_left_out_and_told(missing: float) -> None:
    values = NOISE[1].copy()
    values[10:13] = missing
    found = mean_of(values, FINE)
    known = np.delete(NOISE[1], slice(10, 13))
    assert found.value == pytest.approx(float(known.mean()), rel=1e-12)
    assert found.status is Status.GAP


@pytest.mark.parametrize("at", [0, 200, 399])
def test_a_gap_before_any_row_is_told(at: int) -> None:
    flag = FINE.copy()
    flag[at] = Flag.GAP | Flag.MOVING
    assert mean_of(NOISE[0], flag).status is Status.GAP
    assert mean_of(NOISE[0], flag).value == mean_of(NOISE[0], FINE).value


@pytest.mark.parametrize("other", [Flag.MOVING, Flag.FROZEN])
def test_rows_that_are_special_in_another_way_are_as_good(other: Flag) -> None:
    assert mean_of(NOISE[0], np.full(400, other, np.uint8)).status is Status.OK


@pytest.mark.parametrize("values", [[], [1.0], [math.nan] * 5, [1.0, math.nan]])
def test_one_row_is_no_mean(values: list[float]) -> None:
    found = mean_of(np.array(values), np.zeros(len(values), np.uint8))
    assert found.status is Status.TOO_SHORT
    assert math.isnan(found.value)


@pytest.mark.parametrize(("name", "unit", "role", "told"), [
    ("potential", "V", "potential", (True, False, False)),
    ("ion_current", "A", "current", (False, True, False)),
    ("sensor", "m", "position", (False, False, True)),
    ("temperature", "V", "other", (False, False, False)),
])  # fmt: skip
def test_a_mean_says_what_its_signal_is(
    name: str, unit: str, role: str, told: tuple[bool, bool, bool]
) -> None:
    """By that, a map chooses its colours, and a change of the reference what it shifts."""
    found = mean_result(Signal(name, unit, "what it is", role))  # type: ignore[arg-type]
    assert found.name == f"mean_{name}"
    assert found.unit == unit
    assert found.words == "what it is, mean of the steps"
    assert (found.against_reference, found.signed, found.zero_chosen) == told
