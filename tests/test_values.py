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


# ------------------------------------------------------------------- the words about a number

STATUSES = list(Status)


@pytest.mark.parametrize("one", STATUSES)
def test_doubts_add_up_in_any_order(one: Status) -> None:
    """What a number rests on may be named in any order, and more than once."""
    assert one.worse(one) is one
    assert one.worse(Status.OK) is one
    for other in STATUSES:
        both = one.worse(other)
        assert both is other.worse(one)
        assert both in (one, other)
        for third in STATUSES:
            assert both.worse(third) is one.worse(other.worse(third))


@pytest.mark.parametrize("one", STATUSES)
def test_a_doubt_is_never_lost_by_another_one(one: Status) -> None:
    for other in STATUSES:
        both = one.worse(other)
        assert both.has_value == (one.has_value and other.has_value)
        if both.has_value:
            assert both.trusted == (one.trusted and other.trusted)
            assert bool(both.caveat) or not (one.caveat or other.caveat)


@pytest.mark.parametrize("one", STATUSES)
def test_every_number_that_is_not_trusted_says_why_wherever_it_is_shown(one: Status) -> None:
    if one.has_value and not one.trusted:
        assert one.caveat
    if not one.has_value:
        assert not one.trusted
        assert not one.caveat, "there is no number that it could be shown beside"
    if one.censored:
        assert not one.has_value


def test_no_two_words_are_the_same_and_each_code_is_read_back() -> None:
    assert len({status.label for status in STATUSES}) == len(STATUSES)
    assert [Status.read(int(status)) for status in STATUSES] == STATUSES


@pytest.mark.parametrize("code", [200, 99, -1])
def test_a_code_of_a_later_version_is_no_status_of_this_one(code: int) -> None:
    with pytest.raises(ValueError, match=str(code)):
        Status.read(code)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_undefined_and_never_ok(value: float) -> None:
    found = Value.of(value, 0.1)
    assert found.status is Status.UNDEFINED
    assert math.isnan(found.value)
    with pytest.raises(ValueError, match="contradicts"):
        Value(value, 0.1)


def test_a_number_cannot_come_with_the_reason_why_there_is_none() -> None:
    with pytest.raises(ValueError, match="contradicts"):
        Value(1.0, 0.1, Status.NOT_MEASURED)
