"""A number and its error are written by one rule wherever they stand."""

import math

from hypothesis import given
from hypothesis import strategies as st

from seccm.typography import as_fine, decimals, number, plus_minus

VALUES = st.floats(-1e6, 1e6)
ERRORS = st.floats(1e-6, 1e5)


def places(text: str) -> int:
    return len(text.partition(".")[2])


@given(VALUES, ERRORS)
def test_a_number_alone_has_the_digits_that_it_has_beside_its_error(value, error):
    both = plus_minus(value, error)
    assert both.partition(" ± ")[0] == as_fine(value, error)


@given(VALUES, ERRORS)
def test_number_and_error_end_at_the_same_place(value, error):
    mean, sign, fine = plus_minus(value, error).partition(" ± ")
    if sign:
        assert places(mean) == places(fine) == decimals(error)
        assert abs(float(mean.replace("−", "-")) - value) <= 0.5001 * 10.0 ** -decimals(error)


@given(ERRORS)
def test_an_error_has_two_digits_and_more_only_before_the_point(error):
    digits = len(f"{error:.{decimals(error)}f}".replace(".", "").lstrip("0"))
    assert digits >= 2
    assert digits == 2 or decimals(error) == 0


def test_errors_are_rounded_before_their_digits_are_counted():
    assert plus_minus(12.3456, 0.0994) == "12.346 ± 0.099"
    assert plus_minus(12.3456, 0.0996) == "12.35 ± 0.10"
    assert plus_minus(12.3456, 9.96) == "12 ± 10"
    assert plus_minus(-138.12, 3.456) == "−138.1 ± 3.5"


def test_an_error_that_says_nothing_is_not_written():
    for error in (math.nan, math.inf, 0.0, 1e-9):
        assert plus_minus(0.5, error) == as_fine(0.5, error) == number(0.5, 4) == "0.5"
    assert plus_minus(math.nan, 1.0) == as_fine(math.nan, 1.0) == "–"


@given(st.floats(-1.0, 1.0), ERRORS)
def test_what_rounds_to_zero_has_no_sign(value, error):
    said = as_fine(value, error)
    assert float(said.replace("−", "-")) != 0.0 or not said.startswith("−") or value == 0.0
