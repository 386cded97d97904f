"""Quantities are read exactly as written and shown as people write them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.units import example, number, parse, parse_any, show

KINDS = ["m", "m/s", "s", "V", "A", "V/s", "A/m^2", "C", "m^2", "C/m^2", "F", "ohm", "Hz", "rad",
         "kg/m^3", "kg/mol"]  # fmt: skip


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
        ("4.3 g/cm^3", "kg/m^3", 4300.0),
        ("180.8 g/mol", "kg/mol", 0.1808),
        ("2 V A s^3/kg", "m^2", 2.0),
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


@pytest.mark.parametrize("text", ["5 kg", "1 m^5", "five", "1 A/m^5"])
def test_a_kind_that_no_plan_uses_is_refused(text: str) -> None:
    """Masses are no levels of anything."""
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
        (4300.0, "kg/m^3", "4.3 g/cm^3"),
        (0.1808, "kg/mol", "180.8 g/mol"),
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


UNITS = ["um", "m", "s", "V", "mV/s", "mA/cm^2", "mA cm-2", "A·s", "nm/um", "%", "1/s", "µm²"]
SCRAP = st.text("0123456789 .,+-−eE_'/*·^%²µumsVAhFn()\u00a0\t", max_size=6)


@settings(max_examples=400)
@given(data=st.data(), value=st.integers(1, 9999), unit=st.sampled_from(UNITS), scrap=SCRAP)
def test_no_character_of_an_accepted_quantity_is_skipped(
    data: st.DataObject, value: int, unit: str, scrap: str
) -> None:
    """With a scrap anywhere it is refused, or the scrap is part of the number or of the unit."""
    text = f"{value} {unit}"
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + scrap + text[place:]
    try:
        found, kind = parse_any(text)
    except ValueError:
        return
    begin = re.match(r"\s*([-+−]?[0-9.]+(?:[eE][-+−]?[0-9]+)?)(.*)", text, re.DOTALL)
    assert begin
    plain = float(begin[1].replace("−", "-"))
    rest = begin[2].strip()
    # A digit stands in a unit as a power only: right behind a letter, "^" or a minus.
    assert not re.search(r"(^|[^a-zA-Zµ^−-])[0-9](?!/)", rest), text
    assert not re.search(r"[0-9][0-9]", rest), text
    one = parse_any(f"1 {rest}" if rest else "1")
    assert one[1] == kind
    assert found == pytest.approx(plain * one[0], rel=1e-12)
    assert parse(show(found, kind, digits=9), kind) == pytest.approx(found, rel=1e-8)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1 15 um", "m"), ("1 10 um", "m"), ("1 1 um", "m"), ("2 pA 11", "A"), ("5 s1 1", "s"),
        ("1,5 um", "m"), ("1 500 um", "m"), ("1\u00a0500 um", "m"), ("1_500 um", "m"),
        ("1'500 um", "m"), ("1e3,5 um", "m"), ("5 um um", "m"), ("5 um um", "m^2"),
        ("5 um m/m", "m"), ("5 um/", "m"), ("5 um·", "m"), ("5 /s", "Hz"), ("--5 V", "V"),
        ("+-5 V", "V"), ("5 V V", "V"), ("5 % um", "m"), ("5 %%", "1"), ("5 1", "1"),
        ("5 um^1", "m"), ("5 um0 s", "s"), ("5² um", "m"), ("５ um", "m"), ("0x10 um", "m"),
        ("1.5.2 V", "V"), ("5 um\0", "m"), ("5 um\n", "m"), ("5\x1cum", "m"),
        ("5 mA/cm^2 s", "C/m^2"), ("inf V", "V"), ("1e-400 V", "V"), ("5 1 1/s", "Hz"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(text: str, unit: str) -> None:
    """A slip of the keyboard is never read as another quantity."""
    with pytest.raises(ValueError, match=r"write a number|too small"):
        parse(text, unit)


@pytest.mark.parametrize(
    ("text", "value"),
    [("-1.5", -1.5), (" 2e3 ", 2000.0), ("−3", -3.0), (".5", 0.5), ("1e−3", 1e-3)],
)
def test_a_bare_number_is_read(text: str, value: float) -> None:
    """Cells of tables and fields of the window hold numbers without a unit."""
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "1_0", "nan", "inf", "1e999", "1,5", "1 000", "٣", "5 um"])
def test_what_is_no_bare_number_is_refused(text: str) -> None:
    """More strictly than Python, which would take the first three."""
    with pytest.raises(ValueError, match=r"number"):
        number(text)
