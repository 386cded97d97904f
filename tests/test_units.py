"""Quantities are read exactly as written and shown as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.units import example, parse, parse_any, show

KINDS = ["m", "m/s", "s", "V", "A", "V/s", "A/m^2", "C", "m^2", "C/m^2", "F", "ohm", "Hz", "rad"]


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("20 um", "m", 20e-6),
        ("2 um/s", "m/s", 2e-6),
        ("2µm/s", "m/s", 2e-6),
        ("−0.27 V", "V", -0.27),
        ("+1.47 V", "V", 1.47),
        (".5 nA", "A", 0.5e-9),
        ("1e-3 A", "A", 1e-3),
        ("-0.22 mA/cm^2", "A/m^2", -2.2),
        ("-0.22 mA cm-2", "A/m^2", -2.2),
        ("-0.22 mA cm^-2", "A/m^2", -2.2),
        ("-0.22 mA·cm⁻²", "A/m^2", -2.2),
        ("0.22 mA / cm²", "A/m^2", 2.2),
        ("100 mV s-1", "V/s", 0.1),
        ("1 uAh/cm^2", "C/m^2", 36.0),
        ("2 min", "s", 120.0),
        ("1 mAh", "C", 3.6),
        ("6 %", "1", 0.06),
        ("1.55", "1", 1.55),
        ("180 deg", "rad", math.pi),
        ("1 Gohm", "ohm", 1e9),
        ("1 V/nA", "ohm", 1e9),
        ("3 A*s", "C", 3.0),
    ],
)
def test_a_quantity_is_the_float_one_would_type(text: str, unit: str, value: float) -> None:
    """Scaling is decimal: no rounding error enters between the file and the float."""
    assert parse(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit", "word"),
    [
        ("20", "m", '"11 um"'),
        ("um", "m", '"um"'),
        ("20 um", "m/s", '"2 um/s"'),
        ("20 parsec", "m", '"parsec" is not a unit'),
        ("20 kmin", "s", '"kmin" is not a unit'),
        ("20 um//s", "m/s", "not a unit"),
        ("20 m^99", "m", "not a unit"),
        ("1e999 m", "m", "too large"),
        ("1e9999999999 m", "m", "too large"),
        ("nan m", "m", '"nan m"'),
        ("", "m", '""'),
        ("10 deg", "1", '"10 deg"'),
        ("10 %", "rad", '"10 deg"'),
        ("1 m 2", "m", "not a unit"),
    ],
)
def test_what_is_no_such_quantity_is_refused_with_an_example(
    text: str, unit: str, word: str
) -> None:
    """The message shows what was written and how it is written."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text, unit)
    assert word in str(caught.value)


@pytest.mark.parametrize("unit", KINDS)
def test_every_kind_is_recognised_by_its_unit(unit: str) -> None:
    """A factor's level says by itself what kind of quantity it is."""
    value, found = parse_any(example(unit))
    assert found == unit
    assert value == parse(example(unit), unit)


@pytest.mark.parametrize("text", ["5 kg", "1 m^3", "five", "1 A/m^3"])
def test_a_kind_that_no_plan_uses_is_refused(text: str) -> None:
    """Volumes or masses are no levels of anything."""
    with pytest.raises(ValueError, match=r"unit|kind"):
        parse_any(text)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2e-6, "m/s", "2 um/s"),
        (-1.5048e-10, "A", "-150.5 pA"),
        (0.999999999e-6, "m", "1 um"),
        (-2.2, "A/m^2", "-0.22 mA/cm^2"),
        (6.84e-11, "m^2", "68.4 um^2"),
        (0.0, "V", "0 V"),
        (-0.0, "A/m^2", "0 mA/cm^2"),
        (90.0, "s", "90 s"),
        (2.57e-3, "s", "2.57 ms"),
        (3e-17, "A", "0.03 fA"),
        (math.nan, "V", "-"),
        (math.inf, "V", "inf V"),
        (0.06, "1", "0.06"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value: float, unit: str, text: str) -> None:
    """With the prefix that leaves one to three digits before the point."""
    assert show(value, unit) == text


def test_two_digits_of_a_hundred_are_no_power_of_ten() -> None:
    """Advice such as "about 100 nm" is rounded, not cryptic."""
    assert show(1e-7, "m", 2) == "100 nm"
    assert show(1.96e-7, "m", 2) == "200 nm"


@given(
    value=st.floats(1e-14, 1e12) | st.floats(-1e12, -1e-14),
    unit=st.sampled_from(KINDS),
)
def test_what_is_shown_reads_back_as_the_same_value(value: float, unit: str) -> None:
    """Up to the digits shown; the two directions know the same units."""
    assert parse(show(value, unit, digits=9), unit) == pytest.approx(value, rel=1e-8)


@given(value=st.floats(allow_nan=False, allow_infinity=False), unit=st.sampled_from(KINDS))
def test_the_repr_of_a_float_with_its_unit_reads_back_exactly(value: float, unit: str) -> None:
    """Plans are written that way into data files."""
    assert parse(f"{value!r} {unit}", unit) == value
