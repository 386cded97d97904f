"""Volts and what they mean: signs, gains, offsets and the ends of ranges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ni.scaling import amplifier, at_rail, positioner
from seccm.rig import Range

SIGNS = st.sampled_from([1, -1])


@given(SIGNS, st.floats(1e-8, 1e-4), st.floats(-1e-4, 1e-4), st.floats(-1e-4, 1e-4))
def test_a_position_comes_back_from_its_volts(
    sign: int, gain: float, offset: float, where: float
) -> None:
    """To a hundredth of a nanometre, over the whole range of a stage."""
    scale = positioner(sign, gain, offset, "test")
    assert scale.si(scale.volts(where)) == pytest.approx(where, abs=1e-11)


@given(SIGNS, st.floats(1e7, 1e12), st.floats(-1.0, 1.0), st.floats(-10.0, 10.0))
def test_an_amplifier_puts_out_its_offset_plus_the_signed_gain(
    sign: int, gain: float, offset: float, amperes: float
) -> None:
    """`V = offset + sign gain i`, and back."""
    scale = amplifier(sign, gain, offset, "test")
    current = amperes / gain
    assert scale.volts(current) == pytest.approx(offset + sign * gain * current, abs=1e-9)
    assert scale.si(scale.volts(current)) == pytest.approx(current, abs=1e-9 / gain)


def test_ten_volts_per_nanoampere_of_an_inverting_preamplifier() -> None:
    """5 pA of anodic current are 50 mV below the offset."""
    scale = amplifier(-1, 10.0 / 1e-9, 0.002, "1 Gohm")
    assert scale.volts(5e-12) == pytest.approx(0.002 - 0.05)
    assert scale.si(-9.998) == pytest.approx(1e-9)


def test_a_span_has_its_lower_end_first_whatever_the_sign() -> None:
    """0 to 10 V of a z axis that lowers the tip is 0 to 100 um."""
    span = positioner(-1, 10e-6, 100e-6, "test").span(Range(0.0, 10.0))
    assert span.lower == pytest.approx(0.0, abs=1e-12)
    assert span.upper == pytest.approx(100e-6)


def test_only_the_ends_of_a_range_count_as_saturated() -> None:
    """Both of them, with a margin of half a per cent."""
    volts = np.array([-10.3, -9.96, -9.9, 0.0, 9.9, 9.96, 10.3])
    full = at_rail(volts, Range(-10.0, 10.0))
    assert full.tolist() == [True, True, False, False, False, True, True]
