"""Against own condition: what the place does is left, and what the condition does is gone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.analysis.decades import of_one_sign, spans_decades
from seccm.analysis.declared import declared
from seccm.analysis.own_condition import FEWEST, against_own
from seccm.results import Result
from ui.models.quantity import HEIGHT

CURRENT, POTENTIAL, DIFFERENCE = declared("i_lim"), declared("E_nuc"), declared("eta_nuc")


def planted(seed: int, conditions: int, each: int):
    """Return effects of places about zero, and the condition of each of the sites, shuffled."""
    random = np.random.default_rng(seed)
    condition = random.permutation(np.repeat(np.arange(conditions), each))
    return random.normal(0.0, 0.05, condition.size), condition


def put(result: Result, values, condition, errors=None, counted=None):
    errors = np.full(values.size, 0.01) if errors is None else errors
    counted = np.ones(values.size, bool) if counted is None else counted
    return against_own(result, values, errors, counted, condition)


def centred(values, condition):
    """Return each number minus the median of its own condition, reckoned one by one."""
    return np.array([v - np.median(values[condition == k])
                     for v, k in zip(values, condition, strict=True)])  # fmt: skip


@given(st.integers(0, 999), st.integers(1, 6), st.integers(FEWEST, 9))
def test_an_effect_of_the_place_is_found_whatever_the_conditions_do(seed, conditions, each):
    effect, condition = planted(seed, conditions, each)
    levels = np.random.default_rng(seed + 1).uniform(-3.0, 3.0, conditions)[condition]
    found = put(POTENTIAL, levels + effect, condition)
    assert not found.ratio
    assert found.middle == 0.0
    np.testing.assert_allclose(found.values, centred(effect, condition), atol=1e-12)
    # As ratios, where the conditions multiply.
    size = np.where(levels < 0.0, -1.0, 1.0) * 10.0 ** (3.0 * levels - 9.0)
    found = put(CURRENT, size * np.exp(effect), condition)
    assert found.ratio
    assert found.middle == 1.0
    assert (found.values > 0.0).all(), "a ratio has no sign where a condition has one"
    medians = np.array([np.median(np.exp(effect)[condition == k]) for k in range(conditions)])
    np.testing.assert_allclose(found.values, np.exp(effect) / medians[condition])
    np.testing.assert_allclose(found.errors, 0.01 / np.abs(size * medians[condition]))


@pytest.mark.parametrize("result", [POTENTIAL, DIFFERENCE, HEIGHT], ids=lambda r: r.name)
def test_potentials_and_heights_are_subtracted(result: Result):
    """A ratio of two potentials says nothing, and the zero of a height is a choice."""
    found = put(result, np.array([1.0, 2.0, 4.0]), np.zeros(3, int))
    np.testing.assert_array_equal(found.values, [-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(found.errors, 0.01)


@pytest.mark.parametrize("values", [[-1.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
def test_values_of_both_signs_or_zeros_are_subtracted_and_never_divided_by_zero(values):
    several = np.array([*values, 1.0, 2.0, 3.0])
    found = put(CURRENT, several, np.repeat([0, 1], 3))
    assert not found.ratio
    np.testing.assert_array_equal(found.values[3:], [-1.0, 0.0, 1.0])
    assert np.isfinite(found.values).all()


def test_a_condition_of_fewer_than_three_values_has_no_median_and_is_named():
    condition = np.array([0, 0, 0, 4, 4, 7, 7, 7, 9])
    values = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 1.0, 2.0, 3.0, np.nan])
    counted = np.array([True] * 7 + [False, True])
    found = put(CURRENT, values, condition, counted=counted)
    assert found.few == (4, 7), "of 9 there is no value at all"
    np.testing.assert_array_equal(np.isfinite(found.values), condition == 0)


def test_sites_that_do_not_count_are_shown_but_move_no_median():
    """Such as a site that was aborted, or a number that is not to be trusted."""
    values = np.array([1.0, 2.0, 3.0, 500.0])
    found = put(CURRENT, values, np.zeros(4, int), counted=np.array([True, True, True, False]))
    np.testing.assert_array_equal(found.values, values / 2.0)


@given(st.lists(st.floats(1e-12, 1e3), min_size=1, max_size=20), st.sampled_from([1.0, -1.0]))
def test_decades_are_those_of_magnitudes_of_one_sign(magnitudes, sign):
    values = sign * np.array([*magnitudes, np.nan])
    assert of_one_sign(values)
    assert spans_decades(values) is (max(magnitudes) > 100.0 * min(magnitudes))
    for other in (0.0, -sign):
        assert not of_one_sign(np.array([*values, other]))
        assert not spans_decades(np.array([*values, other]))
    assert not spans_decades(np.array([np.nan]))
