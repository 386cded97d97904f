"""One number out of an array, and the mean of an array: as sure as the numbers are, not more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seccm.results import Status, Value, Values

KINDS = [
    Value.of(1.0, 0.1),
    Value.of(3.0, 0.2, Status.SATURATED),
    Value.none(Status.INCOMPLETE),
    Value.of(2.0, 0.1, Status.DRIFTING),
]
WHOLE = Values.of(KINDS)


def test_each_entry_is_the_number_that_was_put_there() -> None:
    for number, value in enumerate(KINDS):
        for place in (number, number - len(KINDS)):
            found = WHOLE.entry(place)
            assert found.status is value.status
            np.testing.assert_equal((found.value, found.error), (value.value, value.error))


@pytest.mark.parametrize("number", [4, -5, 100])
def test_an_entry_that_is_not_there_was_not_measured(number: int) -> None:
    assert WHOLE.entry(number).status is Status.NOT_MEASURED
    assert Values.of([]).entry(0).status is Status.NOT_MEASURED
    assert Values.of([]).entry(-1).status is Status.NOT_MEASURED


def test_where_one_status_is_said_of_all_a_number_is_never_cleaner_than_it() -> None:
    array = np.array([1.0, np.nan])
    doubtful = Values(array, array, Status.SATURATED)
    assert doubtful.entry(0).status is Status.SATURATED
    assert doubtful.entry(1).status is Status.UNDEFINED
    some_missing = Values(array, array, Status.INCOMPLETE)
    assert some_missing.entry(0).value == 1.0
    assert not some_missing.entry(0).status.trusted
    assert some_missing.entry(1).status is Status.INCOMPLETE
    assert not some_missing.mean.status.trusted


def test_the_mean_is_that_of_the_numbers_there_are_with_their_worst_status() -> None:
    mean = WHOLE.mean
    assert mean.value == pytest.approx(2.0)
    assert mean.status is Status.SATURATED
    assert mean.error == pytest.approx(1.0 / math.sqrt(3))  # their scatter, larger than stated


def test_the_uncertainty_of_a_mean_is_the_larger_of_scatter_and_statement() -> None:
    alike = Values.of([Value.of(1.0, 0.6), Value.of(1.0, 0.8)])
    assert alike.mean.error == pytest.approx(0.5)
    one = Values.of([Value.of(1.0, 0.6)])
    assert one.mean == Value(1.0, 0.6)
    unknown = Values.of([Value.of(1.0, math.nan), Value.of(2.0, math.nan)])
    assert unknown.mean.error == pytest.approx(0.5)


def test_there_is_no_mean_of_nothing_and_it_says_why() -> None:
    assert Values.of([]).mean.status is Status.NOT_MEASURED
    assert Values.of([Value.none(Status.OVERLOAD)]).mean.status is Status.OVERLOAD
    table = np.arange(6.0).reshape(2, 3)
    assert Values(table, np.full((2, 3), 0.1)).mean.value == pytest.approx(2.5)
