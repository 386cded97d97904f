"""An axis says in which unit its numbers are: number and unit together are the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seccm.analysis.scales import scale
from seccm.units import C_RATE, example, parse, parse_any

UNITS = ["m", "m^2", "m^3", "m/s", "s", "V", "A", "V/s", "A/m^2", "A/m^3", "C", "C/m^2", "C/m^3",
         "F", "ohm", "Hz", "rad", "kg/m^3", "kg/mol", "S/m", "1/s"]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@given(size=st.floats(1e-3, 1e3))
def test_number_and_unit_of_an_axis_are_the_value(unit: str, size: float) -> None:
    """A volume of 540 um^3 is not 0.54 "fm^3"."""
    value = size * abs(parse_any(example(unit))[0])
    shown = scale(unit, [value])
    plain = shown.unit.translate(str.maketrans("", "", "${}"))
    assert parse(f"{float(shown(value))!r} {plain}", unit) == pytest.approx(value, rel=1e-9)


def test_no_unit_with_a_power_has_a_prefix() -> None:
    """It would be raised to that power, too."""
    assert scale("m^5", [1e-15]).unit == "m^5"
    assert scale(C_RATE, [3.0])(3.0) == 3.0
